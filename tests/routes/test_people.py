import csv
import io
from datetime import timedelta

import pytest
from sqlalchemy import select

from portal import clock
from portal.models.identity import Passkey, Totp
from portal.models.people import Person, Role
from portal.workflows import sign_in
from tests.factories import people as factory


@pytest.fixture
async def aga(db, cast):
    """Acme's administrator."""
    return await factory.person(db, "Aga Acme", Role.SUPPLIER_ADMINISTRATOR, supplier_id=cast.acme.id)


def form(person, **changes):
    given = {"name": person.name, "title": person.title, "role": person.role.value, "version": person.version}
    return {**given, **changes}


async def signed_out(browser):
    answer = await browser.get("/account")
    return answer.status_code == 303 and answer.headers["location"].startswith("/sign-in")


async def test_our_administrator_sees_everybody(site, cast):
    text = (await (await site(cast.root)).get("/people")).text
    for person in (cast.tomasz, cast.rita, cast.elin, cast.gustav, cast.root):
        assert person.email in text
    assert "Acme Castings" in text
    assert "GDN" in text


async def test_a_suppliers_administrator_sees_colleagues_and_nobody_else(site, cast, aga):
    text = (await (await site(aga)).get("/people")).text
    assert cast.tomasz.email in text
    for stranger in (cast.rita, cast.elin, cast.root):
        assert stranger.email not in text
        assert stranger.name not in text


@pytest.mark.parametrize("name", ["tomasz", "elin", "olle", "karin", "vera", "anna", "gustav"])
async def test_who_manages_nobody_gets_no_page(site, cast, name):
    browser = await site(getattr(cast, name))
    for path in ("/people", "/people.csv", "/people/invite", f"/people/{cast.tomasz.id}"):
        assert (await browser.get(path)).status_code == 404
    assert "/people" not in (await browser.get("/account")).text


async def test_a_signed_out_browser_gets_nothing(site, cast):
    browser = await site(None)
    for path in ("/people", "/people.csv", "/people/invite", f"/people/{cast.tomasz.id}"):
        assert (await browser.get(path)).headers["location"].startswith("/sign-in")


@pytest.mark.parametrize("step", ["", "/deactivation", "/reactivation", "/sessions/end"])
async def test_a_rivals_administrator_changes_nobody_here(site, db, cast, step):
    tomasz = await site(cast.tomasz)
    rita = await site(cast.rita)
    for person in (cast.tomasz, cast.elin, cast.root):
        assert (await rita.get(f"/people/{person.id}")).status_code == 404
        assert (await rita.post(f"/people/{person.id}{step}", data=form(person))).status_code == 404
    assert (await tomasz.get("/account")).status_code == 200
    await db.refresh(cast.tomasz)
    assert cast.tomasz.is_active


async def test_an_id_that_cannot_be_one_is_not_found(site, cast):
    browser = await site(cast.root)
    for odd in ("0", "-1", "9" * 30, "1e3", "x"):
        assert (await browser.get(f"/people/{odd}")).status_code == 404


async def test_kill_sessions_another_role_counts_at_once_and_signs_out(site, db, cast):
    elin, root = await site(cast.elin), await site(cast.root)
    answer = await root.post(f"/people/{cast.elin.id}", data=form(cast.elin, role="top_management"))
    assert answer.headers["location"].endswith("?done=role")
    assert await signed_out(elin)
    await db.refresh(cast.elin)
    assert cast.elin.role is Role.TOP_MANAGEMENT


async def test_another_name_signs_nobody_out(site, db, cast):
    elin, root = await site(cast.elin), await site(cast.root)
    await root.post(f"/people/{cast.elin.id}", data=form(cast.elin, name="Elin S. Berg", title="Luleå"))
    assert "Elin S. Berg" in (await elin.get("/account")).text


async def test_plants_limit_staff_and_none_ticked_means_all(site, db, cast):
    root = await site(cast.root)
    await root.post(f"/people/{cast.elin.id}", data=form(cast.elin, plants=str(cast.gdansk.id)))
    await db.refresh(cast.elin)
    assert cast.elin.plant_ids == [cast.gdansk.id]
    await root.post(f"/people/{cast.elin.id}", data=form(cast.elin))
    await db.refresh(cast.elin)
    assert cast.elin.plant_ids is None


@pytest.mark.parametrize("role", ["administrator", "quality_manager", "nonsense", ""])
async def test_nobody_at_a_supplier_is_given_one_of_our_roles(site, db, cast, aga, role):
    for giver in (aga, cast.root):
        browser = await site(giver)
        answer = await browser.post(f"/people/{cast.tomasz.id}", data=form(cast.tomasz, role=role))
        assert answer.status_code == 422
    await db.refresh(cast.tomasz)
    assert cast.tomasz.role is Role.SUPPLIER_MEMBER


async def test_mass_assign_changes_neither_supplier_nor_address(site, db, cast, aga):
    browser = await site(aga)
    before = cast.tomasz.email, cast.tomasz.supplier_id
    more = {
        "supplier_id": str(cast.bolt.id),
        "email": "else@example.test",
        "is_active": "",
        "plants": str(cast.lulea.id),
        "password_hash": "x",
    }
    assert (
        await browser.post(f"/people/{cast.tomasz.id}", data=form(cast.tomasz, **more))
    ).status_code == 303
    await db.refresh(cast.tomasz)
    assert (cast.tomasz.email, cast.tomasz.supplier_id) == before
    assert await sign_in.password_hash(db, cast.tomasz.id) == ""
    assert cast.tomasz.is_active
    assert cast.tomasz.plant_ids is None


async def test_if_match_a_stale_form_shows_both_and_saves_neither(site, db, cast):
    root = await site(cast.root)
    stale = form(cast.elin, name="Elin the Second")
    await root.post(f"/people/{cast.elin.id}", data=form(cast.elin, name="Elin the First"))
    answer = await root.post(f"/people/{cast.elin.id}", data=stale)
    assert answer.status_code == 412
    assert "Elin the First" in answer.text
    assert "Elin the Second" in answer.text
    await db.refresh(cast.elin)
    assert cast.elin.name == "Elin the First"


async def test_deactivation_signs_out_and_keeps_out_and_reactivation_lets_in(site, db, cast, aga):
    tomasz, browser = await site(cast.tomasz), await site(aga)
    await browser.post(f"/people/{cast.tomasz.id}/deactivation")
    assert await signed_out(tomasz)
    assert "Deactivated" in (await browser.get(f"/people/{cast.tomasz.id}")).text
    await browser.post(f"/people/{cast.tomasz.id}/reactivation")
    assert await signed_out(tomasz), "an ended session stays ended"
    assert (await (await site(cast.tomasz)).get("/account")).status_code == 200


async def test_the_last_administrator_stays(site, db, cast):
    root = await site(cast.root)
    answer = await root.post(f"/people/{cast.root.id}", data=form(cast.root, role="buyer"))
    assert answer.status_code == 422
    assert "the last administrator" in answer.text
    answer = await root.post(f"/people/{cast.root.id}/deactivation")
    assert answer.status_code == 409
    await db.refresh(cast.root)
    assert cast.root.is_active
    assert cast.root.role is Role.ADMINISTRATOR


async def test_a_suppliers_last_administrator_stays_until_we_say_otherwise(site, db, cast, aga):
    browser, root = await site(aga), await site(cast.root)
    answer = await browser.post(f"/people/{aga.id}", data=form(aga, role="supplier_member"))
    assert answer.status_code == 422
    assert (await browser.post(f"/people/{aga.id}/deactivation")).status_code == 409
    assert (await root.post(f"/people/{aga.id}/deactivation")).status_code == 303
    await db.refresh(aga)
    assert not aga.is_active


async def test_one_of_two_administrators_may_go(site, db, cast):
    second = await factory.person(db, "Second Root", Role.ADMINISTRATOR)
    root = await site(cast.root)
    assert (await root.post(f"/people/{second.id}/deactivation")).status_code == 303
    third = await factory.person(db, "Third Root", Role.ADMINISTRATOR)
    answer = await root.post(f"/people/{cast.root.id}", data=form(cast.root, role="buyer"))
    assert answer.status_code == 303
    assert await signed_out(root)
    assert third.is_active


async def test_somebody_is_signed_out_everywhere_by_an_administrator(site, cast):
    browsers = [await site(cast.tomasz) for _ in range(2)]
    root = await site(cast.root)
    assert "Sign out everywhere" in (await root.get(f"/people/{cast.tomasz.id}")).text
    await root.post(f"/people/{cast.tomasz.id}/sessions/end")
    for browser in browsers:
        assert await signed_out(browser)


async def test_the_review_file_says_who_may_what_and_how_well_protected(site, db, cast):
    db.add(Totp(person_id=cast.elin.id, secret="S", last_step=0))
    db.add(
        Passkey(person_id=cast.karin.id, credential_id=b"k", public_key=b"k", user_handle=b"h", name="Laptop")
    )
    cast.elin.last_signed_in_at = clock.now() - timedelta(days=3)
    await db.flush()
    answer = await (await site(cast.root)).get("/people.csv")
    rows = {row["E-mail"]: row for row in csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")))}
    assert set(rows) == set((await db.execute(select(Person.email))).scalars())
    elin, karin, gustav, tomasz = (
        rows[person.email] for person in (cast.elin, cast.karin, cast.gustav, cast.tomasz)
    )
    assert elin["Second factor"] == "Authenticator app"
    assert elin["Last signed in"].startswith((clock.now() - timedelta(days=3)).strftime("%Y-%m-%d"))
    assert karin["Second factor"] == "Passkey"
    assert gustav["Plants"] == "GDN"
    assert elin["Plants"] == "All"
    assert tomasz["Role"] == "Supplier member"
    assert (tomasz["Supplier"], tomasz["Supplier number"]) == ("Acme Castings", "104417")
    assert tomasz["Active"] == "yes"
    assert "S" not in elin.values()
    sheet = await (await site(cast.root)).get("/people.xlsx")
    assert sheet.content[:2] == b"PK"


async def test_the_review_file_of_a_supplier_holds_only_colleagues(site, cast, aga):
    text = (await (await site(aga)).get("/people.csv")).text
    assert cast.tomasz.email in text
    assert cast.rita.email not in text
    assert cast.elin.email not in text


@pytest.mark.parametrize(
    ("query", "found", "missing"),
    [
        ("house=staff", "elin", "tomasz"),
        ("house=suppliers", "tomasz", "elin"),
        ("role=buyer", "olle", "elin"),
        ("q=wieczorek", "tomasz", "rita"),
        ("q=bolt", "rita", "tomasz"),
        ("factor=no", "elin", None),
        ("state=active&sort=-last", "elin", None),
    ],
)
async def test_the_list_is_narrowed_by_its_address(site, cast, query, found, missing):
    text = (await (await site(cast.root)).get(f"/people?{query}")).text
    assert getattr(cast, found).email in text
    assert missing is None or getattr(cast, missing).email not in text
