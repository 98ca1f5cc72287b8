"""A step that is to be signed although a check warned, or that failed: what is said of it, and what is not."""

from tests.tui.step.card import BUNDLED, GOOD, NOW, before, begun, ended, state_of, text
from tui.keys import Keys
from tui.screens.run.text import check_lines
from tui.session import events as ev
from tui.session.groups.printed_alike import to_look_at
from tui.session.outcome import Outcome
from tui.session.possible.refusals import Situation
from tui.session.state import SessionState, StepStatus, step_by_id
from tui.session.views.markers import MarkerKind, marker_of
from tui.session.views.symptoms import likely
from tui.session.views.trouble import failure_words
from tui.widgets.moment import Moment
from tui.widgets.offers.next_act import next_act
from tui.widgets.offers.of_session import beside, offered
from tui.widgets.step.text import card
from tui.widgets.step.ticks import in_brief_each


def to_sign_with_a_warning() -> SessionState:
    """Three commands have run; the first of them warned, and the last was good."""
    step, said = "verify-nginx", '"GET /static/css/base.css HTTP/2.0" 404 162'
    checks = [
        ev.Check('does not match //static/\\S+ HTTP/\\S+" 404 /', said, ok=False, warning=True),
        ev.Check("does not match /\\[(crit|alert|emerg)\\]/", "no match", ok=True),
        ev.Check("no output", "no output", ok=True),
    ]
    found = before(step)
    for place, check in enumerate(checks):
        found += begun(step, f"command {place}", place + 1, place)
        found += ended(Outcome.exited(0), GOOD, check, number=place + 1)
    return state_of(*found)


def test_what_warned_is_seen_where_it_is_to_be_signed_and_named_by_the_runbooks_words() -> None:
    state = to_sign_with_a_warning()
    assert state.step("verify-nginx").status is StepStatus.PASSED
    found = text(card(Moment(state=state, now=NOW), "verify-nginx", 45, 9))
    assert "1 ! sudo -n tail -n 50 /var" in found
    assert "! no static file is missing\n     got " in found
    assert "2 ✔ sudo -n tail -n 50 /var" in found
    assert "does not match" not in found
    act = next_act(Moment(state=state, now=NOW), step_by_id(BUNDLED, "verify-nginx"))
    assert act.consequence == "as ana: 1 warning"
    assert [line for line in check_lines(state, step_by_id(BUNDLED, "verify-nginx")) if line.startswith("!")] == [
        f"! no static file is missing  got {state.step('verify-nginx').checks[0][1].came}"
    ]


def test_the_output_and_the_trouble_of_a_step_to_sign_are_those_of_what_warned() -> None:
    state = to_sign_with_a_warning()
    assert to_look_at(state, "verify-nginx") == 1
    match = likely(BUNDLED, state, "verify-nginx")[0]
    assert (match.issue.id, match.attempt) == ("static-files", 1)
    moment = Moment(state=state, now=NOW, issue=match.issue.title, keys=Keys().on("run"))
    situation = Situation(state=state, step=step_by_id(BUNDLED, "verify-nginx"))
    offers = offered(moment, situation.step, situation)
    assert [one.name for one in beside(moment, situation.step, offers)][:1] == ["troubleshoot"]


def test_of_a_command_that_failed_the_runbooks_words_promise_nothing() -> None:
    step = "prepare-backup"
    checks = (ev.Check("exit status 0", "exit status 1", ok=False), ev.Check('contains "free: "', "found", ok=True))
    place = next(
        place
        for place, action in enumerate(step_by_id(BUNDLED, step).actions)
        if "twice the last" in action.expect.text
    )
    found: list[ev.AnyEvent] = before(step)
    for number in range(place):
        found += begun(step, f"command {number}", number + 1, number)
        found += ended(Outcome.exited(0), GOOD, number=number + 1)
    asked = begun(step, "df", place + 1, place)
    failed = state_of(*found, *asked, *ended(Outcome.exited(1), *checks, number=place + 1))
    shown = text(card(Moment(state=failed, now=NOW), step, 60, 30))
    assert '✔ contains "free: "' in shown, "that much was printed"
    assert "free space of twice" not in shown, "there was none"
    action = step_by_id(BUNDLED, step).actions[place]
    assert in_brief_each(action, checks[1:])[0].expected == action.expect.text, "it succeeded"


def test_a_rollbacks_reason_says_the_runbooks_words_for_a_pattern() -> None:
    step = "prepare-backup"
    actions = step_by_id(BUNDLED, step).actions
    place = next(place for place, action in enumerate(actions) if "twice the last" in action.expect.text)
    bad = ev.Check('contains "free: "', "not found; the last line is: df: /backups", ok=False)
    found: list[ev.AnyEvent] = before(step)
    for number in range(place):
        found += begun(step, f"command {number}", number + 1, number)
        found += ended(Outcome.exited(0), GOOD, number=number + 1)
    found += begun(step, "df", place + 1, place)
    found += ended(Outcome.exited(0), bad, number=place + 1)
    said = f"failed: expected {actions[place].expect.text}, but it was not found; the last line is: df: /backups"
    assert failure_words(state_of(*found)).endswith(said)


def test_what_a_second_person_was_asked_is_no_approval() -> None:
    state = state_of(*before("prepare-backup"))
    asked = ev.ApprovalRequested(
        step="prepare-backup", action=0, host="web", commands="", operator="ana", count=1, head="", expires=NOW
    )
    allowed = ev.ApprovalGranted(step="prepare-backup", request=1, operator="ben", how=ev.AnsweredBy.NAME)
    refused = ev.ApprovalRefused(step="prepare-backup", request=1, operator="ben", how=ev.AnsweredBy.NAME, note="")
    marked = [marker_of(ev.Entry(1, NOW, 0.0, event), state) for event in (asked, allowed, refused)]
    assert [one and one.kind for one in marked] == [MarkerKind.ASKED, MarkerKind.APPROVAL, MarkerKind.ASKED]
