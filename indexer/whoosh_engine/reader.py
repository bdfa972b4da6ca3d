"""One generation, open: columns in memory, searchers lent to threads, and the evaluation of a search.

A Whoosh searcher reads its files at a position that it keeps, so two threads must not use one at a time.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from queue import Empty, SimpleQueue

from whoosh.index import Index
from whoosh.query import Query
from whoosh.scoring import BM25F
from whoosh.searching import Searcher

from indexer.engine import Filters, IndexInfo, Match, Matches, Order
from indexer.query import And, In, Node, Phrase
from indexer.whoosh_engine.compile import Compiled, compile_query
from indexer.whoosh_engine.pairs import RERANKED, pair_scores
from indexer.whoosh_engine.schema import NO_DAY

WEIGHTING = BM25F(B=0.75, K1=1.2)


class Columns:
    """What filters, facets and sorting need of each document, by its number in the index."""

    def __init__(self, searcher: Searcher) -> None:
        """Read the columns of all documents; about 0.2 s for 40,000."""
        reader = searcher.reader()
        self.id = list(reader.column_reader("id"))
        self.site = list(reader.column_reader("site"))
        self.category = [name.decode() for name in reader.column_reader("category_name")]
        self.day = list(reader.column_reader("day"))
        self.instant = list(reader.column_reader("instant"))
        years = {day: str(date.fromordinal(day).year) for day in set(self.day) - {NO_DAY}}
        self.year = [years.get(day, "") for day in self.day]


class WhooshReader:
    """A generation of the Whoosh engine, open for searching."""

    def __init__(self, index: Index, info: IndexInfo) -> None:
        """Open `index`, whose files do not change."""
        self.info = info
        self._index = index
        self._free: SimpleQueue[Searcher] = SimpleQueue()
        with self._searcher() as searcher:
            self._columns = Columns(searcher)

    @contextmanager
    def _searcher(self) -> Iterator[Searcher]:
        """Lend a searcher that nobody else uses."""
        try:
            searcher = self._free.get_nowait()
        except Empty:
            searcher = self._index.searcher(weighting=WEIGHTING)
        try:
            yield searcher
        finally:
            self._free.put(searcher)

    def search(self, query: Node, filters: Filters, order: Order, *, facets: bool) -> Matches:
        """Find what matches `query` and `filters`."""
        if filters.author:
            query = And((query, In("author", Phrase(filters.author))))
        with self._searcher() as searcher:
            compiled = compile_query(query, searcher.reader())
            matching = list(_documents(searcher, compiled.required))
            wanted = self._filtered(matching, filters)
            ranked = self._ranked(searcher, compiled, wanted, order)
        page = ranked[order.offset : order.offset + order.size]
        found = tuple(Match(self._columns.id[number], score) for number, score in page)
        return Matches(len(wanted), found, self._facets(matching, filters) if facets else {})

    def _filtered(self, numbers: Iterable[int], filters: Filters, without: str = "") -> list[int]:
        """The documents that fulfil `filters`, leaving out the one that belongs to the facet `without`."""
        columns = self._columns
        if filters.sites and without != "site":
            sites = frozenset(filters.sites)
            numbers = [n for n in numbers if columns.site[n] in sites]
        if filters.categories and without != "category":
            categories = frozenset(filters.categories)
            numbers = [n for n in numbers if columns.category[n] in categories]
        if (filters.first_day or filters.last_day) and without != "year":
            first = (filters.first_day or date.min).toordinal()
            last = (filters.last_day or date.max).toordinal()
            numbers = [n for n in numbers if columns.day[n] != NO_DAY and first <= columns.day[n] <= last]
        return list(numbers)

    def _facets(self, matching: list[int], filters: Filters) -> dict[str, dict[str, int]]:
        columns = {"site": self._columns.site, "category": self._columns.category, "year": self._columns.year}
        counts = {
            name: Counter(map(column.__getitem__, self._filtered(matching, filters, without=name)))
            for name, column in columns.items()
        }
        return {name: {value: n for value, n in count.items() if value} for name, count in counts.items()}

    def _ranked(
        self, searcher: Searcher, compiled: Compiled, wanted: list[int], order: Order
    ) -> list[tuple[int, float]]:
        """The best documents with their scores, as many as the page needs; ties go to the newer, then to the id."""
        columns = self._columns
        if order.sort == "relevance" and compiled.rank is not None:
            scores = _scores(searcher, compiled, wanted)
        else:
            scores = dict.fromkeys(wanted, 0.0)
        sign = 1 if order.sort == "oldest" else -1

        def key(number: int) -> tuple[float, bool, int, str]:
            undated = columns.day[number] == NO_DAY
            return -scores[number], undated, sign * columns.instant[number], columns.id[number]

        best = heapq.nsmallest(order.offset + order.size, wanted, key=key)
        return [(number, scores[number]) for number in best]


def _documents(searcher: Searcher, query: Query) -> Iterator[int]:
    """The numbers of all documents that match, without scores."""
    context = searcher.boolean_context()
    for leaf, offset in searcher.leaf_searchers():
        matcher = query.matcher(leaf, context)
        yield from (number + offset for number in matcher.all_ids())


def _scores(searcher: Searcher, compiled: Compiled, wanted: list[int]) -> dict[int, float]:
    """The score of each wanted document: BM25 of all terms, and pairs for the best; marked matches above all others."""
    scores = dict.fromkeys(wanted, 0.0)
    context = searcher.context(weighting=WEIGHTING)
    for leaf, offset in searcher.leaf_searchers():
        matcher = compiled.rank.matcher(leaf, context)  # type: ignore[union-attr]
        while matcher.is_active():
            number = matcher.id() + offset
            if number in scores:
                scores[number] += matcher.score()
            matcher.next()
    first = set(_documents(searcher, compiled.first)) if compiled.first is not None else set()
    best = heapq.nlargest(RERANKED, scores, key=lambda number: (number in first, scores[number], -number))
    for number, gain in pair_scores(searcher, compiled.pairs, best).items():
        scores[number] += gain
    if compiled.first is not None:
        first &= scores.keys()
        above = max((score for number, score in scores.items() if number not in first), default=0.0)
        for number in first:
            scores[number] += above
    return scores
