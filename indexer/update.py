"""The spine of writing: ask the store what changed since the index's watermark, and give that to the engine.

The watermark lies in the manifest of the generation that it belongs to, so the two are published by one rename: there
is no moment at which a crash could separate them.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from crawler.article import StoredArticle
from crawler.errors import DamagedError
from crawler.settings import Settings
from crawler.store import Store
from indexer.engine import IndexInfo, open_engine


@dataclass(frozen=True, slots=True)
class Updated:
    """What an update did: the generation that is now live, how many articles were written, in how many seconds."""

    info: IndexInfo
    articles: int
    seconds: float


def update(settings: Settings, store: Store, *, rebuild: bool = False) -> Updated:
    """Bring the index up to the store; with `rebuild`, from nothing. Raises DamagedError, LockedError."""
    started = time.monotonic()
    engine = open_engine(settings)
    last = store.sequence()
    counted = _Counted(())
    if rebuild:
        counted = _Counted(store.changes(0, last))
        info = engine.rebuild(counted, last)
    else:
        info = engine.live()
        if info.watermark > last:
            raise DamagedError(
                store.path,
                f"the index holds changes up to number {info.watermark}, the store only up to {last}",
                "restore the store, or run 'tratin index --rebuild' to index what it holds",
            )
        if info.watermark < last:
            counted = _Counted(store.changes(info.watermark, last))
            info = engine.update(counted, last)
    return Updated(info, counted.count, time.monotonic() - started)


class _Counted:
    """The articles of `source`, counted as they go by."""

    def __init__(self, source: Iterable[StoredArticle]) -> None:
        self._source = source
        self.count = 0

    def __iter__(self) -> Iterator[StoredArticle]:
        for article in self._source:
            self.count += 1
            yield article
