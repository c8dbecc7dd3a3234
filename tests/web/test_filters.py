from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import Environment, StrictUndefined

from portal import clock
from portal.web import filters

NB = "\N{NO-BREAK SPACE}"
THIS_YEAR = date(2026, 11, 12)


@pytest.mark.parametrize(
    ("value", "digits", "shown"),
    [
        (Decimal("2.825"), 2, "2.83"),
        (2.825, 2, "2.83"),
        (Decimal("0.05"), 1, "0.1"),
        (Decimal("0.049999"), 1, "0.0"),
        (Decimal("-0.05"), 1, "−0.1"),
        (Decimal("-0.04"), 1, "0.0"),
        (Decimal("83.05"), 1, "83.1"),
        (Decimal("99.95"), 1, "100.0"),
        (0, 1, "0.0"),
        (1265100, 0, "1,265,100"),
        (Decimal("1E+7"), 0, "10,000,000"),
        (Decimal("0.5"), 0, "1"),
        (1.5, 0, "2"),
        (2.5, 0, "3"),
        (-1234.5, 1, "−1,234.5"),
    ],
)
def test_number_rounds_half_up(value, digits, shown):
    assert filters.number(value, digits) == shown


@given(st.decimals(min_value=-(10**12), max_value=10**12, places=6), st.integers(0, 4))
def test_number_is_never_further_off_than_half_a_step(value, digits):
    shown = Decimal(filters.number(value, digits).replace(",", "").replace("−", "-"))
    assert abs(shown - value) <= Decimal(1).scaleb(-digits) / 2


@pytest.mark.parametrize("value", [float("nan"), float("inf"), Decimal("NaN")])
def test_what_is_no_number_is_refused(value):
    with pytest.raises(ValueError, match="cannot be shown"):
        filters.number(value)


def test_percent_takes_0_to_100():
    assert filters.percent(Decimal("92.3077")) == f"92.3{NB}%"
    assert filters.percent(0) == f"0.0{NB}%"
    assert filters.percent(40, 0) == f"40{NB}%"
    assert filters.percent(Decimal("88.5122"), 2) == f"88.51{NB}%"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (Decimal("400.64"), "401"),
        (0, "0"),
        (Decimal("9.96"), "10"),
        (Decimal("4.25"), "4.3"),
        (Decimal(4), "4"),
        (Decimal("0.04"), "under 0.1"),
        (Decimal("0.05"), "0.1"),
        (Decimal(1_000_000), "1,000,000"),
    ],
)
def test_few_defects_in_millions_do_not_read_as_none(value, shown):
    assert filters.ppm(value) == f"{shown}{NB}PPM"


def test_points():
    assert filters.points(Decimal("83.05")) == "83.1"
    assert filters.points(Decimal("31.464"), 2) == "31.46"
    assert filters.points(Decimal(100)) == "100.0"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (Decimal("480.000"), "480"),
        (Decimal("1200.500"), "1,200.5"),
        (Decimal("1E+3"), "1,000"),
        (Decimal("0.0010"), "0.001"),
        (0, "0"),
        (Decimal("0.000"), "0"),
        (Decimal("-2.50"), "−2.5"),
    ],
)
def test_quantity_drops_trailing_zeros(value, shown):
    assert filters.quantity(value) == shown


def test_money():
    assert filters.money(Decimal(61400)) == f"€{NB}61,400"
    assert filters.money(Decimal("12.345"), "USD", 2) == f"${NB}12.35"
    assert filters.money(5, "SEK") == f"SEK{NB}5"


def test_plural():
    assert filters.plural(1, "line") == "1 line"
    assert filters.plural(0, "line") == "0 lines"
    assert filters.plural(1957, "line") == "1,957 lines"
    assert filters.plural(2, "delivery", "deliveries") == "2 deliveries"


@pytest.mark.parametrize(
    ("size", "shown"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (999, "999 bytes"),
        (1000, "1 kB"),
        (84_400, "84 kB"),
        (999_499, "999 kB"),
        (999_500, "1 MB"),
        (1_240_000, "1.2 MB"),
        (999_960_000, "1 GB"),
        (2_500_000_000_000, "2,500 GB"),
    ],
)
def test_filesize(size, shown):
    assert filters.filesize(size) == shown.replace(" ", NB)


def test_day():
    assert filters.day(date(2026, 10, 8), THIS_YEAR) == "Thu 8 Oct"
    assert filters.day(date(2025, 12, 31), THIS_YEAR) == "Wed 31 Dec 2025"
    with clock.fixed(datetime(2025, 3, 1, tzinfo=UTC)):
        assert filters.day(date(2025, 3, 2)) == "Sun 2 Mar"


def test_moment_is_in_the_persons_zone():
    late = datetime(2026, 10, 8, 22, 30, tzinfo=UTC)
    assert filters.moment(late, "Europe/Stockholm", THIS_YEAR) == "Fri 9 Oct, 00:30"
    assert filters.moment(late, "UTC", THIS_YEAR) == "Thu 8 Oct, 22:30"
    elsewhere = late.astimezone(timezone(timedelta(hours=-5)))
    assert filters.moment(elsewhere, "Europe/Warsaw", THIS_YEAR) == "Fri 9 Oct, 00:30"


def test_moment_takes_this_year_from_the_persons_zone():
    midnight = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)
    with clock.fixed(midnight):
        assert filters.moment(midnight, "Europe/Stockholm") == "Fri 1 Jan, 00:30"
        assert filters.moment(midnight, "America/New_York") == "Thu 31 Dec, 18:30"


def test_moment_needs_a_zone():
    with pytest.raises(ValueError, match="zone"):
        filters.moment(datetime(2026, 10, 8, 12, 0))  # noqa: DTZ001 -- a naive instant is the point


@pytest.mark.parametrize(
    ("value", "form", "shown"),
    [
        (321, "long", "October 2026"),
        (321, "short", "Oct 2026"),
        (321, "axis", "Oct"),
        (0, "long", "January 2000"),
        (11, "long", "December 2000"),
        (-1, "long", "December 1999"),
    ],
)
def test_month(value, form, shown):
    assert filters.month(value, form) == shown


def test_link_keeps_what_the_url_says():
    now = {"plant": ["LUL", "SKE"], "q": "å & b", "sort": "name", "rows": None}
    assert filters.link("/s", now) == "/s?plant=LUL&plant=SKE&q=%C3%A5%20%26%20b&sort=name"
    assert filters.link("/s", now, sort="-score", q="", plant=None) == "/s?sort=-score"
    assert filters.link("/s", {}, page=0) == "/s?page=0"
    assert filters.link("/s") == "/s"


@pytest.mark.parametrize("name", [f.__name__ for f in filters.FILTERS if f is not filters.plural])
def test_what_is_missing_is_said_in_words(name):
    env = Environment(undefined=StrictUndefined, autoescape=True)
    filters.install(env)
    assert env.from_string("{{ x|" + name + " }}").render(x=None) == "–"
    assert env.from_string("{{ x|" + name + "(none='not rated') }}").render(x=None) == "not rated"


def test_install_gives_templates_the_figures_and_links():
    env = Environment(undefined=StrictUndefined, autoescape=True)
    filters.install(env)
    assert "<svg" in env.from_string("{{ charts.spark([1, 2], label='x') }}").render()
    assert env.from_string("{{ link('/a', b='<') }}").render() == "/a?b=%3C"
