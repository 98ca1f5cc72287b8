"""The kinds of service a runbook may name and the checks each offers; a new kind is a module here and a line below."""

from tui.runbook.probing import celery, docker, host, http, kubernetes, s3, tls, websocket
from tui.runbook.probing.databases import mysql, postgres, redis
from tui.runbook.probing.spec import Kinds

KINDS: Kinds = {
    spec.name: spec
    for spec in (
        mysql.SPEC,
        postgres.SPEC,
        redis.SPEC,
        s3.SPEC,
        docker.SPEC,
        http.SPEC,
        websocket.SPEC,
        tls.SPEC,
        celery.SPEC,
        kubernetes.SPEC,
        host.SPEC,
    )
}
