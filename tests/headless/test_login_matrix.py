"""Each way of logging in × each thing that is done with it: a check with its tunnel, a run, a resumption, nobody there.

Real servers. What is asked is asked once for each thing, whatever number of commands, probes and tunnels it has.
"""

import os
import pwd
import subprocess
from collections.abc import Callable, Iterator, Sequence
from http.server import HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from tests.support.machines.sudo_host import HOME, SudoHost
from tests.support.machines.sudo_host import WORD as SUDO_WORD
from tests.support.machines.typed_login import Site
from tests.support.servers.pam import CodeService, password_service
from tests.support.servers.sshd import Sshd, make_key, public
from tui.cli.wiring import open_workspace, resumed_workspace
from tui.execution.workspace import Setup, Workspace
from tui.headless.answered_run import Exit
from tui.headless.answers import AnswersFile
from tui.headless.run import run_headless
from tui.headless.tables import check_report
from tui.session.state import StepStatus

pytestmark = pytest.mark.needs("sshd", "ssh", "ssh-keygen", "pam_oath", "sudo")

WORD = "correct horse"
RUNBOOK = """
format = 1
[runbook]
title = "Shop"
default_host = "web"
[hosts.web]
target = "box"
connect_with = "{way}"
sudo = "{sudo}"
[services.site]
kind = "http"
through = "web"
settings = {{ url = "http://127.0.0.1:{port}" }}
[flows.deploy]
title = "Deploy"
kind = "deploy"
sections = ["look", "change"]
[flows.verify]
title = "Verify"
kind = "verify"
sections = ["look"]
[[sections]]
id = "look"
title = "Look"
[[sections.steps]]
id = "command"
title = "Command"
[[sections.steps.actions]]
run = "{prefix}echo fine"
reads = true
expect = {{ contains = ["fine"] }}
[[sections.steps]]
id = "tunnel"
title = "Tunnel"
[[sections.steps.actions]]
probe = {{ service = "site", check = "get", with = {{ path = "/" }} }}
expect = {{ json = {{ status = 200 }} }}
[[sections]]
id = "change"
title = "Change"
[[sections.steps]]
id = "change"
title = "Change"
mutates = true
danger = "caution"
[[sections.steps.actions]]
run = "{prefix}echo ran | tee -a {here}/ran; while [ ! -e {here}/go ]; do sleep 0.05; done; echo done"
expect = {{ contains = ["ran", "done"] }}
"""
WAYS = {
    "a key": (),
    "a certificate": (),
    "a key with a passphrase": ("passphrase",),
    "a password": ("assword",),
    "a key and a code": ("One-time password",),
    "sudo with a password": ("password of sudo",),
}
"""Each with what it asks."""
DEPLOY = Setup(flow="deploy", operator="ana")
ANSWERS = AnswersFile(operator="ana", confirm=("*",))


class Place:
    """A host that is reached by one way, its runbook, and the operator who types what is asked."""

    def __init__(self, name: str, way: str, folder: Path, port: int) -> None:
        self.folder = folder
        self.wanted = WAYS[name]
        self._log = folder / "asked"
        self._log.touch()
        self._codes: list[str] = []
        self.server = self._server(name)
        sudo = "password" if name.startswith("sudo") else "as it is"
        prefix = "sudo " if name.startswith("sudo") else ""
        here = self.there = folder / "there"
        if isinstance(self.server, SudoHost):  # whose user sees another /mnt than we do, and none of our folders
            here, self.there = Path(HOME), self.server.root / HOME.removeprefix("/")
        else:
            here.mkdir()
        text = RUNBOOK.format(way=way, sudo=sudo, prefix=prefix, port=port, here=here)
        if not name.startswith("sudo"):
            text = text.replace('sudo = "as it is"\n', "")
        self.runbook = folder / "runbook.toml"
        self.runbook.write_text(text)

    def _server(self, name: str) -> Sshd:
        folder, key = self.folder / "sshd", self.folder / "key"
        if name == "sudo with a password":
            return SudoHost(folder)
        if name == "a password":
            pam = password_service(self.folder, WORD)
            return Sshd(folder, "UsePAM yes", "PasswordAuthentication yes", "AuthenticationMethods password", pam=pam)
        if name == "a key and a code":
            service = CodeService(self.folder)
            self._codes = [service.code() for _ in range(4)]
            methods = "AuthenticationMethods publickey,keyboard-interactive"
            return Sshd(folder, "UsePAM yes", "KbdInteractiveAuthentication yes", methods, pam=service.file)
        if name == "a key":
            return Sshd(folder)
        make_key(key, passphrase=WORD if "passphrase" in name else "")
        if name == "a certificate":
            make_key(self.folder / "ca")
            server = Sshd(folder, f"TrustedUserCAKeys {self.folder / 'ca.pub'}")
            sign = ["ssh-keygen", "-q", "-s", str(self.folder / "ca"), "-I", "ana", "-n", server.user, f"{key}.pub"]
            subprocess.run(sign, check=True)
            (folder / "authorized_keys").write_text("")
        else:
            server = Sshd(folder)
            (folder / "authorized_keys").write_text(public(key) + "\n")
        text = server.ssh_config.read_text()
        server.ssh_config.write_text(text.replace(str(folder / "client"), str(key)))
        return server

    def answer(self, question: str) -> str:
        """What the operator types."""
        with self._log.open("a") as log:
            log.write(question.strip() + "\n")
        if "One-time" in question:
            return self._codes.pop(0)
        return SUDO_WORD if "password of sudo" in question else WORD

    def ask(self, title: str, lines: Sequence[str]) -> str | None:
        """The operator at our own questions."""
        return self.answer(lines[-1])

    def asking(self, workspace: Workspace) -> None:
        """Have the operator sit there, also where ssh asks."""
        workspace.asking.by(self.ask, lambda words: None, self._lend)

    def _lend(self, call: Callable[[], None]) -> bool:
        """The terminal, at which ssh has its answers from a program that types for the operator."""
        program, codes = self.folder / "types", self.folder / "codes"
        codes.write_text("".join(f"{code}\n" for code in self._codes))
        program.write_text(
            f'#!/bin/sh\nprintf "%s\\n" "$1" >>{self._log}\ncase "$1" in *One-time*) head -n 1 {codes};; '
            f"*) printf '%s\\n' '{WORD}';; esac\n"
        )
        program.chmod(0o700)
        before = dict(os.environ)
        os.environ |= {"SSH_ASKPASS": str(program), "SSH_ASKPASS_REQUIRE": "force"}
        try:
            call()
        finally:
            os.environ.clear()
            os.environ.update(before)
            self._codes = self._codes[1:]
        return True

    def asked(self) -> list[str]:
        """What was asked since the last time."""
        lines = self._log.read_text().splitlines()
        self._log.write_text("")
        return lines

    def asked_once(self) -> None:
        asked = self.asked()
        assert len(asked) == len(self.wanted), asked
        assert all(word in line for word, line in zip(self.wanted, asked, strict=True)), asked

    def opened(self, never: bool = False) -> Workspace:
        workspace = open_workspace(self.runbook, {}, self.server.ssh_config, ask_never=never)
        self.asking(workspace)
        return workspace


@pytest.fixture(scope="module")
def site() -> Iterator[HTTPServer]:
    """Something that only the host reaches."""
    made = HTTPServer(("127.0.0.1", 0), Site)
    Thread(target=made.serve_forever, args=(0.01,), daemon=True).start()
    yield made
    made.shutdown()
    made.server_close()


WHOLE = os.environ.get("RUNBOOK_HOSTS") == "long"
"""Whether each way of logging in is tried by both ways to connect, as `make test-hosts` does; else by one of them."""
BY = ("own", "openssh")
TRIED = [(name, way) for number, name in enumerate(WAYS) for way in (BY if WHOLE else BY[number % 2 : number % 2 + 1])]


@pytest.fixture(params=TRIED, ids=" by ".join)
def place(
    request: pytest.FixtureRequest, site: HTTPServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Place]:
    monkeypatch.setenv("LOGNAME", pwd.getpwuid(os.geteuid()).pw_name)  # a user whom PAM knows
    for name, where in (("RUNBOOK_SESSIONS", "sessions"), ("XDG_CONFIG_HOME", "config"), ("XDG_STATE_HOME", "state")):
        monkeypatch.setenv(name, str(tmp_path / where))
    made = Place(*request.param, tmp_path, site.server_port)
    yield made
    made.server.stop()


def test_it_checks_runs_and_resumes_and_is_asked_once_for_each(place: Place) -> None:
    said: list[str] = []
    there = place.there

    workspace = place.opened()
    assert check_report(workspace, Setup(flow="verify", operator="ana"), (), False, said.append) == 0, said
    workspace.close()
    assert "2 ok, 0 warning, 0 failed, 0 no data" in said[-1]
    place.asked_once()

    (there / "go").touch()
    workspace = place.opened()
    assert run_headless(workspace, DEPLOY, ANSWERS, said.append) is Exit.OK, said
    workspace.close()
    place.asked_once()

    (there / "go").unlink()
    workspace = place.opened()
    workspace.preflight(DEPLOY, lambda row: None)
    conductor = workspace.begin(DEPLOY)
    for step in ("command", "tunnel"):
        conductor.start(step)
        conductor.wait()
    conductor.start("change", "ana")
    while (there / "ran").read_text().count("ran\n") < 2:
        conductor.wait(0.05)
    assert conductor.state.started is not None
    session = conductor.state.started.session
    conductor.close()  # as where the program ends: the command is running there
    workspace.close()
    place.asked_once()
    with resumed_workspace(session, place.runbook, {}, place.server.ssh_config) as (workspace, found):
        place.asking(workspace)
        conductor = workspace.resume(found, "ana")
        workspace.reach_again(conductor)
        conductor.agree()
        (there / "go").touch()
        conductor.wait()
        assert conductor.state.step("change").status in (StepStatus.PASSED, StepStatus.SIGNED)
        conductor.close()
    place.asked_once()
    assert (there / "ran").read_text() == "ran\nran\n"
    files = [path for path in (place.folder / "sessions").rglob("*") if path.is_file()]
    assert not any(word.encode() in path.read_bytes() for path in files for word in (WORD, SUDO_WORD))


def test_with_nobody_there_it_works_or_says_what_is_wanted_and_changes_nothing(place: Place) -> None:
    said: list[str] = []
    (place.there / "go").touch()
    workspace = place.opened(never=True)
    ran = run_headless(workspace, DEPLOY, ANSWERS, said.append)
    checked = check_report(workspace, Setup(flow="verify", operator="ana"), (), False, said.append)
    workspace.close()
    assert place.asked() == []
    if not place.wanted:
        assert (ran, checked) == (Exit.OK, 0)
        return
    assert ran is Exit.HOST
    assert checked in (21, 22)
    assert any("without --ask-never" in line or "ssh-add" in line for line in said), said
    assert not (place.there / "ran").exists()
