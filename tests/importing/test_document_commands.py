"""What is a command in a document, and what only looks like one: sentences, output, tables, prompts, lines that set."""

import pytest

from tests.support.runbooks.imported_pages import actions, fence, made, only


@pytest.mark.parametrize(
    ("line", "runs"),
    [
        ("- `df -h` shows the disk", ["df -h"]),
        ("- Load: `uptime`", ["uptime"]),
        ("- `uptime`, `free -m` and `iostat -x 1 3`", ["uptime", "free -m", "iostat -x 1 3"]),
        ("- [ ] on mq1, `rabbitmqctl list_queues` shows none", ["rabbitmqctl list_queues"]),
        ("- if it is older: look at `systemctl status x` and start it using `systemctl start x`",
         ["systemctl status x", "systemctl start x"]),
        ("- List them with `deployctl history --since 6h`", ["deployctl history --since 6h"]),
        ("- Do not go on until `curl -f https://x.example/` succeeds", ["curl -f https://x.example/"]),
        ("- Use `systemctl reload x` instead of `systemctl restart x`", ["systemctl reload x"]),
        ("- If you do not see it, run `systemctl start x`", ["systemctl start x"]),
        ("- Don't panic, run `systemctl start x`", ["systemctl start x"]),
        ("- Anything older than 30 days: `find /x -mtime +30`", ["find /x -mtime +30"]),
        ("- `jq`, `curl` and `git`", []),
        ("- Needs `helm` 3.16", []),
        ("- Type `/incident declare` in the channel", []),
        ("- Never purge a queue (`rabbitmqctl purge_queue x`)", []),
        ("- Avoid `kubectl delete pod --all`", []),
        ("- Under no circumstances run `systemctl restart x` on two of them", []),
        ("- There is no need for `kubeadm upgrade plan` a second time", []),
        ("- Somebody ran `patronictl pause`. Ask them why", []),
        ("- The cron job runs `certbot renew -q` each night. Watch it", []),
        ("- Remove it with `terraform force-unlock` and the ID of the message", []),
        ("- `rm -rf /srv` must not be run here", []),
        ("- See `notAfter=Dec 20 23:59:59 2026 GMT`", []),
        ("- Run `make check` and then `make push`", ["make check", "make push"]),
        ("- After an hour `dig +short x.example` has to show 60", ["dig +short x.example"]),
        ("- Check that `terraform plan` is empty", ["terraform plan"]),
        ("- See `kubeadm certs --help`", []),
        ("- On that node, inspect the logs of chef (`grep chef /var/log/syslog`)", ["grep chef /var/log/syslog"]),
        ("- for git servers check the status of ssh `service sshd_git status`", ["service sshd_git status"]),
        ("- `unbound-control stats | grep servfail`", ["unbound-control stats | grep servfail"]),
        ("- Don't forget to run `systemctl start x`", ["systemctl start x"]),
        ("- To run `etcdctl` commands, go into the container", []),
        ("- Set it to 1 in a `gitlab-psql session`", []),
        ("- The object was copied by hand using `gsutil`", []),
        ("- Code: `app/tasks/ingest.py`", []),
        ("- It is seen via the `kubectl` command as well", []),
        ("- Folder: `/srv/shop/releases`", []),
        ("- `/usr/local/bin/drain.sh`", ["/usr/local/bin/drain.sh"]),
    ],
)  # fmt: skip
def test_a_command_in_a_sentence_is_run_where_the_sentence_means_it(line: str, runs: list[str]) -> None:
    document = made(f"# Page\n\n## Part\n\n- [ ] begin\n{line}\n")[1]
    assert [action["run"] for action in actions(document) if "run" in action] == runs


def test_a_block_that_is_told_not_to_be_run_is_text() -> None:
    for words in ("Do not run the following (it wipes the disk):", "Run this instead of:", "Never use:"):
        text = f"# Page\n\n## Part\n\n```\nuptime\n```\n\n{words}\n\n```bash\nsystemctl stop shop\n```\n"
        runbook, document = made(text)
        assert [action["run"] for action in actions(document)] == ["uptime"]
        assert runbook.doubts == 1


@pytest.mark.parametrize(
    "words", ["Sample output:", "It prints something like", "The answer must be", "You should see:"]
)
def test_a_block_below_words_of_output_is_no_command(words: str) -> None:
    text = f"# Page\n\n## Part\n\n```\nuptime\n```\n\n{words}\n\n```\nkubectl get pods\n```\n"
    assert [action["run"] for action in actions(made(text)[1])] == ["uptime"]


@pytest.mark.parametrize(
    "line",
    [
        "/dev/mapper/vg00-var   xfs   40G   99%",
        "kubeadm | 1.34.2-1.1 | https://pkgs.example/",
        "/dev/sda1 1T",
        "git   2.1   x",
    ],
)
def test_what_has_the_form_of_output_is_no_command(line: str) -> None:
    assert [action["run"] for action in actions(made(fence("uptime", line, language=""))[1])] == ["uptime"]


def test_commands_in_a_table_are_run_unless_the_row_or_the_column_refuses() -> None:
    text = (
        "# Page\n\n## Health\n\n| What | Command | Good | Do not |\n|---|---|---|---|\n"
        "| Shards | `curl -s http://s.example/_cat \\| grep -c UN` | 0 | `rm -rf /x` |\n"
        "| Never | `systemctl stop search` | - | - |\n| Heap | see `Xmx` | < 75 % | - |\n"
    )
    action = only(text)
    assert action["run"] == "curl -s http://s.example/_cat | grep -c UN"


@pytest.mark.parametrize("prompt", ["/ # ", "/app $ ", "bash-5.1# ", "~ # ", "root@c0ffee:/app# "])
def test_a_prompt_of_a_container_is_a_prompt(prompt: str) -> None:
    document = made(fence("docker exec -it web sh", f"{prompt}php artisan warm", f"{prompt}exit", "uptime"))[1]
    assert [action["run"] for action in actions(document)][-1:] == ["uptime"] or prompt.startswith("root@")
    assert actions(document)[0]["run"].endswith("php artisan warm")


def test_what_a_client_prints_between_its_prompts_is_no_command() -> None:
    text = fence(
        "redis-cli",
        "127.0.0.1:6379> SELECT 3",
        "OK",
        "127.0.0.1:6379[3]> FLUSHDB",
        "ok then",
        "127.0.0.1:6379[3]> quit",
    )
    document = made(text)[1]
    (step,) = document["sections"][0]["steps"]
    assert step["stdin"] == "SELECT 3\nFLUSHDB"
    assert step["danger"] == "destructive"


@pytest.mark.parametrize(
    ("command", "runs"),
    [
        ("kubectl get pods | less", "kubectl get pods"),
        ("openssl pkcs12 -export -passout pass:$KEYSTORE_PASS", "openssl pkcs12 -export -passout env:KEYSTORE_PASS"),
        ("ssh {{ node }} uptime", "uptime"),
    ],
)
def test_a_pager_and_a_password_of_openssl_are_no_hindrance(command: str, runs: str) -> None:
    assert only(fence(command))["run"] == runs


def test_lines_that_only_set_something_are_carried_together() -> None:
    action = only(fence("set -a; . ./env.sh; set +a", "mkdir -p x && cd x", "deactivate", language="bash"))
    assert action["run"] == "set -a\n. ./env.sh\nset +a\nmkdir -p x && cd x"


def test_the_folder_at_the_end_of_a_line_is_that_of_the_next() -> None:
    document = made(fence("mkdir -p /srv/new && cd /srv/new", "ls -l"))[1]
    assert [action.get("directory") for action in actions(document)] == [None, "/srv/new"]


def test_the_html_of_a_wiki_is_read() -> None:
    text = (
        "<h1>Page</h1>\n\n<h2>Part</h2>\n\n<p>Run <code>uptime</code>.</p>\n\n"
        "<pre>\nssh &lt;broker&gt;\ndf -h\n</pre>\n\n"
        '<pre><code class="language-bash">ls -l /srv\n</code></pre>\n\n<ol>\n<li>Run <code>free -m</code></li>\n</ol>\n'
    )
    runbook, document = made(text)
    assert document["runbook"]["title"] == "Page"
    assert [action["run"] for action in actions(document)] == ["uptime", "df -h", "ls -l /srv", "free -m"]
    assert list(document["hosts"]) == ["broker", "workstation"] or "broker" in document["hosts"]


@pytest.mark.parametrize(
    ("block", "runs", "hosts"),
    [
        ("web-01 $ uptime\n 10:00 up 3 days\nweb-01 $ df -h /", ["uptime", "df -h /"], {"web-01"}),
        ("chef-repo $ knife ssh 'roles:db' 'uptime'", ["knife ssh 'roles:db' 'uptime'"], set()),
        ("$sudo lsblk\nNAME   MAJ:MIN RM  SIZE", ["sudo lsblk"], set()),
        (
            "# qshape deferred | head\nTOTAL 2817  2  4\n# mailq | tail -1",
            ["qshape deferred | head", "mailq | tail -1"],
            set(),
        ),
        ("sh-4.4$ ceph -s", ["ceph -s"], set()),
    ],
)
def test_what_stands_behind_a_prompt_is_a_command(block: str, runs: list[str], hosts: set[str]) -> None:
    document = made(fence(*block.split("\n"), language=""))[1]
    assert [action["run"] for action in actions(document)] == runs
    assert hosts <= set(document["hosts"])


@pytest.mark.parametrize(
    "words",
    [
        "It should look like this:",
        "Ensure the log does not show errors:",
        "So that you don't run out of space you can:",
    ],
)
def test_a_prompt_is_stronger_than_the_sentence_above_the_block(words: str) -> None:
    document = made(f"# Page\n\n## Part\n\n{words}\n\n```\n$ df -h\n/dev/sda1  10G\n```\n")[1]
    assert "df -h" in [action.get("run") for action in actions(document)]


def test_a_sentence_that_only_says_what_must_be_so_makes_no_output_of_the_block_below_it() -> None:
    words = "1. Delete the pod; the others must be in sync."
    text = f"# Page\n\n## Part\n\n{words}\n\n   ```bash\n   kubectl delete pod x\n   ```\n"
    assert "kubectl delete pod x" in [action.get("run") for action in actions(made(text)[1])]
    text = (
        "# Page\n\n## Part\n\nand there must not be a snapshot under way:\n\n    $ curl -s localhost:9200/_snapshot\n"
    )
    assert [action["run"] for action in actions(made(text)[1])] == ["curl -s localhost:9200/_snapshot"]


def test_a_block_of_data_that_begins_with_a_command_has_that_command() -> None:
    document = made(
        fence("# raise the memory", "kubectl edit kafka events -n kafka", "spec:", "  a: 1", language="yaml")
    )[1]
    (action,) = actions(document)
    assert action["interactive"] == "kubectl edit kafka events -n kafka"
    assert "spec:" in document["sections"][0]["steps"][0]["text"]


def test_statements_are_done_by_hand_or_typed_into_the_client_that_was_opened() -> None:
    page = "# Page\n\n## Part\n\n```\nsudo gitlab-psql\n```\n\nand\n\n```\nshop=# select 1;\nshop=# \\q\n```\n"
    (action,) = actions(made(page)[1])
    assert (action["run"], action["stdin"].strip()) == ("sudo gitlab-psql", "select 1;")
    for block in ("DROP INDEX old_index;\nANALYZE shop;", "shop=# DROP INDEX old_index;\nshop=# ANALYZE shop;"):
        runbook, document = made(f"# Page\n\n## Part\n\n```\n{block}\n```\n")
        (action,) = actions(document)
        assert "DROP INDEX old_index;" in action["manual"]
        assert "ANALYZE shop;" in action["manual"]
        assert runbook.doubts == 1


def test_lists_of_html_are_steps_with_their_blocks() -> None:
    text = (
        "# Page\n\n## Part\n\n<ol>\n  <li>Look: <code>uptime</code></li>\n"
        "  <li>Renew it:\n    <pre><code>certbot renew</code></pre>\n"
        "  </li>\n  <li>Move them:\n    <pre>\nmv /a /b\nmv /c /d\n    </pre>\n  </li>\n"
        "  <li>Call the <b>owner</b>.</li>\n</ol>\n"
    )
    document = made(text)[1]
    steps = document["sections"][0]["steps"]
    assert [action.get("run", "by hand") for action in actions(document)] == [
        "uptime", "certbot renew", "mv /a /b", "mv /c /d", "by hand",
    ]  # fmt: skip
    assert [step["title"] for step in steps] == ["Look: uptime", "Renew it", "Move them", "Call the owner"]


def test_a_prompt_with_nothing_but_a_remark_behind_it_is_a_comment() -> None:
    document = made(fence("$ # look first", "$ uptime", language=""))[1]
    assert [action["run"] for action in actions(document)] == ["uptime"]


def test_a_value_that_a_terminal_would_print_is_asked_for() -> None:
    block = ("export node=$(ssh \"${first}\" 'list' | jq -r .leader)", 'echo "${node}"')
    document = made(fence(*block))[1]
    assert {"node", "first"} <= set(document["variables"])


def test_the_files_values_and_messages_of_a_table_are_no_commands() -> None:
    text = (
        "# Page\n\n## Parts\n\n| File | Default | Symptom | Fix |\n|---|---|---|---|\n"
        '| `app/api/hook.py` | `true` | `column "seen" does not exist` | `uptime` |\n'
        "| `/srv/app` | `mysql` | `kubectl patch shop` failed | - |\n"
    )
    assert only(text)["run"] == "uptime"


def test_what_a_program_says_of_itself_is_no_command() -> None:
    document = made(
        fence("sh freeze.sh -h", "freeze.sh -m check -p 95", "options", "# now", "sh freeze.sh -p 90", language="")
    )[1]
    assert [action["run"] for action in actions(document)] == ["sh freeze.sh -h", "sh freeze.sh -p 90"]


def test_words_to_choose_from_and_what_flows_from_them_are_no_commands() -> None:
    page = "# Page\n\n## Part\n\n```\nuptime\n```\n\nHow it works\n\n```\n{}\n```\n"
    for block in (
        "bin/release.sh rc [patch|minor|major]",
        "bin/release.sh promote\n  -> makes a release\n  -> tells the team",
    ):
        assert [action["run"] for action in actions(made(page.format(block))[1])] == ["uptime"]


def test_a_metric_is_no_command() -> None:
    document = made(fence("node_filesystem_free_bytes", language="console") + "\n```\nuptime\n```\n")[1]
    assert [action["run"] for action in actions(document) if "run" in action] == ["uptime"]


@pytest.mark.parametrize(
    ("words", "runs"), [("Enroll by typing the following:", 1), ("It is known as", 0), ("The command prints:", 0)]
)
def test_an_unknown_command_is_one_where_the_sentence_says_that_it_is_typed(words: str, runs: int) -> None:
    text = f"# Page\n\n## Part\n\n```\nuptime\n```\n\n{words}\n\n```\nsft enroll --team ops\n```\n"
    assert len([action for action in actions(made(text)[1]) if "run" in action]) == 1 + runs


def test_an_example_of_what_somebody_may_see_is_not_run_even_with_prompts() -> None:
    text = (
        "# Page\n\n## Part\n\n```\n$ ceph -s\n```\n\nIf you get an output without all of them, e.g.\n\n"
        "```bash\n$ oc rsh tools-1\nsh-4.4$ ceph -s\n  health: HEALTH_WARN\n```\n"
    )
    assert [action["run"] for action in actions(made(text)[1])] == ["ceph -s"]


def test_a_tunnel_is_no_way_to_its_host() -> None:
    document = made(fence("ssh -L 3389:win-1.internal:3389 bastion-1", "uptime"))[1]
    tunnel, after = actions(document)
    assert tunnel.get("interactive") == "ssh -L 3389:win-1.internal:3389 bastion-1"
    assert "bastion" not in after.get("on", "")


def test_a_value_inside_of_backticks_is_quoted_as_in_brackets() -> None:
    action = only(fence("kubectl describe pod `kubectl -n <space> get pod -l app=<app> -o name`"))
    assert action["run"] == "kubectl describe pod $(kubectl -n {{ space }} get pod -l app={{ app }} -o name)"


def test_a_secret_that_a_command_prints_is_captured_as_one_and_asked_for_by_nobody() -> None:
    text = fence("TOKEN=$(vault print token)", 'curl -H "Authorization: Bearer $TOKEN" https://x.example/')
    prints, uses = actions(made(text)[1])
    assert prints["capture"] == {"token": {"secret": True}}
    assert "{{" not in uses["run"]
    assert "secrets" not in made(text)[1]
    assert made(text)[1]["sections"][0]["steps"][0].get("secrets", uses.get("secrets")) == ["token"]


def test_where_one_way_prints_a_secret_and_the_other_is_done_by_hand_it_is_asked_for() -> None:
    by_hand = ("token=$(wscat -c wss://x.example/?k=$API_KEY)", 'curl -H "Bearer: $token" https://x.example/')
    document = made(fence("token=$(oc sa new-token x)", *by_hand))[1]
    assert document["secrets"]["token"]["variable"] == "TOKEN"


@pytest.mark.parametrize("name", ["SECRET_NAME", "TOKEN_URL", "PASSWORD_FILE", "KEY_PATH", "secret_name_here"])
def test_the_name_or_the_place_of_a_secret_is_none(name: str) -> None:
    document = made(fence(f"oc get secret ${name}"))[1]
    assert "secrets" not in document
    assert list(document["variables"]) == [name.lower()]


def test_what_is_asked_for_behind_a_name_or_an_adverb_is_done_by_hand() -> None:
    page = "# Page\n\n## Part\n\n- Other shard: Move the project to it\n\nCarefully inspect the files there.\n"
    assert len([action for action in actions(made(page)[1]) if "manual" in action]) == 2


def test_a_program_in_a_folder_that_is_left_open_is_a_command() -> None:
    assert only(fence("<chef-repo>/bin/show prod | jq -r .password", language=""))["run"].startswith(
        "{{ chef_repo }}/bin/show"
    )


def test_a_client_of_the_cluster_is_not_run_inside_of_its_container() -> None:
    lines = (
        "oc exec -it <old> -- bash",
        "oc get pod -o wide",
        "oc exec -it <new> -- bash",
        "curl -s 127.0.0.1/metrics",
    )
    entered, listed, asked = actions(made(fence(*lines))[1])
    assert entered["interactive"] == "oc exec -it {{ old }} -- bash"
    assert listed["run"] == "oc get pod -o wide"
    assert asked["run"] == "oc exec {{ new }} -- curl -s 127.0.0.1/metrics"
