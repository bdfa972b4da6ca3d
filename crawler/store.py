"""The article store: all SQL is here and in `schema.sql`, in one SQLite file in WAL mode.

It keeps the articles with all their versions, the frontier of the crawl, where each response lies in the archive, and
the reports of the runs. Every change of an article gets a sequence number that grows over the whole store; an indexer
asks for what came since its watermark. `synchronous=FULL`: a committed transaction survives a power cut.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

from crawler.article import Article, Status, StoredArticle
from crawler.errors import DamagedError, InputError, TratinError
from crawler.urls import host_of

SCHEMA_VERSION = 1
BATCH = 500  # articles read at a time: about 2 MB of text

Change = Literal["new", "changed", "unchanged"]
PageKind = Literal["list", "article", "sitemap", "feed"]


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
        self._lock = threading.RLock()
        path.parent.mkdir(parents=True, exist_ok=True)
        with self._guarded():
            self._db = sqlite3.connect(path, timeout=60, isolation_level=None, check_same_thread=False)
        try:
            self._prepare()
        except BaseException:
            self._db.close()
            raise

    def _prepare(self) -> None:
        self._db.row_factory = sqlite3.Row
        with self._guarded():
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=FULL")
            self._db.execute("PRAGMA foreign_keys=ON")
        if self._version() == 0:  # asked first without a transaction, so that a reader need not wait for a writer
            with self.transaction():
                if self._version() == 0:
                    self._make_tables()
        if (version := self._version()) != SCHEMA_VERSION:
            found = f"its schema has version {version}, this program writes version {SCHEMA_VERSION}"
            raise DamagedError(self.path, found, "use the version of tratin that wrote it")

    def _version(self) -> int:
        (row,) = self._rows("PRAGMA user_version")
        return int(row[0])

    def _make_tables(self) -> None:
        script = files("crawler").joinpath("schema.sql").read_text(encoding="utf-8")
        for statement in script.split(";\n"):
            self._db.execute(statement)
        self._db.execute(f"PRAGMA user_version={SCHEMA_VERSION}")

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def copy_to(self, path: Path) -> Store:
        """Make a consistent copy at `path` and open it."""
        with self._guarded(), closing(sqlite3.connect(path)) as target:
            self._db.backup(target)
        return Store(path)

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        """Turn what SQLite says of a bad file or disk into errors of our own."""
        try:
            with self._lock:
                yield
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_CORRUPT:
                raise self._damaged(error) from None
            raise TratinError(f"the store {self.path} cannot be used: {error}") from None
        except sqlite3.IntegrityError:
            raise
        except sqlite3.DatabaseError as error:
            raise self._damaged(error) from None

    def _damaged(self, error: Exception) -> DamagedError:
        return DamagedError(
            self.path, str(error), "restore it from a backup, or move it away and crawl or import again"
        )

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Do all of the block or nothing; one that is already open is joined."""
        with self._guarded():
            if self._db.in_transaction:
                yield
                return
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                self._db.rollback()  # does nothing where a full disk has brought SQLite to do it already
                raise

    def _rows(self, sql: str, values: Sequence[Any] = ()) -> list[sqlite3.Row]:
        with self._guarded():
            return self._db.execute(sql, values).fetchall()

    def _one(self, sql: str, values: Sequence[Any] = ()) -> sqlite3.Row | None:
        return next(iter(self._rows(sql, values)), None)

    # Articles

    def put(
        self, article: Article, now: str, *, location: int | None = None, life: Life | None = None
    ) -> tuple[str, Change]:
        """Keep `article` as seen at `now`, as a new version where its content differs; give its id and what happened.

        An address that is already here keeps its id. Raises InputError where id and address belong to two articles.
        """
        with self.transaction():
            article = replace(article, id=self._id_of(article))
            known = self._one("SELECT * FROM stored WHERE id = ?", (article.id,))
            if known is None:
                self._insert(article, life or Life(now, now, now), location)
                return article.id, "new"
            status = life.status if life else "live"
            if known["content_hash"] != article.content_hash or known["status"] != status:
                self._replace(article, known, now, location, status)
                return article.id, "changed"
            if life is None:
                self.touch(article.id, now)
            return article.id, "unchanged"

    def _id_of(self, article: Article) -> str:
        """The id under which this address is already kept, else the article's own."""
        kept = self._one("SELECT id FROM article WHERE url = ?", (article.url,)) if article.url else None
        if kept is None or kept["id"] == article.id:
            return article.id
        if self._one("SELECT 1 FROM article WHERE id = ?", (article.id,)):
            raise InputError(f"id {article.id!r} and url {article.url!r} belong to two different articles of the store")
        return str(kept["id"])

    def _insert(self, article: Article, life: Life, location: int | None) -> None:
        self._db.execute(
            "INSERT INTO article VALUES (?, ?, ?, ?, ?, ?, ?, 1, ?)",
            (
                article.id,
                article.url,
                article.site,
                life.status,
                life.first_seen,
                life.last_seen,
                life.changed,
                self.sequence() + 1,
            ),
        )
        self._add_version(article, 1, life.changed, location)

    def _replace(self, article: Article, known: sqlite3.Row, now: str, location: int | None, status: Status) -> None:
        number = known["versions"]
        if known["content_hash"] != article.content_hash:
            number += 1
            self._add_version(article, number, now, location)
        self._db.execute(
            "UPDATE article SET url = coalesce(?, url), site = ?, status = ?, last_seen = ?, changed = ?,"
            " versions = ?, sequence = ? WHERE id = ?",
            (article.url, article.site, status, now, now, number, self.sequence() + 1, article.id),
        )

    def _add_version(self, article: Article, number: int, seen: str, location: int | None) -> None:
        document = json.dumps(article.document(), ensure_ascii=False)
        self._db.execute(
            "INSERT INTO version VALUES (?, ?, ?, ?, ?, ?)",
            (article.id, number, seen, article.content_hash, document, location),
        )

    def touch(self, article_id: str, now: str) -> None:
        """Note that the article was seen unchanged; one that was gone is live again."""
        with self.transaction():
            self._db.execute("UPDATE article SET last_seen = ? WHERE id = ?", (now, article_id))
            self._set_status(article_id, "live", now)

    def mark_gone(self, article_id: str, now: str) -> bool:
        """Note that the newsroom has taken the article away, whose words are kept; True where it was live."""
        with self.transaction():
            return self._set_status(article_id, "gone", now)

    def _set_status(self, article_id: str, status: Status, now: str) -> bool:
        done = self._db.execute(
            "UPDATE article SET status = ?, changed = ?, sequence = ? WHERE id = ? AND status <> ?",
            (status, now, self.sequence() + 1, article_id, status),
        )
        return done.rowcount == 1

    def sequence(self) -> int:
        """The number of the last change; 0 for an empty store."""
        row = self._one("SELECT coalesce(max(sequence), 0) AS last FROM article")
        return int(row["last"]) if row else 0

    def get(self, article_id: str) -> StoredArticle | None:
        """The article of that id."""
        return self.get_many([article_id]).get(article_id)

    def get_many(self, ids: Sequence[str]) -> dict[str, StoredArticle]:
        """The articles of these ids; those that are not here are left out."""
        rows = self._rows("SELECT * FROM stored WHERE id IN (SELECT value FROM json_each(?))", (json.dumps(ids),))
        return {row["id"]: _stored(row) for row in rows}

    def changes(self, after: int, until: int | None = None) -> Iterator[StoredArticle]:
        """Every article whose last change came after number `after` (and not after `until`), in their order."""
        last = until if until is not None else self.sequence()
        while rows := self._rows(
            "SELECT * FROM stored WHERE sequence > ? AND sequence <= ? ORDER BY sequence LIMIT ?", (after, last, BATCH)
        ):
            yield from map(_stored, rows)
            after = rows[-1]["sequence"]

    def counts(self) -> dict[str, dict[str, Any]]:
        """For each site that has articles: how many, how many of them gone, and when one last came or changed."""
        rows = self._rows(
            "SELECT site, count(*) AS articles, sum(status = 'gone') AS gone, max(changed) AS changed,"
            " max(last_seen) AS last_seen FROM article GROUP BY site"
        )
        return {row["site"]: {key: row[key] for key in row.keys() if key != "site"} for row in rows}  # noqa: SIM118

    # The frontier

    def add_record(self, url: str, fetched: str, status: int, location: Location) -> int:
        """Note where a response lies in the archive; gives the number of the note."""
        with self.transaction():
            cursor = self._db.execute(
                "INSERT INTO record (url, fetched, status, file, offset) VALUES (?, ?, ?, ?, ?)",
                (url, fetched, status, location.file, location.offset),
            )
            return int(cursor.lastrowid or 0)

    def location_of(self, article_id: str) -> Location | None:
        """Where the page of the article's current version lies in the archive; None where it came by import."""
        row = self._one(
            "SELECT r.file, r.offset FROM article a JOIN version v ON v.article = a.id AND v.number = a.versions"
            " JOIN record r ON r.id = v.record WHERE a.id = ?",
            (article_id,),
        )
        return Location(row["file"], row["offset"]) if row else None

    def add_page(self, url: str, site: str, kind: PageKind, run: int, *, again: bool = False, hops: int = 0) -> bool:
        """Put an address on the frontier; True where it was not known before as what it is.

        One that is known becomes due only with `again`, only as the kind that it is, and never twice in one run. A list
        that is now called an article (the site's pattern was mended, or another site on the host claims it) is as new.
        """
        with self.transaction():
            added = self._db.execute(
                "INSERT OR IGNORE INTO page (url, site, host, kind, due, hops) VALUES (?, ?, ?, ?, 1, ?)",
                (url, site, host_of(url), kind, hops),
            )
            if added.rowcount == 0 and kind == "article":
                added = self._db.execute(
                    "UPDATE page SET kind = 'article', site = ?, due = 1, etag = NULL, last_modified = NULL"
                    " WHERE url = ? AND kind = 'list'",
                    (site, url),
                )
            if added.rowcount == 0 and again:
                self._db.execute(
                    "UPDATE page SET due = 1 WHERE url = ? AND kind = ? AND run IS NOT ?", (url, kind, run)
                )
            return added.rowcount == 1

    def make_page_due(self, url: str, run: int) -> None:
        """Make a known address due, unless this run has visited it."""
        with self.transaction():
            self._db.execute("UPDATE page SET due = 1 WHERE url = ? AND run IS NOT ?", (url, run))

    def fetched_at(self, url: str) -> str | None:
        """When the address was last fetched; None where it never was."""
        row = self._one("SELECT fetched FROM page WHERE url = ?", (url,))
        return row["fetched"] if row else None

    def make_due(self, site: str, now: str) -> None:
        """Make due what is to be visited again by now, and the feeds and sitemaps that are known."""
        with self.transaction():
            self._db.execute("UPDATE page SET due = 1 WHERE site = ? AND visit_after <= ?", (site, now))
            self._db.execute("UPDATE page SET due = 1 WHERE site = ? AND kind IN ('feed', 'sitemap')", (site,))

    def due_hosts(self, sites: Iterable[str], *, lists_only: bool = False) -> set[str]:
        """The hosts on which something of these sites is due; `lists_only` leaves out articles."""
        rows = self._rows(
            "SELECT DISTINCT host FROM page WHERE due = 1 AND site IN (SELECT value FROM json_each(?)) AND kind <> ?",
            (json.dumps(list(sites)), "article" if lists_only else ""),
        )
        return {row["host"] for row in rows}

    def next_due(self, host: str, sites: Iterable[str], *, lists_only: bool = False) -> KnownPage | None:
        """The page of `host` to visit next, of these sites.

        Articles come before lists, so that a run that reaches its limit has spent it on what it came for.
        """
        row = self._one(
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
        rows = self._rows(
            "SELECT url FROM page WHERE due = 1 AND kind = 'article' AND site IN (SELECT value FROM json_each(?))"
            " ORDER BY rowid",
            (json.dumps(list(sites)),),
        )
        return [row["url"] for row in rows]

    def visited(self, page: KnownPage, run: int) -> None:
        """Note that `page` was visited in `run`, with what is now known of it; it is no longer due."""
        with self.transaction():
            self._db.execute(
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
        with self.transaction():
            self._db.execute("UPDATE page SET site = ? WHERE url = ?", (site, url))

    def judge_anew(self, site: str, rules: str) -> None:
        """Where the site's rules for addresses are not those of last time, make due all that they may change."""
        with self.transaction():
            known = self._one("SELECT rules FROM site WHERE id = ?", (site,))
            self._db.execute("INSERT OR REPLACE INTO site VALUES (?, ?)", (site, rules))
            if known and known["rules"] != rules:
                self._db.execute(
                    "UPDATE page SET due = 1, etag = NULL, last_modified = NULL WHERE site = ? AND article IS NULL",
                    (site,),
                )

    def held_elsewhere(self, page: KnownPage) -> bool:
        """Whether another address shows the article of `page`, too."""
        return bool(
            self._rows(
                "SELECT 1 FROM page WHERE article = ? AND url <> ? AND misses = 0 LIMIT 1", (page.article, page.url)
            )
        )

    def wait_until(self, host: str, until: str) -> None:
        """Leave `host` alone until that instant, in this run and the next ones."""
        with self.transaction():
            self._db.execute("INSERT OR REPLACE INTO waiting VALUES (?, ?)", (host, until))

    def waiting(self, now: str) -> dict[str, str]:
        """The hosts to leave alone, and until when."""
        return {row["host"]: row["until"] for row in self._rows("SELECT * FROM waiting WHERE until > ?", (now,))}

    # Runs

    def start_run(self, now: str) -> int:
        """Begin a run; gives its number."""
        with self.transaction():
            return int(self._db.execute("INSERT INTO run (started) VALUES (?)", (now,)).lastrowid or 0)

    def end_run(self, run: int, now: str, exit_code: int, report: dict[str, Any]) -> None:
        """End a run with its report."""
        with self.transaction():
            self._db.execute(
                "UPDATE run SET ended = ?, exit_code = ?, report = ? WHERE id = ?",
                (now, exit_code, json.dumps(report, ensure_ascii=False), run),
            )

    def runs(self, limit: int = 20) -> list[Run]:
        """The last runs, newest first."""
        rows = self._rows("SELECT * FROM run ORDER BY id DESC LIMIT ?", (limit,))
        return [
            Run(r["id"], r["started"], r["ended"], r["exit_code"], json.loads(r["report"]) if r["report"] else None)
            for r in rows
        ]


def _stored(row: sqlite3.Row) -> StoredArticle:
    return StoredArticle(
        article=Article.from_document(json.loads(row["document"]) | {"id": row["id"]}),
        status=row["status"],
        first_seen=row["first_seen"],
        last_seen=row["last_seen"],
        changed=row["changed"],
        versions=row["versions"],
        content_hash=row["content_hash"],
        sequence=row["sequence"],
        archived=bool(row["archived"]),
    )
