"""What a document's words suggest that a command prints."""

import json
import re

from tui.text.toml_text import toml_text


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
