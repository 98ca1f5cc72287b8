"""known_hosts: lines, fields, names, hashes, keys and marks."""

from tests.hosts.case import BOTH, NEITHER, Case

UNKNOWN = "is unknown"
CHANGED = "HAS CHANGED"

_ODD = {
    "CR": "\r",
    "VT": "\v",
    "FF": "\f",
    "FS": "\x1c",
    "GS": "\x1d",
    "RS": "\x1e",
    "US": "\x1f",
    "NEL": "\x85",
    "byte 85": "\udc85",
    "NBSP": "\xa0",
    "byte A0": "\udca0",
    "LS": "\u2028",
    "PS": "\u2029",
    "ideographic space": "\u3000",
    "en quad": "\u2000",
    "NUL": "\0",
}
"""What Python, an editor or a person may take for the end of a line or of a field, and OpenSSH does not."""

_QUICK = {"CR", "FS", "NEL", "NBSP", "LS"}


def _odd() -> list[Case]:
    cases = []
    for name, odd in _ODD.items():
        quick = name in _QUICK
        cases += [
            Case(f"{name} ends a line", NEITHER, f"db{odd}<host> <ed>\n", says=UNKNOWN, quick=quick),
            Case(f"{name} ends a comment", NEITHER, f"# note{odd}<host> <ed>\n", says=UNKNOWN, quick=quick),
            Case(
                f"{name} ends the names",
                "nul" if odd == "\0" else NEITHER,
                f"<host>{odd}<ed>\n",
                says=UNKNOWN,
                quick=quick,
            ),
            Case(f"{name} begins a line", NEITHER, f"{odd}<host> <ed>\n", says=UNKNOWN, quick=False),
            Case(f"{name} in a comment of the right line", BOTH, f"<host> <ed> me{odd}you\n", quick=False),
        ]
    return cases


LINES = (
    *_odd(),
    Case("the line", BOTH),
    Case("an empty file", NEITHER, "", says=UNKNOWN),
    Case("no line feed at the end", BOTH, "<host> <ed>", quick=False),
    Case("CRLF", BOTH, "# mine\r\n<host> <ed>\r\n"),
    Case("CRLF and a comment", BOTH, "<host> <ed> me@here\r\n", quick=False),
    Case("tabs", BOTH, "<host>\t<ed tab>\tme\n"),
    Case("blanks before", BOTH, " \t <host>   <ed>\n", quick=False),
    Case("blanks behind", BOTH, "<host> <ed>  \t\n", quick=False),
    Case("a comment", NEITHER, "#<host> <ed>\n", says=UNKNOWN),
    Case("a comment behind blanks", NEITHER, "  # <host> <ed>\n", says=UNKNOWN, quick=False),
    Case("a comment for a key", NEITHER, "<host> # <ed>\n", says=UNKNOWN, quick=False),
    Case("the second line", BOTH, "db <other>\n\n# c\n<host> <ed>\n", quick=False),
    Case("a line that makes no sense before it", BOTH, "@@ x\n<host> nonsense\n<host> <ed>\n"),
    Case("a BOM", NEITHER, "\ufeff<host> <ed>\n", says=UNKNOWN),
    Case("bytes that are not UTF-8", BOTH, "\udcff\udcfe db\n<host> <ed> \udcff\n", quick=False),
    Case("UTF-16", NEITHER, "<host> <ed>\n".replace("", "\0"), says=UNKNOWN, quick=False),
    Case("a very long line before it", BOTH, "db " + "x" * 100_000 + "\n<host> <ed>\n", quick=False),
)

WEB = "HostKeyAlias web-1.example"


def _name(names: str, rule: str, name: str = "", quick: bool = False, config: str = WEB) -> Case:
    says = UNKNOWN if rule == NEITHER else ""
    return Case(f"names {name or names}", rule, f"{names} <ed>\n", config, says=says, quick=quick)


NAMES = (
    _name("web-1.example", BOTH),
    _name("WEB-1.Example", BOTH),
    _name("web-1.example.", NEITHER),
    _name("web-1", NEITHER),
    _name("web-?.example", BOTH),
    _name("web-??.example", NEITHER),
    _name("*", BOTH),
    _name("web*", BOTH),
    _name("*.example", BOTH),
    _name("*.*.example", NEITHER),
    _name("web-[12].example", NEITHER, quick=True),
    _name("web-[1].example", NEITHER),
    _name("db,web-1.example", BOTH),
    _name(",web-1.example", BOTH),
    _name("web-1.example,", BOTH),
    _name("db, web-1.example", NEITHER),
    _name("*,!web-1.example", NEITHER, quick=True),
    _name("!web-1.example,*", NEITHER),
    _name("*,!db", BOTH),
    _name("!db", NEITHER),
    _name("!*", NEITHER),
    _name("*,!", BOTH),
    _name("!!web-1.example,*", BOTH, quick=True),
    _name("*,!!web-1.example", BOTH, quick=True),
    _name("!!!web-1.example,*", BOTH),
    _name("*,!web-?.example", NEITHER),
    _name("*,!WEB-1.EXAMPLE", NEITHER),
    _name("!web*,web-1.example", NEITHER),
    _name("w" * 1100 + ",web-1.example", NEITHER, name="longer than OpenSSH has room for"),
    _name("w" * 1000 + ",web-1.example", BOTH, name="just as long as OpenSSH has room for"),
    _name("web-1.example", BOTH, name="with upper case in HostKeyAlias", config="HostKeyAlias WEB-1.example"),
    _name("[web-1.example]:<port>", NEITHER),
    _name("<host>", NEITHER, name="port beside HostKeyAlias"),
    _name("127.0.0.1", BOTH, name="the address without its port", quick=True, config=""),
    _name("[127.0.0.1]", NEITHER, name="the address in brackets", config=""),
    _name("[127.0.0.1]:22", NEITHER, name="the address with port 22", config=""),
    _name("[127.0.0.1]:1", NEITHER, name="another port", config=""),
    _name("[127.0.0.*]:<port>", BOTH, name="a pattern in brackets", config=""),
    _name("[*]:<port>", BOTH, name="any host at the port", config=""),
    _name("[127.0.0.1]:*", BOTH, name="any port", config=""),
    _name("127.0.0.1:<port>", NEITHER, name="without brackets", config=""),
    _name("127.*", BOTH, name="a pattern without port", config=""),
    _name("[localhost]:<port>", BOTH, name="a name", config="HostName localhost"),
    _name("[127.0.0.1]:<port>", NEITHER, name="the address of a name", config="HostName localhost", quick=True),
    _name("[LOCALHOST]:<port>", BOTH, name="a name in upper case", config="HostName localhost"),
    _name("[localhost]:<port>", BOTH, name="a HostName in upper case", config="HostName LOCALHOST", quick=True),
    _name("localhost", BOTH, name="a name without its port", config="HostName localhost"),
    Case("without port only, but another key with port", NEITHER, "127.0.0.1 <ed>\n<host> <other>\n", says=CHANGED),
    Case("without port only, but revoked", NEITHER, "127.0.0.1 <ed>\n@revoked 127.0.0.1 <ed>\n", says=UNKNOWN),
    Case("without port, revoked with port", NEITHER, "127.0.0.1 <ed>\n@revoked <host> <ed>\n", says="revoked"),
    Case("without port, another revoked with port", BOTH, "127.0.0.1 <ed>\n@revoked <host> <other>\n"),
    Case("without port, an authority with port", BOTH, "127.0.0.1 <ed>\n@cert-authority <host> <other>\n"),
    Case("without port, another key", NEITHER, "127.0.0.1 <other>\n", says=UNKNOWN),
)

HASHES = (
    Case("hashed", BOTH, "<hashed> <ed>\n"),
    Case("hashed, another name", NEITHER, "<hashed db> <ed>\n", says=UNKNOWN, quick=False),
    Case("hashed without port", BOTH, "<hashed plain> <ed>\n"),
    Case("hashed with a short salt", NEITHER, "<hashed short> <ed>\n", says=UNKNOWN),
    Case("hashed with a long salt", NEITHER, "<hashed long> <ed>\n", says=UNKNOWN),
    Case("hashed without salt", NEITHER, "<hashed empty> <ed>\n", says=UNKNOWN),
    Case("hashed and a comma", NEITHER, "<hashed>, <ed>\n", says=UNKNOWN),
    Case("hashed and another name", NEITHER, "<hashed>,db <ed>\n", says=UNKNOWN),
    Case("a name and hashed", NEITHER, "db,<hashed> <ed>\n", says=UNKNOWN, quick=False),
    Case("hashed, negated", NEITHER, "!<hashed> <ed>\n", says=UNKNOWN, quick=False),
    Case("hashed, junk in the salt", NEITHER, "<hashed junk salt> <ed>\n", says=UNKNOWN),
    Case("hashed, junk in the hash", NEITHER, "<hashed junk hash> <ed>\n", says=UNKNOWN),
    Case("hashed, junk behind", NEITHER, "<hashed>== <ed>\n", says=UNKNOWN),
    Case("hashed, a field more", NEITHER, "<hashed>|x <ed>\n", says=UNKNOWN, quick=False),
    Case("hashed, no padding", NEITHER, "<hashed unpadded> <ed>\n", says=UNKNOWN, quick=False),
    Case("hashed, other bits behind the last", NEITHER, "<hashed bits> <ed>\n", says=UNKNOWN),
    Case("hashed by another version", NEITHER, "<hashed 2> <ed>\n", says=UNKNOWN, quick=False),
    Case("hashed, a newer key", NEITHER, "<hashed> <other>\n", says=CHANGED, quick=False),
    Case("hashed, revoked", NEITHER, "<host> <ed>\n@revoked <hashed> <ed>\n", says="revoked", quick=False),
)

KEYS = (
    Case("another key", NEITHER, "<host> <other>\n", says=CHANGED),
    Case("two keys, the first right", BOTH, "<host> <ed>\n<host> <other>\n", quick=False),
    Case("two keys, the second right", BOTH, "<host> <other>\n<host> <ed>\n"),
    Case("the RSA key", BOTH, "<host> <rsa>\n"),
    Case("the ECDSA key", BOTH, "<host> <ecdsa>\n"),
    Case("all three keys", BOTH, "<host> <rsa>\n<host> <ecdsa>\n<host> <ed>\n", quick=False),
    Case("a wrong RSA key beside the right one", BOTH, "<host> <other rsa>\n<host> <ed>\n"),
    Case("a wrong ECDSA key beside the right one", BOTH, "<host> <other ecdsa>\n<host> <ed>\n"),
    Case("a wrong Ed25519 key beside the right RSA one", NEITHER, "<host> <other>\n<host> <rsa>\n", says=CHANGED),
    Case("a wrong ECDSA key beside the right RSA one", NEITHER, "<host> <other ecdsa>\n<host> <rsa>\n", says=CHANGED),
    Case("a key of a kind it does not have", NEITHER, "<host> <rsa>\n", server="ed", says=CHANGED),
    Case("a wrong key of a kind it does not have", BOTH, "<host> <rsa>\n<host> <ed>\n", server="ed"),
    Case("another type before the key", NEITHER, "<host> ssh-rsa <ed blob>\n", says=UNKNOWN),
    Case("a type that is none", NEITHER, "<host> ed25519 <ed blob>\n", says=UNKNOWN, quick=False),
    Case("a type in upper case", NEITHER, "<host> SSH-ED25519 <ed blob>\n", says=UNKNOWN, quick=False),
    Case("no type", NEITHER, "<host> <ed blob>\n", says=UNKNOWN, quick=False),
    Case("a number of bits before it", NEITHER, "<host> 256 <ed>\n", says=UNKNOWN, quick=False),
    Case("a signature's name for the type", BOTH, "<host> rsa-sha2-512 <rsa blob>\n", quick=False),
    Case("junk in the key", NEITHER, "<host> <ed junk>\n", says=UNKNOWN),
    Case("the key cut off", NEITHER, "<host> <ed cut>\n", says=UNKNOWN, quick=False),
    Case("bytes behind the key", NEITHER, "<host> <ed more>\n", says=UNKNOWN),
    Case("padding behind the key", NEITHER, "<host> <ed>==\n", says=UNKNOWN, quick=False),
    Case("junk that base64 passes over", NEITHER, "<host> ssh-ed25519 *<ed blob>\n", says=UNKNOWN),
    Case("key in quotes", NEITHER, '<host> "<ed>"\n', says=UNKNOWN, quick=False),
    Case("names in quotes", NEITHER, '"<host>" <ed>\n', says=UNKNOWN, quick=False),
)

MARKS = (
    Case("revoked", NEITHER, "<host> <ed>\n@revoked <host> <ed>\n", says="revoked"),
    Case("revoked before", NEITHER, "@revoked <host> <ed>\n<host> <ed>\n", says="revoked", quick=False),
    Case("revoked everywhere", NEITHER, "<host> <ed>\n@revoked * <ed>\n", says="revoked"),
    Case("only revoked", NEITHER, "@revoked <host> <ed>\n", says="revoked", quick=False),
    Case("revoked for another", BOTH, "<host> <ed>\n@revoked db <ed>\n"),
    Case("another key revoked", BOTH, "<host> <ed>\n@revoked <host> <other>\n"),
    Case("another key revoked everywhere", BOTH, "<host> <ed>\n@revoked * <other>\n", quick=False),
    Case("another kind of its keys revoked", BOTH, "<host> <ed>\n@revoked * <rsa>\n", quick=False),
    Case("revoked behind a tab", "tab", "<host> <ed>\n@revoked\t<host> <ed>\n", says="revoked"),
    Case("revoked behind blanks", NEITHER, "<host> <ed>\n  @revoked   <host> <ed>\n", says="revoked", quick=False),
    Case("a mark in upper case", BOTH, "<host> <ed>\n@REVOKED <host> <ed>\n", quick=False),
    Case("an odd mark", NEITHER, "@trusted <host> <ed>\n", says=UNKNOWN),
    Case("an odd mark beside the key", BOTH, "<host> <ed>\n@trusted <host> <other>\n", quick=False),
    Case("two marks", BOTH, "<host> <ed>\n@revoked @cert-authority <host> <ed>\n", quick=False),
    Case("two revocations", BOTH, "<host> <ed>\n@revoked @revoked <host> <ed>\n", quick=False),
    Case("a mark alone", BOTH, "@revoked\n<host> <ed>\n", quick=False),
    Case("revoked, a broken key", BOTH, "<host> <ed>\n@revoked <host> <ed junk>\n", quick=False),
    Case("the host's key as an authority", NEITHER, "@cert-authority <host> <ed>\n", says="@cert-authority"),
    Case("an authority of a host without certificate", NEITHER, "@cert-authority * <ca>\n", says="@cert-authority"),
    Case("an authority beside the key", BOTH, "@cert-authority * <ca>\n<host> <ed>\n"),
    Case("an authority beside another key", NEITHER, "@cert-authority * <ca>\n<host> <other>\n", says=CHANGED),
    Case("a certificate, its authority", "certificates", "@cert-authority * <ca>\n", server="cert", says=UNKNOWN),
    Case("a certificate, another authority", NEITHER, "@cert-authority * <other>\n", server="cert", says=UNKNOWN),
    Case("a certificate, the plain key", BOTH, "<host> <cert ed>\n", server="cert"),
    Case("a certificate, another key", NEITHER, "<host> <other>\n", server="cert", says=CHANGED),
    Case("a certificate, key and authority", BOTH, "<host> <cert ed>\n@cert-authority * <ca>\n", server="cert"),
    Case("a certificate, its authority revoked", NEITHER, "<host> <cert ed>\n@revoked * <ca>\n", server="cert",
         says="authority"),
    Case("a certificate, its authority revoked and known", NEITHER,
         "@cert-authority * <ca>\n<host> <cert ed>\n@revoked * <ca>\n", server="cert", says="authority"),
    Case("a certificate, its authority revoked elsewhere", BOTH, "<host> <cert ed>\n@revoked db <ca>\n", server="cert"),
    Case("a certificate, its key revoked", NEITHER, "<host> <cert ed>\n@revoked * <cert ed>\n", server="cert",
         says="revoked"),
    Case("a certificate, another authority revoked", BOTH, "<host> <cert ed>\n@revoked * <other>\n", server="cert"),
    Case("a certificate in known_hosts", NEITHER, "<host> <cert whole>\n", server="cert", says=UNKNOWN, quick=False),
)  # fmt: skip

KNOWN = (*LINES, *NAMES, *HASHES, *KEYS, *MARKS)
