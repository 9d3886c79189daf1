"""Makers, models and robots."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel import clock
from app.kernel.searchkeys import folded, search_key
from app.robots.models import Maker, RobotModel, Unit, UnitComponent
from app.robots.states import UnitState
from app.stores.models import Store


def a_maker(session: Session, name: str = "Unitree") -> Maker:
    """The maker of this name; the same for the same name."""
    found = session.scalar(select(Maker).where(Maker.key == folded(name)))
    if found is None:
        found = Maker(name=name, key=folded(name))
        session.add(found)
        session.flush()
    return found


def a_model(session: Session, code: str = "G1", *, maker: Maker | None = None) -> RobotModel:
    """A maker's model; the same for the same code."""
    maker = maker or a_maker(session)
    found = session.scalar(
        select(RobotModel).where(
            RobotModel.maker_id == maker.id, RobotModel.code_key == search_key(code)
        )
    )
    if found is None:
        found = RobotModel(
            maker_id=maker.id,
            code=code,
            code_key=search_key(code),
            name=f"{maker.name} {code}",
            height_mm=1320,
            mass_g=35_000,
            axes=23,
        )
        session.add(found)
        session.flush()
    return found


def a_unit(
    session: Session,
    store: Store,
    serial: str = "DEMO-G1-0001",
    *,
    state: UnitState = UnitState.AVAILABLE,
    model: RobotModel | None = None,
    cost_minor: int = 1_150_000,
    components: dict[str, str] | None = None,
) -> Unit:
    """A robot in a store, by default one that can be sold."""
    model = model or a_model(session)
    unit = Unit(
        store_id=store.id,
        maker_id=model.maker_id,
        model_id=model.id,
        serial=serial,
        serial_key=search_key(serial),
        state=state,
        hardware_revision="B",
        firmware="1.4.2",
        cost_minor=cost_minor,
        currency=store.currency,
        received_at=None if state is UnitState.EXPECTED else clock.now(),
    )
    session.add(unit)
    session.flush()
    session.add_all(
        UnitComponent(
            store_id=store.id,
            unit_id=unit.id,
            position=position,
            serial=inside,
            serial_key=search_key(inside),
        )
        for position, inside in (components or {}).items()
    )
    session.flush()
    return unit
