"""The portal speaks the language of whoever looks at it: a browser's before sign-in, a person's after."""

import re
from html import unescape

import pytest


async def test_a_browser_is_asked_in_its_language(site):
    browser = await site(None)
    page = await browser.get("/sign-in", headers={"accept-language": "de-DE,de;q=0.9,en;q=0.5"})
    assert '<html lang="de"' in page.text
    assert "Passwort vergessen?" in page.text
    assert '<html lang="en"' in (await browser.get("/sign-in")).text


async def test_somebody_signed_out_chooses_a_language_and_keeps_it(site):
    browser = await site(None)
    chosen = await browser.get("/language/de", params={"to": "/sign-in"})
    assert (chosen.status_code, chosen.headers["location"]) == (303, "/sign-in")
    assert "Passwort vergessen?" in (await browser.get("/sign-in")).text


@pytest.mark.parametrize("target", ["//evil.example", "/\\evil.example", "javascript:alert(1)"])
async def test_open_redirect_choosing_a_language_leads_nowhere_else(site, target):
    browser = await site(None)
    assert (await browser.get("/language/de", params={"to": target})).headers["location"] == "/"


async def test_a_language_that_we_do_not_speak_is_not_there(site):
    browser = await site(None)
    assert (await browser.get("/language/xx")).status_code == 404
    assert "set-cookie" not in (await browser.get("/language/xx")).headers


async def test_a_person_changes_language_and_time_zone(site, cast, db):
    browser = await site(cast.tomasz)
    answer = await browser.post("/account/language", data={"language": "de", "time_zone": "Europe/Berlin"})
    assert answer.status_code == 303
    page = await browser.get("/account")
    assert "Sprache und Zeitzone sind gespeichert." in page.text
    assert "Europe/Berlin" in page.text
    # Also where a browser asks for another language.
    assert '<html lang="de"' in (await browser.get("/account", headers={"accept-language": "en"})).text
    missing = await browser.get("/suppliers/none")
    assert missing.status_code == 404
    assert "Hier ist nichts für Sie." in missing.text or "Nichts wurde geändert." in missing.text


async def test_what_we_do_not_offer_is_refused_and_what_was_typed_stays(site, cast):
    browser = await site(cast.tomasz)
    answer = await browser.post("/account/language", data={"language": "xx", "time_zone": "Mars/Olympus"})
    assert answer.status_code == 422
    assert "Choose a time zone from the list" in answer.text
    assert 'value="Mars/Olympus"' in answer.text


async def test_wrong_fields_are_named_in_german(site):
    browser = await site(None)
    answer = await browser.post(
        "/sign-in", data={"email": "", "password": ""}, headers={"accept-language": "de"}
    )
    assert answer.status_code == 422
    assert "Noch ist nichts gespeichert. 2 Dinge sind zu ändern:" in answer.text
    assert "Geben Sie Ihre geschäftliche E-Mail-Adresse ein." in answer.text


async def test_a_page_that_was_reached_by_a_token_keeps_it_in_the_other_language(site):
    browser = await site(None)
    page = await browser.get("/sign-in", params={"next": "/suppliers?q=a&sort=name"})
    to_german = unescape(re.search(r'href="(/language/de[^"]+)"', page.text)[1])
    back = await browser.get((await browser.get(to_german)).headers["location"])
    assert "Passwort vergessen?" in back.text
    assert 'name="next" value="/suppliers?q=a&amp;sort=name"' in back.text
