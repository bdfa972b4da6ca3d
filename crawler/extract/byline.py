"""Find who wrote an article: what machines are told, what stands beside headline or text, the byline at its end.

A name alone in the last line of the text needs proof, because lists, captions and signed documents end with names too:
it must be set apart by its look, follow a sentence, and be no office's signature under a document.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import takewhile
from urllib.parse import urlsplit

from bs4 import Tag

from crawler.extract.body import distance
from crawler.extract.credit import (
    bare_name,
    credited,
    credited_amid,
    is_label_alone,
    is_marked,
    is_source,
    parts,
    photographer,
    trimmed,
)
from crawler.extract.dated_line import pieces, read_line
from crawler.extract.labels import is_contact, is_related
from crawler.extract.lines import Line
from crawler.extract.markup import BLOCKS, attribute, words_of
from crawler.extract.name import is_account, is_group, is_person, is_place, shape
from crawler.extract.outline import hints_of
from crawler.extract.shown import end_of_form
from crawler.extract.story import STAMP, Found, Story
from crawler.extract.title import fold

AUTHOR_HINTS = frozenset({"author", "tacgia", "byline", "nguoiviet", "createdby", "butdanh", "nguoidang", "postedby"})
NOBODY = re.compile(
    r"^(?:admin\w*|administrator|super ?user( account)?|system( account)?|quản trị\w*(?: (?:viên|hệ thống))?|webmaster|"
    r"editor|root|user|host|guest|test|demo|anonymous|unknown|ban (?:biên tập|quản trị)(?: website)?|bbt|"
    r"biên tập viên|tin tức|website|n/a)?$",
    re.IGNORECASE,
)
SIGNED = re.compile(
    r"nơi nhận\s*:|\(đã ký\)|^(?:tl|kt|tm|tuq|q)\s?\.\s?\S|^(?:phó\s+)?(?:hiệu trưởng|giám đốc|"
    r"trưởng (?:phòng|khoa|ban)|chủ tịch|viện trưởng|bí thư)\W*$|,\s*ngày\s[\s\d]*tháng\s[\s\d]*năm\s\d+\W*$",
    re.IGNORECASE,
)
RIGHT = re.compile(r"text-align\s*:\s*(?:right|end)", re.IGNORECASE)
RIGHT_HINTS = frozenset({"textright", "alignright", "textalignright", "rteright", "textend"})
SENTENCE_END = (".", "!", "?", "…", "”", '"', ")", "。", "！", "？", "」")
PERSON = re.compile(r"(?:^|[:/])Person$")
PICTURES = 3  # an article with fewer is no photo story
LAST = 3  # lines of the text, and as many below it, in which a byline may stand: sources and credits may follow it
NEAR = 3  # steps in the tree; a byline below the text may stand in a box of its own
SIGNATURE = 8  # lines at the end of a document: place and date, office, "(đã ký)", name


def find(story: Story) -> Found[str] | None:
    """Find who wrote it."""
    return next((name for name in find_all(story) if not refusal(story, name.value)), None)


def find_all(story: Story) -> Iterator[Found[str]]:
    """Find the names that are given as the author's, also those that `refusal` does not let pass."""
    told = story.told
    for rule, text in (
        ("json-ld", told.linked_data("author")),
        ("microdata", told.prop("author")),
        ("meta:author", told.first("author", "article:author")),
    ):
        if text:
            yield Found(bare_name(text), rule)
    yield from _in_elements(story)
    yield from _in_rdfa(story)
    above, below = _above(story), _below(story)
    for index in (*above, *below):
        if name := credited(story.text.lines[index].text):
            yield Found(name, "text:byline", story.text.lines[index].box.tag)
    for index in (*above, *_rows_below(story)):
        if name := credited_amid(story.text.lines[index].text) or _beside_date(story, index):
            yield Found(name, "text:byline", story.text.lines[index].box.tag)
    for index in below:
        if name := _signed(story, index):
            yield Found(name, "text:signed", story.text.lines[index].box.tag)
    for index in below if _is_photo_story(story) else ():
        if name := photographer(story.text.lines[index].text):
            yield Found(name, "text:photos", story.text.lines[index].box.tag)


def lines(story: Story) -> tuple[int, ...]:
    """The lines that only name the author, source or photographer, and so are no part of the text.

    These are at its end; at its beginning may be a row of elements with the date.
    """
    shown, first = story.text.lines, story.body.start
    last = [
        index
        for index in _below(story)
        if any(read(shown[index].text) for read in (credited, is_source, photographer)) or _signed(story, index)
    ]
    is_row = len(shown[first].text) <= STAMP and bool(pieces(shown[first]))
    is_stamp = is_row and any(dated.kind == "bare" for dated in read_line(story, first))
    return (first, *last) if is_stamp else tuple(last)


def refusal(story: Story, name: str) -> str | None:
    """Tell why this is no author: the office that pressed the button ("admin") and the site itself are nobody."""
    if NOBODY.match(name) or not re.search(r"[^\W\d_]", name):
        return "nobody's name"
    if len(name) > 100 or "://" in name:
        return "no name: too long, or an address"
    if is_account(name):
        return "the name of an account, not of a person"
    return "the site's own name" if _is_site(story, fold(name)) else None


def _is_site(story: Story, name: str) -> bool:
    """It is the name of the site, or most of it, or its host."""
    host = (urlsplit(story.url).hostname or "").removeprefix("www.")
    sites = {fold(site) for site in (story.site.name, story.told.first("og:site_name"), host)}
    return name in sites or (len(name.split()) > 3 and any(name in site for site in sites))


def _in_elements(story: Story) -> Iterator[Found[str]]:
    """The elements and the links that are called the author."""
    page, body = story.text, story.body
    low, high = story.first_near, body.end + 4
    for box in page.boxes_from(low, high - 1):
        named = box.hints & AUTHOR_HINTS
        if named and not box.noise and box.end - box.start <= 2:
            text = page.text(box) if box.name in BLOCKS else words_of(box.tag)
            if is_label_alone(text):
                beside = box.tag.find_next_sibling(True)
                text = words_of(beside) if beside else ""
            if len(text) <= STAMP:  # thousands of elements may be called an author in one long line
                yield Found(bare_name(text), f"class:{min(named)}", box.tag)
    for anchor in page.links:
        if "author" in attribute(anchor.tag, "rel").split() and low <= anchor.line < high and not anchor.box.noise:
            yield Found(bare_name(words_of(anchor.tag)), "rel=author", anchor.tag)


def _in_rdfa(story: Story) -> Iterator[Found[str]]:
    """The person whom Drupal names beside the date above the text."""
    for index in _above(story):
        line = story.text.lines[index]
        is_dated = line.box.end - line.box.start == 1 and any(map(str.isdigit, line.text))
        tag = line.box.tag.find(property="schema:name") if is_dated else None
        if isinstance(tag, Tag) and PERSON.search(attribute(tag, "typeof")):
            yield Found(bare_name(words_of(tag)), "rdfa", tag)


def _rows_below(story: Story) -> list[int]:
    """The lines below the text that say when the article was made: "Created at … by …"."""
    rows = range(story.body.end, end_of_form(story))
    named = [n for n in rows if credited_amid(story.text.lines[n].text)]
    return [n for n in named if any(dated.kind == "published" for dated in read_line(story, n))]


def _beside_date(story: Story, index: int) -> str | None:
    """The name that stands beside the date in a stamp below the headline: "Lan Anh · 8/1/2021", "8/1/2021 | Par X"."""
    if not story.title.after <= index <= story.body.start:
        return None
    line = story.text.lines[index]
    told = [part for row in (pieces(line), parts(line.text)) if len(row) > 1 for part in row]
    if not told or not read_line(story, index):
        return None
    labelled = filter(None, map(credited, told))
    return next(labelled, None) or next((part for part in told if _is_name_alone(story, line, part)), None)


def _is_name_alone(story: Story, line: Line, part: str) -> bool:
    """It has the shape of a name, and is no section: a section has a link, and so is in the menu."""
    if not shape(part) or is_group(part) or is_place(part) or (line.linked and not is_person(part)):
        return False
    told = story.told
    sections = {told.linked_data("articleSection"), told.first("article:section"), *told.crumbs}
    linked = (words_of(anchor.tag) for anchor in story.text.links)
    return fold(part) not in {*map(fold, sections), *map(fold, linked)}


def _is_photo_story(story: Story) -> bool:
    """There are at least as many pictures as lines of text."""
    shown = range(story.title.after, story.body.end + 1)
    count = sum(picture.line in shown and not picture.box.noise for picture in story.text.pictures)
    return count >= PICTURES and count >= len(story.body.indexes)


def _above(story: Story) -> list[int]:
    """The short lines from just above the headline to the first of the text."""
    return [index for index in range(story.first_near, story.body.start + 1) if _is_short(story.text.lines[index])]


def _below(story: Story) -> list[int]:
    """The short lines at the end of the text and just below it, the last first; none of other news or the foot."""
    body, shown = story.body, story.text.lines
    near = range(max(body.start + 1, body.end - LAST), min(body.end + LAST, len(shown)))
    own = list(takewhile(lambda index: not _is_foreign(shown, index, body.end), near))
    return [index for index in reversed(own) if _is_short(shown[index])]


def _is_foreign(shown: tuple[Line, ...], index: int, end: int) -> bool:
    """Other news or the foot of the page begin with this line; below the text also with a heading or a link."""
    line = shown[index]
    if is_related(line.text) or is_contact(line.text):
        return True
    return index >= end and (line.heading > 0 or line.is_link or distance(shown[end - 1], line) > NEAR)


def _is_short(line: Line) -> bool:
    return not line.hidden and len(line.text) <= STAMP


def _signed(story: Story, index: int) -> str | None:
    """The name alone in a last line, if all proves that it is the author's."""
    line, before = story.text.lines[index], story.text.lines[index - 1]
    if not shape(trimmed(line.text)) or not (is_marked(line.text) or _is_set_apart(line, before)):
        return None
    follows = before.text.endswith(SENTENCE_END) or credited(before.text)
    return trimmed(line.text) if follows and not _is_in_list(story, index) and not _is_document(story, index) else None


def _is_set_apart(line: Line, before: Line) -> bool:
    """The line is bold, italic or on the right, and the one before it is not."""
    if line.bold or _is_right(line):
        return (line.bold and not before.bold) or (_is_right(line) and not _is_right(before))
    return any(words_of(tag) == line.text for tag in line.box.tag.find_all(["em", "i"]))


def _is_right(line: Line) -> bool:
    return any(_aligns_right(box.tag) for box in line.box.upwards() if box.end - box.start <= LAST)


def _aligns_right(tag: Tag) -> bool:
    styled = attribute(tag, "align").lower() == "right" or RIGHT.search(attribute(tag, "style"))
    return bool(styled or hints_of(attribute(tag, "class")) & RIGHT_HINTS)


def _is_in_list(story: Story, index: int) -> bool:
    """The line is an item, a small cell, a heading, a quotation's source, or stands below a picture."""
    line = story.text.lines[index]
    cell, row = line.box.cell, line.box.row
    is_alone = cell is not None and row is not None and (cell.start, cell.end) == (row.start, row.end)  # a layout's
    in_table = cell is not None and cell.end - cell.start <= LAST and not is_alone
    below_picture = any(picture.line == index and not picture.box.noise for picture in story.text.pictures)
    return bool(in_table or line.heading or line.box.caption or below_picture or line.box.inside("li", "blockquote"))


def _is_document(story: Story, index: int) -> bool:
    """An office signed: the line is part of the text of a document, and says nothing of who wrote an article."""
    shown = story.text.lines[max(0, index - SIGNATURE) : index + LAST]
    return any(SIGNED.search(line.text) for line in shown)
