"""A certificate as a Digital Calibration Certificate of PTB, schema 3.2.1 with D-SI 2.1.0.

Namespaces and shapes: www.ptb.de/dcc. Written from the snapshot alone, so the same certificate
gives the same bytes. Figures are those that were computed; the paper's rounded ones are a view.
"""

from datetime import datetime
from zoneinfo import ZoneInfo

from lxml import etree

from app.calibration import certificatewords as words
from app.calibration.dsiunits import write_unit
from app.calibration.snapshot import Figure, Line, Party, Reference, Snapshot
from app.kernel.text import Text
from app.web.i18n import speech

VERSION = "3.2.1"
DCC = "https://ptb.de/dcc"
SI = "https://ptb.de/si"
_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_LOCATION = f"{DCC} https://ptb.de/dcc/v{VERSION}/dcc.xsd"
_CONFORMITY = {
    "pass": "pass",
    "fail": "fail",
    "cond_pass": "conditionalPass",
    "cond_fail": "conditionalFail",
    "inconclusive": "noPass",
}
_CHANGES = {"amendment": "amended", "replacement": "substituted"}


def written(shot: Snapshot) -> bytes:
    """The certificate as XML in UTF-8, without a signature."""
    return _Writer(shot).bytes()


class _Writer:
    """Builds the tree; `_add` makes an element of the certificate's own namespace."""

    def __init__(self, shot: Snapshot) -> None:
        self._shot = shot
        self._zone = ZoneInfo(shot.zone)
        self._speeches = {code: speech(code, shot.zone) for code in shot.languages}
        self._root = etree.Element(f"{{{DCC}}}digitalCalibrationCertificate", nsmap=_NAMESPACES)
        self._root.set("schemaVersion", VERSION)
        self._root.set(f"{{{_XSI}}}schemaLocation", _LOCATION)

    def bytes(self) -> bytes:
        self._administrative()
        self._results()
        etree.indent(self._root, "  ")
        made: bytes = etree.tostring(self._root, xml_declaration=True, encoding="UTF-8")
        return made + b"\n"

    # who, what, when

    def _administrative(self) -> None:
        data = _add(self._root, "administrativeData")
        software = _add(_add(data, "dccSoftware"), "software")
        self._plain(_add(software, "name"), "Quatrefoil")
        _add(software, "release", self._shot.engine)
        self._core(_add(data, "coreData"))
        self._item(_add(_add(data, "items"), "item"))
        laboratory = _add(_add(data, "calibrationLaboratory"), "contact")
        self._party(laboratory, self._shot.laboratory)
        self._persons(_add(data, "respPersons"))
        self._party(_add(data, "customer"), self._shot.customer)
        self._statements(_add(data, "statements"))

    def _core(self, core: etree._Element) -> None:
        shot = self._shot
        _add(core, "countryCodeISO3166_1", shot.laboratory.country or "ZZ")
        for code in shot.languages:
            _add(core, "usedLangCodeISO639_1", code)
        _add(core, "mandatoryLangCodeISO639_1", shot.language)
        _add(core, "uniqueIdentifier", shot.number)
        known = _add(core, "identifications")
        self._identification(known, "calibrationLaboratory", shot.job, words.JOB)
        if shot.item.received_at is not None:
            _add(core, "receiptDate", self._day(shot.item.received_at))
        _add(core, "beginPerformanceDate", self._day(shot.names.started_at))
        _add(core, "endPerformanceDate", self._day(shot.names.measured_at))
        where = "customer" if shot.surroundings.place else "laboratory"
        _add(core, "performanceLocation", where)
        _add(core, "issueDate", self._day(shot.issued_at))
        if shot.replaces:
            change = _add(core, "reportAmendedSubstituted")
            _add(change, "typeOfChange", _CHANGES[shot.kind])
            _add(change, "replacedUniqueIdentifier", shot.replaces)

    def _item(self, item: etree._Element) -> None:
        shot = self._shot.item
        self._plain(_add(item, "name"), shot.model)
        maker = _add(item, "manufacturer")
        self._plain(_add(maker, "name"), shot.maker)
        _add(item, "model", shot.model)
        known = _add(item, "identifications")
        self._identification(known, "manufacturer", shot.serial, words.SERIAL)
        if shot.firmware:
            self._identification(known, "other", shot.firmware, words.FIRMWARE)

    def _party(self, contact: etree._Element, party: Party) -> None:
        self._plain(_add(contact, "name"), party.name)
        location = _add(contact, "location")
        if party.country:
            _add(location, "countryCode", party.country)
        further = [*party.address, party.contact] if party.contact else list(party.address)
        for line in further or ["-"]:
            self._plain(_add(location, "further"), line)

    def _persons(self, persons: etree._Element) -> None:
        names = self._shot.names
        for who, what, main in (
            (names.issuer, words.AUTHORISED, True),
            (names.reviewer, words.REVIEWED, False),
            (names.performer, words.PERFORMED, False),
        ):
            one = _add(persons, "respPerson")
            self._plain(_add(_add(one, "person"), "name"), who)
            _add(one, "role", self._speeches[self._shot.language].say(what))
            if main:
                _add(one, "mainSigner", "true")

    def _statements(self, statements: etree._Element) -> None:
        shot = self._shot
        for text in words.statements_of(shot):
            self._said(_add(_add(statements, "statement"), "declaration"), text)
        verdict = _add(statements, "statement")
        verdict.set("refType", "basic_conformity")
        _add(verdict, "reference", shot.method.code)
        self._said(_add(verdict, "declaration"), words.rule_of(shot))
        _add(verdict, "conformity", "pass" if shot.passed else "fail")

    # what was found

    def _results(self) -> None:
        shot = self._shot
        measured = _add(_add(self._root, "measurementResults"), "measurementResult")
        self._plain(_add(measured, "name"), shot.method.title)
        method = _add(_add(measured, "usedMethods"), "usedMethod")
        self._plain(_add(method, "name"), f"{shot.method.code} {shot.method.version}")
        if shot.method.text:
            self._plain(_add(method, "description"), shot.method.text)
        if shot.method.standard:
            _add(method, "norm", shot.method.standard)
        if shot.references:
            used = _add(measured, "measuringEquipments")
            for one in shot.references:
                self._equipment(_add(used, "measuringEquipment"), one)
        self._conditions(measured)
        results = _add(measured, "results")
        for line in shot.lines:
            self._line(_add(results, "result"), line)
        for number, change in enumerate(shot.adjustments, start=1):
            result = _add(results, "result")
            self._said(_add(result, "name"), words.ADJUSTMENT)
            text = (
                f"{change.target} {change.parameter}: "
                f"{change.before} → {change.after} {change.unit}"
            ).strip()
            self._plain(_add(result, "description"), f"{number}. {text}, {change.by}")
            data = _add(_add(result, "data"), "text")
            self._plain(data, text)

    def _equipment(self, made: etree._Element, one: Reference) -> None:
        self._plain(_add(made, "name"), one.name)
        maker = _add(made, "manufacturer")
        self._plain(_add(maker, "name"), one.maker)
        _add(made, "model", one.type_name)
        known = _add(made, "identifications")
        self._identification(known, "manufacturer", one.serial, words.SERIAL)
        self._identification(known, "calibrationLaboratory", one.asset, words.ASSET)
        self._identification(known, "other", f"{one.issuer} {one.certificate}", words.TRACEABLE)

    def _conditions(self, measured: etree._Element) -> None:
        around = self._shot.surroundings
        found = [
            ("basic_temperature", words.TEMPERATURE, r"\degreecelsius",
             (around.temperature_start, around.temperature_end)),
            ("basic_humidityRelative", words.HUMIDITY, r"\percent",
             (around.humidity_start, around.humidity_end)),
        ]  # fmt: skip
        known = [one for one in found if any(one[3])]
        if not known:
            return
        conditions = _add(measured, "influenceConditions")
        for kind, name, unit, values in known:
            condition = _add(conditions, "influenceCondition")
            condition.set("refType", kind)
            self._said(_add(condition, "name"), name)
            data = _add(condition, "data")
            for which, value in zip((words.AT_BEGIN, words.AT_END), values, strict=True):
                if value:
                    quantity = _add(data, "quantity")
                    self._said(_add(quantity, "name"), which)
                    _real(quantity, value, unit)

    def _line(self, result: etree._Element, line: Line) -> None:
        self._plain(_add(result, "name"), line.label)
        self._plain(_add(result, "description"), f"{line.target}, {line.quantity}")
        data = _add(_add(result, "data"), "list")
        unit = write_unit(line.unit)
        if line.nominal:
            nominal = _add(data, "quantity")
            nominal.set("refType", "basic_nominalValue")
            self._said(_add(nominal, "name"), words.NOMINAL)
            _real(nominal, line.nominal, unit)
        for figure, name, kind in (
            (line.as_found, words.AS_FOUND, "basic_measuredValueBeforeAdjustment"),
            (line.as_left, words.AS_LEFT, "basic_measuredValueAfterAdjustment"),
        ):
            if figure is not None:
                quantity = _add(data, "quantity")
                quantity.set("refType", kind)
                self._said(_add(quantity, "name"), name)
                self._figure(quantity, figure, line, unit)

    def _figure(self, quantity: etree._Element, figure: Figure, line: Line, unit: str) -> None:
        real = _real(quantity, figure.exact_value, unit)
        if figure.exact_expanded:
            uncertainty = _si(real, "expandedUnc")
            _si(uncertainty, "uncertainty", figure.exact_expanded)
            _si(uncertainty, "coverageFactor", figure.factor)
            _si(uncertainty, "coverageProbability", self._shot.method.coverage)
        if not figure.verdict:
            return
        meta = _add(_add(quantity, "measurementMetaData"), "metaData")
        meta.set("refType", "basic_conformity")
        self._said(_add(meta, "declaration"), words.rule_of(self._shot))
        _add(meta, "conformity", _CONFORMITY[figure.verdict])
        stated = ((line.lower, words.LOWER), (line.upper, words.UPPER))
        known = [(value, name) for value, name in stated if value]
        limits = _add(meta, "data") if known else meta
        for value, name in known:
            limit = _add(limits, "quantity")
            self._said(_add(limit, "name"), name)
            _real(limit, value, unit)

    # words

    def _identification(self, known: etree._Element, issuer: str, value: str, name: Text) -> None:
        one = _add(known, "identification")
        _add(one, "issuer", issuer)
        _add(one, "value", value)
        self._said(_add(one, "name"), name)

    def _said(self, element: etree._Element, text: Text) -> None:
        """A sentence of the house, in each language of the certificate."""
        for code, spoken in self._speeches.items():
            _add(element, "content", spoken.say(text)).set("lang", code)

    def _plain(self, element: etree._Element, text: str) -> None:
        """What somebody typed, in whatever language that was."""
        _add(element, "content", text)

    def _day(self, moment: datetime) -> str:
        return moment.astimezone(self._zone).date().isoformat()


_NAMESPACES = {"dcc": DCC, "si": SI, "xsi": _XSI}


def _add(parent: etree._Element, name: str, text: str = "") -> etree._Element:
    made = etree.SubElement(parent, f"{{{DCC}}}{name}")
    if text:
        made.text = text
    return made


def _si(parent: etree._Element, name: str, text: str = "") -> etree._Element:
    made = etree.SubElement(parent, f"{{{SI}}}{name}")
    if text:
        made.text = text
    return made


def _real(parent: etree._Element, value: str, unit: str) -> etree._Element:
    real = _si(parent, "real")
    _si(real, "value", value)
    _si(real, "unit", unit)
    return real
