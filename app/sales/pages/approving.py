"""A second person's PIN in a form: who stands behind it, while nothing of ours is locked."""

from fastapi import Request
from sqlalchemy.orm import Session

from app.identity import approval
from app.kernel import queueing
from app.kernel.actor import Actor
from app.web.sessions import database_of


def second_person(
    request: Request, session: Session, actor: Actor, *, pin: str, permission: str
) -> Actor:
    """Who stands behind the PIN. A wrong one is counted even though the request is refused.

    The count has a transaction of its own, and two of one store would wait for each other: so
    ours, which has only looked so far, ends first.
    """
    session.rollback()
    found = approval.second_person(database_of(request), actor, pin=pin, permission=permission)
    queueing.enter(session, actor.store_id)
    return found
