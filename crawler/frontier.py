"""The frontier of the crawl: every address that was found, what is known of each, and which are due.

A part of the store: what a visit changes here and in the articles is one transaction.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from crawler.database import Database
from crawler.urls import host_of

PageKind = Literal["list", "article", "sitemap", "feed", "attachment"]

# Sitemaps and feeds first, for they tell what is due; articles before lists, so that a run that reaches its limit has
# spent it on what it came for; what articles link to comes last.
ORDER: tuple[PageKind, ...] = ("sitemap", "feed", "article", "list", "attachment")
LISTS: tuple[PageKind, ...] = ("sitemap", "feed", "list")


@dataclass(frozen=True, slots=True)
class KnownPage:
    """An address of the frontier with what is needed to visit it; `quiet` counts visits in a row without news."""

    url: str
    site: str
    host: str
    kind: PageKind
    due: int
    hops: int
    depth: int
    found_on: str | None
    etag: str | None
    last_modified: str | None
    body_hash: str | None
    misses: int
    quiet: int
    article: str | None
    fetched: str | None
    visit_after: str | None


@dataclass(frozen=True, slots=True)
class Lead:
    """An address to put on the frontier: where it was found, how deep it lies, after how many redirects.

    `again` makes a known address due, unless this run has visited it.
    """

    url: str
    kind: PageKind
    found_on: str | None = None
    depth: int = 0
    hops: int = 0
    again: bool = False


COLUMNS = ", ".join(KnownPage.__dataclass_fields__)

# One look into the index for each site: sorting what is due would take longer the more of it there is.
NEXT = f"""
    SELECT {COLUMNS} FROM page WHERE rowid = (
        SELECT min((SELECT min(rowid) FROM page WHERE due = 1 AND host = ?2 AND kind = ?3 AND site = told.value))
        FROM json_each(?1) AS told)
"""  # noqa: S608 -- the names are ours


class Frontier:
    """The addresses in `database`."""

    def __init__(self, database: Database) -> None:
        """Use the tables `page`, `shape`, `site` and `waiting`."""
        self._database = database

    # Addresses

    def add(self, lead: Lead, site: str, run: int) -> bool:
        """Put an address on the frontier; True where it was not known. One that is known may become due again."""
        with self._database.transaction():
            added = self._database.execute(
                "INSERT OR IGNORE INTO page (url, site, host, kind, due, hops, depth, found_on)"
                " VALUES (?, ?, ?, ?, 1, ?, ?, ?)",
                (lead.url, site, host_of(lead.url), lead.kind, lead.hops, lead.depth, lead.found_on),
            )
            if added.rowcount == 0 and lead.again:
                self.make_due_again([lead.url], run, lead.kind)
            return added.rowcount == 1

    def unknown(self, urls: Sequence[str]) -> set[str]:
        """Those of `urls` that are not on the frontier."""
        rows = self._database.rows(
            "SELECT value FROM json_each(?) WHERE value NOT IN (SELECT url FROM page)", (json.dumps(urls),)
        )
        return {row["value"] for row in rows}

    def listed(self, urls: Sequence[str]) -> int:
        """Note that a list page links to these article pages; gives for how many of them this is news."""
        with self._database.transaction():
            noted = self._database.execute(
                "UPDATE page SET listed = 1 WHERE listed = 0 AND kind = 'article'"
                " AND url IN (SELECT value FROM json_each(?))",
                (json.dumps(urls),),
            )
            return noted.rowcount

    def reclassify(self, urls: Sequence[str], site: str) -> int:
        """Call articles what were lists (the site's pattern was mended, or is another site's); gives how many were."""
        with self._database.transaction():
            changed = self._database.execute(
                "UPDATE page SET kind = 'article', site = ?, due = 1, etag = NULL, last_modified = NULL,"
                " body_hash = NULL WHERE kind = 'list' AND url IN (SELECT value FROM json_each(?))",
                (site, json.dumps(urls)),
            )
            return changed.rowcount

    def make_due_again(self, urls: Sequence[str], run: int, kind: PageKind | None = None) -> None:
        """Make known addresses due, those of that kind if one is named, unless this run has visited them."""
        with self._database.transaction():
            self._database.execute(
                "UPDATE page SET due = 1 WHERE url IN (SELECT value FROM json_each(?)) AND due = 0"
                " AND run IS NOT ? AND kind = coalesce(?, kind)",
                (json.dumps(urls), run, kind),
            )

    def get(self, url: str) -> KnownPage | None:
        """What is known of an address."""
        row = self._database.one(f"SELECT {COLUMNS} FROM page WHERE url = ?", (url,))  # noqa: S608 -- names of ours
        return KnownPage(**dict(row)) if row else None

    def fetched_at(self, urls: Sequence[str]) -> dict[str, str]:
        """When each of `urls` was last fetched; those that never were are left out."""
        rows = self._database.rows(
            "SELECT url, fetched FROM page WHERE fetched IS NOT NULL AND url IN (SELECT value FROM json_each(?))",
            (json.dumps(urls),),
        )
        return {row["url"]: row["fetched"] for row in rows}

    def visited(self, page: KnownPage, run: int) -> None:
        """Note that `page` was visited in `run`, with what is now known of it; it is no longer due."""
        with self._database.transaction():
            self._database.execute(
                "UPDATE page SET due = 0, run = ?, kind = ?, etag = ?, last_modified = ?, body_hash = ?, misses = ?,"
                " quiet = ?, article = ?, fetched = ?, visit_after = ? WHERE url = ?",
                (
                    run,
                    page.kind,
                    page.etag,
                    page.last_modified,
                    page.body_hash,
                    page.misses,
                    page.quiet,
                    page.article,
                    page.fetched,
                    page.visit_after,
                    page.url,
                ),
            )

    def held_elsewhere(self, page: KnownPage) -> bool:
        """Whether another address shows the article of `page`, too."""
        return bool(
            self._database.rows(
                "SELECT 1 FROM page WHERE article = ? AND url <> ? AND misses = 0 LIMIT 1", (page.article, page.url)
            )
        )

    # What is due

    def make_due(self, site: str, now: str) -> None:
        """Make due what is to be visited again by now, the feeds, and the sitemaps that no other one names."""
        with self._database.transaction():
            self._database.execute("UPDATE page SET due = 1 WHERE site = ? AND visit_after <= ?", (site, now))
            self._database.execute(
                "UPDATE page SET due = 1 WHERE site = ? AND misses = 0"
                " AND (kind = 'feed' OR kind = 'sitemap' AND found_on IS NULL)",
                (site,),
            )

    def due_hosts(self, sites: Iterable[str], *, lists_only: bool = False) -> set[str]:
        """The hosts on which something of these sites is due; `lists_only` leaves out articles and attachments."""
        rows = self._database.rows(
            "SELECT DISTINCT host FROM page INDEXED BY page_due"
            " WHERE due = 1 AND site IN (SELECT value FROM json_each(?)) AND kind IN (SELECT value FROM json_each(?))",
            (json.dumps(list(sites)), json.dumps(LISTS if lists_only else ORDER)),
        )
        return {row["host"] for row in rows}

    def next_due(self, host: str, sites: Iterable[str], *, lists_only: bool = False) -> KnownPage | None:
        """The page of `host` to visit next, of these sites; of one kind, the one that was found first."""
        told = json.dumps(list(sites))
        for kind in LISTS if lists_only else ORDER:
            row = self._database.one(NEXT, (told, host, kind))
            if row:
                return KnownPage(**dict(row))
        return None

    def due_articles(self, sites: Iterable[str]) -> list[str]:
        """The article pages of these sites that are due."""
        rows = self._database.rows(
            "SELECT url FROM page WHERE due = 1 AND kind = 'article' AND site IN (SELECT value FROM json_each(?))"
            " ORDER BY rowid",
            (json.dumps(list(sites)),),
        )
        return [row["url"] for row in rows]

    def count_due(self, sites: Iterable[str]) -> dict[str, int]:
        """How many pages of each of these sites are due."""
        rows = self._database.rows(
            "SELECT site, count(*) AS due FROM page INDEXED BY page_due WHERE due = 1"
            " AND site IN (SELECT value FROM json_each(?)) GROUP BY site",
            (json.dumps(list(sites)),),
        )
        return {row["site"]: row["due"] for row in rows}

    # Sites, shapes and hosts

    def claim(self, url: str, site: str) -> None:
        """Give a known address to `site`, which starts there; another site on the same host may have found it."""
        with self._database.transaction():
            self._database.execute("UPDATE page SET site = ?, depth = 0 WHERE url = ?", (site, url))

    def judge_anew(self, site: str, rules: str) -> None:
        """Where the site's rules for addresses are not those of last time, make due all that they may change."""
        with self._database.transaction():
            known = self._database.one("SELECT rules FROM site WHERE id = ?", (site,))
            self._database.execute("INSERT OR REPLACE INTO site VALUES (?, ?)", (site, rules))
            if known and known["rules"] != rules:
                self._database.execute(
                    "UPDATE page SET due = 1, etag = NULL, last_modified = NULL, body_hash = NULL"
                    " WHERE site = ? AND article IS NULL AND kind <> 'attachment'",
                    (site,),
                )
                self._database.execute("DELETE FROM shape WHERE site = ?", (site,))

    def barren(self, site: str, shape: str) -> int:
        """How many new pages of that shape in a row have led to no article."""
        row = self._database.one("SELECT barren FROM shape WHERE site = ? AND shape = ?", (site, shape))
        return int(row["barren"]) if row else 0

    def judge_shape(self, site: str, shape: str, *, fruitful: bool) -> None:
        """Note that a new page of that shape led to an article, or that it did not."""
        with self._database.transaction():
            self._database.execute(
                "INSERT INTO shape VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET barren = (barren + 1) * ?3",
                (site, shape, int(not fruitful)),
            )

    def wait_until(self, host: str, until: str) -> None:
        """Leave `host` alone until that instant, in this run and the next ones."""
        with self._database.transaction():
            self._database.execute("INSERT OR REPLACE INTO waiting VALUES (?, ?)", (host, until))

    def waiting(self, now: str) -> dict[str, str]:
        """The hosts to leave alone, and until when."""
        return {
            row["host"]: row["until"] for row in self._database.rows("SELECT * FROM waiting WHERE until > ?", (now,))
        }
