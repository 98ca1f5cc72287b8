"""Values that try to break out: for every context, value and shell, either the value is plain text or it is refused."""

import itertools
import os
import random
import shutil
import subprocess
from pathlib import Path

import pytest

from tui.errors import RunbookError
from tui.runbook.templates.variables import fill_command

SHELLS = [shell for shell in (["bash"], ["dash"], ["busybox", "sh"]) if shutil.which(shell[0])]
LONG = os.environ.get("RUNBOOK_HOSTILE") == "long"
pytestmark = pytest.mark.timeout(3600 if LONG else 120)
CANARY = "canary"

BODIES = {
    "here": "cat <<EOF{after}\n{body}\nEOF\n",
    "quoted": "cat <<'EOF'{after}\n{body}\nEOF\n",
    "escaped": "cat <<\\EOF{after}\n{body}\nEOF\n",
    "tabs": "cat <<-EOF{after}\n\t{body}\n\tEOF\n",
}
AROUND = {
    "alone": "{here}",
    "substitution": 'X=$({here})\nprintf %s "$X"',
    "in double quotes": 'printf %s "$({here})"',
    "nested": 'printf %s "$(printf %s "$({here})")"',
    "subshell": "({here})",
    "group": "{{ {here}}}",
    "in a process": "cat <({here})",
    "if": "if true; then {here}fi",
    "function": "f() {{ {here}}}; f",
    "loop": "for i in 1; do {here}done",
    "behind another": "cat <<A; {here}a\nA\n",
}
AFTER = {"nothing": "", "pipe": " | cat", "and": " && true", "semicolon": ";", "redirection": " 2>/dev/null"}
BODY = ("{{ x }}", "a{{ x }}", "{{ x }}b", "a\n{{ x }}\nb", "{{ x }}{{ x }}")
BREAKS = ["", ")", ");", ")\n", " )", "\t)", ";", "`", '"', "\\", "|", "&", "}", ") #", "))", ")'", ')"', "\n)", "$("]
INDENT = ["", "\t", " ", "\n", "a\n", "a\n\t", ")\n", "'\n", '"\n', "\\\n", "$(\n"]


WORDS = (
    "printf %s {{ x }}",
    "printf %s a{{ x }}b",
    'printf %s "{{ x }}"',
    "printf %s '{{ x }}'",
    """printf %s "a"'b'{{ x }}'c'""",
    'N=1; printf %s "a $N \\" {{ x }} \\$"',
    'V={{ x }}; printf %s "$V"',
    'V="<{{ x }}>"; printf %s "$V"',
    'V={{ x }} printf %s "$HOME"',
    "printf %s a#{{ x }} # {{ x }}",
    "# {{ x }}",
    "case {{ x }} in a) ;; *) printf %s {{ x }};; esac",
    "case a in {{ x }}) ;; esac",
    'for i in {{ x }} "{{ x }}"; do printf %s "$i"; done',
    "printf %s {{ x }} 2>&1 | cat",
    'printf %s "${N:-{{ x }}}" $((N + {{ x }}))',
    "printf %s ${N:-a} {{ x }}",
    "test {{ x }} = {{ x }} && printf %s {{ x }}",
    "printf %s \\\n {{ x }}",
    "{{ x }} a",
)
WITHIN = {
    **AROUND,
    "backquotes": "X=`{here}`",
    "backquotes in double quotes": 'printf %s "`{here}`"',
    "in a here-document": "cat <<A\n$({here})\nA\n",
    "behind a case": "case a in a) {here};; esac",
    "in the background": "{here} & wait",
}
BEFORE = ("", "a", "'", '"', "\\", "\\'", '\\"', "'\"", ")", "}", "`", "$'", "${", "#\n", "\\\n", "-", ";;", "esac\n")
BETWEEN = (";", "\n", "|", "&", "&&", "||", "$(", "`", "<(", " ")
BEHIND = ("", " #", ")", "`", "'", '"', ";", "}")


def values() -> list[str]:
    ends = [f"touch {CANARY}", f"touch {CANARY} #", f"$(touch {CANARY})", f"`touch {CANARY}`"]
    made = [f"{indent}EOF{after}{end}" for indent in INDENT for after in BREAKS for end in (*ends, "\n" + ends[0])]
    return [*made, *(f"{one}\nEOF\n" for one in made[:40])]


def cases() -> list[tuple[str, str]]:
    contexts = itertools.product(BODIES.values(), AROUND.values(), AFTER.values(), BODY)
    templates = [
        around.format(here=here.format(after=after, body="{body}")).replace("{body}", body)
        for here, around, after, body in contexts
    ]
    every = list(itertools.product(templates, values()))
    return random.Random(7).sample(every, 30_000 if LONG else 300)  # the same ones every time


def others() -> list[tuple[str, str]]:
    templates = [around.format(here=f"{word}\n") for around in WITHIN.values() for word in WORDS]
    made = [f"{a}{b}touch {CANARY}{c}" for a, b, c in itertools.product(BEFORE, BETWEEN, BEHIND)]
    return random.Random(7).sample(list(itertools.product(templates, made)), 10_000 if LONG else 300)


def test_no_value_breaks_out_of_any_other_place(tmp_path: Path) -> None:
    """Words, quotes, assignments, patterns and comments, each alone and within each other construct."""
    tried = refused = 0
    for shell in SHELLS:
        scripts: list[str] = []
        for template, value in others():
            tried += 1
            try:
                scripts.append(fill_command(template, {"x": value}))
            except RunbookError:
                refused += 1
        run_all(shell, scripts, tmp_path)
    print(f"{tried} other cases tried, {refused} refused, 0 broke out")  # noqa: T201  # the counts are the report
    assert 0 < refused < tried / 2


def test_the_harness_sees_a_value_that_breaks_out(tmp_path: Path) -> None:
    for shell in SHELLS:
        with pytest.raises(pytest.fail.Exception, match="touch"):
            run_all(shell, ["printf %s a", f"printf %s a; touch {CANARY}"], tmp_path)
        (tmp_path / CANARY).unlink()


def test_no_value_breaks_out_of_a_here_document(tmp_path: Path) -> None:
    """The short form tries 300 of the million cases in each shell, `RUNBOOK_HOSTILE=long` 30,000."""
    tried = refused = 0
    for shell in SHELLS:
        scripts: list[str] = []
        for template, value in cases():
            if shell != ["bash"] and "<(" in template:
                continue
            tried += 1
            try:
                scripts.append(fill_command(template, {"x": value}))
            except RunbookError:
                refused += 1
        run_all(shell, scripts, tmp_path)
    print(f"{tried} cases tried, {refused} refused, 0 broke out")  # noqa: T201  # the counts are the report
    assert 0 < refused < tried


def run_all(shell: list[str], scripts: list[str], folder: Path) -> None:
    """Run many scripts in one go; where one broke out, find it."""
    for part in [scripts[at : at + 200] for at in range(0, len(scripts), 200)]:
        for place, script in enumerate(part):
            (folder / f"s{place}").write_text(script)
        loop = f"for f in s*; do {' '.join(shell)} ./$f </dev/null >/dev/null 2>&1; done"
        subprocess.run(["sh", "-c", loop], cwd=folder, check=False, timeout=600)
        if (folder / CANARY).exists():
            pytest.fail(f"{shell}: {next(one for one in part if breaks_out(shell, one, folder))!r}")
        for path in folder.glob("s*"):
            path.unlink()


def breaks_out(shell: list[str], script: str, folder: Path) -> bool:
    (folder / CANARY).unlink(missing_ok=True)
    subprocess.run([*shell, "-c", script], cwd=folder, capture_output=True, stdin=subprocess.DEVNULL, check=False)
    return (folder / CANARY).exists()
