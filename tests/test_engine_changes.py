"""The contract of every engine, fourth part: updates, odd articles, many threads, and readers that stay as they are."""

from __future__ import annotations

import gc
import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path

import pytest
from engines import ENGINES, ask, found, ids, indexed, reader_of, stored

from indexer.engine import Engine, Filters, IndexInfo, Order
from indexer.query import Everything


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Engine:
    return request.param(tmp_path / "index")  # type: ignore[no-any-return]


def test_before_the_first_generation(engine: Engine) -> None:
    assert engine.reader() is None
    assert engine.live() == IndexInfo(generation=0, documents=0, watermark=0, updated=None)
    with pytest.raises(LookupError):
        engine.reader(1)


def test_an_index_of_nothing(engine: Engine) -> None:
    reader = indexed(engine)
    assert engine.live().documents == 0
    for query in ("", "học", "học*", '"đại học"', "-học", "title:học", "site:vui"):
        answer = ask(reader, query)
        assert (answer.total, answer.matches) == (0, ())
        assert answer.facets == {"site": {}, "category": {}, "year": {}}
    engine.update([stored("a", title="Học")], 1)
    assert found(reader_of(engine), "học") == ["a"]


def test_info_tells_generation_documents_and_watermark(engine: Engine) -> None:
    first = engine.update([stored("a"), stored("b")], 7)
    assert (first.generation, first.documents, first.watermark) == (1, 2, 7)
    second = engine.update([stored("b"), stored("c")], 9)
    assert (second.generation, second.documents, second.watermark) == (2, 3, 9)
    assert engine.live() == second == reader_of(engine).info
    assert engine.rebuild([stored("a")], 9).documents == 1


def test_an_update_replaces_and_does_not_double(engine: Engine) -> None:
    engine.rebuild([stored("a", title="Cũ", site="vui", category="Cũ", published="2019-01-01"), stored("b")], 2)
    for watermark in range(3, 8):
        engine.update([stored("a", title="Mới", site="hust", category="Mới", published="2020-01-01")], watermark)
    reader = reader_of(engine)
    assert reader.info.documents == 2
    assert sorted(found(reader, "")) == ["a", "b"]
    assert found(reader, "cũ") == []
    assert found(reader, "mới") == ["a"]
    assert found(reader, "mo*") == ["a"]
    assert found(reader, "-mới") == ["b"]
    assert ask(reader, "mới").facets == {"site": {"hust": 1}, "category": {"Mới": 1}, "year": {"2020": 1}}


def test_a_hundred_small_updates_lose_and_double_nothing(engine: Engine) -> None:
    engine.rebuild(newsroom(0, 30), 1)
    articles = newsroom(9, 50)
    for number in range(100):
        engine.update([articles[number % 50]], number + 2)
    reader = reader_of(engine)
    assert reader.info.documents == 50
    assert sorted(found(reader, "")) == [article.article.id for article in articles]
    for word in WORDS:
        texts = {one.article.id: f"{one.article.title} {one.article.body}".split() for one in articles}
        assert set(found(reader, word)) == {name for name, text in texts.items() if word in text}


def test_an_article_that_is_gone_is_still_found(engine: Engine) -> None:
    engine.rebuild([stored("a", title="Học bổng")], 1)
    engine.update([stored("a", status="gone", title="Học bổng")], 2)
    assert found(reader_of(engine), "học bổng") == ["a"]


def test_articles_without_body_lead_author_or_even_title(engine: Engine) -> None:
    reader = indexed(engine, stored("empty"), stored("title", title="Chỉ tiêu đề"), stored("body", body="Chỉ thân"))
    assert sorted(found(reader, "")) == ["body", "empty", "title"]
    assert sorted(found(reader, "chỉ")) == ["body", "title"]
    assert found(reader, "author:chỉ") == []


def test_an_article_of_a_million_syllables(engine: Engine) -> None:
    body = "\n".join(["đại học công nghiệp việt trì " * 15] * 11_000 + ["hết chuyện"])
    assert len(body.split()) > 900_000
    reader = indexed(engine, stored("long", title="Dài", body=body), stored("short", title="Ngắn", body="Đại học."))
    assert set(found(reader, '"đại học"')) == {"long", "short"}
    assert found(reader, '"trì hết chuyện"') == ["long"]
    assert found(reader, '"học đại"') == []


def test_one_word_ten_thousand_times(engine: Engine) -> None:
    reader = indexed(engine, stored("a", body="học " * 10_000), stored("b", title="Học", body="đại học"))
    assert set(found(reader, "học")) == {"a", "b"}
    assert found(reader, '"học học học"') == ["a"]
    assert found(reader, '"học học đại"') == []


def test_terms_of_five_thousand_characters(engine: Engine) -> None:
    reader = indexed(engine, stored("a", title="x" * 5000, body="đ" * 5000), stored("b", title="xy"))
    assert found(reader, "x" * 5000) == ["a"]
    assert found(reader, "đ" * 5000) == ["a"]
    assert set(found(reader, "xx* OR xy")) == {"a", "b"}


def test_odd_values_of_the_columns(engine: Engine) -> None:
    odd = [
        stored("đ/ấ", title="Học", site="a-1", category="  Tin\ttức ", published="0001-01-01"),
        stored("b" * 200, title="Học", category="x" * 5000, published="9999-12-31"),
        stored("c", title="Học", category="Đ\u0300\U0001f600", published="1969-12-31T23:59:59.5+00:00"),
    ]
    reader = indexed(engine, *odd)
    assert ids(ask(reader, "học", Order(sort="oldest", size=9))) == ["đ/ấ", "c", "b" * 200]
    assert found(reader, "", categories=("  Tin\ttức ",)) == ["đ/ấ"]
    assert ask(reader, "").facets["year"] == {"1": 1, "9999": 1, "1970": 1}


WORDS = ["đại", "học", "công", "nghiệp", "tuyển", "sinh", "đào", "tạo", "khoa", "luật", "kinh", "tế"]
QUERIES = [*WORDS, "đại học", '"công nghiệp"', "kinh tế OR luật", "tuyển -sinh", "title:khoa", "đ*", "dao tao", ""]


def newsroom(seed: int, size: int) -> list:  # type: ignore[type-arg]
    chance = random.Random(seed)
    return [
        stored(
            f"{n:03}",
            title=" ".join(chance.choices(WORDS, k=4)),
            body=" ".join(chance.choices(WORDS, k=60)),
            site=chance.choice(["vui", "hust"]),
            published=(date(2020, 1, 1) + timedelta(days=chance.randrange(700))).isoformat(),
        )
        for n in range(size)
    ]


def test_threads_that_share_a_reader_get_the_answers_of_one(engine: Engine) -> None:
    articles = newsroom(1, 300)
    engine.rebuild(articles[:200], 1)
    engine.update(articles[150:], 2)
    reader = reader_of(engine)
    alone = [ask(reader, query) for query in QUERIES]
    with ThreadPoolExecutor(12) as pool:
        together = list(pool.map(lambda query: ask(reader, query), QUERIES * 6))
    assert together == alone * 6


def test_an_open_reader_keeps_its_answers(engine: Engine) -> None:
    articles = newsroom(2, 40)
    reader = indexed(engine, *articles)
    before = [ask(reader, query) for query in QUERIES]
    for number, article in enumerate(newsroom(3, 6)):
        engine.update([article], 41 + number)
        assert [ask(reader, query) for query in QUERIES] == before
    engine.rebuild(newsroom(4, 5), 50)
    with pytest.raises(LookupError):
        engine.reader(reader.info.generation)
    assert [ask(reader, query) for query in QUERIES] == before
    assert ask(reader_of(engine), "").total == 5


def test_a_kept_generation_can_be_opened_again(engine: Engine) -> None:
    indexed(engine, stored("a", title="Học"))
    engine.update([stored("b", title="Học")], 2)
    engine.update([stored("a", title="Chơi")], 3)
    older = [engine.reader(number) for number in (1, 2, 3)]
    assert [sorted(found(reader, "học")) for reader in older if reader] == [["a"], ["a", "b"], ["b"]]


def open_files(folder: Path) -> list[str]:
    """What this process holds open or mapped in `folder`."""
    links = [str(link.readlink()) for link in Path("/proc/self/fd").iterdir() if link.is_symlink()]
    return [line for line in links + Path("/proc/self/maps").read_text().splitlines() if str(folder) in line]


@pytest.mark.parametrize("make", ENGINES)
def test_a_reader_that_nobody_uses_holds_no_files(make: Callable[[Path], Engine], tmp_path: Path) -> None:
    engine = make(tmp_path)
    gc.disable()
    try:
        for number in range(5):
            reader = indexed(engine, *newsroom(number, 5))
            assert ask(reader, "học").total == len(found(reader, "học"))
            assert open_files(tmp_path)
            del reader
            assert open_files(tmp_path) == []
    finally:
        gc.enable()


def test_everything_is_what_an_empty_query_means(engine: Engine) -> None:
    reader = indexed(engine, *newsroom(5, 12))
    answer = reader.search(Everything(), Filters(), Order(size=100), facets=True)
    assert answer == ask(reader, "")
    assert answer.total == 12
