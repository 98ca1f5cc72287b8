"""Words of other programs and of servers, for a message of one line: nothing in them drives a terminal."""

import re

MOST = 300
"""Characters of another program's words that a message has room for; the last ones say why it ended."""

_SEQUENCE = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor
    r"|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c\r\n]*(?:\x07|\x1b\\|\x9c)?"  # OSC, DCS, SOS, PM, APC
    r"|\x1b[ -/]*[0-~]"
)


def one_line(words: bytes | str) -> str:
    """The words in one line, `; ` between theirs, with what is printable in them; empty when there are none.

    Of more than MOST characters the last are kept, after `…`. Bytes are read as UTF-8, wrong ones as U+FFFD.
    """
    text = words.decode(errors="replace") if isinstance(words, bytes) else words
    lines = (_shown(line) for line in re.split(r"[\r\n\v\f\x85\u2028\u2029]+", _SEQUENCE.sub("", text)))
    whole = "; ".join(line for line in lines if line)
    return whole if len(whole) <= MOST else "…" + whole[-MOST + 1 :]


def _shown(line: str) -> str:
    line = line.replace("\t", " ")
    return " ".join("".join(one for one in line if one.isprintable()).split())
