"""The spine of the web application: which parts a Flask application is made of, and what each response carries."""

from __future__ import annotations

from flask import Flask, Response, request

from crawler.settings import Settings
from webapp import api, language, problems, views, wiring

# Everything comes from this host: no inline code, no foreign picture, no frame around a page or in it.
CONTENT_SECURITY_POLICY = "; ".join(
    [
        "default-src 'none'",
        "style-src 'self'",
        "img-src 'self'",
        "script-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
)
SECURITY_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
STATIC_AGE = 86_400  # seconds; the addresses carry the release, so a new one is fetched at once


def assemble(settings: Settings) -> Flask:
    """Make the WSGI application of `settings`; the first search opens index and store."""
    app = Flask("webapp")
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = STATIC_AGE
    wiring.install(app, settings)
    language.install(app)
    app.register_blueprint(views.pages)
    app.register_blueprint(api.api)
    problems.install(app)
    app.after_request(_secure)
    return app


def _secure(response: Response) -> Response:
    for name, value in SECURITY_HEADERS.items():
        response.headers.setdefault(name, value)
    if request.endpoint != "static":
        response.headers.setdefault("Cache-Control", "no-cache")
    return response
