"""Decide what becomes of a visit, and write it into the store, the frontier and the report.

Every method of `Settler` is called within the transaction of the visit (`journal`), so all of it is kept or nothing.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from crawler import drift, revisit
from crawler.article import VIETNAM, Article, Page
from crawler.attachments import MEDIA_TYPES, are_read
from crawler.fetch import Fetched, Outcome, Refused
from crawler.frontier import KnownPage, Lead, PageKind
from crawler.reading import Link, Reading
from crawler.report import RunReport
from crawler.settings import CrawlerSettings, Site
from crawler.store import Kept, Location, Store, instant
from crawler.urls import MAX_URL, canonical, continues, host_of, is_excluded, kind_of, shape

MAX_REDIRECTS = 10
REDIRECTS_KEPT = 1000  # of this run, the last ones, to find circles among them
MISSES_UNTIL_GONE = 2  # runs that must find 404 before an article counts as gone; 410 says so at once
JUDGED_EVERY = 20  # article pages of a site after which it is looked whether the site has drifted
ROBOTS = "robots.txt"  # the reason of a refusal that costs no request to find out again
OLDER = "further pages of a list whose articles are older than --since"
# Known pages in a sitemap; where at least half of so many claim to have changed, its lastmod is not believed: a system
# writes today's date everywhere, and no newsroom edits half its archive between two runs.
BELIEVED = 10


@dataclass(frozen=True, slots=True)
class Visit:
    """What came of going to an address; `reading` is what the response says, where it was one to be read."""

    page: KnownPage
    site: Site
    outcome: Outcome
    reading: Reading | None = None


class Settler:
    """Settles the visits of one run; `starts` are the addresses from which the run begins."""

    def __init__(
        self, store: Store, settings: CrawlerSettings, report: RunReport, run: int, since: date | None = None
    ) -> None:
        """Note into `report`, under the number `run`; `since` leaves out what sitemaps say is older."""
        self._store, self._frontier, self._settings = store, store.frontier, settings
        self._report, self._run, self._since = report, run, since
        self._steps = revisit.steps(settings.revisit)
        self._reads_attachments = settings.attachments and are_read()
        self.starts: set[str] = set()
        self._unjudged: Counter[str] = Counter()
        self._redirects: dict[str, str] = {}

    def settle(self, visit: Visit, location: Location | None) -> None:
        """Put what came of a visit into the store and the report."""
        if isinstance(visit.outcome, Fetched) and location is not None:
            self._take_in(visit, visit.outcome.page, location)
        elif isinstance(visit.outcome, Refused):
            self._refused(visit, visit.outcome.reason)
        elif not isinstance(visit.outcome, Fetched):
            self._failed(visit.page, visit.site, visit.outcome.reason)

    def lead(self, site: Site, lead: Lead) -> bool:
        """Put an address on the frontier, if the site's rules allow it; True where it is new."""
        if host_of(lead.url) not in site.allowed_hosts:
            return False
        if lead.kind in {"list", "article"} and kind_of(lead.url, site) == "outside":
            return False
        added = self._frontier.add(lead, site.id, self._run)
        self._report.add(site.id, discovered=int(added))
        return added

    def judge(self, site: Site) -> None:
        """Look whether the site has drifted; then what it publishes is held back from now on."""
        findings = drift.check(self._store, site, self._run, instant(_now()))
        if findings:
            self._report.drifted(site.id, [finding.document() for finding in findings])

    # What could not be fetched

    def _refused(self, visit: Visit, reason: str) -> None:
        self._note(visit.site, "refused", reason, visit.page.url)
        wait = {ROBOTS: revisit.LIST, OLDER: timedelta()}.get(reason, self._wait(None))
        self._frontier.visited(replace(visit.page, visit_after=_after(wait)), self._run)

    def _failed(self, page: KnownPage, site: Site, reason: str) -> None:
        """Try again in the next run, and ever more seldom while it goes on failing."""
        self._note(site, "failed", reason, page.url)
        wait = revisit.failure_interval(page.quiet)
        self._frontier.visited(replace(page, quiet=page.quiet + 1, visit_after=_after(wait)), self._run)

    def _note(self, site: Site, what: str, reason: str, url: str) -> None:
        self._report.note(site.id, what, reason, url, start=url in self.starts)

    # Responses

    def _take_in(self, visit: Visit, response: Page, location: Location) -> None:
        page, site = visit.page, visit.site
        record = self._store.add_record(response.url, instant(response.fetched), response.status, location)
        if response.status not in {200, 304, 404, 410} and not 300 <= response.status < 400:
            self._failed(page, site, f"status {response.status}")
            return
        self._report.add(site.id, fetched=1, bytes=len(response.body))
        page = replace(page, fetched=instant(response.fetched), visit_after=self._next_visit(page))
        if response.status == 304:
            self._report.add(site.id, not_modified=1)
            self._seen_again(page)
        elif 300 <= response.status < 400:
            self._redirect(page, site, response)
        elif response.status in {404, 410}:
            self._missing(page, site, response.status)
        else:
            self._read(visit, page, response, record)

    def _next_visit(self, page: KnownPage) -> str | None:
        """When a page is due again that shows nothing else; feeds and sitemaps are due in every run."""
        if page.kind in {"feed", "sitemap"}:
            return None
        return _after(self._list_wait(page) if page.kind == "list" else self._wait(page.article))

    def _list_wait(self, page: KnownPage) -> timedelta:
        """Further pages of a list are read again where the page before has news; else seldom, should that fail."""
        if page.found_on and continues(page.found_on, page.url):
            return revisit.QUIETEST_LIST
        return revisit.list_interval(page.quiet)

    def _wait(self, article: str | None) -> timedelta:
        """How long after a visit an article is due again; None for a page without one."""
        return self._interval(self._store.day_of(article) if article else None)

    def _interval(self, day: date | None) -> timedelta:
        return revisit.interval(day, _now().astimezone(VIETNAM).date(), self._steps)

    def _seen_again(self, page: KnownPage) -> None:
        """Keep a page that has not changed."""
        if page.article:
            self._store.touch(page.article, page.fetched or "")
        page = replace(page, misses=0, quiet=page.quiet + (page.kind == "list"))
        self._frontier.visited(replace(page, visit_after=self._next_visit(page)), self._run)

    def _redirect(self, page: KnownPage, site: Site, response: Page) -> None:
        """Put the target on the frontier. An article whose address leads elsewhere now is no longer at that address."""
        told = response.headers.get("location", "").strip()
        target = canonical(told, page.url) if told else None
        kind = self._kind_of_target(page, site, target)
        if target is None or kind is None:
            self._astray(page, site, f"redirect off the site to {host_of(target or '') or 'nowhere'}")
        elif self._is_circle(page.url, target):
            self._astray(page, site, "redirects in a circle")
        elif page.hops >= MAX_REDIRECTS:
            self._astray(page, site, f"more than {MAX_REDIRECTS} redirects")
        else:
            if page.url in self.starts:
                self.starts.add(target)
            again = page.kind != "article"
            self.lead(site, Lead(target, kind, page.found_on, page.depth, hops=page.hops + 1, again=again))
            if kind == "attachment":
                self._store.attachments.moved(page.url, target)
        if page.article:
            self._missing(page, site, response.status)
        else:
            self._frontier.visited(page, self._run)

    def _is_circle(self, url: str, target: str) -> bool:
        """Whether a redirect closes a circle with others of this run."""
        self._redirects[url] = target
        if len(self._redirects) > REDIRECTS_KEPT:
            self._redirects.pop(next(iter(self._redirects)))
        for _ in range(MAX_REDIRECTS):
            if target == url:
                return True
            if target not in self._redirects:
                break
            target = self._redirects[target]
        return False

    def _kind_of_target(self, page: KnownPage, site: Site, target: str | None) -> PageKind | None:
        """As what a redirect's target is to be fetched; None where it is not to be."""
        if target is None or host_of(target) not in site.allowed_hosts:
            return None
        if page.kind in {"feed", "sitemap", "attachment"}:
            return page.kind
        kind = kind_of(target, site)
        return None if kind == "outside" else kind

    def _astray(self, page: KnownPage, site: Site, reason: str) -> None:
        """Note a redirect that leads nowhere: a failure where the site begins, to be expected elsewhere."""
        self._note(site, "failed" if page.url in self.starts else "refused", reason, page.url)

    def _missing(self, page: KnownPage, site: Site, status: int) -> None:
        """Count what is not there, and an article as gone when no address shows it any more."""
        page = replace(page, misses=page.misses + 1)
        self._report.add(site.id, missing=1)
        if page.url in self.starts:
            self._note(site, "failed", f"start page answers {status}", page.url)
        if page.article and (status == 410 or page.misses >= MISSES_UNTIL_GONE):
            if not self._frontier.held_elsewhere(page):
                gone = self._store.mark_gone(page.article, page.fetched or "")
                self._report.add(site.id, gone=int(gone))
        elif page.article:
            page = replace(page, visit_after=page.fetched)
        elif page.kind in {"feed", "sitemap"}:
            page = replace(page, visit_after=_after(revisit.list_interval(page.misses)))
        self._frontier.visited(page, self._run)

    # What a response says

    def _read(self, visit: Visit, page: KnownPage, response: Page, record: int) -> None:
        """Settle a whole response; `visit.page` is the page as it was known before, `page` as it is from now on."""
        site, reading = visit.site, visit.reading
        if reading is None and page.body_hash == digest(response.body):
            self._report.add(site.id, unchanged=int(page.article is not None))
            self._seen_again(_with_validators(page, response))
        elif reading is None:
            self._note(site, "refused", f"type {response.media_type}", page.url)
            self._frontier.visited(page, self._run)
        elif reading.problem:
            self._note(site, "failed", reading.problem, page.url)
            self._frontier.visited(replace(page, visit_after=_after(self._wait(page.article))), self._run)
        else:
            page = replace(_with_validators(page, response), body_hash=digest(response.body))
            if page.kind in {"sitemap", "feed"}:
                self._addresses(page, site, reading)
            elif page.kind == "attachment":
                self._attachment(page, site, reading, record)
            else:
                self._html(visit, page, reading, record)

    def _addresses(self, page: KnownPage, site: Site, reading: Reading) -> None:
        """Add what a sitemap or a feed names; one that is none is asked for ever more seldom."""
        if reading.reason:
            self._note(site, "refused", f"{page.kind}: {reading.reason}", page.url)
        if reading.reason and not (reading.links or reading.nested):
            page = replace(page, misses=page.misses + 1)
            page = replace(page, visit_after=_after(revisit.list_interval(page.misses)))
            self._frontier.visited(page, self._run)
            return
        fetched = self._frontier.fetched_at([entry.url for entry in reading.nested])
        nested = [entry for entry in reading.nested if self._is_wanted(entry.modified)]
        for entry in nested:
            if entry.modified is None or entry.url not in fetched or _is_newer(entry.modified, fetched[entry.url]):
                self.lead(site, Lead(entry.url, "sitemap", page.url, again=True))
        wanted = [link for link in reading.links if self._is_wanted(link.modified)]
        self._add_entries(page, site, wanted)
        left_out = len(nested) + len(wanted) < len(reading.nested) + len(reading.links)
        if left_out or any(entry.modified is None for entry in reading.nested):  # to be read whole in the next run
            page = replace(page, etag=None, last_modified=None, body_hash=None)
        self._frontier.visited(replace(page, misses=0, quiet=0), self._run)

    def _is_wanted(self, modified: datetime | None) -> bool:
        return self._since is None or modified is None or modified >= datetime.combine(self._since, time(), VIETNAM)

    def _add_entries(self, page: KnownPage, site: Site, links: Sequence[Link]) -> None:
        urls = [link.url for link in links]
        unknown, fetched = self._frontier.unknown(urls), self._frontier.fetched_at(urls)
        for link in links:
            if link.url in unknown:
                self.lead(site, Lead(link.url, link.kind, page.url, depth=1))
        if site.article:
            self._frontier.reclassify([link.url for link in links if link.kind == "article"], site.id)
        changed = [
            link.url
            for link in links
            if link.modified and link.url in fetched and _is_newer(link.modified, fetched[link.url])
        ]
        if len(fetched) < BELIEVED or 2 * len(changed) < len(fetched):
            self._frontier.make_due_again(changed, self._run)
        else:
            self._note(site, "refused", "lastmod of a sitemap that calls most pages changed", page.url)

    def _html(self, visit: Visit, page: KnownPage, reading: Reading, record: int) -> None:
        site = visit.site
        if page.kind == "article" and reading.not_found:
            self._report.add(site.id, soft_404=1)
            self._missing(replace(page, etag=None, last_modified=None, body_hash=None), site, 404)  # to be read again
            return
        page = replace(page, misses=0)
        for url in reading.too_long:
            self._note(site, "refused", f"address longer than {MAX_URL:,} characters", url)
        for url in self._frontier.unknown(reading.feeds):  # before the links, of which they may be one
            self.lead(site, Lead(url, "feed", page.url))
        if page.kind == "article" or site.article is None:
            page = self._article(visit, page, reading, record)
        if page.kind == "list" or site.article is None:
            page = self._follow_list(visit, page, reading)
        else:
            self._add_new(page, site, [link for link in reading.links if link.kind == "article"], page.depth)
        self._frontier.visited(page, self._run)

    def _article(self, visit: Visit, page: KnownPage, reading: Reading, record: int) -> KnownPage:
        """Store the article of a page that has one; the page comes back with what is now known of it."""
        site, article = visit.site, reading.article
        if article is None:
            if page.kind == "article":
                self._note(site, "no_article", reading.reason or "none found", page.url)
                self._note_reading(site, page, reading, None)
            return page
        held = self._store.readings.drift(site.id) is not None
        kept = self._store.put(article, page.fetched or "", location=record, held=held)
        self._report.add(site.id, **{kept.change: 1}, held=int(held and kept.change != "unchanged"))
        self._note_reading(site, page, reading, kept)
        self._store.furniture.note(site.id, kept.id, reading.marks)
        self._link_attachments(site, page, kept, article)
        if kept.change == "new" and page.found_on:
            self._frontier.judge_shape(site.id, shape(page.found_on), fruitful=True)
        return replace(page, kind="article", article=kept.id, quiet=0, visit_after=_after(self._interval(article.day)))

    def _link_attachments(self, site: Site, page: KnownPage, kept: Kept, article: Article) -> None:
        """Put the documents on the frontier that an article links to and that can be read."""
        if not self._reads_attachments:
            return
        wanted = [one for one in article.attachments if one.media_type in MEDIA_TYPES]
        self._store.attachments.link(kept.id, wanted)
        for attachment in wanted:
            if not is_excluded(attachment.url, site):
                self.lead(site, Lead(attachment.url, "attachment", page.url, page.depth))

    def _attachment(self, page: KnownPage, site: Site, reading: Reading, record: int) -> None:
        """Keep the text of a document."""
        if reading.text is None:
            self._note(site, "refused", f"attachment {reading.reason}", page.url)
        else:
            self._store.attachments.put(page.url, reading.text, record)
            self._report.add(site.id, attachments=1)
        self._frontier.visited(replace(page, misses=0), self._run)

    def _note_reading(self, site: Site, page: KnownPage, reading: Reading, kept: Kept | None) -> None:
        """Note how the page was read; now and then look what that says of the site."""
        self._store.readings.add(site.id, self._run, page.url, reading, kept)
        self._unjudged[site.id] += 1
        if self._unjudged[site.id] % JUDGED_EVERY == 0:
            self.judge(site)

    # Links

    def _follow_list(self, visit: Visit, page: KnownPage, reading: Reading) -> KnownPage:
        """Add what a list links to. Known lists are read again from a start page, or where there was news."""
        site = visit.site
        articles = [link for link in reading.links if link.kind == "article" or site.article is None]
        lists = [link for link in reading.links if link.kind == "list"]
        urls = [link.url for link in articles]
        new = self._add_new(page, site, [link for link in reading.links if link.kind == "article"], page.depth)
        if site.article:
            new += self._frontier.reclassify(urls, site.id)
            self._store.readings.add_list(site.id, self._run, page.url, shows_articles=bool(urls))
        fresh = self._frontier.listed(urls) if page.kind == "list" else 0
        news = bool(new or fresh)
        if visit.page.fetched is None and page.kind == "list":
            self._frontier.judge_shape(site.id, shape(page.url), fruitful=news)
        added = self._add_lists(page, site, lists, fruitful=news or page.article is not None)
        news = news or (site.article is None and bool(added))  # any of them may be an article
        if page.url in self.starts or news:
            self._frontier.make_due_again([link.url for link in lists], self._run, "list")
        if page.kind == "article":
            return page
        page = replace(page, quiet=0 if news else page.quiet + 1)
        return replace(page, visit_after=self._next_visit(page))

    def _add_new(self, page: KnownPage, site: Site, links: Sequence[Link], depth: int) -> int:
        """Add those of the links that are not known; gives how many were."""
        unknown = self._frontier.unknown([link.url for link in links])
        return sum(self.lead(site, Lead(link.url, link.kind, page.url, depth)) for link in links if link.url in unknown)

    def _add_lists(self, page: KnownPage, site: Site, lists: Sequence[Link], *, fruitful: bool) -> int:
        """Add lists, unless they lie too deep: what leads on through one list, or from one with news, is no deeper."""
        ours = shape(page.url)
        near = {link.url for link in lists if fruitful or link.continues or shape(link.url) == ours}
        same, deeper = [link for link in lists if link.url in near], [link for link in lists if link.url not in near]
        added = self._add_new(page, site, same, page.depth)
        if page.depth < self._settings.max_depth:
            return added + self._add_new(page, site, deeper, page.depth + 1)
        for url in self._frontier.unknown([link.url for link in deeper]):
            self._note(site, "refused", f"more than {self._settings.max_depth} clicks from news", url)
        return added


def digest(body: bytes) -> str:
    """What tells whether a body has changed."""
    return hashlib.blake2b(body, digest_size=16).hexdigest()


def _now() -> datetime:
    return datetime.now(UTC)


def _after(wait: timedelta) -> str:
    return instant(_now() + wait)


def _is_newer(modified: datetime, fetched: str) -> bool:
    return modified > datetime.fromisoformat(fetched)


def _with_validators(page: KnownPage, response: Page) -> KnownPage:
    headers = response.headers
    return replace(page, etag=headers.get("etag"), last_modified=headers.get("last-modified"))
