"""A bucket that takes a request and never answers: what is known is used, that is said, and no screen waits for it."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests.sharing.test_team_memory import finished, remembered
from tests.support.harness.waiting import until
from tests.support.machines.two_machines import Machine
from tests.support.machines.two_machines import host as host
from tests.support.machines.two_machines import machine as machine
from tests.support.machines.two_machines import often as often
from tests.support.machines.two_machines import place as place
from tests.support.screens.running import comes, running
from tests.support.servers.team_bucket import KEYS, TeamBucketServer
from tests.support.sessions.shared_session import KEY
from tests.tui.conftest import shown
from tests.tui.conftest import until as comes_on_screen
from tui.cli.main import main
from tui.config import BucketPlace
from tui.headless import session_list
from tui.screens.home.gathering import Gathered
from tui.session.archive.store import Store
from tui.session.state import StepStatus
from tui.sharing.bucket import Bucket
from tui.sharing.fetching import BESIDE
from tui.sharing.seals import Seals
from tui.sharing.stored.team_memory import TeamMemory


class Held:
    """Requests that are held: `asked` is set by the first."""

    def __init__(self) -> None:
        self.asked, self.let = threading.Event(), threading.Event()

    def __call__(self, environ: dict[str, Any]) -> None:
        self.asked.set()
        self.let.wait(60)


@contextmanager
def hanging(server: TeamBucketServer, path: str = "") -> Iterator[Held]:
    """Answer no request for a path with this in it until the end of the block."""
    held = Held()
    with server.answering(lambda environ: held(environ) if path in environ["PATH_INFO"] else None):
        try:
            yield held
        finally:
            held.let.set()


def asked_in_vain(bucket: Bucket, store: Store, held: Held) -> tuple[TeamMemory, float]:
    """The team's memory of a machine that gave up waiting for an answer, and after how many seconds.

    It waits longer where the machine is so busy that nothing was asked in that time.
    """
    seconds = 0.3
    while True:
        memory = TeamMemory(Bucket(bucket.place, KEYS, seconds), lambda session: Seals(KEY, session), store)
        memory.fetch()
        if held.asked.is_set():
            return memory, seconds
        seconds *= 2


def test_what_was_known_is_kept_and_why_there_is_no_more_is_said(
    machine: Machine, bucket: Bucket, team_server: TeamBucketServer
) -> None:
    desk = machine("desk")
    before = finished(machine("laptop"), bucket)
    remembered(bucket, desk.store)
    after = finished(machine("third"), bucket)
    with hanging(team_server) as held:
        memory, seconds = asked_in_vain(bucket, desk.store, held)
        assert "what was here before is used" in memory.seen.words
        assert f"does not answer within {seconds:g} s" in memory.seen.words, memory.seen.words
    assert desk.store.of_team().names() == [before]
    with hanging(team_server, f"sessions/{after}/journal") as held:
        memory, _ = asked_in_vain(bucket, desk.store, held)
        assert memory.seen.words.startswith(f"1 of the team's 2 newest sessions are here: {after}: "), memory.seen.words
    assert desk.store.of_team().names() == [before], "nothing is half here"
    assert list(desk.store.of_team().root.glob(f"{BESIDE}*")) == []
    remembered(bucket, desk.store)
    assert desk.store.of_team().names() == sorted([before, after])


def test_the_first_screen_has_its_lists_meanwhile(
    machine: Machine, bucket: Bucket, team_server: TeamBucketServer
) -> None:
    desk = machine("desk")
    theirs = finished(machine("laptop"), bucket)
    remembered(bucket, desk.store)
    own = finished(desk, bucket)
    gathered = Gathered(desk.store, desk.text)
    with hanging(team_server) as held:
        reading = threading.Thread(target=gathered.read, args=(0, lambda: None))
        reading.start()
        assert held.asked.wait()
        until(lambda: {one.id for one in gathered.found or ()} == {own, theirs}, "both are found")
    gathered.reading = 1  # the next reading ends this one
    reading.join()


def test_a_command_says_so_and_lists_what_is_here(
    tmp_path: Path,
    machine: Machine,
    bucket: Bucket,
    place: BucketPlace,
    team_server: TeamBucketServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    own = finished(machine("desk"), bucket)
    folder = tmp_path / "config/runbook"
    folder.mkdir(parents=True)
    lines = ['[share]\nkey = "env:TEAM_KEY"\n[bucket]']
    lines += [f'{name} = "{getattr(place, name)}"' for name in ("name", "endpoint", "region", "prefix")]
    lines += ['access_key = "env:TEAM_ACCESS"', 'secret_key = "env:TEAM_SECRET"']
    (folder / "config.toml").write_text("\n".join(lines))
    environment = {"XDG_CONFIG_HOME": str(tmp_path / "config"), "RUNBOOK_SESSIONS": str(tmp_path / "desk")}
    monkeypatch.setattr(session_list, "PATIENCE", 0.3)
    with hanging(team_server) as held:
        run = CliRunner().invoke(main, ["sessions", "--team"], env=environment)
        assert held.asked.wait()
    assert (run.exit_code, own in run.output, "the bucket is slow" in run.output) == (0, True, True), run.output


def test_the_operators_screen_hears_every_key_and_is_left_at_once(
    machine: Machine, bucket: Bucket, team_server: TeamBucketServer
) -> None:
    desk = machine("desk")

    async def by_keys() -> None:
        with hanging(team_server) as held:
            async with running(desk) as (app, pilot):
                await comes_on_screen(pilot, held.asked.is_set)
                app.conductor.start("look")
                await comes(pilot, app, "look", StepStatus.SIGNED)
                await pilot.press("question_mark")
                await comes_on_screen(pilot, lambda: "Keys" in shown(app))
            assert not held.let.is_set(), "nothing waited for the bucket to answer"

    asyncio.run(by_keys())
