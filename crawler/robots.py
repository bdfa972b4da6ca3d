"""What robots.txt of a host allows us, by RFC 9309: parsed by protego, fetched by the rules of section 2.3."""

from __future__ import annotations

import re
import threading
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from protego import Protego

from crawler.article import Page
from crawler.fetch import Fetched, Outcome
from crawler.urls import canonical

MAX_BYTES = 512_000  # RFC 9309 2.5: at least 500 KiB must be parsed; the rest is ignored
MAX_REDIRECTS = 5  # RFC 9309 2.3.1.2
MAX_DELAY = 86_400.0  # seconds; a longer Crawl-delay is a mistake
USER_AGENT_LINE = re.compile(r"\s*user[ -]?agent\s*:\s*([^\s#]*).*", re.IGNORECASE)


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


def read(page: Page, token: str) -> Rules:
    """The rules that a final response to /robots.txt gives to the one called `token`."""
    if 200 <= page.status < 300:
        text = page.body[:MAX_BYTES].decode("utf-8-sig", errors="replace")
        lines = (USER_AGENT_LINE.sub(lambda found: _group(found[1], token), line) for line in text.splitlines())
        return Rules(Protego.parse("\n".join(lines)))
    if 400 <= page.status < 500 and page.status != 429:
        return Rules()  # RFC 9309 2.3.1.3: unavailable, all may be fetched
    return Rules(refusal=f"robots.txt answers {page.status}")


def _group(name: str, token: str) -> str:
    """A user-agent line for protego, which takes any part of our name for us: RFC 9309 2.2.1 wants the whole token."""
    if name == "*":
        return "User-agent: *"
    called = re.match(r"[a-z0-9_.-]*", name.lower())
    return f"User-agent: {token if called and called[0] == token else '/'}"


def product_token(user_agent: str) -> str:
    """The name that robots.txt calls us by: the product of the User-Agent header without its version."""
    return user_agent.split("/")[0].split()[0].lower()


class Robots:
    """The rules of every host that was asked for, fetched once a run. Threads may share it."""

    def __init__(self, fetch: Callable[[str], Outcome], user_agent: str) -> None:
        """Fetch with `fetch`."""
        self._fetch, self._token = fetch, product_token(user_agent)
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
                self._rules[root] = self._load(f"{root}/robots.txt")
            return self._rules[root]

    def allows(self, url: str) -> bool:
        """Whether we may fetch `url`."""
        return self.rules(url).allows(url, self._token)

    def delay(self, url: str) -> float:
        """The Crawl-delay of the host of `url`, in seconds."""
        return self.rules(url).delay(self._token)

    def _load(self, url: str) -> Rules:
        for _ in range(MAX_REDIRECTS + 1):
            outcome = self._fetch(url)
            if not isinstance(outcome, Fetched):
                return Rules(refusal=f"robots.txt cannot be fetched: {outcome.reason}")
            page = outcome.page
            target = canonical(page.headers.get("location", ""), page.url) if 300 <= page.status < 400 else None
            if target is None:
                return read(page, self._token)
            url = target
        return Rules()  # RFC 9309 2.3.1.2: too many redirects may be taken as unavailable
