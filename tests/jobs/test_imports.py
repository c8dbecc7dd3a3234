"""What an import looks like to the person who waits for it, when its job is given up."""

import pytest

from portal.access.principal import system
from portal.errors import BusyError, NotReadyError
from portal.jobs.imports import give_up_import
from portal.jobs.job import JobContext
from portal.models.imports import ImportKind, ImportRun, ImportStatus
from portal.storage import make_store
from portal.workflows.imports import attempt
from tests.people import TESTER


@pytest.mark.parametrize(
    ("error", "problem"),
    [
        (BusyError("The store is away."), "The store is away."),
        (NotReadyError("The worker ended in the middle of this job 3 times."), attempt.BROKEN),
        (ZeroDivisionError("a bug"), attempt.BROKEN),
    ],
)
async def test_an_import_that_is_given_up_does_not_look_as_if_it_ran(fresh, settings, error, problem):
    async with fresh.work(TESTER) as db:
        run = ImportRun(
            kind=ImportKind.DELIVERIES,
            mapping_name="erp",
            definition={},
            file_name="lines.csv",
            file_key="0" * 64,
            file_size=1,
            sha256="0" * 64,
            status=ImportStatus.RUNNING,
            started_by_name="Elin",
        )
        db.add(run)
    async with fresh.work(system("job")) as db:
        context = JobContext(db, system("job"), fresh, make_store(settings), settings)
        await give_up_import(context, {"run": run.id}, error)
    async with fresh.work(TESTER) as db:
        found = await db.get_one(ImportRun, run.id)
    assert (found.status, found.problem) == (ImportStatus.FAILED, problem)
    assert found.finished_at is not None
