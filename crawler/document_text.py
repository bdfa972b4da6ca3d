"""The text of a PDF or a DOCX, within limits. It is called in a process that reads for others (`reader`).

PDF needs `pypdf`, which comes with the extra `tratin[attachments]`; DOCX (ECMA-376) is XML in a ZIP file.
"""

from __future__ import annotations

import logging
import re
import time
import zipfile
from collections.abc import Iterable, Iterator
from io import BytesIO
from itertools import takewhile

from lxml import etree

from crawler.extract.markup import clean

LONGEST = 100_000  # characters of a text: some fifty pages
SECONDS = 8.0  # of processor time for the pages of a PDF; what was read by then is kept
MAX_XML = 50_000_000  # bytes of a DOCX's document, unpacked
WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
GOES_ON = re.compile(r"[^.:;!?…]$")  # a line that ends so is continued by one that begins in lower case


class DocumentError(Exception):
    """A document has no text that can be read, and why."""


def text_of(body: bytes) -> str:
    """The text of a document, its paragraphs joined by one newline. Raises DocumentError."""
    try:
        if b"%PDF-" in body[:1024]:
            lines = _joined(_pdf(body))
        elif body.startswith(b"PK"):
            lines = _docx(body)
        else:
            raise DocumentError("neither PDF nor DOCX")
        text = "\n".join(_limited(line for told in lines if (line := clean(told))))
    except (DocumentError, MemoryError):
        raise
    except Exception as error:  # pypdf and zipfile raise all kinds over what strangers made
        raise DocumentError(f"cannot be read: {type(error).__name__}") from None
    if not any(map(str.isalpha, text)):
        raise DocumentError("has no text, perhaps only pictures of pages")
    return text


def _limited(lines: Iterable[str]) -> Iterator[str]:
    left = LONGEST
    for line in lines:
        yield line[:left]
        left -= len(line)
        if left <= 0:
            return


def _pdf(body: bytes) -> Iterator[str]:
    """The lines of all pages, for as long as there is time."""
    from pypdf import PdfReader

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # it tells of each small fault
    reader = PdfReader(BytesIO(body))
    if reader.is_encrypted and not reader.decrypt(""):
        raise DocumentError("is encrypted")
    end = time.process_time() + SECONDS
    for page in takewhile(lambda _: time.process_time() < end, reader.pages):
        yield from page.extract_text().splitlines()


def _joined(lines: Iterable[str]) -> Iterator[str]:
    """Join the lines of one sentence: a PDF knows lines and no paragraphs."""
    held = ""
    for line in map(str.strip, lines):
        if held and GOES_ON.search(held) and line[:1].islower():
            held = f"{held} {line}"
        else:
            yield held
            held = line
    yield held


def _docx(body: bytes) -> Iterator[str]:
    """The paragraphs; a table's row is one line."""
    with zipfile.ZipFile(BytesIO(body)) as packed, packed.open("word/document.xml") as file:
        xml = file.read(MAX_XML + 1)
    if len(xml) > MAX_XML:
        raise DocumentError(f"is longer than {MAX_XML:,} bytes")
    root = etree.fromstring(xml, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False))
    for block in root.iter(f"{WORD}p", f"{WORD}tr"):
        if block.tag == f"{WORD}tr":
            yield " | ".join(filter(None, (_words(cell) for cell in block.iterchildren(f"{WORD}tc"))))
        elif next(block.iterancestors(f"{WORD}tr"), None) is None:
            yield from "".join(_pieces(block)).splitlines()


def _words(cell: etree._Element) -> str:
    return clean(" ".join("".join(_pieces(paragraph)) for paragraph in cell.iter(f"{WORD}p")))


def _pieces(paragraph: etree._Element) -> Iterator[str]:
    for node in paragraph.iter(f"{WORD}t", f"{WORD}tab", f"{WORD}br"):
        yield (node.text or "") if node.tag == f"{WORD}t" else "\n" if node.tag == f"{WORD}br" else " "
