"""Turn the bytes of a page into a tree, once for every reader of it, and clean the text that comes out."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from bs4 import BeautifulSoup, Tag
from bs4.element import NavigableString

from crawler.article import Page
from crawler.extract.charset import decode
from crawler.extract.repair import mend

# Normalisation sorts marks in the square of their number; no letter has more than 30 (UAX #15, Stream-Safe Text).
COMBINING = (
    "[\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u0610-\u061a\u064b-\u065f"
    "\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
)
PILED = re.compile(f"({COMBINING}{{30}}){COMBINING}+")
LONG = 1000  # characters of a text, in which marks cannot be too many
LONGEST_NAME = 3000  # characters and elements, more than any lead; else each of 5,000 nested ones is read to the end
BLOCKS = frozenset(
    """[document] address article aside blockquote body caption center dd details div dl dt fieldset figcaption figure
    footer form h1 h2 h3 h4 h5 h6 header hr html legend li main menu nav ol p pre section summary table tbody td tfoot
    th thead tr ul""".split()  # noqa: SIM905 -- forty quoted words are harder to read
)
PROLOGUE = re.compile(r"^\s*(?:<\?xml[^>]*(?:>|\Z)\s*)+")
# Control characters (but white space), soft hyphen, grapheme joiner, zero-width and directional signs, BOM.
INVISIBLE = re.compile(
    "[\0-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]"
)


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
    soup = BeautifulSoup(text if "<" in text else f"<html>{text}</html>", "lxml")
    mend(soup, text)
    return Document(soup, charset)


def clean(text: str) -> str:
    """One line in NFC, without invisible characters (soft hyphens too), white space of any kind as single spaces."""
    text = " ".join(INVISIBLE.sub("", text).split())
    if len(text) > LONG:
        text = PILED.sub(r"\1", text)
    return unicodedata.normalize("NFC", text)


def attribute(tag: Tag, name: str) -> str:
    """The value of an attribute, its words joined where it is a list; empty where there is none."""
    value = tag.attrs.get(name)
    if isinstance(value, str):
        return value
    return " ".join(value) if value else ""


def words_of(tag: Tag) -> str:
    """The clean text of an element, LONGEST_NAME of it; blocks and `<br>` inside part words, other elements do not."""
    pieces: list[str] = []
    left = LONGEST_NAME
    inside = [iter(tag.contents)]  # bs4's `descendants` goes down to the last one before it gives the first
    while inside and left > 0:
        node = next(inside[-1], None)
        if isinstance(node, Tag):
            left -= 1
            inside.append(iter(node.contents))
            if node.name in BLOCKS or node.name == "br":
                pieces.append(" ")
        elif node is None:
            inside.pop()
        elif type(node) is NavigableString:
            left -= len(node)
            pieces.append(node)
    return clean("".join(pieces))
