"""What the two sites share: a request, a response, a page of a list, and the templates.

A site is a table of routes, `Route(pattern, view)`. A view is a pure function of the request and the groups of its
pattern; it answers None for what the site does not have.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined

from webapp.demo.articles import SampleArticle

HTML = "text/html; charset=utf-8"
XML = "application/xml; charset=utf-8"
TEXT = "text/plain; charset=utf-8"


@dataclass(frozen=True)
class Request:
    """What a view sees: where it is, and the site's articles, newest first; `base` ends without a slash."""

    path: str
    query: dict[str, str]
    base: str
    articles: tuple[SampleArticle, ...]


@dataclass(frozen=True)
class Response:
    """What goes back; `modified` is None where the page has no date of its own."""

    body: bytes
    media_type: str = HTML
    status: int = 200
    modified: datetime | None = None
    location: str | None = None


@dataclass(frozen=True)
class Route:
    """A view for the paths that `pattern` matches in full."""

    pattern: str
    view: Callable[..., Response | None]


@dataclass(frozen=True)
class Page:
    """Part `number` of a list that has `total` parts; `path` is that of the first."""

    path: str
    number: int
    total: int
    articles: tuple[SampleArticle, ...]


def request_for(target: str, base_url: str, articles: tuple[SampleArticle, ...]) -> Request:
    """Read the request target (a path with its query)."""
    parts = urlsplit(target)
    return Request(parts.path, dict(parse_qsl(parts.query)), base_url.rstrip("/"), articles)


def dispatch(routes: tuple[Route, ...], request: Request) -> Response | None:
    """Let the first route that matches the path answer; None where none does."""
    for route in routes:
        if found := re.fullmatch(route.pattern, request.path):
            return route.view(request, *found.groups())
    return None


def page_of(articles: tuple[SampleArticle, ...], path: str, number: str | None, size: int) -> Page | None:
    """Cut out one page; None for a page beyond the end and for a list of nothing."""
    this, total = int(number or 1), -(-len(articles) // size)
    if not 1 <= this <= total:
        return None
    return Page(path, this, total, articles[(this - 1) * size : this * size])


def matching(articles: tuple[SampleArticle, ...], words: str) -> tuple[SampleArticle, ...]:
    """The articles whose title has all the words: as little as the search box of a university's site does."""
    return tuple(a for a in articles if words and all(word in a.title.lower() for word in words.lower().split()))


def media(request: Request) -> Response | None:
    """The picture or the PDF at the request's path, None where no article has it."""
    for article in request.articles:
        for image in article.images:
            if image.path == request.path:
                body = draw("picture.svg", image=image, hue=article.number * 37 % 360)
                return Response(body, "image/svg+xml", modified=article.published)
        if any(attachment.path == request.path for attachment in article.attachments):
            body = (files("webapp.demo") / "attachment.pdf").read_bytes()
            return Response(body, "application/pdf", modified=article.published)
    return None


def draw(template: str, **values: Any) -> bytes:
    """Render a template to bytes."""
    return _environment().get_template(template).render(**values).encode()


def moved(location: str) -> Response:
    """Answer that the page has another address for good."""
    return Response(b"", status=301, location=location)


def slug_of(text: str) -> str:
    """The address form of a name: `Tin tức - Sự kiện` is `tin-tuc-su-kien`."""
    plain = unicodedata.normalize("NFD", text.lower().replace("đ", "d"))
    return re.sub(r"[^a-z0-9]+", "-", "".join(c for c in plain if not unicodedata.combining(c))).strip("-")


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("webapp.demo"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.policies["json.dumps_kwargs"] = {"ensure_ascii": False}
    environment.filters["slug"] = slug_of
    return environment
