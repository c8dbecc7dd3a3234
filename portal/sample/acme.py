"""The seven lines of Acme Castings' newest complete month that the documentation shows, to the number."""

from dataclasses import replace
from datetime import date, timedelta

from portal.models.deliveries import ExcuseCode
from portal.sample.companies import Company
from portal.sample.days import Anchor, midday, on_working_day
from portal.sample.deliveries import Arrival, Excuse, Line, Order
from portal.sample.house import LULEA, MANAGER
from portal.sample.parts import Part
from portal.sample.plans import Plan
from scorecards.periods import day_label, month_start

NUMBERS = ("4500118655", "4500118719", "4500118732", "4500118790", "4500118801")


def without_shown(plan: Plan) -> Plan:
    """Leave what the generator still has to make of that month."""
    return replace(plan, on_time=plan.on_time - 3, late=0, early=0, excused=0, cancelled=0)


def shown_lines(company: Company, parts: tuple[Part, ...], anchor: Anchor) -> list[Line]:
    gh220, gh118, br118, br124 = parts
    start = month_start(anchor.running - 1)
    placed_on = on_working_day(start - timedelta(days=45), -1)
    orders = {
        number: Order(placed_on, company, -at, number) for at, number in enumerate(reversed(NUMBERS), 1)
    }

    def line(number: str, position: int, part: Part, promised_on: date, *arrivals: tuple[date, int]) -> Line:
        made = Line(
            order=orders[number],
            position=position,
            plant=LULEA,
            part=part,
            ordered=part.pack,
            promised_on=promised_on,
            requested_on=promised_on,
            acknowledged_on=promised_on,
            confirmed_on=promised_on,
        )
        made.arrivals = [Arrival(made, day, quantity) for day, quantity in arrivals]
        return made

    monday = on_working_day(start) if start.weekday() in {0, 5, 6} else _weekday_from(start, 0)
    first, thursday = on_working_day(start), _weekday_from(start + timedelta(days=5), 3)
    friday, wednesday = _weekday_from(start, 4), _weekday_from(start + timedelta(days=15), 2)
    two_days_before, half = on_working_day(first - timedelta(days=2), -1), br118.pack // 2
    late = line("4500118732", 10, gh220, thursday, (thursday + timedelta(days=4), gh220.pack))
    early = line("4500118790", 20, br118, wednesday, (wednesday - timedelta(days=8), br118.pack))
    dock = line("4500118655", 30, gh118, friday, (friday + timedelta(days=4), gh118.pack))
    closed = f"{day_label(friday - timedelta(days=1))} to {day_label(friday + timedelta(days=3))}"
    dock.excuse = Excuse(
        ExcuseCode.DOCK_CLOSED,
        f"Our dock was closed from {closed}",
        MANAGER,
        midday(friday + timedelta(days=6), 8.5),
    )
    dropped = line("4500118801", 10, br124, _weekday_from(start + timedelta(days=13), 3))
    dropped.ordered, dropped.cancelled_on = 0, monday
    return [
        late,
        early,
        dock,
        dropped,
        line("4500118655", 10, gh220, first, (two_days_before, gh220.pack)),
        line("4500118655", 20, br118, friday, (friday - timedelta(days=2), half), (friday, half)),
        line("4500118719", 10, gh118, thursday, (thursday - timedelta(days=1), gh118.pack)),
    ]


def _weekday_from(day: date, weekday: int) -> date:
    return day + timedelta(days=(weekday - day.weekday()) % 7)
