"""The rows behind a measure, grouped as a reader would sort them: what went wrong comes first.

Rows are judged by the engine, the same code that a supplier runs offline. The sums of what is shown
equal the number above it; a test walks the whole demo to prove it.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Generic, TypeVar

from portal.languages import _, ngettext
from scorecards import delivery, measures, quality, responsiveness
from scorecards.delivery import LineState, Verdict
from scorecards.feeds import DeliveryLine, Inputs, Lot, LotResult, Nonconformance, Responsibility
from scorecards.periods import Period
from scorecards.policy import Policy
from scorecards.responsiveness import StageState, StageVerdict
from scorecards.wording import number

ROWS_AT_FIRST = 10  # of the group in which nothing went wrong; the others are shown whole
MOST_ROWS = 500  # of one group on one page; the CSV has all of them

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Group(Generic[Row]):
    """Some rows of one fate. ``rows`` may be fewer than ``count``; ``tone`` is ok, bad or off."""

    title: str
    tone: str
    count: int
    rows: Sequence[Row]

    @property
    def hidden(self) -> int:
        return self.count - len(self.rows)


@dataclass(frozen=True, slots=True)
class Arrivals:
    """What arrived of one part in the period: the parts of a denominator."""

    part: str
    deliveries: int
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class Panel:
    """The opened explanation of one measure: its groups of rows, and what they are in the singular."""

    measure: str
    groups: tuple[Group[Any], ...]
    arrivals: tuple[Arrivals, ...] = ()

    @property
    def count(self) -> int:
        return sum(group.count for group in self.groups)

    @property
    def hidden(self) -> int:
        return sum(group.hidden for group in self.groups)


def panel(
    key: str, inputs: Inputs, policy: Policy, period: Period, as_of: date, *, show_all: bool = False
) -> Panel:
    """Judge and group the rows behind a measure over the window it was taken from."""
    match key:
        case measures.DELIVERY | measures.OTIF | measures.PERFECT_ORDER:
            groups = _delivery(verdicts(inputs, policy, period, as_of), show_all=show_all)
            return Panel(key, groups)
        case measures.QUALITY | measures.DPMO:
            found = [one for one in inputs.nonconformances if period.contains(one.found_on)]
            return Panel(key, _quality(found), _arrivals(inputs.lines, period))
        case measures.LAR:
            lots = [lot for lot in inputs.lots if period.contains(lot.inspected_on)]
            return Panel(key, _lots(lots, show_all=show_all))
        case measures.RESPONSIVENESS:
            return Panel(key, _answers(stage_verdicts(inputs, period, as_of), show_all=show_all))
        case _:
            return Panel(key, ())


def verdicts(inputs: Inputs, policy: Policy, period: Period, as_of: date) -> list[Verdict]:
    """Every line promised for the period with what became of it, by promised day."""
    found = []
    for line in inputs.lines:
        promised = delivery.reference_date(line, policy.delivery.reference)
        if promised is not None and period.contains(promised[1]):
            found.append(delivery.judge(line, policy.delivery, as_of, inputs.calendars))
    found.sort(key=lambda v: (v.promised_on or date.min, v.line.order_number, v.line.line_number))
    return found


def stage_verdicts(inputs: Inputs, period: Period, as_of: date) -> list[StageVerdict]:
    stages = sorted((s for s in inputs.stages if period.contains(s.due_on)), key=lambda s: (s.due_at, s.id))
    return [responsiveness.judge(stage, as_of) for stage in stages]


def _group(title: str, tone: str, rows: Sequence[Row], *, limit: int = MOST_ROWS) -> Group[Row]:
    return Group(title, tone, len(rows), rows[:limit])


def _delivery(found: list[Verdict], *, show_all: bool) -> tuple[Group[Verdict], ...]:
    def of(*states: LineState) -> list[Verdict]:
        return [verdict for verdict in found if verdict.state in states]

    def lines(rows: list[Verdict]) -> str:
        return ngettext("%(num)s line", "%(num)s lines", len(rows), num=number(len(rows)))

    missed = of(LineState.LATE, LineState.EARLY)
    excused, pending = of(LineState.EXCUSED), of(LineState.PENDING)
    left_out, on_time = of(LineState.CANCELLED, LineState.NOT_COUNTED), of(LineState.ON_TIME)
    groups = (
        _group(_("Not on time, %(lines)s", lines=lines(missed)), "bad", missed),
        _group(_("Excused, %(lines)s, on neither side of the ratio", lines=lines(excused)), "off", excused),
        _group(
            _("Not due yet, %(lines)s, on neither side of the ratio", lines=lines(pending)), "off", pending
        ),
        _group(_("Not counted, %(lines)s", lines=lines(left_out)), "off", left_out),
        _group(
            _("On time, %(lines)s", lines=lines(on_time)),
            "ok",
            on_time,
            limit=MOST_ROWS if show_all else ROWS_AT_FIRST,
        ),
    )
    return tuple(group for group in groups if group.count)


def _quality(found: list[Nonconformance]) -> tuple[Group[Nonconformance], ...]:
    found = sorted(found, key=lambda one: (one.found_on, one.number))
    counted = [one for one in found if quality.counts(one)]
    left_out = [one for one in found if not quality.counts(one)]
    pieces = sum((one.quantity for one in counted), Decimal(0))
    groups = (
        _group(
            _(
                "Counted, %(found)s, %(pieces)s pieces",
                found=_findings(counted),
                pieces=number(pieces.normalize()),
            ),
            "bad",
            counted,
        ),
        _group(_("Not counted, %(found)s", found=_findings(left_out)), "off", left_out),
    )
    return tuple(group for group in groups if group.count)


def _findings(rows: list[Nonconformance]) -> str:
    return ngettext("%(num)s nonconformance", "%(num)s nonconformances", len(rows), num=number(len(rows)))


def why_not_counted(one: Nonconformance) -> str:
    """Say why a nonconformance is on neither side of PPM."""
    if one.is_sample:
        return _("A sample")
    return {
        Responsibility.OURS: _("Our responsibility"),
        Responsibility.CARRIER: _("The carrier’s responsibility"),
        Responsibility.UNDETERMINED: _("Responsibility not decided yet"),
    }.get(one.responsibility, "")


def _arrivals(lines: Iterable[DeliveryLine], period: Period) -> tuple[Arrivals, ...]:
    by_part: dict[str, tuple[int, Decimal]] = {}
    for line in lines:
        for receipt in line.receipts:
            if period.contains(receipt.received_on):
                count, quantity = by_part.get(line.part, (0, Decimal(0)))
                by_part[line.part] = count + 1, quantity + receipt.quantity
    rows = [Arrivals(part, count, quantity) for part, (count, quantity) in by_part.items()]
    rows.sort(key=lambda row: (-row.quantity, row.part))
    return tuple(rows)


def _lots(lots: list[Lot], *, show_all: bool) -> tuple[Group[Lot], ...]:
    lots = sorted(lots, key=lambda lot: (lot.inspected_on, lot.number))
    return tuple(
        _group(
            f"{title}, {ngettext('%(num)s lot', '%(num)s lots', len(rows), num=number(len(rows)))}",
            tone,
            rows,
            limit=MOST_ROWS if show_all or tone == "bad" else ROWS_AT_FIRST,
        )
        for result, title, tone in (
            (LotResult.REJECTED, _("Rejected"), "bad"),
            (LotResult.USE_AS_IS, _("Used as is"), "bad"),
            (LotResult.ACCEPTED, _("Accepted"), "ok"),
        )
        if (rows := [lot for lot in lots if lot.result is result])
    )


def _answers(found: list[StageVerdict], *, show_all: bool) -> tuple[Group[StageVerdict], ...]:
    def group(title: str, tone: str, keep: Callable[[StageVerdict], bool]) -> Group[StageVerdict]:
        rows = [one for one in found if keep(one)]
        limit = ROWS_AT_FIRST if tone == "ok" and not show_all else MOST_ROWS
        steps = ngettext("%(num)s step", "%(num)s steps", len(rows), num=number(len(rows)))
        return _group(f"{title}, {steps}", tone, rows, limit=limit)

    groups = (
        group(_("Not on time"), "bad", lambda one: one.state is StageState.LATE),
        group(_("Not due yet or with us"), "off", lambda one: one.state is StageState.PENDING),
        group(_("On time"), "ok", lambda one: one.state is StageState.ON_TIME),
    )
    return tuple(each for each in groups if each.count)
