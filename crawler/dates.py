"""Read the dates that Vietnamese newsrooms write. Pure: the present is an argument.

The day always comes before the month. A date without a zone is Vietnam's. What cannot be read with certainty is None:
a year of two digits, an epoch, "last year". A date counts up to a day after `now`, because a clock or a zone may be
wrong by hours; one later than that, or before 1990 when Vietnam had no web, is not a date of publication.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo

from crawler.article import VIETNAM, Precision

EARLIEST = date(1990, 1, 1)
SLACK = timedelta(days=1)
SHORT = 40  # characters: "hôm qua" in a longer text is a sentence, not a stamp

NUMBERS = ("một", "hai", "ba", "tư", "năm", "sáu", "bảy", "tám", "chín", "mười", "mười một", "mười hai")
VIETNAMESE = {word: number for number, word in enumerate(NUMBERS, 1)} | {"bốn": 4, "bẩy": 7}
ENGLISH = {
    name: number
    for number, month in enumerate(
        (
            *("january", "february", "march", "april", "may", "june"),
            *("july", "august", "september", "october", "november", "december"),
        ),
        start=1,
    )
    for name in (month, month[:3], month[:4])
}
MONTHS = VIETNAMESE | ENGLISH
UNITS = {
    "giây": timedelta(seconds=1),
    "second": timedelta(seconds=1),
    "phút": timedelta(minutes=1),
    "minute": timedelta(minutes=1),
    "giờ": timedelta(hours=1),
    "tiếng": timedelta(hours=1),
    "hour": timedelta(hours=1),
    "ngày": timedelta(days=1),
    "day": timedelta(days=1),
    "tuần": timedelta(weeks=1),
    "week": timedelta(weeks=1),
}
DAYS_AGO = {"hôm nay": 0, "today": 0, "hôm qua": 1, "yesterday": 1}


def _any_of(words: dict[str, int] | dict[str, timedelta]) -> str:
    return "|".join(sorted(words, key=len, reverse=True))


# A number that goes on is no date: 08.01.2021.555, 1-08-01-2021; but 08/01/2021-14:30 is one.
BEFORE = r"(?<![\w/.\-])"
AFTER = r"(?!\d|[/.]\d|-\d+(?![\d:hg]))"
MONTH_NAME = rf"(?:tháng|thg|th)\.?\s*(?P<m>\d{{1,2}}|{_any_of(VIETNAMESE)})(?!\w)"

FORMS = (
    rf"{BEFORE}(?P<y>\d{{4}})-(?P<m>\d{{1,2}})-(?P<d>\d{{1,2}})(?!\d|[/.]\d|-\d)",
    rf"{BEFORE}(?P<y>\d{{4}})/(?P<m>\d{{1,2}})/(?P<d>\d{{1,2}}){AFTER}",
    rf"{BEFORE}(?P<d>\d{{1,2}})\s?/\s?(?P<m>\d{{1,2}})\s?/\s?(?P<y>\d{{4}}){AFTER}",
    rf"{BEFORE}(?P<d>\d{{1,2}})\s?-\s?(?P<m>\d{{1,2}})\s?-\s?(?P<y>\d{{4}}){AFTER}",
    rf"{BEFORE}(?P<d>\d{{1,2}})\.\s?(?P<m>\d{{1,2}})\.\s?(?P<y>\d{{4}}){AFTER}",
    rf"{BEFORE}(?P<d>\d{{1,2}})\s*{MONTH_NAME}\s*(?:,|năm|[/-])?\s*(?P<y>\d{{4}}){AFTER}",
    rf"{BEFORE}{MONTH_NAME}\s+(?P<d>\d{{1,2}}),?\s+(?P<y>\d{{4}}){AFTER}",
    rf"{BEFORE}(?P<d>\d{{1,2}})(?:st|nd|rd|th)?[\s-]+(?P<m>{_any_of(ENGLISH)})\.?,?[\s-]+(?P<y>\d{{4}}){AFTER}",
    rf"{BEFORE}(?P<m>{_any_of(ENGLISH)})\.?\s+(?P<d>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<y>\d{{4}}){AFTER}",
)
# One pattern, so that the first date of a text is found whatever its form; a group's name is used once: y0, y1, ...
CALENDAR = re.compile("|".join(re.sub(r"(?<=\?P<)[ymd]", rf"\g<0>{n}", form) for n, form in enumerate(FORMS)))
RELATIVE = re.compile(rf"(?<!\w)(?P<count>\d{{1,3}}|một)\s+(?P<unit>{_any_of(UNITS)})s?\s+(?:trước|ago)(?!\s*\w)")
NEAR = re.compile(rf"(?<!\w)(?P<near>{_any_of(DAYS_AGO)})(?!\w)")

WEEKDAY = (
    r"(?:thứ\s+(?:hai|ba|tư|năm|sáu|bảy|bẩy|[2-7])|chủ\s+nhật|cn|t[2-7]|"
    r"(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\.?)(?!\w)"
)
CLOCK = (
    r"(?<![\w:/.])(?P<hour>[01]?\d|2[0-3])(?:\s?(?::|h|g|giờ)\s?(?P<minute>[0-5]\d)(?!\d)(?::(?P<second>[0-5]\d)(?:[.,]\d+)?)?"
    r"(?:\s?(?:phút|p)(?!\w))?|\s?(?:h|giờ)(?![\w]))(?:\s?(?P<half>am|pm|sa|ch)(?!\w))?"
    r"(?:\s*\(?(?P<zone>z|(?:gmt|utc)?\s?[+-]\d{1,2}(?::?\d{2})?|gmt|utc)(?!\w)\)?)?"
)
GAP = rf"[\s,;|()\[\]–—•·-]*(?:(?:t(?=\d)|{WEEKDAY}|vào|lúc|ngày|at|on)[\s,;|()–—•·-]*)*"
LATER = re.compile(GAP + CLOCK.replace(r"(?<![\w:/.])", ""))
EARLIER = re.compile(f"{CLOCK}{GAP}$")
LABELS = re.compile(
    rf"{WEEKDAY}|(?:ngày|đăng|cập nhật|xuất bản|viết|tạo|lúc|vào|"
    r"posted|published|updated|created|date|on|at|last)(?!\w)"
)


@dataclass(frozen=True, slots=True)
class Published:
    """A date of publication: ISO 8601 with an offset where `precision` is "time", a plain date where it is "day"."""

    value: str
    precision: Precision


@dataclass(frozen=True, slots=True)
class _Stamp:
    published: Published
    start: int
    end: int


def parse(text: str, now: datetime) -> Published | None:
    """Read a `text` that is a date and nothing else but its weekday and a label such as "Ngày đăng:"."""
    folded = _fold(text)
    for stamp in _stamps(folded, now):
        rest = LABELS.sub(" ", f"{folded[: stamp.start]} | {folded[stamp.end :]}")
        return None if re.search(r"\w", rest) else stamp.published
    return None


def find(text: str, now: datetime) -> Published | None:
    """Read the first date in a `text` that may be longer."""
    return next((stamp.published for stamp in _stamps(_fold(text), now)), None)


def _fold(text: str) -> str:
    return re.sub(r"\s+", " ", unicodedata.normalize("NFC", text)).strip().lower()


def _stamps(text: str, now: datetime) -> Iterator[_Stamp]:
    """The dates in `text`, those on the calendar first."""
    readers: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], datetime], date | datetime | None]], ...] = (
        (CALENDAR, _calendar),
        (RELATIVE, _relative),
        (NEAR, _near),
    )
    for pattern, read in readers:
        if pattern is NEAR and len(text) > SHORT:
            return
        for match in pattern.finditer(text):
            told = read(match, now)
            stamp = told and _with_clock(text, match, told)
            if stamp and _possible(stamp.published, now):
                yield stamp


def _calendar(match: re.Match[str], now: datetime) -> date | None:
    told = {name[0]: value for name, value in match.groupdict().items() if value is not None}
    month = MONTHS.get(told["m"]) or (int(told["m"]) if told["m"].isdigit() else 0)
    try:
        return date(int(told["y"]), month, int(told["d"]))
    except ValueError:
        return None


def _relative(match: re.Match[str], now: datetime) -> date | datetime:
    count = 1 if match["count"] == "một" else int(match["count"])
    unit = UNITS[match["unit"]]
    then = now.astimezone(VIETNAM) - count * unit
    return then.replace(second=0, microsecond=0) if unit < UNITS["day"] else then.date()


def _near(match: re.Match[str], now: datetime) -> date:
    return now.astimezone(VIETNAM).date() - timedelta(days=DAYS_AGO[match["near"]])


def _with_clock(text: str, match: re.Match[str], told: date | datetime) -> _Stamp:
    """Join the day of `match` with the time that stands beside it."""
    start, end = match.span()
    if isinstance(told, datetime):
        return _Stamp(Published(told.isoformat(), "time"), start, end)
    if clock := LATER.match(text, end):
        end = clock.end()
    elif clock := EARLIER.search(text[:start]):
        start = clock.start()
    if clock and (moment := _moment(clock)):
        return _Stamp(Published(datetime.combine(told, moment).isoformat(), "time"), start, end)
    return _Stamp(Published(told.isoformat(), "day"), *match.span())


def _moment(clock: re.Match[str]) -> time | None:
    hour, half = int(clock["hour"]), clock["half"]
    zone = _zone(clock["zone"])
    if zone is None or (half and hour == 0 and half in {"pm", "ch"}):
        return None
    if half in {"pm", "ch"} and hour < 12:
        hour += 12
    elif half in {"am", "sa"} and hour == 12:
        hour = 0
    return time(hour, int(clock["minute"] or 0), int(clock["second"] or 0), tzinfo=zone)


def _zone(text: str | None) -> tzinfo | None:
    """The zone of "z", "gmt", "gmt+7", "+0700"; Vietnam's for none; None for one that cannot be."""
    if not text:
        return VIETNAM
    offset = re.search(r"([+-])(\d{1,2}):?(\d{2})?$", text)
    if not offset:
        return UTC
    delta = timedelta(hours=int(offset[2]), minutes=int(offset[3] or 0))
    if delta > timedelta(hours=14):
        return None
    return timezone(-delta if offset[1] == "-" else delta)


def _possible(published: Published, now: datetime) -> bool:
    latest = now.astimezone(VIETNAM) + SLACK
    if published.precision == "day":
        return EARLIEST <= date.fromisoformat(published.value) <= latest.date()
    moment = datetime.fromisoformat(published.value)
    return moment <= latest and moment.date() >= EARLIEST
