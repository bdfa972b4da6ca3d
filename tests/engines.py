"""What the contract suite of the engines shares: the engines that must pass it, and short ways to feed and ask one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from conftest import NOW, made

from crawler.article import Status, StoredArticle
from indexer.engine import Engine, Filters, Matches, Order, Reader
from indexer.query import parse
from indexer.whoosh_engine.engine import WhooshEngine

ENGINES: list[Callable[[Path], Engine]] = [WhooshEngine]


def stored(name: str, status: Status = "live", **told: Any) -> StoredArticle:
    """An article as the store gives it, with `name` for its id; what `told` does not tell is empty."""
    article = made(name, **({"id": name, "site": "tin", "title": "", "body": ""} | told))
    return StoredArticle(
        article=article,
        status=status,
        first_seen=NOW,
        last_seen=NOW,
        changed=NOW,
        versions=1,
        content_hash=article.content_hash,
        sequence=1,
        archived=False,
    )


def reader_of(engine: Engine) -> Reader:
    """The live generation, which must be there."""
    reader = engine.reader()
    assert reader is not None
    return reader


def indexed(engine: Engine, *articles: StoredArticle) -> Reader:
    """A reader of a new generation that holds these articles alone."""
    engine.rebuild(articles, len(articles))
    return reader_of(engine)


def ask(reader: Reader, query: str, order: Order | None = None, **filters: Any) -> Matches:
    """The answer to a typed query; the first hundred where `order` does not say otherwise."""
    return reader.search(parse(query).node, Filters(**filters), order or Order(size=100), facets=True)


def ids(matches: Matches) -> list[str]:
    """The ids of an answer, best first."""
    return [match.id for match in matches.matches]


def found(reader: Reader, query: str, **filters: Any) -> list[str]:
    """What a query finds, best first; all of it, and the total says so."""
    matches = ask(reader, query, **filters)
    assert matches.total == len(matches.matches)
    return ids(matches)
