"""What the portal calls the states of a supplier."""

from portal.models.suppliers import ProcessRole, RiskClass, SupplierStatus

STATUS = {
    SupplierStatus.PROSPECT: "Prospect",
    SupplierStatus.ACTIVE: "Active",
    SupplierStatus.ON_HOLD: "On hold",
    SupplierStatus.EXITED: "Exited",
}
RISK = {RiskClass.HIGH: "High", RiskClass.MEDIUM: "Medium", RiskClass.LOW: "Low"}
PROCESS = {
    ProcessRole.QUALITY: "Quality",
    ProcessRole.LOGISTICS: "Logistics",
    ProcessRole.MANAGEMENT: "Management",
    ProcessRole.SALES: "Sales",
}
