"""Speaking about a record: what both sides read, what only we read, and what nobody else ever does."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, text
from sqlmodel import col

from portal import clock
from portal.errors import BadInputError, NotFoundError
from portal.models.outbox import OutgoingMail
from portal.models.people import Person, Role
from portal.models.suppliers import Contact
from portal.models.threads import Audience, ThreadMessage, ThreadNote
from portal.workflows.threads import say, thread_of
from portal.workflows.threads.listing import headings, unread
from portal.workflows.threads.reading import MAY_CHANGE
from portal.workflows.threads.telling import tell
from portal.workflows.trail.telling import timeline
from tests.factories import people
from tests.people import principal_of

SECRET = "They will lose the contract in May."  # a secret of another kind


@pytest.fixture
def thread(cast):
    return f"/messages/supplier/{cast.acme.id}"


async def count(db, model):
    return (await db.execute(select(func.count()).select_from(model))).scalar_one()


async def test_a_message_reaches_the_other_side_and_is_new_until_it_is_read(site, cast, thread, db):
    elin, tomasz = await site(cast.elin), await site(cast.tomasz)
    sent = await elin.post(thread, data={"words": "Please add the X-ray.\nThank you."})
    assert sent.status_code == 303
    assert sent.headers["location"] == "/suppliers/104417#thread"
    assert await unread(db, principal_of(cast.tomasz)) == 1
    assert "1 message you have not read" in (await tomasz.get("/messages")).text
    page = (await tomasz.get(thread)).text
    assert "<bdi>Please add the X-ray.</bdi><br><bdi>Thank you.</bdi>" in page
    assert "Elin Sandberg" in page
    assert "Norrland" in page
    assert "New" in page
    assert await unread(db, principal_of(cast.tomasz)) == 0
    assert ">New<" not in (await tomasz.get(thread)).text
    assert await unread(db, principal_of(cast.elin)) == 0


async def test_a_note_reaches_nobody_outside_in_no_page_list_trail_or_mail(site, cast, thread, db, settings):
    elin, tomasz = await site(cast.elin), await site(cast.tomasz)
    await elin.post(f"{thread}/notes", data={"words": SECRET})
    await elin.post(thread, data={"words": "Hello."})
    assert SECRET in (await elin.get("/suppliers/104417")).text
    for address in (thread, "/messages", "/scorecard", "/account", "/"):
        assert SECRET not in (await tomasz.get(address, follow_redirects=True)).text
    who = principal_of(cast.tomasz)
    view = await thread_of(db, who, cast.acme)
    assert view.notes == ()
    assert [entry.text for entry in view.messages] == ["Hello."]
    assert [each.words for each in await headings(db, who)] == ["Hello."]
    note = (await db.execute(select(ThreadNote))).scalar_one()
    assert await timeline(db, who, "thread_note", note.id) == []
    assert await timeline(db, who, "thread_message", note.id) == []
    await tell(db, settings, Audience.INTERNAL, note.id)
    assert await count(db, OutgoingMail) == 0
    own_trail = await db.execute(
        text(
            "SELECT supplier_id FROM trail_change JOIN trail_act ON id = act_id"
            " WHERE table_name = 'thread_note'"
        )
    )
    assert own_trail.scalars().all() == [None], "not even the row in the trail is anybody's outside"


async def test_a_suppliers_person_has_no_place_for_notes(site, cast, thread, db):
    tomasz = await site(cast.tomasz)
    assert "Internal" not in (await tomasz.get(thread)).text
    assert (await tomasz.post(f"{thread}/notes", data={"words": "Mine."})).status_code == 404
    assert await count(db, ThreadNote) == 0
    with pytest.raises(NotFoundError):
        await say(db, principal_of(cast.tomasz), cast.acme, "Mine.", audience=Audience.INTERNAL)


async def test_what_is_typed_among_us_leaves_the_house_only_after_a_question(site, cast, thread, db):
    elin = await site(cast.elin)
    asked = await elin.post(
        f"{thread}/notes", data={"words": "The crate was wet.", "share": "1"}, headers={"hx-request": "true"}
    )
    assert asked.status_code == 200
    assert "Send this to Acme Castings?" in asked.text
    assert "The crate was wet." in asked.text
    assert await count(db, ThreadMessage) == await count(db, ThreadNote) == 0
    # Without script the question is a page of its own.
    whole = await elin.post(f"{thread}/notes", data={"words": "The crate was wet.", "share": "1"})
    assert "<title>" in whole.text
    assert "Send this to Acme Castings?" in whole.text
    await elin.post(thread, data={"words": "The crate was wet."})
    assert await count(db, ThreadMessage) == 1


async def test_a_rival_and_an_auditor_find_nothing(site, cast, thread, db):
    await say(db, principal_of(cast.elin), cast.acme, "For Acme.")
    said = (await db.execute(select(ThreadMessage))).scalar_one()
    for person in (cast.rita, cast.anna):
        browser = await site(person)
        assert (await browser.get(thread)).status_code == 404
        assert (await browser.post(thread, data={"words": "Hi."})).status_code == 404
        assert (await browser.post(f"{thread}/shared/{said.id}/removal")).status_code == 404
        own = f"/messages/supplier/{cast.bolt.id}/shared/{said.id}"
        assert (await browser.post(own, data={"words": "Hi."})).status_code == 404
    assert "For Acme." not in (await (await site(cast.rita)).get("/messages")).text
    assert await unread(db, principal_of(cast.rita)) == 0


async def test_kinds_of_record_that_nobody_speaks_about_are_missing(site, cast):
    elin = await site(cast.elin)
    for address in (
        "/messages/person/1",
        "/messages/nonsense/1",
        "/messages/supplier/x",
        "/messages/supplier/999",
    ):
        assert (await elin.get(address)).status_code == 404


async def test_own_words_can_be_changed_for_some_minutes_and_taken_back_for_ever(site, cast, thread, db):
    elin, olle = await site(cast.elin), await site(cast.olle)
    await elin.post(thread, data={"words": "Tree pieces."})
    said = (await db.execute(select(ThreadMessage))).scalar_one()
    own = f"{thread}/shared/{said.id}"
    assert (await olle.post(own, data={"words": "Not mine."})).status_code == 404
    await elin.post(own, data={"words": "Three pieces."})
    await db.refresh(said)
    assert said.body == "Three pieces."
    assert "changed" in (await elin.get(thread)).text
    with clock.fixed(said.said_at + MAY_CHANGE):
        late = await elin.post(own, data={"words": "Four."})
        assert late.status_code == 409
        assert "Say what is right in a new message." in late.text
        assert (await elin.post(f"{own}/removal")).status_code == 303
    page = (await (await site(cast.tomasz)).get(thread)).text
    assert "Three pieces." not in page
    assert "Elin Sandberg took a message back." in page


async def test_a_button_pressed_twice_says_it_once(site, cast, thread, db):
    elin = await site(cast.elin)
    for _ in range(2):
        await elin.post(thread, data={"words": "Once."})
    assert await count(db, ThreadMessage) == 1


@pytest.mark.parametrize("words", ["", "  \n ", "a\x00b", "x" * 10_001])
async def test_hostile_and_empty_words_are_refused_and_kept(site, cast, thread, db, words):
    answer = await (await site(cast.elin)).post(thread, data={"words": words}, headers={"hx-request": "true"})
    assert answer.status_code == 422
    assert 'id="f-message-error"' in answer.text
    assert await count(db, ThreadMessage) == 0


async def test_markup_is_shown_as_text(site, cast, thread):
    elin = await site(cast.elin)
    await elin.post(thread, data={"words": '<div hx-get="/x" hx-trigger=load>" onload=1'})
    page = (await (await site(cast.tomasz)).get(thread)).text
    assert "<div hx-get=" not in page
    assert "&lt;div hx-get=" in page


async def test_a_mention_finds_people_who_can_read_and_refuses_those_who_cannot(db, cast):
    elin = principal_of(cast.elin)
    said = await say(db, elin, cast.acme, "@Olle Nyström and @tomasz wieczorek, look. mail@Rita Bolt")
    assert sorted(said.mentioned_ids) == sorted([cast.olle.id, cast.tomasz.id])
    view = await thread_of(db, principal_of(cast.tomasz), cast.acme)
    assert [piece.text for piece in view.messages[0].lines[0] if piece.is_mention] == [
        "@Olle Nyström",
        "@tomasz wieczorek",
    ]
    with pytest.raises(BadInputError, match="Anna Audit can't see"):
        await say(db, elin, cast.acme, "@Anna Audit?")
    with_rival = await say(db, elin, cast.acme, "@Rita Bolt is unknown here.")
    assert with_rival.mentioned_ids == []
    note = await say(db, elin, cast.acme, "@Tomasz Wieczorek must not know.", audience=Audience.INTERNAL)
    assert note.mentioned_ids == []


async def test_a_supplier_can_mention_colleagues_and_those_who_spoke_with_them_and_learns_no_other_name(
    db, cast
):
    tomasz = principal_of(cast.tomasz)
    assert (await say(db, tomasz, cast.acme, "@Elin Sandberg, hello?")).mentioned_ids == []
    await say(db, principal_of(cast.elin), cast.acme, "Yes?")
    assert (await say(db, tomasz, cast.acme, "@Elin Sandberg, @Anna Audit!")).mentioned_ids == [cast.elin.id]


async def test_our_list_has_what_is_ours_and_what_nobody_has_answered(db, cast):
    await say(db, principal_of(cast.tomasz), cast.acme, "Is anybody there?")
    elin, olle = principal_of(cast.elin), principal_of(cast.olle)
    assert [each.title for each in await headings(db, elin)] == ["Acme Castings"]
    assert await unread(db, olle) == 1
    await say(db, elin, cast.acme, "I am.")
    assert await headings(db, olle) == []
    assert await unread(db, olle) == 0
    await say(db, principal_of(cast.tomasz), cast.acme, "Good.")
    assert (await unread(db, elin), await unread(db, olle)) == (2, 0)
    assert [each.title for each in await headings(db, olle, everybodys=True)] == ["Acme Castings"]


async def mails(db):
    rows = await db.execute(select(OutgoingMail).order_by(col(OutgoingMail.id)))
    return [(mail.address, mail.subject) for mail in rows.scalars()]


async def test_who_has_not_read_is_mailed_once_in_their_language(db, cast, settings):
    cast.tomasz.language = "de"
    said = await say(db, principal_of(cast.elin), cast.acme, "Please add the X-ray.")
    for _ in range(2):
        await tell(db, settings, Audience.SHARED, said.id)
    assert await mails(db) == [(cast.tomasz.email, "Nachricht von Elin Sandberg: Allgemeines")]
    answer = await say(db, principal_of(cast.tomasz), cast.acme, "Here it is.")
    await tell(db, settings, Audience.SHARED, answer.id)
    assert (await mails(db))[1:] == [(cast.elin.email, "Message from Tomasz Wieczorek: Acme Castings")]


async def test_who_has_read_it_or_what_was_taken_back_is_not_mailed(db, cast, settings):
    said = await say(db, principal_of(cast.elin), cast.acme, "Read at once.")
    await thread_of(db, principal_of(cast.tomasz), cast.acme)
    await tell(db, settings, Audience.SHARED, said.id)
    gone = await say(db, principal_of(cast.elin), cast.acme, "Gone.")
    gone.retracted_at = clock.now()
    await tell(db, settings, Audience.SHARED, gone.id)
    assert await mails(db) == []


async def test_a_note_is_mailed_to_those_of_us_whom_it_mentions_and_names_it_internal(db, cast, settings):
    words = f"@Olle Nyström @Tomasz Wieczorek {SECRET}"
    said = await say(db, principal_of(cast.elin), cast.acme, words, audience=Audience.INTERNAL)
    await tell(db, settings, Audience.INTERNAL, said.id)
    assert await mails(db) == [(cast.olle.email, "Internal note from Elin Sandberg: Acme Castings")]


async def test_where_nobody_signs_in_the_contacts_for_quality_are_written_to(db, cast, settings):
    db.add(Contact(supplier_id=cast.acme.id, name="Ola", email="ola@acme.example", language="de"))
    cast.tomasz.is_active = False
    said = await say(db, principal_of(cast.elin), cast.acme, "Hello.")
    await tell(db, settings, Audience.SHARED, said.id)
    assert await mails(db) == [("ola@acme.example", "Nachricht von Elin Sandberg: 104417")]


async def test_a_supplier_whom_nobody_of_us_has_answered_writes_to_the_desk(db, cast, settings):
    cast.organisation.desk_email = "desk@norrland.example"
    said = await say(db, principal_of(cast.tomasz), cast.acme, "Hello?")
    await tell(db, settings, Audience.SHARED, said.id)
    assert [to for to, _ in await mails(db)] == ["desk@norrland.example"]


async def test_the_job_waits_until_the_words_can_no_longer_be_changed(db, cast):
    said = await say(db, principal_of(cast.elin), cast.acme, "Hello.")
    row = (
        await db.execute(
            text(
                "SELECT entrypoint, convert_from(payload, 'utf8') AS payload, execute_after - now() AS wait"
                " FROM job_queue.pgqueuer"
            )
        )
    ).one()
    assert row.entrypoint == "threads.tell"
    assert str(said.id) in row.payload
    assert MAY_CHANGE - timedelta(seconds=5) < row.wait <= MAY_CHANGE


async def test_staff_of_one_plant_see_threads_of_no_plant_and_no_others(db, cast):
    await say(db, principal_of(cast.tomasz), cast.acme, "Hello?")
    gustav = principal_of(cast.gustav)
    assert len(await headings(db, gustav)) == 1
    await db.execute(text("UPDATE thread SET plant_id = :plant"), {"plant": cast.lulea.id})
    db.expire_all()
    assert await headings(db, gustav) == []
    assert await unread(db, gustav) == 0


async def test_long_threads_fold_what_is_older(site, cast, thread, db):
    colleague = await people.person(db, "Ewa Nowak", Role.SUPPLIER_MEMBER, supplier_id=cast.acme.id)
    assert isinstance(colleague, Person)
    for number in range(30):
        await say(db, principal_of(colleague), cast.acme, f"Message {number}")
    page = (await (await site(cast.tomasz)).get(thread)).text
    assert "10 earlier" in page
    assert page.index("Message 9<") < page.index("Message 29<")
