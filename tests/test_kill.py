"""A crawl that is killed 50 times, whose archive is torn, whose disk is full: what is left equals an undisturbed run.

The newsroom has three hosts. Both data folders begin with the same first run; then the newsroom has news, edits and
removals, and one folder takes them in undisturbed (the reference), the others under attack.
"""

from __future__ import annotations

import json
import os
import random
import re
import resource
import shutil
import signal
import sqlite3
import subprocess
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, field
from io import BytesIO
from itertools import count, pairwise
from pathlib import Path
from typing import Any, Self

import pytest
from newsdesk import TRATIN, list_page, settings_for
from warcio.archiveiterator import ArchiveIterator
from webserver import Answer, Route, Seen, WebServer

from crawler.settings import Settings

KILLS, SEED = 50, 20261123
SITES, OLD, NEW, ON_PAGE = ("khoa", "phong", "vien"), 10, 70, 5  # articles of a host in the first run, and in all
ATTEMPTS = 20  # to kill a run before it has ended
PATIENCE = 60  # seconds for a run of one
READ_BY_EACH_RUN = {"/", "/ds", "/sitemap.xml", "/rss"}  # where a run begins, and the first page of a list
RULES = r"article = '/tin-\d+\.html$'"
WORDS = "Nhà trường thông báo kết quả xét tuyển và hướng dẫn thí sinh làm thủ tục nhập học theo từng đợt trong tháng."


class Newsroom:
    """The hosts, with the addresses that were asked for, in order, and how many of them were articles'.

    `fresh` tells whether there is news, `padding` stands in a comment of each article.
    """

    def __init__(self) -> None:
        self.fresh, self.padding, self.articles = False, "", 0
        self.asked: list[str] = []

    def __enter__(self) -> Self:
        self._stack = ExitStack()
        self.hosts = {name: self._stack.enter_context(WebServer()) for name in SITES}
        for host in self.hosts.values():
            lists = {f"/ds?page={page}": self._list(page) for page in range(2, NEW // ON_PAGE + 1)}
            articles = {f"/tin-{n}.html": self._article(n) for n in range(1, NEW + 1)}
            starts = {
                "/": self._start(),
                "/ds": self._list(1),
                "/sitemap.xml": self._sitemap(host),
                "/rss": self._feed(),
            }
            host.routes |= {path: self._noted(host, route) for path, route in (starts | lists | articles).items()}
        return self

    def __exit__(self, *raised: object) -> None:
        self._stack.close()

    def sites(self) -> dict[str, str]:
        """The TOML lines of each site."""
        return {name: f'start = ["{host.url()}"]\n{RULES}' for name, host in self.hosts.items()}

    def _noted(self, host: WebServer, route: Callable[[Seen], Answer]) -> Route:
        def answer(seen: Seen) -> Answer:
            self.asked.append(host.url(seen.path))
            if seen.path.startswith("/tin-"):
                self.articles += 1
                time.sleep(0.05)  # or 50 kills would outlast the articles
            return route(seen)

        return answer

    def _start(self) -> Callable[[Seen], Answer]:
        feed = '<link rel="alternate" type="application/rss+xml" href="/rss">'
        return lambda _: Answer(list_page("/ds").replace("<body>", f"<head>{feed}</head><body>"))

    def _list(self, page: int) -> Callable[[Seen], Answer]:
        def answer(_: Seen) -> Answer:
            newest = NEW - 10 if self.fresh else OLD
            numbers = range(newest - (page - 1) * ON_PAGE, max(newest - page * ON_PAGE, 0), -1)
            further = [f"/ds?page={page + 1}"] if newest > page * ON_PAGE else []
            return Answer(list_page(*(f"/tin-{n}.html" for n in numbers), *further))

        return answer

    def _sitemap(self, host: WebServer) -> Callable[[Seen], Answer]:
        def answer(_: Seen) -> Answer:
            urls = [host.url(f"/tin-{n}.html") for n in range(NEW - 9, NEW - 1)] if self.fresh else []
            return Answer(
                f"<urlset>{''.join(f'<url><loc>{url}</loc></url>' for url in urls)}</urlset>", kind="text/xml"
            )

        return answer

    def _feed(self) -> Callable[[Seen], Answer]:
        def answer(_: Seen) -> Answer:
            items = [f"<item><link>/tin-{n}.html</link></item>" for n in (NEW - 1, NEW)] if self.fresh else []
            return Answer(f"<rss version='2.0'><channel>{''.join(items)}</channel></rss>", kind="text/xml")

        return answer

    def _article(self, n: int) -> Callable[[Seen], Answer]:
        def answer(seen: Seen) -> Answer:
            if n == 3 and self.fresh:
                return Answer("Bài đã được gỡ.", 410)
            if n == 4 and seen.headers.get("If-None-Match") == '"4"':
                return Answer("", 304)
            edited = "Bản tin đã được sửa. " if n in {1, 2} and self.fresh else ""
            page = (
                f"<html><body><h1>Thông báo số {n} của nhà trường</h1><p>{n % 28 + 1:02}/02/2021 07:30</p><div class="
                f"'content'><p>{edited}{WORDS}</p><p>Đoạn thứ hai của thông báo {n}. {WORDS}</p></div>"
            )
            return Answer(page + f"<!--{self.padding}{n}--></body></html>", headers={"ETag": '"4"'} if n == 4 else {})

        return answer


@pytest.fixture(scope="module")
def newsroom() -> Iterator[Newsroom]:
    with Newsroom() as running:
        yield running


@pytest.fixture(scope="module")
def begun(newsroom: Newsroom, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A data folder after the first run, all of whose articles are due again; the newsroom has news now."""
    settings = settings_for(tmp_path_factory.mktemp("begun"), newsroom.sites())
    assert finished(settings)[0] == 0
    with closing(sqlite3.connect(settings.store_file)) as store, store:
        store.execute("UPDATE page SET visit_after = '2000-01-01' WHERE kind = 'article'")
        assert store.execute("SELECT count(*) FROM article").fetchone() == (OLD * len(SITES),)
    newsroom.fresh = True
    return settings


@pytest.fixture(scope="module")
def reference(newsroom: Newsroom, begun: Settings, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The data folder after an undisturbed second run."""
    settings = copy(begun, tmp_path_factory.mktemp("reference"))
    assert finished(settings)[0] == 0
    return settings


@pytest.fixture
def attacked(newsroom: Newsroom, begun: Settings, reference: Settings, tmp_path: Path) -> Settings:
    """A data folder after the first run, to be attacked in the second one."""
    return copy(begun, tmp_path)


def copy(begun: Settings, folder: Path) -> Settings:
    shutil.copytree(begun.file.parent, folder, dirs_exist_ok=True)
    return begun.model_copy(update={"file": folder / begun.file.name})


# Runs


def start(settings: Settings, *options: str, limit: int | None = None) -> subprocess.Popen[str]:
    """Start a crawl in a group and session of its own; no file may become longer than `limit` bytes."""
    bound = (limit, limit) if limit else (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
    return subprocess.Popen(
        [TRATIN, "--config", settings.file, "crawl", "--no-index", *options],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, bound),
    )  # fmt: skip


def finished(settings: Settings, *options: str, limit: int | None = None) -> tuple[int, str]:
    """Crawl to the end: the exit code and the errors."""
    with start(settings, *options, limit=limit) as process:
        _, errors = process.communicate(timeout=PATIENCE)
    assert "Traceback" not in errors, errors
    return process.returncode, errors


def reported(settings: Settings) -> dict[str, Any]:
    """Crawl to the end: the report."""
    report = settings.file.with_name("report.json")
    code, errors = finished(settings, "--report", str(report))
    assert code == 0, errors
    document: dict[str, Any] = json.loads(report.read_text())
    return document


def kill(process: subprocess.Popen[str], *, alone: bool = False) -> int:
    """SIGKILL a run and its children, or `alone` the run only; gives its exit code, -9 where it was still at work."""
    with suppress(ProcessLookupError):  # it has ended
        if alone:
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=PATIENCE)
    return int(process.returncode)


def survivors(session: int) -> list[int]:
    """The processes of a session that are alive 5 seconds later; they are ended, then."""
    deadline = time.monotonic() + 5
    while (living := alive(session)) and time.monotonic() < deadline:
        time.sleep(0.02)
    for pid in living:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return living


def alive(session: int) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        try:
            status = (entry / "stat").read_text().rpartition(")")[2].split() if entry.name.isdigit() else []
        except OSError:
            continue
        if status and status[0] != "Z" and session in {int(status[2]), int(status[3])}:
            found.append(int(entry.name))
    return found


def killed_at(newsroom: Newsroom, settings: Settings, articles: int) -> bool:
    """Kill a run after so many requests for articles; False where it ended before."""
    with start(settings) as process:
        wait_for(newsroom, process, newsroom.articles + articles)
        return kill(process) == -signal.SIGKILL


def wait_for(newsroom: Newsroom, process: subprocess.Popen[str], articles: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while newsroom.articles < articles and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.002)


# What is left


def articles(settings: Settings) -> list[tuple[Any, ...]]:
    """Every version of every article, without instants."""
    return query(
        settings,
        "SELECT a.id, a.url, a.site, a.status, a.versions, v.number, v.content_hash, v.document"
        " FROM article a JOIN version v ON v.article = a.id ORDER BY a.id, v.number",
    )


def known_pages(settings: Settings) -> list[tuple[Any, ...]]:
    """Every address that is known, as what, of which article, whether that is not there, and whether it still waits."""
    misses = "CASE kind WHEN 'article' THEN misses END"  # a sitemap that is not there counts the runs
    return query(settings, f"SELECT url, site, kind, article, {misses}, due FROM page ORDER BY url")


def query(settings: Settings, sql: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(settings.store_file)) as store:
        return store.execute(sql).fetchall()


def assert_equal(settings: Settings, reference: Settings) -> None:
    """Check that articles and known pages are those of the reference, and that archive and store are sound."""
    assert articles(settings) == articles(reference)
    assert known_pages(settings) == known_pages(reference)
    assert query(settings, "PRAGMA integrity_check") == [("ok",)]
    assert faults(settings) == ""


def faults(settings: Settings) -> str:
    """What `warcio check` says of the archive; empty where all of it is sound."""
    files = sorted(settings.warc_folder.iterdir())
    checked = subprocess.run([TRATIN.with_name("warcio"), "check", *files], capture_output=True, text=True)
    return checked.stdout + checked.stderr if checked.returncode else ""


def members(data: bytes) -> Iterator[tuple[bytes, Any]]:
    """The whole gzip members of a WARC file's bytes, each with its record."""
    while data:
        inflater = zlib.decompressobj(31)
        try:
            record = next(ArchiveIterator(BytesIO(inflater.decompress(data))))
        except Exception:  # warcio raises all kinds over bytes that are no record
            return
        if not inflater.eof:
            return
        yield data[: len(data) - len(inflater.unused_data)], record
        data = inflater.unused_data


def archived(data: bytes) -> set[str]:
    """The addresses of which these bytes of a WARC file hold a whole response of status 200."""
    return {
        record.rec_headers.get_header("WARC-Target-URI")
        for _, record in members(data)
        if record.rec_type == "response" and record.http_headers.get_statuscode() == "200"
    }


@dataclass
class Archived:
    """The addresses in a folder of WARC files, without what was there before; a file that has grown is read again."""

    folder: Path
    before: dict[Path, int] = field(default_factory=dict)
    _read: dict[Path, tuple[int, set[str]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.before = {file: file.stat().st_size for file in self.folder.iterdir()}

    def urls(self) -> set[str]:
        for file in self.folder.iterdir():
            size = file.stat().st_size
            if self._read.get(file, (None,))[0] != size:
                self._read[file] = (size, archived(file.read_bytes()[self.before.get(file, 0) :]))
        return set().union(*(urls for _, urls in self._read.values()))


# Fifty kills


@dataclass(frozen=True)
class Kill:
    """One run that was killed, if it was still at work: what it asked for, what the archive held then."""

    code: int
    requests: int
    articles: int
    archived: set[str]
    asked_until: int
    survivors: list[int]

    @property
    def hit(self) -> bool:
        return self.code == -signal.SIGKILL


@dataclass(frozen=True)
class Resumed:
    """The data folder after all kills and one run to the end."""

    settings: Settings
    kills: list[Kill]
    last: tuple[int, str]
    asked: list[str]


@pytest.fixture(scope="module")
def resumed(
    newsroom: Newsroom, begun: Settings, reference: Settings, tmp_path_factory: pytest.TempPathFactory
) -> Resumed:
    settings = copy(begun, tmp_path_factory.mktemp("killed"))
    chance, archive, first = random.Random(SEED), Archived(settings.warc_folder), len(newsroom.asked)
    kills = [killed(newsroom, settings, number, chance, archive) for number in range(KILLS)]
    last = finished(settings)
    return Resumed(settings, kills, last, newsroom.asked[first:])


def killed(newsroom: Newsroom, settings: Settings, number: int, chance: random.Random, archive: Archived) -> Kill:
    """Start a run and kill it: each fifth soon, many of them while they start, the others among their articles."""
    requests, before = len(newsroom.asked), newsroom.articles
    with start(settings) as process:
        if number % 5 == 0:
            time.sleep(chance.uniform(0, 0.8))
        else:
            wait_for(newsroom, process, before + chance.randint(1, 4))
            time.sleep(chance.uniform(0, 0.03))
        code = kill(process, alone=number % 2 == 1)
    left = survivors(process.pid)
    until = len(newsroom.asked)
    return Kill(code, until - requests, newsroom.articles - before, archive.urls(), until, left)


def test_the_kills_fall_all_over_the_work(resumed: Resumed) -> None:
    hits = [one for one in resumed.kills if one.hit]
    assert len(hits) >= 0.9 * KILLS
    assert sum(one.requests == 0 for one in hits) >= 1
    assert sum(one.articles > 0 for one in hits) >= 0.5 * KILLS


def test_no_run_stumbles_over_what_the_one_before_left(resumed: Resumed) -> None:
    assert {one.code for one in resumed.kills} <= {0, -signal.SIGKILL}


def test_each_run_gets_on(resumed: Resumed) -> None:
    """What one run has archived is there for the next: the archive never loses anything."""
    for one, two in pairwise(resumed.kills):
        assert one.archived <= two.archived


def test_no_child_survives_its_run(resumed: Resumed) -> None:
    assert [one.survivors for one in resumed.kills if one.survivors] == []


def test_the_last_run_ends_well(resumed: Resumed) -> None:
    assert resumed.last[0] == 0, resumed.last[1]


def test_the_articles_equal_those_of_an_undisturbed_run(resumed: Resumed, reference: Settings) -> None:
    assert articles(resumed.settings) == articles(reference)


def test_the_reference_is_what_the_newsroom_published(reference: Settings) -> None:
    versions = Counter(row[0] for row in articles(reference))
    assert sorted(versions.values()) == [1] * (NEW - 2) * len(SITES) + [2] * 2 * len(SITES)
    assert [row[1][-11:] for row in articles(reference) if row[3] == "gone"] == ["/tin-3.html"] * len(SITES)


def test_the_known_pages_equal_those_of_an_undisturbed_run(resumed: Resumed, reference: Settings) -> None:
    assert known_pages(resumed.settings) == known_pages(reference)


def test_nothing_is_asked_for_again_that_was_archived(resumed: Resumed) -> None:
    first, again = resumed.kills[0].asked_until - resumed.kills[0].requests, []
    for number, one in enumerate(resumed.kills):
        later = resumed.asked[one.asked_until - first :]
        again += [(number, url) for url in later if url in one.archived and path_of(url) not in READ_BY_EACH_RUN]
    assert again == []


def path_of(url: str) -> str:
    return "/" + url.split("/", 3)[3]


def test_what_was_archived_is_in_the_store(resumed: Resumed) -> None:
    noted = {url for (url,) in query(resumed.settings, "SELECT url FROM record WHERE status = 200")}
    lost = set().union(*(one.archived for one in resumed.kills)) - noted
    assert {url for url in lost if not url.endswith("/robots.txt")} == set()


def test_each_version_leads_to_its_page(resumed: Resumed) -> None:
    rows = query(
        resumed.settings,
        "SELECT a.url, r.url, r.file, r.offset FROM version v JOIN article a ON a.id = v.article"
        " LEFT JOIN record r ON r.id = v.record",
    )
    assert len(rows) == (NEW + 2) * len(SITES)
    for article, page, file, offset in rows:
        packed = (resumed.settings.warc_folder / file).read_bytes()[offset:]
        record = next(members(packed))[1]
        assert article == page == record.rec_headers.get_header("WARC-Target-URI")
        assert record.http_headers.get_statuscode() == "200"


def test_every_warc_file_is_sound(resumed: Resumed) -> None:
    assert faults(resumed.settings) == ""


def test_the_store_is_sound(resumed: Resumed) -> None:
    assert query(resumed.settings, "PRAGMA integrity_check") == [("ok",)]
    assert query(resumed.settings, "PRAGMA foreign_key_check") == []


def test_the_runs_that_were_killed_have_no_exit_code(resumed: Resumed) -> None:
    """And no report: `tratin status` must not take one of them for a run that ended."""
    codes = [code for (code,) in query(resumed.settings, "SELECT exit_code FROM run ORDER BY id")]
    assert codes[0] == codes[-1] == 0
    assert len(codes) <= KILLS + 2
    assert codes.count(None) == len(codes) - 2 - sum(not one.hit for one in resumed.kills)


# Torn tails


def newest(settings: Settings) -> Path:
    return max(settings.warc_folder.iterdir(), key=lambda file: file.stat().st_mtime_ns)


def record_of(reference: Settings, url: str) -> bytes:
    """The response record of `url` with its request, as they stand in the archive of the reference."""
    for file in sorted(reference.warc_folder.iterdir(), reverse=True):
        found = list(members(file.read_bytes()))
        for (packed, record), (follower, _) in pairwise(found):
            if record.rec_type == "response" and record.rec_headers.get_header("WARC-Target-URI") == url:
                return packed + follower
    raise LookupError(url)


def waiting_article(settings: Settings) -> str:
    """An article page that is due and was never fetched."""
    rows = query(settings, "SELECT url FROM page WHERE due = 1 AND kind = 'article' AND fetched IS NULL ORDER BY url")
    return str(rows[-1][0])


@pytest.fixture
def halved(newsroom: Newsroom, attacked: Settings) -> Settings:
    """A data folder whose second run was killed among its articles."""
    for articles_before in count(8):
        if killed_at(newsroom, attacked, articles_before):
            return attacked
        assert articles_before < ATTEMPTS
    raise AssertionError


TAILS: dict[str, Callable[[bytes, random.Random], bytes]] = {
    "garbage": lambda _, chance: chance.randbytes(300),
    "zeros": lambda _, __: bytes(4096),  # what a file system leaves that was cut off before it wrote the data
    "half a record": lambda record, _: record[: len(record) // 3],
    "a record without its end": lambda record, chance: record[: -chance.randint(1, 200)],
    "a record and garbage": lambda record, chance: record + chance.randbytes(50),
}


@pytest.mark.parametrize("kind", TAILS)
def test_a_torn_tail_is_cut_off_and_told(newsroom: Newsroom, halved: Settings, reference: Settings, kind: str) -> None:
    file, chance = newest(halved), random.Random(kind)
    tail = TAILS[kind](record_of(reference, waiting_article(halved)), chance)
    with file.open("ab") as stream:
        stream.write(tail)
    remarks = json.dumps(reported(halved)["remarks"], ensure_ascii=False)
    assert file.name in remarks
    assert re.search("(?i)torn|cut", remarks)
    assert_equal(halved, reference)


def test_what_the_store_does_not_know_may_be_lost(newsroom: Newsroom, halved: Settings, reference: Settings) -> None:
    """A power cut may take what was not yet synced: the store calls nothing settled that was not."""
    settled = dict(query(halved, "SELECT file, settled FROM warc"))
    for file in halved.warc_folder.iterdir():
        assert settled.get(file.name, 0) <= file.stat().st_size
        os.truncate(file, settled.get(file.name, 0))
    reported(halved)
    assert_equal(halved, reference)


def test_a_whole_record_is_taken_in_and_its_page_not_asked_for(
    newsroom: Newsroom, halved: Settings, reference: Settings
) -> None:
    url = waiting_article(halved)
    with newest(halved).open("ab") as stream:
        stream.write(record_of(reference, url))
    before = len(newsroom.asked)
    reported(halved)
    assert url not in newsroom.asked[before:]
    assert_equal(halved, reference)


def test_a_sound_archive_has_no_remarks(halved: Settings) -> None:
    reported(halved)
    assert not reported(halved)["remarks"]


# A full disk


@pytest.mark.parametrize("what", ["store", "archive"])
def test_a_full_disk_ends_the_run_with_a_sentence_and_loses_nothing(
    newsroom: Newsroom, attacked: Settings, reference: Settings, what: str
) -> None:
    sizes = [file.stat().st_size for file in attacked.data.rglob("*") if file.is_file()]
    limit = max(sizes) + 40_000
    if what == "archive":
        newsroom.padding, limit = random.Random(SEED).randbytes(100_000).hex(), max(sizes) + 1_200_000
    try:
        code, errors = finished(attacked, limit=limit)
    finally:
        newsroom.padding = ""
    assert code == 1, errors
    sentence = errors.strip().splitlines()[-1]
    assert sentence.startswith("tratin: ")
    assert str(attacked.data) in sentence
    assert re.search("(?i)full|too large|cannot be|no space", sentence)
    assert finished(attacked)[0] == 0
    assert_equal(attacked, reference)
