"""The texts of documents that articles link to: a part of the store, with the tables `attachment` and `attached`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from importlib.util import find_spec

from crawler.article import AttachedText, Attachment
from crawler.database import Database

MEDIA_TYPES = frozenset({"application/pdf", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"})


def are_read() -> bool:
    """Whether the extra is installed that reads them (`document_text`)."""
    return find_spec("pypdf") is not None


class Attachments:
    """The attachments in `database`."""

    def __init__(self, database: Database) -> None:
        """Use the tables."""
        self._database = database

    def link(self, article: str, attachments: Iterable[Attachment]) -> None:
        """Note what an article links to now."""
        told = list(attachments)
        with self._database.transaction():
            self._database.execute(
                "DELETE FROM attached WHERE article = ? AND origin NOT IN (SELECT value FROM json_each(?))",
                (article, json.dumps([attachment.url for attachment in told])),
            )
            for attachment in told:
                self._database.execute(
                    "INSERT INTO attached (article, origin, url, title) VALUES (?1, ?2, ?2, ?3)"
                    " ON CONFLICT DO UPDATE SET title = ?3",
                    (article, attachment.url, attachment.title),
                )

    def moved(self, url: str, target: str) -> None:
        """Note that a document is to be found at another address."""
        with self._database.transaction():
            if self._database.execute("UPDATE attached SET url = ? WHERE url = ?", (target, url)).rowcount:
                self._tell(target)

    def put(self, url: str, text: str, record: int) -> None:
        """Keep the text of a document; the indexer hears of the articles that link to it where it is another one."""
        with self._database.transaction():
            known = self._database.one("SELECT text FROM attachment WHERE url = ?", (url,))
            self._database.execute("INSERT OR REPLACE INTO attachment VALUES (?, ?, ?)", (url, text, record))
            if known is None or known["text"] != text:
                self._tell(url)

    def _tell(self, url: str) -> None:
        for row in self._database.rows("SELECT article FROM attached WHERE url = ?", (url,)):
            self._database.execute(
                "UPDATE article SET sequence = (SELECT max(sequence) + 1 FROM article) WHERE id = ?", (row["article"],)
            )

    def texts(self, articles: Sequence[str]) -> Mapping[str, tuple[AttachedText, ...]]:
        """The texts that are there of what these articles link to."""
        found: dict[str, tuple[AttachedText, ...]] = {}
        for row in self._database.rows(
            "SELECT d.article, d.origin, d.title, a.text FROM attached d JOIN attachment a ON a.url = d.url"
            " WHERE d.article IN (SELECT value FROM json_each(?)) ORDER BY d.rowid",
            (json.dumps(articles),),
        ):
            told = AttachedText(row["origin"], row["title"], row["text"])
            found[row["article"]] = (*found.get(row["article"], ()), told)
        return found
