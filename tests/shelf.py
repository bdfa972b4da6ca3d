"""A store with its archive as visits of a crawl fill them, without a network: for what works on both afterwards."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from crawler import reader
from crawler.archive import Archive, Exchange
from crawler.article import Page, StoredArticle, article_id
from crawler.frontier import Lead
from crawler.reading import Reading, Task
from crawler.settings import Settings, Site
from crawler.store import Store, instant

ROOT = "https://vui.example.edu.vn"
FETCHED = datetime(2021, 6, 1, 2, 0, tzinfo=UTC)
RULES = f"""start = ["{ROOT}/"]
article = '/tin-\\d+\\.html$'
[[sites.vui.profile]]
title = "h1.tieu-de"
published = "time.ngay"
"""
PARAGRAPH = "Đoàn công tác của nhà trường đã đến thăm và làm việc với các doanh nghiệp trong khu công nghiệp Thụy Vân."


def page(n: int, *, title: str = "h1 class='tieu-de'", date: str = "<time class='ngay'>08/01/2021</time>",
         paragraphs: int = 6) -> str:  # fmt: skip
    """The page of article `n`; `date` is the HTML of its date, `title` the tag of its headline."""
    text = "".join(f"<p>Đoạn {k} của bài {n}. {PARAGRAPH}</p>" for k in range(paragraphs))
    head = f"<{title}>Bài viết số {n} của phòng truyền thông</{title.split()[0]}>" if title else ""
    return f"<html><body>{head}{date}<div class='noi-dung'>{text}</div></body></html>"


def undated(n: int) -> str:
    """The same page after a redesign that hides the date."""
    return page(n, date="")


def empty(n: int) -> str:
    """The same page after a redesign that fills it by a script."""
    return f"<html><body><div id='app' data-id='{n}'></div><script src='/app.js'></script></body></html>"


def url_of(n: int) -> str:
    """The address of article `n`."""
    return f"{ROOT}/tin-{n}.html"


@dataclass
class Shelf:
    """The store and the archive of the only site of `settings`, and the run that visits it now."""

    settings: Settings
    store: Store
    archive: Archive
    run: int = 0

    @property
    def site(self) -> Site:
        """The only site."""
        return self.settings.sites["vui"]

    def begin(self, now: datetime = FETCHED) -> int:
        """Begin a run."""
        self.run = self.store.start_run(instant(now))
        return self.run

    def visit(self, n: int, html: str, *, now: datetime = FETCHED, status: int = 200) -> Reading:
        """Do with a page what a crawl does: archive it, note the record, read it, keep its article."""
        url, body = url_of(n), html.encode()
        headers = {"content-type": "text/html; charset=utf-8"}
        response = Page(url, now, status, headers, body)
        location = self.archive.write(Exchange(response, "OK", (), tuple(headers.items())))
        record = self.store.add_record(url, instant(now), status, location)
        self.store.frontier.add(Lead(url, "article"), "vui", self.run)
        known = self.store.frontier.get(url)
        assert known is not None
        if status != 200:
            self.store.frontier.visited(replace(known, fetched=instant(now)), self.run)
            return Reading()
        reading = reader.read(Task(response, "vui", "article"), self.site)
        held = self.store.readings.drift("vui") is not None
        kept = self.store.put(reading.article, instant(now), location=record, held=held) if reading.article else None
        self.store.readings.add("vui", self.run, url, reading, kept)
        self.store.frontier.visited(
            replace(known, article=kept.id if kept else known.article, fetched=instant(now)), self.run
        )
        return reading

    def article(self, n: int) -> StoredArticle | None:
        """What readers get of article `n`."""
        return self.store.get(article_id(url_of(n)))

    def shown(self, numbers: range) -> set[int]:
        """Those of the articles that readers get."""
        return {n for n in numbers if self.article(n)}
