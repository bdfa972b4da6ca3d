"""Undoing chunks and content codings: right, wrongly declared, torn, and bombs."""

from __future__ import annotations

import gzip
import zlib
from contextlib import suppress

import brotli
import pytest
from backports import zstd
from hypothesis import given
from hypothesis import strategies as st

from crawler.coding import TooLongError, decode, unchunk

TEXT = "<html><p>Trường Đại học Công nghiệp Việt Trì khai giảng năm học mới.</p></html>".encode() * 20
LIMIT = 100_000


def bare(body: bytes) -> bytes:
    deflater = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return deflater.compress(body) + deflater.flush()


CODERS = {
    "gzip": gzip.compress,
    "X-GZIP": gzip.compress,
    "deflate": zlib.compress,
    " Deflate ": bare,
    "br": brotli.compress,
    "zstd": zstd.compress,
}


def in_chunks(body: bytes, size: int, end: bytes = b"\r\n") -> bytes:
    parts = [body[n : n + size] for n in range(0, len(body), size)]
    return b"".join(b"%X;name=value%s%s%s" % (len(part), end, part, end) for part in parts) + b"0" + end + end


@pytest.mark.parametrize("name", CODERS)
def test_what_was_coded_is_decoded(name: str) -> None:
    assert decode(CODERS[name](TEXT), name, LIMIT) == TEXT


def test_codings_one_after_the_other() -> None:
    assert decode(brotli.compress(gzip.compress(TEXT)), "gzip, br", LIMIT) == TEXT
    with pytest.raises(ValueError, match="6 content codings"):
        decode(TEXT, "gzip, gzip, gzip, gzip, gzip, gzip", LIMIT)


@pytest.mark.parametrize("name", [*CODERS, "utf-8", "identity", "", "compress", ","])
def test_what_is_plain_after_all_is_given_back(name: str) -> None:
    assert decode(TEXT, name, LIMIT) == TEXT
    assert decode(b"", name, LIMIT) == b""


@pytest.mark.parametrize("coder", [gzip.compress, zstd.compress])
def test_several_parts_are_joined_and_padding_is_dropped(coder: object) -> None:
    assert callable(coder)
    name = "gzip" if coder is gzip.compress else "zstd"
    assert decode(coder(TEXT) + coder(b"more") + b"\0\0\0", name, LIMIT) == TEXT + b"more"
    with pytest.raises(ValueError, match="more than 100 parts"):
        decode(coder(b"") * 5000, name, LIMIT)


@pytest.mark.parametrize("name", CODERS)
def test_a_bomb_is_not_unpacked(name: str) -> None:
    bomb = CODERS[name](bytes(50_000_000))
    assert len(bomb) < LIMIT
    with pytest.raises(TooLongError, match="longer than 100,000 bytes"):
        decode(bomb, name, LIMIT)


@pytest.mark.parametrize("name", [*CODERS, ""])
def test_the_limit_is_exact(name: str) -> None:
    coder = CODERS.get(name, bytes)
    assert len(decode(coder(TEXT), name, len(TEXT))) == len(TEXT)
    with pytest.raises(TooLongError):
        decode(coder(TEXT), name, len(TEXT) - 1)


@pytest.mark.parametrize("name", ["gzip", "deflate", "br", "zstd"])
def test_a_torn_body_is_an_error(name: str) -> None:
    coded = CODERS[name](TEXT)
    with pytest.raises(ValueError, match="torn"):
        decode(coded[: len(coded) // 2], name, LIMIT)


def test_a_broken_body_is_an_error() -> None:
    coded = bytearray(gzip.compress(TEXT))
    coded[-6] ^= 1  # of the sum
    with pytest.raises(ValueError, match="broken"):
        decode(bytes(coded), "gzip", LIMIT)
    with pytest.raises(ValueError, match="broken"):
        decode(b"\x28\xb5\x2f\xfd" + b"\xff" * 50, "zstd", LIMIT)


def test_a_zstd_window_of_128_megabytes_is_refused() -> None:
    coder = zstd.ZstdCompressor(options={zstd.CompressionParameter.window_log: 27})
    with pytest.raises(ValueError, match="too much memory"):
        decode(coder.compress(TEXT) + coder.flush(), "zstd", LIMIT)


@pytest.mark.parametrize("end", [b"\r\n", b"\n"])
@given(body=st.binary(min_size=1), size=st.integers(1, 50))
def test_chunks_are_joined(end: bytes, body: bytes, size: int) -> None:
    assert unchunk(in_chunks(body, size, end) + b"Trailer: x\r\n\r\n") == body


@pytest.mark.parametrize("body", [b"", TEXT, b"\r\n", b"0x1f\r\nabc", b"zz\r\n"])
def test_what_is_not_in_chunks_is_given_back(body: bytes) -> None:
    assert unchunk(body) == body


@pytest.mark.parametrize("cut", [3, 30, 60, 100])
def test_torn_chunks_are_an_error(cut: int) -> None:
    body = in_chunks(TEXT[:100], 40)
    assert unchunk(body) == TEXT[:100]
    with pytest.raises(ValueError, match="torn"):
        unchunk(body[: cut + 12])


@given(st.binary(), st.sampled_from(list(CODERS)))
def test_no_bytes_do_harm(body: bytes, name: str) -> None:
    for made in (body, CODERS[name](body)[: len(body)]):
        with suppress(ValueError):
            assert len(decode(unchunk(made), name, 1000)) <= 1000
