"""A lock that one process holds and that dies with it."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO

from crawler.errors import LockedError

GLANCE = 0.1  # seconds; 'tratin status' holds the lock for microseconds to see whether a run goes on


@contextmanager
def hold(path: Path, what: str) -> Iterator[None]:
    """Hold the lock at `path` for the block; `what` tells others who holds it. Raises LockedError at once."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", encoding="utf-8") as file:
        if not _taken(file):
            time.sleep(GLANCE)
        if not _taken(file):
            file.seek(0)
            raise LockedError(path, file.read().strip() or "holder unknown")
        file.truncate(0)
        file.write(f"{what}, process {os.getpid()}, since {datetime.now().astimezone():%Y-%m-%d %H:%M:%S}\n")
        file.flush()
        yield
        file.truncate(0)


def _taken(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
