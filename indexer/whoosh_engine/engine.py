"""Write generations with Whoosh and open them."""

from __future__ import annotations

import pickle
import shutil
from collections.abc import Iterable
from pathlib import Path

from whoosh import index
from whoosh.searching import Searcher
from whoosh.writing import SegmentWriter

from crawler.article import StoredArticle
from crawler.errors import DamagedError, TratinError
from indexer.engine import IndexInfo
from indexer.generations import EMPTY, REMEDY, Generation, Generations
from indexer.whoosh_engine.reader import WhooshReader
from indexer.whoosh_engine.schema import document, make_schema

MEMORY_LIMIT = 256  # MB of postings before Whoosh spills them to a file


class WhooshEngine:
    """The engine over generations in one folder."""

    def __init__(self, folder: Path) -> None:
        """Use `folder`, made when the first generation is written."""
        self._generations = Generations(folder)

    def live(self) -> IndexInfo:
        """What the live generation is."""
        generation = self._generations.live()
        return generation.info if generation else EMPTY

    def reader(self, generation: int | None = None) -> WhooshReader | None:
        """Open the live generation, or an older one; None where there is none at all."""
        found = self._generations.live() if generation is None else self._generations.get(generation)
        if found is None:
            return None
        return WhooshReader(_open(found.folder), found.info)

    def update(self, changes: Iterable[StoredArticle], watermark: int) -> IndexInfo:
        """Make a generation that also holds `changes`, and switch to it."""
        with self._generations.writing():
            return self._write(self._generations.live(), changes, watermark)

    def rebuild(self, articles: Iterable[StoredArticle], watermark: int) -> IndexInfo:
        """Make a generation of `articles` alone, and switch to it."""
        with self._generations.writing():
            return self._write(None, articles, watermark)

    def _write(self, base: Generation | None, articles: Iterable[StoredArticle], watermark: int) -> IndexInfo:
        draft = self._generations.draft(base)
        try:
            opened = _open(draft) if base else index.create_in(draft, make_schema())
            _add(opened, articles, replacing=base is not None)
            documents = opened.doc_count()
            opened.close()
            for lock in draft.glob("*_WRITELOCK"):  # ours is the one on the folder of generations
                lock.unlink()
            return self._generations.publish(draft, base, documents, watermark)
        except BaseException:
            shutil.rmtree(draft, ignore_errors=True)
            raise


def _open(folder: Path) -> index.FileIndex:
    try:
        return index.open_dir(folder)
    except (index.IndexError, pickle.UnpicklingError, EOFError, OSError, ValueError) as error:
        raise DamagedError(folder, f"Whoosh cannot open it: {error!r}", REMEDY) from None


def _add(opened: index.FileIndex, articles: Iterable[StoredArticle], *, replacing: bool) -> None:
    """Add `articles` in one commit, each in the place of what the index had under its id; all of them or none."""
    writer = opened.writer(limitmb=MEMORY_LIMIT)
    try:
        with opened.searcher() as before:
            for stored in articles:
                if replacing:
                    _delete(writer, before, stored.article.id)
                _add_one(writer, stored)
    except BaseException:
        writer.cancel()
        raise
    writer.commit(optimize=not replacing)


def _delete(writer: SegmentWriter, before: Searcher, article_id: str) -> None:
    number = before.document_number(id=article_id)
    if number is not None:
        writer.delete_document(number)


def _add_one(writer: SegmentWriter, stored: StoredArticle) -> None:
    try:
        writer.add_document(**document(stored))
    except Exception as error:
        told = f"article {stored.article.id} ({stored.article.url}) cannot be indexed: {error!r}; nothing was changed"
        raise TratinError(told) from error
