"""A dry run: look at one page of a site, or at its first list page and an article that this links.

It asks as politely as a crawl does (robots.txt, the site's hosts, private addresses, the delay at each hop) and stores
nothing. It gives data; `trial_report` puts that into words.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Self

from crawler.article import VIETNAM, Page
from crawler.errors import InputError
from crawler.fetch import Fetched, Fetcher, Outcome, Refused
from crawler.finding import Finding
from crawler.readers import Readers
from crawler.reading import Task
from crawler.robots import Kept, Robots
from crawler.settings import CrawlerSettings, Site
from crawler.settle import MAX_REDIRECTS
from crawler.urls import Kind, canonical, host_of, verdict

log = logging.getLogger(__name__)

TRIES = 5  # links that are followed to find an article where no pattern tells which are articles
HEADLINE = 25  # characters; the words of a menu are shorter

DONE, PARTIAL, NOTHING = 0, 3, 6


@dataclass(frozen=True, slots=True)
class Hop:
    """An address on the way to a page and the status that it answered with, None where it did not answer."""

    url: str
    status: int | None


@dataclass(frozen=True, slots=True)
class Look:
    """One page, or the `problem` why it could not be had; `hops` leads to it by way of its redirects.

    `kind` and `rule` are what the site's rules say of its address, `sitemaps` those that robots.txt of its host names,
    `profile` the day from which the profile in force holds.
    """

    hops: tuple[Hop, ...]
    kind: Kind
    rule: str
    problem: str | None = None
    media_type: str = ""
    length: int = 0
    sitemaps: tuple[str, ...] = ()
    profile: str | None = None
    finding: Finding | None = None

    @property
    def url(self) -> str:
        """The address that answered last."""
        return self.hops[-1].url

    @property
    def has_article(self) -> bool:
        """Whether an article was found."""
        return self.finding is not None and self.finding.article is not None


@dataclass(frozen=True, slots=True)
class Trial:
    """What a dry run saw of a site: a list page and the pages that it went on to, or the one page it was asked for."""

    site: Site
    pages: tuple[Look, ...]
    asked: str | None = None

    @property
    def exit_code(self) -> int:
        """0 done, 3 where the list page led to no article, 6 where not even the first page could be had."""
        if self.pages[0].problem:
            return NOTHING
        return DONE if self.asked or any(page.has_article for page in self.pages[1:]) else PARTIAL

    def document(self) -> dict[str, Any]:
        """The JSON document of `tratin site test`.

        `site`, `asked` (the address that was asked for, or null), `exit_code`, and `pages`, each with the attributes of
        a `Look` and its `url`. A page's `finding`, null where there is a `problem`, has the attributes of `Finding`:
        `article` (null, or its own part of the contract's article), `reason`, `canonical`, `charset`, `parse_ms`,
        `extract_ms`, `feeds`, `removed` {selector: count}, `links` [{url, text, kind, reason}], and `candidates`
        {field: [{value, rule, chosen, refused, selector, length, precision}]}, the chosen one first.
        """
        return {
            "site": self.site.id,
            "asked": self.asked,
            "exit_code": self.exit_code,
            "pages": [{"url": page.url} | asdict(page) for page in self.pages],
        }


def run(
    settings: CrawlerSettings, site: Site, url: str | None = None, furniture: frozenset[int] = frozenset()
) -> Trial:
    """Look at `url`, else at the first start page and an article that it links.

    `furniture` has the marks of lines that most texts of the site have. Raises InputError for a `url` that is no page
    of the site.
    """
    asked = _page_of(site, url) if url else None
    with _Visitor(settings, site, furniture) as visitor:
        first = visitor.look(asked or site.start[0])
        if asked or first.finding is None:
            return Trial(site, (first,), asked)
        pages = [first]
        for link in _promising(first.finding, site, first.url):
            pages.append(visitor.look(link))
            if pages[-1].has_article:
                break
        return Trial(site, tuple(pages))


def _page_of(site: Site, url: str) -> str:
    """The canonical form of an address that a user gave."""
    made = canonical(url)
    if made is None:
        raise InputError(f"{url!r} is not an http or https address")
    if refusal := _outside(made, site):
        raise InputError(f"{made} is no page of {site.id!r}: {refusal}")
    return made


def _outside(url: str, site: Site) -> str | None:
    """Why the rules of `site` leave a canonical `url` out."""
    told = verdict(url, site)
    return told.reason if told.kind == "outside" else None


def _promising(finding: Finding, site: Site, url: str) -> list[str]:
    """The links of the list page at `url` to try: the first article; without a pattern, the first with headlines."""
    if site.article:
        return [link.url for link in finding.links if link.kind == "article"][:1]
    pages = [link for link in finding.links if link.kind != "outside" and link.url not in {url, *site.start}]
    return [link.url for link in sorted(pages, key=lambda link: len(link.text) < HEADLINE)][:TRIES]


class _NoCache:
    """Keeps no robots.txt: a trial stores nothing, and shows what holds now."""

    def load(self, root: str) -> None:
        """Have none."""

    def keep(self, kept: Kept) -> None:
        """Let it go."""


class _Visitor:
    """Fetches pages of one site as a crawl would."""

    def __init__(self, settings: CrawlerSettings, site: Site, furniture: frozenset[int]) -> None:
        self._site, self._furniture = site, furniture
        self._fetcher = Fetcher(settings, threading.Event())
        self._robots = Robots(self._fetch_robots, settings.user_agent, _NoCache(), lambda: datetime.now(UTC))
        self._readers = Readers([site], 1)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self._readers.stop()
        self._fetcher.close()

    def look(self, url: str) -> Look:
        """Fetch a page by way of its redirects, each of which must be allowed like any other address."""
        hops: tuple[Hop, ...] = ()
        while len(hops) <= MAX_REDIRECTS:
            outcome = self._fetch(url)
            if not isinstance(outcome, Fetched):
                return self._failed((*hops, Hop(url, None)), outcome.reason)
            page = outcome.page
            hops = (*hops, Hop(url, page.status))
            if page.status == 200:
                return self._seen(hops, page)
            if not 300 <= page.status < 400:
                return self._failed(hops, f"status {page.status}")
            target = canonical(page.headers.get("location", ""), url)
            refusal = _outside(target, self._site) if target else "that is no address"
            if target is None or refusal:
                return self._failed(hops, f"redirects to {page.headers.get('location')!r}: {refusal}")
            url = target
        return self._failed(hops, f"more than {MAX_REDIRECTS} redirects")

    def _failed(self, hops: tuple[Hop, ...], problem: str) -> Look:
        told = verdict(hops[-1].url, self._site)
        return Look(hops, told.kind, told.reason, problem)

    def _seen(self, hops: tuple[Hop, ...], page: Page) -> Look:
        told = verdict(page.url, self._site)
        profile = self._site.profile_for(page.fetched.astimezone(VIETNAM).date())
        reading = self._readers.read(Task(page, self._site.id, "trial", self._furniture))
        if reading.problem:
            return self._failed(hops, reading.problem)
        return Look(
            hops,
            told.kind,
            told.reason,
            media_type=page.media_type,
            length=len(page.body),
            sitemaps=self._robots.rules(page.url).sitemaps,
            profile=profile.valid_from.isoformat() if profile else None,
            finding=reading.finding,
        )

    def _fetch(self, url: str) -> Outcome:
        rules = self._robots.rules(url)
        if rules.refusal or not self._robots.allows(url):
            return Refused(rules.refusal or "robots.txt of its host forbids it to us")
        self._fetcher.slow_down(host_of(url), self._robots.delay(url))
        log.info("fetching %s", url)
        return self._fetcher.fetch(url)

    def _fetch_robots(self, url: str) -> Outcome:
        """Fetch a robots.txt, never from a host that the site does not name."""
        if host_of(url) not in self._site.allowed_hosts:
            return Refused(f"it redirects to {host_of(url)}, which is no host of the site")
        return self._fetcher.fetch(url)
