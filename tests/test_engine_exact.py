"""The contract of every engine, second part: answers equal those of a plain loop over the articles.

The loop below knows nothing of postings: it reads the tree, and each article's words one by one.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from engines import ENGINES, ask, ids, reader_of, stored
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crawler.article import StoredArticle
from indexer.engine import Engine, Filters, Order
from indexer.query import And, Everything, In, Node, Not, Or, Phrase, Prefix, Word, parse
from indexer.vietnamese import begins, fold, has_marks, tokenize

VOCABULARY = ["đại", "dai", "dài", "học", "hoc", "cao", "thể", "thao", "đạo", "bạ", "a", "ý", "y", "tế", "tê"]
SITES, CATEGORIES, AUTHORS = ("vui", "hust", "uit"), (None, "Đào tạo", "Tin học", "Học"), (None, "Cao Học", "Đại Y")
FIRST = date(2019, 12, 20)

TEXTS = st.lists(st.sampled_from(VOCABULARY), max_size=9).map(" ".join)
DAYS = st.integers(0, 400).map(lambda n: FIRST + timedelta(days=n))
ARTICLES = st.fixed_dictionaries(
    {
        "title": TEXTS,
        "lead": st.none() | TEXTS,
        "body": TEXTS,
        "site": st.sampled_from(SITES),
        "category": st.sampled_from(CATEGORIES),
        "author": st.sampled_from(AUTHORS),
        "published": st.none() | DAYS.map(date.isoformat),
    }
)
CORPORA = st.lists(ARTICLES, min_size=1, max_size=12)
WORDS = st.sampled_from(VOCABULARY)
LEAVES = st.one_of(
    WORDS,
    st.lists(WORDS, min_size=1, max_size=3).map(lambda words: f'"{" ".join(words)}"'),
    st.sampled_from(("da*", "th*", "đạ*", "ho*", "site:vui", "site:uit")),
    st.tuples(st.sampled_from(("title", "author", "category")), WORDS).map(lambda pair: f"{pair[0]}:{pair[1]}"),
)
QUERIES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, min_size=2, max_size=3).map(" ".join),
        st.lists(inner, min_size=2, max_size=3).map(" OR ".join),
        inner.map(lambda text: f"({text})"),
        inner.map(lambda text: f"-({text})"),
        inner.map(lambda text: f"title:({text})"),
    ),
    max_leaves=6,
)
CHOICES = st.fixed_dictionaries(
    {},
    optional={
        "sites": st.lists(st.sampled_from(SITES), max_size=2, unique=True).map(tuple),
        "categories": st.lists(st.sampled_from(CATEGORIES[1:]), max_size=2, unique=True).map(tuple),
        "author": st.sampled_from(("", "học", "Cao hoc", "Đại")),
        "first_day": DAYS,
        "last_day": DAYS,
    },
)


def terms(text: str | None, *, marks: bool) -> list[str]:
    return [token.exact if marks else token.folded for token in tokenize(text or "")]


def texts_of(stored: StoredArticle, scope: str) -> list[str | None]:
    article = stored.article
    of_scope = {
        "": [article.title, article.lead, article.body],
        "title": [article.title],
        "author": [article.author],
        "category": [article.category],
        "site": [article.site],
    }
    return of_scope[scope]


def holds(stored: StoredArticle, run: str, scope: str, *, marks: bool) -> bool:
    """Whether the words of `run` stand side by side in one of the texts."""
    marks = marks and scope in ("", "title")
    wanted = terms(run, marks=marks)
    places = (terms(text, marks=marks) for text in texts_of(stored, scope))
    return any(words[i : i + len(wanted)] == wanted for words in places for i in range(len(words)))


def matches(stored: StoredArticle, node: Node, scope: str = "", *, excluded: bool = False) -> bool:
    match node:
        case Everything():
            return True
        case Word(text):
            return holds(stored, text, scope, marks=excluded and has_marks(text))
        case Phrase(text):
            return holds(stored, text, scope, marks=has_marks(text))
        case Prefix(text):
            marks = excluded and has_marks(text) and scope in ("", "title")
            words = [word for place in texts_of(stored, scope) for word in terms(place, marks=marks)]
            return any(begins(word, text) if marks else word.startswith(fold(text)) for word in words)
        case In(field, inner):
            return matches(stored, inner, field, excluded=excluded)
        case Not(inner):
            return not matches(stored, inner, scope, excluded=True)
        case And(nodes):
            return all(matches(stored, inner, scope, excluded=excluded) for inner in nodes)
        case Or(nodes):
            return any(matches(stored, inner, scope, excluded=excluded) for inner in nodes)


def passes(stored: StoredArticle, filters: Filters, but: str = "") -> bool:
    article = stored.article
    dated = filters.first_day or filters.last_day
    return (
        (but == "site" or not filters.sites or article.site in filters.sites)
        and (but == "category" or not filters.categories or article.category in filters.categories)
        and (not filters.author or holds(stored, filters.author, "author", marks=False))
        and (but == "year" or not dated or bool(article.day and _within(article.day, filters)))
    )


def _within(day: date, filters: Filters) -> bool:
    return (filters.first_day or date.min) <= day <= (filters.last_day or date.max)


def facets_of(articles: list[StoredArticle], filters: Filters) -> dict[str, dict[str, int]]:
    values: dict[str, Callable[[StoredArticle], str | None]] = {
        "site": lambda one: one.article.site,
        "category": lambda one: one.article.category,
        "year": lambda one: str(one.article.day.year) if one.article.day else None,
    }
    return {
        name: dict(Counter(told for one in articles if passes(one, filters, but=name) and (told := value(one))))
        for name, value in values.items()
    }


def built(make: Callable[[Path], Engine], folder: str, corpus: list[StoredArticle], parts: int) -> Engine:
    """An engine that got its articles in `parts` updates, each of which repeats an article of the one before."""
    engine = make(Path(folder))
    size = -(-len(corpus) // parts)
    for start in range(0, len(corpus), size):
        engine.update(corpus[max(start - 1, 0) : start + size], start)
    return engine


@pytest.mark.parametrize("make", ENGINES)
@given(corpus=CORPORA, parts=st.integers(1, 3), data=st.data())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_totals_matches_and_facets_are_exact(
    make: Callable[[Path], Engine], corpus: list[dict[str, Any]], parts: int, data: st.DataObject
) -> None:
    articles = [stored(str(n), **told) for n, told in enumerate(corpus)]
    with tempfile.TemporaryDirectory() as folder:
        reader = reader_of(built(make, folder, articles, parts))
        for query, chosen in data.draw(st.lists(st.tuples(QUERIES, CHOICES), min_size=4, max_size=12)):
            filters = Filters(**chosen)
            matching = [one for one in articles if matches(one, parse(query).node)]
            answer = ask(reader, query, **chosen)
            assert set(ids(answer)) == {one.article.id for one in matching if passes(one, filters)}, query
            assert answer.total == len(answer.matches)
            assert answer.facets == facets_of(matching, filters), query


@pytest.mark.parametrize("make", ENGINES)
@given(corpus=CORPORA, data=st.data())
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_an_index_grown_by_updates_ranks_as_one_built_at_once(
    make: Callable[[Path], Engine], corpus: list[dict[str, Any]], data: st.DataObject
) -> None:
    articles = [stored(str(n), **told) for n, told in enumerate(corpus)]
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as other:
        grown = reader_of(built(make, folder, articles, 3))
        whole = reader_of(built(make, other, articles, 1))
        for query in data.draw(st.lists(QUERIES, min_size=4, max_size=8)):
            assert ids(ask(grown, query)) == ids(ask(whole, query)), query


@pytest.mark.parametrize("make", ENGINES)
@given(corpus=CORPORA, query=st.one_of(st.just(""), QUERIES), size=st.integers(1, 5))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_paging_neither_repeats_nor_skips(
    make: Callable[[Path], Engine], corpus: list[dict[str, Any]], query: str, size: int
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        reader = reader_of(built(make, folder, [stored(str(n), **told) for n, told in enumerate(corpus)], 2))
        for sort in ("relevance", "newest", "oldest"):
            whole = ask(reader, query, Order(sort=sort, size=100))
            pages = [ask(reader, query, Order(sort, offset, size)) for offset in range(0, whole.total + size, size)]
            assert [match for page in pages for match in page.matches] == list(whole.matches)
            assert {page.total for page in pages} == {whole.total}
            assert pages[-1].matches == ()
