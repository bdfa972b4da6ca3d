"""Write articles for other programs: JSON Lines, CSV, RIS and BibTeX; one at a time, so that any number passes.

RIS as in the specification of Research Information Systems (type NEWS, UTF-8, CRLF); BibTeX with its special
characters escaped, text in UTF-8 as biber reads it.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator

from crawler.article import StoredArticle
from crawler.settings import Settings
from crawler.store import Store
from indexer.results import SearchRequest
from indexer.search import SearchService

FORMATS = ("jsonl", "csv", "ris", "bibtex")
COLUMNS = (
    "id", "url", "site", "title", "lead", "body", "published", "published_precision", "published_source", "author",
    "category", "tags", "images", "attachments", "language", "first_seen", "last_seen", "changed", "status", "versions",
    "content_hash",
)  # fmt: skip
BIBTEX_SPECIAL = re.compile(r"[\\{}%&#_$~^]")
BIBTEX_ESCAPES = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}


def articles(settings: Settings, request: SearchRequest | None) -> Iterator[StoredArticle]:
    """What a search finds, in its order; every article of the store in the order of their last change without one."""
    if request is None:
        store = Store(settings.store_file)
        try:
            yield from store.changes(0)
        finally:
            store.close()
        return
    yield from SearchService(settings).found(request)


def written(form: str, articles: Iterable[StoredArticle]) -> Iterator[str]:
    """The text of an export, piece by piece."""
    if form == "csv":
        yield "\ufeff" + _row(COLUMNS)  # Excel takes a file without it for the local code page
    write = dict(zip(FORMATS, (_jsonl, _csv, _ris, _bibtex), strict=True))[form]
    for article in articles:
        yield write(article)


def _jsonl(stored: StoredArticle) -> str:
    return json.dumps(stored.document(), ensure_ascii=False) + "\n"


def _csv(stored: StoredArticle) -> str:
    told = stored.document()
    lists = {"images", "attachments"}
    cells = {name: json.dumps(value, ensure_ascii=False) if name in lists else value for name, value in told.items()}
    cells["tags"] = "; ".join(told["tags"])
    return _row([cells[name] for name in COLUMNS])


def _row(cells: Iterable[object]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue()


def _ris(stored: StoredArticle) -> str:
    article = stored.article
    day = article.day
    pairs = [
        ("TY", "NEWS"), ("ID", article.id), ("TI", article.title), ("AU", article.author), ("T2", article.site),
        ("PY", str(day.year) if day else None), ("DA", f"{day:%Y/%m/%d}" if day else None), ("AB", article.lead),
        *(("KW", tag) for tag in article.tags), ("LA", article.language), ("UR", article.url), ("ER", ""),
    ]  # fmt: skip
    lines = (f"{tag}  - {' '.join(value.split())}" for tag, value in pairs if value is not None)
    return "\r\n".join(lines) + "\r\n\r\n"


def _bibtex(stored: StoredArticle) -> str:
    article = stored.article
    pairs = [
        ("title", f"{{{_escaped(article.title)}}}"), ("author", article.author and f"{{{_escaped(article.author)}}}"),
        ("organization", _escaped(article.site)), ("date", article.day and article.day.isoformat()),
        ("url", article.url), ("langid", "vietnamese" if article.language == "vi" else None),
    ]  # fmt: skip
    fields = "".join(f"  {name} = {{{value}}},\n" for name, value in pairs if value)
    key = re.sub(r"[^A-Za-z0-9:._-]", "-", article.id)
    return f"@online{{{key},\n{fields}}}\n\n"


def _escaped(text: str) -> str:
    return BIBTEX_SPECIAL.sub(lambda found: BIBTEX_ESCAPES.get(found[0], f"\\{found[0]}"), " ".join(text.split()))
