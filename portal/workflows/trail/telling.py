"""Changes in words: "Elin Sandberg changed Status from Approved to Conditional, because …"."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal.access import scopes
from portal.access.principal import Principal
from portal.models.trail import TrailAct, TrailAction, TrailChange
from portal.workflows.trail import records, words
from portal.workflows.trail.words import Shown, Value

LONGEST = 300  # letters of a value in a sentence; the export holds all of it

DONE = {TrailAction.INSERT: "added", TrailAction.UPDATE: "changed", TrailAction.DELETE: "removed"}


@dataclass(frozen=True, slots=True)
class Told:
    """One change of one record. ``values`` of one that was added or removed are all that it had."""

    act_id: int
    n: int
    at: datetime
    person: str
    action: TrailAction
    table: str
    row_id: int
    record: str
    values: tuple[Value, ...]
    reason: str

    @property
    def kind(self) -> str:
        return words.table_words(self.table)

    @property
    def what(self) -> str:
        """What was done, after the person's name and without the reason."""
        if self.action is TrailAction.UPDATE:
            return ", ".join(phrase(value) for value in self.values)
        return f"{DONE[self.action]} the {self.kind} {self.record}".rstrip()

    @property
    def sentence(self) -> str:
        because = f", because “{self.reason}”" if self.reason else ""
        return f"{self.person} {self.what}{because}"


def phrase(value: Value) -> str:
    """Give one value's change as a part of a sentence."""
    old, new = plain(value.old), plain(value.new)
    if value.unsaid:
        return f"changed {value.label}"
    if not new:
        return f"cleared {value.label}, which was {old}"
    return f"changed {value.label} from {old} to {new}" if old else f"set {value.label} to {new}"


def plain(value: Shown) -> str:
    """Write a value as text that any reader of a file understands."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case datetime():
            return value.isoformat(" ", "minutes")
        case date():
            return value.isoformat()
        case Decimal():
            return f"{value.normalize():f}"
        case _:
            return value if len(value) <= LONGEST else f"{value[:LONGEST]}…"


def actor(act: TrailAct, who: Principal) -> str:
    """Name who did it; what no person did was done by the portal, or at the database itself."""
    if act.person_id is not None:
        return act.person_name
    if who.is_supplier or not act.person_name:
        return "The portal"
    return act.person_name[:1].upper() + act.person_name[1:]


async def timeline(
    db: AsyncSession, who: Principal, table: str, row_id: int, *, limit: int = 100
) -> list[Told]:
    """What happened to one record, the newest first, as far as the principal may see it."""
    query = (
        select(TrailAct, TrailChange)
        .join(TrailChange, col(TrailChange.act_id) == col(TrailAct.id))
        .where(col(TrailAct.table_name) == table, col(TrailChange.row_id) == row_id, scopes.trail(who))
        .order_by(col(TrailChange.act_id).desc(), col(TrailChange.n).desc())
        .limit(limit)
    )
    return await tell(db, who, [(act, change) for act, change in await db.execute(query)])


async def tell(db: AsyncSession, who: Principal, rows: Sequence[tuple[TrailAct, TrailChange]]) -> list[Told]:
    """Put changes into words, in their order.

    A supplier's people are told what is theirs, without reasons and without what is ours alone; a change of
    which nothing is left is not told.
    """
    read = [(act, change, _values(act, change.old), _values(act, change.new)) for act, change in rows]
    wanted: dict[str, set[int]] = {}
    for act, change, old, new in read:
        wanted.setdefault(act.table_name, set()).add(change.row_id)
        for column, given in (*old.items(), *new.items()):
            table, ids = words.references(act.table_name, column, given)
            if ids:
                wanted.setdefault(table, set()).update(ids)
    names = await records.names(db, wanted)
    told = []
    for act, change, old, new in read:
        columns = _told_columns(who, act, old, new)
        values = (words.value(act.table_name, each, old.get(each), new.get(each), names) for each in columns)
        one = Told(
            act_id=act.id,
            n=change.n,
            at=act.at,
            person=actor(act, who),
            action=act.action,
            table=act.table_name,
            row_id=change.row_id,
            record=names[act.table_name, change.row_id],
            values=tuple(value for value in values if value.unsaid or value.old != value.new),
            reason="" if who.is_supplier else act.reason,
        )
        if one.values or not who.is_supplier:
            told.append(one)
    return told


def _told_columns(who: Principal, act: TrailAct, old: dict[str, Any], new: dict[str, Any]) -> Iterable[str]:
    columns = dict.fromkeys((*old, *new))
    if act.reason and new.get("reason") == act.reason:
        columns.pop("reason")  # of a decision that keeps its reason itself; once is enough
    if not who.is_supplier:
        return columns
    theirs = words.told_to_suppliers(act.table_name)
    return [column for column in columns if column in theirs]


def _values(act: TrailAct, given: str | None) -> dict[str, Any]:
    if given is None:
        return {}
    values = json.loads(given, parse_float=Decimal)
    return (
        values
        if isinstance(values, dict)
        else dict(zip(json.loads(act.columns or "[]"), values, strict=True))
    )
