"""Read what a person typed into a tree, and write the tree down again; nothing that can be typed is an error.

The engine interprets the tree and the analyser splits its words; here a word stays as it was typed. The language, the
loosest first: `a OR b`; words side by side, or `AND`; `-a`, `NOT a`; `title:a` and the other fields; quotes,
parentheses and `prefix*`. A Vietnamese word is several syllables, so minus, NOT and the fields take the whole run of
plain words after them: `-thể thao` excludes the phrase, `title:học bổng` wants both words in the title. `site:` takes
one word.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias, cast

from indexer.lexemes import Kind, Lexeme, lexemes

Field = Literal["title", "author", "category", "site"]


@dataclass(frozen=True, slots=True)
class Everything:
    """Every article; within a field, too."""


@dataclass(frozen=True, slots=True)
class Word:
    """One piece between spaces as it was typed, at least one letter or digit in it; never an operator or a field."""

    text: str


@dataclass(frozen=True, slots=True)
class Prefix:
    """The beginning of one word, at least two letters, without the asterisk."""

    text: str


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words side by side, in order; single spaces between them."""

    text: str


@dataclass(frozen=True, slots=True)
class In:
    """`node` within a field; of nested fields the innermost counts."""

    field: Field
    node: Node


@dataclass(frozen=True, slots=True)
class Not:
    """What does not match `node`; only ever within an And, beside something that is not a Not."""

    node: Node


@dataclass(frozen=True, slots=True)
class And:
    """All of two or more, in this order: Everything, words and prefixes, phrases, Or, In, Not."""

    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Any of two or more."""

    nodes: tuple[Node, ...]


Node: TypeAlias = Everything | Word | Prefix | Phrase | In | Not | And | Or

# Plain words come before what takes a run of them, so that no parentheses are needed to keep them apart.
_ORDER = (Everything, Word | Prefix, Phrase, Or, In, Not)


@dataclass(frozen=True, slots=True)
class Parsed:
    """A query as it was understood; the warnings are plain sentences for people."""

    node: Node
    warnings: tuple[str, ...] = ()


def parse(text: str) -> Parsed:
    """Read a query. Never raises; `Everything()` where there is nothing to look for."""
    warnings: list[str] = []
    items = lexemes(text, warnings)
    node = _grounded(_Reader(items).alternatives()) if items else Everything()
    return Parsed(node, tuple(dict.fromkeys(warnings)))


def render(node: Node) -> str:
    """Write a tree that `parse` made in the query language: parsing that gives the same tree. Everything is `""`."""
    match node:
        case Everything():
            return ""
        case Word(text):
            return text
        case Prefix(text):
            return f"{text}*"
        case Phrase(text):
            return f'"{text}"'
        case In(field, inner):
            run = field != "site" and isinstance(inner, And) and all(isinstance(n, Word | Prefix) for n in inner.nodes)
            return f"{field}:{render(inner) if run else _grouped(inner)}"
        case Not(In(field, inner)):
            return f"-{field}:{_grouped(inner)}"
        case Not(inner):
            return f"-{_grouped(inner)}"
        case And(nodes):
            return " ".join(_grouped(n) if isinstance(n, Or) else render(n) for n in nodes if n != Everything())
        case Or(nodes):
            return " OR ".join(map(render, nodes))


def _grouped(node: Node) -> str:
    return f"({render(node)})" if isinstance(node, And | Or) else render(node)


class _Reader:
    """A recursive descent over well-formed lexemes; each method reads one level of the language."""

    def __init__(self, items: list[Lexeme]) -> None:
        self._items = items
        self._at = 0

    def alternatives(self) -> Node:
        nodes = [self._all()]
        while self._skip("or"):
            nodes.append(self._all())
        return _any_of(nodes)

    def _all(self) -> Node:
        nodes = [self._one()]
        while self._sees() not in ("or", "close", None):
            if not self._skip("and"):
                nodes.append(self._one())
        return _all_of(nodes)

    def _one(self) -> Node:
        if self._skip("minus", "not"):
            return _negated(self._field(excluded=True) if self._sees() == "field" else self._excluded())
        return self._field(excluded=False) if self._sees() == "field" else self._operand()

    def _field(self, *, excluded: bool) -> Node:
        field = cast(Field, self._take().text)
        if field == "site":
            return _within(field, self._operand())
        return _within(field, self._excluded() if excluded else self._run())

    def _excluded(self) -> Node:
        words = self._plain("word")
        if not words:
            return self._operand()
        return Phrase(" ".join(word.text for word in words)) if len(words) > 1 else Word(words[0].text)

    def _run(self) -> Node:
        return _all_of([_leaf(word) for word in self._plain("word", "prefix")] or [self._operand()])

    def _operand(self) -> Node:
        if not self._skip("open"):
            return _leaf(self._take())
        node = self.alternatives()
        self._skip("close")
        return node

    def _plain(self, *kinds: Kind) -> list[Lexeme]:
        taken: list[Lexeme] = []
        while self._sees() in kinds:
            taken.append(self._take())
        return taken

    def _sees(self) -> Kind | None:
        return self._items[self._at].kind if self._at < len(self._items) else None

    def _take(self) -> Lexeme:
        self._at += 1
        return self._items[self._at - 1]

    def _skip(self, *kinds: Kind) -> bool:
        seen = self._sees() in kinds
        self._at += seen
        return seen


def _leaf(item: Lexeme) -> Node:
    match item.kind:
        case "prefix":
            return Prefix(item.text)
        case "phrase":
            return Phrase(item.text)
        case _:
            return Word(item.text)


def _all_of(nodes: Iterable[Node]) -> Node:
    flat = [inner for node in nodes for inner in (node.nodes if isinstance(node, And) else (node,))]
    return And(tuple(sorted(flat, key=_place))) if len(flat) > 1 else flat[0]


def _any_of(nodes: Iterable[Node]) -> Node:
    flat = [inner for node in nodes for inner in (node.nodes if isinstance(node, Or) else (node,))]
    return Or(tuple(flat)) if len(flat) > 1 else flat[0]


def _place(node: Node) -> int:
    return next(place for place, kinds in enumerate(_ORDER) if isinstance(node, kinds))


def _negated(node: Node) -> Node:
    return node.node if isinstance(node, Not) else Not(node)


def _within(field: Field, node: Node) -> Node:
    return node if isinstance(node, In) else In(field, node)


def _grounded(node: Node) -> Node:
    """Give exclusions something to exclude from: what is only negative is everything without it."""
    match node:
        case Not():
            return And((Everything(), _ground_inside(node)))
        case And(nodes) if all(isinstance(n, Not) for n in nodes):
            return And((Everything(), *map(_ground_inside, nodes)))
        case _:
            return _ground_inside(node)


def _ground_inside(node: Node) -> Node:
    match node:
        case Not(inner):
            return Not(_grounded(inner))
        case In(field, inner):
            return In(field, _grounded(inner))
        case And(nodes):
            return And(tuple(map(_ground_inside, nodes)))
        case Or(nodes):
            return Or(tuple(map(_grounded, nodes)))
        case _:
            return node
