"""Addresses: one page, one string; and what a site's rules make of it."""

from __future__ import annotations

import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from crawler.settings import Site
from crawler.urls import MAX_URL, canonical, continues, host_of, kind_of, name_of, plain, shape, verdict

BASE = "https://vui.edu.vn/tin-tuc/a.html?x=1"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://vui.edu.vn", "https://vui.edu.vn/"),
        ("HTTPS://VUI.edu.VN/Tin", "https://vui.edu.vn/Tin"),
        ("https://vui.edu.vn:443/", "https://vui.edu.vn/"),
        ("http://vui.edu.vn:80/", "http://vui.edu.vn/"),
        ("http://vui.edu.vn:443/", "http://vui.edu.vn:443/"),
        ("http://vui.edu.vn:8080/", "http://vui.edu.vn:8080/"),
        ("http://vui.edu.vn:/", "http://vui.edu.vn/"),
        ("https://vui.edu.vn./", "https://vui.edu.vn/"),
        ("https://user:secret@vui.edu.vn/", "https://vui.edu.vn/"),
        ("https://vui.edu.vn/a#top", "https://vui.edu.vn/a"),
        ("https://vui.edu.vn/a?", "https://vui.edu.vn/a"),
        ("https://vui.edu.vn/a?b=2&a=1", "https://vui.edu.vn/a?a=1&b=2"),
        ("https://vui.edu.vn/a?a=&b", "https://vui.edu.vn/a?a=&b"),
        ("https://vui.edu.vn/?tin-tuc/bai-1.html", "https://vui.edu.vn/?tin-tuc/bai-1.html"),
        ("https://vui.edu.vn/?&&=&=", "https://vui.edu.vn/"),
        ("https://vui.edu.vn?x=1", "https://vui.edu.vn/?x=1"),
        ("https://vui.edu.vn/a?utm_source=x&id=1&fbclid=y&GCLID=z", "https://vui.edu.vn/a?id=1"),
        ("https://vui.edu.vn/a?PHPSESSID=0123&p=2", "https://vui.edu.vn/a?p=2"),
        ("https://vui.edu.vn/a;jsessionid=AB12?p=2", "https://vui.edu.vn/a?p=2"),
        ("https://vui.edu.vn/(S(abcdefghijklmnopqrstuvwx))/a", "https://vui.edu.vn/a"),
        ("https://vui.edu.vn/a/../b/./c", "https://vui.edu.vn/b/c"),
        ("https://vui.edu.vn/../../a", "https://vui.edu.vn/a"),
        ("https://vui.edu.vn/a/..", "https://vui.edu.vn/"),
        ("https://vui.edu.vn/a/b/.", "https://vui.edu.vn/a/b/"),
        ("https://vui.edu.vn/a/%2E%2e/b", "https://vui.edu.vn/b"),
        ("https://vui.edu.vn//a///b//", "https://vui.edu.vn/a/b/"),
        ("https://vui.edu.vn/web/http://hus.vn//a", "https://vui.edu.vn/web/http://hus.vn/a"),
        ("https://vui.edu.vn/tin%2Dtuc/%e1%ba%a1", "https://vui.edu.vn/tin-tuc/%E1%BA%A1"),
        ("https://vui.edu.vn/tin tức", "https://vui.edu.vn/tin%20t%E1%BB%A9c"),
        ("https://vui.edu.vn/a%2fb", "https://vui.edu.vn/a%2Fb"),
        ("https://vui.edu.vn/a%28b%29", "https://vui.edu.vn/a(b)"),
        ("https://vui.edu.vn/100%/%zz", "https://vui.edu.vn/100%25/%25zz"),
        ("https://vui.edu.vn/a|b[1]", "https://vui.edu.vn/a%7Cb%5B1%5D"),
        ("https://vui.edu.vn/?q=a+b", "https://vui.edu.vn/?q=a+b"),
        ("https://vui.edu.vn/?q=a b%20c%2Bd", "https://vui.edu.vn/?q=a+b+c%2Bd"),
        ("https://vui.edu.vn/?u=http%3A%2F%2Fx&v=%26", "https://vui.edu.vn/?u=http://x&v=%26"),
        ("https://vui.edu.vn/?a=1&amp;c=3&amp;amp;b=2", "https://vui.edu.vn/?a=1&b=2&c=3"),
        ("https://vui.edu.vn/?amp;a=1", "https://vui.edu.vn/?a=1"),
        ("https://trường.vn/a", "https://xn--trng-rib8295b.vn/a"),
        ("https://TRƯỜNG.vn/a", "https://xn--trng-rib8295b.vn/a"),
        ("https://vui.edu.vn。/", "https://vui.edu.vn/"),
        ("  https://vui.edu.vn/a\n", "https://vui.edu.vn/a"),
        ("https://vui.edu\n.vn/a\t\r\nb", "https://vui.edu.vn/ab"),
        (r"https:\\vui.edu.vn\tin\1.html?x=\2", "https://vui.edu.vn/tin/1.html?x=%5C2"),
        ("https:////vui.edu.vn/a", "https://vui.edu.vn/a"),
        ("http://[2001:DB8::1]:8080/a", "http://[2001:db8::1]:8080/a"),
        ("http://[::1]/", "http://[::1]/"),
        ("http://[0:0::1]/", "http://[::1]/"),
        ("http://2130706433/", "http://2130706433/"),
    ],
)
def test_the_canonical_form(url: str, expected: str) -> None:
    assert canonical(url) == expected
    assert canonical(expected) == expected


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ("b.html", "https://vui.edu.vn/tin-tuc/b.html"),
        ("/b.html", "https://vui.edu.vn/b.html"),
        ("../b.html", "https://vui.edu.vn/b.html"),
        ("//daotao.vui.edu.vn/b", "https://daotao.vui.edu.vn/b"),
        ("?p=2", "https://vui.edu.vn/tin-tuc/a.html?p=2"),
        ("", BASE),
        ("#top", BASE),
        ("http://khác.vn", "http://xn--khc-fla.vn/"),
        (r"\su-kien\1.html", "https://vui.edu.vn/su-kien/1.html"),
        (r"..\1.html", "https://vui.edu.vn/1.html"),
        ("///daotao.vui.edu.vn/b", "https://daotao.vui.edu.vn/b"),
        ("tin//b.html ", "https://vui.edu.vn/tin-tuc/tin/b.html"),
        ("/a?b=c/../d", "https://vui.edu.vn/a?b=c/../d"),
    ],
)
def test_a_link_is_resolved(link: str, expected: str) -> None:
    assert canonical(link, BASE) == expected


@pytest.mark.parametrize(
    "url",
    [
        "",
        "vui.edu.vn/a",
        "/a",
        "mailto:a@vui.edu.vn",
        "javascript:void(0)",
        "tel:+84210",
        "data:text/html,x",
        "ftp://vui.edu.vn/",
        "http://",
        "http:///",
        "https://vui.edu.vn:99999/",
        "https://vui.edu.vn:abc/",
        "http://[::1",
        "http://a b.vn/",
        "http://a..vn/",
        "http://a..vn:8080/",
        "http://-/",
        "http://%00/",
        "http://a\x00b/",
        "https://vui.edu.vn/a\x00b",
        "java\nscript:alert(1)",
        "http://[::1%25eth0]/",
        "http://[1:2]/",
        "http://" + "a." * 127 + "vn/",
        "data:image/png;base64," + "A" * 1_000_000,
        "https://vui.edu.vn/" + "a" * MAX_URL,
        "https://vui.edu.vn/" + "ạ" * (MAX_URL // 4),
        f"http://{'ạ' * 80}.vn/",
        "http://\ud800.vn/",
    ],
)
def test_what_cannot_be_fetched_has_none(url: str) -> None:
    assert canonical(url) is None


@given(st.text() | st.builds("https://vui.edu.vn/{}".format, st.text()) | st.builds("http://{}".format, st.text()))
@example("http://0\u2024/")
@example("https://a/%25%32%46?%26=%3d")
@example("https://vui.edu.vn/;jsessionid;jsessionid=x=y")
@example("https://vui.edu.vn/?utm_source&a&&b=%26utm_medium=1")
@example("http://[fe80::1%25eth0]/")
@example("https://vui.edu.vn/%28S%28abcdefghijklmnopqrstuvwx%29%29/a")
@example("https://vui.edu.vn/a/..;jsessionid=1/(S(abcdefghijklmnopqrstuvwx);sid=2)/../b")
@example("https://vui.edu.vn/?%75tm_source=x&&am%70;a%3Bmp;=&amp%3B")
@example("https://vui.edu.vn/a:/..//b:///c")
@example("https://vui.edu.vn/%%34%31?%%32%35")
def test_it_is_stable_and_never_raises(text: str) -> None:
    once = canonical(text)
    if once is not None:
        assert canonical(once) == once
        assert once.isascii()
        assert len(once) <= MAX_URL
        assert host_of(once)
    again = canonical(text, BASE)
    assert again is None or canonical(again) == again


@pytest.mark.parametrize(
    "query",
    [
        "utm_source=zalo&utm_medium=social&utm_campaign=ts2021",
        "fbclid=IwAR0x",
        "gclid=1&gbraid=2&_gl=1*a*b",
        "zarsrc=30",
        "mkt_tok=x&mc_cid=1&mc_eid=2&_hsenc=p2A",
        "PHPSESSID=1&ASPSESSIONIDQQ=2&jsessionid=3",
        "CFID=1&CFTOKEN=2",
        "zenid=1&osCsid=2",
        "sid=0123456789abcdef0123456789abcdef",
        "s=0123456789ABCDEF0123456789ABCDEF",
        "session_id=k3jq0f1ab2cd3ef4gh5ij6kl7m",
        "replytocom=15",
        "share=facebook&nb=1",
        "ref=zalo",
        "_=1610090000000",
        "AspxAutoDetectCookieSupport=1",
    ],
)
def test_the_way_of_a_reader_is_dropped(query: str) -> None:
    assert canonical(f"https://vui.edu.vn/tin?{query}") == "https://vui.edu.vn/tin"
    assert canonical(f"https://vui.edu.vn/tin?tabid=3&{query}&z=1") == "https://vui.edu.vn/tin?tabid=3&z=1"


@pytest.mark.parametrize(
    "query",
    [
        *("id=5", "p=123", "page=2", "tabid=12", "lang=en", "source=phong-dao-tao", "share=1", "ref=bai-5", "_=5"),
        *("s=học+bổng", "s=" + "a" * 32, "sid=12", "sid=" + "1" * 32, "sid=5f2b6c0e9d3a4b001c8e7f21", "session=2021"),
    ],
)
def test_what_may_name_the_page_stays(query: str) -> None:
    kept = canonical(f"https://vui.edu.vn/?{query}")
    assert kept is not None
    assert kept.count("?") == 1


@pytest.mark.parametrize(
    "path",
    [
        "tin;jsessionid=0A1B.node1/a",
        "tin;phpsessid=1;jsessionid=2/a",
        "(S(abcdefghijklmnopqrstuvwx))/tin/a",
        "tin/(X(1)S(abcdefghijklmnopqrstuvwx))/a",
        "(A(x-1_)F(y))/tin/a",
        "(abcdefghijklmno012345pqr)/tin/a",
    ],
)
def test_sessions_in_the_path_are_dropped(path: str) -> None:
    assert canonical(f"https://vui.edu.vn/{path}") == "https://vui.edu.vn/tin/a"


def test_brackets_and_semicolons_that_are_no_session_stay() -> None:
    for path in ("khoa-(moi)/a", "tin;khac=1", "(S)/a", "(tuyen-sinh)/a"):
        assert canonical(f"https://vui.edu.vn/{path}") == f"https://vui.edu.vn/{path}"


def site(**told: object) -> Site:
    words: dict[str, object] = {"name": "x", "start": ["https://vui.edu.vn/", "https://vui.edu.vn/bai-dau"]}
    return Site(**words | told)  # type: ignore[arg-type]


RULED = {"article": r"-\d+\.html$", "follow": "/(tin-tuc|su-kien)/", "exclude": "/(en|login)/"}


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/tin-tuc/a-1.html", "article"),
        ("/khac/a-1.html", "article"),
        ("/en/a-1.html", "outside"),
        ("/tin-tuc/", "list"),
        ("/tin-tuc/login/", "outside"),
        ("/gioi-thieu", "outside"),
        ("/", "list"),
        ("/bai-dau", "list"),
        ("/tin-tuc/a.PDF", "outside"),
        ("/tin-tuc/a.jpg", "outside"),
        ("/tin-tuc/?file=a.jpg", "list"),
    ],
)
def test_the_rules_of_a_site(path: str, kind: str) -> None:
    assert kind_of("https://vui.edu.vn" + path, site(**RULED)) == kind


def test_only_the_hosts_of_the_site() -> None:
    assert kind_of("https://www.vui.edu.vn/", site()) == "outside"
    assert kind_of("https://vui.edu.vn:8443/", site()) == "outside"
    assert kind_of("http://vui.edu.vn/", site()) == "list"
    wide = site(hosts=["vui.edu.vn", "www.vui.edu.vn"])
    assert kind_of("https://www.vui.edu.vn/a-1.html", wide) == "list"
    assert kind_of("https://xvui.edu.vn/", wide) == "outside"


REASONS = [
    ("https://a.vn/", "outside", "host a.vn is not one of the site's hosts"),
    ("/tin-tuc/a-1.html", "article", r"matches article '-\\d+\\.html$'"),
    ("/en/a-1.html", "outside", "matches exclude '/(en|login)/'"),
    ("/gioi-thieu", "outside", "not matched by article or follow '/(tin-tuc|su-kien)/'"),
    ("/tin-tuc/a.PDF", "outside", "a file of type .pdf"),
    ("/tin-tuc/x", "list", "matches follow '/(tin-tuc|su-kien)/'"),
    ("/bai-dau", "list", "a start page"),
    ("/tin-tuc/?sort=asc", "outside", "only reorders a list (sort=asc)"),
    ("/tin-tuc/a-1.html?print=1", "outside", "another view of a page (print=1)"),
]


@pytest.mark.parametrize(("url", "kind", "reason"), REASONS)
def test_the_reason_of_a_verdict(url: str, kind: str, reason: str) -> None:
    rules = RULED | {"article": r"-\d+\.html"} if "print" in url else RULED
    found = verdict(url if "://" in url else f"https://vui.edu.vn{url}", site(**rules))
    assert (found.kind, found.reason) == (kind, reason)


def test_the_reason_without_rules() -> None:
    assert verdict("https://vui.edu.vn/x", site()).reason == "no rule tells articles from lists"
    assert verdict("https://vui.edu.vn/x", site(article="-1$")).reason == "no article by the rules"
    assert verdict("https://vui.edu.vn/x", site(follow="/y")).reason == "not matched by follow '/y'"


@pytest.mark.parametrize(
    "query",
    [
        "orderby=date",  # WordPress
        "order=asc&orderby=title",
        "order=Ng%C3%A0y+%C4%91%C4%83ng&sort=asc",  # Drupal, the heading of a column
        "sort_by=created&sort_order=DESC",
        "filter_order=a.title&filter_order_Dir=asc",  # Joomla
        "SortDir=Asc&SortField=LinkTitle",  # SharePoint
        "sort=newest",
        "sort=-published_at",
        "sort=date_desc",
        "dir=desc",
        "print=1",
        "print",
        "layout=default&print=1&tmpl=component",  # Joomla
        "format=feed&type=rss",
        "format=pdf",
        "feed=rss2",  # WordPress
        "dnnprintmode=true",
        "SkinSrc=%5BG%5DSkins/print&tabid=3",
        "IsDlg=1",
        "nvvithemever=d",  # NukeViet
        "action=print&id=5",
        "amp",
    ],
)
def test_another_order_or_view_is_outside(query: str) -> None:
    url = canonical(f"https://vui.edu.vn/tin?{query}")
    assert url is not None
    assert kind_of(url, site()) == "outside"
    assert kind_of(plain(url), site()) == "list"
    assert plain(plain(url)) == plain(url)
    assert kind_of(url, site(start=[url])) == "list"


@pytest.mark.parametrize(
    "query",
    [
        *(
            "page=2",
            "id=5",
            "p=3&tabid=2",
            "sort=5",
            "order=2",
            "orderby=3",
            "sort=tuyen-sinh",
            "dir=tin-tuc",
            "print=15",
        ),
        *(
            "s=in",
            "format=html",
            "format=tin",
            "view=article&option=com_content",
            "task=view",
            "action=detail",
            "type=1",
        ),
        *("field_ngay=2021", "View=%7B0A%7D", "mobile=0912", "order=Ng%C3%A0y", "feed=5", "tin-tuc/sort"),
    ],
)
def test_what_may_be_the_only_way_is_followed(query: str) -> None:
    assert kind_of(f"https://vui.edu.vn/tin?{query}", site()) == "list"
    assert plain(f"https://vui.edu.vn/tin?{query}") == f"https://vui.edu.vn/tin?{query}"


def test_a_rule_that_asks_for_a_view_gets_it() -> None:
    url = "https://vui.edu.vn/tin?id=5&print=1"
    assert kind_of(url, site(article=r"id=\d+")) == "outside"
    assert kind_of(url, site(article=r"id=\d+&print=1")) == "article"
    assert kind_of("https://vui.edu.vn/tin?sort=date", site(follow=r"sort=date")) == "list"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/", "/"),
        ("/tin-tuc-127.html", "/tin-tuc-0.html"),
        ("/2021/01/08/", "/0/0/0/"),
        ("/2021/01/01/", "/0/0/0/"),
        ("/tin?page=3&tabid=7", "/tin?page=*&tabid=*"),
        ("/tin?f%5B0%5D=a&f%5B1%5D=b", "/tin?f%5B0%5D=*"),
        ("/%E1%BA%A1-5", "/%E1%BA%A1-0"),
        ("/x/550e8400-e29b-41d4-a716-446655440000", "/x/0"),
        ("/x/d41d8cd98f00b204e9800998ecf8427e/y", "/x/0/y"),
        ("/x/aGVsbG8gd29ybGQxMjM0NTY3OA==", "/x/0"),
        ("/x/k3jq0f1ab2cd3ef4gh5ij6kl7m", "/x/0"),
        ("/tuyen-sinh-dai-hoc-he-chinh-quy-nam-2021", "/tuyen-sinh-dai-hoc-he-chinh-quy-nam-0"),
        ("/a/b/a/b/a/b", "/a/b"),
        ("/x/x/x/x", "/x"),
        ("/x/x/x/x/", "/x/"),
        ("/tin-1/tin-2/tin-3", "/tin-0"),
        ("/1/2/3/4/5/6/7/8", "/0/0/0"),
    ],
)
def test_the_shape(path: str, expected: str) -> None:
    assert shape(f"https://vui.edu.vn{path}") == f"vui.edu.vn{expected}"


def test_what_grows_without_end_has_few_shapes() -> None:
    for step in ("a/", "a/b/", "trang-{}/", "{}/", "x/{}/", "2021/{}/tin/"):
        paths = ["".join(step.format(number) for number in range(length)) for length in range(1, 60)]
        assert len({shape(f"https://vui.edu.vn/{path}") for path in paths}) <= 6, step


def test_a_hostile_path_has_its_shape_at_once() -> None:
    started = time.process_time()
    for path in ("a/" * 1000, "a/b/c/d/e/f/g/h/i/" * 100, "%E1" * 600, "aA1" * 600, "0a" * 900):
        assert len(shape(f"https://vui.edu.vn/{path}")) < MAX_URL
    assert time.process_time() - started < 2  # 0.04 s


CONTINUED = [
    ("/tin", "/tin?page=2"),
    ("/tin?page=2", "/tin?page=3"),
    ("/tin?page=3", "/tin?page=2"),
    ("/tin?id=4", "/tin?id=4&trang=2"),
    ("/tin", "/tin?paged=2"),
    ("/tin", "/tin?start=20"),
    ("/tin", "/tin?limitstart=20"),
    ("/?cat=3", "/?cat=3&paged=2"),
    ("/tin", "/tin?p=2"),
    ("/tin.aspx", "/tin.aspx?PageIndex=2"),
    ("/Default.aspx?tabid=12", "/Default.aspx?page=3&tabid=12"),
    ("/tabid/123/Default.aspx", "/tabid/123/page/3/Default.aspx"),
    ("/tin/", "/tin/page/2/"),
    ("/tin", "/tin/page/2/"),
    ("/", "/page/2"),
    ("/vi/news/", "/vi/news/page-2/"),
    ("/tin", "/tin/trang-2"),
    ("/tin", "/tin/trang/2"),
    ("/tin.html", "/tin-trang-2.html"),
    ("/tin.html", "/tin/trang-2.html"),
    ("/tin.html", "/tin-p2.html"),
    ("/ds/AllItems.aspx", "/ds/AllItems.aspx?PageFirstRow=31&Paged=TRUE&p_ID=30"),
    ("/web/khoa", "/web/khoa?_101_INSTANCE_x_cur=2"),
    ("/tin", "/tin?tx_news%5BcurrentPage%5D=2"),
]


@pytest.mark.parametrize(("path", "other"), CONTINUED)
def test_a_further_page(path: str, other: str) -> None:
    assert continues(f"https://vui.edu.vn{path}", f"https://vui.edu.vn{other}")
    assert not continues(f"https://daotao.vui.edu.vn{path}", f"https://vui.edu.vn{other}")


@pytest.mark.parametrize(
    ("path", "other"),
    [
        ("/tin", "/tin"),
        ("/tin?page=2", "/tin?page=2"),
        ("/tin?page=2", "/tin"),
        ("/tin", "/su-kien?page=2"),
        ("/tin?id=1", "/tin?id=2"),
        ("/tin?id=1", "/tin?id=2&page=2"),
        ("/tin-1.html", "/tin-2.html"),
        ("/lop", "/lop-12"),
        ("/tin", "/tin?page=about"),
        ("/2021/01", "/2021/02"),
        ("/tin", "/tin?tabid=3"),
    ],
)
def test_what_is_no_further_page(path: str, other: str) -> None:
    assert not continues(f"https://vui.edu.vn{path}", f"https://vui.edu.vn{other}")


def test_hosts() -> None:
    assert host_of("https://vui.edu.vn:8443/a?b=http://c/") == "vui.edu.vn:8443"
    assert host_of("") == ""
    assert name_of("vui.edu.vn:8443") == "vui.edu.vn"
    assert name_of("[::1]:80") == "[::1]"
