import base64
import json
import re
import shlex
import threading
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.harness.examples import examples
from tui.execution.secrecy import redaction
from tui.execution.secrecy.redacted_events import guarded
from tui.execution.secrecy.redaction import Redactor
from tui.session import events as ev
from tui.session.outcome import Outcome, OutcomeKind

SECRET = "p@ss/w0rd 'x\"y$z+ü"
HIDDEN = "•••"


def knowing(*values: str) -> Redactor:
    redactor = Redactor()
    for value in values:
        redactor.add(value)
    return redactor


FORMS = {
    "raw": SECRET,
    "json": json.dumps({"password": SECRET})[14:-2],
    "json, not ascii": json.dumps(SECRET, ensure_ascii=False)[1:-1],
    "url": quote(SECRET, safe=""),
    "url path": quote(SECRET),
    "form": quote_plus(SECRET),
    "url, lower case": re.sub("%..", lambda found: found[0].lower(), quote(SECRET, safe="")),
    "shell": shlex.quote(SECRET),
    "shell, backslash": SECRET.replace("'", "'\\''"),
    "double quotes": SECRET.replace('"', '\\"').replace("$", "\\$"),
    "sql": SECRET.replace("'", "''"),
    "repr": repr(SECRET)[1:-1],
    "hex": SECRET.encode().hex(),
    "HEX": SECRET.encode().hex().upper(),
    "html": "p@ss/w0rd &#x27;x&quot;y$z+ü",
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_a_secret_is_found_in_every_form(form: str) -> None:
    shown = knowing(SECRET).redact(f"before {form} after")
    assert shown.replace("'", "").replace('"', "") == f"before {HIDDEN} after"


@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
@pytest.mark.parametrize("before", ["", "u", "us", "use", "user:"])
@pytest.mark.parametrize("after", ["", "x", "xy", "xyz"])
def test_base64_hides_it_whatever_stands_around(encode: Callable[[bytes], bytes], before: str, after: str) -> None:
    secret = "correct-horse-battery>?~"
    encoded = encode((before + secret + after).encode()).decode()
    shown = knowing(secret).redact(encoded)
    assert HIDDEN in shown
    kept = shown.replace(HIDDEN, "")
    # At each end at most the character that holds bits of a neighbour as well, and the neighbour's own.
    assert len(kept) <= len(base64.b64encode((before + after).encode())) + 4


def test_overlapping_secrets_leave_nothing() -> None:
    redactor = knowing("hunter2", "hunter2-production", "production-key")
    assert redactor.redact("x hunter2-production-key y") == f"x {HIDDEN} y"
    assert knowing("abab").redact("ababab!") == f"{HIDDEN}!"
    assert knowing("aaaa").redact("a" * 11) == HIDDEN


def test_each_line_of_a_secret_of_several_lines() -> None:
    redactor = knowing("-----BEGIN KEY-----\nMIIEvQIBADAN\nBgkqhkiG9w0B\n-----END KEY-----\n")
    shown = redactor.redact("got\n  MIIEvQIBADAN\r\n  BgkqhkiG9w0B\n")
    assert shown == f"got\n  {HIDDEN}\r\n  {HIDDEN}\n"


@pytest.mark.parametrize("value", ["", "abc", "   ", " ab \n"])
def test_a_value_too_short_to_hide_is_refused(value: str) -> None:
    redactor = Redactor()
    assert not redactor.add(value)
    assert redactor.redact("abc ab     ") == "abc ab     "


def test_the_redactor_does_not_tell_what_it_knows() -> None:
    assert SECRET not in repr(knowing(SECRET))


@settings(max_examples=examples(200), deadline=None)
@given(st.text("abxy", min_size=4, max_size=8), st.text("abxy", max_size=40))
def test_nothing_of_a_secret_is_left_wherever_it_stood(secret: str, text: str) -> None:
    redactor = knowing(secret)
    spans = redactor.spans(text.encode())
    covered = {at for start, end in spans for at in range(start, end)}
    for at in range(len(text)):
        if text.startswith(secret, at):
            assert covered.issuperset(range(at, at + len(secret)))
    assert spans == sorted(spans)
    assert all(one[1] < other[0] for one, other in zip(spans, spans[1:], strict=False))


def test_the_beginning_of_a_secret_at_the_end_of_unfinished_output() -> None:
    redactor = knowing("hunter2-secret")
    assert redactor.spans(b"password: hunter2-", unfinished=True) == [(10, 18)]
    assert redactor.spans(b"password: hunter2-") == []
    assert redactor.spans(b"password: hu", unfinished=True) == []


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(-30, 30), st.integers(1, 2))
def test_a_file_is_searched_across_its_chunks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shift: int, chunks: int
) -> None:
    chunk = 1 << 12
    monkeypatch.setattr(redaction, "CHUNK", chunk)
    at = chunks * chunk + shift
    path = tmp_path / "0001.out"
    path.write_bytes(b"." * at + b"hunter2-secret" + b"." * 100)
    assert knowing("hunter2-secret", "other-secret").scan_file(path) == [(at, at + 14)]


def test_a_secret_added_while_others_are_looked_for(tmp_path: Path) -> None:
    redactor = knowing("first-secret")
    done = threading.Event()

    def add() -> None:
        for number in range(100):
            redactor.add(f"secret-number-{number}")
        done.set()

    thread = threading.Thread(target=add)
    thread.start()
    while not done.is_set():
        assert redactor.redact("a first-secret") == f"a {HIDDEN}"
    thread.join()
    assert redactor.redact("secret-number-99") == HIDDEN


def test_events_lose_secrets_and_keep_their_structure() -> None:
    redact = knowing("backup", "hunter2").redact
    event = ev.AttemptFinished(
        attempt=1, outcome=Outcome(OutcomeKind.UNREACHABLE, detail="no hunter2 here"), seconds=1.5, sha256="ab"
    )
    assert guarded(event, redact).outcome == Outcome(OutcomeKind.UNREACHABLE, detail=f"no {HIDDEN} here")
    checked = ev.AttemptChecked(attempt=1, checks=(ev.Check("a", "hunter2", False, True),))
    assert guarded(checked, redact).checks == (ev.Check("a", HIDDEN, False, True),)
    signed = ev.StepSigned(step="backup", operator="ana", note="backup done")
    assert guarded(signed, redact) == ev.StepSigned(step="backup", operator="ana", note=f"{HIDDEN} done")
    started = ev.SessionStarted(
        session="s", flow="deploy", operator="ana", title="T", runbook_hash="h", variables={"backup": "hunter2"}
    )
    assert guarded(started, redact).variables == {"backup": HIDDEN}
    note = ev.NoteAdded(text="fine", operator="ana")
    assert guarded(note, redact) is note
