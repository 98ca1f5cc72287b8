"""Folds notices that say the same: three of a kind are one, which says how often."""

from textual.notifications import Notification, Notifications

from tui.text.block import shown

_Said = tuple[str, str, str]
"""The title, the words and the weight of a notice, as they were told."""


class Repeats:
    """Which notices are shown, and how often each was told since it is there."""

    def __init__(self) -> None:
        self._told: dict[str, tuple[_Said, int]] = {}

    def fold(self, notice: Notification, there: Notifications) -> None:
        """Have a notice take the place of the same one among those that are `there`, and say how often it was told."""
        said = (notice.title, notice.message, notice.severity)
        kept, times = {}, 1
        for before in list(there):
            words, count = self._told.get(before.identity, (None, 0))
            if words == said:
                times += count
                del there[before]
            elif words is not None:
                kept[before.identity] = words, count
        self._told = {**kept, notice.identity: (said, times)}
        if times > 1 and notice.title:
            notice.title = shown(f"{notice.title} ×{times}")
        elif times > 1:
            notice.message += f" ×{times}"
