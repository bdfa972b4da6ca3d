"""Whoosh's writer, without what took half of its time and without its policy of merging.

Stock, it asks for the length of the document with each posting, which our fields do not keep, and sorts postings as
tuples that it spills one by one; here only terms are sorted, and what does not fit into memory is a segment of its own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from whoosh.codec.whoosh3 import W3Codec
from whoosh.index import FileIndex
from whoosh.reading import SegmentReader
from whoosh.writing import SegmentWriter

SEGMENT = 2500  # articles written at once: 0.4 GB of memory
SMALL = 500  # articles of a segment that may be merged, so that no merge has more than 5,000
MERGED = 10  # small segments that become one: an article is merged two or three times in its life

Posting = tuple[str, bytes, int, float, bytes]  # field, term, document, weight, positions


def open_writer(opened: FileIndex) -> SegmentWriter:
    """A writer of one new segment, in several files: of a single one, Whoosh's readers copy every part into memory."""
    writer = SegmentWriter(opened, codec=_Codec(), compound=False)
    writer.pool = _Pool()
    return writer


def merge(writer: SegmentWriter, segments: list[Any]) -> list[Any]:
    """Take the smallest of `segments` into the new one where they are many; give those that stay as they are."""
    alive = [segment for segment in segments if segment.doc_count()]
    small = sorted((s for s in alive if s.doc_count_all() < SMALL), key=lambda s: s.doc_count_all())[:MERGED]
    if len(small) < MERGED:
        return alive
    for segment in small:
        reader = SegmentReader(writer.storage, writer.schema, segment)
        writer.add_reader(reader)
        reader.close()
    return [segment for segment in alive if segment not in small]


class _Codec(W3Codec):  # type: ignore[misc]
    length_stats = False


class _Pool:
    """The postings of a segment by field and term; documents come in ascending order, and stay in it."""

    def __init__(self) -> None:
        self._terms: defaultdict[tuple[str, bytes], list[tuple[int, float, bytes]]] = defaultdict(list)

    def add(self, posting: Posting) -> None:
        field, term, number, weight, positions = posting
        self._terms[field, term].append((number, weight, positions))

    def iter_postings(self) -> Iterator[Posting]:
        for field, term in sorted(self._terms):
            for number, weight, positions in self._terms.pop((field, term)):
                yield field, term, number, weight, positions

    def cleanup(self) -> None:
        self._terms.clear()
