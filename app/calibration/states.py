"""Where a calibration job stands and what may follow; the words for what is measured."""

from app.calibration.job_models import JobReason, JobState, Phase, ReadingSource
from app.calibration.metrology.decision import Reason, Rule, Verdict
from app.kernel.states import Moves
from app.kernel.text import Text, msg

JOB_LABELS: dict[JobState, Text] = {
    JobState.PLANNED: msg("Planned"),
    JobState.MEASURING: msg("Measuring"),
    JobState.MEASURED: msg("To be reviewed"),
    JobState.REVIEWED: msg("Reviewed"),
    JobState.CERTIFIED: msg("Certified"),
    JobState.ON_HOLD: msg("On hold"),
    JobState.CANCELLED: msg("Cancelled"),
    JobState.VOIDED: msg("Voided"),
}
JOB_TONES: dict[JobState, str] = {
    JobState.PLANNED: "plain",
    JobState.MEASURING: "info",
    JobState.MEASURED: "hold",
    JobState.REVIEWED: "ok",
    JobState.CERTIFIED: "ok",
    JobState.ON_HOLD: "hold",
    JobState.CANCELLED: "plain",
    JobState.VOIDED: "bad",
}
REASON_LABELS: dict[JobReason, Text] = {
    JobReason.SCHEDULED: msg("Due by the calendar"),
    JobReason.AFTER_REPAIR: msg("After a repair"),
    JobReason.PRE_SALE: msg("Before a sale"),
    JobReason.INCOMING: msg("Incoming inspection"),
    JobReason.WARRANTY: msg("Warranty case"),
    JobReason.AUDIT: msg("Audit"),
}
PHASE_LABELS: dict[Phase, Text] = {
    Phase.AS_FOUND: msg("As found"),
    Phase.AS_LEFT: msg("As left"),
}
SOURCE_LABELS: dict[ReadingSource, Text] = {
    ReadingSource.MANUAL: msg("Typed"),
    ReadingSource.SCAN: msg("Scanned"),
    ReadingSource.PASTE: msg("Pasted"),
    ReadingSource.FILE: msg("From a file"),
    ReadingSource.PROGRAM: msg("By program"),
}
VERDICT_LABELS: dict[Verdict, Text] = {
    Verdict.PASS: msg("Pass"),
    Verdict.CONDITIONAL_PASS: msg("Conditional pass"),
    Verdict.CONDITIONAL_FAIL: msg("Conditional fail"),
    Verdict.FAIL: msg("Fail"),
    Verdict.INCONCLUSIVE: msg("Inconclusive"),
}
VERDICT_TONES: dict[Verdict, str] = {
    Verdict.PASS: "ok",
    Verdict.CONDITIONAL_PASS: "warn",
    Verdict.CONDITIONAL_FAIL: "warn",
    Verdict.FAIL: "bad",
    Verdict.INCONCLUSIVE: "hold",
}
WHY_LABELS: dict[Reason, Text] = {
    Reason.INSIDE: msg("Within the acceptance limits"),
    Reason.OUTSIDE: msg("Outside the acceptance limits"),
    Reason.NEAR_LIMIT_INSIDE: msg("In the guard band, inside the limit"),
    Reason.NEAR_LIMIT_OUTSIDE: msg("In the guard band, outside the limit"),
    Reason.NOT_PROVEN_CONFORMING: msg("Conformance is not proven"),
    Reason.NOT_PROVEN_NONCONFORMING: msg("Non-conformance is not proven"),
    Reason.MISSING_READING: msg("A reading is missing"),
    Reason.UNCERTAINTY_TOO_LARGE: msg("The uncertainty is too large for the tolerance"),
}
RULE_LABELS: dict[Rule, Text] = {
    Rule.SIMPLE: msg("Simple acceptance"),
    Rule.GUARD_BAND: msg("Guard band"),
    Rule.ISO_14253_1: msg("ISO 14253-1"),
    Rule.NON_BINARY: msg("Guard band with conditional verdicts"),
}

_S = JobState
JOB_MOVES = Moves(
    {
        _S.PLANNED: frozenset({_S.MEASURING, _S.CANCELLED}),
        _S.MEASURING: frozenset({_S.MEASURED, _S.ON_HOLD, _S.CANCELLED, _S.VOIDED}),
        # sent back by the reviewer
        _S.MEASURED: frozenset({_S.REVIEWED, _S.MEASURING, _S.ON_HOLD, _S.VOIDED}),
        _S.REVIEWED: frozenset({_S.CERTIFIED, _S.VOIDED}),
        _S.ON_HOLD: frozenset({_S.MEASURING, _S.MEASURED, _S.CANCELLED, _S.VOIDED}),
    },
    labels=JOB_LABELS,
)
ENDED = frozenset({_S.CERTIFIED, _S.CANCELLED, _S.VOIDED})
# Something was measured and nobody took it back.
STANDS = frozenset({_S.REVIEWED, _S.CERTIFIED})
