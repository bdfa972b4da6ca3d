"""Read the dates of one line with what stands beside it: a label before it, a time of day in the next item."""

from __future__ import annotations

import re

from crawler import dates
from crawler.extract import stamp
from crawler.extract.body import distance
from crawler.extract.lines import Line
from crawler.extract.markup import words_of
from crawler.extract.stamp import Dated
from crawler.extract.story import STAMP, Story

LABEL = 40  # characters; a cell with "Ngày đăng:" beside the date's own
LOOKS = frozenset({"b", "strong", "i", "em", "u", "font", "sup"})


def read_line(story: Story, index: int) -> list[Dated]:
    """Read the dates in a line, with the label that stands in the line or the cell before it."""
    lines = story.text.lines
    line, text = lines[index], lines[index].text
    if len(text) > 2 * STAMP:
        return []
    if index and _is_label_of(lines[index - 1], line):
        return stamp.read(f"{lines[index - 1].text} {text}", story.now, line.linked)
    found = stamp.read(text, story.now, line.linked)
    if len(found) == 1 and found[0].when.precision == "day" and (clock := _clock_beside(lines, index)):
        return stamp.read(f"{text} {clock}", story.now, line.linked)
    if any(dated.kind in {"published", "updated", "bare"} for dated in found):
        return found
    row = pieces(line) if story.title.after <= index <= story.body.start else []
    return stamp.read(" | ".join(row), story.now) or found


def pieces(line: Line) -> list[str]:
    """What the elements of a line say that is only a row of elements: a date, a name, a counter beside its icon.

    The name of an event is left with the date that follows it. Empty where words stand between the elements, too, or
    where these only give words a look.
    """
    tag = line.box.tag
    between = tag.find_all(string=True, recursive=False)
    if line.box.end - line.box.start != 1 or any(re.search(r"\w", words) for words in between):
        return []
    row = [(words, child.name) for child in tag.find_all(True, recursive=False) if (words := words_of(child))]
    if any(name in LOOKS for _, name in row):
        return []
    told: list[str] = []
    for words, _ in row:
        if told and stamp.is_of_event(told[-1]):
            told[-1] += f" {words}"
        else:
            told.append(words)
    return told if len(told) > 1 else []


def _clock_beside(lines: tuple[Line, ...], index: int) -> str | None:
    """The time of day that stands alone in the item beside this one, as page builders part day and time."""
    beside = [lines[n] for n in (index + 1, index - 1) if 0 <= n < len(lines)]
    clocks = (other for other in beside if dates.is_clock(other.text) and distance(lines[index], other) == 0)
    return next((clock.text for clock in clocks), None)


def _is_label_of(one: Line, other: Line) -> bool:
    """A line with a colon, or the cell before in one row, says what the other is."""
    same_row = one.box.row is not None and one.box.row is other.box.row and one.box.cell is not other.box.cell
    is_short = len(one.text) <= LABEL and not any(map(str.isdigit, one.text))
    return is_short and (one.text.endswith(":") or same_row)
