"""The people whom Norrland writes to, with names and languages of their country."""

from dataclasses import dataclass

from portal.models.suppliers import ProcessRole
from portal.sample import chance
from portal.sample.companies import COMPANIES, Company, slug
from portal.sample.house import SIGN_INS


@dataclass(frozen=True, slots=True)
class Person:
    name: str
    email: str
    phone: str
    role: ProcessRole
    language: str


# Language, telephone prefix, then people.
NAMES: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "AT": ("de", "+43 7252", ("Lukas Pichler", "Theresa Moser", "Florian Hofer")),
    "CN": ("zh", "+86 755", ("王建国", "李秀英", "张伟明", "陈思远", "刘雨桐", "赵文博")),
    "CZ": ("cs", "+420 571", ("Jiří Dvořák", "Lenka Černá", "Tomáš Říha", "Věra Šťastná")),
    "DE": ("de", "+49 7361", ("Jana Roth", "Jürgen Köhler", "Sabine Weiß", "Matthias Lösch", "Änne Größer")),
    "EE": ("et", "+372 7", ("Mart Tõnisson", "Õie Kärner")),
    "ES": ("es", "+34 943", ("Iñaki Etxarri", "Begoña Núñez", "Álvaro Peña")),
    "FI": ("fi", "+358 16", ("Päivi Hämäläinen", "Jyrki Nyyssönen", "Aino Määttä")),
    "FR": ("fr", "+33 4 77", ("Hélène Duval", "François Lefèvre", "Anaïs Gaëtan", "Benoît Chauvière")),
    "GB": ("en", "+44 114", ("Harriet Lowe", "Graham Pike", "Imogen Shaw")),
    "HU": ("hu", "+36 88", ("Szűcs Gergő", "Fűzfa Eszter", "Őri Ádám")),
    "IN": ("en", "+91 20", ("Meera Kulkarni", "Arjun Nair", "Lakshmi Subramanian")),
    "IT": ("it", "+39 030", ("Niccolò Ferrara", "Giulia Bassi", "Matteo Gobbi", "Sofia Conti")),
    "JP": ("ja", "+81 52", ("佐藤 健一", "高橋 美咲", "渡辺 直樹", "小林 由美")),
    "KR": ("ko", "+82 54", ("김민준", "이서연", "박지훈")),
    "LT": ("lt", "+370 37", ("Žygimantas Jonaitis", "Rūta Šimkutė")),
    "MX": ("es", "+52 442", ("José Ángel Muñoz", "Lucía Ibáñez", "Ramón Güemes", "Ximena Órnelas")),
    "NL": ("nl", "+31 40", ("Daniëlle van Dam", "Joris de Wit", "Noël Visser")),
    "PL": ("pl", "+48 14", ("Małgorzata Wójcik", "Łukasz Żak", "Grażyna Świątek", "Michał Dąbrowski")),
    "PT": ("pt", "+351 253", ("João Magalhães", "Conceição Araújo")),
    "RO": ("ro", "+40 268", ("Ștefan Ionescu", "Mădălina Țurcanu", "Răzvan Bălan")),
    "SE": ("sv", "+46 910", ("Åsa Lundgren", "Björn Söderström", "Märta Öhman", "Göran Wiklund")),
    "SK": ("sk", "+421 52", ("Ľubomír Kováč", "Zuzana Hrušková", "Matúš Ďurica")),
    "TR": ("tr", "+90 264", ("Gökhan Yılmaz", "Ayşe Çelik", "İbrahim Şahin", "Büşra Öztürk")),
    "TW": ("zh", "+886 7", ("林志豪", "黃怡君")),
    "US": ("en", "+1 937", ("Dana Whitaker", "Luis Ortega", "Carol Nguyen", "Marcus Bell")),
}
# How a mail address spells them.
LATIN = {
    "王建国": "Wang Jianguo",
    "李秀英": "Li Xiuying",
    "张伟明": "Zhang Weiming",
    "陈思远": "Chen Siyuan",
    "刘雨桐": "Liu Yutong",
    "赵文博": "Zhao Wenbo",
    "佐藤 健一": "Kenichi Sato",
    "高橋 美咲": "Misaki Takahashi",
    "渡辺 直樹": "Naoki Watanabe",
    "小林 由美": "Yumi Kobayashi",
    "김민준": "Kim Minjun",
    "이서연": "Lee Seoyeon",
    "박지훈": "Park Jihun",
    "林志豪": "Lin Zhihao",
    "黃怡君": "Huang Yijun",
}
ROLES = (ProcessRole.QUALITY, ProcessRole.LOGISTICS, ProcessRole.MANAGEMENT, ProcessRole.SALES)
_ROLE_OF_TITLE = {
    "Quality, Tarnów": ProcessRole.QUALITY,
    "Managing director": ProcessRole.MANAGEMENT,
    "Quality director": ProcessRole.QUALITY,
    "Customer quality": ProcessRole.QUALITY,
}


def of_companies() -> dict[str, tuple[Person, ...]]:
    """Two or three by supplier number; whoever signs in for the supplier comes first."""
    return {company.number: tuple(_people(company)) for company in COMPANIES}


def _people(company: Company) -> list[Person]:
    source = chance.of("contacts", company.number)
    language, prefix, names = NAMES[company.country]
    people = [
        Person(one.name, one.email, _phone(prefix, at), _ROLE_OF_TITLE[one.title], language)
        for at, one in enumerate(SIGN_INS, 1)
        if one.supplier == company.number
    ]
    open_roles = [role for role in ROLES if role not in {person.role for person in people}]
    wanted = min(len(names), source.choice((2, 3, 3)))
    for name, role in zip(source.sample(names, wanted), open_roles, strict=False):
        local = slug(LATIN.get(name, name)).replace("-", ".")
        people.append(
            Person(name, f"{local}@{company.domain}", _phone(prefix, source.randint(10, 89)), role, language)
        )
    return people


def _phone(prefix: str, extension: int) -> str:
    """Numbers with 555 in them are nobody's."""
    return f"{prefix} 555 01 {extension:02}"
