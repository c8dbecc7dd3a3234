from portal.imports import words
from portal.imports.targets.master import MASTER
from portal.imports.targets.target import Holds, Target

NONCONFORMANCES = (
    Target(
        name="number",
        label="Number",
        holds=Holds.CODE,
        help="Of the nonconformance in your system.",
        example="NC-2026-0412",
        required=True,
        limit=60,
        names="number, nc, nc no, nc number, ncr, ncr number, nonconformance, nonconformance number, "
        "notification, notification number, complaint, complaint number, defect number, id, "
        "qmnum, meldung, meldungsnummer, qualitatsmeldung, reklamation, reklamationsnummer",
    ),
    *MASTER,
    Target(
        name="found_on",
        label="Found on",
        holds=Holds.DAY,
        help="The day it was found.",
        example="2026-10-12",
        required=True,
        names="found, found on, found date, date, detected, detected on, detection date, created on, "
        "notification date, reported on, datum, meldedatum, feststelldatum, erstellt am, gefunden "
        "am",
    ),
    Target(
        name="quantity",
        label="Nonconforming quantity",
        holds=Holds.QUANTITY,
        help="Pieces that do not meet the requirement.",
        example="12",
        required=True,
        names="quantity, qty, nonconforming quantity, nc quantity, defective, defective quantity, "
        "defect quantity, rejected quantity, qty defective, complaint quantity, fehlermenge, "
        "reklamierte menge, beanstandete menge, menge, ausschussmenge",
    ),
    Target(
        name="defects",
        label="Defects",
        holds=Holds.WHOLE,
        help="For DPMO: one piece may have several.",
        example="14",
        limit=1_000_000,
        names="defects, defect count, number of defects, anzahl fehler, fehleranzahl, fehler",
    ),
    Target(
        name="order_number",
        label="Order number",
        holds=Holds.CODE,
        help="With the order line: the delivery it was found in, for the perfect order.",
        example="4500012345",
        limit=60,
        names="order, order no, order number, po, po no, po number, purchase order, ebeln, bestellung, "
        "bestellnummer, einkaufsbeleg",
    ),
    Target(
        name="line_number",
        label="Order line",
        holds=Holds.CODE,
        help="The line within the order.",
        example="10",
        limit=40,
        names="line, line no, order line, po line, po item, position, pos, ebelp, bestellposition",
    ),
    Target(
        name="lot_number",
        label="Lot number",
        holds=Holds.CODE,
        help="Of the lot it was found in.",
        example="L-88213",
        limit=60,
        names="lot, lot no, lot number, batch, batch number, inspection lot, charge, pruflos, losnummer",
    ),
    Target(
        name="kind",
        label="Kind of defect",
        holds=Holds.CODE,
        help="Porosity, dimension, burrs … as you group them.",
        example="Porosity",
        limit=80,
        names="kind, type, defect, defect type, defect code, failure mode, category, defect category, "
        "fehlerart, fehlerbild, fehlercode, fehlerort",
    ),
    Target(
        name="description",
        label="Description",
        holds=Holds.TEXT,
        help="In words.",
        example="Pores in the bearing seat",
        limit=4000,
        names="description, text, long text, remark, details, problem description, comment, "
        "beschreibung, fehlerbeschreibung, langtext, bemerkung",
    ),
    Target(
        name="responsibility",
        label="Responsibility",
        holds=Holds.CHOICE,
        help="Supplier, ours, carrier or undetermined. Only the supplier's count in PPM.",
        example="supplier",
        choices=words.RESPONSIBILITIES,
        names="responsibility, responsible, caused by, cause, liable, fault, verantwortlich, "
        "verantwortung, verursacher, verschulden",
    ),
    Target(
        name="disposition",
        label="Disposition",
        holds=Holds.CHOICE,
        help="Open, use as is, rework, return or scrap.",
        example="return",
        choices=words.DISPOSITIONS,
        names="disposition, decision, usage, action, entscheidung, verwendung, massnahme, "
        "verwendungsentscheid",
    ),
    Target(
        name="is_sample",
        label="From a sample",
        holds=Holds.YES_NO,
        help="Samples don't count in PPM.",
        example="no",
        names="sample, is sample, from sample, initial sample, muster, erstmuster",
    ),
    Target(
        name="is_safety",
        label="Safety",
        holds=Holds.YES_NO,
        help="A safety escape limits the band.",
        example="no",
        names="safety, safety relevant, is safety, safety escape, sicherheit, sicherheitsrelevant",
    ),
)
