"""Find the pictures and the documents that belong to an article."""

from __future__ import annotations

import re

from crawler.article import Attachment, Image
from crawler.extract.documents import is_document, media_type_of, title_of
from crawler.extract.labels import is_related
from crawler.extract.lines import Anchor, common
from crawler.extract.markup import attribute, words_of
from crawler.extract.outline import NOWHERE
from crawler.extract.pictures import is_news, source
from crawler.extract.story import Story
from crawler.urls import canonical, host_of

AFTER = 12  # lines after the text in which a list of attached files may stand
PICTURE = re.compile(r"\.(jpe?g|png|gif|webp|bmp|avif)(?=$|[?#])", re.IGNORECASE)
FEATURED = re.compile(r"wp-post-image|featured", re.IGNORECASE)  # the picture of the article, above its headline
WHOLE_PAGE = frozenset({"html", "body", "[document]"})


def images(story: Story) -> tuple[Image, ...]:
    """The pictures in the body and between headline and body, each once, with the words under them."""
    told: dict[int | None, list[str]] = {}
    for line, picture in sorted(story.text.captions.items()):
        told.setdefault(picture, []).append(story.text.lines[line].text)
    end, found = _end(story), dict[str, Image]()
    for n, anchor in enumerate(story.text.pictures):
        if anchor.line <= end and not anchor.box.noise and _is_own(story, anchor) and is_news(anchor.tag):
            url = canonical(address, story.told.base) if (address := source(anchor.tag)) else None
            if url and (url not in found or found[url].caption is None):
                found[url] = Image(url, " ".join(told.get(n, ())) or None)
    return tuple(found.values())


def attachments(story: Story) -> tuple[Attachment, ...]:
    """The documents that are linked from the headline to the end of the body and in a list just after it."""
    first, end = story.title.after or story.body.start, _end(story)
    found: dict[str, Attachment] = {}
    wordless: set[str] = set()  # links that are icons; words that lead to the same file may follow
    for anchor in story.text.links:
        near = first <= anchor.line <= story.body.end + AFTER
        if (
            anchor.line <= end
            and (near or _is_in_box(story, anchor))
            and not anchor.box.noise
            and is_document(anchor.tag)
        ):
            url = canonical(attribute(anchor.tag, "href"), story.told.base)
            if url and (url not in found or url in wordless):
                found[url] = Attachment(url, title_of(anchor.tag), media_type_of(anchor.tag))
                (wordless.discard if words_of(anchor.tag) else wordless.add)(url)
    return tuple(found.values())


def _end(story: Story) -> int:
    """The line after the body at which a list of other news begins."""
    lines = story.text.lines
    after = range(story.body.end, len(lines))
    return next((n for n in after if len(lines[n].text) < 60 and is_related(lines[n].text)), len(lines))


def _is_in_box(story: Story, anchor: Anchor) -> bool:
    box = story.body.box
    is_near = box.start <= anchor.line <= box.end and box.name not in WHOLE_PAGE
    return is_near and any(around is box for around in anchor.box.upwards())


def _is_own(story: Story, anchor: Anchor) -> bool:
    """The picture stands in the text, or above it and below the headline, and is no advertisement or thumbnail."""
    body, after = story.body, story.title.after
    if FEATURED.search(attribute(anchor.tag, "class")) and anchor.line < body.start and not _leads_away(anchor):
        return True
    if after and after <= anchor.line <= body.start:
        return common(anchor.box, body.box).name not in WHOLE_PAGE or body.box.name in WHOLE_PAGE
    if _leads_away(anchor) and (anchor.line > body.end or host_of(_href(anchor)) not in {"", host_of(story.url)}):
        return False
    return (
        body.start <= anchor.line <= body.end
        if body.box.name in WHOLE_PAGE
        else (body.start < anchor.line < body.end or _is_in_box(story, anchor))
    )


def _href(anchor: Anchor) -> str:
    link = next((around for around in anchor.tag.parents if around.name == "a"), None)
    return attribute(link, "href") if link else ""


def _leads_away(anchor: Anchor) -> bool:
    """The picture is a link to another page, not to itself in a larger size."""
    href = _href(anchor)
    return bool(href) and not NOWHERE.match(href) and not PICTURE.search(href)
