"""Checks which flow a key or a command means where it names none."""

from tests.support.runbooks.runbooks import SMALL, small
from tui.runbook.facts import flow_of_kind, flows_of_kind
from tui.runbook.model import FlowKind
from tui.runbook.reading.load import load_text


def test_the_first_of_a_kind_or_none() -> None:
    assert flow_of_kind(small(), FlowKind.ROLLBACK) == "rollback"
    assert flow_of_kind(small(), FlowKind.VERIFY) == ""


def test_a_change_goes_as_a_deployment_does_and_a_diagnosis_as_a_verification() -> None:
    text = SMALL.replace('kind = "deploy"', 'kind = "change"')
    found = load_text(text + '[flows.look]\ntitle = "Look"\nkind = "diagnosis"\nsections = ["before"]\n', "r")
    assert (flow_of_kind(found, FlowKind.DEPLOY), flow_of_kind(found, FlowKind.VERIFY)) == ("deploy", "look")
    assert (flows_of_kind(found, FlowKind.DEPLOY), flows_of_kind(found, FlowKind.VERIFY)) == (["deploy"], ["look"])
    first = '[flows.first]\ntitle = "Change"\nkind = "change"\nsections = ["before"]\n[flows.deploy]'
    both = load_text(SMALL.replace("[flows.deploy]", first), "r")
    assert flow_of_kind(both, FlowKind.DEPLOY) == "deploy", "the deployment itself is meant first"
