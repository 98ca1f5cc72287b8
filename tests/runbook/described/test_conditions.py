"""Why a step does not apply, in the words that people know: never by the name of a value."""

import pytest

from tests.support.runbooks.bundled_runbook import bundled_runbook
from tui.runbook.described.conditions import why_not

FACTS = {"method": "b", "database_state": "recorded", "database_rollback": "leave", "migration_plan": "Planned"}


@pytest.mark.parametrize(
    ("step", "words"),
    [
        ("rollback-restore", "“What happens to the database?”: leave, not restore"),
        ("rollback-database-half", "“Compare the database with its record”: recorded, not half-made or not recorded"),
        ("rollback-stop-a", "only by Method A: Docker Compose"),
    ],
)
def test_the_question_or_the_step_that_decides_is_named(step: str, words: str) -> None:
    runbook = bundled_runbook()
    section = runbook.section("rollback")
    (found,) = [one for one in section.steps if one.id == step]
    assert why_not(runbook, section, found, FACTS) == words
