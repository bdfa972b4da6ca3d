"""Find the date of publication, and say of every other date on the page why it is not that.

What machines are told comes first, then what stands on the page between headline and text, above the headline and below
the text, and the address last. A date in a footer, a calendar or a list of other news is nobody's date of publication:
None rather than a guess.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from crawler import dates
from crawler.article import VIETNAM
from crawler.dates import Published
from crawler.extract.body import distance
from crawler.extract.markup import attribute
from crawler.extract.outline import Box
from crawler.extract.story import STAMP, Found, Story

DATE_META = ("article:published_time", "og:published_time", "datepublished", "pubdate", "publishdate", "publish-date")
DATE_META_OLD = ("dc.date.issued", "dc.date.created", "dcterms.created", "dc.date", "date", "article.published")
DATE_HINTS = frozenset(
    {"date", "time", "datetime", "ngay", "ngaydang", "ngaythang", "postdate", "published", "publish", "created", "meta"}
)
DATE_LABEL = re.compile(
    r"ngày (đăng|tạo|viết|xuất bản)|đăng (ngày|lúc)|được đăng|cập nhật|posted|published", re.IGNORECASE
)
DATE_IN_URL = re.compile(r"/((?:19|20)\d{2})/(\d{1,2})/(\d{1,2})/")
LINKED = 15  # characters of links beside a date: the author's name or the section, not a headline
FOOTER = frozenset({"footer", "copyright"})
VAGUE = 4  # an element whose name says nothing of dates


def find(story: Story) -> Found[Published] | None:
    """Find the date of publication."""
    return next(find_all(story), None)


def find_all(story: Story) -> Iterator[Found[Published]]:
    """Find the dates that may be that of publication."""
    for said in told(story):
        if when := dates.parse(said.value, story.now):
            yield Found(when, said.rule)
    yield from _dates_shown(story)
    yield from _dates_in_url(story)


def told(story: Story) -> Iterator[Found[str]]:
    """What machines are told of the date of publication, whether it is a date or not."""
    given = story.told
    for rule, text in (
        ("json-ld", given.linked_data("datePublished")),
        *((f"meta:{name}", given.first(name)) for name in DATE_META),
        ("microdata", given.prop("datePublished") or given.prop("dateCreated")),
        *((f"meta:{name}", given.first(name)) for name in DATE_META_OLD),
    ):
        if text:
            yield Found(text, "opengraph" if rule == "meta:article:published_time" else rule)


def _dates_shown(story: Story) -> Iterator[Found[Published]]:
    """The dates on the page: between headline and text, above the headline, or below the text, in this order."""
    head, body = story.title.after or story.body.start, story.body
    yield from _date_elements(story, range(head, body.start + 1))
    yield from _date_lines(story, range(head, body.start + 1))
    yield from _date_elements(story, range(story.first_near, head))
    yield from _date_lines(story, range(story.first_near, head))
    yield from _date_elements(story, range(body.start + 1, body.end + 3))
    yield from _date_lines(story, range(max(body.start + 1, body.end - 2), body.end + 4))


def _date_elements(story: Story, where: range) -> Iterator[Found[Published]]:
    """The elements that are called a date and are no part of a sentence or of a list of other news."""
    near = [box for box in story.text.boxes if box.start in where and not box.noise and _is_apart(story, box)]
    for box in sorted(near, key=_vagueness):
        named = box.hints & DATE_HINTS
        for text in (attribute(box.tag, "datetime"), story.text.text(box)[:STAMP]) if _vagueness(box) < VAGUE else ():
            if (when := dates.find(text, story.now)) and not _is_clock(story, box.start, when):
                yield Found(when, "time" if box.name == "time" else f"class:{min(named)}", box.tag)


def _vagueness(box: Box) -> int:
    """How little the element's name says that it holds the date of publication; from VAGUE on nothing."""
    if box.hints & {"updated", "modified"}:
        return 3 if box.name == "time" or box.hints & DATE_HINTS else VAGUE
    if box.name == "time":
        return 0
    return 1 if box.hints & DATE_HINTS - {"meta"} else 2 if "meta" in box.hints else VAGUE


def _is_clock(story: Story, index: int, when: Published) -> bool:
    """A date above the headline that is the day of the fetch is the clock in the page's head."""
    return _is_above(story, index) and not _is_close(story, index) and _is_today(story, when)


def _is_above(story: Story, index: int) -> bool:
    return index < (story.title.after or story.body.start)


def _is_today(story: Story, when: Published) -> bool:
    return when.value[:10] == f"{story.now.astimezone(VIETNAM):%Y-%m-%d}"


def _is_apart(story: Story, box: Box) -> bool:
    """The box is no part of a sentence, and no date behind the link to another article."""
    length = len(story.text.text(box))
    lines = story.text.lines[box.start : box.end]
    return bool(lines) and all(
        (line.box.meta or len(line.text) <= STAMP) and line.linked <= length + LINKED for line in lines
    )


def _date_lines(story: Story, where: range) -> Iterator[Found[Published]]:
    """The short lines with a date; one in the text must be a date alone, one below it must say what it is."""
    lines = story.text.lines
    for index in where[: max(0, len(lines) - where.start)]:
        if _line_refusal(story, index):
            continue
        read = dates.parse if index == story.body.start else dates.find
        when = read(lines[index].text, story.now)
        if when and not (_is_above(story, index) and _is_today(story, when)):
            yield Found(when, "text-date", lines[index].box.tag)


def _line_refusal(story: Story, index: int) -> str | None:
    """Tell why a date in this line, whichever it is, is not that of publication."""
    line = story.text.lines[index]
    if line.hidden:
        return "in a menu, a box of other news or the like"
    if len(line.text) > STAMP:
        return "in a sentence"
    if line.linked > LINKED:
        return "beside a link to another page"
    if _is_above(story, index) and not _is_close(story, index):
        return "above the headline and far from it"
    if index > story.body.start and not DATE_LABEL.search(line.text):
        return "in the text or below it, and not called a date of publication"
    return None


def refusal(story: Story, index: int, when: Published) -> str:
    """Tell why a date that is shown in this line was not taken for that of publication."""
    if _is_above(story, index) and _is_today(story, when):
        return "the day of the fetch, above the headline: a clock"
    if any(box.name == "footer" or box.hints & FOOTER for box in story.text.lines[index].box.upwards()):
        return "in the footer"
    return _line_refusal(story, index) or "too far from headline and text, or amid other words"


def _is_close(story: Story, index: int) -> bool:
    """The line lies beside the headline, beside the text where no line shows a headline."""
    place = story.title.after - 1 if story.title.after else story.body.start
    return distance(story.text.lines[index], story.text.lines[place]) <= 2


def _dates_in_url(story: Story) -> Iterator[Found[Published]]:
    match = DATE_IN_URL.search(story.url)
    if match and (when := dates.parse("-".join(match.groups()), story.now)):
        yield Found(when, "url")
