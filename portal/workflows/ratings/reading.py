"""Sums read for a principal: from the monthly tables, less what is not due yet, plus answers.

Late lines are not stored, because they depend on the day it is: a line that is open is pending up to the
last day of its window and late from the next. Lines pending on the day asked for are counted through the
partial index of open lines, in the few months that can have any.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from portal.access.principal import Principal
from portal.access.scopes import supplier_limit
from portal.workflows.ratings import calendars
from portal.workflows.ratings.policies import active_policy
from scorecards.delivery import DeliverySums
from scorecards.periods import Period, month_number
from scorecards.policy import DeliveryRules, Policy
from scorecards.quality import QualitySums
from scorecards.responsiveness import ResponseSums
from scorecards.sums import Sums

By = Literal["supplier", "month", "plant", "commodity"]
Key = tuple[int, ...]

# The sums that a stored row holds. Quantities are of lines on time, early, late and pending.
STORED = (
    "lines",
    "lines_cancelled",
    "lines_empty",
    "lines_excused",
    "lines_on_time",
    "lines_early",
    "lines_in_full",
    "lines_perfect",
    "ordered",
    "in_window",
    "early_ordered",
    "early_in_window",
    "received",
    "lines_arrived",
    "nonconforming",
    "defects",
    "nonconformances",
    "nonconformances_left_out",
    "safety_escapes",
    "lots_accepted",
    "lots_rejected",
    "lots_used_as_is",
)
# What depends on the day it is.
_PENDING = ("pending", "pending_ordered", "pending_in_window")
_ANSWERS = ("due", "answers_pending", "answers_on_time")
SUMS = (*STORED, *_PENDING, *_ANSWERS)  # columns of ``sums_query`` beside its keys
_COLUMNS: dict[By, str] = {
    "supplier": "supplier_id",
    "month": "month",
    "plant": "plant_id",
    "commodity": "commodity_id",
}
OPEN = "NOT complete AND NOT too_early AND cancelled_on IS NULL AND excuse_code IS NULL AND ordered > 0"


@dataclass(frozen=True, slots=True)
class Scope:
    """What of the sums is asked for and may be seen; None means no limit, an empty list nothing."""

    suppliers: list[int] | None
    plants: list[int] | None
    commodities: list[int] | None

    @property
    def is_empty(self) -> bool:
        return [] in (self.suppliers, self.plants, self.commodities)

    def where(self, month: str) -> str:
        """Conditions with the month's column; commodity 0 stands for none in every source."""
        parts = [f"{month} = ANY(CAST(:months AS smallint[]))"]
        if self.suppliers is not None:
            parts.append("supplier_id = ANY(CAST(:suppliers AS bigint[]))")
        if self.plants is not None:
            parts.append("plant_id = ANY(CAST(:plants AS bigint[]))")
        if self.commodities is not None:
            parts.append("coalesce(commodity_id, 0) = ANY(CAST(:commodities AS bigint[]))")
        return " AND ".join(parts)

    def parameters(self) -> dict[str, Any]:
        given = {"suppliers": self.suppliers, "plants": self.plants, "commodities": self.commodities}
        return {name: ids for name, ids in given.items() if ids is not None}


def scope(
    who: Principal,
    supplier_ids: Iterable[int] | None = None,
    plant_ids: Iterable[int] | None = None,
    commodity_ids: Iterable[int] | None = None,
) -> Scope:
    """What was asked for, cut down to what the principal may see."""
    suppliers, plants = supplier_limit(who)
    return Scope(
        _within(supplier_ids, suppliers),
        _within(plant_ids, plants),
        None if commodity_ids is None else list(commodity_ids),
    )


def _within(asked: Iterable[int] | None, allowed: list[int] | None) -> list[int] | None:
    if asked is None:
        return allowed
    return [one for one in asked if allowed is None or one in allowed]


async def sums_of(
    db: AsyncSession,
    who: Principal,
    *,
    months: Sequence[int],
    as_of: date,
    supplier_ids: Iterable[int] | None = None,
    plant_ids: Iterable[int] | None = None,
    commodity_ids: Iterable[int] | None = None,
    by: Sequence[By] = ("supplier", "month"),
    policy: Policy | None = None,
) -> dict[Key, Sums]:
    """Engine sums of the months as the principal may see them, by keys in the order of ``by``.

    ``by=("month",)`` pools all suppliers, ``by=()`` everything into the key ``()``. A key without anything
    is not in the answer. ``plant_ids`` and ``commodity_ids`` filter (commodity 0 is "none"); ``policy`` is
    the active one, for callers who have read it already.
    """
    limits = scope(who, supplier_ids, plant_ids, commodity_ids)
    if limits.is_empty or not months:
        return {}
    rules = (policy or await active_policy(db)).delivery
    query, given = sums_query(limits, by, months, as_of, rules)
    rows = await db.execute(text(query), given)
    found = {tuple(row[: len(by)]): _sums(row) for row in rows}
    return {key: sums for key, sums in found.items() if sums != _NOTHING}


def sums_query(
    limits: Scope, by: Sequence[By], months: Sequence[int], as_of: date, rules: DeliveryRules
) -> tuple[str, dict[str, Any]]:
    """The statement that gives the keys and SUMS, and its parameters; for statements that go on from it."""
    pending = [month for month in months if month >= first_pending_month(as_of, rules)]
    given = {"months": list(months), "as_of": as_of, "pending_months": pending}
    return _query(limits, tuple(by)), limits.parameters() | given


async def months_of(
    db: AsyncSession,
    who: Principal,
    *,
    months: Sequence[int],
    as_of: date,
    supplier_ids: Iterable[int] | None = None,
    plant_ids: Iterable[int] | None = None,
    commodity_ids: Iterable[int] | None = None,
    policy: Policy | None = None,
) -> dict[int, dict[int, Sums]]:
    """The same by supplier and then by month, as the engine's ``rate_with_trailing`` takes it."""
    found = await sums_of(
        db,
        who,
        months=months,
        as_of=as_of,
        supplier_ids=supplier_ids,
        plant_ids=plant_ids,
        commodity_ids=commodity_ids,
        policy=policy,
    )
    suppliers: dict[int, dict[int, Sums]] = {}
    for (supplier, month), sums in found.items():
        suppliers.setdefault(supplier, {})[month] = sums
    return suppliers


def first_pending_month(as_of: date, rules: DeliveryRules) -> int:
    """Lines of earlier months have a window that was over before ``as_of``."""
    _, late = calendars.reach(rules)
    return month_number(as_of - timedelta(days=late))


def _query(limits: Scope, by: tuple[By, ...]) -> str:
    """One statement: stored sums, lines pending, and answers, folded by the keys."""
    fine = limits.plants is not None or limits.commodities is not None or {"plant", "commodity"} & set(by)
    stored = "supplier_month_now" if fine else "supplier_month_total_now"
    waiting = {
        "pending": "count(*)",
        "pending_ordered": "sum(ordered)",
        "pending_in_window": "sum(in_window)",
    }
    answers = {
        "due": "count(*)",
        "answers_pending": f"count(*) FILTER (WHERE {ANSWER_PENDING})",
        "answers_on_time": f"count(*) FILTER (WHERE {ANSWER_ON_TIME})",
    }
    open_where = limits.where("reference_month").replace(":months", ":pending_months")
    branches = [
        _branch(by, stored, "month", {name: f"sum({name})" for name in STORED}, limits.where("month")),
        _branch(
            by,
            "delivery_line",
            "reference_month",
            waiting,
            f"{open_where} AND {OPEN} AND window_last_on >= :as_of",
        ),
        _branch(by, "response_stage", "month", answers, limits.where("month")),
    ]
    keys = ", ".join(_COLUMNS[each] for each in by)
    sums = ", ".join(f"coalesce(sum({name}), 0) AS {name}" for name in SUMS)
    union = " UNION ALL ".join(branches)
    if not by:
        return f"SELECT {sums} FROM ({union}) AS sources"  # noqa: S608 - made of our own constants
    return f"SELECT {keys}, {sums} FROM ({union}) AS sources GROUP BY {keys}"  # noqa: S608 - the same


def _branch(by: tuple[By, ...], table: str, month: str, sums: dict[str, str], where: str) -> str:
    columns = {"month": month, "commodity": "coalesce(commodity_id, 0)"}
    keys = [f"{columns.get(each, _COLUMNS[each])} AS {_COLUMNS[each]}" for each in by]
    values = [f"CAST({sums.get(name, '0')} AS numeric) AS {name}" for name in SUMS]
    grouped = f" GROUP BY {', '.join(str(at + 1) for at in range(len(by)))}" if by else ""
    return f"SELECT {', '.join([*keys, *values])} FROM {table} WHERE {where}{grouped}"  # noqa: S608 - the same


# Twin of scorecards.responsiveness.judge.
_ANSWERED = "answered_at IS NOT NULL AND accepted IS NOT FALSE"
ANSWER_ON_TIME = f"{_ANSWERED} AND answered_at <= due_at AND accepted"
ANSWER_PENDING = (
    f"({_ANSWERED} AND answered_at <= due_at AND accepted IS NULL)"
    f" OR (NOT ({_ANSWERED}) AND due_on >= :as_of)"
)

_NOTHING = Sums()


def _sums(row: Row[Any]) -> Sums:
    return sums_from(row._mapping)  # noqa: SLF001 - SQLAlchemy's public way to a row's names


def sums_from(row: Any) -> Sums:
    """Engine sums from a mapping of SUMS."""
    judged = int(
        row["lines"] - row["lines_cancelled"] - row["lines_empty"] - row["lines_excused"] - row["pending"]
    )
    on_time, early = int(row["lines_on_time"]), int(row["lines_early"])
    due, waiting, answered = int(row["due"]), int(row["answers_pending"]), int(row["answers_on_time"])
    return Sums(
        delivery=DeliverySums(
            promised=int(row["lines"]),
            cancelled=int(row["lines_cancelled"]),
            empty=int(row["lines_empty"]),
            excused=int(row["lines_excused"]),
            pending=int(row["pending"]),
            on_time=on_time,
            late=judged - on_time - early,
            early=early,
            in_full=int(row["lines_in_full"]),
            perfect=int(row["lines_perfect"]),
            ordered=row["ordered"] - row["pending_ordered"],
            in_window=row["in_window"] - row["pending_in_window"],
            early_ordered=row["early_ordered"],
            early_in_window=row["early_in_window"],
        ),
        quality=QualitySums(
            received=row["received"],
            lines=int(row["lines_arrived"]),
            nonconforming=row["nonconforming"],
            defects=int(row["defects"]),
            nonconformances=int(row["nonconformances"]),
            left_out=int(row["nonconformances_left_out"]),
            safety=int(row["safety_escapes"]),
            lots_accepted=int(row["lots_accepted"]),
            lots_rejected=int(row["lots_rejected"]),
            lots_used_as_is=int(row["lots_used_as_is"]),
        ),
        response=ResponseSums(due=due, pending=waiting, on_time=answered, late=due - waiting - answered),
    )


def period_months(*periods: Period) -> list[int]:
    """Every month that one of the periods covers, in order."""
    return sorted({month for period in periods for month in period.month_numbers()})
