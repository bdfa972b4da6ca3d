"""Find addresses: in a page's links, in sitemaps and in feeds. Pure; which of them are wanted is for `urls.verdict`."""

from __future__ import annotations

from crawler.discover.entry import SitemapEntry
from crawler.discover.pages import base_of, feeds, links, next_pages, too_long
from crawler.discover.sitemaps import sitemap
from crawler.discover.syndication import feed_entries

__all__ = [
    "SitemapEntry",
    "base_of",
    "feed_entries",
    "feeds",
    "links",
    "next_pages",
    "sitemap",
    "too_long",
]
