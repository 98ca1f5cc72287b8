"""A production host as a handful of facts, and what each step of the bundled runbook does to it, from its document.

It knows nothing of how a rollback is computed: only what a deployment and a rollback do to a host, and what a look at
the host would find.
"""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

Effect = Callable[["World"], "World"]


class World(NamedTuple):
    """What is true of the host; `old` is before the release, `new` is the release. `app` is what runs, or nothing."""

    enabled: str = "site"
    served: str = "site"
    app: str = "old"
    code: str = "old"
    dependencies: str = "old"
    image: str = "old"
    static: str = "old"
    schema: str = "old"
    data: str = "kept"
    database: str = "up"
    """`schema` is also "half": what a migration made before it failed, which nothing but the backup takes back."""


class Impossible(Exception):
    """The host cannot do this now: an order that fails in production."""


def enabled(what: str) -> Effect:
    """The file of the site's configuration is replaced, and not loaded yet."""
    return lambda world: world._replace(enabled=what)


def serving(what: str) -> Effect:
    return lambda world: world._replace(enabled=what, served=what)


def seen(what: str) -> Effect:
    """The site is asked, and answers so; this changes nothing."""

    def ask(world: World) -> World:
        if world.served != what:
            raise Impossible(f"the site does not show the {what}")
        return world

    return ask


def reverse_migrations(files: str) -> Effect:
    """Reversing needs the files of the migrations: they are in the release's checkout, or in its image."""

    def reverse(world: World) -> World:
        if world.schema == "new" and getattr(world, files) != "new":
            raise Impossible(f"the migrations are reversed, but the {files} has not their files any more")
        if world.database == "down":
            raise Impossible("the migrations are reversed without a database")
        return world._replace(schema="half" if world.schema == "half" else "old")

    return reverse


def restore(world: World) -> World:
    if world.database == "down":
        raise Impossible("the backup is restored without a database")
    if world.app is not None and world.app == "new":
        raise Impossible("the database is restored under the running release")
    if world.app != "none" and world.served == "site":
        raise Impossible("the database is restored while people use the site")
    return world._replace(schema="old", data="restored")


def stop(world: World) -> World:
    """People see the maintenance page before what served them is stopped."""
    if world.app != "none" and world.served == "site":
        raise Impossible("the application is stopped while the site is served")
    return world._replace(app="none")


def check_out_old(world: World) -> World:
    if world.app == "new" and world.image == "old":
        raise Impossible("the code is changed under the running release")
    return world._replace(code="old")


def _newer(schema: str, files: str) -> str:
    """Migrating applies what there are files for, and takes nothing back."""
    return "new" if files == "new" else schema


def _half(files: str) -> Effect:
    """MySQL commits each change of a table by itself: a migration that fails leaves what it made until then."""
    return lambda world: world._replace(schema="half" if getattr(world, files) == "new" else world.schema)


def restarted(world: World, method: str, *, comes_back: bool) -> World:
    """What a restart of the host leaves: nginx loads what is enabled, and units start what is checked out.

    Containers come up again as they were, by their restart policy; where they have none, nothing runs.

    Args:
        comes_back: whether the containers have such a policy.
    """
    world = world._replace(served=world.enabled)
    if method == "b":
        return world._replace(app=world.code)
    return world if comes_back else world._replace(app="none", database="down")


def _nothing_to_do(look: Callable[[World], bool], world: World) -> bool:
    return not look(world)


FORWARD: dict[str, tuple[Effect, ...]] = {
    "a-code": (lambda w: w._replace(code="new"),),
    "a-build": (lambda w: w._replace(image=w.code),),
    "a-migrate": (_half("image"), lambda w: w._replace(schema=_newer(w.schema, w.image))),
    "a-static": (lambda w: w._replace(static=w.image),),
    "a-containers": (
        lambda w: w._replace(app="none", database="down"),
        lambda w: w._replace(app=w.image, database="up"),
    ),
    "b-maintenance-on": (enabled("maintenance"), serving("maintenance"), lambda w: w._replace(app="none")),
    "b-code": (lambda w: w._replace(code="new"),),
    "b-dependencies": (lambda w: w._replace(dependencies=w.code),),
    "b-migrate": (_half("code"), lambda w: w._replace(schema=_newer(w.schema, w.code))),
    "b-static": (lambda w: w._replace(static=w.code),),
    "b-start": (lambda w: w._replace(app=w.code),),
    "b-maintenance-off": (enabled("site"), serving("site")),
}
"""What each changing step of the deployment does, in parts: a step that ends half-way has done the first of them."""

BACK: dict[str, tuple[Effect, ...]] = {
    "rollback-stop-a": (
        enabled("maintenance"),
        serving("maintenance"),
        seen("maintenance"),
        stop,
        lambda w: w._replace(database="up"),
    ),
    "rollback-stop-b": (enabled("maintenance"), serving("maintenance"), seen("maintenance"), stop),
    "rollback-migrations-a": (reverse_migrations("image"),),
    "rollback-migrations-b": (reverse_migrations("code"),),
    "rollback-restore": (restore,),
    "rollback-code": (check_out_old,),
    "rollback-build-a": (lambda w: w._replace(image=w.code, static=w.code),),
    "rollback-dependencies-b": (lambda w: w._replace(dependencies=w.code, static=w.code),),
    "rollback-start-a": (lambda w: w._replace(app=w.image, database="up"),),
    "rollback-start-b": (lambda w: w._replace(app=w.code),),
    "rollback-maintenance-off": (enabled("site"), serving("site")),
}

PAGE = ("maintenance", "maintenance")
"""What is enabled and served where the maintenance page is up."""

LOOKS: dict[str, Callable[[World], bool]] = {
    "rollback-stop-a": lambda w: (w.enabled, w.served, w.app, w.database) != (*PAGE, "none", "up"),
    "rollback-stop-b": lambda w: (w.enabled, w.served, w.app) != (*PAGE, "none"),
    "rollback-migrations-a": lambda w: w.schema == "new",
    "rollback-migrations-b": lambda w: w.schema == "new",
    "rollback-code": lambda w: w.code != "old",
    "rollback-start-a": lambda w: w.app != w.image,
    "rollback-start-b": lambda w: w.app != w.code or w.app != w.dependencies,
    "rollback-maintenance-off": lambda w: "maintenance" in (w.enabled, w.served),
}
"""What a look at the host finds: whether there is something to undo."""

HOLDS: dict[str, Callable[[World], bool]] = {
    "a-code": lambda w: w.code == "new",
    "a-build": lambda w: w.image == "new",
    "a-migrate": lambda w: w.schema == "new",
    "a-static": lambda w: w.static == "new",
    "a-containers": lambda w: (w.app, w.database) == ("new", "up"),
    "b-maintenance-on": lambda w: (w.enabled, w.served, w.app) == ("maintenance", "maintenance", "none"),
    "b-code": lambda w: w.code == "new",
    "b-dependencies": lambda w: w.dependencies == "new",
    "b-migrate": lambda w: w.schema == "new",
    "b-static": lambda w: w.static == "new",
    "b-start": lambda w: w.app == "new",
    "b-maintenance-off": lambda w: (w.enabled, w.served) == ("site", "site"),
    "rollback-restore": lambda w: (w.schema, w.data) == ("old", "restored"),
    "rollback-build-a": lambda w: (w.image, w.static) == ("old", "old"),
    "rollback-dependencies-b": lambda w: (w.dependencies, w.static) == ("old", "old"),
    **{name: partial(_nothing_to_do, look) for name, look in LOOKS.items()},
}
"""What a person sees on the host who looks whether a step still holds."""

TAKEN_BACK_BY: dict[str, tuple[str, ...]] = {
    "b-maintenance-on": ("b-start", "b-maintenance-off"),
    "rollback-stop-a": ("rollback-start-a", "rollback-maintenance-off"),
    "rollback-stop-b": ("rollback-start-b", "rollback-maintenance-off"),
}
"""The steps after any of which another one is not to hold any more, or not all of it."""

REASONS: dict[str, frozenset[str]] = {
    "rollback-stop-a": frozenset({"a-migrate", "a-containers"}),
    "rollback-stop-b": frozenset({"b-start", "b-maintenance-off"}),
    "rollback-migrations-a": frozenset({"a-migrate"}),
    "rollback-migrations-b": frozenset({"b-migrate"}),
    "rollback-restore": frozenset({"a-migrate", "a-containers", "b-migrate", "b-start"}),
    "rollback-code": frozenset({"a-code", "b-code"}),
    "rollback-build-a": frozenset({"a-build", "a-static"}),
    "rollback-dependencies-b": frozenset({"b-dependencies", "b-static"}),
    "rollback-start-a": frozenset({"a-migrate", "a-containers"}),
    "rollback-start-b": frozenset({"b-maintenance-on", "b-start"}),
    "rollback-maintenance-off": frozenset({"b-maintenance-on", "b-maintenance-off", "a-migrate", "a-containers"}),
}
"""For each step of the rollback the deployment's steps without any of which a careful person would leave it out."""


def after(world: World, effects: tuple[Effect, ...], parts: int) -> World:
    """Production after the first parts of a step."""
    for effect in effects[:parts]:
        world = effect(world)
    return world
