"""Old encodings of Vietnamese: what is certainly in one is decoded, and nothing else is ever changed."""

from __future__ import annotations

from itertools import pairwise
from typing import Literal
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st
from legacy_text import ENCODERS, FOREIGN, LETTERS, LITERAL, SENTENCES, tcvn3, vni

from crawler.legacy import ENCODINGS, best, certain, certain_in, decoded, is_suspect
from crawler.legacy_tables import TCVN3, VNI
from crawler.syllables import is_syllable
from indexer.query import parse
from indexer.vietnamese import tokenize

Form = Literal["NFC", "NFD", "NFKC"]
FORMS: tuple[Form, ...] = ("NFC", "NFD", "NFKC")
NAMES = dict(zip(ENCODERS, ("TCVN3", "VNI", "windows-1258", "UTF-8"), strict=True))
WORDS = sorted({word for sentence in SENTENCES for word in sentence.replace(",", "").split()} - {"Robot"})
PASSAGES = st.lists(st.sampled_from(WORDS), min_size=4, max_size=30).map(
    lambda words: "Trường Đại học được " + " ".join(words)
)


def names(*texts: str) -> list[str]:
    return [encoding.name for encoding in certain_in(texts)]


@pytest.mark.parametrize(
    ("shown", "meant", "name"), [(*pair, NAMES[key]) for key, pairs in LITERAL.items() for pair in pairs]
)
def test_lines_checked_by_hand(shown: str, meant: str, name: str) -> None:
    encoding = certain(shown)
    assert encoding is not None
    assert encoding.name == name
    assert normalize("NFC", decoded(shown)) == meant


def test_the_tables_have_every_letter() -> None:
    assert set(LETTERS) <= set(TCVN3.values())
    assert set(LETTERS + LETTERS.upper()) <= set(VNI.values())
    assert len(set(TCVN3.values())) == len(TCVN3) == 67 + 7


@pytest.mark.parametrize("name", ENCODERS)
@given(PASSAGES)
def test_round_trips(name: str, meant: str) -> None:
    read = normalize("NFC", decoded(ENCODERS[name](meant)))
    assert read.lower() == meant.lower() if name == "tcvn3" else read == meant


@pytest.mark.parametrize("name", ENCODERS)
@given(PASSAGES)
def test_what_was_decoded_stays(name: str, meant: str) -> None:
    once = decoded(ENCODERS[name](meant))
    assert decoded(once) == once


@given(PASSAGES, st.sampled_from(FORMS))
def test_unicode_is_never_changed(text: str, form: Form) -> None:
    for spelled in (normalize(form, text), normalize(form, text.upper())):
        assert decoded(spelled) == spelled
        assert best(spelled, ENCODINGS) is None


@pytest.mark.parametrize("paragraph", FOREIGN)
@pytest.mark.parametrize("size", [1, 2, 3, 4, 6, 9, 99])
def test_other_languages_are_never_changed(paragraph: str, size: int) -> None:
    words = paragraph.split()
    for start in range(max(1, len(words) - size + 1)):
        text = " ".join(words[start : start + size])
        assert decoded(text) == text


@given(st.lists(st.sampled_from(FOREIGN), max_size=5), st.permutations(FOREIGN))
def test_pages_of_other_languages_have_nothing_to_decode(some: list[str], others: list[str]) -> None:
    assert names(*some, *others[:3], *(word for text in some for word in text.split())) == []


@pytest.mark.parametrize(
    "text",
    [
        "Loïc Lê",
        "Ì:ä",
        "A0\x800ä",
        "ÑEÀ",
        "ë ë ®ã",
        "Zoë Trần",
        "thé né",
        "© 2020 ® « Thông tin »",
        "Có hai bà cháu và ông lão",
        "São Paulo và Zürich",
        "Diện tích 5 m², góc 30°, ½ số dư, ± 3 µm, 3×4",
        "Trường Đại học §¹i häc C«ng nghiÖp",  # half of it is Unicode: nobody knows whose the other half is
        "§",
        "",
        "\xad\xad\xad",
        "µ¸¹¶",
        "\ud800¸µ\udfff",
    ],
)
def test_what_is_not_certain_stays(text: str) -> None:
    assert decoded(text) == text


@pytest.mark.parametrize("text", ["häc", "T\xadêng", "Ngaøy"])
def test_one_run_is_not_enough(text: str) -> None:
    assert certain(text.split("\xad")[-1]) is None


def test_english_words_among_vietnamese_are_too_many() -> None:
    assert certain("Héi th¶o Machine Learning Systems") is None
    assert decoded("Héi th¶o quèc tÕ vÒ Learning") == "Hội thảo quốc tế về Learning"


@pytest.mark.parametrize(
    ("shown", "meant"),
    [
        ("Hµ NéI, NGµY §ÇU N¡M MíI", "HÀ NỘI, NGÀY ĐẦU NĂM MỚI"),
        ("Hµ Néi, ngµy ®Çu n¨m míi", "Hà Nội, ngày đầu năm mới"),
        ("GS. NGUYÔN V¡N ¸NH chñ tr× héi th¶o t¹i Hµ Néi", "GS. NGUYỄN VĂN ÁNH chủ trì hội thảo tại Hà Nội"),
        ("ý KIÕN B¹N §äC", "Ý KIẾN BẠN ĐỌC"),
    ],
)
def test_capitals_are_told_by_the_letters_around(shown: str, meant: str) -> None:
    assert decoded(shown) == meant


def test_a_lost_soft_hyphen_is_restored_where_no_syllable_is_without() -> None:
    assert decoded("Mêng Kh¬ng ®îc n\xadíc, tríc ®êng §¦¥NG") == "Mường Khương được nước, trước đường ĐƯƠNG"
    assert decoded("trêi m\xada, s¬n xong bê hå") == "trời mưa, sơn xong bờ hồ"


def test_signs_alone_are_no_letters() -> None:
    assert decoded("« t« cña tr\xadêng · § 5 · © 2010 · ½ giê") == "ô tô của trường · § 5 · © 2010 · ½ giờ"


def test_a_short_line_profits_from_the_document() -> None:
    told = tcvn3(SENTENCES[0])
    encodings = certain_in(["Trang chủ", "Menu", told])
    for short, meant in (("Häc", "Học"), ("Héi th¶o Deep Learning", "Hội thảo Deep Learning")):
        assert certain(short) is None
        encoding = best(short, encodings)
        assert encoding is not None
        assert encoding.decode(short) == meant
    assert best("José Müller", encodings) is None
    assert best("Có hai bà", encodings) is None
    assert best("Tin tức", encodings) is None


def test_many_short_lines_are_certain_together() -> None:
    lines = tcvn3("Học bổng.Tuyển sinh.Đào tạo.Sự kiện.Thư viện.Liên hệ").replace("\xad", "").split(".")
    alone = [line for line in lines if certain(line) is None]
    assert names(*alone[:1]) == []
    assert names(*lines) == ["TCVN3"]
    assert names("Kö", "Mü") == []


def test_a_document_may_have_two_encodings() -> None:
    both = certain_in([tcvn3(SENTENCES[0]), vni(SENTENCES[1])])
    assert {encoding.name for encoding in both} == {"TCVN3", "VNI"}
    for encode in (tcvn3, vni):
        encoding = best(encode("Hội nghị sinh viên"), both)
        assert encoding is not None
        assert encoding.decode(encode("Hội nghị sinh viên")) == "Hội nghị sinh viên"


@given(st.text(st.characters(max_codepoint=0x2122), max_size=80))
def test_any_text_is_aligned(text: str) -> None:
    for encoding in ENCODINGS:
        read, starts = encoding.aligned(text)
        assert len(starts) == len(read) + 1
        assert starts[-1] == len(text)
        assert all(one <= other for one, other in pairwise(starts))
        assert encoding.decode(text).casefold() == read.casefold()
    assert decoded(decoded(text)) == decoded(text) or is_suspect(text)


@pytest.mark.parametrize("name", ["tcvn3", "vni", "utf-8"])
@pytest.mark.parametrize("sentence", SENTENCES)
def test_the_analyser_reads_it_at_its_own_offsets(name: str, sentence: str) -> None:
    shown = ENCODERS[name](sentence)
    found, wanted = tokenize(shown), tokenize(sentence)
    assert [token[:3] for token in found] == [token[:3] for token in wanted]
    encoding = next(encoding for encoding in ENCODINGS if encoding.name == NAMES[name])
    for token, meant in zip(found, wanted, strict=True):
        assert encoding.decode(shown[token.start : token.end]).lower() == sentence[meant.start : meant.end].lower()


@pytest.mark.parametrize("name", ["tcvn3", "vni", "utf-8"])
def test_a_query_is_read_as_a_whole(name: str) -> None:
    meant = "Trường Đại học Công nghiệp"
    assert parse(ENCODERS[name](meant)) == parse(meant)


@pytest.mark.parametrize(
    "word",
    ["nghiêng", "quốc", "quyết", "giếng", "gì", "gìn", "già", "giặt", "khuỷu", "thuở", "hoà", "hòa", "quý", "quí",
     "uống", "ương", "yêu", "ý", "ở", "Kạn", "ngoằn", "ĐẶC", "Hoàng"],
)  # fmt: skip
def test_syllables(word: str) -> None:
    assert is_syllable(word)
    assert is_syllable(normalize("NFD", word))


@pytest.mark.parametrize(
    "word",
    ["đuợc", "trờng", "hoc", "that", "learning", "Müller", "ngê", "cế", "ghà", "tộòng", "ôờ", "José", "x", "",
     "Straße", "é́", "nghiêngg", "ﬁ"],
)  # fmt: skip
def test_what_is_no_syllable(word: str) -> None:
    assert not is_syllable(word)
