"""Pictures and attached documents of an article, its section and its headline among the names of the site."""

from __future__ import annotations

import pytest
from test_body import MENU, ONE, PICTURE, THREE, TITLE, TWO, article, p
from test_extract import SITE, html, page, run

from crawler.extract import extract, parse

PDF = "application/pdf"
WORD = "application/msword"


@pytest.mark.parametrize(
    ("picture", "path"),
    [
        ('<img src="data:image/gif;base64,R0" data-src="/l/1.jpg">', "/l/1.jpg"),
        ('<img src="/lazy.gif" data-original="/l/1.jpg">', "/l/1.jpg"),
        ('<img src="data:image/gif;base64,R0" data-srcset="/l/300.jpg 300w, /l/900.jpg 900w">', "/l/900.jpg"),
        ('<img srcset="/l/1.jpg, /l/2.jpg 2x">', "/l/2.jpg"),
        ('<picture><source srcset="/l/1.webp"><img src="/l/1.jpg"></picture>', "/l/1.jpg"),
        ('<a href="/l/1-large.jpg"><img src="/l/1.jpg"></a>', "/l/1.jpg"),
        ('<img src="../anh/le%20ra%20mat%20logo.jpg">', None),
        ('<img src="">', None),
        ('<img src="data:image/png;base64,R0">', None),
        ('<img class="emoji" src="/e/1f600.svg">', None),
        ('<img src="/images/facebook.png">', None),
        ('<img src="/images/pdf.gif">', None),
        ('<img src="/x.jpg" width="16" height="16">', None),
        ('<img src="/wp-includes/images/smilies/icon_smile.gif">', None),
        ('<a href="https://elsewhere.example/"><img src="/l/1.jpg"></a>', None),
        ('<div class="related"><img src="/l/1.jpg"></div>', None),
    ],
)
def test_the_address_of_a_picture_or_that_it_is_none_of_the_article(picture: str, path: str | None) -> None:
    urls = [image.url for image in article(p(ONE) + f"<p>{picture}</p>" + p(TWO)).images]
    assert urls == ([f"http://127.0.0.1:1{path}"] if path else [])


def test_pictures_of_other_news_are_not_the_article_s() -> None:
    cards = "".join(f'<li><a href="/k{n}"><img src="/k{n}.jpg">Thông báo số {n} về học phần</a></li>' for n in range(4))
    found = article(p(ONE) + f"<p>{PICTURE}</p>" + p(TWO) + f"<p><b>Tin khác</b></p><ul>{cards}</ul>")
    assert [image.url for image in found.images] == ["http://127.0.0.1:1/anh/1.jpg"]


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ('<a href="/f/ke%20hoach.PDF?v=2">Kế hoạch</a>', ("/f/ke%20hoach.PDF?v=2", "Kế hoạch", PDF)),
        ('<a href="/f/ke%20hoach.pdf"></a>', ("/f/ke%20hoach.pdf", "ke hoach.pdf", PDF)),
        ('<a href="/f/1.doc"><img src="/w.gif"></a><a href="/f/1.doc">Mẫu đơn</a>', ("/f/1.doc", "Mẫu đơn", WORD)),
        ('<a href="/Download.aspx?id=5">Mẫu đơn.doc</a>', ("/Download.aspx?id=5", "Mẫu đơn.doc", WORD)),
        ('<a href="/tin/5.html?download=1&id=0">Tệp</a>', ("/tin/5.html?download=1&id=0", "Tệp", None)),
        (
            '<a href="/LinkClick.aspx?fileticket=9xQ">Danh sách</a>',
            ("/LinkClick.aspx?fileticket=9xQ", "Danh sách", None),
        ),
        ('<a href="/files/7" title="ds.zip">Danh sách</a>', ("/files/7", "Danh sách", "application/zip")),
    ],
)
@pytest.mark.parametrize(
    "place", ["<p>Xem {} và thực hiện.</p>", '<div class="file"><b>Tệp đính kèm:</b><ul><li>{}</li></ul></div>']
)
def test_attachments_are_found_by_address_or_handler(link: str, expected: tuple[str, ...], place: str) -> None:
    (found,) = article(p(ONE, TWO) + place.format(link)).attachments
    assert (found.url.removeprefix("http://127.0.0.1:1"), found.title, found.media_type) == expected


@pytest.mark.parametrize(
    "link",
    [
        '<a href="/download/phan-mem.html">Phần mềm</a>',
        '<a href="/tin/huong-dan-file-doc.html">Hướng dẫn</a>',
        '<a href="/vi/news/savefile/5.html">Lưu bài viết</a>',
        '<a href="javascript:open(1)">Mở tệp.pdf</a>',
    ],
)
def test_links_to_pages_are_no_attachments(link: str) -> None:
    assert article(p(ONE, TWO, f"Sinh viên xem {link} trước khi đến trường.")).attachments == ()


def test_documents_of_other_news_are_not_the_article_s() -> None:
    other = '<a href="/k1">Thông báo nghỉ Tết năm 2020</a> <a href="/f/khac.pdf">Tải về</a>'
    assert article(p(ONE, TWO) + f"<p><b>Các thông báo khác</b></p><ul><li>{other}</li></ul>").attachments == ()


def section_of(way: str, path: str = "tin-tuc/bai-1.html") -> str | None:
    """The category of a page with `way` above the headline."""
    given = page(html(f"{MENU}{way}<div><h1>{TITLE}</h1><i>08/01/2021</i><div>{p(ONE, TWO)}</div></div>"), path=path)
    found = extract(parse(given), given, SITE).article
    assert found is not None
    return found.category


@pytest.mark.parametrize(
    ("way", "category"),
    [
        (
            '<ul class="breadcrumb"><li><a href="/">Trang chủ</a><li><a href="/d">Đào tạo</a><li>Khánh thành…</ul>',
            "Đào tạo",
        ),
        (f'<div class="breadcrumb">Trang chủ » Tuyển sinh » Sau đại học » {TITLE}</div>', "Sau đại học"),
        (
            '<table><tr><td><a href="/">Trang chủ</a> &gt;&gt; <a href="/x?c=4">Sinh viên</a></td></tr></table>',
            "Sinh viên",
        ),
        ('<div>Bạn đang ở: <a href="/">Trang chủ</a> / <a href="/x">Hợp tác</a></div>', "Hợp tác"),
        ('<p><a class="cm" href="/ChuyenMuc.aspx?cm=12">Công đoàn</a></p>', "Công đoàn"),
        ("", "Tin hoạt động"),  # the menu's name of the folder in the address
    ],
)
def test_the_section_is_found_on_the_way_to_the_page(way: str, category: str) -> None:
    assert section_of(way) == category


def test_a_bar_of_links_is_no_way_to_the_page() -> None:
    bar = '<p><a href="/">Trang chủ</a> | <a href="/x">Tin tức</a> | <a href="/y">Liên hệ</a></p>'
    assert section_of(bar, "bai-1.html") is None


def test_a_section_named_beside_the_headline() -> None:
    told = '<p>Chuyên mục: <a href="/c/7">Khoa học</a> - Lượt xem: 12</p>'
    assert article(told + p(ONE, TWO)).category == "Khoa học"


@pytest.mark.parametrize(
    "title",
    [
        f"{TITLE} - Trường Đại học Thử nghiệm",
        f"{TITLE} | ĐHTN",
        f"Đại học Thử nghiệm :: {TITLE}",
        f"Tin tức » {TITLE} — Khoa Nông học",
        f"{TITLE} : Tin hoạt động",
        f"Tin hoạt động | {TITLE}",
    ],
)
@pytest.mark.parametrize(
    "shown", ["<h1>{}</h1>", '<h1>Trường Đại học Thử nghiệm</h1><table><tr><td><font size="4"><b>{}</b>', ""]
)
def test_the_headline_is_without_names_of_site_and_section(title: str, shown: str) -> None:
    head = f'<title>{title}</title><meta property="og:title" content="{title}">'
    found = run(
        html(f"{MENU}<div>{shown.format(TITLE)}<p><i>08/01/2021</i></p>{p(ONE, TWO, THREE, ONE, TWO)}</div>", head)
    )
    assert found.article is not None, found.reason
    assert found.article.title == TITLE


def test_the_headline_is_as_written_and_whole() -> None:
    head = f'<title>{TITLE.upper()}</title><meta property="og:title" content="{TITLE} – Trường Đại học Thử nghiệm">'
    shown = f'<h1 style="text-transform: uppercase">{TITLE}</h1>'
    found = run(html(f"{shown}<i>08/01/2021</i><div>{p(ONE, TWO)}</div>", head))
    assert found.article is not None
    assert found.article.title == TITLE
    cut = run(
        html(
            f"<h1>{TITLE[:20]}...</h1><i>08/01/2021</i><div>{p(ONE, TWO)}</div>",
            head.replace(" – Trường Đại học Thử nghiệm", ""),
        )
    )
    assert cut.article is not None
    assert cut.article.title == TITLE


def test_the_name_of_a_section_as_heading_is_not_the_headline() -> None:
    shown = '<div class="breadcrumb"><a href="/">Trang chủ</a> » <a href="/h">Hoạt động sinh viên</a></div>'
    shown += f"<h1>Hoạt động sinh viên</h1><h2>{TITLE}</h2>"
    found = run(html(f"{MENU}<div>{shown}<i>08/01/2021</i><div>{p(ONE, TWO)}</div></div>"))
    assert found.article is not None, found.reason
    assert (found.article.title, found.article.category) == (TITLE, "Hoạt động sinh viên")
