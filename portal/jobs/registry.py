"""Every job a worker can run; a capability adds one line."""

from portal.jobs import account, housekeeping, imports, mail, ratings, task_links, trail
from portal.jobs.job import Job, WhenHeld

JOBS: dict[str, Job] = {
    **account.JOBS,
    **housekeeping.JOBS,
    **imports.JOBS,
    **mail.JOBS,
    **ratings.JOBS,
    **task_links.JOBS,
    **trail.JOBS,
}

WHEN_HELD: dict[str, WhenHeld] = {
    **imports.WHEN_HELD,
}
