"""The training office's site, with the addresses and the markup of WordPress: absolute links, dates for machines."""

from __future__ import annotations

from typing import Any

from webapp.demo.articles import SampleArticle
from webapp.demo.site import TEXT, XML, Page, Request, Response, Route, draw, matching, media, moved, page_of, slug_of

NAME = "Phòng Đào tạo - Trường Đại học Công nghệ Sông Thao"
PAGE_SIZE = 6
FEED_SIZE = 10
RELATED = 3

ROBOTS = """User-agent: *
Disallow: /wp-admin/
Disallow: /?s=
Allow: /wp-admin/admin-ajax.php

Sitemap: {base}/sitemap_index.xml
"""


def path_of(article: SampleArticle) -> str:
    """The path of an article."""
    return f"/{article.published:%Y/%m}/{article.slug}/"


def not_found(request: Request) -> Response:
    """The page for what is not there."""
    return _html(request, "404.html", "Không tìm thấy trang", status=404)


def metadata(article: SampleArticle, base: str) -> dict[str, Any]:
    """The JSON-LD of an article, as a search-engine plug-in writes it into the head."""
    url = base + path_of(article)
    trail = (("Trang chủ", f"{base}/"), (article.category, f"{base}/category/{slug_of(article.category)}/"))
    news = {
        "@type": "NewsArticle",
        "@id": f"{url}#article",
        "mainEntityOfPage": {"@id": url},
        "headline": article.title,
        "description": article.lead,
        "datePublished": article.published.isoformat(),
        "dateModified": article.published.isoformat(),
        "author": {"@type": "Person", "name": article.author},
        "publisher": {"@type": "Organization", "name": NAME, "url": f"{base}/"},
        "articleSection": [article.category],
        "keywords": list(article.tags),
        "image": [base + image.path for image in article.images],
        "inLanguage": "vi",
    }
    crumbs = {
        "@type": "BreadcrumbList",
        "itemListElement": [
            {"@type": "ListItem", "position": place, "name": name, "item": link}
            for place, (name, link) in enumerate(trail, 1)
        ],
    }
    return {"@context": "https://schema.org", "@graph": [news, crumbs]}


def _front(request: Request, number: str | None) -> Response | None:
    """The front page, which is also the search (`?s=`) and the short links (`?p=`)."""
    if "s" in request.query:
        found = matching(request.articles, request.query["s"])
        return _html(request, "list.html", f"Kết quả tìm kiếm: {request.query['s']}", page=Page("/", 1, 1, found))
    if "p" in request.query:
        numbered = {str(article.number): article for article in request.articles}
        article = numbered.get(request.query["p"])
        return moved(request.base + path_of(article)) if article else None
    return _listing(request, page_of(request.articles, "/", number, PAGE_SIZE), "Tin mới")


def _category(request: Request, slug: str, number: str | None) -> Response | None:
    chosen = tuple(article for article in request.articles if slug_of(article.category) == slug)
    page = page_of(chosen, f"/category/{slug}/", number, PAGE_SIZE)
    return _listing(request, page, f"Chuyên mục: {chosen[0].category}" if chosen else "")


def _tag(request: Request, slug: str) -> Response | None:
    chosen = tuple(article for article in request.articles if slug in map(slug_of, article.tags))
    return _listing(request, page_of(chosen, f"/tag/{slug}/", None, len(chosen) or 1), "Thẻ")


def _article(request: Request, slash: str) -> Response | None:
    for article in request.articles:
        if path_of(article).rstrip("/") == request.path.rstrip("/"):
            if not slash:
                return moved(request.base + path_of(article))
            others = [other for other in request.articles if other is not article]
            others.sort(key=lambda other: other.category != article.category)
            more = metadata(article, request.base)
            related = others[:RELATED]
            return _html(request, "article.html", article.title, article=article, metadata=more, related=related)
    return None


def _admin(request: Request) -> Response:
    return _html(request, "admin.html", "Đăng nhập")


def _robots(request: Request) -> Response:
    return Response(ROBOTS.format(base=request.base).encode(), TEXT)


def _sitemap_index(request: Request) -> Response:
    newest = request.articles[0].published
    body = draw("phong_dao_tao/sitemap_index.xml", base=request.base, newest=newest)
    return Response(body, XML, modified=newest)


def _sitemap(request: Request) -> Response:
    entries = [(request.base + path_of(article), article.published) for article in request.articles]
    return Response(draw("sitemap.xml", entries=entries), XML, modified=request.articles[0].published)


def _feed(request: Request) -> Response:
    values = {"name": NAME, "articles": request.articles[:FEED_SIZE], "base": request.base}
    body = draw("phong_dao_tao/atom.xml", path_of=path_of, **values)
    return Response(body, "application/atom+xml; charset=utf-8", modified=request.articles[0].published)


def _listing(request: Request, page: Page | None, heading: str) -> Response | None:
    return _html(request, "list.html", heading, page=page) if page else None


def _html(request: Request, template: str, heading: str, status: int = 200, **values: object) -> Response:
    """Render a page; its date is that of its article, else of the newest one, which every page shows at the side."""
    article = values.get("article")
    modified = article.published if isinstance(article, SampleArticle) else request.articles[0].published
    shared = {
        "name": NAME,
        "heading": heading,
        "base": request.base,
        "categories": sorted({article.category for article in request.articles}, key=slug_of),
        "recent": request.articles[:5],
        "path_of": path_of,
    }
    return Response(draw(f"phong_dao_tao/{template}", **shared, **values), status=status, modified=modified)


ROUTES = (
    Route(r"/(?:page/(\d+)/)?", _front),
    Route("/robots.txt", _robots),
    Route("/sitemap_index.xml", _sitemap_index),
    Route("/post-sitemap.xml", _sitemap),
    Route("/feed/", _feed),
    Route("/wp-admin/", _admin),
    Route(r"/category/([a-z0-9-]+)/(?:page/(\d+)/)?", _category),
    Route("/tag/([a-z0-9-]+)/", _tag),
    Route(r"/\d{4}/\d{2}/[a-z0-9-]+(/?)", _article),
    Route("/wp-content/uploads/.+", media),
)
