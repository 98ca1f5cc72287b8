"""A runbook without a scenario is rehearsed at once: each command is answered as it expects, and marked as made up."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from tui.cli.main import main
from tui.cli.wiring import drill_workspace
from tui.drill.made_up.always_answered import everything_made_up, made_up_values, pattern_of
from tui.drill.made_up.by_person import made_up_answer
from tui.drill.made_up.matching import matching
from tui.drill.made_up.within_bounds import figure_within
from tui.execution.workspace import Setup
from tui.headless.answered_run import Exit
from tui.headless.answers import AnswersFile
from tui.headless.run import run_headless
from tui.importing.imported import imported
from tui.resources import NAME, bundled
from tui.runbook.model import Action, AnswerKind, Expect, Number
from tui.runbook.reading.load import load
from tui.session.outcome import MADE_UP
from tui.session.state import SessionState

HERE = Path(__file__).parents[2] / "data"
DOCUMENTS = sorted((HERE / "documents").glob("*.md"))

TOP = """\
format = 2
[runbook]
title = "Every form"
default_host = "web"
[hosts.web]
target = "web.example"
expect_hostname = "web-1"
[hosts.db]
connection = "web"
preamble = "cd /srv"
[variables.release]
prompt = "Release"
pattern = 'v\\d+\\.\\d+'
[variables.branch]
prompt = "Branch"
choices_from = "git branch"
[variables.limit]
prompt = "Limit"
default = "40"
[secrets.token]
variable = "TOKEN"
source = "prompt"
[services.site]
kind = "http"
settings = { url = "https://shop.example" }
[services.cache]
kind = "redis"
through = "web"
settings = { host = "127.0.0.1" }
[monitors.errors]
title = "Errors"
run = "tail -n 100 /var/log/app.log | grep -c {{ release }}"
every = "1s"
number = { name = "errors", below = 5 }
[monitors.site]
title = "Response time"
every = "1s"
probe = { service = "site", check = "get", with = { path = "/" } }
number = { name = "seconds", below = 2, unit = "s" }
[triggers.errors]
monitor = "errors"
above = 3
for = "1m"
reason = "errors"
[[rollback_reasons]]
id = "errors"
title = "Errors"
[messages.gone]
title = "Gone"
body = "{{ release }} is out"
send = "notify {{ release }}"
[flows.deploy]
title = "Deploy"
kind = "deploy"
sections = ["all"]
[[sections]]
id = "all"
title = "All"
"""

FORMS = {
    "exit": 'run = "test -f /gone"\nexpect = { exit = [3] }',
    "any-exit": 'run = "false"\nexpect = { exit = [] }',
    "contains": 'run = "cat /etc/motd"\nexpect = { contains = ["Welcome", "{{ release }}"], absent = ["error"] }',
    "matches": "run = \"git describe\"\nexpect = { matches = ['^v\\d+\\.\\d{2}-(rc|final)$'], misses = ['^fatal'] }",
    "ahead": "run = \"head log\"\nexpect = { matches = ['done(?= in \\d+ s)'] }",
    "empty": 'run = "git status --porcelain"\nexpect = { empty = true }',
    "not-empty": 'run = "ls"\nexpect = { empty = false }',
    "stderr": 'run = "nginx -t"\nexpect = { contains = ["syntax is ok"], on_stderr = true }',
    "json": 'run = "curl -s /health"\n'
    'expect = { json = { "checks[1].name" = "db", ok = true, at = "*", "a|b" = 3, "n?" = "x" } }',
    "number": 'run = "df /"\n'
    'expect = { numbers = [{ name = "used", pattern = \'(\\d+)%\', below = "{{ limit }}", above = 12 }] }',
    "bare": 'run = "wc -l log"\nexpect = { numbers = [{ name = "lines", at_least = 1000 }], contains = ["7 files"] }',
    "count": 'run = "ps"\n'
    'expect = { numbers = [{ name = "workers", pattern = "worker", of = "count", at_least = 4 }] }',
    "none": 'run = "ps a"\nexpect = { numbers = [{ name = "zombies", pattern = "zombie", of = "count", below = 1 }] }',
    "http": 'run = "curl -I /"\nexpect = { http = { status = [301, 302], protocol = "HTTP/2" } }',
    "seconds": 'run = "sleep 0"\nexpect = { seconds = 0.2 }',
    "capture": "run = \"git log -1\"\ncapture = { commit = { pattern = 'commit ([0-9a-f]{7})' } }",
    "captured": 'run = "git show {{ commit }}"\nexpect = { contains = ["{{ commit }}"] }',
    "whole": 'run = "cat VERSION"\ncapture = { before = {} }',
    "by-path": 'run = "curl /state"\ncapture = { state = { json = "deploy.state" } }',
    "hidden": 'run = "make-token"\ncapture = { session_token = { secret = true } }',
    "only-if": 'when = { state = "ready" }\nrun = "start {{ state }}"\nexpect = { contains = ["ready"] }',
    "probe": 'probe = { service = "site", check = "get", with = { path = "/", status = 204 } }\n'
    'expect = { numbers = [{ name = "seconds", below = 0.5 }], json = { status = 204 } }',
    "probe-capture": 'danger = "caution"\n'
    'probe = { service = "site", check = "call", with = { path = "/orders", json = true } }\n'
    "capture = { order = { pattern = '\"(order_\\w+)\"' } }",
    "through": 'probe = { service = "cache", check = "ping" }',
    "watch": 'watch = { monitor = "errors", samples = "2" }\n'
    'expect = { numbers = [{ name = "errors", of = "average", below = 2 }] }',
    "until": 'run = "curl -s /ready"\nexpect = { contains = ["ready"] }\nuntil = { every = "1s", within = "1m" }',
    "manual": 'manual = "Edit {{ release }}"',
    "ask": 'ask = "Is it quiet?"',
    "ask-number": 'ask = "How many errors?"\nanswer = "number"\nexpect = { numbers = [{ below = 3 }] }',
    "ask-choice": 'ask = "How?"\nanswer = "choice"\nchoices = ["drop", "keep"]\nloses_data = ["drop"]\n'
    'consequences = { drop = "all is gone" }',
    "interactive": 'interactive = "psql"\nreads = true',
    "secret": 'run = "deploy"\nsecrets = ["token"]\ndanger = "caution"',
    "destructive": 'run = "rm -rf /srv/old"\ndanger = "destructive"\napprove = "second-person"\nsignoff = "two-person"',
    "script": 'run = """\ncd /srv\nmake {{ release }}\n"""\non = "db"',
    "send": 'send = "gone"',
    "stopped": 'run = "systemctl is-active app"\nexpect = { exit = [3], contains = ["inactive"] }',
    "started": 'run = "systemctl is-active app"\nexpect = { contains = ["active"], absent = ["inactive"] }',
}
LIVE = ("capture", "captured", "by-path", "only-if")
"""Those that need one another."""


@pytest.fixture(autouse=True)
def _sessions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNBOOK_SESSIONS", str(tmp_path / "sessions"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


def every_form() -> str:
    steps = [f'[[sections.steps]]\nid = "{name}"\ntitle = "{name}"\n{body}\n' for name, body in FORMS.items()]
    return TOP + "".join(steps)


def rehearsed(
    path: Path, scenario: str = "made-up", flow: str = "", method: str = ""
) -> tuple[Exit, str, SessionState]:
    said: list[str] = []
    with drill_workspace(path, scenario, float("inf")) as workspace:
        values = dict(made_up_values(workspace.runbook))
        values |= {"samples": "2"} if "samples" in workspace.runbook.variables else {}
        setup = Setup(
            flow=flow or next(iter(workspace.runbook.flows)),
            method=method,
            operator="ana",
            second_operator="ben",
            reason="a test",
            variables=values,
        )
        code = run_headless(workspace, setup, AnswersFile(made_up=True), said.append)
        _, state = workspace.store.find("last").load()
    return code, "\n".join(said), state


def test_every_form_of_expectation_is_answered_as_it_is_expected(tmp_path: Path) -> None:
    path = tmp_path / "forms.toml"
    path.write_text(every_form())
    code, said, state = rehearsed(path)
    assert code is Exit.OK, said
    assert {step: found.status.value for step, found in state.steps.items()} == dict.fromkeys(FORMS, "signed")
    asked = [one for one in state.attempts.values() if not one.command.startswith("watch")]
    assert {one.outcome.detail for one in asked if one.outcome} == {MADE_UP}, "the journal says it of each"
    assert "made up: done, to: Edit v1.1" in said
    assert state.steps["destructive"].second_operator == "made up by the drill"
    assert all(sample.value is not None for one in state.monitors.values() for sample in one.samples)


def test_it_is_marked_as_made_up_on_what_is_printed_and_in_every_export(tmp_path: Path) -> None:
    path = tmp_path / "forms.toml"
    path.write_text(every_form())
    rehearsed(path)
    for kind in ("md", "html", "json"):
        done = CliRunner().invoke(main, ("export", "last", "--format", kind))
        assert done.exit_code == 0, done.output
        assert done.output.count(MADE_UP) >= 20, kind
    attempt = next((tmp_path / "sessions").glob("*/attempts/0001.out"))
    assert attempt.read_text().startswith(f"drill: {MADE_UP}\n")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.stem)
def test_what_import_makes_of_a_document_is_rehearsed_at_once(document: Path, tmp_path: Path) -> None:
    path = tmp_path / "imported.toml"
    path.write_text(imported(document.read_text(), document.name).text)
    with_flows = re.findall(r"^\[flows\.([\w-]+)\]", path.read_text(), re.MULTILINE)
    assert with_flows
    for flow in with_flows:
        done = CliRunner().invoke(main, ("drill", str(path), "--headless", "--pace", "10000", "--flow", flow))
        assert done.exit_code == 0, done.output
        assert "receipt" in done.output


def test_the_rolling_restart_is_rehearsed_from_its_file_alone() -> None:
    done = CliRunner().invoke(main, ("drill", str(HERE / "rolling_restart.toml"), "--headless", "--pace", "10000"))
    assert done.exit_code == 0, done.output
    assert done.output.count("✔ signed") == 21


@pytest.mark.parametrize("method", ["a", "b"])
def test_the_bundled_runbook_is_rehearsed_without_its_scenario(method: str) -> None:
    code, said, state = rehearsed(bundled(NAME), flow="deploy", method=method)
    assert code is Exit.OK, said
    assert state.next_step() is None


def test_what_a_scenario_says_is_not_made_up_and_the_rest_is(tmp_path: Path) -> None:
    path, scenario = tmp_path / "rolling.toml", tmp_path / "mine.toml"
    path.write_text((HERE / "rolling_restart.toml").read_text())
    scenario.write_text(
        'format = 1\ntitle = "Mine"\n[[rules]]\nmatch = "cluster/health"\n'
        'output = \'{"status": "green", "number_of_nodes": 3}\'\n'
    )
    code, said, state = rehearsed(path, str(scenario))
    assert code is Exit.OK, said
    found = {one.step: one.outcome.detail for one in state.attempts.values() if one.outcome}
    assert (found["green"], found["disk"]) == ("", MADE_UP)
    assert state.hosts["es-2"].hostname == "es-2", "the scenario names no host: they are called what is expected"


def test_what_cannot_be_made_up_says_so_and_fails(tmp_path: Path) -> None:
    path = tmp_path / "never.toml"
    step = '[[sections.steps]]\nid = "no"\ntitle = "No"\nrun = "ls"\nexpect = { contains = ["abc"], absent = ["b"] }\n'
    path.write_text(TOP + step)
    code, said, state = rehearsed(path)
    assert code is Exit.FAILED
    attempt = next(path.parent.glob("sessions/*/attempts/0001.out")).read_text()
    assert 'no answer could be made up for: does not contain "b" (a scenario\'s rule can have one)' in attempt


def test_two_runbooks_are_refused_and_made_up_answers_are_for_drills_alone(tmp_path: Path) -> None:
    path, answers = tmp_path / "runbook.toml", tmp_path / "answers.toml"
    path.write_text(TOP.replace('target = "web.example"', "local = true") + FORMS_ONE)
    answers.write_text("made_up = true\n")
    both = CliRunner().invoke(main, ("drill", str(path), "-f", str(path), "--headless"))
    assert (both.exit_code, "are both runbooks" in both.output) == (2, True)
    real = CliRunner().invoke(main, ("run", "-f", str(path), "--headless", "--answers", str(answers)))
    assert (real.exit_code, "made_up is for drills alone" in real.output) == (2, True)


FORMS_ONE = '[[sections.steps]]\nid = "one"\ntitle = "One"\nrun = "ls"\n'


@pytest.mark.parametrize(
    "pattern",
    [
        r"^v\d+\.\d+$",
        r"(?i)ok\b",
        r"[^a-z]{3}",
        r"(a|b)+c",
        r"x*?y",
        r"(?P<n>\d)\s(?P=n)",
        r"(?<=key=)\w+",
        r"done(?= in \d+ s)",
        r"^(?!error)\S+",
        r"\bGB\b",
        r"[\w.-]+@[\w.-]+",
        r"(?:up|down) \d{2}:\d{2}",
        r"\[\d+/\d+\]",
        r"[\]^-]",
    ],
)
def test_a_text_is_found_that_a_pattern_matches(pattern: str) -> None:
    text = matching(pattern)
    assert text is not None
    assert re.search(pattern, text, re.MULTILINE), text


def test_a_group_has_what_is_wanted_in_it_and_what_matches_nothing_is_given_up() -> None:
    assert matching(r"load: (\d+\.\d+)", {1: "0.42"}) == "load: 0.42"
    assert matching(r"a(?!b)b") is None
    assert matching(r"(") is None


@pytest.mark.parametrize(
    ("bounds", "value"),
    [
        ({}, 1),
        ({"below": 5}, 2),
        ({"below": 0}, -1),
        ({"at_most": 0}, -1),
        ({"above": 0.2, "below": 0.3}, 0.25),
        ({"at_least": 4, "at_most": 4}, 4),
        ({"above": 100}, 101),
    ],
)
def test_a_figure_is_within_its_bounds(bounds: dict[str, float], value: float) -> None:
    assert figure_within([Number(**bounds)]) == value


def test_an_answer_loses_no_data_and_is_none_where_none_fits() -> None:
    asked = Action(ask="?", answer=AnswerKind.CHOICE, choices=("drop", "keep"), loses_data=("drop",))
    assert made_up_answer(asked, {}) == "keep"
    assert made_up_answer(asked, {"x": "drop"}) == "keep", "a hint is of what the question captures"
    never = Action(ask="?", answer=AnswerKind.TEXT, expect=Expect(contains=("a",), absent=("a",)))
    assert made_up_answer(never, {}) is None


def test_a_template_is_found_again_whatever_its_values_are() -> None:
    assert re.fullmatch(pattern_of("grep {{ name }} $(cat x) {{end}}"), "grep 'a b' $(cat x) {{end}}")


def test_the_scenario_names_each_host_as_it_is_expected(tmp_path: Path) -> None:
    path = tmp_path / "forms.toml"
    path.write_text(TOP + FORMS_ONE)
    hosts = everything_made_up(load(path)).hosts
    assert {name: host.hostname for name, host in hosts.items()} == {"web": "web-1", "db": "db"}
