import json
from pathlib import Path

import pytest

from tests.support.machines.fake_transport import Reply
from tests.support.sessions.small_session import SmallSession
from tui.errors import UsageError
from tui.exports.registry import BUNDLE, FORMATS, form_of, render
from tui.session.outcome import Outcome
from tui.text.markdown_text import markdown_text

HOSTILE = b"\x1b]0;title\x07| <script>alert(1)</script> ![x](http://evil) ```\n\xe2\x80\xaereversed\n"


def test_a_post_mortem_starts_from_who_what_how_long_and_what_deviated(small_session: SmallSession) -> None:
    conductor, host = small_session.conductor, small_session.host
    host.replies["uptime"] = [Reply(b"nothing\n"), Reply(b"load\n")]
    small_session.do("look")
    conductor.retry("look")
    conductor.wait()
    conductor.skip("backup", "made at noon")
    conductor.note("the office lost power", "look")
    text = render(small_session.read(), "md").decode()
    assert "| Look around | ✖ failed: expected " in text
    assert "| Back up | ↷ skipped by ana: made at noon |" in text
    assert "note: the office lost power" in text
    assert "- [ ] Backup made" in text
    assert "| ana |" in text
    assert "captured tag\\_before = v1" in text


def test_hostile_output_cannot_become_markup_or_control(small_session: SmallSession) -> None:
    conductor, host = small_session.conductor, small_session.host
    host.replies["dump"] = Reply(HOSTILE, Outcome.exited(1))
    small_session.do("backup")
    conductor.note("| a cell <b>bold</b> [link](x)")
    text = render(small_session.read(), "md").decode()
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "\n````text\n" in text
    assert "\\| a cell \\<b\\>bold\\</b\\> \\[link\\](x)" in text


def test_no_export_has_a_secret(small_session: SmallSession) -> None:
    small_session.host.replies["dump"] = Reply(b"password is hunter2-secret\nbase64 aHVudGVyMi1zZWNyZXQ=\n")
    small_session.do("backup")
    for form in ("md", "html", "json"):
        document = render(small_session.read(), form).decode()
        assert "hunter2" not in document
        assert "aHVudGVyMi1zZWNyZXQ" not in document
        assert "•••" in document


def test_json_has_steps_attempts_and_events(small_session: SmallSession) -> None:
    small_session.do("look")
    document = json.loads(render(small_session.read(), "json"))
    look = document["steps"][0]
    assert (look["id"], look["status"]) == ("look", "signed")
    assert look["attempts"][0]["output"] == ["load average: 0.1"]
    assert look["attempts"][0]["outcome"]["kind"] == "succeeded"
    assert [event["seq"] for event in document["events"]] == list(range(len(document["events"])))


def test_a_session_that_is_running_is_exported_as_unfinished(small_session: SmallSession) -> None:
    assert "**◆ UNFINISHED** – ana · since " in render(small_session.read(), "md").decode()


def test_an_unknown_form_is_named(small_session: SmallSession) -> None:
    with pytest.raises(UsageError, match="no export 'pdf'"):
        render(small_session.read(), "pdf")


def test_the_form_is_what_the_files_name_ends_with() -> None:
    assert [form_of(Path(f"night.{form}")) for form in (*FORMATS, BUNDLE)] == [*FORMATS, BUNDLE]
    assert (form_of(Path("NIGHT.HTML")), form_of(Path("a.htm")), form_of(Path("a.markdown"))) == ("html", "html", "md")
    assert (form_of(None), form_of(Path("night"))) == ("md", "md")
    with pytest.raises(UsageError, match="no export ends with '.pdf'"):
        form_of(Path("night.pdf"))


def test_a_figure_with_a_point_is_no_list_in_markdown() -> None:
    assert markdown_text("9.3 s, 10 minutes planned") == "9.3 s, 10 minutes planned"
    assert (markdown_text("9. s"), markdown_text("9)"), markdown_text("9.")) == ("9\\. s", "9\\)", "9\\.")
