"""Read article JSON Lines, plain or gzip: the contract's object in each line, checked field by field."""

from __future__ import annotations

import gzip
import json
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any, BinaryIO

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError, model_validator

from crawler.article import VIETNAM, Article, Precision, Status, article_id
from crawler.settings import SITE_ID, Settings
from crawler.store import Life, instant
from crawler.urls import canonical, host_of

MAX_LINE = 50_000_000  # bytes of one article; more is a file of another kind


def read(file: Path) -> Iterator[tuple[str, Line | str]]:
    """Tell for each line that holds something where it is, and the article or what is wrong with it.

    A file that ends in the middle of its gzip says so last.
    """
    number = 0
    try:
        with _open(file) as stream:
            while text := stream.readline(MAX_LINE):
                number += 1
                text = text.removeprefix(b"\xef\xbb\xbf")
                if text.strip():
                    yield f"line {number}", _line(text)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        yield f"after line {number}", f"the gzip data is broken ({error}); what came before was taken in"


def _line(text: bytes) -> Line | str:
    try:
        return Line.model_validate(_object(text))
    except ValidationError as error:
        return _told(error)
    except ValueError as error:
        return str(error)


def _object(text: bytes) -> Any:
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("not JSON: nested too deeply") from None
    except UnicodeDecodeError:
        raise ValueError("not UTF-8") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON: {error.msg} at column {error.colno}") from None


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


def iso_date(text: str) -> str:
    """A plain day, or an instant with an offset; a time without one is taken as Vietnam's. Raises ValueError."""
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


class Line(BaseModel):
    """A line of article JSON Lines: the contract's object; only `url` (or `id`), `title` and `body` must be there."""

    model_config = ConfigDict(strict=True, extra="ignore")

    id: Annotated[Text, AfterValidator(_is_id)] | None = None
    url: Annotated[Text, AfterValidator(_is_address)] | None = None
    site: Annotated[Text, AfterValidator(_is_site)] | None = None
    title: Annotated[Text, AfterValidator(_not_blank)]
    body: Text
    lead: Text | None = None
    published: Annotated[Text, AfterValidator(iso_date)] | None = None
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
    def _has_name(self) -> Line:
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
