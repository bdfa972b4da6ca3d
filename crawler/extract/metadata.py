"""What a page says of itself for machines: JSON-LD, OpenGraph and other meta elements, microdata.

Only collected here, not believed: many a template writes the site's name as og:title of every page, so the rules for
each field decide what to take.
"""

from __future__ import annotations

import html
import json
import re
from collections import defaultdict, deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bs4 import Tag

from crawler.extract.markup import attribute, clean, words_of
from crawler.urls import canonical

ARTICLE_TYPES = re.compile(r"(^|[:/])(\w*Article|BlogPosting|Report|LiveBlogPosting)$")
WRAPPING = re.compile(
    r"^(?:<!--|//\s*<!\[CDATA\[|/\*<!\[CDATA\[\*/)|(?:-->|//\s*\]\]>|/\*\]\]>\*/|;)$"
)  # of stripped text
NESTED = ("@graph", "mainEntity", "mainEntityOfPage", "itemListElement", "item")
DEPTH = 6  # of nodes in nodes; the vocabulary nests less


@dataclass(frozen=True, slots=True)
class Metadata:
    """The machine-readable part of a page.

    `meta` and `props` have all values of each property or itemprop, in order; `article` is the JSON-LD node of the one
    article that the page is about, empty where there is none or where several are listed. Addresses are relative to
    `base`.
    """

    title: str
    canonical: str | None
    base: str
    meta: dict[str, tuple[str, ...]]
    props: dict[str, tuple[str, ...]]
    article: dict[str, Any]
    crumbs: tuple[str, ...]
    is_list: bool

    def first(self, *names: str) -> str:
        """The first value of these properties of meta elements; empty where there is none."""
        return next((value for name in names for value in self.meta.get(name, ())), "")

    def prop(self, name: str) -> str:
        """The value of an itemprop, if the page gives only one."""
        values = set(self.props.get(name, ()))
        return values.pop() if len(values) == 1 else ""

    def linked_data(self, key: str) -> str:
        """The text at `key` of the article's JSON-LD node."""
        return text_of(self.article.get(key))

    @property
    def marks_article(self) -> bool:
        """The page calls itself an article."""
        return bool(
            self.article
            or self.first("article:published_time")
            or self.first("og:type").lower() == "article"
            or self.prop("articleBody")
            or (self.prop("headline") and self.prop("datePublished"))
        )


def collect(soup: Tag, url: str) -> Metadata:
    """Collect the metadata of the page at `url`."""
    meta: defaultdict[str, list[str]] = defaultdict(list)
    props: defaultdict[str, list[str]] = defaultdict(list)
    nodes: list[dict[str, Any]] = []
    title, link, base = "", None, url
    for tag in soup.find_all(True):
        name = tag.name
        if name == "meta":
            _read_meta(tag, meta)
        elif name == "title" and not title and tag.find_parent("svg") is None:
            title = words_of(tag)
        elif name == "base" and base == url:
            base = canonical(attribute(tag, "href"), url) or url
        elif name == "link" and "canonical" in attribute(tag, "rel").lower().split():
            link = link or canonical(attribute(tag, "href"), base)
        elif name == "script" and "ld+json" in attribute(tag, "type").lower():
            nodes.extend(_nodes(tag.get_text()))
        if "itemprop" in tag.attrs:
            value = _value(tag)
            for prop in attribute(tag, "itemprop").split() if value else ():
                props[prop].append(value)
    articles = [node for node in nodes if _is_a(node, ARTICLE_TYPES)]
    return Metadata(
        title=title,
        canonical=link,
        base=base,
        meta={name: tuple(values) for name, values in meta.items()},
        props={name: tuple(values) for name, values in props.items()},
        article=_the_one(articles, {url, link}),
        crumbs=_crumbs(nodes),
        is_list=not articles and any(_is_a(node, re.compile(r"CollectionPage|SearchResultsPage")) for node in nodes),
    )


def text_of(value: Any) -> str:
    """The words of a JSON-LD value: a string, a node's name, the first of a list.

    Half a surrogate pair is left out: newsrooms cut a headline in the middle of an emoji, and nothing could store it.
    """
    if isinstance(value, list):
        return next(filter(None, map(text_of, value)), "")
    if isinstance(value, dict):
        return text_of(value.get("name") or value.get("@value"))
    return clean(html.unescape(str(value).encode(errors="ignore").decode())) if isinstance(value, str | int) else ""


def _read_meta(tag: Tag, meta: defaultdict[str, list[str]]) -> None:
    if value := clean(attribute(tag, "content")):
        for name in {attribute(tag, "property").lower(), attribute(tag, "name").lower()} - {""}:
            meta[name].append(value)


def _value(tag: Tag) -> str:
    for name in ("content", "datetime"):
        if name in tag.attrs:
            return clean(attribute(tag, name))
    return words_of(tag)


def _nodes(text: str) -> Iterator[dict[str, Any]]:
    """Each node in one JSON-LD script; none where it is broken."""
    try:
        parsed = json.loads(WRAPPING.sub("", text.strip()), strict=False)
    except (ValueError, RecursionError):
        return
    waiting = deque([(parsed, 0)])
    while waiting:
        value, depth = waiting.popleft()
        if isinstance(value, list):
            waiting.extend((item, depth + 1) for item in value)
        elif isinstance(value, dict):
            yield value
            if depth < DEPTH:
                waiting.extend((value[key], depth + 1) for key in NESTED if isinstance(value.get(key), list | dict))


def _is_a(node: dict[str, Any], types: re.Pattern[str]) -> bool:
    kinds = node.get("@type")
    return any(isinstance(kind, str) and types.search(kind) for kind in (kinds if isinstance(kinds, list) else [kinds]))


def _the_one(articles: list[dict[str, Any]], urls: set[str | None]) -> dict[str, Any]:
    """The article that the page is about: the only one, or the only one with the page's address."""
    told = {text_of(node.get("headline") or node.get("name")): node for node in articles}
    if len(told) > 1:
        told = {headline: node for headline, node in told.items() if _addresses(node) & urls - {None}}
    return next(iter(told.values())) if len(told) == 1 else {}


def _addresses(node: dict[str, Any]) -> set[str | None]:
    page = node.get("mainEntityOfPage")
    values = [node.get("url"), page.get("@id") if isinstance(page, dict) else page]
    return {canonical(value) for value in values if isinstance(value, str)}


def _crumbs(nodes: list[dict[str, Any]]) -> tuple[str, ...]:
    """The names in a BreadcrumbList, from the home page down."""
    for node in nodes:
        if _is_a(node, re.compile("BreadcrumbList")) and isinstance(node.get("itemListElement"), list):
            items = [item for item in node["itemListElement"] if isinstance(item, dict)]
            return tuple(filter(None, (text_of(item.get("name") or item.get("item")) for item in items)))
    return ()
