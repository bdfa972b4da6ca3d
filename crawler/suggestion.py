"""Choose the selectors of a profile by what they did to a sample of pages, and write them as TOML. Pure.

A selector is proposed where it finds what the general rules found on most pages of an era. It may differ on few, where
the general rules may be wrong, but on no page where two of their rules say the same.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from crawler.comparison import FIELDS, Comparison
from crawler.finding import Finding
from crawler.settings import Profile

OPTIONS = 4  # selectors of a field that are tried; a site has few templates, and each costs an extraction of every page
FEW = 5  # pages; what fewer have in common may be chance
MOST = 0.8  # of the pages with a field on which its selector must find it: the general rules read the rest
OTHERWISE = 0.05  # of the pages on which a selector may find something else: to be looked at
CUT = 24  # fields that a further era must explain: eight pages with three of them
EXAMPLES = 3

Days = Sequence[date]


@dataclass(frozen=True, slots=True)
class Witness:
    """What the general rules say of a page, by field: their rule, the selectors of what they found.

    `sure` has the fields that two of their rules agree on.
    """

    url: str
    day: date
    rules: Mapping[str, str]
    selectors: Mapping[str, tuple[str, ...]]
    sure: frozenset[str]


@dataclass(frozen=True, slots=True)
class Tally:
    """What a selector of one field did: of the pages `known` to have it, on how many it `agrees`; what else it does."""

    known: int
    agrees: int
    gains: int
    changes: tuple[str, ...]
    wrongs: int

    @property
    def fits(self) -> bool:
        """Whether the selector is to be proposed."""
        enough = self.agrees >= max(FEW, MOST * self.known) and self.gains <= self.agrees
        return enough and not self.wrongs and len(self.changes) <= OTHERWISE * self.known

    def document(self) -> dict[str, Any]:
        """The figures, for JSON."""
        examples = list(self.changes[:EXAMPLES])
        return {"pages": self.known, "agrees": self.agrees, "gains": self.gains, "changes": len(self.changes),
                "examples": examples}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Era:
    """Pages of one template, by number: from `first` up to, not with, `end`."""

    first: int
    end: int

    @property
    def pages(self) -> range:
        """The numbers of the pages."""
        return range(self.first, self.end)


@dataclass(frozen=True, slots=True)
class Proposal:
    """A profile and the tally of each of its fields, by which rules the general ones find each, the second best."""

    profile: Profile
    pages: int
    tallies: dict[str, Tally]
    rules: dict[str, Counter[str]]
    rejected: dict[str, tuple[str, Tally]] = field(default_factory=dict)


def witness(url: str, day: date, finding: Finding) -> Witness | None:
    """What a page says by the general rules; None for one without an article."""
    if finding.article is None:
        return None
    rules, selectors, sure = {}, {}, set()
    for name in FIELDS:
        listed = finding.candidates.get(name, ())
        if not (listed and listed[0].chosen):
            continue
        same = [one for one in listed if one.value == listed[0].value and not one.refused]
        rules[name] = listed[0].rule
        selectors[name] = tuple(dict.fromkeys(one.selector for one in same if one.selector))
        if len({one.rule for one in same}) > 1:
            sure.add(name)
    return Witness(url, day, rules, selectors, frozenset(sure))


def options(pages: Sequence[Witness]) -> list[Profile]:
    """Profiles of one selector each, to be tried: for each field the most frequent, then those of the other pages."""
    tried = []
    for name in FIELDS:
        left = [told for page in pages if (told := page.selectors.get(name))]
        for _ in range(OPTIONS):
            votes = Counter(selector for told in left for selector in told)
            if not votes or max(votes.values()) < FEW:
                break
            best = votes.most_common(1)[0][0]
            tried.append(Profile.model_validate({name: best}))
            left = [told for told in left if best not in told]
    return tried


def field_of(profile: Profile) -> str:
    """The field of a profile that has a selector for one."""
    return next(name for name in FIELDS if getattr(profile, name))


def tally(name: str, pages: Iterable[tuple[Witness, Comparison]], owned: frozenset[str]) -> Tally:
    """Count what a selector of that field did; a change of a field that is not `owned` by another selector is its."""
    known = agrees = gains = wrongs = 0
    changes = []
    for page, told in pages:
        state = told.states[name]
        known += name in page.rules
        changed = [other for other in told.changed if other == name or other not in owned]
        agrees += state == "agrees" and not changed
        gains += state == "gains"
        wrongs += bool(page.sure & set(changed))
        changes += [page.url] if changed else []
    return Tally(known, agrees, gains, tuple(changes), wrongs)


def eras(days: Days, fits: Sequence[Mapping[str, frozenset[int]]]) -> list[Era]:
    """Cut the pages, which lie in order of their days, where their template changes; the newest era first.

    `fits` has for each page its fields, and for each of these the selectors that find it. The cuts are those that
    leave the fewest fields without the one selector of their era, each worth CUT of them (dynamic programming).
    """
    best, start = [0.0], [0]
    for end in range(1, len(days) + 1):
        costs = {
            first: best[first] + missed + CUT
            for first, missed in _misses(fits[:end])
            if first == 0 or days[first] > days[first - 1]
        }
        start.append(min(costs, key=costs.__getitem__))
        best.append(costs[start[-1]])
    found, end = [], len(days)
    while end:
        found.append(Era(start[end], end))
        end = start[end]
    return found


def _misses(fits: Sequence[Mapping[str, frozenset[int]]]) -> Iterator[tuple[int, int]]:
    """For each first page of an era that ends with the last one: how many fields its best selectors do not find."""
    found: Counter[tuple[str, int]] = Counter()
    best: Counter[str] = Counter()
    known = 0
    for first in reversed(range(len(fits))):
        for name, selectors in fits[first].items():
            known += 1
            for selector in selectors:
                found[name, selector] += 1
                best[name] = max(best[name], found[name, selector])
        yield first, known - best.total()


def toml(site: str, proposals: Sequence[Proposal]) -> Iterator[str]:
    """The lines to paste."""
    for proposal in proposals:
        yield f"[[sites.{site}.profile]]  # tried on {proposal.pages} pages"
        yield f"valid_from = {proposal.profile.valid_from}"
        for name in FIELDS:
            if selector := getattr(proposal.profile, name):
                yield f"{name} = {_text(selector)}  # {_told(proposal.tallies[name])}"
            else:
                yield f"# {name}: {_untold(proposal, name)}"
        if proposal.profile.remove:
            yield f"remove = [{', '.join(map(_text, proposal.profile.remove))}]  # in the body, and no part of it"
        yield ""


def _text(text: str) -> str:
    return f"'{text}'" if '"' in text and "'" not in text else json.dumps(text, ensure_ascii=False)


def _told(counts: Tally) -> str:
    parts = [f"agrees on {counts.agrees} of {counts.known} pages"]
    if counts.gains:
        parts.append(f"finds it on {counts.gains} where the general rules find none")
    if counts.changes:
        parts.append(f"differs on {len(counts.changes)}, look at {counts.changes[0]}")
    return "; ".join(parts)


def _untold(proposal: Proposal, name: str) -> str:
    """Why there is no selector."""
    rules = proposal.rules[name]
    if not rules:
        return "the general rules find it on no page"
    rule, count = rules.most_common(1)[0]
    found = f"the general rules find it on {rules.total()} pages, on {count} by {rule}"
    if name not in proposal.rejected:
        return f"{found}; no element shows it on enough of them"
    selector, counts = proposal.rejected[name]
    return f"{found}; the nearest is {selector}, which {_told(counts)}"
