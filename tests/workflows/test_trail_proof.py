"""The mathematics of the seals, and that an export is checked by Python alone."""

import copy
import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.access.principal import system
from portal.db import because
from portal.errors import BadInputError, NotFoundError
from portal.models.suppliers import Supplier
from portal.storage import make_store
from portal.workflows.trail import exporting, proof, records, sealing
from tests.factories import master
from tests.people import TESTER, invite_everybody, principal_of

WHO = system("test")
hashes = st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=70)


def test_a_leaf_and_a_node_are_what_the_module_says():
    entry = {"b": "ü", "a": None, "n": 1}
    assert proof.leaf(entry) == hashlib.sha256(b'\0{"a":null,"b":"\xc3\xbc","n":1}').digest()
    assert proof.node(b"l", b"r") == hashlib.sha256(b"\1lr").digest()


def test_a_root_pairs_from_the_left_and_takes_the_last_one_up():
    a, b, c = (hashlib.sha256(each).digest() for each in (b"a", b"b", b"c"))
    assert proof.root([a]) == a.hex()
    assert proof.root([a, b, c]) == proof.node(proof.node(a, b), c).hex()
    assert proof.root([]) == hashlib.sha256(b"").hexdigest()


@given(hashes)
def test_every_leaf_climbs_to_the_root(leaves):
    levels = proof.tree(leaves)
    root = proof.root(leaves)
    assert all(proof.climb(leaf, proof.path(levels, index)) == root for index, leaf in enumerate(leaves))


@given(hashes, st.data())
def test_another_leaf_does_not_climb_to_the_root(leaves, data):
    index = data.draw(st.integers(0, len(leaves) - 1))
    other = data.draw(st.binary(min_size=32, max_size=32).filter(lambda each: each != leaves[index]))
    assert proof.climb(other, proof.path(proof.tree(leaves), index)) != proof.root(leaves)


@given(hashes, st.data())
def test_any_other_order_or_number_of_rows_has_another_root(leaves, data):
    others = data.draw(st.permutations(leaves) | st.just(leaves[:-1]) | st.just([*leaves, leaves[-1]]))
    if others != leaves:
        assert proof.root(others) != proof.root(leaves)


@pytest.fixture
async def export(fresh, settings):
    """Acme's history: added, sealed with others' rows, changed twice, and once more after the last seal."""
    store = make_store(settings)
    async with fresh.work(TESTER) as db:
        people = await invite_everybody(db)
    await sealing.seal(fresh, store, WHO, rows=4)
    for city in ("Kraków", "Łódź"):
        async with fresh.work(principal_of(people.elin)) as db:
            await because(db, "They “moved” again")
            (await db.get_one(Supplier, people.acme.id)).city = city
            await master.commodity(db)
        await sealing.seal(fresh, store, WHO, rows=4)
    async with fresh.work(principal_of(people.elin)) as db:
        (await db.get_one(Supplier, people.acme.id)).country = "PL"
    async with fresh.work(WHO) as db:
        return await exporting.export(db, await records.find(db, "supplier:104417"))


async def test_an_export_holds_the_record_s_changes_with_their_proofs(export):
    assert export["record"]["name"] == "104417 Acme Castings"
    told = [(each["entry"]["action"], each["entry"]["new"]) for each in export["entries"]]
    assert [action for action, _ in told] == ["insert", "update", "update", "update"]
    assert json.loads(told[2][1]) == {"city": "Łódź"}
    assert [each["seal"] is None for each in export["entries"]] == [False, False, False, True]
    assert any(len(each["path"]) == 2 for each in export["entries"])
    assert proof.check(export) == []


def _change_value(export):
    export["entries"][1]["entry"]["new"] = '{"city": "Warszawa"}'


def _change_who(export):
    export["entries"][1]["entry"]["person"] = "Olle Nyström"


def _add_a_field(export):
    export["entries"][0]["entry"]["approved"] = True


def _swap_proofs(export):
    one, other = export["entries"][1], export["entries"][2]
    one["path"], other["path"] = other["path"], one["path"]


def _change_a_root(export):
    export["seals"][-1]["root"] = "0" * 64


def _leave_a_seal_out(export):
    del export["seals"][1]


def _claim_another_newest(export):
    export["newest"]["hash"] = "0" * 64


def _lose_a_field(export):
    del export["entries"][0]["entry"]["at"]


def _break_the_values(export):
    export["entries"][3]["entry"]["new"] = "{"


@pytest.mark.parametrize(
    "tamper",
    [
        _change_value,
        _change_who,
        _add_a_field,
        _swap_proofs,
        _change_a_root,
        _leave_a_seal_out,
        _claim_another_newest,
        _lose_a_field,
        _break_the_values,
    ],
)
async def test_an_export_that_was_tampered_with_is_not_proven(export, tamper):
    changed = copy.deepcopy(export)
    tamper(changed)
    assert proof.check(changed) != []


async def test_the_file_is_checked_by_one_module_without_the_portal(export, tmp_path):
    alone = shutil.copy(proof.__file__, tmp_path / "check.py")
    file = tmp_path / "acme.json"
    file.write_text(json.dumps(export), encoding="utf-8")

    def run():
        # -I -S: neither our packages nor anybody else's can be imported.
        return subprocess.run(
            [sys.executable, "-I", "-S", alone, file], capture_output=True, text=True, check=False, timeout=60
        )

    done = run()
    assert done.returncode == 0, done.stderr
    assert "3 of 4 changes of 104417 Acme Castings are proven" in done.stdout
    assert 'city: "Kraków" → "Łódź" (because: They “moved” again)' in done.stdout
    assert export["newest"]["hash"] in done.stdout
    file.write_text(
        file.read_text(encoding="utf-8").replace("Elin Sandberg", "Olle Sandberg"), encoding="utf-8"
    )
    done = run()
    assert done.returncode == 1
    assert done.stdout.startswith("NOT PROVEN")


def test_the_module_says_what_is_wrong_with_a_file_that_is_no_export(tmp_path, capsys):
    (tmp_path / "x.json").write_text("[]")
    (tmp_path / "y.json").write_text("{")
    assert proof.main([str(tmp_path / "x.json")]) == 1
    assert proof.main([str(tmp_path / "y.json")]) == 2
    assert proof.main([]) == 2
    assert "not an export" in capsys.readouterr().out


async def test_a_record_is_found_by_number_by_both_numbers_and_by_id_when_it_is_gone(fresh):
    async with fresh.work(TESTER) as db:
        gone = await master.part(db, number="GH-1", name="Cover")
        await db.delete(gone)
        await db.flush()
        assert (await records.find(db, f"part:#{gone.id}")).name == "GH-1 Cover"
        with pytest.raises(NotFoundError, match="by its id"):
            await records.find(db, "part:GH-1")
        there = await master.part(db, number="A/B", name="Hub")
        assert (await records.find(db, "part:A/B")).id == there.id
        assert (await records.find(db, "part:A/B/Hub")).id == there.id


@pytest.mark.parametrize(
    "wanted", ["supplier", "session:1", "supplier:", "supplier:#0", "supplier:#99999999999999999999", ""]
)
async def test_what_names_no_record_is_told_so(fresh, wanted):
    async with fresh.work(TESTER) as db:
        with pytest.raises(BadInputError):
            await records.find(db, wanted)


def test_the_module_for_auditors_imports_nothing_but_python():
    source = Path(proof.__file__).read_text(encoding="utf-8")
    imported = [line.split()[1] for line in source.splitlines() if line.startswith(("import ", "from "))]
    assert {each.split(".")[0] for each in imported} <= sys.stdlib_module_names
