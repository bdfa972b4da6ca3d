"""Tell by its shape whether a few words can be the name of whoever wrote an article: a person, initials, an office."""

from __future__ import annotations

import re

SURNAMES = frozenset(
    """nguyễn trần lê phạm hoàng huỳnh phan vũ võ đặng bùi đỗ hồ ngô dương lý đinh trịnh đoàn mai cao lưu tạ thái hà lâm
    tô trương phùng quách kiều chu châu tống vương đào từ lương tăng la mạc nghiêm ông quản tôn thân triệu văn viên
    khổng khuất đàm doãn giang giáp hứa lã lại lục mẫn""".split()  # noqa: SIM905 -- so many quoted words are harder to read
)
TITLES = re.compile(r"^(?:(?:gs|pgs|ts|ths|tskh|cn|ks|bs|bsck\w*|nb|pv|sv|thầy|cô)\b[.\s]*)+", re.IGNORECASE)
INITIALS = re.compile(r"(?:[^\W\d_]\.\s?){1,3}[^\W\d_]\.?|P\.?/?V\.?|CTV")
ABBREVIATION = re.compile(r"[^\W\d_a-zà-ỹ][^\W\d_a-zà-ỹ&-]{1,7}")
GROUP = re.compile(
    r"(?:phòng|khoa|ban|viện|trung tâm|tt|bộ môn|đoàn|hội|văn phòng|clb|câu lạc bộ|tổ|thư viện|liên chi|nhóm)\s"
    r"(?!biên tập|tổ chức|giám|đồng|quản trị)(?P<rest>.+)",
    re.IGNORECASE,
)
JOINED = re.compile(r"\s*[,&/+;]\s*|\s+(?:[-–—]|và|and)\s+")
# What ends texts and looks like a name: formulas, labels, places.
NOT_NAMES = re.compile(
    r"trân trọng|cảm ơn|cám ơn|chúc mừng|năm mới|kính (?:mời|báo|chào|gửi)|thông (?:báo|tin)|lưu ý|ghi chú|liên hệ|"
    r"chi tiết|xem (?:thêm|tại)|tin tức|hình ảnh|sự kiện|đại học|cao đẳng|học viện|nhà trường|việt nam|hà nội|"
    r"hồ chí minh|sinh viên|tuyển sinh|chương trình|danh sách|kết quả|phụ lục|địa (?:chỉ|điểm)|thời gian|"
    r"số điện thoại|nơi nhận|hiệu trưởng|giám (?:đốc|hiệu)|chủ tịch|trưởng (?:phòng|khoa|ban)|biên tập|"
    r"ban tổ chức|hội đồng|công ty|xin (?:chào|cảm)|hẹn gặp|tải về|tại đây|mục lục|kế hoạch|lịch"
)
# Provinces and towns whose names are two capitals like a person's; a stamp may begin with the place.
PLACES = frozenset(
    re.findall(
        r"\w+ \w+",
        """an giang, bà rịa, bạc liêu, bắc giang, bắc kạn, bắc ninh, bến tre, bình dương, bình định, bình phước,
        bình thuận, cà mau, cao bằng, cần thơ, đà lạt, đà nẵng, đắk lắk, đắk nông, điện biên, đồng nai,
        đồng tháp, gia lai, hà giang, hà nam, hà tĩnh, hải dương, hải phòng, hậu giang, hòa bình, hưng yên,
        khánh hòa, kiên giang, kon tum, lai châu, lạng sơn, lào cai, lâm đồng, long an, nam định, nghệ an,
        nha trang, ninh bình, ninh thuận, phú thọ, phú yên, quảng bình, quảng nam, quảng ngãi, quảng ninh,
        quảng trị, quy nhơn, sài gòn, sóc trăng, sơn la, tây ninh, thái bình, thái nguyên, thanh hóa, thủ đức,
        tiền giang, trà vinh, tuyên quang, vĩnh long, vĩnh phúc, việt trì, yên bái""",
    )
)
PARTICLES = frozenset({"de", "del", "du", "la", "le", "van", "von", "der", "và", "and", "et", "-", "–", "&"})
SYLLABLE = 7  # letters: "nghiêng"; a foreign name may have one more
LONGEST = 60  # characters
MOST = 4  # names in one byline


def shape(name: str) -> bool:
    """Tell whether it has the shape of one to four names, or of an office."""
    parts = JOINED.split(name)
    first, *others = parts
    fits = len(name) <= LONGEST and len(parts) <= MOST
    return fits and _is_one(first) and all(_is_one(other) or is_abbreviation(other) for other in others)


def is_person(name: str) -> bool:
    """Tell whether it is a full Vietnamese name that begins with a surname."""
    words = TITLES.sub("", name).lower().split()
    return len(words) >= 3 and words[0] in SURNAMES and shape(name) and not is_group(name)


def is_group(name: str) -> bool:
    """Tell whether it is an office: "Phòng CTSV", "Khoa Công nghệ thông tin"."""
    match = GROUP.fullmatch(name)
    return bool(match and match["rest"][0].isupper() and len(name.split()) <= 9 and not re.search(r"[.:;!?]", name))


def is_titled(name: str) -> bool:
    """Tell whether each of its words has a capital, as a name has and a sentence has not."""
    words = [word for word in name.split() if word not in PARTICLES]
    return bool(words) and all(word[0].isupper() for word in words)


def is_place(name: str) -> bool:
    """Tell whether it is a province or a town."""
    return name.lower() in PLACES


def is_abbreviation(name: str) -> bool:
    """Tell whether it is a word of capitals: an office's or a newspaper's."""
    return bool(ABBREVIATION.fullmatch(name))


def is_account(name: str) -> bool:
    """Tell whether it is what somebody logs in with: an address, a word of plain small letters and digits."""
    return bool(re.fullmatch(r"\S+@\S+|[a-z0-9._-]+", name))


def _is_one(name: str) -> bool:
    """One person's name, initials, or an office."""
    return bool(INITIALS.fullmatch(name)) or is_group(name) or _is_capitalised(TITLES.sub("", name))


def _is_capitalised(name: str) -> bool:
    """Two to five syllables, each with a capital, or all of them in capitals, and no formula."""
    words = name.split()
    return (
        not NOT_NAMES.search(name.lower())
        and 2 <= len(words) <= 5
        and all(
            word.isalpha()
            and len(word) <= SYLLABLE + 1
            and word[0].isupper()
            and (word[1:].islower() or word.isupper())
            for word in words
        )
    )
