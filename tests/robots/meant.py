"""Whom a bulletin means, asked from either side."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.robots import campaigns, concerned
from app.robots.bulletin_models import Bulletin
from app.robots.models import Unit
from app.robots.states import UnitState
from app.stores.models import Store


def found_by(session: Session, store: Store, bulletin: Bulletin) -> set[int]:
    """Ids that the campaign finds; whoever asks the robots must find the same."""
    by_campaign = set(campaigns.matching(session, store.id, bulletin))
    units = session.scalars(select(Unit).where(Unit.store_id == store.id)).all()
    by_robot = {
        unit_id
        for unit_id, concerns in concerned.of_units(session, units).items()
        if any(one.bulletin is bulletin for one in concerns)
    }
    retired = {unit.id for unit in units if unit.state is UnitState.RETIRED}
    assert by_campaign == by_robot - retired
    return by_campaign


def codes(session: Session, unit: Unit) -> list[str]:
    return [one.bulletin.code for one in concerned.waiting(concerned.of_unit(session, unit))]
