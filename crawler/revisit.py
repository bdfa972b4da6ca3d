"""When a page is due to be looked at again: often while it is young or lively, seldom when it is old or quiet. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta

UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
OLDER = "older"  # the name of the last step, which has no age

# A list that showed nothing new is quiet: it is looked at again after this long, twice as long, and so on. A start
# page, what it links to, and what follows on a list with news are looked at in every run anyway.
LIST = timedelta(days=1)
QUIETEST_LIST = timedelta(days=30)

# A page that failed is asked for again in the next run, and while it goes on failing ever more seldom.
FAILED = timedelta(hours=1)
LONGEST_FAILED = timedelta(days=7)

Steps = tuple[tuple[timedelta | None, timedelta], ...]


def steps(table: Mapping[str, str]) -> Steps:
    """Read `crawler.revisit`: ages, the youngest first, and the wait for each; None is the age of all that are older.

    Raises ValueError for a duration that is none, and where the step for older ones is missing.
    """
    if OLDER not in table:
        raise ValueError(f"has no step {OLDER!r}, for articles that are older than all steps say, and for undated ones")
    aged = sorted((duration(age), duration(wait)) for age, wait in table.items() if age != OLDER)
    return (*aged, (None, duration(table[OLDER])))


def duration(text: str) -> timedelta:
    """Read a number of hours, days or weeks, as in `6h`, `14d`, `2w`. Raises ValueError."""
    found = re.fullmatch(r"([0-9]{1,4})([hdw])", text.strip())
    if not found or not int(found[1]):
        raise ValueError(f"holds {text!r}; expected a number of hours, days or weeks, as in '6h', '14d' or '2w'")
    return UNITS[found[2]] * int(found[1])


def interval(published: date | None, today: date, told: Steps) -> timedelta:
    """How long after a visit an article of that day of publication is due again; None counts as old."""
    for age, wait in told:
        if age is None or (published is not None and today - published <= age):
            return wait
    raise ValueError("the steps have no last one")


def list_interval(quiet: int) -> timedelta:
    """How long after a visit a list is due again that has shown nothing new for `quiet` visits in a row."""
    return min(LIST * (1 << min(max(quiet - 1, 0), 10)), QUIETEST_LIST)


def failure_interval(failures: int) -> timedelta:
    """How long after a failure a page is due again that has already failed so many times in a row."""
    return min(FAILED * (1 << min(failures - 1, 10)), LONGEST_FAILED) if failures else timedelta()
