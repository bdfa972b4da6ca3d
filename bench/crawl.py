"""The crawler on 20 hosts of loopback, beside Scrapy on the same pages in the same run; and its memory over a long run.

    python bench/crawl.py [--kilobytes K] [--pages N] [--rounds R] [--scrapy PYTHON]
    python bench/crawl.py --memory [--pages N]

`tratin crawl --no-index` is the real command. The first peer is a Scrapy spider that makes the project's own
BeautifulSoup calls and writes JSON Lines: no archive, no store. The second one picks three fields by selector, as a
spider written for one site does. All must find the same articles, else the bench fails. Scrapy is no dependency of the
project: it is installed into an environment of the bench's temporary folder, which sees this one's packages, so that
both parse with the same versions. `PYTHONPATH=.` measures the working tree instead of what is installed. Linux only.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import json
import multiprocessing
import os
import random
import re
import signal
import socket
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
import venv
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

HOSTS = 20
ARTICLE = "/bai-viet/"  # begins the path of an article; all else is a list
ON_A_LIST = 9  # articles: with their list, a page in ten is a list
SAMPLE = 0.05  # seconds between two looks at the memory
AGENT = "tratin-bench/1.0"
TRATIN = Path(sys.executable).with_name("tratin")
NO_SCRAPY = (
    "Scrapy cannot be imported by {python}: connect to PyPI (or set PIP_INDEX_URL), or name with --scrapy a Python that"
    " has Scrapy and this project: python -m venv D && D/bin/pip install scrapy dist/*.whl"
)

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
class Run:
    """What a command took: seconds of the clock and of the processors; memory in bytes.

    `memory` is the largest sum of the proportional set sizes of all its processes, `resident` the kernel's figure for
    the largest process. A sample is the seconds since the start, the pages served so far, and the memory.
    """

    seconds: float
    cpu: float
    memory: int
    resident: int
    samples: tuple[tuple[float, int, int], ...]


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


Crawler = Callable[[Path, Web], tuple[Run, dict[str, str]]]


def main() -> None:
    """Run the benchmark, or be a peer of it."""
    if sys.argv[1:2] == ["spider"]:
        _spider(sys.argv[2], Path(sys.argv[3]))
        return
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument(
        "--kilobytes", type=int, default=45, help="mean HTML of an article; a third less to a third more"
    )
    options.add_argument("--pages", type=int, default=None, help="on all hosts together (2,000; 50,000 with --memory)")
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--scrapy", metavar="PYTHON", help="a Python that has Scrapy and this project")
    options.add_argument("--memory", action="store_true", help="watch the memory over 50,000 small pages")
    chosen = options.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is ended
    small = Shape(chosen.pages or 50_000, 5_000, (100, 160))
    shape = small if chosen.memory else Shape(chosen.pages or 2_000, chosen.kilobytes * 1000, (300, 800))
    with tempfile.TemporaryDirectory(prefix="tratin-bench-") as name, _web(shape) as web:
        if chosen.memory:
            _long_run(Path(name), shape, web)
        else:
            _compare(Path(name), shape, web, chosen.rounds, chosen.scrapy)


# The comparison


def _compare(folder: Path, shape: Shape, web: Web, rounds: int, named: str | None) -> None:
    """Run each crawler in turn, several times over; print the medians."""
    python = _scrapy(folder, named)
    print(f"{shape.pages} pages on {HOSTS} hosts, {_sizes(web, shape)}; {os.cpu_count()} cores\n"
          f"the server alone: {_speed(web, shape):.0f} pages a second to one client", flush=True)  # fmt: skip
    peers: dict[str, Crawler] = {"tratin": _crawl, "Scrapy, the same calls": partial(_peer, python, "same"),
             "Scrapy, three selectors": partial(_peer, python, "plain")}  # fmt: skip
    runs: dict[str, list[Run]] = {name: [] for name in peers}
    for number in range(rounds):
        found = {}
        for name, crawl in peers.items():
            web.reset()
            run, found[name] = crawl(folder / f"{number}-{name}", web)
            print(f"  round {number + 1}, {name}: {shape.pages / run.seconds:.1f} pages a second, "
                  f"{_mb(run.memory)} MB, {web.served} pages served", flush=True)  # fmt: skip
            runs[name].append(run)
        _agree(found, shape)
    _table(runs, shape)


def _agree(found: dict[str, dict[str, str]], shape: Shape) -> None:
    """End where not everybody found every article, or where the first two read different texts."""
    ours, same, plain = found.values()
    if (
        not len(ours) == len(same) == len(plain) == shape.articles * HOSTS
        or not ours.keys() == same.keys() == plain.keys()
    ):
        sys.exit(f"not the same articles: {', '.join(f'{name} {len(urls)}' for name, urls in found.items())}")
    if different := [url for url in ours if ours[url] != same[url]]:
        sys.exit(f"{len(different)} articles differ, as {different[0]}")


def _table(runs: dict[str, list[Run]], shape: Shape) -> None:
    print("\n| crawler | pages a second | from - to | processor, s | memory (PSS), MB | largest process (RSS), MB |")
    print("|---|---|---|---|---|---|")
    for name, mine in runs.items():
        rates = sorted(shape.pages / run.seconds for run in mine)
        print(f"| {name} | {statistics.median(rates):.1f} | {rates[0]:.1f} - {rates[-1]:.1f} | "
              f"{_median(mine, 'cpu'):.1f} | {_mb(_median(mine, 'memory'))} | "
              f"{_mb(_median(mine, 'resident'))} |")  # fmt: skip
    ours, *others = runs
    for peer in others:
        print(f"\n{ours} / {peer}: rate {_ratio(runs[peer], runs[ours], 'seconds')}, processor "
              f"{_ratio(runs[ours], runs[peer], 'cpu')}, memory {_ratio(runs[ours], runs[peer], 'memory')}, largest "
              f"process {_ratio(runs[ours], runs[peer], 'resident')}")  # fmt: skip


def _median(runs: list[Run], what: str) -> float:
    return float(statistics.median(getattr(run, what) for run in runs))


def _ratio(above: list[Run], below: list[Run], what: str) -> str:
    return f"{_median(above, what) / _median(below, what):.2f}"


def _mb(size: float) -> str:
    return f"{size / 1e6:.0f}"


def _sizes(web: Web, shape: Shape) -> str:
    """What an article weighs: HTML, links, and bytes on the wire; from the first host's first fifty."""
    wire, html, links = [], [], []
    for number in range(min(50, shape.articles)):
        body = _get(urljoin(web.roots[0], _article_path(number)))
        wire.append(len(body))
        html.append(len(gzip.decompress(body)))
        links.append(gzip.decompress(body).count(b"<a "))
    return (f"an article: {min(html) / 1000:.0f} to {max(html) / 1000:.0f} kB of HTML, median "
            f"{statistics.median(html) / 1000:.0f} ({statistics.median(wire) / 1000:.0f} in gzip), "
            f"{statistics.median(links):.0f} links")  # fmt: skip


# The crawlers


def _crawl(folder: Path, web: Web) -> tuple[Run, dict[str, str]]:
    """Run the product's command; gives the title and text of each article by its address."""
    _configure(folder, web)
    run = _watched([TRATIN, "crawl", "--no-index"], folder, web)
    exported = subprocess.run([TRATIN, "export"], cwd=folder, stdout=subprocess.PIPE, check=True).stdout  # noqa: S603
    return run, _articles(exported)


def _peer(python: str, kind: str, folder: Path, web: Web) -> tuple[Run, dict[str, str]]:
    """Run this file's spider of that kind."""
    _configure(folder, web)
    run = _watched([python, Path(__file__).resolve(), "spider", kind, folder / "articles.jsonl"], folder, web)
    return run, _articles((folder / "articles.jsonl").read_bytes())


def _articles(lines: bytes) -> dict[str, str]:
    articles = [json.loads(line) for line in lines.splitlines()]
    return {article["url"]: f"{article['title']}\n{article['body']}" for article in articles}


def _configure(folder: Path, web: Web) -> None:
    """Write tratin.toml, which the spider reads, too: a site for each host."""
    folder.mkdir()
    head = f'[crawler]\nuser_agent = "{AGENT}"\ndelay = 0.0\nworkers = {HOSTS}\nprivate_networks = true\n'
    sites = (
        f'[sites.h{number}]\nname = "Trường {number}"\nstart = ["{root}"]\narticle = "{ARTICLE}"\n'
        for number, root in enumerate(web.roots)
    )
    (folder / "tratin.toml").write_text(head + "".join(sites), encoding="utf-8")


def _watched(command: list[str | Path], folder: Path, web: Web) -> Run:
    """Run `command`, and look at it and at all that it starts all the time."""
    started = time.perf_counter()
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, start_new_session=True)  # noqa: S603
    samples = []
    try:
        while not (ended := os.wait4(process.pid, os.WNOHANG))[0]:
            samples.append((time.perf_counter() - started, web.served, sum(map(_pss, _family(process.pid)))))
            time.sleep(SAMPLE)
    except BaseException:
        os.killpg(process.pid, signal.SIGKILL)
        raise
    seconds, (_, status, usage) = time.perf_counter() - started, ended
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{' '.join(map(str, command))} ended with {process.returncode}")
    memory = max(sample[2] for sample in samples)
    return Run(seconds, usage.ru_utime + usage.ru_stime, memory, usage.ru_maxrss * 1024, tuple(samples))


def _family(root: int) -> set[int]:
    """A process with all that descend from it: proc(5), the fourth field of stat."""
    parents = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has ended
            parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
    family, found = {root}, {root}
    while found:
        found = {pid for pid, parent in parents.items() if parent in found}
        family |= found
    return family


def _pss(pid: int) -> int:
    """The proportional set size in bytes: what processes share is divided among them. 0 for one that has ended."""
    with suppress(OSError):
        told = re.search(r"^Pss:\s+(\d+) kB", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.MULTILINE)
        return int(told[1]) * 1024 if told else 0
    return 0


# The peers


def _scrapy(folder: Path, named: str | None) -> str:
    """A Python with Scrapy that sees the packages of this one."""
    python = named or str(folder / "scrapy" / "bin" / "python")
    if named is None:
        venv.create(folder / "scrapy", with_pip=True)
        packages = Path(sysconfig.get_path("purelib", vars={"base": str(folder / "scrapy")}))
        (packages / "project.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
        subprocess.run([python, "-m", "pip", "install", "-q", "--disable-pip-version-check", "scrapy"], check=False)  # noqa: S603
    with suppress(OSError):
        asked = [python, "-c", "import scrapy, crawler; print('Scrapy', scrapy.__version__)"]
        if subprocess.run(asked, check=False).returncode == 0:  # noqa: S603
            return python
    sys.exit(NO_SCRAPY.format(python=python))


def _spider(kind: str, out: Path) -> None:
    """Crawl with Scrapy the sites of the tratin.toml here, one request at a time to each host."""
    from scrapy import Request, Spider  # type: ignore[import-not-found]
    from scrapy.crawler import CrawlerProcess  # type: ignore[import-not-found]

    from crawler.settings import load

    sites = {host: site for site in load(Path("tratin.toml"), {}).sites.values() for host in site.allowed_hosts}
    read = _read_alike if kind == "same" else _read_plainly

    class News(Spider):  # type: ignore[misc]
        name = "news"

        async def start(self) -> Any:
            for site in sites.values():
                yield self._request(site.start[0])

        def parse(self, response: Any) -> Iterator[Any]:
            item, urls = read(response, sites[urlsplit(response.url).netloc])
            if item:
                yield item
            yield from map(self._request, urls)

        def _request(self, url: str) -> Any:
            # By itself Scrapy takes all ports of an address for one host.
            return Request(url, meta={"download_slot": urlsplit(url).netloc})

    process = CrawlerProcess(
        {
            "USER_AGENT": AGENT,
            "ROBOTSTXT_OBEY": True,
            "CONCURRENT_REQUESTS": 2 * HOSTS,
            "CONCURRENT_REQUESTS_PER_DOMAIN": 1,
            "DOWNLOAD_DELAY": 0,
            "TELNETCONSOLE_ENABLED": False,
            "LOG_LEVEL": "WARNING",
            "FEEDS": {str(out): {"format": "jsonlines", "encoding": "utf8"}},
        }
    )
    process.crawl(News)
    process.start()


def _read_alike(response: Any, site: Any) -> tuple[dict[str, Any] | None, list[str]]:
    """The article and what is to be followed, by the product's own functions."""
    from crawler import discover
    from crawler.article import Page
    from crawler.extract import extract, parse
    from crawler.urls import kind_of

    headers = {name.decode().lower(): b", ".join(values).decode() for name, values in response.headers.items()}
    page = Page(response.url, datetime.now(UTC), response.status, headers, response.body)
    document = parse(page)
    is_article = kind_of(page.url, site) == "article"
    article = extract(document, page, site).article if is_article else None
    found = [*discover.links(document.soup, page.url), *discover.feeds(document.soup, page.url)]
    wanted = {"article"} if is_article else {"article", "list"}
    return article.document() if article else None, [url for url in found if kind_of(url, site) in wanted]


def _read_plainly(response: Any, site: Any) -> tuple[dict[str, Any] | None, list[str]]:
    """The same by three selectors that know the page."""
    from bs4 import BeautifulSoup

    soup = BeautifulSoup(response.text, "lxml")
    found = (urljoin(response.url, str(a["href"])) for a in soup.find_all("a", href=True))
    urls = [url for url in found if re.match(rf"{site.start[0]}($|bai-viet/|chuyen-muc/)", url)]
    if ARTICLE not in response.url:
        return None, urls
    title, when, body = (soup.select(selector)[0] for selector in ("h1.tieu-de", "time.ngay-dang", "div.noi-dung"))
    text = "\n".join(p.get_text(" ", strip=True) for p in body.find_all("p"))
    item = {"url": response.url, "title": title.get_text(strip=True), "published": when["datetime"], "body": text}
    return item, [url for url in urls if ARTICLE in url]


# The long run


def _long_run(folder: Path, shape: Shape, web: Web) -> None:
    """Watch one crawl, and print what it needed in each tenth of it."""
    print(f"{shape.pages} pages on {HOSTS} hosts, {_sizes(web, shape)}; {os.cpu_count()} cores", flush=True)
    web.reset()
    run, found = _crawl(folder / "long", web)
    print("\n| pages | pages a second since the line above | memory (PSS), MB: median | highest |\n|---|---|---|---|")
    medians = []
    for start, end in pairwise(shape.pages * tenth // 10 for tenth in range(11)):
        within = [sample for sample in run.samples if start < sample[1] <= end]
        medians.append(statistics.median(memory for *_, memory in within))
        highest = max(memory for *_, memory in within)
        rate = (within[-1][1] - within[0][1]) / (within[-1][0] - within[0][0])
        print(f"| {end} | {rate:.0f} | {_mb(medians[-1])} | {_mb(highest)} |")
    print(f"\nmemory after {shape.pages} pages / after {shape.pages // 10}: {medians[-1] / medians[0]:.2f}; "
          f"{shape.pages / run.seconds:.0f} pages a second in all, {run.cpu:.0f} s of processor")  # fmt: skip
    if len(found) != shape.articles * HOSTS:
        sys.exit(f"{len(found)} articles of {shape.articles * HOSTS} were found")


# The web


@contextmanager
def _web(shape: Shape) -> Iterator[Web]:
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


def _speed(web: Web, shape: Shape) -> float:
    """Pages a second that the server gives to one bare client."""
    paths = [urljoin(root, _article_path(number)) for number in range(min(50, shape.articles)) for root in web.roots]
    started = time.perf_counter()
    for url in paths:
        _get(url)
    return len(paths) / (time.perf_counter() - started)


def _get(url: str, connections: dict[str, socket.socket] = {}) -> bytes:  # noqa: B006
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
        answers[_article_path(number).encode()] = _answer(_article_page(host, number, shape))
    return answers


def _list_path(number: int) -> str:
    return f"/chuyen-muc/{number}" if number else "/"


def _article_path(number: int) -> str:
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
        f'<div class="muc clearfix"><div class="anh"><a href="{_article_path(number)}"><img src="/anh/nho-{number}.jpg"'
        f' width="80" height="60" alt=""></a></div><h4><a href="{_article_path(number)}" title="Xem">Tin {number}:'
        f" {chance.choice(WHAT)}</a></h4></div>\n"
    )


def _teasers(host: int, numbers: list[int]) -> str:
    return "".join(
        f'<div class="tin"><a href="{_article_path(n)}"><img src="/anh/{n}.jpg" alt=""></a>'
        f'<h3><a href="{_article_path(n)}">{_title(host, n)}</a></h3></div>\n'
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


if __name__ == "__main__":
    main()
