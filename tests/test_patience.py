"""How long to wait, and whether: tables."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from crawler.archive import Exchange
from crawler.article import Page
from crawler.fetch import Failed, Fetched, Refused
from crawler.patience import LONGEST_PUT_OFF, LONGEST_WAIT, backoff, told_wait, try_later

NOW = datetime(2026, 11, 23, 9, 0, 0, tzinfo=UTC)


def page(status: int, **headers: str) -> Page:
    return Page(
        "https://vui.edu.vn/", NOW, status, {name.replace("_", "-"): told for name, told in headers.items()}, b""
    )


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        ("0", 0),
        ("120", 120),
        (" 7 ", 7),
        ("007", 7),
        ("86400", 86_400),
        ("9" * 12, LONGEST_PUT_OFF),
        ("9" * 5000, LONGEST_PUT_OFF),
        ("Mon, 23 Nov 2026 09:02:00 GMT", 120),
        ("Mon, 23 Nov 2026 16:02:00 +0700", 120),
        ("Monday, 23-Nov-26 09:02:00 GMT", 120),
        ("Mon Nov 23 09:02:00 2026", 120),
        ("Mon, 23 Nov 2026 08:59:59 GMT", 0),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
        ("Wed, 23 Nov 2033 09:00:00 GMT", LONGEST_PUT_OFF),
        ("Fri, 31 Dec 9999 23:59:59 GMT", LONGEST_PUT_OFF),
        ("", None),
        ("-5", None),
        ("+5", None),
        ("1.5", None),
        ("1e3", None),
        ("nan", None),
        ("٣", None),
        ("120, 120", None),
        ("two minutes", None),
        ("5 phút", None),
        ("Mon, 32 Nov 2026 09:02:00 GMT", None),
        ("Mon, 23 Nov 2026 25:02:00 GMT", None),
        ("Mon, 23 Nov 99999 09:02:00 GMT", None),
        ("2026-11-23T09:02:00Z", None),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
def test_retry_after(status: int, told: str, seconds: float | None) -> None:
    assert told_wait(page(status, retry_after=told), NOW) == seconds


@pytest.mark.parametrize("status", [200, 301, 302, 404, 500, 502])
def test_other_answers_do_not_ask_for_patience(status: int) -> None:
    assert told_wait(page(status, retry_after="120"), NOW) is None


def test_no_header_asks_for_nothing() -> None:
    assert told_wait(page(503), NOW) is None


def test_retry_after_counts_from_now() -> None:
    told = page(503, retry_after="Mon, 23 Nov 2026 09:02:00 GMT")
    assert told_wait(told, NOW + timedelta(seconds=30)) == 90
    assert told_wait(told, (NOW + timedelta(seconds=30)).astimezone()) == 90


@pytest.mark.parametrize(
    ("attempt", "least", "middle", "most"),
    [(0, 0.5, 1, 1.5), (1, 1, 2, 3), (2, 2, 4, 6), (5, 16, 32, 48), (9, LONGEST_WAIT, LONGEST_WAIT, LONGEST_WAIT)],
)
def test_back_off_doubles_and_spreads(attempt: int, least: float, middle: float, most: float) -> None:
    assert (backoff(attempt, 0.0), backoff(attempt, 0.5)) == (least, middle)
    assert backoff(attempt, 1 - 2**-53) == pytest.approx(most)


def test_back_off_has_an_end() -> None:
    assert backoff(10_000, 0.5) == LONGEST_WAIT


@pytest.mark.parametrize(
    ("status", "later"),
    [(200, False), (301, False), (304, False), (403, False), (404, False), (408, True), (410, False), (429, True),
     (500, True), (501, False), (502, True), (503, True), (504, True), (505, False)],
)  # fmt: skip
def test_what_may_work_after_a_while(status: int, later: bool) -> None:
    assert try_later(Fetched(Exchange(page(status), "", (), ()))) is later


def test_a_failure_may_pass_and_a_refusal_does_not() -> None:
    assert try_later(Failed("connection refused"))
    assert not try_later(Refused("longer than 10,000,000 bytes"))
