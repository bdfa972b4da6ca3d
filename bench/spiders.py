"""The peers of the crawler's benchmark: Scrapy spiders of the sites of the tratin.toml here.

    PYTHON bench/spiders.py same|plain OUT.jsonl

`same` makes the product's own BeautifulSoup calls; `plain` picks three fields by selector, as a spider written for one
site does. PYTHON has Scrapy and this project.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

from bs4 import BeautifulSoup
from newsrooms import AGENT, ARTICLE, HOSTS
from scrapy import Request, Spider  # type: ignore[import-not-found]
from scrapy.crawler import CrawlerProcess  # type: ignore[import-not-found]

Read = Callable[[Any], tuple[dict[str, Any] | None, list[str]]]  # a response: its article, what is to be followed


def main(kind: str, out: Path) -> None:
    """Crawl the sites, one request at a time to each host."""
    roots = [
        site["start"][0] for site in tomllib.loads(Path("tratin.toml").read_text(encoding="utf-8"))["sites"].values()
    ]
    process = CrawlerProcess(
        {
            "USER_AGENT": AGENT,
            "ROBOTSTXT_OBEY": True,
            "CONCURRENT_REQUESTS": 2 * HOSTS,
            "CONCURRENT_REQUESTS_PER_DOMAIN": 1,
            "DOWNLOAD_DELAY": 0,
            "TELNETCONSOLE_ENABLED": False,
            "LOG_LEVEL": "WARNING",
            "FEEDS": {str(out): {"format": "jsonlines", "encoding": "utf8"}},
        }
    )
    process.crawl(News, roots=roots, read=_alike() if kind == "same" else _plainly)
    process.start()


class News(Spider):  # type: ignore[misc]
    """Begins at the roots, and follows what `read` says."""

    name = "news"
    roots: list[str]
    read: Read

    async def start(self) -> Any:
        """Ask for the home pages."""
        for root in self.roots:
            yield self._request(root)

    def parse(self, response: Any) -> Iterator[Any]:
        """Give the article of a page, and follow its links."""
        item, urls = self.read(response)
        if item:
            yield item
        yield from map(self._request, urls)

    def _request(self, url: str) -> Any:
        # By itself Scrapy takes all ports of an address for one host.
        return Request(url, meta={"download_slot": urlsplit(url).netloc})


def _alike() -> Read:
    """Read by the product's own functions, which the other spider does not load."""
    from crawler import discover
    from crawler.article import Page
    from crawler.extract import extract, parse
    from crawler.settings import load
    from crawler.urls import kind_of

    sites = {host: site for site in load(Path("tratin.toml"), {}).sites.values() for host in site.allowed_hosts}

    def read(response: Any) -> tuple[dict[str, Any] | None, list[str]]:
        site = sites[urlsplit(response.url).netloc]
        headers = {name.decode().lower(): b", ".join(values).decode() for name, values in response.headers.items()}
        page = Page(response.url, datetime.now(UTC), response.status, headers, response.body)
        document = parse(page)
        is_article = kind_of(page.url, site) == "article"
        article = extract(document, page, site).article if is_article else None
        found = [*discover.links(document.soup, page.url), *discover.feeds(document.soup, page.url)]
        wanted = {"article"} if is_article else {"article", "list"}
        return article.document() if article else None, [url for url in found if kind_of(url, site) in wanted]

    return read


def _plainly(response: Any) -> tuple[dict[str, Any] | None, list[str]]:
    """Read by three selectors that know the page."""
    soup = BeautifulSoup(response.text, "lxml")
    root = urljoin(response.url, "/")
    found = (urljoin(response.url, str(a["href"])) for a in soup.find_all("a", href=True))
    urls = [url for url in found if re.match(rf"{root}($|bai-viet/|chuyen-muc/)", url)]
    if ARTICLE not in response.url:
        return None, urls
    title, when, body = (soup.select(selector)[0] for selector in ("h1.tieu-de", "time.ngay-dang", "div.noi-dung"))
    text = "\n".join(p.get_text(" ", strip=True) for p in body.find_all("p"))
    item = {"url": response.url, "title": title.get_text(strip=True), "published": when["datetime"], "body": text}
    return item, [url for url in urls if ARTICLE in url]


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
