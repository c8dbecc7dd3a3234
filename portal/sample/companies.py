"""The made-up suppliers: who they are, what they deliver, and how well they do by nature.

``level`` 1 to 4 is roughly the band they belong to (A to D); ``pace`` is order lines a month; ``to`` says
which plants they deliver to. A ``story`` (see stories.py) replaces part of what the level would give.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import cache

from portal.sample.house import GDANSK, LULEA, QUERETARO, Plant

Routes = tuple[tuple[Plant, float], ...]

NORTH: Routes = ((LULEA, 1.0),)
BALTIC: Routes = ((LULEA, 0.55), (GDANSK, 0.45))
SOUTH: Routes = ((GDANSK, 0.75), (LULEA, 0.25))
AMERICAS: Routes = ((QUERETARO, 1.0),)
WORLD: Routes = ((LULEA, 0.4), (GDANSK, 0.3), (QUERETARO, 0.3))


@dataclass(frozen=True, slots=True)
class Company:
    number: str
    name: str
    country: str
    city: str
    address: str
    commodity: str
    level: int
    pace: float
    to: Routes
    story: str = ""

    @property
    def domain(self) -> str:
        return f"{slug(self.name)}.example"

    @property
    def time_zone(self) -> str:
        return CITY_ZONES.get(self.city) or ZONES[self.country]


# fmt: off
COMPANIES = (
    Company("100015", "Nordgjut", "SE", "Västerås", "Gjutargatan 3, 721 30", "CAST", 2, 16, NORTH, "rose"),
    Company("100128", "Skelleälvens Mekaniska", "SE", "Skellefteå", "Svarvarvägen 11, 931 36", "MACH", 1, 17, NORTH, "our_fault"),
    Company("100231", "Bottenvikens Elektronik", "SE", "Luleå", "Varvsgatan 40, 972 32", "ELEC", 1, 13, NORTH),
    Company("100290", "Norrträ Emballage", "SE", "Piteå", "Sågverksvägen 9, 941 43", "PACK", 2, 11, NORTH),
    Company("100344", "Ytbehandling Älvsbyn", "SE", "Älvsbyn", "Industrigatan 6, 942 36", "PLAT", 2, 5, NORTH, "undefined"),
    Company("100377", "Aludruck Weber", "DE", "Lüdenscheid", "Gießereiweg 5, 58507", "CAST", 2, 18, BALTIC, "no_defects"),
    Company("100402", "Kemijoen Valu", "FI", "Kemi", "Valimotie 2, 94100", "CAST", 1, 14, NORTH),
    Company("100456", "Lapuanjoen Konepaja", "FI", "Lapua", "Pajakatu 17, 62100", "MACH", 2, 12, NORTH),
    Company("100533", "Bolt & Sons", "GB", "Sheffield", "18 Effingham Row, S9 3TD", "FAST", 2, 21, BALTIC, "safety"),
    Company("100577", "Meridian Plating", "GB", "Walsall", "4 Canal Wharf, WS2 8QT", "PLAT", 4, 12, BALTIC, "on_hold"),
    Company("100610", "Fonderie Duval", "FR", "Saint-Étienne", "27 rue des Mouleurs, 42000", "CAST", 2, 25, SOUTH, "slipped"),
    Company("100701", "Shenzhen Haoyu Motors", "CN", "Shenzhen", "深圳市宝安区福永街道兴业路 88 号", "ELEC", 3, 23, WORLD, "worsening"),
    Company("100819", "Precisie van Dam", "NL", "Eindhoven", "Draaierstraat 21, 5617 AB", "MACH", 1, 13, BALTIC),
    Company("100942", "Kessler Präzision", "DE", "Aalen", "Industriestraße 14, 73430", "MACH", 1, 19, BALTIC, "perfect"),
    Company("101077", "Fonderia Valdorsa", "IT", "Brescia", "Via dei Fonditori 33, 25128", "CAST", 2, 16, SOUTH),
    Company("101208", "Odlewnia Wierchomla", "PL", "Nowy Sącz", "ul. Hutnicza 8, 33-300", "CAST", 3, 15, SOUTH),
    Company("101260", "Harlan Creek Machining", "US", "Dayton", "2210 Harlan Creek Rd, OH 45404", "MACH", 1, 12, AMERICAS),
    Company("101333", "Schmiede Ennsblick", "AT", "Steyr", "Hammerweg 7, 4400", "FORG", 1, 11, BALTIC),
    Company("101411", "Forjas Aldaieta", "ES", "Eibar", "Calle Yunque 14, 20600", "FORG", 2, 13, SOUTH),
    Company("101555", "Shinonome Seikō", "JP", "Nagoya", "愛知県名古屋市港区入船 2-4-6", "MACH", 1, 12, WORLD),
    Company("101690", "Tatra Forge", "SK", "Poprad", "Kováčska 22, 058 01", "FORG", 2, 16, SOUTH),
    Company("101776", "Sakarya Döküm", "TR", "Adapazarı", "Dökümcüler Cad. 19, 54050", "CAST", 2, 17, SOUTH),
    Company("101845", "Feinguss Hollerbach", "DE", "Hagen", "Am Schmelzofen 3, 58091", "CAST", 1, 13, BALTIC),
    Company("101932", "Carpathia Metal", "RO", "Brașov", "Strada Forjei 5, 500269", "FORG", 2, 17, SOUTH, "recovering"),
    Company("102018", "Strojírna Hůrka", "CZ", "Vsetín", "Soustružnická 310, 755 01", "MACH", 2, 14, SOUTH),
    Company("102155", "Viteria Colmera", "IT", "Lecco", "Via Filettatura 8, 23900", "FAST", 1, 14, SOUTH),
    Company("102240", "Ratnavan Forge", "IN", "Pune", "Plot 41, Anvil Estate, 411019", "FORG", 2, 11, WORLD),
    Company("102331", "Kuźnia Czarnolas", "PL", "Radom", "ul. Kowalska 41, 26-600", "FORG", 1, 14, SOUTH),
    Company("102499", "Kovárna Třešňovka", "CZ", "Ostrava", "Kovářská 15, 702 00", "FORG", 3, 13, SOUTH),
    Company("102613", "Bakonyalja Öntöde", "HU", "Veszprém", "Öntő utca 12, 8200", "CAST", 3, 14, SOUTH),
    Company("102688", "Piñon Ridge Controls", "US", "Tucson", "815 E Piñon Ridge Dr, AZ 85706", "ELEC", 2, 11, AMERICAS),
    Company("102760", "Lindhorst Oberflächen", "DE", "Solingen", "Verzinkerstraße 16, 42651", "PLAT", 1, 10, BALTIC),
    Company("102874", "Usinage Valombre", "FR", "Cluses", "9 impasse du Tour, 74300", "MACH", 1, 13, SOUTH),
    Company("102942", "Ningbo Qinglan Fasteners", "CN", "Ningbo", "宁波市镇海区青岚路 26 号", "FAST", 2, 15, WORLD),
    Company("103012", "Fundición Peñas Rojas", "MX", "Saltillo", "Av. de los Moldeadores 120, 25290", "CAST", 2, 14, AMERICAS),
    Company("103054", "Galwano Brzeźnica", "PL", "Mielec", "ul. Cynkowa 3, 39-300", "PLAT", 2, 11, SOUTH),
    Company("103137", "Yıldıztepe Cıvata", "TR", "Bursa", "Vidacılar Sok. 27, 16140", "FAST", 2, 13, SOUTH),
    Company("103266", "Galvanovna Břežany", "CZ", "Jihlava", "Lázeňská 44, 586 01", "PLAT", 2, 10, SOUTH),
    Company("103402", "Mecanizados Urdalde", "ES", "Vitoria-Gasteiz", "Calle Fresadores 6, 01013", "MACH", 3, 13, SOUTH),
    Company("103519", "Steuertechnik Elbaue", "DE", "Pirna", "Platinenweg 10, 01796", "ELEC", 1, 12, BALTIC),
    Company("103590", "Maquinados Peñamiller", "MX", "Querétaro", "Calle del Torno 58, 76246", "MACH", 1, 14, AMERICAS),
    Company("103688", "Suzhou Lanting Electronics", "CN", "Suzhou", "苏州市吴中区兰亭街 15 号", "ELEC", 2, 14, WORLD),
    Company("103777", "Zhushan Precision Screws", "TW", "Kaohsiung", "高雄市岡山區竹杉路 72 號", "FAST", 1, 12, WORLD),
    Company("103871", "Décolletage Arvelle", "FR", "Thyez", "140 route des Alésoirs, 74300", "FAST", 2, 12, SOUTH),
    Company("103945", "Hoshizora Denshi", "JP", "Suwa", "長野県諏訪市星空町 3-1", "ELEC", 1, 11, WORLD),
    Company("104088", "Moorkamp Verpackung", "DE", "Bremen", "Torfkanal 18, 28357", "PACK", 1, 10, BALTIC),
    Company("104150", "Empaques Tolimán", "MX", "Querétaro", "Blvd. Cartonero 301, 76220", "PACK", 1, 10, AMERICAS, "month_end"),
    Company("104255", "Göksu Talaşlı İmalat", "TR", "Konya", "Tornacılar Sitesi 4, 42070", "MACH", 3, 13, SOUTH),
    Company("104388", "Cromados Xoconoxtle", "MX", "Celaya", "Calle Niquelado 17, 38010", "PLAT", 4, 11, AMERICAS),
    Company("104417", "Acme Castings", "PL", "Tarnów", "ul. Odlewnicza 12, 33-100", "CAST", 2, 28, NORTH, "acme"),
    Company("104561", "Haneulbit Electronics", "KR", "Gumi", "경상북도 구미시 하늘빛로 64", "ELEC", 2, 12, WORLD),
    Company("104693", "Imballaggi Torrechiara", "IT", "Parma", "Via del Cartone 2, 43122", "PACK", 1, 10, SOUTH),
    Company("104699", "Gießerei Altmühlgrund", "DE", "Treuchtlingen", "Sandgasse 1, 91757", "CAST", 3, 12, BALTIC, "exited"),
    Company("104802", "Dalian Beihe Castings", "CN", "Dalian", "大连市金州区北河路 9 号", "CAST", 3, 14, WORLD),
    Company("104970", "Nilavalli Castings", "IN", "Coimbatore", "7 Foundry Cross, 641021", "CAST", 3, 13, WORLD),
    Company("105120", "Śruby Narewka", "PL", "Białystok", "ul. Składowa 27, 15-399", "FAST", 2, 118, BALTIC),
    Company("105215", "Electrónica Xichú", "MX", "San Luis Potosí", "Eje 122 núm. 45, 78395", "ELEC", 2, 12, AMERICAS),
    Company("105340", "Parafusos do Lima", "PT", "Braga", "Rua da Rosca 30, 4705-319", "FAST", 1, 12, SOUTH),
    Company("105561", "Changzhou Yunqi Machining", "CN", "Changzhou", "常州市武进区云栖路 131 号", "MACH", 2, 13, WORLD),
    Company("105877", "Opakowania Drużno", "PL", "Elbląg", "ul. Nabrzeżna 5, 82-300", "PACK", 1, 11, SOUTH),
    Company("105990", "Lone Mesa Packaging", "US", "Laredo", "600 Mesa Loop, TX 78045", "PACK", 1, 10, AMERICAS),
    Company("106310", "Elektronika Wdzydze", "PL", "Gdynia", "ul. Obwodowa 14, 81-537", "ELEC", 2, 13, SOUTH),
    Company("106455", "Pakuotė Nevėžis", "LT", "Kaunas", "Dėžučių g. 8, 47165", "PACK", 2, 10, BALTIC),
    Company("106802", "Kurogane Tanzō", "JP", "Hamamatsu", "静岡県浜松市中央区鍛冶町 5-12", "FORG", 2, 1, WORLD, "three_lines"),
    Company("107004", "Zenit Toolworks", "EE", "Tartu", "Tööriista 11, 50107", "MACH", 2, 0, BALTIC, "never"),
)
# fmt: on

ZONES = {
    "AT": "Europe/Vienna",
    "CN": "Asia/Shanghai",
    "CZ": "Europe/Prague",
    "DE": "Europe/Berlin",
    "EE": "Europe/Tallinn",
    "ES": "Europe/Madrid",
    "FI": "Europe/Helsinki",
    "FR": "Europe/Paris",
    "GB": "Europe/London",
    "HU": "Europe/Budapest",
    "IN": "Asia/Kolkata",
    "IT": "Europe/Rome",
    "JP": "Asia/Tokyo",
    "KR": "Asia/Seoul",
    "LT": "Europe/Vilnius",
    "MX": "America/Mexico_City",
    "NL": "Europe/Amsterdam",
    "PL": "Europe/Warsaw",
    "PT": "Europe/Lisbon",
    "RO": "Europe/Bucharest",
    "SE": "Europe/Stockholm",
    "SK": "Europe/Bratislava",
    "TR": "Europe/Istanbul",
    "TW": "Asia/Taipei",
    "US": "America/Chicago",
}
CITY_ZONES = {"Dayton": "America/New_York", "Tucson": "America/Phoenix", "Saltillo": "America/Monterrey"}

_WITHOUT_PARTS = str.maketrans({"ł": "l", "Ł": "L", "ı": "i", "ß": "ss", "ø": "o", "đ": "d"})


@cache
def slug(text: str) -> str:
    """Such as "sruby-narewka": letters that a mail address may hold."""
    folded = unicodedata.normalize("NFKD", text.translate(_WITHOUT_PARTS)).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", folded.lower()).strip("-")
