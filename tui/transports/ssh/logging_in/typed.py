"""Logs in by what the operator types: the server's own questions in as many rounds as it likes, or a password."""

from collections.abc import Sequence

import paramiko

from tui.errors import AuthenticationRefused, LoginWanted
from tui.transports.asking import Asking
from tui.transports.one_line import one_line
from tui.transports.ssh.wire import Connection
from tui.transports.ssh_config.resolved import Resolved

INTERACTIVE, PASSWORD = "keyboard-interactive", "password"
TYPED = (INTERACTIVE, PASSWORD)
"""The ways to log in for which somebody has to type."""

PATIENCE = 600.0
"""Seconds for an answer; the server's own (sshd's LoginGraceTime, two minutes) mostly end before."""

ROUNDS = 20
LINES = 12
"""Lines of a server's instructions that are shown; the last ones say what is wanted."""


class _Left(Exception):
    """The operator does not answer."""


class _Endless(Exception):
    """The server asks again and again."""


class Typing:
    """What is typed for one login; the answers live as long as it does."""

    def __init__(self, connection: Connection, where: Resolved, user: str, asking: Asking | None) -> None:
        self._connection = connection
        self._where = where
        self._user = user
        self._asking = asking
        self._answers: list[str] = []
        self._rounds = 0
        self.wrong = False
        """Whether the last answer was not taken."""

    @property
    def asked(self) -> bool:
        """Whether anything was asked."""
        return bool(self._answers)

    @property
    def possible(self) -> bool:
        """Whether anybody is there to ask."""
        return self._asking is not None and not self._where.batch

    def hidden(self, words: str) -> str:
        """A server's words without what was typed; it may repeat that."""
        for answer in filter(None, self._answers):
            words = words.replace(answer, "•••")
        return words

    def log_in(self, method: str) -> None:
        """Try one of the ways; the connection says how it ended.

        Raises:
            AuthenticationRefused: the operator does not answer, or the server ended the connection.
        """
        before, patience = len(self._answers), self._connection.auth_timeout
        self._connection.auth_timeout = PATIENCE
        try:
            for _ in range(self._where.password_prompts):
                if self._is_settled(method) or len(self._answers) == before:
                    return
                self.wrong = True
        finally:
            self._connection.auth_timeout = patience

    def _is_settled(self, method: str) -> bool:
        """Try once; false where the answer was wrong."""
        try:
            if method == INTERACTIVE:
                self._connection.auth_interactive(self._user, self._round)
            else:
                answer = self._answer([f"The password of {self._user}@{self._where.address}"])
                self._connection.auth_password(self._user, answer, fallback=False)
        except paramiko.BadAuthenticationType:
            return True
        except paramiko.AuthenticationException:
            if not self._connection.is_active():
                raise self._ended("") from None
            return False
        except _Left:
            raise LoginWanted(
                f"{self._user}@{self._where.address} asks something, and it was left without an answer",
                "check again to be asked again",
            ) from None
        except _Endless:
            raise self._ended(f"it asked more than {ROUNDS} times") from None
        except Exception as error:  # whatever paramiko makes of a message that makes no sense
            raise self._ended(one_line(str(error))) from None
        self.wrong = False
        return True

    def _round(self, title: str, instructions: str, prompts: Sequence[tuple[str, bool]]) -> list[str]:
        """Put what the server asks in one round to the operator; called on the connection's own thread."""
        self._rounds += 1
        if self._rounds > ROUNDS:
            raise _Endless
        said = [one_line(line) for line in (title, *instructions.splitlines())]
        said = [f"  {line}" for line in said if line][-LINES:]
        asks = f"{self._user}@{self._where.address} asks:"
        return [self._answer([asks, *said, f"  {one_line(prompt) or '(nothing)'}"]) for prompt, _ in prompts]

    def _answer(self, lines: list[str]) -> str:
        again = ["✖ That was not right."] if self.wrong else []
        asking = self._asking
        answer = asking.answer(f"Log in to {self._where.target}", [*again, *lines]) if asking is not None else None
        if answer is None:
            raise _Left
        self.wrong = False
        self._answers.append(answer)
        return answer

    def _ended(self, why: str) -> AuthenticationRefused:
        said = self.hidden(self._connection.last_words() or why)
        return AuthenticationRefused(
            f"{self._user}@{self._where.address} ended the login" + (f": {said}" if said else ""),
            "was the answer right, and in time (LoginGraceTime of its sshd)? check again to be asked again",
        )
