from portal.imports import words
from portal.imports.targets.master import MASTER
from portal.imports.targets.target import Holds, Target

DELIVERIES = (
    Target(
        name="order_number",
        label="Order number",
        holds=Holds.CODE,
        help="The purchase order. Order and line together name a delivery line.",
        example="4500012345",
        required=True,
        limit=60,
        names="order, order no, order number, po, po no, po number, purchase order, purchase order "
        "number, purchasing document, po so, ebeln, bestellung, bestellnummer, bestellnr, "
        "einkaufsbeleg, auftragsnummer",
    ),
    Target(
        name="line_number",
        label="Order line",
        holds=Holds.CODE,
        help="The line, or the schedule line, within the order.",
        example="10",
        required=True,
        limit=40,
        names="line, line no, line number, order line, po line, po item, item line, position, pos, "
        "order position, ebelp, bestellposition, belegposition, positionsnummer",
    ),
    *MASTER,
    Target(
        name="ordered",
        label="Ordered quantity",
        holds=Holds.QUANTITY,
        help="What this line promises. 0 for a line that was reduced to nothing.",
        example="480",
        required=True,
        names="ordered, ordered quantity, order quantity, qty ordered, quantity ordered, order qty, po "
        "quantity, scheduled quantity, line item quantity, quantity, qty, menge, bestellmenge, "
        "auftragsmenge, soll menge, sollmenge",
    ),
    Target(
        name="unit",
        label="Unit",
        holds=Holds.CHOICE,
        help="Pieces when left out. Defects per million take quantities as they stand, whatever the unit.",
        example="pc",
        choices=words.UNITS,
        names="unit, uom, unit of measure, order unit, me, mengeneinheit, einheit, bestellmengeneinheit, bme",
    ),
    Target(
        name="requested_on",
        label="Requested on",
        holds=Holds.DAY,
        help="The day that you asked for.",
        example="2026-10-06",
        names="requested, requested on, requested date, request date, requested delivery date, required "
        "date, need by date, wunschtermin, wunschlieferdatum, bedarfstermin",
    ),
    Target(
        name="acknowledged_on",
        label="First acknowledged on",
        holds=Holds.DAY,
        help="The day that the supplier promised first; the default rating goes by it.",
        example="2026-10-08",
        names="acknowledged, acknowledged on, acknowledged date, first acknowledged, promised, promised "
        "date, promise date, promised on, due date, delivery date, scheduled delivery date, "
        "scheduled date, original promise date, first promise, liefertermin, lieferdatum, "
        "zugesagt, zusagetermin, auftragsbestatigung, bestatigungstermin, erster bestatigter "
        "termin",
    ),
    Target(
        name="confirmed_on",
        label="Confirmed on",
        holds=Holds.DAY,
        help="The day that is agreed now, after changes.",
        example="2026-10-08",
        names="confirmed, confirmed on, confirmed date, confirmed delivery date, current promise, "
        "current promise date, revised date, bestatigt, bestatigtes lieferdatum, bestatigter "
        "termin, aktueller termin",
    ),
    Target(
        name="cancelled_on",
        label="Cancelled on",
        holds=Holds.DAY,
        help="A day, or a mark such as X: then the promised day counts as the day it was cancelled.",
        names="cancelled, canceled, cancelled on, cancelled date, cancellation date, deleted, deletion "
        "indicator, loekz, storniert, stornodatum, loschkennzeichen",
    ),
    Target(
        name="received_on",
        label="Arrived on",
        holds=Holds.DAY,
        help="The day of the physical arrival; empty while the line is open.",
        example="2026-10-07",
        names="received, received on, received date, receipt date, arrival, arrived, arrival date, "
        "arrived on, delivered, delivered on, delivered date, goods receipt date, gr date, actual "
        "delivery date, delivered to client date, posting date, budat, wareneingang, "
        "wareneingangsdatum, we datum, buchungsdatum, eingangsdatum, ist termin",
    ),
    Target(
        name="received",
        label="Arrived quantity",
        holds=Holds.QUANTITY,
        help="What arrived on that day. Split deliveries are rows of their own.",
        example="480",
        names="received quantity, quantity received, qty received, receipt quantity, gr quantity, "
        "delivered quantity, arrived quantity, wareneingangsmenge, we menge, gelieferte menge, "
        "liefermenge, ist menge, eingangsmenge",
    ),
    Target(
        name="reference",
        label="Delivery note",
        holds=Holds.CODE,
        help="Tells several arrivals of one line apart. Without it, the day does.",
        example="DN-77120",
        limit=80,
        names="delivery note, delivery note no, delivery note number, packing slip, asn, asn dn, dn "
        "number, material document, grn, grn number, lieferschein, lieferscheinnummer, "
        "lieferschein nr, materialbeleg, mblnr",
    ),
)
