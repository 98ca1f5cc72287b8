"""Makes names, ids and titles of a runbook from a document's words."""

import re
import unicodedata

LONGEST = 60
"""Characters of a step's title; the whole sentence stands in its text."""
SHORTEST = 28
"""Characters that the list of steps has room for."""
_NUMBER = re.compile(
    r"^(?:(?:step|phase|part|task|issue|stage)\s+\d+\s*[:.)–—-]*|\d+(?:\.\d+)*[.):]|\(\d+\)|[a-z]\))\s+", re.I
)


def words(text: str) -> frozenset[str]:
    """The words of a text, each once."""
    return frozenset(text.split())


def slug(text: str, otherwise: str = "step") -> str:
    """A text as an id: lower-case letters, digits and hyphens."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:48].strip("-") or otherwise


def name_of(text: str) -> str:
    """A text as the name of a variable."""
    name = slug(text, "value").replace("-", "_")
    return name if name[0].isalpha() else f"value_{name}"


def unfilled(text: str) -> str:
    """A text for people, in which `{{ name }}` is not a place for a value."""
    return re.sub(r"\{(?=\{)", "{ ", text)


def title_of(text: str) -> str:
    """A heading or a sentence as a title: without its number, its marks and its colon, and of a bearable length."""
    line = next((line.strip() for line in text.splitlines() if line.strip()), "")
    line = re.sub(r"\s+", " ", _NUMBER.sub("", unfilled(line))).strip().rstrip(":").strip()
    line = line.removesuffix(".") if not line.endswith("..") else line
    line = line.replace("`", "")
    if len(line) > LONGEST:
        sentence = re.match(r"(.{8,58}?)[.;:](?:\s|$)", line)
        line = sentence[1] if sentence else cut(line, LONGEST)
    return line or "Step"


def cut(text: str, length: int) -> str:
    """A text of at most this length, cut at a word."""
    if len(text) <= length:
        return text
    room = text[: length - 1]
    return (room.rsplit(" ", 1)[0] if " " in room[length // 2 :] else room).rstrip(" ,;:-–(") + "…"


class Ids:
    """Gives out ids, each once."""

    def __init__(self) -> None:
        self._given: set[str] = set()
        self._numbers: dict[str, int] = {}

    def new(self, text: str, otherwise: str = "step") -> str:
        """An id for this text that nothing else has."""
        base = slug(text, otherwise)
        found, number = base, self._numbers.get(base, 2)
        while found in self._given:
            found, number = f"{base}-{number}", number + 1
        self._numbers[base] = number
        self._given.add(found)
        return found
