from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.support.harness.examples import examples
from tests.support.sessions.fake_clock import FakeClock
from tui.execution.judging.evidence import PART, documents
from tui.execution.judging.expectations import SHOWN, Output, check, check_answer, explained, told
from tui.runbook.described.expectations import expectations
from tui.runbook.model import Action, AnswerKind, Expect, Number
from tui.runbook.results import Capture, Http
from tui.session.events import Check
from tui.session.outcome import Outcome, OutcomeKind
from tui.session.output.output import OutputWriter
from tui.text.sentences import missed

OK = Outcome.exited(0)
CURL = """HTTP/1.1 301 Moved Permanently\r
location: https://shop.example/\r
\r
HTTP/2 200 \r
content-type: application/json\r
\r
{"status": "healthy", "checks": [{"name": "db", "ok": true, "ms": 3}], "version": "2.0", "a.b": null}
"""


JUDGED = {
    "contains": ("x",),
    "absent": ("x",),
    "matches": ("x",),
    "misses": ("x",),
    "empty": False,
    "json": {"a": "*"},
    "numbers": (Number(below=5),),
    "http": Http(status=200),
}
"""An example of every field for which an output has to be read."""


def of(text: str) -> Output:
    return Output(text, text)


def test_a_line_that_the_gap_cuts_is_not_judged(tmp_path: Path) -> None:
    writer = OutputWriter(tmp_path, 1, FakeClock())
    writer.write("out", b"one 1\n" * (PART // 2))
    writer.close()
    assert set(Output.read(tmp_path, 1).out.splitlines()) == {"one 1", ""}


def only(expect: Expect, text: str, outcome: Outcome = OK, seconds: float = 1.0) -> Check:
    """The one check that is not about the exit status."""
    found = check(expect, outcome, of(text.replace("\r\n", "\n")), seconds)
    return next(one for one in found if not one.expected.startswith("exit status"))


@pytest.mark.parametrize(
    ("expect", "text", "ok", "expected", "came"),
    [
        (Expect(contains=("load",)), "load average: 0.1", True, 'contains "load"', "found"),
        (Expect(contains=("load",)), "a\nb\n", False, 'contains "load"', "not found; the last line is: b"),
        (Expect(contains=("load",)), " \n", False, 'contains "load"', "no output"),
        (Expect(absent=("Error",)), "fine", True, 'does not contain "Error"', "not found"),
        (Expect(absent=("Error",)), "x\n an Error \ny", False, 'does not contain "Error"', "an Error"),
        (Expect(matches=(r"^v\d+$",)), "tag\nv2\n", True, r"matches /^v\d+$/", "found: v2"),
        (Expect(matches=(r"^v\d+$",)), "tag v2", False, r"matches /^v\d+$/", "not found; the last line is: tag v2"),
        (Expect(misses=(r"\[ \]",)), "[ ] 0002", False, r"does not match /\[ \]/", "[ ] 0002"),
        (Expect(misses=(r"\[ \]",)), "[X] 0002", True, r"does not match /\[ \]/", "no match"),
        (Expect(empty=True), "\n", True, "no output", "no output"),
        (Expect(empty=True), "oops\n", False, "no output", "output: oops"),
        (Expect(empty=False), "", False, "some output", "no output"),
        (Expect(json={"status": "healthy"}), CURL, True, 'status is "healthy"', '"healthy"'),
        (Expect(json={"checks.0.ok": True}), CURL, True, "checks.0.ok is true", "true"),
        (Expect(json={"checks[-1].ms": 3}), CURL, True, "checks[-1].ms is 3", "3"),
        (Expect(json={"checks.0.ok": 1}), CURL, False, "checks.0.ok is 1", "true"),
        (Expect(json={"version": "*"}), CURL, True, "version is there", '"2.0"'),
        (Expect(json={"a.b": None}), CURL, True, "a.b is null", "null"),
        (Expect(json={"a|b.c": "up"}), '{"b": {"c": "up"}}', True, 'a or b.c is "up"', '"up"'),
        (Expect(json={"db|services.db": "up"}), '{"db": "down"}', False, 'db or services.db is "up"', '"down"'),
        (Expect(json={"status?": "healthy"}), CURL, True, 'status (if given) is "healthy"', '"healthy"'),
        (Expect(json={"status?": "ill"}), CURL, False, 'status (if given) is "ill"', '"healthy"'),
        (Expect(json={"status?": "ill"}), "<html>", False, 'status (if given) is "ill"', "no JSON in the output"),
        (Expect(json={"checks.3.ok": True}), "[1]", False, "checks.3.ok is true", "no checks.3.ok in [1]"),
        (Expect(json={"ok": True}), "<html>", False, "ok is true", "no JSON in the output"),
        (Expect(json={"ok": True}), '[INFO] up [1]\n{"ok": true} x', True, "ok is true", "true"),
        (Expect(http=Http(status=200)), CURL, True, "HTTP 200", "HTTP/2 200"),
        (Expect(http=Http(status=(301, 308))), CURL, False, "HTTP 301 or 308", "HTTP/2 200"),
        (Expect(http=Http(status=200, protocol="HTTP/2.0")), CURL, True, "HTTP/2.0 200", "HTTP/2 200"),
        (Expect(http=Http(protocol="HTTP/2")), "HTTP/1.1 200 OK", False, "HTTP/2", "HTTP/1.1 200"),
        (Expect(http=Http(status=200)), "", False, "HTTP 200", "no HTTP status line (no output)"),
        (Expect(seconds=5), "", True, "within 5 s", "1 s"),
        (Expect(seconds=0.5), "", False, "within 0.5 s", "1 s"),
        (Expect(seconds=0.99), "", False, "within 1 s", "1.00 s"),
    ],
)  # fmt: skip
def test_one_expectation(expect: Expect, text: str, ok: bool, expected: str, came: str) -> None:
    assert only(expect, text) == Check(expected, came, ok)
    assert expected in expectations(expect)


@pytest.mark.parametrize(
    ("number", "text", "ok", "came"),
    [
        (Number(below=5), "7 warnings", False, "7"),
        (Number(below=5), "4.99", True, "4.99"),
        (Number(below=5), "5", False, "5"),
        (Number(at_most=5), "5", True, "5"),
        (Number(above=0, below=10), "-3", False, "-3"),
        (Number(at_least=1000), "1,234 rows", True, "1,234"),
        (Number(pattern=r"used (\d+)%", below=80, unit="%"), "total 100%\nused 79%", True, "79 %"),
        (Number(pattern=r"(\d+)%", of="largest", below=80), "12% 91% 7%", False, "91"),
        (Number(pattern=r"(\d+)%", of="smallest", above=10), "12% 91% 7%", False, "7"),
        (Number(pattern=r"^(\d+)$", of="sum", at_most=6), "1\n2\n3", True, "6"),
        (Number(pattern=r"^(\d+)$", of="average", at_most=2), "1\n2\n3", True, "2"),
        (Number(pattern=r"^(\d+)$", of="average", at_most=2), "1\n2\n2\n", True, "1.667"),
        (Number(pattern=r"^([\d.]+)$", of="average", at_most=2), "2\n2.0001\n2.0001\n", False, "2.0000666667"),
        (Number(pattern=r"^(\d+)$", of="last", below=3), "1\n2\n3", False, "3"),
        (Number(pattern=r"error", of="count", at_most=0), "fine", True, "0"),
        (Number(pattern=r"error", of="count", at_most=0), "error error", False, "2"),
        (Number(pattern=r"up (\w+)", above=1), "up many", False, '"many" is not a number'),
        (Number(below=5), "version v1.9.0", False, "no number found"),
        (Number(below=5), "", False, "no number found"),
        (Number(above=1), "5368709120", True, "5,368,709,120"),
        (Number(below=1e9, unit="bytes"), "22439500", True, "21.4 MiB"),
        (Number(below=5000000, unit="bytes"), "5000001", False, "5,000,001 bytes"),
        (Number(below=5), "nan", False, "no number found"),
    ],
)
def test_numbers(number: Number, text: str, ok: bool, came: str) -> None:
    found = only(Expect(numbers=(number,)), text)
    assert (found.ok, found.came) == (ok, came)


@pytest.mark.parametrize(
    ("expect", "out", "err", "ok"),
    [
        (Expect(numbers=(Number(below=8),)), "7\n", "100 % progress\n", True),
        (Expect(numbers=(Number(below=8),)), "", "7\n", False),
        (Expect(numbers=(Number(below=8),), on_stderr=True), "100\n", "7\n", True),
        (Expect(matches=("^1638$",)), "1638\n", "WARN: noise\n", True),
        (Expect(contains=("noise",)), "1638\n", "WARN: noise\n", False),
        (Expect(contains=("noise",), on_stderr=True), "1638\n", "WARN: noise\n", True),
        (Expect(empty=True), "", "WARN: noise\n", True),
        (Expect(empty=True, on_stderr=True), "", "WARN: noise\n", False),
        (Expect(empty=False), "", "WARN: noise\n", False),
        (Expect(json={"ok": True}), "", '{"ok": true}', True),
        (Expect(http=Http(status=200)), "", "< HTTP/2 200", True),
    ],
)
def test_one_stream_is_judged(expect: Expect, out: str, err: str, ok: bool) -> None:
    assert check(expect, OK, Output(out + err, out, err), 1.0)[-1].ok is ok


def test_what_is_wanted_and_stands_on_the_other_stream_is_told() -> None:
    found = check(Expect(contains=("successful",)), OK, Output("", "", "test is successful\n"), 1.0)[-1]
    assert (found.ok, found.came) == (False, "no output; standard error has it (on_stderr = true judges that)")
    found = check(Expect(matches=("^7$",), on_stderr=True), OK, Output("", "7\n", "x\n"), 1.0)[-1]
    assert found.came.endswith("standard output has it (on_stderr = false judges that)")


@pytest.mark.parametrize("expect", [Expect(misses=("Trace.*",)), Expect(absent=("Traceback",))])
def test_what_is_unwanted_and_stands_on_the_other_stream_is_a_warning(expect: Expect) -> None:
    found = check(expect, OK, Output("", "fine\n", "Traceback (most)\n"), 1.0)[-1]
    assert (found.ok, found.warning) == (False, True)
    assert found.came == "standard error has it; found: Traceback (most)"


@pytest.mark.parametrize(
    ("exits", "status", "ok"), [((0,), 0, True), ((0,), 1, False), ((1,), 1, True), ((0, 3), 3, True), ((), 99, True)]
)
def test_exit_statuses(exits: tuple[int, ...], status: int, ok: bool) -> None:
    found = check(Expect(exit=exits), Outcome.exited(status), of(""), 1.0)
    assert all(one.ok for one in found) is ok
    assert len(found) == bool(exits)


@pytest.mark.parametrize("kind", [kind for kind in OutcomeKind if kind not in ("succeeded", "failed")])
def test_what_did_not_end_by_itself_meets_nothing(kind: OutcomeKind) -> None:
    found = check(Expect(exit=(), warn=True, empty=True), Outcome(kind, signal="SIGKILL"), of(""), 1.0)
    assert [(one.ok, one.warning) for one in found] == [(False, False)]


def test_a_miss_may_be_a_warning() -> None:
    found = check(Expect(contains=("a", "b"), warn=True), OK, of("a"), 1.0)
    assert [(one.ok, one.warning) for one in found] == [(True, False), (True, False), (False, True)]


def test_what_came_is_safe_and_short() -> None:
    found = only(Expect(absent=("evil",)), "\x1b]0;evil\x07" + "evil\x1b[2J\u202e" * 500)
    came = told([found], str)[0].came
    assert came.isprintable()
    assert len(came) <= SHOWN


@settings(max_examples=examples(150), deadline=None)
@given(st.text('{}[]",:truefalsn1 \n\\', max_size=60))
def test_any_text_is_searched_for_json_without_complaint(text: str) -> None:
    list(documents(text))
    only(Expect(json={"a.0.b": 1}), text)


HOSTILE = ("[" * 200_000, "{" * 200_000, '{"a":' * 50_000, "1" * 5000, "[" + "9" * 5000 + "]")


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_json_is_just_no_json(text: str) -> None:
    assert not only(Expect(json={"ok": True}), text).ok


def question(answer: AnswerKind, expect: Expect | None = None, choices: tuple[str, ...] = ()) -> Action:
    return Action(ask="?", answer=answer, expect=expect or Expect(), choices=choices)


SENTRY = Expect(numbers=(Number(name="warnings", below=5),))


@pytest.mark.parametrize(
    ("action", "answer", "ok", "came"),
    [
        (question(AnswerKind.YES_NO), " Yes", True, "yes"),
        (question(AnswerKind.YES_NO), "y", True, "yes"),
        (question(AnswerKind.YES_NO), "n", False, "no"),
        (question(AnswerKind.YES_NO), "", False, "no answer"),
        (question(AnswerKind.YES_NO), "perhaps", False, '"perhaps"'),
        (question(AnswerKind.YES_NO, Expect(choice=("no",))), "no", True, "no"),
        (question(AnswerKind.NUMBER, SENTRY), "4", True, "4"),
        (question(AnswerKind.NUMBER, SENTRY), "5", False, "5"),
        (question(AnswerKind.NUMBER, SENTRY), "few", False, '"few" is not a number'),
        (question(AnswerKind.NUMBER, SENTRY), "", False, "no number found"),
        (question(AnswerKind.NUMBER, Expect(numbers=(Number(below=5, unit="%"),))), "4.5 %", True, "4.5 %"),
        (question(AnswerKind.NUMBER), "-1", True, "-1"),
        (question(AnswerKind.CHOICE, choices=("green", "red")), "GREEN", True, "green"),
        (question(AnswerKind.CHOICE, choices=("green", "red")), "blue", False, '"blue"'),
        (question(AnswerKind.CHOICE, Expect(choice=("green",)), ("green", "red")), "red", False, "red"),
        (question(AnswerKind.TEXT), "ticket 7", True, '"ticket 7"'),
        (question(AnswerKind.TEXT), " ", False, "none"),
        (question(AnswerKind.TEXT, Expect(matches=(r"^CHG\d+$",))), "CHG12", True, "found: CHG12"),
    ],
)
def test_answers(action: Action, answer: str, ok: bool, came: str) -> None:
    (found,) = check_answer(action, answer)
    assert (found.ok, found.came) == (ok, came)


def test_an_answer_may_be_a_warning() -> None:
    expect = Expect(numbers=(Number(below=5),), warn=True)
    (found,) = check_answer(question(AnswerKind.NUMBER, expect), "7")
    assert (found.ok, found.warning) == (False, True)


def test_output_is_read_from_an_attempt_by_stream(tmp_path: Path) -> None:
    writer = OutputWriter(tmp_path, 1, FakeClock())
    for stream, data in (("out", b"one\n"), ("err", b"oops\n"), ("out", b"two\r\n")):
        writer.write(stream, data)
    writer.close()
    assert Output.read(tmp_path, 1) == Output("one\noops\ntwo\n", "one\ntwo\n", "oops\n")
    assert Output.read(tmp_path, 2) == Output()


@pytest.mark.parametrize("field", Expect.__struct_fields__)
def test_an_output_is_read_only_where_something_is_compared_with_it(tmp_path: Path, field: str) -> None:
    writer = OutputWriter(tmp_path, 1, FakeClock())
    writer.write("out", b"2 of 7\n")
    writer.close()
    other = {
        "exit": (1,),
        "on_stderr": True,
        "seconds": 1.0,
        "choice": ("a",),
        "warn": True,
        "text": "t",
        "source": "s",
    }
    expect = Expect(**{field: ({**JUDGED, **other})[field]})
    whole = Output("2 of 7\n", "2 of 7\n", "")
    assert Output.wanted(Action(run="x", expect=expect), False, tmp_path, 1) == (whole if field in JUDGED else Output())
    judged = replace(expect, exit=(), seconds=None, on_stderr=False)
    assert bool(check(judged, OK, whole, 1.0)) is (field in JUDGED)
    assert Output.wanted(Action(run="x"), True, tmp_path, 1) == whole, "a drill's may say that it is made up"
    assert Output.wanted(Action(run="x", capture={"n": Capture()}), False, tmp_path, 1) == whole
    assert Output.wanted(Action(), False, tmp_path, 1) == whole, "a probe's"


def test_of_a_giant_output_both_ends_are_read(tmp_path: Path) -> None:
    writer = OutputWriter(tmp_path, 1, FakeClock())
    writer.write("err", b"first\n")
    writer.write("out", b"." * (3 * PART))
    writer.write("err", b"\nlast\n")
    writer.close()
    output = Output.read(tmp_path, 1)
    assert output.text.startswith("first\n")
    assert output.text.endswith("\nlast\n")
    assert f"\n[{PART + 12} bytes left out]\n" in output.text
    assert "first" not in output.out
    assert output.err == "first\n\nlast\n"
    assert len(output.text) < 2 * PART + 50


@pytest.mark.parametrize(
    ("exit_status", "text", "came"),
    [
        (3, "1.9.0\nnot the version of v2\n", "exit status 3"),
        (3, " \n", "exit status 3"),
        (0, "fine\n", "exit status 0"),
    ],
)
def test_a_wrong_exit_status_says_what_the_command_said_last(exit_status: int, text: str, came: str) -> None:
    assert check(Expect(), Outcome.exited(exit_status), of(text), 1.0)[0].came == came


def test_what_may_be_missing_is_no_expectation_where_it_is() -> None:
    expect = Expect(json={"status": "healthy", "uptime?": 1})
    assert [one.expected for one in check(expect, OK, of(CURL), 0.1)][1:] == ['status is "healthy"']


def test_what_a_check_got_is_cut_after_the_secrets_are_out_of_it_and_never_within_one() -> None:
    secret = "hunter2-secret-word"
    for before in range(SHOWN):
        for text in ("x" * before + secret + "\n", "x" * before + f" {secret} wanted " + "y" * 300 + "\n"):
            output = Output(text=text, out=text)
            for expect in (Expect(contains=("absent",)), Expect(absent=("wanted", "y" * 50)), Expect(empty=True)):
                found = told(check(expect, Outcome.exited(0), output, 1.0), lambda came: came.replace(secret, "•••"))
                assert all(len(one.came) <= SHOWN for one in found)
                assert not any("hunter" in one.came or "-word" in one.came for one in found), (before, found)


def test_what_the_output_says_of_an_error_takes_the_place_of_its_last_line() -> None:
    said = "HTTP/1.1 500 Internal Server Error"
    last = Check('contains "up"', "not found; the last line is: bytes: 12", ok=False)
    assert [one.came for one in explained((last,), said)] == [f"not found: {said}"]
    exited = Check("exit status 0", "exit status 22", ok=False)
    assert [one.came for one in explained((last, exited), said)] == ["not found", f"exit status 22: {said}"]
    number = Check("error rate below 1 %", "12.5 %", ok=False)
    assert explained((number,), "Error rate: 12.50%") == (number,), "it is what the line says"
    assert explained((last,), "") == (last,)


def test_of_a_command_that_printed_an_error_it_is_not_said_that_there_was_no_output() -> None:
    said, silent = "gzip: No space left on device", Check('contains "free: "', "no output", ok=False)
    exited = Check("exit status 0", "exit status 1", ok=False)
    assert [one.came for one in explained((exited, silent), said)] == [f"exit status 1: {said}", "no such output"]
    words = 'expected text that contains "free: ", but there was no such output'
    assert missed(silent.expected, "no such output") == words
    assert [one.came for one in explained((silent,), said)] == [f"no output: {said}"]
