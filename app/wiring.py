"""Which domain listens to which event, and who delivers what after the commit."""

from collections.abc import Mapping

from sqlalchemy.orm import Session

from app.calibration import (
    customerchapter,
    impact,
    listening,
    presale,
    robotaddresses,
    robotcases,
    telling,
)
from app.calibration import findable as calibrationfinder
from app.calibration.events import AsFoundFailed, EquipmentFoundBad, JobEnded, JobReviewed
from app.customers import panels, privacy
from app.customers.events import CustomerErased
from app.kernel import events, findable, outbox
from app.kernel.actor import Actor
from app.kernel.text import msg
from app.messaging import customerview as messagesview
from app.messaging import delivery
from app.messaging import queries as messagequeries
from app.parts import cores, fit, following, importwork, orderfinder, receipts, storage, tracing
from app.parts.events import MovementReversed, PartsArrived
from app.payments import (
    cardrefunds,
    cards,
    comebacks,
    credit,
    creditback,
    drawers,
    entitlementlists,
    expiring,
    fiscal,
    fiscalsigning,
    giftview,
    printing,
    refunds,
    refundslips,
    terms,
    vouchers,
)
from app.payments.events import (
    BillSettled,
    MoneyCame,
    PageBegins,
    PaymentCaptured,
    PaymentFailed,
    PaymentLinkMade,
    RefundPaidOut,
)
from app.payments.models import Tender
from app.portal import customerrequests, lettersview, notices, talks, waiting
from app.portal import customerview as portalview
from app.portal.talk_models import TalkMessage
from app.robots import (
    awaited,
    bodylook,
    bulletinlook,
    bulletins,
    callouts,
    choosing,
    concerned,
    customerview,
    firmwarerules,
    gate,
    openpassport,
    publicfacts,
    requirements,
    tabs,
    timeline,
    whereabouts,
)
from app.robots.events import (
    BoughtBack,
    ComponentCorrected,
    ComponentFitted,
    ComponentRemoved,
    CounterRead,
    FirmwareChanged,
    UnitMoved,
    UnitShaken,
)
from app.sales import (
    buyback,
    checkout,
    completion,
    grants,
    preorders,
    quoteprivacy,
    robotpapers,
    today,
    tradeintaking,
)
from app.sales import customerview as salesview
from app.sales.events import HandedOver, TakenBack
from app.service import (
    acceptance,
    appointments,
    billing,
    board,
    callout,
    closing,
    estimate_queries,
    faultlook,
    guards,
    leaving,
    linesdone,
    loaners,
    paidfor,
    planwork,
    release,
    reserving,
    tickets,
    visits,
)
from app.service import customerview as serviceview
from app.service import findable as ticketfinder
from app.service import following as joblines
from app.service import panels as ticketpanels
from app.service.events import (
    AppointmentChanged,
    EstimateDecided,
    EstimateRecalled,
    EstimateSent,
    PromiseChanged,
    TicketMoved,
    TicketOpened,
    TicketWaits,
)
from app.service.models import Ticket
from app.service.states import TicketState
from app.survey import asking, followuplists
from app.survey import customerview as surveyview
from app.web import background, live

# How often what nobody waits for is looked for.
_MINUTE_S = 60.0


def connect() -> None:
    """Make every connection; calling it twice is the same as once."""
    _connect_service()
    _connect_calibration()
    _connect_customers()
    _connect_money()
    events.listen(UnitMoved, preorders.on_unit_moved)
    events.listen(BoughtBack, buyback.on_bought_back)
    events.listen(ComponentFitted, fit.on_fitted)
    events.listen(ComponentFitted, storage.on_fitted)
    events.listen(ComponentFitted, bulletins.on_fitted)
    choosing.stand_in_by(fit.may_stand_in)
    events.listen(ComponentFitted, following.on_fitted)
    events.listen(ComponentFitted, joblines.on_fitted)  # asks what the ledger has just booked
    events.listen(ComponentRemoved, following.on_removed)
    events.listen(ComponentCorrected, bulletins.on_corrected)
    events.listen(ComponentCorrected, following.on_corrected)
    events.listen(FirmwareChanged, bulletins.on_version_changed)
    events.listen(ComponentRemoved, cores.on_removed)
    events.listen(MovementReversed, receipts.on_reversed)
    events.listen(HandedOver, robotpapers.on_handed_over)
    events.listen(CustomerErased, surveyview.on_customer_erased)
    live.watch("survey", followuplists.mark)
    events.listen(TakenBack, grants.on_taken_back)
    events.listen(CustomerErased, salesview.on_customer_erased)
    events.listen(CustomerErased, messagesview.on_customer_erased)
    events.listen(CustomerErased, quoteprivacy.on_customer_erased)
    findable.tell("gift_card", giftview.find)
    bodylook.look_by(bodylook.Look.BULLETINS, bulletinlook.look)
    awaited.tell_by("pre-orders", preorders.awaited_of)
    whereabouts.tell_by(tracing.passages)
    whereabouts.keep_by(tracing.kept)
    live.watch("robot", timeline.mark)
    background.also("messages", delivery.run_due)
    background.also("imports", importwork.run_due)
    background.also("expiry", expiring.run_due, every_s=_MINUTE_S)
    gate.ask("firmware", msg("Versions that run together"), firmwarerules.release_blockers)
    openpassport.tell("warranty", publicfacts.warranty)
    openpassport.tell("ai_class", publicfacts.ai_class)
    gate.ask("bulletins", msg("Bulletins settled"), concerned.reasons)
    gate.ask("service", msg("Not in the workshop"), leaving.reasons, ways={gate.Way.HANDOVER})
    gate.ask("batteries", msg("Batteries checked and sound"), storage.reasons)
    gate.ask(
        "documents",
        msg("Documents of the market on file"),
        requirements.reasons,
        ways={gate.Way.HANDOVER},
    )
    _connect_notices()


def _connect_money() -> None:
    """Payments and refunds: who owns the bill, who carries the money, who gives what back."""
    events.listen(MoneyCame, checkout.on_money_came)
    events.listen(PaymentFailed, checkout.on_payment_failed)
    events.listen(PageBegins, checkout.on_page_begins)
    events.listen(BillSettled, completion.on_bill_settled)
    events.listen(BillSettled, preorders.on_bill_settled)  # what was not completed waits
    events.listen(PaymentCaptured, preorders.on_payment_captured)
    outbox.deliver_by(cards.PRESENT, cards.deliver)
    outbox.deliver_by(refunds.BY_CARD_SERVICE, cardrefunds.deliver)
    for tender, give_back in (
        (Tender.TRADE_IN, tradeintaking.give_back),
        (Tender.STORE_CREDIT, creditback.give_back),
        (Tender.VOUCHER, vouchers.give_back),
    ):
        refunds.given_back_by(tender, give_back)
    outbox.deliver_by(printing.RECEIPT, printing.deliver)
    outbox.deliver_by(refundslips.SLIP, refundslips.deliver)
    outbox.deliver_by(drawers.KICK, drawers.deliver)
    events.listen(RefundPaidOut, drawers.on_refund_paid_out)
    outbox.deliver_by(fiscal.SIGN, fiscalsigning.deliver)


def _connect_notices() -> None:
    """What is written to customers: after all others, so that what they did can be told."""
    events.listen(TicketOpened, notices.on_opened)
    events.listen(TicketMoved, notices.on_moved)
    events.listen(TicketWaits, notices.on_waits)
    events.listen(PromiseChanged, notices.on_promise_changed)
    events.listen(EstimateSent, notices.on_estimate_sent)
    events.listen(EstimateRecalled, notices.on_estimate_recalled)
    events.listen(AppointmentChanged, notices.on_appointment)
    events.listen(BillSettled, notices.on_bill_settled)
    events.listen(PaymentLinkMade, notices.on_payment_link)
    events.listen(HandedOver, notices.on_handed_over)
    events.listen(HandedOver, asking.on_handed_over)
    events.listen(TicketMoved, asking.on_ticket_moved)
    events.listen(CustomerErased, customerrequests.on_customer_erased)


def _connect_customers() -> None:
    """What stands on a customer's page, and in the copy of their data."""
    panels.show(customerview.panel)
    panels.show(salesview.panel)
    panels.show(terms.panel)
    panels.show(credit.panel)
    panels.show(entitlementlists.panel)
    panels.show(messagequeries.panel)
    panels.show(surveyview.panel)
    privacy.chapters.update(
        robots=customerview.chapter,
        sales=salesview.chapter,
        quotes=quoteprivacy.chapter,
        credit=credit.chapter,
        data_vouchers=entitlementlists.chapter,
        messages=messagesview.chapter,
        requests=customerrequests.chapter,
        service=serviceview.chapter,
        talks=portalview.chapter,
        survey=surveyview.chapter,
    )


def _connect_service() -> None:
    """What the workshop hears, asks and shows."""
    events.listen(BillSettled, billing.on_bill_settled)
    events.listen(EstimateDecided, reserving.on_decided)
    events.listen(EstimateDecided, joblines.on_decided)
    events.listen(EstimateDecided, paidfor.on_decided)
    events.listen(PartsArrived, reserving.on_arrived)
    events.listen(TicketMoved, reserving.on_moved)
    events.listen(TicketMoved, paidfor.on_moved)
    events.listen(TicketMoved, planwork.on_moved)
    events.listen(TicketMoved, appointments.on_moved)
    events.listen(ComponentRemoved, joblines.on_removed)
    events.listen(CounterRead, planwork.on_counter_read)
    events.listen(FirmwareChanged, planwork.on_firmware)
    events.listen(CustomerErased, serviceview.on_customer_erased)
    events.listen(CustomerErased, visits.on_customer_erased)
    panels.show(serviceview.panel)
    ticketpanels.show("estimate", "service/estimate_panel.html", estimate_queries.panel)
    ticketpanels.show("plan", "service/plan_panel.html", planwork.panel)
    ticketpanels.show("talk", "portal/talk_panel.html", talks.panel_wait)
    ticketpanels.count_unread_by(talks.unread)
    ticketpanels.count_requests_by(waiting.open_requests)
    today.show("payments/came_back_panel.html", comebacks.panel)
    today.show("portal/waiting_panel.html", waiting.panel)
    board.also_marked_by(TalkMessage)
    events.listen(CustomerErased, portalview.on_customer_erased)
    ticketpanels.show("loaner", "service/loaner_panel.html", loaners.panel)
    ticketpanels.show("letters", "portal/letters_panel.html", lettersview.panel)
    bodylook.look_by(bodylook.Look.FAULTS, faultlook.look)
    callouts.tell("service", callout.of_unit)
    callouts.tell("due", callout.due_on)
    findable.tell("ticket", ticketfinder.find)
    findable.tell("purchase", orderfinder.find)
    live.watch("board", board.mark)
    live.watch("ticket", board.ticket_mark)
    guards.before(TicketState.ESTIMATED, "estimate", acceptance.not_sent)
    guards.before(TicketState.APPROVED, "decision", acceptance.undecided)
    guards.before(TicketState.DECLINED, "decision", acceptance.undecided)
    guards.before(TicketState.CHECKING, "work", linesdone.reasons)
    guards.before(TicketState.READY, "release", release.not_released)
    guards.before(TicketState.RETURNED, "acceptance", acceptance.not_given_back)
    guards.before(TicketState.CLOSED, "finding", closing.reasons)
    guards.before(TicketState.CLOSED, "loaner", loaners.still_out)
    guards.before(TicketState.CLOSED, "parts", acceptance.unsettled_parts)


def _connect_calibration() -> None:
    """What measurement hears of robots and of itself, and what it says of them."""
    events.listen(ComponentFitted, listening.on_fitted)
    events.listen(ComponentRemoved, listening.on_removed)
    events.listen(FirmwareChanged, listening.on_firmware)
    events.listen(CounterRead, listening.on_counter_read)
    events.listen(UnitShaken, listening.on_shaken)
    events.listen(JobReviewed, listening.on_reviewed)
    events.listen(JobEnded, listening.on_ended)
    events.listen(EquipmentFoundBad, listening.on_found_bad)
    events.listen(EquipmentFoundBad, impact.on_found_bad)
    privacy.chapters["calibration"] = customerchapter.chapter
    events.listen(AsFoundFailed, robotcases.on_as_found_failed)
    gate.ask("calibration", msg("Calibrations in force"), telling.reasons)
    gate.ask(
        "presale",
        msg("Measured before the sale"),
        presale.reasons,
        ways={gate.Way.HANDOVER},
    )
    bodylook.look_by(bodylook.Look.CALIBRATION, telling.look)
    openpassport.tell("calibration", telling.public_fact)
    callouts.tell("calibration", telling.callouts_of)
    tabs.show("calibration", msg("Calibration"), robotaddresses.robot_page)
    ticketpanels.show("calibration", "calibration/ticket_panel.html", _calibrations_of_ticket)
    findable.tell("calibration", calibrationfinder.find)
    findable.tell(
        "equipment", calibrationfinder.find_reference, known_by=calibrationfinder.references
    )


def _calibrations_of_ticket(session: Session, actor: Actor, ticket: Ticket) -> Mapping[str, object]:
    return telling.panel(
        session,
        actor,
        ticket.unit,
        reference=tickets.reference(ticket),
        is_open=ticket.ended_at is None,
    )
