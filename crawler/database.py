"""The SQLite file of the store: its connection, its transactions, its tables (`schema/`), its errors.

WAL mode, so that readers and the writer do not wait for each other; `synchronous=FULL`, so that a committed transaction
survives a power cut.
"""

from __future__ import annotations

import sqlite3
import threading
import weakref
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

from crawler.errors import DamagedError, TratinError

SCHEMA_VERSION = 4  # the number of the last file in schema/


class Database:
    """The file at `path`, made where it is missing. Threads may share it; processes open one each.

    Its methods raise DamagedError when the file is not a sound store.
    """

    def __init__(self, path: Path) -> None:
        """Open the file, or make it with its tables."""
        self.path = path
        self._lock = threading.RLock()
        path.parent.mkdir(parents=True, exist_ok=True)
        with self._guarded():
            self._connection = sqlite3.connect(path, timeout=60, isolation_level=None, check_same_thread=False)
        self._finalizer = weakref.finalize(self, self._connection.close)  # for a service that lives with its process
        try:
            self._prepare()
        except BaseException:
            self.close()
            raise

    def _prepare(self) -> None:
        self._connection.row_factory = sqlite3.Row
        with self._guarded():
            self._connection.execute("PRAGMA journal_mode=WAL")
            self._connection.execute("PRAGMA synchronous=FULL")
            self._connection.execute("PRAGMA foreign_keys=ON")
        if self._version() < SCHEMA_VERSION:  # asked first without a transaction: a reader need not wait for a writer
            with self.transaction():
                for number in range(self._version() + 1, SCHEMA_VERSION + 1):
                    self._apply(number)
        if (version := self._version()) != SCHEMA_VERSION:
            found = f"its schema has version {version}, this program writes version {SCHEMA_VERSION}"
            raise DamagedError(self.path, found, "use the version of tratin that wrote it")

    def _version(self) -> int:
        (row,) = self.rows("PRAGMA user_version")
        return int(row[0])

    def _apply(self, number: int) -> None:
        script = files("crawler").joinpath(f"schema/{number}.sql").read_text(encoding="utf-8")
        for statement in script.split(";\n"):
            self._connection.execute(statement)
        self._connection.execute(f"PRAGMA user_version={number}")

    def close(self) -> None:
        """Close the file."""
        self._finalizer()

    def copy_to(self, path: Path) -> None:
        """Make a consistent copy at `path`."""
        with self._guarded(), closing(sqlite3.connect(path)) as target:
            self._connection.backup(target)

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
            if self._connection.in_transaction:
                yield
                return
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                self._connection.rollback()  # does nothing where a full disk has brought SQLite to do it already
                raise

    def execute(self, sql: str, values: Sequence[Any] = ()) -> sqlite3.Cursor:
        """Change something, within a transaction."""
        return self._connection.execute(sql, values)

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[sqlite3.Row]:
        """What a query gives."""
        with self._guarded():
            return self._connection.execute(sql, values).fetchall()

    def one(self, sql: str, values: Sequence[Any] = ()) -> sqlite3.Row | None:
        """The first row that a query gives."""
        return next(iter(self.rows(sql, values)), None)
