"""What is known of a page when its headline and its text are found: the ground for all other fields."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from crawler.extract.body import Body
from crawler.extract.metadata import Metadata
from crawler.extract.outline import Outline
from crawler.extract.title import Title
from crawler.settings import Site


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
