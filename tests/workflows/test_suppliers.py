"""Suppliers without a website: the queries, changes, and what several people do at once."""

import asyncio
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select, text
from sqlmodel import col

from portal.errors import NotFoundError, StaleError
from portal.models.suppliers import AslStatus, Contact, Supplier
from portal.workflows.approved_list.standing import Standing, ends_in
from portal.workflows.editing import TakenError
from portal.workflows.lists import Wanted
from portal.workflows.suppliers import listing, overview, record, sites
from tests.factories import master, suppliers
from tests.people import TESTER, invite_everybody, principal_of

TODAY = date(2026, 10, 8)
BY_NAME = Wanted(sort="name")


async def names(db, who, wanted=BY_NAME) -> list[str]:
    return [row.name for row in (await listing.listed(db, who, wanted, today=TODAY)).rows]


async def test_each_principal_finds_what_is_theirs_and_nobody_else_anything(db, cast):
    assert await names(db, principal_of(cast.elin)) == ["Acme Castings", "Bolt & Sons"]
    assert await names(db, principal_of(cast.tomasz)) == ["Acme Castings"]
    assert await names(db, principal_of(cast.anna)) == []
    for person in (cast.tomasz, cast.anna):
        counts = await listing.counts(db, principal_of(person), today=TODAY)
        assert counts.all == (1 if person is cast.tomasz else 0)


async def test_another_suppliers_record_is_as_good_as_missing(db, cast):
    tomasz = principal_of(cast.tomasz)
    assert (await record.find(db, tomasz, "104417")).id == cast.acme.id
    for number in ("104900", "nothing", ""):
        with pytest.raises(NotFoundError):
            await record.find(db, tomasz, number)
        with pytest.raises(NotFoundError):
            await record.to_change(db, tomasz, number)


async def test_the_first_rows_and_the_count_of_all(db, cast):
    for n in range(7):
        await master.supplier(db, name=f"Tatra {n}")
    who = principal_of(cast.elin)
    found = await listing.listed(db, who, Wanted(q="tatra", sort="name", rows=3), today=TODAY)
    assert ([row.name for row in found.rows], found.total) == (["Tatra 0", "Tatra 1", "Tatra 2"], 7)
    everything = [row.name async for row in listing.every(db, who, Wanted(sort="name", rows=3), today=TODAY)]
    assert len(everything) == 9


async def test_the_counts_are_those_of_the_filters(db, cast):
    who = principal_of(cast.elin)
    await suppliers.approval(db, cast.acme, valid_until_on=TODAY - timedelta(days=1))
    await suppliers.approval(db, cast.acme, valid_until_on=TODAY + timedelta(days=5))
    counts = await listing.counts(db, who, today=TODAY)
    assert counts == listing.Counts(all=2, high_risk=0, on_hold=0, expired=1, ending=1, not_listed=1)
    for wish, count in (("expired", counts.expired), ("ending", counts.ending), ("none", counts.not_listed)):
        wanted = Wanted(sort="name", filters={"asl": (wish,)})
        assert (await listing.listed(db, who, wanted, today=TODAY)).total == count, wish


async def test_filters_offer_only_what_a_supplier_has(db, cast):
    await master.commodity(db, code="NONE", name="Nothing")
    cast.acme.country = "PL"
    await db.flush()
    offered = await listing.choices(db, principal_of(cast.elin))
    assert offered == {"commodity": [("CAST", "Castings")], "country": [("PL", "Poland")]}
    assert (await listing.choices(db, principal_of(cast.anna))) == {"commodity": [], "country": []}


@pytest.mark.parametrize(
    ("statuses", "ends", "kind", "words"),
    [
        ([], [], "none", "Not on the list"),
        ([AslStatus.APPROVED], [None], "approved", "Approved"),
        ([AslStatus.APPROVED], [91], "approved", "Approved"),
        ([AslStatus.APPROVED], [90], "ending", "Approved, ends in 90 days"),
        ([AslStatus.APPROVED], [0], "ending", "Approved, ends today"),
        ([AslStatus.APPROVED], [-1], "expired", "Expired"),
        ([AslStatus.APPROVED, AslStatus.CONDITIONAL], [-1, 400], "expired", "Expired, 1 of 2"),
        ([AslStatus.APPROVED, AslStatus.CONDITIONAL], [400, 400], "limited", "Limited, 1 of 2"),
        ([AslStatus.PENDING], [-5], "pending", "Pending"),
        ([AslStatus.DISQUALIFIED, AslStatus.APPROVED], [-5, -5], "disqualified", "Disqualified, 1 of 2"),
    ],
)
async def test_a_standing_is_the_worst_that_holds(db, cast, statuses, ends, kind, words):
    for status, days in zip(statuses, ends, strict=True):
        until = None if days is None else TODAY + timedelta(days=days)
        await suppliers.approval(db, cast.acme, status=status, valid_until_on=until)
    (row,) = (
        await listing.listed(db, principal_of(cast.elin), Wanted(q="acme", sort="name"), today=TODAY)
    ).rows
    assert (row.standing.kind(TODAY), row.standing.words(TODAY)) == (kind, words)
    assert row.standing.entries == len(statuses)


def test_how_far_a_day_is_in_words():
    said = {days: ends_in(TODAY + timedelta(days=days), TODAY) for days in (-1400, -2, -1, 0, 1, 2)}
    assert said == {
        -1400: "ended 1,400 days ago",
        -2: "ended 2 days ago",
        -1: "ended yesterday",
        0: "ends today",
        1: "ends tomorrow",
        2: "ends in 2 days",
    }
    assert Standing(0, 0, 0, 0, 0, 0, None).words(TODAY) == "Not on the list"


async def test_a_stale_version_changes_nothing(db, cast):
    values = {"number": "104417", "name": "New", "commodity": ""}
    supplier = await record.to_change(db, principal_of(cast.elin), "104417")
    with pytest.raises(StaleError):
        await record.change(db, supplier, 2, values)
    assert supplier.name == "Acme Castings"
    await record.change(db, supplier, 1, values)
    assert (supplier.name, supplier.version, supplier.commodity_id) == ("New", 2, None)


async def test_saving_without_a_change_is_no_new_version(db, cast):
    supplier = await record.to_change(db, principal_of(cast.elin), "104417")
    before = supplier.updated_at
    await record.change(db, supplier, 1, {"number": "104417", "name": "Acme Castings", "commodity": "CAST"})
    assert (supplier.version, supplier.updated_at) == (1, before)


async def test_a_taken_number_leaves_the_record_and_the_transaction_usable(db, cast):
    supplier = await record.to_change(db, principal_of(cast.elin), "104417")
    with pytest.raises(TakenError) as taken:
        await record.change(db, supplier, 1, {"number": "104900", "name": "X", "commodity": ""})
    assert taken.value.field == "number"
    assert (supplier.number, supplier.name, supplier.version) == ("104417", "Acme Castings", 1)
    assert await names(db, principal_of(cast.elin)) == ["Acme Castings", "Bolt & Sons"]


async def test_race_two_people_save_at_once_and_one_is_told(fresh):
    async with fresh.work(TESTER) as db:
        cast = await invite_everybody(db)
    who = principal_of(cast.elin)

    async def save(name: str) -> str:
        try:
            async with fresh.work(who) as db:
                supplier = await record.to_change(db, who, "104417")
                await record.change(db, supplier, 1, {"number": "104417", "name": name, "commodity": ""})
        except StaleError:
            return "told"
        return name

    results = await asyncio.gather(*(save(f"Acme {n}") for n in range(8)))
    assert results.count("told") == 7
    async with fresh.work(who) as db:
        kept = await record.find(db, who, "104417")
    assert kept.name in results
    assert kept.version == 2


async def test_race_the_same_number_is_added_once(fresh):
    async with fresh.work(TESTER) as db:
        cast = await invite_everybody(db)
    who = principal_of(cast.elin)

    async def add(name: str) -> str:
        try:
            async with fresh.work(who) as db:
                await record.add(db, {"number": "105000", "name": name, "commodity": ""})
        except TakenError:
            return "taken"
        return "added"

    results = await asyncio.gather(*(add(f"S{n}") for n in range(6)))
    assert sorted(results) == ["added"] + ["taken"] * 5
    async with fresh.work(who) as db:
        found = select(func.count()).select_from(Supplier).where(col(Supplier.number) == "105000")
        assert (await db.execute(found)).scalar_one() == 1


async def test_the_overview_is_scoped(db, cast):
    await suppliers.contact(db, cast.acme, name="Ours")
    await suppliers.contact(db, cast.bolt, name="Theirs")
    await suppliers.line(db, cast.acme, cast.lulea, cast.housing)
    await suppliers.line(db, cast.acme, cast.gdansk, cast.housing)
    await suppliers.line(db, cast.acme, cast.gdansk, cast.housing, received=100)
    await suppliers.line(db, cast.acme, cast.gdansk, cast.housing, promised_on=TODAY)
    await suppliers.line(db, cast.acme, cast.gdansk, cast.housing, cancelled_on=TODAY)
    seen = await overview.overview(db, principal_of(cast.elin), cast.acme, today=TODAY)
    assert [contact.name for _, group in seen.contacts for contact in group] == ["Ours"]
    assert seen.deliveries.overdue == 2
    assert [person.name for person in seen.people] == ["Tomasz Wieczorek"]
    gustav = await overview.overview(db, principal_of(cast.gustav), cast.acme, today=TODAY)
    assert gustav.deliveries.overdue == 1
    assert gustav.deliveries.overdue_lines[0].plant == "Gdańsk"
    nobody = await overview.overview(db, principal_of(cast.anna), cast.acme, today=TODAY)
    assert (nobody.contacts, nobody.entries, list(nobody.people)) == ([], [], [])
    assert not nobody.deliveries.has_any


async def test_a_contact_of_a_site_that_is_not_the_suppliers(db, cast):
    theirs = await suppliers.site(db, cast.bolt)
    values = {"name": "X", "email": "x@y.test", "role": "quality", "phone": "", "site_id": theirs.id}
    with pytest.raises(TakenError) as refused:
        await sites.add_contact(db, principal_of(cast.elin), cast.acme, values)
    assert refused.value.field == "site"
    assert (await db.execute(select(func.count()).select_from(Contact))).scalar_one() == 0


def test_a_number_that_an_address_cannot_hold():
    for good in ("104417", "A-1.b_2", "Ä 7", "精密"):
        assert record.check_number(good) == good
    for bad in ("a/b", "a\\b", "a?b", "a#b", "50%", ".", "..", "New", "a\nb", "a\u202eb"):
        with pytest.raises(ValueError, match="number"):
            record.check_number(bad)


async def test_the_search_uses_the_trigram_index(db, cast):
    await db.execute(text("SET LOCAL enable_seqscan = off"))
    plan = (
        await db.execute(
            text(
                "EXPLAIN SELECT 1 FROM supplier WHERE name ILIKE '%tatra%' ESCAPE '\\'"
                " OR number ILIKE '%tatra%' ESCAPE '\\'"
            )
        )
    ).scalars()
    lines = "\n".join(plan)
    assert "ix_supplier_name_trgm" in lines
    assert "ix_supplier_number_trgm" in lines
