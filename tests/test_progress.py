"""Progress on a real terminal and into a pipe: processes of their own, for a display is what a terminal gets."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import crawler
from crawler.errors import TratinError
from crawler.progress import SITES_SHOWN, Pace, Sight, Watch, line, live_table, pace_of, pace_of_all, shown
from crawler.report import RunReport, Tally

ROOT = Path(crawler.__file__).parents[1]
PROGRAM = """
import logging, sys, time
from crawler.logs import set_up
from crawler.progress import shown
from crawler.report import RunReport
set_up("text", verbose=False)
report = RunReport(["vui", "hus"], "2026-11-23T00:00:00+00:00")
log = logging.getLogger("crawler.crawl")
log.info("trước")
try:
    with shown(report, lambda: {"vui": 40, "hus": 2}, every=0.2):
        for n in range(int(sys.argv[1])):
            report.add("vui", fetched=1, new=1)
            report.note("hus", "failed", "status 500", "https://hus.edu.vn/")
            if n % 5 == 0:
                log.warning("cảnh báo %d %s", n, "dài " * 60)
                print("in thẳng", n, file=sys.stderr)
            time.sleep(0.05)
except KeyboardInterrupt:
    log.info("dừng")
log.info("sau")
print("rich" in sys.modules)
"""


def tally(done: int, failed: int = 0) -> Tally:
    return Tally(done, done, failed)


def pace(rate: float | None, due: int, left: float | None, done: int = 0) -> Pace:
    return Pace(done, 0, 0, due, rate, left)


@pytest.mark.parametrize(
    ("seconds", "done", "due", "rate", "left"),
    [
        (60, 120, 240, 2.0, 120.0),
        (60, 0, 240, 0.0, None),
        (60, 120, 0, 2.0, 0.0),
        (4.9, 100, 10, None, None),
        (0, 0, 0, None, 0.0),
    ],
)
def test_the_pace_of_a_site(seconds: float, done: int, due: int, rate: float | None, left: float | None) -> None:
    first, last = Sight(100.0, {"vui": tally(7)}, {}), Sight(100.0 + seconds, {"vui": tally(7 + done)}, {"vui": due})
    assert pace_of("vui", first, last) == Pace(7 + done, 7 + done, 0, due, rate, left)


def test_sites_are_side_by_side_so_the_slowest_says_when_a_run_ends() -> None:
    run = pace_of_all({"vui": pace(1.0, 3600, 3600.0), "hus": pace(9.0, 90, 10.0)})
    assert (run.rate, run.due, run.left) == (10.0, 3690, 3600.0)


def test_a_site_that_has_not_begun_is_reckoned_in() -> None:
    run = pace_of_all({"vui": pace(2.0, 2, 1.0), "hus": pace(0.0, 398, None)})
    assert run.left == 200.0


@pytest.mark.parametrize("sites", [{"vui": pace(None, 5, None)}, {"vui": pace(0.0, 5, None)}, {}])
def test_nobody_knows_how_long_nothing_takes(sites: dict[str, Pace]) -> None:
    assert pace_of_all(sites).left is None
    assert "– left" in line(sites)


def test_a_line_for_the_log() -> None:
    told = line({"vui": Pace(12_000, 480, 3, 4321, 8.0, 540.1), "hus": Pace(345, 4, 1, 0, 0.24, 0.0)})
    assert told == "12,345 pages of 2 sites, 8.2 a second; 4,321 due, 9 min 00 s left; 484 new, 4 failed"


def test_the_live_table_fits_a_terminal() -> None:
    lines = live_table({f"site-{n}": pace(1.0, n, float(n), 10) for n in range(40)})
    assert len(lines) == SITES_SHOWN + 2 < 24
    assert lines[1].startswith("site-25 ")
    assert lines[-1].split()[:4] == ["all", "40", "sites", "400"]
    assert len(live_table({"vui": pace(1.0, 1, 1.0)})) == 2


def test_a_watch_looks_back_some_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr("crawler.progress.time.monotonic", lambda: now[0])
    report = RunReport(["vui"], "2026-11-23T00:00:00+00:00")
    watch = Watch(report, lambda: {"vui": 30})
    for _ in range(60):  # ten minutes at 3 a second, then three at half of that
        now[0] += 10
        report.add("vui", fetched=30)
        found = watch.look()["vui"]
    assert (found.rate, found.left) == (3.0, 10.0)
    for _ in range(18):
        now[0] += 10
        report.add("vui", fetched=15)
        found = watch.look()["vui"]
    assert (found.done, found.rate, found.left) == (2070, 1.5, 20.0)


def test_a_store_that_cannot_count_does_not_end_the_run() -> None:
    def broken() -> dict[str, int]:
        raise TratinError("the store cannot be used: disk I/O error")

    assert Watch(RunReport(["vui"], ""), broken).look()["vui"].due == 0


def test_what_is_due_is_not_counted_all_the_time() -> None:
    counted = []
    watch = Watch(RunReport(["vui"], ""), lambda: counted.append(1) or {"vui": 9})  # type: ignore[func-returns-value]
    assert [watch.look()["vui"].due for _ in range(50)] == [9] * 50
    assert len(counted) == 1


def test_it_ends_at_once_however_the_block_ends() -> None:
    before, watched = threading.active_count(), []

    def crash() -> None:
        with shown(RunReport(["vui"], ""), dict, every=3600):
            watched.append(threading.active_count())
            raise ZeroDivisionError

    began = time.monotonic()
    with pytest.raises(ZeroDivisionError):
        crash()
    assert time.monotonic() - began < 5
    assert (watched, threading.active_count()) == ([before + 1], before)


@contextmanager
def on_terminal(
    count: int, **environment: str
) -> Iterator[tuple[subprocess.Popen[bytes], Callable[[bytes | None], str]]]:
    """Run the program with its standard error on a terminal; the second reads that until something or the end."""
    ours, theirs = pty.openpty()
    told = os.environ | {"PYTHONPATH": str(ROOT), "TERM": "xterm", "COLUMNS": "80", "LINES": "24"} | environment
    seen = b""

    def read(until: bytes | None) -> str:
        nonlocal seen
        deadline = time.monotonic() + 30
        while until is None or until not in seen:
            assert time.monotonic() < deadline, seen
            if not select.select([ours], [], [], 0.1)[0]:
                continue
            try:
                seen += os.read(ours, 65536)
            except OSError:  # the other side is closed
                break
        return seen.decode()

    with subprocess.Popen(
        [sys.executable, "-P", "-c", PROGRAM, str(count)], env=told, stderr=theirs, stdout=subprocess.PIPE
    ) as process:
        os.close(theirs)
        try:
            yield process, read
        finally:
            process.kill()
            os.close(ours)


def screen(written: str) -> list[str]:
    """What a terminal of any width shows after all of it; it obeys the few commands that `rich` uses."""
    lines, row, column = [""], 0, 0
    for part in re.findall(r"\x1b\[[?0-9;]*[A-Za-z]|\r|\n|[^\x1b\r\n]+", written):
        if part == "\r":
            column = 0
        elif part == "\n":
            row, column = row + 1, 0
            lines += [""] * (row + 1 - len(lines))
        elif not part.startswith("\x1b"):
            lines[row] = lines[row][:column].ljust(column) + part + lines[row][column + len(part) :]
            column += len(part)
        elif part.endswith("A"):
            row -= int(part[2:-1] or 1)
        elif part == "\x1b[2K":
            lines[row] = ""
    return [line for line in lines if line.strip()]


def test_a_terminal_is_live_while_it_runs_and_clean_afterwards() -> None:
    with on_terminal(30) as (process, read):
        written = read(None)
        assert process.wait(30) == 0
        assert process.stdout is not None
        assert process.stdout.read() == b"True\n"
    assert re.search(r"vui +\d+ +– +40", written)
    assert re.search(r"total +\d+ +– +42", written)
    assert written.count("\x1b[?25l") == written.count("\x1b[?25h") == 1  # the cursor is there again
    left = screen(written)
    assert [text.split(maxsplit=3)[-1][:12].strip() for text in left if " WARNING " in text] == [
        f"cảnh báo {n}" + ("" if n > 9 else " d") for n in range(0, 30, 5)
    ]
    assert [text for text in left if text.startswith("in thẳng")] == [f"in thẳng {n}" for n in range(0, 30, 5)]
    assert len(left) == 2 + 6 + 6
    assert left[0].endswith("INFO trước")
    assert left[-1].endswith("INFO sau")


def test_an_interrupt_leaves_the_terminal_clean() -> None:
    with on_terminal(10_000) as (process, read):
        read(b"total")
        process.send_signal(signal.SIGINT)
        began = time.monotonic()
        written = read(None)
        assert process.wait(30) == 0
        assert time.monotonic() - began < 5
    assert "Traceback" not in written
    assert written.rstrip().endswith("INFO sau")
    assert written.index("\x1b[?25h") < written.index("INFO dừng")
    assert not any("total" in text or "a second" in text for text in screen(written))


@pytest.mark.parametrize("term", ["dumb", "pipe"])
def test_lines_where_there_is_no_terminal_to_draw_on(term: str) -> None:
    if term == "dumb":
        with on_terminal(30, TERM=term) as (process, read):
            told = read(None)
            assert process.stdout is not None
            out = process.stdout.read()
    else:
        command, environment = [sys.executable, "-P", "-c", PROGRAM, "30"], os.environ | {"PYTHONPATH": str(ROOT)}
        done = subprocess.run(command, env=environment, capture_output=True, timeout=60, check=True)
        told, out = done.stderr.decode(), done.stdout
    assert out == b"False\n"  # nobody pays for `rich` without seeing it
    assert "\x1b" not in told
    found = re.findall(
        r"INFO (\d+) pages of 2 sites, (?:–|[\d.]+) a second; 42 due, (.*) left; \d+ new, \d+ failed", told
    )
    assert len(found) >= 2
    counts = [int(count) for count, _ in found]
    assert counts == sorted(counts)
