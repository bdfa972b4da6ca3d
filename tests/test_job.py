"""`tratin crawl` as a real process: exit codes, signals, the lock, the report, and a power cut in the middle."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from newsdesk import article_page, newsroom, opened, settings_for, site_of, start_tratin, stored, tratin
from webserver import Answer, Seen, WebServer

from crawler.settings import Settings

COUNT = 12


@pytest.fixture
def web() -> Iterator[WebServer]:
    with WebServer(newsroom(COUNT)) as server:
        yield server


@pytest.fixture
def settings(web: WebServer, tmp_path: Path) -> Settings:
    return settings_for(tmp_path, {"a": site_of(web)})


def slow(web: WebServer, seconds: float) -> None:
    """Let every article take its time."""

    def answer(seen: Seen) -> Answer:
        time.sleep(seconds)
        return Answer(article_page(int(seen.path[5:-5])))

    web.routes |= {path: answer for path in web.routes if path.startswith("/tin-")}


def wait_for(web: WebServer, requests: int, process: subprocess.Popen[str]) -> None:
    """Wait until that many requests have come."""
    deadline = time.monotonic() + 15
    while len(web.seen) < requests:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_run_with_a_report(web: WebServer, settings: Settings, tmp_path: Path) -> None:
    code, out, _ = tratin(settings, "crawl", "--no-index", "--json", "--report", str(tmp_path / "report.json"))
    assert code == 0
    document = json.loads(out)
    assert document["sites"]["a"]["new"] == COUNT
    assert json.loads((tmp_path / "report.json").read_text()) == document
    assert len(stored(settings)) == COUNT


def test_a_report_that_cannot_be_written_is_told_before_anything_is_fetched(
    web: WebServer, settings: Settings, tmp_path: Path
) -> None:
    for place in (tmp_path / "none" / "report.json", tmp_path):
        code, _, errors = tratin(settings, "crawl", "--no-index", "--report", str(place))
        assert code == 2
        assert "--report" in errors
        assert web.seen == []


def test_a_power_cut_loses_nothing_and_doubles_nothing(web: WebServer, settings: Settings) -> None:
    slow(web, 0.04)
    for requests in (6, 11):
        with start_tratin(settings, "crawl", "--no-index") as process:
            wait_for(web, requests, process)
            process.kill()
    assert tratin(settings, "crawl", "--no-index")[0] == 0
    kept = stored(settings)
    assert kept.keys() == {f"/tin-{n}.html" for n in range(1, COUNT + 1)}
    assert {one.versions for one in kept.values()} == {1}
    asked = Counter(path for path in web.paths() if path.startswith("/tin-"))
    assert sum(asked.values()) <= COUNT + 2  # only what was under way is asked for again
    with opened(settings) as (store, archive):
        for one in kept.values():
            location = store.location_of(one.article.id)
            assert location is not None
            assert archive.read(location).url == one.article.url


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_ends_a_run_soon_and_keeps_its_state(
    web: WebServer, settings: Settings, tmp_path: Path, number: signal.Signals, code: int
) -> None:
    web.routes["/tin-4.html"] = lambda _: time.sleep(4) or Answer("late")  # type: ignore[func-returns-value]
    report = tmp_path / "report.json"
    with start_tratin(settings, "crawl", "--no-index", "--report", str(report)) as process:
        deadline = time.monotonic() + 15
        while not web.count("/tin-4.html"):
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.01)
        started = time.monotonic()
        process.send_signal(number)
        _, errors = process.communicate(timeout=5)
        assert time.monotonic() - started < 3
    assert process.returncode == code
    assert f"stopped by {number.name}" in errors
    assert "Traceback" not in errors
    kept = stored(settings)
    assert kept.keys() == {f"/tin-{n}.html" for n in (1, 2, 3)}
    assert json.loads(report.read_text())["sites"]["a"]["put_off"] == {}
    with opened(settings) as (store, _):
        assert store.runs()[0].exit_code == code


def test_a_second_run_names_the_first_and_leaves(web: WebServer, settings: Settings) -> None:
    slow(web, 0.3)
    with start_tratin(settings, "crawl", "--no-index") as first:
        wait_for(web, 5, first)
        for arguments in (("crawl",), ("crawl", "--dry-run")):
            code, _, errors = tratin(settings, *arguments)
            assert code == 5
            assert f"tratin crawl, process {first.pid}, since " in errors
        first.kill()
    slow(web, 0)
    assert tratin(settings, "crawl", "--no-index")[0] == 0  # the lock died with its holder


def test_a_dry_run_keeps_nothing(web: WebServer, settings: Settings) -> None:
    code, out, _ = tratin(settings, "crawl", "--dry-run")
    assert code == 0
    would = [line.split()[-1] for line in out.splitlines() if line.startswith("would fetch")]
    assert sorted(would) == sorted(web.url(f"/tin-{n}.html") for n in range(1, COUNT + 1))
    assert [path for path in web.paths() if path.startswith("/tin-")] == []
    assert stored(settings) == {}
    assert not (settings.data / "warc").exists()
    with opened(settings) as (store, _):
        assert store.frontier.due_hosts(["a"]) == set()
        assert store.runs() == []


def test_nothing_fetched_is_an_error_of_its_own(tmp_path: Path) -> None:
    with WebServer() as down:
        pass
    code, out, errors = tratin(settings_for(tmp_path, {"a": site_of(down)}), "crawl", "--no-index")
    assert code == 6
    assert "connection refused" in out
    assert "nothing could be fetched" in errors


def test_too_many_failures_are_partial(web: WebServer, settings: Settings) -> None:
    web.routes |= {f"/tin-{n}.html": Answer("", 403) for n in range(1, 5)}
    code, out, _ = tratin(settings, "crawl", "--no-index", "--max-failed", "20")
    assert code == 3
    assert "failed 4: status 403" in out
    assert tratin(settings, "crawl", "--no-index", "--max-failed", "100")[0] == 0


def test_usage_and_configuration(web: WebServer, settings: Settings) -> None:
    assert tratin(settings, "crawl", "--max-pages", "0")[0] == 2
    code, _, errors = tratin(settings, "crawl", "b")
    assert code == 2
    assert "no site 'b'" in errors
    settings.file.write_text("[crawler]\ndelai = 1", encoding="utf-8")
    code, _, errors = tratin(settings, "crawl")
    assert code == 4
    assert "did you mean 'delay'" in errors
    settings.file.write_text("", encoding="utf-8")
    assert "no site to crawl" in tratin(settings, "crawl")[2]
    assert web.seen == []


def test_a_damaged_store_is_told(web: WebServer, settings: Settings) -> None:
    settings.data.mkdir()
    (settings.data / "store.sqlite").write_bytes(b"no database " * 1000)
    code, _, errors = tratin(settings, "crawl")
    assert code == 7
    assert "store.sqlite is damaged" in errors
    assert web.seen == []
