"""`htmx_contract`: who gets a part of a page, and who the whole of it."""

import re

import pytest

LISTS = ("/suppliers", "/approved-suppliers", "/people", "/trail", "/mail")
FRAGMENT = {"hx-request": "true", "hx-current-url": "http://portal.test/suppliers"}


@pytest.fixture
async def root(site, cast):
    return await site(cast.root)


def is_whole(answer):
    assert answer.headers["vary"] == "HX-Request"
    return "<!doctype html>" in answer.text


@pytest.mark.parametrize("path", LISTS)
async def test_htmx_contract_a_list_comes_in_part_only_where_htmx_swaps_it(root, path):
    part = await root.get(path, headers=FRAGMENT)
    assert part.status_code == 200
    assert not is_whole(part)
    assert re.match(r'\s*<div id="[\w-]+"', part.text)
    assert is_whole(await root.get(path))
    assert is_whole(await root.get(path, headers={**FRAGMENT, "hx-history-restore-request": "true"}))
    assert is_whole(await root.get(path, headers={**FRAGMENT, "hx-boosted": "true"}))


@pytest.mark.parametrize("path", LISTS)
async def test_htmx_contract_an_expired_session_takes_the_whole_page_along(site, cast, path):
    browser = await site(None)
    answer = await browser.get(path, headers={**FRAGMENT, "hx-current-url": f"http://portal.test{path}?q=a"})
    assert answer.headers["hx-redirect"] == f"/sign-in?next={path}%3Fq%3Da"
    assert answer.text == ""
    assert answer.headers["cache-control"] == "no-store"
    plain = await browser.get(path)
    assert plain.status_code == 303
    assert plain.headers["location"] == f"/sign-in?next={path}"


async def test_htmx_contract_nothing_is_kept_for_going_back(root):
    answer = await root.get("/suppliers")
    assert re.search(r'<body[^>]* hx-history="false"', answer.text)
    assert '"historyCacheSize":0' in answer.text
    assert answer.headers["cache-control"] == "no-store"


async def test_htmx_contract_a_refusal_comes_in_part_as_well(root):
    answer = await root.get("/suppliers/nobody", headers=FRAGMENT)
    assert answer.status_code == 404
    assert not is_whole(answer)
    assert 'id="error"' in answer.text
