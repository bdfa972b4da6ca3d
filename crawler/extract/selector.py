"""Name an element of a page by a CSS selector for a profile: short, and the first element that it finds is this one.

Names with a number in them (`post-1234`, `col-md-8`) are left out: they belong to one article or to the layout.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator
from itertools import islice

from bs4 import Tag
from bs4.element import NavigableString

from crawler.extract.markup import attribute, clean

NAME = re.compile(r"[A-Za-z_][A-Za-z_-]*")
OWN_NAME = re.compile(r"_[A-Za-z]{4,}$")  # of `dnn_ctr4444_lblNgayDang`: ASP.NET writes the names of controls before it
ALONE = frozenset({"h1", "h2", "article", "main"})  # a page has few; the first `p` of the next page is another one
AROUND = 12  # elements around; the names of farther ones say little of this one


class Selectors:
    """The selectors of one page, which is walked over once."""

    def __init__(self, soup: Tag, removed: frozenset[int] = frozenset()) -> None:
        """Read `soup`; elements whose `id()` is in `removed` are passed over, as a profile does."""
        self._tags = soup.find_all(True)
        self._removed = removed
        self._places = {id(tag): place for place, tag in enumerate(self._tags)}
        self._ends = dict(self._places)
        self._matches: defaultdict[str, list[int]] = defaultdict(list)
        self._firsts: dict[tuple[str, int], Tag | None] = {}
        for place, tag in enumerate(self._tags):
            for step in _steps(tag):
                self._matches[step].append(place)
        for tag in reversed(self._tags):  # an element ends where the last one inside it does
            if id(tag.parent) in self._ends:
                self._ends[id(tag.parent)] = max(self._ends[id(tag.parent)], self._ends[id(tag)])

    def of(self, tag: Tag) -> str | None:
        """The selector of `tag`: its own name, else that in an element of a unique name; None where none will do."""
        for step in _steps(tag):
            if (step in ALONE or _is_named(step)) and self._first(step) is tag:
                return step
        for around in islice(tag.parents, AROUND):
            for outer in _steps(around):
                for step in _steps(tag) if len(self._matches[outer]) == 1 and _is_named(outer) else ():
                    if self._first(step, around) is tag:
                        return f"{outer} {step}"
        return None

    def _first(self, step: str, around: Tag | None = None) -> Tag | None:
        """The element that a profile would take for `step`: the first with words, of those inside `around`."""
        key = step, id(around)
        if key not in self._firsts:
            start, end = (self._places[id(around)] + 1, self._ends[id(around)]) if around else (0, len(self._tags))
            places = self._matches[step]
            inside = (self._tags[place] for place in places[bisect_left(places, start) : bisect_right(places, end)])
            self._firsts[key] = next(filter(self._says_something, inside), None)
        return self._firsts[key]

    def _says_something(self, tag: Tag) -> bool:
        if self._removed and self._removed & {id(tag), *map(id, tag.parents)}:
            return False
        texts = (text for text in tag.descendants if type(text) is NavigableString)
        return bool({"content", "datetime"} & set(tag.attrs)) or any(map(clean, texts))


def _steps(tag: Tag) -> Iterator[str]:
    """The selectors of an element by its own names, the most telling first."""
    for name in attribute(tag, "class").split():
        if NAME.fullmatch(name):
            yield f"{tag.name}.{name}"
    if NAME.fullmatch(attribute(tag, "id")):
        yield f"#{attribute(tag, 'id')}"
    if own := OWN_NAME.search(attribute(tag, "id")):
        yield f'[id$="{own[0]}"]'
    if tag.name.isalnum():
        yield tag.name
        if tag.find_next_sibling(True) is None:
            yield f"{tag.name}:last-child"


def _is_named(step: str) -> bool:
    """The selector asks for a class or an id."""
    return not step.partition(":")[0].isalnum()
