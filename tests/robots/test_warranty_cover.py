"""Warranty of real robots: what the records say, put together and judged slot by slot."""

from dataclasses import replace
from datetime import date, datetime

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from app.customers.models import CustomerKind
from app.identity.roles import Role
from app.kernel import clock
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, Forbidden, Invalid, NotFound, Refused
from app.kernel.frozen import freeze
from app.robots import (
    bodies,
    contracts,
    counters,
    makers,
    termsbook,
    timeline,
    warrantycover,
    warrantypapers,
)
from app.robots.bodyplan import SlotClass
from app.robots.contracts import ContractInput
from app.robots.duty_models import Buyers, PaperKind
from app.robots.models import Unit
from app.robots.slot_models import Counter, Slot
from app.robots.warranty import VerdictKind
from app.robots.warranty_case import PayerKind
from app.robots.warranty_rules import UNITREE
from app.robots.warrantycover import Cover
from app.robots.warrantypapers import EvidenceInput
from app.stores.models import Store
from tests.makers.bulletins import a_component, sitting, taken_out
from tests.makers.robots import a_maker, a_model, a_unit
from tests.makers.slots import a_plan
from tests.robots.conftest import an_actor
from tests.robots.warranty_makers import WORKS

COVERED, NOT, ASK = VerdictKind.COVERED, VerdictKind.NOT_COVERED, VerdictKind.ASK_MAKER
LEFT, RIGHT = "left_knee.actuator", "right_knee.actuator"


@pytest.fixture
def unit(session: Session, store: Store, manager: Actor) -> Unit:
    """A robot received by its owner on 1 March 2025, with an actuator in each knee."""
    termsbook.put_published(session, manager, a_maker(session))
    model = a_model(session)
    a_plan(session, model)
    unit = a_unit(session, store, "A1", model=model)
    with clock.set_to(at("2025-02-01")):
        for path, serial in ((LEFT, "K1"), (RIGHT, "K2")):
            sitting(
                session,
                unit,
                slot(session, unit, path),
                a_component(session, unit, serial),
                as_built=True,
            )
    file(session, manager, unit, PaperKind.RECEIPT, "2025-03-01")
    return unit


def at(day: str) -> datetime:
    return datetime.fromisoformat(f"{day}T12:00:00+00:00")


def slot(session: Session, unit: Unit, path: str) -> Slot:
    return bodies.slot_called(session, unit, path)


def file(
    session: Session, actor: Actor, unit: Unit, kind: PaperKind, day: str, **more: str
) -> None:
    warrantypapers.file_paper(
        session, actor, unit, kind, date.fromisoformat(day), source="paper", **more
    )


def cover(session: Session, actor: Actor, unit: Unit, on: str) -> Cover:
    return warrantycover.cover_of(session, actor, unit, on=date.fromisoformat(on))


def verdicts(found: Cover) -> dict[str, VerdictKind]:
    return {one.slot.path: one.verdict.kind for one in found.slots}


def seen(
    session: Session,
    actor: Actor,
    unit: Unit,
    code: str,
    day: str,
    *,
    path: str = "",
    confirmed: bool = True,
) -> int:
    typed = EvidenceInput(code, date.fromisoformat(day), confirmed=confirmed, slot_path=path)
    place = slot(session, unit, path) if path else None
    row = warrantypapers.record_evidence(session, actor, unit, typed, terms=UNITREE, slot=place)
    return row.id


def test_cover_runs_out_by_itself_and_names_its_clause(
    session: Session, manager: Actor, unit: Unit
) -> None:
    # given
    last = cover(session, manager, unit, "2026-03-01")
    # when nothing is touched and a day passes
    after = cover(session, manager, unit, "2026-03-02")
    # then
    assert set(verdicts(last).values()) == {COVERED}
    assert set(verdicts(after).values()) == {NOT}
    clause = after.of_slot(LEFT).verdict.clause
    assert clause is not None
    assert clause.code == "unitree.term"
    assert after.robot.starts_on == date(2025, 3, 1)
    with pytest.raises(NotFound):
        after.of_slot("third_knee.actuator")


def test_without_terms_or_start_the_maker_is_asked(
    session: Session, store: Store, manager: Actor
) -> None:
    stranger = a_unit(
        session, store, "T1", model=a_model(session, "T1", maker=a_maker(session, "X"))
    )
    assert cover(session, manager, stranger, "2025-06-01").robot.kind is ASK
    termsbook.put_published(session, manager, a_maker(session))
    unsold = a_unit(session, store, "A9")
    assert cover(session, manager, unsold, "2025-06-01").robot.kind is ASK


def test_a_replaced_part_keeps_the_rest_of_the_term(
    session: Session, manager: Actor, unit: Unit
) -> None:
    # given: on day 50 the left actuator is replaced
    place = slot(session, unit, LEFT)
    with clock.set_to(at("2025-04-20")):
        (seat,) = [
            one.occupant
            for one in cover(session, manager, unit, "2025-04-20").slots
            if one.slot.path == LEFT
        ]
        assert seat is not None
        taken_out(session, seat)
        sitting(session, unit, place, a_component(session, unit, "K3"))
    # then: it ends with the robot's, not a year after
    found = cover(session, manager, unit, "2026-03-02").of_slot(LEFT)
    assert found.verdict.kind is NOT
    inside = cover(session, manager, unit, "2026-03-01").of_slot(LEFT)
    assert (inside.verdict.kind, inside.verdict.ends_on) == (COVERED, date(2026, 3, 1))
    assert [stay.component.serial for stay in inside.unsaid if stay.component] == ["K3"]
    # when the customer bought it, the published terms are silent
    assert inside.occupant is not None
    warrantypapers.say_who_paid(
        session, manager, unit, inside.occupant.id, under_warranty=False, reference="T-7"
    )
    # then
    bought = cover(session, manager, unit, "2025-06-01").of_slot(LEFT)
    assert bought.verdict.kind is ASK
    assert bought.unsaid == ()
    assert cover(session, manager, unit, "2025-06-01").of_slot(RIGHT).verdict.kind is COVERED


def test_a_part_that_was_out_and_came_back_is_no_replacement(
    session: Session, manager: Actor, unit: Unit
) -> None:
    place = slot(session, unit, LEFT)
    first = cover(session, manager, unit, "2025-04-01").of_slot(LEFT).occupant
    assert first is not None
    assert first.component is not None
    with clock.set_to(at("2025-05-01")):
        taken_out(session, first)
        other = sitting(session, unit, place, a_component(session, unit, "K3"))
    with clock.set_to(at("2025-05-02")):
        taken_out(session, other)
        sitting(session, unit, place, first.component)
    found = cover(session, manager, unit, "2025-06-01").of_slot(LEFT)
    assert found.unsaid == ()
    assert found.verdict.kind is COVERED


def test_evidence_counts_where_it_was_seen_and_while_the_part_is_there(
    session: Session, manager: Actor, unit: Unit
) -> None:
    # given: a fall bent the left knee
    evidence = seen(session, manager, unit, "fall", "2025-05-01", path=LEFT)
    # then
    found = cover(session, manager, unit, "2025-06-01")
    assert verdicts(found)[LEFT] is NOT
    assert verdicts(found)[RIGHT] is COVERED
    assert found.of_slot(LEFT).verdict.evidence == ("fall",)
    (line,) = timeline.of_unit(session, unit.id).items
    assert str(line.summary) == "Seen: Fall, left knee"
    # when the part is replaced, the fall was not the new one's
    with clock.set_to(at("2025-06-02")):
        old = found.of_slot(LEFT).occupant
        assert old is not None
        taken_out(session, old)
        sitting(session, unit, slot(session, unit, LEFT), a_component(session, unit, "K3"))
    assert verdicts(cover(session, manager, unit, "2025-06-03"))[LEFT] is COVERED
    # when it was none after all
    warrantypapers.withdraw_evidence(session, manager, unit, evidence, reason="Another robot")
    with pytest.raises(Conflict):
        warrantypapers.withdraw_evidence(session, manager, unit, evidence, reason="Again")


def test_a_fall_of_the_whole_robot_is_a_suspicion_and_an_opening_ends_cover(
    session: Session, manager: Actor, unit: Unit
) -> None:
    seen(session, manager, unit, "fall", "2025-05-01")
    assert set(verdicts(cover(session, manager, unit, "2025-06-01")).values()) == {ASK}
    seen(session, manager, unit, "unauthorised_opening", "2025-05-01", path=RIGHT)
    found = cover(session, manager, unit, "2025-06-01")
    assert set(verdicts(found).values()) == {NOT}
    assert found.robot.kind is NOT


def test_what_cannot_be_evidence_is_refused(
    session: Session, store: Store, manager: Actor, unit: Unit
) -> None:
    with pytest.raises(Invalid) as refused:
        seen(session, manager, unit, "bad_luck", "2099-01-01")
    assert set(refused.value.problems) == {"code", "seen_on"}
    with pytest.raises(Forbidden):
        seen(session, an_actor(store, Role.AUDITOR), unit, "fall", "2025-05-01")
    with pytest.raises(NotFound):
        warrantypapers.withdraw_evidence(session, manager, unit, 10**9, reason="x")
    with pytest.raises(Invalid):
        warrantypapers.file_paper(
            session, manager, unit, PaperKind.ENTITLEMENT, date(2025, 1, 1), source="card"
        )


def test_a_contract_pays_where_the_maker_does_not(
    session: Session, manager: Actor, unit: Unit
) -> None:
    # given
    typed = ContractInput(
        "Care", date(2026, 1, 31), 12, component_classes=(SlotClass.ACTUATOR,), visits=2
    )
    with clock.set_to(at("2026-06-01")):
        contract = contracts.agree(session, manager, unit, typed)
        # when
        found = cover(session, manager, unit, "2026-06-01")
        payers = [payer.kind for payer in found.of_slot(LEFT).verdict.payers]
        # then
        assert payers == [PayerKind.CONTRACT, PayerKind.CUSTOMER]
        assert [payer.kind for payer in found.robot.payers] == [PayerKind.CUSTOMER]
        assert contract.until == date(2027, 1, 30)
        # when both visits are used, one of them said twice
        for ticket in ("T-1", "T-1", "T-2"):
            contracts.use_visit(session, manager, contract, reference=ticket)
        # then
        with pytest.raises(Refused, match="no visit left"):
            contracts.use_visit(session, manager, contract, reference="T-3")
        after = cover(session, manager, unit, "2026-06-01").of_slot(LEFT).verdict.payers
        assert [payer.kind for payer in after] == [PayerKind.CUSTOMER]
        contracts.end(session, manager, contract, reason="Robot scrapped")
    with clock.set_to(at("2026-06-02")), pytest.raises(Refused, match="not in force today"):
        contracts.use_visit(session, manager, contract, reference="T-4")


def test_limits_of_hours_are_read_from_the_counters(
    session: Session, store: Store, manager: Actor
) -> None:
    # given: 2,000 h for actuators, and a part put in at 500 h that is covered six months more
    maker = a_maker(session, "Test Works")
    works = replace(WORKS, replaced_months=None)
    termsbook.put_on_file(
        session, manager, maker, freeze(works), buyers=Buyers.EVERYBODY, valid_from=None
    )
    model = a_model(session, "W1", maker=maker)
    a_plan(session, model)
    unit = a_unit(session, store, "W-1", model=model)
    with clock.set_to(at("2024-05-01")):
        first = sitting(
            session,
            unit,
            slot(session, unit, LEFT),
            a_component(session, unit, "K1"),
            as_built=True,
        )
    file(session, manager, unit, PaperKind.INVOICE, "2024-05-01")
    # then: after the robot's year, the counter decides and was never read
    assert cover(session, manager, unit, "2025-06-01").of_slot(LEFT).verdict.kind is ASK
    # when
    counters.read(session, manager, unit, {Counter.HOURS: 500 * 3600}, at=at("2024-07-01"))
    with clock.set_to(at("2024-07-02")):
        taken_out(session, first)
        sitting(session, unit, slot(session, unit, LEFT), a_component(session, unit, "K2"))
    counters.read(session, manager, unit, {Counter.HOURS: 2500 * 3600}, at=at("2025-07-15"))
    # then: of the two periods the longer one counts, up to 2,500 h
    found = cover(session, manager, unit, "2025-08-01").of_slot(LEFT).verdict
    assert (found.kind, found.ends_at.hours) == (COVERED, 2500)
    counters.read(session, manager, unit, {Counter.HOURS: 2500 * 3600 + 1}, at=at("2025-07-16"))
    assert cover(session, manager, unit, "2025-08-01").of_slot(LEFT).verdict.kind is NOT


def test_the_version_that_was_valid_when_the_warranty_began_binds(
    session: Session, manager: Actor, unit: Unit
) -> None:
    # given: from June on, two years
    longer = replace(UNITREE, cover=tuple(replace(one, months=24) for one in UNITREE.cover))
    maker = a_maker(session)
    row = termsbook.put_on_file(
        session,
        manager,
        maker,
        freeze(longer),
        buyers=Buyers.EVERYBODY,
        valid_from=date(2025, 6, 1),
    )
    # then
    assert row.version == 2
    assert cover(session, manager, unit, "2026-03-02").robot.kind is NOT
    # when it was received later after all
    file(session, manager, unit, PaperKind.RECEIPT, "2025-06-01")
    found = cover(session, manager, unit, "2026-03-02")
    assert (found.robot.kind, found.robot.ends_on) == (COVERED, date(2027, 6, 1))
    with pytest.raises(Conflict, match="Version 2 says the same already"):
        termsbook.put_on_file(
            session,
            manager,
            maker,
            freeze(longer),
            buyers=Buyers.EVERYBODY,
            valid_from=date(2025, 6, 1),
        )


def test_terms_for_companies_bind_companies(session: Session, manager: Actor) -> None:
    # given
    maker = makers.maker(session, manager, "UBTECH")
    (commercial,) = termsbook.of_maker(session, maker.id)
    day = date(2025, 1, 1)
    # then
    assert commercial.row.buyers is Buyers.COMPANIES
    assert termsbook.binding([commercial], owner=CustomerKind.COMPANY, day=day) is commercial
    assert termsbook.binding([commercial], owner=CustomerKind.PERSON, day=day) is None


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "These are not warranty terms."),
        (b"\xff\xfe", "These are not warranty terms."),
        (b"[" * 100_000, "These are not warranty terms."),
        (freeze(WORKS), "These are terms of Test Works, not of Unitree."),
        (freeze(replace(UNITREE, start_clause="gone")), "A rule names the clause gone"),
        (b" " * 200_001, "Warranty terms of more than"),
    ],
)
def test_terms_that_do_not_hold_together_are_refused(
    session: Session, manager: Actor, data: bytes, sentence: str
) -> None:
    with pytest.raises(Refused, match=sentence):
        termsbook.put_on_file(
            session, manager, a_maker(session), data, buyers=Buyers.EVERYBODY, valid_from=None
        )


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE warranty_terms SET terms = '{}'",
        "DELETE FROM warranty_papers",
        "UPDATE exclusion_evidence SET code = 'x'",
        "DELETE FROM exclusion_evidence",
    ],
)
def test_the_database_keeps_what_was_filed(
    session: Session, manager: Actor, unit: Unit, change: str
) -> None:
    seen(session, manager, unit, "fall", "2025-05-01")
    with pytest.raises(DatabaseError, match=r"append-only|only end"):
        session.execute(text(change))


def test_the_number_of_statements_does_not_grow_with_the_slots(
    session: Session, manager: Actor, unit: Unit, statements: list[str]
) -> None:
    few = len(cover_statements(session, manager, unit, statements))
    model = a_model(session, "H2")
    a_plan(session, model, tuple(f"joint_{number}.actuator" for number in range(60)))
    large = a_unit(session, session.get_one(Store, unit.store_id), "H2-1", model=model)
    for path in ("joint_1.actuator", "joint_2.actuator"):
        component = a_component(session, large, f"L{path}")
        sitting(session, large, slot(session, large, path), component)
    many = len(cover_statements(session, manager, large, statements))
    assert many <= few <= 10


def cover_statements(
    session: Session, actor: Actor, unit: Unit, statements: list[str]
) -> list[str]:
    session.flush()
    statements.clear()
    warrantycover.cover_of(session, actor, unit, on=date(2025, 6, 1))
    return list(statements)
