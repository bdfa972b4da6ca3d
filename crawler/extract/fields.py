"""Find what describes an article: the section, the tags, the lead.

Each function takes what machines are told first and the page's text last, names the rule, and gives None rather than
a guess. Those with a plural name give all that would do, the best first and each only when it is asked for: the article
gets the first one, and `candidates` shows the others.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from itertools import islice
from urllib.parse import urlsplit

from bs4 import Tag

from crawler.extract.body import distance
from crawler.extract.labels import is_label
from crawler.extract.lines import LINE
from crawler.extract.markup import attribute, clean, words_of
from crawler.extract.metadata import text_of
from crawler.extract.story import Found, Story
from crawler.extract.title import CUT, fold

CRUMBS = frozenset(
    {
        "breadcrumb",
        "breadcrumbs",
        "breakcrum",
        "breakcrumbs",
        "pathway",
        "duongdan",
        "navpath",
        "sitemappath",
        "topicpath",
    }
)
HOME_WORDS = r"trang chủ|trang nhất|home( ?page)?|accueil|首页|ホーム|トップ"
HOME = re.compile(
    rf"^\W*({HOME_WORDS}|bạn đang ở( đây)?|bạn đang xem|vị trí|you are here|chi tiết( tin)?|nội dung|正文)?\W*$",
    re.IGNORECASE,
)
STEP = re.compile(r"\s*(?:>+|»|›|→|::|\|)\s*|\s+[/:]\s+")
# No bar here, which parts the items of a menu.
PATH = re.compile(rf"^(?:[^>»›/|]{{0,25}}:\s*)?(?:{HOME_WORDS})\s*(?:>|»|›|→|::|/)", re.IGNORECASE)
SECTION_HINTS = frozenset(
    {"category", "categories", "catlinks", "postcategory", "taxonomycategory", "chuyenmuc", "edncategories", "cat"}
)
SECTION_LABEL = re.compile(
    r"\b(chuyên mục|danh mục|thể loại|category|categories|posted in|filed under)\s*:?\s*$", re.IGNORECASE
)
SECTION_FOLDER = re.compile(r"/(category|chuyen-muc)/", re.IGNORECASE)  # WordPress
NEAR_TEXT = 3  # lines
LONGEST_STEP = 60  # characters; a longer link is a headline
ENDING = re.compile(r"(?:/|\.(?:html?|aspx|php))?(?:[?#].*)?$")
TAG_HINTS = frozenset({"tags", "keywords", "tukhoa", "taglist"})
HASHTAG = re.compile(r"#\w[^#]*$")
TAG_LABEL = re.compile(r"^\W*(từ kh(óa|oá)|tags?|keywords?)\s*:", re.IGNORECASE)
PARAGRAPH = 60  # characters; a shorter line above the text is a label
LONGEST_LEAD = 2000  # characters
LEAD = frozenset(
    {"sapo", "hometext", "lead", "standfirst", "newssummary", "summary", "postexcerpt", "entrysummary", "abstract"}
    | {"excerpt", "mota", "trichyeu", "gioithieu", "tomtat", "bodyhometext", "newslead", "shortdescription", "dek"}
)
LEAD_LINES = 3  # an element with more is no introduction, whatever it is called


def category(story: Story) -> Found[str] | None:
    """Find the section."""
    return next(categories(story), None)


def categories(story: Story) -> Iterator[Found[str]]:
    """Find the names of the section: what machines are told, what is said near the headline, the way to the page."""
    told = story.told
    for rule, text in (
        ("json-ld", told.linked_data("articleSection")),
        ("opengraph", told.first("article:section")),
        ("microdata", told.prop("articleSection")),
    ):
        if text:
            yield Found(text, rule)
    yield from _sections_named(story)
    for steps in ([Found(step, "json-ld:breadcrumb") for step in told.crumbs], _steps(story), _steps_in_line(story)):
        if named := [step for step in steps if _is_section(step.value, story.title.text)]:
            yield named[-1]
    for anchor in story.text.links:
        if {"category", "tag"} <= set(attribute(anchor.tag, "rel").split()) and (text := words_of(anchor.tag)):
            yield Found(text, "rel=category", anchor.tag)
    yield from _link_above(story)
    yield from _folder(story)


def _is_section(step: str, title: str) -> bool:
    """The step is neither the home page nor the article."""
    name, headline = fold(step), fold(title)
    is_cut = (len(step) >= 15 or step.endswith(CUT)) and headline.startswith(name.removesuffix(" "))
    return bool(name) and not HOME.match(step) and name != headline and not is_cut


def _sections_named(story: Story) -> Iterator[Found[str]]:
    """The links beside headline or text that are called a section, by their box or by the words before them."""
    near = range(max(0, story.first_near - 2), story.body.end + NEAR_TEXT)
    for anchor in story.text.links:
        if anchor.line in near and not anchor.box.noise and (text := words_of(anchor.tag)):
            line = story.text.lines[anchor.line].text if anchor.line < len(story.text.lines) else ""
            named = any(
                box.end - box.start <= 2 and box.hints & SECTION_HINTS for box in islice(anchor.box.upwards(), 3)
            )
            labelled = SECTION_LABEL.search(line[: max(0, line.find(text))]) or SECTION_FOLDER.search(
                attribute(anchor.tag, "href")
            )
            if (named or labelled) and len(text) <= LONGEST_STEP:
                yield Found(text, "category-link", anchor.tag)


def _steps(story: Story) -> list[Found[str]]:
    """The steps in the box that is called the way to the page."""
    page = story.text
    box = next((box for box in page.boxes if box.end > box.start and not box.hints.isdisjoint(CRUMBS)), None)
    if box is None:
        return []
    lines = page.lines[box.start : box.end]
    steps = [Found(step, "breadcrumb", line.box.tag) for line in lines for step in STEP.split(line.text)]
    links = [Found(words_of(link), "breadcrumb", link) for link in box.tag.find_all("a")]
    return steps if len(steps) >= len(links) else links


def _steps_in_line(story: Story) -> list[Found[str]]:
    """The steps of a line above the text that begins with the home page and has nothing but steps."""
    above = story.text.lines[: story.body.start]
    line = next((line for line in reversed(above) if line.linked and PATH.match(line.text)), None)
    return [Found(step, "breadcrumb-line") for step in STEP.split(line.text)[1:]] if line else []


def _link_above(story: Story) -> Iterator[Found[str]]:
    """A short link that stands alone just above the headline."""
    lines, after = story.text.lines, story.title.after
    for n in range(after - 2, max(0, after - 4), -1):
        line = lines[n]
        if line.linked < len(line.text) or line.hidden or len(line.text) > LONGEST_STEP:
            continue
        if lines[n - 1].hidden or not lines[n - 1].is_link or distance(lines[n - 1], line) > 1:
            yield Found(line.text, "link-above", line.box.tag)


def _folder(story: Story) -> Iterator[Found[str]]:
    """The words of a link to the innermost folder that the article's address lies in."""
    parts = urlsplit(story.url)
    folders = parts.path.strip("/").split("/")[:-1]
    paths = ["/" + "/".join(folders[:depth]) for depth in range(len(folders), 0, -1)]
    links: dict[str, Tag] = {}
    for anchor in story.text.links if paths else ():
        href = attribute(anchor.tag, "href").strip().removeprefix(f"{parts.scheme}://{parts.netloc}")
        links.setdefault(ENDING.sub("", href), anchor.tag)
    for path in paths:
        if (
            path in links
            and 0 < len(text := words_of(links[path])) <= LONGEST_STEP
            and _is_section(text, story.title.text)
        ):
            yield Found(text, "url-folder", links[path])


def tags(story: Story) -> Found[tuple[str, ...]] | None:
    """Find the keywords that the newsroom gave this article."""
    return next(keywords(story), None)


def keywords(story: Story) -> Iterator[Found[tuple[str, ...]]]:
    """Find the lists of keywords."""
    page, told = story.text, story.told
    words = told.article.get("keywords")
    given = [text_of(word) for word in words] if isinstance(words, list) else text_of(words).split(",")
    listed = {n for n, line in enumerate(page.lines) if TAG_LABEL.match(line.text)}
    linked, boxed, hashed = [], [], []
    for anchor in islice(page.links, bisect_left(page.links, story.first_near, key=LINE), None):
        rel = attribute(anchor.tag, "rel").split()
        if anchor.box.called(SECTION_HINTS, 2):
            continue
        if "tag" in rel and "category" not in rel:
            linked.append(words_of(anchor.tag))
        elif anchor.line in listed or anchor.box.called(TAG_HINTS, 4):
            boxed.append(words_of(anchor.tag))
        elif anchor.line >= story.body.end and HASHTAG.match(name := words_of(anchor.tag)):
            hashed.append(name[1:])
    for rule, listing in (
        ("json-ld", given),
        ("opengraph", told.meta.get("article:tag", ())),
        ("meta:news_keywords", told.first("news_keywords").split(",")),
        ("rel=tag", linked),
        ("keywords-block", boxed if len(boxed) <= 20 else []),
        ("hashtags", hashed if len(hashed) <= 20 else []),
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
    for box in page.boxes_from(low, high):
        named = box.hints & LEAD
        shown = (n for n in range(box.start, box.end) if named and not page.lines[n].hidden)
        inside = tuple(islice(shown, LEAD_LINES + 1))
        if 0 < len(inside) <= LEAD_LINES and not set(body.indexes) <= set(inside):
            yield Found(inside, f"class:{min(named)}", box.tag)
    if above := _sentences_above(story):
        yield Found(above, "above-text", page.lines[above[0]].box.tag)
    if len(body.indexes) < 2:
        return
    first, second = (page.lines[n] for n in body.indexes[:2])
    if len(first.text) < 40:
        return
    if _is_repeated(story):
        yield Found(body.indexes[:1], "repeated", first.box.tag)
    if first.bold and not second.bold and not first.heading:
        yield Found(body.indexes[:1], "bold", first.box.tag)
    if fold(first.text) in {fold(told.first("description")), fold(told.first("og:description"))}:
        yield Found(body.indexes[:1], "meta:description", first.box.tag)


def _sentences_above(story: Story) -> tuple[int, ...]:
    """One or two paragraphs between headline and text that are in no box with it."""
    lines, after = story.text.lines, story.title.after
    between = range(after, story.body.start) if after else ()
    shown = [n for n in between if not lines[n].hidden and n not in story.text.captions and not is_label(lines[n])]
    told = tuple(n for n in shown if len(lines[n].text) >= PARAGRAPH and not lines[n].is_link)
    return told if len(told) in {1, 2} else ()


def _is_repeated(story: Story) -> bool:
    """The words of the first paragraph are those that the rest of the text begins with."""
    first, *rest = (story.text.lines[n].text for n in story.body.indexes)
    following = ""
    for text in rest if len(first) <= LONGEST_LEAD else ():
        following += f" {text}"
        if len(following) > len(first):
            break
    return bool(following) and fold(following).startswith(fold(first))
