"""One generation, open: the filters, facets and order of what `evaluate` finds."""

from __future__ import annotations

import heapq
import weakref
from collections import Counter
from collections.abc import Collection
from datetime import date

from whoosh.reading import IndexReader

from indexer.engine import Filters, IndexInfo, Match, Matches, Order
from indexer.query import Everything, In, Node, Phrase
from indexer.whoosh_engine.columns import Columns
from indexer.whoosh_engine.evaluate import Evaluation
from indexer.whoosh_engine.postings import Terms
from indexer.whoosh_engine.schema import NO_DAY


class WhooshReader:
    """A generation of the Whoosh engine, open for searching; its files are closed when nobody holds it any more."""

    def __init__(self, reader: IndexReader, info: IndexInfo) -> None:
        """Search in `reader`, whose files do not change, and close it at the end."""
        weakref.finalize(self, reader.close)
        self.info = info
        self._columns = Columns(reader)
        self._terms = Terms(reader)

    def search(self, query: Node, filters: Filters, order: Order, *, facets: bool) -> Matches:
        """Find what matches `query` and `filters`."""
        evaluation = Evaluation(self._terms, self._columns)
        matching = evaluation.matching(query)
        if filters.author:
            matching = matching & evaluation.matching(In("author", Phrase(filters.author)))
        wanted = self._filtered(matching, filters)
        ranked = order.sort == "relevance" and query != Everything()
        scores = evaluation.scores(query, wanted) if ranked else dict.fromkeys(wanted, 0.0)
        found = tuple(Match(self._columns.id[number], scores[number]) for number in self._page(scores, order))
        return Matches(len(wanted), found, self._facets(matching, filters) if facets else {})

    def _filtered(self, numbers: Collection[int], filters: Filters, without: str = "") -> Collection[int]:
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
        return numbers

    def _facets(self, matching: Collection[int], filters: Filters) -> dict[str, dict[str, int]]:
        columns = {"site": self._columns.site, "category": self._columns.category, "year": self._columns.year}
        counts = {
            name: Counter(map(column.__getitem__, self._filtered(matching, filters, without=name)))
            for name, column in columns.items()
        }
        return {name: {value: n for value, n in count.items() if value} for name, count in counts.items()}

    def _page(self, scores: dict[int, float], order: Order) -> list[int]:
        """The documents of the page that is asked for; ties go to the newer, then to the id."""
        columns = self._columns
        sign = 1 if order.sort == "oldest" else -1

        def key(number: int) -> tuple[float, bool, int, str]:
            undated = columns.day[number] == NO_DAY
            return -scores[number], undated, sign * columns.instant[number], columns.id[number]

        return heapq.nsmallest(order.offset + order.size, scores, key=key)[order.offset :]
