"""`hostile_values`, `mass_assign`: every form and every address, with what no honest browser sends.

The routes are walked as the application is wired: a new one is tried without being named here.
"""

import importlib
import inspect
import re
from urllib.parse import quote

import pytest
from litestar.routes import HTTPRoute
from sqlalchemy import select

from portal.access.permissions import P
from portal.app import create_app
from portal.db import Database
from portal.models.people import Person
from portal.models.suppliers import Supplier
from portal.settings import Settings
from portal.web.forms import Form

# Written as a browser would send them, so that half a character travels as its bytes.
HOSTILE = {
    "nul": "a%00b",
    "lone surrogate": "%ED%A0%80",
    "not a number": "NaN",
    "beyond a float": "1e309",
    "beyond bigint": "9" * 40,
    "no such day": "2026-02-30",
    "too long": "x" * 50_000,
    "markup": quote('"><img src=x onerror=alert(1)><div hx-get=/sign-out hx-trigger=load>'),
}
# What would end the session that tries, or leaves the portal by design.
_LEAVES = {"/sign-out"}
_MORE = ("version", "next", "token", "credential", "plants", "commodities", "kind", "file", "document", "ids")
_QUERY = (
    *(
        "q",
        "sort",
        "rows",
        "page",
        "period",
        "explain",
        "measure",
        "all",
        "from",
        "until",
        "person",
        "record",
    ),
    *("next", "token", "done", "status", "state", "role", "kind", "plant", "supplier", "csrf_token", "after"),
)


def _routes():
    settings = Settings()
    app = create_app(settings, Database("postgresql+asyncpg://nobody@127.0.0.1:9/none", settings)).litestar
    for route in app.routes:
        if isinstance(route, HTTPRoute) and not route.path.startswith(("/static", "/health", "/metrics")):
            for handler in route.route_handlers:
                if handler.http_methods & {"GET", "POST"}:
                    yield route.path_format, handler


ROUTES = sorted(set(_routes()), key=lambda each: each[0])
POSTS = [
    (path, handler) for path, handler in ROUTES if "POST" in handler.http_methods and path not in _LEAVES
]
GETS = [path for path, handler in ROUTES if "GET" in handler.http_methods]


def _fields(handler):
    """The names of all fields that the forms of the handler's module have, and some that forms often have."""
    module = importlib.import_module(handler.fn.__module__)
    forms = [each for _, each in inspect.getmembers(module, inspect.isclass) if issubclass(each, Form)]
    return sorted({name for form in forms for name in form.fields} | set(_MORE))


def _filled(path, cast):
    """A path of things that are there, as far as the cast has them."""
    known = {"person": cast.tomasz.id, "number": cast.acme.number, "invitation": 1}
    return re.sub(r"\{(\w+)\}", lambda found: str(known.get(found[1], 1)), path)


@pytest.mark.parametrize("how", HOSTILE)
async def test_hostile_values_in_every_form(site, db, cast, how):
    broken = []
    for person in (cast.root, cast.rita):
        browser = await site(person)
        for path, handler in POSTS:
            body = "&".join(f"{name}={HOSTILE[how]}" for name in _fields(handler))
            answer = await browser.post(
                _filled(path, cast),
                content=body,
                # Parts of pages: what refuses is the same, and a part is made in half the time.
                headers={"content-type": "application/x-www-form-urlencoded", "hx-request": "true"},
            )
            if answer.status_code >= 500 and answer.status_code != 503:
                broken.append(f"{path} as {person.role}: {answer.status_code}")
            if answer.headers.get("hx-redirect", "").startswith("/sign-in"):
                browser = await site(person)
    assert broken == []


@pytest.mark.parametrize("how", HOSTILE)
async def test_hostile_values_in_every_address(site, cast, how):
    broken = []
    browser = await site(cast.root)
    query = "&".join(f"{name}={HOSTILE[how][:1500]}" for name in _QUERY)
    for path in GETS:
        for address in (
            f"{_filled(path, cast)}?{query}",
            re.sub(r"\{\w+\}", HOSTILE[how][:1500], path),
        ):
            answer = await browser.get(address)
            if answer.status_code >= 500 and answer.status_code != 503:
                broken.append(f"{address[:120]}: {answer.status_code}")
    assert broken == []


async def test_mass_assign_a_form_never_sets_what_it_does_not_ask_for(site, db, cast):
    """Every form of a supplier's administrator, with the columns that would give power away."""
    rita = await site(cast.rita)
    power = {
        "id": "1",
        "role": "administrator",
        "supplier_id": str(cast.acme.id),
        "supplier": cast.acme.number,
        "is_active": "1",
        "plant_ids": str(cast.lulea.id),
        "commodity_ids": str(cast.castings.id),
        "password_hash": "x",
        "company_match_until_at": "2099-01-01",
        "status": "closed",
        "band": "A",
        "score": "100",
        "approved_by": "Rita",
        "invited_by_id": str(cast.root.id),
        "note": "seen by nobody",
        "risk": "low",
    }
    before = await _people(db)
    for path, handler in POSTS:
        if handler.opt["permission"] is P.ANYONE:
            continue
        honest = {name: "Rita Bolt" for name in _fields(handler) if name in {"name", "title"}}
        theirs = _filled(path, cast).replace(f"/{cast.tomasz.id}", f"/{cast.rita.id}")
        await rita.post(theirs, data=honest | power)
    db.expire_all()
    for person_id, was in (await _people(db)).items():
        assert was["supplier_id"] == before.get(person_id, was)["supplier_id"]
        assert was["plant_ids"] is None or person_id == cast.gustav.id
        assert was["role"] == before[person_id]["role"]
    suppliers = (await db.execute(select(Supplier.note, Supplier.risk))).all()
    assert {(note, risk.value) for note, risk in suppliers} == {("", "medium")}


async def _people(db):
    rows = await db.execute(select(Person).execution_options(populate_existing=True))
    return {
        each.id: {"role": each.role, "supplier_id": each.supplier_id, "plant_ids": each.plant_ids}
        for each in rows.scalars()
    }


def test_the_walk_finds_what_there_is():
    assert len(POSTS) > 40
    assert len(GETS) > 40
