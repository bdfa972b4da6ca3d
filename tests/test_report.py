"""What a run tells at its end: as JSON, as a table, as an exit code."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable

import pytest

from crawler.report import OTHERS, REASONS, RunReport, meaning
from crawler.table import duration, printable

NOW, LATER = "2026-11-23T00:00:00+00:00", "2026-11-23T01:05:00+00:00"
FINDING = {
    "field": "published",
    "sentence": "published was found on 97% of the pages, now on 3%; 'time.published' used to find it",
    "rule": "time.published",
    "was": 0.97,
    "now": 0.03,
    "examples": [f"https://vui.example.edu.vn/tin-{n}.html" for n in range(3)],
}


def report_of(*sites: str, clock: Callable[[], float] = lambda: 0.0) -> RunReport:
    return RunReport(sites or ("vui",), NOW, clock)


def test_a_reason_is_counted_and_named_by_its_first_addresses() -> None:
    report = report_of()
    for number in (0, 0, 1, 2, 3, 4):
        report.note("vui", "refused", "robots.txt", f"https://vui.edu.vn/{number}")
    told = report.document()["sites"]["vui"]["refused"]["robots.txt"]
    assert told == {"count": 6, "examples": [f"https://vui.edu.vn/{number}" for number in range(3)]}
    assert "refused 6: robots.txt\n      https://vui.edu.vn/0\n" in report.table() + "\n"


def test_a_server_that_thinks_up_reasons_does_not_fill_the_memory() -> None:
    report = report_of()
    for number in range(5000):
        report.note("vui", "refused", f"type x/{number}" + "y" * 10_000, f"https://vui.edu.vn/{number}")
    refused = report.document()["sites"]["vui"]["refused"]
    assert len(refused) == REASONS + 1
    assert refused[OTHERS]["count"] == 5000 - REASONS
    assert len(json.dumps(report.document())) < 30_000
    assert f"refused {5000 - 10:,}: for {REASONS - 9} more reasons" in report.table()


def test_what_a_server_says_cannot_command_the_terminal_or_break_a_line() -> None:
    report = report_of()
    report.note("vui", "refused", "type \x1b[2J\r\ntext/\u202ehtml \ud800", "https://vui.edu.vn/")
    report.drifted("vui", [FINDING | {"sentence": "tiêu đề\u2028 \x9b31m"}])
    assert all(line.isprintable() for line in report.table().splitlines())
    json.dumps(report.document(), ensure_ascii=False).encode()
    assert printable("Trường Đại học") == "Trường Đại học"


def test_the_document_has_every_figure() -> None:
    seconds = iter([0.0, 10.0, 10.5, 11.0, 12.0, 13.04, 90.0])
    report = report_of(clock=lambda: next(seconds))
    report.add("vui", discovered=3, fetched=2, new=1, soft_404=1, held=1, bytes=2048)
    report.gap("vui", 1.5)
    report.gap("vui", 0.9999)
    report.waited("vui", 2.04)
    report.put_off("vui", "vui.edu.vn", "Retry-After asks to wait until 2026-11-24T00:00:00+00:00")
    report.remark("cut 812 bytes of a torn record off tratin-1.warc.gz")
    assert report.end(LATER, max_failed=20) == 3
    assert report.document() == {
        "started": NOW,
        "ended": LATER,
        "seconds": 90.0,
        "exit_code": 3,
        "faults": [
            "vui: host vui.edu.vn was left alone: Retry-After asks to wait until 2026-11-24T00:00:00+00:00",
        ],
        "remarks": ["cut 812 bytes of a torn record off tratin-1.warc.gz"],
        "sites": {
            "vui": {
                "discovered": 3,
                "fetched": 2,
                "not_modified": 0,
                "new": 1,
                "changed": 0,
                "unchanged": 0,
                "missing": 0,
                "gone": 0,
                "soft_404": 1,
                "held": 1,
                "attachments": 0,
                "bytes": 2048,
                "waits": 1,
                "waited": 2.0,
                "smallest_gap": 0.999,
                "seconds": 3.0,
                "refused": {},
                "failed": {},
                "no_article": {},
                "put_off": {"vui.edu.vn": "Retry-After asks to wait until 2026-11-24T00:00:00+00:00"},
                "broken_starts": {},
                "drift": [],
            }
        },
    }


def fine(report: RunReport) -> None:
    report.add("vui", fetched=80)


def only_unchanged(report: RunReport) -> None:
    report.add("vui", fetched=100, not_modified=100)


def a_fifth_failed(report: RunReport) -> None:
    fine(report)
    for number in range(20):
        report.note("vui", "failed", "status 500", f"https://vui.edu.vn/{number}")


def more_than_a_fifth_failed(report: RunReport) -> None:
    a_fifth_failed(report)
    report.note("vui", "failed", "no answer in time", "https://vui.edu.vn/21")


def a_start_page_failed(report: RunReport) -> None:
    fine(report)
    report.note("vui", "failed", "status 500", "https://vui.edu.vn/", start=True)


def a_start_page_is_refused(report: RunReport) -> None:
    fine(report)
    report.note("vui", "refused", "robots.txt", "https://vui.edu.vn/", start=True)


def pages_are_refused(report: RunReport) -> None:
    fine(report)
    report.note("vui", "refused", "robots.txt", "https://vui.edu.vn/admin")


def a_host_was_left_alone(report: RunReport) -> None:
    fine(report)
    report.put_off("vui", "tin.vui.edu.vn", "5 failures in a row")


def it_drifted(report: RunReport) -> None:
    fine(report)
    report.drifted("vui", [FINDING])


def nothing_answered(report: RunReport) -> None:
    report.note("vui", "failed", "connection refused", "https://vui.edu.vn/", start=True)


def all_had_to_wait(report: RunReport) -> None:
    report.put_off("vui", "vui.edu.vn", "Retry-After asks to wait until 2026-11-24T00:00:00+00:00")


def nothing_was_due(_: RunReport) -> None:
    pass


@pytest.mark.parametrize(
    ("happened", "code", "told"),
    [
        (fine, 0, None),
        (only_unchanged, 0, None),
        (pages_are_refused, 0, None),
        (a_fifth_failed, 0, None),
        (more_than_a_fifth_failed, 3, "21 of 101 fetches failed, more than 20%"),
        (a_start_page_failed, 3, "start page https://vui.edu.vn/: status 500"),
        (a_start_page_is_refused, 3, "start page https://vui.edu.vn/: robots.txt"),
        (a_host_was_left_alone, 3, "host tin.vui.edu.vn was left alone: 5 failures in a row"),
        (it_drifted, 3, "drifted: published was found on 97%"),
        (nothing_answered, 6, "nothing could be fetched"),
        (all_had_to_wait, 6, "until 2026-11-24"),
        (nothing_was_due, 6, "nothing could be fetched"),
    ],
)
def test_the_exit_code_of_one_site(happened: Callable[[RunReport], None], code: int, told: str | None) -> None:
    report = report_of()
    happened(report)
    assert report.end(LATER, max_failed=20) == code
    document = report.document()
    assert document["exit_code"] == code
    assert (document["faults"] == []) == (code == 0)
    if told is not None:
        assert told in "\n".join(document["faults"])
        assert told in report.table()
    assert f"{meaning(code)} (exit code {code})" in report.table()


@pytest.mark.parametrize("happened", [nothing_answered, all_had_to_wait, nothing_was_due])
def test_one_of_thirty_sites_that_is_down_is_told_whatever_is_allowed(happened: Callable[[RunReport], None]) -> None:
    report = report_of("vui", *(f"site-{n}" for n in range(29)))
    for n in range(29):
        report.add(f"site-{n}", fetched=50)
    happened(report)
    assert report.exit_code(max_failed=100) == 3
    assert {fault.split(":")[0] for fault in report.faults(100)} == {"vui"}


def test_a_start_page_counts_whatever_may_fail() -> None:
    report = report_of()
    a_start_page_failed(report)
    assert report.exit_code(max_failed=100) == 3


def test_a_signal_is_the_exit_code_of_a_run_that_it_ended() -> None:
    report = report_of()
    assert report.end(LATER, max_failed=20, stopped_by=15) == 143
    assert report.document()["exit_code"] == 143
    assert "stopped by SIGTERM (exit code 143)" in report.table()


def test_the_table_is_aligned_and_adds_up() -> None:
    report = report_of("vui", "hus", "phongdaotao", clock=iter([0.0, 1.0, 1.0, 1.0, 1.0, 3903.0]).__next__)
    report.add("vui", discovered=12_345, fetched=12_300, not_modified=11_800, new=480, changed=31, bytes=123_456_789)
    report.add("hus", fetched=300, missing=1204, gone=112)
    report.note("hus", "failed", "status 500", "https://hus.edu.vn/1.html")
    report.add("phongdaotao", fetched=1, new=4)
    report.end(LATER, max_failed=20)
    lines = report.table().splitlines()
    assert lines[:5] == [
        "site          found  fetched     304  new  changed    404  gone  failed     MB        time",
        "vui          12,345   12,300  11,800  480       31      0     0       0  123.5         0 s",
        "hus               0      300       0    0        0  1,204   112       1    0.0         0 s",
        "phongdaotao       0        1       0    4        0      0     0       0    0.0         0 s",
        "total        12,345   12,601  11,800  484       31  1,204   112       1  123.5  1 h 05 min",
    ]
    assert max(map(len, lines)) <= 100


def test_a_site_alone_has_no_total_and_a_quiet_run_few_lines() -> None:
    report = report_of()
    report.add("vui", fetched=7)
    report.end(LATER, max_failed=20)
    assert report.table().splitlines() == [
        "site  fetched  new  failed   MB  time",
        "vui         7    0       0  0.0   0 s",
        "",
        "done (exit code 0), 0 s",
    ]


def test_below_the_table_stands_what_was_wrong() -> None:
    report = report_of()
    more_than_a_fifth_failed(report)
    report.drifted("vui", [FINDING])
    report.add("vui", held=12, soft_404=3)
    report.waited("vui", 3.0)
    report.waited("vui", 70.0)
    report.gap("vui", 1.0009)
    report.remark("cut 812 bytes of a torn record off tratin-1.warc.gz")
    report.end(LATER, max_failed=20)
    told = report.table()
    for words in (
        "  21 of 101 fetches failed, more than 20%",
        f"  drifted: {FINDING['sentence']}\n      https://vui.example.edu.vn/tin-0.html\n",
        "  versions held back until the drift is settled: 12",
        "  failed 20: status 500\n      https://vui.edu.vn/0\n",
        "  pages that say 'not found' with status 200: 3",
        "  waited 2 times, 1 min 13 s in all",
        "  smallest gap between two requests to a host: 1.000 s",
        "\n\ncut 812 bytes of a torn record off tratin-1.warc.gz\n",
    ):
        assert words in told
    assert told.index("failed 20: status 500") < told.index("failed 1: no answer in time")


def test_many_threads_may_add_while_others_read() -> None:
    report = report_of()
    broken: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for n in range(300):
                report.add("vui", fetched=1)
                report.note("vui", "failed", f"reason {number}-{n % 60}", "https://vui.edu.vn/")
                report.gap("vui", 1 + n)
                if n % 30 == 0:
                    report.document(), report.table(), report.tallies()
        except BaseException as error:
            broken.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert broken == []
    tally = report.tallies()["vui"]
    assert (tally.done, tally.failed) == (3600, 1800)
    assert report.sites["vui"].gap == 1.0


def test_a_count_that_is_none_is_a_mistake() -> None:
    with pytest.raises(AttributeError):
        report_of().add("vui", fetchd=1)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (None, "–"),
        (0, "0 s"),
        (0.42, "0.4 s"),
        (9.96, "10 s"),
        (59.7, "1 min 00 s"),
        (307, "5 min 07 s"),
        (3599.6, "1 h 00 min"),
        (3900, "1 h 05 min"),
        (93_900, "26 h 05 min"),
    ],
)
def test_a_duration_in_words(seconds: float | None, words: str) -> None:
    assert duration(seconds) == words
