"""An optional value that nobody gave is empty wherever it stands, and a key that holds nothing else is not given."""

from pathlib import Path

import pytest

from tests.support.sessions.fake_clock import FakeClock
from tui.errors import RunbookError
from tui.execution.commands import values_of
from tui.execution.measuring.prober import DrillProber, LiveProber
from tui.execution.measuring.watch import samples_of
from tui.execution.secrecy.redaction import Redactor
from tui.execution.secrecy.secrets import Secrets
from tui.runbook.described.probes import value_of, words_of
from tui.runbook.model import Probe, Runbook, Watched
from tui.runbook.reading.load import load, load_text
from tui.runbook.templates.variables import defaults, fill, filled, worded
from tui.session.outcome import OutcomeKind
from tui.transports.base import CancelToken
from tui.transports.local.transport import LocalTransport

NOW = FakeClock().now()
RUNBOOK = """
format = 1
[runbook]
title = "T"
default_host = "web"
[hosts.web]
target = "web"
[flows.deploy]
title = "D"
kind = "deploy"
sections = ["s"]
[variables.site]
prompt = "The site"
default = "http://127.0.0.1:9"
ask = false
[variables.ca]
prompt = "The authority"
optional = true
ask = false
[variables.elsewhere]
prompt = "Of another flow"
optional = true
flows = ["rollback"]
[services.site]
kind = "http"
settings = { url = "{{ site }}", ca_file = "{{ ca }}" }
[[sections]]
id = "s"
title = "S"
[[sections.steps]]
id = "a"
title = "A"
[[sections.steps.actions]]
run = "true"
[flows.rollback]
title = "R"
kind = "rollback"
sections = ["s"]
"""


@pytest.fixture
def runbook() -> Runbook:
    return load_text(RUNBOOK, "r.toml")


def test_an_optional_value_that_nobody_gave_is_empty(runbook: Runbook) -> None:
    values = values_of(runbook, {"flow": "deploy"}, NOW)
    assert values["ca"] == ""
    assert fill("[{{ ca }}]", values) == "[]"
    assert filled("{{ ca }}", values) is None
    assert filled("", values) == ""
    assert filled("x{{ ca }}", values) == "x"


def test_one_of_another_flow_has_no_value_at_all(runbook: Runbook) -> None:
    assert "elsewhere" not in defaults(runbook.variables, NOW, "deploy")
    assert defaults(runbook.variables, NOW, "rollback")["elsewhere"] == ""


def test_a_parameter_that_holds_nothing_else_is_not_given(runbook: Runbook) -> None:
    values = values_of(runbook, {"flow": "deploy"}, NOW)
    assert value_of("{{ ca }}", values) is None
    assert value_of(("a", "{{ ca }}", "b"), values) == ("a", "b")
    probe = Probe(service="site", check="get", given={"path": "/", "host": "{{ ca }}"})
    assert words_of(runbook, probe, values) == "probe site: get path=/ (http through this machine)"


@pytest.mark.parametrize("ca", ["", "/no/such.pem"], ids=["unset", "a file that is not there"])
def test_a_drill_asks_as_production_does(runbook: Runbook, ca: str) -> None:
    """The setting is by value in both, and what cannot be asked in production cannot be in a drill."""
    values = {**values_of(runbook, {"flow": "deploy"}, NOW), **({"ca": ca} if ca else {})}
    probe = Probe(service="site", check="get", given={"path": "/"})
    secrets, host = Secrets(runbook, Redactor()), LocalTransport("web")
    live, drill = bytearray(), bytearray()
    found = LiveProber(runbook, {"web": host}, secrets, lambda: host).measure(
        probe, values, 10, lambda _, data: live.extend(data), CancelToken()
    )
    DrillProber(runbook, {"web": host}, secrets).measure(
        probe, values, 10, lambda _, data: drill.extend(data), CancelToken()
    )
    said = "the authority's certificate /no/such.pem cannot be read"
    assert (said in live.decode(), said in drill.decode()) == (bool(ca), bool(ca))
    assert "{{" not in live.decode() + drill.decode()
    assert found.outcome.kind is (OutcomeKind.UNREACHABLE if ca else OutcomeKind.FAILED)


def test_every_probe_of_the_bundled_runbook_can_be_asked_as_it_comes() -> None:
    """Nothing is set: no placeholder is left in any setting, and no file is wanted that nobody named."""
    runbook = load(Path("runbook.toml"))
    for flow in runbook.flows:
        values = values_of(runbook, {"flow": flow}, NOW)
        for name, service in runbook.services.items():
            settings = {key: value_of(text, values) for key, text in service.settings.items()}
            assert settings.get("ca_file") is None, name
            assert not any("{{" in str(value) for value in settings.values()), (name, settings)


def test_a_probe_says_in_words_what_has_no_value_and_is_not_made(runbook: Runbook) -> None:
    """Nothing asks a service for a path that is called `{{ elsewhere }}`."""
    values = values_of(runbook, {"flow": "deploy"}, NOW)
    probe = Probe(service="site", check="get", given={"path": "/{{ elsewhere }}", "method": "{{ ca }}"})
    told = "probe site: get path=/(elsewhere: no value yet) (http through this machine)"
    assert words_of(runbook, probe, values) == told
    assert "path=/{{ elsewhere }}" in words_of(runbook, probe, None)
    host, asked = LocalTransport("web"), {"web": LocalTransport("web")}
    secrets = Secrets(runbook, Redactor())
    for prober in (LiveProber(runbook, asked, secrets, lambda: host), DrillProber(runbook, asked, secrets)):
        said = bytearray()
        made = prober.measure(probe, values, 10, lambda _, data, said=said: said.extend(data), CancelToken())
        assert made.outcome.kind is OutcomeKind.UNREACHABLE
        assert "elsewhere has no value yet" in said.decode()


def test_the_file_of_a_secret_is_not_read_under_a_name_that_has_no_value() -> None:
    declared = """
[secrets.key]
variable = "KEY"
source = "host-file"
file = "/srv/{{ elsewhere }}/.env"
"""
    runbook = load_text(RUNBOOK.replace("[services.site]", declared + "[services.site]"), "r.toml")
    secrets = Secrets(runbook, Redactor())
    secrets.know(values_of(runbook, {"flow": "deploy"}, NOW))
    assert secrets.file("key") == "/srv/(elsewhere: no value yet)/.env"
    with pytest.raises(RunbookError, match="elsewhere has no value yet"):
        secrets.resolve("key", {"web": LocalTransport("web")})


@pytest.mark.parametrize("text", ["", "0", "-1", "many", "1.5", "²", "9" * 30, pytest.param("9" * 5000, id="long")])
def test_a_number_of_samples_is_a_whole_number(text: str) -> None:
    watched = Watched(monitor="m", samples="{{ n }}")
    with pytest.raises(RunbookError, match="is not a number of samples"):
        samples_of(watched, {"n": text})
    assert samples_of(watched, {"n": " 30 "}) == 30
    with pytest.raises(RunbookError, match="n has no value yet"):
        samples_of(watched, {})


def test_a_text_for_people_says_of_a_value_that_nobody_gave_that_there_is_none() -> None:
    assert worded("Before: {{ sentry_before }} errors.", {}) == "Before: (sentry before: no value yet) errors."
    assert worded("Before: {{ sentry_before }} errors.", {"sentry_before": "3"}) == "Before: 3 errors."
    assert worded("since {{ backup_date }}", {"backup_date": ""}) == "since (backup date: no value yet)"
