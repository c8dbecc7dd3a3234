"""What nobody needs goes, and nothing else: not what is young, not what is referred to, not the trail's."""

import os
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlmodel import col

from portal import clock
from portal.models.documents import Document
from portal.models.imports import ImportKind, ImportRun
from portal.storage import make_store
from portal.workflows import documents
from portal.workflows.documents import sweeping
from portal.workflows.trail import kept
from tests.factories import files
from tests.people import principal_of

LATER = timedelta(days=60)


@pytest.fixture
def store(settings):
    return make_store(settings)


@pytest.fixture
def grow_old(settings):
    """Lets every file that lies in the store now be 60 days old."""

    def grow_old():
        for path in settings.documents_dir.rglob("*"):
            at = path.stat().st_mtime - LATER.total_seconds()
            os.utime(path, (at, at))

    return grow_old


async def put(store, content):
    return (await store.put(files.stream(content))).key


async def test_a_file_without_a_row_goes_when_it_is_old(db, store, grow_old):
    """It was stored, and the program ended before the commit."""
    key = await put(store, b"orphan")
    assert await sweeping.sweep_store(db, store) == 0
    grow_old()
    assert await sweeping.sweep_store(db, store) == 1
    assert not await store.exists(key)


async def test_what_is_put_again_is_young_again(db, store, grow_old):
    key = await put(store, b"orphan")
    grow_old()
    await put(store, b"orphan")
    assert await sweeping.sweep_store(db, store) == 0
    assert await store.exists(key)
    assert not await store.delete_old(key, clock.now() - timedelta(days=1))
    assert await store.exists(key)


async def test_a_file_of_an_import_stays(db, store, grow_old):
    stored = await store.put(files.stream(b"a;b"))
    db.add(
        ImportRun(
            kind=ImportKind.DELIVERIES,
            mapping_name="",
            definition={},
            file_name="a.csv",
            file_key=stored.key,
            file_size=3,
            sha256=stored.sha256,
            started_by_name="Elin",
        )
    )
    await db.flush()
    grow_old()
    assert await sweeping.sweep_store(db, store) == 0
    assert {"document", "document_preview", "import_run"} <= {table.name for table in sweeping.keepers()}


async def test_what_the_trail_keeps_stays_also_when_the_database_forgot_it(db, store, grow_old):
    seal = await kept.newest(db)
    await kept.keep(store, seal.hash, seal)
    # A seal that is not in the database, as after its end was cut off.
    lost = dict(kept.document(seal), number=99)
    key = await put(store, kept.proof.canonical(lost))
    imitation = await put(store, b'{"kind": "assay trail seal", "extra": "' + b"x" * 5000 + b'"}')
    grow_old()
    assert await sweeping.sweep_store(db, store) == 1
    assert await kept.knows(store, seal)
    assert await kept.knows_number(store, seal.hash, seal.number)
    assert await store.exists(key)
    assert not await store.exists(imitation)


async def test_documents_that_were_never_attached_go_after_two_days(db, cast, store, settings, grow_old):
    who = principal_of(cast.tomasz)

    async def send(name):
        return await documents.receive(db, store, settings, who, name, files.stream(name.encode()))

    forgotten, attached, kept_on, held, deleted = [
        await send(f"{name}.txt") for name in ("forgotten", "attached", "kept", "held", "deleted")
    ]
    for each in (attached, kept_on, held, deleted):
        await documents.attach(db, who, [each.id], cast.acme)
    await documents.delete(db, who, deleted.id, today=clock.today())
    for each in (kept_on, held):
        await documents.detach(db, who, each.id, cast.acme)
    kept_on.keep_until_on = clock.today() + timedelta(days=365)
    held.on_hold, held.hold_reason = True, "Complaint 7"
    await db.flush()
    assert await sweeping.sweep_rows(db) == 0
    with clock.fixed(clock.now() + LATER):
        assert await sweeping.sweep_rows(db) == 2
        left = (await db.execute(select(Document.file_name).order_by(col(Document.id)))).scalars().all()
        assert left == ["attached.txt", "kept.txt", "held.txt"]
    grow_old()
    assert await sweeping.sweep_store(db, store) == 2
    assert await store.exists(attached.file_key)
    assert not await store.exists(forgotten.file_key)


async def test_a_file_that_two_documents_share_goes_with_the_last(db, cast, store, settings, grow_old):
    who = principal_of(cast.tomasz)
    first, second = [
        await documents.receive(db, store, settings, who, name, files.stream(b"same"))
        for name in ("a.txt", "b.txt")
    ]
    assert first.file_key == second.file_key
    await documents.attach(db, who, [second.id], cast.acme)
    with clock.fixed(clock.now() + LATER):
        assert await sweeping.sweep_rows(db) == 1
    grow_old()
    assert await sweeping.sweep_store(db, store) == 0
    assert await store.exists(second.file_key)
