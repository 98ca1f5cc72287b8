"""Decides whether programs that handle files and addresses change any: cp, sed, find, curl and the like."""

import re
from collections.abc import Callable

from tui.runbook.shell.programs import SimpleCommand
from tui.runbook.shell.read_only_programs import CHANGERS

IsTemporary = Callable[[str], bool]
_LAST = frozenset({"cp", "install", "scp", "rsync", "ln"})
_SAFE_LONG = frozenset(
    re.findall(
        r"\S+",
        """
    --silent --show-error --fail --fail-with-body --location --head --include --insecure --compressed --verbose
    --max-time --connect-timeout --retry --retry-delay --retry-connrefused --retry-max-time --retry-all-errors --header
    --user --user-agent --write-out --resolve --connect-to --cacert --cert --key --http1.1 --http2 --http1.0 --http3
    --tlsv1.2 --tlsv1.3 --ipv4 --ipv6 --interface --proxy --noproxy --get --globoff --no-progress-meter --path-as-is
    --max-redirs --referer --cookie --unix-socket --url --cert-status --location-trusted --no-keepalive --range
    --basic --digest --negotiate --netrc --netrc-file --oauth2-bearer --no-buffer --raw --speed-limit --speed-time
    --proto --proto-redir --pinnedpubkey --version --help --dns-servers --tcp-nodelay --progress-bar --ntlm --limit-rate
    --url-query --capath --ciphers --crlfile --tls-max --happy-eyeballs-timeout-ms --fail-early --parallel
    """,
    )
)
_SHORT_VALUED = "XdFTouHAmwebxcCDEKPQUyYzrt"
_DATA = ("--data", "--json", "--form", "--upload-file")


def file_changes(command: SimpleCommand, temporary: IsTemporary) -> str | None:
    """What a program changes in files, in a few words; empty where it only reads; None for other programs."""
    program, texts = command.program, command.texts
    named = [word for word in texts if not word.startswith("-")]
    if program in CHANGERS:
        return "" if _changer_reads(program, texts, named, temporary) else _told(program, named)
    if program == "sed":
        writes = any(re.match(r"-[nErsuz]*i|--in-place", word) for word in texts)
        return "sed -i" if writes else "sed" if _sed_writes(texts) else ""
    if program in ("awk", "gawk", "mawk"):
        return _awk(texts)
    if program == "find":
        return _find(texts)
    if program == "yq":
        return "yq -i" if any(re.match(r"-\w*i|--inplace", word) for word in texts) else ""
    if program == "sort":
        return _option(program, texts, r"-\w*o|--output")
    if program == "uniq":
        return f"uniq {named[1]}" if len(named) > 1 and not temporary(named[1]) else ""
    if program == "xxd":
        return "xxd" if len(named) > 1 or any(re.match(r"-r", word) for word in texts) else ""
    if program in ("gzip", "gunzip", "bzip2", "xz", "zstd"):
        return _told(program, named) if named else ""
    if program in ("mysqldump", "mariadb-dump", "pg_dump", "pg_dumpall"):
        return _option(program, texts, r"--result-file|--tab|-T|--flush-|--delete-|-F$|--file|-f|--master-data=")
    return _system(program, texts, named)


def _system(program: str, texts: list[str], named: list[str]) -> str | None:
    """The same for programs that ask or tell the system."""
    match program:
        case "journalctl":
            return _option(program, texts, r"--(rotate|vacuum|flush|sync|relinquish|setup-keys|update-catalog|smart)")
        case "dmesg":
            return _option(program, texts, r"-\w*[CcDEn]|--(clear|read-clear|console)")
        case "date":
            sets = any(re.match(r"-s|--set", word) for word in texts)
            return "date -s" if sets or (named and not named[0].startswith("+") and not _dated(texts)) else ""
        case "hostname":
            return "hostname" if named else ""
        case "ip":
            verbs = {
                "add",
                "del",
                "delete",
                "set",
                "change",
                "replace",
                "flush",
                "append",
                "up",
                "down",
                "exec",
                "save",
                "restore",
            }
            return f"ip {' '.join(named[:2])}" if verbs & set(named) or "-b" in texts or "-batch" in texts else ""
        case "sysctl":
            return (
                "sysctl"
                if any(re.match(r"-w|-p|-f|--(write|load|system)", text) or "=" in text for text in texts)
                else ""
            )
        case "mount":
            return "mount" if named or "-a" in texts else ""
        case "rpm":
            return "" if texts[:1] and re.match(r"-q|-V|--query|--verify", texts[0]) else "rpm"
        case "wget":
            quiet = any(re.fullmatch(r"-\w*O-?|--output-document=-|--spider", text) for text in texts)
            reads = "--spider" in texts or (quiet and ("-" in texts or any(text.endswith("O-") for text in texts)))
            return "" if reads and not any(re.match(r"--(post|method|body)", text) for text in texts) else "wget"
    return None


def _dated(texts: list[str]) -> bool:
    return any(re.match(r"-\w*[dru]|--(date|reference|utc|iso)", word) for word in texts)


def _option(program: str, texts: list[str], pattern: str) -> str:
    found = next((word for word in texts if re.match(pattern, word)), "")
    return f"{program} {found}" if found else ""


def _told(program: str, named: list[str]) -> str:
    if program in ("rm", *_LAST, "tee"):
        where = f" to {named[-1]}" if program != "rm" and named else ""
        return program + where
    return " ".join([program, *named[:1]])


def _changer_reads(program: str, texts: list[str], named: list[str], temporary: IsTemporary) -> bool:
    if program == "kill":
        return "-0" in texts or "-l" in texts
    if program == "rsync" and any(re.fullmatch(r"-\w*n\w*|--dry-run|--list-only", word) for word in texts):
        return True
    if program == "dd":
        target = next((word[3:] for word in texts if word.startswith("of=")), "/dev/null")
        return temporary(target)
    if program in ("chmod", "chown", "chgrp"):
        named = named[1:]
    if program in _LAST:
        return (
            len(named) > 1
            and temporary(named[-1])
            and not any(re.match(r"-t|--target|--remove", text) for text in texts)
        )
    if program == "tee":
        return all(map(temporary, named))
    files = program in ("rm", "rmdir", "mv", "mkdir", "touch", "truncate", "chmod", "chown", "chgrp", "mkfifo", "shred")
    return files and bool(named) and all(map(temporary, named))


def _sed_writes(texts: list[str]) -> bool:
    """Whether a script of sed has a command that writes a file or runs a program."""
    script = next((word for word in texts if not word.startswith("-")), "")
    return re.search(r"(^|[;{}\n\d/$])\s*[wW]\s+\S|/[gpiIm\d]*w\s+\S|/[gpiIm\d]*e[gp]*\s*(;|$)", script) is not None


def _awk(texts: list[str]) -> str:
    if any(re.match(r"-f|-i|--file|--include|-E|--exec", word) for word in texts):
        return "awk -f"
    for word in texts:
        word = word.replace('> "/dev/stderr"', "").replace('> "/dev/stdout"', "")
        bare = re.sub(r'"(?:[^"\\]|\\.)*"', '""', word)
        starts = re.search(r"\bsystem\s*\(|\|\s*getline|\|&", bare)
        while (inner := re.sub(r"\([^()]*\)", "", bare)) != bare:
            bare = inner
        if starts or re.search(r"print[^;}\n]*[>|]", bare):
            return "awk"
    return ""


def _find(texts: list[str]) -> str:
    for place, word in enumerate(texts):
        if word == "-delete" or word.startswith(("-fprint", "-fls", "-ok")):
            return f"find {word}"
        if word in ("-exec", "-execdir"):
            started = texts[place + 1 : place + 2]
            if not started or started[0] not in _HARMLESS:
                return f"find {word} {' '.join(started)}".rstrip()
    return ""


_HARMLESS = frozenset({"ls", "stat", "cat", "grep", "wc", "head", "tail", "du", "file", "md5sum", "sha256sum", "echo"})


def curl_changes(texts: list[str], temporary: IsTemporary) -> bool:
    """Whether a call of curl sends something, or writes a file that is not temporary."""
    method, data, asks = "", False, bool({"-G", "--get"} & set(texts))
    rest = list(texts)
    while rest:
        word, rest = rest[0], rest[1:]
        if word.startswith("--"):
            name, _, value = word.partition("=")
            if name in ("--request", "--output", "--dump-header"):
                value, rest = (value, rest) if value else ("".join(rest[:1]), rest[1:])
                method = value if name == "--request" else method
                if name != "--request" and not temporary(value):
                    return True
            elif name.startswith(_DATA):
                data, rest = True, rest[1:]
            elif name not in _SAFE_LONG:
                return True
        elif word.startswith("-") and len(word) > 1:
            for place, letter in enumerate(word[1:], 1):
                if letter not in _SHORT_VALUED:
                    if letter in "OJR#:":
                        if letter in "OJ":
                            return True
                    elif letter == "G":
                        asks = True
                    continue
                value = word[place + 1 :]
                if not value:
                    value, rest = "".join(rest[:1]), rest[1:]
                if letter == "X":
                    method = value
                elif letter in "dF":
                    data = data or letter == "d" or True
                    asks = asks and letter == "d"
                elif letter in "TKQc" or (letter in "oD" and not temporary(value)):
                    return True
                break
    if method.upper() not in ("", "GET", "HEAD", "OPTIONS"):
        return True
    return data and not asks
