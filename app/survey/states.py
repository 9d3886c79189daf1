"""Words of the survey: after what it is asked, how far a question came, how a follow-up ends."""

from enum import StrEnum

from app.kernel.text import Text, msg

MOST_POINTS = 10
# Reichheld, "The One Number You Need to Grow", Harvard Business Review, December 2003: who answers
# 9 or 10 promotes, who answers 6 or less detracts, and who answers 7 or 8 does neither.
LEAST_PROMOTER = 9
MOST_DETRACTOR = 6
# Ours: whoever answers 8 or more counts as satisfied.
LEAST_SATISFIED = 8


class Occasion(StrEnum):
    """After what a customer is asked."""

    HANDOVER = "handover"
    REPAIR = "repair"


class Standing(StrEnum):
    """How far a question came; it follows from its moments and its answer."""

    OPEN = "open"
    ANSWERED = "answered"
    EXPIRED = "expired"
    REVOKED = "revoked"


class Outcome(StrEnum):
    """How a follow-up ended."""

    SOLVED = "solved"
    EXPLAINED = "explained"
    MADE_GOOD = "made_good"
    NOT_REACHED = "not_reached"
    NOTHING_TO_DO = "nothing_to_do"


OCCASION_LABELS: dict[Occasion, Text] = {
    Occasion.HANDOVER: msg("Handover"),
    Occasion.REPAIR: msg("Repair"),
}
STANDING_LABELS: dict[Standing, Text] = {
    Standing.OPEN: msg("Not answered yet"),
    Standing.ANSWERED: msg("Answered"),
    Standing.EXPIRED: msg("Expired"),
    Standing.REVOKED: msg("Link revoked"),
}
OUTCOME_LABELS: dict[Outcome, Text] = {
    Outcome.SOLVED: msg("Solved"),
    Outcome.EXPLAINED: msg("Explained"),
    Outcome.MADE_GOOD: msg("Made good by the store"),
    Outcome.NOT_REACHED: msg("Customer not reached"),
    Outcome.NOTHING_TO_DO: msg("Nothing to do"),
}


def tone_of(score: int) -> str:
    """How an answer is shown: a promoter's, a detractor's, or between them."""
    if score >= LEAST_PROMOTER:
        return "ok"
    return "bad" if score <= MOST_DETRACTOR else "hold"
