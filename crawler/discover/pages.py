"""Read what a page links to: articles and lists, further pages of its list, feeds."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from bs4 import BeautifulSoup, Tag

from crawler.urls import MAX_URL, canonical, continues, host_of, plain

LONGEST_TOLD = 200  # characters of an address that is too long
LINKS = {"a": "href", "area": "href", "frame": "src", "iframe": "src"}
FRAMES = frozenset({"frame", "iframe"})

# An address that a script goes to, where it is written out; 'page.aspx?id=' + id is not.
LOCATION = r"(?:(?:window|document|self|top|parent)\s*\.\s*)?location(?:\s*\.\s*href)?"
SCRIPTED = re.compile(
    rf"""(?:{LOCATION}\s*=|{LOCATION}\s*\.\s*(?:assign|replace)\s*\(|window\s*\.\s*open\s*\()"""
    r"""\s*(?:'([^'"<>]{1,2048})'|"([^'"<>]{1,2048})")\s*(?:[;,)}]|$)"""
)
REFRESH = re.compile(r"""[\d.\s]*(?:[;,\s]\s*)url\s*=\s*(?:'([^']*)|"([^"]*)|(.*))""", re.IGNORECASE | re.DOTALL)

FEED_TYPES = frozenset({"application/rss+xml", "application/atom+xml", "application/rdf+xml"})
XML_TYPES = frozenset({"application/xml", "text/xml"})
FEED_WORD = re.compile(r"\b(?:rss|atom|feed)\b", re.IGNORECASE)
FEED_ADDRESS = re.compile(
    r"/(?:rss|feed|atom)(?:\.\w{2,5}|/rss2?|/atom)?/?$|[?&](?:format=feed|feed=\w+)\b", re.IGNORECASE
)
# WordPress declares a feed of comments on each article page: 10,000 articles would be 10,000 feeds.
COMMENTS = re.compile(r"comments? feed|/comments/|(?:dòng|luồng) (?:bình luận|phản hồi)", re.IGNORECASE)

# Words that are nothing but the way to the next page, and words that are it among the numbers of pages.
NUMBER = re.compile(r"(?:trang|page)?\s*\d{1,5}")
NEXT = re.compile(
    r"trang (?:sau|tiếp|tiếp theo|kế|kế tiếp|cuối)|(?:các )?(?:bài|tin)(?: viết| tức)? cũ hơn|next page|"
    r"older (?:posts|entries|articles|news)"
)
MAYBE_NEXT = re.compile(r"tiếp(?: theo)?|sau|kế(?: tiếp)?|cuối(?: cùng)?|cũ hơn|next|older|last|[>»›→⟩]{1,3}")
AROUND = " \t\n\r\xa0[](){}|.…«‹<←-–"
SIGNS = AROUND + ">»›→⟩"
LONGEST_WORDS = 30  # characters of a link to a page of a list
PAGER = re.compile(
    r"pag(?:ination|inator|inate|ing|er|enav|e-?num|e-?link|e-?list)|phan-?trang|nav-?links|nav-?(?:below|previous)",
    re.IGNORECASE,
)
LONGEST_NAMES = 1000  # characters of an element's names; they are searched for each link inside
PAGER_DEPTH = 5  # elements around a link: a, li, ul, div, nav


def links(soup: BeautifulSoup, url: str) -> list[str]:
    """The canonical addresses that the page at `url` links to, each once, in order.

    Where one only reorders or prints what another address shows, that follows it: it might be linked nowhere else.
    """
    base = base_of(soup, url)
    found: dict[str, None] = {}
    for tag in soup.find_all(True):
        for address in _addresses(tag):
            link = canonical(address, base)
            if link and _is_followed(tag, link, url):
                found |= {link: None, plain(link): None}
    return list(found)


def _addresses(tag: Tag) -> Iterator[str]:
    """The addresses that an element leads to, as they are written."""
    attributes = tag.attrs
    if not attributes:
        return
    name = tag.name
    if name in LINKS and (address := _told(tag, LINKS[name])):
        yield from _scripted(address) if address.lstrip()[:11].lower() == "javascript:" else (address,)
    elif name == "link" and "next" in _rel(tag):
        yield _told(tag, "href")
    elif name == "meta" and (address := _refreshed(tag)):
        yield address
    if "data-href" in attributes:
        yield _told(tag, "data-href")
    if "onclick" in attributes:
        yield from _scripted(_told(tag, "onclick"))


def _scripted(script: str) -> Iterator[str]:
    return (one or two for one, two in SCRIPTED.findall(script[:4096]))


def _is_followed(tag: Tag, link: str, url: str) -> bool:
    """Whether a link counts: frames only of the same host, `nofollow` only to a further page of the list."""
    if tag.name in FRAMES:
        return host_of(link) == host_of(url)
    return "nofollow" not in _rel(tag) or is_next(tag, link, url)


def _refreshed(meta: Tag) -> str:
    if _told(meta, "http-equiv").strip().lower() != "refresh":
        return ""
    match = REFRESH.match(_told(meta, "content"))
    return next(filter(None, match.groups()), "").strip() if match else ""


# Further pages of a list


def next_pages(soup: BeautifulSoup, url: str) -> list[str]:
    """The canonical addresses of further pages of the list at `url` that the page links to, each once, in order."""
    base = base_of(soup, url)
    pairs = ((tag, canonical(_told(tag, "href"), base)) for tag in soup.find_all(["a", "link"], href=True))
    return list(dict.fromkeys(link for tag, link in pairs if link and is_next(tag, link, url)))


def is_next(tag: Tag, link: str, url: str) -> bool:
    """Whether an element that links to `link` leads to a further page of the list at `url`.

    It says so itself (`rel=next`, "trang sau"), or it is a number or a sign and stands among such ones, or its address
    is the list's own but for a number.
    """
    if link == url or host_of(link) != host_of(url):
        return False
    if "next" in _rel(tag):
        return True
    if tag.name == "link":
        return False
    words = _words(tag)
    if NEXT.fullmatch(words):
        return True
    return bool(NUMBER.fullmatch(words) or MAYBE_NEXT.fullmatch(words)) and (continues(url, link) or _in_pager(tag))


def _words(tag: Tag) -> str:
    """What a short link says, or its picture or its label, without the signs around words; empty for a long one."""
    said = tag.get_text(" ", strip=True) or _told(tag, "aria-label") or _told(tag, "title") or _alternative(tag)
    if len(said) > LONGEST_WORDS:
        return ""
    said = " ".join(unicodedata.normalize("NFC", said).lower().split())
    return said.strip(SIGNS) or said.strip(AROUND)


def _alternative(tag: Tag) -> str:
    image = tag.find("img", alt=True)
    return _told(image, "alt") if image else ""


def _in_pager(tag: Tag) -> bool:
    around = [tag, *(element for element, _ in zip(tag.parents, range(PAGER_DEPTH), strict=False))]
    return any(
        PAGER.search(f"{_told(element, 'class')} {_told(element, 'id')} {_told(element, 'aria-label')}"[:LONGEST_NAMES])
        for element in around
        if element.name not in {"body", "html"}
    )


# Feeds


def too_long(soup: BeautifulSoup) -> Iterator[str]:
    """The beginnings of the links that are too long for an address."""
    for tag in soup.find_all("a", href=True):
        if len(href := str(tag["href"])) > MAX_URL:
            yield href[:LONGEST_TOLD]


def feeds(soup: BeautifulSoup, url: str) -> list[str]:
    """The canonical addresses of the feeds of articles that the page at `url` declares, else of those it links to."""
    base = base_of(soup, url)
    declared = [link for link in soup.find_all("link", href=True) if "alternate" in _rel(link) and _is_feed(link)]
    found = [canonical(_told(link, "href"), base) for link in declared if not COMMENTS.search(_about(link))]
    if not declared:
        found = [canonical(_told(anchor, "href"), base) for anchor in soup.find_all("a", href=FEED_ADDRESS)]
    return list(dict.fromkeys(feed for feed in found if feed and feed != url))


def _is_feed(link: Tag) -> bool:
    media_type = _told(link, "type").partition(";")[0].strip().lower()
    return media_type in FEED_TYPES or (media_type in XML_TYPES and bool(FEED_WORD.search(_about(link))))


def _about(link: Tag) -> str:
    return f"{unicodedata.normalize('NFC', _told(link, 'title'))} {_told(link, 'href')}"


# Elements


def base_of(soup: BeautifulSoup, url: str) -> str:
    """The address that relative links of the page at `url` start from."""
    base = soup.find("base", href=True)
    return (base and canonical(str(base["href"]), url)) or url


def _told(tag: Tag, name: str) -> str:
    """The value of an attribute, its words joined where it is a list; empty where there is none."""
    value = tag.attrs.get(name, "")
    return value if isinstance(value, str) else " ".join(value)


def _rel(tag: Tag) -> list[str]:
    return _told(tag, "rel").lower().split()
