"""Find the pictures and the documents that belong to an article."""

from __future__ import annotations

import mimetypes
import re
from collections import Counter
from itertools import islice
from urllib.parse import unquote, urlsplit

from bs4 import Tag

from crawler.article import Attachment, Image
from crawler.extract.body import Body
from crawler.extract.markup import attribute, words_of
from crawler.extract.outline import DOCUMENTS, Anchor, Box, Outline
from crawler.extract.story import Story
from crawler.urls import canonical

LAZY = ("data-src", "data-original", "data-lazy-src", "data-lazy", "src")  # where scripts keep it; src is a blank then
SMALL = 50  # pixels; icons and counters, no news picture
ICON = re.compile(
    r"(icons?|logo|spacer|blank|pixel|emoji|smil(ey|ie)s?|loading|button|bullet|avatar)[^/]*$", re.IGNORECASE
)
AFTER = 8  # lines after the text in which a list of attached files may stand


def images(story: Story) -> tuple[Image, ...]:
    """The pictures in the body, each once, with the words under them."""
    page, body, base = story.text, story.body, story.told.base
    found: dict[str, Image] = {}
    crowd = Counter(id(box) for anchor in page.pictures for box in _figures(anchor))
    for anchor in page.pictures:
        if _within(anchor, body) and not anchor.box.noise and not _is_small(anchor.tag):
            url = canonical(_source(anchor.tag), base)
            if url and not ICON.search(urlsplit(url).path):
                found.setdefault(url, Image(url, _caption(page, anchor, crowd)))
    return tuple(found.values())


def attachments(story: Story) -> tuple[Attachment, ...]:
    """The documents that the body links, and those listed just after it."""
    page, body, base = story.text, story.body, story.told.base
    found: dict[str, Attachment] = {}
    for anchor in page.links:
        href = attribute(anchor.tag, "href")
        inside = _within(anchor, body) or body.start <= anchor.line < body.end + AFTER
        match = DOCUMENTS.search(href)
        if match and inside and not anchor.box.noise and (url := canonical(href, base)):
            file = unquote(urlsplit(url).path).rsplit("/", 1)[-1]
            title = words_of(anchor.tag) or attribute(anchor.tag, "title") or file
            media_type = mimetypes.guess_type(f"file{match[0].lower()}")[0]
            found.setdefault(url, Attachment(url, title or None, media_type))
    return tuple(found.values())


def _within(anchor: Anchor, body: Body) -> bool:
    if body.box.name in {"html", "body", "[document]"}:
        return body.start <= anchor.line <= body.end
    return any(box is body.box for box in anchor.box.upwards()) or body.start < anchor.line < body.end


def _source(tag: Tag) -> str:
    return next((value for name in LAZY if (value := attribute(tag, name)) and not value.startswith("data:")), "")


def _is_small(tag: Tag) -> bool:
    sizes = [re.match(r"\s*(\d+)\s*(px)?\s*$", attribute(tag, name)) for name in ("width", "height")]
    return any(size and int(size[1]) <= SMALL for size in sizes)


def _figures(anchor: Anchor) -> list[Box]:
    """The boxes that may be the picture's frame."""
    return list(islice(anchor.box.upwards(), 4))


def _caption(page: Outline, anchor: Anchor, crowd: Counter[int]) -> str | None:
    """The words of the caption in the innermost box that has both, if it has no other picture."""
    for figure in _figures(anchor):
        told = [line.text for line in page.lines[figure.start : figure.end] if line.box.caption]
        if crowd[id(figure)] > 1:
            break
        if told:
            return " ".join(told) if len(told) <= 2 and figure.name not in {"article", "body", "main"} else None
        if figure.end - figure.start > 2:
            break
    return None
