"""The one seam with two sides: what every search engine does for tratin, and how one is opened.

An engine keeps postings and the columns that filters, facets and sorting need; the words that people read stay in the
store, and `search` joins the two. Engines get the query as our own tree, so that all of them rank by one analysis.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal, Protocol

from crawler.article import StoredArticle
from crawler.errors import ConfigurationError
from crawler.settings import Settings
from indexer.query import Node

Sort = Literal["relevance", "newest", "oldest"]
FACETS = ("site", "category", "year")


@dataclass(frozen=True, slots=True)
class Filters:
    """What a result must fulfil besides the query; empty filters nothing. Days are local and inclusive."""

    sites: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    author: str = ""
    first_day: date | None = None
    last_day: date | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """Which results, in which order: `size` of them from `offset` on."""

    sort: Sort = "relevance"
    offset: int = 0
    size: int = 10


@dataclass(frozen=True, slots=True)
class Match:
    """One matching article, by id."""

    id: str
    score: float


@dataclass(frozen=True, slots=True)
class Matches:
    """An answer: how many match in all, the ones asked for, and how many have each value of each facet.

    The counts of a facet heed all filters but the facet's own, so that they tell what choosing another value gives.
    """

    total: int
    matches: tuple[Match, ...]
    facets: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class IndexInfo:
    """A generation of the index: its number, how many articles it holds, up to which change of the store, since when.

    `updated` is an ISO 8601 instant, None for the empty index that was never written.
    """

    generation: int
    documents: int
    watermark: int
    updated: str | None


class Reader(Protocol):
    """One generation, open for searching; it stays as it is whatever is written meanwhile. Threads may share it."""

    @property
    def info(self) -> IndexInfo:
        """What this generation is."""

    def search(self, query: Node, filters: Filters, order: Order, *, facets: bool) -> Matches:
        """Find what matches `query` and `filters`."""


class Engine(Protocol):
    """A search engine. Every method may raise DamagedError; writing may raise LockedError."""

    def live(self) -> IndexInfo:
        """What the live generation is; number 0 before the first."""

    def reader(self, generation: int | None = None) -> Reader | None:
        """Open the live generation, or an older one; None before the first, LookupError where it is not kept."""

    def update(self, changes: Iterable[StoredArticle], watermark: int) -> IndexInfo:
        """Make a generation that also holds `changes`, up to the store's change `watermark`, and switch to it."""

    def rebuild(self, articles: Iterable[StoredArticle], watermark: int) -> IndexInfo:
        """Make a generation of `articles` alone, beside the live one, and switch to it."""


def open_engine(settings: Settings) -> Engine:
    """The engine that the settings name. Raises ConfigurationError for one that is not there."""
    if settings.indexer.engine == "whoosh":
        from indexer.whoosh_engine.engine import WhooshEngine

        return WhooshEngine(settings.data / "index")
    raise ConfigurationError(
        f"{settings.file}: indexer.engine: this version has 'whoosh' only, found {settings.indexer.engine!r}"
    )
