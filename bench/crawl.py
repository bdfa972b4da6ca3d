"""The crawler on 20 hosts of loopback, beside Scrapy on the same pages in the same run; and its memory over a long run.

    python bench/crawl.py [--kilobytes K] [--pages N] [--rounds R] [--scrapy PYTHON]
    python bench/crawl.py --memory [--pages N]

`tratin crawl --no-index` is the real command. The first peer is a Scrapy spider that makes the project's own
BeautifulSoup calls and writes JSON Lines: no archive, no store. The second one picks three fields by selector, as a
spider written for one site does. All must find the same articles, else the bench fails. Scrapy is no dependency of the
project: it is installed into an environment of the bench's temporary folder, which sees this one's packages, so that
both parse with the same versions. `PYTHONPATH=$PWD` measures the working tree instead of what is installed. Linux only.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import re
import signal
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
import venv
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from urllib.parse import urljoin

from newsrooms import AGENT, ARTICLE, HOSTS, Shape, Web, article_path, get, serving, speed

SAMPLE = 0.05  # seconds between two looks at the memory
SPIDERS = Path(__file__).resolve().with_name("spiders.py")
TRATIN = Path(sys.executable).with_name("tratin")
NO_SCRAPY = (
    "Scrapy cannot be imported by {python}: connect to PyPI (or set PIP_INDEX_URL), or name with --scrapy a Python that"
    " has Scrapy and this project: python -m venv D && D/bin/pip install scrapy dist/*.whl"
)


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


Crawler = Callable[[Path, Web], tuple[Run, dict[str, str]]]


def main() -> None:
    """Run the benchmark."""
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
    with tempfile.TemporaryDirectory(prefix="tratin-bench-") as name, serving(shape) as web:
        if chosen.memory:
            _long_run(Path(name), shape, web)
        else:
            _compare(Path(name), shape, web, chosen.rounds, chosen.scrapy)


# The comparison


def _compare(folder: Path, shape: Shape, web: Web, rounds: int, named: str | None) -> None:
    """Run each crawler in turn, several times over; print the medians."""
    python = _scrapy(folder, named)
    print(f"{shape.pages} pages on {HOSTS} hosts, {_sizes(web, shape)}; {os.cpu_count()} cores\n"
          f"the server alone: {speed(web, shape):.0f} pages a second to one client", flush=True)  # fmt: skip
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
        body = get(urljoin(web.roots[0], article_path(number)))
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
    """Run the spider of that kind."""
    _configure(folder, web)
    run = _watched([python, SPIDERS, kind, folder / "articles.jsonl"], folder, web)
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


if __name__ == "__main__":
    main()
