"""robots.txt by RFC 9309: whose rules are ours, and what a host means by each way of answering."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from webserver import Answer, Raw, WebServer

from crawler.archive import Exchange
from crawler.article import Page
from crawler.fetch import Fetched, Fetcher, Refused
from crawler.robots import MAX_BYTES, Kept, Robots, Rules, product_token, read
from crawler.settings import CrawlerSettings

ROOT = "https://vui.edu.vn"


def rules(text: str | bytes, status: int = 200) -> Rules:
    return read(status, text.encode() if isinstance(text, str) else text, "tratin")


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
        ("Mozilla/5.0 (compatible; tratin)", False),
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
    "line", ["User-agent tra", "user agent: tra", "USERAGENT : tra", "User\t agent  tra", "User-agent:tra"]
)
def test_another_name_is_not_ours_however_it_is_written(line: str) -> None:
    assert allowed(f"{line}\nDisallow: /", "/a")
    assert not allowed(f"{line}tin\nDisallow: /", "/a")


def test_a_path_that_speaks_of_user_agents_is_a_path() -> None:
    text = "User-agent: *\nDisallow: /user-agent: x\nDisallow: /y"
    assert [allowed(text, path) for path in ("/user-agent:%20x", "/user", "/y")] == [False, True, False]


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
        ("Disallow: /TIN-TỨC", "/tin-t%E1%BB%A9c/1", True),
        ("Disallow: /%74in", "/tin", False),
        ("Disallow: /a\u2028b", "/a", True),
        ("Disallow: /a\u2028b", "/a%E2%80%A8b", False),
        ("Disallow: /a\x0bAllow: /", "/a", True),
        ("Disallow: /\0a", "/a", False),
        ("Dis\0allow: /a", "/a", False),
        ("Disallow: /a # and its pictures", "/a", False),
        ("Disallow: /", "/robots.txt", True),
    ],
)
def test_paths(lines: str, path: str, allows: bool) -> None:
    assert allowed(f"User-agent: *\n{lines}", path) is allows


@pytest.mark.parametrize("mark", ["\ufeff", "\ufeff\ufeff", "", "\n\n", "# x\r\n"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_marks_and_line_ends(mark: str, end: str) -> None:
    assert not allowed(f"{mark}User-agent: *{end}Disallow: /a{end}", "/a")


def test_bytes_that_are_no_utf8_harm_only_their_line() -> None:
    assert not allowed(b"User-agent: *\nDisallow: /\xff\xfe\nDisallow: /a", "/a")


def test_a_file_from_notepad_is_read() -> None:
    """What it called Unicode; read as UTF-8 it would forbid nothing."""
    for encoding in ("utf-16", "utf-8-sig"):
        assert not allowed("User-agent: *\r\nDisallow: /tin-tức".encode(encoding), "/tin-t%E1%BB%A9c")


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_the_line_that_the_limit_cuts_is_ignored(end: bytes) -> None:
    head, rule = b"User-agent: *" + end + b"Disallow: /a" + end, b"Disallow: /tin-tuc-noi-bo"
    for within in range(1, len(rule)):
        filler = b"#" * (MAX_BYTES - len(head) - len(end) - within) + end
        body = head + filler + rule + end + b"Disallow: /b" + end
        assert body[MAX_BYTES - within :].startswith(rule)
        assert [allowed(body, path) for path in ("/a", "/tin-tuc", "/b")] == [False, True, True]


def test_a_single_line_longer_than_the_limit_says_nothing() -> None:
    assert allowed(b"Disallow: /" * MAX_BYTES, "/a")


def test_what_lies_beyond_the_limit_is_ignored() -> None:
    filler = b"# filler\n" * (MAX_BYTES // 9 + 1)
    assert allowed(b"User-agent: *\n" + filler + b"Disallow: /a\n", "/a")
    assert not allowed(b"User-agent: *\nDisallow: /a\n" + filler, "/a")


@pytest.mark.parametrize(
    ("told", "delay"),
    [
        ("2.5", 2.5),
        ("0", 0),
        ("", 0),
        ("x", 0),
        ("5 s", 0),
        ("-1", 0),
        ("nan", 0),
        ("inf", 0),
        ("-inf", 0),
        ("1e999", 0),
        ("1e99", 86_400),
        ("10 # seconds", 10),
    ],
)
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


SOFT_404 = """
<!DOCTYPE html>
<html><body><h1>Không tìm thấy trang</h1><pre>
User-agent: *
Disallow: /
Sitemap: https://vui.edu.vn/a.xml
</pre></body></html>"""


@pytest.mark.parametrize(
    "text", [SOFT_404, "\ufeff" + SOFT_404, "\x00\x01", "", "Disallow: /", "User-agent *\nDisallow /x", "a\ud800b"]
)
def test_a_page_that_is_no_robots_file_harms_nobody(text: str) -> None:
    told = rules(text.encode(errors="surrogatepass"))
    assert told.allows(ROOT + "/a", "tratin")
    assert told.sitemaps == ()


@given(
    st.one_of(
        st.binary(),
        st.lists(st.sampled_from([b"User-agent", b":", b"*", b"\n", b"Disallow", b"/", b"$", b"%", b"\xff"])).map(
            b"".join
        ),
    )
)
def test_nothing_that_a_server_sends_is_an_error(body: bytes) -> None:
    told = rules(body)
    assert told.allows(ROOT + "/a?b=%FF", "tratin") in {True, False}
    assert told.delay("tratin") >= 0


@pytest.mark.parametrize(
    "pattern",
    ["/" + "*a" * 40 + "$", "/" + "*" * 100_000 + "b", "/" + "*a" * 100_000, "/*a*b" * 50_000, "/" + "a" * 400_000],
)
def test_a_pattern_full_of_asterisks_takes_no_time(pattern: str) -> None:
    """Backtracking would take longer than the test may: the patterns are tried on an address that they nearly fit."""
    told = rules(f"User-agent: *\nDisallow: {pattern}\nDisallow: /b")
    assert told.allows(f"{ROOT}/{'a' * 2000}c", "tratin")


def test_many_patterns_take_little_time() -> None:
    """The worst file of 500 KiB costs some 0.2 s an address; a regular expression would cost years."""
    told = rules("User-agent: *\n" + ("Disallow: /" + "*a" * 30 + "$\n") * 6_000)
    started = time.process_time()
    assert told.allows(f"{ROOT}/{'a' * 2000}b", "tratin")
    assert time.process_time() - started < 5


def test_a_line_of_blanks_takes_no_time() -> None:
    started = time.process_time()
    assert allowed("User-agent: *\n" + " " * 250_000 + "\nuser" + " " * 200_000 + "\nDisallow: /b", "/a")
    assert time.process_time() - started < 5


# Over real sockets


@pytest.fixture
def web() -> Iterator[WebServer]:
    with WebServer() as server:
        yield server


class Memory:
    """A cache in memory."""

    def __init__(self) -> None:
        self.kept: dict[str, Kept] = {}

    def load(self, root: str) -> Kept | None:
        return self.kept.get(root)

    def keep(self, kept: Kept) -> None:
        self.kept[kept.root] = kept


@pytest.fixture
def memory() -> Memory:
    return Memory()


SETTINGS = CrawlerSettings(delay=0.0, timeout=5.0, private_networks=True)


@pytest.fixture
def fetcher() -> Iterator[Fetcher]:
    made = Fetcher(SETTINGS, threading.Event())
    yield made
    made.close()


@pytest.fixture
def robots(fetcher: Fetcher, memory: Memory) -> Robots:
    return run(fetcher, memory)


def run(fetcher: Fetcher, memory: Memory, later: timedelta = timedelta()) -> Robots:
    """The robots of a new run."""
    return Robots(fetcher.fetch, SETTINGS.user_agent, memory, lambda: datetime.now(UTC) + later)


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


def test_redirects_lead_to_other_authorities_too(web: WebServer, robots: Robots) -> None:
    with WebServer({"/robots.txt": Answer("User-agent: *\nDisallow: /a")}) as other:
        web.routes["/robots.txt"] = Answer("", 308, {"Location": other.url("/robots.txt")})
        assert [robots.allows(web.url(path)) for path in ("/a", "/b")] == [False, True]
        assert other.paths() == ["/robots.txt"]


def test_a_redirect_to_a_host_that_may_not_be_fetched_refuses_everything(memory: Memory) -> None:
    told = iter([answer(302, location="https://khac.edu.vn/robots.txt"), Refused("no host of the site")])
    robots = Robots(lambda _: next(told), "tratin", memory, lambda: datetime.now(UTC))
    assert robots.rules(f"{ROOT}/a").refusal == "robots.txt cannot be fetched: no host of the site"
    assert memory.kept == {}


@pytest.mark.parametrize("location", ["javascript:history.back()", "", "http://[::1", "ftp://vui.edu.vn/robots.txt"])
def test_a_redirect_to_nowhere_refuses_everything(web: WebServer, robots: Robots, location: str) -> None:
    web.routes["/robots.txt"] = Answer("", 302, {"Location": location})
    assert robots.rules(web.url("/a")).refusal == "robots.txt answers 302"


def test_a_host_that_cannot_be_reached_refuses_everything(web: WebServer, robots: Robots) -> None:
    web.routes["/robots.txt"] = Raw([b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nUser-agent: *"])
    told = robots.rules(web.url("/a"))
    assert told.refusal == "robots.txt cannot be fetched: response cut off before its end"
    assert not robots.allows(web.url("/a"))


# Over runs


def answer(status: int, body: bytes = b"", location: str = "") -> Fetched:
    page = Page(f"{ROOT}/robots.txt", datetime.now(UTC), status, {"location": location}, body)
    return Fetched(Exchange(page, "", (), ()))


@pytest.mark.parametrize(
    ("status", "allows"), [(200, False), (203, False), (404, True), (403, True), (410, True), (301, True)]
)
def test_an_answer_is_good_for_a_day(
    web: WebServer, fetcher: Fetcher, memory: Memory, status: int, allows: bool
) -> None:
    body = "User-agent: *\nDisallow: /" if status < 300 else "Không có"
    web.routes["/robots.txt"] = lambda _: Answer(body, status, {"Location": "/robots.txt"})
    hours = [timedelta(hours=hours) for hours in (0, 1, 23.9)]
    assert [run(fetcher, memory, later).allows(web.url("/a")) for later in hours] == [allows] * 3
    asked = len(web.seen)
    assert asked == (6 if status == 301 else 1)
    kept = memory.kept[f"http://{web.host}"]
    assert (kept.status, kept.body) == (status, body.encode() if status < 300 else b"")
    del web.routes["/robots.txt"]
    assert run(fetcher, memory, timedelta(hours=24, seconds=1)).allows(web.url("/a"))
    assert len(web.seen) == asked + 1
    assert memory.kept[f"http://{web.host}"].status == 404


def test_an_answer_from_the_future_is_not_believed(web: WebServer, fetcher: Fetcher, memory: Memory) -> None:
    """A clock that was wrong would make it good for ever."""
    web.routes["/robots.txt"] = Answer("User-agent: *\nDisallow: /a")
    later = (datetime.now(UTC) + timedelta(days=400)).isoformat()
    memory.keep(Kept(f"http://{web.host}", later, 200, b"User-agent: *\nDisallow: /"))
    assert run(fetcher, memory).allows(web.url("/b"))


@pytest.mark.parametrize("status", [429, 500, 503, 304])
def test_a_refusal_holds_for_one_run(web: WebServer, fetcher: Fetcher, memory: Memory, status: int) -> None:
    web.routes["/robots.txt"] = Answer("", status)
    first = run(fetcher, memory)
    assert [first.rules(web.url("/a")).refusal for _ in range(2)] == [f"robots.txt answers {status}"] * 2
    assert (len(web.seen), memory.kept) == (1, {})
    web.routes["/robots.txt"] = Answer("")
    assert not first.allows(web.url("/a"))
    assert run(fetcher, memory).allows(web.url("/a"))


def test_a_refusal_after_a_day_leaves_what_was_kept(web: WebServer, fetcher: Fetcher, memory: Memory) -> None:
    web.routes["/robots.txt"] = Answer("User-agent: *\nDisallow: /a")
    assert run(fetcher, memory).allows(web.url("/b"))
    web.routes["/robots.txt"] = Answer("", 500)
    assert not run(fetcher, memory, timedelta(days=2)).allows(web.url("/b"))
    assert memory.kept[f"http://{web.host}"].status == 200


def test_no_more_is_kept_than_is_read(web: WebServer, fetcher: Fetcher, memory: Memory) -> None:
    web.routes["/robots.txt"] = Answer("User-agent: *\nDisallow: /a\n" + "# filler\n" * 120_000 + "Disallow: /b")
    for _ in range(2):
        robots = run(fetcher, memory)
        assert [robots.allows(web.url(path)) for path in ("/a", "/b")] == [False, True]
    kept = memory.kept[f"http://{web.host}"].body
    assert MAX_BYTES - 9 <= len(kept) <= MAX_BYTES
    assert len(web.seen) == 1
