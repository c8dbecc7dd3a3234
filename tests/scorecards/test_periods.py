from datetime import date

import pytest

from scorecards.periods import LONG_AGO, Calendar, Period, day_label, month_number, window


def test_months_count_from_january_2000():
    assert [month_number(date(*day)) for day in ((2000, 1, 31), (2026, 10, 1), (1999, 12, 31))] == [
        0,
        321,
        -1,
    ]


@pytest.mark.parametrize(
    ("period", "first", "last", "label"),
    [
        (Period.month(2026, 10), date(2026, 10, 1), date(2026, 10, 31), "October 2026"),
        (Period.month(2024, 2), date(2024, 2, 1), date(2024, 2, 29), "February 2024"),
        (Period.month(2026, 2), date(2026, 2, 1), date(2026, 2, 28), "February 2026"),
        (Period.month(2026, 12), date(2026, 12, 1), date(2026, 12, 31), "December 2026"),
        (Period.quarter(2026, 3), date(2026, 7, 1), date(2026, 9, 30), "Q3 2026"),
        (Period.trailing(321, 3), date(2026, 8, 1), date(2026, 10, 31), "3 months to October 2026"),
        (Period.trailing(321, 12), date(2025, 11, 1), date(2026, 10, 31), "12 months to October 2026"),
        (Period.month(1999, 12), date(1999, 12, 1), date(1999, 12, 31), "December 1999"),
    ],
)
def test_period_edges(period, first, last, label):
    assert (period.first_day, period.last_day, period.label()) == (first, last, label)
    assert period.contains(first)
    assert period.contains(last)
    assert not period.contains(date.fromordinal(first.toordinal() - 1))
    assert not period.contains(date.fromordinal(last.toordinal() + 1))


def test_the_period_before_has_the_same_length():
    assert Period.month(2026, 1).previous() == Period.month(2025, 12)
    assert Period.quarter(2026, 1).previous() == Period.quarter(2025, 4)
    assert Period.trailing(321, 12).previous() == Period.trailing(309, 12)


def test_labels_inside_a_sentence():
    assert Period.trailing(321, 12).within() == "the 12 months to October 2026"
    assert Period.quarter(2026, 3).within() == "Q3 2026"
    assert day_label(date(2026, 10, 8)) == "8 Oct 2026"


@pytest.mark.parametrize("wrong", [(321, 0), (321, 601), (12000, 1), (-2401, 1)])
def test_periods_outside_reason_are_refused(wrong):
    with pytest.raises(ValueError, match="A period"):
        Period(*wrong)


def test_a_year_has_four_quarters():
    with pytest.raises(ValueError, match="quarters 1 to 4, not 5"):
        Period.quarter(2026, 5)


def test_calendar_days_cross_months_and_leap_days():
    assert window(date(2024, 3, 1), 1, 0, business=False) == (date(2024, 2, 29), date(2024, 3, 1))
    assert window(date(2023, 3, 1), 1, 0, business=False) == (date(2023, 2, 28), date(2023, 3, 1))
    assert window(date(2026, 12, 31), 0, 3, business=False) == (date(2026, 12, 31), date(2027, 1, 3))


def test_no_limit_for_early_ones():
    assert window(date(2026, 10, 8), None, 2, business=False) == (LONG_AGO, date(2026, 10, 10))
    assert window(date(2026, 10, 9), None, 1, business=True) == (LONG_AGO, date(2026, 10, 12))


FRIDAY, SUNDAY = date(2026, 10, 9), date(2026, 10, 11)


def test_business_days_jump_weekends_and_holidays():
    assert window(FRIDAY, 5, 1, business=True) == (date(2026, 10, 2), date(2026, 10, 12))
    closed = Calendar(holidays=frozenset({date(2026, 10, 12), date(2026, 10, 7)}))
    assert window(FRIDAY, 5, 1, business=True, calendar=closed) == (date(2026, 10, 1), date(2026, 10, 13))


def test_a_promise_for_a_day_off_reaches_to_the_working_days_around_it():
    assert window(SUNDAY, 0, 0, business=True) == (FRIDAY, date(2026, 10, 12))
    assert window(SUNDAY, 1, 1, business=True) == (date(2026, 10, 8), date(2026, 10, 13))


def test_a_weekend_on_friday_and_saturday():
    calendar = Calendar(weekend=(4, 5))
    assert window(date(2026, 10, 8), 0, 1, business=True, calendar=calendar)[1] == SUNDAY


@pytest.mark.parametrize("weekend", [(0, 1, 2, 3, 4, 5, 6), (7,), (-1,)])
def test_a_week_without_work_is_refused(weekend):
    with pytest.raises(ValueError, match="leaves one to work"):
        Calendar(weekend=weekend)
