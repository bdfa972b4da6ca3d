"""The processes that parse: they answer, they are ended when a page takes too long, and they end with the crawl."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from newsdesk import article_page, list_page

from crawler import reader as reader_module
from crawler.article import Page
from crawler.frontier import PageKind
from crawler.readers import Readers
from crawler.reading import Reading, Task
from crawler.settings import Site

ROOT = "https://a.vn/"
SITE = Site(name="A", start=(ROOT,), article=r"/tin-\d+\.html$").model_copy(update={"id": "a"})
FETCHED = datetime(2021, 1, 9, tzinfo=UTC)


def task(body: str | bytes, path: str = "tin-1.html", kind: PageKind = "article") -> Task:
    raw = body.encode() if isinstance(body, str) else body
    return Task(Page(ROOT + path, FETCHED, 200, {"content-type": "text/html; charset=utf-8"}, raw), "a", kind)


@pytest.fixture
def readers() -> Iterator[Readers]:
    with Readers([SITE], 2) as started:
        yield started


def pid_of(readers: Readers) -> int:
    """The process that answers next."""
    process = readers._all[-1]._process
    assert process is not None
    return process.pid


def test_an_article_is_read(readers: Readers) -> None:
    found = readers.read(task(article_page(1)))
    assert found.article is not None
    assert found.article.title == "Tin số 1 của nhà trường"
    assert found.article.published == "2021-01-08T09:30:00+07:00"
    assert found.rules["published"] == "class:date"
    assert found.problem is None


def test_a_list_is_read_for_its_links(readers: Readers) -> None:
    page = list_page("/tin-2.html", "/tin-tuc/?page=2", "https://other.vn/", "/anh.jpg")
    found = readers.read(task(page, "tin-tuc/", "list"))
    assert [(link.url, link.kind, link.continues) for link in found.links] == [
        (ROOT + "tin-2.html", "article", False),
        (ROOT + "tin-tuc/?page=2", "list", True),
    ]
    assert found.article is None


def test_a_sitemap_and_a_feed_are_read(readers: Readers) -> None:
    entry = f"<url><loc>{ROOT}tin-1.html</loc><lastmod>2021-01-08</lastmod></url>"
    index = f"<sitemap><loc>{ROOT}s2.xml</loc></sitemap>"
    found = readers.read(task(f"<urlset>{entry}{index}</urlset>", "s.xml", "sitemap"))
    assert [(link.url, link.kind) for link in found.links] == [(ROOT + "tin-1.html", "article")]
    assert found.links[0].modified is not None
    assert [nested.url for nested in found.nested] == [ROOT + "s2.xml"]
    feed = "<rss><channel><item><link>/tin-3.html</link></item><item><link>https://b.vn/</link></item></channel></rss>"
    assert [link.url for link in readers.read(task(feed, "rss", "feed")).links] == [ROOT + "tin-3.html"]


@pytest.mark.parametrize(
    "body",
    [
        "<h1>404</h1><p>Không tìm thấy trang mà bạn yêu cầu.</p>",
        "<title>Lỗi</title><div>Bài viết không tồn tại hoặc đã bị xoá.</div>" + list_page("/tin-2.html", "/tin-3.html"),
    ],
)
def test_the_message_that_there_is_no_such_page_is_told_apart(readers: Readers, body: str) -> None:
    found = readers.read(task(f"<html><body>{body}</body></html>"))
    assert (found.article, found.not_found) == (None, True)


def test_an_article_about_what_was_not_found_is_one(readers: Readers) -> None:
    found = readers.read(task(article_page(1, "Công an không tìm thấy dấu vết nào của vụ mất trộm tại thư viện. " * 8)))
    assert found.article is not None
    assert not found.not_found


def test_a_site_may_say_itself_what_its_message_is() -> None:
    page = task("<html><body><h1>Thông báo</h1><p>Nội dung đang được cập nhật, mời bạn quay lại sau.</p></body></html>")
    told = SITE.model_copy(update={"not_found": "đang được cập nhật"})
    assert not reader_module.read(page, SITE).not_found
    found = reader_module.read(page, told)
    assert (found.article, found.not_found) == (None, True)


def test_a_page_that_takes_too_long_is_given_up_and_the_next_one_is_read() -> None:
    """Ten seconds would be long for a test: the child's limit is turned down by its own environment of one module."""
    program = (
        "import sys, time; from crawler import reader\n"
        "reader.SECONDS = 0.3\n"
        "def spin(task, site):\n"
        "    while task.page.body == b'spin': pass\n"
        "    return reader.Reading(reason='read')\n"
        "reader.read = spin\n"
        "sys.path[:] = __import__('json').loads(sys.argv[1]); reader.serve(int(sys.argv[2]))"
    )
    from crawler import readers as readers_module

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(readers_module, "PROGRAM", f"import sys; sys.path[:0] = {sys.path!r}\n{program}")
        with Readers([SITE], 1) as started:
            first = pid_of(started)
            assert "processor time" in (started.read(task("spin")).problem or "")
            assert started.read(task("fine")).reason == "read"
            assert pid_of(started) != first


def test_a_page_that_takes_long_keeps_the_others_waiting_for_two_seconds_at_most() -> None:
    slow = task("<p>chữ <b>đậm</b> và <i>nghiêng</i></p>" * 300_000)  # eight seconds and more
    with Readers([SITE], 1, 2) as started:
        answers: list[Reading] = []
        waiting = threading.Thread(target=lambda: answers.append(started.read(slow)))
        waiting.start()
        time.sleep(0.2)
        assert started.read(task(article_page(1))).article is not None
        assert not answers
        assert len(started._all) == 2
        assert started.read(task(article_page(2))).article is not None
        assert len(started._all) == 2
        started.stop()
        waiting.join(5)


def test_letters_that_cannot_be_read_say_nothing_on_standard_error(capfd: pytest.CaptureFixture[str]) -> None:
    page = Page(ROOT + "tin-1.html", FETCHED, 200, {"content-type": "text/html"}, bytes(range(128, 256)) * 5)
    with Readers([SITE], 1) as started:
        assert started.read(Task(page, "a", "article")).problem is None
    assert capfd.readouterr().err == ""


def test_a_process_that_was_killed_is_told_and_replaced(readers: Readers) -> None:
    readers.read(task(article_page(1)))
    os.kill(pid_of(readers), signal.SIGKILL)
    time.sleep(0.05)
    assert readers.read(task(article_page(1))).problem == "the process that parsed it ended with -9"
    assert readers.read(task(article_page(1))).article is not None


def test_a_page_of_three_thousand_nested_elements_is_read(readers: Readers) -> None:
    nested = "<div>" * 3000 + article_page(1) + "</div>" * 3000
    assert readers.read(task(nested)).problem is None


def test_too_much_memory_is_a_problem_of_the_page() -> None:
    wide = task("<p>a" * 2_500_000, "rong.html")
    with Readers([SITE], 1) as started:
        told = started.read(wide)
        assert told.problem is None or "memory" in told.problem or "processor time" in told.problem
        assert started.read(task(article_page(1))).article is not None


def test_stopping_answers_whoever_waits(readers: Readers) -> None:
    answers: list[Reading] = []
    page = task("<p>chữ <b>đậm</b> và <i>nghiêng</i></p>" * 60_000)
    waiting = threading.Thread(target=lambda: answers.append(readers.read(page)))
    waiting.start()
    time.sleep(0.5)
    readers.stop()
    waiting.join(5)
    assert not waiting.is_alive()
    assert [answer.problem for answer in answers] == ["stopped"]
    assert readers.read(page).problem == "stopped"


def test_the_processes_end_with_whoever_started_them(tmp_path: Path) -> None:
    script = (
        "import sys, time; from crawler.readers import Readers; from crawler.settings import Site\n"
        "readers = Readers([Site(name='A', start=('https://a.vn/',))], 1)\n"
        "print(readers._all[0]._process.pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        parent.kill()
    deadline = time.monotonic() + 10
    while Path(f"/proc/{child}").exists() and _state(child) != "Z":
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return "Z"
