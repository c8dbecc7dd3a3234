"""Every night the monthly sums are held against the rows they stand for."""

from typing import Any

import structlog

from portal.errors import StaleError
from portal.jobs.job import Job, JobContext
from portal.workflows import ratings
from portal.workflows.ratings import Drift
from scorecards.periods import month_label

SHOWN = 20  # lines of the log

log = structlog.get_logger()


async def recount(context: JobContext, payload: dict[str, Any]) -> None:
    """Recount all months. Sums that have drifted are mended, and the job is held so that somebody learns why.

    Drift means a mistake of ours, or somebody who wrote past the portal: no number may be wrong until
    morning, and nobody may overlook that it was.
    """
    del payload
    drift = await ratings.recount(context.db)
    if not drift:
        return
    for one in drift[:SHOWN]:
        log.error("ratings.drift", **_told(one))
    lines = any(one.table == "delivery_line" for one in drift)
    months = sorted({one.month for one in drift})
    await ratings.rebuild(context.database, context.who, None if lines else months)
    raise StaleError(
        f"Stored numbers of {_named(months)} did not agree with the rows they stand for. They were counted"
        " again and are right now; the worker's log names the first differences. Find out who wrote past the"
        " portal, then release this job: it checks again."
    )


def _named(months: list[int]) -> str:
    shown = ", ".join(month_label(month) for month in months[:6])
    return shown if len(months) <= 6 else f"{shown} and {len(months) - 6} more"


def _told(drift: Drift) -> dict[str, Any]:
    return {
        "table": drift.table,
        "supplier_id": drift.supplier_id,
        "month": drift.month,
        "row_id": drift.row_id,
        # Of a line the engine names only the columns.
        "differences": list(drift.differences)
        if drift.row_id
        else {name: f"{stored} for {counted}" for name, (stored, counted) in drift.differences.items()},
    }


OURS: dict[str, Job] = {"ratings.recount": recount}
