"""Read what a short line says of the dates in it: which one is the publication's, a change's or an event's.

A stamp is a date that a template or an editor put beside an article. A date that an unknown word leads, as in "Sáng
8/1/2021, Trường khai giảng", is none: whatever happened then, the line does not say that the article was published.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from crawler import dates
from crawler.dates import WEEKDAY, Published, Stamp

Kind = Literal["published", "updated", "bare", "amid", "event"]

FILLER = rf"(?:[\s:,|()\[\]–—-]|(?:{WEEKDAY}|(?:ngày|lúc|vào|trên|hồi|on|at|date|le|am|el)(?!\w)))*$"
PUBLISHED = re.compile(
    r"(?<!\w)(?:(?:ngày|thời gian|thời điểm|giờ)\s+(?:đăng|tạo|viết|gửi|xuất bản|phát hành|đưa)|"
    r"đăng|viết|tạo|gửi|xuất bản|đưa|posted|published|created|submitted|"
    r"(?:publish(?:ed|ing)?|publication|post|created?) date|date published|"
    r"publiée?|mise? en ligne|veröffentlicht|publicado|"
    r"(?:发布|發布|发表|公開|掲載|投稿)(?:时间|時間|日期|日時?|于)?)"
    rf"(?:\s+(?:tin|bài|tải|lên))?(?:\s+(?:bởi|by)\s+[^|•:]{{1,40}}?)?{FILLER}"
)
UPDATED = re.compile(
    r"(?<!\w)(?:cập nhật|chỉnh sửa|sửa(?: đổi)?|updated?|modified|edited|revised|"
    r"mise? à jour|modifiée?|aktualisiert|actualizado|(?:最終|最后)?更新(?:时间|時間|日期|日時?|于)?)"
    rf"(?:\s+(?:lần\s+)?(?:cuối(?: cùng)?|mới nhất|gần nhất|tin|bài))?(?:\s+(?:bởi|by)\s+[^|•:]{{1,40}}?)?{FILLER}"
)
# Words of events, wherever they stand before the date; those that sections have too ("Tổ chức") only beside it.
EVENT = re.compile(
    r"(?<!\w)(?:(?:hạn|deadline|kết thúc|bắt đầu|khai mạc|bế mạc|khai giảng|nhập học|diễn ra|dự kiến|ban hành|hiệu lực|"
    r"thời gian(?! (?:đăng|tạo|gửi|viết))|ngày (?:thi|sinh|ký|họp|hết)|lịch thi|truy cập|until|due|expires?|starts?|"
    r"ends?|begins?|born|clôture|date limite|jusqu'au|avant|bis|hasta)(?!\w)|截止|报名|締切|開催|会议时间|活动时间|"
    rf"(?:trước|sau|từ|đến|tới|hết|sinh|ký|thi|họp|tổ chức|nộp|sáng|trưa|chiều|tối|event){FILLER})"
)
LEADS_ON = re.compile(r"\W*(?:tại|đến|tới|ở|until|to)(?!\w)|\s*[-–—]\s*(?:ngày\s*)?\d{1,2}\s?[/.-]\s?\d")
COUNTED_UP = re.compile(r"(?<![\d/.])\d{1,2}(?:[/.]\d{1,2})?\s*(?:[-–—,]|và)\s*$")  # 5 - 8/1/2021
SEPARATOR = re.compile(r"\s[-–—/]\s|[|•·;()\[\]»>]|^\s*[-–—]\s|\s[-–—]\s*$")
BYLINE_BEFORE = re.compile(r"(?<!\w)(?:tác giả|bởi|by|người (?:đăng|viết))\W+[^|:]{1,40}$")
META_AFTER = re.compile(
    r"\W*(?:\d[\d.,]*\s*)?(?:(?:lượt |phút )?(?:xem|đọc)|views?|hits|min(?:utes?)? read|tác giả|người (?:đăng|viết)|"
    r"đăng bởi|bởi|by|par|von|por|chuyên mục|danh mục|in(?: bài)?|bình luận|phản hồi|comments?|chia sẻ|share|email)"
    r"(?!\w)|"
    r"\W*(?:作者|来源|点击|點擊|浏览|阅读)|\s+\d[\d.,]*\s*$"
)


@dataclass(frozen=True, slots=True)
class Dated:
    """A date in a line and what the line says of it: "bare" is nothing, "amid" some other words."""

    when: Published
    kind: Kind


def read(text: str, now: datetime, linked: int = 0) -> list[Dated]:
    """Read the dates in a line of which `linked` characters are links; a label in the line before belongs to it."""
    found = [Dated(stamp.published, _kind(stamp, linked)) for stamp in dates.stamps(text, now)]
    loose = {dated.when.day for dated in found if dated.kind in {"bare", "event"}}
    if len(loose) > 1:  # from then to then
        return [Dated(dated.when, "event" if dated.kind == "bare" else dated.kind) for dated in found]
    return found


def is_of_event(text: str) -> bool:
    """Tell whether a line without a readable date speaks of an event or a term."""
    return bool(EVENT.search(text.lower()))


def _kind(stamp: Stamp, linked: int) -> Kind:
    before, after = SEPARATOR.split(stamp.before)[-1], SEPARATOR.split(stamp.after)[0]
    label = UPDATED.search(stamp.before) or PUBLISHED.search(stamp.before)
    if EVENT.search(SEPARATOR.split(stamp.before[: label.start()])[-1] if label else before):
        return "event"
    if label:
        return "updated" if label.re is UPDATED else "published"
    if LEADS_ON.match(stamp.after) or COUNTED_UP.search(re.sub(WEEKDAY, "", stamp.before)):
        return "event"
    is_led = not dates.is_filler(before) and len(before.strip()) > linked and not BYLINE_BEFORE.search(before)
    return "amid" if is_led or not (dates.is_filler(after) or META_AFTER.match(after)) else "bare"
