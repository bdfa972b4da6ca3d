"""Compare what a site's profiles make of a page with what the general rules make of it. Pure; one parse for them all.

Only plain data comes out, so that it can be done in another process.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Literal

from bs4 import Tag

from crawler.article import Article, Page
from crawler.extract import Document, Extraction, extract, parse
from crawler.extract.markup import words_of
from crawler.extract.profile import select
from crawler.extract.selector import Selectors
from crawler.settings import Profile, Site

FIELDS = ("title", "lead", "body", "published", "author", "category")  # for which a profile has a selector
BESIDE = ("tags", "images", "attachments")  # which a selector of another field may change
SURPLUS = 5  # elements of one page: a text with more of them than that has another box

ALIKE = 0.98  # F1 of the words of two texts that are one: a line of two words more or less is no other text

State = Literal["agrees", "gains", "changes", "silent", "none"]


@dataclass(frozen=True, slots=True)
class Comparison:
    """What one profile does to each field of a page.

    Its selector finds what the general rules find ("agrees"; of a text nearly all and little else) or what they do not
    find ("gains"); something else comes out ("changes"); the value is the general rules' ("silent"), or there is none
    ("none"). `surplus` has selectors of named elements whose words the profile's body has and the general rules' has
    not.
    """

    states: dict[str, State]
    surplus: tuple[str, ...] = ()

    @property
    def changed(self) -> list[str]:
        """The fields that come out differently."""
        return [name for name, state in self.states.items() if state == "changes"]


def compare(page: Page, site: Site) -> tuple[Comparison, ...]:
    """Compare each profile of `site`, alone and whatever its dates; nothing where the general rules find no article."""
    document = parse(page)
    general = extract(document, page, _with(site)).article
    if general is None:
        return ()
    return tuple(_compared(document, page, site, profile, general) for profile in site.profile)


def _with(site: Site, *profiles: Profile) -> Site:
    return site.model_copy(update={"profile": profiles})


def _compared(document: Document, page: Page, site: Site, profile: Profile, general: Article) -> Comparison:
    alone = _with(site, profile.model_copy(update={"valid_from": date.min}))
    found = extract(document, page, alone)
    if found.article is None:
        return Comparison(dict.fromkeys(FIELDS, "changes"))
    states = {name: _state(name, general, found, profile) for name in FIELDS + BESIDE}
    body = select(document.soup, alone, page.fetched).body if states["body"] == "changes" else None
    surplus = _surplus(Selectors(document.soup), body, general, found.article) if body else ()
    return Comparison(states, tuple(islice(surplus, SURPLUS)))


def _state(name: str, general: Article, found: Extraction, profile: Profile) -> State:
    before, after = getattr(general, name), getattr(found.article, name)
    selected = name in FIELDS and found.rules.get(name) == f"profile:{getattr(profile, name)}"
    if before == after or (name == "body" and selected and _alike(before, after)):
        return "agrees" if selected else "silent" if before else "none"
    return "gains" if selected and not before else "changes"


def _alike(one: str, other: str) -> bool:
    before, after = Counter(one.split()), Counter(other.split())
    return 2 * (before & after).total() >= ALIKE * (before.total() + after.total())


def _surplus(selectors: Selectors, body: Tag, general: Article, found: Article) -> Iterator[str]:
    """Name the outermost elements in the profile's body that hold only lines which the general rules leave out."""
    known = set(general.body.split("\n"))
    left = " ".join(line for line in found.body.split("\n") if line not in known)
    kept = " ".join([general.title, general.lead or "", general.body])
    inside: set[int] = set()
    for tag in body.find_all(True):
        if id(tag.parent) in inside:
            inside.add(id(tag))
        elif (words := words_of(tag)) and words in left and words not in kept and (name := _name(selectors, tag)):
            inside.add(id(tag))
            yield name


def _name(selectors: Selectors, tag: Tag) -> str | None:
    """A selector that asks for the element's own class or id: its place says nothing of what it holds."""
    selector = selectors.of(tag)
    return selector if selector and set(".#[") & set(selector.split()[-1]) else None
