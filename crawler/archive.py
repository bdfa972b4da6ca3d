"""The page archive: every response as a WARC 1.1 record (ISO 28500:2017), compressed record by record.

Bodies are stored as they were after content decoding, as web archives do: the original Content-Encoding and
Transfer-Encoding move to `X-Archive-Orig-` headers. A run writes new files of its own, named by time.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed
from warcio.statusandheaders import StatusAndHeaders
from warcio.timeutils import iso_date_to_datetime
from warcio.warcwriter import WARCWriter

from crawler import files
from crawler.article import Page
from crawler.errors import DamagedError, InputError
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
        """Append a response with its request; it is on disk when this returns."""
        with self._lock:
            writer = self._open_writer()
            location = Location(Path(writer.out.name).name, writer.out.tell())
            response, request = _records(writer, exchange)
            writer.write_record(response)
            writer.write_record(request)
            writer.out.flush()
            os.fsync(writer.out.fileno())
            return location

    def _open_writer(self) -> WARCWriter:
        if self._writer is not None and self._writer.out.tell() < MAX_FILE:
            return self._writer
        self.close()
        self.folder.mkdir(parents=True, exist_ok=True)
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        path = self.folder / f"tratin-{stamp}-{os.getpid()}-{self._count:05}.warc.gz"
        self._count += 1
        self._writer = WARCWriter(path.open("xb"), gzip=True, warc_version="WARC/1.1")
        info = self._writer.create_warcinfo_record(
            path.name, {"software": self._software, "format": "WARC File Format 1.1"}
        )
        self._writer.write_record(info)
        files.sync(self.folder)
        return self._writer

    def read(self, location: Location) -> Page:
        """Read a response back. Raises DamagedError where no sound record lies there."""
        path = self.folder / location.file
        try:
            with path.open("rb") as stream:
                stream.seek(location.offset)
                for record in ArchiveIterator(stream):
                    return _page(record)
                found = f"no record at offset {location.offset}"
        except (OSError, ArchiveLoadFailed, EOFError, ValueError) as error:
            found = f"at offset {location.offset}: {error}"
        raise DamagedError(path, found, "restore it from a backup; the article itself is still in the store")

    def close(self) -> None:
        """Close the file that is being written."""
        if self._writer is not None:
            self._writer.out.close()
            self._writer = None


def pages(path: Path) -> Iterator[Page]:
    """The responses of a WARC file of anybody's, in order. Raises InputError where it is torn or no WARC file."""
    try:
        with path.open("rb") as stream:
            for record in ArchiveIterator(stream):
                if record.rec_type == "response" and record.http_headers is not None:
                    yield _page(record)
    except (ArchiveLoadFailed, EOFError, ValueError) as error:
        raise InputError(f"{path} is torn or not a WARC file: {error}") from None


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


def _page(record: object) -> Page:
    headers: dict[str, str] = {}
    for name, value in record.http_headers.headers:  # type: ignore[attr-defined]
        key = name.lower()
        headers[key] = f"{headers[key]}, {value}" if key in headers else value
    told = record.rec_headers  # type: ignore[attr-defined]
    return Page(
        url=told.get_header("WARC-Target-URI"),
        fetched=iso_date_to_datetime(told.get_header("WARC-Date")).replace(tzinfo=UTC),
        status=int(record.http_headers.get_statuscode()),  # type: ignore[attr-defined]
        headers=headers,
        body=record.content_stream().read(),  # type: ignore[attr-defined]
    )
