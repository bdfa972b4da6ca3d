"""One thread that cuts off every line whose time is over: a read time-out alone does not end a response that drips."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from crawler.connect import Line


class Watchdog:
    """Gives each request on a line the same time. Threads may share it."""

    def __init__(self, seconds: float) -> None:
        """Cut a line off after `seconds`."""
        self._seconds = seconds
        self._deadlines: dict[Line, float] = {}  # seconds of the monotonic clock
        self._changed = threading.Condition()
        self._wakes = -math.inf  # when the thread looks again by itself
        self._thread: threading.Thread | None = None
        self._closed = False

    @contextmanager
    def limit(self, line: Line) -> Iterator[None]:
        """Let `line` work until its time is over."""
        line.begin()
        self._watch(line)
        try:
            yield
        finally:
            with self._changed:
                self._deadlines.pop(line, None)

    def close(self) -> None:
        """End the thread."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join()

    def _watch(self, line: Line) -> None:
        with self._changed:
            deadline = self._deadlines[line] = time.monotonic() + self._seconds
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="watchdog", daemon=True)
                self._thread.start()
            elif self._wakes > deadline:  # it sleeps without end; else it wakes in time, and need not be disturbed
                self._changed.notify()

    def _run(self) -> None:
        with self._changed:
            while not self._closed:
                now = time.monotonic()
                for line in [line for line, deadline in self._deadlines.items() if deadline <= now]:
                    del self._deadlines[line]
                    line.cut()
                self._wakes = min(self._deadlines.values(), default=math.inf)
                self._changed.wait(None if math.isinf(self._wakes) else max(self._wakes - now, 0))
