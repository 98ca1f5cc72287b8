"""Where a session's hosts are, as its journal says, also as earlier versions wrote it."""

import pytest
from msgspec.structs import replace

from tests.support.runbooks.runbooks import small
from tui.session import events as ev
from tui.session.places import moved, places_of, session_places, words_of
from tui.session.state import initial

WEB = ev.Place(target="web", directory="/srv/shop")


@pytest.mark.parametrize(
    ("target", "place"),
    [
        ("web", WEB),
        ("es-3", ev.Place(target="es-3", directory="/srv/shop")),
        ("local", ev.Place(local=True, directory="/srv/shop")),
    ],
)
def test_a_journal_that_has_targets_only_says_where_its_hosts_are(target: str, place: ev.Place) -> None:
    targets = {"web": target, "tools": "web", "gone": "x"}
    started = ev.SessionStarted(
        session="s", flow="deploy", operator="ana", title="Shop", runbook_hash="", targets=targets
    )
    found = session_places(replace(initial(small()), started=started))
    assert found == {"web": place, "tools": ev.Place(connection="web")}


def test_what_the_operator_chose_since_holds() -> None:
    started = ev.SessionStarted(
        session="s", flow="deploy", operator="ana", title="Shop", runbook_hash="", places=places_of(small())
    )
    state = replace(initial(small()), started=started, moved={"web": ev.Place(target="es-4", port=2222, user="deploy")})
    found = session_places(state)
    assert words_of(found["web"]) == "deploy@es-4:2222"
    [one] = moved(found, places_of(small()))
    assert str(one) == "web: this session has it at deploy@es-4:2222, today it is said to be at web in /srv/shop"
