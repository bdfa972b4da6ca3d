"""The page archive: every response as a WARC 1.1 record (ISO 28500:2017), compressed record by record.

Bodies are stored as they were after content decoding, as web archives do: the original Content-Encoding and
Transfer-Encoding move to `X-Archive-Orig-` headers. A run writes new files of its own, named by time.
"""

from __future__ import annotations

import gzip
import os
import threading
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

from warcio.archiveiterator import ArchiveIterator
from warcio.statusandheaders import StatusAndHeaders
from warcio.timeutils import iso_date_to_datetime
from warcio.warcwriter import WARCWriter

from crawler import files
from crawler.article import Page
from crawler.errors import DamagedError, InputError, TratinError
from crawler.store import Location

MAX_FILE = 1_000_000_000  # bytes, the size that web archives commonly rotate at
CODED = frozenset({"content-encoding", "transfer-encoding", "content-length"})


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and what was answered; the headers as they came, the body decoded from gzip and the like."""

    page: Page
    reason: str
    request_headers: tuple[tuple[str, str], ...]
    response_headers: tuple[tuple[str, str], ...]


class Archive:
    """The WARC files of one folder. Threads may share it; one process writes at a time."""

    def __init__(self, folder: Path, software: str) -> None:
        """Use `folder`, made when the first record is written; `software` goes into each file's warcinfo record."""
        self.folder, self._software = folder, software
        self._lock = threading.Lock()
        self._writer: WARCWriter | None = None
        self._count = 0

    def write(self, exchange: Exchange) -> Location:
        """Append a response with its request; it is on disk when this returns. Raises TratinError for a full disk."""
        try:
            with self._lock:
                return self._append(exchange)
        except OSError as error:
            raise TratinError(f"the archive {self.folder} cannot be written: {error.strerror}") from None

    def _append(self, exchange: Exchange) -> Location:
        writer = self._open_writer()
        location = Location(Path(writer.out.name).name, writer.out.tell())
        response, request = _records(writer, exchange)
        _write(writer, response)
        _write(writer, request)
        writer.out.flush()
        os.fsync(writer.out.fileno())
        return location

    def _open_writer(self) -> WARCWriter:
        if self._writer is not None and self._writer.out.tell() < MAX_FILE:
            return self._writer
        self.close()
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self._new_path()
        self._writer = WARCWriter(path.open("xb"), gzip=True, warc_version="WARC/1.1")
        info = self._writer.create_warcinfo_record(
            path.name, {"software": self._software, "format": "WARC File Format 1.1"}
        )
        _write(self._writer, info)
        files.sync(self.folder)
        return self._writer

    def _new_path(self) -> Path:
        while True:
            stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
            path = self.folder / f"tratin-{stamp}-{os.getpid()}-{self._count:05}.warc.gz"
            self._count += 1
            if not path.exists():  # another archive of this process may have begun within the second
                return path

    def read(self, location: Location) -> Page:
        """Read a response back. Raises DamagedError where no sound record lies there."""
        path = self.folder / location.file
        try:
            with path.open("rb") as stream:
                stream.seek(location.offset)
                record = next(ArchiveIterator(BytesIO(_member(stream))))
                return _page(record)
        except Exception as error:  # warcio raises all kinds over bytes that are no record
            found = f"at offset {location.offset}: {error}"
        raise DamagedError(path, found, "restore it from a backup; the article itself is still in the store")

    def close(self) -> None:
        """Close the file that is being written."""
        if self._writer is not None:
            self._writer.out.close()
            self._writer = None


class _Inflated:
    """The bytes of a gzip file for warcio, which takes an EOFError for the end: here a tear is a ValueError."""

    def __init__(self, raw: BinaryIO) -> None:
        self._stream = gzip.GzipFile(fileobj=raw)

    def read(self, size: int = -1) -> bytes:
        try:
            return self._stream.read1(size)
        except EOFError as error:
            raise ValueError(str(error)) from None


def pages(path: Path) -> Iterator[Page]:
    """The responses of a WARC file of anybody's, in order. Raises InputError where it is torn or no WARC file."""
    try:
        with path.open("rb") as raw:
            packed = raw.read(2) == b"\x1f\x8b"
            raw.seek(0)
            for record in ArchiveIterator(_Inflated(raw) if packed else raw):
                if _is_page(record):
                    yield _page(record)
    except Exception as error:  # warcio raises all kinds over bytes that are no record
        raise InputError(f"{path} is torn or not a WARC file: {error}") from None


def _write(writer: WARCWriter, record: Any) -> None:
    writer.write_record(record)
    record.raw_stream.close()  # a temporary file, in which warcio computes the digest


def _records(writer: WARCWriter, exchange: Exchange) -> tuple[object, object]:
    page = exchange.page
    headers = [(name, value) for name, value in exchange.response_headers if name.lower() not in CODED]
    headers += [(f"X-Archive-Orig-{name}", value) for name, value in exchange.response_headers if name.lower() in CODED]
    headers.append(("Content-Length", str(len(page.body))))
    dated = {"WARC-Date": page.fetched.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")}
    response = writer.create_warc_record(
        page.url,
        "response",
        payload=BytesIO(page.body),
        http_headers=StatusAndHeaders(f"{page.status} {exchange.reason}".strip(), headers, protocol="HTTP/1.1"),
        warc_headers_dict=dated,
    )
    path = "/" + page.url.partition("://")[2].partition("/")[2]
    request = writer.create_warc_record(
        page.url,
        "request",
        http_headers=StatusAndHeaders(f"GET {path} HTTP/1.1", list(exchange.request_headers), is_http_request=True),
        warc_headers_dict=dated | {"WARC-Concurrent-To": response.rec_headers.get_header("WARC-Record-ID")},
    )
    return response, request


def _member(stream: BinaryIO) -> bytes:
    """Inflate the gzip member that begins here, and check its sum. Raises EOFError, zlib.error."""
    inflater, parts = zlib.decompressobj(wbits=31), []
    while not inflater.eof:
        packed = stream.read(1 << 16)
        if not packed:
            raise EOFError("the file ends within the record")
        parts.append(inflater.decompress(packed))
    return b"".join(parts)


def _is_page(record: Any) -> bool:
    """Whether `record` is a response that has an address, a date and a status."""
    if record.rec_type != "response" or record.http_headers is None:
        return False
    told = record.rec_headers.get_header("WARC-Target-URI") and record.rec_headers.get_header("WARC-Date")
    return bool(told) and (record.http_headers.get_statuscode() or "").isdecimal()


def _page(record: Any) -> Page:
    """The response in `record`. Raises ValueError where it is none or torn."""
    if not _is_page(record):
        raise ValueError(f"a {record.rec_type} record where a response was expected")
    body = record.content_stream().read()
    while record.raw_stream.read(1 << 16):  # what follows the last chunk of a chunked body
        pass
    if record.raw_stream.limit:  # warcio itself says nothing of a record that ends early
        raise ValueError(f"{record.raw_stream.limit} bytes of the record are missing")
    headers: dict[str, str] = {}
    for name, value in record.http_headers.headers:
        key = name.lower()
        headers[key] = f"{headers[key]}, {value}" if key in headers else value
    told = record.rec_headers
    return Page(
        url=told.get_header("WARC-Target-URI"),
        fetched=iso_date_to_datetime(told.get_header("WARC-Date")).replace(tzinfo=UTC),
        status=int(record.http_headers.get_statuscode()),
        headers=headers,
        body=body,
    )
