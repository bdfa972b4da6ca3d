"""What is read in a response: the data that passes between the crawl and the processes that parse for it (`reader`).

Nothing here parses, so that the crawl itself need not load what does.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from crawler.article import Article, Page
from crawler.frontier import PageKind

if TYPE_CHECKING:
    from crawler.comparison import Comparison
    from crawler.finding import Finding


@dataclass(frozen=True, slots=True)
class Task:
    """A response to be read, as a page of the site with that id.

    As a trial, for all that it says of itself; as a comparison, for what each profile of the site makes of it.
    `furniture` has the marks of lines that most texts of the site have.
    """

    page: Page
    site: str
    kind: PageKind | Literal["trial", "comparison"]
    furniture: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Link:
    """An address that a page, a sitemap or a feed names, which the site's rules do not leave out.

    `continues` tells that it is a further page of the same list; `modified` is when it is said to have changed.
    """

    url: str
    kind: Literal["article", "list"]
    continues: bool = False
    modified: datetime | None = None


@dataclass(frozen=True, slots=True)
class Nested:
    """A sitemap that an index of sitemaps names, and when it is said to have changed."""

    url: str
    modified: datetime | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """What a response says; `too_long` is the beginning of addresses that are too long to be one.

    `rules` has the rule that found each field of the article; where there is no article, `reason` says why and
    `not_found` whether the page is the site's message that there is no such page. `marks` are those of the lines of its
    text, furniture included. `problem` is set where the response could not be read at all. `text` is what an attachment
    says, `finding` what a trial gives, `comparisons` what a comparison does.
    """

    links: tuple[Link, ...] = ()
    feeds: tuple[str, ...] = ()
    too_long: tuple[str, ...] = ()
    nested: tuple[Nested, ...] = ()
    article: Article | None = None
    rules: dict[str, str] = field(default_factory=dict)
    reason: str | None = None
    not_found: bool = False
    marks: tuple[int, ...] = ()
    text: str | None = None
    finding: Finding | None = None
    comparisons: tuple[Comparison, ...] = ()
    problem: str | None = None
