"""Choose the language of a page, and write days, instants and numbers in it.

Vietnamese is the language of the message ids, so it needs no catalog; English has one in `translations/`. After a
change of a text, edit `translations/en/LC_MESSAGES/messages.po` and run `make translations`.
"""

from __future__ import annotations

from datetime import date, datetime

import flask_babel  # type: ignore[import-untyped]
from babel.dates import format_date as babel_date
from babel.numbers import format_decimal
from flask import Flask, Response, request

from crawler.article import VIETNAM, Article, local_day

LANGUAGES = {"vi": "Tiếng Việt", "en": "English"}
DEFAULT = "vi"
PARAMETER = "lang"  # of the address, and the name of the cookie that remembers it
YEAR = 365 * 86_400
LONG_DAY = {"vi": "EEEE, d/M/y", "en": "EEEE, d MMMM y"}
SHORT_DAY = {"vi": "d/M/y", "en": "d MMM y"}


def install(app: Flask) -> None:
    """Translate the pages of `app`, and give its templates the formats."""
    flask_babel.Babel(
        app, default_locale=DEFAULT, default_translation_directories="translations", locale_selector=_choose
    )
    app.after_request(_remember)
    app.jinja_env.filters.update(long_day=long_day, published=published, stored_day=stored_day, number=number)
    app.jinja_env.globals.update(language=language, languages=LANGUAGES)


def language() -> str:
    """The language of the present page: vi or en."""
    locale = flask_babel.get_locale()
    return str(locale.language) if locale and locale.language in LANGUAGES else DEFAULT


def gettext(text: str, **values: object) -> str:
    """The Vietnamese `text` in the language of the present page, with `values` put in."""
    return str(flask_babel.gettext(text, **values))


def long_day(day: date) -> str:
    """`Thứ Sáu, 8/1/2021`, or `Friday, 8 January 2021`."""
    return babel_date(day, LONG_DAY[language()], locale=language())


def short_day(day: date) -> str:
    """`8/1/2021`, or `8 Jan 2021`."""
    return babel_date(day, SHORT_DAY[language()], locale=language())


def published(article: Article) -> str:
    """When an article was published, with the time of day in Vietnam where it is known; empty where nothing is."""
    if article.day is None or article.published is None:
        return ""
    written = long_day(article.day)
    if article.published_precision != "time":
        return written
    return f"{written}, {datetime.fromisoformat(article.published).astimezone(VIETNAM):%H:%M}"


def stored_day(instant: str) -> str:
    """The day in Vietnam of an ISO 8601 `instant`."""
    day = local_day(instant)
    return long_day(day) if day else ""


def number(value: float) -> str:
    """`3.289` in Vietnamese, `3,289` in English."""
    return str(format_decimal(value, locale=language()))


def _choose() -> str:
    """The language of the address, else of the cookie, else the best that the browser asks for."""
    for chosen in (request.args.get(PARAMETER), request.cookies.get(PARAMETER)):
        if chosen in LANGUAGES:
            return chosen
    asked = (tag.partition("-")[0].lower() for tag, quality in request.accept_languages if quality > 0)
    return next((tag for tag in asked if tag in LANGUAGES), DEFAULT)


def _remember(response: Response) -> Response:
    """Keep the language that the address chose, and tell caches what a page depends on."""
    if response.mimetype != "text/html":
        return response
    response.vary.update(["Accept-Language", "Cookie"])
    response.headers["Content-Language"] = language()
    chosen = request.args.get(PARAMETER)
    if chosen in LANGUAGES:
        response.set_cookie(PARAMETER, chosen, max_age=YEAR, samesite="Lax", httponly=True, secure=request.is_secure)
    return response
