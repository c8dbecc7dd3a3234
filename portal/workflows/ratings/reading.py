"""Sums read for a principal: from the monthly tables, less what is not due yet, plus answers.

Late lines are not stored, because they depend on the day it is: a line that is open is pending up to the
last day of its window and late from the next. Lines pending on the day asked for are counted through the
partial index of open lines, in the few months that can have any.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from portal.access.principal import Principal
from portal.access.scopes import limits
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

    def where(self, month: str, months: str) -> str:
        """Conditions; commodity 0 stands for none in every source."""
        parts = [f"{month} {months}"]
        if self.suppliers is not None:
            parts.append(_equal("supplier_id", "suppliers", self.suppliers))
        if self.plants is not None:
            parts.append(_equal("plant_id", "plants", self.plants))
        if self.commodities is not None:
            parts.append(_equal("coalesce(commodity_id, 0)", "commodities", self.commodities))
        return " AND ".join(parts)

    def parameters(self) -> dict[str, Any]:
        given = {"suppliers": self.suppliers, "plants": self.plants, "commodities": self.commodities}
        return {name: ids[0] if len(ids) == 1 else ids for name, ids in given.items() if ids is not None}


def _equal(column: str, name: str, ids: list[int]) -> str:
    """One is asked for as one, which lets the database keep its plan; several as a list."""
    if len(ids) == 1:
        return f"{column} = CAST(:{name} AS bigint)"
    return f"{column} = ANY(CAST(:{name} AS bigint[]))"


def scope(
    who: Principal,
    supplier_ids: Iterable[int] | None = None,
    plant_ids: Iterable[int] | None = None,
    commodity_ids: Iterable[int] | None = None,
) -> Scope:
    """What was asked for, cut down to what the principal may see."""
    allowed = limits(who)
    return Scope(
        _within(supplier_ids, allowed.suppliers),
        _within(plant_ids, allowed.plants),
        _within(commodity_ids, allowed.commodities),
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
    query, given = rows_query(limits, by, SUMS, months, as_of, rules)
    keys = [_COLUMNS[each] for each in by]
    sums = [f"coalesce(sum({name}), 0) AS {name}" for name in SUMS]
    return f"SELECT {', '.join([*keys, *sums])} FROM ({query}) AS sources{_grouped(by)}", given  # noqa: S608 - our own


def rows_query(
    limits: Scope,
    by: Sequence[By],
    names: Collection[str],
    months: Sequence[int],
    as_of: date,
    rules: DeliveryRules,
) -> tuple[str, dict[str, Any]]:
    """The statement that gives the keys and the named SUMS in rows yet to be added up, several for a key.

    Nothing is read that none of the names needs.
    """
    months = sorted(set(months))
    pending = [month for month in months if month >= first_pending_month(as_of, rules)]
    if not pending or not set(_PENDING) & set(names):
        pending = []
    given: dict[str, Any] = {}
    if len(months) == months[-1] - months[0] + 1:
        listed = "BETWEEN CAST(:first_month AS smallint) AND CAST(:last_month AS smallint)"
        given |= {"first_month": months[0], "last_month": months[-1]}
    else:
        listed = "= ANY(CAST(:months AS smallint[]))"
        given["months"] = months
    if pending:
        given["pending_months"] = pending
    query = _sources(limits, tuple(by), names, listed, is_pending=bool(pending))
    if ":as_of" in query:
        given["as_of"] = as_of
    return query, limits.parameters() | given


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
    return month_number(date.fromordinal(max(as_of.toordinal() - late, 1)))


def _sources(
    limits: Scope, by: tuple[By, ...], names: Collection[str], months: str, *, is_pending: bool
) -> str:
    """Stored sums, answers and lines pending, one below the other."""
    fine = limits.plants is not None or limits.commodities is not None or {"plant", "commodity"} & set(by)
    stored = "supplier_month_now" if fine else "supplier_month_total_now"
    where = limits.where("month", months)
    branches = [_branch(by, stored, "month", names, {name: name for name in STORED}, where)]
    if set(_ANSWERS) & set(names):
        answers = _branch(by, "response_stage", "month", names, _ANSWERED_SUMS, where)
        branches.append(answers + _grouped(by))
    if is_pending:
        # Equal months, not a range: so the index of open lines leads straight to a supplier's.
        open_where = limits.where("reference_month", "= ANY(CAST(:pending_months AS smallint[]))")
        open_where += f" AND {OPEN} AND window_last_on >= CAST(:as_of AS date)"
        waiting = _branch(by, "delivery_line", "reference_month", names, _PENDING_SUMS, open_where)
        branches.append(waiting + _grouped(by))
    return " UNION ALL ".join(branches)


def _grouped(by: Sequence[By]) -> str:
    return f" GROUP BY {', '.join(str(at + 1) for at in range(len(by)))}" if by else ""


def _branch(
    by: tuple[By, ...], table: str, month: str, names: Collection[str], sums: dict[str, str], where: str
) -> str:
    columns = {"month": month, "commodity": "coalesce(commodity_id, 0)"}
    keys = [f"{columns.get(each, _COLUMNS[each])} AS {_COLUMNS[each]}" for each in by]
    values = [f"{sums.get(name, '0')} AS {name}" for name in names]
    return f"SELECT {', '.join([*keys, *values])} FROM {table} WHERE {where}"  # noqa: S608 - our own


# Twin of scorecards.responsiveness.judge.
_ANSWERED = "answered_at IS NOT NULL AND accepted IS NOT FALSE"
ANSWER_ON_TIME = f"{_ANSWERED} AND answered_at <= due_at AND accepted"
ANSWER_PENDING = (
    f"({_ANSWERED} AND answered_at <= due_at AND accepted IS NULL)"
    f" OR (NOT ({_ANSWERED}) AND due_on >= CAST(:as_of AS date))"
)
# Whole numbers stay small ones: the database adds them several times faster.
_COUNT = "CAST(count(*) AS integer)"
_ANSWERED_SUMS = {
    "due": _COUNT,
    "answers_pending": f"CAST(count(*) FILTER (WHERE {ANSWER_PENDING}) AS integer)",
    "answers_on_time": f"CAST(count(*) FILTER (WHERE {ANSWER_ON_TIME}) AS integer)",
}
_PENDING_SUMS = {
    "pending": _COUNT,
    "pending_ordered": "sum(ordered)",
    "pending_in_window": "sum(in_window)",
}

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
