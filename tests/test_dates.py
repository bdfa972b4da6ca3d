"""Dates as Vietnamese newsrooms write them; every row is a form seen in the wild or one that must not be read."""

from __future__ import annotations

import json
import unicodedata
from datetime import date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.article import VIETNAM
from crawler.dates import EARLIEST, SKEW, Published, epoch, find, is_clock, parse, stamps

NOW = datetime(2021, 1, 10, 12, 0, tzinfo=VIETNAM)
LISTING = Path(__file__).parents[2] / "shared/data/html/hcmus/listing_items.jsonl"

DAYS = [
    ("08/01/2021", "2021-01-08"),
    ("8/1/2021", "2021-01-08"),
    ("08 / 01 / 2021", "2021-01-08"),
    ("08-01-2021", "2021-01-08"),
    ("8.1.2021", "2021-01-08"),
    ("31.12.2020", "2020-12-31"),
    ("Thứ Sáu, 08/01/2021", "2021-01-08"),
    ("Thứ 6, ngày 08/01/2021", "2021-01-08"),
    ("Chủ nhật, 10/01/2021", "2021-01-10"),
    ("CN, 10/01/2021", "2021-01-10"),
    ("Ngày đăng: 08/01/2021", "2021-01-08"),
    ("Cập nhật ngày 08/01/2021", "2021-01-08"),
    ("(08/01/2021)", "2021-01-08"),
    ("ngày 8 tháng 1 năm 2021", "2021-01-08"),
    ("Thứ sáu, ngày 08 tháng 01 năm 2021", "2021-01-08"),
    ("8 tháng 1, 2021", "2021-01-08"),
    ("8 Th1, 2021", "2021-01-08"),
    ("08 Th12 2020", "2020-12-08"),
    ("8 Thg 1, 2021", "2021-01-08"),
    ("8 Tháng Một, 2021", "2021-01-08"),
    ("8 Tháng Mười 2020", "2020-10-08"),
    ("8 Tháng Mười Một 2020", "2020-11-08"),
    ("8 Tháng Mười Hai 2020", "2020-12-08"),
    ("8 tháng năm năm 2020", "2020-05-08"),
    ("8 tháng năm 2020", "2020-05-08"),
    ("Tháng Một 8, 2021", "2021-01-08"),
    ("Tháng Năm 8, 2020", "2020-05-08"),
    ("Th1 8, 2021", "2021-01-08"),
    ("2021-01-08", "2021-01-08"),
    ("2021/01/08", "2021-01-08"),
    ("January 8, 2021", "2021-01-08"),
    ("8 Jan 2021", "2021-01-08"),
    ("8th January, 2021", "2021-01-08"),
    ("Friday, 8 January 2021", "2021-01-08"),
    ("08-Jan-2021", "2021-01-08"),
    ("Sept 8, 2020", "2020-09-08"),
    ("Hôm qua", "2021-01-09"),
    ("hôm nay", "2021-01-10"),
    ("hôm kia", "2021-01-08"),
    ("2 ngày trước", "2021-01-08"),
    ("hai ngày trước", "2021-01-08"),
    ("T6, 08/01/2021", "2021-01-08"),
    ("T.6, 08/01/2021", "2021-01-08"),
    ("Th 6, 08/01/2021", "2021-01-08"),
    ("Thứ-sáu, 08/01/2021", "2021-01-08"),
    ("C.N, 10/01/2021", "2021-01-10"),
    ("Thứ Bẩy 09/01/2021", "2021-01-09"),
    ("08/01/2021 (Thứ Sáu)", "2021-01-08"),
    ("Ngày đăng tin: 08/01/2021", "2021-01-08"),
    ("Được đăng ngày 08/01/2021", "2021-01-08"),
    ("Đã gửi: 08/01/2021", "2021-01-08"),
    ("Posted on 08/01/2021", "2021-01-08"),
    ("Last updated: 8/1/2021", "2021-01-08"),
    ("08 Thg 1 2021", "2021-01-08"),
    ("Thg 1 8, 2021", "2021-01-08"),
    ("Tháng Mười Hai 8, 2020", "2020-12-08"),
    ("8 tháng tư năm 2020", "2020-04-08"),
    ("8 tháng 1 - 2021", "2021-01-08"),
    ("ngày 8 tháng 01/2021", "2021-01-08"),
    ("08. 01. 2021", "2021-01-08"),
    ("08 - 01 - 2021", "2021-01-08"),
    ("０８／０１／２０２１", "2021-01-08"),
    ("8\u200b/1\u2060/2021", "2021-01-08"),
    ("Ngày đăng: 08/01/21", "2021-01-08"),
    ("Thứ Sáu, 08/01/21", "2021-01-08"),
    ("ngày 25/12/99", "1999-12-25"),
    ("08/01/2021 12:00:00 SA", "2021-01-08"),  # .NET writes a day without a time so
    ("8/1/2021 12:00:00 AM", "2021-01-08"),
    ("2021-01-08T00:00:00", "2021-01-08"),
    ("2021-01-08T00:00:00+07:00", "2021-01-08"),
    ("2021-01-08T00:00:00Z", "2021-01-08"),
    ("2021-01-08T00:00:00.000Z", "2021-01-08"),
    ("2021-01-07T17:00:00Z", "2021-01-08"),  # midnight in Vietnam, told in UTC
    ("1 tuần trước", "2021-01-03"),
    ("01/01/1990", "1990-01-01"),
    ("29/02/2020", "2020-02-29"),
    ("8 janvier 2021", "2021-01-08"),
    ("1er mars 2018", "2018-03-01"),
    ("Publié le mercredi 21 mars 2018", "2018-03-21"),
    ("mer. 21 mars 2018", "2018-03-21"),
    ("14 févr. 2018", "2018-02-14"),
    ("15 août 2018", "2018-08-15"),
    ("Freitag, 8. Januar 2021", "2021-01-08"),
    ("12. März 2018", "2018-03-12"),
    ("8 de enero de 2021", "2021-01-08"),
    ("viernes, 8 de enero del 2021", "2021-01-08"),
    ("2021年1月8日", "2021-01-08"),
    ("2021年01月08日 星期五", "2021-01-08"),
    ("2021 年 1 月 8 日", "2021-01-08"),
    ("2021年1月8日(金)", "2021-01-08"),
    ("2021年1月8日（金曜日）", "2021-01-08"),
    ("发布日期:2021年1月8日", "2021-01-08"),
    ("2021년 1월 8일", "2021-01-08"),
]

TIMES = [
    ("Thứ sáu - 08/01/2021 16:45", "2021-01-08T16:45:00+07:00"),
    ("8/1/2021 - 14:30", "2021-01-08T14:30:00+07:00"),
    ("08/01/2021-14:30", "2021-01-08T14:30:00+07:00"),
    ("14:30 | 08.01.2021", "2021-01-08T14:30:00+07:00"),
    ("09:37 24/08/2020", "2020-08-24T09:37:00+07:00"),
    ("08-01-2021 09:15 PM", "2021-01-08T21:15:00+07:00"),
    ("08/01/2021 9:15:30 CH", "2021-01-08T21:15:30+07:00"),
    ("08/01/2021 12:05 SA", "2021-01-08T00:05:00+07:00"),
    ("08/01/2021 12:05 PM", "2021-01-08T12:05:00+07:00"),
    ("14h30 ngày 08/01/2021", "2021-01-08T14:30:00+07:00"),
    ("14 giờ 30 phút, ngày 8 tháng 1 năm 2021", "2021-01-08T14:30:00+07:00"),
    ("Đăng lúc 14:30, Thứ Sáu, 08/01/2021", "2021-01-08T14:30:00+07:00"),
    ("Thứ Sáu, 8/1/2021, 14:30 (GMT+7)", "2021-01-08T14:30:00+07:00"),
    ("08/01/2021 14:30 GMT+7", "2021-01-08T14:30:00+07:00"),
    ("Hôm qua, 14:30", "2021-01-09T14:30:00+07:00"),
    ("Hôm qua lúc 14:30", "2021-01-09T14:30:00+07:00"),
    ("14h30 hôm qua", "2021-01-09T14:30:00+07:00"),
    ("Hôm nay lúc 9h05", "2021-01-10T09:05:00+07:00"),
    ("vừa xong", "2021-01-10T12:00:00+07:00"),
    ("Vài giây trước", "2021-01-10T12:00:00+07:00"),
    ("một giờ trước", "2021-01-10T11:00:00+07:00"),
    ("hai tiếng trước", "2021-01-10T10:00:00+07:00"),
    ("an hour ago", "2021-01-10T11:00:00+07:00"),
    ("14h30 ngày 8-1-2021", "2021-01-08T14:30:00+07:00"),
    ("14g30 08/01/2021", "2021-01-08T14:30:00+07:00"),
    ("14h30' ngày 8/1/2021", "2021-01-08T14:30:00+07:00"),
    ("14h30p ngày 8/1/2021", "2021-01-08T14:30:00+07:00"),
    ("8 giờ ngày 8/1/2021", "2021-01-08T08:00:00+07:00"),
    ("2:30 chiều ngày 8/1/2021", "2021-01-08T14:30:00+07:00"),
    ("8 giờ 15 tối, 8/1/2021", "2021-01-08T20:15:00+07:00"),
    ("08/01/2021 9:15 p.m.", "2021-01-08T21:15:00+07:00"),
    ("9:15 SA 08/01/2021", "2021-01-08T09:15:00+07:00"),
    ("08/01/2021 @ 14:30", "2021-01-08T14:30:00+07:00"),
    ("08/01/2021, lúc 14 giờ 30", "2021-01-08T14:30:00+07:00"),
    ("Thứ Sáu, 08-01-2021 | 14:30 GMT+7", "2021-01-08T14:30:00+07:00"),
    ("Cập nhật lúc 14:30, ngày 08/01/2021", "2021-01-08T14:30:00+07:00"),
    ("０８／０１／２０２１　１４：３０", "2021-01-08T14:30:00+07:00"),
    ("08/01/21 14:30", "2021-01-08T14:30:00+07:00"),
    ("08/01/2021 14:30 ICT", "2021-01-08T14:30:00+07:00"),
    ("T6, 08 Th1 2021 09:15:00 +0700", "2021-01-08T09:15:00+07:00"),
    ("Thứ Sáu, 08 Tháng Một 2021 09:15:00 +0700", "2021-01-08T09:15:00+07:00"),
    ("Fri, 08 Jan 21 02:15:00 GMT", "2021-01-08T02:15:00+00:00"),
    ("2021-01-08T00:00:00-05:00", "2021-01-08T00:00:00-05:00"),  # midnight elsewhere is a time like any other
    ("10/01/2021 12:05", "2021-01-10T12:05:00+07:00"),  # a clock that is five minutes ahead
    ("3 giờ trước", "2021-01-10T09:00:00+07:00"),
    ("15 phút trước", "2021-01-10T11:45:00+07:00"),
    ("3 hours ago", "2021-01-10T09:00:00+07:00"),
    ("2021-01-08T09:15:00+07:00", "2021-01-08T09:15:00+07:00"),
    ("2021-01-08T09:15:00+0700", "2021-01-08T09:15:00+07:00"),
    ("2021-01-08T02:15:00Z", "2021-01-08T02:15:00+00:00"),
    ("2021-01-08T02:15:00.000Z", "2021-01-08T02:15:00+00:00"),
    ("2021-01-08T02:15:00-05:00", "2021-01-08T02:15:00-05:00"),
    ("2021-01-08T09:15", "2021-01-08T09:15:00+07:00"),
    ("2021-01-08 09:15:42", "2021-01-08T09:15:42+07:00"),
    ("Fri, 08 Jan 2021 09:15:00 +0700", "2021-01-08T09:15:00+07:00"),
    ("Fri, 08 Jan 2021 02:15:00 GMT", "2021-01-08T02:15:00+00:00"),
    ("January 8, 2021 at 9:15 pm", "2021-01-08T21:15:00+07:00"),
    ("21 mars 2018 à 9h30", "2018-03-21T09:30:00+07:00"),
    ("Publié le 1er mars 2018 à 16 h 05", "2018-03-01T16:05:00+07:00"),
    ("8. Januar 2021 um 14:30 Uhr", "2021-01-08T14:30:00+07:00"),
    ("8 de enero de 2021 a las 14:30", "2021-01-08T14:30:00+07:00"),
    ("发布时间:2021年1月8日 14:30", "2021-01-08T14:30:00+07:00"),
    ("2021年01月08日14时30分", "2021-01-08T14:30:00+07:00"),
    ("2021年1月8日 下午2:30", "2021-01-08T14:30:00+07:00"),
    ("2021年1月8日 午前9時15分", "2021-01-08T09:15:00+07:00"),
    ("Fri Jan  8 14:30:00 2021", "2021-01-08T14:30:00+07:00"),
    ("Fri Jan 08 14:30:00 +0700 2021", "2021-01-08T14:30:00+07:00"),
    ("Fri Jan 8 07:30:00 UTC 2021", "2021-01-08T07:30:00+00:00"),
    ("16h30' ngày 8-1-2021", "2021-01-08T16:30:00+07:00"),
]

NOT_DATES = [
    "",
    "15/2021",
    "123/QĐ",
    "123/QĐ-ĐHQGHN",
    "32/01/2021",
    "30/02/2021",
    "08/13/2021",
    "00/01/2021",
    "2021-13-40",
    "8 tháng 13 năm 2021",
    "29/02/2021",
    "08/01/21",
    "08/01/1989",
    "11/01/2021",  # tomorrow
    "10/01/2021 13:00",
    "2021-01-10T12:00:00Z",  # seven hours ahead: local time with the wrong zone
    "10/12/20",
    "25/12/99",
    "1/13/2021",
    "ngày 8 tháng giêng năm 2021",
    "8 tháng trước",
    "tuần trước",
    "Hôm nay: 153",
    "Hôm qua 1.021",
    "08/01/2021 - 09/01/2021",
    "08/01/2121",
    "1610075700",
    "20210108",
    "0243-8584615",
    "(84) 0243-8584615",
    "024.3858.4615",
    "0912.08.01.2021",
    "08.01.2021.555",
    "192.08.01.2021",
    "1-08-01-2021",
    "tháng 1 năm 2021",
    "năm 2021",
    "2021",
    "năm học 2020-2021",
    "2 năm trước",
    "14:30",
    "08/01/2021 25:00",
    "08/01/2021 14:75",
    "Hội nghị ngày 08/01/2021 tại Hà Nội",
    "Hôm qua, sinh viên nhập học",
    "32 mars 2018",
    "mars 2018",
    "8 mardi 2018",
    "2021年13月8日",
    "2021年1月",
    "1月8日",
    "2020年12月8日から",
    "12021年1月8日",
    "jusqu'au 8 janvier 2021",
]

INSIDE = [
    ("Tin tức | 08/01/2021 14:30 | Lượt xem: 1532", "2021-01-08T14:30:00+07:00"),
    ("Được đăng: 08 Tháng Một 2021 bởi Ban biên tập", "2021-01-08"),
    ("Số 15/2021, ký ngày 08/01/2021", "2021-01-08"),
    ("Từ 32/01/2021 đến 08/01/2021", "2021-01-08"),
    ("Hạn 30/12/2030, đăng 8/1/2021", "2021-01-08"),
    ("Lúc 7h30 ngày 8/1/2021, tại Hội trường", "2021-01-08T07:30:00+07:00"),
    ("08/01/2021 25:00", "2021-01-08"),
]


@pytest.mark.parametrize(("text", "value"), DAYS)
def test_a_day(text: str, value: str) -> None:
    assert parse(text, NOW) == Published(value, "day")


@pytest.mark.parametrize(("text", "value"), TIMES)
def test_a_time(text: str, value: str) -> None:
    assert parse(text, NOW) == Published(value, "time")


@pytest.mark.parametrize("text", NOT_DATES)
def test_no_guess(text: str) -> None:
    assert parse(text, NOW) is None


@pytest.mark.parametrize(("text", "value"), INSIDE)
def test_a_date_inside_a_text(text: str, value: str) -> None:
    found = find(text, NOW)
    assert found is not None
    assert found.value == value


@pytest.mark.parametrize(
    "text", ["15/2021", "Điện thoại: 0243-8584615", "Trong 3 ngày trước khi thi", "Hôm qua, " + "a" * 50]
)
def test_no_date_inside(text: str) -> None:
    assert find(text, NOW) is None


@pytest.mark.parametrize(("text", "value"), DAYS + TIMES)
def test_spelling_does_not_matter(text: str, value: str) -> None:
    for spelled in (unicodedata.normalize("NFD", text), text.upper(), f"\xa0{text}\n".replace(" ", "\xa0")):
        found = parse(spelled, NOW)
        assert found is not None, spelled
        assert found.value == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1610075700", "2021-01-08T10:15:00+07:00"),
        ("1610075700000", "2021-01-08T10:15:00+07:00"),
        (" /Date(1610075700000)/ ", "2021-01-08T10:15:00+07:00"),
        ("/Date(1610075700000+0700)/", "2021-01-08T10:15:00+07:00"),
        ("161007570", None),
        ("20210108", None),
        ("1710075700", None),  # the future
        ("1610075700 ", "2021-01-08T10:15:00+07:00"),
        ("+84912345678", None),
        ("١٦١٠٠٧٥٧٠٠", None),
    ],
)
def test_an_epoch(text: str, value: str | None) -> None:
    assert epoch(text, NOW) == (Published(value, "time") if value else None)


@pytest.mark.parametrize(
    ("text", "alone"),
    [
        ("2:15 chiều", True),
        ("14:30", True),
        ("lúc 14h30", True),
        ("(9:15 PM)", True),
        ("14:30 08/01/2021", False),
        ("14:30 - 16:30", False),
        ("tỷ số 14:30", False),
        ("14", False),
        ("", False),
    ],
)
def test_a_time_of_day_alone(text: str, alone: bool) -> None:
    assert is_clock(text) is alone


@pytest.mark.parametrize(
    ("value", "day"),
    [
        ("2021-01-08", "2021-01-08"),
        ("2021-01-08T20:00:00+00:00", "2021-01-09"),
        ("2021-01-09T02:00:00+09:00", "2021-01-09"),
    ],
)
def test_the_day_is_vietnams(value: str, day: str) -> None:
    assert Published(value, "time" if "T" in value else "day").day == day


def test_each_date_of_a_text_with_its_own_time_and_words() -> None:
    found = list(stamps("Ngày tạo: 05/01/2021 14:30 Cập nhật 09:15 08/01/2021, lượt xem: 5", NOW))
    assert [(one.published.value, one.before, one.after[:9]) for one in found] == [
        ("2021-01-05T14:30:00+07:00", "ngày tạo: ", " cập nhật"),
        ("2021-01-08T09:15:00+07:00", " cập nhật ", ", lượt xe"),
    ]


PIECES = st.sampled_from(
    [text for text, _ in DAYS + TIMES + INSIDE] + NOT_DATES + ["Ngày đăng:", "-", "|", "\xa0", "+7"]
)
TEXTS = st.one_of(st.text(max_size=60), st.lists(st.one_of(PIECES, st.text(max_size=5)), max_size=4).map(" ".join))
MOMENTS = st.datetimes(datetime(1990, 1, 2), datetime(2100, 1, 1)).map(lambda told: told.replace(tzinfo=VIETNAM))


@given(TEXTS, MOMENTS)
def test_any_text_gives_a_date_that_may_be_or_none(text: str, now: datetime) -> None:
    for found in (parse(text, now), find(text, now), epoch(text, now)):
        if found is None:
            continue
        told = datetime.fromisoformat(found.value)
        assert EARLIEST <= date.fromisoformat(found.day) <= (now + SKEW).date()
        assert ("T" in found.value) == (found.precision == "time")
        assert found.precision == "day" or told <= now + SKEW
        assert parse(found.value, now) == found


def test_a_long_text_takes_no_time() -> None:
    for text in ("08/01/2031 " * 20_000, "ngày " * 50_000, "9" * 200_000, "1/" * 100_000, "14:30 " * 40_000):
        assert find(text, NOW) is None


@pytest.mark.skipif(not LISTING.exists(), reason="shared data (real list pages of hcmus) is not beside this checkout")
def test_every_date_of_real_list_pages() -> None:
    items = [json.loads(line) for line in LISTING.read_text(encoding="utf-8").splitlines()]
    now = datetime(2026, 11, 1, tzinfo=VIETNAM)
    wrong = [item for item in items if parse(item["date_raw"], now) != Published(item["date"], "day")]
    assert len(items) == 616
    assert wrong == []
