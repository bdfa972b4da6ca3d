"""Furniture: what stands in the texts of most pages of a site, and so belongs to its template and to no article.

A template puts the same blocks into every page, whom to call, how to share, an appeal to follow; where nothing in the
markup says so, repetition does. Of each site's last texts the marks of their lines are kept (`repetition.mark`). What
most of them have is left out of the next ones; those that were read before it was known are stale until they are
extracted again (`reextract.refresh`).
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from crawler.database import Database
from crawler.repetition import repeated

KEPT = 40  # last texts of a site that are compared: a new template is known after some of them
LONGEST = 300  # lines of a text that are compared


class Furniture:
    """What is known of each site, in the table `text` of `database`."""

    def __init__(self, database: Database) -> None:
        """Read nothing yet."""
        self._database = database
        self._texts: dict[str, dict[str, list[int]]] = {}
        self._known: dict[str, frozenset[int]] = {}

    def of(self, site: str) -> frozenset[int]:
        """The marks of the site's furniture."""
        if site not in self._known:
            self._known[site] = repeated(self._kept(site).values())
        return self._known[site]

    def note(self, site: str, article: str, marks: Iterable[int]) -> None:
        """Keep the marks of an article's text, furniture included, in place of the oldest ones."""
        before, texts = self.of(site), self._kept(site)
        texts.pop(article, None)
        texts[article] = list(dict.fromkeys(marks))[:LONGEST]
        if len(texts) > KEPT:
            texts.pop(next(iter(texts)))
        self._known[site] = repeated(texts.values())
        with self._database.transaction():
            self._database.execute(
                "INSERT OR REPLACE INTO text (site, article, marks) VALUES (?, ?, ?)",
                (site, article, json.dumps(texts[article])),
            )
            self._prune(site)
            self._spoil(site, self._known[site] - before)

    def _kept(self, site: str) -> dict[str, list[int]]:
        """The marks of the last texts by article, oldest first."""
        if site not in self._texts:
            rows = self._database.rows(
                "SELECT article, marks FROM text WHERE site = ? ORDER BY rowid DESC LIMIT ?", (site, KEPT)
            )
            self._texts[site] = {row["article"]: json.loads(row["marks"]) for row in reversed(rows)}
        return self._texts[site]

    def _prune(self, site: str) -> None:
        self._database.execute(
            "DELETE FROM text WHERE site = ?1 AND stale = 0 AND rowid < ("
            " SELECT min(rowid) FROM (SELECT rowid FROM text WHERE site = ?1 ORDER BY rowid DESC LIMIT ?2))",
            (site, KEPT),
        )

    def _spoil(self, site: str, learned: frozenset[int]) -> None:
        """Note which texts still have what is now known to be furniture."""
        stale = (
            [article for article, marks in self._texts[site].items() if not learned.isdisjoint(marks)]
            if learned
            else []
        )
        if stale:
            self._database.execute(
                "UPDATE text SET stale = 1 WHERE site = ? AND article IN (SELECT value FROM json_each(?))",
                (site, json.dumps(stale)),
            )

    def stale(self, site: str) -> list[str]:
        """The articles that were read before some of their furniture was known."""
        rows = self._database.rows("SELECT article FROM text WHERE site = ? AND stale = 1 ORDER BY rowid", (site,))
        return [row["article"] for row in rows]

    def refreshed(self, site: str) -> None:
        """Note that these have been extracted again."""
        with self._database.transaction():
            self._database.execute("UPDATE text SET stale = 0 WHERE site = ?", (site,))
