"""Finds the commands in a sentence, an item or a table, and leaves out what is only told or not to be run."""

import re
from collections.abc import Iterator, Sequence

from tui.importing.document.prose import asks, only_forbids
from tui.importing.shell_code.shell_lines import KNOWN, WITH_OPTION, is_command

_RUN = re.compile(
    r"(?:^|\W)(?:run|re-?run|execute|issue|use|using|via|with|type|enter|do|call|by|in|try|through|follow|"
    r"inspect|see|check|watch|means of|look(?: \w+)? (?:at|in)|output of|says?|list|start|stop|restart|show|find|"
    r"verify|confirm|monitor|test|get|fetch|apply|invoke|launch|perform|until|unless|once|when|if|that|whether|from|"
    r"then|and|or|first|again|also)\s*:?\s+(?:[\w-]+\s+){0,3}$"
    r"|(?:^|[.,:;]\s+|\b(?:and|then|to)\s+)(?:check|verify|inspect|see|confirm|look at|restart|stop|start|"
    r"reload|list|find)\s+(?:[\w/'’-]+\s+){0,7}\(?$"
    r"|\b(?:check|inspect|verify|restart|stop|start|reload) the (?:[\w/'’-]+\s+){1,6}\(?$",
    re.I,
)
_DIRECTLY = re.compile(
    r"\b(?:run|re-?run|execute|issue|use|using|via|type|enter|do|call|invoke)\s*:?\s+(?:\w+\s+){0,3}$", re.I
)
_FORBIDS = re.compile(
    r"\b(?:(?:do not|don['’]?t|never)(?! (?:forget|hesitate|worry|panic)\b)|(?<!there )(?:must|should) ?n[o'’]t|"
    r"may not|cannot|can['’]t|avoid|no longer|stop using|"
    r"under no circumstances?|no (?:need|reason)|not (?:need|necessary|required|allowed)|(?:nobody|"
    r"no one) (?:should|may|must|is to)|refrain|"
    r"forbidden|"
    r"needn['’]t|resist)\b",
    re.I,
)
_INSTEAD = re.compile(
    r"\b(?:(?:instead of|rather than|in place of)\s+(?:[\w-]+\s+){0,3}|(?:unlike|replaces)\s+|not\s+(?:with\s+|"
    r"by\s+|just\s+)?|"
    r"without\s+(?:(?:running|using|calling|an?|the)\s+){0,2})$",
    re.I,
)
_TURNS = re.compile(
    r"\b(?:until|unless|before|but|instead(?! of)|only|rather(?! than)|except)\b|[,;–—]\s*(?:then\s+)?(?:use|"
    r"run|do|try|execute|call)\b",
    re.I,
)
_TOLD = re.compile(
    r"\b(?:ran|runs|(?:ha[sd]|have|was|were|is|are|been|being|gets?) (?:\w+ )?(?:run|executed|called|started|"
    r"used)|executed|executes|"
    r"called|calls|typed|invoked|invokes|wraps|automates|aliases|alias (?:of|for)|short for|same as|"
    r"equivalent (?:of|to)|known as|"
    r"uses|used|performs|triggers|which (?:does|starts)|cron(?: job)?|scheduled?)\s+(?:[\w-]+\s+){0,3}$",
    re.I,
)
_EXPLAINED = re.compile(
    r"^\s*(?:(?:\([^)]*\)\s*)?(?!(?:is|are|has|needs|would|will|may|might|can)\s+(?:expected\s+)?(?:to\s+)?(?:now\s+)?"
    r"(?:print|show|return|list|say|tell|give|answer|output|display|report|come back|be (?:empty|zero|\d))\b"
    r"|\s*(?:is|are)\s+(?:now\s+|still\s+)?(?:empty|clean|green|healthy|zero|\d))"
    r"(?:is|are|was|were|uses|means|would|will|wipes|destroys|removes|deletes|needs|"
    r"requires|takes|"
    r"does|has|cannot|can|may|might|failed|fails)\b|(?:must|should|may|can|is|are) (?:not|never) (?:be )?(?:run|"
    r"used|executed|called|typed)"
    r"|[^.;]{0,40}\b(?:is|are) (?:forbidden|prohibited|dangerous|deprecated|not allowed|not needed))",
    re.I,
)
_AND_MORE = re.compile(
    r"^\s*(?:and|with|plus|followed by)\s+(?:the|your|its|an?)\s+(?:[\w-]+\s+){0,2}?(?:id|name|number|path|tag|version|"
    r"argument|hash|address|ip|uuid|pid|key|token|option|flag)s?\b",
    re.I,
)
_BETWEEN = re.compile(r"^(?:[\s,;.&/|+:→>-]|\b(?:and|or|then|also|plus|next|finally)\b)*$", re.I)
_LIKE_ONE = re.compile(r"^[a-z][a-z0-9_.-]+ [\w./@<{$-]")
_PIPED = re.compile(
    r"^[a-z][\w.-]+(?: [^|]*)?\| *(?:sudo )?(?:grep|egrep|head|tail|wc|sort|uniq|jq|awk|sed|less|cut|tee|xargs)\b"
)
"""A program that is not known, with a word, or into one that is."""
MOST_CODES = 60
"""Pieces of code type in one passage; one with more of them is a reference, and no sentence to follow."""
_AROUND = 600
"""Characters of a sentence before and behind a command that say whether it is to be run."""
_CHAT = re.compile(r"^/[\w-]+$")
_HELP = re.compile(r"\s(?:--help|--version)$")
"""What a program says of itself is not a step."""
_PLACE = re.compile(r"^(?!\./)(?:[\w.~-]*/)+(?!\w[\w.-]*\.sh$)[\w.-]*$")
"""A path of a folder or of a file: alone it is not a program, unless it is called as one."""
_BY_THE = re.compile(r"\b(?:via|using|with|by|use|of) (?:the|an?) +$", re.I)
_TOOL = re.compile(r"^ (?:commands?|tools?|clients?|cli|utility|program|api)\b", re.I)
_DONE_WITH = re.compile(r"\b(?:is|are|was|were|been)\s+(?:\w+\s+){1,3}(?:using|via|with|by)\s+$", re.I)
_RUNS = re.compile(
    r"\b(?:commands?|run|fix|actions?|checks?|how|do|steps?|remedy|solutions?|mitigations?|diagnos\w+|what|verify|usage)\b",
    re.I,
)
_NO_COMMAND = re.compile(
    r"^\s*(?:(?:sub-?)?commands|containers?|queries|statements|clients?|pods?|images?|packages?)\b", re.I
)
"""What stands behind the name of a program that is only named: "to run `etcdctl` commands"."""
_A_SESSION = re.compile(r"\b(?:an?|the|your)\s+`[^`]* (?:session|prompt|window|pod|container|process|user|role)$", re.I)
_REFUSED_COLUMN = re.compile(
    r"\b(?:do(?:es)? not|don['’]t|never|avoid|forbidden|output|result|example|config\w*|setting|alias|"
    r"deprecated|instead|error|symptoms?|causes?|meaning|defaults?|values?|types?|variables?|files?|paths?|location)\b",
    re.I,
)


def inline_commands(codes: Sequence[str], text: str, item: bool = False) -> list[str]:
    """The pieces of code type in a passage that are commands to run.

    Args:
        item: it stands in a list, where a command alone is to be run.
    """
    told: list[str] = []
    if len(codes) > MOST_CODES:
        return told
    places = list(_places(codes, text))
    enumerated = _BETWEEN.match(re.sub(r"`[^`]*`", "", re.sub(r"^[\w /-]{2,40}:", "", text.strip()))) and any(
        " " in code.strip() for code, _, _ in places
    )
    asked = ""
    for code, before, after in places:
        command = code.strip().removeprefix("$ ").strip()
        words = command.split()
        if not words or _CHAT.match(words[0]) or _HELP.search(command):
            continue
        head, _, between = before.rpartition("`")
        directly = (
            bool(_DIRECTLY.search(before))
            or (before.rstrip().endswith(":") and asks(before))
            or (bool(asked) and head.endswith(f"`{asked}") and bool(_BETWEEN.match(between)))
        )
        asked = code if directly else ""
        if not (
            _is_known(command)
            or (directly and (words[0] in KNOWN or _LIKE_ONE.match(command)))
            or WITH_OPTION.match(command)
            or _PIPED.match(command)
        ):
            continue
        if _NO_COMMAND.match(after) if len(words) == 1 else _A_SESSION.search(f"{before}`{command}"):
            continue
        if len(words) == 1 and _BY_THE.search(before) and _TOOL.match(after):
            continue
        if len(words) == 1 and (_DONE_WITH.search(before) or (not directly and _PLACE.match(command))):
            continue
        if len(words) == 1 and not (directly or enumerated or command.startswith("./") or _alone(command, text)):
            continue
        if forbidden(before) or _TOLD.search(before) or _AND_MORE.match(after):
            continue
        explained = bool(_EXPLAINED.match(after))
        if directly or (_is_meant(before, after, text, item) and not explained):
            told.append(command)
    return list(dict.fromkeys(told))


def _is_meant(before: str, after: str, text: str, item: bool) -> bool:
    """Whether a sentence has a command so that it is to be run."""
    bare = before.strip()
    return (
        item
        or asks(f"{before}`x`{after}")
        or bool(_RUN.search(before))
        or bare.endswith(":")
        or (not bare and not after.strip(" .:"))
        or text.strip().strip("`:. ") == text.strip().strip(":. ").strip("`")
    )


def _is_known(command: str) -> bool:
    """Whether a piece of code is a command of a known program, and not only a name and its value."""
    started = re.sub(r"^(?:[A-Za-z_]\w*=\S*\s+)+", "", command)
    return not re.match(r"^[A-Za-z_]\w*=", started) and is_command(started, False)


def _alone(command: str, text: str) -> bool:
    """Whether a passage is a command, or a name and a command, and nothing else."""
    told = re.match(r"^(?:[\w /-]{2,40}:\s*)?`(?:\$ )?([^`]+)`[.;:]?$", text.strip())
    return told is not None and told[1].strip() == command


def forbidden(before: str) -> bool:
    """Whether the beginning of a sentence says that what follows it is not to be done."""
    if _INSTEAD.search(before):
        return True
    found = list(_FORBIDS.finditer(before))
    if not found:
        return False
    supposed = re.match(r"^\W*(?:if|when|in case|as long as|since|because|should|where|once)\b", before, re.I)
    turns = re.compile(r"[,:]|\bthen\b") if supposed else _TURNS
    return not turns.search(before, found[-1].end())


def sentences(text: str) -> list[str]:
    """The sentences of a passage; what is in code type ends none."""
    hidden = re.sub(r"`[^`]*`", lambda found: "_" * len(found[0]), text)
    ends = [found.end() for found in re.finditer(r"(?<!\be\.g)(?<!\bi\.e)(?<=[.!?;])[)\"'”]?\s+|\n\s*[-*] ", hidden)]
    return [
        text[start:end] for start, end in zip([0, *ends], [*ends, len(text)], strict=True) if text[start:end].strip()
    ]


def forbids_what_follows(text: str) -> bool:
    """Whether a paragraph says that the code block below it is not to be run."""
    last = re.sub(r"\([^)]*\)", "", (sentences(text) or [""])[-1]).strip()
    if re.match(r"^\W*(?:check|verify|ensure|make sure|confirm)\b", last, re.I) or re.search(
        r"\byou (?:can|could|may|should|need to|have to)(?: \w+)?:?$", last
    ):
        return False  # "ensure that the log does not show errors:", "so that you don't run out of space you can:"
    return last.endswith((":", "instead of", "rather than")) and forbidden(f"{last.rstrip(': ')} ")


def introduces_a_command(text: str) -> bool:
    """Whether a paragraph says that the code block below it is to be typed."""
    last = (sentences(text) or [""])[-1].strip()
    return last.endswith((":", ",")) and bool(
        re.search(
            r"\b(?:run(?:ning)?|re-run|typ(?:e|ing)|execut(?:e|ing)|enter(?:ing)?|issu(?:e|ing)|commands?)\b",
            last,
            re.I,
        )
    )


def tells_of_output(text: str) -> bool:
    """Whether a paragraph says what somebody may see, as in "if you get an output without X, e.g."."""
    last = (sentences(text) or [""])[-1].strip()
    return bool(
        re.search(
            r"\b(?:if|when|where|that|should) you (?:get|see|have)\b.*\boutput\b.*\b(?:e\.g\.?|for example|"
            r"for instance|such as|like this)[,:]?$",
            last,
            re.I | re.DOTALL,
        )
    )


def shows_output(text: str) -> bool:
    """Whether a paragraph says that the code block below it is what a command prints."""
    last = (sentences(text) or [""])[-1].strip().lower()
    return len(last) < 120 and bool(
        re.search(
            r"\b(?:sample|example|expected|typical|healthy|good|normal)\b[^:]{0,20}\b"
            r"(?:output|response|result|answer|reply)s?\b[^:]*:?$"
            r"|^(?:output|response|result|answer|sample|returns|prints|example output)s?:?$"
            r"|\b(?:looks?|look something) like(?: this| so| that)?(?: when[^:]*)?:?$"
            r"|\bprints?(?: something)?(?: like)?:?$"
            r"|\b(?:you|it) (?:should|will|must) (?:see|get|print|show|return|say)\b[^:]*:?$"
            r"|\b(?:output|answer|response|result) (?:is|looks|should|must|will|has)\b[^:]*:?$"
            r"|\b(?:should|must) (?:show|look|be|print|return|end|say|contain)\b[^:]*:$"
            r"|\b(?:output|result|answer|response|line|it|this) (?:should|must) (?:show|look|be|print|return|end|"
            r"say|contain)\b[^:]*$"
            r"|^(?:expected|expect)\b[^:]*:?$",
            last,
        )
    )


def asked_beside(text: str, commands: Sequence[str]) -> str:
    """What a passage asks for beside its commands: in other sentences, or before and behind them in theirs."""
    found: list[str] = []
    for sentence in sentences(text):
        spans = [span for one in commands if (span := _span(sentence, one))]
        if not spans:
            found += [sentence.strip()] if asks(sentence) and not only_forbids(sentence) else []
            continue
        before, after = sentence[: min(spans)[0]], sentence[max(spans)[1] :]
        first = re.match(
            r"^(.+?),?\s+(?:and\s+(?:then\s+)?(?:run|execute|type|issue|call)\s*:?|before\s+(?:you\s|\w+ing\b).*)\s*$",
            before,
            re.I | re.DOTALL,
        )
        then = re.match(r"^[\s),;]*(?::|(?:and|then|afterwards)\b)\s+(?:then\s+)?(.+)$", after, re.I | re.DOTALL)
        told = ([first[1].strip()] if first else []) + ([then[1].strip()] if then and "`" not in then[1] else [])
        found += [one for one in told if asks(one) and not _LOOKS.match(one)]
    return " ".join(found)


_LOOKS = re.compile(
    r"^\W*(?:look|check|see|verify|make sure|compare|confirm|note|watch|use|run|ensure|wait|find|list)\b", re.I
)


def _span(sentence: str, command: str) -> tuple[int, int] | None:
    at = sentence.find(command)
    return (at, sentence.find("`", at) + 1 or len(sentence)) if at >= 0 else None


def _places(codes: Sequence[str], text: str) -> Iterator[tuple[str, str, str]]:
    """Each piece of code with what stands before and behind it in its sentence."""
    left = list(codes)
    for sentence in sentences(text):
        at = 0
        while left and (place := sentence.find(f"`{left[0]}`", at)) >= 0:
            code = left.pop(0)
            at = place + len(code) + 2
            yield code, sentence[max(0, place - _AROUND) : place], sentence[at : at + _AROUND]


def table_rows(text: str) -> list[tuple[str, list[tuple[str, str]]]]:
    """The rows of a table below its head: the first cell, and each cell with the name of its column."""
    rows = [_cells(line) for line in text.split("\n")]
    if len(rows) < 3:
        return []
    head = [_plain(cell) for cell in rows[0]]
    return [(_plain(row[0]) if row else "", list(zip(head, row, strict=False))) for row in rows[2:]]


def table_commands(text: str) -> list[tuple[str, str, int]]:
    """The commands in a table's cells: what its row begins with, the command, and the row's place."""
    found: list[tuple[str, str, int]] = []
    for at, (name, cells) in enumerate(table_rows(text), 2):
        if forbidden(f"{name} "):
            continue
        for column, cell in cells:
            if _REFUSED_COLUMN.search(column):
                continue
            codes = [one for one in re.findall(r"`([^`]+)`", cell) if " " in one.strip() or _RUNS.search(column)]
            found += [("" if "`" in name else name, code, at) for code in inline_commands(codes, cell, item=True)]
    return found


def _cells(line: str) -> list[str]:
    line = line.strip().removeprefix("|")
    cells = re.split(r"(?<!\\)\|", line.removesuffix("|") if not line.endswith("\\|") else line)
    return [cell.strip().replace("\\|", "|").replace("<br>", "; ").replace("<br/>", "; ") for cell in cells]


def _plain(cell: str) -> str:
    return re.sub(r"[*_]{1,3}(?=\S)|(?<=\S)[*_]{1,3}", "", cell).strip() if "`" not in cell else cell
