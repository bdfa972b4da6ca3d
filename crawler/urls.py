"""Decide about addresses: the canonical form, the host, the shape, and what a site's rules say of a URL. Pure.

Canonical means that two spellings of one page give one string: read as browsers read it, the syntax of RFC 3986 6.2.2
and 6.2.3, the host in lower-case ASCII, no default port, no user, no fragment, single slashes, no sessions and tracking
parameters, parameters in order. What the parameters mean is in `parameters`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache, partial
from ipaddress import IPv6Address
from typing import TYPE_CHECKING, Literal
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from crawler.parameters import (
    DIRECTED,
    ORDERED,
    ORDERS,
    PAGE_PATH,
    PAGES,
    PATH_PARAMETER,
    PATH_SESSION,
    ROW_STATE,
    ROWS,
    TRACKING,
    VIEWS,
    WAYS,
)

if TYPE_CHECKING:
    from crawler.settings import Site

__all__ = ["TRACKING", "Kind", "Verdict", "canonical", "continues", "host_of", "kind_of", "name_of", "plain", "shape"]

Kind = Literal["article", "list", "outside"]

MAX_URL = 2048  # what the sitemap protocol allows; longer ones are traps or mistakes
MAX_NAME = 253  # of a host: RFC 1035 2.3.4
LABEL = r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"  # RFC 1035 2.3.4; an underscore is not allowed and in use
HOST_NAME = re.compile(rf"{LABEL}(\.{LABEL})*")
DEFAULT_PORTS = {"http": 80, "https": 443}
REMEMBERED = 4096  # addresses, 1.5 MB: the menu of a site is on each of its pages

# Browsers drop tabs and line ends anywhere, take a backslash for a slash and three slashes for two (WHATWG URL 4.4).
SLOPPY = re.compile(r"[\t\n\r\\]|^(?:https?:)?/{3}", re.IGNORECASE)
DROPPED = str.maketrans("", "", "\t\n\r")
SLASHES = re.compile(r"^(https?:)?/{3,}", re.IGNORECASE)
CONTROL = re.compile(r"[\x00-\x1f\x7f]")
REPEATED_SLASH = re.compile(r"(?<!:)/{2,}")  # but /web/http://vui.edu.vn/ is an address in an address
AMPERSAND = re.compile(r"(?:^|&)(?:amp(?:;|%3B))+", re.IGNORECASE)  # &amp;amp; in the source, &amp; in the tree

# An escape of these means the same as the character; of all others (/ ? # % & = + ;) it may not.
UNRESERVED = r"A-Za-z0-9._~\-"
PATH_ODD = re.compile(rf"%[0-9A-Fa-f]{{2}}|[^{UNRESERVED}!$&'()*+,;=:@/]")
PATH_PLAIN = re.compile(rf"[{UNRESERVED}!$'()*,:@]")
QUERY_ODD = re.compile(rf"%[0-9A-Fa-f]{{2}}|[^{UNRESERVED}!$&'()*+,;=:@/?]")
QUERY_PLAIN = re.compile(rf"[{UNRESERVED}!$'()*,:@/?]")

# What is linked from a page and is no page.
FILES = frozenset(
    """jpg jpeg jpe jfif png gif webp avif heic svg ico bmp tif tiff psd ai eps css js json map woff woff2 ttf otf eot
    mp3 mp4 mpg mpeg m4a m4v 3gp avi mov wma wmv flv webm mkv ogg ogv wav aac m3u8 pdf doc docx docm dot dotx xls
    xlsx xlsm xlsb csv ppt pptx pps ppsx odt ods odp odg rtf epub mobi djvu zip rar 7z gz tgz bz2 xz tar exe msi dmg
    apk jar iso swf ics vcf kml kmz""".split()  # noqa: SIM905 -- ninety quoted words are harder to read
)

# What differs between the pages of one shape: escapes are text and stay; identifiers and numbers go.
VARYING = re.compile(
    r"(%[0-9A-F]{2})"
    r"|(?<![0-9A-Za-z])[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}(?![0-9A-Za-z])"
    r"|(?<![0-9A-Za-z])(?=[a-f]*\d)[0-9a-f]{12,}(?![0-9A-Za-z])"  # a hash
    r"|(?<![0-9A-Za-z_])(?=\w*\d)(?=\w*[a-z])(?=\w*[A-Z])\w{20,}=*(?![0-9A-Za-z_])"  # Base64
    r"|(?<![0-9A-Za-z])(?=(?:[a-z]*\d){3})[0-9a-z]{24,}(?![0-9A-Za-z])"  # a session
    r"|\d+"
)
LONGEST_LOOP = 8  # segments that are repeated in a path; a longer loop is no mistake in a relative link
DATE_PARTS = 3  # numbers in a row that are no loop: /2021/01/08/
INDEX = re.compile(r"(?:/|/(?:index|default)\.\w{3,5}|\.html?)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a site's rules make of an address, and the rule that says so."""

    kind: Kind
    reason: str


# One page, one string


def canonical(url: str, base: str | None = None) -> str | None:
    """The canonical form of `url`, resolved against `base`; None where it is not an address that can be fetched."""
    if len(url) > MAX_URL:
        return None  # a picture in the address (data:) may have megabytes
    read = url.strip()
    if SLOPPY.search(read):
        read = _as_browsers_read(read)
    try:
        return _canonical(urljoin(base, read) if base else read)
    except ValueError:
        return None


def _as_browsers_read(url: str) -> str:
    url = url.translate(DROPPED)
    end = min((at for at in (url.find("?"), url.find("#")) if at >= 0), default=len(url))
    return SLASHES.sub(r"\1//", url[:end].replace("\\", "/")) + url[end:]


@lru_cache(maxsize=REMEMBERED)
def _canonical(url: str) -> str | None:
    """Raises ValueError for what urllib cannot split."""
    if len(url) > MAX_URL or CONTROL.search(url):
        return None
    parts = urlsplit(url)
    host = host_of_parts(parts)
    if parts.scheme not in DEFAULT_PORTS or not host:
        return None
    query = _query(parts.query)
    made = f"{parts.scheme}://{host}{_path(parts.path)}{'?' if query else ''}{query}"
    return made if len(made) <= MAX_URL else None


def host_of_parts(parts: SplitResult) -> str:
    """The host in lower-case ASCII, with the port where it is not the scheme's own; empty where it cannot be one."""
    name = parts.hostname or ""
    if not name.isascii():
        name = name.encode("idna").decode("ascii")
    name = name.rstrip(".")
    if ":" in name:
        name = "" if "%" in name else f"[{IPv6Address(name)}]"  # a zone is of one machine: RFC 6874
    elif not HOST_NAME.fullmatch(name) or len(name) > MAX_NAME:
        name = ""
    return name if not name or parts.port in (None, DEFAULT_PORTS.get(parts.scheme)) else f"{name}:{parts.port}"


def _path(path: str) -> str:
    """Escape what must be, unescape what need not be, and drop sessions, dot segments and repeated slashes."""
    path = PATH_ODD.sub(partial(_escape, PATH_PLAIN), path)
    path = PATH_SESSION.sub("", PATH_PARAMETER.sub("", path))
    if "/." in path:
        path = _without_dots(path)
    return REPEATED_SLASH.sub("/", path) or "/"


def _escape(plain: re.Pattern[str], odd: re.Match[str]) -> str:
    if len(odd[0]) == 1:
        return quote(odd[0], safe="")
    char = chr(int(odd[0][1:], 16))
    return char if plain.match(char) else odd[0].upper()


def _without_dots(path: str) -> str:
    """Resolve `.` and `..`: RFC 3986 5.2.4."""
    kept: list[str] = []
    for segment in (segments := path.split("/")[1:]):
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    return "/" + "/".join(kept) + ("/" if kept and segments[-1] in {".", ".."} else "")


def _query(query: str) -> str:
    """Escape as in a path, and keep in order the parameters that name the page."""
    query = QUERY_ODD.sub(partial(_escape, QUERY_PLAIN), query).replace("%20", "+")
    pieces = [piece for piece in AMPERSAND.sub("&", query).split("&") if piece.strip("=") and not _is_way(piece)]
    return "&".join(sorted(pieces, key=lambda piece: piece.partition("=")[::2]))


def _is_way(piece: str) -> bool:
    return bool(TRACKING.match(piece.partition("=")[0]) or WAYS.match(piece))


# Hosts


def host_of(url: str) -> str:
    """The host of a canonical `url`, with the port where it is not the scheme's own: the unit of politeness."""
    return url.partition("://")[2].partition("/")[0]


def name_of(host: str) -> str:
    """A host without its port."""
    return re.sub(r":\d+$", "", host)


# A site's rules


def kind_of(url: str, site: Site) -> Kind:
    """What the rules of `site` make of a canonical `url`; without an article pattern every page may be one."""
    return verdict(url, site).kind


def verdict(url: str, site: Site) -> Verdict:
    """What the rules of `site` make of a canonical `url`, and why."""
    if refusal := _refusal(url, site):
        return Verdict("outside", refusal)
    if site.article and re.search(site.article, url):
        return Verdict("article", f"matches article {site.article!r}")
    if url in site.start:
        return Verdict("list", "a start page")
    if not site.follow:
        return Verdict("list", "no article by the rules" if site.article else "no rule tells articles from lists")
    if re.search(site.follow, url):
        return Verdict("list", f"matches follow {site.follow!r}")
    return Verdict("outside", f"not matched by {'article or ' if site.article else ''}follow {site.follow!r}")


def is_excluded(url: str, site: Site) -> bool:
    """Whether the site's rules leave the address out, whatever it may be."""
    return bool(site.exclude and re.search(site.exclude, url))


def _refusal(url: str, site: Site) -> str | None:
    """Why an address is never fetched, whatever it may be."""
    address, _, query = url.partition("?")
    host = host_of(address)
    if host not in site.allowed_hosts:
        return f"host {host} is not one of the site's hosts"
    if (ending := address.rpartition("/")[2].rpartition(".")[2].lower()) in FILES:
        return f"a file of type .{ending}"
    if is_excluded(url, site):
        return f"matches exclude {site.exclude!r}"
    return _repetition(url, site) if query and url not in site.start else None


def _repetition(url: str, site: Site) -> str | None:
    """Why an address only shows again what another one shows, unless a rule of the site asks for just that."""
    pieces = url.partition("?")[2].split("&")
    orders, views = _orders(pieces), [piece for piece in pieces if VIEWS.match(piece)]
    if not (orders or views):
        return None
    without = plain(url)
    for rule in filter(None, (site.article, site.follow)):
        if re.search(rule, url) and not re.search(rule, without):
            return None
    return f"another view of a page ({'&'.join(views)})" if views else f"only reorders a list ({'&'.join(orders)})"


def _orders(pieces: list[str]) -> list[str]:
    directed = any(map(DIRECTED.match, pieces))
    return [piece for piece in pieces if ORDERS.match(piece) or (directed and ORDERED.match(piece))]


def plain(url: str) -> str:
    """The address of a list in its own order and of a page in its own look, for a canonical `url` of another one."""
    address, _, query = url.partition("?")
    pieces = query.split("&")
    again = _orders(pieces)
    kept = [piece for piece in pieces if piece not in again and not VIEWS.match(piece)]
    return f"{address}?{'&'.join(kept)}" if kept != [""] and kept else address


# Lists and their pages


def shape(url: str) -> str:
    """What addresses that differ only in numbers, identifiers and values have in common, for a canonical `url`.

    The host, the path without its loops (`/a/b/a/b`) and with `0` for what varies, the names of the parameters.
    """
    address, _, query = url.partition("?")
    host, _, path = address.partition("://")[2].partition("/")
    segments = [_fixed(segment) for segment in _without_loops(path.split("/"))]
    names = sorted({_fixed(piece.partition("=")[0]) for piece in query.split("&") if piece})
    made = f"{host}/{'/'.join(_without_loops(segments))}"
    return f"{made}?{'&'.join(f'{name}=*' for name in names)}" if names else made


def _fixed(text: str) -> str:
    return VARYING.sub(lambda found: found[1] or "0", text)


def _without_loops(segments: list[str]) -> list[str]:
    """Drop what repeats the segments before it, as relative links make them: `/tin/tin/tin`, `/a/b/a/b`."""
    kept: list[str] = []
    for segment in segments:
        kept.append(segment)
        numbers = kept[-DATE_PARTS - 1 :]
        if segment.isdigit() and not (len(numbers) > DATE_PARTS and all(map(str.isdigit, numbers))):
            continue
        for size in range(1, min(LONGEST_LOOP, len(kept) // 2) + 1):
            if kept[-size:] == kept[-2 * size : -size]:
                del kept[-size:]
                break
    return kept


def continues(url: str, other: str) -> bool:
    """Whether `other` is a further page of the list at `url`: the same address but for the number. Both canonical."""
    if url == other or host_of(url) != host_of(other):
        return False
    (one, number), (two, further) = _numbered(url), _numbered(other)
    return bool(further) and number != further and one == two


def _numbered(url: str) -> tuple[str, tuple[str, ...]]:
    """The address of a whole list, and what in `url` says which page of it this is."""
    address, _, query = url.partition("?")
    pieces = query.split("&")
    rows = any(map(ROWS.match, pieces))
    numbers = [piece for piece in pieces if PAGES.match(piece) or (rows and ROW_STATE.match(piece))]
    whole = PAGE_PATH.sub("", address)
    if whole != address:
        numbers += PAGE_PATH.findall(address)
    kept = "&".join(piece for piece in pieces if piece not in numbers)
    return f"{INDEX.sub('', whole)}?{kept}", tuple(numbers)
