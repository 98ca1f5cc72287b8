"""A session whose monitors measure a host by script, on a clock that the test moves."""

from pathlib import Path

from tests.support.harness.waiting import until
from tests.support.machines.fake_transport import FakeTransport, Reply
from tests.support.runbooks.runbooks import one_section
from tests.support.sessions.fake_clock import FakeClock
from tui.execution.conductor.conductor import Conductor
from tui.execution.workspace import Setup, Workspace
from tui.runbook.reading.load import load
from tui.session.archive.store import Store
from tui.session.outcome import OutcomeKind
from tui.session.state import SessionState

ERRORS = """
[monitors.errors]
title = "Error rate"
run = "count errors"
number = { pattern = '([0-9.]+)%', unit = "%" }
"""
TRIGGER = """
[[rollback_reasons]]
id = "errors"
title = "Errors"
[triggers.errors]
monitor = "errors"
above = 10
for = "1m"
reason = "errors"
"""
LOOK = """
[[sections.steps]]
id = "look"
title = "Look"
[[sections.steps.actions]]
run = "uptime"
"""
WATCH = (
    LOOK
    + """
[[sections.steps]]
id = "watch"
title = "Watch"
[[sections.steps.actions]]
watch = { monitor = "errors", samples = "3", since = "look" }
timeout = "TIMEOUT"
expect = { numbers = [{ name = "errors", of = "average", below = 5, unit = "%" }] }
"""
)
SITE = """
[services.site]
kind = "http"
through = "web"
settings = { url = "https://shop.example" }
[monitors.speed]
title = "Response time"
probe = { service = "site", check = "get", with = { path = "/" } }
number = { name = "seconds", unit = "s" }
"""
BAD, GOOD = Reply(b"40.0%\n"), Reply(b"0.5%\n")


class Monitored:
    """One session on a host by script, with a clock that the test moves."""

    conductor: Conductor
    """Of the session, once it has begun."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.clock = FakeClock()
        self.host = FakeTransport({"count errors": GOOD}, name="web")

    def begin(self, monitors: str = ERRORS, steps: str = LOOK, speed: float = 1.0, environment: str = "") -> Conductor:
        path = self.directory / "runbook.toml"
        path.write_text(one_section(steps, "web").replace("[flows.deploy]", f"{monitors}[flows.deploy]"))
        store = Store(self.directory / "sessions")
        self.workspace = Workspace(
            load(path),
            path.read_text(),
            store,
            {"web": self.host},
            self.clock,
            speed=speed,
            environment=environment,
        )
        self.conductor = self.workspace.begin(Setup(flow="deploy", operator="ana", environment=environment))
        return self.conductor

    @property
    def state(self) -> SessionState:
        return self.conductor.state

    def values(self, name: str = "errors") -> list[float | None]:
        monitored = self.state.monitors.get(name)
        return [one.value for one in monitored.samples] if monitored else []

    def measured(self) -> int:
        return sum("count errors" in command.script for command in self.host.ran)

    def next(self, seconds: float = 30.0, name: str = "errors") -> float | None:
        """Let time pass and wait for the sample that is due by then."""
        count = len(self.values(name))
        self.clock.advance(seconds)
        until(lambda: len(self.values(name)) > count)
        return self.values(name)[-1]

    def ended(self, attempt: int) -> OutcomeKind | None:
        """How an attempt came to its end."""
        outcome = self.state.attempts[attempt].outcome
        return outcome.kind if outcome else None
