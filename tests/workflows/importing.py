"""What import tests share: an office that sends files, and looks at what became of them."""

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import text

from portal.access.principal import Principal
from portal.db import Database
from portal.imports.mapping import read
from portal.jobs import imports as jobs
from portal.jobs.job import JobContext
from portal.jobs.runner import is_passing
from portal.models.imports import ImportKind, ImportRun, OnBadRows
from portal.settings import Settings
from portal.storage import DocumentStore
from portal.workflows.imports import mappings, runs

HEADER = "PO;Pos;Vendor;Plant;Part;Qty;Promised;Arrived;Got;Note"
DELIVERIES: dict[str, Any] = {
    "file": {"separator": ";"},
    "columns": {
        "order_number": {"from": ["PO"]},
        "line_number": {"from": ["Pos"]},
        "supplier": {"from": ["Vendor"]},
        "plant": {"from": ["Plant"]},
        "part": {"from": ["Part"]},
        "ordered": {"from": ["Qty"]},
        "acknowledged_on": {"from": ["Promised"]},
        "received_on": {"from": ["Arrived"]},
        "received": {"from": ["Got"]},
        "reference": {"from": ["Note"]},
    },
    "create": ["part"],
}


def without(definition, *columns, **more):
    """The same mapping with columns left out."""
    kept = {name: each for name, each in definition["columns"].items() if name not in columns}
    return {**definition, "columns": kept, **more}


@dataclass
class Office:
    database: Database
    store: DocumentStore
    settings: Settings
    who: Principal
    runs: list[int] = field(default_factory=list)

    async def send(
        self,
        content: str | bytes,
        mapping: Any = DELIVERIES,
        *,
        kind: ImportKind = ImportKind.DELIVERIES,
        on_bad_rows: OnBadRows = OnBadRows.SKIP,
        name: str = "deliveries.csv",
        who: Principal | None = None,
    ) -> ImportRun:
        """Import a file as the pages and a worker do, and give the run as it is afterwards."""
        run_id = await self.queue(content, mapping, kind=kind, on_bad_rows=on_bad_rows, name=name, who=who)
        await self.work(jobs.run_import, run_id, who)
        return await self.look(run_id)

    async def queue(self, content, mapping, *, kind, on_bad_rows, name, who=None) -> int:
        who = who or self.who
        stored = await self.store.put(_chunks(content.encode() if isinstance(content, str) else content))
        async with self.database.work(who) as db:
            chosen = (
                await mappings.named(db, who, kind, mapping)
                if isinstance(mapping, str)
                else read(mapping, kind)
            )
            look = await runs.look_at(self.store, stored.key, chosen.file)
            run = await runs.begin(db, who, kind, name, stored, look)
            runs.prepare(run, chosen, look, mapping if isinstance(mapping, str) else "")
            await runs.start(db, run, chosen, on_bad_rows, who)
        self.runs.append(run.id)
        return run.id

    async def work(self, job, run_id, who=None):
        """Do what a worker does with one job."""
        who = who or self.who
        async with self.database.work(who) as db:
            context = JobContext(
                db=db, who=who, database=self.database, store=self.store, settings=self.settings
            )
            try:
                await job(context, {"run": run_id})
            except Exception as error:
                if not is_passing(error):
                    for name, when_held in jobs.WHEN_HELD.items():
                        if jobs.JOBS[name] is job:
                            await when_held(context, {"run": run_id}, error)
                raise

    async def undo(self, run_id, who=None) -> ImportRun:
        who = who or self.who
        async with self.database.work(who) as db:
            await runs.ask_to_undo(db, await runs.to_change(db, who, run_id), who)
        await self.work(jobs.undo_import, run_id, who)
        return await self.look(run_id)

    async def look(self, run_id) -> ImportRun:
        async with self.database.work(self.who) as db:
            return await db.get_one(ImportRun, run_id)

    async def problems(self, run_id):
        async with self.database.work(self.who) as db:
            found, _ = await runs.problems(db, await runs.to_see(db, self.who, run_id), 1000)
        return [(each.line, each.column_name, each.value, each.advice) for each in found]

    async def rows(self, statement, **values):
        async with self.database.work(self.who) as db:
            return [tuple(row) for row in await db.execute(text(statement), values)]

    async def one(self, statement, **values):
        (row,) = await self.rows(statement, **values)
        return row[0] if len(row) == 1 else row

    async def everything(self):
        """All that an import may write, apart from stamps: to see that something is as it was."""
        tables = {
            "delivery_line": "to_jsonb(t) - 'updated_at' - 'version' - 'created_at'",
            "receipt": "to_jsonb(t) - 'updated_at' - 'version' - 'created_at'",
            "inspection_lot": "to_jsonb(t) - 'updated_at' - 'version' - 'created_at'",
            "nonconformance": "to_jsonb(t) - 'updated_at' - 'version' - 'created_at'",
            "supplier": "to_jsonb(t)",
            "supplier_site": "to_jsonb(t)",
            "part": "to_jsonb(t)",
            "plant": "to_jsonb(t)",
            "commodity": "to_jsonb(t)",
        }
        found = {}
        for table, what in tables.items():
            found[table] = await self.rows(f"SELECT {what} FROM {table} AS t ORDER BY id")
        found["sums"] = await self.sums()
        return found

    async def sums(self):
        """The months that hold anything: what is counted down to nothing is as good as not there."""
        rows = await self.rows(
            "SELECT to_jsonb(t) FROM supplier_month_total AS t ORDER BY supplier_id, month"
        )
        return [row for (row,) in rows if any(v for k, v in row.items() if k not in {"supplier_id", "month"})]


async def _chunks(content: bytes):
    yield content
