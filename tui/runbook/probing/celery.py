"""What the celery probe may be told and what it finds, by Celery's own commands on the host."""

from tui.runbook.probing.spec import CheckSpec, Field, KindSpec, Setting, Shape

SETTINGS = (
    Setting(name="app", required=True, help="the application, as celery -A names it"),
    Setting(name="directory", help="where the command runs"),
    Setting(name="activate", help="shell commands before it, such as activating a virtual environment"),
    Setting(name="command", default="celery", help="how celery is called: docker-compose exec -T web celery"),
)

WORKERS = Field(name="workers", figure=True, help="workers that answer")
LEAST = Setting(name="least", shape=Shape.NUMBER, default=1, help="workers there must be")

PING = CheckSpec(
    name="ping",
    help="whether workers answer",
    parameters=(LEAST,),
    fields=(WORKERS, Field(name="names", shape=Shape.TEXTS, help="their names")),
)
ACTIVE = CheckSpec(
    name="active",
    help="what the workers do now",
    parameters=(LEAST,),
    fields=(
        WORKERS,
        Field(name="tasks", figure=True, help="tasks that run"),
        Field(name="oldest", unit="s", figure=True, help="how long the oldest has been running; 0 without one"),
        Field(name="by_worker", shape=Shape.TABLE, help="tasks that run, by worker"),
    ),
)
STATS = CheckSpec(
    name="stats",
    help="what the workers have done",
    parameters=(LEAST,),
    fields=(
        WORKERS,
        Field(name="processed", figure=True, help="tasks since the workers started"),
        Field(name="processes", figure=True, help="processes of all pools together"),
        Field(
            name="youngest", unit="s", help="uptime of the worker that started last; null where the server does not say"
        ),
    ),
)
TASK = CheckSpec(
    name="task",
    help="a task is sent, and its result comes back",
    parameters=(
        Setting(name="task", required=True, help="its dotted name"),
        Setting(name="arguments", default="[]", help="its arguments, as a JSON list"),
    ),
    fields=(
        Field(name="result", shape=Shape.TEXT, help="what it returned"),
        Field(name="seconds", unit="s", figure=True, help="from sending it to having the result"),
    ),
    mutates=True,
)

SPEC = KindSpec(name="celery", title="Celery's workers", settings=SETTINGS, checks=(PING, ACTIVE, STATS, TASK))
