"""Turn our query tree into Whoosh's queries.

A tree gives three: what an article must match, what it must match to come first, and what counts for its rank.

- What must match uses folded terms for plain words, however they were typed; quoted and excluded words that were typed
  with marks must match with marks.
- Those that match every marked word exactly come before those that match only when folded.
- The rank is BM25 over both fields, the folded one with the lower weight of the study in VIETNAMESE.md, and over the
  title's fields again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce

from whoosh import query as wq
from whoosh.reading import IndexReader

from indexer.query import And, Everything, In, Node, Not, Or, Phrase, Prefix, Word
from indexer.vietnamese import Token, fold, has_marks, parts, readings, tokenize
from indexer.whoosh_engine.pairs import Pair, pairs_of

FOLDED_WEIGHT = 0.4  # of 0.3 to 0.5, the best range of the study
MAX_EXPANSION = 256  # terms that a prefix stands for, the most frequent ones


@dataclass(frozen=True, slots=True)
class Scope:
    """The fields that a part of the tree is looked for in; `exact` is None where only folded terms are kept."""

    folded: str
    exact: str | None


TEXT = Scope("folded", "exact")
SCOPES = {
    "title": Scope("title_folded", "title_exact"),
    "author": Scope("author", None),
    "category": Scope("category", None),
}


@dataclass(frozen=True, slots=True)
class Compiled:
    """The queries of a tree; `first` is None where nothing was typed with marks, `rank` where all matches are equal."""

    required: wq.Query
    first: wq.Query | None
    rank: wq.Query | None
    pairs: tuple[Pair, ...]


def compile_query(node: Node, reader: IndexReader) -> Compiled:
    """Compile `node`; `reader` is asked what a prefix stands for."""
    marked = any(has_marks(text) for text in _words(node))
    maker = _Compiler(reader, marked=marked)
    required = maker.required(node, TEXT, strict=False)
    ranked = maker.ranked(node, TEXT)
    return Compiled(
        required,
        maker.required(node, TEXT, strict=True) if marked else None,
        wq.Or(ranked) if ranked else None,
        pairs_of(node),
    )


class _Compiler:
    def __init__(self, reader: IndexReader, *, marked: bool) -> None:
        """`marked`: somebody types marks here, so that a word without any is meant to have none."""
        self._reader, self._marked = reader, marked

    def required(self, node: Node, scope: Scope, *, strict: bool) -> wq.Query:
        """What must match; `strict`: words that were typed with marks must match with marks."""
        match node:
            case Everything():
                return wq.Every()
            case Word(text):
                return _readings(text, scope, strict=strict and has_marks(text))
            case Phrase(text):
                return _phrase(parts(tokenize(text)), scope, strict=has_marks(text))
            case Prefix(text):
                return self._prefix(text, scope)
            case In("site", inner):
                return _sites(inner)
            case In(field, inner):
                return self.required(inner, SCOPES[field], strict=strict)
            case Not(inner):
                return wq.Not(self.required(inner, scope, strict=True))
            case Or(nodes):
                return wq.Or([self.required(below, scope, strict=strict) for below in nodes])
            case And(nodes):
                return self._all(nodes, scope, strict=strict)

    def _all(self, nodes: tuple[Node, ...], scope: Scope, *, strict: bool) -> wq.Query:
        wanted = [self.required(n, scope, strict=strict) for n in nodes if not isinstance(n, Not)]
        unwanted = [self.required(n.node, scope, strict=True) for n in nodes if isinstance(n, Not)]
        positive = wq.And(wanted) if len(wanted) > 1 else wanted[0]
        return wq.AndNot(positive, wq.Or(unwanted)) if unwanted else positive

    def _prefix(self, text: str, scope: Scope) -> wq.Query:
        """The words before the last must match whole; the last one is the beginning of a term, without its marks."""
        tokens = parts(tokenize(text))
        if not tokens:
            return wq.NullQuery
        start = fold(tokens[-1].exact)
        expanded = ((self._reader.doc_frequency(scope.folded, term), term) for term in self._expand(scope, start))
        frequent = sorted(expanded, key=lambda pair: (-pair[0], pair[1]))[:MAX_EXPANSION]
        last = wq.Or([_term(scope.folded, term.decode()) for _, term in frequent]) if frequent else wq.NullQuery
        return wq.And([*(_term(scope.folded, token.folded) for token in tokens[:-1]), last])

    def _expand(self, scope: Scope, start: str) -> Iterator[bytes]:
        return self._reader.expand_prefix(scope.folded, start)  # type: ignore[no-any-return]

    def _token(self, token: Token, scope: Scope) -> list[wq.Query]:
        """A term in all fields. Typed bare, `nghi` means nghị, nghỉ, nghĩ: the rare word nghi itself must not win."""
        exact = scope.exact if self._marked else None
        folded_weight = FOLDED_WEIGHT if exact else 1.0
        queries = [_term(scope.folded, token.folded, folded_weight)]
        if exact:
            queries.append(_term(exact, token.exact))
        return queries if scope != TEXT else queries + self._token(token, SCOPES["title"])

    def ranked(self, node: Node, scope: Scope) -> list[wq.Query]:
        """What counts for the rank: all that is looked for and not excluded."""
        match node:
            case Word(text) | Phrase(text):
                return [query for token in tokenize(text) for query in self._token(token, scope)]
            case Prefix():
                return [self._prefix(node.text, scope)]
            case In("site", _) | Not() | Everything():
                return []
            case In(field, inner):
                return self.ranked(inner, SCOPES[field])
            case And(nodes) | Or(nodes):
                return [query for below in nodes for query in self.ranked(below, scope)]


def _readings(text: str, scope: Scope, *, strict: bool) -> wq.Query:
    """One written word, which may be a compound that stands in the text as a whole or in parts."""
    queries = [_phrase(list(reading), scope, strict=strict) for reading in readings(text)]
    return reduce(lambda a, b: wq.Or([a, b]), queries) if queries else wq.NullQuery


def _phrase(tokens: list[Token], scope: Scope, *, strict: bool) -> wq.Query:
    """The tokens side by side; with marks as they were typed where `strict`, and where the field has them."""
    if not tokens:
        return wq.NullQuery
    strict = strict and scope.exact is not None
    field = scope.exact if strict else scope.folded
    terms = [token.exact if strict else token.folded for token in tokens]
    return wq.Phrase(field, terms) if len(terms) > 1 else _term(field or "", terms[0])


def _sites(node: Node) -> wq.Query:
    """Any of the site ids that `node` holds."""
    return wq.Or([wq.Term("site", text.lower()) for text in _words(node)])


def _words(node: Node) -> list[str]:
    """Everything that was typed to be found, piece by piece."""
    match node:
        case Word(text) | Phrase(text) | Prefix(text):
            return [text]
        case In(_, inner):
            return _words(inner)
        case And(nodes) | Or(nodes):
            return [text for below in nodes for text in _words(below)]
        case _:
            return []


def _term(field: str, term: str, boost: float = 1.0) -> wq.Query:
    return wq.Term(field, term, boost=boost)
