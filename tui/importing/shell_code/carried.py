"""Follows a shell through a document: on which host, in which folder, with which settings each command would run."""

import re
from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from tui.importing.named import slug, words
from tui.runbook.shell.programs import SimpleCommand, simple_commands

_SSH_VALUED = words("""
    -b -c -D -E -e -F -I -i -J -L -l -m -O -o -p -Q -R -S -W -w
    """)
_TARGET = re.compile(r"^(?:([\w.-]+)@)?([\w.-]+|\[[0-9a-fA-F:]+\]|<[\w .-]+>|\$\{?\w+\}?|\{\{ ?[\w.]+ ?\}\})$")
_CD = re.compile(r"^cd(?:\s+(?:--\s+)?(?P<to>[^\s;&|]+|\"[^\"]*\"|'[^']*'))?$")
_SOURCES = re.compile(r"^(?:source|\.)\s+\S")
_EXPORT = re.compile(r"^(?:export|unset|umask|ulimit|set|shopt|alias|module load|conda activate|nvm use)\b")
_ENTERS = re.compile(
    r"^(?P<start>(?:sudo\s+)?(?:kubectl|oc|docker|podman|docker-compose|docker compose|crictl|nerdctl)\b.*?\bexec\b.*?)"
    r"(?:\s+--)?\s+(?P<shell>(?:/(?:usr/)?bin/)?(?:ba|z|a|da)?sh)(?:\s+-(?:l|i|il|-login))?$",
    re.DOTALL,
)
_BECOMES = re.compile(
    r"^(?:sudo\s+(?:-[iEHs]+\s*)+(?:-u\s+\S+)?|sudo\s+su\b.*|su\b(?!.*\s-c\s).*|"
    r"sudo\s+(?:-u\s+\S+\s+)?(?:-i\s+)?(?:/bin/)?(?:ba)?sh)$"
)
_TTY = re.compile(r"\s(?:-(?:it|ti)\b|-[it]\b|--(?:tty|stdin|interactive)(?:=true)?\b)")
_TUNNELS = re.compile(r"\s-[A-Za-z]*[LRDNWf]")
_ENGINES = frozenset({"kubectl", "oc", "docker", "podman", "docker-compose", "nerdctl", "crictl"})
_LEAVES = frozenset({"exit", "logout", "exit 0"})


class ShellState(Struct, frozen=True):
    """Where the document's shell is by now. `container` is the command by which it went into a container.

    `before` are lines that stand before each command: what was sourced and exported. `earlier` is where it came from.
    """

    host: str = ""
    directory: str = ""
    before: tuple[str, ...] = ()
    container: str = ""
    earlier: "ShellState | None" = None


class ShellMove(Struct, frozen=True):
    """What a line that only moves the shell does; `target` and `user` are those of a host that it names."""

    state: ShellState
    words: str
    target: str = ""
    user: str = ""
    doubt: str = ""


def moved(state: ShellState, command: str) -> ShellMove | None:
    """Where the shell is after a line that only moves it, or None where the line does something."""
    if "\n" in command:
        return None
    if command in _LEAVES:
        return ShellMove(state.earlier or state, "leaves the host or the container")
    if (cd := _CD.match(command)) is not None:
        to = (cd["to"] or "~").strip("\"'")
        directory = to if to.startswith(("/", "~", "$", "<", "{")) else _below(state.directory, to)
        return ShellMove(replace(state, directory=directory), "the folder of what follows")
    if (sources := _SOURCES.match(command)) and not re.search(r"[;&|]", command):
        file = command[sources.end() - 1 :]
        if state.directory.startswith(("/", "~")) and not file.startswith(("/", "~", "$", "<", '"', "'")):
            command = f"{command[: sources.end() - 1]}{_below(state.directory, file)}"
        before = state.before if command in state.before else (*state.before, command)
        return ShellMove(replace(state, before=before), "stands before what follows")
    if len(parts := re.split(r"\s*(?:;|&&)\s*", command)) > 1 and all(map(_only_sets, parts)):
        for part in parts:
            one = moved(state, part)
            state = one.state if one is not None else state
        return ShellMove(state, "stands before what follows")
    if command == "deactivate":
        kept = tuple(line for line in state.before if not line.endswith("/activate"))
        return ShellMove(replace(state, before=kept), "ends what was sourced")
    if _EXPORT.match(command) and not re.search(r"[;&|]|\$\(", command):
        before = state.before if command in state.before else (*state.before, command)
        return ShellMove(replace(state, before=before), "stands before what follows")
    entered = _ENTERS.match(command)
    if entered is not None:
        start = _TTY.sub("", entered["start"]).strip()
        start = re.sub(r"\s--$", "", start)
        inside = replace(state, container=start, directory="", before=(), earlier=state)
        return ShellMove(inside, "what follows runs in the container")
    found = ssh_of(command)
    if found is not None and not found.command and not _TUNNELS.search(command):
        host = ShellState(host=found.name, earlier=state)
        doubt = "options of ssh belong into ssh_config" if found.options else ""
        if re.search(r"[<$]", command):
            doubt = "the document leaves open which host it is: say so in [hosts]"
        return ShellMove(host, "what follows runs there", found.target, found.user, doubt)
    return None


def _only_sets(command: str) -> bool:
    """Whether a part of a line only says what stands before, or the folder of, what follows."""
    return not re.search(r"[|&]|\$\(", command) and bool(
        _CD.match(command) or _SOURCES.match(command) or _EXPORT.match(command)
    )


def _below(directory: str, to: str) -> str:
    if to == ".":
        return directory
    if to == ".." and "/" in directory.rstrip("/"):
        return directory.rstrip("/").rsplit("/", 1)[0] or "/"
    return f"{directory.rstrip('/')}/{to.removeprefix('./')}" if directory else to


class SshLine(Struct, frozen=True):
    """A line that is `ssh`: the host, and the command that it runs there."""

    target: str
    user: str
    name: str
    command: str
    options: bool


def ssh_of(command: str) -> SshLine | None:
    """What an `ssh` command names, where it is nothing else."""
    if not command.startswith("ssh "):
        return None
    parts = simple_commands(command)
    if not parts or parts[0].program != "ssh":
        return None
    words = parts[0].texts
    rest, user, options = list(words), "", False
    while rest and rest[0].startswith("-"):
        options = options or rest[0] not in ("-t", "-tt", "-l", "-A", "-q")
        if rest[0] == "-l" and len(rest) > 1:
            user = rest[1]
        rest = rest[2 if rest[0] in _SSH_VALUED else 1 :]
    match = _TARGET.match(rest[0]) if rest else None
    bare = re.match(r"^ssh\s+(?:-\S+\s+)*(?:\S+@)?(<[\w .-]+>)\s*(.*)$", command, re.DOTALL)
    if bare is not None:  # the shell reads `<name>` as redirections
        word = bare[1].strip("<>")
        given = re.match(r"^ssh\s+.*?(\w[\w.-]*)@<", command)
        return SshLine(slug(word), given[1] if given else user, slug(word), _unquoted(bare[2]), options)
    if match is None or len(parts) > 1 and len(rest) == 1:
        return None
    target = match[2].strip("<>${}[] ")
    told = command[command.index(rest[0]) + len(rest[0]) :].strip() if len(rest) > 1 else ""
    return SshLine(target, match[1] or user, host_name(target), _unquoted(told), options)


def host_name(target: str) -> str:
    """A name for a host in the runbook."""
    name = slug(target.split(".")[0] if not re.match(r"^[\d.]+$", target) else f"host-{target}", "server")
    return name if name[0].isalpha() else f"host-{name}"


def _unquoted(command: str) -> str:
    for quote in "'\"":
        inner = command[1:-1]
        if len(command) > 1 and command[0] == command[-1] == quote and quote not in inner:
            return inner if quote == "'" else inner.replace('\\"', '"').replace("\\$", "$")
    return command


def is_from_outside(start: str, command: str) -> bool:
    """Whether a command is for the machine from which the document's shell went into its container.

    Args:
        start: the command by which it went there, as in `oc exec web-1`.
    """
    outside = {one.program for one in simple_commands(start)} & _ENGINES
    inside = [one.program for one in simple_commands(command)]
    return (
        bool(outside)
        and bool(inside)
        and inside[0] in (outside | {"kubectl", "oc"} if outside & {"kubectl", "oc"} else outside)
    )


def becomes_somebody(command: str) -> bool:
    """Whether a command opens a shell as another user, in which what follows would run."""
    return bool(_BECOMES.match(command))


def in_container(start: str, command: str) -> str:
    """A command as it runs from outside of the container that the document's shell is in."""
    separator = " --" if re.match(r"^(sudo\s+)?(kubectl|oc)\b", start) else ""
    start = re.sub(r"\b(docker-compose|docker compose)(.*?)\bexec\b(?!.* -T\b)", r"\1\2exec -T", start)
    parts: Sequence[SimpleCommand] = simple_commands(command)
    plain = len(parts) == 1 and not re.search(r"[|&;<>$`*?~\n]", command) and not parts[0].writes
    if plain and parts[0].program not in ("cd", "export", "source", "."):
        return f"{start}{separator} {command}"
    quoted = command.replace("'", "'\\''")
    return f"{start}{separator} sh -c '{quoted}'"
