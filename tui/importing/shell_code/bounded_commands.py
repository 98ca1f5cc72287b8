"""Rewrites a document's command so that it ends by itself, needs no terminal, and has no secret in its arguments."""

import re

from msgspec import Struct

from tui.runbook.model import Action
from tui.runbook.shell.danger import action_doubts

_ENDS: tuple[tuple[re.Pattern[str], str, str], ...] = (
    (re.compile(r"\btail\s+-(?:f|F)\s+-n?\s*(\d+)\b"), r"tail -n \1", "tail -f does not end"),
    (re.compile(r"\btail\s+-n?\s*(\d+)\s+-(?:f|F)\b"), r"tail -n \1", "tail -f does not end"),
    (re.compile(r"\btail\s+-(\d+)[fF]\b"), r"tail -n \1", "tail -f does not end"),
    (re.compile(r"\btail\s+-(?:[fF]n|n?[fF])\s+(\d+)\b"), r"tail -n \1", "tail -f does not end"),
    (re.compile(r"\btail\s+(?:-[fF]|--follow(?:=\w+)?)(?=\s)"), "tail -n 100", "tail -f does not end"),
    (
        re.compile(r"(\bjournalctl\b[^|;&\n]*?)\s+(?:-f|--follow)\b"),
        r"\1 -n 100 --no-pager",
        "journalctl -f does not end",
    ),
    (re.compile(r"(\bjournalctl\s+)-fu\b"), r"\1-n 100 --no-pager -u", "journalctl -f does not end"),
    (re.compile(r"(\bjournalctl\s+)-xefu\b"), r"\1-n 100 --no-pager -xeu", "journalctl -f does not end"),
    (re.compile(r"(\blogs\b[^|;&\n]*?)\s+(?:-f|--follow)\b(?=[^|;&\n]*--tail)"), r"\1", "logs -f does not end"),
    (re.compile(r"(\blogs\b[^|;&\n]*?--tail[^|;&\n]*?)\s+(?:-f|--follow)\b"), r"\1", "logs -f does not end"),
    (
        re.compile(r"(\bdocker(?:-compose| compose)?\s+(?:[^|;&\n]*\s)?logs\b[^|;&\n]*?)\s+(?:-f|--follow)\b"),
        r"\1 --tail=100",
        "logs -f does not end",
    ),
    (
        re.compile(r"(\b(?:kubectl|oc)\b[^|;&\n]*\blogs\b[^|;&\n]*?)\s+(?:-f|--follow)\b"),
        r"\1 --tail=100",
        "logs -f does not end",
    ),
    (re.compile(r"(\b(?:kubectl|oc)\s[^|;&\n]*\bget\b[^|;&\n]*?)\s+(?:-w|--watch)\b"), r"\1", "get -w does not end"),
    (
        re.compile(r"^watch\s+(?:-\w+(?:\s+[\d.]+)?\s+|--\w+\s+)*(?:'([^']+)'|\"([^\"]+)\"|(.+))$"),
        r"\1\2\3",
        "watch does not end",
    ),
    (re.compile(r"^((?:sudo\s+)?)top$"), r"\1top -b -n 1", "top waits for a person"),
    (re.compile(r"\bping\s+(?!.*\s-c\s)(?!-c)"), "ping -c 3 ", "ping does not end"),
    (
        re.compile(
            r"^(docker-compose|docker compose)((?:\s+(?!exec\b)\S+)*)\s+exec\s+(?!.*\B-T\b)(?:-it\s+|-ti\s+|"
            r"-i\s+|-t\s+)*"
        ),
        r"\1\2 exec -T ",
        "there is no terminal",
    ),
    (
        re.compile(r"\b(docker|podman|nerdctl)(\s+exec\s+)(?:-it|-ti|-i\s+-t|-t\s+-i|-t)\b"),
        r"\1\2-i",
        "there is no terminal",
    ),
    (
        re.compile(r"\b((?:kubectl|oc)\b[^|;&\n]*?\bexec\b[^|;&\n]*?)\s+(?:-it|-ti|-i\s+-t|-t\s+-i)\b"),
        r"\1 -i",
        "there is no terminal",
    ),
)
_PAGER = re.compile(r"\s*\|\s*(?:sudo\s+)?(?:less|more|most)(?:\s+-\S+)*\s*$")
_PASSED = re.compile(r"(?P<option>-pass(?:in|out)?)\s+['\"]?pass:['\"]?\$\{?(?P<name>[A-Z]\w*)\}?['\"]?(?=\s|$)")
_CLIENT = re.compile(
    r"^(?:sudo\s+(?:-u\s+\S+\s+)?)?(?:(?:docker|kubectl|oc|podman|docker-compose)\b.*\b(?:exec|run)\b.*\s)?"
    r"(?:psql|mysql|mariadb|redis-cli|mongo|mongosh|sqlite3|cqlsh|rails\s+(?:c|console|dbconsole)|"
    r"gitlab-psql|gitlab-rails\s+console"
    r"|iex|irb|(?:\S*python[\d.]*|\S*manage\.py)\s*(?:\S*manage\.py\s+)?(?:shell|dbshell|"
    r"shell_plus)?)\b(?P<rest>[^|;&\n]*)$"
)
_GIVEN = re.compile(r"(?:^|\s)(?:-[A-Za-z]*[cefl]|--command|--execute|--file|--eval|--version|-V|-m)(?:\s|=|$)|<")
_WAITING = (
    "is an argument of",
    "waits for a person",
    "never ends",
    "needs a terminal",
    "opens a shell",
    "opens a connection of its own",
)
_MYSQL = re.compile(
    r"(?<![\w-])(?P<program>mysql(?:dump|admin|check|show|import|binlog)?|xtrabackup|mariabackup|"
    r"mariadb(?:-\w+)?)(?P<middle>(?:\s(?:\\\n)?(?!-p)[^|;&\n]*?)??)\s(?:-p|"
    r"--password=)\"?(?P<value>\$\{?[A-Z]\w*\}?)\"?(?=\s|$)"
)
_REDIS = re.compile(r"(?<![\w-])redis-cli(?P<middle>[^|;&\n]*?)\s-a\s+\"?(?P<value>\$\{?[A-Z]\w*\}?)\"?(?=\s|$)")
_LOGIN = re.compile(
    r"(?P<option>-u|--user)\s+(?:\"(?P<quoted>[^\"\s]*\$\{?[A-Z]\w*\}?)\"|"
    r"(?P<bare>[\w.@{} -]*?:\$\{?[A-Z]\w*\}?))(?=\s|$)"
)
_HEADER = re.compile(r"(?P<option>-H|--header)\s+(?P<text>\"[^\"\n]*\$\{?[A-Z]\w*\}?[^\"\n]*\")")


class BoundedCommand(Struct, frozen=True):
    """A command in the form in which it runs, what was changed in words, and why it cannot run where it cannot."""

    text: str
    notes: tuple[str, ...] = ()
    refusal: str = ""


def is_client(command: str) -> bool:
    """Whether a command opens a program that waits for what a person types: a database's client, a language's shell."""
    command = re.sub(r"""^(?:[A-Za-z_]\w*=(?:"[^"]*"|'[^']*'|\S*)\s+)+""", "", command)
    found = _CLIENT.match(command)
    if found is None or _GIVEN.search(command):
        return False
    program = command.split()
    rest = found["rest"].split()
    words = [word for word in rest if not word.startswith("-")]
    if re.search(r"\bredis-cli\b", command):
        values = {"-h", "-p", "-a", "-n", "-u", "--user", "--pass"}
        own = [
            word for at, word in enumerate(rest) if not word.startswith("-") and (at == 0 or rest[at - 1] not in values)
        ]
        return not own
    if re.search(r"python", program[0]) and "shell" not in command:
        return not words
    if "manage.py" in command:
        return bool(re.search(r"manage\.py\s+(shell|dbshell|shell_plus)$", command.strip()))
    return True


def bounded(command: str, stdin: str, secrets: frozenset[str]) -> BoundedCommand:
    """A command that ends by itself, or the reason why it is for a terminal.

    Args:
        secrets: the environment variables that hold secrets.
    """
    notes: list[str] = []
    for pattern, put, why in _ENDS:
        changed = pattern.sub(put, command)
        if changed != command:
            notes.append(why)
            command = changed.strip()
    if paged := _PAGER.search(command):
        notes.append("there is no pager")
        command = command[: paged.start()]
    hidden = _hidden(command, secrets)
    if hidden != command:
        notes.append("a secret among the arguments would be seen by every user of the host")
        command = hidden
    if is_client(command) and not stdin:
        return BoundedCommand(command, tuple(notes), "it waits for what a person types")
    doubts = [fault.message for fault in action_doubts(Action(run=command, stdin=stdin), True, secrets)]
    refusal = next((doubt for doubt in doubts if any(word in doubt for word in _WAITING)), "")
    return BoundedCommand(command, tuple(dict.fromkeys(notes)), refusal)


def _hidden(command: str, secrets: frozenset[str]) -> str:
    """Secrets by the environment or by a file, where the program takes them so."""

    def known(value: str) -> bool:
        return value.strip("${}") in secrets

    def mysql(found: re.Match[str]) -> str:
        return (
            f'MYSQL_PWD="{found["value"]}" {found["program"]}{found["middle"]}' if known(found["value"]) else found[0]
        )

    def redis(found: re.Match[str]) -> str:
        return f'REDISCLI_AUTH="{found["value"]}" redis-cli{found["middle"]}' if known(found["value"]) else found[0]

    def header(found: re.Match[str]) -> str:
        named = set(re.findall(r"\$\{?([A-Z]\w*)", found["text"]))
        return f"{found['option']} @<(printf '%s\\n' {found['text']})" if named & secrets else found[0]

    def login(found: re.Match[str]) -> str:
        text = found["quoted"] or found["bare"]
        named = set(re.findall(r"\$\{?([A-Z]\w*)", text))
        return f'-K <(printf \'user = "%s"\\n\' "{text}")' if named & secrets else found[0]

    def passed(found: re.Match[str]) -> str:
        return f"{found['option']} env:{found['name']}" if found["name"] in secrets else found[0]

    if re.search(r"\bopenssl\b", command) and not re.search(r"\bsudo\b", command):
        command = _PASSED.sub(passed, command)
    if re.search(r"\bsudo\s+(-\S+\s+)*(mysql|redis-cli|curl)", command):
        return command
    if re.search(r"\bcurl\b", command):
        command = _LOGIN.sub(login, command)
    return _HEADER.sub(header, _REDIS.sub(redis, _MYSQL.sub(mysql, command)))
