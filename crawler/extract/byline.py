"""Find who wrote an article: what machines are told, what stands beside headline or text, the byline at its end."""

from __future__ import annotations

import re
from collections.abc import Iterator

from crawler.extract.markup import attribute, words_of
from crawler.extract.story import STAMP, Found, Story
from crawler.extract.title import fold

AUTHOR_HINTS = frozenset({"author", "tacgia", "byline", "nguoiviet", "createdby"})
AUTHOR_LABEL = re.compile(
    r"^\W*(?:tác giả(?: bài viết)?|người viết|(?:được )?viết bởi|(?:được )?đăng bởi|written by|posted by|bài viết|by|"
    r"(?:tin|bài|ảnh)(?:\s*(?:,|và|&|-|/|\+)?\s*(?:tin|bài|ảnh|viết))*)\s*[:：]\s*(?P<name>.+)$|"
    r"^\W*(?:(?:được )?(?:viết|đăng) bởi|written by|posted by|by)\s+(?P<plain>.+)$",
    re.IGNORECASE,
)
NOBODY = re.compile(
    r"^(admin\w*|administrator|super user|quản trị\w*( viên)?|webmaster|editor|root|user|host)?$", re.IGNORECASE
)


def find(story: Story) -> Found[str] | None:
    """Find who wrote it."""
    return next((name for name in find_all(story) if not refusal(story, name.value)), None)


def find_all(story: Story) -> Iterator[Found[str]]:
    """Find the names that are given as the author's, also those that `refusal` does not let pass."""
    told = story.told
    for rule, text in (
        ("json-ld", told.linked_data("author")),
        ("microdata", told.prop("author")),
        ("meta:author", told.first("author", "article:author")),
    ):
        if text:
            yield Found(_name(text), rule)
    yield from _bylines(story)


def refusal(story: Story, name: str) -> str | None:
    """Tell why this is no author: the office that pressed the button ("admin") and the site itself are nobody."""
    if NOBODY.match(name):
        return "nobody's name"
    if len(name) > 100 or "://" in name:
        return "no name: too long, or an address"
    return "the site's own name" if fold(name) == fold(story.site.name) else None


def _name(text: str) -> str:
    """The name in a byline, without "Viết bởi" before it and the date behind it."""
    match = AUTHOR_LABEL.match(text)
    name = (match["name"] or match["plain"]) if match else text
    return re.split(r"\s[|•]\s|\s+(?:ngày|lúc|on|vào)\s", name)[0].strip(" -–|,;:")


def _bylines(story: Story) -> Iterator[Found[str]]:
    page, body = story.text, story.body
    low, high = story.first_near, body.end + 4
    for box in page.boxes:
        named = box.hints & AUTHOR_HINTS
        if named and low <= box.start < high and not box.noise and box.end - box.start <= 2:
            yield Found(_name(page.text(box)), f"class:{min(named)}", box.tag)
    for anchor in page.links:
        if "author" in attribute(anchor.tag, "rel").split() and low <= anchor.line < high and not anchor.box.noise:
            yield Found(_name(words_of(anchor.tag)), "rel=author", anchor.tag)
    for line in (*page.lines[low : body.start + 1], *page.lines[max(body.start, body.end - 3) : high]):
        if not line.hidden and len(line.text) <= STAMP and AUTHOR_LABEL.match(line.text):
            yield Found(_name(line.text), "text:byline", line.box.tag)
