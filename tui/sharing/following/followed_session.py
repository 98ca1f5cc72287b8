"""Shows a session that another machine writes: folded from lines that are proved here, and at most a moment behind."""

import getpass
import secrets
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import msgspec

from tui import threads
from tui.errors import NotNow, RunbookError, SessionError
from tui.execution.live_session import LiveSession
from tui.execution.viewer import Viewer
from tui.runbook.model import Runbook
from tui.runbook.reading.load import load_text
from tui.session.archive.store import SessionDirectory
from tui.session.clock import Clock
from tui.session.folding.packed import unpacked_of_file
from tui.session.journal.chain import START
from tui.session.output.timing import timing_path
from tui.session.state import SessionState, initial
from tui.sharing.following.proving import LineProof, ReceivedLine
from tui.sharing.following.received_output import FollowedOutputs
from tui.sharing.handed_on import (
    FRAME,
    PRESENCE,
    TEXT,
    Beat,
    Feed,
    KeyFrame,
    SealedPart,
    beat_of,
    frame_decoder,
    samples_of,
)
from tui.sharing.publishing.journal_lines import JournalLines
from tui.sharing.seals import Seals

BATCH = 1_000
EARLIER, BREATH = 250, 0.05
"""Lines from before it was joined that are fetched at a time, and seconds between: what is new comes first."""
WAIT = 0.25
"""Seconds that news are waited for at a time."""
SAY = 3.0
"""Seconds between two words that we are here."""
SILENT = 10.0
"""Seconds after which silence is not rest any more: who writes says every half second how far it is."""
USUAL = 2
"""Parts of what is said where nothing is amiss: who is followed, and how far behind."""
GAP = 3.0
"""Seconds after which what is missing of the lines, or of an output, is said, or fetched again."""
PAUSE = 1.0
BEHIND = 1.5
"""Seconds up to which it is not said how far behind what is shown is."""


class Follower(Viewer):
    """A session that somebody else writes elsewhere. Nothing that a relay gives is shown before it is proved."""

    refused = ("you follow this session: only who writes it can do that", "")

    def __init__(self, feeds: Callable[[], Feed], seals: Seals, folder: Path, clock: Clock) -> None:
        """Join the session, where it is now; blocks until that is known.

        Args:
            feeds: makes a way to what is handed on, one for each thread.
            folder: an empty one, for what is received.

        Raises:
            RunbookError: nothing of the session is there, or nothing that the team's key has sealed.
        """
        self.directory = SessionDirectory(folder)
        self._feeds, self._feed, self._seals = feeds, feeds(), seals
        self.directory.attempts.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.said = self._first_beat()
        written = self._written()
        self._proof, state = self._joined(written)
        self._followed = FollowedOutputs(self.directory.attempts, seals)
        super().__init__(LiveSession(state, clock), self._followed)
        self._kept: list[bytes] | None = []
        """The lines after those that are still fetched; None once the journal here has all."""
        self._filled_to = self._proof.count
        self._name = f"{getpass.getuser()}-{secrets.token_hex(4)}"
        self._closing = threading.Event()
        self._fresh = self._present = 0.0
        self._stuck: dict[int, float] = {}
        self._gap = 0.0
        self._told = self._sent = ""
        self._catch_up()
        self._words()
        threads.start("follow", self._follow)
        threads.start("fetch earlier lines", self._fill)

    @property
    def lag(self) -> float:
        """How many seconds what is shown may be behind."""
        return time.monotonic() - self._fresh

    @property
    def whole(self) -> bool:
        """Whether every line from the first on is here, and proved."""
        return self._kept is None

    @property
    def forged(self) -> int:
        """How many lines and pieces of output were thrown away, because nobody with the team's key wrote them."""
        return self._proof.forged + self._followed.forged

    def refusal(self) -> NotNow:
        """Who writes it."""
        return NotNow(self.refused[0], f"{self._writer()} writes it")

    @property
    def session(self) -> str:
        """The session's id."""
        return self._seals.session

    def place(self) -> tuple[int, str]:
        """How many lines are proved, and the hash of the last."""
        with self._live.lock:
            return self._proof.count, self._proof.head

    def receipt(self) -> str:
        """COUNT:HEAD of what is proved."""
        count, head = self.place()
        return f"{count}:{head}"

    def head_at(self, count: int) -> str | None:
        """The hash of the last of the first `count` lines; None where they are not all here yet."""
        known = self._proof.head_at(count)
        if known is None and self.whole:
            lines = JournalLines(self.directory.journal)
            lines.again(count)
            lines.close()
            known = lines.head if lines.count == count else None
        return known

    def send(self, name: str, message: bytes) -> None:
        """Send who writes the session a message; where they refuse it, that is said until another one is sent.

        Args:
            name: its id.

        Raises:
            ShareFailed: it could not be sent.
        """
        feed = self._feeds()
        try:
            feed.send(message)
        finally:
            feed.close()
        self._sent = name

    def close(self) -> None:
        """Follow no longer."""
        self._closing.set()

    # joining

    def _first_beat(self) -> Beat:
        sealed = self._feed.beat()
        found = beat_of(self._seals, sealed)
        if found is None:
            raise SessionError(
                f"{self._feed.where} has nothing of {self._seals.session} that this team's key has sealed"
                if sealed
                else f"{self._feed.where} has nothing of {self._seals.session}",
                "`runbook follow` lists what is handed on; is [share] key the same on both machines?",
            )
        return found

    def _written(self) -> Runbook:
        """The session's runbook, kept in the folder."""
        text = self._seals.opened(TEXT, "", self._feed.text())
        if text is None:
            raise SessionError(f"the runbook of {self._seals.session} is not at {self._feed.where}", "try again")
        self.directory.runbook.write_bytes(text)
        return load_text(text.decode("utf-8", "replace"), "runbook.toml", of_session=True)

    def _joined(self, written: Runbook) -> tuple[LineProof, SessionState]:
        """From where lines are folded: the last state that the writer has sealed, else the beginning."""
        data = self._seals.opened(FRAME, "", self._feed.frame())
        with suppress(msgspec.DecodeError, ValueError):
            if data is not None:
                frame: KeyFrame = frame_decoder.decode(data)
                return LineProof(self._seals, frame.count, frame.head), unpacked_of_file(written, frame.state)
        return LineProof(self._seals, 0, START), initial(written)

    def _catch_up(self) -> None:
        """Fold in all that is there now."""
        while self._proof.count < self.said.count:
            before = self._proof.count
            self._take(self._feed.lines(before, BATCH, 0.0))
            if self._proof.count == before:
                break
        if self._proof.count >= self.said.count:
            self._fresh = time.monotonic()

    # following

    def _follow(self) -> None:
        while not self._closing.is_set():
            try:
                self._look()
                self._told = ""
            except RunbookError as error:
                self._told = error.message
                self._closing.wait(PAUSE)
            except (LookupError, StopIteration) as error:
                self._told = f"a line does not fit the session's runbook: {error}"
                break
            self._words()
        self._feed.close()

    def _look(self) -> None:
        """One look: lines, then output, then how far the writer is."""
        lines = self._feed.lines(self._proof.count, BATCH, WAIT)
        self._fetch_output()
        self._take(lines)
        heard = beat_of(self._seals, self._feed.beat())
        if heard is not None and heard.at >= self.said.at:
            if heard.count == self._proof.count:
                self._live.fold_in_ahead(samples_of(heard))
            new, self.said = heard.at > self.said.at, heard
            if new and self._proof.count >= heard.count:
                self._fresh = time.monotonic()
        self._gap = (self._gap or time.monotonic()) if self._proof.count < self.said.count else 0.0
        if time.monotonic() - self._present > SAY:
            number = str(time.time_ns() // 1_000_000).encode()
            self._feed.present(self._name, self._seals.sealed(PRESENCE, self._name, number))
            self._present = time.monotonic()

    def _take(self, parts: list[SealedPart]) -> None:
        for line in self._proof.take(parts):
            self._keep(line)
            self._live.fold_in_line(line.entries)
        state = self._live.state
        self._followed.running = frozenset(
            number for number in state.open_attempts if state.attempts[number].outcome is None
        )

    def _fetch_output(self) -> None:
        """Fetch what running attempts print, and what is looked at."""
        state, outputs = self._live.state, self._followed
        for number in sorted({*outputs.running, *outputs.wanted}):
            attempt = state.attempts.get(number)
            size = attempt.size if attempt is not None and attempt.outcome is not None else -1
            if size >= 0 and outputs.came(number) >= size:
                if self._timing_taken(number):
                    outputs.wanted.discard(number)
                    self._stuck.pop(number, None)
                continue
            if self._taken(number) or size < 0:
                self._stuck.pop(number, None)
            elif time.monotonic() - self._stuck.setdefault(number, time.monotonic()) > GAP + self._feed.every:
                outputs.again(number)
                del self._stuck[number]

    def _taken(self, number: int) -> int:
        """Take what there is of an output now; returns how many bytes that was."""
        total = 0
        while not self._closing.is_set():
            taken = self._followed.take(number, self._feed.output(number, self._followed.came(number)))
            total += taken
            if not taken:
                break
        return total

    def _timing_taken(self, number: int) -> bool:
        """Whether when an output came is here, or is not waited for any more: it is handed on after the output."""
        outputs = self._followed
        path = timing_path(outputs.directory, number)
        if outputs.is_timed(number) or outputs.take_timing(number, self._feed.file(f"{path.parent.name}/{path.name}")):
            return True
        since = self._stuck.setdefault(number, time.monotonic())
        return time.monotonic() - since > GAP + self._feed.every

    # what is kept

    def _keep(self, line: ReceivedLine) -> None:
        with self._live.lock:
            if self._kept is not None:
                self._kept.append(line.line)
                return
            with self.directory.journal.open("ab") as file:
                file.write(line.line + b"\n")

    def _fill(self) -> None:
        """Fetch the lines before the state that was joined at, prove them up to it, and have the journal here whole."""
        try:
            feed, proof, joined = self._feeds(), LineProof(self._seals), self._filled_to
            with self.directory.journal.open("wb") as file:
                while proof.count < joined and not self._closing.is_set():
                    lines = list(proof.take(feed.lines(proof.count, min(EARLIER, joined - proof.count), 0.0)))
                    file.writelines(one.line + b"\n" for one in lines)
                    self._closing.wait(BREATH if lines else PAUSE)
            feed.close()
            with self._live.lock:
                if self._closing.is_set():
                    return  # its folder goes, or has gone
                kept, self._kept = self._kept, None
                with self.directory.journal.open("ab") as file:
                    file.writelines(line + b"\n" for line in kept or ())
        except (RunbookError, OSError):
            return  # it is still shown; only what is kept here is not whole

    # what is said

    def _writer(self) -> str:
        return f"{self.said.operator} on {self.said.machine}" if self.said.machine else self.said.operator

    def _words(self) -> None:
        lag, behind, parts = self.lag, BEHIND + self._feed.every, [f"you follow {self._writer()}"]
        parts = [*(f"YOUR MESSAGE WAS REFUSED: {one.why}" for one in self.said.refused if one.id == self._sent), *parts]
        if self._told:
            parts.append(f"NOT FOLLOWED: {self._told}")
        if self.said.over and lag > behind:
            parts.append("the session is over")
        elif lag > SILENT:
            parts.append(f"nothing was heard for {lag:.0f} s: is that machine asleep, or without a connection?")
        elif lag > behind:
            parts.append(f"{lag:.0f} s behind")
        else:
            parts.append(f"up to {1 + int(self._feed.every):d} s behind")
        if self._gap and time.monotonic() - self._gap > GAP + self._feed.every:
            parts.append(f"line {self._proof.count + 1} is missing there")
        if self._proof.forked >= 0:
            parts.append(f"TWO PEOPLE WRITE IT: there are two lines {self._proof.forked + 1}")
        if self.forged:
            parts.append(f"{self.forged} forged parts were thrown away")
        self.read_only, self.amiss = "; ".join(parts), len(parts) > USUAL or (lag > behind and not self.said.over)
