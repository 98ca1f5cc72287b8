"""What screens that ask something of the application have in common: their acts, and the row that says the keys."""

from typing import TYPE_CHECKING, TypeVar

from textual import getters

from tui.actions import Act, called
from tui.errors import NotNow
from tui.front.front import Front
from tui.keys import BY_ID
from tui.widgets.page import Page

if TYPE_CHECKING:
    from tui.widgets.keys_row.widget import KeysRow
    from tui.widgets.offers.offer import Offer

NOT_HERE = "it cannot be done here now"
Result = TypeVar("Result")


class FrontPage(Page[Result]):
    """A screen that may ask something of the application, and says in its last row what can be pressed now."""

    ACTS = "home"
    app = getters.app(Front)
    _keys_row: "KeysRow | None" = None

    def keys_row(self) -> "KeysRow":
        """The row of keys, for the screen to put at its end."""
        from tui.widgets.keys_row.widget import KeysRow

        self._keys_row = KeysRow(self.keys_of_row)
        return self._keys_row

    def keys_of_row(self) -> "list[Offer]":
        """What the row of keys says: nothing under a dialog, nor once parts that are asked may be gone."""
        return self.offers() if self.on_top and self.whole_still else []

    def offers(self) -> "list[Offer]":
        """What can be done on this screen, and why the rest cannot."""
        from tui.widgets.offers.offer import offers_of

        return offers_of(self.ACTS, self.app.keys, self.why_not)

    def why_not(self, act: Act) -> NotNow | None:
        """Why an act of this screen is refused now; None where it can be done."""
        viewer = self.app.viewer
        if act.id.endswith(".rollback") and act.screen != "home" and viewer is not None:
            from tui.session.possible.refusals import refusal

            return refusal("rollback", viewer.situation())
        return None if self.check_action(*called(act)) else NotNow(NOT_HERE)

    def key_painted(self) -> None:
        """Do what waits until what a key changed is painted."""
        self.app.keys_first.painted()

    def show_keys(self) -> None:
        """Say in the row of keys what can be pressed by now: nothing under a dialog, which gets every key."""
        row = self._keys_row
        if row is not None and row.is_attached and row.is_mounted:
            row.look()

    def on_idle(self) -> None:
        """Look again once all that the screen was told has been done: it may have changed what can be done."""
        self.show_keys()

    async def on_keys_row_chosen(self, event: "KeysRow.Chosen") -> None:
        """Do what was clicked, as its key does."""
        await self.do_act(event.act)

    async def do_act(self, name: str) -> None:
        """Do an act of this screen, as its key does."""
        act = BY_ID[name]
        here = hasattr(self, f"action_{called(act)[0]}")
        await self.app.run_action(act.action, self if here else self.app)
