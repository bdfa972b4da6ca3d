"""The data of the outline: boxes that part the text or have a name, the lines in them, links and pictures."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from operator import attrgetter
from typing import NamedTuple

from bs4 import Tag

START = attrgetter("start")
LINE = attrgetter("line")


@dataclass(slots=True, eq=False)
class Box:
    """An element that parts the text or has a name; filled by the walk, only read afterwards."""

    tag: Tag
    name: str  # the element's
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

    def upwards(self) -> Iterator[Box]:
        """Give the box itself and those around it, innermost first."""
        box: Box | None = self
        while box is not None:
            yield box
            box = box.parent

    def called(self, names: frozenset[str], boxes: int) -> bool:
        """Whether one of so many boxes, this one and those around it, has one of these names as its class or id."""
        return any(not box.hints.isdisjoint(names) for box in islice(self.upwards(), boxes))

    def inside(self, *names: str) -> Box | None:
        """The innermost box of one of these elements around this one, itself included."""
        return next((box for box in self.upwards() if box.name in names), None)


@dataclass(slots=True, eq=False)  # not frozen, which would make it four times as slow to make
class Line:
    """One paragraph, list item, cell or heading; `slanted` is italic or small print.

    `linked` counts the characters of links to other pages; most of a line that `is_link` leads elsewhere.
    """

    text: str
    linked: int
    is_link: bool
    bold: bool
    slanted: bool
    box: Box
    href: str | None = None

    @property
    def hidden(self) -> bool:
        """The line is no part of any article."""
        return self.box.noise

    @property
    def heading(self) -> int:
        """1 to 6 in a heading of that level, else 0."""
        return self.box.heading


class Anchor(NamedTuple):
    """A link, a picture or a time and the line that it stands in or before; of a picture, whether it stands amid it."""

    tag: Tag
    line: int
    box: Box
    inside: bool = False


@dataclass(frozen=True, slots=True)
class Outline:
    """The lines of a page in order, its boxes outermost first, its links, pictures and `time` elements.

    `captions` has the lines that are captions, each with the index of its picture, None where that is no picture,
    `repeated` the lines that are known as furniture of the site.
    """

    lines: tuple[Line, ...]
    boxes: tuple[Box, ...]
    links: tuple[Anchor, ...]
    pictures: tuple[Anchor, ...]
    times: tuple[Anchor, ...]
    captions: dict[int, int | None] = field(default_factory=dict)
    repeated: frozenset[int] = frozenset()

    def text(self, box: Box) -> str:
        """What `box` says, in one line."""
        return " ".join(line.text for line in self.lines[box.start : box.end])

    def boxes_from(self, first: int, last: int) -> tuple[Box, ...]:
        """The boxes that begin at one of these lines, the last one included; boxes are in the order of their start."""
        start = bisect_left(self.boxes, first, key=START)
        return self.boxes[start : bisect_right(self.boxes, last, key=START)]

    def box_of(self, tag: Tag) -> Box | None:
        """The box of `tag`, or of the innermost element around it that has one."""
        boxes = {id(box.tag): box for box in self.boxes}
        return next((boxes[id(above)] for above in (tag, *tag.parents) if id(above) in boxes), None)


def common(one: Box, other: Box) -> Box:
    """The innermost box around both."""
    while one is not other:
        if one.depth >= other.depth and one.parent:
            one = one.parent
        elif other.parent:
            other = other.parent
    return one
