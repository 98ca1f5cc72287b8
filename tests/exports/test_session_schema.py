"""The published schema is the one of this program, and every exported session keeps to it."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.support.machines.fake_transport import Reply
from tests.support.sessions.small_session import SmallSession
from tui.exports.json import FORMAT, schema
from tui.exports.registry import render
from tui.session import events as ev
from tui.session.outcome import Outcome, OutcomeKind

TOP = Path(__file__).parents[2]
SCHEMA: dict[str, Any] = json.loads((TOP / "session.schema.json").read_bytes())


def faults(document: dict[str, Any]) -> list[str]:
    found = Draft202012Validator(SCHEMA).iter_errors(document)
    return [f"{'/'.join(map(str, one.absolute_path))}: {one.message[:200]}" for one in found]


def exported(session: SmallSession) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(render(session.read(), "json"))
    return document


def test_the_schema_in_the_repository_is_current() -> None:
    assert (TOP / "session.schema.json").read_bytes() == schema() + b"\n", (
        "write it anew: runbook schema --of session > session.schema.json"
    )
    Draft202012Validator.check_schema(SCHEMA)


def test_a_session_just_begun_keeps_to_it(small_session: SmallSession) -> None:
    document = exported(small_session)
    assert faults(document) == []
    assert document["format"] == FORMAT
    assert document["result"] is None


def test_a_session_of_every_kind_of_event_that_comes_by_hand_keeps_to_it(small_session: SmallSession) -> None:
    conductor, host = small_session.conductor, small_session.host
    host.replies["uptime"] = [Reply(b"nothing\n"), Reply(b"load \x1b[31m\xff\n")]
    host.replies["dump"] = [Reply(b"", Outcome(OutcomeKind.UNKNOWN, detail="connection lost")), Reply(b"done\n")]
    small_session.do("look")
    conductor.retry("look")
    conductor.wait()
    small_session.do("backup")
    conductor.note("the office lost power", "look")
    conductor.skip("announce", "nobody is up")
    conductor.roll_back("rollback", "errors")
    conductor.finish("abandoned")
    document = exported(small_session)
    assert faults(document) == []
    assert document["steps"][1]["status"] == "UNKNOWN"
    assert document["rollback"]["reason"] == "errors"
    assert document["followups"] == []
    kinds = {entry["event"]["type"] for entry in document["events"]}
    assert {"attemptfinished", "attemptchecked", "noteadded", "rollbackstarted", "sessionfinished"} <= kinds


@pytest.mark.parametrize(
    ("place", "wrong"),
    [
        (("result",), 3),
        (("steps", 0, "status"), "fine"),
        (("steps", 0, "attempts", 0, "outcome", "kind"), "great"),
        (("steps", 0, "attempts", 0, "output"), "text"),
        (("events", 0, "event", "type"), "sessionbegun"),
        (("events", 0, "seq"), "0"),
    ],
)
def test_a_document_of_another_form_does_not(small_session: SmallSession, place: tuple[Any, ...], wrong: Any) -> None:
    small_session.do("look")
    document = exported(small_session)
    inner = document
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = wrong
    assert faults(document)


def test_a_field_that_goes_away_is_missed(small_session: SmallSession) -> None:
    document = exported(small_session)
    for name in list(document):
        assert faults({key: value for key, value in document.items() if key != name}), name


def test_every_event_is_in_the_schema() -> None:
    tags = {
        definition["properties"]["type"]["enum"][0]
        for definition in SCHEMA["$defs"].values()
        if "enum" in definition.get("properties", {}).get("type", {})
    }
    assert {kind.__name__.lower() for kind in ev.AnyEvent.__args__} <= tags
