from tests.runbook.documents import FULL
from tui.runbook.described.expectations import bounds, expectations
from tui.runbook.described.show import show
from tui.runbook.model import Expect, Number
from tui.runbook.reading.load import load_text
from tui.runbook.results import Http

STEP = """\
== Change [change] when region is eu or us

- Switch [switch] (changes, destructive, two-person sign-off, budget 1m) when method is docker
  tools$ compose up {{ release }}
  undone by: switch-back
  ticks: switched
"""


def test_a_step_is_shown_with_its_host_command_and_danger() -> None:
    assert STEP in show(load_text(FULL, "r.toml"))


def test_everything_in_the_runbook_is_shown() -> None:
    text = show(load_text(FULL, "r.toml"))
    for part in (
        "Shop · v2 · production",
        "window: tue, wed 02:00–04:00 Europe/Berlin",
        "host tools: over web",
        "variable release: Release [v2]",
        "secret db_password: $DB_PASSWORD from host-file /srv/shop/.env",
        "flow deploy (deploy): Deploy",
        "web$ uptime",
        "expect: load below 8",
        "ask: Which colour? (blue / green)",
        "expect: the answer is blue",
        "open: https://errors.example/",
        "send: notice",
        "needed if method is docker",
        "== Trouble: Down [down]",
        "symptom: 502",
        "solution: Restart [down-restart]",
        "- Errors: https://errors.example/{{ region }}",
        "- GET /health/: Health",
        "- Error rate above 10%",
        "- within 1h: Watch",
        "- Switched",
    ):
        assert part in text, part


def test_a_command_of_several_lines_keeps_them() -> None:
    text = FULL.replace('run = "uptime"', 'run = """\nuptime\n  w\n"""')
    assert "  web$ set -e\n     > uptime\n     >   w\n" in show(load_text(text, "r.toml"))


def test_expectations_in_words() -> None:
    expect = Expect(
        exit=(0, 3),
        contains=("ok",),
        absent=("error",),
        matches=("^a",),
        misses=("^b",),
        empty=False,
        json={"status": "healthy", "n": 2, "up": True, "none": None, "any": "*"},
        numbers=(Number(name="load", of="largest", above=1, at_most=2.5, unit="s"),),
        http=Http(status=(200, 204), protocol="HTTP/2"),
        seconds=3,
    )
    assert expectations(expect) == [
        "exit status 0 or 3",
        "some output",
        'contains "ok"',
        'does not contain "error"',
        "matches /^a/",
        "does not match /^b/",
        'status is "healthy"',
        "n is 2",
        "up is true",
        "none is null",
        "any is there",
        "largest load above 1 and at most 2.5 s",
        "HTTP/2 200 or 204",
        "within 3 s",
    ]
    assert expectations(Expect(exit=(), warn=True)) == ["any exit status (else a warning)"]
    assert expectations(Expect()) == []
    assert bounds(Number(at_least=3.11)) == "at least 3.11"
    assert bounds(Number(below=3600, unit="s")) == "below 1 h"
    assert bounds(Number(above=5, below=5400, unit="s")) == "above 5 s and below 1 h 30 m"
