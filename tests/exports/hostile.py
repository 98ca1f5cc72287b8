"""A session in which every text that a runbook, a host, a person or a folder gives is hostile."""

import random
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.structs import fields, replace

from tests.support.sessions.recorded import TEXT, Writer
from tui.exports.gathering.gathered import gathered
from tui.exports.source import Source
from tui.runbook.reading.load import load_text
from tui.session import events as ev
from tui.session.output.output import OutputWriter, write_mask

CANARY = "document.title='owned'"
PAGE = (
    f"</pre></script><script>{CANARY}</script>",
    f"<img src=x onerror={CANARY}>",
    f"<svg/onload={CANARY}>",
    f"<svg><script>{CANARY}</script></svg>",
    f"</title></style><script>{CANARY}</script>",
    f"--><script>{CANARY}</script><!--",
    f"]]><script>{CANARY}</script><![CDATA[",
    f'" autofocus tabindex=1 onfocus={CANARY} x="',
    f"' onmouseover={CANARY} x='",
    f'"><iframe srcdoc="<script>{CANARY}</script>">',
    f"<a href=javascript:{CANARY}>a</a>",
    f"&lt;script&gt;{CANARY}&lt;/script&gt;&#60;b&#62;",
    f"+ADw-script+AD4-{CANARY}+ADw-/script+AD4-",
    f"<s\u200bcript>{CANARY}</s\u200bcript><\0script>{CANARY}</script>",
    "<base href=//e.invalid><meta http-equiv=refresh content=0;url=//e.invalid><link rel=stylesheet href=//e.invalid>",
    "<style>*{display:none}</style><form action=//evil.invalid><input autofocus></form><object data=x>",
    "\ufeff<\x1b[31mscript>" + CANARY + "\uff1cscript\uff1e",
)
MARKS = (
    "```",
    "``\u200b`",
    "`\x1b[0m`\x07`",
    "```sh\nrm -rf /\n```\n# owned",
    "~~~",
    "~\u00ad~~",
    "`code` ``code ` code``",
    "a | b || \\| c \\\\| d",
    "[a](javascript:alert(1)) ![i](//evil.invalid/x.png) [r]\n\n[r]: //evil.invalid",
    "[!NOTE] [^1] [x]: //e.invalid",
    "<https://e.invalid> https://e.invalid/a www.e.invalid HTTP://E.INVALID ftp://e.invalid mailto:a@e.invalid",
    "<b>b</b> <!-- c --> <?php x ?> <![CDATA[x]]> <!D x>",
    "# h\n\n## h",
    "- a\n- b",
    "+ a",
    "* a\n* b",
    "1. a\n2) b",
    "> q",
    "---\n***\n___",
    "===",
    "    code\n\tcode",
    "*e* **b** _e_ __b__ ***x*** ~~s~~ ==m== ^x^",
    "&amp; &lt;b&gt; &#42;x&#42; &copy",
    "ends in a backslash\\",
    "two blanks  \nnext",
    "$x$ $$x$$ :smile: {{ x }} {% x %}",
    "|---|---|\n| a | b |",
)
STEER = (
    "\x1b]52;c;b3duZWQ=\x07",
    "\x1b[2J\x1b[H\x1b[?1049h\x1bc",
    "\x9b2J\x9d0;owned\x9c",
    '\x1bP$q"p\x1b\\\x90x\x9c',
    "\x1b[6n\x1b[c\x1b]10;?\x07",
    "\u202eowned\u202c\u2066x\u2069\u200f",
    "\U000e0041\U000e007f\ufe0f\u200b\u2060\u00ad",
    "\x00\x07\x08\x0b\x0c\x0e\x0f\x7f\x85\u2028\u2029",
    "z" + "\u0301" * 500,
    "a\rb\r\nc\n\rd",
)
CALENDAR = (
    "x\r\nATTACH:https://evil.invalid/x",
    "x\nBEGIN:VALARM\nACTION:PROCEDURE\nEND:VALARM",
    "x\rEND:VEVENT\rEND:VCALENDAR",
    "x\n ATTENDEE:mailto:a@evil.invalid",
    "a;b,c:d\"e'f\\g\\n\\N^n^'",
    ";X=1:y",
    "\x85URL:x\u2028URL:y\x0bURL:z",
    "ü€𝄞" * 400,
    "x" * 2_000,
)
PAYLOADS = (*PAGE, *MARKS, *STEER, *CALENDAR)

FREE = {"title", "text", "note", "ask", "unit", "body", "prompt", "run", "stdin", "release", "reason", "contact"}
"""The fields of a runbook that are words: the others are names, or read by the program."""
FIXED = {
    "step",
    "flow",
    "monitor",
    "trigger",
    "followup",
    "result",
    "link",
    "message",
    "head",
    "sha256",
    "kind",
    "type",
}
"""The fields of an event that the program itself gives, or that have to be in the runbook."""

EXTRA = """
[[followups]]
id = "review"
title = "Review"
within = "24h"
[[followups]]
id = "errors"
title = "Errors"
within = "1h"
"""


def spoiled(value: Any, text: Callable[[str], str], chosen: Callable[[str], bool], field: str = "") -> Any:
    """The same value with each text in a chosen field replaced."""
    if type(value) is str:
        return text(value) if value and value != "auto" and chosen(field) else value
    if isinstance(value, Struct):
        names = [one.name for one in fields(value)]
        return replace(value, **{name: spoiled(getattr(value, name), text, chosen, name) for name in names})
    if isinstance(value, tuple | list):
        return type(value)(spoiled(one, text, chosen, field) for one in value)
    if isinstance(value, dict):
        return {key: spoiled(one, text, chosen, field or key) for key, one in value.items()}
    return value


class Night:
    """A recorded session, which can be had with any texts in it."""

    def __init__(self, root: Path, seed: int, count: int = 60) -> None:
        self.writer = Writer(root, seed)
        self.writer.go_on(count)
        self.writer.put(ev.NoteAdded(text="seen", operator="ana", step="look"))
        self.writer.put(ev.QuestionAnswered(step="announce", action=1, operator="ben", answer="3"))
        self.writer.put(ev.StepSkipped(step="backup", operator="ana", reason="made at noon"))
        self.writer.put(ev.ValueCorrected(name="release", value="v3", before="v2", operator="ana", reason="typed"))
        self.writer.put(ev.HostConnected(host="web", target="web", user="deploy", hostname="web-1", fingerprint="x"))
        self.writer.put(ev.SessionFinished(result="completed", operator="ana", note="all is well"))
        self.writer.put(ev.FollowUpDone(followup="review", operator="ben", note="none"))
        self.writer.close()
        self.attempts = self.writer.directory.attempts

    def read(self, text: Callable[[str], str], output: str) -> Source:
        """The session with each of its words replaced, its hosts saying `output` line by line."""
        runbook = spoiled(load_text(TEXT + EXTRA, "t", of_session=True), text, FREE.__contains__)
        entries = tuple(spoiled(self.writer.entries, text, lambda field: field not in FIXED))
        for number in self.writer.state.attempts:
            for path in self.attempts.glob(f"{number:04d}.*"):
                path.unlink()
            writer = OutputWriter(self.attempts, number, self.writer.clock)
            writer.write("out", f"{number}\n".encode())
            writer.write("err", output.encode() + b"\xff\xed\xa0\x80\n")
            writer.close()
            write_mask(self.attempts, number, [])
        return Source(text(self.writer.directory.id), runbook, gathered(runbook, entries), self.attempts)


def chosen(seed: int, words: tuple[str, ...] = PAYLOADS) -> Callable[[str], str]:
    """Puts a random payload before or behind each text; the same one wherever a text comes again, and in each run."""
    chance = random.Random(seed)

    @cache
    def text(value: str) -> str:
        first, last = chance.choice(words), chance.choice(words)
        return chance.choice((f"{first}{value}{last}", f"{value} {first}", f"{first} {value}", f"{value}{first}{last}"))

    return text
