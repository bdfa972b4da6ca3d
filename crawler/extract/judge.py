"""Judge whether a page is an article where no pattern of the site has decided."""

from __future__ import annotations

import re
from itertools import takewhile
from urllib.parse import urlsplit

from crawler.article import Article, Page
from crawler.extract.body import FAR, Body, distance
from crawler.extract.labels import is_label
from crawler.extract.lines import Box, Line, Outline
from crawler.extract.markup import Document, attribute
from crawler.extract.outline import outline
from crawler.extract.story import Story
from crawler.extract.title import Title
from crawler.settings import Site
from crawler.urls import canonical

LIST = "looks like a list page"
SHORTEST = 30  # characters; "Sinh viên được nghỉ học chiều nay." is a notice
MESSAGE = 400  # characters; a text of that length says more than that a page is missing
OTHERS = 1500  # characters beside such a message that are no link: the address, the name, the labels of a template
OPENING = 3  # sentences before the first link to another page: an introduction to a list is shorter
SENTENCE = 40  # characters
# Chinese, Japanese and Korean say in one character what takes two or three letters elsewhere.
DENSE = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
UNTITLED = 400  # characters; less text under no headline is a box of a home page
MISSING = re.compile(
    r"^\W*404\W*$|\b(lỗi|error)\W{0,3}404\b|\b404\W{0,3}(not found|error|không)|không tìm thấy|không tồn tại|"
    r"đã bị (xóa|xoá|gỡ)|not found|does not exist|no longer available",
    re.IGNORECASE,
)
MORE = re.compile(
    r"^\W*(xem (tiếp|thêm|chi tiết)|chi tiết|đọc (tiếp|thêm)|read more|continue reading|more)\W*$", re.IGNORECASE
)
TEASER = re.compile(r"(xem (tiếp|thêm|chi tiết)|chi tiết|đọc (tiếp|thêm)|read more|\[(…|\.\.\.)\])\W*$", re.IGNORECASE)
DATED_PATH = re.compile(r"/(?:19|20)\d{2}/\d{1,2}/\d{1,2}/(?!page/|trang-)[^/]{5,}")
LIST_BODY = frozenset({"home", "blog", "archive", "category", "search", "error404"})  # of WordPress's body element


def refusal(page: Page) -> str | None:
    """Tell why the response itself cannot be an article."""
    if page.status >= 400:
        return f"the server answered {page.status}"
    if not page.is_html:
        return f"the type is {page.media_type}, not HTML"
    return None


def lacking(page: Outline, what: str) -> str:
    """Tell why a page without a title or a text is no article: it is full of links, or it lacks this."""
    shown = [line for line in page.lines if not line.hidden]
    links = sum(line.is_link for line in shown)
    return LIST if links >= 3 and links * 4 >= len(shown) else f"no {what}"


def missing(title: Title, text: str) -> str | None:
    """Tell that the page is only the message that there is no such page."""
    told = MISSING.search(title.text) or MISSING.search(text[:200])
    if len(text) < MESSAGE and told and len(title.text) < 80:
        return "says that there is no such page"
    return None


def says_missing(document: Document, site: Site, article: Article | None) -> bool:
    """Whether the page is the site's message that there is no such page, though it was answered with 200 (a soft 404).

    The site's own pattern decides where it has one; an article of some length is none, whatever it quotes.
    """
    if article is not None and (site.not_found is None or len(article.body) >= MESSAGE):
        return False
    shown = [line.text for line in outline(document.soup).lines if not line.is_link]
    if site.not_found:
        return any(re.search(site.not_found, text) for text in shown)
    sentences = [text for text in shown if MISSING.search(text)]
    return bool(sentences) and sum(map(len, shown)) - sum(map(len, sentences)) < OTHERS


def doubt(story: Story, has_documents: bool) -> str | None:
    """Tell why the page is probably a list or a static page; None for an article.

    A few words are enough where they lead to an attached document.
    """
    page, body, url = story.text, story.body, story.url
    parts = urlsplit(url)
    if url in story.site.start or (parts.path in {"", "/"} and not parts.query):
        return LIST
    if story.told.is_list or _says_list(page) or _is_teased(page, body, url) or _is_links(story):
        return LIST
    length = _length(" ".join(page.lines[n].text for n in body.indexes)[:UNTITLED])
    if length < SHORTEST and not has_documents:
        return lacking(page, "text")
    if length < UNTITLED and _under_link(story):
        return LIST
    if story.title.after == 0 and length < UNTITLED and not story.told.article:
        return LIST
    return None


def is_dated_path(url: str) -> bool:
    """The address names something under a day, as WordPress does articles; under a month or a year stand lists."""
    return bool(DATED_PATH.search(urlsplit(url).path))


def _says_list(page: Outline) -> bool:
    names: set[str] = set()
    for box in page.boxes[:3]:
        if box.name == "body":
            names = set(attribute(box.tag, "class").lower().split())
    return bool(names & LIST_BODY) and not any(name == "single" or name.startswith("single-") for name in names)


def _elsewhere(line: Line, url: str) -> bool:
    return line.is_link and canonical(line.href or "", url) != url


def _is_teased(page: Outline, body: Body, url: str) -> bool:
    """The text stands in one of several boxes of one kind that each begin with a link: a list with summaries."""
    for box in list(page.lines[body.indexes[0]].box.upwards())[:6]:
        if box.parent is None or box.name in {"td", "body"} or not _begins_with_link(page, box, url):
            continue
        alike = [
            other
            for other in page.boxes
            if other.parent is box.parent
            and (other.name, other.hints) == (box.name, box.hints)
            and other.end > other.start
        ]
        if len(alike) >= 3 and sum(_begins_with_link(page, other, url) for other in alike) * 2 > len(alike) + 1:
            return True
    return False


def _under_link(story: Story) -> bool:
    """The text stands under a linked headline: it is the summary of another page."""
    lines = story.text.lines
    before = [n for n in range(story.title.after, story.body.start) if not lines[n].hidden and not is_label(lines[n])]
    if not before:
        return False
    last = lines[before[-1]]
    is_headline = len(last.text) >= 20 and _elsewhere(last, story.url)
    return is_headline and distance(last, lines[story.body.start]) < FAR


def _begins_with_link(page: Outline, box: Box, url: str) -> bool:
    lines = page.lines[box.start : box.start + 2] if box.end - box.start > 1 else page.lines[box.start : box.end]
    return any(_elsewhere(line, url) and len(line.text) >= 15 for line in lines)


def _is_links(story: Story) -> bool:
    """Among the lines of the text there are as many links to other pages as sentences, and not only below them."""
    lines, url = [story.text.lines[n] for n in story.body.around], story.url
    links = [line for line in lines if _elsewhere(line, url)]
    more = sum(bool(MORE.match(line.text)) for line in links)
    if len(lines) <= 6 and any(line.linked and not line.is_link and TEASER.search(line.text) for line in lines):
        return True
    opening = takewhile(lambda line: not _is_headline(line, url), lines)
    if sum(map(_is_sentence, opening)) >= OPENING:
        return more >= 2
    heads = sum(_is_headline(line, url) for line in links)
    sentences = sum(map(_is_sentence, lines))
    linked, length = sum(line.linked for line in lines), sum(len(line.text) for line in lines)
    return more >= 2 or (heads >= 3 and heads >= sentences) or (len(links) >= 3 and linked * 2 > length)


def _is_headline(line: Line, url: str) -> bool:
    return _elsewhere(line, url) and (len(line.text) >= 20 or _length(line.text) >= 20)


def _is_sentence(line: Line) -> bool:
    return not line.is_link and (len(line.text) >= SENTENCE or _length(line.text) >= SENTENCE)


def _length(text: str) -> int:
    """The characters, those that are half a word counted twice."""
    return len(text) + len(DENSE.findall(text))
