"""What a document's words suggest: an expectation, a command in a sentence, and which commands destroy."""

import json
import re
from collections.abc import Sequence

from tui.importing.document.prose import asks, forbids
from tui.importing.shell_code.shell_lines import KNOWN, is_command
from tui.text.toml_text import toml_text

_RUN = r"(?:run|execute|issue|use|using|via|with|type|enter|do|call)"


def proposal(text: str) -> str:
    """An expectation that a document's words suggest, as it would stand in the runbook."""
    bound = re.search(r"(?:^|(?<=\s))(<=|>=|<|>)\s*(\d+(?:\.\d+)?)\s*(%|ms|s)?", text)
    if bound is not None:
        key = {"<": "below", ">": "above", "<=": "at_most", ">=": "at_least"}[bound[1]]
        return f"expect = {{ numbers = [{{ name = \"value\", pattern = '([\\d.]+)', {key} = {bound[2]} }}] }}"
    said = re.match(r"(?i)expected(?: output)?:\s*(.+)$", text)
    if said is None or len(said[1]) > 80:
        return ""
    if said[1].startswith("{"):
        return _json_proposal(said[1])
    status = re.match(r"HTTP/[\d.]+ (\d{3})", said[1])
    if status is not None:
        return f"expect = {{ http = {{ status = [{status[1]}] }} }}"
    return f"expect = {{ contains = [{toml_text(said[1].strip(chr(39)))}] }}" if "..." not in said[1] else ""


def _json_proposal(text: str) -> str:
    try:
        found = json.loads(text)
    except ValueError:
        return ""
    pairs = [f"{toml_text(key)} = {toml_text(value)}" for key, value in found.items() if isinstance(value, str)]
    return f"expect = {{ json = {{ {', '.join(pairs)} }} }}" if pairs else ""


def inline_commands(codes: Sequence[str], text: str) -> list[str]:
    """The pieces of code type in a sentence that are commands to run."""
    if forbids(text):
        return []
    told = []
    alone = re.match(r"^[\w /-]{2,40}:\s*`([^`]+)`[.;]?$", text.strip())
    for code in codes:
        code = code.strip().removeprefix("$ ")
        words = code.split()
        runs = re.search(
            rf"(?i)\b{_RUN}\s*:?\s+(?:\w+\s+){{0,3}}`\$? ?{re.escape(words[0])}" if words else "$^",
            text,
        )
        if not words or not is_command(code, False) and not (runs and words[0] in KNOWN):
            continue
        if (len(words) > 1 or runs or code.startswith("./")) and (
            runs or asks(text) or (alone and alone[1] == code) or text.strip().strip("`:. ") == code
        ):
            told.append(code)
    return list(dict.fromkeys(told))
