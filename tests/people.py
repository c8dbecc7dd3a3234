"""The people of the stories, and the two companies that must never see each other."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select
from sqlalchemy.ext.asyncio import AsyncSession

from portal.access.principal import Principal, system
from portal.db import at_the_gate
from portal.models.organisation import Commodity, Organisation, Part, Plant
from portal.models.people import Person, Role
from portal.models.suppliers import Supplier
from tests.factories import master, people

TESTER = system("test")  # who arranges and looks


@dataclass(frozen=True, slots=True)
class Cast:
    """Norrland buys castings in Luleå; Acme and Bolt deliver them and are rivals."""

    organisation: Organisation
    lulea: Plant
    gdansk: Plant
    castings: Commodity
    housing: Part
    acme: Supplier
    bolt: Supplier
    tomasz: Person  # Acme's quality contact
    rita: Person  # Bolt's administrator
    elin: Person  # our quality engineer
    olle: Person  # our buyer
    karin: Person  # our quality manager
    gustav: Person  # quality engineer for Gdańsk only
    vera: Person  # top management
    anna: Person  # an auditor with whom nothing is shared
    root: Person  # administrator


def principal_of(person: Person) -> Principal:
    return Principal(
        person_id=person.id,
        name=person.name,
        role=person.role,
        supplier_id=person.supplier_id,
        plant_ids=None if person.plant_ids is None else tuple(person.plant_ids),
        commodity_ids=None if person.commodity_ids is None else tuple(person.commodity_ids),
    )


async def secrets_of(db: AsyncSession, query: Select[Any]) -> list[Any]:
    """Ask for what nobody who is signed in may read."""
    async with at_the_gate(db):
        return list((await db.execute(query)).scalars())


async def invite_everybody(db: AsyncSession) -> Cast:
    organisation = Organisation(
        name="Norrland Drives AB", short_name="Norrland", time_zone="Europe/Stockholm"
    )
    db.add(organisation)
    lulea = await master.plant(db, code="LUL", name="Luleå", country="SE", time_zone="Europe/Stockholm")
    gdansk = await master.plant(db, code="GDN", name="Gdańsk", country="PL", time_zone="Europe/Warsaw")
    castings = await master.commodity(db, code="CAST", name="Castings")
    housing = await master.part(db, number="GH-220-04", name="Gear housing", commodity_id=castings.id)
    acme = await master.supplier(db, number="104417", name="Acme Castings", commodity_id=castings.id)
    bolt = await master.supplier(db, number="104900", name="Bolt & Sons", commodity_id=castings.id)
    return Cast(
        organisation=organisation,
        lulea=lulea,
        gdansk=gdansk,
        castings=castings,
        housing=housing,
        acme=acme,
        bolt=bolt,
        tomasz=await people.person(db, "Tomasz Wieczorek", Role.SUPPLIER_MEMBER, supplier_id=acme.id),
        rita=await people.person(db, "Rita Bolt", Role.SUPPLIER_ADMINISTRATOR, supplier_id=bolt.id),
        elin=await people.person(db, "Elin Sandberg", Role.QUALITY_ENGINEER),
        olle=await people.person(db, "Olle Nyström", Role.BUYER),
        karin=await people.person(db, "Karin Holm", Role.QUALITY_MANAGER),
        gustav=await people.person(db, "Gustav Lind", Role.QUALITY_ENGINEER, plant_ids=[gdansk.id]),
        vera=await people.person(db, "Vera Berg", Role.TOP_MANAGEMENT),
        anna=await people.person(db, "Anna Audit", Role.AUDITOR),
        root=await people.person(db, "Rolf Root", Role.ADMINISTRATOR),
    )
