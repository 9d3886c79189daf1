"""What people call the parts of a procedure."""

from app.calibration.metrology.budget import Distribution, Evaluation
from app.calibration.metrology.decision import Party
from app.calibration.procedure_models import RowSource, VersionState
from app.kernel.text import Text, msg

VERSION_LABELS: dict[VersionState, Text] = {
    VersionState.DRAFT: msg("Draft"),
    VersionState.RELEASED: msg("Released for use"),
    VersionState.RETIRED: msg("Withdrawn from use"),
}
VERSION_TONES: dict[VersionState, str] = {
    VersionState.DRAFT: "hold",
    VersionState.RELEASED: "ok",
    VersionState.RETIRED: "",
}
SOURCE_LABELS: dict[RowSource, Text] = {
    RowSource.FIXED: msg("Value written here"),
    RowSource.REFERENCE: msg("U of the equipment's certificate"),
    RowSource.RESOLUTION: msg("Resolution of the equipment"),
}
DISTRIBUTION_LABELS: dict[Distribution, Text] = {
    Distribution.NORMAL: msg("Normal, U with k"),
    Distribution.RECTANGULAR: msg("Rectangular, half width"),
    Distribution.TRIANGULAR: msg("Triangular, half width"),
    Distribution.ARCSINE: msg("U-shaped, half width"),
    Distribution.TRAPEZOIDAL: msg("Trapezoidal, half width"),
    Distribution.RESOLUTION: msg("Smallest step"),
}
EVALUATION_LABELS: dict[Evaluation, Text] = {
    Evaluation.OTHER: msg("B: from other sources"),
    Evaluation.STATISTICAL: msg("A: from a series of readings"),
}
PARTY_LABELS: dict[Party, Text] = {
    Party.SUPPLIER: msg("The supplier proves conformance"),
    Party.RECEIVER: msg("The receiver proves non-conformance"),
}
