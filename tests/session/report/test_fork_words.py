"""What is told of a fork: all that its writer did, decided and sent, since the session's holder knows nothing of it."""

from datetime import UTC, datetime

import pytest

from tui.session import events as ev
from tui.session.approval.fork_words import LONGEST, MOST_SAID, said_in

AT = datetime(2026, 11, 24, 2, tzinfo=UTC)
TOLD = [
    (ev.StepReopened(step="stop", operator="ana", reason="it runs again"), "stop reopened: it runs again"),
    (ev.StepSkipped(step="stop", operator="ana", reason="not here"), "stop left out: not here"),
    (ev.StepHeld(step="stop", operator="ana", reason="seen"), "stop found as it was signed: seen"),
    (ev.QuestionAnswered(step="users", action=0, operator="ana", answer="yes\nmore"), "users answered: yes"),
    (ev.MessageSent(message="update", text="x", how="sent", operator="ana"), "the message update sent"),
    (ev.ValueCorrected(name="release", value="v3", operator="ana"), "release corrected: v3"),
    (
        ev.ApprovalGranted(step="stop", request=1, operator="ben", how=ev.AnsweredBy.NAME),
        "stop allowed by ben",
    ),
    (
        ev.ApprovalRefused(step="stop", request=1, operator="ben", how=ev.AnsweredBy.NAME, note="not now"),
        "stop refused by ben: not now",
    ),
    (ev.StartedAlone(step="stop", request=1, operator="ana", reason="asleep"), "stop started alone: asleep"),
    (ev.NoteAdded(text="stopped in the soak", operator="ana", step="stop", pauses=True), "stopped in the soak"),
    (ev.RollbackFinished(operator="ana"), "the rollback finished"),
    (ev.FollowUpDone(followup="watch", operator="ana"), "the follow-up watch done"),
]


def entries(*events: ev.AnyEvent) -> list[ev.Entry]:
    return [ev.Entry(seq, AT, float(seq), event) for seq, event in enumerate(events)]


@pytest.mark.parametrize(("event", "words"), TOLD, ids=lambda one: type(one).__name__)
def test_what_its_writer_did_is_told(event: ev.AnyEvent, words: str) -> None:
    assert said_in(entries(event)) == (words,)


def test_a_long_fork_is_told_up_to_a_number_of_events_and_the_rest_is_counted() -> None:
    notes = [ev.NoteAdded(text=f"{number} {'x' * LONGEST}", operator="ana") for number in range(MOST_SAID + 3)]
    told = said_in(entries(*notes))
    assert told[-1] == "and 3 more"
    assert {len(words) for words in told[:-1]} == {LONGEST}
