"""A newsroom of a few pages that a test may rewrite while it runs, and the ways to crawl it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from webserver import Answer, WebServer

from crawler.archive import Archive
from crawler.article import StoredArticle
from crawler.crawl import Crawl, CrawlOptions
from crawler.report import RunReport, SiteReport
from crawler.settings import Settings, load
from crawler.store import Store

TRATIN = Path(sys.executable).with_name("tratin")
PATTERN = r"article = '/tin-\d+\.html$'"
WORDS = "Nhà trường tổ chức hội nghị tổng kết năm học với sự tham gia của đông đảo cán bộ, giảng viên và sinh viên."


def article_page(n: int, words: str = WORDS) -> str:
    """The page of article `n`."""
    return (
        f"<html><head><title>Tin số {n}</title></head><body><h1>Tin số {n} của nhà trường</h1>"
        f"<p class='date'>08/01/2021 09:30</p><div class='content'><p>{words}</p>"
        f"<p>Đoạn thứ hai của bài {n}. {WORDS}</p></div></body></html>"
    )


def list_page(*links: str) -> str:
    """A page of links."""
    return "<html><body>" + "".join(f'<li><a href="{link}">Bài {link}</a></li>' for link in links) + "</body></html>"


def newsroom(count: int) -> dict[str, Answer]:
    """The routes of a site with one list and `count` articles."""
    articles = {f"/tin-{n}.html": Answer(article_page(n)) for n in range(1, count + 1)}
    return {"/": Answer(list_page(*articles)), **articles}


def settings_for(folder: Path, sites: Mapping[str, str], **crawler: object) -> Settings:
    """Write a tratin.toml in `folder` with the given [sites] tables (id to TOML lines), and load it."""
    told = {"delay": 0.0, "timeout": 5.0, "private_networks": "true"} | crawler
    lines = ["[crawler]", *(f"{name} = {value}" for name, value in told.items())]
    for name, text in sites.items():
        lines += [f"[sites.{name}]", f'name = "{name}"', text]
    (folder / "tratin.toml").write_text("\n".join(lines), encoding="utf-8")
    return load(folder / "tratin.toml", {})


def site_of(*servers: WebServer, rules: str = PATTERN) -> str:
    """The TOML lines of a site that begins at the root of each server."""
    return f"start = {[server.url() for server in servers]}\n{rules}"


@contextmanager
def opened(settings: Settings) -> Iterator[tuple[Store, Archive]]:
    """The store and the archive of these settings."""
    store, archive = Store(settings.data / "store.sqlite"), Archive(settings.data / "warc", "tratin/1.0")
    try:
        yield store, archive
    finally:
        archive.close()
        store.close()


def run(settings: Settings, options: CrawlOptions | None = None) -> RunReport:
    """Crawl all sites in this process."""
    with opened(settings) as (store, archive):
        made = Crawl(settings, settings.chosen(()), store, archive, options or CrawlOptions(1000))
        report = made.run()
        made.end(20)
        return report


def crawl(settings: Settings, options: CrawlOptions | None = None) -> SiteReport:
    """Crawl the only site in this process."""
    (site,) = run(settings, options).sites.values()
    return site


def stored(settings: Settings) -> dict[str, StoredArticle]:
    """All articles by the path of their address."""
    with opened(settings) as (store, _):
        return {"/" + (kept.article.url or "").split("/", 3)[3]: kept for kept in store.changes(0)}


def start_tratin(settings: Settings, *arguments: str) -> subprocess.Popen[str]:
    """Start the real command."""
    return subprocess.Popen(
        [TRATIN, "--config", settings.file, *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ | {"PYTHONWARNINGS": "error"},
    )  # fmt: skip


def tratin(settings: Settings, *arguments: str) -> tuple[int, str, str]:
    """Run the real command to its end: the exit code, the output, the errors."""
    with start_tratin(settings, *arguments) as process:
        out, errors = process.communicate(timeout=30)
    assert "Traceback" not in errors, errors
    return process.returncode, out, errors
