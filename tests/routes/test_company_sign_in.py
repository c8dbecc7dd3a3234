"""Signing in with the company's account, against a provider that is really there."""

import html
import re
import time
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import httpx
import pyotp
import pytest
from sqlalchemy import select

from portal import clock
from portal.db import at_the_gate
from portal.models.identity import CompanySignIn, ExternalIdentity
from portal.models.outbox import OutgoingMail
from portal.models.people import Person, Role, Session, SignInMethod
from portal.settings import Oidc
from portal.workflows import invitations, second_factor, sign_in
from portal.workflows.company import attempts, identities
from tests.conftest import KEYRING, visits
from tests.oidc.provider import Account, CompanyProvider, running
from tests.people import principal_of, secrets_of

CALLBACK = "/sign-in/company/callback"


@pytest.fixture(scope="module")
async def provider():
    async with running(CompanyProvider()) as running_provider:
        yield running_provider


@pytest.fixture
def company(provider):
    """The provider as it begins: one who keeps to the rules, and Elin signed in there."""
    fresh = CompanyProvider()
    fresh.port = provider.port
    provider.__dict__.update({k: v for k, v in fresh.__dict__.items() if k != "sign"})
    provider.sign = provider._sign
    provider.account = Account("subject-of-elin", "elin.sandberg@example.test")
    return provider


@pytest.fixture
def oidc(company):
    return Oidc(company.issuer, company.client_id, company.client_secret, name="Norrland ID")


@pytest.fixture
async def open_site(database, db, settings, oidc):
    """A way to open browsers at a portal with this company sign-in; more settings may be given."""
    async with AsyncExitStack() as stack:

        async def opened(*, strong="", **more):
            more = {"require_second_factor": False, **more}
            config = replace(settings, oidc=replace(oidc, strong=frozenset(strong.split())), **more)
            return await visits(stack, database, config)

        yield opened


@pytest.fixture
async def known(db, cast, company):
    """Elin's account is connected with her company account."""
    db.add(ExternalIdentity(person_id=cast.elin.id, issuer=company.issuer, subject="subject-of-elin"))
    await db.flush()
    return cast


def way(answer):
    """Where the page sends the browser: by itself, and with a link."""
    assert answer.status_code == 200, answer.text
    found = html.unescape(re.search(r'http-equiv="refresh" content="0;url=([^"]+)"', answer.text)[1])
    assert html.unescape(re.search(r'class="btn btn-primary w-100" href="([^"]+)"', answer.text)[1]) == found
    return found


async def there_and_back(answer):
    """Follow the browser to the provider; return the path that it comes back to."""
    async with httpx.AsyncClient() as outside:
        back = await outside.get(way(answer))
    assert back.status_code == 302, back.text
    return back.headers["location"].removeprefix("http://portal.test")


async def round_trip(browser, begin="/sign-in/company", **data):
    return await browser.get(await there_and_back(await browser.post(begin, data=data)))


async def is_in(browser):
    return (await browser.get("/account")).status_code == 200


async def connected(db):
    query = select(ExternalIdentity).execution_options(populate_existing=True)
    return {row.person_id: row.subject for row in (await db.execute(query)).scalars()}


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


async def invited(db, settings, cast, **given):
    offer = invitations.Offer("nina.ny@example.test", "Nina Ny", given.pop("role", Role.BUYER), **given)
    return (await invitations.invite(db, settings, principal_of(cast.root), offer))[1]


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


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://evil.example"},
        {"iss": None},
        {"aud": "another-client"},
        {"aud": None},
        {"aud": ["assay", "another-client"]},
        {"aud": ["assay", "another-client"], "azp": "another-client"},
        {"azp": "another-client"},
        {"exp": int(time.time()) - 120},
        {"exp": None},
        {"exp": "soon"},
        {"iat": int(time.time()) - 3600},
        {"iat": int(time.time()) + 3600},
        {"iat": None},
        {"nbf": int(time.time()) + 3600},
        {"nonce": "another"},
        {"nonce": None},
        {"sub": None},
        {"sub": ""},
        {"sub": 17},
        {"sub": "s" * 300},
    ],
    ids="-".join,  # without the time, which differs between the processes that run the tests
)
async def test_a_token_that_is_not_for_us_now_and_this_browser_opens_nothing(
    open_site, known, company, claims
):
    company.claims = claims
    browser = await (await open_site())(None)
    answer = await round_trip(browser)
    assert answer.status_code == 409
    assert "did not confirm who you are" in answer.text
    assert not await is_in(browser)


@pytest.mark.parametrize("how", ["unsigned", "confused", "with_client_secret"])
async def test_only_a_signature_of_the_providers_own_key_counts(open_site, known, company, how):
    company.sign = getattr(company, how)
    company.description = {"id_token_signing_alg_values_supported": ["none", "HS256", "ES256"]}
    browser = await (await open_site())(None)
    assert (await round_trip(browser)).status_code == 409
    assert not await is_in(browser)


async def test_a_changed_token_opens_nothing(open_site, known, company):
    def changed(said):
        token = company._sign(said)
        head, body, signature = token.split(".")
        return f"{head}.{body}.{'A' if signature[0] != 'A' else 'B'}{signature[1:]}"

    company.sign = changed
    assert (await round_trip(await (await open_site())(None))).status_code == 409


async def test_two_audiences_with_us_as_the_authorized_one_are_fine(open_site, known, company):
    company.claims = {"aud": ["assay", "another-client"], "azp": "assay"}
    assert (await round_trip(await (await open_site())(None))).status_code == 303


async def test_a_new_key_is_fetched_once_and_an_unknown_one_refused(open_site, known, company):
    visit = await open_site()
    assert (await round_trip(await visit(None))).status_code == 303
    company.asked.clear()
    assert (await round_trip(await visit(None))).status_code == 303
    assert "GET /keys" not in company.asked  # kept
    assert "GET /.well-known/openid-configuration" not in company.asked
    company.rotate()
    with clock.fixed(clock.now() + timedelta(seconds=40)):
        assert (await round_trip(await visit(None))).status_code == 303
    assert company.asked.count("GET /keys") == 1
    # A key that is not shown: asked for at most twice a minute, whatever comes.
    shown = company.shown
    company.rotate("k3")
    company.shown = shown
    with clock.fixed(clock.now() + timedelta(seconds=50)):
        for _ in range(3):
            assert (await round_trip(await visit(None))).status_code == 409
    assert company.asked.count("GET /keys") == 1


async def test_a_code_or_an_answer_counts_once(open_site, db, known):
    browser = await (await open_site())(None)
    began = await browser.post("/sign-in/company")
    kept = dict(browser.cookies)
    back = await there_and_back(began)
    assert (await browser.get(back)).status_code == 303
    # The same browser with the same cookie, once more.
    browser.cookies.clear()
    browser.cookies.update(kept)
    again = await browser.get(back)
    assert again.status_code == 409
    assert "was used already" in again.text
    assert not await is_in(browser)


async def test_a_stolen_answer_is_worth_nothing_in_another_browser(open_site, known):
    visit = await open_site()
    back = await there_and_back(await (await visit(None)).post("/sign-in/company"))
    stranger = await visit(None)
    assert (await stranger.get(back)).status_code == 409
    # Nor with a sign-in of the stranger's own: the code belongs to another verifier and nonce.
    began = await stranger.post("/sign-in/company")
    state = parse_qs(urlsplit(way(began)).query)["state"][0]
    code = parse_qs(urlsplit(back).query)["code"][0]
    assert (await stranger.get(CALLBACK, params={"code": code, "state": state})).status_code == 409
    assert not await is_in(stranger)


async def test_an_answer_of_another_issuer_is_refused(open_site, known):
    browser = await (await open_site())(None)
    back = await there_and_back(await browser.post("/sign-in/company"))
    other = httpx.URL(back).copy_set_param("iss", "https://evil.example")
    assert (await browser.get(str(other))).status_code == 409


async def test_a_way_that_took_too_long_is_over(open_site, db, known):
    browser = await (await open_site())(None)
    back = await there_and_back(await browser.post("/sign-in/company"))
    with clock.fixed(clock.now() + attempts.VALID + timedelta(seconds=1)):
        assert (await browser.get(back)).status_code == 409


async def test_who_does_not_sign_in_there_comes_back_to_us(open_site, known, company):
    company.account = None
    answer = await round_trip(await (await open_site())(None))
    assert answer.status_code == 409
    assert "You did not sign in there" in answer.text


async def test_nothing_that_finishes_a_sign_in_lies_in_the_database(open_site, db, known):
    browser = await (await open_site())(None)
    began = await browser.post("/sign-in/company")
    asked = parse_qs(urlsplit(way(began)).query)
    (row,) = await secrets_of(db, select(CompanySignIn))
    stored = " ".join(str(value) for value in row.model_dump().values())
    token = browser.cookies["assay_80_company"]
    for secret in (token, asked["state"][0], asked["nonce"][0], attempts.bound(token).verifier):
        assert secret not in stored
    assert asked["redirect_uri"] == ["http://portal.test/sign-in/company/callback"]
    assert "HttpOnly" in began.headers["set-cookie"]
    assert "SameSite=lax" in began.headers["set-cookie"]


async def test_a_provider_that_is_down_says_so_and_the_other_ways_work(open_site, db, known, company):
    known.elin.password_hash = await sign_in.hash_password("seven gulls over the quay")
    await db.flush()
    visit = await open_site()
    company.is_down = True
    browser = await visit(None)
    answer = await browser.post("/sign-in/company")
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "60"
    assert "Norrland ID cannot be reached at the moment. Sign in another way" in answer.text
    assert 'href="/sign-in"' in answer.text
    entered = await browser.post(
        "/sign-in", data={"email": known.elin.email, "password": "seven gulls over the quay"}
    )
    assert entered.status_code == 303
    # Down between the way there and the way back.
    company.is_down = False
    other = await visit(None)
    back = await there_and_back(await other.post("/sign-in/company"))
    company.is_down = True
    assert (await other.get(back)).status_code == 503
    assert not await is_in(other)


@pytest.mark.parametrize(
    "description",
    [
        {"issuer": "https://evil.example"},
        {"token_endpoint": "http://169.254.169.254/latest/meta-data"},
        {"jwks_uri": "file:///etc/passwd"},
        {"authorization_endpoint": "javascript:alert(1)"},
    ],
    ids=str,
)
async def test_a_description_that_leads_astray_is_not_followed(open_site, known, company, description):
    company.description = description
    browser = await (await open_site())(None)
    assert (await browser.post("/sign-in/company")).status_code == 503


async def test_nothing_a_browser_sends_decides_where_we_ask(open_site, known, company):
    company.asked.clear()
    browser = await (await open_site())(None)
    evil = "http://127.0.0.1:9/"
    await browser.post(
        "/sign-in/company", data={"iss": evil, "issuer": evil}, headers={"x-forwarded-host": "x"}
    )
    await browser.get(CALLBACK, params={"iss": evil, "state": "x", "code": "y"})
    assert company.asked == ["GET /.well-known/openid-configuration"]


async def test_a_second_factor_of_ours_is_asked_for_unless_theirs_counts(open_site, db, known, company):
    secret = second_factor.new_secret()
    with clock.fixed(clock.now() - timedelta(hours=1)):
        await second_factor.set_up(db, KEYRING, known.elin.id, secret, pyotp.TOTP(secret).at(clock.now()))
    visit = await open_site(require_second_factor=True)
    browser = await visit(None)
    company.account.more = {"amr": ["pwd", "mfa"], "acr": "high"}
    answer = await round_trip(browser, next="/suppliers")
    assert answer.headers["location"] == "/sign-in/code"
    assert not await is_in(browser)
    done = await browser.post("/sign-in/code", data={"code": pyotp.TOTP(secret).at(clock.now())})
    assert done.headers["location"] == "/suppliers"
    methods = {row.method for row in await secrets_of(db, select(Session))}
    assert methods == {SignInMethod.COMPANY_AND_CODE}
    strong = await open_site(require_second_factor=True, strong="mfa")
    assert (await round_trip(await strong(None))).headers["location"] == "/"
    high = await open_site(require_second_factor=True, strong="high")
    assert (await round_trip(await high(None))).headers["location"] == "/"
    company.account.more = {"amr": ["pwd"], "acr": "low"}
    assert (await round_trip(await strong(None))).headers["location"] == "/sign-in/code"


async def test_proving_again_asks_anew_and_takes_only_the_same_person(open_site, db, known, company):
    visit = await open_site()
    company.signed_in_at = time.time() - 4000
    browser = await visit(None)
    await round_trip(browser)
    # Let through without a question: what needs a fresh proof asks for it.
    assert (await browser.get("/account/app")).headers["location"].startswith("/sign-in/again")
    browser.headers["x-csrf-token"] = re.search(
        r'name="csrf_token" value="([^"]+)"', (await browser.get("/account")).text
    )[1]
    assert "Show it with Norrland ID" in (await browser.get("/sign-in/again?next=/account/app")).text
    began = await browser.post("/sign-in/again/company", data={"next": "/account/app"})
    assert parse_qs(urlsplit(way(began)).query)["prompt"] == ["login"]
    company.account = Account("subject-of-olle", "olle@example.test")
    assert (await browser.get(await there_and_back(began))).status_code == 409
    company.account = Account("subject-of-elin", "elin@example.test")
    began = await browser.post("/sign-in/again/company", data={"next": "/account/app"})
    company.claims = {"auth_time": int(time.time()) - 4000}
    assert "not asked again" in (await browser.get(await there_and_back(began))).text
    company.claims = {}
    began = await browser.post("/sign-in/again/company", data={"next": "/account/app"})
    done = await browser.get(await there_and_back(began))
    assert done.headers["location"] == "/account/app"
    assert (await browser.get("/account/app")).status_code == 200
    # One session: the old one has ended.
    assert len(await secrets_of(db, select(Session))) == 1


async def test_made_up_answers_are_counted_and_end(open_site, known):
    browser = await (await open_site())(None)
    for _ in range(30):
        await browser.get(CALLBACK, params={"state": "x", "code": "y"})
    answer = await browser.get(CALLBACK, params={"state": "x", "code": "y"})
    assert answer.status_code == 429
    assert answer.headers["retry-after"] == "900"


async def test_open_redirect_by_way_of_the_company(open_site, known):
    browser = await (await open_site())(None)
    assert (await round_trip(browser, next="//evil.example")).headers["location"] == "/"
