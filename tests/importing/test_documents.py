"""Each rule of an import by a small document: what becomes of it, and that nothing of it is dropped."""

from pathlib import Path

import pytest

from tests.support.runbooks.imported_pages import actions, fence, made, only
from tui.importing.imported import beside, report
from tui.runbook.reading.lint import lint_text


def test_headings_become_title_sections_and_steps() -> None:
    text = "# Restart the shop\n\n## Before\n\n### 1. Look\n\n```\n$ uptime\n```\n\n### Step 2: Load\n\n```\n$ w\n```\n"
    document = made(text)[1]
    assert document["runbook"]["title"] == "Restart the shop"
    assert [section["title"] for section in document["sections"]] == ["Before"]
    assert [step["title"] for step in document["sections"][0]["steps"]] == ["Look", "Load"]
    assert [step["run"] for step in document["sections"][0]["steps"]] == ["uptime", "w"]


def test_numbered_items_and_lone_code_blocks_become_steps() -> None:
    document = made("# Page\n\n## Part\n\n1. Look:\n   ```\n   uptime\n   ```\n2. Tell the team\n\n```\ndf -h\n```\n")[
        1
    ]
    first, second, third = document["sections"][0]["steps"]
    assert (first["title"], first["run"]) == ("Look", "uptime")
    assert (second["title"], second["manual"]) == ("Tell the team", "Tell the team")
    assert third["run"] == "df -h"


def test_a_block_at_the_margin_is_that_of_the_item_which_it_interrupts() -> None:
    numbered = "1. Look at the load\n\n```\nuptime\n```\n\n2. Look at the disks\n```\ndf -h\n```\n\n"
    text = f"# Page\n\n## Part\n\n{numbered}- Ask who is there\n- Then:\n\n```\nw\n```\n"
    steps = made(text)[1]["sections"][0]["steps"]
    assert [(step["title"], step.get("run") or step["manual"]) for step in steps] == [
        ("Look at the load", "uptime"),
        ("Look at the disks", "df -h"),
        ("Ask who is there", "Ask who is there"),
        ("Then", "w"),
    ]


@pytest.mark.parametrize("heading", ["Rollback", "Rolling back", "Revert the change", "Backout plan"])
def test_what_undoes_becomes_a_rollback_flow(heading: str) -> None:
    document = made(f"# Page\n\n## Do\n\n```\n$ uptime\n```\n\n## {heading}\n\n```\n$ systemctl restart shop\n```\n")[1]
    assert document["flows"]["rollback"]["kind"] == "rollback"
    assert document["flows"]["rollback"]["sections"] == [document["sections"][1]["id"]]
    assert document["sections"][1]["id"] not in next(iter(document["flows"].values()))["sections"]


@pytest.mark.parametrize("label", ["**Symptoms**:", "#### Symptoms"])
def test_symptoms_diagnosis_and_solutions_become_a_trouble(label: str) -> None:
    others = [label.replace("Symptoms", one) for one in ("Diagnosis", "Solutions")]
    text = (
        f"# Page\n\n## Troubleshooting\n\n### It is slow\n\n{label}\n\n- Slow pages\n\n"
        f"{others[0]}\n\n```bash\nuptime\n```\n\n"
        f"{others[1]}\n\n1. **Too much load**:\n   ```bash\n   systemctl restart shop\n   ```\n"
        "2. **Reset** (never here):\n"
        "   ```bash\n   # DO NOT DO THIS IN PRODUCTION\n   ```\n"
    )
    (issue,) = made(text)[1]["troubleshooting"]
    assert issue["title"] == "It is slow"
    assert issue["symptoms"] == ["Slow pages"]
    assert issue["diagnosis"][0]["run"] == "uptime"
    assert [one["title"] for one in issue["solutions"]] == ["Too much load", "Reset (never here)"]
    assert issue["solutions"][0]["steps"][0]["mutates"] is True
    assert "DO NOT" in issue["solutions"][1]["forbidden"]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("### Option A: Docker\n\n```\n$ uptime\n```", "### Option B: By hand\n\n```\n$ w\n```"),
        ('=== "Docker"\n\n    ```\n    $ uptime\n    ```', '=== "By hand"\n\n    ```\n    $ w\n    ```'),
        ('<Tabs>\n<TabItem value="a" label="Docker">\n\n```\n$ uptime\n```\n\n</TabItem>', 
         '<TabItem value="b" label="By hand">\n\n```\n$ w\n```\n\n</TabItem>\n</Tabs>'),
    ],
)  # fmt: skip
def test_options_and_tabs_become_methods(first: str, second: str) -> None:
    document = made(f"# Page\n\n## Do\n\n{first}\n\n{second}\n")[1]
    assert list(document["methods"]) == ["docker", "by_hand"]
    assert [section["when"] for section in document["sections"]] == [{"method": "docker"}, {"method": "by_hand"}]
    assert next(iter(document["flows"].values()))["methods"] == ["docker", "by_hand"]


def test_sections_keep_the_order_of_the_document() -> None:
    block = "```bash\nuptime\n```\n\n"
    parts = f"### A\n\n{block}### B\n\n#### B1\n\n{block}#### B2\n\n{block}### C\n\n{block}"
    document = made(f"# Page\n\n## Do\n\n{parts}")[1]
    steps = [step["title"] for section in document["sections"] for step in section["steps"]]
    assert steps == ["A", "B1", "B2", "C"]
    assert next(iter(document["flows"].values()))["sections"] == [section["id"] for section in document["sections"]]


def test_statements_for_a_database_go_to_the_client_before_them_or_are_done_by_hand() -> None:
    document = made("# Page\n\n## Part\n\n```bash\npsql shop\n```\n\n```sql\nSELECT 1;\n```\n")[1]
    (action,) = actions(document)
    assert (action["run"], action["stdin"]) == ("psql shop", "SELECT 1;")
    runbook, document = made("# Page\n\n## Part\n\n```sql\nDELETE FROM carts;\n```\n")
    assert actions(document)[0]["manual"] == "In the database:\nDELETE FROM carts;"
    assert runbook.doubts == 1


def test_a_tab_inside_of_an_item_does_not_end_the_list() -> None:
    text = (
        '# Page\n\n## Part\n\n1. One\n\n   {{< tabs >}}\n   {{% tab name="Ubuntu" %}}\n   ```bash\n   uptime\n   ```\n'
        "   {{% /tab %}}\n   {{< /tabs >}}\n\n2. Two\n"
    )
    assert [step["title"] for step in made(text)[1]["sections"][0]["steps"]] == ["One", "Two"]


def test_boxes_to_tick_become_items_of_the_checklist() -> None:
    document = made("# Page\n\n## Part\n\n- [ ] Team told\n- [x] Window open\n")[1]
    assert [item["title"] for item in document["checklist"]] == ["Team told", "Window open"]
    assert [step["manual"] for step in document["sections"][0]["steps"]] == ["Team told", "Window open"]
    assert all(step["checklist"] for step in document["sections"][0]["steps"])


def test_a_prompt_makes_a_command_and_the_rest_is_what_it_printed() -> None:
    document = made(fence("$ pg_isready", "/tmp:5432 - accepting connections", language=""))[1]
    (step,) = document["sections"][0]["steps"]
    assert step["run"] == "pg_isready"
    assert step["text"] == "/tmp:5432 - accepting connections"
    assert "expect" not in step


def test_an_expectation_is_proposed_and_never_made() -> None:
    runbook, document = made(fence("redis-cli ping", "# Expected: PONG"))
    assert "expect" not in actions(document)[0]
    assert '# proposed: expect = { contains = ["PONG"] }' in runbook.text


def test_the_prompt_of_root_is_none_where_a_comment_can_be_meant() -> None:
    assert only(fence("# systemctl restart shop", language="console"))["run"] == "systemctl restart shop"
    document = made(fence("# check the disk", "df -h"))[1]
    assert [action["run"] for action in actions(document)] == ["df -h"]


@pytest.mark.parametrize("words", ["status: ok\nuptime: 3 days", "Connection refused by the server.", "GET /health/"])
def test_a_block_without_a_language_is_judged_by_its_words(words: str) -> None:
    text = f"# Page\n\n## Part\n\n```\n{words}\n```\n\n```\nsudo systemctl restart shop\n```\n"
    assert [action["run"] for action in actions(made(text)[1])] == ["sudo systemctl restart shop"]


def test_what_a_command_leaves_open_becomes_a_variable() -> None:
    text = fence("kill <pid>", "ls /backups/YYYY-MM-DD", "echo $SITE", "for h in a b; do echo $h; done", "echo '$KEPT'")
    document = made(text)[1]
    runs = [action["run"] for action in actions(document)]
    assert runs == [
        "kill {{ pid }}",
        "ls /backups/{{ date }}",
        "echo {{ site }}",
        "for h in a b; do echo $h; done",
        "echo '$KEPT'",
    ]
    assert set(document["variables"]) == {"pid", "date", "site"}
    assert [action.get("original") for action in actions(document)[:1]] == ["kill <pid>"]


def test_a_value_that_the_document_sets_becomes_a_variable_or_is_captured() -> None:
    document = made(fence("NS=shop", "POD=$(kubectl -n $NS get pod -o name)", "kubectl -n $NS logs $POD"))[1]
    first, second = actions(document)
    assert document["variables"]["ns"]["default"] == "shop"
    assert first["capture"] == {"pod": {}}
    assert second["run"] == "kubectl -n {{ ns }} logs {{ pod }}"


@pytest.mark.parametrize(
    ("command", "runs"),
    [
        ("mysql -u app -p$DB_PASSWORD shop -e 'x'", """MYSQL_PWD="$DB_PASSWORD" mysql -u app shop -e 'x'"""),
        ("redis-cli -a $REDIS_PASSWORD ping", 'REDISCLI_AUTH="$REDIS_PASSWORD" redis-cli ping'),
        ('curl -H "Authorization: Bearer $TOKEN" https://x.example/',
         """curl -H @<(printf '%s\\n' "Authorization: Bearer $TOKEN") https://x.example/"""),
    ],
)  # fmt: skip
def test_names_of_secrets_become_secrets_that_are_no_argument(command: str, runs: str) -> None:
    runbook, document = made(fence(command))
    assert actions(document)[0]["run"] == runs
    assert [one["source"] for one in document["secrets"].values()] == ["prompt"]
    assert [str(one) for one in lint_text(runbook.text, "x") if "secret" in one.message] == []


def test_a_secret_that_can_only_be_an_argument_is_for_a_terminal() -> None:
    runbook, document = made(fence("wscat -c wss://x.example/?token=$TOKEN"))
    assert "wscat" in actions(document)[0]["manual"]
    assert runbook.doubts == 1


def test_ssh_changes_the_host_until_it_is_left() -> None:
    document = made(fence("ssh ops@db-1.example.com", "uptime", "exit", "git status", "ssh web-2 'df -h'"))[1]
    assert document["hosts"]["db-1"] == {"target": "db-1.example.com", "user": "ops"}
    assert document["hosts"]["workstation"] == {"local": True}
    on = [(action["run"], action.get("on", document["runbook"]["default_host"])) for action in actions(document)]
    assert on == [("uptime", "db-1"), ("git status", "workstation"), ("df -h", "web-2")]


def test_a_folder_and_settings_are_carried_into_the_next_blocks() -> None:
    text = (
        "# P\n\n## A\n\n### One\n\n```bash\ncd /srv/shop\nsource venv/bin/activate\nexport LANG=C\n```\n\n"
        "### Two\n\n```bash\npip check\n```\n"
    )
    (action,) = actions(made(text)[1])
    assert action["directory"] == "/srv/shop"
    assert action["run"] == "source /srv/shop/venv/bin/activate\nexport LANG=C\npip check"
    assert action["original"].startswith("cd /srv/shop\n")


def test_a_shell_in_a_container_is_carried() -> None:
    document = made(fence("kubectl exec -it web-0 -- bash", "ls /srv", "ps | grep web", "exit", "kubectl get pods"))[1]
    assert [action["run"] for action in actions(document)] == [
        "kubectl exec web-0 -- ls /srv",
        "kubectl exec web-0 -- sh -c 'ps | grep web'",
        "kubectl get pods",
    ]


def test_what_is_typed_into_a_client_is_its_standard_input() -> None:
    action = only(fence("$ psql shop", "shop=# select 1;", "shop=# \\q", language="console"))
    assert (action["run"], action["stdin"]) == ("psql shop", "select 1;")


@pytest.mark.parametrize(
    "command",
    [
        "htop",
        "psql shop",
        "vi /etc/hosts",
        "docker exec -it db bash",
        "docker exec -it db mysql",
        "kubectl exec -it x -- sh",
    ],
)
def test_a_program_that_wants_a_terminal_gets_it_on_its_host(command: str) -> None:
    runbook, document = made(fence("ssh db-1", command))
    (step,) = document["sections"][0]["steps"]
    assert step["interactive"] == command or step["original"].endswith(command)
    assert step["mutates"] is True
    assert document["runbook"]["default_host"] == "db-1"
    assert runbook.doubts == 1


def test_a_shell_as_somebody_else_is_for_a_terminal() -> None:
    runbook, document = made(fence("sudo -i"))
    assert "sudo -i" in actions(document)[0]["manual"]
    assert runbook.doubts == 1


def test_a_terminal_has_no_place_for_a_secret() -> None:
    assert "mysql" in only(fence("mysql -u app -p$DB_PASSWORD shop"))["manual"]


def test_what_is_asked_beside_a_command_is_done_by_hand() -> None:
    text = "# Page\n\n## Part\n\nTake a dump (`pg_dump shop > /tmp/x`) and attach it to the ticket. Tell the team.\n"
    kinds = [next(key for key in ("run", "manual") if key in action) for action in actions(made(text)[1])]
    assert kinds == ["run", "manual"]
    assert actions(made(text)[1])[1]["manual"] == "attach it to the ticket. Tell the team."


def test_numbers_of_an_operating_procedure_are_no_words() -> None:
    document = made("# Page\n\n## Part\n\n2.1.3 Inform the shop team.\n\n2.1.4 Stop it.\n\n    systemctl stop shop\n")[
        1
    ]
    assert [next(iter(action.keys() & {"run", "manual"})) for action in actions(document)] == ["manual", "run"]


@pytest.mark.parametrize(
    ("command", "runs"),
    [
        ("tail -f /var/log/syslog", "tail -n 100 /var/log/syslog"),
        ("journalctl -u shop -f", "journalctl -u shop -n 100 --no-pager"),
        ("kubectl logs -f web-0", "kubectl logs --tail=100 web-0"),
        ("docker-compose exec web ls", "docker-compose exec -T web ls"),
        ("watch -n 2 df -h", "df -h"),
        ("top", "top -b -n 1"),
        ("ping db", "ping -c 3 db"),
    ],
)
def test_what_does_not_end_is_made_to(command: str, runs: str) -> None:
    action = only(fence(command))
    assert (action["run"], action["original"]) == (runs, command)
    assert action["note"]


def test_an_unknown_command_changes_something_and_what_destroys_is_typed() -> None:
    document = made(fence("frobnicate --all"))[1]
    assert document["sections"][0]["steps"][0]["mutates"] is True
    document = made(fence("rm -rf /srv/shop/cache"))[1]
    assert document["sections"][0]["steps"][0]["danger"] == "destructive"


def test_prose_that_asks_for_something_is_done_by_hand_and_the_rest_is_text() -> None:
    document = made("# Page\n\n## Part\n\nThe shop is old.\n\nTell the team in #ops.\n")[1]
    (step,) = document["sections"][0]["steps"]
    assert step["manual"] == "Tell the team in #ops."
    assert step["text"] == "The shop is old."


def test_a_command_in_a_sentence_runs_unless_the_sentence_forbids_it() -> None:
    document = made("# Page\n\n## Part\n\n1. Run `systemctl reload nginx`.\n2. Do not run `rm -rf /srv`.\n")[1]
    first, second = document["sections"][0]["steps"]
    assert first["run"] == "systemctl reload nginx"
    assert "run" not in second


def test_what_is_for_some_cases_only_is_doubtful() -> None:
    text = fence("# For Docker:", "docker-compose down", "# For systemd:", "systemctl stop shop")
    runbook, document = made(text)
    assert [step["run"] for step in document["sections"][0]["steps"]] == ["docker-compose down", "systemctl stop shop"]
    assert runbook.doubts == 2
    page = "# Page\n\n## Part\n\n1. For the old version only: `uptime`\n2. On db-1, run `df -h` for the room only\n"
    assert made(page)[0].doubts == 1


def test_reasons_follow_ups_and_facts_of_the_document() -> None:
    text = (
        "# Deploy\n\n**Version**: 3\n**Owner**: Ops\n\n## Do\n\n```bash\nuptime\n```\n\n"
        "## When to roll back\n\n- Errors > 5 %\n"
        "\n## Afterwards\n\n### Within 24 hours\n\n- [ ] Read the log\n"
    )
    document = made(text)[1]
    assert (document["runbook"]["document_version"], document["runbook"]["owner"]) == ("3", "Ops")
    assert [one["title"] for one in document["rollback_reasons"]] == ["Errors > 5 %"]
    assert [(one["title"], one["within"]) for one in document["followups"]] == [("Read the log", "24h")]


def test_a_value_that_only_a_trouble_needs_is_asked_for_there() -> None:
    text = (
        "# Page\n\n## Do\n\n```bash\nuptime\n```\n\n## Troubleshooting\n\n### Port in use\n\n"
        "**Symptoms**:\n- no start\n\n"
        "**Solutions**:\n```bash\nsudo kill <pid>\n```\n"
    )
    document = made(text)[1]
    ask, run = document["troubleshooting"][0]["solutions"][0]["steps"][0]["actions"]
    assert (ask["ask"], ask["capture"], run["run"]) == ("pid?", {"pid": {}}, "sudo kill {{ pid }}")
    assert "variables" not in document


def test_the_report_has_the_doubtful_ones_marked() -> None:
    runbook, _ = made(fence("uptime", "htop"))
    lines = list(report(runbook))
    assert [line for line in lines if line.startswith("?")] == list(report(runbook, doubts_only=True))[:-1]
    assert lines[-1] == "1 step, 2 commands, 1 passage to look at"


def test_the_runbook_names_its_document_from_its_own_folder(tmp_path: Path) -> None:
    assert beside(tmp_path / "docs/page.md", tmp_path / "ops/runbook.toml") == "../docs/page.md"


def test_a_public_key_is_no_secret() -> None:
    assert only(fence("wg set wg0 peer <public-key> remove"))["run"] == "wg set wg0 peer {{ public_key }} remove"
