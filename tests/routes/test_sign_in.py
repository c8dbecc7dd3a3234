import pytest
from sqlalchemy import select

from portal.models.people import Session
from portal.workflows import sign_in
from tests.people import secrets_of

PASSWORD = "correct horse battery staple"


@pytest.fixture
async def tomasz(db, cast):
    cast.tomasz.password_hash = await sign_in.hash_password(PASSWORD)
    await db.flush()
    return cast.tomasz


async def test_the_right_password_signs_in_and_goes_where_the_link_led(site, tomasz):
    browser = await site(None)
    answer = await browser.post(
        "/sign-in", data={"email": tomasz.email.upper(), "password": PASSWORD, "next": "/scorecard"}
    )
    assert answer.status_code == 303
    assert answer.headers["location"] == "/scorecard"
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie


async def test_enumeration_a_wrong_password_and_an_unknown_address_get_the_same_answer(site, tomasz):
    browser = await site(None)
    known = await browser.post("/sign-in", data={"email": tomasz.email, "password": "wrong wrong wrong"})
    unknown = await browser.post(
        "/sign-in", data={"email": tomasz.email + "x", "password": "wrong wrong wrong"}
    )
    assert known.status_code == unknown.status_code == 422
    assert sign_in.WRONG in known.text
    same = unknown.text.replace(tomasz.email + "x", tomasz.email)
    assert same.replace(unknown.headers["x-request-id"], "") == known.text.replace(
        known.headers["x-request-id"], ""
    )


async def test_what_was_typed_stays_but_the_password_does_not(site, tomasz):
    answer = await (await site(None)).post(
        "/sign-in", data={"email": tomasz.email, "password": "wrong wrong wrong"}
    )
    assert f'value="{tomasz.email}"' in answer.text
    assert "wrong wrong" not in answer.text


async def test_rotate_on_login_the_old_session_dies(site, db, tomasz):
    browser = await site(tomasz)
    before = set(await secrets_of(db, select(Session.token_hash)))
    await browser.post("/sign-in", data={"email": tomasz.email, "password": PASSWORD})
    after = set(await secrets_of(db, select(Session.token_hash)))
    assert len(before) == len(after) == 1
    assert before.isdisjoint(after)


async def test_ten_failures_close_the_account_for_a_while(site, tomasz):
    browser = await site(None)
    for _ in range(sign_in.PER_ACCOUNT):
        await browser.post("/sign-in", data={"email": tomasz.email, "password": "wrong wrong wrong"})
    answer = await browser.post("/sign-in", data={"email": tomasz.email, "password": PASSWORD})
    assert answer.status_code == 429
    assert answer.headers["retry-after"] == "900"


@pytest.mark.parametrize(
    "target",
    ["//evil.example", "/\\evil.example", "javascript:alert(1)", "https://evil.example", "/\n//evil"],
)
async def test_open_redirect(site, tomasz, target):
    answer = await (await site(None)).post(
        "/sign-in", data={"email": tomasz.email, "password": PASSWORD, "next": target}
    )
    assert answer.headers["location"] == "/"


async def test_rotate_on_login_an_id_that_the_client_chose_is_never_adopted(site, settings, tomasz):
    browser = await site(None)
    browser.cookies.set(settings.cookie_name, "chosen-by-the-client")
    answer = await browser.post("/sign-in", data={"email": tomasz.email, "password": PASSWORD})
    assert "chosen-by-the-client" not in answer.headers["set-cookie"]


async def test_signing_out_ends_the_session_at_once(site, tomasz):
    browser = await site(tomasz)
    assert "What needs you" in (await browser.get("/")).text
    token = dict(browser.cookies)
    await browser.post("/sign-out")
    browser.cookies.update(token)
    assert (await browser.get("/")).headers["location"].startswith("/sign-in")


async def test_csrf_bound_a_token_of_another_session_is_refused(site, cast):
    tomasz, rita = await site(cast.tomasz), await site(cast.rita)
    tomasz.headers["x-csrf-token"] = rita.headers["x-csrf-token"]
    assert (await tomasz.post("/sign-out")).status_code == 403
    assert (await tomasz.get("/")).status_code == 200


async def test_a_form_from_another_site_is_refused_even_before_signing_in(site, tomasz):
    browser = await site(None)
    answer = await browser.post(
        "/sign-in",
        data={"email": tomasz.email, "password": PASSWORD},
        headers={"origin": "https://evil.example"},
    )
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers
