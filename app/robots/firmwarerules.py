"""Versions that must not run together in one robot: a table per model, asked before it leaves."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.kernel import audit, clock
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, NotFound, Refused
from app.kernel.searchkeys import clean, search_key
from app.kernel.text import Text, msg
from app.robots import addresses, firmware
from app.robots.firmware import PART_LABELS
from app.robots.gate import Reason
from app.robots.models import RobotModel, Unit
from app.robots.slot_models import Component, FirmwareRule, Occupant, Slot, VersionOf
from app.robots.slotnames import CLASS_LABELS
from app.robots.versions import BadCombination, BadMatch, bad_combinations, read_range

_LONGEST_CODE = 64
_LONGEST_REASON = 2000
_MOST_PARTS = 10

# What a rule may name: the robot's own versions, and components by class.
RULE_PARTS: dict[str, Text] = {str(part): PART_LABELS[part] for part in firmware.IN_ROBOT} | {
    str(slot_class): label for slot_class, label in CLASS_LABELS.items()
}


@dataclass(frozen=True, slots=True)
class RuleInput:
    """`parts` maps what carries a version to the range that is bad, such as `>=4.1,<4.3`."""

    code: str
    reason: str
    parts: Mapping[str, str]


def rules_of(session: Session, model_id: int) -> list[FirmwareRule]:
    """The rules in force for a model, by code."""
    return list(
        session.scalars(
            select(FirmwareRule)
            .where(FirmwareRule.model_id == model_id, FirmwareRule.withdrawn_at.is_(None))
            .order_by(FirmwareRule.code_key)
        )
    )


def add_rule(session: Session, actor: Actor, model: RobotModel, typed: RuleInput) -> FirmwareRule:
    """A combination that is known bad. Raises Conflict when the code is taken."""
    actor.require("robots.edit")
    code, key = clean(typed.code), search_key(typed.code)
    if not key:
        raise Refused(msg("Please fill this in."), field="code")
    if max(len(code), len(key)) > _LONGEST_CODE:
        raise Refused(msg("At most {most} characters fit here.", most=_LONGEST_CODE), field="code")
    reason = clean(typed.reason)
    if not 1 <= len(reason) <= _LONGEST_REASON:
        raise Refused(msg("Please say in a sentence what goes wrong."), field="reason")
    parts = _read_parts(typed.parts)
    taken = select(FirmwareRule.id).where(
        FirmwareRule.model_id == model.id, FirmwareRule.code_key == key
    )
    if session.scalar(taken) is not None:
        raise Conflict(
            msg("There is a rule {code} for this model already.", code=code), field="code"
        )
    rule = FirmwareRule(
        model_id=model.id,
        code=code,
        code_key=key,
        reason=reason,
        parts=json.dumps(parts, sort_keys=True),
        made_at=clock.now(),
        made_by=actor.name,
    )
    session.add(rule)
    session.flush()
    audit.record(
        session,
        actor,
        "firmware_rule.added",
        subject=f"robot_model:{model.code}",
        after={"code": code, "reason": reason, "parts": parts},
    )
    return rule


def withdraw_rule(session: Session, actor: Actor, model: RobotModel, code: str) -> None:
    """The rule no longer holds; its code stays taken."""
    actor.require("robots.edit")
    rule = session.scalar(
        select(FirmwareRule).where(
            FirmwareRule.model_id == model.id,
            FirmwareRule.code_key == search_key(code),
            FirmwareRule.withdrawn_at.is_(None),
        )
    )
    if rule is None:
        raise NotFound(msg("There is no such rule."), field="code")
    rule.withdrawn_at = clock.now()
    session.flush()
    audit.record(
        session,
        actor,
        "firmware_rule.withdrawn",
        subject=f"robot_model:{model.code}",
        before={"code": rule.code},
    )


def combination(rule: FirmwareRule) -> BadCombination:
    """A stored rule as `versions` judges it."""
    parts: dict[str, str] = json.loads(rule.parts)
    return BadCombination(
        code=rule.code,
        reason=rule.reason,
        parts={part: read_range(versions) for part, versions in parts.items()},
    )


def matches(session: Session, unit: Unit) -> tuple[BadMatch, ...]:
    """The rules that a robot breaks, certain ones first."""
    rules = rules_of(session, unit.model_id)
    if not rules:
        return ()
    return bad_combinations(map(combination, rules), model="", installed=installed(session, unit))


def installed(session: Session, unit: Unit) -> dict[str, Sequence[str | None]]:
    """Every version in a robot; None where a component, or the robot, has one that nobody read.

    Not every robot runs an AI model: it counts only once a version of it is on record.
    """
    own = firmware.versions(session, unit)
    found: dict[str, list[str | None]] = {
        str(VersionOf.ROBOT): [own.get(VersionOf.ROBOT)],
        str(VersionOf.CONTROLLER): [own.get(VersionOf.CONTROLLER)],
    }
    if VersionOf.AI_MODEL in own:
        found[str(VersionOf.AI_MODEL)] = [own[VersionOf.AI_MODEL]]
    inside = session.execute(
        select(Slot.slot_class, func.coalesce(Component.firmware, Occupant.firmware))
        .select_from(Occupant)
        .join(Slot, Slot.id == Occupant.slot_id)
        .outerjoin(Component, Component.id == Occupant.component_id)
        .where(Occupant.unit_id == unit.id, Occupant.until.is_(None))
    )
    for slot_class, version in inside:
        found.setdefault(str(slot_class), []).append(version or None)
    return dict(found)


def release_blockers(session: Session, actor: Actor, unit: Unit) -> list[Reason]:  # noqa: ARG001
    """Why a robot may not leave for its versions.

    A version that nobody read, where a rule asks for it, is no pass.
    """
    link = addresses.page_below(unit.serial, "firmware")
    return [Reason(_said(match), link) for match in matches(session, unit)]


def _said(match: BadMatch) -> Text:
    if match.certain:
        return msg(
            "{code}: {reason} Installed: {versions}.",
            code=match.rule.code,
            reason=match.rule.reason,
            versions=", ".join(sorted({f"{part} {version}" for part, version in match.versions})),
        )
    return msg(
        "{code}: {reason} A version that it asks for is not on record: {parts}.",
        code=match.rule.code,
        reason=match.rule.reason,
        parts=", ".join(sorted(match.rule.parts)),
    )


def _read_parts(parts: Mapping[str, str]) -> dict[str, str]:
    """Ranges by part, written in one way; raises Refused for what is unknown or unreadable."""
    wanted = {part: text for part, text in parts.items() if clean(text)}
    unknown = sorted(set(wanted) - set(RULE_PARTS))
    if unknown:
        raise Refused(
            msg(
                "“{part}” carries no version. Known: {known}.",
                part=unknown[0][:64],
                known=", ".join(RULE_PARTS),
            ),
            field="parts",
        )
    if not 1 <= len(wanted) <= _MOST_PARTS:
        raise Refused(
            msg("A rule names between 1 and {most} parts.", most=_MOST_PARTS), field="parts"
        )
    return {part: str(read_range(text)) for part, text in wanted.items()}
