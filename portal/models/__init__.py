"""The tables. Importing this package makes all of them known to SQLModel.metadata."""

from portal.models import (
    certificates,
    deliveries,
    documents,
    identity,
    imports,
    inspections,
    nonconformances,
    organisation,
    outbox,
    people,
    ratings,
    scars,
    suppliers,
    task_links,
    tasks,
    threads,
    trail,
)
from portal.models.base import metadata

__all__ = [
    "certificates",
    "deliveries",
    "documents",
    "identity",
    "imports",
    "inspections",
    "metadata",
    "nonconformances",
    "organisation",
    "outbox",
    "people",
    "ratings",
    "scars",
    "suppliers",
    "task_links",
    "tasks",
    "threads",
    "trail",
]
