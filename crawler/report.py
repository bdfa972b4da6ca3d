"""What a run did, told as a table, as a JSON document and as an exit code."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

EXAMPLES = 3  # addresses named for each reason: enough to look at, few enough to read

DONE, PARTIAL, NOTHING = 0, 3, 6


@dataclass
class Reason:
    """How often something happened, and a few addresses."""

    count: int = 0
    examples: list[str] = field(default_factory=list)


@dataclass
class SiteReport:
    """What happened on one site in one run.

    `fetched` counts the responses that say something (200, 304, a redirect, 404, 410; all else has failed),
    `not_modified` those of them that were 304, `missing` 404, 410 and articles that lead elsewhere, `no_article` the
    article pages in which no article was found, by reason.
    """

    discovered: int = 0
    fetched: int = 0
    not_modified: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    missing: int = 0
    gone: int = 0
    bytes: int = 0
    refused: dict[str, Reason] = field(default_factory=dict)
    failed: dict[str, Reason] = field(default_factory=dict)
    no_article: dict[str, Reason] = field(default_factory=dict)
    put_off: dict[str, str] = field(default_factory=dict)

    @property
    def failures(self) -> int:
        """How many fetches did not work."""
        return sum(reason.count for reason in self.failed.values())

    def exceeds(self, max_failed: float) -> bool:
        """Whether more than `max_failed` percent failed, or a host was left alone."""
        tried = self.fetched + self.failures
        return bool(self.put_off) or (tried > 0 and 100 * self.failures > max_failed * tried)


class RunReport:
    """The reports of all sites of a run; threads may add to it."""

    def __init__(self, sites: Iterable[str], started: str) -> None:
        """Begin with nothing done."""
        self.started = started
        self.ended: str | None = None
        self.sites = {site: SiteReport() for site in sites}
        self._lock = threading.Lock()

    def add(self, site: str, **counts: int) -> None:
        """Add to the counts of a site."""
        with self._lock:
            report = self.sites[site]
            for name, count in counts.items():
                setattr(report, name, getattr(report, name) + count)

    def note(self, site: str, what: str, reason: str, url: str) -> None:
        """Count a reason under `what`: refused, failed or no_article."""
        with self._lock:
            noted = getattr(self.sites[site], what).setdefault(reason, Reason())
            noted.count += 1
            if len(noted.examples) < EXAMPLES:
                noted.examples.append(url)

    def put_off(self, site: str, host: str, reason: str) -> None:
        """Note that a host is left alone for the rest of the run."""
        with self._lock:
            self.sites[site].put_off[host] = reason

    def exit_code(self, max_failed: float) -> int:
        """0 done, 3 where a site had more than `max_failed` percent of failures, 6 where nothing could be fetched."""
        if self.sites and not any(site.fetched for site in self.sites.values()):
            return NOTHING
        return PARTIAL if any(site.exceeds(max_failed) for site in self.sites.values()) else DONE

    def progress(self) -> str:
        """How far each site is, in one line."""
        return "; ".join(
            f"{name}: {site.discovered} discovered, {site.fetched} fetched, {site.new} new, {site.failures} failed"
            for name, site in self.sites.items()
        )

    def table(self) -> str:
        """What happened, for people: a line a site, and the reasons below it."""
        names = ("discovered", "fetched", "not_modified", "new", "changed", "unchanged", "missing", "gone")
        lines = []
        for name, site in self.sites.items():
            lines.append(f"{name}: " + ", ".join(f"{getattr(site, key)} {key.replace('_', ' ')}" for key in names))
            for what in ("failed", "refused", "no_article"):
                for reason, noted in getattr(site, what).items():
                    lines.append(f"  {what.replace('_', ' ')} {noted.count}: {reason} ({noted.examples[0]})")
            lines += [f"  left alone: {host}: {reason}" for host, reason in site.put_off.items()]
        return "\n".join(lines)

    def document(self) -> dict[str, Any]:
        """The JSON document of `--report`."""
        return {
            "started": self.started,
            "ended": self.ended,
            "sites": {name: asdict(site) for name, site in self.sites.items()},
        }
