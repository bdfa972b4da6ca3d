"""Find the headline: what machines are told if the page shows it too, else the best heading near the text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from crawler.extract.body import Body
from crawler.extract.labels import is_label, is_related
from crawler.extract.lines import Box, Line, Outline
from crawler.extract.markup import words_of
from crawler.extract.metadata import Metadata
from crawler.extract.outline import HEADINGS
from crawler.urls import canonical

NAMED = frozenset({"title", "tieude", "headline", "newstitle", "posttitle", "entrytitle", "detailtitle", "tieudetin"})
WORD = re.compile(r"\w+")
SEPARATOR = re.compile(r"\s+(?:[-–—«•·:;/~]|>+|<+)\s+|\s*(?:[|»]|::)\s*")
INSTITUTION = re.compile(
    r"^(trường|đại học|học viện|cao đẳng|đh|viện|khoa|phòng|ban|trung tâm|bộ môn|thư viện|đoàn|hội|cổng|trang|website|"
    r"university|school|faculty|department|institute|college|news|official)\b|"
    r"\b(university|school|faculty|institute|college|website|portal)$|^[\w.-]+\.(edu|vn|com|org|net)\b",
    re.IGNORECASE,
)
WORTH = {
    1: 3.0,
    2: 2.0,
    3: 1.0,
}  # of a heading by its level; deeper ones count .5, elements that are only called a title 1.5
SHORTEST_CUT = 15  # characters of a headline that is the beginning of a longer one
LONGEST_TOLD = 1000  # characters of a title for machines; a longer one is none
CUT = ("...", "…")
SEGMENTS = 5  # of a page's title; more are separators inside a headline
LONGEST_SECTION = 45  # characters; a longer link is a headline
LONGEST_NAME = 20  # characters; what stands before the name of an institution is a headline if it is longer
LONGEST = 300  # characters; longer headings are paragraphs with a wrong element
NEAR = 12  # lines between headline and text: date, byline, share bar, a lead
ENOUGH = 2.5  # a bold line just before the text is above it, one ten lines away is not
WAY = frozenset({"breadcrumb", "breadcrumbs", "breakcrum", "breakcrumbs", "pathway", "duongdan", "sitemappath"})
MENU = WAY | {"menu", "nav", "navbar"}
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
    """What candidates are measured by.

    `names` are the rules and titles of the metadata, `known` the titles, `beginnings` the first words of those, `parts`
    their segments, folded.
    """

    page: Outline
    rough: Body | None
    names: list[tuple[str, str]]
    known: set[str]
    beginnings: tuple[str, ...]
    parts: set[str]
    site_names: set[str]
    sections: frozenset[str]
    menus: set[Box]
    url: str


@lru_cache(maxsize=4096)  # all rules for titles fold each line of a page, and the pages of a site have most in common
def fold(text: str) -> str:
    """Letters and digits in lower case: what two spellings of one headline have in common."""
    return " ".join(WORD.findall(text.lower()))


def find_title(page: Outline, told: Metadata, rough: Body | None, site_name: str, url: str) -> Title | None:
    """Find the headline; `rough` is the main text as found without knowing it."""
    ground = _ground(page, told, rough, site_name, url)
    best = max(_candidates(ground), key=lambda found: found.score, default=None)
    shown = best if best and best.score >= ENOUGH else None
    for rule, text in ground.names:
        if title := _agreed(rule, text, shown, ground.names[-1][1]):
            return title if shown else replace(title, text=_without_shown(page, title.text))
    return Title(shown.text, shown.rule, shown.after) if shown else None


def headlines(page: Outline, told: Metadata, rough: Body | None, site_name: str, url: str) -> list[Headline]:
    """What `find_title` chooses from: what machines are told, then what the page shows, the best first."""
    ground = _ground(page, told, rough, site_name, url)
    shown = sorted(_candidates(ground), key=lambda found: found.score, reverse=True)
    return [Headline(text, rule) for rule, text in ground.names if fold(text)] + shown


def _ground(page: Outline, told: Metadata, rough: Body | None, site_name: str, url: str) -> _Ground:
    site_names = set(filter(None, map(fold, (site_name, told.first("og:site_name"), told.first("application-name")))))
    menus = _menus(page)
    sections = _sections(page, told, menus)
    names = [
        (rule, _without_site(text[:LONGEST_TOLD].strip(), site_names, sections))
        for rule, text in (
            ("json-ld", told.linked_data("headline")),
            ("opengraph", told.first("og:title")),
            ("microdata", told.prop("headline")),
            ("meta:twitter:title", told.first("twitter:title")),
            ("title", told.title),
        )
    ]
    known = {fold(text) for _, text in names if fold(text) and not GENERAL.match(text)}
    pieces = {(fold(text[slice(*run)]), len(fold(text))) for _, text in names for run in _runs(text)}
    parts = {piece for piece, whole in pieces if len(piece) * 2 >= whole} - known - sections
    sections |= {piece for piece, whole in pieces if len(piece) * 2 < whole} - known - parts
    beginnings = tuple(name[:SHORTEST_CUT] for name in known)
    return _Ground(page, rough, names, known, beginnings, parts, site_names, sections, menus, url)


def _menus(page: Outline) -> set[Box]:
    """The boxes of menus and those in them."""
    menus: set[Box] = set()
    for box in page.boxes:
        if box.parent in menus or box.name == "nav" or not box.hints.isdisjoint(MENU):
            menus.add(box)
    return menus


def _sections(page: Outline, told: Metadata, menus: set[Box]) -> frozenset[str]:
    """The names of the site's sections: the steps of the way to the page, the short links of its menus."""
    links = {line.text for line in page.lines if line.href and len(line.text) <= LONGEST_SECTION and line.box in menus}
    ways = [box for box in page.boxes if not box.hints.isdisjoint(WAY)]
    steps = {words_of(link) for way in ways for link in way.tag.find_all("a")}
    return frozenset(map(fold, links | steps | set(told.crumbs[:-1])))


def _is_own(line: Line, url: str) -> bool:
    return canonical(line.href or "", url) == url


def _agreed(rule: str, text: str, shown: Headline | None, page_title: str) -> Title | None:
    """Take a title that machines are told, if the page shows it, or if no line shows any and it is the page's title."""
    if not fold(text) or GENERAL.match(text):
        return None
    if shown is None:
        return Title(text, rule) if same(fold(text), fold(page_title)) else None
    if rule == "title" or not agrees(text, shown.text):
        return None
    is_cut = shown.text.rstrip().endswith(CUT) and len(text) > len(shown.text)
    return Title(text if is_cut else shown.text, rule, shown.after)


def agrees(told: str, shown: str) -> bool:
    """A title that machines are told is the shown headline, perhaps with names of site and section around it."""
    name = fold(shown)
    return bool(name) and (same(fold(told), name) or any(name == fold(told[slice(*run)]) for run in _runs(told)))


def _runs(title: str) -> Iterator[tuple[int, int]]:
    """The runs of neighbouring segments of a title."""
    segments = _segments(title)
    for first, (start, _) in enumerate(segments):
        for _, end in segments[first : first + SEGMENTS]:
            yield start, end


def _segments(title: str) -> list[tuple[int, int]]:
    """Where the parts between separators lie in a title."""
    parts = [(piece.start(), piece.end()) for piece in SEPARATOR.finditer(title)]
    edges = [0, *(end for _, end in parts)], [*(start for start, _ in parts), len(title)]
    return [(start, end) for start, end in zip(*edges, strict=True) if fold(title[start:end])]


def same(one: str, other: str) -> bool:
    """Two folded headlines are one, perhaps one of them cut or with the site's name behind."""
    short, long = (one, other) if len(one) <= len(other) else (other, one)
    return bool(short) and (
        short == long or (len(short) >= SHORTEST_CUT and len(short) * 3 > len(long) and long.startswith(short))
    )


def _without_site(title: str, site_names: set[str], sections: frozenset[str] = frozenset()) -> str:
    """Cut the names of the site and its sections and general words off the parts of a page's title."""
    segments = _segments(title)

    def foreign(segment: tuple[int, int]) -> bool:
        text = title[slice(*segment)]
        return is_site_name(text, site_names) or fold(text) in sections or bool(GENERAL.match(text))

    while segments and foreign(segments[-1]):
        segments.pop()
    while segments and foreign(segments[0]):
        segments.pop(0)
    # "Headline - Khoa Nông học": an institution of whatever name behind a headline, if that is left.
    if len(segments) > 1 and INSTITUTION.search(title[slice(*segments[-1])]) and segments[-1][0] > LONGEST_NAME:
        segments.pop()
    return title[segments[0][0] : segments[-1][1]] if segments else ""


def _without_shown(page: Outline, title: str) -> str:
    """Cut off a title what stands alone on the page, where the whole does not: the name of a section."""
    shown = {fold(line.text) for line in page.lines if len(line.text) <= LONGEST_SECTION}
    segments = _segments(title)
    for first in range(len(segments) - 1, 0, -1):
        if fold(title[segments[0][0] : segments[first - 1][1]]) in shown:
            return title[segments[first][0] :]
    return title


def is_site_name(text: str, site_names: set[str]) -> bool:
    """The words are the site's name, perhaps without "Trường", or its initials."""
    name = fold(text).replace("đh ", "đại học ").removeprefix("trường ")
    return any(name == other.removeprefix("trường ") or name == _initials(other) for other in site_names)


def _initials(name: str) -> str:
    return "".join(word[0] for word in name.removeprefix("trường ").split())


def _candidates(ground: _Ground) -> Iterator[Headline]:
    page = ground.page
    for box in page.boxes:
        level = HEADINGS.get(box.name, 0)
        if (level or not box.hints.isdisjoint(NAMED)) and 0 < box.end - box.start <= 3 and not box.noise:
            named = box.hints & NAMED
            rule = box.name if level else f"class:{min(named)}"
            worth = WORTH.get(level, 0.5 if level else 1.5) + bool(level and named)
            yield from _scored(ground, rule, worth, range(box.start, box.end))
    for index, line in enumerate(page.lines):
        if not line.hidden and (line.bold or _is_known(ground, line)):
            yield from _scored(ground, "bold" if line.bold else "text", 0.5, range(index, index + 1))


def _is_known(ground: _Ground, line: Line) -> bool:
    return len(line.text) <= LONGEST and bool(_agreement(ground, fold(line.text)))


def _agreement(ground: _Ground, name: str) -> float:
    """What a folded line has in common with the titles that machines are told: all, a part, nothing."""
    if name in ground.known or (
        name.startswith(ground.beginnings) and any(same(name, other) for other in ground.known)
    ):
        return 6
    return 5 if name in ground.parts else 0


def _scored(ground: _Ground, rule: str, worth: float, where: range) -> Iterator[Headline]:
    """The lines at `where` as a headline, if they can be one: agreement with the page's metadata counts most."""
    lines = ground.page.lines[where.start : where.stop]
    text = " ".join(line.text for line in lines)
    if not 5 <= len(text) <= LONGEST:  # first, for thousands of elements may be called a title in one long line
        return
    name = fold(text)
    if is_related(text) or any(map(is_label, lines)):
        return
    if is_site_name(text, ground.site_names) or any(line.is_link and not _is_own(line, ground.url) for line in lines):
        return
    agreement = _agreement(ground, name)
    is_section = GENERAL.match(text) or (name in ground.sections and agreement < 6)
    score = worth + agreement - 4 * bool(is_section)
    yield Headline(text, rule, where.stop, score + _nearness(ground, where))


def _nearness(ground: _Ground, where: range) -> float:
    """Three for a headline just above the text, less farther up, a loss for one below it."""
    if ground.rough is None:
        return 0
    before = ground.rough.start - where.stop
    if -2 <= before <= NEAR:
        between = ground.page.lines[where.stop : ground.rough.start]
        # A menu stands between the site's name and the text, never between a headline and its text.
        links = sum(line.is_link and (not line.hidden or line.box in ground.menus) for line in between)
        if links <= 2:
            return 3 - abs(before) / NEAR
    return -4 if where.start >= ground.rough.end else 0
