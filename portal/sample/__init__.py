"""Made-up data so that a newcomer sees a portal in use: ``assay demo`` loads it into an empty database.

Everything is repeatable, and everything says that it is synthetic (``organisation.is_synthetic``).
"""

from portal.sample.certificates import hand_in as hand_in_certificates
from portal.sample.documents import send as send_documents
from portal.sample.generation import Sample, generate
from portal.sample.house import PASS_PHRASE, SIGN_INS, SignIn
from portal.sample.loading import is_empty, is_synthetic, load
from portal.sample.months import publish as publish_months

__all__ = [
    "PASS_PHRASE",
    "SIGN_INS",
    "Sample",
    "SignIn",
    "generate",
    "hand_in_certificates",
    "is_empty",
    "is_synthetic",
    "load",
    "publish_months",
    "send_documents",
]
