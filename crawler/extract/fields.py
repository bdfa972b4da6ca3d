"""Find what describes an article: the date, the author, the section, the tags, the lead, the language.

Each function takes what machines are told first and the page's text last, names the rule, and gives None rather than
a guess: a date in a footer, a calendar or a list of other news is nobody's date of publication. Those with a plural
name give all that would do, the best first and each only when it is asked for: the article gets the first one, and
`candidates` shows the others.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from bs4 import Tag

from crawler import dates
from crawler.article import VIETNAM
from crawler.dates import Published
from crawler.extract.body import distance
from crawler.extract.markup import attribute, clean, words_of
from crawler.extract.metadata import text_of
from crawler.extract.outline import Box, Outline
from crawler.extract.story import Story
from crawler.extract.title import fold

T = TypeVar("T")

DATE_META = ("article:published_time", "og:published_time", "datepublished", "pubdate", "publishdate", "publish-date")
DATE_META_OLD = ("dc.date.issued", "dc.date.created", "dcterms.created", "dc.date", "date", "article.published")
DATE_HINTS = frozenset(
    {"date", "time", "datetime", "ngay", "ngaydang", "ngaythang", "postdate", "published", "publish", "created", "meta"}
)
DATE_LABEL = re.compile(
    r"ngày (đăng|tạo|viết|xuất bản)|đăng (ngày|lúc)|được đăng|cập nhật|posted|published", re.IGNORECASE
)
DATE_IN_URL = re.compile(r"/((?:19|20)\d{2})/(\d{1,2})/(\d{1,2})/")
LINKED = 15  # characters of links beside a date: the author's name or the section, not a headline
FOOTER = frozenset({"footer", "copyright"})
VAGUE = 4  # an element whose name says nothing of dates
STAMP = 120  # characters; a longer line with a date in it is a sentence

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
CRUMBS = frozenset({"breadcrumb", "breadcrumbs", "breakcrum", "pathway", "duongdan", "navpath", "sitemappath"})
HOME = re.compile(r"^\W*(trang chủ|trang nhất|home|homepage|bạn đang ở|bạn đang xem|you are here)?\W*$", re.IGNORECASE)
TAG_HINTS = frozenset({"tags", "keywords", "tukhoa", "taglist"})
TAG_LABEL = re.compile(r"^\W*(từ kh(óa|oá)|tags?|keywords?)\s*:", re.IGNORECASE)
LEAD = frozenset(
    {"sapo", "hometext", "lead", "standfirst", "newssummary", "summary", "postexcerpt", "entrysummary", "abstract"}
    | {"excerpt", "mota", "trichyeu", "gioithieu", "tomtat", "bodyhometext", "newslead", "shortdescription", "dek"}
)


@dataclass(frozen=True, slots=True)
class Found(Generic[T]):
    """A value, the name of the rule that found it, and the element that shows it, where one does."""

    value: T
    rule: str
    tag: Tag | None = None


def published(story: Story) -> Found[Published] | None:
    """Find the date of publication."""
    return next(publications(story), None)


def publications(story: Story) -> Iterator[Found[Published]]:
    """Find the dates that may be that of publication."""
    for told in dates_told(story):
        if when := dates.parse(told.value, story.now):
            yield Found(when, told.rule)
    yield from _dates_shown(story)
    yield from _dates_in_url(story)


def dates_told(story: Story) -> Iterator[Found[str]]:
    """What machines are told of the date of publication, whether it is a date or not."""
    told = story.told
    for rule, text in (
        ("json-ld", told.linked_data("datePublished")),
        *((f"meta:{name}", told.first(name)) for name in DATE_META),
        ("microdata", told.prop("datePublished") or told.prop("dateCreated")),
        *((f"meta:{name}", told.first(name)) for name in DATE_META_OLD),
    ):
        if text:
            yield Found(text, "opengraph" if rule == "meta:article:published_time" else rule)


def _before(story: Story) -> int:
    """The first line that is near: just before the headline, or before the text where no line shows a headline."""
    return max(0, story.title.after - 4) if story.title.after else max(0, story.body.start - 6)


def _dates_shown(story: Story) -> Iterator[Found[Published]]:
    """The dates on the page: between headline and text, above the headline, or below the text, in this order."""
    head, body = story.title.after or story.body.start, story.body
    yield from _date_elements(story, range(head, body.start + 1))
    yield from _date_lines(story, range(head, body.start + 1))
    yield from _date_elements(story, range(_before(story), head))
    yield from _date_lines(story, range(_before(story), head))
    yield from _date_elements(story, range(body.start + 1, body.end + 3))
    yield from _date_lines(story, range(max(body.start + 1, body.end - 2), body.end + 4))


def _date_elements(story: Story, where: range) -> Iterator[Found[Published]]:
    """The elements that are called a date and are no part of a sentence or of a list of other news."""
    near = [box for box in story.text.boxes if box.start in where and not box.noise and _is_apart(story, box)]
    for box in sorted(near, key=_vagueness):
        named = box.hints & DATE_HINTS
        for text in (attribute(box.tag, "datetime"), story.text.text(box)[:STAMP]) if _vagueness(box) < VAGUE else ():
            if (when := dates.find(text, story.now)) and not _is_clock(story, box.start, when):
                yield Found(when, "time" if box.name == "time" else f"class:{min(named)}", box.tag)


def _vagueness(box: Box) -> int:
    """How little the element's name says that it holds the date of publication; from VAGUE on nothing."""
    if box.hints & {"updated", "modified"}:
        return 3 if box.name == "time" or box.hints & DATE_HINTS else VAGUE
    if box.name == "time":
        return 0
    return 1 if box.hints & DATE_HINTS - {"meta"} else 2 if "meta" in box.hints else VAGUE


def _is_clock(story: Story, index: int, when: Published) -> bool:
    """A date above the headline that is the day of the fetch is the clock in the page's head."""
    return _is_above(story, index) and not _is_close(story, index) and _is_today(story, when)


def _is_above(story: Story, index: int) -> bool:
    return index < (story.title.after or story.body.start)


def _is_today(story: Story, when: Published) -> bool:
    return when.value[:10] == f"{story.now.astimezone(VIETNAM):%Y-%m-%d}"


def _is_apart(story: Story, box: Box) -> bool:
    """The box is no part of a sentence, and no date behind the link to another article."""
    length = len(story.text.text(box))
    lines = story.text.lines[box.start : box.end]
    return bool(lines) and all(
        (line.box.meta or len(line.text) <= STAMP) and line.linked <= length + LINKED for line in lines
    )


def _date_lines(story: Story, where: range) -> Iterator[Found[Published]]:
    """The short lines with a date; one in the text must be a date alone, one below it must say what it is."""
    lines = story.text.lines
    for index in where[: max(0, len(lines) - where.start)]:
        if line_refusal(story, index):
            continue
        read = dates.parse if index == story.body.start else dates.find
        when = read(lines[index].text, story.now)
        if when and not (_is_above(story, index) and _is_today(story, when)):
            yield Found(when, "text-date", lines[index].box.tag)


def line_refusal(story: Story, index: int) -> str | None:
    """Tell why a date in this line, whichever it is, is not that of publication."""
    line = story.text.lines[index]
    if line.hidden:
        return "in a menu, a box of other news or the like"
    if len(line.text) > STAMP:
        return "in a sentence"
    if line.linked > LINKED:
        return "beside a link to another page"
    if _is_above(story, index) and not _is_close(story, index):
        return "above the headline and far from it"
    if index > story.body.start and not DATE_LABEL.search(line.text):
        return "in the text or below it, and not called a date of publication"
    return None


def date_refusal(story: Story, index: int, when: Published) -> str:
    """Tell why a date that is shown in this line was not taken for that of publication."""
    if _is_above(story, index) and _is_today(story, when):
        return "the day of the fetch, above the headline: a clock"
    if any(box.name == "footer" or box.hints & FOOTER for box in story.text.lines[index].box.upwards()):
        return "in the footer"
    return line_refusal(story, index) or "too far from headline and text, or amid other words"


def _is_close(story: Story, index: int) -> bool:
    """The line lies beside the headline, beside the text where no line shows a headline."""
    place = story.title.after - 1 if story.title.after else story.body.start
    return distance(story.text.lines[index], story.text.lines[place]) <= 2


def _dates_in_url(story: Story) -> Iterator[Found[Published]]:
    match = DATE_IN_URL.search(story.url)
    if match and (when := dates.parse("-".join(match.groups()), story.now)):
        yield Found(when, "url")


def author(story: Story) -> Found[str] | None:
    """Find who wrote it."""
    return next((name for name in authors(story) if not name_refusal(story, name.value)), None)


def authors(story: Story) -> Iterator[Found[str]]:
    """Find the names that are given as the author's, also those that `name_refusal` does not let pass."""
    told = story.told
    for rule, text in (
        ("json-ld", told.linked_data("author")),
        ("microdata", told.prop("author")),
        ("meta:author", told.first("author", "article:author")),
    ):
        if text:
            yield Found(_name(text), rule)
    yield from _bylines(story)


def name_refusal(story: Story, name: str) -> str | None:
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
    low, high = _before(story), body.end + 4
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
