"""What the benchmark of extraction compares: each reads the pages of a folder once, and tells what that took.

    PYTHON bench/extractors.py tratin|trafilatura|trafilatura-fast FOLDER

Prints JSON: seconds of processor time for all pages, `both` from their bytes to the article. Of `tratin` also `parse`
(BeautifulSoup alone, on text that is decoded) and `extract` (all the rest: the character set, the text that is mended,
the article; but not the collection of garbage, which `both` has). PYTHON has the one that is named; the fast one leaves
out what trafilatura does where its own rules find little.
"""

from __future__ import annotations

import gc
import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from time import process_time

ROOT = "http://bench.example.edu.vn/bai-viet/"
Read = Callable[[str, bytes], dict[str, float]]  # an address and a page: the seconds of each step


def main(name: str, folder: Path) -> None:
    """Read all pages to warm up (trafilatura loads its lists of words in seconds), then again."""
    pages = {f"{ROOT}{file.stem}.html": file.read_bytes() for file in sorted(folder.glob("*.html"))}
    read = _tratin() if name == "tratin" else _trafilatura(fast=name.endswith("-fast"))
    for url, body in pages.items():
        read(url, body)
    total: dict[str, float] = {}
    for url, body in pages.items():
        for step, seconds in read(url, body).items():
            total[step] = total.get(step, 0.0) + seconds
    print(json.dumps(total))


def _tratin() -> Read:
    from bs4 import BeautifulSoup

    from crawler.article import Page
    from crawler.extract import extract, parse
    from crawler.extract.markup import decode
    from crawler.settings import Site

    site = Site(name="Trường Đại học", start=("http://bench.example.edu.vn/",)).model_copy(update={"id": "bench"})
    gc.disable()  # as the process that reads pages does, which collects after each of them
    gc.freeze()

    def read(url: str, body: bytes) -> dict[str, float]:
        page = Page(url, datetime(2026, 11, 1, tzinfo=UTC), 200, {"content-type": "text/html"}, body)
        text, _ = decode(body, "text/html")
        moments = [process_time()]
        soup = BeautifulSoup(text, "lxml")  # only to know its part of what follows
        moments.append(process_time())
        del soup
        gc.collect()
        moments.append(process_time())
        document = parse(page)
        extract(document, page, site)
        moments.append(process_time())
        del document
        gc.collect()
        moments.append(process_time())
        parsed, _, extracted, collected = (end - start for start, end in pairwise(moments))
        return {"parse": parsed, "extract": extracted - parsed, "both": extracted + collected}

    return read


def _trafilatura(*, fast: bool) -> Read:
    from trafilatura import bare_extraction  # type: ignore[import-not-found]

    def read(url: str, body: bytes) -> dict[str, float]:
        started = process_time()
        bare_extraction(body, url=url, with_metadata=True, fast=fast)
        return {"both": process_time() - started}

    return read


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
