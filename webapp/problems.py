"""Answer what goes wrong: RFC 9457 problem documents for programs, a friendly page for people.

`problem` makes every JSON error. The type is always `about:blank`, RFC 9457's word for "the status says it all"; what a
program may want to tell apart stands in `errors`.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, render_template, request
from werkzeug.exceptions import HTTPException
from werkzeug.urls import iri_to_uri

from crawler.errors import DamagedError
from indexer.request import BadRequestError, Fault
from indexer.search import GenerationGoneError
from webapp.language import gettext

log = logging.getLogger(__name__)

RETRY_AFTER = "60"  # seconds: about what `tratin index --rebuild` takes for 15,000 articles


def install(app: Flask) -> None:
    """Let `app` answer errors as above."""
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(BadRequestError, _bad_request)
    app.register_error_handler(GenerationGoneError, _generation_gone)
    app.register_error_handler(DamagedError, _damaged)


def problem(status: int, detail: str, faults: Sequence[Fault] = ()) -> Response:
    """Make the JSON answer to a request that failed."""
    told = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "instance": iri_to_uri(request.full_path.rstrip("?")),
        "errors": [{"param": fault.param, "code": fault.code, "detail": fault.detail} for fault in faults],
    }
    body = json.dumps(told, ensure_ascii=False).encode("utf-8", "replace")
    return Response(body, status=status, content_type="application/problem+json")


def page(status: int) -> Response:
    """Make the page for people that says what failed, and how to go on."""
    heading, text = _words(status)
    return Response(render_template("error.html", status=status, heading=heading, text=text), status=status)


def _words(status: int) -> tuple[str, str]:
    if status in {404, 410}:
        return gettext("Không có trang này"), gettext("Địa chỉ có thể đã gõ sai, hoặc bài chưa từng có trong kho tin.")
    if status == 503:
        return gettext("Kho tin tạm nghỉ"), gettext("Kho tạm thời không đọc được. Xin thử lại sau ít phút.")
    if status < 500:
        return gettext("Không hiểu yêu cầu này"), gettext("Trình duyệt đã gửi một yêu cầu mà trang này không phục vụ.")
    return gettext("Có lỗi ở phía chúng tôi"), gettext("Lỗi đã được ghi lại. Xin thử lại sau ít phút.")


def _for_programs() -> bool:
    return request.path.startswith("/api/") or request.path == "/healthz"


def _http(error: HTTPException) -> Any:
    """Answer an HTTP error; also a bug's 500, which Flask has logged with its traceback."""
    status = error.code or 500
    if error.response is not None or status < 400:
        return error
    unexpected = "something unexpected happened; it is in the log of the server"
    response = problem(status, unexpected if status == 500 else _detail(error)) if _for_programs() else page(status)
    for name, value in error.get_headers():
        if name.lower() != "content-type":
            response.headers[name] = value
    return response


def _detail(error: HTTPException) -> str:
    if error.code == 404 and error.description == type(error).description:
        return f"there is nothing at {request.path}"
    if error.code == 405:
        return f"{request.path} does not answer {request.method}"
    return error.description or error.name


def _bad_request(error: BadRequestError) -> Response:
    return problem(400, str(error), error.faults)


def _generation_gone(error: GenerationGoneError) -> Response:
    told = "cursor: the state of the index that it belongs to is no longer kept; send the search again without a cursor"
    return problem(410, told, [Fault("cursor", "stale", told)])


def _damaged(error: DamagedError) -> Response:
    log.error("%s", error)
    detail = "the index or the store cannot be read; its operator finds the remedy in the log of the server"
    response = problem(503, detail) if _for_programs() else page(503)
    response.headers["Retry-After"] = RETRY_AFTER
    return response
