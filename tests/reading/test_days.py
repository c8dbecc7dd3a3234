"""Days as certificates of a dozen countries print them."""

from datetime import date

import pytest

from portal.reading.days import Order, days_in, order_of, settled

NOVEMBER = date(2026, 11, 3)


@pytest.mark.parametrize(
    "text",
    [
        *("2026-11-03", "2026/11/03", "2026.11.03", "03.11.2026", "3. 11. 2026", "3.11.2026"),
        *("3 November 2026", "03-Nov-2026", "3rd of November 2026", "November 3, 2026", "Nov. 3rd 2026"),
        *("3. November 2026", "den 3 november 2026", "3 novembre 2026", "3 de noviembre de 2026"),
        *("3 listopada 2026 r.", "3. listopadu 2026", "3 november 2026", "3 de novembro de 2026"),
        *("2026年11月3日", "2026 年 11 月 03 日", "2026년 11월 3일", "2026. november 3.", "3 Kasım 2026"),
        *("3. marraskuuta 2026", "3 noiembrie 2026", "3. novembra 2026"),
    ],
)
def test_one_day_in_many_scripts(text):
    (found,) = days_in(f"Valid until: {text}")
    assert (found.day, found.other) == (NOVEMBER, None)


def test_months_that_begin_alike_are_told_apart():
    assert [
        each.day.month for each in days_in("1. června 2026, 1. července 2026, 5 mars 2026, 6 maj 2026")
    ] == [*(6, 7, 3, 5)]


def test_what_is_no_day_is_none():
    assert days_in("31.02.2026, 2026-13-01, 4.5.2026.7, 12/2026, No. 03/11/20261, 99.99.2026") == []


def test_an_open_order_is_said_and_settled_by_a_day_that_is_plain():
    (open_day,) = days_in("03/11/2026")
    assert (open_day.day, open_day.other, open_day.order) == (NOVEMBER, date(2026, 3, 11), Order.OPEN)
    assert order_of(days_in("03/11/2026 and 25/11/2026")) is Order.DAY_FIRST
    assert order_of(days_in("03/11/2026 and 11/25/2026")) is Order.MONTH_FIRST
    assert order_of(days_in("25/11/2026 and 11/25/2026")) is Order.OPEN
    american = settled(open_day, Order.MONTH_FIRST)
    assert (american.day, american.other) == (date(2026, 3, 11), None)
    assert settled(open_day, Order.OPEN) is open_day
    assert days_in("05/05/2026")[0].other is None
