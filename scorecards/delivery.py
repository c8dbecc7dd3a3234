"""On-time delivery: lines become verdicts, verdicts become sums, sums become a measure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from scorecards import measures
from scorecards.exact import CONTEXT, HUNDRED, ZERO, exactly, settle
from scorecards.feeds import DeliveryLine
from scorecards.measures import Ratio, State
from scorecards.periods import EVERY_PLANT, Calendars, Period, day_label, window
from scorecards.policy import DeliveryRules, Reference
from scorecards.speech import _
from scorecards.wording import ngettext


class LineState(StrEnum):
    ON_TIME = "on_time"
    LATE = "late"
    EARLY = "early"
    PENDING = "pending"
    EXCUSED = "excused"
    CANCELLED = "cancelled"
    NOT_COUNTED = "not_counted"  # ordered quantity 0, or no date to judge by


@dataclass(frozen=True, slots=True)
class Verdict:
    """`in_window` is at most the ordered quantity. `days` are calendar days past the window, or before it."""

    line: DeliveryLine
    state: LineState
    reference: Reference | None
    promised_on: date | None
    first_day: date | None
    last_day: date | None
    in_window: Decimal
    arrived: Decimal
    days: int
    in_full: bool
    perfect: bool
    sentence: str

    @property
    def arrived_on(self) -> tuple[date, ...]:
        return tuple(sorted({receipt.received_on for receipt in self.line.receipts}))


# When the preferred date is missing, the others stand in, in this order.
FALL_BACK = (Reference.ACKNOWLEDGED, Reference.CONFIRMED, Reference.REQUESTED)


def reference_date(line: DeliveryLine, preferred: Reference) -> tuple[Reference, date] | None:
    for reference in (preferred, *FALL_BACK):
        day: date | None = getattr(line, f"{reference.value}_on")
        if day is not None:
            return reference, day
    return None


def arrived_between(line: DeliveryLine, first: date | None, last: date | None) -> Decimal:
    total = ZERO
    for receipt in line.receipts:
        if (first is None or receipt.received_on >= first) and (last is None or receipt.received_on <= last):
            total = CONTEXT.add(total, receipt.quantity)
    return total


@exactly
def judge(
    line: DeliveryLine, rules: DeliveryRules, as_of: date, calendars: Calendars | None = None
) -> Verdict:
    """The line's fate.

    The order of the questions matters: a line that arrived in its window is on time even where it was
    excused, so that an excuse never takes anything from a supplier; and a line that came in whole, but too
    early, is early at once, without waiting for its window to pass. `as_of` only tells what is not due yet:
    the window's last day itself still is.
    """
    found = reference_date(line, rules.reference)
    arrived = arrived_between(line, None, None)
    if found is None:
        return Verdict(
            line=line,
            state=LineState.NOT_COUNTED,
            reference=None,
            promised_on=None,
            first_day=None,
            last_day=None,
            in_window=ZERO,
            arrived=arrived,
            days=0,
            in_full=False,
            perfect=False,
            sentence=_("No date was promised"),
        )
    reference, promised_on = found
    first, last = window(
        promised_on,
        rules.early_days,
        rules.late_days,
        business=rules.days == "business",
        calendar=(calendars or {}).get(line.plant, EVERY_PLANT),
    )
    in_window = arrived_between(line, first, last)
    before = arrived_between(line, None, last) - in_window
    needed = line.ordered * (HUNDRED - rules.tolerance_percent) / HUNDRED
    days = 0
    if line.cancelled_on is not None:
        state, sentence = LineState.CANCELLED, _("Cancelled on %(day)s", day=day_label(line.cancelled_on))
    elif line.ordered == 0:
        state, sentence = LineState.NOT_COUNTED, _("Reduced to quantity 0")
    elif in_window >= needed:
        state, sentence = LineState.ON_TIME, _("On time")
    elif line.excuse is not None:
        state, sentence = LineState.EXCUSED, _excuse_sentence(line)
    elif before + in_window >= needed:
        days = max((first - receipt.received_on).days for receipt in line.receipts)
        state = LineState.EARLY
        sentence = ngettext("Too early by %(num)s day", "Too early by %(num)s days", days)
    elif as_of <= last:
        state, sentence = LineState.PENDING, _("Not due until %(day)s", day=day_label(last))
    else:
        days, sentence = _how_late(line, needed, last, as_of)
        state = LineState.LATE
    in_full = state is LineState.ON_TIME and in_window >= line.ordered
    return Verdict(
        line=line,
        state=state,
        reference=reference,
        promised_on=promised_on,
        first_day=first,
        last_day=last,
        in_window=min(line.ordered, in_window),
        arrived=arrived,
        days=days,
        in_full=in_full,
        perfect=in_full and not line.nonconforming and line.paperwork_right is not False,
        sentence=sentence,
    )


def _excuse_sentence(line: DeliveryLine) -> str:
    if line.excuse is None:
        return ""
    note = (line.excuse.note or line.excuse.reason).strip().rstrip(".")
    return _("%(note)s. Approved by %(name)s", note=note, name=line.excuse.approved_by.strip().rstrip("."))


def _how_late(line: DeliveryLine, needed: Decimal, last: date, as_of: date) -> tuple[int, str]:
    """Days from the window's end to the arrival that made the quantity whole, or to as-of while it is not."""
    total = ZERO
    for receipt in sorted(line.receipts, key=lambda one: one.received_on):
        total += receipt.quantity
        if total >= needed and receipt.received_on > last:
            days = (receipt.received_on - last).days
            return days, ngettext("%(num)s day late", "%(num)s days late", days)
    days = (as_of - last).days
    if total == 0:
        return days, ngettext(
            "%(num)s day late so far, nothing arrived", "%(num)s days late so far, nothing arrived", days
        )
    return days, ngettext(
        "%(num)s day late so far, not all arrived", "%(num)s days late so far, not all arrived", days
    )


@dataclass(frozen=True, slots=True)
class DeliverySums:
    """All that delivery needs to know about any number of lines; pooling is adding.

    Lines: promised = cancelled + empty + excused + pending + on_time + late + early. `empty` has quantity 0.
    `in_full` and `perfect` are those among the lines on time. Quantities are of lines on time, late and
    early; `in_window` sums what arrived in each window, at most what was ordered; the two `early_` ones are
    the share of the early lines in them.
    """

    promised: int = 0
    cancelled: int = 0
    empty: int = 0
    excused: int = 0
    pending: int = 0
    on_time: int = 0
    late: int = 0
    early: int = 0
    in_full: int = 0
    perfect: int = 0
    ordered: Decimal = ZERO
    in_window: Decimal = ZERO
    early_ordered: Decimal = ZERO
    early_in_window: Decimal = ZERO

    def __add__(self, other: "DeliverySums") -> "DeliverySums":
        return self._with(other, 1)

    def __sub__(self, other: "DeliverySums") -> "DeliverySums":
        return self._with(other, -1)

    def _with(self, other: "DeliverySums", sign: int) -> "DeliverySums":
        return DeliverySums(
            promised=self.promised + sign * other.promised,
            cancelled=self.cancelled + sign * other.cancelled,
            empty=self.empty + sign * other.empty,
            excused=self.excused + sign * other.excused,
            pending=self.pending + sign * other.pending,
            on_time=self.on_time + sign * other.on_time,
            late=self.late + sign * other.late,
            early=self.early + sign * other.early,
            in_full=self.in_full + sign * other.in_full,
            perfect=self.perfect + sign * other.perfect,
            ordered=CONTEXT.fma(other.ordered, sign, self.ordered),
            in_window=CONTEXT.fma(other.in_window, sign, self.in_window),
            early_ordered=CONTEXT.fma(other.early_ordered, sign, self.early_ordered),
            early_in_window=CONTEXT.fma(other.early_in_window, sign, self.early_in_window),
        )

    def counted(self, rules: DeliveryRules) -> int:
        """Lines in the denominator. Early ones are among them unless the policy sets them apart."""
        return self.on_time + self.late + (self.early if rules.early == "strict" else 0)


def verdict_sums(verdict: Verdict) -> DeliverySums:
    line, state = verdict.line, verdict.state
    if verdict.promised_on is None:
        return DeliverySums()
    is_counted = state in {LineState.ON_TIME, LineState.LATE, LineState.EARLY}
    is_early = state is LineState.EARLY
    return DeliverySums(
        promised=1,
        cancelled=int(state is LineState.CANCELLED),
        empty=int(state is LineState.NOT_COUNTED),
        excused=int(state is LineState.EXCUSED),
        pending=int(state is LineState.PENDING),
        on_time=int(state is LineState.ON_TIME),
        late=int(state is LineState.LATE),
        early=int(is_early),
        in_full=int(verdict.in_full),
        perfect=int(verdict.perfect),
        ordered=line.ordered if is_counted else ZERO,
        in_window=verdict.in_window if is_counted else ZERO,
        early_ordered=line.ordered if is_early else ZERO,
        early_in_window=verdict.in_window if is_early else ZERO,
    )


def sums(
    lines: Iterable[DeliveryLine],
    period: Period,
    rules: DeliveryRules,
    as_of: date,
    calendars: Calendars | None = None,
) -> DeliverySums:
    """Each line counts once, in the period of its reference date."""
    total = DeliverySums()
    for line in lines:
        found = reference_date(line, rules.reference)
        if found is not None and period.contains(found[1]):
            total += verdict_sums(judge(line, rules, as_of, calendars))
    return total


@exactly
def measure(total: DeliverySums, rules: DeliveryRules) -> Ratio:
    """Lines on time ÷ lines counted, or quantity in window ÷ quantity ordered."""
    counted = total.counted(rules)
    if rules.mode == "line":
        return _ratio(measures.DELIVERY, Decimal(total.on_time), Decimal(counted), total, counted)
    apart = rules.early == "apart"
    ordered = total.ordered - (total.early_ordered if apart else ZERO)
    in_window = total.in_window - (total.early_in_window if apart else ZERO)
    return _ratio(measures.DELIVERY, in_window, ordered, total, counted)


@exactly
def otif(total: DeliverySums, rules: DeliveryRules) -> Ratio:
    """On time and in full: as delivery by line, without the tolerance."""
    counted = total.counted(rules)
    return _ratio(measures.OTIF, Decimal(total.in_full), Decimal(counted), total, counted)


@exactly
def perfect_order(total: DeliverySums, rules: DeliveryRules) -> Ratio:
    """On time, in full, nothing nonconforming, paperwork right (where somebody checks it)."""
    counted = total.counted(rules)
    return _ratio(measures.PERFECT_ORDER, Decimal(total.perfect), Decimal(counted), total, counted)


def _ratio(key: str, numerator: Decimal, denominator: Decimal, total: DeliverySums, counted: int) -> Ratio:
    if denominator > 0:
        value = settle(HUNDRED * numerator / denominator)
        return Ratio(key, State.OK, value, measures.PERCENT, numerator, denominator, counted)
    state = State.PENDING if total.pending else State.NO_ACTIVITY
    return Ratio(key, state, None, measures.PERCENT, numerator, denominator, counted)
