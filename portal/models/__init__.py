"""The tables. Importing this package makes all of them known to SQLModel.metadata."""

from portal.models import (
    deliveries,
    imports,
    inspections,
    nonconformances,
    organisation,
    people,
    ratings,
    suppliers,
)
from portal.models.base import metadata

__all__ = [
    "deliveries",
    "imports",
    "inspections",
    "metadata",
    "nonconformances",
    "organisation",
    "people",
    "ratings",
    "suppliers",
]
