"""From bytes to clean text: character sets, entities encoded twice, pages for old fonts, and what must stay."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any
from unicodedata import is_normalized, normalize

import pytest
from bs4 import Tag
from hypothesis import given, settings
from hypothesis import strategies as st
from legacy_text import ENCODERS, FOREIGN, LITERAL, SENTENCES, tcvn3, vni, western, windows_1258

from crawler import discover
from crawler.article import VIETNAM, Page
from crawler.extract import extract
from crawler.extract.charset import decode
from crawler.extract.markup import Document, clean, parse, words_of
from crawler.settings import Site

NOW = datetime(2021, 1, 10, 12, 0, tzinfo=VIETNAM)
SITE = Site(name="Trường Đại học Thử nghiệm", start=("http://127.0.0.1:1/",)).model_copy(update={"id": "thu"})

TITLE = "Hội nghị tổng kết công tác sinh viên của nhà trường"
BODY = (
    "Sáng nay, trường Đại học Thử nghiệm đã tổ chức hội nghị tổng kết công tác sinh viên năm học vừa qua.",
    "Phát biểu tại hội nghị, hiệu trưởng đề nghị các khoa, phòng tiếp tục đổi mới cách làm và lắng nghe người học.",
)
TEXT = f"<h1>{TITLE}</h1><p>{BODY[0]}</p><p>{BODY[1]}</p>"
LEGACY = tcvn3(TEXT).encode("cp1252")  # what the editor of a TCVN3 page saved, byte for byte


Encoder = Callable[[str], Any]


def page(body: bytes | str, content_type: str = "") -> Page:
    encoded = body.encode() if isinstance(body, str) else body
    return Page("http://127.0.0.1:1/bai/1.html", NOW, 200, {"content-type": content_type}, encoded)


def read(body: bytes | str, content_type: str = "") -> Document:
    return parse(page(body, content_type))


def words(body: bytes | str, selector: str, content_type: str = "") -> str:
    tag = read(body, content_type).soup.select_one(selector)
    assert isinstance(tag, Tag)
    return words_of(tag)


def html(inside: str, charset: str = "utf-8") -> str:
    return f'<!DOCTYPE html><html><head><meta charset="{charset}"><title>x</title></head><body>{inside}</body></html>'


# Character sets


@pytest.mark.parametrize(
    ("declaration", "charset"),
    [
        ('<meta charset="windows-1258">', "cp1258"),
        ("<meta charset=windows-1258/>", "cp1258"),
        ("<META HTTP-EQUIV=Content-Type CONTENT='text/html; charset = \"Windows-1258\"'>", "cp1258"),
        ('<meta http-equiv="Content-Type" content="text/html; charset=&quot;windows-1258&quot;">', "cp1258"),
        ("<meta charset=”windows-1258”>", "cp1258"),
        ("<?xml version='1.0' encoding='windows-1258'?>", "cp1258"),
        ('<!-- <meta charset="gb2312"> -->\n<meta charset="windows-1258">', "cp1258"),
        ("<script>" + "x=1;" * 20_000 + '</script><meta charset="windows-1258">', "cp1258"),
        ('<meta charset="windows-1258"><meta charset="gb2312">', "cp1258"),
        ('<meta charset="utf-16">', "utf-8"),  # as in HTML: what could be read was no UTF-16
        ('<meta name="description" content="charset"><meta charset="windows-1258">', "cp1258"),
    ],
)
def test_declarations(declaration: str, charset: str) -> None:
    body = declaration.encode("cp1252") + windows_1258(f"<p>{BODY[0]}</p>")
    assert decode(body)[1] == charset
    assert words(body, "p") == BODY[0]


@pytest.mark.parametrize("label", ["tcvn-5712", "x-user-defined", "unicode", "none", "hex", "idna", "", "\0", "ố"])
@pytest.mark.parametrize(
    "encode", [lambda text: text.encode(), windows_1258, lambda text: tcvn3(text).encode("cp1252")]
)
def test_a_declared_charset_that_does_not_exist(label: str, encode: Encoder) -> None:
    body = f'<meta charset="{label}">'.encode() + encode(TEXT)
    assert words(body, "h1", f"text/html; charset={label}") == TITLE


@pytest.mark.parametrize("content_type", ["", "text/html; charset=iso-8859-1", 'text/html; Charset="GB2312"'])
@pytest.mark.parametrize("declared", ["utf-8", "windows-1252", "iso-8859-1", "windows-1258", "shift_jis"])
def test_utf_8_declared_as_something_else(content_type: str, declared: str) -> None:
    body = html(TEXT, declared).encode()
    assert decode(body, content_type)[1] == "utf-8"
    assert words(body, "h1", content_type) == TITLE
    damaged = body + b"\xff" + BODY[0][:40].encode()[:-1]
    assert words(damaged, "h1", content_type) == TITLE


def test_the_header_goes_before_the_page() -> None:
    body = b'<meta charset="utf-8"><p>\xc0 la carte \xa4</p>'
    assert words(body, "p", "text/html; charset=iso-8859-15") == "À la carte €"
    assert words(body, "p", "text/html; charset=nonsense") == "À la carte ¤"


@pytest.mark.parametrize("charset", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark(charset: str) -> None:
    body = html(TEXT, "utf-16").encode(charset)
    for content_type in ("", "text/html; charset=utf-16", "text/html; charset=utf-8"):
        assert decode(body, content_type)[1] == charset
        assert words(body, "h1", content_type) == TITLE


@pytest.mark.parametrize("charset", ["utf-8-sig", "utf-16"])
def test_a_mark_goes_before_all(charset: str) -> None:
    body = html(TEXT, "iso-8859-1").encode(charset)
    assert words(body, "h1", "text/html; charset=windows-1258") == TITLE


def test_two_marks() -> None:
    document = read(b"\xef\xbb\xbf\xef\xbb\xbf" + html(TEXT).encode())
    assert document.soup.select_one("head > title") is not None


@pytest.mark.parametrize("content_type", ["", "text/html; charset=windows-1258", "text/html; charset=windows-1252"])
def test_windows_1258(content_type: str) -> None:
    document = read(windows_1258(html(TEXT, "windows-1258")), content_type)
    text = words_of(document.soup)
    assert text == f"x {TITLE} {BODY[0]} {BODY[1]}"
    assert is_normalized("NFC", text)


def test_a_cut_letter_does_not_change_the_character_set() -> None:
    assert decode("Đại học".encode() * 20 + b"\xc4") == ("Đại học" * 20 + "\ufffd", "utf-8")


def test_other_languages_keep_their_declared_character_set() -> None:
    for charset in ("iso-8859-1", "windows-1252"):
        for text in FOREIGN:
            body = html(f"<p>{text}</p>", charset).encode("cp1252")
            assert words(body, "p") == clean(text)


@settings(deadline=None)  # the first guess of a character set loads the statistics
@given(st.binary(max_size=300), st.sampled_from(["", "text/html; charset=utf-8", "text/html; charset=windows-1258"]))
def test_any_bytes_give_a_tree(body: bytes, content_type: str) -> None:
    document = read(body, content_type)
    assert "\0" not in document.soup.get_text()
    assert words_of(document.soup) == clean(words_of(document.soup))


@pytest.mark.parametrize("hostile", [b"<meta " * 100_000, b"<!--" * 100_000, b"<meta " + b"charset" * 50_000 + b"\xff"])
def test_a_hostile_declaration_is_read_in_one_go(hostile: bytes) -> None:
    assert decode(b"\xff\xfe"[::-1] + hostile)[0]


# Pages for old fonts


@pytest.mark.parametrize("name", ENCODERS)
def test_a_page_of_an_old_encoding_saved_as_unicode(name: str) -> None:
    document = read(html(ENCODERS[name](TEXT)))
    assert words_of(document.soup).lower() == f"x {TITLE} {BODY[0]} {BODY[1]}".lower()


@pytest.mark.parametrize("declared", ["utf-8", "windows-1252", "iso-8859-1", "windows-1258", "x-user-defined", ""])
@pytest.mark.parametrize("encode", [tcvn3, vni])
def test_a_page_of_an_old_font_byte_for_byte(declared: str, encode: Encoder) -> None:
    body = html(encode(TEXT), declared).encode("cp1252")
    assert words(body, "h1") == TITLE
    assert words_of(read(body).soup) == f"x {TITLE} {BODY[0]} {BODY[1]}"


@pytest.mark.parametrize("shape", ["&#{:d};", "&#x{:x};", "&#X{:04X};"])
def test_a_page_of_an_old_font_in_entities(shape: str) -> None:
    coded = "".join(letter if letter.isascii() else shape.format(ord(letter)) for letter in tcvn3(TEXT))
    assert words(html(coded), "h1") == TITLE


def test_unicode_around_an_old_body() -> None:
    inside = (
        '<div id="menu"><a href="/">Trang chủ</a> <a href="/dao-tao">Đào tạo</a> <a href="/co">Có gì</a></div>'
        f"<h1>{tcvn3('Học bổng')}</h1><table><tr><td>Ngày đăng: <b>{tcvn3('thứ bảy')}</b></td></tr></table>"
        f'<div id="body">{tcvn3(BODY[0])}<br><br><b>{tcvn3("Lễ trao")}</b> {tcvn3("đã diễn ra")}.</div>'
        f'<div id="foot">© 2021 Trường Đại học Thử nghiệm · Société Générale</div>'
    )
    soup = read(html(inside)).soup
    text = words_of(soup)
    assert "Trang chủ Đào tạo Có gì" in text
    assert "Học bổng Ngày đăng: thứ bảy" in text
    assert f"{BODY[0]} Lễ trao đã diễn ra" in text
    assert text.endswith("© 2021 Trường Đại học Thử nghiệm · Société Générale")


def test_every_reader_of_the_tree_sees_decoded_text() -> None:
    node = json.dumps({"@type": "NewsArticle", "headline": tcvn3(TITLE)}, ensure_ascii=False)
    body = (
        f'<html><head><title>{tcvn3(TITLE)}</title><meta name="author" content="{tcvn3("Nguyễn Văn Ánh")}">'
        f'<script type="application/ld+json">{node}</script></head><body>{tcvn3(TEXT)}'
        f'<p><img src="a.jpg" alt="{tcvn3("Toàn cảnh")}"><a href="?p=2">{tcvn3("Trang kế tiếp")}</a> 08/01/2021</p>'
        "</body></html>"
    )
    document = read(body)
    found = extract(document, page(body), SITE).article
    assert found is not None
    assert (found.title, found.body) == (TITLE, "\n".join(BODY))
    soup = document.soup
    assert soup.select("meta[content]")[0]["content"] == "Nguyễn Văn Ánh".replace("Á", "á")
    assert soup.select("img")[0]["alt"] == "Toàn cảnh"
    assert json.loads(soup.select("script")[0].get_text())["headline"] == TITLE
    assert discover.next_pages(soup, "http://127.0.0.1:1/tin") == ["http://127.0.0.1:1/tin?p=2"]


@pytest.mark.parametrize(
    ("opening", "meant"),
    [
        ('<font face=".VnTimeH">', "TRƯỜNG ĐẠI HỌC"),
        ("<span style=\"font-family: '.VnArial NarrowH', sans-serif\"><b>", "TRƯỜNG ĐẠI HỌC"),
        ('<font face=".VnTimeH"><font face=".VnTime" size="2">', "Trường Đại học"),
        ('<font face=".VnTime">', "Trường Đại học"),
        ('<font face="Helvetica">', "Trường Đại học"),
    ],
)
def test_a_font_of_capitals(opening: str, meant: str) -> None:
    assert words(html(f"{tcvn3(TEXT)}<h2>{opening}{tcvn3('Trường Đại học')}"), "h2") == meant
    assert words(html(f"<h2>{opening}Trường Đại học"), "h2") == "Trường Đại học"


@settings(deadline=None)
@given(st.sampled_from(SENTENCES), st.lists(st.sampled_from(FOREIGN), max_size=4), st.sampled_from(["tcvn3", "vni"]))
def test_only_what_is_of_the_old_font_is_decoded(old: str, others: list[str], name: str) -> None:
    lines = [ENCODERS[name](old), *others, BODY[0]]
    soup = read(html("".join(f"<p>{line}</p>" for line in lines))).soup
    shown = [words_of(tag) for tag in soup.select("p")]
    assert shown[0].lower() == old.lower()
    assert shown[1:] == [*map(clean, others), BODY[0]]


def test_utf_8_encoded_twice() -> None:
    body = html(western(html(TEXT).encode()))
    assert words(body, "h1") == TITLE
    quoted = western("“Đại học” – nơi học… của người trẻ".encode())
    assert words(html(f"<h1>{quoted}</h1>{western(TEXT.encode())}"), "h1") == "“Đại học” – nơi học… của người trẻ"
    shown, meant = LITERAL["utf-8"][0]
    assert words(html(f"<p>{shown}</p>"), "p") == meant


@pytest.mark.parametrize("text", FOREIGN)
def test_other_languages_in_utf_8_are_kept(text: str) -> None:
    assert words(html(f"<p>{text}</p><ul>{''.join(f'<li>{word}</li>' for word in text.split())}</ul>"), "p") == clean(
        text
    )


# Clean text


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("\u00adhọ\u00adc\u200b  viên\u00a0mới", "học viên mới"),
        ("\u202aĐại\u2069 \ufeffhọc\u034f", "Đại học"),
        ("a\x00b\x07c\x1bd\x7fe\x90f", "abcdef"),
        ("a\x0bb\x1cc\x85d\u2028e\u3000f", "a b c d e f"),
        (normalize("NFD", " Trường\tĐại \r\n học "), "Trường Đại học"),
        ("e\u034f\u0301", "é"),
        ("👩\u200d🎓", "👩🎓"),
        ("", ""),
    ],
)
def test_clean(text: str, cleaned: str) -> None:
    assert clean(text) == cleaned


@given(st.text(max_size=60))
def test_clean_is_idempotent(text: str) -> None:
    once = clean(text)
    assert clean(once) == once
    assert is_normalized("NFC", once)
    assert "  " not in once


@pytest.mark.parametrize(
    ("coded", "meant"),
    [
        ("Khoa&amp;nbsp;h&amp;#7885;c &amp;amp; C&amp;ocirc;ng ngh&amp;#x1EC7;", "Khoa học & Công nghệ"),
        ("&amp;quot;T&amp;#7921; h&amp;agrave;o&amp;quot;", '"Tự hào"'),
        ("AT&amp;T và R&amp;D; P&amp;G", "AT&T và R&D; P&G"),
        ("Dùng thẻ &amp;lt;b&amp;gt; và &amp;nbsp;", "Dùng thẻ &lt;b&gt; và &nbsp;"),
        ("<code>&amp;nbsp;</code> hay <pre><b><i>&amp;quot;</i></b></pre>", "&nbsp; hay &quot;"),
        ("Ba lần: &amp;amp;nbsp;", "Ba lần: &nbsp;"),
        ("A &amp;unknown; B", "A &unknown; B"),
    ],
)
def test_entities_encoded_twice(coded: str, meant: str) -> None:
    assert words(html(f"<div>{coded}</div>"), "div") == meant


def test_entities_encoded_twice_in_attributes_and_titles() -> None:
    head = '<title>Tin &amp;quot;n&amp;oacute;ng&amp;quot;</title><meta name="x" content="A&amp;nbsp;&amp;quot;B">'
    soup = read(head + '<a href="/?a=1&amp;quot;=2" title="&amp;eacute;">x</a>').soup
    assert words_of(soup.select("title")[0]) == 'Tin "nóng"'
    assert soup.select("meta")[0]["content"] == 'A\xa0"B'
    assert soup.select("a")[0]["title"] == "é"
    assert soup.select("a")[0]["href"] == "/?a=1&quot;=2"


def test_a_headline_in_capitals_by_css_stays_as_written() -> None:
    assert words(html(f'<h1 style="text-transform: uppercase">{TITLE}</h1>'), "h1") == TITLE
