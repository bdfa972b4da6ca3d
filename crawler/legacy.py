"""Decode Vietnamese that shows as other letters: text for old fonts, and text once read in a wrong character set.

Four encodings, all seen as the characters of windows-1252 (of ISO 8859-1 where that leaves a byte undefined):

- TCVN3 (ABC; the fonts .VnTime): one letter each. Capitals have no tone in it; those come from fonts that draw small
  letters as capitals (.VnTimeH). U+00AD is ư, so decode before invisible characters are dropped.
- VNI (VNI-Times): a vowel and, as a second letter, its mark.
- windows-1258, read as windows-1252.
- UTF-8, read as windows-1252 and encoded once more (`Viá»‡t`).

A text alone is decoded by the strict rule of `certain`; within a document in which some text is certain, by the milder
one of `best`. Text with a letter that only Vietnamese Unicode has is never touched.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html.entities import codepoint2name
from operator import itemgetter

from crawler.legacy_tables import TCVN3, UTF_8, VNI, WINDOWS_1258
from crawler.syllables import is_syllable

# The rule of the analysis study: two runs of other letters, 80% of words valid afterwards, 30 points more than before.
RUNS = 2  # in two words that decoding changes: in `Loïc Lê`, which VNI would make `Lọc Lê`, there is one, as in `ÑEÀ`
MANY_RUNS = 8  # of texts that are each too short: a list of foreign names has two as well
VALID = 0.8
GAIN = 0.3
MILD = 0.6  # of the words that are not ASCII; a short line has a foreign name besides its own words

# One of them stands in any sentence of these encodings; in Vietnamese Unicode they stand in foreign names at most. To
# look for each takes 70 µs in a page of 90 kB, for the class of all letters 240 µs, for one pair of letters 200.
SUSPECTS = "µ¸¹¶¨ª¬¾ÇËÆÎÑÖ×ØÞßäåæçëîïñö÷øûüþºÄð"
_NAMES = "|".join(codepoint2name[ord(letter)] for letter in SUSPECTS)
_CODES = "|".join(f"{ord(letter)}|[xX]0*(?i:{ord(letter):x})" for letter in SUSPECTS)
_REFERENCE = re.compile(f"&(?:{_NAMES}|#(?:{_CODES}));")

_UNICODE = re.compile("[ĂăĐđĨĩŨũƠơƯư\u0300\u0301\u0303\u0309\u0323\u1ea0-\u1ef9]")
_OTHER = re.compile("[\x80-\x9f\u00a1-\u00ff]+")
_WORD = re.compile("[A-Za-z\x80-\x9f\u00a1-\u024f\u0300-\u036f\u1e00-\u1eff]+")
_COUNTED = re.compile("[AEIOUYaeiouy\u00c0-\uffff]|.[^\0-\x7f]|[^\0-\x7f].")  # not GS, TS, nor a sign alone
_BESIDE = re.compile("(?<=[A-Za-z])[\x80-\x9f\u00a1-\u00ff]+|[\x80-\x9f\u00a1-\u00ff]+(?=[A-Za-z])")
_BLANK = re.compile("[ \t\r\n\f]+")


@dataclass(frozen=True, slots=True, eq=False)
class Encoding:
    """How letters are written in it: `letters` maps what `pattern` finds. `lacks_capitals`: they are small by need."""

    name: str
    pattern: re.Pattern[str]
    letters: Mapping[str, str]
    lacks_capitals: bool = False

    def decode(self, text: str) -> str:
        """Decode all of `text`."""
        spelled = self.spelled(text)
        return _with_capitals(spelled) if self.lacks_capitals else spelled

    def spelled(self, text: str) -> str:
        """Decode `text` without care for capitals, which no judgement of it needs and which take half of the time."""
        return self.pattern.sub(self._letter, text)

    def aligned(self, text: str) -> tuple[str, list[int]]:
        """Decode without care for capitals; for each character of the result, and its end, the offset in `text`."""
        pieces: list[str] = []
        starts: list[int] = []
        at = 0
        for found in self.pattern.finditer(text):
            letter = self._letter(found)
            pieces += text[at : found.start()], letter
            starts += [*range(at, found.start()), *[found.start()] * len(letter)]
            at = found.end()
        return "".join((*pieces, text[at:])), starts + list(range(at, len(text) + 1))

    def evidence(self, text: str) -> int:
        """How many of the words of `text` it changes that have another letter beside a plain one."""
        words = (word for word in _BLANK.split(text) if self.pattern.search(word))
        return sum(map(bool, map(_BESIDE.search, words)))

    def fit(self, text: str) -> float:
        """How well those words of `text` that are not ASCII read in it; 0 where they read as well as they are."""
        words = " ".join(word for word in _BLANK.split(text) if not word.isascii())
        after = _validity(self.spelled(words))
        return after if after > _validity(words) else 0.0

    def _letter(self, found: re.Match[str]) -> str:
        return ("ư" if found.re.groups and found[1] is not None else "") + self.letters[found[0]]


def _tcvn3() -> Encoding:
    """Signs alone stay what they are (©, ½). Before ng and c an ơ without ư has lost it: it was taken for a hyphen."""
    signs, letters = "§¨©®·×»¼½¾¡¢£¥¦¶¹\xad", "".join(TCVN3)
    others = "".join(sorted(set(TCVN3) - set(signs)))
    lost = "(?<![\xad¦uU])(?=[¬êëìíî¥](?i:ng|c(?!h)))"
    around = f"[A-Za-z{letters}]"
    pattern = re.compile(f"({lost})?(?:[{others}]|(?<={around})[{signs}]|[{signs}](?={around}))")
    return Encoding("TCVN3", pattern, TCVN3, lacks_capitals=True)


def _tabled(name: str, letters: Mapping[str, str]) -> Encoding:
    longest_first = sorted(letters, key=len, reverse=True)
    return Encoding(name, re.compile("|".join(map(re.escape, longest_first))), letters)


ENCODINGS = (
    _tcvn3(),
    _tabled("VNI", VNI),
    _tabled("windows-1258", WINDOWS_1258),
    _tabled("UTF-8", UTF_8),
)


def is_suspect(source: str) -> bool:
    """Whether `source`, text or HTML, may have text in these encodings; in doubt it may."""
    if not source.isascii() and any(letter in source for letter in SUSPECTS):
        return True
    return "&" in source and bool(_REFERENCE.search(source))


def certain(text: str, runs: int = RUNS) -> Encoding | None:
    """The encoding that `text`, taken alone, is certainly in: the strict rule."""
    if len(_OTHER.findall(text)) < runs or is_unicode(text):
        return None
    before = _validity(text)
    if before > 1 - GAIN:
        return None
    after, found = max(((_validity(encoding.spelled(text)), encoding) for encoding in ENCODINGS), key=itemgetter(0))
    sure = after >= VALID and after - before >= GAIN
    return found if sure and found.evidence(text) >= runs else None


def certain_in(texts: Iterable[str]) -> tuple[Encoding, ...]:
    """The encodings that some of the texts of one document are certainly in, or all that are not Unicode together."""
    doubtful = [text for text in texts if _OTHER.search(text) and not is_unicode(text)]
    each = (certain(text) for text in doubtful)
    found = dict.fromkeys((*each, certain("\n".join(doubtful), MANY_RUNS)))
    return tuple(encoding for encoding in found if encoding)


def best(text: str, encodings: Iterable[Encoding]) -> Encoding | None:
    """The one of `encodings` that `text` is in, where its document has text in each: the milder rule."""
    if text.isascii() or is_unicode(text):
        return None
    fit, found = max(((encoding.fit(text), encoding) for encoding in encodings), key=itemgetter(0))
    return found if fit >= MILD else None


def is_unicode(text: str) -> bool:
    """Whether `text` has a letter that only Vietnamese Unicode has."""
    return not text.isascii() and bool(_UNICODE.search(text))


def decoded(text: str) -> str:
    """The text as it was meant, if it is certainly in one of these encodings; else the text itself."""
    encoding = certain(text) if is_suspect(text) else None
    return encoding.decode(text) if encoding else text


def _validity(text: str) -> float:
    """The share of Vietnamese syllables among the words of `text`; 0 where there is none."""
    words = [word for word in _WORD.findall(text) if _COUNTED.search(word)]
    return sum(map(is_syllable, words)) / len(words) if words else 0.0


def _with_capitals(text: str) -> str:
    """Give capitals to words whose other letters are: `NGUYễN`; to `ý` if nearly all of the text is: `ý KIếN`."""
    inner = [letter for word in _WORD.findall(text) for letter in word[1:] if letter.isascii()]
    shouted = sum(map(str.isupper, inner)) > 0.8 * len(inner)

    def capitals(found: re.Match[str]) -> str:
        plain = "".join(letter for letter in found[0] if letter.isascii())
        meant = (plain.isupper() and len(plain) > 1) or (shouted and not any(map(str.islower, plain)))
        return found[0].upper() if meant else found[0]

    return _WORD.sub(capitals, text)
