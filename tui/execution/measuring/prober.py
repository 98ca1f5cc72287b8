"""Makes the probes of a runbook: settings and secrets found, the way opened, the result as an attempt's output."""

import json
import math
import shlex
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

from msgspec import Struct

from tui import threads
from tui.errors import RunbookError
from tui.execution.judging.evidence import Output
from tui.execution.judging.expectations import check_document
from tui.execution.measuring.reach import TransportReach
from tui.execution.secrecy import host_file
from tui.execution.secrecy.secrets import Secrets
from tui.probes import probe_of
from tui.probes.base import NoData, ProbeFailed, Reading
from tui.probes.tls_trust import context
from tui.runbook.described.probes import THIS_MACHINE as THIS_MACHINE
from tui.runbook.described.probes import value_of, words_of
from tui.runbook.facts import host_named
from tui.runbook.groups.members import HOST, asked_through, group_of
from tui.runbook.model import Expect, Probe, Runbook, Service
from tui.runbook.probing import KINDS
from tui.runbook.probing.spec import Setting, Shape
from tui.runbook.templates.variables import fill_whole
from tui.session.events import Check
from tui.session.groups.cells import fact_of
from tui.session.outcome import Outcome, OutcomeKind
from tui.text.sanitise import sanitise
from tui.transports.base import CancelToken, Command, GivingWay, OutputSink, Stream, Transport

DEADLINE = 20.0
"""Seconds a probe has where its action gives no `timeout`."""

GRACE = 2.0
"""Seconds after its deadline at which a probe that does not return is left to itself."""

LOOK = 0.05

MOST_LEFT = 8
"""Up to this many probes that never returned are kept; each holds a thread for as long as its library hangs."""

AS_IT_SHOULD = "the service answers as it should"


class Measured(Struct, frozen=True, kw_only=True):
    """The result of a probe: how it ended, its own judgements, its figures, and the secrets it captured."""

    outcome: Outcome
    checks: tuple[Check, ...] = ()
    figures: Mapping[str, float] = {}
    secrets: Mapping[str, str] = {}

    def __repr__(self) -> str:
        return f"Measured({self.outcome}, {len(self.checks)} checks, figures: {dict(self.figures)})"


class Prober(Protocol):
    """Makes probes; the drill has one that reaches nothing."""

    def measure(
        self, probe: Probe, values: Mapping[str, str], seconds: float, sink: OutputSink, cancel: CancelToken
    ) -> Measured:
        """Make one probe and write what it found to `sink`; never raises for what a service does.

        Args:
            values: what templates in settings and parameters may name.
            seconds: the deadline.
        """


def document_of(text: str) -> Mapping[str, Any] | None:
    """The result at the end of a probe's output; what a service says stands above it and never counts as it."""
    try:
        document = json.loads(text.rstrip("\n").rpartition("\n")[2])
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def judged_alone(output: Output) -> Output:
    """Of a probe's output what may be captured: its document, or nothing."""
    if document_of(output.text) is None:
        return Output()
    last = output.text.rstrip("\n").rpartition("\n")[2]
    return Output(last, last)


def check_probe(
    expect: Expect, own: tuple[Check, ...], outcome: Outcome, text: str, seconds: float
) -> tuple[Check, ...]:
    """A probe's own judgements and the runbook's, compared with its document.

    Args:
        own: the probe's judgements; none where the program ended before they were recorded: its exit status tells.
    """
    if not own and outcome.exit_status:
        own = (Check(expected=AS_IT_SHOULD, came=sanitise(text.partition("\n")[0]), ok=False),)
    document = document_of(text)
    if document is None:
        return own or (Check(expected="a result", came="none was kept", ok=False),)
    return (*own, *check_document(expect, document, seconds))


class _Prober:
    """What a probe in earnest and one in a drill have in common: settings and parameters by value, found to be right.

    A drill asks in the same way, so that what cannot be asked in production cannot be rehearsed either.
    """

    def __init__(self, runbook: Runbook, transports: Mapping[str, Transport], secrets: Secrets) -> None:
        self._runbook = runbook
        self._transports = transports
        self._secrets = secrets

    def _settings(self, service: Service, values: Mapping[str, str], read: Mapping[str, str]) -> dict[str, Any]:
        """The service's settings by value: those of the runbook, of secrets, and those `read` on the host."""
        found = _present({key: value_of(text, values) for key, text in service.settings.items()})
        found |= read
        for setting, secret in service.secrets.items():
            found[setting] = self._secrets.value(secret)
        return typed(KINDS[service.kind].settings, found)

    def _given(
        self, parameters: tuple[Setting, ...], given: Mapping[str, Any], values: Mapping[str, str]
    ) -> dict[str, Any]:
        shapes = {parameter.name: parameter.shape for parameter in parameters}
        secret = {name: self._secrets.value(str(one)) for name, one in given.items() if shapes[name] is Shape.SECRET}
        plain = {name: value_of(one, values) for name, one in given.items() if name not in secret}
        return typed(parameters, {**_present(plain), **secret})


class LiveProber(_Prober):
    """Makes the probes of one session over its transports."""

    def __init__(
        self, runbook: Runbook, transports: Mapping[str, Transport], secrets: Secrets, here: Callable[[], Transport]
    ) -> None:
        """Args: here: makes the way to what is reached from this machine."""
        super().__init__(runbook, transports, secrets)
        self._here = here
        self._files: dict[tuple[str, str], Mapping[str, str]] = {}
        """What an environment file says, by the service and the host that it is read on."""
        self._left: list[threading.Thread] = []
        self._lock = threading.Lock()

    def measure(
        self, probe: Probe, values: Mapping[str, str], seconds: float, sink: OutputSink, cancel: CancelToken
    ) -> Measured:
        """See Prober; the probe works on a thread of its own, which is left to itself when it does not come back."""
        service = self._runbook.services[probe.service]
        through = asked_through(self._runbook, service, values)
        transport = self._transports[through] if through else self._here()
        reach = TransportReach(transport, seconds, giving_way=cancel if isinstance(cancel, GivingWay) else None)
        done: list[Measured] = []

        def work() -> None:
            done.append(self._guarded(service, probe, values, reach))

        with self._lock:
            self._left = [thread for thread in self._left if thread.is_alive()]
            crowded = len(self._left) >= MOST_LEFT
        if crowded:
            return _kept(no_data(f"{MOST_LEFT} probes before it never returned", "start the program again"), sink)
        with reach:
            thread = threads.start(f"probe {probe.service}", work)
            left = seconds + GRACE
            while thread.is_alive() and left > 0 and not cancel.wait(LOOK):
                left -= LOOK
                thread.join(LOOK)
            stopped = cancel.cancelled and not done  # what it says once its way is closed is of that
        thread.join(LOOK if cancel.cancelled else GRACE)
        if thread.is_alive():
            with self._lock:
                self._left.append(thread)
        if stopped:
            return Measured(outcome=Outcome(OutcomeKind.CANCELLED))
        late = failed(f"{probe.service} does not answer within {seconds:g} s", "look at it from its own host")
        return _kept(done[0] if done else late, sink)

    def _guarded(self, service: Service, probe: Probe, values: Mapping[str, str], reach: TransportReach) -> "Measured":
        spec = KINDS[service.kind]
        try:
            kind = probe_of(service.kind)
            read = self._from_file(service, probe.service, values, reach) if service.from_file else {}
            settings = self._settings(service, values, read)
            given = self._given(spec.check(probe.check).parameters, probe.given, values)
            reading = kind.interpret(probe.check, given, kind.fetch(probe.check, settings, given, reach))
        except NoData as error:
            return no_data(error.message, error.hint)
        except ProbeFailed as error:
            return failed(error.message, error.hint)
        except RunbookError as error:
            return no_data(error.message, error.hint)
        except Exception as error:  # a fault of ours, or of a library: a verdict too, and never the service's secrets
            return no_data(f"a fault of this program: {type(error).__name__}", "please report it")
        return written(reading, figures_of(service.kind, probe.check, reading.document), units_of(service, probe))

    def _from_file(
        self, service: Service, name: str, values: Mapping[str, str], reach: TransportReach
    ) -> Mapping[str, str]:
        """What the environment file on the host says, parsed there once a session."""
        host = asked_through(self._runbook, service, values)
        with self._lock:
            if (name, host) in self._files:
                return self._files[name, host]
        path = fill_whole(service.file, values)
        variables = list(service.from_file.values())
        prints = " ".join(f'"${{{variable}-}}"' for variable in variables)
        ran = reach.run(f"{host_file.variables(shlex.quote(path), variables)}\nprintf '%s\\0' {prints}")
        if ran.exit != 0:
            raise NoData(f"{path} cannot be read on {host}", "look at its path and its permissions")
        parts = ran.out.split("\0")
        read = dict(zip(service.from_file, parts, strict=False))
        secret = {setting.name for setting in KINDS[service.kind].settings if setting.shape is Shape.SECRET}
        for setting in secret & read.keys():
            if read[setting]:
                self._secrets.keep(fact_of(f"{name}.{setting}", host if host != service.through else ""), read[setting])
        found = {setting: value for setting, value in read.items() if value}
        with self._lock:
            self._files[name, host] = found
        return found


class DrillProber(_Prober):
    """Lets the drill's host answer: a probe is a command to it, and its scenario's rules give the document.

    About each host of a group it is that host which answers, wherever the probe would ask it from.

    What the host's environment file would say is taken to be there: a drill's host has no files.
    """

    def measure(
        self, probe: Probe, values: Mapping[str, str], seconds: float, sink: OutputSink, cancel: CancelToken
    ) -> Measured:
        """See Prober; exit status 0 is a document, 1 a failure in words, anything else no data."""
        service = self._runbook.services[probe.service]
        asked = values.get(HOST, "") if values.get(HOST) in group_of(self._runbook) else service.through
        transport = self._transports[host_named(self._runbook, asked)]
        try:
            settings = self._settings(service, values, _as_if_read(service))
            self._given(KINDS[service.kind].check(probe.check).parameters, probe.given, values)
            if settings.get("ca_file"):  # whom this machine trusts is of no use here, and slow to read
                context(str(settings["ca_file"]))
        except (NoData, RunbookError) as error:
            return _kept(no_data(error.message, error.hint), sink)
        out, err = bytearray(), bytearray()

        def keep(stream: Stream, data: bytes) -> None:
            (out if stream is Stream.OUT else err).extend(data)

        script = words_of(self._runbook, probe, values)
        outcome = transport.run(Command(script=script, timeout=seconds), keep, cancel)
        message, _, hint = err.decode(errors="replace").strip().partition("; ")
        if outcome.kind is OutcomeKind.TIMED_OUT:
            made = failed(f"{probe.service} does not answer within {seconds:g} s", "look at it from its own host")
        elif outcome.exit_status == 1:
            made = failed(message or "it fails", hint)
        elif outcome.exit_status != 0:
            made = no_data(message or str(outcome), hint)
        else:
            try:
                document = json.loads(out)
            except (ValueError, RecursionError):
                document = None
            if not isinstance(document, dict):
                made = no_data("the scenario's answer to this probe is not a JSON document", "fix its rule")
            else:
                summary = str(document.pop("summary", "as expected"))
                secrets = document.pop("secrets", {})
                reading = Reading(document=document, summary=summary, secrets=secrets)
                made = written(reading, figures_of(service.kind, probe.check, document), units_of(service, probe))
        return _kept(made, sink)


class _Written(Measured, frozen=True, kw_only=True):
    """A measurement with the text that its attempt keeps."""

    text: str = ""


def _kept(made: Measured, sink: OutputSink) -> Measured:
    if isinstance(made, _Written):
        sink(Stream.OUT, made.text.encode(errors="replace"))
    return made


def written(reading: Reading, figures: Mapping[str, float], units: Mapping[str, str]) -> Measured:
    """A reading as an attempt's output: the verdict, aligned fields, details, and last the whole document as JSON."""
    bad = [check for check in reading.checks if not check.ok and not check.warning]
    warned = [check for check in reading.checks if not check.ok and check.warning]
    verdict = "failed" if bad else "warning" if warned else "answered"
    lines = [f"{verdict}: {reading.summary}", *_fields(reading.document, units), *reading.details]
    document = json.dumps(reading.document, ensure_ascii=False, default=str)
    return _Written(
        outcome=Outcome.exited(1 if bad else 0),
        checks=reading.checks,
        figures=figures,
        secrets=reading.secrets,
        text="\n".join([*(sanitise(line) for line in lines), document]) + "\n",
    )


def _fields(document: Mapping[str, Any], units: Mapping[str, str]) -> list[str]:
    plain = {name: value for name, value in document.items() if not isinstance(value, dict | list)}
    width = max((len(name) for name in plain), default=0)
    return [
        f"  {name:<{width}} {_word(value)}" + (f" {units[name]}" if units.get(name) and value is not None else "")
        for name, value in plain.items()
    ]


def _word(value: object) -> str:
    match value:
        case None:
            return "–"
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:.10g}"
    return str(value)


def failed(message: str, hint: str) -> Measured:
    """The service is not as it should be."""
    check = Check(expected=AS_IT_SHOULD, came=_with(message, hint), ok=False)
    text = f"failed: {sanitise(_with(message, hint))}\n"
    return _Written(outcome=Outcome.exited(1), checks=(check,), text=text)


def no_data(message: str, hint: str) -> Measured:
    """Nothing could be measured."""
    words = _with(message, hint)
    return _Written(outcome=Outcome(OutcomeKind.UNREACHABLE, detail=words), text=f"no data: {sanitise(words)}\n")


def _as_if_read(service: Service) -> dict[str, str]:
    """The values that a drill uses instead of the settings in a file on the host."""
    shapes = {setting.name: setting.shape for setting in KINDS[service.kind].settings}
    return {name: "1" if shapes[name] is Shape.NUMBER else "drill" for name in service.from_file}


def _present(given: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in given.items() if value is not None}


def _with(message: str, hint: str) -> str:
    return f"{message} → {hint}" if hint else message


def figures_of(kind: str, check: str, document: Mapping[str, Any]) -> dict[str, float]:
    """The figures of a result that are kept and compared."""
    fields = KINDS[kind].check(check).fields
    found = {field.name: document.get(field.name) for field in fields if field.figure}
    return {
        name: float(value)
        for name, value in found.items()
        if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    }


def units_of(service: Service, probe: Probe) -> dict[str, str]:
    """The units of a result's fields."""
    return {field.name: field.unit for field in KINDS[service.kind].check(probe.check).fields if field.unit}


def typed(settings: Iterable[Setting], given: Mapping[str, Any]) -> dict[str, Any]:
    """The given values in the shapes of their settings, with the defaults of those not given.

    Raises:
        NoData: one is missing, or is not of its shape.
    """
    found: dict[str, Any] = {}
    for setting in settings:
        value = given.get(setting.name, setting.default)
        if value in (None, "") and setting.required:
            raise NoData(f"no value for {setting.name}", setting.help)
        if setting.shape is Shape.NUMBER and isinstance(value, str) and value:
            try:
                value = float(value) if "." in value else int(value)
            except ValueError:
                raise NoData(f"{setting.name} is {value!r}, not a number", setting.help) from None
        if setting.shape is Shape.FLAG and isinstance(value, str):
            value = value.casefold() in ("yes", "true", "1", "on")
        if value is not None:
            found[setting.name] = value
    return found
