"""What the portal calls the states of a supplier."""

from portal.languages import N_
from portal.models.suppliers import ProcessRole, RiskClass, SupplierStatus

STATUS = {
    SupplierStatus.PROSPECT: "Prospect",
    SupplierStatus.ACTIVE: "Active",
    SupplierStatus.ON_HOLD: "On hold",
    SupplierStatus.EXITED: "Exited",
}
RISK = {RiskClass.HIGH: "High", RiskClass.MEDIUM: "Medium", RiskClass.LOW: "Low"}
PROCESS = {
    ProcessRole.QUALITY: N_("Quality"),
    ProcessRole.LOGISTICS: N_("Logistics"),
    ProcessRole.MANAGEMENT: N_("Management"),
    ProcessRole.SALES: N_("Sales"),
}
