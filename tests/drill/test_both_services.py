"""A command of a rollback that starts both services starts both in every drill, whatever else it does there."""

import re
from pathlib import Path

import pytest

from tui.drill.scenario_files import load_scenario, scenario_files

BOTH = "sudo -n systemctl restart gunicorn celery"


@pytest.mark.parametrize("file", scenario_files(), ids=lambda file: file.stem)
def test_who_starts_both_services_starts_both(file: Path) -> None:
    """A rule for the one that stands before the one for both would leave the other stopped, and the rollback stuck."""
    rules = [rule for rule in load_scenario(file).rules if re.search(rule.match, BOTH) and not rule.exit]
    assert rules
    for rule in rules:
        assert rule.set.get("celery") == "up", rule.title
        if not rule.when:
            return
    raise AssertionError("no rule always fits")
