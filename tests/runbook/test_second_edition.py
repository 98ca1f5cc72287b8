"""The second edition is read into the same model as the first, and what is wrong in it is told where it is written."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import tomli
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from tests.runbook.documents import FULL
from tests.support.runbooks.runbooks import one_section
from tui.errors import RunbookInvalid
from tui.runbook.kinds import exported
from tui.runbook.model import Danger, Runbook, Signoff, Step
from tui.runbook.reading.edition.second_edition import plain
from tui.runbook.reading.lint import lint, lint_text
from tui.runbook.reading.load import load, load_text
from tui.runbook.reading.references import references
from tui.runbook.reading.schema import schema
from tui.runbook.reading.structure import check
from tui.runbook.shell.counting import may_change
from tui.runbook.walk import texts_of

TOP = one_section("", "web").replace("format = 1", "format = 2")


def runbook(steps: str, top: str = "") -> Runbook:
    return load_text(TOP.replace("[runbook]", f"{top}\n[runbook]", 1) + steps, "r.toml")


def step(written: str, top: str = "") -> Step:
    (found,) = runbook(f'[[sections.steps]]\nid = "one"\ntitle = "One"\n{written}', top).sections[0].steps
    return found


def problems(written: str, top: str = "") -> list[str]:
    with pytest.raises(RunbookInvalid) as caught:
        step(written, top)
    return [str(problem) for problem in caught.value.problems]


def line_of(written: str, words: str, top: str = "") -> int:
    text = (
        TOP.replace("[runbook]", f"{top}\n[runbook]", 1) + f'[[sections.steps]]\nid = "one"\ntitle = "One"\n{written}'
    )
    return next(place for place, line in enumerate(text.split("\n"), 1) if words in line)


def test_a_file_of_the_first_edition_means_the_same_in_the_second() -> None:
    first = load_text(FULL, "r.toml")
    second = load_text(FULL.replace("format = 1", "format = 2", 1), "r.toml")
    assert second.sections == first.sections
    assert second.troubleshooting == first.troubleshooting
    assert second.hosts == first.hosts


def test_a_step_with_one_action_writes_it_on_the_step_itself() -> None:
    long = """
    [[sections.steps.actions]]
    run = "df -h"
    on = "web"
    timeout = "9s"
    expect = { contains = ["/srv"] }
    capture = { disk = {} }
    """
    short = 'run = "df -h"\non = "web"\ntimeout = "9s"\nexpect = { contains = ["/srv"] }\ncapture = { disk = {} }'
    assert step(short) == step(long)
    assert step('ask = "Is it well?"').actions[0].ask == "Is it well?"
    assert step("run = 'ls'\nbudget = '3m'").budget == "3m"


def test_a_text_among_the_actions_is_a_command() -> None:
    found = step('actions = ["df -h", { ask = "Enough?" }, "ls"]')
    assert [action.run for action in found.actions] == ["df -h", None, "ls"]
    assert (
        step('run = "ls"\nlook = "test -e /srv/old"').look
        == step('run = "ls"\nlook = { run = "test -e /srv/old" }').look
    )


def test_a_step_says_once_where_its_commands_run() -> None:
    top = '[hosts.other]\ntarget = "other"\n'
    found = step(
        'on = "other"\ndirectory = "/srv"\nactions = ["ls", { run = "df", on = "web" }, { ask = "Good?" }]', top
    )
    assert [(one.on, one.directory) for one in found.actions] == [("other", "/srv"), ("web", "/srv"), ("", "")]


def test_what_belongs_to_one_action_is_refused_beside_several() -> None:
    written = 'expect = { exit = [1] }\nrun = "ls"\nactions = ["df"]'
    assert [one.partition(": ")[2] for one in problems(written)] == [
        'sections[all].steps[one].expect: a step with actions has no "expect" of its own'
        " (write it at the action that it is meant for)",
        'sections[all].steps[one].run: a step with actions has no "run" of its own (write it as one of its actions)',
    ]


def test_defaults_are_what_a_step_and_its_commands_have_where_they_say_nothing() -> None:
    top = '[defaults]\nbudget = "20s"\ntimeout = "3m"\nsignoff = "operator"\nerrexit = false\n'
    found = step('actions = ["ls", { run = "df", timeout = "1s" }, { ask = "Good?" }]', top)
    assert (found.budget, found.signoff) == ("20s", Signoff.OPERATOR)
    assert [(one.timeout, one.errexit) for one in found.actions] == [("3m", False), ("1s", False), ("", True)]
    assert step('run = "ls"\nbudget = "9s"\nsignoff = "auto"', top).budget == "9s"


def test_what_is_wrong_in_the_defaults_is_told_once_and_where_it_stands() -> None:
    top = '[defaults]\nbudget = "long"\ntimeot = "3m"\n'
    line = line_of('run = "ls"', "budget", top)
    assert problems('run = "ls"', top) == [
        f'r.toml:{line}: defaults.budget: "long" is not right here (a length of time: 90s, 5m, 1h30m)',
        f'r.toml:{line + 1}: defaults.timeot: unknown key "timeot" (did you mean "timeout"?)',
    ]


@pytest.mark.parametrize("danger", ["caution", "destructive"])
def test_a_danger_is_a_change(danger: str) -> None:
    found = step(f'run = "ls"\ndanger = "{danger}"')
    assert found.mutates
    assert found.danger is Danger(danger)
    assert (
        not load_text(
            one_section(
                f'[[sections.steps]]\nid = "a"\ntitle = "A"\ndanger = "{danger}"\nactions = [{{ run = "ls" }}]', "web"
            ),
            "r",
        )
        .sections[0]
        .steps[0]
        .mutates
    )


@pytest.mark.parametrize(
    ("written", "words", "told"),
    [
        ('run = "ls {{ gone }}"', "gone", "sections[all].steps[one].run: no value for {{ gone }} here"),
        ('run = "ls"\nexpect = { exit = [300] }', "300", "sections[all].steps[one].expect.exit[0]: 300 is not an exit"),
        ('rum = "ls"', "rum", 'sections[all].steps[one].rum: unknown key "rum" (did you mean "run"?)'),
        ('actions = [\n"ls",\n"{{ gone }}"\n]', "gone", "sections[all].steps[one].actions[1]: no value for {{ gone }}"),
        ('run = "ls"\nlook = "{{ gone }}"', "gone", "sections[all].steps[one].look: no value for {{ gone }}"),
        ('on = "gone"\nactions = ["ls"]', "gone", 'sections[all].steps[one].on: there is no host "gone"'),
        ('note = "nothing"', "[[sections.steps]]", "sections[all].steps[one]: the step has no actions"),
    ],
)
def test_what_is_wrong_is_told_where_it_is_written(written: str, words: str, told: str) -> None:
    found = problems(written)
    assert [one for one in found if one.startswith(f"r.toml:{line_of(written, words)}: {told}")], found


def test_the_first_edition_says_of_what_the_second_has_how_to_get_it() -> None:
    text = one_section('[[sections.steps]]\nid = "a"\ntitle = "A"\nrun = "ls"\n', "web")
    with pytest.raises(RunbookInvalid) as caught:
        load_text(text + '[defaults]\nbudget = "1s"\n', "r.toml")
    told = [(one.key, one.hint) for one in caught.value.problems]
    hint = "format = 2 has it: it stands at the top of the file"
    assert {("sections[all].steps[a].run", hint), ("defaults", hint)} <= set(told)


COMMANDS = """
[commands]
es = 'curl -fsS "http://localhost:9200$1"'
nodes = "es /_cat/nodes"
stop = { run = "systemctl stop elasticsearch", on = ["web"] }
[hosts.other]
connection = "web"
preamble = "umask 027"
"""


def test_named_commands_stand_before_every_script_of_their_hosts() -> None:
    hosts = runbook('[[sections.steps]]\nid = "a"\ntitle = "A"\nrun = "nodes"', COMMANDS).hosts
    es = 'es() {\ncurl -fsS "http://localhost:9200$1"\n}\nnodes() {\nes /_cat/nodes\n}'
    assert hosts["web"].preamble == f"{es}\nstop() {{\nsystemctl stop elasticsearch\n}}"
    assert hosts["other"].preamble == f"{es}\numask 027"


@pytest.mark.parametrize(
    ("run", "changes"), [("nodes | wc -l", False), ("es /_cat/health", False), ("stop", True), ("es / > /etc/x", True)]
)
def test_a_named_command_counts_by_what_it_does(run: str, changes: bool) -> None:
    found = step(f'run = "{run}"', COMMANDS)
    assert may_change(found.actions[0]) is changes
    assert found.mutates is changes


def test_a_monitor_and_a_variable_may_call_a_named_command() -> None:
    text = (
        TOP.replace("[runbook]", f"{COMMANDS}\n[runbook]", 1)
        + """
[[sections.steps]]
id = "a"
title = "A"
run = "nodes"
[variables.node]
prompt = "Node"
choices_from = "nodes"
[monitors.health]
title = "Health"
run = "es /_cat/health"
number = { below = 5 }
"""
    )
    assert [problem for problem in lint_text(text, "r.toml") if "not known" in problem.message] == []


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("es = 'curl {{ host }}'", "commands.es: {{ host }} is not filled in in a function"),
        ("es = 'echo \"open'", "commands.es: the function es cannot be read"),
        ("es = ' '", "commands.es: the command is empty"),
        ("es = { run = 'ls', on = ['gone'] }", 'commands.es.on[0]: there is no host "gone" (known here: web)'),
        ("e-s = 'ls'", 'commands.e-s: "e-s" is not right here'),
    ],
)
def test_what_is_wrong_with_a_named_command_is_told_where_it_is_written(written: str, told: str) -> None:
    top = f"[commands]\n{written}\n"
    found = problems('run = "ls"', top)
    assert [one for one in found if one.startswith(f"r.toml:{line_of('', written, top)}: {told}")], found


def test_the_schema_takes_what_the_second_edition_writes() -> None:
    described = Draft7Validator(json.loads(schema()))
    text = TOP.replace(
        "[runbook]", f'include = ["a.toml", {{ file = "b.toml", sha256 = "{"0" * 64}" }}]\n{COMMANDS}\n[runbook]', 1
    )
    text += '[defaults]\nbudget = "1s"\n[[sections.steps]]\nid = "a"\ntitle = "A"\nlook = "true"\n'
    text += 'actions = ["ls", { ask = "?" }]\n'
    text += '[[sections.steps]]\nid = "b"\ntitle = "B"\nrun = "ls"\nexpect = { exit = [1] }\n'
    assert list(described.iter_errors(tomli.loads(text))) == []
    assert list(described.iter_errors(tomli.loads(text.replace('run = "ls"', "run = 5"))))


def test_names_may_have_hyphens() -> None:
    top = '[variables.data-dir]\nprompt = "Folder"\ndefault = "/srv"\n'
    top += '[secrets.db-password]\nvariable = "DB"\nsource = "prompt"\n[hosts.db-1]\ntarget = "db-1"\n'
    text = 'on = "db-1"\nsecrets = ["db-password"]\nactions = ["ls {{ data-dir }}", { run = "token", reads = true, '
    text += 'capture = { access-token = { secret = true } } }, { run = "uptime", secrets = ["access-token"] }]'
    found = step(text, top)
    assert found.actions[0].run == "ls {{ data-dir }}"
    assert exported("access-token") == "ACCESS_TOKEN"


JUNK = st.sampled_from([5, -1, 3.5, True, "", "x", "{{ x }}", [], {}, [[]], [{}], ["a"], {"run": 5}, {"within": "x"}])
KEYS = ["run", "on", "actions", "until", "manual", "interactive", "look", "expect", "steps", "zz"]


def places(value: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    yield path
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in pairs:
        yield from places(one, (*path, key))


@given(st.data())
def test_a_document_that_is_wrong_anywhere_is_told_and_nothing_breaks(data: st.DataObject) -> None:
    document = tomli.loads(FULL.replace("format = 1", "format = 2", 1))
    document |= {"commands": {"es": "curl x", "a": {"run": "es", "on": ["web"]}}, "defaults": {"budget": "20s"}}
    document["sections"][0]["steps"][0] = {"id": "look", "title": "x", "run": "es", "until": {"within": "3m"}}
    *way, last = data.draw(st.sampled_from([path for path in places(document) if path]))
    here: Any = document
    for part in way:
        here = here[part]
    here[data.draw(st.sampled_from(KEYS)) if isinstance(here, dict) and data.draw(st.booleans()) else last] = data.draw(
        JUNK
    )
    read, moves, faults = plain(document)
    runbook, more = check(read)
    told = list(moves.back((*faults, *more, *references(runbook, texts_of(runbook)))))
    assert all(fault.message for fault in told)


RESTART = Path(__file__).resolve().parents[1] / "data" / "rolling_restart.toml"


def test_a_rolling_restart_of_three_nodes_is_less_than_95_lines() -> None:
    assert len(RESTART.read_text().splitlines()) <= 95
    assert lint(RESTART) == []
    runbook = load(RESTART)
    steps = {step.id: step for section in runbook.sections for step in section.steps}
    assert len(steps) == 21
    assert [name for name, step in steps.items() if step.mutates] == [
        f"{name}-{node}" for node in (1, 2, 3) for name in ("hold", "restart", "release")
    ]
    assert steps["green-3"].budget == "30m"
