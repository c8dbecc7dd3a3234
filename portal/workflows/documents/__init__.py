"""Files that people send: received, checked, attached to records of any kind, replaced, kept, deleted.

document = await receive(db, store, settings, who, name, chunks)
await attach(db, who, [document.id], certificate)
for document in await attached(db, who, certificate): ...
"""

from portal.workflows.documents.attaching import attach, attached, attached_to_all, detach, fix
from portal.workflows.documents.finding import find, to_open, versions
from portal.workflows.documents.keeping import delete, hold, lift_hold, replace
from portal.workflows.documents.receiving import receive

__all__ = [
    "attach",
    "attached",
    "attached_to_all",
    "delete",
    "detach",
    "find",
    "fix",
    "hold",
    "lift_hold",
    "receive",
    "replace",
    "to_open",
    "versions",
]
