"""Turn the bytes of a page into a tree, once for every reader of it, and clean the text that comes out.

The character set is the first that fits: a byte order mark, UTF-8 where the bytes are valid UTF-8 (a server's default
header is wrong more often than 40 KB of valid UTF-8 is an accident), the header, the page's own declaration, and last
a guess from the content. Old Vietnamese fonts (TCVN3, VNI) are not decoded here.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from bs4 import BeautifulSoup, Tag
from bs4.dammit import UnicodeDammit
from bs4.element import NavigableString

from crawler.article import Page

MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
HEAD = 4096  # bytes in which a declaration is looked for; HTML asks for 1024, old templates put scripts first
DECLARED = re.compile(rb"""<(?:meta|\?xml)[^>]+?(?:charset|encoding)\s*=\s*["']?\s*([\w.:-]+)""", re.IGNORECASE)
CHARSET = re.compile(r"""charset\s*=\s*["']?\s*([\w.:-]+)""", re.IGNORECASE)
SUPERSETS = {"iso8859-1": "cp1252", "ascii": "cp1252", "iso8859-9": "cp1254", "gb2312": "gb18030"}  # as browsers do
NOT_CHARSETS = frozenset({"idna", "punycode", "unicode-escape", "raw-unicode-escape", "utf-7"})  # notations of Python's
DAMAGE = 0.01  # of the characters; a few cut letters do not make a page another character set

BLOCKS = frozenset(
    """[document] address article aside blockquote body caption center dd details div dl dt fieldset figcaption figure
    footer form h1 h2 h3 h4 h5 h6 header hr html legend li main menu nav ol p pre section summary table tbody td tfoot
    th thead tr ul""".split()  # noqa: SIM905 -- forty quoted words are harder to read
)
PROLOGUE = re.compile(r"^\s*(?:<\?xml[^>]*>\s*)+")
INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060\ufeff]")
SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed page: the tree, which nobody changes, and the character set that it was read in."""

    soup: BeautifulSoup
    charset: str


def parse(page: Page) -> Document:
    """Parse the body of `page`; any bytes give a document, if an empty one."""
    text, charset = decode(page.body, page.headers.get("content-type", ""))
    # lxml ends at a NUL, and BeautifulSoup warns of a prologue and of a text without any tag.
    text = PROLOGUE.sub("", text.replace("\0", ""))
    return Document(BeautifulSoup(text if "<" in text else f"<html>{text}</html>", "lxml"), charset)


def decode(body: bytes, content_type: str = "") -> tuple[str, str]:
    """The text of `body` and the name of its character set."""
    for mark, charset in MARKS:
        if body.startswith(mark):
            return body[len(mark) :].decode(charset, "replace"), charset
    for charset in _candidates(body, content_type):
        text = body.decode(charset, "replace")
        if text.count("\ufffd") <= DAMAGE * len(text):
            return text, charset
    guessed = UnicodeDammit(body)
    return guessed.unicode_markup or body.decode("utf-8", "replace"), guessed.original_encoding or "utf-8"


def _candidates(body: bytes, content_type: str) -> Iterator[str]:
    if b"\0" not in body[:HEAD] and _is_utf8(body):
        yield "utf-8"
    header = CHARSET.search(content_type)
    declared = DECLARED.search(body[:HEAD])
    for label in (header and header[1], declared and declared[1].decode("ascii")):
        if charset := _python_name(label):
            yield charset


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.end >= len(body) > error.start + 1 > 3  # cut in the middle of the last letter
    return True


def _python_name(label: str | None) -> str | None:
    """Python's name of a declared character set, its superset where browsers take that; None where it is no text."""
    try:
        name = codecs.lookup(label or "").name
        b"\xe1\xbb\x9d".decode(name, "replace")  # some codecs are none of text, some raise whatever they are told
    except (LookupError, ValueError):
        return None
    return None if name in NOT_CHARSETS else SUPERSETS.get(name, name)


def clean(text: str) -> str:
    """One line in NFC, without invisible characters (soft hyphens too), white space of any kind as single spaces."""
    return unicodedata.normalize("NFC", SPACE.sub(" ", INVISIBLE.sub("", text))).strip()


def attribute(tag: Tag, name: str) -> str:
    """The value of an attribute, its words joined where it is a list; empty where there is none."""
    value = tag.get(name)
    if isinstance(value, str):
        return value
    return " ".join(value) if value else ""


def words_of(tag: Tag) -> str:
    """The clean text of an element; blocks and `<br>` inside part words, other elements do not."""
    pieces = []
    for node in tag.descendants:
        if isinstance(node, Tag):
            if node.name in BLOCKS or node.name == "br":
                pieces.append(" ")
        elif type(node) is NavigableString:
            pieces.append(node)
    return clean("".join(pieces))
