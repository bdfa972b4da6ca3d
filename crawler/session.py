"""The session of `requests` that one line has: its requests go over the sockets of the line, and as they are.

Nothing of the environment, no cookie, no redirect, no second try. Where a socket leads is for `connect.py` to decide.
"""

from __future__ import annotations

import socket
import ssl
from base64 import b64encode
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import unquote, urlsplit

import certifi
import requests
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import NewConnectionError

from crawler.response import Response

Opener = Callable[[tuple[str, int], float], socket.socket]  # of a peer (its name, its port) and the seconds it may take


@dataclass(frozen=True)
class Network:
    """What all connections share: whether they may reach what is not public, and through which http proxy they go."""

    private: bool
    proxy: str | None = None

    @cached_property
    def tls(self) -> ssl.SSLContext:
        """Whom TLS trusts: the authorities of Mozilla, and those of this machine (`SSL_CERT_FILE`)."""
        context = ssl.create_default_context(cafile=certifi.where())
        context.load_default_certs()
        return context

    @cached_property
    def proxy_headers(self) -> dict[str, str]:
        """What the proxy is told: the user that its address names (RFC 7617)."""
        parts = urlsplit(self.proxy or "")
        if parts.username is None:
            return {}
        told = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        return {"Proxy-Authorization": f"Basic {b64encode(told.encode()).decode()}"}


class Session(requests.Session):
    """Asks by the rules of a network, over sockets that somebody else opens."""

    def __init__(self, network: Network, opener: Opener) -> None:
        """Let `opener` open the sockets; what it raises but OSError comes out as it is."""
        super().__init__()
        self.trust_env = False
        if network.proxy:
            self.proxies = {"http": network.proxy, "https": network.proxy}
        adapter = _Adapter(network, opener)
        self.mount("http://", adapter)
        self.mount("https://", adapter)

    def ask(self, url: str, headers: Iterable[tuple[str, bytes]], timeout: float) -> requests.Response:
        """Ask for `url` with these headers and no others; the body is still to be read. Raises RequestException."""
        request = requests.PreparedRequest()  # `prepare` would escape the address anew, and look for cookies
        request.method, request.url = "GET", url
        request.headers = CaseInsensitiveDict(headers)  # type: ignore[arg-type]  # bytes are as good
        return self.send(request, stream=True, timeout=timeout)

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Tell of none: even one that is not followed has its whole body read, and its address parsed."""


class _Adapter(HTTPAdapter):
    """Gives urllib3 our connections, our trust and our targets."""

    def __init__(self, network: Network, opener: Opener) -> None:
        self._network = network
        self._pools = {
            "http": _pool(HTTPConnectionPool, HTTPConnection, opener),
            "https": _pool(HTTPSConnectionPool, HTTPSConnection, opener),
        }
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = self._pools

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **kwargs)
        manager.pool_classes_by_scheme = self._pools
        return manager

    def proxy_headers(self, proxy: str) -> dict[str, str]:
        return self._network.proxy_headers  # those of requests are Latin-1

    def build_connection_pool_key_attributes(self, request: Any, verify: Any, cert: Any = None) -> Any:
        host, trust = super().build_connection_pool_key_attributes(request, verify, cert)
        return host, trust | ({"ssl_context": self._network.tls} if host["scheme"] == "https" else {})

    def cert_verify(self, *args: Any) -> None:
        """Add nothing to our context: requests would read all of Mozilla's authorities for each connection."""

    def request_url(self, request: requests.PreparedRequest, proxies: Any) -> str:
        """The target as it is in the address: requests drops an empty parameter (`/tin;`)."""
        url = request.url or ""
        return url if proxies and url.startswith("http:") else "/" + url.split("/", 3)[3]

    def build_response(self, req: requests.PreparedRequest, resp: Any) -> requests.Response:
        """Keep the cookies from requests: over some of them the parser of the standard library stumbles."""
        for name in ("Set-Cookie", "Set-Cookie2"):
            del resp._original_response.msg[name]  # where requests looks; `resp.headers` is a copy, and whole
        return super().build_response(req, resp)


class _Opened:
    """What our connections are, be they with TLS or without."""

    response_class = Response
    opener: Opener

    def _new_conn(self: Any) -> socket.socket:
        try:
            opened: socket.socket = self.opener((self._dns_host, self.port), self.timeout)
        except OSError as error:  # urllib3 would take some for those of a connection that is open, and go on
            raise NewConnectionError(self, str(error)) from error
        return opened


def _pool(pool: type[Any], connection: type[Any], opener: Opener) -> type[Any]:
    """Those pools of urllib3, with connections whose sockets `opener` opens."""
    opened = type(connection.__name__, (_Opened, connection), {"opener": staticmethod(opener)})
    return type(pool.__name__, (pool,), {"ConnectionCls": opened})
