"""The spine of crawling: take the next due address, fetch it, read it, archive it, settle what came of it.

The frontier is in the store, and each visit ends in one transaction after its record is on disk (`journal`): a run that
is cut off anywhere is gone on with by the next one. Each host has one worker at a time, hosts are worked on in
parallel; what strangers wrote is parsed in processes of their own (`readers`).
"""

from __future__ import annotations

import json
import logging
import threading
from collections import Counter
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from random import random

from crawler import drift, patience, reextract
from crawler.archive import Archive, Exchange
from crawler.article import Page
from crawler.fetch import Fetched, Fetcher, Outcome, Refused
from crawler.frontier import KnownPage, Lead
from crawler.journal import Journal
from crawler.readers import Readers
from crawler.reading import Reading, Task
from crawler.report import RunReport
from crawler.robots import Kept, Robots
from crawler.settings import Settings, Site
from crawler.settle import OLDER, ROBOTS, Settler, Visit, digest
from crawler.store import Store, instant
from crawler.urls import canonical, continues, host_of, kind_of, shape

log = logging.getLogger(__name__)

# Where a site has its sitemap when its robots.txt does not say so; each costs a request to each host. The first is the
# place of NukeViet, Drupal and Joomla, and WordPress redirects from it to its own /wp-sitemap.xml; the second is the
# place of the usual plug-ins of WordPress (Yoast, Rank Math); the third is DotNetNuke's. News sitemaps, .gz files and
# parts of other names are named by these or by robots.txt.
COMMON_SITEMAPS = ("/sitemap.xml", "/sitemap_index.xml", "/sitemap.aspx")

HOST_FAILURES = 5  # in a row, after which a host is left alone for the run
# One process parses faster than any polite crawl fetches, and leaves a processor to whoever searches meanwhile; pages
# that take long are of one host or of a few.
MOST_READERS = 4
IDLE = 0.5  # seconds after which it is looked again which hosts have something due


@dataclass(frozen=True, slots=True)
class CrawlOptions:
    """What one run is asked for.

    `since` leaves out what a sitemap says was last changed before that day, and further pages of lists whose articles
    are older; `lists_only` fetches no known article page.
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
        self._settings, self._store, self._archive, self._options = settings, store, archive, options
        self._frontier = store.frontier
        self._stop = threading.Event()
        self._fetcher = Fetcher(settings.crawler, self._stop)
        self._readers = Readers(settings.sites.values(), 1, MOST_READERS)
        self._journal = Journal(store, archive)
        self._robots = Robots(self._fetch_robots, settings.crawler.user_agent, _RobotsCache(store), _now)
        self._spent: Counter[str] = Counter()
        self._failures: Counter[str] = Counter()
        self._left_alone: set[str] = set()
        self._greeted: set[str] = set()
        self._run = store.start_run(instant(_now()))
        self.report = RunReport(self._sites, instant(_now()))
        self._settler = Settler(store, settings.crawler, self.report, self._run, options.since)
        self._settler.starts |= {url for site in sites for url in site.start}

    def stop(self) -> None:
        """End soon, keeping the state; for signal handlers and other threads."""
        self._stop.set()
        self._fetcher.abort()
        self._readers.stop()

    def run(self) -> RunReport:
        """Crawl until nothing is due, the limits are reached, or `stop` is called."""
        try:
            self._recover()
            for site in self._sites.values():
                self._seed(site)
            self._respect_waiting()
            self._work()
            for site in self._sites.values():
                self._close(site)
        finally:
            self._readers.stop()
            self._fetcher.close()
        return self.report

    def end(self, max_failed: float, stopped_by: int | None = None) -> int:
        """Close the report and keep it in the store; gives the run's exit code."""
        ended = instant(_now())
        code = self.report.end(ended, max_failed, stopped_by)
        self._store.end_run(self._run, ended, code, self.report.document())
        return code

    def remaining(self) -> dict[str, int]:
        """How many pages of each site are due."""
        return self._frontier.count_due(self._sites)

    # Before and after

    def _recover(self) -> None:
        """Take in what a run that was killed had archived and not settled; what it tore is cut off."""
        taken = 0
        for left in self._archive.unsettled(self._store.settled()):
            visit = self._left_visit(left.page) if left.page and not self._store.has_record(left.place) else None
            with self._store.transaction():
                if visit:
                    self._settler.settle(visit, left.place)
                    taken += 1
                self._store.settle(left.place.file, left.end)
            if left.torn:
                self.report.remark(f"cut {left.torn:,} bytes of a torn record off the end of {left.place.file}")
        if taken:
            self.report.remark(f"took in {taken} pages that a run which was cut off had archived")

    def _left_visit(self, response: Page) -> Visit | None:
        """The visit that a response in the archive was the end of; None where its page is not waiting for one."""
        page, outcome = self._frontier.get(response.url), Fetched(Exchange(response, "", (), ()))
        site = self._settings.sites.get(page.site) if page else None
        if page is None or site is None or not page.due or patience.try_later(outcome):
            return None
        return Visit(page, site, outcome, self._read(page, site, outcome))

    def _seed(self, site: Site) -> None:
        """Make due what a run begins with: list pages, sitemaps, feeds, and what is to be seen again."""
        if drift.is_renewed(self._store, site):
            drift.renew(self._store, self._archive, site, self._readers, instant(_now()))
        with self._store.transaction():
            self._frontier.make_due(site.id, instant(_now()))
            self._frontier.judge_anew(site.id, _rules(site))
            for url in site.start:
                self._frontier.claim(url, site.id)
                self._settler.lead(site, Lead(url, "list", again=True))
                for path in COMMON_SITEMAPS:
                    if sitemap := canonical(path, url):
                        self._settler.lead(site, Lead(sitemap, "sitemap"))

    def _respect_waiting(self) -> None:
        """Leave alone the hosts that asked for it in an earlier run."""
        for host, until in self._frontier.waiting(instant(_now())).items():
            for site in self._sites.values():
                if host in site.allowed_hosts:
                    self._leave_alone(host, site, f"Retry-After asks to wait until {until}")

    def _close(self, site: Site) -> None:
        """Look at the site as a whole: what its pages have in common, whether it has drifted, which delay was kept."""
        if not (self._stop.is_set() or self._options.lists_only):
            reextract.refresh(reextract.Work(self._store, self._archive, self._readers), site.id, instant(_now()))
        with self._store.transaction():
            self._settler.judge(site)
        for host in site.allowed_hosts:
            if (gap := self._fetcher.smallest_gap(host)) is not None:
                self.report.gap(site.id, gap)

    # Who works when

    def _work(self) -> None:
        """Give each host with something due to one worker, until there is none."""
        busy: dict[Future[None], str] = {}
        with ThreadPoolExecutor(self._settings.crawler.workers, thread_name_prefix="crawl") as pool:
            try:
                while True:
                    if not self._stop.is_set():
                        free = self._due_hosts() - set(busy.values()) - self._left_alone
                        busy |= {pool.submit(self._drain, host): host for host in sorted(free)}
                    if not busy:
                        return
                    done, _ = wait(busy, timeout=IDLE, return_when=FIRST_COMPLETED)
                    for future in done:
                        del busy[future]
                        future.result()
            except BaseException:
                self.stop()
                raise

    def _due_hosts(self) -> set[str]:
        return self._frontier.due_hosts(self._open_sites(), lists_only=self._options.lists_only)

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
        reading = self._read(page, site, outcome) if isinstance(outcome, Fetched) else None
        if self._stop.is_set() and reading and reading.problem:
            return
        visit = Visit(page, site, outcome, reading)
        exchange = outcome.exchange if isinstance(outcome, Fetched) else None
        self._journal.commit(exchange, lambda location: self._settler.settle(visit, location))

    def _refusal(self, page: KnownPage, site: Site) -> str | None:
        """Why the address must not be fetched, before anything is asked of its host but robots.txt."""
        if page.kind in {"list", "article"} and kind_of(page.url, site) == "outside":
            return "outside the site's rules"
        if reason := self._trap(page, site):
            return reason
        rules = self._robots.rules(page.url)
        if rules.refusal:
            if not self._stop.is_set() and page.host not in self._left_alone:  # else there is a reason already
                self._leave_alone(page.host, site, rules.refusal)
            return rules.refusal
        self._fetcher.slow_down(page.host, self._robots.delay(page.url))
        if page.host not in self._greeted:
            self._greeted.add(page.host)
            for sitemap in rules.sitemaps:
                if url := canonical(sitemap, page.url):
                    self._settler.lead(site, Lead(url, "sitemap"))
        return None if self._robots.allows(page.url) else ROBOTS

    def _trap(self, page: KnownPage, site: Site) -> str | None:
        """Why a list page is not worth the request: a calendar without an end, or older than what was asked for."""
        if page.kind != "list" or page.url in self._settler.starts:
            return None
        limit, form = self._settings.crawler.max_barren, shape(page.url)
        if page.fetched is None and self._frontier.barren(site.id, form) >= limit:
            return f"{limit} pages in a row like {form} led to no article"
        since = self._options.since
        if since and page.found_on and continues(page.found_on, page.url):
            newest = self._store.newest_on(page.found_on)
            if newest and newest < since:
                return OLDER
        return None

    def _read(self, page: KnownPage, site: Site, outcome: Fetched) -> Reading | None:
        """Read a response of status 200 that is new and of a type that can be read; None for all others."""
        response = outcome.page
        is_known = page.body_hash == digest(response.body) and page.url not in self._settler.starts
        is_readable = page.kind in {"sitemap", "feed", "attachment"} or response.is_html
        if response.status != 200 or is_known or not is_readable:
            return None
        return self._readers.read(Task(response, site.id, page.kind, self._store.furniture.of(site.id)))

    def _fetch(self, page: KnownPage, site: Site) -> Outcome:
        """Fetch a page, and leave its host alone where that does not work too often."""
        validators = {"If-None-Match": page.etag, "If-Modified-Since": page.last_modified}
        if page.url in self._settler.starts:
            validators = {}  # a 304 would hide the links from which a run begins
        self._spent[site.id] += 1
        outcome = self._persist(page.url, site, {name: value for name, value in validators.items() if value})
        if not patience.try_later(outcome):
            self._failures[page.host] = 0
            return outcome
        self._failures[page.host] += 1
        if not self._is_put_off(page.host, site, outcome) and self._failures[page.host] >= HOST_FAILURES:
            self._leave_alone(page.host, site, f"{HOST_FAILURES} failures in a row")
        return outcome

    def _is_put_off(self, host: str, site: Site, outcome: Outcome) -> bool:
        """Leave a host alone that asks to wait for longer than a run waits, in the next runs too."""
        told = patience.told_wait(outcome.page, _now()) if isinstance(outcome, Fetched) else None
        if told is None or told <= patience.LONGEST_WAIT:
            return False
        until = instant(_now() + timedelta(seconds=told))
        self._frontier.wait_until(host, until)
        self._leave_alone(host, site, f"Retry-After asks to wait until {until}")
        return True

    def _persist(self, url: str, site: Site, validators: dict[str, str]) -> Outcome:
        """Fetch, again after a while where the host asks for that or the connection broke."""
        for attempt in range(patience.ATTEMPTS - 1):
            outcome = self._fetcher.fetch(url, validators)
            if not patience.try_later(outcome):
                return outcome
            told = patience.told_wait(outcome.page, _now()) if isinstance(outcome, Fetched) else None
            pause = patience.backoff(attempt, random()) if told is None else told  # noqa: S311 -- no secret
            if pause > patience.LONGEST_WAIT or self._stop.wait(pause):
                return outcome
            self.report.waited(site.id, pause)
            if isinstance(outcome, Fetched):  # whoever gets the last answer archives that
                self._journal.commit(outcome.exchange)
        return self._fetcher.fetch(url, validators)

    def _fetch_robots(self, url: str) -> Outcome:
        """Fetch a robots.txt, which is archived like everything else; never from a host that no site names."""
        site = next((site for site in self._sites.values() if host_of(url) in site.allowed_hosts), None)
        if site is None:
            return Refused(f"it redirects to {host_of(url)}, which is no host of the site")
        outcome = self._persist(url, site, {})
        if isinstance(outcome, Fetched):
            self._journal.commit(outcome.exchange)
            self._is_put_off(host_of(url), site, outcome)
        return outcome

    def _leave_alone(self, host: str, site: Site, reason: str) -> None:
        self._left_alone.add(host)
        self.report.put_off(site.id, host, reason)
        log.warning("%s: host %s is left alone for this run: %s", site.id, host, reason)


class _RobotsCache:
    """The robots.txt files that the store keeps."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def load(self, root: str) -> Kept | None:
        """What the host at `root` last answered."""
        kept = self._store.robots(root)
        return Kept(root, *kept) if kept else None

    def keep(self, kept: Kept) -> None:
        """Keep an answer."""
        self._store.keep_robots(kept.root, kept.fetched, kept.status, kept.body)


def _now() -> datetime:
    return datetime.now(UTC)


def _rules(site: Site) -> str:
    """What decides about the addresses of a site, to be compared."""
    return json.dumps([site.article, site.follow, site.exclude, sorted(site.allowed_hosts), site.start])
