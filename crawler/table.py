"""Words and columns for people: aligned text, thousands, megabytes, durations. Pure; what programs read is JSON."""

from __future__ import annotations

from collections.abc import Sequence


def aligned(rows: Sequence[Sequence[str]], *, left: frozenset[int] = frozenset({0})) -> list[str]:
    """Lay rows of equal length out as lines; columns are flush right but for the numbers in `left`."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.ljust(width) if place in left else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def number(count: int) -> str:
    """Write a count with separators of thousands."""
    return f"{count:,}"


def megabytes(count: int) -> str:
    """Write a number of bytes in millions of them, without a unit."""
    return f"{count / 1e6:,.1f}"


def duration(seconds: float | None) -> str:
    """Write a duration as in `0.4 s`, `12 s`, `5 min 07 s`, `1 h 05 min`; an unknown one as a dash."""
    if seconds is None:
        return "–"
    whole = round(seconds)
    if whole < 60:
        return f"{seconds:.1f} s" if 0.05 <= seconds < 9.95 else f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02} min"


def printable(text: str) -> str:
    """Replace what a terminal would obey and a file could not hold: a server chooses some of the words in a report."""
    if text.isprintable():
        return text
    return "".join(sign if sign.isprintable() else " " if sign.isspace() else "\ufffd" for sign in text)
