"""WARC and ARC files as other programs write them: what is found where, read back, broken, torn and hostile."""

from __future__ import annotations

import base64
import gzip
import hashlib
import shutil
import subprocess
import sys
import tracemalloc
import zlib
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import brotli
import pytest
from backports import zstd
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from warcio.archiveiterator import ArchiveIterator
from webserver import Answer, Raw, WebServer

from crawler import warc_reader, warc_stream
from crawler.article import Page
from crawler.coding import TooLongError
from crawler.errors import InputError
from crawler.warc_reader import Capture, Fault, PageReader, page_of, pages, scan
from crawler.warc_record import Original
from crawler.warc_stream import Place

DATE = "2021-01-08T09:30:00Z"
MOMENT = datetime(2021, 1, 8, 9, 30, tzinfo=UTC)
URL = "https://vui.edu.vn/tin-1.html"
TEXT = "<p>Hội nghị tổng kết năm học của nhà trường.</p>".encode()
HTML = b"Content-Type: text/html; charset=utf-8\r\n"
WARCIO = Path(sys.executable).with_name("warcio")


def record(
    kind: str, url: str | None, block: bytes, *more: str, version: str = "1.0", date: str | None = DATE
) -> bytes:
    """A record as bytes; further header lines as they are."""
    told = [f"WARC/{version}", f"WARC-Type: {kind}"]
    told += [f"WARC-Target-URI: {url}"] if url else []
    told += [f"WARC-Date: {date}"] if date else []
    head = "\r\n".join([*told, *more, f"Content-Length: {len(block)}"]).encode()
    return head + b"\r\n\r\n" + block + b"\r\n\r\n"


def http(body: bytes = TEXT, *more: bytes, status: bytes = b"HTTP/1.1 200 OK") -> bytes:
    """An HTTP response; further header lines as they are."""
    return status + b"\r\n" + HTML + b"".join(line + b"\r\n" for line in more) + b"\r\n" + body


def response(n: int, body: bytes = TEXT) -> bytes:
    return record("response", f"https://vui.edu.vn/tin-{n}.html", http(body))


def noise(n: int) -> bytes:
    """Bytes that no coding makes much shorter."""
    return b"".join(hashlib.sha256(b"%d %d" % (n, k)).digest() for k in range(60))


def packed(*records: bytes) -> bytes:
    """Gzip, record by record."""
    return b"".join(gzip.compress(one) for one in records)


def as_a_whole(*records: bytes) -> bytes:
    """Gzip, all records in one."""
    return gzip.compress(b"".join(records))


def plain(*records: bytes) -> bytes:
    return b"".join(records)


PACKERS = [plain, packed, as_a_whole]


def write(folder: Path, content: bytes, name: str = "x.warc.gz") -> Path:
    file = folder / name
    file.write_bytes(content)
    return file


def captures(file: Path) -> list[Capture]:
    found = list(scan(file))
    assert [str(one) for one in found if isinstance(one, Fault)] == []
    return [one for one in found if isinstance(one, Capture)]


def faults(file: Path) -> list[str]:
    return [str(one) for one in scan(file) if isinstance(one, Fault)]


def only(folder: Path, *records: bytes) -> Page:
    """The one page of a file."""
    (page,) = pages(write(folder, plain(*records)))
    return page


# Where things are


@pytest.mark.parametrize("packer", PACKERS)
def test_what_lies_where(tmp_path: Path, packer: object) -> None:
    assert callable(packer)
    bodies = [noise(n) for n in range(30)]
    info = record("warcinfo", None, b"software: x\r\n")
    file = write(tmp_path, packer(info, *(response(n, body) for n, body in enumerate(bodies))))
    found = captures(file)
    assert [one.head.url for one in found] == [f"https://vui.edu.vn/tin-{n}.html" for n in range(30)]
    assert {(one.head.fetched, one.head.status, one.head.media_type) for one in found} == {(MOMENT, 200, "text/html")}
    reader = PageReader()
    for n in (3, 4, 29, 0, 17, 16, 18):  # to and fro
        assert reader.page(file, found[n].place).body == bodies[n]
    reader.close()
    assert [page.body for page in pages(file)] == bodies


def test_a_member_may_hold_some_records_and_end_in_padding(tmp_path: Path) -> None:
    content = as_a_whole(response(1), response(2)) + bytes(600) + packed(response(3)) + bytes(70_000)
    file = write(tmp_path, content)
    places = [one.place for one in captures(file)]
    assert [place.offset > 0 for place in places] == [False, False, True]
    assert [place.skip > 0 for place in places] == [False, True, False]
    assert len(list(pages(file))) == 3


def test_a_member_need_not_end_with_a_record(tmp_path: Path) -> None:
    whole = plain(*(response(n, noise(n)) for n in range(20)))
    blocks = [whole[n : n + 1000] for n in range(0, len(whole), 1000)]  # as bgzip makes them
    file = write(tmp_path, packed(*blocks))
    assert [page.body for page in pages(file)] == [noise(n) for n in range(20)]


def test_coming_back_in_a_long_member_needs_no_new_beginning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warc_stream, "MARK_EVERY", 100_000)
    monkeypatch.setattr(warc_stream, "MAX_MARKS", 8)
    file = write(tmp_path, as_a_whole(*(response(n, noise(n) * 20) for n in range(80))))  # 3 MB
    found = captures(file)
    reader = PageReader()
    for n in (79, 5, 78, 6, 77, 40, 0, 41):
        assert reader.page(file, found[n].place).body == noise(n) * 20
    (stream,) = reader._open.values()
    assert 1 < len(stream._marks) <= 8
    stream.seek(found[70].place)
    assert stream._raw.tell() > file.stat().st_size / 2  # not read again from the beginning
    reader.close()


def test_more_files_than_may_be_open(tmp_path: Path) -> None:
    files = [write(tmp_path, response(n, noise(n)), f"{n}.warc") for n in range(warc_reader.MAX_OPEN + 3)]
    reader = PageReader()
    for _ in range(2):
        assert [reader.page(file, Place(0)).body for file in files] == [noise(n) for n in range(len(files))]
        assert len(reader._open) == warc_reader.MAX_OPEN
    reader.close()


# What programs write


def test_wget(tmp_path: Path) -> None:
    """Addresses in angle brackets, records of its own, a log and a manifest at the end; its revisits name an id."""
    told = "WARC-Record-ID: <urn:uuid:1>", "WARC-Payload-Digest: sha1:MBPL2L3WLQB4NZE3FYTA5HLGVFWI3NJ2"
    nothing = "WARC-Block-Digest: sha1:3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ"  # of no bytes, whatever the block is
    file = write(
        tmp_path,
        plain(
            record("warcinfo", None, b"software: Wget/1.21.3\r\nrobots: classic\r\n", "WARC-Filename: x.warc"),
            record("request", "<http://vui.edu.vn/>", b"GET / HTTP/1.1\r\n\r\n"),
            record("response", "<http://vui.edu.vn/>", http(status=b"HTTP/1.0 200 OK"), *told),
            record(
                "revisit", "<http://vui.edu.vn/>", http(b""), "WARC-Refers-To: <urn:uuid:1>", "WARC-Truncated: length",
                "WARC-Profile: http://netpreserve.org/warc/1.0/revisit/identical-payload-digest", told[1], nothing,
                date="2021-02-08T09:30:00Z",
            ),
            record("metadata", "metadata://gnu.org/software/wget/warc/MANIFEST.txt", b"<urn:uuid:1>\n"),
            record("resource", "metadata://gnu.org/software/wget/warc/wget_arguments.txt", b'"-r"\n'),
            record("resource", "metadata://gnu.org/software/wget/warc/wget.log", b"WARC/1.0 is what it writes\n"),
        ),
    )  # fmt: skip
    first, again = captures(file)
    assert (first.head.url, first.id, first.original) == ("http://vui.edu.vn/", "<urn:uuid:1>", None)
    assert first.digest == told[1].partition(": ")[2].lower() == again.digest
    assert again.original == Original(None, None, "<urn:uuid:1>")
    assert (again.head.fetched.month, again.head.status, again.truncated) == (2, 200, None)


def test_line_feeds_alone(tmp_path: Path) -> None:
    block = http().replace(b"\r\n", b"\n")
    head = f"WARC/1.0\nWARC-Type: response\nWARC-Target-URI: {URL}\nWARC-Date: {DATE}\nContent-Length: {len(block)}\n\n"
    assert only(tmp_path, (head.encode() + block + b"\n\n") * 1).body == TEXT
    assert len(captures(write(tmp_path, (head.encode() + block) * 3))) == 3  # not even a blank line between


def test_heritrix(tmp_path: Path) -> None:
    """Answers of name servers, links of a page as metadata, and pages that were cut off."""
    profile = "WARC-Profile: http://netpreserve.org/warc/1.0/revisit/server-not-modified"
    file = write(
        tmp_path,
        packed(
            record("response", "dns:vui.edu.vn", b"20210108093000\nvui.edu.vn.\t60\tIN\tA\t1.2.3.4\n"),
            record("response", URL, http(), "WARC-Truncated: time"),
            record("metadata", URL, b"outlink: https://vui.edu.vn/ L a/@href\r\n"),
            record("revisit", URL, http(b"", status=b"HTTP/1.1 304 Not Modified"), profile),
            record("revisit", URL, b"", profile, "WARC-Refers-To-Date: some day"),
        ),
    )
    cut, *revisits = captures(file)
    assert (cut.truncated, cut.is_whole_page) == ("time", False)
    nothing = Original(None, None, None)
    assert [(one.head.status, one.original) for one in revisits] == [(304, nothing), (304, nothing)]


@pytest.mark.parametrize(
    ("name", "coded"), [("br", brotli.compress(TEXT)), ("zstd", zstd.compress(TEXT)), ("gzip", gzip.compress(TEXT)),
                        ("deflate", zlib.compress(TEXT)), ("br", TEXT), ("gzip", TEXT)],
)  # fmt: skip
def test_browsertrix(tmp_path: Path, name: str, coded: bytes) -> None:
    """HTTP/2 in the status line, codings kept or removed under their header, records about the page, milliseconds."""
    page = only(
        tmp_path,
        record("resource", "urn:pageinfo:" + URL, b"{}", version="1.1"),
        record("resource", "urn:view:" + URL, b"\x89PNG", version="1.1"),
        record(
            "response", URL, http(coded, b"content-encoding: " + name.encode(), status=b"HTTP/2 200"),
            "WARC-Page-ID: 7", version="1.1", date="2021-01-08T09:30:00.123Z",
        ),
        record("resource", "urn:text:" + URL, TEXT, version="1.1"),
    )  # fmt: skip
    assert (page.body, page.status, page.fetched) == (TEXT, 200, MOMENT.replace(microsecond=123_000))


def test_pywb_moves_the_headers_of_what_it_has_decoded(tmp_path: Path) -> None:
    more = b"X-Archive-Orig-Content-Encoding: br", b"X-Archive-Orig-Transfer-Encoding: chunked"
    page = only(tmp_path, record("response", URL, http(TEXT, *more)))
    assert (page.body, page.headers["x-archive-orig-content-encoding"]) == (TEXT, "br")


@pytest.mark.parametrize(
    "body", [b"20\r\n" + TEXT[:32] + b"\r\n%x\r\n" % len(TEXT[32:]) + TEXT[32:] + b"\r\n0\r\n\r\n", TEXT]
)
def test_chunks_declared_rightly_and_wrongly(tmp_path: Path, body: bytes) -> None:
    assert only(tmp_path, record("response", URL, http(body, b"Transfer-Encoding: Chunked"))).body == TEXT
    coded = b"%x\r\n%s\r\n0\r\n\r\n" % (len(gzip.compress(TEXT)), gzip.compress(TEXT))
    more = b"Transfer-Encoding: chunked", b"Content-Encoding: gzip"
    assert only(tmp_path, record("response", URL, http(coded, *more))).body == TEXT


def test_headers_in_utf_8_latin_1_and_many_lines(tmp_path: Path) -> None:
    more = "Location: /tin-tức".encode(), "X-Old: caf\xe9".encode("latin-1"), b"Vary: a", b"vary: b", b"Nothing"
    headers = only(tmp_path, record("response", URL, http(TEXT, *more))).headers
    assert (headers["location"], headers["x-old"], headers["vary"]) == ("/tin-tức", "café", "a, b")


def test_arc(tmp_path: Path) -> None:
    block = http()
    file = write(
        tmp_path,
        b"filedesc://x.arc 0.0.0.0 20080430204825 text/plain 67\n1 0 alexa\nURL IP-address Archive-date Content-type "
        b"Archive-length\n\n" + b"".join(
            f"http://vui.edu.vn/tin {n} 1.2.3.4 2008043020482{n} text/html {len(block)}\n".encode() + block + b"\n"
            for n in (5, 6)
        ),
        "x.arc",
    )  # fmt: skip
    assert [(page.url, page.fetched.second, page.body) for page in pages(file)] == [
        ("http://vui.edu.vn/tin 5", 25, TEXT), ("http://vui.edu.vn/tin 6", 26, TEXT),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("date", "second"),
    [("2021-01-08T09:30:00+00:00", 0), ("2021-01-08T16:30:07.5+07:00", 7), ("2021-01-08T09:30:05.123456789Z", 5),
     ("20210108093009", None), ("2021-01-08", 0)],
)  # fmt: skip
def test_dates(tmp_path: Path, date: str, second: int | None) -> None:
    file = write(tmp_path, record("response", URL, http(), date=date))
    if second is None:
        assert faults(file) == [f"offset 0: has no WARC-Date that can be read, but '{date}'"]
    else:
        (found,) = captures(file)
        assert (found.head.fetched.day, found.head.fetched.second) == (8, second)


def test_what_wget_really_writes(tmp_path: Path) -> None:
    wget = shutil.which("wget")
    if not wget:
        pytest.skip("no wget (Debian: apt install wget)")
    links = "".join(f"<a href='/tin-{n}.html'>{n}</a>" for n in (1, 2, 3))
    coded = gzip.compress(TEXT)
    chunks = [b"HTTP/1.1 200 OK\r\n" + HTML + b"Transfer-Encoding: chunked\r\n\r\n", b"%x\r\n" % len(TEXT), TEXT]
    routes = {
        "/": Answer(links),
        "/tin-1.html": Answer(TEXT),
        "/tin-2.html": Answer(coded, headers={"Content-Encoding": "gzip"}),
        "/tin-3.html": Raw([*chunks, b"\r\n0\r\n\r\n"]),
    }
    with WebServer(routes) as web:
        for name, *more in (
            ("a", "--warc-cdx"),
            ("b", "--no-warc-compression"),
            ("c", f"--warc-dedup={tmp_path}/a.cdx"),
        ):
            to = f"--warc-file={tmp_path / name}"
            subprocess.run([wget, "-q", "-r", to, *more, "-P", tmp_path / name, web.url()], timeout=60, check=False)
        ours = {web.url(f"/tin-{n}.html") for n in (1, 2, 3)}
    for name in ("a.warc.gz", "b.warc"):
        found = {page.url: page.body for page in pages(tmp_path / name) if page.url in ours}
        assert found == dict.fromkeys(ours, TEXT)
    ids = {one.id for one in captures(tmp_path / "a.warc.gz")}
    again = [one for one in captures(tmp_path / "c.warc.gz") if one.head.url in ours]
    assert len(again) == 3
    assert {one.original and one.original.id for one in again} <= ids
    assert faults(recompressed(tmp_path / "b.warc")) == []
    assert [page.url for page in pages(recompressed(tmp_path / "b.warc"))] == [
        page.url for page in pages(tmp_path / "b.warc")
    ]


def recompressed(file: Path) -> Path:
    """The same records by `warcio recompress`."""
    other = file.with_name("recompressed.warc.gz")
    subprocess.run([WARCIO, "recompress", file, other], check=True, capture_output=True, timeout=60)
    return other


def test_warcio_sees_the_same_places(tmp_path: Path) -> None:
    file = write(tmp_path, packed(*(response(n, noise(n)) for n in range(5))))
    done = subprocess.run(
        [WARCIO, "index", "-f", "offset", recompressed(file)], check=True, capture_output=True, text=True, timeout=60
    )
    told = [int(line.split('"')[3]) for line in done.stdout.splitlines()]
    assert [one.place.offset for one in captures(recompressed(file))] == told


# For the archive


def test_the_page_of_a_record_of_warcio() -> None:
    page = page_of(next(ArchiveIterator(BytesIO(response(1)))))
    assert page == Page(
        "https://vui.edu.vn/tin-1.html", MOMENT, 200, {"content-type": "text/html; charset=utf-8"}, TEXT
    )
    for other in (record("warcinfo", None, b"x: y"), record("revisit", URL, b"")):
        with pytest.raises(ValueError, match="where a response was expected"):
            page_of(next(ArchiveIterator(BytesIO(other))))
    with pytest.raises(ValueError, match="bytes of the record are missing"):
        page_of(next(ArchiveIterator(BytesIO(response(1)[:-30]))))
    with pytest.raises(TooLongError):
        page_of(next(ArchiveIterator(BytesIO(response(1)))), len(TEXT) - 1)


# Broken records


@pytest.mark.parametrize(
    ("bad", "told"),
    [
        (record("response", None, http()), "has no WARC-Target-URI"),
        (record("response", URL, http(), date=None), "has no WARC-Date that can be read, but None"),
        (record("response", URL, http(), date="yesterday"), "has no WARC-Date that can be read, but 'yesterday'"),
        (record("response", URL, b""), "does not begin with the status line of an HTTP response (https://vui"),
        (record("response", URL, b"\r\n"), "does not begin with the status line"),
        (record("response", URL, TEXT), "does not begin with the status line"),
        (record("response", URL, http(status=b"HTTP/1.1 OK")), "does not begin with the status line"),
        (record("response", URL, http(status="HTTP/1.1 ٢٠٠ OK".encode())), "does not begin with the status line"),
        (record("response", URL, http(TEXT, *[b"X: " + b"x" * 60_000] * 20)), "its head is longer than 1,048,576"),
        (record("response", URL, http(), "WARC-Segment-Number: 1"), "is one segment of a record"),
        (record("response", URL, http(), "WARC-Block-Digest: sha1:" + "A" * 32), "is damaged, its WARC-Block-Digest"),
        (record("response", URL, http()).replace(b"Content-Length", b"Content-Size"), "has no Content-Length"),
        (record("response", URL, http()).replace(b"Length: 1", b"Length: -1"), "has no Content-Length"),
        (record("response", URL, http()).replace(b"Length: 1", b"Length: " + b"1" * 5000), "has no Content-Length"),
        (record("response", URL, http(), *["X: " + "x" * 60_000] * 20), "its head cannot be read: its head is longer"),
        (b"some bytes\r\nthat are no record\r\n", "no WARC record begins with b'some bytes"),
        (b"\x00\xff" * 100_000 + b"\n", "no WARC record begins with b'\\x00"),
        (b"WARC/1.0\r\n\r\n", "has no Content-Length"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("packer", PACKERS)
def test_a_bad_record_is_told_and_the_others_are_found(tmp_path: Path, packer: object, bad: bytes, told: str) -> None:
    assert callable(packer)
    first, *between, last = scan(write(tmp_path, packer(response(1), bad, response(2))))
    assert isinstance(first, Capture)
    assert isinstance(last, Capture)
    assert (first.head.url[-6], last.head.url[-6]) == ("1", "2")
    (fault,) = between
    assert isinstance(fault, Fault)
    assert fault.reason.startswith(told)
    assert len(str(fault)) < 200
    assert (fault.place.offset > 0) == (packer is not as_a_whole)


@pytest.mark.parametrize("name", ["md5", "sha1", "sha256", "sha512"])
@pytest.mark.parametrize("digits", [base64.b16encode, base64.b32encode, lambda found: found.hex().encode()])
def test_block_digests(tmp_path: Path, name: str, digits: object) -> None:
    assert callable(digits)
    block = http()
    told = digits(hashlib.new(name, block).digest()).decode()
    assert len(captures(write(tmp_path, record("response", URL, block, f"WARC-Block-Digest: {name}:{told}")))) == 1
    file = write(tmp_path, record("response", URL, block[:-1] + b"!", f"WARC-Block-Digest: {name}:{told}"))
    assert [fault.partition(": ")[2][:10] for fault in faults(file)] == ["is damaged"]


def test_a_digest_that_we_do_not_know_is_believed(tmp_path: Path) -> None:
    for told in ("whirlpool:abc", "sha1", "shake_128:ab", ""):
        assert len(captures(write(tmp_path, record("response", URL, http(), f"WARC-Block-Digest: {told}")))) == 1


@pytest.mark.parametrize("body", [gzip.compress(bytes(9_000_000)), bytes(9_000_000), brotli.compress(bytes(9_000_000))])
def test_a_body_that_is_too_long_is_not_read(tmp_path: Path, body: bytes) -> None:
    coding = b"Content-Encoding: gzip, br"[: 22 if body[:2] == b"\x1f\x8b" else 26]
    file = write(tmp_path, packed(record("response", URL, http(body, coding)), response(2)))
    first, second = captures(file)
    reader = PageReader(1_000_000)
    with pytest.raises(TooLongError, match="longer than 1,000,000 bytes"):
        reader.page(file, first.place)
    assert reader.page(file, second.place).body == TEXT
    reader.close()


@pytest.mark.parametrize("packer", PACKERS)
def test_memory_is_bounded(tmp_path: Path, packer: object) -> None:
    assert callable(packer)
    long_line = record("response", URL, b"HTTP/1.1 200 " + b"x" * 20_000_000)
    video = record("response", URL, http(bytes(40_000_000)))
    file = write(tmp_path, packer(video, long_line, b"garbage " * 2_000_000 + b"\n", response(2)))
    tracemalloc.start()
    try:
        found = list(scan(file))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert [type(one) for one in found] == [Capture, Fault, Fault, Capture]
    assert peak < 6_000_000


@pytest.mark.parametrize(
    "content", [b"", b"<html>no archive</html>", gzip.compress(b"no archive"), b"\x1f\x8b\x08 broken"]
)
def test_what_is_no_archive_is_said_to_be_none(tmp_path: Path, content: bytes) -> None:
    file = write(tmp_path, content)
    assert len(faults(file)) == 1
    with pytest.raises(InputError, match=r"x\.warc\.gz: offset 0: "):
        list(pages(file))


# Tears

RECORDS = [record("warcinfo", None, b"software: x\r\n"), *(response(n, noise(n)[:300]) for n in range(4))]
TEARS = hypothesis_settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def ends(packer: object, records: Sequence[bytes]) -> dict[int, int]:
    """Where a record ends, and how many are whole there."""
    assert callable(packer)
    return {len(packer(*records[:n])): n for n in range(1, len(records) + 1)}


@pytest.mark.parametrize("packer", PACKERS)
@TEARS
@given(data=st.data())
def test_any_cut_gives_what_came_before_it_and_one_tear(tmp_path: Path, packer: object, data: st.DataObject) -> None:
    assert callable(packer)
    whole = packer(*RECORDS)
    cut = data.draw(st.integers(1, len(whole) - 1))
    file = write(tmp_path, whole[:cut])
    found = list(scan(file))
    told = [one for one in found if isinstance(one, Fault)]
    good = [one for one in found if isinstance(one, Capture)]
    assert found == good + told
    assert [one.head.url for one in good] == [f"https://vui.edu.vn/tin-{n}.html" for n in range(len(good))]
    reader = PageReader()
    assert [reader.page(file, one.place).body for one in good] == [noise(n)[:300] for n in range(len(good))]
    reader.close()
    if packer is as_a_whole:
        assert [one.reason.startswith("torn: ") for one in told] == [True]
        return
    at = max((end for end in ends(packer, RECORDS) if end <= cut), default=0)
    blank = whole[at:cut].strip() == b"" if packer is plain else at == cut
    missing = b"\r\n\r\n".endswith(whole[cut : min(end for end in ends(packer, RECORDS) if end > cut)])
    if blank or (packer is plain and missing):  # a boundary, or only the blank lines are missing
        assert told == []
    else:
        assert [str(one).partition(": torn: ")[0] for one in told] == [f"offset {at}"]
        assert len(good) == max(ends(packer, RECORDS).get(at, 0) - 1, 0)


@pytest.mark.parametrize("packer", PACKERS)
@TEARS
@given(data=st.data())
def test_no_bytes_do_harm(tmp_path: Path, packer: object, data: st.DataObject) -> None:
    assert callable(packer)
    whole = bytearray(packer(*RECORDS))
    for at, to in data.draw(st.lists(st.tuples(st.integers(0, len(whole) - 1), st.binary(max_size=4)), max_size=5)):
        whole[at : at + len(to)] = to
    file = write(tmp_path, bytes(whole))
    reader = PageReader(10_000)
    for one in scan(file):
        if isinstance(one, Capture) and one.original is None:
            with suppress(ValueError):
                assert len(reader.page(file, one.place).body) <= 10_000
        else:
            assert str(one)
    reader.close()


def test_a_flipped_bit_in_gzip_is_a_tear_of_that_record(tmp_path: Path) -> None:
    content = bytearray(packed(*RECORDS))
    third = len(packed(*RECORDS[:3]))
    content[third + 350] ^= 16
    file = write(tmp_path, bytes(content))
    *good, last = scan(file)
    assert len(good) == 2
    assert str(last).startswith(f"offset {third}: torn: the gzip data are broken")
