"""Every table of the house, known to one metadata: for migrations and checks."""

from app.identity import models as identity
from app.kernel import audit, idempotency, numbers, outbox
from app.kernel.db import Base
from app.stores import models as stores

metadata = Base.metadata

MODULES = (audit, identity, idempotency, numbers, outbox, stores)
