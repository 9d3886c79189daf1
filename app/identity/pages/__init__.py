"""What staff see of identity: doors, their own account, people, devices, programs, the record."""

from fastapi import APIRouter

from app.identity.pages import account, audit, doors, live, preferences, staff, terminals, tokens

router = APIRouter(tags=["pages"], include_in_schema=False)
for part in (doors, live, preferences, account, staff, terminals, tokens, audit):
    router.include_router(part.router)
