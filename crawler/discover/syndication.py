"""Read feeds: RSS, Atom and RDF.

Not by feedparser, which was measured to be no match for strangers: two megabytes of `a.` in an `<author>` are more than
40 seconds of its time, two of nested elements 400 MB of memory. Addresses and dates are all that is asked of a feed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from itertools import chain

from crawler.discover.entry import SitemapEntry, moment
from crawler.discover.records import UNKNOWN, Record, records
from crawler.discover.unpacked import DamageError, texts
from crawler.urls import canonical

MAX_FEED = 5_000_000  # bytes unpacked; a thousand articles with their full texts
# All that comes before the root is cut off: there, and only there, can entities be declared.
FEED = re.compile(r"<(?:[\w.-]+:)?(?:rss|feed|RDF)[\s>]", re.IGNORECASE)
NAMES = frozenset({"item", "entry"})
DATES = frozenset({"pubdate", "published", "updated", "modified", "date"})  # RSS, Atom, Atom 0.3, Dublin Core
WANTED = DATES | {"origlink", "link", "guid"}


def feed_entries(body: bytes, url: str, now: datetime) -> tuple[SitemapEntry, ...]:
    """The entries of the feed at `url`, each address once, with when they were changed; none of anything else."""
    found: dict[str, SitemapEntry] = {}
    with suppress(DamageError):  # what comes before the damage is all that there is
        for record in _records(body):
            link = _link(record, url)
            if link and link != url:
                found.setdefault(link, SitemapEntry(link, _modified(record, now)))
    return tuple(found.values())


def _records(body: bytes) -> Iterator[Record]:
    pieces = texts(body, MAX_FEED)
    head = next(pieces, "")
    if root := FEED.search(head):
        yield from records(chain((head[root.start() :],), pieces), NAMES, WANTED, lenient=True)


def _link(record: Record, url: str) -> str | None:
    """The canonical address of an entry: FeedBurner's original link, else the link, else an identifier that is one."""
    base = url
    for value in record.bases:
        base = canonical(value, base) or base
    own = [field for field in record.fields if field.depth == 1]
    told = [field.text for field in own if field.name == "origlink"]
    told += [field.text for field in own if field.name == "link"]
    told += [
        field.attributes.get("href", "")
        for field in own
        if field.name == "link" and field.attributes.get("rel", "alternate") == "alternate"
    ]
    named = [field.text for field in own if field.name == "guid" and field.attributes.get("ispermalink") != "false"]
    known = (address for address in told if address and UNKNOWN not in address)
    found = chain((canonical(address, base) for address in known), map(canonical, named))
    return next(filter(None, found), None)


def _modified(record: Record, now: datetime) -> datetime | None:
    """The newest date of an entry."""
    read = (moment(field.text, now) for field in record.fields if field.name in DATES and field.depth == 1)
    return max(filter(None, read), default=None)
