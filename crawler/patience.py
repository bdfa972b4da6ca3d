"""How long to wait for a server that is in trouble, and whether at all. Pure: the time and the chance are arguments."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from crawler.article import Page
from crawler.fetch import Failed, Fetched, Outcome

ATTEMPTS = 3  # of one address in one run: what is not there after some seconds is for the next run, an hour later
LONGEST_WAIT = 60.0  # seconds that a run waits itself: a worker waits with it; for longer the host is put off
LONGEST_PUT_OFF = 7 * 86_400.0  # seconds; who asks for more than a week has made a mistake
ASKS = frozenset({429, 503})  # statuses whose Retry-After says when to ask again; with 3xx it means something else
TRY_LATER = frozenset({408, 429, 500, 502, 503, 504})  # trouble that passes; others are an answer


def told_wait(page: Page, now: datetime) -> float | None:
    """The seconds from `now` on, at most LONGEST_PUT_OFF, that Retry-After asks for (RFC 9110 10.2.3); None for none.

    A date that is over is 0, what is neither seconds nor a date is none.
    """
    told = page.headers.get("retry-after", "").strip() if page.status in ASKS else ""
    if re.fullmatch(r"[0-9]+", told):
        return min(float(told), LONGEST_PUT_OFF)
    try:
        date = parsedate_to_datetime(told)
    except (TypeError, ValueError, OverflowError):
        return None
    aware = date if date.tzinfo else date.replace(tzinfo=UTC)  # the asctime form of RFC 9110 5.6.7 names no zone
    return min(max((aware - now).total_seconds(), 0.0), LONGEST_PUT_OFF)


def backoff(attempt: int, random: float) -> float:
    """The seconds to wait after `attempt`, counted from 0: 1, 2, 4, ... give or take half, and at most LONGEST_WAIT.

    `random` lies in [0, 1) and spreads what failed together over the whole range.
    """
    return min(2.0 ** min(attempt, 10) * (0.5 + random), LONGEST_WAIT)


def try_later(outcome: Outcome) -> bool:
    """Whether it did not work, and may after a while."""
    return isinstance(outcome, Failed) or (isinstance(outcome, Fetched) and outcome.page.status in TRY_LATER)
