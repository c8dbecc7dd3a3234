"""`assay trail`: sealed, verified and exported from the command line, with the status a scheduler needs."""

import json

from sqlalchemy import text

from portal.access.principal import system
from portal.workflows.trail import proof
from tests.factories import master

WHO = system("test")


async def test_sealing_and_verifying_say_how_much_and_give_the_hash_to_keep(fresh, said):
    async with fresh.work(WHO) as db:
        await master.supplier(db, number="104417", name="Acme Castings")
    status, out, _ = await said("trail", "verify")
    assert (status, "1 change not sealed yet" in out) == (0, True)
    status, out, _ = await said("trail", "seal")
    assert status == 0
    assert "1 change sealed, in 1 seal." in out
    status, out, _ = await said("trail", "verify")
    async with fresh.work(WHO) as db:
        newest = await db.execute(text("SELECT hash FROM trail_seal ORDER BY number DESC LIMIT 1"))
        assert newest.scalar_one() in out
    assert status == 0
    assert "as it was sealed" in out


async def test_tampering_ends_with_status_1_and_names_the_row(fresh, owner, said):
    async with fresh.work(WHO) as db:
        await master.supplier(db, number="104417", name="Acme Castings")
    await said("trail", "seal")
    async with owner.connection() as connection:
        await connection.execute(text("ALTER TABLE trail_change DISABLE TRIGGER ALL"))
        await connection.execute(text("UPDATE trail_change SET new = replace(new, 'Acme', 'Bolt')"))
        act = (await connection.execute(text("SELECT act_id FROM trail_change"))).scalar_one()
    status, out, _ = await said("trail", "verify")
    assert status == 1
    assert "NOT AS SEALED" in out
    assert f"change {act}.1 (supplier " in out


async def test_an_export_is_checked_by_the_module_it_names(fresh, said, tmp_path):
    async with fresh.work(WHO) as db:
        await master.supplier(db, number="104417", name="Acme Castings")
    await said("trail", "seal")
    file = tmp_path / "acme.json"
    status, out, _ = await said("trail", "export", "--record", "supplier:104417", "--out", str(file))
    assert (status, "1 change of 104417 Acme Castings" in out) == (0, True)
    assert "portal.workflows.trail.proof" in out
    assert proof.check(json.loads(file.read_text(encoding="utf-8"))) == []
    status, out, _ = await said("trail", "export", "--record", "supplier:104417")
    assert json.loads(out)["record"]["id"] == json.loads(file.read_text(encoding="utf-8"))["record"]["id"]


async def test_what_cannot_be_done_is_said_in_a_sentence(fresh, said):
    status, _, err = await said("trail", "export", "--record", "supplier:1")
    assert (status, err) == (
        1,
        "assay: There is no supplier “1”. One that is gone is found by its id: supplier:#17.\n",
    )
    status, _, err = await said("trail", "seal", "--after-loss", "Just so")
    assert (status, "Nothing is missing" in err) == (1, True)
