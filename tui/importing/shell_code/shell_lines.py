"""Tells in the lines of a code block what is a command, what a comment, and what is only text."""

import re
from collections.abc import Iterator, Sequence
from enum import StrEnum

from msgspec import Struct

from tui.importing.named import words
from tui.runbook.shell.lexer import read
from tui.runbook.shell.read_only_programs import CHANGERS, PLAIN, TOOLS, UNITS

SHELLS = frozenset({"bash", "sh", "shell", "zsh", "ksh", "console", "shell-session", "shellsession", "terminal"})
"""The languages of code blocks whose lines are a shell's."""
_DATA = frozenset({"yaml", "yml", "json", "ini", "toml", "conf", "cfg", "properties", "hcl", "nginx"})
_SESSIONS = frozenset({"console", "shell-session", "shellsession", "terminal"})
_MORE = words("""
    sudo ssh su mysql mariadb psql mysqldump pg_dump pg_dumpall pg_basebackup pg_ctl redis-cli mongo mongosh aws
    gcloud az curl wget python python3 python2 pip3 node npx yarn ruby rake bundle rails php composer java mvn
    gradle make go cargo ansible ansible-playbook vault consul nomad etcdctl crictl ctr nerdctl istioctl argocd
    flux velero kustomize minikube kind eksctl kops sed awk gawk gzip gunzip tar zip unzip bzip2 xz patch nft
    iptables ip ifconfig route arp tcpdump nmap nc ncat telnet openssl ssh-keygen ssh-copy-id gpg crontab at
    logrotate service chkconfig update-rc.d invoke-rc.d supervisorctl pm2 nginx apachectl apache2ctl haproxy
    varnishadm rabbitmqctl rabbitmq-diagnostics rabbitmq-plugins kafka-topics kafka-topics.sh
    kafka-consumer-groups kafka-consumer-groups.sh nodetool cqlsh sqlite3 source . export unset set eval exec if
    for while until case test time watch timeout nohup xargs env bash sh zsh perl find mount mdadm lvextend
    lvcreate lvs vgs pvs pvcreate vgextend resize2fs xfs_growfs fsck e2fsck sync hostnamectl timedatectl sysctl
    dmesg journalctl repmgr patronictl pgbackrest barman wal-g pt-online-schema-change gitlab-ctl gitlab-rake
    gitlab-psql gitlab-rails consul-template chef-client puppet salt salt-call celery gunicorn uwsgi pytest tox
    docker podman docker-compose kubectl oc helm kubeadm terraform git systemctl apt apt-get dnf yum hg svn bq
    gsutil heroku fly flyctl doctl ceph rados rbd radosgw-admin zpool zfs virsh qm pct flock logger dpkg rpm
    snap ufw firewall-cmd wscat http dropdb createdb pg_restore reindexdb vacuumdb pg_rewind pg_controldata
    mongodump mongorestore certbot keytool passwd adduser deluser usermod screen tmux nano vi vim less nvim
    emacs ps pgrep
    knife brew tf gitlab-patronictl rpm-ostree helmfile skaffold terragrunt pulumi packer kubeseal stern k3s k0s
    talosctl kubectx kubens linkerd cilium calicoctl etcdutl ovn-nbctl ovs-vsctl rclone restic borg ipmitool
    smartctl nvme xtrabackup mariabackup pt-table-checksum pt-table-sync pt-heartbeat orchestrator-client gh glab
    yq strace gdb perf systemd-run resolvectl networkctl nmcli netplan ethtool tc brctl nsupdate rndc
    named-checkzone named-checkconf postconf postqueue postsuper mailq slapcat ldapsearch kinit klist smbstatus
    samba-tool wg wg-quick ipsec swanctl pcs crm corosync-cfgtool drbdadm gluster ceph-volume kafka-configs
    kafka-configs.sh kafka-reassign-partitions kafka-reassign-partitions.sh kafka-console-consumer kafka-acls
    kafka-leader-election kafka-log-dirs zkCli.sh zookeeper-shell rabbitmqadmin elasticsearch-keystore mongostat
    influx promtool amtool logcli grafana-cli sentry-cli s3cmd s5cmd aws-vault saml2aws buildah skopeo crane
    cosign trivy pnpm nvm pyenv pipx poetry pipenv uv virtualenv drush sbt dotnet nuget pwsh powershell
    """)
KNOWN = frozenset(PLAIN | CHANGERS | TOOLS.keys() | UNITS.keys() | _MORE) - {"which", "who", "yes", "more", "last"}
_COMMON_WORDS = words("""
    at test find service time host make source at set for if while until case cut join sort split watch ip http
    which who yes more last top install file kind go expand times return continue break wait fold look vault
    head tail cat sync route expect read type users at history screen patch mount env exec command local check
    """)
"""Programs that are words of English too: alone they make no line of prose a command."""
_PROMPT = re.compile(
    r"^(?:\(\w[\w.-]*\) ?)?(?:\[?(?P<user>[a-z_][\w.-]*)@(?P<host>[\w.-]+)(?:[: ][^\]$#]*)?\]? ?)?[$#%❯➜] +(?=\S)"
)
_NAMED = re.compile(r"^(?!(?:ba|a|da|z)?sh-)(?P<host>[a-z][\w.-]*)(?: {0,20}| *[~:][\w./~-]* ?)\$ +(?=[\w./~\"'(\[{-])")
"""A prompt that is a name and `$`: of a host where it looks like one, else of a folder or of the reader's machine."""
_SYNTAX = re.compile(r"(?:^|\s)(?:\||&&|--?[a-zA-Z][\w-]*(?=[\s=]|$))|\s/\w|<[a-z][\w-]*>|\$[A-Z({]")
_GLUED = re.compile(r"^\$(?=[a-z][\w.-]* )")
_BARE_HASH = re.compile(r"^# +(?=\S)")
_INNER = re.compile(
    r"^#? ?(?:>>>|\.\.\.|>|mysql>|MariaDB \[[^\]]*\]>|[\w-]+[=-][#>]|irb[^>]*>|sqlite>|cqlsh(?::\w+)?>|"
    r"[\w.-]+:\d+(?:\[\d+\])?>|\d[\d.:]*(?:\[\d+\])?>|"
    r"(?:[\w.-]+ )?\[[\w.-]+\]>|[\w-]+:(?:PRIMARY|SECONDARY)>|test>) ?"
)
"""A prompt of a program that was started in a shell, written as such or in a comment."""
_CONTAINER = re.compile(r"^(?:/[\w./-]*|~(?:/[\w./-]*)?|(?:ba|a)?sh-[\d.]+) ?[#$] (?=\S)")
"""A prompt of a shell without a user's name: of a container."""
_COLUMNS = re.compile(r"\S {2,}\S")
_ASSIGNS = re.compile(r"^[A-Za-z_]\w*\+?=")
_VERBS_OF_HTTP = re.compile(r"^(GET|POST|PUT|DELETE|PATCH|HEAD|OPTIONS) +/")
_WORD = re.compile(r"^[\w./~@+-]+$")
WITH_OPTION = re.compile(r"^[a-z][a-z0-9_.-]+(?: [\w./@:+=-]+){0,4} --?[a-zA-Z][\w.-]*(?:[ =]|$)")
"""A program that is not known, with an option."""
_BELOW_OPEN = re.compile(r"^<[\w-]+>/[\w./-]+ \S")
"""A program in a folder that the document leaves open."""
_METRIC = re.compile(r"_(?:bytes|total|seconds|count|sum|bucket|ratio|percent|info|created)$")
_SYNOPSIS = re.compile(r" \[[\w.-]+(?:\|[\w.-]+)+\](?: |$)")
"""Words of which one is to be chosen, as a manual has them."""
_FLOW = re.compile(r"^ *(?:->|→|=>|↓|▼|└|├)")
_ASKS_HELP = re.compile(r"\s(?:-h|--help|--usage)$")


class LineKind(StrEnum):
    """What a line of a code block is."""

    COMMAND = "command"
    COMMENT = "comment"
    INPUT = "input"
    TEXT = "text"


class Piece(Struct, frozen=True):
    """One or more lines of a code block that belong together; `offset` is the first one's place in it.

    `remark` is the comment behind a command, `host` and `user` are those of its prompt.
    """

    kind: LineKind
    text: str
    offset: int
    lines: int = 1
    remark: str = ""
    host: str = ""
    user: str = ""


def pieces_of(text: str, language: str) -> list[Piece]:
    """The pieces of a code block; one in no shell's language is text as a whole."""
    lines = text.rstrip("\n").split("\n")
    if language and language not in SHELLS:
        prompted = (
            [line for line in lines if line.lstrip().startswith("$ ")] if language in ("text", "plaintext") else []
        )
        if not prompted:
            return _of_data(lines) if language in _DATA else _as_text(lines, 0)
    prompts = _prompts(lines, language)
    if not language and not prompts and any(map(_FLOW.match, lines)):
        return _as_text(lines, 0)
    return list(_Reader(lines, language, prompts).pieces())


def _of_data(lines: Sequence[str]) -> list[Piece]:
    """A block of data that begins with the command which it is for, as in `kubectl edit …`; the rest is text."""
    found: list[Piece] = []
    for at, line in enumerate(lines):
        told = line.strip()
        if told.startswith("#") and not told.startswith("#!"):
            found.append(Piece(LineKind.COMMENT, told.lstrip("# "), at))
        elif len(told.split()) > 2 and is_command(told, False) and not _ASSIGNS.match(told) and not _continues(told):
            found.append(Piece(LineKind.COMMAND, told, at))
        elif told:
            commands = [place for place, one in enumerate(found) if one.kind is LineKind.COMMAND]
            kept = found[: commands[-1] + 1] if commands else []
            return [*kept, *_as_text(lines, kept[-1].offset + 1 if kept else 0)]
    return found if any(one.kind is LineKind.COMMAND for one in found) else _as_text(lines, 0)


def _as_text(lines: Sequence[str], start: int) -> list[Piece]:
    text = "\n".join(lines[start:])
    return [Piece(LineKind.TEXT, text, start, len(lines) - start)] if text.strip() else []


def _prompts(lines: Sequence[str], language: str) -> frozenset[int]:
    """The places of the lines that begin with a prompt; `# ` is one only where `$ ` is none and no comment can be."""
    found = [(at, _prompt(line.strip())) for at, line in enumerate(lines)]
    certain = {at for at, match in found if match and not _BARE_HASH.match(lines[at].strip())}
    hashes = {at for at, match in found if match and at not in certain}
    commands = [at for at in hashes if _is_typed_by_root(_BARE_HASH.sub("", lines[at].strip()))]
    others = [line for at, line in enumerate(lines) if line.strip() and at not in hashes | certain]
    if certain:
        return frozenset(certain)
    if hashes and len(commands) == len(hashes) and (language in _SESSIONS or not any(map(_is_plain_command, others))):
        return frozenset(commands)
    if len(commands) * 2 >= len(hashes) > 0 and language in _SESSIONS and not any(map(_is_plain_command, others)):
        return frozenset(at for at in hashes if is_command(_BARE_HASH.sub("", lines[at].strip()), True))
    return frozenset()


def _is_typed_by_root(line: str) -> bool:
    """Whether what stands behind `# ` is a command: of a known program, or in words that only a shell has."""
    if re.match(r"^\w+ =", line):
        return False
    return is_command(line, False) or (is_command(line, True) and bool(_SYNTAX.search(line)))


def _prompt(line: str) -> re.Match[str] | None:
    """The prompt that a line begins with."""
    named = _NAMED.match(line)
    if named is not None and is_command(line[named.end() :], True):
        return named
    glued = _GLUED.match(line)
    return glued if glued and line[1:].split()[0] in KNOWN - _COMMON_WORDS else _PROMPT.match(line)


def is_typed(text: str, language: str) -> bool:
    """Whether a block of code has prompts: what stands behind them is typed, whatever the sentence above says."""
    lines = text.split("\n")
    return any(not _BARE_HASH.match(lines[at].strip()) or language in SHELLS for at in _prompts(lines, language))


def is_all_typed(text: str) -> bool:
    """Whether each line of a block without a language is a comment, or reads as a command of whatever program."""
    lines = [line.strip() for line in text.split("\n") if line.strip() and not line.strip().startswith("#")]
    return bool(lines) and all(is_command(line, False) or WITH_OPTION.match(line) for line in lines)


def _is_plain_command(line: str) -> bool:
    return is_command(line.strip(), False)


def is_command(line: str, shell: bool) -> bool:
    """Whether a line reads as a command; in a block of a shell's language an unknown program is one too."""
    if not line or _VERBS_OF_HTTP.match(line) or line.startswith(("- ", "* ", "|", "//", "->", "=>")):
        return False
    if not shell and _is_printed(line):
        return False
    if _ASSIGNS.match(line):
        return not line.endswith((".", ":")) or shell
    if not shell and _SYNOPSIS.search(line):
        return False
    if _BELOW_OPEN.match(line):
        return shell or bool(_SYNTAX.search(line))
    if line[0] in "({[\"'!`<" and not line.startswith(("[ ", "[[ ", "( ", "(cd", "{ ", "! ", '"$', '"/')):
        return False
    words = line.split()
    word = words[0].rstrip(";")
    name = word.rsplit("/", 1)[-1]
    if word.endswith((":", ",", "!", "?")) or not (_WORD.match(word) or word[0] in '$([{"!'):
        return False
    if word == "service" and len(words) == 3 and words[2] in ("start", "stop", "restart", "reload", "status"):
        return True
    if word in KNOWN or name in KNOWN:
        return shell or word not in _COMMON_WORDS or bool(re.search(r"\s-|[/|$=]|\.\w", line))
    if word.startswith(("./", "/", "~/", "../")) or word.endswith((".sh", ".py", ".pl", ".rb")):
        return len(words) > 1 or "/" in word[1:] or shell
    if word.startswith("$"):
        return shell
    if len(words) == 1 and _METRIC.search(word):
        return False
    prose = line.endswith((".", ":", "!", "?", ",")) and len(words) > 2
    return shell and word[0].islower() and not prose


def _is_printed(line: str) -> bool:
    """Whether a line without a prompt has the form of what a program prints: a table, columns, a device."""
    if re.match(r"^/(?:dev|proc|sys|etc|run|mnt|media)/", line):
        return True
    quiet = re.sub(r"'[^']*'|\"[^\"]*\"", "_", line)
    if re.search(r"(?:^|[^|])\| +(?:[\d<-]|https?:|\|)", quiet) or quiet.endswith(" |") and quiet.count("|") > 1:
        return True
    return len(_COLUMNS.findall(quiet)) > 1 and not line.endswith("\\") and " #" not in line


class _Reader:
    def __init__(self, lines: Sequence[str], language: str, prompts: frozenset[int]) -> None:
        self._lines = lines
        self._shell = language in SHELLS
        self._prompts = prompts
        self._at = 0
        self._typed = False

    def pieces(self) -> Iterator[Piece]:
        """Each piece of the block."""
        while self._at < len(self._lines):
            line = self._lines[self._at].strip()
            if not line:
                self._at += 1
            elif self._prompts:
                yield self._prompted(line)
            elif line.startswith("#") and _INNER.match(line) and re.match(r"#\s*(>|\w+[=-][#>] |mysql>)", line):
                yield self._one(LineKind.INPUT, _INNER.sub("", line))
            elif line.startswith("#"):
                yield self._one(LineKind.COMMENT, line.lstrip("# ").rstrip())
            elif inside := _CONTAINER.match(line):
                yield self._command(line[inside.end() :], None)
            elif (inner := _INNER.match(line)) and not line.startswith(("- ", "->", "> ")):
                self._typed = True
                yield self._one(LineKind.INPUT, line[inner.end() :])
            elif is_command(line, self._shell and not self._typed):
                self._typed = False
                yield self._command(line, None)
                if not self._shell and _ASKS_HELP.search(line):
                    yield from self._usage()
            elif inner and not line.startswith(("- ", "->")):
                yield self._one(LineKind.INPUT, line[inner.end() :])
            else:
                yield self._one(LineKind.TEXT, self._lines[self._at].rstrip())

    def _usage(self) -> Iterator[Piece]:
        """What a program says of itself, down to the next comment: nothing of it is to be run."""
        while self._at < len(self._lines) and not self._lines[self._at].startswith("#"):
            if self._lines[self._at].strip():
                yield self._one(LineKind.TEXT, self._lines[self._at].rstrip())
            else:
                self._at += 1

    def _prompted(self, line: str) -> Piece:
        if self._at in self._prompts:
            match = _prompt(line)
            return self._command(line[match.end() :] if match else line, match)
        if inside := _CONTAINER.match(line):
            return self._command(line[inside.end() :], None)
        inner = _INNER.match(line)
        if inner is not None and not line.startswith("#"):
            return self._one(LineKind.INPUT, line[inner.end() :])
        if line.startswith("#"):
            return self._one(LineKind.COMMENT, line.lstrip("# "))
        return self._one(LineKind.TEXT, self._lines[self._at].rstrip())

    def _one(self, kind: LineKind, text: str) -> Piece:
        self._at += 1
        return Piece(kind, text, self._at - 1)

    def _command(self, line: str, prompt: re.Match[str] | None) -> Piece:
        """A command with the lines that it continues on, as the shell reads them."""
        start, taken = self._at, [line]
        while self._at + 1 < len(self._lines) and len(taken) < 200 and _continues("\n".join(taken)):
            if self._at + 1 in self._prompts:
                break
            self._at += 1
            told = self._lines[self._at]
            taken.append(re.sub(r"^> ?", "", told) if prompt else told.rstrip())
        if len(taken) > 1 and _unended("\n".join(taken)):  # a quote that nothing closes takes no other line along
            self._at, taken = start, taken[:1]
        self._at += 1
        text = _at_margin(taken)
        command, remark = _without_remark(text)
        if not command:
            return Piece(LineKind.COMMENT, remark, start, len(taken))
        named = prompt.groupdict() if prompt else {}
        host, user = named.get("host") or "", named.get("user") or ""
        host = host if user or re.search(r"\d", host) else ""  # a name alone may be a folder's
        return Piece(LineKind.COMMAND, command, start, len(taken), remark, host, user)


def _at_margin(lines: Sequence[str]) -> str:
    return "\n".join(line.rstrip() for line in lines).strip()


_OPENERS = re.compile(r"(?:^|[;&|\n]|\bdo\b|\bthen\b|\belse\b)\s*(if|for|while|until|case|select)\b(?=\s)")
_CLOSERS = re.compile(r"(?:^|[;&|\n])\s*(fi|done|esac)\b")


def _continues(text: str) -> bool:
    """Whether the shell would read another line before it runs this."""
    script = read(text)
    if _unended(text):
        return True
    bare = text
    for start, end in (*((one.start, one.end) for one in script.bodies), *script.comments):
        bare = bare[:start] + " " * (end - start) + bare[end:]
    last = bare.rstrip()
    if last.endswith(("|", "&&", "||")) or bare.endswith("\\"):
        return True
    quiet = re.sub(r"'[^']*'|\"(?:\\.|[^\"\\])*\"", "_", bare)
    braces = len(re.findall(r"(?:^|[\s;)])\{(?=\s)", quiet)) > len(re.findall(r"(?:^|[\s;])\}", quiet))
    return len(_OPENERS.findall(quiet)) > len(_CLOSERS.findall(quiet)) or braces


def _unended(text: str) -> bool:
    """Whether a quote, a bracket or a here-document is open at its end."""
    trouble = read(text).trouble
    return "never closed" in trouble or "no line ends" in trouble


def _without_remark(text: str) -> tuple[str, str]:
    """A command of one line without the comment behind it."""
    comments = read(text).comments
    if "\n" in text or not comments or comments[-1][1] != len(text):
        return text, ""
    start = comments[-1][0]
    return text[:start].rstrip(), text[start:].lstrip("# ").strip()
