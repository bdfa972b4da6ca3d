"""What of an article goes into the index: the terms of its texts, in two fields each, and columns.

`exact` and `folded` hold title, lead, body and the texts of attachments one after the other, at positions far enough
apart that no phrase runs from one into the next; the `title_` fields hold the title again, for its weight and for
`title:`. Values are ready postings, made in one pass over the tokens, without Whoosh's analysers and Token objects.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from whoosh import columns, fields
from whoosh.formats import Format

from crawler.article import VIETNAM, StoredArticle
from indexer.vietnamese import Token, tokenize

GAP = 100  # positions between title, lead, body and attachments; more than any phrase has words
NO_DAY = 0  # in the column of days, which holds proleptic ordinals
NO_INSTANT = -(2**62)  # in the column of instants, which holds seconds of the Unix epoch: unknown sorts as oldest

Postings = Mapping[str, list[int]]  # a term's positions, ascending


class Terms(fields.FieldType):  # type: ignore[misc]
    """A field whose value is `Postings`. Whoosh keeps no lengths for it: the columns have them, exactly."""

    def __init__(self) -> None:
        """Index terms with encoded positions, of any number of bytes."""
        super().__init__(Format(), None)

    def index(self, value: Postings, **_: Any) -> Iterator[tuple[bytes, int, float, bytes]]:
        """Give what Whoosh writes for each term: the term, its frequency, its weight and its encoded positions."""
        for term, positions in value.items():
            yield term.encode(), len(positions), float(len(positions)), encoded(positions)


def make_schema() -> fields.Schema:
    """The fields of the index."""
    return fields.Schema(
        id=fields.ID(unique=True, sortable=True),
        exact=Terms(),
        folded=Terms(),
        title_exact=Terms(),
        title_folded=Terms(),
        author=Terms(),
        category=Terms(),
        site=fields.COLUMN(columns.RefBytesColumn()),
        category_name=fields.COLUMN(columns.RefBytesColumn()),
        day=fields.COLUMN(columns.NumericColumn("i", default=NO_DAY)),
        instant=fields.COLUMN(columns.NumericColumn("q", default=NO_INSTANT)),
        length=fields.COLUMN(columns.NumericColumn("i")),
        title_length=fields.COLUMN(columns.NumericColumn("i")),
    )


def document(stored: StoredArticle) -> dict[str, Any]:
    """The fields of one article."""
    article = stored.article
    title, lead, body = tokenize(article.title), tokenize(article.lead or ""), tokenize(article.body)
    attached = [tokenize(attachment.text) for attachment in stored.attached]
    exact, folded = _postings(title, lead, body, *attached)
    title_exact, title_folded = _postings(title)
    day = article.day
    return {
        "id": article.id,
        "exact": exact,
        "folded": folded,
        "title_exact": title_exact,
        "title_folded": title_folded,
        "author": _postings(tokenize(article.author or ""))[1],
        "category": _postings(tokenize(article.category or ""))[1],
        "site": article.site.encode(),
        "category_name": (article.category or "").encode(),
        "day": day.toordinal() if day else NO_DAY,
        "instant": instant(article.published),
        "length": sum(map(len, (title, lead, body, *attached))),
        "title_length": len(title),
    }


def encoded(positions: list[int]) -> bytes:
    """Positions as four bytes each, in the order of every machine that tratin runs on, little-endian."""
    return array("I", positions).tobytes()


def decoded(value: bytes) -> array[int]:
    """The positions in `value`."""
    return array("I", value)


def instant(published: str | None) -> int:
    """The seconds since 1970 of an article's `published`; of a plain day, its beginning in Vietnam."""
    if published is None:
        return NO_INSTANT
    moment = datetime.fromisoformat(published)
    return int((moment if moment.tzinfo else moment.replace(tzinfo=VIETNAM)).timestamp())


def _postings(*texts: list[Token]) -> tuple[Postings, Postings]:
    """The exact and the folded postings of texts that stand one after the other."""
    exact: defaultdict[str, list[int]] = defaultdict(list)
    folded: defaultdict[str, list[int]] = defaultdict(list)
    base = 0
    for tokens in texts:
        for token in tokens:
            exact[token.exact].append(base + token.position)
            folded[token.folded].append(base + token.position)
        base += (tokens[-1].position if tokens else 0) + GAP
    return exact, folded
