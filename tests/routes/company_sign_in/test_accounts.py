"""Whose company account opens which account of ours."""

from datetime import timedelta

from sqlalchemy import select

from portal import clock
from portal.db import at_the_gate
from portal.models.identity import CompanySignIn, ExternalIdentity
from portal.models.outbox import OutgoingMail
from portal.models.people import Person, Role, Session, SignInMethod
from portal.workflows import invitations, sign_in
from portal.workflows.company import identities
from tests.oidc.provider import Account
from tests.people import secrets_of
from tests.routes.company_sign_in.conftest import (
    CALLBACK,
    connected,
    invited,
    is_in,
    round_trip,
    there_and_back,
)


async def test_staff_sign_in_with_their_company_account(open_site, db, known):
    browser = await (await open_site())(None)
    assert "Sign in with Norrland ID" in (await browser.get("/sign-in")).text
    answer = await round_trip(browser, next="/suppliers")
    assert answer.status_code == 303, answer.text
    assert answer.headers["location"] == "/suppliers"
    assert await is_in(browser)
    (session,) = await secrets_of(db, select(Session))
    assert session.person_id == known.elin.id
    assert session.method is SignInMethod.COMPANY
    assert await secrets_of(db, select(CompanySignIn)) == []


async def test_without_a_provider_there_is_no_button_and_no_way(site, cast):
    browser = await site(None)
    assert "/sign-in/company" not in (await browser.get("/sign-in")).text
    assert (await browser.post("/sign-in/company")).status_code == 404
    assert (await browser.get(CALLBACK)).status_code == 404


async def test_an_address_alone_opens_nothing(open_site, db, cast, company):
    browser = await (await open_site())(None)
    answer = await round_trip(browser)
    assert answer.status_code == 409
    assert "opens nothing here" in answer.text
    assert not await is_in(browser)
    assert await connected(db) == {}


async def test_an_administrator_lets_a_confirmed_address_connect_itself_once(open_site, db, cast, company):
    visit = await open_site()
    root = await visit(cast.root)
    assert "Let it connect by its address?" in (await root.get(f"/people/{cast.elin.id}")).text
    assert (await root.post(f"/people/{cast.elin.id}/company-permission")).status_code == 303
    assert "May connect with" in (await root.get(f"/people/{cast.elin.id}")).text
    company.account.email_verified = False
    assert (await round_trip(await visit(None))).status_code == 409
    company.account.email_verified = True
    assert (await round_trip(await visit(None))).status_code == 303
    assert await connected(db) == {cast.elin.id: "subject-of-elin"}
    # Known by the subject from now on: a new holder of the address is somebody else.
    company.account = Account("a-new-colleague", "elin.sandberg@example.test")
    assert (await round_trip(await visit(None))).status_code == 409
    company.account = Account("subject-of-elin", "elin.married@example.test")
    assert (await round_trip(await visit(None))).status_code == 303


async def test_a_permission_ends_by_itself(open_site, db, cast, company):
    await identities.permit(db, cast.elin)
    cast.elin.company_match_until_at = clock.now() - timedelta(seconds=1)
    await db.flush()
    assert (await round_trip(await (await open_site())(None))).status_code == 409


async def test_only_an_administrator_permits(open_site, cast):
    visit = await open_site()
    for person in (cast.karin, cast.elin, cast.rita):
        answer = await (await visit(person)).post(f"/people/{cast.elin.id}/company-permission")
        assert answer.status_code == 404


async def test_somebody_signed_in_connects_their_own_account(open_site, db, cast, company):
    browser = await (await open_site())(cast.olle)
    company.account = Account("subject-of-olle", "private@elsewhere.test")
    answer = await round_trip(browser, "/account/company")
    assert answer.headers["location"] == "/account?done=company-on"
    assert await connected(db) == {cast.olle.id: "subject-of-olle"}
    assert "private@elsewhere.test" in (await browser.get("/account")).text
    told = (await db.execute(select(OutgoingMail))).scalars().all()
    assert ["company account was connected" in mail.subject for mail in told] == [True]
    # It is theirs alone.
    other = await (await open_site())(cast.karin)
    assert "somebody else" in (await round_trip(other, "/account/company")).text
    assert await connected(db) == {cast.olle.id: "subject-of-olle"}


async def test_connecting_needs_the_browser_that_asked_still_signed_in(open_site, db, cast, company):
    visit = await open_site()
    olle, root = await visit(cast.olle), await visit(cast.root)
    back = await there_and_back(await olle.post("/account/company"))
    root.cookies.update(olle.cookies)
    root.cookies.set("assay_80", "", domain="portal.test")
    assert (await root.get(back)).status_code == 409
    assert await connected(db) == {}


async def test_the_last_way_in_stays(open_site, db, known):
    browser = await (await open_site())(known.elin)
    answer = await browser.post("/account/company/removal")
    assert answer.status_code == 409
    assert identities.LAST_WAY.split(".")[0] in answer.text
    known.elin.password_hash = await sign_in.hash_password("seven gulls over the quay")
    await db.flush()
    assert (await browser.post("/account/company/removal")).headers["location"].endswith("company-off")
    assert await connected(db) == {}


async def test_an_administrator_disconnects_and_signs_out(open_site, db, known):
    visit = await open_site()
    elin, root = await visit(known.elin), await visit(known.root)
    assert (await root.post(f"/people/{known.elin.id}/company-removal")).status_code == 303
    assert not await is_in(elin)
    assert (await round_trip(await visit(None))).status_code == 409


async def test_deactivated_means_refused(open_site, db, known):
    known.elin.is_active = False
    await db.flush()
    browser = await (await open_site())(None)
    assert "opens nothing here" in (await round_trip(browser)).text
    assert not await is_in(browser)


async def test_suppliers_never_sign_in_with_it(open_site, db, cast, company):
    visit = await open_site()
    rita = await visit(cast.rita)
    assert "Company account" not in (await rita.get("/account")).text
    assert (await rita.post("/account/company")).status_code == 404
    # Not even with a row that should not be there, or a permission.
    company.account = Account("subject-of-rita", cast.rita.email)
    cast.rita.company_match_until_at = clock.now() + timedelta(days=1)
    await db.flush()
    assert (await round_trip(await visit(None))).status_code == 409
    db.add(ExternalIdentity(person_id=cast.rita.id, issuer=company.issuer, subject="subject-of-rita"))
    await db.flush()
    assert (await round_trip(await visit(None))).status_code == 409


async def test_an_invitation_is_accepted_with_the_company_account(open_site, db, settings, cast, company):
    token = await invited(db, settings, cast)
    visit = await open_site()
    browser = await visit(None)
    assert "Open it with Norrland ID" in (await browser.get(f"/invitation?token={token}")).text
    company.account = Account("subject-of-nina", "nina@elsewhere.test")
    answer = await round_trip(browser, "/invitation/company", token=token)
    assert answer.headers["location"] == "/account?done=welcome-company"
    nina = (await db.execute(select(Person).where(Person.email == "nina.ny@example.test"))).scalar_one()
    assert (nina.role, await sign_in.password_hash(db, nina.id)) == (Role.BUYER, "")
    assert await connected(db) == {nina.id: "subject-of-nina"}
    assert await is_in(browser)
    again = await (await visit(None)).post("/invitation/company", data={"token": token})
    assert again.status_code == 410


async def test_a_company_account_opens_one_account_only(open_site, db, settings, known):
    token = await invited(db, settings, known)
    answer = await round_trip(await (await open_site())(None), "/invitation/company", token=token)
    assert "somebody else" in answer.text
    assert await invitations.has_account(db, "nina.ny@example.test") is False
    async with at_the_gate(db):
        await invitations.look(db, token)


async def test_a_supplier_accepts_with_a_password_only(open_site, db, settings, cast):
    token = await invited(db, settings, cast, role=Role.SUPPLIER_MEMBER, supplier_id=cast.acme.id)
    browser = await (await open_site())(None)
    assert "Norrland ID" not in (await browser.get(f"/invitation?token={token}")).text
    assert (await browser.post("/invitation/company", data={"token": token})).status_code == 404
