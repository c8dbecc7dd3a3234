from portal.imports import words
from portal.imports.targets.master import MASTER
from portal.imports.targets.target import Holds, Target

INSPECTIONS = (
    Target(
        name="number",
        label="Lot number",
        holds=Holds.CODE,
        help="Of the inspected lot; unique within the supplier.",
        example="L-88213",
        required=True,
        limit=60,
        names="lot, lot no, lot number, inspection lot, inspection lot number, inspection number, "
        "inspection, batch, batch number, pruflos, pruflosnummer, losnummer, los, charge, "
        "prueflos",
    ),
    *MASTER,
    Target(
        name="inspected_on",
        label="Inspected on",
        holds=Holds.DAY,
        help="The day of the decision.",
        example="2026-10-09",
        required=True,
        names="inspected, inspected on, inspection date, date, date of inspection, decision date, "
        "inspection end, prufdatum, pruefdatum, prufende, datum, entscheidungsdatum",
    ),
    Target(
        name="quantity",
        label="Lot quantity",
        holds=Holds.QUANTITY,
        help="How much the lot holds.",
        example="480",
        required=True,
        names="quantity, qty, lot quantity, lot size, inspected quantity, inspection lot quantity, "
        "losmenge, losgrosse, menge, prufmenge",
    ),
    Target(
        name="result",
        label="Result",
        holds=Holds.CHOICE,
        help="Accepted, rejected, or use as is.",
        example="accepted",
        required=True,
        choices=words.LOT_RESULTS,
        names="result, inspection result, decision, usage decision, status, verdict, disposition, "
        "ergebnis, prufergebnis, verwendungsentscheid, entscheidung, bewertung",
    ),
)
