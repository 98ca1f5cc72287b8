"""What tests and tools use of pytest, Hypothesis and Textual beside their documented interfaces.

Where one of them changes, the tools do without it and say nothing: a run takes longer, or proves less. Here it fails,
in words. What the program itself uses is in `test_private_interfaces.py`, and is not repeated here.
"""

import asyncio
import inspect
import re
from importlib.metadata import version
from pathlib import Path
from re import _parser  # type: ignore[attr-defined]  # re's own reading of a pattern; typeshed leaves it out

import paramiko
import pytest
import pytest_timeout
from _pytest import terminal
from _pytest.assertion import AssertionState, rewrite
from _pytest.capture import CaptureManager
from _pytest.config import _prepareconfig
from hypothesis.internal import charmap
from hypothesis.internal.conjecture import providers
from packaging.requirements import Requirement
from textual import _callback, events
from textual._compositor import Compositor, CompositorUpdate
from textual._context import active_app, visible_screen_stack
from textual._xterm_parser import XTermParser
from textual.app import App
from textual.cache import FIFOCache
from textual.css.styles import Styles
from textual.css.stylesheet import Stylesheet
from textual.dom import DOMNode
from textual.message_pump import MessagePump
from textual.pilot import Pilot
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets._toast import ToastRack

from tests.house.test_packaging import PROJECT
from tests.house.test_private_interfaces import has, takes
from tests.support.screens.sparing import count_anew, look_up, make_whole

ROOT = Path(__file__).parents[2]
CAPPED = ("hypothesis", "pytest", "pytest-timeout")


def test_what_pytest_keeps_of_rewritten_asserts() -> None:
    where = "tools/rewritten.py"
    takes("pytest", AssertionState.__init__, "self config mode", where)
    takes("pytest", rewrite._read_pyc, "source pyc trace", where)
    takes("pytest", rewrite._rewrite_test, "fn config", where)
    takes("pytest", rewrite._write_pyc, "state co source_stat pyc", where)
    takes("pytest", rewrite.get_cache_dir, "file_path", where)
    takes("pytest", rewrite.try_makedirs, "cache_dir", where)
    takes("pytest", _prepareconfig, "args", where)
    takes("pytest", rewrite.traverse_node, "node", where)
    used = inspect.getsource(rewrite.AssertionRewriter).count("traverse_node(")
    assert used, f"pytest {version('pytest')}: traverse_node is asked no more; see {where}"
    assert rewrite.PYC_TAIL.endswith(".pyc"), f"pytest {version('pytest')}: {rewrite.PYC_TAIL}; see {where}"


def test_how_pytest_writes_captures_and_gives_folders(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> None:
    where = "tests/support/harness/forked_processes.py"
    has("pytest", tmp_path_factory, "_basetemp getbasetemp mktemp", where)
    has("pytest", request.config, "_tmp_path_factory", where)
    has("pytest", CaptureManager, "stop_global_capturing start_global_capturing suspend_global_capture", where)
    made = inspect.getsource(terminal.TerminalReporter.__init__)
    assert "self._tw" in made, f"pytest {version('pytest')}: its reporter has no _tw; see {where}"
    takes("pytest-timeout", pytest_timeout.timeout_sigalrm, "item settings", "tests/support/harness/hung.py")


def test_what_hypothesis_reads_and_keeps() -> None:
    where = "tests/support/harness/examples.py: few_examples"
    has("hypothesis", providers, "is_local_module_file", where)
    used = inspect.getsource(providers).count("is_local_module_file(")
    assert used, f"hypothesis {version('hypothesis')}: is_local_module_file is asked no more; see {where}"
    takes("hypothesis", charmap.intervals_from_codec, "codec_name", "tools/rewritten.py: know_characters")


def test_what_textual_works_out_of_style_sheets() -> None:
    where = "tests/support/screens/parsed_sheets.py"
    takes("textual", Stylesheet._parse_rules, "self css read_from is_default_rules tie_breaker scope", where)
    takes("textual", Stylesheet.apply, "self node animate cache", where)
    takes("textual", Stylesheet._process_component_classes, "self node", where)
    has("textual", Stylesheet(), "_parse_cache _variables rules_map replace_rules", where)
    flags = "_has_hover_style _has_focus_within _has_order_style _has_odd_or_even"
    has("textual", DOMNode(), f"_id _classes _selector_names _parent _css_styles _component_styles {flags}", where)
    for name in ("mouse_hover", "has_focus", "disabled"):
        kept = getattr(Widget, name).internal_name
        assert kept == f"_reactive_{name}", (
            f"textual {version('textual')}: {name} lies in {kept}; see STATES in {where}"
        )
    has("textual", Styles(), "_rules", "tests/tui/looks/test_sheet.py")


def test_what_textual_makes_for_each_line_and_message() -> None:
    where = "tests/support/screens/sparing.py"
    takes("textual", make_whole, "self segments cell_length", where)  # as Textual has them: a test before may spare
    takes("textual", count_anew, "func", where)
    takes("textual", look_up, "self method_name message", where)
    has("textual", Strip, "_segments _cell_length _render_cache _link_ids _cell_count", where)
    has("textual", MessagePump, "_decorated_handlers _get_dispatch_methods", where)
    has("textual", _callback, "_count_parameters", where)
    has("textual", events.Idle(), "_no_default_action", where)
    has("textual", FIFOCache(1), "_maxsize", where)


async def waits_for_messages() -> None:
    pump, where = MessagePump(), "tests/support/screens/settled.py: _waits"
    has("textual", pump, "_message_queue _is_mounted _next_callbacks _closing _closed _pending_message", where)
    has("textual", pump._message_queue, "empty ready_event", where)
    has("textual", pump._message_queue.ready_event, "_waiters", where)


def test_when_textual_has_taken_what_it_was_sent() -> None:
    asyncio.run(waits_for_messages())
    where = "tests/support/screens/settled.py, mashed.py"
    takes("textual", Screen._on_timer_update, "self", where)
    takes("textual", Screen._refresh_layout, "self size", "tests/support/screens/layouts.py")
    has("textual", App(), "_driver _screen_stack _notifications _exception", where)
    takes("textual", Pilot._wait_for_screen, "self", "tests/support/hostile/mashed.py")
    takes("textual", Pilot._post_mouse_events, "self events widget offset button", "tests/tui/run/test_panes.py")
    takes("textual", XTermParser.__init__, "self debug", "tests/support/sessions/episodes.py, one_read.py")
    has("textual", Widget(), "_detach", "tests/tui/screens/test_removed_screens.py")
    has("textual", Screen, "_merge_bindings", "tests/tui/keys/test_keys.py")
    has("textual", Screen, "_update_timer", "tests/tui/keys/test_work_for_a_key.py")
    has("textual", Strip([]), "_segments", "tests/tui/run/test_output_view.py")
    takes("textual", Compositor.render_update, "self full screen_stack simplify", "tests/tui/looks/test_idle.py")
    for kind in (ToastRack, CompositorUpdate, active_app.__class__, visible_screen_stack.__class__):
        assert inspect.isclass(kind)


def test_what_re_makes_of_a_pattern() -> None:
    """The standard library's own reading: another Python may have another one."""
    where = "tui/drill/made_up/matching.py"
    assert list(inspect.signature(_parser.parse).parameters)[:2] == ["str", "flags"], f"see {where}"
    parts = _parser.parse("(a|b)[0-9]+", re.MULTILINE)
    assert [str(kind) for kind, _ in parts] == ["SUBPATTERN", "MAX_REPEAT"], f"re reads patterns otherwise; see {where}"


def test_what_paramiko_sends_at_the_end() -> None:
    has("paramiko", paramiko.Channel, "_send_eof", "tests/transports/ssh/test_channels.py")


@pytest.mark.parametrize("library", CAPPED)
def test_a_library_used_by_its_private_interface_is_capped(library: str) -> None:
    named = (Requirement(text) for text in PROJECT["dependency-groups"]["dev"] if isinstance(text, str))
    [wanted] = [one for one in named if one.name == library]
    above = next((one.version for one in wanted.specifier if one.operator == "<"), "")
    assert above, f"{library} has no upper bound in pyproject.toml"
    assert int(above.partition(".")[0]) == int(version(library).partition(".")[0]) + 1


OURS = ("tests", "tools", "bench", "tui")
PUBLIC = {"_replace", "_name", "_value", "_fields", "_asdict"}
"""Names of named tuples and enums that begin so and are documented."""


DEFINED = re.compile(r"(?:\b(?:def|class) |\bself\.|[,(] ?|\n *)(_[A-Za-z]\w*)(?=[(\[:,]| [+|-]?= |\) = )")
NAMED = re.compile(r"(?<=\.)_[a-z]\w*\b(?! import)")
IMPORTED = re.compile(r"^ *from ((?!(?:tests|tools|bench|tui)\b)[\w.]+) import \(?([\w, ]+)", re.MULTILINE)


def private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__") and name not in PUBLIC


def used() -> tuple[dict[str, str], dict[str, str]]:
    """Private names that tests, tools and bench use and nobody here defines; private modules that are imported."""
    own, names, imported = set[str](), dict[str, str](), dict[str, str]()
    for path in (path for folder in OURS for path in sorted((ROOT / folder).rglob("*.py")) if path != Path(__file__)):
        text, file = path.read_text(encoding="utf-8"), str(path.relative_to(ROOT))
        own |= {path.stem, *DEFINED.findall(text)}
        if not file.startswith("tui/"):  # the program's have their own test
            names |= {name: file for name in NAMED.findall(text) if private(name)}
        for module, given in IMPORTED.findall(text):
            known = [name.strip() for name in given.split(",")]
            if any(private(part) or part == "internal" for part in (*module.split("."), *known)):
                imported |= {name.partition(" ")[0]: file for name in known if name}
    return {name: file for name, file in names.items() if name not in own}, imported


def test_every_private_name_and_module_has_its_contract() -> None:
    names, imported = used()
    assert {"_tmp_path_factory", "_next_callbacks"} <= names.keys()
    assert {"_read_pyc", "ToastRack", "ChopsUpdate"} <= imported.keys()
    told = Path(__file__).read_text() + (ROOT / "tests/house/test_private_interfaces.py").read_text()
    assert {name: file for name, file in (names | imported).items() if not re.search(rf"\b{name}\b", told)} == {}
