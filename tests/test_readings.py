"""The store's readings: what is noted and forgotten, which versions are held back, what may be extracted again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from crawler import readings
from crawler.article import Article, article_id
from crawler.frontier import Lead
from crawler.reading import Reading
from crawler.readings import Drift
from crawler.store import Location, Store

ONE, TWO, THREE = (f"2021-01-0{day}T00:00:00+00:00" for day in (1, 2, 3))
RULES = {"title": "h1", "body": "profile:.noi-dung"}


def made(name: str, body: str = "Nội dung") -> Article:
    url = f"https://vui.edu.vn/{name}.html"
    return Article(id=article_id(url), url=url, site="vui", title="Tin", body=body)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path / "store.sqlite")
    yield opened
    opened.close()


def visit(store: Store, run: int, name: str, now: str, body: str = "Nội dung", *, held: bool = False) -> str:
    """Keep an article with its record, and note how its page was read; gives its id."""
    article = made(name, body)
    record = store.add_record(article.url or "", now, 200, Location("a.warc.gz", 100 * run))
    kept = store.put(article, now, location=record, held=held)
    store.readings.add("vui", run, article.url or "", Reading(article=article, rules=RULES), kept)
    return kept.id


def shown(store: Store, article: str) -> str | None:
    """The text that readers get."""
    kept = store.get(article)
    return kept.article.body if kept else None


def test_what_was_noted_comes_back(store: Store) -> None:
    run = store.start_run(ONE)
    article = visit(store, run, "a", ONE)
    store.readings.add("vui", run, "https://vui.edu.vn/b.html", Reading(reason="no title"), None)
    store.readings.add("other", run, "https://other.vn/", Reading(), None)
    first, second = store.readings.last("vui", "article")
    assert (first.url, first.rules, first.article, first.length, first.run) == (
        "https://vui.edu.vn/a.html", RULES, article, 8, run,
    )  # fmt: skip
    assert (second.rules, second.article, second.length, second.fresh) == ({}, None, None, True)


def test_lists_are_noted_apart(store: Store) -> None:
    run = store.start_run(ONE)
    store.readings.add_list("vui", run, "https://vui.edu.vn/", shows_articles=True)
    store.readings.add_list("vui", run, "https://vui.edu.vn/gioi-thieu", shows_articles=False)
    assert store.readings.last("vui", "article") == []
    assert [bool(reading.rules) for reading in store.readings.last("vui", "list")] == [True, False]


def test_an_article_is_fresh_when_its_version_came_in_that_run(store: Store) -> None:
    for run, (now, body) in enumerate([(ONE, "a"), (TWO, "a"), (THREE, "b")], 1):
        assert store.start_run(now) == run
        visit(store, run, "a", now, body)
    assert [reading.fresh for reading in store.readings.last("vui", "article")] == [True, False, True]


def test_the_readings_around_a_number(store: Store) -> None:
    run = store.start_run(ONE)
    for n in range(6):
        visit(store, run, str(n), ONE)
    before, since = store.readings.around("vui", "article", 3)
    assert ([reading.id for reading in before], [reading.id for reading in since]) == ([1, 2], [3, 4, 5, 6])


def test_old_readings_are_forgotten_those_of_before_and_of_since_apart(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readings, "KEPT", 3)
    for n in range(1, 6):
        store.readings.add_list("vui", n, "https://vui.edu.vn/", shows_articles=True)
    for _ in range(5):
        store.readings.add("vui", 6, "https://vui.edu.vn/a", Reading(), None)
    store.readings.add("other", 6, "https://other.vn/a", Reading(), None)
    store.readings.prune("vui", store.readings.first_of("vui", 6))
    assert [reading.id for reading in store.readings.last("vui", "list")] == [3, 4, 5]
    assert [reading.id for reading in store.readings.last("vui", "article")] == [8, 9, 10]
    store.readings.prune("vui", 9)
    before, since = store.readings.around("vui", "article", 9)
    assert ([reading.id for reading in before], [reading.id for reading in since]) == ([8], [9, 10])
    assert len(store.readings.last("other", "article")) == 1


def test_a_site_without_readings_has_no_first(store: Store) -> None:
    assert store.readings.first_of("vui", 1) == 0
    store.readings.prune("vui", 0)


def test_drift_is_kept_until_it_ends(store: Store) -> None:
    finding = {"field": "published", "sentence": "published: …", "examples": ["https://vui.edu.vn/a"]}
    drift = Drift("vui", ONE, 7, (finding,), "rules")
    store.readings.set_drift(drift)
    assert store.readings.drift("vui") == drift
    assert store.readings.drift("other") is None
    assert store.readings.drifts() == {"vui": {"since": ONE, "findings": [finding]}}
    store.readings.set_drift(replace(drift, rules="new"))
    assert store.readings.drift("vui") == replace(drift, rules="new")


@pytest.mark.parametrize(("accepted", "left"), [(True, [3, 4]), (False, [1, 2])])
def test_the_end_of_a_drift_decides_what_is_normal(store: Store, accepted: bool, left: list[int]) -> None:
    for n in range(4):
        store.readings.add("vui", n, "https://vui.edu.vn/a", Reading(), None)
    store.readings.set_drift(drift := Drift("vui", ONE, 3, (), "rules"))
    (store.readings.accept if accepted else store.readings.forgive)(drift)
    assert store.readings.drifts() == {}
    assert [reading.id for reading in store.readings.last("vui", "article")] == left


def test_versions_of_the_readings_are_held_back_and_released(store: Store) -> None:
    first = store.start_run(ONE)
    old, same, early = (visit(store, first, name, ONE, "cũ") for name in ("old", "same", "early"))
    second = store.start_run(TWO)
    visit(store, second, "old", TWO, "hỏng")
    visit(store, second, "same", TWO, "cũ")
    new = visit(store, second, "new", TWO, "hỏng")
    watermark = store.sequence()
    assert store.readings.hold("vui", 2, second, THREE) == 2
    assert [shown(store, article) for article in (old, same, early, new)] == ["cũ", "cũ", "cũ", None]
    assert [(kept.article.id, kept.changed, kept.versions) for kept in store.changes(watermark)] == [(old, THREE, 1)]
    assert store.readings.held("vui") == 2
    visit(store, second, "old", TWO, "hỏng hơn", held=True)
    assert shown(store, old) == "cũ"
    watermark = store.sequence()
    assert store.readings.release("vui", THREE) == 2
    assert [shown(store, article) for article in (old, new)] == ["hỏng hơn", "hỏng"]
    assert {kept.article.id: kept.versions for kept in store.changes(watermark)} == {old: 3, new: 1}
    assert store.readings.held("vui") == 0
    assert store.readings.release("vui", THREE) == 0


def test_another_site_keeps_what_is_held_back(store: Store) -> None:
    article = replace(made("b"), site="other")
    store.put(article, ONE, held=True)
    assert store.readings.release("vui", TWO) == 0
    assert shown(store, article.id) is None


def test_a_version_is_replaced_in_place(store: Store) -> None:
    run = store.start_run(ONE)
    article = visit(store, run, "a", ONE, "một")
    visit(store, run, "a", TWO, "hai")
    watermark = store.sequence()
    store.readings.replace(article, 1, made("a", "một hơn"), THREE)
    assert store.sequence() == watermark, "readers have the second"
    store.readings.replace(article, 2, better := made("a", "hai hơn"), THREE)
    kept = store.get(article)
    assert kept is not None
    assert (kept.article, kept.content_hash, kept.versions, kept.changed) == (better, better.content_hash, 2, THREE)
    assert store.sequence() == watermark + 1
    assert store.readings.newest_hash(better.url) == better.content_hash
    assert store.readings.newest_hash("https://vui.edu.vn/none") is None


def archived(store: Store, since: int = 0) -> list[tuple[str, int | None]]:
    return [
        (page.url.rpartition("/")[2], page.number)
        for batch in store.readings.archived(["vui"], since)
        for page in batch
    ]


def barren(store: Store, run: int, name: str, *statuses: int) -> None:
    url = f"https://vui.edu.vn/{name}.html"
    store.frontier.add(Lead(url, "article"), "vui", run)
    for status in statuses:
        store.add_record(url, ONE, status, Location("a.warc.gz", 0))


def test_what_may_be_extracted_again(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readings, "BATCH", 2)
    run = store.start_run(ONE)
    for n in range(3):
        visit(store, run, f"a{n}", ONE)
    visit(store, run, "a0", TWO, "mới")
    store.put(made("imported"), ONE)
    for name, statuses in {"b0": (200,), "b1": (200, 304), "b2": (200, 503), "b3": (200, 404), "b4": ()}.items():
        barren(store, run, name, *statuses)
    assert archived(store) == [
        ("a0.html", 1), ("a1.html", 1), ("a2.html", 1), ("a0.html", 2),
        ("b0.html", None), ("b1.html", None), ("b2.html", None),
    ]  # fmt: skip
    assert [len(batch) for batch in store.readings.archived(["vui"])] == [2, 2, 2, 1]
    assert list(store.readings.archived(["other"])) == []


def test_what_a_drift_may_have_spoilt(store: Store) -> None:
    run = store.start_run(ONE)
    visit(store, run, "good", ONE)
    for name in ("never", "lost", "back"):
        barren(store, run, name, 200)
        store.readings.add("vui", run, f"https://vui.edu.vn/{name}.html", Reading(reason="no title"), None)
    since = store.readings.last("vui", "article")[-2].id
    visit(store, run, "back", TWO)
    visit(store, run, "held", TWO, held=True)
    assert archived(store, since) == [("held.html", 1), ("lost.html", None)]


def test_a_page_is_linked_with_its_article(store: Store) -> None:
    run = store.start_run(ONE)
    barren(store, run, "b", 200)
    store.put(made("b"), ONE)
    store.readings.link("https://vui.edu.vn/b.html", made("b").id, TWO)
    page = store.frontier.get("https://vui.edu.vn/b.html")
    assert page is not None
    assert (page.article, page.visit_after) == (made("b").id, TWO)
