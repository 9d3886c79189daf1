"""A pasted column of readings: one reading a line, all of them or none."""

from app.calibration import typedreading
from app.calibration.methods import reading_units
from app.calibration.procedure_models import ProcedurePoint
from app.calibration.typedreading import Mark, NotAReading
from app.kernel.searchkeys import clean, folded
from app.kernel.text import msg

_MOST_ROWS = 20_000
_AXES = ("x", "y", "z", "a", "b", "c")


def read_column(
    text: str, point: ProcedurePoint, *, mark: Mark
) -> list[tuple[str, tuple[float, ...]]]:
    """The readings of pasted lines; raises NotAReading naming the line."""
    lines = [
        (place, clean(line.replace("\t", "; ")))
        for place, line in enumerate(text.splitlines(), start=1)
        if line.strip()
    ]
    if lines and _is_header(lines[0][1]):
        _check_header(lines[0][1], point)
        lines = lines[1:]
    if not lines:
        raise NotAReading(msg("Nothing was pasted."), field="column")
    if len(lines) > _MOST_ROWS:
        raise NotAReading(
            msg("At most {most} lines go in at once.", most=_MOST_ROWS), field="column"
        )
    units = reading_units(point)
    rows = []
    for place, line in lines:
        try:
            rows.append((line, typedreading.read(line, units=units, mark=mark)))
        except NotAReading as refusal:
            raise NotAReading(
                msg("Line {line}: {problem}", line=place, problem=refusal.message), field="column"
            ) from refusal
    return rows


def _is_header(line: str) -> bool:
    return not any(character.isdigit() for character in line)


def _check_header(line: str, point: ProcedurePoint) -> None:
    """Raises NotAReading for columns in another order than the point takes them."""
    wanted = _AXES[: point.components] if point.components > 1 else ()
    given = tuple(folded(word)[:1] for word in line.replace(",", ";").split(";") if word.strip())
    if len(given) != point.components:
        raise NotAReading(
            msg(
                "This point takes {wanted} columns; {count} were pasted.",
                wanted=point.components,
                count=len(given),
            ),
            field="column",
        )
    if wanted and set(given) <= set(_AXES) and given != wanted:
        raise NotAReading(
            msg(
                "The columns are {given}; this point takes {wanted}.",
                given=", ".join(given),
                wanted=", ".join(wanted),
            ),
            field="column",
        )
