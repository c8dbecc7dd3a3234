"""Fields of certificates: from text laid out by hand, and from PDFs typeset here."""

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import reading as benchmark
from portal.reading import Page, Reading, Run, UnreadableError, pages_of, read_certificate, scanned
from portal.reading.standards import code_of

LINE = 14


def page(*lines, number=1):
    """A page of lines; a line is a text or a row of (left, text)."""
    runs = []
    for at, line in enumerate(lines):
        for left, text in [(60, line)] if isinstance(line, str) else line:
            top = 60 + at * LINE
            runs.append(Run(text, left, top, left + 6 * len(text), top + 11))
    return Page(number, 595, 842, tuple(runs))


def values(*pages, **more):
    return {name: each.value for name, each in read_certificate(pages, **more).found.items()}


def test_a_sentence_from_one_day_to_another():
    for text in (
        "This certificate is valid from 3 November 2026 until 2 November 2029",
        "Gültig vom 03.11.2026 bis 02.11.2029",
        "Valable du 3 novembre 2026 au 2 novembre 2029",
        "Valido dal 03/11/2026 al 02/11/2029",
        "Válido desde el 3 de noviembre de 2026 hasta el 2 de noviembre de 2029",
        "Ważny od 03.11.2026 do 02.11.2029",
        "Giltigt från 2026-11-03 till 2029-11-02",
        "Platný od 3. 11. 2026 do 2. 11. 2029",
        "有效期: 颁发日期 2026年11月3日 至 2029年11月2日",
    ):
        found = values(page(text))
        assert (found["issued_on"], found["valid_until_on"]) == ("2026-11-03", "2029-11-02"), text


def test_a_chinese_certificate():
    found = values(
        page(
            "质量管理体系认证证书",
            "GB/T 19001-2016 / ISO 9001:2015",
            "证书编号: 00126Q30912R1M",
            "认证范围: 铝合金压铸件的生产和机械加工",
            "颁发日期: 2026年11月3日",
            "有效期至: 2029年11月2日",
            "认可: CNAS C001-M",
        )
    )
    assert found["standard"] == "ISO 9001:2015"
    assert found["number"] == "00126Q30912R1M"
    assert (found["issued_on"], found["valid_until_on"]) == ("2026-11-03", "2029-11-02")


def test_a_day_of_the_first_approval_or_of_printing_is_neither():
    found = values(
        page(
            "Original approval: 4 May 2011",
            "Current issue date: 3 November 2026",
            "Expiry date: 2 November 2029",
            "Printed on: 5 December 2026",
        )
    )
    assert (found["issued_on"], found["valid_until_on"]) == ("2026-11-03", "2029-11-02")


def test_days_under_their_headings_and_two_days_without_any_word():
    heads = [(60, "Certificate No."), (220, "Issue date"), (400, "Expiry date")]
    below = [(60, "FS 712345"), (220, "03.11.2026"), (400, "02.11.2029")]
    found = values(page(heads, below))
    assert (found["number"], found["issued_on"], found["valid_until_on"]) == (
        *("FS 712345", "2026-11-03", "2029-11-02"),
    )
    bare = values(page("ISO 9001", "03.11.2026", "02.11.2029"))
    assert (bare["issued_on"], bare["valid_until_on"]) == ("2026-11-03", "2029-11-02")
    assert "valid_until_on" not in values(page("ISO 9001", "03.11.2026"))


def test_an_open_order_is_settled_by_whole_years_or_shown():
    settled = read_certificate([page("Issued on 03/11/2026", "Valid until 02/11/2029")]).found
    assert (settled["issued_on"].value, settled["issued_on"].other) == ("2026-11-03", "")
    american = values(page("Issue date: 11/03/2026", "Expiry date: 11/25/2029"))
    assert american["issued_on"] == "2026-11-03"
    shown = read_certificate([page("Valid until 03/11/2029")]).found["valid_until_on"]
    assert (shown.value, shown.other) == ("2029-11-03", "2029-03-11")


def test_the_iatf_number_counts_before_the_bodys_own_and_a_standard_is_no_number():
    found = values(page("IATF 16949:2016", "Certificate no. 111 222 333", "IATF certificate number: 0498813"))
    assert found["number"] == "0498813"
    assert "number" not in values(page("Certificate ISO 9001:2015", "Certificate number"))


def test_accreditation_that_stands_elsewhere_is_not_made_up():
    row = [(60, "Accreditation"), (220, "see annex, page 2")]
    assert "accreditation" not in values(page("IATF 16949:2016", row))
    annex = page("Annex", "Accredited by DAkkS, D-ZM-14143-01-00", number=2)
    found = read_certificate([page("IATF 16949:2016", row), annex]).found["accreditation"]
    assert (found.value, found.page) == ("DAkkS D-ZM-14143-01-00", 2)


def test_insurance_and_kinds_of_the_organisations_own():
    assert values(page("Certificate of insurance"))["standard"] == "Insurance"
    assert values(page("TISAX label, level 2"), own_kinds=["TISAX"])["standard"] == "TISAX"
    assert [code_of(each) for each in ("DIN EN ISO 9001:2015", "AS9100 D", "ISO/TS 16949", "Menu")] == [
        *("ISO 9001", "AS9100", "IATF 16949", "")
    ]


def test_a_value_is_shown_where_it_stands_and_survives_being_kept():
    reading = read_certificate([page("Nothing", "Valid until: 2 November 2029")])
    found = reading.found["valid_until_on"]
    left, top, width, height = found.box
    assert (found.page, found.quote) == (1, "2 November 2029")
    assert (left, top, width, height) == (232, 88, 151, 13)
    assert Reading.of_kept(reading.kept()).found == reading.found


@pytest.mark.parametrize(
    "paper", list(benchmark.papers(10, seed=3)), ids=lambda p: f"{p.language}-{p.layout}"
)
def test_typeset_certificates_are_read_without_a_mistake(paper):
    assert benchmark.mistakes(paper) == {}


def test_what_is_no_pdf_is_refused_and_a_hostile_one_breaks_only_its_reader(tmp_path):
    file = tmp_path / "not.pdf"
    file.write_bytes(b"%PDF-1.7\nnothing of it")
    with pytest.raises(UnreadableError):
        pages_of(file)
    child = Path(scanned.__file__).with_name("pdf_child.py")
    source = child.read_text(encoding="utf-8").replace("SECONDS = 20", "SECONDS = 1")
    busy = tmp_path / "busy.py"
    busy.write_text(source.replace("    import pypdfium2", "    while True: pass\n    import pypdfium2"))
    assert subprocess.run([sys.executable, "-I", str(busy), str(file), ""], check=False).returncode != 0


def test_lines_of_a_scan_come_from_its_words():
    head = "level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext"
    rows = [
        "1\t1\t0\t0\t0\t0\t0\t0\t1654\t2339\t-1\t",
        "5\t1\t1\t1\t1\t1\t200\t300\t100\t30\t96\tValid",
        "5\t1\t1\t1\t1\t2\t310\t300\t120\t30\t95\tuntil",
        "5\t1\t1\t1\t1\t3\t440\t298\t200\t34\t91\t02.11.2029",
        "5\t1\t1\t1\t2\t1\t200\t400\t100\t30\t12\t~~",
    ]
    (line,) = scanned.lines_of("\n".join([head, *rows]), 595.0)
    assert line[0] == "Valid until 02.11.2029"
    assert [round(side) for side in line[1:]] == [72, 107, 230, 119]
