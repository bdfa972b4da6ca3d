"""The text of PDF and DOCX files: sound ones are read, of others it is said what is wrong."""

from __future__ import annotations

import zipfile
from contextlib import suppress
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paper import NAMES, docx, paragraph, pdf, row

from crawler import document_text
from crawler.document_text import LONGEST, DocumentError, text_of

LINES = ("Danh sách sinh viên được xét học bổng,", "học kỳ hai năm học này.", "Nguyễn Thị Hoà, lớp K64.")


def test_a_pdf_is_read_and_its_sentences_are_joined() -> None:
    assert text_of(pdf(*LINES)) == f"{LINES[0]} {LINES[1]}\n{LINES[2]}"


def test_a_docx_is_read_with_its_tables() -> None:
    made = docx(
        paragraph(LINES[0]), row("STT", "Họ và tên", "Lớp"), row("1", "Nguyễn Thị Hoà", "K64"), paragraph("Hết.")
    )
    assert text_of(made).splitlines() == [LINES[0], "STT | Họ và tên | Lớp", "1 | Nguyễn Thị Hoà | K64", "Hết."]


def test_breaks_and_tabs_part_words() -> None:
    inner = "<w:p><w:r><w:t>Kính gửi:</w:t><w:tab/><w:t>các khoa</w:t><w:br/><w:t>Phòng Đào tạo</w:t></w:r></w:p>"
    assert text_of(docx(inner)) == "Kính gửi: các khoa\nPhòng Đào tạo"


def test_text_is_composed_and_limited() -> None:
    assert text_of(docx(paragraph("Đa\u0323i ho\u0323c\u200b"))) == "Đại học"
    assert len(text_of(docx(*[paragraph("chữ " * 500)] * 80))) <= LONGEST + 80


def test_a_long_pdf_is_read_as_far_as_there_is_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(document_text, "SECONDS", -1.0)
    with pytest.raises(DocumentError, match="no text"):
        text_of(pdf(*LINES))


def test_entities_are_not_expanded() -> None:
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        kinds = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 9))
        text = (
            f'<!DOCTYPE d [<!ENTITY e0 "ha">{kinds}]><w:document {NAMES}>{paragraph("x")}<w:t>&e8;</w:t></w:document>'
        )
        file.writestr("word/document.xml", text.replace("&amp;", "&"))
    with pytest.raises(DocumentError, match="cannot be read"):
        text_of(packed.getvalue())


def test_a_bomb_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(document_text, "MAX_XML", 1000)
    with pytest.raises(DocumentError, match="longer than 1,000 bytes"):
        text_of(docx(paragraph("a" * 2000)))


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"", "neither PDF nor DOCX"),
        (b"<html>404</html>", "neither PDF nor DOCX"),
        (b"PK\x03\x04 cut", "cannot be read"),
        (b"%PDF-1.4\ncut", "cannot be read"),
        (pdf(*LINES)[:300], "cannot be read"),
        (pdf("1", "2 - 3"), "no text"),
        (docx(), "no text"),
    ],
)
def test_what_cannot_be_read_is_named(body: bytes, told: str) -> None:
    with pytest.raises(DocumentError, match=told):
        text_of(body)


@given(st.integers(0, 5_000), st.binary(max_size=40), st.booleans())
def test_no_damage_raises_anything_else(at: int, damage: bytes, is_pdf: bool) -> None:
    sound = pdf(*LINES) if is_pdf else docx(paragraph(LINES[0]))
    place = at % len(sound)
    with suppress(DocumentError):
        assert text_of(sound[:place] + damage + sound[place + len(damage) :])
