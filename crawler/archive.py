"""The page archive: every response as a WARC 1.1 record (ISO 28500:2017), compressed record by record.

Bodies are stored as they were after content decoding, as web archives do: the original Content-Encoding and
Transfer-Encoding move to `X-Archive-Orig-` headers. A run writes new files of its own, named by time.

When it is on disk: `append` syncs the file once for all the records that it is given, before it returns. What a crash
tears is behind the last synced record; `unsettled` cuts it off and gives back what was whole.
"""

from __future__ import annotations

import os
import threading
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from warcio.archiveiterator import ArchiveIterator
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from crawler import files
from crawler.article import Page
from crawler.errors import DamagedError, TratinError
from crawler.store import Location
from crawler.warc_record import page_of

MAX_FILE = 1_000_000_000  # bytes, the size that web archives commonly rotate at
CHUNK = 1 << 16  # bytes read at a time
CODED = frozenset({"content-encoding", "transfer-encoding", "content-length"})


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and what was answered; the headers as they came, the body decoded from gzip and the like."""

    page: Page
    reason: str
    request_headers: tuple[tuple[str, str], ...]
    response_headers: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Leftover:
    """What a run that was cut off left behind in a file of the archive: a whole response, and where its record ends.

    The last of a file has no page; `torn` is how many bytes behind `end` were cut off.
    """

    place: Location
    end: int
    page: Page | None
    torn: int = 0


class Archive:
    """The WARC files of one folder. Threads may share it; one process writes at a time."""

    def __init__(self, folder: Path, software: str) -> None:
        """Use `folder`, made when the first record is written; `software` goes into each file's warcinfo record."""
        self.folder, self._software = folder, software
        self._lock = threading.Lock()
        self._out: BinaryIO | None = None
        self._path = folder
        self._count = 0

    def write(self, exchange: Exchange) -> Location:
        """Append a response with its request; it is on disk when this returns. Raises TratinError for a full disk."""
        return self.append([pack(exchange)])[0]

    def append(self, packed: Sequence[bytes]) -> list[Location]:
        """Append records that were packed; they are on disk when this returns. Raises TratinError for a full disk.

        All are in the file, or none is.
        """
        try:
            with self._lock:
                return self._append(packed)
        except OSError as error:
            raise TratinError(f"the archive {self.folder} cannot be written: {error.strerror}") from None

    def _append(self, packed: Sequence[bytes]) -> list[Location]:
        if not packed:
            return []
        out = self._file()
        begin = end = out.tell()
        locations = []
        try:
            for record in packed:
                locations.append(Location(self._path.name, end))
                _write(out, record)
                end += len(record)
            os.fsync(out.fileno())
        except OSError:
            out.truncate(begin)
            out.seek(begin)
            raise
        return locations

    def _file(self) -> BinaryIO:
        """The file to append to: a new one where there is none, or where that is full."""
        if self._out is not None and self._out.tell() < MAX_FILE:
            return self._out
        self.close()
        self.folder.mkdir(parents=True, exist_ok=True)
        self._path = self._new_path()
        out = self._path.open("xb", buffering=0)
        try:
            _write(out, _warcinfo(self._path.name, self._software))
        except OSError:
            out.close()
            self._path.unlink()
            raise
        files.sync(self.folder)
        self._out = out
        return out

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
                return page_of(next(ArchiveIterator(BytesIO(_member(stream)))))
        except Exception as error:  # warcio raises all kinds over bytes that are no record
            found = f"at offset {location.offset}: {error}"
        raise DamagedError(path, found, "restore it from a backup; the article itself is still in the store")

    def unsettled(self, settled: Mapping[str, int]) -> Iterator[Leftover]:
        """What lies in our files behind the length that is settled, in order; what is torn is cut off.

        A file that is shorter than what is settled is left alone: it is damaged, and `read` says so.
        """
        for path in sorted(self.folder.glob("tratin-*.warc.gz")):
            begin = settled.get(path.name, 0)
            if path.stat().st_size > begin:
                yield from _leftovers(path, begin)

    def close(self) -> None:
        """Close the file that is being written."""
        if self._out is not None:
            self._out.close()
            self._out = None


def pack(exchange: Exchange) -> bytes:
    """The records of a response and its request, as they stand in the file."""
    page = exchange.page
    writer = WARCWriter(BytesIO(), gzip=True, warc_version="WARC/1.1")
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
    return _written(writer, response, request)


def _warcinfo(name: str, software: str) -> bytes:
    writer = WARCWriter(BytesIO(), gzip=True, warc_version="WARC/1.1")
    return _written(
        writer, writer.create_warcinfo_record(name, {"software": software, "format": "WARC File Format 1.1"})
    )


def _write(out: BinaryIO, packed: bytes) -> None:
    """Write all of it: a system call may take less, and says only at the next one that the disk is full."""
    rest = memoryview(packed)
    while rest:
        rest = rest[out.write(rest) :]


def _written(writer: WARCWriter, *records: object) -> bytes:
    for record in records:
        writer.write_record(record)
        record.raw_stream.close()  # type: ignore[attr-defined]  # a temporary file, in which warcio computes the digest
    out: BytesIO = writer.out
    return out.getvalue()


def _member(stream: BinaryIO) -> bytes:
    """Inflate the gzip member that begins here, and check its sum. Raises EOFError, zlib.error."""
    inflater, parts = zlib.decompressobj(wbits=31), []
    while not inflater.eof:
        packed = stream.read(CHUNK)
        if not packed:
            raise EOFError("the file ends within the record")
        parts.append(inflater.decompress(packed))
    stream.seek(-len(inflater.unused_data), os.SEEK_CUR)
    return b"".join(parts)


def _leftovers(path: Path, begin: int) -> Iterator[Leftover]:
    with path.open("r+b") as stream:
        end = stream.seek(begin)
        while True:
            try:
                record = next(ArchiveIterator(BytesIO(_member(stream))))
                page = page_of(record) if record.rec_type == "response" else None
            except Exception:  # warcio raises all kinds over bytes that are no record
                break
            place, end = Location(path.name, end), stream.tell()
            if page:
                yield Leftover(place, end, page)
        torn = stream.seek(0, os.SEEK_END) - end
        if torn:
            stream.truncate(end)
            os.fsync(stream.fileno())
        yield Leftover(Location(path.name, end), end, None, torn)
