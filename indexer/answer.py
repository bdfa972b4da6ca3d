"""The contract's JSON document of an answered search, the same from the API and from `tratin search --json`."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any
from urllib.parse import quote, urlencode

from indexer.request import cursor, parameters_of
from indexer.results import Hit, Results, SearchRequest

PATH = "/api/v1/search"


def answer(results: Results) -> dict[str, Any]:
    """The document."""
    request, index = results.request, results.index
    following = None
    if results.next_offset is not None:
        following = cursor(request, index.generation, results.next_offset)
    here = None if request.generation is None else cursor(request, request.generation, request.offset)
    return {
        "query": {"q": request.q, "parsed": results.parsed, "filters": _filters(request), "sort": request.sort},
        "total": {"value": results.total, "relation": "eq"},
        "took_ms": round(results.took_ms, 1),
        "results": [_hit(hit) for hit in results.hits],
        "facets": {name: [asdict(value) for value in values] for name, values in results.facets.items()},
        "suggestion": None,
        "links": {"self": _address(request, here), "next": _address(request, following) if following else None},
        "next_cursor": following,
        "index": {"generation": index.generation, "documents": index.documents, "updated": index.updated},
        "warnings": list(results.warnings),
    }


def _filters(request: SearchRequest) -> dict[str, Any]:
    told = {
        "site": list(request.sites),
        "category": list(request.categories),
        "author": request.author,
        "from": request.first_day and request.first_day.isoformat(),
        "to": request.last_day and request.last_day.isoformat(),
    }
    return {name: value for name, value in told.items() if value}


def _address(request: SearchRequest, place: str | None) -> str:
    pairs = parameters_of(request) + ([("cursor", place)] if place else [])
    return f"{PATH}?{urlencode(pairs)}" if pairs else PATH


def _hit(hit: Hit) -> dict[str, Any]:
    article = hit.stored.article
    return {
        "id": article.id,
        "url": article.url,
        "site": article.site,
        "title": article.title,
        "lead": article.lead,
        "published": article.published,
        "category": article.category,
        "author": article.author,
        "status": hit.stored.status,
        "score": round(hit.score, 4),
        "highlights": {
            "title": hit.title,
            "body": list(hit.passages),
            "attachments": [asdict(attached) | {"passages": list(attached.passages)} for attached in hit.attached],
        },
        "archived_url": f"/articles/{quote(article.id)}/archived" if hit.stored.archived else None,
    }
