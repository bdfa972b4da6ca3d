"""What is known of a page when its headline and its text are found: the ground for all other fields."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from bs4 import Tag

from crawler.extract.body import Body
from crawler.extract.lines import Outline
from crawler.extract.metadata import Metadata
from crawler.extract.title import Title
from crawler.settings import Site

T = TypeVar("T")

STAMP = 120  # characters; a longer line with a date in it is a sentence


@dataclass(frozen=True, slots=True)
class Found(Generic[T]):
    """A value, the name of the rule that found it, and the element that shows it, where one does."""

    value: T
    rule: str
    tag: Tag | None = None


@dataclass(frozen=True, slots=True)
class Story:
    """A page whose headline and text are known; `url` is canonical, `now` the instant of the fetch."""

    text: Outline
    told: Metadata
    title: Title
    body: Body
    url: str
    now: datetime
    site: Site

    @property
    def first_near(self) -> int:
        """The first line that is near: just before the headline, or before the text where no line shows a headline."""
        return max(0, self.title.after - 4) if self.title.after else max(0, self.body.start - 6)
