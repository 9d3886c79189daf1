"""What may be chosen of a robot model, by slot: groups of choices, how many, what excludes what."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from app.kernel import audit
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, Invalid, NotFound, Refused
from app.kernel.searchkeys import clean
from app.kernel.text import Text, msg
from app.robots import makers
from app.robots.slot_models import BodyPlan, Slot
from app.sales import catalogue
from app.sales.models import Product, ProductKind
from app.sales.quote_models import OptionChoice, OptionExclusion, OptionGroup

MOST_PIECES = 20
_LONGEST_NAME = 120
_SOLD_ALONE = frozenset({ProductKind.ROBOT, ProductKind.BUNDLE, ProductKind.GIFT_CARD})


@dataclass(frozen=True, slots=True)
class Picked:
    """One choice that was made, and how many of it."""

    group: OptionGroup
    choice: OptionChoice
    quantity: int


def field_of(group: OptionGroup) -> str:
    """The field at which a group's problem stands."""
    return f"group-{group.id}"


def add_group(
    session: Session,
    actor: Actor,
    *,
    model_id: int,
    name: str,
    slot_path: str = "",
    least: int = 0,
    most: int = 1,
) -> OptionGroup:
    """A new question about a model: what sits at this slot, at least and at most so many pieces."""
    actor.require("products.edit")
    makers.model_by_id(session, model_id)
    name = _name(name)
    if not 0 <= least <= most or not 1 <= most <= MOST_PIECES:
        raise Refused(
            msg("At least and at most: 0 to {most} pieces.", most=MOST_PIECES), field="most"
        )
    if slot_path and slot_path not in slots_of(session, model_id):
        raise Refused(msg("The model has no such slot."), field="slot")
    same = select(OptionGroup.id).where(
        OptionGroup.store_id == actor.store_id,
        OptionGroup.model_id == model_id,
        OptionGroup.name == name,
    )
    if session.scalar(same) is not None:
        raise Conflict(msg("{name} stands there already.", name=name), field="name")
    group = OptionGroup(
        store_id=actor.store_id,
        model_id=model_id,
        name=name,
        slot_path=slot_path,
        least=least,
        most=most,
    )
    session.add(group)
    session.flush()
    audit.record(
        session, actor, "options.group_added", subject=f"model:{model_id}", after={"name": name}
    )
    return group


def add_choice(
    session: Session, actor: Actor, group: OptionGroup, *, name: str = "", product: Product | None
) -> OptionChoice:
    """One more answer; without a product it is what the robot comes with, and costs nothing."""
    actor.require("products.edit")
    if product is not None and product.kind in _SOLD_ALONE:
        raise Refused(msg("An option is an item, a plan or a service."), field="product")
    name = _name(name or (product.name if product else ""))
    same = select(OptionChoice).where(OptionChoice.group_id == group.id, OptionChoice.name == name)
    standing = session.scalar(same)
    if standing is not None and not standing.archived:
        raise Conflict(msg("{name} stands there already.", name=name), field="choice")
    if standing is not None:
        standing.archived = False
        standing.product_id = product.id if product else None
        return standing
    choice = OptionChoice(group_id=group.id, name=name, product_id=product.id if product else None)
    session.add(choice)
    session.flush()
    audit.record(
        session,
        actor,
        "options.choice_added",
        subject=f"model:{group.model_id}",
        after={"group": group.name, "choice": name, "product": product.code if product else None},
    )
    return choice


def archive_choice(session: Session, actor: Actor, choice: OptionChoice) -> None:
    """Offer it no more; quotes that have it keep it."""
    actor.require("products.edit")
    choice.archived = True
    audit.record(session, actor, "options.choice_archived", subject=f"option:{choice.id}")


def exclude(session: Session, actor: Actor, one: OptionChoice, other: OptionChoice) -> None:
    """These two do not go together; said twice is the same as once."""
    actor.require("products.edit")
    if one.id == other.id:
        raise Refused(msg("An option does not exclude itself."), field="other")
    lower, higher = sorted((one.id, other.id))
    there = select(OptionExclusion.id).where(
        OptionExclusion.choice_id == lower, OptionExclusion.other_id == higher
    )
    if session.scalar(there) is not None:
        return
    session.add(OptionExclusion(choice_id=lower, other_id=higher))
    session.flush()
    audit.record(
        session,
        actor,
        "options.excluded",
        subject=f"option:{lower}",
        after={"other": higher},
    )


def of_model(session: Session, actor: Actor, model_id: int) -> list[OptionGroup]:
    """The questions of a model with what may be answered; three statements."""
    return list(
        session.scalars(
            select(OptionGroup)
            .where(OptionGroup.store_id == actor.store_id, OptionGroup.model_id == model_id)
            .options(selectinload(OptionGroup.choices).selectinload(OptionChoice.product))
            .order_by(OptionGroup.id)
            .execution_options(populate_existing=True)
        )
    )


def group_by_id(session: Session, actor: Actor, group_id: int) -> OptionGroup:
    group = session.get(OptionGroup, group_id)
    if group is None or group.store_id != actor.store_id:
        raise NotFound(msg("There is no such option."))
    return group


def choice_by_id(session: Session, actor: Actor, choice_id: int) -> OptionChoice:
    choice = session.get(OptionChoice, choice_id)
    if choice is None:
        raise NotFound(msg("There is no such option."))
    group_by_id(session, actor, choice.group_id)
    return choice


def exclusions_of(session: Session, groups: Sequence[OptionGroup]) -> list[tuple[int, int]]:
    """Pairs of choices of these groups that do not go together."""
    ids = [choice.id for group in groups for choice in group.choices]
    if not ids:
        return []
    rows = session.execute(
        select(OptionExclusion.choice_id, OptionExclusion.other_id).where(
            OptionExclusion.choice_id.in_(ids)
        )
    )
    return [(one, other) for one, other in rows]


def slots_of(session: Session, model_id: int) -> list[str]:
    """The paths of a model's body, as its plans name them."""
    return list(
        session.scalars(
            select(Slot.path)
            .join(BodyPlan, BodyPlan.id == Slot.plan_id)
            .where(BodyPlan.model_id == model_id)
            .distinct()
            .order_by(Slot.path)
        )
    )


def pick(
    groups: Sequence[OptionGroup],
    exclusions: Sequence[tuple[int, int]],
    wanted: Mapping[int, int],
) -> list[Picked]:
    """What was chosen, by choice and number. Raises Invalid with a sentence for each group that
    has too few or too many, or does not go with another.
    """
    problems: dict[str, Text] = {}
    picked: list[Picked] = []
    for group in groups:
        of_group = [
            Picked(group, choice, wanted[choice.id])
            for choice in group.choices
            if not choice.archived and wanted.get(choice.id, 0) > 0
        ]
        count = sum(one.quantity for one in of_group)
        if count < group.least:
            problems[field_of(group)] = msg("Choose at least {least}.", least=group.least)
        if count > group.most:
            problems[field_of(group)] = msg("Choose at most {most}.", most=group.most)
        picked += of_group
    names = {one.choice.id: one for one in picked}
    for one_id, other_id in exclusions:
        if one_id in names and other_id in names:
            later = names[other_id]
            problems[field_of(later.group)] = msg(
                "{one} does not go with {other}.",
                one=names[one_id].choice.name,
                other=later.choice.name,
            )
    if {choice_id for choice_id, count in wanted.items() if count > 0} - set(names):
        problems.setdefault("form", msg("An option is not offered any more. Choose anew."))
    if problems:
        raise Invalid(msg("Please look at the marked fields."), problems=problems)
    return picked


def product_of(session: Session, actor: Actor, choice: OptionChoice) -> Product | None:
    """What is sold with a choice; raises Refused where that is no longer for sale."""
    if choice.product_id is None:
        return None
    product = catalogue.by_id(session, actor, choice.product_id)
    if product.archived:
        raise Refused(msg("{name} is not for sale any more.", name=product.name))
    return product


def _name(text: str) -> str:
    name = clean(text)
    if not name:
        raise Refused(msg("Please fill this in."), field="name")
    if len(name) > _LONGEST_NAME:
        raise Refused(msg("At most {most} characters fit here.", most=_LONGEST_NAME), field="name")
    return name
