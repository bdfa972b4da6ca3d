"""Tell news pictures from icons, find their addresses, and find which lines are captions of which picture.

A caption is what its element's name says to be one, what stands under a picture in a table of pictures, or a short line
just below a picture that begins as captions do ("Ảnh: ...") or is slanted and centred, or slanted and in one block with
the picture. Any other short line below a picture is text.
"""

from __future__ import annotations

import re
from collections import defaultdict
from functools import lru_cache
from itertools import islice

from bs4 import Tag
from bs4.element import NavigableString

from crawler.extract.labels import is_label
from crawler.extract.lines import Anchor, Box, Line, Outline, common
from crawler.extract.markup import BLOCKS, attribute

LAZY = ("data-src", "data-original", "data-lazy-src", "data-lazy", "data-url", "data-srcset", "srcset", "src")
SETS = frozenset({"data-srcset", "srcset"})
SIZE = re.compile(r"\s*(\d+)\s*(px)?\s*$")
SMALL = 50  # pixels; icons and counters, no news picture
ICON = re.compile(
    r"(icons?|logo|spacer|blank|pixel|emoji|smil(ey|ie)s?|loading|button|bullet|avatar|gravatar|no-?image|placeholder|"
    r"facebook|twitter|zalo|youtube|linkedin|pinterest|google-?plus|print|rss|arrow|star)s?[^/]{0,12}$|"
    r"/(word|excel|pdf|docx?|xlsx?|zip|rar|file|download|print|email|new)\.(gif|png|svg)$|"
    r"/(ads?|banners?|quangcao|emoji|icons?|smil(ey|ie)s?|avatars?|filetypes?)/",
    re.IGNORECASE,
)
ICON_CLASS = re.compile(r"emoji|smil(ey|ie)|avatar|icon|spacer", re.IGNORECASE)
LONGEST = 220  # characters of a line that only looks like a caption
LABEL = 60  # characters; a centred line that is longer may be a paragraph
SET_APART = 100  # characters; the same where only the type tells, since a slanted sentence may be a quotation
MOST = 100  # pictures in a table; more are a layout, and each line is compared with each picture
NEAR = 4  # boxes around a picture in which the caption stands
CREDIT = re.compile(
    r"^\W*(ảnh|hình|photo|nguồn ảnh|image)\b[^:.]{0,25}[:.]|"
    r"\b(ảnh|photos?)\s*:\s*[^:.]{2,40}\W*$|\(nguồn\s*:[^)]*\)\W*$",
    re.IGNORECASE,
)
SLANTED = frozenset({"small", "italic", "fstitalic"})  # as Bootstrap calls it
BYLINE = re.compile(
    r"^\W*(tin|bài|tác giả|người viết|thực hiện|nguồn|theo|by)\b[^:]{0,25}:|^\W*theo\s|^\s*[-–+•*]\s", re.IGNORECASE
)
CENTRED = re.compile(r"text-align\s*:\s*(\w+)", re.IGNORECASE)


def source(tag: Tag) -> str:
    """The address of a picture, the one that scripts load later first; the largest of a set; empty where none is."""
    for name in LAZY:
        value = attribute(tag, name).strip()
        if name in SETS and value:
            value = max((entry.split() for entry in re.split(r",\s+", value) if entry.strip()), key=_size)[0]
        if value and not value.startswith("data:"):
            return value
    return ""


def _size(entry: list[str]) -> float:
    """The width or density in an entry of a srcset; 1 where none is given."""
    number = re.match(r"\d+(\.\d+)?", entry[1]) if len(entry) > 1 else None
    return float(number[0]) if number else 1.0


def is_news(tag: Tag) -> bool:
    """A picture of the article's own, no icon or counter by its size, class or address."""
    sizes = [SIZE.match(attribute(tag, name)) for name in ("width", "height") if name in tag.attrs]
    if any(size and int(size[1]) <= SMALL for size in sizes):
        return False
    path = re.split(r"[?#]", source(tag), maxsplit=1)[0]
    return not _is_icon(path) and not ICON_CLASS.search(attribute(tag, "class"))


@lru_cache(maxsize=1024)  # asked twice of the pictures in a text, and of those of the template on each page
def _is_icon(path: str) -> bool:
    return bool(ICON.search(path))


def captions(page: Outline) -> dict[int, int | None]:
    """The lines that are captions, with the index of their picture; None where the figure holds something else."""
    if not page.pictures:
        return {}
    news = {n: picture for n, picture in enumerate(page.pictures) if not picture.box.noise and is_news(picture.tag)}
    last = {picture.line: n for n, picture in news.items()}  # of several in a row, the one just above the line
    found = _named(page, news)
    for table, held in _tables(news).items():
        found |= {n: owner for n, owner in _in_table(page, table, held).items() if n not in found}
    for picture in news.values():
        if picture.line < len(page.lines) and picture.line not in found and _is_under(page, picture):
            found[picture.line] = last[picture.line]
    return found


def _named(page: Outline, news: dict[int, Anchor]) -> dict[int, int | None]:
    """The lines in elements that are called captions, if a picture is near or they stand in a figure."""
    held: defaultdict[int, list[int]] = defaultdict(list)
    for n, picture in news.items():
        for box in islice(picture.box.upwards(), NEAR):
            held[id(box)].append(n)
    found: dict[int, int | None] = {}
    for n, line in enumerate(page.lines):
        if not line.box.caption or line.hidden:
            continue
        frames = list(islice(line.box.upwards(), NEAR))
        frames = frames[: 1 + next((depth for depth, box in enumerate(frames) if box.name == "figure"), NEAR)]
        inside = next((held[id(box)] for box in frames if id(box) in held), None)
        if inside:
            before = [picture for picture in inside if news[picture].line <= n]
            found[n] = before[-1] if before else inside[0]
        elif line.box.inside("figure"):
            found[n] = None
    return found


def _tables(news: dict[int, Anchor]) -> dict[Box, list[int]]:
    found: defaultdict[Box, list[int]] = defaultdict(list)
    for n, picture in news.items():
        if table := picture.box.inside("table"):
            found[table].append(n)
    return found


def _in_table(page: Outline, table: Box, held: list[int]) -> dict[int, int]:
    """The lines of a table that has nothing but pictures and short lines in their cells or in rows below them."""
    lines = range(table.start, table.end)
    first = page.pictures[held[0]].line
    if not lines or len(held) > MOST or first > table.start or len(lines) > 2 * len(held):
        return {}
    if any(not _is_short(page.lines[n]) for n in lines):
        return {}
    found = {n: _owner(page, held, n) for n in lines}
    return {n: owner for n, owner in found.items() if owner is not None}


def _owner(page: Outline, held: list[int], n: int) -> int | None:
    """The picture above line `n`: in its cell, or in the same column of the row before; None beside a picture."""
    line = page.lines[n]
    before = [picture for picture in held if page.pictures[picture].line <= n]
    same = [picture for picture in before if page.pictures[picture].box.cell is line.box.cell]
    if same or not before:
        return same[-1] if same else None
    row = page.pictures[before[-1]].box.row
    if row is line.box.row:
        return None
    column = _column(line.box.cell)
    above = [picture for picture in before if page.pictures[picture].box.row is row]
    return next((picture for picture in above if _column(page.pictures[picture].box.cell) == column), above[-1])


def _column(cell: Box | None) -> int:
    return len(cell.tag.find_previous_siblings(["td", "th"])) if cell else 0


def _is_short(line: Line) -> bool:
    return len(line.text) <= LONGEST and not line.is_link and not line.heading and not BYLINE.match(line.text)


def _is_under(page: Outline, picture: Anchor) -> bool:
    """The line after the picture looks like a caption, and the line after that one does not look the same."""
    line = page.lines[picture.line]
    if picture.inside or not _is_short(line) or line.hidden or is_label(line) or not _is_beside(picture.box, line.box):
        return False
    if CREDIT.search(line.text):
        return True
    following = page.lines[picture.line + 1] if picture.line + 1 < len(page.lines) else None
    if following and len(following.text) > SET_APART and following.slanted and not following.hidden:
        return False
    is_slanted = line.slanted or bool(line.box.hints & SLANTED)
    if len(line.text) > SET_APART:
        return False
    if _is_alone(picture, line) and (is_slanted or (picture.box is not line.box and line.text[-1] not in ".:;!?…")):
        return True
    if is_slanted:
        return _is_centred(line.box) or _is_broken_off(picture, line)
    return _is_centred(line.box) and len(line.text) <= LABEL and line.text[-1] not in ".:;!?…。"


def _is_alone(picture: Anchor, line: Line) -> bool:
    """A box has nothing but the picture and the line, which is in no cell beside it."""
    around = common(picture.box, line.box)
    return around.end - around.start == 1 and around.name not in {"tr", "tbody", "table"}


def _is_beside(one: Box, other: Box) -> bool:
    """The picture's block and the line's are the same or neighbours: at most three boxes up to the one around both."""
    top = common(one, other)
    blocks = [
        [box for box in islice(path.upwards(), 8) if box.depth > top.depth and box.name in BLOCKS]
        for path in (one, other)
    ]
    return max(map(len, blocks)) <= 3


def _is_broken_off(picture: Anchor, line: Line) -> bool:
    """The block has nothing but the picture, a `<br>` and the line."""
    block = next((box for box in line.box.upwards() if box.name in BLOCKS), None)
    if block is None or block.end - block.start != 1 or block not in picture.box.upwards():
        return False
    for node in islice(picture.tag.next_elements, 12):
        if isinstance(node, Tag) and node.name == "br":
            return True
        if isinstance(node, NavigableString) and node.strip():
            return False
    return False


def _is_centred(box: Box) -> bool:
    for around in islice(box.upwards(), 4):
        told = CENTRED.search(attribute(around.tag, "style"))
        aligned = told[1] if told else attribute(around.tag, "align")
        if aligned or around.name == "center":
            return around.name == "center" or aligned.lower() == "center"
        if {"center", "text"} <= around.hints:
            return True
    return False
