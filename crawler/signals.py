"""Handle the signals that end a command, for as long as a block lasts."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def ending(handle: Callable[[int], None]) -> Iterator[None]:
    """Call `handle` with the number of each SIGTERM and SIGINT; only the main thread may do this."""
    before = {
        number: signal.signal(number, lambda caught, _: handle(caught)) for number in (signal.SIGTERM, signal.SIGINT)
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
