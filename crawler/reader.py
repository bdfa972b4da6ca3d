"""A process that reads responses for others: it parses what strangers wrote, within limits that end it, not them.

The kernel ends it after ten seconds of processor time on one response (SIGPROF, whose default is to terminate), which
no loop in a parser written in C can hold up, and refuses it more than two gigabytes of memory. Each page's tree is one
great cycle, dead after its answer and never before: so it is then that garbage is collected, and at no other time.
"""

from __future__ import annotations

import gc
import logging
import os
import pickle
import resource
import signal
import traceback
from contextlib import suppress
from datetime import datetime
from multiprocessing.connection import Connection

from crawler import discover
from crawler.article import Page
from crawler.comparison import compare
from crawler.document_text import DocumentError, text_of
from crawler.extract import extract, parse
from crawler.extract.judge import says_missing
from crawler.finding import examine
from crawler.reading import Link, Nested, Reading, Task
from crawler.settings import Site
from crawler.urls import continues, kind_of

SECONDS = 10.0  # of processor time for one response; the largest sound page at hand takes 0.1
MEMORY = 2 << 30  # bytes of address space; a sound page of 10 MB takes about half of it as a tree
GROWN = 300 << 20  # bytes of resident memory after which the process makes way for a fresh one


def read(task: Task, site: Site) -> Reading:
    """Read a response as what its address was known as."""
    if task.kind == "sitemap":
        return _sitemap(task.page, site)
    if task.kind == "trial":
        return Reading(finding=examine(task.page, site, task.furniture))
    if task.kind == "attachment":
        return _attachment(task.page)
    if task.kind == "comparison":
        return Reading(comparisons=compare(task.page, site))
    if task.kind == "feed":
        return Reading(links=_entries(discover.feed_entries(task.page.body, task.page.url, task.page.fetched), site))
    return _html(task, site)


def _sitemap(page: Page, site: Site) -> Reading:
    found = discover.sitemap(page.body, page.fetched)
    nested = tuple(Nested(entry.url, entry.modified) for entry in found.nested)
    return Reading(links=_entries(found.entries, site), nested=nested, reason=found.fault)


def _attachment(page: Page) -> Reading:
    try:
        return Reading(text=text_of(page.body))
    except DocumentError as error:
        return Reading(reason=str(error))


def _entries(entries: tuple[discover.SitemapEntry, ...], site: Site) -> tuple[Link, ...]:
    return tuple(link for entry in entries if (link := _link(entry.url, site, modified=entry.modified)))


def _html(task: Task, site: Site) -> Reading:
    page, document = task.page, parse(task.page)
    is_list = task.kind == "list"
    further = set(discover.next_pages(document.soup, page.url)) if is_list else set()
    found = (
        _link(url, site, continues=url in further or (is_list and continues(page.url, url)))
        for url in discover.links(document.soup, page.url)
    )
    links = tuple(link for link in found if link)
    feeds = tuple(discover.feeds(document.soup, page.url)) if is_list else ()
    too_long = tuple(discover.too_long(document.soup))
    if is_list and site.article is not None:
        return Reading(links, feeds, too_long)
    told = extract(document, page, site, task.furniture)
    not_found = says_missing(document, site, told.article)
    article, reason = (None, "says that there is no such page") if not_found else (told.article, told.reason)
    return Reading(
        links, feeds, too_long, article=article, rules=told.rules, reason=reason, not_found=not_found, marks=told.marks
    )


def _link(url: str, site: Site, *, continues: bool = False, modified: datetime | None = None) -> Link | None:
    kind = kind_of(url, site)
    return Link(url, kind, continues, modified) if kind != "outside" else None


def serve(descriptor: int) -> None:
    """Answer tasks from the connection with that file descriptor until it is closed; the first message is the sites."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    logging.getLogger("bs4").setLevel(logging.ERROR)  # it warns of letters that cannot be read, not on which page
    with Connection(descriptor) as connection:
        sites: dict[str, Site] = connection.recv()
        gc.disable()
        gc.freeze()
        with suppress(EOFError, ConnectionError):  # whoever asked has ended
            while _resident() < GROWN:
                task: Task = connection.recv()
                connection.send_bytes(_answer(task, sites[task.site]))
                gc.collect()


def _answer(task: Task, site: Site) -> bytes:
    """The pickled reading; a fault of ours over one page is that page's problem, not the run's."""
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    try:
        return pickle.dumps(read(task, site))
    except MemoryError:
        return pickle.dumps(Reading(problem="needs too much memory to parse"))
    except Exception as error:
        traceback.print_exc()
        return pickle.dumps(Reading(problem=f"cannot be parsed: {type(error).__name__}"))
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def _resident() -> int:
    """Bytes of memory that this process holds now."""
    with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123 -- read for every page
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
