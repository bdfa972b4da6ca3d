"""Adjacent words as evidence: an article in which the query's words stand side by side is likelier to be meant.

A field of pairs would cost eight times the text (VIETNAMESE.md), so pairs are counted in the positions of the folded
field, for the best articles only. A pair counts like a term of BM25 that is as rare as its words would together be by
chance: its own frequency is not known without reading all their positions.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from itertools import pairwise
from math import log

from indexer.query import And, Node, Or, Phrase, Word
from indexer.vietnamese import parts, tokenize
from indexer.whoosh_engine.postings import Postings
from indexer.whoosh_engine.schema import decoded

RERANKED = 200  # the study's number: ranking more changed nDCG@10 by no more than .001
PAIR_WEIGHT = 0.5  # the study's weight of folded pairs
LONG_QUERY = 8  # words, from which on the weight fades: at 29 words pairs did harm (.563 to .518)
K1 = 1.2

Pair = tuple[str, str]


def pairs_of(node: Node) -> tuple[Pair, ...]:
    """The folded terms that stand side by side in what is looked for; each pair once."""
    runs = [[token.folded for token in parts(tokenize(text))] for text in _runs(node)]
    return tuple(dict.fromkeys(pair for run in runs for pair in pairwise(run)))


def _runs(node: Node) -> list[str]:
    """The stretches of text in which neighbours were typed as neighbours."""
    match node:
        case Word(text) | Phrase(text):
            return [text]
        case And(nodes):
            words = " ".join(below.text for below in nodes if isinstance(below, Word))
            return [words, *(run for below in nodes if not isinstance(below, Word) for run in _runs(below))]
        case Or(nodes):
            return [run for below in nodes for run in _runs(below)]
        case _:
            return []


def pair_scores(
    pairs: Sequence[Pair], folded: Callable[[str], Postings], documents: Collection[int], size: int
) -> dict[int, float]:
    """What each of `documents` gains by the pairs that stand in it; `folded` reads a term, `size` counts the index."""
    terms = {term: folded(term) for pair in pairs for term in pair}
    places = {term: _places(postings, documents) for term, postings in terms.items()}
    weight = PAIR_WEIGHT * min(1.0, LONG_QUERY / (len(pairs) + 1))
    gained = dict.fromkeys(documents, 0.0)
    for first, second in pairs:
        rarity = _idf(terms[first], size) + _idf(terms[second], size)
        for number in places[first].keys() & places[second].keys():
            after = places[second][number]
            count = sum(place + 1 in after for place in places[first][number])
            gained[number] += weight * rarity * count * (K1 + 1) / (count + K1)
    return gained


def _places(postings: Postings, documents: Collection[int]) -> dict[int, frozenset[int]]:
    """Where a term stands in those of `documents` that have it."""
    return {number: frozenset(decoded(postings.positions[number])) for number in documents if number in postings.counts}


def _idf(postings: Postings, size: int) -> float:
    """BM25's inverse document frequency, the variant that is never negative (Lucene's)."""
    frequency = len(postings.counts)
    return log(1 + (size - frequency + 0.5) / (frequency + 0.5))
