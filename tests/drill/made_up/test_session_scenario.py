"""A drill keeps its scenario as it was played, and is resumed, debriefed and packed by that."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.support.runbooks.runbooks import one_section
from tests.support.sessions.small_session import SmallSession, small_session
from tui.cli.main import main
from tui.cli.wiring import drill_workspace, resumed_workspace
from tui.drill.rehearsals import debrief_of
from tui.drill.session_scenario import scenario_of
from tui.errors import SessionError
from tui.execution.workspace import Setup
from tui.exports.registry import render
from tui.exports.source import source
from tui.session.archive.bundle import opened_session, pack
from tui.session.archive.store import SessionDirectory, Store

__all__ = ["small_session"]

STEPS = """
[[sections.steps]]
id = "look"
title = "Look"
[[sections.steps.actions]]
run = "df"
expect = { contains = ["free"] }
[[sections.steps]]
id = "clean"
title = "Clean | up <b>"
mutates = true
danger = "caution"
[[sections.steps.actions]]
run = "rm"
"""
RUNBOOK = one_section(STEPS, "web", "box", "Shop")
STORM = """
format = 1
title = "Storm"
facts = { disk = "free" }
rules = [
  { match = "df", output = "{{ disk }}\\n" },
  { match = "rm", set = { disk = "free" } },
]
[[faults]]
id = "disk-full"
title = "The disk | fills <script>"
set = { disk = "full" }
over = { disk = "free" }
by_itself = false
[[faults]]
id = "disk-fuller"
title = "Another disk fills"
set = { disk = "full" }
over = { disk = "free" }
by_itself = false
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RUNBOOK_SESSIONS", str(tmp_path / "sessions"))
    (tmp_path / "runbook.toml").write_text(RUNBOOK)
    (tmp_path / "storm.toml").write_text(STORM)
    return tmp_path


def rehearsed(place: Path, seed: int | None = None, finish: bool = True, wrong: int = 0) -> SessionDirectory:
    """A drill in which the disk fills, is noticed, and made free."""
    scenario = (place / "storm.toml").read_text().replace("by_itself = false", "by_itself = true", 1)
    (place / "storm.toml").write_text(STORM if seed is not None else scenario)
    with drill_workspace(place / "runbook.toml", str(place / "storm.toml"), 10_000, seed=seed) as workspace:
        conductor = workspace.begin(Setup(flow="deploy", operator="ana"))
        directory = workspace.store.find("last")
        if seed is None:
            conductor.start("look")
            conductor.wait()
            for _ in range(wrong):
                conductor.retry("look")
                conductor.wait()
            conductor.start("clean")
            conductor.wait()
            conductor.retry("look")
            conductor.wait()
        if finish:
            conductor.finish("completed")
            conductor.wait()
        conductor.close()
    return directory


def test_what_chance_chose_is_still_chosen_when_the_drill_is_resumed(place: Path) -> None:
    directory = rehearsed(place, seed=7, finish=False)
    _, state = directory.load()
    chosen = [fault for fault in scenario_of(directory, state).faults if fault.by_itself]
    assert len(chosen) == 1
    with resumed_workspace(directory.id, None, {}, None) as (workspace, session):
        conductor = workspace.resume(session, "ana")
        conductor.close()
        assert scenario_of(directory, conductor.state).faults == scenario_of(directory, state).faults
        (place / "storm.toml").write_text(STORM.replace("disk-full", "other"))
    with resumed_workspace(directory.id, None, {}, None) as (workspace, session):
        assert [fault for fault in scenario_of(directory, state).faults if fault.by_itself] == chosen


def test_a_scenario_that_is_gone_is_debriefed_by_what_was_kept(place: Path) -> None:
    directory = rehearsed(place)
    before = debrief_of(directory)
    (place / "storm.toml").unlink()
    assert debrief_of(directory) == before
    assert before.stories[0].recovered is not None


@pytest.mark.parametrize("text", ["", "{", '{"format": 1}', "[]"])
def test_a_kept_scenario_that_is_damaged_is_told_and_no_export_fails_for_it(place: Path, text: str) -> None:
    directory = rehearsed(place)
    directory.scenario.write_text(text)
    with pytest.raises(SessionError, match=r"scenario\.json is damaged"):
        debrief_of(directory)
    assert source(directory).debrief is None
    assert b"Debrief" not in render(source(directory), "md")
    said = CliRunner().invoke(main, ["verify", directory.id])
    assert said.exit_code != 0
    assert "is not the scenario that the session began with" in said.output


def test_a_session_of_before_is_debriefed_by_the_scenarios_name(place: Path) -> None:
    directory = rehearsed(place)
    before = debrief_of(directory)
    directory.scenario.unlink()
    assert debrief_of(directory) == before


def test_a_bundle_has_the_scenario_and_every_export_of_it_says_the_same(place: Path) -> None:
    directory = rehearsed(place)
    with (place / "night.runbook").open("wb") as file:
        pack(directory, file)
    here = {form: render(source(directory), form) for form in ("md", "html", "json")}
    (place / "storm.toml").unlink()
    with opened_session(Store(place / "elsewhere"), str(place / "night.runbook")) as other:
        assert {form: render(source(other), form) for form in ("md", "html", "json")} == here
    assert CliRunner().invoke(main, ["verify", str(place / "night.runbook")]).exit_code == 0


def test_every_export_of_a_rehearsal_says_what_it_taught_and_what_it_says_is_data(place: Path) -> None:
    directory = rehearsed(place, wrong=1)
    written = render(source(directory), "md").decode()
    assert "## Debrief" in written
    assert "| The disk \\| fills \\<script\\> (timed) | after" in written
    page = render(source(directory), "html").decode()
    assert 'id="debrief"' in page
    assert "The disk | fills &lt;script&gt; (timed)" in page
    assert "fills <script>" not in page
    assert '"title": "The disk | fills <script>"' in render(source(directory), "json").decode()


def test_a_session_that_is_no_rehearsal_has_no_debrief(small_session: SmallSession) -> None:
    read = small_session.read()
    assert read.debrief is None
    assert b"Debrief" not in render(read, "md")
    assert b"Debrief" not in render(read, "html")
    with pytest.raises(SessionError, match="is not a drill"):
        debrief_of(small_session.workspace.store.find("last"))


def test_a_rehearsal_is_told_beside_those_before(place: Path) -> None:
    rehearsed(place)
    rehearsed(place, wrong=1)
    said = CliRunner().invoke(main, ["drills", "last"])
    assert said.exit_code == 0, said.output
    (line,) = [line for line in said.output.splitlines() if line.startswith("  recovered after") and "best" in line]
    assert "the time before" in line
    assert "best of 1" in line
