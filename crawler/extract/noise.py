"""Mark the boxes that hold no news, and those that hold dates, bylines and captions."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import accumulate
from typing import Literal, NamedTuple

from bs4 import Tag

from crawler import repetition
from crawler.extract.lines import Box, Outline
from crawler.extract.markup import attribute

HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
ALWAYS_NOISE = frozenset(
    {"footer", "comment", "comments", "copyright", "binhluan", "breadcrumb", "breadcrumbs", "breakcrum", "pathway"}
    | {"pagination", "disqus", "respond", "cookie", "fbcomments", "duongdan"}
)
NOISE = frozenset(
    {"share", "sharing", "social", "socials", "addthis", "addtoany", "sharedaddy", "chiase", "related", "relates"}
    | {"lienquan", "tinlienquan", "tinkhac", "tinmoi", "tincu", "tincuhon", "tinmoihon", "baivietkhac", "khac"}
    | {"othernews", "newsother", "boxother", "recommend", "recommended", "suggest", "sidebar", "menu", "nav", "navbar"}
    | {"navigation", "topbar", "masthead", "siteheader", "banner", "advert", "advertisement", "ads", "quangcao"}
    | {"rating", "rate", "vote", "toolbar", "pager", "paging", "modal", "popup", "newsletter", "subscribe", "search"}
    | {"login", "calendar", "counter", "visitor", "visitors", "thongke", "statistic", "statistics", "latest", "lastest"}
    | {
        "toc",
        "toccontainer",
        "eztoc",
        "wpulike",
        "postviews",
        "viewcounter",
        "fblike",
        "likebox",
        "sharethis",
        "toolbox",
    }
    | {"prevnext", "nextprev", "postnav", "printfriendly", "ykien", "authorbox", "aboutauthor"}
    | {"recent", "popular", "mostread", "marquee", "ticker", "tags", "tag", "tagcloud", "skiplink", "weblink"}
)
NOISE_PREFIXES = (
    "related",
    "sharing",
    "comment",
    "sidebar",
    "breadcrumb",
    "social",
    "lienquan",
    "tinlienquan",
    "tinkhac",
)
META = frozenset(
    {"meta", "date", "time", "datetime", "ngay", "ngaydang", "ngaythang", "published", "publish", "created", "modified"}
    | {"author", "tacgia", "byline", "views", "viewcount", "luotxem", "hits", "articleinfo", "postinfo"}
)
CAPTION = frozenset({"caption", "figcaption", "chuthich", "imgdesc", "legende", "legend"})
NEVER_NOISE = frozenset({"html", "body", "main", "article", "[document]"})
HOLDERS = frozenset({"article", "main"})
PLAIN_HEADER = frozenset({"entry", "post", "article", "page", "title", "detail", "content", "news"})


Noise = Literal["never", "always", "outside", "perhaps", "unsaid"]  # outside: of an article


class _Names(NamedTuple):
    """What the names of an element say that it is."""

    noise: Noise
    meta: bool
    caption: bool


def mark(page: Outline) -> None:
    """Mark the boxes that hold no news, and those that hold dates, bylines and captions."""
    own = list(accumulate((len(line.text) - line.linked for line in page.lines), initial=0))
    holders = [box.start for box in page.boxes if box.name in HOLDERS or box.name == "h1"]
    for box in page.boxes:
        names = _read(box.name, box.hints)
        around = box.parent
        if around:
            box.noise, box.meta, box.caption = around.noise, around.meta, around.caption
        length = own[box.end] - own[box.start]
        box.noise = box.noise or _is_noise(box, names, length * 2 > own[-1], holders)
        box.meta = box.meta or (names.meta and length < 200)
        box.caption = box.caption or (names.caption and length < 500)


def _is_noise(box: Box, names: _Names, most: bool, holders: list[int]) -> bool:
    if names.noise in {"never", "always"}:
        return names.noise == "always"
    if names.noise == "outside":  # a footer inside is the byline of an article, in Drupal the date too
        return not (most and box.name == "header") and not box.inside("article", "main")
    if most or not (names.noise == "perhaps" or _is_hidden(box.tag)):
        return False
    return not any(box.start <= start < box.end for start in holders)


def _is_hidden(tag: Tag) -> bool:
    return "hidden" in tag.attrs or ("style" in tag.attrs and bool(HIDDEN.search(attribute(tag, "style"))))


@lru_cache(maxsize=4096)  # the elements of a site's pages have the same names
def _read(name: str, hints: frozenset[str]) -> _Names:
    is_meta, is_caption = name == "footer" or bool(hints & META), name == "figcaption" or bool(hints & CAPTION)
    return _Names(_noise(name, hints), is_meta, is_caption)


def _noise(name: str, hints: frozenset[str]) -> Noise:
    if name in NEVER_NOISE or {"hentry", "articlebody"} & hints:
        return "never"
    if name == "footer":
        return "outside"
    if name in {"nav", "aside", "dialog"} or hints & ALWAYS_NOISE:
        return "always"
    if name == "header":
        return "never" if hints & PLAIN_HEADER else "outside"
    named = name == "form" or hints & NOISE or any(hint.startswith(NOISE_PREFIXES) for hint in hints)
    return "perhaps" if named else "unsaid"


def repeated(page: Outline, furniture: frozenset[int]) -> frozenset[int]:
    """The lines that are furniture: no paragraphs that editors write again, but elements unlike those of the text."""
    own = list(accumulate((repetition.mark(line.text) not in furniture for line in page.lines), initial=0))
    of_texts = {(box.name, box.hints) for box in page.boxes if own[box.end] > own[box.start]}
    boxes = [box for box in page.boxes if own[box.end] == own[box.start] and (box.name, box.hints) not in of_texts]
    return frozenset(n for box in boxes for n in range(box.start, box.end))
