"""People of the store: taking them on, letting them go, what they sign in with."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.identity import secrets, tries
from app.identity.models import Staff
from app.identity.roles import FOR_PROGRAMS_ALONE, Role, permissions_of
from app.identity.signing import Claim, end_all_sessions
from app.kernel import audit, clock
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, Forbidden, Invalid, NotFound, Refused
from app.kernel.searchkeys import clean, search_key
from app.kernel.text import Text, msg

LONGEST_LOGIN = 64
LONGEST_NAME = 200


def by_login(session: Session, login: str) -> Staff:
    found = session.scalar(select(Staff).where(Staff.login_key == search_key(login)))
    if found is None:
        raise NotFound(msg("Nobody here is called {login}.", login=login))
    return found


def by_id(session: Session, actor: Actor, staff_id: int) -> Staff:
    """A person of the actor's store; raises NotFound."""
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
    """Take somebody on. Raises Invalid with a sentence per field, Conflict for a login in use."""
    actor.require("staff.manage")
    _require_rank(actor, role)
    login, name = clean(login), clean(name)
    _check_names(login=login, name=name)
    key = search_key(login)
    if session.scalar(select(Staff.id).where(Staff.login_key == key)):
        raise Conflict(msg("The login {login} is already in use.", login=login), field="login")
    person = Staff(
        store_id=actor.store_id,
        login=login,
        login_key=key,
        name=name,
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


def rename(session: Session, actor: Actor, person: Staff, name: str) -> None:
    """A new name on screen; documents of the past keep the old one."""
    _require_over(actor, person)
    cleaned = clean(name)
    _check_names(login=person.login, name=cleaned)
    before, person.name = person.name, cleaned
    audit.record(
        session,
        actor,
        "staff.renamed",
        subject=f"staff:{person.id}",
        before={"name": before},
        after={"name": cleaned},
    )


def disable(session: Session, actor: Actor, person: Staff) -> None:
    """No more signing in, all sessions ended at once. One cannot disable oneself."""
    _require_over(actor, person)
    if person.id == actor.staff_id:
        raise Refused(msg("You cannot disable yourself."))
    person.disabled_at = person.disabled_at or clock.now()
    end_all_sessions(session, person.id)
    audit.record(session, actor, "staff.disabled", subject=f"staff:{person.id}")


def enable(session: Session, actor: Actor, person: Staff) -> None:
    """Let somebody sign in again, with a clean count of wrong tries."""
    _require_over(actor, person)
    person.disabled_at = None
    _forget_tries(session, person)
    audit.record(session, actor, "staff.enabled", subject=f"staff:{person.id}")


def locks_of(session: Session, person: Staff) -> int:
    """Minutes for which wrong tries keep this person out, by password or PIN; 0: not at all."""
    return max(tries.minutes_locked(session, subject) for subject in _doors(person))


def unlock(session: Session, actor: Actor, person: Staff) -> None:
    """Forget the wrong tries that keep somebody out."""
    _require_over(actor, person)
    _forget_tries(session, person)
    audit.record(session, actor, "staff.unlocked", subject=f"staff:{person.id}")


def set_pin(session: Session, actor: Actor, person: Staff, pin: str) -> None:
    """Give somebody a PIN, for whoever manages staff."""
    _require_over(actor, person)
    _write_pin(session, actor, person, pin)


def set_password(session: Session, actor: Actor, person: Staff, password: str) -> None:
    """Give somebody a password, for whoever manages staff; who uses the old one is signed out."""
    _require_over(actor, person)
    _write_password(session, actor, person, password)
    end_all_sessions(session, person.id)


def change_own_pin(session: Session, actor: Actor, claim: Claim, *, pin: str) -> None:
    """One's own PIN, against one's password."""
    _write_pin(session, actor, _oneself(session, actor, claim), pin)


def change_own_password(
    session: Session, actor: Actor, claim: Claim, *, password: str, this_session: int | None
) -> None:
    """One's own password, against the old one. All other sessions of the person end."""
    person = _oneself(session, actor, claim)
    _write_password(session, actor, person, password)
    end_all_sessions(session, person.id, but=this_session)


def new_badge(session: Session, actor: Actor, person: Staff) -> str:
    """A fresh badge code, shown once; the old badge stops working."""
    _require_over(actor, person)
    code = secrets.new_badge_code()
    person.badge_hash = secrets.badge_hash(code)
    audit.record(session, actor, "staff.badge_made", subject=f"staff:{person.id}")
    return code


def take_badge(session: Session, actor: Actor, person: Staff) -> None:
    """The badge was lost or given back: it opens nothing any more."""
    _require_over(actor, person)
    person.badge_hash = None
    audit.record(session, actor, "staff.badge_taken", subject=f"staff:{person.id}")


def change_role(session: Session, actor: Actor, person: Staff, role: Role) -> None:
    _require_over(actor, person)
    _require_rank(actor, role)
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


def _check_names(*, login: str, name: str) -> None:
    problems: dict[str, Text] = {}
    for field, text, most in (("login", login, LONGEST_LOGIN), ("name", name, LONGEST_NAME)):
        if not text:
            problems[field] = msg("Please fill this in.")
        elif len(text) > most or len(search_key(text)) > most:
            problems[field] = msg("At most {most} characters fit here.", most=most)
    if problems:
        raise Invalid(msg("Please look at the marked fields."), problems=problems)


def _require_over(actor: Actor, person: Staff) -> None:
    actor.require("staff.manage")
    _require_rank(actor, person.role)


def _require_rank(actor: Actor, role: Role) -> None:
    """Nobody gives, or gets at, permissions that they do not hold themselves."""
    if role in FOR_PROGRAMS_ALONE:
        raise Refused(msg("This role is for devices: make a token for it."), field="role")
    if not permissions_of(role) <= actor.permissions:
        raise Forbidden(msg("This role may more than yours. Ask somebody who holds it."))


def _oneself(session: Session, actor: Actor, claim: Claim) -> Staff:
    """The actor as a person, who has just shown the present password."""
    if not claim.fits or claim.staff_id is None or claim.staff_id != actor.staff_id:
        raise Refused(msg("This is not your present password."), field="current")
    return by_id(session, actor, claim.staff_id)


def _write_pin(session: Session, actor: Actor, person: Staff, pin: str) -> None:
    person.pin_hash = secrets.hash_secret(secrets.check_pin(pin))
    _forget_tries(session, person)
    audit.record(session, actor, "staff.pin_set", subject=f"staff:{person.id}")


def _write_password(session: Session, actor: Actor, person: Staff, password: str) -> None:
    person.password_hash = secrets.hash_secret(secrets.check_password(password))
    _forget_tries(session, person)
    audit.record(session, actor, "staff.password_set", subject=f"staff:{person.id}")


def _doors(person: Staff) -> tuple[str, ...]:
    return (
        tries.of_password(person.login),
        tries.of_pin(person.id),
        tries.of_approval(person.id),
    )


def _forget_tries(session: Session, person: Staff) -> None:
    tries.forget(session, *_doors(person))
