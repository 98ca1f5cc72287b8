"""The review of an import: each doubtful passage with its key, comments kept, left and continued later."""

import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tui.importing.imported import imported
from tui.importing.review.marked_passage import MarkedPassage
from tui.importing.review.review_edits import another, by_hand, changed, mutates, reads, step_text, text_only
from tui.importing.review.review_marks import marks_of
from tui.importing.review.reviewing import ReviewTerminal, review
from tui.runbook.reading.lint import lint_text

DOCUMENTS = Path(__file__).parents[1] / "data" / "documents"
PAGE = """# Shop

## Do

1. For Docker: restart it with `docker restart shop`.
2. Become root:
   ```
   sudo su - app
   ls
   ```
3. Never run `rm -rf /srv/shop`.
"""


def made(text: str = PAGE) -> str:
    return imported(text, "page.md").text


def terminal(keys: Sequence[str], lines: Sequence[str] = ()) -> tuple[ReviewTerminal, list[list[str]]]:
    pages: list[list[str]] = []
    pressed, written = iter(keys), iter(lines)
    return ReviewTerminal(lambda page: pages.append(list(page)), lambda: next(pressed), lambda _: next(written)), pages


def reviewed(text: str, keys: Sequence[str], lines: Sequence[str] = ()) -> tuple[str, list[list[str]], list[str]]:
    kept: list[str] = []
    shown, pages = terminal(keys, lines)
    return review(text, PAGE.split("\n"), kept.append, shown), pages, kept


def test_each_doubtful_passage_is_a_comment_in_its_step() -> None:
    text = made()
    doubts = [fate for fate in imported(PAGE, "page.md").fates if fate.doubt]
    marks = marks_of(text)
    assert len(marks) == len(doubts) > 0
    assert all(mark.step for mark in marks)
    assert lint_text(text, "runbook.toml") == lint_text(
        "\n".join(x for x in text.split("\n") if "# look" not in x), "x"
    )


@pytest.mark.parametrize("document", sorted(DOCUMENTS.glob("*.md")), ids=lambda path: path.stem)
def test_every_document_is_marked_kept_and_then_as_it_was(document: Path) -> None:
    made = imported(document.read_text(), document.name)
    marks = marks_of(made.text)
    assert len(marks) >= 1 or made.doubts == 0
    shown, pages = terminal("k" * len(marks))
    after = review(made.text, document.read_text().split("\n"), lambda text: None, shown)
    assert marks_of(after) == ()
    assert tomllib.loads(after) == tomllib.loads(made.text)
    assert len(pages) == len(marks)


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (120, 40)])
def test_a_page_has_the_document_what_became_of_it_and_the_keys_and_fits(columns: int, rows: int) -> None:
    text = made()
    for mark in marks_of(text):
        lines = MarkedPassage(text, PAGE.split("\n"), mark).page(3, "", columns, rows)
        assert len(lines) < rows
        assert max(map(len, lines)) < columns
        told = "\n".join(lines)
        assert "The document:" in told
        assert "What became of it:" in told
        assert f"{mark.start:>5}  " in told
        assert all(key in told for key in ("k  keep it as it is", "q  leave"))


def test_it_can_be_left_and_continued_later() -> None:
    first, _, kept = reviewed(made(), ["k", "q"])
    assert kept == [first]
    left = marks_of(first)
    assert len(left) == len(marks_of(made())) - 1
    second, pages, _ = reviewed(first, ["n"] * len(left))
    assert second == first, "later is not a decision"
    assert len(pages) == len(left)


def test_a_key_that_does_nothing_here_says_which_do() -> None:
    _, pages, kept = reviewed(made(), ["z", "q"])
    assert kept == []
    assert pages[1][-1].startswith("✖ one of: k, ")


ONE = """format = 2
[runbook]
title = "Shop"
default_host = "web"
[hosts.web]
target = "web"
[flows.do]
title = "Do"
kind = "change"
sections = ["do"]
[[sections]]
id = "do"
title = "Do"
[[sections.steps]]  # a remark
# look at 5: command: it is for some cases only
id = "one"
title = "One"
source = "5"
mutates = true
run = "docker restart shop"  # beside
# proposed: expect = {}
on = "web"
original = "docker restart shop"

[[sections.steps]]
id = "two"
title = "Two"
mutates = true
actions = [
    { title = "first", run = "docker stop shop" },
    # between
    { run = "docker start shop" },
]
"""


def step(text: str, name: str) -> dict[str, object]:
    found = step_text(text, name)
    assert found is not None
    return dict(found.says)


@pytest.mark.parametrize(
    ("change", "wanted", "gone"),
    [
        (by_hand, {"manual": "docker restart shop"}, ("run", "on", "mutates", "original")),
        (text_only, {"manual": "Read: One", "text": "docker restart shop"}, ("run", "mutates")),
        (reads, {"run": "docker restart shop", "reads": True}, ("mutates",)),
        (mutates, {"run": "docker restart shop", "mutates": True}, ("reads",)),
        (another("docker ps"), {"run": "docker ps", "original": "docker restart shop"}, ()),
    ],
)
def test_each_decision_changes_its_step_alone_and_keeps_comments(
    change: Callable[..., None], wanted: dict[str, object], gone: Sequence[str]
) -> None:
    after = changed(ONE, "one", 0, change)
    says = step(after, "one")
    assert wanted.items() <= says.items()
    assert not set(gone) & says.keys()
    assert step(after, "two") == step(ONE, "two")
    assert all(remark in after for remark in ("# a remark", "# proposed: expect = {}", "# between"))
    assert [one for one in lint_text(after, "x") if one.severity == "error"] == []


def test_one_action_of_several_is_changed_where_it_stands() -> None:
    after = changed(ONE, "two", 1, by_hand)
    actions = step(after, "two")["actions"]
    assert actions == [{"title": "first", "run": "docker stop shop"}, {"manual": "docker start shop"}]
    assert "    # between\n" in after


def test_an_edited_command_that_only_reads_asks_for_no_confirmation_of_its_own() -> None:
    first = changed(ONE, "one", 0, reads)
    after = changed(first, "one", 0, another("systemctl restart shop"))
    assert step(after, "one")["mutates"] is True
    assert MarkedPassage(ONE, [""] * 9, marks_of(ONE)[0]).keys == ("k", "m", "t", "r", "c", "e", "n", "q")


def test_what_would_make_the_runbook_wrong_is_not_written() -> None:
    shown, pages = terminal(["e", "q"], ["echo {{ nobody }}"])
    kept: list[str] = []
    after = review(ONE, [""] * 9, kept.append, shown)
    assert (after, kept) == (ONE, [])
    assert "nobody" in pages[1][-1]


def test_no_letter_of_a_passage_is_cut_where_there_are_rows_for_it() -> None:
    long = "docker restart " + " ".join(f"shop-{number}" for number in range(30))
    text = ONE.replace('run = "docker restart shop"', f'run = "{long}"')
    document = ["", "", "", "", f"1. For Docker: restart it with `{long}`."]
    (mark,) = marks_of(text)
    told = "".join(line.strip() for line in MarkedPassage(text, document, mark).page(1, "", 80, 40))
    assert told.replace(" ", "").count(long.replace(" ", "")) == 2
