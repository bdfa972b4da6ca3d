"""Rooms of the trap newsroom: ways to find articles, ways to get lost, and what robots.txt says."""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape

from trap_host import (
    CRAWL_DELAY,
    LONG_WAIT,
    MAX_BARREN,
    MAX_DEPTH,
    PAGES,
    RULES,
    Host,
    Room,
    contents,
    home,
    moved,
    numbered,
    plain,
    sitemap,
    sitemap_index,
    story,
)
from webserver import Answer, Seen

# Discovery


def sitemaps(web: Host) -> Room:
    """Sitemaps of all kinds, named by robots.txt; nothing is linked."""
    news = "<news:news><news:publication_date>2021-03-04</news:publication_date></news:news>"
    packed = gzip.compress(str(sitemap(web.url("/tin-2.html")).body).encode())
    web.routes |= home() | numbered(1, 2, 3, 4)
    web.routes |= {
        "/robots.txt": plain(f"Sitemap: {web.url('/ban-do.xml')}\nsitemap: {web.url('/ban-do.txt')}\n"),
        "/ban-do.xml": sitemap_index(web.url("/bd-1.xml"), web.url("/bd-2.xml.gz"), web.url("/bd-tin.xml")),
        "/bd-1.xml": sitemap(web.url("/tin-1.html")),
        "/bd-2.xml.gz": Answer(packed, kind="application/x-gzip"),
        "/ban-do.txt": plain(f"\ufeff{web.url('/tin-3.html')}\r\n"),
        "/bd-tin.xml": sitemap(web.url("/tin-4.html"), extra=news),
    }
    kinds = ("sitemap in an index", "gzip sitemap", "text sitemap", "news sitemap")
    return Room(web, {f"/tin-{n}.html": kind for n, kind in enumerate(kinds, 1)})


def usual_places(web: Host) -> Room:
    """Sitemaps that nothing names."""
    web.routes |= home() | numbered(1, 2)
    web.routes |= {
        "/sitemap.xml": sitemap(web.url("/tin-1.html")),
        "/sitemap_index.xml": sitemap_index(web.url("/bd.xml")),
        "/bd.xml": sitemap(web.url("/tin-2.html")),
    }
    return Room(web, {"/tin-1.html": "sitemap.xml", "/tin-2.html": "sitemap_index.xml"})


def lastmod(web: Host) -> Room:
    """A sitemap that says which article has changed."""

    def dated(second: datetime) -> Answer:
        old = f"<url><loc>{web.url('/tin-1.html')}</loc><lastmod>2021-03-01T08:00:00+07:00</lastmod></url>"
        new = f"<url><loc>{web.url('/tin-2.html')}</loc><lastmod>{second.isoformat()}</lastmod></url>"
        return Answer(f"<urlset>{old}{new}</urlset>", kind="text/xml")

    def later() -> None:
        web.routes["/sitemap.xml"] = dated(datetime.now(UTC))

    web.routes |= home() | numbered(1, 2) | {"/sitemap.xml": dated(datetime(2021, 3, 1, tzinfo=UTC))}
    again = {"/tin-1.html": (0, 0), "/tin-2.html": (1, 1)}
    return Room(web, {"/tin-1.html": "old lastmod", "/tin-2.html": "later lastmod"}, again=again, later=(later,))


def feeds(web: Host) -> Room:
    """Feeds that the start page declares; the RSS one says when it has not changed."""

    def rss(seen: Seen) -> Answer:
        known = seen.headers.get("If-None-Match") == '"rss"'
        text = f"<rss version='2.0'><channel><item><link>{web.url('/tin-1.html')}</link></item></channel></rss>"
        return Answer("" if known else text, 304 if known else 200, {"ETag": '"rss"'}, "application/rss+xml")

    atom = f"<feed xmlns='http://www.w3.org/2005/Atom'><entry><link href='{web.url('/tin-2.html')}'/></entry></feed>"
    rdf = (
        "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns='http://purl.org/rss/1.0/'>"
        f"<item rdf:about='{web.url('/tin-3.html')}'><link>{web.url('/tin-3.html')}</link></item></rdf:RDF>"
    )
    kinds = {"rss": "application/rss+xml", "atom": "application/atom+xml", "rdf": "application/rdf+xml"}
    named = "".join(f'<link rel="alternate" type="{kind}" href="/{name}">' for name, kind in kinds.items())
    web.routes |= home(head=named) | numbered(1, 2, 3)
    web.routes |= {"/rss": rss, "/atom": Answer(atom, kind=kinds["atom"]), "/rdf": Answer(rdf, kind=kinds["rdf"])}
    found = {"/tin-1.html": "RSS", "/tin-2.html": "Atom", "/tin-3.html": "RDF"}
    return Room(web, found, again={"/rss": (1, 1)} | dict.fromkeys(found, (0, 0)), later=(lambda: None,))


@dataclass(frozen=True)
class Pager:
    """One way of leading from a page of a list to the next."""

    first: str
    further: str
    words: str = "Trang sau"
    in_head: bool = False

    def path(self, page: int) -> str:
        """The address of a page."""
        return self.first if page == 1 else self.further.format(page)


PAGERS = {
    "link rel=next": Pager("/dau/", "/dau/phan-{}/", in_head=True),
    "a rel=next": Pager("/nhan/", "/nhan/phan-{}/", words="xem tiếp"),
    "numbers": Pager("/so/", "/so/phan-{}.aspx", words="{}"),
    "trang sau": Pager("/chu", "/chu?bat-dau={}0", words="Trang sau »"),
    "?page=N": Pager("/hoi", "/hoi?page={}", words="»"),
    "/page/N/": Pager("/duong/", "/duong/page/{}/", words="Bài cũ hơn"),
    "ASP.NET": Pager("/Default.aspx?tabid=67", "/Default.aspx?ArticlePage={}&tabid=67", words="{}"),
}


def _leaf(pager: Pager, page: int, articles: list[str]) -> Answer:
    target = pager.path(page + 1)
    if page == PAGES:
        return Answer(contents(*articles))
    if pager.in_head:
        return Answer(contents(*articles, head=f'<link rel="next" href="{target}">'))
    rel = ' rel="next"' if pager.words == "xem tiếp" else ""
    link = f'<a{rel} href="{escape(target)}">{pager.words.format(page + 1)}</a>'
    return Answer(contents(*articles).replace("</ul>", f"</ul><p class='pages'>{link}</p>"))


def lists(web: Host) -> Room:
    """Lists of more pages than clicks are allowed, each led on in another way."""
    web.routes |= home(*(pager.first for pager in PAGERS.values()))
    found: dict[str, str] = {}
    for number, (name, pager) in enumerate(PAGERS.items(), 1):
        for page in range(1, PAGES + 1):
            article = 1000 * number + page  # 404 in a headline would be a trap of its own
            web.routes |= numbered(article) | {pager.path(page): _leaf(pager, page, [f"/tin-{article}.html"])}
            found[f"/tin-{article}.html"] = f"{name}, page {page}"
    return Room(web, found, again={"/tin-": (0, 0)}, later=(lambda: None,))


def growing_list(web: Host) -> Room:
    """A list whose first page has a new article in the second run; the further pages are as they were."""
    pager = PAGERS["?page=N"]
    for page in range(1, PAGES + 1):
        web.routes |= {pager.path(page): _leaf(pager, page, [f"/tin-{2 * page}.html", f"/tin-{2 * page + 1}.html"])}

    def later() -> None:
        web.routes[pager.path(1)] = _leaf(pager, 1, ["/tin-1.html", "/tin-2.html", "/tin-3.html"])

    web.routes |= home(pager.first) | numbered(*range(1, 2 * PAGES + 2))
    found = {f"/tin-{n}.html": f"entry {n}" for n in range(2, 2 * PAGES + 2)}
    return Room(web, found, again={"/tin-": (1, 1), "/tin-1.html": (1, 1), "/hoi": (1, 4)}, later=(later,))


def spellings(web: Host) -> Room:
    """Many spellings of one address are one address, asked for once."""
    spelt = {
        "/tin-1.html": ("tracking parameters", ["?utm_source=zalo&utm_medium=oa", "?fbclid=IwAR0", "#binh-luan", ""]),
        "/tin-2.html": ("session ids", [";jsessionid=1A2B3C", "?PHPSESSID=0a1b2c3d", "?ASPSESSIONIDAB=XY", ""]),
    }
    links = [path + tail for path, (_, tails) in spelt.items() for tail in tails]
    links += ["/(S(abcdefghijklmnopqrstuvwx))/tin-3.html", "/tin-3.html", "/xem?loai=tin&id=4", "/xem?id=4&loai=tin"]
    links += [
        "/%74in-5.html",
        "/tin-5.html",
        "/a/../tin-6.html",
        "/./tin-6.html",
        "/bài/tin-7.html",
        "/b%c3%a0i/tin-7.html",
    ]
    web.routes |= home(*links) | numbered(1, 2, 3, 5, 6)
    web.routes |= {"/xem?id=4&loai=tin": Answer(story(4)), "/b%C3%A0i/tin-7.html": Answer(story(7))}
    found = {path: name for path, (name, _) in spelt.items()} | {"/tin-3.html": "session id of ASP.NET"}
    found |= {"/xem?id=4&loai=tin": "order of parameters", "/tin-5.html": "percent-encoding", "/tin-6.html": "dots"}
    found["/b%C3%A0i/tin-7.html"] = "letters beyond ASCII"
    return Room(web, found, RULES.replace("$'", "$|/xem[?]'"), most=dict.fromkeys(found, 1))


def trailing_slash(web: Host) -> Room:
    """With and without the slash is one page: the server says so by a redirect."""
    web.routes |= home("/muc", "/muc/", "/bai/1", "/bai/1/") | {
        "/muc": moved("/muc/", 301),
        "/bai/1": moved("/bai/1/", 301),
    }
    web.routes |= {
        "/muc/": Answer(contents("/bai/1", "/bai/2/")),
        "/bai/1/": Answer(story(1)),
        "/bai/2/": Answer(story(2)),
    }
    found = {"/bai/1/": "article behind a redirect", "/bai/2/": "list behind a redirect"}
    return Room(web, found, r"article = '/bai/\d+/?$'", most={"/bai/1/": 1, "/muc/": 1})


def canonical_links(web: Host) -> Room:
    """`rel=canonical` counts within the site, and not where it leads elsewhere or to the start page."""

    def named(url: str) -> str:
        return f'<link rel="canonical" href="{url}">'

    web.routes |= home("/in/tin-1.html", "/tin-1.html", "/tin-2.html", "/tin-3.html") | numbered(1)
    web.routes |= {"/in/tin-1.html": Answer(story(1, named(web.url("/tin-1.html"))))}
    web.routes |= {"/tin-2.html": Answer(story(2, named(f"http://{web.foreign}/tin-2.html")))}
    web.routes |= {"/tin-3.html": Answer(story(3, named(web.url())))}
    found = ("canonical within the site", "canonical on another site", "canonical of the start page")
    return Room(web, {f"/tin-{n}.html": what for n, what in enumerate(found, 1)})


# Endless spaces

ENDLESS = "(?i)in a row|no article|barren|shape|trap|repeat|deep|depth|clicks"


def _months(web: Host, address: Callable[[int], str]) -> Room:
    """A calendar that leads to the next month and the last one for ever; each shows the same known article."""

    def month(seen: Seen) -> Answer:
        year, number = map(int, re.findall(r"\d+", seen.path))
        at = year * 12 + number - 1
        on = (address(at + 1), "Tháng sau")
        return Answer(
            contents("/tin-1.html", (address(at - 1), "Tháng trước"), on, head=f'<link rel="next" href="{on[0]}">')
        )

    begin = address(2021 * 12)
    web.routes |= home("/tin-1.html", begin) | numbered(1) | {"/lich*": month}
    named = {"/lich": ENDLESS}
    return Room(web, {"/tin-1.html": "beside a calendar"}, named=named, most={"/lich": MAX_BARREN + 4})


def calendar_of_queries(web: Host) -> Room:
    """An endless calendar: `/lich?thang=2021-01`."""
    return _months(web, lambda at: f"/lich?thang={at // 12}-{at % 12 + 1:02}")


def calendar_of_paths(web: Host) -> Room:
    """An endless calendar: `/lich/2021/01/`."""
    return _months(web, lambda at: f"/lich/{at // 12}/{at % 12 + 1:02}/")


def sessions(web: Host) -> Room:
    """A session id of no known name, another one in every link."""
    given = iter(range(10**6))

    def section(_: Seen) -> Answer:
        return Answer(contents("/tin-1.html", *(f"/muc?sid={zlib.crc32(b'%d' % next(given)):08x}" for _ in range(3))))

    web.routes |= {"/": section, "/muc*": section} | numbered(1)
    named = {"/muc?sid=": ENDLESS}
    return Room(web, {"/tin-1.html": "beside session ids"}, named=named, most={"/muc": MAX_BARREN + 4})


def sort_orders(web: Host) -> Room:
    """One list in 384 orders."""
    choices = {
        "chieu": "tang giam",
        "hien": "10 20 50 100",
        "loc": "a b c d e f g h",
        "xep": "ten ngay tac-gia cu moi hot",
    }

    def ordered(seen: Seen) -> Answer:
        now = dict(pair.split("=") for pair in seen.path.partition("?")[2].split("&") if pair)
        base = {name: values.split()[0] for name, values in choices.items()} | now
        variants = [base | {name: value} for name, values in choices.items() for value in values.split()]
        addresses = {"/ds?" + "&".join(f"{name}={value}" for name, value in variant.items()) for variant in variants}
        return Answer(contents("/tin-1.html", *sorted(addresses)))

    web.routes |= home("/ds") | {"/ds*": ordered} | numbered(1)
    named = {"/ds?": ENDLESS}
    return Room(web, {"/tin-1.html": "in a list of many orders"}, named=named, most={"/ds": MAX_BARREN + 4})


def endless_path(web: Host) -> Room:
    """A relative link that makes the path longer for ever."""
    web.routes |= home("/tin-1.html", "/khoa/") | numbered(1) | {"/khoa/*": Answer(contents("/tin-1.html", "khoa/"))}
    named = {"/khoa/khoa/": ENDLESS}
    return Room(web, {"/tin-1.html": "beside an endless path"}, named=named, most={"/khoa/": MAX_BARREN + 4})


def deep_menu(web: Host) -> Room:
    """A menu in a menu, deeper than clicks are allowed; no two addresses are alike."""
    names = "dao-tao khoa-hoc sinh-vien doi-ngoai thu-vien ky-tuc-xa doan-hoi cong-doan thanh-tra".split()  # noqa: SIM905
    web.routes |= home(f"/{names[0]}/") | numbered(1) | {"/sitemap.xml": sitemap(web.url("/tin-1.html"))}
    web.routes |= {
        f"/{name}/": Answer(contents(f"/{below}/")) for name, below in zip(names, [*names[1:], ""], strict=True)
    }
    named = {f"/{names[MAX_DEPTH]}/": ENDLESS}
    never = tuple(f"/{name}/" for name in names[MAX_DEPTH:])
    return Room(web, {"/tin-1.html": "above a deep menu"}, named=named, never=never)


# robots.txt


def _robots(web: Host, text: str | bytes, *further: int) -> Room:
    """A robots.txt under which articles 1 and `further` are allowed, and /cam/ is forbidden."""
    web.routes |= home("/tin-1.html", "/cam/tin-9.html", "/cam/", *(f"/tin-{n}.html" for n in further)) | numbered(
        1, *further
    )
    web.routes |= {"/robots.txt": plain(text), "/cam/*": Answer(story(9))}
    found = {f"/tin-{n}.html": "what robots.txt allows" for n in (1, *further)}
    return Room(web, found, named={"/cam/tin-9.html": "robots.txt"}, never=("/cam/",))


def robots_own_group(web: Host) -> Room:
    """The group of our own product token, not the one for all, nor that of a longer name."""
    others = "User-agent: *\nDisallow: /\n\nUser-agent: tratin-anh\nDisallow: /tin-\n\n"
    return _robots(web, others + "User-agent: khac\nUser-Agent: Tratin\nDisallow: /cam/\n", 2)


def robots_with_bom(web: Host) -> Room:
    """A byte order mark before the first line."""
    return _robots(web, b"\xef\xbb\xbfUser-agent: *\r\nDisallow: /cam/\r\n")


def robots_of_a_megabyte(web: Host) -> Room:
    """A rule after 450 KB counts; one that follows 500 KiB does not."""
    filler = "# " + "lời dặn " * 10 + "\n"
    first = "User-agent: *\n" + filler * (450_000 // len(filler.encode())) + "Disallow: /cam/\n"
    return _robots(web, first + filler * (600_000 // len(filler.encode())) + "Disallow: /tin-2\n", 2)


def robots_crawl_delay(web: Host) -> Room:
    """A Crawl-delay, kept from the end of an answer to the next request."""
    return _robots(web, f"User-agent: *\nCrawl-delay: {CRAWL_DELAY}\nDisallow: /cam/\n", 2)


def robots_five_redirects(web: Host) -> Room:
    """Five redirects are followed to the rules."""
    room = _robots(web, "")
    web.routes |= {"/robots.txt": moved("/r1")} | {f"/r{n}": moved(f"/r{n + 1}") for n in range(1, 5)}
    web.routes["/r5"] = plain("User-agent: *\nDisallow: /cam/\n")
    return room


def robots_six_redirects(web: Host) -> Room:
    """The sixth redirect is not: the file counts as not there (RFC 9309 2.3.1.2)."""
    web.routes |= home("/tin-1.html") | numbered(1) | {"/robots.txt": moved("/r1")}
    web.routes |= {f"/r{n}": moved(f"/r{n + 1}") for n in range(1, 6)} | {"/r6": plain("User-agent: *\nDisallow: /\n")}
    return Room(web, {"/tin-1.html": "robots.txt behind six redirects"}, never=("/r6",))


def robots_403(web: Host) -> Room:
    """An answer of 4xx allows everything."""
    web.routes |= home("/tin-1.html") | numbered(1) | {"/robots.txt": Answer("cấm", 403)}
    return Room(web, {"/tin-1.html": "robots.txt answers 403"})


def _shut(web: Host, robots: Answer, reason: str) -> Room:
    """A host of which nothing may be fetched."""
    web.routes |= home("/tin-1.html") | numbered(1) | {"/robots.txt": robots}
    return Room(web, {}, put_off=reason, never=("/tin-", "/sitemap"))


def robots_500(web: Host) -> Room:
    """An answer of 5xx closes the host for the run."""
    return _shut(web, Answer("hỏng", 500), "(?i)robots.*500")


def robots_429(web: Host) -> Room:
    """An answer that asks for time gets it."""
    return _shut(web, Answer("", 429, {"Retry-After": str(LONG_WAIT)}), "until|429")


def robots_elsewhere(web: Host) -> Room:
    """A redirect to another host, which is none of ours to ask."""
    return _shut(web, moved(f"http://{web.foreign}/robots.txt"), "(?i)robots")


ROOMS = (
    sitemaps, usual_places, lastmod, feeds, lists, growing_list, spellings, trailing_slash, canonical_links,
    calendar_of_queries, calendar_of_paths, sessions, sort_orders, endless_path, deep_menu, robots_own_group,
    robots_with_bom, robots_of_a_megabyte, robots_crawl_delay, robots_five_redirects, robots_six_redirects,
    robots_403, robots_500, robots_429, robots_elsewhere,
)  # fmt: skip
