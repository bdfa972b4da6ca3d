"""Mark the boxes that hold no news, and those that hold dates, bylines and captions."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import accumulate

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


def mark(page: Outline) -> None:
    """Mark the boxes that hold no news, and those that hold dates, bylines and captions."""
    own = list(accumulate((len(line.text) - line.linked for line in page.lines), initial=0))
    holders = [box for box in page.boxes if box.name in HOLDERS or box.name == "h1"]
    for box in page.boxes:
        length = own[box.end] - own[box.start]
        most = length * 2 > own[-1]
        around = box.parent
        box.noise = bool(around and around.noise) or _is_noise(box, most, holders)
        named = box.name == "footer" or bool(box.hints & META)
        box.meta = bool(around and around.meta) or (length < 200 and named)
        box.caption = bool(around and around.caption) or (
            length < 500 and (box.name == "figcaption" or bool(box.hints & CAPTION))
        )


def _is_noise(box: Box, most: bool, holders: list[Box]) -> bool:
    if box.name in NEVER_NOISE or {"hentry", "articlebody"} & box.hints:
        return False
    if box.name == "footer" and box.inside("article", "main"):
        return False  # the byline of an article, in Drupal the date too
    if box.name in {"nav", "footer", "aside", "dialog"} or box.hints & ALWAYS_NOISE:
        return True
    if box.name == "header":
        return not most and not box.inside("article", "main") and not box.hints & PLAIN_HEADER
    suspect = (
        _is_named_so(box.hints)
        or box.name == "form"
        or "hidden" in box.tag.attrs
        or ("style" in box.tag.attrs and bool(HIDDEN.search(attribute(box.tag, "style"))))
    )
    return suspect and not most and not any(box.start <= held.start < box.end for held in holders)


@lru_cache(maxsize=4096)
def _is_named_so(hints: frozenset[str]) -> bool:
    return bool(hints & NOISE) or any(hint.startswith(NOISE_PREFIXES) for hint in hints)


def repeated(page: Outline, furniture: frozenset[int]) -> frozenset[int]:
    """The lines that are furniture: no paragraphs that editors write again, but elements unlike those of the text."""
    own = list(accumulate((repetition.mark(line.text) not in furniture for line in page.lines), initial=0))
    of_texts = {(box.name, box.hints) for box in page.boxes if own[box.end] > own[box.start]}
    boxes = [box for box in page.boxes if own[box.end] == own[box.start] and (box.name, box.hints) not in of_texts]
    return frozenset(n for box in boxes for n in range(box.start, box.end))
