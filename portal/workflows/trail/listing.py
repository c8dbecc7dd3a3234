"""The trail as a list: one line for each act, each change of it in the file."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, and_, exists, false, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col

from portal.access import scopes
from portal.access.principal import Principal
from portal.errors import BadInputError, NotFoundError
from portal.models.people import Person
from portal.models.trail import TrailAct, TrailAction, TrailChange, TrailSeal
from portal.workflows import lists
from portal.workflows.lists import Listed, Query, Wanted
from portal.workflows.trail import records, words
from portal.workflows.trail.records import Record
from portal.workflows.trail.telling import DONE, Told, actor, tell

SORTS: lists.Sorts = {"at": col(TrailAct.id)}
NOBODY, DATABASE = "portal", "database"  # choices beside people
SHOWN = 3  # changes of one act that stand in the list itself
_BATCH = 500


@dataclass(frozen=True, slots=True)
class ActRow:
    """One act, with the first of its changes that the reader may see."""

    id: int
    at: datetime
    person: str
    what: str
    reason: str
    rows: int
    told: tuple[Told, ...]


async def listed(db: AsyncSession, who: Principal, wanted: Wanted, record: Record | None) -> Listed[ActRow]:
    query = await _acts(db, who, wanted, record)
    found = await lists.first(db, query, wanted, SORTS, col(TrailAct.id), lambda act: act)
    return Listed(await _with_changes(db, who, found.rows), found.total)


async def every(
    db: AsyncSession, who: Principal, wanted: Wanted, record: Record | None
) -> AsyncIterator[Told]:
    """Stream each change by itself, in the order of the list."""
    acts = (await _acts(db, who, wanted, record)).with_only_columns(col(TrailAct.id))
    query: Query = (
        select(TrailAct, TrailChange)
        .join(TrailChange, col(TrailChange.act_id) == col(TrailAct.id))
        .where(col(TrailAct.id).in_(acts), scopes.trail(who))
    )
    if record is not None:
        query = query.where(col(TrailChange.row_id) == record.id)
    batch: list[tuple[TrailAct, TrailChange]] = []
    async for row in lists.every(db, query, wanted, SORTS, col(TrailChange.n), lambda *row: row):
        batch.append((row[0], row[1]))
        if len(batch) == _BATCH:
            for told in await tell(db, who, batch):
                yield told
            batch = []
    for told in await tell(db, who, batch):
        yield told


async def people(db: AsyncSession, who: Principal) -> list[tuple[str, str]]:
    """Give whom the list can be narrowed to: everybody with an account who did anything."""
    query = (
        scopes.visible(who, Person)
        .where(exists().where(col(TrailAct.person_id) == col(Person.id)))
        .order_by(col(Person.name), col(Person.id))
    )
    found = [(str(person.id), person.name) for person in (await db.execute(query)).scalars()]
    return [*found, (NOBODY, "The portal itself"), (DATABASE, "Somebody at the database")]


class SealedBy(NamedTuple):
    number: int
    sealed_at: datetime
    hash: str


async def act_of(
    db: AsyncSession, who: Principal, act_id: int, rows: int
) -> tuple[ActRow, TrailAct, SealedBy | None]:
    """One act with its first changes, and the seal that holds the last of them."""
    query = _may_see(who, select(TrailAct).where(col(TrailAct.id) == act_id))
    act = (await db.execute(query)).scalar_one_or_none()
    if act is None:
        raise NotFoundError
    told = await tell(db, who, await _changes(db, who, [act.id], rows))
    counts = await _counts(db, who, [act])
    after = or_(
        col(TrailSeal.last_act) > act.id,
        and_(col(TrailSeal.last_act) == act.id, col(TrailSeal.last_n) >= act.rows),
    )
    seal = await db.execute(
        select(col(TrailSeal.number), col(TrailSeal.sealed_at), col(TrailSeal.hash))
        .where(after)
        .order_by(col(TrailSeal.number))
        .limit(1)
    )
    found = seal.first()
    return _row(who, act, counts[act.id], told), act, SealedBy(*found) if found else None


async def _acts(db: AsyncSession, who: Principal, wanted: Wanted, record: Record | None) -> Select[TrailAct]:
    query = _may_see(who, select(TrailAct))
    if record is not None:
        query = query.where(_about(who, record.table, [record.id]))
    if wanted.q:
        found = await records.search(db, wanted.q)
        query = query.where(or_(false(), *(_about(who, table, ids) for table, ids in found.items() if ids)))
    if people := wanted.chosen("person"):
        query = query.where(or_(*(_by(each) for each in people)))
    if tables := wanted.chosen("table"):
        query = query.where(col(TrailAct.table_name).in_(tables))
    if actions := wanted.options("action", TrailAction):
        query = query.where(col(TrailAct.action).in_(actions))
    for day in wanted.chosen("from"):
        query = query.where(col(TrailAct.at) >= _midnight(who, day))
    for day in wanted.chosen("to"):
        query = query.where(col(TrailAct.at) < _midnight(who, day, later=1))
    return query


def _may_see(who: Principal, query: Select[TrailAct]) -> Select[TrailAct]:
    if _sees_all(who):
        return query
    return query.where(exists().where(col(TrailChange.act_id) == col(TrailAct.id), scopes.trail(who)))


def _about(who: Principal, table: str, ids: Sequence[int]) -> ColumnElement[bool]:
    acts = (
        select(col(TrailChange.act_id))
        .join(TrailAct, col(TrailAct.id) == col(TrailChange.act_id))
        .where(col(TrailChange.row_id).in_(ids), col(TrailAct.table_name) == table, scopes.trail(who))
    )
    return col(TrailAct.id).in_(acts)


def _by(person: str) -> ColumnElement[bool]:
    at_database = col(TrailAct.person_name).startswith("database role ")
    if person in {NOBODY, DATABASE}:
        return col(TrailAct.person_id).is_(None) & (at_database if person == DATABASE else ~at_database)
    is_id = person.isascii() and person.isdigit() and len(person) < 19
    return col(TrailAct.person_id) == int(person) if is_id else false()


def _midnight(who: Principal, day: str, later: int = 0) -> datetime:
    try:
        found = date.fromisoformat(day) + timedelta(days=later)
    except (ValueError, OverflowError):
        raise BadInputError(f"“{day[:20]}” is no day. Write it as 2026-10-08.") from None
    return datetime.combine(found, time(), ZoneInfo(who.time_zone))


async def _with_changes(db: AsyncSession, who: Principal, acts: Sequence[TrailAct]) -> list[ActRow]:
    """Put the first changes of each act beside it, all of them with one query."""
    changes = await _changes(db, who, [act.id for act in acts], SHOWN)
    told: dict[int, list[Told]] = {}
    for each in await tell(db, who, changes):
        told.setdefault(each.act_id, []).append(each)
    counts = await _counts(db, who, acts)
    return [_row(who, act, counts[act.id], told.get(act.id, [])) for act in acts]


async def _counts(db: AsyncSession, who: Principal, acts: Sequence[TrailAct]) -> dict[int, int]:
    """How many changes of each act there are for the reader; only a limited one has to count."""
    if _sees_all(who):
        return {act.id: act.rows for act in acts}
    found = await db.execute(
        select(col(TrailAct.id), func.count())
        .join(TrailChange, col(TrailChange.act_id) == col(TrailAct.id))
        .where(col(TrailAct.id).in_([act.id for act in acts]), scopes.trail(who))
        .group_by(col(TrailAct.id))
    )
    return {row[0]: row[1] for row in found}


async def _changes(
    db: AsyncSession, who: Principal, act_ids: Sequence[int], each: int
) -> list[tuple[TrailAct, TrailChange]]:
    """The first changes of some acts that the reader may see."""
    first = (
        select(TrailChange)
        .where(col(TrailChange.act_id) == col(TrailAct.id), scopes.trail(who))
        .order_by(col(TrailChange.n))
        .limit(each)
        .lateral()
    )
    change = aliased(TrailChange, first)
    query = (
        select(TrailAct, change)
        .join(first, true())
        .where(col(TrailAct.id).in_(act_ids))
        .order_by(col(TrailAct.id), col(change.n))
    )
    return [(act, found) for act, found in await db.execute(query)]


def _row(who: Principal, act: TrailAct, rows: int, told: Sequence[Told]) -> ActRow:
    if rows == 1 and told:
        what = told[0].what
    else:
        what = f"{DONE[act.action]} {rows:,} {words.table_words(act.table_name, rows)}"
    return ActRow(act.id, act.at, actor(act, who), what, act.reason, rows, tuple(told))


def _sees_all(who: Principal) -> bool:
    return scopes.limits(who).is_none
