"""What one case of the table beside OpenSSH is: files, a server, and what both programs are to do."""

from typing import NamedTuple

BOTH, NEITHER = "both", "neither"
"""Both programs connect; both refuse. Anything else is the reason of docs/hosts.md why only ours refuses."""


class Case(NamedTuple):
    """One row: `<words>` in its texts are filled in, see `Field.words`.

    `known` is the known_hosts file; `config` comes before a block that reaches the server, so that its lines win;
    `says` is in our refusal; `quick` is in every run of the tests, not only in the whole table's.
    """

    name: str
    rule: str
    known: str = "<host> <ed>\n"
    config: str = ""
    server: str = "three"
    says: str = ""
    files: tuple[tuple[str, str], ...] = ()
    identity: str = "IdentityFile <client>"
    target: str = "box"
    agent: bool = False
    quick: bool = True
