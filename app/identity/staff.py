"""People of the store: taking them on, letting them go, what they sign in with."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.identity import secrets
from app.identity.models import Staff
from app.identity.roles import Role
from app.identity.signing import end_all_sessions
from app.kernel import audit, clock
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, NotFound, Refused
from app.kernel.searchkeys import clean, search_key
from app.kernel.text import msg


def by_login(session: Session, login: str) -> Staff:
    found = session.scalar(select(Staff).where(Staff.login_key == search_key(login)))
    if found is None:
        raise NotFound(msg("Nobody here is called {login}.", login=login))
    return found


def by_id(session: Session, actor: Actor, staff_id: int) -> Staff:
    found = session.get(Staff, staff_id)
    if found is None or found.store_id != actor.store_id:
        raise NotFound(msg("There is no such person in this store."))
    return found


def of_store(session: Session, store_id: int, *, working: bool | None = None) -> list[Staff]:
    """Everybody of a store by name; `working` True leaves out the disabled."""
    query = select(Staff).where(Staff.store_id == store_id).order_by(Staff.name, Staff.id)
    if working:
        query = query.where(Staff.disabled_at.is_(None))
    return list(session.scalars(query))


def add(
    session: Session,
    actor: Actor,
    *,
    login: str,
    name: str,
    role: Role,
    password: str,
    pin: str = "",
) -> Staff:
    """Take somebody on. Raises Refused for a weak secret, Conflict for a login in use."""
    actor.require("staff.manage")
    login = clean(login)
    if not login or not clean(name):
        raise Refused(msg("A name and a login are needed."), field="login" if not login else "name")
    key = search_key(login)
    if session.scalar(select(Staff.id).where(Staff.login_key == key)):
        raise Conflict(msg("The login {login} is already in use.", login=login), field="login")
    person = Staff(
        store_id=actor.store_id,
        login=login,
        login_key=key,
        name=clean(name),
        role=role,
        password_hash=secrets.hash_secret(secrets.check_password(password)),
        pin_hash=secrets.hash_secret(secrets.check_pin(pin)) if pin else None,
    )
    session.add(person)
    session.flush()
    audit.record(
        session,
        actor,
        "staff.added",
        subject=f"staff:{person.id}",
        after={"login": login, "name": person.name, "role": role},
    )
    return person


def disable(session: Session, actor: Actor, person: Staff) -> None:
    """No more signing in, all sessions ended at once. One cannot disable oneself."""
    actor.require("staff.manage")
    if person.id == actor.staff_id:
        raise Refused(msg("You cannot disable yourself."))
    person.disabled_at = person.disabled_at or clock.now()
    end_all_sessions(session, person.id)
    audit.record(session, actor, "staff.disabled", subject=f"staff:{person.id}")


def enable(session: Session, actor: Actor, person: Staff) -> None:
    """Let somebody sign in again, with a clean count of wrong tries."""
    actor.require("staff.manage")
    person.disabled_at = None
    unlock(person)
    audit.record(session, actor, "staff.enabled", subject=f"staff:{person.id}")


def unlock(person: Staff) -> None:
    person.failed_tries = 0
    person.locked_until = None


def set_pin(session: Session, actor: Actor, person: Staff, pin: str) -> None:
    """Give a PIN: one's own, or anybody's for whoever manages staff."""
    if person.id != actor.staff_id:
        actor.require("staff.manage")
    person.pin_hash = secrets.hash_secret(secrets.check_pin(pin))
    unlock(person)
    audit.record(session, actor, "staff.pin_set", subject=f"staff:{person.id}")


def set_password(session: Session, actor: Actor, person: Staff, password: str) -> None:
    if person.id != actor.staff_id:
        actor.require("staff.manage")
    person.password_hash = secrets.hash_secret(secrets.check_password(password))
    unlock(person)
    audit.record(session, actor, "staff.password_set", subject=f"staff:{person.id}")


def new_badge(session: Session, actor: Actor, person: Staff) -> str:
    """A fresh badge code, shown once; the old badge stops working."""
    actor.require("staff.manage")
    code = secrets.new_token()
    person.badge_hash = secrets.token_hash(code)
    audit.record(session, actor, "staff.badge_made", subject=f"staff:{person.id}")
    return code


def change_role(session: Session, actor: Actor, person: Staff, role: Role) -> None:
    actor.require("staff.manage")
    if person.id == actor.staff_id:
        raise Refused(msg("You cannot change your own role."), field="role")
    before = person.role
    person.role = role
    audit.record(
        session,
        actor,
        "staff.role_changed",
        subject=f"staff:{person.id}",
        before={"role": before},
        after={"role": role},
    )
