"""Imports as people see them: begun with a file, prepared, started, stopped, undone."""

import asyncio
import unicodedata
from pathlib import PurePosixPath

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal import clock
from portal.access import scopes
from portal.access.principal import Principal
from portal.errors import NotFoundError, NotReadyError
from portal.imports import look as looking
from portal.imports.look import Look
from portal.imports.mapping import ColumnMapping, MappingError, gaps
from portal.imports.options import FileOptions
from portal.imports.propose import propose
from portal.jobs.queue import enqueue
from portal.models.imports import ImportKind, ImportProblem, ImportRun, ImportStatus, OnBadRows
from portal.models.organisation import Plant
from portal.storage import DocumentStore, Stored
from portal.workflows.documents.sweeping import used_of
from portal.workflows.imports import mappings
from portal.workflows.imports.undoing import refuse_unless_possible

RUN_JOB = "imports.run"
UNDO_JOB = "imports.undo"
CLEAR_JOB = "imports.clear"
PROPOSED = ""  # the name of a mapping that nobody has saved


async def to_see(db: AsyncSession, who: Principal, run_id: int) -> ImportRun:
    run = (
        await db.execute(scopes.visible(who, ImportRun).where(col(ImportRun.id) == run_id))
    ).scalar_one_or_none()
    if run is None:
        raise NotFoundError
    return run


async def to_change(db: AsyncSession, who: Principal, run_id: int) -> ImportRun:
    """Load and lock; the rows that an import is writing at the moment don't keep anybody waiting."""
    run = (
        await db.execute(
            scopes.visible(who, ImportRun).where(col(ImportRun.id) == run_id).with_for_update(key_share=True)
        )
    ).scalar_one_or_none()
    if run is None:
        raise NotFoundError
    return run


async def look_at(store: DocumentStore, key: str, options: FileOptions) -> Look:
    """Look at a stored file.

    Raises:
        UnreadableFileError: it is no table.
    """
    async with store.local_path(key) as path:
        return await asyncio.to_thread(looking.look, path, options)


async def begin(
    db: AsyncSession, who: Principal, kind: ImportKind, file_name: str, stored: Stored, look: Look
) -> ImportRun:
    """Begin an import with the saved mapping that fits the file, or a proposal."""
    found = await mappings.fitting(db, who, kind, look.columns)
    if found is None:
        plants = await db.execute(scopes.visible(who, Plant).with_only_columns(col(Plant.code)).limit(2))
        name, mapping = PROPOSED, propose(look, kind, list(plants.scalars()))
    else:
        name, mapping = found
    run = ImportRun(
        kind=kind,
        mapping_name=name,
        definition=mapping.as_data(),
        file_name=harmless_name(file_name),
        file_key=stored.key,
        file_size=stored.size,
        sha256=stored.sha256,
        look=look.as_data(),
        started_by_id=who.person_id or None,
        started_by_name=who.name,
    )
    db.add(run)
    await db.flush()
    return run


async def begin_again(db: AsyncSession, who: Principal, run: ImportRun) -> ImportRun:
    """Begin another import with the file and the mapping of one that has ended without its rows."""
    _refuse_unless(
        run,
        {ImportStatus.REFUSED, ImportStatus.FAILED, ImportStatus.CANCELLED, ImportStatus.UNDONE},
        "Only an import that left nothing can begin again.",
    )
    same = {
        name: getattr(run, name)
        for name in (
            "kind",
            "mapping_name",
            "definition",
            "file_name",
            "file_key",
            "file_size",
            "sha256",
            "look",
        )
    }
    again = ImportRun(
        **same, on_bad_rows=run.on_bad_rows, started_by_id=who.person_id or None, started_by_name=who.name
    )
    db.add(again)
    await db.flush()
    return again


def harmless_name(name: str) -> str:
    """Give a file's name for the screen: no folders, nothing invisible, NFC, at most 255 characters."""
    last = PurePosixPath(name.replace("\\", "/")).name
    kept = "".join(
        c for c in unicodedata.normalize("NFC", last) if c.isprintable() and unicodedata.category(c) != "Cf"
    )
    return " ".join(kept.split())[:255] or "file"


def prepare(run: ImportRun, mapping: ColumnMapping, look: Look, name: str) -> None:
    """Put another mapping on an import that has not begun."""
    _refuse_unless(
        run, {ImportStatus.UPLOADED}, "This import has begun. What it reads can't change any more."
    )
    run.definition, run.look, run.mapping_name = mapping.as_data(), look.as_data(), name
    run.updated_at = clock.now()


async def start(
    db: AsyncSession, run: ImportRun, mapping: ColumnMapping, on_bad_rows: OnBadRows, by: Principal
) -> None:
    """Queue an import for a worker.

    Raises:
        MappingError: the mapping has gaps, or the file lacks a column.
        NotReadyError: it was started before.
    """
    _refuse_unless(run, {ImportStatus.UPLOADED}, "This import was started before.")
    lacking = gaps(mapping, run.look["columns"] if run.look else None)
    if lacking:
        raise MappingError(lacking.values())
    run.status, run.on_bad_rows = ImportStatus.QUEUED, on_bad_rows
    run.started_by_id, run.started_by_name = by.person_id or None, by.name
    run.updated_at = clock.now()
    await enqueue(db, RUN_JOB, {"run": run.id}, by=by)


def cancel(run: ImportRun) -> None:
    """Stop an import: at once while it waits, else between two batches. Nothing of it stays."""
    _refuse_unless(
        run,
        {ImportStatus.QUEUED, ImportStatus.RUNNING},
        "This import has ended already. Undo it to take its rows back.",
    )
    run.cancel_requested = True
    if run.status is ImportStatus.QUEUED or is_silent(run):
        run.status, run.finished_at = ImportStatus.CANCELLED, clock.now()


def is_silent(run: ImportRun) -> bool:
    """Say whether a running import has not been heard of for two minutes: its worker may be gone."""
    return run.status is ImportStatus.RUNNING and (clock.now() - run.updated_at).total_seconds() > 120


async def discard(db: AsyncSession, run: ImportRun) -> None:
    """Remove an import that was never started; a job removes its file."""
    _refuse_unless(run, {ImportStatus.UPLOADED}, "This import has begun, so it stays in the list.")
    await db.delete(run)
    await db.flush()
    await enqueue(db, CLEAR_JOB, {"key": run.file_key})


async def is_used(db: AsyncSession, file_key: str) -> bool:
    """Say whether an import, or whatever else keeps files, still has this one."""
    return bool(await used_of(db, [file_key]))


async def ask_to_undo(db: AsyncSession, run: ImportRun, by: Principal) -> None:
    """Queue the undoing of an import.

    Raises:
        NotReadyError: something builds on it, which the sentence names.
    """
    _refuse_unless(run, {ImportStatus.DONE}, "Only an import that is done can be undone.")
    await refuse_unless_possible(db, run)
    run.status, run.undone_by_name, run.updated_at = ImportStatus.UNDOING, by.name, clock.now()
    await enqueue(db, UNDO_JOB, {"run": run.id}, by=by)


async def problems(db: AsyncSession, run: ImportRun, rows: int) -> tuple[list[ImportProblem], int]:
    """Give the first problems by line, and how many there are."""
    mine = col(ImportProblem.import_run_id) == run.id
    found = await db.execute(
        select(ImportProblem).where(mine).order_by(col(ImportProblem.line), col(ImportProblem.id)).limit(rows)
    )
    total = (await db.execute(select(func.count()).select_from(ImportProblem).where(mine))).scalar_one()
    return list(found.scalars()), total


def _refuse_unless(run: ImportRun, statuses: set[ImportStatus], sentence: str) -> None:
    if run.status not in statuses:
        raise NotReadyError(sentence)
