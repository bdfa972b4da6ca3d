"""What a search asks and what it answers: the one view model behind the page, the API and the command line."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from crawler.article import StoredArticle
from indexer.engine import IndexInfo, Sort

SORTS: tuple[Sort, ...] = ("relevance", "newest", "oldest")
MAX_SIZE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchRequest:
    """A search as a person or program asks for it. Days are local and inclusive.

    `offset` counts results from 0; `generation` asks for that state of the index instead of the newest.
    """

    q: str = ""
    sites: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    author: str = ""
    first_day: date | None = None
    last_day: date | None = None
    sort: Sort = "relevance"
    size: int = 10
    offset: int = 0
    generation: int | None = None
    facets: bool = True


@dataclass(frozen=True, slots=True)
class AttachedPassages:
    """What an attachment says of what was looked for; `passages` as in `Hit`."""

    url: str
    title: str
    passages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Hit:
    """One result. `title` and `passages` are HTML in which `<mark>` is the only element.

    `attached` is there where an attachment has more of what was looked for than the article itself.
    """

    stored: StoredArticle
    score: float
    title: str
    passages: tuple[str, ...]
    attached: tuple[AttachedPassages, ...] = ()


@dataclass(frozen=True, slots=True)
class FacetValue:
    """One value of a facet, and how many results choosing it gives."""

    value: str
    label: str
    count: int
    selected: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """An answered search."""

    request: SearchRequest
    parsed: str
    total: int
    took_ms: float
    hits: tuple[Hit, ...]
    index: IndexInfo
    facets: dict[str, tuple[FacetValue, ...]] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    @property
    def next_offset(self) -> int | None:
        """Where the next page begins; None on the last one."""
        after = self.request.offset + len(self.hits)
        return after if self.hits and after < self.total else None
