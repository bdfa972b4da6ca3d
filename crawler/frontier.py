"""The frontier of the crawl: every address that was found, what is known of each, and which are due.

A part of the store: what a visit changes here and in the articles is one transaction.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from crawler.database import Database
from crawler.urls import host_of

PageKind = Literal["list", "article", "sitemap", "feed"]


@dataclass(frozen=True, slots=True)
class KnownPage:
    """An address of the frontier with what is needed to visit it."""

    url: str
    site: str
    host: str
    kind: PageKind
    hops: int
    etag: str | None
    last_modified: str | None
    body_hash: str | None
    misses: int
    article: str | None
    fetched: str | None
    visit_after: str | None


class Frontier:
    """The addresses in `database`."""

    def __init__(self, database: Database) -> None:
        """Use the tables `page`, `site` and `waiting`."""
        self._database = database

    def add(self, url: str, site: str, kind: PageKind, run: int, *, again: bool = False, hops: int = 0) -> bool:
        """Put an address on the frontier; True where it was not known before as what it is.

        One that is known becomes due only with `again`, only as the kind that it is, and never twice in one run. A list
        that is now called an article (the site's pattern was mended, or another site on the host claims it) is as new.
        """
        with self._database.transaction():
            added = self._database.execute(
                "INSERT OR IGNORE INTO page (url, site, host, kind, due, hops) VALUES (?, ?, ?, ?, 1, ?)",
                (url, site, host_of(url), kind, hops),
            )
            if added.rowcount == 0 and kind == "article":
                added = self._database.execute(
                    "UPDATE page SET kind = 'article', site = ?, due = 1, etag = NULL, last_modified = NULL"
                    " WHERE url = ? AND kind = 'list'",
                    (site, url),
                )
            if added.rowcount == 0 and again:
                self._database.execute(
                    "UPDATE page SET due = 1 WHERE url = ? AND kind = ? AND run IS NOT ?", (url, kind, run)
                )
            return added.rowcount == 1

    def make_page_due(self, url: str, run: int) -> None:
        """Make a known address due, unless this run has visited it."""
        with self._database.transaction():
            self._database.execute("UPDATE page SET due = 1 WHERE url = ? AND run IS NOT ?", (url, run))

    def fetched_at(self, url: str) -> str | None:
        """When the address was last fetched; None where it never was."""
        row = self._database.one("SELECT fetched FROM page WHERE url = ?", (url,))
        return row["fetched"] if row else None

    def make_due(self, site: str, now: str) -> None:
        """Make due what is to be visited again by now, and the feeds and sitemaps that are known."""
        with self._database.transaction():
            self._database.execute("UPDATE page SET due = 1 WHERE site = ? AND visit_after <= ?", (site, now))
            self._database.execute("UPDATE page SET due = 1 WHERE site = ? AND kind IN ('feed', 'sitemap')", (site,))

    def due_hosts(self, sites: Iterable[str], *, lists_only: bool = False) -> set[str]:
        """The hosts on which something of these sites is due; `lists_only` leaves out articles."""
        rows = self._database.rows(
            "SELECT DISTINCT host FROM page WHERE due = 1 AND site IN (SELECT value FROM json_each(?)) AND kind <> ?",
            (json.dumps(list(sites)), "article" if lists_only else ""),
        )
        return {row["host"] for row in rows}

    def next_due(self, host: str, sites: Iterable[str], *, lists_only: bool = False) -> KnownPage | None:
        """The page of `host` to visit next, of these sites.

        Articles come before lists, so that a run that reaches its limit has spent it on what it came for.
        """
        row = self._database.one(
            """
            SELECT url, site, host, kind, hops, etag, last_modified, body_hash, misses, article, fetched, visit_after
            FROM page WHERE due = 1 AND host = ? AND site IN (SELECT value FROM json_each(?)) AND kind <> ?
            ORDER BY CASE kind WHEN 'sitemap' THEN 0 WHEN 'feed' THEN 1 WHEN 'article' THEN 2 ELSE 3 END, rowid LIMIT 1
            """,
            (host, json.dumps(list(sites)), "article" if lists_only else ""),
        )
        return KnownPage(**dict(row)) if row else None

    def due_articles(self, sites: Iterable[str]) -> list[str]:
        """The article pages of these sites that are due."""
        rows = self._database.rows(
            "SELECT url FROM page WHERE due = 1 AND kind = 'article' AND site IN (SELECT value FROM json_each(?))"
            " ORDER BY rowid",
            (json.dumps(list(sites)),),
        )
        return [row["url"] for row in rows]

    def visited(self, page: KnownPage, run: int) -> None:
        """Note that `page` was visited in `run`, with what is now known of it; it is no longer due."""
        with self._database.transaction():
            self._database.execute(
                "UPDATE page SET due = 0, run = ?, kind = ?, etag = ?, last_modified = ?, body_hash = ?, misses = ?,"
                " article = ?, fetched = ?, visit_after = ? WHERE url = ?",
                (
                    run,
                    page.kind,
                    page.etag,
                    page.last_modified,
                    page.body_hash,
                    page.misses,
                    page.article,
                    page.fetched,
                    page.visit_after,
                    page.url,
                ),
            )

    def claim(self, url: str, site: str) -> None:
        """Give a known address to `site`, which starts there; another site on the same host may have found it."""
        with self._database.transaction():
            self._database.execute("UPDATE page SET site = ? WHERE url = ?", (site, url))

    def judge_anew(self, site: str, rules: str) -> None:
        """Where the site's rules for addresses are not those of last time, make due all that they may change."""
        with self._database.transaction():
            known = self._database.one("SELECT rules FROM site WHERE id = ?", (site,))
            self._database.execute("INSERT OR REPLACE INTO site VALUES (?, ?)", (site, rules))
            if known and known["rules"] != rules:
                self._database.execute(
                    "UPDATE page SET due = 1, etag = NULL, last_modified = NULL WHERE site = ? AND article IS NULL",
                    (site,),
                )

    def held_elsewhere(self, page: KnownPage) -> bool:
        """Whether another address shows the article of `page`, too."""
        return bool(
            self._database.rows(
                "SELECT 1 FROM page WHERE article = ? AND url <> ? AND misses = 0 LIMIT 1", (page.article, page.url)
            )
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
