"""The head of a response, read by `http.client` where that is right, and stricter or more lenient where it is not.

Not the body: that is for `fetch.py`, which knows the limits.
"""

from __future__ import annotations

import re
from http.client import HTTPException, HTTPResponse, parse_headers
from typing import Any, BinaryIO

MAX_HEAD = 262_144  # bytes of all lines before the body, those of interim responses, too; Chrome's limit
HEADER_LINE = re.compile(rb"[!-9;-~]+:")  # RFC 9112 5


class HeadError(HTTPException):
    """The head of a response is not one, and why."""


class Response(HTTPResponse):
    """A response of which interim ones (RFC 9110 15.2) are skipped, all of them and not only 100."""

    def begin(self) -> None:
        """Read the head."""
        stream = self.fp
        self.fp = _Head(stream)  # type: ignore[assignment]
        super().begin()
        if self.fp is not None:
            self.fp = stream
        self.headers.defects.clear()  # `_Head` left out what is no header; for the rest urllib3 would log a traceback
        told = ",".join(self.headers.get_all("Content-Length", []))
        if len({length.strip() for length in told.split(",")} - {""}) > 1:
            raise HeadError("several lengths of one response")

    def _read_status(self) -> tuple[str, int, str]:
        while True:
            told: tuple[str, int, str] = super()._read_status()  # type: ignore[misc]
            if not 100 < told[1] < 200:  # 100 itself is skipped by `begin`
                return told
            parse_headers(self.fp)

    def _read_next_chunk_size(self) -> int:
        size: int = super()._read_next_chunk_size()  # type: ignore[misc]
        if size < 0:  # http.client would read on to the end of the stream
            raise ValueError(f"a chunk of {size} bytes")
        return size


class _Head:
    """The lines of a head, out of a stream: no more than `MAX_HEAD`, none missing, and no header that is none.

    `http.client` takes the end of the stream for the end of the head, and a line without a colon, too.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream, self._left = stream, MAX_HEAD
        self._first, self._kept = True, False  # whether a status line is next, and whether the line before was a header

    def readline(self, limit: int) -> bytes:
        while True:
            line = self._stream.readline(limit)
            self._left -= len(line)
            if self._left < 0:
                raise HeadError(f"headers longer than {MAX_HEAD:,} bytes")
            if self._first or line in {b"\r\n", b"\n"}:
                self._first, self._kept = not self._first, False
                return line
            if not line:
                raise HeadError("response cut off within its headers")
            if line[0] not in b" \t":  # else it goes on with the line before: RFC 9112 5.2
                self._kept = HEADER_LINE.match(line) is not None
            if self._kept:
                return line

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
