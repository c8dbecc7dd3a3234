"""Everything that happens in the sample, made supplier by supplier and then numbered in order of time."""

from dataclasses import dataclass, field
from datetime import date

from portal.sample import acme, answers, chance, stories
from portal.sample.answers import References, Scar, Stage
from portal.sample.companies import COMPANIES, Company
from portal.sample.days import Anchor
from portal.sample.deliveries import Arrival, Line, lines_of
from portal.sample.parts import Part
from portal.sample.quality import Inspection, Lot, Nonconformance
from scorecards.periods import month_number, month_start

NEWEST_ORDER = 4500118840  # the last order placed before the newest complete month ended


@dataclass(slots=True)
class History:
    lines: list[Line] = field(default_factory=list)
    lots: list[Lot] = field(default_factory=list)
    found: list[Nonconformance] = field(default_factory=list)
    scars: list[Scar] = field(default_factory=list)
    stages: list[Stage] = field(default_factory=list)

    @property
    def arrivals(self) -> list[Arrival]:
        return [arrival for line in self.lines for arrival in line.arrivals]


def tell(anchor: Anchor, parts: dict[str, tuple[Part, ...]]) -> History:
    """Make the whole history, to the end of the running month; rows.py leaves out what is still to come."""
    history = History()
    references = References()
    for company in COMPANIES:
        plans = stories.plans_of(company, anchor)
        theirs = _lines(company, parts[company.number], anchor)
        _note_numbers(company, theirs)
        inspection = Inspection(company, anchor)
        inspection.run(plans, [arrival for line in theirs for arrival in line.arrivals])
        scars, stages = answers.stages_of(company, plans, inspection.found, anchor, references)
        history.lines += theirs
        history.lots += inspection.lots
        history.found += inspection.found
        history.scars += scars
        history.stages += stages
    _number_orders(history.lines, anchor)
    _number_lots(history.lots)
    _number_by_year(history)
    return history


def _lines(company: Company, parts: tuple[Part, ...], anchor: Anchor) -> list[Line]:
    plans = stories.plans_of(company, anchor)
    newest = anchor.running - 1
    if company.story == "undefined":
        return [line for line in lines_of(company, plans, parts, anchor) if not _arrives_in(line, newest)]
    if company.story != "acme":
        return list(lines_of(company, plans, parts, anchor))
    plans[newest] = acme.without_shown(plans[newest])
    return [*lines_of(company, plans, parts, anchor), *acme.shown_lines(company, parts, anchor)]


def _arrives_in(line: Line, month: int) -> bool:
    return any(month_number(arrival.received_on) == month for arrival in line.arrivals)


def _note_numbers(company: Company, lines: list[Line]) -> None:
    """Give every arrival the number of the supplier's delivery note."""
    source = chance.of("notes", company.number)
    number = source.randint(20_000, 80_000)
    arrivals = [arrival for line in lines for arrival in line.arrivals]
    for arrival in sorted(
        arrivals, key=lambda one: (one.received_on, one.line.order.serial, one.line.position)
    ):
        number += source.randint(1, 4)
        arrival.reference = f"DN {number}"


def _number_orders(lines: list[Line], anchor: Anchor) -> None:
    """Number all orders as they were placed, around the few that have their number already."""
    orders = {id(line.order): line.order for line in lines if not line.order.number}
    in_time = sorted(orders.values(), key=lambda one: (one.placed_on, one.company.number, one.serial))
    before = sum(order.placed_on < month_start(anchor.running) for order in in_time)
    number = NEWEST_ORDER - before - len(acme.NUMBERS)
    for order in in_time:
        number += 1
        while str(number) in acme.NUMBERS:
            number += 1
        order.number = str(number)


def _number_lots(lots: list[Lot]) -> None:
    """Such as "26-1873": each supplier's own series, by year."""
    series: dict[tuple[str, int], int] = {}
    for lot in sorted(lots, key=_lot_order):
        key = (lot.company.number, lot.inspected_on.year)
        if key not in series:
            series[key] = chance.of("lot numbers", *key).randint(100, 1500)
        series[key] += 1 + lot.arrival.quantity % 7
        lot.number = f"{lot.inspected_on:%y}-{series[key]:04}"


def _lot_order(lot: Lot) -> tuple[date, str, str]:
    return lot.inspected_on, lot.company.number, lot.arrival.reference


def _number_by_year(history: History) -> None:
    """Our own running numbers: NC-26-0912, SCAR-2026-0147."""
    used: dict[tuple[str, int], int] = {}

    def next_of(kind: str, year: int) -> int:
        used[kind, year] = used.get((kind, year), 0) + 1
        return used[kind, year]

    history.found.sort(key=lambda one: (one.found_on, one.lot.company.number, one.lot.arrival.reference))
    for found in history.found:
        found.number = f"NC-{found.found_on:%y}-{next_of('NC', found.found_on.year):04}"
    history.scars.sort(key=lambda one: (one.issued_at, one.company.number, one.raised_by.number))
    for scar in history.scars:
        scar.number = f"SCAR-{scar.issued_at:%Y}-{next_of('SCAR', scar.issued_at.year):04}"
    for stage in history.stages:
        if stage.scar is not None:
            stage.reference = stage.scar.number
