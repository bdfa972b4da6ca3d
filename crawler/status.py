"""What is known of each site: how many articles, how fresh, how the last run went."""

from __future__ import annotations

from typing import Any

from crawler.settings import Settings
from crawler.store import Run, Store


def status_of(settings: Settings, store: Store) -> dict[str, Any]:
    """The JSON document of `tratin status`; sites that are configured or have articles."""
    counts, runs = store.counts(), store.runs()
    return {
        "articles": sum(site["articles"] for site in counts.values()),
        "sequence": store.sequence(),
        "sites": {name: _site(name, settings, counts, runs) for name in {**settings.sites, **counts}},
        "runs": [
            {"id": run.id, "started": run.started, "ended": run.ended, "exit_code": run.exit_code} for run in runs
        ],
    }


def _site(name: str, settings: Settings, counts: dict[str, dict[str, Any]], runs: list[Run]) -> dict[str, Any]:
    nothing = {"articles": 0, "gone": 0, "changed": None, "last_seen": None}
    label = settings.sites[name].name if name in settings.sites else name
    return {"name": label} | (counts.get(name) or nothing) | {"last_run": _last_run(name, runs)}


def _last_run(name: str, runs: list[Run]) -> dict[str, Any] | None:
    """The newest finished run that had this site in it."""
    for run in runs:
        site = (run.report or {}).get("sites", {}).get(name)
        if site:
            numbers = {key: site[key] for key in ("fetched", "not_modified", "new", "changed", "missing", "gone")}
            failed = sum(reason["count"] for reason in site["failed"].values())
            return {"started": run.started, "exit_code": run.exit_code} | numbers | {"failed": failed}
    return None
