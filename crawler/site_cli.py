"""The commands that set a site up: `site test`, `site suggest` and `site accept`."""

from __future__ import annotations

import sys

import click

from crawler.cli import Context, as_json, closing_archive, closing_store, pass_context, print_json
from crawler.errors import NothingFetchedError
from crawler.extract_cli import accept
from crawler.settings import Settings
from crawler.table import printable


@click.group()
def site() -> None:
    """Set a site up."""


@site.command()
@click.argument("name", metavar="SITE")
@click.argument("url", required=False, metavar="[URL]")
@as_json
@pass_context
def test(context: Context, name: str, url: str | None, as_json: bool) -> None:
    """Show what would be made of a page of SITE: each field, the rule that found it, and what else it could be.

    Without URL that is the first start page, with what becomes of each link, and an article that it links. Nothing is
    stored. Exit code 6: the page could not be had (robots.txt, the network, its status); 3: no article was found from
    the start page.
    """
    from crawler import trial
    from crawler.trial_report import report

    settings = context.settings
    (chosen,) = settings.chosen((name,))
    done = trial.run(settings.crawler, chosen, url, _furniture(settings, name))
    if as_json:
        print_json(done.document())
    else:
        click.echo(report(done))
    if done.exit_code == NothingFetchedError.exit_code:
        raise NothingFetchedError(f"{done.pages[0].url} could not be had: {done.pages[0].problem}")
    sys.exit(done.exit_code)


def _furniture(settings: Settings, site: str) -> frozenset[int]:
    """What crawls know as furniture of the site; a dry run makes no store."""
    if not settings.store_file.exists():
        return frozenset()
    with closing_store(settings) as store:
        known: frozenset[int] = store.furniture.of(site)
        return known


@site.command()
@click.argument("name", metavar="SITE")
@click.option("--processes", type=click.IntRange(1, 256), metavar="N", help="Default: one for each processor.")
@as_json
@pass_context
def suggest(context: Context, name: str, processes: int | None, as_json: bool) -> None:
    """Propose a profile for SITE from its archived pages, as TOML to paste into tratin.toml.

    A selector is proposed where it finds what the general rules find on most pages. Exit code 3: none does.
    """
    from crawler.readers import processors
    from crawler.suggest import suggest as propose

    settings = context.settings
    (chosen,) = settings.chosen((name,))
    with closing_store(settings) as store, closing_archive(settings) as archive:
        done = propose(store, archive, chosen, processes or processors())
    if as_json:
        print_json(done.document())
    else:
        click.echo("\n".join(map(printable, done.lines())))
    if not done.proposals:
        click.echo("no selector finds what the general rules find on most pages", err=True)
        sys.exit(3)
    click.echo(f"paste what fits, then try it: tratin site test {name}, tratin extract --dry-run {name}", err=True)


site.add_command(accept)
COMMANDS = (site,)
