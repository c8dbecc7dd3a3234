"""Imports and their undoing, for the pages; `assay import` does the same without a worker."""

from typing import Any

from portal.errors import BusyError, NotReadyError
from portal.jobs.job import Job, JobContext, WhenHeld
from portal.models.imports import ImportRun, ImportStatus
from portal.workflows.imports import attempt, runs, undoing


async def run_import(context: JobContext, payload: dict[str, Any]) -> None:
    """Import a file; begins again from its first row when a worker ended in the middle."""
    run_id = int(payload["run"])
    if not await attempt.begin(context.database, context.who, run_id):
        return
    run = await context.db.get_one(ImportRun, run_id)
    await attempt.attempt(context.db, context.database, context.store, run, context.who)


async def give_up_import(context: JobContext, payload: dict[str, Any], error: Exception) -> None:
    """Say on the run that it failed: it would look as if it ran for ever."""
    sentence = error.sentence if isinstance(error, BusyError) else attempt.BROKEN
    await attempt.failed(context.database, context.who, int(payload["run"]), sentence)


async def undo_import(context: JobContext, payload: dict[str, Any]) -> None:
    """Undo an import; what stands in the way by now is said on it."""
    run = await context.db.get_one(ImportRun, int(payload["run"]))
    if run.status is not ImportStatus.UNDOING:
        return
    try:
        async with context.db.begin_nested():
            await undoing.undo(context.db, run)
    except NotReadyError as refused:
        await context.db.refresh(run)
        run.status, run.problem = ImportStatus.DONE, refused.sentence


async def give_up_undoing(context: JobContext, payload: dict[str, Any], error: Exception) -> None:
    """Say on the run that it is as it was: nothing of it was undone."""
    del error
    async with context.database.work(context.who) as db:
        run = await db.get_one(ImportRun, int(payload["run"]))
        if run.status is ImportStatus.UNDOING:
            run.status, run.problem = ImportStatus.DONE, attempt.NOT_UNDONE


async def clear_file(context: JobContext, payload: dict[str, Any]) -> None:
    """Remove the file of an import that was given up, unless another import has the same one."""
    key = str(payload["key"])
    if not await runs.is_used(context.db, key):
        await context.store.delete(key)


JOBS: dict[str, Job] = {
    runs.RUN_JOB: run_import,
    runs.UNDO_JOB: undo_import,
}

OURS: dict[str, Job] = {runs.CLEAR_JOB: clear_file}

WHEN_HELD: dict[str, WhenHeld] = {runs.RUN_JOB: give_up_import, runs.UNDO_JOB: give_up_undoing}
