"""A digital calibration certificate (PTB DCC 3) as its values: every one, in whatever table.

Read without its schema, so that a laboratory's small liberties lose nothing. Quantities of one list
that state reference, indication and error in one unit become one line per place; every other
quantity, another unit of the same value included, becomes lines of its own.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from lxml import etree

from app.calibration.dccsignature import Signature, signature_of
from app.calibration.dsiunits import read_unit
from app.calibration.readers.findings import BadFile
from app.calibration.readers.xmlfiles import read_xml
from app.calibration.typedcertificate import MOST_RESULTS, ResultInput
from app.kernel.text import msg

_DCC = "{https://ptb.de/dcc}"
_SI = "{https://ptb.de/si}"
_ROLES = {
    "basic_referenceValue": "nominal",
    "basic_nominalValue": "nominal",
    "basic_measuredValue": "value",
    "basic_measurementError": "error",
}
_BEFORE, _AFTER = "beforeAdjustment", "afterAdjustment"


@dataclass(frozen=True, slots=True)
class Series:
    """The values of one quantity in one unit."""

    name: str
    role: str
    unit: str
    values: tuple[str, ...]
    expanded: tuple[str, ...] = ()
    factor: tuple[str, ...] = ()
    phase: str = ""

    def line(self, place: int) -> ResultInput:
        """What it says at one place, by its role."""
        role = self.role if self.role == "error" else "value"
        said = ResultInput(
            name=self.name,
            unit=self.unit,
            expanded=_at(self.expanded, place),
            factor=_at(self.factor, place) or "2",
            phase=self.phase,
        )
        if role == "error":
            return replace(said, error=self.values[place])
        return replace(said, value=self.values[place])


@dataclass(frozen=True, slots=True)
class Dcc:
    """What a certificate says; `conformity` is the words of its statements, such as pass."""

    number: str
    schema: str
    issuer: str
    item: str
    maker: str
    model: str
    identifiers: tuple[str, ...]
    calibrated_on: str
    due_on: str
    adjusted: bool
    conformity: tuple[str, ...]
    as_found: tuple[str, ...]
    results: tuple[ResultInput, ...]
    notes: tuple[str, ...]
    signature: Signature

    @property
    def as_found_ok(self) -> str:
        """What its own statements come to: yes, no, or nothing said."""
        said = self.as_found or (() if self.adjusted else self.conformity)
        if not said:
            return ""
        if any("fail" in word.lower() for word in said):
            return "no"
        return "yes" if all(word.lower() == "pass" for word in said) else ""


@dataclass(slots=True)
class _Found:
    lines: list[ResultInput] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def read(data: bytes) -> Dcc:
    """The content of a file; raises BadFile for what is no certificate, or hostile."""
    root = read_xml(data, root=f"{_DCC}digitalCalibrationCertificate")
    core = f"{_DCC}administrativeData/{_DCC}coreData"
    item = f"{_DCC}administrativeData/{_DCC}items/{_DCC}item"
    lab = f"{_DCC}administrativeData/{_DCC}calibrationLaboratory/{_DCC}contact"
    number = _text(root, f"{core}/{_DCC}uniqueIdentifier")
    if not number:
        raise BadFile(msg("The certificate has no unique identifier."))
    first = root.find(item)
    statuses = {one.text for one in root.iter(f"{_DCC}status")}
    adjusted = bool(statuses & {_BEFORE, _AFTER})
    found = _values(root, adjusted=adjusted)
    return Dcc(
        number=number,
        schema=root.get("schemaVersion", ""),
        issuer=_name(root.find(lab)),
        item=_name(first),
        maker=_name(first.find(f"{_DCC}manufacturer")) if first is not None else "",
        model=_text(root, f"{item}/{_DCC}model"),
        identifiers=tuple(
            _words(one) for one in root.iterfind(f"{item}/{_DCC}identifications//{_DCC}value")
        ),
        calibrated_on=_text(root, f"{core}/{_DCC}endPerformanceDate"),
        due_on=_due(root),
        adjusted=adjusted,
        conformity=tuple(_conformities(root)),
        as_found=tuple(
            word
            for condition in root.iter(f"{_DCC}influenceCondition")
            if _text(condition, f"{_DCC}status") == _BEFORE
            for word in _conformities(condition)
        ),
        results=tuple(found.lines),
        notes=tuple(found.notes),
        signature=signature_of(data, root),
    )


def _values(root: etree._Element, *, adjusted: bool) -> _Found:
    """Every quantity of the document, each once, in its order."""
    found = _Found()
    done: set[etree._Element] = set()
    for element in root.iter(f"{_DCC}list", f"{_DCC}quantity"):
        quantities = (
            element.findall(f"{_DCC}quantity") if element.tag == f"{_DCC}list" else [element]
        )
        fresh = [one for one in quantities if one not in done]
        done.update(fresh)
        phase = _phase(element, adjusted=adjusted)
        groups = [list(_series(one, phase, found)) for one in fresh]
        found.lines += _lines(groups)
        if len(found.lines) > MOST_RESULTS:
            raise BadFile(msg("A certificate has at most {most} lines.", most=MOST_RESULTS))
    return found


def _lines(groups: Sequence[Sequence[Series]]) -> list[ResultInput]:
    """Reference, indication and error of one length and unit joined; all else by itself."""
    every = [series for group in groups for series in group]
    joined = _joinable(every)
    lines = []
    if joined:
        main = joined.get("error") or joined["value"]
        for place in range(len(main.values)):
            said = main.line(place)
            for role, series in joined.items():
                said = replace(said, **{role: series.values[place]})
                if series.expanded and not said.expanded:
                    stated = series.line(place)
                    said = replace(said, expanded=stated.expanded, factor=stated.factor)
            lines.append(said)
    used = {id(series) for series in joined.values()}
    for series in every:
        # U of a joined one that another's has taken the place of is not lost either
        if id(series) not in used or _hides_uncertainty(series, joined):
            lines += [series.line(place) for place in range(len(series.values))]
    return lines


def _hides_uncertainty(series: Series, joined: Mapping[str, Series]) -> bool:
    stated = [one for one in joined.values() if one.expanded]
    main = joined.get("error") or joined.get("value")
    first = main if main is not None and main.expanded else (stated[0] if stated else None)
    return bool(series.expanded) and series is not first


def _joinable(every: Sequence[Series]) -> dict[str, Series]:
    main = next((one for role in ("error", "value") for one in every if one.role == role), None)
    if main is None:
        return {}
    joined: dict[str, Series] = {}
    for one in every:
        fits = one.unit == main.unit and len(one.values) == len(main.values)
        if one.role and fits and one.role not in joined:
            joined[one.role] = one
    return joined if len(joined) > 1 else {}


def _series(quantity: etree._Element, phase: str, found: _Found) -> Iterator[Series]:
    """The values of a quantity, in each of the units that it is stated in."""
    name = _name(quantity) or quantity.get("refType", "")
    role = _ROLES.get(quantity.get("refType", "").split(" ")[0], "")
    for one in _own(quantity):
        if one.tag == f"{_SI}real":
            yield Series(
                name=_words(one.find(f"{_SI}label")) or name,
                role=role,
                unit=read_unit(_text(one, f"{_SI}unit")),
                values=(_text(one, f"{_SI}value"),),
                expanded=_tokens(one, "uncertainty", "valueExpandedMU"),
                factor=_tokens(one, "coverageFactor"),
                phase=phase,
            )
        elif one.tag == f"{_SI}realListXMLList":
            units = _tokens(one, "unitXMLList")
            yield Series(
                name=name,
                role=role,
                unit=read_unit(units[0] if units else ""),
                values=_tokens(one, "valueXMLList"),
                expanded=_tokens(one, "uncertaintyXMLList", "valueExpandedMUXMLList"),
                factor=_tokens(one, "coverageFactorXMLList"),
                phase=phase,
            )
        elif one.text and one.text.strip():
            found.notes.append(f"{name}: {_words(one)}")


def _own(quantity: etree._Element) -> Iterator[etree._Element]:
    """A quantity's own statements, not those of quantities within it."""
    for child in quantity:
        if child.tag == f"{_SI}hybrid":
            yield from child
        elif isinstance(child.tag, str) and child.tag.startswith(_SI):
            yield child


def _phase(element: etree._Element, *, adjusted: bool) -> str:
    for above in element.iterancestors():
        status = _text(above, f"{_DCC}status")
        if above.tag == f"{_DCC}influenceCondition":
            return {_BEFORE: "as_found", _AFTER: "as_left"}.get(status, "")
        if above.tag == f"{_DCC}results":
            return "as_left" if adjusted else ""
    return ""


def _conformities(root: etree._Element) -> Iterator[str]:
    for one in root.iter(f"{_DCC}conformity", f"{_DCC}conformityXMLList"):
        yield from (one.text or "").split()


def _due(root: etree._Element) -> str:
    for statement in root.iter(f"{_DCC}statement"):
        if "recalibration" in statement.get("refType", ""):
            return _text(statement, f"{_DCC}date")
    return ""


def _name(element: etree._Element | None) -> str:
    """Its name, English where there is one."""
    if element is None:
        return ""
    contents = element.findall(f"{_DCC}name/{_DCC}content")
    english = [one for one in contents if one.get("lang") == "en"]
    return _words((english or contents or [None])[0])


def _tokens(element: etree._Element, *names: str) -> tuple[str, ...]:
    for name in names:
        found = element.find(f".//{_SI}{name}")
        if found is not None:
            return tuple((found.text or "").split())
    return ()


def _at(values: Sequence[str], place: int) -> str:
    """The value of a place; a single one holds for all."""
    if len(values) == 1:
        return values[0]
    return values[place] if place < len(values) else ""


def _text(element: etree._Element, path: str) -> str:
    return _words(element.find(path))


def _words(element: etree._Element | None) -> str:
    return " ".join((element.text or "").split())[:200] if element is not None else ""
