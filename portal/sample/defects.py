"""The wording of nonconformances: kinds, how often each turns up, what was seen."""

from collections.abc import Mapping

KINDS = ("Porosity", "Dimension", "Burrs", "Surface", "Wrong material", "Label, packing", "Other")

# How often each kind turns up in a commodity, in the order of KINDS.
SHARES: Mapping[str, tuple[float, ...]] = {
    "CAST": (62, 14, 8, 5, 4, 4, 3),
    "FORG": (4, 38, 22, 18, 9, 5, 4),
    "MACH": (0, 44, 30, 12, 4, 6, 4),
    "ELEC": (0, 16, 4, 18, 24, 18, 20),
    "FAST": (0, 44, 18, 12, 12, 10, 4),
    "PLAT": (6, 10, 4, 68, 4, 5, 3),
    "PACK": (0, 26, 6, 12, 6, 36, 14),
}
SEEN: Mapping[str, tuple[str, ...]] = {
    "Porosity": (
        "Open pores in the machined bearing seat. The largest is {size} mm; the drawing allows 0.5 mm.",
        "Gas pores below the skin, found when the sealing face was machined.",
        "Leak test failed at 2 bar. X-ray shows a pore chain in the thick wall.",
    ),
    "Dimension": (
        "Bore {size} mm over the upper limit; the lower half of the lot is good.",
        "Hole pattern turned by {size} degrees against the datum.",
        "Thread gauge does not go in. Pitch diameter is too small.",
        "Total length short by {size} mm.",
    ),
    "Burrs": (
        "Burr up to {size} mm on the inner edge of the cross bore.",
        "Flash was not removed along the parting line.",
        "Loose chips in the oil channel.",
    ),
    "Surface": (
        "Scratches on the sealing face, deeper than the roughness allowed.",
        "Coating thickness below 8 µm in the corners.",
        "Rust on unpacking. The corrosion protection was missing on one layer.",
    ),
    "Wrong material": (
        "Certificate says another grade than the drawing asks for.",
        "Hardness {size} HRC below the limit. Heat treatment was left out.",
        "Two part numbers mixed in one box.",
    ),
    "Label, packing": (
        "Label does not match the content of the crate.",
        "Trays stacked without inserts; parts were damaged on the way.",
        "Lot number missing on every second box.",
    ),
    "Other": (
        "Certificate of conformance missing.",
        "Function test failed at incoming inspection; cause is being looked into.",
        "Parts contaminated with coolant.",
    ),
}
SAFETY = "Bolts strip at 60 % of the tightening torque. They hold the brake unit: stop of use on both lines."
ON_OLD_STOCK = "Coating peels off after three months in our stock."
