"""Find addresses: in a page's links, in sitemaps and in feeds. Pure; which of them are wanted is for `urls.kind_of`."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO

import feedparser
from bs4 import BeautifulSoup
from lxml import etree

from crawler.article import VIETNAM
from crawler.urls import canonical

FEED_TYPES = frozenset({"application/rss+xml", "application/atom+xml", "application/rdf+xml"})
MAX_SITEMAP = 52_428_800  # bytes unpacked, the sitemap protocol's own limit
MAX_ENTRIES = 50_000  # and its limit on the entries of one file
MAX_FEED = 2_000_000  # bytes; feedparser expands entities, so the input is kept small
COMMON_SITEMAPS = ("/sitemap.xml", "/sitemap_index.xml")


@dataclass(frozen=True, slots=True)
class SitemapEntry:
    """A line of a sitemap; `modified` is an aware instant, None where none or nonsense is given."""

    url: str
    modified: datetime | None


@dataclass(frozen=True, slots=True)
class Sitemap:
    """What one sitemap file names: pages, and further sitemaps."""

    entries: tuple[SitemapEntry, ...] = ()
    nested: tuple[str, ...] = ()


def links(soup: BeautifulSoup, url: str) -> list[str]:
    """The canonical addresses that the page at `url` links to, each once, in order."""
    base = base_of(soup, url)
    found = (canonical(str(a["href"]), base) for a in soup.find_all("a", href=True) if "nofollow" not in _rel(a))
    return list(dict.fromkeys(link for link in found if link))


def feeds(soup: BeautifulSoup, url: str) -> list[str]:
    """The canonical addresses of the feeds that the page at `url` declares."""
    base = base_of(soup, url)
    declared = soup.find_all("link", rel="alternate", href=True)
    found = (canonical(str(link["href"]), base) for link in declared if str(link.get("type", "")).lower() in FEED_TYPES)
    return list(dict.fromkeys(feed for feed in found if feed))


def base_of(soup: BeautifulSoup, url: str) -> str:
    """The address that relative links of the page at `url` start from."""
    base = soup.find("base", href=True)
    return (base and canonical(str(base["href"]), url)) or url


def _rel(element: object) -> list[str]:
    rel = element.get("rel") or []  # type: ignore[attr-defined]
    return [word.lower() for word in ([rel] if isinstance(rel, str) else rel)]


def sitemap(body: bytes) -> Sitemap:
    """Read a sitemap or an index of sitemaps, plain text or XML, gzip or not; what cannot be read gives nothing."""
    text = _unpacked(body).lstrip(b"\xef\xbb\xbf \t\r\n")  # XML forbids what some plug-ins write before it
    if not text.startswith(b"<"):
        lines = text.decode("utf-8", errors="replace").split()
        return Sitemap(entries=tuple(SitemapEntry(url, None) for line in lines if (url := canonical(line))))
    pages, nested = [], []
    for name, url, modified in _entries(text):
        if name == "sitemap":
            nested.append(url)
        else:
            pages.append(SitemapEntry(url, modified))
    return Sitemap(tuple(pages), tuple(dict.fromkeys(nested)))


def _unpacked(body: bytes) -> bytes:
    """At most the sitemap protocol's limit of what `body` inflates to."""
    if not body.startswith(b"\x1f\x8b"):
        return body[:MAX_SITEMAP]
    try:
        with gzip.GzipFile(fileobj=BytesIO(body)) as stream:
            return stream.read(MAX_SITEMAP)
    except (OSError, EOFError, zlib.error):
        return b""


def _entries(text: bytes) -> Iterator[tuple[str, str, datetime | None]]:
    """The `url` and `sitemap` elements, with what they hold; ends where the XML is broken."""
    events = etree.iterparse(
        BytesIO(text), events=("end",), resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    count = 0
    try:
        for _, element in events:
            name = etree.QName(element).localname if isinstance(element.tag, str) else ""
            if name not in {"url", "sitemap"}:
                continue
            told = {etree.QName(child).localname: child.text for child in element if isinstance(child.tag, str)}
            url = canonical(told.get("loc") or "")
            if url:
                yield name, url, moment(told.get("lastmod"))
            element.clear()
            count += 1
            if count >= MAX_ENTRIES:
                return
    except etree.XMLSyntaxError:
        return


def moment(text: str | None) -> datetime | None:
    """Read a W3C date and time; local time in Vietnam where no zone is given, None for anything else."""
    try:
        read = datetime.fromisoformat((text or "").strip())
    except ValueError:
        return None
    return read if read.tzinfo else read.replace(tzinfo=VIETNAM)


def feed_entries(body: bytes, url: str) -> list[str]:
    """The canonical addresses of the entries of the RSS, Atom or RDF feed at `url`; nothing for anything else."""
    parsed = feedparser.parse(BytesIO(body[:MAX_FEED]))  # bytes alone might be taken for an address
    found = (canonical(entry["link"], url) for entry in parsed.entries if entry.get("link"))
    return list(dict.fromkeys(link for link in found if link))
