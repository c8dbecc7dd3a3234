"""How states and choices of imports read on the pages."""

from portal.models.imports import ImportKind, ImportStatus, OnBadRows

KIND_HELP = {
    ImportKind.DELIVERIES: "Order lines with what was promised, and what arrived when.",
    ImportKind.INSPECTIONS: "Lots that incoming inspection accepted or rejected.",
    ImportKind.NONCONFORMANCES: "What was received and does not meet its requirement.",
}

# Chip, icon, words.
STATUS = {
    ImportStatus.UPLOADED: ("me", "arrow-right", "Not started"),
    ImportStatus.QUEUED: ("info", "clock", "Waiting"),
    ImportStatus.RUNNING: ("info", "refresh", "Running"),
    ImportStatus.DONE: ("ok", "check", "Done"),
    ImportStatus.REFUSED: ("bad", "ban", "Nothing imported"),
    ImportStatus.FAILED: ("bad", "alert-octagon", "Failed"),
    ImportStatus.CANCELLED: ("mute", "player-stop", "Cancelled"),
    ImportStatus.UNDOING: ("info", "arrow-back-up", "Being undone"),
    ImportStatus.UNDONE: ("mute", "arrow-back-up", "Undone"),
}
ON_BAD_ROWS = [
    (OnBadRows.SKIP, "Import the good rows", "The wrong ones come back as a file to correct."),
    (OnBadRows.REFUSE, "Import nothing unless every row is right", ""),
]
SUPPLIER_BY = [
    ("number", "Their number", "As in your ERP system."),
    ("name", "Their name", "For files without numbers. The portal gives new suppliers a number."),
]
ARRIVALS = [
    ("all", "All arrivals of its order lines", "What the file no longer holds is taken back."),
    ("new", "New arrivals", "What is booked already stays. Give each arrival its delivery note."),
]
CREATE = [
    ("supplier", "Suppliers"),
    ("plant", "Plants"),
    ("part", "Parts"),
    ("commodity", "Commodities"),
]
