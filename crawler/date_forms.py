"""The words and forms of dates, in lower case: months, weekdays, the orders of day, month and year.

Vietnamese first; then the languages in which Vietnamese universities also publish: English, French, German, Spanish,
Chinese, Japanese, Korean.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

NUMBERS = ("một", "hai", "ba", "tư", "năm", "sáu", "bảy", "tám", "chín", "mười", "mười một", "mười hai")
VIETNAMESE = {word: number for number, word in enumerate(NUMBERS, 1)} | {"bốn": 4, "bẩy": 7}
# January to December; the names of a language that differ from those of the languages before it.
NAMES = (
    "january jan janvier janv januar jänner enero ene",
    "february feb febr février fevrier févr fév februar febrero",
    "march mar marc mars märz maerz marzo",
    "april apr apri avril avr abril abr",
    "may mai mayo",
    "june jun juin juni junio",
    "july jul juillet juil juli julio",
    "august aug augu août aout agosto ago",
    "september sep sept septembre septiembre setiembre",
    "october oct octo octobre oktober okt octubre",
    "november nov nove novembre noviembre",
    "december dec dece décembre decembre déc dezember dez diciembre dic",
)
WESTERN = {name: number for number, names in enumerate(NAMES, 1) for name in names.split()}
MONTHS = VIETNAMESE | WESTERN


def any_of(words: Iterable[str]) -> str:
    """The pattern of one of these words, the longest first."""
    return "|".join(sorted(words, key=len, reverse=True))


# A number that goes on is no date: 08.01.2021.555, 1-08-01-2021; but 08/01/2021-14:30 is one.
BEFORE = r"(?<![\w/.\-])"
AFTER = r"(?!\d|[/.]\d|-\d+(?![\d:hg]))"
YEAR = r"(?P<y>\d{4}|\d{2})"
MONTH_NAME = rf"(?:tháng|thg|th)\.?\s*(?P<m>\d{{1,2}}|{any_of(VIETNAMESE)})(?!\w)"

FORMS = (
    rf"{BEFORE}(?P<y>\d{{4}})-(?P<m>\d{{1,2}})-(?P<d>\d{{1,2}})(?!\d|[/.]\d|-\d)",
    rf"{BEFORE}(?P<y>\d{{4}})/(?P<m>\d{{1,2}})/(?P<d>\d{{1,2}}){AFTER}",
    rf"{BEFORE}(?P<d>\d{{1,2}})\s?/\s?(?P<m>\d{{1,2}})\s?/\s?{YEAR}{AFTER}",
    rf"{BEFORE}(?P<d>\d{{1,2}})\s?-\s?(?P<m>\d{{1,2}})\s?-\s?{YEAR}{AFTER}",
    rf"{BEFORE}(?P<d>\d{{1,2}})\.\s?(?P<m>\d{{1,2}})\.\s?(?P<y>\d{{4}}){AFTER}",
    rf"{BEFORE}(?P<d>\d{{1,2}})\s*{MONTH_NAME}\s*(?:,|năm|[/-])?\s*(?P<y>\d{{4}}){AFTER}",
    rf"{BEFORE}{MONTH_NAME}\s+(?P<d>\d{{1,2}}),?\s+(?P<y>\d{{4}}){AFTER}",
    rf"{BEFORE}(?P<d>\d{{1,2}})(?:st|nd|rd|th|er|\.)?(?:\s+(?:de|of))?[\s-]+(?P<m>{any_of(WESTERN)})(?!\w)\.?,?"
    rf"(?:\s+del?)?[\s-]+{YEAR}{AFTER}",
    rf"{BEFORE}(?P<m>{any_of(WESTERN)})\.?\s+(?P<d>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<y>\d{{4}}){AFTER}",
    r"(?<!\d)(?P<y>\d{4})\s?[年년]\s?(?P<m>\d{1,2})\s?[月월]\s?(?P<d>\d{1,2})\s?[日号號일]",
)
# One pattern, so that the first date of a text is found whatever its form; a group's name is used once: y0, y1, ...
CALENDAR = re.compile("|".join(re.sub(r"(?<=\?P<)[ymd]", rf"\g<0>{n}", form) for n, form in enumerate(FORMS)))
# C's asctime and Unix's date put the time before the year: "Fri Jan 8 14:30:00 2021".
ASCTIME = re.compile(
    r"(?<!\w)([a-z]{3,4} \d{1,2}) (\d{1,2}:\d{2}(?::\d{2})?(?: (?:[a-z]{3,4}|[+-]\d{4}))?) (\d{4})(?!\w)"
)

WEEKDAY = (
    r"(?:thứ[\s-]+(?:hai|ba|tư|năm|sáu|bảy|bẩy|[2-7])|chủ\s+nhật|c\.?n|t\.?[2-7]|th\s[2-7]|"
    r"(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\.?|(?:lun|mar|mer|jeu|ven|sam|dim)\.|"
    r"(?:lun|mar|mercre|jeu|vendre|same)di|dimanche|(?:mon|diens|donners|frei|sams|sonn)tag|mittwoch|"
    r"lunes|martes|mi[ée]rcoles|jueves|viernes|s[áa]bado|domingo|"
    r"(?:星期|周|週|礼拜)[一二三四五六日天]|[月火水木金土日](?:曜日?|(?=\s?\))))(?!\w)"
)
