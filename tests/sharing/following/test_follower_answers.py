"""Who follows a session answers what waits for a second person, by keys: what cannot be signed is asked again."""

import asyncio
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.harness.waiting import until
from tests.support.machines.two_people import Two, people, redis_server, two
from tests.support.screens.terminal import Terminal, terminal
from tests.support.servers.redis_server import RedisServer
from tests.support.sessions.approving import People
from tests.support.sessions.shared_session import KEY
from tests.tui.conftest import dialog, shown, type_text
from tests.tui.conftest import until as comes_on_screen
from tui.app import RunbookApp
from tui.dialogs.approval.asked_second import SecondPerson
from tui.dialogs.pick import Pick
from tui.session.clock import SystemClock
from tui.session.state import ApprovalStatus
from tui.sharing.following.follow_workspace import FollowWorkspace
from tui.transports.ssh import agent

__all__ = ["people", "redis_server", "two"]

pytestmark = pytest.mark.needs("redis-server", "ssh-keygen", "ssh-agent")


def asked(two: Two) -> None:
    """As far as the question, at both."""
    two.conductor.approvals.ask("restore", "web")
    until(lambda: "restore" in two.follower.state.approvals)
    two.follower.posting = two.ben


def answered(two: Two, status: ApprovalStatus) -> None:
    until(lambda: two.conductor.state.approvals["restore"].status is status)


def test_what_the_agent_does_not_sign_is_asked_again_with_what_was_typed(two: Two, people: People) -> None:
    asked(two)
    people.held.remove("ben")

    async def by_keys() -> None:
        app = RunbookApp(FollowWorkspace(two.follower, SystemClock()))
        async with app.run_test(size=(80, 24)) as pilot:
            await comes_on_screen(pilot, lambda: "ANSWER" in shown(app))
            await pilot.press("n")
            await dialog(pilot, SecondPerson)
            assert "restore one.sql notes" in shown(app)
            assert "to answer, and to start it then" in shown(app)
            await pilot.press("enter")
            assert "give the second one's name" in shown(app)
            await type_text(pilot, "ana")
            await pilot.press("enter")
            assert "you answer as ben here" in shown(app)
            await pilot.press("ctrl+u")
            await type_text(pilot, "Ben")
            await pilot.press("enter")
            await type_text(pilot, "read it")
            await pilot.press("enter")
            await comes_on_screen(pilot, lambda: "not sent: the SSH agent has no key of ben" in shown(app))
            assert "it has one of ana" in " ".join(shown(app).split())
            assert two.conductor.state.approvals["restore"].status is ApprovalStatus.WAITING
            people.held.append("ben")
            await dialog(pilot, SecondPerson)
            assert "not sent" in shown(app)
            await pilot.press("enter", "enter")
            await comes_on_screen(pilot, lambda: "allowed by ben" in shown(app))

    asyncio.run(by_keys())
    answered(two, ApprovalStatus.GRANTED)
    assert two.conductor.state.approvals["restore"].note == "read it"


def test_the_question_closes_by_itself_and_why_is_said(two: Two) -> None:
    asked(two)

    async def by_keys() -> None:
        app = RunbookApp(FollowWorkspace(two.follower, SystemClock()))
        async with app.run_test(size=(120, 40)) as pilot:
            await comes_on_screen(pilot, lambda: "ANSWER" in shown(app))
            await pilot.press("n")
            await dialog(pilot, SecondPerson)
            two.conductor.approvals.withdraw("restore")
            await comes_on_screen(pilot, lambda: "withdr" in shown(app) and not isinstance(app.screen, SecondPerson))
            await pilot.press("n")
            await dialog(pilot, Pick)
            assert "Allow, or refuse" not in shown(app)

    asyncio.run(by_keys())


@contextmanager
def running_agent(socket: Path, *keys: Path, asks: str = "") -> Iterator[None]:
    """An SSH agent with keys; where it `asks`, by this program before each signature."""
    socket.unlink(missing_ok=True)
    environment = {"PATH": "/usr/bin:/bin", "SSH_AUTH_SOCK": str(socket)}
    if asks:
        environment |= {"SSH_ASKPASS": asks, "SSH_ASKPASS_REQUIRE": "force", "DISPLAY": ":0"}
    process = subprocess.Popen(["ssh-agent", "-D", "-a", str(socket)], stdout=subprocess.PIPE, env=environment)
    assert process.stdout
    process.stdout.readline()
    try:
        for key in keys:
            subprocess.run(["ssh-add", "-q", *(["-c"] if asks else []), key], env=environment, check=True)
        yield
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


def settings(folder: Path, server: RedisServer, people: People) -> dict[str, str]:
    """Ben's environment and settings."""
    place = folder / "settings" / "runbook"
    place.mkdir(parents=True)
    signers = folder / "signers"
    signers.write_text("".join(f"{name} {people.keys[name].public.line}\n" for name in people.vouched))
    (place / "config.toml").write_text(
        f'operator = "ben"\nsigners = "{signers}"\n[share]\nrelay = "redis://127.0.0.1:{server.port}/0"\n'
        'password = "env:RELAY_PASSWORD"\nkey = "env:TEAM_KEY"\n'
    )
    own = {"XDG_CONFIG_HOME": str(folder / "settings"), "RELAY_PASSWORD": server.password, "TEAM_KEY": KEY}
    return {**os.environ, **own, "SSH_AUTH_SOCK": str(folder / "agent"), "TERM": "xterm-256color"}


def press_until(screen: Terminal, keys: str, text: str) -> None:
    """Press keys until this is drawn: a dialog drops those that come before it was seen."""
    began = len(screen.received)
    while text.encode() not in screen.received[began:]:
        screen.press(keys)
        screen.idle(0.5, until=lambda: text.encode() in screen.received[began:])


def test_by_keys_in_a_terminal_with_an_agent_of_their_own(
    two: Two, people: People, redis_server: RedisServer, tmp_path: Path
) -> None:
    asked(two)
    touched = tmp_path / "touched"
    asks = tmp_path / "asks"
    asks.write_text(f"#!/bin/sh\nwhile [ ! -e {touched} ]; do sleep 0.05; done\n")
    asks.chmod(0o700)
    socket = tmp_path / "agent"
    environment = settings(tmp_path, redis_server, people)
    with terminal([sys.executable, "-m", "tui", "follow", two.session], Path.cwd(), environment) as screen:
        screen.wait_for("ANSWER")
        screen.press("n")
        screen.wait_for("Type your name, ben")
        press_until(screen, "\r", "give the second one")
        screen.press("ben\r")
        screen.idle()
        screen.press("read it")
        screen.idle()
        press_until(screen, "\r", "no SSH agent answers")
        with running_agent(socket, tmp_path / "ana"):
            press_until(screen, "\r\r", "no key of ben")
        with running_agent(socket, tmp_path / "ben", asks=str(asks)):
            press_until(screen, "\r\r", "touch the security key")
            assert two.conductor.state.approvals["restore"].status is ApprovalStatus.WAITING
            touched.touch()
            screen.wait_for(re.compile(rb"allowed by ben"))
        answered(two, ApprovalStatus.GRANTED)
        assert two.conductor.state.approvals["restore"].note == "read it"
        screen.press("q")
        screen.wait()


def test_an_agent_is_given_the_minute_that_the_screen_says() -> None:
    assert agent.PATIENCE == 60
