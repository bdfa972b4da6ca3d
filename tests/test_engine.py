"""The contract of every engine, first part: what a query matches, and what comes first."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest
from engines import ENGINES, ask, found, indexed, stored
from hypothesis import example, given
from hypothesis import strategies as st

from indexer.engine import Engine, Reader

ARTICLES = [
    stored("hust", title="Trường đại học Bách khoa", lead="Khai giảng năm học mới.", body="Sinh viên nhập học.",
           author="Nguyễn Thị Lan", category="Đào tạo", site="bachkhoa"),
    stored("vui", title="Đại học Công nghiệp Việt Trì", body="Học bổng cho sinh viên vượt khó.\nThể thao sôi nổi.",
           author="Trần Văn Long", category="Tin tức", site="vui"),
    stored("bare", title="Thong bao", body="truong dai hoc cong nghiep thong bao tuyen sinh"),
    stored("order", title="Học đại", body="Một bài về học rồi đại, cao và thể chất, thao trường."),
    stored("other", title="Tin thể thao", body="Nghiên cứu sinh thi đấu bóng đá.", category="Thể thao", site="vui"),
    stored("code", title="Quyết định", body="Quyết định số 123/QĐ-ĐHCNVT ngày 08/01/2021 của hiệu trưởng."),
    stored("date", title="Công văn", body="Công văn số 124/QĐ-ĐHCNVT ký ngày 8.1.2021 tại TP.HCM, mức 3.500.000 đồng."),
]  # fmt: skip


@pytest.fixture(scope="module", params=ENGINES)
def reader(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Reader:
    return indexed(request.param(tmp_path_factory.mktemp("index")), *ARTICLES)


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    return request.param(tmp_path / "index")  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", "hust vui bare order other code date"),
        ("đại học", "hust vui bare order"),
        ("dai hoc", "hust vui bare order"),
        ("ĐẠI HỌC", "hust vui bare order"),
        ("đại học sinh viên", "hust vui"),
        ("không ở đâu cả", ""),
        ('"đại học"', "hust vui"),
        ('"dai hoc"', "hust vui bare"),
        ('"học đại"', "order"),
        ('"học sinh"', ""),
        ("học -thể thao", "hust bare order"),
        ("học NOT thể thao", "hust bare order"),
        ("học -(thể thao)", "hust bare"),
        ('học -"đại học"', "bare order"),
        ("học -đại", "bare"),
        ("học -dai", ""),
        ("-học", "bare other code date"),
        ("-học -thể thao", "bare code date"),
        ("bách khoa OR việt trì", "hust vui"),
        ("học (bổng OR giảng)", "hust vui"),
        ("(học bổng) OR (nghiên cứu)", "vui other"),
        ("-học OR bổng", "vui bare other code date"),
        ("học -(bổng OR giảng)", "bare order"),
        ("title:đại học", "hust vui order"),
        ('title:"đại học"', "hust vui"),
        ("title:sinh viên", ""),
        ("đại học -title:việt", "hust bare order"),
        ("author:lan", "hust"),
        ("author:LAN nguyễn", "hust"),
        ('author:"Nguyen Thi Lan"', "hust"),
        ('author:"Lan Nguyễn"', ""),
        ("lan", ""),
        ("category:thể thao", "other"),
        ("category:dao tao", "hust"),
        ("site:vui", "vui other"),
        ("site:VUI học", "vui"),
        ("site:(bachkhoa OR vui) -bóng", "hust vui"),
        ("học -site:vui", "hust bare order"),
        ("nghi*", "vui bare other"),
        ("nghiên*", "other"),
        ("title:tr*", "hust vui"),
        ("tru* da*", "hust bare order"),
        ("author:ng*", "hust"),
        ("zz*", ""),
        ("123/QĐ-ĐHCNVT", "code"),
        ("123/qd-dhcnvt", "code"),
        ("124/QĐ-ĐHCNVT", "date"),
        ("123", "code"),
        ("QĐ", "code date"),
        ("ĐHCNVT", "code date"),
        ('"123/QĐ"', "code"),
        ('"qd 123"', ""),
        ("08/01/2021", "code date"),
        ("8.1.2021", "code date"),
        ("2021-01-08", "code date"),
        ("09/01/2021", ""),
        ("2021", "code date"),
        ("tphcm", "date"),
        ("TP.HCM", "date"),
        ("hcm", "date"),
        ("3500000", "date"),
        ("3.500.000", "date"),
    ],
)
def test_what_a_query_matches(reader: Reader, query: str, names: str) -> None:
    assert set(found(reader, query)) == set(names.split())


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("đại học công nghiệp", unicodedata.normalize("NFD", "đại học công nghiệp")),
        ("hoà bình", "hòa bình"),
        ("thuỷ lợi", "thủy lợi"),
        ("kỹ thuật", "kĩ thuật"),
        ('"Mỹ thuật" OR quý', '"mĩ thuật" OR quí'),
        ("-hoà thuật", "-hòa THUẬT"),
        ("title:kỹ*", "title:kĩ*"),
    ],
)
def test_spellings_of_one_word_rank_identically(engine: Engine, one: str, other: str) -> None:
    texts = "Đại học công nghiệp|Hoà bình|Hòa bình|Thuỷ lợi thủy lợi|Kỹ thuật|Kĩ thuật|Mĩ thuật, kỹ thuật|Quí|quý giá"
    reader = indexed(engine, *(stored(str(n), title=text, body="Bài. " * n) for n, text in enumerate(texts.split("|"))))
    answer = ask(reader, one)
    assert answer.matches
    assert answer == ask(reader, other)


def test_spellings_in_the_text_count_alike(engine: Engine) -> None:
    texts = ["Kỹ thuật hoà nhập", "Kĩ thuật hòa nhập", unicodedata.normalize("NFD", "KỸ THUẬT HOÀ NHẬP")]
    reader = indexed(engine, *(stored(str(n), title=text) for n, text in enumerate(texts)))
    assert len({match.score for match in ask(reader, "kỹ thuật hòa nhập").matches}) == 1
    assert found(reader, '"kĩ thuật hoà"') == ["0", "1", "2"]


def test_exact_diacritics_come_first(engine: Engine) -> None:
    reader = indexed(
        engine,
        stored("bare", title="dai hoc", body="dai hoc " * 50),
        stored("long", title="dài học", body="dài học dài học"),
        stored("half", title="đại hóc", body="đại hóc"),
        stored("exact", title="Tin", body="Rất nhiều lời khác trước khi nói tới đại học, một lần, ở cuối bài. " * 3),
    )
    assert found(reader, "đại học")[0] == "exact"
    assert set(found(reader, "đại hoc")[:2]) == {"exact", "half"}
    assert found(reader, "dai hoc")[0] == "bare"


def test_exact_prefixes_come_first(engine: Engine) -> None:
    reader = indexed(
        engine,
        stored("bare", title="nghien nghien", body="nghien " * 9),
        stored("tone", title="Tin", body="Một bài dài nói về máy nghiền đá trong một câu duy nhất."),
        stored("exact", title="Tin", body="Một bài dài khác nói về nghiên cứu trong một câu duy nhất, và còn nữa."),
    )
    assert set(found(reader, "nghie*")) == {"bare", "tone", "exact"}
    assert found(reader, "nghiên*")[-1] == "bare"
    assert found(reader, "nghiề*")[0] == "tone"


def test_title_outranks_body(engine: Engine) -> None:
    words = "lời lẽ dài dòng chẳng nói gì"
    reader = indexed(
        engine,
        stored("body", title=words, body=f"Học bổng {words} {words}"),
        stored("title", title="Học bổng", body=f"{words} {words} {words}"),
        stored("neither", title="Khác", body=words),
    )
    assert found(reader, "học bổng") == ["title", "body"]
    assert found(reader, "hoc bong") == ["title", "body"]


def test_words_side_by_side_outrank_the_same_words_apart(engine: Engine) -> None:
    reader = indexed(
        engine,
        stored("apart", title="Tin", body="bổng nhiên, ai cũng học thế này"),
        stored("together", title="Tin", body="ai cũng nhiên, học bổng thế này"),
    )
    assert found(reader, "học bổng") == found(reader, "hoc bong") == ["together", "apart"]
    assert found(reader, "bổng OR học") == ["apart", "together"]


def test_a_bare_word_is_any_of_its_accented_forms(engine: Engine) -> None:
    reader = indexed(
        engine,
        stored("rare", body="nghi một hai ba bốn năm sáu bảy tám"),
        stored("often", body="nghỉ lễ nghỉ hè nghị định nghĩ suy một"),
        *(stored(f"other{n}", body="chuyện khác của ngày hôm ấy mà thôi") for n in range(9)),
    )
    assert found(reader, "nghi") == ["often", "rare"]


def test_more_and_rarer_words_rank_higher(engine: Engine) -> None:
    filler = " ".join(f"từ{n}" for n in range(20))
    reader = indexed(
        engine,
        stored("often", body=f"bóng bóng bóng đá {filler}"),
        stored("once", body=f"bóng đá chuyền rổ {filler}"),
        stored("rare", body=f"rổ chuyện {filler}"),
        *(stored(f"other{n}", body=f"đá chuyện {filler}") for n in range(8)),
    )
    assert found(reader, "bóng") == ["often", "once"]
    assert found(reader, "đá OR chuyền")[0] == "once"
    assert found(reader, "đá OR rổ")[:2] == ["once", "rare"]


def test_excluded_words_and_filters_do_not_move_the_rest(engine: Engine) -> None:
    reader = indexed(
        engine,
        *(stored(str(n), title="Học bổng" * (n % 3), body="học bổng " * n + "hè " * (9 - n), author="Lan " * (n % 4))
          for n in (1, 2, 3, 5, 6, 7)),
        stored("out", body="học bổng mùa đông", author="Long"),
    )  # fmt: skip
    plain = [match for match in ask(reader, "học bổng").matches if match.id != "out"]
    assert list(ask(reader, "học bổng -đông").matches) == plain
    assert list(ask(reader, "học bổng", author="lan").matches) == plain


def test_phrase_does_not_run_from_title_into_body(engine: Engine) -> None:
    reader = indexed(
        engine,
        stored("torn", title="Tuyển sinh đại", lead="học chính quy", body="công nghiệp"),
        stored("whole", title="Tuyển sinh", lead="Đại học chính quy", body="Công nghiệp"),
    )
    assert found(reader, '"đại học"') == ["whole"]
    assert found(reader, '"chính quy công nghiệp"') == []
    assert set(found(reader, "đại học")) == {"torn", "whole"}


def test_phrase_over_a_repeated_word(engine: Engine) -> None:
    reader = indexed(engine, stored("once", body="xa thật"), stored("twice", body="xa xa thật xa"))
    assert found(reader, '"xa xa"') == ["twice"]
    assert found(reader, '"xa xa xa"') == []
    assert found(reader, '"xa thật xa"') == ["twice"]


def test_prefix_stands_for_every_term_however_many(engine: Engine) -> None:
    reader = indexed(engine, *(stored(f"{n:04}", body=f"mã ab{n:04}x") for n in range(2600)))
    assert ask(reader, "ab*").total == ask(reader, "").total == 2600
    assert ask(reader, "ab00* mã").total == 100
    assert found(reader, "ab2599x") == ["2599"]


def test_equal_scores_go_to_the_newer_then_to_the_id(engine: Engine) -> None:
    days = {"d": None, "c": "2020-01-01", "b": "2021-01-01", "a": "2020-01-01"}
    reader = indexed(engine, *(stored(name, title="Tin", published=day) for name, day in days.items()))
    assert found(reader, "tin") == ["b", "a", "c", "d"]
    assert found(reader, "") == ["b", "a", "c", "d"]


SPICE = """
học đại "đại học" -thể - -- NOT OR AND ( ) (( )) " title: author: site:vui site: -title:học ngh* * ** site:(a -b)
123/QĐ-ĐHCNVT 08/01/2021 TP.HCM \x00 \ud800 ﷺ 👍 / @ category:-x
"""
PIECES = st.sampled_from(SPICE.split())


@given(st.one_of(st.text(max_size=80), st.lists(PIECES, max_size=20).map(" ".join), st.lists(PIECES).map("".join)))
@example("\ud800ngh*")
def test_every_query_text_gives_an_answer(reader: Reader, text: str) -> None:
    answer = ask(reader, text, author=text)
    assert 0 <= answer.total <= len(ARTICLES)
    assert len(answer.matches) == answer.total
    assert set(ask(reader, text).facets) == {"site", "category", "year"}


@pytest.mark.parametrize(
    "query", ["học " * 1000, "(" * 500 + "học" + ")" * 500, "-" * 500 + "học", "x" * 100_000 + "*"]
)
def test_monstrous_queries_give_an_answer(reader: Reader, query: str) -> None:
    assert ask(reader, query).total >= 0
