"""Write one syllable in one way: `hòa`, `hoà`, `HOÀ`, decomposed or with its mark on the wrong vowel is one term.

Two terms come of every written word: the exact one (`canonical`), and the folded one (`fold`) without any diacritic.
Nothing here knows of texts and positions. What is no Vietnamese syllable is normalised as Unicode and left alone.

Sources: the tone stands on the letter of the main vowel, the first letter of ia, ua, ưa, the second of iê, yê, uô, ươ
(Decision 1989/QĐ-BGDĐT of 25 May 2018, article 8, on spelling in textbooks: hoà, quý, thuỷ, khoẻ, bìa, biển). The older
placement (hòa, thủy, khỏe) differs only in open oa, oe, uy; both are described under "Quy tắc đặt dấu thanh của chữ
Quốc ngữ" in the Vietnamese Wikipedia. The Decision's placement is the canonical one here since it keeps its letter when
the syllable grows (hoà, hoàn, hoàng), which is what a prefix needs.
"""

from __future__ import annotations

import re
import unicodedata

# What a CMS leaves inside a word and no reader sees: soft hyphen, grapheme joiner, zero-width space and (non-)joiner,
# directional marks, word joiner, byte order mark.
INVISIBLE = "\u00ad\u034f\u200b-\u200f\u2060\ufeff"
_INVISIBLE = re.compile(f"[{INVISIBLE}]+")

# Capital eth and the African D look like Đ and are pasted for it; casefold has made them ð and ɖ.
_LOOK_ALIKES = str.maketrans("ðɖ", "đđ")

TONES = "\u0300\u0301\u0303\u0309\u0323"  # huyền, sắc, ngã, hỏi, nặng
_TONE = re.compile(f"(?<=[aeiouy\u0302\u0306\u031b])[{TONES}]")
_DIACRITIC = re.compile(
    "[\u0300-\u036f]+"
)  # of Latin, Greek and Cyrillic; other scripts' marks are letters to a reader
_MARKED = re.compile("[\u0300-\u036fĐđÐðƉɖ]")

_SYLLABLE = re.compile(
    "(ngh|ng|nh|gh|gi(?=[aăâeêoôơuư])|kh|ph|qu|th|tr|ch|[bcdđghklmnprstvx])?([aăâeêioôơuưy]{1,3})(ng|nh|ch|[cmnpt])?"
)

# The letter of each nucleus that bears the tone. What is not listed is no Vietnamese rhyme.
_TONE_SITE = {
    nucleus: site
    for site, nuclei in enumerate((
        "a ă â e ê i o ô ơ u ư y ai ao au ay âu ây eo êu ia iu oi ôi ơi ua ui ưa ưi ưu yu",
        "iê oa oă oe oo uâ uê uô uơ uy ươ yê oai oao oay oeo uai uao uay uây uôi uya uyu iêu yêu ươi ươu",
        "uyê",
    ))
    for nucleus in nuclei.split()
}  # fmt: skip

_OPEN_Y = frozenset("hklmst")  # the onsets after which a final y and i are the same sound: kỹ/kĩ, Mỹ/Mĩ, tỷ/tỉ


def normal(word: str) -> str:
    """Compatibility composition, casefold, no invisible characters, look-alikes of đ as đ. Idempotent."""
    if word.isascii():
        return "".join(word.lower().split())
    folded = _compose(_INVISIBLE.sub("", word))
    while (again := _compose(folded)) != folded:
        folded = again
    return folded


def canonical(syllable: str) -> str:
    """The exact term of one written word. Idempotent; composed and decomposed spellings agree."""
    word = normal(syllable)
    toneless, tone = _split_tone(word)
    found = _SYLLABLE.fullmatch(toneless)
    if not found:
        return word
    onset, nucleus, coda = _spell(found[1] or "", found[2], found[3] or "")
    site = _TONE_SITE.get(nucleus)
    if site is None:
        return word
    end = len(onset) + site + 1
    spelled = onset + nucleus + coda
    return unicodedata.normalize("NFC", spelled[:end] + tone + spelled[end:])


def is_syllable(term: str) -> bool:
    """Whether an exact or folded term could be a written Vietnamese syllable; single consonants are not."""
    found = _SYLLABLE.fullmatch(_split_tone(term)[0])
    return found is not None and found[2] in _TONE_SITE


def fold(term: str) -> str:
    """An exact term without tone, quality mark and stroke: `đường` is `duong`. Idempotent."""
    if term.isascii():
        return term
    bare = _DIACRITIC.sub("", unicodedata.normalize("NFD", term)).replace("đ", "d").replace("Đ", "D")
    return unicodedata.normalize("NFC", bare)


def has_marks(text: str) -> bool:
    """Whether somebody took the trouble of typing a diacritic, or a đ, anywhere in `text`."""
    return not text.isascii() and bool(_MARKED.search(unicodedata.normalize("NFD", text)))


def prefix_forms(text: str) -> tuple[str, ...]:
    """The exact spellings by which a half-typed word may begin: as typed, and as a syllable where that differs.

    `ky` is the beginning of `kyoto` and of `kĩ`, whose typed form was `kỹ`.
    """
    return tuple(dict.fromkeys((normal(text), canonical(text))))


def begins(term: str, prefix: str) -> bool:
    """Whether an exact term begins with an exact prefix whose tone may not have been typed yet.

    `viê` and `việ` begin `việt`, `viế` does not: letters with their quality marks must agree, and the tone, if any.
    """
    letters, tone = _split_tone(term)
    start, typed = _split_tone(prefix)
    return letters.startswith(start) and typed in ("", tone)


def _compose(word: str) -> str:
    composed = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", word).casefold())
    return "".join(composed.split()).translate(_LOOK_ALIKES)


def _split_tone(word: str) -> tuple[str, str]:
    """The word without its tone, and the tone's combining mark; untouched where it has none or several."""
    if word.isascii():
        return word, ""
    apart = unicodedata.normalize("NFD", word)
    tones: list[str] = _TONE.findall(apart)
    if len(tones) != 1:
        return word, ""
    return unicodedata.normalize("NFC", _TONE.sub("", apart)), tones[0]


def _spell(onset: str, nucleus: str, coda: str) -> tuple[str, str, str]:
    """Choose between i and y where both are written for one sound: quí is quý, kỹ is kĩ; tai and tay stay two words."""
    if onset == "qu" and nucleus.startswith("i"):
        return onset, "y" + nucleus[1:], coda
    if onset in _OPEN_Y and nucleus == "y" and not coda:
        return onset, "i", coda
    return onset, nucleus, coda
