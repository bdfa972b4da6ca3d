"""The sample newsroom on loopback: two small HTTP servers, and the settings with which tratin crawls them.

`render` is pure and holds for both sites; `Newsroom` only adds sockets, conditional requests and a record of visits.
"""

from __future__ import annotations

import gzip
import hashlib
import socket
import socketserver
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import ModuleType
from typing import Any, NamedTuple, Self

from webapp.demo import phong_dao_tao, songthao
from webapp.demo.articles import SampleArticle, load_articles
from webapp.demo.site import Request, Response, dispatch, request_for

__all__ = ["SEARCHES", "Newsroom", "Response", "SampleArticle", "Visit", "load_articles", "render", "settings_toml"]

SITES: dict[str, ModuleType] = {"songthao": songthao, "phong-dao-tao": phong_dao_tao}

SEARCHES = ("hoi nghi tong ket dang uy 2020", '"học bổng"', "kĩ sư tự động hoá")

POLL = 0.05  # seconds until a server notices that it shall stop
IDLE = 5.0  # seconds after which a connection that is kept open without a request is closed

SETTINGS = """\
# The sample newsroom of `tratin demo`: two made-up sites on this machine.
[archive]
data = "data"

[crawler]
user_agent = "tratin-demo/1.0 (+{songthao})"
delay = 0.05                  # nobody else reads this server; keep 1.0 or more for a real one
private_networks = true       # the sample newsroom is on loopback

[webapp]
title = "Kho tin tức Sông Thao"

[sites.songthao]
name = "{songthao_name}"
start = ["{songthao}vi/news/"]
article = '/vi/news/[^/]+/[^/]+-\\d+\\.html$'
language = "vi"

[[sites.songthao.profile]]    # the other site has none: what it says is found generically
title = "h1.title"
lead = ".hometext"
body = "#news-bodyhtml"
published = ".detail-date"
author = ".detail-author"
category = ".breadcrumb li:last-child"

[sites.phong-dao-tao]
name = "{phong_dao_tao_name}"
start = ["{phong_dao_tao}"]
article = '/\\d{{4}}/\\d{{2}}/[^/]+/?$'
language = "vi"
"""


class Visit(NamedTuple):
    """One request that a site answered; `at` is monotonic, in seconds."""

    site: str
    path: str
    status: int
    user_agent: str
    at: float


def render(site: str, path: str, articles: tuple[SampleArticle, ...], base_url: str) -> Response | None:
    """Answer a request target (path and query) of `site`; None for what it does not have."""
    return dispatch(SITES[site].ROUTES, _request(site, path, articles, base_url))


def settings_toml(newsroom: Newsroom) -> str:
    """Write a complete tratin.toml for the sites of a newsroom that is running."""
    return SETTINGS.format(
        songthao=newsroom.sites["songthao"],
        songthao_name=songthao.NAME,
        phong_dao_tao=newsroom.sites["phong-dao-tao"],
        phong_dao_tao_name=phong_dao_tao.NAME,
    )


class Newsroom:
    """Serve both sites while the context lasts; port 0 takes a free one. Raises OSError for a port that is taken."""

    def __init__(self, host: str = "127.0.0.1", ports: tuple[int, int] = (0, 0)) -> None:
        self.requests: list[Visit] = []
        self.sites: dict[str, str] = {}
        self._host = host
        self._ports = ports
        self._running = ExitStack()

    def __enter__(self) -> Self:
        articles = load_articles()
        with ExitStack() as starting:  # stops the first server should the second not get its port
            for site, port in zip(SITES, self._ports, strict=True):
                server = _Server((self._host, port), _Site(site, articles, self.requests))
                starting.callback(server.stop)
                server.start()
                self.sites[site] = server.base_url
            self._running = starting.pop_all()
        return self

    def __exit__(self, *raised: object) -> None:
        self._running.close()


@dataclass(frozen=True)
class _Site:
    """What a server shows, and where it notes its visits."""

    id: str
    articles: tuple[SampleArticle, ...]
    visits: list[Visit]


class _Server(ThreadingHTTPServer):
    """One site on one port; `stop` also ends the connections that clients keep open."""

    daemon_threads = True

    def __init__(self, address: tuple[str, int], site: _Site) -> None:
        super().__init__(address, _Handler)
        self.site = site
        self.base_url = f"http://{self.server_name}:{self.server_port}/"
        self._open: set[socket.socket] = set()
        self._thread = Thread(target=self.serve_forever, args=(POLL,), name=f"newsroom {site.id}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        if self._thread.ident is not None:
            self.shutdown()
            self._thread.join()
        self.server_close()
        for connection in tuple(self._open):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:  # its thread was faster
                continue

    def server_bind(self) -> None:
        """Bind without looking up the host's name, which waits for a name server on some machines."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Report a bug, but not a client that has hung up."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    """Answer GET and HEAD; the standard library refuses the rest."""

    server: _Server
    protocol_version = "HTTP/1.1"
    server_version = "Newsroom/1.0"
    timeout = IDLE
    wbufsize = -1  # head and body in one packet: in two, delayed acknowledgements cost 40 ms a request
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        site = self.server.site
        response = render(site.id, self.path, site.articles, self.server.base_url)
        if response is None:
            response = SITES[site.id].not_found(_request(site.id, self.path, site.articles, self.server.base_url))
        tag = f'W/"{hashlib.sha256(response.body).hexdigest()[:16]}"'  # weak, so that it holds for gzip too
        if response.status == 200 and self._has(tag, response.modified):
            response = replace(response, status=304, body=b"")
        site.visits.append(
            Visit(site.id, self.path, response.status, self.headers.get("User-Agent", ""), time.monotonic())
        )
        self._send(response, tag)

    def do_HEAD(self) -> None:
        self.do_GET()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
        """Stay silent: `Newsroom.requests` is the log."""

    def _has(self, tag: str, modified: datetime | None) -> bool:
        """Tell whether the client has this version: RFC 9110, 13.2.2, by which If-None-Match goes first."""
        if (tags := self.headers.get("If-None-Match")) is not None:
            return tags.strip() == "*" or tag in [given.strip() for given in tags.split(",")]
        since = _http_date(self.headers.get("If-Modified-Since"))
        return since is not None and modified is not None and modified <= since

    def _send(self, response: Response, tag: str) -> None:
        body = response.body
        self.send_response(response.status)
        if response.status == 200:
            self.send_header("Vary", "Accept-Encoding")
            if "gzip" in self.headers.get("Accept-Encoding", "") and response.media_type != "application/pdf":
                body = gzip.compress(body, mtime=0)
                self.send_header("Content-Encoding", "gzip")
        if response.status in (200, 304):
            self.send_header("ETag", tag)
            if response.modified:
                self.send_header("Last-Modified", format_datetime(response.modified.astimezone(UTC), usegmt=True))
        if response.location:
            self.send_header("Location", response.location)
        if response.status != 304:
            self.send_header("Content-Type", response.media_type)
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


def _request(site: str, path: str, articles: tuple[SampleArticle, ...], base_url: str) -> Request:
    return request_for(path, base_url, tuple(article for article in articles if article.site == site))


def _http_date(text: str | None) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text or "")
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
