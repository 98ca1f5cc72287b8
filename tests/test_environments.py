"""A runbook's environments: chosen by name, never by themselves; and a session stays in its own, on a real host."""

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.support.harness import program
from tests.support.harness.program import PROGRAM
from tests.support.machines.two_hosts import Place
from tests.support.machines.two_hosts import place as place
from tests.support.machines.two_hosts import two_hosts as two_hosts
from tests.support.runbooks.environment_runbook import BOTH, ENVIRONMENTS, TEXT
from tui.cli.main import main
from tui.cli.wiring import open_workspace, resumed_workspace
from tui.errors import HostsMoved, UsageError
from tui.execution.beginning.differing import AS_TODAY
from tui.execution.workspace import Setup
from tui.runbook.pointing import environment_names, in_environment
from tui.runbook.reading.lint import lint_text
from tui.runbook.reading.load import load_text
from tui.session import events as ev
from tui.session.journal.journal import read
from tui.session.places import environment_of


@pytest.fixture
def runbook(tmp_path: Path) -> Path:
    path = tmp_path / "shop" / "runbook.toml"
    path.parent.mkdir()
    path.write_text(BOTH)
    return path


def typed(*words: str) -> Result:
    return CliRunner().invoke(main, list(words))


def begun(place: Place, runbook: Path, environment: str) -> str:
    """A session in an environment, of which the first step has run."""
    workspace = open_workspace(runbook, {}, place.ssh_config, environment=environment)
    values = {"site": workspace.runbook.variables["site"].default}
    setup = Setup(flow="deploy", operator="ana", environment=environment, variables=values)
    workspace.preflight(setup, lambda row: None)
    conductor = workspace.begin(setup)
    conductor.start("mark")
    conductor.wait()
    session = str(conductor.state.facts["session"])
    conductor.close()
    workspace.close()
    return session


def again(place: Place, runbook: Path | None, session: str, which: str = "") -> str:
    """Resume a session in a program that was told of no environment, and say what its second step printed."""
    with resumed_workspace(session, runbook, {}, place.ssh_config) as (workspace, found):
        conductor = workspace.resume(found, "ben", which)
        workspace.reach_again(conductor)
        conductor.agree()
        if conductor.state.step("again").status.settled:
            conductor.reopen("again", "once more")
        conductor.start("again")
        conductor.wait()
        last = max(conductor.state.attempts)
        conductor.close()
        return (workspace.store.find(found).attempts / f"{last:04d}.out").read_text().strip()


def test_what_differs_in_an_environment_is_taken_over_what_the_runbook_says() -> None:
    runbook = load_text(BOTH, "r")
    there, here = in_environment(runbook, "staging"), in_environment(runbook, "production")
    assert environment_names(runbook) == ("staging", "production"), "the runbook's own comes last"
    assert (there.hosts["production"].target, there.variables["site"].default) == ("two", "staging.example")
    assert there.runbook.environment == "staging"
    assert here is runbook
    assert environment_names(load_text(TEXT, "r")) == ()
    own = load_text(f'{TEXT}[environments.production]\nvariables.site = "www.example"\n', "r")
    assert environment_names(own) == ("production",)
    assert in_environment(own, "").variables["site"].default == "www.example"
    assert in_environment(own, "").runbook.environment == "Production"


@pytest.mark.parametrize(
    ("written", "line", "message"),
    [
        ("hosts.producton = {}", 2, 'there is no host "producton" (did you mean "production"?)'),
        ('variables.sit = "x"', 2, 'there is no variable "sit" (did you mean "site"?)'),
        ('hosts.production = { targt = "x" }', 2, 'unknown key "targt" (did you mean "target"?)'),
        ("hosts.production = { port = 99999 }", 2, "99999 is not a port"),
        ('hosts.production = { connection = "production" }', 2, "reaches itself"),
        ('hosts.production = { directory = "{{ nothing }}" }', 2, "no value for {{ nothing }} here"),
        ('variables.site = "{{ nothing }}"', 2, "no value for {{ nothing }} at set-up"),
    ],
)
def test_what_is_wrong_in_an_environment_is_named_with_its_line(written: str, line: int, message: str) -> None:
    problems = [str(one) for one in lint_text(f"{TEXT}[environments.staging]\n{written}\n", "r")]
    at = TEXT.count("\n") + line
    assert [one for one in problems if f"r:{at}:" in one and message in one], problems


def test_a_host_that_is_the_same_machine_everywhere_is_a_doubt_until_it_is_said_to_be_meant() -> None:
    def doubts(written: str) -> list[str]:
        return [one.message for one in lint_text(f"{TEXT}[environments.staging]\n{written}\n", "r")]

    assert doubts('variables.site = "x"') == ['host "production" is the same machine in environment "staging"']
    assert doubts("hosts.production = {}") == []
    guarded = TEXT.replace('target = "one"', 'target = "one"\nexpect_hostname = "one"')
    written = '[environments.staging]\nhosts.production = { target = "two" }\n'
    [doubt] = lint_text(guarded + written, "r")
    assert doubt.message == '"two" has to call itself "one"'


def test_the_functions_of_commands_stand_before_a_preamble_of_an_environment_too() -> None:
    runbook = load_text(f"{BOTH}[commands]\nhello = 'echo hello'\n", "r")
    for one in (runbook, in_environment(runbook, "staging")):
        assert one.hosts["production"].preamble.startswith("hello() {")


@pytest.mark.parametrize("words", [["run", "--dry-run"], ["run", "--headless"], ["check"]], ids=" ".join)
def test_without_a_screen_none_is_taken_by_itself(runbook: Path, place: Place, words: list[str]) -> None:
    refused = typed(*words, "-f", str(runbook))
    assert refused.exit_code == 2
    assert refused.stderr.splitlines() == [
        "runbook: this runbook has 2 environments, and none is chosen: staging, production",
        "  --environment staging or --environment production",
    ]
    wrong = typed(*words, "-f", str(runbook), "--environment", "stagin")
    assert (wrong.exit_code, wrong.stderr.splitlines()[-1]) == (2, "  did you mean staging?")
    none = typed("run", "--dry-run", "-f", str(place.runbook("a", "one")), "--environment", "staging")
    assert (none.exit_code, none.stderr.splitlines()[-1]) == (2, "  the runbook has no [environments]")


def test_a_run_is_on_the_host_of_its_environment_and_says_so_everywhere(place: Place, runbook: Path) -> None:
    options = ("-f", str(runbook), "-F", str(place.ssh_config), "--operator", "ana", "--headless")
    there, here = ("staging", place.two, "staging.example"), ("production", place.one, "shop.example")
    for environment, host, site in (there, here):
        done = typed("run", *options, "--environment", environment)
        assert done.exit_code == 0, done.output
        [session] = [line.split()[1] for line in done.output.splitlines() if line.startswith("session ")]
        directory = Path(os.environ["RUNBOOK_SESSIONS"]) / session
        where = environment if environment == "staging" else "Production"
        wanted = f"{host.directory} {site if environment == 'staging' else 'production'} {site} {where}"
        assert (directory / "attempts/0001.out").read_text().strip() == wanted
    listed = typed("sessions").output
    assert "Shop · staging" in listed
    assert "Shop · production" in listed
    assert {one["environment"] for one in json.loads(typed("sessions", "--json").output)} == {"staging", "production"}
    owed = json.loads(typed("followups", "--json").output)
    assert sorted(one["environment"] for one in owed) == ["production", "staging"]
    for form in ("md", "html", "json"):
        assert "production" in typed("export", "last", "--format", form).output


ONLY_THERE = """
[[sections.steps]]
id = "seed"
title = "Seed the staging data"
when = { environment = "staging" }
run = "echo seed"
[[sections.steps]]
id = "tell"
title = "Tell the customers"
when = { environment = ["production"] }
run = "echo told"
"""


@pytest.mark.parametrize(("environment", "done"), [("staging", "seed"), ("production", "tell")])
def test_a_step_may_be_for_one_environment_alone(place: Place, runbook: Path, environment: str, done: str) -> None:
    runbook.write_text(TEXT + ONLY_THERE + ENVIRONMENTS)
    options = ("-f", str(runbook), "-F", str(place.ssh_config), "--operator", "ana", "--environment", environment)
    [left] = {"seed", "tell"} - {done}
    other = "production" if environment == "staging" else "staging"
    dry = typed("run", *options, "--dry-run").output.splitlines()
    [skipped] = [line for line in dry if f"– {left}:" in line]
    assert skipped.endswith(f"(skipped: environment is {environment}, not {other})")
    assert any(f"○ {done}:" in line for line in dry)
    run = typed("run", *options, "--headless")
    assert run.exit_code == 0, run.output
    told = json.loads(typed("export", "last", "--format", "json").output)
    ran = [one["event"]["step"] for one in told["events"] if one["event"]["type"] == "attemptstarted"]
    assert ran == ["mark", "again", done]
    assert told["facts"]["environment"] == environment


def test_an_environment_that_a_step_asks_for_has_to_be_one(runbook: Path) -> None:
    wrong = ONLY_THERE.replace('environment = "staging"', 'environment = "stagin"')
    [problem] = lint_text(TEXT + wrong + ENVIRONMENTS, "r")
    assert (problem.message, problem.hint) == ('environment is never "stagin"', 'did you mean "staging"?')
    assert {one.message for one in lint_text(TEXT + ONLY_THERE, "r")} == {
        'environment is never "staging"',
        'environment is never "production"',
    }


def test_a_session_is_resumed_in_its_own_environment(place: Place, runbook: Path) -> None:
    session = begun(place, runbook, "staging")
    there = f"{place.two.directory} staging.example staging.example staging"
    assert again(place, runbook, session) == there
    runbook.write_text(TEXT)
    assert again(place, runbook, session) == there, "also where the runbook of today has no environments any more"
    runbook.write_text(BOTH.replace('target = "two"', 'target = "one"'))
    with pytest.raises(HostsMoved, match="this session has it at two, today it is said to be at one"):
        again(place, runbook, session)
    runbook.write_text(BOTH)
    production = begun(place, runbook, "production")
    assert again(place, runbook, production) == f"{place.one.directory} production shop.example Production"
    events = [entry.event for entry in read(open_workspace(runbook).store.find(production).journal)]
    assert [one.environment for one in events if isinstance(one, ev.SessionStarted)] == [""]


def test_a_journal_from_before_there_were_environments_is_of_the_runbooks_own(place: Place, tmp_path: Path) -> None:
    runbook = tmp_path / "runbook.toml"
    runbook.write_text(TEXT)
    session = begun(place, runbook, "")
    runbook.write_text(BOTH)
    assert again(place, runbook, session) == f"{place.one.directory} production shop.example Production"
    _, state = open_workspace(runbook).store.find(session).load()
    assert environment_of(state) == ""


def settings(tmp_path: Path, text: str) -> None:
    path = tmp_path / "config" / "runbook" / "config.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_settings_are_of_one_runbook_and_give_way_to_its_environments(
    place: Place, runbook: Path, tmp_path: Path
) -> None:
    def opened(environment: str) -> tuple[str, str]:
        here = open_workspace(runbook, environment=environment).here
        site = here.settings.get("site", here.runbook.variables["site"].default)
        return here.runbook.hosts["production"].target, site

    settings(tmp_path, '[hosts.shop]\nproduction = "mine"\n[variables.shop]\nsite = "mine.example"\n')
    assert opened("production") == ("mine", "mine.example")
    assert opened("staging") == ("two", "staging.example"), "what is said of production is not said of staging"
    settings(tmp_path, '[hosts.shop.staging]\nproduction = "st-9"\n[variables.shop.staging]\nsite = "st-9.example"\n')
    assert opened("staging") == ("st-9", "st-9.example")
    assert opened("production") == ("one", "shop.example")
    settings(tmp_path, '[hosts.other]\nproduction = "no"\n[variables.other]\nsite = "no"\n')
    assert opened("production") == ("one", "shop.example")
    settings(tmp_path, '[variables]\nsite = "whose?"\n')
    with pytest.raises(UsageError, match="variables.site: it does not say of which runbook"):
        opened("production")


def test_a_value_that_is_another_one_today_is_asked_about_with_both(
    place: Place, runbook: Path, tmp_path: Path
) -> None:
    settings(tmp_path, '[variables.shop]\nsite = "first.example"\n')
    session = begun(place, runbook, "production")
    own = f"{place.one.directory} production shop.example Production"
    assert again(place, runbook, session) == own, "the settings say what they said when it began: that is not news"
    settings(tmp_path, '[variables.shop]\nsite = "other.example"\n')
    with pytest.raises(HostsMoved) as refused:
        again(place, runbook, session)
    assert "site: this session has shop.example, today it is said to be other.example" in refused.value.message
    assert refused.value.hint == "add --as session to take those of the session, --as today to take those of today"
    assert again(place, runbook, session, "session") == own
    assert again(place, runbook, session, "today") == own.replace("shop.example", "other.example")
    assert again(place, runbook, session) == own.replace("shop.example", "other.example"), "it is in the journal"
    events = [entry.event for entry in read(open_workspace(runbook).store.find(session).journal)]
    [corrected] = [one for one in events if isinstance(one, ev.ValueCorrected)]
    assert (corrected.before, corrected.value, corrected.reason) == ("shop.example", "other.example", AS_TODAY)
    runbook.write_text(BOTH.replace('default = "shop.example"', 'default = "new.example"'))
    settings(tmp_path, "")
    with pytest.raises(HostsMoved, match="today it is said to be new.example"):
        again(place, runbook, session)


def test_the_directory_that_a_host_was_pointed_to_is_the_sessions_own(place: Place, tmp_path: Path) -> None:
    runbook = tmp_path / "runbook.toml"
    runbook.write_text(TEXT.replace("$HOME", "$PWD"))
    (place.one.directory / "app").mkdir(exist_ok=True)
    workspace = open_workspace(runbook, {"production": f"one:{place.one.directory}/app"}, place.ssh_config)
    conductor = workspace.begin(Setup(flow="deploy", operator="ana", variables={"site": "x"}))
    conductor.close()
    session = workspace.store.names()[-1]
    workspace.close()
    assert again(place, runbook, session).split()[0] == f"{place.one.directory}/app"


def test_a_rehearsal_without_a_screen_is_in_the_runbooks_own_environment(runbook: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)}
    scenario = tmp_path / "calm.toml"
    scenario.write_text('format = 1\ntitle = "Calm"\n[[rules]]\nmatch = "."\noutput = "fine\\n"\n')
    for chosen, wanted in ((), "production"), (("--environment", "staging"), "staging"):
        words = ["drill", str(scenario), "-f", str(runbook), "--headless", "--pace", "1000", *chosen]
        command = [*PROGRAM, *words]
        environment["RUNBOOK_SESSIONS"] = str(tmp_path / wanted)  # not the user's own, and none beside it
        done = program.run(command, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        asked = "runbook: rehearsed as production: --environment NAME rehearses another one (staging)\n"
        assert done.stderr == ("" if chosen else asked)
        listed = CliRunner().invoke(main, ["sessions", "--json"], env=environment)
        assert json.loads(listed.output)[0]["environment"] == wanted


def test_a_reader_is_told_of_them(runbook: Path) -> None:
    shown = typed("show", "-f", str(runbook)).output
    assert "environment staging: a rehearsal on the other host · production at two · site = staging.example" in shown
    assert "environment production: production at one" in shown
    page = typed("show", "-f", str(runbook), "--format", "md").output
    assert "| environment staging | a rehearsal on the other host" in page
