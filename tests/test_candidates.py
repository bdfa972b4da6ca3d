"""What else a field could have been: the same rules as extraction, every other value, and why it was not taken."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path

import pytest
from bs4 import Tag

from crawler.article import VIETNAM, Page
from crawler.extract import extract, parse
from crawler.extract.candidates import Candidate, candidates
from crawler.extract.selector import Selectors
from crawler.settings import Profile, Site

PAGES = sorted((Path(__file__).parent / "pages").glob("*.html"))
REAL = Path(__file__).parents[2] / "shared/data/html"
NOW = datetime(2021, 1, 10, 12, 0, tzinfo=VIETNAM)
SITE = Site(name="Trường Đại học Thử nghiệm", start=("http://127.0.0.1:1/",)).model_copy(update={"id": "thu"})
ANY = SITE.model_copy(update={"article": "bai"})
STORY = """<h1>Thông báo nghỉ học chiều thứ Sáu</h1><p class="when">Ngày đăng: 08/01/2021</p>
<div class="words"><p>Sinh viên toàn trường được nghỉ học chiều nay, theo lịch chung của nhà trường.</p>
<p>Các lớp học bù vào tuần sau, giờ học không thay đổi so với thời khóa biểu.</p></div>"""


def page(inside: str | bytes, head: str = "", now: datetime = NOW) -> Page:
    text = f'<!DOCTYPE html><html><head><meta charset="utf-8">{head}</head><body>{inside!s}</body></html>'
    body = inside if isinstance(inside, bytes) else text.encode()
    return Page("http://127.0.0.1:1/bai/1.html", now, 200, {"content-type": "text/html"}, body)


def listed(shown: Page, site: Site = ANY) -> dict[str, tuple[Candidate, ...]]:
    return candidates(parse(shown), shown, site)


def chosen(found: tuple[Candidate, ...]) -> Candidate | None:
    assert not any(candidate.chosen for candidate in found[1:])
    return found[0] if found and found[0].chosen else None


def refusals(found: tuple[Candidate, ...]) -> dict[str, str]:
    return {candidate.value: candidate.refused for candidate in found if candidate.refused}


def assert_agrees(shown: Page, site: Site) -> None:
    """The chosen candidates are the article's fields, where it has one, and their rules those of the extraction."""
    found, all_of = extract(parse(shown), shown, site), listed(shown, site)
    taken = {name: one for name, some in all_of.items() if (one := chosen(some))}
    assert {name: one.rule for name, one in taken.items()} == found.rules
    if (article := found.article) is None:
        return
    values = {name: one.value for name, one in taken.items()}
    for name in ("title", "lead", "published", "author", "category"):
        assert values.get(name) == getattr(article, name)
    assert values.get("tags", "") == ", ".join(article.tags)
    assert (values["body"], taken["body"].length) == (article.body[:80], len(article.body))


@pytest.mark.parametrize("file", PAGES, ids=lambda file: file.stem)
def test_the_chosen_one_is_what_extraction_takes(file: Path) -> None:
    assert_agrees(page(file.read_bytes()), ANY)
    assert_agrees(page(file.read_bytes()), SITE)


def test_the_chosen_one_is_the_profiles() -> None:
    profile = Profile(
        title=".new-head", lead=".intro", body=".words", published=".when", author=".who", category=".path a"
    )
    assert_agrees(page((PAGES[0].parent / "profile.html").read_bytes()), ANY.model_copy(update={"profile": (profile,)}))


@pytest.mark.skipif(not REAL.exists(), reason="shared data (real pages of hus) is not beside this checkout")
def test_the_chosen_one_on_real_pages() -> None:
    files = sorted(REAL.glob("hus*/*.html"))
    assert len(files) == 52
    for file in files:
        assert_agrees(page(file.read_bytes(), now=datetime(2026, 11, 1, tzinfo=VIETNAM)), ANY)


@pytest.mark.parametrize("file", PAGES, ids=lambda file: file.stem)
@pytest.mark.parametrize("name", ["title", "published", "author", "category"])
def test_a_selector_in_a_profile_finds_the_same(file: Path, name: str) -> None:
    shown = page(file.read_bytes())
    for candidate in listed(shown).get(name, ()):
        if candidate.selector and candidate.refused is None:
            profile = Profile.model_validate({name: candidate.selector})
            found = listed(shown, ANY.model_copy(update={"profile": (profile,)}))
            taken = chosen(found[name])
            assert taken is not None
            assert taken.rule == f"profile:{candidate.selector}"
            assert taken.value == candidate.value


@pytest.mark.parametrize(
    ("elsewhere", "value", "reason"),
    [
        ('<div class="footer">Cập nhật ngày 01/01/2020. © 2020</div>', "2020-01-01", "footer"),
        ('<div id="calendar">07/01/2021</div>', "2021-01-07", "box of other news"),
        ('<ul class="tin-lien-quan"><li>Lịch thi 06/01/2021</li></ul>', "2021-01-06", "box of other news"),
        ('<p><a href="/x">Tin khác của trường hôm ấy</a> 05/01/2021</p>', "2021-01-05", "beside a link"),
        ("<p>Hạn nộp hồ sơ: 15/03/2021</p>", "2021-03-15", "in the future"),
        ("<p>Quyết định số 4, ngày 04/01/2021</p>", "2021-01-04", "not called a date of publication"),
    ],
)
def test_a_date_that_is_seen_and_not_taken(elsewhere: str, value: str, reason: str) -> None:
    dates = listed(page(STORY + elsewhere))["published"]
    taken = chosen(dates)
    assert taken is not None
    assert (taken.value, taken.precision, taken.selector) == ("2021-01-08", "day", "p.when")
    assert reason in refusals(dates)[value]


def test_the_clock_in_the_head() -> None:
    clock = "<table><tr><td>Chủ nhật, ngày 10 tháng 1 năm 2021</td></tr></table>"
    dates = listed(page(clock + f"<div>{STORY}</div>"))["published"]
    assert refusals(dates) == {"2021-01-10": "the day of the fetch, above the headline: a clock"}


def test_dates_for_machines_that_are_not_taken() -> None:
    head = (
        '<meta name="pubdate" content="1610086400">'
        '<meta property="og:updated_time" content="2021-01-09T08:00:00+07:00">'
        '<meta property="article:published_time" content="2023-01-08">'
    )
    assert refusals(listed(page(STORY, head))["published"]) == {
        "1610086400": "no date can be read in it",
        "2023-01-08": "in the future",
        "2021-01-09T08:00:00+07:00": "its name says that it is another date",
    }


def test_every_rule_that_would_have_found_the_date() -> None:
    head = '<script type="application/ld+json">{"@type": "NewsArticle", "datePublished": "2021-01-07"}</script>'
    story = STORY.replace('<p class="when">', '<p class="date">')
    found = [(one.value, one.rule) for one in listed(page(story, head))["published"]]
    assert found == [("2021-01-07", "json-ld"), ("2021-01-08", "class:date"), ("2021-01-08", "text-date")]


def test_selectors_of_a_profile_that_find_nothing_or_no_date() -> None:
    profile = Profile(title=".headline", published=".words", author=".author", valid_from=date(2020, 1, 1))
    found = listed(page(STORY), ANY.model_copy(update={"profile": (profile,)}))
    missed = "no element of this page has it, or an empty one"
    rules = {one.rule: one.refused for some in found.values() for one in some if one.rule.startswith("profile:")}
    assert rules == {
        "profile:.headline": missed,
        "profile:.words": "no date can be read in it",
        "profile:.author": missed,
    }


def test_authors_who_are_nobody() -> None:
    head = '<meta name="author" content="admin">'
    found = listed(page(STORY.replace("</h1>", '</h1><p class="author">Trường Đại học Thử nghiệm</p>'), head))["author"]
    assert chosen(found) is None
    assert refusals(found) == {"admin": "nobody's name", "Trường Đại học Thử nghiệm": "the site's own name"}


def test_titles_that_are_not_believed() -> None:
    found = listed(page(STORY + "<h5>Liên kết nhanh</h5>", '<meta property="og:title" content="Trang chủ">'))["title"]
    taken = chosen(found)
    assert taken is not None
    assert (taken.value, taken.selector) == ("Thông báo nghỉ học chiều thứ Sáu", "h1")
    assert "2.5 are needed" in refusals(found)["Liên kết nhanh"]


def test_a_wider_box_for_what_is_missing_in_the_text() -> None:
    story = STORY.replace("</div>", '</div><table class="bang"><tr><td>K61</td></tr></table>')
    bodies = listed(page(f'<div class="outer">{story}</div>'))["body"]
    taken = chosen(bodies)
    assert taken is not None
    assert taken.selector == "div.words"
    assert [(one.rule, one.selector) for one in bodies if one.refused] == [("wider-box", "div.outer")]


def test_pages_without_article_have_fewer_fields() -> None:
    assert list(listed(page("<h1>Một tiêu đề không có bài</h1>"))) == ["title"]
    assert listed(page("")) == {"title": ()}
    missing = page(STORY)
    assert listed(Page(missing.url, NOW, 404, {}, missing.body)) == {}


def test_half_a_surrogate_pair_is_left_out() -> None:
    told = {"@type": "NewsArticle", "headline": "Thông báo nghỉ học chiều thứ Sáu \ud83d", "author": "Lan \udfff Anh"}
    found = listed(page(STORY, f'<script type="application/ld+json">{json.dumps(told)}</script>'))
    assert (found["title"][0].value, found["title"][0].rule) == ("Thông báo nghỉ học chiều thứ Sáu", "json-ld")
    assert found["author"][0].value == "Lan Anh"


def test_a_hostile_page_has_candidates() -> None:
    deep = "<div class='a'>" * 3000 + STORY + "</div>" * 3000
    dates = "".join("<li></li><li>04/01/2020</li>" for _ in range(500))
    taken = chosen(listed(page(f"{deep}<ul class='lich'>{dates}</ul>"))["published"])
    assert taken is not None
    assert taken.value == "2021-01-08"


@pytest.mark.parametrize(
    ("html", "selector"),
    [
        ("<p>Mở đầu</p><p class='x ngay'>A</p>", "p.x"),
        ("<p class='x'>Mở đầu</p><p class='x' id='ngay'>A</p>", "#ngay"),
        ("<p class='x'></p><p class='x'>A</p>", "p.x"),  # a profile passes over what says nothing
        (
            "<p class='x'><br></p><p>Mở đầu</p><p class='post-12' id='dnn_ctr44_lblNgayDang'>A</p>",
            '[id$="_lblNgayDang"]',
        ),
        ("<p>Mở đầu</p><div class='tin'><b>B</b><p>A</p></div>", "div.tin p"),
        ("<div class='duong'><a>B</a><a>A</a></div>", "div.duong a:last-child"),
        ("<div class='tin'>B</div><div class='tin'><p>A</p></div>", None),
        ("<div class='p-1'><p>B</p></div><div class='p-2'><p>A</p></div>", None),
        ("<p class='bo x'>Bỏ đi</p><p class='x'>A</p>", "p.x"),
    ],
)
def test_selectors(html: str, selector: str | None) -> None:
    soup = parse(page(html)).soup
    removed = frozenset(map(id, soup.select(".bo")))
    tag = next(tag for tag in soup.select("p, a") if tag.get_text() == "A")
    assert isinstance(tag, Tag)
    assert Selectors(soup, removed).of(tag) == selector
    if selector:
        matches = [found for found in soup.select(selector) if id(found) not in removed and found.get_text().strip()]
        assert matches[0] is tag
