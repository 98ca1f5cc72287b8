"""Who sits here, as far as the machine knows, and whether two names are one person's."""

import getpass
import unicodedata

from tui.errors import UsageError


def login_name() -> str:
    """The login name; empty where the user has none, as in a container that runs under any number."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # KeyError until Python 3.13
        return ""


def named_or_login(given: str, option: str = "--operator NAME") -> str:
    """The name given, else the login name.

    Raises:
        UsageError: there is neither.
    """
    name = given.strip() or login_name()
    if not name:
        raise UsageError("it is not known who does this: the user has no login name", f"say it: {option}")
    return name


def same_person(one: str, other: str) -> bool:
    """Whether two names are one person's, however they are written: case, blanks, width, accents in one part or two."""
    return _folded(one) == _folded(other)


def _folded(name: str) -> str:
    """As Unicode folds identifiers; what is not seen (zero width, direction) tells nobody from anybody."""
    seen = "".join(one for one in unicodedata.normalize("NFKC", name) if unicodedata.category(one) not in ("Cf", "Cc"))
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKD", seen).casefold())
    return " ".join(folded.split())
