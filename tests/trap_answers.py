"""Rooms of the trap newsroom: busy hosts, answers that are broken or lead astray, articles that come and go."""

from __future__ import annotations

import gzip
import time
import unicodedata
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import cache

from legacy_text import windows_1258
from trap_host import (
    BOMB,
    LONG_WAIT,
    RULES,
    WORDS,
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
from webserver import HTML, Answer, Raw, Route, Seen, drip

# Hosts that are busy or broken


def _busy(web: Host, answer: Callable[[], Answer]) -> Room:
    """The first request for an article is refused for a moment."""
    web.routes |= home("/tin-1.html", "/tin-2.html") | numbered(1, 2)
    first = [answer]
    web.routes["/tin-2.html"] = lambda _: first.pop()() if first else Answer(story(2))
    return Room(web, {"/tin-1.html": "before the wait", "/tin-2.html": "after the wait"}, most={"/tin-2.html": 2})


def retry_after_seconds(web: Host) -> Room:
    """Retry-After in seconds, short."""
    return _busy(web, lambda: Answer("", 503, {"Retry-After": "1"}))


def retry_after_date(web: Host) -> Room:
    """Retry-After as a date, short."""
    return _busy(web, lambda: Answer("", 429, {"Retry-After": _http_date(2)}))


def _http_date(seconds: float) -> str:
    return format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)


def _overrun(web: Host, wait: Callable[[], str]) -> Room:
    """A host that asks for more time than a run has."""
    web.routes |= home("/tin-1.html", "/tin-2.html", "/tin-3.html") | numbered(1, 3)
    web.routes["/tin-2.html"] = lambda _: Answer("", 503, {"Retry-After": wait()})
    again = {"/": (0, 0)}
    found = {"/tin-1.html": "before the host was put off"}
    return Room(web, found, put_off="until", never=("/tin-3",), most={"/tin-2": 1}, again=again, later=(lambda: None,))


def put_off_seconds(web: Host) -> Room:
    """Retry-After in seconds, longer than a run."""
    return _overrun(web, lambda: str(LONG_WAIT))


def put_off_date(web: Host) -> Room:
    """Retry-After as a date, longer than a run."""
    return _overrun(web, lambda: _http_date(LONG_WAIT))


def failing_host(web: Host) -> Room:
    """A host that fails again and again is left alone."""
    web.routes |= home(*(f"/tin-{n}.html" for n in range(1, 31))) | {"/tin-*": Answer("hỏng", 500)}
    return Room(web, {}, named={"/tin-": "500"}, most={"/tin-": 30}, put_off="(?i)fail")


def errors(web: Host) -> Room:
    """Pages that are not there, forbidden, broken on the server, no HTTP, or no answer at all."""
    web.routes |= home(*(f"/tin-{n}.html" for n in (1, 2, 3, 4, 7, 5, 6, 8))) | numbered(1, 7, 8)
    web.routes |= {f"/tin-{n}.html": Answer("hỏng", status) for n, status in ((2, 403), (3, 404), (4, 500))}
    web.routes |= {"/tin-5.html": Raw([b"chao\r\n" * 9]), "/tin-6.html": Raw([])}
    named = {"/tin-2.html": "403", "/tin-4.html": "500", "/tin-5.html": ".", "/tin-6.html": "."}
    return Room(web, dict.fromkeys(("/tin-1.html", "/tin-7.html", "/tin-8.html"), "beside errors"), named=named)


# Bodies


def _head(*lines: str) -> bytes:
    return "\r\n".join(("HTTP/1.1 200 OK", f"Content-Type: {HTML}", *lines, "", "")).encode()


def cut_bodies(web: Host) -> Room:
    """Bodies that end before their end."""
    body = story(9).encode()
    torn = gzip.compress(body)[:-40]
    web.routes |= home("/tin-1.html", "/tin-2.html", "/tin-3.html", "/tin-5.html", "/tin-4.html") | numbered(1, 5)
    web.routes |= {
        "/tin-2.html": Raw([_head(f"Content-Length: {len(body) + 5000}"), body]),
        "/tin-3.html": Raw([_head("Transfer-Encoding: chunked"), b"%x\r\n" % len(body), body, b"\r\n"]),
        "/tin-4.html": Raw([_head("Content-Encoding: gzip", f"Content-Length: {len(torn)}"), torn]),
    }
    found = dict.fromkeys(("/tin-1.html", "/tin-5.html"), "beside cut bodies")
    return Room(web, found, named=dict.fromkeys(("/tin-2.html", "/tin-3.html", "/tin-4.html"), "."))


def _dripping(web: Host, head: bytes, drop: bytes) -> Room:
    def drops(_: Seen) -> Raw:
        def parts() -> Iterator[bytes]:
            yield head
            yield from drip(drop, 0.2)

        return Raw(parts())

    web.routes |= home("/tin-1.html", "/tin-2.html", "/tin-3.html") | numbered(1, 3) | {"/tin-2.html": drops}
    found = dict.fromkeys(("/tin-1.html", "/tin-3.html"), "beside a page that drips")
    return Room(web, found, named={"/tin-2.html": "(?i)within|time|second"})


def dripping_body(web: Host) -> Room:
    """A byte every 0.2 seconds, for ever."""
    return _dripping(web, _head(), b"x")


def dripping_head(web: Host) -> Room:
    """A header every 0.2 seconds, for ever."""
    return _dripping(web, b"HTTP/1.1 200 OK\r\n", b"X-A: b\r\n")


@cache
def _bombs() -> dict[str, bytes]:
    """For each content coding, a body of a few KB that unpacks to BOMB megabytes."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    deflated = (packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)) * BOMB
    block = ((128 * 1024 << 3) | 2).to_bytes(
        3, "little"
    ) + b" "  # RFC 8878 3.1.1.2: a run of 128 KB, not the last block
    bombs = {
        "gzip": b"\x1f\x8b\x08\0\0\0\0\0\0\x03" + deflated,
        "deflate": b"\x78\x9c" + deflated,
        "zstd": b"\x28\xb5\x2f\xfd\x00\x58" + block * (BOMB * 8),  # a window of 2 MB
        "br": _brotli(bytes(1 << 20) for _ in range(BOMB)),
    }
    return bombs | {"gzip, gzip": gzip.compress(bombs["gzip"])}


def _brotli(parts: Iterable[bytes]) -> bytes:
    import brotli

    packer = brotli.Compressor(quality=5, lgwin=22)
    return b"".join([packer.process(part) for part in parts]) + bytes(packer.finish())


def coded(coding: str, body: bytes) -> bytes:
    """The body in a content coding; at least 256 bytes of it, fewer than 64 KB."""
    if coding == "zstd":  # RFC 8878: one raw block in a frame of one segment
        return (
            b"\x28\xb5\x2f\xfd\x60"
            + (len(body) - 256).to_bytes(2, "little")
            + (len(body) << 3 | 1).to_bytes(3, "little")
            + body
        )
    if coding == "br":
        return _brotli([body])
    return zlib.compress(body) if coding == "deflate" else gzip.compress(body)


CODINGS = ("gzip", "deflate", "br", "zstd")


def _mined(web: Host, *names: str) -> Room:
    packed = {f"/bom-{n}/tin-{n}.html": name for n, name in enumerate(names, 2)}
    web.routes |= home("/tin-1.html", *packed, "/tin-9.html") | numbered(1, 9)
    web.routes |= {path: Answer(_bombs()[name], headers={"Content-Encoding": name}) for path, name in packed.items()}
    return Room(web, dict.fromkeys(("/tin-1.html", "/tin-9.html"), "beside bombs"), named=dict.fromkeys(packed, "."))


def bombs(web: Host) -> Room:
    """Small bodies that unpack to large ones."""
    return _mined(web, "gzip", "deflate", "gzip, gzip")


def newer_bombs(web: Host) -> Room:
    """The same in codings that are younger."""
    return _mined(web, "br", "zstd")


def codings(web: Host) -> Room:
    """Sound pages in every coding that the crawler says it takes, else plain."""

    def packed(n: int, coding: str) -> Route:
        def answer(seen: Seen) -> Answer:
            if coding not in seen.headers.get("Accept-Encoding", ""):
                return Answer(story(n))
            return Answer(coded(coding, story(n).encode()), headers={"Content-Encoding": coding})

        return answer

    web.routes |= {f"/tin-{n}.html": packed(n, coding) for n, coding in enumerate(CODINGS, 1)}
    found = {f"/tin-{n}.html": coding for n, coding in enumerate(CODINGS, 1)}
    web.routes |= home(*found)
    return Room(web, found)


def wrong_types(web: Host) -> Room:
    """What is not what it is said to be."""
    pdf = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj <</Type /Catalog>> endobj\n" + bytes(range(256)) * 40 + b"\n%%EOF\n"
    image = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40
    body = story(6).encode()
    bare = Raw([f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n".encode(), body])
    web.routes |= home(*(f"/tin-{n}.html" for n in range(1, 9))) | numbered(1)
    web.routes |= {
        "/tin-2.html": Answer(pdf),
        "/tin-3.html": Answer(image),
        "/tin-4.html": Answer(""),
        "/tin-5.html": Answer(story(5), kind="text/plain"),
        "/tin-6.html": bare,
        "/tin-7.html": Answer(story(7), kind="application/xhtml+xml"),
        "/tin-8.html": Answer('{"html": "<h1>Tin</h1>"}', kind="application/json"),
    }
    found = {"/tin-1.html": "HTML", "/tin-6.html": "HTML without a type", "/tin-7.html": "XHTML"}
    named = dict.fromkeys(("/tin-2.html", "/tin-3.html", "/tin-4.html"), ".")
    return Room(web, found, named=named | {"/tin-5.html": "text/plain", "/tin-8.html": "json"})


def charsets(web: Host) -> Room:
    """Encodings that are said, said wrongly, and not said at all."""
    kinds = (
        ("UTF-8 with a BOM and a wrong header", "text/html; charset=iso-8859-1", lambda text: text.encode("utf-8-sig")),
        ("UTF-16 with a BOM, without a header", "text/html", lambda text: text.encode("utf-16")),
        ("UTF-16 by its header", "text/html; charset=utf-16le", lambda text: text.encode("utf-16-le")),
        ("windows-1258 by its header", "text/html; charset=windows-1258", windows_1258),
        ("windows-1258 without a header", "text/html", windows_1258),
        ("decomposed UTF-8 without a header", "text/html", lambda text: unicodedata.normalize("NFD", text).encode()),
    )
    found: dict[str, str] = {}
    for n, (name, kind, packed) in enumerate(kinds, 1):
        web.routes[f"/tin-{n}.html"] = Answer(packed(story(n)), kind=kind)
        found[f"/tin-{n}.html"] = name
    web.routes |= home(*found)
    return Room(web, found)


def heavy_pages(web: Host) -> Room:
    """Pages that are hard to parse: they may be read or given up, the others are found."""
    deep, many = "<div>" * 3000, " ".join(f"a{n}=1" for n in range(300_000))
    heavy = {
        "/nang-1/tin-11.html": story(11).replace("<h1>", deep + "<h1>").replace("</body>", "</div>" * 3000),
        "/nang-2/tin-12.html": story(12, words=f"{'<b><i>' * 1500}{WORDS}"),
        "/nang-3/tin-13.html": story(13).replace("<h1>", f"<div {many}></div><h1>"),
        "/nang-4/tin-14.html": story(14, words="08/01/2021 " * 40_000),
        "/nang-5/tin-15.html": story(15, words="<" * 300_000 + "&#" * 200_000),
        "/nang-6/tin-16.html": story(16, words=" \u00a0" * 300_000 + "<table><tr><td>" * 2000),
        "/nang-7/tin-17.html": story(17, words="<i>x" * 900_000),
    }
    web.routes |= home("/tin-1.html", *heavy, "/tin-2.html") | numbered(1, 2)
    web.routes |= {path: Answer(text) for path, text in heavy.items()}
    found = dict.fromkeys(("/tin-1.html", "/tin-2.html"), "beside pages that are hard to parse")
    return Room(web, found, either=tuple(heavy))


def entity_bombs(web: Host) -> Room:
    """Sitemaps and feeds whose entities grow without end, or lead to files and hosts."""
    steps = "".join(f'<!ENTITY x{n} "{f"&x{n - 1};" * 10}">' for n in range(1, 10))
    laughs = f'<?xml version="1.0"?><!DOCTYPE d [<!ENTITY x0 "tin ">{steps}]>'
    blown = f'<?xml version="1.0"?><!DOCTYPE d [<!ENTITY x "{"tin " * 20_000}">]>'
    reading = '<?xml version="1.0"?><!DOCTYPE d [<!ENTITY x SYSTEM "%s">]>'
    listed = f"<urlset><url><loc>{web.url('/')}%s</loc></url></urlset>"
    documents = {
        "/bd-1.xml": laughs + listed % "&x9;",
        "/bd-2.xml": reading % "file:///etc/hostname" + listed % "&x;",
        "/bd-3.xml": reading % f"http://{web.foreign}/dtd" + listed % "&x;",
        "/bd-4.xml": blown + listed % ("&x;" * 5000),
        "/rss": f"{laughs}<rss><channel><title>&x9;</title><item><title>&x9;</title></item></channel></rss>",
    }
    feed = '<link rel="alternate" type="application/rss+xml" href="/rss">'
    web.routes |= home("/tin-1.html", head=feed) | numbered(1)
    web.routes |= {path: Answer(text, kind="text/xml") for path, text in documents.items()}
    web.routes["/robots.txt"] = plain("".join(f"Sitemap: {web.url(f'/bd-{n}.xml')}\n" for n in (1, 2, 3, 4)))
    return Room(web, {"/tin-1.html": "beside entity bombs"})


# Links and redirects that lead astray


def broken_links(web: Host) -> Room:
    """Links that are no addresses, or none that can be fetched; one is 5,000 characters long."""
    schemes = "javascript:void(0) javascript:alert('/tin-9.html') JaVaScRiPt:x mailto:a@b.vn tel:+84210 zalo://x blob:x"
    schemes += " data:text/html,tin file:///etc/passwd ftp://127.0.0.1/tin-9.html about:blank"
    hosts = "http:// https:// // http://[::1 http://[/ http://a..b/ http://-/ http://:80/ http:///tin-9.html"
    hosts += f" http://127.0.0.1:99999/tin-9.html http://127.0.0.1:x/ http://{'a' * 300}.vn/"
    broken = [*schemes.split(), *hosts.split(), "", " ", "#top", "\x00", "jav\tascript:x", f"/tin-{'9' * 5000}.html"]
    web.routes |= home(*broken, "/tin-1.html", " /tin-2.html\n") | numbered(1, 2)
    found = dict.fromkeys(("/tin-1.html", "/tin-2.html"), "beside broken links")
    return Room(web, found, named={"/tin-99999": "(?i)long|length"}, never=("/tin-9",))


def strangers(web: Host) -> Room:
    """Links of all kinds to a host that is no host of the site, under many names."""
    port = web.foreign.partition(":")[2]
    names = "localhost 127.0.0.1 127.1 2130706433 0x7f000001 0177.0.0.1 [::ffff:127.0.0.1] 0 ①②⑦.0.0.1"
    links = [f"http://{name}:{port}/tin-9.html" for name in names.split()]
    links += [
        f"//{web.foreign}/tin-9.html",
        f"http://{web.host}@{web.foreign}/tin-9.html",
        f"http://{web.foreign}#@{web.host}/tin-9.html",
    ]
    links += [f"http://localhost:{web.port}/tin-9.html", f"http://{web.foreign}\\@{web.host}/tin-9.html"]
    away = f"http://{web.foreign}"
    head = f'<link rel="alternate" type="application/rss+xml" href="{away}/rss"><link rel="next" href="{away}/2">'
    head += f'<meta http-equiv="refresh" content="0; url={away}/tin-9.html"><link rel="stylesheet" href="{away}/x.css">'
    web.routes |= home(*links, "/tin-1.html", "/lac/", head=head) | numbered(1)
    web.routes |= {"/lac/": Answer(contents("tin-9.html", head=f'<base href="{away}/">'))}
    web.routes |= {"/robots.txt": plain(f"Sitemap: {away}/bd.xml\nSitemap: {web.url('/bd.xml')}\n")}
    web.routes |= {"/bd.xml": sitemap(f"{away}/tin-9.html"), "/sitemap.xml": sitemap_index(f"{away}/bd.xml")}
    return Room(web, {"/tin-1.html": "beside links to other hosts"}, never=("/tin-9",))


def _leading(web: Host, targets: Mapping[str, str]) -> Room:
    """Articles that lead to these targets; the report names each."""
    paths = {f"/{name}/tin-9.html": target for name, target in targets.items()}
    web.routes |= home("/tin-1.html", *paths, "/tin-2.html") | numbered(1, 3) | {"/tin-2.html": moved("/tin-3.html")}
    web.routes |= {path: moved(target) for path, target in paths.items()}
    found = {"/tin-1.html": "beside redirects", "/tin-3.html": "behind a redirect"}
    return Room(web, found, named=dict.fromkeys((f"/{name}/" for name in targets), "(?i)redirect"))


def redirects_away(web: Host) -> Room:
    """Redirects off the site, to a host under other names, to a private one."""
    port = web.foreign.partition(":")[2]
    return _leading(web, {
        "ra-ngoai": f"http://{web.foreign}/tin-9.html",
        "ten": f"http://localhost:{port}/tin-9.html",
        "so": f"http://2130706433:{port}/tin-9.html",
        "rieng": "http://169.254.169.254/latest/meta-data/tin-9.html",
    })  # fmt: skip


def redirects_to_no_address(web: Host) -> Room:
    """Redirects to what cannot be fetched."""
    return _leading(web, {"ma": "javascript:alert(1)", "tep": "file:///etc/passwd", "vo": "http://[::1"})


def redirects_to_nothing(web: Host) -> Room:
    """Redirects that do not say where to."""
    room = _leading(web, {"rong": "", "khong": ""})
    web.routes["/khong/tin-9.html"] = Answer("", 302)
    return room


def redirects_in_circles(web: Host) -> Room:
    """Redirects to each other, to themselves, and to ever new addresses."""
    room = _leading(web, {"vong": "/vong/2/tin-9.html", "minh": "/minh/tin-9.html", "dai": "/dai/0/tin-9.html"})
    web.routes |= {"/vong/2/tin-9.html": moved("/vong/tin-9.html")}
    web.routes |= {"/dai/*": lambda seen: moved(seen.path.replace("/tin", "0/tin"))}
    room.most = {"/dai/": 11, "/vong/": 2, "/minh/": 1}
    return room


def scope(web: Host) -> Room:
    """What the site's rules leave out, and files that are no pages."""
    files = ("/tep/bao-cao.pdf", "/tep/tin-9.DOCX", "/tep/anh.jpg", "/tep/phim.mp4?x=1", "/tep/tin-9.html.zip")
    web.routes |= home("/en/", "/en/tin-9.html", "/khac/", *files, "/tin-tuc/", "/tin-2.html") | numbered(1)
    web.routes |= {
        "/en/*": Answer(story(9)),
        "/khac/": Answer(contents("/tin-8.html")),
        "/tin-8.html": Answer(story(8)),
    }
    web.routes |= {"/tin-tuc/": Answer(contents("/tin-1.html")), "/tin-2.html": moved("/en/tin-2.html")}
    web.routes |= {"/sitemap.xml": sitemap(web.url("/en/tin-7.html"), web.url("/khac/2"))}
    rules = f"{RULES}\nfollow = '/tin-tuc/'\nexclude = '/en/'"
    never = ("/en/", "/khac/", "/tep/", "/tin-8")
    return Room(
        web,
        {"/tin-1.html": "on a list that may be followed"},
        rules,
        named={"/tin-2.html": "(?i)redirect"},
        never=never,
    )


# One at a time


def _slow(web: Host) -> Room:
    def answer(seen: Seen) -> Answer:
        time.sleep(0.15)
        return Answer(story(int(seen.path[5:-5])))

    found = {f"/tin-{n}.html": "slow page" for n in range(1, 7)}
    web.routes |= home(*found) | {"/tin-*": answer}
    return Room(web, found)


def slow_host(web: Host) -> Room:
    """A host that takes its time: two requests at once would show."""
    return _slow(web)


def another_slow_host(web: Host) -> Room:
    """Another port is another host: the two are crawled at the same time."""
    return _slow(web)


# Articles over time: for each, what the four runs find, and the status and the versions after each

LIVES = {
    "edited": ("page edited edited edited", "live live live live", "1 2 2 2"),
    "404 twice": ("page 404 404 404", "live live gone gone", "1 1 1 1"),
    "410": ("page 410 410 410", "live gone gone gone", "1 1 1 1"),
    "soft 404 by the site's words": ("page own own own", "live live gone gone", "1 1 1 1"),
    "404 twice, then back": ("page 404 404 page", "live live gone live", "1 1 1 1"),
    "404 now and then": ("page 404 page 404", "live live live live", "1 1 1 1"),
    "ETag": ("etag etag etag etag", "live live live live", "1 1 1 1"),
    "Last-Modified": ("modified modified modified modified", "live live live live", "1 1 1 1"),
    "the same body": ("page page page page", "live live live live", "1 1 1 1"),
    "leads to the start page": ("page home home home", "live live gone gone", "1 1 1 1"),
    "503 now and then": ("page 503 page 503", "live live live live", "1 1 1 1"),
}
PLAIN_LIVES = {  # on a site without a pattern of its own for what is not found
    "soft 404": ("page soft soft soft", "live live gone gone", "1 1 1 1"),
    "soft 404, then back": ("page soft soft page", "live live gone live", "1 1 1 1"),
}
DATE = "Mon, 01 Mar 2021 08:00:00 GMT"


def _stage(n: int, stage: str) -> Route:
    """What is at the address of an article at one stage of its life."""
    lost = "<html><body><h1>%s</h1><p>%s</p><p><a href='/'>Về trang chủ</a></p></body></html>"
    if stage.isdigit():
        return Answer(lost % ("Lỗi", stage), int(stage))
    if stage in {"etag", "modified"}:
        name, value, asked = (
            ("ETag", '"1"', "If-None-Match") if stage == "etag" else ("Last-Modified", DATE, "If-Modified-Since")
        )

        def polite(seen: Seen) -> Answer:
            known = seen.headers.get(asked) == value
            return Answer("" if known else story(n), 304 if known else 200, {name: value})

        return polite
    return {
        "page": Answer(story(n)),
        "edited": Answer(story(n, words=f"Bài đã được ban biên tập sửa lại. {WORDS}")),
        "own": Answer(lost % ("Thông báo", "Nội dung này hiện không còn phục vụ bạn đọc nữa, mời bạn chọn mục khác.")),
        "soft": Answer(lost % ("Không tìm thấy trang", "Trang bạn yêu cầu không tồn tại hoặc đã bị xoá.")),
        "home": moved("/"),
    }[stage]


def _living(web: Host, table: Mapping[str, tuple[str, str, str]], stage: str, rules: str = RULES) -> Room:
    """Articles with these lives, and one address that was never there, as this stage says it."""

    def turn(run: int) -> Callable[[], None]:
        def change() -> None:
            for n, (stages, _, _) in enumerate(table.values(), 1):
                web.routes[f"/tin-{n}.html"] = _stage(n, stages.split()[run])

        return change

    turn(0)()
    found = {f"/tin-{n}.html": name for n, name in enumerate(table, 1)}
    web.routes |= home(*found, "/tin-50.html") | {"/tin-50.html": _stage(50, stage)}
    return Room(web, found, rules, later=(turn(1), turn(2), turn(3)))


def lives(web: Host) -> Room:
    """Articles that are edited, go, come back, and say that they are the same."""
    return _living(web, LIVES, "own", f"{RULES}\nnot_found = 'không còn phục vụ bạn đọc'")


def plain_lives(web: Host) -> Room:
    """Articles in whose place the common words say that there is nothing."""
    return _living(web, PLAIN_LIVES, "soft")


ROOMS = (
    slow_host, another_slow_host, failing_host, dripping_body, dripping_head, errors, cut_bodies, heavy_pages,
    retry_after_seconds, retry_after_date, put_off_seconds, put_off_date, bombs, newer_bombs, codings, wrong_types,
    charsets, entity_bombs, broken_links, strangers, redirects_away, redirects_to_no_address, redirects_to_nothing,
    redirects_in_circles, scope, lives, plain_lives,
)  # fmt: skip
