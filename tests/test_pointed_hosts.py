"""A directory that `--host NAME=TARGET:DIRECTORY` gives is not asked for again, on the screen and without one."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tui.cli.main import main
from tui.cli.wiring import open_store, open_workspace
from tui.errors import UsageError
from tui.resources import bundled
from tui.runbook.pointing import overridden, pointed_values
from tui.runbook.reading.load import load
from tui.session import events as ev
from tui.session.journal.journal import read

TEXT = """
format = 1
[runbook]
title = "Shop"
default_host = "checkout"
[hosts.checkout]
local = true
directory = "{{ checkout_dir }}"
[variables.checkout_dir]
prompt = "Where is the checkout?"
[flows.deploy]
title = "Deploy"
kind = "deploy"
sections = ["go"]
[[sections]]
id = "go"
title = "Go"
steps = [{ id = "where", title = "Where", actions = [{ run = "pwd" }] }]
"""
ELSEWHERE = TEXT.replace('run = "pwd"', 'run = "ls {{ checkout_dir }}"')
OTHER = TEXT.replace("[variables.c", '[hosts.other]\nlocal = true\ndirectory = "{{ checkout_dir }}"\n[variables.c')


@pytest.fixture(autouse=True)
def _places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("RUNBOOK_SESSIONS", str(tmp_path / "sessions"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "shop").mkdir()
    (tmp_path / "other").mkdir()


def written(tmp_path: Path, text: str = TEXT) -> Path:
    path = tmp_path / "runbook.toml"
    path.write_text(text)
    return path


def run(path: Path, *options: str) -> Result:
    return CliRunner().invoke(main, ["run", "-f", str(path), "--headless", "--operator", "ana", *options])


def settings(tmp_path: Path, text: str) -> None:
    (tmp_path / "config" / "runbook").mkdir(parents=True)
    (tmp_path / "config" / "runbook" / "config.toml").write_text(text)


def came_from(done: Result) -> tuple[str, str]:
    """What a run's session has recorded as its directory, and where its command ran."""
    assert done.exit_code == 0, done.output
    [session] = [line.split()[1] for line in done.output.splitlines() if line.startswith("session ")]
    directory = open_store().find(session)
    [started] = [one.event for one in read(directory.journal) if isinstance(one.event, ev.SessionStarted)]
    return started.variables["checkout_dir"], (directory.attempts / "0001.out").read_text().strip()


def test_without_a_screen_it_is_not_asked_for_and_is_in_the_journal(tmp_path: Path) -> None:
    path, shop = written(tmp_path), str(tmp_path / "shop")
    refused = run(path)
    assert (refused.exit_code, "checkout_dir: a value is needed" in refused.output) == (2, True)
    assert came_from(run(path, "--host", f"checkout=local:{shop}")) == (shop, shop)


def test_settings_say_it_as_well_and_give_way_to_the_command_line(tmp_path: Path) -> None:
    path, shop, other = written(tmp_path), str(tmp_path / "shop"), str(tmp_path / "other")
    settings(tmp_path, f'[hosts.shop]\ncheckout = "local:{shop}"\n[variables.shop]\ncheckout_dir = "/nowhere"\n')
    assert came_from(run(path)) == (shop, shop)
    assert came_from(run(path, "--set", f"checkout_dir={other}")) == (other, other)
    assert came_from(run(path, "--host", f"checkout=local:{other}")) == (other, other)


def test_two_directories_for_one_variable_are_refused(tmp_path: Path) -> None:
    refused = run(written(tmp_path), "--host", "checkout=local:/a", "--set", "checkout_dir=/b")
    assert refused.exit_code == 2
    assert "checkout_dir is /b by --set, and /a by --host" in refused.output
    with pytest.raises(UsageError, match="no host moon"):
        overridden(load(written(tmp_path)), {"moon": "local:/a"}, {})


@pytest.mark.parametrize(
    ("text", "hosts", "values", "asked"),
    [
        (TEXT, {"checkout": "local:/a"}, {"checkout_dir": "/a"}, False),
        (TEXT, {"checkout": "web"}, {}, True),
        (TEXT.replace("{{ checkout_dir }}", "{{ checkout_dir }}/shop"), {"checkout": "local:/a"}, {}, True),
        (ELSEWHERE, {"checkout": "local:/a"}, {"checkout_dir": "/a"}, True),
        (OTHER, {"checkout": "local:/a"}, {}, True),
        (OTHER, {"checkout": "local:/a", "other": "local:/b"}, {}, True),
        (OTHER, {"checkout": "local:/a", "other": "local:/a"}, {"checkout_dir": "/a"}, False),
    ],
)
def test_it_is_filled_in_where_it_is_sure_and_asked_for_where_anything_else_names_it(
    tmp_path: Path, text: str, hosts: dict[str, str], values: dict[str, str], asked: bool
) -> None:
    runbook = load(written(tmp_path, text))
    assert pointed_values(runbook, hosts) == values
    variable = overridden(runbook, hosts, {}).variables["checkout_dir"]
    assert (variable.default, variable.ask) == (values.get("checkout_dir", ""), asked)


def test_the_bundled_runbooks_checkout_is_not_asked_for_twice(tmp_path: Path) -> None:
    workspace = open_workspace(bundled("runbook.toml"), {"checkout": f"local:{tmp_path / 'shop'}"})
    assert "checkout_dir" not in workspace.variables("deploy")
    workspace.close()
    workspace = open_workspace(bundled("runbook.toml"), {"checkout": "local"})
    assert "checkout_dir" in workspace.variables("deploy")
    workspace.close()
