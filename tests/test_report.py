"""What a run tells while it goes on and at its end."""

from crawler.report import RunReport


def test_progress_is_one_line_for_all_sites() -> None:
    report = RunReport(["vui", "hus"], "2026-11-23T00:00:00+00:00")
    report.add("vui", discovered=3, fetched=2, new=1)
    report.note("vui", "failed", "no answer in time", "https://vui.edu.vn/1.html")
    assert report.progress() == (
        "vui: 3 discovered, 2 fetched, 1 new, 1 failed; hus: 0 discovered, 0 fetched, 0 new, 0 failed"
    )


def test_a_reason_is_counted_and_named_by_its_first_addresses() -> None:
    report = RunReport(["vui"], "2026-11-23T00:00:00+00:00")
    for number in range(5):
        report.note("vui", "refused", "robots.txt", f"https://vui.edu.vn/{number}")
    told = report.document()["sites"]["vui"]["refused"]["robots.txt"]
    assert (told["count"], len(told["examples"])) == (5, 3)
    assert "refused 5: robots.txt (https://vui.edu.vn/0)" in report.table()
