"""A test newsroom of some fifty hosts on loopback: each has one behaviour of the open web, and says what is right.

A room is a function that furnishes one host and says which of its articles are sound, what the report must name, and
what must never be asked for. One more host is foreign: it belongs to no site, others link to it, and nobody may ask it.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import ExitStack
from typing import Self

import trap_answers
import trap_rooms
from trap_host import Host, Room


class Town:
    """All hosts, open while the context lasts; `closed` is a port of ours on which nobody listens."""

    def __enter__(self) -> Self:
        self._stack = ExitStack()
        self.foreign = self._stack.enter_context(Host())
        self._closed = self._stack.enter_context(socket.socket())
        self._closed.bind(("127.0.0.1", 0))
        self.closed = f"http://127.0.0.1:{self._closed.getsockname()[1]}/"
        self.rooms = {name_of(build): build(self._stack.enter_context(Host(self.foreign.host))) for build in ROOMS}
        return self

    def __exit__(self, *raised: object) -> None:
        self._stack.close()

    def sites(self) -> dict[str, str]:
        """The TOML lines of each site."""
        return {name: room.toml for name, room in self.rooms.items()} | {"closed": f'start = ["{self.closed}"]'}


def name_of(build: Callable[[Host], Room]) -> str:
    """The site's id of a room."""
    return build.__name__.replace("_", "-")


def plan() -> dict[str, Room]:
    """The rooms as they will be, on hosts that are closed: what a test can read before anything runs."""
    rooms = {name_of(build): build(Host("127.0.0.1:9")) for build in ROOMS}
    for room in rooms.values():
        room.web.close()
    return rooms


ROOMS: tuple[Callable[[Host], Room], ...] = (*trap_answers.ROOMS, *trap_rooms.ROOMS)
