"""Numbered folders of index files and one pointer, so that what is published never changes and is never half there.

    index/lock                one writer at a time
    index/current             the name of the live generation, replaced atomically
    index/gen-000007/         its files, and manifest.json with the size and BLAKE2b digest of each
    index/gen-000008.draft/   what is being written; removed by the next writer where its own died

Every update is a new generation. One that adds to another begins with hard links to its files, which the engine must
never change in place. Files, folders and pointer are synced in this order, so a power cut leaves the old or the new.
"""

from __future__ import annotations

import hashlib
import json
import os
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

KEPT = 3  # generations: the live one and two that a program may still be paging through
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

    def live(self) -> Generation | None:
        """The live generation, None where there never was one. Raises DamagedError."""
        pointer = self.folder / "current"
        try:
            name = pointer.read_text(encoding="ascii").strip()
        except FileNotFoundError:
            if any(self.folder.glob("gen-*[0-9]")):
                raise DamagedError(pointer, "it is missing, though there are generations", REMEDY) from None
            return None
        except (OSError, UnicodeDecodeError) as error:
            raise DamagedError(pointer, str(error), REMEDY) from None
        if not name.startswith("gen-"):
            raise DamagedError(pointer, f"it holds {name[:40]!r} instead of the name of a generation", REMEDY)
        return self._read(self.folder / name)

    def get(self, number: int) -> Generation:
        """The generation of that number. Raises LookupError where it is not kept, DamagedError."""
        folder = self.folder / f"gen-{number:06}"
        if not folder.is_dir():
            raise LookupError(f"generation {number} of the index is no longer kept")
        return self._read(folder)

    def _read(self, folder: Path) -> Generation:
        """Read a manifest and compare the sizes of the files with it; checksums are for `tratin doctor`."""
        path = folder / MANIFEST
        try:
            told = json.loads(path.read_bytes())
            if told["format"] != FORMAT:
                raise DamagedError(path, f"it has format {told['format']!r}, expected {FORMAT}", REMEDY)
            info = IndexInfo(told["generation"], told["documents"], told["watermark"], told["updated"])
            listed = dict(told["files"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise DamagedError(path, f"it cannot be read ({error!r})", REMEDY) from None
        for name, facts in listed.items():
            with suppress(OSError):
                if (folder / name).stat().st_size == facts["size"]:
                    continue
            raise DamagedError(folder / name, f"it is missing or has not {facts['size']} bytes", REMEDY)
        return Generation(folder, info, listed)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Be the one writer for the block, and remove what a dead one left. Raises LockedError."""
        with hold(self.folder / "lock", "index update"):
            for stray in self.folder.glob("*.draft"):
                shutil.rmtree(stray)
            yield

    def draft(self, base: Generation | None) -> Path:
        """Make a folder for the next generation, holding the files of `base`."""
        draft = self.folder / f"gen-{self._last() + 1:06}.draft"
        draft.mkdir()
        for name in base.files if base else ():
            _link(base.folder / name, draft / name)  # type: ignore[union-attr]
        return draft

    def _last(self) -> int:
        return max((int(folder.name[4:10]) for folder in self.folder.glob("gen-*")), default=0)

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
        for folder in self.folder.glob("gen-*[0-9]"):
            if int(folder.name[4:10]) <= last:
                shutil.rmtree(folder, ignore_errors=True)


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
