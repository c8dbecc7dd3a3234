"""What a provider says counts once, for us, now, and in the browser that asked."""

import time
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from sqlalchemy import select

from portal import clock
from portal.models.identity import CompanySignIn
from portal.workflows.company import attempts
from tests.people import secrets_of
from tests.routes.company_sign_in.conftest import CALLBACK, is_in, round_trip, there_and_back, way


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
