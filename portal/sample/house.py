"""Norrland Drives: the made-up company that buys, with its plants, its commodities and who signs in."""

from dataclasses import dataclass

from portal.models.people import Role

# Long enough for the password policy; what it says is true.
PASS_PHRASE = "nothing here is real"  # noqa: S105 - printed at every start, opens nothing but sample data

NAME = "Norrland Drives AB"
SHORT_NAME = "Norrland"
TIME_ZONE = "Europe/Stockholm"
DESK_HOURS = "Weekdays 07:00 to 17:00 in Luleå"
DESK_PHONE = "+46 920 555 100"
DESK_EMAIL = "supplier.quality@norrland-drives.example"
DOMAIN = "norrland-drives.example"


@dataclass(frozen=True, slots=True)
class Plant:
    id: int
    code: str
    name: str
    country: str
    time_zone: str


LULEA = Plant(1, "LUL", "Luleå", "SE", "Europe/Stockholm")
GDANSK = Plant(2, "GDN", "Gdańsk", "PL", "Europe/Warsaw")
QUERETARO = Plant(3, "QRO", "Querétaro", "MX", "America/Mexico_City")
PLANTS = (LULEA, GDANSK, QUERETARO)

COMMODITIES = {
    "CAST": "Castings",
    "FORG": "Forgings",
    "MACH": "Machined parts",
    "ELEC": "Electronics",
    "FAST": "Fasteners",
    "PLAT": "Plating",
    "PACK": "Packaging",
}
COMMODITY_IDS = {code: number for number, code in enumerate(COMMODITIES, 1)}


AUDITOR = "Astrid Falk"


@dataclass(frozen=True, slots=True)
class SignIn:
    """Somebody who can sign in to the demo. ``supplier`` is a number; ``plants`` None means all."""

    name: str
    email: str
    role: Role
    title: str
    time_zone: str = TIME_ZONE
    supplier: str | None = None
    plants: tuple[int, ...] | None = None
    language: str = "en"


SIGN_INS = (
    SignIn("Elin Sandberg", f"elin.sandberg@{DOMAIN}", Role.QUALITY_ENGINEER, "Supplier quality, Luleå"),
    SignIn("Olle Nyström", f"olle.nystrom@{DOMAIN}", Role.BUYER, "Purchasing, Luleå"),
    SignIn("Karin Holm", f"karin.holm@{DOMAIN}", Role.QUALITY_MANAGER, "Head of supplier quality"),
    SignIn(
        "Zofia Kamińska",
        f"zofia.kaminska@{DOMAIN}",
        Role.QUALITY_ENGINEER,
        "Supplier quality, Gdańsk",
        time_zone="Europe/Warsaw",
        plants=(GDANSK.id,),
    ),
    SignIn("Gunilla Berg", f"gunilla.berg@{DOMAIN}", Role.TOP_MANAGEMENT, "Chief operating officer"),
    SignIn("Henrik Åkesson", f"henrik.akesson@{DOMAIN}", Role.ADMINISTRATOR, "Business systems"),
    SignIn(
        "Tomasz Wieczorek",
        "tomasz.wieczorek@acme-castings.example",
        Role.SUPPLIER_MEMBER,
        "Quality, Tarnów",
        time_zone="Europe/Warsaw",
        supplier="104417",
    ),
    SignIn(
        "Agnieszka Nowak",
        "agnieszka.nowak@acme-castings.example",
        Role.SUPPLIER_ADMINISTRATOR,
        "Managing director",
        time_zone="Europe/Warsaw",
        supplier="104417",
    ),
    SignIn(
        "Rita Bolt",
        "rita.bolt@bolt-sons.example",
        Role.SUPPLIER_ADMINISTRATOR,
        "Quality director",
        time_zone="Europe/London",
        supplier="100533",
    ),
    SignIn(
        "Lin Xiaomei",
        "lin.xiaomei@shenzhen-haoyu-motors.example",
        Role.SUPPLIER_MEMBER,
        "Customer quality",
        time_zone="Asia/Shanghai",
        supplier="100701",
    ),
    # Last, since numbers follow the order.
    SignIn(AUDITOR, "astrid.falk@nordic-audit.example", Role.AUDITOR, "Nordic Audit"),
)

ENGINEER, BUYER, MANAGER = (person.name for person in SIGN_INS[:3])
