"""Fetch one address: politely, within limits, and without following anything by itself.

What the web does is a value: `Fetched` for any response, `Refused` for what we do not want, `Failed` for what did not
work. Redirects are for the caller, who checks each hop like any other address. No cookie is kept: what is archived is
what anybody gets who asks, and a server cannot make our requests grow.
"""

from __future__ import annotations

import math
import re
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime

from requests import RequestException
from urllib3 import BaseHTTPResponse
from urllib3.exceptions import HTTPError

from crawler.archive import Exchange
from crawler.article import Page
from crawler.coding import DECODERS, MAX_CODINGS, TooLongError
from crawler.connect import Line, PrivateAddressError
from crawler.faults import CUT_OFF, fault
from crawler.session import Network
from crawler.settings import CrawlerSettings
from crawler.urls import host_of
from crawler.watchdog import Watchdog

CHUNK = 65_536  # bytes a read: what a pipe or a socket gives at once
MAX_VALIDATOR = 1024  # characters; servers refuse requests with headers of some kilobytes for good (nginx: 8)
CONTROL = re.compile(r"[\x00-\x1f\x7f]")
MAX_NAME = 40  # characters of what a server calls something, in a reason
FOLD = re.compile(r"\r?\n[ \t]+")  # RFC 9112 5.2


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
    """One host: its line, its turn, when the last response ended (monotonic seconds), and the smallest gap so far."""

    line: Line
    turn: threading.Lock = field(default_factory=threading.Lock)
    ended: float = -math.inf
    delay: float = 0.0
    gap: float = math.inf


class Fetcher:
    """Fetches for many threads; never two requests at once to one host, and `delay` seconds between two."""

    def __init__(self, settings: CrawlerSettings, stop: threading.Event) -> None:
        """Follow `settings`; a waiting fetch gives up when `stop` is set."""
        self._settings, self._stop = settings, stop
        self._network = Network(settings.private_networks, settings.proxy)
        self._watchdog = Watchdog(settings.timeout)
        self._hosts: dict[str, _Host] = {}
        self._lock = threading.Lock()
        self._headers = (
            ("User-Agent", settings.user_agent),
            ("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.5"),
            ("Accept-Language", "vi,en;q=0.5"),
            ("Accept-Encoding", "gzip, deflate, br, zstd"),
        )

    def slow_down(self, host: str, delay: float) -> None:
        """Keep at least `delay` seconds between two requests to `host`."""
        kept = self._host(host)
        kept.delay = max(kept.delay, delay)

    def smallest_gap(self, host: str) -> float | None:
        """The fewest seconds between the end of a response of `host` and the next request; None before the second."""
        known = self._hosts.get(host)
        return known.gap if known and known.gap < math.inf else None

    def fetch(self, url: str, validators: dict[str, str] | None = None) -> Outcome:
        """Fetch a canonical `url`; `validators` are conditional request headers."""
        host = self._host(host_of(url))
        with host.turn:
            outcome = self._take_turn(host, url, validators or {})
            if host.line.went_stale:  # nothing says that the request was seen: RFC 9112 9.3.1 lets us repeat it
                outcome = self._take_turn(host, url, validators or {})
            return outcome

    def abort(self) -> None:
        """Cut everything off, so that fetches under way end at once; `stop` is set before."""
        for host in list(self._hosts.values()):
            host.line.cut()

    def close(self) -> None:
        """Close all connections."""
        self._watchdog.close()
        for host in self._hosts.values():
            host.line.close()

    def _host(self, name: str) -> _Host:
        with self._lock:
            if name not in self._hosts:
                self._hosts[name] = _Host(Line(self._network))
            return self._hosts[name]

    def _take_turn(self, host: _Host, url: str, validators: dict[str, str]) -> Outcome:
        """Wait until the delay is over, and ask."""
        wait = host.ended + max(host.delay, self._settings.delay) - time.monotonic()
        if self._stop.wait(wait) if wait > 0 else self._stop.is_set():
            return Failed("stopped")
        host.gap = min(host.gap, time.monotonic() - host.ended)
        try:
            return self._request(host.line, url, validators)
        finally:
            host.ended = time.monotonic()

    def _request(self, line: Line, url: str, validators: dict[str, str]) -> Outcome:
        with self._watchdog.limit(line):
            if self._stop.is_set():  # only now: `abort` either finds the stop noted here, or cuts what follows
                return Failed("stopped")
            outcome = self._receive(line, url, validators)
            if line.cut_off:  # to whoever read, that may have looked like the end of the response
                outcome = Failed(f"{line.cut_off} within {self._settings.timeout:g} s")
        if isinstance(outcome, Fetched):
            return outcome
        line.close()
        return Failed("stopped") if self._stop.is_set() else outcome

    def _receive(self, line: Line, url: str, validators: dict[str, str]) -> Outcome:
        sent = (("Host", host_of(url)), *self._headers, *_sendable(validators))
        try:
            with line.get(url, [(name, value.encode()) for name, value in sent], self._settings.timeout) as got:
                body = _body(got.raw, self._settings.max_bytes)
        except PrivateAddressError as error:
            return Refused(f"private address: {error}")
        except (RequestException, HTTPError, OSError) as error:
            return Failed(fault(error, proxied=self._settings.proxy is not None))
        return Fetched(_exchange(url, sent, got.raw, body)) if isinstance(body, bytes) else body


def _sendable(validators: dict[str, str]) -> tuple[tuple[str, str], ...]:
    """The validators that a request can hold: a server may have sent anything as its ETag."""
    return tuple(
        (name, value) for name, value in validators.items() if len(value) <= MAX_VALIDATOR and not CONTROL.search(value)
    )


def _body(response: BaseHTTPResponse, max_bytes: int) -> bytes | Refused | Failed:
    """Read the body, and undo its codings. Raises HTTPError."""
    codings = _listed(response, "content-encoding")
    transfer = _listed(response, "transfer-encoding")
    if problem := _unwanted(codings, transfer):
        return Refused(problem)
    body = _read(response, max_bytes)
    if body is None:
        return Refused(f"longer than {max_bytes:,} bytes")
    if not body and codings and response.status == 200 and not transfer and "content-length" not in response.headers:
        return Failed(CUT_OFF)  # the end of the connection is the end of the body, and even nothing is something coded
    return _decoded(body, codings, max_bytes)


def _unwanted(codings: list[str], transfer: list[str]) -> str | None:
    """Which coding of a response we cannot undo."""
    unknown = [name for name in codings if name not in DECODERS]
    if unknown:
        return f"content coding {unknown[0][:MAX_NAME]!r}"
    if len(codings) > MAX_CODINGS:
        return f"{len(codings)} content codings"
    if transfer not in ([], ["chunked"]):
        return f"transfer coding {', '.join(transfer)[:MAX_NAME]!r}"
    return None


def _listed(response: BaseHTTPResponse, name: str) -> list[str]:
    """The members of a header that is a list (RFC 9110 5.6.1)."""
    members = [member.strip() for value in response.headers.getlist(name) for member in value.lower().split(",")]
    return [member for member in members if member not in {"", "identity"}]


def _read(response: BaseHTTPResponse, max_bytes: int) -> bytes | None:
    """The body as it was sent; None where it is longer than `max_bytes`. Raises HTTPError where it is cut off."""
    body = bytearray()  # not a list: a chunk may be of one byte
    while chunk := response.read1(CHUNK, decode_content=False):  # the decoders of urllib3 know no limit
        body += chunk
        if len(body) > max_bytes:
            return None
    return bytes(body)


def _decoded(body: bytes, codings: list[str], max_bytes: int) -> bytes | Refused | Failed:
    """Undo the content codings, the last one first."""
    for name in reversed(codings):
        try:
            plain = DECODERS[name](body, max_bytes) if body else body
        except TooLongError as error:
            return Refused(str(error))
        except ValueError as error:
            return Failed(f"{name}: {error}")
        if plain is body and body:  # so the decoders say that it does not look like it
            return Failed(f"{name}: its body is not compressed so")
        body = plain
    return body


def _exchange(url: str, sent: tuple[tuple[str, str], ...], response: BaseHTTPResponse, body: bytes) -> Exchange:
    headers = tuple(response.headers.items())
    told: dict[str, str] = {}
    for name, value in headers:
        key, value = name.lower(), _as_meant(value)
        told[key] = f"{told[key]}, {value}" if key in told else value
    return Exchange(Page(url, datetime.now(UTC), response.status, told, body), response.reason or "", sent, headers)


def _as_meant(value: str) -> str:
    """A header's value in one line, as it was meant: bytes come as Latin-1, and newsrooms write UTF-8 addresses."""
    if "\n" in value:
        value = FOLD.sub(" ", value)
    if value.isascii():
        return value
    try:
        return value.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return value
