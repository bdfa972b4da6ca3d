"""The commands that read the archive again: `extract`, and `accept`, which belongs to the group `site`."""

from __future__ import annotations

import sys
import time
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from crawler.cli import Context, as_json, closing_archive, closing_store, pass_context, print_json
from crawler.errors import StoppedError
from crawler.signals import ending
from crawler.table import printable

if TYPE_CHECKING:
    from crawler.drift import Renewed
    from crawler.reextract import Summary


@click.command()
@click.argument("sites", nargs=-1, metavar="[SITE]...")
@click.option("--dry-run", is_flag=True, help="Tell what would change, change nothing.")
@click.option("--processes", type=click.IntRange(1, 256), metavar="N", help="Default: one for each processor.")
@click.option("--max-failed", type=click.FloatRange(0, 100), default=20.0, show_default=True, metavar="PERCENT",
              help="Exit with 3 when more of the pages than this could not be read.")  # fmt: skip
@as_json
@pass_context
def extract(
    context: Context, /, sites: tuple[str, ...], dry_run: bool, processes: int | None, max_failed: float, as_json: bool
) -> None:
    """Extract the articles of SITE (of all sites without one) again from the archive, by the rules of today.

    What a site that has drifted held back is released where the site has got rules that fit.
    """
    from crawler import drift, overrides, reextract
    from crawler.lock import hold
    from crawler.readers import Readers, processors
    from crawler.store import instant

    settings, count, started = context.settings, processes or processors(), time.monotonic()
    chosen, today = settings.chosen(sites), datetime.now(UTC)
    now = instant(today)
    renewed: dict[str, Renewed] = {}
    with ExitStack() as stack:
        stack.enter_context(ending(_stop))
        if not dry_run:
            stack.enter_context(hold(settings.lock_file, "tratin extract"))
        store, archive = stack.enter_context(closing_store(settings)), stack.enter_context(closing_archive(settings))
        readers = stack.enter_context(Readers(chosen, count))
        for site in [] if dry_run else [site for site in chosen if drift.is_renewed(store, site)]:
            renewed[site.id] = drift.renew(store, archive, site, readers, now)
        work = reextract.Work(store, archive, readers, count)
        summary = reextract.extract_again(work, [site.id for site in chosen], now, rehearse=dry_run)
        if not dry_run:
            overrides.sync(settings, store, today)
    _tell(summary, renewed, time.monotonic() - started, dry_run=dry_run, as_json=as_json)
    if summary.failed_percent() > max_failed:
        sys.exit(3)


def _stop(number: int) -> None:
    """End with an error: a batch that is being written is not kept, the others are."""
    raise StoppedError(number, "what was done is kept")


def _tell(summary: Summary, renewed: dict[str, Renewed], seconds: float, *, dry_run: bool, as_json: bool) -> None:
    if as_json:
        released = {site: done.released for site, done in renewed.items()}
        print_json(summary.document() | {"dry_run": dry_run, "released": released, "seconds": round(seconds, 2)})
    else:
        would = "would change" if dry_run else "changed"
        click.echo(f"{summary.pages:,} pages extracted in {seconds:.1f} s ({summary.pages / seconds:.0f} a second): "
                   f"{summary.changed:,} articles {would}")  # fmt: skip
        for line in "\n".join(summary.lines()).split("\n"):
            click.echo(printable(line))
    for site, done in renewed.items():
        if done.findings:
            click.echo(
                f"{site} stays drifted, for the new rules do not fit either: {done.findings[0].sentence}", err=True
            )
        else:
            click.echo(f"{site}: the new rules fit, {done.released:,} articles are released", err=True)
    if not dry_run:
        _remind()


@click.command()
@click.argument("name", metavar="SITE")
@pass_context
def accept(context: Context, name: str) -> None:
    """Take SITE, which has drifted, as it is read now: release what was held back, and judge by that from now on."""
    from crawler import drift
    from crawler.lock import hold
    from crawler.store import instant

    settings = context.settings
    (site,) = settings.chosen((name,))
    with hold(settings.lock_file, "tratin site accept"), closing_store(settings) as store:
        released = drift.accept(store, site.id, instant(datetime.now(UTC)))
    if released is None:
        click.echo(f"{name} has not drifted; there is nothing to accept")
        return
    click.echo(f"{name}: {released:,} articles are released, and what was read since is the norm now")
    _remind()


def _remind() -> None:
    click.echo("the search shows it after the next 'tratin index' or 'tratin crawl'", err=True)


COMMANDS = (extract,)
