"""What the websocket probe may be told and what it finds."""

from tui.runbook.probing.http import SITE
from tui.runbook.probing.spec import CheckSpec, Field, KindSpec, Setting, Shape

_PARAMETERS = (
    Setting(name="path", default="/", help="path below the service's address, beginning with /"),
    Setting(name="token", shape=Shape.SECRET, help="secret to send as Authorization: Bearer"),
    Setting(name="token_query", help="send the token in the address instead, as this query variable"),
    Setting(name="token_header", help="send the token as it is in this header instead"),
    Setting(name="subprotocols", shape=Shape.TEXTS, default=(), help="subprotocols to offer"),
    Setting(name="origin", help="the Origin header to send"),
)
_FIELDS = (
    Field(name="seconds", unit="s", figure=True, help="the whole check"),
    Field(name="seconds_connect", unit="s", help="connecting, TLS and the upgrade"),
    Field(name="subprotocol", shape=Shape.TEXT, help="the subprotocol the server chose; empty for none"),
)

PING = CheckSpec(
    name="ping",
    help="connect, send a ping and wait for its pong",
    parameters=_PARAMETERS,
    fields=(*_FIELDS, Field(name="seconds_pong", unit="s", figure=True, help="from the ping to its pong")),
)

MESSAGE = CheckSpec(
    name="message",
    help="connect, send a text and wait for the first message that comes after it",
    parameters=(
        *_PARAMETERS,
        Setting(name="text", required=True, help="the text to send"),
        Setting(name="reply_has", help="wait for a message with this in it, past a greeting; else the first is taken"),
        Setting(name="json", shape=Shape.FLAG, default=False, help="the reply must be JSON, and is kept as field json"),
    ),
    fields=(
        *_FIELDS,
        Field(name="seconds_reply", unit="s", figure=True, help="from the text to the reply"),
        Field(name="size", unit="B", help="the reply's size"),
        Field(name="json", shape=Shape.TABLE, help="the reply's own document, when it was asked for"),
    ),
    mutates=True,
)

SPEC = KindSpec(
    name="websocket",
    title="WebSocket",
    settings=(Setting(name="url", required=True, help="address, wss://host[:port][/path]"), *SITE),
    checks=(PING, MESSAGE),
)
