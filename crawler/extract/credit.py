"""Read the lines that credit somebody: "Tác giả: …", "Tin, ảnh: …", "(Theo Dân trí)"."""

from __future__ import annotations

import re

from crawler.extract.name import is_abbreviation, is_person, shape

WORK = r"(?:tin|bài|ảnh|hình|clip|video)"
AND = r"\s*(?:,|và|&|-|–|/|\+)\s*"
AUTHOR = re.compile(
    r"^\W*(?:tác giả(?: bài viết)?|người (?:viết|đăng|thực hiện)|nhóm tác giả|(?:được )?(?:viết|đăng) bởi|"
    r"written by|posted by|author|by)\s*[:：]\s*(?P<name>.+)$|"
    r"^\W*(?:(?:được )?(?:viết|đăng) bởi|written by|posted by|by)\s+(?P<plain>.+)$",
    re.IGNORECASE,
)
PART = re.compile(
    rf"^\W*(?:thực hiện|bài viết|(?:tin|bài)(?:{AND}|\s*)?(?:{WORK}(?:{AND}|\s*))*(?:viết)?|"
    rf"{WORK}(?:{AND}{WORK})*{AND}(?:tin|bài))\s*[:：]\s*(?P<name>.+)$",
    re.IGNORECASE,
)
SOURCE = re.compile(r"^\W*nguồn(?: tin)?\s*[:：]\s*(?P<name>.+)$", re.IGNORECASE)
ACCORDING = re.compile(r"^\W*theo\s*:?\s+(?:(?:báo|trang|website)\s+)?(?P<name>[^:\d]{2,40})$", re.IGNORECASE)
AFTER_DATE = re.compile(r"\d.*?\s(?:bởi|by)\s+(?P<name>[^|•:\d]{2,40}?)\s*(?:[|•(]|\s[-–]\s|$)", re.IGNORECASE)
PICTURES = re.compile(r"[\s(–—,;.|-]*(?<!\w)(?:ảnh|hình|video|clip|đồ họa|nguồn)\s*[:：].*$", re.IGNORECASE)
REMARK = re.compile(r"\s*\(\s*(?:tổng hợp|t\s?/\s?h|sưu tầm|st|lược dịch|theo\s[^)]*)\s*\)\W*$", re.IGNORECASE)
DATED = re.compile(
    r"\s[|•]\s|[\s,–|-]+(?=\d{1,2}[/.:hg-]\d)|"
    r"[\s,–|-]+(?:[Nn]gày|[Ll]úc|[Đđ]ăng (?:ngày|lúc)|[Cc]ập nhật|[Ll]ượt|on|vào)\s"
)
WORDS = 6  # of a newspaper's name, of a name behind a bare "by"


def credited(text: str) -> str | None:
    """Give the name that a line credits; behind a label that has other uses ("Tin:") only what looks like a name."""
    if match := AUTHOR.match(text):
        name = bare_name(match["name"] or match["plain"])
        return name if name and (match["name"] or len(name.split()) <= WORDS) else None
    if match := PART.match(text):
        name = bare_name(match["name"])
        return name if shape(name) or is_abbreviation(name) else None
    if match := SOURCE.match(text):
        return name if is_person(name := trimmed(match["name"])) else None
    if match := ACCORDING.match(text):
        name = trimmed(match["name"])
        return name if name[:1].isupper() and len(name.split()) <= WORDS else None
    return None


def credited_after_date(text: str) -> str | None:
    """Give the name behind the date in a stamp: "08/01/2021 bởi Lan Anh"."""
    match = AFTER_DATE.search(text)
    return trimmed(match["name"]) if match else None


def is_source(text: str) -> bool:
    """Tell whether the line only says where the text comes from."""
    return bool(SOURCE.match(text))


def is_marked(text: str) -> bool:
    """Tell whether a name in this line stands in brackets or has a remark behind it, such as "(tổng hợp)"."""
    return bool(REMARK.search(text) or re.fullmatch(r"\([^()]*\)\.?", text))


def bare_name(text: str) -> str:
    """The name without a label before it ("Viết bởi") and a date behind it."""
    match = AUTHOR.match(text) or PART.match(text)
    name = next(filter(None, match.groupdict().values())) if match else text
    return trimmed(DATED.split(name)[0])


def trimmed(name: str) -> str:
    """The name without remarks, credits for pictures and punctuation around it."""
    name = REMARK.sub("", PICTURES.sub("", name)).strip(" \"'“”()[]–—-|,;:*•")
    return name if re.search(r"(?:^|\W)\w\.$", name) else name.removesuffix(".")
