"""Extraction: from a fetched page to an article, or to the reason why it is none. Pure: no network, no file, no clock.

This is the spine. For each field the order is: the site's profile, JSON-LD, OpenGraph, microdata, general rules. The
leaves know the page's text (`outline`) and what it says for machines (`metadata`), not each other's results, unless
these are handed to them. `Extraction.rules` names the rule that found each field.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from crawler.article import Article, Page, article_id
from crawler.dates import Published
from crawler.extract import byline, fields, judge, media, published
from crawler.extract.body import Body, find_body
from crawler.extract.lines import Outline
from crawler.extract.markup import Document, parse
from crawler.extract.metadata import Metadata, collect
from crawler.extract.outline import outline
from crawler.extract.paragraphs import paragraphs
from crawler.extract.profile import Selected, date_in, select
from crawler.extract.story import Found, Story
from crawler.extract.title import Title, find_title
from crawler.repetition import mark
from crawler.settings import Site
from crawler.urls import canonical, host_of, kind_of

__all__ = ["Document", "Extraction", "extract", "parse"]


@dataclass(frozen=True, slots=True)
class Extraction:
    """The article, or why there is none; for each field that was found, the rule that found it.

    `marks` are those of the lines of its text, with the lines that were left out as furniture.
    """

    article: Article | None
    rules: dict[str, str]
    reason: str | None = None
    marks: tuple[int, ...] = ()


def extract(document: Document, page: Page, site: Site, furniture: frozenset[int] = frozenset()) -> Extraction:
    """Extract the article of `page`; without a pattern for articles in `site`, judge whether it is one.

    `furniture` has the marks of lines that most texts of the site have.
    """
    if reason := judge.refusal(page):
        return Extraction(None, {}, reason)
    chosen = select(document.soup, site, page.fetched)
    text = outline(document.soup, chosen.removed, furniture)
    told = collect(document.soup, page.url)
    url = address(told, page.url, site)
    title = headline(text, told, chosen, site, url)
    if title is None:
        return Extraction(None, {}, judge.lacking(text, "title"))
    body = main_text(text, chosen, title)
    if body is None:
        return Extraction(None, {"title": title.rule}, judge.lacking(text, "text"))
    story = Story(text, told, title, body, url, page.fetched, site)
    return _judged(story, _assemble(story, chosen), {url, canonical(page.url) or page.url})


def address(told: Metadata, url: str, site: Site) -> str:
    """The canonical address: the page's own claim if it stays on the site and does not name the home page."""
    own = canonical(url) or url
    claimed = told.canonical
    if claimed is None or host_of(claimed) not in site.allowed_hosts:
        return own
    is_home = urlsplit(claimed).path == "/" and not urlsplit(claimed).query
    return own if is_home else claimed


def headline(text: Outline, told: Metadata, chosen: Selected, site: Site, url: str) -> Title | None:
    """The headline, by the profile's selector where that finds one."""
    found = find_title(text, told, find_body(text), site.name, url)
    named = chosen.words("title")
    if chosen.title is None or named is None:
        return found
    box = text.box_of(chosen.title)
    after = box.end if box else found.after if found else 0
    return Title(named.value, named.rule, after)


def main_text(text: Outline, chosen: Selected, title: Title) -> Body | None:
    """The main text, by the profile's selector where that finds some."""
    if chosen.body is not None and (box := text.box_of(chosen.body)):
        own = [n for n in range(box.start, box.end) if n >= title.after or title.after > box.end]
        indexes = tuple(n for n in own if box.noise or not (text.lines[n].hidden or n in text.captions))
        if indexes:
            return Body(indexes, indexes[0], indexes[-1] + 1, box, chosen.rule("body"), indexes)
    found = find_body(text, title.after)
    # A line that only looks like a headline and has no text below it is none.
    only_looks = title.rule.startswith(("h", "class:", "bold"))
    return found if found or not title.after or only_looks else find_body(text)


def _assemble(story: Story, chosen: Selected) -> Extraction:
    """Gather the fields into an article, with the rule of each."""
    author = chosen.words("author") or byline.find(story)
    lead, body = lead_and_body(story, chosen)
    when = publication(story, chosen)
    category = chosen.words("category") or fields.category(story)
    tags = fields.tags(story)
    article = Article(
        id=article_id(story.url),
        url=story.url,
        site=story.site.id,
        title=story.title.text,
        body=body,
        lead=lead.value if lead else None,
        published=when.value.value if when else None,
        published_precision=when.value.precision if when else None,
        published_source=when.rule if when else None,
        author=author.value if author else None,
        category=category.value if category else None,
        tags=tags.value if tags else (),
        images=media.images(story),
        attachments=media.attachments(story),
        language=story.site.language,
    )
    found = {"lead": lead, "published": when, "author": author, "category": category, "tags": tags}
    rules = {"title": story.title.rule, "body": story.body.rule}
    named = {name: field.rule for name, field in found.items() if field}
    return Extraction(article, rules | named, marks=_marks(story))


def _marks(story: Story) -> tuple[int, ...]:
    lines = story.text.lines
    return tuple(mark(lines[n].text) for n in sorted({*story.body.indexes, *story.text.repeated}))


def lead_and_body(story: Story, chosen: Selected) -> tuple[Found[str] | None, str]:
    """The introduction, and the body without it and the byline; the body keeps it where nothing else would be left."""
    lead, indexes = chosen.words("lead"), fields.lead(story)
    if lead:
        box = story.text.box_of(chosen.lead) if chosen.lead else None
        indexes = Found(tuple(range(box.start, box.end)) if box else (), lead.rule)
    elif indexes:
        lead = Found(" ".join(story.text.lines[n].text for n in indexes.value), indexes.rule)
    bylines = byline.lines(story) if chosen.body is None else ()
    own = tuple(n for n in story.body.indexes if n not in bylines) or story.body.indexes
    taken = set(indexes.value) if indexes else set()
    rest = tuple(n for n in own if n not in taken)
    if not rest:
        return None, "\n".join(paragraphs(story.text, own))
    return lead, "\n".join(paragraphs(story.text, rest))


def publication(story: Story, chosen: Selected) -> Found[Published] | None:
    """The date of publication, by the profile's selector where that finds one."""
    if chosen.published is not None and (when := date_in(chosen.published, story.now)):
        return Found(when, chosen.rule("published"))
    return published.find(story)


def _judged(story: Story, found: Extraction, addresses: set[str]) -> Extraction:
    """Refuse what is no article: an error message always, a list or a static page where no pattern decided."""
    article = found.article
    assert article is not None
    reason = judge.missing(story.title, article.body)
    if reason is None and not any(kind_of(url, story.site) == "article" for url in addresses):
        reason = judge.doubt(story, has_documents=bool(article.attachments))
        dated = article.published is not None and (article.published_source != "url" or judge.is_dated_path(story.url))
        if reason is None and not dated and not story.told.marks_article:
            reason = "neither a date nor article markup"
    return replace(found, article=None, reason=reason) if reason else found
