"""The commands that need no index: init, check, import, status. And what all commands share.

A command lives in the lowest package that has all it needs; `webapp.cli` gathers them.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import click

from crawler.errors import InputError
from crawler.settings import DEFAULT_FILE, Override, Settings, load

log = logging.getLogger(__name__)


@dataclass
class Context:
    """What every command gets: the settings, read when they are first asked for."""

    file: Path | None = None
    overrides: list[Override] = field(default_factory=list)

    @cached_property
    def settings(self) -> Settings:
        """The settings in effect. Raises ConfigurationError."""
        return load(self.file, os.environ, tuple(self.overrides))

    def override(self, path: str, value: object) -> None:
        """Let an option of the command line win over the setting at `path`; None leaves it."""
        if value is not None:
            self.overrides.append(Override(tuple(path.split(".")), value, "the command line"))


as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
pass_context = click.make_pass_decorator(Context)


def print_json(document: Any) -> None:
    """Print one JSON document to standard output."""
    click.echo(json.dumps(document, ensure_ascii=False, indent=2))


@click.command()
@click.argument("folder", type=click.Path(path_type=Path), default=Path(), metavar="[DIR]")
def init(folder: Path) -> None:
    """Write a commented tratin.toml and the data folders; overwrite nothing."""
    from crawler.sample import settings_file

    file = folder / DEFAULT_FILE
    (folder / "data").mkdir(parents=True, exist_ok=True)
    try:
        with file.open("x", encoding="utf-8") as stream:
            stream.write(settings_file())
    except FileExistsError:
        raise InputError(f"{file} is there already and was left as it is") from None
    click.echo(f"wrote {file}; put your site into it, then run: tratin --config {file} check", err=True)


@click.command()
@as_json
@pass_context
def check(context: Context, as_json: bool) -> None:
    """Validate the configuration and the corrections in overrides.toml; print what is in effect."""
    from crawler import overrides

    settings = context.settings
    corrected = overrides.check(settings, datetime.now(UTC))
    told = settings.model_dump(mode="json")
    told["sites"] = {
        name: told["sites"][name] | {"hosts": sorted(s.allowed_hosts)} for name, s in settings.sites.items()
    }
    if as_json:
        print_json(told)
        return
    click.echo(f"# {settings.file} is sound; in effect:")
    for name, table in told.items():
        for key, value in table.items():
            for line in _lines(f"{name}.{key}", value):
                click.echo(line)
    if corrected:
        click.echo(f"# {settings.overrides_file} is sound; articles corrected: {corrected}")
    if not settings.sites:
        click.echo("no site is configured yet: add a [sites.NAME] table to crawl one", err=True)


def _lines(path: str, value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, below in value.items():
            yield from _lines(f"{path}.{key}", below)
    else:
        yield f"{path} = {json.dumps(value, ensure_ascii=False)}"


@click.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE...")
@click.option("--max-failed", type=click.FloatRange(0, 100), default=0.0, show_default=True, metavar="PERCENT",
              help="Exit with 3 when more of the articles than this are bad.")  # fmt: skip
@as_json
@pass_context
def import_(context: Context, files: tuple[Path, ...], max_failed: float, as_json: bool) -> None:
    """Take in article JSON Lines (.jsonl, .jsonl.gz) and WARC files (.warc, .warc.gz, .arc, .arc.gz)."""
    from crawler import overrides
    from crawler.intake import is_warc, take_in
    from crawler.lock import hold

    settings = context.settings
    started = time.monotonic()
    with ExitStack() as held:
        if any(is_warc(file) for file in files):
            held.enter_context(hold(settings.lock_file, "tratin import"))
        store, archive = held.enter_context(closing_store(settings)), held.enter_context(closing_archive(settings))
        report = take_in(files, settings, store, archive)
        overrides.sync(settings, store, datetime.now(UTC))
    seconds = time.monotonic() - started
    document = report.document()
    if as_json:
        print_json(document | {"seconds": round(seconds, 2)})
    else:
        rate = report.taken / seconds if seconds else 0
        click.echo(f"{report.taken} articles in {seconds:.1f} s ({rate:.0f} a second): {report.new} new, "
                   f"{report.changed} changed, {report.unchanged} unchanged; {report.left_out} left out, "
                   f"{report.bad} bad")  # fmt: skip
        for reason, told in document["left_out_reasons"].items():
            click.echo(f"  left out {told['count']}: {reason} ({', '.join(told['examples'])})")
        if report.new or report.changed:
            click.echo("next: tratin index makes them findable")
    for fault in report.faults:
        click.echo(f"tratin: {fault}", err=True)
    if report.bad > len(report.faults):
        click.echo(f"tratin: and {report.bad - len(report.faults)} more that were bad", err=True)
    if 100 * report.bad > max_failed * (report.taken + report.bad):
        sys.exit(3)


@click.command()
@as_json
@pass_context
def status(context: Context, as_json: bool) -> None:
    """Tell for each site how many articles there are, how fresh they are and how the last run went."""
    from crawler.status import readable, status_of

    now = datetime.now(UTC)
    with closing_store(context.settings) as store:
        told = status_of(context.settings, store, now)
    if as_json:
        print_json(told)
    else:
        click.echo(readable(told, now))


@contextmanager
def closing_store(settings: Settings) -> Iterator[Any]:
    """Open the store for the block."""
    from crawler.store import Store

    store = Store(settings.store_file)
    try:
        yield store
    finally:
        store.close()


@contextmanager
def closing_archive(settings: Settings) -> Iterator[Any]:
    """Open the archive for the block."""
    from crawler.archive import Archive

    archive = Archive(settings.warc_folder, software=settings.crawler.user_agent.split()[0])
    try:
        yield archive
    finally:
        archive.close()


COMMANDS = (init, check, import_, status)
