"""What repeats on most pages of a site is no part of any article: learned in a crawl, mended where it came late."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from newsdesk import list_page, opened, run, settings_for, site_of, stored, tratin
from webserver import Answer, WebServer

from crawler.article import Page
from crawler.extract import extract, parse
from crawler.furniture import KEPT
from crawler.repetition import ENOUGH, mark, repeated
from crawler.settings import Settings, Site
from crawler.store import Store

COUNT = 16
SITE = Site(name="A", start=("https://a.vn/",), article="tin-").model_copy(update={"id": "a"})
APPEAL = "Mọi thắc mắc xin gửi về bộ phận một cửa của nhà trường, tầng một nhà điều hành, giờ hành chính các ngày."
FOLLOW = "Theo dõi trang của nhà trường để nhận bản tin sớm nhất, và giới thiệu bản tin này với bạn bè của mình."
ALIKE = "Kính gửi các khoa, phòng, trung tâm và toàn thể sinh viên của nhà trường đang theo học tại các cơ sở."


def sentences(n: int, count: int = 3) -> list[str]:
    """The paragraphs of article `n`, of which the first is alike in all."""
    return [
        ALIKE,
        *(f"Đoạn {k} của thông báo số {n}: lớp {n * 7 + k} nhận phòng học mới từ tuần sau." for k in range(count)),
    ]


def article(n: int, count: int = 3) -> str:
    """A page with a block of the template amid the text, and one below it, both in nameless elements."""
    first, *rest = (f"<p>{sentence}</p>" for sentence in sentences(n, count))
    return (
        f"<html><head><title>Thông báo {n}</title></head><body><h1>Thông báo số {n} của nhà trường</h1>"
        "<p>08/01/2021</p>"
        f"<div class='x7'>{first}<section><p>{FOLLOW}</p><p>Bấm vào đây!</p></section>{''.join(rest)}"
        f"<table><tr><td>{APPEAL}</td></tr></table></div></body></html>"
    )


def body_of(html: str, furniture: frozenset[int] = frozenset()) -> list[str]:
    page = Page(
        "https://a.vn/tin-1", datetime(2021, 1, 9, tzinfo=UTC), 200, {"content-type": "text/html"}, html.encode()
    )
    found = extract(parse(page), page, SITE, furniture).article
    assert found is not None
    return found.body.splitlines()


KNOWN = frozenset(map(mark, [APPEAL, FOLLOW, "Bấm vào đây!", ALIKE]))


def test_most_texts_must_have_it() -> None:
    texts = [[mark(APPEAL), mark(str(n))] for n in range(ENOUGH)]
    assert repeated(texts) == {mark(APPEAL)}
    assert repeated(texts[1:]) == frozenset()
    assert repeated(texts + [[mark(str(n))] for n in range(ENOUGH // 2)]) == frozenset()


def test_whole_elements_are_left_out_and_paragraphs_amid_others_are_not() -> None:
    assert FOLLOW in body_of(article(1))
    assert APPEAL in body_of(article(1))
    assert body_of(article(1), KNOWN) == sentences(1)


def test_a_longer_block_of_the_template_does_not_pass_for_the_text() -> None:
    block = "".join(f"<p>{FOLLOW} Câu {n}.</p>" for n in range(9))
    html = (
        article(1, 1)
        .replace("<h1>", f"<div><div class='intro'>{block}</div></div><h1>")
        .replace("</table>", f"</table><ul>{block}</ul>")
    )
    known = KNOWN | {mark(f"{FOLLOW} Câu {n}.") for n in range(9)}
    assert body_of(html) != sentences(1, 1)
    assert body_of(html, known) == sentences(1, 1)


def test_where_there_is_nothing_else_it_is_the_text() -> None:
    html = f"<html><body><h1>Thông báo số 1 của trường</h1><p>08/01/2021</p><div><p>{APPEAL}</p></div></body></html>"
    assert body_of(html, KNOWN) == [APPEAL]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store(tmp_path / "store.sqlite")
    yield made
    made.close()


def note(store: Store, numbers: range, line: str | None) -> None:
    """Keep texts of two lines, one of them the article's own."""
    for n in numbers:
        with store.transaction():
            store._database.execute(
                "INSERT OR IGNORE INTO article VALUES (?, NULL, 'a', 'live', '', '', '', 1, ?)", (str(n), n)
            )
        store.furniture.note("a", str(n), [mark(f"riêng {n}"), *([mark(line)] if line else [])])


def test_texts_read_too_early_are_stale_until_they_are_extracted_again(store: Store) -> None:
    note(store, range(ENOUGH - 1), APPEAL)
    assert (store.furniture.of("a"), store.furniture.stale("a")) == (frozenset(), [])
    note(store, range(ENOUGH - 1, ENOUGH), APPEAL)
    assert store.furniture.of("a") == {mark(APPEAL)}
    assert store.furniture.stale("a") == [str(n) for n in range(ENOUGH)]
    store.furniture.refreshed("a")
    note(store, range(ENOUGH, ENOUGH + 5), APPEAL)
    assert store.furniture.stale("a") == []


def test_what_is_known_is_kept_and_another_template_forgets_it(store: Store) -> None:
    note(store, range(KEPT), APPEAL)
    again = Store(store.path)
    assert again.furniture.of("a") == {mark(APPEAL)}
    again.close()
    note(store, range(KEPT, 2 * KEPT), None)
    assert store.furniture.of("a") == frozenset()
    kept = store._database.one("SELECT count(*) AS kept FROM text WHERE stale = 0")
    assert kept is not None
    assert kept["kept"] <= KEPT


@pytest.fixture
def web() -> Iterator[WebServer]:
    routes = {f"/tin-{n}.html": Answer(article(n)) for n in range(1, COUNT + 1)}
    with WebServer({"/": Answer(list_page(*routes)), **routes}) as server:
        yield server


@pytest.fixture
def settings(web: WebServer, tmp_path: Path) -> Settings:
    return settings_for(tmp_path, {"a": site_of(web)})


def test_a_crawl_leaves_it_out_of_all_articles_also_of_those_that_came_first(settings: Settings) -> None:
    assert run(settings).sites["a"].new == COUNT
    bodies = {found.article.title: found.article.body.splitlines() for found in stored(settings).values()}
    assert bodies == {f"Thông báo số {n} của nhà trường": sentences(n) for n in range(1, COUNT + 1)}
    assert {found.versions for found in stored(settings).values()} == {1}
    with opened(settings) as (store, _):
        assert store.furniture.stale("a") == []


def test_nothing_changes_when_the_archive_is_read_again(settings: Settings) -> None:
    run(settings)
    code, out, _ = tratin(settings, "extract", "--dry-run")
    assert (code, out.splitlines()[-1]) == (0, "nothing changes")


def test_an_import_learns_it_as_well(settings: Settings, web: WebServer, tmp_path: Path) -> None:
    run(settings)
    (tmp_path / "other").mkdir()
    other = settings_for(tmp_path / "other", {"a": site_of(web)})
    code, _, _ = tratin(other, "import", *map(str, sorted(settings.warc_folder.iterdir())))
    assert code == 0
    assert {found.article.body for found in stored(other).values()} == {
        found.article.body for found in stored(settings).values()
    }


def test_a_dry_run_knows_what_crawls_have_learned(settings: Settings, web: WebServer) -> None:
    told = ("site", "test", "a", web.url("/tin-1.html"), "--json")
    before = json.loads(tratin(settings, *told)[1])["pages"][0]["finding"]["article"]["body"]
    assert not settings.store_file.exists()
    run(settings)
    after = json.loads(tratin(settings, *told)[1])["pages"][0]["finding"]["article"]["body"]
    assert APPEAL in before.splitlines()
    assert after.splitlines() == sentences(1)
