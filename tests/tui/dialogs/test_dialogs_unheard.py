"""No dialog is answered by what was typed before it was seen, whichever it is and whatever opened it."""

from pathlib import Path

from textual.widgets import Input, TextArea

from tests.support.harness.one_read import one_read, paste
from tests.support.hostile.mashed import Ground
from tests.support.sessions.episodes import dialogs
from tests.tui.conftest import until
from tui.dialogs.base import Dialog

EARLY = ("y1 hunter2\t \r\r", paste("hunter2"), "\r")
"""A password and Enter, and whatever else a hand may do that does not look."""


def written(dialog: Dialog[object]) -> list[str]:
    """What stands in its fields."""
    fields = [field.value for field in dialog.query(Input)]
    return [*fields, *(area.text for area in dialog.query(TextArea))]


async def test_what_was_typed_before_a_dialog_is_heard_answers_none_and_stands_in_none(tmp_path: Path) -> None:
    ground, tried = Ground(tmp_path), 0
    async with ground.opened():
        for make in dialogs(ground):
            dialog, before = make(), len(ground.app.screen_stack)
            ground.app.push_screen(dialog)
            one_read(ground.app, *EARLY)  # before it is there
            await until(ground.pilot, lambda dialog=dialog: ground.app.screen is dialog and ground.app.painted)  # type: ignore[misc]  # mypy knows no lambda's defaults
            fields = written(dialog)
            one_read(ground.app, *EARLY)  # before it is heard
            await until(ground.pilot, lambda dialog=dialog: dialog.armed)  # type: ignore[misc]  # mypy knows no lambda's defaults
            assert ground.app.screen is dialog, make
            assert written(dialog) == fields
            assert not any("hunter2" in text for text in fields)
            ground.app.pop_screen()
            await ground.calm()
            assert len(ground.app.screen_stack) == before
            tried += 1
        ground.app.exit()
    assert tried > 15
