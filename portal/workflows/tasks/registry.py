"""Every kind of task; a capability adds one line."""

from portal.access.permissions import may
from portal.access.principal import Principal
from portal.workflows.tasks.kinds import Kind

ALL: tuple[Kind, ...] = ()  # *certificates.KINDS,
KINDS = {kind.name: kind for kind in ALL}


def theirs(who: Principal) -> list[str]:
    """Name the kinds that somebody may have on their list."""
    return [
        kind.name
        for kind in KINDS.values()
        if may(who, kind.permission if who.is_supplier else kind.our_permission)
    ]
