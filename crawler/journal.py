"""Make what a visit brought durable: first the record in the archive, then what the store makes of it.

Threads that come at the same time share one sync of the archive and one transaction of the store, which the first of
them does for all: a sync costs as much for twenty pages as for one. Whoever returns from `commit` has everything on
disk. A crash between the two syncs leaves records that the store does not know; the next run takes them in.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from crawler.archive import Archive, Exchange, pack
from crawler.store import Location, Store

Settle = Callable[[Location | None], None]


@dataclass(eq=False)
class _Entry:
    """One visit that waits to be written: its packed record, if there is one, and what the store makes of it."""

    packed: bytes | None
    settle: Settle | None
    done: bool = False
    error: BaseException | None = field(default=None)


class Journal:
    """Writes into one archive and one store. Threads may share it."""

    def __init__(self, store: Store, archive: Archive) -> None:
        """Nothing waits yet."""
        self._store, self._archive = store, archive
        self._lock = threading.Lock()
        self._turn = threading.Lock()
        self._waiting: list[_Entry] = []

    def commit(self, exchange: Exchange | None, settle: Settle | None = None) -> None:
        """Archive a response, then call `settle` with its place within a transaction of the store.

        Raises what the archive, the store or any `settle` of those that were written together raises; then nothing of
        them is in the store.
        """
        entry = _Entry(pack(exchange) if exchange else None, settle)
        with self._lock:
            self._waiting.append(entry)
        with self._turn:
            if not entry.done:
                with self._lock:
                    batch, self._waiting = self._waiting, []
                self._write(batch)
        if entry.error is not None:
            raise entry.error

    def _write(self, batch: list[_Entry]) -> None:
        try:
            locations = iter(self._archive.append([entry.packed for entry in batch if entry.packed is not None]))
            last: Location | None = None
            with self._store.transaction():
                for entry in batch:
                    location = next(locations) if entry.packed is not None else None
                    if entry.settle:
                        entry.settle(location)
                    if entry.packed is not None and location is not None:
                        last = Location(location.file, location.offset + len(entry.packed))
                if last:
                    self._store.settle(last.file, last.offset)
        except BaseException as error:
            for entry in batch:
                entry.error = error
        finally:
            for entry in batch:
                entry.done = True
