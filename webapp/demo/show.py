"""The demonstration: the sample newsroom, the real crawler, the real index and the real server, in one command."""

from __future__ import annotations

import socket
import tempfile
from pathlib import Path
from urllib.parse import quote_plus

import click

from crawler.archive import Archive
from crawler.job import Job, run_job
from crawler.settings import Override, load
from crawler.store import Store
from indexer.results import SearchRequest
from indexer.search import SearchService
from indexer.update import update
from webapp.demo.newsroom import SEARCHES, Newsroom, settings_toml
from webapp.server import check_free, serve

PORT = 8000


def show(port: int | None, *, once: bool) -> None:
    """Crawl, index, search, and serve until Ctrl-C; everything is made in a folder that is removed at the end."""
    with tempfile.TemporaryDirectory(prefix="tratin-demo-") as name, Newsroom() as newsroom:
        file = Path(name) / "tratin.toml"
        file.write_text(settings_toml(newsroom), encoding="utf-8")
        chosen = port or _free_port(PORT)
        settings = load(file, {}, (Override(("webapp", "port"), chosen, "--port"),))
        check_free(settings.webapp.host, chosen)
        for site, address in newsroom.sites.items():
            click.echo(f"Sample newsroom: {settings.sites[site].name}: {address}")
        click.echo("Crawling both sites ...")
        store, archive = Store(settings.store_file), Archive(settings.warc_folder, "tratin demo")
        done = run_job(Job(settings, tuple(settings.sites.values())), store, archive)
        archive.close()
        click.echo(done.report.table())
        told = update(settings, store)
        store.close()
        click.echo(f"Indexed {told.info.documents} articles in {told.seconds:.1f} s")
        address = f"http://{settings.webapp.host}:{chosen}/"
        _try_searches(SearchService(settings), address)
        if not once:
            click.echo(f"\nOpen {address} in a browser. Ctrl-C ends the demo.")
            serve(settings, dev=False)


def _try_searches(service: SearchService, address: str) -> None:
    click.echo("\nThree searches to try:")
    for query in SEARCHES:
        results = service.search(SearchRequest(q=query))
        first = results.hits[0].stored.article.title if results.hits else "nothing"
        click.echo(f"  {query}\n    {results.total} articles, the first: {first}\n    {address}?q={quote_plus(query)}")


def _free_port(wanted: int) -> int:
    """The wanted port, or one that is free where another program has it."""
    for port in (wanted, 0):
        with socket.socket() as attempt:
            attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                attempt.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(attempt.getsockname()[1])
    return wanted
