"""Mend the text of a parsed page, for every reader of the tree: entities encoded twice, and Vietnamese of old fonts.

What is encoded twice is decoded once more, except in elements of code, and in a text that also shows `&lt;` or `&gt;`:
that is about HTML. Which text is of old fonts is decided for the page first (`legacy.certain_in`), then for each block
of it, without the texts in it that are Unicode. The source tells whether a page has either; others pay 4% of the parse.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from itertools import islice

from bs4 import BeautifulSoup, Tag
from bs4.element import NavigableString, Script

from crawler import legacy

# Elements inside a line; the texts in any other element belong together.
INLINE = frozenset(
    """a abbr acronym b bdi bdo big cite dfn em font i ins label mark q s small span strike strong sub sup tt u
    var""".split()  # noqa: SIM905 -- quoted words are harder to read
)
CODE = frozenset({"code", "pre", "kbd", "samp", "textarea", "script", "style"})
TEXTS = ("content", "alt", "title")  # the attributes that are text

_BODY = r"(?:#\d{2,7}|#[xX][0-9a-fA-F]{2,6}|[A-Za-z]{2,31}\d{0,2});"
REFERENCE = re.compile("&" + _BODY)
TWICE = re.compile("&amp;" + _BODY)
SHOWN = re.compile("&(?:lt|gt|#60|#62);", re.IGNORECASE)

CAPITAL_FONT = re.compile(r"""\.Vn[\w ]*H\s*(?:$|[;,'"])""")  # .VnTimeH draws small letters as capitals
DEPTH = 8  # elements around a text that tell its font, or that it is code; pages nest up to thousands

Block = list[NavigableString]


def mend(soup: BeautifulSoup, source: str) -> None:
    """Mend the text in `soup`, which was parsed from `source`."""
    if TWICE.search(source):
        _unescape(soup)
    if legacy.is_suspect(source):
        _decode(soup)


def _unescape(soup: BeautifulSoup) -> None:
    for node in [node for block in _blocks(soup) for node in block if not _in_code(node)]:
        _replace(node, unescaped(node))
    _rewrite(soup, unescaped)


def unescaped(text: str) -> str:
    """Decode the character references in `text`, unless it shows markup."""
    return text if SHOWN.search(text) else REFERENCE.sub(lambda found: html.unescape(found[0]), text)


def _in_code(node: NavigableString) -> bool:
    return any(tag.name in CODE for tag in _around(node))


def _decode(soup: BeautifulSoup) -> None:
    blocks = [(block, _foreign(block)) for block in _blocks(soup)]
    told = [str(tag[name]) for tag, name in _attributes(soup)]
    encodings = legacy.certain_in([*(text for _, text in blocks), *told])
    if not encodings:
        return
    for block, text in blocks:
        if encoding := legacy.best(text, encodings):
            for node in block:
                if not legacy.is_unicode(node):
                    decoded = encoding.decode(node)
                    _replace(node, decoded.upper() if encoding.lacks_capitals and _in_capitals(node) else decoded)
    _rewrite(soup, lambda text: _read(text, encodings))


def _read(text: str, encodings: tuple[legacy.Encoding, ...]) -> str:
    encoding = legacy.best(text, encodings)
    return encoding.decode(text) if encoding else text


def _foreign(block: Block) -> str:
    """The text of a block without that which is certainly Vietnamese in Unicode."""
    return " ".join(node for node in block if not legacy.is_unicode(node))


def _blocks(soup: BeautifulSoup) -> list[Block]:
    """The texts of the page that people or other programs read, those of one line or paragraph together."""
    blocks: dict[int, Block] = {}
    owners = {id(soup): id(soup)}
    for node in soup.descendants:
        if isinstance(node, Tag):
            owners[id(node)] = owners[id(node.parent)] if node.name in INLINE else id(node)
        elif type(node) is NavigableString or (isinstance(node, Script) and _is_data(node)):
            blocks.setdefault(owners[id(node.parent)], []).append(node)
    return list(blocks.values())


def _is_data(script: Script) -> bool:
    return script.parent is not None and "ld+json" in str(script.parent.get("type", ""))


def _attributes(soup: BeautifulSoup) -> Iterator[tuple[Tag, str]]:
    return ((tag, name) for tag in soup.find_all(True) for name in TEXTS if name in tag.attrs)


def _replace(node: NavigableString, text: str) -> None:
    if text != node:
        node.replace_with(type(node)(text))


def _rewrite(soup: BeautifulSoup, mended: Callable[[str], str]) -> None:
    for tag, name in _attributes(soup):
        tag[name] = mended(str(tag[name]))


def _in_capitals(node: NavigableString) -> bool:
    """Whether the innermost of the old fonts that are named around a text has capitals only."""
    fonts = (f"{tag.get('face', '')};{tag.get('style', '')}" for tag in _around(node))
    return bool(CAPITAL_FONT.search(next((font for font in fonts if ".Vn" in font), "")))


def _around(node: NavigableString) -> Iterator[Tag]:
    return islice(node.parents, DEPTH)
