"""Bodies of responses: their codings undone, those that are torn told from whole ones, bombs stopped."""

from __future__ import annotations

import gzip
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterator

import brotli
import pytest
from backports import zstd
from fetching import fetch, page_of
from webserver import Answer, Raw, WebServer

from crawler.fetch import Failed, Refused


@pytest.fixture
def web() -> Iterator[WebServer]:
    with WebServer() as server:
        yield server


def bare_deflate(body: bytes) -> bytes:
    deflater = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return deflater.compress(body) + deflater.flush()


CODERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "GZip": gzip.compress,
    "deflate": zlib.compress,
    "Deflate": bare_deflate,
    "br": brotli.compress,
    "zstd": zstd.compress,
    "gzip, gzip": lambda body: gzip.compress(gzip.compress(body)),
    "gzip,br , zstd": lambda body: zstd.compress(brotli.compress(gzip.compress(body))),
    "identity": bytes,
    "": bytes,
    "gzip, identity": gzip.compress,
}


@pytest.mark.parametrize("coding", CODERS)
@pytest.mark.parametrize("chunked", [False, True])
def test_coded_bodies_are_decoded(web: WebServer, coding: str, chunked: bool) -> None:
    text = "Trường Đại học ".encode() * 5000
    packed = CODERS[coding](text)
    web.routes["/"] = Answer(packed, headers={"Content-Encoding": coding})
    if chunked:
        chunks = [
            b"%x\r\n%s\r\n" % (len(part), part) for n in range(0, len(packed), 99) if (part := packed[n : n + 99])
        ]
        head = f"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Encoding: {coding}\r\n\r\n".encode()
        web.routes["/"] = Raw([head, *chunks, b"0\r\n\r\n"])
    assert page_of(fetch(web.url())) == (200, text)


@pytest.mark.parametrize("status", [204, 304, 301, 200])
def test_an_empty_body_needs_no_coding(web: WebServer, status: int) -> None:
    web.routes["/"] = Answer(b"", status, {"Content-Encoding": "gzip"})
    assert page_of(fetch(web.url())) == (status, b"")


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("Content-Encoding", "foo", "content coding 'foo'"),
        ("Content-Encoding", "compress", "content coding 'compress'"),
        ("Content-Encoding", "gzip, foo", "content coding 'foo'"),
        ("Content-Encoding", "x" * 5000, f"content coding {'x' * 40!r}"),
        ("Content-Encoding", ",".join(["gzip"] * 6), "6 content codings"),
        ("Transfer-Encoding", "gzip, chunked", "transfer coding 'gzip, chunked'"),
    ],
)
def test_an_unknown_coding_is_refused_and_named(web: WebServer, name: str, value: str, reason: str) -> None:
    web.routes["/"] = Answer("text", headers={name: value})
    assert fetch(web.url()) == Refused(reason)


@pytest.mark.parametrize("coding", ["gzip", "deflate", "Deflate", "br", "zstd", "gzip, gzip"])
@pytest.mark.parametrize("ends", ["length", "close", "chunked"])
def test_a_compressed_body_that_ends_early_is_no_response(web: WebServer, coding: str, ends: str) -> None:
    packed = CODERS[coding](b"".join(b"<p>%d</p>" % number for number in range(3000)))
    for cut in (1, len(packed) // 2, len(packed) - 1):
        part = packed[:cut]
        framing = {"length": b"Content-Length: %d" % cut, "close": b"X: y", "chunked": b"Transfer-Encoding: chunked"}
        body = b"%x\r\n%s\r\n0\r\n\r\n" % (cut, part) if ends == "chunked" else part
        head = b"HTTP/1.1 200 OK\r\nContent-Encoding: %s\r\n%s\r\n\r\n" % (coding.encode(), framing[ends])
        web.routes["/"] = Raw([head, body])
        outcome = fetch(web.url())
        assert isinstance(outcome, Failed), (cut, outcome)
        assert outcome.reason.startswith(coding.lower().split(",")[0])


def test_a_compressed_body_of_which_nothing_came_is_no_response(web: WebServer) -> None:
    web.routes["/"] = Raw([b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n"])
    assert fetch(web.url()) == Failed("response cut off before its end")


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
def test_a_damaged_compressed_body_is_no_response(web: WebServer, coding: str) -> None:
    packed = bytearray(CODERS[coding](b"".join(b"<p>%d</p>" % number for number in range(3000))))
    packed[len(packed) // 2 :] = b"\xff" * (len(packed) - len(packed) // 2)
    web.routes["/"] = Answer(bytes(packed), headers={"Content-Encoding": coding})
    outcome = fetch(web.url())
    assert isinstance(outcome, Failed)
    assert outcome.reason.startswith(f"{coding}: ")


# Bombs


@pytest.mark.parametrize("status", [200, 302])
def test_a_bomb_is_refused_whatever_the_status(web: WebServer, status: int) -> None:
    bomb = gzip.compress(bytes(50_000_000))
    web.routes["/"] = Answer(bomb, status, {"Content-Encoding": "gzip", "Location": "/x"})
    assert fetch(web.url(), max_bytes=100_000) == Refused("longer than 100,000 bytes")


CHILD = """
import re, sys, threading
from pathlib import Path
from crawler.fetch import Fetcher
from crawler.settings import CrawlerSettings

made = Fetcher(CrawlerSettings(delay=0.0, timeout=60.0, private_networks=True, max_bytes=10_000_000), threading.Event())
for path in ("sound", "bomb"):
    print(str(made.fetch(sys.argv[1] + path))[:100])
    # Not ru_maxrss, which begins with that of the process that started this one.
    print(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1])
"""


def deflate_bomb(wbits: int) -> bytes:
    """5 GB of zeros, of which the same deflate block is a megabyte, again and again."""
    deflater = zlib.compressobj(9, wbits=wbits)
    head = deflater.compress(bytes(1 << 20)) + deflater.flush(zlib.Z_FULL_FLUSH)
    block = deflater.compress(bytes(1 << 20)) + deflater.flush(zlib.Z_FULL_FLUSH)
    return head + block * 5000


def brotli_bomb() -> bytes:
    coder = brotli.Compressor(quality=5)
    head = coder.process(bytes(1 << 20)) + coder.flush()
    block = coder.process(bytes(1 << 20)) + coder.flush()
    return head + block * 5000


def zstd_bomb() -> bytes:
    """A frame with a window of 1 MB, and 40,000 blocks that repeat one byte 131,072 times (RFC 8878 3.1.1)."""
    block = (131_072 << 3 | 1 << 1).to_bytes(3, "little") + b"\0"
    return bytes.fromhex("28b52ffd 00 50") + block * 40_000


@pytest.mark.parametrize(
    ("coding", "bomb"),
    [
        ("gzip", lambda: deflate_bomb(31)),
        ("deflate", lambda: deflate_bomb(15)),
        ("deflate", lambda: deflate_bomb(-15)),
        ("br", brotli_bomb),
        ("zstd", zstd_bomb),
        ("gzip, gzip", lambda: gzip.compress(deflate_bomb(31))),
        ("gzip, gzip, gzip", lambda: gzip.compress(gzip.compress(deflate_bomb(31)))),
        ("zstd, br", lambda: brotli.compress(zstd_bomb())),
    ],
    ids=["gzip", "deflate", "bare deflate", "br", "zstd", "gzip twice", "gzip three times", "zstd in br"],
)
def test_memory_stays_small_under_a_bomb(web: WebServer, coding: str, bomb: Callable[[], bytes]) -> None:
    """5 GB that come as 5 MB at most are given up at 10 MB; the kernel tells what the process had at its peak."""
    packed = bomb()
    assert len(packed) < 10_000_000
    web.routes = {"/sound": Answer("x" * 1000), "/bomb": Answer(packed, headers={"Content-Encoding": coding})}
    command = [sys.executable, "-c", CHILD, web.url()]
    told = subprocess.run(command, check=True, capture_output=True, text=True, timeout=120).stdout.splitlines()
    assert told[2] == str(Refused("longer than 10,000,000 bytes"))
    assert int(told[3]) - int(told[1]) < 100_000  # KiB
