"""Who has a robot in hand: the one way to say that it changed, apart from loan and handover."""

from sqlalchemy.orm import Session

from app.kernel import audit
from app.kernel.actor import Actor
from app.kernel.text import Text
from app.robots import timeline
from app.robots.models import Unit
from app.robots.states import Custody


def move(
    session: Session, actor: Actor, unit: Unit, to: Custody, *, why: Text, link: str = ""
) -> None:
    """Put a robot into other hands; `why` is its line of the timeline, also where it stays there.

    Whose it is, why the store has it and its state stand as they are. Whoever calls has checked the
    permission: it belongs to the act (taking in, giving back).
    """
    before, unit.custody = unit.custody, to
    session.flush()
    timeline.note(session, unit.id, kind="service", summary=why, link=link, actor_name=actor.name)
    if before is not to:
        audit.record(
            session,
            actor,
            "robot.custody_changed",
            subject=f"robot:{unit.serial}",
            before={"custody": before},
            after={"custody": to},
            reason=str(why),
        )
