"""Read a page by the selectors of its site's profile, the one that was valid on the day the page was fetched."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from bs4 import BeautifulSoup, Tag

from crawler import dates
from crawler.article import VIETNAM
from crawler.dates import Published
from crawler.extract.markup import attribute, clean, words_of
from crawler.extract.story import Found
from crawler.settings import Profile, Site

Name = Literal["title", "lead", "body", "published", "author", "category"]


@dataclass(frozen=True, slots=True)
class Selected:
    """The elements that a profile's selectors found; `removed` has the `id()` of those that are no part of it."""

    profile: Profile
    removed: frozenset[int]
    title: Tag | None
    lead: Tag | None
    body: Tag | None
    published: Tag | None
    author: Tag | None
    category: Tag | None

    def rule(self, name: Name) -> str:
        """The name of the rule that found this field."""
        return f"profile:{getattr(self.profile, name)}"

    def words(self, name: Name) -> Found[str] | None:
        """The text of this field; None where its element is empty, too."""
        tag = getattr(self, name)
        text = words_of(tag) or clean(attribute(tag, "content")) if tag is not None else ""
        return Found(text, self.rule(name)) if text else None


def date_in(tag: Tag, now: datetime) -> Published | None:
    """The date that an element tells machines, else the first one in its words."""
    texts = (attribute(tag, "datetime"), attribute(tag, "content"), words_of(tag))
    return next((when for text in texts if (when := dates.find(text, now))), None)


def select(soup: BeautifulSoup, site: Site, fetched: datetime) -> Selected:
    """Find the elements of `site`'s profile for a page that was fetched at that instant; days are Vietnam's."""
    profile = site.profile_for(fetched.astimezone(VIETNAM).date()) or Profile.model_validate({})
    removed = frozenset(id(tag) for selector in profile.remove for tag in soup.select(selector))

    def one(selector: str | None) -> Tag | None:
        for tag in soup.select(selector) if selector else ():
            if not removed & {id(tag), *map(id, tag.parents)} and (
                words_of(tag) or {"content", "datetime"} & set(tag.attrs)
            ):
                return tag
        return None

    return Selected(
        profile,
        removed,
        title=one(profile.title),
        lead=one(profile.lead),
        body=one(profile.body),
        published=one(profile.published),
        author=one(profile.author),
        category=one(profile.category),
    )
