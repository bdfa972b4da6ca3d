"""Taking in what others have made: article JSON Lines and WARC files, sound, broken and hostile."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from newsdesk import PATTERN, WORDS, article_page, opened, settings_for, stored, tratin
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from crawler.archive import Archive, Exchange
from crawler.article import Page, article_id
from crawler.errors import InputError
from crawler.intake import IntakeReport, take_in
from crawler.settings import Settings
from crawler.store import Store

URL = "https://vui.edu.vn/tin-1.html"
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
    assert take(settings, ours).unchanged == 1
    assert stored(settings)["/tin-1.html"].article.body == "Bản mới hơn"


def test_a_torn_archive_is_taken_up_to_the_tear(settings: Settings, ours: Path) -> None:
    whole = ours.read_bytes()
    starts = [n for n in range(len(whole)) if whole.startswith(b"\x1f\x8b\x08", n)]
    ours.write_bytes(whole[: starts[3] + 60])  # warcinfo, response, request, half a response
    report = take(settings, ours)
    assert (report.new, report.bad) == (1, 1)
    assert "torn" in report.faults[0]


def foreign(file: Path, packed: bool, *records: tuple[str, bytes, dict[str, str]]) -> Path:
    """A WARC file as another program writes it: (address, raw body, response headers)."""
    with file.open("wb") as stream:
        writer = WARCWriter(stream, gzip=packed)
        for url, body, headers in records:
            told = [("Content-Type", "text/html; charset=utf-8"), *headers.items()]
            head = StatusAndHeaders("200 OK", told, protocol="HTTP/1.1")
            record = writer.create_warc_record(url, "response", payload=BytesIO(body), http_headers=head)
            writer.write_record(record)
            record.raw_stream.close()
    return file


def chunked(body: bytes) -> bytes:
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (body[:100], body[100:])) + b"0\r\n\r\n"


@pytest.mark.parametrize("packed", [True, False])
def test_an_archive_of_others(settings: Settings, tmp_path: Path, packed: bool) -> None:
    bodies = [article_page(n).encode() for n in (1, 2, 3, 4)]
    file = foreign(
        tmp_path / ("x.warc.gz" if packed else "x.warc"),
        packed,
        (URL, bodies[0], {}),
        ("https://vui.edu.vn/tin-2.html", chunked(bodies[1]), {"Transfer-Encoding": "chunked"}),
        ("https://vui.edu.vn/tin-3.html", gzip.compress(bodies[2]), {"Content-Encoding": "gzip"}),
        ("https://vui.edu.vn/tin-4.html", chunked(gzip.compress(bodies[3])),
         {"Content-Encoding": "gzip", "Transfer-Encoding": "chunked"}),
        ("https://elsewhere.vn/tin-5.html", bodies[0], {}),
    )  # fmt: skip
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
    assert "x.warc is torn or not a WARC file" in report.faults[0]


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
