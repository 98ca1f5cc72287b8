"""A placeholder is filled in wherever it stands, or the runbook is refused: no field of the model is forgotten."""

import msgspec
import pytest

from tests.runbook.documents import changed
from tui.errors import RunbookInvalid
from tui.execution.judging.expectations import Output, check, check_answer, unmet
from tui.runbook.described.expectations import expectations
from tui.runbook.model import Action, AnswerKind, Capture, Expect, Number, Runbook
from tui.runbook.reading.load import load_text
from tui.runbook.results import Http
from tui.runbook.shell.placeholders import PLACEHOLDER
from tui.runbook.templates.filling import FILLED, filled_action, filled_expect, judged_action, unfilled
from tui.runbook.templates.variables import fill
from tui.runbook.walk import texts_of
from tui.session.outcome import Outcome

VALUES = {"old": "v1.0", "new": "v2"}


def fields() -> list[tuple[type[msgspec.Struct], str]]:
    """Every field of the model that holds text, with its struct."""
    found: dict[tuple[type[msgspec.Struct], str], None] = {}
    seen: set[type] = set()

    def visit(kind: object, owner: type[msgspec.Struct] | None, name: str) -> None:
        match kind:
            case msgspec.inspect.StructType():
                if kind.cls in seen or kind.cls.__name__ in ("Probe", "Service"):
                    return
                seen.add(kind.cls)
                for field in kind.fields:
                    visit(field.type, kind.cls, field.name)
            case msgspec.inspect.Metadata():
                visit(kind.type, owner, name)
            case msgspec.inspect.UnionType():
                for one in kind.types:
                    visit(one, owner, name)
            case msgspec.inspect.VarTupleType():
                visit(kind.item_type, owner, name)
            case msgspec.inspect.DictType():
                visit(kind.value_type, owner, name)
            case msgspec.inspect.StrType() if owner is not None and kind.pattern is None:
                found[owner, name] = None

    visit(msgspec.inspect.type_info(Runbook), None, "")
    return list(found)


@pytest.mark.parametrize(("struct", "name"), fields(), ids=lambda one: getattr(one, "__name__", one))
def test_a_placeholder_in_a_field_is_filled_or_refused(struct: type[msgspec.Struct], name: str) -> None:
    model = msgspec.defstruct(struct.__name__, [(name, str)])
    told = list(unfilled(texts_of(model(f"a {{{{ new }}}} in {name}"))))
    assert bool(told) is ((struct.__name__, name) not in FILLED)


def test_what_is_said_to_be_filled_is_a_field_of_the_model() -> None:
    known = {(struct.__name__, name) for struct, name in fields()}
    assert known >= FILLED


@pytest.mark.parametrize(
    "text",
    [
        changed('owner = "shop team"', 'owner = "shop team {{ release }}"'),
        changed('prompt = "Region"', 'prompt = "Region of {{release}}"'),
        changed('architecture = ["web", "db"]', 'architecture = ["web", "{{  release  }}"]'),
    ],
)
def test_a_placeholder_that_nothing_fills_is_refused_but_a_sessions_own_runbook_opens(text: str) -> None:
    with pytest.raises(RunbookInvalid) as caught:
        load_text(text, "r.toml")
    assert any("is not filled in here" in one.message for one in caught.value.problems)
    assert load_text(text, "r.toml", of_session=True)


def test_an_expectation_names_values() -> None:
    expect = Expect(
        contains=("{{ new }}",), absent=("{{old}}",), matches=("^{{ old }}$",), json={"a.{{ new }}": "{{ old }}"}
    )
    filled = filled_expect(expect, VALUES)
    assert (filled.contains, filled.absent, filled.json) == (("v2",), ("v1.0",), {"a.v2": "v1.0"})
    assert filled.matches == (r"^v1\.0$",)
    bad = check(filled_expect(Expect(absent=("{{ old }}",)), VALUES), Outcome.exited(0), Output(out="v1.0\n"), 1.0)
    assert not all(one.ok for one in bad)


def test_an_expectation_that_names_what_nobody_knows_is_told_in_words_and_is_not_met() -> None:
    expect = Expect(
        contains=("{{ new }}", "{{ later }}"), absent=("{{ later }}", "{{ old }}"), json={"a": "{{ later }}", "b": True}
    )
    action = Action(run="x", expect=expect)
    assert filled_expect(expect, VALUES).absent == ("(later: no value yet)", "v1.0")
    judged = judged_action(action, VALUES).expect
    assert (judged.contains, judged.absent, judged.json) == (("v2",), ("v1.0",), {"b": True})
    left = [(one.expected, one.came, one.ok) for one in unmet(action, VALUES)]
    why = "not judged: later has no value yet"
    assert left == [
        ('contains "(later: no value yet)"', why, False),
        ('does not contain "(later: no value yet)"', why, False),
        ('a is "(later: no value yet)"', why, False),
    ]


def test_what_a_host_printed_is_never_taken_for_a_name_without_a_value() -> None:
    action = Action(run="x", expect=Expect(contains=("{{ new }}",)))
    assert list(unmet(action, {"new": "{{ later }}"})) == []


def test_a_capture_names_values() -> None:
    action = Action(run="x", capture={"a": Capture(pattern="{{ old }} (.*)")})
    assert filled_action(action, VALUES).capture["a"].pattern == r"v1\.0 (.*)"


@pytest.mark.parametrize("text", ["{{ new }}", "{{new}}", "{{  new  }}", "{{new }}"])
def test_blanks_do_not_matter(text: str) -> None:
    assert fill(text, VALUES) == "v2"


@pytest.mark.parametrize("text", ["{{.Names}}", "{{json .}}", "{{end}}", "{{else}}", "{{range .a}}"])
def test_other_programs_templates_stay(text: str) -> None:
    assert PLACEHOLDER.search(text) is None


@pytest.mark.parametrize(("limit", "ok"), [("5", False), ("30", True), ("much", False)])
def test_a_bound_may_be_a_value_and_what_is_no_number_holds_nothing(limit: str, ok: bool) -> None:
    wanted = Expect(numbers=(Number(name="disk of {{ new }}", pattern=r"{{ new }}: (\d+)", below="{{ limit }}"),))
    values = {**VALUES, "limit": limit}
    action = judged_action(Action(run="df", expect=wanted), values)
    (exited, held) = check(action.expect, Outcome.exited(0), Output(out="v2: 12"), 0.1)
    assert (exited.ok, held.ok, held.expected) == (True, ok, f"disk of v2 below {limit}")
    assert list(unmet(Action(run="df", expect=wanted), values)) == []


def test_a_bound_whose_value_nobody_knows_is_not_met_and_says_so() -> None:
    wanted = Expect(numbers=(Number(name="disk", below="{{ limit }}"),), seconds="{{ patience }}")
    action = Action(run="df", expect=wanted)
    assert judged_action(action, VALUES).expect == Expect()
    told = [(one.expected, one.came) for one in unmet(action, VALUES)]
    came = "not judged: limit and patience have no value yet"
    assert told == [("disk below (limit: no value yet)", came), ("within (patience: no value yet) s", came)]


def test_a_time_that_is_allowed_may_be_a_value() -> None:
    action = judged_action(Action(run="df", expect=Expect(seconds="{{ patience }}")), {"patience": "2"})
    assert [one.ok for one in check(action.expect, Outcome.exited(0), Output("", ""), 1.5)] == [True, True]
    assert [one.ok for one in check(action.expect, Outcome.exited(0), Output("", ""), 2.5)] == [True, False]


@pytest.mark.parametrize(("code", "ok"), [("201", True), ("204", False), ("much", False)])
def test_an_exit_status_and_one_of_http_may_be_a_value(code: str, ok: bool) -> None:
    wanted = Action(
        run="x", expect=Expect(exit=("{{ code }}",), http=Http(status=(200, "{{ code }}"), protocol="HTTP/2"))
    )
    action = judged_action(wanted, {"code": code})
    found = check(action.expect, Outcome.exited(201), Output(out="HTTP/2 201\n"), 0.1)
    assert [(one.expected, one.ok) for one in found] == [(f"exit status {code}", ok), (f"HTTP/2 200 or {code}", ok)]
    assert expectations(action.expect) == [f"exit status {code}", f"HTTP/2 200 or {code}"]
    assert list(unmet(wanted, {"code": code})) == []


def test_a_status_whose_value_nobody_knows_is_not_met_and_says_so() -> None:
    wanted = Action(run="x", expect=Expect(exit=("{{ code }}",), http=Http(status="{{ code }}")))
    assert judged_action(wanted, VALUES).expect == Expect(exit=())
    came = "not judged: code has no value yet"
    told = [(one.expected, one.came, one.ok) for one in unmet(wanted, VALUES)]
    assert told == [("exit status (code: no value yet)", came, False), ("HTTP (code: no value yet)", came, False)]


def test_choices_are_filled_in_with_what_follows_from_them() -> None:
    action = Action(
        ask="Back to which?",
        answer=AnswerKind.CHOICE,
        choices=("{{ old }}", "none"),
        loses_data=("{{ old }}",),
        consequences={"{{ old }}": "{{ new }} is gone"},
    )
    asked = judged_action(action, VALUES)
    assert (asked.choices, asked.loses_data, asked.consequences) == (
        ("v1.0", "none"),
        ("v1.0",),
        {"v1.0": "v2 is gone"},
    )
    assert [one.ok for one in check_answer(asked, "v1.0")] == [True]
    assert [one.ok for one in check_answer(asked, "{{ old }}")] == [False]
