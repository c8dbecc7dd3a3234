"""Answers on time: SCAR steps, certificate renewals, agreement turns, audit findings."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from scorecards import measures
from scorecards.exact import HUNDRED, exactly, settle
from scorecards.feeds import Stage
from scorecards.measures import Ratio, State
from scorecards.periods import Period, day_label
from scorecards.speech import _


class StageState(StrEnum):
    ON_TIME = "on_time"
    LATE = "late"
    PENDING = "pending"


@dataclass(frozen=True, slots=True)
class StageVerdict:
    stage: Stage
    state: StageState
    sentence: str


def judge(stage: Stage, as_of: date) -> StageVerdict:
    """On time means answered by the due instant and accepted.

    An answer in time that still waits for our decision is pending: the ball is in our court. A returned one
    is no answer. An open stage is late once its due day is over.
    """
    answered_at = None if stage.accepted is False else stage.answered_at
    if answered_at is not None and answered_at > stage.due_at:
        return StageVerdict(stage, StageState.LATE, _("Answered too late"))
    if answered_at is not None and stage.accepted:
        return StageVerdict(stage, StageState.ON_TIME, _("On time"))
    if answered_at is not None:
        return StageVerdict(stage, StageState.PENDING, _("Answered in time, waits for our decision"))
    if as_of <= stage.due_on:
        return StageVerdict(
            stage, StageState.PENDING, _("Not due until %(day)s", day=day_label(stage.due_on))
        )
    words = _("Returned and not answered again") if stage.accepted is False else _("Not answered")
    return StageVerdict(stage, StageState.LATE, words)


@dataclass(frozen=True, slots=True)
class ResponseSums:
    """due = pending + on_time + late."""

    due: int = 0
    pending: int = 0
    on_time: int = 0
    late: int = 0

    def __add__(self, other: "ResponseSums") -> "ResponseSums":
        return ResponseSums(
            due=self.due + other.due,
            pending=self.pending + other.pending,
            on_time=self.on_time + other.on_time,
            late=self.late + other.late,
        )


def sums(stages: Iterable[Stage], period: Period, as_of: date) -> ResponseSums:
    total = ResponseSums()
    for stage in stages:
        if period.contains(stage.due_on):
            state = judge(stage, as_of).state
            total += ResponseSums(
                due=1,
                pending=int(state is StageState.PENDING),
                on_time=int(state is StageState.ON_TIME),
                late=int(state is StageState.LATE),
            )
    return total


@exactly
def measure(total: ResponseSums) -> Ratio:
    """Stages accepted on time ÷ stages due."""
    counted = total.on_time + total.late
    numerator, denominator = Decimal(total.on_time), Decimal(counted)
    if counted:
        value = settle(HUNDRED * numerator / denominator)
        return Ratio(
            measures.RESPONSIVENESS, State.OK, value, measures.PERCENT, numerator, denominator, counted
        )
    state = State.PENDING if total.pending else State.NO_ACTIVITY
    return Ratio(measures.RESPONSIVENESS, state, None, measures.PERCENT, numerator, denominator, 0)
