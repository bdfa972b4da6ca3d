"""The words of templates: labels, counters, buttons, headings of lists with other news, addresses of the newsroom.

Several rules ask the same of a line, and all pages of a site have the lines of its menus: so answers are kept.
"""

from __future__ import annotations

import re
from functools import lru_cache

from crawler.dates import CALENDAR
from crawler.extract.lines import Line

CONTACT = re.compile(
    r"©|copyright|bản quyền|all rights reserved|điện thoại\s*:|hotline|\bfax\b|e-?mail\s*:|^\s*địa chỉ\s*:|"
    r"giấy phép (số|thiết lập)|đang truy cập|lượt truy cập|powered by|thiết kế bởi",
    re.IGNORECASE,
)
RELATED = re.compile(
    r"^\W*((các |những |một số )?(tin|bài|thông (báo|tin)|sự kiện|hoạt động|văn bản|chủ đề)"
    r"( tức| viết| bài| đăng| hoạt động| và| &| sự kiện| thông báo| đã| được){0,3} "
    r"(liên quan|khác|mới( hơn| nhất| cập nhật| đăng)?|cũ( hơn)?|nổi bật|gần đây|tương tự|"
    r"(cùng|trong) (chuyên mục|loại|chủ đề|danh mục|thể loại|mục|nhóm)|"
    r"đưa|đăng|đọc nhiều( nhất)?|xem nhiều( nhất)?|tiếp theo|trước( đó)?|sau|sắp (tới|diễn ra))( khác)?|"
    r"có thể bạn quan tâm|(bài )?cùng (chuyên mục|chủ đề|danh mục)|liên quan|related( \w+)?|"
    r"lire aussi|à lire aussi|voir aussi|articles? liés|相关(新闻|链接|阅读|文章)|"
    r"recent( \w+)?|(more|other)( news| articles| posts)|latest news|see also|you (may|might) also like|"
    r"xem thêm|đọc thêm|ý kiến( bạn đọc| phản hồi)?|bình luận( của bạn)?|thảo luận|"
    r"(\d+ )?(comments?|phản hồi)|(để lại|viết|gửi|thêm)( một| ý kiến)? (bình luận|trả lời|phản hồi)( của bạn)?|"
    r"gửi ý kiến( của bạn)?|leave a (comment|reply)|trả lời)\W*(\(\d+\)\W*)?$",
    re.IGNORECASE,
)
LABEL_WORDS = (
    r"(?:(?:số )?lượt (?:xem|đọc|truy cập|view)|số (?:lần|lượt) (?:xem|đọc)|(?:đã )?(?:xem|đọc)(?= *:? *\d)|đã xem|"
    r"ngày (?:đăng|cập nhật|tạo|viết)|cập nhật(?: lúc| lần cuối)?|"
    r"được đăng|chuyên mục|danh mục|thể loại|tác giả|views?|hits|in (?:bài|trang|tin)(?: này| viết)?|bản in|print|"
    r"chia sẻ|share|facebook|twitter|tweet|pinterest|linkedin|zalo|email|tags?|từ khóa|từ khoá|đánh giá|cỡ chữ|"
    r"quay lại|trở (?:về|lại)|(?:bài|tin) (?:trước|sau|tiếp)(?: đó| theo)?|previous|next|"
    r"(?:tệp|tập|file|tài liệu|văn bản)(?: tin)?(?: đính)? kèm(?: theo)?|attachments?|"
    r"attached files?|tải (?:về|xuống)|download|"
    r"về đầu trang|lên đầu trang|gửi (?:e-?mail|mail|bạn bè|bài)|thích|like|lưu tin|font size|tổng số điểm)"
)
LABEL = re.compile(
    rf"^\W*(?:(?:đăng|viết) (?:bởi|ngày|lúc)\b|(?:written|posted|published) (?:by|on)\b|"
    rf"{LABEL_WORDS}(?:\W*$|\s*[:|(\d–-]|\s+{LABEL_WORDS}\b))",
    re.IGNORECASE,
)
# Whole lines that no article says of itself, so that they are left out amid a text, too.
COUNTER = re.compile(
    r"^\W*(?:(?:đã |số |lượt |lần |tổng )*(?:xem|đọc|truy cập|views?|hits|lượt xem|lượt đọc)\W*\d[\d.,]*\W*"
    r"(?:lần|lượt|views?|hits)?|\d[\d.,]*\W*(?:lượt (?:xem|đọc)|views?|hits|lần xem|bình luận|comments?)|"
    r"(?:in|gửi|lưu|chia sẻ|share|print|email|e-mail|tweet|like|thích)\W+(?:(?:bài|trang|tin|viết|này|cho bạn( bè)?|"
    r"qua|lên|on|this|post|page|facebook|twitter|zalo|email|e-mail|google\+?|linkedin|pinterest|print|share|tweet|like)\W*)+|"
    r"(?:print|tweet|share|chia sẻ)|"
    r"tổng số điểm của bài viết.*|click để đánh giá.*|xếp hạng\W.*|(?:đánh giá|bình chọn)\W+\d.*|"
    r"bạn cần (?:phải )?đăng nhập.*|(?:mời bạn |vui lòng )?đăng nhập để (?:bình luận|gửi).*|"
    r"mã (?:an toàn|bảo mật|xác nhận)|"
    r"\W*(?:advertisement|quảng cáo)|(?:[↑▲^]\W*)?(?:về|lên) đầu trang|back to top)\W*$",
    re.IGNORECASE,
)
BAR = re.compile(r"\s*[|·•]\s*")
DIGIT = re.compile(r"\d")
KEPT = 2048  # lines of which an answer is kept
PIECE = 40  # characters between two bars
SEE_ALSO = re.compile(
    r"^\W*(?:(?:xem|đọc) (?:thêm|tiếp)|(?:tin|bài)(?: viết)? liên quan|có thể bạn quan tâm|see also|read more)\b|"
    r"^\s*(?:>>|»)",
    re.IGNORECASE,
)


@lru_cache(maxsize=KEPT)
def is_contact(text: str) -> bool:
    """The text has an address, a copyright or the like."""
    return bool(CONTACT.search(text))


@lru_cache(maxsize=KEPT)
def is_related(text: str) -> bool:
    """The text is the heading of a list of other news or of comments."""
    return bool(RELATED.match(text))


def is_label(line: Line) -> bool:
    """The line describes the article or offers a button, and is no part of the text."""
    return line.box.meta or (len(line.text) < 120 and _is_label(line.text))


@lru_cache(maxsize=KEPT)
def _is_label(text: str) -> bool:
    return bool(LABEL.match(text) or is_date(text) or _is_stamp(text))


def _is_stamp(text: str) -> bool:
    """A date and other short pieces between bars or dots: "Minh Anh · 8/1/2021 · 4 phút đọc"."""
    pieces = _pieces(text)
    return 2 <= len(pieces) <= 5 and max(map(len, pieces)) <= PIECE and any(map(is_date, pieces))


def _pieces(text: str) -> list[str]:
    return BAR.split(text) if "|" in text or "·" in text or "•" in text else [text]


def is_toolbar(text: str) -> bool:
    """Words of two or three between bars, in whatever language: "Imprimer | Envoyer à un ami | Haut de page"."""
    pieces = _pieces(text)
    return len(pieces) > 2 and max(map(len, pieces)) <= PIECE and not any(map(str.isdigit, text))


def is_date(text: str) -> bool:
    """A date with at most a weekday, a time and a word or two beside it."""
    if len(text) > 80 or not DIGIT.search(text):
        return False
    rest, dates = CALENDAR.subn("", text.lower())
    return dates == 1 and sum(map(str.isalpha, rest)) <= 14


def is_furniture(line: Line) -> bool:
    """The line is none of the text wherever it stands: a counter, a button, a link to further reading."""
    if len(line.text) < 120 and _is_counter(line.text):
        return True
    is_headline = line.linked >= 20 and line.linked * 3 > len(line.text)
    return is_headline and len(line.text) < 250 and bool(SEE_ALSO.match(line.text))


@lru_cache(maxsize=KEPT)
def _is_counter(text: str) -> bool:
    return bool(COUNTER.match(text))


def is_listed(line: Line) -> bool:
    """The line may stand in a list of other news: a link, a label, a word or two."""
    return line.is_link or line.linked > 15 or is_label(line) or len(line.text) < 12
