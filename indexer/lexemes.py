"""Cut a query into lexemes that are certain to be well-formed, so that `query` can read them without looking back.

Whatever has nothing to work on becomes a plain word or goes, with a warning: stray quotes and parentheses, groups
without content, operators without operands, fields without words, and all that is too deep or too long.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, cast

from crawler import legacy
from indexer.vietnamese import parts, tokenize

FIELDS = ("title", "author", "category", "site")

# Protect the server: a headline pasted whole has up to 40 syllables, and nobody nests by hand.
MAX_DEPTH = 20
MAX_TERMS = 64
MIN_PREFIX = 2  # one letter begins thousands of terms

Kind = Literal["word", "prefix", "phrase", "field", "minus", "not", "and", "or", "open", "close"]


@dataclass(frozen=True, slots=True)
class Lexeme:
    """`text` is a word, a prefix without its asterisk, the inside of a phrase, or the name of a field."""

    kind: Kind
    text: str = ""


_STRAY_QUOTE = "A quotation mark without its partner was ignored."
_STRAY_PARENTHESIS = "A parenthesis without its partner was ignored."
_NO_LETTERS = "A part without letters or digits was ignored."
_SHORT_PREFIX = "An asterisk needs one word of at least two letters before it; it was ignored."
_TOO_DEEP = f"Parentheses nested deeper than {MAX_DEPTH} were ignored."
_TOO_LONG = f"Only the first {MAX_TERMS} words of the query were used."
_EMPTY_GROUP = "Parentheses with nothing between them were ignored."
_STRAY_FIELD = "A field without words was taken as a plain word."
_STRAY_OPERATOR = "An operator with nothing to work on was taken as a plain word."

# Full-width ASCII, the quotes of word processors and the mathematical minus are typed for the plain signs.
_PLAIN_SIGNS = (
    {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | dict.fromkeys(map(ord, "“”„‟"), '"') | {0x2212: "-"}
)

_BEGINNING = r"(?<![^\s(])"  # of a piece: a minus excludes only here, `Nội-Huế` is one word
_LEXEME = re.compile(
    rf"""(?P<space>\s+)
    |"(?P<phrase>[^"]*)"
    |(?P<quote>")
    |(?P<open>\()
    |(?P<close>\))
    |{_BEGINNING}(?P<minus>-+)(?=[^\s-])
    |{_BEGINNING}(?P<lone>-+)
    |(?P<dash>-+)
    |(?P<field>(?ai:{"|".join(FIELDS)})):
    |(?P<word>[^\s"()]+)""",
    re.VERBOSE,
)
_OPERATORS: dict[str, Kind] = {"OR": "or", "AND": "and", "NOT": "not"}
_OPERANDS = frozenset[Kind]({"word", "prefix", "phrase"})
_GROUPS = _OPERANDS | frozenset[Kind]({"open"})
_EXCLUDABLE = _GROUPS | frozenset[Kind]({"field"})
_WORKS_ON: dict[Kind, frozenset[Kind]] = {"minus": _EXCLUDABLE, "not": _EXCLUDABLE, "field": _GROUPS}
_REPEATS: dict[Kind, frozenset[Kind]] = {
    "minus": frozenset({"minus", "not"}),
    "not": frozenset({"minus", "not"}),
    "field": frozenset({"field"}),
}


def lexemes(text: str, warnings: list[str]) -> list[Lexeme]:
    """The lexemes of a query, well-formed; adds to `warnings` what was changed for that."""
    items = _nested(_scanned(legacy.decoded(text).translate(_PLAIN_SIGNS), warnings), warnings)
    return _limited(_binary(_unary(items, warnings), warnings), warnings)


def _scanned(text: str, warnings: list[str]) -> list[Lexeme]:
    items: list[Lexeme] = []
    for found in _LEXEME.finditer(text):
        kind = cast(str, found.lastgroup)
        match kind:
            case "word" | "phrase":
                _add_operand(items, kind, found[kind], warnings)
            case "field":
                items.append(Lexeme("field", found[kind].lower()))
            case "open" | "close" | "minus":
                items.append(Lexeme(kind))
            case "quote":
                warnings.append(_STRAY_QUOTE)
            case "lone":
                warnings.append(_NO_LETTERS)
    return items


def _add_operand(items: list[Lexeme], kind: str, text: str, warnings: list[str]) -> None:
    if text in _OPERATORS and kind == "word" and not (items and items[-1].kind == "minus"):
        items.append(Lexeme(_OPERATORS[text]))
    elif not tokenize(text):
        warnings.append(_NO_LETTERS)
        _drop_unary(items)
    else:
        items.append(_word(text, warnings) if kind == "word" else Lexeme("phrase", " ".join(text.split())))


def _drop_unary(items: list[Lexeme]) -> None:
    """Drop what was to work on an operand that is none, lest it takes the next one: `-"" học` does not exclude học."""
    while items and items[-1].kind in ("minus", "not", "field"):
        items.pop()


def _plain(text: str) -> Lexeme:
    """A plain word; in small letters where it would be taken for an operator when read again."""
    return Lexeme("word", text.lower() if text in _OPERATORS else text)


def _word(piece: str, warnings: list[str]) -> Lexeme:
    text = piece.rstrip("*")
    if text == piece:
        return _plain(text)
    tokens = tokenize(text)
    if len(tokens) == 1 and len(tokens[0].folded) >= MIN_PREFIX:
        return Lexeme("prefix", text[tokens[0].start : tokens[0].end])  # terms begin with letters or digits alone
    warnings.append(_SHORT_PREFIX)
    return _plain(text)


def _nested(items: Sequence[Lexeme], warnings: list[str]) -> list[Lexeme]:
    """Keep the parentheses that have a partner and a content and are not too deep."""
    opened: list[int] = []
    partner: dict[int, int] = {}
    for i, item in enumerate(items):
        if item.kind == "open":
            opened.append(i)
        elif item.kind == "close" and opened:
            partner[i] = opened.pop()
    paired = partner.keys() | set(partner.values())
    kept: list[Lexeme] = []
    depth = 0
    for i, item in enumerate(items):
        if item.kind not in ("open", "close"):
            kept.append(item)
        elif i not in paired:
            warnings.append(_STRAY_PARENTHESIS)
        else:
            deep = depth + (item.kind == "open") > MAX_DEPTH
            depth += 1 if item.kind == "open" else -1
            _add_parenthesis(kept, item, deep, warnings)
    return kept


def _add_parenthesis(kept: list[Lexeme], item: Lexeme, deep: bool, warnings: list[str]) -> None:
    while item.kind == "close" and kept and kept[-1].kind == "minus":
        kept.pop()  # it has nothing to exclude, and goes before the group is found empty
    if deep:
        warnings.append(_TOO_DEEP)
    elif item.kind == "close" and kept[-1].kind == "open":
        kept.pop()
        _drop_unary(kept)
        warnings.append(_EMPTY_GROUP)
    else:
        kept.append(item)


def _unary(items: Sequence[Lexeme], warnings: list[str]) -> list[Lexeme]:
    """Keep minus, NOT and fields that have something to work on; of several in a row the last one counts."""
    kept: list[Lexeme] = []  # from the end
    for item in reversed(items):
        following = kept[-1].kind if kept else "close"
        if item.kind not in _WORKS_ON or following in _WORKS_ON[item.kind]:
            kept.append(item)
        elif following not in _REPEATS[item.kind]:
            _demote(item, kept, warnings)
    return kept[::-1]


def _demote(item: Lexeme, kept: list[Lexeme], warnings: list[str]) -> None:
    warnings.append(_STRAY_FIELD if item.kind == "field" else _STRAY_OPERATOR)
    if item.kind != "minus":
        kept.append(Lexeme("word", item.text or item.kind))


def _binary(items: Sequence[Lexeme], warnings: list[str]) -> list[Lexeme]:
    """Keep AND and OR that stand between two operands."""
    kept: list[Lexeme] = []
    for item, following in pairwise([*items, Lexeme("close")]):
        if item.kind in ("and", "or"):
            left = bool(kept) and (kept[-1].kind in _OPERANDS or kept[-1].kind == "close")
            if not left or following.kind in ("and", "or", "close"):
                warnings.append(_STRAY_OPERATOR)
                item = Lexeme("word", item.kind)
        kept.append(item)
    return kept


def _limited(items: Sequence[Lexeme], warnings: list[str]) -> list[Lexeme]:
    """Cut after MAX_TERMS words, and close what is then open."""
    left = MAX_TERMS
    kept: list[Lexeme] = []
    for item in items:
        fitting = _first(item, left)
        if fitting is None:
            break
        kept.append(fitting)
        left -= _words(fitting)
        if fitting != item:
            break
    else:
        return kept
    warnings.append(_TOO_LONG)
    while kept and kept[-1].kind not in _OPERANDS and kept[-1].kind != "close":
        kept.pop()
    unclosed = sum((item.kind == "open") - (item.kind == "close") for item in kept)
    return kept + [Lexeme("close")] * unclosed


def _words(item: Lexeme) -> int:
    return len(parts(tokenize(item.text))) if item.kind in _OPERANDS else 0


def _first(item: Lexeme, count: int) -> Lexeme | None:
    """The lexeme with at most `count` words of its own; None where it has some and may have none."""
    if _words(item) <= count:
        return item
    if count == 0:
        return None
    end = parts(tokenize(item.text))[count - 1].end
    return _plain(item.text[:end]) if item.kind == "word" else Lexeme(item.kind, item.text[:end])
