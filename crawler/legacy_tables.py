"""The letters of the old Vietnamese encodings, as the characters of windows-1252 that their bytes show as.

TCVN3 is the third table of TCVN 5712:1993. VNI writes a tone, or a tone with the hat or the breve, as one letter after
the vowel. windows-1258 has its tones as combining characters.
"""

from __future__ import annotations

import unicodedata
from itertools import product

_TONES = "\u0300\u0309\u0303\u0301\u0323"  # huyền, hỏi, ngã, sắc, nặng
_VOWELS = "aăâeêioôơuưy"

_CAPITALS = dict(zip("¡¢£¤¥¦§", "ĂÂÊÔƠƯĐ", strict=True))
_SMALL = dict(zip("¨©ª«¬\xad®", "ăâêôơưđ", strict=True))
_TONED = {  # the five tones of a vowel in the order of _TONES
    "a": "µ¶·¸¹", "ă": "»¼½¾Æ", "â": "ÇÈÉÊË", "e": "ÌÎÏÐÑ", "ê": "ÒÓÔÕÖ", "i": "×ØÜÝÞ",
    "o": "ßáâãä", "ô": "åæçèé", "ơ": "êëìíî", "u": "ïñòóô", "ư": "õö÷øù", "y": "úûüýþ",
}  # fmt: skip


def toned(vowel: str, tone: str) -> str:
    """The letter that is the vowel with the tone's combining mark."""
    return unicodedata.normalize("NFC", vowel + tone)


TCVN3 = (
    _CAPITALS
    | _SMALL
    | {code: toned(vowel, tone) for vowel, codes in _TONED.items() for code, tone in zip(codes, _TONES, strict=True)}
)

_MARKS = dict(zip(_TONES, "øûõùï", strict=True))
_HATS = dict(zip(("", *_TONES), "âàåãáä", strict=True))
_BREVES = dict(zip(("", *_TONES), "êèúüéë", strict=True))


def _vni() -> dict[str, str]:
    small = {"ô": "ơ", "ö": "ư", "ñ": "đ", "ì": "ì", "æ": "ỉ", "ó": "ĩ", "í": "í", "ò": "ị", "î": "ỵ"}
    for base, vowel in (*zip("aeouy", "aeouy", strict=True), ("ô", "ơ"), ("ö", "ư")):
        small |= {base + mark: toned(vowel, tone) for tone, mark in _MARKS.items()}
    for base, vowel, marks in (("a", "â", _HATS), ("e", "ê", _HATS), ("o", "ô", _HATS), ("a", "ă", _BREVES)):
        small |= {base + mark: toned(vowel, tone) for tone, mark in marks.items()}
    # A capital may have its mark in either case: `Ñaïi`, `ÑAÏI`, and CSS that was applied for good.
    capital = {
        code[0].upper() + mark: letter.upper()
        for code, letter in small.items()
        for mark in {code[1:], code[1:].upper()}
    }
    return small | {code[0] + code[1:].upper(): letter for code, letter in small.items()} | capital


VNI = _vni()

WINDOWS_1258 = dict(zip("ÃãÐðÕõÝýÌÒÞìò", "ĂăĐđƠơƯư" + "\u0300\u0309\u0303\u0301\u0323", strict=True))


def _views(byte: int) -> set[str]:
    """The characters that a byte of UTF-8 may show as: windows-1252's, ISO 8859-1's."""
    return {bytes([byte]).decode("cp1252", "ignore"), chr(byte)} - {""}


def _utf8() -> dict[str, str]:
    letters = "ĂÂĐÊÔƠƯăâđêôơư" + "".join(toned(vowel, tone) for vowel in _VOWELS + _VOWELS.upper() for tone in _TONES)
    signs = "\xa0«»°·×–—‘’“”„•…₫€™" + _TONES + "\u031b\u0302\u0306"
    return {"".join(shown): letter for letter in letters + signs for shown in product(*map(_views, letter.encode()))}


# U+0090 shows nowhere, so it is lost on the way; all other letters that begin with Ä have a visible second one.
UTF_8 = _utf8() | {"Ä": "Đ"}
