"""The reason for a rollback that is offered first is what stopped the session."""

from tests.support.sessions.rolled_back import LOST, after, ran
from tui.session.outcome import Outcome
from tui.session.views.trouble import failure_words


def test_what_failed_is_the_reason_that_is_offered_first() -> None:
    assert failure_words(after()) == ""
    assert failure_words(after(ran("code", 1, Outcome.exited(0)))) == ""
    assert failure_words(after(ran("code", 1, Outcome.exited(1)))).startswith("Code failed: expected exit status 0")
    assert failure_words(after(ran("migrate", 1, LOST))) == "Migrate: its outcome is not known"
