"""The journal: what returns from a commit is on disk, in the archive first, and threads share the syncs."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from crawler.archive import Archive, Exchange
from crawler.article import Page
from crawler.journal import Journal
from crawler.store import Location, Store

NOW = "2021-01-08T09:30:00+00:00"


def exchange(n: int) -> Exchange:
    page = Page(f"https://a.vn/{n}", datetime.fromisoformat(NOW).astimezone(UTC), 200, {}, b"%d" % n)
    return Exchange(page, "OK", (), ())


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path / "store.sqlite")
    yield opened
    opened.close()


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    opened = Archive(tmp_path / "warc", "tratin/1.0")
    yield opened
    opened.close()


def add(store: Store, n: int, location: Location | None) -> None:
    assert location is not None
    store.add_record(f"https://a.vn/{n}", NOW, 200, location)


def test_threads_share_the_syncs_and_lose_nothing(
    store: Store, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    syncs = []
    monkeypatch.setattr(
        os, "fsync", lambda fd, sync=os.fsync: (syncs.append(fd), threading.Event().wait(0.01), sync(fd))
    )
    journal, places = Journal(store, archive), {}

    def work(n: int) -> None:
        for m in range(5):

            def settle(location: Location | None, key: int = 5 * n + m) -> None:
                add(store, key, location)
                places[key] = location

            journal.commit(exchange(5 * n + m), settle)
            other = Store(store.path)  # another process would find it now
            assert other.has_record(places[5 * n + m] or Location("", 0))
            other.close()

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(places) == 40
    assert len(syncs) < 30
    for n, place in places.items():
        assert place is not None
        assert archive.read(place).url == f"https://a.vn/{n}"
    (file,) = archive.folder.iterdir()
    assert store.settled() == {file.name: file.stat().st_size}


def test_what_fails_in_the_store_fails_for_its_caller_and_leaves_no_trace_there(store: Store, archive: Archive) -> None:
    journal = Journal(store, archive)
    journal.commit(exchange(1), lambda location: add(store, 1, location))
    settled = store.settled()

    def fail(location: Location | None) -> None:
        add(store, 2, location)
        raise RuntimeError("crash")

    with pytest.raises(RuntimeError, match="crash"):
        journal.commit(exchange(2), fail)
    assert store.settled() == settled
    left = list(archive.unsettled(settled))
    assert [one.page.url for one in left if one.page] == ["https://a.vn/2"]  # the next run takes it in
    journal.commit(exchange(3), lambda location: add(store, 3, location))


def test_a_visit_without_a_response_is_settled_too(store: Store, archive: Archive) -> None:
    told = []
    Journal(store, archive).commit(None, told.append)
    assert told == [None]
    assert not archive.folder.exists()
