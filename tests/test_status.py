"""What `tratin status` says of sites that are well, late, put off, drifted, and of runs that were killed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from conftest import made, write_settings

from crawler.cli import Context, status
from crawler.lock import hold
from crawler.readings import Drift
from crawler.report import RunReport
from crawler.settings import Settings
from crawler.status import LISTED, TOLD, readable, status_of
from crawler.store import Store, instant

NOW = datetime(2026, 11, 23, 5, 30, tzinfo=UTC)
FINDING = {
    "field": "published",
    "sentence": "published was found on 97% of the pages, now on 3%",
    "rule": "time.published",
    "was": 0.97,
    "now": 0.03,
    "examples": ["https://vui.example.edu.vn/tin-1.html"],
}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    found = write_settings(tmp_path)
    found.data.mkdir()
    return found


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    opened = Store(settings.store_file)
    yield opened
    opened.close()


def hours_ago(hours: float) -> str:
    return instant(NOW - timedelta(hours=hours))


def ran(store: Store, hours: float, **fetched: int) -> RunReport:
    """Store a run that ended so many hours ago, and fetched so much of each site."""
    report = RunReport(fetched, hours_ago(hours + 0.5))
    for site, count in fetched.items():
        report.add(site, fetched=count, new=count // 10)
    keep(store, report, hours)
    return report


def keep(store: Store, report: RunReport, hours: float) -> None:
    code = report.end(hours_ago(hours), max_failed=20)
    store.end_run(store.start_run(report.started), hours_ago(hours), code, report.document())


def told(settings: Settings, store: Store) -> dict[str, Any]:
    document = status_of(settings, store, NOW)
    json.dumps(document)
    return document


def test_an_archive_without_anything(settings: Settings, store: Store) -> None:
    document = told(settings, store)
    assert (document["articles"], document["sequence"], document["runs"]) == (0, 0, [])
    assert document["sites"]["vui"] == {
        "name": "Trường Đại học Công nghiệp Việt Trì",
        "articles": 0,
        "gone": 0,
        "changed": None,
        "last_seen": None,
        "fresh": None,
        "last_run": None,
        "waiting": {},
        "drift": None,
    }
    lines = readable(document, NOW).splitlines()
    assert lines[1].split()[:5] == ["vui", "0", "0", "never", "never"]
    assert len(lines) == 3


def test_a_site_that_is_well(settings: Settings, store: Store) -> None:
    store.put(made("mot.html"), hours_ago(3))
    store.put(made("hai.html"), hours_ago(50))
    store.mark_gone(made("hai.html").id, hours_ago(2))
    ran(store, 1, vui=1234)
    document = told(settings, store)
    site = document["sites"]["vui"]
    assert (site["articles"], site["gone"], site["changed"], site["fresh"]) == (2, 1, hours_ago(2), hours_ago(1))
    assert site["last_run"] == {
        "started": hours_ago(1.5),
        "ended": hours_ago(1),
        "exit_code": 0,
        "fetched": 1234,
        "not_modified": 0,
        "new": 123,
        "changed": 0,
        "missing": 0,
        "gone": 0,
        "failed": 0,
        "most_frequent_failure": None,
        "put_off": {},
    }
    lines = readable(document, NOW).splitlines()
    assert lines[0].split("  ")[0] == "site"
    assert " ".join(lines[1].split()) == "vui 2 1 2 h ago 1 h ago 1,234 123 0 0 Trường Đại học Công nghiệp Việt Trì"


def test_a_site_that_is_late_with_its_failures(settings: Settings, store: Store) -> None:
    ran(store, 76, vui=10)
    report = RunReport(["vui"], hours_ago(2))
    for n in range(3):
        report.note("vui", "failed", "no answer in time", f"https://vui.example.edu.vn/{n}")
    report.note("vui", "failed", "status 500", "https://vui.example.edu.vn/9")
    report.put_off("vui", "vui.example.edu.vn", "5 failures in a row")
    keep(store, report, 1)
    document = told(settings, store)
    site = document["sites"]["vui"]
    assert site["fresh"] == hours_ago(76)
    assert site["last_run"]["failed"] == 4
    assert site["last_run"]["most_frequent_failure"] == {
        "reason": "no answer in time",
        "count": 3,
        "examples": [f"https://vui.example.edu.vn/{n}" for n in range(3)],
    }
    words = readable(document, NOW)
    assert "3 d ago" in words
    assert "  failed 4, most often (3): no answer in time\n      https://vui.example.edu.vn/0\n" in words
    assert "  host vui.example.edu.vn was left alone: 5 failures in a row\n" in words
    assert "nothing fetched" in words


def test_hosts_that_asked_to_wait_and_for_how_long(settings: Settings, store: Store) -> None:
    store.frontier.wait_until("vui.example.edu.vn", hours_ago(-3))
    store.frontier.wait_until("daotao.example.edu.vn", hours_ago(1))
    document = told(settings, store)
    assert document["sites"]["vui"]["waiting"] == {"vui.example.edu.vn": hours_ago(-3)}
    assert document["sites"]["phongdaotao"]["waiting"] == {}
    assert "host vui.example.edu.vn asked to be left alone until 2026-11-23 15:30" in readable(document, NOW)


def test_a_site_that_has_drifted(settings: Settings, store: Store) -> None:
    store.readings.set_drift(Drift("vui", hours_ago(30), 7, (FINDING,), "[]"))
    document = told(settings, store)
    assert document["sites"]["vui"]["drift"] == {"since": hours_ago(30), "findings": [FINDING]}
    assert document["sites"]["phongdaotao"]["drift"] is None
    assert f"  drifted since 2026-11-22 06:30: {FINDING['sentence']}\n      {FINDING['examples'][0]}" in readable(
        document, NOW
    )


def test_the_last_runs_with_their_figures(settings: Settings, store: Store) -> None:
    for number in range(TOLD + 5):
        ran(store, 30 - number, vui=number, phongdaotao=1000)
    document = told(settings, store)
    assert len(document["runs"]) == TOLD
    newest = document["runs"][0]
    assert (newest["started"], newest["ended"], newest["exit_code"]) == (hours_ago(6.5), hours_ago(6), 0)
    assert newest["state"] == "done"
    assert newest["sites"]["vui"]["fetched"] == TOLD + 4
    assert set(newest["sites"]["vui"]) >= {"discovered", "not_modified", "refused", "failed", "bytes", "held"}
    words = readable(document, NOW)
    listed = words[words.index("last runs") :].splitlines()[1:]
    assert len(listed) == LISTED
    assert "1,024 fetched" in listed[0]
    assert "done" in listed[0]


def test_a_run_that_was_killed_is_cut_off_and_one_at_work_is_running(settings: Settings, store: Store) -> None:
    ran(store, 3, vui=10)
    store.start_run(hours_ago(2))
    document = told(settings, store)
    assert [run["state"] for run in document["runs"]] == ["cut off", "done"]
    killed = document["runs"][0]
    assert (killed["ended"], killed["seconds"], killed["sites"]) == (None, None, {})
    assert document["sites"]["vui"]["last_run"]["fetched"] == 10
    assert "cut off" in readable(document, NOW)
    store.start_run(hours_ago(1))
    with hold(settings.data / "crawl.lock", "tratin crawl"):
        assert [run["state"] for run in told(settings, store)["runs"]] == ["running", "cut off", "done"]
        assert "  2026-11-23 11:30            –  running\n" in readable(told(settings, store), NOW)
    assert [run["state"] for run in told(settings, store)["runs"]] == ["cut off", "cut off", "done"]


def test_looking_does_not_take_the_lock(settings: Settings, store: Store) -> None:
    with hold(settings.data / "crawl.lock", "tratin crawl"):
        pass
    told(settings, store)
    with hold(settings.data / "crawl.lock", "tratin crawl"):
        assert (settings.data / "crawl.lock").read_text().startswith("tratin crawl, process")


def test_reports_of_the_first_release_can_be_read(settings: Settings, store: Store) -> None:
    figures = {"discovered", "fetched", "not_modified", "new", "changed", "unchanged", "missing", "gone", "bytes"}
    site = dict.fromkeys(figures, 3) | {"refused": {}, "failed": {}, "no_article": {}, "put_off": {}}
    report = {"started": hours_ago(2), "ended": hours_ago(1), "sites": {"vui": site}}
    store.end_run(store.start_run(hours_ago(2)), hours_ago(1), 0, report)
    (run,) = told(settings, store)["runs"]
    assert run["seconds"] == 3600.0
    assert (run["sites"]["vui"]["fetched"], run["sites"]["vui"]["held"]) == (3, 0)
    assert "1 h 00 min" in readable(told(settings, store), NOW)


def test_articles_of_a_site_that_is_no_longer_configured(settings: Settings, store: Store) -> None:
    store.put(made("cu.html", site="cu"), hours_ago(1000))
    assert told(settings, store)["sites"]["cu"]["name"] == "cu"
    assert "41 d ago" in readable(told(settings, store), NOW)


@pytest.mark.parametrize("code", [1, 2, 130, 143])
def test_a_run_that_was_stopped_says_by_what(settings: Settings, store: Store, code: int) -> None:
    report = RunReport(["vui"], hours_ago(2))
    store.end_run(store.start_run(hours_ago(2)), hours_ago(1), code, report.document())
    (run,) = told(settings, store)["runs"]
    assert run["state"] == {130: "stopped by SIGINT", 143: "stopped by SIGTERM"}.get(code, f"exit code {code}")


def test_the_command(settings: Settings, store: Store) -> None:
    ran(store, 1, vui=10)
    as_json = CliRunner().invoke(status, ["--json"], obj=Context(settings.file))
    assert json.loads(as_json.stdout)["sites"]["vui"]["last_run"]["fetched"] == 10
    words = CliRunner().invoke(status, [], obj=Context(settings.file))
    assert (words.exit_code, words.stderr) == (0, "")
    assert words.stdout.startswith("site ")
    settings.file.write_text("", encoding="utf-8")
    nothing = CliRunner().invoke(status, [], obj=Context(settings.file))
    assert nothing.stdout == "no site is configured and no article is stored\n"
