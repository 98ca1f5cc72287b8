"""What every command sends to a terminal when the runbook, the journal, file names and arguments drive terminals."""

import json
import os
import random
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.exports.hostile import STEER
from tests.support.hostile.hostile import HOSTILE, MARKS, foreign, hostile_runbook, in_toml
from tests.support.hostile.hostile_session import WATCHED, add_every_event, bundles, scenarios
from tests.support.machines.fake_transport import FakeTransport, Reply
from tests.support.runbooks.commands import COMPLETE
from tests.support.screens.terminal import terminal
from tests.tui.conftest import SHOP
from tui.execution.workspace import Setup, Workspace
from tui.runbook.reading.load import load
from tui.session import events as ev
from tui.session.archive.store import Store
from tui.session.clock import SystemClock

ROOT = Path(__file__).parents[2]
LONG = os.environ.get("RUNBOOK_HOSTILE") == "long"
ROUNDS = 40 if LONG else 1
NAME = HOSTILE.replace("\0", "").replace("/", "").replace("\n", "")


FORMS = ("md", "json", "html", "cast", "ics") if LONG else ("md", "json")
DRILL = ("--method", "docker", "--operator", "ana", "--set", "release=v2", "--pace", "100")
SHELLS = ("bash", "zsh", "fish") if LONG else ("zsh",)
TYPED = (["dr"], ["drill", ""], ["export", "--format", ""], ["search", "--in", ""], ["-"], ["verify", ""])


class Night:
    """A store with a session in which everything is hostile, and files whose names are."""

    def __init__(self, root: Path, words: str) -> None:
        root.mkdir()
        self.root, self.words = root, words
        self.name = words.encode("utf-8", "ignore").decode().replace("\0", "").replace("/", "").replace("\n", "")[:60]
        self.runbook = root / f"runbook{self.name}.toml"
        text = hostile_runbook(SHOP + WATCHED, words)
        self.runbook.write_text(text, encoding="utf-8")
        (root / "runbook.toml").write_text(text, encoding="utf-8")
        self.broken = root / f"broken{self.name}.toml"
        self.broken.write_text(f'{text}\n["{in_toml(words)}"]\n"{in_toml(words)}" = 1\n[hosts."a{in_toml(words)}"]\n')
        self.no_toml = root / f"none{self.name}.toml"
        self.no_toml.write_bytes(b"[x\n" + words.encode() + b" = \n")
        self.store = Store(root / "sessions")
        self.ids = [self.session(), self.session(), self.session()]
        self.left = add_every_event(self.store.find(self.ids[2]), words)
        self.bundles = bundles(self.store.find(self.ids[2]), root, words.replace("\0", ""))
        self.scenarios = scenarios(root, words.replace("\0", ""))
        shutil.copytree(root / "sessions" / self.ids[0], root / "sessions" / f"2026-01-01T000000Z-{self.name}-x")

    def session(self) -> str:
        worse = self.words.encode()
        host = FakeTransport(
            {"uptime": Reply(b"load average: 0.1 " + worse + b"\n"), "git describe": Reply(worse)}, "web"
        )
        runbook = load(self.runbook)
        text = self.runbook.read_text(encoding="utf-8")
        workspace = Workspace(runbook, text, self.store, dict.fromkeys(runbook.hosts, host), SystemClock(), self.words)
        setup = Setup(flow="deploy", method="docker", operator=f"ana{self.words}", variables={"release": "v2"})
        workspace.preflight(setup, lambda row: None)
        conductor = workspace.begin(setup)
        conductor.start("look")
        conductor.wait()
        conductor.record(ev.NoteAdded(step="look", text=f"load {self.words}", operator=self.words))
        conductor.record(ev.StepSkipped(step="backup", operator=self.words, reason=self.words))
        conductor.record(ev.SessionFinished(result="completed", operator=self.words, note=self.words))
        conductor.close()
        return self.store.find("last").id

    def commands(self) -> list[list[str]]:
        one, other, every = self.ids
        bad, here = self.name or "x", str(self.runbook)
        lines = [
            *[[command] for command in ("sessions", "followups", "drills", "show", "lint")],
            *[[command, "--json"] for command in ("sessions", "followups", "drills", "show")],
            ["show", "-f", here],
            ["lint", here],
            ["lint", str(self.broken)],
            ["lint", str(self.no_toml)],
            ["check", "-f", str(self.broken)],
            ["search", "load"],
            ["search", "load", "--json"],
            ["search", bad],
            ["search", "load", "--since", bad],
            ["verify", one],
            ["verify", bad],
            ["compare", one, other],
            ["compare", one, other, "--json"],
            ["compare", one, other, "--step", "look"],
            ["compare", one, bad],
            ["compare", one, other, "--step", bad],
            ["drills", one],
            ["drills", bad],
            ["resume", bad],
            ["replay", bad],
            ["rollback", bad],
            ["export", bad],
            ["export", one, "--format", bad],
            [f"x{bad}"],
            [f"x{MARKS}"],
            ["schema", "--of", MARKS],
            [f"--{bad}"],
            ["sessions", f"--{bad}"],
            ["show", "-f", f"{here}-not"],
            ["show", "-F", bad],
            ["check", f"section{bad}", "--flow", "deploy", "-f", here],
            ["run", "--headless", "--set", f"{bad}=x", "-f", here],
            ["run", "--headless", "--flow", bad],
            ["run", "--headless", "--host", f"{bad}=x"],
            ["run", "--headless", "--answers", f"{here}-not"],
            ["run", "--headless", "--answers", str(self.no_toml)],
            ["drill", bad],
            ["drill", str(self.no_toml)],
            ["drill", "lint", str(self.no_toml)],
            ["drill", "lint", here],
            ["drill", "record", one],
            ["drill", "record", bad],
            ["drill", "inject", bad],
            ["search", "load", "--in", bad],
            ["schema", "--of", bad],
            *[["export", one, "--format", form] for form in (FORMS if LONG else ("ics",))],
            ["verify", every],
            ["compare", one, every],
            ["compare", one, every, "--json"],
            ["drill", "record", every],
            ["drills", every],
            *[["export", every, "--format", form] for form in FORMS],
            *[["verify", str(bundle)] for bundle in self.bundles],
            ["compare", one, str(self.bundles[0])],
            *[["export", str(self.bundles[0]), "--format", form] for form in (FORMS if LONG else ())],
            *[["drill", "lint", str(scenario)] for scenario in self.scenarios],
            *[["drill", "run", str(scenario), "--headless"] for scenario in self.scenarios],
            *([["drill", "run", str(self.scenarios[0]), "--headless", *DRILL]] if LONG else []),
            *[[COMPLETE, f"{shell}_complete", "runbook", *typed] for shell in SHELLS for typed in TYPED],
        ]
        return lines


@pytest.fixture
def night(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Night:
    monkeypatch.setenv("DB_PASSWORD", "hunter2-secret")
    return Night(tmp_path / "0", NAME)


def seen(night: Night) -> dict[str, bytes]:
    """What each command sent to its terminal."""
    lines = night.commands()
    asked = night.root / "commands.json"
    asked.write_text(json.dumps(lines), encoding="utf-8")
    environment = {
        **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
        "PYTHONPATH": str(ROOT),
        "RUNBOOK_SESSIONS": str(night.root / "sessions"),
        "XDG_CONFIG_HOME": str(night.root / "config"),
        "LANG": "C.UTF-8",
        "LOGNAME": "ana",
        "DB_PASSWORD": "hunter2-secret",
    }
    with terminal(
        [sys.executable, "-m", "tests.support.runbooks.commands", asked], night.root, environment, (120, 40)
    ) as person:
        person.wait()
    parts = re.split(rb"@@ (\d+)\r\n", person.received)[1:]
    assert len(parts) == 2 * len(lines), person.received[-3000:]
    return {f"{number} {' '.join(line[:1])}": parts[2 * number + 1] for number, line in enumerate(lines)}


def wrong(sent: bytes) -> list[str]:
    """What is foreign of it; a carriage return before a line feed is the terminal's, or a calendar's."""
    return foreign(sent.decode("utf-8", "surrogateescape").replace("\r\r\n", "\n").replace("\r\n", "\n"))


def test_no_command_sends_anything_foreign_to_a_terminal(night: Night) -> None:
    sent = seen(night)
    found = {command: (len(bad), bad[:6]) for command, data in sent.items() if (bad := wrong(data))}
    assert found == {}
    assert not any(b"Traceback" in data for data in sent.values())
    assert sum(len(data) for data in sent.values()) > 20_000
    assert len(night.bundles) == 8
    assert night.left == [], "an event that no reader folds shows nothing"


@pytest.mark.skipif(not LONG, reason="the long form: make test-hostile")
@pytest.mark.timeout(3600)
def test_no_command_does_with_any_mixture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DB_PASSWORD", "hunter2-secret")
    chance, commands, size = random.Random(15), 0, 0
    for number in range(ROUNDS):
        words = "".join(chance.choice((*STEER, HOSTILE)) for _ in range(4)).replace("\0", "").replace("\n", "")
        sent = seen(Night(tmp_path / str(number), words))
        assert {command: wrong(data)[:6] for command, data in sent.items() if wrong(data)} == {}, ascii(words)
        commands, size = commands + len(sent), size + sum(map(len, sent.values()))
    sys.stdout.write(f"\ncommands: {commands} run in a terminal, {size:,} bytes, 0 foreign characters\n")


FAULTS = {
    "a command": "raise ValueError(words)",
    "a thread": "import threading; one = threading.Thread(target=int, args=(words,)); one.start(); one.join()",
    "what nobody waits for": "class Gone:\n    def __del__(self): raise ValueError(words)\nGone()",
    "a library's log": "import logging, tui.text.logs as own\nown.silence(); logging.getLogger('redis').error(words)",
}


@pytest.mark.parametrize("kind", FAULTS)
def test_a_fault_of_the_program_itself_repeats_nothing_foreign(kind: str) -> None:
    """What Python and libraries would write to standard error by themselves repeats what a host said."""
    code = f"from tui.cli.printing import prepare; prepare()\nwords = {HOSTILE!r}\n{FAULTS[kind]}"
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=False)
    said = ran.stderr.decode()
    assert foreign(said) == []
    assert "Traceback" not in said
    assert ("a fault in the program itself: ValueError" in said) == ("log" not in kind)
    assert ran.returncode == (1 if kind == "a command" else 0)
