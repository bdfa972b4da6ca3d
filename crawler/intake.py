"""Take in articles and pages that others have fetched: article JSON Lines and WARC files, plain or gzip.

What is sound in a file is taken in, what is not is counted and named by its place; a file that is torn is taken in up
to the tear. JSON Lines come first, in their order. The captures of all WARC files come in order of time, so that years
of an archive give the versions of an article in theirs: a first way through the files makes an index (`captures`), a
second one reads what is wanted. robots.txt is not asked, for the pages are here already. A capture of a missing page
(404, 410, or the site's words for it) says nothing of today, and marks no article as gone.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from crawler import article_lines, reextract
from crawler.archive import Archive, Exchange
from crawler.article import Article, Page, StoredArticle
from crawler.captures import Captures, Entry
from crawler.coding import TooLongError
from crawler.errors import DamagedError, InputError
from crawler.journal import Journal
from crawler.readers import Readers
from crawler.reading import Task
from crawler.settings import Settings, Site
from crawler.store import Change, Location, Store, instant
from crawler.urls import canonical, host_of, kind_of
from crawler.warc_reader import Capture, Fault, PageReader, scan
from crawler.warc_record import NOT_MODIFIED

BATCH = 500  # articles a transaction: one sync of the disk for about 2 MB of text
NAMED = 10  # faults that are told one by one; all are counted
MAX_TOLD = 500  # characters of a fault or an address; longer ones cannot be read anyway
EXAMPLES = 3  # addresses that are told for each reason to leave something out
WARC_SUFFIXES = (".warc", ".warc.gz", ".arc", ".arc.gz")
JSONL_SUFFIXES = (".jsonl", ".jsonl.gz")


@dataclass
class LeftOut:
    """How many captures were left out for one reason, and the addresses of the first of them."""

    count: int = 0
    examples: list[str] = field(default_factory=list)


@dataclass
class IntakeReport:
    """What came of the files: how many articles were new, changed or the same, what was bad and what was left out."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    bad: int = 0
    faults: list[str] = field(default_factory=list)
    left_out_reasons: dict[str, LeftOut] = field(default_factory=dict)

    @property
    def taken(self) -> int:
        """How many articles are now in the store because of, or in spite of, these files."""
        return self.new + self.changed + self.unchanged

    @property
    def left_out(self) -> int:
        """How many captures were sound and not wanted."""
        return sum(told.count for told in self.left_out_reasons.values())

    def count(self, change: Change) -> None:
        """Count an article that was taken in."""
        setattr(self, change, getattr(self, change) + 1)

    def fault(self, told: str) -> None:
        """Count something bad, and name it where not too many have been named."""
        self.bad += 1
        if len(self.faults) < NAMED:
            self.faults.append(_printable(told))

    def leave_out(self, reason: str, url: str) -> None:
        """Count a capture that is not taken in."""
        told = self.left_out_reasons.setdefault(reason, LeftOut())
        told.count += 1
        if len(told.examples) < EXAMPLES and url not in told.examples:
            told.examples.append(_printable(url))

    def document(self) -> dict[str, Any]:
        """The report as JSON has it, what was left out by the most frequent reason first."""
        reasons = sorted(self.left_out_reasons.items(), key=lambda told: -told[1].count)
        told = {reason: asdict(left_out) for reason, left_out in reasons}
        return asdict(replace(self, left_out_reasons={})) | {"left_out": self.left_out, "left_out_reasons": told}


def _printable(told: str) -> str:
    """What a stranger's file says, fit for a terminal."""
    return "".join(char if char.isprintable() else "\ufffd" for char in told[:MAX_TOLD])


def is_warc(file: Path) -> bool:
    """Whether a file is a WARC or ARC file by its name."""
    return file.name.lower().endswith(WARC_SUFFIXES)


def take_in(files: tuple[Path, ...], settings: Settings, store: Store, archive: Archive) -> IntakeReport:
    """Take in all `files`. Raises InputError, before anything is done, for one that is missing or of another kind.

    Whoever calls it with WARC files holds the lock of the crawl, for the archive is written.
    """
    for file in files:
        if not file.is_file():
            raise InputError(f"no file {file}; nothing was imported")
        if not file.name.lower().endswith(WARC_SUFFIXES + JSONL_SUFFIXES):
            told = ", ".join(JSONL_SUFFIXES + WARC_SUFFIXES)
            raise InputError(
                f"{file}: cannot tell what it is; expected a name that ends in {told}; nothing was imported"
            )
    report = IntakeReport()
    for file in files:
        if not is_warc(file):
            _take_lines(file, settings, store, report)
    archives = tuple(file for file in files if is_warc(file))
    if archives:
        with Readers(settings.sites.values(), 1) as readers:
            _PageIntake(archives, settings, store, archive, readers, report).run()
    return report


def _take_lines(file: Path, settings: Settings, store: Store, report: IntakeReport) -> None:
    now = instant(datetime.now(UTC))
    lines = article_lines.read(file)
    while batch := list(islice(lines, BATCH)):
        with store.transaction():
            for place, line in batch:
                try:
                    if isinstance(line, str):
                        raise InputError(line)
                    report.count(store.put(line.article(settings), now, life=line.life(now)).change)
                except InputError as error:
                    report.fault(f"{file}: {place}: {error}")


class _PageIntake:
    """Archives and extracts the article pages of the configured sites in WARC files."""

    def __init__(
        self,
        files: tuple[Path, ...],
        settings: Settings,
        store: Store,
        archive: Archive,
        readers: Readers,
        report: IntakeReport,
    ) -> None:
        self._files, self._sites, self._store, self._archive = files, settings.sites, store, archive
        self._journal, self._readers, self._report = Journal(store, archive), readers, report
        self._reader = PageReader(settings.crawler.max_bytes)
        self._now = datetime.now(UTC)

    def run(self) -> None:
        try:
            with Captures() as captures:
                for number, file in enumerate(self._files):
                    try:
                        self._index(number, file, captures)
                    except OSError as error:
                        self._report.fault(f"{file} cannot be read: {error.strerror}")
                captures.finish()
                for entry in captures.in_order():
                    self._take(entry, captures)
            for site in self._sites:
                work = reextract.Work(self._store, self._archive, self._readers, 1)
                reextract.refresh(work, site, instant(self._now))
        finally:
            self._reader.close()

    # The first way through

    def _index(self, number: int, file: Path, captures: Captures) -> None:
        """Note what is to be taken in, and what a revisit may repeat."""
        for found in scan(file):
            if isinstance(found, Fault):
                self._report.fault(f"{file}: {found}")
                continue
            wanted = self._wanted(found)
            if isinstance(wanted, str):
                self._report.leave_out(wanted, found.head.url)
            if isinstance(wanted, Site):
                captures.add(number, found, wanted.id)
            elif found.is_whole_page:
                captures.add(number, found, None)

    def _wanted(self, capture: Capture) -> Site | str:
        """The site whose article it may be, or why it is left out."""
        head, is_revisit = capture.head, capture.original is not None
        site = self._site_of(head.url)
        if isinstance(site, str):
            return site
        if head.status != 200 and not (is_revisit and head.status == NOT_MODIFIED):
            return f"status {head.status}"
        if not head.is_html:
            return "not HTML"
        if capture.truncated:
            return "cut off by the program that wrote it"
        return "dated in the future" if head.fetched > self._now else site

    def _site_of(self, url: str) -> Site | str:
        address = canonical(url)
        if address is None:
            return "not an address that can be fetched"
        sites = [site for site in self._sites.values() if host_of(address) in site.allowed_hosts]
        kinds = ("article",), ("article", "list")  # without a pattern for articles every page may be one
        told = next((site for site in sites if kind_of(address, site) in kinds[site.article is None]), None)
        return told or ("not an article by the rules of its site" if sites else "of a host that no site names")

    # The second way through

    def _take(self, entry: Entry, captures: Captures) -> None:
        try:
            page = self._page(entry, captures)
        except TooLongError as error:
            self._report.leave_out(str(error), entry.url)
        except (ValueError, OSError, DamagedError) as error:
            self._report.fault(f"{self._files[entry.file]}: {entry.place}: {error} ({entry.url})")
        else:
            if page is None:
                self._report.leave_out("a revisit of what is neither in these files nor in the archive", entry.url)
            else:
                self._take_page(page, entry)

    def _page(self, entry: Entry, captures: Captures) -> Page | None:
        """The page of a capture; of a revisit, the page that it repeats, seen again."""
        if entry.original is None:
            return self._reader.page(self._files[entry.file], entry.place)
        if repeated := captures.repeated(entry):
            page = self._reader.page(self._files[repeated[0]], repeated[1])
        elif location := self._archived(entry):
            page = self._archive.read(location)
        else:
            return None
        return replace(page, url=entry.url, fetched=entry.fetched)

    def _archived(self, revisit: Entry) -> Location | None:
        """Where the response that `revisit` repeats lies in our own archive."""
        told = revisit.original
        if told is None or told.url is None or told.fetched is None:
            return None
        return self._store.location_at(told.url, instant(told.fetched))

    def _take_page(self, page: Page, entry: Entry) -> None:
        furniture = self._store.furniture.of(entry.site)
        found = self._readers.read(Task(page, entry.site, "article", furniture))
        if found.article is None:
            self._report.leave_out(f"no article: {found.problem or found.reason}", entry.url)
            return
        seen, known = instant(entry.fetched), self._known(found.article)
        newest = max(known.last_seen, known.changed) if known else ""
        if newest > seen:
            self._report.leave_out("older than what is known of its article", entry.url)
        elif newest == seen:  # taken in before
            self._report.count("unchanged")
        elif known and entry.original and self._is_newest(found.article):
            self._store.touch(known.article.id, seen)
            self._report.count("unchanged")
        else:
            self._keep(page, found.article, found.marks, entry)

    def _known(self, article: Article) -> StoredArticle | None:
        held = self._store.id_at(article.url) if article.url else None
        return self._store.get(held or article.id)

    def _is_newest(self, article: Article) -> bool:
        return self._store.readings.newest_hash(article.url) == article.content_hash

    def _keep(self, page: Page, article: Article, marks: tuple[int, ...], entry: Entry) -> None:
        """Archive a page, then put its article into the store."""
        seen = instant(entry.fetched)

        def put(location: Location | None) -> None:
            assert location is not None
            record = self._store.add_record(entry.url, seen, page.status, location)
            kept = self._store.put(article, seen, location=record)
            self._store.furniture.note(entry.site, kept.id, marks)
            self._report.count(kept.change)

        try:
            self._journal.commit(Exchange(page, "OK", (), tuple(page.headers.items())), put)
        except InputError as error:
            self._report.fault(f"{self._files[entry.file]}: {entry.place}: {error}")
