"""Approvals without a website: what is decided, and what stays of it."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlmodel import col

from portal import clock
from portal.errors import NotFoundError, StaleError
from portal.models.suppliers import AslEvent, AslStatus, ScopeKind
from portal.workflows.approved_list import entries, standing
from portal.workflows.editing import TakenError
from portal.workflows.lists import Wanted
from tests.factories import suppliers
from tests.people import principal_of

TODAY = date(2026, 10, 8)
VALUES = {
    "scope_kind": ScopeKind.COMMODITY,
    "scope": "Castings",
    "site_id": None,
    "status": AslStatus.PENDING,
    "valid_until_on": None,
    "reason": "Asked for.",
}


async def add(db, cast, **given):
    return await entries.add(db, cast.acme, {**VALUES, **given}, by=principal_of(cast.elin), today=TODAY)


async def decide(db, cast, entry, version=1, **given):
    values = {"status": AslStatus.APPROVED, "valid_until_on": date(2027, 1, 1), "reason": "Passed.", **given}
    await entries.decide(db, entry, version, **values, by=principal_of(cast.karin), today=TODAY)


async def test_each_decision_is_an_event_with_its_author_and_its_instant(db, cast):
    with clock.fixed(datetime(2026, 10, 8, 9, tzinfo=UTC)):
        entry = await add(db, cast)
    with clock.fixed(datetime(2026, 10, 9, 9, tzinfo=UTC)):
        await decide(db, cast, entry)
    rows = (await db.execute(select(AslEvent).order_by(col(AslEvent.id)))).scalars().all()
    assert [(e.by_name, e.at.day, e.from_status, e.to_status, e.valid_until_on, e.reason) for e in rows] == [
        ("Elin Sandberg", 8, None, AslStatus.PENDING, None, "Asked for."),
        ("Karin Holm", 9, AslStatus.PENDING, AslStatus.APPROVED, date(2027, 1, 1), "Passed."),
    ]


async def test_a_renewal_with_the_same_status_is_an_event_too(db, cast):
    entry = await add(db, cast, status=AslStatus.APPROVED, valid_until_on=date(2026, 12, 1))
    await decide(db, cast, entry)
    (found,) = await entries.entries_of(db, principal_of(cast.elin), cast.acme)
    assert [event.valid_until_on for event in found.events] == [date(2027, 1, 1), date(2026, 12, 1)]
    assert found.entry.version == 2


async def test_a_stale_decision_leaves_no_trace(db, cast):
    entry = await add(db, cast)
    await decide(db, cast, entry)
    with pytest.raises(StaleError):
        await decide(db, cast, entry, version=1, status=AslStatus.DISQUALIFIED)
    (found,) = await entries.entries_of(db, principal_of(cast.elin), cast.acme)
    assert (found.entry.status, len(found.events)) == (AslStatus.APPROVED, 2)


@pytest.mark.parametrize(
    ("status", "until", "is_good"),
    [
        (AslStatus.APPROVED, None, False),
        (AslStatus.CONDITIONAL, None, False),
        (AslStatus.APPROVED, TODAY, True),
        (AslStatus.APPROVED, TODAY - timedelta(days=1), False),
        (AslStatus.RESTRICTED, TODAY - timedelta(days=1), False),
        (AslStatus.RESTRICTED, None, True),
        (AslStatus.DISQUALIFIED, TODAY - timedelta(days=1), True),
        (AslStatus.PENDING, None, True),
    ],
)
async def test_an_approval_has_an_end_that_lies_ahead(db, cast, status, until, is_good):
    entry = await add(db, cast)
    if is_good:
        await decide(db, cast, entry, status=status, valid_until_on=until)
        assert (entry.status, entry.valid_until_on) == (status, until)
        return
    with pytest.raises(TakenError) as refused:
        await decide(db, cast, entry, status=status, valid_until_on=until)
    assert refused.value.field == "valid_until"
    assert entry.status == AslStatus.PENDING


def test_the_last_valid_day_still_counts():
    assert not standing.is_expired(AslStatus.APPROVED, TODAY, TODAY)
    assert standing.is_expired(AslStatus.APPROVED, TODAY - timedelta(days=1), TODAY)
    assert not standing.is_expired(AslStatus.APPROVED, None, TODAY)
    assert not standing.is_expired(AslStatus.DISQUALIFIED, TODAY - timedelta(days=1), TODAY)


async def test_a_rival_sees_and_changes_no_entry(db, cast):
    entry = await suppliers.approval(db, cast.acme)
    rita = principal_of(cast.rita)
    with pytest.raises(NotFoundError):
        await entries.find(db, rita, entry.id)
    with pytest.raises(NotFoundError):
        await entries.to_change(db, rita, entry.id)
    assert (await entries.listed(db, rita, Wanted(sort="supplier"), today=TODAY)).total == 0
    assert (await entries.counts(db, rita, today=TODAY)).all == 0
    assert await entries.entries_of(db, rita, cast.acme) == []


async def test_the_counts_are_those_of_the_filters(db, cast):
    for days in (-1, 0, 30, 31, 60, 61, 90, 91):
        await suppliers.approval(db, cast.acme, valid_until_on=TODAY + timedelta(days=days))
    await suppliers.approval(
        db, cast.bolt, status=AslStatus.DISQUALIFIED, valid_until_on=TODAY - timedelta(days=9)
    )
    who = principal_of(cast.elin)
    counts = await entries.counts(db, who, today=TODAY)
    assert counts == entries.Counts(all=9, expired=1, within_30=2, within_60=4, within_90=6)
    for wish, count in (("expired", 1), ("30", 2), ("60", 4), ("90", 6), ("none", 0)):
        wanted = Wanted(sort="until", filters={"ends": (wish,)})
        assert (await entries.listed(db, who, wanted, today=TODAY)).total == count, wish
