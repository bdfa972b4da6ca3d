"""The data that passes between the stages: a fetched page, the article found in it, the article as the store keeps it.

Everything here is frozen and knows nothing of the network, files or SQL. The JSON shape of an article is the
contract's, the same in `tratin export`, `tratin import` and the API.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")
HTML_TYPES = frozenset({"", "text/html", "application/xhtml+xml"})

Precision = Literal["time", "day"]
Status = Literal["live", "gone"]


@dataclass(frozen=True, slots=True)
class Page:
    """One response, its body decoded from gzip and the like but not from its character set.

    `url` is the address that answered (after redirects), `fetched` an aware instant, header names are lower case.
    """

    url: str
    fetched: datetime
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def media_type(self) -> str:
        """The type and subtype of Content-Type in lower case; empty where there is none."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def is_html(self) -> bool:
        """Whether it is HTML by its type, or has none: then it is looked at, as browsers do."""
        return self.media_type in HTML_TYPES


@dataclass(frozen=True, slots=True)
class Image:
    """A picture of the article and the words under it."""

    url: str
    caption: str | None = None


@dataclass(frozen=True, slots=True)
class Attachment:
    """A linked document."""

    url: str
    title: str | None = None
    media_type: str | None = None


@dataclass(frozen=True, slots=True)
class AttachedText:
    """The text of a linked document."""

    url: str
    title: str | None
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """What a newsroom published: the words and their description. Unknown is None or empty, never a guess.

    `body` has its paragraphs joined by one newline. `published` is ISO 8601 with an offset when `published_precision`
    is "time", a plain date when it is "day"; `published_source` names the rule that found it.
    """

    id: str
    url: str | None
    site: str
    title: str
    body: str
    lead: str | None = None
    published: str | None = None
    published_precision: Precision | None = None
    published_source: str | None = None
    author: str | None = None
    category: str | None = None
    tags: tuple[str, ...] = ()
    images: tuple[Image, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    language: str | None = None

    @property
    def content_hash(self) -> str:
        """A digest of all that a reader would call a change; equal for equal articles, on every machine."""
        told = {key: value for key, value in asdict(self).items() if key not in {"id", "url", "published_source"}}
        return hashlib.blake2b(
            json.dumps(told, ensure_ascii=False, sort_keys=True).encode("utf-8", "surrogatepass"), digest_size=16
        ).hexdigest()

    @property
    def day(self) -> date | None:
        """The local day of publication in Vietnam."""
        return local_day(self.published)

    def document(self) -> dict[str, Any]:
        """The article's own part of the contract's JSON object."""
        return asdict(self)

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> Article:
        """Make an article of `document`; keys that are not an article's are ignored."""
        known = {field.name: document[field.name] for field in fields(cls) if field.name in document}
        known["tags"] = tuple(known.get("tags") or ())
        known["images"] = tuple(Image(**image) for image in known.get("images") or ())
        known["attachments"] = tuple(Attachment(**attachment) for attachment in known.get("attachments") or ())
        return cls(**known)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredArticle:
    """An article with its life in the store.

    `sequence` is the number of its last change, counted over the whole store; `archived` tells whether the page that
    it was extracted from is in the archive; `attached` has the texts of its attachments that were read. The instants
    are ISO 8601 in UTC.
    """

    article: Article
    status: Status
    first_seen: str
    last_seen: str
    changed: str
    versions: int
    content_hash: str
    sequence: int
    archived: bool
    attached: tuple[AttachedText, ...] = ()

    def document(self) -> dict[str, Any]:
        """The contract's JSON object."""
        return self.article.document() | {
            "first_seen": self.first_seen,
            "last_seen": self.last_seen,
            "changed": self.changed,
            "status": self.status,
            "versions": self.versions,
            "content_hash": self.content_hash,
        }


def article_id(url: str) -> str:
    """Derive the stable id of an article: 80 bits of BLAKE2b of the canonical `url`, as 20 hexadecimal digits."""
    return hashlib.blake2b(url.encode(), digest_size=10).hexdigest()


def local_day(published: str | None) -> date | None:
    """The day in Vietnam of an article's `published`; a plain date is already one."""
    if published is None:
        return None
    if len(published) == 10:
        return date.fromisoformat(published)
    return datetime.fromisoformat(published).astimezone(VIETNAM).date()
