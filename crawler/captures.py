"""An index of the captures in many WARC files: what to take in, in order of time, and what a revisit repeats.

It is a temporary SQLite file, which goes when it is closed: a million captures take some 400 MB of disk, and of memory
no more than a few do. Addresses are compared in their canonical form, instants to the second.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

from crawler.errors import TratinError
from crawler.store import instant
from crawler.urls import canonical
from crawler.warc_record import Capture, Original
from crawler.warc_stream import Place

TABLE = """
    CREATE TABLE capture (file INTEGER, offset INTEGER, skip INTEGER, url TEXT, fetched TEXT, second TEXT, site TEXT,
                          id TEXT, digest TEXT, is_revisit INTEGER, of_url TEXT, of_second TEXT, of_id TEXT)
"""
# Only what is taken in is asked for by time, and only responses are what a revisit repeats.
INDEXES = (
    "CREATE INDEX by_time ON capture (fetched, file, offset, skip) WHERE site IS NOT NULL",
    "CREATE INDEX by_url ON capture (url, second) WHERE is_revisit = 0",
    "CREATE INDEX by_id ON capture (id) WHERE is_revisit = 0 AND id IS NOT NULL",
    "CREATE INDEX by_digest ON capture (digest) WHERE is_revisit = 0 AND digest IS NOT NULL",
)


@dataclass(frozen=True, slots=True)
class Entry:
    """A capture to take in for `site`: its number of a file and place there. `original` is set for a revisit."""

    file: int
    place: Place
    url: str
    fetched: datetime
    site: str
    digest: str | None
    original: Original | None


class Captures:
    """The index; a context. Add first, then ask."""

    def __init__(self) -> None:
        """Begin with an empty one."""
        self._database = sqlite3.connect("")  # a temporary file
        self._database.row_factory = sqlite3.Row
        self._database.execute("PRAGMA journal_mode = OFF")
        self._database.execute(TABLE)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self._database.close()
        if isinstance(error, sqlite3.OperationalError):
            raise TratinError(
                f"the temporary index of the captures cannot be written: {error}; set SQLITE_TMPDIR to a roomier folder"
            ) from None

    def add(self, file: int, capture: Capture, site: str | None) -> None:
        """Note a capture in the file of that number; without a `site` only as what a revisit may repeat."""
        head, original = capture.head, capture.original or Original(None, None, None)
        self._database.execute(
            "INSERT INTO capture VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                file,
                capture.place.offset,
                capture.place.skip,
                canonical(head.url) or head.url,
                head.fetched.astimezone(UTC).isoformat(timespec="microseconds"),
                instant(head.fetched),
                site,
                capture.id,
                capture.digest,
                capture.original is not None,
                original.url and (canonical(original.url) or original.url),
                original.fetched and instant(original.fetched),
                original.id,
            ),
        )

    def finish(self) -> None:
        """Make ready to be asked; nothing is added from now on."""
        for index in INDEXES:
            self._database.execute(index)

    def in_order(self) -> Iterator[Entry]:
        """What is to be taken in, the oldest first; of one instant, as the files have it."""
        rows = self._database.execute(
            "SELECT * FROM capture WHERE site IS NOT NULL ORDER BY fetched, file, offset, skip"
        )
        return map(_entry, rows)

    def repeated(self, revisit: Entry) -> tuple[int, Place] | None:
        """Where the response lies that `revisit` repeats: a file's number and the place; None where it is in no file.

        By address and date if these are told, else by the id of the record (so wget), else by the digest.
        """
        told = revisit.original
        if told is None:
            return None
        second = told.fetched and instant(told.fetched)
        return (
            (
                told.url
                and second
                and self._one("url = ? AND second = ? ORDER BY digest IS ? DESC", told.url, second, revisit.digest)
            )
            or (told.id and self._one("id = ?", told.id))
            or (revisit.digest and self._one("digest = ?", revisit.digest))
            or None
        )

    def _one(self, condition: str, *values: str | None) -> tuple[int, Place] | None:
        row = self._database.execute(
            f"SELECT file, offset, skip FROM capture WHERE is_revisit = 0 AND {condition} LIMIT 1",  # noqa: S608
            values,
        ).fetchone()
        return (row["file"], Place(row["offset"], row["skip"])) if row else None


def _entry(row: sqlite3.Row) -> Entry:
    second = row["of_second"]
    return Entry(
        file=row["file"],
        place=Place(row["offset"], row["skip"]),
        url=row["url"],
        fetched=datetime.fromisoformat(row["fetched"]),
        site=row["site"],
        digest=row["digest"],
        original=Original(row["of_url"], second and datetime.fromisoformat(second), row["of_id"])
        if row["is_revisit"]
        else None,
    )
