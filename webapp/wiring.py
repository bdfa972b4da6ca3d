"""What the views of one application share: its settings and the one search service. No logic."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Flask, current_app

from crawler.settings import Settings
from indexer.search import SearchService


@dataclass(frozen=True, slots=True)
class Wiring:
    """The parts that an application is made of."""

    settings: Settings
    service: SearchService


def install(app: Flask, settings: Settings) -> None:
    """Give `app` its parts; nothing is opened yet."""
    app.extensions["tratin"] = Wiring(settings, SearchService(settings))


def wiring() -> Wiring:
    """The parts of the application that answers the present request."""
    parts: Wiring = current_app.extensions["tratin"]
    return parts


def service() -> SearchService:
    """The search service of the application that answers the present request."""
    return wiring().service
