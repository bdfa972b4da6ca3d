"""Put a dry run into words for whoever sets up a site, in 100 columns; `--json` has the same and more."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import groupby, zip_longest
from textwrap import wrap
from urllib.parse import urlsplit

import click

from crawler.extract.candidates import Candidate
from crawler.finding import Finding, Link
from crawler.trial import Look, Trial

WIDTH = 100  # columns
LABEL = 12  # of them for the name of a field
VALUE = 46  # for a value; the rest tells how it was found
ADDRESS = 60  # for a link; the rest has its words
LINES = 3  # for a value that was taken; others have one
FIRST = 6  # values of one field that could be, and as many that are not taken: a calendar has thirty dates
LINKS = 200  # of one reason
FIELDS = ("title", "lead", "body", "published", "author", "category", "tags")
SELECTED = FIELDS[:-1]  # what a profile has selectors for
KINDS = ("article", "list", "outside")
LEGEND = (
    "* is taken, + would be next, - is not taken and why. How a value was found: profile: by your selector; json-ld, "
    "opengraph, microdata, meta, <title>: the page says it for machines; class, time: by the name of an element; h1 to "
    "h6, bold, text, density and the like: by how the page looks. After 'at' stands a selector that finds the element."
)

DRAFT = (
    "If a field is wrong or missing, name the element that holds it in tratin.toml and run this again. These are the "
    "elements that were found here; leave out what needs no correction:"
)
NO_ARTICLE = (
    "If this page is an article all the same: a page whose address fits the site's `article` pattern is taken for one, "
    "and a profile's selectors say where its fields are. 'tratin site test SITE URL' looks at any other page."
)
NO_PATTERN = (
    "No `article` pattern is set, so the look of each page decides whether it is an article. A regular expression that "
    "fits the addresses of all articles and no other is surer, and spares the site many requests."
)
NO_LINK = (
    "No link fits article = '{}'. It is a regular expression that is searched in the whole address, as it stands above."
)
NO_PAGE = "The page links no other page of the site: is it drawn by a script, or is the start page another one?"


def report(trial: Trial) -> str:
    """All that a dry run saw; the fields are those of the page with an article, else of the first link."""
    later = trial.pages[1:]
    shown = next((page for page in later if page.has_article), (*later, None)[0]) if not trial.asked else trial.pages[0]
    lines = [f"{trial.site.id}: {trial.site.name}"]
    for number, page in enumerate(trial.pages):
        name = f"Link {number}" if number else "Page" if trial.asked else "Start page"
        lines += ["", _bold(f"{name}: {page.url}"), *_facts(page, trial)]
        if page.finding and page is shown:
            lines += _fields(page.finding)
        if page.finding and number == 0 and not page.has_article:
            lines += _list(page, page.finding)
    for paragraph in _advice(trial, shown):
        lines += ["", *_wrapped(paragraph, WIDTH)]
    if shown and shown.finding and shown.finding.article and not trial.site.profile:
        lines += _draft(trial.site.id, shown.finding)
    return "\n".join(lines)


def _facts(page: Look, trial: Trial) -> Iterator[str]:
    """How the page was had and what it is."""
    for hop in page.hops[:-1]:
        yield from _row("redirect", f"{hop.url} answers {hop.status}")
    if page.problem:
        yield from _row("problem", page.problem)
    if page.finding is None:
        return
    found, type_of = page.finding, page.media_type or "no type"
    yield from _row("answer", f"{page.hops[-1].status}, {type_of} in {found.charset or 'bytes'}, {page.length:,} bytes")
    yield from _row("time", f"{found.parse_ms:g} ms to parse, {found.extract_ms:g} ms to extract")
    if found.canonical not in {None, page.url}:
        yield from _row("canonical", found.canonical or "")
    yield from _row("profile", _profile(page.profile))
    for selector, count in found.removed.items():
        yield from _row("removed", f"{count} by {selector!r}")
    yield from _row("address", f"{page.kind}: {page.rule}")
    yield from _row("article", "yes" if found.article else f"no: {found.reason}")


def _profile(valid_from: str | None) -> str:
    if valid_from is None:
        return "none in force: general rules find everything"
    return "the one without valid_from" if valid_from == date.min.isoformat() else f"the one from {valid_from} on"


def _fields(found: Finding) -> Iterator[str]:
    for name in FIELDS if found.candidates else ():
        groups = _grouped(found.candidates.get(name, ()))
        rows = [row for group in groups for row in _candidate(group)]
        for label, row in zip_longest([name], rows or ["  nothing found"], fillvalue=""):
            yield f"{label:{LABEL}}{row}".rstrip()
        if (left_out := len(found.candidates.get(name, ())) - sum(map(len, groups))) > 0:
            yield f"{'':{LABEL}}  and {left_out} more: see --json"
    if found.article:
        yield f"{'images':{LABEL}}  {len(found.article.images)}"
        yield f"{'attachments':{LABEL}}  {len(found.article.attachments)}"


def _grouped(listed: tuple[Candidate, ...]) -> list[list[Candidate]]:
    """The candidates by their value, the first few of those that could be and of those that are refused."""
    groups: dict[tuple[str, str | None], list[Candidate]] = {}
    for candidate in listed:
        groups.setdefault((candidate.value, candidate.refused), []).append(candidate)
    could = [group for group in groups.values() if not group[0].refused]
    refused = [group for group in groups.values() if group[0].refused]
    return could[:FIRST] + refused[:FIRST]


def _candidate(group: list[Candidate]) -> Iterator[str]:
    """One value with the rules that find it, beside each other."""
    first = group[0]
    selector = next((candidate.selector for candidate in group if candidate.selector), None)
    told = ", ".join(_rule(candidate.rule) for candidate in group) + (f" at {selector}" if selector else "")
    right = _wrapped(f"{told}; {first.refused}" if first.refused else told, WIDTH - LABEL - VALUE - 4)
    size = f" ({first.length:,} characters)" if first.length is not None else ""
    size += f" ({first.precision})" if first.precision else ""
    room = VALUE * (LINES if first.chosen else 1) - len(size)
    value = f"{first.value}…" if first.length is not None and first.length > len(first.value) else first.value
    left = _wrapped(_cut(_plain(value), room) + size, VALUE)
    mark = "*" if first.chosen else "-" if first.refused else "+"
    for sign, value, rest in zip_longest([mark], left, right, fillvalue=""):
        line = f"{sign:2}{value:{VALUE}}  {rest}".rstrip()
        yield _bold(line) if first.chosen else click.style(line, dim=True) if first.refused else line


def _rule(rule: str) -> str:
    return "<title>" if rule == "title" else rule


def _list(page: Look, found: Finding) -> Iterator[str]:
    """The feeds, the sitemaps and the links, by what becomes of them and why."""
    for label, urls, none in (
        ("feeds", found.feeds, "the page declares none"),
        ("sitemaps", page.sitemaps, "robots.txt names none"),
    ):
        for name, url in zip_longest([label], urls or [none], fillvalue=""):
            yield from _row(name, url)
    counts = [f"{sum(link.kind == kind for link in found.links)} {kind}" for kind in KINDS]
    yield from _row("links", f"{len(found.links)}: {', '.join(counts)}")
    ordered = sorted(found.links, key=lambda link: (KINDS.index(link.kind), link.reason))
    for (kind, reason), group in groupby(ordered, key=lambda link: (link.kind, link.reason)):
        links = list(group)
        yield from ("", f"  {kind}, {len(links)}: {_plain(reason)}")
        yield from (_link(link, page.url) for link in links[:LINKS])
        if len(links) > LINKS:
            yield f"    and {len(links) - LINKS} more: see --json"


def _link(link: Link, base: str) -> str:
    parts, here = urlsplit(link.url), urlsplit(base)
    near = parts.netloc == here.netloc and parts.scheme == here.scheme
    address = link.url[len(f"{parts.scheme}://{parts.netloc}") :] if near else link.url
    return f"    {_cut(address, ADDRESS):{ADDRESS}}  {_cut(_plain(link.text), WIDTH - ADDRESS - 6)}".rstrip()


def _advice(trial: Trial, shown: Look | None) -> Iterator[str]:
    """How to read it, and what to do next; each a paragraph."""
    found = shown.finding if shown else None
    if found and found.candidates:
        yield LEGEND
    if found and not found.article:
        yield NO_ARTICLE
    if shown is None and trial.pages[0].finding:
        yield NO_LINK.format(trial.site.article) if trial.site.article else NO_PAGE
    elif not trial.asked and not trial.site.article:
        yield NO_PATTERN


def _draft(site: str, found: Finding) -> Iterator[str]:
    """A profile that names the elements in which the fields were found."""
    yield from ("", *_wrapped(DRAFT, WIDTH), "", f"    [[sites.{site}.profile]]")
    for name in SELECTED:
        for group in _grouped(found.candidates.get(name, ()))[:1]:
            selector = next((candidate.selector for candidate in group if candidate.selector), None)
            if group[0].chosen and selector:
                yield f"    {name} = '{selector}'"


def _row(label: str, text: str) -> Iterator[str]:
    for name, line in zip_longest([label], _wrapped(text, WIDTH - LABEL), fillvalue=""):
        yield f"{name:{LABEL}}{line}".rstrip()


def _wrapped(text: str, width: int) -> list[str]:
    return wrap(_plain(text), width, break_on_hyphens=False)


def _plain(text: str) -> str:
    """One line of characters that a terminal only prints: a page may hold escape sequences."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 1].rstrip()}…"


def _bold(text: str) -> str:
    return click.style(text, bold=True)
