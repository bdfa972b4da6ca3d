"""robots.txt by RFC 9309: whose rules are ours, and what a host means by each way of answering."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from webserver import Answer, Raw, WebServer

from crawler.article import Page
from crawler.fetch import Fetcher
from crawler.robots import MAX_BYTES, Robots, Rules, product_token, read
from crawler.settings import CrawlerSettings

ROOT = "https://vui.edu.vn"


def rules(text: str | bytes, status: int = 200) -> Rules:
    body = text.encode() if isinstance(text, str) else text
    return read(Page(f"{ROOT}/robots.txt", datetime.now(UTC), status, {}, body), "tratin")


def allowed(text: str | bytes, path: str) -> bool:
    return rules(text).allows(ROOT + path, "tratin")


# Whose rules


@pytest.mark.parametrize(
    ("agent", "ours"),
    [
        ("tratin", True),
        ("TraTin", True),
        ("tratin/1.0", True),
        ("tratin # the archive", True),
        ("*", True),
        ("tra", False),
        ("tratinbot", False),
        ("tratin-news", False),
        ("Googlebot", False),
        ("", False),
    ],
)
def test_the_group_of_our_product_token(agent: str, ours: bool) -> None:
    assert allowed(f"User-agent: {agent}\nDisallow: /", "/a") is not ours


def test_our_own_group_is_the_only_one_that_counts() -> None:
    text = "User-agent: *\nDisallow: /\n\nUser-agent: tratin\nDisallow: /admin/\n\nUser-agent: tra\nDisallow: /tin"
    assert allowed(text, "/tin-1.html")
    assert not allowed(text, "/admin/x")


def test_a_group_for_several_names_and_groups_of_one_name() -> None:
    text = "User-agent: a\nUser-agent: tratin\nDisallow: /x\n\nUser-agent: b\nDisallow: /\n\n"
    text += "user-agent: TRATIN\nDisallow: /y"
    assert [allowed(text, path) for path in ("/x", "/y", "/z")] == [False, False, True]


@pytest.mark.parametrize(
    ("user_agent", "token"),
    [("tratin/1.0 (+https://x.vn)", "tratin"), ("TraTin", "tratin"), ("tra-tin bot/2", "tra-tin")],
)
def test_the_product_token(user_agent: str, token: str) -> None:
    assert product_token(user_agent) == token


# What the rules say


@pytest.mark.parametrize(
    ("lines", "path", "allows"),
    [
        ("Disallow:", "/a", True),
        ("Disallow: /", "/", False),
        ("Disallow: /a", "/abc", False),
        ("Disallow: /a", "/A", True),
        ("Disallow: /a$", "/abc", True),
        ("Disallow: /*.php$", "/x/y.php", False),
        ("Disallow: /*?s=", "/?s=x", False),
        ("Disallow: /\nAllow: /tin", "/tin/1", True),
        ("Allow: /tin\nDisallow: /tin/x", "/tin/x/1", False),
        ("Allow: /a\nDisallow: /a", "/a", True),
        ("Disallow: /tin-t%E1%BB%A9c", "/tin-t%E1%BB%A9c/1", False),
        ("Disallow: /tin-tức", "/tin-t%E1%BB%A9c/1", False),
        ("Disallow: /", "/robots.txt", True),
    ],
)
def test_paths(lines: str, path: str, allows: bool) -> None:
    assert allowed(f"User-agent: *\n{lines}", path) is allows


@pytest.mark.parametrize("mark", ["\ufeff", "", "\n\n", "# x\r\n"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_marks_and_line_ends(mark: str, end: str) -> None:
    assert not allowed(f"{mark}User-agent: *{end}Disallow: /a{end}", "/a")


def test_bytes_that_are_no_utf8_harm_only_their_line() -> None:
    assert not allowed(b"User-agent: *\nDisallow: /\xff\xfe\nDisallow: /a", "/a")


def test_what_lies_beyond_the_limit_is_ignored() -> None:
    filler = b"# filler\n" * (MAX_BYTES // 9 + 1)
    assert allowed(b"User-agent: *\n" + filler + b"Disallow: /a\n", "/a")
    assert not allowed(b"User-agent: *\nDisallow: /a\n" + filler, "/a")


@pytest.mark.parametrize(("told", "delay"), [("2.5", 2.5), ("0", 0), ("x", 0), ("nan", 0), ("1e99", 86_400)])
def test_crawl_delay(told: str, delay: float) -> None:
    assert rules(f"User-agent: *\nCrawl-delay: {told}").delay("tratin") == delay


def test_sitemaps_belong_to_no_group() -> None:
    text = "Sitemap: https://vui.edu.vn/a.xml\nUser-agent: x\nDisallow: /\nsitemap: /b.xml"
    assert rules(text).sitemaps == ("https://vui.edu.vn/a.xml", "/b.xml")


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 418])
def test_no_file_allows_everything(status: int) -> None:
    assert rules("User-agent: *\nDisallow: /", status).allows(ROOT + "/a", "tratin")


@pytest.mark.parametrize("status", [429, 500, 502, 503, 599])
def test_a_server_in_trouble_refuses_everything(status: int) -> None:
    told = rules("", status)
    assert told.refusal == f"robots.txt answers {status}"
    assert not told.allows(ROOT + "/a", "tratin")


@pytest.mark.parametrize("text", ["<html>404</html>", "\x00\x01", "", "Disallow: /", "User-agent *\nDisallow /x"])
def test_a_page_that_is_no_robots_file_harms_nobody(text: str) -> None:
    assert allowed(text, "/a")


# Over real sockets


@pytest.fixture
def web() -> Iterator[WebServer]:
    with WebServer() as server:
        yield server


@pytest.fixture
def robots() -> Iterator[Robots]:
    settings = CrawlerSettings(delay=0.0, timeout=2.0, private_networks=True)
    fetcher = Fetcher(settings, threading.Event())
    yield Robots(fetcher.fetch, settings.user_agent)
    fetcher.close()


def test_it_is_fetched_once(web: WebServer, robots: Robots) -> None:
    web.routes["/robots.txt"] = Answer("User-agent: *\nDisallow: /a\nCrawl-delay: 3")
    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(robots.allows, [web.url("/a"), web.url("/b"), web.url("/a"), web.url("/c?x")]))
    assert told == [False, True, False, True]
    assert robots.delay(web.url("/b")) == 3
    assert web.paths() == ["/robots.txt"]


@pytest.mark.parametrize(("hops", "reached"), [(5, True), (6, False)])
def test_redirects_are_followed_five_times(web: WebServer, robots: Robots, hops: int, reached: bool) -> None:
    names = ["/robots.txt", *(f"/r{n}" for n in range(1, hops))]
    web.routes = {
        name: Answer("", 302, {"Location": after}) for name, after in zip(names, [*names[1:], "/end"], strict=True)
    }
    web.routes["/end"] = Answer("User-agent: *\nDisallow: /")
    assert robots.allows(web.url("/a")) is not reached


def test_a_redirect_in_circles_is_no_file(web: WebServer, robots: Robots) -> None:
    web.routes["/robots.txt"] = Answer("", 301, {"Location": "/robots.txt"})
    assert robots.allows(web.url("/a"))
    assert len(web.seen) == 6


def test_a_host_that_cannot_be_reached_refuses_everything(web: WebServer, robots: Robots) -> None:
    web.routes["/robots.txt"] = Raw([b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nUser-agent: *"])
    told = robots.rules(web.url("/a"))
    assert told.refusal is not None
    assert told.refusal.startswith("robots.txt cannot be fetched: connection broken")
    assert not robots.allows(web.url("/a"))
