"""One attempt at an import, whoever makes it: a worker for the page, or the command line."""

import time

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from portal import clock
from portal.access.principal import Principal
from portal.db import Database
from portal.errors import BusyError, RefusalError
from portal.models.imports import ImportRun, ImportStatus
from portal.storage import DocumentStore
from portal.workflows.imports.running import CancelledImportError, execute
from portal.workflows.imports.staging import Progress

_EVERY = 0.5  # seconds
BROKEN = "The portal made a mistake. Nothing was imported. Tell your administrator the number of this import."
NOT_UNDONE = (
    "The portal made a mistake. Nothing was undone. Tell your administrator the number of this import."
)


class Reporter:
    """Writes the progress beside the import's own transaction, and reads there whether to stop."""

    def __init__(self, database: Database, who: Principal, run_id: int) -> None:
        self._database, self._who, self._run_id = database, who, run_id
        self._next = 0.0

    async def __call__(self, progress: Progress) -> None:
        if time.monotonic() < self._next:
            return
        async with self._database.work(self._who) as db:
            cancelled = await db.execute(
                text("""
                    UPDATE import_run SET bytes_read = :bytes, rows_read = :rows, rows_rejected = :bad,
                        updated_at = :at
                    WHERE id = :run RETURNING cancel_requested
                """),
                {
                    "run": self._run_id,
                    "bytes": progress.bytes,
                    "rows": progress.rows,
                    "bad": progress.bad,
                    "at": clock.now(),
                },
            )
            stop = cancelled.scalar_one_or_none()
        self._next = time.monotonic() + _EVERY
        if stop:
            raise CancelledImportError


async def begin(database: Database, who: Principal, run_id: int) -> bool:
    """Mark a run as running, for all to see; False when it is not to be run, or no longer."""
    async with database.work(who) as db:
        begun = await db.execute(
            text("""
                UPDATE import_run SET status = 'running', bytes_read = 0, rows_read = 0, rows_rejected = 0,
                    started_at = :at, updated_at = :at
                WHERE id = :run AND status IN ('queued', 'running') RETURNING id
            """),
            {"run": run_id, "at": clock.now()},
        )
        return begun.first() is not None


async def attempt(
    db: AsyncSession, database: Database, store: DocumentStore, run: ImportRun, who: Principal
) -> None:
    """Run an import inside ``db``'s transaction. A refusal leaves no rows but says why on the run.

    Raises:
        BusyError: store or database are away; nothing happened, and again later may do.
    """
    try:
        async with db.begin_nested(), store.local_path(run.file_key) as path:
            await execute(db, run, path, who, Reporter(database, who, run.id))
    except BusyError:
        raise
    except CancelledImportError:
        await _end(db, run, ImportStatus.CANCELLED, "")
    except RefusalError as refused:
        await _end(db, run, ImportStatus.FAILED, refused.sentence)


async def failed(database: Database, who: Principal, run_id: int, sentence: str = BROKEN) -> None:
    """Say on a run that something broke, beside its transaction, which is rolled back."""
    async with database.work(who) as db:
        run = await db.get_one(ImportRun, run_id)
        await _end(db, run, ImportStatus.FAILED, sentence)


async def _end(db: AsyncSession, run: ImportRun, status: ImportStatus, problem: str) -> None:
    await db.refresh(run)
    run.status, run.problem, run.finished_at = status, problem[:2000], clock.now()
    await db.flush()
