"""A host that was found to be another machine, and a person who agrees to it while it is asked again."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.machines.fake_transport import FakeTransport
from tests.support.runbooks.runbooks import shop
from tests.support.sessions.conducted import conducted
from tui.execution.conductor.conductor import Conductor
from tui.execution.preflight import connected_event
from tui.session.places import reached_elsewhere
from tui.transports.base import HostFacts

TEXT = shop(
    {
        "go": """
  { id = "stop", title = "Stop", mutates = true, actions = [{ run = "stop" }] },
""",
    },
)


class AgreedMeanwhile(FakeTransport):
    """A host whose operator agrees to where it is while somebody asks it."""

    conductor: Conductor | None = None

    def connect(self) -> HostFacts:
        facts = super().connect()
        if self.conductor is not None:
            self.conductor.agree()
        return facts


@pytest.fixture
def host() -> AgreedMeanwhile:
    return AgreedMeanwhile()


@pytest.fixture
def conductor(tmp_path: Path, host: AgreedMeanwhile) -> Iterator[Conductor]:
    with conducted(TEXT, tmp_path, {"web": host}) as made:
        yield made


def test_an_agreement_is_not_taken_back_by_a_question_from_before_it(
    conductor: Conductor, host: AgreedMeanwhile
) -> None:
    before = conductor.state.hosts["web"]
    host.name = "other"
    now = connected_event("web", host.connect())
    moved = reached_elsewhere(before, now)
    assert moved is not None
    conductor.reached([now], [moved])
    assert "another machine" in conductor.held
    host.conductor = conductor
    conductor.meet_again("web")
    assert conductor.held == ""
    host.conductor = None
    conductor.start("stop")
    conductor.wait()
    assert [command.script for command in host.ran] == ["stop"]
