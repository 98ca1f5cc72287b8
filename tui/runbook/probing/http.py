"""What the http probe may be told and what it finds."""

from tui.runbook.probing.spec import CheckSpec, Field, KindSpec, Setting, Shape

SITE = (
    Setting(name="ca_file", help="PEM file of the authority to trust instead of this machine's, for staging"),
    Setting(name="host", help="the Host to ask for, where it is not the one in the address"),
    Setting(name="verify_name", help="the name the certificate must be for, where it is not the host's"),
)
"""Settings of whatever is reached as a web site."""

PATH = Setting(name="path", required=True, help="path below the service's address, beginning with /")
TOKEN = Setting(name="token", shape=Shape.SECRET, help="secret to send as Authorization: Bearer")
STATUS = Setting(name="status", shape=Shape.NUMBER, default=0, help="the HTTP status wanted; 0: any from 200 to 299")
JSON = Setting(
    name="json", shape=Shape.FLAG, default=False, help="the answer must be JSON, and is kept under the field json"
)

_ANSWER = (
    Field(name="status", help="HTTP status of the answer"),
    Field(name="protocol", shape=Shape.TEXT, help="HTTP/1.1 or HTTP/2"),
    Field(name="seconds", unit="s", figure=True, help="the whole check, redirects included"),
    Field(name="seconds_connect", unit="s", help="looking the name up and connecting"),
    Field(name="seconds_tls", unit="s", help="the TLS handshake; 0 without TLS"),
    Field(name="seconds_first_byte", unit="s", figure=True, help="from the request to the first of the answer"),
    Field(name="size", unit="B", figure=True, help="the answer's body"),
)
_KEPT = (Field(name="json", shape=Shape.TABLE, help="the answer's own document, when it was asked for"),)

GET = CheckSpec(
    name="get",
    help="ask for a page; redirects on the same host are followed, at most 5 and not with a token",
    parameters=(
        PATH,
        Setting(name="method", default="GET", help="GET, HEAD or OPTIONS"),
        TOKEN,
        STATUS,
        JSON,
        Setting(name="follow", shape=Shape.FLAG, default=True, help="follow redirects"),
    ),
    fields=(
        *_ANSWER,
        Field(name="type", shape=Shape.TEXT, help="the answer's Content-Type, without its parameters"),
        Field(name="redirects", help="redirects followed"),
        Field(name="location", shape=Shape.TEXT, help="where a redirect that was not followed leads; else empty"),
        *_KEPT,
    ),
)

LOGIN = CheckSpec(
    name="login",
    help="send credentials as JSON and find the tokens in the answer, which are captured by their paths as secrets",
    parameters=(
        PATH,
        Setting(name="user", required=True, help="the user to log in as"),
        Setting(name="password", shape=Shape.SECRET, required=True, help="secret with the password"),
        Setting(name="user_field", default="email", help="the user's name in the request"),
        Setting(name="password_field", default="password", help="the password's name in the request"),
        Setting(name="tokens", shape=Shape.TEXTS, default=("access",), help="dotted paths of the tokens in the answer"),
        STATUS,
    ),
    fields=(
        *_ANSWER,
        Field(name="token", shape=Shape.FLAG, help="whether every token is there"),
        Field(name="tokens", shape=Shape.TEXTS, help="paths of the tokens that are there"),
    ),
)

CALL = CheckSpec(
    name="call",
    help="a request that does something: creates an order, for one",
    mutates=True,
    parameters=(
        PATH,
        Setting(name="method", default="POST", help="POST, PUT, PATCH or DELETE"),
        Setting(name="body", help="JSON text to send"),
        Setting(name="form", shape=Shape.TEXTS, default=(), help="form fields to send instead, each name=value"),
        TOKEN,
        STATUS,
        JSON,
    ),
    fields=(*_ANSWER, *_KEPT),
)

UPLOAD = CheckSpec(
    name="upload",
    help="upload a file made for the purpose, as a form's file field",
    mutates=True,
    parameters=(
        PATH,
        Setting(name="field", default="file", help="the form's field for the file"),
        Setting(name="name", default="runbook-probe.txt", help="the file's name; its ending says what is made"),
        Setting(name="bytes", shape=Shape.NUMBER, default=1024, help="the file's size, at most 50 MB"),
        Setting(name="form", shape=Shape.TEXTS, default=(), help="further form fields, each name=value"),
        Setting(name="size_at", help="dotted path in the answer that must be the file's size"),
        Setting(name="name_at", help="dotted path in the answer that must be the file's name"),
        TOKEN,
        STATUS,
        JSON,
    ),
    fields=(
        *_ANSWER,
        Field(name="sent", unit="B", help="the file's size"),
        Field(name="sha256", shape=Shape.TEXT, help="the file's checksum"),
        *_KEPT,
    ),
)

SPEC = KindSpec(
    name="http",
    title="web site",
    settings=(Setting(name="url", required=True, help="address, https://host[:port][/path]"), *SITE),
    checks=(GET, LOGIN, CALL, UPLOAD),
)
