"""Serve the application: under gunicorn, or under Flask's own server while developing."""

from __future__ import annotations

import errno
import os
import signal
import socket
import sys
from pathlib import Path
from typing import Any, NoReturn

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from werkzeug.serving import is_running_from_reloader

from crawler.errors import InputError, StoppedError
from crawler.settings import Settings
from webapp import create_app

THREADS = 4  # a worker: while one waits for the disk another answers; more only take turns at the interpreter's lock
GRACE = 10  # seconds that running requests get to end; a search takes less than one


def serve(settings: Settings, *, dev: bool) -> None:
    """Serve until a signal ends it.

    Raises InputError where the address cannot be listened on, StoppedError after an orderly end by SIGTERM or SIGINT.
    """
    host, port = settings.webapp.host, settings.webapp.port
    if not is_running_from_reloader():  # its parent holds the socket already
        check_free(host, port)
    if dev:
        create_app(settings).run(host, port, debug=True)
    else:
        Server(settings).run()


def check_free(host: str, port: int) -> None:
    """Try to listen; raises InputError that says why it cannot be, and what helps."""
    another = "choose another with --port, or with webapp.port in the settings file"
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, protocol) as attempt:
            attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            attempt.bind(address)
            attempt.listen()
    except socket.gaierror as error:
        raise InputError(f"webapp.host: {host!r} is not an address of this machine: {error.strerror}") from None
    except OSError as error:
        told = {
            errno.EADDRINUSE: f"another program listens on {host} port {port}; stop it, or {another}",
            errno.EACCES: f"{host} port {port} needs more rights than this user has; {another}",
            errno.EADDRNOTAVAIL: f"webapp.host: {host!r} is not an address of this machine",
        }.get(error.errno or 0, f"cannot listen on {host} port {port}: {error.strerror}")
        raise InputError(told) from None


class Server(BaseApplication):  # type: ignore[misc]  # gunicorn is not typed
    """gunicorn with our settings, not with its own files and command line."""

    def __init__(self, settings: Settings) -> None:
        """Take the settings; nothing is opened yet."""
        self.settings = settings
        super().__init__()

    def load_config(self) -> None:
        """Tell gunicorn how to serve."""
        host, port = self.settings.webapp.host, self.settings.webapp.port
        options: dict[str, Any] = {
            "bind": f"[{host}]:{port}" if ":" in host else f"{host}:{port}",
            "workers": os.cpu_count() or 1,
            "worker_class": "gthread",
            "threads": THREADS,
            "graceful_timeout": GRACE,
            "preload_app": True,  # the workers share the memory of the code, and a mistake shows before they start
            "control_socket_disable": True,
            "proc_name": "tratin",
            "post_worker_init": _leave_interrupt_to_master,
        }
        memory = Path("/dev/shm")  # noqa: S108  # gunicorn makes a private file in it
        if memory.is_dir() and os.access(memory, os.W_OK):
            options["worker_tmp_dir"] = str(memory)  # a heartbeat on a slow disk would pass for a hanging worker
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """Make the WSGI application."""
        return create_app(self.settings)

    def run(self) -> None:
        """Serve; raises StoppedError when a signal ended it in good order."""
        master, own = _Master(self), os.getpid()
        try:
            master.run()
        except SystemExit as end:
            if os.getpid() != own:
                _end_worker(end)
            if end.code == 0 and master.stopped_by:
                raise StoppedError(master.stopped_by) from None
            raise


class _Master(Arbiter):  # type: ignore[misc]  # gunicorn is not typed
    """gunicorn's master, which also ends in good order on Ctrl-C, and remembers what ended it."""

    stopped_by: int | None = None

    def handle_term(self) -> None:
        self.stopped_by = signal.SIGTERM
        super().handle_term()

    def handle_int(self) -> None:
        self.stopped_by = signal.SIGINT
        super().handle_term()


def _end_worker(end: SystemExit) -> NoReturn:
    """End a worker here: it must not unwind through what its master holds, a folder that is removed at the end, say."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(end.code if isinstance(end.code, int) else 1)


def _leave_interrupt_to_master(_worker: Any) -> None:
    """Ignore Ctrl-C, which a terminal sends to all processes at once: the master tells the workers."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
