"""Processes that read responses for the crawl (`reader.serve`): started when they are needed, again when one ends.

They are their own session, so that Ctrl-C in a terminal reaches the crawl alone; they end when the crawl does, however
it ends, because their connection closes.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterable
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from queue import Empty, LifoQueue
from typing import Self

from crawler.reading import Reading, Task
from crawler.settings import Site

# The path is handed on: what the working folder holds must not be taken for our package.
PROGRAM = """
import json, sys
sys.path[:] = json.loads(sys.argv[1])
from crawler.reader import serve
serve(int(sys.argv[2]))
"""
STOPPED = "stopped"
PATIENCE = 2.0  # seconds for which a response waits for one of the processes before a further one is started


def processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0))


class Readers:
    """`count` processes, which know `sites`; up to `most` while pages that take long keep the others waiting.

    Threads may share it.
    """

    def __init__(self, sites: Iterable[Site], count: int, most: int | None = None) -> None:
        """Start the first one; without `most` there are never more than `count`."""
        self._stopped = threading.Event()
        self._sites = {site.id: site for site in sites}
        self._most = most or count
        self._growing = threading.Lock()
        self._all = [_Reader(self._sites) for _ in range(count)]
        self._free: LifoQueue[_Reader] = LifoQueue()
        for reader in self._all:
            self._free.put(reader)
        self._all[-1].start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self.stop()

    def read(self, task: Task) -> Reading:
        """Read a response; where that cannot be done within the limits, `problem` says why."""
        reader = self._take()
        try:
            return Reading(problem=STOPPED) if self._stopped.is_set() else self._read(reader, task)
        finally:
            self._free.put(reader)

    def _take(self) -> _Reader:
        """A reader that is free, or a further one."""
        try:
            return self._free.get(timeout=PATIENCE)
        except Empty:
            with self._growing:
                if len(self._all) < self._most:
                    self._all.append(_Reader(self._sites))
                    return self._all[-1]
        return self._free.get()

    def _read(self, reader: _Reader, task: Task) -> Reading:
        reading, end = reader.read(task)
        if reading is None and end == 0:  # it had grown, and made way before it saw the task
            reading, end = reader.read(task)
        if reading is not None:
            return reading
        if self._stopped.is_set():
            return Reading(problem=STOPPED)
        if end == -signal.SIGPROF:
            return Reading(problem="takes longer than 10 seconds of processor time to parse")
        return Reading(problem=f"the process that parsed it ended with {end}")

    def stop(self) -> None:
        """End all processes; whoever waits for one gets an answer at once."""
        self._stopped.set()
        for reader in self._all:
            reader.end()


class _Reader:
    """One process and the connection to it."""

    def __init__(self, sites: dict[str, Site]) -> None:
        self._sites = sites
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: Connection | None = None

    def start(self) -> Connection:
        """Start the process where none runs."""
        if self._connection is None:
            ours, theirs = Pipe()
            warnings = [f"-W{told}" for told in sys.warnoptions]
            self._process = subprocess.Popen(  # noqa: S603
                [sys.executable, *warnings, "-c", PROGRAM, json.dumps(sys.path), str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                start_new_session=True,
            )
            theirs.close()
            self._connection = ours
            ours.send(self._sites)
        return self._connection

    def read(self, task: Task) -> tuple[Reading | None, int]:
        """The reading; None with the process's end where it ended instead."""
        try:
            connection = self.start()
            connection.send(task)
            reading: Reading = connection.recv()
        except (EOFError, OSError):
            return None, self._bury()
        return reading, 0

    def _bury(self) -> int:
        """Close what is left of a process that has ended; gives how."""
        assert self._process is not None
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        return self._process.wait()

    def end(self) -> None:
        """Kill the process, which has nothing to lose."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
