"""A host that restarts in the middle of a deployment: what is asked again is what ought to hold then, and no more."""

from datetime import timedelta

import tomli
from msgspec import convert

from tests.support.runbooks.runbooks import shop
from tests.support.sessions.rolled_back import START, signed
from tui.runbook.model import Runbook, Step
from tui.session import events as ev
from tui.session.folding.fold import apply, fold
from tui.session.outcome import Outcome
from tui.session.state import SessionState
from tui.session.views.doubts import begins_anew, checks_of, doubtful
from tui.session.views.replan import next_reopening

TEXT = shop(
    {
        "before": """
  { id = "backup", title = "Backup", mutates = true, actions = [{ run = "dump" }] },
  { id = "archive", title = "The archive is whole", actions = [{ run = "gzip -t dump" }] },
""",
        "system": """
  { id = "up", title = "Up", actions = [{ run = "curl" }] },
""",
        "go": """
  { id = "page-on", title = "Page on", mutates = true, undo = ["back-page-off"], actions = [{ run = "x" }] },
  { id = "shown", title = "Shown", actions = [{ run = "curl" }] },
  { id = "stop", title = "Stop", mutates = true, undo = ["back-start"], actions = [{ run = "x" }] },
  { id = "stopped", title = "Stopped", actions = [{ run = "systemctl status unit" }] },
  { id = "code", title = "Code", mutates = true, undo = ["back-code"], actions = [{ run = "x" }] },
  { id = "start", title = "Start", mutates = true, undo = ["back-stop"], actions = [{ run = "x" }] },
  { id = "page-off", title = "Page off", mutates = true, undo = ["back-page-on"], actions = [{ run = "x" }] },
  { id = "live", title = "Live", actions = [{ run = "curl" }] },
""",
        "verify": """
  { id = "health", title = "Health", actions = [{ run = "curl" }] },
  { id = "order", title = "An order", mutates = true, actions = [{ run = "x" }] },
  { id = "times", title = "Times", actions = [{ run = "curl" }] },
""",
    },
    back="""
  { id = "back-page-on", title = "Page on", mutates = true, undo = ["back-page-off"], actions = [{ run = "x" }] },
  { id = "back-stop", title = "Stop", mutates = true, undo = ["back-start"], actions = [{ run = "x" }] },
  { id = "back-code", title = "Code", mutates = true, actions = [{ run = "x" }] },
  { id = "back-start", title = "Start", mutates = true, actions = [{ run = "x" }] },
  { id = "back-page-off", title = "Page off", mutates = true, actions = [{ run = "x" }] },
""",
)
RUNBOOK = convert(tomli.loads(TEXT), Runbook)
STEPS = [step for section in RUNBOOK.sections for step in section.steps]


def step_of(step: str) -> Step:
    return next(one for one in STEPS if one.id == step)


def restarted_after(last: str) -> SessionState:
    """The state after every step as far as this one, and then a restart."""
    return after(last, ev.HostConnected(host="web", target="web:22", boot_id="boot-2"))


def after(last: str, then: ev.AnyEvent) -> SessionState:
    """The state after every step as far as this one, and one event more."""
    ids = [step.id for step in STEPS]
    return fold_of(RUNBOOK, *ids[: ids.index(last) + 1], then)


def restarted(state: SessionState) -> SessionState:
    """The state after a restart of the host."""
    seq = state.seq + 1
    event = ev.HostConnected(host="web", target="web:22", boot_id="boot-2")
    return apply(state, ev.Entry(seq, START + timedelta(seconds=seq), float(seq), event))


def fold_of(runbook: Runbook, *done: str | tuple[str, int] | ev.AnyEvent) -> SessionState:
    """The state after these steps, one action of a step, or an event."""
    events: list[ev.AnyEvent] = [
        ev.SessionStarted(session="s", flow="deploy", method="", operator="ana", title="", runbook_hash=""),
        ev.HostConnected(host="web", target="web:22", boot_id="boot-1"),
    ]
    mutates = {step.id: step.mutates for section in runbook.sections for step in section.steps}
    for number, one in enumerate(done, 1):
        if not isinstance(one, str | tuple):
            events.append(one)
            continue
        step, action = one if isinstance(one, tuple) else (one, 0)
        events += [
            ev.AttemptStarted(attempt=number, step=step, action=action, host="web", command="x", mutates=mutates[step]),
            ev.AttemptFinished(attempt=number, outcome=Outcome.exited(0), seconds=1.0),
            ev.AttemptChecked(attempt=number, checks=(ev.Check("exit status 0", "", ok=True),)),
            *([signed(step)] if isinstance(one, str) else []),
        ]
    return fold(
        runbook, [ev.Entry(seq, START + timedelta(seconds=seq), float(seq), one) for seq, one in enumerate(events)]
    )


def reopened(state: SessionState) -> list[str]:
    found: list[str] = []
    while (one := next_reopening(state)) is not None:
        found.append(one.step)
        event = ev.StepReopened(step=one.step, operator="ana", reason=one.reason)
        seq = state.seq + 1
        state = apply(state, ev.Entry(seq, START + timedelta(seconds=seq), float(seq), event))
    return found


def names(state: SessionState) -> list[str]:
    return [step.id for step in doubtful(state)]


def test_in_the_downtime_no_check_is_made_again_that_a_later_change_made_untrue() -> None:
    state = restarted_after("code")
    assert names(state) == ["backup", "page-on", "stop", "code"]
    assert reopened(state) == []


def test_a_check_after_the_last_change_is_made_again() -> None:
    assert reopened(restarted_after("stopped")) == ["stopped"]
    assert reopened(restarted_after("live")) == ["live"]


def test_a_backup_or_an_order_is_no_change_that_ends_what_was_checked_before() -> None:
    assert reopened(restarted_after("times")) == ["live", "health", "times"]
    assert reopened(restarted_after("up")) == []


def test_what_was_taken_back_meanwhile_is_not_done_again_because_it_holds_no_more() -> None:
    assert names(restarted_after("start")) == ["backup", "page-on", "code", "start"]
    assert names(restarted_after("times")) == ["backup", "code", "start", "page-off", "order"]


def test_a_change_is_asked_about_by_the_checks_of_its_own_section_alone() -> None:
    state = restarted_after("code")
    assert [other.id for other, _ in checks_of(state, step_of("backup"))] == ["archive"]
    assert [other.id for other, _ in checks_of(state, step_of("stop"))] == ["stopped"]


def test_a_step_that_is_done_again_has_its_own_checks_made_again_and_those_that_nothing_came_after() -> None:
    def again(step: str, last: str) -> list[str]:
        return reopened(after(last, ev.StepReopened(step=step, operator="ana", reason="again")))

    assert again("backup", "code") == ["archive"]
    assert again("stop", "code") == ["stopped"]
    assert again("code", "live") == ["live"]
    assert again("code", "times") == ["live", "health", "times"]
    assert again("order", "times") == ["times"]


MERGED = convert(
    tomli.loads(
        shop(
            {
                "go": """
  { id = "down", title = "Down", mutates = true, undo = ["back-off", "back-start"], actions = [{ run = "x" }] },
  { id = "start", title = "Start", mutates = true, undo = ["back-stop"], actions = [{ run = "x" }] },
""",
            },
            back="""
  { id = "back-stop", title = "Stop", mutates = true, undo = ["back-off", "back-start"], actions = [{ run = "x" }] },
  { id = "back-start", title = "Start", mutates = true, actions = [{ run = "x" }, { run = "x" }] },
  { id = "back-off", title = "Page off", mutates = true, actions = [{ run = "x" }] },
""",
        )
    ),
    Runbook,
)


def test_a_step_of_which_a_part_was_taken_back_is_not_asked_whether_it_holds() -> None:
    """Page on and services stopped in one step: once they are started, the host cannot say that all of it holds."""
    state = fold_of(MERGED, "down", "start")
    assert names(restarted(state)) == ["start"]


def test_a_step_half_done_begins_again_once_what_it_takes_back_was_done_again() -> None:
    start = next(step for section in MERGED.sections for step in section.steps if step.id == "back-start")
    rolling = ev.RollbackStarted(flow="rollback", operator="ana", reason="x")
    half = fold_of(MERGED, "down", "start", rolling, "back-stop", ("back-start", 0))
    assert begins_anew(half, start) == ""
    stopped = fold_of(MERGED, "down", "start", rolling, "back-stop", ("back-start", 0), "back-stop")
    assert begins_anew(stopped, start) == "Stop was done again after its first commands"
