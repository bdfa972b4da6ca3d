"""The command `tratin`: gathers the commands of the three packages, and turns errors into one sentence and a code."""

from __future__ import annotations

import os
import sys
from importlib.metadata import version
from pathlib import Path

import click

from crawler.cli import COMMANDS as CRAWLER_COMMANDS
from crawler.cli import Context, pass_context
from crawler.errors import TratinError
from crawler.extract_cli import COMMANDS as EXTRACT_COMMANDS
from crawler.logs import Form, set_up
from crawler.site_cli import COMMANDS as SITE_COMMANDS
from indexer.cli import COMMANDS as INDEXER_COMMANDS


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option("--config", "file", type=click.Path(path_type=Path), metavar="PATH",
              help="The settings file; default: tratin.toml here, else $TRATIN_CONFIG.")  # fmt: skip
@click.option("-v", "--verbose", is_flag=True, help="Log each step to standard error.")
@click.option("--log-format", type=click.Choice(["text", "json"]), default="text", show_default=True,
              help="Log as lines of text, or as one JSON object a line.")  # fmt: skip
@click.version_option(version("tratin"), message="tratin %(version)s")
@click.pass_context
def tratin(click_context: click.Context, file: Path | None, verbose: bool, log_format: Form) -> None:
    """Crawl, archive, index and search the news of Vietnamese universities."""
    set_up(log_format, verbose=verbose)
    click_context.obj = Context(file)


@tratin.command()
@click.option("--host", metavar="HOST", help="The address to listen on; default: webapp.host.")
@click.option("--port", type=int, metavar="PORT", help="The port to listen on; default: webapp.port.")
@click.option("--dev", is_flag=True, help="Use Flask's own server, with its debugger.")
@pass_context
def serve(context: Context, host: str | None, port: int | None, dev: bool) -> None:
    """Serve the search page and the API."""
    from webapp import server

    context.override("webapp.host", host)
    context.override("webapp.port", port)
    server.serve(context.settings, dev=dev)


@tratin.command()
@click.option("--port", type=click.IntRange(1, 65535), metavar="PORT",
              help="The port of the search page; default: 8000, or a free one where that is taken.")  # fmt: skip
@click.option("--once", is_flag=True, help="Crawl, index, search once and end, without serving.")
def demo(port: int | None, once: bool) -> None:
    """Crawl the bundled sample newsroom over real HTTP on loopback, index it and serve the search."""
    from webapp.demo.show import show

    show(port, once=once)


for command in (*CRAWLER_COMMANDS, *SITE_COMMANDS, *EXTRACT_COMMANDS, *INDEXER_COMMANDS):
    tratin.add_command(command)


def main() -> None:
    """Run the command line; every error of our own is one sentence and its exit code."""
    try:
        tratin.main(prog_name="tratin", standalone_mode=False)
    except click.exceptions.Exit as end:
        sys.exit(end.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except TratinError as error:
        click.echo(f"tratin: {error}", err=True)
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("tratin: stopped by SIGINT", err=True)
        sys.exit(130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the reader has what it wanted
        sys.exit(0)
