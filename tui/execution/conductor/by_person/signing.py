"""Has people's keys sign what they answer for, where the operator's settings say that they sign."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from msgspec.structs import replace

from tui.errors import NotNow, RunbookError, SigningRefused
from tui.people import same_person

if TYPE_CHECKING:
    from tui.session.event_base import Signature
    from tui.session.events import StepSigned
    from tui.session.state import SessionState
    from tui.signing.signers import Signers
    from tui.signing.statement import Key


def agents_key(wanted: str) -> "Key":
    """The SSH agent's key of this fingerprint, comment or public line; imported when somebody signs."""
    from tui.transports.ssh.agent import agent_key

    return agent_key(wanted)


def held_keys() -> "Sequence[Key]":
    """Every key of the SSH agent; imported when somebody signs."""
    from tui.transports.ssh.agent import agent_keys

    return agent_keys().keys


class Signing:
    """Who signs with which key: `keys` has the names of people, and for each what `find` knows the key by.

    `signers` reads the list of whose key is whose, each time it is asked; None where the settings name none.
    """

    def __init__(
        self,
        keys: Mapping[str, str] | None = None,
        find: "Callable[[str], Key]" = agents_key,
        signers: "Callable[[], Signers] | None" = None,
        held: "Callable[[], Sequence[Key]]" = held_keys,
    ) -> None:
        self._keys = dict(keys or {})
        self._find = find
        self.reader = signers
        self._held = held

    @property
    def vouching(self) -> bool:
        """Whether a list of signers says whose key is whose."""
        return self.reader is not None

    def signers(self) -> "Signers | None":
        """The list of signers as it is now; None where the settings name none.

        Raises:
            SignatureInvalid: it cannot be read.
        """
        return self.reader() if self.reader is not None else None

    def key_of(self, person: str, namespace: str, at: datetime) -> "Key":
        """A key of the agent that is this person's: as the settings say, else as the list of signers says.

        Raises:
            SigningRefused: the agent has none, or more than one.
        """
        if wanted := self._key(person):
            return self._find(wanted)
        from tui.signing.signers import Signers, matches

        signers = self.signers() or Signers("")
        held = self._held()
        found = [
            key
            for key in held
            if any(matches(person, one.principals) and not one.why_not(namespace, at) for one in signers.of(key.public))
        ]
        if len(found) == 1:
            return found[0]
        if found:
            hint = f"name one in config.toml: [signing] {person} = its fingerprint"
            raise SigningRefused(f"the SSH agent has {len(found)} keys of {person}", hint)
        if signers.path:
            hint = f"is their key with the agent (ssh-add -l)? {signers.path} says whose a key is"
        else:
            hint = f"`signers` in config.toml names the list that says whose a key is, or [signing] {person} = …"
        others = sorted({line.principals for key in held for line in signers.of(key.public)})
        has = f"; it has one of {' and '.join(others)}" if others else ""
        raise SigningRefused(f"the SSH agent has no key of {person}{has}", hint)

    def line_of(self, person: str) -> str:
        """The public line of the key that the settings give this person; empty where they give none, or it is gone."""
        wanted = self._key(person)
        try:
            return self._find(wanted).public.line if wanted else ""
        except RunbookError:
            return ""

    def wants(self, operator: str) -> bool:
        """Whether sign-offs by this person are signed."""
        return bool(self._key(operator))

    def check(self, operator: str, second_operator: str) -> None:
        """Make sure that the people who have to sign can, and that two people have two keys.

        Raises:
            NotNow: one of them has none, or they share one.
        """
        if not self.wants(operator) or not second_operator:
            return
        if not self.wants(second_operator):
            raise NotNow(
                f"{second_operator} has no key here", f"name it in config.toml: [signing] {second_operator} = …"
            )
        if self._key(operator) == self._key(second_operator):
            raise NotNow(f"{operator} and {second_operator} share a key", "each person signs with a key of their own")

    def signed(self, state: "SessionState", event: "StepSigned") -> "StepSigned":
        """The sign-off with the signatures that it needs; waits for agents, dialogs and touches.

        Raises:
            SigningRefused: a key does not sign.
            SignatureInvalid: what was received is not a good signature, or both people's are by one key.
        """
        from tui.signing.statement import AUTO

        if event.operator == AUTO or not self.wants(event.operator):
            return event
        event = replace(event, signature=self._sign(state, event, event.operator))
        if event.second_operator:
            event = replace(event, second_signature=self._sign(state, event, event.second_operator))
            if event.signature and event.second_signature and event.signature.key == event.second_signature.key:
                raise NotNow("both sign-offs are by one and the same key", "each person signs with a key of their own")
        return event

    def _sign(self, state: "SessionState", event: "StepSigned", person: str) -> "Signature":
        from tui.signing.statement import sign, statement_of

        return sign(statement_of(state, event, person), self._find(self._key(person)))

    def _key(self, person: str) -> str:
        """What the person's key is known by, however the name is written; empty for one who does not sign."""
        exact = self._keys.get(person, "")
        return exact or next((key for name, key in self._keys.items() if same_person(name, person)), "")
