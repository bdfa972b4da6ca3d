"""A redesign between two crawls, by the real commands: it is told, held back, and taken when somebody says so."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from newsdesk import WORDS, article_page, list_page, opened, settings_for, stored, tratin
from webserver import Answer, WebServer

from crawler.settings import Settings

COUNT = 24
PROFILE = """
article = '/tin-\\d+\\.html$'
[[sites.a.profile]]
title = "h1"
published = "p.date"
"""


def redesigned(n: int) -> str:
    """The page of article `n` after a redesign, which has the date where no general rule would look."""
    return (
        f"<html><head><title>Tin số {n}</title></head><body><h1>Tin số {n} của nhà trường</h1>"
        f"<div class='noi-dung'><p>{WORDS}</p><p>Đoạn mới của bài {n}. {WORDS}</p></div>"
        "<div class='footer'><i class='luc'>09/01/2021</i></div></body></html>"
    )


@pytest.fixture
def web() -> Iterator[WebServer]:
    routes = {f"/tin-{n}.html": Answer(article_page(n)) for n in range(1, COUNT + 1)}
    with WebServer({"/": Answer(list_page(*routes)), **routes}) as server:
        yield server


@pytest.fixture
def settings(web: WebServer, tmp_path: Path) -> Settings:
    return settings_for(tmp_path, {"a": f"start = ['{web.url()}']{PROFILE}"})


def again(settings: Settings) -> None:
    """Let so much time pass that every article is due again."""
    with opened(settings) as (store, _), store.transaction():
        store._database.execute("UPDATE page SET visit_after = '2000-01-01' WHERE visit_after IS NOT NULL")


def search(settings: Settings, query: str) -> list[dict[str, Any]]:
    code, out, _ = tratin(settings, "search", "--json", "--size", "100", query)
    assert code == 0
    results: list[dict[str, Any]] = json.loads(out)["results"]
    return results


@pytest.fixture
def drifted(web: WebServer, settings: Settings) -> str:
    """The output of the run that met the redesign."""
    assert tratin(settings, "crawl")[0] == 0
    web.routes |= {f"/tin-{n}.html": Answer(redesigned(n)) for n in range(1, COUNT + 1)}
    web.routes |= {"/": Answer(list_page(*web.routes, "/tin-99.html")), "/tin-99.html": Answer(redesigned(99))}
    again(settings)
    code, out, _ = tratin(settings, "crawl")
    assert code == 3
    return out


def test_a_redesign_is_told_with_the_rule_that_used_to_work(settings: Settings, web: WebServer, drifted: str) -> None:
    assert "published" in drifted
    assert "profile:p.date" in drifted
    assert web.url("/tin-") in drifted
    code, out, _ = tratin(settings, "status")
    assert code == 0
    assert "profile:p.date" in out


@pytest.mark.usefixtures("drifted")
def test_readers_keep_the_last_good_state(settings: Settings) -> None:
    kept = stored(settings)
    assert len(kept) == COUNT  # the new one waits
    assert {one.versions for one in kept.values()} == {1}
    found = search(settings, "hội nghị")
    assert len(found) == COUNT
    assert {hit["published"][:10] for hit in found} == {"2021-01-08"}
    assert search(settings, '"đoạn mới"') == []


def test_the_next_run_still_says_so_and_holds_back(settings: Settings, web: WebServer, drifted: str) -> None:
    web.routes |= {"/": Answer(list_page("/tin-100.html")), "/tin-100.html": Answer(redesigned(100))}
    code, out, _ = tratin(settings, "crawl", "--json")
    assert code == 3
    site = json.loads(out)["sites"]["a"]
    assert (site["new"], site["held"]) == (1, 1)
    assert site["drift"][0]["field"] == "published"
    assert len(stored(settings)) == COUNT
    assert "published" in drifted


@pytest.mark.usefixtures("drifted")
def test_what_is_accepted_is_shown(settings: Settings) -> None:
    code, out, errors = tratin(settings, "site", "accept", "a")
    assert code == 0
    assert f"{COUNT + 1}" in out + errors
    assert tratin(settings, "index")[0] == 0
    assert len(search(settings, '"đoạn mới"')) == COUNT + 1
    assert tratin(settings, "crawl")[0] == 0  # this is how it is now


@pytest.mark.usefixtures("drifted")
def test_a_profile_that_finds_it_again_releases_what_was_held_back(settings: Settings) -> None:
    profiles = settings.file.read_text(encoding="utf-8")
    settings.file.write_text(profiles.replace('"p.date"', '"h1"'), encoding="utf-8")
    assert tratin(settings, "crawl")[0] == 3  # no remedy
    assert len(stored(settings)) == COUNT
    settings.file.write_text(profiles.replace('"p.date"', '".luc"'), encoding="utf-8")
    assert tratin(settings, "crawl")[0] == 0
    kept = stored(settings)
    assert len(kept) == COUNT + 1
    assert {one.article.published for one in kept.values()} == {"2021-01-09"}
    assert len(search(settings, '"đoạn mới"')) == COUNT + 1


@pytest.mark.usefixtures("drifted")
def test_an_index_made_too_early_does_not_break_the_search(settings: Settings) -> None:
    """As when 'tratin index' ran in the middle of the crawl that then held the new article back."""
    with opened(settings) as (store, _), store.transaction():
        store._database.execute("UPDATE article SET versions = 1, sequence = 999 WHERE url LIKE '%tin-99.html'")
    assert tratin(settings, "index")[0] == 0
    with opened(settings) as (store, _), store.transaction():
        store._database.execute("UPDATE article SET versions = 0 WHERE url LIKE '%tin-99.html'")
    assert len(search(settings, "hội nghị")) == COUNT
