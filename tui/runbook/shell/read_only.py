"""Decides whether a command only reads; one that is not known to only read counts as changing something."""

import re
from collections.abc import Iterable, Iterator

from msgspec import Struct

from tui.runbook.shell.placeholders import PLACEHOLDER
from tui.runbook.shell.programs import SimpleCommand, simple_commands
from tui.runbook.shell.read_only_files import curl_changes, file_changes
from tui.runbook.shell.read_only_programs import (
    AWS_READS,
    CHANGERS,
    MANAGE,
    MANAGE_CHANGES,
    MANAGE_DRY,
    PLAIN,
    REDIS,
    REDIS_PAIRS,
    TOOLS,
    UNITS,
    Tool,
)
from tui.runbook.shell.read_only_sql import only_reads

_SHELLS = frozenset({"sh", "bash", "dash", "zsh", "ksh"})
_SQL = {"mysql": ("-e", "--execute"), "mariadb": ("-e", "--execute"), "psql": ("-c", "--command")}
_FUNCTION = re.compile(r"(?m)(?:^|[;{\s])([A-Za-z_]\w*)\s*\(\)")
_TEMPORARY = re.compile(r"""\b([A-Za-z_]\w*)=["']?\$\(mktemp\b""")
_PYTHON = re.compile(r"^(python[\d.]*|uv|poetry|pipenv)$|manage\.py$")
_ASK = frozenset({"--version", "--help"})


class Change(Struct, frozen=True):
    """What a command changes, in a few words; `known` where that is certain, and not only possible."""

    words: str
    known: bool


def changes(script: str, stdin: str = "") -> Iterator[Change]:
    """What the commands of a script change, or may change for all that is known of them.

    Args:
        stdin: what the script gets on standard input: a database's client takes its statements from there.
    """
    functions = _FUNCTION.findall(script) if "()" in script else ()
    temporary = _TEMPORARY.findall(script) if "$(mktemp" in script else ()
    context = _Context(frozenset(functions), frozenset(f"${name}" for name in temporary), stdin)
    commands = simple_commands(script)
    for command in commands:
        yield from context.judge(command)


class _Context(Struct, frozen=True):
    """What is known of the script that a command stands in: its functions, its temporary files, its input."""

    functions: frozenset[str]
    temporary: frozenset[str]
    stdin: str

    def judge(self, command: SimpleCommand) -> Iterator[Change]:
        """What one command changes."""
        for target in command.writes:
            if not self.is_temporary(target):
                yield Change(f"> {target}", known=True)
        if not command.program or command.program in self.functions:
            return
        inner = _inner(command)
        if inner is not None:
            yield from self.inside(inner)
            return
        yield from self.program(command)

    def inside(self, script: str) -> Iterator[Change]:
        """The same for a script inside a command."""
        for command in simple_commands(script):
            yield from self.judge(command)

    def is_temporary(self, name: str) -> bool:
        """Whether a file is one that the script made for itself, or none at all."""
        bare = name.replace("{", "").replace("}", "")
        if name in ("/dev/null", "/dev/stdout", "/dev/stderr", "-") or name.startswith(("&", "$(")):
            return not name.startswith("$(") or name.startswith("$(mktemp")
        return ".." not in name and (
            name.startswith(("/tmp/", "$TMPDIR"))  # noqa: S108 - what authors write, no file of ours
            or any(bare == one or bare.startswith((f"{one}/", f"{one}.")) for one in self.temporary)
        )

    def program(self, command: SimpleCommand) -> Iterator[Change]:
        """What a program that starts no other one changes."""
        program, texts = command.program, command.texts
        name = " ".join([program, *(word for word in texts[:1] if not word.startswith("-"))])
        if len(texts) == 1 and texts[0] in _ASK:
            return
        if command.manage_verb and (command.compose_verb or _PYTHON.search(program)):
            yield from self.manage(command)
        elif program in ("docker", "podman") and command.compose_verb:
            yield from _verb("docker-compose", TOOLS["docker-compose"], texts[1:])
        elif _PYTHON.search(program) and texts[:1] == ["-m"] and texts[1:2] and texts[1] in TOOLS:
            yield from _verb(texts[1], TOOLS[texts[1]], texts[2:])
        elif program in TOOLS:
            yield from _verb(program, TOOLS[program], texts)
        elif program in _SQL:
            yield from self.sql(command)
        elif program == "redis-cli":
            yield from _redis(texts, command.fed)
        elif program == "aws":
            yield from _aws(texts, self)
        elif program == "curl":
            yield from _found(not curl_changes(texts, self.is_temporary), "curl")
        elif texts[:1] and texts[0] in UNITS.get(program, "").split():
            yield from _found(not (program == "openssl" and _writes_key(texts)), program)
        elif program == "service" and texts[1:2] == ["status"]:
            return
        else:
            known = file_changes(command, self.is_temporary)
            if known is None and program not in PLAIN:
                yield Change(name if program in UNITS else program, known=program in UNITS or program in CHANGERS)
            elif known:
                yield Change(known, known=True)

    def manage(self, command: SimpleCommand) -> Iterator[Change]:
        """Django's manage.py, judged by its verb; what it does not know of itself is the application's own."""
        verb, texts = command.manage_verb, command.texts
        reads = verb in MANAGE or bool(MANAGE_DRY.get(verb, frozenset()) & set(texts))
        if verb == "dbshell":
            reads = not command.fed and only_reads(self.stdin)
        if not reads:
            yield Change(f"manage.py {verb}", known=verb in MANAGE_CHANGES)

    def sql(self, command: SimpleCommand) -> Iterator[Change]:
        """A client of a database, judged by the statements it is given."""
        statements = list(_values_of(command.texts, _SQL[command.program]))
        if command.program == "psql" and {"-l", "--list"} & set(command.texts):
            return
        if not statements and self.stdin and not command.fed:
            statements = [self.stdin]
        given = any(re.match(r"-[fo]|--file|--output|--log-file|-L|--tee", word) for word in command.texts)
        for statement in statements or [""]:
            if given or not only_reads(statement):
                yield Change(f"{command.program} {' '.join(statement.split())[:40]}".rstrip(), known=bool(statement))
                return


def _found(reads: bool, name: str) -> Iterator[Change]:
    if not reads:
        yield Change(name, known=True)


def _inner(command: SimpleCommand) -> str | None:
    """The script that a command starts, where that is all it does."""
    program, texts = command.program, command.texts
    if program in _SHELLS or program == "su":
        option = next((place for place, word in enumerate(texts) if re.fullmatch(r"-[a-z]*c", word)), None)
        return texts[option + 1] if option is not None and option + 1 < len(texts) else None
    if program in ("eval", "trap") and texts:
        return " ".join(texts) if program == "eval" else texts[0].lstrip("-")
    if program == "flock" and len(texts) > 1:
        return _joined(texts[1:]) if not texts[0].startswith("-") else None
    if program in ("watch", "runuser") and "--" in texts:
        return _joined(texts[texts.index("--") + 1 :])
    tool = TOOLS.get("docker-compose" if command.compose_verb else program)
    if tool is not None and tool.inner and "exec" in texts:
        return _executed(program, texts, command.compose_verb)
    return None


def _executed(program: str, texts: list[str], compose_verb: str) -> str | None:
    """The command that `docker exec`, `docker compose exec` or `kubectl exec` starts in a container."""
    rest = texts[texts.index("exec") + 1 :]
    if program in ("kubectl", "oc"):
        return _joined(rest[rest.index("--") + 1 :]) if "--" in rest else None
    if compose_verb not in ("exec", ""):
        return None
    valued = ("-e", "--env", "-u", "--user", "-w", "--workdir", "--index", "--env-file", "--detach-keys")
    while rest and rest[0].startswith("-"):
        rest = rest[2 if rest[0] in valued else 1 :]
    return _joined(rest[1:]) if len(rest) > 1 else None


def _joined(texts: Iterable[str]) -> str:
    """Words as a command again; what the shell left as a placeholder or a variable stays one."""
    return " ".join(
        text
        if re.fullmatch(r"[\w@%+:,./=-]+", text) or PLACEHOLDER.fullmatch(text)
        else "'" + text.replace("'", "'\\''") + "'"
        for text in texts
    )


def _verb(program: str, tool: Tool, texts: list[str]) -> Iterator[Change]:
    """A program with verbs, judged by the first of them."""
    if tool.dry & set(texts) or (set(texts) <= _ASK and texts):
        return
    rest = list(texts)
    while rest and rest[0].startswith("-") and (rest[0] in tool.valued | tool.flags or "=" in rest[0]):
        rest = rest[2 if rest[0] in tool.valued else 1 :]
    verb, pair = " ".join(rest[:1]), " ".join(rest[:2])
    reads = (tool.alone if not rest else verb in tool.reads or pair in tool.reads) or _listing(program, rest)
    if any(word.startswith(one[:-1]) if one.endswith("*") else word == one for word in rest[1:] for one in tool.never):
        reads = False
    if not reads:
        known = f"{program} {verb}".rstrip()
        yield Change(known, known=True)


def _listing(program: str, rest: list[str]) -> bool:
    """Verbs of git that list without a name, and change with one."""
    if program != "git":
        return False
    named = [word for word in rest[1:] if not word.startswith("-")]
    match rest[:1]:
        case ["branch"]:
            asks = {"--list", "-l", "--contains", "--merged", "--no-merged", "--points-at"} & set(rest)
            return (bool(asks) or not named) and not any(
                re.match(r"-[dDmMcCfu]|--(del|mov|cop|for|set|uns|edit)", one) for one in rest
            )
        case ["tag"]:
            asks = {"--list", "-l", "--contains", "--points-at", "--merged", "-v"} & set(rest)
            return (bool(asks) or not named) and not {"-d", "-f", "-a", "-s", "--delete", "--force"} & set(rest)
        case ["remote"] | ["reflog"]:
            return not named
    return False


def _redis(texts: list[str], fed: bool) -> Iterator[Change]:
    rest = list(texts)
    while rest and rest[0].startswith("-"):
        if rest[0] in ("--scan", "--bigkeys", "--memkeys", "--hotkeys", "--stat", "--latency", "--version"):
            return
        rest = rest[
            2
            if rest[0]
            in (
                "-h",
                "-p",
                "-n",
                "-a",
                "-u",
                "-s",
                "-r",
                "-i",
                "--user",
                "--pass",
                "--cacert",
                "--cert",
                "--key",
                "--sni",
            )
            else 1 :
        ]
    verb, pair = " ".join(rest[:1]).lower(), " ".join(rest[:2]).lower()
    yield from _found(verb in REDIS or pair in REDIS_PAIRS, f"redis-cli {verb}".rstrip())


def _aws(texts: list[str], context: _Context) -> Iterator[Change]:
    valued = (
        "--profile",
        "--region",
        "--endpoint-url",
        "--output",
        "--query",
        "--color",
        "--ca-bundle",
        "--cli-read-timeout",
        "--cli-connect-timeout",
    )
    rest = list(texts)
    while rest and rest[0].startswith("--"):
        rest = rest[2 if rest[0] in valued else 1 :]
    if {"--dryrun", "--dry-run"} & set(rest) or set(texts) <= _ASK:
        return
    service, operation = (*rest, "", "")[:2]
    reads = operation.startswith(AWS_READS)
    if operation.startswith(("get-", "head-")):
        reads = not (service in ("s3api", "glacier") and operation in ("get-object", "get-job-output"))
    if service == "s3":
        named = [word for word in rest[2:] if not word.startswith("-")]
        reads = operation == "ls" or (operation == "cp" and len(named) == 2 and context.is_temporary(named[1]))
    reads = (
        reads
        or (service, operation)
        in (("configure", "list"), ("logs", "tail"), ("dynamodb", "scan"), ("dynamodb", "query"))
        or operation == "wait"
    )
    yield from _found(reads, f"aws {service} {operation}".rstrip())


def _values_of(texts: list[str], options: tuple[str, str]) -> Iterator[str]:
    """The values of an option, written apart, together or with `=`."""
    for place, word in enumerate(texts):
        if word in options or (
            word[:1] == "-" and word[1:2] != "-" and word[1:].isalpha() and word.endswith(options[0][1])
        ):
            yield from texts[place + 1 : place + 2]
        elif word.startswith(f"{options[1]}="):
            yield word.split("=", 1)[1]
        elif word.startswith(options[0]) and not word.startswith("--"):
            yield word[2:]


def _writes_key(texts: list[str]) -> bool:
    return any(re.match(r"-+(out|CAcreateserial|signkey|CAkey|newkey|new|keyout|writerand)$", word) for word in texts)
