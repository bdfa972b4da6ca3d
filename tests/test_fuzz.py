"""20,000 pages that are broken in every way: nothing raises, each takes less than a second, what is found is sound.

`python tests/test_fuzz.py NUMBER` writes the page of that number, to look at; `python tests/test_fuzz.py NUMBER NUMBER`
tries the numbers from the first up to the second.
"""

from __future__ import annotations

import gc
import json
import multiprocessing
import re
import signal
import sys
import time
import traceback
import unicodedata
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from itertools import chain
from pathlib import Path
from types import FrameType
from urllib.parse import urlsplit

from mutations import mutated

from crawler import discover
from crawler.article import VIETNAM, Article, Page, article_id
from crawler.extract import Document, extract, parse
from crawler.extract.candidates import candidates
from crawler.extract.judge import says_missing
from crawler.extract.markup import decode
from crawler.settings import Profile, Site
from crawler.urls import canonical

HERE = Path(__file__).parent
PAGES = 20_000
HEAVY = (
    97  # of so many pages one is large; it and the two below have no factor in common, so that all is tried with all
)
LISTED = 11  # of so many pages one has its candidates listed
SECONDS = 1.0  # of processor time for one page, all that a crawl does with it together
ENDLESS = 20.0  # after so many what is done is ended, so that a failure names the page
BATCH = 500  # pages; half a second's work of a process
URL = "http://127.0.0.1:1/bai/1.html"
NOW = datetime(2021, 1, 10, 12, 0, tzinfo=VIETNAM)
INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060\ufeff]")

SITE = Site(name="Trường Đại học Thử nghiệm", start=("http://127.0.0.1:1/",)).model_copy(update={"id": "thu"})
ANY = SITE.model_copy(update={"article": "bai"})  # what a pattern decides is not judged: more pages give an article
LOOK = Profile(
    valid_from=date(2015, 1, 1), title="h1, h2", lead="p", body="div", published="time, .date", author="a, b",
    category="li", remove=(".menu", "table"),
)  # fmt: skip
SITES = (SITE, ANY, ANY, ANY.model_copy(update={"profile": (LOOK,)}))


@dataclass
class Tried:
    """What came of some pages: what is wrong by the page's number, and how many gave what."""

    wrong: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    slowest: tuple[float, int] = (0.0, 0)


@cache
def sound_pages() -> tuple[str, ...]:
    """The pages that are mutated, some of which are not in UTF-8."""
    files = chain((HERE / "pages").glob("*.html"), (HERE / "golden").glob("*.html"))
    return tuple(decode(file.read_bytes())[0] for file in sorted(files))


def page_of(number: int) -> Page:
    body, content_type = mutated(sound_pages(), number, heavy=number % HEAVY == 0)
    return Page(URL, NOW, 200, {"content-type": content_type}, body)


def tried(first: int, last: int) -> Tried:
    """Try the pages from `first` up to `last`."""
    signal.signal(signal.SIGPROF, _give_up)
    gc.disable()  # as the process does that reads pages for the crawl
    done = Tried()
    for number in range(first, last):
        page, started, seconds = page_of(number), time.process_time(), 0.0
        signal.setitimer(signal.ITIMER_PROF, ENDLESS)
        try:
            faults = list(_faults(page, number, done.counts))
            seconds = time.process_time() - started
            if number % LISTED == 0:
                candidates(parse(page), page, SITES[number % len(SITES)])
        except Exception:
            faults = [traceback.format_exc(limit=-4)]
        signal.setitimer(signal.ITIMER_PROF, 0)
        if seconds > SECONDS:
            faults.append(f"took {seconds:.1f} s")
        done.wrong += (f"page {number}: {fault}" for fault in faults)
        done.slowest = max(done.slowest, (seconds, number))
        if number % 50 == 0:
            gc.collect()
    return done


def _give_up(_number: int, _frame: FrameType | None) -> None:
    raise TimeoutError


def _faults(page: Page, number: int, counts: Counter[str]) -> Iterator[str]:
    """What is wrong with what is found in `page`."""
    document, site = parse(page), SITES[number % len(SITES)]
    told = extract(document, page, site)
    says_missing(document, site, told.article)
    counts["pages"] += 1
    counts[told.reason or "articles"] += 1
    if told.article:
        yield from _unsound(told.article)
        counts["dated"] += told.article.published is not None
    for url in _addresses(document, page.url):
        if canonical(url) != url or urlsplit(url).scheme not in {"http", "https"} or not urlsplit(url).hostname:
            yield f"no canonical address: {url!r}"


def _addresses(document: Document, url: str) -> list[str]:
    list(discover.too_long(document.soup))
    return [
        *discover.links(document.soup, url),
        *discover.next_pages(document.soup, url),
        *discover.feeds(document.soup, url),
    ]


def _unsound(article: Article) -> Iterator[str]:
    """What no article may have, whatever page it is of."""
    url = article.url or ""
    if canonical(url) != url or article.id != article_id(url):
        yield f"address or id: {article.url!r}, {article.id!r}"
    for name, text in _texts(article):
        if why := _unclean(text):
            yield f"{name}: {why} in {text!r}"
    for line in article.body.split("\n"):
        if why := _unclean(line):
            yield f"body: {why} in {line!r}"
    for linked in (*article.images, *article.attachments):
        if canonical(linked.url) != linked.url:
            yield f"no canonical address: {linked.url!r}"
    if why := _misdated(article):
        yield f"published {article.published!r}: {why}"
    if Article.from_document(json.loads(json.dumps(article.document()))) != article:
        yield "it is another one after JSON"


def _texts(article: Article) -> Iterator[tuple[str, str]]:
    """The texts of one line."""
    for name in ("title", "lead", "author", "category", "published_source"):
        if (text := getattr(article, name)) is not None:
            yield name, text
    yield from (("tags", tag) for tag in article.tags)
    yield from (("captions", image.caption) for image in article.images if image.caption is not None)
    yield from (("attachments", file.title) for file in article.attachments if file.title is not None)


def _unclean(text: str) -> str | None:
    """Why `text` is no clean line."""
    if not text or text != text.strip():
        return "nothing, or white space around it"
    if not unicodedata.is_normalized("NFC", text):
        return "not NFC"
    if any(unicodedata.category(letter) in {"Cc", "Cs"} for letter in text) or INVISIBLE.search(text):
        return "a control or an invisible character"
    return None


def _misdated(article: Article) -> str | None:
    """Why the date is none."""
    told, precision = article.published, article.published_precision
    if told is None or precision is None:
        return None if (told, precision, article.published_source) == (None, None, None) else "half a date"
    latest = NOW + timedelta(days=1)
    if precision == "day":
        return None if date(1990, 1, 1) <= date.fromisoformat(told) <= latest.date() else "too early or too late"
    when = datetime.fromisoformat(told)
    return None if when.utcoffset() is not None and when <= latest else "without an offset, or in the future"


def test_whatever_a_page_is_made_of() -> None:
    batches = range(0, PAGES, BATCH)
    # Not forked: the thread that feeds the processes would be copied in the middle of what it does.
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as pool:
        done = list(pool.map(tried, batches, [first + BATCH for first in batches]))
    wrong, counts = [fault for some in done for fault in some.wrong], sum((some.counts for some in done), Counter())
    assert not wrong, "\n".join([f"{len(wrong)} faults", *wrong[:20]])
    assert counts["pages"] == PAGES
    assert counts["articles"] > PAGES / 4  # else nothing was looked at
    assert counts["dated"] > PAGES / 8


if __name__ == "__main__":
    numbers = [int(number) for number in sys.argv[1:]]
    if len(numbers) == 1:
        sys.stdout.buffer.write(page_of(numbers[0]).body)
    else:
        result = tried(*numbers)
        sys.stdout.write("\n".join([*result.wrong, str(result.counts), f"slowest: {result.slowest}\n"]))
