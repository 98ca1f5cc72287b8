"""What goes wrong in a drill: when it strikes, who may ask for it, and that it is on record before it does."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.support.machines.fake_transport import FakeTransport, Reply
from tests.support.runbooks.runbooks import one_section
from tests.support.sessions.fake_clock import FakeClock
from tui.drill.faults import INBOX, FaultRunner, ask_for, by_chance
from tui.drill.scenario import Scenario
from tui.drill.scenario_files import find_scenario, parse_scenario
from tui.drill.world import Past, Struck, lived, past_of
from tui.errors import RunbookInvalid, SessionError, UsageError
from tui.execution.conductor.conductor import Conductor
from tui.execution.workspace import Setup, Workspace
from tui.headless.facilitating import facilitate
from tui.runbook.reading.load import load
from tui.session.archive.store import Store

STEPS = "".join(
    f'[[sections.steps]]\nid = "{step}"\ntitle = "{step}"\n[[sections.steps.actions]]\nrun = "do {step}"\n'
    for step in "ab"
)
HEAD = 'format = 1\ntitle = "Storm"\n[facts]\ndisk = "free"\nsite = "up"\n'
FULL = """
[[faults]]
id = "disk-full"
title = "The disk fills"
set = { disk = "full" }
after = "a"
delay = "4m"
over = { disk = "free" }
[[faults]]
id = "site-down"
title = "The site goes down"
set = { site = "down" }
by_itself = false
"""
HELP = """
[[faults]]
id = "disk-freed"
title = "Somebody makes room"
set = { disk = "free" }
by_itself = false
helps = true
"""
RULES = '[[rules]]\nmatch = "df"\noutput = "{{ disk }}"\n[[rules]]\nmatch = "rm"\nset = { disk = "free" }\n'


def scenario(faults: str = FULL) -> Scenario:
    return parse_scenario(HEAD + faults + RULES, "storm.toml")


class Drill:
    """A session of a drill whose world is a dictionary."""

    def __init__(self, folder: Path, scenario: Scenario, speed: float = 1.0) -> None:
        self.clock = FakeClock()
        path = folder / "runbook.toml"
        path.write_text(one_section(STEPS, "web"))
        self.workspace = Workspace(
            load(path),
            path.read_text(),
            Store(folder / "sessions"),
            {"web": FakeTransport({"do": Reply(b"")}, name="web")},
            self.clock,
            drill=scenario.title,
            scenario="storm",
        )
        self.conductor: Conductor = self.workspace.begin(Setup(flow="deploy", operator="ana"))
        self.directory = self.workspace.store.find("last")
        self.facts = dict(scenario.facts)
        self.on_record: list[bool] = []
        self.runner = FaultRunner(
            scenario, self.conductor.recorder, self.directory.path / INBOX, self._strike, self.clock, speed
        )

    def _strike(self, facts: Mapping[str, str]) -> None:
        self.on_record.append("faultstruck" in self.directory.journal.read_text())
        self.facts |= facts

    def do(self, step: str) -> None:
        self.conductor.start(step)
        self.conductor.wait()

    def after(self, seconds: float) -> dict[str, str]:
        self.clock.advance(seconds)
        self.runner.look()
        return self.facts


@pytest.fixture
def drill(tmp_path: Path) -> Callable[..., Drill]:
    made: list[Drill] = []

    def begun(scenario: Scenario, speed: float = 1.0) -> Drill:
        made.append(Drill(tmp_path, scenario, speed))
        return made[-1]

    yield begun
    for one in made:
        one.conductor.close()


def test_it_strikes_so_long_after_its_step_was_signed_and_once(drill: Callable[..., Drill]) -> None:
    night = drill(scenario())
    assert night.after(600)["disk"] == "free"
    night.do("a")
    assert night.after(0)["disk"] == "free"
    assert night.after(239)["disk"] == "free"
    assert night.after(1)["disk"] == "full"
    assert night.on_record == [True]
    night.facts["disk"] = "free"
    assert night.after(600)["disk"] == "free"
    assert list(night.conductor.state.faults) == ["disk-full"]


def test_a_drills_time_runs_faster(drill: Callable[..., Drill]) -> None:
    night = drill(scenario(), speed=60)
    night.do("a")
    night.after(0)
    assert night.after(3)["disk"] == "free"
    assert night.after(1)["disk"] == "full"


def test_a_step_that_is_done_again_counts_again(drill: Callable[..., Drill]) -> None:
    night = drill(scenario())
    night.do("a")
    night.after(0)
    night.after(200)
    night.conductor.reopen("a", "again")
    assert night.after(200)["disk"] == "free"
    night.do("a")
    night.after(0)
    assert night.after(200)["disk"] == "free"
    assert night.after(40)["disk"] == "full"


def test_without_a_step_it_strikes_from_the_beginning(drill: Callable[..., Drill]) -> None:
    night = drill(scenario('[[faults]]\nid = "now"\ntitle = "At once"\nset = { site = "down" }\n'))
    assert night.after(0)["site"] == "down"


def test_a_facilitator_asks_for_one(drill: Callable[..., Drill]) -> None:
    night = drill(scenario())
    assert night.after(9999)["site"] == "up"
    assert ask_for(night.directory, scenario(), "site-down", "ben").title == "The site goes down"
    assert night.after(0)["site"] == "down"
    assert night.conductor.state.faults.keys() == {"site-down"}
    night.facts["site"] = "up"
    assert night.after(0)["site"] == "up"
    ask_for(night.directory, scenario(), "site-down", "ben")  # the same again is a fault again
    assert night.after(0)["site"] == "down"


def test_what_is_no_request_is_passed_over_and_half_a_line_waits(drill: Callable[..., Drill]) -> None:
    night = drill(scenario())
    inbox = night.directory.path / INBOX
    inbox.write_bytes(b'nonsense\n{"fault": "moon", "by": "x"}\n{"fault": "site-')
    assert night.after(0)["site"] == "up"
    with inbox.open("ab") as file:
        file.write(b'down", "by": "ben"}\n')
    assert night.after(0)["site"] == "down"


def test_only_a_drill_that_is_running_can_be_broken(drill: Callable[..., Drill]) -> None:
    night = drill(scenario())
    with pytest.raises(UsageError, match="no fault 'moon'") as error:
        ask_for(night.directory, scenario(), "moon", "ben")
    assert "disk-full, site-down" in error.value.hint
    night.conductor.finish("abandoned")
    with pytest.raises(SessionError, match="is over"):
        ask_for(night.directory, scenario(), "site-down", "ben")
    assert night.after(9999)["disk"] == "free"


def test_a_real_session_can_never_be_broken(tmp_path: Path) -> None:
    path = tmp_path / "runbook.toml"
    path.write_text(one_section(STEPS, "web"))
    hosts = {"web": FakeTransport(name="web")}
    workspace = Workspace(load(path), path.read_text(), Store(tmp_path / "sessions"), hosts, FakeClock())
    workspace.begin(Setup(flow="deploy", operator="ana")).close()
    with pytest.raises(SessionError, match="is not a drill"):
        ask_for(workspace.store.find("last"), scenario(), "site-down", "ben")


def test_a_drill_that_is_resumed_continues_with_what_was_broken_and_fixed(drill: Callable[..., Drill]) -> None:
    night = drill(scenario())
    night.do("a")
    night.after(0)
    night.after(240)
    past = past_of(night.conductor.state, lambda host: host)
    assert [type(one) for one in past] == [Past, Struck]
    assert lived(scenario(), past).facts["disk"] == "full"
    mended = Past("web", night.clock.now(), "rm -rf /backups/old")
    assert lived(scenario(), [*past, mended]).facts["disk"] == "free"


def test_chance_is_the_same_for_the_same_seed() -> None:
    steps = ["a", "b"]
    first = by_chance(scenario(), steps, 7)
    assert by_chance(scenario(), steps, 7) == first
    (chosen,) = [one for one in first.faults if one.id == "site-down"]
    assert chosen.by_itself
    assert chosen.after in steps
    found = {
        one.after for seed in range(20) for one in by_chance(scenario(), steps, seed).faults if one.id == "site-down"
    }
    assert found == {"a", "b"}
    helping = FULL.replace("by_itself = false", "by_itself = false\nhelps = true")
    for nothing in ("", helping):
        with pytest.raises(UsageError, match="no fault that chance could choose"):
            by_chance(scenario(nothing), steps, 1)


@pytest.mark.parametrize(
    ("faults", "said"),
    [
        ('[[faults]]\nid = "x"\ntitle = "X"\nset = { moon = "full" }\n', "moon"),
        ('[[faults]]\nid = "x"\ntitle = "X"\nset = { disk = "full" }\nover = { disc = "free" }\n', "disk"),
        ('[[faults]]\nid = "x"\ntitle = "X"\nset = {}\n' * 2, "there is a fault"),
        ('[[faults]]\nid = "x"\ntitle = "X"\nset = {}\ndelay = "soon"\n', "delay"),
    ],
)
def test_a_wrong_fault_is_refused(faults: str, said: str) -> None:
    with pytest.raises(RunbookInvalid) as refused:
        scenario(faults)
    assert said in " ".join(map(str, refused.value.problems))


def test_scenarios_are_combined(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    common = '[[rules]]\nmatch = "uptime"\noutput = "calm"\n'
    (tmp_path / "base.toml").write_text(HEAD + common)
    for name, fact in (("disk", 'disk = "full"'), ("site", 'site = "down"')):
        rule = f'[[rules]]\nmatch = "look"\nwhen = {{ {fact} }}\noutput = "{name}"\n'
        fault = f'[[faults]]\nid = "{name}"\ntitle = "{name}"\nset = {{ {fact} }}\n'
        text = f'format = 1\ntitle = "{name}"\nbased_on = "base"\n[facts]\n{fact}\n{fault}{rule}'
        (tmp_path / f"{name}.toml").write_text(text)
    monkeypatch.setattr("tui.drill.scenario_files.scenario_files", lambda: sorted(tmp_path.glob("*.toml")))
    both = find_scenario("disk+site")
    assert both.title == "disk + site"
    assert both.facts == {"disk": "full", "site": "down"}
    assert {fault.id for fault in both.faults} == {"disk", "site"}
    assert [rule.match for rule in both.rules] == ["look", "look", "uptime"]
    assert find_scenario("site + disk").facts == both.facts


def test_a_facilitator_lets_faults_strike_by_key(drill: Callable[..., Drill]) -> None:
    night = drill(scenario(FULL + HELP))
    said: list[str] = []
    keys = iter("zb~")

    def key() -> str:
        pressed = next(keys, "q")
        if pressed == "~":
            assert any(line.startswith("  b  site-down            asked for") for line in said)
        night.runner.look()
        return pressed

    facilitate(night.directory, night.runner._scenario, "ben", key, said.append)
    assert night.facts["site"] == "down"
    assert any(line.startswith("  b  site-down") and "struck" in line for line in said)
    assert any(line.startswith("  a  disk-full") and "comes by itself" in line for line in said)
    assert any("help: Somebody makes room" in line for line in said)
    assert any("ana is at “a”" in line for line in said)
    assert list(night.conductor.state.faults) == ["site-down"]
    night.conductor.finish("completed")
    night.conductor.wait()
    said.clear()
    facilitate(
        night.directory, night.runner._scenario, "ben", lambda: pytest.fail("nothing is asked any more"), said.append
    )
    assert said[-1] == "it is over"
