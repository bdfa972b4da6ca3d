"""One crawl as a scheduled job runs it: the lock, the signals, the report, the exit code."""

from __future__ import annotations

import json
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from crawler import files, progress
from crawler.archive import Archive
from crawler.crawl import Crawl, CrawlOptions
from crawler.errors import InputError
from crawler.lock import hold
from crawler.report import RunReport
from crawler.settings import Settings, Site
from crawler.signals import ending
from crawler.store import Store


@dataclass(frozen=True, slots=True)
class Job:
    """What a run is to do. `report` is where the JSON document goes; `max_failed` is in percent of a site's fetches."""

    settings: Settings
    sites: tuple[Site, ...]
    since: date | None = None
    report: Path | None = None
    max_failed: float = 20.0
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Done:
    """What came of a job; `stopped_by` is the number of the signal that ended it early."""

    report: RunReport
    exit_code: int
    stopped_by: int | None
    would_fetch: tuple[str, ...] = ()


def run_job(job: Job, store: Store, archive: Archive) -> Done:
    """Crawl. Raises LockedError where another run is at work, InputError for a report that cannot be written."""
    if not job.sites:
        raise InputError(f"{job.settings.file} has no site to crawl; add a [sites.NAME] table")
    if job.report is not None and (job.report.is_dir() or not job.report.absolute().parent.is_dir()):
        raise InputError(f"--report {job.report}: expected the name of a file in a folder that is there")
    with hold(job.settings.lock_file, "tratin crawl"):
        done = _rehearse(job, store) if job.dry_run else _crawl(job, store, archive)
    if job.report is not None:
        try:
            files.write(job.report, json.dumps(done.report.document(), ensure_ascii=False, indent=2))
        except OSError as error:
            raise InputError(f"--report {job.report} cannot be written: {error.strerror}") from None
    return done


def _crawl(job: Job, store: Store, archive: Archive) -> Done:
    options = CrawlOptions(job.settings.crawler.max_pages, job.since, lists_only=job.dry_run)
    run = Crawl(job.settings, job.sites, store, archive, options)
    with _stopping(run) as caught, progress.shown(run.report, run.remaining):
        run.run()
    stopped_by = caught[0] if caught else None
    return Done(run.report, run.end(job.max_failed, stopped_by), stopped_by)


def _rehearse(job: Job, store: Store) -> Done:
    """Crawl the list pages into a copy of the store that is thrown away, and tell which articles would be fetched."""
    with tempfile.TemporaryDirectory(prefix="tratin-") as name:
        copy = store.copy_to(Path(name) / "store.sqlite")
        archive = Archive(Path(name), job.settings.crawler.user_agent)
        try:
            done = _crawl(job, copy, archive)
            would_fetch = copy.frontier.due_articles(site.id for site in job.sites)
            return Done(done.report, done.exit_code, done.stopped_by, tuple(would_fetch))
        finally:
            archive.close()
            copy.close()


@contextmanager
def _stopping(run: Crawl) -> Iterator[list[int]]:
    """Stop the run at SIGTERM or SIGINT; the list holds the signals that came. A run in a thread gets none."""
    caught: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield caught
        return

    def catch(number: int) -> None:
        caught.append(number)
        if len(caught) == 1:  # a second signal may come while the first one holds the locks that `stop` needs
            run.stop()

    with ending(catch):
        yield caught
