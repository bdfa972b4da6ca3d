"""Connections that go only where they may, and that end when their time is over.

A host name is resolved once, every address that it has must be allowed, and the connection is made to the very address
that was checked; the name is kept for TLS and the Host header. So a name cannot change its address between the check
and the connection (DNS rebinding).
"""

from __future__ import annotations

import ipaddress
import socket
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import NameResolutionError, NewConnectionError


class PrivateAddressError(Exception):
    """A host resolves to an address that is not a public one."""


def is_public(address: str) -> bool:
    """Whether an IP address is one of the open internet; an IPv4 address in IPv6 clothes counts as what it is."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    inner = getattr(ip, "ipv4_mapped", None) or getattr(ip, "sixtofour", None)
    return (inner or ip).is_global and not (inner or ip).is_multicast


def resolve(host: str, port: int, *, private_networks: bool) -> list[tuple[Any, ...]]:
    """The addresses of `host` as `socket.getaddrinfo` gives them. Raises PrivateAddressError, OSError."""
    found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
    for *_, address in found:
        if not private_networks and not is_public(str(address[0])):
            raise PrivateAddressError(f"{host} resolves to {address[0]}")
    return found


class GuardedAdapter(HTTPAdapter):
    """An adapter of requests whose connections are checked as above.

    `socket` is the one opened last, so that a watchdog can shut it down.
    """

    def __init__(self, *, private_networks: bool) -> None:
        """Allow addresses that are not public with `private_networks`."""
        self.private_networks = private_networks
        self.socket: socket.socket | None = None
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
                opened.settimeout(timeout)
                opened.connect(address)
            except OSError as error:
                opened.close()
                problem = error
            else:
                opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                return opened
        raise problem or OSError(f"{host} has no address")


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

    def connect(self: Any) -> None:
        connection.connect(self)
        adapter.socket = self.sock  # TLS wraps and empties the socket that _new_conn gave

    guarded = type(f"Guarded{connection.__name__}", (connection,), {"_new_conn": _new_conn, "connect": connect})
    return type(f"Guarded{pool.__name__}", (pool,), {"ConnectionCls": guarded})
