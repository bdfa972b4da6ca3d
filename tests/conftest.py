"""The small archive that the tests of search and web application share: 32 articles of two newsrooms, indexed once."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from crawler.article import Article, Attachment, Image, article_id
from crawler.settings import Settings, load
from crawler.store import Store
from indexer.update import update
from webapp import create_app

SETTINGS = """
[sites.vui]
name = "Trường Đại học Công nghiệp Việt Trì"
start = ["https://vui.example.edu.vn/"]

[sites.phongdaotao]
name = "Phòng Đào tạo"
start = ["https://daotao.example.edu.vn/"]
"""
NOW = "2021-06-01T02:00:00+00:00"


def made(path: str, **told: object) -> Article:
    """An article at `path` of the first newsroom, with a plain text where `told` has no other."""
    url = f"https://vui.example.edu.vn/{path}"
    words: dict[str, object] = {"site": "vui", "title": "Tin", "body": "Nội dung.", "language": "vi"}
    return Article(**({"id": article_id(url), "url": url} | words | told))  # type: ignore[arg-type]


RICH = made(
    "hoi-thao.html",
    title="Hội thảo khoa học về kỹ thuật điện <2021>",
    lead="Hội thảo có sự tham gia của nhiều trường đại học công nghiệp trên cả nước.",
    body="Hội thảo có sự tham gia của nhiều trường đại học công nghiệp trên cả nước.\n"
    "Các báo cáo bàn về kỹ thuật điện & tự động hoá <script>alert(1)</script>.\nBế mạc lúc 17 giờ.",
    published="2021-01-08T23:30:00+07:00",
    published_precision="time",
    author="Nguyễn Thị Lan",
    category="Khoa học",
    tags=("hội thảo", "kỹ thuật"),
    images=(Image("https://vui.example.edu.vn/anh%20to%C3%A0n%20c%E1%BA%A3nh.jpg", "Toàn cảnh hội thảo"),),
    attachments=(
        Attachment("https://vui.example.edu.vn/ky-yeu.pdf", "Kỷ yếu", "application/pdf"),
        Attachment("javascript:alert(1)", "Đừng bấm", None),
    ),
)
GONE = made(
    "thong-bao-cu.html",
    title="Thông báo nghỉ lễ",
    body="Toàn trường nghỉ lễ hai ngày.",
    published="2019-04-25",
    published_precision="day",
    category="Thông báo",
)
DOOMED = made("khong-ngay.html", title="Bài không rõ ngày", body="Một bài viết mà trang gốc không ghi ngày.")
ADMISSIONS = [
    made(
        f"tuyen-sinh-{n}.html",
        title=f"Thông tin tuyển sinh đợt {n}",
        body=f"Trường thông báo tuyển sinh đợt {n} cho thí sinh trên cả nước.\nHồ sơ gửi về phòng đào tạo.",
        site="vui" if n <= 20 else "phongdaotao",
        published=(date(2020, 1, 1) + timedelta(days=13 * n)).isoformat(),
        published_precision="day",
        category="Tuyển sinh" if n % 2 else "Thông báo",
    )
    for n in range(1, 30)
]
CORPUS = [RICH, GONE, DOOMED, *ADMISSIONS]


def write_settings(folder: Path) -> Settings:
    """Write the settings of the two newsrooms into `folder`, and load them."""
    file = folder / "tratin.toml"
    file.write_text(SETTINGS, encoding="utf-8")
    return load(file, {})


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The settings of an archive that holds CORPUS, indexed. Not to be changed: see `own_settings`."""
    made_of = write_settings(tmp_path_factory.mktemp("archive"))
    made_of.data.mkdir()
    store = Store(made_of.data / "store.sqlite")
    for article in CORPUS:
        store.put(article, NOW)
    store.mark_gone(GONE.id, NOW)
    update(made_of, store)
    store.close()
    return made_of


@pytest.fixture
def own_settings(settings: Settings, tmp_path: Path) -> Settings:
    """The settings of a copy of that archive, to be damaged at will."""
    own = write_settings(tmp_path)
    shutil.copytree(settings.data, own.data)
    return own


@pytest.fixture
def empty_settings(tmp_path: Path) -> Settings:
    """The settings of an archive that holds nothing, indexed."""
    empty = write_settings(tmp_path)
    empty.data.mkdir()
    store = Store(empty.data / "store.sqlite")
    update(empty, store)
    store.close()
    return empty


@pytest.fixture(scope="session")
def app(settings: Settings) -> Flask:
    """The application over that archive."""
    return create_app(settings)


@pytest.fixture
def client(app: Flask) -> Iterator[FlaskClient]:
    """A browser without JavaScript."""
    with app.test_client() as browser:
        yield browser
