"""Which of the dates on a page is that of publication: one row a page, its date, and the rule that found it or None."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.article import VIETNAM, Page
from crawler.extract import extract, parse
from crawler.extract.candidates import candidates
from crawler.extract.stamp import read
from crawler.settings import Site

NOW = datetime(2021, 1, 10, 12, 0, tzinfo=VIETNAM)
SITE = Site(name="Trường Đại học Thử nghiệm", start=("http://127.0.0.1:1/",), article="bai").model_copy(
    update={"id": "thu"}
)
TITLE = "Thông báo nghỉ học chiều thứ Sáu"
HEAD = f"<h1>{TITLE}</h1>"
TEXT = """<p>Sinh viên toàn trường được nghỉ học chiều nay, theo lịch chung của nhà trường, các lớp học bù sau.</p>
<p>Các lớp học bù vào tuần sau, giờ học không thay đổi so với thời khóa biểu, sinh viên theo dõi bảng tin.</p>"""
BODY = f'<div class="words">{TEXT}</div>'
DAY, NOON = "2021-01-08", "2021-01-08T14:30:00+07:00"
RULE = "text-date"
CHANGED = "text-date:updated"


def page(inside: str, head: str = "", path: str = "bai/1.html", now: datetime = NOW) -> Page:
    text = f'<!DOCTYPE html><html><head><meta charset="utf-8">{head}</head><body>{inside}</body></html>'
    return Page(f"http://127.0.0.1:1/{path}", now, 200, {"content-type": "text/html"}, text.encode())


def found(shown: Page) -> tuple[str | None, str | None]:
    article = extract(parse(shown), shown, SITE).article
    assert article is not None
    return article.published, article.published_source


BETWEEN = [
    ("<p>Thứ Sáu, 08/01/2021</p>", DAY, RULE),
    ("<p>T6, 08/01/2021</p>", DAY, RULE),
    ("<p>(08/01/2021)</p>", DAY, RULE),
    ("<p>14:30 | 08.01.2021</p>", NOON, RULE),
    ("<p>8/1/2021 - 14:30</p>", NOON, RULE),
    ("<p>Ngày đăng: 08/01/2021 - Lượt xem: 318</p>", DAY, RULE),
    ("<p>Lượt xem: 1.532 - Ngày 08/01/2021</p>", DAY, RULE),
    ("<p>08/01/2021 14:30 Lượt xem: 1532</p>", NOON, RULE),
    ("<p>08/01/2021 1.532 lượt xem</p>", DAY, RULE),
    ("<p>Tin tức | 08/01/2021 14:30 | Lượt xem: 1532</p>", NOON, RULE),
    ('<p><a href="/tin">Tin tức</a> 08/01/2021 14:30</p>', NOON, RULE),
    ("<p>Được đăng: 08 Tháng Một 2021 bởi Lan Anh</p>", DAY, RULE),
    ("<p>Đăng bởi admin vào 08/01/2021</p>", DAY, RULE),
    ("<p>Đăng bởi Lan Anh lúc 14:30 08/01/2021</p>", NOON, RULE),
    ("<p>Lan Anh - 08/01/2021</p>", DAY, RULE),
    ("<p>Tác giả: Lan Anh 08/01/2021</p>", DAY, RULE),
    ("<p>Posted on January 8, 2021 by admin</p>", DAY, RULE),
    ("<p>Created at 8/1/2021 2:30 PM by System Account</p>", NOON, RULE),
    ("<table><tr><td>Ngày đăng</td><td>08/01/2021</td></tr></table>", DAY, RULE),
    ("<dl><dt>Ngày đăng:</dt><dd>08/01/2021</dd></dl>", DAY, RULE),
    ("<p>Ngày tạo: 08/01/2021 | Cập nhật: 09/01/2021</p>", DAY, RULE),
    ("<p>Cập nhật: 09/01/2021</p><p>Ngày tạo: 08/01/2021</p>", DAY, RULE),
    ("<p>08/01/2021</p><p>Cập nhật: 09/01/2021 08:00</p>", DAY, RULE),
    ("<p>Ngày đăng: 08/01/2021 (hạn nộp: 09/01/2021)</p>", DAY, RULE),
    ("<p>Cập nhật lần cuối: 14:30 08/01/2021</p>", NOON, CHANGED),
    ("<p>Cập nhật lúc 14:30, ngày 08/01/2021</p>", NOON, CHANGED),
    ("<p>Last modified by Lan Anh on 08/01/2021</p>", DAY, CHANGED),
    ('<p><span class="date">2 ngày trước</span></p>', DAY, "class:date"),
    ('<span class="date" data-timestamp="1610091000">2 ngày trước</span>', NOON, "class:date"),
    ('<span class="time" data-time="1610091000000">hôm kia</span>', NOON, "class:time"),
    ('<span class="tin" data-time="1610091000000">xem</span>', None, None),  # nothing says that this is a time
    ('<abbr class="published" title="2021-01-08T14:30:00+0700">8 thg 1</abbr>', NOON, "class:published"),
    ('<p><time datetime="2021-01-08T14:30:00+07:00">8 thg 1</time></p>', NOON, "time"),
    ('<p>Lan Anh, <time datetime="08/01/2021 14:30">thứ Sáu</time></p>', NOON, "time"),
    ("<p><time>08/01/2021</time></p>", DAY, "time"),
    ('<time class="entry-date updated" datetime="2021-01-08T14:30+07:00">8 Th1</time>', NOON, "time"),
    ('<time class="updated" datetime="2021-01-09">9 Th1</time><time datetime="2021-01-08">8 Th1</time>', DAY, "time"),
    ('<time class="updated" datetime="2021-01-08">8 Th1</time>', DAY, "time:updated"),
    ('<div class="post-meta">admin <span>08/01/2021</span> Tin tức 5 bình luận</div>', DAY, "class:meta"),
    ('<div class="post-meta">Tin sinh viên - Nghiên cứu khoa học 08/01/2021</div>', DAY, "class:meta"),
    ("<p>Nghiên cứu khoa học Đăng ngày: 08/01/2021</p>", DAY, RULE),
    ('<p><span class="date">08/01/2021</span><span class="views">1532</span></p>', DAY, "class:date"),
    ("<p><i></i>Thứ Sáu, 08/01/2021 <i></i> 1.532</p>", DAY, RULE),
    ('<div class="date">Thứ Sáu<br>08/01/2021</div>', DAY, "class:date"),
    ('<div class="ngay"><b>08</b> <i>Tháng 1</i> <u>2021</u></div>', DAY, "class:ngay"),
    ('<p>14:30 <span class="date">08/01/2021</span></p>', NOON, "class:date"),
    ("<p>Thảo Nguyên·8 tháng 1, 2021 lúc 14:30·4 phút đọc</p>", NOON, RULE),
    ("<p>08/01/2021 | Người đăng: Lan Anh</p>", DAY, RULE),
    ("<p>8 janvier 2021 | Par Claire Vasseur</p>", DAY, RULE),
    ("<p>Publié le vendredi 8 janvier 2021 à 14h30 par Claire Vasseur</p>", NOON, RULE),
    ("<p>发布时间:2021年1月8日 14:30&nbsp;&nbsp;作者:陈秋河&nbsp;&nbsp;点击:[1586]</p>", NOON, RULE),
    ("<p>掲載日:2021年1月8日(金)</p>", DAY, RULE),
    ("<p>更新时间:2021年1月8日</p>", DAY, CHANGED),
    ("<p><span><i></i> Hôm kia</span><span><i></i> 15.204</span></p>", DAY, RULE),
    ("<p><time>8/1/2021</time><span>Nguyễn Thị Lan</span></p>", DAY, "time"),
    ("<p><span>08/01/2021</span><span>Phòng Công tác sinh viên</span></p>", DAY, RULE),
    ("<ul class='post-info'><li>08/01/2021</li><li>2:30 chiều</li></ul>", NOON, RULE),
    ("<ul><li><time>08/01/2021</time></li><li><time>14:30</time></li><li>Tin tức</li></ul>", NOON, "time"),
    ("<ul><li>14:30</li><li>08/01/2021</li></ul>", NOON, RULE),
    ("<ul><li>08/01/2021</li><li>14:30 - 16:30</li></ul>", DAY, RULE),
    ('<p itemprop="datePublished">08/01/2021</p><p itemprop="datePublished">Mới</p>', DAY, "microdata"),
]

REFUSED = [
    "<p>Hà Nội, ngày 8 tháng 1 năm 2021</p>",
    "<p>Số: 15/TB-ĐH, ngày 08/01/2021</p>",
    '<p class="sapo">Sáng 8/1/2021, Trường tổ chức lễ khai giảng.</p>',
    "<p>Ngày 08/01/2021, trường họp hội đồng.</p>",
    "<p>Lễ khai giảng 08/01/2021</p>",
    "<p>Hạn nộp: 08/01/2021</p>",
    "<p>Hạn gửi bài: 08/01/2021</p>",
    "<p>Ngày đăng ký: 08/01/2021</p>",
    "<p>Thời gian: 14h30 ngày 08/01/2021</p>",
    "<p>08/01/2021 tại Hội trường A2</p>",
    "<p>05/01/2021 - 08/01/2021</p>",
    "<p>Ngày thi: 08/01/2021</p>",
    "<p>Họp ngày 08/01/2021</p>",
    '<p class="date">Sáng ngày 08/01/2021</p>',
    "<p>Từ ngày 05/01/2021 đến 08/01/2021</p>",
    "<p>5 - 8/1/2021</p>",
    "<p>Lượt truy cập từ 01/01/2020: 15.320</p>",
    "<p>Hôm nay: 153 lượt xem</p>",
    "<p>Hôm qua <b>1.021</b></p>",
    "<p><b>Hôm qua</b> <i>1.021</i></p>",
    "<p><b>08/01/2021</b> <i>Lễ khai giảng</i></p>",
    "<p>Jusqu'au 8 janvier 2021</p>",
    "<p>报名截止:2021年1月8日</p>",
    "<div><span>Hạn nộp</span><span>08/01/2021</span></div>",
    "<div><span>Đời sống</span><span>Hết hạn:</span><span>08/01/2021</span></div>",
    "<p>© 2020. Cập nhật ngày 08/01/2021</p>",
    "<p>Điện thoại: 024.3858.4615, ngày đăng 08/01/2021</p>",
    "<p>Ngày đăng: 13/13/2020</p>",
    "<p>Ngày đăng: 11/01/2021</p>",
    "<p>8 Th1</p>",
    "<p>Tháng 1/2021</p>",
    "<p>10/12/20</p>",
    "<table><tr><td>Hạn nộp hồ sơ</td><td>08/01/2021</td></tr></table>",
    '<p>Bắt đầu: <time datetime="2021-01-08">thứ Sáu</time></p>',
    '<span class="event-date">08/01/2021</span>',
    '<div class="deadline"><span class="date">08/01/2021</span></div>',
    '<div class="calendar"><span class="date">08/01/2021</span></div>',
    '<div id="thoi-tiet"><p>Hà Nội 18°C</p><p class="date">08/01/2021</p></div>',
    '<div class="countdown"><time datetime="2021-01-08">x</time></div>',
    '<form class="tim"><input><p class="date">08/01/2021</p></form>',
    '<div style="display:none"><p class="date">08/01/2021</p></div>',
    '<ul class="tin-lien-quan"><li class="date">08/01/2021</li></ul>',
    '<h2><a href="/x">Một bài khác của trường</a></h2><p><time datetime="2021-01-08">x</time></p>',
    '<p><a href="/x">Một bài khác của trường hôm ấy</a> 08/01/2021</p>',
]

BELOW = [
    ("<p>Ngày đăng: 08/01/2021</p>", DAY, RULE),
    ("<p>Đăng lúc 14:30, 08/01/2021</p>", NOON, RULE),
    ("<p>Cập nhật: 08/01/2021</p>", DAY, CHANGED),
    ('<p class="ngay-dang">08/01/2021</p>', DAY, "class:ngay"),
    ('<footer><time datetime="2021-01-08T14:30:00+07:00">x</time></footer>', None, None),
    ("<p>08/01/2021</p>", None, None),
    ("<p>Hạn nộp hồ sơ: 08/01/2021</p>", None, None),
    ("<p>Ngày thi: 08/01/2021</p>", None, None),
    ('<h3>Bình luận</h3><p>Đăng lúc 09/01/2021</p><p class="date">09/01/2021</p>', None, None),
    ('<p>Tin liên quan</p><p><span class="date">07/01/2021</span></p>', None, None),
    ('<p><a href="/x">Một bài khác của trường</a></p><p><span class="date">07/01/2021</span></p>', None, None),
    ('<div class="chan">Bản quyền thuộc về Nhà trường. Cập nhật: 08/01/2021</div>', None, None),
    ('<div id="phan-hoi"><p>Hay quá!</p><p class="date">09/01/2021</p></div>', None, None),
    ('<div class="reply"><time datetime="2021-01-09">x</time></div>', None, None),
]

FORM = """<table><tr><td><h3>Nội dung</h3></td><td><div>{text}</div></td></tr>
<tr><td><h3>Hết hạn</h3></td><td class="date">05/01/2021</td></tr>
<tr><td>Tệp đính kèm</td><td><a href="/mau.doc">mau.doc</a></td></tr>
<tr><td>Phòng</td><td>304</td></tr></table><table>{made}</table>"""
MADE = [
    ("<tr><td>Created at 8/1/2021 2:30 PM by <a href='/u'>Nguyễn Thị Phương Thảo</a></td></tr>", NOON, RULE),
    ("<tr><td>Được tạo lúc 8/1/2021 2:30 CH bởi Lan Anh</td></tr>", NOON, RULE),
    ("<tr><td>Last modified at 8/1/2021 2:30 PM by <a href='/u'>System Account</a></td></tr>", NOON, CHANGED),
    ("<tr><td>8/1/2021 2:30 PM</td></tr>", None, None),
    ("<tr><td><h3>Tin khác</h3></td></tr><tr><td>Được tạo lúc 8/1/2021</td></tr>", None, None),
    ("<tr><td><a href='/2'>Trường khen thưởng sinh viên</a></td></tr><tr><td>Đăng ngày 8/1/2021</td></tr>", None, None),
]

INSIDE = [
    '<p>Thời gian: <time datetime="2021-01-06">06/01/2021</time></p>',
    "<p>Thời gian: 14h30 ngày 06/01/2021</p>",
    "<p>Từ ngày 05/01/2021 đến 06/01/2021: thi học kỳ.</p>",
    '<p>Buổi lễ diễn ra ngày <time datetime="2021-01-06">6/1/2021</time> tại hội trường.</p>',
    '<div class="event-date">06/01/2021</div>',
]

ADDRESSES = [
    ("bai/2021/01/08/thong-bao.html", DAY),
    ("bai/2021/1/8/thong-bao.html", DAY),
    ("bai/2021-01-08-thong-bao.html", DAY),
    ("bai/20210108-thong-bao.html", DAY),
    ("bai/thong-bao-20210108143012345.htm", DAY),
    ("bai/2021/01/thong-bao.html", None),
    ("bai/2021/01/5-cach-hoc.html", None),
    ("bai/2021/13/08/thong-bao.html", None),
    ("bai/2021/02/08/thong-bao.html", None),  # the future
    ("bai/thong-bao-20210108-lich-thi.html", None),
    ("bai/lich-thi-08-01-2021.html", None),
    ("bai/20210108.html", None),
    ("bai/thong-bao-20210108.html", None),
    ("bai/thong-bao.html?date=2021-01-08", None),
    ("bai/thong-bao.html?d=/2021/01/08/", None),
]

TOLD = [
    ('<meta property="article:published_time" content="2021-01-08T14:30:00+07:00">', NOON, "opengraph"),
    ('<meta property="article:published_time" content="2021-01-08T14:30:00+0700">', NOON, "opengraph"),
    ('<meta name="pubdate" content="08/01/2021 14:30">', NOON, "meta:pubdate"),
    ('<meta name="publish_date" content="08/01/2021">', DAY, "meta:publish_date"),
    ('<meta name="DC.date.issued" content="2021-01-08">', DAY, "meta:dc.date.issued"),
    ('<meta itemprop="datePublished" content="08/01/2021">', DAY, "microdata"),
    (
        '<script type="application/ld+json">{"@type":"NewsArticle","datePublished":"08/01/2021"}</script>',
        DAY,
        "json-ld",
    ),
    (
        '<script type="application/ld+json">{"@type":"Article","dateCreated":"2021-01-08"}</script>',
        DAY,
        "json-ld:dateCreated",
    ),
    ('<script type="application/ld+json">{"@type":"Article","dateModified":"2021-01-08"}</script>', None, None),
    ('<meta property="article:modified_time" content="2021-01-08">', None, None),
    ('<meta property="article:published_time" content="2031-01-08">', None, None),
    ('<meta name="pubdate" content="01/13/2021">', None, None),
    ('<meta name="pubdate" content="1610091000">', None, None),
]


@pytest.mark.parametrize(("stamp", "value", "rule"), BETWEEN)
def test_between_headline_and_text(stamp: str, value: str | None, rule: str | None) -> None:
    assert found(page(f"<div>{HEAD}{stamp}{BODY}</div>")) == (value, rule)


@pytest.mark.parametrize("stamp", REFUSED)
def test_no_date_of_publication(stamp: str) -> None:
    assert found(page(f"<div>{HEAD}{stamp}{BODY}</div>")) == (None, None)


@pytest.mark.parametrize(("stamp", "value", "rule"), BELOW)
def test_below_the_text(stamp: str, value: str | None, rule: str | None) -> None:
    assert found(page(f"<div>{HEAD}{BODY}{stamp}</div>")) == (value, rule)


@pytest.mark.parametrize(("made", "value", "rule"), MADE)
def test_the_last_row_of_a_form(made: str, value: str | None, rule: str | None) -> None:
    assert found(page(HEAD + FORM.format(text=TEXT, made=made))) == (value, rule)


@pytest.mark.parametrize("event", INSIDE)
@pytest.mark.parametrize("stamp", ["<p>Ngày đăng: 08/01/2021</p>", '<span class="date">08/01/2021</span>', ""])
def test_an_event_in_the_text(event: str, stamp: str) -> None:
    for text in (event + TEXT, TEXT + event, TEXT.replace("\n", event)):
        value, _ = found(page(f"<div>{HEAD}{stamp}<div>{text}</div></div>"))
        assert value == (DAY if stamp else None)


@pytest.mark.parametrize(("path", "value"), ADDRESSES)
def test_a_date_in_the_address(path: str, value: str | None) -> None:
    assert found(page(f"<div>{HEAD}{BODY}</div>", path=path)) == (value, "url" if value else None)


@pytest.mark.parametrize(("head", "value", "rule"), TOLD)
def test_what_machines_are_told(head: str, value: str | None, rule: str | None) -> None:
    assert found(page(f"<div>{HEAD}{BODY}</div>", head)) == (value, rule)


def test_a_day_for_machines_gets_the_time_of_that_day_from_the_page() -> None:
    head = '<meta name="pubdate" content="2021-01-08T00:00:00Z">'
    assert found(page(f"<div>{HEAD}<p>14:30 08/01/2021</p>{BODY}</div>", head)) == (NOON, RULE)
    assert found(page(f"<div>{HEAD}<p>14:30 07/01/2021</p>{BODY}</div>", head)) == (DAY, "meta:pubdate")
    assert found(page(f"<div>{HEAD}<p>Cập nhật: 14:30 08/01/2021</p>{BODY}</div>", head)) == (DAY, "meta:pubdate")


def test_the_address_tells_the_day_before_a_change_does() -> None:
    shown = page(f"<div>{HEAD}<p>Cập nhật: 09/01/2021</p>{BODY}</div>", path="bai/2021/01/08/thong-bao.html")
    assert found(shown) == (DAY, "url")


def test_a_clock_above_the_headline() -> None:
    clock = "<div><div><p>Chủ nhật, 10/01/2021 12:00</p></div></div>"
    assert found(page(f"{clock}<div><div>{HEAD}{BODY}</div></div>")) == (None, None)
    assert found(page(f"{clock}<div><div>{HEAD}<p>08/01/2021</p>{BODY}</div></div>")) == (DAY, RULE)


def test_a_date_above_the_headline() -> None:
    assert found(page(f'<div><p class="date">08/01/2021</p>{HEAD}{BODY}</div>')) == (DAY, "class:date")
    assert found(page(f"<div><p>Thứ Sáu, 08/01/2021</p>{HEAD}{BODY}</div>")) == (DAY, RULE)


def test_the_date_in_a_headline_is_an_events() -> None:
    assert found(page(f"<div><h1>Kỷ yếu hội nghị sinh viên nghiên cứu ngày 08/01/2021</h1>{BODY}</div>"))[0] is None


@pytest.mark.parametrize(
    ("shown", "reason"),
    [
        ("<p>Hạn nộp: 08/01/2021</p>", "of an event or a term"),
        ("<p>Hà Nội, ngày 8 tháng 1 năm 2021</p>", "amid other words"),
        ("<p>© Nhà trường, 08/01/2021</p>", "copyright"),
        ('<ul class="tin-khac"><li>08/01/2021</li></ul>', "box of other news"),
    ],
)
def test_why_a_date_is_not_taken(shown: str, reason: str) -> None:
    given_page = page(f"<div>{HEAD}{shown}{BODY}</div>")
    refused = {one.value: one.refused for one in candidates(parse(given_page), given_page, SITE)["published"]}
    assert reason in (refused[DAY] or "")


LINES = st.lists(
    st.sampled_from(
        ["Ngày đăng:", "Cập nhật", "Hạn", "08/01/2021", "14:30", "11/01/2021", "-", "|", "bởi", "Lan Anh", "hôm nay"]
    ),
    max_size=8,
).map(" ".join)


@given(LINES | st.text(max_size=80))
def test_a_line_has_no_date_of_the_future(text: str) -> None:
    for dated in read(text, NOW):
        assert dated.when.day <= "2021-01-10"


@settings(max_examples=50)
@given(st.lists(st.sampled_from([*(row[0] for row in BETWEEN + BELOW), *REFUSED, *INSIDE]), max_size=4).map("".join))
def test_any_page_has_a_date_of_its_own_or_none(stamps: str) -> None:
    shown = page(f"<div>{HEAD}{stamps}{BODY}{stamps}</div>")
    article = extract(parse(shown), shown, SITE).article
    assert article is None or article.published is None or article.published[:10] <= "2021-01-10"
