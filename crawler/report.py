"""What a run did, told as a table, as a JSON document and as an exit code."""

from __future__ import annotations

import math
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any

from crawler.table import aligned, duration, megabytes, number, printable

EXAMPLES = 3  # addresses named for each reason: enough to look at, few enough to read
REASONS = 50  # kept for each kind and site: servers choose some of their words, and memory must not grow with a site
LONGEST_REASON = 200  # characters, for the same cause
SHOWN = 10  # reasons of a kind in the table; the JSON document has all that are kept
OTHERS = "other reasons"

DONE, PARTIAL, NOTHING = 0, 3, 6
MEANINGS = {DONE: "done", PARTIAL: "partial", NOTHING: "nothing fetched"}

COLUMNS = {  # heading: figure; one that is 0 on every site is left out, unless it is one of ALWAYS
    "found": "discovered",
    "fetched": "fetched",
    "304": "not_modified",
    "new": "new",
    "changed": "changed",
    "404": "missing",
    "gone": "gone",
    "refused": "refused",
    "failed": "failed",
}
ALWAYS = frozenset({"fetched", "new", "failed"})


def meaning(exit_code: int) -> str:
    """Say in a word or two what the exit code of a run means."""
    if exit_code > 128:
        return f"stopped by {signal.Signals(exit_code - 128).name}"
    return MEANINGS.get(exit_code, f"exit code {exit_code}")


@dataclass
class Reason:
    """How often something happened, and a few addresses."""

    count: int = 0
    examples: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Tally:
    """How far a site is, for whoever watches; `done` are the fetches that came to an end."""

    done: int
    new: int
    failed: int


@dataclass
class SiteReport:
    """What happened on one site in one run.

    `fetched` counts the responses that say something (200, 304, a redirect, 404, 410; all else has failed),
    `not_modified` those of them that were 304, `unchanged` those with the body or the article of last time, `missing`
    404, 410 and articles that lead elsewhere, `soft_404` pages of status 200 that say that there is nothing,
    `no_article` the article pages in which no article was found, by reason, `held` the versions that were held back
    because the site has drifted, `attachments` the documents whose text was read. `put_off` maps hosts that were left
    alone to the reason, `broken_starts` start pages to what was wrong with them. `waits` counts the pauses that a host
    asked for or that back-off made, `waited` is their sum. `smallest_gap` is the shortest time between the end of a
    response and the start of the next request to the same host, null before there are two. `seconds` runs from the
    first to the last thing noted. All in seconds.
    """

    discovered: int = 0
    fetched: int = 0
    not_modified: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    missing: int = 0
    gone: int = 0
    soft_404: int = 0
    held: int = 0
    attachments: int = 0
    bytes: int = 0
    waits: int = 0
    waited: float = 0.0
    smallest_gap: float | None = None
    seconds: float = 0.0
    refused: dict[str, Reason] = field(default_factory=dict)
    failed: dict[str, Reason] = field(default_factory=dict)
    no_article: dict[str, Reason] = field(default_factory=dict)
    put_off: dict[str, str] = field(default_factory=dict)
    broken_starts: dict[str, str] = field(default_factory=dict)
    drift: list[dict[str, Any]] = field(default_factory=list)

    @property
    def failures(self) -> int:
        """How many fetches did not work."""
        return sum(reason.count for reason in self.failed.values())

    def figure(self, name: str) -> int:
        """A count by its name; of what is told by reason, the sum."""
        value = getattr(self, name)
        return sum(reason.count for reason in value.values()) if isinstance(value, dict) else int(value)

    @property
    def gap(self) -> float | None:
        """The smallest gap in whole milliseconds, rounded down: one that was too small must not look as if kept."""
        return None if self.smallest_gap is None else math.floor(self.smallest_gap * 1000) / 1000

    def faults(self, max_failed: float) -> list[str]:
        """Say why this site is not in order; nothing where it is. See `RunReport.exit_code`."""
        return self.outages(max_failed) + [f"drifted: {finding['sentence']}" for finding in self.drift]

    def outages(self, max_failed: float) -> list[str]:
        """Say what could not be fetched that should have been."""
        tried = self.fetched + self.failures
        found = [] if self.fetched else ["nothing could be fetched"]
        if 100 * self.failures > max_failed * tried:
            found.append(f"{self.failures:,} of {tried:,} fetches failed, more than {max_failed:g}%")
        found += [f"start page {url}: {reason}" for url, reason in self.broken_starts.items()]
        return found + [f"host {host} was left alone: {reason}" for host, reason in self.put_off.items()]


class RunReport:
    """The reports of all sites of a run; threads may add to it."""

    def __init__(self, sites: Iterable[str], started: str, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin with nothing done; `clock` gives seconds."""
        self.started = started
        self.ended: str | None = None
        self.seconds: float | None = None
        self.ended_with: int | None = None
        self.max_failed = 100.0  # percent, until `end` is told
        self.remarks: list[str] = []
        self.sites = {site: SiteReport() for site in sites}
        self._lock = threading.RLock()
        self._clock, self._began = clock, clock()
        self._began_on: dict[str, float] = {}

    @contextmanager
    def _changing(self, site: str) -> Iterator[SiteReport]:
        """Change the report of a site, alone, and note how long its work has lasted."""
        with self._lock:
            report, now = self.sites[site], self._clock()
            report.seconds = now - self._began_on.setdefault(site, now)
            yield report

    def add(self, site: str, **counts: int) -> None:
        """Add to the counts of a site."""
        with self._changing(site) as report:
            for name, count in counts.items():
                setattr(report, name, getattr(report, name) + count)

    def note(self, site: str, what: str, reason: str, url: str, *, start: bool = False) -> None:
        """Count a reason under `what`: refused, failed or no_article; `start` says that `url` is a start page."""
        reason = printable(reason)[:LONGEST_REASON]
        with self._changing(site) as report:
            noted = getattr(report, what)
            if reason not in noted and len(noted) >= REASONS:
                reason = OTHERS
            told = noted.setdefault(reason, Reason())
            told.count += 1
            if len(told.examples) < EXAMPLES and url not in told.examples:
                told.examples.append(url)
            if start:
                report.broken_starts[url] = reason

    def put_off(self, site: str, host: str, reason: str) -> None:
        """Note that a host is left alone for the rest of the run; the reason says until when, where that is known."""
        with self._changing(site) as report:
            report.put_off[host] = printable(reason)[:LONGEST_REASON]

    def gap(self, site: str, seconds: float) -> None:
        """Note the time between the end of a response and the start of the next request to the same host."""
        with self._changing(site) as report:
            report.smallest_gap = min(seconds, math.inf if report.smallest_gap is None else report.smallest_gap)

    def waited(self, site: str, seconds: float) -> None:
        """Note a pause that the run made itself, for a Retry-After or to back off."""
        with self._changing(site) as report:
            report.waits += 1
            report.waited += seconds

    def drifted(self, site: str, findings: list[dict[str, Any]]) -> None:
        """Note how a site has drifted: dicts with `field`, `sentence`, `rule`, `was`, `now`, `examples`."""
        with self._changing(site) as report:
            report.drift = list(findings)

    def remark(self, sentence: str) -> None:
        """Note something that concerns the whole run."""
        with self._lock:
            self.remarks.append(sentence)

    def tallies(self) -> dict[str, Tally]:
        """How far each site is."""
        with self._lock:
            return {
                name: Tally(site.fetched + site.failures, site.new, site.failures) for name, site in self.sites.items()
            }

    def faults(self, max_failed: float) -> list[str]:
        """Say why the run is not in order, site by site; nothing where it is."""
        with self._lock:
            return [f"{name}: {fault}" for name, site in self.sites.items() for fault in site.faults(max_failed)]

    def exit_code(self, max_failed: float) -> int:
        """Give 0 where every site is in order, 6 where no site answered anything, else 3.

        A monitor may take 0 as: each site answered, all its start pages were read, at most `max_failed` percent of its
        fetches failed, no host was left alone, and its pages are read as they were. That nothing has changed (every
        answer a 304) is 0. A start page that failed or was refused is 3 whatever `max_failed` is, for what is new
        would be missed in silence; so is a site of which nothing was fetched, though 29 others are well. A run that
        fetched nothing is 6 for whatever cause, a Retry-After that an earlier run was given among them: the archive
        is no fresher than before, and the report says until when.
        """
        with self._lock:
            if not any(site.fetched for site in self.sites.values()):
                return NOTHING
            return PARTIAL if self.faults(max_failed) else DONE

    def end(self, ended: str, max_failed: float, stopped_by: int | None = None) -> int:
        """Close the report at the instant `ended` and give the run's exit code; `stopped_by` is a signal's number."""
        with self._lock:
            self.ended, self.max_failed = ended, max_failed
            self.seconds = self._clock() - self._began
            self.ended_with = 128 + stopped_by if stopped_by else self.exit_code(max_failed)
            return self.ended_with

    def document(self) -> dict[str, Any]:
        """The JSON document of `--report`."""
        with self._lock:
            return {
                "started": self.started,
                "ended": self.ended,
                "seconds": None if self.seconds is None else round(self.seconds, 1),
                "exit_code": self.ended_with,
                "faults": self.faults(self.max_failed),
                "remarks": list(self.remarks),
                "sites": {name: _rounded(site) for name, site in self.sites.items()},
            }

    def table(self) -> str:
        """What happened, for people: a line a site, then for each what was wrong, by reason and with addresses."""
        with self._lock:
            lines = _overview(self.sites, self.seconds)
            for name, site in self.sites.items():
                if details := _details(site, self.max_failed):
                    lines += ["", name, *(f"  {line}" for line in details)]
            if self.remarks:
                lines += ["", *self.remarks]
            if self.ended_with is not None:
                lines += ["", f"{meaning(self.ended_with)} (exit code {self.ended_with}), {duration(self.seconds)}"]
            return "\n".join(map(printable, lines))


def _rounded(site: SiteReport) -> dict[str, Any]:
    told = {"waited": round(site.waited, 1), "seconds": round(site.seconds, 1), "smallest_gap": site.gap}
    return asdict(site) | told


def _overview(sites: dict[str, SiteReport], seconds: float | None) -> list[str]:
    """The table proper; its total has the time of the whole run, for sites are crawled side by side."""
    sums = {name: sum(site.figure(name) for site in sites.values()) for name in COLUMNS.values()}
    shown = {title: name for title, name in COLUMNS.items() if sums[name] or name in ALWAYS}
    rows = [["site", *shown, "MB", "time"]]
    for name, site in sites.items():
        counts = [number(site.figure(column)) for column in shown.values()]
        rows.append([name, *counts, megabytes(site.bytes), duration(site.seconds)])
    if len(sites) > 1:
        counts = [number(sums[column]) for column in shown.values()]
        rows.append(["total", *counts, megabytes(sum(site.bytes for site in sites.values())), duration(seconds)])
    return aligned(rows)


def _details(site: SiteReport, max_failed: float) -> list[str]:
    lines = site.outages(max_failed)
    for finding in site.drift:
        lines += [f"drifted: {finding['sentence']}", *(f"    {url}" for url in finding["examples"][:EXAMPLES])]
    if site.held:
        lines.append(f"versions held back until the drift is settled: {site.held:,}")
    for what in ("failed", "refused", "no_article"):
        lines += _reasons(what.replace("_", " "), getattr(site, what))
    if site.soft_404:
        lines.append(f"pages that say 'not found' with status 200: {site.soft_404:,}")
    if site.waits:
        lines.append(f"waited {site.waits:,} times, {duration(site.waited)} in all")
    if site.gap is not None:
        lines.append(f"smallest gap between two requests to a host: {site.gap:.3f} s")
    return lines


def _reasons(what: str, noted: dict[str, Reason]) -> list[str]:
    """The reasons of one kind, the most frequent first, each with its addresses."""
    ordered = sorted(noted.items(), key=lambda item: (item[0] == OTHERS, -item[1].count))
    lines = []
    for reason, told in ordered[:SHOWN]:
        lines += [f"{what} {told.count:,}: {reason}", *(f"    {url}" for url in told.examples)]
    if len(ordered) > SHOWN:
        left = sum(told.count for _, told in ordered[SHOWN:])
        lines.append(f"{what} {left:,}: for {len(ordered) - SHOWN} more reasons, which the JSON report names")
    return lines
