"""Checks that our own SSH transport finds in the drill's host what it finds in a real one."""

import threading
from collections.abc import Iterator

import pytest
from msgspec.structs import replace

from tests.support.runbooks.runbooks import small
from tui.drill.embedded_host import DrillHost, start_drill, transports_for
from tui.drill.scenario_files import parse_scenario
from tui.runbook.model import Host
from tui.session.outcome import Outcome, OutcomeKind
from tui.transports.base import CancelToken, Command, LinkState, Stream, Transport

SCENARIO = parse_scenario(
    r"""
    format = 1
    title = "A drill"
    hosts.web = { hostname = "shop-1" }
    rules = [
      { match = "who", output = "{{ host }}\n" },
      { match = '^cat\nand (?P<what>\w+)$', output = "read {{ what }}\n" },
      { match = "mixed", output = "a\n2> b\nc\n", exit = 3 },
      { match = "hang", output = "so far\n", ending = "hang" },
      { match = "killed", signal = "SEGV" },
      { match = "cut", ending = "disconnect" },
      { match = "plenty", output = '''
0123456789012345678901234567890123456789012345678901234567890123456789
''' },
    ]
    """,
    "a.toml",
)


@pytest.fixture(scope="module")
def drill() -> Iterator[DrillHost]:
    with start_drill(SCENARIO, float("inf")) as host:
        yield host


@pytest.fixture
def hosts(drill: DrillHost) -> Iterator[dict[str, Transport]]:
    runbook = small()
    laptop = {"laptop": Host(title="the operator's own machine", local=True)}
    made = transports_for(replace(runbook, hosts={**runbook.hosts, **laptop}), drill)
    yield made
    for transport in made.values():
        transport.close()


def run(
    transport: Transport, command: Command, cancel: CancelToken | None = None
) -> tuple[Outcome, list[tuple[str, bytes]]]:
    came: list[tuple[str, bytes]] = []
    outcome = transport.run(command, lambda stream, data: came.append((stream.value, data)), cancel or CancelToken())
    return outcome, came


def test_every_host_is_the_drills_and_none_is_real(hosts: dict[str, Transport]) -> None:
    assert hosts.keys() == {"web", "tools", "laptop"}
    assert hosts["tools"] is hosts["web"]
    assert run(hosts["web"], Command(script="who"))[1] == [("out", b"web\n")]
    assert run(hosts["laptop"], Command(script="who"))[1] == [("out", b"laptop\n")]


def test_the_host_says_what_a_real_one_says_of_itself(hosts: dict[str, Transport], drill: DrillHost) -> None:
    facts = hosts["web"].connect()
    assert (facts.hostname, facts.shells) == ("shop-1", ("bash", "sh"))
    assert facts.target == f"127.0.0.1:{drill.port}"
    assert facts.fingerprint.startswith("SHA256:")
    assert facts.boot_id
    assert hosts["laptop"].connect().hostname == "laptop"


def test_output_keeps_its_streams_and_order(hosts: dict[str, Transport]) -> None:
    outcome, came = run(hosts["web"], Command(script="mixed", directory="/srv", secrets={"PASSWORD": "x"}, stdin=b"y"))
    assert outcome == Outcome.exited(3)
    assert came == [("out", b"a\n"), ("err", b"b\n"), ("out", b"c\n")]


def test_standard_input_counts_and_secrets_do_not(hosts: dict[str, Transport]) -> None:
    secrets = {"PASSWORD": "and secret"}
    assert run(hosts["web"], Command(script="cat", stdin=b"and more", secrets=secrets))[1] == [("out", b"read more\n")]
    assert run(hosts["web"], Command(script="cat", secrets=secrets))[0] == Outcome.exited(127)


@pytest.mark.parametrize(
    ("script", "outcome"),
    [
        ("killed", Outcome(OutcomeKind.SIGNALLED, signal="SIGSEGV")),
        ("unheard of", Outcome(OutcomeKind.FAILED, 127)),
        ("cut", OutcomeKind.UNKNOWN),
    ],
)
def test_every_ending_is_told_apart(script: str, outcome: Outcome | OutcomeKind, hosts: dict[str, Transport]) -> None:
    came, _ = run(hosts["web"], Command(script=script))
    assert outcome in (came, came.kind)


def test_a_lost_connection_is_made_again_for_the_next_command(hosts: dict[str, Transport]) -> None:
    assert run(hosts["web"], Command(script="cut"))[0].kind is OutcomeKind.UNKNOWN
    assert run(hosts["web"], Command(script="who"))[0].kind is OutcomeKind.SUCCEEDED
    assert hosts["web"].link() is LinkState.UP


def test_a_cancelled_command_is_gone(hosts: dict[str, Transport]) -> None:
    cancel = CancelToken()
    seen: list[bytes] = []

    def sink(stream: Stream, data: bytes) -> None:
        seen.append(data)
        cancel.cancel()

    outcome = hosts["web"].run(Command(script="hang"), sink, cancel)
    assert outcome.kind is OutcomeKind.CANCELLED, outcome
    assert seen == [b"so far\n"]


def test_a_command_out_of_time_is_gone(hosts: dict[str, Transport]) -> None:
    assert run(hosts["web"], Command(script="hang", timeout=0.2))[0].kind is OutcomeKind.TIMED_OUT


def test_many_at_once(hosts: dict[str, Transport]) -> None:
    outcomes: list[Outcome] = []
    threads = [
        threading.Thread(target=lambda: outcomes.append(run(hosts["web"], Command(script="plenty"))[0]))
        for _ in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes == [Outcome.exited(0)] * 20
