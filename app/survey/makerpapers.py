"""The maker's pack as PDF and CSV: the same bytes each time for the same data."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from app.kernel import csvfile
from app.kernel.csvfile import Row
from app.service.states import FaultKind
from app.survey.makerpack import LEAST_HOURS, Pack
from app.survey.states import OCCASION_LABELS
from app.web import printing

TEMPLATE = "documents/maker_pack.html"
_TITLES = ("record", "key", "detail", "value", "unit")


@dataclass(frozen=True, slots=True)
class Party:
    """Who stands at the head of the paper."""

    name: str
    address: tuple[str, ...] = ()
    vat_id: str = ""


@dataclass(frozen=True, slots=True)
class Paper:
    """What the template shows. It bears the month's end, and no time of printing."""

    pack: Pack
    language: str
    zone: str
    issued_at: datetime
    seller: Party
    store: str
    number: str
    least_hours: int = LEAST_HOURS
    footer: tuple[str, ...] = ()
    symptom: FaultKind = FaultKind.SYMPTOM

    @property
    def occasions(self) -> object:
        return OCCASION_LABELS


def pdf(pack: Pack, *, language: str) -> bytes:
    return printing.pdf_document(TEMPLATE, paper(pack, language=language))


def paper(pack: Pack, *, language: str) -> Paper:
    store = pack.store
    town = " ".join(part for part in (store.postcode, store.city) if part)
    return Paper(
        pack=pack,
        language=language,
        zone=store.zone,
        issued_at=pack.end - timedelta(hours=12),
        seller=Party(store.legal_name, tuple(row for row in (store.street, town) if row)),
        store=store.name,
        number=f"{pack.model.name} {pack.month_text}",
    )


def csv(pack: Pack) -> bytes:
    """One row per fact, by codes and without a language."""
    return csvfile.csv_bytes(_TITLES, [*_head(pack), *_body(pack)])


def _head(pack: Pack) -> list[Row]:
    tally = pack.tally
    return [
        ("pack", "maker", "", pack.maker, ""),
        ("pack", "model", pack.model.code, pack.model.name, ""),
        ("pack", "month", "", pack.month_text, ""),
        ("pack", "store", "", pack.store.name, ""),
        ("failures", "found", "", pack.failures, ""),
        ("failures", "robots", "", pack.faulty_robots, ""),
        ("base", "hours", "", pack.hours, "h"),
        ("base", "robots", "", pack.robots_read, ""),
        ("base", "failures", "", pack.faults_read, ""),
        ("failures", "rate", "", _known(pack.rate), "per 1000 h"),
        ("repairs", "released", "", pack.repairs, ""),
        ("repairs", "median", "", _known(pack.median_repair_h), "h"),
        ("survey", "asked", "", tally.asked, ""),
        ("survey", "answered", "", tally.answered, ""),
        ("survey", "nps", "", _known(tally.nps), ""),
        ("survey", "csat", "", _percent(tally.csat_bp), "%"),
    ]


def _body(pack: Pack) -> list[Row]:
    return [
        *(("fault", one.slot, one.symptom, one.times, "") for one in pack.faults),
        *(("part", one.number, one.name, one.pieces, "") for one in pack.parts),
        *(("verbatim", str(one.score), one.language, one.text, "") for one in pack.verbatims),
    ]


def _known(value: object) -> str:
    return "" if value is None else str(value)


def _percent(basis_points: int | None) -> str:
    return "" if basis_points is None else str(basis_points // 100)
