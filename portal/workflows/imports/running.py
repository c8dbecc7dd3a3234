"""Run an import: read the file, check its rows, merge the good ones; all in one transaction, or nothing."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal import clock
from portal.access import scopes
from portal.access.principal import Principal
from portal.db import because
from portal.errors import BadInputError
from portal.imports import look
from portal.imports import mapping as mappings
from portal.imports.convert import Converter
from portal.imports.mapping import ColumnMapping
from portal.imports.opening import open_reader
from portal.imports.rows import Reader
from portal.models.imports import ImportKind, ImportRun, ImportStatus, OnBadRows
from portal.models.organisation import Organisation, Plant
from portal.workflows import ratings
from portal.workflows.imports import checks, deliveries, masters, records, staging
from portal.workflows.imports.merging import Merged, touched_months
from portal.workflows.imports.staging import Progress

_TRIED = 20_000  # rows after which a file that has hardly a good one is not read on
_HOPELESS = 0.95

Report = Callable[[Progress], Awaitable[None]]


class CancelledImportError(Exception):
    """Somebody asked to stop; the transaction is rolled back."""


async def execute(db: AsyncSession, run: ImportRun, path: Path, who: Principal, report: Report) -> None:
    """Read, check and merge; ``run`` then says how it went, and is written with the same commit.

    Args:
        db: the transaction that everything happens in.
        run: its definition and file options; its status becomes DONE or REFUSED.
        path: the file.
        who: whose plants limit what may be written.
        report: told of the progress after each batch; may raise CancelledImportError.

    Raises:
        UnreadableFileError: the file can't be read as a table.
        MappingError: the mapping doesn't fit the file.
    """
    await _prepare(db)
    await because(db, f"Import of {run.file_name}")
    mapping = await asyncio.to_thread(_settled, run, path)
    plant_ids = scopes.limits(who).plants
    zone = (await db.execute(select(col(Organisation.time_zone)))).scalar_one_or_none() or "UTC"
    zones = {
        plant.code: plant.time_zone
        for plant in await db.execute(select(col(Plant.code), col(Plant.time_zone)))
    }
    await staging.make_tables(db, mapping)
    with closing(await asyncio.to_thread(open_reader, path, mapping.file)) as reader:
        converter = Converter(mapping, reader.columns, zones, zone)
        progress = await staging.fill(db, reader, converter, mapping.kind, _watched(report))
        problem = _cut_off(reader)
    await ratings.take_turns(db)
    bad = await checks.check(db, mapping, plant_ids)
    await _keep_problems(db, run)
    if bad and run.on_bad_rows is OnBadRows.REFUSE:
        outcome: dict[str, Any] = {"status": ImportStatus.REFUSED}
    else:
        await report(progress)
        outcome = {"status": ImportStatus.DONE, **await _merge(db, mapping, run.id, zone)}
        await report(progress)
    # Last of all: from now on this transaction holds the run, and no report can be written.
    outcome |= {
        "rows_read": progress.rows,
        "rows_rejected": bad,
        "bytes_read": run.file_size,
        "problem": problem,
        "finished_at": clock.now(),
    }
    for name, value in outcome.items():
        setattr(run, name, value)
    await db.flush()


async def _prepare(db: AsyncSession) -> None:
    """A file of millions of rows takes longer than a page may; a thread reads while the connection idles."""
    for setting in ("statement_timeout = 0", "idle_in_transaction_session_timeout = 0", "jit = off"):
        await db.execute(text(f"SET LOCAL {setting}"))
    await db.execute(text("SET LOCAL work_mem = '64MB'"))


def _settled(run: ImportRun, path: Path) -> ColumnMapping:
    """Give the mapping of a run with what the first look found about encoding, separator and header."""
    mapping = mappings.read(run.definition, run.kind)
    found = look.look(path, mapping.file) if run.look is None else look.from_data(run.look)
    options = found.options
    return replace(
        mapping,
        file=replace(
            mapping.file,
            encoding=options.encoding,
            separator=options.separator,
            header_line=options.header_line,
            sheet=options.sheet,
        ),
    )


def _watched(report: Report) -> Report:
    async def watch(progress: Progress) -> None:
        await report(progress)
        if progress.rows >= _TRIED and progress.bad > progress.rows * _HOPELESS:
            raise BadInputError(
                f"{progress.bad:,} of the first {progress.rows:,} rows are wrong. The mapping does not fit"
                " this file: look at the preview again. Nothing was imported."
            )

    return watch


def _cut_off(reader: Reader) -> str:
    if not reader.cut_off:
        return ""
    return f"The file ends in the middle of line {reader.cut_off:,}. What came after it is missing."


async def _merge(db: AsyncSession, mapping: ColumnMapping, run_id: int, zone: str) -> dict[str, Any]:
    """Merge the good rows; returns what the run says about it."""
    added = await masters.resolve(db, mapping, run_id, zone)
    merge = deliveries.merge if mapping.kind is ImportKind.DELIVERIES else records.merge
    merged: Merged = await merge(db, mapping, run_id)
    return {
        "rows_added": merged.added,
        "rows_updated": merged.updated,
        "rows_unchanged": merged.unchanged,
        "months_touched": await touched_months(db),
        "notes": [note for note in (added.sentence(), *merged.notes) if note] or None,
        "added_ids": list(merged.added_ids) if merged.added_ids else None,
    }


async def _keep_problems(db: AsyncSession, run: ImportRun) -> None:
    await db.execute(
        text("""
            INSERT INTO import_problem (import_run_id, line, column_name, value, advice)
            SELECT :run, line, column_name, value, advice FROM import_bad ORDER BY line
        """),
        {"run": run.id},
    )
