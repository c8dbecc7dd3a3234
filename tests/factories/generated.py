"""Deliveries as chance would have them, given to the database and to the engine alike."""

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from scorecards import feeds
from scorecards.periods import month_number
from scorecards.policy import DEFAULT_POLICY, DeliveryRules, Policy, Reference

FIRST, LAST = date(2026, 9, 24), date(2026, 12, 6)
DAYS = st.dates(FIRST, LAST) | st.sampled_from(
    [date(2026, 9, 30), date(2026, 10, 1), date(2026, 10, 31), date(2026, 11, 1), date(2026, 11, 11)]
)
_ANY_DAY = st.dates(FIRST - timedelta(days=5), LAST + timedelta(days=60))
QUANTITIES = st.sampled_from([Decimal(0), Decimal(1), Decimal(10), Decimal("100.5"), Decimal("999.999")])


def _policy(version: int, **rules: Any) -> Policy:
    return replace(DEFAULT_POLICY, name="Test", version=version, delivery=DeliveryRules(**rules))


POLICIES = (
    DEFAULT_POLICY,
    _policy(2, early_days=3, late_days=2, days="business"),
    _policy(3, mode="quantity", tolerance_percent=Decimal("12.5"), early="apart"),
    _policy(4, early_days=None, late_days=1, reference=Reference.REQUESTED),
    _policy(5, early_days=0, reference=Reference.CONFIRMED, early="apart", days="business"),
    _policy(6, early_days=None, late_days=0, days="business", tolerance_percent=Decimal("0.1")),
    _policy(7, early_days=2, late_days=3, tolerance_percent=Decimal(50)),
)


@dataclass(frozen=True)
class Places:
    """Which rows of the cast the generated ones may refer to."""

    suppliers: tuple[int, ...]
    plants: tuple[tuple[int, str], ...]
    commodities: tuple[tuple[int | None, str], ...]
    part: tuple[int, str]


def places(cast: Any) -> Places:
    return Places(
        (cast.acme.id, cast.bolt.id),
        ((cast.lulea.id, "LUL"), (cast.gdansk.id, "GDN")),
        ((cast.castings.id, "CAST"), (None, "")),
        (cast.housing.id, cast.housing.number),
    )


@dataclass(frozen=True)
class World:
    """Engine rows by supplier, with the plant and commodity that each belongs to as ids."""

    lines: tuple[tuple[int, int, int | None, feeds.DeliveryLine], ...] = ()
    lots: tuple[tuple[int, int, int | None, feeds.Lot], ...] = ()
    nonconformances: tuple[tuple[int, int, int | None, str | None, feeds.Nonconformance], ...] = ()
    stages: tuple[tuple[int, int, int | None, feeds.Stage], ...] = ()
    part: int = 0
    calendars: dict[str, Any] = field(default_factory=dict)

    def inputs(self, supplier: int, plant: int | None = None) -> feeds.Inputs:
        def of(rows: Any) -> Any:
            return tuple(row[-1] for row in rows if row[0] == supplier and plant in {None, row[1]})

        return feeds.Inputs(
            supplier=str(supplier),
            lines=of(self.lines),
            lots=of(self.lots),
            nonconformances=of(self.nonconformances),
            stages=of(self.stages),
            calendars=self.calendars,
        )


def as_of(world: "World") -> st.SearchStrategy[date]:
    """Mostly a day on or next to the end of a line's window, where it matters; sometimes any."""
    promised = [line.acknowledged_on or line.confirmed_on for *_, line in world.lines]
    ends = [day + timedelta(days=more) for day in promised if day for more in range(4)]
    return st.sampled_from(ends) | _ANY_DAY if ends else _ANY_DAY


@st.composite
def worlds(draw: st.DrawFn, at: Places, *, least: int = 0, most: int = 14) -> World:
    def where() -> tuple[int, int, int | None, dict[str, str]]:
        plant, commodity = draw(st.sampled_from(at.plants)), draw(st.sampled_from(at.commodities))
        named = {"plant": plant[1], "commodity": commodity[1], "part": at.part[1]}
        return draw(st.sampled_from(at.suppliers)), plant[0], commodity[0], named

    lines, found = [], []
    for number in range(draw(st.integers(least, most))):
        *place, named = where()
        line = draw(_lines(f"{number:03}", named))
        lines.append((*place, line))
    for number in range(draw(st.integers(0, most // 2))):
        *place, named = where()
        of = draw(st.sampled_from([None, *range(len(lines))]))
        found.append(
            (*place, None if of is None else lines[of][-1].id, draw(_nonconformances(number, named)))
        )
    lots = [
        (*place, draw(_lots(number, named)))
        for number in range(draw(st.integers(0, most // 3)))
        for *place, named in [where()]
    ]
    stages = [
        (*place, draw(_stages(number)))
        for number in range(draw(st.integers(0, most // 3)))
        for *place, _ in [where()]
    ]
    bad = {of for *_, of, one in found if of and one.responsibility == "supplier" and not one.is_sample}
    marked = tuple((*place, replace(line, nonconforming=line.id in bad)) for *place, line in lines)
    return World(marked, tuple(lots), tuple(found), tuple(stages), at.part[0])


@st.composite
def _lines(draw: st.DrawFn, number: str, named: dict[str, str]) -> feeds.DeliveryLine:
    ordered = draw(QUANTITIES)
    promised = draw(DAYS)
    dates = draw(st.sampled_from(["a", "a", "rac", "rc", "c", "r", "ra", ""]))
    part = (
        Decimal(0),
        ordered,
        ordered,
        ordered * 2,
        ordered / 2,
        ordered * Decimal("0.9"),
        Decimal("0.001"),
    )
    receipts = tuple(
        feeds.Receipt(
            promised + timedelta(days=draw(st.integers(-12, 9))),
            draw(st.sampled_from(part)).quantize(Decimal("0.001")),
            f"DN-{number}-{each}",
        )
        for each in range(draw(st.integers(0, 3)))
    )
    excuse = feeds.Excuse("dock_closed", "Our dock was closed", "O. Nyström")
    return feeds.DeliveryLine(
        id=number,
        order_number=f"45{number}",
        line_number="10",
        ordered=ordered,
        requested_on=promised - timedelta(days=draw(st.integers(0, 3))) if "r" in dates else None,
        acknowledged_on=promised if "a" in dates else None,
        confirmed_on=promised + timedelta(days=draw(st.integers(-2, 6))) if "c" in dates else None,
        cancelled_on=draw(st.sampled_from([None] * 7 + [promised])),
        excuse=draw(st.sampled_from([None] * 5 + [excuse])),
        receipts=receipts,
        paperwork_right=draw(st.sampled_from([None, True, False])),
        **named,
    )


@st.composite
def _nonconformances(draw: st.DrawFn, number: int, named: dict[str, str]) -> feeds.Nonconformance:
    return feeds.Nonconformance(
        id=str(number),
        number=f"NC-{number}",
        found_on=draw(DAYS),
        quantity=draw(QUANTITIES),
        defects=draw(st.integers(0, 5)),
        responsibility=draw(st.sampled_from(feeds.Responsibility)),
        is_sample=draw(st.booleans()),
        safety=draw(st.booleans()),
        **named,
    )


@st.composite
def _lots(draw: st.DrawFn, number: int, named: dict[str, str]) -> feeds.Lot:
    return feeds.Lot(
        id=str(number),
        number=f"LOT-{number}",
        inspected_on=draw(DAYS),
        quantity=draw(QUANTITIES),
        result=draw(st.sampled_from(feeds.LotResult)),
        **named,
    )


@st.composite
def _stages(draw: st.DrawFn, number: int) -> feeds.Stage:
    due_on = draw(DAYS)
    due_at = datetime.combine(due_on, time(12), UTC)
    answered = draw(st.sampled_from([None, -1, 0, 1]))
    return feeds.Stage(
        id=str(number),
        kind="scar",
        reference=f"SCAR-{number}",
        title="D3 containment",
        due_on=due_on,
        due_at=due_at,
        answered_at=None if answered is None else due_at + timedelta(hours=answered),
        accepted=draw(st.sampled_from([None, True, False])),
    )


async def write(db: AsyncSession, world: World) -> None:
    """Insert everything as an import would, without deriving it."""
    ids = {
        line.id: (await db.execute(text(_LINE), _line_row(*place, line, world.part))).scalar_one()
        for *place, line in world.lines
    }
    await _insert(db, _RECEIPT, _receipt_rows(world, ids))
    await _insert(db, _LOT, [_row(*place, world.part, lot, lot.inspected_on) for *place, lot in world.lots])
    await _insert(
        db,
        _NONCONFORMANCE,
        [
            _row(*place, world.part, one, one.found_on) | {"line": ids[of] if of else None}
            for *place, of, one in world.nonconformances
        ],
    )
    await _insert(db, _STAGE, [_row(*place, world.part, one, one.due_on) for *place, one in world.stages])


async def _insert(db: AsyncSession, statement: str, rows: list[dict[str, Any]]) -> None:
    if rows:
        await db.execute(text(statement), rows)


def _place(supplier: int, plant: int, commodity: int | None) -> dict[str, Any]:
    return {"supplier": supplier, "plant": plant, "commodity": commodity}


def _line_row(supplier: int, plant: int, commodity: int | None, line: Any, part: int) -> dict[str, Any]:
    excuse = line.excuse
    return _place(supplier, plant, commodity) | {
        "part": part,
        "order_number": line.order_number,
        "ordered": line.ordered,
        "requested_on": line.requested_on,
        "acknowledged_on": line.acknowledged_on,
        "confirmed_on": line.confirmed_on,
        "cancelled_on": line.cancelled_on,
        "excuse_code": excuse and excuse.reason,
        "excuse_note": excuse.note if excuse else "",
        "excused_by_name": excuse and excuse.approved_by,
        "excused_at": excuse and datetime(2026, 12, 1, tzinfo=UTC),
        "paperwork_right": line.paperwork_right,
    }


def _receipt_rows(world: World, ids: dict[str, int]) -> list[dict[str, Any]]:
    return [
        _place(*place)
        | {
            "line": ids[line.id],
            "reference": one.reference,
            "day": one.received_on,
            "month": month_number(one.received_on),
            "quantity": one.quantity,
        }
        for *place, line in world.lines
        for one in line.receipts
    ]


def _row(supplier: int, plant: int, commodity: int | None, part: int, one: Any, day: date) -> dict[str, Any]:
    given = {name: getattr(one, name) for name in one.__slots__}
    given |= {name: getattr(value, "value", value) for name, value in given.items()}
    return given | _place(supplier, plant, commodity) | {"part": part, "day": day, "month": month_number(day)}


_LINE = """
    INSERT INTO delivery_line (created_at, updated_at, version, supplier_id, plant_id, part_id, commodity_id,
        order_number, line_number, unit, ordered, requested_on, acknowledged_on, confirmed_on, cancelled_on,
        excuse_code, excuse_note, excused_by_name, excused_at, paperwork_right, nonconforming,
        received, in_window, early, complete, too_early)
    VALUES (now(), now(), 1, :supplier, :plant, :part, :commodity, :order_number, '10', 'pc', :ordered,
        :requested_on, :acknowledged_on, :confirmed_on, :cancelled_on, :excuse_code, :excuse_note,
        :excused_by_name, :excused_at, :paperwork_right, false, 0, 0, 0, false, false)
    RETURNING id
"""
_RECEIPT = """
    INSERT INTO receipt (created_at, updated_at, version, delivery_line_id, supplier_id, plant_id,
        commodity_id, reference, received_on, arrival_month, quantity)
    VALUES (now(), now(), 1, :line, :supplier, :plant, :commodity, :reference, :day, :month, :quantity)
"""
_LOT = """
    INSERT INTO inspection_lot (created_at, updated_at, version, supplier_id, plant_id, part_id, commodity_id,
        number, inspected_on, month, quantity, result)
    VALUES (now(), now(), 1, :supplier, :plant, :part, :commodity, :number, :day, :month, :quantity, :result)
"""
_NONCONFORMANCE = """
    INSERT INTO nonconformance (created_at, updated_at, version, number, supplier_id, plant_id, part_id,
        commodity_id, delivery_line_id, lot_number, found_on, month, quantity, defects, kind,
        description, responsibility, disposition, is_sample, is_safety)
    VALUES (now(), now(), 1, :number, :supplier, :plant, :part, :commodity, :line, '', :day, :month,
        :quantity, :defects, 'Other', '', :responsibility, 'open', :is_sample, :safety)
"""
_STAGE = """
    INSERT INTO response_stage (created_at, updated_at, version, supplier_id, plant_id, commodity_id, kind,
        reference, stage, due_at, due_on, month, answered_at, accepted)
    VALUES (now(), now(), 1, :supplier, :plant, :commodity, :kind, :reference, :title, :due_at, :day, :month,
        :answered_at, :accepted)
"""
