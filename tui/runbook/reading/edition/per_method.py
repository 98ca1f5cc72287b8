"""Makes of a step that is written once for several methods the step that it is in each of them."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from tui.runbook.problem import Path, UnplacedProblem, nearest, quoted

Document = dict[str, Any]
WORD = re.compile(r"\{\{ *method\.([a-z][a-z0-9_-]*) *\}\}")
"""A text that each method has its own of, where it stands."""


class MethodWords:
    """The texts that methods have their own of."""

    def __init__(self, words: Mapping[str, Mapping[str, str]], faults: list[UnplacedProblem]) -> None:
        self.of = words
        """By method and name."""
        self.faults = faults

    @classmethod
    def taken(cls, raw: Document) -> tuple["MethodWords", Document]:
        """The texts of a document's methods, and the document without them."""
        document, words, faults = dict(raw), {}, []
        methods = document.get("methods")
        for name, method in methods.items() if isinstance(methods, dict) else ():
            own = method.get("words", {}) if isinstance(method, dict) else {}
            if not isinstance(own, dict) or not all(isinstance(text, str) for text in own.values()):
                hint = 'words = { manage = "python manage.py" }'
                message = "words is a table of texts"
                faults.append(UnplacedProblem(path=("methods", name, "words"), message=message, hint=hint))
                own = {}
            words[name] = own
        if isinstance(methods, dict):
            document["methods"] = {
                name: {key: value for key, value in one.items() if key != "words"} if isinstance(one, dict) else one
                for name, one in methods.items()
            }
        return cls(words, faults), document


class PerMethod:
    """Writes out one step."""

    def __init__(self, words: MethodWords, written: Path) -> None:
        self._words = words
        self._written = written
        self.faults: list[UnplacedProblem] = []

    def steps(self, step: Document) -> Iterator[Document]:
        """The step, or the one of each method where it says `methods`: those, or a table with the id in each."""
        ids = step.get("methods")
        if ids is None:
            when = step.get("when")
            method = when.get("method") if isinstance(when, dict) else None
            only = method if isinstance(method, str) else ""
            yield self._of(step, only, frozenset(), self._written) if _has_word(step) else step
            return
        if isinstance(ids, list) and all(isinstance(one, str) for one in ids):
            ids = {one: f"{step.get('id', '')}-{one}" for one in ids}
        if not isinstance(ids, dict) or not ids or not all(isinstance(one, str) for one in ids.values()):
            message, hint = "methods has the methods, or the id of the step in each", 'methods = ["a", "b"]'
            self._fault((*self._written, "methods"), message, hint)
            return
        given = {key: value for key, value in step.items() if key != "methods"}
        for method, name in ids.items():
            if method not in self._words.of:
                hint = nearest(method, self._words.of)
                self._fault((*self._written, "methods", method), f"there is no method {quoted(method)}", hint)
                continue
            one = self._of(given, method, frozenset(ids), self._written)
            when = one.get("when", {})
            yield {**one, "id": name, "when": {**when, "method": method} if isinstance(when, dict) else when}

    def _of(self, value: Any, method: str, methods: frozenset[str], path: Path) -> Any:
        """A value as it is in one method: of a table with one for each, the method's own."""
        if isinstance(value, str):
            return WORD.sub(lambda found: self._word(method, found[1], path), value)
        if isinstance(value, list):
            each = [self._of(item, method, methods, (*path, place)) for place, item in enumerate(value)]
            return [_action(item, method) for item in each] if path[-1] == "actions" else each
        if isinstance(value, dict):
            if methods and value.keys() == methods:
                return self._of(value[method], method, methods, (*path, method))
            told = {key: self._of(item, method, methods, (*path, key)) for key, item in value.items()}
            return {key: item for key, item in told.items() if item != "" or value[key] == ""}  # empty in this method
        return value

    def _word(self, method: str, name: str, path: Path) -> str:
        known = self._words.of.get(method, {})
        if not method:
            hint = 'when = { method = "…" }, or methods = { … }'
            self._fault(path, f"{{{{ method.{name} }}}} is a text of one method, and this step is of any", hint)
        elif name not in known:
            hint = f"write it in [methods.{method}.words]; {nearest(name, known)}"
            self._fault(path, f"method {method} has no text {quoted(name)}", hint)
        return known.get(name, "")

    def _fault(self, path: Path, message: str, hint: str) -> None:
        self.faults.append(UnplacedProblem(path=path, message=message, hint=hint))


def _action(item: Any, method: str) -> Any:
    """An action as one method has it; None where it is another one's, so that the places of the others stay."""
    if not isinstance(item, dict) or "method" not in item:
        return item
    return {key: value for key, value in item.items() if key != "method"} if item["method"] == method else None


def _has_word(value: Any) -> bool:
    if isinstance(value, str):
        return WORD.search(value) is not None
    if isinstance(value, (list, dict)):
        return any(map(_has_word, value.values() if isinstance(value, dict) else value))
    return False
