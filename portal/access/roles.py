"""The database's own roles: which of them a transaction takes, and so which rows there are for it at all.

The website and its workers connect as ``APP``, or as a member of it, which owns nothing and by itself sees no
row. Each transaction takes one of the others for its length (portal/db.py); the policies of the tables
(portal/migrations/tenancy.py) are written for them.
"""

from portal.access.principal import Principal

APP = "assay_app"
STAFF = "assay_staff"  # our people, and the portal itself
SUPPLIER = "assay_supplier"  # a supplier's people: rows of their own company
GATE = "assay_gate"  # before anybody is signed in: what it takes to find out who it is

TAKEN = (STAFF, SUPPLIER, GATE)


def of(who: Principal | None) -> str:
    """Say which role sees what a principal may; for nobody it is the one that sees nothing."""
    if who is None:
        return APP
    return SUPPLIER if who.is_supplier else STAFF
