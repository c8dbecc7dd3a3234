"""Who has it: a colleague at the supplier, another engineer of ours; and reminding whoever it is."""

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal import clock
from portal.access import scopes
from portal.access.permissions import P, may
from portal.access.principal import Principal
from portal.errors import BadInputError, NotFoundError, NotReadyError
from portal.languages import N_, _
from portal.models.people import Person
from portal.models.scars import Scar
from portal.workflows.scars import record
from portal.workflows.scars.steps import AWAITED, ENDED

MOST_STEPS = 3  # of escalation: the supplier's manager, our buyer, our quality manager


async def colleagues(db: AsyncSession, who: Principal, scar: Scar) -> list[Person]:
    """The people at the supplier who could answer."""
    found = await db.execute(
        scopes.visible(who, Person)
        .where(col(Person.supplier_id) == scar.supplier_id, col(Person.is_active))
        .order_by(col(Person.name))
    )
    return list(found.scalars())


async def to_colleague(db: AsyncSession, scar: Scar, person_id: int, *, by: Principal) -> Person:
    """Hand it to somebody of the same supplier, who gets the mails from now on.

    Raises:
        BadInputError: it is nobody of that supplier.
    """
    if not may(by, P.SCARS_RESPOND):
        raise NotFoundError
    if scar.status in ENDED:
        raise NotReadyError(N_("It is over: nobody has to answer it any more."))
    person = next((each for each in await colleagues(db, by, scar) if each.id == person_id), None)
    if person is None:
        raise BadInputError(N_("Choose somebody from the list."))
    scar.assignee_id = person.id
    _changed(scar)
    await record.note(db, scar, "handed_over", by=by, words=person.name)
    return person


async def reassign(db: AsyncSession, scar: Scar, owner: Person, *, by: Principal) -> None:
    """Let another of our engineers follow it.

    Raises:
        BadInputError: the person is none of ours, or has left.
    """
    if not may(by, P.SCARS_CHASE):
        raise NotFoundError
    if owner.supplier_id is not None or not owner.is_active:
        raise BadInputError(N_("Choose one of our own people."))
    if scar.owner_id == owner.id:
        return
    scar.owner_id = owner.id
    _changed(scar)
    await record.note(db, scar, "reassigned", by=by, words=owner.name, is_internal=True)


def can_be_reminded(scar: Scar) -> bool:
    return scar.status in AWAITED


async def remind(db: AsyncSession, scar: Scar, *, by: Principal) -> None:
    """Mail whoever has to answer once more.

    Raises:
        NotReadyError: it is not the supplier's turn.
    """
    if not may(by, P.SCARS_CHASE):
        raise NotFoundError
    if not can_be_reminded(scar):
        raise NotReadyError(
            _("%(number)s does not wait for the supplier: there is nothing to remind of.", number=scar.number)
        )
    await record.note(db, scar, "reminded", by=by, stage=AWAITED[scar.status])


async def escalate(db: AsyncSession, scar: Scar, *, by: Principal) -> None:
    """Take the next step: tell the supplier's manager, then our buyer, then our quality manager.

    Raises:
        NotReadyError: it is not the supplier's turn, or all of them know.
    """
    if not may(by, P.SCARS_CHASE):
        raise NotFoundError
    if scar.status not in AWAITED:
        raise NotReadyError(N_("It is not the supplier's turn: there is nothing to escalate."))
    if scar.escalation >= MOST_STEPS:
        raise NotReadyError(N_("All steps are taken for this stage. Call them."))
    scar.escalation += 1
    _changed(scar)
    await record.note(db, scar, "escalated", by=by, stage=AWAITED[scar.status], words=str(scar.escalation))


async def earlier(db: AsyncSession, who: Principal, scar: Scar) -> list[Scar]:
    """Earlier SCARs of the same supplier that an answer may refer to, the newest first."""
    found = await db.execute(
        scopes.visible(who, Scar)
        .where(
            col(Scar.supplier_id) == scar.supplier_id,
            col(Scar.id) != scar.id,
            col(Scar.issued_at).is_not(None),
        )
        .order_by(col(Scar.issued_at).desc())
        .limit(50)
    )
    return list(found.scalars())


async def name_earlier(db: AsyncSession, scar: Scar, number: str, *, by: Principal) -> None:
    """Refer to an earlier 8D.

    Raises:
        NotFoundError: the supplier has none with that number.
    """
    found = await record.find(db, by, number)
    if found.supplier_id != scar.supplier_id or found.id == scar.id:
        raise NotFoundError
    if scar.status in ENDED:
        raise NotReadyError(N_("It is over: it refers to nothing new."))
    scar.earlier_id = found.id
    _changed(scar)
    await record.note(db, scar, "earlier_named", by=by, words=found.number)


def _changed(scar: Scar) -> None:
    scar.version += 1
    scar.updated_at = clock.now()
