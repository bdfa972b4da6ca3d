"""Read postings block by block as dicts, without Whoosh's matchers and their four calls a posting.

A matcher costs 6 us a posting with its score, this a tenth of it. The block's lists are private parts of Whoosh, which
has been frozen since 2016. Deleted documents are left out here, so that no count or score below ever sees them.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from whoosh.matching import FilterMatcher
from whoosh.reading import IndexReader, TermNotFound


@dataclass(frozen=True, slots=True)
class Postings:
    """Where a term is: by document number how often, and the encoded positions."""

    counts: Mapping[int, float] = field(default_factory=dict)
    positions: Mapping[int, bytes] = field(default_factory=dict)


class Terms:
    """The terms of a generation. Threads may share it.

    Whoosh reads its files at a position that it keeps, so that one thread reads at a time.
    """

    def __init__(self, reader: IndexReader) -> None:
        """Read from `reader`, which nobody else may use."""
        self.live = frozenset(reader.all_doc_ids())
        self._reader = reader
        self._whole = len(self.live) == reader.doc_count_all()
        self._lock = threading.Lock()

    def read(self, field: str, term: str) -> Postings:
        """The postings of a term in the documents that are not deleted; none where there is no such term."""
        with self._lock:
            columns = list(self._columns(field, term))
        counts: dict[int, float] = {}
        positions: dict[int, bytes] = {}
        for numbers, weights, values in columns:
            counts.update(zip(numbers, weights, strict=True))
            positions.update(zip(numbers, values, strict=True))
        if self._whole:
            return Postings(counts, positions)
        live = self.live
        return Postings({n: count for n, count in counts.items() if n in live}, positions)

    def beginning(self, field: str, start: str) -> list[str]:
        """The terms of a field that begin with `start`, those of deleted documents included."""
        with self._lock:
            return [term.decode() for term in self._reader.expand_prefix(field, start)]

    def _columns(self, field: str, term: str) -> Iterator[tuple[Any, Any, Any]]:
        """The document numbers, frequencies and positions of each block."""
        for leaf, offset in self._reader.leaf_readers():
            try:
                matcher = leaf.postings(field, term)
            except TermNotFound:
                continue
            if isinstance(matcher, FilterMatcher):  # over deleted documents; goes through the postings one by one
                matcher = matcher.child
            for numbers, weights, values in _blocks(matcher):
                yield [n + offset for n in numbers] if offset else numbers, weights, values


def _blocks(matcher: Any) -> Iterator[tuple[Any, Any, Any]]:
    if not hasattr(matcher, "_next_block"):  # a term of one document, kept with the term
        yield matcher._ids, matcher._weights, matcher._values
        return
    while matcher.is_active():
        matcher._read_ids()
        matcher._read_weights()
        matcher._read_values()
        yield matcher._ids, matcher._weights, matcher._values
        matcher._next_block()
