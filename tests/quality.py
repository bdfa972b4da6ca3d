"""How well articles are extracted: token F1, and the figures of a corpus beside those of trafilatura in the same run.

    python tests/quality.py          # prints the table
    python tests/quality.py --pin    # writes tests/quality_floors.json; lowering takes TRATIN_LOWER_FLOORS=1 as well

The corpora are the real pages of `../shared`; their gold is a manifest with a lead (`abstract`) and a body. Three means
of token F1 are taken: `text`, lead and body together against the two together, because where a lead ends is a
newsroom's taste; `body` alone against the body; and, since this gold has captions in the body and the contract keeps
them with their images, `words`, which is `text` with the captions. A general library knows neither lead nor captions:
all that it says counts as body.
`test_quality.py` holds the floors; `test_golden.py` compares our own pages field by field.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from importlib import import_module, metadata
from importlib.util import find_spec
from pathlib import Path
from statistics import fmean
from typing import Any
from unicodedata import normalize
from urllib.parse import urlsplit

import click

from crawler.article import VIETNAM, Article, Page
from crawler.extract import extract, parse
from crawler.extract.markup import clean
from crawler.settings import Site
from crawler.table import aligned

PAGES = Path(__file__).parents[2] / "shared/data/html"
PINNED = Path(__file__).with_name("quality_floors.json")
CORPORA = ("hus", "hus-malformed")
LOWER = "TRATIN_LOWER_FLOORS"
FETCHED = datetime(2026, 11, 1, tzinfo=VIETNAM)
MISSING = "trafilatura is not installed (pip install trafilatura lxml_html_clean): nothing to compare with"
HEADERS = {"content-type": "text/html"}


@dataclass(frozen=True, slots=True)
class Told:
    """What a program says of a page."""

    title: str
    published: str
    body: str
    lead: str = ""
    captions: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """Lead and body."""
        return f"{self.lead}\n{self.body}"

    @property
    def words(self) -> str:
        """Lead, body and captions."""
        return "\n".join((self.text, *self.captions))


NOTHING = Told("", "", "")


@dataclass(frozen=True, slots=True)
class Figures:
    """How well a corpus was read: right titles and dates, and the means of token F1."""

    pages: int
    titles: int
    dates: int
    text: float
    body: float
    words: float

    def cells(self) -> tuple[str, ...]:
        """The columns of the table."""
        means = (f"{mean:.3f}" for mean in (self.text, self.body, self.words))
        return f"{self.titles}/{self.pages}", f"{self.dates}/{self.pages}", *means


@dataclass(frozen=True, slots=True)
class Floor:
    """What a corpus must reach, and the digest of the files that it was measured on."""

    digest: str
    titles: int
    dates: int
    text: float
    body: float
    words: float


def tokens(text: str) -> Counter[str]:
    """Count the words of `text` in NFC and lower case."""
    return Counter(re.findall(r"\w+", normalize("NFC", text).lower()))


def token_f1(found: str, wanted: str) -> float:
    """Compare the words as multisets: 2 |A∩B| / (|A| + |B|); two empty texts are equal."""
    one, other = tokens(found), tokens(wanted)
    total = one.total() + other.total()
    return 2 * (one & other).total() / total if total else 1.0


def read(body: bytes, url: str, fetched: datetime, name: str) -> Article | None:
    """Extract the article of a page of the site called `name`, without a profile."""
    home = f"{urlsplit(url).scheme}://{urlsplit(url).netloc}/"
    site = Site(name=name, start=(home,)).model_copy(update={"id": "golden"})
    page = Page(url, fetched, 200, HEADERS, body)
    return extract(parse(page), page, site).article


def manifest() -> dict[str, dict[str, Any]]:
    """The gold of the real pages by file name."""
    return {story["file"]: story for story in json.loads((PAGES / "hus/manifest.json").read_text(encoding="utf-8"))}


def digest(corpus: str) -> str:
    """BLAKE2b over the names and bytes of the corpus's files in order, and the gold."""
    seal = hashlib.blake2b(digest_size=16)
    for file in (PAGES / "hus/manifest.json", *sorted((PAGES / corpus).glob("*.html"))):
        body = file.read_bytes()
        seal.update(f"{file.name} {len(body)}\n".encode() + body)
    return seal.hexdigest()


def ours(body: bytes, url: str) -> Told:
    """What the extraction says of a page."""
    article = read(body, url, FETCHED, "Trường Đại học Khoa học Tự nhiên")
    if article is None:
        return NOTHING
    captions = tuple(image.caption for image in article.images if image.caption)
    return Told(article.title, (article.published or "")[:16], article.body, article.lead or "", captions)


def trafilaturas(body: bytes, url: str) -> Told:
    """What trafilatura says of a page."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its dependencies', not ours to answer for
        found = import_module("trafilatura").bare_extraction(body, url=url, with_metadata=True)
    if found is None:
        return NOTHING
    return Told(found.title or "", (found.date or "")[:10], found.text or "")


READERS = {"tratin": ours, "trafilatura": trafilaturas}
GRAIN = {"tratin": 16, "trafilatura": 10}  # characters of a date: the library tells the day, we the minute


def whole(story: dict[str, Any]) -> str:
    """Lead and body of the gold."""
    return f"{story['abstract']}\n{story['body']}"


def measure(corpus: str, reader: str) -> Figures:
    """Read all pages of a corpus and compare with the gold."""
    gold, told = manifest(), READERS[reader]
    files = sorted((PAGES / corpus).glob("*.html"))
    pairs = [(told(file.read_bytes(), gold[file.name]["url"]), gold[file.name]) for file in files]
    return Figures(
        pages=len(files),
        titles=sum(clean(one.title) == clean(want["title"]) for one, want in pairs),
        dates=sum(one.published == want["date"].replace(" ", "T")[: GRAIN[reader]] for one, want in pairs),
        text=fmean(token_f1(one.text, whole(want)) for one, want in pairs),
        body=fmean(token_f1(one.body, want["body"]) for one, want in pairs),
        words=fmean(token_f1(one.words, whole(want)) for one, want in pairs),
    )


def floors() -> dict[str, Floor]:
    """The floors that are pinned, by corpus."""
    return {name: Floor(**floor) for name, floor in json.loads(PINNED.read_text(encoding="utf-8")).items()}


def complaints(floor: Floor, found: Figures, seal: str, corpus: str) -> Iterator[str]:
    """Say where a corpus is not the one that was pinned, or is read worse than pinned."""
    command = f"{LOWER}=1 python tests/quality.py --pin"
    if seal != floor.digest:
        yield f"the files of {corpus!r} are not those that the floors were pinned on (digest {seal}, pinned " + (
            f"{floor.digest}): restore them, or pin the floors on the new ones with '{command}'"
        )
    for field in ("titles", "dates", "text", "body", "words"):
        reached, least = getattr(found, field), getattr(floor, field)
        if reached < least:
            yield f"{corpus!r} is read worse than it was: {field} {reached:.4g}, the floor is {least:.4g}; " + (
                f"mend it, or lower the floor, with the reason in the commit, by '{command}'"
            )


def pinned(found: Figures, seal: str) -> Floor:
    """The floor that figures make: F1 is cut to three places."""
    means = (int(mean * 1000) / 1000 for mean in (found.text, found.body, found.words))
    return Floor(seal, found.titles, found.dates, *means)


def pin(found: dict[str, Figures], *, lower: bool) -> list[str]:
    """Write the floors anew and return nothing; or say what would be lowered, and leave them."""
    seals = {corpus: digest(corpus) for corpus in found}
    old = floors() if PINNED.exists() else {}
    objections = [said for name, floor in old.items() for said in complaints(floor, found[name], seals[name], name)]
    if objections and not lower:
        return objections
    new = {name: asdict(pinned(figures, seals[name])) for name, figures in found.items()}
    PINNED.write_text(json.dumps(new, indent=1) + "\n", encoding="utf-8")
    return []


def has_peer() -> bool:
    """Whether trafilatura can be run: version 2.3.1 fails without lxml_html_clean, which it does not ask for."""
    return bool(find_spec("trafilatura") and find_spec("lxml_html_clean"))


def table(found: dict[tuple[str, str], Figures]) -> list[str]:
    """Lay out the figures, a line for each corpus and program."""
    rows: list[Sequence[str]] = [("corpus", "read by", "titles", "dates", "text F1", "body F1", "words F1")]
    rows += [(corpus, reader, *figures.cells()) for (corpus, reader), figures in found.items()]
    return aligned(rows, left=frozenset({0, 1}))


def main() -> None:
    """Print the table; pin the floors if asked to."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--pin", action="store_true", help="write the floors that are measured now")
    chosen = options.parse_args()
    readers = [reader for reader in READERS if reader == "tratin" or has_peer()]
    found = {(corpus, reader): measure(corpus, reader) for corpus in CORPORA for reader in readers}
    click.echo("\n".join(table(found)))
    click.echo(f"trafilatura {metadata.version('trafilatura')}" if has_peer() else MISSING)
    if chosen.pin:
        own = {corpus: found[corpus, "tratin"] for corpus in CORPORA}
        if objections := pin(own, lower=os.environ.get(LOWER) == "1"):
            raise SystemExit("\n".join(objections))


if __name__ == "__main__":
    main()
