"""The hosts of the trap newsroom: a server that notes when it answered, what is right of it, and sound pages."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from html import escape
from typing import Any

from webserver import Answer, Raw, Route, Seen, WebServer

MAX_DEPTH, MAX_BARREN = 5, 12  # settings of the crawl: small, so that a trap shows soon
TIMEOUT, MAX_BYTES, BOMB = 2.0, 5_000_000, 700  # seconds; bytes; megabytes that a bomb unpacks to
PAGES = 8  # of a list; more than MAX_DEPTH
CRAWL_DELAY, LONG_WAIT = 0.3, 5400  # seconds
RULES = r"article = '/tin-\d+\.html$'"

STORIES = (
    "Trao học bổng cho sinh viên vượt khó",
    "Hội nghị cán bộ, giảng viên đầu năm học mới",
    "Nghiệm thu đề tài nghiên cứu về giống chè trung du",
    "Đoàn trường ra quân mùa hè tình nguyện",
    "Khai giảng lớp bồi dưỡng nghiệp vụ thư viện",
)
WORDS = (
    "Sáng nay, tại hội trường lớn, nhà trường đã tổ chức buổi lễ với sự có mặt của đại diện các khoa, phòng và đông "
    "đảo người học. Phát biểu khai mạc, thầy hiệu trưởng nhấn mạnh ý nghĩa của việc gắn đào tạo với thực tiễn."
)
NEWS = "Kết thúc chương trình, ban tổ chức đã công bố kế hoạch cho học kỳ tới và cảm ơn các đơn vị đồng hành."


@dataclass
class Room:
    """One host, and what is right there.

    `sound` tells for the path of each sound article by which behaviour it is found; `named` gives for a part of an
    address what the reason must match beside which the report names it; `either` are pages that may be read or named;
    `most` bounds the requests of the first run for paths of a beginning, `never` forbids them in all runs, `again` is
    the least and the most of the second run; `put_off` is what the reason must match for which the host is put off.
    `later` changes the host before the second run, the third, the fourth; a room without it is in the first run only.
    """

    web: Host
    sound: Mapping[str, str]
    rules: str = RULES
    named: Mapping[str, str] = field(default_factory=dict)
    either: tuple[str, ...] = ()
    most: Mapping[str, int] = field(default_factory=dict)
    never: tuple[str, ...] = ()
    put_off: str | None = None
    again: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    later: tuple[Callable[[], None], ...] = ()

    @property
    def toml(self) -> str:
        """The lines of the site's table."""
        return f'start = ["{self.web.url()}"]\n{self.rules}'


@dataclass(frozen=True)
class Visit:
    """A request; `ready` is when the answer began to be sent, so that the client cannot have had its end before."""

    path: str
    headers: Mapping[str, str]
    started: float
    ready: float


class Host(WebServer):
    """A web server that has routes for all paths of a beginning (`/lich/*`), too, and notes when it answered."""

    def __init__(self, foreign: str = "") -> None:
        """`foreign` is the host and port of a server that is none of ours."""
        super().__init__()
        self.foreign = foreign
        self.visits: list[Visit] = []
        self.table = _Routes(self.visits)
        self.routes = self.table

    def asked(self, beginning: str) -> list[str]:
        """The targets of that beginning that were asked for."""
        return [visit.path for visit in self.visits if visit.path.startswith(beginning)]

    def close(self) -> None:
        """Give the port back, of a host that was never opened."""
        self._server.server_close()

    def knows(self, path: str) -> bool:
        """Whether there is a route to `path`."""
        return self.table.find(path) is not None


class _Routes(dict[str, Route]):
    def __init__(self, visits: list[Visit]) -> None:
        super().__init__()
        self._visits = visits

    def find(self, path: str) -> Route | None:
        if path in self:
            return self[path]
        return next((self[key] for key in self if key.endswith("*") and path.startswith(key[:-1])), None)

    def get(self, path: str, default: Any = None) -> Any:
        route = self.find(path) or default

        def noted(seen: Seen) -> Answer | Raw:
            answer = route(seen) if callable(route) else route
            self._visits.append(Visit(seen.path, seen.headers, seen.started, time.monotonic()))
            return answer

        return noted


# Pages


def title(n: int) -> str:
    """The headline of article `n`."""
    return f"{STORIES[n % len(STORIES)]} lần thứ {n}"


def story(n: int, head: str = "", words: str = WORDS) -> str:
    """The page of article `n`."""
    return (
        f"<html><head><title>{title(n)}</title>{head}</head><body><h1>{title(n)}</h1><p class='date'>"
        f"{n % 27 + 1:02}/03/2021 08:15</p><div class='content'><p>{words}</p><p>{NEWS}</p></div></body></html>"
    )


def contents(*links: str | tuple[str, str], head: str = "") -> str:
    """A list page; a link is an address, or an address and its words."""
    pairs = [(link, f"Xem {link}") if isinstance(link, str) else link for link in links]
    items = "".join(f'<li><a href="{escape(url)}">{escape(words)}</a></li>' for url, words in pairs)
    return f"<html><head>{head}</head><body><ul>{items}</ul></body></html>"


def numbered(*numbers: int) -> dict[str, Route]:
    """The routes of these articles."""
    return {f"/tin-{n}.html": Answer(story(n)) for n in numbers}


def home(*links: str | tuple[str, str], head: str = "") -> dict[str, Route]:
    """The route of a start page."""
    return {"/": Answer(contents(*links, head=head))}


def plain(text: str | bytes) -> Answer:
    """A robots.txt or a text sitemap."""
    return Answer(text, kind="text/plain")


def moved(to: str, status: int = 302) -> Answer:
    """A redirect."""
    return Answer("", status, {"Location": to})


def sitemap(*entries: str, extra: str = "") -> Answer:
    """A sitemap of these addresses."""
    urls = "".join(f"<url><loc>{escape(url)}</loc>{extra}</url>" for url in entries)
    names = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"'
    return Answer(f'<?xml version="1.0" encoding="UTF-8"?>\n<urlset {names}>{urls}</urlset>', kind="application/xml")


def sitemap_index(*sitemaps: str) -> Answer:
    """An index of sitemaps."""
    named = "".join(f"<sitemap><loc>{url}</loc><lastmod>2021-03-01</lastmod></sitemap>" for url in sitemaps)
    return Answer(f'<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{named}</sitemapindex>')
