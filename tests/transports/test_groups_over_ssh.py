"""A group of real sshds: the program is killed in the middle of a batch, another one takes every host up again."""

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.support.harness.program import DEVNULL, PROGRAM, begin
from tests.support.harness.waiting import until
from tests.support.machines.fleet import of_group
from tests.support.servers.sshd import Sshd
from tui.cli.wiring import resumed_workspace
from tui.session.groups.cells import CellStatus, cells_of
from tui.session.output.output import OutputReader
from tui.session.state import StepStatus, step_by_id

LONG = os.environ.get("RUNBOOK_GROUPS") == "long"
HOSTS = 40 if LONG else 3
LINES = 20_000 if LONG else 3_000

TEXT = of_group(
    [f"box[1:{HOSTS}]"],
    """title = "S"
[[sections.steps]]
id = "migrate"
title = "Migrate"
mutates = true
danger = "caution"
signoff = "operator"
[[sections.steps.actions]]
run = "echo ran >>HERE/ran-{{ host }}; echo begun; while [ ! -e HERE/go ]; do sleep 0.05; done; seq 1 LINES"
on = "box"
at_once = HOSTS
expect = { contains = ["LINES"] }
""",
    group="box",
    local=True,
)

TURNS = '''
[[sections]]
id = "s"
title = "Update {{ host }}"
each = "box"
batches = ["1", "100%"]
at_once = HOSTS
[[sections.steps]]
id = "drain"
title = "Drain"
mutates = true
run = "echo drain >>HERE/ran-{{ host }}"
[[sections.steps]]
id = "migrate"
title = "Migrate"
mutates = true
run = """
echo ran >>HERE/ran-{{ host }}; echo begun
[ {{ host }} = box1 ] || while [ ! -e HERE/go ]; do sleep 0.05; done
seq 1 LINES"""
expect = { contains = ["LINES"] }
[[sections.steps]]
id = "undrain"
title = "Undrain"
mutates = true
run = "echo undrain >>HERE/ran-{{ host }}"
'''
"""The same host by host, in two batches: the first is done when the program is killed."""


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[list[Sshd]]:
    """As many servers as there are hosts, each with a key and a home of its own."""
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda number: Sshd(tmp_path / f"box{number}"), range(1, HOSTS + 1)))
    yield made
    for one in made:
        one.stop()


@pytest.mark.parametrize("in_turn", [False, True], ids=["at-once", "host-by-host"])
def test_every_host_is_followed_again_and_nothing_of_its_output_is_missing(
    servers: list[Sshd], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, in_turn: bool
) -> None:
    text = TEXT[: TEXT.index("[[sections]]")] + TURNS if in_turn else TEXT
    text = text.replace("HERE", str(tmp_path)).replace("HOSTS", str(HOSTS)).replace("LINES", str(LINES))
    step, place = ("s", 1) if in_turn else ("migrate", 0)
    (tmp_path / "runbook.toml").write_text(text)
    (tmp_path / "answers.toml").write_text(f'operator = "ana"\nconfirm = ["{step}"]\n')
    config = tmp_path / "ssh_config"
    config.write_text("".join(one.config(f"box{number}") for number, one in enumerate(servers, 1)))
    monkeypatch.setenv("RUNBOOK_SESSIONS", str(tmp_path / "sessions"))
    command = [*PROGRAM, "run", "-f", tmp_path / "runbook.toml", "-F", config]
    command += ["--headless", "--flow", "deploy", "--answers", tmp_path / "answers.toml"]
    waiting = HOSTS - in_turn
    with begin(command, stdout=DEVNULL) as program:

        def begun() -> int:
            found = tmp_path.glob("sessions/*/attempts/*.out")
            return sum(path.read_bytes() == b"begun\n" for path in found)

        until(lambda: begun() == waiting or program.poll() is not None, "all have begun")
        os.kill(program.pid, signal.SIGKILL)
    assert begun() == waiting
    (tmp_path / "go").touch()
    with resumed_workspace("", tmp_path / "runbook.toml", {}, config) as (workspace, session):
        conductor = workspace.resume(session, "ana")
        conductor.wait()
        if in_turn:  # the commands that ran are followed; a person says that the rest begins
            assert all(one.outcome is not None and one.good for one in conductor.state.attempts.values())
            conductor.start(step)
            conductor.wait()
        cells = cells_of(conductor.state, step_by_id(conductor.runbook, step), place)
        assert [cell.status for cell in cells] == [CellStatus.GOOD] * HOSTS
        assert conductor.state.step(step).status in (StepStatus.PASSED, StepStatus.SIGNED)
        migrated = conductor.state.step(step).cells[place]
        conductor.close()
        attempts = workspace.store.find(session).attempts
    wanted = [b"begun", *(b"%d" % number for number in range(1, LINES + 1))]
    for host, number in migrated.items():
        assert OutputReader(attempts, number).read_lines(0, LINES + 9) == wanted
        assert (tmp_path / f"ran-{host}").read_text() == ("drain\nran\nundrain\n" if in_turn else "ran\n")
