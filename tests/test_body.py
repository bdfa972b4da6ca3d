"""The text of an article: paragraphs, lists, tables and captions, and what of a template is left out of it."""

from __future__ import annotations

import pytest
from test_extract import html, run

from crawler.article import Article

TITLE = "Khánh thành thư viện mới của nhà trường"
ONE = "Sáng 8/1, Trường Đại học Thử nghiệm khánh thành thư viện mới, với sự có mặt của hơn 300 cán bộ, sinh viên."
TWO = "Thư viện có ba tầng, 40.000 đầu sách và 200 chỗ ngồi, mở cửa từ 7 giờ sáng đến 9 giờ tối, cả Chủ nhật."
THREE = "Hiệu trưởng mong sinh viên giữ gìn sách vở như của chính mình, để nhiều khóa sau còn được dùng."
MENU = '<div id="menu"><ul><li><a href="/">Trang chủ</a></li><li><a href="/tin-tuc">Tin hoạt động</a></li></ul></div>'
ASIDE = """<div class="col-md-4"><h3>Tin nổi bật</h3><ul><li><a href="/a1.html">Khai mạc giải bóng đá sinh viên toàn
trường năm 2021</a></li><li><a href="/a2.html">Thông báo nghỉ Tết</a></li></ul></div>"""
FOOT = '<div id="footer"><p>Trường Đại học Thử nghiệm, 12 phố Huế, Hà Nội. Điện thoại: 024.123456</p></div>'
PICTURE = '<img src="/anh/1.jpg" width="600">'


def p(*texts: str) -> str:
    return "".join(f"<p>{text}</p>" for text in texts)


def article(inside: str, head: str = f"<title>{TITLE}</title>") -> Article:
    """The article of a page with a menu, a column of other news and a footer around `inside`."""
    main = f'<h1>{TITLE}</h1><p class="ngay">08/01/2021 14:30</p><div class="detail">{inside}</div>'
    found = run(html(f'{MENU}<div class="row"><div class="col-md-8">{main}</div>{ASIDE}</div>{FOOT}', head))
    assert found.article is not None, found.reason
    return found.article


@pytest.mark.parametrize(
    ("inside", "body"),
    [
        (f"{ONE}<br><br>{TWO}<br />\n<br />{THREE}", [ONE, TWO, THREE]),
        (f"<table><tr><td>{ONE}<br><br>{TWO}</td></tr></table>", [ONE, TWO]),
        (f"<div>{ONE}</div><div>{TWO}</div>", [ONE, TWO]),
        (p(ONE) + "<ul><li>Thẻ sinh viên còn hạn</li></ul>", [ONE, "Thẻ sinh viên còn hạn"]),
        (
            p(ONE) + "<ul><li>Thẻ sinh viên<li>Ảnh 3x4<ul><li>hai tấm</ul></ul>" + p(TWO),
            [ONE, "Thẻ sinh viên", "Ảnh 3x4", "hai tấm", TWO],
        ),
        (
            p(ONE, "·&nbsp; Thẻ sinh viên còn hạn;", "\uf0b7 Ảnh 3x4.", TWO),
            [ONE, "Thẻ sinh viên còn hạn;", "Ảnh 3x4.", TWO],
        ),
        (
            p(ONE) + "<table><tr><td><p>STT</p></td><td><p>Nội dung</p></td></tr>"
            "<tr><td><p>1</p></td><td><p>Đăng ký thẻ</p><p>(trực tuyến)</p></td></tr></table>" + p(TWO),
            [ONE, "STT | Nội dung", "1 | Đăng ký thẻ (trực tuyến)", TWO],
        ),
        (
            f"<table><tr><td>{p(ONE, THREE)}</td><td>{p(TWO, TWO, TWO, TWO)}</td></tr></table>",
            [ONE, THREE, TWO, TWO, TWO, TWO],
        ),
        (p(ONE, THREE) + f"<html><head><title>Bản Word</title></head><body>{p(TWO)}</body></html>", [ONE, THREE, TWO]),
    ],
)
def test_paragraphs_lists_and_tables_are_readable_lines(inside: str, body: list[str]) -> None:
    assert article(inside).body.split("\n") == body


@pytest.mark.parametrize(
    "furniture",
    [
        "<p>Lượt xem: 1.234</p>",
        "<p>Đã xem 57 lần</p>",
        '<p><a href="javascript:print()">In bài viết</a></p>',
        '<p>Bản in <a href="/mail/1">Gửi mail</a></p>',
        '<div class="addthis">Chia sẻ: Facebook Zalo</div>',
        "<div><span>Imprimer | Envoyer à un ami | Haut de page</span></div>",
        "<p>Bạn cần đăng nhập để gửi bình luận</p>",
        "<p><b>Tin liên quan:</b></p><ul><li><a href='/b1'>Hội nghị tổng kết công tác thư viện năm 2020</a></li></ul>",
        '<p>&gt;&gt; Xem thêm: <a href="/b1">Hội nghị tổng kết công tác thư viện năm 2020</a></p>',
        '<p><a href="/b0">« Hội nghị tổng kết năm học</a> <a href="/b2">Thông báo nghỉ Tết Nguyên đán »</a></p>',
        "<h3>Bình luận</h3><div><b>An</b><p>Thư viện đẹp quá, mong mở cửa thêm buổi tối cho sinh viên.</p></div>",
        '<form><p class="rate">Tổng số điểm của bài viết là: 0 trong 0 đánh giá</p><input value="Gửi"></form>',
        '<p class="tags">Tags: <a href="/tag/thu-vien">thư viện</a></p>',
    ],
)
def test_what_belongs_to_the_template_is_left_out_behind_the_text_and_in_it(furniture: str) -> None:
    assert article(p(ONE, TWO) + furniture).body.split("\n") == [ONE, TWO]
    if "<h3>" not in furniture:
        assert article(f"<div>{p(ONE)}{furniture}</div>{p(TWO, THREE)}").body.split("\n")[-2:] == [TWO, THREE]


def test_other_news_in_cards_with_a_text_each_are_left_out() -> None:
    cards = "".join(
        f'<div class="card"><h4><a href="/k{n}">Thông báo số {n} về đăng ký học phần</a></h4><p>{THREE}</p>'
        f'<a href="/k{n}">Đọc thêm »</a></div>'
        for n in range(6)
    )
    assert article(p(ONE, TWO) + f"<div><h3>Tin tức khác</h3><div>{cards}</div></div>").body.split("\n") == [ONE, TWO]


def test_an_article_of_one_sentence_above_a_long_list_of_other_news() -> None:
    links = "".join(
        f'<li><a href="/k{n}">Thông báo số {n} về việc đăng ký học phần học kỳ hai</a></li>' for n in range(9)
    )
    told = "Ngày mai, 9/1, thư viện đóng cửa cả ngày."
    assert article(p(told) + f"<div><b>Các tin khác</b><ul>{links}</ul></div>").body == told


def test_sections_of_a_page_builder_are_one_text() -> None:
    def section(inside: str) -> str:
        column = '<div class="elementor-column elementor-top-column"><div class="elementor-widget">'
        return f'<section class="elementor-section elementor-top">{column}<div>{inside}</div></div></div></section>'

    built = section(p(ONE, TWO)) + section("<h2>Giờ mở cửa</h2><ul><li>Thứ Hai đến thứ Sáu: 7 giờ</li></ul>")
    assert article(f'<div class="elementor">{built}</div>').body.split("\n") == [
        ONE,
        TWO,
        "Giờ mở cửa",
        "Thứ Hai đến thứ Sáu: 7 giờ",
    ]


def test_the_byline_is_the_author_and_no_part_of_the_text() -> None:
    found = article(p(ONE, TWO, "<b>Tin, ảnh: Minh Đức</b>"))
    assert (found.author, found.body.split("\n")) == ("Minh Đức", [ONE, TWO])


@pytest.mark.parametrize(
    ("inside", "lead"),
    [
        (f'<div class="sapo">{ONE}</div>{p(TWO, THREE)}', ONE),
        (f'<h2 class="lead"><b>{ONE}</b></h2><div>{p(TWO, THREE)}</div>', ONE),
        (f"<p><strong>{ONE}</strong></p>{p(TWO, THREE)}", ONE),
        (f"<p>{ONE}</p>{p(*ONE.split(', '), TWO)}", ONE),
        (p(ONE, TWO), None),
    ],
)
def test_the_lead_is_found_and_not_repeated(inside: str, lead: str | None) -> None:
    found = article(inside)
    assert found.lead == lead
    assert (ONE in found.body) == (lead is None)
    assert TWO in found.body


@pytest.mark.parametrize("end", ["", "</body></html>", "</div></div></body>"])
def test_text_after_an_early_end_of_the_page(end: str) -> None:
    page = f"<html><body>{MENU}{end}<div><h1>{TITLE}</h1><i>08/01/2021</i><div>{p(ONE, TWO, THREE)}"
    found = run(page)
    assert found.article is not None, found.reason
    assert found.article.body.split("\n") == [ONE, TWO, THREE]


@pytest.mark.parametrize(
    "caption",
    [
        f"<figure>{PICTURE}<figcaption>Cắt băng khánh thành</figcaption></figure>",
        f'<div class="wp-caption"><a href="/anh/1.jpg">{PICTURE}</a><p class="wp-text">Cắt băng khánh thành</p></div>',
        f"<table><tr><td>{PICTURE}</td></tr><tr><td>Cắt băng khánh thành</td></tr></table>",
        f'<p align="center">{PICTURE}</p><p align="center"><em>Cắt băng khánh thành</em></p>',
        f'<p style="text-align: center">{PICTURE}<br><i>Cắt băng khánh thành</i></p>',
        f'<p class="text-center">{PICTURE}</p><p class="text-center small">Cắt băng khánh thành</p>',
        f"<div>{PICTURE}<div>Cắt băng khánh thành</div></div>",
    ],
)
def test_a_caption_is_its_picture_s_and_no_part_of_the_text(caption: str) -> None:
    found = article(p(ONE) + caption + p(TWO))
    assert found.body.split("\n") == [ONE, TWO]
    assert [(image.url, image.caption) for image in found.images] == [
        ("http://127.0.0.1:1/anh/1.jpg", "Cắt băng khánh thành")
    ]


@pytest.mark.parametrize(
    "text",
    [
        f"<p>{PICTURE}</p><p>Buổi lễ kết thúc lúc 11 giờ.</p>",
        f"<p>{PICTURE}Buổi lễ kết thúc lúc 11 giờ.</p>",
        f"<p>Buổi lễ {PICTURE} kết thúc lúc 11 giờ.</p>",
        f"<p>{PICTURE}</p><p><b>Buổi lễ kết thúc lúc 11 giờ.</b></p>",
    ],
)
def test_a_short_sentence_below_a_picture_is_text(text: str) -> None:
    found = article(p(ONE) + text + p(TWO))
    assert found.body.split("\n") == [ONE, "Buổi lễ kết thúc lúc 11 giờ.", TWO]
    assert [image.caption for image in found.images] == [None]


def test_pictures_in_a_row_have_the_captions_of_the_next_row() -> None:
    rows = (
        '<tr><td><img src="/1.jpg"></td><td><img src="/2.jpg"></td></tr><tr><td>Cổng chính</td><td>Phòng đọc</td></tr>'
        '<tr><td><img src="/3.jpg"></td><td><img src="/4.jpg"></td></tr><tr><td>Kho sách</td><td>Sân sau</td></tr>'
    )
    found = article(p(ONE) + f"<table>{rows}</table>" + p(TWO))
    assert found.body.split("\n") == [ONE, TWO]
    assert [image.caption for image in found.images] == ["Cổng chính", "Phòng đọc", "Kho sách", "Sân sau"]


def test_a_table_of_people_with_their_pictures_is_text() -> None:
    rows = "".join(f'<tr><td><img src="/{n}.jpg"></td><td>PGS.TS. Nguyễn Văn {n}</td></tr>' for n in "ABC")
    found = article(p(ONE) + f"<table>{rows}</table>" + p(TWO))
    assert "PGS.TS. Nguyễn Văn B" in found.body
    assert {image.caption for image in found.images} == {None}


def test_a_page_of_nothing_but_pictures_keeps_its_captions_as_text() -> None:
    shots = "".join(
        f'<p align="center"><img src="/{n}.jpg"></p><p align="center"><em>Hình ảnh số {n} của buổi lễ</em></p>'
        for n in range(1, 4)
    )
    found = article(shots)
    assert found.body.split("\n") == [f"Hình ảnh số {n} của buổi lễ" for n in range(1, 4)]
    assert len(found.images) == 3
