"""Read sitemaps: XML, text, indexes of sitemaps, and feeds that serve as one (https://www.sitemaps.org/protocol.html)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

from crawler.discover.entry import SitemapEntry, moment
from crawler.discover.records import UNKNOWN, records, whole
from crawler.discover.syndication import FEED, feed_entries
from crawler.discover.unpacked import DamageError, texts
from crawler.urls import canonical

MAX_SITEMAP = 52_428_800  # bytes unpacked, the sitemap protocol's own limit
MAX_ENTRIES = 50_000  # and its limit on the entries of one file

BEFORE = "\ufeff \t\r\n"  # XML forbids what some plug-ins write before it
# All that comes before the root is cut off: there, and only there, can entities be declared.
ROOT = re.compile(r"<(?:[\w.-]+:)?(?:urlset|sitemapindex|rss|feed|RDF)[\s>]", re.IGNORECASE)
NAMES = frozenset({"url", "sitemap"})
DATES = ("lastmod", "publication_date")  # the second is that of Google's news sitemaps
WANTED = frozenset({"loc", *DATES})
WORD = re.compile(r"\S+")


@dataclass(frozen=True, slots=True)
class Sitemap:
    """What one sitemap file names: pages, and further sitemaps; `fault` says why not all of it was read."""

    entries: tuple[SitemapEntry, ...] = ()
    nested: tuple[SitemapEntry, ...] = ()
    fault: str | None = None


def sitemap(body: bytes, now: datetime) -> Sitemap:
    """Read a sitemap of any kind, gzip or not; of one that is damaged or too long, what comes before that."""
    pages: list[SitemapEntry] = []
    nested: dict[str, SitemapEntry] = {}
    fault = None
    try:
        head, pieces = _opened(body)
        if FEED.match(head):
            return Sitemap(feed_entries(body, "", now))
        for count, (name, address, modified) in enumerate(_lines(head, pieces)):
            if count >= MAX_ENTRIES:
                raise DamageError(f"it has more than {MAX_ENTRIES:,} entries")
            if UNKNOWN in address or not (url := canonical(address)):
                continue
            entry = SitemapEntry(url, moment(modified, now))
            if name == "sitemap":
                nested.setdefault(url, entry)
            else:
                pages.append(entry)
    except DamageError as error:
        fault = str(error)
    return Sitemap(tuple(pages), tuple(nested.values()), fault)


def _opened(body: bytes) -> tuple[str, Iterator[str]]:
    """The first piece of the text, from the root element on where there is one; and all pieces."""
    pieces = texts(body, MAX_SITEMAP)
    head = next((text for piece in pieces if (text := piece.lstrip(BEFORE))), "")
    if root := ROOT.search(head):
        head = head[root.start() :]
    return head, chain((head,), pieces)


def _lines(head: str, pieces: Iterable[str]) -> Iterator[tuple[str, str, str | None]]:
    """What each line of a sitemap names (a url, a sitemap), its address, and when it was changed."""
    if not head.startswith("<"):
        yield from (("url", word[0], None) for line in whole(pieces, "\n") for word in WORD.finditer(line))
        return
    if not ROOT.match(head):
        raise DamageError("it is no sitemap, but other markup")
    for record in records(pieces, NAMES, WANTED):
        address = next((field.text for field in record.fields if field.name == "loc" and field.depth == 1), "")
        yield record.name, address, record.text(*DATES)
