"""What Acme Castings and Norrland have sent each other, through the portal itself; its worker checks it."""

import io
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import typst
import xlsxwriter
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal import clock
from portal.access.principal import Principal, of_person
from portal.models.documents import Document
from portal.models.people import Person
from portal.models.scars import Scar
from portal.models.suppliers import Supplier
from portal.sample.days import Anchor
from portal.settings import Settings
from portal.storage import DocumentStore
from portal.workflows import documents
from portal.workflows.nonconformances.record import PHOTOS

ACME = "104417"
_FOLDER = Path(__file__).parent
_STEPS = (
    ("Core making", "Coating thickness", "0.20 to 0.30 mm", "5 cores a shift"),
    ("Melting", "Hydrogen", "at most 0.12 ml/100 g", "each melt"),
    ("Pouring", "Metal temperature", "705 to 725 °C", "continuous"),
    ("Casting", "Porosity, X-ray", "class 2, sections A-A and B-B", "5 a lot, each shift"),
    ("Finishing", "Bore 62 H7", "62.000 to 62.030 mm", "1 in 20"),
    ("Packing", "Label and count", "as on the order", "each box"),
)


async def send(db: AsyncSession, store: DocumentStore, settings: Settings, anchor: Anchor) -> None:
    """Send them inside the caller's transaction; the worker checks them after it has committed."""
    query = select(Supplier).where(col(Supplier.number) == ACME)
    acme = (await db.execute(query)).scalar_one()
    tomasz = await _principal(db, "Tomasz Wieczorek", acme)
    elin = await _principal(db, "Elin Sandberg", None)

    async def sent(who: Principal, days: int, name: str, content: bytes) -> Document:
        with clock.fixed(anchor.now - timedelta(days=days, hours=14)):
            return await documents.receive(db, store, settings, who, name, _stream(content))

    async def shared(who: Principal, days: int, name: str, content: bytes) -> Document:
        document = await sent(who, days, name, content)
        await documents.attach(db, who, [document.id], acme)
        return document

    first = await shared(tomasz, 160, "Control plan GH-220-04.pdf", _plan("Issue 3", _STEPS[:5]))
    second = await sent(tomasz, 12, "Control plan GH-220-04.pdf", _plan("Issue 4", _STEPS))
    await documents.replace(db, tomasz, first.id, second.id)
    await shared(tomasz, 11, "Core vent, section B-B.jpg", _photo("porosity"))
    await shared(tomasz, 11, "X-ray lot 2311.jpg", _photo("xray"))
    await shared(
        tomasz, 9, "Coating density.csv", b"lot;density g/ml\r\n2309;1.42\r\n2310;1.43\r\n2311;1.61\r\n"
    )
    await shared(elin, 200, "Packaging instruction GH-220.pdf", _packaging())
    internal = await sent(elin, 30, "Price comparison castings.xlsx", _prices())
    await documents.attach(db, elin, [internal.id], acme, internal=True)
    pores = select(Scar).where(col(Scar.supplier_id) == acme.id, col(Scar.defect) == "Porosity")
    newest = pores.where(col(Scar.issued_at).is_not(None)).order_by(col(Scar.issued_at).desc()).limit(3)
    for scar in (await db.execute(newest)).scalars():
        photo = await sent(elin, 2, f"Bearing seat, {scar.lots or scar.number}.jpg", _photo("porosity"))
        await documents.attach(db, elin, [photo.id], scar, slot=PHOTOS)


async def _principal(db: AsyncSession, name: str, supplier: Supplier | None) -> Principal:
    person = (await db.execute(select(Person).where(col(Person.name) == name))).scalar_one()
    return of_person(person, supplier.name if supplier else None, supplier.number if supplier else None)


def _plan(issue: str, steps: tuple[tuple[str, ...], ...]) -> bytes:
    return _typeset(
        company="Acme Castings",
        number="CP-0220",
        issue=issue,
        title="Control plan, gear housing GH-220-04",
        intro="Applies to lots cast in Bielsko-Biała from the day of issue.",
        columns=["Step", "Characteristic", "Limit", "How often"],
        rows=[list(step) for step in steps],
        notes=["Out of limit: stop, mark the lot, tell the shift leader.", "Records are kept for ten years."],
        signed="Tomasz Wieczorek, quality",
    )


def _packaging() -> bytes:
    return _typeset(
        company="Norrland Drives AB",
        number="PI-220",
        issue="Issue 2",
        title="Packaging instruction, GH-220",
        intro="For every delivery to Luleå and Gdańsk.",
        columns=["What", "How"],
        rows=[
            ["Box", "EUR pallet with collar, 48 pieces"],
            ["Between layers", "plastic sheet, dry"],
            ["Label", "part, lot, count and order; Code 128"],
        ],
        notes=["Never mix lots in a box."],
        signed="Elin Sandberg, supplier quality",
    )


def _typeset(**said: object) -> bytes:
    template = (_FOLDER / "papers" / "plan.typ").read_bytes()
    return bytes(typst.compile(template, sys_inputs={"said": json.dumps({"language": "en", **said})}))


def _photo(name: str) -> bytes:
    return (_FOLDER / "photos" / f"{name}.jpg").read_bytes()


def _prices() -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet = book.add_worksheet("Castings")
        sheet.write_row(0, 0, ["Supplier", "GH-220-04, € a piece"])
        sheet.write_row(1, 0, ["Acme Castings", 41.3])
        sheet.write_row(2, 0, ["Offer B", 39.8])
    return out.getvalue()


async def _stream(content: bytes) -> AsyncIterator[bytes]:
    yield content
