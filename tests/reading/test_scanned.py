"""A certificate that came from a scanner has no text; tesseract reads it, where it is installed."""

from datetime import date

import pytest

from portal.commands.doctor import machine
from portal.reading import pages_of, read_certificate, scanned
from portal.sample.papers import Paper, pdf
from portal.settings import Settings
from tests.factories import files

PAPER = Paper(
    standard="ISO 9001:2015",
    number="QM 26 448 10221",
    body="Rhein Quality Services GmbH",
    company="Kessler Präzision GmbH",
    sites=("Industriestraße 14, 73430 Aalen",),
    scope="Herstellung von Präzisionsdrehteilen",
    issued_on=date(2026, 3, 1),
    valid_until_on=date(2029, 2, 28),
    language="de",
)


@pytest.fixture
def scan(tmp_path):
    path = tmp_path / "scan.pdf"
    path.write_bytes(files.scan(pdf(PAPER)))
    return path


def test_a_scan_is_read_by_tesseract_and_without_it_has_no_text(scan):
    assert pages_of(scan)[0].runs == ()
    if not {"eng", "deu"} <= scanned.languages_there():
        pytest.skip(
            "tesseract is missing; as root, apt-get install tesseract-ocr tesseract-ocr-deu enables this test"
        )
    found = read_certificate(pages_of(scan, languages="eng+deu")).found
    said = {name: found[name].value for name in ("standard", "number", "issued_on", "valid_until_on")}
    assert said == {
        "standard": PAPER.standard,
        "number": PAPER.number,
        "issued_on": "2026-03-01",
        "valid_until_on": "2029-02-28",
    }


@pytest.mark.parametrize(
    ("there", "says", "advice"),
    [
        (set(), "is not installed", "apt-get install tesseract-ocr tesseract-ocr-deu tesseract-ocr-eng."),
        ({"eng"}, "does not know deu", "apt-get install tesseract-ocr-deu."),
        ({"eng", "deu"}, "tesseract reads eng, deu", ""),
    ],
)
def test_the_doctor_says_whether_scans_can_be_read(monkeypatch, there, says, advice):
    monkeypatch.setattr(scanned, "languages_there", lambda: there)
    found = machine.findings(Settings(ocr_languages="eng+deu"))
    (finding,) = [each for each in found if each.what == "Scanned certificates"]
    assert says in finding.found
    assert advice in finding.advice
