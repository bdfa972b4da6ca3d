"""Pages that are broken in every way that strangers break them: made of sound ones, the same for the same number.

Elements, attributes, entities, dates and JSON-LD are changed as text; then it is encoded; then its bytes are damaged.
`heavy` changes make one construct thousands of times.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence

Change = Callable[[random.Random, str], str]

LONGEST = 3000  # characters of a page; most of the sound ones are shorter
TAG = re.compile(r"<[^<>]*>")
CLOSING = re.compile(r"</\w+>")
ATTRIBUTE = re.compile(r"""(?<=\s)([\w:-]+)=("[^"<>]*"|'[^'<>]*')""")
JSON = re.compile(r"(<script[^>]*ld\+json[^>]*>)(.*?)(</script>)", re.DOTALL)
JSON_TOKEN = re.compile(r'"[^"]*"|[\[\]{},:]')
DECLARED = re.compile(r"""(charset\s*=\s*["']?)[\w-]+""")

ELEMENTS = (
    "div", "span", "p", "b", "i", "font", "a href=/bai/2.html", "a href=/tep.pdf", "ul", "li", "ol", "table", "tr",
    "td", "th", "center", "blockquote", "article", "main", "section", "header", "footer", "aside", "nav", "h1", "h2",
    "h3", "form", "select", "option", "button", "textarea", "script", "style", "noscript", "template", "svg", "math",
    "title", "head", "body", "html", "frameset", "iframe src=/khung", "plaintext", "xmp", "figure", "figcaption", "dl",
    "dd", "time", "pre", "object", "video", "label", "ins", "x-la", "o:p", "details", "dialog", "map", "caption",
)  # fmt: skip
NAMES = (
    "title", "tieude", "sapo", "lead", "author", "tacgia", "date", "meta", "time", "entry-content", "noidung", "menu",
    "related", "tin-lien-quan", "comment", "breadcrumb", "duong-dan", "tags", "caption", "footer", "share", "hidden",
    "search", "home", "single", "post_123", "lblNgayDang", "dnn_ctr1_lblTieuDe", "col-md-8", "content", "views",
)  # fmt: skip
ATTRIBUTES = (
    "class", "id", "style", "href", "src", "rel", "itemprop", "datetime", "content", "property", "name", "hidden",
    "type", "title", "alt", "onclick", "data-src", "data-href", "width", "lang", "xmlns:o", "http-equiv", "role",
)  # fmt: skip
ADDRESSES = (
    "http://[", "http://[::1]/x", "//", "///x", "http://", "https://a:99999/", "http://127.0.0.1:1/\x00", "/%zz%",
    "javascript:location='/a'", "data:text/html,x", "mailto:a@b", "http://người.vn/ả", "http://xn--/", "?", "#", "\\x",
    "/a b\tc\nd", "http://a..b/", "http://user:mk@h/", "/?page=2", "?p=%C3%28", "/tin.pdf?x#y", "ftp://h/x", "HTTP:/x",
    "http://127.0.0.1:1/bai/1.html", "http://127.0.0.1:1/", "/" + "a/" * 300, "http://h/" + "%E1%BB%87" * 99, "http:x",
)  # fmt: skip
DATES = (
    "08/01/2021", "32/13/2021", "0/0/0000", "29-02-2021", "8.1.2021 25:61", "08/01/9999", "2021-01-08T14:30:00+99:99",
    "2021-01-08T23:59:60Z", "999 tuần trước", "3 giờ trước", "hôm qua", "99999999999 ngày trước", "01/01/0001",
    "ngày 8 tháng mười hai năm 2020", "٠٨/٠١/٢٠٢١", "²/³/2021", "08/01/2021 00:00 PM", "Thứ Sáu, 08/01/2021 | 9h",
    "10/01/2021 23:59 GMT-14", "11/01/2021 00:30", "12/01/2021", "8 Th1, 2021", "31/12/1989", "2021/1/8 24:00",
    "0000-00-00 00:00:00", "1610090000", "20210108", "2021-01-08T14:30+07:00[Asia/Ho_Chi_Minh]", "08/01/21", "",
)  # fmt: skip
ENTITIES = (
    "&nbsp;", "&nbsp", "&amp;amp;", "&amp;nbsp;", "&#0;", "&#xD800;", "&#x110000;", "&#99999999999;", "&#128;", "&#x1;",
    "&khong;", "&", "&#", "&#x;", "&#8203;", "&#769;", "&#10;", "&#133;", "&zwj;", "&lt;p&gt;", "&shy;", "&#xFFFE;",
)  # fmt: skip
CHARACTERS = (
    "\x00", "\x01", "\x08", "\x0b", "\x0c", "\x1b", "\x7f", "\x85", "\x9f", "\xa0", "\xad", "\u0301", "\u0323\u0302",
    "\u200b", "\u200d", "\u2028", "\u2029", "\u202e", "\u2066", "\u2069", "\u3000", "\ufeff", "\ufffd", "\ufffe",
    "\ue000", "\U000e0041", "\U0010ffff", "\U0001f600", "\u1eaf", "a\u0306\u0301", "\u1100\u1161", "\u0958", "İ", "ſ",
)  # fmt: skip
SNIPPETS = (
    "<!--", "-->", "<!-- a -- b -->", "<![CDATA[", "]]>", "<?xml version='1.0'?>", "<!DOCTYPE x [<!ENTITY a 'b'>]>",
    "</body></html>", "<html><body>", "<base href='http://khac.example/a/'>", "<base href='javascript:x'>", "</p>",
    "<br>", "<br><br>", "<", ">", "<a", "<p class='", '"', "'", "=", "/>", "<x:y z:w=1>", "<meta charset=utf-7>",
    "<link rel=canonical href=/bai/3.html>", "<link rel=canonical href='http://[x'>", "<title></title>",
    "<p>Tin liên quan</p>", "<p>Tin, ảnh: Lê Nam</p>", "<p>Tác giả:</p>", "<h1></h1>", "<h1>Thông báo</h1>",
    "<link rel=alternate type=application/rss+xml href='//['>", "<a rel=next href='?page=x'>&gt;</a>",
    "<meta property=og:title content=''>", "<meta property=article:published_time content='{}'>",
    '<script type=application/ld+json>[null,1,{"@type":["NewsArticle"],"headline":[{}],"author":[[]]}]</script>',
)  # fmt: skip
VALUES = (
    "null", "1", "-1e999", "true", "[]", "{}", '""', '"\\ud83d"', '"\\u0000\\u001b"', '["a",["b"]]', "NaN", "1" * 5000,
    '{"name":{"name":{"@value":["x"]}}}', '{"@type":5}', '"2021-01-08T99:00"', '"NewsArticle"', "[" * 2000,
)  # fmt: skip
CHARSETS = (
    "utf-8", "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1258", "cp1252", "iso-8859-1",
    "gb18030", "shift_jis", "koi8-r", "cp037", "utf-7", "iso2022_jp", "mac-roman",
)  # fmt: skip
LABELS = (
    *("utf-8", "UTF8", "utf-16", "windows-1258", "x-user-defined", "us-ascii", "gb2312", "khong-co", "idna", "base64"),
    *("punycode", "unicode_escape", "zlib", "rot13", "undefined", "utf-7", "hz", "mbcs", "-", "utf-8;"),
)


def mutated(pages: Sequence[str], number: int, *, heavy: bool = False) -> tuple[bytes, str]:
    """The page of that `number`, made of `pages`, and the Content-Type that it is sent with."""
    chance = random.Random(number)
    text = _part(chance, chance.choice(pages))
    if chance.random() < 0.1:
        text = _spliced(chance, text, chance.choice(pages))
    for change in chance.choices(CHANGES, k=chance.randint(0 if heavy else 1, 4)):
        text = change(chance, text)
    if heavy:
        text = chance.choice(HEAVY)(chance, text)
    body, content_type = _encoded(chance, text)
    for damage in chance.choices(DAMAGES, k=chance.choice((0, 0, 1, 2))):
        body = damage(chance, body)
    return body, content_type


def _part(chance: random.Random, text: str) -> str:
    """A page that is not too long: what is before its body, and a part of that."""
    head, body, rest = text.partition("<body")
    if len(rest) <= LONGEST or chance.random() < 0.02:
        return text
    start = chance.randint(0, len(rest) - LONGEST // 2)
    return head[-LONGEST:] + body + (">" if start else "") + rest[start : start + LONGEST]


# Changes of the text


def _place(chance: random.Random, text: str) -> int:
    """A place between two elements, mostly; anywhere, sometimes."""
    places = [found.end() for found in TAG.finditer(text)]
    return chance.choice(places) if places and chance.random() < 0.8 else chance.randint(0, len(text))


def _span(chance: random.Random, text: str) -> tuple[int, int]:
    one, other = sorted((_place(chance, text), _place(chance, text)))
    return one, other


def _inserted(chance: random.Random, text: str, piece: str) -> str:
    place = _place(chance, text)
    return text[:place] + piece + text[place:]


def _spliced(chance: random.Random, text: str, other: str) -> str:
    return text[: _place(chance, text)] + other[_place(chance, other) :]


def _cut_out(chance: random.Random, text: str) -> str:
    start, end = _span(chance, text)
    return text[:start] + text[end:]


def _duplicated(chance: random.Random, text: str) -> str:
    start, end = _span(chance, text)
    return text[:end] + text[start:end] * chance.choice((1, 1, 2, 5)) + text[end:]


def _moved(chance: random.Random, text: str) -> str:
    start, end = _span(chance, text)
    return _inserted(chance, text[:start] + text[end:], text[start:end])


def _nested(chance: random.Random, text: str, times: int | None = None) -> str:
    start, end = _span(chance, text)
    element, count = chance.choice(ELEMENTS), times or chance.choice((1, 2, 3, 20))
    closed = f"</{element.split()[0]}>" * chance.choice((0, 1, count, count + 2))
    named = f" class={chance.choice(NAMES)}" if chance.random() < 0.3 else ""
    return text[:start] + f"<{element}{named}>" * count + text[start:end] + closed + text[end:]


def _renamed(chance: random.Random, text: str) -> str:
    """Another element everywhere in place of one: `<div>` becomes `<td>`."""
    names = sorted(set(re.findall(r"<(\w+)", text)))
    if not names:
        return text
    old, new = chance.choice(names), chance.choice(ELEMENTS).split()[0]
    return re.sub(rf"(</?){old}\b", rf"\g<1>{new}", text)


def _unclosed(chance: random.Random, text: str) -> str:
    share = chance.choice((0.1, 0.5, 1.0))
    return CLOSING.sub(lambda tag: "" if chance.random() < share else tag[0], text)


def _with_attributes(chance: random.Random, text: str) -> str:
    """Some attributes get another value or another name."""
    share = chance.choice((0.05, 0.3))

    def changed(found: re.Match[str]) -> str:
        if chance.random() > share:
            return found[0]
        return f"{chance.choice((found[1], chance.choice(ATTRIBUTES)))}={_value(chance)}"

    return ATTRIBUTE.sub(changed, text)


def _value(chance: random.Random) -> str:
    others = ("", "x" * 20_000, "display:none")
    value = chance.choice(chance.choice((NAMES, ADDRESSES, DATES, ENTITIES, CHARACTERS, others)))
    return chance.choice((f'"{value}"', f"'{value}'", value, f'"{value}'))


def _given_attribute(chance: random.Random, text: str) -> str:
    added = f" {chance.choice(ATTRIBUTES)}={_value(chance)} "
    share = chance.choice((0.05, 0.5))
    return re.sub(r"(?<=<)\w+", lambda name: name[0] + added if chance.random() < share else name[0], text)


def _sprinkled(pieces: Sequence[str]) -> Change:
    def change(chance: random.Random, text: str) -> str:
        for _ in range(chance.choice((1, 3, 12))):
            text = _inserted(chance, text, chance.choice(pieces))
        return text

    return change


def _redated(chance: random.Random, text: str) -> str:
    return re.sub(r"\d{1,2}/\d{1,2}/\d{4}|\d{4}-\d\d-\d\d[\dT:+]*", lambda _: chance.choice(DATES), text)


def _with_json(chance: random.Random, text: str) -> str:
    """A value of the page's JSON-LD becomes another one; where it has none, it gets some."""
    if "ld+json" not in text:
        told = ", ".join(
            f'"{key}": {chance.choice(VALUES)}' for key in ("headline", "datePublished", "author", "keywords")
        )
        return _inserted(
            chance, text, f'<script type="application/ld+json">{{"@type": "NewsArticle", {told}}}</script>'
        )

    def changed(found: re.Match[str]) -> str:
        tokens = list(JSON_TOKEN.finditer(found[2]))
        if not tokens:
            return found[0]
        token = chance.choice(tokens)
        return f"{found[1]}{found[2][: token.start()]}{chance.choice(VALUES)}{found[2][token.end() :]}{found[3]}"

    return JSON.sub(changed, text)


def _squeezed(chance: random.Random, text: str) -> str:
    """White space is lost, or is everywhere."""
    return re.sub(r"\s+", chance.choice(("", "\n\n", "\xa0", "\t \r")), text)


CHANGES: tuple[Change, ...] = (
    _cut_out, _duplicated, _moved, _nested, _renamed, _unclosed, _with_attributes, _given_attribute,
    _sprinkled(ENTITIES), _sprinkled(CHARACTERS), _sprinkled(SNIPPETS), _sprinkled(DATES), _redated, _with_json,
    _squeezed,
)  # fmt: skip


# Changes that make much


def _deep(chance: random.Random, text: str) -> str:
    return _nested(chance, text, chance.choice((300, 1000, 3000)))


def _wide(chance: random.Random, text: str) -> str:
    """One element, with words in it, a thousand times side by side."""
    element, words = (
        chance.choice(ELEMENTS),
        chance.choice(("Tin", "", "08/01/2021", "Sinh viên được nghỉ học.", "404")),
    )
    named = f" class={chance.choice(NAMES)}" if chance.random() < 0.5 else ""
    closing = f"</{element.split()[0]}>" if chance.random() < 0.8 else ""
    return _inserted(chance, text, f"<{element}{named}>{words}{closing}" * chance.choice((500, 2000)))


def _long(chance: random.Random, text: str) -> str:
    """One piece a thousand times in one line."""
    piece = chance.choice(
        chance.choice((DATES, ENTITIES, CHARACTERS, ADDRESSES, ("tin, ", "- ", " | ", "8 tháng ", "9h ")))
    )
    return _inserted(chance, text, piece[:40] * chance.choice((2000, 10_000)))


def _huge_attribute(chance: random.Random, text: str) -> str:
    piece = chance.choice((*NAMES, "a ", "aB", "../", "%20", "08/01/2021 ", "&amp;", ";"))
    return _inserted(chance, text, f"<p {chance.choice(ATTRIBUTES)}='{piece * 10_000}'>")


def _repeated(chance: random.Random, text: str) -> str:
    start, end = _span(chance, text)
    return text[:end] + text[start:end] * (100_000 // max(100, end - start)) + text[end:]


HEAVY: tuple[Change, ...] = (_deep, _wide, _long, _huge_attribute, _repeated)


# Bytes


def _encoded(chance: random.Random, text: str) -> tuple[bytes, str]:
    """The text in some character set; the page and the header declare that one, or another one, or none."""
    if chance.random() < 0.6:
        return text.encode(errors="replace"), "text/html"
    charset = chance.choice(CHARSETS)
    told, sent = (chance.choice((charset, charset, "", chance.choice(LABELS))) for _ in range(2))
    text = DECLARED.sub(lambda found: found[1] + told if told else "", text)
    body = text.encode(charset, errors=chance.choice(("replace", "ignore", "xmlcharrefreplace")))
    return body, f"text/html; charset={sent}" if sent else "text/html"


def _flipped(chance: random.Random, body: bytes) -> bytes:
    changed = bytearray(body)
    for _ in range(chance.choice((1, 5, 50)) if body else 0):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def _cut(chance: random.Random, body: bytes) -> bytes:
    return body[: chance.randint(0, len(body))]


def _lost(chance: random.Random, body: bytes) -> bytes:
    start = chance.randint(0, len(body))
    return body[:start] + body[start + chance.choice((1, 1, 2, 100)) :]


def _mixed_in(chance: random.Random, body: bytes) -> bytes:
    place = chance.randint(0, len(body))
    return body[:place] + chance.randbytes(chance.choice((1, 3, 30))) + body[place:]


DAMAGES = (_flipped, _cut, _lost, _mixed_in)
