"""What happens where an earlier writer of a session writes on after somebody has taken it over."""

from datetime import datetime

from tui.session.event_base import Event


class ForkSeen(Event, frozen=True, kw_only=True):
    """Lines were found that an earlier writer wrote after the session was taken over: they are not part of it.

    `operator` wrote them, in epoch `epoch`, from `since` until `until` (UTC, by their clock). They follow the first
    `after` lines of this journal; `lines` is how many are known, `begins` and `head` are the SHA-256 of the first and
    of the last of them. `said` has what they say, in words. More of the same fork is another event of the same
    `begins`.
    """

    operator: str
    epoch: int
    after: int
    lines: int
    begins: str
    head: str
    since: datetime
    until: datetime
    said: tuple[str, ...] = ()
