"""`tratin site test`: what it fetches, what it refuses, what it says, and that it keeps nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from click import unstyle
from click.testing import CliRunner, Result
from webserver import Answer, WebServer

from crawler.cli import Context
from crawler.errors import InputError, NothingFetchedError
from crawler.settings import CrawlerSettings, Profile, Site
from crawler.site_cli import site as site_commands
from crawler.trial import Trial, run
from crawler.trial_report import WIDTH, report

SETTINGS = CrawlerSettings(delay=0, timeout=5, private_networks=True)


def html(inside: str, head: str = "") -> Answer:
    return Answer(f'<!DOCTYPE html><html><head><meta charset="utf-8">{head}</head><body>{inside}</body></html>')


def news(title: str) -> Answer:
    return html(
        f"<h1>{title}</h1><p class='ngay-dang'>Ngày đăng: 08/01/2021</p><div class='noi-dung'><p>Sáng nay, nhà trường "
        f"đã gặp mặt tân sinh viên tại hội trường lớn, theo kế hoạch của năm học mới.</p></div>"
    )


LIST = html(
    """<ul class="menu"><li><a href="/gioi-thieu">Giới thiệu</a></li><li><a href="/lien-he">Liên hệ</a></li></ul>
    <h3><a href="/tin/gap-mat-1.html">Nhà trường gặp mặt tân sinh viên khóa mới</a></h3>
    <h3><a href="/tin/hoi-thao-2.html">Hội thảo khoa học về năng lượng tái tạo</a></h3>
    <a href="/tin/?trang=2">Trang sau</a> <a href="/anh.jpg">Ảnh</a> <a href="http://elsewhere.example/">Bạn</a>
    <a href="javascript:void(0)">In</a>""",
    '<link rel="alternate" type="application/rss+xml" href="/rss">',
)
ABOUT = html("<h1>Giới thiệu chung</h1><p>Trường được thành lập để đào tạo kỹ sư cho các tỉnh trung du.</p>")
ROUTES = {
    "/": LIST,
    "/tin/gap-mat-1.html": news("Nhà trường gặp mặt tân sinh viên khóa mới"),
    "/tin/hoi-thao-2.html": news("Hội thảo khoa học về năng lượng tái tạo"),
    "/gioi-thieu": ABOUT,
    "/lien-he": ABOUT,
}


@pytest.fixture
def web() -> Iterator[WebServer]:
    with WebServer(ROUTES) as server:
        yield server


def newsroom(web: WebServer, **rules: object) -> Site:
    table = {"name": "Trường Thử nghiệm", "start": [web.url()], **rules}
    return Site.model_validate(table).model_copy(update={"id": "thu"})


def test_a_list_page_and_the_first_article_that_it_links(web: WebServer) -> None:
    web.routes["/robots.txt"] = Answer("Sitemap: /so-do.xml\nSitemap: http://127.0.0.1/so-do.xml", kind="text/plain")
    trial = run(SETTINGS, newsroom(web, article=r"-\d+\.html$", exclude="lien-he"))
    assert web.paths() == ["/robots.txt", "/", "/tin/gap-mat-1.html"]
    assert trial.exit_code == 0
    first, second = trial.pages
    assert first.finding is not None
    assert (first.finding.reason, first.finding.feeds) == ("looks like a list page", (web.url("/rss"),))
    assert "http://127.0.0.1/so-do.xml" in first.sitemaps
    links = {link.url.removeprefix(web.url("")): (link.text, link.kind) for link in first.finding.links}
    assert links == {
        "/gioi-thieu": ("Giới thiệu", "list"),
        "/lien-he": ("Liên hệ", "outside"),
        "/tin/gap-mat-1.html": ("Nhà trường gặp mặt tân sinh viên khóa mới", "article"),
        "/tin/hoi-thao-2.html": ("Hội thảo khoa học về năng lượng tái tạo", "article"),
        "/tin/?trang=2": ("Trang sau", "list"),
        "/anh.jpg": ("Ảnh", "outside"),
        "http://elsewhere.example/": ("Bạn", "outside"),
    }
    assert all(link.reason for link in first.finding.links)
    assert second.finding is not None
    assert second.finding.article is not None
    assert second.finding.article.published == "2021-01-08"
    assert second.finding.candidates["published"][0].selector == "p.ngay-dang"


def test_without_a_pattern_links_with_a_headline_are_tried_first(web: WebServer) -> None:
    web.routes["/tin/gap-mat-1.html"] = ABOUT
    trial = run(SETTINGS, newsroom(web))
    assert web.paths() == ["/robots.txt", "/", "/tin/gap-mat-1.html", "/tin/hoi-thao-2.html"]
    assert [page.has_article for page in trial.pages] == [False, False, True]
    assert trial.exit_code == 0


def test_no_more_than_a_few_links_are_tried(web: WebServer) -> None:
    web.routes["/"] = html(
        "".join(f'<a href="/trang-{n}">Một trang không có bài viết nào cả {n}</a>' for n in range(9))
    )
    trial = run(SETTINGS, newsroom(web))
    assert (len(trial.pages), trial.exit_code) == (6, 3)
    assert [page.problem for page in trial.pages[1:]] == ["status 404"] * 5


def test_no_link_to_an_article_is_partial(web: WebServer) -> None:
    trial = run(SETTINGS, newsroom(web, article="/bai-viet/"))
    assert (len(trial.pages), trial.exit_code) == (1, 3)
    assert "No link fits article = '/bai-viet/'" in report(trial)


def test_one_page(web: WebServer) -> None:
    trial = run(SETTINGS, newsroom(web), web.url("/tin/hoi-thao-2.html?utm_source=fb#top"))
    assert web.paths() == ["/robots.txt", "/tin/hoi-thao-2.html"]
    assert (trial.exit_code, trial.pages[0].has_article) == (0, True)
    told = report(trial)
    assert "* Hội thảo khoa học về năng lượng tái tạo" in told
    assert "[[sites.thu.profile]]\n    title = 'h1'\n    body = 'div.noi-dung'\n    published = 'p.ngay-dang'" in told
    assert "Trang sau" not in told


def test_one_page_that_is_no_article_says_why_and_lists_its_links(web: WebServer) -> None:
    trial = run(SETTINGS, newsroom(web), web.url("/"))
    assert trial.exit_code == 0
    told = report(trial)
    assert "article     no: looks like a list page" in told
    assert "Trang sau" in told


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://elsewhere.example/tin", "elsewhere.example"),
        ("/lien-he", "exclude"),
        ("/anh.jpg", ".jpg"),
        ("/khac", "follow"),
        ("ftp://127.0.0.1/tin", "not an http or https address"),
        ("javascript:void(0)", "not an http or https address"),
    ],
)
def test_an_address_outside_the_site(web: WebServer, url: str, why: str) -> None:
    site = newsroom(web, exclude="lien-he", follow="/tin/")
    with pytest.raises(InputError, match=why):
        run(SETTINGS, site, web.url(url) if url.startswith("/") else url)
    assert web.paths() == []


@pytest.mark.parametrize(
    ("robots", "problem"),
    [
        (Answer("User-agent: tratin\nDisallow: /", kind="text/plain"), "robots.txt of its host forbids it to us"),
        (Answer("", 503), "robots.txt answers 503"),
        (Answer("", 302, {"Location": "http://elsewhere.example/robots.txt"}), "elsewhere.example"),
    ],
)
def test_robots(web: WebServer, robots: Answer, problem: str) -> None:
    web.routes["/robots.txt"] = robots
    trial = run(SETTINGS, newsroom(web))
    assert web.paths() == ["/robots.txt"]
    assert trial.exit_code == 6
    assert problem in (trial.pages[0].problem or "")


def moved(target: str) -> Answer:
    return Answer("", 301, {"Location": target})


def test_redirects_are_followed_hop_by_hop(web: WebServer) -> None:
    web.routes |= {"/": moved("/vi"), "/vi": moved("/vi/"), "/vi/": LIST}
    first = run(SETTINGS, newsroom(web)).pages[0]
    assert [(hop.url, hop.status) for hop in first.hops] == [
        (web.url("/"), 301),
        (web.url("/vi"), 301),
        (web.url("/vi/"), 200),
    ]
    assert first.finding is not None


@pytest.mark.parametrize(
    ("target", "problem"),
    [
        ("http://elsewhere.example/", "elsewhere.example"),
        ("http://169.254.169.254/latest", "169.254.169.254"),
        ("/cam/", "robots.txt"),
        ("/bo/", "exclude"),
        ("javascript:void(0)", "no address"),
        ("/", "more than 10 redirects"),
    ],
)
def test_redirects_that_are_not_followed(web: WebServer, target: str, problem: str) -> None:
    web.routes |= {"/": moved(target), "/robots.txt": Answer("User-agent: *\nDisallow: /cam/", kind="text/plain")}
    trial = run(SETTINGS, newsroom(web, exclude="/bo/"))
    assert trial.exit_code == 6
    assert problem in (trial.pages[0].problem or "")
    assert set(web.paths()) == {"/robots.txt", "/"}
    assert web.count("/") == (11 if target == "/" else 1)


def test_private_addresses_are_refused(web: WebServer) -> None:
    trial = run(SETTINGS.model_copy(update={"private_networks": False}), newsroom(web))
    assert (trial.exit_code, web.paths()) == (6, [])
    assert "127.0.0.1" in (trial.pages[0].problem or "")


def test_the_delay_is_kept(web: WebServer) -> None:
    run(SETTINGS.model_copy(update={"delay": 0.2}), newsroom(web, article=r"-\d+\.html$"))
    assert len(web.seen) == 3
    for before, after in zip(web.seen, web.seen[1:], strict=False):
        assert before.ended is not None
        assert after.started - before.started >= 0.19


@pytest.mark.parametrize(
    ("answer", "code", "told"),
    [
        (Answer("", 500), 6, "problem     status 500"),
        (Answer(b"%PDF-1.7", kind="application/pdf"), 0, "no: the type is application/pdf, not HTML"),
        (Answer(b"\xff\xfe\x00<", kind="text/html"), 0, "article     no: no title"),
        (html("<h1>Thông báo</h1><p>Bài này không còn ở đây nữa, mời bạn xem tin khác.</p>"), 0, "counts as 404"),
    ],
)
def test_a_page_without_article(web: WebServer, answer: Answer, code: int, told: str) -> None:
    web.routes["/tin/1"] = answer
    trial = run(SETTINGS, newsroom(web, not_found="không còn ở đây"), web.url("/tin/1"))
    assert trial.exit_code == code
    assert told in report(trial)


def test_a_profile_is_named_with_what_it_removes_and_what_it_misses(web: WebServer) -> None:
    profile = Profile(valid_from=date(2020, 1, 1), title="h1", author=".tac-gia", remove=(".ngay-dang", ".la"))
    site = newsroom(web).model_copy(update={"profile": (profile,)})
    trial = run(SETTINGS, site, web.url("/tin/gap-mat-1.html"))
    told = report(trial)
    assert trial.pages[0].profile == "2020-01-01"
    assert "profile     the one from 2020-01-01 on" in told
    assert "removed     1 by '.ngay-dang'" in told
    assert "removed     0 by '.la'" in told
    assert "profile:.tac-gia; no element of this" in told
    assert "[[sites." not in told


def hostile(web: WebServer) -> Trial:
    links = "".join(f'<a href="/bai-{n}">Một bài \x1b[31m rất dài {"dài " * 30} số {n}</a> ' for n in range(400))
    heads = "".join(f"<h2>Tiêu đề phụ thứ {n} của trang này \u202e \x07</h2>" for n in range(50))
    word = "x" * 500
    web.routes["/"] = html(links)
    web.routes["/bai-0"] = html(f"<h1>{word}</h1>{heads}<p>Ngày đăng: 08/01/2021</p><p>{word}, {'chữ ' * 99}.</p>")
    return run(SETTINGS, newsroom(web))


def test_the_report_fits_a_terminal_whatever_the_page_holds(web: WebServer) -> None:
    told = report(hostile(web))
    assert "\x1b[31m" not in told
    lines = unstyle(told).split("\n")
    assert max(map(len, lines)) <= WIDTH
    assert all(line.isprintable() for line in lines)
    assert len(lines) < 350
    assert "and 200 more: see --json" in told


# The command


def invoke(folder: Path, web: WebServer, *arguments: str, rules: str = "") -> Result:
    file = folder / "tratin.toml"
    file.write_text(
        f'[crawler]\ndelay = 0\nprivate_networks = true\n[sites.thu]\nname = "Thử"\nstart = ["{web.url()}"]\n{rules}',
        encoding="utf-8",
    )
    return CliRunner().invoke(site_commands, ["test", *arguments], obj=Context(file))


def test_the_command_prints_for_people_and_keeps_nothing(web: WebServer, tmp_path: Path) -> None:
    done = invoke(tmp_path, web, "thu", rules=r"article = '-\d+\.html$'")
    assert done.exit_code == 0
    assert "* Nhà trường gặp mặt tân sinh viên khóa mới" in done.stdout
    assert "\x1b" not in done.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["tratin.toml"]


def test_the_command_prints_one_json_document(web: WebServer, tmp_path: Path) -> None:
    done = invoke(tmp_path, web, "thu", web.url("/tin/gap-mat-1.html"), "--json")
    told = json.loads(done.stdout)
    assert (told["site"], told["asked"], told["exit_code"]) == ("thu", web.url("/tin/gap-mat-1.html"), 0)
    (page,) = told["pages"]
    assert (page["url"], page["hops"]) == (told["asked"], [{"url": told["asked"], "status": 200}])
    assert page["finding"]["article"]["title"] == "Nhà trường gặp mặt tân sinh viên khóa mới"
    title = page["finding"]["candidates"]["title"][0]
    assert (title["rule"], title["chosen"], title["refused"], title["selector"]) == ("h1", True, None, "h1")


def test_the_command_says_what_could_not_be_had(web: WebServer, tmp_path: Path) -> None:
    done = invoke(tmp_path, web, "thu", web.url("/khong-co"), "--json")
    assert isinstance(done.exception, NothingFetchedError)
    assert str(done.exception) == f"{web.url('/khong-co')} could not be had: status 404"
    assert json.loads(done.stdout)["pages"][0]["problem"] == "status 404"


def test_the_command_with_an_unknown_site(web: WebServer, tmp_path: Path) -> None:
    done = invoke(tmp_path, web, "thuu")
    assert isinstance(done.exception, InputError)
    assert "did you mean 'thu'?" in str(done.exception)


def test_the_command_ends_with_3_where_no_article_was_found(web: WebServer, tmp_path: Path) -> None:
    assert invoke(tmp_path, web, "thu", rules="article = '/khong-co/'").exit_code == 3
