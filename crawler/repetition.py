"""What repeats in the texts of a site: what most of them have is of the template, and of no article. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from hashlib import blake2b

ENOUGH = 10  # texts; of fewer, some may be alike by chance
MOST = 0.7  # of the texts; what most articles of a newsroom have of their own ("Kính gửi: …") stays below


def mark(line: str) -> int:
    """A number that tells a line from others."""
    return int.from_bytes(blake2b(line.casefold().encode(), digest_size=6).digest())


def repeated(texts: Collection[Iterable[int]]) -> frozenset[int]:
    """The marks of the lines that most of the texts have."""
    if len(texts) < ENOUGH:
        return frozenset()
    counts = Counter(line for text in texts for line in set(text))
    return frozenset(line for line, count in counts.items() if count >= MOST * len(texts))
