"""Fetching from real sockets: politeness, limits, and what becomes of servers that behave badly."""

from __future__ import annotations

import gzip
import itertools
import socket
import struct
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from fetching import LATE, OK, fetch, fetcher, page_of
from forward_proxy import ForwardProxy
from webserver import Answer, Raw, WebServer, drip

from crawler.fetch import Failed, Fetched, Refused


@pytest.fixture
def web() -> Iterator[WebServer]:
    with WebServer() as server:
        yield server


def between(web: WebServer) -> list[float]:
    """The seconds between the starts of two requests: when an answer has left, only who got it knows."""
    return [after.started - before.started for before, after in zip(web.seen, web.seen[1:], strict=False)]


# Politeness


def test_one_host_gets_one_request_at_a_time_with_the_delay_between(web: WebServer) -> None:
    def slow(_: object) -> Answer:
        time.sleep(0.05)
        return Answer("x")

    web.routes = {f"/{n}": slow for n in range(4)}
    polite = fetcher(delay=0.15)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda n: polite.fetch(web.url(f"/{n}")), range(4)))
    polite.close()
    assert len(web.seen) == 4
    assert min(between(web)) >= 0.05 + 0.15


def test_hosts_are_fetched_side_by_side(web: WebServer) -> None:
    meeting = threading.Barrier(2, timeout=LATE)  # broken unless both requests are there at once

    def meet(_: object) -> Answer:
        meeting.wait()
        return Answer("met")

    with WebServer({"/": meet}) as other, ThreadPoolExecutor(2) as pool:
        web.routes["/"] = meet
        both = fetcher(delay=1.0)
        outcomes = list(pool.map(both.fetch, [web.url(), other.url()]))
        both.close()
    assert [page_of(outcome) for outcome in outcomes] == [(200, b"met")] * 2


def test_a_longer_crawl_delay_wins(web: WebServer) -> None:
    web.routes["/"] = Answer("x")
    slowed = fetcher(delay=0.0)
    slowed.slow_down(web.host, 0.2)
    slowed.slow_down(web.host, 0.1)
    for _ in range(2):
        slowed.fetch(web.url())
    slowed.close()
    assert web.seen[1].started - web.seen[0].started >= 0.2


def test_the_smallest_gap_is_measured(web: WebServer) -> None:
    def slow(_: object) -> Answer:
        time.sleep(0.1)
        return Answer("x")

    web.routes["/"] = slow
    polite = fetcher(delay=0.1)
    assert polite.smallest_gap(web.host) is None
    polite.fetch(web.url())
    assert polite.smallest_gap(web.host) is None
    polite.fetch(web.url())
    first = polite.smallest_gap(web.host)
    time.sleep(0.15)
    polite.fetch(web.url())
    polite.slow_down(web.host, 0.3)
    polite.fetch(web.url())
    polite.close()
    assert first is not None
    assert first >= 0.1
    assert polite.smallest_gap(web.host) == first
    assert polite.smallest_gap("khac.edu.vn") is None
    assert first <= min(between(web)) - 0.1


def test_we_say_who_we_are_and_what_we_know(web: WebServer) -> None:
    web.routes["/"] = Answer("", 304)
    outcome = fetch(web.url(), {"If-None-Match": '"a"', "If-Modified-Since": "x"}, user_agent="tratin/1.0 (+me)")
    assert page_of(outcome) == (304, b"")
    sent = web.seen[0].headers
    assert sent["User-Agent"] == "tratin/1.0 (+me)"
    assert (sent["If-None-Match"], sent["If-Modified-Since"]) == ('"a"', "x")
    assert sent["Host"] == web.host


@pytest.mark.parametrize(
    ("etag", "sent"),
    [
        ('W/"tin-1"', 'W/"tin-1"'),
        ('"tin-tức"', '"tin-tức"'),
        ('"\x00"', None),
        ('"a\r\nX-Evil: b"', None),
        (f'"{"x" * 5000}"', None),
    ],
)
def test_only_validators_that_a_request_can_hold_are_sent(web: WebServer, etag: str, sent: str | None) -> None:
    web.routes["/"] = Answer("x")
    assert page_of(fetch(web.url(), {"If-None-Match": etag})) == (200, b"x")
    told = web.seen[0].headers.get("If-None-Match")
    assert (told and told.encode("latin-1").decode()) == sent
    assert "X-Evil" not in web.seen[0].headers


def test_no_cookie_is_kept(web: WebServer) -> None:
    web.routes["/"] = Answer("x", headers={"Set-Cookie": "session=1"})
    made = fetcher()
    for _ in range(2):
        made.fetch(web.url())
    made.close()
    assert "Cookie" not in web.seen[1].headers


def test_a_cookie_that_is_none_harms_nobody(web: WebServer) -> None:
    """Over these two together the parser of the standard library stumbles, and warns of a bug of its own."""
    cookies = {"Set-Cookie": "a=b", "Set-Cookie2": "a=b; expires=Mon"}
    web.routes["/"] = Answer("x", headers=cookies)
    outcome = fetch(web.url())
    assert isinstance(outcome, Fetched)
    assert set(cookies.items()) <= set(outcome.exchange.response_headers)


ODD = [
    "/a//b",
    "/a?b=c?d&e=%2F",
    "/tin-t%E1%BB%A9c;v=1",
    "/tin;",
    "/tin;?trang=2;",
    "/a%2Fb%3Fc%25",
    "/l'article(1)*!$+,=:@~",
    "/a%7Cb?c=%7C&d='&e=a/b:c@d",
    "/http://vui.edu.vn/tin",
    "/%20%C3%A9?q=%20",
]


@pytest.mark.parametrize("target", ODD)
def test_the_target_is_sent_as_it_is(web: WebServer, target: str) -> None:
    fetch(web.url(target))
    assert web.paths() == [target]


@pytest.mark.parametrize("target", ODD)
def test_the_target_is_sent_through_a_proxy_as_it_is(web: WebServer, target: str) -> None:
    with ForwardProxy() as proxy:
        fetch(web.url(target), proxy=proxy.url)
    assert proxy.asked == [f"GET {web.url(target)}"]


def test_the_headers_that_are_told_are_those_that_were_sent(web: WebServer) -> None:
    outcome = fetch(web.url(), {"If-None-Match": '"a"'})
    assert isinstance(outcome, Fetched)
    assert list(outcome.exchange.request_headers) == list(web.seen[0].headers.items())


def test_what_was_sent_and_received_is_told(web: WebServer) -> None:
    web.routes["/"] = Answer("x", headers={"X-Thing": "a"})
    outcome = fetch(web.url())
    assert isinstance(outcome, Fetched)
    assert ("Host", web.host) in outcome.exchange.request_headers
    assert ("Accept-Encoding", "gzip, deflate, br, zstd") in outcome.exchange.request_headers
    assert ("X-Thing", "a") in outcome.exchange.response_headers
    assert outcome.page.headers["x-thing"] == "a"
    assert outcome.page.media_type == "text/html"


# Limits


@pytest.mark.parametrize(
    "chunks",
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b"x"),
        (b"HTTP/1.1 200 OK\r\nX-Slow: ", b"y"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (b"HTTP/1.1 302 Found\r\nLocation: /\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"X: y\r\n"),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + gzip.compress(b"x"), b"\0"),
    ],
    ids=["body", "headers", "continue", "redirect", "trailer", "gzip"],
)
def test_a_response_that_drips_is_given_up_in_time(web: WebServer, chunks: tuple[bytes, bytes]) -> None:
    def dripping(_: object) -> Raw:
        return Raw(chunk for part in ([chunks[0]], drip(chunks[1])) for chunk in part)

    web.routes["/"] = dripping
    started = time.monotonic()
    outcome = fetch(web.url(), timeout=0.4)
    assert outcome == Failed("no whole response within 0.4 s")
    assert 0.3 < time.monotonic() - started < LATE


def test_a_server_that_never_answers_is_given_up_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        outcome = fetch(f"http://127.0.0.1:{silent.getsockname()[1]}/", timeout=0.3)
    assert outcome in (Failed("no whole response within 0.3 s"), Failed("no answer in time"))


@pytest.mark.parametrize("head", [b"", b"Transfer-Encoding: chunked\r\n"], ids=["close", "chunked"])
def test_a_response_without_end_is_refused(web: WebServer, head: bytes) -> None:
    chunk = b"%x\r\n%s\r\n" % (10_000, b"x" * 10_000)
    web.routes["/"] = lambda _: Raw(itertools.chain([OK + head + b"\r\n"], itertools.repeat(chunk)))
    assert fetch(web.url(), max_bytes=100_000) == Refused("longer than 100,000 bytes")


def test_the_limit_of_the_length_is_exact(web: WebServer) -> None:
    web.routes["/"] = Answer(b"x" * 1000)
    assert page_of(fetch(web.url(), max_bytes=1000))[0] == 200
    assert fetch(web.url(), max_bytes=999) == Refused("longer than 999 bytes")


def test_the_host_can_be_used_after_a_refused_body(web: WebServer) -> None:
    web.routes |= {"/long": Answer(b"x" * 500_000), "/": Answer("short")}
    made = fetcher(max_bytes=1000)
    assert isinstance(made.fetch(web.url("/long")), Refused)
    assert page_of(made.fetch(web.url())) == (200, b"short")
    made.close()


# What comes back


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (OK + b"Content-Length: 1000\r\n\r\nshort", "response cut off before its end"),
        (OK + b"Content-Length: 1000\r\n\r\n", "response cut off before its end"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nshort\r\n", "response cut off before its end"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\nff\r\nshort", "response cut off before its end"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n", "response cut off before its end"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n", "response cut off before its end"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n-1\r\n" + b"x" * 99, "response cut off before its end"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n-5\r\n" + b"x" * 99, "response cut off before its end"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n" + b"5" * 70_000, "a line of more than 65,536 bytes"),
        (OK + b"Content-Encoding: gzip\r\nContent-Length: 5\r\n\r\nshort", "gzip: its body is not compressed so"),
        (OK + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nshort!", "several lengths of one response"),
        (OK + b"Content-Type: text/ht", "response cut off within its headers"),
        (OK, "response cut off within its headers"),
        (b"HTTP/1.1 2", "no HTTP/1 response"),
        (b"HTTP/1.1 abc OK\r\n\r\n", "no HTTP/1 response"),
        (b"HTTP/2 200 OK\r\n\r\nx", "no HTTP/1 response"),
        (b"<html>HTTP/0.9</html>", "no HTTP/1 response"),
        (b"\x16\x03\x01 not http at all\r\n\r\n", "no HTTP/1 response"),
        (b"x" * 100_000, "a line of more than 65,536 bytes"),
        (b"", "connection closed without an answer"),
        (OK + b"X: " + b"y" * 100_000 + b"\r\n\r\n", "a line of more than 65,536 bytes"),
        (OK + (b"X: " + b"y" * 60_000 + b"\r\n") * 20 + b"\r\n", "headers longer than 262,144 bytes"),
        (OK + b"X: y\r\n" * 100_000 + b"\r\n", "got more than 100 headers"),
        (OK + b"no header\r\n" * 100_000 + b"\r\n", "headers longer than 262,144 bytes"),
        (b"HTTP/1.1 100 Continue\r\n\r\n" * 100_000, "headers longer than 262,144 bytes"),
        (b"HTTP/1.1 103 Early Hints\r\n\r\n" * 100_000, "headers longer than 262,144 bytes"),
        (b"HTTP/1.1 103 Early Hints\r\nX: y\r\n", "response cut off within its headers"),
    ],
    ids=[
        "length", "nothing of a length", "last chunk", "in a chunk", "no chunk", "chunk of x", "chunk of -1",
        "chunk of -5", "chunk without end", "not gzip", "two lengths", "in a header", "no headers", "status line",
        "no status", "version", "0.9", "noise", "line without end", "nothing", "long header", "long headers",
        "many headers", "many lines", "many 100", "many 103", "in 103",
    ],
)  # fmt: skip
def test_half_a_response_is_no_response(web: WebServer, raw: bytes, reason: str) -> None:
    web.routes["/"] = Raw([raw])
    assert fetch(web.url()) == Failed(reason)


@pytest.mark.parametrize(
    "interim", [b"", b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 103 Hints\r\nLink: </a>\r\n\r\n"]
)
def test_interim_responses_are_passed_over(web: WebServer, interim: bytes) -> None:
    """Else the one after would be taken for the answer to the next request."""
    answers = Raw([interim * 3 + OK + b"Content-Length: 3\r\n\r\none"])
    web.routes |= {"/1": answers, "/2": Answer("two")}
    made = fetcher()
    assert [page_of(made.fetch(web.url(path))) for path in ("/1", "/2")] == [(200, b"one"), (200, b"two")]
    made.close()


@pytest.mark.parametrize(
    "line", [b"no header", b"HTTP/1.1 200 OK", b"<b>Warning</b>: mysql_connect()", b"X Y: z", b": z"]
)
def test_a_line_that_is_no_header_hides_none(web: WebServer, line: bytes) -> None:
    body = gzip.compress(b"sound")
    head = b"X-A: 1\r\n%s\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % (line, len(body))
    web.routes["/"] = Raw([OK + head + body])
    assert page_of(fetch(web.url())) == (200, b"sound")


def test_what_follows_a_response_is_not_taken_for_the_next(web: WebServer) -> None:
    web.routes |= {
        "/1": Answer("one, and more", headers={"Content-Length": "3"}),
        "/304": Answer("", 304, {"Content-Length": "9"}),
        "/2": Answer("two"),
    }
    made = fetcher()
    asked = ["/1", "/2", "/304", "/2"]
    assert [page_of(made.fetch(web.url(path)))[1] for path in asked] == [b"one", b"two", b"", b"two"]
    made.close()


def test_a_server_that_resets_the_connection() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, ThreadPoolExecutor(1) as pool:
        future = pool.submit(fetch, f"http://127.0.0.1:{server.getsockname()[1]}/")
        connection, _ = server.accept()
        assert connection.recv(1)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()
        assert future.result(LATE) == Failed("connection broken")


@pytest.mark.parametrize("delay", [0.0, 0.2])
def test_a_connection_that_is_closed_without_a_word_is_opened_again(web: WebServer, delay: float) -> None:
    """With no delay the next request meets the closing; it is repeated, as politely as any other."""
    web.routes["/"] = Raw([OK + b"Content-Length: 1\r\n\r\nx"])
    made = fetcher(delay=delay)
    for _ in range(5):
        assert page_of(made.fetch(web.url())) == (200, b"x")
    made.close()


def test_a_server_that_closes_at_once_is_asked_politely(web: WebServer) -> None:
    web.routes |= {"/": Answer("x"), "/closes": Raw([])}
    made = fetcher(delay=0.2)
    made.fetch(web.url())
    assert made.fetch(web.url("/closes")) == Failed("connection closed without an answer")
    assert made.fetch(web.url("/closes")) == Failed("connection closed without an answer")
    made.close()
    assert web.paths() == ["/", "/closes", "/closes", "/closes"]  # the open connection might have been too old
    assert min(between(web)) >= 0.2


def test_a_body_without_length_ends_with_the_connection(web: WebServer) -> None:
    web.routes["/"] = Raw([b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n", b"all ", b"of it"])
    assert page_of(fetch(web.url())) == (200, b"all of it")


# Addresses


def test_redirects_are_told_not_followed(web: WebServer) -> None:
    web.routes["/"] = Answer("moved", 301, {"Location": "/x"})
    outcome = fetch(web.url())
    assert page_of(outcome) == (301, b"moved")
    assert web.paths() == ["/"]


@pytest.mark.parametrize(
    "location", ["http://[::1", "//", "http://a:b/", "\x00", "http://127.0.0.1:99999/", "javascript:history.back()", ""]
)
def test_a_redirect_to_nonsense_harms_nobody(web: WebServer, location: str) -> None:
    web.routes["/"] = Answer("moved", 302, {"Location": location})
    assert page_of(fetch(web.url())) == (302, b"moved")


def test_a_folded_header_is_one_line_and_headers_of_one_name_are_one(web: WebServer) -> None:
    web.routes["/"] = Raw([OK + b"Location: /tin\r\n  -tuc\r\nVary: A\r\nvary: B\r\nContent-Length: 0\r\n\r\n"])
    outcome = fetch(web.url())
    assert isinstance(outcome, Fetched)
    assert (outcome.page.headers["location"], outcome.page.headers["vary"]) == ("/tin -tuc", "A, B")


@pytest.mark.parametrize(
    ("head", "kept"),
    [
        (b" folded\r\n", {}),
        (b"no header\r\n of two lines\r\n", {}),
        (b"X-A: 1\r\n \r\nno header\r\n", {"x-a": "1 "}),
        (b"Content-Type: multipart/x\r\n", {"content-type": "multipart/x"}),
    ],
    ids=["a fold of nothing", "a fold of what is none", "an empty fold", "parts without a boundary"],
)
def test_an_odd_head_is_no_news(
    web: WebServer, head: bytes, kept: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    web.routes["/"] = Raw([OK + head + b"X-B: 2\r\nContent-Length: 1\r\n\r\nx"])
    outcome = fetch(web.url())
    assert isinstance(outcome, Fetched)
    assert outcome.page.headers == kept | {"x-b": "2", "content-length": "1"}
    assert caplog.records == []


def test_headers_in_utf8_are_read_as_they_were_meant(web: WebServer) -> None:
    web.routes["/"] = Answer("", 302, {"Location": "/tin-tức"})
    outcome = fetch(web.url())
    assert isinstance(outcome, Fetched)
    assert outcome.page.headers["location"] == "/tin-tức"


# Stopping


def test_a_body_that_abort_ends_is_not_taken_for_whole(web: WebServer) -> None:
    sent = threading.Event()

    def hang(_: object) -> Raw:
        def half() -> Iterator[bytes]:
            yield OK + b"\r\n<p>half"
            sent.set()
            yield from drip(b" ")

        return Raw(half())

    web.routes["/"] = hang
    stop = threading.Event()
    made = fetcher(stop, timeout=60.0)
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(made.fetch, web.url())
        assert sent.wait(LATE)
        stop.set()
        made.abort()
        assert future.result(LATE) == Failed("stopped")
    made.close()


def test_abort_ends_a_hanging_fetch_at_once(web: WebServer) -> None:
    hanging, go = threading.Event(), threading.Event()

    def hang(_: object) -> Answer:
        hanging.set()
        go.wait(LATE)
        return Answer("late")

    web.routes["/"] = hang
    stop = threading.Event()
    made = fetcher(stop, timeout=10.0)
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(made.fetch, web.url())
        assert hanging.wait(LATE)
        stop.set()
        made.abort()
        assert future.result(LATE) == Failed("stopped")
    go.set()
    assert made.fetch(web.url()) == Failed("stopped")
    made.close()


def test_a_stop_ends_the_wait_between_two_requests(web: WebServer) -> None:
    web.routes["/"] = Answer("x")
    stop = threading.Event()
    made = fetcher(stop, delay=60.0)
    made.fetch(web.url())
    threading.Timer(0.1, stop.set).start()
    started = time.monotonic()
    assert made.fetch(web.url()) == Failed("stopped")
    assert time.monotonic() - started < LATE
    made.close()
