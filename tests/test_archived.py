"""The stored copy of a page: its words are there, and nothing of it can run, send, load or frame."""

from __future__ import annotations

from datetime import UTC, datetime
from html import unescape

import pytest
from bs4 import BeautifulSoup
from conftest import made
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from crawler.archive import Archive, Exchange
from crawler.article import Page
from crawler.settings import Settings
from crawler.store import Store
from indexer.update import update
from webapp import create_app
from webapp.archived import SPOKEN, TEXT, inert

HOSTILE = """<!doctype html>
<html><head><base href="https://vui.example.edu.vn/tin/"><title>Tiêu đề</title>
<meta http-equiv="refresh" content="0; url=https://evil.example/"><link rel="stylesheet" href="//evil.example/a.css">
<style>@import "//evil.example/x"</style><script>steal()</script></head>
<body onload="steal()" style="background:url(//evil.example/b)"><!-- <script> -->
<h1 onclick="steal()">Hội nghị &lt;tổng kết&gt;</h1><p style="x">Chiều <b>08/01/2021</b>.</p>
<img src="//evil.example/p.gif" alt="Toàn cảnh" onerror="steal()"><iframe src="//evil.example"></iframe>
<form action="//evil.example"><input name="q">Gửi</form><svg><script>steal()</script></svg>
<a href="javascript:steal()">bấm</a><a href="bai-2.html" target="_top">bài sau</a>
<math><mi xlink:href="javascript:steal()">m</mi></math><object data="x"></object>
<custom-tag onx="1">lạ</custom-tag></body></html>
"""
ARTICLE = made("bai-1.html", title="Hội nghị tổng kết", body="Chiều 08/01/2021.")
FETCHED = datetime(2021, 1, 9, 2, 0, tzinfo=UTC)


def page(html: str) -> Page:
    url = "https://vui.example.edu.vn/tin/bai-1.html"
    return Page(url, FETCHED, 200, {"content-type": "text/html; charset=utf-8"}, html.encode("utf-8", "replace"))


@pytest.fixture
def client(empty_settings: Settings) -> FlaskClient:
    """A client of an archive that holds one crawled article."""
    store, archive = Store(empty_settings.store_file), Archive(empty_settings.warc_folder, "tratin/1.0")
    location = archive.write(Exchange(page(HOSTILE), "OK", (), (("Content-Type", "text/html; charset=utf-8"),)))
    record = store.add_record(ARTICLE.url or "", FETCHED.isoformat(), 200, location)
    store.put(ARTICLE, FETCHED.isoformat(), location=record)
    archive.close()
    update(empty_settings, store)
    store.close()
    return create_app(empty_settings).test_client()


def test_the_search_and_the_article_lead_to_the_copy(client: FlaskClient) -> None:
    found = client.get("/api/v1/search?q=hoi+nghi").get_json()["results"][0]
    assert found["archived_url"] == f"/articles/{ARTICLE.id}/archived"
    assert f'href="{found["archived_url"]}"' in client.get(f"/articles/{ARTICLE.id}").text
    assert client.get(found["archived_url"]).status_code == 200


def test_the_copy_tells_its_day_and_source_and_keeps_the_words(client: FlaskClient) -> None:
    answer = client.get(f"/articles/{ARTICLE.id}/archived", headers={"Accept-Language": "vi"})
    assert "Thứ Bảy, 9/1/2021" in answer.text
    assert "https://vui.example.edu.vn/tin/bai-1.html" in answer.text
    body = BeautifulSoup(answer.text, "lxml").main
    assert body is not None
    assert [body.h1 and body.h1.text, body.b and body.b.text] == ["Hội nghị <tổng kết>", "08/01/2021"]
    assert "[Toàn cảnh]" in body.text
    assert [a.get("href") for a in body.find_all("a")] == [None, "https://vui.example.edu.vn/tin/bai-2.html"]


def test_nothing_of_the_page_is_alive(client: FlaskClient) -> None:
    answer = client.get(f"/articles/{ARTICLE.id}/archived")
    policy = answer.headers["Content-Security-Policy"]
    assert "sandbox" in policy
    assert "default-src 'none'" in policy
    assert "'unsafe-inline'" not in policy
    for told in (
        "steal",
        "javascript:",
        "evil.example",
        "<script",
        "<iframe",
        "<form",
        "<input",
        "<svg",
        "onload",
        "<img",
    ):
        assert told not in answer.text, told


def test_an_article_without_an_archived_page_has_no_copy(app_client: FlaskClient) -> None:
    found = app_client.get("/api/v1/search?q=tuyen+sinh").get_json()["results"][0]
    assert found["archived_url"] is None
    assert app_client.get(f"/articles/{found['id']}/archived").status_code == 404
    assert app_client.get("/articles/khong-co/archived").status_code == 404


@pytest.fixture
def app_client(settings: Settings) -> FlaskClient:
    return create_app(settings).test_client()


TAGS = (
    "p",
    "b",
    "script",
    "svg",
    "a",
    "img",
    "style",
    "template",
    "select",
    "title",
    "textarea",
    "table",
    "plaintext",
    "xmp",
)
ATTRIBUTES = (" href='javascript:x()'", " onclick=x()", " style=x", " src=//evil.example", " title='\"><script>'", "")
PIECES = st.lists(
    st.one_of(
        st.builds("<{}{}>".format, st.sampled_from(TAGS), st.sampled_from(ATTRIBUTES)),
        st.builds("</{}>".format, st.sampled_from(TAGS)),
        st.sampled_from(["<!--", "-->", "&lt;script&gt;", "]]>", "<![CDATA[", "<?php", "chữ", "<", '"', "\x00"]),
    ),
    max_size=30,
)


@given(PIECES)
def test_only_what_is_listed_is_left_of_any_page(pieces: list[str]) -> None:
    left = BeautifulSoup(inert(page("".join(pieces))), "html.parser")
    for element in left.find_all(True):
        assert element.name in TEXT, unescape(str(left))
        assert set(element.attrs) <= SPOKEN | {"href", "rel"}
        assert str(element.get("href", "https:")).startswith(("http:", "https:"))
