"""The page as a reader sees it: lines of text in order, and the boxes that hold them.

One walk over the tree, without recursion, gives everything that the rules ask later: what a line says, how much of it
is a link, whether it is bold or a heading, which boxes it lies in. A box spans the lines `start` to `end`, so that a
sum over a box is a difference of two prefix sums. Boxes that hold no news (menus, share bars, comments, related lists)
are marked as noise, unless most of the page's text lies in them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import accumulate

from bs4 import Tag
from bs4.element import NavigableString

from crawler.extract.markup import BLOCKS, attribute, clean
from crawler.repetition import mark

SKIPPED = frozenset(
    {"script", "style", "noscript", "template", "svg", "head", "iframe", "object", "embed", "video", "audio", "canvas"}
    | {"select", "textarea", "button", "input", "datalist", "map"}
)
BOLD = frozenset({"b", "strong"})
HEADINGS = {f"h{level}": level for level in range(1, 7)}
DOCUMENTS = re.compile(r"\.(pdf|docx?|xlsx?|pptx?|odt|ods|rtf|zip|rar|7z)(?=$|[?#&])", re.IGNORECASE)
NOWHERE = re.compile(r"^\s*($|#|javascript:|mailto:|tel:|data:)", re.IGNORECASE)
WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
BOLD_STYLE = re.compile(r"font-weight\s*:\s*(bold|[6-9]00)", re.IGNORECASE)
SENTENCE_END = tuple(".:;!?…")

ALWAYS_NOISE = frozenset(
    {"footer", "comment", "comments", "copyright", "binhluan", "breadcrumb", "breadcrumbs", "breakcrum", "pathway"}
    | {"pagination", "disqus", "respond", "cookie", "fbcomments", "duongdan"}
)
NOISE = frozenset(
    {"share", "sharing", "social", "socials", "addthis", "addtoany", "sharedaddy", "chiase", "related", "relates"}
    | {"lienquan", "tinlienquan", "tinkhac", "tinmoi", "tincu", "tincuhon", "tinmoihon", "baivietkhac", "khac"}
    | {"othernews", "newsother", "boxother", "recommend", "recommended", "suggest", "sidebar", "menu", "nav", "navbar"}
    | {"navigation", "topbar", "masthead", "siteheader", "banner", "advert", "advertisement", "ads", "quangcao"}
    | {"rating", "rate", "vote", "toolbar", "pager", "paging", "modal", "popup", "newsletter", "subscribe", "search"}
    | {"login", "calendar", "counter", "visitor", "visitors", "thongke", "statistic", "statistics", "latest", "lastest"}
    | {"recent", "popular", "mostread", "marquee", "ticker", "tags", "tag", "tagcloud", "skiplink", "weblink"}
)
NOISE_PREFIXES = (
    "related",
    "sharing",
    "comment",
    "sidebar",
    "breadcrumb",
    "social",
    "lienquan",
    "tinlienquan",
    "tinkhac",
)
META = frozenset(
    {"meta", "date", "time", "datetime", "ngay", "ngaydang", "ngaythang", "published", "publish", "created", "modified"}
    | {"author", "tacgia", "byline", "views", "view", "luotxem", "hits", "articleinfo", "postinfo"}
)
CAPTION = frozenset({"caption", "chuthich", "imgdesc"})
NEVER_NOISE = frozenset({"html", "body", "main", "article", "[document]"})
HOLDERS = frozenset({"article", "main"})
PLAIN_HEADER = frozenset({"entry", "post", "article", "page", "title", "detail", "content", "news"})


@dataclass(slots=True, eq=False)
class Box:
    """An element that parts the text or has a name; filled by the walk, only read afterwards."""

    tag: Tag
    parent: Box | None
    depth: int
    hints: frozenset[str]
    start: int
    end: int = 0
    heading: int = 0  # the level of the heading that it is in; this and the two below are noted for speed
    row: Box | None = None
    cell: Box | None = None
    noise: bool = False
    meta: bool = False
    caption: bool = False

    @property
    def name(self) -> str:
        """The element's name."""
        return self.tag.name

    def upwards(self) -> Iterator[Box]:
        """Give the box itself and those around it, innermost first."""
        box: Box | None = self
        while box is not None:
            yield box
            box = box.parent

    def inside(self, *names: str) -> Box | None:
        """The innermost box of one of these elements around this one, itself included."""
        return next((box for box in self.upwards() if box.name in names), None)


@dataclass(frozen=True, slots=True)
class Line:
    """One paragraph, list item, cell or heading. `linked` counts the characters of links to other pages."""

    text: str
    linked: int
    bold: bool
    box: Box
    href: str | None = None

    @property
    def is_link(self) -> bool:
        """Most of the line leads elsewhere."""
        return self.linked * 2 > len(self.text)

    @property
    def hidden(self) -> bool:
        """The line is no part of any article."""
        return self.box.noise

    @property
    def heading(self) -> int:
        """1 to 6 in a heading of that level, else 0."""
        return self.box.heading


@dataclass(frozen=True, slots=True)
class Anchor:
    """A link, a picture or a time and the line that it stands in or before."""

    tag: Tag
    line: int
    box: Box


@dataclass(frozen=True, slots=True)
class Outline:
    """The lines of a page in order, its boxes outermost first, its links, pictures and `time` elements.

    `repeated` has the indexes of the lines that are known as furniture of the site.
    """

    lines: tuple[Line, ...]
    boxes: tuple[Box, ...]
    links: tuple[Anchor, ...]
    pictures: tuple[Anchor, ...]
    times: tuple[Anchor, ...]
    repeated: frozenset[int] = frozenset()

    def text(self, box: Box) -> str:
        """What `box` says, in one line."""
        return " ".join(line.text for line in self.lines[box.start : box.end])

    def box_of(self, tag: Tag) -> Box | None:
        """The box of `tag`, or of the innermost element around it that has one."""
        boxes = {id(box.tag): box for box in self.boxes}
        return next((boxes[id(above)] for above in (tag, *tag.parents) if id(above) in boxes), None)


@lru_cache(maxsize=4096)
def hints_of(names: str) -> frozenset[str]:
    """The words in class and id, and two or three of one name joined: `lblNgayDang` has ngay, dang, ngaydang."""
    found: set[str] = set()
    for name in names.split():
        words = [word.lower() for word in WORD.findall(name)]
        found.update("".join(words[n : n + length]) for n in range(len(words)) for length in (1, 2, 3))
    return frozenset(found)


def outline(soup: Tag, ignored: frozenset[int] = frozenset(), furniture: frozenset[int] = frozenset()) -> Outline:
    """Read `soup` in one walk; elements whose `id()` is in `ignored` are left out.

    `furniture` has the marks of lines that most texts of the site have.
    """
    walk = _Walk(ignored)
    frames = [(soup, walk.enter(soup), iter(soup.contents))]
    while frames:
        tag, frame, children = frames[-1]
        node = next(children, None)
        if node is None:
            walk.leave(tag, frame)
            frames.pop()
        elif isinstance(node, Tag):
            if entered := walk.enter(node):
                frames.append((node, entered, iter(node.contents)))
        elif type(node) is NavigableString:  # comments and CDATA are subclasses of it
            walk.read(node)
    repeated = _repeated(walk, furniture) if furniture else frozenset()
    found = Outline(
        tuple(walk.lines), tuple(walk.boxes), tuple(walk.links), tuple(walk.pictures), tuple(walk.times), repeated
    )
    _mark(found)
    return found


@dataclass(frozen=True, slots=True)
class _Frame:
    box: Box | None
    link: bool
    bold: bool


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
    linked: int = 0
    bolded: int = 0
    breaks: int = 0

    def enter(self, tag: Tag) -> _Frame | None:
        name = tag.name
        if name == "br":
            self.breaks += 1
        elif name == "img" and self.box:
            self.pictures.append(Anchor(tag, len(self.lines), self.box))
        elif name == "time" and self.box:
            self.times.append(Anchor(tag, len(self.lines), self.box))
        if name in SKIPPED or name in {"br", "img"} or id(tag) in self.ignored:
            return None
        block = name in BLOCKS
        if block:
            self.flush()
        opened = self.open(tag) if block or "class" in tag.attrs or "id" in tag.attrs else None
        bold = name in BOLD or ("style" in tag.attrs and bool(BOLD_STYLE.search(attribute(tag, "style"))))
        link = name == "a" and self.follow(tag)
        self.in_bold += bold
        self.in_link += link
        return _Frame(opened, link, bold)

    def open(self, tag: Tag) -> Box:
        hints = hints_of(f"{attribute(tag, 'class')} {attribute(tag, 'id')}")
        around = self.box
        box = Box(tag, around, around.depth + 1 if around else 0, hints, len(self.lines))
        box.heading = HEADINGS.get(tag.name) or (around.heading if around else 0)
        box.row = box if tag.name == "tr" else around.row if around else None
        box.cell = box if tag.name in {"td", "th"} else around.cell if around else None
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
        return not DOCUMENTS.search(href)

    def leave(self, tag: Tag, frame: _Frame | None) -> None:
        if frame is None:
            return
        if tag.name in BLOCKS:
            self.flush()
        self.in_bold -= frame.bold
        self.in_link -= frame.link
        if frame.box:
            frame.box.end = len(self.lines) + bool(self.pieces)
            self.box = frame.box.parent

    def read(self, text: str) -> None:
        length = len(text.strip())
        if not length:
            if self.pieces:
                self.pieces.append(" ")
            return
        if self.breaks:
            if self.breaks == 1 and self.continues(text):
                self.pieces.append(" ")
            else:
                self.flush()
            self.breaks = 0
        self.pieces.append(text)
        self.held = self.box if self.held is None or self.box is None else common(self.held, self.box)
        if self.in_link:
            self.linked += length
            self.href = self.href or self.target
        self.bolded += length if self.in_bold else 0

    def continues(self, text: str) -> bool:
        """A single `<br>` inside a sentence does not end the line."""
        before = "".join(self.pieces[-2:]).rstrip()
        return bool(before) and not before.endswith(SENTENCE_END) and text.lstrip()[:1].islower()

    def flush(self) -> None:
        if self.pieces:
            text = clean("".join(self.pieces))
            if text and self.held:
                bold = self.bolded >= 0.95 * len(text)
                self.lines.append(Line(text, min(self.linked, len(text)), bold, self.held, self.href))
        self.pieces, self.held, self.href = [], None, None
        self.linked = self.bolded = self.breaks = 0


def _repeated(walk: _Walk, furniture: frozenset[int]) -> frozenset[int]:
    """The lines that are furniture: no paragraphs that editors write again, but elements unlike those of the text."""
    own = list(accumulate((mark(line.text) not in furniture for line in walk.lines), initial=0))
    of_texts = {(box.name, box.hints) for box in walk.boxes if own[box.end] > own[box.start]}
    boxes = [box for box in walk.boxes if own[box.end] == own[box.start] and (box.name, box.hints) not in of_texts]
    return frozenset(n for box in boxes for n in range(box.start, box.end))


def common(one: Box, other: Box) -> Box:
    """The innermost box around both."""
    while one is not other:
        if one.depth >= other.depth and one.parent:
            one = one.parent
        elif other.parent:
            other = other.parent
    return one


def _mark(page: Outline) -> None:
    """Mark the boxes that hold no news, and those that hold dates, bylines and captions."""
    own = list(accumulate((len(line.text) - line.linked for line in page.lines), initial=0))
    holders = [box for box in page.boxes if box.name in HOLDERS or box.name == "h1"]
    for box in page.boxes:
        length = own[box.end] - own[box.start]
        most = length * 2 > own[-1]
        around = box.parent
        box.noise = bool(around and around.noise) or _is_noise(box, most, holders)
        named = box.name == "footer" or bool(box.hints & META)
        box.meta = bool(around and around.meta) or (length < 200 and named)
        box.caption = bool(around and around.caption) or (
            length < 500 and (box.name == "figcaption" or bool(box.hints & CAPTION))
        )


def _is_noise(box: Box, most: bool, holders: list[Box]) -> bool:
    if box.name in NEVER_NOISE or {"hentry", "articlebody"} & box.hints:
        return False
    if box.name == "footer" and box.inside("article", "main"):
        return False  # the byline of an article, in Drupal the date too
    if box.name in {"nav", "footer", "aside", "dialog"} or box.hints & ALWAYS_NOISE:
        return True
    if box.name == "header":
        return not most and not box.inside("article", "main") and not box.hints & PLAIN_HEADER
    suspect = (
        bool(box.hints & NOISE)
        or any(hint.startswith(NOISE_PREFIXES) for hint in box.hints)
        or box.name == "form"
        or "hidden" in box.tag.attrs
        or bool(HIDDEN.search(attribute(box.tag, "style")))
    )
    return suspect and not most and not any(box.start <= held.start < box.end for held in holders)
