"""Decide about addresses: the canonical form, the host, and what a site's rules say of a URL. Pure.

Canonical means that two spellings of one page give one string: the syntax of RFC 3986 6.2.2 and 6.2.3, the host in
lower-case ASCII, no default port, no user, no fragment, no tracking parameters, parameters in order.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal
from urllib.parse import SplitResult, urljoin, urlsplit

from w3lib.url import canonicalize_url, safe_url_string

if TYPE_CHECKING:
    from crawler.settings import Site

Kind = Literal["article", "list", "outside"]

MAX_URL = 2048  # what the sitemap protocol allows; longer ones are traps or mistakes
LABEL = r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"  # RFC 1035 2.3.4; an underscore is not allowed and in use
HOST_NAME = re.compile(rf"{LABEL}(\.{LABEL})*")
DEFAULT_PORTS = {"http": 80, "https": 443}

# Parameters that name the reader's way to a page, never the page.
TRACKING = re.compile(
    r"^(utm_\w+|fbclid|gclid|gclsrc|dclid|msclkid|yclid|zarsrc|mc_[ce]id|igshid|_ga|_gl|phpsessid|jsessionid|aspsessionid\w*|sessionid)$",
    re.IGNORECASE,
)
PATH_SESSION = re.compile(r";jsessionid=[^/?#]*|\(S\([a-z0-9]{24}\)\)/?", re.IGNORECASE)

# What is linked from a page and is no page.
NOT_PAGES = re.compile(
    r"\.(jpe?g|png|gif|webp|svg|ico|bmp|tiff?|css|js|json|woff2?|ttf|eot|mp[34]|m4[av]|avi|mov|wmv|flv|webm|ogg|wav|"
    r"pdf|docx?|xlsx?|pptx?|odt|ods|rtf|zip|rar|7z|gz|tar|exe|apk|iso|swf)$",
    re.IGNORECASE,
)


def canonical(url: str, base: str | None = None) -> str | None:
    """The canonical form of `url`, resolved against `base`; None where it is not an address that can be fetched."""
    try:
        joined = urljoin(base, url.strip()) if base else url.strip()
        if len(joined) > MAX_URL or any(ord(char) < 0x20 for char in joined):
            return None
        parts = urlsplit(safe_url_string(joined))
        host = host_of_parts(parts)
        if parts.scheme not in DEFAULT_PORTS or not host:
            return None
    except ValueError:
        return None
    path = PATH_SESSION.sub("", parts.path)
    query = "&".join(piece for piece in parts.query.split("&") if piece and not TRACKING.match(piece.partition("=")[0]))
    cleaned = SplitResult(parts.scheme, host, path or "/", query, "").geturl()
    made: str = canonicalize_url(cleaned, keep_blank_values=True)
    return made if len(made) <= MAX_URL else None


def host_of_parts(parts: SplitResult) -> str:
    """The host in lower-case ASCII, with the port where it is not the scheme's own."""
    name = (parts.hostname or "").rstrip(".")
    if not name.isascii():
        name = name.encode("idna").decode("ascii")
    if ":" in name:
        name = f"[{name}]"
    elif not HOST_NAME.fullmatch(name):
        return ""
    return f"{name}:{parts.port}" if parts.port not in (None, DEFAULT_PORTS.get(parts.scheme)) else name


def host_of(url: str) -> str:
    """The host of a canonical `url`, with the port where it is not the scheme's own: the unit of politeness."""
    return urlsplit(url).netloc


def name_of(host: str) -> str:
    """A host without its port."""
    return re.sub(r":\d+$", "", host)


def kind_of(url: str, site: Site) -> Kind:
    """What the rules of `site` make of a canonical `url`; without an article pattern every page may be one."""
    if host_of(url) not in site.allowed_hosts or NOT_PAGES.search(urlsplit(url).path):
        return "outside"
    if site.exclude and re.search(site.exclude, url):
        return "outside"
    if site.article and re.search(site.article, url):
        return "article"
    if site.follow and url not in site.start and not re.search(site.follow, url):
        return "outside"
    return "list"
