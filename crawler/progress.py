"""What a run shows while it goes on: a live table on a terminal, else a line in the log each minute.

It only watches: a thread of its own reads the report and asks how many pages are due. `rich` is loaded on a terminal
alone; a scheduled job does without its 2 MB.
"""

from __future__ import annotations

import io
import logging
import os
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext, redirect_stderr
from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO

from crawler.errors import TratinError
from crawler.report import RunReport, Tally
from crawler.table import aligned, duration, number

if TYPE_CHECKING:
    from rich.live import Live

log = logging.getLogger(__name__)

LINE_EVERY = 60.0  # seconds between two lines in the log: a day of them can still be read
REDRAW_EVERY = 1.0  # seconds; a table that changes more often cannot be read
COUNT_EVERY = 5.0  # seconds between two questions for what is due: counting 100,000 pages takes 30 ms
WINDOW = 180.0  # seconds that a rate is taken over: hosts that answer slowly for a moment do not upset it
FEWEST_SECONDS = 5.0  # of watching before a rate is told
SITES_SHOWN = 15  # in the table, those with the most to do; it has to fit a terminal of 24 lines

Remaining = Callable[[], Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class Sight:
    """What was seen at an instant (seconds): how far each site is, and how many of its pages are due."""

    at: float
    tallies: Mapping[str, Tally]
    due: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Pace:
    """How far a site or a run is, how fast it goes (pages a second), and how many seconds are left; None is unknown."""

    done: int
    new: int
    failed: int
    due: int
    rate: float | None
    left: float | None


def pace_of(site: str, first: Sight, last: Sight) -> Pace:
    """The pace of a site between two sights."""
    tally, due, seconds = last.tallies[site], last.due.get(site, 0), last.at - first.at
    rate = (tally.done - first.tallies[site].done) / seconds if seconds >= FEWEST_SECONDS else None
    left = 0.0 if due == 0 else due / rate if rate else None
    return Pace(tally.done, tally.new, tally.failed, due, rate, left)


def pace_of_all(sites: Mapping[str, Pace]) -> Pace:
    """The pace of a run. Sites are crawled side by side, so the slowest one says when it ends."""
    due = sum(pace.due for pace in sites.values())
    known = [pace.rate for pace in sites.values() if pace.rate is not None]
    rate = sum(known) if known else None
    left = max([due / rate, *(pace.left for pace in sites.values() if pace.left)]) if rate else None
    return Pace(
        done=sum(pace.done for pace in sites.values()),
        new=sum(pace.new for pace in sites.values()),
        failed=sum(pace.failed for pace in sites.values()),
        due=due,
        rate=rate,
        left=left,
    )


def line(sites: Mapping[str, Pace]) -> str:
    """Tell the pace of a run in one line."""
    run = pace_of_all(sites)
    return (
        f"{run.done:,} pages of {len(sites)} {'site' if len(sites) == 1 else 'sites'}, {_rate(run.rate)} a second; "
        f"{run.due:,} due, {duration(run.left)} left; {run.new:,} new, {run.failed:,} failed"
    )


def live_table(sites: Mapping[str, Pace]) -> list[str]:
    """Tell the pace of each site and of the run; of many sites those with the most to do."""
    busiest = sorted(sites, key=lambda site: (-sites[site].due, -sites[site].done))[:SITES_SHOWN]
    named = {site: sites[site] for site in sites if site in busiest}
    if len(sites) > len(busiest):
        named[f"all {len(sites)} sites"] = pace_of_all(sites)
    elif len(sites) > 1:
        named["total"] = pace_of_all(sites)
    rows = [["site", "pages", "a second", "due", "left", "new", "failed"]]
    for name, pace in named.items():
        counts = map(number, (pace.new, pace.failed))
        rows.append([name, number(pace.done), _rate(pace.rate), number(pace.due), duration(pace.left), *counts])
    return aligned(rows)


def _rate(rate: float | None) -> str:
    return "–" if rate is None else f"{rate:.1f}"


class Watch:
    """Looks at a run again and again, and remembers the last minutes. For one thread."""

    def __init__(self, report: RunReport, remaining: Remaining) -> None:
        """Take the first look at what is done; nothing is asked of the store yet."""
        self._report, self._remaining = report, remaining
        self._due: Mapping[str, int] = {}
        self._counted = float("-inf")
        self._seen: deque[Sight] = deque([self._look()])

    def look(self) -> dict[str, Pace]:
        """The pace of each site over the last minutes."""
        if time.monotonic() - self._counted >= COUNT_EVERY:
            self._due, self._counted = self._count(), time.monotonic()
        self._seen.append(self._look())
        while self._seen[-1].at - self._seen[1].at >= WINDOW:
            self._seen.popleft()
        return {site: pace_of(site, self._seen[0], self._seen[-1]) for site in self._seen[-1].tallies}

    def _look(self) -> Sight:
        return Sight(time.monotonic(), self._report.tallies(), self._due)

    def _count(self) -> Mapping[str, int]:
        """What is due; what was due before where the store cannot tell, which is for the crawl itself to say."""
        try:
            return self._remaining()
        except TratinError as error:
            log.debug("what is due cannot be counted: %s", error)
            return self._due


@contextmanager
def shown(
    report: RunReport, remaining: Remaining, stream: TextIO | None = None, every: float = LINE_EVERY
) -> Iterator[None]:
    """Show the progress of the block on `stream`, standard error by default; `remaining` counts what is due by site.

    Log lines come out whole above the table. It is gone when the block ends, however it ends.
    """
    stream, watch = stream or sys.stderr, Watch(report, remaining)
    if stream.isatty() and os.environ.get("TERM", "dumb") != "dumb":
        with _live(stream) as draw, _again(REDRAW_EVERY, lambda: draw(live_table(watch.look()))):
            yield
    else:
        with _again(every, lambda: log.info("%s", line(watch.look()))):
            yield


@contextmanager
def _again(every: float, do: Callable[[], None]) -> Iterator[None]:
    """Do something every so many seconds of the block, in a thread that ends with it at once."""
    ended = threading.Event()

    def repeat() -> None:
        while not ended.wait(every):
            do()

    thread = threading.Thread(target=repeat, name="progress", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


@contextmanager
def _live(stream: TextIO) -> Iterator[Callable[[list[str]], None]]:
    """Keep some lines at the end of a terminal, below all that is logged; gives what draws them."""
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

    console = Console(file=stream, force_terminal=True, force_interactive=True, highlight=False)
    drawing = threading.RLock()
    live = Live(console=console, auto_refresh=False, transient=True, redirect_stdout=False, redirect_stderr=False)

    def draw(lines: list[str]) -> None:
        with drawing:
            live.update(Text("\n".join(lines), no_wrap=True, overflow="ellipsis"), refresh=True)

    with live, _logging_to(_Above(live, drawing), stream):
        yield draw


@contextmanager
def _logging_to(above: _Above, stream: TextIO) -> Iterator[None]:
    """Send what is logged or printed to the terminal `stream` in the block to `above`."""
    handlers = [
        handler
        for handler in logging.getLogger().handlers
        if isinstance(handler, logging.StreamHandler) and handler.stream is stream
    ]
    for handler in handlers:
        handler.setStream(above)
    try:
        with redirect_stderr(above) if sys.stderr is stream else nullcontext():
            yield
    finally:
        for handler in handlers:
            handler.setStream(stream)
        above.close()


class _Above(io.TextIOBase):
    """Writes whole lines above a live display."""

    def __init__(self, live: Live, drawing: threading.RLock) -> None:
        self._live, self._drawing, self._rest = live, drawing, ""

    def write(self, text: str) -> int:
        """Write the lines that are complete; keep the rest until it is."""
        with self._drawing:
            *lines, self._rest = (self._rest + text).split("\n")
            for whole in lines:
                self._live.console.out(whole, highlight=False)
        return len(text)

    def isatty(self) -> bool:
        """It is one: whoever colours what it prints may go on."""
        return True

    def close(self) -> None:
        """Write what is left."""
        if self._rest:
            self.write("\n")
        super().close()
