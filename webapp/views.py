"""The pages for people: the search and the article. A view parses, asks the service and renders."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

from flask import Blueprint, Response, abort, current_app, make_response, render_template, request, url_for
from markupsafe import Markup, escape
from werkzeug.datastructures import MultiDict

from crawler.article import Article
from crawler.urls import TRACKING
from indexer.highlight import mark, wanted
from indexer.query import parse
from indexer.request import PARAMETERS, BadRequestError, Fault, read
from indexer.results import SearchRequest
from webapp.archived import POLICY, inert
from webapp.language import LANGUAGES, PARAMETER, gettext
from webapp.search_page import SearchPage, address
from webapp.wiring import service, wiring

pages = Blueprint("pages", __name__)

PAGE = "page"
PAGES_ONLY = frozenset({PAGE, PARAMETER})
PROGRAMS_ONLY = frozenset({"cursor", "facets"})
MAX_PAGE = 1_000_000  # a hundred times what the largest archive that was measured has


@pages.get("/")
def search() -> str | tuple[str, int]:
    """The search page."""
    try:
        asked, number = read_page(request.args)
    except BadRequestError as error:
        told = [_friendly(fault) for fault in error.faults]
        return render_template("bad_request.html", q=request.args.get("q", ""), told=told), 400
    sort = asked.sort if asked.q.strip() or asked.sort != "relevance" else "newest"
    results = service().search(replace(asked, sort=sort, offset=(number - 1) * asked.size))
    return render_template("search.html", page=SearchPage(asked, number, results, service().site_name))


@pages.get("/articles/<article_id>")
def article(article_id: str) -> str:
    """The page of one article."""
    stored = service().article(article_id)
    if stored is None:
        abort(404)
    try:
        asked, number = read_page(request.args)
    except BadRequestError:  # the article is what was asked for; only the way back is lost
        asked, number = SearchRequest(), 1
    told = {"stored": stored, "article": stored.article, "paragraphs": _paragraphs(stored.article)}
    told |= {"marked_title": _marker(asked.q, "title"), "marked": _marker(asked.q, "body")}
    return render_template("article.html", **told, asked=asked, back=address(asked, number))


def read_page(parameters: MultiDict[str, str]) -> tuple[SearchRequest, int]:
    """Read the search and the number of the page, counted from 1. Raises BadRequestError."""
    given = {name: values for name, values in parameters.to_dict(flat=False).items() if not TRACKING.match(name)}
    faults: list[Fault] = []
    asked = SearchRequest()
    try:
        asked = read({name: values for name, values in given.items() if name not in PAGES_ONLY})
    except BadRequestError as error:
        faults += error.faults
    faults += [Fault(name, "unknown", f"{name}: is for programs") for name in given if name in PROGRAMS_ONLY]
    number = (given.get(PAGE) or ["1"])[-1].strip() or "1"
    if not (number.isascii() and number.isdigit() and len(number) < 20 and 1 <= int(number) <= MAX_PAGE):
        faults.append(Fault(PAGE, "invalid", f"page: expected a whole number from 1, found {number!r}"))
    if given.get(PARAMETER, ["vi"])[-1] not in {*LANGUAGES, ""}:
        faults.append(Fault(PARAMETER, "invalid", f"lang: expected one of {', '.join(LANGUAGES)}"))
    if faults:
        raise BadRequestError(faults)
    return asked, int(number)


def _friendly(fault: Fault) -> str:
    """What is wrong, in the reader's language."""
    if fault.code == "unknown" and fault.param not in PARAMETERS:
        return gettext("Trang này không biết tham số “%(name)s”.", name=fault.param)
    if fault.code == "too_long":
        return gettext("Nội dung tìm quá dài; xin rút gọn lại.")
    if fault.code == "invalid" and fault.param == "from":
        return gettext("“Từ ngày” chưa đúng; hãy viết như 2021-01-31 (năm-tháng-ngày).")
    if fault.code == "invalid" and fault.param == "to":
        return gettext("“Đến ngày” chưa đúng; hãy viết như 2021-01-31 (năm-tháng-ngày).")
    return gettext("Giá trị của “%(name)s” trong địa chỉ không hợp lệ.", name=fault.param)


@pages.get("/articles/<article_id>/archived")
def archived(article_id: str) -> Response:
    """The page of one article as it was archived, inert."""
    stored, page = service().article(article_id), service().archived(article_id)
    if stored is None or page is None:
        abort(404)
    content = Markup(inert(page))  # noqa: S704  # only elements and attributes of a list are left in it
    told = {"article": stored.article, "page_url": page.url, "fetched": page.fetched.isoformat(), "content": content}
    response = make_response(render_template("archived.html", **told))
    response.headers["Content-Security-Policy"] = POLICY
    return response


def _marker(q: str, field: str) -> Callable[[str], Markup]:
    """A function that makes HTML of a text of `field`, title or body, with the words of the query `q` marked."""
    if not q.strip():
        return escape
    words = wanted(parse(q).node, field)
    return lambda text: Markup(mark(text, words))  # noqa: S704  # mark escapes all but its own elements


def _paragraphs(article: Article) -> list[str]:
    """The paragraphs to read; many newsrooms begin the body with the lead, which the page shows already."""
    paragraphs = [text for text in map(str.strip, article.body.split("\n")) if text]
    return paragraphs[1:] if article.lead and paragraphs[:1] == [article.lead.strip()] else paragraphs


@pages.app_template_filter()
def linkable(url: str | None) -> str | None:
    """The `url` if a reader can safely follow it; an import may hold `javascript:`."""
    return url if url and url.lower().startswith(("http://", "https://")) else None


@pages.app_template_filter()
def host(url: str) -> str:
    """The host of `url` as people know it."""
    return urlsplit(url).netloc.removeprefix("www.")


@pages.app_template_filter()
def filename(url: str) -> str:
    """The last part of the path of `url`, as people read it; the `url` itself where that is empty."""
    return unquote(urlsplit(url).path.rsplit("/", 1)[-1]) or url


@pages.app_template_global()
def asset(name: str) -> str:
    """The address of a static file; it changes with the file's content, so that browsers may keep it."""
    path = Path(current_app.static_folder or "") / name
    return url_for("static", filename=name, v=_fingerprint(path, path.stat().st_mtime_ns))


@cache
def _fingerprint(path: Path, _modified: int) -> str:
    """A digest of a static file, computed once for each state of it and not for each page."""
    return hashlib.blake2b(path.read_bytes(), digest_size=4).hexdigest()


@pages.app_template_global()
def in_language(code: str) -> str:
    """The address of the present page in another language."""
    return "?" + "&".join([*_rest_of_query(), f"{PARAMETER}={code}"])


def _rest_of_query() -> list[str]:
    """The present query string, piece by piece as it came, without the language."""
    pieces = request.query_string.decode("ascii", "replace").split("&")
    return [piece for piece in pieces if piece and piece.partition("=")[0] != PARAMETER]


@pages.app_context_processor
def _constants() -> dict[str, object]:
    parts = wiring()
    return {"archive_title": parts.settings.webapp.title, "site_name": parts.service.site_name}
