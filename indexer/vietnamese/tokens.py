"""Cut a text into tokens whose offsets point into that very text, decomposed and full of invisible characters or not.

Positions count words. A compound stands as a whole at the position of its first part, followed by its parts at
successive positions, so that a phrase may be said over the parts; `parts` leaves the wholes out again.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Iterator
from functools import cache, lru_cache
from itertools import groupby
from typing import NamedTuple

from crawler import legacy
from indexer.vietnamese.compounds import Chunk, is_decimal, part, weakest, whole
from indexer.vietnamese.syllable import INVISIBLE, canonical, fold, normal

# Lucene's limit for a token; what is longer is encoded data, which must not bloat the index.
LONGEST_TERM = 255

# The spellings kept: a news corpus of 3,000 articles has some 25,000. Longer chunks are rare and not worth the memory.
_KEPT = 65_536
_LONGEST_KEPT = 64

_HYPHENS = str.maketrans("\u2010\u2011", "--")  # hyphen and non-breaking hyphen, as word processors write them


class Token(NamedTuple):
    """One term of a text: `text[start:end]` is its surface. A tuple, for being made a million times a second."""

    exact: str
    folded: str
    position: int
    start: int
    end: int


def tokenize(text: str) -> list[Token]:
    """The tokens of a text in order. No stop words; single letters are kept; what has no letter or digit is dropped.

    A text that is certainly in TCVN3, VNI or the like gives the tokens of what it says, at its own offsets.
    """
    if legacy.is_suspect(text) and (encoding := legacy.certain(text)):
        decoded, starts = encoding.aligned(text)
        return [token._replace(start=starts[token.start], end=starts[token.end]) for token in _tokens(decoded)]
    return _tokens(text)


def _tokens(text: str) -> list[Token]:
    tokens: list[Token] = []
    position = 0
    for found in _chunks().finditer(text):
        surface = found.group()
        start = found.start()
        rows = _kept_rows(surface) if len(surface) <= _LONGEST_KEPT else _rows(surface)
        for exact, folded, step, begin, end in rows:
            tokens.append(Token(exact, folded, position + step, start + begin, start + end))
        position += rows[-1][2] + 1
    return tokens


def parts(tokens: list[Token]) -> list[Token]:
    """One token a position, without the wholes of compounds: item i is at position i, what a phrase is matched on."""
    if not tokens or tokens[-1].position == len(tokens) - 1:
        return tokens
    return list({token.position: token for token in tokens}.values())


def readings(text: str) -> list[tuple[Token, ...]]:
    """The ways in which one written word may stand in a text, each a phrase: a compound's whole, and its parts.

    Empty for a text without letters and digits. `TP.HCM` is (tphcm) or (tp, hcm); `học` is (học).
    """
    tokens = tokenize(text)
    run = tuple(parts(tokens))
    if len(run) == len(tokens) or tokens[0].end < run[-1].end:
        return [run] if run else []
    return [(tokens[0],), run]


Row = tuple[str, str, int, int, int]  # exact, folded, and position, start, end within the chunk


def _rows(surface: str) -> tuple[Row, ...]:
    """The terms of a chunk, at least one."""
    spans = [found.span() for found in _words().finditer(surface)]
    if len(spans) == 1:
        return (_row(part(canonical(surface)), 0, *spans[0]),)
    return tuple(_taken_apart(surface, spans, 0))


_kept_rows = lru_cache(_KEPT)(_rows)


def _taken_apart(surface: str, spans: list[tuple[int, int]], step: int) -> Iterator[Row]:
    """The whole and the parts of a compound; else the same of what stands between the weakest joiners."""
    chunk = _chunk(surface, spans)
    term = whole(chunk)
    if term:
        yield _row(term, step, spans[0][0], spans[-1][1])
    if term and is_decimal(chunk):
        return
    if term or len(spans) == 1:
        yield from (
            _row(part(word), step + i, *span) for i, (word, span) in enumerate(zip(chunk.words, spans, strict=True))
        )
        return
    for group in _groups(chunk.joiners, spans):
        row = None
        for row in _taken_apart(surface, group, step):
            yield row
        step = row[2] + 1 if row else step


def _chunk(surface: str, spans: list[tuple[int, int]]) -> Chunk:
    words = tuple(canonical(surface[start:end]) for start, end in spans)
    joiners = "".join(surface[end] for _, end in spans[:-1]).translate(_HYPHENS)
    return Chunk(words, joiners, normal(surface[spans[0][0] : spans[-1][1]].translate(_HYPHENS)))


def _groups(joiners: str, spans: list[tuple[int, int]]) -> Iterator[list[tuple[int, int]]]:
    split = weakest(joiners)
    group = [spans[0]]
    for joiner, span in zip(joiners, spans[1:], strict=True):
        if joiner == split:
            yield group
            group = []
        group.append(span)
    yield group


def _row(term: str, step: int, start: int, end: int) -> Row:
    exact = term[:LONGEST_TERM]
    return sys.intern(exact), sys.intern(fold(exact)), step, start, end


@cache
def _word() -> str:
    """The pattern of a word: letters and digits with all that hangs on them, combining marks and invisible characters.

    `re` has no class for marks. They are collected at first use, in 20 ms; there are none above the first two planes.
    """
    marks = (code for code in range(0x300, 0x20000) if unicodedata.category(chr(code))[0] == "M")
    runs = ([code for _, code in run] for _, run in groupby(enumerate(marks), lambda pair: pair[1] - pair[0]))
    ranges = "".join(f"{chr(run[0])}-{chr(run[-1])}" for run in runs)
    hanging = f"[{ranges}{INVISIBLE}\U000e0100-\U000e01ef]"
    return rf"[^\W_]++(?:{hanging}++[^\W_]*+)*+"


@cache
def _words() -> re.Pattern[str]:
    return re.compile(_word())


@cache
def _chunks() -> re.Pattern[str]:
    """Words with single joiners between them; a comma joins digits only, `học,sinh` is a missing space."""
    word = _word()
    return re.compile(rf"{word}(?:(?:[-\u2010\u2011/@_&.]|(?<=[0-9]),(?=[0-9])){word})*+")
