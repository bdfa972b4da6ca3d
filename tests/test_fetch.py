"""Fetching from real sockets: politeness, limits, and what becomes of servers that behave badly."""

from __future__ import annotations

import gzip
import socket
import subprocess
import threading
import time
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from webserver import Answer, Raw, WebServer, drip

from crawler.connect import is_public
from crawler.fetch import Failed, Fetched, Fetcher, Outcome, Refused
from crawler.settings import CrawlerSettings

LATE = 3.0  # seconds; what ends before was ended by a limit, not by patience


@pytest.fixture
def web() -> Iterator[WebServer]:
    with WebServer() as server:
        yield server


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
    gaps = [after.started - (before.ended or 0) for before, after in zip(web.seen, web.seen[1:], strict=False)]
    assert min(gaps) >= 0.14, gaps


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


def test_we_say_who_we_are_and_what_we_know(web: WebServer) -> None:
    web.routes["/"] = Answer("", 304)
    outcome = fetch(web.url(), {"If-None-Match": '"a"', "If-Modified-Since": "x"}, user_agent="tratin/1.0 (+me)")
    assert page_of(outcome) == (304, b"")
    sent = web.seen[0].headers
    assert sent["User-Agent"] == "tratin/1.0 (+me)"
    assert (sent["If-None-Match"], sent["If-Modified-Since"]) == ('"a"', "x")
    assert sent["Host"] == web.host


def test_what_was_sent_and_received_is_told(web: WebServer) -> None:
    web.routes["/"] = Answer("x", headers={"X-Thing": "a"})
    outcome = fetch(web.url())
    assert isinstance(outcome, Fetched)
    assert ("Host", web.host) in outcome.exchange.request_headers
    assert ("X-Thing", "a") in outcome.exchange.response_headers
    assert outcome.page.headers["x-thing"] == "a"
    assert outcome.page.media_type == "text/html"


def test_proxies_of_the_environment_are_ignored(web: WebServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    web.routes["/"] = Answer("direct")
    assert page_of(fetch(web.url())) == (200, b"direct")


# Limits


@pytest.mark.parametrize(
    "chunks",
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b"x"),
        (b"HTTP/1.1 200 OK\r\nX-Slow: ", b"y"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (b"HTTP/1.1 302 Found\r\nLocation: /\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
    ],
    ids=["body", "headers", "continue", "redirect"],
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
    assert isinstance(outcome, Failed)
    assert "0.3 s" in outcome.reason or outcome.reason == "no answer in time"


@pytest.mark.parametrize("status", [200, 302])
def test_a_gzip_bomb_is_refused(web: WebServer, status: int) -> None:
    bomb = gzip.compress(bytes(50_000_000))
    web.routes["/"] = Answer(bomb, status, {"Content-Encoding": "gzip", "Location": "/x"})
    started = time.monotonic()
    assert fetch(web.url(), max_bytes=100_000) == Refused("longer than 100,000 bytes")
    assert time.monotonic() - started < LATE


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


# Bodies


@pytest.mark.parametrize(
    ("coding", "pack"), [("gzip", gzip.compress), ("deflate", zlib.compress), ("x-gzip", gzip.compress)]
)
def test_coded_bodies_are_decoded(web: WebServer, coding: str, pack: object) -> None:
    text = "Trường Đại học ".encode() * 5000
    web.routes["/"] = Answer(pack(text), headers={"Content-Encoding": coding})  # type: ignore[operator]
    assert page_of(fetch(web.url())) == (200, text)


@pytest.mark.parametrize(
    "raw",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nshort\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nshort",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nshort",
        b"HTTP/1.1 2",
        b"",
        b"\x16\x03\x01 not http at all\r\n\r\n",
    ],
    ids=["length", "chunked", "in a chunk", "not gzip", "status line", "nothing", "noise"],
)
def test_half_a_response_is_no_response(web: WebServer, raw: bytes) -> None:
    web.routes["/"] = Raw([raw])
    outcome = fetch(web.url())
    assert isinstance(outcome, Failed), outcome
    assert "0x" not in outcome.reason  # no object's address: a report counts equal reasons


def test_a_body_without_length_ends_with_the_connection(web: WebServer) -> None:
    web.routes["/"] = Raw([b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n", b"all ", b"of it"])
    assert page_of(fetch(web.url())) == (200, b"all of it")


# Addresses


def test_redirects_are_told_not_followed(web: WebServer) -> None:
    web.routes["/"] = Answer("moved", 301, {"Location": "/x"})
    outcome = fetch(web.url())
    assert page_of(outcome) == (301, b"moved")
    assert web.paths() == ["/"]


@pytest.mark.parametrize("location", ["http://[::1", "//", "http://a:b/", "\x00", "http://127.0.0.1:99999/"])
def test_a_redirect_to_nonsense_harms_nobody(web: WebServer, location: str) -> None:
    web.routes["/"] = Answer("moved", 302, {"Location": location})
    assert page_of(fetch(web.url())) == (302, b"moved")


def test_headers_in_utf8_are_read_as_they_were_meant(web: WebServer) -> None:
    web.routes["/"] = Answer("", 302, {"Location": "/tin-tức"})
    outcome = fetch(web.url())
    assert isinstance(outcome, Fetched)
    assert outcome.page.headers["location"] == "/tin-tức"


def test_connection_refused() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert fetch(f"http://127.0.0.1:{port}/") == Failed("connection refused")


def test_a_host_name_that_cannot_be_is_not_found() -> None:
    assert fetch(f"http://{'a' * 64}.invalid/") == Failed("host name not found")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "0.0.0.0", "[::ffff:127.0.0.1]"])
def test_private_addresses_are_refused_before_anything_is_sent(web: WebServer, host: str) -> None:
    web.routes["/"] = Answer("secret")
    outcome = fetch(f"http://{host}:{web.port}/", private_networks=False)
    assert isinstance(outcome, Refused), outcome
    assert outcome.reason.startswith("private address")
    assert web.seen == []


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("2001:4860:4860::8888", True),
        ("10.1.2.3", False),
        ("100.64.0.1", False),
        ("169.254.169.254", False),
        ("224.0.0.1", False),
        ("::1", False),
        ("::ffff:10.0.0.1", False),
        ("::ffff:8.8.8.8", True),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("2002:7f00:1::", False),
        ("64:ff9b::a00:1", False),
        ("64:ff9b::808:808", True),
    ],
)
def test_which_addresses_are_public(address: str, public: bool) -> None:
    assert is_public(address) is public


# Stopping


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
        started = time.monotonic()
        stop.set()
        made.abort()
        assert isinstance(future.result(LATE), Failed)
        assert time.monotonic() - started < 1
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


# TLS


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tls") / "own.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1",
         "-addext", "keyUsage=critical,digitalSignature,keyCertSign",
         "-keyout", path, "-out", path.with_suffix(".crt")],
        check=True, capture_output=True,
    )  # fmt: skip
    path.write_text(path.read_text() + path.with_suffix(".crt").read_text())
    return path


def trusting(certificate: Path, web: WebServer, **settings: object) -> Fetcher:
    """A fetcher that takes the certificate of our own making as a good one."""
    made = fetcher(**settings)
    made._host(web.host).session.verify = str(certificate.with_suffix(".crt"))
    return made


def test_a_certificate_that_nobody_vouches_for_is_refused(certificate: Path) -> None:
    with WebServer({"/": Answer("x")}, certificate) as web:
        assert fetch(f"https://{web.host}/") == Failed("TLS certificate not valid")
        assert web.seen == []


def test_a_dripping_response_over_tls_is_given_up_in_time(certificate: Path) -> None:
    def dripping(_: object) -> Raw:
        return Raw(chunk for part in ([b"HTTP/1.1 200 OK\r\n\r\n"], drip(b"x")) for chunk in part)

    with WebServer({"/": Answer("sound"), "/drip": dripping}, certificate) as web:
        made = trusting(certificate, web, timeout=0.5)
        assert page_of(made.fetch(f"https://{web.host}/")) == (200, b"sound")
        started = time.monotonic()
        assert made.fetch(f"https://{web.host}/drip") == Failed("no whole response within 0.5 s")
        assert time.monotonic() - started < LATE
        assert page_of(made.fetch(f"https://{web.host}/")) == (200, b"sound")
        made.close()


def test_a_handshake_that_does_not_end_can_be_aborted() -> None:
    stop = threading.Event()
    made = fetcher(stop, timeout=10.0)
    with socket.create_server(("127.0.0.1", 0)) as silent, ThreadPoolExecutor(1) as pool:
        future = pool.submit(made.fetch, f"https://127.0.0.1:{silent.getsockname()[1]}/")
        connection, _ = silent.accept()
        with connection:
            assert connection.recv(1)  # the greeting is under way
            started = time.monotonic()
            stop.set()
            made.abort()
            assert isinstance(future.result(LATE), Failed)
            assert time.monotonic() - started < 1
    made.close()
