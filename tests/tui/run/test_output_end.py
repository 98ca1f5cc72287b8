"""The end of an output that its pane cannot hold."""

from pathlib import Path

from tests.tui.conftest import until
from tests.tui.run.test_output_view import Nothing, Shown, text, writer
from tui.session.output.output import OutputReader
from tui.transports.base import Stream
from tui.widgets.output.view import OutputView


async def test_of_a_last_line_that_no_pane_holds_the_beginning_is_shown_once_nothing_more_comes(tmp_path: Path) -> None:
    out = writer(tmp_path)
    out.write(Stream.OUT, b"fine\n")
    out.write(Stream.ERR, b"PermissionError: " + b"".join(b"%04d " % number for number in range(200)) + b"\n")
    app = Shown()
    async with app.run_test(size=(62, 10)) as pilot:
        view = app.query_one(OutputView)
        view.show(OutputReader(tmp_path, 1, out, Nothing()))
        view.wrapped = True
        await until(pilot, lambda: text(view)[-1].endswith("0199"))  # it runs: its end is followed
        out.close()
        view.settle(OutputReader(tmp_path, 1, out, Nothing()))
        await until(pilot, lambda: "PermissionError: 0000" in text(view)[0])
        assert view.sight.below == 1
