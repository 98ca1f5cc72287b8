"""What the SSH configuration wants of each session: variables (SetEnv, SendEnv) and the agent (ForwardAgent)."""

import os
import re
import socket
from collections.abc import Mapping
from contextlib import suppress

import paramiko

from tui import threads
from tui.transports.sockets import pump
from tui.transports.ssh_config.resolved import Resolved, agent_socket

LOCALE = re.compile(r"LANG|LANGUAGE|LC_\w+")
"""Never sent, though Debian's ssh_config does so: what a host prints must not depend on who sits here."""


def variables(where: Resolved, own: Mapping[str, str]) -> dict[str, str]:
    """What is set in each session: the operator's own variables that SendEnv names, then those of SetEnv."""
    sent = {name: value for name, value in own.items() if any(one.fullmatch(name) for one in map(_like, where.send))}
    return {name: value for name, value in sent.items() if not LOCALE.fullmatch(name)} | dict(where.set_variables)


def _like(pattern: str) -> re.Pattern[str]:
    """A pattern of SendEnv: `*` and `?`."""
    return re.compile(re.escape(pattern).replace(r"\*", ".*").replace(r"\?", "."), re.DOTALL)


class SessionWants:
    """Asks for it on each channel; a server may leave it out without a word."""

    def __init__(self, where: Resolved) -> None:
        self._variables = variables(where, os.environ)
        self._agent = _path(where.forward_agent, where.agent)

    def __call__(self, channel: paramiko.Channel) -> None:
        """Ask, before the command is."""
        for name, value in self._variables.items():
            channel.set_environment_variable(name, value)
        if self._agent:
            channel.request_forward_agent(self._forward)

    def _forward(self, channel: paramiko.Channel) -> None:
        """Lead a channel that the host opened to the agent; called on the connection's own thread."""
        link = socket.socket(socket.AF_UNIX)
        try:
            link.connect(self._agent)
        except OSError:
            link.close()
            threads.start("no agent", channel.close)
            return
        threads.start("agent", _carry, channel, link)


def _carry(channel: paramiko.Channel, link: socket.socket) -> None:
    with link, suppress(OSError):
        back = threads.start("agent back", pump, link.recv, channel.sendall)
        pump(channel.recv, link.sendall)
        link.shutdown(socket.SHUT_RDWR)
        back.join()
    channel.close()


def _path(forward: str, agent: str) -> str:
    """The socket of the agent to forward; empty for none."""
    if not forward or forward == "no" or not (own := agent_socket(agent)):
        return ""  # as by ssh: without an agent of its own it forwards no other one
    return own if forward == "yes" else agent_socket(forward)
