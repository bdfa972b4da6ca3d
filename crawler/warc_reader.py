"""The captures in a WARC or ARC file of anybody's: wget, Heritrix, Browsertrix, pywb, warcio, and our own.

`scan` goes over a file once and tells what lies where, without the bodies; `PageReader` reads one of them. What is
broken is a `Fault` and does not end the file; a tear does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crawler.article import Page
from crawler.errors import InputError
from crawler.warc_record import UNLIMITED, Capture, block_hash, capture_of, is_sound, page_of, parse
from crawler.warc_stream import CHUNK, Place, TornError, WarcStream

__all__ = ["Capture", "Fault", "PageReader", "page_of", "pages", "scan"]

MAX_OPEN = 16  # files at the same time; several crawlers at work wrote about as many in parallel
ARC_URL = re.compile(rb"(filedesc|https?|dns|ftp|warcinfo):")
WARC_HEAD = re.compile(rb"WARC/\d")
LENGTH = re.compile(r"[0-9]{1,15} *")


@dataclass(frozen=True, slots=True)
class Fault:
    """A record, or what is none, that cannot be used, and why."""

    place: Place
    reason: str

    def __str__(self) -> str:
        """Tell it to people."""
        return f"{self.place}: {self.reason}"


def scan(path: Path) -> Iterator[Capture | Fault]:
    """Tell all captures of http and https addresses in a file, in its order, and its faults; the last may be a tear."""
    stream = WarcStream(path.open("rb"))
    try:
        yield from _Scan(stream).records()
    finally:
        stream.close()


def pages(path: Path) -> Iterator[Page]:
    """All responses of a sound file, with their bodies. Raises InputError at the first fault."""
    reader = PageReader()
    try:
        for found in scan(path):
            if isinstance(found, Fault):
                raise InputError(f"{path}: {found}")
            if found.original is None:
                yield reader.page(path, found.place)
    except ValueError as error:
        raise InputError(f"{path}: {error}") from None
    finally:
        reader.close()


class PageReader:
    """Reads the pages of several files at the places that `scan` told; bodies have `limit` bytes at most."""

    def __init__(self, limit: int = UNLIMITED) -> None:
        """Open nothing yet."""
        self._limit = limit
        self._open: dict[Path, WarcStream] = {}

    def page(self, path: Path, place: Place) -> Page:
        """The response whose record lies there. Raises ValueError and TooLongError as `page_of` does, and OSError."""
        stream = self._stream(path)
        try:
            stream.seek(place)
            stream.begin()
            return page_of(parse(stream, stream.readline()), self._limit)
        except TornError as error:
            raise ValueError(str(error)) from None

    def close(self) -> None:
        """Close all files."""
        while self._open:
            self._open.popitem()[1].close()

    def _stream(self, path: Path) -> WarcStream:
        if path not in self._open:
            if len(self._open) >= MAX_OPEN:
                self._open.pop(next(iter(self._open))).close()
            self._open[path] = WarcStream(path.open("rb"))
        return self._open[path]


class _Scan:
    """One way through a file."""

    def __init__(self, stream: WarcStream) -> None:
        self._stream = stream
        self._began = Place(0)  # of what is being read
        self._is_lost = False  # whether it is not known where that ends

    def records(self) -> Iterator[Capture | Fault]:
        """Tell what there is; a tear comes last."""
        try:
            line = self._next()
            if not line:
                yield Fault(self._began, "the file is empty")
            while line:
                found, began = self._judge(line), self._began
                try:
                    line = self._resume() if self._is_lost else self._next(began)
                except TornError:
                    if found is not None and self._began != began:  # it is another record that is torn
                        yield found
                    raise
                if found is not None:
                    yield found
        except TornError as error:
            yield Fault(self._began, f"torn: {error}; what came before was taken in")

    def _next(self, before: Place | None = None) -> bytes:
        """The first line that is not blank, from where on something else begins; empty at the end.

        A tear in the member of the record `before` is a tear of that record, whose sum could not be checked.
        """
        while True:
            try:
                place = self._stream.place
            except TornError:
                if before is None or self._stream.member != before.offset:
                    self._began = Place(self._stream.member)
                raise
            self._stream.begin()
            line = self._stream.readline()
            if line.strip() or not line:
                self._began = place
                return line

    def _resume(self) -> bytes:
        """The next line with which a record begins; empty at the end."""
        while line := self._next():
            if WARC_HEAD.match(line):
                break
        return line

    def _judge(self, line: bytes) -> Capture | Fault | None:
        """Tell what begins with `line`, having read to its end, or lost the way."""
        self._is_lost = True
        if b"WARC/1.".startswith(line):
            raise TornError("the file ends within the head of a record")
        if not WARC_HEAD.match(line) and not _is_arc_head(line):
            return Fault(self._began, f"no WARC record begins with {line[:20]!r}")
        try:
            record = parse(self._stream, line)
        except ValueError as error:
            return Fault(self._began, str(error))
        if self._stream.ended:
            raise TornError("the file ends within the head of a record")
        if not LENGTH.fullmatch(record.rec_headers.get_header("Content-Length") or ""):
            return Fault(self._began, "has no Content-Length")
        self._is_lost = False
        return self._read(record)

    def _read(self, record: Any) -> Capture | Fault | None:
        """Tell what `record` is, and read to its end."""
        found = self._found(record)
        if missing := _skip(record):
            raise TornError(f"{missing} bytes of the record are missing")
        if isinstance(found, Capture) and self._stream.digest and not is_sound(record, self._stream.digest):
            return Fault(self._began, f"is damaged, its WARC-Block-Digest is another ({found.head.url})")
        return found

    def _found(self, record: Any) -> Capture | Fault | None:
        if record.rec_type not in ("response", "revisit"):
            return None
        if record.rec_type == "response":  # wget gives every revisit the digest of nothing
            self._stream.digest = block_hash(record)
        try:
            return capture_of(record, self._began)
        except ValueError as error:
            return Fault(self._began, str(error))


def _is_arc_head(line: bytes) -> bool:
    """Whether a record of ARC version 1 begins here: address, IP address, date, type, length."""
    parts = line.rsplit(b" ", 4)
    return len(parts) == 5 and bool(ARC_URL.match(line)) and parts[2].isdigit() and parts[4].strip().isdigit()


def _skip(record: Any) -> int:
    """Read to the end of a record; gives how many bytes of it are missing."""
    while record.raw_stream.read(CHUNK):
        pass
    return int(record.raw_stream.limit)
