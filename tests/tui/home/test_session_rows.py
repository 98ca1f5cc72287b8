"""The rows and frames that all screens of a session have: what they say, and what gives way where it is narrow."""

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
import tomli
from msgspec import convert
from msgspec.structs import replace
from rich.cells import cell_len

from tests.support.runbooks.bundled_runbook import bundled_runbook
from tests.support.runbooks.runbooks import SMALL
from tests.tui.drawing import RUNBOOK
from tui.runbook.model import Runbook
from tui.runbook.walk import steps_of
from tui.session import events as ev
from tui.session.folding.fold import apply, fold
from tui.session.outcome import Outcome, OutcomeKind
from tui.session.state import SessionState, StepStatus
from tui.session.views.called import count_again
from tui.session.views.handover import handover_summary
from tui.session.views.usual import Usual, WholeUsual
from tui.text.amounts import roughly
from tui.text.block import Piece
from tui.widgets.foot.text import vitals_line
from tui.widgets.frames import Printed, counts_of, legend, output_foot, output_head, step_title, title_fits
from tui.widgets.glyphs import STYLES, attempt_sign
from tui.widgets.head.progress_text import people_left, progress_row
from tui.widgets.looks.bars import bar, segments
from tui.widgets.moment import Moment
from tui.widgets.output.rows import OutOfSight
from tui.widgets.seen import seen
from tui.widgets.step.pace import pace_lines

OPENS = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
WIDTHS = range(60, 251)


def state_of(*events: ev.AnyEvent, text: str = SMALL) -> SessionState:
    runbook = convert(tomli.loads(text), Runbook)
    begun = ev.SessionStarted(
        session="s", flow="deploy", method="docker", operator="ana", title="Shop", runbook_hash="", variables={}
    )
    return fold(runbook, [ev.Entry(seq, OPENS, 0.0, event) for seq, event in enumerate((begun, *events))])


def budgeted() -> str:
    """The runbook with a window, and a change and its rollback that take time."""
    window = '[window]\ndays = ["tue"]\nstarts = "02:00"\nends = "04:00"\n'
    text = SMALL.replace("[hosts.web]", window + "[hosts.web]", 1)
    text = text.replace('id = "switch-docker"', 'id = "switch-docker"\nbudget = "10m"')
    return text.replace('id = "switch-back"', 'id = "switch-back"\nbudget = "5m"')


def skipped(*steps: str) -> list[ev.AnyEvent]:
    return [ev.StepSkipped(step=step, operator="ana", reason="x") for step in steps]


def ran(step: str, outcome: Outcome | None, seconds: float = 0.5) -> list[ev.AnyEvent]:
    found: list[ev.AnyEvent] = [
        ev.StepOpened(step=step, operator="ana"),
        ev.AttemptStarted(attempt=1, step=step, action=0, host="web", command="x", mutates=False),
    ]
    return found if outcome is None else [*found, ev.AttemptFinished(attempt=1, outcome=outcome, seconds=seconds)]


def told(pieces: list[Piece]) -> str:
    return "".join(text for text, _ in pieces)


def row(ends: tuple[list[Piece], list[Piece]]) -> str:
    return told(ends[0]) + told(ends[1])


# bars


@pytest.mark.parametrize("share", [-1.0, 0.0, 0.25, 0.5, 1.0, 7.0])
def test_a_bar_is_as_wide_as_it_is_told_and_heavy_where_it_is_done(share: float) -> None:
    for width in range(40):
        drawn = told(bar(width, share, "$st-good"))
        assert cell_len(drawn) == width
        assert drawn.count("━") == int(max(0.0, min(1.0, share)) * width)


def test_what_is_usual_is_marked_on_the_bar() -> None:
    assert told(bar(8, 0.25, "$st-run", 0.5)) == "━━──┼───"
    assert told(bar(8, 0.75, "$st-run", 0.5)) == "━━━━╂━──"
    assert "┼" not in told(bar(8, 0.25, "$st-run", 1.5))


def test_sections_share_the_row_and_none_is_left_out() -> None:
    parts = ((9, 9), (0, 1), (3, 40), (0, 2))
    for width in range(8, 120):
        drawn = told(list(segments(parts, width)))
        assert cell_len(drawn) == width
        assert len(drawn.split(" ")) == len(parts)
    assert segments(parts, 6) == ()
    assert segments((), 80) == ()


def test_a_section_is_not_drawn_as_done_before_it_is() -> None:
    assert told(list(segments(((39, 40),), 10))) == "━━━━━━━━━─"


# the row of the progress


def test_the_progress_never_is_wider_than_the_screen_and_names_the_step_it_is_at() -> None:
    state = state_of(*skipped("look", "backup", "announce"), text=budgeted())
    moment = Moment(state=state, now=OPENS + timedelta(minutes=5))
    for width in WIDTHS:
        line = row(progress_row(moment, width))
        assert cell_len(line) <= width
        assert line.startswith(" 4 of 4 ")
        assert "window 1 h 55 m" in line
        assert ("5:00 gone" in line) is (width >= 100)
        assert ("rollback fits until" in line) is (width >= 150)


def test_a_warning_outlives_the_sections() -> None:
    state = state_of(*skipped("look", "backup", "announce"), text=budgeted())
    for width in (80, 120, 200):
        line = row(progress_row(Moment(state=state, now=OPENS + timedelta(minutes=106)), width))
        assert "▲ the next step and a rollback no longer fit" in line
        assert cell_len(line) <= width


def test_what_is_left_counts_peoples_time_where_earlier_sessions_came_to_this_step() -> None:
    state = state_of(*skipped("look"))
    to_come = {"look": 1500.0, "backup": 1020.0, "announce": 700.0}
    usual = WholeUsual(to_come={step: Usual(left, left, left, 3) for step, left in to_come.items()})
    moment = Moment(state=state, now=OPENS, whole=usual)
    line = row(progress_row(moment, 120))
    assert "≈ 17 m left" in line
    assert "≈ 02:17" in line
    assert "done" not in line
    assert "done ≈ 02:17" in row(progress_row(moment, 200))
    later = replace(moment, now=OPENS + timedelta(minutes=3))
    assert "≈ 14 m left" in row(progress_row(later, 120)), "the time at the step is taken off"
    assert "≈ 02:17" in row(progress_row(later, 120))
    assert people_left(state, usual, OPENS + timedelta(hours=1)) == 700, "what comes after the step is still left"
    assert "≈" not in row(progress_row(Moment(state=state, now=OPENS), 120))
    assert people_left(state_of(*skipped("look", "backup", "announce")), usual, OPENS) == 0, "a step of which none know"


@pytest.mark.parametrize(("seconds", "words"), [(12, "12 s"), (59, "59 s"), (102, "2 m"), (5280, "1 h 28 m")])
def test_what_is_guessed_is_not_said_to_the_second(seconds: float, words: str) -> None:
    assert roughly(seconds) == words


def test_at_the_end_every_step_is_counted() -> None:
    state = state_of(*skipped("look", "backup", "announce", "switch-docker"))
    assert row(progress_row(Moment(state=state, now=OPENS), 80)).startswith(" 4 of 4 ")


# the row of the vitals


def test_what_is_not_good_is_told_before_what_is_and_first_of_all_what_tripped() -> None:
    text = RUNBOOK.read_text(encoding="utf-8")
    sampled = [
        ev.MonitorSampled(monitor=name, value=value, clock=9.0)
        for name, value in {"errors": 0.2, "speed": 0.1, "memory": 1.0, "workers": 1.0, "cpu": 99.0}.items()
    ]

    def places(*events: ev.AnyEvent) -> list[int]:
        line = told(vitals_line(Moment(state=state_of(*sampled, *events, text=text), now=OPENS), 200))
        return [line.index(title) for title in ("Response time", "CPU", "Error rate")]

    response, cpu, errors = places()
    assert cpu < errors < response
    response, cpu, errors = places(ev.TriggerTripped(trigger="speed", monitor="speed", value=6.0, dwell=300.0))
    assert response < cpu < errors


def test_the_vitals_name_each_host_and_what_is_wrong_with_it() -> None:
    links = {"web": "connected", "db": "not answering", "cache": "not connected"}
    line = told(vitals_line(Moment(state=state_of(), now=OPENS, links=links), 80))
    assert line.startswith("● web  ✖ db not answering  ○ cache not connected")
    assert line.endswith("✔ recorded")
    assert "recorded" not in told(vitals_line(Moment(state=state_of(), now=OPENS, trouble="disk full"), 80))


@pytest.mark.parametrize("link", ["not connected", "connecting"])
def test_a_connection_that_is_gone_under_a_command_is_lost_until_it_is_there_again(link: str) -> None:
    under = ev.AttemptStarted(attempt=1, step="look", action=0, host="web", command="uptime")
    running = state_of(under)
    lost = state_of(under, ev.LinkChanged(host="web", link="connection lost"))

    def vitals(state: SessionState) -> str:
        return told(vitals_line(Moment(state=state, now=OPENS, links={"web": link}), 80))

    assert vitals(lost).startswith("✖ web connection lost")
    assert vitals(running).startswith(f"○ web {link}"), "nothing is wrong before it was ever there"


def test_a_host_that_waits_for_a_login_is_told_with_the_key_for_it_once() -> None:
    links = {"web": "logged out", "db": "connected"}
    moment = Moment(state=state_of(), now=OPENS, links=links)
    assert told(vitals_line(moment, 80)).startswith("✖ web logged out  ● db  log in again: F9  ")
    for nobody in ({"read_only": "ben has it"}, {"replayed": True}):
        assert "log in" not in told(vitals_line(replace(moment, **nobody), 80))


def test_a_connected_host_has_its_round_trip_beside_it_and_amber_where_it_is_slow() -> None:
    links = {"web": "connected", "db": "connected", "far": "connected", "gone": "not answering"}
    trips = {"web": 0.0408, "db": 0.0002, "far": 0.31, "gone": 0.05}
    line = vitals_line(Moment(state=state_of(), now=OPENS, links=links, round_trips=trips), 120)
    assert told(line).startswith("● web 41 ms  ● db 1 ms  ● far 310 ms  ✖ gone not answering")
    styles = dict(line)
    assert styles[" 310 ms"] == STYLES["turn"] != styles[" 41 ms"]


# frames


def test_a_list_of_steps_counts_them_and_keeps_what_matters_where_it_is_narrow() -> None:
    state = state_of(*skipped("look"), *ran("backup", Outcome(OutcomeKind.FAILED, 3)))
    steps = [step.id for _, step in state.plan()]
    state = replace(state, steps={**state.steps, "backup": replace(state.step("backup"), status=StepStatus.FAILED)})
    counts = counts_of(state, steps)
    assert told(legend(counts, 80)) == "✖ 1 failed · ○ 2 to do · ↷ 1 skipped"
    assert told(legend(counts, 32)) == "✖ 1 failed · ○ 2 to do"
    assert told(legend(counts, 20)) == "✖ 1 failed"
    assert told(legend(counts, 8)) == ""


def test_the_frame_of_a_step_says_its_state_and_its_title_where_that_is_whole() -> None:
    state = state_of()
    step = next(step for _, step in state.plan())
    assert told(step_title(state, step, 60)) == "2 ○ to do  Look around"
    assert title_fits(state, step, 60)
    assert told(step_title(state, step, 24)) == "2 ○ to do", "the card's first row has the title then"
    assert not title_fits(state, step, 24)


FRAME, BESIDE_TROUBLES = 47, 40
"""Cells of a step's frame in a terminal of 80 columns: beside the plan, and beside what is to be tried."""


def test_in_a_terminal_of_80_columns_the_frame_names_the_steps_of_the_bundled_runbook_and_cuts_none() -> None:
    """By its short title where there is no room for the other, which is then the card's first row."""
    bundled_one = bundled_runbook()
    state = fold(bundled_one, [ev.Entry(0, OPENS, 0.0, begun_with("a"))])
    steps = [step for _, step in steps_of(bundled_one)]
    assert len(steps) > 150
    unnamed = []
    for step, status, width in product(steps, StepStatus, (FRAME, BESIDE_TROUBLES)):
        stands = replace(state, steps={step.id: replace(state.step(step.id), status=status)})
        said = told(step_title(stands, step, width))
        assert "…" not in said
        assert title_fits(stands, step, width) == said.endswith(f"  {step.title}")
        unnamed += [said] if width == FRAME and "  " not in said else []
    assert unnamed == []


def begun_with(method: str) -> ev.SessionStarted:
    return ev.SessionStarted(
        session="s", flow="deploy", method=method, operator="ana", title="x", runbook_hash="", variables={}
    )


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        (None, "▶ running"),
        (Outcome.exited(0), "✔ succeeded in 0.5 s"),
        (Outcome(OutcomeKind.UNKNOWN, detail="lost"), "? UNKNOWN"),
        (Outcome(OutcomeKind.TIMED_OUT), "✖ timed out"),
    ],
)
def test_the_frame_of_the_output_says_how_it_ended(outcome: Outcome | None, words: str) -> None:
    state = state_of(*ran("look", outcome))
    assert f"3 Output  {words}" in told(output_head(state, 1))
    assert told(output_head(state, 0)) == "3 Output"


def test_a_time_that_does_not_fit_beside_how_it_ended_is_not_cut_but_gone() -> None:
    state = state_of(*ran("look", Outcome.exited(1)))
    whole = "3 Output  ✔ ended (exit 1) in 0.5 s"
    assert told(output_head(state, 1, len(whole) + 6)) == whole
    assert told(output_head(state, 1, len(whole) + 5)) == "3 Output  ✔ ended (exit 1)"


@pytest.mark.parametrize(("succeeded", "words"), [(False, "✖ resolved as failed"), (True, "✔ resolved as succeeded")])
def test_what_a_person_decided_is_not_called_unknown(succeeded: bool, words: str) -> None:
    said = ev.OutcomeResolved(attempt=1, operator="ana", succeeded=succeeded, reason="seen")
    state = state_of(*ran("look", Outcome(OutcomeKind.UNKNOWN, detail="lost")), said)
    assert f"3 Output  {words}" in told(output_head(state, 1))
    assert attempt_sign(state.attempts[1])[0] == words[0]


def test_below_the_output_is_whose_it_is_and_whether_it_follows() -> None:
    state = state_of(*ran("look", None))
    foot = told(output_foot(state, 1, Printed(318, 21_504), [], 80))
    assert foot == "attempt 1 on web · 318 lines · 21 KiB · ⇣ following"
    held = Printed(318, 21_504, following=False, sight=OutOfSight(40), wrap="w")
    assert told(output_foot(state, 1, held, ["/x: match 1 of 3"], 44)) == "/x: match 1 of 3 · ‖ held, 40 below"
    for width in WIDTHS:
        assert cell_len(told(output_foot(state, 1, held, ["/x"], width))) <= width


def test_below_an_output_that_is_over_stands_whether_its_end_is_in_sight_and_what_wraps_cut_lines() -> None:
    state = state_of(*ran("look", Outcome.exited(0)))
    cut = Printed(5, 158, sight=OutOfSight(0, True), wrap="w")
    assert told(output_foot(state, 1, cut, [], 80)) == "attempt 1 on web · 5 lines · 158 B · end · w wraps"
    assert told(output_foot(state, 1, cut, [], 47)) == "attempt 1 on web · end · w wraps"
    assert told(output_foot(state, 1, cut, [], 21)) == "end · w wraps"
    assert told(output_foot(state, 1, cut, [], 17)) == "end"
    above = Printed(1500, 9, following=False, sight=OutOfSight(1240))
    assert told(output_foot(state, 1, above, [], 80)).endswith(" · ‖ held, 1,240 below")
    assert told(output_foot(state, 1, Printed(), [], 80)) == "attempt 1 on web", "nothing came: it has no end to see"


# the pace


def test_a_step_that_took_no_time_says_none() -> None:
    state = state_of(*ran("look", Outcome.exited(0), 0.0))
    step = next(step for _, step in state.plan())
    assert pace_lines(Moment(state=state, now=OPENS), step, 60) == [] or state.step("look").status.value == "running"


def test_the_pace_is_never_wider_than_the_card() -> None:
    state = state_of(*ran("look", None))
    step = next(step for _, step in state.plan())
    usual = {"look": Usual(40.0, 30.0, 50.0, 5)}
    for width in range(20, 120):
        lines = pace_lines(Moment(state=state, now=OPENS + timedelta(seconds=8), usual=usual), step, width)
        assert cell_len(told(lines[0])) <= width
    late = pace_lines(Moment(state=state, now=OPENS + timedelta(seconds=72), usual=usual), step, 60)
    assert "over its budget" in told(late[1])
    assert "silent for 1:12" in told(late[1])


# the ten states


RETRIED = SMALL.replace('run = "uptime"', 'run = "uptime"\nretry = { times = 3, every = "2s" }', 1)


def test_between_two_tries_a_step_is_trying_again_and_not_running() -> None:
    state = state_of(*ran("look", Outcome(OutcomeKind.FAILED, 1)), text=RETRIED)
    step = next(step for _, step in state.plan())
    checks = (ev.Check("exit status 0", "exit status 1", ok=False),)
    state = apply(state, ev.Entry(9, OPENS, 0.0, ev.AttemptChecked(attempt=1, checks=checks, retrying=True)))
    assert str(seen(state, step)) == "↻ trying again"
    counts = {StepStatus.RUNNING: 1, StepStatus.PENDING: 3}
    assert count_again(state, counts) == 1
    assert told(legend(counts, 80, 1)) == "↻ 1 trying again · ○ 3 to do"
    assert told(legend({StepStatus.RUNNING: 2}, 80, 1)) == "↻ 1 trying again · ▶ 1 running"
    assert told(legend(counts, 26, 1)) == "↻ 1 trying again"
    assert "Next: Look around (trying again)." in handover_summary(state)
