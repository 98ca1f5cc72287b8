"""Fields keep what a terminal may be given, whatever is pasted into them, filled in or offered."""

from textual import events
from textual.app import App, ComposeResult

from tests.support.hostile.hostile import HOSTILE, foreign
from tests.tui.conftest import shown
from tui.widgets.draft import Draft
from tui.widgets.fields.line_input import LineInput, SecretInput


class Fields(App[None]):
    def compose(self) -> ComposeResult:
        yield LineInput(f"given{HOSTILE}", id="line")
        yield Draft(f"one{HOSTILE}\ntwo{HOSTILE}", id="draft")
        yield SecretInput(id="secret")


async def test_what_is_given_or_pasted_is_safe() -> None:
    app = Fields()
    async with app.run_test() as pilot:
        line, draft = app.query_one("#line", LineInput), app.query_one("#draft", Draft)
        line.suggest([f"given{HOSTILE}more"])
        for field in (line, draft):
            field.focus()
            await pilot.pause()
            field.post_message(events.Paste(f"pasted{HOSTILE}"))
            await pilot.pause()
            assert foreign(shown(app)) == []
        assert "pasted" in line.value
        assert foreign(line.value) == []
        assert "pasted" in draft.text
        assert draft.text.count("\n") == 1
        draft.load_text(HOSTILE)
        await pilot.press("ctrl+z")
        assert foreign(draft.text) == []


async def test_a_secret_is_taken_as_it_is_and_shows_as_dots() -> None:
    app = Fields()
    async with app.run_test() as pilot:
        secret = app.query_one("#secret", SecretInput)
        secret.focus()
        secret.post_message(events.Paste("pass\u00a0word\u200b"))
        await pilot.pause()
        assert secret.value == "pass\u00a0word\u200b"
        assert "pass" not in shown(app)
