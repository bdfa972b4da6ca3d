"""Find the date of publication, and say of every other date on the page why it is not that.

What machines are told comes first, then what the page shows, then the address. A shown date of the last change serves
where there is no other, because many newsrooms show only that; one told to machines never does, because systems write
it whenever anything is saved. A date in a footer, a calendar or a list of other news is nobody's date of publication:
None rather than a guess.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from crawler import dates
from crawler.dates import Published
from crawler.extract.dated_line import read_line
from crawler.extract.shown import dates_shown, is_above, is_today, line_refusal
from crawler.extract.story import Found, Story

DATE_META = (
    *("article:published_time", "og:published_time", "datepublished", "pubdate", "publishdate", "publish-date"),
    *("publish_date", "published_time", "publication_date", "article:published", "parsely-pub-date", "dcterms.issued"),
)
DATE_META_OLD = ("dc.date.issued", "dc.date.created", "dcterms.created", "dc.date", "date", "article.published")
FOOTER = frozenset({"footer", "copyright"})
# A day as a folder, or before a slug; in the midst of a slug it may be an event's, or a student's number.
PERMALINK = re.compile(
    r"/((?:19|20)\d{2})(?:/(\d{1,2})/(\d{1,2})(?=/)|-(\d{2})-(\d{2})(?=-\D|/)|(\d{2})(\d{2})(?=-\D|/))"
)
CREATED = re.compile(
    r"-(20\d{2})(\d{2})(\d{2})(?:[01]\d|2[0-3])[0-5]\d[0-5]\d{1,4}\.\w+$"
)  # to the second, in its number


def find(story: Story) -> Found[Published] | None:
    """Find the date of publication; where the first one is only a day, the time of that day if another tells it."""
    found = find_all(story)
    first = next(found, None)
    if first is None or first.value.precision == "time":
        return first
    return next((other for other in found if _adds_time(other, first)), first)


def find_all(story: Story) -> Iterator[Found[Published]]:
    """Find the dates that may be that of publication, the best first."""
    for said in told(story):
        if when := dates.parse(said.value, story.now):
            yield Found(when, said.rule)
    changes = []
    for found, kind in dates_shown(story):
        if kind == "updated":
            changes.append(Found(found.value, f"{found.rule}:updated", found.tag))
        else:
            yield found
    yield from _dates_in_url(story)
    yield from changes


def told(story: Story) -> Iterator[Found[str]]:
    """What machines are told of the date of publication, whether it is a date or not."""
    given = story.told
    for rule, text in (
        ("json-ld", given.linked_data("datePublished")),
        *((f"meta:{name}", given.first(name)) for name in DATE_META),
        ("microdata", given.prop("datePublished") or given.prop("dateCreated")),
        ("json-ld:dateCreated", given.linked_data("dateCreated")),
        *((f"meta:{name}", given.first(name)) for name in DATE_META_OLD),
    ):
        if text:
            yield Found(text, "opengraph" if rule == "meta:article:published_time" else rule)


def refusal(story: Story, index: int, when: Published) -> str:
    """Tell why a date that is shown in this line was not taken for that of publication."""
    if is_above(story, index) and is_today(story, when):
        return "the day of the fetch, above the headline: a clock"
    if any(box.name == "footer" or box.hints & FOOTER for box in story.text.lines[index].box.upwards()):
        return "in the footer"
    of_event = any(dated.kind == "event" for dated in read_line(story, index) if dated.when == when)
    if reason := line_refusal(story, index):
        return reason
    return "of an event or a term" if of_event else "too far from headline and text, or amid other words"


def _adds_time(other: Found[Published], first: Found[Published]) -> bool:
    same_day = other.value.precision == "time" and other.value.day == first.value.value
    return same_day and not other.rule.endswith(":updated")


def _dates_in_url(story: Story) -> Iterator[Found[Published]]:
    path = urlsplit(story.url).path
    for match in filter(None, (PERMALINK.search(path), CREATED.search(path))):
        day = "-".join(part for part in match.groups() if part)
        if when := dates.parse(day, story.now):
            yield Found(when, "url")
