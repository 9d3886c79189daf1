"""Nonsense in every form of the workshop: told, never a fault; what was typed is kept."""

import re
from dataclasses import dataclass
from html import unescape
from html.parser import HTMLParser

import pytest
from sqlalchemy.orm import Session

from app.service import benches, plans, planwork, tickets
from app.service.appointments import Wish, make
from app.service.planning_models import BenchKind
from app.service.plans import PlanInput
from tests.makers.browsing import Browser
from tests.makers.service import SERIAL, Workshop, a_customers_unit, a_finding, a_ticket
from tests.service.test_hours import MONDAY

HOSTILE = (
    "<script>alert(1)</script>",
    "-1",
    "99999999999999999999",
    "\x00'; DROP TABLE tickets; --",
    "٣" + "x" * 40_000,
)
_TYPED = frozenset({"text", "date", "datetime-local", "search", "textarea", "select", "radio", ""})


@dataclass
class FoundForm:
    """A form of a page: where it is sent, and by name what can be typed into it."""

    action: str
    fixed: dict[str, str]
    typed: dict[str, str]


class Forms(HTMLParser):
    """Every form of a page that writes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[FoundForm] = []
        self._form: FoundForm | None = None
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = {name: value or "" for name, value in attrs}
        if tag == "form" and has.get("method") == "post":
            self._form = FoundForm(has["action"], {}, {})
            self.found.append(self._form)
        elif self._form is not None and has.get("name"):
            kind = has.get("type", tag if tag in {"textarea", "select"} else "")
            if kind == "hidden":
                self._form.fixed[has["name"]] = has.get("value", "")
            elif kind in _TYPED:
                self._form.typed[has["name"]] = has.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None


@pytest.fixture
def pages(session: Session, shop: Workshop) -> list[str]:
    """Pages of the plan with a ticket, an appointment, a plan that is due, and a finding."""
    kept = benches.add(session, shop.manager, name="Bench 1", kind=BenchKind.BENCH)
    ticket = a_ticket(session, shop)
    a_finding(session, shop, ticket)
    plan = plans.add(session, shop.manager, PlanInput("Yearly", every_months=1))
    other = a_customers_unit(session, shop.store, shop.manager, shop.owner, "DEMO-BAD-1")
    booked = planwork.book(session, shop.manager, other, plan)
    row = make(
        session,
        shop.manager,
        booked,
        Wish(kept.id, MONDAY.replace(year=2027), MONDAY.replace(year=2027, hour=8)),
    )
    a_customers_unit(session, shop.store, shop.manager, shop.owner, "DEMO-BAD-2")
    session.commit()
    here = tickets.page(ticket)
    return [
        "/service/benches",
        "/service/plans",
        f"/service/plans?change={plan.id}",
        "/service/due",
        "/service/limits",
        "/service/faults",
        "/service/operations",
        "/service/calendar/new",
        f"/service/calendar/{row.id}",
        "/service/new?code=DEMO-BAD-2",
        "/service/new?code=NEVER-HERE-1",
        f"{here}/diagnosis",
        f"{here}/loaner",
        f"{here}/visit",
        f"{here}/move",
        here,
    ]


def test_no_form_of_the_workshop_breaks_on_nonsense(office: Browser, pages: list[str]) -> None:
    seen = 0
    for page in pages:
        for form in Forms(office.get(page).text).found:
            if not form.typed:
                continue
            seen += 1
            for value in HOSTILE:
                sent = form.fixed | dict.fromkeys(form.typed, value) | {"token": ""}
                answer = office.send(form.action, sent)
                where = f"{form.action} {value[:20]!r}"
                assert answer.status_code < 500, f"{where}: {answer.status_code}"
                assert "<script>alert(1)" not in answer.text, where
    assert seen >= 25
    for page in pages:
        answer = office.get(page)
        assert answer.status_code < 500, page
        assert "<script>alert(1)" not in answer.text, page


# By address of the page's form: what is typed, and at which fields the sentences stand.
TOLD = (
    ("/service/benches", {"name": " ", "kind": "table"}, {"kind"}),
    ("/service/benches/closures", {"day": "soon", "why": "Outing"}, {"day"}),
    (
        "/service/plans",
        {"name": "", "every_months": "often", "minutes": "-3", "items": "Torque"},
        {"every_months", "minutes"},
    ),
    ("/service/plans", {"name": "Look", "minutes": "60"}, {"every_months"}),
    ("/service/due/occasions", {"code": "NOWHERE-1", "occasion": "fall"}, {"code"}),
    ("/service/due/occasions", {"code": SERIAL, "occasion": "flood"}, {"occasion"}),
    ("/service/limits", {"most-in_work": "many", "most-ready": "3"}, {"most-in_work"}),
    ("/service/limits", {"most-in_work": "0", "most-ready": "3"}, {"most-in_work"}),
    (
        "/service/calendar",
        {"code": "NOWHERE-1", "bench": "1", "starts_at": "2027-08-02T09:00", "minutes": "60"},
        {"code"},
    ),
    ("/service/calendar", {"code": SERIAL, "starts_at": "then", "minutes": "x"},
     {"bench", "starts_at", "minutes"}),
    ("/service/faults/codes", {"kind": "symptom", "code": "", "label": "Hums"}, {"code"}),
)  # fmt: skip


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize("told", range(len(TOLD)))
def test_the_sentence_stands_at_its_field_and_what_was_typed_is_kept(
    session: Session, office: Browser, shop: Workshop, told: int
) -> None:
    address, typed, fields = TOLD[told]
    benches.add(session, shop.manager, name="Bench 1", kind=BenchKind.BENCH)
    plans.add(session, shop.manager, PlanInput("Yearly", every_months=12))
    session.commit()

    answer = office.send(address, typed)

    assert 400 <= answer.status_code < 500
    assert fields <= marked(answer.text)
    shown = unescape(answer.text)
    for name, value in typed.items():
        if value.strip() and name not in {"kind", "bench", "occasion"}:
            assert value in shown, name


def marked(page: str) -> set[str]:
    """Names of the fields at which a sentence stands."""
    tags = re.findall(r"<(?:input|select|textarea)[^>]*>", page)
    return {
        name[1]
        for tag in tags
        if 'aria-invalid="true"' in tag and (name := re.search(r'name="([^"]+)"', tag))
    }
