"""Puts the named commands of a runbook before the commands of its hosts, as functions of the shell."""

from collections.abc import Iterator, Mapping
from typing import Any

from tui.runbook.problem import UnplacedProblem, nearest, quoted
from tui.runbook.reading.edition.second_keys import ShellFunction
from tui.runbook.shell.lexer import read
from tui.runbook.shell.placeholders import PLACEHOLDER
from tui.runbook.shell.programs import simple_commands
from tui.runbook.shell.read_only import changes


class NamedCommands:
    """The functions that a runbook defines, by name."""

    def __init__(self, given: Mapping[str, str | ShellFunction]) -> None:
        self._given = {
            name: one if isinstance(one, ShellFunction) else ShellFunction(run=one) for name, one in given.items()
        }

    def faults(self, hosts: object) -> Iterator[UnplacedProblem]:
        """What is wrong with the functions, beside their shape."""
        known = frozenset(hosts) if isinstance(hosts, dict) else frozenset()
        for name, one in self._given.items():
            if not one.run.strip():
                yield UnplacedProblem(path=("commands", name), message="the command is empty", hint="write what to run")
            elif trouble := read(f"{self._written(name)}\n:").trouble:
                message = f"the function {name} cannot be read: {trouble}"
                yield UnplacedProblem(path=("commands", name), message=message, hint="close what is open in it")
            if found := PLACEHOLDER.search(one.run):
                hint = f'give it as an argument: {name} {found[0]}, and "$1" in the function'
                yield UnplacedProblem(
                    path=("commands", name), message=f"{found[0]} is not filled in in a function", hint=hint
                )
            for place, host in enumerate(one.on):
                if host not in known:
                    yield UnplacedProblem(
                        path=("commands", name, "on", place),
                        message=f"there is no host {quoted(host)}",
                        hint=nearest(host, known),
                    )

    def judged(self, table: Any, key: str) -> Any:
        """A table with a command, marked as one that only reads where that is known of the functions that it calls."""
        if not isinstance(table, dict) or not isinstance(table.get(key), str) or "reads" in table:
            return table
        used = self._used(table[key])
        stdin = table.get("stdin", "")
        if not used or not isinstance(stdin, str):
            return table
        script = "\n".join([*map(self._written, used), table[key]])
        return table if next(changes(script, stdin), None) else {**table, "reads": True}

    def into(self, document: dict[str, Any]) -> None:
        """Put the functions before what each host's commands begin with."""
        hosts = document.get("hosts")
        if not self._given or not isinstance(hosts, dict):
            return
        document["hosts"] = {name: self._begun(name, host) for name, host in hosts.items()}
        places = document.get("environments")
        if isinstance(places, dict):
            document["environments"] = {name: self._begun_there(place) for name, place in places.items()}

    def _begun_there(self, place: Any) -> Any:
        """An environment, in which a preamble takes the place of a host's: the functions stand before it as well."""
        hosts = place.get("hosts") if isinstance(place, dict) else None
        if not isinstance(hosts, dict):
            return place
        told = {
            name: self._begun(name, host) if isinstance(host, dict) and "preamble" in host else host
            for name, host in hosts.items()
        }
        return {**place, "hosts": told}

    def _begun(self, name: str, host: Any) -> Any:
        preamble = host.get("preamble", "") if isinstance(host, dict) else None
        own = [self._written(one) for one, function in self._given.items() if not function.on or name in function.on]
        if not isinstance(preamble, str) or not own:
            return host
        return {**host, "preamble": "\n".join([*own, *([preamble] if preamble else [])])}

    def _used(self, script: str) -> list[str]:
        """The functions that a script may call, and those that they call, in the order in which they are defined."""
        found: set[str] = set()
        left = [script]
        while left:
            called = {command.program for command in simple_commands(left.pop())}
            new = (self._given.keys() & called) - found
            found |= new
            left += [self._given[name].run for name in new]
        return [name for name in self._given if name in found]

    def _written(self, name: str) -> str:
        return f"{name}() {{\n{self._given[name].run.strip()}\n}}"
