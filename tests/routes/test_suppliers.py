"""The list of suppliers, one supplier's page, and every form on it."""

import csv
import io
from contextlib import AsyncExitStack
from datetime import UTC, date, datetime, timedelta

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import func, select
from sqlmodel import col

from portal import clock
from portal.models.organisation import Organisation
from portal.models.people import Role
from portal.models.suppliers import AslStatus, Contact, ProcessRole, RiskClass, Supplier, SupplierStatus
from portal.models.suppliers import SupplierSite as Site
from portal.routes.suppliers.index import LISTING
from tests.conftest import visits
from tests.factories import master, people, suppliers
from tests.people import TESTER

NOON = datetime(2026, 10, 8, 12, 0, tzinfo=UTC)
TODAY = date(2026, 10, 8)
FORM = {
    "number": "105777",
    "name": "Kessler Präzision",
    "status": "active",
    "risk": "low",
    "commodity": "CAST",
    "country": "DE",
    "city": "Ulm",
    "time_zone": "Europe/Berlin",
    "note": "Pays attention.",
}


@pytest.fixture(autouse=True)
def noon():
    with clock.fixed(NOON):
        yield


@pytest.fixture
async def elin(site, cast):
    return await site(cast.elin)


def file_rows(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def names_in(text: str) -> list[str]:
    return [part.partition("</bdi>")[0] for part in text.partition("<tbody>")[2].split("data-open><bdi>")[1:]]


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


# one supplier


async def test_the_page_is_the_one_place_where_everything_is_found(elin, db, cast):
    cast.acme.note = "Second furnace <b>from</b> March."
    foundry = await suppliers.site(db, cast.acme, name="Poznań foundry")
    await suppliers.contact(
        db, cast.acme, site_id=foundry.id, name="Marta Nowak", email="marta@acme.test", phone="+48 61 1"
    )
    await suppliers.approval(db, cast.acme, scope="Heat treatment", valid_until_on=date(2026, 10, 5))
    await suppliers.line(db, cast.acme, cast.lulea, cast.housing, order_number="4711", received=40)
    await suppliers.line(
        db, cast.acme, cast.lulea, cast.housing, order_number="4712", promised_on=date(2026, 10, 9)
    )
    page = (await elin.get("/suppliers/104417")).text
    for words in (
        "Poznań foundry",
        'href="mailto:marta@acme.test"',
        'href="tel:+48611"',
        "Heat treatment",
        "ended 3 days ago",
        "4711-10",
        "Tomasz Wieczorek",
        "Only we see this",
        "Second furnace &lt;b&gt;from&lt;/b&gt; March.",
        'href="/suppliers/104417/scorecard"',
    ):
        assert words in page, words
    assert "4712-10" not in page
    assert "60" in page.partition("4711-10")[2]
    assert "Rita Bolt" not in page


async def test_a_supplier_about_whom_nothing_is_known_says_so(elin):
    page = (await elin.get("/suppliers/104900")).text
    for words in ("not on the approved list", "No deliveries are known yet", "Nobody to write to yet"):
        assert words in page


async def test_who_is_limited_to_a_plant_sees_only_what_came_there(site, db, cast):
    await suppliers.line(db, cast.acme, cast.lulea, cast.housing, order_number="4711")
    await suppliers.line(db, cast.acme, cast.gdansk, cast.housing, order_number="4722")
    page = (await (await site(cast.gustav)).get("/suppliers/104417")).text
    assert "4722-10" in page
    assert "4711-10" not in page


async def test_there_is_no_page_for_what_is_no_number(elin):
    for number in ["999999", "%00", "10441%27", "x" * 300, "%F0%9F%92%A9", "104417%20", "%ED%A0%80"]:
        for path in (
            f"/suppliers/{number}",
            f"/suppliers/{number}/edit",
            f"/suppliers/{number}/contacts/new",
        ):
            assert (await elin.get(path)).status_code in {404, 422}, path


@pytest.mark.parametrize(
    "name",
    [
        '"><script>alert(1)</script>',
        '" hx-get="/suppliers" hx-trigger="load',
        "精密鋳造株式会社",
        "\u202eevil\u202c مورد",
        "x" * 200,
        "{{ 7*7 }}",
    ],
)
async def test_stored_xss_and_any_script_in_a_name(elin, db, cast, name):
    cast.acme.name = cast.acme.note = name
    cast.acme.city = name[:120]
    await suppliers.site(db, cast.acme, name=name, address=name)
    await suppliers.contact(db, cast.acme, name=name, phone=name[:40], email="a@b.test")
    await suppliers.approval(db, cast.acme, scope=name, reason=name)
    await db.flush()
    for path in (
        "/suppliers",
        "/suppliers/104417",
        "/suppliers/104417/edit",
        f"/suppliers?q={name[:5]}",
        "/approved-suppliers",
    ):
        page = await elin.get(path)
        assert page.status_code == 200, path
        assert "<script>alert" not in page.text
        assert '" hx-get="/suppliers" hx-trigger="load' not in page.text
        if name == "{{ 7*7 }}":
            assert "{{ 7*7 }}" in page.text, path


# adding and changing


async def test_adding_a_supplier_goes_to_its_page(elin, db, cast):
    assert "Europe/Stockholm" in (await elin.get("/suppliers/new")).text
    answer = await elin.post("/suppliers", data={**FORM, "id": "1", "version": "9", "score": "100"})
    assert answer.status_code == 303
    assert answer.headers["location"] == "/suppliers/105777"
    added = (await db.execute(select(Supplier).where(col(Supplier.number) == "105777"))).scalar_one()
    assert (added.name, added.country, added.risk, added.version) == (
        "Kessler Präzision",
        "DE",
        RiskClass.LOW,
        1,
    )
    assert added.commodity_id == cast.castings.id
    assert (await elin.get("/suppliers/105777")).status_code == 200


async def test_a_wrong_field_keeps_everything_and_says_what_to_change(elin, db):
    for field, value, sentence in [
        ("number", "", "Enter supplier number."),
        ("number", "104417", "belongs to another supplier"),
        ("number", "a/b", "part of the page’s address"),
        ("number", "new", "cannot be a number"),
        ("number", "..", "cannot be a number"),
        ("number", "x" * 41, "Shorten it to 40"),
        ("name", " ", "Enter name."),
        ("name", "a\x00b", "cannot be stored"),
        ("status", "gone", "Choose status from the list."),
        ("risk", "", "Choose risk."),
        ("country", "XX", "Choose a country from the list."),
        ("commodity", "NONE", "no longer there"),
        ("time_zone", "Europe/Atlantis", "Choose a time zone from the list"),
        ("time_zone", "../../etc/passwd", "Choose a time zone from the list"),
        ("note", "x" * 4001, "Shorten it to 4000"),
    ]:
        answer = await elin.post("/suppliers", data={**FORM, field: value})
        assert answer.status_code == 422, (field, value)
        text = answer.text.replace("&#39;", "’").replace("'", "’")
        assert sentence in text, (field, value)
        assert f'href="#f-{field}"' in answer.text, (field, value)
        assert 'value="Ulm"' in answer.text, (field, value)
        assert (await db.execute(select(func.count()).select_from(Supplier))).scalar_one() == 2


async def test_bytes_that_are_no_text_in_a_form_are_no_server_error(elin):
    body = "&".join(f"{k}={v}" for k, v in {**FORM, "name": "%ED%A0%80"}.items()).encode()
    answer = await elin.post(
        "/suppliers", content=body, headers={"content-type": "application/x-www-form-urlencoded"}
    )
    assert answer.status_code in {303, 422}


async def test_changing_a_supplier_raises_its_version(elin, db, cast):
    page = await elin.get("/suppliers/104417/edit")
    assert 'name="version" value="1"' in page.text
    data = {**FORM, "number": "104417", "name": "Acme Gießerei", "version": "1"}
    answer = await elin.post("/suppliers/104417", data=data)
    assert answer.headers["location"] == "/suppliers/104417"
    await db.refresh(cast.acme)
    assert (cast.acme.name, cast.acme.version) == ("Acme Gießerei", 2)


async def test_a_new_number_moves_the_page(elin, cast):
    answer = await elin.post("/suppliers/104417", data={**FORM, "number": "A 1", "version": "1"})
    assert answer.headers["location"] == "/suppliers/A%201"
    assert (await elin.get("/suppliers/A%201")).status_code == 200
    taken = await elin.post("/suppliers/A%201", data={**FORM, "number": "104900", "version": "2"})
    assert taken.status_code == 422
    assert "belongs to another supplier" in taken.text


async def test_if_match_a_stale_save_shows_both_texts_and_loses_neither(elin, db, cast):
    first = {**FORM, "number": "104417", "note": "Saved first.", "version": "1"}
    assert (await elin.post("/suppliers/104417", data=first)).status_code == 303
    late = {**FORM, "number": "104417", "note": "Typed late.", "risk": "high", "version": "1"}
    answer = await elin.post("/suppliers/104417", data=late)
    assert answer.status_code == 412
    assert "Saved first." in answer.text
    assert "Typed late.</textarea>" in answer.text
    assert "<bdi>Low</bdi>" in answer.text
    assert "<bdi>High</bdi>" in answer.text
    assert 'name="version" value="2"' in answer.text
    await db.refresh(cast.acme)
    assert cast.acme.note == "Saved first."
    assert (await elin.post("/suppliers/104417", data={**late, "version": "2"})).status_code == 303
    await db.refresh(cast.acme)
    assert (cast.acme.note, cast.acme.version) == ("Typed late.", 3)


async def test_a_form_without_a_sensible_version_saves_nothing(elin, db, cast):
    for version in ["", "0", "-1", "1e9", "99999999999999999999", "\x00", "1; drop"]:
        answer = await elin.post("/suppliers/104417", data={**FORM, "number": "104417", "version": version})
        assert answer.status_code == 412, version
        await db.refresh(cast.acme)
        assert cast.acme.name == "Acme Castings", version


async def test_correcting_a_field_does_not_hide_that_somebody_else_saved(elin, db, cast):
    bad = {**FORM, "number": "104417", "name": "", "version": "1"}
    assert (await elin.post("/suppliers/104417", data={**bad, "name": "Theirs"})).status_code == 303
    answer = await elin.post("/suppliers/104417", data=bad)
    assert answer.status_code == 422
    assert 'name="version" value="1"' in answer.text


# sites and contacts


async def test_sites_are_added_changed_and_removed(elin, db, cast):
    site = {"name": "Poznań", "address": "ul. 1", "city": "", "country": "PL", "time_zone": "Europe/Warsaw"}
    answer = await elin.post("/suppliers/104417/sites", data=site)
    assert answer.headers["location"] == "/suppliers/104417#sites"
    assert (await elin.post("/suppliers/104417/sites", data=site)).status_code == 422
    added = (await db.execute(select(Site))).scalar_one()
    at = f"/suppliers/104417/sites/{added.id}"
    assert 'value="Poznań"' in (await elin.get(f"{at}/edit")).text
    assert (await elin.post(at, data={**site, "name": "Łódź", "version": "1"})).status_code == 303
    stale = await elin.post(at, data={**site, "name": "Gdynia", "version": "1"})
    assert stale.status_code == 412
    assert "Łódź" in stale.text
    assert "Gdynia" in stale.text
    person = await suppliers.contact(db, cast.acme, site_id=added.id)
    assert "1 contact here stays with" in (await elin.get(f"{at}/edit")).text
    assert (await elin.post(f"{at}/removal")).status_code == 303
    assert (await db.execute(select(func.count()).select_from(Site))).scalar_one() == 0
    await db.refresh(person)
    assert person.site_id is None


async def test_a_site_on_the_approved_list_stays(elin, db, cast):
    foundry = await suppliers.site(db, cast.acme, name="Foundry")
    await suppliers.contact(db, cast.acme, site_id=foundry.id)
    await suppliers.approval(db, cast.acme, site_id=foundry.id)
    answer = await elin.post(f"/suppliers/104417/sites/{foundry.id}/removal")
    assert answer.status_code == 409
    assert "stands on the approved supplier list" in answer.text
    assert (await db.execute(select(func.count()).select_from(Site))).scalar_one() == 1
    assert (
        await db.execute(select(func.count()).select_from(Contact).where(col(Contact.site_id).is_not(None)))
    ).scalar_one() == 1


async def test_contacts_are_added_changed_and_removed(elin, db, cast):
    site = await suppliers.site(db, cast.acme)
    data = {
        "name": "Marta",
        "email": "m@acme.test",
        "role": "logistics",
        "phone": "+48",
        "site": f"{site.id}",
    }
    answer = await elin.post("/suppliers/104417/contacts", data=data)
    assert answer.headers["location"] == "/suppliers/104417#contacts"
    added = (await db.execute(select(Contact))).scalar_one()
    assert (added.role, added.site_id, added.supplier_id) == (
        ProcessRole.LOGISTICS,
        site.id,
        cast.acme.id,
    )
    again = await elin.post("/suppliers/104417/contacts", data=data)
    assert again.status_code == 422
    assert "already a contact for logistics" in again.text
    at = f"/suppliers/104417/contacts/{added.id}"
    assert (await elin.post(at, data={**data, "name": "Marta N", "version": "1"})).status_code == 303
    stale = await elin.post(at, data={**data, "name": "M. Nowak", "version": "1"})
    assert stale.status_code == 412
    assert "Marta N" in stale.text
    assert 'value="M. Nowak"' in stale.text
    assert (await elin.post(f"{at}/removal")).status_code == 303
    assert (await elin.post(f"{at}/removal")).status_code == 404


async def test_a_wrong_contact_keeps_what_was_typed(elin):
    for field, value in [
        ("email", "no address"),
        ("email", ""),
        ("role", "boss"),
        ("site", "1e5"),
        ("site", "-1"),
        ("name", ""),
    ]:
        data = {"name": "Marta", "email": "m@acme.test", "role": "quality", "phone": "+48 1", field: value}
        answer = await elin.post("/suppliers/104417/contacts", data=data)
        assert answer.status_code == 422, (field, value)
        assert f'href="#f-{field}"' in answer.text, (field, value)
        assert 'value="+48 1"' in answer.text, (field, value)


async def test_nested_parent_and_attach_by_reference(elin, db, cast):
    theirs = await suppliers.contact(db, cast.bolt)
    site = await suppliers.site(db, cast.bolt)
    data = {"name": "X", "email": "x@y.test", "role": "quality", "version": "1", "time_zone": "UTC"}
    for path in (f"contacts/{theirs.id}", f"sites/{site.id}"):
        assert (await elin.get(f"/suppliers/104417/{path}/edit")).status_code == 404
        assert (await elin.post(f"/suppliers/104417/{path}", data=data)).status_code == 404
        assert (await elin.post(f"/suppliers/104417/{path}/removal")).status_code == 404
    answer = await elin.post("/suppliers/104417/contacts", data={**data, "site": f"{site.id}"})
    assert answer.status_code == 422
    assert "Choose a site of this supplier" in answer.text


async def test_an_id_that_can_be_none_is_missing(elin):
    for row in ["0", "-1", "x", "9223372036854775808", "1" * 40, "%00", "1.5", "%D9%A1"]:
        for path in (f"sites/{row}/edit", f"contacts/{row}/edit"):
            assert (await elin.get(f"/suppliers/104417/{path}")).status_code == 404
