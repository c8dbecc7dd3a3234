"""Which kind of certificate a document is: the standards and papers that the portal knows by name."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

_PRE = r"\b(?:DIN\s+|BS\s+|NF\s+|UNI\s+|UNE[-\s]|PN[-\s]|SS[-\s]|ČSN\s+|STN\s+|GB/T\s+|EN\s+)*"


@dataclass(frozen=True, slots=True)
class Standard:
    """A kind by its code in the portal; ``print`` writes a match as the portal does."""

    code: str
    pattern: re.Pattern[str]
    written: str
    rank: int = 0  # of two in the same size, the higher one: IATF 16949 names ISO 9001 as well


def _iso(code: str, number: str, rank: int = 0, body: str = "ISO") -> Standard:
    return Standard(
        code,
        re.compile(rf"{_PRE}{body}\s*{number}(?:\s*[:-]\s*(?P<year>(?:19|20)\d\d))?\b", re.IGNORECASE),
        code,
        rank,
    )


STANDARDS = (
    _iso("IATF 16949", "16949", 3, r"(?:IATF|ISO/TS)"),
    _iso("ISO 9001", "9001"),
    Standard(
        "AS9100",
        re.compile(r"\b(?:AS|EN|JISQ)\s*[-/]?\s*9100(?:[:\s-]*(?P<year>[A-D]\b|20\d\d))?", re.IGNORECASE),
        "AS9100",
        3,
    ),
    _iso("ISO 13485", "13485", 1),
    _iso("ISO 14001", "14001", 1),
    _iso("ISO 45001", "45001", 1),
    _iso("ISO/IEC 17025", "17025", 2, r"ISO\s*(?:/\s*IEC)?"),
    Standard("Nadcap", re.compile(r"\bNadcap\b", re.IGNORECASE), "Nadcap", 4),
    Standard(
        "RoHS / REACH",
        re.compile(r"\bRoHS\b|\bREACH\b|2011/65/EU|1907/2006"),
        "RoHS / REACH",
        1,
    ),
    Standard(
        "Conflict minerals",
        re.compile(
            r"conflict[\s-]minerals|konfliktmineral|minerais de conflit|minerales de conflicto|minerali di conflitto"
            r"|\bCMRT\b|\b3TG\b|冲突矿产",
            re.IGNORECASE,
        ),
        "Conflict minerals",
        2,
    ),
    Standard(
        "Insurance",
        re.compile(
            r"certificate of insurance|liability insurance|insurance certificate|haftpflicht|versicherungsbestätigung"
            r"|versicherungsnachweis|attestation d['’]assurance|responsabilité civile|seguro de responsabilidad"
            r"|assicurazione|polizza|ubezpieczeni|ansvarsförsäkring|försäkringsbevis|pojištění|保险",
            re.IGNORECASE,
        ),
        "Insurance",
        2,
    ),
    Standard(
        "Certificate of conformance",
        re.compile(
            r"certificate of conform(?:ance|ity)|konformitätserklärung|certificat de conformité|declaration of conformity",
            re.IGNORECASE,
        ),
        "Certificate of conformance",
    ),
    Standard(
        "Certificate of analysis",
        re.compile(
            r"certificate of analysis|analysenzertifikat|certificat d['’]analyse|EN\s*10204", re.IGNORECASE
        ),
        "Certificate of analysis",
        1,
    ),
)


@dataclass(frozen=True, slots=True)
class Named:
    code: str
    value: str  # "ISO 9001:2015"
    start: int
    end: int
    rank: int


def standards_in(text: str, own: Iterable[str] = ()) -> list[Named]:
    """Find the standards that a text names; ``own`` are further kinds, looked for as they are written."""
    found = []
    for each in STANDARDS:
        for match in each.pattern.finditer(text):
            year = match.groupdict().get("year")
            value = f"{each.written}:{year}" if year and year.isdigit() else f"{each.written}{year or ''}"
            found.append(Named(each.code, value, match.start(), match.end(), each.rank))
    known = {each.code for each in STANDARDS}
    for code in own:
        if code not in known:
            written = re.finditer(rf"(?<!\w){re.escape(code)}(?!\w)", text, re.IGNORECASE)
            found += [Named(code, code, match.start(), match.end(), 5) for match in written]
    return found


def code_of(value: str, own: Iterable[str] = ()) -> str:
    """Give the kind that a standard is of: "ISO 9001:2015" is an ISO 9001; '' for none we know."""
    found = standards_in(value, own)
    return max(found, key=lambda each: each.rank).code if found else ""
