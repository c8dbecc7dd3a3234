"""How many fields of certificates are read right: PDFs in several languages and layouts, with right answers.

PYTHONPATH=. python benchmarks/reading.py [count] [-v] [--scans LANGUAGES]

With --scans the same PDFs are made into pictures, as a scanner does, and read by tesseract (eng+deu).
"""

import argparse
import random
import tempfile
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

from portal.reading import Reading, pages_of, read_certificate
from portal.sample.papers import LANGUAGES, Paper, pdf
from portal.sample.papers.paper import LAYOUTS
from tests.factories import files

COUNT = 200
_BODIES = {
    "en": ("Halden Quality Register Ltd", "UKAS 0087"),
    "de": ("Rhein Quality Services GmbH", "DAkkS D-ZM-14143-01-00"),
    "fr": ("Loire Certification SAS", "COFRAC 4-0572"),
    "es": ("Ebro Certificación S.L.", "ENAC 14/C-SC031"),
    "it": ("Adda Certificazione S.r.l.", "ACCREDIA 071A"),
    "pl": ("Wisła Cert sp. z o.o.", "PCA AC 118"),
    "sv": ("Mälar Certification AB", "SWEDAC 1672"),
    "cs": ("Vltava Certifikace s.r.o.", "ČIA 3104"),
}
_SCOPES = {
    "en": "Manufacture and heat treatment of forged steel parts for drive systems and pumps",
    "de": "Herstellung von Präzisionsdrehteilen und Baugruppen für die Antriebstechnik, ohne Produktentwicklung",
    "fr": "Fonderie sous pression et usinage de pièces en aluminium pour l’industrie automobile",
    "es": "Fabricación y mecanizado de piezas forjadas para transmisiones industriales",
    "it": "Produzione di getti in ghisa e lavorazioni meccaniche per conto terzi",
    "pl": "Produkcja odlewów aluminiowych i obróbka mechaniczna dla przemysłu maszynowego",
    "sv": "Tillverkning av gjutgods och maskinbearbetning av komponenter till drivsystem",
    "cs": "Výroba a povrchová úprava kovových dílů pro pohonné systémy a čerpadla",
}
_STANDARDS = ("ISO 9001:2015", "IATF 16949:2016", "ISO 14001:2015", "ISO 45001:2018", "ISO 13485:2016")
_NUMBERS = (
    lambda chance: f"{chance.randint(0, 999999):07}",
    lambda chance: f"QM {chance.randint(10, 99)} {chance.randint(100, 999)} {chance.randint(10000, 99999)}",
    lambda chance: f"FS {chance.randint(100000, 999999)}",
    lambda chance: f"{chance.randint(2020, 2026)}/{chance.randint(10, 9999):04}-AQ",
    lambda chance: f"IT{chance.randint(100000, 999999)}-{chance.randint(1, 9)}",
)


def papers(count: int, seed: int = 7) -> Iterator[Paper]:
    """Every language in every layout in turn; numbers, days and the rest by chance that repeats."""
    chance = random.Random(seed)
    pairs = [(language, layout) for language in LANGUAGES for layout in LAYOUTS]
    for at in range(count):
        language, layout = pairs[at % len(pairs)]
        body, mark = _BODIES[language]
        issued_on = date(2024, 1, 1) + timedelta(days=chance.randrange(1000))
        yield Paper(
            standard=chance.choice(_STANDARDS),
            number=chance.choice(_NUMBERS)(chance),
            body=body,
            company="Kessler Präzision GmbH",
            sites=("Industriestraße 14, 73430 Aalen",),
            scope=_SCOPES[language],
            issued_on=issued_on,
            valid_until_on=issued_on.replace(year=issued_on.year + 3, day=min(issued_on.day, 28))
            - timedelta(days=chance.choice((0, 1))),
            accreditation=mark if chance.random() < 0.8 else "",
            first_on=issued_on - timedelta(days=chance.randrange(2000, 4000)) if at % 2 else None,
            language=language,
            layout=layout,
            short_days=chance.random() < 0.5,
        )


def answers(paper: Paper) -> dict[str, str]:
    return {
        "standard": paper.standard,
        "number": paper.number,
        "issuing_body": paper.body,
        "accreditation": paper.accreditation,
        "scope": paper.scope,
        "issued_on": paper.issued_on.isoformat(),
        "valid_until_on": paper.valid_until_on.isoformat(),
    }


def read(paper: Paper, scans: str = "") -> Reading:
    content = pdf(paper)
    with tempfile.NamedTemporaryFile(suffix=".pdf") as file:
        file.write(files.scan(content) if scans else content)
        file.flush()
        return read_certificate(pages_of(Path(file.name), languages=scans))


def mistakes(paper: Paper, scans: str = "") -> dict[str, tuple[str, str]]:
    """Give the fields that were read wrong, as (right, read)."""
    found = read(paper, scans).found
    right = answers(paper)
    return {
        name: (value, said)
        for name, value in right.items()
        if (said := found[name].value if name in found else "") != value
    }


def main(count: int, scans: str) -> list[str]:
    wrong: Counter[str] = Counter()
    total, without = 0, 0
    shown: list[str] = []
    for paper in papers(count):
        found = mistakes(paper, scans)
        total, without = total + 1, without + (not found)
        wrong.update(found.keys())
        shown += [
            f"  {paper.language} {paper.layout}: {name}: {right!r} read as {said!r}"
            for name, (right, said) in found.items()
        ]
    print(f"{total} certificates, {len(LANGUAGES)} languages, {len(LAYOUTS)} layouts")
    for name in answers(next(papers(1))):
        print(f"  {name:<16}{100 * (total - wrong[name]) / total:6.1f} %")
    print(f"  {'all fields right':<16}{100 * without / total:6.1f} %")
    return shown


def command() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("count", type=int, nargs="?", default=COUNT)
    parser.add_argument("-v", action="store_true", help="say what was read wrong")
    parser.add_argument("--scans", default="", metavar="LANGUAGES", help="as tesseract names them: eng+deu")
    given = parser.parse_args()
    shown = main(given.count, given.scans)
    if given.v:
        print("\n".join(shown[:60]))


if __name__ == "__main__":
    command()
