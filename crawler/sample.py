"""The settings file that `tratin init` writes: every setting with its default and its line of help, from the model."""

from __future__ import annotations

import json

from pydantic import BaseModel

from crawler.settings import Profile, Settings, Site

HEAD = """\
# The settings of tratin. Every line that begins with # is a comment; a setting that is commented out shows its default.
# 'tratin check' tells whether the file is sound and what is in effect.
"""

# What a newcomer changes to point tratin at a newsroom; the rest of a site's keys follow with their help.
EXAMPLE = {
    "name": "Trường Đại học Công nghiệp Việt Trì",
    "start": ["https://vui.edu.vn/"],
    "hosts": ["vui.edu.vn", "www.vui.edu.vn"],
    "article": r"/[^/]+-\d+\.html$",
    "follow": "/(tin-tuc|su-kien)/",
    "exclude": "/(en|login|search)/",
    "not_found": "(không tìm thấy|không tồn tại)",
    "language": "vi",
}
PROFILE_EXAMPLE = {
    "title": "h1.entry-title",
    "lead": ".sapo",
    "body": ".entry-content",
    "published": "time.published",
    "author": ".author",
    "category": ".breadcrumb li:last-child",
    "remove": [".related", ".share"],
}


def settings_file() -> str:
    """The text of a new tratin.toml."""
    parts = [HEAD]
    for name, field in Settings.model_fields.items():
        if isinstance(field.default, BaseModel):
            parts.append(_table(name, field.default))
    parts.append(
        "# One table for each newsroom; the table's name is the site's id. Take the # away and put in your own.\n"
        "# [sites.vui]\n" + "".join(_line(Site, key, value) for key, value in EXAMPLE.items())
    )
    parts.append(
        "# Selectors for a site whose pages are not read rightly without; several are allowed, newest first.\n"
        "# [[sites.vui.profile]]\n# valid_from = 2020-01-01  # pages fetched on or after this day\n"
        + "".join(_line(Profile, key, value) for key, value in PROFILE_EXAMPLE.items())
    )
    return "\n".join(parts)


def _table(name: str, defaults: BaseModel) -> str:
    lines = [f"[{name}]  # {(type(defaults).__doc__ or '').strip()}\n"]
    for key, field in type(defaults).model_fields.items():
        value = getattr(defaults, key)
        lines.append(_line(type(defaults), key, (field.examples or [""])[0] if value is None else value))
    return "".join(lines)


def _line(model: type[BaseModel], key: str, value: object) -> str:
    """`# key = value  # help`."""
    return f"# {key} = {_toml(value)}  # {model.model_fields[key].description}\n"


def _toml(value: object) -> str:
    """A value as TOML; a JSON text is one, but for tables."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_toml(inner)}" for key, inner in value.items()) + " }"
    return json.dumps(value, ensure_ascii=False)
