"""Taking in what others have made: article JSON Lines and WARC files, sound, broken and hostile."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from newsdesk import PATTERN, WORDS, article_page, newsroom, opened, settings_for, site_of, stored, tratin
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter
from webserver import WebServer

from crawler.archive import Archive, Exchange
from crawler.article import Page, article_id
from crawler.errors import InputError
from crawler.intake import IntakeReport, LeftOut, take_in
from crawler.lock import hold
from crawler.settings import Settings
from crawler.store import Store

URL = "https://vui.edu.vn/tin-1.html"
OLDER = "older than what is known of its article"
NOWHERE = "a revisit of what is neither in these files nor in the archive"
LINE = {"url": URL, "title": "Hội nghị", "body": "Nội dung."}
FULL = LINE | {
    "id": "bai-1",
    "site": "vui",
    "lead": "Sapo",
    "published": "2021-01-08T16:45:00+07:00",
    "published_precision": "time",
    "published_source": "json-ld",
    "author": "Nguyễn Thị Lan",
    "category": "Khoa học",
    "tags": ["hội nghị", "2021"],
    "images": [{"url": "https://vui.edu.vn/a.jpg", "caption": None}],
    "attachments": [{"url": "https://vui.edu.vn/a.pdf", "title": "Kỷ yếu", "media_type": "application/pdf"}],
    "language": "vi",
    "first_seen": "2021-01-09T00:00:00+00:00",
    "last_seen": "2021-02-09T00:00:00+00:00",
    "changed": "2021-01-10T00:00:00+00:00",
    "status": "gone",
}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_for(tmp_path, {"vui": f"start = ['https://vui.edu.vn/']\n{PATTERN}"})


def take(settings: Settings, *files: Path) -> IntakeReport:
    with opened(settings) as (store, archive):
        return take_in(files, settings, store, archive)


def lines(folder: Path, *told: object, name: str = "in.jsonl") -> Path:
    """Write lines: bytes as they are, all else as JSON."""
    file = folder / name
    content = b"".join((one if isinstance(one, bytes) else json.dumps(one).encode()) + b"\n" for one in told)
    file.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    return file


def documents(settings: Settings) -> list[dict[str, Any]]:
    with opened(settings) as (store, _):
        return [kept.document() for kept in store.changes(0)]


# JSON Lines


def test_what_must_be_there_is_enough(settings: Settings, tmp_path: Path) -> None:
    report = take(settings, lines(tmp_path, LINE, {"id": "x", "title": "T", "body": ""}))
    assert (report.new, report.bad, report.faults) == (2, 0, [])
    first, second = documents(settings)
    assert first["id"] == article_id(URL)
    assert (first["site"], second["site"]) == ("vui", "import")
    assert (first["published"], first["published_precision"], first["lead"], first["tags"]) == (None, None, None, ())
    assert (second["id"], second["url"], second["status"], second["versions"]) == ("x", None, "live", 1)


def test_everything_that_is_told_is_kept(settings: Settings, tmp_path: Path) -> None:
    take(settings, lines(tmp_path, FULL))
    (document,) = json.loads(json.dumps(documents(settings)))
    assert {key: document[key] for key in FULL} == FULL
    assert document["versions"] == 1


@pytest.mark.parametrize(
    ("published", "kept", "precision"),
    [
        ("2021-01-08", "2021-01-08", "day"),
        ("20210108", "2021-01-08", "day"),
        ("2021-01-08T16:45:00", "2021-01-08T16:45:00+07:00", "time"),
        ("2021-01-08T09:45:00Z", "2021-01-08T09:45:00+00:00", "time"),
    ],
)
def test_dates(settings: Settings, tmp_path: Path, published: str, kept: str, precision: str) -> None:
    take(settings, lines(tmp_path, LINE | {"published": published}))
    (document,) = documents(settings)
    assert (document["published"], document["published_precision"]) == (kept, precision)
    assert document["published_source"] == "import"


def test_addresses_are_made_canonical(settings: Settings, tmp_path: Path) -> None:
    take(settings, lines(tmp_path, LINE | {"url": "HTTPS://VUI.edu.vn:443/tin-1.html?utm_source=x#top"}))
    assert documents(settings)[0]["url"] == URL


def test_a_host_that_is_no_site_of_ours_names_one(settings: Settings, tmp_path: Path) -> None:
    take(settings, lines(tmp_path, LINE | {"url": "https://www.HUST.edu.vn:8080/a"}))
    assert documents(settings)[0]["site"] == "www-hust-edu-vn-8080"


DEEP = b'{"a":' * 100_000


@pytest.mark.parametrize(
    ("bad", "told"),
    [
        (b"no json", "not JSON"),
        (b'{"url": ', "not JSON"),
        (b"[]", "valid dictionary"),
        (b"null", "valid dictionary"),
        (b"12", "valid dictionary"),
        (b"1" * 5000, "digits"),
        (DEEP, "nested too deeply"),
        (b'{"title": "\xff\xfe"}', "not UTF-8"),
        ({"url": URL, "body": "x"}, "title: is missing"),
        ({"url": URL, "title": "x"}, "body: is missing"),
        ({"title": "x", "body": "x"}, "an article needs a url or an id"),
        (LINE | {"title": " \n"}, "title: "),
        (LINE | {"title": 1}, "title: "),
        (LINE | {"body": None}, "body: "),
        (LINE | {"tags": "x"}, "tags: "),
        (LINE | {"tags": [1]}, "tags.0: "),
        (LINE | {"images": [{"caption": "x"}]}, "images.0.url: is missing"),
        (LINE | {"url": "mailto:a@b.vn"}, "url: is not an http or https address"),
        (LINE | {"id": "a/b"}, "id: an id is"),
        (LINE | {"id": ""}, "id: an id is"),
        (LINE | {"id": ".."}, "id: an id is"),
        (LINE | {"site": "VUI"}, "site: a site's id"),
        (LINE | {"published": "08/01/2021"}, "published: is not an ISO 8601"),
        (LINE | {"published": "0001-01-01T00:00:00+14:00"}, "published: is not an ISO 8601"),
        (LINE | {"published": 20210108}, "published: "),
        (LINE | {"changed": "9999-12-31T23:59:59-12:00"}, "changed: is not an ISO 8601"),
        (LINE | {"status": "dead"}, "status: "),
        (b'{"id": "x", "title": "\\ud800", "body": ""}', "title: "),
        (b'{"id": "x", "title": "x", "body": "", "tags": ["\\udfff"]}', "tags.0: "),
    ],
)
def test_a_bad_line_is_named_and_the_others_are_taken(
    settings: Settings, tmp_path: Path, bad: object, told: str
) -> None:
    report = take(settings, lines(tmp_path, LINE, bad, {"id": "last", "title": "x", "body": "x"}))
    assert (report.new, report.bad) == (2, 1)
    assert report.faults[0].startswith(f"{tmp_path / 'in.jsonl'}: line 2: ")
    assert told in report.faults[0]
    assert len(report.faults[0]) < 300
    assert [document["id"] for document in documents(settings)] == [article_id(URL), "last"]


def test_bad_lines_are_all_counted_and_some_named(settings: Settings, tmp_path: Path) -> None:
    report = take(settings, lines(tmp_path, *[b"{"] * 15))
    assert (report.bad, len(report.faults), report.taken) == (15, 10, 0)


def test_marks_and_empty_lines_are_no_faults(settings: Settings, tmp_path: Path) -> None:
    file = lines(
        tmp_path, b"\xef\xbb\xbf" + json.dumps(LINE).encode() + b"\r", b"", b"  ", b'{"id":"x","title":"T","body":""}'
    )
    file.write_bytes(file.read_bytes().rstrip(b"\n"))
    report = take(settings, file)
    assert (report.new, report.bad) == (2, 0)
    assert take(settings, lines(tmp_path, name="empty.jsonl")) == IntakeReport()


@pytest.mark.parametrize("name", ["in.jsonl.gz", "IN.JSONL.GZ", "in.jsonl"])
def test_packed_lines(settings: Settings, tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    file.write_bytes(gzip.compress(json.dumps(LINE).encode()))
    assert take(settings, file).new == 1


def test_a_torn_file_is_taken_up_to_the_tear(settings: Settings, tmp_path: Path) -> None:
    many = [{"id": f"a{n}", "title": "T", "body": f"{n * 7919 % 104729} " * 50} for n in range(2000)]
    file = lines(tmp_path, *many, name="in.jsonl.gz")
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    report = take(settings, file)
    assert 100 < report.new < 1900
    assert report.bad >= 1
    assert any("gzip data is broken" in fault and "taken in" in fault for fault in report.faults)
    assert len(documents(settings)) == report.new


def test_what_is_not_packed_at_all(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "in.jsonl.gz"
    file.write_text(json.dumps(LINE))
    report = take(settings, file)
    assert (report.taken, report.bad) == (0, 1)


@pytest.mark.parametrize("name", ["none.jsonl", "in.txt", "in", "in.jsonl.bz2"])
def test_a_file_that_cannot_be_taken_stops_all_before_it_begins(settings: Settings, tmp_path: Path, name: str) -> None:
    good = lines(tmp_path, LINE)
    if not name.startswith("none"):
        (tmp_path / name).write_text("x")
    with pytest.raises(InputError, match="nothing was imported"):
        take(settings, good, tmp_path / name)
    assert documents(settings) == []


def test_again_is_unchanged_and_words_that_differ_are_a_version(settings: Settings, tmp_path: Path) -> None:
    gone = FULL | {"id": "bai-2", "url": "https://vui.edu.vn/tin-2.html"}
    file = lines(tmp_path, LINE, gone)
    assert take(settings, file).new == 2
    before = documents(settings)
    report = take(settings, file)
    assert (report.new, report.changed, report.unchanged) == (0, 0, 2)
    assert documents(settings) == before
    assert take(settings, lines(tmp_path, LINE | {"body": "Khác"})).changed == 1
    assert stored(settings)["/tin-1.html"].versions == 2


def test_two_lines_that_fight_for_an_address(settings: Settings, tmp_path: Path) -> None:
    other = {"id": "y", "url": "https://vui.edu.vn/tin-2.html", "title": "T", "body": ""}
    report = take(settings, lines(tmp_path, LINE | {"id": "x"}, other, LINE | {"id": "y"}))
    assert (report.new, report.bad) == (2, 1)
    assert "belong to two different articles" in report.faults[0]


def test_an_export_comes_back_as_it_was(settings: Settings, tmp_path: Path) -> None:
    take(
        settings,
        lines(tmp_path, FULL, {"id": "x", "title": "T\u2028T", "body": "a\nb\u0085c", "published": "2020-02-29"}),
    )
    code, out, _ = tratin(settings, "export")
    assert code == 0
    (tmp_path / "out.jsonl").write_text(out, encoding="utf-8")
    (tmp_path / "other").mkdir()
    other = settings_for(tmp_path / "other", {})
    code, told, errors = tratin(other, "import", str(tmp_path / "out.jsonl"), "--json")
    assert (code, errors) == (0, "")
    assert json.loads(told)["new"] == 2
    assert documents(other) == documents(settings)


def test_the_command_says_how_much_was_bad(settings: Settings, tmp_path: Path) -> None:
    file = lines(tmp_path, LINE, b"{")
    code, out, errors = tratin(settings, "import", str(file))
    assert code == 3
    assert "1 articles" in out
    assert "1 bad" in out
    assert "line 2: not JSON" in errors
    assert tratin(settings, "import", "--max-failed", "50", str(file))[0] == 0
    code, _, errors = tratin(settings, "import", str(tmp_path / "none.jsonl"))
    assert (code, errors.count("\n")) == (2, 1)


# WARC


def page(n: int, body: bytes | None = None, status: int = 200, kind: str = "text/html; charset=utf-8") -> Page:
    content = article_page(n).encode() if body is None else body
    url = f"https://vui.edu.vn/tin-{n}.html"
    return Page(url, datetime(2021, 1, 9, n, tzinfo=UTC), status, {"content-type": kind}, content)


@pytest.fixture
def ours(tmp_path: Path) -> Path:
    """A WARC file of our own making: two articles, a list, a picture, an error."""
    archive = Archive(tmp_path / "from", "tratin/1.0")
    home = Page("https://vui.edu.vn/", datetime(2021, 1, 9, tzinfo=UTC), 200, {"content-type": "text/html"}, b"<p>x")
    for one in (page(1), page(2), home, page(3, status=404), page(4, b"\xff\xd8", kind="image/jpeg")):
        archive.write(Exchange(one, "OK", (("Host", "vui.edu.vn"),), tuple(one.headers.items())))
    archive.close()
    (file,) = (tmp_path / "from").iterdir()
    return file


def test_our_own_archive(settings: Settings, ours: Path) -> None:
    report = take(settings, ours)
    assert (report.new, report.left_out, report.bad) == (2, 3, 0)
    kept = stored(settings)
    assert kept.keys() == {"/tin-1.html", "/tin-2.html"}
    assert kept["/tin-1.html"].first_seen == "2021-01-09T01:00:00+00:00"
    with opened(settings) as (store, archive):
        location = store.location_of(kept["/tin-2.html"].article.id)
        assert location is not None
        assert archive.read(location).body == article_page(2).encode()


def size(settings: Settings) -> int:
    return sum(file.stat().st_size for file in (settings.data / "warc").iterdir())


def test_an_archive_taken_in_twice_is_kept_once(settings: Settings, ours: Path) -> None:
    take(settings, ours)
    before, length = stored(settings), size(settings)
    report = take(settings, ours)
    assert (report.new, report.changed, report.unchanged) == (0, 0, 2)
    assert stored(settings) == before
    assert size(settings) == length


def test_an_old_archive_does_not_undo_what_came_later(settings: Settings, ours: Path, tmp_path: Path) -> None:
    later = LINE | {"body": "Bản mới hơn", "last_seen": "2022-01-01T00:00:00+00:00"}
    take(settings, lines(tmp_path, later))
    report = take(settings, ours)
    assert (report.new, report.changed, report.unchanged) == (1, 0, 0)
    assert report.left_out_reasons[OLDER] == LeftOut(1, [URL])
    assert stored(settings)["/tin-1.html"].article.body == "Bản mới hơn"


def test_an_old_archive_finds_an_article_under_the_id_that_it_came_with(settings: Settings, ours: Path) -> None:
    take(settings, lines(ours.parent, FULL | {"changed": "2022-01-01T00:00:00+00:00"}))
    assert OLDER in take(settings, ours).left_out_reasons
    assert stored(settings)["/tin-1.html"].status == "gone"


def test_a_torn_archive_is_taken_up_to_the_tear(settings: Settings, ours: Path) -> None:
    whole = ours.read_bytes()
    starts = [n for n in range(len(whole)) if whole.startswith(b"\x1f\x8b\x08", n)]
    ours.write_bytes(whole[: starts[3] + 60])  # warcinfo, response, request, half a response
    report = take(settings, ours)
    assert (report.new, report.bad) == (1, 1)
    assert "torn" in report.faults[0]


@dataclass(frozen=True)
class Told:
    """A record as another program writes it; `of` is the address and the date that a revisit refers to."""

    url: str = URL
    date: str = "2021-01-09T01:00:00Z"
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    status: str = "200 OK"
    of: tuple[str, str] | None = None
    more: Mapping[str, str] = field(default_factory=dict)

    def written(self, writer: WARCWriter) -> Any:
        told = {"Content-Type": "text/html; charset=utf-8"} | dict(self.headers)
        head = StatusAndHeaders(self.status, list(told.items()), protocol="HTTP/1.1")
        dated = {"WARC-Date": self.date} | dict(self.more)
        if self.of is None:
            return writer.create_warc_record(
                self.url, "response", payload=BytesIO(self.body), http_headers=head, warc_headers_dict=dated
            )
        digest = dated.pop("WARC-Payload-Digest", "sha1:AAAA")
        return writer.create_revisit_record(
            self.url, digest, *self.of, http_headers=head, warc_headers_dict=dated
        )  # fmt: skip


def foreign(file: Path, *records: Told, packed: bool = True) -> Path:
    """A WARC file as another program writes it."""
    with file.open("wb") as stream:
        writer = WARCWriter(stream, gzip=packed)
        for told in records:
            record = told.written(writer)
            writer.write_record(record)
            record.raw_stream.close()
    return file


def chunked(body: bytes) -> bytes:
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (body[:100], body[100:])) + b"0\r\n\r\n"


@pytest.mark.parametrize("packed", [True, False])
def test_an_archive_of_others(settings: Settings, tmp_path: Path, packed: bool) -> None:
    bodies = [article_page(n).encode() for n in (1, 2, 3, 4)]
    gzipped, in_chunks = {"Content-Encoding": "gzip"}, {"Transfer-Encoding": "chunked"}
    file = foreign(
        tmp_path / ("x.warc.gz" if packed else "x.warc"),
        Told(URL, body=bodies[0]),
        Told("https://vui.edu.vn/tin-2.html", body=chunked(bodies[1]), headers=in_chunks),
        Told("https://vui.edu.vn/tin-3.html", body=gzip.compress(bodies[2]), headers=gzipped),
        Told("https://vui.edu.vn/tin-4.html", body=chunked(gzip.compress(bodies[3])), headers=gzipped | in_chunks),
        Told("https://elsewhere.vn/tin-5.html", body=bodies[0]),
        packed=packed,
    )
    report = take(settings, file)
    assert (report.new, report.bad) == (4, 0), report
    kept = stored(settings)
    assert kept.keys() == {f"/tin-{n}.html" for n in (1, 2, 3, 4)}
    for n in (1, 2, 3, 4):
        one = kept[f"/tin-{n}.html"]
        assert one.article.title == f"Tin số {n} của nhà trường"
        assert WORDS in one.article.body
        assert one.archived


def test_a_file_that_is_no_archive(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "x.warc"
    file.write_bytes(b"<html>no archive</html>")
    report = take(settings, file)
    assert (report.taken, report.bad) == (0, 1)
    assert "x.warc: offset 0: no WARC record begins with b'<html>" in report.faults[0]


# Order


def version(n: int, words: str = "") -> bytes:
    """The page of article 1 with words of its own."""
    return article_page(1, f"Bản thứ {n}. {words}{WORDS}").encode()


def history(settings: Settings, article: str = "/tin-1.html") -> list[tuple[str, bool, str]]:
    """The versions of an article: when each was seen, whether its page is archived, how it begins."""
    with opened(settings) as (store, _):
        rows = store._database.rows(
            "SELECT seen, record, document FROM version WHERE article = ? ORDER BY number",
            (stored(settings)[article].article.id,),
        )
    return [(row["seen"][:10], bool(row["record"]), json.loads(row["document"])["body"][:9]) for row in rows]


def test_captures_come_in_order_of_time_whatever_the_order_of_files(settings: Settings, tmp_path: Path) -> None:
    at = {n: Told(date=f"20{n}-01-09T01:00:00Z", body=version(n)) for n in (17, 18, 19, 20, 21)}
    files = foreign(tmp_path / "a.warc", at[20], at[17]), foreign(tmp_path / "b.warc.gz", at[21], at[18], at[19])
    report = take(settings, *files)
    assert (report.new, report.changed, report.left_out, report.bad) == (1, 4, 0, 0)
    assert history(settings) == [(f"20{n}-01-09", True, f"Bản thứ {n}"[:9]) for n in at]
    kept = stored(settings)["/tin-1.html"]
    assert (kept.first_seen[:4], kept.last_seen[:4], kept.versions) == ("2017", "2021", 5)
    again = take(settings, *files)
    assert (again.new, again.changed, again.unchanged) == (0, 0, 1)
    assert again.left_out_reasons == {OLDER: LeftOut(4, [URL])}
    assert len(history(settings)) == 5


def test_what_is_known_is_not_made_older(settings: Settings, tmp_path: Path) -> None:
    early, middle, late = (Told(date=f"20{n}-01-09T01:00:00Z", body=version(n)) for n in (17, 18, 19))
    take(settings, foreign(tmp_path / "a.warc", middle))
    report = take(settings, foreign(tmp_path / "b.warc", early, late))
    assert (report.changed, report.left_out) == (1, 1)
    assert [seen[:4] for seen, *_ in history(settings)] == ["2018", "2019"]


def test_an_article_that_is_gone_does_not_come_back_by_an_older_capture(settings: Settings, tmp_path: Path) -> None:
    take(settings, foreign(tmp_path / "a.warc", Told(date="2020-01-09T01:00:00Z", body=version(1))))
    with opened(settings) as (store, _):
        store.mark_gone(article_id(URL), "2021-06-01T00:00:00+00:00")
    between = foreign(tmp_path / "b.warc", Told(date="2021-01-09T01:00:00Z", body=version(2)))
    assert OLDER in take(settings, between).left_out_reasons
    assert stored(settings)["/tin-1.html"].status == "gone"
    take(settings, foreign(tmp_path / "c.warc", Told(date="2021-07-09T01:00:00Z", body=version(1))))
    assert stored(settings)["/tin-1.html"].status == "live"


def test_a_capture_of_a_missing_page_marks_nothing_as_gone(settings: Settings, tmp_path: Path) -> None:
    dates = iter(f"2021-0{n}-09T01:00:00Z" for n in range(1, 9))
    soft = "<html><h1>Không tìm thấy trang</h1><p>Trang này không tồn tại.</p></html>".encode()
    file = foreign(
        tmp_path / "x.warc",
        Told(date=next(dates), body=version(1)),
        Told(date=next(dates), body=version(1), status="404 Not Found"),
        Told(date=next(dates), body=version(1), status="410 Gone"),
        Told(date=next(dates), body=soft),
    )
    report = take(settings, file)
    assert (report.new, report.left_out, report.bad) == (1, 3, 0)
    assert {"status 404", "status 410"} < report.left_out_reasons.keys()
    assert any(reason.startswith("no article: ") for reason in report.left_out_reasons)
    assert stored(settings)["/tin-1.html"].status == "live"


# Revisits

FIRST, AGAIN = "2021-01-09T01:00:00Z", "2021-05-09T01:00:00Z"
DIGEST = base64.b32encode(hashlib.sha1(version(1), usedforsecurity=False).digest()).decode()
REVISITS = {
    "by address and date": Told(date=AGAIN, of=(URL, FIRST)),
    "by another address": Told(date=AGAIN, of=("http://www.elsewhere.vn/tin-1.html", FIRST)),
    "by an id": Told(date=AGAIN, of=("", ""), more={"WARC-Refers-To": "<urn:uuid:7>"}),
    "by a digest": Told(date=AGAIN, of=("", ""), more={"WARC-Payload-Digest": f"SHA1:{DIGEST.lower()}"}),
    "not modified": Told(date=AGAIN, of=(URL, FIRST), status="304 Not Modified"),
}
TOLD_OF_FIRST = {"WARC-Record-ID": "<urn:uuid:7>"}


@pytest.mark.parametrize("where", ["before", "after", "in another file", "in a later import"])
@pytest.mark.parametrize("how", REVISITS)
def test_a_revisit_is_the_same_page_seen_again(settings: Settings, tmp_path: Path, how: str, where: str) -> None:
    revisit = REVISITS[how]
    first = Told(
        revisit.of[0] if how == "by another address" and revisit.of else URL, FIRST, version(1), more=TOLD_OF_FIRST
    )
    ours = Told(URL, FIRST, version(1)) if how == "by another address" else None
    originals = [one for one in (first, ours) if one]
    together = {"before": [revisit, *originals], "after": [*originals, revisit]}
    if where in together:
        reports = [take(settings, foreign(tmp_path / "a.warc.gz", *together[where]))]
    elif where == "in another file":
        reports = [take(settings, foreign(tmp_path / "a.warc", revisit), foreign(tmp_path / "b.warc.gz", *originals))]
    else:
        reports = [
            take(settings, foreign(tmp_path / f"{n}.warc", *told)) for n, told in enumerate((originals, [revisit]))
        ]
    kept = stored(settings)["/tin-1.html"]
    if where == "in a later import" and how not in {
        "by address and date",
        "not modified",
    }:  # the archive has no digests
        assert reports[1].left_out_reasons == {NOWHERE: LeftOut(1, [URL])}
        assert kept.last_seen == "2021-01-09T01:00:00+00:00"
        return
    assert sum(report.new for report in reports) == sum(report.unchanged for report in reports) == 1
    assert (kept.first_seen, kept.last_seen) == ("2021-01-09T01:00:00+00:00", "2021-05-09T01:00:00+00:00")
    assert (kept.versions, sum(report.bad for report in reports)) == (1, 0)


def test_a_revisit_takes_no_room_in_the_archive(settings: Settings, tmp_path: Path) -> None:
    take(settings, foreign(tmp_path / "a.warc", Told(URL, FIRST, version(1))))
    before = size(settings)
    assert take(settings, foreign(tmp_path / "b.warc", Told(date=AGAIN, of=(URL, FIRST)))).unchanged == 1
    assert size(settings) == before


def test_a_page_that_is_again_as_it_was_is_a_version(settings: Settings, tmp_path: Path) -> None:
    file = foreign(
        tmp_path / "x.warc",
        Told(URL, FIRST, version(1)),
        Told(URL, "2021-03-09T01:00:00Z", version(2)),
        Told(date=AGAIN, of=(URL, FIRST)),
    )
    assert take(settings, file).changed == 2
    assert [told for *_, told in history(settings)] == ["Bản thứ 1", "Bản thứ 2", "Bản thứ 1"]
    with opened(settings) as (store, archive):
        location = store.location_of(article_id(URL))
        assert location is not None
        page = archive.read(location)
    assert (page.body, page.fetched.month, page.url) == (version(1), 5, URL)


def test_a_revisit_of_what_cannot_be_read_is_told(settings: Settings, tmp_path: Path) -> None:
    torn = Told(URL, FIRST, gzip.compress(version(1))[:-20], {"Content-Encoding": "gzip"})
    report = take(settings, foreign(tmp_path / "x.warc", torn, Told(date=AGAIN, of=(URL, FIRST))))
    assert (report.taken, report.bad, report.left_out) == (0, 2, 0)
    assert all("its compressed body is torn (https://vui.edu.vn/tin-1.html)" in fault for fault in report.faults)


def test_a_revisit_of_a_damaged_archive_is_told(settings: Settings, tmp_path: Path) -> None:
    take(settings, foreign(tmp_path / "a.warc", Told(URL, FIRST, version(1))))
    (file,) = (settings.data / "warc").iterdir()
    file.write_bytes(file.read_bytes()[:100])
    report = take(settings, foreign(tmp_path / "b.warc", Told(date=AGAIN, of=(URL, FIRST))))
    assert (report.taken, report.bad) == (0, 1)
    assert "is damaged" in report.faults[0]


def test_an_import_that_was_cut_off_is_gone_on_with(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    months = [Told(URL, f"2021-0{n}-09T01:00:00Z", version(n)) for n in range(1, 8)]
    file = foreign(tmp_path / "x.warc.gz", *reversed(months))
    put, calls = Store.put, []

    def crash(self: Store, *told: Any, **more: Any) -> Any:
        calls.append(1)
        if len(calls) == 4:
            raise RuntimeError("power cut")
        return put(self, *told, **more)

    monkeypatch.setattr(Store, "put", crash)
    with pytest.raises(RuntimeError, match="power cut"):
        take(settings, file)
    monkeypatch.undo()
    report = take(settings, file)
    assert (report.changed, report.unchanged, report.left_out) == (4, 1, 2)
    assert [seen for seen, *_ in history(settings)] == [f"2021-0{n}-09" for n in range(1, 8)]


# What is left out


def test_what_is_left_out_is_told_by_its_reason(settings: Settings, tmp_path: Path) -> None:
    page = version(1)
    file = foreign(
        tmp_path / "x.warc.gz",
        *(Told(f"https://elsewhere.vn/tin-{n}.html", body=page) for n in range(5)),
        Told("https://vui.edu.vn/", body=page),
        Told("https://vui.edu.vn/a.jpg", body=page),
        Told("http://:80/", body=page),
        Told(body=page, status="206 Partial Content"),
        Told(body=page, status="301 Moved"),
        Told(body=page, headers={"Content-Type": "application/pdf"}),
        Told(body=page, more={"WARC-Truncated": "length"}),
        Told(body=page, date="2999-01-01T00:00:00Z"),
        Told(body=gzip.compress(bytes(20_000_000)), headers={"Content-Encoding": "gzip"}),
        Told(body=bytes(21_000_000)),
        Told(body=b"<p>x"),
        Told(of=("https://vui.edu.vn/tin-9.html", FIRST)),
    )
    report = take(settings, file)
    assert (list(stored(settings).values()), report.taken, report.bad, report.faults) == ([], 0, 0, [])
    counts = {reason: told.count for reason, told in report.left_out_reasons.items()}
    (no_article,) = (reason for reason in counts if reason.startswith("no article: "))
    assert counts == {
        "of a host that no site names": 5, "not an article by the rules of its site": 2,
        "not an address that can be fetched": 1, "status 206": 1, "status 301": 1, "not HTML": 1,
        "cut off by the program that wrote it": 1, "dated in the future": 1, "longer than 10,000,000 bytes": 2,
        no_article: 1, NOWHERE: 1,
    }  # fmt: skip
    examples = report.left_out_reasons["of a host that no site names"].examples
    assert examples == [f"https://elsewhere.vn/tin-{n}.html" for n in range(3)]
    assert not (settings.data / "warc").exists()


def test_the_command_tells_what_was_left_out(settings: Settings, tmp_path: Path) -> None:
    file = foreign(
        tmp_path / "x.warc",
        Told(body=version(1)),
        Told("https://elsewhere.vn/\x1b[31m", body=version(1)),
        Told("https://elsewhere.vn/tin tức", body=version(1)),
        Told(body=b"", status="404 Not Found"),
    )
    code, out, errors = tratin(settings, "import", str(file))
    assert (code, errors) == (0, "")
    assert "1 new, 0 changed, 0 unchanged; 3 left out, 0 bad" in out
    assert out.splitlines()[1:] == [
        "  left out 1: not an address that can be fetched (https://elsewhere.vn/\ufffd[31m)",
        "  left out 1: of a host that no site names (https://elsewhere.vn/tin tức)",
        f"  left out 1: status 404 ({URL})",
        "next: tratin index makes them findable",
    ]
    code, out, _ = tratin(settings, "import", "--json", str(file))
    told = json.loads(out)
    assert (code, told["unchanged"], told["left_out"]) == (0, 1, 3)
    assert told["left_out_reasons"]["status 404"] == {"count": 1, "examples": [URL]}


def test_bad_records_are_told_with_their_place_and_the_rest_is_taken(settings: Settings, tmp_path: Path) -> None:
    other = Told("https://vui.edu.vn/tin-2.html", body=article_page(2).encode())
    file = foreign(tmp_path / "x.warc", Told(body=version(1)), other, packed=False)
    whole = file.read_bytes()
    second = whole.rindex(b"WARC/1.0")
    file.write_bytes(whole[:second] + b"rubbish\n" + whole[second:-300])
    code, _, errors = tratin(settings, "import", str(file))
    assert code == 3
    first, tear = errors.splitlines()
    assert first == f"tratin: {file}: offset {second}: no WARC record begins with b'rubbish\\n'"
    assert tear.startswith(f"tratin: {file}: offset {second + 8}: torn: 29")
    assert stored(settings).keys() == {"/tin-1.html"}


def test_a_file_that_cannot_be_read_is_told(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good, other = (foreign(tmp_path / name, Told(body=version(1))) for name in ("x.warc", "y.warc"))
    really = Path.open

    def refuse(self: Path, *told: Any, **more: Any) -> Any:
        if self == other:
            raise PermissionError(13, "Permission denied")
        return really(self, *told, **more)

    monkeypatch.setattr(Path, "open", refuse)  # root may read everything, so the real thing cannot be had
    report = take(settings, other, good)
    assert (report.new, report.faults) == (1, [f"{other} cannot be read: Permission denied"])


# The lock


def test_two_programs_do_not_write_the_archive_at_once(settings: Settings, tmp_path: Path) -> None:
    file = foreign(tmp_path / "x.warc", Told(body=version(1)))
    with hold(settings.data / "crawl.lock", "tratin crawl"):
        code, _, errors = tratin(settings, "import", str(file))
        assert code == 5
        assert "another run holds the lock" in errors
        assert f"tratin crawl, process {os.getpid()}" in errors
        assert tratin(settings, "import", str(lines(tmp_path, LINE)))[0] == 0  # the archive is not touched
    assert tratin(settings, "import", str(file))[0] == 0


# Real programs


@pytest.mark.skipif(not shutil.which("wget"), reason="no wget (Debian: apt install wget)")
def test_an_archive_of_wget(tmp_path: Path) -> None:
    with WebServer(newsroom(3)) as web:
        settings = settings_for(tmp_path, {"vui": site_of(web)})
        for name, *more in (("a", "--warc-cdx"), ("b", f"--warc-dedup={tmp_path}/a.cdx")):
            to = f"--warc-file={tmp_path / name}"
            subprocess.run(["wget", "-q", "-r", to, *more, "-P", tmp_path / name, web.url()], timeout=60, check=False)
    code, out, errors = tratin(settings, "import", "--json", str(tmp_path / "b.warc.gz"), str(tmp_path / "a.warc.gz"))
    report = json.loads(out)
    assert (code, errors, report["new"], report["bad"]) == (0, "", 3, 0)
    assert report["unchanged"] == 3  # the revisits, or captures of the same second
    assert stored(settings).keys() == {"/tin-1.html", "/tin-2.html", "/tin-3.html"}
    warcio = Path(sys.executable).with_name("warcio")
    for file in (settings.data / "warc").iterdir():
        subprocess.run([warcio, "check", file], check=True, capture_output=True, timeout=60)


def test_a_store_is_whole_after_a_bug_in_the_middle(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put, calls = Store.put, []

    def crash(self: Store, *told: Any, **more: Any) -> Any:
        calls.append(1)
        if len(calls) == 750:
            raise RuntimeError("power cut")
        return put(self, *told, **more)

    file = lines(tmp_path, *({"id": f"a{n}", "title": "T", "body": ""} for n in range(1000)))
    monkeypatch.setattr(Store, "put", crash)
    with pytest.raises(RuntimeError, match="power cut"):
        take(settings, file)
    monkeypatch.undo()
    assert len(documents(settings)) == 500  # the first batch
    report = take(settings, file)
    assert (report.new, report.unchanged) == (500, 500)
