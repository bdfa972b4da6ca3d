"""Extraction: our own pages of each system against reviewed results; `test_quality.py` has the real pages.

After a change that is meant, `python tests/test_extract.py` writes the expected results again; review them as a diff.
"""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path
from typing import Any
from unicodedata import is_normalized, normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st
from legacy_text import windows_1258

from crawler.article import VIETNAM, Page, article_id
from crawler.extract import Extraction, extract, parse
from crawler.extract.metadata import collect
from crawler.settings import Profile, Site

PAGES = Path(__file__).parent / "pages"
NOW = datetime(2021, 1, 10, 12, 0, tzinfo=VIETNAM)

SITE = Site(name="Trường Đại học Thử nghiệm", start=("http://127.0.0.1:1/",)).model_copy(update={"id": "thu"})
NEW_LOOK = Profile(
    valid_from=date(2021, 1, 10),
    title=".new-head",
    lead=".intro",
    body=".words",
    published=".when",
    author=".who",
    category=".path a",
    remove=(".promo",),
)
OLD_LOOK = Profile(valid_from=date(2015, 1, 1), title=".old-head", body=".words", published=".when")

REFUSED = {
    "archive": "looks like a list page",
    "home": "looks like a list page",
    "home-blocks": "looks like a list page",
    "list": "looks like a list page",
    "list-table": "looks like a list page",
    "not-found": "says that there is no such page",
    "profile": "neither a date nor article markup",
    "static": "neither a date nor article markup",
}


def page(body: bytes | str, path: str = "bai/1.html", now: datetime = NOW, **headers: str) -> Page:
    encoded = body.encode() if isinstance(body, str) else body
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Page(f"http://127.0.0.1:1/{path}", now, 200, named, encoded)


def run(body: bytes | str, site: Site = SITE, now: datetime = NOW, **headers: str) -> Extraction:
    given_page = page(body, now=now, **headers)
    return extract(parse(given_page), given_page, site)


def html(inside: str, head: str = "") -> str:
    return f'<!DOCTYPE html><html><head><meta charset="utf-8">{head}</head><body>{inside}</body></html>'


NOTICE = """<h1>Thông báo nghỉ học chiều thứ Sáu</h1><p>Ngày đăng: 08/01/2021</p>
<div><p>Sinh viên toàn trường được nghỉ học chiều nay, ngày 8 tháng 1.</p></div>"""


def outcome(name: str) -> dict[str, Any]:
    found = run((PAGES / f"{name}.html").read_bytes())
    article = found.article.document() if found.article else None
    return {"reason": found.reason, "rules": found.rules, "article": json.loads(json.dumps(article))}


@pytest.mark.parametrize("name", sorted(file.stem for file in PAGES.glob("*.html")))
def test_a_page_of_each_system(name: str) -> None:
    assert outcome(name) == json.loads((PAGES / f"{name}.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(("name", "reason"), REFUSED.items())
def test_what_is_no_article(name: str, reason: str) -> None:
    found = run((PAGES / f"{name}.html").read_bytes())
    assert (found.article, found.reason) == (None, reason)


def test_the_profile_of_the_day_decides() -> None:
    body = (PAGES / "profile.html").read_bytes()
    site = SITE.model_copy(update={"profile": (NEW_LOOK, OLD_LOOK)})
    new, old = run(body, site).article, run(body, site, datetime(2021, 1, 9, 23, 59, tzinfo=VIETNAM)).article
    assert new is not None
    assert old is not None
    assert (new.title, old.title) == (
        "Nghiệm thu đề tài cấp Bộ về khai thác than hầm lò",
        "Tiêu đề của giao diện cũ, không dùng nữa",
    )
    assert (new.published, new.published_source) == ("2021-01-08", "profile:.when")
    assert (new.lead, new.author, new.category) == (
        "Đề tài do nhóm nghiên cứu mạnh của khoa Mỏ thực hiện trong hai năm.",
        "Trần Minh",
        "Khoa học",
    )
    assert "Đăng ký xét tuyển" not in new.body
    assert "Đăng ký xét tuyển" in old.body
    assert new.body.endswith("Kết quả đã được chuyển giao cho ba mỏ ở Quảng Ninh.")


def test_the_day_of_a_profile_is_vietnams() -> None:
    body = (PAGES / "profile.html").read_bytes()
    site = SITE.model_copy(update={"profile": (NEW_LOOK, OLD_LOOK)})
    found = run(body, site, datetime.fromisoformat("2021-01-09T17:30:00+00:00"))  # the 10th in Vietnam
    assert found.rules["title"] == "profile:.new-head"


def test_a_pattern_for_articles_decides_without_judgement() -> None:
    body = (PAGES / "static.html").read_bytes()
    site = SITE.model_copy(update={"article": r"/bai/\d+\.html$"})
    assert run(body, site).article is not None


def test_the_start_page_is_never_an_article() -> None:
    home = page(html(NOTICE), path="")
    assert extract(parse(home), home, SITE).reason == "looks like a list page"


def test_an_error_is_no_article() -> None:
    gone = Page("http://127.0.0.1:1/bai/1.html", NOW, 404, {}, html(NOTICE).encode())
    assert extract(parse(gone), gone, SITE).reason == "the server answered 404"
    assert run(html(NOTICE), content_type="application/pdf").reason == "the type is application/pdf, not HTML"
    assert run("").reason == "no title"
    assert run(html("<h1>Một tiêu đề không có bài</h1>")).reason == "no text"


def test_a_short_article_with_the_number_404_is_one() -> None:
    told = "Lần thứ 404, nhóm thiện nguyện của trường nấu cháo cho bệnh nhân nghèo ở bệnh viện huyện."
    found = run(html(NOTICE.replace("<div>", f"<div><p>{told}</p>")))
    assert found.article is not None, found.reason
    assert told in f"{found.article.lead} {found.article.body}"
    lost = html("<h1>Trang lỗi 404</h1><p>Mời bạn quay lại trang chủ của trường.</p>")
    assert run(lost).reason == "says that there is no such page"


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (html(NOTICE).replace('<meta charset="utf-8">', "").encode(), {}),
        (
            html(NOTICE).replace('<meta charset="utf-8">', "").encode(),
            {"content_type": "text/html; charset=iso-8859-1"},
        ),
        (html(NOTICE).replace("utf-8", "windows-1252").encode(), {}),
        (b"\xef\xbb\xbf" + html(NOTICE).encode(), {}),
        (html(NOTICE).replace("utf-8", "utf-16").encode("utf-16"), {}),
        (windows_1258(html(NOTICE).replace("utf-8", "windows-1258")), {}),
        (windows_1258(html(NOTICE)), {"content_type": "text/html; charset=windows-1258"}),
        (normalize("NFD", html(NOTICE)).encode(), {}),
        (html(NOTICE).encode() + b"\xff\xfe", {}),
        (b"<?xml version='1.0' encoding='utf-8'?>\n" + html(NOTICE).encode(), {}),
    ],
)
def test_character_sets(body: bytes, headers: dict[str, str]) -> None:
    article = run(body, **headers).article
    assert article is not None
    assert article.title == "Thông báo nghỉ học chiều thứ Sáu"
    assert article.body.startswith("Sinh viên toàn trường được nghỉ học chiều nay, ngày 8 tháng 1.")
    assert is_normalized("NFC", article.title + article.body)


def test_deep_nesting() -> None:
    for element in ("div", "span", "blockquote"):
        deep = f"<{element}>" * 3000 + NOTICE + f"</{element}>" * 3000
        article = run(html(deep)).article
        assert article is not None
        assert article.title == "Thông báo nghỉ học chiều thứ Sáu"


def test_broken_and_deep_linked_data_is_ignored() -> None:
    head = "".join(
        f'<script type="application/ld+json">{text}</script>'
        for text in ("{broken", "[" * 5000, "null", '{"@type": 5, "@graph": 7}', '"x"')
    )
    assert run(html(NOTICE, head)).article is not None


def test_one_article_among_several_in_linked_data_is_the_page_s_own() -> None:
    nodes = [
        {"@type": "NewsArticle", "headline": "Bài khác", "url": "http://127.0.0.1:1/bai/2.html"},
        {"@type": "NewsArticle", "headline": "Bài này", "url": "http://127.0.0.1:1/bai/1.html"},
    ]
    found = page(html("", f'<script type="application/ld+json">{json.dumps(nodes)}</script>'))
    assert collect(parse(found).soup, found.url).linked_data("headline") == "Bài này"


def test_the_site_s_name_as_title_for_machines_is_not_believed() -> None:
    head = '<title>Trường Đại học Thử nghiệm</title><meta property="og:title" content="Trường Đại học Thử nghiệm">'
    found = run(html(NOTICE, head))
    assert found.article is not None
    assert (found.article.title, found.rules["title"]) == ("Thông báo nghỉ học chiều thứ Sáu", "h1")


@pytest.mark.parametrize(
    ("link", "url"),
    [
        ("/Tin/1?utm_source=fb&b=2&a=1#top", "http://127.0.0.1:1/Tin/1?a=1&b=2"),
        ("http://127.0.0.1:1/", "http://127.0.0.1:1/bai/1.html"),  # a template's mistake: one address for all pages
        ("http://elsewhere.example/1", "http://127.0.0.1:1/bai/1.html"),
        ("javascript:void(0)", "http://127.0.0.1:1/bai/1.html"),
    ],
)
def test_the_canonical_address(link: str, url: str) -> None:
    article = run(html(NOTICE, f'<link rel="canonical" href="{link}">')).article
    assert article is not None
    assert (article.url, article.id) == (url, article_id(url))


@pytest.mark.parametrize(
    "foreign",
    [
        '<div class="footer">Cập nhật ngày 01/01/2020. © 2020</div>',
        '<div id="calendar">08/01/2021</div>',
        '<aside><ul><li><a href="/x">Tin khác của trường</a> 07/01/2021</li></ul></aside>',
        "<p>Quyết định được ký tại Hà Nội, ngày 05 tháng 01 năm 2021, có hiệu lực từ ngày ký và thay thế các quyết "
        "định trước đây về cùng nội dung này.</p>",
    ],
)
def test_no_date_from_elsewhere(foreign: str) -> None:
    site = SITE.model_copy(update={"article": "bai"})
    story = "<h1>Một tiêu đề vừa đủ dài</h1><p>Sinh viên toàn trường được nghỉ học chiều nay, theo lịch chung.</p>"
    article = run(html(f"<div>{story}</div>{foreign}"), site).article
    assert article is not None
    assert article.published is None


def test_the_clock_in_the_head_is_no_date_of_publication() -> None:
    clock = "<table><tr><td>Chủ nhật, ngày 10 tháng 1 năm 2021</td></tr></table>"
    article = run(html(clock + f"<div>{NOTICE}</div>")).article
    assert article is not None
    assert article.published == "2021-01-08"


@given(st.binary(max_size=400))
def test_any_bytes_give_an_answer(body: bytes) -> None:
    found = run(body)
    assert (found.article is None) == (found.reason is not None)


if __name__ == "__main__":
    for source in sorted(PAGES.glob("*.html")):
        expected = json.dumps(outcome(source.stem), ensure_ascii=False, indent=1)
        source.with_suffix(".json").write_text(expected + "\n", encoding="utf-8")
