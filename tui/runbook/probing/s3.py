"""What the s3 probe may be told and what it finds."""

from tui.runbook.probing.spec import CheckSpec, Field, KindSpec, Setting, Shape

SETTINGS = (
    Setting(name="bucket", required=True, help="name of the bucket"),
    Setting(name="endpoint", help="address of an S3 API other than Amazon's, such as https://minio.internal:9000"),
    Setting(name="region", default="us-east-1", help="the bucket's region; most other S3 APIs take any"),
    Setting(
        name="access_key", shape=Shape.SECRET, required=True, help="the access key's id; nothing is asked anonymously"
    ),
    Setting(name="secret_key", shape=Shape.SECRET, required=True, help="the access key's secret"),
    Setting(name="session_token", shape=Shape.SECRET, help="the session's token, where the key is a temporary one"),
    Setting(
        name="path_style", shape=Shape.FLAG, help="the bucket in the path, not in the name; given an endpoint: true"
    ),
    Setting(name="ca_file", help="PEM file of the authority to trust, instead of this machine's"),
)

SECONDS = Field(name="seconds", unit="s", figure=True, help="connecting and all requests")

LIST = CheckSpec(
    name="list",
    help="objects whose keys begin with a prefix, at most 10,000 of them",
    parameters=(Setting(name="prefix", default="", help="how the keys begin; empty for all of the bucket"),),
    fields=(
        Field(name="count", figure=True, help="objects found"),
        Field(name="bytes", unit="B", figure=True, help="their sizes together"),
        Field(name="newest", shape=Shape.TEXT, help="key of the one written last; empty where there is none"),
        Field(name="newest_age_hours", unit="h", figure=True, help="since it was written; null where there is none"),
        Field(name="newest_size", unit="B", figure=True, help="its size; null where there is none"),
        Field(name="complete", shape=Shape.FLAG, help="whether these are all; false beyond 10,000"),
        SECONDS,
    ),
)

UPLOAD = CheckSpec(
    name="upload",
    help="upload a small object with its checksum, compare what is there, fetch it by a presigned URL, delete it",
    mutates=True,
    parameters=(
        Setting(name="prefix", default="runbook-probe/", help="how the object's key begins; a random end is added"),
        Setting(name="bytes", shape=Shape.NUMBER, default=1024, help="its size, from 1 to 1048576"),
    ),
    fields=(
        Field(name="key", shape=Shape.TEXT, help="the object's key"),
        Field(
            name="uploaded", shape=Shape.FLAG, help="whether what is there has the size and checksum of what was sent"
        ),
        Field(name="size", unit="B", help="its size as the server has it"),
        Field(name="sha256", shape=Shape.TEXT, help="SHA-256 of what the presigned URL gave"),
        Field(name="presigned_status", help="HTTP status of the presigned URL"),
        Field(name="deleted", shape=Shape.FLAG, help="whether the object is gone"),
        SECONDS,
    ),
)

VERIFY = CheckSpec(
    name="verify",
    help="an object that was uploaded, such as a backup, is there as it was sent",
    parameters=(
        Setting(name="key", required=True, help="the object's key"),
        Setting(name="size", shape=Shape.NUMBER, help="bytes it must have"),
        Setting(name="sha256", help="SHA-256 it must have, in hexadecimal"),
        Setting(
            name="read_limit",
            shape=Shape.NUMBER,
            default=64 << 20,
            help="bytes to read at most for a SHA-256 that the server does not keep",
        ),
    ),
    fields=(
        Field(name="size", unit="B", figure=True, help="its size"),
        Field(name="age_hours", unit="h", help="since it was written"),
        Field(name="checksum", shape=Shape.TEXT, help="its SHA-256 in hexadecimal; empty where not known"),
        Field(name="checksum_from", shape=Shape.TEXT, help="server, content (it was read) or empty"),
        Field(name="etag", shape=Shape.TEXT, help="its ETag"),
        SECONDS,
    ),
)

SPEC = KindSpec(name="s3", title="S3 bucket", settings=SETTINGS, checks=(LIST, UPLOAD, VERIFY))
