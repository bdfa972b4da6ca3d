"""What robots.txt of a host allows us, by RFC 9309: parsed by protego, fetched by the rules of section 2.3.

An answer that gave rules is good for a day (section 2.4), over runs; a refusal holds for one run.
"""

from __future__ import annotations

import re
import threading
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from urllib.parse import quote, urlsplit

from protego import Protego

from crawler.fetch import Fetched, Outcome
from crawler.urls import canonical

MAX_BYTES = 512_000  # RFC 9309 2.5: at least 500 KiB must be parsed; the rest is ignored
MAX_REDIRECTS = 5  # RFC 9309 2.3.1.2
MAX_DELAY = 86_400.0  # seconds; a longer Crawl-delay is a mistake
GOOD_FOR = timedelta(days=1)  # RFC 9309 2.4
USER_AGENT_LINE = re.compile(r"\s*user(?:-|\s*)agent(?:\s*:\s*|\s+|$)([^\s#]*)", re.IGNORECASE)
LINE_END = re.compile(r"\r\n?|\n")
# NUL and the BOM mean nothing in a path; the others end a line for Python alone, and stand for themselves.
ODD = {0: None, 0xFEFF: None} | {ord(char): quote(char) for char in "\v\f\x1c\x1d\x1e\x85\u2028\u2029"}


@dataclass(frozen=True, slots=True)
class Kept:
    """The last answer to /robots.txt of the host at `root` (scheme and authority), redirects followed.

    `fetched` is an ISO 8601 instant; `status` 200 to 299, 400 to 499 or, after too many redirects, 300 to 399.
    """

    root: str
    fetched: str
    status: int
    body: bytes


class Cache(Protocol):
    """Where answers are kept from one run to the next."""

    def load(self, root: str) -> Kept | None:
        """What was kept last."""

    def keep(self, kept: Kept) -> None:
        """Keep an answer in place of the one before."""


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of one host; `refusal` is why nothing of it may be fetched in this run."""

    parsed: Protego | None = None
    refusal: str | None = None

    def allows(self, url: str, token: str) -> bool:
        """Whether our product token may fetch `url`."""
        return self.refusal is None and (self.parsed is None or self.parsed.can_fetch(url, token))

    def delay(self, token: str) -> float:
        """The Crawl-delay in seconds; 0 where none is given."""
        return min(float((self.parsed and self.parsed.crawl_delay(token)) or 0), MAX_DELAY)

    @property
    def sitemaps(self) -> tuple[str, ...]:
        """The addresses of the `Sitemap:` lines."""
        return tuple(self.parsed.sitemaps) if self.parsed else ()


def read(status: int, body: bytes, token: str) -> Rules:
    """The rules that a final answer gives to the one called `token`; those of status 3xx led nowhere."""
    if 200 <= status < 300:
        return parse(body, token)
    if 300 <= status < 500 and status != 429:
        return Rules()  # RFC 9309 2.3.1.2 and 2.3.1.3: unavailable, all may be fetched
    return Rules(refusal=f"robots.txt answers {status}")


def parse(body: bytes, token: str) -> Rules:
    """The rules of a robots.txt for the one called `token`; a page of HTML in its place has none."""
    text = _text(_whole_lines(body))
    if text.lstrip().startswith("<"):
        return Rules()
    return Rules(Protego.parse("\n".join(_line(line, token) for line in LINE_END.split(text))))


def _whole_lines(body: bytes) -> bytes:
    """The first MAX_BYTES without the line that they cut: half of it may forbid far more than the whole."""
    if len(body) <= MAX_BYTES:
        return body
    return body[: 1 + max(body.rfind(end, 0, MAX_BYTES) for end in (b"\n", b"\r"))]


def _text(body: bytes) -> str:
    """Decode as UTF-8 (RFC 9309 2.2), or as what Notepad once called Unicode; protego would stumble over a BOM."""
    encoding = "utf-16" if body[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8"
    return body.decode(encoding, errors="replace").translate(ODD)


def _line(line: str, token: str) -> str:
    """A line for protego, which takes any part of our name for us: RFC 9309 2.2.1 wants the whole product token."""
    found = USER_AGENT_LINE.match(line)
    if found is None:
        return line
    name = found[1].lower()
    called = re.match(r"[a-z0-9_.-]*", name)
    ours = called and called[0] == token
    return f"User-agent: {'*' if name == '*' else token if ours else '/'}"


def product_token(user_agent: str) -> str:
    """The name that robots.txt calls us by: the product of the User-Agent header without its version."""
    return user_agent.split("/")[0].split()[0].lower()


class Robots:
    """The rules of every host that was asked for, fetched once a run at most. Threads may share it."""

    def __init__(
        self, fetch: Callable[[str], Outcome], user_agent: str, cache: Cache, now: Callable[[], datetime]
    ) -> None:
        """Fetch with `fetch` what `cache` does not have or has too long by `now`, which gives an aware instant."""
        self._fetch, self._cache, self._now = fetch, cache, now
        self._token = product_token(user_agent)
        self._rules: dict[str, Rules] = {}
        self._locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
        self._lock = threading.Lock()

    def rules(self, url: str) -> Rules:
        """The rules of the host of `url`."""
        parts = urlsplit(url)
        root = f"{parts.scheme}://{parts.netloc}"
        with self._lock:
            turn = self._locks[root]
        with turn:  # whoever comes second waits for what the first one fetches
            if root not in self._rules:
                self._rules[root] = self._kept(root) or self._ask(root)
            return self._rules[root]

    def allows(self, url: str) -> bool:
        """Whether we may fetch `url`."""
        return self.rules(url).allows(url, self._token)

    def delay(self, url: str) -> float:
        """The Crawl-delay of the host of `url`, in seconds."""
        return self.rules(url).delay(self._token)

    def _kept(self, root: str) -> Rules | None:
        kept = self._cache.load(root)
        if kept is None or not timedelta() <= self._now() - datetime.fromisoformat(kept.fetched) < GOOD_FOR:
            return None
        return read(kept.status, kept.body, self._token)

    def _ask(self, root: str) -> Rules:
        url = f"{root}/robots.txt"
        for _ in range(MAX_REDIRECTS + 1):
            outcome = self._fetch(url)
            if not isinstance(outcome, Fetched):
                return Rules(refusal=f"robots.txt cannot be fetched: {outcome.reason}")
            page = outcome.page
            if not 300 <= page.status < 400:
                break
            location = page.headers.get("location")
            target = canonical(location, page.url) if location else None
            if target is None:
                return Rules(refusal=f"robots.txt answers {page.status}")
            url = target
        rules = read(page.status, page.body, self._token)
        if rules.refusal is None:
            body = _whole_lines(page.body) if page.status < 300 else b""
            self._cache.keep(Kept(root, page.fetched.isoformat(timespec="seconds"), page.status, body))
        return rules
