"""The whole path on real material of `../shared`: a university's pages over HTTP, and thousands of news articles."""

from __future__ import annotations

import gzip
import itertools
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

TRATIN = Path(sys.executable).with_name("tratin")
DATA = Path(__file__).parents[2] / "shared" / "data"
HUS = DATA / "html" / "hus"
NEWS = DATA / "news" / "vietnews-40k.jsonl.gz"
ARTICLES = 3000  # of the 40,000; `make bench` takes them all

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason=f"needs the real pages and articles of {DATA}")


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


def run(folder: Path, *arguments: str) -> str:
    told = {name: value for name, value in os.environ.items() if not name.startswith("TRATIN_")}
    done = subprocess.run(
        [TRATIN, *arguments], cwd=folder, env=told, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def newsroom(tmp_path: Path) -> Iterator[str]:
    """The address of a list page that links the university's 40 articles, and nothing else."""
    pages = tmp_path / "pages"
    pages.mkdir()
    for page in HUS.glob("*.html"):
        (pages / page.name).symlink_to(page)
    links = "".join(f'<li><a href="{page.name}">{page.stem}</a></li>' for page in sorted(HUS.glob("*.html")))
    (pages / "index.html").write_text(f"<html><body><ul>{links}</ul></body></html>", encoding="utf-8")
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(QuietHandler, directory=str(pages))) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()


def test_a_universitys_pages_are_crawled_without_a_profile(newsroom: str, tmp_path: Path) -> None:
    (tmp_path / "tratin.toml").write_text(
        "[crawler]\ndelay = 0\nprivate_networks = true\n"
        f"[sites.hus]\nname = 'Trường Đại học Khoa học Tự nhiên'\nstart = ['{newsroom}']\n",
        encoding="utf-8",
    )
    run(tmp_path, "crawl")
    found = {
        article["url"].rsplit("/", 1)[1]: article for article in map(json.loads, run(tmp_path, "export").splitlines())
    }
    gold = {page["file"]: page for page in json.loads((HUS / "manifest.json").read_text(encoding="utf-8"))}
    assert found.keys() == gold.keys()
    assert [name for name in gold if found[name]["title"] != " ".join(gold[name]["title"].split())] == []
    assert [name for name in gold if (found[name]["published"] or "")[:10] != gold[name]["date"][:10]] == []
    again = json.loads(run(tmp_path, "crawl", "--json"))["sites"]["hus"]
    assert (again["new"], again["changed"], again["unchanged"]) == (0, 0, 0)
    assert again["fetched"] < 10


def test_real_news_is_imported_indexed_and_found_with_and_without_marks(tmp_path: Path) -> None:
    with gzip.open(NEWS, "rt", encoding="utf-8") as stream:
        lines = list(itertools.islice(stream, ARTICLES))
    (tmp_path / "news.jsonl").write_text("".join(lines), encoding="utf-8")
    run(tmp_path, "init")
    assert f"{ARTICLES} new" in run(tmp_path, "import", "news.jsonl")
    run(tmp_path, "index")
    accented, bare = (search(tmp_path, query) for query in ("hội nghị tổng kết", "hoi nghi tong ket"))
    phrase = search(tmp_path, '"hội nghị tổng kết"')
    assert accented["total"] == bare["total"]
    assert accented["index"]["documents"] == ARTICLES
    assert 0 < phrase["total"]["value"] < accented["total"]["value"]
    best = {hit["id"] for hit in accented["results"]}
    assert len(best & {hit["id"] for hit in bare["results"]}) >= 7  # of ten
    assert phrase["total"]["value"] == sum("hội nghị tổng kết" in words(line) for line in lines)


def search(folder: Path, query: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(run(folder, "search", query, "--json"))
    return told


def words(line: str) -> str:
    """The text of an article in the plain form that a phrase without punctuation is found in."""
    article = json.loads(line)
    return "\n".join([article["title"], article["lead"] or "", article["body"]]).lower()
