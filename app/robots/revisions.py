"""The hardware revision on a robot's type plate: written down when somebody reads it.

Parts and bulletins ask for it. A robot that came without one gets it once; another one after that
is a correction, with the reason.
"""

from sqlalchemy.orm import Session

from app.kernel import audit
from app.kernel.actor import Actor
from app.kernel.errors import Refused
from app.kernel.searchkeys import clean, search_key
from app.kernel.text import msg
from app.robots import addresses, bulletins, concerned, timeline
from app.robots.models import Unit

_LONGEST = 64
_LONGEST_REASON = 200


def record(session: Session, actor: Actor, unit: Unit, revision: str, *, reason: str = "") -> None:
    """What stands on the type plate. Bulletins that mean the robot from now on are told on it.

    Raises Refused for nothing, and for a correction without its reason.
    """
    actor.require("robots.record")
    wanted, why = clean(revision), clean(reason)
    if not wanted or len(wanted) > _LONGEST or "\n" in wanted:
        raise Refused(
            msg("A hardware revision has 1 to {most} characters.", most=_LONGEST), field="revision"
        )
    before = unit.hardware_revision
    if search_key(before) == search_key(wanted):
        return
    if before:
        actor.require("robots.edit")
        if not 1 <= len(why) <= _LONGEST_REASON:
            raise Refused(msg("Please say why."), field="reason")
    known = {one.bulletin.id for one in concerned.of_unit(session, unit)}
    unit.hardware_revision = wanted
    session.flush()
    timeline.note(
        session,
        unit.id,
        kind="version",
        summary=msg("Hardware revision {revision}", revision=wanted),
        link=addresses.page_below(unit.serial, "firmware"),
        actor_name=actor.name,
    )
    audit.record(
        session,
        actor,
        "unit.revision",
        subject=f"unit:{unit.id}",
        before={"hardware_revision": before},
        after={"hardware_revision": wanted},
        reason=why or None,
    )
    bulletins.note_newly_meant(session, actor, unit, known)
