"""What is known of each site: how many articles, how fresh, how the last runs went."""

from __future__ import annotations

import fcntl
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from crawler.article import VIETNAM
from crawler.report import meaning
from crawler.settings import Settings
from crawler.store import Run, Store, instant
from crawler.table import aligned, duration, number, printable

LOOKED_BACK = 200  # runs that are searched for the last one of a site: more than a week of hourly ones
TOLD = 20  # runs in the JSON document
LISTED = 5  # runs in the words for people

FIGURES = (
    "discovered", "fetched", "not_modified", "new", "changed", "unchanged", "missing", "gone", "soft_404", "held",
    "bytes",
)  # fmt: skip
OF_LAST_RUN = ("fetched", "not_modified", "new", "changed", "missing", "gone")


def status_of(settings: Settings, store: Store, now: datetime) -> dict[str, Any]:
    """The JSON document of `tratin status`; sites that are configured or have articles.

    `fresh` is when the newest run ended that fetched something of the site, `waiting` the hosts that asked to be left
    alone, and until when, `drift` null or since when and how the site's pages are not read as they were. The `state` of
    a run that has not ended is `running`, or `cut off` where it was killed.
    """
    counts, runs, drifts = store.counts(), store.runs(LOOKED_BACK), store.readings.drifts()
    waiting = store.frontier.waiting(instant(now))
    running = _is_held(settings.lock_file)
    nothing = {"articles": 0, "gone": 0, "changed": None, "last_seen": None}
    sites = {}
    for name in {**settings.sites, **counts}:
        site = settings.sites.get(name)
        sites[name] = {
            "name": site.name if site else name,
            **(counts.get(name) or nothing),
            "fresh": _fresh(name, runs),
            "last_run": _last_run(name, runs),
            "waiting": {host: until for host, until in waiting.items() if site and host in site.allowed_hosts},
            "drift": drifts.get(name),
        }
    return {
        "articles": sum(site["articles"] for site in counts.values()),
        "sequence": store.sequence(),
        "sites": sites,
        "runs": [_run(run, running=running and run is runs[0]) for run in runs[:TOLD]],
    }


def _is_held(lock: Path) -> bool:
    """Whether a run is at work: it holds the lock, which died with it if it was killed."""
    try:
        with lock.open(encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:  # there was no run yet, or the file is another user's
        return False
    return False


def _site_reports(name: str, runs: list[Run]) -> list[tuple[Run, Mapping[str, Any]]]:
    """What the runs that had this site in them and ended said of it, newest first."""
    told = [(run, (run.report or {}).get("sites", {}).get(name)) for run in runs]
    return [(run, site) for run, site in told if site]


def _fresh(name: str, runs: list[Run]) -> str | None:
    return next((run.ended for run, site in _site_reports(name, runs) if site["fetched"]), None)


def _last_run(name: str, runs: list[Run]) -> dict[str, Any] | None:
    """The newest finished run that had this site in it."""
    for run, site in _site_reports(name, runs):
        return {
            "started": run.started,
            "ended": run.ended,
            "exit_code": run.exit_code,
            **{key: site[key] for key in OF_LAST_RUN},
            "failed": _sum(site["failed"]),
            "most_frequent_failure": _most_frequent(site["failed"]),
            "put_off": site["put_off"],
        }
    return None


def _most_frequent(failed: Mapping[str, Any]) -> dict[str, Any] | None:
    """The reason for which most fetches failed, how many, and a few addresses; None where none failed."""
    reason = max(failed, key=lambda name: int(failed[name]["count"]), default=None)
    return None if reason is None else {"reason": reason, **failed[reason]}


def _sum(noted: Mapping[str, Any]) -> int:
    return sum(reason["count"] for reason in noted.values())


def _run(run: Run, *, running: bool) -> dict[str, Any]:
    return {
        "id": run.id,
        "started": run.started,
        "ended": run.ended,
        "exit_code": run.exit_code,
        "state": meaning(run.exit_code) if run.exit_code is not None else "running" if running else "cut off",
        "seconds": _seconds(run),
        "sites": {name: _figures(site) for name, site in (run.report or {}).get("sites", {}).items()},
    }


def _seconds(run: Run) -> float | None:
    """How long a run took; of one whose report does not say so, by its instants."""
    if run.ended is None:
        return None
    told = (run.report or {}).get("seconds")
    return told or (datetime.fromisoformat(run.ended) - datetime.fromisoformat(run.started)).total_seconds()


def _figures(site: Mapping[str, Any]) -> dict[str, int]:
    """The counts of a site in a run; 0 for what the program of then did not count."""
    return {name: site.get(name, 0) for name in FIGURES} | {
        "refused": _sum(site["refused"]),
        "failed": _sum(site["failed"]),
    }


def readable(status: Mapping[str, Any], now: datetime) -> str:
    """The same for people: a line a site, then what is wrong with each, then the last runs."""
    if not status["sites"]:
        return "no site is configured and no article is stored"
    heading = ["site", "articles", "gone", "last change", "last fetch", "fetched", "new", "changed", "failed", "name"]
    rows = [heading, *(_row(name, site, now) for name, site in status["sites"].items())]
    lines = aligned(rows, left=frozenset({0, len(heading) - 1}))
    for name, site in status["sites"].items():
        if troubles := _troubles(site):
            lines += ["", name, *(f"  {trouble}" for trouble in troubles)]
    if runs := [_run_row(run) for run in status["runs"][:LISTED]]:
        lines += ["", "last runs", *(f"  {line}" for line in aligned(runs, left=frozenset({0, 2})))]
    return "\n".join(map(printable, lines))


def _row(name: str, site: Mapping[str, Any], now: datetime) -> list[str]:
    """The line of a site; its figures are those of its last run."""
    run = site["last_run"] or {}
    figures = [number(run[key]) if key in run else "–" for key in ("fetched", "new", "changed", "failed")]
    ages = [_ago(site["changed"], now), _ago(site["fresh"], now)]
    return [name, number(site["articles"]), number(site["gone"]), *ages, *figures, site["name"]]


def _troubles(site: Mapping[str, Any]) -> list[str]:
    run = site["last_run"]
    lines = []
    if run and (most := run["most_frequent_failure"]):
        lines.append(f"failed {run['failed']:,}, most often ({most['count']:,}): {most['reason']}")
        lines += [f"    {url}" for url in most["examples"]]
    lines += [f"host {host} asked to be left alone until {_local(until)}" for host, until in site["waiting"].items()]
    if run:
        left_alone = {host: reason for host, reason in run["put_off"].items() if host not in site["waiting"]}
        lines += [f"host {host} was left alone: {reason}" for host, reason in left_alone.items()]
    if drift := site["drift"]:
        for finding in drift["findings"]:
            lines.append(f"drifted since {_local(drift['since'])}: {finding['sentence']}")
            lines += [f"    {url}" for url in finding["examples"]]
    return lines


def _run_row(run: Mapping[str, Any]) -> list[str]:
    sums: Counter[str] = Counter()
    for site in run["sites"].values():
        sums.update(site)
    figures = [f"{sums[name]:,} {name}" if run["sites"] else "" for name in ("fetched", "new", "changed", "failed")]
    return [_local(run["started"]), duration(run["seconds"]), run["state"], *figures]


def _local(moment: str) -> str:
    return f"{datetime.fromisoformat(moment).astimezone(VIETNAM):%Y-%m-%d %H:%M}"


def _ago(moment: str | None, now: datetime) -> str:
    """Say how long ago an instant was, in its largest unit."""
    if moment is None:
        return "never"
    seconds = max((now - datetime.fromisoformat(moment)).total_seconds(), 0)
    for unit, size in (("d", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= size:
            return f"{seconds // size:.0f} {unit} ago"
    return "just now"
