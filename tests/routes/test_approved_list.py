"""The approved supplier list: the list, an entry with its history, decisions."""

import asyncio
import csv
import io
from contextlib import AsyncExitStack
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlmodel import col

from portal import clock
from portal.models.suppliers import AslEntry, AslEvent, AslStatus, ScopeKind
from portal.routes.approved_list.index import LISTING
from tests.conftest import visits
from tests.factories import suppliers
from tests.people import TESTER, invite_everybody

NOON = datetime(2026, 10, 8, 12, 0, tzinfo=UTC)
TODAY = date(2026, 10, 8)
NEW = {
    "scope_kind": "process",
    "scope": "Heat treatment",
    "site": "",
    "status": "approved",
    "valid_until": "2027-10-08",
    "reason": "Audit passed.",
}
DECISION = {"status": "restricted", "valid_until": "2026-12-31", "reason": "Two escapes.", "version": "1"}


@pytest.fixture(autouse=True)
def noon():
    with clock.fixed(NOON):
        yield


@pytest.fixture
async def entry(db, cast):
    return await suppliers.approval(db, cast.acme, scope="Castings", valid_until_on=date(2026, 10, 20))


def scopes_in(text: str) -> list[str]:
    return [part.partition("</bdi>")[0] for part in text.partition("<tbody>")[2].split("data-open><bdi>")[1:]]


async def events(db) -> list[AslEvent]:
    return list((await db.execute(select(AslEvent).order_by(col(AslEvent.id)))).scalars())


async def test_suppliers_people_and_signed_out_browsers_get_nothing(site, cast, entry):
    paths = (
        "/approved-suppliers",
        "/approved-suppliers.csv",
        "/approved-suppliers.xlsx",
        f"/approved-suppliers/{entry.id}",
        "/approved-suppliers/new?supplier=104417",
    )
    for path in paths:
        for person in (cast.tomasz, cast.rita, cast.anna):
            assert (await (await site(person)).get(path)).status_code == 404, (person.name, path)
        assert (await (await site(None)).get(path)).status_code == 303, path
    tomasz = await site(cast.tomasz)
    assert (await tomasz.post("/suppliers/104417/approvals", data=NEW)).status_code == 404
    answer = await tomasz.post(f"/approved-suppliers/{entry.id}/decisions", data=DECISION)
    assert answer.status_code == 404


async def test_a_buyer_reads_the_list_but_decides_nothing(site, cast, db, entry):
    olle = await site(cast.olle)
    page = await olle.get(f"/approved-suppliers/{entry.id}")
    assert page.status_code == 200
    assert "decisions" not in page.text
    answer = await olle.post(f"/approved-suppliers/{entry.id}/decisions", data=DECISION)
    assert answer.status_code == 404
    assert (await olle.get("/approved-suppliers/new?supplier=104417")).status_code == 404
    assert await events(db) == []


async def test_an_expired_approval_says_so_in_words(elin, db, cast):
    await suppliers.approval(db, cast.acme, scope="Old", valid_until_on=TODAY - timedelta(days=1))
    await suppliers.approval(db, cast.acme, scope="Last day", valid_until_on=TODAY)
    page = await elin.get("/approved-suppliers?sort=until")
    assert scopes_in(page.text) == ["Old", "Last day"]
    old, last = page.text.partition("<tbody>")[2].split("</tr>")[:2]
    assert "Expired" in old
    assert "ended yesterday" in old
    assert "#i-alert-octagon" in old
    assert "Approved" in last
    assert "ends today" in last


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("ends=expired", ["gone"]),
        ("ends=30", ["in 0", "in 30"]),
        ("ends=60", ["in 0", "in 30", "in 31"]),
        ("ends=90&sort=-until", ["in 90", "in 31", "in 30", "in 0"]),
        ("ends=none", ["never", "out"]),
        ("ends=expired&ends=none", ["gone", "never", "out"]),
        ("status=disqualified", ["out"]),
        ("status=approved&kind=process", ["never"]),
        ("q=bolt", ["out"]),
        ("q=in 3", ["in 30", "in 31"]),
        ("q=%25", []),
    ],
)
async def test_filters_and_order_are_in_the_address(elin, db, cast, query, wanted):
    for days in (0, 30, 31, 90, 91):
        await suppliers.approval(
            db, cast.acme, scope=f"in {days}", valid_until_on=TODAY + timedelta(days=days)
        )
    await suppliers.approval(
        db,
        cast.acme,
        scope="gone",
        valid_until_on=TODAY - timedelta(days=9),
        status=AslStatus.CONDITIONAL,
    )
    await suppliers.approval(db, cast.acme, scope="never", scope_kind=ScopeKind.PROCESS)
    await suppliers.approval(db, cast.bolt, scope="out", status=AslStatus.DISQUALIFIED)
    page = await elin.get(f"/approved-suppliers?{query}")
    found = scopes_in(page.text)
    assert (found if "sort" in query else sorted(found)) == wanted


async def test_every_order_works_both_ways(elin, entry):
    for key in list(LISTING.sorts):
        for sort in (key, f"-{key}"):
            assert (await elin.get("/approved-suppliers", params={"sort": sort})).status_code == 200, sort


async def test_hostile_values_are_refused(elin):
    for query in ["sort=x", "ends=45", "ends=-1", "status=", "kind=%00", "rows=x", "q=%00"]:
        wanted = 200 if query == "status=" else 422
        assert (await elin.get(f"/approved-suppliers?{query}")).status_code == wanted, query


async def test_the_file_holds_the_list_as_filtered(elin, db, cast):
    await suppliers.approval(db, cast.acme, scope="+new", valid_until_on=TODAY - timedelta(days=1))
    await suppliers.approval(db, cast.bolt, scope="Other")
    answer = await elin.get("/approved-suppliers.csv?q=acme")
    heading, *rows = csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline=""))
    assert heading[0] == "Supplier"
    assert [(row[0], row[2], row[6], row[8]) for row in rows] == [
        ("Acme Castings", "'+new", "2026-10-07", "yes")
    ]


async def test_an_empty_list_says_where_an_entry_begins(elin):
    page = await elin.get("/approved-suppliers")
    assert "Nobody is on the approved list yet" in page.text
    assert 'href="/suppliers"' in page.text


async def test_a_scope_is_added_with_its_first_event(elin, db, cast):
    site = await suppliers.site(db, cast.acme, name="Foundry")
    page = await elin.get("/approved-suppliers/new?supplier=104417")
    assert "Acme Castings" in page.text
    answer = await elin.post("/suppliers/104417/approvals", data={**NEW, "site": str(site.id)})
    assert answer.headers["location"] == "/suppliers/104417#approvals"
    added = (await db.execute(select(AslEntry))).scalar_one()
    assert (added.supplier_id, added.site_id, added.status, added.valid_until_on) == (
        cast.acme.id,
        site.id,
        AslStatus.APPROVED,
        date(2027, 10, 8),
    )
    (event,) = await events(db)
    assert (event.by_name, event.from_status, event.to_status, event.reason) == (
        "Elin Sandberg",
        None,
        AslStatus.APPROVED,
        "Audit passed.",
    )
    assert event.at == NOON
    again = await elin.post("/suppliers/104417/approvals", data={**NEW, "site": str(site.id)})
    assert again.status_code == 422
    assert "already has Acme Castings for this scope and site" in again.text


async def test_the_same_scope_for_all_sites_is_there_once(elin, db):
    assert (await elin.post("/suppliers/104417/approvals", data=NEW)).status_code == 303
    assert (await elin.post("/suppliers/104417/approvals", data=NEW)).status_code == 422
    assert len(await events(db)) == 1


async def test_attach_by_reference_a_rivals_site_is_refused(elin, db, cast):
    site = await suppliers.site(db, cast.bolt)
    answer = await elin.post("/suppliers/104417/approvals", data={**NEW, "site": str(site.id)})
    assert answer.status_code == 422
    assert "Choose a site of this supplier" in answer.text


async def test_a_wrong_field_says_what_to_change_and_keeps_the_rest(elin, db):
    for field, value, sentence in [
        ("status", "great", "Choose decision from the list."),
        ("valid_until", "", "Say until when the supplier is approved."),
        ("valid_until", "2026-10-07", "This day has passed."),
        ("valid_until", "31.12.2026", "Enter a date as year-month-day"),
        ("valid_until", "2026-02-30", "Enter a date as year-month-day"),
        ("valid_until", "9999-12-31", "looks wrong"),
        ("reason", " ", "Give the reason."),
        ("scope", "", "Enter scope."),
        ("scope", "x\x00", "cannot be stored"),
        ("scope_kind", "", "Choose kind of scope."),
        ("site", "99999999999999999999", "Enter a whole number"),
    ]:
        answer = await elin.post("/suppliers/104417/approvals", data={**NEW, field: value})
        assert answer.status_code == 422, (field, value)
        assert sentence in answer.text, (field, value)
        if field != "reason":
            assert "Audit passed." in answer.text
        assert await events(db) == []


async def test_a_decision_adds_to_the_history_and_takes_nothing_away(elin, db, entry):
    at = f"/approved-suppliers/{entry.id}"
    assert (await elin.post(f"{at}/decisions", data=DECISION)).headers["location"] == at
    again = {"status": "approved", "valid_until": "2028-01-31", "reason": "Closed.", "version": "2"}
    assert (await elin.post(f"{at}/decisions", data=again)).status_code == 303
    found = await events(db)
    assert [(e.from_status, e.to_status, e.reason) for e in found] == [
        (AslStatus.APPROVED, AslStatus.RESTRICTED, "Two escapes."),
        (AslStatus.RESTRICTED, AslStatus.APPROVED, "Closed."),
    ]
    page = (await elin.get(at)).text
    assert page.index("Closed.", page.index("History")) < page.index("Two escapes.")
    assert "before: restricted" in page
    supplier = (await elin.get("/suppliers/104417")).text
    assert "1 earlier decision" in supplier
    assert "Two escapes." in supplier


async def test_a_decision_needs_a_reason_and_keeps_the_rest(elin, db, entry):
    answer = await elin.post(f"/approved-suppliers/{entry.id}/decisions", data={**DECISION, "reason": ""})
    assert answer.status_code == 422
    assert "Give the reason. It stays in the history." in answer.text
    assert 'value="2026-12-31"' in answer.text
    assert '<option value="restricted" selected>' in answer.text
    assert await events(db) == []


async def test_if_match_a_stale_decision_shows_both_and_saves_nothing(elin, site, db, cast, entry):
    at = f"/approved-suppliers/{entry.id}/decisions"
    karin = await site(cast.karin)
    disqualified = {"status": "disqualified", "valid_until": "", "reason": "Forged.", "version": "1"}
    assert (await karin.post(at, data=disqualified)).status_code == 303
    answer = await elin.post(at, data=DECISION)
    assert answer.status_code == 412
    assert "Forged." in answer.text
    assert "Two escapes.</textarea>" in answer.text
    assert "<bdi>Disqualified</bdi>" in answer.text
    assert "<bdi>Restricted</bdi>" in answer.text
    assert 'name="version" value="2"' in answer.text
    assert [each.reason for each in await events(db)] == ["Forged."]


async def test_an_entry_that_is_not_there(elin):
    for key in ["0", "x", "9223372036854775808", "999999999", "%00", "-5"]:
        assert (await elin.get(f"/approved-suppliers/{key}")).status_code == 404
        assert (await elin.post(f"/approved-suppliers/{key}/decisions", data=DECISION)).status_code == 404


async def test_a_scope_begins_with_a_supplier(elin):
    answer = await elin.get("/approved-suppliers/new")
    assert answer.headers["location"] == "/suppliers?asl=none"
    for number in ("999", "%00", "x" * 300):
        assert (await elin.get(f"/approved-suppliers/new?supplier={number}")).status_code == 404


async def test_race_one_of_many_decisions_at_once_is_saved(fresh, settings):
    async with fresh.work(TESTER) as db:
        cast = await invite_everybody(db)
        entry = await suppliers.approval(db, cast.acme, valid_until_on=date(2027, 1, 1))
    async with AsyncExitStack() as stack:
        visit = await visits(stack, fresh, settings)
        elin, karin = await visit(cast.elin), await visit(cast.karin)
        answers = await asyncio.gather(
            *(
                browser.post(
                    f"/approved-suppliers/{entry.id}/decisions", data={**DECISION, "reason": f"R{n}"}
                )
                for n, browser in enumerate([elin, karin] * 10)
            )
        )
    statuses = sorted(each.status_code for each in answers)
    assert statuses == [303] + [412] * 19
    async with fresh.work(TESTER) as db:
        assert (await db.execute(select(func.count()).select_from(AslEvent))).scalar_one() == 1
        kept = (await db.execute(select(AslEntry))).scalar_one()
        event = (await db.execute(select(AslEvent))).scalar_one()
        assert (kept.version, kept.reason) == (2, event.reason)
