"""What was read on the pages of each site, what has drifted, and the versions that are held back for it.

A part of the store, with the tables `reading` and `drift` and the column `version.held`. Here is also what may be
extracted again from the archive, and what then becomes of a version.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from crawler.article import Article
from crawler.database import Database

if TYPE_CHECKING:
    from crawler.reading import Reading
    from crawler.store import Kept

KEPT = 2000  # readings of a site and kind: some months of a lively newsroom, and the history that drift is judged by
RECENT = 200  # readings since a drift that are looked at
BATCH = 500  # archived pages read at a time: a transaction, and about 2 MB of text
LENGTH = "body_length"  # beside the rules in the column `fields`

PageKind = Literal["article", "list"]
KINDS: tuple[PageKind, ...] = ("article", "list")

COLUMNS = """
    SELECT g.id, g.run, g.kind, g.url, g.fields, g.article,
           g.article IS NULL OR coalesce(v.seen >= r.started, 1) AS fresh
    FROM reading g LEFT JOIN run r ON r.id = g.run LEFT JOIN version v ON v.article = g.article AND v.number = g.version
    WHERE g.site = ? AND g.kind = ?
"""

# The versions that were made by the visits of readings. The only version of an article that an earlier run found stays
# with the readers, who have had it since.
MADE = """
    SELECT v.rowid FROM reading g JOIN run r ON r.id = g.run
    JOIN version v ON v.article = g.article AND v.number = g.version
    WHERE g.site = ? AND g.id >= ? AND v.seen >= r.started AND (v.number > 1 OR g.run = ?)
"""

ARCHIVED = """
    SELECT v.rowid AS place, a.site, r.url, r.id AS record, r.file, r.offset, a.id AS article, v.number, v.document
    FROM version v JOIN article a ON a.id = v.article JOIN record r ON r.id = v.record
"""
VERSIONS = f"""{ARCHIVED}
    WHERE v.rowid > ? AND v.held >= ? AND a.site IN (SELECT value FROM json_each(?)) ORDER BY v.rowid LIMIT ?
"""  # noqa: S608 -- the words are ours
VERSIONS_OF = f"{ARCHIVED} WHERE v.article IN (SELECT value FROM json_each(?)) ORDER BY v.rowid"  # noqa: S608

# Half of the sample are the newest pages, the other half lies at equal distances among the others.
SAMPLE = """
    SELECT url, fetched, file, offset FROM (
        SELECT r.url, r.fetched, r.file, r.offset, row_number() OVER (ORDER BY r.fetched, r.id) AS n,
               count(*) OVER () AS m
        FROM version v JOIN article a ON a.id = v.article JOIN record r ON r.id = v.record WHERE a.site = ?1)
    WHERE n > m - ?2 OR (n - 1) * ?2 % (m - ?2) < ?2 ORDER BY n
"""

# Pages whose last visit gave no article: what the newsroom itself last answered there, which is neither 304 nor a
# refusal or a failure, must have been the page.
BARREN = """
    SELECT p.rowid AS place, p.site, p.url, r.id AS record, r.file, r.offset, NULL AS article, NULL AS number,
           NULL AS document
    FROM page p JOIN record r ON r.id = (
        SELECT max(id) FROM record WHERE url = p.url AND status < 500 AND status NOT IN (304, 403, 429))
    WHERE p.rowid > ?1 AND p.kind = 'article' AND p.site IN (SELECT value FROM json_each(?3)) AND r.status = 200
      AND ((p.article IS NULL AND ?2 = 0) OR p.url IN (
        SELECT url FROM (
            SELECT url, article, max(id) FROM reading
            WHERE kind = 'article' AND id >= ?2 AND site IN (SELECT value FROM json_each(?3)) GROUP BY url)
        WHERE article IS NULL))
    ORDER BY p.rowid LIMIT ?4
"""


@dataclass(frozen=True, slots=True)
class PastReading:
    """How a page was read: the rule that found each field, the article, the length of its body in characters.

    `fresh` tells that the article was new or had changed since the visit before.
    """

    id: int
    run: int
    kind: PageKind
    url: str
    rules: Mapping[str, str]
    article: str | None
    length: int | None = None
    fresh: bool = True


@dataclass(frozen=True, slots=True)
class Drift:
    """A site that is no longer read as it was: since which instant, from which reading on, how, under which rules."""

    site: str
    since: str
    first: int
    findings: tuple[Mapping[str, Any], ...]
    rules: str


@dataclass(frozen=True, slots=True)
class Archived:
    """A page of the archive to be extracted again: of a version of an article, or of a page that gave no article."""

    place: int
    site: str
    url: str
    record: int
    file: str
    offset: int
    article: str | None
    number: int | None
    document: str | None


@dataclass(frozen=True, slots=True)
class Sampled:
    """A page of the archive that gave an article: when it was fetched (ISO 8601), where it lies."""

    url: str
    fetched: str
    file: str
    offset: int


class Readings:
    """The readings in `database`."""

    def __init__(self, database: Database) -> None:
        """Use the tables `reading` and `drift`."""
        self._database = database

    # Readings

    def add(self, site: str, run: int, url: str, reading: Reading, kept: Kept | None) -> None:
        """Note how an article page was read, and what was kept of it."""
        length = {LENGTH: len(reading.article.body)} if reading.article else {}
        self._add(site, run, "article", url, reading.rules | length, (kept.id, kept.version) if kept else (None, None))

    def add_list(self, site: str, run: int, url: str, *, shows_articles: bool) -> None:
        """Note whether a list page linked to any article page."""
        fields = {"links": "the site's article pattern"} if shows_articles else {}
        self._add(site, run, "list", url, fields, (None, None))

    def _add(
        self, site: str, run: int, kind: PageKind, url: str, fields: object, version: tuple[str | None, int | None]
    ) -> None:
        with self._database.transaction():
            self._database.execute(
                "INSERT INTO reading (site, run, kind, url, article, version, fields) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (site, run, kind, url, *version, json.dumps(fields, ensure_ascii=False)),
            )

    def last(self, site: str, kind: PageKind) -> list[PastReading]:
        """The last readings of a site, oldest first."""
        return self._last(site, kind, KEPT, "g.id > ?", 0)

    def around(self, site: str, kind: PageKind, first: int) -> tuple[list[PastReading], list[PastReading]]:
        """The readings before number `first`, and the last ones since."""
        before = self._last(site, kind, KEPT, "g.id < ?", first)
        return before, self._last(site, kind, RECENT, "g.id >= ?", first)

    def _last(self, site: str, kind: PageKind, count: int, which: str, number: int) -> list[PastReading]:
        rows = self._database.rows(f"{COLUMNS} AND {which} ORDER BY g.id DESC LIMIT ?", (site, kind, number, count))
        return [_past(row) for row in reversed(rows)]

    def prune(self, site: str, first: int) -> None:
        """Forget all but the last readings of each kind, of those before number `first` and of those since."""
        with self._database.transaction():
            for kind in KINDS:
                for low, high in ((0, first), (first, 1 << 62)):
                    self._database.execute(
                        "DELETE FROM reading WHERE site = ?1 AND kind = ?2 AND id >= ?3 AND id < (SELECT min(id) FROM ("
                        " SELECT id FROM reading WHERE site = ?1 AND kind = ?2 AND id >= ?3 AND id < ?4"
                        " ORDER BY id DESC LIMIT ?5))",
                        (site, kind, low, high, KEPT),
                    )

    def first_of(self, site: str, run: int) -> int:
        """The number of the first reading of a site in `run`."""
        row = self._database.one("SELECT min(id) AS first FROM reading WHERE site = ? AND run = ?", (site, run))
        return int(row["first"] or 0) if row else 0

    # Drift

    def drift(self, site: str) -> Drift | None:
        """How the site has drifted, if it has."""
        row = self._database.one("SELECT * FROM drift WHERE site = ?", (site,))
        return _drift(row) if row else None

    def drifts(self) -> dict[str, dict[str, Any]]:
        """For each site that has drifted: `since` when, and the `findings`."""
        found = map(_drift, self._database.rows("SELECT * FROM drift"))
        return {drift.site: {"since": drift.since, "findings": list(drift.findings)} for drift in found}

    def set_drift(self, drift: Drift) -> None:
        """Note that a site has drifted, or how it has by now."""
        told = json.dumps({"first": drift.first, "findings": drift.findings}, ensure_ascii=False)
        with self._database.transaction():
            self._database.execute(
                "INSERT OR REPLACE INTO drift VALUES (?, ?, ?, ?)", (drift.site, drift.since, told, drift.rules)
            )

    def accept(self, drift: Drift) -> None:
        """Take what was read since as what is normal from now on."""
        self._end(drift, "id < ?")

    def forgive(self, drift: Drift) -> None:
        """Forget what was read since: what was normal before is so again."""
        self._end(drift, "id >= ?")

    def _end(self, drift: Drift, which: str) -> None:
        with self._database.transaction():
            self._database.execute("DELETE FROM drift WHERE site = ?", (drift.site,))
            self._database.execute(
                f"DELETE FROM reading WHERE site = ? AND {which}",  # noqa: S608 -- the words are ours
                (drift.site, drift.first),
            )

    # Versions that are held back

    def hold(self, site: str, first: int, run: int, now: str) -> int:
        """Hold back the versions that came of the readings since `first`; gives how many articles that changes."""
        with self._database.transaction():
            made = json.dumps([row["rowid"] for row in self._database.rows(MADE, (site, first, run))])
            return self._set_held("v.rowid IN (SELECT value FROM json_each(?))", made, now, held=True)

    def release(self, site: str, now: str) -> int:
        """Let readers have the versions of the site that were held back; gives how many articles that changes."""
        with self._database.transaction():
            return self._set_held("v.held = 1 AND a.site = ?", site, now, held=False)

    def held(self, site: str) -> int:
        """Of how many articles of the site something is held back."""
        sql = "SELECT count(DISTINCT a.id) AS held FROM version v JOIN article a ON a.id = v.article"
        row = self._database.one(f"{sql} WHERE v.held = 1 AND a.site = ?", (site,))
        return int(row["held"]) if row else 0

    def _set_held(self, which: str, value: str, now: str, *, held: bool) -> int:
        sql = f"SELECT v.rowid, a.id FROM version v JOIN article a ON a.id = v.article WHERE {which}"  # noqa: S608
        rows = self._database.rows(sql, (value,))
        articles = sorted({row["id"] for row in rows})
        for row in rows:
            self._database.execute("UPDATE version SET held = ? WHERE rowid = ?", (int(held), row["rowid"]))
        for article in articles:
            self._database.execute(
                "UPDATE article SET changed = ?1, sequence = (SELECT max(sequence) + 1 FROM article), versions ="
                " (SELECT coalesce(max(number), 0) FROM version WHERE article = ?2 AND held = 0) WHERE id = ?2",
                (now, article),
            )
        return len(articles)

    # What may be extracted again

    def archived(self, sites: Iterable[str], since: int = 0) -> Iterator[list[Archived]]:
        """The versions of these sites whose page is in the archive, then the pages that last gave no article.

        In batches. With `since` only what the readings from that number on may have spoilt: the versions that are held
        back, and the pages that then gave no article.
        """
        told = json.dumps(list(sites))
        yield from self._batches(lambda place: self._database.rows(VERSIONS, (place, int(since > 0), told, BATCH)))
        yield from self._batches(lambda place: self._database.rows(BARREN, (place, since, told, BATCH)))

    def archived_of(self, articles: Sequence[str]) -> list[Archived]:
        """The versions of these articles whose page is in the archive."""
        return [Archived(**dict(row)) for row in self._database.rows(VERSIONS_OF, (json.dumps(articles),))]

    def _batches(self, read: Callable[[int], list[sqlite3.Row]]) -> Iterator[list[Archived]]:
        place = 0
        while rows := read(place):
            yield [Archived(**dict(row)) for row in rows]
            place = rows[-1]["place"]

    def sample(self, site: str, count: int) -> list[Sampled]:
        """At most `count` of the pages that gave the site's articles, oldest first."""
        return [Sampled(**dict(row)) for row in self._database.rows(SAMPLE, (site, count // 2))]

    def replace(self, article: str, number: int, extracted: Article, now: str) -> None:
        """Put what was now extracted into the place of a version; the indexer hears of it where readers have that one.

        It is our reading that has changed, not the newsroom's text: there is no new version.
        """
        document = json.dumps(extracted.document(), ensure_ascii=False)
        with self._database.transaction():
            self._database.execute(
                "UPDATE version SET document = ?, content_hash = ? WHERE article = ? AND number = ?",
                (document, extracted.content_hash, article, number),
            )
            self._database.execute(
                "UPDATE article SET changed = ?, sequence = (SELECT max(sequence) + 1 FROM article)"
                " WHERE id = ? AND versions = ?",
                (now, article, number),
            )

    def newest_hash(self, url: str | None) -> str | None:
        """The digest of the newest version of the article with that address; None where there is none."""
        row = self._database.one(
            "SELECT v.content_hash FROM article a JOIN version v ON v.article = a.id WHERE a.url = ?"
            " ORDER BY v.number DESC LIMIT 1",
            (url,),
        )
        return str(row["content_hash"]) if row else None

    def link(self, url: str, article: str, now: str) -> None:
        """Note that a page that gave no article before shows this one; the next run looks when to come again."""
        with self._database.transaction():
            self._database.execute("UPDATE page SET article = ?, visit_after = ? WHERE url = ?", (article, now, url))


def _past(row: sqlite3.Row) -> PastReading:
    rules = json.loads(row["fields"])
    length = rules.pop(LENGTH, None)
    return PastReading(
        row["id"], row["run"], row["kind"], row["url"], rules, row["article"], length, bool(row["fresh"])
    )


def _drift(row: sqlite3.Row) -> Drift:
    told = json.loads(row["findings"])
    return Drift(row["site"], row["since"], told["first"], tuple(told["findings"]), row["rules"])
