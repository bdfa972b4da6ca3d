"""List what each field of an article could have been, and why it is not: for whoever writes a site's profile. Pure.

The values come from the rules of extraction themselves: the one that is marked as chosen is what `extract` gives.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from bs4 import Tag

from crawler import dates
from crawler.article import Page
from crawler.dates import Published
from crawler.extract import (
    Document,
    address,
    byline,
    fields,
    headline,
    judge,
    lead_and_body,
    main_text,
    publication,
    published,
)
from crawler.extract.body import find_body
from crawler.extract.lines import Box, Outline
from crawler.extract.markup import attribute, words_of
from crawler.extract.metadata import Metadata, collect
from crawler.extract.outline import HEADINGS, outline
from crawler.extract.paragraphs import paragraphs
from crawler.extract.profile import Name, Selected, date_in, select
from crawler.extract.selector import Selectors
from crawler.extract.story import STAMP, Found, Story
from crawler.extract.title import ENOUGH, GENERAL, Title, fold, headlines, same
from crawler.settings import Site

BEGINNING = 80  # characters of a body that are shown
WIDER = 3  # boxes around the text that are offered: one of them holds a table or a last paragraph that is missing
HOLDERS = frozenset({"div", "article", "section", "main", "td"})  # the text of the next article may be no single `p`
FUTURE = datetime(9000, 1, 1, tzinfo=UTC)  # a present for which no date on the calendar is to come
OTHER_DATES = ("dateModified", "uploadDate")  # of schema.org: of changes and files


@dataclass(frozen=True, slots=True)
class Candidate:
    """A value that a field has (`chosen`), or would have next, or cannot have (`refused` says why).

    `selector` finds the element that shows it, None where none does. `length` counts the characters of a text of which
    `value` is only the beginning; `precision` is a date's.
    """

    value: str
    rule: str
    chosen: bool = False
    refused: str | None = None
    selector: str | None = None
    length: int | None = None
    precision: str | None = None


@dataclass(frozen=True, slots=True)
class _View:
    """A page as its rules see it."""

    text: Outline
    told: Metadata
    chosen: Selected
    selectors: Selectors
    now: datetime
    read: dict[int, Published | None] = field(default_factory=dict)

    def made(self, value: str, rule: str, tag: Tag | None = None, refused: str | None = None) -> Candidate:
        return Candidate(value, rule, refused=refused, selector=self.selectors.of(tag) if tag else None)

    def said(self, found: Found[str], refused: str | None = None) -> Candidate:
        """A name; an element that has more words ("Đăng bởi ...") would not do for a profile, which takes them all."""
        alone = found.tag is not None and words_of(found.tag) == found.value
        return self.made(found.value, found.rule, found.tag if alone else None, refused)

    def dated(self, when: Found[Published], refused: str | None = None) -> Candidate:
        """A date; an element from which a profile would read another one, or none, is not named."""
        tag = when.tag
        if tag is not None and id(tag) not in self.read:  # many dates may stand in one element
            self.read[id(tag)] = date_in(tag, self.now)
        alone = tag is not None and self.read[id(tag)] == when.value
        made = self.made(when.value.value, when.rule, tag if alone else None, refused)
        return replace(made, precision=when.value.precision)

    def long(self, text: str, rule: str, box: Box, refused: str | None = None) -> Candidate:
        holder = next((around for around in box.upwards() if around.name in HOLDERS), box)
        return replace(self.made(text[:BEGINNING], rule, holder.tag, refused), length=len(text))

    def missed(self, name: Name) -> Iterator[Candidate]:
        """The profile's selector for a field, where it finds nothing."""
        if getattr(self.chosen.profile, name) and getattr(self.chosen, name) is None:
            yield Candidate("", self.chosen.rule(name), refused="no element of this page has it, or an empty one")


def candidates(
    document: Document, page: Page, site: Site, furniture: frozenset[int] = frozenset()
) -> dict[str, tuple[Candidate, ...]]:
    """List for each field what it has, then what else it could have; no other fields without a title and a text.

    `furniture` has the marks of lines that most texts of the site have.
    """
    if judge.refusal(page):
        return {}
    chosen = select(document.soup, site, page.fetched)
    text, told = outline(document.soup, chosen.removed, furniture), collect(document.soup, page.url)
    view = _View(text, told, chosen, Selectors(document.soup, chosen.removed), page.fetched)
    url = address(told, page.url, site)
    title = headline(text, told, chosen, site, url)
    listed = {"title": _titles(view, title, site, url)}
    body = main_text(text, chosen, title) if title else None
    if title is None or body is None:
        return listed
    return listed | _fields(view, Story(text, told, title, body, url, page.fetched, site))


def _fields(view: _View, story: Story) -> dict[str, tuple[Candidate, ...]]:
    chosen = view.chosen
    author = chosen.words("author") or byline.find(story)
    lead, body = lead_and_body(story, chosen)
    date = publication(story, chosen)
    tags = [view.made(", ".join(found.value), found.rule) for found in fields.keywords(story)]
    category = chosen.words("category") or fields.category(story)
    return {
        "lead": _merged(view.said(lead) if lead else None, _leads(view, story)),
        "body": _merged(view.long(body, story.body.rule, story.body.box), _bodies(view, story)),
        "published": _merged(view.dated(date) if date else None, _dates(view, story, date)),
        "author": _merged(view.said(author) if author else None, _authors(view, story)),
        "category": _merged(view.said(category) if category else None, _categories(view, story)),
        "tags": _merged(tags[0] if tags else None, tags),
    }


def _merged(chosen: Candidate | None, others: Iterable[Candidate]) -> tuple[Candidate, ...]:
    """The chosen one, the others, the refused ones; each value and rule once, with its element where one is known."""
    listed: dict[tuple[str, str], Candidate] = {}
    for candidate in (*([replace(chosen, chosen=True)] if chosen else ()), *others):
        known = listed.setdefault((candidate.value, candidate.rule), candidate)
        if known.selector is None and candidate.selector:
            listed[candidate.value, candidate.rule] = replace(known, selector=candidate.selector)
    return tuple(sorted(listed.values(), key=lambda candidate: bool(candidate.refused)))


def _titles(view: _View, title: Title | None, site: Site, url: str) -> tuple[Candidate, ...]:
    chosen = view.made(title.text, title.rule, _heading(view, title.after)) if title else None
    others = list(view.missed("title"))
    for found in headlines(view.text, view.told, find_body(view.text), site.name, url):
        if found.after:
            refused = f"{found.score:.1f} points, and {ENOUGH} are needed" if found.score < ENOUGH else None
        else:
            refused = _untold(found.text, title)
        others.append(view.made(found.text, found.rule, _heading(view, found.after), refused))
    return _merged(chosen, others)


def _untold(text: str, title: Title | None) -> str | None:
    """Tell why a title that machines are told is not believed."""
    if GENERAL.match(text):
        return "words that stand on many pages"
    return None if title and same(fold(text), fold(title.text)) else "the page shows no such headline"


def _heading(view: _View, after: int) -> Tag | None:
    """The element that ends before line `after`, the whole heading where the line is part of one."""
    if not after:
        return None
    box = view.text.lines[after - 1].box
    return next((around for around in box.upwards() if around.name in HEADINGS), box).tag


def _leads(view: _View, story: Story) -> Iterator[Candidate]:
    yield from view.missed("lead")
    for found in fields.leads(story):
        text = " ".join(story.text.lines[n].text for n in found.value)
        left = set(story.body.indexes) - set(found.value)
        yield view.made(text, found.rule, found.tag, None if left else "without it nothing is left of the text")


def _bodies(view: _View, story: Story) -> Iterator[Candidate]:
    """The text by the general rules, with the headline known and without, then the boxes around the text."""
    yield from view.missed("body")
    page, seen = story.text, [set(story.body.indexes)]
    for body in (find_body(page, story.title.after), find_body(page)):
        if body and set(body.indexes) not in seen:
            seen.append(set(body.indexes))
            yield view.long("\n".join(paragraphs(page, body.indexes)), body.rule, body.box)
    for box in story.body.box.upwards():
        if box.name in {"html", "body"} or len(seen) > WIDER:
            return
        indexes = tuple(n for n in range(box.start, box.end) if not page.lines[n].hidden)
        if not any(set(indexes) <= known for known in seen):
            seen.append(set(indexes))
            yield view.long("\n".join(paragraphs(page, indexes)), "wider-box", box, "more than the text")


def _authors(view: _View, story: Story) -> Iterator[Candidate]:
    yield from view.missed("author")
    for found in byline.find_all(story):
        if found.value:
            yield view.said(found, byline.refusal(story, found.value))


def _categories(view: _View, story: Story) -> Iterator[Candidate]:
    yield from view.missed("category")
    yield from map(view.said, fields.categories(story))


def _dates(view: _View, story: Story, chosen: Found[Published] | None) -> Iterator[Candidate]:
    """The dates that a rule finds, then those that are there and no rule takes."""
    yield from view.missed("published")
    tag, rule = view.chosen.published, view.chosen.rule("published")
    if tag is not None and (chosen is None or chosen.rule != rule):
        yield view.made(words_of(tag), rule, tag, _why_unread(words_of(tag)))
    found = list(published.find_all(story))
    yield from map(view.dated, found)
    yield from _dates_told(view, story)
    shown = [(one.tag, one.value) for one in found if one.tag]
    for index, text, box in _dated_places(story):
        when = dates.find(text, story.now)
        late = None if when else dates.find(text, FUTURE)
        if when and not any(value == when and any(up.tag is tag for up in box.upwards()) for tag, value in shown):
            yield view.dated(Found(when, "text-date", box.tag), published.refusal(story, index, when))
        elif late:
            yield view.dated(Found(late, "text-date", box.tag), "in the future")


def _dated_places(story: Story) -> Iterator[tuple[int, str, Box]]:
    """The lines that are no sentence of the text, and what elements say for machines: line, words, box."""
    page, inside = story.text, set(story.body.indexes)
    for index, line in enumerate(page.lines):
        if index not in inside or len(line.text) <= STAMP:
            yield index, line.text, line.box
    for box in page.boxes:
        if "datetime" in box.tag.attrs and box.start < len(page.lines):
            yield box.start, attribute(box.tag, "datetime"), box


def _dates_told(view: _View, story: Story) -> Iterator[Candidate]:
    """What machines are told that is no date of publication: it cannot be read, or its name says something else."""
    for told in published.told(story):
        if not dates.parse(told.value, story.now):
            yield view.made(told.value, told.rule, None, _why_unread(told.value))
    others = {f"json-ld:{name}": view.told.linked_data(name) for name in OTHER_DATES}
    others |= {f"microdata:{name}": view.told.prop(name) for name in OTHER_DATES}
    known = {*published.DATE_META, *published.DATE_META_OLD}
    others |= {f"meta:{name}": values[0] for name, values in view.told.meta.items() if name not in known}
    for rule, text in others.items():
        if when := dates.parse(text, story.now):
            yield view.dated(Found(when, rule), "its name says that it is another date")


def _why_unread(text: str) -> str:
    return "in the future" if dates.find(text, FUTURE) else "no date can be read in it"
