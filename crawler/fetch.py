"""Fetch one address: politely, within limits, and without following anything by itself.

What the web does is a value: `Fetched` for any response, `Refused` for what we do not want, `Failed` for what did not
work. Redirects are for the caller, who checks each hop like any other address.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

import requests
from urllib3 import BaseHTTPResponse
from urllib3.exceptions import HTTPError, NameResolutionError

from crawler.archive import Exchange
from crawler.article import Page
from crawler.connect import GuardedAdapter, PrivateAddressError
from crawler.settings import CrawlerSettings
from crawler.urls import host_of

CHUNK = 16_384  # bytes a read; small enough that the limits are checked often


@dataclass(frozen=True, slots=True)
class Fetched:
    """A whole response, of any status."""

    exchange: Exchange

    @property
    def page(self) -> Page:
        """The response."""
        return self.exchange.page


@dataclass(frozen=True, slots=True)
class Refused:
    """An address that we do not fetch or a response that we do not take, and why."""

    reason: str


@dataclass(frozen=True, slots=True)
class Failed:
    """A fetch that did not work, and why."""

    reason: str


Outcome = Fetched | Refused | Failed


@dataclass
class _Host:
    """One host: its session, its turn, and when the last response ended (seconds of the monotonic clock)."""

    session: requests.Session
    adapter: GuardedAdapter
    turn: threading.Lock = field(default_factory=threading.Lock)
    ended: float = float("-inf")
    delay: float = 0.0


class _Session(requests.Session):
    """A session that leaves redirects alone: requests reads their whole body, and stumbles over some addresses."""

    def __init__(self, adapter: GuardedAdapter, user_agent: str) -> None:
        super().__init__()
        self.trust_env = False
        self.mount("http://", adapter)
        self.mount("https://", adapter)
        self.headers.update(
            {
                "User-Agent": user_agent,
                "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.5",
                "Accept-Language": "vi,en;q=0.5",
                "Accept-Encoding": "gzip, deflate",
            }
        )

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Tell of none."""


class Fetcher:
    """Fetches for many threads; never two requests at once to one host, and `delay` seconds between two."""

    def __init__(self, settings: CrawlerSettings, stop: threading.Event) -> None:
        """Follow `settings`; a waiting fetch gives up when `stop` is set."""
        self._settings, self._stop = settings, stop
        self._hosts: dict[str, _Host] = {}
        self._lock = threading.Lock()

    def slow_down(self, host: str, delay: float) -> None:
        """Keep at least `delay` seconds between two requests to `host`."""
        kept = self._host(host)
        kept.delay = max(kept.delay, delay)

    def fetch(self, url: str, validators: dict[str, str] | None = None) -> Outcome:
        """Fetch a canonical `url`; `validators` are conditional request headers."""
        host = self._host(host_of(url))
        with host.turn:
            wait = host.ended + max(host.delay, self._settings.delay) - time.monotonic()
            if self._stop.wait(max(wait, 0)):
                return Failed("stopped")
            try:
                return self._request(host, url, validators or {})
            finally:
                host.ended = time.monotonic()

    def abort(self) -> None:
        """Shut every connection down, so that fetches under way end at once."""
        for host in list(self._hosts.values()):
            host.adapter.cut()

    def close(self) -> None:
        """Close all connections."""
        for host in self._hosts.values():
            host.session.close()

    def _host(self, name: str) -> _Host:
        with self._lock:
            if name not in self._hosts:
                adapter = GuardedAdapter(private_networks=self._settings.private_networks)
                self._hosts[name] = _Host(_Session(adapter, self._settings.user_agent), adapter)
            return self._hosts[name]

    def _request(self, host: _Host, url: str, validators: dict[str, str]) -> Outcome:
        limit = self._settings.timeout
        with _watchdog(host.adapter, limit) as expired:
            if self._stop.is_set():  # only now: `abort` either finds the stop noted here, or cuts what follows
                return Failed("stopped")
            try:
                response = host.session.get(
                    url, headers=validators, stream=True, allow_redirects=False, timeout=(limit, limit)
                )
                with response:
                    body = _read(response.raw, self._settings.max_bytes)
            except PrivateAddressError as error:
                return Refused(f"private address: {error}")
            except (requests.RequestException, HTTPError, OSError) as error:
                return Failed(f"no whole response within {limit:g} s" if expired.is_set() else _reason(error))
            if expired.is_set():
                return Failed(f"no whole response within {limit:g} s")
            if body is None:
                return Refused(f"longer than {self._settings.max_bytes:,} bytes")
        return Fetched(_exchange(url, response, body))


@contextmanager
def _watchdog(adapter: GuardedAdapter, seconds: float) -> Iterator[threading.Event]:
    """Shut the connection down after `seconds`; the event tells whether that happened.

    A read time-out alone does not end a response that drips.
    """
    expired = threading.Event()

    def shut_down() -> None:
        expired.set()
        adapter.cut()

    adapter.begin()
    timer = threading.Timer(seconds, shut_down)
    timer.daemon = True
    timer.start()
    try:
        yield expired
    finally:
        timer.cancel()


def _read(raw: BaseHTTPResponse, max_bytes: int) -> bytes | None:
    """The decoded body; None where it is longer than `max_bytes`."""
    parts, length = [], 0
    while chunk := raw.read1(CHUNK, decode_content=True):
        parts.append(chunk)
        length += len(chunk)
        if length > max_bytes:
            return None
    return b"".join(parts)


def _reason(error: Exception) -> str:
    """Say in a few words what went wrong; the same for the same kind of fault, so that a report can count it."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, NameResolutionError):
            return "host name not found"
        if isinstance(seen, requests.exceptions.SSLError):
            return "TLS certificate not valid"
        if isinstance(seen, ConnectionRefusedError):
            return "connection refused"
        if isinstance(seen, TimeoutError | requests.Timeout):
            return "no answer in time"
        cause = seen.__cause__ or seen.__context__ or getattr(seen, "reason", None)
        seen = cause if isinstance(cause, BaseException) else None
    return f"connection broken ({type(error).__name__})"


def _exchange(url: str, response: requests.Response, body: bytes) -> Exchange:
    headers = tuple(response.raw.headers.items())
    page = Page(
        url=url,
        fetched=datetime.now(UTC),
        status=response.status_code,
        headers={name.lower(): _as_utf8(value) for name, value in response.headers.items()},
        body=body,
    )
    sent = tuple((name, str(value)) for name, value in response.request.headers.items())
    return Exchange(page, response.reason or "", (("Host", host_of(url)), *sent), headers)


def _as_utf8(value: str) -> str:
    """A header's value as it was meant: `http.client` reads bytes as Latin-1, and newsrooms write UTF-8 addresses."""
    try:
        return value.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return value
