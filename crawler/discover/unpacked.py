"""The text of an XML file from the web: gzip taken off, within a limit, as characters.

Pieces of text pass through, so that 50 MB of it are never in memory at once. What is damaged ends with a DamageError,
after all that comes before the damage.
"""

from __future__ import annotations

import codecs
import zlib
from collections.abc import Iterable, Iterator
from itertools import chain

GZIP = b"\x1f\x8b"
LAYERS = 2  # a file that was packed, and packed again by a server that did not know
PIECE = 65_536
STARTS = (  # XML 1.0, appendix F
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (b"<\0", "utf-16-le"),
    (b"\0<", "utf-16-be"),
)


class DamageError(Exception):
    """The file is torn, or longer than it may be."""


def texts(body: bytes, limit: int) -> Iterator[str]:
    """The text of `body` in pieces, of at most `limit` bytes. Raises DamageError after what could be read."""
    pieces = unpacked(body, limit)
    head = next(pieces, b"")
    decoder = codecs.getincrementaldecoder(_charset(head))("replace")
    for piece in chain((head,), pieces):
        yield decoder.decode(piece)
    yield decoder.decode(b"", final=True)


def unpacked(body: bytes, limit: int) -> Iterator[bytes]:
    """The bytes of `body` in pieces, without gzip; at most `limit`. Raises DamageError after what could be read."""
    pieces: Iterator[bytes] = (body[at : at + PIECE] for at in range(0, len(body), PIECE))
    for _ in range(LAYERS):
        head = next(pieces, b"")
        pieces = chain((head,), pieces)
        if head.startswith(GZIP):
            pieces = _inflated(pieces)
    size = 0
    for piece in pieces:
        size += len(piece)
        if size > limit:
            yield piece[: limit - size]
            raise DamageError(f"it is longer than {limit:,} bytes")
        yield piece


def _inflated(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Inflate gzip, member after member; what follows the last one is ignored, as gzip does."""
    member = zlib.decompressobj(wbits=31)
    for piece in pieces:
        rest = piece
        while rest:
            if member.eof:
                if not rest.startswith(GZIP[: len(rest)]):
                    return
                member = zlib.decompressobj(wbits=31)
            try:
                inflated = member.decompress(rest, PIECE)
            except zlib.error as error:
                raise DamageError(f"its gzip is broken: {error}") from error
            if inflated:
                yield inflated
            rest = member.unused_data or member.unconsumed_tail
    if not member.eof:
        raise DamageError("its gzip ends too soon")


def _charset(head: bytes) -> str:
    """UTF-16 or UTF-8, whatever is declared: addresses and dates are ASCII in all the others."""
    return next((charset for start, charset in STARTS if head.startswith(start)), "utf-8")
