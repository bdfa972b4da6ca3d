"""Tell whether a word is a Vietnamese syllable as a school book spells it: the evidence that a text was read rightly.

Stricter than the analyser, which also takes what is misspelled: every rhyme is listed, and a rhyme that ends in c, ch,
p or t bears sắc or nặng. So English and French words are seldom taken for syllables. Where the tone stands is not
asked, old and new placement are both in use.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_RHYMES = frozenset(
    """a ac ach ai am an ang anh ao ap at au ay ăc ăm ăn ăng ăp ăt âc âm ân âng âp ât âu ây
    e ec em en eng eo ep et ê êch êm ên ênh êp êt êu i ia ich im in inh ip it iu iêc iêm iên iêng iêp iêt iêu
    o oc oi om on ong op ot oa oac oach oai oam oan oang oanh oao oap oat oay oăc oăm oăn oăng oăt oe oen oeo oet oong
    ô ôc ôi ôm ôn ông ôp ôt ơ ơi ơm ơn ơp ơt u ua uc ui um un ung up ut uân uâng uât uây uê uêch uênh uơ uy uya uych
    uynh uyt uyu uyên uyêt uyp uôc uôi uôm uôn uông uôt ư ưa ưc ưi ưn ưng ưt ưu ươc ươi ươm ươn ương ươp ươt ươu
    y yêm yên yêng yêt yêu yt ynh ych""".split()  # noqa: SIM905 -- quoted words are harder to read
)
_SHAPE = re.compile(
    "(ngh?|nh|gi(?=[aăâeêoôơuư])|gh?|kh?|ph|qu|t[hr]?|ch?|[bdđhlmnrsvx])?([aăâeêioôơuưy]{1,3}(?:ng|nh|ch|[cmnpt])?)"
)
_TONE = re.compile("[\u0300\u0301\u0303\u0309\u0323]")
_FRONT = frozenset("eêiy")  # before them the sounds of c, g and ng are written k, gh and ngh
_STOPPED = ("c", "ch", "p", "t")
_SHARP = frozenset("\u0301\u0323")


LONGEST = 9  # letters and combining marks: nghiếng


@lru_cache(maxsize=8192)
def is_syllable(word: str) -> bool:
    """Whether `word`, in any case and normal form, is a written Vietnamese syllable, its tone with it."""
    if len(word) > LONGEST:
        return False
    apart = unicodedata.normalize("NFD", word.casefold())
    tones = _TONE.findall(apart)
    toneless = unicodedata.normalize("NFC", _TONE.sub("", apart))
    found = _SHAPE.fullmatch(toneless)
    if not found or len(tones) > 1 or (toneless.endswith(_STOPPED) and not _SHARP.issuperset(tones or " ")):
        return False
    return _is_spelled(found[1] or "", found[2]) or toneless in {"gi", "gin", "giêng"}


def _is_spelled(onset: str, rhyme: str) -> bool:
    """The rhyme exists, and the onset is spelled as it is before it (`k` before any: Bắc Kạn, Kon Tum)."""
    if rhyme not in _RHYMES:
        return False
    front = rhyme[0] in _FRONT
    return not (front if onset in {"c", "g", "ng"} else onset in {"gh", "ngh"} and not front)
