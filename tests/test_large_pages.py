"""Pages of one construct, thousands of times: what they take grows with their length, not with its square.

Each case took 2 s to minutes, or raised, before it was mended.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date, datetime

import pytest
from bs4 import BeautifulSoup

from crawler import dates
from crawler.article import VIETNAM, Page
from crawler.discover import next_pages
from crawler.extract import Extraction, extract, parse
from crawler.settings import Profile, Site

SECONDS = 3.0  # of processor time; the longest takes 1 s, and half of the tests' machines are slow
NOW = datetime(2021, 1, 10, 12, 0, tzinfo=VIETNAM)
SITE = Site(name="Trường Đại học Thử nghiệm", start=("http://127.0.0.1:1/",), article="bai").model_copy(
    update={"id": "thu"}
)
TITLE = "Thông báo nghỉ học chiều thứ Sáu"
WORDS = "<p>Sinh viên toàn trường được nghỉ học chiều nay, theo lịch chung của nhà trường.</p>"
TEXT = "".join(WORDS.replace("chiều", part) for part in ("sáng", "trưa", "chiều", "tối"))

LARGE = {
    "5,000 boxes in each other": "<div>Sinh viên nghỉ học. " * 5000,
    "5,000 lists in each other": "<ul><li>Sinh viên " * 5000,
    "5,000 links in each other": "<div><a href=x>Sinh viên</a>" * 5000,
    "5,000 dates in each other": "<div class=date>08/01/2021 " * 5000,
    "5,000 names in each other": "<div itemprop=author>Sinh viên " * 5000,
    "3,000 boxes around 20,000 lines": "<div>" * 3000 + "Điện thoại: 04.123" + "<p>x</p>" * 20_000,
    "30,000 authors in one line": "<p>" + "<span class=author>Lê</span>" * 30_000,
    "2,000 titles in one line": "<p>" + "<span class=title>08/01/2021</span>" * 2000,
    "500,000 marks on one letter": "<p>a" + "\u0301\u0323" * 250_000,
    "600,000 nodes": f'<script type="application/ld+json">[{"{}," * 600_000}{{}}]</script>',
    "a megabyte of white space": f'<script type="application/ld+json">{{"a": 1{" " * 1_000_000}x</script>',
    "90,000 dates to come": f'<meta name=date content="{"08/01/2099 " * 90_000}">',
}


def read(inside: str, site: Site = SITE) -> Extraction:
    body = f"<html><head><meta charset=utf-8></head><body><h1>{TITLE}</h1>{TEXT}{inside}</body></html>"
    page = Page("http://127.0.0.1:1/bai/1.html", NOW, 200, {}, body.encode())
    return extract(parse(page), page, site)


def processor_seconds(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


@pytest.mark.parametrize("name", LARGE)
def test_what_is_large_takes_no_longer_than_what_is_long(name: str) -> None:
    assert processor_seconds(lambda: read(LARGE[name])) < SECONDS


def test_a_megabyte_of_dates_is_no_date_of_publication() -> None:
    text = "08/01/2099 10:30 " * 60_000
    assert processor_seconds(lambda: dates.find(text, NOW)) < SECONDS
    assert dates.find(text, NOW) is None


@pytest.mark.parametrize("nothing", ["&#8203;", "&#65279;", "\u200b \u200e", "&shy;", "&#1;"])
@pytest.mark.parametrize("element", ["span class=cuoi", "p", "div id=cuoi"])
def test_an_element_of_invisible_characters_at_the_end(nothing: str, element: str) -> None:
    article = read(f"<{element}>{nothing}").article
    assert article is not None
    assert (article.title, article.body.count("\n")) == (TITLE, 3)


def test_an_instruction_that_does_not_end() -> None:
    page = Page("http://127.0.0.1:1/bai/1.html", NOW, 200, {}, b"<?xml " * 1000)
    assert extract(parse(page), page, SITE).article is None


@pytest.mark.parametrize("empty", ["<i datetime=2021></i>", "<i content='&#8203;'></i>", "<i content=''></i>"])
def test_a_profiles_selector_that_finds_no_words(empty: str) -> None:
    look = Profile(valid_from=date(2015, 1, 1), title="i", lead="i", author="i", category="i")
    article = read(empty, SITE.model_copy(update={"profile": (look,)})).article
    assert article is not None
    assert (article.title, article.lead, article.author, article.category) == (TITLE, None, None, None)


def test_names_of_a_megabyte_around_many_links() -> None:
    soup = BeautifulSoup(f'<div class="{"phan" * 200_000}">{"<a href=/x2>2</a>" * 500}</div>', "lxml")
    assert processor_seconds(lambda: next_pages(soup, "http://127.0.0.1:1/")) < SECONDS
