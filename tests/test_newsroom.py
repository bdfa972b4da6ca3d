"""The sample newsroom over real sockets: what a crawler, a feed reader and a careful client would ask of it."""

import json
import time
import tomllib
import unicodedata
from collections import Counter
from collections.abc import Iterator
from urllib.parse import urljoin, urlsplit

import feedparser
import pytest
import requests
from bs4 import BeautifulSoup
from protego import Protego

from crawler.settings import load
from crawler.urls import canonical, kind_of
from webapp.demo import phong_dao_tao, songthao
from webapp.demo.newsroom import SEARCHES, SITES, Newsroom, load_articles, render, settings_toml

ARTICLES = load_articles()
SITE_IDS = tuple(SITES)
BASE = "http://127.0.0.1:1/"
STARTS = {"songthao": "vi/news/", "phong-dao-tao": ""}
ADMIN = {"songthao": "admin/", "phong-dao-tao": "wp-admin/"}
SEARCH = {"songthao": "vi/seek/?q=sinh+vi%C3%AAn", "phong-dao-tao": "?s=tuy%E1%BB%83n+sinh"}
SITEMAP = {"songthao": "sitemap.xml", "phong-dao-tao": "post-sitemap.xml"}
FEED = {"songthao": "vi/news/rss/", "phong-dao-tao": "feed/"}
EVERY_SITE = pytest.mark.parametrize("site", SITE_IDS)


@pytest.fixture(scope="module")
def newsroom() -> Iterator[Newsroom]:
    with Newsroom() as running:
        yield running


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with requests.Session() as opened:
        yield opened


def addresses(site: str, base: str) -> list[str]:
    return [urljoin(base, SITES[site].path_of(article)) for article in ARTICLES if article.site == site]


def soup_of(session: requests.Session, url: str) -> BeautifulSoup:
    answer = session.get(url, timeout=5)
    assert answer.status_code == 200, url
    return BeautifulSoup(answer.content, "lxml")


def folded(text: str) -> str:
    return songthao.slug_of(text.replace("kĩ", "kỹ"))


# The texts


def test_there_are_enough_articles_split_evenly_over_the_years() -> None:
    counts = Counter(article.site for article in ARTICLES)
    assert len(ARTICLES) >= 44
    assert set(counts) == set(SITE_IDS)
    assert abs(counts["songthao"] - counts["phong-dao-tao"]) <= 2
    assert {article.published.year for article in ARTICLES} == set(range(2018, 2025))


@pytest.mark.parametrize("article", ARTICLES, ids=lambda article: article.slug)
def test_every_article_is_complete(article) -> None:  # type: ignore[no-untyped-def]
    assert article.title
    assert article.lead
    assert article.paragraphs
    assert article.author
    assert article.tags
    assert article.published.utcoffset().total_seconds() == 7 * 3600
    assert unicodedata.is_normalized("NFC", article.text)
    assert 60 <= len(f"{article.lead} {article.text}".split()) <= 450


def test_no_slug_and_no_paragraph_comes_twice() -> None:
    slugs = Counter(article.slug for article in ARTICLES)
    lines = Counter(line for article in ARTICLES for line in (article.lead, *article.paragraphs))
    paths = Counter(f.path for article in ARTICLES for f in (*article.images, *article.attachments))
    assert [text for counter in (slugs, lines, paths) for text, count in counter.items() if count > 1] == []


def test_the_party_conference_of_2020_is_there() -> None:
    title = "Hội nghị tổng kết công tác Đảng năm 2020, triển khai nhiệm vụ năm 2021"
    (article,) = (article for article in ARTICLES if article.title == title)
    assert article.published.isoformat() == "2021-01-08T16:45:00+07:00"
    assert "Đảng ủy" in article.text
    assert "Việt Trì" in article.text


@pytest.mark.parametrize("query", SEARCHES)
def test_every_search_to_try_finds_something(query: str) -> None:
    words = folded(query)
    if query.startswith('"'):
        assert [a for a in ARTICLES if f"-{words}-" in f"-{folded(a.text)}-"]
    else:
        assert [a for a in ARTICLES if set(words.split("-")) <= set(folded(a.text).split("-"))]


# The pages


@EVERY_SITE
def test_every_article_is_served_once_with_its_text(newsroom: Newsroom, session: requests.Session, site: str) -> None:
    urls = addresses(site, newsroom.sites[site])
    assert len(set(urls)) == len(urls)
    for url, article in zip(urls, (a for a in ARTICLES if a.site == site), strict=True):
        answer = session.get(url, timeout=5)
        assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
        page = BeautifulSoup(answer.content, "lxml")
        assert [h.get_text() for h in page.select("h1")] == [article.title]
        text = page.get_text("\n")
        assert all(text.count(line) == 1 for line in article.paragraphs)
        assert article.author in text


@EVERY_SITE
def test_list_pages_lead_to_every_article(newsroom: Newsroom, session: requests.Session, site: str) -> None:
    base = newsroom.sites[site]
    pages, seen, found = [base + STARTS[site]], set(), set()
    wanted = set(addresses(site, base))
    while pages:
        seen.add(url := pages.pop())
        page = soup_of(session, url)
        found |= {urljoin(url, str(a["href"])) for a in page.select("#main article a, .news-item a")} & wanted
        following = {urljoin(url, str(a["href"])) for a in page.select(".pagination a")}
        pages += following - seen - set(pages)
    assert found == wanted
    assert len(seen) > 3


@EVERY_SITE
def test_every_internal_link_answers(newsroom: Newsroom, session: requests.Session, site: str) -> None:
    base = newsroom.sites[site]
    seen, pages = set(), [base]
    while pages:
        url = pages.pop()
        answer = session.get(url, timeout=5)
        assert answer.status_code == 200, url
        if not answer.headers["Content-Type"].startswith("text/html"):
            continue
        page = BeautifulSoup(answer.content, "lxml")
        targets = [str(tag.get("href") or tag.get("src")) for tag in page.select("a[href], img[src], link[href]")]
        links = {urljoin(answer.url, target).partition("#")[0] for target in targets}
        assert all(link.startswith(base) for link in links)
        pages += links - seen
        seen |= links


@EVERY_SITE
def test_sitemap_lists_every_article(newsroom: Newsroom, session: requests.Session, site: str) -> None:
    base = newsroom.sites[site]
    document = BeautifulSoup(session.get(base + SITEMAP[site], timeout=5).content, "xml")
    listed = [loc.get_text() for loc in document.select("url > loc")]
    assert set(addresses(site, base)) <= set(listed)
    assert [session.get(url, timeout=5).status_code for url in listed] == [200] * len(listed)


def test_wordpress_has_an_index_of_sitemaps(newsroom: Newsroom, session: requests.Session) -> None:
    base = newsroom.sites["phong-dao-tao"]
    document = BeautifulSoup(session.get(base + "sitemap_index.xml", timeout=5).content, "xml")
    assert [loc.get_text() for loc in document.select("sitemap > loc")] == [base + "post-sitemap.xml"]


@EVERY_SITE
def test_feed_lists_the_newest(newsroom: Newsroom, session: requests.Session, site: str) -> None:
    base = newsroom.sites[site]
    feed = feedparser.parse(session.get(base + FEED[site], timeout=5).content)
    assert not feed.bozo
    assert [entry.link for entry in feed.entries] == addresses(site, base)[:10]
    assert all(session.get(entry.link, timeout=5).status_code == 200 for entry in feed.entries)
    assert feed.entries[0].published_parsed


@EVERY_SITE
def test_robots_keep_out_of_pages_that_are_there_and_linked(
    newsroom: Newsroom, session: requests.Session, site: str
) -> None:
    base = newsroom.sites[site]
    answer = session.get(base + "robots.txt", timeout=5)
    rules = Protego.parse(answer.text)
    assert answer.headers["Content-Type"].startswith("text/plain")
    page = soup_of(session, base + STARTS[site])
    links = {urljoin(base, str(a["href"])) for a in page.select("a[href]")}
    for closed in (base + ADMIN[site], base + SEARCH[site]):
        assert not rules.can_fetch(closed, "tratin")
        assert closed in links
        assert session.get(closed, timeout=5).status_code == 200
    assert all(rules.can_fetch(url, "tratin") for url in addresses(site, base))
    (sitemap,) = rules.sitemaps
    assert session.get(sitemap, timeout=5).status_code == 200


@EVERY_SITE
def test_pages_that_are_not_there_are_404(newsroom: Newsroom, session: requests.Session, site: str) -> None:
    missing = (
        "khong-co/",
        "vi/news/page-99/",
        "page/99/",
        "vi/news/sinh-vien/x-1.html",
        "2021/01/x/",
        "uploads/x.svg",
        "wp-content/uploads/x.pdf",
        "vi/news/page-0/",
    )
    for path in missing:
        answer = session.get(newsroom.sites[site] + path, timeout=5)
        assert answer.status_code == 404, path
        assert "text/html" in answer.headers["Content-Type"]


def test_pictures_and_documents_are_what_they_say(newsroom: Newsroom, session: requests.Session) -> None:
    for article in ARTICLES:
        base = newsroom.sites[article.site]
        for image in article.images:
            answer = session.get(urljoin(base, image.path), timeout=5)
            assert answer.headers["Content-Type"] == "image/svg+xml"
            assert image.caption in answer.content.decode()
        for attachment in article.attachments:
            answer = session.get(urljoin(base, attachment.path), timeout=5)
            assert answer.headers["Content-Type"] == "application/pdf"
            assert answer.content.startswith(b"%PDF-1.4")
            assert answer.content.endswith(b"%%EOF\n")


def test_nukeviet_markup_is_the_real_ones(newsroom: Newsroom, session: requests.Session) -> None:
    article = next(a for a in ARTICLES if a.published.isoformat().startswith("2021-01-08"))
    page = soup_of(session, urljoin(newsroom.sites["songthao"], songthao.path_of(article)))
    assert page.select_one("span.h5").get_text() == "Thứ sáu - 08/01/2021 16:45"
    assert page.select_one(".breadcrumb li:last-child").get_text() == "Đảng - Đoàn thể"
    assert page.select_one(".hometext").get_text() == article.lead
    assert len(page.select("#news-bodyhtml > p")) == len(article.paragraphs)


def test_wordpress_says_it_to_machines(newsroom: Newsroom, session: requests.Session) -> None:
    article = next(a for a in ARTICLES if a.site == "phong-dao-tao" and a.images)
    page = soup_of(session, urljoin(newsroom.sites["phong-dao-tao"], phong_dao_tao.path_of(article)))
    news, crumbs = json.loads(page.select_one("script[type='application/ld+json']").string)["@graph"]
    assert news["headline"] == article.title
    assert news["datePublished"] == article.published.isoformat() == page.select_one("time.published")["datetime"]
    assert crumbs["itemListElement"][-1]["name"] == article.category
    assert page.select_one("[property='og:title']")["content"] == article.title
    assert [a.get_text() for a in page.select("a[rel='tag']")] == list(article.tags)


# The protocol


@EVERY_SITE
def test_what_a_client_has_is_not_sent_again(newsroom: Newsroom, session: requests.Session, site: str) -> None:
    url = addresses(site, newsroom.sites[site])[0]
    first = session.get(url, timeout=5)
    tag, modified = first.headers["ETag"], first.headers["Last-Modified"]
    for headers, status in (
        ({"If-None-Match": tag}, 304),
        ({"If-None-Match": f'"other", {tag}'}, 304),
        ({"If-None-Match": "*"}, 304),
        ({"If-None-Match": '"other"'}, 200),
        ({"If-Modified-Since": modified}, 304),
        ({"If-Modified-Since": "Mon, 01 Jan 2001 00:00:00 GMT"}, 200),
        ({"If-Modified-Since": "once"}, 200),
        ({"If-None-Match": '"other"', "If-Modified-Since": modified}, 200),
    ):
        answer = session.get(url, headers=headers, timeout=5)
        assert answer.status_code == status, headers
        assert answer.headers["ETag"] == tag
        assert bool(answer.content) == (status == 200)


def test_gzip_and_head(newsroom: Newsroom, session: requests.Session) -> None:
    url = newsroom.sites["songthao"] + "vi/news/"
    packed = session.get(url, timeout=5)
    plain = session.get(url, headers={"Accept-Encoding": "identity"}, timeout=5)
    head = session.head(url, headers={"Accept-Encoding": "identity"}, timeout=5)
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert packed.content == plain.content
    assert head.headers["Content-Length"] == str(len(plain.content))
    assert head.content == b""


def test_old_addresses_move(newsroom: Newsroom, session: requests.Session) -> None:
    base = newsroom.sites["phong-dao-tao"]
    article = next(a for a in ARTICLES if a.site == "phong-dao-tao")
    url = urljoin(base, phong_dao_tao.path_of(article))
    for old in (url.rstrip("/"), f"{base}?p={article.number}"):
        answer = session.get(old, allow_redirects=False, timeout=5)
        assert (answer.status_code, answer.headers["Location"]) == (301, url)
    home = session.get(newsroom.sites["songthao"], allow_redirects=False, timeout=5)
    assert home.headers["Location"] == newsroom.sites["songthao"] + "vi/news/"


def test_visits_are_noted_and_the_doors_close_quickly() -> None:
    with requests.Session() as session:
        with Newsroom() as newsroom:
            url = newsroom.sites["songthao"] + "vi/news/?x=1"
            session.get(url, headers={"User-Agent": "visitor"}, timeout=5)
            session.get(newsroom.sites["phong-dao-tao"] + "none", timeout=5)
            leaving = time.monotonic()
        assert time.monotonic() - leaving < 1
        first, second = newsroom.requests
        assert first[:4] == ("songthao", "/vi/news/?x=1", 200, "visitor")
        assert (second.site, second.status) == ("phong-dao-tao", 404)
        assert first.at <= second.at <= leaving
        with pytest.raises(requests.ConnectionError):
            session.get(url, timeout=5)


def test_a_port_that_is_taken_leaves_nothing_running(newsroom: Newsroom) -> None:
    taken = urlsplit(newsroom.sites["songthao"]).port
    second = Newsroom(ports=(0, taken or 0))
    with pytest.raises(OSError, match="in use"):
        second.__enter__()
    with requests.Session() as session, pytest.raises(requests.ConnectionError):
        session.get(second.sites["songthao"], timeout=5)


@EVERY_SITE
def test_rendering_is_pure(site: str) -> None:
    path = "/" + STARTS[site]
    assert render(site, path, ARTICLES, BASE) == render(site, path, ARTICLES, BASE)
    assert render(site, "/no/such/page", ARTICLES, BASE) is None


# The settings


def test_the_settings_are_accepted_and_tell_articles_from_lists(newsroom: Newsroom, tmp_path) -> None:  # type: ignore[no-untyped-def]
    file = tmp_path / "tratin.toml"
    file.write_text(settings_toml(newsroom), encoding="utf-8")
    settings = load(file, {})
    assert settings.crawler.private_networks
    assert settings.crawler.delay == 0.05
    assert list(settings.sites) == list(SITE_IDS)
    assert not settings.sites["phong-dao-tao"].profile
    assert "profile" in tomllib.loads(file.read_text("utf-8"))["sites"]["songthao"]
    for site in settings.sites.values():
        urls = [canonical(url) for url in addresses(site.id, newsroom.sites[site.id])]
        assert {kind_of(str(url), site) for url in urls} == {"article"}
        assert kind_of(site.start[0], site) == "list"


def test_the_profile_selects_each_part_of_each_page(newsroom: Newsroom, session: requests.Session) -> None:
    (profile,) = tomllib.loads(settings_toml(newsroom))["sites"]["songthao"]["profile"]
    for article in (a for a in ARTICLES if a.site == "songthao"):
        page = soup_of(session, urljoin(newsroom.sites["songthao"], songthao.path_of(article)))
        (title,), (lead,), (author,) = (page.select(profile[key]) for key in ("title", "lead", "author"))
        assert [tag.get_text() for tag in (title, lead, author)] == [article.title, article.lead, article.author]
        assert page.select_one(profile["category"]).get_text() == article.category
        assert [tag.get_text() for tag in page.select(profile["published"])] == [songthao.long_date(article.published)]
        assert len(page.select(profile["body"])) == 1
