"""A step that is to be signed although a check warned: what it warned of is seen, and the trouble it looks like."""

from tests.tui.test_step_card import BUNDLED, GOOD, NOW, before, begun, ended, state_of, text
from tui.keys import Keys
from tui.screens.run.text import check_lines
from tui.session import events as ev
from tui.session.groups.printed_alike import to_look_at
from tui.session.outcome import Outcome
from tui.session.possible.refusals import Situation
from tui.session.state import SessionState, StepStatus, step_by_id
from tui.session.views.symptoms import likely
from tui.widgets.moment import Moment
from tui.widgets.offers.next_act import next_act
from tui.widgets.offers.of_session import beside, offered
from tui.widgets.step.text import card


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
