"""Tell links to documents from links to pages: by the address, or by the words of a link to a download handler."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import unquote, urlsplit

from bs4 import Tag

from crawler.extract.markup import attribute, words_of

TYPES = {  # RFC 6838 names as IANA lists them; what `mimetypes` knows depends on the machine
    "pdf": "application/pdf",
    "doc": "application/msword",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xls": "application/vnd.ms-excel",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "ppt": "application/vnd.ms-powerpoint",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "odt": "application/vnd.oasis.opendocument.text",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "rtf": "application/rtf",
    "zip": "application/zip",
    "rar": "application/vnd.rar",
    "7z": "application/x-7z-compressed",
}
IN_ADDRESS = re.compile(rf"\.({'|'.join(TYPES)})(?=$|[?#&])", re.IGNORECASE)
IN_WORDS = re.compile(rf"[^\s/]\.({'|'.join(TYPES)})\b", re.IGNORECASE)
FILE_NAME = re.compile(rf"\W*[\w.()-]+\.({'|'.join(TYPES)})", re.IGNORECASE)
HANDLER = re.compile(r"download|getfile|get-?doc|/files?/|file\w*=|attach|tai-?ve|dinh-?kem", re.IGNORECASE)
SURE_HANDLER = re.compile(
    r"[?&]download=\d|[?&]fileticket=|/download\w*\.(aspx|ashx|asp|php|jsp)\?|[?&](task|action|view)=download\b|wpdmdl=",
    re.IGNORECASE,
)


def is_document(tag: Tag) -> bool:
    """The link leads to a document: its address or words name a file, or its handler gives only files."""
    handled = _promise(attribute(tag, "href"))
    return bool(handled and (handled == "file" or _named(tag)))


@lru_cache(maxsize=4096)  # the menus of a site's pages are alike
def _promise(href: str) -> str | None:
    """What an address says of a document: it is a file, or a handler that may give one; None where it says nothing."""
    if IN_ADDRESS.search(href) or SURE_HANDLER.search(href):
        return "file"
    return "handler" if HANDLER.search(href) else None


def _named(tag: Tag) -> re.Match[str] | None:
    """The extension of the file that the words or the title of a link name."""
    return IN_WORDS.search(words_of(tag)) or IN_WORDS.search(attribute(tag, "title"))


def title_of(tag: Tag) -> str | None:
    """The words of a link to a document, else its title, else the file's name."""
    file = unquote(urlsplit(attribute(tag, "href").strip()).path).rsplit("/", 1)[-1]
    return words_of(tag) or attribute(tag, "title") or file or None


def media_type_of(tag: Tag) -> str | None:
    """The media type by the file's extension; None where none is named."""
    match = IN_ADDRESS.search(attribute(tag, "href")) or _named(tag)
    return TYPES[match[1].lower()] if match else None
