import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import tomli
from msgspec import convert
from msgspec.structs import replace

from tests.support.runbooks.runbooks import SMALL, small
from tui.exports.event_words import event_words
from tui.exports.gathering.gathered import gathered
from tui.exports.html.charts import course_of_steps
from tui.exports.html.graphs import graph, legend
from tui.exports.measured import MOST, Limit, changes, courses
from tui.exports.registry import render
from tui.exports.report import COLOUR, followups, people, rollback, shown_output, timeline
from tui.exports.source import Source
from tui.runbook.model import Runbook
from tui.session import events as ev
from tui.session.outcome import Outcome
from tui.session.state import initial
from tui.text.drawn import Drawn, drawn

WATCHED = (
    SMALL
    + """
[[followups]]
id = "review"
title = "Review"
within = "24h"
[[followups]]
id = "sentry"
title = "Look at Sentry"
within = "1h"
[monitors.errors]
title = "Error rate"
run = "errors"
number = { unit = "%", below = 10 }
[triggers.errors]
monitor = "errors"
above = 10
for = "1m"
reason = "errors"
"""
)
BEGAN = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


def session(*events: ev.AnyEvent, every: float = 10) -> Source:
    """The session of these events, after its beginning, each with its seconds after it."""
    runbook = convert(tomli.loads(WATCHED), Runbook)
    begun = ev.SessionStarted(
        session="one", flow="deploy", method="docker", operator="ana", second_operator="ben", title="", runbook_hash=""
    )
    entries = tuple(
        ev.Entry(seq, BEGAN + timedelta(seconds=seq * every), seq * every, event)
        for seq, event in enumerate((begun, *events))
    )
    return Source("one", runbook, gathered(runbook, entries), Path("nowhere"))


def sampled(*values: float | None) -> list[ev.AnyEvent]:
    return [ev.MonitorSampled(monitor="errors", value=value) for value in values]


def attempt(number: int, step: str, command: str, mutates: bool = False) -> list[ev.AnyEvent]:
    return [
        ev.StepOpened(step=step, operator="ana"),
        ev.AttemptStarted(attempt=number, step=step, action=0, host="web", command=command, mutates=mutates),
        ev.AttemptFinished(attempt=number, outcome=Outcome.exited(0), seconds=3),
    ]


def test_who_did_what_is_counted_in_the_order_they_came() -> None:
    found = people(
        session(
            ev.StepOpened(step="look", operator="ana"),
            ev.StepOpened(step="look", operator="ana", confirmed="retry", first=True),
            ev.StepOpened(step="look", operator="ana", confirmed="continue"),
            ev.StepSigned(step="look", operator="auto"),
            ev.StepSkipped(step="backup", operator="cy", reason="no"),
            ev.StepSigned(step="switch-docker", operator="ana", second_operator="ben"),
            ev.NoteAdded(text="one", operator="cy"),
            ev.NoteAdded(text="two", operator="cy"),
            ev.RollbackStarted(flow="rollback", operator="ana", reason="errors"),
        )
    )
    assert [(one.name, one.did) for one in found] == [
        (
            "ana",
            "began the session, started 1 step, retried 1 step, continued 1 step, signed 1 step, decided the rollback",
        ),
        ("ben", "stood by as second, was second at 1 sign-off"),
        ("cy", "skipped 1 step, wrote 2 notes"),
    ]


def test_follow_ups_are_due_from_the_end_on_the_first_due_first() -> None:
    going = followups(session())
    assert [(one.id, one.due, one.words) for one in going] == [
        ("sentry", None, "due 1 hour after the end"),
        ("review", None, "due 24 hours after the end"),
    ]
    over = followups(session(ev.SessionFinished(result="completed", operator="ana")))
    assert [one.words for one in over] == ["due 2026-11-23 03:00 UTC", "due 2026-11-24 02:00 UTC"]
    text = render(session(ev.SessionFinished(result="completed", operator="ana")), "md").decode()
    assert "- [ ] Look at Sentry – due 2026-11-23 03:00 UTC" in text


def test_a_follow_up_that_was_done_says_by_whom_and_is_ticked_in_every_report() -> None:
    source = session(
        ev.SessionFinished(result="completed", operator="ana"), ev.FollowUpDone(followup="sentry", operator="cy")
    )
    assert [one.done for one in followups(source)] == ["2026-11-23 02:00 UTC by cy", ""]
    assert ("cy", "did 1 follow-up") in [(one.name, one.did) for one in people(source)]
    assert "- [x] Look at Sentry – done 2026-11-23 02:00 UTC by cy" in render(source, "md").decode()
    assert "done 2026-11-23 02:00 UTC by cy" in render(source, "html").decode()


def test_what_was_rolled_back_left_nothing_to_look_after() -> None:
    back = ev.RollbackStarted(flow="rollback", operator="ana", reason="errors")
    assert followups(session(back, ev.SessionFinished(result="rolled back", operator="ana"))) == []


def test_the_rollback_in_figures() -> None:
    assert rollback(session()) is None
    found = rollback(
        session(
            *attempt(1, "switch-docker", "compose up", mutates=True),
            ev.RollbackStarted(flow="rollback", operator="ana", reason="errors"),
            ev.RollbackFinished(operator="ana"),
        )
    )
    assert found is not None
    assert (found.reason, found.operator, found.took, found.allowed) == ("errors", "ana", 10, None)
    assert [(one.step, one.plan) for one in found.steps] == [
        ("switch-back", "needed"),
        ("restart-units", "not needed"),
    ]


def test_the_timeline_says_each_thing_once_and_leaves_out_the_monitors_figures() -> None:
    rows = list(
        timeline(
            session(
                *attempt(1, "look", "uptime\nmore"),
                *sampled(1, 2),
                ev.AttemptChecked(attempt=1, checks=(ev.Check("load", "load", True),)),
                ev.AttemptChecked(attempt=1, checks=(ev.Check("load", "nothing", False),)),
                ev.TriggerTripped(trigger="errors", monitor="errors", value=12, dwell=60),
            )
        )
    )
    assert [(one.step, one.what, one.kind, one.attempt) for one in rows] == [
        ("", "session started: Deploy, Docker", "", 0),
        ("look", "started", "step", 0),
        ("look", "#1 web: failed (not as expected) in 3 s: uptime …", "", 1),
        ("look", "expected load, got nothing", "failure", 1),
        ("", "TRIGGER Error rate: above 10 % for 1:00, 12 % at last", "trigger", 0),
    ]


TRIPPED = ev.TriggerTripped(trigger="errors", monitor="errors", value=12, dwell=60)
BY_TRIGGER = "Error rate above 10 % for 1:00, 12 % at last"


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        ("", [("trigger", f"rollback proposed: {BY_TRIGGER}")]),
        (
            "Error rate above 10%",
            [("rollback", f"rollback started by ana; proposed at 02:00:20: {BY_TRIGGER}")],
        ),
        ("slow", [("trigger", f"rollback proposed: {BY_TRIGGER}"), ("rollback", "rollback started by ana")]),
    ],
)
def test_a_rollback_that_a_trigger_proposed_is_one_deviation_with_its_figure_followed_or_not(
    reason: str, told: list[tuple[str, str]]
) -> None:
    begun = [ev.RollbackStarted(flow="rollback", operator="ana", reason=reason)] if reason else []
    source = session(ev.StepOpened(step="look", operator="ana"), TRIPPED, *begun)
    assert [(one.kind, one.what) for one in source.deviations()] == told
    assert source.card().deviated == len(told)
    for form in ("md", "html", "json"):
        assert told[0][1] in render(source, form).decode()


def test_a_rollback_that_is_started_again_was_not_proposed_again() -> None:
    begun = ev.RollbackStarted(flow="rollback", operator="ana", reason="Error rate above 10%")
    noted = ev.NoteAdded(text="x", operator="ana")
    source = session(ev.StepOpened(step="look", operator="ana"), TRIPPED, begun, noted, begun)
    assert [one.what for one in source.deviations()] == [
        f"rollback started by ana; proposed at 02:00:20: {BY_TRIGGER}",
        "rollback started by ana",
    ]


def test_a_trigger_is_told_by_its_limit() -> None:
    tripped = TRIPPED
    state = session(tripped).state
    armed, cleared = (
        made(trigger="errors", monitor="errors", value=12) for made in (ev.TriggerArmed, ev.TriggerCleared)
    )
    assert [event_words(one, state)[2] for one in (armed, tripped, cleared)] == [
        "Error rate: above 10 %, at 12 %",
        "TRIGGER Error rate: above 10 % for 1:00, 12 % at last",
        "Error rate: no longer above 10 %, at 12 %",
    ]


def test_a_monitors_course_keeps_its_gaps_and_its_peaks() -> None:
    (course,) = courses(session(*sampled(1, None, 3)))
    assert [point.value for point in course.points] == [1, None, 3]
    assert [(one.value, one.trigger) for one in course.limits] == [(10, False), (10, True)]
    assert course.words == "1 % to 3 %, last 3 %, 1 without data"
    assert course.beside == "good below 10 %, above 10 % for 1 minute: rollback proposed"
    (long,) = courses(session(*sampled(*([0.0] * 1_000), 99, *([0.0] * 1_000)), every=1))
    assert len(long.points) <= MOST
    assert max(long.known) == 99
    (gone,) = courses(session(*sampled(None, None)))
    assert gone.words == "no data"


def test_a_course_is_drawn_as_a_line_for_each_stretch_between_gaps() -> None:
    (course,) = courses(session(*sampled(1, 2, None, 4)))
    drawn = graph(course)
    assert drawn.count("<polyline") == 2
    assert drawn.count('<line x1="92" x2="632"') == 3
    assert 'class="bound"' in drawn
    assert 'class="limit"' in drawn
    assert "<polyline" not in graph(courses(session(*sampled(None)))[0])


def test_what_is_beyond_a_limit_is_drawn_a_second_time_as_such() -> None:
    (course,) = courses(session(*sampled(1, 12, 14, 2, 10)))
    assert graph(course).count('class="beyond"') == 2
    assert [one.passed(10) for one in course.limits] == [True, False]


def test_the_graph_names_its_axis_and_its_lines() -> None:
    (course,) = courses(session(*sampled(1, 4)))
    drawn = re.sub("<[^>]*>", " ", graph(course))
    assert {"10 %", "0 %", "4 %", "02:00"} <= {word.strip() for word in drawn.split("  ")}
    assert "good below 10 %" in legend(course)


def test_a_trigger_far_beyond_everything_measured_does_not_flatten_the_course() -> None:
    (course,) = courses(session(*sampled(1, 4)))
    far = replace(course, limits=(Limit(value=2, high=True), Limit(value=500, high=True, lasting=60.0)))
    drawn = graph(far)
    assert 'class="bound"' not in drawn
    assert "above 500 %" in legend(far)


def test_the_strip_has_a_bar_for_each_step_that_was_opened() -> None:
    source = session(
        *attempt(1, "look", "uptime"), ev.StepSigned(step="look", operator="auto"), *attempt(2, "backup", "dump")
    )
    strip = course_of_steps(source, list(timeline(source)))
    assert strip is not None
    assert strip.count("<a href=") == 2
    assert 'class="bar signed"' in strip
    assert course_of_steps(session(), []) is None


@pytest.mark.parametrize(
    ("before", "after", "moved"), [(4, 5, "+25%"), (4, 4, "unchanged"), (0, 5, "from nothing"), (0, 0, "unchanged")]
)
def test_figures_before_the_first_change_stand_beside_the_last(before: float, after: float, moved: str) -> None:
    def measured(number: int, value: float) -> ev.ProbeMeasured:
        return ev.ProbeMeasured(attempt=number, service="db", check="ping", figures={"open_files": value})

    source = session(
        *attempt(1, "look", "ping"),
        measured(1, before),
        *attempt(2, "switch-docker", "compose up", mutates=True),
        *attempt(3, "look", "ping"),
        measured(3, after),
    )
    (found,) = changes(source)
    assert (found.service, found.what, found.before, found.after, found.moved) == (
        "db",
        "ping open files",
        str(before),
        str(after),
        moved,
    )
    assert moved in render(source, "md").decode()


def test_what_is_shown_of_an_output_keeps_to_both_bounds() -> None:
    class Fixed(Source, frozen=True):
        def output(self, attempt: int, lines: int) -> tuple[list[Drawn], int]:
            return [drawn(line) for line in (b"aaaa", b"bb", b"cc", b"\x1b[31mdd")], 7

    fixed = Fixed("one", small(), initial(small()), (), Path("nowhere"))

    def shown(characters: int) -> tuple[list[str], int]:
        lines, before = shown_output(fixed, 1, 4, characters)
        return [line.text for line in lines], before

    assert shown(100) == (["aaaa", "bb", "cc", "dd"], 7)
    assert shown(COLOUR + 9) == (["bb", "cc", "dd"], 8)
    assert shown(COLOUR) == ([], 11)
