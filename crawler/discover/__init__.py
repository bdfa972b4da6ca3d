"""Find addresses: in a page's links, in sitemaps and in feeds. Pure; which of them are wanted is for `urls.verdict`."""

from __future__ import annotations

from crawler.discover.entry import SitemapEntry, moment
from crawler.discover.pages import base_of, feeds, is_next, links, next_pages, refresh, too_long
from crawler.discover.sitemaps import Sitemap, sitemap
from crawler.discover.syndication import feed_entries

__all__ = [
    "Sitemap",
    "SitemapEntry",
    "base_of",
    "feed_entries",
    "feeds",
    "is_next",
    "links",
    "moment",
    "next_pages",
    "refresh",
    "sitemap",
    "too_long",
]
