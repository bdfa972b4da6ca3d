"""Finding addresses in pages, sitemaps and feeds, sound and broken."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime

import pytest
from bs4 import BeautifulSoup

from crawler import discover
from crawler.discover import feed_entries, links, moment, sitemap

URL = "https://vui.edu.vn/tin-tuc/"
URLSET = '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{}</urlset>'


def soup(html: str) -> BeautifulSoup:
    return BeautifulSoup(html, "lxml")


def entry(path: str, modified: str | None = None) -> str:
    told = f"<lastmod>{modified}</lastmod>" if modified else ""
    return f"<url><loc>https://vui.edu.vn/{path}</loc>{told}</url>"


def paths(body: bytes | str) -> list[str]:
    found = sitemap(body.encode() if isinstance(body, str) else body)
    return [one.url.removeprefix("https://vui.edu.vn/") for one in found.entries]


# Pages


def test_links_each_once_in_order() -> None:
    html = '<a href="b">1</a> <a href="/a#x">2</a> <a href="b?utm_source=x">3</a> <a>4</a> <a href="mailto:x@y">5</a>'
    assert links(soup(html), URL) == ["https://vui.edu.vn/tin-tuc/b", "https://vui.edu.vn/a"]


@pytest.mark.parametrize("rel", ["nofollow", "external nofollow", "NOFOLLOW"])
def test_links_that_are_not_to_be_followed(rel: str) -> None:
    assert links(soup(f'<a rel="{rel}" href="/a">1</a><a rel="next" href="/b">2</a>'), URL) == ["https://vui.edu.vn/b"]


@pytest.mark.parametrize(
    ("base", "expected"),
    [
        ("/x/", "https://vui.edu.vn/x/a"),
        ("https://b.vn/", "https://b.vn/a"),
        ("javascript:x", "https://vui.edu.vn/tin-tuc/a"),
        ("", "https://vui.edu.vn/tin-tuc/a"),
    ],
)
def test_links_start_from_the_base(base: str, expected: str) -> None:
    assert links(soup(f'<head><base href="{base}"></head><a href="a">1</a>'), URL) == [expected]


def test_feeds() -> None:
    html = (
        '<link rel="alternate" type="application/rss+xml" href="/rss"><link rel="alternate" hreflang="en" href="/en">'
        '<link rel="alternate stylesheet" type="text/css" href="/c"><link type="application/atom+xml" href="/no-rel">'
        '<link rel="alternate" type="Application/Atom+XML" href="atom">'
    )
    assert discover.feeds(soup(html), URL) == ["https://vui.edu.vn/rss", "https://vui.edu.vn/tin-tuc/atom"]


# Sitemaps


def test_a_sitemap() -> None:
    found = sitemap(URLSET.format(entry("a", "2021-01-08") + entry("b?x=1&amp;y=2") + entry("c", "soon")).encode())
    assert [one.url for one in found.entries] == [f"https://vui.edu.vn/{path}" for path in ("a", "b?x=1&y=2", "c")]
    assert [one.modified for one in found.entries] == [datetime(2021, 1, 7, 17, tzinfo=UTC), None, None]
    assert found.nested == ()


def test_a_sitemap_with_pictures_names_only_pages() -> None:
    body = (
        '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:image="http://www.google.com/schemas/i">'
        "<url><loc> https://vui.edu.vn/a </loc><image:image><image:loc>https://vui.edu.vn/a.jpg</image:loc>"
        "</image:image></url></urlset>"
    )
    assert paths(body) == ["a"]


def test_an_index_of_sitemaps() -> None:
    body = "<sitemapindex>" + "<sitemap><loc>https://vui.edu.vn/s1.xml</loc></sitemap>" * 2 + "</sitemapindex>"
    found = sitemap(body.encode())
    assert found.nested == ("https://vui.edu.vn/s1.xml",)
    assert found.entries == ()


def test_a_sitemap_as_plain_text() -> None:
    assert paths("\ufeffhttps://vui.edu.vn/a\r\nnot an address\nhttps://vui.edu.vn/b\n") == ["a", "b"]


def test_a_packed_sitemap() -> None:
    body = URLSET.format(entry("a")).encode()
    assert paths(gzip.compress(body)) == ["a"]
    assert paths(gzip.compress(body)[:-9]) == []
    assert paths(b"\x1f\x8bbroken") == []


@pytest.mark.parametrize("before", ["\ufeff", "\n\n", " \ufeff\n"])
def test_what_stands_before_the_declaration_is_forgiven(before: str) -> None:
    assert paths(before + '<?xml version="1.0" encoding="UTF-8"?>' + URLSET.format(entry("a"))) == ["a"]


def test_a_broken_sitemap_gives_what_comes_before_the_break() -> None:
    whole = URLSET.format(entry("a") + entry("b"))
    assert paths(whole.replace("b</loc>", "b & c</lok>")) == ["a"]
    assert paths(whole[:-30]) == ["a"]


def test_entities_are_not_expanded() -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">' + "".join(
        f'<!ENTITY {after} "{f"&{before};" * 10}">' for before, after in zip("abcdefgh", "bcdefghi", strict=True)
    )
    outside = '<!DOCTYPE x [<!ENTITY i SYSTEM "file:///etc/hostname">'
    for head in (bomb, outside):
        found = paths(head + "]>" + URLSET.format(entry("a") + "<url><loc>https://vui.edu.vn/&i;</loc></url>"))
        assert found[0] == "a"
        assert all(len(path) < 10 for path in found)


def test_a_sitemap_has_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discover, "MAX_ENTRIES", 2)
    assert paths(URLSET.format(entry("a") * 5)) == ["a", "a"]
    monkeypatch.setattr(discover, "MAX_SITEMAP", 200)
    whole = URLSET.format(entry("a") + " " * 100_000 + entry("b")).encode()
    assert paths(gzip.compress(whole)) == ["a"]


@pytest.mark.parametrize(
    "body", [b"", b"\x00" * 50, b"<html><body><a href='/'>x</a>", b"<", b"{}", b"<!-- x", b"\xff<"]
)
def test_what_is_no_sitemap_names_nothing(body: bytes) -> None:
    found = sitemap(body)
    assert (found.entries, found.nested) == ((), ())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2021-01-08T10:00:00Z", "2021-01-08T10:00:00+00:00"),
        ("2021-01-08T10:00:00+07:00", "2021-01-08T03:00:00+00:00"),
        (" 2021-01-08T10:00 ", "2021-01-08T03:00:00+00:00"),
        ("2021-01-08", "2021-01-07T17:00:00+00:00"),
        ("2021-13-08", None),
        ("hôm qua", None),
        ("", None),
        (None, None),
    ],
)
def test_moments(text: str | None, expected: str | None) -> None:
    read = moment(text)
    assert (read and read.astimezone(UTC).isoformat()) == expected


def test_a_moment_at_the_edge_of_time_can_be_compared() -> None:
    read = moment("0001-01-01")
    assert read is not None
    assert read < datetime(2021, 1, 1, tzinfo=UTC)


# Feeds

RSS = (
    '<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>Tin</title>'
    "<link>https://vui.edu.vn/</link><item><title>Một</title><link>https://vui.edu.vn/a-1.html?utm_medium=rss</link>"
    "<pubDate>Thứ sáu, 08/01/2021</pubDate></item><item><link>/a-2.html</link></item><item><title>x</title></item>"
    "</channel></rss>"
)
ATOM = (
    '<feed xmlns="http://www.w3.org/2005/Atom"><link href="https://vui.edu.vn/"/><entry><title>Một</title>'
    '<link rel="alternate" href="https://vui.edu.vn/a-1.html"/></entry></feed>'
)
RDF = (
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/">'
    '<item rdf:about="x"><link>https://vui.edu.vn/a-1.html</link></item></rdf:RDF>'
)


@pytest.mark.parametrize(("body", "count"), [(RSS, 2), (ATOM, 1), (RDF, 1), ("\n" + RSS, 2), (RSS[:-40], 2)])
def test_the_entries_of_a_feed(body: str, count: int) -> None:
    expected = ["https://vui.edu.vn/a-1.html", "https://vui.edu.vn/a-2.html"][:count]
    assert feed_entries(body.encode(), URL) == expected


@pytest.mark.parametrize(
    "body",
    [b"", b"\x00\xff" * 40, b"<html><a href='/a'>x</a></html>", b"https://vui.edu.vn/rss", b"/etc/passwd", b"{}"],
)
def test_what_is_no_feed_has_no_entries(body: bytes) -> None:
    assert feed_entries(body, URL) == []


def test_entities_of_a_feed_stay_small() -> None:
    bomb = '<!DOCTYPE rss [<!ENTITY a "aaaaaaaaaa">' + "".join(
        f'<!ENTITY {after} "{f"&{before};" * 10}">' for before, after in zip("abcdefgh", "bcdefghi", strict=True)
    )
    body = bomb + "]>" + RSS.partition("?>")[2].replace("<title>Một", "<title>&i;")
    assert all(len(url) < 60 for url in feed_entries(body.encode(), URL))
