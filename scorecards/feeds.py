"""What goes in: the rows behind one supplier's card.

Days are civil days in the receiving plant's zone; instants are aware. Quantities are 0 or more, below 10¹⁵,
with at most 6 decimals. Whoever fills these in books a reversed receipt by leaving both rows out.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from scorecards.canonical import RefusedError
from scorecards.periods import Calendar

_LARGEST = Decimal(10) ** 15


class FeedError(RefusedError):
    """The inputs hold something that no card can be computed from."""


class LotResult(StrEnum):
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    USE_AS_IS = "use_as_is"


class Responsibility(StrEnum):
    SUPPLIER = "supplier"
    OURS = "ours"
    CARRIER = "carrier"
    UNDETERMINED = "undetermined"


class FactState(StrEnum):
    NONE = "none"
    PRESENT = "present"
    NOT_CHECKED = "not_checked"


def _check_quantity(quantity: Decimal) -> None:
    if not quantity.is_finite() or not 0 <= quantity < _LARGEST:
        raise ValueError("A quantity is 0 or more and below 10¹⁵.")
    exponent = quantity.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -6 and quantity != round(quantity, 6):
        raise ValueError("A quantity has at most 6 decimals.")


@dataclass(frozen=True, slots=True)
class Receipt:
    """One physical arrival, booked on the plant's civil day, even one second before midnight."""

    received_on: date
    quantity: Decimal
    reference: str = ""

    def __post_init__(self) -> None:
        _check_quantity(self.quantity)


@dataclass(frozen=True, slots=True)
class Excuse:
    """Why a line that was late through our own doing is left out, and who stands for that."""

    reason: str
    note: str
    approved_by: str

    def __post_init__(self) -> None:
        if not self.reason.strip() or not self.approved_by.strip():
            raise ValueError("An excuse needs a reason code and the name of who approved it.")


@dataclass(frozen=True, slots=True)
class DeliveryLine:
    """One scheduled delivery of one part on one order line.

    `nonconforming` and `paperwork_right` serve the perfect order only; None means nobody checks the papers.
    """

    id: str
    order_number: str
    line_number: str
    part: str
    plant: str
    commodity: str
    ordered: Decimal
    requested_on: date | None = None
    acknowledged_on: date | None = None
    confirmed_on: date | None = None
    cancelled_on: date | None = None
    excuse: Excuse | None = None
    receipts: tuple[Receipt, ...] = ()
    nonconforming: bool = False
    paperwork_right: bool | None = None

    def __post_init__(self) -> None:
        _check_quantity(self.ordered)


@dataclass(frozen=True, slots=True)
class Lot:
    """What incoming inspection decided on one lot."""

    id: str
    number: str
    part: str
    plant: str
    commodity: str
    inspected_on: date
    quantity: Decimal
    result: LotResult

    def __post_init__(self) -> None:
        _check_quantity(self.quantity)


@dataclass(frozen=True, slots=True)
class Nonconformance:
    """`quantity` counts pieces that do not meet the requirement, `defects` the single faults on them.

    Pieces found in a sample (`is_sample`) are not counted: samples are not series deliveries.
    """

    id: str
    number: str
    part: str
    plant: str
    commodity: str
    found_on: date
    quantity: Decimal
    defects: int = 0
    responsibility: Responsibility = Responsibility.UNDETERMINED
    is_sample: bool = False
    safety: bool = False
    kind: str = ""

    def __post_init__(self) -> None:
        _check_quantity(self.quantity)
        if self.defects < 0:
            raise ValueError("Defects are counted from 0 up.")


@dataclass(frozen=True, slots=True)
class Stage:
    """One answer that a supplier owed: a SCAR step, a certificate renewal, an agreement turn, a finding.

    `due_at` already contains every pause while the ball was in our court; whoever fills this in adds them.
    `due_on` is the same instant's civil day at the plant and decides the period. `answered_at` is the
    submission that was accepted or still waits for us; `accepted` is None while it waits, and False when it
    was returned, which is the same as not answered.
    """

    id: str
    kind: str
    reference: str
    title: str
    due_on: date
    due_at: datetime
    answered_at: datetime | None = None
    accepted: bool | None = None

    def __post_init__(self) -> None:
        if self.due_at.tzinfo is None or (self.answered_at and self.answered_at.tzinfo is None):
            raise ValueError("Instants of a stage need a zone.")


@dataclass(frozen=True, slots=True)
class SoftScore:
    """Points from 0 to 100 that a person gave, with the reason, for the month of `given_on`."""

    key: str
    points: Decimal
    reason: str
    given_by: str
    given_on: date

    def __post_init__(self) -> None:
        if not self.points.is_finite() or not 0 <= self.points <= 100:
            raise ValueError("Points are from 0 to 100.")
        if not self.reason.strip() or not self.given_by.strip():
            raise ValueError("Points given by a person need a reason and that person's name.")


@dataclass(frozen=True, slots=True)
class Event:
    """Something that costs points: premium freight, a line stoppage, a field action."""

    id: str
    kind: str
    happened_on: date
    note: str = ""


@dataclass(frozen=True, slots=True)
class Fact:
    """Whether something that limits the band is there, and the sentence that the card shows for it."""

    kind: str
    state: FactState
    sentence: str


@dataclass(frozen=True, slots=True)
class Inputs:
    """Everything behind one card. Rows outside the period and its trailing windows may be in it."""

    supplier: str
    lines: tuple[DeliveryLine, ...] = ()
    lots: tuple[Lot, ...] = ()
    nonconformances: tuple[Nonconformance, ...] = ()
    stages: tuple[Stage, ...] = ()
    soft: tuple[SoftScore, ...] = ()
    events: tuple[Event, ...] = ()
    facts: tuple[Fact, ...] = ()
    calendars: Mapping[str, Calendar] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for rows in (self.lines, self.lots, self.nonconformances, self.stages, self.events):
            ids = [row.id for row in rows]
            if len(ids) != len(set(ids)):
                twice = min(one for one, times in Counter(ids).items() if times > 1)
                raise ValueError(f"The id {twice} is given to two rows of one kind.")

    def in_order(self) -> "Inputs":
        """The same rows in one fixed order, so that a file does not depend on the order of a query."""
        return Inputs(
            supplier=self.supplier,
            lines=tuple(sorted(map(_receipts_in_order, self.lines), key=lambda line: line.id)),
            lots=tuple(sorted(self.lots, key=lambda lot: lot.id)),
            nonconformances=tuple(sorted(self.nonconformances, key=lambda nc: nc.id)),
            stages=tuple(sorted(self.stages, key=lambda stage: stage.id)),
            soft=tuple(sorted(self.soft, key=lambda score: (score.key, score.given_on, score.given_by))),
            events=tuple(sorted(self.events, key=lambda event: event.id)),
            facts=tuple(sorted(self.facts, key=lambda fact: (fact.kind, fact.state, fact.sentence))),
            calendars=self.calendars,
        )


def _receipts_in_order(line: DeliveryLine) -> DeliveryLine:
    receipts = sorted(line.receipts, key=lambda one: (one.received_on, one.reference, one.quantity))
    return replace(line, receipts=tuple(receipts))
