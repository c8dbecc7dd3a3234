"""The trail against people with power: the application, the owner of the tables, whoever reaches the files.

Tampering is done as a superuser who has switched the triggers off; each kind of it is named, and where.
"""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import async_sessionmaker

from portal.access.principal import system
from portal.db import Database
from portal.errors import NotReadyError
from portal.settings import Settings
from portal.storage import make_store
from portal.workflows.trail import exporting, kept, proof, records, sealing, verifying
from portal.workflows.trail.rows import Place, in_order
from portal.workflows.trail.verifying import Kind
from tests.factories import master

WHO = system("test")
TABLES = ("trail_act", "trail_change", "trail_seal")


@pytest.fixture(scope="module")
async def once(server, tmp_path_factory):
    """Nine changes in nine acts, in three seals of three; then one act of nine, in three more."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("trail"))
    store = make_store(settings)
    name = await server.copy()
    database = Database(server.as_superuser(name), settings)
    for number in range(9):
        async with database.work(WHO) as db:
            await master.commodity(db, code=f"K{number}", name=f"Kind {number}")
    async with database.work(WHO) as db:
        await db.execute(text("UPDATE commodity SET name = name || '!'"))
    await sealing.seal(database, store, WHO, rows=3)
    yield database, store
    await database.close()
    await server.drop(name)


@pytest.fixture
async def sealed(once):
    """That database over one connection; whatever a test does to it is rolled back."""
    database, _ = once
    ordinary = database.sessions
    async with database.engine.connect() as connection:
        outer = await connection.begin()
        database.sessions = async_sessionmaker(
            connection, expire_on_commit=False, join_transaction_mode="create_savepoint"
        )
        yield database
        await outer.rollback()
    database.sessions = ordinary


@pytest.fixture
def store(once):
    return once[1]


@pytest.fixture
async def acts(sealed):
    async with sealed.work(WHO) as db:
        return list((await db.execute(text("SELECT id FROM trail_act ORDER BY id"))).scalars())


AS_WHOEVER_RUNS_THE_SERVER = text("SET LOCAL ROLE NONE")


@pytest.fixture
def tamper(sealed):
    async def run(*statements, **values):
        async with sealed.work(WHO) as db:
            await db.execute(AS_WHOEVER_RUNS_THE_SERVER)
            for table in TABLES:
                await db.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER ALL"))
            for statement in statements:
                await db.execute(text(statement), values)

    return run


@pytest.fixture
def difference(sealed, store):
    async def run():
        return (await verifying.verify(sealed, store, WHO)).difference

    return run


async def test_what_nobody_touched_verifies(difference):
    assert await difference() is None


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE {table} SET {column} = {column}",
        "UPDATE {table} SET {column} = {column} WHERE false",
        "DELETE FROM {table}",
        "TRUNCATE {table}",
        "SET LOCAL session_replication_role = 'replica'; DELETE FROM {table}",
    ],
)
async def test_rows_are_neither_changed_nor_removed_not_even_by_a_superuser(sealed, table, statement):
    column = {"trail_act": "reason", "trail_change": "new", "trail_seal": "note"}[table]
    *before, last = statement.format(table=table, column=column).split("; ")
    async with sealed.work(WHO) as db:
        await db.execute(AS_WHOEVER_RUNS_THE_SERVER)
        for each in before:
            await db.execute(text(each))
        with pytest.raises(DBAPIError, match="only ever added to"):
            await db.execute(text(last))
        await db.rollback()


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO trail_act (id) VALUES (1000)",
        "INSERT INTO trail_act SELECT * FROM trail_act WHERE false",
        "INSERT INTO trail_change (act_id, n, row_id) VALUES (1000, 1, 1)",
    ],
)
async def test_rows_are_not_made_by_hand(sealed, statement):
    async with sealed.work(WHO) as db:
        await db.execute(AS_WHOEVER_RUNS_THE_SERVER)
        with pytest.raises(DBAPIError, match="by its own triggers"):
            await db.execute(text(statement))
        await db.rollback()


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE trail_change SET new = replace(new, 'Kind 4', 'Kind 5') WHERE act_id = :act",
        "UPDATE trail_change SET row_id = row_id + 1 WHERE act_id = :act",
        "UPDATE trail_change SET supplier_id = 1 WHERE act_id = :act",
        "UPDATE trail_change SET old = '{}' WHERE act_id = :act",
        "UPDATE trail_act SET person_name = 'Elin Sandberg' WHERE id = :act",
        "UPDATE trail_act SET person_id = 7 WHERE id = :act",
        "UPDATE trail_act SET at = at + interval '1 microsecond' WHERE id = :act",
        "UPDATE trail_act SET reason = 'x' WHERE id = :act",
        "UPDATE trail_act SET action = 'delete' WHERE id = :act",
        "UPDATE trail_act SET columns = replace(columns, 'name', 'code') WHERE id = :act",
        "DELETE FROM trail_act WHERE id = :act",
    ],
)
async def test_a_changed_row_is_named(acts, tamper, difference, change):
    await tamper(change, act=acts[4])
    found = await difference()
    assert (found.kind, found.seal, found.place) == (Kind.CHANGED, 2, Place(acts[4], 1))


async def test_the_first_of_several_is_named(acts, tamper, difference):
    await tamper(
        "UPDATE trail_change SET new = '[]' WHERE act_id IN (:one, :other)", one=acts[7], other=acts[2]
    )
    found = await difference()
    assert (found.kind, found.seal, found.place) == (Kind.CHANGED, 1, Place(acts[2], 1))


@pytest.mark.parametrize("at", range(9))
async def test_a_deleted_row_is_named(acts, tamper, difference, at):
    await tamper("DELETE FROM trail_change WHERE act_id = :act", act=acts[at])
    found = await difference()
    assert (found.kind, found.seal, found.place) == (Kind.DELETED, at // 3 + 1, Place(acts[at], 1))


async def test_a_row_deleted_with_its_act_is_missed_between_its_neighbours(acts, tamper, difference):
    await tamper(
        "DELETE FROM trail_change WHERE act_id = :act", "DELETE FROM trail_act WHERE id = :act", act=acts[4]
    )
    found = await difference()
    assert (found.kind, found.seal, found.place) == (Kind.DELETED, 2, None)
    assert f"after change {acts[3]}.1" in found.sentence


async def test_rows_deleted_out_of_a_statement_of_many_are_named(acts, tamper, difference):
    await tamper("DELETE FROM trail_change WHERE act_id = :act AND n IN (4, 5)", act=acts[9])
    found = await difference()
    assert (found.kind, found.seal, found.place) == (Kind.DELETED, 5, Place(acts[9], 4))
    assert "1 more after it" in found.sentence


@pytest.mark.parametrize("at", range(8))
async def test_an_inserted_row_is_named(acts, tamper, difference, at):
    await tamper("INSERT INTO trail_change (act_id, n, row_id, new) VALUES (:act, 2, 77, '[]')", act=acts[at])
    found = await difference()
    # After the last row of a seal, it falls into the range of the next one.
    seal = (at + 1) // 3 + 1
    assert (found.kind, found.seal, found.place) == (Kind.INSERTED, seal, Place(acts[at], 2))


async def test_a_row_with_a_number_that_was_never_given_out_is_named(tamper, difference):
    await tamper("INSERT INTO trail_change (act_id, n, row_id, new) VALUES (-5, 1, 77, '[]')")
    found = await difference()
    assert (found.kind, found.place) == (Kind.INSERTED, Place(-5, 1))


async def test_an_act_without_changes_is_named(acts, tamper, difference):
    await tamper(
        "INSERT INTO trail_act SELECT 0, at, transaction, person_id, person_name, reason, table_name, action,"
        " columns, rows FROM trail_act WHERE id = :act",
        act=acts[0],
    )
    found = await difference()
    assert (found.kind, found.place) == (Kind.INSERTED, Place(0, 0))


async def test_rows_that_changed_places_are_found(acts, tamper, difference):
    await tamper(
        "UPDATE trail_change SET act_id = -1 WHERE act_id = :one",
        "UPDATE trail_change SET act_id = :one WHERE act_id = :other",
        "UPDATE trail_change SET act_id = :other WHERE act_id = -1",
        one=acts[3],
        other=acts[4],
    )
    found = await difference()
    assert (found.kind, found.seal, found.place) == (Kind.CHANGED, 2, Place(acts[3], 1))


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE trail_seal SET root = repeat('0', 64) WHERE number = 2",
        "UPDATE trail_seal SET sealed_at = sealed_at - interval '1 day' WHERE number = 2",
        "UPDATE trail_seal SET note = 'Nothing to see' WHERE number = 2",
        "UPDATE trail_seal SET leaves = substr(leaves, 33) WHERE number = 2",
        "UPDATE trail_seal SET leaves = substr(leaves, 33) || substr(leaves, 1, 32) WHERE number = 2",
    ],
)
async def test_a_changed_seal_is_named(tamper, difference, change):
    await tamper(change)
    found = await difference()
    assert (found.kind, found.seal) == (Kind.SEAL_CHANGED, 2)


@pytest.mark.parametrize("number", [0, 1, 2])
async def test_a_deleted_seal_is_named(tamper, difference, number):
    await tamper("DELETE FROM trail_seal WHERE number = :number", number=number)
    found = await difference()
    assert (found.kind, found.seal) == (Kind.SEAL_DELETED, number)


async def test_a_tail_that_is_cut_off_with_its_seals_is_noticed_and_counted(acts, tamper, difference):
    await tamper(
        "DELETE FROM trail_seal WHERE number > 1",
        "DELETE FROM trail_change WHERE act_id > :act",
        "DELETE FROM trail_act WHERE id > :act",
        act=acts[2],
    )
    found = await difference()
    assert (found.kind, found.seal) == (Kind.CUT_OFF, 2)
    assert "5 more seals, up to 6" in found.sentence


async def test_a_tail_cut_off_without_its_seals_is_named_as_deleted(acts, tamper, difference):
    await tamper("DELETE FROM trail_change WHERE act_id > :act", act=acts[6])
    found = await difference()
    assert (found.kind, found.seal, found.place) == (Kind.DELETED, 3, Place(acts[7], 1))


async def test_all_of_it_emptied_is_noticed(tamper, difference):
    await tamper("DELETE FROM trail_seal WHERE number > 0", "TRUNCATE trail_change", "TRUNCATE trail_act")
    assert (await difference()).kind is Kind.CUT_OFF


async def test_a_chain_that_was_rewritten_whole_does_not_match_the_store(
    sealed, acts, store, tamper, difference
):
    await tamper("UPDATE trail_act SET person_name = 'Somebody else' WHERE id = :act", act=acts[4])
    await _rewrite(sealed, tamper)
    found = await difference()
    assert (found.kind, found.seal) == (Kind.REWRITTEN, 2)


async def test_nothing_is_sealed_on_top_of_a_chain_that_the_store_contradicts(sealed, acts, store, tamper):
    await tamper("UPDATE trail_act SET person_name = 'Somebody else' WHERE id = :act", act=acts[4])
    await _rewrite(sealed, tamper)
    with pytest.raises(NotReadyError, match="knows another seal 6"):
        await sealing.seal(sealed, store, WHO)
    await tamper("DELETE FROM trail_seal WHERE number > 1")
    with pytest.raises(NotReadyError, match="knows seal 6 of the trail, and the database ends with seal 1"):
        await sealing.seal(sealed, store, WHO)
    await tamper("DELETE FROM trail_seal")
    with pytest.raises(NotReadyError, match="beginning"):
        await sealing.seal(sealed, store, WHO)


async def test_an_export_of_a_row_that_was_changed_is_refused(sealed, acts, tamper):
    await tamper("UPDATE trail_act SET reason = 'x' WHERE id = :act", act=acts[4])
    async with sealed.work(WHO) as db:
        with pytest.raises(NotReadyError, match="is not what seal 2 sealed"):
            await exporting.export(db, await records.find(db, "commodity:K4"))


async def _rewrite(database, tamper):
    """Compute all seals anew, as somebody would who has read the source."""
    async with database.work(WHO) as db:
        before, *seals = await kept.seals(db)
        db.expunge_all()
        for seal in seals:
            upto = Place(seal.last_act, seal.last_n)
            rows = in_order(db, Place(before.last_act, before.last_n), upto)
            leaves = [leaf async for batch in rows for leaf in proof.leaves(batch)]
            seal.root, seal.previous = proof.root(leaves), before.hash
            seal.hash = proof.seal_hash(kept.document(seal))
            await tamper(
                "UPDATE trail_seal SET root = :root, previous = :previous, hash = :hash, leaves = :leaves"
                " WHERE number = :number",
                number=seal.number,
                root=seal.root,
                previous=seal.previous,
                hash=seal.hash,
                leaves=b"".join(leaves),
            )
            before = seal
