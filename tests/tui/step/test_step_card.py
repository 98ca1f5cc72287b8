"""The step's card: what it says in each state, that nothing is wider than it."""

from datetime import timedelta

import pytest
import tomli
from msgspec import convert
from msgspec.structs import replace
from rich.cells import cell_len

from tests.support.runbooks.runbooks import SMALL
from tests.tui.step.card import (
    BUNDLED,
    COMMAND,
    ERROR,
    EVERY,
    GOOD,
    MIGRATE,
    NOT_NEEDED,
    NOW,
    SAID,
    SIGN,
    SKIPPED,
    TODO,
    before,
    begun,
    drawn,
    ended,
    moment,
    prose,
    state_of,
    text,
)
from tui.execution.judging.expectations import check_answer
from tui.runbook.model import Runbook
from tui.runbook.reading.load import load_text
from tui.screens.run.text import check_lines
from tui.session import events as ev
from tui.session.outcome import Outcome, OutcomeKind
from tui.session.state import StepStatus, step_by_id
from tui.session.views.called import again_words, count_again
from tui.text.block import NO_BREAK
from tui.widgets.checklist.trouble_outline import trouble_outline
from tui.widgets.frames import output_head
from tui.widgets.moment import Moment
from tui.widgets.offers.next_act import next_act
from tui.widgets.seen import seen
from tui.widgets.step.text import card
from tui.widgets.step.ticks import received


def test_a_title_that_its_frame_shows_whole_is_not_said_again_beside_a_scroll_bar() -> None:
    """The bar takes a cell of the card, none of its frame."""
    moment = Moment(state=state_of(*before(MIGRATE)), now=NOW)
    assert "Run the database migrations" not in text(card(moment, MIGRATE, 40, framed=46))
    assert "Run the database migrations" in text(card(moment, MIGRATE, 40, framed=40))


@pytest.mark.parametrize("name", EVERY)
def test_no_row_is_wider_than_the_card_and_each_is_one_row(name: str) -> None:
    for width in (24, 36, 45, 58, 75, 120, 188):
        for height in (0, 6, 12, 24):
            for row in drawn(EVERY[name], width, height)[4:]:  # without the keys
                assert cell_len(row.text) <= width, (width, height, row.text)
                assert "\n" not in row.text


def test_before_a_step_begins_every_command_and_expectation_is_shown() -> None:
    found = prose(drawn(TODO, 75, 30))
    assert COMMAND in found
    assert "manage.py showmigrations" in found
    assert '· contains "[X]"' in found
    assert "■ POINT OF NO RETURN" in found
    assert "DESTRUCTIVE" in found
    assert "on production" in found


def test_while_it_runs_the_command_is_the_one_that_was_started() -> None:
    ran = "migrate --as-it-was-started"
    found = text(drawn(state_of(*before(MIGRATE), *begun(command=ran)), 75, 0))
    assert ran in found
    assert COMMAND not in found


def test_where_the_next_try_runs_something_else_both_are_shown() -> None:
    ran = "migrate --as-it-was-started"
    state = state_of(*before(MIGRATE), *begun(command=ran), *ended(Outcome.exited(1), ERROR, said=SAID))
    found = prose(drawn(state, 75, 0))
    assert ran in found
    assert "the next try runs" in found
    assert COMMAND in found


def test_what_held_is_ticked_and_says_what_it_got_where_that_tells_more() -> None:
    found = text(drawn(SIGN, 60, 0))
    assert "✔ exit status 0" in found
    assert '✔ contains "[X]"' in found
    assert "got found" not in found
    state = state_of(
        *before(MIGRATE), *begun(), *ended(Outcome.exited(0), GOOD, ev.Check("cpu below 70 %", "47 %", ok=True))
    )
    assert "✔ cpu below 70 %  got 47 %" in text(drawn(state, 60, 0))


def test_what_came_last_before_nobody_knew_is_no_error_once_a_person_has_decided() -> None:
    lost = ended(Outcome(OutcomeKind.UNKNOWN, detail="the connection was lost"), said="migrating")
    decided = ev.OutcomeResolved(attempt=1, operator="ana", succeeded=False, reason="half of it")
    found = drawn(state_of(*before(MIGRATE), *begun(), *lost, decided), 60, 0)
    assert "got ana: half of it\n     last line: migrating" in text(found)


def test_of_nothing_it_is_not_said_that_it_was_got() -> None:
    bad = ev.Check("a value for token in the output", "none found", ok=False)
    found = text(drawn(state_of(*before(MIGRATE), *begun(), *ended(Outcome.exited(0), GOOD, bad)), 60, 0))
    assert "✖ a value for token in the output\n     none found" in found


def test_work_done_by_hand_is_not_told_twice() -> None:
    done = ev.Check("done by hand", "done", ok=True)
    assert received(done) == ""
    assert received(replace(done, came="not done: no access", ok=False)) == "not done: no access"


def test_a_warning_is_told_and_is_no_failure() -> None:
    warned = ev.Check("disk below 80 %", "91 %", ok=False, warning=True)
    state = state_of(*before(MIGRATE), *begun(), *ended(Outcome.exited(0), GOOD, warned))
    assert "! disk below 80 %\n     got 91 %" in text(drawn(state, 60, 0))


def test_who_skipped_it_and_why_and_why_it_is_not_needed() -> None:
    assert "by ben at 02:00:00 UTC: done by hand" in prose(drawn(SKIPPED))
    assert "no migration is new" in prose(drawn(NOT_NEEDED))
    for state, word in ((SKIPPED, "skipped"), (NOT_NEEDED, "not needed")):
        assert word not in prose(drawn(state))  # the frame says it


def test_the_attempts_the_trouble_and_the_way_back_stand_below() -> None:
    again = [*begun(number=2), *ended(Outcome.exited(1), ERROR, number=2, said=SAID)]
    state = state_of(*before(MIGRATE), *begun(), *ended(Outcome.exited(1), ERROR, said=SAID), *again)
    issue = BUNDLED.troubleshooting[0]
    found = text(drawn(state, 75, 0, issue=issue.title))
    assert "✖ 1  ✖ 2   a compares them" in found.replace(NO_BREAK, " ")
    assert f" looks like  {issue.title}   t opens it: " in found
    assert " rollback    " in found
    assert "from here" in found
    order = [found.index(word) for word in ("✖ exit status 0", " looks like", " attempts", " rollback", " note")]
    assert order == sorted(order)


@pytest.mark.parametrize("method", ["a", "b"])
def test_of_a_known_trouble_only_what_its_screen_shows_is_counted(method: str) -> None:
    issue = next(one for one in BUNDLED.troubleshooting if "Celery" in one.title)
    failed = state_of(*before(MIGRATE), *begun(), *ended(Outcome.exited(1), ERROR, said=SAID))
    state = replace(failed, facts={**failed.facts, "method": method})
    find_out, *_ = trouble_outline(state, issue, 80).parts
    assert len(find_out.steps) < len(issue.diagnosis)
    assert f"opens it: {len(find_out.steps)} checks, 4 solutions" in text(drawn(state, 120, 0, issue=issue.title))


def test_what_is_signed_has_each_expectation_below_the_command_it_is_of() -> None:
    again = [*begun(number=1), *ended(Outcome.exited(1), ERROR), *begun(number=2)]
    good = ev.Check("exit status 0", "exit status 0", ok=True)
    none_left = ev.Check("exit status 1", "exit status 1", ok=True)
    state = state_of(
        *before(MIGRATE),
        *again,
        *ended(Outcome.exited(0), good, number=2),
        *begun(command="showmigrations", number=3, action=1),
        *ended(Outcome.exited(1), none_left, number=3),
    )
    lines = check_lines(state, step_by_id(BUNDLED, MIGRATE))
    assert [line[:1] for line in lines] == ["f", "s", "✔", "s", "✔", "!"]
    assert (lines[2], lines[4]) == ("✔ exit status 0", "✔ exit status 1")


def test_blank_rows_go_first_and_then_what_the_other_actions_do() -> None:
    tall, low, lower = (drawn(TODO, 75, height) for height in (0, 20, 8))
    assert any(row.blank for row in tall)
    assert not any(row.blank for row in low)
    assert "showmigrations" in text(low)
    assert "[X]" not in text(lower)


# a question, a message, and between two tries

ASKED = SMALL.replace(
    'answer = "number"', 'answer = "choice"\nchoices = ["keep", "drop"]\nloses_data = ["drop"]'
).replace(
    'expect = { numbers = [{ name = "errors", below = 5 }] }',
    'consequences = { keep = "The old rows stay.", drop = "The old rows are gone." }',
)


def test_a_choice_shows_what_follows_from_each() -> None:
    runbook = convert(tomli.loads(ASKED), Runbook)
    state = state_of(
        *before("announce", runbook),
        ev.StepOpened(step="announce", operator="ana"),
        ev.MessageSent(message="notice", operator="ana", how="copied", text="x", step="announce", action=0),
        runbook=runbook,
    )
    found = text(drawn(state, 60, 0, "announce"))
    assert "1 ✔ Message: Notice" in found
    assert "2 ◆ How many errors?" in found
    assert "○ keep  The old rows stay." in found
    assert "○ drop  The old rows are gone.  ✖ loses data" in found


ANSWERED = (
    ({"answer": "yes-no"}, "y", "✔ the answer is yes"),
    ({"answer": "yes-no"}, "no", "✖ the answer is yes"),
    ({"answer": "choice", "choices": ["keep", "drop"]}, "KEEP", "✔ the answer is keep or drop  got keep"),
    ({"answer": "text"}, "yes", '✔ an answer  got "yes"'),
    ({"answer": "text", "expect": {"contains": ["v2"]}}, "at v2", "answered at v2"),
    ({"answer": "number", "expect": {"numbers": [{"name": "errors", "below": 5, "unit": "%"}]}}, "3", "got 3 %"),
)


@pytest.mark.parametrize(("asked", "answer", "said"), ANSWERED)
def test_what_was_answered_is_said_once(asked: dict[str, object], answer: str, said: str) -> None:
    document = tomli.loads(SMALL)
    document["sections"][0]["steps"][0]["actions"] = [{"ask": "Which?", **asked}]
    runbook = convert(document, Runbook)
    step = runbook.sections[0].steps[0]
    checks = check_answer(step.actions[0], answer)
    given = ev.QuestionAnswered(step=step.id, action=0, operator="ana", answer=answer, checks=checks)
    found = text(drawn(state_of(ev.StepOpened(step=step.id, operator="ana"), given, runbook=runbook), 60, 0, step.id))
    assert said in found
    assert ("answered" in found) is ("answered" in said)
    assert found.count(" got ") <= 1
    assert "got yes" not in found


RETRIED = SMALL.replace('run = "uptime"', 'run = "uptime"\nretry = { times = 3, every = "2s" }', 1)


def test_between_two_tries_the_card_says_which_is_over_and_what_was_received() -> None:
    runbook = convert(tomli.loads(RETRIED), Runbook)
    check = ev.Check('contains "load"', "not found", ok=False)
    tried = [*begun("look", "uptime"), *ended(Outcome.exited(0), check, again=True)]
    between = text(drawn(state_of(*tried, runbook=runbook), 60, 0, "look", busy=True))
    assert "1 ↻ tried 1 of 4 times, again every 2 s" in between
    assert '↻ contains "load"\n     not found' in between
    assert "✖" not in between
    left = text(drawn(state_of(*tried, runbook=runbook), 60, 0, "look"))
    assert "It stopped between two commands" in left


AWAITED = SMALL.replace("format = 1", "format = 2").replace(
    'run = "uptime"', 'run = "uptime"\nuntil = { within = "30m" }', 1
)


def test_while_something_is_waited_for_the_card_says_which_try_it_is_and_for_how_long() -> None:
    runbook = load_text(AWAITED, "r")
    check = ev.Check('contains "load"', "not found", ok=False)
    tried = [*begun("look", "uptime"), *ended(Outcome.exited(0), check, again=True)]
    state = state_of(*tried, runbook=runbook)
    looked = moment(state, busy=True)
    looked = replace(looked, now=NOW + timedelta(seconds=8))
    between = text(card(looked, "look", 60, 12))
    assert "1 ↻ try 1, waiting for 0:08 of 30:00" in between
    assert '↻ contains "load"\n     not found' in between
    assert "✖" not in between
    step = next(step for _, step in state.plan() if step.id == "look")
    assert str(seen(state, step)) == "↻ waiting"
    act = next_act(looked, step)
    assert (act.verb, act.consequence) == ("WAITING", "asks again in 0:02")
    assert (again_words(state), count_again(state, {StepStatus.RUNNING: 1})) == ("waiting", 1)
    assert "".join(piece for piece, _ in output_head(state, 1)).startswith("3 Output  ↻ not there yet")
    gone = ended(Outcome(OutcomeKind.UNREACHABLE, detail="refused"), number=1)
    lost = replace(gone[0], retrying=True)
    without = text(card(moment(state_of(*begun("look", "uptime"), lost, runbook=runbook), busy=True), "look", 60, 12))
    assert "not there yet: unreachable: refused" in without
    assert "✖" not in without
