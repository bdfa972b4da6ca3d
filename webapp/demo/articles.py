"""The sample articles: one file each under `articles/`, TOML front matter between `+++` lines and a plain body.

A body is blocks with a blank line between them: a paragraph on one line, a list of `- ` lines, a table of `| a | b |`
lines. This is not Markdown: there is no inline markup.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from typing import Literal


@dataclass(frozen=True)
class Block:
    """A piece of a body; `rows` holds cells, one cell in one row for a paragraph, one cell a row for a list."""

    kind: Literal["paragraph", "list", "table"]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Image:
    """A picture that the server draws at `path`."""

    path: str
    caption: str


@dataclass(frozen=True)
class Attachment:
    """A PDF that the server has at `path`."""

    path: str
    title: str


@dataclass(frozen=True)
class SampleArticle:
    """One article as the press office wrote it; `published` is aware, `number` is the id that its site gave it."""

    slug: str
    number: int
    site: str
    title: str
    lead: str
    published: datetime
    author: str
    category: str
    tags: tuple[str, ...]
    images: tuple[Image, ...]
    attachments: tuple[Attachment, ...]
    blocks: tuple[Block, ...]

    @property
    def paragraphs(self) -> tuple[str, ...]:
        """The running text of the body, without lists and tables."""
        return tuple(block.rows[0][0] for block in self.blocks if block.kind == "paragraph")

    @property
    def text(self) -> str:
        """Title, lead and the whole body, a line for each paragraph, item and row."""
        rows = (" ".join(row) for block in self.blocks for row in block.rows)
        return "\n".join((self.title, self.lead, *rows))


def load_articles() -> tuple[SampleArticle, ...]:
    """Read every bundled article, newest first."""
    folder = files("webapp.demo") / "articles"
    sources = (file.read_text("utf-8") for file in folder.iterdir() if file.name.endswith(".md"))
    return tuple(sorted(map(parse, sources), key=lambda article: article.published, reverse=True))


def parse(source: str) -> SampleArticle:
    """Read one article; a missing or an unknown key raises."""
    _, matter, body = source.split("+++\n", 2)
    meta = tomllib.loads(matter)
    return SampleArticle(
        **meta
        | {
            "tags": tuple(meta["tags"]),
            "images": tuple(Image(**image) for image in meta.get("images", ())),
            "attachments": tuple(Attachment(**attachment) for attachment in meta.get("attachments", ())),
            "blocks": tuple(_block(part.splitlines()) for part in body.strip().split("\n\n")),
        }
    )


def _block(lines: list[str]) -> Block:
    if lines[0].startswith("- "):
        return Block("list", tuple((line.removeprefix("- "),) for line in lines))
    if lines[0].startswith("|"):
        return Block("table", tuple(tuple(map(str.strip, line.strip("| ").split("|"))) for line in lines))
    return Block("paragraph", ((" ".join(lines),),))
