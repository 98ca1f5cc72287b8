"""What the operator chose before a session begins, and whether it fits the runbook."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from tui.errors import UsageError
from tui.people import same_person
from tui.runbook.model import Runbook, Variable
from tui.runbook.pointing import wants_environment


class Setup(Struct, frozen=True, kw_only=True):
    """What the operator chose before a session begins; `reason` is why it may run outside the window."""

    flow: str
    environment: str = ""
    method: str = ""
    operator: str
    second_operator: str = ""
    variables: Mapping[str, str] = {}
    change: str = ""
    reason: str = ""


def names_what_is_there(runbook: Runbook, setup: Setup) -> None:
    """Make sure that a set-up that is not complete yet names only what the runbook has.

    Raises:
        UsageError: it names something else.
    """
    flow = runbook.flows.get(setup.flow)
    if setup.flow and flow is None:
        raise UsageError(f"no flow {setup.flow!r}", f"the runbook has: {', '.join(runbook.flows)}")
    methods = flow.methods if flow else tuple(runbook.methods)
    if setup.method and setup.method not in methods:
        raise UsageError(f"no method {setup.method!r}", f"there are: {', '.join(methods) or 'none'}")


def is_here(setup: Setup, environments: Sequence[str], here: str) -> None:
    """Make sure that what is set up is to happen in the environment that the hosts and values are of.

    Args:
        environments: those that one is to be chosen of.
        here: the one that was chosen.

    Raises:
        UsageError: none is chosen, or another one.
    """
    wants_environment(environments, setup.environment)
    if setup.environment != here:
        raise UsageError(f"the hosts are those of {here or 'no environment'}, not {setup.environment}", "choose again")


def hosts_are_known(runbook: Runbook) -> None:
    """Make sure that no group of hosts is without those that a command lists.

    Raises:
        UsageError: one is.
    """
    from tui.runbook.groups.printed_hosts import unlisted

    if groups := unlisted(runbook):
        raise UsageError(f"the hosts of {', '.join(groups)} are not known", "check again: their command lists them")


def fits(runbook: Runbook, setup: Setup, asked: Mapping[str, Variable], values: Mapping[str, str], closed: str) -> None:
    """Make sure that a whole set-up fits the runbook.

    Args:
        asked: the variables that the flow asks for.
        values: what they are, the defaults included.
        closed: why the window is closed; empty where that does not matter.

    Raises:
        UsageError: it does not fit; says which part.
    """
    from tui.runbook.templates.variables import wrong_value

    flow = runbook.flows.get(setup.flow)
    if flow is None:
        if not setup.flow:
            raise UsageError("no flow is chosen", " or ".join(f"--flow {name}" for name in runbook.flows))
        raise UsageError(f"no flow {setup.flow!r}", f"the runbook has: {', '.join(runbook.flows)}")
    if flow.methods and setup.method not in flow.methods:
        raise UsageError(f"flow {setup.flow} needs a method", f"one of: {', '.join(flow.methods)}")
    _people_fit(setup)
    if closed and flow.guarded and not setup.reason.strip():
        raise UsageError(f"the window is closed ({closed})", "give a reason; it is recorded")
    for name, variable in asked.items():
        problem = wrong_value(variable, values.get(name, ""))
        if problem:
            raise UsageError(f"{name}: {problem}", variable.prompt)


def _people_fit(setup: Setup) -> None:
    from tui.signing.statement import AUTO

    if not setup.operator.strip():
        raise UsageError("no operator", "say who is doing this; sign-offs carry the name")
    for name in (setup.operator, setup.second_operator):
        if same_person(name, AUTO):
            raise UsageError(f"{name.strip()} stands for what the program signs by itself", "give a person's name")
    if setup.second_operator.strip() and same_person(setup.second_operator, setup.operator):
        raise UsageError(f"{setup.second_operator} is the operator as well", "name somebody else who looks")
