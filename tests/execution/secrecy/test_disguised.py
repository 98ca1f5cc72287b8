"""A secret that something invisible, a wrap, a dump or an encoding disguises is hidden where a person would see it."""

import base64
import hashlib
import html
import json
import os
import shutil
import subprocess
import unicodedata
from functools import cache
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.support.harness.examples import examples
from tests.support.sessions.fake_clock import FakeClock
from tui.execution.secrecy.redaction import Redactor
from tui.execution.secrecy.views import plain_letters
from tui.session.output.masks import SEAL, SPAN, hide, mask_path
from tui.session.output.output import OutputReader, OutputWriter, write_mask
from tui.text.drawn import drawn
from tui.text.sanitise import sanitise

SECRETS = [
    "hunter2-production",
    "correct horse battery",
    "pa$w0rd'\"\\/<&>%41",
    "grün-straße-schlüssel",
    "Zx9qLm4TvB7k",
]
INVISIBLE = {
    "a colour": "\x1b[1;31m",
    "the colour's end": "\x1b[m\x1b[K",
    "NUL": "\0",
    "BEL": "\a",
    "a title": "\x1b]0;x\x07",
    "a link": "\x1b]8;;http://x\x1b\\",
    "a zero-width space": "\u200b",
    "a soft hyphen": "\u00ad",
    "right to left": "\u202e",
    "a mark": "\u200f",
    "a cursor move": "\x1b[C",
    "a device control": "\x1bP1$x\x1b\\",
    "a C1 sequence": "\x9b31m",
    "a variation selector": "\ufe0f",
    "a filler": "\u3164",
    "a tag": "\U000e0041",
    "a lost escape": "\x1b",
    "a character set": "\x1b(B",
    "a delete": "\x7f",
}


@cache
def knowing(secret: str) -> Redactor:
    """One that knows this secret, and is told no other."""
    redactor = Redactor()
    assert redactor.add(secret)
    return redactor


def shown(secret: str, data: bytes, directory: Path, live: bool = False) -> str:
    """What the output pane and every export have of the bytes."""
    for path in directory.glob("0001.*"):
        path.unlink()
    redactor = knowing(secret)
    writer = OutputWriter(directory, 1, FakeClock())
    writer.write("out", data)
    if live:
        reader = OutputReader(directory, 1, writer, redactor)
    writer.close()
    if not live:
        write_mask(directory, 1, redactor.scan_file(writer.path))
        reader = OutputReader(directory, 1)
    lines = reader.read_lines(0, 1000)
    reader.close()
    return "\n".join(drawn(line).text for line in lines)


def unreadable(secret: str, text: str, least: int = 6) -> bool:
    """Whether no part of the secret of `least` characters can be read, accents, blanks and case aside."""
    flat = plain_letters(text).casefold().replace(" ", "").replace("\n", "")
    wanted = plain_letters(secret).casefold().replace(" ", "")
    return not any(wanted[at : at + least] in flat for at in range(len(wanted) - least + 1))


@pytest.mark.parametrize("live", [False, True], ids=["kept", "live"])
@pytest.mark.parametrize("between", INVISIBLE)
def test_something_invisible_in_it_does_not_show_it(tmp_path: Path, between: str, live: bool) -> None:
    for secret in SECRETS:
        for broken in (INVISIBLE[between].join(secret), secret[:5] + INVISIBLE[between] + secret[5:]):
            text = shown(secret, f"before {broken} after\n".encode(), tmp_path, live)
            assert unreadable(secret, text), text
            assert text.startswith("before ")
            assert text.endswith("after")


ENCODED = {
    "base32": lambda one: base64.b32encode(b"u:" + one.encode()).decode(),
    "base32, lower case": lambda one: base64.b32encode(one.encode()).decode().lower(),
    "hex with colons": lambda one: one.encode().hex(":"),
    "hex with blanks": lambda one: one.encode().hex(" ").upper(),
    "hex with dashes": lambda one: one.encode().hex("-"),
    "an array in C": lambda one: ", ".join(f"0x{byte:02x}" for byte in one.encode()),
    "escapes in hex": lambda one: "".join(f"\\x{byte:02x}" for byte in one.encode()),
    "escapes in octal": lambda one: "".join(f"\\{byte:03o}" for byte in one.encode()),
    "JSON with all escaped": lambda one: "".join(f"\\u{ord(letter):04x}" for letter in one),
    "JSON with all escaped, capitals": lambda one: "".join(f"\\u{ord(letter):04X}" for letter in one),
    "JSON for HTML": lambda one: json.dumps(one)[1:-1].replace("<", "\\u003C").replace("&", "\\u0026"),
    "JSON twice": lambda one: json.dumps(json.dumps(one)),
    "URL, everything": lambda one: "".join(f"%{byte:02X}" for byte in one.encode()),
    "URL, everything in lower case": lambda one: "".join(f"%{byte:02x}" for byte in one.encode()),
    "URL twice": lambda one: quote(quote(one, safe=""), safe=""),
    "URL twice in lower case": lambda one: quote("".join(f"%{byte:02x}" for byte in one.encode()), safe=""),
    "entities, decimal": lambda one: "".join(f"&#{ord(letter)};" for letter in one),
    "entities, hexadecimal": lambda one: "".join(f"&#x{ord(letter):X};" for letter in one),
    "XML": lambda one: html.escape(one).replace("&#x27;", "&apos;"),
    "HTML twice": lambda one: html.escape(html.escape(one)),
    "capitals": str.upper,
    "small letters": str.lower,
    "accents apart": lambda one: unicodedata.normalize("NFD", one),
    "full width": lambda one: "".join(chr(ord(letter) + 0xFEE0) if "!" <= letter <= "~" else letter for letter in one),
    "struck through": lambda one: "".join(letter + "\u0336" for letter in one),
    "overstruck, bold": lambda one: "".join(f"{letter}\b{letter}" for letter in one),
    "overstruck, underlined": lambda one: "".join(f"_\b{letter}" for letter in one),
    "wrapped": lambda one: one[:6] + "\n" + one[6:],
    "wrapped and indented": lambda one: one[:6] + "\r\n    " + one[6:],
}


@pytest.mark.parametrize("form", ENCODED)
def test_a_form_that_tools_print_does_not_show_it(tmp_path: Path, form: str) -> None:
    for secret in SECRETS:
        encoded = ENCODED[form](secret)
        text = shown(secret, f"before [{encoded}] after\n".encode(), tmp_path)
        assert "•••" in text
        assert unreadable(encoded, text, 8), text


@pytest.mark.parametrize("charset", ["latin-1", "utf-16", "utf-16-be"])
def test_another_character_set_does_not_show_it(tmp_path: Path, charset: str) -> None:
    for secret in SECRETS:
        text = shown(secret, b"before " + secret.encode(charset) + b" after\n", tmp_path)
        assert unreadable(secret, text), text


TOOLS = {
    "xxd": "xxd",
    "xxd -p": "xxd -p",
    "xxd -u -g1": "xxd -u -g1",
    "od": "od",
    "od -c": "od -c",
    "od -An -c": "od -An -c",
    "od -tx1": "od -tx1",
    "od -x": "od -x",
    "hexdump": "hexdump",
    "hexdump -C": "hexdump -C",
    "base64": "base64",
    "base64 -w20": "base64 -w20",
    "base32": "base32 -w20",
    "fold": "fold -w11",
    "grep": "grep --color=always -n '[a-z]*'",
    "cat -A": "cat -A",
    "jq": "jq -Rs .",
    "od of two lines": "sed p | od -c",
    "sed l": "sed -n l",
}


@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.parametrize("before", ["", "PASSWORD=", "export DB_PASSWORD="])
def test_what_a_real_tool_makes_of_it_does_not_show_it(tmp_path: Path, tool: str, before: str) -> None:
    if shutil.which(TOOLS[tool].split()[0]) is None:
        pytest.skip(f"{tool} is not installed")
    for secret in SECRETS:
        if tool in ("cat -A", "sed l") and not secret.isascii():
            continue  # M-CM-<: docs/secrets.md says so
        command = ["sh", "-c", TOOLS[tool]]
        made = subprocess.run(command, input=f"{before}{secret}\n".encode(), capture_output=True, check=True).stdout
        text = shown(secret, made, tmp_path)
        assert "•••" in text, made
        assert unreadable(secret, text), text
        if "xxd" in tool or "od" in tool or "dump" in tool:
            for line in text.splitlines():
                assert not set(line.replace("•••", "").split()[1:]) & {secret[:2].encode().hex()}, text


def test_the_difference_of_a_file_that_has_it_does_not_show_it(tmp_path: Path) -> None:
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"}
    for secret in SECRETS:
        old, new = tmp_path / "old", tmp_path / "new"
        old.write_text("A=1\n")
        new.write_text(f"A=1\nPASSWORD={secret} \n")
        for extra in ((), ("--word-diff=color",)):
            command = ["git", "diff", "--no-index", "--color=always", *extra, str(old), str(new)]
            made = subprocess.run(command, capture_output=True, env=environment).stdout
            assert made
            assert unreadable(secret, shown(secret, made, tmp_path))


@pytest.mark.parametrize("quoted", ["printf %q", "ls"])
def test_how_a_shell_quotes_it_does_not_show_it(tmp_path: Path, quoted: str) -> None:
    for secret in SECRETS:
        if quoted == "ls":
            if "/" in secret:
                continue
            place = tmp_path / "files"
            place.mkdir(exist_ok=True)
            (place / secret).touch()
            command = ["ls", "--quoting-style=shell-escape-always", str(place)]
        else:
            command = ["bash", "-c", 'LC_ALL=C printf "%q\\n" "$1"', "x", secret]
        made = subprocess.run(command, capture_output=True, check=True).stdout
        text = shown(secret, made, tmp_path)
        assert "•••" in text, made
        assert unreadable(secret, text), text


REDRAWN = {
    "its end first": lambda one: f"{' ' * 6}{one[6:]}\r{one[:6]}",
    "a wrong letter, corrected": lambda one: f"{one[:5]}?\b{one[5:]}",
    "a wrong letter, deleted": lambda one: f"{one[:5]}?{one[5:]}\x1b[6G\x1b[P",
    "a letter forgotten": lambda one: f"{one[:4]}{one[5:]}\x1b[{len(one) - 5}D\x1b[@{one[4]}",
    "over another text": lambda one: f"{'x' * len(one)}\r{one[:6]}\x1b[7G{one[6:]}",
    "with colours": lambda one: f"\x1b[7G\x1b[31m{one[6:]}\r\x1b[32m{one[:6]}",
    "every second letter": lambda one: (
        "".join(letter if at % 2 else "_" for at, letter in enumerate(one))
        + "".join(f"\x1b[{at + 1}G{letter}" for at, letter in enumerate(one) if at % 2 == 0)
    ),
}


@pytest.mark.parametrize("live", [False, True], ids=["kept", "live"])
@pytest.mark.parametrize("way", REDRAWN)
def test_a_redraw_does_not_make_it_out_of_its_parts(tmp_path: Path, way: str, live: bool) -> None:
    for secret in SECRETS:
        text = shown(secret, f"before\n{REDRAWN[way](secret)}\nafter\n".encode(), tmp_path, live)
        assert unreadable(secret, text), text
        assert text.split("\n")[0] == "before"
        assert text.split("\n")[2] == "after"


def test_a_mask_of_an_older_version_shows_redrawn_lines_as_that_version_did(tmp_path: Path) -> None:
    secret = SECRETS[0]
    writer = OutputWriter(tmp_path, 1, FakeClock())
    writer.write("out", f"{REDRAWN['its end first'](secret)}\n\x1b[31mred\n".encode())
    writer.close()
    spans = SPAN.pack(0, 1)
    mask_path(tmp_path, 1).write_bytes(spans + hashlib.sha256(spans).digest()[:SEAL])
    lines = OutputReader(tmp_path, 1).read_lines(0, 5)
    assert lines == [secret[:6].encode(), b"\x1b[31mred"]


def test_a_redraw_across_the_pieces_of_a_file_is_found(tmp_path: Path) -> None:
    secret = SECRETS[0]
    for before in (65536 - 20, 65536 * 2 - 9, (1 << 20) - 10):
        path = tmp_path / "0001.out"
        line = REDRAWN["its end first"](secret).encode()
        path.write_bytes(b"." * (before - 1) + b"\n" + line + b"\n" + b"." * 5000)
        assert hide_all(path, knowing(secret)) == [b"." * 100, "•••".encode(), b"." * 5000]


def hide_all(path: Path, redactor: Redactor) -> list[bytes]:
    """The last lines of a file without its secrets, none longer than it has to be."""
    data = hide(path.read_bytes(), 0, redactor.scan_file(path))
    first, *others = data.split(b"\n")
    return [first[-100:], *others]


@settings(max_examples=examples(100), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.sampled_from(["hunt", "er2-", "prod", "hunter2-", "production", "\r", "\b", "\x1b[4D", "\x1b[9G", "\x1b[K"])
        | st.sampled_from(["\x1b[31m", "\x1b[2P", "\x1b[4@", "\x1b[5G", "\n", " ", "x"]),
        max_size=16,
    )
)
def test_whatever_is_redrawn_never_shows_it(tmp_path: Path, printed: list[str]) -> None:
    for live in (False, True):
        assert "hunter2-production" not in shown("hunter2-production", "".join(printed).encode(), tmp_path, live)


CONTROLS = st.characters(categories=["Cf", "Cc"], exclude_characters="\r\n\t\v\f\x85\x08")
JUNK = st.sampled_from([*INVISIBLE.values(), ""]) | st.text(CONTROLS, max_size=3)


@settings(max_examples=examples(300), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(SECRETS),
    st.lists(JUNK, min_size=30, max_size=30),
    st.sampled_from(["", "\x1b]", "\x1b]0;", "\x1b[3", "\x1bP", "\x9d", "é "]),
    st.sampled_from(["", "\x07", "\x1b\\", "é"]),
    st.sampled_from([40, 80, 10_000]),
)
@example(SECRETS[0], ["\0"] * 30, "\x1b]", "\x07", 40)
@example(SECRETS[2], [*["\x1b[1;31m"] * 15, "\x98", "\0", *["\x1b[1;31m"] * 13], "", "", 40)
@example(SECRETS[0], [*["\x1b[1;31m"] * 16, "\x1b]", "\0", *["\x1b[1;31m"] * 12], "", "", 40)
def test_what_is_shown_after_filtering_never_has_it(
    secret: str, junk: list[str], head: str, tail: str, limit: int
) -> None:
    line = head + "".join(letter + junk[at % 30] for at, letter in enumerate(secret)) + tail
    assert secret not in sanitise(knowing(secret).redact(line), limit)
    assert secret not in sanitise(knowing(secret).redact(line + "x" * 2000 + "\x07"), limit)


def test_a_secret_across_the_pieces_of_a_file_with_a_colour_for_each_letter(tmp_path: Path) -> None:
    secret = SECRETS[0]
    coloured = "\x1b[1;31m".join(secret).encode()
    for before in range((1 << 20) - len(coloured), (1 << 20), 7):
        path = tmp_path / "0001.out"
        path.write_bytes(b"." * before + coloured + b"." * 5000)
        assert knowing(secret).scan_file(path) == [(before, before + len(coloured))]


def test_ordinary_output_is_left_as_it_is(tmp_path: Path) -> None:
    line = "%08x: %s  \x1b[32mok\x1b[0m 100%% &amp; C:\\dir\\new\n"
    data = "".join(line % (at * 16, bytes(range(at, at + 8)).hex(" ")) for at in range(100)).encode()
    assert knowing("hunter2-production").spans(data) == []
