"""The list of suppliers as FastAPI with SQLModel entities would serve it, with Jinja templates."""

import hashlib
from datetime import date, timedelta
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment
from peer_django import standing
from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from portal.models.organisation import Commodity
from portal.models.people import Person, Session
from portal.models.suppliers import AslEntry, Supplier

SOON = timedelta(days=90)


def make(engine: AsyncEngine, shell: tuple[str, str], rows: str) -> FastAPI:
    app = FastAPI()
    templates = Environment(autoescape=True)
    page = templates.from_string("{{ before|safe }}" + rows + "{{ after|safe }}")

    @app.get("/suppliers")
    async def index(request: Request) -> HTMLResponse:
        today = date.today()  # noqa: DTZ011 # what a project without our clock would write
        async with AsyncSession(engine) as db:
            await signed_in(db, request.cookies.get("token", ""))
            suppliers = await listed(db, today)
            await numbers(db, today)
        return HTMLResponse(page.render(suppliers=suppliers, before=shell[0], after=shell[1]))

    return app


async def signed_in(db: AsyncSession, token: str) -> Person:
    found = await db.get_one(Session, hashlib.sha256(token.encode()).hexdigest())
    return await db.get_one(Person, found.person_id)


async def listed(db: AsyncSession, today: date) -> list[dict[str, Any]]:
    query = (
        select(Supplier, Commodity)
        .join(Commodity, isouter=True)
        .order_by(func.lower(col(Supplier.name)), col(Supplier.id))
        .limit(50)
    )
    found = (await db.exec(query)).all()
    entries: dict[int, list[AslEntry]] = {supplier.id: [] for supplier, _ in found}
    for entry in await db.exec(select(AslEntry).where(col(AslEntry.supplier_id).in_(list(entries)))):
        entries[entry.supplier_id].append(entry)
    suppliers = []
    for supplier, commodity in found:
        words, tone, icon = standing(entries[supplier.id], today)
        # An entity's own serialisation, as an answer of FastAPI is made.
        suppliers.append(
            supplier.model_dump() | {"commodity": commodity, "standing": words, "tone": tone, "icon": icon}
        )
    return suppliers


async def numbers(db: AsyncSession, today: date) -> None:
    """What stands around the list: counts for the saved filters, and what filters can be set to."""
    total = func.count(col(Supplier.id))
    high, held = col(Supplier.risk) == "high", col(Supplier.status) == "on_hold"
    (await db.exec(select(total, total.filter(high), total.filter(held)))).one()
    holders = func.count(col(AslEntry.supplier_id).distinct())
    until = col(AslEntry.valid_until_on)
    (
        await db.exec(
            select(holders.filter(until < today), holders.filter(until.between(today, today + SOON)))
        )
    ).one()
    listed_ones = select(col(AslEntry.supplier_id))
    (await db.exec(select(total).where(col(Supplier.id).not_in(listed_ones)))).one()
    (await db.exec(select(Commodity).join(Supplier).distinct())).all()
    (await db.exec(select(Supplier.country).where(col(Supplier.country) != "").distinct())).all()
