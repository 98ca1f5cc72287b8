"""The style sheets of all applications of a run, each parsed once for its colours: each application parses its own."""

from typing import Any

from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet

parse_rules = Stylesheet._parse_rules
_parsed: dict[tuple[Any, ...], list[RuleSet]] = {}


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
