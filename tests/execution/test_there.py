"""What is looked for on a host before a session begins: room on its disks, and the programs that are called."""

import pytest

from tests.support.machines.fake_transport import FakeTransport, Reply
from tests.support.runbooks.runbooks import one_section
from tests.support.servers.sshd import Sshd
from tui.execution.preflight import RowVerdict, preflight, wanted_of
from tui.execution.secrecy.redaction import Redactor
from tui.execution.secrecy.secrets import Secrets
from tui.execution.there import HostNeed, look_there
from tui.runbook.model import Runbook
from tui.runbook.reading.load import load_text
from tui.session.outcome import Outcome, OutcomeKind

STEPS = """
[[sections.steps]]
id = "look"
title = "Look"
[[sections.steps.actions]]
run = '''
mine() { jq . | sort; }
echo "$(uname)" | mine && sudo -n nginx -t && ./own/psql && "$PROGRAM" x
'''
[[sections.steps]]
id = "other"
title = "On a host with a search path of its own"
[[sections.steps.actions]]
run = "celery status"
on = "django"
"""
MORE = """
[hosts.django]
connection = "web"
preamble = ". venv/bin/activate"
"""
NEED = HostNeed("box", ("sh", "no-such-program"))


def runbook() -> Runbook:
    return load_text(one_section(STEPS, "web", "web") + MORE, "r.toml")


def test_only_what_is_called_by_its_name_alone_is_looked_for() -> None:
    (need,) = wanted_of(runbook(), "deploy", {}).looks
    assert need == HostNeed("web", ("jq", "nginx", "sort", "uname"))


def test_a_long_preamble_is_no_reason_to_wait() -> None:
    """Each of its words was begun with again and again, letter by letter."""
    before = f"keys() {{ :; }}; KEYS={'x' * 400_000}"
    text = one_section(STEPS.replace("jq .", "keys"), "web", "web").replace(
        "[hosts.web]\n", f'[hosts.web]\npreamble = "{before}"\n'
    )
    (need,) = wanted_of(load_text(text + MORE, "r.toml"), "deploy", {}).looks
    assert need.programs == ("nginx", "sort", "uname")


def test_a_drill_looks_and_a_mere_check_does_not() -> None:
    assert wanted_of(runbook(), "deploy", {}, drill=True).looks
    assert wanted_of(runbook(), "deploy", {}, reading=True).looks == ()


@pytest.mark.needs("sshd", "ssh")
@pytest.mark.parametrize("by", ["own", "openssh"])
def test_a_real_host_says_how_much_is_free_and_what_is_missing(sshd: Sshd, by: str) -> None:
    transport = sshd.transport() if by == "own" else sshd.by_openssh()
    try:
        room, tools = look_there(NEED, transport)
    finally:
        transport.close()
    assert room.known
    assert " free on /" in room.words
    assert "% full" in room.words
    assert tools.words == "⚠ not found, though commands call it: no-such-program"


DISKS = (
    b"tmpfs 100 100 0 100% /run\n/dev/sda1 2048 1024 1024 50% /\n"
    b"/dev/sdb1 20480 19456 1024 95% /srv/a\x1b[31m b\nnot a disk\n"
)


@pytest.mark.parametrize(
    ("reply", "room", "tools"),
    [
        (
            Reply(b"looked for programs\n" + DISKS),
            "⚠ 1 MiB free on /srv/a",
            "2 programs found",
        ),
        (Reply(b"missing sh\nlooked for programs\n"), "not known", "⚠ not found, though commands call it: sh"),
        (Reply(DISKS, Outcome(OutcomeKind.TIMED_OUT)), "⚠ 1 MiB free", "not known"),
        (Reply(b"", Outcome(OutcomeKind.UNREACHABLE, detail="gone")), "not known", "not known"),
    ],
)
def test_what_a_host_does_not_say_is_not_known(reply: Reply, room: str, tools: str) -> None:
    host = FakeTransport()
    host.has = reply
    found = look_there(NEED, host)
    assert [one.known for one in found] == [not words.startswith("not known") for words in (room, tools)]
    assert [one.words.startswith(words) for one, words in zip(found, (room, tools), strict=True)] == [True, True]
    assert not any("\x1b" in one.words for one in found)


def test_what_is_not_known_or_missing_keeps_nobody_from_beginning() -> None:
    host = FakeTransport()
    host.has = Reply(b"missing jq\nlooked for programs\n")
    wanted = wanted_of(runbook(), "deploy", {})
    secrets = Secrets(runbook(), Redactor())
    rows = preflight(runbook(), {"web": host, "django": host}, secrets, wanted, lambda row: None)
    assert [(row.kind, row.verdict) for row in rows if row.kind in ("room", "tools")] == [
        ("room", RowVerdict.UNKNOWN),
        ("tools", RowVerdict.OK),
    ]
