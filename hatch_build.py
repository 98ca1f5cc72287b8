"""Puts the runbook, its parts, its document and the drills into the wheel; an editable installation has them there."""

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

TRAVELS = ("runbook.toml", "runbook", "drills", "docs/source")


class Bundle(BuildHookInterface[Any]):
    """Hatchling's hook, named in pyproject.toml."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add to the files of a standard wheel (`version` is "editable" for the other kind)."""
        if version == "standard":
            build_data["force_include"].update({name: f"tui/bundled/{name}" for name in TRAVELS})
