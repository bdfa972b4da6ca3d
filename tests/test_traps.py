"""The real `tratin crawl` over a newsroom of traps: all that is sound is found, nothing else, and the traps are named.

Four runs: over everything; over what changes or may be left unread; twice more over the articles that come and go.
"""

from __future__ import annotations

import json
import re
import sqlite3
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from newsdesk import TRATIN, opened, settings_for, start_tratin
from trap_answers import CODINGS, LIVES, PLAIN_LIVES
from trap_host import CRAWL_DELAY, LONG_WAIT, MAX_BARREN, MAX_BYTES, MAX_DEPTH, PAGES, TIMEOUT, Room, title
from trap_newsroom import Town, plan
from trap_rooms import PAGERS

from crawler.article import StoredArticle
from crawler.settings import Settings

PLAN = plan()
NAMES = list(PLAN)
USUAL = re.compile(r"/(robots\.txt|[\w/-]*sitemap[\w-]*\.\w+(\.gz)?|feed/?|rss/?|(rss|atom|feed)\.xml)")
OWN_PEAK = 400_000  # KB, of the process that fetches: it takes a third; a bomb that goes off is 700 MB
PEAK = 1_500_000  # KB, with the processes that parse: the one page of 900,000 elements is 1 GB as a tree
MAX_PAGES = 300  # of one host: an endless trap ends here at the latest, so that its own test fails and no other
HUNG = 90  # seconds, after which a run of 20 is taken for dead and stopped

Articles = dict[str, dict[str, StoredArticle]]


@dataclass(frozen=True)
class Run:
    """One run: its exit code, report, errors, seconds, and what it left in the store.

    `own_peak` and `peak` are of memory in KB, without and with its children; `before` is how many requests each host
    had seen when it began.
    """

    code: int
    sites: dict[str, Any]
    errors: str
    own_peak: int
    peak: int
    seconds: float
    articles: Articles
    before: dict[str, int]


@dataclass(frozen=True)
class Outcome:
    """The newsroom after all runs."""

    town: Town
    settings: Settings
    runs: tuple[Run, ...]

    @property
    def first(self) -> Run:
        return self.runs[0]

    def asked(self, name: str, run: int, beginning: str = "/") -> list[str]:
        """What one run asked of a host, robots.txt left out."""
        since = self.runs[run].before[name]
        until = self.runs[run + 1].before[name] if run + 1 < len(self.runs) else None
        visits = self.town.rooms[name].web.visits[since:until]
        return [one.path for one in visits if one.path.startswith(beginning) and one.path != "/robots.txt"]


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outcome]:
    folder = tmp_path_factory.mktemp("traps")
    with Town() as town:
        settings = settings_for(
            folder, town.sites(), timeout=TIMEOUT, workers=64, max_bytes=MAX_BYTES,
            max_pages=MAX_PAGES, max_depth=MAX_DEPTH, max_barren=MAX_BARREN,
        )  # fmt: skip
        runs = [crawled(town, settings)]
        for number in range(3):
            changed = [name for name, room in town.rooms.items() if len(room.later) > number]
            for name in changed:
                town.rooms[name].later[number]()
            for name in ("lives", "plain-lives"):
                age(settings, name)
            runs.append(crawled(town, settings, *changed))
        yield Outcome(town, settings, tuple(runs))


def crawled(town: Town, settings: Settings, *sites: str) -> Run:
    """Run the command over `sites`, all for none."""
    report = settings.file.with_name("report.json")
    before = {name: len(room.web.visits) for name, room in town.rooms.items()}
    started = time.monotonic()
    with start_tratin(settings, "crawl", *sites, "--no-index", "--json", "--report", str(report)) as process:
        peaks: list[tuple[int, int]] = []
        threading.Thread(target=watch, args=(process, peaks), daemon=True).start()
        out, errors = finished(process)
    document = json.loads(report.read_text()) if report.exists() else {"sites": {}}
    assert not out or json.loads(out) == document
    seconds = time.monotonic() - started
    own, all_of_them = (max(sizes) for sizes in zip(*peaks, strict=True))
    return Run(
        process.returncode, document["sites"], errors, own, all_of_them, seconds, kept(town, settings), before
    )  # fmt: skip


def finished(process: subprocess.Popen[str]) -> tuple[str, str]:
    """The output and the errors of a run; one that hangs is stopped, and the tests tell what of it is missing."""
    for signal in (process.terminate, process.kill):
        try:
            return process.communicate(timeout=HUNG)
        except subprocess.TimeoutExpired:
            signal()
    return process.communicate()


def watch(process: subprocess.Popen[str], peaks: list[tuple[int, int]]) -> None:
    """Note how much memory a process holds, alone and with its children, in KB, until it ends."""
    while process.poll() is None:
        sizes = [memory(pid) for pid in family(process.pid)]
        peaks.append((sizes[0], sum(sizes)))
        time.sleep(0.05)


def family(pid: int) -> list[int]:
    """A process with its children and theirs."""
    try:
        children = (Path("/proc") / str(pid) / "task" / str(pid) / "children").read_text().split()
    except OSError:
        return [pid]
    return [pid, *(one for child in children for one in family(int(child)))]


def memory(pid: int) -> int:
    """KB of memory that a process holds, with its share of what it shares."""
    try:
        told = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0
    return int(re.search(r"Pss:\s+(\d+)", told)[1])  # type: ignore[index]


def kept(town: Town, settings: Settings) -> Articles:
    """The stored articles of each room by path; those on hosts of no room under their address."""
    hosts = {room.web.host: name for name, room in town.rooms.items()}
    found: Articles = {name: {} for name in town.rooms}
    with opened(settings) as (store, _):
        for one in store.changes(0):
            _, _, host, path = (one.article.url or "///").split("/", 3)
            found.setdefault(hosts.get(host, host), {})["/" + path] = one
    return found


def age(settings: Settings, site: str) -> None:
    """Let so much time pass that every article of the site is due again."""
    with closing(sqlite3.connect(settings.store_file)) as store, store:
        store.execute("UPDATE page SET visit_after = '2000-01-01' WHERE kind = 'article' AND site = ?", (site,))


def reasons(site: dict[str, Any], part: str) -> list[str]:
    """The reasons beside which the report of a site names an address with this part."""
    noted = [pair for what in ("refused", "failed", "no_article") for pair in site[what].items()]
    return [reason for reason, told in noted if any(part in url for url in told["examples"])]


def each(table: str) -> list[Any]:
    """The rooms with the entries of one of their tables, for parametrize."""
    return [
        pytest.param(name, entry, id=f"{name}: {label(room, table, entry)}")
        for name, room in PLAN.items()
        for entry in getattr(room, table)
    ]


def label(room: Room, table: str, entry: str) -> str:
    return f"{room.sound[entry]} {entry}" if table == "sound" else entry


# What is found


@pytest.mark.parametrize(("name", "path"), each("sound"))
def test_a_sound_article_is_found(outcome: Outcome, name: str, path: str) -> None:
    assert path in outcome.first.articles[name]


@pytest.mark.parametrize("name", NAMES)
def test_nothing_else_is_found(outcome: Outcome, name: str) -> None:
    room = outcome.town.rooms[name]
    assert outcome.first.articles[name].keys() - set(room.either) <= room.sound.keys()
    assert outcome.first.sites[name]["new"] == len(outcome.first.articles[name])


def test_no_article_is_of_another_host(outcome: Outcome) -> None:
    assert outcome.first.articles.keys() == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_the_words_are_those_of_the_page(outcome: Outcome, name: str) -> None:
    for path, one in outcome.first.articles[name].items():
        if path not in outcome.town.rooms[name].either:
            assert one.article.title == title(int(re.findall(r"\d+", path)[-1]) if "xem" not in path else 4)
            assert one.article.body.startswith("Sáng nay, tại hội trường lớn, nhà trường đã tổ chức")
            assert one.article.published is not None


@pytest.mark.parametrize(("name", "path"), each("either"))
def test_a_page_that_is_hard_to_parse_is_read_or_named(outcome: Outcome, name: str, path: str) -> None:
    one = outcome.first.articles[name].get(path)
    if one is None:
        assert reasons(outcome.first.sites[name], path)
    else:
        assert one.article.title.endswith(path[-7:-5])


# What the report names


@pytest.mark.parametrize(("name", "part"), each("named"))
def test_the_report_names_the_trap(outcome: Outcome, name: str, part: str) -> None:
    told = reasons(outcome.first.sites[name], part)
    assert [reason for reason in told if re.search(outcome.town.rooms[name].named[part], reason)], outcome.first.sites[
        name
    ]


@pytest.mark.parametrize("name", NAMES)
def test_the_report_says_which_hosts_were_put_off(outcome: Outcome, name: str) -> None:
    room, told = outcome.town.rooms[name], outcome.first.sites[name]["put_off"]
    if room.put_off is None:
        assert told == {}
    else:
        assert told.keys() == {room.web.host}
        assert re.search(room.put_off, told[room.web.host])


@pytest.mark.parametrize("name", ["put-off-seconds", "put-off-date", "robots-429"])
def test_the_report_says_until_when_a_host_is_put_off(outcome: Outcome, name: str) -> None:
    for run in outcome.runs[:1] if name.startswith("robots") else outcome.runs[:2]:
        told = run.sites[name]["put_off"][outcome.town.rooms[name].web.host]
        found = re.search(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d([+-]\d\d:\d\d|Z)", told)
        assert found, told
        until = datetime.fromisoformat(found[0])
        asked = LONG_WAIT - (until - datetime.now(UTC)).total_seconds()
        assert 0 <= asked < 2 * HUNG + outcome.first.seconds


def test_a_port_on_which_nobody_listens_is_put_off(outcome: Outcome) -> None:
    told = outcome.first.sites["closed"]
    (reason,) = told["put_off"].values()
    assert re.search("(?i)robots.*refused", reason)
    assert told["fetched"] == told["new"] == 0


def test_what_is_not_there_is_counted(outcome: Outcome) -> None:
    assert (
        outcome.first.sites["errors"]["missing"] == outcome.first.sites["scope"]["missing"] + 2
    )  # one sitemap, one page


@pytest.mark.parametrize("name", ["lives", "plain-lives"])
def test_a_new_page_that_says_that_it_is_not_there_counts_as_missing(outcome: Outcome, name: str) -> None:
    assert outcome.first.sites[name]["missing"] == outcome.first.sites["sessions"]["missing"] + 1


def test_hosts_were_put_off_so_the_run_is_partial(outcome: Outcome) -> None:
    assert [run.code for run in outcome.runs[:2]] == [3, 3]
    assert "Traceback" not in "".join(run.errors for run in outcome.runs)


# What is asked for


@pytest.mark.parametrize(("name", "beginning"), each("never"))
def test_what_is_forbidden_is_never_asked_for(outcome: Outcome, name: str, beginning: str) -> None:
    assert outcome.town.rooms[name].web.asked(beginning) == []


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_asked_for_that_no_page_names(outcome: Outcome, name: str) -> None:
    web = outcome.town.rooms[name].web
    assert [path for path in web.paths() if not web.knows(path) and not USUAL.fullmatch(path)] == []


@pytest.mark.parametrize("name", NAMES)
def test_hosts_are_asked_under_their_own_name(outcome: Outcome, name: str) -> None:
    web = outcome.town.rooms[name].web
    assert {(visit.headers["Host"], visit.headers["User-Agent"].partition("/")[0]) for visit in web.visits} == {
        (web.host, "tratin")
    }


def test_a_host_of_no_site_is_never_asked(outcome: Outcome) -> None:
    assert outcome.town.foreign.paths() == []


@pytest.mark.parametrize(("name", "beginning"), each("most"))
def test_a_trap_takes_few_requests(outcome: Outcome, name: str, beginning: str) -> None:
    assert 0 < len(outcome.asked(name, 0, beginning)) <= outcome.town.rooms[name].most[beginning]


@pytest.mark.parametrize("name", [name for name in NAMES if name not in {"robots-500", "robots-429"}])
def test_robots_is_asked_for_once(outcome: Outcome, name: str) -> None:
    """And kept for a day: the further runs do not ask again."""
    assert outcome.town.rooms[name].web.count("/robots.txt") == 1


@pytest.mark.parametrize("name", ["robots-500", "robots-429"])
def test_a_robots_file_that_fails_is_asked_for_a_few_times(outcome: Outcome, name: str) -> None:
    assert set(outcome.town.rooms[name].web.paths()) == {"/robots.txt"}
    assert len(outcome.town.rooms[name].web.paths()) <= 4


@pytest.mark.parametrize("coding", CODINGS)
def test_what_is_packed_well_is_asked_for_packed(outcome: Outcome, coding: str) -> None:
    (visit,) = (one for one in outcome.town.rooms["codings"].web.visits if one.path == "/tin-1.html")
    assert coding in visit.headers["Accept-Encoding"].replace(" ", "").split(",")


# Politeness


@pytest.mark.parametrize("name", NAMES)
def test_no_host_is_asked_for_two_things_at_once(outcome: Outcome, name: str) -> None:
    visits = sorted(outcome.town.rooms[name].web.visits, key=lambda visit: visit.started)
    assert [(one.path, two.path) for one, two in pairwise(visits) if two.started < one.ready] == []


def test_hosts_are_crawled_at_the_same_time(outcome: Outcome) -> None:
    one, two = (outcome.town.rooms[name].web.asked("/tin-") for name in ("slow-host", "another-slow-host"))
    assert len(one) == len(two) == 6
    spans = [outcome.town.rooms[name].web.visits for name in ("slow-host", "another-slow-host")]
    (begin, end), (other_begin, other_end) = ((visits[0].started, visits[-1].ready) for visits in spans)
    assert begin < other_end
    assert other_begin < end


def test_a_crawl_delay_is_kept_from_the_end_to_the_start(outcome: Outcome) -> None:
    visits = outcome.town.rooms["robots-crawl-delay"].web.visits
    after_robots = visits[visits.index(next(one for one in visits if one.path == "/robots.txt")) :]
    gaps = [two.started - one.ready for one, two in pairwise(after_robots)]
    assert len(gaps) >= 4
    assert min(gaps) >= CRAWL_DELAY
    assert outcome.first.sites["robots-crawl-delay"]["smallest_gap"] >= CRAWL_DELAY


@pytest.mark.parametrize(("name", "seconds"), [("retry-after-seconds", 1.0), ("retry-after-date", 0.9)])
def test_a_short_retry_after_is_waited_for(outcome: Outcome, name: str, seconds: float) -> None:
    one, two = (visit for visit in outcome.town.rooms[name].web.visits if visit.path == "/tin-2.html")
    assert two.started - one.ready >= seconds
    told = outcome.first.sites[name]
    assert told["waits"] == 1
    assert told["waited"] >= seconds
    assert told["failed"] == {}


@pytest.mark.parametrize("name", ["errors", "failing-host"])
def test_what_fails_is_tried_again_after_a_pause(outcome: Outcome, name: str) -> None:
    visits = [visit for visit in outcome.town.rooms[name].web.visits if visit.path in {"/tin-4.html", "/tin-1.html"}]
    for path in {"/tin-4.html", "/tin-1.html"} - outcome.town.rooms[name].sound.keys():
        times = [visit.started for visit in visits if visit.path == path]
        gaps = [after - before for before, after in pairwise(times)]
        assert all(gap > 0.2 for gap in gaps), gaps
        assert len(times) <= 4


# The second run


def test_an_article_that_was_added_is_found(outcome: Outcome) -> None:
    assert outcome.runs[1].sites["growing-list"]["new"] == 1
    assert "/tin-1.html" in outcome.runs[1].articles["growing-list"]


@pytest.mark.parametrize(("name", "beginning"), each("again"))
def test_the_second_run_asks_for_what_it_must(outcome: Outcome, name: str, beginning: str) -> None:
    least, most = outcome.town.rooms[name].again[beginning]
    assert least <= len(outcome.asked(name, 1, beginning)) <= most


@pytest.mark.parametrize("kind", PAGERS)
def test_a_known_list_is_not_read_to_its_end(outcome: Outcome, kind: str) -> None:
    pages = [PAGERS[kind].path(page) for page in range(1, PAGES + 1)]
    asked = outcome.asked("lists", 1)
    assert pages[0] in asked
    assert [page for page in pages[2:] if page in asked] == []


def test_a_feed_that_is_not_modified_is_counted(outcome: Outcome) -> None:
    assert outcome.runs[1].sites["feeds"]["not_modified"] == 1
    assert outcome.runs[1].sites["feeds"]["new"] == 0


def test_answers_of_304_and_unchanged_bodies_are_counted(outcome: Outcome) -> None:
    again = [outcome.runs[run].sites["lives"] for run in (1, 2, 3)]
    assert [site["not_modified"] for site in again] == [2, 2, 2]
    assert again[0]["changed"] == 1
    assert again[0]["unchanged"] >= 1


@pytest.mark.parametrize(
    ("name", "life"), [*(("lives", life) for life in LIVES), *(("plain-lives", life) for life in PLAIN_LIVES)]
)
@pytest.mark.parametrize("run", range(4))
def test_an_article_comes_and_goes(outcome: Outcome, name: str, life: str, run: int) -> None:
    table = LIVES if name == "lives" else PLAIN_LIVES
    stages, statuses, versions = (told.split() for told in table[life])
    one = outcome.runs[run].articles[name][f"/tin-{list(table).index(life) + 1}.html"]
    assert (one.status, one.versions) == (statuses[run], int(versions[run])), stages


@pytest.mark.parametrize("name", ["lives", "plain-lives"])
@pytest.mark.parametrize("run", range(4))
def test_the_report_counts_what_has_gone(outcome: Outcome, name: str, run: int) -> None:
    told = [statuses.split() for _, statuses, _ in (LIVES if name == "lives" else PLAIN_LIVES).values()]
    gone = sum(run > 0 and statuses[run - 1 : run + 1] == ["live", "gone"] for statuses in told)
    assert outcome.runs[run].sites[name]["gone"] == gone


# The archive, and what it costs


def test_every_warc_file_is_sound(outcome: Outcome) -> None:
    files = sorted(outcome.settings.warc_folder.glob("*.warc.gz"))
    assert files
    checked = subprocess.run([TRATIN.with_name("warcio"), "check", *files], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_every_version_leads_to_its_page_in_the_archive(outcome: Outcome) -> None:
    with closing(sqlite3.connect(outcome.settings.store_file)) as database:
        rows = database.execute(
            "SELECT v.number, r.url FROM version v LEFT JOIN record r ON r.id = v.record WHERE v.article IN"
            " (SELECT id FROM article WHERE site = 'lives' AND url LIKE '%/tin-1.html') ORDER BY v.number"
        ).fetchall()
    assert rows == [(n, outcome.town.rooms["lives"].web.url("/tin-1.html")) for n in (1, 2)]


def test_the_state_is_sound(outcome: Outcome) -> None:
    with closing(sqlite3.connect(outcome.settings.store_file)) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_memory_stays_small_whatever_goes_off(outcome: Outcome) -> None:
    assert outcome.first.own_peak < OWN_PEAK


def test_memory_stays_bounded_where_pages_are_parsed(outcome: Outcome) -> None:
    assert outcome.first.peak < PEAK
