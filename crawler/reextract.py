"""Extract again what is in the archive, by the rules of today: what would change, and the change itself.

A version whose page is read differently now is replaced in place: it is our reading that changes, not the newsroom's
text. A page that gives no article any more keeps the one that it gave; one that gave none before may give one now.
"""

from __future__ import annotations

import json
import logging
from collections import Counter, defaultdict, deque
from collections.abc import Collection, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field, replace
from time import monotonic
from typing import Any

from crawler.archive import Archive
from crawler.article import Article
from crawler.errors import DamagedError, InputError
from crawler.readers import Readers, processors
from crawler.reading import Task
from crawler.readings import Archived
from crawler.store import Life, Location, Store, instant

log = logging.getLogger(__name__)

EXAMPLES = 3
NAMES = 40  # of effects or reasons that are told apart; the rest are counted together
FAR = 0.3  # of its length, by which a body shrinks or grows so that somebody should look
PROGRESS = 10.0  # seconds between two lines of progress
DAMAGED = "its record in the archive is damaged"

# What may become of a page, with the words for it, in the order of the report. A finer line counts some of the articles
# of the line above it again.
EFFECTS = {
    "title": "titles change",
    "lead": "leads change",
    "published": "dates change",
    "published_lost": "of these dates are lost",
    "published_gained": "of these dates are found where there was none",
    "published_source": "dates are found by another rule",
    "body": "bodies change",
    "body_shrinks": "bodies shrink by more than 30%",
    "body_grows": "bodies grow by more than 30%",
    "author": "authors change",
    "category": "categories change",
    "tags": "lists of tags change",
    "images": "lists of images change",
    "attachments": "lists of attachments change",
    "language": "languages change",
    "new_articles": "pages that gave no article give one",
    "new_versions": "pages that gave no article at their last visit give a new version",
}
COMPARED = (
    "title",
    "lead",
    "published_source",
    "body",
    "author",
    "category",
    "tags",
    "images",
    "attachments",
    "language",
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an archived page gives now: an article, or the `reason` why none, or the `problem` why it cannot be read."""

    page: Archived
    article: Article | None = None
    rules: dict[str, str] = field(default_factory=dict)
    reason: str | None = None
    problem: str | None = None
    fetched: str = ""


@dataclass(frozen=True, slots=True)
class Noted:
    """How often something was noted, and the first examples."""

    count: int
    examples: tuple[str, ...]

    def document(self) -> dict[str, Any]:
        """What was noted, for JSON."""
        return {"count": self.count, "examples": list(self.examples)}


class Notes:
    """Counts things by name, with a few examples each; names that are many are counted together."""

    def __init__(self) -> None:
        """Nothing is noted yet."""
        self._counts: Counter[str] = Counter()
        self._examples: defaultdict[str, list[str]] = defaultdict(list)

    def add(self, name: str, example: str) -> None:
        """Note one more."""
        if name not in self._counts and len(self._counts) >= NAMES:
            name = "other"
        self._counts[name] += 1
        if len(self._examples[name]) < EXAMPLES and example not in self._examples[name]:
            self._examples[name].append(example)

    def noted(self) -> dict[str, Noted]:
        """What was noted, most frequent first."""
        return {name: Noted(count, tuple(self._examples[name])) for name, count in self._counts.most_common()}

    @property
    def total(self) -> int:
        """How many were noted in all."""
        return self._counts.total()


class Summary:
    """What extracting again did, or would do."""

    def __init__(self) -> None:
        """Nothing is done yet."""
        self.pages = self.changed = 0
        self.effects, self.lost, self.failed = Notes(), Notes(), Notes()

    def failed_percent(self) -> float:
        """The share of the pages that could not be read."""
        return 100 * self.failed.total / self.pages if self.pages else 0.0

    def document(self) -> dict[str, Any]:
        """The summary for JSON."""
        effects = self.effects.noted()
        return {
            "pages": self.pages,
            "changed": self.changed,
            "effects": {name: effects.get(name, Noted(0, ())).document() for name in EFFECTS},
            "lost": {reason: noted.document() for reason, noted in self.lost.noted().items()},
            "failed": {reason: noted.document() for reason, noted in self.failed.noted().items()},
        }

    def lines(self) -> list[str]:
        """The summary for people."""
        effects = self.effects.noted()
        lines = [_line(effects[name], words) for name, words in EFFECTS.items() if name in effects]
        lost = "pages give no article any more and keep the one that they gave"
        lines += [_line(noted, f"{lost} ({reason})") for reason, noted in self.lost.noted().items()]
        lines += [_line(noted, f"pages could not be read ({reason})") for reason, noted in self.failed.noted().items()]
        return lines or ["nothing changes"]


def _line(noted: Noted, words: str) -> str:
    return "\n".join([f"{noted.count:,} {words}", *(f"    {url}" for url in noted.examples)])


def effects(before: Article, after: Article) -> list[str]:
    """What is different in `after`, by the names of EFFECTS."""
    found = [name for name in COMPARED if getattr(before, name) != getattr(after, name)]
    if (before.published, before.published_precision) != (after.published, after.published_precision):
        found.append("published")
        if after.published is None:
            found.append("published_lost")
        elif before.published is None:
            found.append("published_gained")
    if len(after.body) < (1 - FAR) * len(before.body):
        found.append("body_shrinks")
    elif len(after.body) > (1 + FAR) * len(before.body):
        found.append("body_grows")
    return found


class Work:
    """Extracts pages of `archive` by `readers`, `threads` at a time, into `store`."""

    def __init__(self, store: Store, archive: Archive, readers: Readers, threads: int | None = None) -> None:
        """Use as many threads as there are processors by default; nothing is done yet."""
        self.store, self._archive, self._readers = store, archive, readers
        self._threads = threads or processors()
        self.summary = Summary()

    def outcomes(self, batches: Iterable[list[Archived]]) -> Generator[list[Outcome]]:
        """What each page gives now; the next batch is read while the caller is busy with this one."""
        pool = ThreadPoolExecutor(self._threads, thread_name_prefix="extract")
        waiting: deque[list[Future[Outcome]]] = deque()
        try:
            for batch in batches:
                waiting.append([pool.submit(self._read, page) for page in batch])
                if len(waiting) > 1:
                    yield [future.result() for future in waiting.popleft()]
            while waiting:
                yield [future.result() for future in waiting.popleft()]
        finally:
            pool.shutdown(cancel_futures=True)

    def _read(self, page: Archived) -> Outcome:
        try:
            response = self._archive.read(Location(page.file, page.offset))
        except DamagedError as error:
            log.warning("%s", error)
            return Outcome(page, problem=DAMAGED)
        if not response.is_html:
            return Outcome(page, reason=f"type {response.media_type}")
        furniture = self.store.furniture.of(page.site)
        told = self._readers.read(Task(response, page.site, "article", furniture))
        return Outcome(page, told.article, told.rules, told.reason, told.problem, instant(response.fetched))

    def keep(
        self, outcomes: Iterable[Outcome], now: str, *, held: Collection[str] = (), rehearse: bool = False
    ) -> None:
        """Put what the pages give now into the store, all or nothing; to `rehearse` only counts what would change.

        New articles of the sites in `held` are kept from readers.
        """
        with self.store.transaction():
            for outcome in outcomes:
                self.summary.pages += 1
                self._keep(outcome, None if rehearse else now, held=outcome.page.site in held)

    def _keep(self, outcome: Outcome, now: str | None, *, held: bool) -> None:
        page = outcome.page
        if outcome.problem:
            self.summary.failed.add(outcome.problem, page.url)
        elif outcome.article is None:
            if page.article:
                self.summary.lost.add(outcome.reason or "none found", page.url)
        elif page.document is None:
            self._add(outcome, outcome.article, now, held=held)
        else:
            self._compare(page, Article.from_document(json.loads(page.document)), outcome.article, now)

    def _compare(self, page: Archived, before: Article, after: Article, now: str | None) -> None:
        """Replace a version by what its page gives now, where that differs; it stays the same article."""
        after = replace(after, id=page.article or after.id, url=before.url)
        if before == after:
            return
        self.summary.changed += 1
        for name in effects(before, after):
            self.summary.effects.add(name, page.url)
        if now is not None and page.article and page.number:
            self.store.readings.replace(page.article, page.number, after, now)

    def _add(self, outcome: Outcome, article: Article, now: str | None, *, held: bool) -> None:
        """Keep what a page gives that gave nothing the last time."""
        page, known = outcome.page, self.store.readings.newest_hash(article.url)
        if known != article.content_hash:
            self.summary.effects.add("new_versions" if known else "new_articles", page.url)
        if now is None:
            return
        try:
            life = Life(outcome.fetched, outcome.fetched, now)
            kept = self.store.put(article, now, location=page.record, life=life, held=held)
            self.store.readings.link(page.url, kept.id, now)
        except InputError as error:
            self.summary.failed.add(str(error), page.url)


def refresh(work: Work, site: str, now: str) -> None:
    """Extract again the articles that were read before some of the site's furniture was known."""
    stale = work.store.furniture.stale(site)
    if not stale:
        return
    with closing(work.outcomes([work.store.readings.archived_of(stale)])) as batches:
        for outcomes in batches:
            work.keep(outcomes, now)
    work.store.furniture.refreshed(site)
    log.info("%s: extracted %d articles again, without what most of its pages have", site, len(stale))


def extract_again(work: Work, sites: Collection[str], now: str, *, rehearse: bool = False) -> Summary:
    """Extract all that the archive has of these sites, batch by batch: what is done is kept when it is ended."""
    readings = work.store.readings
    held = frozenset(readings.drifts())
    began = told = monotonic()
    with closing(work.outcomes(readings.archived(sites))) as batches:
        for outcomes in batches:
            work.keep(outcomes, now, held=held, rehearse=rehearse)
            if monotonic() - told >= PROGRESS:
                told = monotonic()
                log.info("%d pages extracted, %.0f a second", work.summary.pages, work.summary.pages / (told - began))
    return work.summary
