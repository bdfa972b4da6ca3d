"""The web application: pages for people, JSON for programs, over the one search service.

The highest of the three packages. A view parses the request, asks the service and renders; `application` is the spine.
Every command comes through this package, and most serve nothing: so Flask is imported when an application is made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from crawler.settings import Settings


def create_app(settings: Settings) -> Flask:
    """Make the WSGI application of `settings`; the first search opens index and store."""
    from webapp.application import assemble

    return assemble(settings)
