"""Checks which flow a key or a command means where it names none."""

from tests.support.runbooks import small
from tui.runbook.facts import flow_of_kind
from tui.runbook.model import FlowKind


def test_the_first_of_a_kind_or_none() -> None:
    assert flow_of_kind(small(), FlowKind.ROLLBACK) == "rollback"
    assert flow_of_kind(small(), FlowKind.VERIFY) == ""
