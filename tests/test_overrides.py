"""overrides.toml: what staff correct is what every reader gets, whatever the crawler finds later."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import shelf
from click.testing import CliRunner
from conftest import GONE, NOW, RICH, write_settings
from newsdesk import opened, settings_for
from shelf import FETCHED, Shelf, page, url_of

from crawler import overrides
from crawler.article import article_id
from crawler.cli import Context, check, import_
from crawler.errors import ConfigurationError
from crawler.extract_cli import extract
from crawler.readers import Readers
from crawler.reextract import Work, extract_again
from crawler.settings import Settings, load
from crawler.store import Store
from indexer.cli import COMMANDS
from indexer.export import articles, written
from indexer.request import read
from indexer.search import SearchService
from webapp import create_app

TODAY = datetime(2021, 6, 2, 2, 0, tzinfo=UTC)
INDEX = next(command for command in COMMANDS if command.name == "index")
CORRECTED = f"""
[{RICH.id}]
title = "Hội thảo quốc gia về   lưới điện thông minh"
published = 2021-02-03
author = ""
tags = ["lưới điện"]
"""


def told(settings: Settings, text: str) -> Settings:
    settings.overrides_file.write_text(text, encoding="utf-8")
    return settings


def index(settings: Settings, *options: str) -> str:
    done = CliRunner().invoke(INDEX, options, obj=Context(settings.file), catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def found(settings: Settings, query: str) -> list[str]:
    return [hit.stored.article.id for hit in SearchService(settings).search(read({"q": [query]})).hits]


def kept(settings: Settings, article: str) -> dict[str, Any]:
    store = Store(settings.store_file)
    one = store.get(article)
    store.close()
    assert one is not None
    return one.document()


def test_page_api_search_and_export_show_the_corrected_fields(own_settings: Settings) -> None:
    before = kept(own_settings, RICH.id)
    index(told(own_settings, CORRECTED))
    client = create_app(own_settings).test_client()
    shown: dict[str, Any] = client.get(f"/api/v1/articles/{RICH.id}").json or {}
    expected = {"published": "2021-02-03", "published_precision": "day", "published_source": "override"}
    expected |= {"title": "Hội thảo quốc gia về lưới điện thông minh", "author": None, "tags": ["lưới điện"]}
    assert {key: shown[key] for key in expected} == expected
    assert (shown["body"], shown["category"]) == (RICH.body, RICH.category)
    assert shown["changed"] > before["changed"]
    assert shown["content_hash"] != before["content_hash"]
    assert "lưới điện thông minh" in client.get(f"/articles/{RICH.id}").text
    assert found(own_settings, '"lưới điện thông minh"') == [RICH.id]
    assert found(own_settings, 'author:"Nguyễn Thị Lan"') == []
    lines = map(json.loads, "".join(written("jsonl", articles(own_settings, None))).splitlines())
    assert next(line for line in lines if line["id"] == RICH.id)["title"] == expected["title"]


def test_an_entry_that_is_taken_out_brings_back_what_was_extracted(own_settings: Settings) -> None:
    before = kept(own_settings, RICH.id)
    index(told(own_settings, CORRECTED))
    own_settings.overrides_file.unlink()
    assert "indexed 1 articles" in index(own_settings)
    assert kept(own_settings, RICH.id) | {"changed": 0} == before | {"changed": 0}
    assert found(own_settings, 'author:"Nguyễn Thị Lan"') == [RICH.id]


def test_the_index_hears_of_a_correction_once_and_keeps_it_when_rebuilt(own_settings: Settings) -> None:
    told(own_settings, CORRECTED)
    assert ["indexed 1 " in index(own_settings), "indexed 0 " in index(own_settings)] == [True, True]
    index(own_settings, "--rebuild")
    assert found(own_settings, '"lưới điện thông minh"') == [RICH.id]


def test_an_export_that_is_imported_again_changes_nothing_and_another_text_is_corrected_too(
    own_settings: Settings,
) -> None:
    index(told(own_settings, CORRECTED))
    file = own_settings.file.with_name("export.jsonl")
    file.write_text("".join(written("jsonl", articles(own_settings, None))), encoding="utf-8")
    again = CliRunner().invoke(import_, [str(file), "--json"], obj=Context(own_settings.file))
    counts = json.loads(again.output)
    assert (counts["new"], counts["changed"], counts["bad"]) == (0, 0, 0)
    other = replace(RICH, title="Hội thảo về điện", body="Nội dung khác hẳn.")
    file.write_text(json.dumps(other.document(), ensure_ascii=False), encoding="utf-8")
    assert json.loads(CliRunner().invoke(import_, [str(file), "--json"], obj=Context(own_settings.file)).output)[
        "changed"
    ]
    shown = kept(own_settings, RICH.id)
    assert (shown["title"], shown["body"]) == ("Hội thảo quốc gia về lưới điện thông minh", "Nội dung khác hẳn.")
    assert shown["versions"] == 2
    with opened(own_settings) as (store, _):
        document = store._database.one("SELECT document FROM version WHERE article = ? AND number = 2", (RICH.id,))
        assert document is not None
        assert json.loads(document["document"])["title"] == "Hội thảo về điện", "the history has what was extracted"


def test_an_article_that_is_imported_later_is_corrected_at_once(empty_settings: Settings) -> None:
    told(empty_settings, CORRECTED)
    file = empty_settings.file.with_name("one.jsonl")
    file.write_text(json.dumps(RICH.document(), ensure_ascii=False), encoding="utf-8")
    assert CliRunner().invoke(import_, [str(file)], obj=Context(empty_settings.file)).exit_code == 0
    assert kept(empty_settings, RICH.id)["published_source"] == "override"


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Shelf]:
    """Three articles in an archive, of which staff have corrected the first."""
    settings = settings_for(tmp_path, {"vui": shelf.RULES})
    told(settings, f"[{article_id(url_of(0))}]\ntitle = 'Đầu đề do thư viện sửa'\npublished = ''\n")
    with opened(settings) as (store, archive):
        made = Shelf(settings, store, archive)
        made.begin()
        for n in range(3):
            made.visit(n, page(n))
        assert overrides.sync(settings, store, TODAY) == 1
        yield made


def shown(made: Shelf) -> tuple[str, str | None, str | None, int]:
    one = made.article(0)
    assert one is not None
    return one.article.title, one.article.published, one.article.published_source, one.versions


def test_a_new_version_of_the_page_stays_corrected(made: Shelf) -> None:
    assert shown(made) == ("Đầu đề do thư viện sửa", None, None, 1)
    made.visit(0, page(0, paragraphs=9), now=FETCHED + timedelta(days=2))
    assert shown(made) == ("Đầu đề do thư viện sửa", None, None, 2)
    assert "Đoạn 8" in made.article(0).article.body  # type: ignore[union-attr]
    assert overrides.sync(made.settings, made.store, TODAY) == 0


def test_extraction_compares_what_was_extracted_and_leaves_corrections_alone(made: Shelf) -> None:
    with Readers([made.site], 1) as readers:
        rehearsed = extract_again(Work(made.store, made.archive, readers, 1), ["vui"], NOW, rehearse=True)
    assert (rehearsed.pages, rehearsed.changed) == (3, 0)
    settings_for(made.settings.file.parent, {"vui": shelf.RULES.replace("h1.tieu-de", "div p")})
    renewed = Shelf(load(made.settings.file, {}), made.store, made.archive)
    done = CliRunner().invoke(extract, ["--json"], obj=Context(made.settings.file))
    assert json.loads(done.stdout)["effects"]["title"]["count"] == 3
    assert shown(renewed) == ("Đầu đề do thư viện sửa", None, None, 1)


FIELDS = [
    ("published = 2021-01-08", {"published": "2021-01-08", "published_precision": "day"}),
    ("published = 2021-01-08T14:30:00+07:00", {"published": "2021-01-08T14:30:00+07:00"}),
    ("published = 2021-01-08 14:30:00", {"published": "2021-01-08T14:30:00+07:00", "published_precision": "time"}),
    ("published = '2021-01-08T07:30:00Z'", {"published": "2021-01-08T07:30:00+00:00", "published_precision": "time"}),
    ("published = '2021-01-08'", {"published": "2021-01-08", "published_source": "override"}),
    ("published = ''", {"published": None, "published_precision": None, "published_source": None}),
    ("lead = ' '", {"lead": None}),
    ("category = ''", {"category": None}),
    ("tags = []", {"tags": []}),
    ("body = '''\nĐoạn một\ncủa bài.\n\n  Đoạn hai. '''", {"body": "Đoạn một\ncủa bài.\nĐoạn hai."}),
    ("body = ''", {"body": ""}),
    ("title = 'Trươ\u0300ng'", {"title": "Trường"}),
]


@pytest.mark.parametrize(("line", "expected"), FIELDS)
def test_each_form_of_a_field_is_read(own_settings: Settings, line: str, expected: dict[str, Any]) -> None:
    index(told(own_settings, f"[{RICH.id}]\n{line}\n"))
    document = kept(own_settings, RICH.id)
    as_lists = {key: list(value) if isinstance(value, tuple) else value for key, value in document.items()}
    assert {key: as_lists[key] for key in expected} == expected


FAULTS = [
    ("titel = 'x'", "titel: unknown key; did you mean 'title'?"),
    ("zzz = 'x'", "zzz: unknown key; expected one of title, lead"),
    ("title = ''", "title: expected a text that is not empty, found ''"),
    ("title = 5", "title: expected a text that is not empty, found 5"),
    ("published = '08/01/2021'", "published: expected a day (2021-01-08)"),
    ("published = 14:30:00", "published: expected a day"),
    ("published = false", "published: expected a day"),
    ("published = 2201-01-08", "that is not to come"),
    ("published = '9999-12-31T23:59:59-12:00'", "published: expected a day"),
    ("tags = 'một, hai'", "tags: expected a list of texts"),
    ("tags = ['một', '']", "tags: expected a list of texts"),
    (f"body = {'x' * 3000!r}\nlead = 3", "lead: expected a text"),
]


@pytest.mark.parametrize(("line", "message"), FAULTS)
def test_a_fault_is_named_and_the_other_entries_count(
    own_settings: Settings, caplog: pytest.LogCaptureFixture, line: str, message: str
) -> None:
    told(own_settings, f"[{GONE.id}]\nauthor = 'Phòng Tổ chức'\n[{RICH.id}]\n{line}\n")
    index(own_settings)
    assert kept(own_settings, GONE.id)["author"] == "Phòng Tổ chức"
    assert kept(own_settings, RICH.id)["title"] == RICH.title
    named = f"{own_settings.overrides_file}: {RICH.id}: "
    assert [record.getMessage() for record in caplog.records if record.getMessage().startswith(named)]
    with pytest.raises(ConfigurationError) as error:
        overrides.check(own_settings, TODAY)
    assert str(error.value).startswith(named)
    assert message in str(error.value)
    assert len(str(error.value)) < 400


BAD_FILES = ["title = 'x'\n", f"[{'0' * 20}]\nauthor = 'x'\n", "[a\n", f"[{RICH.id}]\n[{RICH.id}]\n", "a = \udc80"]


@pytest.mark.parametrize("text", BAD_FILES)
def test_a_file_that_is_wrong_ends_no_run_and_check_refuses_it(own_settings: Settings, text: str) -> None:
    index(told(own_settings, CORRECTED))
    own_settings.overrides_file.write_bytes(text.encode("utf-8", "surrogateescape"))
    index(own_settings)
    runner = CliRunner().invoke(check, [], obj=Context(own_settings.file))
    assert isinstance(runner.exception, ConfigurationError)
    assert str(runner.exception).startswith(str(own_settings.overrides_file))


def test_what_cannot_be_read_leaves_in_force_what_was_corrected(own_settings: Settings) -> None:
    index(told(own_settings, CORRECTED))
    for text in ("[a\n", f"[{RICH.id}]\ntitle = 7\n"):
        assert "indexed 0 " in index(told(own_settings, text))
        assert kept(own_settings, RICH.id)["published_source"] == "override"


def test_check_tells_how_many_articles_are_corrected_and_needs_no_store(own_settings: Settings, tmp_path: Path) -> None:
    told(own_settings, CORRECTED)
    done = CliRunner().invoke(check, [], obj=Context(own_settings.file), catch_exceptions=False)
    assert "overrides.toml is sound; articles corrected: 1" in done.output
    (tmp_path / "fresh").mkdir()
    fresh = told(write_settings(tmp_path / "fresh"), CORRECTED)
    assert overrides.check(fresh, TODAY) == 1
    assert not fresh.store_file.exists()


def test_the_file_may_have_another_name(tmp_path: Path) -> None:
    (tmp_path / "tratin.toml").write_text("[archive]\noverrides = 'sua/bai.toml'\n", encoding="utf-8")
    assert load(tmp_path / "tratin.toml", {}).overrides_file == tmp_path / "sua" / "bai.toml"
