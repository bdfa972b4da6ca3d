"""The settings: what wins over what, and that each mistake is named with its place, its value and the way out."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest
from pydantic import BaseModel

from crawler.errors import ConfigurationError, InputError
from crawler.sample import settings_file
from crawler.settings import Override, Profile, Settings, Site, load

SITE = """
[sites.vui]
name = "Việt Trì"
start = ["https://vui.edu.vn/"]
"""


def write(folder: Path, text: str, name: str = "tratin.toml") -> Path:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def fault(folder: Path, text: str, environment: dict[str, str] | None = None) -> str:
    """What is said of a file with that text."""
    with pytest.raises(ConfigurationError) as caught:
        load(write(folder, text), environment or {})
    assert caught.value.exit_code == 4
    return str(caught.value)


# What wins


def test_command_line_over_environment_over_file_over_default(tmp_path: Path) -> None:
    file = write(tmp_path, "[webapp]\nport = 1\n[crawler]\ndelay = 2\ntimeout = 2.5")
    environment = {"TRATIN_WEBAPP__PORT": "3", "TRATIN_CRAWLER__DELAY": "3"}
    told = load(file, environment, (Override(("webapp", "port"), 4, "--port"),))
    assert told.webapp.port == 4
    assert told.crawler.delay == 3
    assert told.crawler.timeout == 2.5
    assert told.crawler.workers == 8


@pytest.mark.parametrize(
    ("name", "text", "path"),
    [
        ("TRATIN_WEBAPP__TITLE", "8000", "webapp.title"),
        ("TRATIN_CRAWLER__USER_AGENT", "x/1", "crawler.user_agent"),
        ("TRATIN_INDEXER__ABBREVIATIONS", "a.tsv", "indexer.abbreviations"),
        ("TRATIN_ARCHIVE__DATA", "true", "archive.data"),
        ("TRATIN_SITES__VUI__NAME", "Tên", "sites.vui.name"),
        ("TRATIN_SITES__VUI__ARTICLE", "7", "sites.vui.article"),
    ],
)
def test_a_text_in_the_environment_needs_no_quotes(tmp_path: Path, name: str, text: str, path: str) -> None:
    value: object = load(write(tmp_path, SITE), {name: text})
    for key in path.split("."):
        value = value[key] if isinstance(value, dict) else getattr(value, key)
    assert value == text


def test_lists_and_booleans_in_the_environment_are_toml(tmp_path: Path) -> None:
    environment = {"TRATIN_SITES__VUI__START": '["https://a.vn/x"]', "TRATIN_CRAWLER__PRIVATE_NETWORKS": "true"}
    told = load(write(tmp_path, SITE), environment)
    assert told.sites["vui"].start == ("https://a.vn/x",)
    assert told.crawler.private_networks is True


def test_which_file_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    other = write(tmp_path, "[webapp]\ntitle = 'other'", "other.toml")
    environment = {"TRATIN_CONFIG": str(other)}
    assert load(None, environment).webapp.title == "other"
    write(tmp_path, "[webapp]\ntitle = 'here'")
    assert load(None, environment).webapp.title == "here"
    assert load(other, {}).webapp.title == "other"


def test_relative_paths_lie_beside_the_file(tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    assert load(write(tmp_path / "below", ""), {}).data == tmp_path / "below" / "data"
    assert load(write(tmp_path, "[archive]\ndata = '/srv/x'"), {}).data == Path("/srv/x")


def test_a_byte_order_mark_is_no_fault(tmp_path: Path) -> None:
    assert load(write(tmp_path, "\ufeff[webapp]\nport = 99"), {}).webapp.port == 99


# Mistakes


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[crawlr]\ndelay = 1", ("crawlr", "unknown key", "'crawler'")),
        ("delay = 1", ("delay", "unknown key (value 1)")),
        ("file = 'x'", ("file", "unknown key (value 'x')")),
        ("[crawler]\ndelai = 1.5", ("crawler.delai", "1.5", "did you mean 'delay'?")),
        ("[webapp]\nzzz = 1", ("webapp.zzz", "known here: host, port, title")),
        (SITE + "artikle = 'x'", ("sites.vui.artikle", "'x'", "did you mean 'article'?")),
        (SITE.replace("vui]", "123]") + "artikle = 'x'", ("sites.123.artikle", "did you mean 'article'?")),
        (SITE + "[[sites.vui.profile]]\ntitel = 'h1'", ("sites.vui.profile.0.titel", "'h1'", "did you mean 'title'?")),
        (SITE + "id = 'x'", ("sites.vui", "'id'")),
    ],
)
def test_an_unknown_key_is_named_with_the_nearest_known_one(tmp_path: Path, text: str, told: tuple[str, ...]) -> None:
    said = fault(tmp_path, text)
    for part in (str(tmp_path / "tratin.toml"), *told):
        assert part in said


@pytest.mark.parametrize(
    ("text", "place", "value"),
    [
        ("[webapp]\nport = '8000'", "webapp.port", "'8000'"),
        ("[webapp]\nport = 0", "webapp.port", "0"),
        ("[webapp]\nport = 65536", "webapp.port", "65536"),
        ("[webapp]\nport = true", "webapp.port", "True"),
        ("[webapp]\nport = 80.0", "webapp.port", "80.0"),
        ("[webapp]\ntitle = ''", "webapp.title", "''"),
        ("webapp = 1", "webapp", "1"),
        ("[crawler]\nworkers = true", "crawler.workers", "True"),
        ("[crawler]\ndelay = -1", "crawler.delay", "-1"),
        ("[crawler]\ndelay = nan", "crawler.delay", "nan"),
        ("[crawler]\ndelay = inf", "crawler.delay", "inf"),
        ("[crawler]\ntimeout = 0", "crawler.timeout", "0"),
        ("[crawler]\ntimeout = inf", "crawler.timeout", "inf"),
        ("[crawler]\nprivate_networks = 1", "crawler.private_networks", "1"),
        ("[crawler]\nuser_agent = '/1.0'", "crawler.user_agent", "'/1.0'"),
        ("[crawler]\nuser_agent = 'máy đọc/1.0'", "crawler.user_agent", "'máy đọc/1.0'"),
        ('[crawler]\nuser_agent = "a/1\\r\\nX: y"', "crawler.user_agent", "X: y"),
        ("[indexer]\nengine = 'lucene'", "indexer.engine", "'lucene'"),
        ("sites = 1", "sites", "1"),
        ("[sites]\nvui = 1", "sites.vui", "1"),
        ("[sites.vui]\nname = 'x'", "sites.vui.start", "not there"),
        ("[sites.vui]\nname = 'x'\nstart = []", "sites.vui.start", "[]"),
        ("[sites.vui]\nname = 'x'\nstart = 'https://a.vn/'", "sites.vui.start", "'https://a.vn/'"),
        ("[sites.vui]\nname = 'x'\nstart = [1]", "sites.vui.start.0", "1"),
        ("[sites.vui]\nname = 'x'\nstart = ['ftp://a.vn/']", "sites.vui.start", "'ftp://a.vn/'"),
        ("[sites.vui]\nname = 'x'\nstart = ['vui.edu.vn']", "sites.vui.start", "'vui.edu.vn'"),
        (SITE + "article = '('", "sites.vui.article", "'('"),
        (SITE + "exclude = '*'", "sites.vui.exclude", "'*'"),
        (SITE + "hosts = ['https://vui.edu.vn/']", "sites.vui.hosts", "'https://vui.edu.vn/'"),
        (SITE + "hosts = ['']", "sites.vui.hosts", "''"),
        (SITE + "hosts = [1]", "sites.vui.hosts.0", "1"),
        (SITE + "hosts = ['www.vui.edu.vn']", "sites.vui", "hosts leaves out 'vui.edu.vn'"),
        (SITE + "[[sites.vui.profile]]\nbody = 'p::'", "sites.vui.profile.0.body", "'p::'"),
        (SITE + "[[sites.vui.profile]]\nremove = ['[']", "sites.vui.profile.0.remove.0", "'['"),
        (SITE + "[[sites.vui.profile]]\nvalid_from = '2020-01-01'", "sites.vui.profile.0.valid_from", "'2020-01-01'"),
    ],
)
def test_a_wrong_value_is_named_with_its_place(tmp_path: Path, text: str, place: str, value: str) -> None:
    said = fault(tmp_path, text)
    assert f"{tmp_path / 'tratin.toml'}: {place}: " in said
    assert value in said


@pytest.mark.parametrize("name", ["VUI", "vui_1", "'trường'", "'a.b'", "''"])
def test_a_bad_site_id(tmp_path: Path, name: str) -> None:
    said = fault(tmp_path, SITE.replace("vui]", f"{name}]"))
    assert f"sites.{name.strip(chr(39))}" in said
    assert "a-z, 0-9 and -" in said


def test_several_mistakes_are_told_at_once(tmp_path: Path) -> None:
    assert len(fault(tmp_path, "[webapp]\nport = 0\ntitel = 'x'\n[crawler]\ndelay = 'x'").splitlines()) == 3


@pytest.mark.parametrize(
    ("name", "text"),
    [("TRATIN_WEBAPP__PORT", "abc"), ("TRATIN_WEBAPP__PROT", "1"), ("TRATIN_WEB__PORT", "1"), ("TRATIN_X__Y__Z", "1")],
)
def test_a_mistake_in_the_environment_names_the_variable(tmp_path: Path, name: str, text: str) -> None:
    said = fault(tmp_path, "[crawler]\ndelay = 1", {name: text})
    assert f"environment variable {name}: " in said
    assert text in said


def test_a_mistake_in_the_file_is_not_laid_to_the_environment(tmp_path: Path) -> None:
    said = fault(tmp_path, "[webapp]\nport = 0", {"TRATIN_WEBAPP__TITLE": "x", "TRATIN_CRAWLER__DELAY": "1"})
    assert said.startswith(str(tmp_path))


def test_a_variable_that_goes_through_a_value(tmp_path: Path) -> None:
    assert "webapp is not a table" in fault(tmp_path, "webapp = 1", {"TRATIN_WEBAPP__PORT": "1"})


@pytest.mark.parametrize("content", [b"[webapp\nport = 1", b"port = ", b"\xff\xfe[\x00", b"title = '\xe9'"])
def test_what_is_not_toml(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "tratin.toml"
    file.write_bytes(content)
    with pytest.raises(ConfigurationError, match=r"tratin\.toml is not TOML in UTF-8"):
        load(file, {})


def test_a_file_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigurationError, match=r"none\.toml.*tratin init"):
        load(tmp_path / "none.toml", {})
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigurationError, match=r"elsewhere\.toml"):
        load(None, {"TRATIN_CONFIG": "elsewhere.toml"})
    with pytest.raises(ConfigurationError, match="no settings file"):
        load(tmp_path, {})


# Sites


def test_a_host_without_a_port_stands_for_the_ports_that_the_site_starts_on(tmp_path: Path) -> None:
    text = "[sites.a]\nname = 'A'\nstart = ['http://127.0.0.1:8101/', 'http://[::1]:8102/']\nhosts = [%s]\n"
    site = load(write(tmp_path, text % "'127.0.0.1', '[::1]', 'x.vn'"), {}).sites["a"]
    assert site.allowed_hosts == {"127.0.0.1", "127.0.0.1:8101", "[::1]", "[::1]:8102", "x.vn"}
    with pytest.raises(ConfigurationError, match="leaves out"):
        load(write(tmp_path, text % "'127.0.0.1:9999', '[::1]'"), {})


def test_a_site_knows_its_id_and_its_hosts(tmp_path: Path) -> None:
    site = load(write(tmp_path, SITE), {}).sites["vui"]
    assert (site.id, site.allowed_hosts) == ("vui", {"vui.edu.vn"})
    more = load(write(tmp_path, SITE + "hosts = ['VUI.edu.vn', 'Trường.vn', 'x.vn:8080', 'y.vn:443']"), {})
    assert more.sites["vui"].allowed_hosts == {"vui.edu.vn", "xn--trng-rib8295b.vn", "x.vn:8080", "y.vn"}


def test_the_newest_valid_profile_is_taken(tmp_path: Path) -> None:
    profiles = "".join(
        f"\n[[sites.vui.profile]]\n{valid}\ntitle = '{title}'\n"
        for valid, title in (("valid_from = 2020-01-01", "h2"), ("", "h1"), ("valid_from = 2022-01-01", "h3"))
    )
    site = load(write(tmp_path, SITE + profiles), {}).sites["vui"]
    taken = [site.profile_for(date(year, 1, 1)) for year in (2019, 2020, 2021, 2022)]
    assert [profile and profile.title for profile in taken] == ["h1", "h2", "h2", "h3"]
    later = site.model_copy(update={"profile": site.profile[:1]})
    assert later.profile_for(date(2019, 12, 31)) is None


def test_choosing_sites(tmp_path: Path) -> None:
    told = load(write(tmp_path, SITE + SITE.replace("vui", "songthao")), {})
    assert [site.id for site in told.chosen(())] == ["vui", "songthao"]
    assert [site.id for site in told.chosen(("songthao",))] == ["songthao"]
    with pytest.raises(InputError, match=r"'songtao'.*did you mean 'songthao'"):
        told.chosen(("songtao",))
    with pytest.raises(InputError, match="vui, songthao"):
        told.chosen(("x",))


# The file that `init` writes


def uncommented(text: str) -> str:
    """The sample with its example of a site put in force."""
    head, mark, sites = text.partition("# [sites.vui]")
    return head + re.sub(r"(?m)^# (?=\[|\w+ = )", "", mark + sites)


def test_the_sample_is_sound_and_changes_nothing(tmp_path: Path) -> None:
    assert load(write(tmp_path, settings_file()), {}).model_dump() == Settings().model_dump()


def test_the_sample_is_sound_with_its_example_in_force(tmp_path: Path) -> None:
    site = load(write(tmp_path, uncommented(settings_file())), {}).sites["vui"]
    assert site.start == ("https://vui.edu.vn/",)
    assert site.profile[0].valid_from == date(2020, 1, 1)
    assert all(getattr(site, name) for name in Site.model_fields)
    assert all(getattr(site.profile[0], name) for name in Profile.model_fields)


def models(model: type[BaseModel]) -> list[type[BaseModel]]:
    return [type(field.default) for field in model.model_fields.values() if isinstance(field.default, BaseModel)]


def test_the_sample_names_every_setting_with_its_help() -> None:
    text = settings_file()
    for model in (*models(Settings), Site, Profile):
        for name, field in model.model_fields.items():
            if name not in {"id", "profile"}:
                assert re.search(rf"(?m)^# {name} = .+  # {re.escape(field.description or '?')}$", text), name
