"""A supplier has several contacts for each process, and a mail goes to all of those whom it concerns."""

from sqlalchemy import select

from portal.models.outbox import OutgoingMail
from portal.models.scars import ScarEvent
from portal.models.suppliers import Contact
from portal.workflows.certificates import reminders
from portal.workflows.scars import telling
from tests.factories import master, scars
from tests.people import TESTER, principal_of

CONTACTS = (
    *(("quality", "q1"), ("quality", "q2"), ("logistics", "l1"), ("logistics", "l2")),
    *(("management", "m1"), ("management", "m2"), ("sales", "s1")),
)


def addresses(*names):
    return {f"{name}@cedar.test" for name in names}


async def written_to(db):
    query = select(OutgoingMail.address).where(OutgoingMail.kind.in_(("scar_told", "task_link")))
    return set((await db.execute(query)).scalars())


async def told(db, settings, kind):
    """Who is written to about what happened last."""
    before = await written_to(db)
    events = await db.execute(select(ScarEvent).where(ScarEvent.kind == kind))
    event = events.scalars().all()[-1]
    await telling.tell(db, settings, event.id)
    # The first contact gets a link to the SCAR, the others are told.
    return await written_to(db) - before


async def test_mails_go_to_every_contact_of_the_process_and_to_no_other(site, db, cast, settings):
    cedar = await master.supplier(db, number="104999", name="Cedar Forge", commodity_id=cast.castings.id)
    elin = await site(cast.elin)
    for role, name in CONTACTS:
        form = {"name": name.upper(), "email": f"{name}@cedar.test", "role": role, "language": "en"}
        answer = await elin.post(f"/suppliers/{cedar.number}/contacts", data=form)
        assert answer.status_code == 303, answer.text
    page = (await elin.get(f"/suppliers/{cedar.number}")).text
    assert all(f"{name}@cedar.test" in page for _, name in CONTACTS)
    assert len((await db.execute(select(Contact).where(Contact.supplier_id == cedar.id))).all()) == 7

    found = await reminders.recipients_of(db, TESTER, cedar)
    assert {each.address for each in found} == addresses("q1", "q2")
    scar = await scars.issued(db, cast, supplier=cedar)
    assert await told(db, settings, "issued") == addresses("q1", "q2")
    db.add(
        ScarEvent(
            scar_id=scar.id, supplier_id=cedar.id, plant_id=scar.plant_id, kind="escalated", note="1",
            is_ours=True, person_id=principal_of(cast.elin).person_id,
        )
    )  # fmt: skip
    await db.flush()
    assert await told(db, settings, "escalated") == addresses("m1", "m2")
