"""The command line as people and jobs use it: real processes; for bad input one clear sentence and the right code."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from webapp.cli import tratin

TRATIN = Path(sys.executable).with_name("tratin")
ROOT = Path(__file__).parents[1]
LINES = (
    '{"url": "https://vui.example.edu.vn/1.html", "site": "vui", "title": "Hội nghị tổng kết năm học",'
    ' "body": "Chiều 08/01/2021, nhà trường tổ chức hội nghị.", "published": "2021-01-08"}\n'
    '{"url": "https://vui.example.edu.vn/2.html", "site": "vui", "title": "Thông báo tuyển sinh",'
    ' "body": "Trường tuyển sinh 1.200 chỉ tiêu.", "published": "2020-06-01", "author": "Phòng Đào tạo"}\n'
)


def run(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    told = {name: value for name, value in os.environ.items() if not name.startswith("TRATIN_")} | environment
    return subprocess.run(
        [TRATIN, *arguments], cwd=folder, env=told, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    assert run(tmp_path, "init").returncode == 0
    return tmp_path


@pytest.fixture
def filled(folder: Path) -> Path:
    (folder / "articles.jsonl").write_text(LINES, encoding="utf-8")
    assert run(folder, "import", "articles.jsonl").returncode == 0
    assert run(folder, "index").returncode == 0
    return folder


def one_sentence(done: subprocess.CompletedProcess[str]) -> str:
    """The error, which is one line by us and no traceback."""
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("tratin: "), done.stderr
    return lines[0]


def test_every_command_is_in_the_readme_and_explains_itself() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for name, command in tratin.commands.items():
        assert f"`{name}" in readme, name
        assert command.get_short_help_str(), name


def test_the_commands_of_the_first_release_are_there() -> None:
    expected = {"init", "check", "crawl", "import", "index", "search", "export", "serve", "status", "demo"}
    assert expected <= tratin.commands.keys()


def test_init_writes_settings_that_are_sound_and_overwrites_nothing(folder: Path) -> None:
    assert run(folder, "check").returncode == 0
    (folder / "tratin.toml").write_text("[webapp]\nport = 9000\n")
    again = run(folder, "init")
    assert again.returncode == 2
    assert "was left as it is" in one_sentence(again)
    assert (folder / "tratin.toml").read_text() == "[webapp]\nport = 9000\n"


def test_check_prints_what_is_in_effect(folder: Path) -> None:
    told = json.loads(run(folder, "check", "--json", TRATIN_WEBAPP__PORT="9001").stdout)
    assert (told["webapp"]["port"], told["crawler"]["delay"]) == (9001, 1.0)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("[crawler]\ndelya = 2\n", ["bad.toml", "crawler.delya", "2", "'delay'"]),
        ("[crwler]\ndelay = 2\n", ["bad.toml", "crwler", "'crawler'"]),
        ('[webapp]\nport = "x"\n', ["bad.toml", "webapp.port", "'x'"]),
        ("not toml\n", ["bad.toml", "TOML"]),
    ],
)
def test_a_bad_configuration_is_named(tmp_path: Path, text: str, parts: list[str]) -> None:
    (tmp_path / "bad.toml").write_text(text)
    done = run(tmp_path, "--config", "bad.toml", "check")
    assert done.returncode == 4
    told = one_sentence(done)
    assert [part for part in parts if part not in told] == []


@pytest.mark.parametrize("command", ["check", "index", "status", "crawl", "export", "search", "serve"])
def test_a_folder_without_settings_is_a_configuration_error(tmp_path: Path, command: str) -> None:
    done = run(tmp_path, command)
    assert done.returncode == 4
    assert "tratin init" in one_sentence(done)


def test_import_takes_the_good_lines_and_names_the_bad_ones(folder: Path) -> None:
    (folder / "mixed.jsonl").write_text(
        LINES + "no json\n" + '{"url": "https://a.vn/3", "body": "x"}\n', encoding="utf-8"
    )
    done = run(folder, "import", "mixed.jsonl")
    assert done.returncode == 3
    assert "2 new" in done.stdout
    assert "mixed.jsonl: line 3: not JSON" in done.stderr
    assert "mixed.jsonl: line 4: title: is missing" in done.stderr
    assert len(run(folder, "export").stdout.splitlines()) == 2
    assert run(folder, "import", "--max-failed", "50", "mixed.jsonl").returncode == 0


def test_import_of_a_missing_file_does_nothing(folder: Path) -> None:
    (folder / "articles.jsonl").write_text(LINES, encoding="utf-8")
    done = run(folder, "import", "articles.jsonl", "missing.jsonl")
    assert done.returncode == 2
    assert "missing.jsonl" in one_sentence(done)
    assert run(folder, "export").stdout == ""


def test_search_finds_with_and_without_marks(filled: Path) -> None:
    for query in ("hội nghị tổng kết", "hoi nghi tong ket", "HỘI NGHỊ TỔNG KẾT"):
        told = json.loads(run(filled, "search", query, "--json").stdout)
        assert [hit["title"] for hit in told["results"]] == ["Hội nghị tổng kết năm học"]
        assert told["results"][0]["highlights"]["title"] == "<mark>Hội nghị tổng kết</mark> năm học"


def test_search_of_an_empty_archive_is_an_answer(folder: Path) -> None:
    done = run(folder, "search", "đại học", "--json")
    assert done.returncode == 0
    assert json.loads(done.stdout)["total"] == {"value": 0, "relation": "eq"}


def test_search_names_every_bad_option(filled: Path) -> None:
    done = run(filled, "search", "x", "--size", "0", "--from", "2021-13-01", "--sort", "best")
    assert done.returncode == 2
    told = one_sentence(done)
    assert [name for name in ("size", "from", "sort") if f"{name}: " not in told] == []


def test_export_is_what_import_takes(filled: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    exported = run(filled, "export").stdout
    other = tmp_path_factory.mktemp("other")
    run(other, "init")
    (other / "export.jsonl").write_text(exported, encoding="utf-8")
    assert run(other, "import", "export.jsonl").returncode == 0
    assert run(other, "export").stdout == exported


def test_export_is_narrowed_like_a_search(filled: Path) -> None:
    lines = run(filled, "export", "--from", "2021-01-01").stdout.splitlines()
    assert [json.loads(line)["title"] for line in lines] == ["Hội nghị tổng kết năm học"]


def test_a_reader_that_stops_early_is_no_error(filled: Path) -> None:
    done = subprocess.run(
        ["sh", "-c", f"{TRATIN} export | true"], cwd=filled, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_a_damaged_store_or_index_is_told_and_never_emptied(filled: Path) -> None:
    index = next((filled / "data/index").glob("gen-*/*.pst"))
    whole = index.read_bytes()
    index.write_bytes(whole[:100])
    done = run(filled, "search", "hội nghị")
    assert done.returncode == 7
    assert "tratin index --rebuild" in one_sentence(done)
    assert run(filled, "index").returncode == 7
    assert run(filled, "index", "--rebuild").returncode == 0
    assert "1 articles" in run(filled, "search", "hội nghị").stdout
    (filled / "data/store.sqlite").write_bytes(b"this is no database" * 100)
    done = run(filled, "status")
    assert done.returncode == 7
    assert "store.sqlite" in one_sentence(done)


def test_an_unknown_site_or_command_is_a_usage_error(folder: Path) -> None:
    done = run(folder, "crawl", "nosuchsite")
    assert done.returncode == 2
    assert "nosuchsite" in one_sentence(done)
    assert run(folder, "nosuchcommand").returncode == 2


def test_status_tells_each_site(filled: Path) -> None:
    told = json.loads(run(filled, "status", "--json").stdout)
    assert (told["articles"], told["sites"]["vui"]["articles"]) == (2, 2)


def test_serve_says_that_its_port_is_taken(folder: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = run(folder, "serve", "--port", str(port))
    assert done.returncode == 2
    assert str(port) in one_sentence(done)


def free_port() -> int:
    with socket.socket() as attempt:
        attempt.bind(("127.0.0.1", 0))
        return int(attempt.getsockname()[1])


def answered(url: str) -> str:
    """What `url` answers, as soon as it does."""
    for _ in range(100):
        try:
            with urllib.request.urlopen(url, timeout=5) as response:
                return str(response.read().decode())
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"{url} does not answer")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_serve_answers_until_a_signal_ends_it(filled: Path, number: int, code: int) -> None:
    port = free_port()
    with subprocess.Popen([TRATIN, "serve", "--port", str(port)], cwd=filled, stderr=subprocess.PIPE) as server:
        told = json.loads(answered(f"http://127.0.0.1:{port}/api/v1/search?q=hoi+nghi"))
        page = answered(f"http://127.0.0.1:{port}/?q=hoi+nghi")
        server.send_signal(number)
        server.communicate(timeout=15)
    assert told["total"]["value"] == 1
    assert "<mark>Hội nghị</mark>" in page
    assert server.returncode == code


def workers(master: int) -> list[int]:
    return [int(pid) for pid in Path(f"/proc/{master}/task/{master}/children").read_text().split()]


def test_the_demo_shows_the_whole_path_and_stops_cleanly(tmp_path: Path) -> None:
    port = free_port()
    search = f"http://127.0.0.1:{port}/?q=hoi+nghi+tong+ket+dang+uy+2020"
    command = [TRATIN, "demo", "--port", str(port)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, cwd=tmp_path, start_new_session=True, **pipes) as demo:  # type: ignore[call-overload]
        page = answered(search)
        for worker in workers(demo.pid):
            os.kill(worker, signal.SIGTERM)  # its end must not take what the master holds with it
        again = answered(search)
        began = time.monotonic()
        os.killpg(demo.pid, signal.SIGINT)  # as a terminal does at Ctrl-C: to all processes at once
        out, err = demo.communicate(timeout=20)
    assert time.monotonic() - began < 5
    assert demo.returncode == 130
    assert "Traceback" not in err
    for told in (page, again):
        assert "<mark>Hội nghị tổng kết</mark> công tác <mark>Đảng</mark>" in told
    assert f"http://127.0.0.1:{port}/" in out
    found = [int(count) for count in re.findall(r"^    (\d+) articles, the first:", out, re.MULTILINE)]
    assert len(found) == 3
    assert min(found) > 0
    assert list(tmp_path.iterdir()) == []
