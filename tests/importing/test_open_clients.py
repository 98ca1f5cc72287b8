"""What is typed into a database's client that an earlier block of a document opened."""

import pytest

from tests.support.runbooks.imported_pages import actions, fence, made

PROMPT = "\n```\nshop=> {}\n```\n"


def typed(document: str) -> list[tuple[str, str]]:
    """Each action: its program or what is done by hand, and what is typed into it."""
    return [
        (str(one.get("run", one.get("interactive", one.get("manual")))), one.get("stdin", "").strip())
        for one in actions(made(document)[1])
    ]


def test_statements_of_later_blocks_and_steps_are_typed_into_the_client_that_was_opened() -> None:
    page = fence("$ sudo -u postgres psql shop") + PROMPT.format("select 1;") + "\n```sql\nselect 2;\n```\n"
    later = "\n1. Count:\n   ```\n   shop=> select 3;\n   ```\n2. Leave:\n   ```\n   shop=> \\q\n   $ uptime\n   ```\n"
    client = "sudo -u postgres psql shop"
    assert typed(page + later) == [
        (client, "select 1;"),
        (client, "select 2;"),
        (client, "select 3;"),
        ("uptime", ""),
    ]


def test_what_was_set_is_set_again() -> None:
    page = fence("$ redis-cli -h cache-1", "cache-1:6379> SELECT 3", "cache-1:6379> DBSIZE")
    page += "\n```\ncache-1:6379[3]> INFO keyspace\n```\n"
    assert [stdin for _, stdin in typed(page)] == ["SELECT 3\nDBSIZE", "SELECT 3\nINFO keyspace"]


@pytest.mark.parametrize(
    ("client", "first"),
    [
        ("psql shop", "begin;"),
        ("psql shop", "start transaction;"),
        ("sudo gitlab-rails console", "project = Project.find(3)"),
    ],
)
def test_what_a_new_session_would_not_have_is_done_by_hand(client: str, first: str) -> None:
    (_, stdin), (by_hand, _) = typed(fence(f"$ {client}", f"shop=> {first}") + PROMPT.format("delete from x;"))
    assert stdin == first
    assert "delete from x;" in by_hand


def test_another_command_and_another_part_leave_the_client() -> None:
    by_command = typed(fence("$ psql shop", "shop=> select 1;", "$ uptime") + PROMPT.format("select 2;"))
    by_part = typed(fence("$ psql shop", "shop=> select 1;") + "\n## Other\n" + PROMPT.format("select 2;"))
    for found in (by_command, by_part):
        assert "In the program that is open" in found[-1][0]


def test_a_client_that_a_sentence_opens_waits_for_a_person() -> None:
    page = "# Page\n\n## Part\n\n1. Connect with `psql -h db-1 shop`\n2. Look around in the tables\n"
    runbook, document = made(page)
    assert actions(document)[0]["interactive"] == "psql -h db-1 shop"
    assert runbook.doubts == 1


def test_a_client_with_statements_is_not_told_to_wait() -> None:
    assert made(fence("$ psql shop") + PROMPT.format("select 1;"))[0].doubts == 0


def test_a_value_that_a_statement_leaves_open_is_asked_for_and_a_comparison_is_none() -> None:
    page = fence("$ psql shop", "shop=> select f(<pid>), '<name>' where a <b and c> d;")
    (_, stdin), *_ = typed(page)
    assert stdin == "select f({{ pid }}), '{{ name }}' where a <b and c> d;"


def test_a_secret_in_a_statement_is_typed_by_a_person() -> None:
    found = typed(fence("$ psql shop", "shop=> alter user app password '<new-password>';"))
    assert [stdin for _, stdin in found] == ["", ""]
    assert "<new-password>" in found[-1][0]
