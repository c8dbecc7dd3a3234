"""A provider that is down or leads astray, and what we ask beside it."""

import re
import time
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pyotp
import pytest
from sqlalchemy import select

from portal import clock
from portal.models.people import Session, SignInMethod
from portal.workflows import second_factor, sign_in
from tests.conftest import KEYRING
from tests.oidc.provider import Account
from tests.people import secrets_of
from tests.routes.company_sign_in.conftest import CALLBACK, is_in, round_trip, there_and_back, way


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
