"""Find the headline: what machines are told if the page shows it too, else the best heading near the text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from crawler.extract.body import RELATED, Body, is_label
from crawler.extract.metadata import Metadata
from crawler.extract.outline import HEADINGS, Line, Outline
from crawler.urls import canonical

NAMED = frozenset({"title", "tieude", "headline", "newstitle", "posttitle", "entrytitle", "detailtitle", "tieudetin"})
SEPARATOR = re.compile(r"\s+(?:[-–—|»«•·]|::|>)\s+|\s*[|»]\s*")
WORTH = {
    1: 3.0,
    2: 2.0,
    3: 1.0,
}  # of a heading by its level; deeper ones count .5, elements that are only called a title 1.5
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
class Headline:
    """What may be the headline; `after` and `score` are 0 for what machines are told, which a shown one confirms."""

    text: str
    rule: str
    after: int = 0
    score: float = 0.0


@dataclass(frozen=True, slots=True)
class _Ground:
    """What candidates are measured by; `names` are the rules and titles of the metadata, `known` the titles folded."""

    page: Outline
    rough: Body | None
    names: list[tuple[str, str]]
    known: list[str]
    site_names: set[str]
    url: str


def fold(text: str) -> str:
    """Letters and digits in lower case: what two spellings of one headline have in common."""
    return " ".join(re.findall(r"\w+", text.lower()))


def find_title(page: Outline, told: Metadata, rough: Body | None, site_name: str, url: str) -> Title | None:
    """Find the headline; `rough` is the main text as found without knowing it."""
    ground = _ground(page, told, rough, site_name, url)
    best = max(_candidates(ground), key=lambda found: found.score, default=None)
    shown = best if best and best.score >= ENOUGH else None
    for rule, text in ground.names:
        if title := _agreed(rule, text, shown, ground.names[-1][1]):
            return title
    return Title(shown.text, shown.rule, shown.after) if shown else None


def headlines(page: Outline, told: Metadata, rough: Body | None, site_name: str, url: str) -> list[Headline]:
    """What `find_title` chooses from: what machines are told, then what the page shows, the best first."""
    ground = _ground(page, told, rough, site_name, url)
    shown = sorted(_candidates(ground), key=lambda found: found.score, reverse=True)
    return [Headline(text, rule) for rule, text in ground.names if fold(text)] + shown


def _ground(page: Outline, told: Metadata, rough: Body | None, site_name: str, url: str) -> _Ground:
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
    return _Ground(page, rough, names, known, site_names, url)


def _agreed(rule: str, text: str, shown: Headline | None, page_title: str) -> Title | None:
    """Take a title that machines are told, if the page shows it, or if no line shows any and it is the page's title."""
    name = fold(text)
    if not name or GENERAL.match(text):
        return None
    if shown is None:
        return Title(text, rule) if same(name, fold(page_title)) else None
    if not same(name, fold(shown.text)) or rule == "title":
        return None
    return Title(text if len(name) >= len(fold(shown.text)) else shown.text, rule, shown.after)


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


def _candidates(ground: _Ground) -> Iterator[Headline]:
    page = ground.page
    for box in page.boxes:
        level, named = HEADINGS.get(box.name, 0), box.hints & NAMED
        if (level or named) and 0 < box.end - box.start <= 3 and not box.noise:
            rule = box.name if level else f"class:{min(named)}"
            worth = WORTH.get(level, 0.5 if level else 1.5) + bool(level and named)
            yield from _scored(ground, rule, worth, range(box.start, box.end))
    for index, line in enumerate(page.lines):
        if not line.hidden and (line.bold or _is_known(ground, line)):
            yield from _scored(ground, "bold" if line.bold else "text", 0.5, range(index, index + 1))


def _is_known(ground: _Ground, line: Line) -> bool:
    return len(line.text) <= LONGEST and any(same(fold(line.text), name) for name in ground.known)


def _scored(ground: _Ground, rule: str, worth: float, where: range) -> Iterator[Headline]:
    """The lines at `where` as a headline, if they can be one: agreement with the page's metadata counts most."""
    lines = ground.page.lines[where.start : where.stop]
    text = " ".join(line.text for line in lines)
    name = fold(text)
    if not 5 <= len(text) <= LONGEST or name in ground.site_names or RELATED.match(text) or any(map(is_label, lines)):
        return
    if any(line.is_link and canonical(line.href or "", ground.url) != ground.url for line in lines):
        return
    score = worth + 6 * any(same(name, other) for other in ground.known) - 4 * bool(GENERAL.match(text))
    yield Headline(text, rule, where.stop, score + _nearness(ground, where))


def _nearness(ground: _Ground, where: range) -> float:
    """Three for a headline just above the text, less farther up, a loss for one below it."""
    if ground.rough is None:
        return 0
    before = ground.rough.start - where.stop
    between = ground.page.lines[where.stop : ground.rough.start]
    # A menu stands between the site's name and the text, never between a headline and its text.
    links = sum(line.is_link and (not line.hidden or _in_menu(line)) for line in between)
    if -2 <= before <= NEAR and links <= 2:
        return 3 - abs(before) / NEAR
    return -4 if where.start >= ground.rough.end else 0


def _in_menu(line: Line) -> bool:
    return any(box.name == "nav" or box.hints & {"menu", "nav", "navbar"} for box in line.box.upwards())
