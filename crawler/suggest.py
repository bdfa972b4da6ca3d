"""`tratin site suggest`: from archived pages to profiles, each tried on those pages before it is proposed.

The pages are read in other processes, three times over: for what the general rules find, with each selector alone, and
with the profiles as they are to be proposed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Literal

from crawler.archive import Archive
from crawler.article import VIETNAM
from crawler.comparison import FIELDS, SURPLUS, Comparison
from crawler.errors import DamagedError, InputError
from crawler.readers import Readers
from crawler.reading import Reading, Task
from crawler.readings import Sampled
from crawler.settings import Profile, Site
from crawler.store import Location, Store
from crawler.suggestion import FEW, Era, Proposal, Tally, Witness, eras, field_of, options, tally, toml, witness

PAGES = 200  # of the archive: 150 of 90 kB took 30 seconds on two processors


@dataclass(frozen=True, slots=True)
class Suggestion:
    """The profiles for a site, newest first; how many pages were read, and how many of them gave an article."""

    site: str
    read: int
    articles: int
    proposals: tuple[Proposal, ...]

    def document(self) -> dict[str, Any]:
        """The JSON document of `tratin site suggest`.

        `profiles` has for each `valid_from`, `remove`, how many `pages` it fits, and `fields`: for each the `selector`,
        how many `pages` have the field by the general rules, on how many of them it `agrees`; how often it `gains` one
        where they find none, and `changes` one, with `examples` of these pages.
        """
        return {
            "site": self.site,
            "read": self.read,
            "articles": self.articles,
            "profiles": [
                {
                    "valid_from": told.profile.valid_from.isoformat(),
                    "pages": told.pages,
                    "fields": {
                        name: {"selector": getattr(told.profile, name)} | counts.document()
                        for name, counts in told.tallies.items()
                    },
                    "remove": list(told.profile.remove),
                }
                for told in self.proposals
            ],
        }

    def lines(self) -> list[str]:
        """The profiles as TOML."""
        pages = f"{self.articles} articles on {self.read} archived pages"
        return [f"# From {pages}; the figures compare with the general rules.", "", *toml(self.site, self.proposals)]


@dataclass(frozen=True, slots=True)
class _Chosen:
    """The selectors of an era by field, with what they did; the best of those that were not chosen."""

    era: Era
    fields: dict[str, tuple[str, Tally]]
    rejected: dict[str, tuple[str, Tally]]
    remove: tuple[str, ...] = ()

    @property
    def profile(self) -> Profile:
        told = {name: selector for name, (selector, _) in self.fields.items()}
        return Profile.model_validate(told | {"remove": self.remove if "body" in told else ()})

    def without(self, names: set[str]) -> _Chosen:
        left = {name: told for name, told in self.fields.items() if name not in names}
        return replace(self, fields=left, rejected=self.rejected | {name: self.fields[name] for name in names})


def suggest(store: Store, archive: Archive, site: Site, processes: int) -> Suggestion:
    """Propose profiles for `site`. Raises InputError where too few of its pages are in the archive."""
    sample = _Sample(store, archive, site, processes)
    if len(sample.pages) < FEW:
        raise InputError(
            f"the archive has {len(sample.pages)} pages of {site.id!r} with an article, and {FEW} are needed; "
            f"'tratin crawl {site.id}' fetches more, 'tratin site test {site.id}' looks at one"
        )
    tried = options(sample.pages)
    told = sample.compare(tried)
    fits = [
        {name: frozenset(_agreeing(name, tried, page)) for name in sample.pages[number].rules}
        for number, page in enumerate(told)
    ]
    cut = eras([page.day for page in sample.pages], fits)
    chosen = [_choose(era, tried, told, sample.pages) for era in cut]
    chosen = sample.verified(_with_removal(sample, chosen, tried, told))
    proposals = (sample.proposal(one) for one in chosen if one.fields)
    return Suggestion(site.id, sample.read, len(sample.pages), tuple(proposals))


def _agreeing(name: str, tried: Sequence[Profile], page: Sequence[Comparison]) -> list[int]:
    """The numbers of the selectors that find that field of a page and change nothing."""
    return [
        number
        for number, (profile, told) in enumerate(zip(tried, page, strict=True))
        if field_of(profile) == name and told.states[name] == "agrees" and not told.changed
    ]


def _choose(
    era: Era, tried: Sequence[Profile], told: Sequence[Sequence[Comparison]], pages: Sequence[Witness]
) -> _Chosen:
    """Take for each field the selector that fits the most pages of an era, if one fits enough."""
    chosen: dict[str, tuple[str, Tally]] = {}
    rejected: dict[str, tuple[str, Tally]] = {}
    for name in FIELDS:
        counted = [
            (getattr(profile, name), tally(name, ((pages[n], told[n][k]) for n in era.pages), frozenset()))
            for k, profile in enumerate(tried)
            if field_of(profile) == name
        ]
        if counted:
            best = max(counted, key=lambda one: (one[1].fits, one[1].agrees))
            (chosen if best[1].fits else rejected)[name] = best
    return _Chosen(era, chosen, rejected)


def _with_removal(
    sample: _Sample, chosen: list[_Chosen], tried: Sequence[Profile], told: Sequence[Sequence[Comparison]]
) -> list[_Chosen]:
    """Where every element around the text holds too much, name what is to be removed from the best one."""
    wanted: dict[int, Profile] = {}
    for place, one in enumerate(chosen):
        for k, profile in enumerate(tried):
            if "body" in one.fields or field_of(profile) != "body" or place in wanted:
                continue
            surplus = Counter(name for n in one.era.pages for name in told[n][k].surplus)
            if remove := tuple(name for name, count in surplus.most_common(SURPLUS) if count >= FEW):
                wanted[place] = profile.model_copy(update={"remove": remove})
    again = sample.compare(list(wanted.values()))
    for k, (place, profile) in enumerate(wanted.items()):
        one = chosen[place]
        counts = tally("body", ((sample.pages[n], again[n][k]) for n in one.era.pages), frozenset())
        if counts.fits:
            fields = one.fields | {"body": (str(profile.body), counts)}
            chosen[place] = replace(one, fields=fields, remove=profile.remove)
    return chosen


class _Sample:
    """Pages of the archive, read in other processes as often as it takes; only those that give an article are kept."""

    def __init__(self, store: Store, archive: Archive, site: Site, processes: int) -> None:
        self._archive, self._site, self._processes = archive, site, processes
        sampled = store.readings.sample(site.id, PAGES)
        self.read = len(sampled)
        kept = [
            (page, told)
            for page, reading in zip(sampled, self._readings("trial", sampled, ()), strict=True)
            if reading.finding and (told := witness(page.url, _day(page), reading.finding))
        ]
        self._places = [page for page, _ in kept]
        self.pages = [told for _, told in kept]

    def _readings(
        self, kind: Literal["trial", "comparison"], pages: Sequence[Sampled], profiles: Sequence[Profile]
    ) -> list[Reading]:
        site = self._site.model_copy(update={"profile": tuple(profiles)})
        with Readers([site], self._processes) as readers:

            def read(page: Sampled) -> Reading:
                try:
                    response = self._archive.read(Location(page.file, page.offset))
                except DamagedError as error:
                    return Reading(problem=str(error))
                return readers.read(Task(response, site.id, kind))

            pool = ThreadPoolExecutor(self._processes, thread_name_prefix="suggest")
            try:
                return list(pool.map(read, pages))
            finally:
                pool.shutdown(cancel_futures=True)

    def compare(self, profiles: Sequence[Profile]) -> list[tuple[Comparison, ...]]:
        """What each profile does to each page; a page on which that cannot be told is changed by all of them."""
        unknown = tuple(Comparison(dict.fromkeys(FIELDS, "changes")) for _ in profiles)
        if not profiles:
            return [() for _ in self.pages]
        return [reading.comparisons or unknown for reading in self._readings("comparison", self._places, profiles)]

    def verified(self, chosen: list[_Chosen]) -> list[_Chosen]:
        """Try the selectors of each era together, and leave out those that do not fit so, until all do."""
        while True:
            told = self.compare([one.profile for one in chosen])
            counted = [self._together(one, [page[k] for page in told]) for k, one in enumerate(chosen)]
            unfit = [{name for name, (_, counts) in one.fields.items() if not counts.fits} for one in counted]
            chosen = [one.without(names) for one, names in zip(counted, unfit, strict=True)]
            if not any(unfit):
                return chosen

    def _together(self, one: _Chosen, told: Sequence[Comparison]) -> _Chosen:
        pages = [(self.pages[n], told[n]) for n in one.era.pages]
        owned = frozenset(one.fields)
        return replace(
            one, fields={name: (selector, tally(name, pages, owned)) for name, (selector, _) in one.fields.items()}
        )

    def proposal(self, one: _Chosen) -> Proposal:
        """The profile of an era, from the day of its first page on."""
        pages = [self.pages[n] for n in one.era.pages]
        rules = {name: Counter(page.rules[name] for page in pages if name in page.rules) for name in FIELDS}
        profile = one.profile.model_copy(update={"valid_from": pages[0].day})
        tallies = {name: counts for name, (_, counts) in one.fields.items()}
        return Proposal(profile, len(pages), tallies, rules, one.rejected)


def _day(page: Sampled) -> date:
    return datetime.fromisoformat(page.fetched).astimezone(VIETNAM).date()
