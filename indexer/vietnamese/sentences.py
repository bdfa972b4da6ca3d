"""Find where the sentences of a text begin and end, for passages under a result. Not a grammar: some short rules."""

from __future__ import annotations

import re

# After these a full stop belongs to the word. From the titles, places and references of Vietnamese news; no single
# letters but those of addresses, since `Nguyễn Văn A.` does end sentences.
_SHORT = (
    "gs pgs ts ths tskh bs bscki bsckii ds dsck ks cn kts nsnd nsưt ngnd ngưt ncs gv gvc gvcc lm "
    "tp tx tt h p q x đ kp đc đt sđt tel stt tr nxb vd mr mrs ms dr prof vol pp fig jr"
)
_ABBREVIATED = frozenset(_SHORT.split())
_STOP = re.compile(r"(?<![.!?…])[.!?…]++[\"'”’»)\]]*+(?=\s)|\n")
_LAST_WORD = re.compile(r"([^\W\d_]+)\.$")
_TAIL = 16  # twice the longest abbreviation
_LIST_NUMBER = re.compile(r"(?:[0-9]{1,3}|[^\W\d_])\.$")


def sentences(text: str) -> list[tuple[int, int]]:
    """The spans of the sentences on the original, without the white space around them; none of them is empty.

    A newline always ends one. A full stop does before white space, unless it belongs to an abbreviation (TS., TP., P.),
    numbers an item at the sentence's beginning, or a small letter follows.
    """
    spans: list[tuple[int, int]] = []
    start = 0
    for found in _STOP.finditer(text):
        if _ends(text, start, found):
            _add(spans, text, start, found.end())
            start = found.end()
    _add(spans, text, start, len(text))
    return spans


def _ends(text: str, start: int, found: re.Match[str]) -> bool:
    mark = found.group()[0]
    if mark in ".…" and _goes_on(text, found.end()):
        return False
    if mark != ".":
        return True
    # A sentence's tail is enough to see its last word; the whole of it each time would make long texts quadratic.
    tail = text[max(start, found.start() - _TAIL) : found.start() + 1]
    last = _LAST_WORD.search(tail)
    numbers = found.start() - start < _TAIL and _LIST_NUMBER.fullmatch(tail.strip())
    return not numbers and not (last and last[1].casefold() in _ABBREVIATED)


def _goes_on(text: str, at: int) -> bool:
    """Whether a small letter follows on the same line."""
    following = text[at : at + 8].lstrip(" \t\xa0")
    return bool(following) and following[0].islower()


def _add(spans: list[tuple[int, int]], text: str, start: int, end: int) -> None:
    piece = text[start:end]
    if stripped := piece.strip():
        begin = start + len(piece) - len(piece.lstrip())
        spans.append((begin, begin + len(stripped)))
