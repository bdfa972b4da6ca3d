"""The pages in a real browser: a reader's way through them, on a phone and on a desk, by day and by night."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from conftest import ADMISSIONS, RICH
from flask import Flask
from werkzeug.serving import make_server

CHROMIUM = Path("/usr/bin/chromium")
if not CHROMIUM.exists():
    pytest.skip(f"there is no browser at {CHROMIUM}: apt-get install chromium", allow_module_level=True)

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright  # noqa: E402

WIDTHS = (320, 360, 1280, 2560)
PATHS = (
    "/",
    "/?q=tuyen+sinh",
    "/?q=tuyen+sinh&site=vui&category=Tuy%E1%BB%83n+sinh&from=2020-01-01",
    "/?q=khongcotunay&site=vui",
    "/?q=tuyen+sinh&page=99",
    f"/articles/{RICH.id}?q=hoi+thao",
)


@pytest.fixture(scope="module")
def base(app: Flask) -> Iterator[str]:
    """The address of a real server."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield running
        running.close()


@pytest.fixture
def open_page(browser: Browser, base: str) -> Iterator[Callable[..., Page]]:
    """Open pages that must neither complain nor ask any other host."""
    contexts: list[BrowserContext] = []
    wrong: list[str] = []

    def opened(path: str, *, width: int = 1280, dark: bool = False, locale: str = "vi-VN", **more: object) -> Page:
        context = browser.new_context(
            base_url=base,
            viewport={"width": width, "height": 800},
            color_scheme="dark" if dark else "light",
            locale=locale,
            **more,  # type: ignore[arg-type]
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: wrong.append(f"{page.url}: {message.text}"))
        page.on("pageerror", lambda error: wrong.append(f"{page.url}: {error}"))
        page.on("request", lambda request: wrong.extend([request.url] * (not request.url.startswith(base))))
        page.goto(path)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert wrong == []


@pytest.mark.parametrize("javascript", [True, False])
def test_a_reader_finds_an_article(open_page: Callable[..., Page], javascript: bool) -> None:
    page = open_page("/", java_script_enabled=javascript)
    page.locator("#q:focus").wait_for()  # by itself, when the page has been drawn
    page.keyboard.type("tuyen sinh")
    page.keyboard.press("Enter")
    page.wait_for_url("**/?q=tuyen+sinh*")
    assert page.locator(".hits > li").count() == 10
    assert page.locator(".hits mark").first.inner_text().lower().startswith("tuyển")

    page.locator(".filters a", has_text="Trường Đại học Công nghiệp Việt Trì").click()
    assert page.locator(".count strong").inner_text() == "20 bài"
    assert page.locator(".filters a.chosen").count() == 1

    page.get_by_role("link", name="Trang 2", exact=True).click()
    assert page.locator(".hits > li").count() == 10
    assert page.locator(".pages [aria-current=page]").inner_text() == "2"
    results = page.url

    title = page.locator(".hits h2 a").first
    told = title.inner_text()
    title.click()
    assert page.locator("h1").inner_text() == told
    assert page.locator("h1 mark").count() >= 1
    page.get_by_role("link", name="Về kết quả tìm").click()
    assert urlsplit(page.url).query == urlsplit(results).query


def test_dates_are_applied_with_the_words(open_page: Callable[..., Page]) -> None:
    page = open_page("/?q=tuyen+sinh&site=vui")
    page.get_by_label("Từ ngày").fill("2020-02-01")
    page.get_by_label("Đến ngày").fill("2020-03-31")
    page.get_by_role("button", name="Áp dụng").click()
    days = [article.published for article in ADMISSIONS if article.site == "vui"]
    expected = sum("2020-02-01" <= str(day) <= "2020-03-31" for day in days)
    assert page.locator(".count strong").inner_text() == f"{expected} bài"
    assert page.locator(".chips li").count() == 4
    page.get_by_role("link", name="Bỏ tất cả bộ lọc").click()
    assert page.locator(".count strong").inner_text() == f"{len(ADMISSIONS)} bài"


def test_on_a_phone_the_filters_unfold(open_page: Callable[..., Page]) -> None:
    page = open_page("/?q=tuyen+sinh", width=360)
    choice = page.locator(".filters a", has_text="Phòng Đào tạo")
    assert not choice.is_visible()
    page.locator(".filters summary").first.click()
    choice.click()
    assert page.locator(".count strong").inner_text() == "9 bài"


def test_both_languages(open_page: Callable[..., Page]) -> None:
    page = open_page("/?q=hoi+thao", locale="en-GB")
    assert page.locator("html").get_attribute("lang") == "en"
    assert "Friday, 8 January 2021" in page.locator(".hits").inner_text()
    assert page.locator(".hits h2").first.get_attribute("lang") == "vi"
    page.get_by_role("link", name="Tiếng Việt").click()
    assert page.locator("html").get_attribute("lang") == "vi"
    assert "Thứ Sáu, 8/1/2021" in page.locator(".hits").inner_text()
    page.locator(".brand").click()
    assert page.locator("html").get_attribute("lang") == "vi"


@pytest.mark.parametrize("width", WIDTHS)
def test_no_page_is_wider_than_its_window(open_page: Callable[..., Page], width: int) -> None:
    page = open_page("/", width=width)
    for path in PATHS:
        page.goto(path)
        for details in page.locator("details").all():
            details.evaluate("element => { element.open = true }")
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path


@pytest.mark.parametrize("width", [360, 1280])
def test_targets_are_large_enough(open_page: Callable[..., Page], width: int) -> None:
    """Every link and control outside running text is at least 24 px high: WCAG 2.2, 2.5.8."""
    page = open_page("/", width=width)
    for path in PATHS:
        page.goto(path)
        small = page.evaluate(
            """() => [...document.querySelectorAll('a, button, summary, input:not([type=hidden])')]
                .filter(e => e.checkVisibility() && !e.closest('.skip, p:not(.back), .empty, .extra, h2, summary + *'))
                .filter(e => e.getBoundingClientRect().height < 24)
                .map(e => e.outerHTML)"""
        )
        assert small == [], path


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_text_can_be_read(open_page: Callable[..., Page], dark: bool) -> None:
    """Every text stands out from its ground by 4.5 to 1: WCAG 2.2, 1.4.3."""
    page = open_page("/", dark=dark)
    for path in PATHS:
        page.goto(path)
        pairs = page.evaluate(COLOURS)
        assert len(pairs) >= 5
        faint = {pair for pair in map(tuple, pairs) if contrast(pair[0], pair[1]) < 4.5}
        assert faint == set(), path


# The colour of each text and of the nearest ground that is painted behind it.
COLOURS = """() => {
  const pairs = new Set();
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    let element = walk.currentNode.parentElement;
    if (!walk.currentNode.data.trim() || !element.checkVisibility()) continue;
    const colour = getComputedStyle(element).color;
    while (element && getComputedStyle(element).backgroundColor === 'rgba(0, 0, 0, 0)') element = element.parentElement;
    pairs.add(colour + '|' + getComputedStyle(element || document.body).backgroundColor);
  }
  return [...pairs].map(pair => pair.split('|'));
}"""


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_the_keyboard_is_enough(open_page: Callable[..., Page]) -> None:
    page = open_page("/?q=tuyen+sinh", reduced_motion="reduce")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    assert page.locator(".skip").bounding_box()["y"] >= 0  # type: ignore[index]
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"
    page.keyboard.press("Tab")
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineWidth")
    assert outline == "3px"
