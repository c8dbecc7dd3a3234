"""Numbers and days as people write them, and what is not guessed."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.imports import days, numbers
from portal.imports.cells import BadCellError


@pytest.mark.parametrize(
    ("text", "decimal", "value"),
    [
        ("480", "", "480"),
        ("007", "", "7"),
        ("1.234,56", "", "1234.56"),
        ("1,234.56", "", "1234.56"),
        ("12,5", "", "12.5"),
        ("12.5", "", "12.5"),
        ("0.125", "", "0.125"),
        ("12345.678", "", "12345.678"),
        ("1,234", ".", "1234"),
        ("1,234", ",", "1.234"),
        ("1.234", ",", "1234"),
        ("1.234.567", "", "1234567"),
        ("1 234 567,8", ",", "1234567.8"),
        ("1\u00a0234", "", "1234"),
        ("1'234.5", ".", "1234.5"),
        ("1’234’567", "", "1234567"),
        ("12,", ",", "12"),
        (",5", ",", "0.5"),
        ("0,0005", ",", "0.001"),
        ("0", "", "0"),
    ],
)
def test_a_quantity(text, decimal, value):
    assert numbers.quantity(text, decimal) == Decimal(value)


@pytest.mark.parametrize("text", ["1,234", "1.234", "480.000"])
def test_a_number_that_can_be_read_in_two_ways_is_not_guessed(text):
    with pytest.raises(BadCellError, match="or as"):
        numbers.quantity(text, "")


@pytest.mark.parametrize(
    "text",
    [
        "x",
        "12 pc",
        "1,23,4",
        "1.2.3",
        "--5",
        "1e309",
        "NaN",
        "inf",
        "Infinity",
        "1E+05",
        "=1+1",
        ".",
        ",",
        "1 2",
        "12-",
        "-12",
        "−3",
        "1000000000",
        "9" * 400,
        "1_000",
        "0x10",
        "½",
    ],
)
def test_what_is_no_quantity_is_refused(text):
    with pytest.raises(BadCellError):
        numbers.quantity(text, ".")


def test_numbers_from_a_workbook_need_no_decimal_mark():
    assert numbers.quantity(12.5, ",") == Decimal("12.5")
    assert numbers.quantity(480, "") == 480
    assert numbers.quantity(0.1 + 0.2, "") == Decimal("0.3")
    for wrong in (float("nan"), float("inf"), 1e15, -1.0, True, date(2026, 1, 1)):
        with pytest.raises(BadCellError):
            numbers.quantity(wrong, "")


@given(st.decimals(min_value=0, max_value=999_999_999, places=3))
def test_a_quantity_written_in_any_country_is_read_back(value):
    plain = f"{value:.3f}"
    grouped = f"{value:,.3f}"
    assert numbers.quantity(plain, ".") == value
    assert numbers.quantity(grouped, ".") == value
    assert numbers.quantity(plain.replace(".", ","), ",") == value
    assert numbers.quantity(grouped.translate(str.maketrans(",.", ".,")), ",") == value


@pytest.mark.parametrize(
    "text",
    [
        "2-Jun-06",
        "02.06.2006",
        "2.6.06",
        "2006-06-02",
        "2006/06/02",
        "2006.6.2",
        "20060602",
        "2 June 2006",
        "2. Juni 2006",
        "June 2, 2006",
        "Jun. 2 2006",
        "2nd June 2006",
        "02-JUN-2006",
        "2006-06-02 00:00:00",
        "2006-06-02T14:20:00",
        "02.06.2006 08:15",
        "38870",
        "38870.75",
        "2juin2006",
    ],
)
def test_a_day_that_can_be_mistaken_by_nobody(text):
    assert days.read_day(text, "") == date(2006, 6, 2)


@pytest.mark.parametrize("text", ["06/02/2006", "6/2/06", "06-02-2006", "25/12/2006"])
def test_slashes_are_not_guessed(text):
    with pytest.raises(BadCellError, match="day or the month first"):
        days.read_day(text, "")


def test_the_mapping_says_which_comes_first():
    assert days.read_day("06/02/2006", "day-month-year") == date(2006, 2, 6)
    assert days.read_day("06/02/2006", "month-day-year") == date(2006, 6, 2)
    assert days.read_day("06/02/26", "year-month-day") == date(2006, 2, 26)
    assert days.read_day("6/2/2006 3:04 PM", "month-day-year") == date(2006, 6, 2)


@pytest.mark.parametrize(
    ("text", "year"), [("1-Jan-69", 2069), ("1-Jan-99", 1999), ("1-Jan-00", 2000), ("31.12.26", 2026)]
)
def test_two_digits_of_a_year(text, year):
    assert days.read_day(text, "").year == year


@pytest.mark.parametrize(
    "text",
    [
        "31.02.2026",
        "2026-13-01",
        "2026-02-29",
        "0",
        "x",
        "1.1.1950",
        "2-Foo-06",
        "99999",
        "12",
        "2026",
        "2026-10",
        "1800-01-01",
        "9999-12-31",
        "2026-10-08 25:99:00 Z",
        "١٢",
        "--",
        "31/04/2026",
        "8.10",
        "=TODAY()",
    ],
)
def test_what_is_no_day_is_refused(text):
    with pytest.raises(BadCellError):
        days.read_day(text, "day-month-year")


def test_an_instant_keeps_its_zone():
    assert days.read_day("2026-10-08T23:59:59Z", "") == datetime(2026, 10, 8, 23, 59, 59, tzinfo=UTC)
    two = timezone(timedelta(hours=2))
    assert days.read_day("2026-10-08 23:59:59+02:00", "") == datetime(2026, 10, 8, 23, 59, 59, tzinfo=two)


def test_days_and_serials_from_a_workbook():
    assert days.read_day(datetime(2026, 10, 8, 13, 0), "") == date(2026, 10, 8)  # noqa: DTZ001 # a sheet knows no zone
    assert days.read_day(date(2026, 10, 8), "") == date(2026, 10, 8)
    assert days.read_day(38870.0, "") == date(2006, 6, 2)
    for wrong in (float("nan"), float("inf"), 12, True):
        with pytest.raises(BadCellError):
            days.read_day(wrong, "")


@given(st.dates(date(1990, 1, 1), date(2100, 12, 31)))
def test_a_day_written_in_any_of_the_forms_is_read_back(day):
    assert days.read_day(day.isoformat(), "") == day
    assert days.read_day(f"{day:%d.%m.%Y}", "") == day
    assert days.read_day(f"{day:%m/%d/%Y}", "month-day-year") == day
    assert days.read_day(f"{day:%d/%m/%Y}", "day-month-year") == day
    assert days.read_day(f"{day:%d-%b-%Y}", "") == day
    assert days.read_day(str((day - date(1899, 12, 30)).days), "") == day


@pytest.mark.parametrize("text", ["1" * 120_000 + "x", "1," * 60_000, "T " * 60_000 + "x", " 1:" * 40_000])
def test_an_endless_cell_is_refused_at_once(text):
    """Matched against the patterns in full, each of these would hold the process for hours."""
    with pytest.raises(BadCellError):
        numbers.read_number(text, ".")
    with pytest.raises(BadCellError):
        days.read_day(text, "")
    assert numbers.proves(text) is None
    assert days.is_ambiguous(text) is False
