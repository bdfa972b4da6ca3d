"""Extraction beside BeautifulSoup's parse and beside trafilatura, on the same pages in the same run.

    python bench/extract.py [--pages DIR ...] [--rounds R] [--copies N] [--trafilatura PYTHON]

Each round is a new process on one core that has read all pages once before; its time is the processor's. First what a
page costs: BeautifulSoup's parse alone, all else that we do, both from the page's bytes on, and trafilatura from the
page's bytes on. Then `tratin extract` on an archive of those pages, N copies of each, by one process and by two.
trafilatura is no dependency of the project: it is installed into an environment of the bench's temporary folder; where
that cannot be done, its lines are left out. `PYTHONPATH=$PWD` measures the working tree instead of what is installed.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import venv
from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO
from itertools import product
from pathlib import Path

from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

HERE = Path(__file__).resolve().parent
FOLDERS = (HERE.parents[1] / "shared/data/html/hus", HERE.parent / "tests/golden", HERE.parent / "tests/pages")
EXTRACTORS = HERE / "extractors.py"
TRATIN = Path(sys.executable).with_name("tratin")
ROOT = "http://bench.example.edu.vn/"
NO_TRAFILATURA = (
    "trafilatura cannot be imported by {python}, so its lines are left out: connect to PyPI (or set PIP_INDEX_URL), or"
    " name with --trafilatura a Python that has it: python -m venv D && D/bin/pip install trafilatura lxml_html_clean"
)
PACKAGES = ("trafilatura", "lxml_html_clean")  # the second one it needs and, with lxml 6.1, does not ask for
PEERS = ("trafilatura", "trafilatura-fast")
PARSE_GOAL, PEER_GOAL = 0.6, 0.5


@dataclass(frozen=True)
class Costs:
    """Seconds of processor time for all pages of a folder, once: the medians of the rounds."""

    pages: int
    parse: float
    extract: float
    both: float
    peers: dict[str, float]


def main() -> None:
    """Run the benchmark."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--pages", type=Path, nargs="+", metavar="DIR", help="folders of *.html")
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--copies", type=int, default=20, help="of each page in the archive of 'tratin extract'")
    options.add_argument("--trafilatura", metavar="PYTHON", help="a Python that has trafilatura")
    chosen = options.parse_args()
    folders = [folder for folder in chosen.pages or FOLDERS if any(folder.glob("*.html"))]
    if not folders:
        sys.exit(f"no *.html in {', '.join(map(str, chosen.pages or FOLDERS))}; name a folder with --pages DIR")
    with tempfile.TemporaryDirectory(prefix="tratin-bench-") as name:
        python = _trafilatura(Path(name), chosen.trafilatura)
        _compare({folder: _costs(folder, chosen.rounds, python) for folder in folders})
        _parallel(Path(name), folders, chosen.copies, chosen.rounds)


# The comparison


def _costs(folder: Path, rounds: int, python: str | None) -> Costs:
    """Let each extractor read the pages in turn, several times over."""
    runs: defaultdict[str, list[float]] = defaultdict(list)
    for _ in range(rounds):
        for step, seconds in _round(sys.executable, "tratin", folder).items():
            runs[step].append(seconds)
        for peer in PEERS if python else ():
            runs[peer].append(_round(python or "", peer, folder)["both"])
    median = {name: statistics.median(seconds) for name, seconds in runs.items()}
    peers = {peer: median[peer] for peer in PEERS if peer in median}
    return Costs(len(list(folder.glob("*.html"))), median["parse"], median["extract"], median["both"], peers)


def _round(python: str, name: str, folder: Path) -> dict[str, float]:
    done = subprocess.run([python, EXTRACTORS, name, folder], stdout=subprocess.PIPE, check=True)  # noqa: S603
    told: dict[str, float] = json.loads(done.stdout)
    return told


def _compare(costs: dict[Path, Costs]) -> None:
    print(f"Python {sys.version.split()[0]}, one core, {os.cpu_count()} in all")
    for folder, cost in costs.items():
        size = sum(file.stat().st_size for file in folder.glob("*.html")) / cost.pages / 1000
        print(f"\n| {cost.pages} pages of {folder.parent.name}/{folder.name}, {size:.1f} kB each | pages a second | "
              "ms a page |\n|---|---|---|")  # fmt: skip
        ours = {"BeautifulSoup's parse": cost.parse, "tratin without it": cost.extract, "tratin": cost.both}
        for name, seconds in (ours | cost.peers).items():
            print(f"| {name} | {cost.pages / seconds:.0f} | {1000 * seconds / cost.pages:.2f} |")
        beside = [
            f"tratin / {name} {seconds / cost.both:.2f} (at least {PEER_GOAL})" for name, seconds in cost.peers.items()
        ]
        print(
            f"\nextraction / parse {cost.extract / cost.parse:.2f} (at most {PARSE_GOAL})",
            *beside,
            sep="; ",
            flush=True,
        )


def _trafilatura(folder: Path, named: str | None) -> str | None:
    """A Python with trafilatura; None where there is none."""
    python = named or str(folder / "trafilatura" / "bin" / "python")
    if named is None:
        venv.create(folder / "trafilatura", with_pip=True)
        install = [python, "-m", "pip", "install", "-q", "--disable-pip-version-check", *PACKAGES]
        subprocess.run(install, check=False)  # noqa: S603
    with suppress(OSError):
        asked = [python, "-c", "import trafilatura; print('trafilatura', trafilatura.__version__, flush=True)"]
        if subprocess.run(asked, check=False).returncode == 0:  # noqa: S603
            return python
    print(NO_TRAFILATURA.format(python=python), file=sys.stderr)
    return None


# The command


def _parallel(folder: Path, folders: Iterable[Path], copies: int, rounds: int) -> None:
    """Extract an archive of the pages again, by one process and by two."""
    _archive(folder, [file.read_bytes() for pages in folders for file in sorted(pages.glob("*.html"))], copies)
    rates = {count: statistics.median(_rate(folder, count) for _ in range(rounds)) for count in (1, 2)}
    print(f"\n`tratin extract` on these pages from the archive, each {copies} times, {os.cpu_count()} cores\n")
    print("| processes | pages a second |\n|---|---|")
    for processes, rate in rates.items():
        print(f"| {processes} | {rate:.0f} |")
    print(f"\ntwo processes / one: {rates[2] / rates[1]:.2f}")


def _archive(folder: Path, pages: list[bytes], copies: int) -> None:
    """Take in a WARC file with the pages, each under `copies` addresses."""
    settings = f'[sites.bench]\nname = "Trường Đại học"\nstart = ["{ROOT}"]\narticle = "/bai-viet/"\n'
    (folder / "tratin.toml").write_text(settings, encoding="utf-8")
    with (folder / "pages.warc.gz").open("wb") as file:
        writer = WARCWriter(file, gzip=True)
        for number, (copy, body) in enumerate(product(range(copies), pages)):
            # Pages of the same bytes would be one record and revisits of it.
            _write(writer, f"{ROOT}bai-viet/{number}.html", body + f"<!-- {copy} -->".encode())
    subprocess.run([TRATIN, "import", "pages.warc.gz"], cwd=folder, stdout=subprocess.DEVNULL, check=True)  # noqa: S603


def _write(writer: WARCWriter, url: str, body: bytes) -> None:
    headers = StatusAndHeaders("200 OK", [("Content-Type", "text/html")], protocol="HTTP/1.1")
    writer.write_record(
        writer.create_warc_record(
            url,
            "response",
            BytesIO(body),
            http_headers=headers,
            warc_headers_dict={"WARC-Date": "2026-11-01T00:00:00Z"},
        )
    )


def _rate(folder: Path, processes: int) -> float:
    """Pages a second as the command itself counts them, without its start."""
    command = [TRATIN, "extract", "--json", "--processes", str(processes)]
    done = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)  # noqa: S603
    told = json.loads(done.stdout)
    if told["failed"] or not told["pages"]:
        sys.exit(f"{told['pages']} pages were extracted again, and these could not be read: {told['failed']}")
    return float(told["pages"] / told["seconds"])


if __name__ == "__main__":
    main()
