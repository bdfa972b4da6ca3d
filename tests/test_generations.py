"""Generations on the disk: what is published is whole, what is damaged says so, and a crash at any moment is harmless.

Writers are killed and readers run as processes of their own, over real files.
"""

from __future__ import annotations

import errno
import json
import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from threading import Event

import pytest
from engines import found, indexed, reader_of, stored

from crawler.errors import DamagedError, LockedError
from indexer.engine import IndexInfo
from indexer.generations import EMPTY, KEPT, Generation, Generations
from indexer.whoosh_engine.engine import WhooshEngine

TESTS = Path(__file__).parent


def write(generations: Generations, text: str, base: Generation | None = None) -> IndexInfo:
    """Publish a generation that holds one more file."""
    with generations.writing():
        draft = generations.draft(base)
        (draft / f"{text}.txt").write_text(text, encoding="utf-8")
        return generations.publish(draft, base, documents=1, watermark=1)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_before_the_first(tmp_path: Path) -> None:
    generations = Generations(tmp_path / "index")
    assert generations.live() is None
    assert not generations.folder.exists()
    with pytest.raises(LookupError, match="generation 1"):
        generations.get(1)


def test_publish_makes_live(tmp_path: Path) -> None:
    generations = Generations(tmp_path)
    info = write(generations, "a")
    live = generations.live()
    assert live is not None
    assert live.info == info == generations.get(1).info
    assert (live.folder / "a.txt").read_text() == "a"
    assert live.files["a.txt"]["size"] == 1
    generations.verify(live)


def test_a_generation_adds_to_its_base_without_touching_it(tmp_path: Path) -> None:
    generations = Generations(tmp_path)
    write(generations, "a")
    first = generations.live()
    write(generations, "b", base=first)
    second = generations.live()
    assert first is not None
    assert second is not None
    assert (sorted(first.files), sorted(second.files)) == (["a.txt"], ["a.txt", "b.txt"])
    assert (first.folder / "a.txt").samefile(second.folder / "a.txt")


def test_only_the_last_generations_are_kept(tmp_path: Path) -> None:
    generations = Generations(tmp_path)
    for number in range(1, 7):
        write(generations, str(number))
    assert names(tmp_path) == ["current", "gen-000004", "gen-000005", "gen-000006", "lock"]
    assert KEPT == 3
    with pytest.raises(LookupError):
        generations.get(3)


def test_a_pointer_that_is_replaced_while_it_is_read_is_read_again(tmp_path: Path) -> None:
    others = ["b", "c", "d", "e"]

    class Interrupted(Generations):
        """Others publish between its look at the pointer and its look at the manifest."""

        def _read(self, folder: Path) -> Generation:
            while others:
                write(Generations(tmp_path), others.pop(0))
            return super()._read(folder)

    write(Generations(tmp_path), "a")
    live = Interrupted(tmp_path).live()
    assert live is not None
    assert live.info.generation == 5
    assert not (tmp_path / "gen-000001").exists()


def test_a_generation_that_is_forgotten_while_it_is_opened_is_replaced_by_the_live_one(tmp_path: Path) -> None:
    others = [2, 3, 4, 5]

    class Interrupted(Generations):
        """Others publish between its look at the manifest and the opening of the files."""

        def verify(self, generation: Generation) -> None:
            super().verify(generation)
            while others:
                number = others.pop(0)
                WhooshEngine(tmp_path).update([stored("a", title=f"Tin {number}")], number)

    engine = WhooshEngine(tmp_path)
    engine.update([stored("a", title="Tin 1")], 1)
    engine._generations = Interrupted(tmp_path)
    assert found(reader_of(engine), "5") == ["a"]
    others.extend((6, 7, 8, 9))
    with pytest.raises(LookupError):
        engine.reader(5)


def test_a_generation_is_whole_until_it_is_forgotten(tmp_path: Path) -> None:
    generations = Generations(tmp_path)
    with generations.writing():
        draft = generations.draft(None)
        for number in range(2000):
            (draft / f"{number}.txt").touch()
        generations.publish(draft, None, documents=1, watermark=1)

    seen = Event()

    def look() -> None:
        with suppress(LookupError):
            while Generations(tmp_path).get(1):
                seen.set()

    with ThreadPoolExecutor(1) as pool:
        looking = pool.submit(look)
        assert seen.wait(10)
        for text in "bcd":
            write(generations, text)
        assert looking.result(10) is None


def test_the_draft_of_a_dead_writer_is_removed(tmp_path: Path) -> None:
    generations = Generations(tmp_path)
    write(generations, "a")
    (tmp_path / "gen-000002.draft").mkdir()
    (tmp_path / "gen-000002.draft" / "half.txt").write_text("half")
    info = write(generations, "b", base=generations.live())
    assert info.generation == 2
    assert names(tmp_path / "gen-000002") == ["a.txt", "b.txt", "manifest.json"]
    assert not list(tmp_path.glob("*.draft"))


def test_a_writer_that_fails_publishes_nothing(tmp_path: Path) -> None:
    engine = WhooshEngine(tmp_path)
    indexed(engine, stored("a", title="Học"))
    before = names(tmp_path)

    def broken() -> object:
        yield stored("b", title="Học")
        raise RuntimeError("power")

    with pytest.raises(RuntimeError, match="power"):
        engine.update(broken(), 2)  # type: ignore[arg-type]
    assert names(tmp_path) == before
    assert found(reader_of(engine), "học") == ["a"]


def test_a_second_writer_is_told_who_is_at_work(tmp_path: Path) -> None:
    first, second = WhooshEngine(tmp_path), WhooshEngine(tmp_path)

    def writing() -> object:
        with pytest.raises(LockedError, match=f"process {os.getpid()}") as caught:
            second.update([], 1)
        assert caught.value.exit_code == 5
        yield stored("a")

    assert first.update(writing(), 1).documents == 1  # type: ignore[arg-type]
    assert second.update([stored("b")], 2).documents == 2


def test_works_without_hard_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object, **__: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refused)
    engine = WhooshEngine(tmp_path)
    engine.update([stored("a", title="Học")], 1)
    engine.update([stored("b", title="Học")], 2)
    assert sorted(found(reader_of(engine), "học")) == ["a", "b"]


def drop_pointer(folder: Path) -> None:
    (folder / "current").unlink()


def garble_pointer(folder: Path) -> None:
    (folder / "current").write_bytes(b"\xff\x00\xfe")


def point_elsewhere(folder: Path) -> None:
    (folder / "current").write_text("../somewhere\n")


def empty_pointer(folder: Path) -> None:
    (folder / "current").write_text("")


def point_to_nothing(folder: Path) -> None:
    (folder / "current").write_text("gen-000099\n")


def drop_generation(folder: Path) -> None:
    shutil.rmtree(folder / "gen-000002")


def drop_manifest(folder: Path) -> None:
    (folder / "gen-000002" / "manifest.json").unlink()


def cut_manifest(folder: Path) -> None:
    manifest = folder / "gen-000002" / "manifest.json"
    manifest.write_bytes(manifest.read_bytes()[:-20])


def odd_manifest(folder: Path) -> None:
    (folder / "gen-000002" / "manifest.json").write_text("[]")


def other_format(folder: Path) -> None:
    manifest = folder / "gen-000002" / "manifest.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"format": 99}))


def odd_files(folder: Path) -> None:
    manifest = folder / "gen-000002" / "manifest.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"files": {"a": 1}}))


@pytest.mark.parametrize(
    "damage",
    [
        drop_pointer, garble_pointer, point_elsewhere, empty_pointer, point_to_nothing, drop_generation, drop_manifest,
        cut_manifest, odd_manifest, other_format, odd_files,
    ],
)  # fmt: skip
def test_a_damaged_pointer_or_manifest_is_never_an_empty_index(damage: Callable[[Path], None], tmp_path: Path) -> None:
    engine = WhooshEngine(tmp_path)
    engine.update([stored("a", title="Học")], 1)
    engine.update([stored("b", title="Học")], 2)
    damage(tmp_path)
    for use in (engine.live, engine.reader, lambda: engine.update([], 3)):
        with pytest.raises(DamagedError, match="tratin index --rebuild") as caught:
            use()
        assert caught.value.exit_code == 7
    engine.rebuild([stored("c", title="Học")], 3)
    assert found(reader_of(engine), "học") == ["c"]


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-1])


def grow(file: Path) -> None:
    file.write_bytes(file.read_bytes() + b"\x00")


def zero(file: Path) -> None:
    file.write_bytes(b"\x00" * file.stat().st_size)


def flip(file: Path) -> None:
    old = file.read_bytes()
    middle = len(old) // 2
    file.write_bytes(old[:middle] + bytes([old[middle] ^ 1]) + old[middle + 1 :])


@pytest.mark.parametrize("damage", [Path.unlink, cut, grow, zero, flip])
def test_any_damaged_file_is_found_before_it_answers(damage: Callable[[Path], None], tmp_path: Path) -> None:
    indexed(WhooshEngine(tmp_path / "sound"), stored("a", title="Học"), stored("b", title="Học"))
    filled = (path for path in (tmp_path / "sound" / "gen-000001").iterdir() if path.stat().st_size)
    files = [path.name for path in filled if path.name != "manifest.json"]
    assert len(files) > 1
    for name in files:
        copy = tmp_path / f"{damage.__name__}-{name}"
        shutil.copytree(tmp_path / "sound", copy)
        damage(copy / "gen-000001" / name)
        with pytest.raises(DamagedError, match=name):
            WhooshEngine(copy).reader()


def test_damage_is_found_in_an_engine_that_has_already_read_the_file(tmp_path: Path) -> None:
    engine = WhooshEngine(tmp_path)
    indexed(engine, stored("a", title="Học"))
    zero(max((tmp_path / "gen-000001").iterdir(), key=lambda file: file.stat().st_size))
    with pytest.raises(DamagedError, match="checksum"):
        engine.reader()


UPDATER = """
import sys
from pathlib import Path
from engines import stored
from indexer.whoosh_engine.engine import WhooshEngine
engine = WhooshEngine(Path(sys.argv[1]))
start = engine.live().watermark + 1
print("ready", flush=True)
for number in range(start, start + int(sys.argv[2])):
    article = stored("same", title=f"Tin thứ {number}", body="học " * 500)
    info = engine.rebuild([article], number) if number % 5 == 0 else engine.update([article], number)
    print(info.watermark, flush=True)
"""

READER = """
import sys
from pathlib import Path
from engines import found, reader_of
from indexer.whoosh_engine.engine import WhooshEngine
last = 0
count = 0
engine = WhooshEngine(Path(sys.argv[1]))
print("ready", flush=True)
while last < int(sys.argv[2]):
    reader = reader_of(engine)
    number = reader.info.watermark
    assert number >= last, (number, last)
    assert found(reader, f"thứ {number}") == ["same"], number
    assert found(reader, "") == ["same"], number
    last = number
    count += 1
print(count)
"""


def started(script: str, *words: object) -> subprocess.Popen[str]:
    """A running Python that has said that it is ready."""
    environment = os.environ | {"PYTHONPATH": f"{TESTS}:{TESTS.parent}"}
    process = subprocess.Popen(
        [sys.executable, "-c", script, *map(str, words)], env=environment, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def test_readers_in_other_processes_never_fail_while_updates_go_on(tmp_path: Path) -> None:
    WhooshEngine(tmp_path).update([stored("same", title="Tin thứ 1")], 1)
    readers = [started(READER, tmp_path, 51) for _ in range(2)]
    with started(UPDATER, tmp_path, 50) as writer:
        assert writer.communicate(timeout=60)[0].split()[-1] == "51"
    for reader in readers:
        with reader:
            told, _ = reader.communicate(timeout=60)
            assert reader.returncode == 0
            assert int(told) > 1


def test_a_writer_killed_at_any_moment_leaves_the_old_or_the_new(tmp_path: Path) -> None:
    chance = random.Random(7)
    engine = WhooshEngine(tmp_path)
    reached = 0
    for _ in range(10):
        with started(UPDATER, tmp_path, 10_000) as writer:
            time.sleep(chance.uniform(0.0, 0.12))
            writer.kill()
            told = [int(line) for line in writer.communicate()[0].splitlines()]
        info = engine.live()
        assert info.watermark in ({told[-1], told[-1] + 1} if told else {reached, reached + 1})
        reached = info.watermark
        if info == EMPTY:
            continue
        assert found(reader_of(engine), f"thứ {info.watermark}") == ["same"]
    reached = engine.update([stored("same", title="Tin thứ cuối")], reached + 1).watermark
    assert found(reader_of(engine), "cuối") == found(reader_of(engine), "") == ["same"]
    assert not list(tmp_path.glob("*.draft"))
    assert reached > 3


def test_a_writer_killed_before_its_first_pointer_is_not_damage(tmp_path: Path) -> None:
    generations = Generations(tmp_path)
    with generations.writing():
        draft = generations.draft(None)
        (draft / "manifest.json").write_text("{}")
        draft.rename(tmp_path / "gen-000001")  # and here the power goes
    assert generations.live() is None
    write(generations, "a")
    live = generations.live()
    assert live is not None
    assert live.info.generation == 2
