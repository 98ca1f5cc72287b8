"""What the second edition writes by ids, on one line or once for several methods is the same model."""

import json

import pytest
import tomli
from jsonschema import Draft7Validator

from tui.errors import RunbookInvalid
from tui.runbook.model import Expect, Probe
from tui.runbook.reading.load import load_text
from tui.runbook.reading.schema import schema
from tui.runbook.walk import steps_of

HEAD = """\
format = 2

[runbook]
title = "Shop"
default_host = "web"

[hosts.web]
target = "web"

[hosts.tools]
connection = "web"

[services.cache]
kind = "redis"
through = "web"
settings = { host = "127.0.0.1" }

[methods.docker]
title = "Docker"
words = { manage = "docker exec web manage", on = "" }

[methods.units]
title = "Units"
words = { manage = "manage", on = "tools" }

[flows.deploy]
title = "Deploy"
kind = "deploy"
methods = ["docker", "units"]
sections = ["change"]

[checklist]
done = { title = "Done" }
seen = { title = "Seen", source = "3" }

"""
LONG = """\
[[sections]]
id = "change"
title = "Change"
short = "Ch"

[[sections.steps]]
id = "look"
title = "Look"
source = "1-2"
danger = "caution"
actions = [
    { run = "ls", title = "Here", expect = { contains = ["x", "y"], exit = [0, 1] } },
    "df",
]
checklist = ["done", "seen"]

[[sections.steps]]
id = "see"
title = "See"
run = "cat x"
expect = { contains = ["x"] }

[[troubleshooting]]
id = "down"
title = "Down"
symptoms = ["502"]

[[troubleshooting.diagnosis]]
id = "down-look"
title = "Look"
run = "ps"

[[troubleshooting.solutions]]
id = "down-fix"
title = "Fix"

[[troubleshooting.solutions.steps]]
id = "down-fix-it"
title = "Fix it"
danger = "caution"
run = "fix"
"""
SHORT = """\
[sections.change]
about = { title = "Change", short = "Ch" }

[sections.change.steps.look]
about = { title = "Look", source = "1-2", danger = "caution", checklist = ["done", "seen"] }
actions = [
    { run = "ls", title = "Here" },
      { expect.contains = ["x", "y"] },
      { expect.exit = [0, 1] },
    "df",
]

[sections.change.steps.see]
title = "See"
run = "cat x"
expect = "x"

[troubleshooting.down]
title = "Down"
symptoms = ["502"]

[troubleshooting.down.diagnosis.down-look]
title = "Look"
run = "ps"

[troubleshooting.down.solutions.down-fix]
title = "Fix"

[troubleshooting.down.solutions.down-fix.steps.down-fix-it]
about = { title = "Fix it", danger = "caution" }
run = "fix"
"""
NUMBERED = """\
[sections.change]
about = { title = "Change", short = "Ch" }

[sections.change.steps.look]
about = { title = "Look", source = "1-2", danger = "caution", checklist = ["done", "seen"] }
1 = { run = "ls", title = "Here", expect.exit = [0, 1] }
1a = { expect.contains = ["x", "y"] }
2 = "df"

[sections.change.steps.see]
title = "See"
1 = { run = "cat x", expect = "x" }
"""
BOTH = """\
[sections.change]
title = "Change"

[sections.change.steps.look]
about = { title = "Look", methods = { docker = "look-docker", units = "look-units" } }
note = { docker = "In a container.", units = "" }
actions = [
    { run = "{{ method.manage }} check", on = "{{ method.on }}", expect = "fine" },
    { method = "units", run = "ps" },
      { expect = { exit = [0, 1] } },
    { run = { docker = "docker ps", units = "pstree" }, timeout = "5s" },
]
checklist = ["done", "seen"]
"""


def faults(text: str) -> list[str]:
    with pytest.raises(RunbookInvalid) as caught:
        load_text(HEAD + text, "r.toml")
    return [str(problem) for problem in caught.value.problems]


def line(text: str, part: str) -> int:
    return (HEAD + text).partition(part)[0].count("\n") + 1


def test_tables_by_ids_are_the_arrays() -> None:
    assert load_text(HEAD + SHORT, "short") == load_text(HEAD + LONG, "long")


def test_actions_by_their_numbers_are_the_list() -> None:
    sections = load_text(HEAD + NUMBERED, "numbered").sections
    assert sections == load_text(HEAD + LONG, "long").sections


MONITOR = """
[monitors.memory]
about = { title = "Memory", every = "1m" }
probe = "cache info"
number = { name = "used_memory" }
"""


def test_a_probe_may_be_a_text_and_any_table_may_say_short_keys_on_one_line() -> None:
    runbook = load_text(HEAD + NUMBERED.replace('"df"', '{ probe = "cache ping" }') + MONITOR, "r")
    (_, step), *_ = steps_of(runbook)
    assert step.actions[1].probe == Probe(service="cache", check="ping")
    monitor = runbook.monitors["memory"]
    assert (monitor.title, monitor.every, monitor.probe) == ("Memory", "1m", Probe(service="cache", check="info"))


def test_the_methods_alone_give_a_step_its_ids() -> None:
    listed = BOTH.replace('methods = { docker = "look-docker", units = "look-units" }', 'methods = ["docker", "units"]')
    assert load_text(HEAD + listed, "r") == load_text(HEAD + BOTH, "r")


def test_a_value_of_each_method_may_stand_on_several_lines() -> None:
    step = """\
[sections.change]
title = "Change"

[sections.change.steps.look]
about = { title = "Look", methods = ["docker", "units"], checklist = ["done", "seen"] }
1 = { run.docker = "docker ps" }
1a = { run.units = "ps", timeout = "5s" }
2 = { method = "units", run = "pstree" }
2a = { timeout = "7s" }
3 = "ls"
"""
    docker, units = (step for _, step in steps_of(load_text(HEAD + step, "r")))
    assert [(one.run, one.timeout) for one in docker.actions] == [("docker ps", "5s"), ("ls", "")]
    assert [(one.run, one.timeout) for one in units.actions] == [("ps", "5s"), ("pstree", "7s"), ("ls", "")]


@pytest.mark.parametrize("text", [LONG, SHORT, NUMBERED, BOTH])
def test_the_schema_knows_each_form(text: str) -> None:
    assert list(Draft7Validator(json.loads(schema())).iter_errors(tomli.loads(HEAD + text))) == []


def test_a_step_is_written_once_for_several_methods() -> None:
    docker, units = (step for _, step in steps_of(load_text(HEAD + BOTH, "r")))
    assert (docker.id, docker.when, docker.note) == ("look-docker", {"method": "docker"}, "In a container.")
    assert (units.id, units.when, units.note) == ("look-units", {"method": "units"}, "")
    assert [(one.run, one.on) for one in docker.actions] == [("docker exec web manage check", ""), ("docker ps", "")]
    assert [(one.run, one.on) for one in units.actions] == [("manage check", "tools"), ("ps", ""), ("pstree", "")]
    assert [one.expect for one in units.actions] == [Expect(contains=("fine",)), Expect(exit=(0, 1)), Expect()]
    assert [one.expect for one in docker.actions] == [Expect(contains=("fine",)), Expect()]


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        (SHORT.replace('fix"\n', 'fix"\nrnu = "x"\n'), 'rnu = "x"', 'unknown key "rnu"'),
        (SHORT.replace('danger = "caution" }', 'danger = "cauton" }'), 'about = { title = "Fix it"', '"cauton" is not'),
        (SHORT.replace("{ expect.exit = [0, 1] }", "{ expect.exit = 1 }"), "{ expect.exit", "expected an array"),
        (
            SHORT.replace("{ expect.exit = [0, 1] }", '{ expect.contains = ["z"] }'),
            '{ expect.contains = ["z"]',
            "said twice",
        ),
        (
            SHORT.replace('title = "See"', 'about = { run = "x" }\ntitle = "See"'),
            "about = { run",
            '"run" is said twice',
        ),
        (SHORT.replace('title = "See"', 'about = "x"\ntitle = "See"'), 'about = "x"', "about is a table of short keys"),
        (SHORT.replace('title = "See"', 'id = "saw"\ntitle = "See"'), 'id = "saw"', '"saw" by its id'),
        (SHORT.replace('expect = "x"', "expect = 3"), "expect = 3", "expected a table, found the number 3"),
        (BOTH.replace("method.manage", "method.mange"), '{ run = "{{ method.mange', 'no text "mange"'),
        (BOTH.replace('docker = "look-docker"', 'podman = "look-docker"'), "about = {", 'there is no method "podman"'),
        (BOTH.replace('timeout = "5s"', 'timeout = "5"'), "{ run = { docker", '"5" is not right here'),
        (SHORT.replace("cat x", "{{ method.manage }} x"), 'run = "{{ method', "this step is of any"),
        (NUMBERED.replace('2 = "df"', '2 = { rnu = "x" }'), "2 = {", 'unknown key "rnu"'),
        (NUMBERED.replace('2 = "df"', '2 = { title = "x" }'), "2 = {", "the action has none of"),
        (NUMBERED.replace('2 = "df"', '1b = { title = "x" }'), "1b = {", '"title" is said twice'),
        (NUMBERED.replace('2 = "df"', '0 = "df"'), "0 = ", "action 0 stands below 1a"),
        (NUMBERED.replace('2 = "df"', 'actions = ["df"]'), "actions = ", "numbered actions or a list of them"),
        (NUMBERED.replace('2 = "df"', '2 = { probe = "cache" }'), "2 = {", '"cache" is not a service and a check'),
        (NUMBERED.replace('2 = "df"', '2 = { probe = "cach ping" }'), "2 = {", 'there is no service "cach"'),
        (NUMBERED + MONITOR.replace("1m", "1x"), 'about = { title = "Memory', '"1x" is not right here'),
        (NUMBERED + MONITOR.replace("cache info", "cache"), 'probe = "cache"', "is not a service and a check"),
        ("[sections]\nchange = 3\n", "change = 3", "expected a table"),
        (BOTH.replace("methods = {", "methods = [").replace('"look-units" }', '"look-units" ]'), "", "not TOML"),
        (
            BOTH.replace('methods = { docker = "look-docker", units = "look-units" }', "methods = 3"),
            "about",
            "or the id of the step",
        ),
    ],
)
def test_what_is_wrong_is_said_at_the_line_that_was_written(text: str, place: str, said: str) -> None:
    found = faults(text)
    assert any(said in one for one in found), found
    if place and "TOML" not in said:
        assert any(one.startswith(f"r.toml:{line(text, place)}: ") and said in one for one in found), found


def test_methods_have_words_in_the_second_edition_alone() -> None:
    with pytest.raises(RunbookInvalid) as caught:
        load_text((HEAD + LONG).replace("format = 2", "format = 1"), "r.toml")
    assert any("words" in str(one) and "format = 2 has it" in str(one) for one in caught.value.problems)
