"""Read lines as the paragraphs of a text: one for each, and one for each row of a table that is no layout."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby

from crawler.extract.lines import Outline

# Typed by hand or left by Word, some of them in a private area of Unicode.
BULLET = re.compile("^[·•▪●◦■\uf0b7\uf0a7\uf0d8\uf0fc]\\s*(?=\\S)")
CELL = 300  # characters; a longer cell is a column of a layout
PARAGRAPHS = 4  # in a cell; the same


def paragraphs(page: Outline, indexes: Sequence[int]) -> list[str]:
    """The text of these lines; the short cells of a table's row become one line."""
    told: list[str] = []
    lines = [page.lines[index] for index in indexes]
    for row, members in groupby(lines, key=lambda line: line.box.row):
        held = [[line.text for line in cell] for _, cell in groupby(members, key=lambda line: line.box.cell)]
        cells = [" ".join(texts) for texts in held]
        if row and len(cells) > 1 and max(map(len, cells)) <= CELL and max(map(len, held)) <= PARAGRAPHS:
            told.append(" | ".join(cells))
        else:
            told.extend(text for texts in held for text in texts)
    return [BULLET.sub("", text) for text in told]
