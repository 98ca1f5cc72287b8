"""Two people with an ssh-agent each: one asks, the other answers from their own copy, and a real sshd runs it."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.runbooks.runbooks import one_section
from tests.support.servers.sshd import Sshd
from tui.cli.wiring import open_workspace
from tui.errors import SignatureInvalid
from tui.execution.approving.answering import answer_to
from tui.execution.workspace import Setup
from tui.session.archive.store import Store
from tui.session.state import StepStatus
from tui.signing.posted import sign_message
from tui.transports.ssh.agent import AgentKey, agent_keys

pytestmark = pytest.mark.needs("sshd", "ssh", "ssh-agent", "ssh-keygen")
STEP = """
[[sections.steps]]
id = "restore"
title = "Restore"
mutates = true
danger = "destructive"
approve = "second-person"
[[sections.steps.actions]]
run = "cat >>{here}/restored"
stdin = "the backup"
"""


@pytest.fixture
def agents(tmp_path: Path) -> Iterator[dict[str, Path]]:
    """An agent of each person's own, with one key; and the file that says whose key is whose."""
    sockets, running, lines = {}, [], []
    for name in ("ana", "ben"):
        subprocess.run(["ssh-keygen", "-q", "-N", "", "-C", name, "-t", "ed25519", "-f", tmp_path / name], check=True)
        sockets[name] = tmp_path / f"{name}.agent"
        process = subprocess.Popen(["ssh-agent", "-D", "-a", str(sockets[name])], stdout=subprocess.PIPE)
        assert process.stdout
        process.stdout.readline()
        running.append(process)
        with_agent = {"SSH_AUTH_SOCK": str(sockets[name]), "PATH": "/usr/bin:/bin"}
        subprocess.run(["ssh-add", "-q", tmp_path / name], env=with_agent, check=True)
        kind, blob, _ = (tmp_path / f"{name}.pub").read_text().split()
        lines.append(f"{name} {kind} {blob}\n")
    (tmp_path / "signers").write_text("".join(lines))
    yield sockets
    for process in running:
        process.terminate()
        process.wait()
        assert process.stdout
        process.stdout.close()


def key_of(socket: Path) -> AgentKey:
    return agent_keys(str(socket)).keys[0]


def test_a_restore_is_allowed_from_the_second_persons_own_agent(
    sshd: Sshd, tmp_path: Path, agents: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    runbook, settings = tmp_path / "runbook.toml", tmp_path / "config" / "runbook"
    runbook.write_text(one_section(STEP.replace("{here}", str(tmp_path)), "web", "box", "Shop"))
    settings.mkdir(parents=True)
    (settings / "config.toml").write_text(f'signers = "{tmp_path / "signers"}"\n')
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("RUNBOOK_SESSIONS", str(tmp_path / "sessions"))
    monkeypatch.setenv("SSH_AUTH_SOCK", str(agents["ana"]))
    workspace = open_workspace(runbook, ssh_config=sshd.ssh_config)
    setup = Setup(flow="deploy", operator="ana")
    workspace.preflight(setup, lambda row: None)
    conductor = workspace.begin(setup)
    try:
        conductor.approvals.ask("restore", "web")
        state = Store(tmp_path / "sessions").find("last").load()[1]
        message = answer_to(state, "restore", "ben", True, "read it", conductor.now())
        with pytest.raises(SignatureInvalid, match="signed as ben by the key of ana"):
            conductor.approvals.received(sign_message(message, key_of(agents["ana"])))
        assert not (tmp_path / "restored").exists()
        conductor.approvals.received(sign_message(message, key_of(agents["ben"])))
        assert not (tmp_path / "restored").exists()
        conductor.start("restore", "web")
        conductor.wait()
        assert conductor.state.step("restore").status is StepStatus.SIGNED
        assert (tmp_path / "restored").read_text() == "the backup"
    finally:
        conductor.close()
        workspace.close()
