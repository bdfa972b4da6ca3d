"""The article store: the articles with all their versions, where each response lies in the archive, the runs' reports.

SQL is in this file, in `frontier`, `readings`, `furniture`, `attachments` and in `schema/`. Every change of an article
gets a sequence number that grows over the whole store; an indexer asks for what came since its watermark.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Literal

from crawler.article import Article, AttachedText, Status, StoredArticle, local_day
from crawler.attachments import Attachments
from crawler.database import Database
from crawler.errors import InputError
from crawler.frontier import Frontier
from crawler.furniture import Furniture
from crawler.readings import Readings

BATCH = 500  # articles read at a time: about 2 MB of text

NEWEST = """
    SELECT a.status, a.versions, v.number, v.content_hash FROM article a
    JOIN version v ON v.article = a.id WHERE a.id = ? ORDER BY v.number DESC LIMIT 1
"""

Change = Literal["new", "changed", "unchanged"]


@dataclass(frozen=True, slots=True)
class Location:
    """Where a response lies in the archive: a file of the folder and the offset of its record there, in bytes."""

    file: str
    offset: int


@dataclass(frozen=True, slots=True)
class Life:
    """What an imported article brings with it of its life elsewhere; instants are ISO 8601."""

    first_seen: str
    last_seen: str
    changed: str
    status: Status = "live"


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of an article that was put into the store: its id, and the number of the version that it is now."""

    id: str
    change: Change
    version: int


@dataclass(frozen=True, slots=True)
class Run:
    """A run of the crawler; `report` is its JSON document, None while it goes on or where it was killed."""

    id: int
    started: str
    ended: str | None
    exit_code: int | None
    report: dict[str, Any] | None


def instant(moment: datetime) -> str:
    """Write an aware `moment` as the store does: ISO 8601 in UTC, so that texts sort as instants do."""
    return moment.astimezone(UTC).isoformat(timespec="seconds")


class Store:
    """The store at `path`, made where it is missing. Threads may share it; processes open one each.

    Its methods raise DamagedError when the file is not a sound store.
    """

    def __init__(self, path: Path) -> None:
        """Open or make the store."""
        self.path = path
        self._database = Database(path)
        self.frontier = Frontier(self._database)
        self.readings = Readings(self._database)
        self.furniture = Furniture(self._database)
        self.attachments = Attachments(self._database)

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def copy_to(self, path: Path) -> Store:
        """Make a consistent copy at `path` and open it."""
        self._database.copy_to(path)
        return Store(path)

    def transaction(self) -> AbstractContextManager[None]:
        """Do all of the block or nothing, in the articles and in the frontier; one that is already open is joined."""
        return self._database.transaction()

    # Articles

    def put(
        self,
        article: Article,
        now: str,
        *,
        location: int | None = None,
        life: Life | None = None,
        held: bool = False,
    ) -> Kept:
        """Keep `article` as seen at `now`, as a new version where its content is not that of the last one.

        An address that is already here keeps its id. With `held` a new version is kept from readers until `release`.
        One that is imported as staff have corrected it, as an export has it, is no news. Raises InputError where id and
        address belong to two articles.
        """
        with self.transaction():
            article = replace(article, id=self._id_of(article))
            known = self._database.one(NEWEST, (article.id,))
            if known is None:
                self._insert(article, life or Life(now, now, now), location, held=held)
                return Kept(article.id, "new", 1)
            status = life.status if life else "live"
            if known["content_hash"] != article.content_hash and not (life and self._is_correction(article)):
                number = known["number"] + 1
                self._add_version(article, number, now, location, held=held)
                if held:
                    self.touch(article.id, now)
                else:
                    self._show(article, number, now, status)
                return Kept(article.id, "changed", number)
            if known["status"] != status and life is not None:
                self._show(article, known["versions"], now, status)
                return Kept(article.id, "changed", known["number"])
            if life is None:
                returns = self.touch(article.id, now)
                return Kept(article.id, "changed" if returns else "unchanged", known["number"])
            return Kept(article.id, "unchanged", known["number"])

    def _id_of(self, article: Article) -> str:
        """The id under which this address is already kept, else the article's own."""
        kept = self.id_at(article.url) if article.url else None
        if kept is None or kept == article.id:
            return article.id
        if self._database.one("SELECT 1 FROM article WHERE id = ?", (article.id,)):
            raise InputError(f"id {article.id!r} and url {article.url!r} belong to two different articles of the store")
        return kept

    def _is_correction(self, article: Article) -> bool:
        """The article is what staff have made of the one that is here."""
        known = self.get(article.id)
        return known is not None and known.content_hash == article.content_hash

    def _insert(self, article: Article, life: Life, location: int | None, *, held: bool) -> None:
        self._database.execute(
            "INSERT INTO article VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                article.id,
                article.url,
                article.site,
                life.status,
                life.first_seen,
                life.last_seen,
                life.changed,
                int(not held),
                self.sequence() + 1,
            ),
        )
        self._add_version(article, 1, life.changed, location, held=held)

    def _show(self, article: Article, number: int, now: str, status: Status) -> None:
        """Let readers have that version of the article."""
        self._database.execute(
            "UPDATE article SET url = coalesce(?, url), site = ?, status = ?, last_seen = ?, changed = ?,"
            " versions = ?, sequence = ? WHERE id = ?",
            (article.url, article.site, status, now, now, number, self.sequence() + 1, article.id),
        )

    def _add_version(self, article: Article, number: int, seen: str, location: int | None, *, held: bool) -> None:
        document = json.dumps(article.document(), ensure_ascii=False)
        self._database.execute(
            "INSERT INTO version (article, number, seen, content_hash, document, record, held)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (article.id, number, seen, article.content_hash, document, location, int(held)),
        )

    def touch(self, article_id: str, now: str) -> bool:
        """Note that the article was seen unchanged; True where it was gone and is live again."""
        with self.transaction():
            self._database.execute("UPDATE article SET last_seen = ? WHERE id = ?", (now, article_id))
            return self._set_status(article_id, "live", now)

    def mark_gone(self, article_id: str, now: str) -> bool:
        """Note that the newsroom has taken the article away, whose words are kept; True where it was live."""
        with self.transaction():
            return self._set_status(article_id, "gone", now)

    def _set_status(self, article_id: str, status: Status, now: str) -> bool:
        done = self._database.execute(
            "UPDATE article SET status = ?, changed = ?, sequence = ? WHERE id = ? AND status <> ?",
            (status, now, self.sequence() + 1, article_id, status),
        )
        return done.rowcount == 1

    def sequence(self) -> int:
        """The number of the last change; 0 for an empty store."""
        row = self._database.one("SELECT coalesce(max(sequence), 0) AS last FROM article")
        return int(row["last"]) if row else 0

    def get(self, article_id: str) -> StoredArticle | None:
        """The article of that id."""
        return self.get_many([article_id]).get(article_id)

    def get_many(self, ids: Sequence[str]) -> dict[str, StoredArticle]:
        """The articles of these ids; those that are not here are left out."""
        rows = self._database.rows(
            "SELECT * FROM stored WHERE id IN (SELECT value FROM json_each(?))", (json.dumps(ids),)
        )
        return {kept.article.id: kept for kept in self._whole(rows)}

    def day_of(self, article_id: str) -> date | None:
        """The local day on which an article was published, as readers see it; None where that is not known."""
        row = self._database.one(
            "SELECT json_extract(document, '$.published') AS published FROM stored WHERE id = ?", (article_id,)
        )
        return local_day(row["published"]) if row else None

    def withdrawn(self, ids: Sequence[str]) -> set[str]:
        """Those of `ids` of which every version is held back."""
        rows = self._database.rows(
            "SELECT id FROM article WHERE versions = 0 AND id IN (SELECT value FROM json_each(?))", (json.dumps(ids),)
        )
        return {row["id"] for row in rows}

    def absent(self, ids: Iterable[str]) -> list[str]:
        """Those of `ids` that no article here has."""
        sql = "SELECT value FROM json_each(?) WHERE value NOT IN (SELECT id FROM article)"
        return [row["value"] for row in self._database.rows(sql, (json.dumps(list(ids)),))]

    def id_at(self, url: str) -> str | None:
        """The id of the article at that canonical address; of one, too, that is held back."""
        row = self._database.one("SELECT id FROM article WHERE url = ?", (url,))
        return str(row["id"]) if row else None

    def changes(self, after: int, until: int | None = None) -> Iterator[StoredArticle]:
        """Every article whose last change came after number `after` (and not after `until`), in their order."""
        last = until if until is not None else self.sequence()
        while rows := self._database.rows(
            "SELECT * FROM stored WHERE sequence > ? AND sequence <= ? ORDER BY sequence LIMIT ?", (after, last, BATCH)
        ):
            yield from self._whole(rows)
            after = rows[-1]["sequence"]

    def _whole(self, rows: Sequence[sqlite3.Row]) -> Iterator[StoredArticle]:
        texts = self.attachments.texts([row["id"] for row in rows])
        return (_stored(row, texts.get(row["id"], ())) for row in rows)

    def counts(self) -> dict[str, dict[str, Any]]:
        """For each site that has articles: how many, how many of them gone, and when one last came or changed."""
        rows = self._database.rows(
            "SELECT site, count(*) AS articles, sum(status = 'gone') AS gone, max(changed) AS changed,"
            " max(last_seen) AS last_seen FROM article WHERE versions > 0 GROUP BY site"
        )
        return {row["site"]: {key: row[key] for key in row.keys() if key != "site"} for row in rows}  # noqa: SIM118

    def newest_on(self, list_url: str) -> date | None:
        """The day of the newest article that was first found on that list page."""
        row = self._database.one(
            "SELECT max(json_extract(s.document, '$.published')) AS newest"
            " FROM page p JOIN stored s ON s.id = p.article WHERE p.found_on = ?",
            (list_url,),
        )
        return local_day(row["newest"]) if row else None

    # Corrections by staff

    def corrections(self) -> dict[str, dict[str, Any]]:
        """The fields that readers get in the place of what was extracted, by the id of their article."""
        return {row["article"]: json.loads(row["fields"]) for row in self._database.rows("SELECT * FROM override")}

    def correct(self, article_id: str, fields: Mapping[str, Any] | None, now: str) -> None:
        """Let readers have these fields from `now` on, None for an unknown one; without `fields` what was extracted."""
        with self.transaction():
            self._database.execute("DELETE FROM override WHERE article = ?", (article_id,))
            if fields is not None:
                told = json.dumps(fields, ensure_ascii=False)
                self._database.execute("INSERT INTO override VALUES (?, ?)", (article_id, told))
            self._database.execute(
                "UPDATE article SET changed = ?, sequence = ? WHERE id = ?", (now, self.sequence() + 1, article_id)
            )

    # The archive

    def add_record(self, url: str, fetched: str, status: int, location: Location) -> int:
        """Note where a response lies in the archive; gives the number of the note."""
        with self.transaction():
            cursor = self._database.execute(
                "INSERT INTO record (url, fetched, status, file, offset) VALUES (?, ?, ?, ?, ?)",
                (url, fetched, status, location.file, location.offset),
            )
            return int(cursor.lastrowid or 0)

    def location_of(self, article_id: str) -> Location | None:
        """Where the page of the article's current version lies in the archive; None where it came by import."""
        row = self._database.one(
            "SELECT r.file, r.offset FROM article a JOIN version v ON v.article = a.id AND v.number = a.versions"
            " JOIN record r ON r.id = v.record WHERE a.id = ?",
            (article_id,),
        )
        return Location(row["file"], row["offset"]) if row else None

    def settled(self) -> dict[str, int]:
        """Up to where the store knows what each file of the archive holds, in bytes."""
        rows = self._database.rows(
            "SELECT file, max(length) AS length FROM (SELECT file, settled AS length FROM warc UNION ALL"
            " SELECT file, max(offset) FROM record GROUP BY file) GROUP BY file"
        )
        return {row["file"]: row["length"] for row in rows}

    def has_record(self, location: Location) -> bool:
        """Whether the store knows the record that lies there."""
        sql = "SELECT 1 FROM record WHERE file = ? AND offset = ?"
        return self._database.one(sql, (location.file, location.offset)) is not None

    def settle(self, file: str, length: int) -> None:
        """Note that the store knows all that the first `length` bytes of that file hold."""
        with self.transaction():
            self._database.execute("INSERT OR REPLACE INTO warc VALUES (?, ?)", (file, length))

    def robots(self, root: str) -> tuple[str, int, bytes] | None:
        """What the host at `root` last answered when it was asked for its robots.txt: when, the status, the body."""
        row = self._database.one("SELECT fetched, status, body FROM robots WHERE root = ?", (root,))
        return (row["fetched"], row["status"], row["body"]) if row else None

    def keep_robots(self, root: str, fetched: str, status: int, body: bytes) -> None:
        """Keep what a host answered."""
        with self.transaction():
            self._database.execute("INSERT OR REPLACE INTO robots VALUES (?, ?, ?, ?)", (root, fetched, status, body))

    def location_at(self, url: str, fetched: str) -> Location | None:
        """Where the page that was fetched from `url` at that instant lies in the archive."""
        row = self._database.one(
            "SELECT file, offset FROM record WHERE url = ? AND fetched = ? AND status = 200 ORDER BY id DESC LIMIT 1",
            (url, fetched),
        )
        return Location(row["file"], row["offset"]) if row else None

    # Runs

    def start_run(self, now: str) -> int:
        """Begin a run; gives its number."""
        with self.transaction():
            return int(self._database.execute("INSERT INTO run (started) VALUES (?)", (now,)).lastrowid or 0)

    def end_run(self, run: int, now: str, exit_code: int, report: dict[str, Any]) -> None:
        """End a run with its report."""
        with self.transaction():
            self._database.execute(
                "UPDATE run SET ended = ?, exit_code = ?, report = ? WHERE id = ?",
                (now, exit_code, json.dumps(report, ensure_ascii=False), run),
            )

    def runs(self, limit: int = 20) -> list[Run]:
        """The last runs, newest first."""
        rows = self._database.rows("SELECT * FROM run ORDER BY id DESC LIMIT ?", (limit,))
        return [
            Run(r["id"], r["started"], r["ended"], r["exit_code"], json.loads(r["report"]) if r["report"] else None)
            for r in rows
        ]


def _stored(row: sqlite3.Row, attached: tuple[AttachedText, ...]) -> StoredArticle:
    article = Article.from_document(json.loads(row["document"]) | {"id": row["id"]})
    return StoredArticle(
        article=article,
        status=row["status"],
        first_seen=row["first_seen"],
        last_seen=row["last_seen"],
        changed=row["changed"],
        versions=row["versions"],
        content_hash=article.content_hash if row["corrected"] else row["content_hash"],
        sequence=row["sequence"],
        archived=bool(row["archived"]),
        attached=attached,
    )
