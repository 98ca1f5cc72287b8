"""What is shown of a command is what runs, to the byte, and a script does not continue after a line that failed."""

from pathlib import Path

import msgspec
import pytest

from tests.support.runbooks.runbooks import small
from tui.errors import RunbookError
from tui.execution.commands import prepare, shown, shown_whole
from tui.execution.secrecy.redaction import Redactor
from tui.execution.secrecy.secrets import Secrets
from tui.runbook.model import Action, Host
from tui.runbook.reading.load import load
from tui.runbook.shell.script import first_line, script_of
from tui.runbook.walk import steps_of
from tui.transports.base import CancelToken
from tui.transports.local.transport import LocalTransport

RUNBOOK = msgspec.structs.replace(small(), hosts={"web": Host(local=True)})
SECRETS = Secrets(RUNBOOK, Redactor())
VALUES = {"empty": "", "blank": "a b", "quote": "it's", "release": "v2"}


def ran(action: Action) -> tuple[int, str]:
    """The exit status and the output of an action's command in a real bash, run as a host runs it."""
    command = prepare(RUNBOOK, action, VALUES, SECRETS, "key")
    said = bytearray()
    outcome = LocalTransport("web").run(command, lambda _, data: said.extend(data), CancelToken())
    return outcome.exit_status or 0, said.decode()


@pytest.mark.parametrize(
    ("action", "status", "out"),
    [
        (Action(run="false\necho end"), 1, ""),
        (Action(run="false\necho end", errexit=False), 0, "end\n"),
        (Action(run="set +e\nfalse\necho end"), 0, "end\n"),
        (Action(run="false; echo end"), 0, "end\n"),
        (Action(run="x=$(exit 3)\necho end"), 3, ""),
        (Action(run="status=0; false || status=$?\necho $status"), 0, "1\n"),
        (Action(run="if false; then echo a; fi\necho end"), 0, "end\n"),
        (Action(run="true | false | true\necho end"), 1, ""),
        (Action(run="printf '<%s>' {{ empty }} {{ blank }} {{ quote }}"), 0, "<><a b><it's>"),
    ],
)
def test_a_script_ends_at_the_first_line_that_fails(action: Action, status: int, out: str) -> None:
    assert ran(action) == (status, out)


@pytest.mark.parametrize("run", ["echo {{ blank }}", "echo a\necho {{ empty }} '{{ quote }}'", " true "])
def test_what_is_shown_is_what_runs_to_the_byte(run: str) -> None:
    command = prepare(RUNBOOK, Action(run=run), VALUES, SECRETS, "key")
    assert shown(Action(run=run), VALUES) == command.script


def test_of_a_value_that_is_not_known_yet_the_shown_command_says_so() -> None:
    assert shown(Action(run="echo {{ blank }} {{ later }}"), VALUES) == "echo 'a b' (later: no value yet)"
    assert shown(Action(run="echo '{{ later }}'"), VALUES) == "echo '(later: no value yet)'"
    assert shown(Action(run="echo $(({{ later }} + 1))"), VALUES) == "echo $(((later: no value yet) + 1))"
    assert shown_whole(Action(run="cat", stdin="{{ later }}{{ empty }}"), VALUES) == "cat\n< (later: no value yet)"


def test_what_a_value_says_is_never_taken_for_a_placeholder() -> None:
    assert (
        shown(Action(run="echo {{ x }} {{ later }}"), {"x": "{{ later }}"})
        == "echo '{{ later }}' (later: no value yet)"
    )


@pytest.mark.parametrize("key", ["run", "stdin", "directory"])
def test_nothing_is_run_with_a_value_that_is_not_known(key: str) -> None:
    action = msgspec.structs.replace(Action(run="cat"), **{key: "cat {{ later }}"})
    with pytest.raises(RunbookError, match="later has no value yet"):
        prepare(RUNBOOK, action, VALUES, SECRETS, "key")


@pytest.mark.parametrize(
    "host", [Host(local=True, directory="/srv/{{ later }}"), Host(local=True, environment={"A": "{{ later }}"})]
)
def test_nothing_is_run_where_the_host_needs_a_value_that_is_not_known(host: Host) -> None:
    runbook = msgspec.structs.replace(RUNBOOK, hosts={"web": host})
    with pytest.raises(RunbookError, match="later has no value yet"):
        prepare(runbook, Action(run="true"), VALUES, SECRETS, "key")


def test_standard_input_is_shown_below_its_command() -> None:
    action = Action(run="mysql shop", stdin="SELECT {{ release }};\nSELECT 2;\n")
    assert shown_whole(action, VALUES) == "mysql shop\n< SELECT v2;\n< SELECT 2;"


def test_the_line_that_stands_for_a_command_is_the_first_of_its_own() -> None:
    assert first_line(script_of(Action(run="cd /srv\nls"))) == "cd /srv"


def test_no_script_of_the_bundled_runbook_counts_on_a_line_that_fails() -> None:
    """Under `set -e` a failing line before the last must be meant; `; name=$?` behind one would never be reached."""
    for _, step in steps_of(load(Path("runbook.toml"))):
        for action in (*step.actions, *([step.look] if step.look else [])):
            if action.run and "\n" in action.run.strip() and action.errexit:
                assert "; file=$?" not in action.run
                assert "=$?" not in action.run.replace("|| file=$?", ""), step.id
