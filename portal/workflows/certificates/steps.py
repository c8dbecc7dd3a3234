"""What can happen to a certificate."""

from portal.access.permissions import P
from portal.models.certificates import CertificateStatus as S
from portal.workflows.steps import Step, Steps

STEPS: Steps = {
    "submit": Step((S.DRAFT, S.REJECTED), S.SUBMITTED, P.CERTIFICATES_SUBMIT),
    "accept": Step((S.SUBMITTED,), S.ACCEPTED, P.CERTIFICATES_REVIEW),
    "return": Step((S.SUBMITTED,), S.REJECTED, P.CERTIFICATES_REVIEW),
    "supersede": Step((S.ACCEPTED, S.EXPIRED), S.SUPERSEDED, P.CERTIFICATES_REVIEW),
    "expire": Step((S.ACCEPTED,), S.EXPIRED, P.CERTIFICATES_REVIEW),
    "withdraw": Step((S.DRAFT, S.SUBMITTED, S.REJECTED, S.ACCEPTED), S.WITHDRAWN, P.CERTIFICATES_SUBMIT),
}
