"""Mappings that come with Assay: one for the SCMS delivery history, and our own template of each kind."""

from portal.imports.mapping import Arrivals, ColumnMapping, Master, Source, SupplierBy
from portal.imports.options import FileOptions
from portal.imports.targets import TARGETS
from portal.models.imports import ImportKind

TEMPLATE = "assay"

# USAID's SCMS delivery history. An item's ID is unique only together with its order. The first date that was
# promised is the scheduled one; vendors have no numbers, so their names tell them apart.
SCMS = ColumnMapping(
    kind=ImportKind.DELIVERIES,
    sources={
        "order_number": Source(columns=("PO / SO #",)),
        "line_number": Source(columns=("ID",)),
        "supplier_name": Source(columns=("Vendor",)),
        "supplier_site": Source(columns=("Manufacturing Site",)),
        "plant": Source(columns=("Country",)),
        "part": Source(columns=("Item Description",)),
        "part_name": Source(columns=("Item Description",)),
        "commodity": Source(columns=("Product Group",)),
        "ordered": Source(columns=("Line Item Quantity",)),
        "acknowledged_on": Source(columns=("Scheduled Delivery Date",)),
        "received_on": Source(columns=("Delivered to Client Date",)),
        "received": Source(columns=("Line Item Quantity",)),
        "reference": Source(columns=("ASN/DN #",)),
    },
    file=FileOptions(decimal=".", dates="day-month-year"),
    supplier_by=SupplierBy.NAME,
    create=frozenset(Master),
    arrivals=Arrivals.ALL,
)


def _template(kind: ImportKind) -> ColumnMapping:
    """Read the file that ``template`` gives: a column of each label, dates as 2026-10-08."""
    return ColumnMapping(
        kind=kind,
        sources={each.name: Source(columns=(each.label,)) for each in TARGETS[kind]},
        supplier_by=SupplierBy.NUMBER,
        create=frozenset({Master.PART, Master.COMMODITY, Master.SUPPLIER}),
        arrivals=Arrivals.NEW if kind is ImportKind.DELIVERIES else Arrivals.ALL,
    )


SHIPPED: dict[ImportKind, dict[str, ColumnMapping]] = {
    kind: {TEMPLATE: _template(kind), **({"scms": SCMS} if kind is ImportKind.DELIVERIES else {})}
    for kind in ImportKind
}
NAMES = {TEMPLATE, "scms"}
