"""Attached documents: fetched under the site's rules, read in another process, found with their article, told apart."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from newsdesk import WORDS, crawl, list_page, opened, settings_for, site_of, tratin
from paper import docx, paragraph, pdf
from webserver import Answer, WebServer

from crawler.settings import Settings
from webapp import create_app

PDF = "application/pdf"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
LISTED = "Danh sách thí sinh trúng tuyển nguyện vọng bổ sung ngành hải dương học."
FORM = "Mẫu đơn đăng ký ở ký túc xá dành cho tân sinh viên diện chính sách."


def article(*links: str) -> str:
    listed = "".join(f'<li><a href="{link}">Tệp {link}</a></li>' for link in links)
    return (
        "<html><body><h1>Thông báo số 1 của nhà trường</h1><p class='date'>08/01/2021 09:30</p>"
        f"<div class='content'><p>{WORDS}</p><p>Xem các tệp sau đây. {WORDS}</p><ul>{listed}</ul></div></body></html>"
    )


@pytest.fixture
def web() -> Iterator[WebServer]:
    files = {
        "/ds.pdf": Answer(pdf(LISTED), kind=PDF),
        "/tai/don.docx": Answer("", 302, headers={"Location": "/kho/don.docx"}),
        "/kho/don.docx": Answer(docx(paragraph(FORM)), kind=DOCX),
        "/anh.pdf": Answer(pdf("1"), kind=PDF),
        "/cam/x.pdf": Answer(pdf(LISTED), kind=PDF),
        "/robots.txt": Answer("User-agent: *\nDisallow: /cam/\n", kind="text/plain"),
    }
    links = ("/ds.pdf", "/tai/don.docx", "/anh.pdf", "/cam/x.pdf", "/mat.pdf", "/so.xlsx", "https://other.vn/a.pdf")
    with WebServer({"/": Answer(list_page("/tin-1.html")), "/tin-1.html": Answer(article(*links)), **files}) as server:
        yield server


@pytest.fixture
def settings(web: WebServer, tmp_path: Path) -> Settings:
    return settings_for(tmp_path, {"a": site_of(web)})


def search(settings: Settings, query: str) -> list[dict[str, Any]]:
    code, out, errors = tratin(settings, "search", "--json", query)
    assert code == 0, errors
    results: list[dict[str, Any]] = json.loads(out)["results"]
    return results


def test_documents_are_found_with_their_article_and_marked_as_such(settings: Settings, web: WebServer) -> None:
    assert tratin(settings, "crawl")[0] == 0
    (hit,) = search(settings, "hải dương học")
    assert hit["title"] == "Thông báo số 1 của nhà trường"
    assert hit["highlights"]["attachments"] == [
        {
            "url": web.url("/ds.pdf"),
            "title": "Tệp /ds.pdf",
            "passages": [LISTED.replace("hải dương học", "<mark>hải dương học</mark>")],
        }
    ]
    (form,) = search(settings, '"ky tuc xa"')
    assert [told["url"] for told in form["highlights"]["attachments"]] == [web.url("/tai/don.docx")]
    (own,) = search(settings, "hội nghị tổng kết")
    assert own["highlights"]["body"]
    assert own["highlights"]["attachments"] == []


def test_a_phrase_does_not_run_from_the_text_into_a_document(settings: Settings) -> None:
    tratin(settings, "crawl")
    assert search(settings, '"hải dương học mẫu đơn"') == []


def test_they_are_fetched_under_the_rules(settings: Settings, web: WebServer) -> None:
    report = crawl(settings)
    asked = [seen.path for seen in web.seen]
    assert {"/ds.pdf", "/tai/don.docx", "/kho/don.docx", "/anh.pdf"} <= set(asked)
    assert "/cam/x.pdf" not in asked
    assert "/so.xlsx" not in asked
    assert report.attachments == 2
    assert "attachment has no text, perhaps only pictures of pages" in report.refused
    assert "robots.txt" in report.refused
    assert report.failures == 0


def test_what_has_not_changed_is_not_read_again_and_what_has_is(settings: Settings, web: WebServer) -> None:
    assert tratin(settings, "crawl")[0] == 0
    with opened(settings) as (store, _), store.transaction():
        before = store.sequence()
        store._database.execute("UPDATE page SET visit_after = '2000-01-01' WHERE kind = 'attachment'")
    web.routes["/ds.pdf"] = Answer(pdf("Danh sách đã sửa: ngành thiên văn học."), kind=PDF)
    assert tratin(settings, "crawl")[0] == 0
    with opened(settings) as (store, _):
        assert store.sequence() == before + 1
    assert len(search(settings, "thiên văn")) == 1
    assert search(settings, "hải dương") == []


def test_what_is_no_longer_linked_is_no_longer_found(settings: Settings, web: WebServer) -> None:
    assert tratin(settings, "crawl")[0] == 0
    with opened(settings) as (store, _), store.transaction():
        store._database.execute("UPDATE page SET visit_after = '2000-01-01' WHERE kind = 'article'")
    web.routes["/tin-1.html"] = Answer(article("/tai/don.docx"))
    assert tratin(settings, "crawl")[0] == 0
    assert search(settings, "hải dương") == []
    assert len(search(settings, "ký túc xá")) == 1


def test_it_can_be_switched_off(web: WebServer, tmp_path: Path) -> None:
    settings = settings_for(tmp_path, {"a": site_of(web)}, attachments="false")
    assert crawl(settings).attachments == 0
    assert not {seen.path for seen in web.seen} & {"/ds.pdf", "/kho/don.docx"}


def test_the_page_names_the_file(settings: Settings) -> None:
    assert tratin(settings, "crawl")[0] == 0
    page = create_app(settings).test_client().get("/?q=hải dương học").get_data(as_text=True)
    assert "Trong tệp “Tệp /ds.pdf”" in page
    assert "<mark>hải dương học</mark>" in page
