"""What states, levels and effects are called. Marked here, translated where they are shown."""

from portal.languages import N_
from portal.models.certificates import CertificateStatus, Level, OnLapse
from portal.workflows.certificates.states import State

LEVEL = {Level.MANDATORY: N_("Mandatory"), Level.DESIRED: N_("Desired")}
STATUS = {
    CertificateStatus.DRAFT: N_("Draft"),
    CertificateStatus.SUBMITTED: N_("To review"),
    CertificateStatus.ACCEPTED: N_("Accepted"),
    CertificateStatus.REJECTED: N_("Returned"),
    CertificateStatus.SUPERSEDED: N_("Replaced"),
    CertificateStatus.EXPIRED: N_("Expired"),
    CertificateStatus.WITHDRAWN: N_("Withdrawn"),
}
STATE = {
    State.MISSING: N_("Missing"),
    State.SUBMITTED: N_("To review"),
    State.VALID: N_("Valid"),
    State.EXPIRING: N_("Ends soon"),
    State.EXPIRED: N_("Expired"),
    State.REJECTED: N_("Returned"),
    State.SUPERSEDED: N_("Replaced"),
}
ON_LAPSE = {
    OnLapse.SHOW: N_("Approvals stay, and say that it has expired"),
    OnLapse.CONDITIONAL: N_("Approvals become conditional"),
    OnLapse.RESTRICTED: N_("Approvals become restricted"),
}
