"""Our own pages of each system, with the traps of each, against gold that was written by hand and not by the program.

`golden/NAME.html` is a page as its system would have made it, `golden/NAME.json` is what a careful editor reads in it.
A field that is not found yet stands in `KNOWN_FAILURES`; it must fail, so that the list can only grow shorter.
"""

from __future__ import annotations

import json
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from quality import read, token_f1

from crawler.article import Article

GOLDEN = Path(__file__).parent / "golden"
NAMES = sorted(file.stem for file in GOLDEN.glob("*.html"))
EXACT = ("title", "published", "published_precision", "author", "category", "tags")
COMPARED = ("lead", "body", "text")  # by token F1
FIELDS = (*EXACT, *COMPARED, "images", "attachments")
LEAST = 0.98  # token F1 on each page

KNOWN_FAILURES: dict[str, set[str]] = {
    "asp-vni": {"category"},
    "dnn-title-element-only": {"category"},
    "react-css-modules": {"body", "lead"},
    "react-styled-components": {"body", "images", "text"},
}


@cache
def gold(name: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))
    return told


@cache
def article(name: str) -> Article | None:
    page, told = (GOLDEN / f"{name}.html").read_bytes(), gold(name)
    return read(page, told["url"], datetime.fromisoformat(told["fetched"]), told["site"])


def minute(published: str | None) -> datetime | date | None:
    """The minute, in whatever zone it is written, or the day: pages show no seconds, machines are told them."""
    if published is None or len(published) == 10:
        return date.fromisoformat(published) if published else None
    return datetime.fromisoformat(published).replace(second=0, microsecond=0)


def files(told: dict[str, Any]) -> list[tuple[str, str]]:
    return [(file["url"], file["title"]) for file in told["attachments"]]


def whole(told: dict[str, Any]) -> str:
    """Lead and body together: where a newsroom does not mark the lead, it is taste where it ends."""
    return "\n".join(filter(None, (told["lead"], told["body"])))


def shown(name: str, field: str) -> tuple[Any, Any]:
    """What was found and what is wanted, in the same shape."""
    found, want = article(name), gold(name)
    assert found is not None, "the page was refused"
    told = json.loads(json.dumps(found.document()))
    if field == "attachments":
        return files(told), files(want)
    if field == "published":
        return minute(told[field]), minute(want[field])
    if field == "text":
        return whole(told), whole(want)
    if field in COMPARED:
        return told[field] or "", want[field] or ""
    return told[field], want[field]


def is_right(name: str, field: str) -> bool:
    found, want = shown(name, field)
    return token_f1(found, want) >= LEAST if field in COMPARED else bool(found == want)


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("name", NAMES)
def test_a_field_of_a_golden_page(name: str, field: str) -> None:
    if field in KNOWN_FAILURES.get(name, ()):
        assert article(name) is None or not is_right(name, field), "it is right now: take it off KNOWN_FAILURES"
        return
    found, want = shown(name, field)
    if field in COMPARED:
        assert token_f1(found, want) >= LEAST, f"found:\n{found}\n\nwanted:\n{want}"
    else:
        assert found == want


def test_the_known_failures_name_pages_and_fields() -> None:
    assert KNOWN_FAILURES.keys() <= set(NAMES)
    assert all(fields and fields <= set(FIELDS) for fields in KNOWN_FAILURES.values())


def test_every_page_has_its_gold() -> None:
    assert sorted(file.stem for file in GOLDEN.glob("*.json")) == NAMES
    assert len(NAMES) >= 14
