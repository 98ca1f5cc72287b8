"""What a rehearsal taught: when a fault was noticed, decided about and over, and what was done that did not help."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.runbooks.runbooks import one_section
from tests.support.sessions.fake_clock import FakeClock
from tui.drill.debrief import Debrief, debrief, story_rows
from tui.drill.scenario import Scenario
from tui.drill.scenario_files import parse_scenario
from tui.headless.debriefs import debrief_report
from tui.runbook.reading.load import load
from tui.session import events as ev
from tui.session.folding.fold import fold
from tui.session.journal.journal import Journal, read
from tui.session.outcome import Outcome, OutcomeKind

STEPS = "".join(
    f'[[sections.steps]]\nid = "{step}"\ntitle = "{step.title()}"\nmutates = {mutates}\n'
    f'[[sections.steps.actions]]\nrun = "{step}"\nreads = {str(step == "look").lower()}\n'
    for step, mutates in (("look", "false"), ("build", "true"))
)
STEPS += '[[troubleshooting]]\nid = "full"\ntitle = "Full"\nsymptoms = ["full"]\n'
STEPS += '[[troubleshooting.solutions]]\nid = "solution"\ntitle = "Solution"\n'
STEPS += "".join(
    f'[[troubleshooting.solutions.steps]]\nid = "{step}"\ntitle = "{step.title()}"\nmutates = true\n'
    f'[[troubleshooting.solutions.steps.actions]]\nrun = "{step}"\n'
    for step in ("restart", "stop", "clean")
)
SCENARIO = """
format = 1
title = "Storm"
[facts]
disk = "free"
writer = "idle"
[[faults]]
id = "disk-full"
title = "The disk fills"
set = { disk = "full", writer = "busy" }
over = { disk = "free", writer = "idle" }
[[faults]]
id = "disk-freed"
title = "Somebody makes room"
set = { disk = "free", writer = "idle" }
helps = true
[[rules]]
match = "clean"
set = { disk = "free", writer = "idle" }
[[rules]]
match = "stop"
set = { writer = "idle" }
[[rules]]
match = "look|restart|build"
"""
Happened = Callable[..., Debrief]


@pytest.fixture
def scenario() -> Scenario:
    return parse_scenario(SCENARIO, "storm.toml")


@pytest.fixture
def after(tmp_path: Path, scenario: Scenario) -> Happened:
    """A rehearsal by its events, each a minute after the one before."""

    def made(*events: ev.AnyEvent) -> Debrief:
        clock = FakeClock()
        path = tmp_path / "runbook.toml"
        path.write_text(one_section(STEPS, "web"))
        journal = Journal.create(tmp_path / "journal.jsonl", clock)
        begun = ev.SessionStarted(
            session="s", flow="deploy", operator="ana", title="", runbook_hash="", drill="Storm", scenario="storm"
        )
        for event in (begun, *events):
            journal.append(event)
            clock.advance(60)
        journal.close()
        entries = tuple(read(tmp_path / "journal.jsonl"))
        return debrief(fold(load(path), entries), entries, scenario)

    return made


def ran(step: str, number: int, exit_status: int = 0) -> tuple[ev.AnyEvent, ...]:
    """Four minutes: opened, started, ended after ten seconds, judged."""
    check = ev.Check("exit status 0", "", ok=exit_status == 0)
    return (
        ev.StepOpened(step=step, operator="ana"),
        ev.AttemptStarted(attempt=number, step=step, action=0, host="web", command=step),
        ev.AttemptFinished(attempt=number, outcome=Outcome.exited(exit_status), seconds=10.0),
        ev.AttemptChecked(attempt=number, checks=(check,)),
    )


STRUCK = ev.FaultStruck(fault="disk-full", title="The disk fills", how="timed")


def test_a_rehearsal_in_which_nothing_went_wrong(after: Happened) -> None:
    found = after(*ran("look", 1), ev.SessionFinished(result="completed", operator="ana"))
    assert found.stories == ()
    assert (found.result, found.lasted, found.failed, found.confirmed) == ("deployed", 300, 0, 0)
    assert found.worst("noticed") is None


def test_noticed_decided_and_over(after: Happened) -> None:
    found = after(STRUCK, *ran("look", 1, 1), *ran("clean", 2))
    (story,) = found.stories
    assert (story.noticed, story.first) == (240, "a check failed")
    assert (story.decided, story.decision) == (300, "Clean")
    assert story.recovered == 370  # a minute after it was opened it started, and ended ten seconds later
    assert story.vain == ()
    assert (found.failed, found.confirmed) == (1, 1)
    assert found.worst("recovered") == 370


def test_what_did_not_end_it_did_not_help(after: Happened) -> None:
    (story,) = after(STRUCK, *ran("look", 1, 1), *ran("restart", 2), *ran("clean", 3)).stories
    assert story.decision == "Restart"
    assert story.vain == ("Restart",)
    assert story.recovered is not None


def test_what_brought_the_end_nearer_helped(after: Happened) -> None:
    (story,) = after(STRUCK, *ran("look", 1, 1), *ran("stop", 2), *ran("clean", 3)).stories
    assert story.vain == ()


def test_the_plan_that_was_followed_helped(after: Happened) -> None:
    (story,) = after(STRUCK, *ran("look", 1, 1), *ran("build", 2)).stories
    assert story.vain == ()
    assert story.decided is None, "nor did anybody decide about the fault by it"


def test_a_change_of_the_plan_that_is_made_again_is_a_decision(after: Happened) -> None:
    (story,) = after(STRUCK, *ran("look", 1, 1), *ran("build", 2), *ran("build", 3)).stories
    assert (story.decided, story.decision) == (540, "Build")


def test_what_was_only_tried_again_did_not_help(after: Happened) -> None:
    (story,) = after(STRUCK, *ran("build", 1, 1), *ran("build", 2, 1), *ran("clean", 3)).stories
    assert story.vain == ("Build",)


def test_help_that_came_is_no_trouble_and_what_was_tried_before_did_not_help(after: Happened) -> None:
    helped = ev.FaultStruck(fault="disk-freed", title="Somebody makes room", how="injected", by="ben")
    (story,) = after(STRUCK, *ran("look", 1, 1), *ran("restart", 2), helped, *ran("restart", 3)).stories
    assert (story.recovered, story.vain) == (540, ("Restart",))


def test_a_call_for_help_is_a_decision(after: Happened) -> None:
    helped = ev.FaultStruck(fault="disk-freed", title="Somebody makes room", how="injected", by="ana")
    (story,) = after(STRUCK, *ran("build", 1, 1), helped, *ran("build", 2)).stories
    assert (story.decided, story.decision) == (300, "call for help: Somebody makes room")
    assert story.recovered is not None
    assert story.decided <= story.recovered


def test_what_was_never_fixed_was_not(after: Happened) -> None:
    (story,) = after(STRUCK, *ran("look", 1, 1), *ran("restart", 2)).stories
    assert story.recovered is None
    assert story.vain == ("Restart",)


def test_what_nobody_saw_was_not_noticed(after: Happened) -> None:
    found = after(STRUCK, *ran("look", 1))
    (story,) = found.stories
    assert (story.noticed, story.decided, story.recovered) == (None, None, None)
    assert found.worst("noticed") is None


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (ev.TriggerTripped(trigger="errors", monitor="errors", value=12, dwell=300), "a trigger: errors"),
        (ev.NoteAdded(text="it is slow", operator="ana"), "a note: it is slow"),
        (ev.LinkChanged(host="web", link="lost", detail="closed"), "the connection to web was lost"),
    ],
)
def test_how_it_was_noticed(after: Happened, event: ev.AnyEvent, words: str) -> None:
    (story,) = after(STRUCK, event).stories
    assert (story.noticed, story.first) == (60, words)


def test_who_says_what_happened_to_a_command_has_noticed_and_decided(after: Happened) -> None:
    opened, started, *_ = ran("look", 1)
    lost = ev.AttemptFinished(attempt=1, outcome=Outcome(OutcomeKind.UNKNOWN, detail="restarted"), seconds=10.0)
    said = ev.OutcomeResolved(attempt=1, operator="ana", succeeded=False, reason="half of it is there")
    (story,) = after(STRUCK, opened, started, lost, said).stories
    assert (story.noticed, story.first) == (240, "an outcome that was not known: half of it is there")
    assert (story.decided, story.decision) == (240, "resolved as failed")


def test_who_left_alone_what_ended_by_itself_is_not_blamed(after: Happened) -> None:
    lost = ev.LinkChanged(host="web", link="lost", detail="closed")
    (story,) = after(STRUCK, lost, ev.FaultStruck(fault="disk-freed", title="Somebody makes room", how="timed")).stories
    assert [words for _, words in story_rows(story)][1:] == [
        "after 1:00: the connection to web was lost",
        "nothing: it ended by itself",
        "after 2:00",
    ]


def test_what_never_ended_was_never_decided_about(after: Happened) -> None:
    (story,) = after(STRUCK, ev.LinkChanged(host="web", link="lost", detail="closed")).stories
    assert [words for _, words in story_rows(story)][2:] == ["never", "never"]


def test_what_was_fixed_before_it_struck_does_not_count(after: Happened) -> None:
    (story,) = after(*ran("clean", 1), STRUCK, *ran("look", 2, 1)).stories
    assert story.recovered is None


def test_skips_are_told(after: Happened) -> None:
    assert after(ev.StepSkipped(step="look", operator="ana", reason="no time")).skipped == ("Look",)


def test_the_report_says_it_in_lines(after: Happened) -> None:
    said: list[str] = []
    debrief_report(after(STRUCK, *ran("look", 1, 1), *ran("restart", 2), *ran("clean", 3)), False, said.append)
    assert "✖ 02:01:00 UTC The disk fills (timed)" in said
    assert "  noticed   after 4:00: a check failed" in said
    assert "  decided   after 5:00: Restart" in said
    assert "  no help   Restart" in said
