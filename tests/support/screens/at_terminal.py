"""Logs in by OpenSSH's way at a pseudo-terminal of its own, where a person answers what ssh asks."""

import os
import sys
from pathlib import Path

from tests.support.screens.terminal import terminal

_LOGS_IN = """
import sys
from pathlib import Path
from tui.errors import HostError
from tui.transports.asking import Asking
from tui.transports.openssh.transport import OpenSSHTransport

asking = Asking()
asking.by(lambda title, lines: None, print, lambda call: call() or True)
host = OpenSSHTransport("box", "box", config_files=[Path(sys.argv[1])], asking=asking)
try:
    with asking.invited():
        print("typed", host.connect().typed)
except HostError as error:
    print("refused:", error.message)
host.close()
"""


def at_a_terminal(config: Path, *answers: tuple[str, str]) -> bool:
    """Whether it logs in, something having been typed; each answer follows its question, and none is ever shown."""
    with terminal([sys.executable, "-c", _LOGS_IN, str(config)], Path.cwd(), dict(os.environ)) as screen:
        for question, answer in answers:
            screen.wait_for(question)
            screen.press(f"{answer}\n")
        assert screen.wait() == 0, screen.received
        assert not any(answer.encode() in screen.received for _, answer in answers)
        return b"typed True" in screen.received
