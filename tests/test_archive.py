"""The WARC archive: what was written is read back, other programs can read it, and damage is noticed."""

from __future__ import annotations

import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from warcio.archiveiterator import ArchiveIterator

from crawler import archive as archive_module
from crawler.archive import Archive, Exchange, Leftover
from crawler.article import Page
from crawler.errors import DamagedError, TratinError
from crawler.store import Location

FETCHED = datetime(2021, 1, 8, 9, 30, tzinfo=UTC)
TEXT = "<p>Trường Đại học Công nghiệp Việt Trì</p>".encode()
URL = "https://vui.edu.vn/tin-1.html?a=1"


def exchange(body: bytes = TEXT, url: str = URL, status: int = 200, **headers: str) -> Exchange:
    sent = (("Host", "vui.edu.vn"), ("User-Agent", "tratin/1.0"))
    came = {"Content-Type": "text/html; charset=utf-8"} | {name.replace("_", "-"): headers[name] for name in headers}
    page = Page(url, FETCHED, status, {name.lower(): value for name, value in came.items()}, body)
    return Exchange(page, "OK", sent, tuple(came.items()))


def write(folder: Path, *exchanges: Exchange) -> list[Location]:
    archive = Archive(folder, "tratin/1.0")
    locations = [archive.write(one) for one in exchanges]
    archive.close()
    return locations


def file_of(folder: Path) -> Path:
    (file,) = folder.glob("*.warc.gz")
    return file


def test_what_was_written_is_read_back(tmp_path: Path) -> None:
    first, second = exchange(), exchange(bytes(range(256)) * 100, URL + "2", 404, Set_Cookie="a=b")
    locations = write(tmp_path, first, second)
    archive = Archive(tmp_path, "tratin/1.0")
    for location, one in zip(locations, (first, second), strict=True):
        page = archive.read(location)
        assert (page.url, page.fetched, page.status, page.body) == (
            one.page.url,
            FETCHED,
            one.page.status,
            one.page.body,
        )
        assert page.headers == one.page.headers | {"content-length": str(len(one.page.body))}


def test_an_empty_body_is_a_body(tmp_path: Path) -> None:
    (location,) = write(tmp_path, exchange(b"", status=304))
    assert Archive(tmp_path, "tratin/1.0").read(location).body == b""


def test_other_programs_find_it_sound(tmp_path: Path) -> None:
    write(tmp_path, exchange(), exchange(b"", status=301, Location="/tin tức"), exchange(Server="máy chủ"))
    warcio = Path(sys.executable).with_name("warcio")
    done = subprocess.run([warcio, "check", "-v", file_of(tmp_path)], capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stdout
    assert "fail" not in done.stdout
    assert done.stdout.count("digest pass") >= 3


def test_each_response_comes_with_its_request(tmp_path: Path) -> None:
    write(tmp_path, exchange())
    with file_of(tmp_path).open("rb") as stream:
        records = [(r.rec_type, r.rec_headers, r.http_headers) for r in ArchiveIterator(stream)]
    assert [kind for kind, *_ in records] == ["warcinfo", "response", "request"]
    (_, response, _), (_, request, asked) = records[1:]
    assert request.get_header("WARC-Concurrent-To") == response.get_header("WARC-Record-ID")
    assert request.get_header("WARC-Target-URI") == response.get_header("WARC-Target-URI") == URL
    assert asked.statusline == "/tin-1.html?a=1 HTTP/1.1" or asked.to_str().startswith("GET /tin-1.html?a=1 HTTP/1.1")
    assert asked.get_header("User-Agent") == "tratin/1.0"


def test_headers_of_the_coding_are_renamed_because_the_body_is_decoded(tmp_path: Path) -> None:
    (location,) = write(tmp_path, exchange(Content_Encoding="gzip", Transfer_Encoding="chunked", Content_Length="7"))
    headers = Archive(tmp_path, "tratin/1.0").read(location).headers
    assert headers["x-archive-orig-content-encoding"] == "gzip"
    assert headers["x-archive-orig-transfer-encoding"] == "chunked"
    assert headers["x-archive-orig-content-length"] == "7"
    assert headers["content-length"] == str(len(TEXT))
    assert not {"content-encoding", "transfer-encoding"} & headers.keys()


def test_a_full_file_is_followed_by_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive_module, "MAX_FILE", 1)
    locations = write(tmp_path, exchange(), exchange(b"second"))
    assert len({location.file for location in locations}) == 2
    assert [Archive(tmp_path, "x").read(location).body for location in locations] == [TEXT, b"second"]


def test_two_archives_of_one_second_do_not_meet(tmp_path: Path) -> None:
    (first,), (second,) = write(tmp_path, exchange()), write(tmp_path, exchange())
    assert first.file != second.file


def test_threads_share_an_archive(tmp_path: Path) -> None:
    archive, locations = Archive(tmp_path, "tratin/1.0"), []

    def add(n: int) -> None:
        locations.extend((n, archive.write(exchange(b"%d" % n))) for _ in range(5))

    threads = [threading.Thread(target=add, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    archive.close()
    assert len(locations) == 20
    assert [archive.read(location).body for _, location in locations] == [b"%d" % n for n, _ in locations]


def test_a_record_is_on_disk_before_the_archive_is_closed(tmp_path: Path) -> None:
    archive = Archive(tmp_path, "tratin/1.0")
    location = archive.write(exchange())
    assert Archive(tmp_path, "tratin/1.0").read(location).body == TEXT
    archive.close()


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(TratinError, match=r"file cannot be written"):
        Archive(tmp_path / "file", "tratin/1.0").write(exchange())


# Damage


@pytest.mark.parametrize("shift", [-1, 1, 7, 10_000_000])
def test_a_wrong_offset_is_damage(tmp_path: Path, shift: int) -> None:
    (location,) = write(tmp_path, exchange())
    with pytest.raises(DamagedError, match=location.file):
        Archive(tmp_path, "x").read(Location(location.file, location.offset + shift))


def test_an_offset_of_another_record_is_damage(tmp_path: Path) -> None:
    (location,) = write(tmp_path, exchange())
    with pytest.raises(DamagedError, match="warcinfo"):
        Archive(tmp_path, "x").read(Location(location.file, 0))


def test_a_missing_file_is_damage(tmp_path: Path) -> None:
    with pytest.raises(DamagedError, match="backup"):
        Archive(tmp_path, "x").read(Location("none.warc.gz", 0))


def test_a_cut_record_is_damage(tmp_path: Path) -> None:
    noise = b"".join(b"%d " % (n * 7919 % 104729) for n in range(20_000))
    (location,) = write(tmp_path, exchange(noise))
    file = file_of(tmp_path)
    whole = file.read_bytes()
    for end in (location.offset + 2, location.offset + 200, location.offset + (len(whole) - location.offset) // 2):
        file.write_bytes(whole[:end])
        with pytest.raises(DamagedError):
            Archive(tmp_path, "x").read(location)


def test_a_flipped_bit_is_damage(tmp_path: Path) -> None:
    noise = b"".join(b"%d " % (n * 7919 % 104729) for n in range(20_000))
    (location,) = write(tmp_path, exchange(noise))
    file = file_of(tmp_path)
    damaged = bytearray(file.read_bytes())
    damaged[location.offset + 3000] ^= 4
    file.write_bytes(damaged)
    with pytest.raises(DamagedError):
        Archive(tmp_path, "x").read(location)


# What a crash leaves


def left(folder: Path, settled: dict[str, int]) -> list[Leftover]:
    return list(Archive(folder, "x").unsettled(settled))


def test_what_was_not_settled_is_given_back(tmp_path: Path) -> None:
    first, second, third = write(tmp_path, exchange(b"1"), exchange(b"2"), exchange(b"3"))
    size = file_of(tmp_path).stat().st_size
    found = left(tmp_path, {first.file: second.offset})
    assert [(one.place, one.page and one.page.body) for one in found] == [
        (second, b"2"), (third, b"3"), (Location(first.file, size), None),
    ]  # fmt: skip
    assert (found[-1].end, found[-1].torn) == (size, 0)
    assert left(tmp_path, {first.file: size}) == []
    assert [one.page.body for one in left(tmp_path, {}) if one.page] == [b"1", b"2", b"3"]


@pytest.mark.parametrize("tear", [1, 30, 300])
def test_a_torn_record_is_cut_off_and_the_rest_is_sound(tmp_path: Path, tear: int) -> None:
    first, second = write(tmp_path, exchange(b"1"), exchange(bytes(range(256)) * 9))
    file = file_of(tmp_path)
    whole = file.read_bytes()
    file.write_bytes(whole[: second.offset + tear])
    found = left(tmp_path, {first.file: first.offset})
    assert [one.page.body for one in found if one.page] == [b"1"]
    assert (found[-1].end, found[-1].torn) == (second.offset, tear)
    assert file.read_bytes() == whole[: second.offset]
    assert left(tmp_path, {first.file: second.offset}) == []


def test_a_response_whose_request_is_torn_is_kept(tmp_path: Path) -> None:
    (place,) = write(tmp_path, exchange())
    file = file_of(tmp_path)
    file.write_bytes(file.read_bytes()[:-5])
    *found, last = left(tmp_path, {place.file: place.offset})
    assert [one.place for one in found] == [place]
    assert last.torn > 0
    assert Archive(tmp_path, "x").read(place).body == TEXT


def test_zeros_behind_the_last_synced_record_are_cut_off(tmp_path: Path) -> None:
    """As file systems leave them after a power cut."""
    (place,) = write(tmp_path, exchange())
    file = file_of(tmp_path)
    size = file.stat().st_size
    with file.open("ab") as stream:
        stream.write(bytes(5000))
    assert left(tmp_path, {place.file: size})[-1].torn == 5000
    assert file.stat().st_size == size


def test_files_of_others_and_a_file_that_lost_its_end_are_left_alone(tmp_path: Path) -> None:
    (place,) = write(tmp_path, exchange())
    (tmp_path / "other.warc.gz").write_bytes(b"not ours")
    assert left(tmp_path, {place.file: 10_000_000}) == []
    assert (tmp_path / "other.warc.gz").read_bytes() == b"not ours"


def test_of_records_that_do_not_fit_none_is_left_in_the_file(tmp_path: Path) -> None:
    """The child may write files of 30 kB only: the second batch is cut off where the system stops it."""
    script = (
        "import resource, sys; from pathlib import Path; from crawler.archive import Archive; "
        "resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, 30_000)); archive = Archive(Path(sys.argv[1]), 'x'); "
        "noise = lambda: __import__('os').urandom(12_000); archive.append([noise()]); "
        "size = next(Path(sys.argv[1]).iterdir()).stat().st_size\n"
        "try: archive.append([noise(), noise()])\n"
        "except Exception as error: print(size, type(error).__name__, error)"
    )
    done = subprocess.run([sys.executable, "-c", script, tmp_path], capture_output=True, text=True, timeout=30)
    size, kind, *told = done.stdout.split()
    assert kind == "TratinError", done.stderr
    assert "cannot be written: File too large" in " ".join(told)
    assert file_of(tmp_path).stat().st_size == int(size)
