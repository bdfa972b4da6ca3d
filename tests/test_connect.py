"""Where connections go: checked addresses, lookups that hang, TLS, a proxy, the environment that has no say."""

from __future__ import annotations

import base64
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from fetching import LATE, failure_of, fetch, fetcher, page_of
from forward_proxy import ForwardProxy
from webserver import Answer, Raw, WebServer, drip

from crawler.connect import is_public
from crawler.fetch import Failed, Fetched, Refused


@pytest.fixture
def web() -> Iterator[WebServer]:
    with WebServer({"/": Answer("sound")}) as server:
        yield server


# Addresses


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1",
        "127.255.255.254",
        "2130706433",
        "0x7f.1",
        "0x7f000001",
        "017700000001",
        "0177.0.0.1",
        "localhost",
        "localhost.",
        "LOCALHOST",
        "0.0.0.0",
        "0",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[64:ff9b::127.0.0.1]",
        "[2002:7f00:1::]",
        "[fe80::1%25lo]",
        "[fe80::1]",
        "[fd00:ec2::254]",
        "169.254.169.254",
        "2852039166",
        "100.100.100.200",
        "10.0.0.1",
        "192.168.1.1",
        "172.31.0.1",
    ],
)
def test_private_addresses_are_refused_before_anything_is_sent(web: WebServer, host: str) -> None:
    started = time.monotonic()
    outcome = fetch(f"http://{host}:{web.port}/", private_networks=False)
    assert isinstance(outcome, Refused), outcome
    assert outcome.reason.startswith("private address: ")
    assert web.seen == []
    assert time.monotonic() - started < LATE


@pytest.mark.parametrize("host", ["2130706433", "localhost.", "0x7f.1", "0.0.0.0", "127.0.0.1"])
def test_private_networks_may_be_allowed(web: WebServer, host: str) -> None:
    assert page_of(fetch(f"http://{host}:{web.port}/")) == (200, b"sound")


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("203.162.4.190", True),
        ("2001:4860:4860::8888", True),
        ("2405:4800::1", True),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("172.32.0.1", True),
        ("192.168.0.1", False),
        ("100.64.0.1", False),
        ("100.127.255.255", False),
        ("100.128.0.1", True),
        ("127.0.0.1", False),
        ("0.0.0.0", False),
        ("0.1.2.3", False),
        ("169.254.169.254", False),
        ("198.18.0.1", False),
        ("224.0.0.1", False),
        ("239.255.255.250", False),
        ("255.255.255.255", False),
        ("::", False),
        ("::1", False),
        ("::7f00:1", False),
        ("::ffff:10.0.0.1", False),
        ("::ffff:169.254.169.254", False),
        ("::ffff:8.8.8.8", True),
        ("fe80::1%eth0", False),
        ("fe80::1%1", False),
        ("fec0::1", False),
        ("fc00::1", False),
        ("fd00::1", False),
        ("fd00:ec2::254", False),
        ("ff02::1", False),
        ("ff0e::1", False),
        ("2001:db8::1", False),
        ("2001:0:7f00:1::", False),
        ("2002:7f00:1::", False),
        ("2002:a9fe:a9fe::1", False),
        ("2002:808:808::1", True),
        ("64:ff9b::a00:1", False),
        ("64:ff9b::a9fe:a9fe", False),
        ("64:ff9b::808:808", True),
        ("64:ff9b:1::a00:1", False),
    ],
)
def test_which_addresses_are_public(address: str, public: bool) -> None:
    assert is_public(address) is public


def resolving(monkeypatch: pytest.MonkeyPatch, table: dict[str, list[str]]) -> list[str]:
    """Let names have the addresses of `table`; gives the names that were asked for."""
    real, asked = socket.getaddrinfo, []

    def lookup(host: str, port: int, *args: Any, **more: Any) -> list[Any]:
        asked.append(host)
        return [found for address in table.get(host, [host]) for found in real(address, port, *args, **more)]

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    return asked


def test_one_private_address_among_public_ones_is_enough(web: WebServer, monkeypatch: pytest.MonkeyPatch) -> None:
    resolving(monkeypatch, {"tin.edu.vn": ["203.162.4.190", "127.0.0.1"]})
    outcome = fetch(f"http://tin.edu.vn:{web.port}/", private_networks=False)
    assert outcome == Refused("private address: tin.edu.vn resolves to 127.0.0.1")
    assert web.seen == []


def test_a_name_is_resolved_once_for_a_connection(web: WebServer, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = resolving(monkeypatch, {"tin.edu.vn": ["127.0.0.1"]})
    made = fetcher()
    for _ in range(3):
        assert page_of(made.fetch(f"http://tin.edu.vn:{web.port}/")) == (200, b"sound")
    made.close()
    assert asked == ["tin.edu.vn"]
    assert {seen.headers["Host"] for seen in web.seen} == {f"tin.edu.vn:{web.port}"}


def test_a_connection_that_was_idle_for_long_is_not_used_again(web: WebServer, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = resolving(monkeypatch, {"tin.edu.vn": ["127.0.0.1"]})
    monkeypatch.setattr("crawler.connect.KEPT_OPEN", -1.0)
    made = fetcher()
    for _ in range(2):
        assert page_of(made.fetch(f"http://tin.edu.vn:{web.port}/")) == (200, b"sound")
    made.close()
    assert asked == ["tin.edu.vn"] * 2


def test_an_address_that_is_dead_leaves_time_for_the_others(web: WebServer, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.2", web.port))
        full.listen(0)
        with socket.create_connection(("127.0.0.2", web.port)):  # so that no other one is let in
            resolving(monkeypatch, {"tin.edu.vn": ["127.0.0.2", "127.0.0.1"]})
            assert page_of(fetch(f"http://tin.edu.vn:{web.port}/", timeout=4.0)) == (200, b"sound")


def test_connection_refused() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert fetch(f"http://127.0.0.1:{port}/") == Failed("connection refused")


@pytest.mark.parametrize("host", ["a" * 64 + ".invalid", "khong-co.invalid", "a..b"])
def test_a_host_name_that_cannot_be_is_not_found(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    real = socket.getaddrinfo

    def lookup(name: str, *args: Any, **more: Any) -> Any:
        if name == "khong-co.invalid":  # no test asks a real name server
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return real(name, *args, **more)

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    assert fetch(f"http://{host}/") == Failed("host name not found")


# Lookups that hang


@pytest.fixture
def hanging(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Let lookups hang until the test is over; the event tells that one does."""
    begun, over, real = threading.Event(), threading.Event(), socket.getaddrinfo

    def lookup(host: str, *args: Any, **more: Any) -> Any:
        if host == "127.0.0.1":
            return real(host, *args, **more)
        begun.set()
        over.wait(60)
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    yield begun
    over.set()


def test_a_lookup_that_hangs_is_given_up_in_time(hanging: threading.Event) -> None:
    started = time.monotonic()
    assert fetch("http://tin.edu.vn/", timeout=0.3) == Failed("host name not looked up within 0.3 s")
    assert time.monotonic() - started < LATE
    assert hanging.is_set()


def test_a_lookup_that_hangs_can_be_aborted(hanging: threading.Event) -> None:
    stop = threading.Event()
    made = fetcher(stop, timeout=60.0)
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(made.fetch, "http://tin.edu.vn/")
        assert hanging.wait(LATE)
        stop.set()
        made.abort()
        assert future.result(LATE) == Failed("stopped")
    made.close()


# A proxy


def test_all_requests_go_through_the_proxy(web: WebServer) -> None:
    with ForwardProxy() as proxy:
        assert page_of(fetch(web.url(), proxy=proxy.url)) == (200, b"sound")
    assert proxy.asked == [f"GET {web.url()}"]
    assert web.seen[0].headers["Host"] == web.host


def test_the_target_behind_a_proxy_is_checked_and_the_proxy_is_not(web: WebServer) -> None:
    with ForwardProxy() as proxy:
        outcome = fetch(web.url(), proxy=proxy.url, private_networks=False)
        assert outcome == Refused("private address: 127.0.0.1 resolves to 127.0.0.1")
        assert proxy.asked == []


def test_a_name_that_does_not_resolve_here_is_left_to_the_proxy(
    web: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, asked = socket.getaddrinfo, []

    def lookup(host: str, *args: Any, **more: Any) -> Any:
        asked.append(host)
        if host == "tin.edu.vn":
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return real(host, *args, **more)

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    with ForwardProxy({"tin.edu.vn": ("127.0.0.1", web.port)}) as proxy:
        made = fetcher(proxy=proxy.url, private_networks=False)
        assert [page_of(made.fetch("http://tin.edu.vn/"))[0] for _ in range(3)] == [200] * 3
        made.close()
    assert asked.count("tin.edu.vn") == 1  # who has no name server need not wait for it each time


def test_a_lookup_that_hangs_is_left_to_the_proxy(
    web: WebServer, hanging: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crawler.connect.PROXIED_LOOKUP", 0.1)
    with ForwardProxy({"tin.edu.vn": ("127.0.0.1", web.port)}) as proxy:
        outcome = fetch("http://tin.edu.vn/", proxy=proxy.url, private_networks=False, timeout=20.0)
    assert page_of(outcome) == (200, b"sound")
    assert hanging.is_set()


def test_a_dripping_response_through_the_proxy_is_given_up_in_time(web: WebServer) -> None:
    web.routes["/"] = lambda _: Raw(c for part in ([b"HTTP/1.1 200 OK\r\n\r\n"], drip(b"x")) for c in part)
    started = time.monotonic()
    with ForwardProxy() as proxy:
        assert fetch(web.url(), proxy=proxy.url, timeout=0.4) == Failed("no whole response within 0.4 s")
    assert time.monotonic() - started < LATE


def test_a_proxy_that_wants_a_name_gets_it_and_the_site_does_not(web: WebServer) -> None:
    user = base64.b64encode("thư viện:mật@khẩu".encode()).decode()
    with ForwardProxy(user=user) as proxy:
        named = proxy.url.replace("http://", "http://th%C6%B0%20vi%E1%BB%87n:m%E1%BA%ADt%40kh%E1%BA%A9u@")
        outcome = fetch(web.url(), proxy=named)
        assert page_of(outcome) == (200, b"sound")
        assert page_of(fetch(web.url(), proxy=proxy.url))[0] == 407
    assert isinstance(outcome, Fetched)
    assert "Proxy-Authorization" not in {name for name, _ in outcome.exchange.request_headers}
    assert "Proxy-Authorization" not in web.seen[0].headers


def test_a_proxy_that_is_not_there_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert fetch("http://127.0.0.1/", proxy=f"http://127.0.0.1:{port}") == Failed("proxy: connection refused")


@pytest.mark.parametrize("variable", ["http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy", "HTTPS_PROXY"])
def test_proxies_of_the_environment_are_ignored(web: WebServer, monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    with ForwardProxy() as proxy:
        monkeypatch.setenv(variable, proxy.url)
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        assert page_of(fetch(web.url())) == (200, b"sound")
    assert proxy.asked == []


# TLS


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tls") / "own.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1,DNS:tin.edu.vn",
         "-addext", "keyUsage=critical,digitalSignature,keyCertSign",
         "-keyout", path, "-out", path.with_suffix(".crt")],
        check=True, capture_output=True,
    )  # fmt: skip
    path.write_text(path.read_text() + path.with_suffix(".crt").read_text())
    return path


@pytest.fixture
def trusted(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A certificate that this machine trusts."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.with_suffix(".crt")))
    return certificate


def test_a_certificate_that_nobody_vouches_for_is_refused(certificate: Path) -> None:
    with WebServer({"/": Answer("x")}, certificate) as web:
        assert failure_of(fetch(f"https://{web.host}/")).startswith("TLS certificate not valid: self")
        assert web.seen == []


def test_a_certificate_of_another_host_is_refused(trusted: Path) -> None:
    with WebServer({"/": Answer("x")}, trusted) as web:
        assert page_of(fetch(f"https://{web.host}/")) == (200, b"x")
        assert failure_of(fetch(f"https://localhost:{web.port}/")).startswith(
            "TLS certificate not valid: Hostname mismatch"
        )
        assert len(web.seen) == 1


def test_no_tls_where_it_was_asked_for(web: WebServer) -> None:
    assert failure_of(fetch(f"https://{web.host}/")) == "TLS connection broken"


def test_a_connection_over_tls_is_used_again(trusted: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = resolving(monkeypatch, {"tin.edu.vn": ["127.0.0.1"]})
    with WebServer({"/": Answer("sound")}, trusted) as web:
        made = fetcher()
        for _ in range(3):
            assert page_of(made.fetch(f"https://tin.edu.vn:{web.port}/")) == (200, b"sound")
        made.close()
    assert asked == ["tin.edu.vn"]


def test_a_dripping_response_over_tls_is_given_up_in_time(trusted: Path) -> None:
    def dripping(_: object) -> Raw:
        return Raw(chunk for part in ([b"HTTP/1.1 200 OK\r\n\r\n"], drip(b"x")) for chunk in part)

    with WebServer({"/": Answer("sound"), "/drip": dripping}, trusted) as web:
        made = fetcher(timeout=1.0)
        assert page_of(made.fetch(f"https://{web.host}/")) == (200, b"sound")
        started = time.monotonic()
        assert made.fetch(f"https://{web.host}/drip") == Failed("no whole response within 1 s")
        assert time.monotonic() - started < LATE
        assert page_of(made.fetch(f"https://{web.host}/")) == (200, b"sound")
        made.close()


def test_a_handshake_that_does_not_end_can_be_aborted() -> None:
    stop = threading.Event()
    made = fetcher(stop, timeout=60.0)
    with socket.create_server(("127.0.0.1", 0)) as silent, ThreadPoolExecutor(1) as pool:
        future = pool.submit(made.fetch, f"https://127.0.0.1:{silent.getsockname()[1]}/")
        connection, _ = silent.accept()
        with connection:
            assert connection.recv(1)  # the greeting is under way
            stop.set()
            made.abort()
            assert future.result(LATE) == Failed("stopped")
    made.close()


def test_tls_reaches_through_the_proxy_to_the_target(trusted: Path) -> None:
    with WebServer({"/": Answer("secret")}, trusted) as web:
        names = {"tin.edu.vn": ("127.0.0.1", web.port), "khac.edu.vn": ("127.0.0.1", web.port)}
        with ForwardProxy(names, user="YTpi") as proxy:
            named = proxy.url.replace("http://", "http://a:b@")
            assert page_of(fetch("https://tin.edu.vn/", proxy=named)) == (200, b"secret")
            assert failure_of(fetch("https://khac.edu.vn/", proxy=named)).startswith(
                "TLS certificate not valid: Hostname"
            )
            assert (
                failure_of(fetch("https://tin.edu.vn/", proxy=proxy.url))
                == "proxy: tunnel connection failed: 407 who are you"
            )
        assert proxy.asked[0] == "CONNECT tin.edu.vn:443"
        assert [seen.headers["Host"] for seen in web.seen] == ["tin.edu.vn"]
