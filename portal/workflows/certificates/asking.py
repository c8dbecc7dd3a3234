"""Asking suppliers for what they owe: one mail for each, with all of it, and a task for each renewal."""

from collections.abc import Collection
from datetime import date
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal.access import scopes
from portal.access.principal import Principal
from portal.errors import BadInputError
from portal.languages import ngettext
from portal.mail import certificates as mails
from portal.mail import outbox
from portal.models.certificates import Certificate, CertificateType
from portal.models.suppliers import Supplier
from portal.settings import Settings
from portal.workflows.certificates import following
from portal.workflows.certificates.records import Record
from portal.workflows.certificates.reminders import recipients_of
from portal.workflows.certificates.states import THEIRS, State, standing

MOST = 1000  # suppliers at one time


class Wanted(NamedTuple):
    """What one supplier owes: a type, how it stands, and the day it ended or ends."""

    code: str
    state: State
    day: date | None


class Asked(NamedTuple):
    suppliers: int
    mails: int
    unreachable: int  # suppliers without anybody to write to


async def ask(
    db: AsyncSession, settings: Settings, who: Principal, numbers: Collection[str], *, today: date
) -> Asked:
    """Ask suppliers for what is theirs to do; each at most once a day, however often the button is pressed.

    Raises:
        BadInputError: nobody is chosen, or too many.
    """
    if not numbers:
        raise BadInputError("Choose the suppliers to ask first.")
    if len(numbers) > MOST:
        raise BadInputError(f"Ask at most {MOST} suppliers at once.")
    query = scopes.visible(who, Supplier).where(col(Supplier.number).in_(list(numbers)))
    suppliers = {each.id: each for each in (await db.execute(query.order_by(col(Supplier.id)))).scalars()}
    owed = await _owed(db, who, suppliers, today)
    house = await outbox.letterhead(db, settings)
    sent = unreachable = 0
    for supplier_id, wanted in owed.items():
        supplier = suppliers[supplier_id]
        recipients = await recipients_of(db, who, supplier)
        unreachable += not recipients
        for recipient in recipients:
            message = mails.certificates_asked(
                house,
                recipient,
                path="/certificates",
                key=f"{supplier_id}/{today.isoformat()}/{recipient.address}"[:200],
                wanted=[(each.code, each.state.value, each.day) for each in wanted],
                asked_by=who.name,
                supplier_name=supplier.name,
            )
            sent += await outbox.queue(db, message)
    return Asked(len(owed), sent, unreachable)


async def _owed(
    db: AsyncSession, who: Principal, suppliers: dict[int, Supplier], today: date
) -> dict[int, list[Wanted]]:
    """Give what each has to do, and open a task for what it has to renew."""
    all_of = standing(who, today, supplier_ids=list(suppliers))
    query = (
        select(all_of.c.supplier_id, all_of.c.state, all_of.c.day, Certificate, CertificateType)
        .join(CertificateType, col(CertificateType.id) == all_of.c.type_id)
        .outerjoin(Certificate, col(Certificate.id) == all_of.c.last_id)
        .where(all_of.c.is_mandatory, all_of.c.state.in_([state.value for state in THEIRS]))
        .order_by(all_of.c.supplier_id, col(CertificateType.position))
    )
    owed: dict[int, list[Wanted]] = {}
    for supplier_id, state, day, last, kind in await db.execute(query):
        owed.setdefault(supplier_id, []).append(Wanted(kind.code, State(state), day))
        if last is not None and state != State.REJECTED.value:
            await following.due(db, Record(last, suppliers[supplier_id], kind), event=f"Asked by {who.name}")
    return owed


def words(asked: Asked) -> str:
    """Say what was done, for the person who pressed the button."""
    if not asked.suppliers:
        return "None of them owes a certificate. Nothing was sent."
    said = ngettext("%(num)s supplier is asked.", "%(num)s suppliers are asked.", asked.suppliers)
    if not asked.mails and asked.suppliers > asked.unreachable:
        return "They were asked today already. Nothing was sent again."
    if asked.unreachable:
        said += f" {asked.unreachable} of them have no contact to write to."
    return said
