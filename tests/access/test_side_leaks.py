"""What is not shown can still leak: through counts, filters, an order, a sentence. It does not."""

import importlib
import pkgutil
import re

from litestar.routes import HTTPRoute

import portal.routes
from portal import clock
from portal.access.permissions import GRANTS
from portal.models.people import Role
from portal.web.listing import Listing
from tests.access.belongings import belongings
from tests.conftest import portal_with

# Different with each answer, whoever asks: token and key of forms, the request's id, the nonce of scripts.
OWN = re.compile(
    r'name="(csrf_token|once)" value="[^"]*"|(csrf_token|once)=[\w.-]+|"x-csrf-token": ?"[^"]*"'
    r'|nonce="[^"]*"|[0-9a-f]{16}'
)


# Orders of what a row shows without a column of its own.
IN_A_ROW = {("/approved-suppliers", "changed"), ("/certificates", "number")}


def listings():
    found = {}
    for module in pkgutil.walk_packages(portal.routes.__path__, "portal.routes."):
        for each in vars(importlib.import_module(module.name)).values():
            if isinstance(each, Listing):
                found[each.path, each.id] = each
    return list(found.values())


def test_no_list_is_ordered_by_what_it_does_not_show():
    found = listings()
    assert len(found) > 5
    for each in found:
        hidden = set(each.sorts) - {column.key for column in each.columns}
        assert {(each.path, key) for key in hidden} <= IN_A_ROW, each.path


async def test_what_a_rival_does_changes_nothing_that_one_sees(site, cast, db, settings, database):
    """Every page without a parameter that a supplier's people can open is the same before and after."""
    paths = [
        route.path
        for route in portal_with(settings, database).litestar.routes
        if isinstance(route, HTTPRoute) and "{" not in route.path_format
        for handler in route.route_handlers
        if "GET" in handler.http_methods
        and handler.opt["permission"] in GRANTS[Role.SUPPLIER_ADMINISTRATOR]
        # A new secret with each answer; files that hold when they were made, whose rows the CSV has.
        and route.path != "/account/app"
        and not route.path.endswith((".pdf", ".xlsx"))
    ]
    assert {"/", "/scars", "/scorecard", "/documents", "/messages"} <= set(paths)
    await belongings(db, settings, cast, cast.acme, cast.tomasz)
    cast.tomasz.role = Role.SUPPLIER_ADMINISTRATOR
    await db.flush()
    tomasz = await site(cast.tomasz)

    now = clock.now()

    async def seen():
        with clock.fixed(now):
            found = {path: await tomasz.get(path) for path in paths}
        return {path: (each.status_code, OWN.sub("…", each.text)) for path, each in found.items()}

    await seen()  # what is new is new once
    before = await seen()
    assert max(status for status, _ in before.values()) < 500
    assert sum(status == 200 for status, _ in before.values()) > len(paths) // 2
    await belongings(db, settings, cast, cast.bolt, cast.rita)
    after = await seen()
    assert [path for path in paths if after[path] != before[path]] == []
