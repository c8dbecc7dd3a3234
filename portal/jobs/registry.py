"""Every job a worker can run; a capability adds one line.

A job acts for the person who asked, with what they may see and do, and fails where nobody did. Those under
``OURS`` act for the portal itself, whoever caused them: they write to both sides, look at every supplier, or
follow the timetable.
"""

from portal.jobs import (
    account,
    certificates,
    documents,
    escalations,
    housekeeping,
    imports,
    mail,
    months,
    policies,
    ratings,
    scars,
    summaries,
    task_links,
    threads,
    trail,
)
from portal.jobs.job import Job, WhenHeld

OURS: dict[str, Job] = {
    **account.OURS,
    **documents.OURS,
    **escalations.OURS,
    **certificates.OURS,
    **housekeeping.OURS,
    **imports.OURS,
    **mail.OURS,
    **months.OURS,
    **policies.OURS,
    **ratings.OURS,
    **scars.OURS,
    **summaries.OURS,
    **task_links.OURS,
    **threads.OURS,
    **trail.OURS,
}

JOBS: dict[str, Job] = {**imports.JOBS, **months.JOBS, **policies.JOBS, **OURS}

WHEN_HELD: dict[str, WhenHeld] = {
    **documents.WHEN_HELD,
    **imports.WHEN_HELD,
    **months.WHEN_HELD,
    **policies.WHEN_HELD,
}
