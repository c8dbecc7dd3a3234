"""A few lines, counted by hand."""

from datetime import date
from decimal import Decimal

from portal.models.nonconformances import Responsibility
from portal.workflows import ratings
from scorecards.periods import Period, month_number
from tests.factories import deliveries
from tests.people import principal_of

OCTOBER = month_number(date(2026, 10, 1))
LATER = date(2026, 11, 30)


async def october(db, who, as_of=LATER, **given):
    found = await ratings.sums_of(db, who, months=[OCTOBER], as_of=as_of, by=("supplier",), **given)
    return {supplier: sums for (supplier,), sums in found.items()}


async def test_each_fate_of_a_line_is_counted_once(db, cast):
    await deliveries.line(db, cast, (date(2026, 10, 3), 100))  # the window's first day
    await deliveries.line(db, cast, (date(2026, 10, 8), 60), (date(2026, 10, 7), 40))
    await deliveries.line(db, cast, (date(2026, 10, 9), 100))  # late
    await deliveries.line(db, cast, (date(2026, 10, 2), 100))  # early
    await deliveries.line(db, cast, (date(2026, 10, 8), 99))  # not whole
    await deliveries.line(db, cast)  # nothing arrived
    await deliveries.line(db, cast, cancelled_on=date(2026, 10, 1))
    await deliveries.line(db, cast, ordered=Decimal(0))
    await deliveries.line(db, cast, acknowledged_on=None)  # no date, promised for no month
    sums = (await october(db, principal_of(cast.elin)))[cast.acme.id].delivery
    assert (sums.promised, sums.cancelled, sums.empty, sums.pending) == (8, 1, 1, 0)
    assert (sums.on_time, sums.late, sums.early) == (2, 3, 1)
    assert (sums.ordered, sums.in_window) == (600, 299)
    assert (sums.early_ordered, sums.early_in_window) == (100, 0)


async def test_pending_lines_wait_until_their_window_is_over(db, cast):
    await deliveries.line(db, cast, (date(2026, 10, 6), 30))
    before = (await october(db, principal_of(cast.elin), as_of=date(2026, 10, 8)))[cast.acme.id].delivery
    assert (before.promised, before.pending, before.late, before.ordered, before.in_window) == (1, 1, 0, 0, 0)
    after = (await october(db, principal_of(cast.elin), as_of=date(2026, 10, 9)))[cast.acme.id].delivery
    assert (after.promised, after.pending, after.late, after.ordered, after.in_window) == (1, 0, 1, 100, 30)


async def test_only_the_suppliers_own_faults_count_as_defects(db, cast):
    await deliveries.line(db, cast, (date(2026, 10, 8), 1000), ordered=Decimal(1000))
    await deliveries.nonconformance(db, cast, quantity=Decimal(3), defects=4, is_safety=True)
    await deliveries.nonconformance(db, cast, is_sample=True)
    await deliveries.nonconformance(db, cast, responsibility=Responsibility.CARRIER)
    sums = (await october(db, principal_of(cast.elin)))[cast.acme.id].quality
    assert (sums.received, sums.nonconforming, sums.defects) == (1000, 3, 4)
    assert (sums.nonconformances, sums.left_out, sums.safety) == (1, 2, 1)


async def test_a_line_with_two_arrivals_in_a_month_arrived_once(db, cast):
    line = await deliveries.line(db, cast, (date(2026, 10, 6), 50), (date(2026, 10, 7), 50))
    await deliveries.receipt(db, line, received_on=date(2026, 11, 2), quantity=Decimal(1))
    found = await ratings.sums_of(
        db, principal_of(cast.elin), months=[OCTOBER, OCTOBER + 1], as_of=LATER, by=("month",)
    )
    assert [found[month,].quality.lines for month in (OCTOBER, OCTOBER + 1)] == [1, 1]


async def test_a_card_takes_wider_windows_where_there_are_few_lines(db, cast):
    for _ in range(9):
        await deliveries.line(db, cast, (date(2026, 9, 8), 100), acknowledged_on=date(2026, 9, 8))
    await deliveries.line(db, cast, (date(2026, 10, 9), 100))
    series = await ratings.card(db, principal_of(cast.elin), cast.acme, Period(OCTOBER), LATER)
    delivery = series.rated.card.measure("delivery")
    assert (delivery.period, delivery.numerator, delivery.denominator) == (Period(OCTOBER - 2, 3), 9, 10)
    assert len(series.months) == 12
    assert series.months[-1] == series.rated.card
