"""Connections that go only where they may, and that end when their time is over.

A host name is resolved once, every address that it has must be allowed, and the connection is made to the very address
that was checked; the name is kept for TLS and the Host header. So a name cannot change its address between the check
and the connection (DNS rebinding).
"""

from __future__ import annotations

import ipaddress
import socket
import threading
from contextlib import suppress
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import NameResolutionError, NewConnectionError

NAT64 = ipaddress.ip_network("64:ff9b::/96")  # RFC 6052: the last 32 bits are an IPv4 address


class PrivateAddressError(Exception):
    """A host resolves to an address that is not a public one."""


def is_public(address: str) -> bool:
    """Whether an IP address is one of the open internet; an IPv4 address in IPv6 clothes counts as what it is."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    inner = getattr(ip, "ipv4_mapped", None) or getattr(ip, "sixtofour", None)
    if ip in NAT64:
        inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return (inner or ip).is_global and not (inner or ip).is_multicast


def resolve(host: str, port: int, *, private_networks: bool) -> list[tuple[Any, ...]]:
    """The addresses of `host` as `socket.getaddrinfo` gives them. Raises PrivateAddressError, OSError."""
    try:
        found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
    except UnicodeError:  # a label that is empty or too long
        raise socket.gaierror(socket.EAI_NONAME, f"{host} is no host name") from None
    for *_, address in found:
        if not private_networks and not is_public(str(address[0])):
            raise PrivateAddressError(f"{host} resolves to {address[0]}")
    return found


class GuardedAdapter(HTTPAdapter):
    """An adapter of requests whose connections are checked as above, and can be cut off by another thread."""

    def __init__(self, *, private_networks: bool) -> None:
        """Allow addresses that are not public with `private_networks`."""
        self.private_networks = private_networks
        self._lock = threading.Lock()
        self._last: socket.socket | None = None  # a duplicate of the one opened last: TLS takes the other one away
        self._cut = False
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Make pools of our own connection classes."""
        self.poolmanager = PoolManager(num_pools=2, maxsize=1, block=True)
        self.poolmanager.pool_classes_by_scheme = {
            "http": _pool(HTTPConnectionPool, HTTPConnection, self),
            "https": _pool(HTTPSConnectionPool, HTTPSConnection, self),
        }

    def connect(self, host: str, port: int, timeout: float) -> socket.socket:
        """Open a socket to the first address of `host` that answers."""
        problem: OSError | None = None
        for family, kind, protocol, _, address in resolve(host, port, private_networks=self.private_networks):
            opened = socket.socket(family, kind, protocol)
            try:
                self._watch(opened)
                opened.settimeout(timeout)
                opened.connect(address)
            except OSError as error:
                opened.close()
                problem = error
            else:
                opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                return opened
        raise problem or OSError(f"{host} has no address")

    def begin(self) -> None:
        """Allow connections again after a cut."""
        with self._lock:
            self._cut = False

    def cut(self) -> None:
        """End what is being sent or received at once, and let nothing be opened until `begin`."""
        with self._lock:
            self._cut = True
            if self._last is not None:
                with suppress(OSError):  # the other side has closed it already
                    self._last.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close all connections."""
        super().close()
        with self._lock:
            if self._last is not None:
                self._last.close()
                self._last = None

    def _watch(self, opened: socket.socket) -> None:
        with self._lock:
            if self._last is not None:
                self._last.close()
            self._last = opened.dup()
            if self._cut:
                raise ConnectionAbortedError("cut off")


def _pool(pool: type[Any], connection: type[Any], adapter: GuardedAdapter) -> type[Any]:
    """A subclass of a urllib3 pool whose connections are opened by `adapter`."""

    def _new_conn(self: Any) -> socket.socket:
        timeout = self.timeout if isinstance(self.timeout, int | float) else 20.0
        try:
            return adapter.connect(self._dns_host, self.port, timeout)
        except socket.gaierror as error:
            raise NameResolutionError(self.host, self, error) from error
        except OSError as error:
            raise NewConnectionError(self, f"cannot connect: {error}") from error

    guarded = type(f"Guarded{connection.__name__}", (connection,), {"_new_conn": _new_conn})
    return type(f"Guarded{pool.__name__}", (pool,), {"ConnectionCls": guarded})
