"""Fetching in tests: a fetcher for loopback, and what came of a fetch."""

from __future__ import annotations

import threading

from crawler.fetch import Failed, Fetched, Fetcher, Outcome
from crawler.settings import CrawlerSettings

OK = b"HTTP/1.1 200 OK\r\n"
LATE = 5.0  # seconds; what ends before was ended by a limit, not by patience


def fetcher(stop: threading.Event | None = None, **settings: object) -> Fetcher:
    told = {"delay": 0.0, "timeout": 5.0, "private_networks": True} | settings
    return Fetcher(CrawlerSettings(**told), stop or threading.Event())  # type: ignore[arg-type]


def fetch(url: str, validators: dict[str, str] | None = None, **settings: object) -> Outcome:
    made = fetcher(**settings)
    try:
        return made.fetch(url, validators)
    finally:
        made.close()


def page_of(outcome: Outcome) -> tuple[int, bytes]:
    assert isinstance(outcome, Fetched), outcome
    return outcome.page.status, outcome.page.body


def failure_of(outcome: Outcome) -> str:
    assert isinstance(outcome, Failed), outcome
    return outcome.reason
