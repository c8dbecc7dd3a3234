"""Noon of a day on which Acme has a SCAR to answer."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select
from sqlmodel import col

from portal import clock
from portal.models.scars import Scar, ScarAnswer
from tests.factories import scars

NOON = datetime(2026, 11, 3, 12, 30, tzinfo=UTC)
D4 = {
    "occurrence": ["Gas stayed in the wall.", "", "Our instruction has no density check."],
    "escape": ["The operator forgot to take a piece."],
    "proof": "10 cores each.",
    "version": "0",
}
D5 = {
    "actions.what": ["Density check in the control plan", ""],
    "actions.owner": ["A. Nowak", ""],
    "actions.due": ["2026-11-20", ""],
    "check": "X-ray of three lots",
    "version": "0",
    "go": "send",
}


@pytest.fixture(autouse=True)
def noon():
    with clock.fixed(NOON):
        yield


@pytest.fixture
async def scar(db, cast):
    return await scars.issued(db, cast, internal_note="They always say that.")


async def again(db, scar) -> Scar:
    await db.refresh(scar)
    return scar


async def newest(db, scar, discipline) -> ScarAnswer:
    found = await db.execute(
        select(ScarAnswer)
        .where(col(ScarAnswer.scar_id) == scar.id, col(ScarAnswer.discipline) == discipline)
        .order_by(col(ScarAnswer.revision).desc())
        .limit(1)
        .execution_options(populate_existing=True)
    )
    return found.scalar_one()
