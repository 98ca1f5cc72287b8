"""A message begins with a capital letter, a name stays as it is written; a check is told in one clause."""

import pytest

from tui.text.sentences import met, missed, sentence


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
        ("'x' is not a date", "'x' is not a date"),
        ("ünder", "ünder"),
        ("", ""),
    ],
)
def test_a_message_is_a_sentence(text: str, told: str) -> None:
    assert sentence(text, {"web"}) == told


@pytest.mark.parametrize(
    ("expected", "came", "said", "told"),
    [
        ("exit status 0", "exit status 1", "", "exit status 1"),
        ("exit status 0", "exit status 1", "E: disk full", "exit status 1: E: disk full"),
        ("exit status 0", "exit status 1: E: full", "E: full", "exit status 1: E: full"),
        ('contains "done"', "no output", "", 'expected text that contains "done", but there was no output'),
        ('contains "done"', "no output", "E: lost", 'expected text that contains "done", but the output says: E: lost'),
        (
            "matches /a+/",
            "not found; the last line is: b",
            "",
            "expected text that matches /a+/, but it was not found; the last line is: b",
        ),
        (
            "the service answers as it should",
            "HTTP 502",
            "",
            "expected that the service answers as it should, got HTTP 502",
        ),
        (
            "the service answers as it should",
            "no worker answers",
            "",
            "expected that the service answers as it should, but no worker answers",
        ),
        ('does not contain "E"', "E: lost", "", 'expected text that does not contain "E", got E: lost'),
        ("a value for host in the output", "none found", "", "expected a value for host in the output, but none found"),
        ("load below 4", "no number found", "", "expected load below 4, but no number found"),
        ("one of: a, b", "no answer", "", "expected one of: a, b, but there was no answer"),
        ("load below 4", "nothing", "", "expected load below 4, got nothing"),
    ],
)
def test_what_was_not_as_expected_is_one_clause(expected: str, came: str, said: str, told: str) -> None:
    assert missed(expected, came, said) == told


def test_the_first_error_takes_the_place_of_the_last_line() -> None:
    came, said = "not found; the last line is: Transfer-Encoding: chunked", "HTTP/1.1 500 Internal Server Error"
    assert missed("an answer of the application", came, said) == (
        f"expected an answer of the application, but it was not found: {said}"
    )
    assert missed("an answer", came, "chunked") == f"expected an answer, but it was {came}", "it is told already"
    assert missed("an answer", f"not found: {said}") == f"expected an answer, but it was not found: {said}"


def test_what_an_error_begins_with_is_not_told_before_it() -> None:
    said = "HTTP/1.1 500 Internal Server Error"
    assert missed("HTTP 200", "HTTP/1.1 500", said) == f"expected HTTP 200, got {said}"
    assert missed('contains "up"', f"no output: {said}") == (
        f'expected text that contains "up", but the output says: {said}'
    )


@pytest.mark.parametrize(
    ("expected", "came", "told"),
    [
        ('contains "done"', "found", 'contains "done"'),
        ("matches /d.ne/", "found: it is done", "matches /d.ne/: it is done"),
        ("exit status 0", "exit status 0", "exit status 0"),
        ("the answer is yes", "yes", "the answer is yes"),
        ("load below 4", "1.5", "load below 4: 1.5"),
    ],
)
def test_what_was_as_expected_is_not_told_twice(expected: str, came: str, told: str) -> None:
    assert met(expected, came) == told
