import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from portal import clock
from portal.models.outbox import OutgoingMail
from portal.models.people import Session
from portal.workflows import sessions, sign_in
from tests.people import secrets_of

OLD = "seven gulls over the quay"
NEW = "a kettle of grey herring"

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
EDGE = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile/15E148 Safari/604.1"
ANDROID = "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36"


@pytest.fixture
async def tomasz(db, cast):
    cast.tomasz.password_hash = await sign_in.hash_password(OLD)
    await db.flush()
    return cast.tomasz


def form(present=OLD, new=NEW, again=None):
    return {"present": present, "password": new, "again": new if again is None else again}


async def test_a_new_password_counts_from_now_on(site, db, tomasz):
    browser = await site(tomasz)
    answer = await browser.post("/account/password", data=form())
    assert answer.status_code == 303
    assert answer.headers["location"] == "/account?done=password"
    assert "Your password is changed" in (await browser.get("/account?done=password")).text
    mail = (await db.execute(select(OutgoingMail))).scalar_one()
    assert mail.address == tomasz.email
    assert NEW not in mail.body_text
    await db.refresh(tomasz)
    assert await sign_in.is_password(await sign_in.password_hash(db, tomasz.id), NEW)
    assert not await sign_in.is_password(await sign_in.password_hash(db, tomasz.id), OLD)


async def test_a_new_password_ends_the_other_sessions_and_renews_this_one(site, settings, tomasz):
    other, browser = await site(tomasz), await site(tomasz)
    before = browser.cookies[settings.cookie_name]
    token = browser.headers["x-csrf-token"]
    await browser.post("/account/password", data=form())
    assert (await other.get("/account")).headers["location"].startswith("/sign-in")
    assert browser.cookies[settings.cookie_name] != before
    assert (await browser.get("/account")).status_code == 200
    thief = await site(None)
    thief.cookies.set(settings.cookie_name, before)
    assert (await thief.get("/account")).headers["location"].startswith("/sign-in")
    assert (await browser.post("/sign-out", headers={"x-csrf-token": token})).status_code == 403


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        (form(present="not the present one"), "This is not your present password"),
        (form(new="too short"), "at least 15 characters"),
        (form(new="Tomasz.Wieczorek.2026!"), "first that somebody would try"),
        (form(new="Acme-Castings-104417"), "first that somebody would try"),
        (form(again="a kettle of red herring"), "do not match"),
        (form(new=OLD), "the password you have now"),
        (form(present=""), "Enter the password you have now"),
    ],
)
async def test_a_refused_change_says_why_and_changes_nothing(site, db, tomasz, sent, says):
    other, browser = await site(tomasz), await site(tomasz)
    answer = await browser.post("/account/password", data=sent)
    assert answer.status_code == 422
    assert says in answer.text
    assert not any(value and value in answer.text for value in sent.values())
    await db.refresh(tomasz)
    assert await sign_in.is_password(await sign_in.password_hash(db, tomasz.id), OLD)
    assert (await other.get("/account")).status_code == 200


async def test_guessing_the_present_password_is_limited(site, tomasz):
    browser = await site(tomasz)
    for _ in range(sign_in.PER_ACCOUNT):
        await browser.post("/account/password", data=form(present="a guess"))
    answer = await browser.post("/account/password", data=form())
    assert answer.status_code == 429
    assert answer.headers["retry-after"] == "900"


async def test_spaces_at_the_ends_are_part_of_a_password(site, db, tomasz):
    await (await site(tomasz)).post("/account/password", data=form(new=f" {NEW} "))
    await db.refresh(tomasz)
    assert await sign_in.is_password(await sign_in.password_hash(db, tomasz.id), f" {NEW} ")
    assert not await sign_in.is_password(await sign_in.password_hash(db, tomasz.id), NEW)


async def test_pw_policy_nothing_keeps_a_password_manager_from_pasting(site, tomasz):
    page = (await (await site(tomasz)).get("/account/password")).text
    fields = re.findall(r'<input[^>]*type="password"[^>]*>', page)
    assert [re.search(r'autocomplete="([^"]+)"', each)[1] for each in fields] == [
        "current-password",
        "new-password",
        "new-password",
    ]
    assert not any("onpaste" in each or "maxlength" in each for each in fields)


@pytest.mark.parametrize("path", ["/account", "/account/password"])
async def test_a_signed_out_browser_gets_no_account(site, path):
    answer = await (await site(None)).get(path)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in")


async def test_everybody_has_an_account_page(site, cast):
    for person in (cast.tomasz, cast.rita, cast.elin, cast.anna, cast.root):
        answer = await (await site(person)).get("/account")
        assert answer.status_code == 200
        assert person.email in answer.text


async def test_an_auditor_starts_at_what_is_shared(site, cast):
    assert (await (await site(cast.anna)).get("/")).headers["location"] == "/shared"


async def test_the_list_of_sessions_says_device_address_and_time(site, db, settings, tomasz):
    browser = await site(tomasz)
    db.add(
        Session(
            token_hash="a" * 64,
            person_id=tomasz.id,
            csrf_secret="s",
            expires_at=clock.now() + timedelta(days=1),
            address="192.0.2.7",
            user_agent=FIREFOX,
        )
    )
    await db.flush()
    text = (await browser.get("/account")).text
    assert "Firefox on Windows" in text
    assert "192.0.2.7" in text
    assert text.count("This browser") == 1
    assert "a" * 64 not in text


async def test_another_browser_is_signed_out_from_here(site, tomasz):
    other, browser = await site(tomasz), await site(tomasz)
    path = re.search(r"/account/sessions/[0-9a-f]{16}/end", (await browser.get("/account")).text)[0]
    assert (await browser.post(path)).headers["location"] == "/account?done=signed-out"
    assert (await other.get("/account")).headers["location"].startswith("/sign-in")
    assert (await browser.get("/account")).status_code == 200
    assert (await browser.post(path)).status_code == 404


async def test_all_other_browsers_are_signed_out_at_once(site, tomasz):
    others = [await site(tomasz) for _ in range(3)]
    browser = await site(tomasz)
    await browser.post("/account/sessions/end-others")
    for other in others:
        assert (await other.get("/account")).headers["location"].startswith("/sign-in")
    assert "Sign out all others" not in (await browser.get("/account")).text


async def test_nobody_ends_the_session_of_somebody_else(site, db, cast):
    tomasz, rita = await site(cast.tomasz), await site(cast.rita)
    mine = select(Session.token_hash).where(Session.person_id == cast.tomasz.id)
    for found in await secrets_of(db, mine):
        assert (await rita.post(f"/account/sessions/{found[:16]}/end")).status_code == 404
    for odd in ("%25", "A" * 16, "0" * 17, "x"):
        assert (await rita.post(f"/account/sessions/{odd}/end")).status_code == 404
    assert (await tomasz.get("/account")).status_code == 200


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (FIREFOX, "Firefox on Windows"),
        (EDGE, "Edge on Windows"),
        (IPHONE, "Safari on an iPhone"),
        (ANDROID, "Chrome on Android"),
        ("curl/8.0", "A browser we do not know"),
        ("", "A browser we do not know"),
    ],
)
def test_a_device_is_said_in_words(agent, words):
    assert sessions.device(agent) == words
