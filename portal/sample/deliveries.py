"""Order lines and their arrivals, made to fit the plans."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random

from portal.models.deliveries import ExcuseCode
from portal.sample import chance
from portal.sample.companies import Company
from portal.sample.days import Anchor, last_day, midday, on_working_day, working_days
from portal.sample.house import MANAGER, Plant
from portal.sample.parts import Part
from portal.sample.plans import Plan

EARLY_DAYS = 5  # the default policy's window: 5 days early, 0 days late
SEVERAL_WEEKS = {
    "CAST": (42, 70),
    "FORG": (42, 63),
    "MACH": (28, 49),
    "ELEC": (35, 70),
    "FAST": (21, 42),
    "PLAT": (16, 28),
    "PACK": (16, 28),
}
EXCUSES = (
    (ExcuseCode.LATE_ORDER, "We ordered 12 days later than the agreed lead time", 4),
    (ExcuseCode.LATE_ORDER, "Our purchase order left with the wrong drawing and was sent again", 2),
    (ExcuseCode.CHANGED_DATE, "We moved the delivery by a week after the goods were packed", 4),
    (ExcuseCode.DOCK_CLOSED, "Our dock was closed for the inventory", 3),
    (ExcuseCode.OUR_CARRIER, "Our carrier collected two days late", 3),
    (ExcuseCode.OTHER, "We held the truck at the gate over night", 1),
)
DAYS_BEFORE = ((0, 40.0), (1, 26.0), (2, 15.0), (3, 10.0), (4, 6.0), (5, 3.0))
DAYS_LATE = ((1, 22.0), (2, 18.0), (3, 14.0), (5, 16.0), (8, 12.0), (12, 9.0), (19, 6.0), (33, 3.0))


@dataclass(slots=True)
class Order:
    placed_on: date
    company: Company
    serial: int
    number: str = ""


@dataclass(slots=True)
class Arrival:
    line: "Line"
    received_on: date
    quantity: int
    reference: str = ""
    id: int = 0


@dataclass(slots=True)
class Excuse:
    code: ExcuseCode
    note: str
    by: str
    at: datetime


@dataclass(slots=True)
class Line:
    """``promised_on`` is the day first acknowledged, or the requested one where nobody acknowledged."""

    order: Order
    position: int
    plant: Plant
    part: Part
    ordered: int
    promised_on: date
    requested_on: date
    acknowledged_on: date | None
    confirmed_on: date | None
    cancelled_on: date | None = None
    excuse: Excuse | None = None
    arrivals: list[Arrival] = field(default_factory=list)
    id: int = 0

    @property
    def company(self) -> Company:
        return self.order.company


def lines_of(
    company: Company, plans: dict[int, Plan], parts: tuple[Part, ...], anchor: Anchor
) -> Iterator[Line]:
    """Give all lines of a supplier in the order of their promised days."""
    last: dict[Plant, Line] = {}
    serial = 0
    for month, plan in plans.items():
        source = chance.of("lines", company.number, month)
        for promised_on, fate in _promises(company, plan, month, anchor, source):
            plant = chance.weighted(source, company.to)
            before = last.get(plant)
            if before and before.position < 60 and source.random() < 0.55:
                order, position = before.order, before.position + 10
            else:
                serial += 1
                weeks = SEVERAL_WEEKS[company.commodity]
                placed_on = on_working_day(promised_on - timedelta(days=source.randint(*weeks)), -1)
                order, position = Order(placed_on, company, serial), 10
            part = source.choice(parts)
            line = _line(order, position, plant, part, promised_on, source)
            _let_happen(line, fate, source)
            last[plant] = line
            yield line


def _promises(
    company: Company, plan: Plan, month: int, anchor: Anchor, source: Random
) -> list[tuple[date, str]]:
    fates = [
        *(["on_time"] * plan.on_time),
        *(["late"] * plan.late),
        *(["early"] * plan.early),
        *(["excused"] * plan.excused),
        *(["cancelled"] * plan.cancelled),
        *(["empty"] * plan.empty),
    ]
    if company.story == "month_end" and anchor.age(month) == -1:
        return [(last_day(month), "open") for _ in fates]
    source.shuffle(fates)
    days = working_days(month)
    return list(zip(sorted(source.choice(days) for _ in fates), fates, strict=True))


def _line(order: Order, position: int, plant: Plant, part: Part, promised_on: date, source: Random) -> Line:
    requested_on = promised_on
    if source.random() < 0.22:
        requested_on = on_working_day(promised_on - timedelta(days=source.randint(1, 7)), -1)
    acknowledged_on: date | None = promised_on
    if source.random() < 0.02:  # never acknowledged: judged by the day that was asked for
        requested_on, acknowledged_on = promised_on, None
    return Line(
        order=order,
        position=position,
        plant=plant,
        part=part,
        ordered=part.pack * chance.weighted(source, ((1, 70.0), (2, 22.0), (3, 8.0))),
        promised_on=promised_on,
        requested_on=requested_on,
        acknowledged_on=acknowledged_on,
        confirmed_on=acknowledged_on,
    )


def _let_happen(line: Line, fate: str, source: Random) -> None:
    match fate:
        case "on_time":
            _arrive_on_time(line, source)
        case "late" | "excused":
            _arrive_late(line, source)
            if fate == "excused":
                line.excuse = _excuse(line, source)
        case "early":
            day = line.promised_on - timedelta(days=EARLY_DAYS + source.randint(1, 5))
            _arrive(line, on_working_day(day, -1), line.ordered)
        case "cancelled":
            line.cancelled_on = on_working_day(line.promised_on - timedelta(days=source.randint(5, 14)), -1)
        case "empty":
            line.ordered = 0


def _arrive_on_time(line: Line, source: Random) -> None:
    def some_day() -> date:
        day = line.promised_on - timedelta(days=chance.weighted(source, DAYS_BEFORE))
        # A Saturday becomes the Friday before or, at the window's edge, the Monday after.
        earlier = on_working_day(day, -1)
        inside = earlier >= line.promised_on - timedelta(days=EARLY_DAYS)
        return earlier if inside else on_working_day(day, 1)

    if source.random() < 0.08 and line.ordered > 1:
        first = line.ordered * source.choice((30, 40, 50, 60)) // 100
        _arrive(line, some_day(), first)
        _arrive(line, some_day(), line.ordered - first)
    else:
        over = line.ordered * source.randint(1, 6) // 100 if source.random() < 0.03 else 0
        _arrive(line, some_day(), line.ordered + over)


def _arrive_late(line: Line, source: Random) -> None:
    days = chance.weighted(source, DAYS_LATE)
    day = on_working_day(line.promised_on + timedelta(days=days))
    if source.random() < 0.22 and line.ordered > 1:
        first = line.ordered * source.choice((25, 50, 75)) // 100
        _arrive(line, on_working_day(line.promised_on - timedelta(days=source.randint(0, 2)), -1), first)
        _arrive(line, day, line.ordered - first)
    else:
        _arrive(line, day, line.ordered)
    if line.confirmed_on and days > 4 and source.random() < 0.6:
        line.confirmed_on = day  # a new date was confirmed; the first acknowledged one still counts


def _excuse(line: Line, source: Random) -> Excuse:
    code, note, _ = chance.weighted(source, [(excuse, float(excuse[2])) for excuse in EXCUSES])
    arrived_on = max(arrival.received_on for arrival in line.arrivals)
    return Excuse(code, note, MANAGER, midday(arrived_on + timedelta(days=source.randint(1, 4)), 8.5))


def _arrive(line: Line, received_on: date, quantity: int) -> None:
    line.arrivals.append(Arrival(line, received_on, quantity))
