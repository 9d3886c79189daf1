"""The sentences of a certificate, on paper, on its page and in its digital form alike."""

from app.calibration.metrology.decision import Rule
from app.calibration.snapshot import Snapshot
from app.kernel.text import Text, msg

TITLE = msg("Calibration certificate")
AMENDMENT_TITLE = msg("Amendment to calibration certificate {number}")
REPLACEMENT_TITLE = msg("Calibration certificate, replaces {number}")
JOB = msg("Calibration")
SERIAL = msg("Serial number")
FIRMWARE = msg("Firmware")
ASSET = msg("Asset number")
TRACEABLE = msg("Calibration certificate of the reference")
AUTHORISED = msg("Authorised by")
REVIEWED = msg("Reviewed by")
PERFORMED = msg("Measured by")
TEMPERATURE = msg("Temperature")
HUMIDITY = msg("Relative humidity")
AT_BEGIN = msg("At the beginning")
AT_END = msg("At the end")
NOMINAL = msg("Nominal")
AS_FOUND = msg("As found")
AS_LEFT = msg("As left")
LOWER = msg("Lower limit")
UPPER = msg("Upper limit")
ADJUSTMENT = msg("Adjustment")
PASSED = msg("All points are within their limits by the decision rule.")
FAILED = msg("Not all points are within their limits by the decision rule.")
_PART_PASSED = msg("Each point measured is within its limits by the decision rule.")
_PART_FAILED = msg("Not each point measured is within its limits by the decision rule.")
_PART = msg(
    "Measured were {count} of the {all} points of the procedure, those listed here; nothing is "
    "said of the others."
)
_ONLY = msg("The results relate only to the item calibrated, at the time of the calibration.")
_WHOLE = msg("This certificate is reproduced in full only, unless the issuer agrees in writing.")
_TRACED = msg(
    "The results are traceable to the International System of Units (SI) through the references "
    "named here and their certificates."
)
_OWN = msg(
    "All results are this laboratory’s own: none comes from another provider, nothing was sampled."
)
_COVERAGE = msg(
    "U is the expanded uncertainty: the standard uncertainty times k, for a coverage probability "
    "of about {percent} %, by JCGM 100:2008."
)
_ONE_PERSON = msg("Measured and reviewed by the same person, as this store has one.")
_UNADJUSTED = msg("Nothing was adjusted: as left is as found.")
_ACCREDITED = msg("Within the scope of accreditation {accreditation}.")
_DUE = msg("Next calibration as agreed with the customer: {day}.")
_OUTSIDE = msg("Additions to, deviations and exclusions from the method: {text}")

_RULES: dict[str, Text] = {
    Rule.SIMPLE: msg(
        "Simple acceptance: a value within the limits passes; near a limit up to half of such "
        "verdicts may be wrong (ILAC-G8:09/2019 4.2.1)."
    ),
    Rule.GUARD_BAND: msg(
        "Accepted where the value keeps a distance of w = {ratio} U from the limits "
        "(guard band, ILAC-G8:09/2019 4.2.2)."
    ),
    Rule.NON_BINARY: msg(
        "Pass, conditional pass, conditional fail or fail, by the distance w = {ratio} U from the "
        "limits (ILAC-G8:09/2019 4.2.3)."
    ),
}
_SUPPLIER = msg("The supplier proves conformance with 95 % probability (ISO 14253-1:2017).")
_RECEIVER = msg("The receiver proves non-conformance with 95 % probability (ISO 14253-1:2017).")


def title_of(shot: Snapshot) -> Text:
    """What the document is; one in place of another names it (ISO/IEC 17025:2017 7.8.8)."""
    if not shot.replaces:
        return TITLE
    form = AMENDMENT_TITLE if shot.kind == "amendment" else REPLACEMENT_TITLE
    return Text(form.template, {"number": shot.replaces})


def outcome_of(shot: Snapshot) -> Text:
    """What it comes to, said of no more than was measured."""
    if shot.points_in_all:
        return _PART_PASSED if shot.passed else _PART_FAILED
    return PASSED if shot.passed else FAILED


def rule_of(shot: Snapshot) -> Text:
    """The decision rule, as it was agreed before measuring."""
    if shot.method.rule == Rule.ISO_14253_1:
        return _SUPPLIER if shot.method.party == "supplier" else _RECEIVER
    return Text(_RULES[shot.method.rule].template, {"ratio": shot.method.guard_ratio})


def statements_of(shot: Snapshot) -> list[Text]:
    """Everything that has to be said of the whole, in the order in which it is printed."""
    percent = f"{float(shot.method.coverage) * 100:g}"
    said = [_TRACED, Text(_COVERAGE.template, {"percent": percent})]
    if shot.points_in_all:
        facts = {"count": len(shot.lines), "all": shot.points_in_all}
        said.append(Text(_PART.template, facts))
    if shot.unadjusted_by:
        said.append(_UNADJUSTED)
    if shot.deviations:
        said.append(Text(_OUTSIDE.template, {"text": shot.deviations}))
    if shot.names.is_self_reviewed:
        said.append(_ONE_PERSON)
    if shot.accreditation:
        said.append(Text(_ACCREDITED.template, {"accreditation": shot.accreditation}))
    if shot.due_on is not None:
        said.append(Text(_DUE.template, {"day": shot.due_on}))
    return [*said, _OWN, _ONLY, _WHOLE]
