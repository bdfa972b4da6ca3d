"""What a page says to a dry run: the article and what else each field could be, the links and what becomes of them.

Pure, and only plain data comes out, so that it can be done in another process.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from time import perf_counter

from crawler import discover
from crawler.article import VIETNAM, Article, Page
from crawler.extract import Document, address, extract, judge, parse
from crawler.extract.candidates import Candidate, candidates
from crawler.extract.markup import attribute, words_of
from crawler.extract.metadata import collect
from crawler.settings import Site
from crawler.urls import Kind, canonical, verdict

GONE = "says that there is no such page, and counts as 404"


@dataclass(frozen=True, slots=True)
class Link:
    """A link of a page, its words, and what the site's rules make of it."""

    url: str
    text: str
    kind: Kind
    reason: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What a page says; `reason` tells why it has no article, the times are in milliseconds.

    `removed` counts for each of the profile's `remove` selectors the elements that it took away.
    """

    reason: str | None
    article: Article | None = None
    canonical: str | None = None
    charset: str | None = None
    candidates: dict[str, tuple[Candidate, ...]] = field(default_factory=dict)
    removed: dict[str, int] = field(default_factory=dict)
    links: tuple[Link, ...] = ()
    feeds: tuple[str, ...] = ()
    parse_ms: float = 0.0
    extract_ms: float = 0.0


def examine(page: Page, site: Site, furniture: frozenset[int] = frozenset()) -> Finding:
    """Parse `page` and say everything of it that a dry run shows.

    `furniture` has the marks of lines that most texts of the site have.
    """
    if reason := judge.refusal(page):
        return Finding(reason)
    started = perf_counter()
    document = parse(page)
    parsed = perf_counter()
    found = extract(document, page, site, furniture)
    extracted = perf_counter()
    gone = judge.says_missing(document, site, found.article)
    profile = site.profile_for(page.fetched.astimezone(VIETNAM).date())
    return Finding(
        GONE if gone else found.reason,
        None if gone else found.article,
        address(collect(document.soup, page.url), page.url, site),
        document.charset,
        candidates(document, page, site, furniture),
        {selector: len(document.soup.select(selector)) for selector in (profile.remove if profile else ())},
        tuple(_links(document, page.url, site)),
        tuple(discover.feeds(document.soup, page.url)),
        round(1000 * (parsed - started), 1),
        round(1000 * (extracted - parsed), 1),
    )


def _links(document: Document, url: str, site: Site) -> Iterator[Link]:
    """The links that a crawl would see, with the longest words that lead there."""
    base = discover.base_of(document.soup, url)
    words: dict[str | None, str] = {}
    for anchor in document.soup.find_all("a", href=True):
        to = canonical(attribute(anchor, "href"), base)
        words[to] = max(words.get(to, ""), words_of(anchor) or attribute(anchor, "title"), key=len)
    for target in discover.links(document.soup, url):
        told = verdict(target, site)
        yield Link(target, words.get(target, ""), told.kind, told.reason)
