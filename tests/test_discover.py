"""Finding addresses in pages: links of every kind, further pages of a list, feeds."""

from __future__ import annotations

import time
from html import escape

import pytest
from bs4 import BeautifulSoup

from crawler.discover import feeds, links, next_pages

URL = "https://vui.edu.vn/tin-tuc/"
SITE = "https://vui.edu.vn/"


def soup(html: str) -> BeautifulSoup:
    return BeautifulSoup(html, "lxml")


def linked(html: str) -> list[str]:
    return [link.removeprefix(SITE) for link in links(soup(html), URL)]


def ahead(html: str, url: str = URL) -> list[str]:
    return [link.removeprefix(SITE) for link in next_pages(soup(html), url)]


def test_links_each_once_in_order() -> None:
    html = '<a href="b">1</a> <a href="/a#x">2</a> <a href="b?utm_source=x">3</a> <a>4</a> <a href="mailto:x@y">5</a>'
    assert linked(html) == ["tin-tuc/b", "a"]


@pytest.mark.parametrize("rel", ["nofollow", "external nofollow", "NOFOLLOW"])
def test_links_that_are_not_to_be_followed(rel: str) -> None:
    assert linked(f'<a rel="{rel}" href="/a">1</a><a rel="next" href="/b">2</a>') == ["b"]


@pytest.mark.parametrize(
    "link",
    [
        '<a rel="nofollow next" href="/tin-tuc/cu">x</a>',
        '<a rel="nofollow" href="?page=2">2</a>',
        '<a rel="nofollow" href="/tin-tuc/cu">Trang sau »</a>',
        '<ul class="pagination"><li><a rel="nofollow" href="/tin-tuc/cu">»</a></li></ul>',
    ],
)
def test_further_pages_are_followed_whatever_they_say(link: str) -> None:
    assert len(linked(link)) == 1


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


@pytest.mark.parametrize(
    "html",
    [
        '<link rel="next" href="/a">',
        '<map><area shape="rect" href="/a"></map>',
        '<frameset><frame src="/a"></frameset>',
        '<iframe src="/a"></iframe>',
        '<tr data-href="/a"><td>x</td></tr>',
        "<div onclick=\"location.href='/a'\">x</div>",
        "<div onclick=\"window.location = '/a'; return false;\">x</div>",
        "<div onclick='document.location.href=\"/a\"'>x</div>",
        "<div onclick=\"location.assign('/a')\">x</div>",
        "<button onclick=\"if (x) { self.location.replace('/a'); }\">x</button>",
        "<a href='#' onclick=\"window.open('/a', '_blank')\">x</a>",
        "<a href=\"javascript:location='/a'\">x</a>",
        "<a href=\" JavaScript:void(window.location.href='/a')\">x</a>",
        '<meta http-equiv="Refresh" content="0; URL=/a">',
        '<a href="\\a">x</a>',
    ],
)
def test_all_that_leads_somewhere(html: str) -> None:
    assert [link for link in linked(html) if link != "tin-tuc/"] == ["a"]


@pytest.mark.parametrize(
    "html",
    [
        '<link rel="stylesheet" href="/a">',
        '<link rel="prev" href="/a">',
        '<iframe src="https://www.youtube.com/embed/x"></iframe>',
        '<frame src="about:blank">',
        "<a href=\"javascript:__doPostBack('ctl00$page','2')\">2</a>",
        "<a href=\"javascript:mo('/a')\">x</a>",
        "<div onclick=\"location.href='/a?id=' + so\">x</div>",
        "<div onclick=\"vitri.location2='/a'\">x</div>",
        "<div onclick='location.href=so'>x</div>",
        '<meta name="refresh" content="0; url=/a">',
        '<meta http-equiv="refresh" content="300">',
        '<img src="/a"><script src="/a"></script><form action="/a"></form>',
        "<!-- <a href='/a'>x</a> -->",
    ],
)
def test_what_leads_nowhere(html: str) -> None:
    assert linked(html) == []


def test_a_list_in_another_order_leads_to_the_list_as_well() -> None:
    assert linked('<a href="/tin?id=3&sort=asc">Tên</a>') == ["tin?id=3&sort=asc", "tin?id=3"]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("0; url=/a", "a"),
        ("0;URL='/a'", "a"),
        ('5 ; url = "/a"', "a"),
        ("0, url=/a", "a"),
        ("1.5;url=https://vui.edu.vn/a?b=1;c", "a?b=1;c"),
        ("300", None),
        ("300; url=", None),
        ("300; url=/tin-tuc/", "tin-tuc/"),
        ("0; url=javascript:alert(1)", None),
        ("", None),
    ],
)
def test_refresh(content: str, expected: str | None) -> None:
    assert linked(f'<meta http-equiv=refresh content="{escape(content)}">') == ([expected] if expected else [])


# Further pages


@pytest.mark.parametrize(
    "anchor",
    [
        '<a href="{}">Trang sau</a>',
        '<a href="{}">Trang tiếp »</a>',
        '<a href="{}"> « Bài viết cũ hơn </a>',
        '<a href="{}"><span>Older</span> <span>posts</span></a>',
        '<a href="{}">Trang cuối</a>',
        '<a rel="next" href="{}">x</a>',
        '<link rel="next" href="{}">',
        '<ul class="pagination"><li class="x"><a href="{}">2</a></li></ul>',
        '<div class="phan-trang"><a href="{}">[ 3 ]</a></div>',
        '<td class="PagingTable"><a href="{}">Tiếp</a></td>',
        '<nav aria-label="pagination"><a href="{}">›</a></nav>',
        '<div class="wp-pagenavi"><a href="{}">...10</a></div>',
        '<div class="nav-links"><a href="{}">Tiếp theo</a></div>',
        '<div id="pager"><a href="{}" title="Trang kế"><img src="x.gif"></a></div>',
        '<div class="paging"><a href="{}"><img src="x.gif" alt="Trang sau"></a></div>',
        '<div class="pager"><a href="{}" aria-label="Next"><i></i></a></div>',
    ],
)
def test_a_link_that_says_that_it_goes_on(anchor: str) -> None:
    assert ahead(anchor.format("/tin-tuc/cu-hon")) == ["tin-tuc/cu-hon"]
    assert ahead(anchor.format("https://b.vn/tin-tuc/cu-hon")) == []
    assert ahead(anchor.format("/tin-tuc/")) == []


@pytest.mark.parametrize(
    ("url", "href"),
    [
        ("tin-tuc/", "?page=2"),
        ("tin-tuc/", "page/2/"),
        ("tin-tuc", "/tin-tuc/trang-2"),
        ("tin-tuc?paged=2", "?paged=3"),
        ("tin-tuc", "?start=20"),
        ("tin-tuc", "?p=2"),
        ("ds.aspx", "?PageIndex=2"),
        ("Default.aspx?tabid=12", "Default.aspx?tabid=12&page=3"),
        ("tabid/123/Default.aspx", "/tabid/123/page/3/Default.aspx"),
    ],
)
def test_a_number_with_the_address_of_a_further_page(url: str, href: str) -> None:
    for words in ("2", "Trang 3", "»", "tiếp"):
        assert len(ahead(f'<td><a href="{href}">{words}</a></td>', SITE + url)) == 1


@pytest.mark.parametrize(
    "html",
    [
        '<table id="wp-calendar"><td><a href="/2021/01/08/">8</a></td></table>',
        '<a href="/tin-tuc/a-5.html">5</a>',
        '<a href="/tin-tuc/a">Sau</a>',
        '<a href="/tin-tuc/a">»</a>',
        '<a href="?page=2">Hội thảo khoa học về kỹ thuật điện trang 2</a>',
        '<a href="?page=2">Xem</a>',
        '<ul class="pagination"><li><a href="/">Trang đầu</a></li><li><a href="/gioi-thieu">Giới thiệu</a></li></ul>',
        "<ul class='pagination'><li><a href=\"javascript:__doPostBack('x','2')\">2</a></li></ul>",
        "<ul class='pagination'><li><a>2</a></li></ul>",
        '<body class="has-pagination"><a href="/tin-tuc/x">2</a></body>',
        '<link rel="prev" href="/tin-tuc/x">',
    ],
)
def test_what_does_not_go_on(html: str) -> None:
    assert ahead(html) == []


# Feeds


def test_feeds() -> None:
    html = (
        '<link rel="alternate" type="application/rss+xml" href="/rss"><link rel="alternate" hreflang="en" href="/en">'
        '<link rel="alternate stylesheet" type="text/css" href="/c"><link type="application/atom+xml" href="/no-rel">'
        '<link rel="ALTERNATE" type="Application/Atom+XML; charset=utf-8" href="atom"><a href="/feed">Nguồn tin</a>'
        '<link rel="alternate" type="text/xml" title="RSS 2.0" href="/x">'
        '<link rel="alternate" type="text/xml" href="/y">'
        '<link rel="alternate" type="application/xml" href="/tin.rss"><link rel="alternate" type="application/rss+xml">'
        '<link rel="alternate" type="application/json" href="/feed.json">'
    )
    assert feeds(soup(html), URL) == [f"{SITE}{path}" for path in ("rss", "tin-tuc/atom", "x", "tin.rss")]


@pytest.mark.parametrize("title", ["Trường &raquo; Dòng bình luận", "Trường &raquo; A Comments Feed", "Phản hồi"])
def test_feeds_of_comments_are_left_out(title: str) -> None:
    declared = '<link rel="alternate" type="application/rss+xml" title="{}" href="{}">'
    html = declared.format("Trường &raquo; Dòng thông tin", "/feed/") + declared.format(title, "/comments/feed/")
    assert feeds(soup(html), URL) == [f"{SITE}feed/"]


@pytest.mark.parametrize(
    "href",
    ["/rss", "/rss/", "/RSS.aspx", "/rss.xml", "/feed/", "/tin/feed/rss2/", "/tin?format=feed&type=rss", "/?feed=rss2"],
)
def test_feeds_that_are_only_linked(href: str) -> None:
    assert len(feeds(soup(f'<a href="{href}">RSS</a>'), URL)) == 1


@pytest.mark.parametrize("href", ["/rss-la-gi", "/feedback", "/rss/huong-dan.html", "/tin?feedback=1", "/atomic"])
def test_links_that_are_no_feeds(href: str) -> None:
    assert feeds(soup(f'<a href="{href}">RSS</a>'), URL) == []


def test_a_hostile_page_costs_little() -> None:
    pages = [
        '<a href="/a" onclick="' + "location=" * 20_000 + '">x</a>',
        f'<a href="javascript:{"location.href = " * 20_000}">x</a>',
        '<meta http-equiv="refresh" content="' + "0 " * 200_000 + 'x">',
        '<a href="' + "/.." * 200_000 + '">2</a>',
        '<div class="' + "pa " * 100_000 + '"><a rel="nofollow" href="/b">2</a></div>',
        "".join(f'<a rel="nofollow" href="?x={number}">{number}</a>' for number in range(5_000)),
        '<link rel="alternate" type="text/xml" title="' + "rs " * 200_000 + '" href="/x">',
    ]
    parsed = [soup(page) for page in pages]
    started = time.process_time()
    for page in parsed:
        for found in (links(page, URL), next_pages(page, URL), feeds(page, URL)):
            assert len(found) <= 5_000
    assert time.process_time() - started < 10  # 0.6 s
