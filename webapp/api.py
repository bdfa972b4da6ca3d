"""The JSON for programs, as the contract promises it, and the sign of life for operators."""

from __future__ import annotations

import json
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from flask import Blueprint, Response, abort, request

from indexer.answer import answer
from indexer.request import read
from webapp.wiring import service

api = Blueprint("api", __name__)


@api.get("/api/v1/search")
def search() -> Response:
    """Answer a search."""
    return as_json(answer(service().search(read(request.args.to_dict(flat=False)))))


@api.get("/api/v1/articles/<article_id>")
def article(article_id: str) -> Response:
    """Answer with one article."""
    stored = service().article(article_id)
    if stored is None:
        abort(404, f"no article has the id {article_id!r}")
    return as_json(stored.document())


@api.get("/healthz")
def alive() -> Response:
    """Say that the process is alive, whatever the state of index and store."""
    return as_json({"status": "ok", "version": release()})


def release() -> str:
    """The version of tratin that is installed; `unknown` where it runs from a bare folder."""
    try:
        return version("tratin")
    except PackageNotFoundError:
        return "unknown"


def as_json(told: dict[str, Any]) -> Response:
    """Write `told` as UTF-8; half a surrogate pair, which a damaged import may hold, becomes a question mark."""
    return Response(json.dumps(told, ensure_ascii=False).encode("utf-8", "replace"), content_type="application/json")
