"""A small web server on loopback: a table of routes that a test may change, and a record of what was asked of it."""

from __future__ import annotations

import socket
import socketserver
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

HTML = "text/html; charset=utf-8"


@dataclass
class Seen:
    """One request; the times are monotonic, in seconds, `ended` is None until it is answered."""

    path: str
    headers: Mapping[str, str]
    started: float
    ended: float | None = None


@dataclass(frozen=True)
class Answer:
    """What goes back; Content-Length is added where no header of it is given."""

    body: str | bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    kind: str = HTML


@dataclass(frozen=True)
class Raw:
    """Bytes that go back as they are, one after the other, before the connection is closed."""

    chunks: Iterable[bytes]


Route = Answer | Raw | Callable[[Seen], Answer | Raw]


def drip(chunk: bytes, pause: float = 0.05) -> Iterable[bytes]:
    """The same few bytes for ever, `pause` seconds between them."""
    while True:
        yield chunk
        time.sleep(pause)


class WebServer:
    """Serves `routes` (request target to route, 404 for all else) while the context lasts."""

    def __init__(self, routes: Mapping[str, Route] | None = None, certificate: Path | None = None) -> None:
        self.routes: dict[str, Route] = dict(routes or {})
        self.seen: list[Seen] = []
        self._server = _Server(self)
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self._server.tls = context
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def url(self, path: str = "/") -> str:
        return f"http://{self.host}{path}"

    def paths(self) -> list[str]:
        """The targets that were asked for, in order."""
        return [seen.path for seen in self.seen]

    def count(self, path: str) -> int:
        return self.paths().count(path)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *raised: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self._server.hang_up()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    tls: ssl.SSLContext | None = None

    def __init__(self, web: WebServer) -> None:
        self.web = web
        self._open: set[socket.socket] = set()
        super().__init__(("127.0.0.1", 0), _Handler)

    def server_bind(self) -> None:
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = "127.0.0.1", int(self.server_address[1])

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def finish_request(self, request: Any, client_address: Any) -> None:
        if self.tls is None:
            super().finish_request(request, client_address)
            return
        with self.tls.wrap_socket(request, server_side=True, do_handshake_on_connect=False) as wrapped:
            wrapped.do_handshake()
            super().finish_request(wrapped, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        for connection in tuple(self._open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Stay silent: clients of these tests hang up all the time."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 10

    def do_GET(self) -> None:
        web = self.server.web
        seen = Seen(self.path, dict(self.headers.items()), time.monotonic())
        web.seen.append(seen)
        route = web.routes.get(self.path, Answer("nothing here", 404))
        answer = route(seen) if callable(route) else route
        try:
            if isinstance(answer, Raw):
                self._raw(answer)
            else:
                self._send(answer)
        finally:
            seen.ended = time.monotonic()

    def _raw(self, answer: Raw) -> None:
        self.close_connection = True
        for chunk in answer.chunks:
            self.wfile.write(chunk)

    def _send(self, answer: Answer) -> None:
        body = answer.body.encode() if isinstance(answer.body, str) else answer.body
        lines = [f"HTTP/1.1 {answer.status} {'OK' if answer.status == 200 else 'Told'}"]
        given = {"Content-Type": answer.kind, "Content-Length": str(len(body))} | dict(answer.headers)
        lines += [f"{name}: {value}" for name, value in given.items()]
        head = "\r\n".join(lines).encode() + b"\r\n\r\n"
        self.wfile.write(head if answer.status == 304 else head + body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
        """Stay silent: `WebServer.seen` is the log."""
