"""Set-up: who, which method, which values, why now, and whether every host and secret is within reach."""

from collections.abc import Iterable, Mapping
from functools import partial
from typing import ClassVar

from textual import getters, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.reactive import reactive
from textual.widget import Widget
from textual.widgets import Button, Input, RadioSet

from tui.actions import bindings
from tui.errors import RunbookError
from tui.execution.beginning.offered_values import OfferedValues
from tui.execution.here import found_here
from tui.execution.preflight import Finding, RowVerdict
from tui.execution.workspace import Setup
from tui.front.front_page import FrontPage
from tui.runbook.described.environments_told import environment_words
from tui.runbook.groups.members import group_of
from tui.screens.setup import form
from tui.screens.setup.fields import ChoiceInput, Environments, FormEntry, Hinted, Methods
from tui.text.block import block, pieces, styled
from tui.widgets.head.mode import clock_line
from tui.widgets.head.top_line import TopLine
from tui.widgets.painting import entitle
from tui.widgets.said import Press
from tui.widgets.words import Words

Rows = dict[form.Key, Finding]
TICK = 0.5
FRAME = 2
"""Rows of a frame itself."""


class SetupScreen(FrontPage[None]):
    """Begins a session of `flow` once nothing is missing."""

    ACTS = "setup"
    AUTO_FOCUS = ""
    CSS_PATH = "setup.tcss"
    BINDINGS: ClassVar[list[BindingType]] = bindings("setup")
    HORIZONTAL_BREAKPOINTS = [(0, "narrow"), (150, "wide")]
    VERTICAL_BREAKPOINTS = [(0, "low"), (32, "tall")]

    rows: reactive[Rows] = reactive(dict, init=False, repaint=False)

    top = getters.query_one(TopLine)
    environment_field = getters.query_one("#environment", Widget)
    operator = getters.query_one("#operator", ChoiceInput)
    verdict = getters.query_one("#verdict", Words)
    row_words = getters.query_one("#rows", Words)
    scroll = getters.query_one("#rows-scroll", VerticalScroll)
    columns = getters.query_one("#columns", Horizontal)
    filled = getters.query_one("#form", VerticalScroll)
    reach = getters.query_one("#reach", Vertical)
    override = getters.query_one("#override-entry", FormEntry)

    def __init__(self, flow: str) -> None:
        super().__init__()
        self.flow = flow
        self._run = 0
        self._checking = True
        self._tried = False
        self._by: object = None
        """What the verdict of the last tick followed from."""
        self._arrived: Rows = {}
        """What was found and is not told yet."""
        self.entries: list[FormEntry] = []
        """All fields, in order: kept, as they are asked with every letter."""
        self._environments: Environments | None = None
        self._methods: Methods | None = None
        self._left: Input | None = None
        """The field that has the focus again once everything was reached."""

    def compose(self) -> ComposeResult:
        app = self.app
        flow = app.workspace.runbook.flows[self.flow]
        yield TopLine(f"Set-up · {flow.title}", app.mode)
        with Horizontal(id="columns"):
            with VerticalScroll(id="form", can_focus=False) as filled:
                filled.border_title = pieces(("1 ", "$soft"), ("Who, what, when", "bold"))
                yield from self._form()
            with Vertical(id="reach"):
                yield VerticalScroll(Words(id="rows"), id="rows-scroll")
        yield Words(id="verdict")
        yield self.keys_row()

    def _form(self) -> Iterable[Widget]:
        app = self.app
        workspace = app.workspace
        flow = workspace.runbook.flows[self.flow]
        given = app.given or Setup(flow=self.flow, operator=app.operator)
        if workspace.environments:
            told = environment_words(workspace.written)
            self._environments = Environments(workspace.environments, told, workspace.environment)
            yield self._environments
        yield from map(self._entry, form.people(given.operator or app.operator))
        if flow.methods:
            self._methods = Methods([(name, workspace.runbook.methods[name]) for name in flow.methods], given.method)
            yield self._methods
        yield from map(self._entry, self._values())
        yield from map(self._entry, form.references(workspace, self.flow, given))
        override = self._entry(
            form.FormField(
                id="override", prompt="reason", above="The preflight failed: why begin anyway? It is recorded"
            )
        )
        override.display = False
        yield override
        yield Press(block("Begin"), id="begin")

    def _entry(self, field: form.FormField) -> FormEntry:
        entry = FormEntry(field)
        self.entries.append(entry)
        return entry

    def _values(self) -> list[form.FormField]:
        """The fields of the runbook's variables, with what holds where the hosts are."""
        app = self.app
        here, given = app.workspace.here, app.given.variables if app.given else {}
        return form.values(app.workspace, self.flow, {**here.settings, **here.pointed, **given})

    def on_mount(self) -> None:
        if not self._decided:
            self.set_focus(self.environment_field, scroll_visible=False)
        self.action_preflight()
        self._tick()
        self.set_interval(TICK, self._tick)
        self._fetch_all_choices()

    @property
    def _decided(self) -> bool:
        """Whether it is known where the hosts are."""
        return bool(self.app.workspace.environment) or not self.app.workspace.environments

    # what was filled in

    def given(self) -> dict[str, str]:
        """What every field holds now."""
        return {entry.field.id: entry.value for entry in self.entries}

    def _seen(self) -> dict[str, str]:
        """What the fields hold that are in sight."""
        return {entry.field.id: entry.value for entry in self.entries if entry.display}

    def method(self) -> str:
        """The chosen method, empty where the flow has none."""
        return self._methods.value if self._methods is not None else ""

    def setup(self) -> Setup:
        """The set-up as it stands."""
        return form.setup_of(self.app.workspace, self.flow, self.method(), self.given())

    def _problems(self) -> dict[str, str]:
        return form.problems(self.app.workspace, self.setup(), self.given(), self.rows, self._checking)

    def _meaning(self) -> str:
        method = self.method()
        return form.meaning(self.app.workspace, self.flow, method, self.rows, self.app.usual_planned(self.flow, method))

    def _judge(self) -> None:
        """Show what is missing: always in one line, and beside the fields once the operator tried to begin."""
        wrong = self._problems()
        self._say_verdict(wrong)
        self.filled.border_subtitle = block(form.filled(self._seen(), bool(self.method())))
        if self._environments is not None:
            self._environments.problem(wrong.get("environment", "") if self._tried else "")
        for entry in self.entries:
            touched = self._tried or bool(entry.value) and entry.value != entry.field.value
            entry.problem(wrong.get(entry.field.id, "") if touched else "")

    def _say_verdict(self, wrong: Mapping[str, str]) -> None:
        width = self.verdict.content_size.width
        line = form.verdict_line(self.rows, wrong, self.app.keys.sign("setup.begin"), self._meaning(), width)
        self.verdict.say(styled([line]))

    def _tick(self) -> None:
        """Say the time, and by its minutes when the session would end; what is filled in or found is said at once."""
        now, method = self.app.workspace.clock.now(), self.method()
        self.top.tell(clock_line(now, self.app.size.width))
        by = f"{now:%d %H:%M}", method, self._checking, self.rows, self.app.usual_planned(self.flow, method)
        if by != self._by:
            self._by = by
            self._say_verdict(self._problems())

    @on(Input.Changed)
    def _typed(self) -> None:
        self._judge()

    @on(Input.Submitted)
    def _entered(self) -> None:
        self.focus_next()

    @on(RadioSet.Changed, "#method")
    def _method_changed(self) -> None:
        self.action_preflight()

    @on(RadioSet.Changed, "#environment")
    def _environment_changed(self) -> None:
        """Have the hosts and values of the environment that was chosen: in the line on top and the fields as well."""
        app, chosen = self.app, self.query_one(Environments).value
        if chosen == app.workspace.environment:
            return
        app.workspace.enter(chosen)
        self.top.change(app.mode)
        fields = {one.id: one for one in self._values()}
        entries = [entry for entry in self.entries if entry.field.id.startswith(form.variable_id(""))]
        if {entry.field.id for entry in entries} != fields.keys():
            self._run += 1
            app.switch_screen(SetupScreen(self.flow))
            return
        for entry in entries:
            entry.renew(fields[entry.field.id])
        self.override.input.value = ""  # it was of the hosts there
        self.rows = {}
        self.action_preflight()
        self._fetch_all_choices()

    # what is within reach

    def action_preflight(self) -> None:
        """Reach every host and secret that the set-up needs as it stands; an older run is not heard any more."""
        self._run += 1
        self._arrived = {}
        self._checking = True
        run = self._run
        if isinstance(self.focused, Input):
            self._left = self.focused
            self.set_focus(None)  # what is typed now may be for a question that comes in a moment
        self.rows = {key: row for key, row in self.rows.items() if key[0] == "secret" and row.verdict is RowVerdict.OK}
        app, setup = self.app, self.setup()
        if not self._decided:
            self._checking = False
            self._say_rows()
            self._judge()
            return

        def report(row: Finding) -> None:
            self.call_later(self._found, run, row)

        def failed(error: RunbookError) -> None:
            row = Finding(
                name="itself", kind="preflight", verdict=RowVerdict.FAILED, detail=error.message, hint=error.hint
            )
            self._finished(run, (row,))

        def reach() -> tuple[Finding, ...]:
            here = found_here(app.workspace, setup.flow)
            for row in here:
                report(row)
            return (*here, *app.workspace.preflight(setup, report, app.ask_secret))

        app.work(self, reach, partial(self._finished, run), failed)

    def _found(self, run: int, row: Finding) -> None:
        """Tell what was found once everything that came with it is known: of a group's hosts there are hundreds."""
        if run != self._run:
            return
        if not self._arrived:
            self.call_after_refresh(self._tell_arrived)
        self._arrived[(row.kind, row.name)] = row

    def _tell_arrived(self) -> None:
        arrived, self._arrived = self._arrived, {}
        self.rows = {**self.rows, **arrived}

    def _finished(self, run: int, rows: tuple[Finding, ...]) -> None:
        if run != self._run:
            return
        self._checking = False
        if self.focused is None:
            self.set_focus(self._left or self.operator, scroll_visible=False)
        nothing = Finding(name="nothing to reach", kind="flow", verdict=RowVerdict.OK)
        arrived, self._arrived = self._arrived, {}
        found = {(row.kind, row.name): row for row in rows} | self.rows | arrived
        self.rows = found or {("flow", ""): nothing}
        self._judge()
        app, setup = self.app, self.setup()
        app.work(self, lambda: app.workspace.found_out(setup), partial(self._fill_in, setup.environment))

    def _fill_in(self, environment: str, found: dict[str, str]) -> None:
        """Offer what the hosts said, where nothing has been written meanwhile."""
        if environment != self.app.workspace.environment:
            return
        for name, value in found.items():
            self.query_one(f"#{form.variable_id(name)}-entry", FormEntry).fill(value)

    def watch_rows(self, rows: Rows) -> None:
        self._say_rows()
        failed = any(row.verdict is RowVerdict.FAILED for row in rows.values())
        self.override.display = failed
        self._judge()

    def _say_rows(self) -> None:
        """The preflight; each fingerprint is whole while the rows have the focus."""
        width = self.scroll.scrollable_content_region.width
        whole = self.scroll.has_focus
        told = self.rows.values() if whole else form.folded(self.rows.values(), group_of(self.app.workspace.runbook))
        rows = form.row_lines(told, whole, width)
        self._share_height(len(rows))
        self.row_words.say(
            styled(rows if self._decided else [[("No host is reached before the environment is chosen.", "")]])
        )
        again = block(f"{self.app.keys.sign('setup.preflight')} checks again")
        entitle(self.reach, styled([form.preflight_title(self.rows)]), again)

    def _share_height(self, rows: int) -> None:
        """Give the preflight below the fields the rows that it has, up to half of the screen; they have the others."""
        whole = self.columns.size.height
        self.filled.styles.max_height = (
            max((whole + 1) // 2, whole - rows - FRAME) if self.has_class("narrow") else None
        )

    def on_resize(self) -> None:
        self.call_after_refresh(self._say_rows)
        self.call_after_refresh(self._judge)
        for hinted in self.query(Hinted):
            hinted.call_after_refresh(hinted.tell_again)

    def on_descendant_focus(self) -> None:
        self._say_rows()

    def on_descendant_blur(self) -> None:
        self._say_rows()

    def _fetch_all_choices(self) -> None:
        workspace = self.app.workspace
        if not self._decided:
            return
        for name, variable in workspace.variables(self.flow).items():
            if variable.choices_from:
                self._fetch_choices(name)

    def _fetch_choices(self, name: str) -> None:
        app = self.app
        workspace = app.workspace
        here, given = workspace.here, workspace.values(self.setup())
        offered = OfferedValues(here.runbook, here.transports, workspace.secrets, workspace.clock)

        def ask() -> tuple[str, ...]:
            return offered.choices(name, given)

        def offer(choices: tuple[str, ...]) -> None:
            if here is workspace.here:
                self.query_one(f"#{form.variable_id(name)}-entry", FormEntry).offer(choices)

        app.work(self, ask, offer)

    # what next

    @on(Button.Pressed, "#begin")
    def action_begin(self) -> None:
        """Begin, or show what is missing and go there."""
        self._tried = True
        wrong = self._problems()
        self._judge()
        if not wrong:
            self.app.begin(self.setup())
            return
        first = next(iter(wrong))
        asked = next((entry for entry in self.entries if entry.field.id == first), None)
        if first == "environment":
            self.set_focus(self.environment_field)
        elif asked is not None:
            asked.focus_input()  # what is wrong stands below it
        else:
            self.app.say(wrong[first], warning=True)

    def action_back(self) -> None:
        self._run += 1
        self.app.workspace.enter(self.app.workspace.chosen)
        self.dismiss(None)
