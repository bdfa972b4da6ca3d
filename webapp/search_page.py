"""Work out what the search page shows around its results: chips, choices, orders, page links. Asks nothing itself.

Every link is an address that `indexer.request.read` understands, made by `address` alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from urllib.parse import urlencode

from flask import url_for

from indexer.request import parameters_of
from indexer.results import FacetValue, Hit, Results, SearchRequest
from webapp.language import gettext, short_day

SHOWN = 8  # values of a facet before "more": with three facets what fits on a laptop's screen
NEIGHBOURS = 2  # page links on each side of the present one


@dataclass(frozen=True, slots=True)
class Choice:
    """A link that changes the search; `bar` is the share of the largest count, in percent."""

    label: str
    address: str
    count: int = 0
    selected: bool = False
    bar: int = 0


@dataclass(frozen=True, slots=True)
class Facet:
    """The choices of one kind; the first ones show, the rest unfolds. Of a `single` one only one can be chosen."""

    title: str
    choices: tuple[Choice, ...]
    single: bool = False

    @property
    def first(self) -> tuple[Choice, ...]:
        """What shows at once."""
        return self.choices[:SHOWN]

    @property
    def rest(self) -> tuple[Choice, ...]:
        """What unfolds."""
        return self.choices[SHOWN:]

    @property
    def rest_open(self) -> bool:
        """Whether a selected choice would be hidden otherwise."""
        return any(choice.selected for choice in self.rest)


@dataclass(frozen=True, slots=True)
class SearchPage:
    """A searched page: what was asked, as asked, and what came of it."""

    asked: SearchRequest
    number: int
    results: Results
    site_name: Callable[[str], str]

    @property
    def pages(self) -> int:
        """How many pages there are."""
        return -(-self.results.total // self.asked.size)

    @property
    def is_start(self) -> bool:
        """Whether nothing was asked: the page that greets."""
        return not (self.asked.q.strip() or self.chips) and self.number == 1

    @property
    def sort(self) -> str:
        """The order that the results are in."""
        return self.results.request.sort

    def to_page(self, number: int) -> str:
        """The address of another page of the same results."""
        return address(self.asked, number)

    def to_article(self, hit: Hit) -> str:
        """The address of a result; it carries the search along, for the marks and the way back."""
        return address(self.asked, self.number, "pages.article", article_id=hit.stored.article.id)

    @property
    def page_links(self) -> tuple[int, ...]:
        """The pages to link: first, last, the present one and its neighbours; 0 stands for a gap."""
        near = range(self.number - NEIGHBOURS, self.number + NEIGHBOURS + 1)
        wanted = sorted({1, self.pages} | {page for page in near if 1 <= page <= self.pages})
        links: list[int] = []
        for page in wanted:
            if links and page - links[-1] == 2:
                links.append(page - 1)
            elif links and page - links[-1] > 2:
                links.append(0)
            links.append(page)
        return tuple(links)

    @property
    def sorts(self) -> tuple[Choice, ...]:
        """The orders to choose from; without words nothing is more relevant than another."""
        labels = {"newest": gettext("Mới nhất"), "oldest": gettext("Cũ nhất")}
        if self.asked.q.strip():
            labels = {"relevance": gettext("Liên quan nhất")} | labels
        return tuple(
            Choice(label, address(changed(self.asked, sort=sort)), selected=sort == self.sort)
            for sort, label in labels.items()
        )

    @property
    def chips(self) -> tuple[Choice, ...]:
        """The active filters; each links to the search without it."""
        asked = self.asked
        found = [(self.site_name(site), changed(asked, sites=_without(asked.sites, site))) for site in asked.sites]
        found += [(name, changed(asked, categories=_without(asked.categories, name))) for name in asked.categories]
        if asked.author:
            found.append((gettext("Tác giả: %(name)s", name=asked.author), changed(asked, author="")))
        year = next((value.label for value in self.results.facets.get("year", ()) if value.selected), "")
        if year:
            found.append((gettext("Năm %(year)s", year=year), changed(asked, first_day=None, last_day=None)))
        else:
            found += _day_chips(asked)
        return tuple(Choice(label, address(request)) for label, request in found)

    @property
    def without_filters(self) -> str:
        """The address of the same words in the whole archive."""
        return address(SearchRequest(q=self.asked.q, sort=self.asked.sort, size=self.asked.size))

    @property
    def facets(self) -> tuple[Facet, ...]:
        """What can be chosen, with how many results it gives."""
        asked, given = self.asked, self.results.facets
        sites = tuple(
            _choice(value, changed(asked, sites=_toggled(asked.sites, value))) for value in given.get("site", ())
        )
        categories = tuple(
            _choice(value, changed(asked, categories=_toggled(asked.categories, value)))
            for value in given.get("category", ())
        )
        facets = (
            Facet(gettext("Nguồn tin"), sites),
            Facet(gettext("Năm"), self._years(given.get("year", ())), single=True),
            Facet(gettext("Chuyên mục"), categories),
        )
        return tuple(facet for facet in facets if facet.choices)

    def _years(self, values: tuple[FacetValue, ...]) -> tuple[Choice, ...]:
        most = max((value.count for value in values), default=0) or 1
        return tuple(
            _choice(
                value,
                _in_year(self.asked, None if value.selected else int(value.value)),
                round(100 * value.count / most),
            )
            for value in values
        )


def address(request: SearchRequest, page: int = 1, endpoint: str = "pages.search", **values: Any) -> str:
    """The address of a page of `request`, or of another `endpoint` that carries it along."""
    pairs = parameters_of(request)
    if page > 1:
        pairs.append(("page", str(page)))
    return url_for(endpoint, **values) + ("?" + urlencode(pairs) if pairs else "")


def changed(request: SearchRequest, **changes: object) -> SearchRequest:
    """`request` with `changes`, from its first result on."""
    return replace(request, offset=0, **changes)  # type: ignore[arg-type]  # replace checks the names itself


def _choice(value: FacetValue, leads_to: SearchRequest, bar: int = 0) -> Choice:
    return Choice(value.label, address(leads_to), value.count, value.selected, bar)


def _toggled(chosen: tuple[str, ...], value: FacetValue) -> tuple[str, ...]:
    return _without(chosen, value.value) if value.value in chosen else (*chosen, value.value)


def _without(chosen: tuple[str, ...], value: str) -> tuple[str, ...]:
    return tuple(other for other in chosen if other != value)


def _in_year(request: SearchRequest, year: int | None) -> SearchRequest:
    first, last = (date(year, 1, 1), date(year, 12, 31)) if year else (None, None)
    return changed(request, first_day=first, last_day=last)


def _day_chips(asked: SearchRequest) -> list[tuple[str, SearchRequest]]:
    found = []
    if asked.first_day:
        found.append((gettext("Từ %(day)s", day=short_day(asked.first_day)), changed(asked, first_day=None)))
    if asked.last_day:
        found.append((gettext("Đến %(day)s", day=short_day(asked.last_day)), changed(asked, last_day=None)))
    return found
