"""Recognise what is written as one and read as several: `123/QĐ-ĐHCNVT`, `08/01/2021`, `TP.HCM`, `3.500.000`.

A rule sees a chunk (words and the single joiners between them, already canonical and in lower case, so that capitals
decide nothing) and answers with the term of the whole, or None. The caller keeps the parts as terms of their own.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from indexer.vietnamese.syllable import is_syllable

JOINERS = "/@,_-&."  # from the weakest to the strongest: an unknown chunk is taken apart in this order

_EMAIL = re.compile(r"[\w.-]+@(?:[a-z0-9-]+\.)+[a-z]{2,}")
# Only well-known endings: after a full stop without a space, `năm.Trường` looks like a domain, too.
_DOMAIN = re.compile(
    r"(?:[a-z0-9-]+\.)+(?:vn|com|net|org|edu|gov|info|biz|io|asia|eu|int|jp|kr|cn|tw|sg|th|la|uk|au|us|fr|de|ru)"
)
_DAY_FIRST = re.compile(r"([0-9]{1,2})([/.-])([0-9]{1,2})\2([0-9]{4})")
_YEAR_FIRST = re.compile(r"([0-9]{4})([/.-])([0-9]{1,2})\2([0-9]{1,2})")
# Vietnamese writes 1.234.567,8; the English way round occurs in translated news. A leading zero is never a thousand.
_THOUSANDS = re.compile(
    r"([1-9][0-9]{0,2}(?:\.[0-9]{3})+)(?:,([0-9]+))?|([1-9][0-9]{0,2}(?:,[0-9]{3})+)(?:\.([0-9]+))?"
)
_DECIMAL = re.compile(r"([0-9]+)[.,]([0-9]+)")
_PHONE = re.compile(r"0[0-9]{2,}(?:[.-][0-9]+)+")
_UNIT = re.compile(r"(?<=[0-9])[^\W\d_]+$")  # 3.500.000đ, 27,5km

# A joined term of more than four words is the slug of an address, not a name; initials are short.
_MOST_JOINED = 4
_LONGEST_INITIAL = 6
_MOST_IN_CODE = 8  # 08/2021/TTLT-BGDĐT-BNV-BTC has six


@dataclass(frozen=True, slots=True)
class Chunk:
    """Canonical words and the joiners between them, `len(joiners) == len(words) - 1`.

    `typed` is the whole without a syllable's spelling decided: in an address, my.edu.vn is not mi.edu.vn.
    """

    words: tuple[str, ...]
    joiners: str
    typed: str

    @property
    def text(self) -> str:
        """The chunk in canonical words."""
        return self.words[0] + "".join(map(str.__add__, self.joiners, self.words[1:]))


def whole(chunk: Chunk) -> str | None:
    """The one term of a compound; None where the chunk is only words that touch (`Hà-Nội`, `2020-2021`, `và/hoặc`)."""
    if not chunk.joiners:
        return None
    return next((term for rule in _RULES if (term := rule(chunk))), None)


def is_decimal(chunk: Chunk) -> bool:
    """Whether the chunk is a decimal fraction and nothing else: its parts, `4` and `0` of `4.0`, mean nothing alone."""
    return bool(_DECIMAL.fullmatch(chunk.text)) and not _THOUSANDS.fullmatch(chunk.text) and not _phone(chunk)


def part(word: str) -> str:
    """The term of one part: days and months lose their zero, `08/01/2021` and `ngày 8` meet."""
    return word[1] if len(word) == 2 and word[0] == "0" and word.isdecimal() else word


def weakest(joiners: str) -> str:
    """The joiner to take a chunk apart at."""
    return next(joiner for joiner in JOINERS if joiner in joiners)


def _address(chunk: Chunk) -> str | None:
    typed = chunk.typed
    return typed if _EMAIL.fullmatch(typed) or _DOMAIN.fullmatch(typed) else None


def _date(chunk: Chunk) -> str | None:
    text = chunk.text
    if found := _DAY_FIRST.fullmatch(text):
        day, month, year = found[1], found[3], found[4]
    elif found := _YEAR_FIRST.fullmatch(text):
        year, month, day = found[1], found[3], found[4]
    else:
        return None
    try:
        return date(int(year), int(month), int(day)).isoformat()
    except ValueError:
        return None


def _number(chunk: Chunk) -> str | None:
    text = _UNIT.sub("", chunk.text)
    if found := _THOUSANDS.fullmatch(text):
        whole_part, fraction = found[1] or found[3], found[2] or found[4]
        digits = whole_part.replace(".", "").replace(",", "")
        return f"{digits}.{fraction}" if fraction else digits
    found = _DECIMAL.fullmatch(text)
    return f"{found[1]}.{found[2]}" if found else None


def _phone(chunk: Chunk) -> str | None:
    """Nine to eleven digits after punctuation: a Vietnamese number with its trunk zero has ten or eleven, once nine."""
    digits = "".join(chunk.words)
    return digits if 9 <= len(digits) <= 11 and _PHONE.fullmatch(chunk.text) else None


def _code(chunk: Chunk) -> str | None:
    """A document's number keeps its punctuation: `123/QĐ-ĐHCNVT`, `29-NQ/TW`, `08/2021/TT-BGDĐT`."""
    if "/" not in chunk.joiners or "@" in chunk.joiners or len(chunk.words) > _MOST_IN_CODE:
        return None
    numbered = chunk.words[0][0].isdecimal()
    return chunk.text if numbered and any(map(_is_initials, chunk.words)) else None


def _initials(chunk: Chunk) -> str | None:
    """Dotted initials and their numbers: `TP.HCM`, `PGS.TS`, `v.v`, `Q.1`. `TP.Huế` is two words."""
    if set(chunk.joiners) != {"."} or not chunk.words[0][0].isalpha() or len(chunk.words) > _MOST_JOINED:
        return None
    initials = all(word.isdecimal() or _is_initials(word) for word in chunk.words)
    return "".join(chunk.words) if initials else None


def _joined(chunk: Chunk) -> str | None:
    """Names with a hyphen or ampersand: `COVID-19`, `ĐHQG-HCM`, `K15-CNTT2`, `GD&ĐT`. Hyphened syllables are words."""
    if not set(chunk.joiners) <= {"-", "&"} or len(chunk.words) > _MOST_JOINED:
        return None
    named = any(not word.isdecimal() and not is_syllable(word) for word in chunk.words)
    return "".join(chunk.words) if named else None


def _is_initials(word: str) -> bool:
    return word.isalpha() and len(word) <= _LONGEST_INITIAL and (len(word) == 1 or not is_syllable(word))


_RULES: tuple[Callable[[Chunk], str | None], ...] = (_address, _date, _phone, _number, _code, _initials, _joined)
