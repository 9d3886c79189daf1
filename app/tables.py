"""Every table of the house, known to one metadata: for migrations and checks."""

from app.calibration import certificate_models as calibration_certificates
from app.calibration import equipment_models as reference_equipment
from app.calibration import impact_models as calibration_impact
from app.calibration import job_models as calibration_jobs
from app.calibration import procedure_models as procedures
from app.calibration import validity_models as validities
from app.customers import models as customers
from app.identity import models as identity
from app.kernel import audit, idempotency, numbers, outbox
from app.kernel.db import Base
from app.messaging import models as messaging
from app.parts import battery_models as batteries
from app.parts import buying_models as buying
from app.parts import catalogue_models as part_catalogue
from app.parts import count_models as counts
from app.parts import import_models as part_imports
from app.parts import models as parts
from app.payments import card_models as card_service
from app.payments import credit_models as credit
from app.payments import entitlement_models as entitlements
from app.payments import fiscal_models as fiscal
from app.payments import gift_card_models as gift_cards
from app.payments import invoice_models as invoices
from app.payments import models as payments
from app.payments import refund_models as refunds
from app.payments import terms_models as terms
from app.payments import till_models as tills
from app.payments import voucher_models as vouchers
from app.portal import owner_models as owner_requests
from app.portal import talk_models as talks
from app.robots import bulletin_models as bulletins
from app.robots import duty_models as duties
from app.robots import life_models as lives
from app.robots import models as robots
from app.robots import slot_models as slots
from app.sales import grant_models as grants
from app.sales import models as sales
from app.sales import quote_models as quotes
from app.sales import return_models as returns
from app.sales import tradein_models as trade_ins
from app.service import claim_models as claims
from app.service import estimate_models as estimates
from app.service import models as service
from app.service import operation_models as operations
from app.service import planning_models as planning
from app.service import work_models as work
from app.stores import models as stores
from app.survey import models as surveys

metadata = Base.metadata

MODULES = (
    audit,
    batteries,
    bulletins,
    buying,
    calibration_certificates,
    calibration_impact,
    calibration_jobs,
    card_service,
    claims,
    counts,
    credit,
    customers,
    duties,
    entitlements,
    estimates,
    fiscal,
    gift_cards,
    grants,
    identity,
    idempotency,
    invoices,
    lives,
    messaging,
    numbers,
    operations,
    outbox,
    owner_requests,
    part_catalogue,
    part_imports,
    parts,
    payments,
    refunds,
    planning,
    procedures,
    quotes,
    reference_equipment,
    returns,
    robots,
    sales,
    service,
    slots,
    stores,
    surveys,
    talks,
    terms,
    tills,
    trade_ins,
    validities,
    vouchers,
    work,
)
