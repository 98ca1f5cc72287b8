"""An SSH server that asks what a test tells it to, for the rounds that a real sshd cannot be brought to."""

import socket
import threading
from collections.abc import Sequence

import paramiko

Round = tuple[str, Sequence[tuple[str, bool]]]
"""The instructions of one round, and its prompts with whether their answers are shown."""


class AskingServer:
    """Takes `right`, the answers of all rounds, and nothing else; with `factors` one way after the other is wanted."""

    def __init__(self, rounds: Sequence[Round], right: Sequence[str], factors: Sequence[str] = ()) -> None:
        self.rounds = rounds
        self.right = list(right)
        self.factors = tuple(factors) or ("keyboard-interactive",)
        self.key = paramiko.ECDSAKey.generate()
        self.answers: list[list[str]] = []
        """What came, an entry for each round that was answered."""
        self.logins = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._connections: list[paramiko.Transport] = []
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the server and its connections."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()
        for connection in self._connections:
            connection.close()

    def _serve(self) -> None:
        while True:
            try:
                link, _ = self._listener.accept()
            except OSError:
                return
            connection = paramiko.Transport(link)
            connection.add_server_key(self.key)
            connection.start_server(server=_Login(self), event=threading.Event())
            self._connections.append(connection)


class _Login(paramiko.ServerInterface):
    def __init__(self, server: AskingServer) -> None:
        self._server = server
        self._wanted = list(server.factors)
        self._came: list[str] = []
        self._round = 0

    def get_allowed_auths(self, username: str) -> str:
        return self._wanted[0]

    def _taken(self) -> int:
        self._wanted.pop(0)
        if self._wanted:
            return paramiko.common.AUTH_PARTIALLY_SUCCESSFUL
        self._server.logins += 1
        return paramiko.common.AUTH_SUCCESSFUL

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        return self._taken() if self._wanted[0] == "publickey" else paramiko.common.AUTH_FAILED

    def check_auth_password(self, username: str, password: str) -> int:
        self._server.answers.append([password])
        right = self._wanted[0] == "password" and [password] == self._server.right
        return self._taken() if right else paramiko.common.AUTH_FAILED

    def check_auth_interactive(self, username: str, submethods: str) -> "int | paramiko.server.InteractiveQuery":
        if self._wanted[0] != "keyboard-interactive":
            return paramiko.common.AUTH_FAILED
        self._came, self._round = [], 0
        return self._query()

    def check_auth_interactive_response(self, responses: list[str]) -> "int | paramiko.server.InteractiveQuery":
        self._server.answers.append(list(responses))
        self._came += responses
        self._round += 1
        if self._round < len(self._server.rounds):
            return self._query()
        return self._taken() if self._came == self._server.right else paramiko.common.AUTH_FAILED

    def _query(self) -> "paramiko.server.InteractiveQuery":
        instructions, prompts = self._server.rounds[self._round]
        query = paramiko.server.InteractiveQuery("", instructions)
        for prompt, echo in prompts:
            query.add_prompt(prompt, echo)
        return query

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return paramiko.common.OPEN_SUCCEEDED
