"""Checks on real journals that a sign-off's statement is made again from the lines before it, and only from these."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.support.runbooks.runbooks import small
from tests.support.sessions.fake_clock import FakeClock
from tests.support.sessions.signing import SoftKey, make_keys, stock_verify
from tui.errors import SignatureInvalid
from tui.session import events as ev
from tui.session.folding.fold import fold
from tui.session.journal.chain import START, ProvedLine, digest, encode, walk
from tui.session.journal.journal import Journal
from tui.session.outcome import Outcome
from tui.session.state import SessionState
from tui.signing.signers import Signers, parse_signers
from tui.signing.statement import SignOff, Statement, sign, sign_offs, statement_of
from tui.signing.vouching import judge_all, proofs_of, write_proofs

pytestmark = pytest.mark.needs("ssh")
STEP, OTHER_STEP = "switch-docker", "look"


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> dict[str, SoftKey]:
    made = make_keys(tmp_path_factory.mktemp("keys"), ("other", ("-t", "ed25519")))
    return {"ana": SoftKey(made["ed25519"]), "ben": SoftKey(made["other"])}


@pytest.fixture
def signers(keys: dict[str, SoftKey]) -> Signers:
    return parse_signers("".join(f"{name} {key.public.line}\n" for name, key in keys.items()))


class Session:
    """A journal in the making, whose sign-offs are signed as the program signs them."""

    def __init__(self, path: Path, keys: dict[str, SoftKey]) -> None:
        self.journal = Journal.create(path, FakeClock())
        self.keys = keys

    def add(self, *events: ev.AnyEvent) -> None:
        for event in events:
            self.journal.append(event)

    def start(self) -> None:
        self.add(
            ev.SessionStarted(session="the-session", flow="deploy", operator="ana", title="Shop", runbook_hash="r"),
            *ran(1, OTHER_STEP, "uptime"),
            *ran(2, STEP, "migrate"),
            *ran(3, STEP, "show 'migrations'"),
        )

    def state(self) -> SessionState:
        return fold(small(), [line.entry for line in walk(self.journal.path)])

    def event(self, step: str = STEP, **given: str) -> ev.StepSigned:
        count, head = self.journal.position()
        return ev.StepSigned(step=step, operator="ana", count=count, head=head, **given)

    def signed(self, event: ev.StepSigned) -> ev.StepSigned:
        state = self.state()
        event = replace(event, signature=sign(statement_of(state, event, "ana"), self.keys["ana"]))
        if not event.second_operator:
            return event
        second = statement_of(state, event, event.second_operator)
        return replace(event, second_signature=sign(second, self.keys["ben"]))

    def lines(self) -> list[ProvedLine]:
        return list(walk(self.journal.path))


def ran(number: int, step: str, command: str) -> tuple[ev.AnyEvent, ...]:
    start = ev.AttemptStarted(attempt=number, step=step, action=0, host="web", command=command)
    sha256 = f"{number}" * 64
    return start, ev.AttemptFinished(attempt=number, outcome=Outcome.exited(0), seconds=1.0, size=2, sha256=sha256)


@pytest.fixture
def session(tmp_path: Path, keys: dict[str, SoftKey]) -> Iterator[Session]:
    made = Session(tmp_path / "journal.jsonl", keys)
    made.start()
    yield made
    made.journal.close()


def rewritten(lines: list[ProvedLine], place: int, event: ev.AnyEvent | None) -> list[ProvedLine]:
    """A journal whose chain holds although one event was changed or taken out: what somebody with the file can make."""
    events = [line.entry for line in lines]
    events[place : place + 1] = [replace(events[place], event=event)] if event else []
    head, made = START, []
    for number, entry in enumerate(events):
        entry = replace(entry, seq=number)
        head = digest(encode(entry, head))
        made.append(ProvedLine((entry,), head, 0))
    return made


def only(lines: list[ProvedLine]) -> SignOff:
    (found,) = sign_offs(lines)
    return found


def test_the_statement_signed_is_the_statement_made_again(session: Session) -> None:
    event = session.signed(session.event(note="seen", second_operator="ben"))
    state = session.state()
    session.add(event)
    found = only(session.lines())
    assert found.statements == (statement_of(state, event, "ana"), statement_of(state, event, "ben"))
    assert found.signatures == (event.signature, event.second_signature)
    assert found.statements[0] == Statement(
        session="the-session",
        step=STEP,
        operator="ana",
        second_operator="ben",
        signer="ana",
        note="seen",
        attempts=2,
        # printf '[[2,"web","migrate"],[3,"web","show '"'migrations'"'"]]' | sha256sum, and so for the outputs
        commands="69851d77865fe343632f86d6b82595569315437b13b48b9a70b2bcdfa3d1c770",
        outputs="003efdef2cacc856452f77770ec7021f283739ec9840fca8a64b802b31430d64",
        count=7,
        head=event.head,
    )


def test_who_signed_is_told_for_each_sign_off(session: Session, signers: Signers, keys: dict[str, SoftKey]) -> None:
    session.add(session.signed(session.event(OTHER_STEP)))
    session.add(session.signed(session.event(second_operator="ben")))
    session.add(session.event("last"), ev.StepSigned(step="quick", operator="auto"))
    ana, ben = (key.public.fingerprint for key in keys.values())
    judged = list(judge_all(session.lines(), signers))
    assert [str(one) for one in judged] == [
        f"{OTHER_STEP}: signed by ana ({ana})",
        f"{STEP}: signed by ana ({ana}); signed by ben ({ben})",
        "last: ana without a signature",
    ]
    assert [one.signed for one in judged] == [True, True, False]
    assert [one.vouched for one in judged] == [True, True, False]
    assert [one.vouched for one in judge_all(session.lines(), None)] == [False, False, False]


@pytest.mark.parametrize("place", range(7))
def test_no_line_before_a_sign_off_can_be_changed_or_taken_out(place: int, session: Session, signers: Signers) -> None:
    session.add(session.signed(session.event()))
    lines = session.lines()
    assert len(list(judge_all(rewritten(lines, 7, lines[7].entry.event), signers))) == 1
    for event in (None, ev.NoteAdded(text="nothing", operator="ana")):
        with pytest.raises(SignatureInvalid, match="another journal"):
            list(judge_all(rewritten(lines, place, event), signers))


@pytest.mark.parametrize("place", range(7))
def test_naming_the_new_chain_in_the_sign_off_does_not_help(place: int, session: Session, signers: Signers) -> None:
    event = session.signed(session.event())
    session.add(event)
    changed = rewritten(session.lines(), place, ev.NoteAdded(text="nothing", operator="ana"))
    event = replace(event, head=changed[6].head)
    with pytest.raises(SignatureInvalid, match="does not fit"):
        list(judge_all(rewritten(changed, 7, event), signers))


@pytest.mark.parametrize("field", ["step", "operator", "second_operator", "note"])
def test_no_field_of_the_sign_off_can_be_changed(field: str, session: Session, signers: Signers) -> None:
    event = session.signed(session.event(second_operator="ben"))
    session.add(event)
    with pytest.raises(SignatureInvalid):
        list(judge_all(rewritten(session.lines(), 7, replace(event, **{field: OTHER_STEP})), signers))


def test_the_two_signatures_cannot_change_places_or_be_one_twice(session: Session, signers: Signers) -> None:
    event = session.signed(session.event(second_operator="ben"))
    session.add(event)
    for first, second in (
        (event.second_signature, event.signature),
        (event.signature, event.signature),
        (event.second_signature, event.second_signature),
    ):
        changed = rewritten(session.lines(), 7, replace(event, signature=first, second_signature=second))
        with pytest.raises(SignatureInvalid, match="does not fit"):
            list(judge_all(changed, signers))


def test_one_person_with_one_key_is_not_two(session: Session, keys: dict[str, SoftKey]) -> None:
    session.keys = {"ana": keys["ana"], "ben": keys["ana"]}
    session.add(session.signed(session.event(second_operator="ben")))
    with pytest.raises(SignatureInvalid, match="one and the same key"):
        list(judge_all(session.lines(), None))


def test_a_second_signature_without_a_second_person_is_refused(session: Session) -> None:
    event = session.signed(session.event())
    session.add(replace(event, second_signature=event.signature))
    with pytest.raises(SignatureInvalid, match="no second person"):
        list(sign_offs(session.lines()))


def test_what_happens_elsewhere_while_a_person_is_asked_does_no_harm(session: Session, signers: Signers) -> None:
    event = session.signed(session.event())
    session.add(ev.LinkChanged(host="web", link="lost"), *ran(4, OTHER_STEP, "uptime"), event)
    assert [one.vouched for one in judge_all(session.lines(), signers)] == [True]


@pytest.mark.parametrize(
    "between",
    [
        ev.StepReopened(step=STEP, operator="ana", reason="again"),
        ev.OutcomeResolved(attempt=3, operator="ana", succeeded=True, reason="seen"),
        ev.AttemptStarted(attempt=4, step=STEP, action=0, host="web", command="migrate"),
        ev.AttemptRejoined(attempt=3, operator="ana"),
        ev.ProbeMeasured(attempt=3, service="db", check="query"),
        ev.NoteAdded(text="wait", operator="ana", step=STEP),
    ],
)
def test_what_happens_to_the_step_while_a_person_is_asked_voids_the_signature(
    between: ev.AnyEvent, session: Session
) -> None:
    event = session.signed(session.event())
    session.add(between, event)
    with pytest.raises(SignatureInvalid, match="before line 8, which is of the same step"):
        list(sign_offs(session.lines()))


@pytest.mark.parametrize(("count", "head"), [(-1, ""), (99, "a"), (7, START), (0, "")])
def test_a_place_that_is_not_there_is_refused(count: int, head: str, session: Session) -> None:
    session.add(replace(session.event(), count=count, head=head))
    with pytest.raises(SignatureInvalid, match="another journal"):
        list(sign_offs(session.lines()))


def test_every_signature_can_be_written_for_ssh_keygen(session: Session, tmp_path: Path) -> None:
    session.add(session.signed(session.event(OTHER_STEP)), session.event("unsigned"))
    session.add(session.signed(session.event(second_operator="ben", note="both looked")))
    commands = write_proofs(tmp_path / "proofs", proofs_of(session.lines()))
    assert len(commands) == 3
    for how in commands:
        good, said = stock_verify(tmp_path / "proofs", how)
        assert good, said
    swapped = commands[2].replace("-I ben", "-I ana")
    assert not stock_verify(tmp_path / "proofs", swapped)[0]
    assert (tmp_path / "proofs" / "verify.txt").read_text().splitlines() == list(commands)
