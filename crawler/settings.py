"""The settings: name, type, default and one line of help for each, in this one place.

`load` merges, later winning: defaults, the TOML file, `TRATIN_<TABLE>__<KEY>` in the environment, and what the
command line gave. An unknown key or a wrong value is a `ConfigurationError` that names where it came from.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from crawler import revisit
from crawler.errors import ConfigurationError, InputError
from crawler.urls import canonical, host_of, name_of

DEFAULT_FILE = "tratin.toml"
SITE_ID = re.compile(r"[a-z0-9-]+")
USER_AGENT = r"^[A-Za-z0-9_.-]+(/[!-~]+)?( [ -~]*)?$"  # begins with the name that robots.txt calls us by; ASCII only
LONGEST = 86_400.0  # seconds, of a delay or a time-out: a day


def _compiles(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"is not a regular expression: {error}") from None
    return pattern


def _selects(selector: str) -> str:
    import soupsieve  # brings BeautifulSoup with it, which no process needs that only fetches

    try:
        soupsieve.compile(selector)
    except Exception as error:  # soupsieve raises several kinds, all meaning the same here
        raise ValueError(f"is not a CSS selector: {str(error).splitlines()[0]}") from None
    return selector


def _is_proxy(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme != "http" or not parts.hostname:
        raise ValueError("is not the address of an http proxy (as in 'http://proxy.edu.vn:3128')")
    return url


Pattern = Annotated[str, AfterValidator(_compiles)]
Proxy = Annotated[str, AfterValidator(_is_proxy)]
Selector = Annotated[str, AfterValidator(_selects)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class ArchiveSettings(_Table):
    """Where everything is kept."""

    data: str = Field("data", description="the folder of the WARC files, the article store and the index")
    overrides: str = Field(
        "overrides.toml", min_length=1, description="corrections of articles by their id; there need be no such file"
    )


class CrawlerSettings(_Table):
    """How pages are fetched."""

    user_agent: str = Field(
        "tratin/1.0 (+https://example.edu.vn/tratin; thuvien@example.edu.vn)",
        pattern=USER_AGENT,
        description="who we are: put your own page and address here, so that a webmaster can reach you",
    )
    delay: float = Field(
        1.0,
        ge=0,
        le=LONGEST,
        description="seconds between two requests to one host; a longer Crawl-delay in robots.txt wins",
    )
    timeout: float = Field(20.0, gt=0, le=LONGEST, description="seconds, for a whole response")
    max_bytes: int = Field(10_000_000, gt=0, description="of a decoded response; a longer one is dropped")
    max_pages: int = Field(20_000, gt=0, description="pages for each site and run")
    workers: int = Field(8, ge=1, le=64, description="hosts crawled at the same time; one request at a time to each")
    private_networks: bool = Field(
        False, description="true lets a site resolve to loopback or private addresses (an intranet)"
    )
    proxy: Proxy | None = Field(
        None,
        description="an http proxy for all requests; the environment's are never used",
        examples=["http://proxy.edu.vn:3128"],
    )
    max_depth: int = Field(20, ge=1, description="clicks from a start page; further pages of one list count as none")
    max_barren: int = Field(
        50, ge=1, description="new list pages of one shape without news in a row; further ones are a trap"
    )
    attachments: bool = Field(
        True, description="read the PDF and DOCX files that articles link to; needs tratin[attachments]"
    )
    revisit: dict[str, str] = Field(
        {"2d": "6h", "14d": "1d", "90d": "7d", "older": "90d"},
        description="up to which age of an article (h, d, w) it is looked at again how often",
    )

    @field_validator("revisit")
    @classmethod
    def _revisits(cls, table: dict[str, str]) -> dict[str, str]:
        revisit.steps(table)
        return table


class IndexerSettings(_Table):
    """How articles are indexed."""

    engine: Literal["whoosh", "opensearch"] = Field("whoosh", description="the search engine")
    abbreviations: str | None = Field(
        None, description="a list of abbreviations; the built-in one otherwise", examples=["abbreviations.tsv"]
    )


class WebSettings(_Table):
    """How the search page is served."""

    host: str = Field("127.0.0.1", description="the address to listen on; 0.0.0.0 for every one of this machine")
    port: int = Field(8000, ge=1, le=65535, description="the port to listen on")
    title: str = Field("Kho tin tức", min_length=1, description="the name of the archive, at the head of each page")


class Profile(_Table):
    """CSS selectors for the pages that were fetched on or after `valid_from`; what is left out is found generically."""

    valid_from: date = Field(date.min, description="pages fetched on or after this day")
    title: Selector | None = Field(None, description="the headline")
    lead: Selector | None = Field(None, description="the introduction (sapo)")
    body: Selector | None = Field(None, description="the text")
    published: Selector | None = Field(None, description="the date of publication")
    author: Selector | None = Field(None, description="the author")
    category: Selector | None = Field(None, description="the section")
    remove: tuple[Selector, ...] = Field((), strict=False, description="what is no part of the article")


class Site(_Table):
    """One newsroom."""

    id: str = Field("", exclude=True, description="the name of the table")
    name: str = Field(min_length=1, description="the name that people know")
    start: tuple[str, ...] = Field(strict=False, min_length=1, description="the addresses of list pages")
    hosts: tuple[str, ...] = Field(
        (), strict=False, description="nothing else is ever fetched; default: those of start"
    )
    article: Pattern | None = Field(None, description="regular expression, searched in the URL: these are articles")
    follow: Pattern | None = Field(None, description="of the other pages, only these are followed")
    exclude: Pattern | None = Field(None, description="never fetched")
    not_found: Pattern | None = Field(
        None, description="regular expression, searched in a page's text: it says that there is no such page"
    )
    language: str = Field("vi", min_length=2, description="the language of its articles")
    profile: tuple[Profile, ...] = Field((), strict=False, description="selectors, newest first")

    @field_validator("start")
    @classmethod
    def _canonical_start(cls, start: tuple[str, ...]) -> tuple[str, ...]:
        urls = tuple(canonical(url) for url in start)
        for given, url in zip(start, urls, strict=True):
            if url is None:
                raise ValueError(f"holds {given!r}, which is not an http or https address")
        return tuple(url for url in urls if url)

    @field_validator("hosts")
    @classmethod
    def _canonical_hosts(cls, hosts: tuple[str, ...]) -> tuple[str, ...]:
        urls = [canonical(f"https://{host}/") or "" for host in hosts]
        for given, url in zip(hosts, urls, strict=True):
            if url.count("/") != 3 or "/" in given or "@" in given:
                raise ValueError(
                    f"holds {given!r}, which is not a host name (as in {host_of(url or 'x://vui.edu.vn')!r})"
                )
        return tuple(map(host_of, urls))

    @model_validator(mode="after")
    def _start_is_allowed(self) -> Site:
        for url in self.start:
            if host_of(url) not in self.allowed_hosts:
                raise ValueError(f"starts at {url}, but hosts leaves out {host_of(url)!r}, and so it is never fetched")
        return self

    @model_validator(mode="before")
    @classmethod
    def _no_id(cls, table: Any) -> Any:
        if isinstance(table, dict) and "id" in table:
            raise ValueError("has the key 'id'; the table's own name is the id")
        return table

    @cached_property
    def allowed_hosts(self) -> frozenset[str]:
        """The hosts that may be fetched, with the port where it is not the scheme's own.

        A host that is named without a port stands for the ports, too, on which the site starts there.
        """
        starts = map(host_of, self.start)
        return frozenset(self.hosts) | {host for host in starts if not self.hosts or name_of(host) in self.hosts}

    def profile_for(self, fetched: date) -> Profile | None:
        """The newest profile that is valid for a page fetched on that day."""
        valid = [profile for profile in self.profile if profile.valid_from <= fetched]
        return max(valid, key=lambda profile: profile.valid_from, default=None)


class Settings(_Table):
    """The whole of tratin.toml."""

    archive: ArchiveSettings = ArchiveSettings()
    crawler: CrawlerSettings = CrawlerSettings()
    indexer: IndexerSettings = IndexerSettings()
    webapp: WebSettings = WebSettings()
    sites: dict[str, Site] = Field({}, description="one table for each newsroom")
    file: Path = Field(Path(DEFAULT_FILE), exclude=True)

    @property
    def data(self) -> Path:
        """The data folder; a relative one lies beside the file."""
        return self.file.parent / self.archive.data

    @property
    def overrides_file(self) -> Path:
        """What staff correct; a relative one lies beside the file."""
        return self.file.parent / self.archive.overrides

    @property
    def store_file(self) -> Path:
        """The article store."""
        return self.data / "store.sqlite"

    @property
    def lock_file(self) -> Path:
        """The lock of whoever writes the archive, or extracts from it."""
        return self.data / "crawl.lock"

    @property
    def warc_folder(self) -> Path:
        """The page archive."""
        return self.data / "warc"

    def chosen(self, ids: tuple[str, ...]) -> tuple[Site, ...]:
        """The sites of these `ids`, all sites for none. Raises InputError for one that is not configured."""
        for unknown in [site for site in ids if site not in self.sites]:
            near = difflib.get_close_matches(unknown, self.sites, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"{self.file} has: {', '.join(self.sites) or 'no site'}"
            raise InputError(f"no site {unknown!r} is configured; {hint}")
        return tuple(self.sites[site] for site in (ids or self.sites))


@dataclass(frozen=True)
class Override:
    """A value that wins over the file, and where it came from."""

    path: tuple[str, ...]
    value: Any
    source: str


def load(file: Path | None, environment: Mapping[str, str], overrides: tuple[Override, ...] = ()) -> Settings:
    """Read the settings of `file`, else of `tratin.toml` here, else of `$TRATIN_CONFIG`.

    Raises ConfigurationError for a file that is missing, that is not TOML, or that holds a wrong key or value.
    """
    path = find(file, environment)
    tables = read_toml(path)
    sources: dict[tuple[str, ...], str] = {}
    for override in (*_from_environment(environment), *overrides):
        _put(tables, override)
        sources[override.path] = override.source
    for name in tables["sites"] if isinstance(tables.get("sites"), dict) else ():
        if not SITE_ID.fullmatch(name):
            raise ConfigurationError(f"{path}: sites.{name}: a site's id is made of a-z, 0-9 and -, found {name!r}")
    if "file" in tables:
        raise ConfigurationError(f"{path}: file: unknown key (value {tables['file']!r}); {_nearest(('file',))}")
    try:
        settings = Settings.model_validate(tables)
    except ValidationError as error:
        raise ConfigurationError(_explain(error, path, sources)) from None
    sites = {name: site.model_copy(update={"id": name}) for name, site in settings.sites.items()}
    return settings.model_copy(update={"file": path.resolve(), "sites": sites})


def find(file: Path | None, environment: Mapping[str, str]) -> Path:
    """The settings file to use; ConfigurationError where there is none."""
    path = file or Path(DEFAULT_FILE)
    if file is None and not path.exists() and environment.get("TRATIN_CONFIG"):
        path = Path(environment["TRATIN_CONFIG"])
    if not path.is_file():
        raise ConfigurationError(f"no settings file {path}; 'tratin init' writes one, '--config PATH' names another")
    return path


def read_toml(path: Path) -> dict[str, Any]:
    """The tables of a TOML file. Raises ConfigurationError where it is none."""
    try:
        return tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} is not TOML in UTF-8: {error}") from None
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}") from None


def _from_environment(environment: Mapping[str, str]) -> list[Override]:
    """`TRATIN_WEBAPP__PORT=9000` is `port = 9000` in `[webapp]`; a value that is not TOML is taken as text."""
    found = []
    for name, text in sorted(environment.items()):
        if name.startswith("TRATIN_") and "__" in name:
            path = tuple(part.lower() for part in name.removeprefix("TRATIN_").split("__"))
            found.append(Override(path, _value(path, text), f"environment variable {name}"))
    return found


def _value(path: tuple[str, ...], text: str) -> Any:
    if _is_text(_field(path)):
        return text
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _is_text(annotation: Any) -> bool:
    """Whether a setting is text, with rules or without, or nothing."""
    if get_origin(annotation) is Annotated:
        return _is_text(get_args(annotation)[0])
    return annotation is str or (
        get_origin(annotation) in {Union, UnionType} and any(map(_is_text, get_args(annotation)))
    )


def _field(path: tuple[str, ...]) -> Any:
    """The annotation at `path`, None where there is none."""
    model: Any = Settings
    for key in path:
        if get_origin(model) in {dict, tuple}:  # the name of a site, the number of a profile
            model = get_args(model)[0 if get_origin(model) is tuple else 1]
        elif isinstance(model, type) and issubclass(model, BaseModel) and key in model.model_fields:
            model = model.model_fields[key].annotation
        else:
            return None
    return model


def _put(tables: dict[str, Any], override: Override) -> None:
    table = tables
    for key in override.path[:-1]:
        below = table.setdefault(key, {})
        if not isinstance(below, dict):
            raise ConfigurationError(f"{override.source}: {'.'.join(override.path)}: {key} is not a table")
        table = below
    table[override.path[-1]] = override.value


def _explain(error: ValidationError, path: Path, sources: dict[tuple[str, ...], str]) -> str:
    """Turn what pydantic found into lines that name the source, the key path, the value and the nearest known key."""
    lines = []
    for problem in error.errors(include_url=False):
        place = tuple(str(part) for part in problem["loc"])
        source = next((told for key, told in sources.items() if key[: len(place)] == place[: len(key)]), str(path))
        if problem["type"] == "extra_forbidden":
            told = f"unknown key (value {problem['input']!r}); {_nearest(place)}"
        elif problem["type"] == "missing":
            told = "this key is needed and is not there"
        else:
            told = f"{problem['msg'].removeprefix('Value error, ')}, found {problem['input']!r}"
        lines.append(f"{source}: {'.'.join(place)}: {told}")
    return "\n".join(lines)


def _nearest(place: tuple[str, ...]) -> str:
    """The known key that `place` was probably meant to be."""
    model = _field(place[:-1])
    known = [name for name in model.model_fields if name not in {"id", "file"}]
    near = difflib.get_close_matches(place[-1], known, n=1, cutoff=0.5)
    return f"did you mean {near[0]!r}?" if near else f"known here: {', '.join(known)}"
