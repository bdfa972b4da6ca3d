"""Find what describes an article: the section, the tags, the lead.

Each function takes what machines are told first and the page's text last, names the rule, and gives None rather than
a guess. Those with a plural name give all that would do, the best first and each only when it is asked for: the article
gets the first one, and `candidates` shows the others.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from crawler.extract.markup import attribute, clean, words_of
from crawler.extract.metadata import text_of
from crawler.extract.outline import Outline
from crawler.extract.story import Found, Story
from crawler.extract.title import fold

CRUMBS = frozenset({"breadcrumb", "breadcrumbs", "breakcrum", "pathway", "duongdan", "navpath", "sitemappath"})
HOME = re.compile(r"^\W*(trang chủ|trang nhất|home|homepage|bạn đang ở|bạn đang xem|you are here)?\W*$", re.IGNORECASE)
TAG_HINTS = frozenset({"tags", "keywords", "tukhoa", "taglist"})
TAG_LABEL = re.compile(r"^\W*(từ kh(óa|oá)|tags?|keywords?)\s*:", re.IGNORECASE)
LEAD = frozenset(
    {"sapo", "hometext", "lead", "standfirst", "newssummary", "summary", "postexcerpt", "entrysummary", "abstract"}
    | {"excerpt", "mota", "trichyeu", "gioithieu", "tomtat", "bodyhometext", "newslead", "shortdescription", "dek"}
)


def category(story: Story) -> Found[str] | None:
    """Find the section."""
    return next(categories(story), None)


def categories(story: Story) -> Iterator[Found[str]]:
    """Find the names of the section: what machines are told, else the last step of the way to the page."""
    page, told, title = story.text, story.told, story.title
    for rule, text in (
        ("json-ld", told.linked_data("articleSection")),
        ("opengraph", told.first("article:section")),
        ("microdata", told.prop("articleSection")),
    ):
        if text:
            yield Found(text, rule)
    crumbs = [Found(step, "json-ld:breadcrumb") for step in told.crumbs]
    for steps in (crumbs, _steps(page)):
        named = [step for step in steps if not HOME.match(step.value) and fold(step.value) != fold(title.text)]
        named = [
            step for step in named if not fold(title.text).startswith(fold(step.value).rstrip()) or len(step.value) < 15
        ]
        if named:
            yield named[-1]
    for anchor in page.links:
        if {"category", "tag"} <= set(attribute(anchor.tag, "rel").split()) and (text := words_of(anchor.tag)):
            yield Found(text, "rel=category", anchor.tag)


def _steps(page: Outline) -> list[Found[str]]:
    box = next((box for box in page.boxes if box.hints & CRUMBS and box.end > box.start), None)
    if box is None:
        return []
    links = [(words_of(link), link) for link in box.tag.find_all("a")]
    lines = [(line.text, line.box.tag) for line in page.lines[box.start : box.end]]
    steps = lines if len(lines) > 1 else links
    return [Found(text, "breadcrumb", tag) for text, tag in steps if re.search(r"\w", text)]


def tags(story: Story) -> Found[tuple[str, ...]] | None:
    """Find the keywords that the newsroom gave this article."""
    return next(keywords(story), None)


def keywords(story: Story) -> Iterator[Found[tuple[str, ...]]]:
    """Find the lists of keywords."""
    page, told = story.text, story.told
    words = told.article.get("keywords")
    given = [text_of(word) for word in words] if isinstance(words, list) else text_of(words).split(",")
    listed = {n for n, line in enumerate(page.lines) if TAG_LABEL.match(line.text)}
    linked, boxed = [], []
    for anchor in page.links:
        rel = attribute(anchor.tag, "rel").split()
        if "tag" in rel and "category" not in rel:
            linked.append(words_of(anchor.tag))
        elif anchor.line in listed or any(box.hints & TAG_HINTS for box in anchor.box.upwards()):
            boxed.append(words_of(anchor.tag))
    for rule, listing in (
        ("json-ld", given),
        ("opengraph", told.meta.get("article:tag", ())),
        ("meta:news_keywords", told.first("news_keywords").split(",")),
        ("rel=tag", linked),
        ("keywords-block", boxed if len(boxed) <= 20 else []),
    ):
        if kept := tuple(dict.fromkeys(filter(None, map(clean, listing)))):
            yield Found(kept, rule)


def lead(story: Story) -> Found[tuple[int, ...]] | None:
    """Find the lines of the introduction."""
    return next(leads(story), None)


def leads(story: Story) -> Iterator[Found[tuple[int, ...]]]:
    """Find what may be the introduction: an element that is called so, or a first paragraph that stands out."""
    page, told, title, body = story.text, story.told, story.title, story.body
    low, high = title.after or max(0, body.start - 3), body.indexes[0] + 1
    for box in page.boxes:
        named = box.hints & LEAD
        inside = tuple(n for n in range(box.start, box.end) if not page.lines[n].hidden)
        near = low <= box.start <= high and 0 < len(inside) <= 3
        if named and near and not set(body.indexes) <= set(inside):
            yield Found(inside, f"class:{min(named)}", box.tag)
    if len(body.indexes) < 2:
        return
    first, second = (page.lines[n] for n in body.indexes[:2])
    if len(first.text) < 40:
        return
    if first.bold and not second.bold and not first.heading:
        yield Found(body.indexes[:1], "bold", first.box.tag)
    if fold(first.text) in {fold(told.first("description")), fold(told.first("og:description"))}:
        yield Found(body.indexes[:1], "meta:description", first.box.tag)
