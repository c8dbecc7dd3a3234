"""All imports as a list: searched, filtered, in order."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal.access import scopes
from portal.access.principal import Principal
from portal.models.imports import ImportKind, ImportRun, ImportStatus
from portal.workflows import lists
from portal.workflows.lists import Listed, Query, Wanted


class RunRow(NamedTuple):
    id: int
    kind: ImportKind
    file_name: str
    file_size: int
    status: ImportStatus
    started_by_name: str
    created_at: datetime
    rows_read: int
    rows_added: int
    rows_updated: int
    rows_unchanged: int
    rows_rejected: int

    @property
    def has_counts(self) -> bool:
        """Whether it says how many rows it added, updated and left."""
        return self.status in {ImportStatus.DONE, ImportStatus.UNDOING, ImportStatus.UNDONE}

    @property
    def has_rejected(self) -> bool:
        return self.has_counts or self.status is ImportStatus.REFUSED


_COLUMNS = [col(getattr(ImportRun, name)) for name in RunRow._fields]
SORTS: lists.Sorts = {
    "when": col(ImportRun.created_at),
    "file": func.lower(col(ImportRun.file_name)),
    "by": func.lower(col(ImportRun.started_by_name)),
    "added": col(ImportRun.rows_added),
    "updated": col(ImportRun.rows_updated),
    "unchanged": col(ImportRun.rows_unchanged),
    "rejected": col(ImportRun.rows_rejected),
}


async def listed(db: AsyncSession, who: Principal, wanted: Wanted) -> Listed[RunRow]:
    return await lists.first(db, _query(who, wanted), wanted, SORTS, col(ImportRun.id).desc(), RunRow)


def every(db: AsyncSession, who: Principal, wanted: Wanted) -> AsyncIterator[RunRow]:
    return lists.every(db, _query(who, wanted), wanted, SORTS, col(ImportRun.id).desc(), RunRow)


def _query(who: Principal, wanted: Wanted) -> Query:
    query: Query = select(*_COLUMNS).where(scopes.condition(who, ImportRun))
    if wanted.q:
        columns = (col(ImportRun.file_name), col(ImportRun.started_by_name))
        query = query.where(lists.contains(wanted.q, *columns))
    if kinds := wanted.options("kind", ImportKind):
        query = query.where(col(ImportRun.kind).in_(kinds))
    if statuses := wanted.options("status", ImportStatus):
        query = query.where(col(ImportRun.status).in_(statuses))
    return query
