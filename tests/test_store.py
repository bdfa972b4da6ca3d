"""The store on real files: versions, the sequence of changes, the frontier, transactions and damage."""

from __future__ import annotations

import multiprocessing
import sqlite3
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from crawler.article import Article, Image, article_id
from crawler.errors import DamagedError, InputError, TratinError
from crawler.store import Life, Location, Store

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
    assert store.put(article, ONE) == (article.id, "new")
    assert store.put(article, TWO) == (article.id, "unchanged")
    kept = store.get(article.id)
    assert kept is not None
    assert kept.article == article
    assert (kept.first_seen, kept.last_seen, kept.changed, kept.versions) == (ONE, TWO, ONE, 1)

    later = replace(article, body="Nội dung mới")
    assert store.put(later, THREE) == (article.id, "changed")
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
    assert store.put(article, THREE) == (article.id, "changed")
    kept = store.get(article.id)
    assert kept is not None
    assert (kept.status, kept.versions) == ("live", 1)


def test_an_address_keeps_its_id(store: Store) -> None:
    own = made(id="tin-so-1")
    store.put(own, ONE)
    assert store.put(made(body="khác"), TWO) == ("tin-so-1", "changed")
    assert store.get(article_id(own.url or "")) is None


def test_an_id_and_an_address_of_two_articles_are_refused(store: Store) -> None:
    store.put(made("a", id="a"), ONE)
    store.put(made("b", id="b"), ONE)
    with pytest.raises(InputError, match=r"'a'.*b\.html"):
        store.put(made("b", id="a"), TWO)
    assert store.sequence() == 2


def test_articles_without_an_address_do_not_meet(store: Store) -> None:
    for name in ("x", "y"):
        assert store.put(made(id=name, url=None), ONE) == (name, "new")
    assert store.put(made(id="x"), TWO)[1] == "unchanged"  # an address is no part of the content


def test_an_imported_life_is_kept(store: Store) -> None:
    life = Life(ONE, TWO, TWO, "gone")
    article = made()
    store.put(article, THREE, life=life)
    kept = store.get(article.id)
    assert kept is not None
    assert (kept.first_seen, kept.last_seen, kept.changed, kept.status) == (ONE, TWO, TWO, "gone")
    assert store.put(article, THREE, life=life) == (article.id, "unchanged")
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
        ids = [store.put(made(str(n)), ONE)[0] for n in range(10)]
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


# The frontier


def url(name: str, host: str = "a.vn") -> str:
    return f"https://{host}/{name}"


def test_articles_are_due_before_lists_and_sitemaps_before_both(store: Store) -> None:
    run = store.start_run(ONE)
    for name, kind in (("l", "list"), ("a", "article"), ("f", "feed"), ("s", "sitemap")):
        assert store.frontier.add(url(name), "vui", kind, run)  # type: ignore[arg-type]
    order = []
    while page := store.frontier.next_due("a.vn", ["vui"]):
        order.append(page.kind)
        store.frontier.visited(page, run)
    assert order == ["sitemap", "feed", "article", "list"]
    assert store.frontier.due_hosts(["vui"]) == set()


def test_due_hosts_are_those_of_the_sites_asked_for(store: Store) -> None:
    run = store.start_run(ONE)
    store.frontier.add(url("x", "a.vn"), "a", "list", run)
    store.frontier.add(url("x", "b.vn:8080"), "b", "article", run)
    assert store.frontier.due_hosts(["a", "b"]) == {"a.vn", "b.vn:8080"}
    assert store.frontier.due_hosts(["b"]) == {"b.vn:8080"}
    assert store.frontier.due_hosts(["a", "b"], lists_only=True) == {"a.vn"}
    assert store.frontier.next_due("b.vn:8080", ["a"]) is None
    assert store.frontier.next_due("b.vn:8080", ["b"], lists_only=True) is None


def test_a_known_address_is_due_again_only_when_asked_and_once_a_run(store: Store) -> None:
    run = store.start_run(ONE)
    assert store.frontier.add(url("l"), "vui", "list", run)
    assert not store.frontier.add(url("l"), "vui", "list", run)
    page = store.frontier.next_due("a.vn", ["vui"])
    assert page is not None
    store.frontier.visited(page, run)
    store.frontier.add(url("l"), "vui", "list", run, again=True)
    assert store.frontier.next_due("a.vn", ["vui"]) is None
    later = store.start_run(TWO)
    store.frontier.add(url("l"), "vui", "list", later)
    assert store.frontier.next_due("a.vn", ["vui"]) is None
    store.frontier.add(url("l"), "vui", "list", later, again=True)
    assert store.frontier.next_due("a.vn", ["vui"]) is not None


def test_a_list_that_turns_out_to_be_an_article_is_due_as_one(store: Store) -> None:
    """As when the site's pattern for articles was mended between two runs."""
    run = store.start_run(ONE)
    store.frontier.add(url("tin-1.html"), "vui", "list", run)
    page = store.frontier.next_due("a.vn", ["vui"])
    assert page is not None
    store.frontier.visited(replace(page, etag='"old"'), run)
    assert store.frontier.add(url("tin-1.html"), "vui", "article", store.start_run(TWO))
    page = store.frontier.next_due("a.vn", ["vui"])
    assert page is not None
    assert (page.kind, page.etag) == ("article", None)
    assert not store.frontier.add(url("tin-1.html"), "vui", "list", run)
    assert store.frontier.next_due("a.vn", ["vui"]) == page


def test_a_page_is_due_again_after_its_time(store: Store) -> None:
    run = store.start_run(ONE)
    store.frontier.add(url("a"), "vui", "article", run)
    page = store.frontier.next_due("a.vn", ["vui"])
    assert page is not None
    store.frontier.visited(replace(page, visit_after=TWO, etag='"e"', misses=1), run)
    store.frontier.make_due("vui", ONE)
    assert store.frontier.due_articles(["vui"]) == []
    store.frontier.make_due("other", TWO)
    assert store.frontier.due_articles(["vui"]) == []
    store.frontier.make_due("vui", TWO)
    assert store.frontier.due_articles(["vui"]) == [url("a")]
    assert store.frontier.due_articles(["other"]) == []
    page = store.frontier.next_due("a.vn", ["vui"])
    assert page is not None
    assert (page.etag, page.misses) == ('"e"', 1)


# Transactions


def test_a_transaction_that_fails_leaves_nothing(store: Store) -> None:
    store.put(made("kept"), ONE)

    def fail() -> None:
        with store.transaction():
            store.put(made("lost"), TWO)
            store.frontier.add(url("x"), "vui", "list", 1)
            with store.transaction():  # joined: it does not commit on its own
                store.mark_gone(made("kept").id, TWO)
            raise RuntimeError("crash")

    with pytest.raises(RuntimeError, match="crash"):
        fail()
    assert [kept.article.id for kept in store.changes(0)] == [made("kept").id]
    assert store.frontier.due_hosts(["vui"]) == set()
    assert store.put(made("next"), TWO) == (made("next").id, "new")


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
    store = Store(path)
    with pytest.raises(DamagedError):
        list(store.changes(0))
    store.close()


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
