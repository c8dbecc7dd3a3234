"""A supplier's sites and contacts."""

from sqlalchemy import func, select
from sqlmodel import col

from portal.models.suppliers import Contact, ProcessRole
from portal.models.suppliers import SupplierSite as Site
from tests.factories import suppliers

# sites and contacts


async def test_sites_are_added_changed_and_removed(elin, db, cast):
    site = {"name": "Poznań", "address": "ul. 1", "city": "", "country": "PL", "time_zone": "Europe/Warsaw"}
    answer = await elin.post("/suppliers/104417/sites", data=site)
    assert answer.headers["location"] == "/suppliers/104417#sites"
    assert (await elin.post("/suppliers/104417/sites", data=site)).status_code == 422
    added = (await db.execute(select(Site))).scalar_one()
    at = f"/suppliers/104417/sites/{added.id}"
    assert 'value="Poznań"' in (await elin.get(f"{at}/edit")).text
    assert (await elin.post(at, data={**site, "name": "Łódź", "version": "1"})).status_code == 303
    stale = await elin.post(at, data={**site, "name": "Gdynia", "version": "1"})
    assert stale.status_code == 412
    assert "Łódź" in stale.text
    assert "Gdynia" in stale.text
    person = await suppliers.contact(db, cast.acme, site_id=added.id)
    assert "1 contact here stays with" in (await elin.get(f"{at}/edit")).text
    assert (await elin.post(f"{at}/removal")).status_code == 303
    assert (await db.execute(select(func.count()).select_from(Site))).scalar_one() == 0
    await db.refresh(person)
    assert person.site_id is None


async def test_a_site_on_the_approved_list_stays(elin, db, cast):
    foundry = await suppliers.site(db, cast.acme, name="Foundry")
    await suppliers.contact(db, cast.acme, site_id=foundry.id)
    await suppliers.approval(db, cast.acme, site_id=foundry.id)
    answer = await elin.post(f"/suppliers/104417/sites/{foundry.id}/removal")
    assert answer.status_code == 409
    assert "stands on the approved supplier list" in answer.text
    assert (await db.execute(select(func.count()).select_from(Site))).scalar_one() == 1
    assert (
        await db.execute(select(func.count()).select_from(Contact).where(col(Contact.site_id).is_not(None)))
    ).scalar_one() == 1


async def test_contacts_are_added_changed_and_removed(elin, db, cast):
    site = await suppliers.site(db, cast.acme)
    data = {
        "name": "Marta",
        "email": "m@acme.test",
        "role": "logistics",
        "phone": "+48",
        "site": f"{site.id}",
    }
    answer = await elin.post("/suppliers/104417/contacts", data=data)
    assert answer.headers["location"] == "/suppliers/104417#contacts"
    added = (await db.execute(select(Contact))).scalar_one()
    assert (added.role, added.site_id, added.supplier_id) == (
        ProcessRole.LOGISTICS,
        site.id,
        cast.acme.id,
    )
    again = await elin.post("/suppliers/104417/contacts", data=data)
    assert again.status_code == 422
    assert "already a contact for logistics" in again.text
    at = f"/suppliers/104417/contacts/{added.id}"
    assert (await elin.post(at, data={**data, "name": "Marta N", "version": "1"})).status_code == 303
    stale = await elin.post(at, data={**data, "name": "M. Nowak", "version": "1"})
    assert stale.status_code == 412
    assert "Marta N" in stale.text
    assert 'value="M. Nowak"' in stale.text
    assert (await elin.post(f"{at}/removal")).status_code == 303
    assert (await elin.post(f"{at}/removal")).status_code == 404


async def test_a_wrong_contact_keeps_what_was_typed(elin):
    for field, value in [
        ("email", "no address"),
        ("email", ""),
        ("role", "boss"),
        ("site", "1e5"),
        ("site", "-1"),
        ("name", ""),
    ]:
        data = {"name": "Marta", "email": "m@acme.test", "role": "quality", "phone": "+48 1", field: value}
        answer = await elin.post("/suppliers/104417/contacts", data=data)
        assert answer.status_code == 422, (field, value)
        assert f'href="#f-{field}"' in answer.text, (field, value)
        assert 'value="+48 1"' in answer.text, (field, value)


async def test_nested_parent_and_attach_by_reference(elin, db, cast):
    theirs = await suppliers.contact(db, cast.bolt)
    site = await suppliers.site(db, cast.bolt)
    data = {"name": "X", "email": "x@y.test", "role": "quality", "version": "1", "time_zone": "UTC"}
    for path in (f"contacts/{theirs.id}", f"sites/{site.id}"):
        assert (await elin.get(f"/suppliers/104417/{path}/edit")).status_code == 404
        assert (await elin.post(f"/suppliers/104417/{path}", data=data)).status_code == 404
        assert (await elin.post(f"/suppliers/104417/{path}/removal")).status_code == 404
    answer = await elin.post("/suppliers/104417/contacts", data={**data, "site": f"{site.id}"})
    assert answer.status_code == 422
    assert "Choose a site of this supplier" in answer.text


async def test_an_id_that_can_be_none_is_missing(elin):
    for row in ["0", "-1", "x", "9223372036854775808", "1" * 40, "%00", "1.5", "%D9%A1"]:
        for path in (f"sites/{row}/edit", f"contacts/{row}/edit"):
            assert (await elin.get(f"/suppliers/104417/{path}")).status_code == 404
