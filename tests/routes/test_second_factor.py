import re
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta

import pyotp
import pytest
from sqlalchemy import func, select

from portal import clock
from portal import settings as configuration
from portal.models.identity import RecoveryCode, Totp
from portal.models.outbox import OutgoingMail
from portal.models.people import Session
from portal.workflows import half_sign_in, second_factor, sign_in
from tests.conftest import KEYRING, visits
from tests.people import secrets_of

PASSWORD = "seven gulls over the quay"


@pytest.fixture
async def people(db, cast):
    stored = await sign_in.hash_password(PASSWORD)
    for person in (cast.tomasz, cast.rita, cast.elin, cast.root):
        person.password_hash = stored
    await db.flush()
    return cast


def code_of(secret, ahead=0):
    """What an app shows so many half minutes from now."""
    return pyotp.TOTP(secret).at(clock.now(), counter_offset=ahead)


async def enrolled(db, person):
    """Give a person an app whose last code was taken long ago; return the secret and recovery codes."""
    secret = second_factor.new_secret()
    with clock.fixed(clock.now() - timedelta(hours=1)):
        codes = await second_factor.set_up(db, KEYRING, person.id, secret, code_of(secret))
    return secret, codes


async def password(site, person, target="/account"):
    browser = await site(None)
    answer = await browser.post(
        "/sign-in", data={"email": person.email, "password": PASSWORD, "next": target}
    )
    return browser, answer


async def is_in(browser):
    return (await browser.get("/account")).status_code == 200


async def sessions_of(db, person):
    query = select(func.count()).where(Session.person_id == person.id)
    return (await db.execute(query)).scalar_one()


def key_on(page):
    return re.search(r'id="key">([A-Z2-7 ]+)<', page)[1].replace(" ", "")


async def test_staff_set_up_an_app_at_their_first_sign_in(site, db, people):
    browser, answer = await password(site, people.elin, "/suppliers")
    assert answer.headers["location"] == "/sign-in/second-factor"
    assert not await is_in(browser)
    assert await sessions_of(db, people.elin) == 0
    page = (await browser.get("/sign-in/second-factor")).text
    secret = key_on(page)
    assert f"secret={secret}" in page
    assert "otpauth://totp/" in page
    done = await browser.post("/sign-in/second-factor", data={"code": code_of(secret)})
    assert done.status_code == 200
    assert len(re.findall(r"\b[a-z0-9]{4}(?:-[a-z0-9]{4}){3}\b", done.text)) == second_factor.RECOVERY_CODES
    assert 'href="/suppliers"' in done.text
    assert await is_in(browser)


async def test_a_wrong_code_sets_up_nothing(site, db, people):
    browser, _ = await password(site, people.elin)
    secret = key_on((await browser.get("/sign-in/second-factor")).text)
    answer = await browser.post("/sign-in/second-factor", data={"code": "000000"})
    assert answer.status_code == 422
    assert key_on(answer.text) == secret, "the same key: it may be in the app already"
    assert await sessions_of(db, people.elin) == 0
    assert (await db.execute(select(func.count()).select_from(Totp))).scalar_one() == 0


async def test_a_supplier_needs_only_the_password(site, people):
    browser, answer = await password(site, people.tomasz)
    assert answer.headers["location"] == "/account"
    assert await is_in(browser)


async def test_where_the_rule_is_off_staff_need_only_the_password(database, settings, people):
    async with AsyncExitStack() as stack:
        visit = await visits(stack, database, replace(settings, require_second_factor=False))
        browser = await visit(None)
        await browser.post("/sign-in", data={"email": people.elin.email, "password": PASSWORD})
        assert await is_in(browser)


async def test_the_app_is_asked_after_the_password(site, db, people):
    secret, _ = await enrolled(db, people.tomasz)
    browser, answer = await password(site, people.tomasz, "/scorecard")
    assert answer.headers["location"] == "/sign-in/code"
    assert not await is_in(browser)
    answer = await browser.post("/sign-in/code", data={"code": code_of(secret)})
    assert answer.headers["location"] == "/scorecard"
    assert await is_in(browser)


async def test_totp_replay(site, db, people):
    secret, _ = await enrolled(db, people.tomasz)
    code = code_of(secret)
    first, _ = await password(site, people.tomasz)
    second, _ = await password(site, people.tomasz)
    assert (await first.post("/sign-in/code", data={"code": code})).status_code == 303
    third, _ = await password(site, people.tomasz)
    assert (await third.post("/sign-in/code", data={"code": code})).status_code == 422
    assert not await is_in(third)
    older = code_of(secret, -1)
    assert (await third.post("/sign-in/code", data={"code": older})).status_code == 422
    newer = code_of(secret, 1)
    assert (await third.post("/sign-in/code", data={"code": newer})).status_code == 303
    assert not await is_in(second), "somebody who waited is asked for the password again"


async def test_somebody_signed_in_becomes_somebody_else_with_a_code(site, db, people):
    secret, _ = await enrolled(db, people.rita)
    browser = await site(people.tomasz)
    await browser.post("/sign-in", data={"email": people.rita.email, "password": PASSWORD})
    token = re.search(r'name="csrf_token" value="([^"]+)"', (await browser.get("/sign-in/code")).text)[1]
    del browser.headers["x-csrf-token"]
    answer = await browser.post("/sign-in/code", data={"code": code_of(secret), "csrf_token": token})
    assert answer.status_code == 303
    assert people.rita.email in (await browser.get("/account")).text
    assert await sessions_of(db, people.tomasz) == 0


@pytest.mark.parametrize("ahead", [-1, 0, 1])
async def test_a_clock_that_is_half_a_minute_off_does_no_harm(site, db, people, ahead):
    secret, _ = await enrolled(db, people.tomasz)
    browser, _ = await password(site, people.tomasz)
    spaced = " ".join(re.findall("...", code_of(secret, ahead)))
    assert (await browser.post("/sign-in/code", data={"code": spaced})).status_code == 303


@pytest.mark.parametrize("ahead", [-3, 3])
async def test_a_code_of_another_time_does_not_count(site, db, people, ahead):
    secret, _ = await enrolled(db, people.tomasz)
    browser, _ = await password(site, people.tomasz)
    answer = await browser.post("/sign-in/code", data={"code": code_of(secret, ahead)})
    assert answer.status_code == 422
    assert second_factor.WRONG in answer.text


@pytest.mark.parametrize("typed", ["", "12345", "abcdef", "１２３４５６", "0" * 64, "' OR 1=1"])
async def test_what_is_no_code_is_refused(site, db, people, typed):
    await enrolled(db, people.tomasz)
    browser, _ = await password(site, people.tomasz)
    assert (await browser.post("/sign-in/code", data={"code": typed})).status_code == 422


async def test_a_recovery_code_works_once_however_it_is_typed(site, db, people):
    _, codes = await enrolled(db, people.tomasz)
    browser, _ = await password(site, people.tomasz)
    typed = codes[3].upper().replace("-", " ")
    assert (await browser.post("/sign-in/code", data={"code": typed})).status_code == 303
    again, _ = await password(site, people.tomasz)
    assert (await again.post("/sign-in/code", data={"code": codes[3]})).status_code == 422
    assert (await again.post("/sign-in/code", data={"code": codes[4]})).status_code == 303


async def test_recovery_codes_are_stored_as_hashes_and_belong_to_one_person(site, db, people):
    _, codes = await enrolled(db, people.tomasz)
    await enrolled(db, people.rita)
    stored = await secrets_of(db, select(RecoveryCode.code_hash))
    assert not any(code.replace("-", "") in stored for code in codes)
    browser, _ = await password(site, people.rita)
    assert (await browser.post("/sign-in/code", data={"code": codes[0]})).status_code == 422


async def test_guessing_codes_is_limited_in_the_database(site, db, people):
    secret, _ = await enrolled(db, people.tomasz)
    for _ in range(second_factor.PER_ACCOUNT):
        browser, _ = await password(site, people.tomasz)  # the right password does not reset the count
        await browser.post("/sign-in/code", data={"code": "000000"})
    answer = await browser.post("/sign-in/code", data={"code": code_of(secret)})
    assert answer.status_code == 429
    assert answer.headers["retry-after"] == "900"
    with clock.fixed(clock.now() + sign_in.WINDOW + timedelta(seconds=1)):
        browser, _ = await password(site, people.tomasz)
        assert (await browser.post("/sign-in/code", data={"code": code_of(secret)})).status_code == 303


async def test_waiting_for_a_code_ends(site, db, people):
    secret, _ = await enrolled(db, people.tomasz)
    browser, _ = await password(site, people.tomasz)
    with clock.fixed(clock.now() + half_sign_in.VALID + timedelta(seconds=1)):
        answer = await browser.post("/sign-in/code", data={"code": code_of(secret)})
        assert answer.headers["location"] == "/sign-in"
        assert not await is_in(browser)


@pytest.mark.parametrize("path", ["/sign-in/code", "/sign-in/second-factor"])
async def test_nobody_skips_the_password(site, people, settings, path):
    browser = await site(None)
    assert (await browser.get(path)).headers["location"] == "/sign-in"
    assert (await browser.post(path, data={"code": "123456"})).headers["location"] == "/sign-in"
    browser.cookies.set(f"{settings.cookie_name}_half", "A" * 43)
    assert (await browser.get(path)).headers["location"] == "/sign-in"


async def test_who_has_an_app_cannot_set_up_another_with_the_password_alone(site, db, people):
    await enrolled(db, people.elin)
    browser, _ = await password(site, people.elin)
    assert (await browser.get("/sign-in/second-factor")).headers["location"] == "/sign-in"
    answer = await browser.post("/sign-in/second-factor", data={"code": "123456"})
    assert answer.headers["location"] == "/sign-in"


async def test_the_cookie_of_who_waits_opens_nothing(site, db, people, settings):
    await enrolled(db, people.tomasz)
    browser, _ = await password(site, people.tomasz)
    half = browser.cookies[f"{settings.cookie_name}_half"]
    thief = await site(None)
    thief.cookies.set(settings.cookie_name, half)
    assert not await is_in(thief)


async def test_an_app_is_set_up_in_the_account_and_told_by_mail(site, db, people):
    browser = await site(people.tomasz)
    page = (await browser.get("/account/app")).text
    secret = key_on(page)
    answer = await browser.post("/account/app", data={"secret": secret, "code": code_of(secret)})
    assert answer.status_code == 200
    assert len(re.findall(r"\b[a-z0-9]{4}(?:-[a-z0-9]{4}){3}\b", answer.text)) == 10
    assert "10 of 10 are unused" in (await browser.get("/account")).text
    mails = (await db.execute(select(OutgoingMail))).scalars().all()
    assert [mail.address for mail in mails] == [people.tomasz.email]
    assert secret not in mails[0].body_text
    assert (await browser.get("/account/app")).headers["location"] == "/account"


async def test_new_recovery_codes_replace_the_old(site, db, people):
    _, codes = await enrolled(db, people.tomasz)
    browser = await site(people.tomasz)
    answer = await browser.post("/account/recovery-codes")
    fresh = re.findall(r"\b[a-z0-9]{4}(?:-[a-z0-9]{4}){3}\b", answer.text)
    assert set(fresh).isdisjoint(codes)
    entering, _ = await password(site, people.tomasz)
    assert (await entering.post("/sign-in/code", data={"code": codes[0]})).status_code == 422
    assert (await entering.post("/sign-in/code", data={"code": fresh[0]})).status_code == 303


async def test_a_supplier_may_remove_the_app_and_staff_may_not(site, db, people):
    for person in (people.tomasz, people.elin):
        await enrolled(db, person)
    tomasz, elin = await site(people.tomasz), await site(people.elin)
    assert (await tomasz.post("/account/app/removal")).status_code == 303
    answer = await elin.post("/account/app/removal")
    assert answer.status_code == 409
    assert "need a second factor" in answer.text
    left = (await db.execute(select(Totp.person_id))).scalars().all()
    assert left == [people.elin.id]


async def test_an_administrator_removes_a_lost_app_and_signs_out(site, db, people):
    await enrolled(db, people.elin)
    elin, root, rita = await site(people.elin), await site(people.root), await site(people.rita)
    assert (await rita.post(f"/people/{people.elin.id}/app-removal")).status_code == 404
    assert (await root.post(f"/people/{people.elin.id}/app-removal")).status_code == 303
    assert not await is_in(elin)
    _, answer = await password(site, people.elin)
    assert answer.headers["location"] == "/sign-in/second-factor"
    mail = (await db.execute(select(OutgoingMail))).scalar_one()
    assert mail.address == people.elin.email
    assert people.root.name in mail.body_text


FRESH = ["/account/app", "/account/app/removal", "/account/recovery-codes"]


@pytest.mark.parametrize("path", FRESH)
async def test_changing_how_one_gets_in_asks_again_after_five_minutes(site, db, people, path):
    browser = await site(people.tomasz)
    with clock.fixed(clock.now() + timedelta(minutes=5, seconds=1)):
        answer = await browser.post(path)
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/sign-in/again?next=")


async def test_step_up_renews_the_session(site, db, settings, people):
    browser = await site(people.tomasz)
    with clock.fixed(clock.now() + timedelta(minutes=6)):
        where = (await browser.get("/account/app")).headers["location"]
        assert where == "/sign-in/again?next=/account/app"
        assert "Is it you?" in (await browser.get(where)).text
        before, token = browser.cookies[settings.cookie_name], browser.headers["x-csrf-token"]
        data = {"password": PASSWORD, "next": "/account/app"}
        answer = await browser.post("/sign-in/again", data={**data, "password": "wrong wrong wrong"})
        assert answer.status_code == 422
        assert browser.cookies[settings.cookie_name] == before
        answer = await browser.post("/sign-in/again", data=data)
        assert answer.headers["location"] == "/account/app"
        assert browser.cookies[settings.cookie_name] != before
        assert (await browser.get("/account/app")).status_code == 200
        thief = await site(None)
        thief.cookies.set(settings.cookie_name, before)
        assert not await is_in(thief)
        assert (await browser.post("/sign-out", headers={"x-csrf-token": token})).status_code == 403


async def test_step_up_asks_for_the_code_where_there_is_an_app(site, db, people):
    secret, _ = await enrolled(db, people.tomasz)
    browser = await site(people.tomasz)
    with clock.fixed(clock.now() + timedelta(minutes=6)):
        data = {"password": PASSWORD, "next": "/account"}
        assert (await browser.post("/sign-in/again", data=data)).status_code == 422
        assert (await browser.post("/sign-in/again", data={**data, "code": "000000"})).status_code == 422
        right = {**data, "code": code_of(secret)}
        assert (await browser.post("/sign-in/again", data=right)).status_code == 303


@pytest.mark.parametrize("target", ["//evil.example", "/\\evil.example", "https://evil.example"])
async def test_step_up_leads_nowhere_else(site, people, target):
    browser = await site(people.tomasz)
    answer = await browser.post("/sign-in/again", data={"password": PASSWORD, "next": target})
    assert answer.headers["location"] == "/"


def test_an_empty_setting_means_the_rule_counts_but_while_developing():
    assert configuration.read({}).require_second_factor
    assert not configuration.read({"ASSAY_DEVELOPMENT": "1"}).require_second_factor
    both = {"ASSAY_DEVELOPMENT": "1", "ASSAY_REQUIRE_SECOND_FACTOR": "1"}
    assert configuration.read(both).require_second_factor
    assert not configuration.read({"ASSAY_REQUIRE_SECOND_FACTOR": "0"}).require_second_factor
