"""The web application over a real archive: the promises of the API, and what the pages show without JavaScript."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from bs4 import BeautifulSoup, Tag
from conftest import ADMISSIONS, CORPUS, DOOMED, GONE, RICH
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

import webapp
from crawler.errors import InputError
from crawler.settings import Settings
from indexer.request import cursor
from indexer.results import SearchRequest
from indexer.search import SearchService
from webapp import create_app
from webapp.server import check_free

ROOT = Path(webapp.__file__).parent
ENGLISH = {"Accept-Language": "en-GB,en;q=0.9"}
API = "/api/v1/search"
BY_ID = {article.id: article for article in CORPUS}


def soup(response: TestResponse) -> BeautifulSoup:
    return BeautifulSoup(response.text, "lxml")


def link(page: BeautifulSoup | Tag, text: str) -> str:
    """The address behind the one link that reads `text`."""
    found = [a["href"] for a in page.find_all("a") if text in " ".join(a.get_text(" ", strip=True).split())]
    assert found, f"no link {text!r}"
    return str(found[0])


def count(page: BeautifulSoup) -> int:
    told = page.select_one(".count strong")
    assert told
    return int(re.sub(r"\D", "", told.text))


def titles(page: BeautifulSoup) -> list[str]:
    return [heading.text for heading in page.select(".hits h2")]


class TestSearchForPrograms:
    def test_has_the_keys_of_the_contract(self, client: FlaskClient) -> None:
        told = client.get(API, query_string={"q": "tuyen sinh", "size": "5"}).json
        assert told
        assert set(told) >= {
            "query", "total", "took_ms", "results", "facets", "suggestion", "links", "next_cursor", "index", "warnings",
        }  # fmt: skip
        assert told["total"] == {"value": len(ADMISSIONS), "relation": "eq"}
        assert len(told["results"]) == 5
        assert set(told["results"][0]) >= {
            "id", "url", "site", "title", "lead", "published", "category", "status", "score", "highlights",
            "archived_url",
        }  # fmt: skip
        assert told["index"]["documents"] == len(CORPUS)

    def test_next_leads_to_every_result_once(self, client: FlaskClient) -> None:
        address: str | None = f"{API}?q=tuyen+sinh&sort=newest&size=7"
        seen: list[str] = []
        while address:
            told: dict[str, Any] = client.get(address).json or {}
            assert told["links"]["self"] == address
            assert (told["links"]["next"] is None) == (told["next_cursor"] is None)
            seen += [result["id"] for result in told["results"]]
            address = told["links"]["next"]
        assert len(seen) == len(ADMISSIONS)
        assert set(seen) == {article.id for article in ADMISSIONS}

    def test_highlights_are_escaped_text_and_marks(self, client: FlaskClient) -> None:
        told = client.get(API, query_string={"q": "ky thuat dien"}).json
        assert told
        hit = next(result for result in told["results"] if result["id"] == RICH.id)
        texts = [hit["highlights"]["title"], *hit["highlights"]["body"]]
        assert any("<mark>" in text for text in texts)
        assert {tag for text in texts for tag in re.findall(r"</?[^>]*>", text)} <= {"<mark>", "</mark>"}
        assert "&lt;2021&gt;" in hit["highlights"]["title"]

    def test_is_utf8_and_not_escaped(self, client: FlaskClient) -> None:
        response = client.get(API, query_string={"q": "hội thảo"})
        assert response.content_type == "application/json"
        assert "Hội thảo khoa học" in response.data.decode()

    def test_answers_nothing_found_with_200(self, client: FlaskClient) -> None:
        response = client.get(API, query_string={"q": "khongcotunaynhuthe"})
        assert response.status_code == 200
        assert response.json
        assert response.json["total"]["value"] == 0
        assert response.json["links"]["next"] is None

    def test_counts_as_the_page_does(self, client: FlaskClient) -> None:
        asked = {"q": "tuyển sinh", "site": "vui", "category": "Thông báo", "from": "2020-03-01", "to": "2020-07-31"}
        told = client.get(API, query_string=asked).json
        assert told
        assert told["total"]["value"] == count(soup(client.get("/", query_string=asked))) > 0

    def test_facets_can_be_left_out(self, client: FlaskClient) -> None:
        told = client.get(API, query_string={"facets": "false"}).json
        assert told
        assert not any(told["facets"].values())


class TestProblems:
    @pytest.mark.parametrize(
        ("path", "status", "params"),
        [
            (f"{API}?size=0", 400, ["size"]),
            (f"{API}?sites=vui&from=8/1/2021&sort=best", 400, ["sites", "from", "sort"]),
            (f"{API}?cursor=rubbish", 400, ["cursor"]),
            (f"{API}?cursor={cursor(SearchRequest(q='a'), 1, 10)}&q=b", 400, ["cursor"]),
            (f"{API}?cursor={cursor(SearchRequest(), 999, 10)}", 410, ["cursor"]),
            (f"{API}?q=a&q=b", 400, ["q"]),
            ("/api/v1/articles/unknown", 404, []),
            ("/api/v1/nothing", 404, []),
            ("/api/", 404, []),
        ],
    )
    def test_have_one_shape(self, client: FlaskClient, path: str, status: int, params: list[str]) -> None:
        response = client.get(path)
        told = json.loads(response.data)
        assert response.status_code == status
        assert response.content_type == "application/problem+json"
        assert list(told) == ["type", "title", "status", "detail", "instance", "errors"]
        assert told["status"] == status
        assert told["instance"] == path
        assert told["detail"]
        assert [fault["param"] for fault in told["errors"]] == params
        assert all(set(fault) == {"param", "code", "detail"} for fault in told["errors"])

    def test_a_wrong_method_is_405_and_names_the_right_ones(self, client: FlaskClient) -> None:
        response = client.post(API)
        assert response.status_code == 405
        assert response.content_type == "application/problem+json"
        assert "GET" in response.headers["Allow"]

    def test_a_damaged_index_is_503(self, own_settings: Settings) -> None:
        for file in own_settings.data.rglob("*"):
            if file.is_file():
                file.write_bytes(b"damaged" * 1000)
        client = create_app(own_settings).test_client()
        response = client.get(API)
        assert response.status_code == 503
        assert response.content_type == "application/problem+json"
        assert "Retry-After" in response.headers
        assert str(own_settings.data) not in response.text
        assert client.get("/").status_code == 503
        assert "tạm nghỉ" in client.get("/").text
        assert client.get("/healthz").status_code == 200

    def test_a_bug_is_500_without_its_trace(
        self, client: FlaskClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        monkeypatch.setattr(SearchService, "search", lambda _service, _request: None)
        response = client.get(API)
        assert response.status_code == 500
        assert response.content_type == "application/problem+json"
        assert "Traceback" not in response.text
        assert "NoneType" not in response.text
        assert "NoneType" in caplog.text
        page = client.get("/", headers=ENGLISH)
        assert page.status_code == 500
        assert "Something went wrong" in page.text

    def test_people_get_a_page(self, client: FlaskClient) -> None:
        response = client.get("/khong-co")
        assert response.status_code == 404
        assert response.mimetype == "text/html"
        assert "Không có trang này" in response.text


class TestArticleForPrograms:
    def test_is_the_stored_article(self, client: FlaskClient) -> None:
        told = client.get(f"/api/v1/articles/{RICH.id}").json
        assert told
        assert {key: told[key] for key in RICH.document()} == json.loads(json.dumps(RICH.document()))
        assert told["status"] == "live"
        assert told["versions"] == 1
        assert told["content_hash"] == RICH.content_hash

    def test_tells_that_it_is_gone(self, client: FlaskClient) -> None:
        told = client.get(f"/api/v1/articles/{GONE.id}").json
        assert told
        assert told["status"] == "gone"


class TestSearchPage:
    def test_greets_with_the_newest_articles(self, client: FlaskClient) -> None:
        page = soup(client.get("/"))
        assert count(page) == len(CORPUS)
        dated = sorted((article for article in CORPUS if article.day), key=lambda article: str(article.day))
        assert titles(page)[0] == dated[-1].title
        assert "Bài mới nhất" in page.text
        assert "Liên quan nhất" not in page.text
        assert page.select_one("input#q")["autofocus"] == ""  # type: ignore[index]

    def test_shows_marked_results(self, client: FlaskClient) -> None:
        page = soup(client.get("/", query_string={"q": "hoi thao"}))
        hit = page.select_one(".hits li")
        assert hit
        assert {mark.text.lower() for mark in hit.select("mark")} & {"hội thảo", "hội", "thảo"}
        assert "Trường Đại học Công nghiệp Việt Trì" in hit.text
        assert "Thứ Sáu, 8/1/2021" in hit.text

    def test_tells_what_is_gone(self, client: FlaskClient) -> None:
        page = soup(client.get("/", query_string={"q": "nghỉ lễ"}))
        assert page.select_one(".gone").text == "đã gỡ"  # type: ignore[union-attr]

    def test_choosing_facets_keeps_everything_else(self, client: FlaskClient) -> None:
        page = soup(client.get("/?q=tuyen+sinh&sort=oldest&page=2"))
        address = link(page, "Phòng Đào tạo")
        assert address == "/?q=tuyen+sinh&site=phongdaotao&sort=oldest"
        page = soup(client.get(address))
        assert count(page) == 9
        page = soup(client.get(link(page, "Thông báo")))
        assert 0 < count(page) < 9
        both = soup(client.get(link(page, "Trường Đại học Công nghiệp Việt Trì")))
        assert count(both) > count(page)
        without = link(both, "Bỏ lọc: Thông báo")
        assert without == "/?q=tuyen+sinh&site=phongdaotao&site=vui&sort=oldest"
        assert count(soup(client.get(without))) == len(ADMISSIONS)

    def test_facets_promise_what_they_give(self, client: FlaskClient) -> None:
        page = soup(client.get("/?q=tuyen+sinh"))
        choices = page.select(".choices a")
        assert len(choices) >= 6
        for choice in choices:
            promised = int(choice.select_one(".number").text)  # type: ignore[union-attr]
            assert count(soup(client.get(str(choice["href"])))) == promised

    def test_a_year_sets_its_days_and_is_left_again(self, client: FlaskClient) -> None:
        page = soup(client.get("/?q=tuyen+sinh"))
        address = link(page, "2020")
        assert address == "/?q=tuyen+sinh&from=2020-01-01&to=2020-12-31"
        page = soup(client.get(address))
        assert "Năm 2020" in page.select_one(".chips").text  # type: ignore[union-attr]
        assert link(page, "2020") == "/?q=tuyen+sinh"

    def test_the_form_sends_what_is_chosen(self, client: FlaskClient) -> None:
        page = soup(client.get("/?q=tuyen+sinh&site=vui&category=Th%C3%B4ng+b%C3%A1o&sort=newest&from=2020-02-01"))
        sent = {
            (field["name"], field.get("value"))
            for field in page.find_all("input")
            if field.get("form") == "search" or field.find_parent("form", id="search")
        }
        assert sent == {
            ("q", "tuyen sinh"), ("site", "vui"), ("category", "Thông báo"), ("sort", "newest"),
            ("from", "2020-02-01"), ("to", ""), ("author", ""),
        }  # fmt: skip
        response = client.get("/?q=tuyen+sinh&from=&to=&author=")
        assert count(soup(response)) == len(ADMISSIONS)

    def test_every_page_is_reached_and_holds_its_part(self, client: FlaskClient) -> None:
        address: str | None = "/?q=tuyen+sinh&size=7"
        seen: list[str] = []
        while address:
            page = soup(client.get(address))
            seen += titles(page)
            after = page.select_one(".pages a[rel=next]")
            address = str(after["href"]) if after else None
        assert sorted(seen) == sorted(article.title for article in ADMISSIONS)

    def test_the_last_page_is_linked_from_the_first(self, client: FlaskClient) -> None:
        page = soup(client.get("/?q=tuyen+sinh"))
        last = page.select(".pages li:not(.step) a")[-1]
        assert last.text == "3"
        assert len(titles(soup(client.get(str(last["href"]))))) == 9

    @pytest.mark.parametrize("number", ["4", "1000000"])
    def test_a_page_too_far_leads_back(self, client: FlaskClient, number: str) -> None:
        response = client.get("/", query_string={"q": "tuyen sinh", "page": number})
        assert response.status_code == 200
        assert "Kết quả chỉ có 3 trang." in response.text
        assert link(soup(response), "Đến trang cuối") == "/?q=tuyen+sinh&page=3"

    def test_nothing_found_offers_ways_out(self, client: FlaskClient) -> None:
        page = soup(client.get("/?q=hoi+thao&site=phongdaotao&from=2020-01-01"))
        assert "Không tìm thấy bài nào" in page.text
        assert count(soup(client.get(link(page, "bỏ tất cả bộ lọc")))) == 1
        assert link(page, "không lọc “Phòng Đào tạo”") == "/?q=hoi+thao&from=2020-01-01"

    def test_an_empty_archive_says_so(self, empty_settings: Settings) -> None:
        response = create_app(empty_settings).test_client().get("/")
        assert response.status_code == 200
        assert "Kho tin chưa có bài nào" in response.text

    @pytest.mark.parametrize(
        ("query", "told"),
        [
            ("from=8/1/2021", "“Từ ngày” chưa đúng"),
            ("to=x", "“Đến ngày” chưa đúng"),
            ("page=0", "“page”"),
            ("page=-1", "“page”"),
            ("page=99999999999999999999", "“page”"),
            ("sort=best", "“sort”"),
            ("lang=fr", "“lang”"),
            ("foo=1", "“foo”"),
            ("cursor=x", "“cursor”"),
            ("q=" + "a" * 1001, "quá dài"),
        ],
    )
    def test_a_bad_parameter_is_told_in_the_page(self, client: FlaskClient, query: str, told: str) -> None:
        response = client.get(f"/?{query}")
        assert response.status_code == 400
        assert response.mimetype == "text/html"
        assert told in response.text

    def test_what_social_networks_add_is_ignored(self, client: FlaskClient) -> None:
        response = client.get("/?q=hoi+thao&fbclid=abc&utm_source=zalo")
        assert response.status_code == 200
        assert "fbclid" not in "".join(str(a["href"]) for a in soup(response).select("main a"))

    def test_a_query_that_is_half_understood_says_so(self, client: FlaskClient) -> None:
        page = soup(client.get("/", query_string={"q": 'hội thảo (khoa học "'}))
        assert count(page) == 1
        assert "Một phần câu tìm không hiểu được" in page.select_one(".notice").text  # type: ignore[union-attr]

    def test_a_query_cannot_write_html(self, client: FlaskClient) -> None:
        text = client.get("/", query_string={"q": '"><script>alert(1)</script>'}).text
        assert "<script" not in text


class TestArticlePage:
    def test_shows_what_is_known(self, client: FlaskClient) -> None:
        page = soup(client.get(f"/articles/{RICH.id}"))
        assert page.h1
        assert page.h1.text == RICH.title
        for text in ("Thứ Sáu, 8/1/2021, 23:30", "Nguyễn Thị Lan", "Khoa học", "hội thảo", "Toàn cảnh hội thảo"):
            assert text in page.text
        assert page.text.count(str(RICH.lead)) == 1
        original = page.select_one(".original a")
        assert original
        assert original["href"] == RICH.url
        assert original["rel"] == ["noopener", "noreferrer"]
        assert [text.get_text() for text in page.select(".text p:not(.lead)")][-1] == "Bế mạc lúc 17 giờ."

    def test_is_safe(self, client: FlaskClient) -> None:
        response = client.get(f"/articles/{RICH.id}?q=script")
        page = soup(response)
        assert not page.find_all(["script", "img", "iframe"])
        assert not [a for a in page.find_all("a") if str(a["href"]).startswith("javascript:")]
        assert "Đừng bấm" in page.text

    def test_marks_the_words_and_leads_back(self, client: FlaskClient) -> None:
        results = "/?q=hoi+thao&site=vui&sort=newest"
        page = soup(client.get(results))
        page = soup(client.get(link(page, "Hội thảo khoa học")))
        assert page.h1
        assert page.h1.select("mark")
        assert page.h1.text == RICH.title
        assert link(page, "Về kết quả tìm") == results

    def test_comes_through_a_bad_way_back(self, client: FlaskClient) -> None:
        response = client.get(f"/articles/{RICH.id}?page=x&from=y")
        assert response.status_code == 200
        assert link(soup(response), "Về trang tìm") == "/"

    def test_tells_what_is_gone_and_what_is_unknown(self, client: FlaskClient) -> None:
        assert "đã được gỡ khỏi trang gốc" in client.get(f"/articles/{GONE.id}").text
        assert "không rõ ngày đăng" in client.get(f"/articles/{DOOMED.id}").text

    def test_unknown_is_404(self, client: FlaskClient) -> None:
        assert client.get("/articles/khong-co").status_code == 404


class TestLanguage:
    def test_vietnamese_unless_english_is_asked_for(self, client: FlaskClient) -> None:
        for accepted, expected in [("", "vi"), ("fr", "vi"), ("vi-VN,en;q=0.8", "vi"), ("fr,en-US;q=0.5", "en")]:
            page = soup(client.get("/", headers={"Accept-Language": accepted}))
            assert page.html
            assert page.html["lang"] == expected, accepted

    def test_the_address_wins_and_is_remembered(self, client: FlaskClient) -> None:
        page = soup(client.get("/?q=hoi+thao"))
        assert link(page, "English") == "?q=hoi+thao&lang=en"
        english = client.get("/?q=hoi+thao&lang=en").text
        assert "1 article<" in english
        assert "Friday, 8 January 2021" in english
        assert "Newest articles" in client.get("/").text
        assert "Bài mới nhất" in client.get("/?lang=vi").text
        assert "Bài mới nhất" in client.get("/", headers=ENGLISH).text

    def test_caches_are_told(self, client: FlaskClient) -> None:
        assert {"Accept-Language", "Cookie"} <= set(client.get("/").vary)

    def test_the_compiled_catalog_is_that_of_the_source(self) -> None:
        with (ROOT / "translations/en/LC_MESSAGES/messages.mo").open("rb") as file:
            compiled = read_mo(file)
        assert texts(compiled) == texts(english()), "run: pybabel compile -d webapp/translations"

    def test_every_text_has_an_english_translation(self) -> None:
        methods = [("**.py", "python"), ("templates/**.html", "jinja2")]
        used = {
            message if isinstance(message, str) else tuple(message)
            for _, _, message, _, _ in extract_from_dir(ROOT, method_map=methods)
        }
        catalog = english()
        known = {named for named, translations in texts(catalog).items() if all(translations)}
        assert len(used) > 60
        assert used - known == set()
        assert known - used == set()
        assert not [message.id for message in catalog if message.id and message.check()]


def texts(catalog: Catalog) -> dict[str | tuple[str, ...], tuple[str, ...]]:
    """The translations of each text, which is a tuple where it has a plural."""

    def plain(text: Any) -> Any:
        return text if isinstance(text, str) else tuple(text)

    return {
        plain(message.id): (message.string,) if isinstance(message.string, str) else tuple(map(str, message.string))
        for message in catalog
        if message.id
    }


def english() -> Catalog:
    with (ROOT / "translations/en/LC_MESSAGES/messages.po").open("rb") as file:
        return read_po(file, locale="en")


class TestEveryResponse:
    @pytest.mark.parametrize(
        "path",
        [
            "/",
            "/?q=zzz",
            "/?from=x",
            "/khong-co",
            f"/articles/{RICH.id}",
            API,
            "/api/x",
            "/healthz",
            "/static/tratin.css",
        ],
    )
    def test_is_guarded(self, client: FlaskClient, path: str) -> None:
        response = client.get(path, buffered=True)
        policy = response.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Referrer-Policy"]
        if response.mimetype == "text/html":
            page = soup(response)
            assert not page.find_all("style")
            assert not page.find_all(style=True)
            assert not page.find_all("script", src=False)
            assert len(page.find_all("h1")) == 1
            own = [str(tag.get("src") or tag["href"]) for tag in page.select("link[href], script[src], img[src]")]
            assert all(address.startswith("/") for address in own)

    def test_costs_little(self) -> None:
        assets = [file for file in (ROOT / "static").rglob("*") if file.suffix in {".css", ".js"}]
        assert sum(file.stat().st_size for file in assets) < 25_000

    def test_alive(self, client: FlaskClient) -> None:
        told = client.get("/healthz").json
        assert told
        assert told["status"] == "ok"
        assert told["version"]


class TestServer:
    def test_a_port_in_use_is_named(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as other:
            port = other.getsockname()[1]
            with pytest.raises(InputError, match=rf"127\.0\.0\.1 port {port}.*webapp\.port"):
                check_free("127.0.0.1", port)

    def test_a_foreign_address_is_named(self) -> None:
        with pytest.raises(InputError, match=r"203\.0\.113\.1"):
            check_free("203.0.113.1", 8000)

    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
    def test_serves_until_a_signal(self, settings: Settings, number: signal.Signals) -> None:
        port = free_port()
        code = (
            "import sys; from pathlib import Path\n"
            "from crawler.errors import StoppedError; from crawler.settings import Override, load\n"
            "from webapp.server import serve\n"
            f"settings = load(Path({str(settings.file)!r}), {{}}, (Override(('webapp', 'port'), {port}, 'test'),))\n"
            "try: serve(settings, dev=False)\n"
            "except StoppedError as stopped: sys.exit(stopped.exit_code)\n"
        )
        server = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE, text=True)
        try:
            wait_for(lambda: urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz").status == 200)
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{API}?q=tuyen+sinh") as response:
                assert json.load(response)["total"]["value"] == len(ADMISSIONS)
        finally:
            server.send_signal(number)
            told = server.communicate(timeout=20)[1]
        assert server.returncode == 128 + number, told
        assert "Traceback" not in told


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as attempt:
        return int(attempt.getsockname()[1])


def wait_for(done: Callable[[], bool], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while True:
        try:
            if done():
                return
        except OSError:
            pass
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.1)


def test_two_applications_do_not_share(settings: Settings, empty_settings: Settings) -> None:
    full, empty = create_app(settings), create_app(empty_settings)
    assert count(soup(full.test_client().get("/"))) == len(CORPUS)
    assert count(soup(empty.test_client().get("/"))) == 0


def test_a_site_that_is_no_longer_configured_keeps_its_id(settings: Settings) -> None:
    fewer = settings.model_copy(update={"sites": {}})
    assert "vui" in create_app(fewer).test_client().get(f"/articles/{RICH.id}").text
