"""What is particular to writing with Whoosh: segments are merged in time, and what is published is never touched."""

from __future__ import annotations

from pathlib import Path

from engines import found, reader_of, stored

from indexer.generations import Generations
from indexer.whoosh_engine.engine import WhooshEngine


def segments(folder: Path) -> int:
    live = Generations(folder).live()
    assert live is not None
    return sum(name.endswith(".trm") for name in live.files)


def test_small_segments_are_merged_and_published_files_never_change(tmp_path: Path) -> None:
    engine = WhooshEngine(tmp_path)
    most = 0
    for number in range(60):
        info = engine.update([stored(f"{number:02}", title="Học")], number)
        most = max(most, segments(tmp_path))
        for kept in range(max(1, info.generation - 2), info.generation + 1):
            fresh = Generations(tmp_path)
            fresh.verify(fresh.get(kept))
    assert 10 <= most <= 20
    assert sorted(found(reader_of(engine), "học")) == [f"{number:02}" for number in range(60)]


def test_a_segment_of_which_nothing_is_left_is_dropped(tmp_path: Path) -> None:
    engine = WhooshEngine(tmp_path)
    for title in ("Một", "Hai", "Ba"):
        engine.update([stored(str(number), title=title) for number in range(5)], 1)
    assert segments(tmp_path) == 1
    assert len(found(reader_of(engine), "ba")) == 5
