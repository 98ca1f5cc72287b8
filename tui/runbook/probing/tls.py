"""What the tls probe may be told and what it finds."""

from tui.runbook.probing.spec import CheckSpec, Field, KindSpec, Setting, Shape

CERTIFICATE = CheckSpec(
    name="certificate",
    help="the certificate a server shows, described even where it is not to be trusted",
    fields=(
        Field(name="days_left", unit="days", figure=True, help="until it expires; negative once it has"),
        Field(name="not_after", shape=Shape.TEXT, help="when it expires, UTC"),
        Field(name="issuer", shape=Shape.TEXT, help="who issued it"),
        Field(name="subject", shape=Shape.TEXT, help="the name it was issued to"),
        Field(name="names", shape=Shape.TEXTS, help="the names and addresses it is for"),
        Field(name="protocol", shape=Shape.TEXT, help="the TLS version agreed on, as TLSv1.3"),
        Field(name="chain_valid", shape=Shape.FLAG, help="whether it is in force and leads to a trusted authority"),
        Field(name="name_matches", shape=Shape.FLAG, help="whether it is for the name that is asked for"),
        Field(name="seconds", unit="s", help="connecting and the handshake"),
    ),
)

SPEC = KindSpec(
    name="tls",
    title="TLS certificate",
    settings=(
        Setting(name="host", required=True, help="host name or address of the server"),
        Setting(name="port", shape=Shape.NUMBER, default=443, help="its port"),
        Setting(name="verify_name", help="the name to ask for and hold the certificate against; else `host`"),
        Setting(name="ca_file", help="PEM file of the authority to trust instead of this machine's, for staging"),
    ),
    checks=(CERTIFICATE,),
)
