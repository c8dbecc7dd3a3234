"""A worker runs what the timetable names, and the page of jobs has words for all of it."""

from portal.jobs.registry import JOBS, OURS
from portal.workflows.jobs import WORDS
from portal.workflows.timetable import TIMETABLE


def test_every_job_is_called_something():
    assert set(JOBS) - set(WORDS) == set(), "Add it to portal/workflows/jobs.py."


def test_the_timetable_names_jobs_that_exist_each_once():
    names = [line.job for line in TIMETABLE]
    assert set(names) <= set(OURS), "Nobody asks for what the clock does: it acts for the portal."
    assert len(names) == len(set(names))
