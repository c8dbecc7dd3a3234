"""What was said lately, an address that came back, and a job that somebody should look at.

Said through the workflows, at moments before the anchor, so that it is what people would have left behind.
"""

from datetime import timedelta

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal import clock
from portal.access.principal import of_person
from portal.jobs.queue import enqueue
from portal.mail import messages, outbox
from portal.mail.message import Recipient
from portal.models.outbox import OutgoingMail
from portal.models.people import Person
from portal.models.suppliers import Contact, Supplier
from portal.models.threads import Audience
from portal.sample.days import Anchor
from portal.sample.house import TIME_ZONE
from portal.settings import Settings
from portal.workflows.threads import say, thread_of

ACME = "104417"
ELIN, OLLE, TOMASZ = "Elin Sandberg", "Olle Nyström", "Tomasz Wieczorek"

# Hours before the anchor, who, to whom, what.
SAID = (
    (75, TOMASZ, Audience.SHARED, "The X-ray of section B-B is back.\nShall I add it to the SCAR?"),
    (73, ELIN, Audience.SHARED, "Yes, please. A photo of the lot label would help as well."),
    (50, OLLE, Audience.INTERNAL, "They ask for a higher price on GH-220. I said: not before the pores."),
    (49, ELIN, Audience.INTERNAL, f"Good. @{OLLE}, I tell you when three lots in a row were clean."),
    (
        5,
        TOMASZ,
        Audience.SHARED,
        f"Both are there now. @{ELIN}, the second photo shows the core's date.",
    ),
)
REFUSED = "550 5.1.1 No such mailbox here"
PROBLEM = "This document has a page that cannot be drawn. Open it once, then run the job again or discard it."


async def load(db: AsyncSession, anchor: Anchor) -> None:
    acme = (await db.execute(select(Supplier).where(col(Supplier.number) == ACME))).scalar_one()
    people = await db.execute(select(Person).where(col(Person.name).in_([ELIN, OLLE, TOMASZ])))
    who = {person.name: of_person(person, acme.name, acme.number) for person in people.scalars()}
    for hours, name, audience, words in SAID:
        with clock.fixed(anchor.now - timedelta(hours=hours)):
            await say(db, who[name], acme, words, audience=audience)
            await thread_of(db, who[name], acme)  # who answers has read what was there
    await _bounce(db, anchor)
    await _hold(db)


async def _bounce(db: AsyncSession, anchor: Anchor) -> None:
    """Let one contact's address be gone."""
    contact = (
        await db.execute(
            select(Contact)
            .join(Supplier, col(Supplier.id) == col(Contact.supplier_id))
            .where(col(Supplier.number) != ACME)
            .order_by(col(Contact.id))
            .limit(1)
        )
    ).scalar_one()
    house = await outbox.letterhead(db, Settings())
    message = messages.thread_message(
        house,
        Recipient.contact(contact, TIME_ZONE),
        key="sample-bounce",
        path="",
        title=house.short_name,
        author=ELIN,
        author_place=house.short_name,
        words="Who looks after quality with you now?",
    )
    with clock.fixed(anchor.now - timedelta(hours=30)):
        await outbox.queue(db, message)
        sent = await db.execute(
            select(col(OutgoingMail.message_id)).where(col(OutgoingMail.key) == message.key)
        )
        await outbox.bounced(db, sent.scalar_one(), contact.email, REFUSED)


async def _hold(db: AsyncSession) -> None:
    """Leave a job as PgQueuer leaves one that failed for good."""
    await enqueue(db, "documents.previews", {"document": 1})
    await db.execute(
        text(
            "WITH job AS (UPDATE job_queue.pgqueuer SET status = 'failed' WHERE id = ("
            "   SELECT max(id) FROM job_queue.pgqueuer WHERE entrypoint = 'documents.previews')"
            "   RETURNING id, entrypoint, priority)"
            " INSERT INTO job_queue.pgqueuer_log (job_id, status, entrypoint, priority, traceback)"
            " SELECT id, 'failed', entrypoint, priority,"
            "   jsonb_build_object('exception_message', CAST(:problem AS text)) FROM job"
        ),
        {"problem": PROBLEM},
    )
