"""Checks that a scenario says what it means, and that a wrong one is refused with every fault named."""

from pathlib import Path

import msgspec
import pytest
import tomli
from jsonschema import Draft7Validator

from tui.drill import scenario_files
from tui.drill.scenario import Scenario
from tui.drill.scenario_files import find_scenario, load_scenario, parse_scenario, schema, title_of
from tui.errors import RunbookInvalid, UsageError

HEAD = 'format = 1\ntitle = "A drill"\n'


def rule(text: str) -> str:
    return f'{HEAD}[facts]\nlive = "v1"\n[[rules]]\n{text}\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("format = 1", "title"),
        (HEAD + "rules = []\ncolour = 1", "colour"),
        (HEAD + "rules = [\nmatch", "line 4"),
        (rule('match = "x"\npace = "soon"'), "pace"),
        (rule('match = "x"\nexit = 300'), "exit"),
        (rule('match = "x"\nending = "fade"'), "ending"),
        ('format = 2\ntitle = "A"\nrules = []', "format"),
        (rule('match = "x"\npace = "1s\\n"'), "pace"),
        (HEAD + '[hosts."web\\n"]\nhostname = "x"', "web"),
        (HEAD + '[[faults]]\nid = "full\\n"\ntitle = "A"\nset = {}', "id"),
    ],
)
def test_what_is_no_scenario_is_refused_and_the_place_named(text: str, said: str) -> None:
    with pytest.raises(RunbookInvalid, match=r"bad\.toml") as refused:
        parse_scenario(text, "bad.toml")
    assert said in " ".join([refused.value.message, *map(str, refused.value.problems)])
    assert refused.value.hint


def test_every_fault_of_the_rules_is_named_at_once() -> None:
    rules = [
        'match = "("',
        'match = "a"\nwhen = { down = "1" }',
        'match = "b"\non = ["moon"]',
        'match = "c"\nset = { up = "1" }',
    ]
    rules.append('match = "(?P<tag>v.)"\noutput = "{{ tag }} {{ live }} {{ now }} {{ whoever }}"')
    with pytest.raises(RunbookInvalid) as refused:
        parse_scenario(HEAD + '[facts]\nlive = "v1"\n' + "\n".join(f"[[rules]]\n{text}" for text in rules), "bad.toml")
    problems = [str(problem) for problem in refused.value.problems]
    assert len(problems) == 5
    places = ((6, "match"), (9, "when"), (12, "on"), (15, "set"), (18, "output"))
    for (line, key), said, problem in zip(places, ("(", "down", "moon", "up", "{{ whoever }}"), problems, strict=True):
        assert problem.startswith(f"bad.toml:{line}: rules[")
        assert f"].{key}: " in problem
        assert said in problem


def test_a_file_that_cannot_be_read_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe\x00")
    for path in (tmp_path / "none.toml", tmp_path, tmp_path / "binary.toml"):
        with pytest.raises(RunbookInvalid, match=r"no file|is a directory|1 problem"):
            load_scenario(path)


def test_a_scenario_is_found_by_name_by_title_and_by_file() -> None:
    path = next(path for path in scenario_files.scenario_files() if path.stem == "calm-deployment")
    by_file = find_scenario(str(path))
    assert find_scenario("calm-deployment") == find_scenario(by_file.title) == by_file
    with pytest.raises(UsageError) as refused:
        find_scenario("storm-of-the-century")
    assert "calm-deployment" in refused.value.hint


def test_of_the_scenarios_only_the_one_of_that_title_is_read_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    scenario, read = find_scenario("static-files"), list[str]()

    def noted(path: Path) -> Scenario:
        read.append(path.stem)
        return scenario

    monkeypatch.setattr(scenario_files, "load_scenario", noted)
    assert find_scenario(scenario.title) is scenario
    assert read == ["static-files"]


@pytest.mark.parametrize("path", scenario_files.scenario_files(), ids=lambda path: path.stem)
def test_a_title_is_found_without_the_rest_of_its_file(path: Path) -> None:
    assert title_of(path) == load_scenario(path).title


def test_a_scenario_answers_what_it_does_not_know_as_its_base_does(tmp_path: Path) -> None:
    (tmp_path / "base.toml").write_text(rule('match = "a"\noutput = "base"\n[[rules]]\nmatch = "b"\noutput = "base"'))
    own = 'format = 1\ntitle = "New"\nbased_on = "base"\nfacts.live = "v9"\nrules = [{ match = "a", set.live = "v0" }]'
    (tmp_path / "worse.toml").write_text(own)
    scenario = load_scenario(tmp_path / "worse.toml")
    assert scenario.title == "New"
    assert scenario.facts == {"live": "v9"}
    assert [(one.match, one.output) for one in scenario.rules] == [("a", ""), ("a", "base"), ("b", "base")]


def test_a_base_that_is_missing_or_the_scenario_itself_is_refused(tmp_path: Path) -> None:
    for name, other in (("one", "two"), ("two", "one"), ("lost", "nowhere")):
        (tmp_path / f"{name}.toml").write_text(f'format = 1\ntitle = "A"\nrules = []\nbased_on = "{other}"')
    with pytest.raises(RunbookInvalid, match="based on itself"):
        load_scenario(tmp_path / "one.toml")
    with pytest.raises(RunbookInvalid, match="nowhere") as refused:
        load_scenario(tmp_path / "lost.toml")
    assert "calm-deployment" in refused.value.hint


def test_the_schema_in_the_repository_is_current() -> None:
    published = Path(__file__).parents[3] / "scenario.schema.json"
    assert published.read_bytes() == schema() + b"\n", (
        "write it anew: runbook schema --of scenario > scenario.schema.json"
    )


@pytest.mark.parametrize("path", scenario_files.scenario_files(), ids=lambda path: path.stem)
def test_every_bundled_scenario_keeps_to_its_schema_and_says_what_it_is_about(path: Path) -> None:
    Draft7Validator(msgspec.json.decode(schema())).validate(tomli.loads(path.read_text(encoding="utf-8")))
    scenario = load_scenario(path)
    assert scenario.text
    assert all(fault.over or not fault.by_itself for fault in scenario.faults)


def test_bundled_scenarios_can_be_joined_without_meaning_each_others_faults() -> None:
    scenarios = [load_scenario(path) for path in scenario_files.scenario_files()]
    calm = next(one for one in scenarios if not one.faults)
    ids = [fault.id for one in scenarios for fault in one.faults]
    assert len(set(ids)) == len(ids)
    first: dict[str, str] = {}
    for one in scenarios:
        for name in one.facts.keys() - calm.facts.keys():
            assert first.setdefault(name, one.facts[name]) == one.facts[name], name
    assert not [one.title for one in scenarios if any(one.facts[name] != calm.facts[name] for name in calm.facts)]
