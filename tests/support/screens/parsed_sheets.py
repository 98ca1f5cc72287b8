"""The style sheets of all applications of a run, parsed and worked out once: each application does it for itself.

What the rules of a sheet come to for a widget is worked out once for each place of a tree, too; and as an application
has another sheet with each screen it shows, once for all sheets that have the same rules for such a widget.
"""

from typing import Any

from msgspec import Struct
from textual.css.model import RuleSet
from textual.css.styles import RulesMap
from textual.css.stylesheet import Stylesheet
from textual.css.tokenize import tokenize_values
from textual.css.tokenizer import Token
from textual.dom import DOMNode
from textual.widget import Widget

parse_rules, apply, tokenize = Stylesheet._parse_rules, Stylesheet.apply, tokenize_values
_tokens: dict[tuple[tuple[str, str], ...], dict[str, list[Token]]] = {}
_parsed: dict[tuple[Any, ...], list[RuleSet]] = {}
FLAGS = ("_has_hover_style", "_has_focus_within", "_has_order_style", "_has_odd_or_even")
"""What Textual notes at a widget of the rules that may ever concern it."""
STATES = ("_reactive_mouse_hover", "_reactive_has_focus", "_reactive_disabled", "can_focus")
"""What a rule may ask of a widget beside its names; read as it lies there, as reading it otherwise takes longer."""
Place = tuple[object, ...]


class WorkedOut(Struct, frozen=True, eq=False):
    """What the rules come to in one place: the look, and Textual's notes (`FLAGS`)."""

    look: RulesMap
    flags: tuple[bool, ...]


Named = tuple[object, ...]
"""What a rule may name a widget by: its class, its id and its classes."""
ByPlace = dict[Place, WorkedOut]
_worked_out: dict[tuple[int, ...], tuple[list[RuleSet], ByPlace]] = {}
"""By the rules that name a widget, which are kept here so that no others are ever taken for them, and by the place."""
_of_sheets: dict[tuple[int, ...], tuple[list[RuleSet], dict[Named, ByPlace]]] = {}
"""By all the rules of a sheet, kept too, and by what names a widget."""


def tokens(values: dict[str, str]) -> dict[str, list[Token]]:
    """What the variables of a sheet come to, in place of `tokenize_values`."""
    key = tuple(values.items())
    if key not in _tokens:
        _tokens[key] = tokenize(values)
    return _tokens[key]


def parsed(
    self: Stylesheet, css: str, read_from: Any, is_default_rules: bool = False, tie_breaker: int = 0, scope: str = ""
) -> list[RuleSet]:
    """The rules of a sheet, in place of `_parse_rules`."""
    key = (css, read_from, is_default_rules, tie_breaker, scope)
    if key not in self._parse_cache:
        anywhere = (key, *self._variables.items())
        if anywhere not in _parsed:
            _parsed[anywhere] = parse_rules(self, *key)
        self._parse_cache[key] = _parsed[anywhere]
    return self._parse_cache[key]


def applied(
    self: Stylesheet, node: DOMNode, *, animate: bool = False, cache: dict[tuple[Any, ...], RulesMap] | None = None
) -> None:
    """Give a widget its look, in place of `apply`; `cache`, which is for one walk through the tree, is not needed."""
    by_place, place = known_of(self, node), place_of(node)
    known = by_place.get(place)
    if known is None:
        found: dict[tuple[Any, ...], RulesMap] = {}
        apply(self, node, animate=animate, cache=found)
        for look in found.values():  # none where it depends on more than the place: on what stands beside it
            by_place[place] = WorkedOut(look, tuple(getattr(node, flag) for flag in FLAGS))
        return
    for flag, value in zip(FLAGS, known.flags, strict=True):
        setattr(node, flag, value)
    self.replace_rules(node, known.look, animate=animate)
    self._process_component_classes(node)


def known_of(sheet: Stylesheet, node: DOMNode) -> ByPlace:
    """What was worked out by now of those rules of a sheet that name such a widget."""
    rules, at_sheet, at_node = sheet.rules_map, vars(sheet), vars(node)
    if at_sheet.get("known_for") is not rules:
        at_sheet["known_for"] = rules
        at_sheet["known"] = _of_sheets.setdefault(tuple(map(id, sheet.rules)), (sheet.rules, {}))[1]
    by_named: dict[Named, ByPlace] = at_sheet["known"]
    named = (type(node), at_node["_id"], *at_node["_classes"])
    known = by_named.get(named)
    if known is None:
        naming = {id(rule) for name in rules.keys() & node._selector_names for rule in rules[name]}
        found = [rule for rule in sheet.rules if id(rule) in naming]
        known = by_named[named] = _worked_out.setdefault(tuple(map(id, found)), (found, {}))[1]
    return known


def place_of(node: DOMNode) -> Place:
    """All of a widget, and of what it stands in, that a rule may ask for, but for what stands beside it."""
    place: list[object] = []
    one: Any = node
    while isinstance(one, Widget) or type(one) is DOMNode:
        at = vars(one)
        place += (type(one), at["_id"], *at["_classes"], *map(at.get, STATES))
        one = one._parent
    if isinstance(one, DOMNode):  # the application
        place += (type(one), one.theme, one.app_focus, one.is_inline, one.native_ansi_color, one.no_color)
    return tuple(place)
