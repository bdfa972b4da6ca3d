"""Bringing the index up to the store: what is written when, what a fault leaves, and that a rebuild says the same."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import CORPUS, NOW, made, write_settings

from crawler.article import Article
from crawler.errors import ConfigurationError, DamagedError, TratinError
from crawler.settings import Settings, load
from crawler.store import Store
from indexer.engine import open_engine
from indexer.results import SearchRequest
from indexer.search import SearchService
from indexer.update import update

QUERIES = (
    "",
    "tuyển sinh",
    "thong tin",
    '"đợt 3"',
    "đợt -thông báo",
    "tuy*",
    "title:hội thảo",
    "site:vui trường",
    "lễ",
)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return write_settings(tmp_path)


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    opened = Store(settings.data / "store.sqlite")
    yield opened
    opened.close()


def put(store: Store, *articles: Article) -> None:
    for article in articles:
        store.put(article, NOW)


def titles(settings: Settings, query: str) -> list[str]:
    return [hit.stored.article.title for hit in SearchService(settings).search(SearchRequest(q=query, size=100)).hits]


def test_an_empty_store_needs_no_index(settings: Settings, store: Store) -> None:
    done = update(settings, store)
    assert (done.info.generation, done.articles) == (0, 0)
    assert not (settings.data / "index").exists()


def test_only_what_changed_is_written(settings: Settings, store: Store) -> None:
    put(store, made("a", title="Một"), made("b", title="Hai"))
    assert update(settings, store).articles == 2
    put(store, made("b", title="Hai mới"), made("c", title="Ba"), made("a", title="Một"))
    done = update(settings, store)
    assert (done.articles, done.info.generation, done.info.documents) == (2, 2, 3)
    assert done.info.watermark == store.sequence()
    assert sorted(titles(settings, "")) == ["Ba", "Hai mới", "Một"]


def test_nothing_to_do_makes_no_generation(settings: Settings, store: Store) -> None:
    put(store, made("a"))
    first = update(settings, store)
    again = update(settings, store)
    assert (again.info, again.articles) == (first.info, 0)


def test_what_changed_while_a_killed_update_ran_is_not_forgotten(settings: Settings, store: Store) -> None:
    put(store, made("a", title="Một"))
    update(settings, store)
    put(store, made("b", title="Hai"))
    draft = settings.data / "index" / "gen-000002.draft"
    draft.mkdir()  # the update that was to write b died here
    put(store, made("c", title="Ba"))
    assert update(settings, store).articles == 2
    assert sorted(titles(settings, "")) == ["Ba", "Hai", "Một"]


def test_a_change_during_the_update_comes_with_the_next(settings: Settings, store: Store) -> None:
    put(store, *(made(str(n), title=f"Tin {n}") for n in range(3)))
    engine, last = open_engine(settings), store.sequence()

    def changes() -> Iterator[object]:
        for article in store.changes(0, last):
            store.put(made("0", title="Tin mới"), NOW)
            yield article

    engine.update(changes(), last)  # type: ignore[arg-type]
    assert update(settings, store).articles == 1
    assert sorted(titles(settings, "")) == ["Tin 1", "Tin 2", "Tin mới"]


def test_articles_that_are_gone_are_written_again(settings: Settings, store: Store) -> None:
    article = made("a", title="Một")
    put(store, article)
    update(settings, store)
    store.mark_gone(article.id, NOW)
    assert update(settings, store).articles == 1
    results = SearchService(settings).search(SearchRequest(q="một"))
    assert [hit.stored.status for hit in results.hits] == ["gone"]


def test_a_store_behind_the_index_is_an_error(settings: Settings, store: Store, tmp_path: Path) -> None:
    put(store, made("a"), made("b"))
    update(settings, store)
    other = Store(tmp_path / "older.sqlite")
    put(other, made("a"))
    with pytest.raises(DamagedError, match=r"up to number 2, the store only up to 1.*tratin index --rebuild") as caught:
        update(settings, other)
    assert caught.value.exit_code == 7
    assert update(settings, other, rebuild=True).info.documents == 1
    other.close()


def test_a_rebuild_gives_the_same_answers_as_updates(settings: Settings, store: Store) -> None:
    for start in range(0, len(CORPUS), 7):
        put(store, *CORPUS[start : start + 7])
        update(settings, store)
    put(store, made("tuyen-sinh-3.html", title="Thông tin tuyển sinh sửa lại", body="Tuyển sinh đợt 3."))
    update(settings, store)
    requests = [SearchRequest(q=query, sort=sort, size=100) for query in QUERIES for sort in ("relevance", "oldest")]

    def answers() -> list[object]:
        results = map(SearchService(settings).search, requests)
        return [(r.total, r.facets, [(hit.stored.article.id, hit.score) for hit in r.hits]) for r in results]

    grown = answers()
    done = update(settings, store, rebuild=True)
    assert (done.articles, done.info.documents) == (len(CORPUS), len(CORPUS))
    assert answers() == grown


def test_a_rebuild_of_an_emptied_store_is_an_empty_index(settings: Settings, store: Store) -> None:
    assert update(settings, store, rebuild=True).info.generation == 1
    assert SearchService(settings).search(SearchRequest(q="học")).total == 0


def test_a_bad_article_names_itself_and_nothing_is_changed(settings: Settings, store: Store) -> None:
    put(store, made("good", title="Tốt"))
    before = update(settings, store).info
    bad = made("bad", title="Xấu", published="2021-13-45")
    put(store, made("fine", title="Khá"), bad)
    with pytest.raises(TratinError, match=re.escape(bad.id)) as caught:
        update(settings, store)
    assert bad.url is not None
    assert bad.url in str(caught.value)
    assert "nothing was changed" in str(caught.value)
    assert open_engine(settings).live() == before
    assert titles(settings, "") == ["Tốt"]
    put(store, made("bad", title="Xấu", published="2021-12-31"))
    assert update(settings, store).articles == 2


def test_an_engine_that_is_not_there(tmp_path: Path) -> None:
    file = tmp_path / "tratin.toml"
    file.write_text('[indexer]\nengine = "opensearch"\n')
    with pytest.raises(ConfigurationError, match=r"indexer\.engine") as caught:
        open_engine(load(file, {}))
    assert caught.value.exit_code == 4
