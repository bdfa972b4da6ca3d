"""Sentences for the tests of old encodings, and encoders that write them: the tables of the decoder, inverted.

A wrong table would be wrong both ways; so `LITERAL` has lines whose characters were checked by hand, letter by letter.
"""

from __future__ import annotations

from collections.abc import Callable
from unicodedata import normalize

from crawler.legacy_tables import TCVN3, VNI

SENTENCES = (
    "Trường Đại học Thử nghiệm tổ chức lễ khai giảng năm học mới",
    "Sinh viên khoa Cơ khí đoạt giải nhì cuộc thi Robot toàn quốc",
    "Thông báo về việc nộp học phí học kỳ hai và xét đợt học bổng",
    "Hội thảo quốc tế về năng lượng mặt trời được mở đầu năm nay",
    "Ký kết thoả thuận hợp tác giữa nhà trường với doanh nghiệp",
    "Những quyển sách quý được tặng cho thư viện huyện miền núi",
    "Ngày hội việc làm thu hút hơn nghìn lượt người đến tham dự",
    "Đoàn thanh niên đi dọn vệ sinh, trồng cây ở khuôn viên",
)
LETTERS = "áàảãạăắằẳẵặâấầẩẫậđéèẻẽẹêếềểễệíìỉĩịóòỏõọôốồổỗộơớờởỡợúùủũụưứừửữựýỳỷỹỵ"

LITERAL = {
    "tcvn3": (
        ("Tr\xadêng §¹i häc B¸ch khoa Hµ Néi", "Trường Đại học Bách khoa Hà Nội"),
        ("Céng hoµ x· héi chñ nghÜa ViÖt Nam", "Cộng hoà xã hội chủ nghĩa Việt Nam"),
        ("§éc lËp - Tù do - H¹nh phóc", "Độc lập - Tự do - Hạnh phúc"),
        ("QuyÕt ®Þnh vÒ c«ng t¸c ng\xad\xeai häc", "Quyết định về công tác người học"),
    ),
    "vni": (
        ("Tröôøng Ñaïi hoïc Baùch khoa Haø Noäi", "Trường Đại học Bách khoa Hà Nội"),
        ("Coäng hoaø xaõ hoäi chuû nghóa Vieät Nam", "Cộng hoà xã hội chủ nghĩa Việt Nam"),
        ("ÑOÄC LAÄP - TÖÏ DO - HAÏNH PHUÙC", "ĐỘC LẬP - TỰ DO - HẠNH PHÚC"),
        ("Quyeát ñònh veà kyõ thuaät, nguyeän voïng vaø kyø thi", "Quyết định về kỹ thuật, nguyện vọng và kỳ thi"),
    ),
    "windows-1258": (
        ("Nãm ðâÌu Ðaòi hoòc Baìch khoa HaÌ Nôòi", "Năm đầu Đại học Bách khoa Hà Nội"),
        ("ÐýõÌng GiaÒi Phoìng, ði cýÒa chýÞ U", "Đường Giải Phóng, đi cửa chữ U"),
    ),
    "utf-8": (
        ("Tr\xc6\xb0á»\x9dng Ä\x90áº¡i há»\x8dc Quá»‘c gia HÃ\xa0 Ná»™i", "Trường Đại học Quốc gia Hà Nội"),
        ("Äáº¡i há»\x8dc", "Đại học"),
    ),
}


def tcvn3(text: str) -> str:
    """Encode as a typist with the font .VnTime does; capitals with a tone become small letters."""
    codes = {letter: code for code, letter in TCVN3.items()}
    return "".join(codes.get(letter, codes.get(letter.lower(), letter)) for letter in text)


def vni(text: str) -> str:
    """Encode as a typist with the font VNI-Times does."""
    codes = {letter: code for code, letter in reversed(VNI.items())}
    return "".join(codes.get(letter, letter) for letter in text)


def windows_1258(text: str) -> bytes:
    """Encode as an old Windows does: the vowel with its hat, then the tone."""
    encoded = bytearray()
    for letter in normalize("NFC", text):
        marks = normalize("NFD", letter)
        tones = "".join(mark for mark in marks if mark in "\u0300\u0301\u0303\u0309\u0323")
        base = normalize("NFC", "".join(mark for mark in marks if mark not in tones))
        encoded += (base + tones).encode("cp1258")
    return bytes(encoded)


def western(encoded: bytes) -> str:
    """What somebody sees who takes the bytes for windows-1252."""
    return "".join(bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in encoded)


ENCODERS: dict[str, Callable[[str], str]] = {
    "tcvn3": tcvn3,
    "vni": vni,
    "windows-1258": lambda text: western(windows_1258(text)),
    "utf-8": lambda text: western(text.encode()),
}

FOREIGN = (
    "Les élèves de l'école française ont été reçus à l'hôtel de ville où le maire, très ému, leur a remis un prix.",
    "Après la cérémonie, la délégation a visité le château et le musée d'où l'on aperçoit la forêt, le lac et la mer.",
    "Où êtes-vous né ? Noël approche, le maïs est mûr et Loïc préfère être naïf : ça ira, cœur léger, déjà prêt.",
    "Die Universität München eröffnete gestern ein neues Gebäude für Künstliche Intelligenz; alle waren überrascht.",
    "Über tausend Gäste hörten schöne Lieder, während draußen die Bäume im kühlen Wind rauschten und Vögel schliefen.",
    "Prüfungsordnung für Bäcker, Köche und Gärtner: Übungen fänden täglich statt, hieß es aus Köln und Lübeck.",
    "El señor Muñoz enseñó español a los niños de la montaña; mañana volverá con su compañero después del otoño.",
    "¿Cómo está usted? ¡Qué día tan bonito! La educación y la investigación son el corazón de nuestra nación.",
    "A educação é um direito: não há nação sem irmãos, mãos e corações; amanhã à noite haverá reunião em São Paulo.",
    "Três cães e duas rãs estão no chão; o avô e a avó vêm já, lá do país, com pão, maçã e água.",
    "The café's naïve façade cost £20 – 5°C colder than Zürich's; the piñata © 2019 was a déjà vu, said Zoë Brontë.",
    "Åsa och Björn åkte till Malmö för att köpa kött, smör, bröd och lök på den lilla gården där hästarna går.",
    "Più tardi andrò in città perché è già lunedì; così potrò bere un caffè con la società universitaria di Forlì.",
    "Ég á hund sem heitir Þór, það er góður hundur og ég fæ mér kaffi í Reykjavík á mánudögum.",
)
