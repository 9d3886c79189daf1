"""What every robot of a store has to pass once before it is handed over; empty by default.

A procedure that has no version for a robot's model asks nothing of it.
"""

from collections.abc import Collection, Iterator

from sqlalchemy import delete, select
from sqlalchemy.orm import Session, joinedload

from app.calibration import listening, robotaddresses
from app.calibration.procedure_models import Procedure
from app.calibration.validity import current, names_of
from app.calibration.validity_models import PresaleProcedure
from app.kernel import audit, clock, queueing
from app.kernel.actor import Actor
from app.kernel.errors import NotFound
from app.kernel.searchkeys import search_key
from app.kernel.text import msg
from app.robots.gate import Reason
from app.robots.models import Unit


def listed(session: Session, store_id: int) -> list[Procedure]:
    """The procedures in the order of their codes; one statement."""
    rows = session.scalars(
        select(PresaleProcedure)
        .join(PresaleProcedure.procedure)
        .where(PresaleProcedure.store_id == store_id)
        .options(joinedload(PresaleProcedure.procedure))
        .order_by(Procedure.code_key)
    )
    return [row.procedure for row in rows]


def require(session: Session, actor: Actor, codes: Collection[str]) -> list[Procedure]:
    """These and no others are asked for from now on; raises NotFound for an unknown code."""
    actor.require("calibration.procedures")
    queueing.enter(session, actor.store_id)
    keys = {search_key(code): code for code in codes}
    wanted = session.scalars(
        select(Procedure)
        .where(Procedure.store_id == actor.store_id, Procedure.code_key.in_(keys))
        .order_by(Procedure.code_key)
    ).all()
    known = {one.code_key for one in wanted}
    for key, code in keys.items():
        if key not in known:
            raise NotFound(
                msg("There is no procedure {code} in this store.", code=code[:40]),
                field="procedures",
            )
    before = {one.id: one.code for one in listed(session, actor.store_id)}
    after = {one.id: one.code for one in wanted}
    if before == after:
        return list(wanted)
    session.execute(
        delete(PresaleProcedure).where(
            PresaleProcedure.store_id == actor.store_id,
            PresaleProcedure.procedure_id.in_(before.keys() - after.keys()),
        )
    )
    session.add_all(
        PresaleProcedure(
            store_id=actor.store_id,
            procedure_id=procedure_id,
            made_at=clock.now(),
            made_by=actor.name,
        )
        for procedure_id in sorted(after.keys() - before.keys())
    )
    session.flush()
    audit.record(
        session,
        actor,
        "measurement.presale",
        subject=f"store:{actor.store_id}",
        before={"procedures": sorted(before.values())},
        after={"procedures": sorted(after.values())},
    )
    return list(wanted)


def reasons(session: Session, actor: Actor, unit: Unit) -> Iterator[Reason]:  # noqa: ARG001
    """What the gate of the handover hears; one statement in a store that asks for nothing.

    A target that has passed and whose day is over is told by the calibrations themselves.
    """
    asked = {one.id: one.code for one in listed(session, unit.store_id)}
    if not asked:
        return
    points = listening.targets_of(session, unit, asked)
    passed = {(row.procedure_id, row.target) for row in current(session, unit.id)}
    for procedure_id, code in asked.items():
        open_ones = sorted(
            target
            for target in points.get(procedure_id, ())
            if (procedure_id, target) not in passed
        )
        if open_ones:
            yield Reason(
                msg(
                    "{procedure} has to pass before the sale, at {targets}.",
                    procedure=code,
                    targets=names_of(open_ones),
                ),
                robotaddresses.robot_page(unit.serial),
            )
