"""The university's main site, with the addresses and the markup of NukeViet 4: relative links, dates as text."""

from __future__ import annotations

from datetime import datetime
from email.utils import format_datetime

from webapp.demo.articles import SampleArticle
from webapp.demo.site import TEXT, XML, Page, Request, Response, Route, draw, matching, media, moved, page_of, slug_of

NAME = "Trường Đại học Công nghệ Sông Thao"
PAGE_SIZE = 8
FEED_SIZE = 10
NEIGHBOURS = 4  # links under an article to what is newer and to what is older
DAYS = ("Thứ hai", "Thứ ba", "Thứ tư", "Thứ năm", "Thứ sáu", "Thứ bảy", "Chủ nhật")

ROBOTS = """User-agent: *
Disallow: /admin/
Disallow: /vi/seek/
Sitemap: {base}/sitemap.xml
"""


def path_of(article: SampleArticle) -> str:
    """The path of an article."""
    return f"/vi/news/{slug_of(article.category)}/{article.slug}-{article.number}.html"


def long_date(moment: datetime) -> str:
    """A date as the site writes it above an article: `Thứ sáu - 08/01/2021 16:45`."""
    return f"{DAYS[moment.weekday()]} - {moment:%d/%m/%Y %H:%M}"


def not_found(request: Request) -> Response:
    """The page for what is not there."""
    return _html(request, "404.html", "Không tìm thấy trang", status=404)


def _home(request: Request) -> Response:
    return moved(f"{request.base}/vi/news/")


def _list(request: Request, number: str | None) -> Response | None:
    return _listing(request, page_of(request.articles, "/vi/news/", number, PAGE_SIZE), "Tin tức")


def _section(request: Request, slug: str, number: str | None) -> Response | None:
    chosen = tuple(article for article in request.articles if slug_of(article.category) == slug)
    page = page_of(chosen, f"/vi/news/{slug}/", number, PAGE_SIZE)
    return _listing(request, page, chosen[0].category if chosen else "")


def _tag(request: Request, slug: str) -> Response | None:
    chosen = tuple(article for article in request.articles if slug in map(slug_of, article.tags))
    return _listing(request, page_of(chosen, f"/vi/news/tag/{slug}/", None, len(chosen) or 1), "Từ khóa")


def _article(request: Request, section: str, slug: str, number: str) -> Response | None:
    for place, article in enumerate(request.articles):
        if path_of(article) == f"/vi/news/{section}/{slug}-{number}.html":
            newer = request.articles[max(0, place - NEIGHBOURS) : place]
            older = request.articles[place + 1 : place + 1 + NEIGHBOURS]
            return _html(request, "article.html", article.title, article=article, newer=newer, older=older)
    return None


def _search(request: Request) -> Response:
    found = matching(request.articles, request.query.get("q", ""))
    return _html(request, "list.html", "Tìm kiếm", page=Page(request.path, 1, 1, found))


def _admin(request: Request) -> Response:
    return _html(request, "admin.html", "Đăng nhập quản trị")


def _robots(request: Request) -> Response:
    return Response(ROBOTS.format(base=request.base).encode(), TEXT)


def _sitemap(request: Request) -> Response:
    entries = [(request.base + path_of(article), article.published) for article in request.articles]
    newest = request.articles[0].published
    body = draw("sitemap.xml", entries=[(f"{request.base}/vi/news/", newest), *entries])
    return Response(body, XML, modified=newest)


def _feed(request: Request) -> Response:
    values = {"name": NAME, "articles": request.articles[:FEED_SIZE], "base": request.base}
    body = draw("songthao/rss.xml", path_of=path_of, rfc822=format_datetime, **values)
    return Response(body, "application/rss+xml; charset=utf-8", modified=request.articles[0].published)


def _listing(request: Request, page: Page | None, heading: str) -> Response | None:
    return _html(request, "list.html", heading, page=page) if page else None


def _html(request: Request, template: str, heading: str, status: int = 200, **values: object) -> Response:
    """Render a page; its date is that of its article, else of the newest one, which every page shows at the side."""
    article = values.get("article")
    modified = article.published if isinstance(article, SampleArticle) else request.articles[0].published
    shared = {
        "name": NAME,
        "heading": heading,
        "sections": sorted({article.category for article in request.articles}, key=slug_of),
        "latest": request.articles[:5],
        "path_of": path_of,
        "long_date": long_date,
    }
    return Response(draw(f"songthao/{template}", **shared, **values), status=status, modified=modified)


ROUTES = (
    Route("/(?:vi/)?", _home),
    Route("/robots.txt", _robots),
    Route("/sitemap.xml", _sitemap),
    Route("/vi/news/rss/", _feed),
    Route("/vi/seek/", _search),
    Route("/admin/", _admin),
    Route(r"/vi/news/(?:page-(\d+)/)?", _list),
    Route("/vi/news/tag/([a-z0-9-]+)/", _tag),
    Route(r"/vi/news/([a-z0-9-]+)/(?:page-(\d+)/)?", _section),
    Route(r"/vi/news/([a-z0-9-]+)/([a-z0-9-]+)-(\d+)\.html", _article),
    Route("/uploads/.+", media),
)
