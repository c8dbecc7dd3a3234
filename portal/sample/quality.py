"""Inspection lots of what arrived, and what was wrong with it."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from portal.models.inspections import LotResult
from portal.models.nonconformances import Disposition, Responsibility
from portal.sample import chance
from portal.sample.companies import Company
from portal.sample.days import Anchor, last_day, on_working_day, working_days_later
from portal.sample.defects import KINDS, ON_OLD_STOCK, SAFETY, SEEN, SHARES
from portal.sample.deliveries import Arrival
from portal.sample.plans import Plan
from scorecards.periods import month_number, month_start

INSPECTED = {1: 0.5, 2: 0.65, 3: 0.8, 4: 1.0}  # share of arrivals, by level: skip lots for the good ones
NOTICED = {1: 0.6, 2: 1.0, 3: 1.0, 4: 1.0}  # how often a single bad piece is found in its own month
DISPOSITIONS = (
    (Disposition.RETURN, 40.0),
    (Disposition.SCRAP, 28.0),
    (Disposition.REWORK, 20.0),
    (Disposition.USE_AS_IS, 12.0),
)
NOT_THE_SUPPLIERS = (
    (Responsibility.OURS, 40.0),
    (Responsibility.CARRIER, 35.0),
    (Responsibility.UNDETERMINED, 25.0),
)
DECIDED_WITHIN = timedelta(days=12)  # until then a disposition is open


@dataclass(slots=True)
class Lot:
    arrival: Arrival
    inspected_on: date
    result: LotResult = LotResult.ACCEPTED
    number: str = ""

    @property
    def company(self) -> Company:
        return self.arrival.line.company


@dataclass(slots=True)
class Nonconformance:
    lot: Lot
    found_on: date
    quantity: int
    defects: int
    kind: str
    description: str
    responsibility: Responsibility
    disposition: Disposition
    is_sample: bool = False
    is_safety: bool = False
    number: str = ""


class Inspection:
    """Inspects one supplier's arrivals, month after month."""

    def __init__(self, company: Company, anchor: Anchor) -> None:
        self.company = company
        self.anchor = anchor
        self.lots: list[Lot] = []
        self.found: list[Nonconformance] = []
        self._carry = chance.Carry(chance.of("pieces", company.number))
        self._waiting = 0  # pieces that a later month will find, in one go

    def run(self, plans: dict[int, Plan], arrivals: list[Arrival]) -> None:
        by_month: dict[int, list[Arrival]] = defaultdict(list)
        for arrival in sorted(arrivals, key=lambda one: (one.received_on, one.line.order.serial)):
            by_month[month_number(arrival.received_on)].append(arrival)
        for month, plan in plans.items():
            self._month(month, plan, by_month[month])
        if self.company.story == "undefined":
            self._old_stock()

    def _month(self, month: int, plan: Plan, arrivals: list[Arrival]) -> None:
        source = chance.of("inspection", self.company.number, month)
        received = sum(arrival.quantity for arrival in arrivals)
        aimed = received * plan.ppm / 1_000_000
        if plan.exact:
            pieces = round(aimed)
        else:
            self._waiting += self._carry.take(aimed)
            noticed = 1.0 if self.company.story or self.company.pace > 50 else NOTICED[self.company.level]
            pieces = self._waiting if source.random() < noticed and arrivals else 0
            self._waiting -= pieces
        escape = self.company.story == "safety" and self.anchor.age(month) == 0
        if escape:
            pieces = max(pieces, 3)
        lots = [
            Lot(arrival, working_days_later(arrival.received_on, source.choice((0, 0, 1, 1, 2))))
            for arrival in arrivals
        ]
        inside = [lot for lot in lots if month_number(lot.inspected_on) == month] or lots
        bad: set[int] = set()
        for at, quantity in enumerate(_portions(pieces, source)):
            lot = source.choice([one for one in inside if one.arrival.quantity >= quantity] or inside)
            bad.add(id(lot))
            self._find(lot, min(quantity, lot.arrival.quantity), source, safety=escape and at == 0)
        if lots and source.random() < 0.13:
            self._not_counted(source.choice(lots), source)
        share = INSPECTED[self.company.level]
        self.lots += [lot for lot in lots if id(lot) in bad or source.random() < share]

    def _find(self, lot: Lot, quantity: int, source: Random, *, safety: bool) -> None:
        kind = chance.weighted(source, list(zip(KINDS, SHARES[self.company.commodity], strict=True)))
        words = source.choice(SEEN[kind]).format(size=source.choice(("0.3", "0.8", "1.2", "1.9", "2")))
        disposition = chance.weighted(source, DISPOSITIONS)
        if safety:
            kind, words, disposition = "Dimension", SAFETY, Disposition.RETURN
        found_on = on_working_day(lot.inspected_on + timedelta(days=source.randint(2, 12)))
        slipped = not safety and source.random() < 0.2 and found_on.month == lot.inspected_on.month
        if slipped:  # found only when it was used
            disposition = self._decided(found_on, disposition)
        else:
            found_on = lot.inspected_on
            disposition = self._decided(found_on, disposition)
            used = disposition is Disposition.USE_AS_IS
            lot.result = LotResult.USE_AS_IS if used else LotResult.REJECTED
        self.found.append(
            Nonconformance(
                lot=lot,
                found_on=found_on,
                quantity=quantity,
                defects=quantity + (source.randint(0, quantity) if source.random() < 0.3 else 0),
                kind=kind,
                description=words,
                responsibility=Responsibility.SUPPLIER,
                disposition=disposition,
                is_safety=safety,
            )
        )

    def _not_counted(self, lot: Lot, source: Random) -> None:
        """Something that is ours, the carrier's, undetermined, or on a first sample."""
        is_sample = source.random() < 0.3
        quantity = min(source.randint(1, 24), lot.arrival.quantity)
        kind = "Dimension" if is_sample else source.choice(("Label, packing", "Surface", "Other"))
        found_on = on_working_day(lot.inspected_on + timedelta(days=source.randint(0, 3)))
        self.found.append(
            Nonconformance(
                lot=lot,
                found_on=found_on,
                quantity=quantity,
                defects=quantity,
                kind=kind,
                description=source.choice(SEEN[kind]).format(size="0.4"),
                responsibility=Responsibility.SUPPLIER
                if is_sample
                else chance.weighted(source, NOT_THE_SUPPLIERS),
                disposition=self._decided(found_on, chance.weighted(source, DISPOSITIONS)),
                is_sample=is_sample,
            )
        )

    def _old_stock(self) -> None:
        """Defects in a month in which nothing arrived: pieces per million of nothing is undefined."""
        month = self.anchor.running - 1
        before = [lot for lot in self.lots if lot.inspected_on < month_start(month - 1)]
        found_on = on_working_day(last_day(month) - timedelta(days=18))
        self.found.append(
            Nonconformance(
                lot=before[-1],
                found_on=found_on,
                quantity=14,
                defects=14,
                kind="Surface",
                description=ON_OLD_STOCK,
                responsibility=Responsibility.SUPPLIER,
                disposition=self._decided(found_on, Disposition.RETURN),
            )
        )

    def _decided(self, found_on: date, disposition: Disposition) -> Disposition:
        return disposition if found_on + DECIDED_WITHIN < self.anchor.as_of else Disposition.OPEN


def _portions(pieces: int, source: Random) -> list[int]:
    """Split the rejected pieces of a month over a few lots."""
    portions: list[int] = []
    while pieces > 0:
        portion = (
            pieces if pieces <= 9 or len(portions) == 4 else max(5, int(pieces * source.uniform(0.3, 1)))
        )
        portions.append(min(portion, pieces))
        pieces -= portions[-1]
    return portions
