"""Reading sitemaps and feeds, sound, sloppy and hostile."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.discover import SitemapEntry, feed_entries, sitemap, sitemaps, syndication
from crawler.discover.entry import moment
from crawler.discover.unpacked import PIECE, texts

NOW = datetime(2021, 6, 1, 2, tzinfo=UTC)
URL = "https://vui.edu.vn/rss"
SITE = "https://vui.edu.vn/"
URLSET = '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{}</urlset>'


def entry(path: str, modified: str | None = None) -> str:
    told = f"<lastmod>{modified}</lastmod>" if modified else ""
    return f"<url><loc>{SITE}{path}</loc>{told}</url>"


def paths(body: bytes | str) -> list[str]:
    found = sitemap(body.encode() if isinstance(body, str) else body, NOW)
    return [one.url.removeprefix(SITE) for one in found.entries]


def utc(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat() if moment else None


def test_a_sitemap() -> None:
    found = sitemap(URLSET.format(entry("a", "2021-01-08") + entry("b?x=1&amp;y=2") + entry("c", "soon")).encode(), NOW)
    assert [one.url for one in found.entries] == [f"{SITE}{path}" for path in ("a", "b?x=1&y=2", "c")]
    assert [utc(one.modified) for one in found.entries] == ["2021-01-07T17:00:00+00:00", None, None]
    assert (found.nested, found.fault) == ((), None)


def test_an_index_of_sitemaps() -> None:
    child = f"<sitemap><loc>{SITE}s1.xml</loc><lastmod>2021-01-08T00:00:00Z</lastmod></sitemap>"
    found = sitemap(f"<sitemapindex>{child * 2}<sitemap><loc>{SITE}s2.xml</loc></sitemap></sitemapindex>".encode(), NOW)
    assert found.nested == (
        SitemapEntry(f"{SITE}s1.xml", datetime(2021, 1, 8, tzinfo=UTC)),
        SitemapEntry(f"{SITE}s2.xml", None),
    )
    assert found.entries == ()


@pytest.mark.parametrize(
    "body",
    [
        '<urlset xmlns="https://www.google.com/wrong">{}</urlset>',
        "<urlset>{}</urlset>",
        '<s:urlset xmlns:s="http://www.sitemaps.org/schemas/sitemap/0.9"><s:url>{}</s:url></s:urlset>',
        "<s:urlset><s:url>{}</s:url></s:urlset>",
        "<URLSET>{}</URLSET>",
        "\ufeff<?xml version='1.0'?>\n<?xml-stylesheet href='x.xsl'?><!-- <urls> --><urlset>{}</urlset>",
        '\n\n \ufeff\n<?xml version="1.0" encoding="UTF-8"?><urlset>{}</urlset>',
        '<?xml version="1.0" encoding="utf-16"?><urlset>{}</urlset>',
        '<?xml version="1.0" encoding="khong-co"?><urlset>{}</urlset>',
        '<!DOCTYPE urlset SYSTEM "sitemap.dtd"><urlset>{}</urlset>',
    ],
)
def test_what_is_not_as_the_protocol_asks(body: str) -> None:
    line = entry("a") if "<s:url>" not in body else f"<s:loc>{SITE}a</s:loc>"
    assert paths(body.format(line)) == ["a"]


@pytest.mark.parametrize("charset", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_character_sets(charset: str) -> None:
    assert paths(URLSET.format(entry("tin/ạ")).encode(charset)) == ["tin/%E1%BA%A1"]


def test_bytes_of_another_character_set_spoil_only_themselves() -> None:
    body = '<?xml version="1.0" encoding="windows-1258"?><!-- Tr\xed -->' + URLSET.format(entry("a"))
    assert paths(body.encode("cp1258")) == ["a"]


def test_bare_ampersands_are_forgiven() -> None:
    assert paths(URLSET.format(entry("a?x=1&y=2&copy=3") + entry("b"))) == ["a?copy=3&x=1&y=2", "b"]


def test_a_sitemap_with_pictures_names_only_pages() -> None:
    picture = f"<image:image><image:loc>{SITE}a.jpg</image:loc></image:image>"
    head = '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:image="http://www.google.com/schemas/i">'
    assert paths(f"{head}<url>{picture}<loc> {SITE}a </loc></url></urlset>") == ["a"]


def test_a_news_sitemap_tells_when_in_its_own_words() -> None:
    news = "<n:news><n:publication_date>2021-01-08T08:00:00+07:00</n:publication_date><n:title>T</n:title></n:news>"
    body = f'<urlset xmlns:n="http://www.google.com/schemas/sitemap-news/0.9"><url><loc>{SITE}a</loc>{news}</url>'
    body += f"<url><loc>{SITE}b</loc>{news}<lastmod>2021-02-01T00:00:00Z</lastmod></url></urlset>"
    told = [utc(one.modified) for one in sitemap(body.encode(), NOW).entries]
    assert told == ["2021-01-08T01:00:00+00:00", "2021-02-01T00:00:00+00:00"]


def test_a_feed_is_a_sitemap_too() -> None:
    found = sitemap(RSS.encode(), NOW)
    assert [one.url for one in found.entries] == [f"{SITE}a-1.html"]  # a relative link has nothing to be relative to
    assert found.entries[0].modified is not None


def test_a_sitemap_as_plain_text() -> None:
    assert paths(f"\ufeff{SITE}a\r\nnot an address\n{SITE}b\n{SITE}c") == ["a", "b", "c"]


def test_packed_sitemaps() -> None:
    body = URLSET.format("".join(entry(f"tin-{number}") for number in range(3000))).encode()
    assert len(paths(gzip.compress(body))) == 3000
    assert paths(gzip.compress(gzip.compress(body))) == paths(body)
    assert paths(gzip.compress(body[:70_000]) + gzip.compress(body[70_000:]) + b"\0" * 20) == paths(body)
    assert paths(gzip.compress(f"{SITE}a".encode())) == ["a"]


@pytest.mark.parametrize("cut", [1, 9, 2000, 5000])
def test_a_torn_file_gives_what_comes_before(cut: int) -> None:
    body = URLSET.format("".join(entry(f"tin-{number * 7919}") for number in range(5000))).encode()
    found = sitemap(gzip.compress(body)[:-cut], NOW)
    assert [one.url for one in found.entries] == [one.url for one in sitemap(body, NOW).entries][: len(found.entries)]
    assert len(found.entries) > 500
    assert found.fault == "its gzip ends too soon"


def test_a_broken_sitemap_gives_what_comes_before_the_break() -> None:
    whole = URLSET.format(entry("a") + entry("b"))
    for broken in (whole.replace("b</loc>", "b</lok>"), whole[:-30], whole.replace(f"{SITE}b", "\0")):
        found = sitemap(broken.encode(), NOW)
        assert [one.url for one in found.entries] == [f"{SITE}a"]
        assert str(found.fault).startswith("its XML is broken: ")


def test_too_deep_a_nest_gives_what_comes_before() -> None:
    found = sitemap(URLSET.format(entry("a") + "<url>" * 200).encode(), NOW)
    assert [one.url for one in found.entries] == [f"{SITE}a"]
    assert str(found.fault).endswith("100 in each other")


def test_broken_gzip() -> None:
    assert str(sitemap(b"\x1f\x8bbroken", NOW).fault).startswith("its gzip is broken: ")


@pytest.mark.parametrize("body", [b"<html><body><a href='/'>x</a>", b"<", b"<!-- x", b"<!DOCTYPE html><title>404"])
def test_other_markup_is_said_to_be_none(body: bytes) -> None:
    found = sitemap(body, NOW)
    assert (found.entries, found.nested, found.fault) == ((), (), "it is no sitemap, but other markup")


@pytest.mark.parametrize("body", [b"", b"\x00" * 50, b"{}", b"\xff<", b" \n", URLSET.format("").encode(), b"\x1f"])
def test_what_names_nothing(body: bytes) -> None:
    found = sitemap(body, NOW)
    assert (found.entries, found.nested, found.fault) == ((), (), None)


@pytest.mark.parametrize("body", [URLSET.format(entry("a") * 60_000), f"{SITE}a\n" * 60_000, "x " * 60_000])
def test_a_sitemap_has_at_most_50000_entries(body: str) -> None:
    found = sitemap(body.encode(), NOW)
    assert len(found.entries) == (50_000 if SITE in body else 0)
    assert found.fault == "it has more than 50,000 entries"


def test_a_sitemap_is_at_most_50_megabytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sitemaps, "MAX_SITEMAP", 2 * PIECE)
    whole = URLSET.format(entry("a") + " " * 100_000 + entry("b") + " " * 100_000 + entry("c")).encode()
    for body in (whole, gzip.compress(whole), gzip.compress(gzip.compress(whole))):
        found = sitemap(body, NOW)
        assert [one.url for one in found.entries] == [f"{SITE}a", f"{SITE}b"]
        assert found.fault == "it is longer than 131,072 bytes"


ENTITIES = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">' + "".join(
    f'<!ENTITY {after} "{f"&{before};" * 10}">' for before, after in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize("head", [ENTITIES, '<!DOCTYPE x [<!ENTITY i SYSTEM "file:///etc/hostname">'])
def test_entities_are_not_expanded(head: str) -> None:
    body = f"{head}]>" + URLSET.format(f'<url x="&i;"><loc>{SITE}&i;</loc></url>' + entry("b"))
    assert paths(body) == ["b"]  # where the other one leads is not known
    feed = f"{head}]>{RSS.partition('?>')[2]}".replace("<title>Một", "<title>&i;").replace("a-1.html", "&i;.html")
    assert [one.url for one in feed_entries(feed.encode(), URL, NOW)] == [f"{SITE}a-2.html"]


# Dates of change


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2021-01-08T10:00:00Z", "2021-01-08T10:00:00+00:00"),
        ("2021-01-08T10:00:00+07:00", "2021-01-08T03:00:00+00:00"),
        ("2021-01-08T10:00:00.1234567+07:00", "2021-01-08T03:00:00.123456+00:00"),
        ("2021-01-08T10:00+0700", "2021-01-08T03:00:00+00:00"),
        (" 2021-01-08T10:00 ", "2021-01-08T03:00:00+00:00"),
        ("2021-01-08 10:00:00", "2021-01-08T03:00:00+00:00"),
        ("2021-01-08", "2021-01-07T17:00:00+00:00"),
        ("2021-1-8", "2021-01-07T17:00:00+00:00"),
        ("2021-01", "2020-12-31T17:00:00+00:00"),
        ("2021", "2020-12-31T17:00:00+00:00"),
        ("08/01/2021", "2021-01-07T17:00:00+00:00"),
        ("Fri, 08 Jan 2021 10:00:00 +0700", "2021-01-08T03:00:00+00:00"),
        ("Fri, 08 Jan 2021 03:00:00 GMT", "2021-01-08T03:00:00+00:00"),
        ("Thứ sáu, 08/01/2021 10:00 (GMT+7)", "2021-01-08T03:00:00+00:00"),
        ("2021-06-01T02:00:00Z", "2021-06-01T02:00:00+00:00"),
        ("2021-06-01T02:00:01Z", None),
        ("2021-06-02", None),
        ("9999-12-31T23:59:59", None),
        ("0001-01-01T00:00:00", None),
        ("01/01/0001 00:00 (GMT+14)", None),
        ("1970-01-01T00:00:00Z", None),
        ("2021-13-08", None),
        ("1610000000", None),
        ("hôm qua nhé", None),
        ("2021-01-08" + " " * 10 + "x" * 10_000_000, None),
        ("", None),
        (None, None),
    ],
)
def test_moments(text: str | None, expected: str | None) -> None:
    assert utc(moment(text, NOW)) == expected


# Feeds

RSS = (
    '<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>Tin</title>'
    f"<link>{SITE}</link><item><title>Một</title><link>{SITE}a-1.html?utm_medium=rss</link>"
    "<pubDate>Thứ sáu, 08/01/2021</pubDate></item><item><link>/a-2.html</link></item><item><title>x</title></item>"
    "</channel></rss>"
)
ATOM = (
    f'<feed xmlns="http://www.w3.org/2005/Atom"><link href="{SITE}"/><updated>2021-05-01T00:00:00Z</updated>'
    f'<entry><title>Một</title><link rel="replies" href="{SITE}b"/><link rel="alternate" href="{SITE}a-1.html"/>'
    "<published>2021-01-08T00:00:00Z</published><updated>2021-01-09T00:00:00Z</updated></entry></feed>"
)
RDF = (
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" '
    f'xmlns:dc="http://purl.org/dc/elements/1.1/"><item rdf:about="x"><link>{SITE}a-1.html</link>'
    "<dc:date>2021-01-08T07:00:00+07:00</dc:date></item></rdf:RDF>"
)


@pytest.mark.parametrize(
    ("body", "count", "modified"),
    [
        (RSS, 2, "2021-01-07T17:00:00+00:00"),
        (ATOM, 1, "2021-01-09T00:00:00+00:00"),
        (RDF, 1, "2021-01-08T00:00:00+00:00"),
        ("\n\ufeff" + RSS, 2, "2021-01-07T17:00:00+00:00"),
        (RSS[:-40], 2, "2021-01-07T17:00:00+00:00"),
        (RSS.replace("<title>Tin", "<title>Tin & tức &nbsp; <br> &#xD800; \x01"), 2, "2021-01-07T17:00:00+00:00"),
        (
            RSS.replace("<pubDate>", "<pubDate><![CDATA[ ").replace("</pubDate>", "]]></pubDate>"),
            2,
            "2021-01-07T17:00:00+00:00",
        ),
    ],
)
def test_the_entries_of_a_feed(body: str, count: int, modified: str) -> None:
    for packed in (body.encode(), gzip.compress(body.encode()), body.encode("utf-16")):
        found = feed_entries(packed, URL, NOW)
        assert [one.url for one in found] == [f"{SITE}a-1.html", f"{SITE}a-2.html"][:count]
        assert utc(found[0].modified) == modified


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ("<link><![CDATA[ /tin?a=1&b=2 ]]></link>", "tin?a=1&b=2"),
        ("<link>/tin?a=1&amp;b=2</link>", "tin?a=1&b=2"),
        ("<link>/tin?a=1&b=2</link>", "tin?a=1&b=2"),
        ("<link>tin ạ</link>", "tin%20%E1%BA%A1"),
        (f"<guid>{SITE}a</guid>", "a"),
        (f'<guid isPermaLink="true">{SITE}a</guid><link></link>', "a"),
        (f'<guid isPermaLink="false">{SITE}a</guid>', None),
        ("<guid>vui-123</guid>", None),
        (f"<link>http://feeds.feedburner.com/~r/x</link><fb:origLink>{SITE}a</fb:origLink>", "a"),
        ('<link xml:base="/x/" href="b"/><title/>', "b"),
        (f'<atom:link rel="self" href="{SITE}rss"/><link>/a</link>', "a"),
        (f"<source><link>{SITE}khac</link></source><link>/a</link>", "a"),
        (f"<description>&lt;link&gt;{SITE}x&lt;/link&gt;</description>", None),
        ("<link>javascript:alert(1)</link>", None),
        (f"<link>{URL}</link>", None),
        ("<link>http://[::1</link><link>/b</link>", "b"),
    ],
)
def test_the_link_of_an_entry(item: str, expected: str | None) -> None:
    body = f'<rss version="2.0"><channel><item>{item}</item></channel></rss>'
    assert [one.url.removeprefix(SITE) for one in feed_entries(body.encode(), URL, NOW)] == [expected] * bool(expected)


def test_the_base_of_an_entry() -> None:
    entries = '<entry xml:base="2021/"><link href="a.html"/></entry><entry><link href="b"/></entry>'
    body = f'<feed xml:base="/tin/">{entries}</feed>'
    found = feed_entries(body.encode(), URL, NOW)
    assert [one.url for one in found] == [f"{SITE}tin/2021/a.html", f"{SITE}tin/b"]


@pytest.mark.parametrize(
    "body",
    [b"", b"\x00\xff" * 40, b"<html><a href='/a'>x</a></html>", b"https://vui.edu.vn/rss", b"/etc/passwd", b"{}"],
)
def test_what_is_no_feed_has_no_entries(body: bytes) -> None:
    assert feed_entries(body, URL, NOW) == ()


def test_a_feed_has_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(syndication, "MAX_FEED", 200)
    items = "".join(f"<item><link>/{number}</link></item>" for number in range(20))
    assert 0 < len(feed_entries(f"<rss>{items}</rss>".encode(), URL, NOW)) < 8


@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_nothing_that_is_sent_raises(noise: bytes) -> None:
    for whole in (RSS, ATOM, URLSET.format(entry("a", "2021-01-08"))):
        middle = whole.encode()[: len(whole) // 2] + noise + whole.encode()[len(whole) // 2 :]
        for body in (noise, middle, gzip.compress(middle)):
            assert all(one.url for one in feed_entries(body, URL, NOW))
            assert all(one.url for one in sitemap(body, NOW).entries)


def test_a_text_passes_in_pieces() -> None:
    assert max(map(len, texts(gzip.compress(b"a" * 10_000_000), 20_000_000))) <= PIECE
    assert "".join(texts("Trường Đại học".encode() * 9_000, 10**9)) == "Trường Đại học" * 9_000


# What costs a hostile body, in a process of its own: seconds of processor time, and megabytes above what it had before.
MEASURE = """
import gzip, json, resource, sys, time
from datetime import UTC, datetime
from crawler.discover import feed_entries, sitemap
now = datetime(2021, 6, 1, tzinfo=UTC)
body = eval(sys.stdin.read())
def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
before, started = peak(), time.process_time()
feed_entries(body, "https://vui.edu.vn/rss", now) if sys.argv[1] == "feed" else sitemap(body, now)
print(json.dumps([time.process_time() - started, peak() - before]))
"""
QUADRATIC = """b'<!DOCTYPE x [<!ENTITY a "%s">]><rss><item><title>%s</title>' % (b"a" * 40_000, b"&a;" * 100_000)"""


@pytest.mark.parametrize(
    "body",
    [
        f"({ENTITIES!r} + ']><urlset><url><loc>&i;</loc></url></urlset>').encode()",
        f"({ENTITIES!r} + ']><rss><item><title>&i;</title></item></rss>').encode()",
        QUADRATIC,
        "gzip.compress(b'<urlset>' + b' ' * 200_000_000)",
        "gzip.compress(b'<urlset>' + b'<x/>' * 20_000_000)",
        "gzip.compress(b'<rss>' + b'<item/>' * 5_000_000)",
        "b'<rss><item><author>' + b'a.' * 2_000_000",
        "b'<rss>' + b'<item><link>' * 400_000",
        "b'<urlset>' + b'<url>' * 5_000_000",
        "b'<rss><item ' + b'a ' * 1_000_000",
        "b'<rss>' + b'<' * 4_000_000",
        "b'<urlset>' + b'&' * 4_000_000",
        "b'a ' * 20_000_000",
    ],
)
def test_a_hostile_body_costs_little(body: str) -> None:
    command = [sys.executable, "-c", MEASURE, "feed" if "<rss>" in body else "sitemap"]
    done = subprocess.run(command, input=body, capture_output=True, text=True, timeout=120, check=True)
    seconds, megabytes = json.loads(done.stdout)
    assert seconds < 10  # the most was 3
    assert megabytes < 100  # the most was 35
