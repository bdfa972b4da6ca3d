"""The whole path on a real corpus: import, index, search; beside SQLite FTS5 over the same words in the same run.

    python bench/pipeline.py [--corpus FILE.jsonl.gz] [--articles N]

Each stage is the real command in a process of its own. Prints articles a second, the size of the index and the
largest resident memory of each stage, then the times of the queries; ARCHITECTURE.md keeps the table.
"""

from __future__ import annotations

import argparse
import gzip
import itertools
import json
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crawler.settings import load
from indexer.results import SearchRequest
from indexer.search import SearchService
from indexer.vietnamese import tokenize

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data" / "news" / "vietnews-40k.jsonl.gz"
TRATIN = Path(sys.executable).with_name("tratin")
QUERIES = (
    "hội nghị tổng kết", "hoi nghi tong ket", "đại học", "dai hoc", "tuyển sinh", "tuyen sinh 2021", "học bổng",
    '"hội nghị tổng kết"', '"dai hoc quoc gia"', "nghiên cứu khoa học sinh viên", "bóng đá -\"đội tuyển\"",
    "title:học bổng", "giáo dục OR đào tạo", "công ngh*", "thủ tướng chính phủ", "phòng chống dịch covid-19",
    "an toàn giao thông", "y tế", "kinh tế thị trường", "xuất khẩu gạo",
)  # fmt: skip


@dataclass(frozen=True)
class Stage:
    """What a stage took: seconds of the clock, and the largest resident memory in bytes."""

    seconds: float
    memory: int


def main() -> None:
    """Run the benchmark."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--corpus", type=Path, default=SHARED)
    options.add_argument("--articles", type=int, default=None, help="only the first N")
    chosen = options.parse_args()
    if not chosen.corpus.is_file():
        sys.exit(f"no corpus {chosen.corpus}; name one with --corpus FILE.jsonl.gz, in the shape of 'tratin export'")
    with tempfile.TemporaryDirectory(prefix="tratin-bench-") as name:
        run(Path(name), chosen.corpus, chosen.articles)


def run(folder: Path, corpus: Path, limit: int | None) -> None:
    """Measure in `folder`."""
    with (folder / "corpus.jsonl").open("w", encoding="utf-8") as copy:
        copy.writelines(_lines(corpus, limit))  # not kept: what this process holds counts as its children's memory
    raw = [len(f"{a['title']}{a.get('lead') or ''}{a['body']}".encode()) for a in _articles(folder)]
    count = len(raw)
    _tratin(folder, "init")
    imported = _tratin(folder, "import", "corpus.jsonl")
    indexed = _tratin(folder, "index")
    peer_seconds, peer = _fts5(folder / "peer.sqlite", _articles(folder))
    size = sum(file.stat().st_size for file in _live(folder).iterdir())
    peer_size = (folder / "peer.sqlite").stat().st_size
    print(
        f"{count} articles, {sum(raw) / 1e6:.1f} MB of text, Python {sys.version.split()[0]}, {os.cpu_count()} cores\n"
    )
    print("| stage | articles a second | seconds | resident memory, MB | size, MB |")
    print("|---|---|---|---|---|")
    print(f"| import | {count / imported.seconds:.0f} | {imported.seconds:.1f} | {imported.memory / 1e6:.0f} | "
          f"{(folder / 'data/store.sqlite').stat().st_size / 1e6:.0f} |")  # fmt: skip
    print(f"| index | {count / indexed.seconds:.0f} | {indexed.seconds:.1f} | {indexed.memory / 1e6:.0f} | "
          f"{size / 1e6:.0f} |")  # fmt: skip
    print(f"| SQLite FTS5, the same two term streams | {count / peer_seconds:.0f} | {peer_seconds:.1f} | | "
          f"{peer_size / 1e6:.0f} |")  # fmt: skip
    print(f"\nindex / FTS5: time {indexed.seconds / peer_seconds:.2f}, size {size / peer_size:.2f}\n")
    _queries(folder, peer)


def _lines(corpus: Path, limit: int | None) -> Iterator[str]:
    opener = gzip.open if corpus.suffix == ".gz" else open
    with opener(corpus, "rt", encoding="utf-8") as stream:
        yield from itertools.islice(stream, limit)


def _articles(folder: Path) -> Iterator[dict[str, Any]]:
    with (folder / "corpus.jsonl").open(encoding="utf-8") as stream:
        yield from map(json.loads, stream)


def _tratin(folder: Path, *arguments: str) -> Stage:
    """Run a command in `folder`; its memory is the kernel's own figure for the process."""
    started = time.perf_counter()
    process = subprocess.Popen([TRATIN, *arguments], cwd=folder, stdout=subprocess.DEVNULL)  # noqa: S603
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"tratin {' '.join(arguments)} ended with {process.returncode}")
    return Stage(time.perf_counter() - started, usage.ru_maxrss * 1024)


def _live(folder: Path) -> Path:
    index = folder / "data" / "index"
    return index / (index / "current").read_text().strip()


def _fts5(path: Path, articles: Iterator[dict[str, Any]]) -> tuple[float, sqlite3.Connection]:
    """Index the exact and the folded terms of the same texts, analysed by the product's own analyser, with FTS5."""
    peer = sqlite3.connect(path)
    tokenizer = "unicode61 tokenchars '-./'"
    peer.execute(f"CREATE VIRTUAL TABLE news USING fts5(exact, folded, content='', tokenize=\"{tokenizer}\")")
    started = time.perf_counter()
    with peer:
        peer.executemany("INSERT INTO news (rowid, exact, folded) VALUES (?, ?, ?)", _rows(articles))
    return time.perf_counter() - started, peer


def _rows(articles: Iterator[dict[str, Any]]) -> Iterator[tuple[int, str, str]]:
    for number, article in enumerate(articles):
        tokens = tokenize("\n".join([article["title"], article.get("lead") or "", article["body"]]))
        yield number, " ".join(t.exact for t in tokens), " ".join(t.folded for t in tokens)


def _queries(folder: Path, peer: sqlite3.Connection) -> None:
    """Time the product's full request (total, facets, ten highlighted results), and the peer's top ten of the words."""
    service = SearchService(load(folder / "tratin.toml", {}))
    service.search(SearchRequest(q="khởi động"))
    ours = [_times(lambda q=q: service.search(SearchRequest(q=q))) for q in QUERIES]
    print("| query | articles | ms |\n|---|---|---|")
    for query, took in zip(QUERIES, ours, strict=True):
        print(f"| `{query}` | {service.search(SearchRequest(q=query)).total} | {took * 1000:.0f} |")
    bare = [" ".join(t.folded for t in tokenize(q)) for q in QUERIES if q.replace(" ", "").isalpha()]
    theirs = [_times(lambda q=q: _top_ten(peer, q)) for q in bare]
    print(f"\nfull request: {_summary(ours)}\nFTS5's top ten of the plain queries: {_summary(theirs)}")


def _summary(seconds: list[float]) -> str:
    return f"median {statistics.median(seconds) * 1000:.0f} ms, 95th percentile {_p95(seconds) * 1000:.0f} ms"


def _top_ten(peer: sqlite3.Connection, words: str) -> list[int]:
    sql = "SELECT rowid FROM news WHERE news MATCH ? ORDER BY bm25(news, 1.0, 0.4) LIMIT 10"
    return [row[0] for row in peer.execute(sql, (words,))]


def _times(call: Callable[[], object]) -> float:
    """The median of three calls, in seconds."""
    took = []
    for _ in range(3):
        started = time.perf_counter()
        call()
        took.append(time.perf_counter() - started)
    return statistics.median(took)


def _p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]


if __name__ == "__main__":
    main()
