"""Who wrote an article: one row a byline, with the name that it gives, or None where it proves nothing."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.article import VIETNAM, Page
from crawler.extract import byline, extract, main_text, parse
from crawler.extract.candidates import candidates
from crawler.extract.credit import credited
from crawler.extract.metadata import collect
from crawler.extract.name import is_person, shape
from crawler.extract.outline import outline
from crawler.extract.profile import select
from crawler.extract.story import Story
from crawler.extract.title import Title
from crawler.settings import Site

NOW = datetime(2021, 1, 10, 12, 0, tzinfo=VIETNAM)
SITE = Site(name="Trường Đại học Thử nghiệm", start=("http://127.0.0.1:1/",), article="bai").model_copy(
    update={"id": "thu"}
)
HEAD = "<h1>Thông báo nghỉ học chiều thứ Sáu</h1>"
STAMP = "<p>08/01/2021</p>"
TEXT = """<p>Sinh viên toàn trường được nghỉ học chiều nay, theo lịch chung của nhà trường, các lớp học bù sau.</p>
<p>Các lớp học bù vào tuần sau, giờ học không thay đổi so với thời khóa biểu, sinh viên theo dõi bảng tin.</p>"""


def page(inside: str, head: str = "") -> Page:
    text = f'<!DOCTYPE html><html><head><meta charset="utf-8">{head}</head><body>{inside}</body></html>'
    return Page("http://127.0.0.1:1/bai/1.html", NOW, 200, {"content-type": "text/html"}, text.encode())


def author(shown: Page) -> str | None:
    article = extract(parse(shown), shown, SITE).article
    assert article is not None
    return article.author


def story(shown: Page) -> Story:
    soup = parse(shown).soup
    text, told = outline(soup), collect(soup, shown.url)
    title = Title("Thông báo nghỉ học chiều thứ Sáu", "h1", 1)
    body = main_text(text, select(soup, SITE, NOW), title)
    assert body is not None
    return Story(text, told, title, body, shown.url, NOW, SITE)


LAST_LINES = [
    ("<p>Tác giả: Lan Anh</p>", "Lan Anh"),
    ("<p>Tác giả bài viết: Nguyễn Văn An</p>", "Nguyễn Văn An"),
    ("<p>Người viết: Lan Anh</p>", "Lan Anh"),
    ("<p>Viết bởi Lan Anh</p>", "Lan Anh"),
    ("<p><i>Tin, ảnh: Lan Anh</i></p>", "Lan Anh"),
    ("<p>Tin và ảnh: Lan Anh</p>", "Lan Anh"),
    ("<p>Tin &amp; ảnh: Lan Anh.</p>", "Lan Anh"),
    ("<p>Tin - bài - ảnh: Lan Anh</p>", "Lan Anh"),
    ("<p>Tin bài: ThS. Nguyễn Văn An</p>", "ThS. Nguyễn Văn An"),
    ("<p>Tin, bài, ảnh: TT Truyền thông</p>", "TT Truyền thông"),
    ("<p>Ảnh và tin: Lan Anh</p>", "Lan Anh"),
    ("<p>(Tin, ảnh: Lan Anh)</p>", "Lan Anh"),
    ("<p>Bài: Lan Anh – Ảnh: Minh Đức</p>", "Lan Anh"),
    ("<p>Tin: Lan Anh; Ảnh: Minh Đức</p>", "Lan Anh"),
    ("<p>Tin: Lan Anh</p><p>Ảnh: Minh Đức</p>", "Lan Anh"),
    ("<p>Tin, ảnh: Lan Anh, Minh Đức</p>", "Lan Anh, Minh Đức"),
    ("<p>Tin, ảnh: Lan Anh - Phòng CTSV</p>", "Lan Anh - Phòng CTSV"),
    ("<p>Tin, ảnh: CTSV</p>", "CTSV"),
    ("<p>Thực hiện: Lan Anh</p>", "Lan Anh"),
    ("<p>Nguồn: Nguyễn Văn An</p>", "Nguyễn Văn An"),
    ("<p>Theo Dân trí</p>", "Dân trí"),
    ("<p>(Theo VnExpress)</p>", "VnExpress"),
    ("<p>Theo báo Tuổi Trẻ</p>", "báo Tuổi Trẻ"),
    ("<p>(Theo báo Nhân dân)</p>", "báo Nhân dân"),
    ("<p>Theo Báo Bắc Sơn</p>", "Báo Bắc Sơn"),
    ("<p>Theo báo cáo của nhà trường</p>", None),
    ('<p align="right"><b>Lan Anh - Minh Đức</b></p>', "Lan Anh - Minh Đức"),
    ('<table><tr><td align="right"><b>Lan Anh - Minh Đức</b></td></tr></table>', "Lan Anh - Minh Đức"),
    ("<p>Theo chinhphu.vn</p>", None),
    ("<p>Lan Anh (tổng hợp)</p>", "Lan Anh"),
    ("<p>Lan Anh (t/h)</p>", "Lan Anh"),
    ("<p>Lan Anh (Theo AFP)</p>", "Lan Anh"),
    ("<p>(Lan Anh)</p>", "Lan Anh"),
    ("<p><strong>Nguyễn Văn A</strong></p>", "Nguyễn Văn A"),
    ("<p><b>NGUYỄN VĂN AN</b></p>", "NGUYỄN VĂN AN"),
    ("<p><em>Lan Anh</em></p>", "Lan Anh"),
    ('<p style="text-align: right">Lan Anh</p>', "Lan Anh"),
    ('<p align="right"><b>Lan Anh</b></p>', "Lan Anh"),
    ('<p class="has-text-align-right">Lan Anh – Minh Đức</p>', "Lan Anh – Minh Đức"),
    ('<p align="right">P.V</p>', "P.V"),
    ("<p><b>PV</b></p>", "PV"),
    ("<p><i>N.T.A.</i></p>", "N.T.A."),
    ("<p><b>Phòng CTSV</b></p>", "Phòng CTSV"),
    ("<p><b>PHÒNG CÔNG TÁC SINH VIÊN</b></p>", "PHÒNG CÔNG TÁC SINH VIÊN"),
    ("<p><b>Khoa Công nghệ thông tin</b></p>", "Khoa Công nghệ thông tin"),
    ("<p><b>Lan Anh</b></p><p>Nguồn: Dân trí</p>", "Lan Anh"),
    ("<p><b>Lan Anh</b></p><p>Ảnh: Minh Đức</p>", "Lan Anh"),
]

NOBODY = [
    "<p>Lan Anh</p>",
    '<p align="center">Lan Anh</p>',
    "<p>Tác giả: Admin</p>",
    "<p>Đăng bởi Super User</p>",
    "<p>Posted by System Account</p>",
    "<p>Người đăng: phongctsv</p>",
    "<p>Người đăng: lananh@thu.edu.vn</p>",
    "<p>Tác giả: Ban Biên tập</p>",
    "<p>Tác giả: Trường Đại học Thử nghiệm</p>",
    "<p><b>Ban Biên tập</b></p>",
    "<p><b>BAN TỔ CHỨC</b></p>",
    "<p><b>Hội đồng tuyển sinh</b></p>",
    "<p>Ảnh: Minh Đức</p>",
    "<p>Video: Minh Đức</p>",
    "<p>Nguồn: Dân trí</p>",
    "<p>Nguồn: Phòng CTSV</p>",
    "<p>Nguồn: Hà Nội Mới</p>",
    "<p>Tin: Trường thông báo nghỉ học</p>",
    "<p>Bài viết: Hướng dẫn đăng ký môn học</p>",
    "<p>Theo kế hoạch của nhà trường</p>",
    "<p>Theo Quyết định số 15/QĐ-ĐH</p>",
    "<p><b>Trân trọng thông báo</b></p>",
    "<p><b>Trân Trọng Cảm Ơn</b></p>",
    "<p><b>Chúc Mừng Năm Mới</b></p>",
    "<p><b>XIN CHÂN THÀNH CẢM ƠN</b></p>",
    "<p><b>Danh Sách Sinh Viên</b></p>",
    "<p><b>Lan</b></p>",
    "<p><b>Lan Anh đọc thơ</b></p>",
    "<p><b>Lan Anh 2021</b></p>",
    "<p><b>Phòng 305</b></p>",
    "<ul><li><b>Nguyễn Văn An</b></li></ul>",
    "<table><tr><td>1</td><td><b>Nguyễn Văn An</b></td></tr></table>",
    "<blockquote><p>Học, học nữa, học mãi.</p><p><b>Nguyễn Văn An</b></p></blockquote>",
    '<p><img src="a.jpg"></p><p><em>Nguyễn Văn An</em></p>',
    "<p>Danh sách được khen thưởng</p><p><b>Nguyễn Văn An</b></p>",
    "<p><b>HIỆU TRƯỞNG</b></p><p><b>Nguyễn Văn An</b></p>",
    "<p><b>KT. HIỆU TRƯỞNG</b></p><p>(Đã ký)</p><p><b>Nguyễn Văn An</b></p>",
    "<p>Nơi nhận: như trên.</p><p><b>Phòng CTSV</b></p>",
    '<p align="right">Hà Nội, ngày 8 tháng 1 năm 2021</p><p align="right"><b>Nguyễn Văn An</b></p>',
    "<h3>Tin liên quan</h3><p>Tin, ảnh: Lan Anh</p>",
    '<div class="comment"><p>Tác giả: Lan Anh</p></div>',
]

STAMPS = [
    ("<p>Được đăng: 08 Tháng Một 2021 bởi Lan Anh</p>", "Lan Anh"),
    ("<p>Đăng bởi Lan Anh | 08/01/2021</p>", "Lan Anh"),
    ("<p>Đăng bởi Lan Anh lúc 14:30 08/01/2021</p>", "Lan Anh"),
    ("<p>Tác giả: Lan Anh - 08/01/2021</p>", "Lan Anh"),
    ("<p>Người đăng: Lan Anh - Ngày đăng: 08/01/2021</p>", "Lan Anh"),
    ("<p>Tác giả: Hải Đăng, 14:30 08/01/2021</p>", "Hải Đăng"),
    ("<p>Posted on 08/01/2021 by Lan Anh</p>", "Lan Anh"),
    ("<p>By Nguyen Van An</p>", "Nguyen Van An"),
    ("<p>08/01/2021 by admin</p>", None),
    ('<p class="author">Lan Anh</p>', "Lan Anh"),
    ('<p>Bởi <span class="author">Lan Anh</span> trong mục Tin tức</p>', "Lan Anh"),
    ('<p><a rel="author" href="/lan-anh">Lan Anh</a></p>', "Lan Anh"),
    ('<p class="tac-gia">Tác giả: Lan Anh</p>', "Lan Anh"),
    ('<p class="author">admin</p>', None),
    ("<p>Posted on 08/01/2021 by Lan Anh 5,310 views</p>", "Lan Anh"),
    ("<p>Publié le 8 janvier 2021 à 9h30 | Par Claire Vasseur</p>", "Claire Vasseur"),
    ("<p>发布时间:2021年1月8日 10:20 作者:陈秋河 点击:[1586]</p>", "陈秋河"),
    ("<p>Ngày đăng: 08/01/2021 Tác giả: Lan Anh Lượt xem: 5</p>", "Lan Anh"),
    ("<p>08/01/2021 | Người đăng: Lan Anh | 5 lượt xem</p>", "Lan Anh"),
    ("<p>Lan Anh · 08/01/2021 · 4 phút đọc</p>", "Lan Anh"),
    ("<div><span>Lan Anh</span><span>08/01/2021</span><span>318</span></div>", "Lan Anh"),
    ("<div><time>8/1/2021</time><span class='author'>Nguyễn Thị Lan</span></div>", "Nguyễn Thị Lan"),
    ("<div class='author'><time>8/1/2021</time><span>Nguyễn Thị Lan</span></div>", "Nguyễn Thị Lan"),
    ("<div class='author'><span>Nguyễn Thị Lan</span><time>8/1/2021</time></div>", "Nguyễn Thị Lan"),
    ("<div class='author'>08/01/2021</div>", None),
    (
        "<div><div class='author-by'>By</div> <a href='/a/1'>Lan Anh</a><div class='author-line'> - </div></div>",
        "Lan Anh",
    ),
    ("<p><span class='author-label'>Tác giả:</span> <a href='/a/1'>Lan Anh</a></p>", "Lan Anh"),
    ("<p><span class='author'>Bởi</span></p>", None),
    ("<p>Bởi Lan Anh, Th 6, 08/01/2021 - 14:05</p>", "Lan Anh"),
    ("<p>Submitted by Lan Anh on Fri, 01/08/2020 - 14:05</p>", "Lan Anh"),
    ("<p>Bởi Vì Sao, 08/01/2021</p>", "Vì Sao"),
    ("<p>Bởi vậy, từ 08/01/2021 trường đóng cửa</p>", None),
    ("<p>By the end of the week</p>", None),
    ("<p>Tin của Trường, <b typeof='schema:Person' property='schema:name'>Lan Anh</b>, 8/1/2021</p>", "Lan Anh"),
    ("<p>Tin của <b typeof='schema:Organization' property='schema:name'>Lan Anh</b>, 8/1/2021</p>", None),
    ("<p>Lạng Sơn | 08/01/2021</p>", None),
    ("<p>Phòng Đào tạo | 08/01/2021</p>", None),
    ("<p>Đời Sống | 08/01/2021</p><p><a href='/doi-song'>Đời sống</a></p>", None),
    ("<p><a href='/doi-song'>Góc Nhìn</a> | 08/01/2021</p>", None),
    ("<p>Lan Anh | Minh Đức</p>", None),
]

TOLD = [
    ('<meta name="author" content="Lan Anh">', "Lan Anh"),
    ('<meta name="author" content="Đại học Thử nghiệm">', None),
    ('<meta name="author" content="127.0.0.1">', None),
    ('<script type="application/ld+json">{"@type":"Article","author":{"name":"Lan Anh"}}</script>', "Lan Anh"),
    ('<script type="application/ld+json">{"@type":"Article","author":[{"name":"admin"}]}</script>', None),
]


@pytest.mark.parametrize(("last", "name"), LAST_LINES)
def test_the_last_line_of_the_text(last: str, name: str | None) -> None:
    assert author(page(f"<div>{HEAD}{STAMP}<div>{TEXT}{last}</div></div>")) == name


@pytest.mark.parametrize(("last", "name"), [row for row in LAST_LINES if "Tin" in row[0] or "Tác giả" in row[0]])
def test_a_byline_below_the_text(last: str, name: str | None) -> None:
    assert author(page(f"<div>{HEAD}{STAMP}<div>{TEXT}</div><div>{last}</div></div>")) == name


@pytest.mark.parametrize("last", NOBODY)
def test_no_author(last: str) -> None:
    assert author(page(f"<div>{HEAD}{STAMP}<div>{TEXT}{last}</div></div>")) is None


@pytest.mark.parametrize(("stamp", "name"), STAMPS)
def test_beside_the_headline(stamp: str, name: str | None) -> None:
    assert author(page(f"<div>{HEAD}{stamp}<div>{TEXT}</div></div>")) == name


@pytest.mark.parametrize(("head", "name"), TOLD)
def test_what_machines_are_told(head: str, name: str | None) -> None:
    assert author(page(f"<div>{HEAD}{STAMP}<div>{TEXT}</div></div>", head)) == name


def test_a_name_in_bold_text_that_is_all_bold_proves_nothing() -> None:
    bold = TEXT.replace("<p>", "<p><b>").replace("</p>", "</b></p>")
    assert author(page(f"<div>{HEAD}{STAMP}<div>{bold}<p><b>Lan Anh</b></p></div></div>")) is None


@pytest.mark.parametrize(
    ("last", "count"),
    [
        ("<p>Tin, ảnh: Lan Anh</p>", 1),
        ("<p><b>Lan Anh</b></p><p>Nguồn: Dân trí</p>", 2),
        ("<p>Ảnh: Lan Anh</p>", 1),
        ("<p>Ảnh: sinh viên nhập học</p>", 0),
        ("<p>Lan Anh</p>", 0),
        ("<p><b>HIỆU TRƯỞNG</b></p><p><b>Nguyễn Văn An</b></p>", 0),
    ],
)
def test_the_lines_that_are_no_part_of_the_text(last: str, count: int) -> None:
    known = story(page(f"<div>{HEAD}{STAMP}<div>{TEXT}{last}</div></div>"))
    assert [known.text.lines[index].text for index in sorted(byline.lines(known))] == [
        line.text for line in known.text.lines[len(known.text.lines) - count :]
    ]


PICTURES = "".join(f"<p><img src='/anh/{n}.jpg' width='600' height='400'></p>" for n in range(4))


@pytest.mark.parametrize(
    ("pictures", "last", "name"),
    [
        (PICTURES, "<p>Ảnh: Lan Anh</p>", "Lan Anh"),
        (PICTURES, "<p>Bài: Minh Đức</p><p>Ảnh: Lan Anh</p>", "Minh Đức"),
        (PICTURES, "<p>Ảnh: minh họa</p>", None),
        ("", "<p>Ảnh: Lan Anh</p>", None),
    ],
)
def test_the_photographer_is_the_author_of_a_photo_story(pictures: str, last: str, name: str | None) -> None:
    assert (
        author(page(f"<div>{HEAD}{STAMP}<div>{TEXT}{pictures}<p>Ngày hội đã khép lại.</p>{last}</div></div>")) == name
    )


FORM = """<table><tr><td><h3>Nội dung</h3></td><td><div>{text}</div></td></tr>
<tr><td><h3>Hết hạn</h3></td><td>31/12/2020</td></tr>
<tr><td>Tệp đính kèm</td><td><a href="/mau.doc">mau.doc</a></td></tr>
</table><table><tr><td>{made}</td></tr>
<tr><td>Last modified at 09/01/2021 8:00 AM by <a href="/u">Minh Đức</a></td></tr>
</table>"""


def test_a_form_says_below_who_made_it() -> None:
    made = 'Created at 08/01/2021 2:05 PM by <a href="/u">Nguyễn Thị Phương Thảo</a>'
    assert author(page(HEAD + FORM.format(text=TEXT, made=made))) == "Nguyễn Thị Phương Thảo"
    assert author(page(HEAD + FORM.format(text=TEXT, made="Created at 08/01/2021 2:05 PM"))) is None


def test_why_a_name_is_not_taken() -> None:
    shown = page(f"<div>{HEAD}<p class='author'>phongctsv</p>{STAMP}<div>{TEXT}<p>Tác giả: Admin</p></div></div>")
    refused = {one.value: one.refused for one in candidates(parse(shown), shown, SITE)["author"]}
    assert refused == {"phongctsv": "the name of an account, not of a person", "Admin": "nobody's name"}


@pytest.mark.parametrize(
    ("name", "fits", "person"),
    [
        ("Nguyễn Văn An", True, True),
        ("PGS.TS. Nguyễn Văn An", True, True),
        ("Lan Anh", True, False),
        ("Phòng Công tác sinh viên", True, False),
        ("Phòng họp", False, False),
        ("P.V", True, False),
        ("hội thảo", False, False),
        ("Nguyễn Văn An phát biểu", False, False),
        ("Lan", False, False),
        ("", False, False),
    ],
)
def test_the_shape_of_a_name(name: str, fits: bool, person: bool) -> None:
    assert (shape(name), is_person(name)) == (fits, person)


PIECES = ["Tin", "ảnh", "bài", ",", "và", ":", "Theo", "Nguồn", "Lan Anh", "admin", "(", ")", "–", "bởi", "tổng hợp"]


@given(st.lists(st.sampled_from(PIECES), max_size=30).map(" ".join) | st.text(max_size=120))
def test_any_line_credits_a_name_or_nobody(text: str) -> None:
    name = credited(text)
    assert name is None or (0 < len(name) <= len(text) and name == name.strip())


@settings(max_examples=50)
@given(st.lists(st.sampled_from([*(row[0] for row in LAST_LINES), *NOBODY]), max_size=4).map("".join))
def test_any_page_has_an_author_with_a_name_or_none(last: str) -> None:
    shown = page(f"<div>{HEAD}{STAMP}<div>{TEXT}{last}</div></div>")
    article = extract(parse(shown), shown, SITE).article
    assert article is None or article.author is None or article.author.strip(" :,") == article.author
