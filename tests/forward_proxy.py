"""A small forward proxy on loopback: it relays what it is asked for, and remembers that it was asked."""

from __future__ import annotations

import socket
import socketserver
import threading
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Self
from urllib.parse import urlsplit


class ForwardProxy:
    """Relays `GET http://...` and `CONNECT` while the context lasts; `names` are hosts that it alone knows."""

    def __init__(self, names: Mapping[str, tuple[str, int]] | None = None, user: str | None = None) -> None:
        """Ask for `user` (as in the Proxy-Authorization header) if there is one."""
        self.names, self.user = dict(names or {}), user
        self.asked: list[str] = []
        self._server = _Server(("127.0.0.1", 0), _Relay)
        self._server.proxy = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *raised: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False
    proxy: ForwardProxy


class _Relay(socketserver.StreamRequestHandler):
    server: _Server

    def handle(self) -> None:
        method, target, *_ = self.rfile.readline().decode().split()
        lines = []
        while (line := self.rfile.readline().decode().strip()) != "":
            lines.append(line)
        proxy = self.server.proxy
        proxy.asked.append(f"{method} {target}")
        if proxy.user and f"Proxy-Authorization: Basic {proxy.user}" not in lines:
            self.wfile.write(b"HTTP/1.1 407 Who are you\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            return
        parts = urlsplit(f"//{target}" if method == "CONNECT" else target)
        address = proxy.names.get(parts.hostname or "", (parts.hostname, parts.port or 80))
        with socket.create_connection(address) as peer:
            if method == "CONNECT":
                self.wfile.write(b"HTTP/1.1 200 Go on\r\n\r\n")
            else:
                kept = [line for line in lines if not line.startswith("Proxy-")]
                peer.sendall("\r\n".join([f"GET {parts.path} HTTP/1.1", *kept, "Connection: close", "", ""]).encode())
                self.wfile.write(peer.makefile("rb", 0).readline() + b"Connection: close\r\n")
            back = threading.Thread(target=_pump, args=(peer, self.connection), daemon=True)
            back.start()
            _pump(self.connection, peer)
            back.join()


def _pump(source: Any, target: Any) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    for end in (source, target):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
