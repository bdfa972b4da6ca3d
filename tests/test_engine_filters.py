"""The contract of every engine, third part: filters, facets and the order by day."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from engines import ENGINES, ask, found, indexed, stored

from indexer.engine import Filters, Order, Reader
from indexer.query import Everything

ARTICLES = [
    stored("a", title="Tin một", site="vui", category="Đào tạo", author="Nguyễn Lan", published="2021-01-07"),
    stored("b", title="Tin hai", site="vui", category="Tin tức", author="Lan Anh", published="2021-01-07T18:30:00Z"),
    stored("c", title="Tin ba", site="hust", category="Đào tạo", author="Trần Lan Nguyễn",
           published="2021-01-09T00:10:00+07:00"),
    stored("d", title="Tin bốn", site="hust", published="2020-12-31T23:59:59+07:00"),
    stored("e", title="Tin năm", site="hust", category="đào tạo", published="2020-12-31T16:59:59-01:00"),
    stored("f", title="Tin sáu", site="uit", category="Đào tạo"),
    stored("g", title="Khác", site="uit", category="Khác", author="Nguyễn Lan", published="2019-05-05"),
]  # fmt: skip
TIN = set("abcdef")


@pytest.fixture(scope="module", params=ENGINES)
def reader(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Reader:
    return indexed(request.param(tmp_path_factory.mktemp("index")), *ARTICLES)


def day(text: str) -> date:
    return date.fromisoformat(text)


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        ({}, "abcdef"),
        ({"sites": ("vui",)}, "ab"),
        ({"sites": ("vui", "uit")}, "abf"),
        ({"sites": ("nowhere",)}, ""),
        ({"categories": ("Đào tạo",)}, "acf"),
        ({"categories": ("Đào tạo", "Tin tức"), "sites": ("vui",)}, "ab"),
        ({"author": "lan"}, "abc"),
        ({"author": "Nguyễn Lan"}, "a"),
        ({"author": "nguyen lan"}, "a"),
        ({"author": "lan", "sites": ("hust",)}, "c"),
        ({"author": "--"}, ""),
        ({"first_day": day("2021-01-08")}, "bc"),
        ({"last_day": day("2021-01-07")}, "ade"),
        ({"first_day": day("2021-01-08"), "last_day": day("2021-01-08")}, "b"),
        ({"first_day": day("2021-01-01"), "last_day": day("2021-01-01")}, "e"),
        ({"first_day": day("2020-01-01"), "last_day": day("2020-12-31")}, "d"),
        ({"first_day": day("2021-01-09"), "last_day": day("2021-01-08")}, ""),
        ({"first_day": date.min, "last_day": date.max}, "abcde"),
    ],
)
def test_filters(reader: Reader, filters: dict[str, Any], names: str) -> None:
    assert set(found(reader, "tin", **filters)) == set(names)


def test_facets_count_every_value_of_the_matches(reader: Reader) -> None:
    assert ask(reader, "tin").facets == {
        "site": {"vui": 2, "hust": 3, "uit": 1},
        "category": {"Đào tạo": 3, "Tin tức": 1, "đào tạo": 1},
        "year": {"2021": 4, "2020": 1},
    }


def test_a_facet_heeds_all_filters_but_its_own(reader: Reader) -> None:
    facets = ask(reader, "tin", sites=("vui",), categories=("Đào tạo",)).facets
    assert facets == {
        "site": {"vui": 1, "hust": 1, "uit": 1},
        "category": {"Đào tạo": 1, "Tin tức": 1},
        "year": {"2021": 1},
    }
    year = {"first_day": day("2020-01-01"), "last_day": day("2020-12-31")}
    assert ask(reader, "tin", **year).facets == {"site": {"hust": 1}, "category": {}, "year": {"2021": 4, "2020": 1}}
    assert ask(reader, "", author="lan").facets["site"] == {"vui": 2, "hust": 1, "uit": 1}


def test_facets_can_be_left_out(reader: Reader) -> None:
    assert reader.search(Everything(), Filters(), Order(), facets=False).facets == {}


@pytest.mark.parametrize(("sort", "names"), [("newest", "cbaedgf"), ("oldest", "gdeabcf"), ("relevance", "cbaedgf")])
def test_order_by_day_has_the_undated_last(reader: Reader, sort: Any, names: str) -> None:
    answer = ask(reader, "", Order(sort=sort, size=100))
    assert "".join(match.id for match in answer.matches) == names


def test_a_page_beyond_the_end_is_empty_and_knows_the_total(reader: Reader) -> None:
    answer = ask(reader, "tin", Order(offset=6, size=10))
    assert (answer.total, answer.matches) == (6, ())
    assert answer.facets == ask(reader, "tin").facets
