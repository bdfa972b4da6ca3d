"""Every error that tratin raises on purpose.

    TratinError                     exit  1
    ├── ConfigurationError                4   the settings file, the environment or an option is wrong
    ├── LockedError                       5   another run holds the lock
    ├── NothingFetchedError               6   not one page of any site could be fetched
    ├── DamagedError                      7   the store or the index cannot be read
    ├── InputError                        2   a file or an argument that the user named is wrong
    └── StoppedError                128 + n   a signal ended the run; the state is kept

What is expected to happen on the web (a refusal by robots.txt, a 404, a time-out) is a value of `fetch`, not an error.
"""

from __future__ import annotations

import signal
from pathlib import Path


class TratinError(Exception):
    """The base of all errors that the command line turns into one sentence and an exit code."""

    exit_code = 1


class ConfigurationError(TratinError):
    """A setting is unknown, missing or of the wrong type."""

    exit_code = 4


class InputError(TratinError):
    """A file or argument that the user named cannot be used."""

    exit_code = 2


class LockedError(TratinError):
    """Another process holds the lock at `path`."""

    exit_code = 5

    def __init__(self, path: Path, holder: str) -> None:
        """Name the lock file and what its holder wrote into it."""
        self.path, self.holder = path, holder
        super().__init__(f"another run holds the lock {path}: {holder}; wait until it ends, or stop that process")


class NothingFetchedError(TratinError):
    """No page of any site could be fetched."""

    exit_code = 6


class DamagedError(TratinError):
    """A file of the store or the index is missing, torn or not ours."""

    exit_code = 7

    def __init__(self, path: Path, found: str, remedy: str) -> None:
        """Name the file, what was found in it and the command that helps."""
        self.path, self.found, self.remedy = path, found, remedy
        super().__init__(f"{path} is damaged: {found}; {remedy}")


class StoppedError(TratinError):
    """A signal ended the work in good order; `remark` says what is left of it."""

    def __init__(self, number: int, remark: str = "") -> None:
        """Take the number of the signal."""
        self.exit_code = 128 + number
        super().__init__("; ".join(filter(None, [f"stopped by {signal.Signals(number).name}", remark])))
