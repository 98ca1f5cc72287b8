"""A failed step names the known trouble it looks like; its steps run on a screen of their own, and esc leads back."""

from collections.abc import Callable, Sequence

import pytest
import tomli
from msgspec import convert
from rich.cells import cell_len

from tests.support.machines.fake_transport import FakeTransport, Reply
from tests.support.screens.running import comes, running
from tests.tui.conftest import KNOWN_TROUBLE, SHOP, dialog, journal, shown, until
from tests.tui.run.test_plan import BEGIN, state_of
from tui.app import RunbookApp
from tui.dialogs import Confirm
from tui.dialogs.pick import Pick
from tui.execution.workspace import Workspace
from tui.exports.source import source
from tui.runbook.model import Issue, Runbook
from tui.screens.run.screen import RunScreen
from tui.screens.troubleshoot import TroubleshootScreen, head_rows
from tui.session import events as ev
from tui.session.outcome import Outcome
from tui.session.state import SessionState, StepStatus
from tui.session.views.symptoms import Match, matching
from tui.text.block import Piece, styled
from tui.widgets.checklist.folding import FoldedList
from tui.widgets.checklist.plan_text import RowShape, heading, step_row
from tui.widgets.checklist.trouble_outline import trouble_outline
from tui.widgets.moment import Moment

TEXT = (
    SHOP
    + KNOWN_TROUBLE
    + """
[[troubleshooting.solutions]]
id = "restart"
title = "A process runs away"
when = "one process takes all of the CPU"
[[troubleshooting.solutions.steps]]
id = "load-restart"
title = "Restart it"
mutates = true
danger = "caution"
[[troubleshooting.solutions.steps.actions]]
run = "systemctl restart shop"
[[troubleshooting.solutions]]
id = "wipe"
title = "Start from nothing"
forbidden = "DO NOT DO THIS IN PRODUCTION"
[[troubleshooting]]
id = "other"
title = "Something else"
symptoms = ["odd"]
patterns = ["odd"]
[[troubleshooting.diagnosis]]
id = "other-look"
title = "Look at it"
[[troubleshooting.diagnosis.actions]]
run = "date"
"""
)


@pytest.fixture
def workspace(make_workspace: Callable[..., Workspace]) -> Workspace:
    return make_workspace(TEXT)


async def test_the_failed_step_names_its_trouble_and_esc_leads_back(workspace: Workspace, host: FakeTransport) -> None:
    host.replies["uptime"] = Reply(b"kernel: out of memory\n", Outcome.exited(1))
    async with running(workspace, (80, 24)) as (app, pilot):
        await pilot.press("enter")
        await comes(pilot, app, "look", StepStatus.FAILED)
        await until(pilot, lambda: "t trouble" in shown(app))
        lines = [line.rstrip() for line in shown(app).splitlines()]
        assert not [line for line in lines if line.endswith(("  t", "ctrl+r", " k"))]  # no key without its word
        await pilot.press("t")
        await until(pilot, lambda: isinstance(app.screen, TroubleshootScreen))
        await until(pilot, lambda: "symptoms slow answers · time-outs" in shown(app))
        seen = shown(app)
        assert "because “kernel: out of memory” in attempt 1" in seen
        assert "DO NOT: Start from nothing" in seen
        assert "DO NOT DO THIS IN PRODUCTION" in seen
        await until(pilot, lambda: app.screen.step is not None)
        await pilot.press("enter")
        await until(pilot, lambda: app.conductor.state.step("load-look").status is StepStatus.SIGNED)
        assert "esc back" in shown(app)  # the way back stands in the footer at 80 columns too
        await pilot.press("down")
        await until(pilot, lambda: "right when one process" in shown(app))
        await pilot.press("enter")
        await dialog(pilot, Confirm)
        await pilot.press("y")
        await until(pilot, lambda: app.conductor.state.step("load-restart").status is StepStatus.SIGNED)
        await pilot.press("escape")
        await until(pilot, lambda: type(app.screen) is RunScreen)
        assert app.conductor.state.next_step().id == "look"
        host.replies["uptime"] = Reply(b"load average: 0.1\n")
        await pilot.press("r")
        await comes(pilot, app, "look", StepStatus.SIGNED)
    directory = workspace.store.find("last")
    found = source(directory)
    assert ("Troubleshooting", "load-restart") in [(section.title, step.id) for section, step, _ in found.steps()]
    assert "troubleshooting, beside the plan" in [one.what for one in found.deviations()]


async def test_what_a_diagnosis_prints_is_read_whole(workspace: Workspace, host: FakeTransport) -> None:
    host.replies["date"] = Reply(b"Nov 30 01:38:54 server gunicorn[5120]: the port is taken by another process\n")
    async with running(workspace, (80, 24)) as (app, pilot):
        await pilot.press("t")
        await dialog(pilot, Pick)
        await pilot.press("down", "enter")
        await until(pilot, lambda: isinstance(app.screen, TroubleshootScreen) and app.screen.step is not None)
        await pilot.press("enter")
        await until(pilot, lambda: "process" in shown(app))
        await pilot.press("w")
        await until(pilot, lambda: "process" not in shown(app))


async def test_without_a_match_one_is_chosen_and_a_step_may_run_again(workspace: Workspace) -> None:
    async with running(workspace) as (app, pilot):
        await pilot.press("t")
        await dialog(pilot, Pick)
        await pilot.press("down", "enter")
        await until(pilot, lambda: isinstance(app.screen, TroubleshootScreen) and app.screen.step is not None)
        for count, key in ((1, "enter"), (2, "u")):
            await pilot.press(key)
            await until(
                pilot,
                lambda count=count: (
                    len(app.conductor.state.step("other-look").attempts) == count and not app.conductor.busy
                ),
            )
            await until(pilot, lambda: "BACK  to: " in shown(app).replace("\xa0", " "))
        assert isinstance(app.screen, TroubleshootScreen)
    assert [event.step for event in journal(workspace) if isinstance(event, ev.StepReopened)] == ["other-look"]


async def test_what_is_done_again_asks_first_also_where_its_last_command_only_looks(
    make_workspace: Callable[..., Workspace],
) -> None:
    looks = '[[troubleshooting.solutions.steps.actions]]\nrun = "systemctl is-active shop"\n'
    after = '[[troubleshooting.solutions]]\nid = "wipe"'
    async with running(make_workspace(TEXT.replace(after, looks + after)), (120, 40)) as (app, pilot):
        await pilot.press("t")
        await dialog(pilot, Pick)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, TroubleshootScreen) and app.screen.step is not None)
        while app.screen.step.id != "load-restart":
            await pilot.press("down")
            await pilot.pause()
        await pilot.press("enter")
        await dialog(pilot, Confirm)
        await pilot.press("y")
        await until(pilot, lambda: "BACK  to: " in shown(app).replace("\xa0", " "))
        await pilot.press("u")
        await dialog(pilot, Confirm)


async def test_after_a_step_the_band_leads_to_the_next_one_then_to_a_solution_and_back_to_what_failed(
    make_workspace: Callable[..., Workspace], host: FakeTransport
) -> None:
    found = '[[troubleshooting.diagnosis]]\nid = "load-second"\ntitle = "Which process"\n'
    found += '[[troubleshooting.diagnosis.actions]]\nrun = "date"\n[[troubleshooting.solutions]]\nid = "restart"'
    text = TEXT.replace('[[troubleshooting.solutions]]\nid = "restart"', found)
    host.replies["uptime"] = Reply(b"", Outcome.exited(1), err=b"out of memory\n")
    async with running(make_workspace(text), (80, 24)) as (app, pilot):
        await pilot.press("enter")
        await until(pilot, lambda: "RETRY" in shown(app))
        await pilot.press("t")
        await until(pilot, lambda: isinstance(app.screen, TroubleshootScreen) and app.screen.step is not None)
        await pilot.press("enter")
        await until(pilot, lambda: "NEXT  Which process" in band_of(app))
        await pilot.press("enter")
        await until(pilot, lambda: app.screen.step.id == "load-second")
        await pilot.press("enter")
        await until(pilot, lambda: "CHOOSE  a solution" in band_of(app))
        await pilot.press("enter")
        await until(pilot, lambda: app.screen.step.id == "load-restart" and "START  asks first" in band_of(app))
        await pilot.press("enter")
        await dialog(pilot, Confirm)
        await pilot.press("y")
        await until(pilot, lambda: "BACK  and retry: Look around" in band_of(app))
        assert shown(app).splitlines()[-1].count("back") == 1
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, RunScreen) and "RETRY" in shown(app))


def band_of(app: RunbookApp) -> str:
    """What the screen shows, with plain blanks."""
    return shown(app).replace("\xa0", " ")


async def test_from_home_a_trouble_is_chosen_before_its_session(make_workspace: Callable[..., Workspace]) -> None:
    from tui.app import RunbookApp
    from tui.screens.home.screen import HomeScreen
    from tui.screens.setup.screen import SetupScreen

    text = TEXT.replace(
        "[flows.rollback]",
        '[flows.verify]\ntitle = "Verify"\nkind = "verify"\nsections = ["before"]\n[flows.rollback]',
        1,
    )
    app = RunbookApp(make_workspace(text))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, HomeScreen))
        await pilot.press("t")
        await dialog(pilot, Pick)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, SetupScreen) and app.screen.rows)
        await until(pilot, lambda: not app.screen._checking)
        await pilot.press("f10")
        await until(pilot, lambda: isinstance(app.screen, TroubleshootScreen))
        assert app.screen.issue.id == "load"


async def test_a_change_that_needs_what_nobody_has_found_is_refused_before_it_is_confirmed(
    make_workspace: Callable[..., Workspace], host: FakeTransport
) -> None:
    text = TEXT.replace('run = "top -b"', 'run = "top -b"\ncapture = { old_pid = {} }').replace(
        'run = "systemctl restart shop"\n[[troubleshooting.solutions]]',
        'run = "kill {{ old_pid }}"\n[[troubleshooting.solutions]]',
    )
    async with running(make_workspace(text)) as (app, pilot):
        await pilot.press("t")
        await dialog(pilot, Pick)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, TroubleshootScreen) and app.screen.step is not None)
        await pilot.press("down")
        await until(pilot, lambda: app.screen.step.id == "load-restart")
        await pilot.press("enter")
        await pilot.pause()
        assert isinstance(app.screen, TroubleshootScreen)
        assert app.conductor.state.step("load-restart").status is StepStatus.PENDING
        host.replies["top -b"] = Reply(b"4711\n")
        await pilot.press("up", "enter")
        await until(pilot, lambda: app.conductor.state.facts.get("old_pid") == "4711" and not app.conductor.busy)
        await pilot.press("down", "enter")
        await dialog(pilot, Confirm)


REASON = "Never on production: what the shop has sold since the last backup is lost for good"
SOLVED = """
format = 1
[runbook]
title = "T"
default_host = "h"
[hosts.h]
target = "h"
[methods.a]
title = "Method A: containers"
[methods.b]
title = "Method B: units"
[flows.deploy]
title = "D"
kind = "deploy"
methods = ["a", "b"]
sections = ["one"]
[[sections]]
id = "one"
title = "One"
[[sections.steps]]
id = "look"
title = "Look"
[[sections.steps.actions]]
run = "uptime"
[[troubleshooting]]
id = "disk"
title = "The disk is full"
symptoms = ["no space left", "writes fail"]
patterns = ["No space"]
[[troubleshooting.solutions]]
id = "drop"
title = "Drop the database"
forbidden = "REASON"
[[troubleshooting.solutions]]
id = "prune"
title = "Prune the images"
[[troubleshooting.solutions.steps]]
id = "prune-run"
title = "Prune them"
when = { method = "a" }
mutates = true
danger = "caution"
[[troubleshooting.solutions.steps.actions]]
run = "docker image prune"
[[troubleshooting.solutions]]
id = "vacuum"
title = "Vacuum the journal"
[[troubleshooting.solutions.steps]]
id = "vacuum-run"
title = "Vacuum it"
when = { method = "b" }
[[troubleshooting.solutions.steps.actions]]
run = "journalctl --vacuum-size=1G"
""".replace("REASON", REASON)
EITHER = 'when = { method = "b" }'


def solved(text: str = SOLVED) -> tuple[SessionState, Issue]:
    """A session by method A, and the trouble that it has."""
    runbook = convert(tomli.loads(text), Runbook)
    return state_of(runbook, ()), runbook.troubleshooting[0]


def listed(state: SessionState, issue: Issue, width: int) -> list[Sequence[Piece]]:
    """The rows of the list of what to try."""
    outline = trouble_outline(state, issue, width)
    rows = FoldedList(outline, frozenset(range(len(outline.parts))))
    moment, place = Moment(state=state, now=BEGIN), RowShape(width=width, issue=True)
    at = (rows.at(number) for number in range(rows.total))
    return [
        step_row(moment, row.step, place) if row.step else heading(moment, row.part, True, False, place) for row in at
    ]


def said(rows: Sequence[Sequence[Piece]]) -> list[str]:
    return ["".join(text for text, _ in row).rstrip() for row in rows]


def test_the_solution_that_the_method_decides_for_is_marked_and_the_other_names_its_method() -> None:
    rows = said(listed(*solved(), 44))
    assert rows[:4] == [
        " Solution: Prune the images           likely",
        "  ○ Prune them                             !",
        " Solution: Vacuum the journal",
        "   only by Method B: units",
    ]


@pytest.mark.parametrize("condition", ['when = { method = ["a", "b"] }', "", 'when = { disk = "full" }'])
def test_no_solution_is_marked_where_the_runbook_leaves_it_open(condition: str) -> None:
    rows = said(listed(*solved(SOLVED.replace(EITHER, condition)), 44))
    assert " Solution: Vacuum the journal" in rows
    assert not [row for row in rows if "likely" in row or "only by" in row]


def test_a_solution_that_is_alone_is_not_marked() -> None:
    before, _, _ = SOLVED.rpartition("[[troubleshooting.solutions]]\n")
    assert "likely" not in "".join(said(listed(*solved(before), 44)))


def test_a_solution_that_another_fact_rules_out_says_which() -> None:
    text = SOLVED.replace(EITHER, 'when = { flow = "rollback" }')
    assert "   flow is D, not rollback" in said(listed(*solved(text), 44))


@pytest.mark.parametrize("width", [26, 31, 44, 90])
def test_what_must_not_be_done_is_last_and_red_with_its_whole_reason(width: int) -> None:
    drawn = listed(*solved(), width)
    rows = said(drawn)
    place = next(number for number, row in enumerate(rows) if "DO NOT" in row)
    assert not rows[place - 1]
    assert " ".join(" ".join(rows[place:]).split()) == f"✖ DO NOT: Drop the database {REASON}"
    assert {style for row in drawn[place:] for text, style in row if text.strip()} == {"bad"}
    assert all(cell_len("".join(text for text, _ in row)) <= width for row in drawn)


def found(text: str) -> tuple[Issue, Match]:
    """The trouble that attempt 53 looks like."""
    state, issue = solved()
    (match,) = matching(state.runbook, text)
    return issue, Match(issue, match.count, match.near, match.words, match.line, 53)


def test_the_head_says_what_matched_in_which_attempt_the_line_or_what_of_it_has_room() -> None:
    issue, match = found("begun\ntar: /backups/shop.tar: No space left on device\n")
    assert said(head_rows(issue, match, 78)) == [
        "because “tar: /backups/shop.tar: No space left on device” in attempt 53",
        "symptoms no space left · writes fail",
    ]
    assert said(head_rows(issue, match, 50))[0] == "because “No space” in attempt 53"
    assert said(head_rows(issue, None, 78)) == ["symptoms no space left · writes fail"]
    for width in range(40, 120):
        assert all(cell_len(row) <= width for row in said(head_rows(issue, match, width)))


def test_what_a_host_wrote_cannot_reach_the_terminal_by_the_head() -> None:
    issue, match = found("\x1b]0;x\x07\x1b[2J\u202eNo space\r[red]left\x9b1m\n")
    head = styled(head_rows(issue, match, 78)).plain
    assert "No space" in head
    assert "[red]" in head
    assert not [one for one in head if one != "\n" and (ord(one) < 32 or 127 <= ord(one) < 160 or one == "\u202e")]


async def test_on_a_low_screen_what_must_not_be_done_is_in_sight_at_the_last_step(
    make_workspace: Callable[..., Workspace],
) -> None:
    look = TEXT[TEXT.index("[[troubleshooting.diagnosis]]") : TEXT.index("[[troubleshooting.solutions]]")]
    many = "".join(look.replace("load-look", f"load-look-{number}") for number in range(20))
    text = TEXT.replace(look, look + many, 1).replace("DO NOT DO THIS IN PRODUCTION", REASON)
    async with running(make_workspace(text), (60, 20)) as (app, pilot):
        app.troubleshoot(app.viewer.runbook.troubleshooting[0])
        await until(pilot, lambda: isinstance(app.screen, TroubleshootScreen) and "What takes" in shown(app))
        app.screen.checklist.look_at("load-restart")
        await until(pilot, lambda: "DO NOT" in shown(app))
        column = " ".join(line[1:24].rstrip("▁▂▃▄▅▆▇█│ ") for line in shown(app).splitlines()[4:-3])
        assert REASON in " ".join(column.split())
