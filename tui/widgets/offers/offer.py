"""What can be done on a screen and what cannot, each with its key, its words and the reason why not."""

from collections.abc import Callable, Iterable
from enum import IntEnum

from msgspec import Struct
from msgspec.structs import replace

from tui.actions import Act, acts
from tui.errors import NotNow
from tui.keys import Keys

ROLLBACK = "rollback"
HELP = "help"
LEAVING = ("back", "leave", "no", "close", "home")
"""What leaves a screen stands behind what is done on it."""


class Rank(IntEnum):
    """How near something is: what comes next, what else is done to the step, what is looked at, and the rest."""

    NEXT = 0
    BESIDE = 1
    LOOK = 2
    ROLLBACK = 3
    LEAVE = 4
    HELP = 5
    ELSE = 6


class Offer(Struct, frozen=True, kw_only=True):
    """Something that can be done, or why it cannot (`why_not`, `instead`).

    `act` is its id, `key` what is pressed, `verb` what it does in a word or two, `words` in a sentence, `consequence`
    what follows from it now. `danger` has what makes production go back.
    """

    act: str
    key: str
    verb: str
    words: str
    action: str
    consequence: str = ""
    rank: Rank = Rank.ELSE
    danger: bool = False
    why_not: str = ""
    instead: str = ""

    @property
    def name(self) -> str:
        """The act without its screen."""
        return self.act.partition(".")[2]

    @property
    def possible(self) -> bool:
        """Whether it can be done now."""
        return not self.why_not


def offer_of(act: Act, keys: Keys, rank: Rank, refused: NotNow | None = None) -> Offer:
    """An act of the registry, with the operator's key for it."""
    danger = act.id.endswith(f".{ROLLBACK}") and not act.id.startswith("home.")
    return Offer(
        act=act.id,
        key=keys.sign(act.id),
        verb=act.label.upper() if danger else act.label[:1].lower() + act.label[1:],
        words=act.help,
        action=act.action,
        rank=rank,
        danger=danger,
        why_not=refused.message if refused else "",
        instead=refused.hint if refused else "",
    )


def offers_of(screen: str, keys: Keys, refused: Callable[[Act], NotNow | None]) -> list[Offer]:
    """What a screen that shows no step offers: its acts in their order, then the help."""
    found = [offer_of(act, keys, _rank(act), refused(act)) for act in acts(screen)]
    return [*sorted(found, key=lambda one: one.rank), help_offer(keys)]


def help_offer(keys: Keys, written: bool = False) -> Offer:
    """The list of every key; `written` where a text is written, so that `?` is typed."""
    *_, act = acts("app")
    offer = offer_of(act, keys, Rank.HELP)
    return replace(offer, verb="keys", key=keys.sign(act.id, last=written))


def now(offers: Iterable[Offer]) -> list[Offer]:
    """What can be done now and is worth a place on the screen, in its order."""
    found = [one for one in offers if one.possible and one.rank is not Rank.ELSE and one.key]
    return sorted(found, key=lambda one: one.rank)


def _rank(act: Act) -> Rank:
    name = act.id.partition(".")[2]
    if not act.show:
        return Rank.ELSE
    if name == ROLLBACK and act.screen != "home":
        return Rank.ROLLBACK
    if act.screen == "replay" and name != "leave":
        return Rank.BESIDE
    return Rank.LEAVE if name in LEAVING else Rank.BESIDE
