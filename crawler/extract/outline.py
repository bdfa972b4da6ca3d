"""The page as a reader sees it: lines of text in order, and the boxes that hold them.

One walk over the tree, without recursion, gives everything that the rules ask later: what a line says, how much of it
is a link, whether it is bold or a heading, which boxes it lies in. A box spans the lines `start` to `end`, so that a
sum over a box is a difference of two prefix sums. Boxes that hold no news (menus, share bars, comments, related lists)
are marked as noise, unless most of the page's text lies in them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from functools import lru_cache

from bs4 import Tag
from bs4.element import NavigableString

from crawler.extract.documents import is_document
from crawler.extract.lines import Anchor, Box, Line, Outline, common
from crawler.extract.markup import BLOCKS, INVISIBLE, attribute, clean
from crawler.extract.noise import mark, repeated
from crawler.extract.pictures import captions

SKIPPED = frozenset(
    {"script", "style", "noscript", "template", "svg", "head", "iframe", "object", "embed", "video", "audio", "canvas"}
    | {"title", "select", "textarea", "button", "input", "datalist", "map", "br", "img"}
)
NOTED = frozenset({"br", "img", "time"})
BOLD_HINTS = frozenset({"fwbold", "fwsemibold", "fontweightbold", "fontbold", "fontsemibold"})  # Bootstrap, Tailwind
BOLD = frozenset({"b", "strong"})
SLANTED = frozenset({"i", "em", "cite", "small"})  # as captions are set
CELLS = frozenset({"td", "th"})
HEADINGS = {f"h{level}": level for level in range(1, 7)}
NOWHERE = re.compile(r"^\s*($|#|javascript:|mailto:|tel:|data:)", re.IGNORECASE)
WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
BOLD_STYLE = re.compile(r"font-weight\s*:\s*(bold|[6-9]00)", re.IGNORECASE)
SLANTED_STYLE = re.compile(r"font-style\s*:\s*(italic|oblique)", re.IGNORECASE)
SENTENCE_END = tuple(".:;!?…")
NO_HINTS: frozenset[str] = frozenset()
VISIBLE = re.compile(rf"(?!{INVISIBLE.pattern})\S")
DEEPEST = 500  # boxes in each other; what is deeper (browsers end at 512) lies side by side, for rules go up from lines
WHOLE = 0.95  # of a line's characters; the full stop behind it is often outside


@lru_cache(maxsize=4096)
def hints_of(names: str) -> frozenset[str]:
    """The words in class and id, and two or three of one name joined: `lblNgayDang` has ngay, dang, ngaydang."""
    found: set[str] = set()
    for name in names.split():
        words = [word.lower() for word in WORD.findall(name)]
        found.update(words)
        # A letter alone is a part of nothing: `View_s__c83Hd` is no "views".
        joined = [words[n : n + length] for n in range(len(words)) for length in (2, 3)]
        found.update("".join(part) for part in joined if min(map(len, part)) > 1)
    return frozenset(found)


def outline(soup: Tag, ignored: frozenset[int] = frozenset(), furniture: frozenset[int] = frozenset()) -> Outline:
    """Read `soup` in one walk; elements whose `id()` is in `ignored` are left out.

    `furniture` has the marks of lines that most texts of the site have (`repetition`).
    """
    walk = _Walk(ignored)
    root = walk.enter(soup)
    frames = [(root, iter(soup.contents))] if root else []
    while frames:
        frame, children = frames[-1]
        for node in children:
            if isinstance(node, Tag):
                if entered := walk.enter(node):
                    frames.append((entered, iter(node.contents)))
                    break
            elif type(node) is NavigableString:  # comments and CDATA are subclasses of it
                walk.read(node)
        else:
            walk.leave(frame)
            frames.pop()
    found = Outline(tuple(walk.lines), tuple(walk.boxes), tuple(walk.links), tuple(walk.pictures), tuple(walk.times))
    mark(found)
    return replace(found, captions=captions(found), repeated=repeated(found, furniture) if furniture else frozenset())


def _is_button(tag: Tag) -> bool:
    """A link beside the name of a file that says "Tải về", as WordPress makes it."""
    return "download" in tag.attrs and "button" in attribute(tag, "class")


# What ends with an element: its box, a block, a link, bold, italics. Plain, since one is made for each element.
_Frame = tuple[Box | None, bool, bool, bool, bool]


@dataclass(slots=True)
class _Walk:
    ignored: frozenset[int]
    lines: list[Line] = field(default_factory=list)
    boxes: list[Box] = field(default_factory=list)
    links: list[Anchor] = field(default_factory=list)
    pictures: list[Anchor] = field(default_factory=list)
    times: list[Anchor] = field(default_factory=list)
    box: Box | None = None
    pieces: list[str] = field(default_factory=list)
    held: Box | None = None  # the innermost box that holds all the pieces
    href: str | None = None  # of the first link in the pieces
    target: str | None = None  # of the link that the walk is in
    in_link: int = 0
    in_bold: int = 0
    in_slant: int = 0
    linked: int = 0
    bolded: int = 0
    slanted: int = 0
    breaks: int = 0

    def enter(self, tag: Tag) -> _Frame | None:
        """Begin an element; None if nothing in it is read."""
        name, attributes = tag.name, tag.attrs
        if name in NOTED:
            self.note(tag)
        if name in SKIPPED or id(tag) in self.ignored or (name == "a" and _is_button(tag)):
            return None
        block = name in BLOCKS
        if block:
            self.flush()
        bold, slanted, opened = name in BOLD, name in SLANTED, None
        if "class" in attributes or "id" in attributes:
            hints = hints_of(f"{attribute(tag, 'class')} {attribute(tag, 'id')}")
            opened = self.open(tag, hints)
            bold = bold or not hints.isdisjoint(BOLD_HINTS)
        elif block:
            opened = self.open(tag, NO_HINTS)
        if "style" in attributes:
            style = attribute(tag, "style")
            bold = bold or ("font-weight" in style and bool(BOLD_STYLE.search(style)))
            slanted = slanted or ("font-style" in style and bool(SLANTED_STYLE.search(style)))
        link = name == "a" and self.follow(tag)
        self.in_bold += bold
        self.in_slant += slanted
        self.in_link += link
        return opened, block, link, bold, slanted

    def note(self, tag: Tag) -> None:
        """Note a break, a picture or a time."""
        if tag.name == "br":
            self.breaks += 1
        elif self.box and tag.name == "img":
            self.pictures.append(Anchor(tag, len(self.lines), self.box, bool(self.pieces) and self.breaks == 0))
        elif self.box:
            self.times.append(Anchor(tag, len(self.lines), self.box))

    def open(self, tag: Tag, hints: frozenset[str]) -> Box:
        around, name = self.box, tag.name
        if around is None:
            box = Box(tag, name, None, 0, hints, len(self.lines))
        else:
            if around.depth == DEEPEST and around.parent:
                around = around.parent
            box = Box(tag, name, around, around.depth + 1, hints, len(self.lines))
            box.heading, box.row, box.cell = around.heading, around.row, around.cell
        if name in HEADINGS:
            box.heading = HEADINGS[name]
        elif name == "tr":
            box.row = box
        elif name in CELLS:
            box.cell = box
        self.box = box
        self.boxes.append(box)
        return box

    def follow(self, tag: Tag) -> bool:
        """Note the link; tell whether it leads to another page."""
        href = attribute(tag, "href")
        if NOWHERE.match(href) or self.box is None:
            return False
        self.links.append(Anchor(tag, len(self.lines), self.box))
        self.target = href
        return not is_document(tag)

    def leave(self, frame: _Frame) -> None:
        box, block, link, bold, slanted = frame
        if block:
            self.flush()
        self.in_bold -= bold
        self.in_slant -= slanted
        self.in_link -= link
        if box:
            box.end = len(self.lines) + bool(self.pieces)
            self.box = box.parent

    def read(self, text: str) -> None:
        if text.isspace() or not VISIBLE.search(text):
            if self.pieces:
                self.pieces.append(" ")
            return
        if self.breaks:
            if self.breaks == 1 and self.continues(text):
                self.pieces.append(" ")
            else:
                self.flush()
            self.breaks = 0
        length = len(text.strip())
        self.pieces.append(text)
        self.held = self.box if self.held is None or self.box is None else common(self.held, self.box)
        if self.in_link:
            self.linked += length
            self.href = self.href or self.target
        self.bolded += length if self.in_bold else 0
        self.slanted += length if self.in_slant else 0

    def continues(self, text: str) -> bool:
        """A single `<br>` inside a sentence does not end the line."""
        before = "".join(self.pieces[-2:]).rstrip()
        return bool(before) and not before.endswith(SENTENCE_END) and text.lstrip()[:1].islower()

    def flush(self) -> None:
        self.breaks = 0
        if not self.pieces:
            return
        text = clean("".join(self.pieces))
        if text and self.held:
            length, linked = len(text), min(self.linked, len(text))
            most = WHOLE * length
            bold, slanted = self.bolded >= most, self.slanted >= most
            self.lines.append(Line(text, linked, linked * 2 > length, bold, slanted, self.held, self.href))
        self.pieces, self.held, self.href = [], None, None
        self.linked = self.bolded = self.slanted = 0
