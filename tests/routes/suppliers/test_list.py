"""Suppliers as staff see them: who may look, the list and its files."""

import io
from contextlib import AsyncExitStack
from datetime import timedelta

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import func, select

from portal.models.organisation import Organisation
from portal.models.people import Role
from portal.models.suppliers import AslStatus, RiskClass, Supplier, SupplierStatus
from portal.routes.suppliers.index import LISTING
from tests.conftest import visits
from tests.factories import master, people, suppliers
from tests.people import TESTER
from tests.routes.suppliers.conftest import FORM, TODAY, file_rows, names_in

# who


async def test_a_suppliers_person_an_auditor_and_a_signed_out_browser_get_nothing(site, cast):
    for path in [
        "/suppliers",
        "/suppliers.csv",
        "/suppliers.xlsx",
        "/suppliers/104417",
        "/suppliers/new",
        "/suppliers/104417/edit",
        "/suppliers/104417/sites/new",
        "/suppliers/104417/contacts/new",
    ]:
        for person in (cast.tomasz, cast.rita, cast.anna):
            browser = await site(person)
            refused, missing = await browser.get(path), await browser.get("/suppliers/999999")
            assert refused.status_code == 404, person.name
            assert refused.text.replace(refused.headers["x-request-id"], "") == missing.text.replace(
                missing.headers["x-request-id"], ""
            )
        answer = await (await site(None)).get(path)
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/sign-in")


async def test_who_only_reads_sees_no_buttons_and_changes_nothing(site, cast, db):
    vera = await site(cast.vera)
    page = await vera.get("/suppliers/104417")
    assert page.status_code == 200
    assert "/edit" not in page.text
    assert "sites/new" not in page.text
    assert "/imports" not in page.text
    for path, data in (
        ("/suppliers", FORM),
        ("/suppliers/104417", {**FORM, "version": "1"}),
        ("/suppliers/104417/sites", {"name": "X", "time_zone": "UTC"}),
        ("/suppliers/104417/contacts", {"name": "X", "email": "x@y.test", "role": "quality"}),
    ):
        assert (await vera.post(path, data=data)).status_code == 404, path
    assert (await db.execute(select(func.count()).select_from(Supplier))).scalar_one() == 2


async def test_a_form_without_its_token_changes_nothing(elin, cast):
    del elin.headers["x-csrf-token"]
    assert (await elin.post("/suppliers", data=FORM)).status_code == 403


# the list


async def test_the_list_shows_each_supplier_with_its_standing(elin, db, cast):
    await suppliers.approval(db, cast.acme, valid_until_on=TODAY - timedelta(days=1))
    page = await elin.get("/suppliers")
    assert page.status_code == 200
    assert names_in(page.text) == ["Acme Castings", "Bolt &amp; Sons"]
    assert "Expired" in page.text
    assert "Not on the list" in page.text
    assert 'aria-sort="ascending"' in page.text


async def test_searching_finds_by_name_and_by_number_and_takes_wildcards_as_letters(elin, db):
    await master.supplier(db, number="77_01", name="50% Metall")
    for q, wanted in (
        ("acme", ["Acme Castings"]),
        ("CAST ac", ["Acme Castings"]),
        ("104900", ["Bolt &amp; Sons"]),
        ("0%", ["50% Metall"]),
        ("7_0", ["50% Metall"]),
        ("_", ["50% Metall"]),
        ("\\", []),
        ("' OR 1=1 --", []),
    ):
        page = await elin.get("/suppliers", params={"q": q})
        assert names_in(page.text) == wanted, q


async def test_nothing_found_says_for_what_and_clears_it(elin):
    page = await elin.get("/suppliers?q=%3Czzz%3E")
    assert "No supplier matches “&lt;zzz&gt;”." in page.text
    assert "Clear the search" in page.text
    assert "/suppliers.csv" not in page.text


async def test_a_filter_that_finds_nothing_leads_back_to_all(elin):
    page = await elin.get("/suppliers?status=prospect")
    assert "No supplier matches these filters." in page.text
    assert "Show all suppliers" in page.text


async def test_an_empty_portal_says_what_comes_next(fresh, settings):
    async with fresh.work(TESTER) as db:
        db.add(Organisation(name="Norrland Drives AB", short_name="Norrland"))
        elin = await people.person(db, "Elin Sandberg", Role.QUALITY_ENGINEER)
    async with AsyncExitStack() as stack:
        browser = await (await visits(stack, fresh, settings))(elin)
        page = await browser.get("/suppliers")
        assert "No suppliers yet" in page.text
        assert 'href="/imports"' in page.text
        assert 'type="search" id="find-list"' not in page.text
        assert "No plants yet" in (await browser.get("/master-data")).text
        assert "No parts yet" in (await browser.get("/master-data/parts")).text


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("status=on_hold", ["Tatra"]),
        ("risk=high&status=active", ["Zenit"]),
        ("country=SK&country=JP", ["Tatra", "Zenit"]),
        ("commodity=FAST", ["Zenit"]),
        ("asl=approved", ["Acme Castings"]),
        ("asl=expired", ["Bolt &amp; Sons"]),
        ("asl=ending", ["Acme Castings"]),
        ("asl=none", ["Tatra", "Zenit"]),
        ("asl=none&asl=expired&sort=-name", ["Zenit", "Tatra", "Bolt &amp; Sons"]),
        ("sort=-risk&status=active", ["Acme Castings", "Bolt &amp; Sons", "Zenit"]),
        ("sort=risk&q=t", ["Zenit", "Acme Castings", "Bolt &amp; Sons", "Tatra"]),
        ("sort=asl&asl=expired&asl=approved", ["Bolt &amp; Sons", "Acme Castings"]),
    ],
)
async def test_filters_and_order_are_in_the_address(elin, db, cast, query, wanted):
    fasteners = await master.commodity(db, code="FAST", name="Fasteners")
    await master.supplier(db, name="Tatra", country="SK", status=SupplierStatus.ON_HOLD)
    await master.supplier(
        db, name="Zenit", country="JP", risk=RiskClass.HIGH, number="T1", commodity_id=fasteners.id
    )
    await suppliers.approval(db, cast.acme, valid_until_on=TODAY + timedelta(days=90))
    await suppliers.approval(
        db, cast.bolt, valid_until_on=TODAY - timedelta(days=1), status=AslStatus.CONDITIONAL
    )
    found = names_in((await elin.get(f"/suppliers?{query}")).text)
    if query.startswith("sort=-risk"):
        assert sorted(found[:2]) == wanted[:2]
        assert found[2:] == wanted[2:]
    elif query.startswith("sort=risk"):
        assert found[0] == "Zenit"
        assert sorted(found) == sorted(wanted)
    else:
        assert found == wanted


async def test_every_order_works_both_ways(elin, cast):
    for key in list(LISTING.sorts):
        for sort in (key, f"-{key}"):
            assert (await elin.get("/suppliers", params={"sort": sort})).status_code == 200, sort


async def test_hostile_values_are_refused_as_pages(elin):
    for query in [
        "sort=password",
        "sort=name%00",
        "sort=id;select%201",
        "rows=0",
        "rows=-1",
        "rows=100000",
        "rows=9e9",
        "rows=NaN",
        "status=gone",
        "risk=%00",
        "asl=' OR 1=1",
        "q=%00",
        "q=" + "a" * 300,
        "country=%00",
    ]:
        for path in ("/suppliers", "/suppliers.csv", "/suppliers.xlsx"):
            assert (await elin.get(f"{path}?{query}")).status_code == 422, (path, query)


async def test_odd_bytes_are_no_server_error(elin):
    for query in ["q=%ED%A0%80", "q=%FF", "country=%ED%A0%80", "x=%00", "q=%F0%9F%92%A9"]:
        assert (await elin.get(f"/suppliers?{query}")).status_code in {200, 422}, query


async def test_fifty_rows_then_fifty_more(elin, db):
    for n in range(120):
        await master.supplier(db, name=f"Serial {n:03}")
    page = await elin.get("/suppliers?q=serial")
    assert len(names_in(page.text)) == 50
    assert "50 of 120 suppliers" in page.text
    assert 'href="/suppliers?q=serial&amp;rows=100"' in page.text
    assert len(names_in((await elin.get("/suppliers?q=serial&rows=100")).text)) == 100
    last = await elin.get("/suppliers?q=serial&rows=150")
    assert names_in(last.text) == [f"Serial {n:03}" for n in range(120)]
    assert "All 120 suppliers" in last.text


async def test_htmx_gets_the_table_alone_and_the_clean_address(elin):
    part = await elin.get("/suppliers?q=acme&country=&sort=name", headers={"HX-Request": "true"})
    assert part.text.lstrip().startswith('<div id="list">')
    assert "<html" not in part.text
    assert part.headers["HX-Push-Url"] == "/suppliers?q=acme"
    assert part.headers["Vary"] == "HX-Request"
    restored = {"HX-Request": "true", "HX-History-Restore-Request": "true"}
    assert "<html" in (await elin.get("/suppliers?q=acme", headers=restored)).text


async def test_the_files_hold_the_list_as_filtered(elin, db, cast):
    cast.acme.name = "=cmd|'/C calc'!A0"
    await suppliers.approval(db, cast.acme, valid_until_on=TODAY + timedelta(days=10))
    await db.flush()
    answer = await elin.get("/suppliers.csv?asl=approved")
    assert answer.headers["content-disposition"].startswith('attachment; filename="suppliers-2026-10-08.csv"')
    heading, *rows = file_rows(answer.content)
    assert heading[:3] == ["Supplier", "Number", "Country"]
    assert [row[0] for row in rows] == ["'=cmd|'/C calc'!A0"]
    assert rows[0][-2:] == ["Approved, ends in 10 days", "2026-10-18"]
    answer = await elin.get("/suppliers.xlsx?sort=-number")
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(answer.content)).get_sheet_by_index(0).to_python()
    assert [row[1] for row in sheet] == ["Number", "104900", "104417"]
    assert sheet[2][0] == "=cmd|'/C calc'!A0"
