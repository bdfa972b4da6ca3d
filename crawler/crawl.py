"""The spine of crawling: take the next due address, fetch it, archive it, extract it, store it, add what it links to.

The frontier is in the store, and each visit ends in one transaction after its record is on disk: a run that is cut
off anywhere is gone on with by the next one. Each host has one worker at a time, hosts are worked on in parallel.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
import threading
from collections import Counter
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from email.utils import parsedate_to_datetime
from time import monotonic

from crawler import discover, revisit
from crawler.archive import Archive
from crawler.article import VIETNAM, Page
from crawler.extract import Document, extract, parse
from crawler.fetch import Failed, Fetched, Fetcher, Outcome, Refused
from crawler.frontier import KnownPage, PageKind
from crawler.report import RunReport
from crawler.robots import Robots
from crawler.settings import Settings, Site
from crawler.store import Location, Store, instant
from crawler.urls import canonical, host_of, kind_of

log = logging.getLogger(__name__)

ATTEMPTS = 3  # of one address in one run
LONGEST_WAIT = 60.0  # seconds that a run waits for a Retry-After itself; a longer one puts the host off
LONGEST_PUT_OFF = 7 * 86_400.0  # seconds; who asks for more than a week has made a mistake
HOST_FAILURES = 5  # in a row, after which a host is left alone for the run
MAX_REDIRECTS = 10
PROGRESS = 60.0  # seconds between two lines of progress: a day of them can still be read
MISSES_UNTIL_GONE = 2  # runs that must find 404 before an article counts as gone; 410 says so at once
TRY_LATER = frozenset({429, 500, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class CrawlOptions:
    """What one run is asked for.

    `since` leaves out what a sitemap says was last changed before that day; `lists_only` fetches no known article page.
    """

    max_pages: int
    since: date | None = None
    lists_only: bool = False


class Crawl:
    """One run over some sites."""

    def __init__(
        self, settings: Settings, sites: tuple[Site, ...], store: Store, archive: Archive, options: CrawlOptions
    ) -> None:
        """Prepare a run; nothing is fetched yet."""
        self._sites = {site.id: site for site in sites}
        self._store, self._archive, self._options = store, archive, options
        self._frontier = store.frontier
        self._stop = threading.Event()
        self._fetcher = Fetcher(settings.crawler, self._stop)
        self._robots = Robots(self._fetch_robots, settings.crawler.user_agent)
        self._workers = settings.crawler.workers
        self._spent: Counter[str] = Counter()
        self._failures: Counter[str] = Counter()
        self._left_alone: set[str] = set()
        self._greeted: set[str] = set()
        self._starts = {url for site in sites for url in site.start}
        self._told = monotonic()
        self._run = store.start_run(instant(_now()))
        self.report = RunReport(self._sites, instant(_now()))

    def stop(self) -> None:
        """End soon, keeping the state; for signal handlers and other threads."""
        self._stop.set()
        self._fetcher.abort()

    def run(self) -> RunReport:
        """Crawl until nothing is due, the limits are reached, or `stop` is called."""
        try:
            for site in self._sites.values():
                self._seed(site)
            self._respect_waiting()
            self._work()
        finally:
            self._fetcher.close()
        self.report.ended = instant(_now())
        return self.report

    def end(self, exit_code: int) -> None:
        """Keep the report in the store."""
        self._store.end_run(self._run, instant(_now()), exit_code, self.report.document())

    # Who works when

    def _seed(self, site: Site) -> None:
        """Make due what a run begins with: list pages, sitemaps, feeds, and what is to be seen again."""
        with self._store.transaction():
            self._frontier.make_due(site.id, instant(_now()))
            self._frontier.judge_anew(site.id, _rules(site))
            for url in site.start:
                self._frontier.claim(url, site.id)
                self._frontier.add(url, site.id, "list", self._run, again=True)
                for path in discover.COMMON_SITEMAPS:
                    self._add(site, canonical(path, url), "sitemap")

    def _respect_waiting(self) -> None:
        """Leave alone the hosts that asked for it in an earlier run."""
        for host, until in self._frontier.waiting(instant(_now())).items():
            for site in self._sites.values():
                if host in site.allowed_hosts:
                    self._leave_alone(host, site, f"Retry-After asks to wait until {until}")

    def _work(self) -> None:
        """Give each host with something due to one worker, until there is none."""
        busy: dict[Future[None], str] = {}
        with ThreadPoolExecutor(self._workers, thread_name_prefix="crawl") as pool:
            try:
                while True:
                    if not self._stop.is_set():
                        free = (
                            self._frontier.due_hosts(self._open_sites(), lists_only=self._options.lists_only)
                            - set(busy.values())
                            - self._left_alone
                        )
                        busy |= {pool.submit(self._drain, host): host for host in sorted(free)}
                    if not busy:
                        return
                    done, _ = wait(busy, timeout=0.5, return_when=FIRST_COMPLETED)
                    self._tell()
                    for future in done:
                        del busy[future]
                        future.result()
            except BaseException:
                self.stop()
                raise

    def _tell(self) -> None:
        """Log a line of progress when it is time."""
        if monotonic() - self._told >= PROGRESS:
            self._told = monotonic()
            log.info("%s", self.report.progress())

    def _open_sites(self) -> list[str]:
        """The sites that have not reached their limit."""
        return [site for site in self._sites if self._spent[site] < self._options.max_pages]

    def _drain(self, host: str) -> None:
        """Visit what is due on `host`, one after the other."""
        while not self._stop.is_set() and host not in self._left_alone:
            page = self._frontier.next_due(host, self._open_sites(), lists_only=self._options.lists_only)
            if page is None:
                return
            self._visit(page, self._sites[page.site])

    # One visit

    def _visit(self, page: KnownPage, site: Site) -> None:
        reason = self._refusal(page, site)
        if page.host in self._left_alone:
            return  # the page stays due
        outcome = Refused(reason) if reason else self._fetch(page, site)
        if self._stop.is_set() and not isinstance(outcome, Fetched):
            return
        location = self._archive.write(outcome.exchange) if isinstance(outcome, Fetched) else None
        with self._store.transaction():
            self._settle(page, site, outcome, location)

    def _settle(self, page: KnownPage, site: Site, outcome: Outcome, location: Location | None) -> None:
        """Put what came of a visit into the store and the report."""
        if isinstance(outcome, Fetched) and location is not None:
            self._take_in(page, site, outcome.page, location)
        elif isinstance(outcome, Refused):
            self.report.note(site.id, "refused", outcome.reason, page.url)
            self._frontier.visited(replace(page, visit_after=_visit_after(None)), self._run)
        elif isinstance(outcome, Failed):
            self._failed(page, site, outcome.reason)

    def _refusal(self, page: KnownPage, site: Site) -> str | None:
        """Why the address must not be fetched, before anything is asked of its host but robots.txt."""
        if page.kind in {"list", "article"} and kind_of(page.url, site) == "outside":
            return "outside the site's rules"
        rules = self._robots.rules(page.url)
        if rules.refusal:
            if not self._stop.is_set():  # else that is the reason
                self._leave_alone(page.host, site, rules.refusal)
            return rules.refusal
        self._fetcher.slow_down(page.host, self._robots.delay(page.url))
        if page.host not in self._greeted:
            self._greeted.add(page.host)
            for sitemap in rules.sitemaps:
                self._add(site, canonical(sitemap, page.url), "sitemap")
        return None if self._robots.allows(page.url) else "robots.txt"

    def _fetch(self, page: KnownPage, site: Site) -> Outcome:
        """Fetch a page, and leave its host alone where that does not work too often."""
        validators = {"If-None-Match": page.etag, "If-Modified-Since": page.last_modified}
        if page.url in self._starts:
            validators = {}  # a 304 would hide the links from which a run begins
        self._spent[site.id] += 1
        outcome = self._persist(page.url, {name: value for name, value in validators.items() if value})
        if not _try_later(outcome):
            self._failures[page.host] = 0
            return outcome
        self._failures[page.host] += 1
        if (pause := _pause(outcome, 0)) > LONGEST_WAIT:
            until = instant(_now() + timedelta(seconds=min(pause, LONGEST_PUT_OFF)))
            self._frontier.wait_until(page.host, until)
            self._leave_alone(page.host, site, f"Retry-After asks to wait until {until}")
        elif self._failures[page.host] >= HOST_FAILURES:
            self._leave_alone(page.host, site, f"{HOST_FAILURES} failures in a row")
        return outcome

    def _persist(self, url: str, validators: dict[str, str]) -> Outcome:
        """Fetch, again after a while where the host asks for that or the connection broke."""
        for attempt in range(ATTEMPTS - 1):
            outcome = self._fetcher.fetch(url, validators)
            pause = _pause(outcome, attempt)
            if not _try_later(outcome) or pause > LONGEST_WAIT or self._stop.wait(pause):
                return outcome
            if isinstance(outcome, Fetched):  # whoever gets the last answer archives that
                self._archive.write(outcome.exchange)
        return self._fetcher.fetch(url, validators)

    def _fetch_robots(self, url: str) -> Outcome:
        """Fetch a robots.txt, which is archived like everything else; never from a host that no site names."""
        if not any(host_of(url) in site.allowed_hosts for site in self._sites.values()):
            return Refused(f"it redirects to {host_of(url)}, which is no host of the site")
        outcome = self._persist(url, {})
        if isinstance(outcome, Fetched):
            self._archive.write(outcome.exchange)
        return outcome

    def _leave_alone(self, host: str, site: Site, reason: str) -> None:
        self._left_alone.add(host)
        self.report.put_off(site.id, host, reason)
        log.warning("%s: host %s is left alone for this run: %s", site.id, host, reason)

    def _failed(self, page: KnownPage, site: Site, reason: str) -> None:
        self.report.note(site.id, "failed", reason, page.url)
        log.debug("%s: %s failed: %s", site.id, page.url, reason)
        self._frontier.visited(replace(page, visit_after=instant(_now())), self._run)

    # One response

    def _take_in(self, page: KnownPage, site: Site, response: Page, location: Location) -> None:
        record = self._store.add_record(response.url, instant(response.fetched), response.status, location)
        if response.status not in {200, 304, 404, 410} and not 300 <= response.status < 400:
            self._failed(page, site, f"status {response.status}")
            return
        self.report.add(site.id, fetched=1, bytes=len(response.body))
        late = _visit_after(None) if page.kind == "article" else None  # for an article page that shows none today
        page = replace(page, fetched=instant(response.fetched), visit_after=late)
        if response.status == 304:
            self.report.add(site.id, not_modified=1)
            self._seen_again(page)
        elif 300 <= response.status < 400:
            self._redirect(page, site, response)
        elif response.status in {404, 410}:
            self._missing(page, site, response.status)
        elif page.kind in {"sitemap", "feed"}:
            self._addresses(page, site, response)
        else:
            self._html(page, site, response, record)

    def _seen_again(self, page: KnownPage) -> None:
        """Keep an article page that has not changed."""
        if page.article:
            stored = self._store.get(page.article)
            page = replace(page, visit_after=_visit_after(stored.article.day if stored else None), misses=0)
            self._store.touch(page.article or "", page.fetched or "")
        self._frontier.visited(page, self._run)

    def _redirect(self, page: KnownPage, site: Site, response: Page) -> None:
        """Put the target on the frontier. An article whose address leads elsewhere now is no longer at that address."""
        target = canonical(response.headers.get("location", ""), page.url)
        kind = None if page.kind in {"list", "article"} else page.kind
        if target is None or kind_of(target, site) == "outside":
            self._astray(page, site, f"redirect off the site to {host_of(target or '') or 'nowhere'}")
        elif page.hops >= MAX_REDIRECTS:
            self._astray(page, site, f"more than {MAX_REDIRECTS} redirects")
        else:
            if page.url in self._starts:
                self._starts.add(target)
            self._add(site, target, kind, again=page.kind != "article", hops=page.hops + 1)
        if page.article:
            self._missing(page, site, response.status)
        else:
            self._frontier.visited(page, self._run)

    def _astray(self, page: KnownPage, site: Site, reason: str) -> None:
        """Note a redirect that leads nowhere: a failure where the site begins, to be expected elsewhere."""
        self.report.note(site.id, "failed" if page.url in self._starts else "refused", reason, page.url)

    def _missing(self, page: KnownPage, site: Site, status: int) -> None:
        """Count what is not there, and an article as gone when no address shows it any more."""
        page = replace(page, misses=page.misses + 1)
        self.report.add(site.id, missing=1)
        if page.url in self._starts:
            self.report.note(site.id, "failed", f"start page answers {status}", page.url)
        if page.article and (status == 410 or page.misses >= MISSES_UNTIL_GONE):
            if not self._frontier.held_elsewhere(page):
                gone = self._store.mark_gone(page.article, page.fetched or "")
                self.report.add(site.id, gone=int(gone))
        elif page.article:
            page = replace(page, visit_after=page.fetched)
        self._frontier.visited(page, self._run)

    def _addresses(self, page: KnownPage, site: Site, response: Page) -> None:
        """Add what a sitemap or a feed names."""
        page = _with_validators(page, response)
        if page.kind == "feed":
            for url in discover.feed_entries(response.body, response.url):
                self._add(site, url, None)
        else:
            found = discover.sitemap(response.body)
            for url in found.nested:
                self._add(site, url, "sitemap", again=True)
            wanted = [entry for entry in found.entries if self._is_wanted(entry)]
            for entry in wanted:
                self._add(site, entry.url, None)
                self._look_again(entry)
            if len(wanted) < len(found.entries):
                page = replace(page, etag=None, last_modified=None)  # what was left out is for another run
        self._frontier.visited(page, self._run)

    def _is_wanted(self, entry: discover.SitemapEntry) -> bool:
        since, modified = self._options.since, entry.modified
        return since is None or modified is None or modified >= datetime.combine(since, time(), VIETNAM)

    def _look_again(self, entry: discover.SitemapEntry) -> None:
        """Make an address due that a sitemap says has changed since it was fetched."""
        fetched = self._frontier.fetched_at(entry.url)
        if fetched and entry.modified and entry.modified > datetime.fromisoformat(fetched):
            self._frontier.make_page_due(entry.url, self._run)

    def _html(self, page: KnownPage, site: Site, response: Page, record: int) -> None:
        if not response.is_html:
            self.report.note(site.id, "refused", f"type {response.media_type}", page.url)
            self._frontier.visited(page, self._run)
            return
        digest = hashlib.blake2b(response.body, digest_size=16).hexdigest()
        page = _with_validators(page, response)
        if page.article and page.body_hash == digest:
            self.report.add(site.id, unchanged=1)
            self._seen_again(page)
            return
        document = parse(response)
        page = replace(page, body_hash=digest, misses=0)
        if page.kind == "article" or site.article is None:
            page = self._article(page, site, response, document, record)
        self._follow(page, site, document)
        self._frontier.visited(page, self._run)

    def _article(self, page: KnownPage, site: Site, response: Page, document: Document, record: int) -> KnownPage:
        """Store the article of a page that has one; the page comes back with what is now known of it."""
        found = extract(document, response, site)
        if found.article is None:
            if page.kind == "article":
                self.report.note(site.id, "no_article", found.reason or "none found", page.url)
            return page
        kept, change = self._store.put(found.article, page.fetched or "", location=record)
        self.report.add(site.id, **{change: 1})
        return replace(page, kind="article", article=kept, visit_after=_visit_after(found.article.day))

    def _follow(self, page: KnownPage, site: Site, document: Document) -> None:
        """Add what a page links to. Known lists are visited again from a start page, or where there was news."""
        kinds = {url: kind_of(url, site) for url in discover.links(document.soup, page.url)}
        news = [url for url, kind in kinds.items() if kind == "article" and self._add(site, url, "article")]
        if page.kind == "list" or site.article is None:
            lists = [url for url, kind in kinds.items() if kind == "list"]
            if site.article is None:  # any of them may be an article
                news = [url for url in lists if self._add(site, url, "list")]
            again = page.url in self._starts or bool(news)
            for url in lists:
                self._add(site, url, "list", again=again)
        for url in discover.feeds(document.soup, page.url):
            self._add(site, url, "feed")

    def _add(self, site: Site, url: str | None, kind: PageKind | None, *, again: bool = False, hops: int = 0) -> bool:
        """Put an address on the frontier, as `kind` or as the site's rules say; True where it is new."""
        if url is None or host_of(url) not in site.allowed_hosts:
            return False
        if kind in {None, "list", "article"}:
            judged = kind_of(url, site)
            if judged == "outside":
                return False
            kind = judged if kind is None else kind
        assert kind is not None
        added = self._frontier.add(url, site.id, kind, self._run, again=again, hops=hops)
        self.report.add(site.id, discovered=int(added))
        return added


def _now() -> datetime:
    return datetime.now(UTC)


def _visit_after(published: date | None) -> str:
    return instant(_now() + revisit.interval(published, _now().astimezone(VIETNAM).date()))


def _rules(site: Site) -> str:
    """What decides about the addresses of a site, to be compared."""
    return json.dumps([site.article, site.follow, site.exclude, sorted(site.allowed_hosts), site.start])


def _try_later(outcome: Outcome) -> bool:
    """Whether it did not work, and may after a while."""
    return isinstance(outcome, Failed) or (isinstance(outcome, Fetched) and outcome.page.status in TRY_LATER)


def _with_validators(page: KnownPage, response: Page) -> KnownPage:
    headers = response.headers
    return replace(page, etag=headers.get("etag"), last_modified=headers.get("last-modified"))


def _pause(outcome: Outcome, attempt: int) -> float:
    """Seconds to wait before the next attempt: what Retry-After says (RFC 9110 10.2.3), else 1, 2, 4."""
    told = outcome.page.headers.get("retry-after", "") if isinstance(outcome, Fetched) else ""
    if re.fullmatch(r"[0-9]{1,9}", told.strip()):
        return float(told)
    try:
        return max((parsedate_to_datetime(told) - _now()).total_seconds(), 0.0)
    except (TypeError, ValueError, OverflowError):
        return float(2**attempt)
