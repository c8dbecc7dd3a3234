"""Part numbers such as GH-220-04: family, size, variant."""

from dataclasses import dataclass

from portal.sample import chance
from portal.sample.companies import COMPANIES, Company
from portal.sample.house import COMMODITY_IDS


@dataclass(frozen=True, slots=True)
class Part:
    """``pack`` is the quantity of a usual delivery, in pieces."""

    id: int
    number: str
    name: str
    commodity: str
    pack: int

    @property
    def commodity_id(self) -> int:
        return COMMODITY_IDS[self.commodity]


# Family, name, usual delivery quantities.
FAMILIES: dict[str, tuple[tuple[str, str, tuple[int, ...]], ...]] = {
    "CAST": (
        ("GH", "Gearbox housing", (240, 300, 480)),
        ("BR", "Bracket", (600, 900, 1200)),
        ("MC", "Motor cover", (320, 480)),
        ("FL", "Flange", (400, 600)),
        ("PB", "Pump body", (180, 240)),
    ),
    "FORG": (
        ("SH", "Shaft blank", (240, 360, 480)),
        ("HB", "Wheel hub", (300, 400)),
        ("YK", "Yoke", (350, 500)),
        ("GB", "Gear blank", (400, 640)),
    ),
    "MACH": (
        ("PN", "Pinion", (320, 400, 500)),
        ("BS", "Bearing seat", (400, 600)),
        ("SL", "Sleeve", (500, 750)),
        ("CP", "Coupling half", (200, 300)),
        ("SP", "Splined shaft", (160, 240)),
    ),
    "ELEC": (
        ("CB", "Control board", (200, 250, 400)),
        ("SN", "Position sensor", (300, 500)),
        ("HW", "Wiring harness", (250, 400)),
        ("ST", "Stator, wound", (96, 144)),
    ),
    "FAST": (
        ("BT", "Flange bolt", (1000, 1500)),
        ("SC", "Socket screw", (1200, 2000)),
        ("NT", "Lock nut", (1500, 2000)),
        ("SD", "Stud", (800, 1000)),
    ),
    "PLAT": (
        ("ZN", "Zinc-nickel plated cover", (400, 600)),
        ("AN", "Anodised end shield", (300, 450)),
        ("PH", "Phosphated clamp", (800, 1000)),
    ),
    "PACK": (
        ("TR", "Returnable tray", (300, 500)),
        ("CR", "Crate", (120, 200)),
        ("BX", "Box with inserts", (600, 800)),
    ),
}
SIZES = (80, 104, 118, 132, 160, 180, 200, 220, 250, 280, 315, 340, 355, 400, 450)

# The parts of the cards in the documentation: their numbers are known by heart.
ACME_PARTS = (
    ("GH-220-04", "Gearbox housing 220, variant 4", 480),
    ("GH-118-02", "Gearbox housing 118, variant 2", 300),
    ("BR-118", "Bracket 118", 1200),
    ("BR-124", "Bracket 124", 900),
)


def of_companies() -> dict[str, tuple[Part, ...]]:
    """Give each supplier's parts by its number; no two suppliers share one."""
    made: dict[str, tuple[Part, ...]] = {}
    taken = {number for number, _, _ in ACME_PARTS}
    count = 0
    for company in COMPANIES:
        wanted = list(ACME_PARTS) if company.story == "acme" else _invent(company, taken)
        made[company.number] = tuple(
            Part(count + at, number, name, company.commodity, pack)
            for at, (number, name, pack) in enumerate(wanted, 1)
        )
        count += len(wanted)
    return made


def _invent(company: Company, taken: set[str]) -> list[tuple[str, str, int]]:
    source = chance.of("parts", company.number)
    families = FAMILIES[company.commodity]
    wanted = []
    for at in range(min(9, 3 + int(company.pace) // 5)):
        family, name, packs = families[at % len(families)]
        while True:
            size, variant = source.choice(SIZES), source.randint(1, 9)
            number = f"{family}-{size}-{variant:02}"
            if number not in taken:
                break
        taken.add(number)
        wanted.append((number, f"{name} {size}, variant {variant}", source.choice(packs)))
    return wanted
