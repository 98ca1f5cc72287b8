"""What a preflight finds out of sudo: on which hosts, for which steps, and that the host comes first."""

from collections.abc import Mapping

from msgspec.structs import replace

from tests.support.runbooks.runbooks import one_section
from tui.errors import HostError
from tui.execution.preflight import Finding, RowVerdict, preflight, wanted_of
from tui.execution.secrecy.redaction import Redactor
from tui.execution.secrecy.secrets import Secrets
from tui.execution.secrecy.sudo import SudoNeed
from tui.runbook.model import Runbook, SudoWay
from tui.runbook.reading.load import load_text
from tui.transports.asking import Asking
from tui.transports.base import HostFacts, Transport
from tui.transports.later import LaterTransport

STEPS = """
[[sections.steps]]
id = "look"
title = "Look"
[[sections.steps.actions]]
run = "sudo -u postgres psql -c 'SELECT 1' | grep 1; id"
[[sections.steps]]
id = "restart"
title = "Restart"
mutates = true
[[sections.steps.actions]]
run = '''
sudo -n systemctl restart app
FOO=1 sudo FOO=2 -E tee /etc/app <<< x && sudo kill "$pid"
'''
[[sections.steps]]
id = "deploy"
title = "Deploy"
mutates = true
[[sections.steps.actions]]
run = "./deploy.sh"
on = "other"
[[sections.steps]]
id = "load"
title = "Load"
[[sections.steps.actions]]
probe = { service = "machine", check = "load" }
"""
MORE = """
[hosts.other]
target = "other"
[services.machine]
kind = "host"
through = "third"
settings = { sudo = "yes" }
[hosts.third]
target = "third"
"""


def runbook(asks: bool = False) -> Runbook:
    made = load_text(one_section(STEPS, "web", "web") + MORE, "r.toml")
    way = SudoWay.ASKED if asks else SudoWay.AS_IT_IS
    return replace(made, hosts={name: replace(host, sudo=way) for name, host in made.hosts.items()})


def needs(asks: bool, **given: bool) -> Mapping[str, tuple[str, ...]]:
    return {need.host: need.commands for need in wanted_of(runbook(asks), "deploy", {}, **given).sudo}


def test_the_commands_that_are_written_out_are_known() -> None:
    called = ("psql -c SELECT 1", "systemctl restart app", "tee /etc/app")
    assert needs(False) == {"web": called, "third": ()}


def test_a_changing_step_may_call_sudo_where_it_wants_a_password() -> None:
    assert set(needs(True)) == {"web", "other", "third"}


def test_a_check_needs_what_its_own_steps_name() -> None:
    assert needs(True, reading=True) == {"web": ("psql -c SELECT 1",), "third": ()}


def test_a_drill_has_no_sudo() -> None:
    assert needs(True, drill=True) == {}


def test_a_host_that_failed_is_not_asked() -> None:
    class Unreached(LaterTransport):
        def connect(self) -> HostFacts:
            raise HostError("no way there")

    def never() -> Transport:
        raise AssertionError("it was reached")

    wanted = replace(wanted_of(runbook(), "deploy", {}), hosts=("web",), sudo=(SudoNeed("web"),))
    told: list[Finding] = []
    ways = {"web": Unreached("web", never)}
    rows = preflight(runbook(), ways, Secrets(runbook(), Redactor()), wanted, told.append, None, Asking())
    assert [(row.kind, row.verdict) for row in rows] == [("host", RowVerdict.FAILED), ("sudo", RowVerdict.FAILED)]
    assert rows[1].hint == "the host comes first"
