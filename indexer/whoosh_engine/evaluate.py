"""Evaluate our query tree over one generation: what matches, what of that comes first, and how each match scores.

- What must match uses folded terms for plain words, however they were typed; quoted and excluded words that were typed
  with marks must match with marks.
- Those that match every marked word exactly come before those that match only when folded.
- The rank is BM25 over both fields, the folded one with the lower weight of the study in VIETNAMESE.md, and over the
  title's fields again; a query without any marks is ranked by the folded ones alone. Pairs count for the best.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from heapq import nlargest
from math import log

from indexer.query import And, Everything, In, Node, Not, Or, Phrase, Prefix, Word
from indexer.vietnamese import Token, begins, fold, has_marks, parts, prefix_forms, readings, tokenize
from indexer.whoosh_engine.columns import Columns
from indexer.whoosh_engine.pairs import K1, RERANKED, pair_scores, pairs_of
from indexer.whoosh_engine.postings import Postings, Terms
from indexer.whoosh_engine.schema import decoded

FOLDED_WEIGHT = 0.4  # of 0.3 to 0.5, the best range of the study
B = 0.75  # as K1 within .003 of the best in the study


@dataclass(frozen=True, slots=True)
class Scope:
    """The fields that a part of the tree is looked for in; `exact` is None where only folded terms are kept."""

    folded: str
    exact: str | None = None


TEXT = Scope("folded", "exact")
SITE = Scope("site")  # a column; it has no terms
SCOPES = {
    "title": Scope("title_folded", "title_exact"),
    "author": Scope("author"),
    "category": Scope("category"),
    "site": SITE,
}

Numbers = AbstractSet[int]


class Evaluation:
    """One search; whatever term it needs is read once."""

    def __init__(self, terms: Terms, columns: Columns) -> None:
        """Evaluate over the generation of these terms and columns."""
        self._terms = terms
        self._columns = columns
        self._read: dict[tuple[str, str], Postings] = {}

    def matching(self, node: Node, scope: Scope = TEXT, *, strict: bool = False) -> Numbers:
        """The documents that match; `strict`: words that were typed with marks must match with marks."""
        match node:
            case Everything():
                return self._terms.live
            case Word(text) | Phrase(text) | Prefix(text) if scope == SITE:
                return {n for n in self._terms.live if self._columns.site[n] == text.lower()}
            case Word(text):
                runs = (self._side_by_side(run, scope, strict=strict and has_marks(text)) for run in readings(text))
                return frozenset[int]().union(*runs)
            case Phrase(text):
                return self._side_by_side(parts(tokenize(text)), scope, strict=has_marks(text))
            case Prefix(text):
                return self._beginning(text, scope, strict=strict).keys()
            case In(field, inner):
                return self.matching(inner, SCOPES[field], strict=strict)
            case Not(inner):
                return self._terms.live - self.matching(inner, scope, strict=True)
            case Or(nodes):
                return frozenset[int]().union(*(self.matching(n, scope, strict=strict) for n in nodes))
            case And(nodes):
                return _all(self.matching(n, scope, strict=strict) for n in nodes)

    def scores(self, node: Node, wanted: Collection[int]) -> dict[int, float]:
        """The score of each wanted document; those that match with marks have more than all others."""
        scores = dict.fromkeys(wanted, 0.0)
        if not scores:
            return scores
        marked = any(map(has_marks, _words(node)))
        for counts, field, weight in self._ranked(node, TEXT, marked=marked):
            self._add(scores, counts, self._columns.lengths.get(field), weight)
        first = scores.keys() & self.matching(node, strict=True) if marked else frozenset[int]()
        self._add_pairs(scores, node, first)
        above = max((score for number, score in scores.items() if number not in first), default=0.0)
        for number in first:
            scores[number] += above
        return scores

    def _add(
        self, scores: dict[int, float], counts: Mapping[int, float], lengths: list[float] | None, weight: float
    ) -> None:
        """Add a term's BM25 with the inverse document frequency of Whoosh, which is positive for every term.

        A field without lengths (author, category) is as if all its values had the same.
        """
        weight *= (log(len(self._terms.live) / (len(counts) + 1)) + 1) * (K1 + 1)
        for number in counts.keys() & scores.keys():
            count = counts[number]
            length = lengths[number] if lengths else 1.0
            scores[number] += weight * count / (count + K1 * (1 - B + B * length))

    def _add_pairs(self, scores: dict[int, float], node: Node, first: Numbers) -> None:
        """Add what the best gain by pairs; ties go by the id, which no update changes."""
        pairs = pairs_of(node)
        if not pairs:
            return
        best = nlargest(RERANKED, scores, key=lambda n: (n in first, scores[n], self._columns.id[n]))
        gained = pair_scores(pairs, lambda term: self._postings("folded", term), best, len(self._terms.live))
        for number, gain in gained.items():
            scores[number] += gain

    def _ranked(self, node: Node, scope: Scope, *, marked: bool) -> Iterator[tuple[Mapping[int, float], str, float]]:
        """What counts for the rank, all that is looked for and not excluded: counts, their field, and a weight."""
        match node:
            case Word(text) | Phrase(text):
                for token in tokenize(text):
                    for field, term, weight in _weighted(token, scope, marked=marked):
                        yield self._postings(field, term).counts, field, weight
            case Prefix(text):
                yield self._beginning(text, scope, strict=False), scope.folded, 1.0
            case In(field, inner) if field != "site":
                yield from self._ranked(inner, SCOPES[field], marked=marked)
            case And(nodes) | Or(nodes):
                for inner in nodes:
                    yield from self._ranked(inner, scope, marked=marked)

    def _postings(self, field: str, term: str) -> Postings:
        key = field, term
        if key not in self._read:
            self._read[key] = self._terms.read(field, term)
        return self._read[key]

    def _side_by_side(self, tokens: Iterable[Token], scope: Scope, *, strict: bool) -> Numbers:
        """The documents with the tokens in a row; with marks where `strict`, and where the field has them."""
        if strict and scope.exact is not None:
            run = [self._postings(scope.exact, token.exact) for token in tokens]
        else:
            run = [self._postings(scope.folded, token.folded) for token in tokens]
        together = _all(postings.counts.keys() for postings in run)
        return {n for n in together if _in_a_row([p.positions[n] for p in run])} if len(run) > 1 else together

    def _beginning(self, text: str, scope: Scope, *, strict: bool) -> Mapping[int, float]:
        """How often words with that beginning are in each document; `strict`: with its marks, if it has some."""
        field, terms = scope.folded, self._folded_beginning(text, scope.folded)
        if strict and has_marks(text) and scope.exact is not None:
            field, terms = scope.exact, self._exact_beginning(text, scope.exact)
        counts: Counter[int] = Counter()
        for term in terms:
            counts.update(self._postings(field, term).counts)
        return counts

    def _folded_beginning(self, text: str, field: str) -> set[str]:
        starts = {fold(form) for form in prefix_forms(text)}
        return {term for start in starts for term in self._terms.beginning(field, start)}

    def _exact_beginning(self, text: str, field: str) -> set[str]:
        """The tone may stand on a later letter than where it was typed: only consonants are sure to begin the term."""
        forms = prefix_forms(text)
        starts = {form[: next((i for i, c in enumerate(form) if fold(c) in "aeiouy"), len(form))] for form in forms}
        terms = {term for start in starts for term in self._terms.beginning(field, start)}
        return {term for term in terms if any(begins(term, form) for form in forms)}


def _all(sets: Iterable[Numbers]) -> Numbers:
    """What all have, none for no sets; from the smallest on, which bounds the work."""
    smallest, *others = sorted(sets, key=len) or [frozenset[int]()]
    for other in others:
        smallest = smallest & other
    return smallest


def _in_a_row(encoded: list[bytes]) -> bool:
    """Whether some position of the first term is followed by the next ones of the others."""
    starts = set(decoded(encoded[0]))
    for step, value in enumerate(encoded[1:], 1):
        starts.intersection_update([position - step for position in decoded(value)])
        if not starts:
            return False
    return True


def _weighted(token: Token, scope: Scope, *, marked: bool) -> Iterator[tuple[str, str, float]]:
    """A term in its fields. Typed bare, `nghi` means nghị, nghỉ, nghĩ: the rare word nghi itself must not win."""
    exact = scope.exact if marked else None
    yield scope.folded, token.folded, FOLDED_WEIGHT if exact else 1.0
    if exact:
        yield exact, token.exact, 1.0
    if scope == TEXT:
        yield from _weighted(token, SCOPES["title"], marked=marked)


def _words(node: Node) -> Iterator[str]:
    """Everything that was typed to be found, piece by piece."""
    match node:
        case Word(text) | Phrase(text) | Prefix(text):
            yield text
        case In(_, inner):
            yield from _words(inner)
        case And(nodes) | Or(nodes):
            for inner in nodes:
                yield from _words(inner)
