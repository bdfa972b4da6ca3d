"""Take in articles and pages that others have fetched: article JSON Lines and WARC files, plain or gzip.

What is sound in a file is taken in, what is not is counted and named by its line; a file that is torn is taken in up to
the tear.
"""

from __future__ import annotations

import gzip
import json
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any, BinaryIO

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError, model_validator

from crawler.archive import Archive, Exchange, pages
from crawler.article import VIETNAM, Article, Page, Precision, Status, article_id
from crawler.errors import InputError
from crawler.extract import extract, parse
from crawler.settings import SITE_ID, Settings, Site
from crawler.store import Change, Life, Store, instant
from crawler.urls import canonical, host_of, kind_of

BATCH = 500  # articles a transaction: one sync of the disk for about 2 MB of text
NAMED = 10  # faults that are told one by one; all are counted
MAX_LINE = 50_000_000  # bytes of one article; more is a file of another kind
WARC_SUFFIXES = (".warc", ".warc.gz")
JSONL_SUFFIXES = (".jsonl", ".jsonl.gz")


@dataclass
class IntakeReport:
    """What came of the files: how many articles were new, changed or the same, what was bad and what was left out."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    bad: int = 0
    left_out: int = 0
    faults: list[str] = field(default_factory=list)

    @property
    def taken(self) -> int:
        """How many articles are now in the store because of, or in spite of, these files."""
        return self.new + self.changed + self.unchanged

    def count(self, change: Change) -> None:
        """Count an article that was taken in."""
        setattr(self, change, getattr(self, change) + 1)

    def fault(self, told: str) -> None:
        """Count something bad, and name it where not too many have been named."""
        self.bad += 1
        if len(self.faults) < NAMED:
            self.faults.append(told)


def _clean(text: str) -> str:
    """Refuse what UTF-8 cannot hold."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("holds half of a surrogate pair, which is no character") from None
    return text


def _not_blank(text: str) -> str:
    if not text.strip():
        raise ValueError("is empty")
    return text


def _is_id(text: str) -> str:
    if not re.fullmatch(r"[^\s/?#%\\\x00-\x1f\x7f]{1,200}", text) or text in {".", ".."}:
        raise ValueError("an id is 1 to 200 characters without white space, / ? # % and \\")
    return text


def _is_site(text: str) -> str:
    if not SITE_ID.fullmatch(text):
        raise ValueError("a site's id is made of a-z, 0-9 and -")
    return text


def _is_address(text: str) -> str:
    address = canonical(text)
    if address is None:
        raise ValueError("is not an http or https address")
    return address


def _is_date(text: str) -> str:
    """A plain day, or an instant with an offset; a time without one is taken as Vietnam's."""
    with suppress(ValueError):
        return date.fromisoformat(text).isoformat()
    return _moment(text).isoformat()


def _is_instant(text: str) -> str:
    return instant(_moment(text))


def _moment(text: str) -> datetime:
    try:
        read = datetime.fromisoformat(text)
        read = read if read.tzinfo else read.replace(tzinfo=VIETNAM)
        read.astimezone(UTC), read.astimezone(VIETNAM)
    except (ValueError, OverflowError):  # the latter for the first and the last day of the calendar
        raise ValueError("is not an ISO 8601 date or time") from None
    return read


Text = Annotated[str, AfterValidator(_clean)]


class _Image(BaseModel):
    url: Text
    caption: Text | None = None


class _Attachment(BaseModel):
    url: Text
    title: Text | None = None
    media_type: Text | None = None


class _Line(BaseModel):
    """A line of article JSON Lines: the contract's object; only `url` (or `id`), `title` and `body` must be there."""

    model_config = ConfigDict(strict=True, extra="ignore")

    id: Annotated[Text, AfterValidator(_is_id)] | None = None
    url: Annotated[Text, AfterValidator(_is_address)] | None = None
    site: Annotated[Text, AfterValidator(_is_site)] | None = None
    title: Annotated[Text, AfterValidator(_not_blank)]
    body: Text
    lead: Text | None = None
    published: Annotated[Text, AfterValidator(_is_date)] | None = None
    published_source: Text | None = None
    author: Text | None = None
    category: Text | None = None
    tags: list[Text] | None = None
    images: list[_Image] | None = None
    attachments: list[_Attachment] | None = None
    language: Text | None = None
    first_seen: Annotated[Text, AfterValidator(_is_instant)] | None = None
    last_seen: Annotated[Text, AfterValidator(_is_instant)] | None = None
    changed: Annotated[Text, AfterValidator(_is_instant)] | None = None
    status: Status | None = None

    @model_validator(mode="after")
    def _has_name(self) -> _Line:
        if self.id is None and self.url is None:
            raise ValueError("an article needs a url or an id")
        return self

    def article(self, settings: Settings) -> Article:
        """The article; what is not told is unknown."""
        precision: Precision | None = None
        if self.published:
            precision = "day" if len(self.published) == 10 else "time"
        made = self.model_dump(include=set(Article.__dataclass_fields__)) | {
            "id": self.id or article_id(self.url or ""),
            "site": self.site or _site_of(self.url, settings),
            "published_precision": precision,
            "published_source": self.published_source or ("import" if self.published else None),
        }
        return Article.from_document(made)

    def life(self, now: str) -> Life:
        """What the article brings of its life elsewhere."""
        first = self.first_seen or now
        return Life(first, self.last_seen or first, self.changed or first, self.status or "live")


def _site_of(url: str | None, settings: Settings) -> str:
    """The configured site of an address, else a name made of its host."""
    if url is None:
        return "import"
    host = host_of(url)
    known = next((site.id for site in settings.sites.values() if host in site.allowed_hosts), None)
    return known or re.sub(r"[^a-z0-9]+", "-", host.lower()).strip("-")


def take_in(files: tuple[Path, ...], settings: Settings, store: Store, archive: Archive) -> IntakeReport:
    """Take in all `files`. Raises InputError, before anything is done, for one that is missing or of another kind."""
    for file in files:
        if not file.is_file():
            raise InputError(f"no file {file}; nothing was imported")
        if not file.name.lower().endswith(WARC_SUFFIXES + JSONL_SUFFIXES):
            told = ", ".join(JSONL_SUFFIXES + WARC_SUFFIXES)
            raise InputError(
                f"{file}: cannot tell what it is; expected a name that ends in {told}; nothing was imported"
            )
    report = IntakeReport()
    for file in files:
        if file.name.lower().endswith(WARC_SUFFIXES):
            _take_pages(file, settings, store, archive, report)
        else:
            _take_lines(file, settings, store, report)
    return report


def _take_lines(file: Path, settings: Settings, store: Store, report: IntakeReport) -> None:
    now = instant(datetime.now(UTC))
    lines = _lines(file, report)
    while batch := [line for _, line in zip(range(BATCH), lines, strict=False)]:
        with store.transaction():
            for number, text in batch:
                try:
                    line = _Line.model_validate(_object(text))
                    _, change = store.put(line.article(settings), now, life=line.life(now))
                    report.count(change)
                except ValidationError as error:
                    report.fault(f"{file}: line {number}: {_told(error)}")
                except (ValueError, InputError) as error:
                    report.fault(f"{file}: line {number}: {error}")


def _object(text: bytes) -> Any:
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("not JSON: nested too deeply") from None
    except UnicodeDecodeError:
        raise ValueError("not UTF-8") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON: {error.msg} at column {error.colno}") from None


def _lines(file: Path, report: IntakeReport) -> Iterator[tuple[int, bytes]]:
    """The lines that hold something, with their numbers; a file that ends in the middle of its gzip is a fault."""
    number = 0
    try:
        with _open(file) as stream:
            while line := stream.readline(MAX_LINE):
                number += 1
                if line.removeprefix(b"\xef\xbb\xbf").strip():
                    yield number, line.removeprefix(b"\xef\xbb\xbf")
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        report.fault(f"{file}: after line {number}: the gzip data is broken ({error}); what came before was taken in")


@contextmanager
def _open(file: Path) -> Iterator[BinaryIO]:
    with file.open("rb") as raw:
        packed = raw.read(2) == b"\x1f\x8b" or file.name.lower().endswith(".gz")
        raw.seek(0)
        if packed:
            with gzip.GzipFile(fileobj=raw) as stream:
                yield stream  # type: ignore[misc]
        else:
            yield raw


def _told(error: ValidationError) -> str:
    """What is wrong with a line, in a few words, without its text."""
    problem = error.errors(include_url=False)[0]
    place = ".".join(str(part) for part in problem["loc"])
    told = "is missing" if problem["type"] == "missing" else problem["msg"].removeprefix("Value error, ")
    return f"{place}: {told}" if place else told


def _take_pages(file: Path, settings: Settings, store: Store, archive: Archive, report: IntakeReport) -> None:
    """Archive and extract the article pages of the configured sites in a WARC file."""
    try:
        for page in pages(file):
            site = _site_for(page, settings)
            if site is None:
                report.left_out += 1
            else:
                _take_page(page, site, store, archive, report)
    except InputError as error:
        report.fault(str(error))


def _site_for(page: Page, settings: Settings) -> Site | None:
    """The site whose article `page` may be."""
    url = canonical(page.url)
    if url is None or page.status != 200 or not page.is_html:
        return None
    wanted = ("article",), ("article", "list")
    return next((s for s in settings.sites.values() if kind_of(url, s) in wanted[s.article is None]), None)


def _take_page(page: Page, site: Site, store: Store, archive: Archive, report: IntakeReport) -> None:
    found = extract(parse(page), page, site)
    if found.article is None:
        report.left_out += 1
        return
    seen = instant(page.fetched)
    known = store.get(found.article.id)
    if known and known.last_seen >= seen:  # taken in before, or older than what is known
        report.count("unchanged")
        return
    location = archive.write(Exchange(page, "OK", (), tuple(page.headers.items())))
    with store.transaction():
        record = store.add_record(page.url, seen, page.status, location)
        _, change = store.put(found.article, seen, location=record)
    report.count(change)
