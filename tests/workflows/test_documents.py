"""Documents from arrival to deletion, by people of both sides, with a rival looking on."""

import hashlib
import re
from dataclasses import replace as changed
from datetime import date, timedelta

import pytest
from sqlalchemy import select, text
from sqlmodel import col

from portal import clock, languages
from portal.errors import BadInputError, BusyError, NotFoundError, NotReadyError, TooLargeError
from portal.jobs.documents import OURS, WHEN_HELD
from portal.jobs.job import JobContext
from portal.models.documents import Document, DocumentAttachment, DocumentStatus, ScanVerdict
from portal.models.nonconformances import Nonconformance
from portal.storage import make_store
from portal.workflows import documents
from portal.workflows.documents import finding, keeping, sweeping
from portal.workflows.documents.receiving import CHECK
from tests.factories import files
from tests.people import principal_of

TODAY = date(2026, 11, 27)


@pytest.fixture
def store(settings):
    return make_store(settings)


@pytest.fixture
def send(db, store, settings):
    async def send(person, name="report.pdf", content=None):
        content = files.pdf() if content is None else content
        return await documents.receive(db, store, settings, principal_of(person), name, files.stream(content))

    return send


@pytest.fixture
def check(db, database, store, settings, cast):
    async def check(document, settings=settings):
        who = principal_of(cast.root)
        context = JobContext(db=db, who=who, database=database, store=store, settings=settings)
        await OURS[CHECK](context, {"document": document.id})
        await db.flush()

    return check


async def queued(db):
    rows = await db.execute(
        text("SELECT payload FROM job_queue.pgqueuer WHERE entrypoint = 'documents.check'")
    )
    return len(rows.all())


async def test_a_document_is_kept_as_it_was_sent_and_released_when_checked(db, cast, send, check, store):
    content = files.pdf()
    document = await send(cast.tomasz, "Prüfbericht.pdf", content)
    assert (document.status, document.scan) == (DocumentStatus.CHECKING, ScanVerdict.NOT_SCANNED)
    assert (document.media_type, document.size) == ("application/pdf", len(content))
    assert document.sha256 == hashlib.sha256(content).hexdigest()
    assert await queued(db) == 1
    with pytest.raises(NotReadyError, match="still being checked"):
        await documents.to_open(db, principal_of(cast.tomasz), document.id)
    await check(document)
    assert document.status is DocumentStatus.RELEASED
    assert (document.scan, document.scan_note) == (ScanVerdict.NOT_SCANNED, "No virus scanner is set up.")
    found = await documents.to_open(db, principal_of(cast.tomasz), document.id)
    assert b"".join([chunk async for chunk in store.open(found.file_key)]) == content
    await check(document)  # a job may come twice
    assert document.status is DocumentStatus.RELEASED


async def test_what_is_refused_on_the_way_leaves_nothing(db, cast, send, settings):
    with pytest.raises(BadInputError, match="not supported"):
        await send(cast.tomasz, "xray.dcm", b"\0\1\2" * 100)
    assert await queued(db) == 0
    assert (await db.execute(select(Document))).first() is None
    assert [path for path in settings.documents_dir.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize(
    ("content", "name", "sentence"),
    [
        (files.acting_pdf(), "a.pdf", "script or an action"),
        (files.pdf_with_a_file(), "a.pdf", "hidden in this PDF"),
        (files.lying_bomb(), "a.zip", "far too large"),
    ],
)
async def test_what_the_worker_finds_is_refused_with_its_sentence(
    db, cast, send, check, content, name, sentence
):
    document = await send(cast.tomasz, name, content)
    await check(document)
    assert document.status is DocumentStatus.REFUSED
    assert sentence in document.problem
    with pytest.raises(NotReadyError, match=sentence):
        await documents.to_open(db, principal_of(cast.tomasz), document.id)
    with pytest.raises(BadInputError, match="not accepted"):
        await documents.attach(db, principal_of(cast.tomasz), [document.id], cast.acme)


@pytest.mark.parametrize(
    ("content", "name", "english", "german"),
    [
        (
            files.archive({"deep/plan.pdf": files.acting_pdf()}),
            "a.zip",
            "“plan.pdf” in this archive: This PDF contains a script",
            "„plan.pdf“ in diesem Archiv: Dieses PDF enthält ein Skript",
        ),
        (files.pdf_with_a_file(), "a.pdf", "Other files are hidden in this PDF.", "stecken weitere Dateien"),
    ],
)
async def test_who_reads_german_is_told_in_german_what_the_worker_found(
    db, cast, send, check, content, name, english, german
):
    document = await send(cast.tomasz, name, content)
    await check(document)
    await db.refresh(document)
    assert document.problem.startswith(english)  # as the trail has it
    with pytest.raises(NotReadyError, match=re.escape(english)):
        await documents.to_open(db, principal_of(cast.tomasz), document.id)
    with languages.speaking("de"), pytest.raises(NotReadyError, match=german) as refused:
        await documents.to_open(db, principal_of(cast.tomasz), document.id)
    assert not re.search(r"\b(this|the|files?)\b", refused.value.sentence, re.IGNORECASE)


async def test_a_check_that_never_ends_refuses(db, database, store, settings, cast, send):
    document = await send(cast.tomasz)
    context = JobContext(
        db=db, who=principal_of(cast.root), database=database, store=store, settings=settings
    )
    await WHEN_HELD[CHECK](context, {"document": document.id}, RuntimeError())
    assert document.status is DocumentStatus.REFUSED
    assert "could not be checked" in document.problem


async def test_a_store_that_is_away_is_told_and_tried_again(db, database, store, settings, cast, send):
    document = await send(cast.tomasz)
    path = settings.documents_dir / document.file_key[:2] / document.file_key[2:4] / document.file_key
    path.write_bytes(b"damaged")
    context = JobContext(
        db=db,
        who=principal_of(cast.root),
        database=database,
        store=store,
        settings=changed(settings, clamd="127.0.0.1:9"),
    )
    with pytest.raises(BusyError):
        async for _ in store.open(document.file_key):
            pass
    # The damaged file is no PDF any more: it is refused, and nobody ever gets it.
    await OURS[CHECK](context, {"document": document.id})
    assert document.status is DocumentStatus.REFUSED


async def test_until_it_is_attached_only_its_sender_sees_it(db, cast, send):
    document = await send(cast.tomasz)
    assert (await documents.find(db, principal_of(cast.tomasz), document.id)).id == document.id
    for person in (cast.rita, cast.elin, cast.karin, cast.anna):
        with pytest.raises(NotFoundError):
            await documents.find(db, principal_of(person), document.id)
    await documents.attach(db, principal_of(cast.tomasz), [document.id], cast.acme)
    for person in (cast.tomasz, cast.elin, cast.gustav, cast.vera):
        assert (await documents.find(db, principal_of(person), document.id)).id == document.id
    for person in (cast.rita, cast.anna):
        with pytest.raises(NotFoundError):
            await documents.find(db, principal_of(person), document.id)


async def test_a_foreign_document_cannot_be_attached_by_its_number(db, cast, send):
    theirs = await send(cast.rita)
    attached = await send(cast.rita, "shared.pdf")
    await documents.attach(db, principal_of(cast.rita), [attached.id], cast.bolt)
    own = await send(cast.tomasz)
    for foreign in (theirs.id, attached.id, 987_654_321):
        with pytest.raises(NotFoundError):
            await documents.attach(db, principal_of(cast.tomasz), [own.id, foreign], cast.acme)
    # We see both suppliers' documents, and still can't put one's at the other's record.
    with pytest.raises(NotFoundError):
        await documents.attach(db, principal_of(cast.elin), [attached.id], cast.acme)
    assert await documents.attached(db, principal_of(cast.elin), cast.acme) == []


async def test_what_we_attach_is_the_supplier_s_to_see_unless_it_is_internal(db, cast, send):
    elin, tomasz, rita = map(principal_of, (cast.elin, cast.tomasz, cast.rita))
    shared, internal = await send(cast.elin, "drawing.pdf"), await send(cast.elin, "offer.pdf")
    await documents.attach(db, elin, [shared.id], cast.acme)
    await documents.attach(db, elin, [internal.id], cast.acme, internal=True)
    assert [each.file_name for each in await documents.attached(db, elin, cast.acme)] == [
        "drawing.pdf",
        "offer.pdf",
    ]
    assert [each.file_name for each in await documents.attached(db, tomasz, cast.acme)] == ["drawing.pdf"]
    assert await documents.attached(db, rita, cast.acme) == []
    with pytest.raises(NotFoundError):
        await documents.find(db, tomasz, internal.id)
    # What was internal does not become shared by a slip.
    with pytest.raises(BadInputError, match="is internal"):
        await documents.attach(db, elin, [internal.id], cast.acme)
    by_record = await documents.attached_to_all(db, tomasz, "supplier", [cast.acme.id, cast.bolt.id])
    assert by_record == {cast.acme.id: [shared]}


async def test_attaching_twice_is_once_and_detaching_leaves_it_to_the_sweep(db, cast, send):
    who = principal_of(cast.tomasz)
    document = await send(cast.tomasz)
    for _ in range(2):
        await documents.attach(db, who, [document.id, document.id], cast.acme, slot="general")
    rows = (await db.execute(select(DocumentAttachment))).scalars().all()
    assert [(row.table_name, row.record_id, row.slot) for row in rows] == [
        ("supplier", cast.acme.id, "general")
    ]
    await documents.detach(db, who, document.id, cast.acme)
    assert document.attached_at is None
    with pytest.raises(NotFoundError):
        await documents.detach(db, who, document.id, cast.acme)


@pytest.fixture
async def at_lulea(db, cast):
    made = Nonconformance(
        number="NC-1",
        supplier_id=cast.acme.id,
        plant_id=cast.lulea.id,
        part_id=cast.housing.id,
        found_on=TODAY,
        month=(TODAY.year - 2000) * 12 + TODAY.month - 1,
        quantity=1,
    )
    db.add(made)
    await db.flush()
    return made


async def test_staff_limited_to_plants_see_documents_of_their_plants(db, cast, send, at_lulea):
    document = await send(cast.elin)
    await documents.attach(db, principal_of(cast.elin), [document.id], at_lulea, internal=True)
    with pytest.raises(NotFoundError):
        await documents.find(db, principal_of(cast.gustav), document.id)
    await documents.attach(db, principal_of(cast.elin), [document.id], cast.acme, internal=True)
    assert await documents.find(db, principal_of(cast.gustav), document.id)


async def test_replacing_adds_a_version_and_submitted_records_keep_theirs(db, cast, send, at_lulea):
    who = principal_of(cast.tomasz)
    first, second = await send(cast.tomasz, "v1.pdf"), await send(cast.tomasz, "v2.pdf", files.pdf(2))
    await documents.attach(db, who, [first.id], cast.acme)
    await documents.attach(db, who, [first.id], at_lulea)
    await documents.fix(db, at_lulea)
    await documents.replace(db, who, first.id, second.id)
    assert [each.file_name for each in await documents.attached(db, who, cast.acme)] == ["v2.pdf"]
    assert [each.file_name for each in await documents.attached(db, who, at_lulea)] == ["v1.pdf"]
    assert [each.number for each in await documents.versions(db, who, second)] == [2, 1]
    third = await send(cast.tomasz, "v3.pdf")
    with pytest.raises(NotReadyError, match="newer version"):
        await documents.replace(db, who, first.id, third.id)
    # Ours is not theirs to replace, nor the other way round.
    ours = await send(cast.elin)
    with pytest.raises(NotFoundError):
        await documents.replace(db, principal_of(cast.elin), second.id, ours.id)
    with pytest.raises(NotReadyError, match="submitted"):
        await documents.delete(db, who, second.id, today=TODAY)
    with pytest.raises(NotReadyError, match="submitted"):
        await documents.detach(db, who, first.id, at_lulea)


async def test_a_hold_and_a_retention_block_deletion_of_every_version(db, cast, send):
    who, karin = principal_of(cast.tomasz), principal_of(cast.karin)
    first, second = await send(cast.tomasz), await send(cast.tomasz, "v2.pdf", files.pdf(2))
    await documents.attach(db, who, [first.id], cast.acme, keep_until_on=TODAY + timedelta(days=1))
    await documents.replace(db, who, first.id, second.id)
    with pytest.raises(NotReadyError, match="kept until 2026-11-28"):
        await documents.delete(db, who, second.id, today=TODAY)
    await documents.hold(db, karin, second.id, "Complaint 7")
    with pytest.raises(NotReadyError, match="on hold"):
        await documents.delete(db, who, second.id, today=TODAY + timedelta(days=9))
    await documents.lift_hold(db, karin, second.id)
    with pytest.raises(NotFoundError):  # the supplier's document is not ours to delete
        await documents.delete(db, karin, second.id, today=TODAY + timedelta(days=9))
    await documents.delete(db, who, second.id, today=TODAY + timedelta(days=9))
    for each in (first, second):
        with pytest.raises(NotFoundError):
            await documents.find(db, who, each.id)
    assert await documents.attached(db, who, cast.acme) == []


async def test_a_supplier_has_a_quota(db, cast, store, settings):
    small = changed(settings, supplier_quota_bytes=len(files.pdf()) + 10)
    who = principal_of(cast.tomasz)
    await documents.receive(db, store, small, who, "a.pdf", files.stream(files.pdf()))
    with pytest.raises(TooLargeError, match="no room left"):
        await documents.receive(db, store, small, who, "b.pdf", files.stream(files.pdf()))
    await documents.receive(db, store, small, principal_of(cast.rita), "b.pdf", files.stream(files.pdf()))
    await documents.receive(db, store, small, principal_of(cast.elin), "c.pdf", files.stream(files.pdf()))


async def test_deleting_makes_room_and_sending_and_deleting_for_ever_does_not(db, cast, store, settings):
    content = files.pdf()
    small = changed(settings, supplier_quota_bytes=len(content) + 10)
    who = principal_of(cast.tomasz)

    async def sent():
        return await documents.receive(db, store, small, who, "a.pdf", files.stream(content))

    first = await sent()
    await documents.attach(db, who, [first.id], cast.acme)
    with pytest.raises(TooLargeError, match="Delete some"):
        await sent()
    await documents.delete(db, who, first.id, today=TODAY)
    second = await sent()
    await keeping.throw_away(db, who, second.id)
    with pytest.raises(TooLargeError, match="what is deleted is kept for 30 days"):
        await sent()
    first.deleted_at -= sweeping.DELETED_KEPT
    await db.flush()
    assert await sweeping.sweep_rows(db) == 1
    assert await sent()


async def test_a_supplier_s_documents_are_listed_with_what_we_share(db, cast, send):
    tomasz, elin = principal_of(cast.tomasz), principal_of(cast.elin)
    for person, name, internal in (
        (cast.tomasz, "Prüfplan.pdf", False),
        (cast.elin, "drawing 100%.pdf", False),
        (cast.elin, "offer.pdf", True),
    ):
        document = await send(person, name)
        await documents.attach(db, principal_of(person), [document.id], cast.acme, internal=internal)
    found, total = await finding.general(db, elin, cast.acme)
    assert ([each.document.file_name for each in found], total) == (
        ["offer.pdf", "drawing 100%.pdf", "Prüfplan.pdf"],
        3,
    )
    assert (await finding.general(db, tomasz, cast.acme))[1] == 2
    assert (await finding.general(db, principal_of(cast.rita), cast.acme))[1] == 0
    found, total = await finding.general(db, tomasz, cast.acme, find_text="100% draw")
    assert [each.document.file_name for each in found] == ["drawing 100%.pdf"]


async def test_every_change_is_in_the_trail(db, cast, send):
    who = principal_of(cast.tomasz)
    document = await send(cast.tomasz)
    await documents.attach(db, who, [document.id], cast.acme)
    await db.flush()
    acts = await db.execute(
        text("SELECT table_name, action FROM trail_act WHERE table_name LIKE 'document%' ORDER BY id")
    )
    assert [tuple(row) for row in acts] == [
        ("document", "insert"),
        ("document", "update"),
        ("document_attachment", "insert"),
    ]
    assert clock.now() - document.created_at < timedelta(minutes=5)
    assert (
        (await db.execute(select(Document).where(col(Document.id) == document.id))).scalar_one().attached_at
    )
