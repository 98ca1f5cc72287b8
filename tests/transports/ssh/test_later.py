import subprocess
import sys

from tests.support.machines.fake_transport import FakeTransport
from tui.transports.base import CancelToken, Command, LinkState
from tui.transports.later import LaterTransport


def test_a_transport_is_made_once_when_it_is_needed() -> None:
    made: list[FakeTransport] = []

    def make() -> FakeTransport:
        made.append(FakeTransport(name="web"))
        return made[-1]

    later = LaterTransport("web", make)
    told: list[str] = []
    later.listen(lambda link, detail: told.append(detail))
    later.close()
    assert (later.link(), made) == (LinkState.DOWN, [])
    assert later.connect().user == "deploy"
    later.run(Command(script="uptime"), lambda stream, data: None, CancelToken())
    assert len(made) == 1
    assert later.link() is LinkState.UP
    made[0].listener(LinkState.LOST, "gone")
    later.listen(lambda link, detail: told.append(f"again {detail}"))
    made[0].listener(LinkState.LOST, "gone")
    assert told == ["gone", "again gone"]
    later.close()
    assert made[0].state is LinkState.DOWN


def test_the_first_screen_needs_no_ssh_library() -> None:
    code = "import sys, tui.app, tui.screens.home.screen, tui.cli.wiring as c; from tui.resources import bundled; " + (
        "c.open_workspace(bundled('runbook.toml')); assert not {'paramiko', 'boto3', 'docker'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
