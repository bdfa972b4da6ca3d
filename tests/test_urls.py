"""Addresses: one page, one string; and what a site's rules make of it."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from crawler.settings import Site
from crawler.urls import MAX_URL, canonical, host_of, kind_of

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
        ("https://vui.edu.vn/a?a=&b", "https://vui.edu.vn/a?a=&b="),
        ("https://vui.edu.vn/a?utm_source=x&id=1&fbclid=y&GCLID=z", "https://vui.edu.vn/a?id=1"),
        ("https://vui.edu.vn/a?PHPSESSID=0123&p=2", "https://vui.edu.vn/a?p=2"),
        ("https://vui.edu.vn/a;jsessionid=AB12?p=2", "https://vui.edu.vn/a?p=2"),
        ("https://vui.edu.vn/(S(abcdefghijklmnopqrstuvwx))/a", "https://vui.edu.vn/a"),
        ("https://vui.edu.vn/a/../b/./c", "https://vui.edu.vn/b/c"),
        ("https://vui.edu.vn/../../a", "https://vui.edu.vn/a"),
        ("https://vui.edu.vn/a/..", "https://vui.edu.vn/"),
        ("https://vui.edu.vn/tin%2Dtuc/%e1%ba%a1", "https://vui.edu.vn/tin-tuc/%E1%BA%A1"),
        ("https://vui.edu.vn/tin tức", "https://vui.edu.vn/tin%20t%E1%BB%A9c"),
        ("https://vui.edu.vn/a%2Fb", "https://vui.edu.vn/a%2Fb"),
        ("https://vui.edu.vn/?q=a+b", "https://vui.edu.vn/?q=a+b"),
        ("https://trường.vn/a", "https://xn--trng-rib8295b.vn/a"),
        ("https://TRƯỜNG.vn/a", "https://xn--trng-rib8295b.vn/a"),
        ("  https://vui.edu.vn/a\n", "https://vui.edu.vn/a"),
        ("http://[2001:DB8::1]:8080/a", "http://[2001:db8::1]:8080/a"),
        ("http://[::1]/", "http://[::1]/"),
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
        "http:///a",
        "https://vui.edu.vn:99999/",
        "https://vui.edu.vn:abc/",
        "http://[::1",
        "http://a b.vn/",
        "http://a..vn/",
        "http://-/",
        "http://%00/",
        "http://a\x00b/",
        "https://vui.edu.vn/a\nb",
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
def test_it_is_stable_and_never_raises(text: str) -> None:
    once = canonical(text)
    if once is not None:
        assert canonical(once) == once
        assert once.isascii()
        assert len(once) <= MAX_URL
        assert host_of(once)
    again = canonical(text, BASE)
    assert again is None or canonical(again) == again


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
