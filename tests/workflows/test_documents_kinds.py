"""What may be sent is told by what a file holds, in seconds and with little memory."""

import io
import tracemalloc

import pytest

from portal.errors import BadInputError
from portal.workflows.documents import archives, checking, pdfs
from portal.workflows.documents.kinds import kind_of
from portal.workflows.documents.names import harmless
from tests.factories import files

# What tells that an archive is an Excel file.
WORKBOOK = {"[Content_Types].xml": b"<Types/>", "xl/workbook.xml": b"<workbook/>"}


def told(content, name="file"):
    return kind_of(io.BytesIO(content), name).words


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (files.pdf(), "PDF"),
        (files.photo(), "JPG photo"),
        (files.photo("PNG"), "PNG picture"),
        (files.photo("WEBP"), "WebP picture"),
        (files.xlsx(), "Excel file"),
        (files.docx(), "Word file"),
        (files.archive({"a.csv": b"x;y", "b/photo.jpg": files.photo(size=(8, 8))}), "ZIP archive"),
        ("Lot;Länge\n1;2,5\n".encode("cp1252"), "text"),
        ("\ufeffÖl".encode("utf-16"), "text"),
        (b"BMW and MZ are two makes.", "text"),
    ],
)
def test_a_type_is_told_by_content(content, words):
    assert told(content) == words


def test_the_name_decides_only_between_texts():
    assert told(b"a;b\n1;2\n", "lots.CSV") == "CSV file"
    assert told(b"a;b\n1;2\n", "lots.txt") == "text"


@pytest.mark.parametrize(
    ("content", "name", "sentence"),
    [
        (b"", "a.pdf", "empty"),
        (files.xlsx(), "report.docx", "holds something else: Excel file"),
        (files.photo(), "photo.pdf", "holds something else: JPG photo"),
        (b"\0\1\2\3" * 300, "xray-B-B.dcm", "File type .dcm is not supported"),
        (b"\0\1\2\3", "nameless", "This type of file is not supported"),
        (b"\0\0\0\x18ftypheic\0\0", "IMG_1.heic", "Export it as JPG"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0", "old.xls", "Save it as XLSX"),
        (b"MZ\x90\0\3\0\0\0", "run.pdf", "Programs"),
        (b"<html><script>alert(1)</script>", "a.txt", "HTML, SVG and XML"),
        (b"\xef\xbb\xbf  <svg xmlns='http://www.w3.org/2000/svg' onload='x'/>", "a.txt", "HTML, SVG and XML"),
        ("\ufeff<?xml version='1.0'?><a/>".encode("utf-16"), "a.txt", "HTML, SVG and XML"),
        (b"Dear all,\n<script>alert(1)</script>", "a.txt", "HTML, SVG and XML"),
        (files.photo()[:40], "cut.jpg", "damaged"),
        (b"PK\3\4 not really", "a.zip", "damaged"),
        (files.archive({"../../etc/passwd.txt": b"x"}), "a.zip", "outside its own folder"),
        (files.archive({"C:\\Windows\\x.txt": b"x"}), "a.zip", "outside its own folder"),
        (
            files.archive({"inner.zip": files.archive({"x.txt": b"x"})}),
            "a.zip",
            "archive inside this archive",
        ),
        (files.archive({"page.html": b"<p>"}), "a.zip", "may not be sent"),
        (files.archive({"run.exe": b"MZ"}), "a.zip", "may not be sent"),
        (files.docx(**{"word/vbaProject.bin": b"x"}), "a.docx", "macros"),
        (files.archive({**WORKBOOK, "xl/vbaProject.bin": b"x"}), "was.xlsx", "macros"),
        (
            files.archive(
                {**WORKBOOK, "[Content_Types].xml": b"<Types>application/vnd.ms-office.vbaProject</Types>"}
            ),
            "renamed-part.xlsx",
            "macros",
        ),
        (b"<html><script>alert(1)</script>%PDF-1.7", "a.pdf", "HTML, SVG and XML"),
        (
            files.docx(**{"word/styles.xml": b'<!DOCTYPE a [<!ENTITY b "cc">]><a>&b;</a>'}),
            "a.docx",
            "no program writes",
        ),
        (files.docx(**{"word/styles.xml": b"<!--" + b"x" * 400_000 + b"--><a/>"}), "a.docx", "damaged"),
    ],
)
def test_what_may_not_be_sent_is_refused_with_a_sentence(content, name, sentence):
    with pytest.raises(BadInputError) as refused:
        kind_of(io.BytesIO(content), name)
    assert sentence in refused.value.sentence


def test_a_member_that_is_a_link_is_refused():
    content = bytearray(files.archive({"link.txt": b"/etc/passwd"}))
    central = content.index(b"PK\1\2")
    content[central + 38 : central + 42] = (0o120777 << 16).to_bytes(4, "little")
    with pytest.raises(BadInputError, match="outside its own folder"):
        told(bytes(content))


@pytest.mark.parametrize(
    ("bomb", "sentence"),
    [
        (files.bomb, "far too large"),
        (files.large_picture, "too many"),
        (lambda: files.archive({f"{n}.txt": b"" for n in range(5001)}), "more than 5000 files"),
    ],
)
def test_bombs_are_refused_without_unpacking_them(bomb, sentence):
    content = bomb()
    assert len(content) < 3_000_000
    tracemalloc.start()
    try:
        with pytest.raises(BadInputError, match=sentence):
            told(content)
        assert tracemalloc.get_traced_memory()[1] < 12_000_000
    finally:
        tracemalloc.stop()


def test_a_table_of_contents_that_lies_is_found_out_by_unpacking():
    content = files.lying_bomb()
    assert told(content) == "ZIP archive"
    with pytest.raises(BadInputError, match="far too large"):
        archives.unpack(io.BytesIO(content))
    archives.unpack(io.BytesIO(files.xlsx()))


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (files.acting_pdf("/JavaScript"), "script or an action"),
        (files.acting_pdf("/Launch"), "script or an action"),
        (files.pdf_with_a_file(), "hidden in this PDF"),
        (b"%PDF-1.7\nnothing more", "damaged"),
    ],
)
def test_pdfs_that_act_or_carry_files_are_refused(tmp_path, content, sentence):
    path = tmp_path / "file.pdf"
    path.write_bytes(content)
    with pytest.raises(BadInputError, match=sentence):
        pdfs.inspect(path)


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("deep/plan.pdf", files.acting_pdf("/JavaScript"), "“plan.pdf” in this archive: This PDF contains"),
        ("plan.txt", b"\n\n" + files.acting_pdf("/Launch"), "“plan.txt” in this archive: This PDF contains"),
        ("plan.pdf", files.pdf_with_a_file(), "“plan.pdf” in this archive: Other files are hidden"),
    ],
)
def test_they_are_refused_inside_an_archive_too_whatever_they_are_called(tmp_path, name, content, sentence):
    path = tmp_path / "file.zip"
    path.write_bytes(files.archive({"good.pdf": files.pdf(), "notes.txt": b"x", name: content}))
    with pytest.raises(BadInputError, match=sentence):
        checking._look_closely(path, "file.zip")


def test_an_archive_with_more_pdfs_than_can_be_looked_into_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "MOST_PDFS", 1)
    for count in (1, 2):
        content = files.archive({f"{number}.pdf": files.pdf() for number in range(count)})
        looked = []
        if count == 1:
            archives.look_into_pdfs(io.BytesIO(content), looked.append)
            assert len(looked) == 1
        else:
            with pytest.raises(BadInputError, match="more than 1 PDFs"):
                archives.look_into_pdfs(io.BytesIO(content), looked.append)


def test_an_ordinary_pdf_is_counted(tmp_path):
    path = tmp_path / "file.pdf"
    path.write_bytes(files.pdf(pages=3))
    assert pdfs.inspect(path) == 3


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("report.pdf", "report.pdf"),
        ("../../etc/passwd", "passwd.pdf"),
        ("C:\\Users\\me\\Zertifikat.PDF", "Zertifikat.PDF"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("a\x00b\r\nSet-Cookie: x.pdf", "ab Set-Cookie_ x.pdf"),
        ('say "hi".pdf', "say _hi_.pdf"),
        (".htaccess", "htaccess.pdf"),
        ("...", "file.pdf"),
        ("", "file.pdf"),
        ("nul.pdf", "_nul.pdf"),
        ("o\u0308l.pdf", "öl.pdf"),
        ("\ud800.pdf", "pdf.pdf"),
        ("図" * 255 + ".pdf", "図" * 176 + ".pdf"),
    ],
)
def test_names_become_harmless(sent, kept):
    assert harmless(sent, ".pdf") == kept
    assert harmless(kept, ".pdf") == kept
