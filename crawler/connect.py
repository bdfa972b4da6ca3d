"""Connections that go only where they may, and that end when another thread says so.

A host name is resolved once, every address that it has must be allowed, and the connection is made to the very address
that was checked; the name is kept for TLS and the Host header. So a name cannot change its address between the check
and the connection (DNS rebinding). Through a proxy the name is checked as far as it resolves here.
"""

from __future__ import annotations

import ipaddress
import queue
import socket
import threading
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any
from urllib.parse import unquote, urlsplit

import requests

from crawler.faults import origin
from crawler.session import Network, Session

# The last 32 bits are an IPv4 address: RFC 6052 2.1, RFC 8215 (a network's own), RFC 4291 2.5.5.1 (out of use).
IPV4_AT_THE_END = tuple(map(ipaddress.IPv6Network, ("64:ff9b::/96", "64:ff9b:1::/48", "::/96")))
KEPT_OPEN = 4.0  # seconds that an idle connection is used again; Apache closes after 5, nginx after 75
PROXIED_LOOKUP = 5.0  # seconds, one try of a resolver; behind a proxy there is often no name server for the open web

Address = tuple[socket.AddressFamily, socket.SocketKind, int, str, tuple[Any, ...]]


class PrivateAddressError(Exception):
    """A host resolves to an address that is not a public one."""


def is_public(address: str) -> bool:
    """Whether an IP address is one of the open internet; an IPv4 address in IPv6 clothes counts as what it is."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        ends = any(ip in network for network in IPV4_AT_THE_END)
        inner = ip.ipv4_mapped or ip.sixtofour or (ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF) if ends else None)
        if inner is None:
            return ip.is_global and not ip.is_multicast and not ip.is_site_local
        ip = inner
    return ip.is_global and not ip.is_multicast


def check(host: str, addresses: Iterable[Address]) -> None:
    """Raise PrivateAddressError where one of the `addresses` of `host` is not public."""
    for *_, address in addresses:
        if not is_public(str(address[0])):
            raise PrivateAddressError(f"{host} resolves to {address[0]}")


class Line:
    """The way to one host: one connection at a time, used again while it is open. Only `cut` is for other threads."""

    def __init__(self, network: Network) -> None:
        """Connect by the rules of `network`."""
        self._network = network
        self._session = Session(network, self._open)
        self._used = 0.0  # seconds of the monotonic clock
        self._opened = False  # a connection, during this request
        self._checked = False  # the host behind the proxy
        self._lock = threading.Lock()
        self._last: socket.socket | None = None  # a duplicate of the one opened last: TLS takes the other one away
        self._answer: queue.SimpleQueue[Sequence[Address] | Exception] | None = None  # of a lookup under way
        self._cut_off: str | None = None
        self.went_stale = False  # the other side closed the open connection while the request was under way

    def get(self, url: str, headers: Iterable[tuple[str, bytes]], timeout: float) -> requests.Response:
        """Ask for `url`; the body is still to be read. Raises PrivateAddressError, RequestException, OSError."""
        if self._network.proxy and not self._network.private and not self._checked:
            self._check_behind_proxy(urlsplit(url).hostname or "")
        if time.monotonic() - self._used > KEPT_OPEN:
            self.close()
        self._opened = False
        try:
            response = self._session.ask(url, headers, timeout)
        except requests.RequestException as error:
            self.went_stale = not self._opened and isinstance(origin(error), ConnectionError)
            raise
        self._used = time.monotonic()
        return response

    def begin(self) -> None:
        """Allow connections again after a cut."""
        with self._lock:
            self._cut_off = None
        self.went_stale = False

    def cut(self) -> None:
        """End what is being looked up, sent or received at once, and let nothing be opened until `begin`."""
        with self._lock:
            self._cut_off = "host name not looked up" if self._answer else "no whole response"
            if self._answer:
                self._answer.put(ConnectionAbortedError("cut off"))
            if self._last is not None:
                with suppress(OSError):  # the other side has closed it already
                    self._last.shutdown(socket.SHUT_RDWR)

    @property
    def cut_off(self) -> str | None:
        """What is missing because of a cut since `begin`."""
        return self._cut_off

    def close(self) -> None:
        """Close the connection; the next request opens another."""
        self._session.close()
        with self._lock:
            if self._last is not None:
                self._last.close()
                self._last = None

    def _open(self, peer: tuple[str, int], timeout: float) -> socket.socket:
        """Open a socket to the first address of `peer` that answers."""
        self._opened = True
        found = self._look_up(*peer)
        if not self._network.private and not self._network.proxy:  # the proxy itself is one of ours
            check(peer[0], found)
        problem: OSError | None = None
        for family, kind, protocol, _, address in found:
            opened = socket.socket(family, kind, protocol)
            try:
                self._watch(opened)
                opened.settimeout(timeout / len(found))  # a first address that is dead leaves time for the others
                opened.connect(address)
            except OSError as error:
                opened.close()
                problem = error
            else:
                opened.settimeout(timeout)
                opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                return opened
        raise problem or OSError(f"{peer[0]} has no address")

    def _watch(self, opened: socket.socket) -> None:
        with self._lock:
            if self._last is not None:
                self._last.close()
            self._last = opened.dup()
            if self._cut_off:
                raise ConnectionAbortedError("cut off")

    def _check_behind_proxy(self, host: str) -> None:
        """Check the host as far as it resolves here; what does not is left to the proxy."""
        with suppress(socket.gaierror, TimeoutError):
            check(host, self._look_up(host, 80, PROXIED_LOOKUP))
        self._checked = True

    def _look_up(self, host: str, port: int, patience: float | None = None) -> Sequence[Address]:
        """Resolve in a thread of its own: nothing else ends a lookup. Raises OSError."""
        answer: queue.SimpleQueue[Sequence[Address] | Exception] = queue.SimpleQueue()
        with self._lock:
            if self._cut_off:
                raise ConnectionAbortedError("cut off")
            self._answer = answer
        threading.Thread(target=_resolve, args=(host, port, answer), name="lookup", daemon=True).start()
        try:
            found = answer.get(timeout=patience)
        except queue.Empty:
            raise TimeoutError("no name server answers") from None
        finally:
            with self._lock:
                self._answer = None
        if isinstance(found, Exception):
            raise found
        return found


def _resolve(host: str, port: int, answer: queue.SimpleQueue[Sequence[Address] | Exception]) -> None:
    name = unquote(host).rstrip(".")  # of a scope (RFC 6874) and of `localhost.`, which resolvers look for in the DNS
    try:
        answer.put(socket.getaddrinfo(name, port, type=socket.SOCK_STREAM))
    except UnicodeError:  # a label that is empty or too long
        answer.put(socket.gaierror(socket.EAI_NONAME, "no host name"))
    except OSError as error:
        answer.put(error)
