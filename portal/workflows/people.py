"""People as those see them who manage them: our administrators see everybody, a supplier's see their own.

Which people that are is decided by the scopes; which roles somebody may give stands here.
"""

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Text, any_, cast, delete, exists, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col

from portal import clock
from portal.access import scopes
from portal.access.principal import ROLE_LABELS, Principal
from portal.errors import BadInputError, NotFoundError, NotReadyError
from portal.models.identity import ExternalIdentity, HalfSignIn, Passkey, SingleUseLink, Totp
from portal.models.organisation import Commodity, Plant
from portal.models.people import Person, Role
from portal.models.shares import AuditorShare
from portal.models.suppliers import Supplier
from portal.workflows import absences, lists, sessions
from portal.workflows.editing import apply, refuse_stale
from portal.workflows.lists import Listed, Query, Wanted

ACTIVE, INACTIVE = "active", "inactive"
STAFF, SUPPLIERS = "staff", "suppliers"
WITH_FACTOR, WITHOUT_FACTOR = "yes", "no"
APP, PASSKEY, BOTH, NONE = "Authenticator app", "Passkey", "Authenticator app and passkey", "None"

STAFF_ROLES = tuple(role for role in Role if not role.is_supplier)
SUPPLIER_ROLES = tuple(role for role in Role if role.is_supplier)
# In a list of all people "Administrator" alone would not say whose.
LABELS = {
    role: (f"Supplier {label.lower()}" if role.is_supplier else label) for role, label in ROLE_LABELS.items()
}

SORTS: lists.Sorts = {
    "name": func.lower(col(Person.name)),
    "email": func.lower(col(Person.email)),
    "role": col(Person.role),
    "company": func.lower(func.coalesce(col(Supplier.name), "")),
    "last": col(Person.last_signed_in_at),
}


class PersonRow(NamedTuple):
    id: int
    name: str
    email: str
    role: Role
    title: str
    supplier_number: str | None
    supplier_name: str | None
    plants: str | None  # codes; None: not limited
    commodities: str | None
    is_active: bool
    last_signed_in_at: datetime | None
    created_at: datetime
    has_app: bool
    passkeys: int
    has_company_account: bool
    shared: str | None  # with an auditor: suppliers and days
    away: str | None  # now or later: days, and who stands in

    @property
    def role_label(self) -> str:
        return ROLE_LABELS[self.role]

    @property
    def second_factor(self) -> str:
        if self.has_app:
            return BOTH if self.passkeys else APP
        return PASSKEY if self.passkeys else NONE


async def listed(db: AsyncSession, who: Principal, wanted: Wanted) -> Listed[PersonRow]:
    return await lists.first(db, _query(who, wanted), wanted, SORTS, col(Person.id), PersonRow)


def every(db: AsyncSession, who: Principal, wanted: Wanted) -> AsyncIterator[PersonRow]:
    return lists.every(db, _query(who, wanted), wanted, SORTS, col(Person.id), PersonRow)


async def find(db: AsyncSession, who: Principal, person_id: int) -> Person:
    """Load a person whom the principal may manage; missing and forbidden are the same."""
    query = scopes.visible(who, Person).where(col(Person.id) == person_id)
    person = (await db.execute(query)).scalar_one_or_none()
    if person is None:
        raise NotFoundError
    return person


async def row(db: AsyncSession, who: Principal, person_id: int) -> PersonRow:
    query = _query(who, Wanted()).where(col(Person.id) == person_id)
    found = (await db.execute(query)).first()
    if found is None:
        raise NotFoundError
    return PersonRow._make(found)


async def to_change(db: AsyncSession, who: Principal, person_id: int) -> Person:
    """Load for a change. One change of people at a time: two administrators cannot remove each other."""
    await db.execute(text("SELECT pg_advisory_xact_lock(hashtext('assay.people'))"))
    await find(db, who, person_id)
    query = (
        scopes.visible(who, Person)
        .where(col(Person.id) == person_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return (await db.execute(query)).scalar_one()


def roles_for(who: Principal, *, of_supplier: bool) -> tuple[Role, ...]:
    """Which roles somebody may give: never one above their own, never across to the other house."""
    if who.role is Role.ADMINISTRATOR:
        return SUPPLIER_ROLES if of_supplier else STAFF_ROLES
    if who.role is Role.SUPPLIER_ADMINISTRATOR and of_supplier:
        return SUPPLIER_ROLES
    return ()


async def change(
    db: AsyncSession, who: Principal, person: Person, version: int, values: Mapping[str, Any]
) -> bool:
    """Change name, title, role and plants of a person loaded with to_change; say whether the role changed.

    A changed role ends the person's sessions: what they may do is decided anew when they sign in.

    Raises:
        StaleError: somebody changed the person after that version was shown.
        BadInputError: the role is not one that the principal may give.
        NotReadyError: it is the last administrator.
    """
    refuse_stale(person, version)
    role = values["role"]
    if role not in roles_for(who, of_supplier=person.role.is_supplier):
        raise BadInputError("Choose a role from the list.")
    is_other = role is not person.role
    if is_other:
        await _keep_one_administrator(db, who, person)
    apply(person, values)
    if is_other:
        await sessions.end_all(db, person.id)
    await db.flush()
    return is_other


async def deactivate(db: AsyncSession, who: Principal, person: Person) -> None:
    """Keep somebody out from now on: sessions and mailed links end with it.

    Raises:
        NotReadyError: it is the last administrator, or oneself.
    """
    if person.id == who.person_id:
        raise NotReadyError("You cannot deactivate yourself. Another administrator can.")
    await _keep_one_administrator(db, who, person)
    apply(person, {"is_active": False})
    await sessions.end_all(db, person.id)
    for model in (SingleUseLink, HalfSignIn):
        await db.execute(delete(model).where(col(model.person_id) == person.id))
    await db.flush()


async def reactivate(db: AsyncSession, person: Person) -> None:
    apply(person, {"is_active": True})
    await db.flush()


async def plants(db: AsyncSession) -> list[tuple[int, str]]:
    """All plants as (id, words), for limiting staff to some of them."""
    rows = await db.execute(select(col(Plant.id), col(Plant.code), col(Plant.name)).order_by(col(Plant.code)))
    return [(plant_id, f"{code}, {name}") for plant_id, code, name in rows]


async def commodities(db: AsyncSession) -> list[tuple[int, str]]:
    """All commodities as (id, words), for limiting staff to some of them."""
    columns = (col(Commodity.id), col(Commodity.code), col(Commodity.name))
    rows = await db.execute(select(*columns).order_by(col(Commodity.code)))
    return [(commodity_id, f"{code}, {name}") for commodity_id, code, name in rows]


async def _keep_one_administrator(db: AsyncSession, who: Principal, person: Person) -> None:
    """Refuse to take away who is the last to manage people. Our own can always manage a supplier's."""
    if not person.is_active or person.role not in {Role.ADMINISTRATOR, Role.SUPPLIER_ADMINISTRATOR}:
        return
    if person.role is Role.SUPPLIER_ADMINISTRATOR and who.role is Role.ADMINISTRATOR:
        return
    others = select(func.count()).where(
        col(Person.role) == person.role,
        col(Person.supplier_id).is_not_distinct_from(person.supplier_id),
        col(Person.is_active),
        col(Person.id) != person.id,
    )
    if not (await db.execute(others)).scalar_one():
        raise NotReadyError(
            f"{person.name} is the last administrator. Give somebody else that role first,"
            " so that people can still be managed."
        )


def has_app() -> ColumnElement[bool]:
    # Not all of its columns may be read.
    return select(col(Totp.person_id)).where(col(Totp.person_id) == col(Person.id)).exists()


def has_passkey() -> ColumnElement[bool]:
    return exists().where(col(Passkey.person_id) == col(Person.id))


def _query(who: Principal, wanted: Wanted) -> Query:
    codes = (
        select(func.string_agg(col(Plant.code), ", "))
        .where(col(Plant.id) == any_(col(Person.plant_ids)))
        .scalar_subquery()
    )
    commodities = (
        select(func.string_agg(col(Commodity.code), ", "))
        .where(col(Commodity.id) == any_(col(Person.commodity_ids)))
        .scalar_subquery()
    )
    keys = select(func.count()).where(col(Passkey.person_id) == col(Person.id)).scalar_subquery()
    named: Any = aliased(Supplier)
    shared = (
        select(
            func.string_agg(func.concat(named.name, " (", cast(col(AuditorShare.until_on), Text), ")"), ", ")
        )
        .select_from(AuditorShare)
        .join(named, named.id == col(AuditorShare.supplier_id))
        .where(
            col(AuditorShare.auditor_id) == col(Person.id),
            col(AuditorShare.revoked_at).is_(None),
            col(AuditorShare.until_on) >= clock.today(who.time_zone),
        )
        .scalar_subquery()
    )
    query = (
        select(
            col(Person.id),
            col(Person.name),
            col(Person.email),
            col(Person.role),
            col(Person.title),
            col(Supplier.number),
            col(Supplier.name),
            codes,
            commodities,
            col(Person.is_active),
            col(Person.last_signed_in_at),
            col(Person.created_at),
            has_app(),
            keys,
            exists().where(col(ExternalIdentity.person_id) == col(Person.id)),
            shared,
            absences.of_each(clock.now()),
        )
        .outerjoin(Supplier, col(Supplier.id) == col(Person.supplier_id))
        .where(scopes.condition(who, Person))
    )
    if wanted.q:
        query = query.where(
            lists.contains(
                wanted.q, col(Person.name), col(Person.email), func.coalesce(col(Supplier.name), "")
            )
        )
    if roles := wanted.options("role", Role):
        query = query.where(col(Person.role).in_(roles))
    for key, those in _CONDITIONS.items():
        chosen = wanted.chosen(key)
        if len(chosen) == 1:
            query = query.where(those[chosen[0]])
    return query


_CONDITIONS: dict[str, dict[str, ColumnElement[bool]]] = {
    "state": {ACTIVE: col(Person.is_active).is_(True), INACTIVE: col(Person.is_active).is_(False)},
    "house": {STAFF: col(Person.supplier_id).is_(None), SUPPLIERS: col(Person.supplier_id).is_not(None)},
    "factor": {WITH_FACTOR: has_app() | has_passkey(), WITHOUT_FACTOR: ~(has_app() | has_passkey())},
}
