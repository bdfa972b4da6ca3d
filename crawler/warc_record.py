"""What a record of a WARC or ARC file says: the capture, its HTTP head, its page with the body decoded.

Records are those of warcio. Segmented ones are not read. The payload digest is not checked: programs do not agree on
what it covers (chunks or not); the block digest is.
"""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from warcio.recordloader import ArcWarcRecordLoader
from warcio.statusandheaders import StatusAndHeadersParser

from crawler.article import Page
from crawler.coding import TooLongError, decode, unchunk
from crawler.warc_stream import CHUNK, Place, TornError, WarcStream

UNLIMITED = 1 << 40  # bytes: a terabyte, more than any memory
STATUS = re.compile(r"[0-9]{3}\b")
NOT_MODIFIED = 304

# HTTP/2 and other words in the status line are as good as HTTP/1.1: browsers' archivers write them.
HTTP_PARSER = StatusAndHeadersParser([], verify=False)


class _Loader(ArcWarcRecordLoader):  # type: ignore[misc]  # warcio tells no types
    """warcio's loader without its warning about each address that holds a space: nothing cleans what it shows."""

    def _ensure_target_uri_format(self, rec_headers: Any) -> None:
        """Leave it to `_url`."""


LOADER = _Loader(arc2warc=True)


@dataclass(frozen=True, slots=True)
class Original:
    """What a revisit says of the capture whose body it repeats: any of these may be missing."""

    url: str | None
    fetched: datetime | None
    id: str | None


@dataclass(frozen=True, slots=True)
class Capture:
    """A response, or a visit that found the same again (`original` is set), and where its record lies.

    `head` is the response without its body; a revisit that tells no status has 304. `digest` is that of the payload,
    `truncated` says why the program that wrote the record has cut the body off.
    """

    head: Page
    place: Place
    id: str | None = None
    digest: str | None = None
    truncated: str | None = None
    original: Original | None = None

    @property
    def is_whole_page(self) -> bool:
        """Whether a revisit may repeat it as a page."""
        return self.original is None and self.head.status == 200 and self.head.is_html and not self.truncated


def parse(stream: WarcStream, line: bytes) -> Any:
    """The record whose head begins with `line`, its own HTTP head not yet read. Raises ValueError."""
    try:
        return LOADER.parse_record_stream(stream, line, no_record_parse=True)
    except TornError:
        raise
    except Exception as error:  # warcio raises all kinds over bytes that are no record
        raise ValueError(f"its head cannot be read: {error}") from None


def capture_of(record: Any, place: Place) -> Capture | None:
    """What a response or revisit record tells; None where it is of no web address. Raises ValueError."""
    told = record.rec_headers
    url = _url(told, "WARC-Target-URI")
    if url and not url.lower().startswith(("http:", "https:")):
        return None
    if told.get_header("WARC-Segment-Number"):
        raise ValueError("is one segment of a record; these are not read")
    is_revisit = record.rec_type == "revisit"
    return Capture(
        head=_head(record),
        place=place,
        id=told.get_header("WARC-Record-ID"),
        digest=_digest(record, "WARC-Payload-Digest") or None,
        truncated=None if is_revisit else told.get_header("WARC-Truncated"),
        original=_original(told) if is_revisit else None,
    )


def page_of(record: Any, limit: int = UNLIMITED) -> Page:
    """The response in a `record` of warcio's, decoded.

    Raises ValueError where it is none or torn, TooLongError where its body is longer than `limit` bytes.
    """
    if record.rec_type != "response":
        raise ValueError(f"a {record.rec_type} record where a response was expected")
    head = _head(record)
    body = _block(record, limit)
    if "chunked" in head.headers.get("transfer-encoding", "").lower():
        body = unchunk(body)
    return replace(head, body=decode(body, head.headers.get("content-encoding", ""), limit))


def _original(told: Any) -> Original:
    date = told.get_header("WARC-Refers-To-Date")
    try:
        moment = _moment(date) if date else None
    except ValueError:
        moment = None
    return Original(_url(told, "WARC-Refers-To-Target-URI"), moment, told.get_header("WARC-Refers-To"))


def _url(told: Any, name: str) -> str | None:
    """An address; wget and the grammar of WARC 1.0 put it in angle brackets."""
    return (told.get_header(name) or "").strip().removeprefix("<").removesuffix(">") or None


def _head(record: Any) -> Page:
    """The response without its body. Raises ValueError for what is missing."""
    told = record.rec_headers
    url = _url(told, "WARC-Target-URI")
    if not url:
        raise ValueError("has no WARC-Target-URI")
    fetched = _moment(told.get_header("WARC-Date"))
    if record.http_headers is None and record.length:
        record.http_headers = _http_head(record.raw_stream)
    head = record.http_headers
    if record.rec_type == "revisit" and (head is None or not head.protocol):
        return Page(url, fetched, NOT_MODIFIED, {}, b"")
    if head is None or not head.protocol.upper().startswith("HTTP/") or not STATUS.match(head.statusline):
        raise ValueError(f"does not begin with the status line of an HTTP response ({url})")
    headers: dict[str, str] = {}
    for name, value in head.headers:
        key = name.lower()
        headers[key] = f"{headers[key]}, {value}" if key in headers else value
    return Page(url, fetched, int(head.statusline[:3]), headers, b"")


def _http_head(stream: Any) -> Any:
    try:
        return HTTP_PARSER.parse(stream)
    except EOFError:  # nothing is there, though the record's head has promised it
        return None


def _moment(told: str | None) -> datetime:
    """Read a WARC-Date; one without an offset is in UTC. Raises ValueError."""
    try:
        read = datetime.fromisoformat((told or "").strip())
        return (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(f"has no WARC-Date that can be read, but {told!r}") from None


def _block(record: Any, limit: int) -> bytes:
    """What follows the HTTP head: twice `limit` at most, for chunks take some room. Raises ValueError."""
    parts: list[bytes] = []
    length = 0
    while part := record.raw_stream.read(CHUNK):
        parts.append(part)
        length += len(part)
        if length > 2 * limit:
            raise TooLongError(limit)
    if record.raw_stream.limit:  # warcio itself says nothing of a record that ends early
        raise ValueError(f"{record.raw_stream.limit} bytes of the record are missing")
    return b"".join(parts)


def _digest(record: Any, name: str) -> str:
    """A digest as `sha1:...`, in lower case: base 32 and base 16 do not tell cases apart."""
    algorithm, _, value = (record.rec_headers.get_header(name) or "").strip().partition(":")
    return f"{algorithm.replace('-', '')}:{value}".lower() if value else ""


def block_hash(record: Any) -> Any:
    """What checks the block of `record`; None where it has no digest that we know."""
    algorithm = _digest(record, "WARC-Block-Digest").partition(":")[0]
    return hashlib.new(algorithm, usedforsecurity=False) if algorithm in {"md5", "sha1", "sha256", "sha512"} else None


def is_sound(record: Any, found: Any) -> bool:
    """Whether the block of `record` has the digest that is told, where `found` is what `block_hash` gave, and fed."""
    told = _digest(record, "WARC-Block-Digest").partition(":")[2].rstrip("=")
    return told in {found.hexdigest(), base64.b32encode(found.digest()).decode().lower().rstrip("=")}
