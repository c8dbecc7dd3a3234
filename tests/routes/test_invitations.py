import re
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from portal import clock
from portal.models.identity import Invitation
from portal.models.outbox import OutgoingMail
from portal.models.people import Person, Role
from portal.workflows import invitations
from tests.factories import people as factory

PASSWORD = "a kettle of grey herring"
NEW = {"name": "Piotr Nowak", "email": "piotr@acme.example", "role": "supplier_member"}


@pytest.fixture
async def aga(db, cast):
    """Acme's administrator."""
    return await factory.person(db, "Aga Acme", Role.SUPPLIER_ADMINISTRATOR, supplier_id=cast.acme.id)


async def links(db, address):
    """The links that were mailed to an address, the oldest first."""
    query = select(OutgoingMail).where(OutgoingMail.address == address).order_by(OutgoingMail.id)
    return [
        re.search(r"http://portal\.test(/invitation\?token=[\w-]+)", mail.body_text)[1]
        for mail in (await db.execute(query)).scalars()
    ]


def token(link):
    return link.partition("token=")[2]


async def person(db, email):
    return (
        await db.execute(select(Person).where(func.lower(Person.email) == email.lower()))
    ).scalar_one_or_none()


async def accept(site, link, **changes):
    browser = await site(None)
    data = {"token": token(link), "name": "Piotr Nowak", "password": PASSWORD, **changes}
    return browser, await browser.post("/invitation", data=data)


async def test_invited_and_in(site, db, cast, aga):
    assert (await (await site(aga)).post("/people/invite", data=NEW)).status_code == 303
    (link,) = await links(db, NEW["email"])
    browser = await site(None)
    page = await browser.get(link)
    assert page.status_code == 200
    assert NEW["email"] in page.text
    assert "Acme Castings" in page.text
    browser, answer = await accept(site, link)
    assert answer.status_code == 303
    assert "HttpOnly" in answer.headers["set-cookie"]
    assert NEW["email"] in (await browser.get("/account")).text
    piotr = await person(db, NEW["email"])
    assert (piotr.role, piotr.supplier_id) == (Role.SUPPLIER_MEMBER, cast.acme.id)


async def test_looking_any_number_of_times_burns_nothing(site, db, aga):
    await (await site(aga)).post("/people/invite", data=NEW)
    (link,) = await links(db, NEW["email"])
    scanner = await site(None)
    for _ in range(3):
        assert (await scanner.get(link)).status_code == 200
        await scanner.head(link)
    assert await person(db, NEW["email"]) is None
    assert (await accept(site, link))[1].status_code == 303


async def test_invite_binding_a_link_works_once(site, db, aga):
    await (await site(aga)).post("/people/invite", data=NEW)
    (link,) = await links(db, NEW["email"])
    await accept(site, link)
    _, again = await accept(site, link, name="Somebody Else")
    assert again.status_code == 410
    assert "set-cookie" not in again.headers
    assert (await person(db, NEW["email"])).name == "Piotr Nowak"


async def test_invite_binding_a_link_expires(site, db, aga):
    await (await site(aga)).post("/people/invite", data=NEW)
    (link,) = await links(db, NEW["email"])
    with clock.fixed(clock.now() + invitations.VALID + timedelta(seconds=1)):
        assert (await (await site(None)).get(link)).status_code == 410
        assert (await accept(site, link))[1].status_code == 410
    assert await person(db, NEW["email"]) is None


async def test_invite_binding_a_newer_invitation_replaces_the_older(site, db, aga):
    browser = await site(aga)
    await browser.post("/people/invite", data=NEW)
    await browser.post("/people/invite", data={**NEW, "email": NEW["email"].upper()})
    old = (await links(db, NEW["email"]))[0]
    new = (await links(db, NEW["email"].upper()))[0]
    assert (await accept(site, old))[1].status_code == 410
    assert (await accept(site, new))[1].status_code == 303


async def test_sent_again_the_older_link_ends(site, db, aga):
    browser = await site(aga)
    await browser.post("/people/invite", data=NEW)
    (path,) = re.findall(r"/people/invitations/\d+/renewal", (await browser.get("/people")).text)
    assert (await browser.post(path)).status_code == 303
    old, new = await links(db, NEW["email"])
    assert (await accept(site, old))[1].status_code == 410
    assert (await accept(site, new))[1].status_code == 303
    assert "not here yet" not in (await browser.get("/people")).text


async def test_withdrawn_it_ends(site, db, aga):
    browser = await site(aga)
    await browser.post("/people/invite", data=NEW)
    (path,) = re.findall(r"/people/invitations/\d+/withdrawal", (await browser.get("/people")).text)
    await browser.post(path)
    (link,) = await links(db, NEW["email"])
    assert (await accept(site, link))[1].status_code == 410


async def test_invite_binding_what_the_form_sends_along_changes_nothing(site, db, cast, aga):
    await (await site(aga)).post("/people/invite", data=NEW)
    (link,) = await links(db, NEW["email"])
    await accept(
        site,
        link,
        email="mallory@example.test",
        supplier_id=str(cast.bolt.id),
        supplier=cast.bolt.number,
        role="administrator",
        plant_ids="1",
    )
    piotr = await person(db, NEW["email"])
    assert (piotr.role, piotr.supplier_id, piotr.plant_ids) == (Role.SUPPLIER_MEMBER, cast.acme.id, None)
    assert await person(db, "mallory@example.test") is None


async def test_invite_binding_nobody_signed_in_can_use_it_up(site, db, cast, aga):
    await (await site(aga)).post("/people/invite", data=NEW)
    (link,) = await links(db, NEW["email"])
    rita = await site(cast.rita)
    assert "signed in as Rita Bolt" in (await rita.get(link)).text
    answer = await rita.post("/invitation", data={"token": token(link), "name": "Rita", "password": PASSWORD})
    assert answer.status_code == 422
    assert await person(db, NEW["email"]) is None
    assert (await accept(site, link))[1].status_code == 303


@pytest.mark.parametrize("wrong", ["", "x", "A" * 43, "A" * 5000, "%00", "é"])
async def test_a_token_that_is_none_says_so(site, cast, wrong):
    browser = await site(None)
    answer = await browser.get("/invitation", params={"token": wrong})
    assert answer.status_code == 410
    answer = await browser.post("/invitation", data={"token": wrong, "name": "N", "password": PASSWORD})
    assert answer.status_code == 410


async def test_a_weak_password_opens_nothing_and_burns_nothing(site, db, aga):
    await (await site(aga)).post("/people/invite", data=NEW)
    (link,) = await links(db, NEW["email"])
    _, answer = await accept(site, link, password="Piotr.Nowak.Acme.2026")
    assert answer.status_code == 422
    assert "first that somebody would try" in answer.text
    assert "Piotr.Nowak.Acme.2026" not in answer.text
    assert (await accept(site, link))[1].status_code == 303


async def test_a_supplier_invites_into_its_own_company_only(site, db, cast, aga):
    browser = await site(aga)
    await browser.post(
        "/people/invite", data={**NEW, "supplier": cast.bolt.number, "supplier_id": str(cast.bolt.id)}
    )
    found = (await db.execute(select(Invitation))).scalar_one()
    assert found.supplier_id == cast.acme.id
    for role in ("administrator", "buyer", "auditor", ""):
        answer = await browser.post("/people/invite", data={**NEW, "role": role})
        assert answer.status_code == 422
    assert (await db.execute(select(func.count()).select_from(Invitation))).scalar_one() == 1


async def test_a_rival_neither_sees_nor_touches_an_invitation(site, db, cast, aga):
    await (await site(aga)).post("/people/invite", data=NEW)
    found = (await db.execute(select(Invitation))).scalar_one()
    rita = await site(cast.rita)
    assert NEW["email"] not in (await rita.get("/people")).text
    for step in ("renewal", "withdrawal"):
        assert (await rita.post(f"/people/invitations/{found.id}/{step}")).status_code == 404
    await db.refresh(found)
    assert found.ended_at is None


async def test_enumeration_inviting_tells_nothing_about_who_is_elsewhere(site, db, cast, aga):
    browser = await site(aga)
    known = await browser.post("/people/invite", data={**NEW, "email": cast.rita.email})
    unknown = await browser.post("/people/invite", data={**NEW, "email": "nobody@example.test"})
    staff = await browser.post("/people/invite", data={**NEW, "email": cast.elin.email})
    assert known.status_code == unknown.status_code == staff.status_code == 303
    assert known.headers["location"] == unknown.headers["location"] == staff.headers["location"]
    text = (await browser.get("/people")).text
    assert text.count("Send again") == 3
    assert "already" not in text
    (link,) = await links(db, cast.rita.email)
    _, answer = await accept(site, link)
    assert answer.status_code == 410
    assert "already has an account" in answer.text
    await db.refresh(cast.rita)
    assert cast.rita.supplier_id == cast.bolt.id


async def test_a_colleague_with_an_account_is_named(site, cast, aga):
    answer = await (await site(aga)).post("/people/invite", data={**NEW, "email": cast.tomasz.email.upper()})
    assert answer.status_code == 422
    assert "Tomasz Wieczorek already has an account" in answer.text


async def test_staff_are_invited_with_their_plants(site, db, cast):
    root = await site(cast.root)
    data = {"name": "Nils New", "email": "nils@norrland.example", "role": "quality_engineer"}
    await root.post("/people/invite", data={**data, "plants": str(cast.gdansk.id)})
    (link,) = await links(db, data["email"])
    await accept(site, link)
    nils = await person(db, data["email"])
    assert (nils.role, nils.supplier_id, nils.plant_ids) == (Role.QUALITY_ENGINEER, None, [cast.gdansk.id])
    assert nils.time_zone == "Europe/Stockholm"


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"role": "supplier_member"}, "Enter the number of the supplier"),
        ({"role": "supplier_member", "supplier": "nothing"}, "There is no supplier with the number"),
        ({"role": "buyer", "supplier": "104417"}, "Leave the supplier number empty"),
        ({"role": "buyer", "email": "not an address"}, "e-mail address"),
        ({"role": "buyer", "email": "a@b.example, c@d.example"}, "e-mail address"),
        ({"role": "buyer", "name": ""}, "Enter name"),
    ],
)
async def test_a_refused_invitation_says_why(site, db, cast, changes, says):
    data = {"name": "Nils", "email": "nils@norrland.example", **changes}
    answer = await (await site(cast.root)).post("/people/invite", data=data)
    assert answer.status_code == 422
    assert says in answer.text
    assert (await db.execute(select(func.count()).select_from(OutgoingMail))).scalar_one() == 0


async def test_only_the_hash_of_a_link_is_stored(site, db, aga):
    await (await site(aga)).post("/people/invite", data=NEW)
    (link,) = await links(db, NEW["email"])
    found = (await db.execute(select(Invitation))).scalar_one()
    assert token(link) not in repr(found)
    (mail,) = (await db.execute(select(OutgoingMail))).scalars()
    assert mail.is_secret
    assert mail.expires_at == found.expires_at
