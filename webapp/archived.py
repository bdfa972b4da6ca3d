"""Make an archived page inert: only what can be read is left of it, and nothing that runs, sends, loads or frames.

What may stay is listed, so that whatever HTML learns next is left out. The page is served with a policy of its own that
forbids the same things to the browser once more.
"""

from __future__ import annotations

import re

from bs4 import BeautifulSoup, Comment, Tag
from bs4.element import NavigableString

from crawler.article import Page
from crawler.discover import base_of
from crawler.extract import parse
from crawler.urls import canonical

POLICY = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox"

TEXT = frozenset({
    "a", "abbr", "address", "article", "aside", "b", "bdi", "bdo", "blockquote", "br", "caption", "center",
    "cite", "code", "col", "colgroup", "dd", "del", "details", "dfn", "div", "dl", "dt", "em", "figcaption",
    "figure", "font", "footer", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hgroup", "hr", "i", "ins", "kbd",
    "li", "main", "mark", "nav", "ol", "p", "pre", "q", "rp", "rt", "ruby", "s", "samp", "section", "small",
    "span", "strike", "strong", "sub", "summary", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "time",
    "tr", "tt", "u", "ul", "var",
})  # fmt: skip
SPOKEN = frozenset({"dir", "lang", "title", "colspan", "rowspan", "datetime", "start", "value"})
# Of these not even the words inside are the page's text.
SILENT = re.compile(
    r"^(script|style|noscript|template|iframe|frame|frameset|object|embed|applet|svg|math|canvas|audio|video|map|head|"
    r"select|textarea|button|datalist|link|meta|base|title)$"
)


def inert(page: Page) -> str:
    """The content of the body of `page` as HTML in which only TEXT elements and SPOKEN attributes are left.

    Pictures are told by their alternative text; links lead to the addresses that they had.
    """
    soup = parse(page).soup
    base = base_of(soup, page.url)
    for comment in soup.find_all(string=lambda text: isinstance(text, Comment)):
        comment.extract()
    for silent in soup.find_all(SILENT):
        silent.decompose()
    for element in soup.find_all(True):
        _disarm(element, base)
    return _children(soup)


def _disarm(element: Tag, base: str) -> None:
    if element.name == "img":
        element.replace_with(f"[{element['alt']}]" if element.get("alt") else "")
    elif element.name not in TEXT:
        element.unwrap()
    else:
        target = canonical(str(element.get("href", "")), base) if element.name == "a" and element.get("href") else None
        element.attrs = {name: value for name, value in element.attrs.items() if name in SPOKEN}
        if target:
            element["href"] = target
            element["rel"] = "noopener noreferrer nofollow"


def _children(soup: BeautifulSoup) -> str:
    """What is in the document; its doctype and the like are neither elements nor plain text, and are left out."""
    parts = []
    for child in soup.contents:
        if isinstance(child, Tag):
            parts.append(child.decode())
        elif type(child) is NavigableString:
            parts.append(child.output_ready(formatter="minimal"))
    return "".join(parts)
