"""Runs what `wrap` makes in the real shells: a command arrives whole, secrets only by standard input."""

import shlex
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.transports.base import Command, Stream
from tui.transports.greeting import Greeting
from tui.transports.shell import HELLO, HELLO_ERRORS, end_request, unwrap, unwrap_end, unwrap_stdin, words_of_join, wrap

LOGIN_SHELLS = ("bash", "dash")
KNOWN = ("", "/bin/bash", "/bin/dash", "/usr/bin/fish")
NASTY = 'it\'s "$HOME" `id` \\ * \n\ttwo; lines & ünï'
PLENTY = Command(
    script='printf \'%s\\n\' "$NASTY" "$PASSWORD" "$#"; pwd; cat',
    directory="/",
    environment={"NASTY": NASTY, "EMPTY": ""},
    secrets={"PASSWORD": NASTY + "\n", "PIN": "0000-secret"},
    stdin=b"the rest\nof it",
)


def run(login: str, command: Command, known: str = "") -> tuple[int, bytes, bytes]:
    request, stdin = wrap(command, known)
    done = subprocess.run([login, "-c", request], input=stdin, capture_output=True, check=False)
    greeting = Greeting()
    out, err = greeting.feed(Stream.OUT, done.stdout), greeting.feed(Stream.ERR, done.stderr)
    return done.returncode, out, err if greeting.group else done.stderr


@pytest.mark.parametrize("login", LOGIN_SHELLS)
@pytest.mark.parametrize("known", KNOWN)
@pytest.mark.parametrize("shell", ["bash", "sh"])
def test_everything_arrives(login: str, known: str, shell: str) -> None:
    command = Command(
        **{name: getattr(PLENTY, name) for name in PLENTY.__struct_fields__ if name != "shell"}, shell=shell
    )
    assert run(login, command, known) == (0, f"{NASTY}\n{NASTY}\n\n0\n/\nthe rest\nof it".encode(), b"")


@pytest.mark.parametrize("login", LOGIN_SHELLS)
@pytest.mark.parametrize("known", KNOWN)
def test_a_failure_in_a_pipe_counts_where_bash_runs_it(login: str, known: str) -> None:
    assert run(login, Command(script="false | true"), known)[0] == 1
    assert run(login, Command(script="false | true", shell="sh"), known)[0] == 0


@pytest.mark.parametrize("login", LOGIN_SHELLS)
@pytest.mark.parametrize("known", KNOWN)
def test_a_directory_that_is_not_there_stops_it(login: str, known: str) -> None:
    status, out, err = run(login, Command(script="echo ran", directory="/no/such/place"), known)
    assert (status, out) == (125, b"")
    assert b"/no/such/place" in err


def test_secrets_cut_off_stop_it() -> None:
    request, stdin = wrap(Command(script="echo ran", secrets={"A": "a", "B": "b"}))
    done = subprocess.run(
        ["sh", "-c", request], input=stdin.splitlines(keepends=True)[0], capture_output=True, check=False
    )
    assert done.returncode == 125
    assert b"ran" not in done.stdout


def test_nothing_of_the_wrapper_is_left_in_the_environment() -> None:
    out = run("sh", Command(script="env", secrets={"S": "x"}))[1]
    names = {line.partition(b"=")[0] for line in out.splitlines()}
    assert not names & {b"line", b"value", b"secrets", b"directory", b"script", b"pair"}
    assert b"S" in names


def test_without_bash_the_command_runs_in_sh(tmp_path: Path) -> None:
    for program in ("sh", "base64"):
        (tmp_path / program).symlink_to(f"/usr/bin/{program}")
    request, stdin = wrap(Command(script="echo here; ps --no-such 2>/dev/null || echo $0", secrets={"S": "x"}))
    done = subprocess.run(
        ["/usr/bin/dash", "-c", request], input=stdin, capture_output=True, env={"PATH": str(tmp_path)}, check=False
    )
    assert done.stdout.splitlines()[2:] == [b"here", b"sh"]


def test_the_greeting_is_the_process_group() -> None:
    request, stdin = wrap(Command(script="echo $$"))
    done = subprocess.run(["bash", "-c", request], input=stdin, capture_output=True, check=True)
    _, greeting, number = done.stdout.splitlines()
    assert greeting == HELLO + number
    assert done.stderr == b"\n" + HELLO_ERRORS + b"\n"


@pytest.mark.parametrize("known", KNOWN)
def test_no_secret_is_in_the_request(known: str) -> None:
    request, stdin = wrap(PLENTY, known)
    assert "0000-secret" not in request
    assert "PASSWORD" not in request.replace(PLENTY.script, "").replace('"$PASSWORD"', "")
    assert stdin.endswith(PLENTY.stdin)
    assert b"0000-secret" not in stdin


@given(st.lists(st.text()))
def test_words_that_were_joined_are_found_as_a_shell_finds_them(words: list[str]) -> None:
    assert words_of_join(shlex.join(words)) == words


def test_what_is_wrapped_can_be_unwrapped() -> None:
    request, stdin = wrap(PLENTY)
    found = unwrap(request)
    assert found is not None
    assert (found.script, found.shell, found.directory) == (PLENTY.script, "bash", "/")
    assert found.environment == PLENTY.environment
    assert not found.secrets
    assert unwrap_stdin(request, stdin) == PLENTY.stdin
    assert unwrap("uname -a") is None
    assert unwrap_end(end_request(4711, 5.0)) == 4711
    assert unwrap_end(request) is None


@pytest.mark.needs("ps")
def test_the_end_of_a_group_leaves_nothing_of_it_and_nothing_else_ends() -> None:
    victim = subprocess.Popen(
        ["bash", "-c", "trap '' TERM; sleep 300 & echo ready; wait; wait"],
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    bystander = subprocess.Popen(["sleep", "300"], start_new_session=True)
    assert victim.stdout
    assert victim.stdout.readline() == b"ready\n"
    done = subprocess.run(["sh", "-c", end_request(victim.pid, 0.2)], capture_output=True, text=True, check=True)
    assert done.stdout == "\nempty\n"
    assert victim.wait() == -9
    assert bystander.poll() is None
    bystander.kill()
    bystander.wait()
    victim.stdout.close()
