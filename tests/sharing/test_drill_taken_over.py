"""A rehearsal that one program began is continued by another: its hosts are set up as the session left them."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.support.harness.waiting import until
from tests.support.machines.two_machines import often as often
from tests.support.machines.two_machines import place as place
from tests.support.sessions.shared_session import KEY
from tui.cli.main import main
from tui.cli.people.taking_over import _given
from tui.cli.wiring import drill_workspace, resumed_workspace
from tui.config import BucketPlace
from tui.execution.epochs.holding import Alone
from tui.execution.workspace import Setup
from tui.session.archive.store import Store
from tui.session.state import StepStatus
from tui.sharing.bucket import Bucket
from tui.sharing.fetching import fetch_session
from tui.sharing.seals import Seals
from tui.sharing.stored.bucket_feed import BucketFeed
from tui.transports.base import Command, Fence
from tui.transports.shell import unfenced, unwrap, wrap
from tui.transports.terminals.joining import terminal_request, terminal_script

RUNBOOK = """
format = 2
[runbook]
title = "Two changes"
default_host = "web"
[hosts.web]
target = "web.example"
[flows.deploy]
title = "Deploy"
kind = "deploy"
sections = ["all"]
[[sections]]
id = "all"
title = "All"
"""
STEP = """
[[sections.steps]]
id = "{0}"
title = "Step {0}"
mutates = true
[[sections.steps.actions]]
run = "change {0}"
"""


@pytest.mark.parametrize("epoch", [0, 2])
def test_a_drill_s_host_understands_what_is_held_to_a_fence(epoch: int) -> None:
    script = "echo 'it''s'; exec sh -c 'x' runbook y"
    command = Command(script=script, directory="/srv", key="s/step/1", fence=Fence(epoch, "o'ben"))
    found = unwrap(unfenced(wrap(command).request))
    assert found is not None
    assert (found.script, found.directory) == (script, "/srv")
    assert terminal_script(terminal_request(command)) == script
    assert unfenced("exec sh -c true") == "exec sh -c true"


def test_the_second_program_continues_from_where_the_first_was(
    tmp_path: Path, bucket: Bucket, place: BucketPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, folder = tmp_path / "runbook.toml", tmp_path / "config/runbook"
    path.write_text(RUNBOOK + STEP.format("one") + STEP.format("two") + STEP.format("three"))
    folder.mkdir(parents=True)
    lines = ['[share]\nkey = "env:TEAM_KEY"\ndrills = true\n[bucket]']
    lines += [f'{name} = "{getattr(place, name)}"' for name in ("name", "endpoint", "region", "prefix")]
    lines += ['access_key = "env:TEAM_ACCESS"', 'secret_key = "env:TEAM_SECRET"']
    (folder / "config.toml").write_text("\n".join(lines))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("RUNBOOK_SESSIONS", str(tmp_path / "laptop"))
    with drill_workspace(path, "made-up", float("inf")) as laptop:
        old = laptop.begin(Setup(flow="deploy", operator="ana"))
        old.start("one", "yes")
        old.wait()
        assert old.state.step("one").status is StepStatus.SIGNED
        session = str(old.state.facts["session"])
        until(lambda: list(bucket.listed(f"sessions/{session}/files/scenario.json")) and list(bucket.listed("live/")))
        feed, third = BucketFeed(bucket, session), Store(tmp_path / "third")
        until(lambda: fetch_session(feed, Seals(KEY, session), third).count == old.state.seq + 1, "all of it is there")
        monkeypatch.setenv("RUNBOOK_SESSIONS", str(tmp_path / "desk"))
        refused = CliRunner().invoke(main, ["take-over", session, "--fetch-only", "--from", "eve"])
        assert refused.exit_code == 2
        assert "--from ana says whom it is taken from" in refused.output
        done = CliRunner().invoke(main, ["take-over", session, "--fetch-only", "--from", "ana", "--operator", "ben"])
        assert done.exit_code == 0, done.output
        assert "The drill's hosts are set up here as the session left them" in done.output
        with resumed_workspace(session, None, {}, None) as (desk, found):
            _given(desk, found, Alone(2, "ben"))
            new = desk.resume(found, "ben")
            assert (new.state.epoch, new.state.drill, new.state.operator) == (2, True, "ben")
            new.start("two", "yes")
            new.wait()
            assert new.state.step("two").status is StepStatus.SIGNED, "its host answers what carries an epoch"
            until(lambda: old.shared and "ben on" in old.shared.words, "the first program is not told")
            new.close()
        old.close()
