"""Write generations with Whoosh and open them."""

from __future__ import annotations

import pickle
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
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
from indexer.whoosh_engine.writer import SEGMENT, merge, open_writer


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
        try:
            with _readable(found.folder):
                self._generations.verify(found)
                return WhooshReader(index.open_dir(found.folder).reader(), found.info)
        except DamagedError:
            if found.folder.is_dir():
                raise
            return self.reader(generation)  # it was forgotten meanwhile

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
            with _readable(draft):
                opened = index.open_dir(draft) if base else index.create_in(draft, make_schema())
            _add(opened, articles, replacing=base is not None)
            documents = opened.doc_count()
            opened.close()
            for lock in draft.glob("*_WRITELOCK"):  # ours is the one on the folder of generations
                lock.unlink()
            return self._generations.publish(draft, base, documents, watermark)
        except BaseException:
            shutil.rmtree(draft, ignore_errors=True)
            raise


@contextmanager
def _readable(folder: Path) -> Iterator[None]:
    """Turn what Whoosh says of files that it cannot read into our own error."""
    try:
        yield
    except (index.IndexError, pickle.UnpicklingError, EOFError, OSError, ValueError) as error:
        raise DamagedError(folder, f"Whoosh cannot open it: {error!r}", REMEDY) from None


def _add(opened: index.FileIndex, articles: Iterable[StoredArticle], *, replacing: bool) -> None:
    """Add `articles`, each in the place of what the index had under its id."""
    writer = open_writer(opened)
    try:
        with opened.searcher() as before:  # its numbers hold until segments are merged, at the end
            for count, stored in enumerate(articles, 1):
                if replacing:
                    _delete(writer, before, stored.article.id)
                _add_one(writer, stored)
                if count % SEGMENT == 0:
                    writer.commit(merge=False)
                    writer = open_writer(opened)
    except BaseException:
        writer.cancel()
        raise
    writer.commit(mergetype=merge)


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
