"""A web of 20 newsrooms on loopback for the crawler's benchmark: what it serves, and a server that takes no time."""

from __future__ import annotations

import asyncio
import gzip
import multiprocessing
import random
import re
import socket
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import urljoin, urlsplit

HOSTS = 20
ARTICLE = "/bai-viet/"  # begins the path of an article; all else is a list
AGENT = "tratin-bench/1.0"  # by which the crawlers introduce themselves
ON_A_LIST = 9  # articles: with their list, a page in ten is a list

WHEN = ("Sáng 12/3", "Chiều qua", "Trong tuần này", "Từ đầu năm học", "Sau ba tháng chuẩn bị", "Dịp này", "Cuối buổi")
WHO = (
    "Phòng Đào tạo", "Đoàn Thanh niên", "Khoa Công nghệ thông tin", "nhóm sinh viên năm thứ ba", "Ban Giám hiệu",
    "Trung tâm Thư viện", "đại diện doanh nghiệp", "Câu lạc bộ Tiếng Anh", "thầy và trò Khoa Thủy sản",
    "Hội Cựu sinh viên", "Viện Nông nghiệp sạch",
)  # fmt: skip
DID = (
    "đã tổ chức", "vừa công bố", "khai mạc", "đang hoàn thiện", "tổng kết", "ký kết thỏa thuận về", "mở rộng",
    "báo cáo kết quả của", "trao giải cho", "hướng dẫn thực hiện", "tiếp tục đầu tư cho",
)  # fmt: skip
WHAT = (
    "chương trình học bổng cho sinh viên vượt khó", "hội thảo về chuyển đổi số trong trường học", "ngày hội việc làm",
    "cuộc thi thiết kế máy gieo hạt", "đợt khám sức khỏe đầu khóa", "giải chạy vì môi trường xanh",
    "lớp tập huấn kỹ năng viết báo khoa học", "phòng thí nghiệm vi sinh mới", "tuần lễ sách và văn hóa đọc",
    "đề tài chọn giống lúa chịu mặn", "khóa bồi dưỡng giáo viên",
)  # fmt: skip
WHERE = (
    "tại hội trường lớn", "ở cơ sở hai", "với hơn {n} người tham dự", "cùng {n} tình nguyện viên",
    "trong {n} ngày liên tiếp", "với kinh phí {n} triệu đồng", "ở {n} xã vùng ven biển",
    "trước sự theo dõi của {n} phụ huynh",
)  # fmt: skip
SECTIONS = ("Tin tức", "Tuyển sinh", "Đào tạo", "Nghiên cứu", "Hợp tác", "Sinh viên", "Đoàn thể", "Thông báo",
            "Sự kiện", "Gương mặt")  # fmt: skip


@dataclass(frozen=True)
class Shape:
    """What the server serves: pages of all hosts together, mean bytes of an article's HTML, the words of its text."""

    pages: int
    size: int
    words: tuple[int, int]

    @property
    def lists(self) -> int:
        """List pages of one host."""
        return max(self.pages // HOSTS // (ON_A_LIST + 1), 1)

    @property
    def articles(self) -> int:
        """Articles of one host."""
        return self.pages // HOSTS - self.lists


@dataclass(frozen=True)
class Web:
    """The server: the addresses of its hosts, and how many pages it has served since `reset`."""

    roots: tuple[str, ...]
    counter: Any

    @property
    def served(self) -> int:
        """Pages that were there, robots.txt not counted."""
        return int(self.counter.value)

    def reset(self) -> None:
        """Count from nothing."""
        self.counter.value = 0


@contextmanager
def serving(shape: Shape) -> Iterator[Web]:
    """A server in a process of its own, for the block."""
    context = multiprocessing.get_context("spawn")
    counter = context.RawValue("q", 0)
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(shape, theirs, counter), daemon=True)
    process.start()
    theirs.close()
    try:
        yield Web(tuple(f"http://127.0.0.1:{port}/" for port in ours.recv()), counter)
    finally:
        process.kill()
        process.join()


def _serve(shape: Shape, ready: Any, counter: Any) -> None:
    """Answer for all hosts until killed: bytes that were made before, so that the server takes next to no time."""
    sites = [_site(host, shape) for host in range(HOSTS)]

    async def run() -> None:
        loop = asyncio.get_running_loop()
        servers = [await loop.create_server(partial(_Peer, answers, counter), "127.0.0.1", 0) for answers in sites]
        ready.send([server.sockets[0].getsockname()[1] for server in servers])
        await asyncio.Event().wait()

    asyncio.run(run())


class _Peer(asyncio.Protocol):
    """One connection; GET only, kept alive."""

    def __init__(self, answers: dict[bytes, bytes], counter: Any) -> None:
        self._answers, self._counter, self._asked = answers, counter, b""

    def connection_made(self, transport: Any) -> None:
        self._write: Callable[[bytes], None] = transport.write

    def data_received(self, data: bytes) -> None:
        self._asked += data
        while b"\r\n\r\n" in self._asked:
            head, _, self._asked = self._asked.partition(b"\r\n\r\n")
            path = head.split(b" ", 2)[1]
            answer = self._answers.get(path)
            self._counter.value += answer is not None and path != b"/robots.txt"
            self._write(answer or _answer("<h1>Không tìm thấy trang</h1>", status="404 Not Found"))


def speed(web: Web, shape: Shape) -> float:
    """Pages a second that the server gives to one bare client."""
    paths = [urljoin(root, article_path(number)) for number in range(min(50, shape.articles)) for root in web.roots]
    started = time.perf_counter()
    for url in paths:
        get(url)
    return len(paths) / (time.perf_counter() - started)


def get(url: str, connections: dict[str, socket.socket] = {}) -> bytes:  # noqa: B006
    """The body of a page as it comes over the wire, on a connection that is kept."""
    parts = urlsplit(url)
    if parts.netloc not in connections:
        connections[parts.netloc] = socket.create_connection((parts.hostname, parts.port))
    connection = connections[parts.netloc]
    connection.sendall(f"GET {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n".encode())
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += connection.recv(1 << 17)
    head, _, body = answer.partition(b"\r\n\r\n")
    length = re.search(rb"Content-Length: (\d+)", head)
    assert length is not None
    while len(body) < int(length[1]):
        body += connection.recv(1 << 17)
    return body


def _answer(html: str, status: str = "200 OK", media_type: str = "text/html; charset=UTF-8") -> bytes:
    """A response as newsrooms send it: in gzip, with a dozen headers."""
    body = gzip.compress(html.encode(), 6, mtime=0)
    head = (
        f"HTTP/1.1 {status}\r\nServer: nginx/1.24.0\r\nDate: Mon, 03 Mar 2025 02:00:00 GMT\r\n"
        f"Content-Type: {media_type}\r\nX-Content-Type-Options: nosniff\r\nX-Frame-Options: SAMEORIGIN\r\n"
        f"Content-Length: {len(body)}\r\nContent-Encoding: gzip\r\nConnection: keep-alive\r\nVary: Accept-Encoding\r\n"
        f'Last-Modified: Mon, 03 Mar 2025 01:00:00 GMT\r\nETag: "{zlib.crc32(body):x}"\r\n'
        "Cache-Control: no-cache\r\n\r\n"
    )
    return head.encode() + body


# The pages


def _site(host: int, shape: Shape) -> dict[bytes, bytes]:
    """All answers of one host by path."""
    robots = "User-agent: *\nDisallow: /quan-tri/\nDisallow: /tim-kiem\n"
    answers = {b"/robots.txt": _answer(robots, media_type="text/plain")}
    for number in range(shape.lists):
        answers[_list_path(number).encode()] = _answer(_list_page(host, number, shape))
    for number in range(shape.articles):
        answers[article_path(number).encode()] = _answer(_article_page(host, number, shape))
    return answers


def _list_path(number: int) -> str:
    return f"/chuyen-muc/{number}" if number else "/"


def article_path(number: int) -> str:
    return f"{ARTICLE}tin-{number}.html"


def _list_page(host: int, number: int, shape: Shape) -> str:
    """A list: its articles as teasers, and links to the lists around it; the home page links to all."""
    chance = random.Random(f"{host} {number} list")  # noqa: S311
    shown = [n % shape.articles for n in range(number * ON_A_LIST, (number + 1) * ON_A_LIST)]
    if number == shape.lists - 1:
        shown = [*range(number * ON_A_LIST % shape.articles, shape.articles)]
    pages = range(max(number - 4, 0), min(number + 5, shape.lists)) if number else range(shape.lists)
    more = "".join(f'<li><a href="{_list_path(n)}">Trang {n + 1}</a></li>' for n in pages)
    main = f'<h1>{SECTIONS[number % 10]}</h1>{_teasers(host, shown)}<ul class="phan-trang">{more}</ul>'
    return _framed(SECTIONS[number % 10], "", main, shape, chance, shape.size // 2)


def _article_page(host: int, number: int, shape: Shape) -> str:
    """An article with what stands around it in a newsroom: menus, the newest, the most read, a footer, scripts."""
    chance = random.Random(f"{host} {number}")  # noqa: S311
    title, day = _title(host, number), datetime(2015, 1, 1) + timedelta(days=number, hours=8)
    told = (
        f'<meta property="og:type" content="article"><meta property="og:title" content="{title}">'
        f'<meta property="article:published_time" content="{day:%Y-%m-%dT%H:%M:%S}+07:00">'
    )
    near = range(max(number - 5, 0), min(number + 5, shape.articles))
    main = (
        f'<h1 class="tieu-de">{title}</h1><p><time class="ngay-dang" datetime="{day.isoformat()}+07:00">'
        f'{day:%d/%m/%Y %H:%M}</time></p><div class="noi-dung">{_paragraphs(chance, shape.words)}</div>'
        f'<div class="lien-quan"><h3>Tin liên quan</h3>{_teasers(host, [n for n in near if n != number])}</div>'
    )
    return _framed(title, told, main, shape, chance, int(chance.uniform(2 / 3, 4 / 3) * shape.size))


def _framed(title: str, told: str, main: str, shape: Shape, chance: random.Random, size: int) -> str:
    """The whole page, filled up to `size` bytes with sidebar boxes, a third, and inline scripts."""
    menu = "".join(
        f'<li class="menu-item menu-item-{n}"><a href="{_list_path(n % min(shape.lists, 10))}">{name}</a></li>'
        for n, name in enumerate(SECTIONS)
    )
    head = (
        f'<!DOCTYPE html>\n<html lang="vi"><head><meta charset="utf-8"><title>{title}</title>{told}'
        '<link rel="stylesheet" href="/css/chinh.css"><link rel="icon" href="/i.ico"></head>\n<body class="trang">'
        f'<header><a href="/"><img src="/anh/dau.png" alt="Trường"></a><nav><ul class="menu">{menu}</ul></nav></header>'
    )
    foot = (
        f'<footer><ul class="duoi">{menu}</ul><p>Số {chance.randrange(200)} đường Sông Hậu, điện thoại 0292 000 111</p>'
        '<a href="https://www.facebook.example/truong">Facebook</a> <a href="mailto:vanthu@example.edu.vn">Thư</a> <a'
        ' href="javascript:void(0)">Lên đầu</a> <a href="/tep/lich-tuan.pdf">Lịch tuần</a></footer></body></html>'
    )
    page = f'{head}\n<main class="cot-trai">{main}</main>\n<aside class="cot-phai">'
    left = size - len((page + foot).encode())
    side = _filled(lambda: _box(chance, shape), left // 3)
    script = _filled(lambda: f'muc["muc_{chance.randrange(10**6)}"] = {{"rong": 1}};\n', left - left // 3)
    return f"{page}{side}</aside>\n<script>{script}</script>{foot}"


def _filled(piece: Callable[[], str], size: int) -> str:
    """Pieces up to `size` bytes."""
    parts: list[str] = []
    while size > 0:
        parts.append(piece())
        size -= len(parts[-1].encode())
    return "".join(parts)


def _box(chance: random.Random, shape: Shape) -> str:
    """One line of a sidebar: a small picture and a link to any article."""
    number = chance.randrange(shape.articles)
    return (
        f'<div class="muc clearfix"><div class="anh"><a href="{article_path(number)}"><img src="/anh/nho-{number}.jpg"'
        f' width="80" height="60" alt=""></a></div><h4><a href="{article_path(number)}" title="Xem">Tin {number}:'
        f" {chance.choice(WHAT)}</a></h4></div>\n"
    )


def _teasers(host: int, numbers: list[int]) -> str:
    return "".join(
        f'<div class="tin"><a href="{article_path(n)}"><img src="/anh/{n}.jpg" alt=""></a>'
        f'<h3><a href="{article_path(n)}">{_title(host, n)}</a></h3></div>\n'
        for n in numbers
    )


def _title(host: int, number: int) -> str:
    chance = random.Random(f"{host} {number} title")  # noqa: S311
    who = chance.choice(WHO)
    return f"{who[0].upper()}{who[1:]} {chance.choice(DID)} {chance.choice(WHAT)} lần thứ {number + 1}"


def _paragraphs(chance: random.Random, words: tuple[int, int]) -> str:
    """Paragraphs of three sentences, of so many words in all."""
    sentences, left = [], chance.randint(*words)
    while left > 0:
        where = chance.choice(WHERE).format(n=chance.randrange(20, 900))
        sentences.append(
            f"{chance.choice(WHEN)}, {chance.choice(WHO)} {chance.choice(DID)} {chance.choice(WHAT)} {where}."
        )
        left -= sentences[-1].count(" ") + 1
    return "".join(f"<p>{' '.join(sentences[n : n + 3])}</p>\n" for n in range(0, len(sentences), 3))
