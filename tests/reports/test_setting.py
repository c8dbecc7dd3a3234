"""Documents as people get them: what was typed stays text, nothing is fetched, nothing runs for ever."""

import io
from datetime import UTC, datetime

import pikepdf
import pypdfium2
import pytest
from PIL import Image

from portal import charts, reports
from portal.reports import setting

AT = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
HOSTILE = (
    '#import "@preview/cetz:0.3.0": *\n#image("https://evil.test/x.png") *bold* $x$ \\ #{while true {}} @ref'
    ' <label> `raw` // comment /* and */ "quotes" #read("/etc/passwd")'
)


def text_of(content):
    document = pypdfium2.PdfDocument(content)
    return "\n".join(page.get_textpage().get_text_bounded() for page in document)


def values(**given):
    """A small 8D; what a test is about comes on top."""
    words = dict.fromkeys(
        ("page", "of", "what", "criteria", "photos", "evidence", "root", "decided", "signature"), "w"
    )
    lists = ("chips", "criteria", "found_heads", "found", "photos", "disciplines", "decisions")
    return {
        **dict.fromkeys(("head", "foot", "warning", "description"), ""),
        **{name: [] for name in lists},
        "language": "en",
        "kind": "8D report",
        "number": "SCAR-1",
        "title": "Pores",
        "facts": [["Part", "GH-220"]],
        "decision_heads": ["a", "b", "c", "d"],
        "words": words,
        **given,
    }


def metadata(content):
    with pikepdf.open(io.BytesIO(content)) as pdf:
        with pdf.open_metadata() as found:
            promises = (found.get("pdfaid:part"), found.get("pdfaid:conformance"), found.get("pdfuaid:part"))
        return promises, bool(pdf.Root.MarkInfo.Marked), str(pdf.Root.Lang), str(pdf.docinfo.get("/Title"))


async def test_a_document_keeps_the_promises_of_an_archive_and_of_screen_readers():
    content = await reports.pdf("eight_d.typ", values(description="一个孔 ć Ж Ω → ≤"), at=AT)
    assert metadata(content) == (("2", "A", "1"), True, "en", "SCAR-1, Pores")
    assert "一个孔 ć Ж Ω → ≤" in text_of(content)
    assert await reports.pdf("eight_d.typ", values(description="一个孔 ć Ж Ω → ≤"), at=AT) == content


async def test_pdf_fetch():
    """What was typed is shown as typed; no address is asked, no file is read, no package is looked for."""
    content = await reports.pdf("eight_d.typ", values(description=HOSTILE, title="#panic() = *x*"), at=AT)
    shown = " ".join(text_of(content).replace("\u200b", "").replace("\ufffe", "").split())
    pieces = ('#import "@preview/cetz:0.3.0": *', "#{while true {}}", "*bold* $x$", '#read("/etc/passwd")')
    assert [piece for piece in pieces if piece not in shown] == []
    assert "#panic() = *x*" in shown
    assert metadata(content)[0] == ("2", "A", "1")


async def test_signs_that_no_font_draws_cost_the_promise_and_nothing_else():
    content = await reports.pdf("eight_d.typ", values(description="Pores 𓀀 here"), at=AT)
    promises, is_tagged, _language, _title = metadata(content)
    assert promises == (None, None, None)
    assert is_tagged
    assert "here" in text_of(content)
    assert "cannot be drawn here and show as boxes" in " ".join(text_of(content).split())
    plain = await reports.pdf("eight_d.typ", values(description="Pores"), at=AT)
    assert "boxes" not in text_of(plain)
    theirs = await reports.pdf("eight_d.typ", values(description="기공", language="de"), at=AT)
    assert "erscheinen als Kästchen" in " ".join(text_of(theirs).split())


async def test_a_word_without_an_end_stays_on_the_page():
    content = await reports.pdf("eight_d.typ", values(description="W" * 3000, title="T" * 200), at=AT)
    page = pypdfium2.PdfDocument(content)[0]
    text = page.get_textpage()
    right = max(text.get_charbox(at)[2] for at in range(0, text.count_chars(), 7))
    assert right < page.get_width() - 40


async def test_a_wrong_template_and_one_that_never_ends_are_said(monkeypatch, tmp_path):
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents" / "wrong.typ").write_text("#nothing")
    (tmp_path / "documents" / "endless.typ").write_text("#for a in range(1000000000) { a }")
    monkeypatch.setattr(setting, "HERE", tmp_path)
    monkeypatch.setattr(setting, "_SECONDS", 1)
    with pytest.raises(reports.ReportError, match="unknown variable"):
        await reports.pdf("wrong.typ", {})
    with pytest.raises(reports.ReportError, match="more than 1 s"):
        await reports.pdf("endless.typ", {})
    with pytest.raises(ValueError, match="not ours"):
        await reports.pdf("../wrong.typ", {})


async def test_a_figure_becomes_a_picture_in_the_colours_of_the_portal():
    figure = charts.pareto([("Porosity <b>", 34), ("Other", 3)], label="Defects")
    picture = await reports.png_of(figure, dpi=72)
    with Image.open(io.BytesIO(picture)) as drawn:
        assert drawn.format == "PNG"
        colours = {colour for _count, colour in drawn.convert("RGB").getcolors(1_000_000)}
    assert (0x2D, 0x46, 0xBF) in colours  # the accent of what makes the first 80 %
    with pytest.raises(ValueError, match="no figure"):
        reports.on_paper(charts.pareto([], label="Defects"))
