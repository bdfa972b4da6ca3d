"""Find the main text among the lines of a page.

Each line gets a weight: sentences count for their length, links and addresses against it. The run of lines with the
greatest sum is the heart of the text; going from one line to the next costs where they lie far apart in the tree, so
that a run does not cross into a sidebar. The box around the heart then gives the whole text, tables and short lines
included, and what the rules know to be no text is taken out.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, islice, takewhile, zip_longest

from crawler.extract.documents import FILE_NAME, is_document
from crawler.extract.labels import is_contact, is_furniture, is_label, is_listed, is_related, is_toolbar
from crawler.extract.lines import LINE, Box, Line, Outline, common
from crawler.extract.markup import BLOCKS, words_of

CONTENT = frozenset(
    {"entrycontent", "postcontent", "articlebody", "articlecontent", "newscontent", "newsbody", "bodytext", "bodyhtml"}
    | {"detailcontent", "contentdetail", "noidung", "chitiet", "namebody", "rtestate", "articledetail", "noidungtin"}
    | {"detailtext", "fulltext", "storybody", "tdpostcontent", "singlecontent", "newsdetail", "detailnews"}
)
SENTENCE = 40  # characters; menus and labels are shorter, and so are few sentences
FAR = 2  # steps; a paragraph and whatever stands beside it in one text are 1 apart
STEP = 40  # the weight of a short sentence for each step
TABLE = frozenset({"table", "tbody", "thead", "tr"})
COLUMNS = frozenset({"col", "column", "span"})  # of Bootstrap and its like
BUILT = frozenset({"elementorcolumn", "wpblockcolumn", "vccolumn", "etpbcolumn"})  # in a text, by page builders
UNBOUNDED = frozenset({"html", "body", "[document]", "form", "main", "article", "td"})
HIGHER = 9  # boxes; Elementor has six from a widget's words to the sections
UNCOUNTED = frozenset({"tr", "tbody", "thead", "span", "a", "em", "i", "b", "strong", "font", "u"})
FOOT = 600  # characters; the address at the end of a page is shorter


@dataclass(frozen=True, slots=True)
class Body:
    """The main text: the indexes of its lines, the span that it covers in the page, the box around it.

    `around` has also the lines of the box that were left out as labels and links before the text and after it.
    """

    indexes: tuple[int, ...]
    start: int
    end: int
    box: Box
    rule: str
    around: tuple[int, ...]


def find_body(page: Outline, after: int = 0) -> Body | None:
    """Find the main text in the lines from `after` on; None where there is no sentence at all.

    What is known as furniture of the site is left out, unless nothing else is there.
    """
    found = _find(page, after, page.repeated)
    if page.repeated and (found is None or sum(len(page.lines[n].text) for n in found.indexes) < SENTENCE):
        return _find(page, after, frozenset())
    return found


def _find(page: Outline, after: int, repeated: frozenset[int]) -> Body | None:
    weights = [0] * after + [_weight(line) for line in page.lines[after:]]
    for line in repeated:
        weights[line] = min(0, weights[line])
    for caption in page.captions:
        weights[caption] = 0
    foot = _foot(page, after)
    weights[foot:] = [min(0, weight) for weight in weights[foot:]]
    if after:  # where the headline is known, a list of other news is below the text
        shown = set(_without_related(page, range(after, len(page.lines))))
        weights = [weight if n in shown else min(0, weight) for n, weight in enumerate(weights)]
    heart = _heaviest_run(page.lines, weights, after)
    if heart is None:
        return _captions_alone(page, after)
    box, rule = _box_around(page, weights, *heart)
    around = [n for n in _lines_of(page, box, heart, after) if n not in repeated]
    indexes = tuple(_trimmed(page, around))
    return Body(indexes, indexes[0], indexes[-1] + 1, box, rule, tuple(around)) if indexes else None


def _captions_alone(page: Outline, after: int) -> Body | None:
    """The captions of a page of pictures that has no other text."""
    indexes = tuple(n for n in sorted(page.captions) if n >= after and not page.lines[n].hidden)
    if not indexes:
        return None
    first, last = page.lines[indexes[0]].box, page.lines[indexes[-1]].box
    return Body(indexes, indexes[0], indexes[-1] + 1, common(first, last), "captions", indexes)


def distance(one: Line, other: Line) -> int:
    """How far apart two lines lie in the tree: the smaller of the steps up and the steps down.

    Items of one list and small cells of one table are together; the columns of a layout are very far apart.
    """
    top = common(one.box, other.box)
    left, right = _branch(one.box, top), _branch(other.box, top)
    if top.name in {"ul", "ol", "dl"}:
        return 0
    if top.name in TABLE:
        cells = (one.box.cell, other.box.cell)
        if all(cell and cell.end - cell.start <= 3 for cell in cells):
            return 0
    if left and right and _alike(left[-1], right[-1]):
        return 0
    if left and right and all(box.name == "td" or box.hints & COLUMNS for box in (left[-1], right[-1])):
        return FAR + 5
    return min(len([box for box in path if box.name not in UNCOUNTED]) for path in (left, right))


def _alike(one: Box, other: Box) -> bool:
    """Two small boxes of one kind, as pasted texts have them around each paragraph."""
    return (one.name, one.hints) == (other.name, other.hints) and max(one.end - one.start, other.end - other.start) <= 2


def _branch(box: Box, top: Box) -> list[Box]:
    """The boxes from `box` up to `top`, which is left out."""
    branch = []
    step: Box | None = box
    while step is not None and step is not top:
        branch.append(step)
        step = step.parent
    return branch


def _weight(line: Line) -> int:
    length = len(line.text)
    if line.hidden:
        return 0
    if line.is_link:
        return -min(100, 30 + line.linked)
    if length < 200 and is_contact(line.text):
        return -length
    if is_label(line):
        return -10
    if length >= SENTENCE and any(mark in line.text for mark in ".,;:!?…"):
        return length - 2 * line.linked
    return length * 3 // 10


def _foot(page: Outline, after: int) -> int:
    """Where the box with the address at the end of the page begins."""
    backwards = range(len(page.lines) - 1, -1, -1)
    last = next((n for n in backwards if not page.lines[n].is_link and not page.lines[n].hidden), 0)
    for box in page.boxes_from(max(1, after), last):
        # No line is empty: of 5,000 nested boxes not each one's thousands of lines are added up.
        if not last < box.end <= box.start + FOOT:
            continue
        lines = page.lines[box.start : box.end]
        is_short = sum(len(line.text) for line in lines) <= FOOT
        if is_short and not any(line.heading in {1, 2} for line in lines) and _has_contact(lines):
            return box.start
    return len(page.lines)


def _has_contact(lines: tuple[Line, ...]) -> bool:
    return any(is_contact(line.text) for line in lines)


def _heaviest_run(lines: tuple[Line, ...], weights: list[int], after: int) -> tuple[int, int] | None:
    """The run of lines with the greatest sum (Kadane), each step to a far line charged."""
    best, best_run, total, start, last, passed = 0, None, 0, after, after, 0
    for index in range(after, len(lines)):
        if lines[index].hidden:
            continue
        if total > 0:  # only then is there something to lose: distances cost half of this function's time
            total -= min(STEP * max(0, distance(lines[last], lines[index]) - FAR + 1), 5 * STEP)
        if total <= 0:
            total, start = -_lead_in(lines, after, index, passed) if weights[index] > 0 else 0, index
        passed += lines[index].is_link or bool(lines[index].heading)
        total += weights[index]
        last = index
        if total > best:
            best, best_run = total, (start, index + 1)
    return best_run


def _lead_in(lines: tuple[Line, ...], after: int, index: int, passed: int) -> int:
    """The charge for a text that begins far from the title, or after links and headings that are not its own."""
    if after == 0:
        return 0
    far = max(0, distance(lines[after - 1], lines[index]) - FAR)
    return min(10, far + passed) * STEP // 2


def _box_around(page: Outline, weights: list[int], start: int, end: int) -> tuple[Box, str]:
    """The innermost box with nearly all of the run, or one whose name says that it is the text."""
    run = [max(0, weight) for weight in weights[start:end]]
    sums = list(accumulate([0] * start + run + [0] * (len(weights) - end), initial=0))
    total = max(1, sums[-1])
    shares = ((box, (sums[box.end] - sums[box.start]) / total) for box in page.boxes)
    most = [(box, share) for box, share in shares if share >= 0.6]
    named = [(box, share) for box, share in most if not box.noise and _says_content(box)]
    if named:
        chosen, _ = max(named, key=lambda one: (round(one[1], 2), -(one[0].end - one[0].start), one[0].depth))
        return chosen, "microdata" if "itemprop" in chosen.tag.attrs else "content-class"
    around = [box for box, share in most if share >= 0.9 and box.end > start]
    return _grown(page, min(around, key=lambda box: (box.end - box.start, -box.depth))), "density"


def _grown(page: Outline, box: Box) -> Box:
    """The box, or one around it whose other parts are of the same kind and have few links: a text in sections."""
    for around in islice(box.upwards(), 1, HIGHER):
        if around.name in UNBOUNDED:
            break
        others = [n for n in range(around.start, around.end) if not box.start <= n < box.end]
        if not others:
            continue
        child = next(step for step in box.upwards() if step.parent is around)
        inside = page.boxes_from(around.start, around.end)
        kin = [other for other in inside if other.parent is around and other is not child and _are_kin(child, other)]
        if sum(other.end - other.start for other in kin) < len(others) or _is_linked(page, others):
            break
        box = around
    return box


def _are_kin(one: Box, other: Box) -> bool:
    """Parts of one text as page builders make them; columns only theirs, since others part the text from sidebars."""
    hints = one.hints & other.hints
    if one.name != other.name or (one.hints & COLUMNS and not hints & BUILT):
        return False
    return bool(hints) and len(hints) * 2 >= len(one.hints | other.hints)


def _is_linked(page: Outline, indexes: Sequence[int]) -> bool:
    """A quarter of these lines or more is links or does not belong to any text."""
    lines = [page.lines[n] for n in indexes]
    linked = sum(len(line.text) if line.hidden else line.linked for line in lines)
    return linked * 4 >= sum(len(line.text) for line in lines)


def _says_content(box: Box) -> bool:
    return not box.hints.isdisjoint(CONTENT) or "articleBody" in (box.tag.get("itemprop") or "")


def _lines_of(page: Outline, box: Box, heart: tuple[int, int], after: int) -> list[int]:
    """The text's lines: all of the box after the title if it is not full of links, and the run's beside the box."""
    start, end = max(after, box.start), max(after, box.end)
    inside = [line for line in page.lines[start:end] if not line.hidden]
    linked = sum(line.linked for line in inside)
    if box.name in {"html", "body", "[document]"} or linked * 5 > 2 * sum(len(line.text) for line in inside):
        start, end = heart
    else:
        start = min(start, heart[0])
        while end < heart[1] and distance(page.lines[end - 1], page.lines[end]) < FAR:
            end += 1
    shown = [n for n in range(start, end) if not page.lines[n].hidden and n not in page.captions]
    return _without_related(page, [n for n in shown if not is_furniture(page.lines[n])])


def _without_related(page: Outline, indexes: Sequence[int]) -> list[int]:
    """Leave out a heading such as "Tin liên quan" and what it is about: links, and summaries in boxes of their own."""
    kept: list[int] = []
    level: Box | None = None  # the box that holds the heading; a paragraph straight in it is text again
    skipping = False
    for index, following in zip_longest(indexes, indexes[1:]):
        line = page.lines[index]
        inside = skipping and level is not None and level in line.box.upwards()
        begins = len(line.text) < 60 and is_related(line.text) and not inside
        if begins and (not following or is_listed(page.lines[following])):
            level, skipping = _around(line), True
        elif skipping and not is_listed(line):
            around = _around(line)
            skipping = around is not level and level in (around.upwards() if around else ())
        if not skipping:
            kept.append(index)
    return kept


def _around(line: Line) -> Box | None:
    """The box with more lines around the block that is the line."""
    block = next((box for box in line.box.upwards() if box.name in BLOCKS), None)
    return (
        next((box for box in block.upwards() if box is not block and box.end - box.start > 1), None) if block else None
    )


def _trimmed(page: Outline, indexes: list[int]) -> list[int]:
    """Leave out the labels and the links to other pages before the text and after it."""
    while indexes and _is_edge(page.lines[indexes[0]]):
        indexes = indexes[1:]
    tail = len(indexes)
    while tail and (_is_edge(page.lines[indexes[tail - 1]]) or (tail > 1 and _is_files(page, indexes[tail - 1]))):
        tail -= 1
    links = [n for n in indexes[tail:] if page.lines[n].is_link]
    if len(links) > 1 and tail > 1 and _is_heading(page.lines[indexes[tail - 1]]):
        tail -= 1
    # One or two links after the last sentence may be "Xem chi tiết tại đây"; more are a list of other news.
    kept = links if len(links) < 3 and not any(len(page.lines[n].text) > SENTENCE for n in links) else []
    return indexes[:tail] + [n for n in kept if not is_label(page.lines[n])]


def _is_files(page: Outline, index: int) -> bool:
    """The line is nothing but links to documents, two or more or the file's name: a list of attachments."""
    first = bisect_left(page.links, index, key=LINE)
    links = [anchor.tag for anchor in takewhile(lambda anchor: anchor.line == index, islice(page.links, first, None))]
    length = sum(len(words_of(link)) for link in links if is_document(link))
    several = len(links) > 1 or (len(links) == 1 and FILE_NAME.match(page.lines[index].text))
    return bool(several) and length * 10 >= 7 * len(page.lines[index].text)


def _is_heading(line: Line) -> bool:
    """The line may be the heading of a list, in whatever language."""
    return len(line.text) <= SENTENCE and (line.bold or line.heading > 0 or line.text.endswith(":"))


def _is_edge(line: Line) -> bool:
    return line.is_link or is_label(line) or is_toolbar(line.text) or not any(char.isalnum() for char in line.text)
