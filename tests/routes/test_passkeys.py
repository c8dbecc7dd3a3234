import json
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from portal import clock
from portal.models.identity import Passkey, PasskeyChallenge, Totp
from portal.models.outbox import OutgoingMail
from portal.models.people import Session, SignInMethod
from portal.workflows import passkeys, sign_in
from tests.conftest import visits
from tests.passkeys import Device

PASSWORD = "seven gulls over the quay"


@pytest.fixture
def settings(settings):
    """Over HTTPS: browsers offer passkeys nowhere else."""
    return replace(settings, base_url="https://portal.test")


@pytest.fixture
async def people(db, cast):
    stored = await sign_in.hash_password(PASSWORD)
    for person in (cast.tomasz, cast.rita, cast.elin):
        person.password_hash = stored
    await db.flush()
    return cast


async def options(browser, path):
    answer = await browser.post(path)
    assert answer.status_code == 200, answer.headers.get("location")
    return answer.json()


async def added(site, person, device, name="Laptop"):
    """Let a person add a passkey of this device in their account."""
    browser = await site(person)
    credential = device.create(await options(browser, "/account/passkeys/options"))
    answer = await browser.post("/account/passkeys", data={"credential": credential, "name": name})
    assert answer.headers.get("location") == "/account?done=passkey", answer.text
    return browser


async def entered(site, device, **sent):
    browser = await site(None)
    credential = device.get(await options(browser, "/sign-in/passkey/options"))
    return browser, await browser.post("/sign-in/passkey", data={"credential": credential, **sent})


async def is_in(browser):
    return (await browser.get("/account")).status_code == 200


async def test_added_and_signed_in_with(site, db, people):
    device = Device()
    browser = await added(site, people.tomasz, device, "My laptop")
    assert "My laptop" in (await browser.get("/account")).text
    mail = (await db.execute(select(OutgoingMail))).scalar_one()
    assert (mail.address, "My laptop" in mail.body_text) == (people.tomasz.email, True)
    browser, answer = await entered(site, device, next="/scorecard")
    assert answer.headers["location"] == "/scorecard"
    assert people.tomasz.email in (await browser.get("/account")).text
    methods = (await db.execute(select(Session.method))).scalars().all()
    assert SignInMethod.PASSKEY in methods


async def test_a_passkey_is_enough_for_staff(site, people):
    device = Device()
    await added(site, people.elin, device)
    browser, answer = await entered(site, device)
    assert answer.headers["location"] == "/"
    assert await is_in(browser)


async def test_staff_with_only_a_passkey_are_not_let_in_by_the_password(site, db, people):
    await added(site, people.elin, Device())
    browser = await site(None)
    answer = await browser.post("/sign-in", data={"email": people.elin.email, "password": PASSWORD})
    assert answer.headers["location"] == "/sign-in/second-factor"
    page = await browser.get("/sign-in/second-factor")
    assert "Use your passkey" in page.text
    assert 'id="key"' not in page.text
    await browser.post("/sign-in/second-factor", data={"code": "123456"})
    assert not await is_in(browser)
    assert (await db.execute(select(func.count()).select_from(Totp))).scalar_one() == 0


@pytest.mark.parametrize(
    "wrong",
    [
        {"origin": "https://evil.example"},
        {"origin": "http://portal.test"},
        {"origin": "https://portal.test:8443"},
        {"host": "evil.example"},
        {"flags": 0x01},  # touched, but nobody showed who they are
        {"flags": 0x04},
        {"embedded": True},
    ],
)
async def test_passkey_origin(site, db, people, wrong):
    """Another origin, another host, nobody there, or inside somebody's frame: neither added nor let in."""
    good = Device()
    await added(site, people.tomasz, good)
    bad = Device(key=good.key, id=good.id, handle=good.handle, count=good.count, **wrong)
    browser, answer = await entered(site, bad)
    assert answer.status_code == 422
    assert passkeys.WRONG in answer.text
    assert not await is_in(browser)
    browser = await site(people.rita)
    credential = Device(**wrong).create(await options(browser, "/account/passkeys/options"))
    answer = await browser.post("/account/passkeys", data={"credential": credential, "name": "Bad"})
    assert answer.status_code == 422
    assert (await db.execute(select(func.count()).select_from(Passkey))).scalar_one() == 1
    good.count = bad.count
    assert (await entered(site, good))[1].status_code == 303


async def test_a_challenge_is_answered_once(site, people):
    device = Device()
    await added(site, people.tomasz, device)
    browser = await site(None)
    asked = await options(browser, "/sign-in/passkey/options")
    first = device.get(asked)
    assert (await browser.post("/sign-in/passkey", data={"credential": first})).status_code == 303
    thief = await site(None)
    assert (await thief.post("/sign-in/passkey", data={"credential": first})).status_code == 422
    second = device.get(asked)  # signed anew, with a higher count
    assert (await thief.post("/sign-in/passkey", data={"credential": second})).status_code == 422


async def test_a_wrong_answer_uses_the_challenge_up(site, people):
    device = Device()
    await added(site, people.tomasz, device)
    browser = await site(None)
    asked = await options(browser, "/sign-in/passkey/options")
    stranger = Device(id=device.id, handle=device.handle, count=5)
    answer = await browser.post("/sign-in/passkey", data={"credential": stranger.get(asked)})
    assert answer.status_code == 422
    answer = await browser.post("/sign-in/passkey", data={"credential": device.get(asked)})
    assert answer.status_code == 422


async def test_a_challenge_expires(site, people):
    device = Device()
    await added(site, people.tomasz, device)
    browser = await site(None)
    asked = await options(browser, "/sign-in/passkey/options")
    with clock.fixed(clock.now() + passkeys.VALID + timedelta(seconds=1)):
        answer = await browser.post("/sign-in/passkey", data={"credential": device.get(asked)})
    assert answer.status_code == 422


async def test_a_challenge_that_was_never_given_counts_nothing(site, people):
    device = Device()
    await added(site, people.tomasz, device)
    browser = await site(None)
    made_up = {"challenge": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}
    answer = await browser.post("/sign-in/passkey", data={"credential": device.get(made_up)})
    assert answer.status_code == 422


async def test_a_challenge_counts_for_what_it_was_given_for(site, people):
    device = Device()
    browser = await added(site, people.tomasz, device)
    for path in ("/account/passkeys/options", "/sign-in/again/passkey/options"):
        asked = await options(browser, path)
        stranger = await site(None)
        answer = await stranger.post("/sign-in/passkey", data={"credential": device.get(asked)})
        assert answer.status_code == 422, path


async def test_a_copied_key_shows_by_its_count(site, people):
    device = Device()
    await added(site, people.tomasz, device)
    await entered(site, device)
    device.count = 0
    assert (await entered(site, device))[1].status_code == 422


async def test_another_persons_handle_is_refused(site, people):
    device, other = Device(), Device()
    await added(site, people.tomasz, device)
    await added(site, people.rita, other)
    assert device.handle != other.handle
    device.handle = other.handle
    assert (await entered(site, device))[1].status_code == 422


async def test_a_deactivated_person_stays_out(site, db, people):
    device = Device()
    await added(site, people.tomasz, device)
    people.tomasz.is_active = False
    await db.flush()
    assert (await entered(site, device))[1].status_code == 422


async def test_the_owner_gets_in_while_the_password_is_locked(site, people):
    device = Device()
    await added(site, people.tomasz, device)
    attacker = await site(None)
    data = {"email": people.tomasz.email, "password": "a guess"}
    for _ in range(sign_in.PER_ACCOUNT + 1):
        answer = await attacker.post("/sign-in", data=data)
    assert answer.status_code == 429
    assert (await entered(site, device))[1].status_code == 303


@pytest.mark.parametrize(
    "credential",
    [
        "",
        "{}",
        "null",
        "[]",
        "x" * 20_000,
        "[" * 15_000,
        json.dumps({"response": {"clientDataJSON": "e30"}}),
        json.dumps({"response": {"clientDataJSON": "!!"}}),
        json.dumps({"response": {"clientDataJSON": 7}}),
        "é",
    ],
)
async def test_nonsense_is_refused_and_nothing_breaks(site, people, credential):
    browser = await site(None)
    answer = await browser.post("/sign-in/passkey", data={"credential": credential})
    assert answer.status_code == 422
    browser = await site(people.tomasz)
    data = {"credential": credential, "name": "Nonsense"}
    assert (await browser.post("/account/passkeys", data=data)).status_code == 422


@pytest.mark.parametrize("part", ["authenticatorData", "signature", "userHandle"])
async def test_a_damaged_answer_is_refused_and_nothing_breaks(site, people, part):
    device = Device()
    await added(site, people.tomasz, device)
    for damage in ("AAAA", "", "!", 7, None, ["x"]):
        browser = await site(None)
        credential = json.loads(device.get(await options(browser, "/sign-in/passkey/options")))
        credential["response"][part] = damage
        answer = await browser.post("/sign-in/passkey", data={"credential": json.dumps(credential)})
        if part == "userHandle" and damage in ("", None):
            assert answer.status_code == 303  # older devices leave it out
        else:
            assert answer.status_code == 422, damage


async def test_nobody_removes_a_passkey_of_somebody_else(site, db, people):
    await added(site, people.tomasz, Device())
    key = (await db.execute(select(Passkey))).scalar_one()
    rita = await site(people.rita)
    assert (await rita.post(f"/account/passkeys/{key.id}/removal")).status_code == 404
    tomasz = await site(people.tomasz)
    assert (await tomasz.post(f"/account/passkeys/{key.id}/removal")).status_code == 303
    assert (await db.execute(select(func.count()).select_from(Passkey))).scalar_one() == 0


async def test_a_removed_passkey_lets_nobody_in(site, db, people):
    device = Device()
    browser = await added(site, people.tomasz, device)
    key = (await db.execute(select(Passkey))).scalar_one()
    await browser.post(f"/account/passkeys/{key.id}/removal")
    assert (await entered(site, device))[1].status_code == 422


async def test_staff_keep_their_last_second_factor(site, db, people):
    browser = await added(site, people.elin, Device())
    first = (await db.execute(select(Passkey.id))).scalar_one()
    assert (await browser.post(f"/account/passkeys/{first}/removal")).status_code == 409
    await added(site, people.elin, Device())
    assert (await browser.post(f"/account/passkeys/{first}/removal")).status_code == 303


async def test_the_same_passkey_is_added_once(site, db, people):
    device = Device()
    await added(site, people.tomasz, device)
    browser = await site(people.rita)
    credential = device.create(await options(browser, "/account/passkeys/options"))
    answer = await browser.post("/account/passkeys", data={"credential": credential, "name": "Mine now"})
    assert answer.status_code == 422
    assert (await db.execute(select(Passkey.person_id))).scalar_one() == people.tomasz.id


async def test_a_passkey_shows_again_who_one_is(site, settings, people):
    device = Device()
    browser = await added(site, people.tomasz, device)
    with clock.fixed(clock.now() + timedelta(minutes=6)):
        where = (await browser.get("/account/passkeys/new")).headers["location"]
        assert where.startswith("/sign-in/again")
        assert "Use a passkey" in (await browser.get(where)).text
        credential = device.get(await options(browser, "/sign-in/again/passkey/options"))
        before = browser.cookies[settings.cookie_name]
        data = {"credential": credential, "next": "/account/passkeys/new"}
        assert (await browser.post("/sign-in/again/passkey", data=data)).status_code == 303
        assert browser.cookies[settings.cookie_name] != before
        assert (await browser.get("/account/passkeys/new")).status_code == 200


async def test_staff_with_only_a_passkey_prove_it_with_the_passkey(site, people):
    device = Device()
    browser = await added(site, people.elin, device)
    with clock.fixed(clock.now() + timedelta(minutes=6)):
        page = (await browser.get("/sign-in/again")).text
        assert 'type="password"' not in page
        answer = await browser.post("/sign-in/again", data={"password": PASSWORD, "next": "/account"})
        assert answer.status_code == 422
        credential = device.get(await options(browser, "/sign-in/again/passkey/options"))
        answer = await browser.post("/sign-in/again/passkey", data={"credential": credential})
        assert answer.status_code == 303


async def test_somebody_elses_passkey_shows_nothing(site, people):
    device = Device()
    await added(site, people.rita, device)
    browser = await site(people.tomasz)
    with clock.fixed(clock.now() + timedelta(minutes=6)):
        credential = device.get(await options(browser, "/sign-in/again/passkey/options"))
        answer = await browser.post("/sign-in/again/passkey", data={"credential": credential})
        assert answer.status_code == 422
        assert (await browser.get("/account/passkeys/new")).status_code == 303


async def test_old_challenges_are_cleared(site, db, people):
    browser = await site(None)
    await options(browser, "/sign-in/passkey/options")
    with clock.fixed(clock.now() + timedelta(hours=1)):
        await options(browser, "/sign-in/passkey/options")
    assert (await db.execute(select(func.count()).select_from(PasskeyChallenge))).scalar_one() == 1


@pytest.mark.parametrize("base", ["http://127.0.0.1:8000", "https://192.0.2.1", "http://portal.test"])
async def test_where_browsers_have_no_passkeys_no_page_offers_them(database, settings, people, base):
    settings = replace(settings, base_url=base)
    assert passkeys.place(settings) is None
    async with AsyncExitStack() as stack:
        visit = await visits(stack, database, settings)
        assert "passkey" not in (await (await visit(None)).get("/sign-in")).text
        assert (await (await visit(None)).post("/sign-in/passkey/options")).status_code == 404
        browser = await visit(people.tomasz)
        assert "passkey" not in (await browser.get("/account")).text.lower()
        assert (await browser.get("/account/passkeys/new")).status_code == 404
