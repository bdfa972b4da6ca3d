"""The store on real files: versions, the sequence of changes, what is held back, transactions, damage."""

from __future__ import annotations

import json
import multiprocessing
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import pytest

from crawler.article import Article, Image, article_id
from crawler.errors import DamagedError, InputError, TratinError
from crawler.frontier import Lead
from crawler.store import Kept, Life, Location, Store

ONE, TWO, THREE = (f"2021-01-0{day}T00:00:00+00:00" for day in (1, 2, 3))


def made(name: str = "a", **told: object) -> Article:
    url = f"https://vui.edu.vn/{name}.html"
    words: dict[str, object] = {"id": article_id(url), "url": url, "site": "vui", "title": "Tin", "body": "Nội dung"}
    return Article(**words | told)  # type: ignore[arg-type]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path / "store.sqlite")
    yield opened
    opened.close()


# Articles


def test_an_article_is_new_then_unchanged_then_changed(store: Store) -> None:
    article = made(images=(Image("https://vui.edu.vn/a.jpg", "Ảnh"),), tags=("một", "hai"))
    assert store.put(article, ONE) == Kept(article.id, "new", 1)
    assert store.put(article, TWO) == Kept(article.id, "unchanged", 1)
    kept = store.get(article.id)
    assert kept is not None
    assert kept.article == article
    assert (kept.first_seen, kept.last_seen, kept.changed, kept.versions) == (ONE, TWO, ONE, 1)

    later = replace(article, body="Nội dung mới")
    assert store.put(later, THREE) == Kept(article.id, "changed", 2)
    kept = store.get(article.id)
    assert kept is not None
    assert kept.article == later
    assert (kept.first_seen, kept.last_seen, kept.changed, kept.versions) == (ONE, THREE, THREE, 2)
    assert kept.content_hash == later.content_hash != article.content_hash


def test_an_article_that_goes_back_to_old_words_gets_a_third_version(store: Store) -> None:
    article = made()
    for body in ("một", "hai", "một"):
        store.put(replace(article, body=body), ONE)
    kept = store.get(article.id)
    assert kept is not None
    assert (kept.versions, kept.article.body) == (3, "một")


def test_an_id_that_is_not_here_gives_nothing(store: Store) -> None:
    store.put(made(), ONE)
    assert store.get("none") is None
    assert store.get_many(["none", made().id]).keys() == {made().id}
    assert store.get_many([]) == {}


def test_gone_and_back(store: Store) -> None:
    article = made()
    store.put(article, ONE)
    assert store.mark_gone(article.id, TWO)
    assert not store.mark_gone(article.id, THREE)
    kept = store.get(article.id)
    assert kept is not None
    assert (kept.status, kept.changed, kept.versions, kept.article) == ("gone", TWO, 1, article)
    assert store.counts()["vui"] == {"articles": 1, "gone": 1, "changed": TWO, "last_seen": ONE}

    store.touch(article.id, THREE)
    kept = store.get(article.id)
    assert kept is not None
    assert (kept.status, kept.changed, kept.last_seen, kept.versions) == ("live", THREE, THREE, 1)


def test_the_same_words_bring_a_gone_article_back(store: Store) -> None:
    article = made()
    store.put(article, ONE)
    store.mark_gone(article.id, TWO)
    assert store.put(article, THREE) == Kept(article.id, "changed", 1)
    kept = store.get(article.id)
    assert kept is not None
    assert (kept.status, kept.versions) == ("live", 1)


def test_an_address_keeps_its_id(store: Store) -> None:
    own = made(id="tin-so-1")
    store.put(own, ONE)
    assert store.put(made(body="khác"), TWO) == Kept("tin-so-1", "changed", 2)
    assert store.get(article_id(own.url or "")) is None


def test_an_id_and_an_address_of_two_articles_are_refused(store: Store) -> None:
    store.put(made("a", id="a"), ONE)
    store.put(made("b", id="b"), ONE)
    with pytest.raises(InputError, match=r"'a'.*b\.html"):
        store.put(made("b", id="a"), TWO)
    assert store.sequence() == 2


def test_articles_without_an_address_do_not_meet(store: Store) -> None:
    for name in ("x", "y"):
        assert store.put(made(id=name, url=None), ONE) == Kept(name, "new", 1)
    assert store.put(made(id="x"), TWO).change == "unchanged"  # an address is no part of the content


def test_an_imported_life_is_kept(store: Store) -> None:
    life = Life(ONE, TWO, TWO, "gone")
    article = made()
    store.put(article, THREE, life=life)
    kept = store.get(article.id)
    assert kept is not None
    assert (kept.first_seen, kept.last_seen, kept.changed, kept.status) == (ONE, TWO, TWO, "gone")
    assert store.put(article, THREE, life=life) == Kept(article.id, "unchanged", 1)
    again = store.get(article.id)
    assert again == kept


# The sequence


def test_each_change_is_told_once_in_order(store: Store) -> None:
    first, second, third = (made(name) for name in "abc")
    for article in (first, second, third):
        store.put(article, ONE)
    assert [kept.article.id for kept in store.changes(0)] == [first.id, second.id, third.id]
    mark = store.sequence()
    assert list(store.changes(mark)) == []

    store.put(first, TWO)  # unchanged: no news
    assert store.sequence() == mark
    store.mark_gone(second.id, TWO)
    store.put(replace(first, title="Khác"), TWO)
    news = list(store.changes(mark))
    assert [(kept.article.id, kept.status) for kept in news] == [(second.id, "gone"), (first.id, "live")]
    assert [kept.sequence for kept in news] == [mark + 1, mark + 2]
    assert [kept.article.id for kept in store.changes(0, until=mark)] == [third.id]


def test_changes_are_told_in_batches_that_lose_nothing(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crawler.store.BATCH", 3)
    with store.transaction():
        ids = [store.put(made(str(n)), ONE).id for n in range(10)]
    seen = []
    for kept in store.changes(0):
        if len(seen) == 4:
            store.put(made("late"), TWO)  # what comes meanwhile is for the next time
        seen.append(kept.article.id)
    assert seen == ids
    assert [kept.article.id for kept in store.changes(10)] == [made("late").id]


# Where a page lies


def test_the_place_of_the_current_version_is_known(store: Store) -> None:
    article = made()
    numbers = [store.add_record(article.url or "", ONE, 200, Location("a.warc.gz", offset)) for offset in (0, 70)]
    store.put(article, ONE, location=numbers[0])
    assert store.location_of(article.id) == Location("a.warc.gz", 0)
    store.put(replace(article, body="mới"), TWO, location=numbers[1])
    assert store.location_of(article.id) == Location("a.warc.gz", 70)
    kept = store.get(article.id)
    assert kept is not None
    assert kept.archived
    store.put(made("imported"), ONE)
    assert store.location_of(made("imported").id) is None


# Versions that are held back


def test_a_version_that_is_held_back_is_not_shown(store: Store) -> None:
    good = made()
    store.put(good, ONE)
    before = store.sequence()
    assert store.put(replace(good, body="vỡ"), TWO, held=True) == Kept(good.id, "changed", 2)
    kept = store.get(good.id)
    assert kept is not None
    assert (kept.article.body, kept.versions, kept.last_seen, kept.changed) == ("Nội dung", 1, TWO, ONE)
    assert list(store.changes(before)) == []
    assert store.put(replace(good, body="vỡ"), THREE, held=True).change == "unchanged"
    assert store.put(replace(good, body="lành"), THREE) == Kept(good.id, "changed", 3)
    kept = store.get(good.id)
    assert kept is not None
    assert (kept.article.body, kept.versions) == ("lành", 3)


def test_a_new_article_that_is_held_back_is_not_there_yet(store: Store) -> None:
    assert store.put(made(), ONE, held=True) == Kept(made().id, "new", 1)
    assert store.get(made().id) is None
    assert list(store.changes(0)) == []
    assert store.counts() == {}
    assert store.withdrawn([made().id, "unknown"]) == {made().id}


def test_a_store_of_the_first_version_is_brought_up(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    with closing(sqlite3.connect(path)) as old:
        old.executescript(files("crawler").joinpath("schema/1.sql").read_text(encoding="utf-8"))
        old.execute("PRAGMA user_version=1")
        old.execute("INSERT INTO article VALUES ('a', 'https://a.vn/1', 'vui', 'live', 't', 't', 't', 1, 1)")
        old.execute("INSERT INTO record VALUES (1, 'https://a.vn/1', 't', 200, 'tratin-1.warc.gz', 700)")
        document = json.dumps(made(id="a", url="https://a.vn/1").document())
        old.execute("INSERT INTO version VALUES ('a', 1, 't', 'h', ?, 1)", (document,))
        old.execute("INSERT INTO page (url, site, host, kind, due) VALUES ('https://a.vn/', 'vui', 'a.vn', 'list', 1)")
        old.commit()
    store = Store(path)
    kept, page = store.get("a"), store.frontier.next_due("a.vn", ["vui"])
    assert kept is not None
    assert kept.article.title == "Tin"
    assert page is not None
    assert (page.url, page.depth, page.quiet) == ("https://a.vn/", 0, 0)
    assert store.settled() == {"tratin-1.warc.gz": 700}
    fresh = Store(tmp_path / "fresh.sqlite")
    schema = "SELECT name, sql FROM sqlite_master ORDER BY name"
    assert [tuple(row) for row in store._database.rows(schema)] == [tuple(row) for row in fresh._database.rows(schema)]
    store.close()
    fresh.close()


# Transactions


def test_a_transaction_that_fails_leaves_nothing(store: Store) -> None:
    store.put(made("kept"), ONE)

    def fail() -> None:
        with store.transaction():
            store.put(made("lost"), TWO)
            store.frontier.add(Lead("https://a.vn/x", "list"), "vui", 1)
            with store.transaction():  # joined: it does not commit on its own
                store.mark_gone(made("kept").id, TWO)
            raise RuntimeError("crash")

    with pytest.raises(RuntimeError, match="crash"):
        fail()
    assert [kept.article.id for kept in store.changes(0)] == [made("kept").id]
    assert store.frontier.due_hosts(["vui"]) == set()
    assert store.put(made("next"), TWO) == Kept(made("next").id, "new", 1)


def test_a_transaction_is_on_disk_when_it_ends(store: Store) -> None:
    with store.transaction():
        store.put(made(), ONE)
        other = Store(store.path)
        assert other.get(made().id) is None
    assert other.get(made().id) is not None
    other.close()


def test_a_copy_is_whole_and_apart(store: Store, tmp_path: Path) -> None:
    store.put(made("a"), ONE)
    copy = store.copy_to(tmp_path / "copy.sqlite")
    store.put(made("b"), ONE)
    copy.put(made("c"), ONE)
    assert {kept.article.id for kept in copy.changes(0)} == {made("a").id, made("c").id}
    assert {kept.article.id for kept in store.changes(0)} == {made("a").id, made("b").id}
    copy.close()


def test_a_run_is_kept_with_its_report(store: Store) -> None:
    first, second = store.start_run(ONE), store.start_run(TWO)
    store.end_run(first, THREE, 3, {"sites": {"vui": {"mới": 1}}})
    newest, oldest = store.runs()
    assert (newest.id, newest.ended, newest.report) == (second, None, None)
    assert (oldest.id, oldest.exit_code, oldest.report) == (first, 3, {"sites": {"vui": {"mới": 1}}})


# Many at once


def test_threads_write_without_losing_anything(store: Store) -> None:
    def add(n: int) -> None:
        for m in range(20):
            with store.transaction():
                store.put(made(f"{n}-{m}"), ONE)

    threads = [threading.Thread(target=add, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [kept.sequence for kept in store.changes(0)] == list(range(1, 81))


def _write(path: Path, name: str) -> None:
    store = Store(path)
    for n in range(25):
        store.put(made(f"{name}-{n}"), ONE)
    store.close()


def test_processes_open_a_new_store_and_write_at_once(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    spawn = multiprocessing.get_context("fork")
    processes = [spawn.Process(target=_write, args=(path, name)) for name in "abcd"]
    for process in processes:
        process.start()
    for process in processes:
        process.join(30)
    assert [process.exitcode for process in processes] == [0] * 4
    store = Store(path)
    assert [kept.sequence for kept in store.changes(0)] == list(range(1, 101))
    store.close()


# Damage


def test_a_file_that_is_no_store_is_damage(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    path.write_bytes(b"this is no database, and long enough to be looked at " * 100)
    with pytest.raises(DamagedError, match=r"store\.sqlite.*backup") as caught:
        Store(path)
    assert caught.value.exit_code == 7
    assert path.read_bytes().startswith(b"this is no database")


def test_zeroed_pages_are_damage(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    store = Store(path)
    with store.transaction():
        for n in range(300):
            store.put(made(str(n), body="chữ " * 200), ONE)
    store.close()
    whole = bytearray(path.read_bytes())
    whole[4096 * 2 :] = bytes(len(whole) - 4096 * 2)
    path.write_bytes(whole)
    with pytest.raises(DamagedError):
        list(Store(path).changes(0))


def test_a_store_of_another_version_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    Store(path).close()
    database = sqlite3.connect(path)
    database.execute("PRAGMA user_version=99")
    database.close()
    with pytest.raises(DamagedError, match="version 99"):
        Store(path)


def test_a_path_that_cannot_be_opened_is_told(tmp_path: Path) -> None:
    (tmp_path / "store.sqlite").mkdir()
    with pytest.raises(TratinError, match="cannot be used"):
        Store(tmp_path / "store.sqlite")
