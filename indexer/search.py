"""The spine of reading: ask the engine, fetch the words from the store, mark them, label the facets."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from crawler.archive import Archive
from crawler.article import Article, Page, StoredArticle
from crawler.errors import DamagedError, TratinError
from crawler.settings import Settings
from crawler.store import BATCH, Store
from indexer.engine import FACETS, Filters, IndexInfo, Match, Matches, Order, Reader, open_engine
from indexer.highlight import Wanted, coverage, mark, passages, wanted
from indexer.query import Node, parse, render
from indexer.results import AttachedPassages, FacetValue, Hit, Results, SearchRequest

READERS_KEPT = 3  # the live generation and two that programs page through; a reader holds some 20 MB of columns


class GenerationGoneError(TratinError):
    """A search was to go on in a generation of the index that is no longer kept."""


class SearchService:
    """Answers searches over one data folder; threads may share it, and it follows new generations by itself.

    Its methods raise DamagedError when index or store cannot be read.
    """

    def __init__(self, settings: Settings) -> None:
        """Open nothing yet: the first search does."""
        self._settings = settings
        self._engine = open_engine(settings)
        self._opened: Store | None = None
        self._readers: OrderedDict[int, Reader] = OrderedDict()
        self._lock = threading.Lock()

    def search(self, request: SearchRequest) -> Results:
        """Answer `request`. Raises GenerationGoneError where its generation is no longer kept."""
        started = time.perf_counter()
        parsed = parse(request.q)
        reader = self._reader(request.generation)
        matches = _ask(reader, parsed.node, request)
        hits = self._hits(matches, parsed.node)
        return Results(
            request=request,
            parsed=render(parsed.node),
            total=matches.total,
            hits=hits,
            index=reader.info if reader else self._engine.live(),
            facets=self._facets(matches, request) if request.facets else {},
            warnings=parsed.warnings,
            took_ms=(time.perf_counter() - started) * 1000,
        )

    def found(self, request: SearchRequest) -> Iterator[StoredArticle]:
        """All that `request` finds, in its order, whatever its size; a few articles at a time are in memory."""
        reader = self._reader(request.generation)
        everything = replace(request, offset=0, size=reader.info.documents if reader else 0, facets=False)
        matches = _ask(reader, parse(request.q).node, everything).matches
        for start in range(0, len(matches), BATCH):
            batch = matches[start : start + BATCH]
            stored = self._stored(batch)
            yield from (stored[match.id] for match in batch)

    def article(self, article_id: str) -> StoredArticle | None:
        """The article of that id, None where there is none."""
        return self._store().get(article_id)

    def archived(self, article_id: str) -> Page | None:
        """The archived page that the article was extracted from; None where it came without one."""
        location = self._store().location_of(article_id)
        return Archive(self._settings.warc_folder, "").read(location) if location else None

    def info(self) -> IndexInfo:
        """The newest generation of the index."""
        return self._engine.live()

    def site_name(self, site: str) -> str:
        """The name of a site that people know; its id where it is not configured."""
        return self._settings.sites[site].name if site in self._settings.sites else site

    def _store(self) -> Store:
        with self._lock:
            if self._opened is None:
                self._opened = Store(self._settings.store_file)
            return self._opened

    def _reader(self, generation: int | None) -> Reader | None:
        """The reader of a generation, kept open from search to search; opening one does not stop the others."""
        number = self._engine.live().generation if generation is None else generation
        with self._lock:
            if number in self._readers:
                self._readers.move_to_end(number)
                return self._readers[number]
        try:
            reader = self._engine.reader(generation)
        except LookupError as error:
            raise GenerationGoneError(f"{error}; begin again without a cursor") from None
        if reader is not None:
            with self._lock:
                self._readers[reader.info.generation] = reader
                while len(self._readers) > READERS_KEPT:
                    self._readers.popitem(last=False)
        return reader

    def _hits(self, matches: Matches, query: Node) -> tuple[Hit, ...]:
        stored = self._stored(matches.matches)
        in_title, in_body = wanted(query, "title"), wanted(query)
        return tuple(
            _hit(stored[match.id], match.score, in_title, in_body) for match in matches.matches if match.id in stored
        )

    def _stored(self, matches: Sequence[Match]) -> dict[str, StoredArticle]:
        """The articles that matched, by id; those that were withdrawn since they were indexed are left out."""
        stored = self._store().get_many([match.id for match in matches])
        missing = [match.id for match in matches if match.id not in stored]
        if missing and (lost := set(missing) - self._store().withdrawn(missing)):
            found = f"article {min(lost)} is in the index and not in the store"
            raise DamagedError(self._store().path, found, "restore the store, or run 'tratin index --rebuild'")
        return stored

    def _facets(self, matches: Matches, request: SearchRequest) -> dict[str, tuple[FacetValue, ...]]:
        chosen = {"site": request.sites, "category": request.categories, "year": _years(request)}
        return {name: self._values(name, matches.facets.get(name, {}), chosen[name]) for name in FACETS}

    def _values(self, name: str, counts: Mapping[str, int], chosen: tuple[str, ...]) -> tuple[FacetValue, ...]:
        """The values of a facet, most frequent first, years newest first; what is chosen stays even at none."""
        counts = dict.fromkeys(chosen, 0) | dict(counts)
        values = sorted(counts, reverse=True) if name == "year" else sorted(counts, key=lambda v: (-counts[v], v))
        label = self.site_name if name == "site" else str
        return tuple(FacetValue(value, label(value), counts[value], value in chosen) for value in values)


def _ask(reader: Reader | None, query: Node, request: SearchRequest) -> Matches:
    """What the engine finds; nothing before there is an index."""
    if reader is None:
        return Matches(0, ())
    filters = Filters(request.sites, request.categories, request.author, request.first_day, request.last_day)
    order = Order(request.sort, request.offset, request.size)
    return reader.search(query, filters, order, facets=request.facets)


def _hit(stored: StoredArticle, score: float, in_title: Wanted, in_body: Wanted) -> Hit:
    article = stored.article
    attached = tuple(_attached(stored, in_body)) if stored.attached else ()
    return Hit(stored, score, mark(article.title, in_title), tuple(passages(_text(article), in_body)), attached)


def _attached(stored: StoredArticle, in_body: Wanted) -> Iterator[AttachedPassages]:
    """The first attachment with more of what was looked for than the article itself."""
    own = coverage(f"{stored.article.title}\n{_text(stored.article)}", in_body)
    if own == len(in_body.runs) + len(in_body.prefixes):
        return
    for attachment in stored.attached:
        if coverage(attachment.text, in_body) > own:
            told = tuple(passages(attachment.text, in_body))
            yield AttachedPassages(attachment.url, attachment.title or attachment.url, told)
            return


def _text(article: Article) -> str:
    """Lead and body; many a newsroom begins the body with the lead, which is then there once."""
    lead = article.lead or ""
    return article.body if article.body.startswith(lead) else f"{lead}\n{article.body}"


def _years(request: SearchRequest) -> tuple[str, ...]:
    """The year that the days of a request are exactly, if they are one."""
    first, last = request.first_day, request.last_day
    if first and last and first.year == last.year and (first.month, first.day, last.month, last.day) == (1, 1, 12, 31):
        return (str(first.year),)
    return ()
