"""Columns that every kind has: whose, where, what."""

from portal.imports.targets.target import Holds, Target

SUPPLIER = Target(
    name="supplier",
    label="Supplier number",
    holds=Holds.CODE,
    help="The supplier's number in your ERP system.",
    example="104417",
    limit=40,
    names="supplier, supplier no, supplier number, supplier id, vendor no, vendor number, vendor "
    "id, vendor code, supplier code, account, lieferant, lieferantennummer, lieferantennr, "
    "lieferanten nr, kreditor, kreditorennummer, lifnr",
)
SUPPLIER_NAME = Target(
    name="supplier_name",
    label="Supplier name",
    holds=Holds.CODE,
    help="For suppliers that are new, or when the file has no supplier numbers.",
    example="Acme Castings",
    limit=200,
    names="supplier name, vendor name, vendor, name of supplier, lieferantenname, name lieferant, "
    "name des lieferanten, kreditorname, name1, name 1",
)
SUPPLIER_COUNTRY = Target(
    name="supplier_country",
    label="Supplier country",
    holds=Holds.COUNTRY,
    help="Code or English name; for suppliers that are new.",
    example="PL",
    names="supplier country, vendor country, country of supplier, lieferantenland, land lieferant",
)
SUPPLIER_SITE = Target(
    name="supplier_site",
    label="Supplier site",
    holds=Holds.CODE,
    help="Where the supplier made it; new sites are added to the supplier.",
    example="Katowice foundry",
    limit=200,
    names="supplier site, manufacturing site, manufacturing location, vendor site, made at, "
    "fertigungsstandort, lieferantenwerk, produktionsstandort",
)
PLANT = Target(
    name="plant",
    label="Plant",
    holds=Holds.CODE,
    help="Your receiving site, by its code.",
    example="LUL",
    required=True,
    limit=40,
    names="plant, plant code, site, receiving plant, receiving site, delivered to, ship to, "
    "location, facility, werk, werks, empfangswerk, standort, betrieb",
)
PART = Target(
    name="part",
    label="Part number",
    holds=Holds.CODE,
    help="Your number of the part or material.",
    example="GH-220-04",
    required=True,
    limit=120,
    names="part, part no, part number, material, material no, material number, item, item no, item "
    "number, item code, article, article number, sku, product code, matnr, materialnummer, "
    "artikel, artikelnummer, artikelnr, artikel nr, teilenummer, sachnummer, teil",
)
PART_NAME = Target(
    name="part_name",
    label="Part name",
    holds=Holds.CODE,
    help="For parts that are new.",
    example="Gear housing",
    limit=400,
    names="part name, part description, material description, item description, short text, item "
    "name, description, article name, maktx, materialkurztext, kurztext, bezeichnung, "
    "artikelbezeichnung, materialbezeichnung, benennung",
)
COMMODITY = Target(
    name="commodity",
    label="Commodity",
    holds=Holds.CODE,
    help="Code of the commodity; left out, the part's own counts.",
    example="CAST",
    limit=40,
    names="commodity, commodity code, commodity group, material group, product group, category, "
    "purchasing category, matkl, warengruppe, materialgruppe, produktgruppe",
)
MASTER = (SUPPLIER, SUPPLIER_NAME, SUPPLIER_COUNTRY, SUPPLIER_SITE, PLANT, PART, PART_NAME, COMMODITY)
