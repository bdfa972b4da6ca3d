"""The log as programs read it, as people read it, and what a hostile server can make of either: nothing."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import crawler
from crawler.logs import JsonLines, Text

ROOT = Path(crawler.__file__).parents[1]
HOSTILE = 'x\ny\r\n2026-01-01 ERROR forged\u2028\x85\x1b[2J\x9b31m\ud800 "Trường"'


def record(message: str, *arguments: object, **extra: object) -> logging.LogRecord:
    return logging.getLogger("crawler.crawl").makeRecord(
        "crawler.crawl", logging.WARNING, __file__, 1, message, arguments, None, extra=extra
    )


def run(program: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """Run a program of its own with the packages that are being tested."""
    told = os.environ | {"PYTHONPATH": str(ROOT), **environment}
    command = [sys.executable, "-P", "-", *arguments]
    return subprocess.run(command, input=program.encode(), env=told, capture_output=True, timeout=60, check=False)


def test_a_record_as_json() -> None:
    before = datetime.now(UTC) - timedelta(seconds=1)
    told = json.loads(JsonLines().format(record("host %s: %s", "vui.edu.vn", "chờ đến mai", site="vui", reason="chờ")))
    assert before < datetime.fromisoformat(told.pop("time")) < datetime.now(UTC) + timedelta(seconds=1)
    assert told == {
        "level": "WARNING",
        "logger": "crawler.crawl",
        "message": "host vui.edu.vn: chờ đến mai",
        "site": "vui",
        "reason": "chờ",
    }


def test_json_keeps_letters_and_its_own_keys() -> None:
    line = JsonLines().format(record("Trường Đại học", level="x", url=Path("/tin"), seconds=1.5))
    assert "Trường Đại học" in line
    told = json.loads(line)
    assert (told["level"], told["url"], told["seconds"]) == ("WARNING", "/tin", 1.5)


def test_an_exception_is_text_within_the_line() -> None:
    made = record("vỡ")
    try:
        raise ValueError(HOSTILE)
    except ValueError:
        made.exc_info = sys.exc_info()
    line = JsonLines().format(made)
    assert len(line.splitlines()) == 1
    told = json.loads(line)
    assert told["exception"].startswith("Traceback (most recent call last):\n")
    assert f"ValueError: {HOSTILE}" in told["exception"]
    assert "Traceback" in Text().format(made)


@pytest.mark.parametrize("where", ["message", "extra", "argument"])
def test_no_server_writes_a_second_line_or_rules_the_terminal(where: str) -> None:
    made = {
        "message": record(HOSTILE.replace("%", "%%")),
        "extra": record("x", url=HOSTILE),
        "argument": record("%s", HOSTILE),
    }[where]
    for formatter in (JsonLines(), Text()):
        line = formatter.format(made)
        assert len(line.splitlines()) == 1
        assert line.isprintable()
        line.encode()
    told = json.loads(JsonLines().format(made))
    assert HOSTILE in told.values()


PROGRAM = """
import logging, sys, warnings
from crawler.logs import set_up
set_up(sys.argv[1], verbose=sys.argv[2] == "verbose")
log = logging.getLogger("crawler.crawl")
log.debug("nhỏ")
log.info("Trường %s", "Đại học", extra={"site": "vui"})
logging.getLogger("urllib3").info("không của ta")
logging.getLogger("urllib3").warning("hỏng")
warnings.warn("cũ\\nrồi")
try:
    1 / 0
except ZeroDivisionError:
    log.exception("lỗi")
"""


@pytest.mark.parametrize("locale", ["C.UTF-8", "POSIX", "en_US.ISO-8859-1"])
def test_json_on_standard_error_whatever_the_locale(locale: str) -> None:
    done = run(PROGRAM, "json", "quiet", LC_ALL=locale, PYTHONUTF8="0", PYTHONIOENCODING="latin-1", PYTHONWARNINGS="")
    assert done.stdout == b""
    lines = [json.loads(line) for line in done.stderr.decode("utf-8").splitlines()]
    assert [line["logger"] for line in lines] == ["crawler.crawl", "urllib3", "py.warnings", "crawler.crawl"]
    assert (lines[0]["message"], lines[0]["site"]) == ("Trường Đại học", "vui")
    assert "cũ\nrồi" in lines[2]["message"]
    assert "ZeroDivisionError" in lines[3]["exception"]


def test_text_on_standard_error() -> None:
    done = run(PROGRAM, "text", "verbose", PYTHONWARNINGS="", PYTHONIOENCODING="utf-8")
    assert done.stdout == b""
    first, second, third, *_ = done.stderr.decode().splitlines()
    assert first.endswith(" DEBUG nhỏ")
    assert second.endswith(" INFO Trường Đại học")
    assert third.endswith(" WARNING hỏng")


def test_the_option_of_the_command(tmp_path: Path) -> None:
    program = """
import logging
from webapp.cli import main, tratin

@tratin.command()
def speak() -> None:
    logging.getLogger("crawler").info("chào")

main()
"""
    assert json.loads(run(program, "--log-format", "json", "speak").stderr)["message"] == "chào"
    assert run(program, "speak").stderr.decode().endswith(" INFO chào\n")
    wrong = run(program, "--log-format", "xml", "speak")
    assert wrong.returncode == 2
    assert b"--log-format" in wrong.stderr
