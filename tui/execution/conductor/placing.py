"""What a session is about may be put right while it is open: where its hosts are, and what its values are."""

from collections.abc import Sequence

from tui.errors import NotNow, UsageError
from tui.execution.conductor.stepping import Stepping
from tui.runbook.templates.variables import wrong_value
from tui.session import events as ev
from tui.session.places import Moved


class Placing(Stepping):
    """A session whose hosts may turn out to be elsewhere, and whose values may be corrected."""

    _unagreed: tuple[ev.HostConnected, ...] = ()

    def hold(self, why: str) -> None:
        """Let nothing run until it is known where the hosts are."""
        self.held = why

    def reached(self, events: Sequence[ev.HostConnected], elsewhere: Sequence[Moved]) -> None:
        """Record where hosts were reached, and continue; where one leads elsewhere, hold until that is agreed."""
        with self._lock:
            if elsewhere:
                self._unagreed = tuple(events)
                self.held = "; ".join(f"{one.host} is another machine or user than before" for one in elsewhere)
                return
            for event in events:
                self.record(event)
            self.held = ""
        self._agreed.set()
        self.monitors.start()

    def agree(self) -> None:
        """Continue where the hosts are now; it is recorded."""
        events, self._unagreed = self._unagreed, ()
        self.reached(events, ())

    def correct(self, name: str, value: str, reason: str) -> None:
        """Put a value right, for everything that runs from now on; what ran with the old one stays as it is.

        Raises:
            NotNow: a command is running, the session is finished, or no reason is given.
            UsageError: there is no such value, or it does not fit the runbook.
        """
        with self._lock:
            if self.busy or self.state.finished:
                raise NotNow("a command is running" if self.busy else "the session is finished", "wait, or resume it")
            known = self.correctable()
            if name not in known:
                raise UsageError(f"no value {name!r} in this session", f"there are: {', '.join(known)}")
            variable = self.runbook.variables.get(name)
            problem = wrong_value(variable, value) if variable else "" if value else "a value is needed"
            if problem:
                raise UsageError(f"{name}: {problem}", variable.prompt if variable else "a step captured it")
            if not reason.strip():
                raise NotNow("a corrected value needs a reason", "say why; it is recorded")
            event = ev.ValueCorrected(
                name=name, value=value, before=known[name], operator=self.state.operator, reason=reason.strip()
            )
            self.record(event)
            self.settle()
