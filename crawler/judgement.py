"""Judge whether a site's pages are still read as they were: does a field lack on far more of them than before? Pure.

What is not drift: a field that was never reliable; a section that is read otherwise than the others, and always was;
one new or long unread section; a page that lacks what it lacked before.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from itertools import accumulate
from statistics import median
from typing import Any, Literal

from crawler.readings import KEPT, PageKind, PastReading

Field = Literal["article", "title", "body", "published", "links"]
PARTS: tuple[Field, ...] = ("title", "body", "published")  # in the order in which extraction looks for them
FIELDS: tuple[Field, ...] = ("article", *PARTS, "links")

# The probability of so few by chance. Of 1,000 simulated newsrooms with sections that never had dates, 10 days of
# hourly runs, it alarmed for 1 (1e-4: 2 of 200). Where a redesign was noticed, it was within 10 pages (median) and
# within 23 (nine in ten).
SIGNIFICANT = 1e-5
CERTAIN = 100  # pages before that count as evidence of a share: it changes with the seasons
FAR_BELOW = 0.7  # of the share that was: less is a change that a newsroom may make by itself
RELIABLE = 0.5  # a field that is found on fewer of the pages is no norm
FEWEST_BEFORE, FEWEST_NOW = 10, 5
WINDOWS = (10, 20, 40, 80, 160)  # last readings that are looked at together: what the first hide, the later ones show
SHORT = 0.2  # of the median length: a body that is shorter is the rest of one
RARE = 0.02  # no share is taken to be nearer to 0 or 1
EXAMPLES = 3
DATED = re.compile(r"/(19|20)\d\d(/\d{1,2}){0,2}(?=/|$)")  # in the address of an article: no section


@dataclass(frozen=True, slots=True)
class Finding:
    """A field that is no longer found: on which share of the pages it was and is, and the rule that used to find it."""

    field: Field
    was: float
    now: float
    rule: str
    examples: tuple[str, ...]
    sentence: str

    def document(self) -> dict[str, Any]:
        """The finding for JSON."""
        return asdict(self) | {"examples": list(self.examples)}

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Finding:
        """Make a finding of its JSON."""
        return cls(**{**document, "examples": tuple(document["examples"])})


@dataclass(frozen=True, slots=True)
class _Look:
    """Whether a field was found on a page of a section of the site."""

    section: str
    found: bool
    reading: PastReading


@dataclass(frozen=True, slots=True)
class _Trust:
    """How pages of a kind are compared with their own section.

    A section is known from so many readings; of one that is not, so many recent ones count, by the site's share; the
    site's share weighs as much as so many readings of the section.
    """

    known: int
    strangers: int
    weight: float


# Of ten pages, those of one odd section must not be so many that the rest is FAR_BELOW. A list is its own section: what
# counts is that it had links.
TRUST: Mapping[PageKind, _Trust] = {"article": _Trust(10, 2, 5.0), "list": _Trust(1, 0, 1.0)}


def judge(history: Sequence[PastReading], recent: Sequence[PastReading]) -> tuple[Finding, ...]:
    """The fields that are found on far fewer of the `recent` pages than `history` lets expect."""
    short = _short(history)
    found = (_judge(field, history, recent, short) for field in FIELDS)
    return tuple(finding for finding in found if finding)


def _short(readings: Sequence[PastReading]) -> float:
    """The length in characters below which a body counts as not found."""
    lengths = [reading.length for reading in readings if reading.length is not None]
    return SHORT * median(lengths) if lengths else 0.0


def judge_of_late(readings: Sequence[PastReading], run: int) -> tuple[Finding, ...]:
    """Judge the last of `readings` by those of the runs before `run`, few first, so that a redesign is seen early."""
    for size in WINDOWS:
        recent = readings[-size:]
        findings = judge([reading for reading in readings[:-size] if reading.run < run], recent)
        if findings:
            return findings
    return ()


def _judge(field: Field, history: Sequence[PastReading], recent: Sequence[PastReading], short: float) -> Finding | None:
    told = list(_fresh(_looks(field, recent, short)))
    if sum(not look.found for look in told) <= (1 - FAR_BELOW) * FEWEST_NOW:
        return None  # as nearly always
    trust = TRUST["list" if field == "links" else "article"]
    now = _without_strangers(told, Counter(map(_section, history)), trust)
    found = sum(look.found for look in now)
    if len(now) < FEWEST_NOW or found >= FAR_BELOW * len(now):
        return None
    before = list(_looks(field, history, short))
    expected = _expected(before, now, trust.weight)
    if len(before) < FEWEST_BEFORE or expected < RELIABLE or found >= FAR_BELOW * expected * len(now):
        return None
    if _chance(found, len(now), expected, min(len(before), CERTAIN)) >= SIGNIFICANT:
        return None
    if found >= _fewest(before, len(now)):
        return None
    there = {look.section for look in now}
    return _finding(field, [look for look in before if look.section in there] or before, now)


def beginning(finding: Finding, readings: Sequence[PastReading]) -> int:
    """The number of the reading with which the field most likely began to be found as seldom as it is now.

    The start for which the readings from there on are the most likelier with the share of now than with that of before:
    the estimate of a change point by cumulative sums (Page 1954, doi 10.1093/biomet/41.1-2.100).
    """
    was, now = (min(max(share, RARE), 1 - RARE) for share in (finding.was, finding.now))
    likelier, most, first = 0.0, -math.inf, readings[-1].id
    for look in reversed(list(_fresh(_looks(finding.field, readings, _short(readings))))):
        likelier += math.log(now / was) if look.found else math.log((1 - now) / (1 - was))
        if likelier > most:
            most, first = likelier, look.reading.id
    return first


def _looks(field: Field, readings: Iterable[PastReading], short: float) -> Iterator[_Look]:
    for reading in readings:
        found = _is_found(field, reading, short)
        if found is not None:
            yield _Look(_section(reading), found, reading)


def _fresh(looks: Iterable[_Look]) -> Iterator[_Look]:
    """Leave out what unchanged articles lack: they lacked it before, which says nothing of the site's pages today."""
    return (look for look in looks if look.found or look.reading.fresh)


def _is_found(field: Field, reading: PastReading, short: float) -> bool | None:
    """Whether a field was found; None where it was not looked for."""
    if (reading.kind == "list") != (field == "links"):
        return None
    if field == "article":
        return reading.article is not None
    if field in PARTS and not all(part in reading.rules for part in PARTS[: PARTS.index(field)]):
        return None  # the text is looked for below the headline, the date around both
    if field == "body" and reading.length is not None and reading.length < short:
        return False
    return field in reading.rules


def _section(reading: PastReading) -> str:
    """The folder of an article's address; a list's own address."""
    if reading.kind == "list":
        return reading.url
    return _folder(reading.url)


@lru_cache(maxsize=2 * KEPT)  # the same history is looked at again and again
def _folder(url: str) -> str:
    return DATED.sub("/0", url.partition("?")[0].rstrip("/").rpartition("/")[0])


def _without_strangers(looks: Sequence[_Look], known: Counter[str], trust: _Trust) -> list[_Look]:
    """Leave out the pages of a section that is not known, but for the newest few."""
    kept, counts = [], Counter[str]()
    for look in reversed(looks):
        counts[look.section] += 1
        if known[look.section] >= trust.known or counts[look.section] <= trust.strangers:
            kept.append(look)
    return kept[::-1]


def _expected(before: Sequence[_Look], now: Sequence[_Look], weight: float) -> float:
    """The share of the pages `now` on which to expect the field, by the history of the section of each."""
    site = (sum(look.found for look in before) + 1) / (len(before) + 2)  # Laplace's rule of succession
    by_section: defaultdict[str, list[bool]] = defaultdict(list)
    for look in before:
        by_section[look.section].append(look.found)
    shares = {section: (sum(found) + weight * site) / (len(found) + weight) for section, found in by_section.items()}
    return sum(shares.get(look.section, site) for look in now) / len(now)


def _chance(found: int, count: int, share: float, known: int) -> float:
    """The probability of at most `found` out of `count`: the lower tail of the beta-binomial distribution.

    Its share is only as sure as `known` pages make it: they are few, or they come in clusters.
    """
    alpha, beta = share * known, (1 - share) * known
    whole = _log_beta(alpha, beta)
    return sum(math.comb(count, n) * math.exp(_log_beta(n + alpha, count - n + beta) - whole) for n in range(found + 1))


def _log_beta(alpha: float, beta: float) -> float:
    return math.lgamma(alpha) + math.lgamma(beta) - math.lgamma(alpha + beta)


def _fewest(before: Sequence[_Look], count: int) -> float:
    """On how few of `count` pages in a row the field was found before: what has happened and passed is no drift.

    Pages come in clusters (a day of notices, an old section), so that chance alone says too little.
    """
    sums = [0, *accumulate(look.found for look in before)]
    return min((after - before for before, after in zip(sums, sums[count:], strict=False)), default=math.inf)


def _finding(field: Field, before: Sequence[_Look], now: Sequence[_Look]) -> Finding:
    lacking = [look.reading for look in now if not look.found]
    part = _first_lacking(lacking) if field == "article" else field
    rule = _usual_rule(part, [look.reading for look in before])
    found, was = sum(look.found for look in now), sum(look.found for look in before)
    named = f"{part} by {rule}" if part != field else f"by {rule}"
    where = "list pages" if field == "links" else "pages"
    return Finding(
        field,
        was=round(was / len(before), 4),
        now=round(found / len(now), 4),
        rule=rule,
        examples=tuple(dict.fromkeys(reading.url for reading in reversed(lacking)))[:EXAMPLES],
        sentence=f"{field}: found on {found} of {len(now)} {where}, before on {was} of {len(before)} ({named})",
    )


def _first_lacking(readings: Sequence[PastReading]) -> Field:
    """The part for want of which most of these pages gave no article."""
    lacks = Counter(next((part for part in PARTS if part not in reading.rules), PARTS[-1]) for reading in readings)
    return lacks.most_common(1)[0][0]


def _usual_rule(field: Field, readings: Sequence[PastReading]) -> str:
    rules = Counter(reading.rules[field] for reading in readings if field in reading.rules)
    return rules.most_common(1)[0][0] if rules else "no rule"
