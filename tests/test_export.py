"""Exports that other programs can read back: JSON Lines, CSV, RIS and BibTeX."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import CORPUS, NOW, RICH, made, write_settings

from crawler.article import StoredArticle
from crawler.settings import Settings
from crawler.store import Store
from indexer.export import COLUMNS, FORMATS, articles, written
from indexer.results import MAX_SIZE, SearchRequest
from indexer.search import SearchService
from indexer.update import update

ODD = made(
    "odd.html",
    title='Giá "sốc": 50% & 3_000$ #1 {A} ~B ^C \\D',
    lead=' =1+1; "hai"\n',
    body='Dòng một,\nDòng "hai"; ba\r\nBốn\u2028năm\n',
    author="Nguyễn Văn A, Trần & Con {B}",
    published="2021-01-07T18:30:00Z",
    published_precision="time",
    category="Tin; tức",
    tags=("một; hai", "ba\nbốn"),
    language="vi",
)
PLAIN = made("plain.html", title="Chỉ có tiêu đề", body="", language=None)
LONELY = made("lonely", id="a b}c%đ", url=None, title="Không địa chỉ")


@pytest.fixture
def odd(tmp_path: Path) -> Iterator[list[StoredArticle]]:
    store = Store(tmp_path / "store.sqlite")
    for article in (ODD, PLAIN, LONELY, RICH):
        store.put(article, NOW)
    yield list(store.changes(0))
    store.close()


def text(form: str, exported: list[StoredArticle]) -> str:
    return "".join(written(form, exported))


def test_jsonl_is_the_documents(odd: list[StoredArticle]) -> None:
    lines = text("jsonl", odd).split("\n")
    assert lines.pop() == ""
    assert [json.loads(line) for line in lines] == [json.loads(json.dumps(one.document())) for one in odd]
    assert "Nguyễn" in lines[0]


def test_csv_reads_back(odd: list[StoredArticle]) -> None:
    told = text("csv", odd)
    assert told.startswith("\ufeffid,url,")
    rows = list(csv.DictReader(io.StringIO(told.removeprefix("\ufeff"), newline="")))
    assert len(rows) == len(odd)
    for row, one in zip(rows, odd, strict=True):
        document = one.document()
        assert tuple(row) == COLUMNS
        assert set(row) == set(document)
        for name in set(COLUMNS) - {"tags", "images", "attachments"}:
            assert row[name] == str(document[name] if document[name] is not None else ""), name
        assert json.loads(row["images"]) == json.loads(json.dumps(document["images"]))
        assert json.loads(row["attachments"]) == json.loads(json.dumps(document["attachments"]))
    assert rows[3]["tags"] == "hội thảo; kỹ thuật"


def records(told: str) -> list[list[tuple[str, str]]]:
    """The tag-value pairs of each RIS record."""
    made: list[list[tuple[str, str]]] = []
    for line in told.split("\r\n"):
        if not line:
            continue
        found = re.fullmatch(r"([A-Z][A-Z0-9])  - ([^\r\n]*)", line)
        assert found, line
        if found[1] == "TY":
            made.append([])
        made[-1].append((found[1], found[2]))
    return made


def test_ris_is_well_formed(odd: list[StoredArticle]) -> None:
    told = records(text("ris", odd))
    assert len(told) == len(odd)
    for record, one in zip(told, odd, strict=True):
        assert record[0] == ("TY", "NEWS")
        assert record[-1] == ("ER", "")
        assert [tag for tag, _ in record].count("ER") == 1
        assert dict(record)["TI"] == " ".join(one.article.title.split())
    first = dict(told[0])
    assert first["DA"] == "2021/01/08"
    assert first["PY"] == "2021"
    assert first["AB"] == '=1+1; "hai"'
    assert [value for tag, value in told[0] if tag == "KW"] == ["một; hai", "ba bốn"]
    assert {"DA", "PY", "AU", "AB", "LA"}.isdisjoint(dict(told[1]))
    assert "UR" not in dict(told[2])


UNESCAPED = {r"\textbackslash{}": "\\", r"\textasciitilde{}": "~", r"\textasciicircum{}": "^"}


def unescaped(value: str) -> str:
    return re.sub(r"\\text[a-z]+\{\}|\\[{}%&#_$]", lambda found: UNESCAPED.get(found[0], found[0][1:]), value)


def entries(told: str) -> list[tuple[str, dict[str, str]]]:
    """The key and fields of each BibTeX entry, braces balanced, one field a line."""
    made = []
    for entry in told.split("\n\n")[:-1]:
        head, *lines, end = entry.split("\n")
        key = re.fullmatch(r"@online\{([A-Za-z0-9:._-]+),", head)
        assert key, head
        assert end == "}"
        fields = [re.fullmatch(r"  ([a-z]+) = \{(.*)\},", line) for line in lines]
        assert all(fields), lines
        bare = re.sub(r"\\[{}]", "", entry)
        assert bare.count("{") == bare.count("}")
        made.append((key[1], {field[1]: field[2] for field in fields if field}))
    return made


def test_bibtex_is_well_formed(odd: list[StoredArticle]) -> None:
    told = entries(text("bibtex", odd))
    assert len(told) == len(odd)
    assert len({key for key, _ in told}) == len(odd)
    _, fields = told[0]
    assert unescaped(fields["title"][1:-1]) == ODD.title
    assert unescaped(fields["author"][1:-1]) == ODD.author
    assert (fields["date"], fields["langid"], fields["url"]) == ("2021-01-08", "vietnamese", ODD.url)
    assert {"date", "langid", "author"}.isdisjoint(told[1][1])
    assert "url" not in told[2][1]


@pytest.mark.parametrize("form", FORMATS)
def test_nothing_is_an_empty_file(form: str) -> None:
    assert text(form, []) == ("\ufeff" + ",".join(COLUMNS) + "\r\n" if form == "csv" else "")


@pytest.mark.parametrize(
    "request_",
    [
        SearchRequest(),
        SearchRequest(q="tuyển sinh", sites=("vui",)),
        SearchRequest(q="tuyển sinh", categories=("Thông báo",), sort="oldest", size=3),
        SearchRequest(q="không có gì như vậy"),
    ],
)
def test_a_narrowed_export_is_what_the_search_finds(settings: Settings, request_: SearchRequest) -> None:
    exported = [one.article.id for one in articles(settings, request_)]
    total = SearchService(settings).search(request_).total
    assert len(exported) == len(set(exported)) == total
    whole = SearchService(settings).search(replace(request_, size=MAX_SIZE))
    assert exported == [hit.stored.article.id for hit in whole.hits]


def test_an_export_of_everything_is_the_store(settings: Settings) -> None:
    assert sorted(one.article.id for one in articles(settings, None)) == sorted(one.id for one in CORPUS)


def test_an_export_of_many_pages_is_whole_though_the_index_changes_meanwhile(tmp_path: Path) -> None:
    settings = write_settings(tmp_path)
    store = Store(settings.data / "store.sqlite")
    for number in range(MAX_SIZE * 2 + 5):
        store.put(made(f"{number:03}", title=f"Tin {number}"), NOW)
    update(settings, store)
    exporting = articles(settings, SearchRequest(q="tin"))
    exported = [next(exporting)]
    store.put(made("more", title="Tin tin tin"), NOW)
    update(settings, store)
    exported += exporting
    assert len({one.article.id for one in exported}) == len(exported) == MAX_SIZE * 2 + 5
    store.close()
