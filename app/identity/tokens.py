"""Keys for programs that call `/api/v1`."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.identity import secrets
from app.identity.models import ApiToken
from app.identity.roles import ROLE_LABELS, Role, permissions_of
from app.kernel import audit, clock
from app.kernel.actor import Actor
from app.kernel.errors import Forbidden, NotFound, Refused, Unauthenticated
from app.kernel.searchkeys import clean
from app.kernel.text import msg


def create(session: Session, actor: Actor, *, name: str, role: Role) -> str:
    """A new token's text, to be shown once. It never may more than who made it."""
    actor.require("staff.manage")
    if not permissions_of(role) <= actor.permissions:
        raise Forbidden(msg("This role may more than yours. Ask somebody who holds it."))
    if not 1 <= len(clean(name)) <= 200:  # noqa: PLR2004 - the column's width
        raise Refused(
            msg("Name the program that will use this token, in up to 200 characters."), field="name"
        )
    token = f"qf_{secrets.new_token()}"
    row = ApiToken(
        store_id=actor.store_id,
        name=clean(name),
        role=role,
        token_hash=secrets.token_hash(token),
        made_at=clock.now(),
    )
    session.add(row)
    session.flush()
    audit.record(
        session,
        actor,
        "token.created",
        subject=f"token:{row.id}",
        after={"name": row.name, "role": role},
    )
    return token


def revoke(session: Session, actor: Actor, token_id: int) -> None:
    actor.require("staff.manage")
    row = session.get(ApiToken, token_id)
    if row is None or row.store_id != actor.store_id:
        raise NotFound(msg("There is no such token."))
    row.revoked_at = row.revoked_at or clock.now()
    audit.record(session, actor, "token.revoked", subject=f"token:{row.id}")


def actor_of(session: Session, token: str) -> Actor:
    """Whose token this is; raises Unauthenticated."""
    row = session.scalar(
        select(ApiToken).where(
            ApiToken.token_hash == secrets.token_hash(token), ApiToken.revoked_at.is_(None)
        )
    )
    if row is None:
        raise Unauthenticated(msg("This token is not valid."))
    return Actor(
        store_id=row.store_id,
        name=row.name,
        role=row.role,
        permissions=permissions_of(row.role),
        token_id=row.id,
        role_label=ROLE_LABELS[row.role],
    )


def of_store(session: Session, store_id: int) -> list[ApiToken]:
    return list(
        session.scalars(select(ApiToken).where(ApiToken.store_id == store_id).order_by(ApiToken.id))
    )
