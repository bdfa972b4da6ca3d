"""Find the dates that a page shows beside its article: in elements that are called a date, and in short lines.

A place counts from the headline: between headline and text, above the headline, below the text. What stands amid other
news, in a menu, a comment, a calendar or a clock is left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile

from bs4 import Tag

from crawler import dates
from crawler.article import VIETNAM
from crawler.dates import Published
from crawler.extract import stamp
from crawler.extract.body import distance
from crawler.extract.credit import credited_amid
from crawler.extract.dated_line import read_line
from crawler.extract.labels import is_contact, is_related
from crawler.extract.lines import Box, Line
from crawler.extract.markup import BLOCKS, attribute, words_of
from crawler.extract.name import shape
from crawler.extract.stamp import Dated, Kind
from crawler.extract.story import STAMP, Found, Story
from crawler.extract.title import fold

DATE_HINTS = frozenset(
    {"date", "time", "datetime", "ngay", "ngaydang", "ngaythang", "postdate", "published", "publish", "created", "meta"}
    | {"pubdate", "publishdate", "createdate", "timestamp", "posted", "thoigian", "ngaytao", "ngayviet"}
)
CHANGED = frozenset({"updated", "modified", "capnhat", "ngaycapnhat"})
CHANGED_DATE = frozenset({"updateddate", "modifieddate", "dateupdated", "datemodified", "lastupdated", "lastmodified"})
FOREIGN = frozenset(
    {"calendar", "datepicker", "weather", "thoitiet", "clock", "dongho", "countdown", "deadline", "birthday"}
    | {"eventdate", "eventtime", "startdate", "enddate", "datestart", "dateend", "duedate", "starttime", "endtime"}
    | {"phanhoi", "ykien", "reply", "replies", "commentdate", "commentmeta"}
)
PROPS = frozenset({"datePublished", "dateCreated"})
TOLD = ("datetime", "content", "title", "data-datetime", "data-date", "data-time", "data-timestamp", "data-utime")
LINKED = 15  # characters of links beside a date: the author's name or the section, not a headline
VAGUE = 4  # an element whose name says nothing of dates
INTO = 3  # lines of the text before or among which a template puts the date: it takes the lead for the text's first
BELOW = 4  # lines after the text that may be the article's own
FORM = 14  # as many where a form follows: five or six rows of a label and a value


@dataclass(frozen=True, slots=True)
class _Element:
    """An element that is called a date, the box that it is or lies in, and the lines in which it stands."""

    tag: Tag
    box: Box
    hints: frozenset[str]
    lines: range

    @property
    def vagueness(self) -> int:
        """How little its name says that it holds the date of publication; from VAGUE on nothing."""
        if self.tag.name == "time" or attribute(self.tag, "itemprop") in PROPS:
            return 3 if self.is_of_change else 0
        if self.is_of_change:
            return 3
        return 1 if self.hints & DATE_HINTS - {"meta"} else 2 if "meta" in self.hints else VAGUE

    @property
    def is_of_change(self) -> bool:
        """Tell whether its name says "updated"; WordPress calls the only date "entry-date published updated"."""
        named = bool(self.hints & CHANGED) and not self.hints & {"published", "date", "created", "publish"}
        return named or bool(self.hints & CHANGED_DATE) or attribute(self.tag, "itemprop") == "dateModified"

    @property
    def rule(self) -> str:
        """The name of the rule that finds it."""
        if self.tag.name == "time":
            return "time"
        named = self.hints & DATE_HINTS or self.hints & CHANGED
        return "microdata" if attribute(self.tag, "itemprop") in PROPS or not named else f"class:{min(named)}"


def dates_shown(story: Story) -> Iterator[tuple[Found[Published], Kind]]:
    """Give the dates between headline and text, above the headline, below the text, in this order."""
    head, body = story.title.after or story.body.start, story.body
    below = range(max(body.start + 1, body.end - 2), _end_of_article(story))
    yield from _in_elements(story, range(head, min(body.start + INTO, body.end)) or range(head, body.start + 1))
    yield from _in_lines(story, range(head, body.start + 1))
    yield from _in_elements(story, range(story.first_near, head))
    yield from _in_lines(story, range(story.first_near, head))
    yield from _in_elements(story, below)
    yield from _in_lines(story, range(below.start, end_of_form(story)))


def is_above(story: Story, index: int) -> bool:
    """Tell whether a line stands above the headline's end."""
    return index < (story.title.after or story.body.start)


def is_today(story: Story, when: Published) -> bool:
    """Tell whether it is the day of the fetch."""
    return when.day == f"{story.now.astimezone(VIETNAM):%Y-%m-%d}"


def line_refusal(story: Story, index: int) -> str | None:
    """Tell why a date in this line, whichever it is, is not that of publication."""
    line = story.text.lines[index]
    if line.hidden:
        return "in a menu, a box of other news or the like"
    if len(line.text) > STAMP:
        return "in a sentence"
    if line.linked > LINKED and not shape(credited_amid(line.text) or ""):
        return "beside a link to another page"
    if _is_foreign(story, line.box):
        return "of an event, a calendar or a comment"
    if is_contact(line.text):
        return "in an address or a copyright line"
    if is_above(story, index) and fold(line.text) in fold(story.title.text):
        return "in the headline"
    if is_above(story, index) and not _is_close(story, index):
        return "above the headline and far from it"
    labelled = any(dated.kind in {"published", "updated"} for dated in read_line(story, index))
    if index > story.body.start and not labelled:
        return "in the text or below it, and not called a date of publication"
    return None


def _end_of_article(story: Story) -> int:
    """Where other news, comments or the foot of the page begin, at most a few lines below the text."""
    lines, end = story.text.lines, story.body.end
    for index in range(end, min(end + BELOW, len(lines))):
        line = lines[index]
        if (line.heading and not _is_label_in_row(line)) or is_related(line.text) or is_contact(line.text):
            return index
    return min(end + BELOW, len(lines))


def _is_label_in_row(line: Line) -> bool:
    """The line is the first of two cells, as SharePoint makes the labels of its forms headings."""
    cell, row = line.box.cell, line.box.row
    return cell is not None and row is not None and row.start == cell.start < cell.end < row.end


def end_of_form(story: Story) -> int:
    """Where the rows end in which a form says more of the article, such as "Created at …" in its last one."""
    lines, end = story.text.lines, _end_of_article(story)
    if end < len(lines) and not any(map(_is_label_in_row, lines[story.body.end - 1 : end])):
        return end
    rest = takewhile(lambda n: not _ends_form(lines[n]), range(end, min(story.body.end + FORM, len(lines))))
    return max(rest, default=end - 1) + 1


def _ends_form(line: Line) -> bool:
    is_other = line.heading > 0 and not _is_label_in_row(line)
    is_headline = line.is_link and len(line.text) >= 20
    return bool(is_other or is_headline or is_related(line.text) or is_contact(line.text))


def _in_elements(story: Story, where: range) -> Iterator[tuple[Found[Published], Kind]]:
    """The elements that are called a date and are no part of a sentence or of a list of other news."""
    near = [element for element in _elements(story, where) if _is_apart(story, element)]
    for element in sorted(near, key=lambda element: element.vagueness):
        for dated in _said(story, element):
            if _is_taken(story, element, dated):
                kind = "updated" if element.is_of_change else dated.kind
                yield Found(dated.when, element.rule, element.tag), kind


def _elements(story: Story, where: range) -> Iterator[_Element]:
    """The boxes that are called a date and the `time` elements that begin in these lines."""
    for box in story.text.boxes_from(where.start, where.stop - 1):
        element = _Element(box.tag, box, box.hints, range(box.start, box.end))
        if element.vagueness < VAGUE and not _is_foreign(story, box):
            yield element
    for anchor in story.text.times:
        has_box = bool({"class", "id"} & anchor.tag.attrs.keys())
        if anchor.line in where and not has_box and not _is_foreign(story, anchor.box):
            lines = range(anchor.line, min(anchor.line + 1, len(story.text.lines)))
            yield _Element(anchor.tag, anchor.box, frozenset(), lines)


def _is_foreign(story: Story, box: Box) -> bool:
    """The box is, or lies in, something else than this article: other news, a calendar, a comment, a term."""
    if box.noise:
        return True
    for around in box.upwards():
        if around.start <= story.body.start < around.end - 1:
            return False
        if around.hints & FOREIGN:
            return True
    return False


def _is_apart(story: Story, element: _Element) -> bool:
    """The element is no part of a sentence, and no date behind the link to another article."""
    lines = [story.text.lines[index] for index in element.lines]
    length = sum(len(line.text) + 1 for line in lines)
    return bool(lines) and all(
        (line.box.meta or len(line.text) <= STAMP) and line.linked <= length + LINKED for line in lines
    )


def _said(story: Story, element: _Element) -> Iterator[Dated]:
    """The dates of an element: those for machines, then those in its words, each as its line calls it."""
    shown = [dated for index in element.lines for dated in read_line(story, index)]
    words = story.text.text(element.box) if element.tag.name in BLOCKS else words_of(element.tag)
    for text in (attribute(element.tag, name) for name in TOLD):
        if when := dates.parse(text, story.now) or dates.epoch(text, story.now):
            same = [dated.kind for dated in shown if dated.when.day == when.day]
            lead = story.text.lines[element.lines.start].text.partition(words)[0]
            yield Dated(when, next(iter(same), "event" if stamp.is_of_event(lead) else "bare"))
    own = stamp.read(words[:STAMP], story.now)
    days = {dated.when.day for dated in own}
    # Elements without a space between them make one line: "08/01/2021" and the counter "153" in it are no date.
    yield from [dated for dated in shown if dated.when.day in days] or own


def _is_taken(story: Story, element: _Element, dated: Dated) -> bool:
    """The date is no event's, no clock's, and in or below the text only if it stands alone or is called so."""
    index, body = element.lines.start, story.body
    if dated.kind == "event" or (
        is_above(story, index) and not _is_close(story, index) and is_today(story, dated.when)
    ):
        return False
    if _is_below_headline_of_other(story, index):
        return False
    if index < body.start or dated.kind in {"published", "updated"}:
        return True
    if dated.kind == "amid" and not element.box.meta:
        return False
    return index == body.start or not _is_beside_links(story, element.lines)


def _is_below_headline_of_other(story: Story, index: int) -> bool:
    before = story.text.lines[index - 1]
    return index > story.title.after and before.heading > 0 and before.is_link


def _is_beside_links(story: Story, where: range) -> bool:
    """The line before or behind leads to another page: the date is that page's."""
    lines = story.text.lines
    return any(lines[n].linked > LINKED for n in (where.start - 1, where.stop) if 0 <= n < len(lines))


def _in_lines(story: Story, where: range) -> Iterator[tuple[Found[Published], Kind]]:
    """The short lines with a date; one in the text must be a date alone, one below it must say what it is."""
    lines = story.text.lines
    for index in where[: max(0, len(lines) - where.start)]:
        dated = read_line(story, index)
        if not dated or line_refusal(story, index):
            continue
        for one in dated:
            is_clock = is_above(story, index) and is_today(story, one.when)
            is_called = one.kind in {"published", "updated"}
            if is_called or (one.kind == "bare" and index <= story.body.start and not is_clock):
                yield Found(one.when, "text-date", lines[index].box.tag), one.kind


def _is_close(story: Story, index: int) -> bool:
    """The line lies beside the headline, beside the text where no line shows a headline."""
    place = story.title.after - 1 if story.title.after else story.body.start
    return distance(story.text.lines[index], story.text.lines[place]) <= 2
