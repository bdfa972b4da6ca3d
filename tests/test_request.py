"""Reading a search from parameters: every fault is named, nothing is guessed, and a cursor is what we gave out."""

from __future__ import annotations

import base64
import json
from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.request import MAX_TEXT, BadRequestError, cursor, parameters_of, read
from indexer.results import MAX_SIZE, SORTS, SearchRequest

REQUESTS = st.builds(
    SearchRequest,
    q=st.text(max_size=30).filter(lambda text: not text or text.strip()),
    sites=st.lists(st.sampled_from(("vui", "hust", "uit")), unique=True).map(tuple),
    categories=st.lists(st.text(min_size=1, max_size=9).filter(str.strip), unique=True).map(tuple),
    author=st.sampled_from(("", "Nguyễn Lan")),
    first_day=st.none() | st.dates(),
    last_day=st.none() | st.dates(),
    sort=st.sampled_from(SORTS),
    size=st.integers(1, MAX_SIZE),
    facets=st.booleans(),
)


def faults(**parameters: list[str]) -> list[tuple[str, str]]:
    with pytest.raises(BadRequestError) as caught:
        read({name.rstrip("_"): values for name, values in parameters.items()})
    assert caught.value.exit_code == 2
    assert all(fault.param in fault.detail for fault in caught.value.faults)
    assert all(fault.detail in str(caught.value) for fault in caught.value.faults)
    return [(fault.param, fault.code) for fault in caught.value.faults]


def gathered(request: SearchRequest) -> dict[str, list[str]]:
    parameters: dict[str, list[str]] = {}
    for name, value in parameters_of(request):
        parameters.setdefault(name, []).append(value)
    return parameters


def test_nothing_is_everything() -> None:
    assert read({}) == SearchRequest()
    assert read({"q": [""], "site": [], "from": ["  "], "cursor": [""]}) == SearchRequest()


def test_every_parameter() -> None:
    asked = read(
        {
            "q": ["đại học"], "site": ["vui", "hust", "vui"], "category": ["Tin, tức"], "author": ["Lan"],
            "from": ["2020-01-31"], "to": ["2021-02-28"], "sort": ["oldest"], "size": ["100"], "facets": ["false"],
        }
    )  # fmt: skip
    assert asked == SearchRequest(
        q="đại học",
        sites=("vui", "hust"),
        categories=("Tin, tức",),
        author="Lan",
        first_day=date(2020, 1, 31),
        last_day=date(2021, 2, 28),
        sort="oldest",
        size=100,
        facets=False,
    )


@pytest.mark.parametrize(
    ("name", "values", "code"),
    [
        ("colour", ["red"], "unknown"),
        ("Q", ["học"], "unknown"),
        ("offset", ["10"], "unknown"),
        ("", [""], "unknown"),
        ("q", ["a", "b"], "repeated"),
        ("size", ["5", "5"], "repeated"),
        ("cursor", ["a", "b"], "repeated"),
        ("q", ["x" * (MAX_TEXT + 1)], "too_long"),
        ("category", ["x", "y" * (MAX_TEXT + 1)], "too_long"),
        ("from", ["2021-02-29"], "invalid"),
        ("from", ["20210101"], "invalid"),
        ("from", ["2021-W01-1"], "invalid"),
        ("to", ["8/1/2021"], "invalid"),
        ("to", ["2021-01-08T00:00"], "invalid"),
        ("to", ["٢٠٢١-٠١-٠١"], "invalid"),
        ("sort", ["best"], "invalid"),
        ("sort", ["Newest"], "invalid"),
        ("size", ["0"], "invalid"),
        ("size", ["101"], "invalid"),
        ("size", ["-1"], "invalid"),
        ("size", ["1.0"], "invalid"),
        ("size", ["٣"], "invalid"),
        ("size", ["9" * 5000], "too_long"),
        ("size", ["9" * 900], "invalid"),
        ("facets", ["yes"], "invalid"),
        ("cursor", ["nonsense"], "invalid"),
        ("cursor", ["Ä"], "invalid"),
    ],
)
def test_one_fault(name: str, values: list[str], code: str) -> None:
    assert faults(**{name: values}) == [(name, code)]


def test_all_faults_at_once() -> None:
    told = faults(colour=["red"], from_=["x"], to=["y"], size=["0"], q=["a", "b"], sort=["?"], facets=["1"])
    assert set(told) == {
        ("colour", "unknown"), ("from", "invalid"), ("to", "invalid"), ("size", "invalid"), ("q", "repeated"),
        ("sort", "invalid"), ("facets", "invalid"),
    }  # fmt: skip


@given(REQUESTS)
def test_parameters_round_trip(request: SearchRequest) -> None:
    assert read(gathered(request)) == request


@given(REQUESTS, st.integers(0, 10**6), st.integers(0, 10**9 - 1))
def test_a_cursor_goes_on_where_it_points(request: SearchRequest, generation: int, offset: int) -> None:
    place = cursor(request, generation, offset)
    assert place.isascii()
    assert set(place) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
    asked = read(gathered(request) | {"cursor": [place]})
    assert (asked.generation, asked.offset, asked.q, asked.sort) == (generation, offset, request.q, request.sort)


@pytest.mark.parametrize(
    "other",
    [
        {"q": ["khác"]}, {"site": ["vui"]}, {"category": ["x"]}, {"author": ["x"]}, {"from": ["2020-01-01"]},
        {"to": ["2020-01-01"]}, {"sort": ["newest"]},
    ],
)  # fmt: skip
def test_a_cursor_of_another_search_is_refused(other: dict[str, list[str]]) -> None:
    place = cursor(SearchRequest(q="học"), 3, 10)
    with pytest.raises(BadRequestError, match="another search"):
        read({"q": ["học"]} | other | {"cursor": [place]})


def test_a_cursor_may_go_on_with_another_size_and_without_facets() -> None:
    place = cursor(SearchRequest(q="học"), 3, 10)
    assert read({"q": ["học"], "size": ["50"], "facets": ["false"], "cursor": [place]}).offset == 10


def forged(told: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(told).encode()).decode()


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
GARBAGE = st.one_of(
    st.text(max_size=40),
    st.text("ABCabc012-_=", max_size=40),
    st.binary(max_size=40).map(lambda raw: base64.urlsafe_b64encode(raw).decode()),
    st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=4), max_leaves=5).map(forged),
    st.lists(SCALARS, min_size=3, max_size=3).map(forged),
)


@given(GARBAGE)
def test_a_garbage_cursor_is_a_bad_request_and_nothing_else(text: str) -> None:
    with suppress(BadRequestError):
        assert read({"cursor": [text]}).offset == 0
        assert not text.strip()


@pytest.mark.parametrize(
    "told",
    [
        [True, 0, ""], [1, False, ""], [1.0, 0, ""], [-1, 0, ""], [1, -1, ""], ["1", 0, ""], [1, 0], [1, 0, "", 0],
        {"a": 1, "b": 2, "c": 3}, "abc", None, 7,
    ],
)  # fmt: skip
def test_a_forged_cursor_is_refused(told: object) -> None:
    assert faults(cursor=[forged(told)]) == [("cursor", "invalid")]


@pytest.mark.parametrize(
    ("generation", "offset"), [(10**300, 0), (1, 10**300), (True, 0), (1, False), (-1, 0), (1, -1)]
)
def test_a_forged_cursor_of_the_right_search_is_refused(generation: int, offset: int) -> None:
    assert faults(q=["học"], cursor=[cursor(SearchRequest(q="học"), generation, offset)]) == [("cursor", "invalid")]


@pytest.mark.parametrize("text", ["[" * 700, "9" * 700, "{" * 700])
def test_a_nested_or_endless_cursor_is_refused(text: str) -> None:
    assert faults(cursor=[base64.urlsafe_b64encode(text.encode()).decode()]) == [("cursor", "invalid")]
