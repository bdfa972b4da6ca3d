"""Read the XML of sitemaps and feeds: a long row of records that hold a few texts. No tree is made: memory is bounded.

There are no entities: whoever calls cuts off what comes before the root, where alone they can be declared.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from lxml import etree

from crawler.discover.unpacked import DamageError

BASE = "{http://www.w3.org/XML/1998/namespace}base"
# An ampersand that begins no reference, as in `?a=1&b=2`, would end the reading, and so would half of a pair of UTF-16
# (&#55357;), which is what some programs make of a smiley.
SURROGATE = r"(?:0*5[5-7][0-9]{3}|x0*[Dd][89A-Fa-f][0-9A-Fa-f]{2});"
AMPERSAND = re.compile(rf"&(?!(?:amp|lt|gt|quot|apos|#(?!{SURROGATE})(?:[0-9]{{1,7}}|x[0-9A-Fa-f]{{1,6}}));)")
# A reference to an entity that nobody declares: what would stand there is not known, and no address holds this sign.
ENTITY = re.compile(r"&(?!(?:amp|lt|gt|quot|apos);)[A-Za-z_][\w.-]{0,60};")
UNKNOWN = "\ufffd"
LONGEST_WAIT = 1_000_000  # characters; what goes on for longer without its end is cut anywhere
MAX_ELEMENTS = 2_000_000  # forty for each entry of the longest sitemap; they take a second
DEEPEST = 100  # elements in each other; those of a text in XHTML may be some ten


@dataclass(frozen=True, slots=True)
class Field:
    """An element of a record, with how deep in the record it is; the names are local ones, all in lower case."""

    name: str
    text: str
    attributes: Mapping[str, str]
    depth: int


@dataclass(frozen=True, slots=True)
class Record:
    """One `url`, `sitemap`, `item` or `entry`; `bases` are the values of `xml:base` around and at it."""

    name: str
    fields: tuple[Field, ...]
    bases: tuple[str, ...]

    def text(self, *names: str) -> str | None:
        """The text of the first field of the first of these names that there is."""
        told = ((field.text for field in self.fields if field.name == name and field.text) for name in names)
        return next((text for texts in told for text in texts), None)


def records(
    pieces: Iterable[str], names: frozenset[str], wanted: frozenset[str], *, lenient: bool = False
) -> Iterator[Record]:
    """The elements of these `names` with their fields that are `wanted`; `lenient` goes on after what is no XML.

    Raises DamageError where the text is broken or is more than anybody would publish, after what comes before that.
    """
    target = _Target(names, wanted)
    parser = etree.XMLParser(
        target=target, encoding="utf-8", recover=lenient, resolve_entities=False, no_network=True, load_dtd=False
    )
    try:
        for piece in whole(pieces, ">"):
            parser.feed(AMPERSAND.sub("&amp;", ENTITY.sub(UNKNOWN, piece)).encode("utf-8", "replace"))
            yield from target.taken()
        parser.close()
        yield from target.taken()
    except (etree.XMLSyntaxError, DamageError) as error:
        yield from target.taken()
        raise DamageError(str(error) if isinstance(error, DamageError) else f"its XML is broken: {error}") from error


def whole(pieces: Iterable[str], end: str) -> Iterator[str]:
    """Cut the text anew, so that what ends with `end` is in one piece."""
    rest = ""
    for piece in pieces:
        cut, mark, rest = (rest + piece).rpartition(end)
        if len(rest) > LONGEST_WAIT:
            cut, mark, rest = cut + mark, rest, ""
        yield cut + mark
    yield rest


class _Target:
    """What lxml's parser tells of the elements, instead of making a tree."""

    def __init__(self, names: frozenset[str], wanted: frozenset[str]) -> None:
        self._names, self._wanted = names, wanted
        self._path: list[str] = []
        self._bases: list[str | None] = []
        self._record = 0  # how deep the record is that is being read, 0 for none
        self._fields: list[Field] = []
        self._open: tuple[str, Mapping[str, str]] | None = None
        self._text: list[str] = []
        self._done: list[Record] = []
        self._elements = 0

    def taken(self) -> Iterator[Record]:
        """The records since the last time."""
        done, self._done = self._done, []
        return iter(done)

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        name = tag.rpartition("}")[2].rpartition(":")[2].lower()  # a prefix stays where it is not declared
        self._elements += 1
        if self._elements > MAX_ELEMENTS or len(self._path) >= DEEPEST:
            raise DamageError(f"it has more than {MAX_ELEMENTS:,} elements, or {DEEPEST} in each other")
        self._path.append(name)
        self._bases.append(attributes.get(BASE))
        if not self._record and name in self._names:
            self._record, self._fields = len(self._path), []
        self._open = (
            (name, {key.lower(): value for key, value in attributes.items()})
            if self._record and name in self._wanted
            else None
        )
        self._text = []

    def data(self, text: str) -> None:
        if self._open:
            self._text.append(text)

    def end(self, _tag: str) -> None:
        if self._open:
            name, attributes = self._open
            depth = len(self._path) - self._record
            self._fields.append(Field(name, "".join(self._text).strip(), attributes, depth))
            self._open = None
        elif len(self._path) == self._record:
            bases = tuple(base for base in self._bases if base)
            self._done.append(Record(self._path[-1], tuple(self._fields), bases))
            self._record = 0
        self._path.pop()
        self._bases.pop()

    def close(self) -> None:
        """Nothing is left to do; lxml asks for the method."""
