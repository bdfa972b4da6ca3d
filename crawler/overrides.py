"""What staff correct: the file `overrides.toml`, checked entry by entry, and brought into the store.

A table for each article, named by its id, holds the fields that readers are to get instead of what was extracted. The
store keeps them apart from the versions, so that no new version, import or extraction touches them; an entry that is
taken out of the file brings back what was extracted.
"""

from __future__ import annotations

import difflib
import logging
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from reprlib import Repr
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, ValidationError

from crawler.article import VIETNAM, local_day
from crawler.article_lines import iso_date
from crawler.dates import SKEW
from crawler.errors import ConfigurationError
from crawler.settings import Settings, read_toml
from crawler.store import Store, instant

log = logging.getLogger(__name__)

SOURCE = "override"  # in `published_source`
UNKNOWN = '"" where it is unknown'
EXPECTED = {
    "title": "a text that is not empty",
    "lead": f"a text, {UNKNOWN}",
    "body": "a text, each line of it a paragraph",
    "published": f"a day (2021-01-08) or a time (2021-01-08T14:30:00+07:00) that is not to come, {UNKNOWN}",
    "author": f"a text, {UNKNOWN}",
    "category": f"a text, {UNKNOWN}",
    "tags": "a list of texts that are not empty, [] where there are none",
}
FOUND = Repr()
FOUND.maxstring = FOUND.maxother = 60  # characters of a value that a message repeats


@dataclass(frozen=True, slots=True)
class Overrides:
    """What the file says: the `fields` of the store's merge patch by article; what is wrong, and in which entries."""

    fields: dict[str, dict[str, Any]]
    faults: tuple[str, ...] = ()
    refused: frozenset[str] = frozenset()


def _words(text: str) -> str:
    return unicodedata.normalize("NFC", " ".join(text.split()))


def _known(text: str) -> str | None:
    return _words(text) or None


def _not_empty(text: str) -> str:
    if not _words(text):
        raise ValueError("is empty")
    return _words(text)


def _paragraphs(text: str) -> str:
    return "\n".join(filter(None, map(_words, text.splitlines())))


def _date(value: object) -> object:
    """A date of TOML or of ISO 8601 as the store has it; whatever else as it is."""
    text = value.isoformat() if isinstance(value, date) else value
    return iso_date(text) if isinstance(text, str) and text else text


Known = Annotated[str, AfterValidator(_known)]
Name = Annotated[str, AfterValidator(_not_empty)]


class Correction(BaseModel):
    """An entry of the file; what it leaves out stays as it was extracted."""

    model_config = ConfigDict(extra="forbid", strict=True)

    title: Name = ""
    lead: Known = ""
    body: Annotated[str, AfterValidator(_paragraphs)] = ""
    published: Annotated[Known, BeforeValidator(_date)] = ""
    author: Known = ""
    category: Known = ""
    tags: list[Name] = []

    def fields(self) -> dict[str, Any]:
        """The merge patch; a date says how precise it is and where it is from."""
        told = self.model_dump(exclude_unset=True)
        if "published" in told:
            known = told["published"] is not None
            precision = "day" if len(told["published"] or "") == len("2021-01-08") else "time"
            told["published_precision"] = precision if known else None
            told["published_source"] = SOURCE if known else None
        return told


def read(file: Path, now: datetime) -> Overrides:
    """Read the file, which need not be there; an entry with a fault counts as a whole for nothing.

    Raises ConfigurationError for a file that is not TOML.
    """
    fields: dict[str, dict[str, Any]] = {}
    faults: dict[str, list[str]] = {}
    for article, table in (read_toml(file) if file.exists() else {}).items():
        try:
            fields[article] = _entry(table, now)
        except ValidationError as error:
            faults[article] = list(_told(error))
        except ValueError as error:
            faults[article] = [str(error)]
    lines = (f"{file}: {article}: {told}" for article, found in faults.items() for told in found)
    return Overrides({article: told for article, told in fields.items() if told}, tuple(lines), frozenset(faults))


def _entry(table: object, now: datetime) -> dict[str, Any]:
    if not isinstance(table, dict):
        raise ValueError(f"expected a table [ID] for an article, found the value {FOUND.repr(table)}")
    told = Correction.model_validate(table).fields()
    day = local_day(told.get("published"))
    if day and day > (now + SKEW).astimezone(VIETNAM).date():
        raise ValueError(f"published: expected {EXPECTED['published']}, found {FOUND.repr(table['published'])}")
    return told


def _told(error: ValidationError) -> Iterator[str]:
    """What is wrong with an entry: the key, what was expected, what was found."""
    for problem in error.errors(include_url=False):
        key = str(problem["loc"][0])
        if key in EXPECTED:
            yield f"{key}: expected {EXPECTED[key]}, found {FOUND.repr(problem['input'])}"
        else:
            near = difflib.get_close_matches(key, EXPECTED, n=1, cutoff=0.5)
            hint = f"did you mean {near[0]!r}?" if near else f"expected one of {', '.join(EXPECTED)}"
            yield f"{key}: unknown key; {hint}"


def check(settings: Settings, now: datetime) -> int:
    """Tell how many articles the file corrects. Raises ConfigurationError with all that is wrong in it.

    Where there is a store already, an article that it has not got is wrong, too.
    """
    told = read(settings.overrides_file, now)
    faults = list(told.faults)
    if told.fields and settings.store_file.exists():
        store = Store(settings.store_file)
        faults += _absent(settings.overrides_file, store.absent(told.fields))
        store.close()
    if faults:
        raise ConfigurationError("\n".join(faults))
    return len(told.fields)


def _absent(file: Path, ids: list[str]) -> list[str]:
    return [f"{file}: {article}: expected the id of an article, found none of that id in the store" for article in ids]


def sync(settings: Settings, store: Store, now: datetime) -> int:
    """Bring what the file says into the store; gives how many articles that changes for readers.

    What is wrong in the file is logged, and leaves in force what the store has got of it.
    """
    try:
        told = read(settings.overrides_file, now)
    except ConfigurationError as error:
        log.error("%s; corrections stay as they were", error)
        return 0
    absent = store.absent(told.fields)
    for fault in (*told.faults, *_absent(settings.overrides_file, absent)):
        log.error("%s; this entry is passed over", fault)
    before = store.corrections()
    stays = {article: fields for article, fields in before.items() if article in told.refused}
    wanted = stays | {article: fields for article, fields in told.fields.items() if article not in absent}
    changed = [article for article in before | wanted if before.get(article) != wanted.get(article)]
    if before.keys() - wanted.keys():
        log.warning("%d articles that were corrected are as they were extracted", len(before.keys() - wanted.keys()))
    if changed:  # else no transaction, which would have to wait for a crawl's
        with store.transaction():
            for article in changed:
                store.correct(article, wanted.get(article), instant(now))
    return len(changed)
