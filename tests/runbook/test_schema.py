import json
from pathlib import Path

from tui.runbook.model import Runbook
from tui.runbook.reading.schema import schema

TOP = Path(__file__).resolve().parents[2]


def test_the_schema_in_the_repository_is_current() -> None:
    assert (TOP / "runbook.schema.json").read_bytes() == schema() + b"\n", (
        "write it anew: runbook schema > runbook.schema.json"
    )


def test_keys_are_described_by_what_the_model_says_of_them() -> None:
    definitions = json.loads(schema())["$defs"]
    assert "operator's environment" in definitions["Secret"]["properties"]["variable"]["description"]
    assert definitions["Step"]["properties"]["undo"]["description"].startswith("`undo` names the rollback steps")
    assert definitions["Step"]["additionalProperties"] is False
    assert set(definitions["Runbook"]["properties"]) == {*Runbook.__struct_fields__, "include", "defaults", "commands"}
    assert "`until` waits" in definitions["Step"]["properties"]["until"]["description"]
