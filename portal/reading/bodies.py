"""Who issues certificates, and whose accreditation they carry."""

import re

# As they call themselves, longest first where one name is part of another.
_BODIES = (
    *("TÜV SÜD", "TÜV Rheinland", "TÜV NORD", "TÜV Austria", "TÜV Thüringen", "TÜV Hessen", "TUV SUD"),
    *(
        "TUV Rheinland",
        "TUV NORD",
        "DEKRA Certification",
        "DEKRA",
        "DQS",
        "DNV GL",
        "DNV",
        "Det Norske Veritas",
    ),
    *(
        "SGS",
        "BSI",
        "British Standards Institution",
        "Bureau Veritas",
        "Lloyd's Register",
        "LRQA",
        "Intertek",
    ),
    *("RINA", "AENOR", "AFNOR Certification", "AFNOR", "Kiwa", "NQA", "CQC", "CQM", "UTAC", "Certiquality"),
    *(
        "IMQ",
        "CSQ",
        "DAS Certification",
        "QMI-SAI",
        "SAI Global",
        "ABS Quality Evaluations",
        "NSF",
        "Smithers",
    ),
    *("Eagle Registrations", "Perry Johnson Registrars", "Performance Review Institute", "PRI Registrar"),
    *("Quality Austria", "SQS", "PCBC", "Polskie Centrum Badań i Certyfikacji", "EZÚ", "CQS", "VÚZ", "SIQ"),
    *("RISE", "Svensk Certifiering", "Intertek Semko", "Inspecta", "JQA", "KSR", "KTR", "TSE", "URS", "QAS"),
    *("China Quality Certification Centre", "ISOQAR", "Alcumus", "CERTO", "OQS", "IGCert", "QSCert", "3EC"),
)
_KNOWN = re.compile(
    r"(?<!\w)(" + "|".join(map(re.escape, sorted(_BODIES, key=len, reverse=True))) + r")(?!\w)"
)
_FORM = (
    r"GmbH|AG|SE|Ltd\.?|Limited|Inc\.?|LLC|PLC|S\.?p\.?A\.?|S\.?r\.?l\.?|S\.?A\.?S?\.?|S\.?L\.?|AB|AS|A/S|Oy|B\.?V\.?"
    r"|sp\. z o\.\s?o\.|s\.\s?r\.\s?o\.|a\.\s?s\.|Kft\.?|A\.Ş\.|Co\.|Services|Institute|Center|Centre"
)
# A company whose trade is to certify, by its own name.
_LOOKS_LIKE = re.compile(
    r"\b(?:certifications?|certificering|zertifizierung\w*|certificazione|certificación|certyfikacj\w+|insurance"
    r"|certifikace|quality (?:services|assurance|register)|registrars?|register|cert|assurances?"
    r"|versicherung\w*|ubezpiecze\w*|försäkring\w*|assicurazion\w*|laborator\w+)\b.*?\b(?:"
    + _FORM
    + r")(?=\W|$)"
    r"|认证.{0,12}公司",
    re.IGNORECASE,
)
_MARKS = (
    *(
        "DAkkS",
        "UKAS",
        "ANAB",
        "COFRAC",
        "ACCREDIA",
        "ENAC",
        "PCA",
        "SWEDAC",
        "RvA",
        "CNAS",
        "ČIA",
        "CIA",
        "SNAS",
    ),
    *(
        "NAH",
        "RENAR",
        "TÜRKAK",
        "IPAC",
        "FINAS",
        "DANAK",
        "Akkreditierung Austria",
        "SAS",
        "JAB",
        "KAB",
        "A2LA",
    ),
    *("IAS", "NABCB", "EAK"),
)
_MARK = re.compile(r"(?<!\w)(" + "|".join(map(re.escape, _MARKS)) + r")(?!\w)")
# What follows a mark: "D-ZM-14143-01-00", "SGQ N° 001A", "01/C-SC012", "AC 024", "0008".
_CODE = re.compile(
    r"\s*[-–:,/(]?\s*(?:nr\.?|no\.?|n°|nº|č\.|number)?\s*[:.]?\s*"
    r"(?P<code>D-[A-Z]{1,2}-\d{5}-\d\d-\d\d|(?:[A-Z]{1,4}[\s-]?)?(?:N°\s*)?(?:[A-Z]{1,3}[\s-]?)?\d{1,6}[A-Z]?(?:[-/][A-Z\d]+)*)",
    re.IGNORECASE,
)
_GERMAN_CODE = re.compile(r"\bD-[A-Z]{1,2}-\d{5}-\d\d-\d\d\b")


def known_body(text: str) -> re.Match[str] | None:
    return _KNOWN.search(text)


def looks_like_body(text: str) -> bool:
    return len(text) < 120 and _LOOKS_LIKE.search(text) is not None


def accreditation_in(text: str) -> tuple[str, int, int] | None:
    """Find a mark with its code: (as written here, start, end)."""
    if found := _GERMAN_CODE.search(text):
        return f"DAkkS {found[0]}", found.start(), found.end()
    for mark in _MARK.finditer(text):
        code = _CODE.match(text, mark.end())
        if code:
            return " ".join(f"{mark[1]} {code['code']}".split()), mark.start(), code.end()
    return None


def mark_in(text: str) -> re.Match[str] | None:
    """Find a mark that stands there without a code."""
    return _MARK.search(text)
