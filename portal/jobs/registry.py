"""Every job a worker can run; a capability adds one line."""

from portal.jobs import (
    account,
    certificates,
    documents,
    housekeeping,
    imports,
    mail,
    ratings,
    scars,
    summaries,
    task_links,
    threads,
    trail,
)
from portal.jobs.job import Job, WhenHeld

JOBS: dict[str, Job] = {
    **account.JOBS,
    **documents.JOBS,
    **certificates.JOBS,
    **housekeeping.JOBS,
    **imports.JOBS,
    **mail.JOBS,
    **ratings.JOBS,
    **scars.JOBS,
    **summaries.JOBS,
    **task_links.JOBS,
    **threads.JOBS,
    **trail.JOBS,
}

WHEN_HELD: dict[str, WhenHeld] = {
    **documents.WHEN_HELD,
    **imports.WHEN_HELD,
}
