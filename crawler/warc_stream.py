"""The bytes of a WARC file, unpacked: lines and blocks with the places where they begin, to which one can come back.

A WARC file is plain, or gzip with a member for each record, or gzip as a whole: a place is the offset of a member and
what is to be skipped of that which it unpacks to. Memory is bounded whatever the file holds.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Any, BinaryIO

GZIP = b"\x1f\x8b"
CHUNK = 1 << 16  # bytes read or unpacked at a time
MAX_LINE = 1 << 16  # bytes; a longer line comes in parts
MAX_HEAD = 1 << 20  # bytes of the lines of one record; cookies and policies make some 30,000 at most
# To come back in a member that holds many records: unpacked bytes from one mark to the next, doubled when there are too
# many marks, of some 40 kB each. One read costs 4 ms in a file of 110 MB, where it took 140 without marks.
MARK_EVERY = 1 << 20
MAX_MARKS = 512


@dataclass(frozen=True, slots=True)
class Place:
    """Where something begins: the offset of its gzip member (in a plain file, its own), and the bytes to skip in it."""

    offset: int
    skip: int = 0

    def __str__(self) -> str:
        """Tell it to people."""
        return f"offset {self.offset}" + (f" (unpacked {self.skip} bytes on)" if self.skip else "")


class TornError(Exception):
    """A file ends in the middle of something, or its gzip data are broken."""


@dataclass(frozen=True, slots=True)
class _Mark:
    """A state of unpacking to come back to: where in the member it is, and what it takes to go on."""

    skip: int
    offset: int
    packed: bytes
    inflater: Any


class WarcStream:
    """Reads `raw`, a WARC file, which it closes at the end."""

    _buffer: bytes  # unpacked, and how much of it was taken
    _at: int
    _start: int  # of the buffer: in the file, or in what the member unpacks to
    _packed: bytes  # read, and not yet unpacked
    _member: int
    _marks: list[_Mark]
    _mark_every: int

    def __init__(self, raw: BinaryIO) -> None:
        """Begin at the beginning."""
        self._raw = raw
        self._is_packed = GZIP.startswith(raw.read(2) or b"plain")
        self._inflater: Any = None
        self._member = -1  # none yet
        self.ended = False  # whether somebody wanted to read on at the end
        self.digest: Any = None  # is fed with all that is read
        self._lines = 0
        self._rewind(Place(0))

    def close(self) -> None:
        """Close the file."""
        self._raw.close()

    # Reading

    @property
    def place(self) -> Place:
        """Where the next byte lies. Raises TornError."""
        self._fill()
        return Place(self.member, self._start + self._at if self._is_packed else 0)

    @property
    def member(self) -> int:
        """The offset of the gzip member that is being read; in a plain file, of the next byte."""
        return self._member if self._is_packed else self._start + self._at

    def begin(self) -> None:
        """Begin to count the length of a record's head."""
        self._lines, self.digest = 0, None

    def read(self, size: int = CHUNK) -> bytes:
        """Some bytes, `size` at most; none at the end. Raises TornError."""
        self._fill()
        return self._take(min(self._at + size, len(self._buffer)))

    def readline(self, size: int | None = None) -> bytes:
        """The rest of a line, `size` bytes at most. Raises TornError, and ValueError for a head without end."""
        if self._lines > MAX_HEAD:
            raise ValueError(f"its head is longer than {MAX_HEAD:,} bytes")
        left = MAX_LINE if size is None else min(size, MAX_LINE)
        parts: list[bytes] = []
        while left and not (parts and parts[-1].endswith(b"\n")):
            try:
                self._fill()
            except TornError:
                if parts:  # what there is of the line is told first
                    break
                raise
            end = self._buffer.find(b"\n", self._at, self._at + left) + 1
            part = self._take(end or min(self._at + left, len(self._buffer)))
            if not part:
                break
            parts.append(part)
            left -= len(part)
        line = b"".join(parts)
        self._lines += len(line)
        return line

    def _take(self, end: int) -> bytes:
        taken = self._buffer[self._at : end]
        self._at = end
        if self.digest is not None:
            self.digest.update(taken)
        return taken

    # Unpacking

    def _fill(self) -> None:
        """Have at least one byte in the buffer, unless the file has ended."""
        if self._at < len(self._buffer):
            return
        self._start, self._at = self._start + len(self._buffer), 0
        self._buffer = b""
        while not self._buffer:
            if not (self._unpack() if self._is_packed else self._read()):
                self.ended = True
                return

    def _read(self) -> bool:
        self._buffer = self._raw.read(CHUNK)
        return bool(self._buffer)

    def _unpack(self) -> bool:
        """Unpack some more of this member or the next one; False at the end of the file."""
        if self._inflater is None or self._inflater.eof:
            return self._next_member()
        packed = self._packed or self._raw.read(CHUNK)
        try:
            self._buffer = bytes(self._inflater.decompress(packed, CHUNK))
        except zlib.error as error:
            raise TornError(f"the gzip data are broken ({error})") from None
        if not packed and not self._buffer and not self._inflater.eof:
            raise TornError("the file ends within the gzip data of a record")
        self._packed = self._inflater.unused_data if self._inflater.eof else self._inflater.unconsumed_tail
        self._mark()
        return True

    def _next_member(self) -> bool:
        while not self._packed.lstrip(b"\0"):  # some programs fill up the last block of a tape
            self._packed = self._raw.read(CHUNK)
            if not self._packed:
                return False
        self._packed = self._packed.lstrip(b"\0")
        begins = self._raw.tell() - len(self._packed)
        if begins != self._member:
            self._member, self._marks, self._mark_every = begins, [], MARK_EVERY
        self._start = 0
        self._inflater = zlib.decompressobj(zlib.MAX_WBITS + 16)
        return True

    # Coming back

    def seek(self, place: Place) -> None:
        """Go to a place that was told before. Raises TornError where the file is no longer what it was."""
        here = place.offset == self.member and self._is_packed
        marked = [mark for mark in self._marks if here and mark.skip <= place.skip]
        begins = self._start if here and self._start <= place.skip else -1  # of the buffer, from where one can read on
        if marked and marked[-1].skip > begins:
            self._return(marked[-1])
        elif begins < 0:
            self._rewind(place)
        self._at, self.ended = 0, False
        while self._start + len(self._buffer) < self._start_of(place):
            self._at = len(self._buffer)
            self._fill()
            if self.ended:
                raise TornError("the file has become shorter")
        self._at = self._start_of(place) - self._start

    def _start_of(self, place: Place) -> int:
        return place.skip if self._is_packed else place.offset

    def _rewind(self, place: Place) -> None:
        self._raw.seek(place.offset)
        self._buffer, self._at, self._packed = b"", 0, b""
        self._start = 0 if self._is_packed else place.offset
        self._inflater = None
        if place.offset != self._member:
            self._member, self._marks = -1, []

    def _return(self, mark: _Mark) -> None:
        self._raw.seek(mark.offset)
        self._buffer, self._at, self._packed = b"", 0, mark.packed
        self._start, self._inflater = mark.skip, mark.inflater.copy()

    def _mark(self) -> None:
        """Note the state of unpacking where a member is long: a whole file."""
        reached = self._start + len(self._buffer)
        if self._inflater.eof or reached - (self._marks[-1].skip if self._marks else 0) < self._mark_every:
            return
        self._marks.append(_Mark(reached, self._raw.tell(), self._packed, self._inflater.copy()))
        if len(self._marks) > MAX_MARKS:
            del self._marks[::2]
            self._mark_every *= 2
