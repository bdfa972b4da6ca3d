"""Turn the bytes of a page into characters.

The character set is the first that fits: a byte order mark; UTF-16 without one, which its zero bytes give away; UTF-8
where the bytes are it (a server's default header is wrong more often than 40 KB of valid UTF-8 is an accident; some
damaged letters do not count); the header; the page's own declaration; and last a guess from the content. Text for old
fonts has no character set of its own: it comes out as windows-1252 here, for `crawler.legacy` to decode.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator

from bs4.dammit import UnicodeDammit

from crawler import legacy

MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
HEAD = 4096  # bytes that tell UTF-16
COMMENT = rb"<!--(?:(?!-->).)*+"
LABEL = rb"(?:charset|encoding)\s*=(?:&(?:quot|apos|#3[49]);|[^\w<>]){0,9}([\w.:-]+)"  # with any quotes
DECLARED = re.compile(COMMENT + rb"|<(?:meta|\?xml)\s[^<>]*?" + LABEL, re.IGNORECASE | re.DOTALL)
CHARSET = re.compile(r"charset\s*=[^\w]{0,9}([\w.:-]+)", re.IGNORECASE)
SUPERSETS = {"iso8859-1": "cp1252", "ascii": "cp1252", "iso8859-9": "cp1254", "gb2312": "gb18030"}  # as browsers do
NOT_CHARSETS = frozenset({"idna", "punycode", "unicode-escape", "raw-unicode-escape", "utf-7"})  # notations of Python's
DAMAGE = 0.01  # of the characters; a few cut letters do not make a page another character set
SOUND = 4  # letters of UTF-8 to each piece that is none; in other sets hardly one in a hundred looks like UTF-8

STRAY = re.compile("[\udc80-\udcff]+")  # bytes that are not of the character set, as "surrogateescape" gives them
OTHER = re.compile("[^\0-\x7f\udc80-\udcff]")
TAG = re.compile("<[^<>]*>")
WESTERN = tuple(bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in range(256))


def decode(body: bytes, content_type: str = "") -> tuple[str, str]:
    """The text of `body` and the name of its character set."""
    for mark, charset in MARKS:
        if body.startswith(mark):
            return body[len(mark) :].decode(charset, "replace").lstrip("\ufeff"), charset
    if wide := _wide(body[:HEAD]):
        return body.decode(wide, "replace"), wide
    if (text := _utf8(body)) is not None:
        return text, "utf-8"
    for charset in _declared(body, content_type):
        text = _read(body, charset)
        if text.count("\ufffd") <= DAMAGE * len(text):
            return text, charset
    return _guessed(body)


def _wide(head: bytes) -> str | None:
    """UTF-16 by its zero bytes: half of all bytes in markup, and on one side only."""
    pairs = len(head) // 2
    first, second = head[0 : 2 * pairs : 2].count(0), head[1 : 2 * pairs : 2].count(0)
    if max(first, second) * 2 <= pairs or min(first, second) * 10 > pairs:
        return None
    return "utf-16-be" if first > second else "utf-16-le"


def _utf8(body: bytes) -> str | None:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        text = body.decode("utf-8", "surrogateescape")
    sound = len(OTHER.findall(text)) >= SOUND * len(STRAY.findall(text))
    return body.decode("utf-8", "replace") if sound else None


def _declared(body: bytes, content_type: str) -> Iterator[str]:
    """The character sets that the header and the page declare."""
    header = CHARSET.search(content_type)
    if header and (charset := _python_name(header[1])):
        yield charset
    told = next((found[1] for found in DECLARED.finditer(body) if found[1]), b"")
    if charset := _python_name(told.decode("ascii")):
        yield "utf-8" if charset.startswith(("utf-16", "utf-32")) else charset  # else it could not have been read


def _python_name(label: str) -> str | None:
    """Python's name of a declared character set, its superset where browsers take that; None where it is no text."""
    try:
        name = codecs.lookup(label).name
        b"\xe1\xbb\x9d".decode(name, "replace")  # some codecs are none of text, some raise whatever they are told
    except (LookupError, ValueError):
        return None
    return None if name in NOT_CHARSETS else SUPERSETS.get(name, name)


def _read(body: bytes, charset: str) -> str:
    """The text in a declared character set, which the page's own letters may belie."""
    if charset == "cp1258":
        western = _western(body, "ascii")
        fonts = legacy.certain_in(TAG.split(western)) if legacy.is_suspect(western) else ()
        return western if fonts and fonts[0].name != "windows-1258" else body.decode(charset, "replace")
    return _western(body, charset) if charset in {"utf-8", "cp1252"} else body.decode(charset, "replace")


def _western(body: bytes, charset: str) -> str:
    """What is in `charset`, and all other bytes as windows-1252, or as control characters where that has none."""
    text = body.decode(charset, "surrogateescape")
    return STRAY.sub(lambda found: "".join(WESTERN[ord(stray) & 0xFF] for stray in found[0]), text)


def _guessed(body: bytes) -> tuple[str, str]:
    """By the content: Vietnamese of old fonts or windows-1258, else what the statistics of letters say."""
    text = _western(body, "utf-8")
    if legacy.is_suspect(text) and legacy.certain_in(TAG.split(text)):
        return text, "cp1252"
    guessed = UnicodeDammit(body)
    return guessed.unicode_markup or body.decode("utf-8", "replace"), guessed.original_encoding or "utf-8"
