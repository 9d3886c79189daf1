"""Where work is done, and what those who do it can do."""

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.identity import staff
from app.identity.models import Staff
from app.kernel import audit
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, NotFound, Refused
from app.kernel.searchkeys import clean, folded
from app.kernel.text import msg
from app.service.planning_models import Bench, BenchKind, StaffSkill
from app.web.forms import Reading

_LONGEST_NAME = 64
_LONGEST_TAG = 32
_MOST_TAGS = 30


def add(session: Session, actor: Actor, *, name: str, kind: BenchKind) -> Bench:
    """A place more. Raises Conflict for a name that the store uses already."""
    actor.require("settings.edit")
    name, key = _name(name)
    _require_unused(session, actor, key, name)
    bench = Bench(store_id=actor.store_id, name=name, name_key=key, kind=kind)
    session.add(bench)
    session.flush()
    audit.record(
        session, actor, "bench.added", subject=f"bench:{name}", after={"name": name, "kind": kind}
    )
    return bench


def archive(session: Session, actor: Actor, bench: Bench) -> None:
    """Nothing new is booked on it; what is booked stands."""
    _put(session, actor, bench, archived=True)


def restore(session: Session, actor: Actor, bench: Bench) -> None:
    _put(session, actor, bench, archived=False)


def by_id(session: Session, actor: Actor, bench_id: int) -> Bench:
    found = session.get(Bench, bench_id)
    if found is None or found.store_id != actor.store_id:
        raise NotFound(msg("There is no such bench in this store."), field="bench")
    return found


def listed(session: Session, store_id: int) -> list[Bench]:
    """Every bench by name, those no longer used last."""
    return list(
        session.scalars(
            select(Bench)
            .where(Bench.store_id == store_id)
            .order_by(Bench.archived, Bench.name_key, Bench.id)
        )
    )


def set_skills(session: Session, actor: Actor, staff_id: int, tags: Sequence[str]) -> None:
    """What somebody can do from now on, in place of what was written before."""
    actor.require("settings.edit")
    person = staff.by_id(session, actor, staff_id)
    wanted = {folded(tag): clean(tag) for tag in tags if clean(tag)}
    if len(wanted) > _MOST_TAGS or any(len(tag) > _LONGEST_TAG for tag in wanted.values()):
        raise Refused(
            msg(
                "At most {most} skills of {long} characters each.",
                most=_MOST_TAGS,
                long=_LONGEST_TAG,
            ),
            field=f"skills-{staff_id}",
        )
    before = skills(session, actor.store_id)[person.id]
    if sorted(before) == sorted(wanted.values()):
        return
    session.execute(delete(StaffSkill).where(StaffSkill.staff_id == person.id))
    session.add_all(
        StaffSkill(staff_id=person.id, tag=tag, tag_key=key) for key, tag in wanted.items()
    )
    session.flush()
    audit.record(
        session,
        actor,
        "staff.skills_set",
        subject=f"staff:{person.login}",
        before={"skills": before},
        after={"skills": sorted(wanted.values())},
    )


def skills(session: Session, store_id: int) -> defaultdict[int, list[str]]:
    """By staff id, what each can do."""
    found: defaultdict[int, list[str]] = defaultdict(list)
    for staff_id, tag in session.execute(
        select(StaffSkill.staff_id, StaffSkill.tag)
        .join(Staff, Staff.id == StaffSkill.staff_id)
        .where(Staff.store_id == store_id)
        .order_by(StaffSkill.tag_key)
    ):
        found[staff_id].append(tag)
    return found


def who_can(session: Session, store_id: int, skill: str) -> set[int]:
    """Those who work here and can do it, by their ids."""
    return set(
        session.scalars(
            select(StaffSkill.staff_id)
            .join(Staff, Staff.id == StaffSkill.staff_id)
            .where(
                Staff.store_id == store_id,
                Staff.disabled_at.is_(None),
                StaffSkill.tag_key == folded(skill),
            )
        )
    )


def require_skill(session: Session, person: Staff, skill: str) -> None:
    """Raises Refused where nobody wrote down that this person can do it."""
    known = session.scalar(
        select(StaffSkill.id).where(
            StaffSkill.staff_id == person.id, StaffSkill.tag_key == folded(skill)
        )
    )
    if known is None:
        raise Refused(
            msg("{name} has not the skill “{skill}”.", name=person.name, skill=skill),
            field="technician",
        )


def _put(session: Session, actor: Actor, bench: Bench, *, archived: bool) -> None:
    actor.require("settings.edit")
    if bench.archived is archived:
        return
    bench.archived = archived
    session.flush()
    audit.record(
        session,
        actor,
        "bench.archived" if archived else "bench.restored",
        subject=f"bench:{bench.name}",
    )


def _name(text: str) -> tuple[str, str]:
    seen = Reading()
    name = seen.text("name", text, most=_LONGEST_NAME, required=True)
    seen.done()
    return name, folded(name)[:_LONGEST_NAME]


def _require_unused(session: Session, actor: Actor, key: str, name: str) -> None:
    taken = select(Bench.id).where(Bench.store_id == actor.store_id, Bench.name_key == key)
    if session.scalar(taken) is not None:
        raise Conflict(msg("There is already a bench {name}.", name=name), field="name")
