"""What the navigation counts as unread is what the page of messages shows as new, whatever was said."""

import asyncio
import random
import re
from dataclasses import replace

import pytest
from sqlalchemy import insert, select, text
from sqlmodel import col

from portal import clock
from portal.access.permissions import P, may
from portal.access.principal import Guest
from portal.models.people import Role
from portal.models.threads import Audience, Thread, ThreadMessage, ThreadNote, ThreadReading
from portal.workflows.counts import MOST, counts
from portal.workflows.tasks import registry
from portal.workflows.threads import say, thread_of
from portal.workflows.threads.listing import headings, unread
from portal.workflows.threads.saying import change, retract
from tests.factories import people, scars
from tests.people import TESTER, invite_everybody, principal_of

BADGE = re.compile(
    r'Messages</span><span class="as-count"><span class="vh">, not read: </span>([^<]+)</span>'
)


async def shown(browser, address="/account"):
    """What stands beside Messages, in the sidebar and in the menu of a small screen."""
    found = set(BADGE.findall((await browser.get(address)).text))
    assert len(found) <= 1
    return found.pop() if found else ""


async def count_by_hand(db, who):
    """What is unread, from everything that was ever said and nothing that is kept of it."""
    said = [(ThreadMessage, "message_id")]
    if may(who, P.NOTES_WRITE):
        said.append((ThreadNote, "note_id"))
    total = 0
    for thread in (await db.execute(select(Thread))).scalars():
        hers = []
        for model, column in said:
            found = await db.execute(select(model).where(model.thread_id == thread.id))
            hers += [(each, column) for each in found.scalars()]
        if who.is_supplier:
            is_mine = thread.supplier_id == who.supplier_id
        else:
            messages = [each for each, column in hers if column == "message_id"]
            is_mine = any(
                each.author_id == who.person_id or who.person_id in each.mentioned_ids for each, _ in hers
            ) or (bool(messages) and not any(each.is_ours for each in messages))
            is_mine &= who.plant_ids is None or thread.plant_id in (None, *who.plant_ids)
        read = await db.get(ThreadReading, (thread.id, who.person_id), populate_existing=True)
        total += sum(
            is_mine
            and each.id > (getattr(read, column) if read else 0)
            and each.author_id != who.person_id
            and each.retracted_at is None
            for each, column in hers
        )
    return total


@pytest.mark.parametrize("seed", [1, 2])
async def test_everybody_is_told_as_much_as_their_list_of_messages_shows(db, cast, seed):
    """Suppliers' people, our people, one of them for one plant only, and one who reads nothing at all."""
    chance = random.Random(seed)
    ewa = await people.person(db, "Ewa Nowak", Role.SUPPLIER_MEMBER, supplier_id=cast.acme.id)
    everybody = [cast.tomasz, ewa, cast.rita, cast.elin, cast.olle, cast.gustav, cast.vera, cast.anna]
    theirs = [await scars.issued(db, cast, plant_id=plant.id) for plant in (cast.lulea, cast.gdansk)]
    records = [cast.acme, cast.bolt, *theirs]
    speakers = [each for each in everybody if each not in (cast.vera, cast.anna)]
    told = []
    for number in range(45):
        person = chance.choice(speakers)
        who = principal_of(person)
        seen = [
            each
            for each in records
            if not who.is_supplier or getattr(each, "supplier_id", each.id) == who.supplier_id
        ]
        record = chance.choice(seen)
        if chance.random() < 0.3:
            await thread_of(db, who, record)
            continue
        audience = Audience.INTERNAL if who.is_staff and chance.random() < 0.4 else Audience.SHARED
        mention = chance.choice(["", "", "@Olle Nyström ", "@Elin Sandberg "])
        said = await say(db, who, record, f"{mention}No. {number}", audience=audience)
        told.append((who, record, audience, said))
        if chance.random() < 0.2:
            who, record, audience, said = chance.choice(told)
            if chance.random() < 0.5:
                await retract(db, who, said)
            elif said.retracted_at is None:
                await change(db, who, record, audience, said, f"Instead of {said.id}")
            await db.flush()
    some = False
    for person in everybody:
        who = principal_of(person)
        by_hand = await count_by_hand(db, who)
        assert await unread(db, who) == by_hand, person.name
        assert sum(each.unread for each in await headings(db, who)) == by_hand, person.name
        assert (await counts(db, who)).get("messages", 0) == by_hand, person.name
        some |= by_hand > 1
    assert some


async def test_the_navigation_says_it_until_the_thread_is_opened(site, cast, db):
    await say(db, principal_of(cast.elin), cast.acme, "Please add the X-ray.")
    await say(db, principal_of(cast.elin), cast.acme, "And the report.")
    tomasz, elin = await site(cast.tomasz), await site(cast.elin)
    page = (await tomasz.get("/account")).text
    bar, _, bottom = page.partition('<nav class="as-bottom"')
    assert 'Messages<span class="as-count"><span class="vh">, not read: </span>2</span>' in bar
    assert ", new there: </span>2</span></summary>" in bottom, "Messages is under More on a phone"
    assert await shown(elin) == ""
    thread = f"/messages/supplier/{cast.acme.id}"
    opened = (await tomasz.get(thread)).text
    assert "New" in opened
    assert "not read:" not in opened, "what the page itself shows is counted no more"
    await tomasz.post(thread, data={"words": "Here it is."})
    assert await shown(elin) == "1"
    assert await shown(elin, "/suppliers/104417") == ""
    assert await shown(await site(cast.anna)) == ""


async def test_it_is_said_in_german_and_stops_counting_at_99(site, cast, db):
    await db.execute(
        insert(Thread).values(
            table_name="supplier",
            record_id=cast.acme.id,
            supplier_id=cast.acme.id,
            newest_message_id=0,
            newest_note_id=0,
            is_unanswered=False,
            created_at=clock.now(),
        )
    )
    thread = (await db.execute(select(Thread))).scalar_one()
    db.add_all(
        ThreadMessage(
            thread_id=thread.id,
            supplier_id=cast.acme.id,
            author_id=cast.elin.id,
            author_name="Elin Sandberg",
            is_ours=True,
            body=f"No. {number}",
        )
        for number in range(MOST + 20)
    )
    cast.tomasz.language = "de"
    await db.flush()
    tomasz = await site(cast.tomasz)
    assert '<span class="vh">, ungelesen: </span>99+</span>' in (await tomasz.get("/account")).text
    assert "119" in (await tomasz.get("/messages")).text


async def test_who_reads_while_somebody_speaks_is_told_of_what_they_did_not_see(fresh):
    async with fresh.work(TESTER) as db:
        cast = await invite_everybody(db)
        await say(db, principal_of(cast.elin), cast.acme, "First.")
    tomasz, elin = principal_of(cast.tomasz), principal_of(cast.elin)

    async def read():
        async with fresh.work(tomasz) as db:
            return await thread_of(db, tomasz, cast.acme)

    async with fresh.work(elin) as db:
        await say(db, elin, cast.acme, "Second.")
        reading = asyncio.create_task(read())
        async with fresh.work(TESTER) as other:
            while not (await other.execute(text("SELECT count(*) FROM pg_locks WHERE NOT granted"))).scalar():  # noqa: ASYNC110
                await asyncio.sleep(0.01)
    assert [each.text for each in (await reading).messages] == ["First."]
    async with fresh.work(tomasz) as db:
        assert await unread(db, tomasz) == 1


async def test_a_guest_reads_a_thread_and_leaves_no_mark(db, cast):
    """There is no person in whose name it could be kept."""
    scar = await scars.issued(db, cast)
    await say(db, principal_of(cast.elin), scar, "Please look at this.")
    kind = registry.KINDS["scar.answer"].link
    guest = Guest(
        link_id=1,
        contact_id=1,
        task_id=1,
        table="scar",
        record_id=scar.id,
        permissions=kind.permissions,
        reads=kind.reads,
    )
    who = replace(principal_of(cast.tomasz), person_id=0, guest=guest)
    assert [each.text for each in (await thread_of(db, who, scar)).messages if each.text] == [
        "Please look at this."
    ]
    readers = set((await db.execute(select(col(ThreadReading.person_id)))).scalars())
    assert readers == {cast.tomasz.id, cast.elin.id}
    assert (await counts(db, who)).get("messages", 0) == 0


async def test_notes_about_a_draft_do_not_keep_the_supplier_out_when_it_is_issued(db, cast):
    scar = await scars.drafted(db, cast)
    note = await say(db, principal_of(cast.elin), scar, "Shall we?", audience=Audience.INTERNAL)
    assert (await db.get_one(Thread, note.thread_id)).supplier_id is None
    await scars.issue.issue(db, scar, by=principal_of(cast.elin))
    await say(db, principal_of(cast.elin), scar, "Please answer.")
    assert await unread(db, principal_of(cast.tomasz)) == 1
