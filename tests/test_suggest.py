"""`tratin site suggest`: profiles from archived pages of two templates, and what must not be proposed."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from newsdesk import list_page, opened, run, settings_for, site_of
from shelf import PARAGRAPH, ROOT, Shelf
from webserver import Answer, WebServer

from crawler.article import Page
from crawler.cli import Context
from crawler.comparison import Comparison, compare
from crawler.errors import InputError
from crawler.readers import Readers
from crawler.reextract import Work, extract_again
from crawler.settings import Profile, Settings, Site, load
from crawler.site_cli import site as site_commands
from crawler.suggest import PAGES, Suggestion, suggest
from crawler.suggestion import CUT, Era, Tally, Witness, eras, options, tally

RULES = f"start = ['{ROOT}/']\narticle = '/tin-\\d+\\.html$'"
FIRST, REDESIGN = datetime(2015, 3, 1, 2, 0, tzinfo=UTC), datetime(2020, 9, 5, 2, 0, tzinfo=UTC)
SECTIONS = ("Đào tạo", "Khoa học", "Sinh viên")
MENU = "<ul class='menu'><li><a href='/gioi-thieu'>Giới thiệu</a></li><li><a href='/lien-he'>Liên hệ</a></li></ul>"


def headline(n: int) -> str:
    return f"Nhà trường tổ chức hội thảo lần thứ {n} về chuyển đổi số"


def words(n: int, count: int = 5) -> str:
    return "".join(f"<p>Đoạn {k} của bài {n}. {PARAGRAPH}</p>" for k in range(count))


def old(n: int, extra: str = "") -> str:
    """A page of the first template; the names of the box around it belong to the article."""
    day = f"Thứ Sáu, {n % 27 + 1:02}/01/2015"
    return (
        f"<html><body class='trang-{n}'>{MENU}<div id='tin-{n}' class='post-{n} col-md-8'><h1 class='tieu-de'>"
        f"{headline(n)}</h1><span class='ngay-dang'>{day}</span><div class='noi-dung'>{words(n)}{extra}</div>"
        f"</div></body></html>"
    )


def new(n: int) -> str:
    """A page of the second template, with a byline and a section."""
    day = n % 27 + 1
    return (
        f"<html><body>{MENU}<ol class='breadcrumb'><li><a href='/'>Trang chủ</a></li><li class='muc'>"
        f"<a href='/muc-{n % 3}'>{SECTIONS[n % 3]}</a></li></ol><article><h2 class='post-title'>{headline(n)}</h2>"
        f"<time class='post-time' datetime='2020-08-{day:02}T09:30:00+07:00'>{day}/8/2020</time>"
        f"<p class='author'>Nguyễn Thị Lan</p><div class='post-body'>{words(n)}</div></article></body></html>"
    )


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Shelf]:
    settings = settings_for(tmp_path, {"vui": RULES})
    with opened(settings) as (store, archive):
        made = Shelf(settings, store, archive)
        made.begin(FIRST)
        yield made


def fill(made: Shelf, page: Callable[[int], str], numbers: range, since: datetime) -> Shelf:
    """Visit a page every tenth day."""
    for place, n in enumerate(numbers):
        made.visit(n, page(n), now=since + timedelta(days=10 * place))
    return made


def redesigned(made: Shelf) -> Shelf:
    return fill(fill(made, old, range(20), FIRST), new, range(20, 34), REDESIGN)


def suggested(made: Shelf) -> Suggestion:
    return suggest(made.store, made.archive, made.site, 1)


def pasted(made: Shelf, told: Suggestion) -> Settings:
    """The settings with the lines that were proposed."""
    return settings_for(made.settings.file.parent, {"vui": RULES + "\n" + "\n".join(told.lines())})


def test_each_template_gets_a_profile_from_the_day_of_its_first_page(made: Shelf) -> None:
    told = suggested(redesigned(made))
    newer, older = [proposal.profile for proposal in told.proposals]
    assert (newer.valid_from, older.valid_from) == (REDESIGN.date(), FIRST.date())
    assert (older.title, older.body, older.published) == ("h1.tieu-de", "div.noi-dung", "span.ngay-dang")
    assert (newer.title, newer.body, newer.published) == ("h2.post-title", "div.post-body", "time.post-time")
    assert newer.author == "p.author"
    assert {counts.agrees for counts in told.proposals[0].tallies.values()} == {14}
    assert (told.read, told.articles) == (34, 34)


def test_what_is_proposed_can_be_pasted_and_changes_no_value(made: Shelf) -> None:
    told = suggested(redesigned(made))
    settings = pasted(made, told)
    profiles = settings.sites["vui"].profile
    assert [profile.valid_from for profile in profiles] == [REDESIGN.date(), FIRST.date()]
    with Readers([settings.sites["vui"]], 1) as readers:
        work = Work(made.store, made.archive, readers, 1)
        effects = extract_again(work, ["vui"], "2021-01-01T00:00:00+00:00", rehearse=True).effects.noted()
    assert {name: noted.count for name, noted in effects.items()} == {"published_source": 34}
    assert not any(mark in line for line in told.lines() for mark in ("post-1", "tin-1", "trang-1", "nth-child"))


def test_the_profile_in_force_has_no_say(made: Shelf) -> None:
    fill(made, old, range(8), FIRST)
    before = suggested(made).document()
    settings_for(made.settings.file.parent, {"vui": RULES + "\n[[sites.vui.profile]]\ntitle = 'p'\n"})
    again = Shelf(load(made.settings.file, {}), made.store, made.archive)
    assert suggested(again).document() == before


def test_what_stands_in_the_text_and_is_no_part_of_it_is_removed(made: Shelf) -> None:
    links = "".join(f"<p><a href='/tin-{k}.html'>{headline(k)}</a></p>" for k in range(90, 94))
    noise = f"<div class='chan-bai'><p>Các tin khác</p>{links}</div>"
    fill(made, lambda n: old(n, noise), range(12), FIRST)
    (proposal,) = suggested(made).proposals
    assert proposal.profile.body == "div.noi-dung"
    assert proposal.profile.remove == ("div.chan-bai",)
    pasted(made, suggested(made))
    with Readers([load(made.settings.file, {}).sites["vui"]], 1) as readers:
        work = Work(made.store, made.archive, readers, 1)
        assert "body" not in extract_again(work, ["vui"], "2021-01-01T00:00:00+00:00", rehearse=True).effects.noted()


def test_an_element_that_shows_another_date_than_machines_are_told_is_not_proposed(made: Shelf) -> None:
    def page(n: int) -> str:
        told = json.dumps({"@type": "NewsArticle", "datePublished": f"2014-12-{n % 27 + 1:02}T08:00:00+07:00"})
        return old(n).replace("</body>", f'<script type="application/ld+json">{told}</script></body>')

    told = suggested(fill(made, page, range(12), FIRST))
    (proposal,) = told.proposals
    assert proposal.profile.published is None
    assert proposal.profile.title == "h1.tieu-de"
    assert "# published: the general rules find it on 12 pages, on 12 by json-ld" in "\n".join(told.lines())


def test_a_page_that_cannot_be_read_and_broken_markup_do_no_harm(made: Shelf) -> None:
    fill(made, old, range(12), FIRST)
    made.visit(50, "<html><body><div" + "<div class='noi-dung'>" * 3000 + old(50), now=FIRST + timedelta(days=200))
    made.visit(51, old(51).replace("<div", "\x1b]0;x\x07<div \"'", 2), now=FIRST + timedelta(days=201))
    location = made.store.location_of(made.article(0).article.id)  # type: ignore[union-attr]
    assert location is not None
    file = made.settings.warc_folder / location.file
    with file.open("r+b") as stream:
        stream.seek(location.offset)
        stream.write(bytes(200))
    told = suggested(made)
    assert told.articles < told.read
    assert told.proposals[0].profile.title == "h1.tieu-de"
    tomllib.loads("\n".join(told.lines()))


def test_too_few_pages_are_no_evidence(made: Shelf) -> None:
    with pytest.raises(InputError, match=r"0 pages of 'vui'.*tratin crawl vui"):
        suggested(made)
    with pytest.raises(InputError, match="4 pages"):
        suggested(fill(made, old, range(4), FIRST))


def test_the_sample_is_half_of_the_newest_pages_and_half_of_all_others(made: Shelf) -> None:
    fill(made, old, range(60), FIRST)
    numbers = [int(page.url.split("-")[-1].split(".")[0]) for page in made.store.readings.sample("vui", 20)]
    assert numbers == sorted(numbers)
    assert set(range(50, 60)) <= set(numbers)
    assert set(range(0, 50, 5)) <= set(numbers)
    assert len(numbers) == 20
    assert len(made.store.readings.sample("vui", PAGES)) == 60
    assert made.store.readings.sample("another", 20) == []


def command(settings: Settings, *arguments: str) -> Result:
    return CliRunner().invoke(site_commands, ["suggest", "--processes", "1", *arguments], obj=Context(settings.file))


def test_a_crawled_site_is_suggested_a_profile_by_the_command(tmp_path: Path) -> None:
    with WebServer() as web:
        web.routes = {f"/tin-{n}.html": Answer(new(n)) for n in range(12)}
        web.routes["/"] = Answer(list_page(*web.routes))
        settings = settings_for(tmp_path, {"vui": site_of(web)})
        run(settings)
    done = command(settings, "vui")
    assert done.exit_code == 0, done.output
    (profile,) = tomllib.loads(done.stdout)["sites"]["vui"]["profile"]
    assert profile["title"] == "h2.post-title"
    assert 'title = "h2.post-title"  # agrees on 12 of 12 pages' in done.stdout.splitlines()
    assert "tratin extract --dry-run vui" in done.stderr
    told = json.loads(command(settings, "vui", "--json").stdout)
    assert told["profiles"][0]["fields"]["title"] == {
        "selector": "h2.post-title", "pages": 12, "agrees": 12, "gains": 0, "changes": 0, "examples": []
    }  # fmt: skip
    assert isinstance(command(settings, "vuii").exception, InputError)


def test_nothing_to_propose_is_exit_code_3(made: Shelf) -> None:
    def page(n: int) -> str:
        """Elements that no two pages have in common."""
        day = f"{n % 27 + 1}/01/2015"
        return f"<x{n}><h{n % 5 + 2}>{headline(n)}</h{n % 5 + 2}><p class='ngay-{n}'>{day}</p>{words(n)}</x{n}>"

    fill(made, page, range(8), FIRST)
    done = command(made.settings, "vui")
    assert (done.exit_code, "From 8 articles" in done.output, "no selector" in done.output) == (3, True, True)


SITE = Site(name="Trường", start=("https://vui.example.edu.vn/",), article=r"/tin-\d+\.html$")


def compared(html: str, **selectors: object) -> Comparison:
    page = Page("https://vui.example.edu.vn/tin-1.html", REDESIGN, 200, {}, html.encode())
    (told,) = compare(page, SITE.model_copy(update={"profile": (Profile.model_validate(selectors),)}))
    return told


STATES = [
    ({"title": "h1.tieu-de"}, "title", "agrees"),
    ({"title": "h5.khong-co"}, "title", "silent"),
    ({"title": "div.noi-dung"}, "title", "changes"),
    ({"author": "h5.khong-co"}, "author", "none"),
    ({"author": "span.ngay-dang"}, "author", "gains"),
    ({"published": "span.ngay-dang"}, "published", "agrees"),
    ({"body": "div.noi-dung p"}, "body", "changes"),
    ({"body": "div.noi-dung"}, "body", "agrees"),
    ({"title": "h1.tieu-de", "valid_from": date(2999, 1, 1)}, "title", "agrees"),
]


@pytest.mark.parametrize(("selectors", "name", "state"), STATES)
def test_a_selector_agrees_gains_changes_or_is_silent(selectors: dict[str, object], name: str, state: str) -> None:
    assert compared(old(1), **selectors).states[name] == state


def test_a_page_without_an_article_is_compared_with_nothing() -> None:
    page = Page("https://vui.example.edu.vn/tin-1.html", REDESIGN, 200, {}, b"<html></html>")
    assert compare(page, SITE.model_copy(update={"profile": (Profile(title="h1"),)})) == ()


FITS = [
    (Tally(known=20, agrees=20, gains=0, changes=(), wrongs=0), True),
    (Tally(known=20, agrees=16, gains=0, changes=("a",), wrongs=0), True),
    (Tally(known=20, agrees=15, gains=0, changes=(), wrongs=0), False),
    (Tally(known=4, agrees=4, gains=0, changes=(), wrongs=0), False),
    (Tally(known=20, agrees=18, gains=0, changes=("a", "b"), wrongs=0), False),
    (Tally(known=20, agrees=19, gains=0, changes=("a",), wrongs=1), False),
    (Tally(known=6, agrees=6, gains=7, changes=(), wrongs=0), False),
]


@pytest.mark.parametrize(("counts", "fits"), FITS)
def test_a_selector_is_proposed_that_agrees_on_most_pages_and_is_wrong_on_none(counts: Tally, fits: bool) -> None:
    assert counts.fits is fits


def test_a_change_on_a_page_of_which_the_general_rules_are_sure_is_wrong() -> None:
    page = Witness("u", FIRST.date(), {"title": "h1", "body": "density"}, {}, frozenset({"title"}))
    told = Comparison({"title": "changes", "body": "agrees"})
    assert tally("title", [(page, told)], frozenset()) == Tally(1, 0, 0, ("u",), 1)
    assert tally("body", [(page, told)], frozenset()).agrees == 0, "it changes the title"
    assert tally("body", [(page, told)], frozenset({"title"})) == Tally(1, 1, 0, (), 0)


def days(*numbers: int) -> list[date]:
    return [FIRST.date() + timedelta(days=number) for number in numbers]


def test_eras_are_cut_where_the_selectors_change_and_between_days_only() -> None:
    one = {name: frozenset({0}) for name in ("title", "body", "published")}
    other = {name: frozenset({1}) for name in one}
    enough = CUT // 3 + 1
    pages = [one] * 20 + [other] * enough
    assert eras(days(*range(len(pages))), pages) == [Era(20, len(pages)), Era(0, 20)]
    assert eras(days(*[0] * len(pages)), pages) == [Era(0, len(pages))], "a profile is valid from a day on"
    assert eras(days(*range(24)), [one] * 20 + [other] * 4) == [Era(0, 24)], "four pages are no redesign"
    assert eras(days(*range(40)), [one, other] * 20) == [Era(0, 40)], "two templates side by side"
    assert eras([], []) == []


def test_the_options_of_a_field_cover_its_pages() -> None:
    def page(*selectors: str) -> Witness:
        return Witness("u", FIRST.date(), {"title": "h1"}, {"title": selectors}, frozenset())

    pages = [page("h1.a", "h1")] * 10 + [page("h2.b", "h1")] * 6 + [page("h3.c")] * 4
    assert options(pages) == [Profile(title="h1")], "it covers all but four, which are too few"
    assert options(pages[:10] + [page("h2.b")] * 6) == [Profile(title="h1.a"), Profile(title="h2.b")]
