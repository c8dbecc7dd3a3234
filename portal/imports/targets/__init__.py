"""Our side of an import: the columns of each kind, what they hold, and what other systems call them."""

from portal.imports.targets.deliveries import DELIVERIES
from portal.imports.targets.inspections import INSPECTIONS
from portal.imports.targets.nonconformances import NONCONFORMANCES
from portal.imports.targets.target import Holds, Target
from portal.models.imports import ImportKind

__all__ = ["KIND_LABELS", "NEEDS_PROMISE", "TARGETS", "Holds", "Target", "target"]

TARGETS: dict[ImportKind, tuple[Target, ...]] = {
    ImportKind.DELIVERIES: DELIVERIES,
    ImportKind.INSPECTIONS: INSPECTIONS,
    ImportKind.NONCONFORMANCES: NONCONFORMANCES,
}
KIND_LABELS = {
    ImportKind.DELIVERIES: "Deliveries",
    ImportKind.INSPECTIONS: "Inspections",
    ImportKind.NONCONFORMANCES: "Nonconformances",
}
NEEDS_PROMISE = ("requested_on", "acknowledged_on", "confirmed_on")  # a line needs one of them


def target(kind: ImportKind, name: str) -> Target | None:
    return next((each for each in TARGETS[kind] if each.name == name), None)
