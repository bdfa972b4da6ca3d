"""The analyser: tables of what was decided, properties of what must hold for any text, and the study's cases."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from crawler import legacy
from indexer.highlight import mark, wanted
from indexer.query import parse
from indexer.vietnamese import (
    Token,
    begins,
    canonical,
    fold,
    has_marks,
    parts,
    prefix_forms,
    readings,
    sentences,
    tokenize,
)

CASES = Path(__file__).parents[2] / "shared/data/analysis_cases.jsonl"
KINDS = {
    "tokens", "offsets", "same", "different", "fold", "match", "nomatch", "parts", "phrase", "prefix", "highlight",
    "sentences", "noerror",
}  # fmt: skip

# None of the cases had to be corrected; tone-13 looks odd but is right: `thuýên` bears sắc, whose place in `uyê` is ê.

VIETNAMESE = st.text(
    "aăâeêioôơuưyàảãáạắềộờựỹđĐÐhkqgntHOÀ .,-/@&0123\u0300\u0301\u0323\u0302\u031b\u200b\n", max_size=40
)
TEXTS = st.one_of(st.text(max_size=40), VIETNAMESE)


def exact(text: str) -> list[str]:
    return [token.exact for token in tokenize(text)]


def folded(text: str) -> list[str]:
    return [token.folded for token in tokenize(text)]


def positions(text: str) -> list[tuple[str, int]]:
    return [(token.exact, token.position) for token in tokenize(text)]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("hòa", "hoà"),
        ("HOÀ", "hoà"),
        ("thủy", "thuỷ"),
        ("khỏe", "khoẻ"),
        ("khuỷu", "khuỷu"),
        ("khuya", "khuya"),
        ("cuả", "của"),
        ("mía", "mía"),
        ("lửa", "lửa"),
        ("tóan", "toán"),
        ("vịêt", "việt"),
        ("thuýên", "thuyến"),
        ("rựơu", "rượu"),
        ("thủơ", "thuở"),
        ("qúy", "quý"),
        ("quí", "quý"),
        ("quít", "quýt"),
        ("gịa", "giạ"),
        ("gìn", "gìn"),
        ("giếng", "giếng"),
        ("giữ", "giữ"),
        ("kỹ", "kĩ"),
        ("Lý", "lí"),
        ("thuý", "thuý"),
        ("tay", "tay"),
        ("yêu", "yêu"),
        ("Ðại", "đại"),
        ("Ɖại", "đại"),
        ("e\u0301\u0302", "ế"),  # the tone typed before the circumflex
        ("việ\u200bt", "việt"),
        ("ñu", "ñu"),  # a tilde on a consonant is no tone
        ("café", "café"),
        ("résumé", "résumé"),
        ("ﬁ", "fi"),
        ("２０２１", "2021"),
    ],
)
def test_canonical(written: str, expected: str) -> None:
    assert canonical(written) == expected
    assert canonical(unicodedata.normalize("NFD", written)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("123/QĐ-ĐHCNVT", [("123/qđ-đhcnvt", 0), ("123", 0), ("qđ", 1), ("đhcnvt", 2)]),
        ("08/2021/TT-BGDĐT", [("08/2021/tt-bgdđt", 0), ("8", 0), ("2021", 1), ("tt", 2), ("bgdđt", 3)]),
        ("8.1.2021 và", [("2021-01-08", 0), ("8", 0), ("1", 1), ("2021", 2), ("và", 3)]),
        ("2021-01-08", [("2021-01-08", 0), ("2021", 0), ("1", 1), ("8", 2)]),
        ("31/02/2021", [("31", 0), ("2", 1), ("2021", 2)]),
        ("ngày 08", [("ngày", 0), ("8", 1)]),
        ("3.500.000 đồng", [("3500000", 0), ("3", 0), ("500", 1), ("000", 2), ("đồng", 3)]),
        ("1,500,000.5", [("1500000.5", 0), ("1", 0), ("500", 1), ("000", 2), ("5", 3)]),
        ("27,5 hay 27.5", [("27.5", 0), ("hay", 1), ("27.5", 2)]),
        ("1,2,3", [("1", 0), ("2", 1), ("3", 2)]),
        ("0210.3829.247", [("02103829247", 0), ("0210", 0), ("3829", 1), ("247", 2)]),
        ("Nội-TP.HCM.", [("nội", 0), ("tphcm", 1), ("tp", 1), ("hcm", 2)]),
        ("TP.Huế", [("tp", 0), ("huế", 1)]),
        ("COVID\u201119", [("covid19", 0), ("covid", 0), ("19", 1)]),
        ("2020-2021", [("2020", 0), ("2021", 1)]),
        ("và/hoặc", [("và", 0), ("hoặc", 1)]),
        ("học,sinh", [("học", 0), ("sinh", 1)]),
        (
            "ky.su@my.edu.vn",
            [("ky.su@my.edu.vn", 0), ("ki", 0), ("su", 1), ("mi", 2), ("edu", 3), ("vn", 4)],
        ),
        ("vui.edu.vn/tin", [("vui.edu.vn", 0), ("vui", 0), ("edu", 1), ("vn", 2), ("tin", 3)]),
    ],
)
def test_compounds(text: str, expected: list[tuple[str, int]]) -> None:
    assert positions(text) == expected
    assert positions(text.lower()) == expected
    assert positions(text.upper()) == expected


def test_the_offsets_of_a_whole_cover_it() -> None:
    tokens = tokenize("số 123/QĐ-ĐHCNVT.")
    assert tokens[1] == Token("123/qđ-đhcnvt", "123/qd-dhcnvt", 1, 3, 16)
    assert [(t.start, t.end) for t in tokens[2:]] == [(3, 6), (7, 9), (10, 16)]


def test_what_is_too_long_for_a_term_is_cut_alike_everywhere() -> None:
    assert len(exact("a" * 10_000)[0]) == 255


def test_readings_are_the_ways_a_word_may_stand_in_a_text() -> None:
    assert [[t.exact for t in reading] for reading in readings("TP.HCM")] == [["tphcm"], ["tp", "hcm"]]
    assert [[t.exact for t in reading] for reading in readings("Hà-Nội")] == [["hà", "nội"]]
    assert [[t.exact for t in reading] for reading in readings("Nội-TP.HCM")] == [["nội", "tp", "hcm"]]
    assert [[t.exact for t in reading] for reading in readings("4.0")] == [["4.0"]]
    assert readings("…") == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [("dai hoc", False), ("đai", True), ("dái", True), ("da\u0301i", True), ("Ðai", True), ("“a” – …", False)],
)
def test_has_marks(text: str, expected: bool) -> None:
    assert has_marks(text) is expected


@pytest.mark.parametrize(
    ("term", "prefix", "expected"),
    [
        ("việt", "viê", True),
        ("việt", "việ", True),
        ("việt", "viế", False),
        ("việt", "vie", False),
        ("hoàng", "hòa", True),
        ("đại", "đ", True),
        ("dại", "đ", False),
    ],
)
def test_begins(term: str, prefix: str, expected: bool) -> None:
    assert begins(term, canonical(prefix)) is expected


def test_prefix_forms() -> None:
    assert prefix_forms("Ky") == ("ky", "ki")
    assert prefix_forms("nghi") == ("nghi",)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Một. Hai! Ba? Bốn… Năm", ["Một.", "Hai!", "Ba?", "Bốn…", "Năm"]),
        ("Tại P. Tiên Cát, TP. Việt Trì. Sau đó", ["Tại P. Tiên Cát, TP. Việt Trì.", "Sau đó"]),
        ("Lúc 7.30 ngày 8.1.2021. Xong.", ["Lúc 7.30 ngày 8.1.2021.", "Xong."]),
        ("1. Mục tiêu\n2. Nội dung", ["1. Mục tiêu", "2. Nội dung"]),
        ("Năm 2021. Mùa xuân", ["Năm 2021.", "Mùa xuân"]),
        ("Sách, vở, v.v. được tặng. “Cảm ơn.” Rồi về", ["Sách, vở, v.v. được tặng.", "“Cảm ơn.”", "Rồi về"]),
        ("tiêu đề\n\n nội dung ", ["tiêu đề", "nội dung"]),
        (" \n ", []),
    ],
)
def test_sentences(text: str, expected: list[str]) -> None:
    assert [text[start:end] for start, end in sentences(text)] == expected


def test_a_long_run_of_stops_takes_no_time() -> None:
    assert sentences("?" * 100_000) == [(0, 100_000)]


@given(TEXTS)
def test_canonical_and_fold_are_idempotent(text: str) -> None:
    assert canonical(canonical(text)) == canonical(text)
    assert fold(fold(canonical(text))) == fold(canonical(text))


@given(TEXTS)
def test_composed_and_decomposed_text_have_the_same_terms(text: str) -> None:
    composed, decomposed = (unicodedata.normalize(form, text) for form in ("NFC", "NFD"))
    assume(legacy.decoded(composed) == composed)
    assert [t[:3] for t in tokenize(composed)] == [t[:3] for t in tokenize(decomposed)]


@given(TEXTS)
def test_offsets_slice_the_original_to_the_token(text: str) -> None:
    assume(legacy.decoded(text) == text)
    tokens = tokenize(text)
    assert sorted(tokens, key=lambda t: (t.position, -t.end)) == tokens
    for token in tokens:
        assert token.exact
        assert token.folded
        assert token.exact in exact(text[token.start : token.end])
    assert [t.position for t in parts(tokens)] == list(range(len(parts(tokens))))


@given(TEXTS)
def test_sentences_hold_all_but_the_space_between(text: str) -> None:
    spans = sentences(text)
    assert "".join("".join(text[a:b] for a, b in spans).split()) == "".join(text.split())
    assert all(a < b for a, b in spans)
    assert spans == sorted(spans)


def cases() -> list[Any]:
    if not CASES.exists():
        return []
    rows = [json.loads(line) for line in CASES.read_text("utf-8").splitlines()]
    return [pytest.param(row, id=row["id"]) for row in rows if row["kind"] in KINDS]


@pytest.mark.skipif(not CASES.exists(), reason=f"the study's cases are not beside the repository: {CASES}")
@pytest.mark.parametrize("case", cases())
def test_cases_of_the_study(case: dict[str, Any]) -> None:
    CHECKS[case["kind"]](case["text"], case["expect"])


def check_tokens(text: str, expected: list[str]) -> None:
    assert exact(text) == expected


def check_parts(text: str, expected: list[str]) -> None:
    assert [token.exact for token in parts(tokenize(text))] == expected


def check_offsets(text: str, expected: list[list[Any]]) -> None:
    assert [[t.exact, t.start, t.end] for t in tokenize(text)] == expected


def check_same(_: str, expected: list[str]) -> None:
    assert exact(expected[0]) == exact(expected[1])


def check_different(_: str, expected: list[str]) -> None:
    assert exact(expected[0]) != exact(expected[1])


def check_fold(text: str, expected: list[str]) -> None:
    assert folded(text) == expected


def found(text: str, expected: dict[str, Any]) -> bool:
    """Whether every word of the query is in the text in one of its readings."""
    terms = exact if expected["field"] == "exact" else folded
    return all(
        any(
            {getattr(t, "exact" if terms is exact else "folded") for t in reading} <= set(terms(text))
            for reading in ways
        )
        for ways in map(readings, expected["query"].split())
    )


def check_match(text: str, expected: dict[str, Any]) -> None:
    assert found(text, expected)


def check_nomatch(text: str, expected: dict[str, Any]) -> None:
    assert not found(text, expected)


def check_phrase(text: str, expected: dict[str, Any]) -> None:
    terms = [t[1 if expected.get("field") == "fold" else 0] for t in parts(tokenize(text))]
    wants = [t[1 if expected.get("field") == "fold" else 0] for t in parts(tokenize(expected["query"]))]
    occurs = any(terms[i : i + len(wants)] == wants for i in range(len(terms)))
    assert occurs is expected["match"]
    assert ("<mark>" in mark(text, wanted(parse(expected["query"]).node))) is expected["match"]


def check_prefix(text: str, expected: dict[str, Any]) -> None:
    if expected["field"] == "fold":
        matching = [term for term in folded(text) if term.startswith(fold(expected["query"]))]
    else:
        matching = [term for term in exact(text) if begins(term, expected["query"])]
    assert matching == expected["match"]


def check_highlight(text: str, expected: dict[str, Any]) -> None:
    joined = expected["html"].replace("</b> <b>", " ").replace("b>", "mark>")
    assert mark(text, wanted(parse(expected["query"]).node)) == joined


def check_sentences(text: str, expected: int) -> None:
    assert len(sentences(text)) == expected


def check_noerror(text: str, _: bool) -> None:
    for token in tokenize(text):
        assert token.exact in exact(text[token.start : token.end])


CHECKS = {name.removeprefix("check_"): check for name, check in list(globals().items()) if name.startswith("check_")}
