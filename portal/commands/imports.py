"""assay import: the same importer as on the page, without a worker."""

import argparse
import asyncio
import json
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncSession

from portal.access.principal import Principal, system
from portal.commands.database import bring_up_to_date, connected, database_url, is_up_to_date
from portal.db import Database
from portal.errors import BadInputError
from portal.imports import look as looking
from portal.imports import mapping as reading
from portal.imports.look import Look
from portal.imports.mapping import ColumnMapping
from portal.models.imports import ImportKind, ImportRun, ImportStatus, OnBadRows
from portal.settings import Settings
from portal.storage import make_store
from portal.storage.store import CHUNK
from portal.web.filters import plural
from portal.workflows.imports import attempt, mappings, rejected, running, runs
from portal.workflows.imports.staging import Progress

_FIRST_PROBLEMS = 10
_LARGEST_MAPPING = 1_000_000  # bytes


@dataclass(frozen=True, slots=True)
class _Wish:
    kind: ImportKind
    file: Path
    mapping: str
    on_bad_rows: OnBadRows
    dry_run: bool
    errors: Path | None


@dataclass(frozen=True, slots=True)
class _Told:
    """What is printed, taken down before a dry run is rolled back."""

    file: str
    status: ImportStatus
    counts: tuple[int, int, int, int, int]
    problem: str
    notes: list[str]
    problems: list[tuple[int, str, str, str]]


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("kind", choices=[str(kind) for kind in ImportKind], help="what the file holds")
    parser.add_argument("file", type=Path, help="CSV or Excel (.xlsx)")
    parser.add_argument("--mapping", required=True, help="name of a mapping, or a JSON file that holds one")
    parser.add_argument("--all-or-nothing", action="store_true", help="import nothing when any row is wrong")
    parser.add_argument("--dry-run", action="store_true", help="say what would happen, and change nothing")
    parser.add_argument("--errors", type=Path, help="write the wrong rows here, to correct and import again")


def run(given: argparse.Namespace, config: Settings) -> int:
    wish = _Wish(
        kind=ImportKind(given.kind),
        file=given.file,
        mapping=given.mapping,
        on_bad_rows=OnBadRows.REFUSE if given.all_or_nothing else OnBadRows.SKIP,
        dry_run=given.dry_run,
        errors=given.errors,
    )
    if not wish.file.is_file():
        raise BadInputError(f"There is no file {wish.file}.")
    with database_url(config) as url:
        return asyncio.run(_import(wish, config, url))


async def _import(wish: _Wish, config: Settings, url: str) -> int:
    if config.database_url and not await is_up_to_date(config, url):
        await bring_up_to_date(config, config.migration_url or url, url)
    who = system(f"{os.environ.get('USER') or 'somebody'}, command line")
    async with connected(config, url, pool_size=3) as database:
        async with database.work(who) as db:
            if wish.mapping.endswith(".json"):
                mapping = await asyncio.to_thread(_written, Path(wish.mapping), wish.kind)
            else:
                mapping = await mappings.named(db, who, wish.kind, wish.mapping)
        look = await asyncio.to_thread(looking.look, wish.file, mapping.file)
        made = _run(wish, mapping, look, who)
        if wish.dry_run:
            told = await _try(database, wish, made, who)
        else:
            told = await _really(database, config, wish, made, who)
    _tell(told, dry_run=wish.dry_run)
    return 0 if told.status is ImportStatus.DONE and not told.counts[4] else 1


def _written(path: Path, kind: ImportKind) -> ColumnMapping:
    try:
        if path.stat().st_size > _LARGEST_MAPPING:
            raise BadInputError(f"{path} is too large for a mapping.")
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError:
        raise BadInputError(f"There is no file {path}.") from None
    except (ValueError, RecursionError) as wrong:
        raise BadInputError(f"{path} is not JSON: {wrong}.") from None
    return reading.read(data, kind)


def _run(wish: _Wish, mapping: ColumnMapping, look: Look, who: Principal) -> ImportRun:
    return ImportRun(
        kind=wish.kind,
        mapping_name=Path(wish.mapping).name[:80],
        definition=mapping.as_data(),
        look=look.as_data(),
        file_name=runs.harmless_name(wish.file.name),
        file_key="",
        file_size=wish.file.stat().st_size,
        sha256="",
        on_bad_rows=wish.on_bad_rows,
        status=ImportStatus.QUEUED,
        started_by_name=who.name,
    )


async def _really(
    database: Database, config: Settings, wish: _Wish, made: ImportRun, who: Principal
) -> _Told:
    store = make_store(config)
    stored = await store.put(_chunks(wish.file))
    made.file_key, made.file_size, made.sha256 = stored.key, stored.size, stored.sha256
    async with database.work(who) as db:
        db.add(made)
    await attempt.begin(database, who, made.id)
    try:
        async with database.work(who) as db:
            run = await db.get_one(ImportRun, made.id)
            await attempt.attempt(db, database, store, run, who)
            return await _told(db, wish, run)
    except BaseException:
        await attempt.failed(database, who, made.id)
        raise


async def _try(database: Database, wish: _Wish, made: ImportRun, who: Principal) -> _Told:
    """Import and take everything back, so that the counts are what they would be."""
    async with database.work(who) as db:
        db.add(made)
        await db.flush()
        await running.execute(db, made, wish.file, who, _silent)
        told = await _told(db, wish, made)
        await db.rollback()
    return told


async def _silent(progress: Progress) -> None:
    del progress


async def _told(db: AsyncSession, wish: _Wish, run: ImportRun) -> _Told:
    if wish.errors and run.rows_rejected:
        with wish.errors.open("wb") as out:  # its rows are written in a thread
            await rejected.write(db, run, wish.file, out)
    found, _ = await runs.problems(db, run, _FIRST_PROBLEMS)
    return _Told(
        file=run.file_name,
        status=run.status,
        counts=(run.rows_read, run.rows_added, run.rows_updated, run.rows_unchanged, run.rows_rejected),
        problem=run.problem,
        notes=run.notes or [],
        problems=[(each.line, each.column_name, each.value, each.advice) for each in found],
    )


def _tell(told: _Told, *, dry_run: bool) -> None:
    read, added, updated, unchanged, bad = told.counts
    print(f"{told.file}: {read:,} rows read")
    if told.status is ImportStatus.DONE:
        if dry_run:
            print("  Nothing was changed. This is what an import would come to:")
        print(f"  {added:,} added, {updated:,} updated, {unchanged:,} unchanged, {bad:,} rejected")
        for note in told.notes:
            print(f"  {note}")
    elif told.status is ImportStatus.REFUSED:
        print(f"  Nothing imported: {plural(bad, 'row is', 'rows are')} wrong.")
    else:
        print("  Nothing imported.")
    if told.problem:
        print(f"  {told.problem}")
    for line, column, value, advice in told.problems:
        where = f"line {line}, {column}" if column else f"line {line}"
        print(f"  {where}: “{value}”: {advice}" if value else f"  {where}: {advice}")
    if bad > _FIRST_PROBLEMS:
        print("  … and more; --errors FILE.csv writes all of them.")


async def _chunks(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as file:  # read in a thread below
        while chunk := await asyncio.to_thread(file.read, CHUNK):
            yield chunk
