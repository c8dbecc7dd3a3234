"""State machines as tables: which step leads from which states to which, and who may take it.

A capability writes its table once; it decides what is refused, draws the buttons and the diagram in the docs.

    STEPS: Steps = {
        "acknowledge": Step((ISSUED,), ACKNOWLEDGED, P.SCAR_RESPOND),
        "close": Step((VERIFIED,), CLOSED, P.SCAR_CLOSE),
    }

    advance(scar, STEPS, "close", by=who)
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from portal import clock
from portal.access.permissions import P, may
from portal.access.principal import Principal
from portal.errors import NotFoundError, NotReadyError
from portal.languages import _


@dataclass(frozen=True, slots=True)
class Step:
    """A step from any of several states to one; ``by`` names the permission that it needs."""

    before: tuple[StrEnum, ...]
    after: StrEnum
    by: P


Steps = Mapping[str, Step]


class Stateful(Protocol):
    """A record with a state machine, locked by whoever changes it."""

    status: Any
    version: int
    updated_at: Any


def advance(record: Stateful, steps: Steps, name: str, *, by: Principal) -> None:
    """Take a step. The only place that assigns a status; the record is locked by then.

    Raises: as next_step does.
    """
    record.status = next_step(record, steps, name, by=by).after
    record.version += 1
    record.updated_at = clock.now()


def next_step(record: Stateful, steps: Steps, name: str, *, by: Principal) -> Step:
    """Give a step that can be taken now; asked before a form is checked, because that changes nothing.

    Raises:
        NotFoundError: the principal may not take this step; it looks as if there were none.
        NotReadyError: the step is not next, also when somebody else has just taken it.
    """
    step = steps[name]
    if not may(by, step.by):
        raise NotFoundError
    if record.status not in step.before:
        raise NotReadyError(_("This has moved on since you opened it. Open it again to see what comes next."))
    return step


def possible(record: Stateful, steps: Steps, who: Principal) -> list[str]:
    """Name the steps that somebody could take now, in the table's order: the buttons of a page."""
    return [name for name, step in steps.items() if record.status in step.before and may(who, step.by)]


def diagram(steps: Steps) -> str:
    """Draw the table as a Mermaid state diagram, for the docs."""
    arrows = [
        f"    {before} --> {step.after}: {name.replace('_', ' ')}"
        for name, step in steps.items()
        for before in step.before
    ]
    return "\n".join(["stateDiagram-v2", *arrows])
