"""All the pages, those with names of their own before those of any diary."""

from fastapi import APIRouter
from starlette.responses import HTMLResponse

from app.web.service import (
    acting,
    connecting,
    diary,
    evidence,
    holds,
    joining,
    mail,
    numbers,
    people,
    plans,
    record,
    signing,
    templates,
    week,
    wishes,
    workload,
)

GROUPS = tuple(
    each.router
    for each in (
        *(
            signing,
            mail,
            acting,
            joining,
            numbers,
            wishes,
            templates,
            connecting,
            people,
            plans,
            holds,
            record,
        ),
        evidence,
        workload,
        week,
        diary,
    )
)
router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
for each in GROUPS:
    router.include_router(each)
