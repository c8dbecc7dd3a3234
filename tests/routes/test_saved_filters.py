"""A person's own names for what a list shows."""

import pytest

from portal.workflows import saved_filters
from tests.people import principal_of

ADDRESS = "/scars?turn=ours&severity=critical"


async def save(browser, name, address=ADDRESS):
    return await browser.post("/saved-filters", data={"name": name, "address": address})


async def test_saved_shown_opened_changed_and_forgotten(site, db, cast):
    elin = await site(cast.elin)
    assert "Your filters" not in (await elin.get("/scars")).text, "nothing to save, none saved"
    assert "Save what is shown as" in (await elin.get(ADDRESS)).text
    answer = await save(elin, " Critical & ours ")
    assert (answer.status_code, answer.headers["location"]) == (303, ADDRESS)
    page = (await elin.get("/scars")).text
    assert 'href="/scars?turn=ours&amp;severity=critical"' in page
    assert "<bdi>Critical &amp; ours</bdi>" in page
    assert 'aria-current="page"><svg' in (await elin.get(ADDRESS)).text
    # The same name means something else from now on.
    await save(elin, "Critical & ours", "/scars?q=pores")
    assert (await elin.get("/scars")).text.count("<bdi>Critical &amp; ours</bdi>") == 2, "link and removal"
    (found,) = await saved_filters.of(db, principal_of(cast.elin), "/scars")
    assert found.address == "/scars?q=pores"
    assert (await elin.post(f"/saved-filters/{found.id}/removal")).headers["location"] == "/scars?q=pores"
    assert "<bdi>Critical &amp; ours</bdi>" not in (await elin.get("/scars")).text
    assert (await elin.post(f"/saved-filters/{found.id}/removal")).status_code == 404


async def test_nobody_else_has_them_and_each_list_its_own(site, cast):
    await save(await site(cast.elin), "Mine alone")
    karin = await site(cast.karin)
    assert "Mine alone" not in (await karin.get("/scars")).text
    elin = await site(cast.elin)
    assert "Mine alone" not in (await elin.get("/nonconformances")).text
    for path in ("/nonconformances", "/suppliers", "/worklist"):
        assert (await save(elin, "Here", f"{path}?q=acme")).status_code == 303
        assert f'href="{path}?q=acme"' in (await elin.get(f"{path}?q=x")).text


NO_LISTS = (
    *("", "/scars", "/people?q=x", "javascript:x"),
    *("//evil.example/scars?q=x", "https://evil.example/scars?q=x"),
)


@pytest.mark.parametrize("address", NO_LISTS)
async def test_only_a_list_that_is_narrowed_can_be_saved(site, cast, address):
    assert (await save(await site(cast.elin), "x", address)).status_code == 422


async def test_twelve_are_enough_and_a_name_is_needed(site, cast):
    elin = await site(cast.elin)
    for number in range(saved_filters.MOST):
        assert (await save(elin, f"No. {number}")).status_code == 303
    refused = await save(elin, "One more")
    assert refused.status_code == 422
    assert "These are twelve already." in refused.text
    assert (await save(elin, "No. 3", "/scars?q=new")).status_code == 303, "a known one may be changed"
    assert "Give what you see a name" in (await save(elin, " ")).text
