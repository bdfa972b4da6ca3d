"""Read the dates that Vietnamese newsrooms write. Pure: the present is an argument.

The day always comes before the month. A date without a zone is Vietnam's. What cannot be read with certainty is None:
a month of 13, "last year", a year of two digits without a weekday, a label or a time of day beside it. A date after
`now`, or before 1990 when Vietnam had no web, is not a date of publication.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo

from crawler.article import VIETNAM, Precision
from crawler.date_forms import ASCTIME, CALENDAR, MONTHS, VIETNAMESE, WEEKDAY, any_of

__all__ = ["CALENDAR", "WEEKDAY", "Published", "Stamp", "epoch", "find", "is_clock", "is_filler", "parse", "stamps"]

EARLIEST = date(1990, 1, 1)
SKEW = timedelta(minutes=10)  # a server's clock may be ahead of ours; one that is hours ahead writes the wrong zone
BESIDE = 60  # characters before a date in which its time of day or its label stands
SHORT = 40  # characters: "hôm qua" in a longer text is a sentence, not a stamp

LONGEST = 1000  # characters that are read: a time of day is looked for before each date, which is slow on a megabyte
INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060\ufeff]")
MIDNIGHT = time(0)
HOME_OFFSETS = frozenset({None, timedelta(0), timedelta(hours=7)})  # of a time: None is a zone's, here Vietnam's
EPOCH = re.compile(r"\s*(?:/Date\()?(?P<seconds>\d{10})(?P<thousandths>\d{3})?(?:[+-]\d{4})?(?:\)/)?\s*", re.ASCII)

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
DAYS_AGO = {"hôm nay": 0, "today": 0, "hôm qua": 1, "yesterday": 1, "hôm kia": 2}
RELATIVE = re.compile(
    rf"(?<!\w)(?:(?P<count>\d{{1,3}}|an?|{any_of(VIETNAMESE)})\s+(?P<unit>{any_of(UNITS)})s?\s+(?:trước|ago)|"
    r"(?:vài (?:giây|phút) trước|vừa xong|vừa mới đăng|just now))(?!\s*\w)"
)
# "Hôm nay: 153" counts visitors.
NEAR = re.compile(rf"(?<!\w)(?P<near>{any_of(DAYS_AGO)})(?!\w|\s*:?\s*\d+\b(?!\s?[:hg]))")

CLOCK = (
    r"(?:(?P<ahead>[上下]午|午[前後后])\s?|(?<![\w:/.]))(?P<hour>[01]?\d|2[0-3])"
    r"(?:\s?(?::|h|g|giờ|[时時点])\s?(?P<minute>[0-5]\d)(?!\d)(?::(?P<second>[0-5]\d)(?:[.,]\d+)?)?"
    r"(?:\s?(?:phút|ph?|uhr)(?![\w.])|['’分])?|\s?(?:h|giờ|uhr)(?![\w])|[时時点])"
    r"(?:\s?(?P<half>[ap]\.?m|sa|ch|sáng|chiều|tối)(?!\w)\.?)?"
    r"(?:\s*\(?(?P<zone>z|(?:gmt|utc)?\s?[+-]\d{1,2}(?::?\d{2})?|gmt|utc?|ict)(?!\w)\)?)?"
)
GAP = rf"[\s,;|()\[\]–—•·@-]*(?:(?:t(?=\d)|{WEEKDAY}|vào|lúc|hồi|ngày|at|on|à|um|le|a las)[\s,;|()–—•·@-]*)*"
MORNING = frozenset({"am", "a.m", "sa", "sáng", "上午", "午前"})
AFTERNOON = frozenset({"pm", "p.m", "ch", "chiều", "tối", "下午", "午後", "午后"})
LATER = re.compile(GAP + CLOCK.replace(r"(?<![\w:/.])", ""))
EARLIER = re.compile(f"{CLOCK}{GAP}$")
ALONE = re.compile(f"{GAP}{CLOCK}{GAP}")
LABELS = re.compile(
    rf"(?<!\w)(?:{WEEKDAY}|(?:ngày|thời gian đăng|đăng(?: tin| bài)?|được|đã|cập nhật|xuất bản|viết|tạo|gửi|lúc|vào|"
    r"giờ|posted|published|updated?|created|modified|publish|post|date|time|on|at|last|gmt|utc|ict|"
    r"publiée?|mise? (?:en ligne|à jour)|le|à|veröffentlicht|am|um|uhr|publicado|el|a las)(?!\w))|"
    r"(?:发布|發布|发表|更新)(?:时间|時間|日期|于)?|(?:公開|掲載|投稿|更新)日時?|日期|时间"
)
DATED = re.compile(
    rf"(?<!\w)(?:{WEEKDAY}|ngày|(?:đăng|xuất bản|viết|tạo|cập nhật|lúc|vào|posted|published|updated|created|"
    r"date|on|le|publié)(?!\w))[\s,:|–-]*$"
)


@dataclass(frozen=True, slots=True)
class Published:
    """A date of publication: ISO 8601 with an offset where `precision` is "time", a plain date where it is "day"."""

    value: str
    precision: Precision

    @property
    def day(self) -> str:
        """The day in Vietnam."""
        if self.precision == "day":
            return self.value
        return datetime.fromisoformat(self.value).astimezone(VIETNAM).date().isoformat()


@dataclass(frozen=True, slots=True)
class Stamp:
    """A date in a text: what stands before it, from the date before it on, and behind it, both in lower case."""

    published: Published
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class _Place:
    published: Published
    start: int
    end: int


def parse(text: str, now: datetime) -> Published | None:
    """Read a `text` that is a date and nothing else but its weekday and a label such as "Ngày đăng:"."""
    first = next(stamps(text, now), None)
    return first.published if first and is_filler(f"{first.before} | {first.after}") else None


def find(text: str, now: datetime) -> Published | None:
    """Read the first date in a `text` that may be longer."""
    return next((place.published for place in _places(_fold(text), now)), None)


def stamps(text: str, now: datetime) -> Iterator[Stamp]:
    """Give each date in a `text` with the words around it."""
    folded = _fold(text)
    passed = 0
    for place in _places(folded, now):
        yield Stamp(place.published, folded[passed : place.start], folded[place.end :])
        passed = place.end


def is_filler(text: str) -> bool:
    """Tell whether a `text` in lower case beside a date is only a weekday, a label, punctuation."""
    return not re.search(r"\w", LABELS.sub(" ", text))


def is_clock(text: str) -> bool:
    """Tell whether a `text` is a time of day and nothing else: "2:15 chiều"."""
    return len(text) <= SHORT and bool(ALONE.fullmatch(_fold(text)))


def epoch(text: str, now: datetime) -> Published | None:
    """Read the seconds or milliseconds since 1970 in a `text` that is known to be a time; ten digits are since 2001."""
    match = EPOCH.fullmatch(text)
    if not match:
        return None
    moment = datetime.fromtimestamp(int(match["seconds"]), VIETNAM)
    published = Published(moment.isoformat(), "time")
    return published if _possible(published, now) else None


def _fold(text: str) -> str:
    """The text in lower case, full-width digits and unusual spaces as plain ones, without invisible characters."""
    plain = INVISIBLE.sub("", unicodedata.normalize("NFKC", text[:LONGEST])).lower()
    return ASCTIME.sub(r"\1 \3 \2", re.sub(r"\s+", " ", unicodedata.normalize("NFC", plain)).strip())


def _places(text: str, now: datetime) -> Iterator[_Place]:
    """The dates in `text`, in order; those on the calendar, or where there is none those that are told from today."""
    passed = 0
    for match in CALENDAR.finditer(text):
        told = _calendar(match, now)
        place = told and _with_clock(text, match, told, passed)
        if place and _possible(place.published, now) and not _is_too_short(text, match, place):
            passed = place.end
            yield place
    for pattern, read in ((RELATIVE, _relative), (NEAR, _near)):
        if passed or (pattern is NEAR and len(text) > SHORT):
            return
        for match in pattern.finditer(text):
            place = _with_clock(text, match, read(match, now), passed)
            if _possible(place.published, now):
                passed = place.end
                yield place


def _is_too_short(text: str, match: re.Match[str], place: _Place) -> bool:
    """Tell whether a year has two digits and nothing beside it says that this is a date: 10/12/20 is a score, too."""
    has_clock = (place.start, place.end) != match.span()
    return (
        len(_parts(match)["y"]) == 2
        and not has_clock
        and not DATED.search(text, max(0, match.start() - BESIDE), match.start())
    )


def _parts(match: re.Match[str]) -> dict[str, str]:
    """Year, month and day of the form that matched, as they are written."""
    return {name[0]: value for name, value in match.groupdict().items() if value is not None}


def _calendar(match: re.Match[str], now: datetime) -> date | None:
    told = _parts(match)
    month = MONTHS.get(told["m"]) or (int(told["m"]) if told["m"].isdigit() else 0)
    year = int(told["y"])
    if len(told["y"]) == 2:
        year += 2000 if 2000 + year <= now.year else 1900
    try:
        return date(year, month, int(told["d"]))
    except ValueError:
        return None


def _relative(match: re.Match[str], now: datetime) -> date | datetime:
    local = now.astimezone(VIETNAM)
    if match["unit"] is None:
        return local.replace(second=0, microsecond=0)
    count = VIETNAMESE.get(match["count"]) or (int(match["count"]) if match["count"].isdigit() else 1)
    unit = UNITS[match["unit"]]
    then = local - count * unit
    return then.replace(second=0, microsecond=0) if unit < UNITS["day"] else then.date()


def _near(match: re.Match[str], now: datetime) -> date:
    return now.astimezone(VIETNAM).date() - timedelta(days=DAYS_AGO[match["near"]])


def _with_clock(text: str, match: re.Match[str], told: date | datetime, passed: int) -> _Place:
    """Join the day of `match` with the time that stands beside it, behind what is `passed` as another date's."""
    start, end = match.span()
    if isinstance(told, datetime):
        return _Place(Published(told.isoformat(), "time"), start, end)
    if clock := LATER.match(text, end):
        end = clock.end()
    elif clock := EARLIER.search(text, max(passed, start - BESIDE), start):
        start = clock.start()
    if clock and (moment := _moment(clock)):
        return _Place(_published(told, moment), start, end)
    return _Place(Published(told.isoformat(), "day"), *match.span())


def _published(day: date, moment: time) -> Published:
    """The instant; only the day where the time is midnight, in Vietnam or UTC.

    That is what systems write for a day without a time: .NET "12:00:00 SA", scripts "T00:00:00Z" or "T17:00:00Z" of the
    day before. Where it was a real time (seven in the morning, for the second), the day is the same.
    """
    instant = datetime.combine(day, moment)
    if moment.utcoffset() in HOME_OFFSETS and EARLIEST <= day < date.max:
        local = instant.astimezone(VIETNAM)
        if MIDNIGHT in {instant.time(), local.time()}:
            return Published(local.date().isoformat(), "day")
    return Published(instant.isoformat(), "time")


def _moment(clock: re.Match[str]) -> time | None:
    hour, half = int(clock["hour"]), clock["half"] or clock["ahead"]
    zone = _zone(clock["zone"])
    afternoon = half in AFTERNOON
    if zone is None or (afternoon and hour == 0):
        return None
    if afternoon and hour < 12:
        hour += 12
    elif half in MORNING and hour == 12:
        hour = 0
    return time(hour, int(clock["minute"] or 0), int(clock["second"] or 0), tzinfo=zone)


def _zone(text: str | None) -> tzinfo | None:
    """The zone of "z", "gmt", "gmt+7", "+0700"; Vietnam's for none; None for one that cannot be."""
    if not text or text == "ict":
        return VIETNAM
    offset = re.search(r"([+-])(\d{1,2}):?(\d{2})?$", text)
    if not offset:
        return UTC
    delta = timedelta(hours=int(offset[2]), minutes=int(offset[3] or 0))
    if delta > timedelta(hours=14):
        return None
    return timezone(-delta if offset[1] == "-" else delta)


def _possible(published: Published, now: datetime) -> bool:
    latest = now.astimezone(VIETNAM) + SKEW
    if published.precision == "day":
        return EARLIEST <= date.fromisoformat(published.value) <= latest.date()
    moment = datetime.fromisoformat(published.value)
    return moment <= latest and moment.date() >= EARLIEST
