"""The keys as the operator has them: the registry's own, changed by the settings, the same wherever a key is named."""

import unicodedata
from collections import defaultdict
from collections.abc import Mapping

from msgspec import Struct
from msgspec.structs import replace

from tui.actions import ACTS, BESIDE, KEY_NAMES, TITLES, Act, acts, key_sign, key_words

BY_ID = {act.id: act for act in ACTS}
LIKE_RUN = ("rollback", "trouble")
"""Screens on which a key of the run screen that was changed is changed as well."""
HELD = ("ctrl", "shift", "alt", "super", "meta", "hyper")
NAMED = frozenset(
    {"escape", "enter", "space", "tab", "backspace", "delete", "insert", "home", "end", "pageup", "pagedown"}
    | {"up", "down", "left", "right"}
    | {f"f{number}" for number in range(1, 25)}
)
WRITTEN = ("setup", "resolve", "message")
"""Screens with a field in focus: what is typed into it cannot be a key there."""
RESERVED = {"ctrl+p": "the command palette", "ctrl+q": "the end of the program"}


class Keys(Struct, frozen=True):
    """What does what: `own` are the operator's keys by the ids of actions, `screen` where they are pressed.

    `ascii` says that the terminal has no signs but those of ASCII.
    """

    own: Mapping[str, str] = {}
    screen: str = "run"
    ascii: bool = False

    def on(self, screen: str) -> "Keys":
        """The keys of a screen."""
        return replace(self, screen=screen)

    @property
    def enter(self) -> str:
        """The key that takes what is chosen, as it is shown."""
        return key_sign("enter", self.ascii)

    def sign(self, name: str, last: bool = False) -> str:
        """The key of an action of the screen, or of any where its id is given, as it is shown.

        Of several keys the first, or the `last`; empty where there is no such action.
        """
        act = BY_ID.get(name if "." in name else f"{self.screen}.{name}")
        every = self.all_of(act).split(",") if act else [""]
        return key_sign(every[-1 if last else 0], self.ascii)

    def all_of(self, act: Act) -> str:
        """Every key of an action, as the settings write them."""
        return self.own.get(act.id, act.key)


def read_keys(given: Mapping[str, str]) -> tuple[Keys, list[str]]:
    """The keys with those of the settings, and one line for each of these that cannot be; that action keeps its own."""
    if not given:
        return Keys(), []
    own: dict[str, str] = {}
    wrong: list[str] = []
    for name, key in given.items():
        named = ",".join(_named(one) for one in key.split(","))
        if name not in BY_ID:
            continue
        bad = next((one for one in named.split(",") if not _is_key(one)), "")
        held = next((one for one in named.split(",") if one in RESERVED), "")
        typed = next((one for one in named.split(",") if BY_ID[name].screen in WRITTEN and _prints(one)), "")
        if bad or held or typed:
            why = f"{key_words(held)} is {RESERVED[held]}" if held else f"{key!r} is not a key"
            why = f"{key_words(typed)} is typed into a field there" if typed and not bad else why
            wrong.append(f"keys.{name}: {why}; {BY_ID[name].label} keeps {key_words(BY_ID[name].key)}")
        else:
            own[name] = named
    own = _inherited(own)
    while taken := _taken(own):
        for name, (key, other) in taken.items():
            del own[name]
            keeps = f"{BY_ID[name].label} keeps {key_words(BY_ID[name].key)}"
            wrong.append(f"keys.{name}: {key_words(key)} is {other} already; {keeps}")
    return Keys(own), wrong


def _inherited(own: Mapping[str, str]) -> dict[str, str]:
    """The keys, with those of the run screen where another has the same action by the same key."""
    found = dict(own)
    if "app.help" in own:
        found.setdefault("dialog.help", own["app.help"])
    for screen in LIKE_RUN:
        for act in acts(screen):
            run = BY_ID.get(f"run.{_does(act.id)}")
            if run is not None and run.key == act.key and run.id in own:
                found.setdefault(act.id, own[run.id])
    return found


def _taken(own: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """The changed keys that another action has where they are heard: the key, and the other's id."""
    found: dict[str, tuple[str, str]] = {}
    for screen in TITLES:
        heard: dict[str, list[str]] = defaultdict(list)
        for act in (*acts(screen), *(one for beside in BESIDE.get(screen, ()) for one in acts(beside)), *acts("app")):
            for key in own.get(act.id, act.key).split(","):
                if act.id not in heard[key]:
                    heard[key].append(act.id)
        for key, names in heard.items():
            for name in names:
                other = next((one for one in names if _does(one) != _does(name)), "")
                if other and name in own:
                    found.setdefault(name, (key, other))
    return found


def _does(name: str) -> str:
    """What an action is called on every screen that has it."""
    return name.partition(".")[2]


def _named(key: str) -> str:
    """A key by the name it is bound by: ? is question_mark, F7 is f7, ^r is ctrl+r; a capital letter stays one."""
    written = key.strip()
    if len(written) > 1 and written[0] == "^":
        return f"ctrl+{_named(written[1:])}"
    if len(written) == 1:
        return next((name for name, sign in KEY_NAMES.items() if sign == written), written)
    held, plus, last = written.rpartition("+")
    last = last if len(last) == 1 else last.lower()
    return f"{held.lower()}{plus}{last}"


def _prints(key: str) -> bool:
    """Whether a key writes a character into a field."""
    return "+" not in key and (key == "space" or key not in NAMED)


def _is_key(key: str) -> bool:
    """Whether a terminal can send such a key."""
    *held, last = key.split("+")
    if not all(one in HELD for one in held) or not last:
        return False
    if len(last) == 1 or last in NAMED or last in KEY_NAMES:
        return True
    try:
        return bool(unicodedata.lookup(last.replace("_", " ")))
    except KeyError:
        return False
