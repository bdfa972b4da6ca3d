"""Read the lines that credit somebody: "Tác giả: …", "Tin, ảnh: …", "(Theo Dân trí)"."""

from __future__ import annotations

import re

from crawler.dates import WEEKDAY
from crawler.extract.name import is_abbreviation, is_person, is_titled, shape

WORK = r"(?:tin|bài|ảnh|hình|clip|video)"
AND = r"\s*(?:,|và|&|-|–|/|\+)\s*"
WRITTEN = r"(?:được )?(?:viết|đăng|gửi) bởi|(?:written|posted|submitted|published) by"
BY = r"by|bởi|par|von|por"
LABEL = (
    r"tác giả(?: bài viết)?|người (?:viết|đăng|thực hiện)|nhóm tác giả|author|auteure?|autor|"
    r"作者|著者|執筆者?|记者|撰稿"
)
AUTHOR = re.compile(
    rf"^\W*(?:{LABEL}|{WRITTEN}|{BY})\s*[:：]\s*(?P<name>.+)$|"
    rf"^\W*(?:{WRITTEN})\s+(?P<plain>.+)$|^\W*(?:{BY})\s+(?P<bare>.+)$",
    re.IGNORECASE,
)
LABEL_ALONE = re.compile(rf"^\W*(?:{LABEL}|{WRITTEN}|{BY})\W*$", re.IGNORECASE)
PART = re.compile(
    rf"^\W*(?:thực hiện|bài viết|(?:tin|bài)(?:{AND}|\s*)?(?:{WORK}(?:{AND}|\s*))*(?:viết)?|"
    rf"{WORK}(?:{AND}{WORK})*{AND}(?:tin|bài))\s*[:：]\s*(?P<name>.+)$",
    re.IGNORECASE,
)
SOURCE = re.compile(r"^\W*nguồn(?: tin)?\s*[:：]\s*(?P<name>.+)$", re.IGNORECASE)
ACCORDING = re.compile(
    r"^\W*theo\s*:?\s+(?P<name>(?:(?:báo|tạp chí|đài|trang|website)\s+)?(?P<proper>[^:\d]{2,40}))$", re.IGNORECASE
)
AFTER_DATE = re.compile(rf"\d.*?\s(?:{BY})\s+(?P<name>[^|•·:\d]{{2,40}}?)\s*(?:[|•·(]|\s[-–]\s|\s\d|$)", re.IGNORECASE)
AMID = re.compile(
    rf"(?<!\w)(?:{LABEL})\s*[:：]\s*(?P<name>[^|•·:：\d\[\]()]{{2,40}}?)\s*"
    r"(?:[|•·(\[\d]|\s[-–]\s|\s(?:ngày|lượt|đăng|cập nhật|chuyên mục|nguồn|lúc)(?!\w)|\s\S+\s?[:：]|$)",
    re.IGNORECASE,
)
PHOTOS = re.compile(r"^\W*(?:ảnh|hình(?: ảnh)?|video|clip|photos?)\s*[:：]\s*(?P<name>.+)$", re.IGNORECASE)
PICTURES = re.compile(r"[\s(–—,;.|-]*(?<!\w)(?:ảnh|hình|video|clip|đồ họa|nguồn)\s*[:：].*$", re.IGNORECASE)
REMARK = re.compile(r"\s*\(\s*(?:tổng hợp|t\s?/\s?h|sưu tầm|st|lược dịch|theo\s[^)]*)\s*\)\W*$", re.IGNORECASE)
DATED = re.compile(
    rf"\s[|•·]\s|[\s,–|-]+(?=(?:(?i:{WEEKDAY})[\s,–-]*)?\d{{1,2}}[/.:hg-]\d)|(?=\d{{1,2}}[/.-]\d{{1,2}}[/.-]\d{{4}})|"
    r"[\s,–|-]+(?:[Nn]gày|[Ll]úc|[Đđ]ăng (?:ngày|lúc)|[Cc]ập nhật|[Ll]ượt|on|vào)\s"
)
LEADING_DATE = re.compile(
    rf"^\W*(?:{WEEKDAY}[\s,–-]*)?\d{{1,4}}[/.-]\d{{1,2}}[/.-]\d{{1,4}}(?:[\s,|–-]*\d{{1,2}}[:hg]\d{{2}}(?::\d{{2}})?)?[\s|,•·–-]*",
    re.IGNORECASE,
)
BAR = re.compile(r"\s*[|•·]\s*")
WORDS = 6  # of a newspaper's name, of a name behind a bare "by"


def credited(text: str) -> str | None:
    """Give the name that a line credits; behind a label that has other uses ("Tin:") only what looks like a name."""
    if match := AUTHOR.match(text):
        name = bare_name(text)
        if match["name"]:
            return name or None
        is_short = bool(name) and len(name.split()) <= WORDS
        return name if is_short and (match["plain"] or is_titled(name)) else None
    if match := PART.match(text):
        name = bare_name(match["name"])
        return name if shape(name) or is_abbreviation(name) else None
    if match := SOURCE.match(text):
        return name if is_person(name := trimmed(match["name"])) else None
    if match := ACCORDING.match(text):
        name = trimmed(match["name"])
        return name if match["proper"][0].isupper() and len(name.split()) <= WORDS else None
    return None


def credited_amid(text: str) -> str | None:
    """Give the name in a stamp: "08/01/2021 bởi Lan Anh", "发布时间:2021年1月8日 作者:陈秋河 点击:[5]"."""
    if match := AMID.search(text):
        return trimmed(match["name"]) or None
    match = AFTER_DATE.search(text)
    name = trimmed(match["name"]) if match else ""
    return name if is_titled(name) else None


def photographer(text: str) -> str | None:
    """Give the name in a line that only credits the pictures: "Ảnh: Minh Đức"."""
    match = PHOTOS.match(text)
    name = trimmed(match["name"]) if match else ""
    return name if shape(name) or is_abbreviation(name) else None


def parts(text: str) -> list[str]:
    """The parts of a stamp between bars or dots."""
    return BAR.split(text)


def is_label_alone(text: str) -> bool:
    """Tell whether a line is only what stands before an author's name: "By", "Tác giả:"."""
    return bool(LABEL_ALONE.match(text))


def is_source(text: str) -> bool:
    """Tell whether the line only says where the text comes from."""
    return bool(SOURCE.match(text))


def is_marked(text: str) -> bool:
    """Tell whether a name in this line stands in brackets or has a remark behind it, such as "(tổng hợp)"."""
    return bool(REMARK.search(text) or re.fullmatch(r"\([^()]*\)\.?", text))


def bare_name(text: str) -> str:
    """The name without a label ("Viết bởi") or a date before it and a date behind it."""
    dated = LEADING_DATE.match(text)
    undated = text[dated.end() :] if dated else text
    match = AUTHOR.match(undated) or PART.match(undated)
    name = next(filter(None, match.groupdict().values())) if match else undated
    return trimmed(DATED.split(name)[0])


def trimmed(name: str) -> str:
    """The name without remarks, credits for pictures and punctuation around it."""
    name = REMARK.sub("", PICTURES.sub("", name)).strip(" \"'“”()[]–—-|,;:*•")
    return name if re.search(r"(?:^|\W)\w\.$", name) else name.removesuffix(".")
