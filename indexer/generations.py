"""Numbered folders of index files and one pointer, so that what is published never changes and is never half there.

    index/lock                one writer at a time
    index/current             the name of the live generation, replaced atomically; gen-000000 before the first
    index/gen-000007/         its files, and manifest.json with the size and BLAKE2b digest of each
    index/gen-000008.draft/   what is being written; removed by the next writer where its own died

Every update is a new generation. One that adds to another begins with hard links to its files, which the engine must
never change in place. Files, folders and pointer are synced in this order, so a power cut leaves the old or the new.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from crawler import files
from crawler.errors import DamagedError
from crawler.lock import hold
from indexer.engine import IndexInfo

GENERATION = re.compile(r"gen-([0-9]{6,})")
KEPT = 3  # generations: the live one and two that a program may still be paging through
NONE_YET = "gen-000000"
MANIFEST = "manifest.json"
FORMAT = 1
EMPTY = IndexInfo(generation=0, documents=0, watermark=0, updated=None)
REMEDY = "run 'tratin index --rebuild', which makes a new index from the store"


@dataclass(frozen=True, slots=True)
class Generation:
    """A published generation: its folder and what its manifest says."""

    folder: Path
    info: IndexInfo
    files: dict[str, dict[str, Any]]


class Generations:
    """The generations in one folder."""

    def __init__(self, folder: Path) -> None:
        """Use `folder`, made when the first generation is written."""
        self.folder = folder
        self._verified: set[tuple[int, int, str]] = set()

    def live(self) -> Generation | None:
        """The live generation, None where there never was one. Raises DamagedError."""
        while (name := self._current()) != NONE_YET:
            try:
                return self._read(self.folder / name)
            except DamagedError:
                if name == self._current():
                    raise  # else it was forgotten between the two looks
        return None

    def _current(self) -> str:
        """The name of the live generation."""
        pointer = self.folder / "current"
        try:
            name = pointer.read_text(encoding="ascii").strip()
        except FileNotFoundError:
            if self.folder.is_dir() and self._numbers():
                raise DamagedError(pointer, "it is missing, though there are generations", REMEDY) from None
            return NONE_YET
        except (OSError, UnicodeDecodeError) as error:
            raise DamagedError(pointer, str(error), REMEDY) from None
        if not GENERATION.fullmatch(name):
            raise DamagedError(pointer, f"it holds {name[:40]!r} instead of the name of a generation", REMEDY)
        return name

    def get(self, number: int) -> Generation:
        """The generation of that number. Raises LookupError where it is not kept, DamagedError."""
        folder = self.folder / f"gen-{number:06}"
        try:
            if folder.is_dir():
                return self._read(folder)
        except DamagedError:
            if folder.is_dir():
                raise  # else it was forgotten meanwhile
        raise LookupError(f"generation {number} of the index is no longer kept")

    def _read(self, folder: Path) -> Generation:
        """Read a manifest and compare the sizes of the files with it; `verify` reads them."""
        path = folder / MANIFEST
        try:
            told = json.loads(path.read_bytes())
            if told["format"] != FORMAT:
                raise DamagedError(path, f"it has format {told['format']!r}, expected {FORMAT}", REMEDY)
            info = IndexInfo(told["generation"], told["documents"], told["watermark"], told["updated"])
            listed = {
                name: {"size": facts["size"], "blake2b": facts["blake2b"]} for name, facts in told["files"].items()
            }
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise DamagedError(path, f"it cannot be read ({error!r})", REMEDY) from None
        for name, facts in listed.items():
            with suppress(OSError):
                if (folder / name).stat().st_size == facts["size"]:
                    continue
            raise DamagedError(folder / name, f"it is missing or has not {facts['size']} bytes", REMEDY)
        return Generation(folder, info, listed)

    def verify(self, generation: Generation) -> None:
        """Compare checksums, once for each file that generations share; 1 s for 700 MB. Raises DamagedError."""
        for name, facts in generation.files.items():
            path = generation.folder / name
            state = path.stat()
            key = state.st_ino, state.st_mtime_ns, facts["blake2b"]
            if key not in self._verified:
                if _facts(path) != facts:
                    raise DamagedError(path, "its checksum is not the one of the manifest", REMEDY)
                self._verified.add(key)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Be the one writer for the block, and remove what a dead one left. Raises LockedError."""
        with hold(self.folder / "lock", "index update"):
            for stray in self.folder.glob("*.draft"):
                shutil.rmtree(stray)
            if not (self._numbers() or (self.folder / "current").exists()):
                # Else a writer that dies just before its first pointer would leave what looks like a lost one.
                files.write(self.folder / "current", NONE_YET + "\n")
            yield

    def draft(self, base: Generation | None) -> Path:
        """Make a folder for the next generation, holding the files of `base`."""
        draft = self.folder / f"gen-{max(self._numbers(), default=0) + 1:06}.draft"
        draft.mkdir()
        for name in base.files if base else ():
            _link(base.folder / name, draft / name)  # type: ignore[union-attr]
        return draft

    def _numbers(self) -> list[int]:
        return [int(found[1]) for path in self.folder.iterdir() if (found := GENERATION.fullmatch(path.name))]

    def publish(self, draft: Path, base: Generation | None, documents: int, watermark: int) -> IndexInfo:
        """Make a finished draft the live generation, then forget the oldest ones."""
        info = IndexInfo(int(draft.name[4:10]), documents, watermark, datetime.now(UTC).isoformat(timespec="seconds"))
        known = base.files if base else {}
        facts = {path.name: known.get(path.name) or _facts(path) for path in sorted(draft.iterdir())}
        manifest = {
            "format": FORMAT,
            "generation": info.generation,
            "documents": documents,
            "watermark": watermark,
            "updated": info.updated,
            "files": facts,
        }
        for name in facts:
            files.sync(draft / name)
        files.write(draft / MANIFEST, json.dumps(manifest, indent=1))
        folder = draft.with_name(f"gen-{info.generation:06}")
        draft.rename(folder)
        files.sync(self.folder)
        files.write(self.folder / "current", folder.name + "\n")
        self._forget(info.generation - KEPT)
        return info

    def _forget(self, last: int) -> None:
        """Remove the generations up to number `last`; each vanishes at once, as what is half removed looks damaged."""
        for number in self._numbers():
            if number <= last:
                folder = self.folder / f"gen-{number:06}"
                gone = folder.with_suffix(".draft")
                folder.rename(gone)
                shutil.rmtree(gone, ignore_errors=True)


def _facts(path: Path) -> dict[str, Any]:
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, lambda: hashlib.blake2b(digest_size=16)).hexdigest()
    return {"size": path.stat().st_size, "blake2b": digest}


def _link(source: Path, target: Path) -> None:
    """Link a file that never changes; copy it where the file system has no hard links."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
