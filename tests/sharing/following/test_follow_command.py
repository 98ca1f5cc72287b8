"""`runbook follow` lists what is live, opens it, and says in words what it cannot."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.execution.conftest import host as host
from tests.execution.conftest import workspace as workspace
from tests.support.harness.waiting import until
from tests.support.servers.redis_server import PASSWORD, RedisServer
from tests.support.servers.redis_server import redis_server as redis_server
from tests.support.sessions.shared_session import KEY, begun, session_of
from tui.cli.main import main
from tui.config import load_config
from tui.execution.conductor.conductor import Conductor
from tui.execution.workspace import Workspace
from tui.sharing.attached import share_sessions

pytestmark = pytest.mark.needs("redis-server")


@pytest.fixture
def settings(tmp_path: Path, redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The settings of somebody who shares sessions by the server."""
    redis_server.admin("FLUSHALL")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("TEAM_KEY", KEY)
    monkeypatch.setenv("RELAY_PASSWORD", PASSWORD)
    path = tmp_path / "config" / "runbook" / "config.toml"
    path.parent.mkdir(parents=True)
    path.write_text(
        f'operator = "ben"\n[share]\nrelay = "redis://127.0.0.1:{redis_server.port}"\n'
        'key = "env:TEAM_KEY"\npassword = "env:RELAY_PASSWORD"\n'
    )
    return path


@pytest.fixture
def conductor(workspace: Workspace, settings: Path) -> Iterator[Conductor]:
    share_sessions(workspace, load_config(settings))
    made = begun(workspace)
    yield made
    made.close()


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


def test_what_is_live_is_listed(conductor: Conductor) -> None:
    session = session_of(conductor)
    until(lambda: session in run("follow").output)
    row = run("follow").output
    assert "● live" in row
    assert "ana on" in row
    assert json.loads(run("follow", "--json").output)["session"] == session
    refused = run("follow", "last")
    assert refused.exit_code == 1
    assert "needs a terminal" in refused.output


def test_what_is_not_shared_is_told(settings: Path) -> None:
    assert "nothing is shared now" in run("follow").output
    refused = run("follow", "nobody")
    assert refused.exit_code == 6
    assert "'nobody' is not shared" in refused.output


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "do not say where sessions are shared"),
        ('[share]\nkey = "env:TEAM_KEY"\n', "does not say where to"),
        ('[share]\nrelay = "redis://cache"\n', "key"),
        ('[share]\nkey = "a key that stands in the settings itself"\nrelay = "redis://cache"\n', "where its value is"),
        ('[share]\nkey = "env:NOT_THERE"\nrelay = "redis://cache"\n', "export NOT_THERE"),
        ('[share]\nkey = "env:SHORT"\nrelay = "redis://cache"\n', "fewer than 32"),
        ('[share]\nkey = "env:TEAM_KEY"\nrelay = "redis://:secret-in-it@cache"\n', "has a password in it"),
        ('[share]\nkey = "env:TEAM_KEY"\nrelay = "memcached://cache"\n', "is not an address of a Redis server"),
        ('[share]\nkey = "env:TEAM_KEY"\nrelay = "redis://127.0.0.1:1"\n', "connection refused"),
        ('[share]\nkeys = "env:TEAM_KEY"\n', "share"),
        ('share = "yes"\n', "share"),
    ],
)
def test_settings_that_cannot_be_meant_are_told(
    settings: Path, monkeypatch: pytest.MonkeyPatch, text: str, words: str
) -> None:
    monkeypatch.setenv("SHORT", "not-very-long")
    settings.write_text(text)
    told = run("follow")
    assert told.exit_code != 0
    assert words in told.output
    assert "Traceback" not in told.output
    for secret in (KEY, "secret-in-it", "a key that stands", "not-very-long"):
        assert secret not in told.output


def test_a_page_without_a_bucket_is_refused(settings: Path) -> None:
    told = run("page")
    assert told.exit_code == 2
    assert "no bucket" in told.output


def test_alone_nothing_is_loaded_and_no_thread_is_begun(workspace: Workspace, tmp_path: Path) -> None:
    import subprocess
    import sys

    script = (
        "import sys, threading; from tui.sharing.attached import share_sessions; from tui.config import Config\n"
        "class W: opened = None; drill = ''\n"
        "share_sessions(W(), Config()); from tui.execution.workspace import Workspace; import tui.app\n"
        "print([name for name in ('redis', 'boto3', 'botocore', 'tui.sharing.means') if name in sys.modules], "
        "threading.active_count())"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["[]", "1"]
