"""A message begins with a capital letter, a name stays as it is written."""

import pytest

from tui.text.sentences import sentence


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("nothing has to be undone", "Nothing has to be undone"),
        ("it's over", "It's over"),
        ("Copied", "Copied"),
        ("a", "A"),
        ("web does not answer", "web does not answer"),
        ("web: connection lost", "web: connection lost"),
        ("web.example does not answer", "web.example does not answer"),
        ("/srv/shop cannot be read", "/srv/shop cannot be read"),
        ("20261124T020000Z-deploy-000000 is over", "20261124T020000Z-deploy-000000 is over"),
        ("db_password has no value yet", "db_password has no value yet"),
        ("'x' is no date", "'x' is no date"),
        ("ünder", "ünder"),
        ("", ""),
    ],
)
def test_a_message_is_a_sentence(text: str, told: str) -> None:
    assert sentence(text, {"web"}) == told
