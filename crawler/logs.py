"""The log of all commands: text for people, or JSON Lines for programs; on standard error only."""

from __future__ import annotations

import io
import json
import logging
import re
import sys
from datetime import UTC, datetime
from typing import Literal

Form = Literal["text", "json"]

PACKAGES = ("crawler", "indexer", "webapp")
OWN = frozenset({*logging.makeLogRecord({}).__dict__, "message", "asctime", "taskName"})  # the rest came by `extra`
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")  # a line's end to somebody, or not UTF-8


def set_up(form: Form, *, verbose: bool) -> None:
    """Log the steps of this program, with `verbose` the small ones, and of others what is wrong."""
    if form == "json" and isinstance(sys.stderr, io.TextIOWrapper):
        sys.stderr.reconfigure(encoding="utf-8")  # which JSON is, in whatever language the terminal is
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if form == "json" else Text())
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    logging.captureWarnings(True)
    for package in PACKAGES:
        logging.getLogger(package).setLevel(logging.DEBUG if verbose else logging.INFO)


class Text(logging.Formatter):
    """A line for each record, and a traceback below where there is one.

    Servers choose some of the words: what a terminal would obey, or what would look like another record, is escaped.
    """

    def __init__(self) -> None:
        """Begin each line with the local time and the level."""
        super().__init__("%(asctime)s %(levelname)s %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  # logging's name
        """Format the line of the record."""
        return _escaped(super().formatMessage(record))


class JsonLines(logging.Formatter):
    """One JSON object for each record, on one line whatever is in it.

    `time` (ISO 8601, UTC), `level`, `logger`, `message`; what was given by `extra` (`site`, `url`, `host`, `reason`)
    under its own name; a traceback as the text `exception`.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Format the record."""
        told = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            told["exception"] = self.formatException(record.exc_info)
        if record.stack_info:
            told["stack"] = self.formatStack(record.stack_info)
        extra = {name: value for name, value in record.__dict__.items() if name not in OWN and name not in told}
        return _escaped(json.dumps(told | extra, ensure_ascii=False, default=str))


def _escaped(text: str) -> str:
    r"""Write as `\uXXXX` what ends a line, rules a terminal or is no character: the same as JSON means by it."""
    return CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
