"""What is known of a session stands in the titles of its sections and steps, live, in a replay and read again."""

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from tests.runbook.documents import FULL
from tests.support.runbooks.runbooks import SMALL
from tui.errors import RunbookInvalid
from tui.runbook.model import Number
from tui.runbook.reading.load import load_text
from tui.runbook.templates.told_titles import titled
from tui.screens.watch.text import trigger_lines
from tui.session import events as ev
from tui.session.folding.fold import apply, fold
from tui.session.samples import Limit, limits
from tui.session.state import initial, step_by_id

AT = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
TEXT = (
    SMALL.replace('title = "Back up"', 'title = "Back up {{ release }}, before it {{ tag_before }}"')
    .replace('title = "Change"', 'title = "Change to {{ release }}"')
    .replace('title = "Look around"', 'title = "Look around as {{ operator }}"')
)
BEGUN = ev.SessionStarted(
    session="s",
    flow="deploy",
    method="docker",
    operator="ana",
    variables={"release": "v2"},
    title="Shop",
    runbook_hash="",
)


def entries(*events: ev.AnyEvent) -> list[ev.Entry]:
    return [ev.Entry(place, AT, float(place), event) for place, event in enumerate(events)]


def test_a_title_says_what_is_known_by_then() -> None:
    runbook = load_text(TEXT, "r")
    state = apply(initial(runbook), entries(BEGUN)[0])
    assert [section.title for section in state.runbook.sections][:2] == ["Before", "Change to v2"]
    assert step_by_id(state.runbook, "backup").title == "Back up v2, before it (tag before: no value yet)"
    assert step_by_id(state.runbook, "look").title == "Look around as ana"
    captured = ev.ValueCaptured(step="look", name="tag_before", value="v1\nand more")
    handed = ev.SessionHandedOver(previous="ana", operator="ben", machine="m", summary="")
    after = fold(runbook, entries(BEGUN, captured, handed))
    assert step_by_id(after.runbook, "backup").title == "Back up v2, before it v1 and more"
    assert step_by_id(after.runbook, "look").title == "Look around as ben"
    assert [step.title for _, step in after.plan()][1] == "Back up v2, before it v1 and more"
    corrected = ev.ValueCorrected(name="release", value="v3", operator="ben", reason="typo")
    assert fold(after.runbook, entries(BEGUN, captured, handed, corrected)).runbook.sections[1].title == "Change to v3"


def test_a_value_is_no_longer_than_a_title_has_room_for() -> None:
    long = ev.ValueCaptured(step="look", name="tag_before", value="v" * 500)
    after = fold(load_text(TEXT, "r"), entries(BEGUN, long))
    assert step_by_id(after.runbook, "backup").title == f"Back up v2, before it {'v' * 60}"


EVERYWHERE = [
    ('title = "Docker"', 'title = "Docker {{ release }}"'),
    ('title = "Deploy"', 'title = "Deploy {{ release }}"\ntext = "Takes {{ release }} live."'),
    (
        'title = "Errors"',
        'title = "Errors of {{ release }}"\nlook_for = ["new in {{ release }}"]\naccess = "{{ operator }}"',
    ),
    ('title = "Health"', 'title = "Health of {{ release }}"'),
    ('title = "Down"', 'title = "{{ release }} is down"'),
    ('symptoms = ["502"]', 'symptoms = ["502 of {{ release }}"]'),
    ('title = "Restart"\n\n[[', 'title = "Restart {{ release }}"\nwhen = "{{ release }} hangs"\n\n[['),
    ('title = "Error rate above 10%"', 'title = "Error rate of {{ release }}"'),
    ('title = "Watch"', 'title = "Watch {{ release }}"'),
    ('title = "Switched"', 'title = "Switched to {{ release }}"'),
]


def test_every_title_and_short_text_says_what_is_known() -> None:
    text = FULL
    for old, new in EVERYWHERE:
        assert old in text, old
        text = text.replace(old, new, 1)
    runbook = apply(initial(load_text(text, "r")), entries(BEGUN)[0]).runbook
    (issue,), (link,) = runbook.troubleshooting, runbook.dashboards
    flow = runbook.flows["deploy"]
    assert (runbook.methods["docker"].title, flow.title, flow.text) == ("Docker v2", "Deploy v2", "Takes v2 live.")
    assert (link.title, link.look_for, link.access) == ("Errors of v2", ("new in v2",), "ana")
    assert (runbook.endpoints[0].title, issue.title, issue.symptoms) == ("Health of v2", "v2 is down", ("502 of v2",))
    assert (issue.solutions[0].title, issue.solutions[0].when) == ("Restart v2", "v2 hangs")
    assert runbook.rollback_reasons[0].title == "Error rate of v2"
    assert (runbook.followups[0].title, runbook.checklist[0].title) == ("Watch v2", "Switched to v2")


MONITOR = """
[monitors.queue]
title = "Queue of {{ release }}"
run = "queue"
number = { name = "jobs of {{ release }}", pattern = '{{ release }}: (\\d+)', below = "{{ limit }}", unit = "jobs" }
share_of = '{{ release }} of (\\d+)'

[variables.limit]
prompt = "How many jobs may wait?"
default = "50"
"""


def test_a_monitor_measures_with_the_values_of_the_session() -> None:
    begun = replace(BEGUN, variables={"release": "v2.0", "limit": "20"})
    state = apply(initial(load_text(SMALL + MONITOR, "r")), entries(begun)[0])
    monitor = state.runbook.monitors["queue"]
    wanted = Number(name="jobs of v2.0", pattern=r"v2\.0: (\d+)", below=20.0, unit="jobs")
    assert (monitor.title, monitor.number, monitor.share_of) == ("Queue of v2.0", wanted, r"v2\.0 of (\d+)")
    assert limits(state.runbook, "queue") == (Limit(value=20.0, high=True, included=False),)
    before = titled(load_text(SMALL + MONITOR, "r"), {})
    assert before.monitors["queue"].number.below == 50.0


def test_a_bound_of_a_monitor_that_is_no_number_bounds_nothing() -> None:
    begun = replace(BEGUN, variables={"release": "v2", "limit": "many"})
    state = apply(initial(load_text(SMALL + MONITOR, "r")), entries(begun)[0])
    assert limits(state.runbook, "queue") == ()


TRIGGER = """
[triggers.queue]
monitor = "queue"
above = "{{ limit }}"
for = "5m"
reason = "error-rate"
title = "Too many jobs of {{ release }}"

[[rollback_reasons]]
id = "error-rate"
title = "Error rate"
"""


@pytest.mark.parametrize(("limit", "bound", "armed"), [("20", 20.0, True), ("40", 40.0, False), ("many", None, False)])
def test_the_bound_of_a_trigger_may_be_a_value_of_the_session(limit: str, bound: float | None, armed: bool) -> None:
    begun = replace(BEGUN, variables={"release": "v2", "limit": limit})
    sampled = ev.MonitorSampled(monitor="queue", value=30.0, clock=1.0)
    state = fold(load_text(SMALL + MONITOR + TRIGGER, "r"), entries(begun, sampled))
    trigger = state.runbook.triggers["queue"]
    assert trigger.title == "Too many jobs of v2"
    assert trigger.above == (bound if bound is not None else limit)
    assert [one.value for one in limits(state.runbook, "queue") if one.lasting] == ([bound] if bound else [])
    assert state.triggers["queue"].armed is armed
    assert any(
        "is not known yet" in "".join(text for text, _ in line) for line in trigger_lines(state, "queue", 80)
    ) is (bound is None)


def test_a_bound_of_a_trigger_has_to_be_a_number_or_a_value() -> None:
    for written, told in (('"{{ gone }}"', "no value for {{ gone }} here"), ('"high"', "above")):
        with pytest.raises(RunbookInvalid) as caught:
            load_text(SMALL + MONITOR + TRIGGER.replace('"{{ limit }}"', written), "r")
        assert any(told in str(one) for one in caught.value.problems)


def test_a_runbook_without_values_in_its_titles_stays_the_one_that_it_is() -> None:
    runbook = load_text(SMALL, "r")
    assert fold(runbook, entries(BEGUN)).runbook is runbook


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("utc_time", "{{ utc_time }} changes while a session is open, and a title does not"),
        ("gone", "no value for {{ gone }} here"),
        ("db_password", '"db_password" is a secret and never becomes part of a text'),
    ],
)
def test_a_title_that_would_never_be_right_is_refused(name: str, told: str) -> None:
    with pytest.raises(RunbookInvalid) as caught:
        load_text(SMALL.replace('title = "Back up"', f'title = "Back up {{{{ {name} }}}}"'), "r")
    assert [problem.message for problem in caught.value.problems] == [told]
