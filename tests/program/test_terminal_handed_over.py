"""In a real terminal: a step gives it to a program, what is typed goes there, and the screens come back after it."""

import sys
from pathlib import Path

from tests.program.test_end_to_end import CHECKED, F10, recorded, until_recorded
from tests.support.runbooks.runbooks import one_section
from tests.support.screens.terminal import terminal

PROGRAM = 'echo "who comes" | tr a-z A-Z; read -r name; echo "good evening $name"; sleep 0.2'
STEP = f"[[sections.steps]]\nid = \"talk\"\ntitle = \"Talk to it\"\nreads = true\ninteractive = '''{PROGRAM}'''\n"


def test_the_terminal_goes_to_the_program_and_comes_back(tmp_path: Path) -> None:
    text = one_section(STEP, "here", title="Talk").replace("format = 1", "format = 2")
    (tmp_path / "runbook.toml").write_text(text.replace('target = "here"', "local = true"))
    sessions = tmp_path / "state/runbook/sessions"
    home = {
        "HOME": str(tmp_path),
        "XDG_STATE_HOME": str(tmp_path / "state"),
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "USER": "ana",
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }
    command = [sys.executable, "-m", "tui", "run", "-f", "runbook.toml", "--operator", "ana"]
    with terminal(command, tmp_path, home) as screen:
        screen.wait_for("None yet")
        screen.press("d")
        screen.wait_for(CHECKED)
        screen.press(F10)
        screen.wait_for("START")
        until_recorded(screen, sessions, "\r", "stepopened")
        screen.wait_for("WHO COMES")
        screen.press("grandma\r")
        screen.wait_for("good evening grandma")
        screen.wait_for("Talk to it")
        screen.idle(until=lambda: recorded(sessions, "stepsigned") > 0)
        assert recorded(sessions, "stepsigned") == 1
    (output,) = sessions.glob("*/attempts/0001.out")
    assert b"good evening grandma" in output.read_bytes()
