"""The search service over a real archive: words from the store, marks, labels, pages, and changing generations."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date

import pytest
from conftest import ADMISSIONS, CORPUS, DOOMED, GONE, NOW, RICH, made

from crawler.article import Article
from crawler.errors import DamagedError
from crawler.settings import Settings
from crawler.store import Store
from indexer.answer import answer
from indexer.request import cursor, read
from indexer.results import FacetValue, Hit, Results, SearchRequest
from indexer.search import GenerationGoneError, SearchService
from indexer.update import update


def search(settings: Settings, q: str = "", **asked: object) -> Results:
    return SearchService(settings).search(SearchRequest(q=q, **asked))  # type: ignore[arg-type]


def ids(results: Results) -> list[str]:
    return [hit.stored.article.id for hit in results.hits]


def add(settings: Settings, *articles: Article) -> None:
    """Put articles into the store and bring the index up to it."""
    store = Store(settings.data / "store.sqlite")
    for article in articles:
        store.put(article, NOW)
    update(settings, store)
    store.close()


def passages_of(settings: Settings, article: Article, q: str) -> Hit:
    add(settings, article)
    (hit,) = search(settings, q).hits
    return hit


def test_a_hit_has_the_words_of_the_store(settings: Settings) -> None:
    results = search(settings, "hội thảo điện")
    (hit,) = results.hits
    assert hit.stored.article == RICH
    assert hit.stored.first_seen == NOW
    assert hit.score > 0
    assert hit.title == "<mark>Hội thảo</mark> khoa học về kỹ thuật <mark>điện</mark> &lt;2021&gt;"
    assert results.total == 1
    assert results.parsed == "hội thảo điện"
    assert results.index.documents == len(CORPUS)
    assert results.took_ms > 0


def test_the_title_shows_what_was_sought_in_titles(settings: Settings) -> None:
    (hit,) = search(settings, "title:hội thảo").hits
    assert hit.title.startswith("<mark>Hội thảo</mark>")
    assert hit.passages == ()


def test_a_lead_that_the_body_repeats_is_shown_once(settings: Settings) -> None:
    (hit,) = search(settings, '"tham gia của nhiều"').hits
    (passage,) = hit.passages
    assert passage.startswith(
        "Hội thảo có sự <mark>tham gia của nhiều</mark> trường đại học công nghiệp trên cả nước. Các"
    )
    assert "&amp; tự động hoá &lt;script&gt;alert(1)&lt;/script&gt;" in passage


def test_passages_come_from_lead_and_body(own_settings: Settings) -> None:
    filler = "Câu này chỉ để cho đoạn văn đủ dài mà không nói gì thêm về việc đang được tìm kiếm ở đây cả. " * 3
    article = made("xyz", title="Tin", lead="Xưởng mộc khai trương. " + filler, body=filler + "\nXưởng mộc đóng cửa.")
    hit = passages_of(own_settings, article, "xưởng mộc")
    assert len(hit.passages) == 2
    assert hit.passages[0].startswith("<mark>Xưởng mộc</mark> khai trương.")
    assert hit.passages[1].endswith("<mark>Xưởng mộc</mark> đóng cửa.")


def test_an_article_that_is_gone_says_so(settings: Settings) -> None:
    (hit,) = search(settings, '"nghỉ lễ"').hits
    assert (hit.stored.article.id, hit.stored.status) == (GONE.id, "gone")


def test_facets_are_labelled_counted_and_sorted(settings: Settings) -> None:
    facets = search(settings, "tuyển sinh").facets
    assert facets["site"] == (
        FacetValue("vui", "Trường Đại học Công nghiệp Việt Trì", 20, False),
        FacetValue("phongdaotao", "Phòng Đào tạo", 9, False),
    )
    assert [(value.value, value.count) for value in facets["category"]] == [("Tuyển sinh", 15), ("Thông báo", 14)]
    years = [(value.value, value.count) for value in facets["year"]]
    assert years == sorted(years, reverse=True)
    assert sum(count for _, count in years) == len(ADMISSIONS)


def test_what_is_chosen_is_selected_and_the_rest_still_counted(settings: Settings) -> None:
    facets = search(settings, "tuyển sinh", sites=("phongdaotao",), categories=("Thông báo",)).facets
    assert [(v.value, v.count, v.selected) for v in facets["site"]] == [("vui", 10, False), ("phongdaotao", 4, True)]
    assert [(v.value, v.count, v.selected) for v in facets["category"]] == [
        ("Tuyển sinh", 5, False),
        ("Thông báo", 4, True),
    ]


def test_a_chosen_value_stays_at_none(settings: Settings) -> None:
    facets = search(settings, "nghỉ lễ", sites=("phongdaotao", "unknown"), categories=("Không có",)).facets
    assert FacetValue("phongdaotao", "Phòng Đào tạo", 0, True) in facets["site"]
    assert FacetValue("unknown", "unknown", 0, True) in facets["site"]
    assert FacetValue("Không có", "Không có", 0, True) in facets["category"]


@pytest.mark.parametrize(
    ("first", "last", "selected"),
    [
        ("2020-01-01", "2020-12-31", ["2020"]),
        ("2018-01-01", "2018-12-31", ["2018"]),
        ("2020-01-01", "2021-12-31", []),
        ("2020-01-01", "2020-12-30", []),
        ("2020-01-01", None, []),
    ],
)
def test_the_year_is_selected_when_the_days_are_one(
    settings: Settings, first: str, last: str | None, selected: list[str]
) -> None:
    days = {"first_day": date.fromisoformat(first), "last_day": date.fromisoformat(last) if last else None}
    facets = search(settings, "tuyển sinh", **days).facets
    assert [value.value for value in facets["year"] if value.selected] == selected
    assert {value.value for value in facets["year"]} >= {"2020", "2021"}


def test_facets_can_be_left_out(settings: Settings) -> None:
    assert search(settings, "tuyển sinh", facets=False).facets == {}


def test_cursors_page_through_everything_once(settings: Settings) -> None:
    service = SearchService(settings)
    parameters = {"q": ["tuyển sinh"], "size": ["7"]}
    results = service.search(read(parameters))
    seen = ids(results)
    while (following := answer(results)["next_cursor"]) is not None:
        results = service.search(read(parameters | {"cursor": [following]}))
        seen += ids(results)
        assert results.total == len(ADMISSIONS)
    assert len(seen) == len(set(seen)) == len(ADMISSIONS)
    assert results.next_offset is None


def test_a_cursor_goes_on_in_its_generation(own_settings: Settings) -> None:
    service = SearchService(own_settings)
    request = SearchRequest(q="tuyển sinh", size=10)
    whole = ids(service.search(replace(request, size=100)))
    first = service.search(request)
    add(own_settings, *(made(f"moi-{n}", title="Tuyển sinh tuyển sinh") for n in range(5)))
    assert service.search(request).total == len(whole) + 5
    place = cursor(request, first.index.generation, first.next_offset or 0)
    second = service.search(read({"q": [request.q], "cursor": [place]}))
    assert (second.total, second.index) == (len(whole), first.index)
    assert ids(first) + ids(second) == whole[:20]


def test_a_generation_that_is_gone_is_told(own_settings: Settings) -> None:
    generation = search(own_settings).index.generation
    for n in range(3):
        add(own_settings, made(f"moi-{n}", title=f"Tin {n}"))
    service = SearchService(own_settings)
    with pytest.raises(GenerationGoneError, match="begin again without a cursor"):
        service.search(SearchRequest(generation=generation))
    assert service.search(SearchRequest(generation=generation + 1)).total == len(CORPUS) + 1


def test_the_service_follows_new_generations(own_settings: Settings) -> None:
    service = SearchService(own_settings)
    assert service.search(SearchRequest(q="xylophon")).total == 0
    for n in range(1, 6):
        add(own_settings, made(f"moi-{n}", title=f"Xylophon {n}"))
        results = service.search(SearchRequest(q="xylophon"))
        assert (results.total, results.index.documents) == (n, len(CORPUS) + n)
        assert results.index == service.info()


def test_threads_get_right_answers_while_generations_change(own_settings: Settings) -> None:
    service = SearchService(own_settings)
    expected = ids(service.search(SearchRequest(q='"đợt 7"')))

    def ask(_: int) -> list[str]:
        return ids(service.search(SearchRequest(q='"đợt 7"')))

    with ThreadPoolExecutor(8) as pool:
        answers = [pool.submit(ask, n) for n in range(40)]
        for n in range(4):
            add(own_settings, made(f"moi-{n}", title=f"Tin {n}"))
            answers += [pool.submit(ask, n) for n in range(40)]
    assert all(done.result() == expected for done in answers)
    assert len(expected) == 1


def test_the_words_of_an_article_are_as_new_as_the_store(own_settings: Settings) -> None:
    service = SearchService(own_settings)
    store = Store(own_settings.data / "store.sqlite")
    store.put(replace(DOOMED, title="Bài nay đã rõ ngày"), NOW)
    store.close()
    (hit,) = service.search(SearchRequest(q='"không rõ ngày"')).hits
    assert hit.stored.article.title == "Bài nay đã rõ ngày"
    found = service.article(DOOMED.id)
    assert found is not None
    assert found.article.title == "Bài nay đã rõ ngày"
    assert service.article("unknown") is None


def test_an_article_that_the_store_has_not_is_damage(own_settings: Settings) -> None:
    for file in own_settings.data.glob("store.sqlite*"):
        file.unlink()
    store = Store(own_settings.data / "store.sqlite")
    store.put(RICH, NOW)
    store.close()
    assert search(own_settings, "hội thảo").total == 1
    with pytest.raises(DamagedError, match=r"in the index and not in the store.*tratin index --rebuild") as caught:
        search(own_settings, "tuyển sinh")
    assert caught.value.exit_code == 7


def test_a_damaged_index_is_never_an_empty_answer(own_settings: Settings) -> None:
    service = SearchService(own_settings)
    assert service.search(SearchRequest(q="tuyển sinh")).total
    (own_settings.data / "index" / "current").unlink()
    with pytest.raises(DamagedError):
        service.search(SearchRequest(q="tuyển sinh"))


def test_without_an_index_nothing_is_found_and_that_is_no_error(empty_settings: Settings) -> None:
    results = search(empty_settings, "học", sites=("vui",))
    assert (results.total, results.hits, results.index.generation) == (0, (), 0)
    assert results.facets["site"] == (FacetValue("vui", "Trường Đại học Công nghiệp Việt Trì", 0, True),)


def test_warnings_of_the_query_are_passed_on(settings: Settings) -> None:
    assert search(settings, 'tuyển "sinh').warnings
    assert search(settings, "tuyển sinh").warnings == ()
