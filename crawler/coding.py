"""Undo what HTTP did to a stored body: the chunks of a transfer, and content codings, never past a limit. Pure.

Headers of a web archive cannot be trusted: many programs store the body decoded under the headers as they came. A body
that does not look like what they declare is taken as it is.
"""

from __future__ import annotations

import re
import sys
import zlib
from collections.abc import Callable

MAX_CODINGS = 5  # one after the other; servers use one, sometimes two
MAX_PARTS = 100  # of one coded body; there is one, or as many as files were joined to make it
CHUNK_HEAD = re.compile(rb"([0-9A-Fa-f]{1,8})[ \t]*(;[^\r\n]{0,1000})?\r?\n")  # RFC 9112 7.1
LINE_END = re.compile(rb"\r?\n")
GZIP, ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
ZSTD_WINDOW = 23  # 8 MB, in powers of two: what RFC 9659 allows on the web


class TooLongError(ValueError):
    """A body is longer than it may be."""

    def __init__(self, limit: int) -> None:
        """Take the limit, in bytes."""
        super().__init__(f"longer than {limit:,} bytes")


def unchunk(body: bytes) -> bytes:
    """Join the chunks of `body`; one that begins with none is given back. Raises ValueError if it is torn."""
    parts: list[bytes] = []
    at = 0
    while head := CHUNK_HEAD.match(body, at):
        size, begin = int(head[1], 16), head.end()
        if size == 0:
            return b"".join(parts)
        parts.append(body[begin : begin + size])
        end = LINE_END.match(body, begin + size)
        if end is None:
            break
        at = end.end()
    if not parts:
        return body
    raise ValueError("its chunked body is torn")


def decode(body: bytes, declared: str, limit: int) -> bytes:
    """Undo the content codings of a Content-Encoding header.

    Raises TooLongError for more than `limit` bytes, ValueError where the coded body is torn.
    """
    codings = [name for part in declared.lower().split(",") if (name := part.strip())]
    if len(codings) > MAX_CODINGS:
        raise ValueError(f"{len(codings)} content codings, one after the other")
    for name in reversed(codings):
        if name in DECODERS and body:  # of others there are only mistakes, such as "utf-8"
            body = DECODERS[name](body, limit)
    if len(body) > limit:
        raise TooLongError(limit)
    return body


def _gunzip(body: bytes, limit: int) -> bytes:
    return _join(body, limit, GZIP, lambda part, left: _inflate(part, zlib.MAX_WBITS + 16, left))


def _unzstd(body: bytes, limit: int) -> bytes:
    return _join(body, limit, ZSTD, _zstd_frame)


def _join(body: bytes, limit: int, magic: bytes, part_of: Callable[[bytes, int], tuple[bytes, bytes]]) -> bytes:
    """Undo a coding whose parts may follow each other, and begin with `magic`; what else follows is padding."""
    if not body.startswith(magic):
        return body
    parts: list[bytes] = []
    left = limit
    for _ in range(MAX_PARTS):
        part, body = part_of(body, left)
        parts.append(part)
        left -= len(part)
        if not body.startswith(magic):
            return b"".join(parts)
    raise ValueError(f"its compressed body has more than {MAX_PARTS} parts")


def _inflate(body: bytes, wbits: int, limit: int) -> tuple[bytes, bytes]:
    """What a zlib stream holds, and what follows it."""
    inflater = zlib.decompressobj(wbits)
    try:
        plain = inflater.decompress(body, limit + 1)
    except zlib.error as error:
        raise ValueError(f"its compressed body is broken: {error}") from None
    return _whole(plain, limit, ended=inflater.eof), inflater.unused_data


def _zstd_frame(body: bytes, limit: int) -> tuple[bytes, bytes]:
    """What a zstd frame holds, and what follows it."""
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd  # only a few records need it

    inflater = zstd.ZstdDecompressor(options={zstd.DecompressionParameter.window_log_max: ZSTD_WINDOW})
    try:
        plain = inflater.decompress(body, max_length=limit + 1)
    except zstd.ZstdError as error:
        raise ValueError(f"its compressed body is broken: {error}") from None
    return _whole(plain, limit, ended=inflater.eof), inflater.unused_data


def _whole(plain: bytes, limit: int, *, ended: bool) -> bytes:
    """Check that a part is not too long, and all there."""
    if len(plain) > limit:
        raise TooLongError(limit)
    if not ended:
        raise ValueError("its compressed body is torn")
    return plain


def _undeflate(body: bytes, limit: int) -> bytes:
    """Undo "deflate": zlib's format as RFC 9110 8.4.1.2 says, or bare as some servers send it."""
    if body[0] & 15 == 8 and int.from_bytes(body[:2]) % 31 == 0:  # RFC 1950 2.2
        return _inflate(body, zlib.MAX_WBITS, limit)[0]
    try:
        return _inflate(body, -zlib.MAX_WBITS, limit)[0]
    except TooLongError:
        raise
    except ValueError:
        return body


def _unbrotli(body: bytes, limit: int) -> bytes:
    import brotli  # only a few records need it

    inflater = brotli.Decompressor()
    parts, left, packed = [b""], limit, body
    try:
        while not inflater.is_finished() and left >= 0 and (packed or parts[-1]):
            parts.append(inflater.process(packed, output_buffer_limit=left + 1))
            left, packed = left - len(parts[-1]), b""
    except brotli.error as error:
        if len(parts) == 1:
            return body  # what is HTML after all: "<" cannot begin a brotli stream (RFC 7932 9.2)
        raise ValueError(f"its compressed body is broken: {error}") from None
    return _whole(b"".join(parts), limit, ended=inflater.is_finished())


DECODERS: dict[str, Callable[[bytes, int], bytes]] = {
    "gzip": _gunzip,
    "x-gzip": _gunzip,
    "deflate": _undeflate,
    "br": _unbrotli,
    "zstd": _unzstd,
}
