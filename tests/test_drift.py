"""Drift: what is judged to be drift and what is not, what is held back then, and how it ends."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import shelf
from newsdesk import opened, settings_for
from shelf import FETCHED, Shelf, empty, page, undated

from crawler import drift
from crawler.cli import Context
from crawler.errors import InputError, LockedError
from crawler.extract_cli import accept
from crawler.judgement import Finding, beginning, judge, judge_of_late
from crawler.lock import hold
from crawler.readers import Readers
from crawler.readings import PastReading
from crawler.settings import load

RULES = {"title": "profile:h1.entry-title", "body": "profile:.entry-content", "published": "profile:time.published"}
NOW = "2021-06-01T03:00:00+00:00"


def read(
    n: int, *lacks: str, run: int = 1, section: str = "tin-tuc", length: int = 3000, fresh: bool = True
) -> PastReading:
    """An article page of which some fields were not found; without a title or a text it gave no article."""
    cut = next((place for place, name in enumerate(RULES) if name in lacks and name != "published"), len(RULES))
    rules = {name: rule for name, rule in list(RULES.items())[:cut] if name not in lacks}
    article = None if {"title", "body", "article"} & set(lacks) else f"a{n}"
    url = f"https://vui.edu.vn/{section}/bai-viet-{n}.html"
    return PastReading(n, run, "article", url, rules, article, length if article else None, fresh)


def listed(n: int, run: int, url: str = "https://vui.edu.vn/tin-tuc/", *, links: bool = True) -> PastReading:
    return PastReading(n, run, "list", url, {"links": "the site's article pattern"} if links else {}, None)


def some(count: int, *lacks: str, first: int = 0, **told: object) -> list[PastReading]:
    return [read(first + n, *lacks, **told) for n in range(count)]  # type: ignore[arg-type]


GOOD = some(214)


def test_a_date_that_is_no_longer_found_is_told_with_numbers_rule_and_pages() -> None:
    (finding,) = judge([*some(2, "published"), *GOOD], some(12, "published", first=500))
    assert finding.document() == {
        "field": "published",
        "was": 0.9907,
        "now": 0.0,
        "rule": "profile:time.published",
        "examples": [f"https://vui.edu.vn/tin-tuc/bai-viet-{n}.html" for n in (511, 510, 509)],
        "sentence": "published: found on 0 of 12 pages, before on 214 of 216 (by profile:time.published)",
    }
    assert Finding.from_document(finding.document()) == finding


@pytest.mark.parametrize(
    ("lacks", "fields", "named"),
    [
        (("title",), ["article", "title"], "title by profile:h1.entry-title"),
        (("body",), ["article", "body"], "body by profile:.entry-content"),
        (("article",), ["article"], "published by profile:time.published"),
        (("published",), ["published"], "by profile:time.published"),
    ],
)
def test_what_lacks_is_named(lacks: tuple[str, ...], fields: list[str], named: str) -> None:
    findings = judge(GOOD, some(10, *lacks, first=500))
    assert [finding.field for finding in findings] == fields
    assert f"({named})" in findings[0].sentence


def test_a_body_of_a_fifth_of_the_usual_length_is_none() -> None:
    (finding,) = judge(GOOD, some(10, first=500, length=599))
    assert (finding.field, finding.now) == ("body", 0.0)
    assert judge(GOOD, some(10, first=500, length=601)) == ()


def test_list_pages_that_show_no_article_any_more() -> None:
    before = [listed(n, n) for n in range(50)]
    (finding,) = judge(before, [listed(100 + n, 51, links=False) for n in range(7)])
    assert (finding.field, finding.now, finding.was) == ("links", 0.0, 1.0)
    assert "0 of 7 list pages" in finding.sentence


@pytest.mark.parametrize(
    ("why", "history", "recent"),
    [
        ("nothing is known", [], some(50, "published", first=500)),
        ("little is known", some(9), some(50, "published", first=500)),
        ("few pages", GOOD, some(4, "published", first=500)),
        ("never reliable", some(60, "published") + some(40, first=60), some(50, "published", first=500)),
        ("not far below", GOOD, some(30, first=500) + some(10, "published", first=600)),
        ("one new section", GOOD, some(150, "published", first=500, section="video")),
        ("one new section and some news", GOOD, some(8, first=700) + some(12, "published", first=500, section="video")),
        (
            "an old section that never had it",
            GOOD + some(30, "published", first=300, section="luu-tru"),
            some(150, "published", first=500, section="luu-tru"),
        ),
        ("unchanged articles that lacked it before", GOOD, some(50, "published", first=500, fresh=False)),
        (
            "a day of notices, as there was before",
            [*GOOD, *some(20, "published", first=300), *some(100, first=400)],
            some(20, "published", first=600),
        ),
        (
            "list pages that never showed one",
            [listed(n, n) for n in range(50)],
            [listed(100 + n, 51, f"https://vui.edu.vn/gioi-thieu/{n}", links=False) for n in range(50)],
        ),
    ],
)
def test_what_is_no_drift(why: str, history: list[PastReading], recent: list[PastReading]) -> None:
    assert judge(history, recent) == (), why


def test_the_year_in_an_address_is_no_section() -> None:
    before = [read(n, section=f"2020/{n % 12 + 1:02}") for n in range(100)]
    assert judge(before, some(10, "published", first=500, section="2021/01"))


def test_a_redesign_of_all_sections_at_once_is_drift_even_when_each_is_new() -> None:
    recent = [read(500 + n, "published", section=f"muc-{n % 4}") for n in range(12)]
    assert [finding.field for finding in judge(GOOD, recent)] == ["published"]


def test_what_a_short_look_takes_for_a_day_of_notices_a_longer_one_sees() -> None:
    history = [*GOOD, *some(20, "published", first=300), *some(100, first=400)]
    noticed = [
        count
        for count in range(1, 60)
        if judge_of_late(history + [read(600 + n, "published", run=2 + n) for n in range(count)], 1 + count)
    ]
    assert 20 < noticed[0] <= 40
    assert noticed == list(range(noticed[0], 60))


@pytest.mark.parametrize("good", [0, 3, 30])
def test_the_beginning_is_found_behind_what_was_looked_at(good: int) -> None:
    readings = [*some(200), *some(1, "published", first=200), *some(good + 9, first=201)]
    readings += some(4, "published", first=300) + some(1, first=304) + some(20, "published", first=305)
    (finding,) = judge(readings[:200], readings[-10:])
    assert beginning(finding, readings) == 300


def test_the_first_run_is_not_judged_by_itself() -> None:
    assert judge_of_late(some(500) + some(100, "published", first=600), 1) == ()


# A month of a newsroom, one run an hour: three sections, 0 to 4 pages a run, some of them from one section alone.


def newsroom(
    random_: random.Random, hours: int, broken: Callable[[int], bool]
) -> Iterator[tuple[int, list[PastReading]]]:
    sections = {"tin-tuc": 1.0, "su-kien": 0.95, "thong-bao": random_.choice([0.0, 0.2, 0.9])}
    past: list[PastReading] = []
    for run in range(hours):
        only = random_.choice(list(sections)) if random_.random() < 0.3 else None
        for _ in range(random_.randrange(5)):
            section = only or random_.choice(list(sections))
            lacks = () if random_.random() < sections[section] and not broken(run) else ("published",)
            past.append(read(len(past), *lacks, run=run, section=section, length=int(random_.lognormvariate(8, 0.6))))
        yield run, past[-500:]


def test_hourly_runs_of_sound_newsrooms_raise_no_alarm() -> None:
    alarmed = [
        seed
        for seed in range(8)
        if any(judge_of_late(past, run) for run, past in newsroom(random.Random(seed), 240, lambda _: False))
    ]
    assert alarmed == []


def test_a_redesign_is_noticed_within_some_tens_of_pages() -> None:
    pages = []
    for seed in range(6):
        for run, past in newsroom(random.Random(seed), 300, lambda run: run >= 200):
            if judge_of_late(past, run):
                pages.append(sum(reading.run >= 200 for reading in past))
                break
    assert len(pages) == 6
    assert sorted(pages)[3] <= 20
    assert max(pages) <= 60


# What follows from it, on a real store and archive


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Shelf]:
    """A site of which one run has read 40 sound articles."""
    settings = settings_for(tmp_path, {"vui": shelf.RULES})
    with opened(settings) as (store, archive):
        made = Shelf(settings, store, archive)
        made.begin()
        for n in range(40):
            made.visit(n, page(n))
        assert drift.check(store, made.site, made.run, NOW) == ()
        yield made


def drifted(made: Shelf, look: Callable[[int], str] = undated) -> tuple[Finding, ...]:
    """Three old articles and twelve new ones in a run after a redesign."""
    made.begin(FETCHED + timedelta(hours=1))
    for n in (0, 1, 2, *range(100, 112)):
        made.visit(n, look(n), now=FETCHED + timedelta(hours=2))
    return drift.check(made.store, made.site, made.run, NOW)


def test_what_came_of_the_redesign_is_held_back_and_the_rest_stays(made: Shelf) -> None:
    before, watermark = made.article(0), made.store.sequence()
    assert before is not None
    assert before.article.published == "2021-01-08"
    (finding,) = drifted(made)
    assert finding.sentence.startswith("published: found on 0 of 10 pages, before on 40 of 40 (by profile:time.ngay)")
    assert made.store.readings.drifts()["vui"]["findings"] == [finding.document()]
    after = made.article(0)
    assert after is not None
    assert after.article == before.article
    assert after.sequence > watermark
    assert made.shown(range(200)) == set(range(40))


def test_what_comes_later_is_held_back_and_the_findings_follow(made: Shelf) -> None:
    drifted(made)
    made.begin(FETCHED + timedelta(hours=3))
    for n in range(120, 125):
        made.visit(n, undated(n), now=FETCHED + timedelta(hours=3))
    (finding,) = drift.check(made.store, made.site, made.run, NOW)
    assert "found on 0 of 20 pages" in finding.sentence
    assert made.shown(range(120, 125)) == set()


def test_an_article_that_readers_have_had_since_an_earlier_run_is_not_taken_from_them(made: Shelf) -> None:
    for hour in range(1, 13):
        made.begin(FETCHED + timedelta(hours=hour))
        made.visit(200 + hour, undated(200 + hour), now=FETCHED + timedelta(hours=hour))
        if drift.check(made.store, made.site, made.run, NOW):
            break
    assert hour <= 10
    assert made.shown(range(201, 220)) == set(range(201, 200 + hour))


def test_pages_that_give_no_article_are_drift_and_hold_nothing_old_back(made: Shelf) -> None:
    findings = drifted(made, empty)
    assert findings[0].field == "article"
    assert findings[0].rule == "profile:h1.tieu-de"
    assert made.shown(range(200)) == set(range(40))


def test_a_site_stays_drifted_when_its_pages_are_well_again(made: Shelf) -> None:
    drifted(made)
    made.begin(FETCHED + timedelta(hours=3))
    for n in range(300, 420):
        made.visit(n, page(n), now=FETCHED + timedelta(hours=3))
    assert [finding.field for finding in drift.check(made.store, made.site, made.run, NOW)] == ["published"]
    assert made.shown(range(300, 420)) == set()


def test_accepting_releases_all_and_begins_anew(made: Shelf) -> None:
    drifted(made)
    watermark = made.store.sequence()
    assert drift.accept(made.store, "vui", NOW) == 15
    assert made.store.readings.drifts() == {}
    assert made.shown(range(200)) == {*range(40), *range(100, 112)}
    changed = list(made.store.changes(watermark))
    assert len(changed) == 15
    assert {kept.changed for kept in changed} == {NOW}
    article = made.article(0)
    assert article is not None
    assert article.article.published is None
    assert drift.accept(made.store, "vui", NOW) is None
    made.begin(FETCHED + timedelta(hours=3))
    for n in range(120, 140):
        made.visit(n, undated(n), now=FETCHED + timedelta(hours=3))
    assert drift.check(made.store, made.site, made.run, NOW) == (), "that is normal now"


def with_rules(made: Shelf, rules: str) -> Shelf:
    settings_for(made.settings.file.parent, {"vui": rules})
    return Shelf(load(made.settings.file, {}), made.store, made.archive)


def renew(made: Shelf) -> drift.Renewed:
    with Readers([made.site], 2) as readers:
        return drift.renew(made.store, made.archive, made.site, readers, NOW)


def test_a_profile_that_fits_releases_what_was_held_back_with_its_dates(made: Shelf) -> None:
    drifted(made, lambda n: page(n, date="<i class='luc'>kỳ họp thứ 3</i><b class='moi' content='2021-05-30'>-</b>"))
    assert not drift.is_renewed(made.store, made.site)
    new = with_rules(made, shelf.RULES.replace("time.ngay", "b.moi"))
    assert drift.is_renewed(new.store, new.site)
    done = renew(new)
    assert (done.released, done.findings) == (15, ())
    assert new.store.readings.drifts() == {}
    assert {kept.article.published for n in range(100, 112) if (kept := new.article(n))} == {"2021-05-30"}
    assert new.shown(range(200)) == {*range(40), *range(100, 112)}


def headless(n: int) -> str:
    """A page whose headline looks like a part of the text."""
    return page(n, title="em")


def test_pages_that_gave_no_article_give_one_by_a_profile_that_fits(made: Shelf) -> None:
    findings = drifted(made, headless)
    assert [finding.field for finding in findings] == ["article", "title"]
    assert findings[0].rule == "profile:h1.tieu-de"
    assert made.shown(range(200)) == set(range(40))
    new = with_rules(made, shelf.RULES.replace("h1.tieu-de", "em"))
    done = renew(new)
    assert done.findings == ()
    assert new.shown(range(200)) == {*range(40), *range(100, 112)}
    article = new.article(105)
    assert article is not None
    assert article.article.title == "Bài viết số 105 của phòng truyền thông"
    assert new.store.readings.drifts() == {}


def test_a_text_that_shrinks_to_its_headline_is_drift(made: Shelf) -> None:
    findings = drifted(made, lambda n: page(n).replace("div", "nav"))
    assert [finding.field for finding in findings] == ["body"]
    assert findings[0].rule == "content-class"


def test_rules_that_do_not_fit_either_release_nothing(made: Shelf, caplog: pytest.LogCaptureFixture) -> None:
    drifted(made)
    new = with_rules(made, shelf.RULES.replace("time.ngay", "time.sai"))
    done = renew(new)
    assert done.released == 0
    assert [finding.field for finding in done.findings] == ["published"]
    assert "do not fit" in caplog.text
    assert new.shown(range(100, 112)) == set()
    assert not drift.is_renewed(new.store, new.site), "the next run need not try the same again"


# The command


def run_accept(made: Shelf, name: str = "vui") -> None:
    accept.main([name], obj=Context(made.settings.file), standalone_mode=False)


def test_the_command_says_what_it_did_and_what_is_left_to_do(made: Shelf, capsys: pytest.CaptureFixture[str]) -> None:
    drifted(made)
    run_accept(made)
    told = capsys.readouterr()
    assert told.out == "vui: 15 articles are released, and what was read since is the norm now\n"
    assert "tratin index" in told.err
    run_accept(made)
    assert "has not drifted" in capsys.readouterr().out


def test_the_command_waits_for_no_crawl_and_knows_its_sites(made: Shelf) -> None:
    with hold(made.settings.data / "crawl.lock", "tratin crawl"), pytest.raises(LockedError, match="tratin crawl"):
        run_accept(made)
    with pytest.raises(InputError, match="did you mean 'vui'"):
        run_accept(made, "vuj")
