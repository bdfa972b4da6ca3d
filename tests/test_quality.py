"""The gate: real pages are read no worse than when the floors were pinned, and never worse than what was promised."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
import quality
from quality import LOWER, MISSING, PAGES, Figures, Floor, complaints, digest, floors, has_peer, measure, pin, token_f1

PROMISED = {"hus": 0.97, "hus-malformed": 0.95}  # token F1 of the text; titles and dates: all
SEEN = Figures(pages=40, titles=40, dates=40, text=0.9754, body=0.9671, words=0.999)
FLOOR = Floor(digest="aa", titles=40, dates=40, text=0.975, body=0.967, words=0.999)

real = pytest.mark.skipif(not PAGES.is_dir(), reason=f"needs the real pages of {PAGES}")
peer = pytest.mark.skipif(not has_peer(), reason=MISSING)
measured = cache(measure)


@real
@pytest.mark.parametrize("corpus", PROMISED)
def test_real_pages_are_read_as_well_as_pinned(corpus: str) -> None:
    assert list(complaints(floors()[corpus], measured(corpus, "tratin"), digest(corpus), corpus)) == []


@real
@pytest.mark.parametrize(("corpus", "least"), PROMISED.items())
def test_no_floor_is_below_what_was_promised(corpus: str, least: float) -> None:
    floor, pages = floors()[corpus], len(list((PAGES / corpus).glob("*.html")))
    assert floor.text >= least
    assert (floor.titles, floor.dates) == (pages, pages)


@real
@peer
@pytest.mark.parametrize(("corpus", "ahead"), [("hus", 0.02), ("hus-malformed", 0.5)])
def test_trafilatura_is_beaten_in_the_same_run(corpus: str, ahead: float) -> None:
    """The margins leave room for a better release: over version 2.3.1 they were .028 and .692."""
    own, peers = measured(corpus, "tratin"), measured(corpus, "trafilatura")
    assert own.body >= peers.body + ahead
    assert own.text >= peers.text
    assert own.dates >= peers.dates
    assert own.titles >= peers.titles


@pytest.mark.parametrize(
    ("one", "other", "score"),
    [
        ("Trường đại học", "trường ĐẠI HỌC!", 1.0),
        ("tru\u031bo\u031b\u0300ng", "trường", 1.0),
        ("a a b", "a b b", 2 / 3),
        ("a b", "", 0.0),
        ("", "", 1.0),
    ],
)
def test_token_f1(one: str, other: str, score: float) -> None:
    assert token_f1(one, other) == pytest.approx(score)


def test_a_lower_figure_names_the_flag() -> None:
    worse = replace(SEEN, dates=39, body=0.9)
    found = list(complaints(FLOOR, worse, "aa", "hus"))
    assert [("dates 39" in said, "body 0.9" in said) for said in found] == [(True, False), (False, True)]
    assert all(f"{LOWER}=1 python tests/quality.py --pin" in said for said in found)


def test_a_changed_corpus_is_told() -> None:
    (said,) = complaints(FLOOR, SEEN, "bb", "hus")
    assert said.startswith("the files of 'hus' are not those that the floors were pinned on (digest bb, pinned aa)")


def test_floors_rise_freely_and_fall_only_with_the_flag(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quality, "PINNED", tmp_path / "floors.json")
    monkeypatch.setattr(quality, "digest", lambda corpus: f"{corpus}'s")
    assert pin({"hus": SEEN}, lower=False) == []
    assert floors() == {"hus": Floor("hus's", 40, 40, 0.975, 0.967, 0.999)}
    assert pin({"hus": replace(SEEN, text=0.9812)}, lower=False) == []
    assert len(pin({"hus": SEEN}, lower=False)) == 1
    assert floors()["hus"].text == 0.981
    assert pin({"hus": SEEN}, lower=True) == []
    assert floors()["hus"].text == 0.975
