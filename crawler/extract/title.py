"""Find the headline: what machines are told if the page shows it too, else the best heading near the text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from crawler.extract.body import RELATED, Body, is_label
from crawler.extract.metadata import Metadata
from crawler.extract.outline import Line, Outline
from crawler.urls import canonical

NAMED = frozenset({"title", "tieude", "headline", "newstitle", "posttitle", "entrytitle", "detailtitle", "tieudetin"})
SEPARATOR = re.compile(r"\s+(?:[-–—|»«•·]|::|>)\s+|\s*[|»]\s*")
LONGEST = 300  # characters; longer headings are paragraphs with a wrong element
NEAR = 12  # lines between headline and text: date, byline, share bar, a lead
ENOUGH = 2.5  # a bold line just before the text is above it, one ten lines away is not
GENERAL = re.compile(
    r"^\W*(trang chủ|home( ?page)?|tin tức( ?[-–&,]? ?(và )?(sự kiện|thông báo|chung|mới))?|thông báo|sự kiện|"
    r"chi tiết( tin| bài viết)?|nội dung( chi tiết)?|tin tức chi tiết|bài viết|news|detail|menu|tìm kiếm|untitled.*|"
    r"giới thiệu|liên hệ|đăng nhập)\W*$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Title:
    """The headline, the rule that found it, and the line of the page that follows it (0 where no line shows it)."""

    text: str
    rule: str
    after: int = 0


@dataclass(frozen=True, slots=True)
class _Candidate:
    text: str
    rule: str
    start: int
    end: int
    score: float


def fold(text: str) -> str:
    """Letters and digits in lower case: what two spellings of one headline have in common."""
    return " ".join(re.findall(r"\w+", text.lower()))


def find_title(page: Outline, told: Metadata, rough: Body | None, site_name: str, url: str) -> Title | None:
    """Find the headline; `rough` is the main text as found without knowing it."""
    site_names = {fold(site_name), fold(told.first("og:site_name"))} - {""}
    names = [
        (rule, _without_site(text, site_names))
        for rule, text in (
            ("json-ld", told.linked_data("headline")),
            ("opengraph", told.first("og:title")),
            ("microdata", told.prop("headline")),
            ("meta:twitter:title", told.first("twitter:title")),
            ("title", _without_site(told.title, site_names)),
        )
    ]
    known = [fold(text) for _, text in names if fold(text) and not GENERAL.match(text)]
    shown = max(_candidates(page, known, rough, site_names, url), key=lambda found: found.score, default=None)
    if shown and shown.score < ENOUGH:
        shown = None
    for rule, text in names:
        if title := _agreed(rule, text, shown, names[-1][1]):
            return title
    return Title(shown.text, shown.rule, shown.end) if shown else None


def _agreed(rule: str, text: str, shown: _Candidate | None, page_title: str) -> Title | None:
    """Take a title that machines are told, if the page shows it, or if no line shows any and it is the page's title."""
    name = fold(text)
    if not name or GENERAL.match(text):
        return None
    if shown is None:
        return Title(text, rule) if same(name, fold(page_title)) else None
    if not same(name, fold(shown.text)) or rule == "title":
        return None
    return Title(text if len(name) >= len(fold(shown.text)) else shown.text, rule, shown.end)


def same(one: str, other: str) -> bool:
    """Two folded headlines are one, perhaps one of them cut or with the site's name behind."""
    short, long = sorted((one, other), key=len)
    return bool(short) and (
        short == long or (len(short) >= 15 and len(short) * 3 > len(long) and long.startswith(short))
    )


def _without_site(title: str, site_names: set[str]) -> str:
    """Cut the site's name and general words off the parts of a page's title."""
    parts = [(piece.start(), piece.end()) for piece in SEPARATOR.finditer(title)]
    edges = [0, *(end for _, end in parts)], [*(start for start, _ in parts), len(title)]
    segments = list(zip(*edges, strict=True))

    def foreign(segment: tuple[int, int]) -> bool:
        text = title[slice(*segment)]
        return not fold(text) or fold(text) in site_names or bool(GENERAL.match(text))

    while segments and foreign(segments[-1]):
        segments.pop()
    while segments and foreign(segments[0]):
        segments.pop(0)
    return title[segments[0][0] : segments[-1][1]] if segments else ""


def _candidates(
    page: Outline, known: list[str], rough: Body | None, site_names: set[str], url: str
) -> Iterator[_Candidate]:
    for box in page.boxes:
        level = int(box.name[1]) if re.fullmatch("h[1-6]", box.name) else 0
        named = bool(box.hints & NAMED)
        if (level or named) and 0 < box.end - box.start <= 3 and not box.noise:
            rule = box.name if level else f"class:{min(box.hints & NAMED)}"
            worth = {0: 1.5, 1: 3.0, 2: 2.0, 3: 1.0}.get(level, 0.5) + named * bool(level)
            yield from _scored(page, box.start, box.end, (rule, worth), known, rough, site_names, url)
    for index, line in enumerate(page.lines):
        if not line.hidden and (line.bold or fold(line.text) in known):
            rule = "bold" if line.bold else "text"
            yield from _scored(page, index, index + 1, (rule, 0.5), known, rough, site_names, url)


def _in_menu(line: Line) -> bool:
    return any(box.name == "nav" or box.hints & {"menu", "nav", "navbar"} for box in line.box.upwards())


def _scored(
    page: Outline,
    start: int,
    end: int,
    kind: tuple[str, float],
    known: list[str],
    rough: Body | None,
    site_names: set[str],
    url: str,
) -> Iterator[_Candidate]:
    lines = page.lines[start:end]
    text = " ".join(line.text for line in lines)
    name = fold(text)
    if not 5 <= len(text) <= LONGEST or name in site_names or RELATED.match(text) or any(map(is_label, lines)):
        return
    if any(line.is_link and canonical(line.href or "", url) != url for line in lines):
        return
    score = kind[1] + 6 * any(same(name, other) for other in known) - 4 * bool(GENERAL.match(text))
    if rough:
        before = rough.start - end
        links = sum(line.is_link and (not line.hidden or _in_menu(line)) for line in page.lines[end : rough.start])
        near = -2 <= before <= NEAR and links <= 2  # a menu stands between the site's name and the text
        score += 3 - abs(before) / NEAR if near else -4 if start >= rough.end else 0
    yield _Candidate(text, kind[0], start, end, score)
