"""A probe of a group as it is written: on which hosts it is made, how it is described, and what is refused."""

import pytest

from tests.runbook.groups.test_host_by_host import refused
from tests.support.machines.fleet import SIX, of_group
from tui.runbook.described.probes import words_of
from tui.runbook.described.show import show
from tui.runbook.described.wiki_page import wiki_page
from tui.runbook.groups.members import group_named
from tui.runbook.reading.load import load_text

STEP = 'id = "room"\n'
ASKS = 'probe = { service = "machine", check = "disk" }\n'
SITE = 'probe = { service = "site", check = "get", with = { path = "/" } }\non = "web"\n'
TEXT = of_group(
    SIX,
    f"""title = "Checks"
[[sections.steps]]
{STEP}title = "Room"
at_once = 3
[[sections.steps.actions]]
{ASKS}[[sections.steps.actions]]
{SITE}stop_after = 2
""",
    more="""[services.machine]
kind = "host"
through = "web"
[services.site]
kind = "http"
settings = { url = "http://{{ host }}.example.com" }
[services.page]
kind = "http"
settings = { url = "http://example.com" }
""",
)
LOAD = '[monitors.load]\ntitle = "Load"\nrun = "uptime"\non = "web"\n'
ROLL = TEXT.replace("at_once = 3\n", "").replace("stop_after = 2\n", "").replace('Checks"', 'Checks"\neach = "web"')
MONITOR = f'[monitors.room]\ntitle = "Room"\n{ASKS}number = {{ name = "fullest" }}\n'


def test_a_probe_through_a_group_asks_each_of_its_hosts_as_one_that_names_the_group_does() -> None:
    runbook = load_text(TEXT, "r.toml")
    asks, site = runbook.section("s").steps[0].actions
    assert (group_named(runbook, asks), group_named(runbook, site)) == ("web", "web")
    assert [(one.at_once, one.stop_after) for one in (asks, site)] == [(3, None), (3, 2)]
    assert asks.probe is not None
    assert words_of(runbook, asks.probe, {"host": "web03"}) == "probe machine: disk (host through web03)"


def test_it_is_described_with_its_group() -> None:
    runbook = load_text(TEXT, "r.toml")
    for text in (show(runbook), wiki_page(runbook)):
        assert "web: probe machine: disk (host through web)" in text
        assert "web: probe site: get path=/ (http through this machine)" in text


def test_host_by_host_every_probe_is_of_the_host_at_hand() -> None:
    runbook = load_text(ROLL.replace('service = "site"', 'service = "page"').replace('on = "web"\n', ""), "r.toml")
    [step] = runbook.section("s").steps
    assert [one.on for one in step.actions] == ["web", "web"]


DB = '[hosts.db]\ntargets = ["db[1:2]"]\n[services.page]'


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (ASKS, f'{ASKS}on = "lb"\n', '"on" means nothing for probe'),
        (ASKS, f'{ASKS}on = "web01"\n', '"machine" is asked through group "web", and no host is at hand here'),
        (ASKS, f'{ASKS}on = "db"\n', 'its service is asked through group "web" (on = "web")'),
        ('on = "web"\n', "", '"site" names the host of a group, and no host is at hand here'),
        ('service = "site"', 'service = "page"', 'actions[1].on: it asks the same for every host of "web"'),
        (
            ASKS,
            f'{ASKS}capture = {{ it = {{ json = "fullest", secret = true }} }}\n',
            "a secret of each host of a",
        ),
        ("[flows.deploy]", f"{LOAD}share_of = '(.*)'\n[flows.deploy]", "monitors.load.share_of: a share is of"),
        ("[flows.deploy]", f'{MONITOR}on = "db"\n[flows.deploy]', 'room.on: its service is asked through group "web"'),
        (
            "[flows.deploy]",
            f"{MONITOR.replace('machine', 'page')}on = 'web'\n[flows.deploy]",
            'monitors.room.on: it asks the same for every host of "web"',
        ),
    ],
)
def test_what_cannot_be_asked_is_refused(old: str, new: str, problem: str) -> None:
    assert problem in refused(TEXT.replace("[services.page]", DB), old, new)
