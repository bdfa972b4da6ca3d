"""Name in a few words what went wrong on the network: faults of one kind alike, so that a report can count them."""

from __future__ import annotations

import socket
import ssl
from http.client import BadStatusLine, HTTPException, IncompleteRead, LineTooLong, RemoteDisconnected, UnknownProtocol

from requests import RequestException
from urllib3.exceptions import HTTPError

from crawler.response import HeadError

MAX_TUNNEL = 80  # characters of what a proxy says
CUT_OFF = "response cut off before its end"
REASONS: tuple[tuple[type[Exception], str], ...] = (  # the first that fits
    (socket.gaierror, "host name not found"),
    (ConnectionRefusedError, "connection refused"),
    (RemoteDisconnected, "connection closed without an answer"),
    (ConnectionError, "connection broken"),
    (TimeoutError, "no answer in time"),
    (ssl.SSLError, "TLS connection broken"),
    (IncompleteRead, CUT_OFF),
    (LineTooLong, "a line of more than 65,536 bytes"),
    (BadStatusLine, "no HTTP/1 response"),
    (UnknownProtocol, "no HTTP/1 response"),
)


def origin(error: BaseException) -> BaseException:
    """The error that requests and urllib3 have wrapped."""
    while isinstance(error, RequestException | HTTPError):
        around = (error.__cause__, error.__context__, *error.args)  # urllib3 does not raise all that it wraps
        inner = next((inner for inner in around if isinstance(inner, BaseException)), None)
        if inner is None:
            break
        error = inner
    return error


def fault(error: Exception, *, proxied: bool) -> str:
    """Name the fault behind `error`; through a proxy it may be the proxy's own."""
    return _named(origin(error), proxied=proxied)


def _named(error: BaseException, *, proxied: bool) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"TLS certificate not valid: {error.verify_message}"
    if isinstance(error, HeadError) or type(error) is HTTPException:  # so http.client says that headers are too many
        return str(error)
    if str(error).startswith("Tunnel connection failed"):  # all that http.client tells
        return f"proxy: {str(error)[:MAX_TUNNEL].lower()}"
    for kind, reason in REASONS:
        if isinstance(error, kind):
            return f"proxy: {reason}" if proxied and kind in {socket.gaierror, ConnectionRefusedError} else reason
    return f"connection failed: {getattr(error, 'strerror', None) or type(error).__name__}".lower()
