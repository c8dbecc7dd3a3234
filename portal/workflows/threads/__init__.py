"""What people say about records: ``thread_of(db, who, record)`` to show it, ``say(…)`` to add to it.

A capability adds its kind of record to ``subjects.SUBJECTS``, gives its page ``thread=await thread_of(…)``
and puts ``{% include "threads/_thread.html" %}`` where the thread shall stand.
"""

from portal.workflows.threads.reading import thread_of
from portal.workflows.threads.saying import say
from portal.workflows.threads.subjects import SUBJECTS, Event, Subject

__all__ = ["SUBJECTS", "Event", "Subject", "say", "thread_of"]
