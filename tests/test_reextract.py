"""Extracting again from the archive: what is told beforehand, what is changed, what is kept, and what may go wrong."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import shelf
from newsdesk import opened, settings_for
from shelf import FETCHED, Shelf, empty, page, undated, url_of

from crawler import drift, reextract
from crawler.article import Article, article_id
from crawler.cli import Context
from crawler.errors import InputError, LockedError
from crawler.extract_cli import extract
from crawler.lock import hold
from crawler.readers import Readers
from crawler.readings import Drift
from crawler.reextract import EFFECTS, Summary, Work, effects, extract_again
from crawler.settings import load
from crawler.store import Store, instant

NOW = "2021-07-01T00:00:00+00:00"
RENAMED = shelf.RULES.replace("h1.tieu-de", "em.ten")


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Shelf]:
    """Twelve articles; the first has two versions. One page never gave an article, one did not at its last visit."""
    settings = settings_for(tmp_path, {"vui": shelf.RULES})
    with opened(settings) as (store, archive):
        made = Shelf(settings, store, archive)
        made.begin()
        for n in range(12):
            made.visit(n, headed(n))
        made.visit(0, page(0, paragraphs=9), now=FETCHED + timedelta(hours=1))
        made.visit(90, page(90, title="em class='ten'"))
        made.visit(91, empty(91))
        made.visit(11, empty(11), now=FETCHED + timedelta(hours=1))
        yield made


def headed(n: int) -> str:
    """A page with a second headline, which other rules may choose."""
    return page(n).replace("<div", f"<em class='ten'>Tin vắn số {n} của nhà trường</em><div", 1)


def under(made: Shelf, rules: str) -> Shelf:
    """The same under other rules."""
    settings_for(made.settings.file.parent, {"vui": rules})
    return Shelf(load(made.settings.file, {}), made.store, made.archive, made.run)


def again(made: Shelf, *, rehearse: bool = False, processes: int = 2) -> Summary:
    with Readers([made.site], processes) as readers:
        return extract_again(Work(made.store, made.archive, readers, processes), ["vui"], NOW, rehearse=rehearse)


def counts(summary: Summary) -> dict[str, int]:
    return {name: noted.count for name, noted in summary.effects.noted().items()}


def test_the_rules_of_then_change_nothing(made: Shelf) -> None:
    before = list(made.store.changes(0))
    summary = again(made)
    assert (summary.pages, summary.changed, counts(summary)) == (16, 0, {})
    assert summary.lines() == ["nothing changes"]
    assert list(made.store.changes(0)) == before


def test_other_rules_change_the_versions_in_place(made: Shelf) -> None:
    watermark = made.store.sequence()
    new = under(made, RENAMED)
    summary = again(new)
    assert counts(summary)["title"] == 12
    assert counts(summary)["new_articles"] == 1
    kept = new.article(3)
    assert kept is not None
    assert kept.article.title == "Tin vắn số 3 của nhà trường"
    assert (kept.versions, kept.changed, kept.content_hash) == (1, NOW, kept.article.content_hash)
    assert kept.first_seen == kept.last_seen == instant(FETCHED)
    assert new.article(0).versions == 2  # type: ignore[union-attr]
    assert {kept.article.url for kept in new.store.changes(watermark)} == {*map(url_of, range(1, 12)), url_of(90)}
    assert counts(again(new)) == {}, "once more changes nothing more"


def test_an_older_version_is_mended_without_telling_the_index(made: Shelf, tmp_path: Path) -> None:
    watermark = made.store.sequence()
    again(under(made, RENAMED))
    (first, second) = documents(made.store, 0)
    assert first["title"] == "Tin vắn số 0 của nhà trường"
    assert second["title"] == "Bài viết số 0 của phòng truyền thông"
    assert article_id(url_of(0)) not in {kept.article.id for kept in made.store.changes(watermark)}


def documents(store: Store, n: int) -> list[dict[str, object]]:
    sql = "SELECT document FROM version WHERE article = ? ORDER BY number"
    return [json.loads(row["document"]) for row in store._database.rows(sql, (article_id(url_of(n)),))]


def test_a_rehearsal_tells_the_same_and_changes_nothing(made: Shelf) -> None:
    new, before = under(made, RENAMED), list(made.store.changes(0))
    told = again(new, rehearse=True).document()
    assert list(new.store.changes(0)) == before
    assert new.article(90) is None
    assert again(new).document() == told


def test_a_page_that_gave_no_article_is_one_from_now_on(made: Shelf) -> None:
    new = under(made, RENAMED)
    again(new)
    kept, known = new.article(90), new.store.frontier.get(url_of(90))
    assert kept is not None
    assert known is not None
    assert (kept.article.title, kept.archived) == ("Bài viết số 90 của phòng truyền thông", True)
    assert (kept.first_seen, kept.changed) == (instant(FETCHED), NOW)
    assert (known.article, known.visit_after) == (kept.article.id, NOW)


@pytest.mark.parametrize("status", [404, 410, 301])
def test_a_page_that_is_no_longer_there_gives_no_new_article(made: Shelf, status: int) -> None:
    made.visit(90, "", status=status)
    assert "new_articles" not in counts(again(under(made, RENAMED)))


@pytest.mark.parametrize("status", [304, 403, 429, 500, 503])
def test_what_a_server_says_of_itself_hides_no_page(made: Shelf, status: int) -> None:
    made.visit(90, "", status=status)
    assert counts(again(under(made, RENAMED)))["new_articles"] == 1


def test_lost_articles_are_kept_and_told_with_the_reason(made: Shelf) -> None:
    headless = page(50, title="em class='ten'")
    new = under(made, RENAMED)
    new.visit(50, headless)
    old = under(new, shelf.RULES)
    summary = again(old)
    ((reason, lost),) = summary.lost.noted().items()
    assert (lost.count, lost.examples) == (1, (url_of(50),))
    assert f"1 pages give no article any more and keep the one that they gave ({reason})" in "\n".join(summary.lines())
    assert old.article(50) is not None
    assert summary.failed.total == 0


def test_what_gave_no_article_at_its_last_visit_gives_a_new_version(made: Shelf) -> None:
    made.visit(5, page(5, title="em class='ten'", paragraphs=8), now=FETCHED + timedelta(hours=2))
    summary = again(under(made, RENAMED))
    assert counts(summary)["new_versions"] == 1
    kept = made.article(5)
    assert kept is not None
    assert (kept.versions, kept.article.body.count("\n")) == (2, 7)


def test_versions_that_are_held_back_are_mended_and_stay_so(made: Shelf) -> None:
    found = Drift("vui", NOW, 1 << 40, (), drift.fingerprint(made.site))
    made.store.readings.set_drift(found)
    made.visit(60, headed(60))
    made.visit(3, headed(3).replace("Đoạn", "Phần"))
    again(under(made, RENAMED))
    assert made.article(60) is None
    assert made.article(90) is None, "what is new on a site that has drifted is held back, too"
    kept = made.article(3)
    assert kept is not None
    assert kept.article.body.startswith("Đoạn")
    assert [document["title"] for document in documents(made.store, 60)] == ["Tin vắn số 60 của nhà trường"]


def test_a_damaged_record_is_told_and_the_rest_is_done(made: Shelf, caplog: pytest.LogCaptureFixture) -> None:
    (file,) = (made.settings.data / "warc").glob("*.warc.gz")
    place = made.store.location_of(article_id(url_of(4)))
    assert place is not None
    with file.open("r+b") as stream:
        stream.seek(place.offset + 30)
        stream.write(bytes(60))
    summary = again(under(made, RENAMED))
    ((reason, failed),) = summary.failed.noted().items()
    assert (reason, failed.count, failed.examples) == (reextract.DAMAGED, 1, (url_of(4),))
    assert counts(summary)["title"] == 11
    assert f"{file} is damaged" in caplog.text
    assert summary.failed_percent() == 100 / 16


def test_a_file_that_is_missing_is_damage_too(made: Shelf) -> None:
    (file,) = (made.settings.data / "warc").glob("*.warc.gz")
    file.unlink()
    assert again(made).failed_percent() == 100


def test_a_page_that_cannot_be_parsed_in_time_is_told(made: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    with Readers([made.site], 1) as readers:
        work = Work(made.store, made.archive, readers, 1)
        readers._all[0]._process.send_signal(signal.SIGPROF)  # type: ignore[union-attr]
        summary = extract_again(work, ["vui"], NOW)
    assert summary.failed.total == 1
    assert "processor time" in next(iter(summary.failed.noted()))
    assert summary.pages == 16


BEFORE = Article(
    id="a", url="https://a.vn/a", site="a", title="Tin", body="x" * 100,
    published="2021-01-08", published_precision="day", published_source="class:date",
)  # fmt: skip


@pytest.mark.parametrize(
    ("change", "names"),
    [
        ({}, set()),
        ({"title": "Tin khác"}, {"title"}),
        ({"published": "2021-08-01"}, {"published"}),
        ({"published_source": "json-ld"}, {"published_source"}),
        (
            {"published": None, "published_precision": None, "published_source": None},
            {"published", "published_lost", "published_source"},
        ),
        ({"body": "y" * 100}, {"body"}),
        ({"body": "x" * 70}, {"body"}),
        ({"body": "x" * 69}, {"body", "body_shrinks"}),
        ({"body": "x" * 130}, {"body"}),
        ({"body": "x" * 131}, {"body", "body_grows"}),
        ({"lead": "Sapo", "author": "Lan", "category": "Tin", "tags": ("a",)}, {"lead", "author", "category", "tags"}),
        ({"language": "en"}, {"language"}),
    ],
)
def test_what_is_different(change: dict[str, object], names: set[str]) -> None:
    after = replace(BEFORE, **change)  # type: ignore[arg-type]
    assert set(effects(BEFORE, after)) == names
    assert names <= EFFECTS.keys()
    if "published_lost" in names:
        assert "published_gained" in effects(after, BEFORE)


# The command


def run(made: Shelf, *arguments: str) -> int:
    try:
        extract.main(list(arguments), obj=Context(made.settings.file), standalone_mode=False)
    except SystemExit as end:
        return int(end.code or 0)
    return 0


def test_the_command_rehearses_and_does(made: Shelf, capsys: pytest.CaptureFixture[str]) -> None:
    under(made, RENAMED)
    with hold(made.settings.data / "crawl.lock", "tratin crawl"):
        assert run(made, "--dry-run") == 0
    told = capsys.readouterr()
    assert "12 articles would change" in told.out
    assert f"12 titles change\n    {url_of(0)}\n    {url_of(1)}\n    {url_of(2)}\n" in told.out
    assert "tratin index" not in told.err
    assert run(made, "vui", "--processes", "1", "--json") == 0
    done = capsys.readouterr()
    document = json.loads(done.out)
    assert (document["pages"], document["changed"], document["dry_run"]) == (16, 12, False)
    assert document["effects"]["title"] == {"count": 12, "examples": [url_of(0), url_of(1), url_of(2)]}
    assert document["effects"]["body_shrinks"] == {"count": 0, "examples": []}
    assert "tratin index" in done.err


def test_the_command_fails_where_too_much_cannot_be_read(made: Shelf, capsys: pytest.CaptureFixture[str]) -> None:
    (file,) = (made.settings.data / "warc").glob("*.warc.gz")
    file.unlink()
    assert run(made) == 3
    assert "16 pages could not be read" in capsys.readouterr().out
    assert run(made, "--max-failed", "100") == 0


def test_the_command_takes_the_lock_and_knows_its_sites(made: Shelf) -> None:
    with hold(made.settings.data / "crawl.lock", "tratin crawl"), pytest.raises(LockedError, match="tratin crawl"):
        run(made)
    with pytest.raises(InputError, match="did you mean 'vui'"):
        run(made, "vuj")


def test_an_archive_without_anything_is_no_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = settings_for(tmp_path, {"vui": shelf.RULES})
    with opened(settings) as (store, archive):
        assert run(Shelf(settings, store, archive)) == 0
    assert "nothing changes" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("rules", "told", "readable"),
    [
        (shelf.RULES.replace("time.ngay", "b.moi"), "vui: the new rules fit, 12 articles are released", True),
        (shelf.RULES.replace("time.ngay", "b.sai"), "vui stays drifted", False),
    ],
)
def test_the_command_releases_what_was_held_back_where_the_new_rules_fit(
    made: Shelf, capsys: pytest.CaptureFixture[str], rules: str, told: str, readable: bool
) -> None:
    made.begin(FETCHED + timedelta(hours=3))
    for n in range(100, 112):
        html = undated(n).replace("<div", "<b class='moi' content='2021-05-30'>-</b><div", 1)
        made.visit(n, html, now=FETCHED + timedelta(hours=3))
    assert drift.check(made.store, made.site, made.run, NOW)
    assert made.article(105) is None
    under(made, rules)
    run(made)
    assert told in capsys.readouterr().err
    assert (made.article(105) is not None) is readable
    assert bool(made.store.readings.drifts()) is not readable


PROGRAM = """
import sys
from crawler import readings
from webapp import cli
from crawler.extract_cli import extract
readings.BATCH = 20
cli.tratin.add_command(extract)
sys.argv = ["tratin", "--config", sys.argv[1], "extract", "--processes", "1"]
cli.main()
"""


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_it_soon_and_keeps_whole_batches(made: Shelf, number: signal.Signals, code: int) -> None:
    for n in range(200, 360):
        made.visit(n, headed(n))
    watermark = made.store.sequence()
    under(made, RENAMED)
    command = [sys.executable, "-c", PROGRAM, str(made.settings.file)]
    root = str(Path(reextract.__file__).parents[1])
    with subprocess.Popen(command, env=os.environ | {"PYTHONPATH": root}, stderr=subprocess.PIPE, text=True) as process:
        while made.store.sequence() == watermark and process.poll() is None:
            time.sleep(0.01)
        process.send_signal(number)
        began = time.monotonic()
        _, errors = process.communicate(timeout=30)
    assert time.monotonic() - began < 5
    assert process.returncode == code, errors
    assert f"stopped by {number.name}; what was done is kept" in errors
    assert "Traceback" not in errors
    changed = sum("Tin vắn" in kept.article.title for kept in made.store.changes(watermark))
    assert 0 < changed < 172
    assert (changed + 2) % 20 == 0, (
        "of the two versions in the first batch one is the same, one is no news to the index"
    )
    assert counts(again(under(made, RENAMED)))["title"] == 172 - changed - 1, "the next one does the rest"


def test_memory_does_not_grow_with_the_batches(made: Shelf) -> None:
    """At most two batches are on their way."""
    most, flying, lock = 0, 0, threading.Lock()

    def batches() -> Iterator[list[object]]:
        nonlocal most, flying
        for _ in range(20):
            with lock:
                flying += 1
                most = max(most, flying)
            yield list(next(made.store.readings.archived(["vui"])))

    with Readers([made.site], 1) as readers:
        for _ in Work(made.store, made.archive, readers, 1).outcomes(batches()):  # type: ignore[arg-type]
            with lock:
                flying -= 1
    assert most == 2
