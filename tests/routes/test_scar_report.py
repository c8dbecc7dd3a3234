"""The 8D as PDF and JSON: what both sides take away, and what is in neither."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pypdfium2
import pytest

from portal import clock
from portal.models.scars import Stage
from tests.factories import scars
from tests.people import principal_of

WRITTEN = (Path(__file__).parents[2] / "docs" / "8d-record.md").read_text(encoding="utf-8")
NOON = datetime(2026, 11, 3, 12, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def noon():
    with clock.fixed(NOON):
        yield


@pytest.fixture
async def scar(db, cast):
    """Answered up to D5, which still waits for a decision."""
    scar = await scars.issued(db, cast, internal_note="They always say that.")
    await scars.bring_to(db, scar, Stage.ANALYSIS, cast)
    await scars.send(db, scar, Stage.ANALYSIS, principal_of(cast.tomasz))
    return scar


def text_of(content):
    document = pypdfium2.PdfDocument(content)
    return " ".join(" ".join(page.get_textpage().get_text_bounded() for page in document).split())


async def test_both_sides_take_the_same_8d_away(site, cast, scar):
    texts = []
    for person in (cast.tomasz, cast.elin):
        browser = await site(person)
        answer = await browser.get(f"/scars/{scar.number}/8d.pdf")
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "application/pdf"
        assert f'filename="8D {scar.number}.pdf"' in answer.headers["content-disposition"]
        texts.append(text_of(answer.content))
        assert f'href="/scars/{scar.number}/8d.pdf"' in (await browser.get(f"/scars/{scar.number}")).text
    for text in texts:
        for piece in (
            *("Gas stayed in the wall.", "X-ray takes 2 pieces per lot.", "Density check in the plan"),
            "A. Nowak",
            *("D3 Containment", "X-ray of all pieces", "Why the pores formed, proven by a test."),
            *("This 8D is not closed.", "D1 to D3 accepted", "Elin", "Tomasz"),
        ):
            assert piece in text, piece
        assert "They always say that" not in text
    first, second = (text.split("Printed")[0] for text in texts)
    assert first == second


async def test_the_record_has_the_fields_that_are_written_down(site, cast, scar):
    browser = await site(cast.tomasz)
    found = (await browser.get(f"/scars/{scar.number}/8d.json")).json()

    def fields(value, path=""):
        for key, inner in value.items() if isinstance(value, dict) else ():
            yield f"{path}{key}"
            if key not in {"content", "translation"}:
                first = inner[0] if isinstance(inner, list) and inner else inner
                yield from fields(first, f"{path}{key}.")

    for field in fields(found):
        assert f"`{field}`" in WRITTEN, field
    d4 = next(each for each in found["disciplines"] if each["discipline"] == "D4")
    assert d4["content"] == scars.CONTENT[scars.Discipline.D4]
    assert (d4["state"], d4["sent_by"]) == ("submitted", "Tomasz Wieczorek")
    assert "They always say that" not in json.dumps(found)


async def test_a_draft_has_no_8d(site, cast, db):
    draft = await scars.drafted(db, cast)
    elin = await site(cast.elin)
    assert (await elin.get(f"/scars/{draft.number}/8d.pdf")).status_code == 409
    assert "8d.pdf" not in (await elin.get(f"/scars/{draft.number}")).text
    assert (await (await site(cast.tomasz)).get(f"/scars/{draft.number}/8d.json")).status_code == 404
