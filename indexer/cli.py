"""The commands that need the index: crawl (which ends with indexing), index, search, export."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from crawler.cli import Context, as_json, closing_archive, closing_store, pass_context, print_json
from crawler.errors import NothingFetchedError, StoppedError


@click.command()
@click.argument("sites", nargs=-1, metavar="[SITE]...")
@click.option("--max-pages", type=click.IntRange(1), metavar="N", help="Fetch at most N pages of each site.")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="Leave out what a sitemap says is older.")
@click.option("--no-index", is_flag=True, help="Do not index afterwards.")
@click.option("--report", type=click.Path(path_type=Path), metavar="FILE", help="Write the report as JSON.")
@click.option("--max-failed", type=click.FloatRange(0, 100), default=20.0, show_default=True, metavar="PERCENT",
              help="Exit with 3 when more of a site's fetches than this failed.")  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Fetch list pages only, tell what would be fetched, keep nothing.")
@as_json
@pass_context
def crawl(context: Context, /, sites: tuple[str, ...], as_json: bool, **options: Any) -> None:
    """Discover, fetch, archive, extract and store the articles of SITE (of all sites without one), then index them."""
    from crawler.job import Job, run_job

    context.override("crawler.max_pages", options.pop("max_pages"))
    no_index, since = options.pop("no_index"), options.pop("since")
    settings = context.settings
    job = Job(settings, settings.chosen(sites), since=since.date() if since else None, **options)
    with closing_store(settings) as store, closing_archive(settings) as archive:
        done = run_job(job, store, archive)
    if as_json:
        print_json(done.report.document() | ({"would_fetch": done.would_fetch} if job.dry_run else {}))
    else:
        click.echo("\n".join([done.report.table(), *(f"would fetch {url}" for url in done.would_fetch)]))
    if done.stopped_by is not None:
        raise StoppedError(done.stopped_by, "what was done is kept, and the next run goes on")
    if not (no_index or job.dry_run):
        _bring_up(context, rebuild=False)
    if done.exit_code == NothingFetchedError.exit_code:
        raise NothingFetchedError("nothing could be fetched; the reasons stand in the report above")
    sys.exit(done.exit_code)


@click.command()
@click.option("--rebuild", is_flag=True, help="Build a new generation beside the live one and switch to it.")
@as_json
@pass_context
def index(context: Context, rebuild: bool, as_json: bool) -> None:
    """Bring the index up to the store."""
    told = _bring_up(context, rebuild=rebuild)
    if as_json:
        print_json(told)


def _bring_up(context: Context, *, rebuild: bool) -> dict[str, Any]:
    from crawler import overrides
    from indexer.update import update

    with closing_store(context.settings) as store:
        overrides.sync(context.settings, store, datetime.now(UTC))
        done = update(context.settings, store, rebuild=rebuild)
    rate = done.articles / done.seconds if done.seconds else 0
    click.echo(
        f"indexed {done.articles} articles in {done.seconds:.1f} s ({rate:.0f} a second): generation "
        f"{done.info.generation}, {done.info.documents} articles in all",
        err=True,
    )
    return {
        "generation": done.info.generation,
        "documents": done.info.documents,
        "updated": done.info.updated,
        "indexed": done.articles,
        "seconds": round(done.seconds, 2),
    }


def search_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that narrow a search, named as the API's parameters."""
    for option in (
        click.option("--site", multiple=True, metavar="SITE", help="Only this site; may be given several times."),
        click.option("--category", multiple=True, metavar="NAME", help="Only this category; several times, too."),
        click.option("--author", metavar="NAME", help="Only articles by this author."),
        click.option("--from", "from_", metavar="YYYY-MM-DD", help="Published on this day or later."),
        click.option("--to", metavar="YYYY-MM-DD", help="Published on this day or earlier."),
        click.option("--sort", metavar="ORDER", help="relevance, newest or oldest."),
    ):
        command = option(command)
    return command


@click.command()
@click.argument("query", required=False, default="")
@search_options
@click.option("--size", metavar="N", help="Results a page, 1 to 100.")
@click.option("--cursor", metavar="TEXT", help="Go on where an answer's next_cursor points.")
@click.option("--facets", metavar="BOOLEAN", help="Count sites, categories and years: true or false.")
@as_json
@pass_context
def search(context: Context, /, query: str, as_json: bool, **options: Any) -> None:
    """Search as the web page and the API do; QUERY in their language."""
    from indexer.answer import answer
    from indexer.request import read
    from indexer.search import SearchService

    request = read(_parameters({"q": query, **options}))
    results = SearchService(context.settings).search(request)
    if not as_json:
        click.echo(_readable(results))
        return
    print_json(answer(results))


def _parameters(options: dict[str, Any]) -> dict[str, list[str]]:
    """The options as the parameters of a request."""
    named = {name.rstrip("_"): value for name, value in options.items()}
    return {name: list(value) if isinstance(value, tuple) else [value] for name, value in named.items() if value}


def _readable(results: Any) -> str:
    lines = [f"{results.total} articles, {results.took_ms:.0f} ms"]
    for hit in results.hits:
        article = hit.stored.article
        lines.append(
            f"\n{article.title}\n  {article.published or 'undated'} · {article.site} · {article.url or article.id}"
        )
        lines += [f"  {_plain(passage)}" for passage in hit.passages[:1] or (hit.stored.article.lead or "",) if passage]
        lines += [f"  {attached.title}: {_plain(attached.passages[0])}" for attached in hit.attached]
    return "\n".join(lines + [f"note: {warning}" for warning in results.warnings])


def _plain(passage: str) -> str:
    """A passage for a terminal: the marks as bold type where it is one."""
    import html

    start, end = ("\x1b[1m", "\x1b[0m") if sys.stdout.isatty() else ("", "")
    return html.unescape(passage.replace("<mark>", start).replace("</mark>", end))


@click.command()
@click.option("--format", "form", type=click.Choice(["jsonl", "csv", "ris", "bibtex"]), default="jsonl",
              show_default=True, help="What to write.")  # fmt: skip
@click.option("--q", "query", default="", metavar="QUERY", help="Only what this search finds.")
@search_options
@pass_context
def export(context: Context, /, form: str, query: str, **options: Any) -> None:
    """Write articles to standard output, all or what a search finds."""
    from indexer.export import articles, written
    from indexer.request import read

    narrowing = _parameters({"q": query, **options})
    request = read(narrowing) if narrowing else None
    for text in written(form, articles(context.settings, request)):
        sys.stdout.write(text)


COMMANDS = (crawl, index, search, export)
