"""Make a PDF and a DOCX of given lines, as small as they can be and sound."""

from __future__ import annotations

import zipfile
from html import escape
from io import BytesIO

NAMES = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType='
    '"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>'
)


def pdf(*lines: str) -> bytes:
    """A page with these lines, whose font tells the letter of each code (ISO 32000-1 9.10.3)."""
    letters = sorted(set("".join(lines)))
    codes = {letter: f"{number:04X}" for number, letter in enumerate(letters, 1)}
    shown = "".join(f"<{''.join(codes[letter] for letter in line)}> Tj 0 -14 Td " for line in lines)
    told = "\n".join(f"<{codes[letter]}> <{letter.encode('utf-16-be').hex()}>" for letter in letters)
    cmap = (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /X def /CMapType 2 def\n"
        f"1 begincodespacerange <0000> <FFFF> endcodespacerange\n{len(letters)} beginbfchar\n{told}\nendbfchar\n"
        "endcmap end end"
    )
    return _file(
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F 5 0 R >> >> >>",
        _stream(f"BT /F 12 Tf 50 800 Td {shown}ET"),
        "<< /Type /Font /Subtype /Type0 /BaseFont /X /Encoding /Identity-H /DescendantFonts [6 0 R]"
        " /ToUnicode 7 0 R >>",
        "<< /Type /Font /Subtype /CIDFontType2 /BaseFont /X /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity)"
        " /Supplement 0 >> /DW 500 >>",
        _stream(cmap),
    )


def _stream(text: str) -> str:
    return f"<< /Length {len(text)} >>\nstream\n{text}\nendstream"


def _file(*objects: str) -> bytes:
    made, places = b"%PDF-1.4\n", []
    for number, told in enumerate(objects, 1):
        places.append(len(made))
        made += f"{number} 0 obj\n{told}\nendobj\n".encode()
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    count = len(objects) + 1
    end = f"xref\n0 {count}\n0000000000 65535 f \n{table}trailer\n<< /Size {count} /Root 1 0 R >>\n"
    return made + f"{end}startxref\n{len(made)}\n%%EOF\n".encode()


def paragraph(text: str) -> str:
    """A paragraph of a DOCX in two runs."""
    half = len(text) // 2
    runs = "".join(f'<w:r><w:t xml:space="preserve">{escape(part)}</w:t></w:r>' for part in (text[:half], text[half:]))
    return f"<w:p>{runs}</w:p>"


def row(*cells: str) -> str:
    """A table of one row."""
    return f"<w:tbl><w:tr>{''.join(f'<w:tc>{paragraph(cell)}</w:tc>' for cell in cells)}</w:tr></w:tbl>"


def docx(*blocks: str) -> bytes:
    """A document of these blocks."""
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("[Content_Types].xml", TYPES)
        file.writestr("word/document.xml", f"<w:document {NAMES}><w:body>{''.join(blocks)}</w:body></w:document>")
    return packed.getvalue()
