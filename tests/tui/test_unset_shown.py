"""What nobody has given a value is shown in words: no text, question or consequence keeps a placeholder."""

from tests.support.fake_clock import FakeClock
from tui.execution.commands import values_of
from tui.resources import bundled
from tui.runbook.reading.load import load
from tui.runbook.templates.filling import filled_action
from tui.runbook.templates.variables import worded
from tui.runbook.walk import steps_of
from tui.session.state import initial
from tui.widgets.moment import Moment
from tui.widgets.step.text import card, question

RUNBOOK = load(bundled("runbook.toml"))
NOW = FakeClock().now()


def test_a_text_a_question_and_a_consequence_say_that_there_is_no_value_yet() -> None:
    values = values_of(RUNBOOK, {"flow": "deploy"}, NOW)
    for _, step in steps_of(RUNBOOK):
        texts = [worded(step.text, values), worded(step.note, values)]
        for action in step.actions:
            texts += [question(action, values), *filled_action(action, values).consequences.values()]
        assert "{{" not in "".join(texts), step.id
    (dashboards,) = [step for _, step in steps_of(RUNBOOK) if step.id == "verify-dashboards"]
    shown = "".join(
        text for line in card(Moment(state=initial(RUNBOOK), now=NOW), dashboards.id) for text, _ in line.pieces
    )
    assert "Sentry counted (sentry before: no value yet) errors" in " ".join(shown.split())
