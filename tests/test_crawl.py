"""The crawl as a whole, in this process, over real sockets and a real store."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from newsdesk import PATTERN, article_page, crawl, list_page, newsroom, opened, run, settings_for, site_of, stored
from webserver import Answer, Raw, Seen, WebServer

from crawler import patience
from crawler.crawl import COMMON_SITEMAPS, CrawlOptions
from crawler.extract import extract, parse
from crawler.settings import Settings, load
from crawler.settle import Settler, Visit
from crawler.store import Location
from crawler.urls import canonical
from crawler.warc_reader import pages
from webapp.demo.newsroom import SITES, Newsroom, load_articles, settings_toml


@pytest.fixture
def web() -> Iterator[WebServer]:
    with WebServer(newsroom(3)) as server:
        yield server


@pytest.fixture
def settings(web: WebServer, tmp_path: Path) -> Settings:
    return settings_for(tmp_path, {"a": site_of(web)})


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """One attempt an address: the pauses between attempts are tested on their own."""
    monkeypatch.setattr(patience, "ATTEMPTS", 1)


def age(settings: Settings) -> None:
    """Let so much time pass that every article is due again."""
    with opened(settings) as (store, _), store.transaction():
        store._database.execute("UPDATE page SET visit_after = '2000-01-01' WHERE visit_after IS NOT NULL")
        store._database.execute("UPDATE robots SET fetched = '2000-01-01T00:00:00+00:00'")


def articles_of(web: WebServer) -> list[str]:
    return sorted(path for path in web.paths() if path.startswith("/tin-"))


# The sample newsroom


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Newsroom, Settings]]:
    with Newsroom() as running:
        file = tmp_path_factory.mktemp("sample") / "tratin.toml"
        file.write_text(settings_toml(running).replace("delay = 0.05", "delay = 0.0"), encoding="utf-8")
        settings = load(file, {})
        assert run(settings).exit_code(0) == 0
        yield running, settings


def test_all_articles_are_found_once(sample: tuple[Newsroom, Settings]) -> None:
    newsroom_, settings = sample
    expected = {
        canonical(SITES[article.site].path_of(article), newsroom_.sites[article.site]): article
        for article in load_articles()
    }
    with opened(settings) as (store, _):
        kept = {one.article.url: one for one in store.changes(0)}
    assert kept.keys() == expected.keys()
    assert {url: one.article.title for url, one in kept.items()} == {url: a.title for url, a in expected.items()}
    assert {one.versions for one in kept.values()} == {1}


def test_each_address_was_asked_for_once_and_none_that_is_forbidden(sample: tuple[Newsroom, Settings]) -> None:
    asked = Counter((visit.site, visit.path) for visit in sample[0].requests)
    assert max(asked.values()) == 1, asked.most_common(3)
    assert asked["songthao", "/robots.txt"] == asked["phong-dao-tao", "/robots.txt"] == 1
    forbidden = ("/admin/", "/vi/seek/", "/wp-admin/", "/?s=")
    assert [path for _, path in asked if path.startswith(forbidden)] == []
    assert {visit.user_agent.split("/")[0] for visit in sample[0].requests} == {"tratin-demo"}


def test_the_archive_gives_back_what_each_article_was_made_of(sample: tuple[Newsroom, Settings]) -> None:
    settings = sample[1]
    with opened(settings) as (store, archive):
        for kept in store.changes(0):
            location = store.location_of(kept.article.id)
            assert location is not None
            page = archive.read(location)
            assert canonical(page.url) == kept.article.url
            assert extract(parse(page), page, settings.sites[kept.article.site]).article == kept.article


def test_a_second_run_fetches_no_article_again(sample: tuple[Newsroom, Settings]) -> None:
    newsroom_, settings = sample
    before = len(newsroom_.requests)
    report = run(settings)
    again = newsroom_.requests[before:]
    articles = {(article.site, SITES[article.site].path_of(article)) for article in load_articles()}
    assert [visit for visit in again if (visit.site, visit.path) in articles] == []
    assert 0 < len(again) < before / 2
    assert all(site.new == site.changed == 0 for site in report.sites.values())
    assert all(site.not_modified > 0 for site in report.sites.values())


# Articles over time


def test_an_article_that_changes_gets_a_new_version(web: WebServer, settings: Settings) -> None:
    assert crawl(settings).new == 3
    web.routes["/tin-2.html"] = Answer(
        article_page(2, "Bài đã được sửa lại hoàn toàn bởi ban biên tập của nhà trường.")
    )
    age(settings)
    report = crawl(settings)
    assert (report.new, report.changed, report.unchanged) == (0, 1, 2)
    kept = stored(settings)
    assert [kept[f"/tin-{n}.html"].versions for n in (1, 2, 3)] == [1, 2, 1]
    assert "sửa lại" in kept["/tin-2.html"].article.body


def test_an_article_says_that_it_has_not_changed(web: WebServer, settings: Settings) -> None:
    def polite(seen: Seen) -> Answer:
        same = seen.headers.get("If-None-Match") == '"1"' and seen.headers.get("If-Modified-Since") == "then"
        return Answer("" if same else article_page(1), 304 if same else 200, {"ETag": '"1"', "Last-Modified": "then"})

    web.routes["/tin-1.html"] = polite
    crawl(settings)
    age(settings)
    report = crawl(settings)
    assert (report.not_modified, report.changed) == (1, 0)
    assert stored(settings)["/tin-1.html"].status == "live"


@pytest.mark.parametrize(("status", "runs"), [(404, 2), (410, 1)])
def test_an_article_goes_and_comes_back(web: WebServer, settings: Settings, status: int, runs: int) -> None:
    crawl(settings)
    page = web.routes["/tin-1.html"]
    web.routes["/tin-1.html"] = Answer("gone", status)
    for left in reversed(range(runs)):
        age(settings)
        report = crawl(settings)
        assert (report.missing, report.gone) == (1 + len(COMMON_SITEMAPS), int(left == 0))
    kept = stored(settings)["/tin-1.html"]
    assert (kept.status, kept.versions) == ("gone", 1)
    assert "hội nghị" in kept.article.body
    web.routes["/tin-1.html"] = page
    age(settings)
    crawl(settings)
    kept = stored(settings)["/tin-1.html"]
    assert (kept.status, kept.versions) == ("live", 1)


def test_one_404_is_forgiven(web: WebServer, settings: Settings) -> None:
    crawl(settings)
    page = web.routes["/tin-1.html"]
    for answer in (Answer("", 404), page, Answer("", 404)):
        web.routes["/tin-1.html"] = answer
        age(settings)
        crawl(settings)
    assert stored(settings)["/tin-1.html"].status == "live"


def test_an_article_that_moved_is_kept_at_its_new_address_only(web: WebServer, settings: Settings) -> None:
    crawl(settings)
    web.routes |= {"/tin-1.html": Answer("", 301, {"Location": "/tin-9.html"}), "/tin-9.html": Answer(article_page(1))}
    for _ in range(2):
        age(settings)
        crawl(settings)
    kept = stored(settings)
    assert (kept["/tin-1.html"].status, kept["/tin-9.html"].status) == ("gone", "live")


def test_an_article_at_two_addresses_is_gone_when_both_are(web: WebServer, settings: Settings) -> None:
    page = article_page(1).replace("</head>", f'<link rel="canonical" href="{web.url("/tin-1.html")}"></head>')
    web.routes |= {"/": Answer(list_page("/tin-1.html", "/tin-11.html")), "/tin-1.html": Answer(page)}
    web.routes["/tin-11.html"] = Answer(page)
    crawl(settings)
    assert stored(settings).keys() == {"/tin-1.html"}
    for address, status in (("/tin-11.html", "live"), ("/tin-1.html", "gone")):
        web.routes[address] = Answer("", 404)
        for _ in range(2):
            age(settings)
            crawl(settings)
        assert stored(settings)["/tin-1.html"].status == status


def test_a_page_that_shows_no_article_today_is_tried_again(web: WebServer, settings: Settings) -> None:
    web.routes["/tin-1.html"] = Answer("<html><body></body></html>")
    report = crawl(settings)
    assert sum(reason.count for reason in report.no_article.values()) == 1
    web.routes["/tin-1.html"] = Answer(article_page(1))
    assert crawl(settings).new == 0  # not yet
    age(settings)
    assert crawl(settings).new == 1


# What a run looks at again


def test_new_articles_on_a_known_list_are_found(web: WebServer, settings: Settings) -> None:
    crawl(settings)
    web.routes |= {"/": Answer(list_page("/tin-4.html", "/tin-1.html")), "/tin-4.html": Answer(article_page(4))}
    seen = len(web.seen)
    assert crawl(settings).new == 1
    assert [path for path in web.paths()[seen:] if path.startswith("/tin-")] == ["/tin-4.html"]


def test_a_start_page_is_read_in_full_even_where_it_could_be_304(web: WebServer, settings: Settings) -> None:
    """A home page that stays the same may lead to lists that do not."""

    def home(seen: Seen) -> Answer:
        return (
            Answer("", 304) if "If-None-Match" in seen.headers else Answer(list_page("/ds/"), headers={"ETag": '"h"'})
        )

    web.routes |= {"/": home, "/ds/": Answer(list_page("/tin-1.html"))}
    assert crawl(settings).new == 1
    web.routes["/ds/"] = Answer(list_page("/tin-2.html"))
    assert crawl(settings).new == 1


def test_where_a_start_page_leads_is_a_start_page(web: WebServer, settings: Settings) -> None:
    web.routes |= {"/": Answer("", 302, {"Location": "/nhà"}), "/nh%C3%A0": Answer(list_page("/ds/"))}
    web.routes["/ds/"] = Answer(list_page("/tin-1.html"))
    assert crawl(settings).new == 1
    web.routes["/ds/"] = Answer(list_page("/tin-2.html"))
    assert crawl(settings).new == 1


def test_further_pages_of_a_list_are_read_while_there_is_news(web: WebServer, settings: Settings) -> None:
    web.routes |= {"/": Answer(list_page("/p1")), "/p1": Answer(list_page("/tin-1.html", "/p2"))}
    web.routes |= {"/p2": Answer(list_page("/tin-2.html", "/p3")), "/p3": Answer(list_page("/tin-3.html"))}
    assert crawl(settings).new == 3
    crawl(settings)
    assert [web.count(path) for path in ("/p1", "/p2", "/p3")] == [2, 1, 1]
    web.routes |= {"/p1": Answer(list_page("/tin-4.html", "/p2")), "/tin-4.html": Answer(article_page(4))}
    crawl(settings)
    assert [web.count(path) for path in ("/p1", "/p2", "/p3")] == [3, 2, 1]


def test_a_mended_pattern_finds_what_the_old_one_missed(web: WebServer, tmp_path: Path) -> None:
    def polite(seen: Seen) -> Answer:
        return (
            Answer("", 304)
            if "If-None-Match" in seen.headers
            else Answer(list_page("/tin-1.html"), headers={"ETag": "1"})
        )

    web.routes |= {"/": Answer(list_page("/ds/")), "/ds/": polite}
    wrong, right = {"a": site_of(web, rules="article = '/bai-'")}, {"a": site_of(web)}
    assert crawl(settings_for(tmp_path, wrong)).new == 0
    assert crawl(settings_for(tmp_path, wrong)).not_modified == 1
    assert crawl(settings_for(tmp_path, right)).new == 1
    assert crawl(settings_for(tmp_path, right)).not_modified == 1


def test_sitemaps_and_feeds_are_used(web: WebServer, settings: Settings) -> None:
    urls = "".join(f"<url><loc>{web.url(f'/tin-{n}.html')}</loc></url>" for n in (1, 2))
    nested = f"<sitemapindex><sitemap><loc>{web.url('/s2.xml')}</loc></sitemap></sitemapindex>"
    web.routes |= {
        "/robots.txt": Answer(f"Sitemap: {web.url('/s1.xml')}", kind="text/plain"),
        "/": Answer('<html><head><link rel="alternate" type="application/rss+xml" href="/rss"></head></html>'),
        "/s1.xml": Answer(nested, kind="text/xml"),
        "/s2.xml": Answer(f"<urlset>{urls}</urlset>", kind="text/xml"),
        "/rss": Answer("<rss><channel><item><link>/tin-3.html</link></item></channel></rss>", kind="text/xml"),
    }
    assert crawl(settings).new == 3
    assert articles_of(web) == ["/tin-1.html", "/tin-2.html", "/tin-3.html"]


def test_a_sitemap_that_names_a_later_change_makes_an_article_due(web: WebServer, settings: Settings) -> None:
    def entry(modified: str) -> Answer:
        return Answer(f"<urlset><url><loc>{web.url('/tin-1.html')}</loc><lastmod>{modified}</lastmod></url></urlset>")

    web.routes["/sitemap.xml"] = entry("2021-01-01")
    crawl(settings)
    crawl(settings)
    assert web.count("/tin-1.html") == 1
    with opened(settings) as (store, _), store.transaction():
        store._database.execute("UPDATE page SET fetched = '2021-02-01T00:00:00+00:00' WHERE kind = 'article'")
    web.routes["/sitemap.xml"] = entry("2021-03-01")
    crawl(settings)
    assert web.count("/tin-1.html") == 2


def test_since_leaves_out_what_is_older_for_this_run_only(web: WebServer, settings: Settings) -> None:
    dated = "".join(
        f"<url><loc>{web.url(f'/tin-{n}.html')}</loc><lastmod>2021-01-0{n}T00:30:00+07:00</lastmod></url>"
        for n in (1, 2, 3)
    )

    def told(seen: Seen) -> Answer:
        same = "If-None-Match" in seen.headers
        return Answer("" if same else f"<urlset>{dated}</urlset>", 304 if same else 200, {"ETag": '"s"'})

    web.routes |= {"/": Answer(list_page()), "/sitemap.xml": told}
    assert crawl(settings, CrawlOptions(1000, since=date(2021, 1, 2))).new == 2
    assert crawl(settings).new == 1


def test_a_list_that_no_news_leads_to_is_read_again_after_a_day(web: WebServer, settings: Settings) -> None:
    """The start page and the hub below it never change; what is new stands on the list below that."""
    web.routes |= {"/": Answer(list_page("/hub/")), "/hub/": Answer(list_page("/hub/khoa-hoc/"))}
    web.routes["/hub/khoa-hoc/"] = Answer(list_page("/tin-1.html"))
    assert crawl(settings).new == 1
    web.routes["/hub/khoa-hoc/"] = Answer(list_page("/tin-2.html"))
    assert crawl(settings).new == 0  # not yet
    age(settings)
    assert crawl(settings).new == 1


def test_a_list_without_news_is_read_ever_more_seldom(web: WebServer, settings: Settings) -> None:
    web.routes |= {"/": Answer(list_page("/hub/")), "/hub/": Answer(list_page("/hub/cu/"))}
    web.routes["/hub/cu/"] = Answer(list_page("/tin-1.html"))
    waits = []
    for _ in range(4):
        crawl(settings)
        with opened(settings) as (store, _):
            page = store.frontier.get(web.url("/hub/cu/"))
            assert page is not None
            assert page.visit_after is not None
            waits.append((datetime.fromisoformat(page.visit_after) - datetime.now(UTC)).total_seconds() / 86_400)
        age(settings)
    assert [round(days) for days in waits] == [1, 1, 2, 4]


def test_a_sitemap_that_calls_everything_changed_is_not_believed(web: WebServer, settings: Settings) -> None:
    web.routes = newsroom(12)
    crawl(settings)
    with opened(settings) as (store, _), store.transaction():
        store._database.execute("UPDATE page SET fetched = '2021-02-01T00:00:00+00:00' WHERE kind = 'article'")

    def entries(changed: int) -> Answer:
        days = {n: "2021-03-01" if n <= changed else "2021-01-01" for n in range(1, 13)}
        told = "".join(
            f"<url><loc>{web.url(f'/tin-{n}.html')}</loc><lastmod>{day}</lastmod></url>" for n, day in days.items()
        )
        return Answer(f"<urlset>{told}</urlset>")

    web.routes["/sitemap.xml"] = entries(7)
    age_sitemaps(settings)
    web.seen.clear()
    report = crawl(settings)
    assert articles_of(web) == []
    assert list(report.refused) == ["lastmod of a sitemap that calls most pages changed"]
    web.routes["/sitemap.xml"] = entries(5)
    crawl(settings)
    assert articles_of(web) == sorted(f"/tin-{n}.html" for n in range(1, 6))


def age_sitemaps(settings: Settings) -> None:
    """Let the usual places of sitemaps be looked at again."""
    with opened(settings) as (store, _), store.transaction():
        store._database.execute("UPDATE page SET visit_after = '2000-01-01', misses = 0 WHERE kind = 'sitemap'")


def test_an_index_of_sitemaps_tells_which_of_them_to_read(web: WebServer, settings: Settings) -> None:
    def index(second: str) -> Answer:
        days = {"/s1.xml": "2021-01-01", "/s2.xml": second}
        told = "".join(
            f"<sitemap><loc>{web.url(path)}</loc><lastmod>{day}</lastmod></sitemap>" for path, day in days.items()
        )
        return Answer(f"<sitemapindex>{told}</sitemapindex>")

    def urls(n: int) -> Answer:
        return Answer(f"<urlset><url><loc>{web.url(f'/tin-{n}.html')}</loc></url></urlset>")

    web.routes |= {
        "/": Answer(list_page()),
        "/sitemap.xml": index("2021-01-01"),
        "/s1.xml": urls(1),
        "/s2.xml": urls(2),
    }
    assert crawl(settings).new == 2
    with opened(settings) as (store, _), store.transaction():
        store._database.execute("UPDATE page SET fetched = '2021-02-01T00:00:00+00:00' WHERE kind = 'sitemap'")
    web.routes |= {"/sitemap.xml": index("2021-03-01"), "/s2.xml": urls(3)}
    assert crawl(settings).new == 1
    assert [web.count(path) for path in ("/sitemap.xml", "/s1.xml", "/s2.xml")] == [2, 1, 2]


def test_since_ends_a_list_where_its_articles_are_older(web: WebServer, settings: Settings) -> None:
    def dated(n: int, day: str) -> Answer:
        return Answer(article_page(n).replace("08/01/2021 09:30", day))

    web.routes = {
        "/": Answer(list_page("/tin-1.html", "/?page=2")), "/tin-1.html": dated(1, "08/03/2021"),
        "/?page=2": Answer(list_page("/tin-2.html", "/?page=3")), "/tin-2.html": dated(2, "08/02/2021"),
        "/?page=3": Answer(list_page("/tin-3.html")), "/tin-3.html": dated(3, "08/01/2021"),
    }  # fmt: skip
    report = crawl(settings, CrawlOptions(1000, since=date(2021, 3, 1)))
    assert report.new == 2
    assert web.count("/?page=3") == 0
    assert [reason for reason in report.refused if "older than --since" in reason]
    assert crawl(settings).new == 1  # it was left out for that run only


def test_a_page_that_goes_on_failing_is_asked_for_ever_more_seldom(web: WebServer, settings: Settings) -> None:
    web.routes["/tin-1.html"] = Answer("", 403)
    waits = []
    for _ in range(4):
        before = web.count("/tin-1.html")
        crawl(settings)
        assert web.count("/tin-1.html") == before + 1
        with opened(settings) as (store, _):
            page = store.frontier.get(web.url("/tin-1.html"))
            assert page is not None
            assert page.visit_after is not None
            waits.append((datetime.fromisoformat(page.visit_after) - datetime.now(UTC)).total_seconds() / 3600)
        age(settings)
    assert [round(hours) for hours in waits] == [0, 1, 2, 4]


def test_a_calendar_without_an_end_is_left_and_named(web: WebServer, tmp_path: Path) -> None:
    def calendar(seen: Seen) -> Answer:
        month = int(seen.path.removeprefix("/lich/"))
        return Answer(list_page(f"/lich/{month + 1}", "/tin-1.html"))

    web.routes |= {f"/lich/{n}": calendar for n in range(40)} | {"/": Answer(list_page("/lich/1", "/tin-1.html"))}
    settings = settings_for(tmp_path, {"a": site_of(web)}, max_barren=6)
    report = crawl(settings)
    assert report.new == 1
    assert [web.count(f"/lich/{n}") for n in (6, 8)] == [1, 0]
    (reason,) = (reason for reason in report.refused if "led to no article" in reason)
    assert reason == f"6 pages in a row like {web.host}/lich/0 led to no article"
    web.seen.clear()
    crawl(settings)
    assert web.count("/lich/8") == 0


def test_pages_too_many_clicks_from_news_are_left_and_named(web: WebServer, tmp_path: Path) -> None:
    names = ["mot", "hai", "ba", "bon", "nam"]
    web.routes = {f"/{name}": Answer(list_page(f"/{names[n + 1]}")) for n, name in enumerate(names[:-1])}
    web.routes |= {"/": Answer(list_page("/mot")), "/nam": Answer(list_page("/tin-1.html"))}
    report = crawl(settings_for(tmp_path, {"a": site_of(web)}, max_depth=3))
    assert [web.count(f"/{name}") for name in names] == [1, 1, 1, 0, 0]
    assert report.refused["more than 3 clicks from news"].examples == [web.url("/bon")]


# Politeness


def test_robots_is_kept_for_a_day(web: WebServer, settings: Settings) -> None:
    web.routes["/robots.txt"] = Answer("User-agent: *\nDisallow: /tin-2")
    crawl(settings)
    web.routes["/robots.txt"] = Answer("")
    assert crawl(settings).new == 0
    assert web.count("/robots.txt") == 1
    age(settings)
    assert crawl(settings).new == 1
    assert web.count("/robots.txt") == 2


def test_robots_is_obeyed(web: WebServer, settings: Settings) -> None:
    web.routes["/robots.txt"] = Answer("User-agent: tratin\nDisallow: /tin-2\n\nUser-agent: *\nDisallow: /")
    report = crawl(settings)
    assert report.new == 2
    assert report.refused["robots.txt"].examples == [web.url("/tin-2.html")]
    assert web.count("/tin-2.html") == 0
    web.routes["/robots.txt"] = Answer("")
    age(settings)
    assert crawl(settings).new == 1


@pytest.mark.usefixtures("impatient")
def test_a_host_whose_robots_file_fails_is_left_alone_and_loses_nothing(web: WebServer, settings: Settings) -> None:
    web.routes["/robots.txt"] = Answer("", 500)
    report = run(settings)
    assert web.paths() == ["/robots.txt"]
    assert report.sites["a"].put_off == {web.host: "robots.txt answers 500"}
    assert report.sites["a"].refused == {}
    assert report.exit_code(100) == 6
    del web.routes["/robots.txt"]
    assert crawl(settings).new == 3


def test_a_crawl_delay_is_kept(web: WebServer, settings: Settings) -> None:
    web.routes["/robots.txt"] = Answer("User-agent: *\nCrawl-delay: 0.1")
    crawl(settings)
    gaps = [after.started - (before.ended or 0) for before, after in pairwise(web.seen)]
    assert len(gaps) >= 5
    assert min(gaps) > 0.09


def test_a_short_retry_after_is_waited_for(web: WebServer, settings: Settings) -> None:
    def busy(seen: Seen) -> Answer:
        first = web.count(seen.path) == 1
        return Answer("", 503, {"Retry-After": "1"}) if first else Answer(article_page(1))

    web.routes["/tin-1.html"] = busy
    report = crawl(settings)
    assert (report.new, report.failures) == (3, 0)
    first, second = (seen for seen in web.seen if seen.path == "/tin-1.html")
    assert 1 <= second.started - first.started < 3
    archived = [page for file in settings.warc_folder.iterdir() for page in pages(file)]
    assert [page.status for page in archived if page.url.endswith("/tin-1.html")] == [503, 200]


@pytest.mark.parametrize("told", ["3600", "date", "9" * 30])
def test_a_long_retry_after_puts_the_host_off(web: WebServer, settings: Settings, told: str) -> None:
    if told == "date":
        told = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    elif len(told) == 30:  # nonsense; what else stands in the header's place must not count
        told = "999999999"
    web.routes["/tin-1.html"] = Answer("", 429, {"Retry-After": told})
    report = crawl(settings)
    assert "Retry-After asks to wait until" in report.put_off[web.host]
    assert report.faults(100)
    assert articles_of(web) == ["/tin-1.html"]
    before = len(web.seen)
    again = crawl(settings)
    assert "Retry-After" in again.put_off[web.host]
    assert len(web.seen) == before
    web.routes["/tin-1.html"] = Answer(article_page(1))
    with opened(settings) as (store, _), store.transaction():
        store._database.execute("UPDATE waiting SET until = '2000-01-01'")
    assert crawl(settings).new == 3


@pytest.mark.parametrize("told", ["\u00b2", "soon", "-5", "Wed, 21 Oct 99999 07:28:00 GMT"])
def test_a_retry_after_of_nonsense_is_passed_over(
    web: WebServer, settings: Settings, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "backoff", lambda attempt, random: 0.01)
    web.routes["/tin-1.html"] = Raw(
        [f"HTTP/1.1 503 Busy\r\nRetry-After: {told}\r\nContent-Length: 0\r\n\r\n".encode("latin-1")]
    )
    report = crawl(settings)
    assert (report.new, report.failures, report.put_off) == (2, 1, {})
    assert web.count("/tin-1.html") == 3


@pytest.mark.usefixtures("impatient")
def test_a_host_that_fails_again_and_again_is_left_alone(web: WebServer, settings: Settings) -> None:
    web.routes = {"/": Answer(list_page(*(f"/tin-{n}.html" for n in range(9))))}
    web.routes |= {f"/tin-{n}.html": Answer("", 500) for n in range(9)}
    report = run(settings)
    site = report.sites["a"]
    assert len(articles_of(web)) == 5
    assert site.put_off == {web.host: "5 failures in a row"}
    assert site.failed["status 500"].count == 5
    assert report.exit_code(100) == 3
    web.routes = newsroom(9)
    assert crawl(settings).new == 9  # nothing was lost


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(("max_failed", "code"), [(49, 3), (50, 0)])
def test_the_share_of_failures_decides(web: WebServer, settings: Settings, max_failed: float, code: int) -> None:
    web.routes |= {f"/tin-{n}.html": Answer("", 500) for n in (1, 2, 3)}
    web.routes |= {path: Answer("") for path in COMMON_SITEMAPS}
    web.routes["/"] = Answer(list_page(*(f"/tin-{n}.html" for n in (1, 2, 3, 4))))
    web.routes["/tin-4.html"] = Answer("", 403)
    report = run(settings)
    assert (report.sites["a"].fetched, report.sites["a"].failures) == (1 + len(COMMON_SITEMAPS), 4)  # half of them
    assert report.exit_code(max_failed) == code


# Limits


def test_max_pages_ends_a_run_and_the_next_one_goes_on(web: WebServer, settings: Settings) -> None:
    web.routes = newsroom(6)
    seen = []
    for _ in range(4):
        before = len(web.seen)
        crawl(settings, CrawlOptions(4))
        seen.append([path for path in web.paths()[before:] if path != "/robots.txt"])
    assert [len(paths) for paths in seen[:2]] == [4, 4]
    assert articles_of(web) == [f"/tin-{n}.html" for n in range(1, 7)]


def test_a_redirect_off_the_site_is_refused(web: WebServer, settings: Settings) -> None:
    with WebServer({"/": Answer("secret")}) as other:
        web.routes["/tin-1.html"] = Answer("", 302, {"Location": other.url()})
        web.routes["/tin-2.html"] = Answer("", 302, {"Location": "http://[::1"})
        report = crawl(settings)
        assert other.seen == []
    assert report.new == 1
    assert report.refused[f"redirect off the site to {other.host}"].count == 1
    assert report.refused["redirect off the site to nowhere"].count == 1


def test_a_start_page_that_leads_off_the_site_has_failed(web: WebServer, settings: Settings) -> None:
    web.routes = {"/": Answer("", 301, {"Location": "https://www.vui.example/"})}
    report = run(settings)
    assert list(report.sites["a"].failed) == ["redirect off the site to www.vui.example"]
    assert report.exit_code(20) == 3


def test_a_start_page_that_is_not_there_has_failed(web: WebServer, settings: Settings) -> None:
    web.routes = {}
    report = run(settings)
    assert list(report.sites["a"].failed) == ["start page answers 404"]
    assert report.exit_code(20) == 3


def test_redirects_in_circles_and_without_end_are_left(web: WebServer, settings: Settings) -> None:
    def onwards(seen: Seen) -> Answer:
        n = int(seen.path.strip("/r")) + 1
        return Answer("", 302, {"Location": f"/r{n}"})

    web.routes |= {f"/r{n}": onwards for n in range(30)}
    web.routes |= {"/x": Answer("", 302, {"Location": "/y"}), "/y": Answer("", 302, {"Location": "/x"})}
    web.routes["/"] = Answer(list_page("/r0", "/x", "/z", "/tin-1.html"))
    web.routes["/z"] = Answer("", 302, {"Location": "/z"})
    report = crawl(settings)
    assert report.new == 1
    assert [web.count(path) for path in ("/x", "/y", "/z", "/r10", "/r11")] == [1, 1, 1, 1, 0]
    assert report.refused["more than 10 redirects"].count == 1


def test_what_is_excluded_is_never_asked_for(web: WebServer, tmp_path: Path) -> None:
    web.routes["/"] = Answer(list_page("/tin-1.html", "/en/tin-2.html", "/en/", "/tin-3.pdf", "/old"))
    web.routes["/old"] = Answer("", 301, {"Location": "/en/x"})
    crawl(settings_for(tmp_path, {"a": site_of(web, rules=f"{PATTERN}\nexclude = '/en/'")}))
    assert [path for path in web.paths() if "/en/" in path or ".pdf" in path] == []
    assert web.count("/tin-1.html") == 1


def test_a_site_without_a_pattern_finds_its_articles_by_their_looks(web: WebServer, tmp_path: Path) -> None:
    web.routes["/"] = Answer(list_page("/tin-1.html", "/tin-2.html", "/p2", "/gioi-thieu"))
    web.routes |= {"/p2": Answer(list_page("/tin-3.html")), "/gioi-thieu": Answer("<h1>Giới thiệu</h1>")}
    settings = settings_for(tmp_path, {"a": site_of(web, rules="")})
    report = crawl(settings)
    assert (report.new, report.no_article) == (3, {})
    assert stored(settings).keys() == {f"/tin-{n}.html" for n in (1, 2, 3)}
    web.routes |= {"/p2": Answer(list_page("/tin-4.html")), "/tin-4.html": Answer(article_page(4))}
    assert crawl(settings).new == 1
    assert max(Counter(articles_of(web)).values()) == 1


def test_what_is_no_html_is_refused(web: WebServer, settings: Settings) -> None:
    web.routes["/tin-1.html"] = Answer(b"%PDF-1.7", kind="application/pdf")
    web.routes["/tin-2.html"] = Answer("<p>" * 20_000)
    report = crawl(settings)
    assert report.new == 1
    assert report.refused["type application/pdf"].count == 1


# Several sites and hosts


def test_two_sites_may_share_a_host(web: WebServer, tmp_path: Path) -> None:
    web.routes = {
        "/": Answer(list_page("/a/", "/b/")),
        "/a/": Answer(list_page("/a/tin-1.html", "/b/tin-2.html", "/b/")),
        "/b/": Answer(list_page("/a/tin-1.html", "/b/tin-2.html", "/b/tin-3.html")),
        "/a/tin-1.html": Answer(article_page(1)),
        "/b/tin-2.html": Answer(article_page(2)),
        "/b/tin-3.html": Answer(article_page(3)),
    }
    sites = {
        "a": f"start = ['{web.url('/a/')}']\narticle = '/a/tin-'",
        "b": f"start = ['{web.url('/b/')}']\narticle = '/b/tin-'",
    }
    run(settings_for(tmp_path, {"a": sites["a"]}))
    assert web.count("/b/") == 1  # as a list of the first site
    web.seen.clear()
    settings = settings_for(tmp_path, sites)
    run(settings)
    assert {path: kept.article.site for path, kept in stored(settings).items()} == {
        "/a/tin-1.html": "a", "/b/tin-2.html": "b", "/b/tin-3.html": "b",
    }  # fmt: skip
    assert web.count("/b/tin-2.html") == 2  # first as a list of the first site, then as what it is
    run(settings)
    assert max(web.count(f"/{site}/tin-{n}.html") for site in "ab" for n in (1, 3)) <= 1
    assert web.count("/b/tin-2.html") == 2
    running = [(seen.started, seen.ended or 0) for seen in web.seen]
    assert all(before[1] <= after[0] for before, after in pairwise(running))


@pytest.mark.usefixtures("impatient")
def test_a_site_with_two_hosts_of_which_one_is_down(web: WebServer, tmp_path: Path) -> None:
    with WebServer() as down:
        pass
    report = run(settings_for(tmp_path, {"a": site_of(web, down)}))
    assert report.sites["a"].new == 3
    assert report.sites["a"].put_off == {down.host: "robots.txt cannot be fetched: connection refused"}
    assert report.exit_code(100) == 3


# What is kept


def test_every_response_is_in_the_archive(web: WebServer, settings: Settings) -> None:
    web.routes["/tin-3.html"] = Answer("", 404)
    crawl(settings)
    with opened(settings) as (store, archive):
        rows = store._database.rows("SELECT url, status, file, offset FROM record")
        for row in rows:
            page = archive.read(Location(row["file"], row["offset"]))
            assert (page.url, page.status) == (row["url"], row["status"])
    recorded = sorted(urlsplit(row["url"]).path for row in rows)
    assert recorded == sorted(path for path in web.paths() if path != "/robots.txt")


def test_a_visit_whose_transaction_fails_is_done_again(
    web: WebServer, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle = Settler._html

    def crash(self: Settler, visit: Visit, *rest: object) -> None:
        settle(self, visit, *rest)  # type: ignore[arg-type]
        if visit.page.url.endswith("/tin-2.html"):
            raise RuntimeError("power cut")

    monkeypatch.setattr(Settler, "_html", crash)
    with pytest.raises(RuntimeError, match="power cut"):
        crawl(settings)
    monkeypatch.undo()
    assert "/tin-2.html" not in stored(settings)
    crawl(settings)
    kept = stored(settings)
    assert kept.keys() == {f"/tin-{n}.html" for n in (1, 2, 3)}
    assert {one.versions for one in kept.values()} == {1}
    assert [web.count(f"/tin-{n}.html") for n in (1, 2, 3)] == [1, 1, 1]  # it was in the archive already
