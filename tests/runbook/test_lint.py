import json
from pathlib import Path

import pytest

from tests.runbook.documents import FULL, changed
from tui.errors import RunbookInvalid
from tui.runbook.reading.lint import lint, lint_text
from tui.runbook.shell.programs import simple_commands


def doubts(command: str, mutates: bool = False, more: str = "") -> list[str]:
    """The warnings about one command, in a step of its own behind the others."""
    step = f"""
[[sections]]
id = "extra"
title = "Extra"
[[sections.steps]]
id = "extra-step"
title = "Extra"
mutates = {str(mutates).lower()}
[[sections.steps.actions]]
run = {json.dumps(command)}
{more}
"""
    text = changed('sections = ["before", "change"]', 'sections = ["before", "change", "extra"]') + step
    return [problem.message for problem in lint_text(text, "r.toml")]


def test_what_a_second_person_allows_has_no_question_left_in_it() -> None:
    text = changed('signoff = "two-person"', 'signoff = "two-person"\napprove = "second-person"')
    assert lint_text(text, "r.toml") == []
    asked = (
        '[[sections]]\nid = "extra"\ntitle = "Extra"\n[[sections.steps]]\nid = "one"\ntitle = "One"\nmutates = true\n'
    )
    asked += 'approve = "second-person"\nactions = [{ ask = "Which one?", answer = "text" }]\n'
    found = lint_text(
        changed('sections = ["before", "change"]', 'sections = ["before", "change", "extra"]') + asked, "r.toml"
    )
    assert [one.message for one in found] == ["a second person allows this step before its questions are answered"]


def test_what_a_second_person_allows_is_known_when_they_are_asked() -> None:
    found_out = """
[[sections]]
id = "extra"
title = "Extra"
[[sections.steps]]
id = "one"
title = "One"
mutates = true
approve = "second-person-or-alone"
actions = [{ run = "newest", capture = { backup = { pattern = "(.+)" } } }, { run = "restore {{ backup }}" }]
"""
    text = changed('sections = ["before", "change"]', 'sections = ["before", "change", "extra"]') + found_out
    messages = [one.message for one in lint_text(text, "r.toml")]
    assert messages == ["a second person allows this step before it finds out backup, which it uses"]


def test_what_is_done_host_by_host_is_allowed_together() -> None:
    text = """
format = 2
[runbook]
title = "Fleet"
default_host = "lb"
[hosts.lb]
target = "lb"
[hosts.web]
targets = ["web[1:3]"]
[flows.deploy]
title = "Deploy"
kind = "deploy"
sections = ["roll"]
[[sections]]
id = "roll"
title = "Roll"
each = "web"
[[sections.steps]]
id = "find"
title = "Find"
actions = [{ run = "cat version", capture = { found = { pattern = "(.+)" } } }]
[[sections.steps]]
id = "update"
title = "Update"
mutates = true
approve = "second-person"
run = "install {{ found }}"
"""
    (doubt,) = [one for one in lint_text(text, "r.toml") if "second person" in one.message]
    assert doubt.message == "a second person allows this step before it finds out found, which it uses"


def test_a_good_runbook_has_no_doubts() -> None:
    assert lint_text(FULL, "r.toml") == []


@pytest.mark.parametrize(
    ("command", "program"),
    [
        ('mysql -h $DB_HOST -u $DB_USER -p$DB_PASSWORD -e "SELECT 1;"', "mysql"),
        ('x=$(redis-cli -a "$DB_PASSWORD" ping)', "redis-cli"),
        ("sudo -u app mysqldump --password=${DB_PASSWORD} shop | gzip > a", "mysqldump"),
        ('curl -H "Authorization: Bearer $TOKEN" https://x', "curl"),
        ('curl -d "{\\"password\\": \\"$DB_PASSWORD\\"}" https://x', "curl"),
        ("wscat -c wss://x/?token=$TOKEN", "wscat"),
    ],
)
def test_a_secret_among_the_arguments(command: str, program: str) -> None:
    name = "TOKEN" if "TOKEN" in command else "DB_PASSWORD"
    assert doubts(command, mutates=True) == [
        f"the secret ${name} is an argument of {program}, where every user of the host sees it"
    ]


@pytest.mark.parametrize(
    "command",
    [
        'printf \'[client]\\npassword=%s\\n\' "$DB_PASSWORD" > "$option_file"',
        'REDISCLI_AUTH="$DB_PASSWORD" redis-cli ping',
        "mysql --defaults-extra-file=<(printf '[client]\\npassword=%s' \"$DB_PASSWORD\") -e 'SELECT 1'",
        "awk '{ print $TOKEN }' x",
        "# mysql -p$DB_PASSWORD\ntrue",
        "cat > x <<EOF\n-p$DB_PASSWORD\nEOF\n",
        "echo $TOKENS",
    ],
)
def test_a_secret_where_nobody_sees_it(command: str) -> None:
    assert doubts(command, mutates=True) == []


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("sudo tail -f /var/log/nginx/access.log", "tail -f never ends"),
        ("tail -n 5 --follow=name x", "tail -f never ends"),
        ("top", "top without -b waits for a person"),
        ("htop", "htop waits for a person"),
        ("journalctl -u web -f", "journalctl -f never ends"),
        ("docker-compose logs -f web", "logs -f never ends"),
        ("python manage.py shell", "manage.py shell waits for a person"),
        ("docker-compose exec web python manage.py dbshell", "manage.py dbshell waits for a person"),
        ("docker-compose exec web ls", "docker-compose exec without -T needs a terminal"),
        ("docker compose -f a.yml exec web ls", "docker-compose exec without -T needs a terminal"),
        ("docker exec -it web bash", "docker exec -t needs a terminal"),
        ("ssh deploy@host ls", "ssh inside a command opens a connection of its own"),
        ("ping host", "ping without -c never ends"),
        ("mysql", "mysql without arguments waits for a person"),
        ("kubectl edit deploy/shop", "kubectl waits for a person: it opens an editor"),
        ("crontab -e", "crontab waits for a person: it opens an editor"),
        ("true && sudo -i", "sudo -i opens a shell"),
        ("bash -c 'echo {{ release }}'", "a value becomes code for bash"),
        ('docker-compose exec -T web sh -c "ls {{ release }}"', "a value becomes code for sh"),
        ("[[ 5 -lt {{ release }} ]]", "[[ … ]] computes with a value, and runs what it says"),
    ],
)
def test_a_command_that_never_ends_or_waits(command: str, message: str) -> None:
    assert doubts(command, mutates=True) == [message]


@pytest.mark.parametrize(
    "command",
    [
        "tail -n 100 x",
        "timeout 30 tail -f x",
        "top -b -n 1 | head",
        "echo 'SELECT 1;' | docker-compose exec -T db mysql shop",
        "python manage.py shell -c 'print(1)'",
        "python manage.py shell <<'EOF'\nprint(1)\nEOF\n",
        "mysql <<< 'SELECT 1'",
        "ping -c 3 host",
        "echo 'tail -f x'",
    ],
)
def test_a_command_that_ends(command: str) -> None:
    assert doubts(command, mutates=True) == []


@pytest.mark.parametrize(
    ("command", "change"),
    [
        ("git log && git checkout {{ release }}", "git checkout"),
        ("sudo systemctl restart gunicorn", "systemctl restart"),
        ("if true; then sudo systemctl reload nginx; fi", "systemctl reload"),
        ("docker-compose -f a.yml up -d", "docker-compose up"),
        ("docker compose build --no-cache", "docker-compose build"),
        ("docker-compose run --rm -T web python manage.py migrate", "manage.py migrate"),
        ("python manage.py collectstatic --noinput", "manage.py collectstatic"),
        ("sudo cp a.conf /etc/nginx/sites-enabled/", "cp to /etc/nginx/sites-enabled/"),
        ("rm /srv/shop/x", "rm"),
        ("for x in a b; do\n  chown -R app $x/\ndone", "chown"),
        ("pip install -r requirements.txt", "pip install"),
        ("aws s3 cp a s3://bucket/", "aws s3"),
        ("git tag -a v2 -m x", "git tag"),
        ("sed -i s/a/b/ x", "sed -i"),
    ],
)
def test_a_change_in_a_step_that_does_not_say_so(command: str, change: str) -> None:
    (told,) = doubts(command)
    assert told.startswith(f'"{change}')
    assert told.endswith("changes production in a step that does not say so")
    assert doubts(command, mutates=True) == []


@pytest.mark.parametrize(
    "command",
    [
        "python manage.py migrate --plan",
        "systemctl status nginx",
        "git log --all; git log -1; git tag -l v2",
        "docker-compose ps; docker images",
        "f=$(mktemp); rm $f; rm /tmp/x",
        "kill -0 1",
        "echo systemctl restart nginx",
        "aws s3 ls s3://bucket; aws s3 cp s3://bucket/x /tmp/x",
    ],
)
def test_a_command_that_only_looks(command: str) -> None:
    assert doubts(command) == []


def test_a_retry_that_the_program_will_not_make() -> None:
    told = doubts("rm /srv/x", mutates=True, more="retry = { times = 3 }")
    assert told == ["what changes something is never run again by itself"]
    assert doubts("ls /srv/x", mutates=True, more="retry = { times = 3 }") == []


def test_what_nobody_uses() -> None:
    for old, new, message in (
        (
            "[[followups]]",
            '[[sections]]\nid = "lost"\ntitle = "x"\nsteps = []\n[[followups]]',
            'no flow has section "lost"',
        ),
        ('checklist = ["switched"]\n', "", 'no step ticks "switched"'),
        ('secrets = ["token", "db_password"]', 'secrets = ["token"]', 'no action uses secret "db_password"'),
        ('undo = ["switch-back"]', 'undo = ["look"]', '"look" is in no rollback flow'),
        (
            'when = { method = "docker" }',
            'needed_if = { method = "docker" }',
            "only a step of a rollback flow asks whether it is needed",
        ),
    ):
        assert [problem.message for problem in lint_text(changed(old, new), "r.toml")] == [message]


def test_a_secret_that_only_a_probe_uses_is_used() -> None:
    service = """
[services.cache]
kind = "redis"
secrets = { password = "db_password" }
[[sections]]
id = "probed"
title = "Probed"
[[sections.steps]]
id = "ping"
title = "Ping"
actions = [{ probe = { service = "cache", check = "ping" } }]
"""
    flow = changed('sections = ["before", "change"]', 'sections = ["before", "change", "probed"]')
    text = flow.replace('secrets = ["token", "db_password"]', 'secrets = ["token"]') + service
    assert [problem.message for problem in lint_text(text, "r.toml")] == []


def test_too_many_typed_confirmations_are_counted_for_each_method() -> None:
    steps = "".join(
        f'[[sections.steps]]\nid = "d{number}"\ntitle = "x"\ndanger = "destructive"\nwhen = {{ method = "manual" }}\n'
        'actions = [{ run = "true" }]\n'
        for number in range(2)
    )
    (told,) = lint_text(changed('[[sections]]\nid = "back"', steps + '[[sections]]\nid = "back"'), "r.toml")
    assert str(told) == (
        "r.toml:63: warning: flows.deploy: 2 of 3 steps are destructive by method manual "
        "(keep typed confirmations under a tenth of the steps)"
    )


def test_errors_and_warnings_come_together_in_the_order_of_the_file(tmp_path: Path) -> None:
    file = tmp_path / "r.toml"
    file.write_text(changed('run = "uptime"', 'run = "htop"', changed("port = 22", "port = 0")))
    assert [(problem.line, problem.severity) for problem in lint(file)] == [
        (9, "warning"),
        (25, "error"),
        (107, "warning"),
    ]


def test_a_file_that_is_no_toml_is_one_problem_and_no_file_is_an_error(tmp_path: Path) -> None:
    (told,) = lint_text("[", "r.toml")
    assert told.line == 1
    with pytest.raises(RunbookInvalid):
        lint(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("script", "found"),
    [
        ("A=1 sudo -u x env B=2 timeout -k 1 5 /usr/bin/ls -l 2>&1 >x", [("ls", ["-l"])]),
        ('echo "$(date -u; id)" `who am`', [("echo", ["$(…)", "$(…)"]), ("date", ["-u"]), ("id", []), ("who", ["am"])]),
        ("a | xargs -n 1 b c || ! d", [("a", []), ("b", ["c"]), ("d", [])]),
        ("a 'b c' \"d;e\" f\\ g", [("a", ["b c", "d;e", "f g"])]),
        ("diff <(a 1) <(b 2)", [("diff", []), ("a", ["1"]), ("b", ["2"])]),
        ("a \\\n  b # c\nd {{ x }}y", [("a", ["b"]), ("d", ["{{ x }}y"])]),
    ],
)
def test_taking_commands_apart(script: str, found: list[tuple[str, list[str]]]) -> None:
    assert [(words.program, words.texts) for words in simple_commands(script)] == found


def test_a_downtime_that_is_marked_begins_somewhere_and_ends_somewhere() -> None:
    (doubt,) = doubts("service stop", True, 'downtime = "begins"')
    assert doubt == "the downtime begins here, and nowhere ends"
    both = '[[sections.steps.actions]]\nrun = "uptime"\ndowntime = "ends"'
    assert not doubts("service stop", True, f'downtime = "begins"\n{both}')
