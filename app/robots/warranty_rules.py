"""Published warranty terms of makers, told in the store's own words.

Only what the makers publish stands here; where a text is silent the verdict is to ask the maker.
Check them against the source before a claim: makers change their terms.
"""

from app.kernel.text import msg
from app.robots.warranty_terms import (
    Clause,
    Cover,
    Duty,
    DutyKind,
    Exclusion,
    MakerTerms,
    Reach,
    ReplacedPart,
    StartBasis,
    StartRule,
)

_UNITREE_TERMS = "unitree.com/en/terms"
_UNITREE_SERVICE = "unitree.com/term_policy/aftersale"
_UBTECH = "commercial.ubtrobot.com/en/after-sales-policy.html"
_BOOSTER = "boosterobotics.com/terms"
_ONE_X = "press on the sale of 1X NEO: humanoidsdaily, ui44.com"


def _clause(code: str, source: str, wording: str) -> Clause:
    return Clause(code, wording, source)


def _fault_exclusions(maker: str) -> tuple[Exclusion, ...]:
    """What Unitree's list excludes fault by fault; Booster's reads alike."""
    return tuple(
        Exclusion(evidence, f"{maker}.{clause}")
        for evidence, clause in (
            ("fall", "fall"),
            ("squeezing", "squeezing"),
            ("immersion", "immersion"),
            ("non_original_accessory", "non_original"),
            ("non_original_battery", "non_original"),
            ("harsh_terrain", "harsh_terrain"),
            ("self_repair", "self_repair"),
        )
    )


def _voiding(maker: str) -> tuple[Exclusion, ...]:
    return (
        Exclusion("unauthorised_opening", f"{maker}.opening", Reach.UNIT),
        Exclusion("unauthorised_modification", f"{maker}.modification", Reach.UNIT),
    )


def _common_clauses(maker: str, source: str) -> tuple[Clause, ...]:
    """The clauses that Unitree's and Booster's terms share."""
    return tuple(
        _clause(f"{maker}.{code}", source, wording.template)
        for code, wording in (
            ("start", msg("The warranty starts on the day the robot is received.")),
            ("term", msg("The whole robot is covered for one year.")),
            ("opening", msg("Opening the robot without authorisation ends the warranty.")),
            ("modification", msg("Modifying the robot without authorisation ends the warranty.")),
            ("fall", msg("Damage by falling is not covered.")),
            ("squeezing", msg("Damage by squeezing or crushing is not covered.")),
            ("immersion", msg("Damage by immersion in liquid is not covered.")),
            ("non_original", msg("Damage by foreign accessories or batteries is not covered.")),
            ("harsh_terrain", msg("Damage by use on harsh terrain is not covered.")),
            ("self_repair", msg("Damage by the owner's own repair is not covered.")),
            ("replaced", msg("A replaced part keeps the rest of the warranty and may be used.")),
            ("old_part", msg("A part replaced under warranty becomes the maker's property.")),
            ("backup", msg("The owner backs up the data before the robot is handed in.")),
        )
    )  # fmt: skip


UNITREE = MakerTerms(
    key="unitree",
    maker="Unitree",
    clauses=(
        *_common_clauses("unitree", _UNITREE_TERMS),
        _clause(
            "unitree.third_party",
            _UNITREE_SERVICE,
            msg("Service is not handed on to a third party; only the older text says so.").template,
        ),
        _clause(
            "unitree.parts_in_20_days",
            _UNITREE_SERVICE,
            msg("Parts are sent within 20 days after the bad part has arrived.").template,
        ),
    ),
    start=(StartRule(StartBasis.RECEIPT),),
    start_clause="unitree.start",
    cover=(Cover("unitree.term", months=12),),
    exclusions=(
        *_voiding("unitree"),
        *_fault_exclusions("unitree"),
        Exclusion("third_party_service", "unitree.third_party", Reach.UNIT, clear=False),
    ),
    replaced=ReplacedPart.INHERITS,
    replaced_clause="unitree.replaced",
    duties=(
        Duty(DutyKind.BACK_UP_DATA, "unitree.backup"),
        Duty(DutyKind.RETURN_OLD_PART, "unitree.old_part"),
        Duty(DutyKind.MAKER_SENDS_PART, "unitree.parts_in_20_days", days=20),
    ),
)

BOOSTER = MakerTerms(
    key="booster",
    maker="Booster",
    clauses=(
        *_common_clauses("booster", _BOOSTER),
        _clause(
            "booster.ship_in_time",
            _BOOSTER,
            msg(
                "An item not sent in within the agreed time after confirmation is not covered."
            ).template,
        ),
        _clause(
            "booster.worn_parts",
            _BOOSTER,
            msg(
                "Damage by running the robot with aged or damaged components is not covered."
            ).template,
        ),
    ),
    start=(StartRule(StartBasis.RECEIPT),),
    start_clause="booster.start",
    cover=(Cover("booster.term", months=12),),
    exclusions=(
        *_voiding("booster"),
        *_fault_exclusions("booster"),
        Exclusion("run_with_worn_parts", "booster.worn_parts"),
    ),
    replaced=ReplacedPart.INHERITS,
    replaced_clause="booster.replaced",
    duties=(
        Duty(DutyKind.SHIP_ITEM, "booster.ship_in_time"),
        Duty(DutyKind.BACK_UP_DATA, "booster.backup"),
        Duty(DutyKind.RETURN_OLD_PART, "booster.old_part"),
    ),
)

UBTECH_COMMERCIAL = MakerTerms(
    key="ubtech-commercial",
    maker="UBTECH",
    clauses=(
        _clause("ubtech.term", _UBTECH, msg("The product is covered for one year.").template),
        _clause(
            "ubtech.start",
            _UBTECH,
            msg("The start is proved by invoice, else warranty card, else activation, else 90 days"
                " after manufacture.").template,
        ),
        _clause(
            "ubtech.longest",
            _UBTECH,
            msg("Where periods of warranty overlap, the longest one counts.").template,
        ),
        _clause(
            "ubtech.foreign_parts",
            _UBTECH,
            msg("Whoever sold a part that is not UBTECH's answers for it.").template,
        ),
    ),
    start=(
        StartRule(StartBasis.INVOICE),
        StartRule(StartBasis.WARRANTY_CARD),
        StartRule(StartBasis.ACTIVATION),
        StartRule(StartBasis.MANUFACTURE, plus_days=90),
    ),
    start_clause="ubtech.start",
    cover=(Cover("ubtech.term", months=12),),
    longest_clause="ubtech.longest",
    foreign_part_clause="ubtech.foreign_parts",
)  # fmt: skip

ONE_X = MakerTerms(
    key="1x",
    maker="1X",
    clauses=(
        _clause(
            "1x.early_access",
            _ONE_X,
            msg("Early-access buyers have three years of warranty.").template,
        ),
    ),
    cover=(Cover("1x.early_access", months=36, only_for=("early_access",)),),
)

PUBLISHED: dict[str, MakerTerms] = {
    terms.key: terms for terms in (UNITREE, BOOSTER, UBTECH_COMMERCIAL, ONE_X)
}
