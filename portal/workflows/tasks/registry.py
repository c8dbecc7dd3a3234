"""Every kind of task; a capability adds one line."""

from portal.access.permissions import may
from portal.access.principal import Principal
from portal.workflows.certificates.kinds import KINDS as CERTIFICATES
from portal.workflows.company_details.kinds import KINDS as COMPANY
from portal.workflows.escalations.kinds import KINDS as ESCALATIONS
from portal.workflows.months.kinds import KINDS as MONTHS
from portal.workflows.policies.kinds import KINDS as POLICIES
from portal.workflows.scars.kinds import KINDS as SCARS
from portal.workflows.targets.kinds import KINDS as TARGETS
from portal.workflows.tasks.kinds import Kind

ALL: tuple[Kind, ...] = (*CERTIFICATES, *COMPANY, *ESCALATIONS, *MONTHS, *POLICIES, *SCARS, *TARGETS)
KINDS = {kind.name: kind for kind in ALL}


def readable(who: Principal, name: str) -> Kind | None:
    """Give a kind that somebody may have on their list."""
    kind = KINDS.get(name)
    if kind is None:
        return None
    if who.guest is not None:
        # A guest's permissions are those of one task; their list names the others too.
        return kind if kind.link is not None else None
    return kind if may(who, kind.our_permission if who.is_staff else kind.permission) else None


def theirs(who: Principal) -> list[str]:
    """Name the kinds that somebody may have on their list."""
    return [name for name in KINDS if readable(who, name) is not None]
