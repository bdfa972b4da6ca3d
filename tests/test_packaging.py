"""What is installed: the wheel and all that belongs into it, and no other whoosh than the one that was asked for."""

import re
import subprocess
import sys
import tomllib
from importlib.metadata import distribution, packages_distributions, version
from pathlib import Path

import crawler
import indexer
import webapp

ROOT = Path(__file__).parents[1]


def project() -> dict[str, object]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def installed() -> set[str]:
    return {str(file) for file in distribution("tratin").files or ()}


def test_the_installed_wheel_is_tested_and_not_the_source_tree() -> None:
    for package in (crawler, indexer, webapp):
        where = Path(package.__file__ or "").resolve()
        assert "site-packages" in where.parts, f"{where}: run the tests with `make test`, which installs the wheel"


def test_everything_in_the_source_packages_is_in_the_wheel() -> None:
    source = {
        str(file.relative_to(ROOT))
        for package in ("crawler", "indexer", "webapp")
        for file in (ROOT / package).rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }
    assert {
        "crawler/schema/1.sql",
        "crawler/schema/2.sql",
        "webapp/templates/base.html",
        "webapp/demo/articles/0001.md",
    } <= source
    assert source <= installed()


def test_nothing_else_is_in_the_wheel() -> None:
    tops = {name.split("/")[0] for name in installed() if not name.startswith("..")}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"crawler", "indexer", "webapp"}


def test_the_version_is_that_of_the_project() -> None:
    assert version("tratin") == project()["version"]


def test_whoosh_is_the_one_that_was_asked_for() -> None:
    assert [name.lower() for name in packages_distributions()["whoosh"]] == ["whoosh"]
    assert version("whoosh") == "2.7.4"


def test_nothing_replaces_urllib3() -> None:
    assert [name.lower() for name in packages_distributions()["urllib3"]] == ["urllib3"]


def test_every_dependency_is_locked_with_a_hash() -> None:
    needed = {re.split(r"[>=<\[ ]", line)[0] for line in project()["dependencies"]}  # type: ignore[attr-defined]
    for lock in ("requirements.lock", "requirements-dev.lock"):
        text = (ROOT / lock).read_text(encoding="utf-8")
        pinned = dict(
            re.findall(r"^([a-z0-9._-]+)==\S+.*?\\\n((?:\s+--hash=sha256:[0-9a-f]{64}.*\n)+)", text, re.MULTILINE)
        )
        assert needed <= pinned.keys(), lock


def test_the_whole_program_imports_under_warnings_as_errors() -> None:
    modules = "webapp.cli, webapp.server, indexer.whoosh_engine.engine, indexer.export, crawler.job, crawler.intake"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", f"import {modules}"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
