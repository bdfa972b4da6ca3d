"""What a sitemap or a feed says of one page: its address, and when it was changed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from crawler import dates
from crawler.article import VIETNAM

LONGEST_DATE = 60  # characters; "Thứ sáu, ngày 08 tháng 01 năm 2021, 14:30:00 (GMT+7)" has 52
NO_DATE = "0001"  # the year that .NET writes where it has none; with an offset it is outside Python's calendar
PARTIAL = re.compile(r"(\d{4})(?:-(\d{2}))?")  # a year or a month, both allowed by the W3C's note on dates


@dataclass(frozen=True, slots=True)
class SitemapEntry:
    """A line of a sitemap or a feed; `modified` is an aware instant, None where none or nonsense is given."""

    url: str
    modified: datetime | None = None


def moment(text: str | None, now: datetime) -> datetime | None:
    """Read when something was changed: the start of a year, month or day that is all that is told.

    The day comes before the month, local time in Vietnam is meant where no zone is given. None for anything else, for
    the future (a clock that is wrong would have us fetch again and again) and for the time before the web.
    """
    text = (text or "").strip()
    if len(text) > LONGEST_DATE or NO_DATE in text:
        return None
    read = _iso(text)
    if read is None and (published := dates.parse(text, now)):
        read = _iso(published.value)
    return read if read and read.date() >= dates.EARLIEST and read <= now else None


def _iso(text: str) -> datetime | None:
    if partial := PARTIAL.fullmatch(text):
        text = f"{partial[1]}-{partial[2] or '01'}-01"
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        return None
    return read if read.tzinfo else read.replace(tzinfo=VIETNAM)
