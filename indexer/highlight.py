"""Mark on the original text what a query looked for, and choose the passages of an article that show it best.

A query without any diacritic marks every word of its letters. A query with some marks exact words; only for a word that
a text does not have, the unaccented spelling: `đại` marks `dai` then, never `dài`, and a `dai` that was typed among
accented words marks `đại`. Phrases follow the same rule as a whole.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from operator import attrgetter

from indexer.query import And, In, Node, Or, Phrase, Prefix, Word
from indexer.vietnamese import Token, begins, fold, has_marks, parts, prefix_forms, readings, sentences, tokenize


@dataclass(frozen=True, slots=True)
class Sought:
    """A run of words to mark, in their exact and folded terms; one word is a run of one. A compound has two runs."""

    exact: tuple[str, ...]
    folded: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to mark: runs of words, and the exact forms of prefixes; `accented` if diacritics were typed."""

    runs: tuple[Sought, ...] = ()
    prefixes: tuple[str, ...] = ()
    accented: bool = False


@dataclass(frozen=True, slots=True)
class _Hit:
    """A marked token, and which of the wanted it answers (counted over runs, then prefixes)."""

    start: int
    end: int
    sought: int


def wanted(node: Node, field: str = "body") -> Wanted:
    """Collect what to mark in a text of that field (`body` or `title`): what is excluded or of other fields is not."""
    leaves = list(dict.fromkeys(_leaves(node, field)))
    runs = (_sought(reading) for leaf in leaves for reading in _readings(leaf))
    prefixes = (form for leaf in leaves if isinstance(leaf, Prefix) for form in prefix_forms(leaf.text))
    accented = any(has_marks(leaf.text) for leaf in leaves)
    return Wanted(tuple(dict.fromkeys(runs)), tuple(dict.fromkeys(prefixes)), accented)


def mark(text: str, wanted: Wanted) -> str:
    """The whole text, escaped for HTML, with `<mark>` around what is wanted; marks with only a space between join."""
    return _marked(text, 0, len(text), _hits(tokenize(text), wanted))


def coverage(text: str, wanted: Wanted) -> int:
    """How many of the different things that are wanted stand in the text."""
    return len({hit.sought for hit in _hits(tokenize(text), wanted)})


def passages(text: str, wanted: Wanted, count: int = 2, length: tuple[int, int] = (160, 240)) -> list[str]:
    """The best passages, at most `count` of them, in the text's order, marked as by `mark` and on one line.

    A passage is one or more whole sentences, together at least `length[0]` characters where there are as many and at
    most `length[1]`; of a longer sentence the best part is cut out, at words, with an ellipsis. The passage with the
    most different wanted things comes first, then the one with the most marks. Nothing found: an empty list.
    """
    tokens = tokenize(text)
    hits = _hits(tokens, wanted)
    if not hits:
        return []
    candidates = _candidates(sentences(text), tokens, hits, length)
    return [_excerpt(text, passage, hits) for passage in _best(candidates, hits, count)]


# What to look for


def _leaves(node: Node, field: str) -> Iterator[Word | Prefix | Phrase]:
    match node:
        case Word() | Prefix() | Phrase():
            yield node
        case And(nodes) | Or(nodes):
            for inner in nodes:
                yield from _leaves(inner, field)
        case In(name, inner) if name == field:
            yield from _leaves(inner, field)


def _readings(leaf: Word | Prefix | Phrase) -> list[tuple[Token, ...]]:
    match leaf:
        case Word(text):
            return readings(text)
        case Phrase(text):
            return [run] if (run := tuple(parts(tokenize(text)))) else []
        case Prefix():
            return []


def _sought(reading: Sequence[Token]) -> Sought:
    return Sought(tuple(token.exact for token in reading), tuple(token.folded for token in reading))


# Where it is


def _hits(tokens: list[Token], wanted: Wanted) -> list[_Hit]:
    """The tokens to mark, in the order of the text."""
    heads = {run.folded[0] for run in wanted.runs}
    places = defaultdict(list)
    for token in tokens:
        if token.folded in heads:
            places[token.folded].append(token)
    units = parts(tokens)
    hits = [
        _Hit(token.start, token.end, number)
        for number, run in enumerate(wanted.runs)
        for found in _occurrences(run, places[run.folded[0]], units, accented=wanted.accented)
        for token in found
    ]
    hits += _prefix_hits(tokens, wanted.prefixes, len(wanted.runs))
    return sorted(hits, key=lambda hit: (hit.start, hit.end))


def _occurrences(run: Sought, places: list[Token], units: list[Token], *, accented: bool) -> list[tuple[Token, ...]]:
    """Where a run occurs: as it is typed, else where query or text leave out the diacritics."""
    found = [words for head in places if (words := _at(run, head, units))]
    if not accented:
        return found
    exact = [words for words in found if tuple(word.exact for word in words) == run.exact]
    return exact or [words for words in found if all(map(_may_be, words, run.exact, run.folded))]


def _at(run: Sought, head: Token, units: list[Token]) -> tuple[Token, ...] | None:
    """The words from `head` on if they are the letters of `run`; a single word may be a compound's whole."""
    if len(run.folded) == 1:
        return (head,)
    words = tuple(units[head.position : head.position + len(run.folded)])
    return words if words[0] == head and tuple(word.folded for word in words) == run.folded else None


def _may_be(token: Token, exact: str, folded: str) -> bool:
    return folded in (token.exact, exact) or token.exact == exact


def _prefix_hits(tokens: list[Token], prefixes: Sequence[str], first: int) -> Iterator[_Hit]:
    bare = [fold(prefix) for prefix in prefixes]
    starts = tuple(bare)
    for token in tokens if prefixes else ():
        if token.folded.startswith(starts):
            for number, (prefix, folded) in enumerate(zip(prefixes, bare, strict=True), first):
                if token.folded.startswith(folded) and (prefix == folded or begins(token.exact, prefix)):
                    yield _Hit(token.start, token.end, number)


# Which passages

# Of the marks in one sentence. News has a few; a list without full stops may have thousands, and must not take seconds.
_LOOKED_AT = 200


@dataclass(frozen=True, slots=True)
class _Passage:
    """A span of the text, with an ellipsis on the sides where a sentence was cut."""

    start: int
    end: int
    before: str = ""
    after: str = ""


def _candidates(
    spans: list[tuple[int, int]], tokens: list[Token], hits: list[_Hit], length: tuple[int, int]
) -> Iterator[_Passage]:
    for i, (start, end) in enumerate(spans):
        if inside := _inside(hits, start, end):
            yield _cut(tokens, spans[i], inside, length[1]) if end - start > length[1] else _grown(spans, i, length)


def _grown(spans: list[tuple[int, int]], i: int, length: tuple[int, int]) -> _Passage:
    """The sentence with as many of the following, then of the preceding ones as it takes to be long enough."""
    first = last = i
    start, end = spans[i]
    while end - start < length[0] and last + 1 < len(spans) and spans[last + 1][1] - start <= length[1]:
        last += 1
        end = spans[last][1]
    while end - start < length[0] and first > 0 and end - spans[first - 1][0] <= length[1]:
        first -= 1
        start = spans[first][0]
    return _Passage(start, end)


def _cut(tokens: list[Token], sentence: tuple[int, int], hits: list[_Hit], limit: int) -> _Passage:
    """The part of a long sentence, at most `limit` characters from word to word, that shows most of the hits."""
    first, last = sentence
    lead = limit // 4  # before the first mark, for the reader to see where it comes from
    starts = {max(first, min(hit.start - lead, last - limit)) for hit in hits[:_LOOKED_AT]}
    start = max(starts, key=lambda at: (_worth(hits, at, at + limit), -at))
    end = min(start + limit, last)
    words = [token for token in tokens[_from(tokens, start) : _from(tokens, end)] if token.end <= end]
    if words and start != first:
        start = words[0].start
    if words and end != last:
        end = max(token.end for token in words)
    return _Passage(start, end, "…" if start != first else "", "…" if end != last else "")


def _best(candidates: Iterable[_Passage], hits: list[_Hit], count: int) -> list[_Passage]:
    chosen: list[_Passage] = []
    for passage in sorted(candidates, key=lambda p: _worth(hits, p.start, p.end), reverse=True):
        if len(chosen) < count and all(p.end <= passage.start or passage.end <= p.start for p in chosen):
            chosen.append(passage)
    return sorted(chosen, key=lambda passage: passage.start)


def _worth(hits: list[_Hit], start: int, end: int) -> tuple[int, int]:
    inside = [hit for hit in _inside(hits, start, end) if hit.end <= end]
    return len({hit.sought for hit in inside}), len(inside)


def _inside(hits: list[_Hit], start: int, end: int) -> list[_Hit]:
    return hits[_from(hits, start) : _from(hits, end)]


def _from(items: Sequence[_Hit] | Sequence[Token], at: int) -> int:
    return bisect_left(items, at, key=attrgetter("start"))


# Writing it down


def _excerpt(text: str, passage: _Passage, hits: list[_Hit]) -> str:
    inner = _marked(text, passage.start, passage.end, hits)
    return passage.before + " ".join(inner.split()) + passage.after


def _marked(text: str, start: int, end: int, hits: Iterable[_Hit]) -> str:
    pieces: list[str] = []
    at = start
    for first, last in _joined(text, start, end, hits):
        pieces += escape(text[at:first]), "<mark>", escape(text[first:last]), "</mark>"
        at = last
    return "".join(pieces) + escape(text[at:end])


def _joined(text: str, start: int, end: int, hits: Iterable[_Hit]) -> list[tuple[int, int]]:
    """The spans to mark between `start` and `end`: overlapping ones are one, and so are neighbours."""
    spans: list[tuple[int, int]] = []
    for hit in hits:
        first, last = max(hit.start, start), min(hit.end, end)
        if first >= last:
            continue
        if spans and (first <= spans[-1][1] or text[spans[-1][1] : first] in (" ", "\xa0")):
            spans[-1] = spans[-1][0], max(last, spans[-1][1])
        else:
            spans.append((first, last))
    return spans
