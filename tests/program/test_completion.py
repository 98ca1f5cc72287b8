"""Shells complete commands, options and sessions, by what `runbook completion` prints: each shell itself is asked."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.sessions.small_session import SmallSession

PROGRAM = Path(sys.executable).with_name("runbook")
BASH = """\
source <(runbook completion bash)
COMP_WORDS=({words}) COMP_CWORD={last}
_runbook_completion runbook
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    """A user whose path has the program."""
    return {"HOME": str(tmp_path), "PATH": f"{PROGRAM.parent}:{os.environ['PATH']}", "LANG": "C.UTF-8"}


def asked(shell: list[str], home: dict[str, str]) -> list[str]:
    done = subprocess.run(shell, env=home, cwd=home["HOME"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.split("\n")[:-1]


def by_bash(words: str, home: dict[str, str]) -> list[str]:
    """What bash offers for the last of the words."""
    script = BASH.format(words=" ".join(f"'{word}'" for word in words.split(" ")), last=words.count(" "))
    return asked(["bash", "--norc", "-c", script], home)


def test_bash_completes_commands_and_options(home: dict[str, str]) -> None:
    assert by_bash("runbook sess", home) == ["sessions"]
    assert by_bash("runbook drill inj", home) == ["inject"]
    assert "--headless" in by_bash("runbook run --", home)
    assert by_bash("runbook completion z", home) == ["zsh"]


def test_a_session_is_completed_by_its_id_the_newest_first(home: dict[str, str], tmp_path: Path) -> None:
    folder = tmp_path / "sessions"
    for _ in range(2):
        SmallSession(folder).conductor.close()
    ids = sorted((path.name for path in folder.iterdir() if path.is_dir()), reverse=True)
    assert len(ids) == 2
    home["RUNBOOK_SESSIONS"] = str(folder)
    assert by_bash("runbook replay ", home) == ids
    assert by_bash(f"runbook verify {ids[1]}", home) == [ids[1]]
    assert by_bash("runbook export nothing", home) == [""]
    home["RUNBOOK_SESSIONS"] = "/dev/null"
    assert by_bash("runbook replay ", home) == [""]


@pytest.mark.needs("fish")
def test_fish_completes_commands(home: dict[str, str]) -> None:
    found = asked(["fish", "-c", "runbook completion fish | source; complete -C 'runbook sess'"], home)
    assert [line.split("\t")[0] for line in found] == ["sessions"]


@pytest.mark.needs("zsh")
def test_zsh_knows_who_completes_it(home: dict[str, str]) -> None:
    script = "autoload -U compinit; compinit -u; source <(runbook completion zsh); print $_comps[runbook]"
    assert asked(["zsh", "-f", "-c", script], home) == ["_runbook_completion"]
