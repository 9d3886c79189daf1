"""The customer's one question, and what staff see of the survey."""

from fastapi import APIRouter

from app.survey.pages import followups, question, reports, rules

router = APIRouter(tags=["pages"], include_in_schema=False)
for part in (question, reports, followups, rules):
    router.include_router(part.router)
