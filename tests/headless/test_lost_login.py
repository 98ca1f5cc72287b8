"""Connections that somebody logged in to by typing, and that are lost: asked for again without a screen, or left."""

import os
import signal
from http.server import HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from tests.support.harness.waiting import until
from tests.support.machines.typed_login import (
    WAYS,
    Site,
    log_in_without_a_screen,
    run_by,
    server,
    service,
)
from tests.support.runbooks.runbooks import one_section
from tests.support.screens.terminal import terminal
from tests.support.servers.pam import CodeService
from tests.support.servers.sshd import Sshd

__all__ = ["server", "service"]

pytestmark = pytest.mark.needs("sshd", "ssh", "pam_oath")

LOST = "web: the connection was lost"
HOLDS = "[ -e {0}/hold ] && {{ touch {0}/held; while [ -e {0}/hold ]; do sleep 0.05; done; }}\n"
"""A startup file that keeps every command waiting, the first one of a login too."""


def answers(folder: Path) -> list[str]:
    (folder / "answers.toml").write_text('operator = "ana"\nconfirm = ["*"]\n')
    return ["--headless", "--answers", str(folder / "answers.toml")]


@pytest.mark.parametrize("way", WAYS)
def test_a_connection_that_is_lost_again_right_after_its_login_is_asked_for_again(
    way: str, server: Sshd, service: CodeService, tmp_path: Path
) -> None:
    (server.directory / ".bashrc").write_text(HOLDS.format(tmp_path))
    with terminal(run_by(way, server, tmp_path, *answers(tmp_path)), tmp_path, dict(os.environ)) as screen:
        log_in_without_a_screen(screen, way, service.code())
        until(lambda: any(one.read_bytes() for one in tmp_path.glob("sessions/*/attempts/0001.out")))
        (tmp_path / "hold").touch()
        server.kill_connections()
        screen.wait_for(f"{LOST}; a command that is running there continues. Log in again:")
        log_in_without_a_screen(screen, way, service.code())
        until((tmp_path / "held").exists)  # logged in, and its first command is running
        server.kill_connections()
        (tmp_path / "hold").unlink()
        screen.wait_for("logged in, but a first command has no result")
        screen.wait_for("Log in again:")
        log_in_without_a_screen(screen, way, service.code())
        (tmp_path / "go").touch()
        assert screen.wait() == 0, screen.received[-2000:]


def looking(way: str, folder: Path) -> str:
    """A runbook that looks at a host and at what only that reaches."""
    text = one_section(
        """
[services.site]
kind = "http"
through = "web"
settings = {{ url = "http://127.0.0.1:{port}" }}
[[sections.steps]]
id = "look"
title = "Look"
[[sections.steps.actions]]
run = "echo fine"
expect = {{ contains = ["fine"] }}
[[sections.steps]]
id = "site"
title = "Site"
[[sections.steps.actions]]
probe = {{ service = "site", check = "get", with = {{ path = "/" }} }}
expect = {{ json = {{ status = 200 }} }}
""",
        "web",
        "box",
        "Shop",
        "verify",
    )
    text = text.replace('kind = "deploy"', 'kind = "verify"')
    return text.replace('target = "box"', f'target = "box"\nconnect_with = "{way}"')


@pytest.mark.parametrize("way", WAYS)
def test_a_check_that_is_made_again_and_again_asks_again_and_continues_without_who_is_left(
    way: str, server: Sshd, service: CodeService, tmp_path: Path
) -> None:
    site = HTTPServer(("127.0.0.1", 0), Site)
    Thread(target=site.serve_forever, args=(0.01,), daemon=True).start()
    command = run_by(way, server, tmp_path, "--watch", "0.5")
    (tmp_path / "runbook.toml").write_text(looking(way, tmp_path).format(port=site.server_port))
    command[command.index("run")] = "check"
    with terminal(command, tmp_path, dict(os.environ), (160, 40)) as screen:
        log_in_without_a_screen(screen, way, service.code())
        screen.wait_for("2 ok, 0 warning, 0 failed, 0 no data")
        server.kill_connections()
        screen.wait_for(f"{LOST}. Log in again:")
        log_in_without_a_screen(screen, way, service.code())
        screen.wait_for("2 ok, 0 warning, 0 failed, 0 no data")
        server.kill_connections()
        screen.wait_for(f"{LOST}. Log in again:")
        screen.wait_for("Password:")
        screen.idle()
        screen.press("\x04" if way == "own" else "\x03")
        screen.wait_for("the rows of web stay without data; begin the check again to be asked again")
        for _ in range(2):
            screen.wait_for("2 no data")
        assert b"Log in again:" not in screen.received[screen.received.rindex(b"stay without data") :]
        os.kill(screen.child, signal.SIGINT)
        assert screen.wait() == 22
    site.shutdown()
    site.server_close()
