"""Reasons that are kept, and reasons made on the spot, in the language of whoever reads."""

from datetime import date
from decimal import Decimal

import pytest

from portal.languages import speaking
from portal.models.nonconformances import Nonconformance
from portal.workflows.escalations import reasons as rungs
from portal.workflows.nonconformances.proposing import Earlier, severity
from portal.workflows.policies.reasons import Figure, Reason
from portal.workflows.scorecards.bulk import Row
from portal.workflows.scorecards.overview import cap_words
from scorecards import measures

CHANGE = Figure(Decimal("-8.25"), "change")


@pytest.mark.parametrize(
    ("reason", "english", "german"),
    [
        (
            Reason(
                "value",
                "On-time delivery",
                {
                    "before": Figure(Decimal("92.25"), measures.PERCENT),
                    "now": Figure(Decimal("1265.5"), measures.PPM),
                    "change": CHANGE,
                },
            ),
            "On-time delivery: 92.3 % becomes 1,266 PPM (−8.3 of the score).",
            "Liefertreue: aus 92,3 % wird 1.266 PPM (−8,3 zur Punktzahl).",
        ),
        (
            Reason(
                "points",
                "Packing as agreed",
                {
                    "value": Figure(None),
                    "before": Figure(Decimal(100), "some points"),
                    "now": Figure(Decimal("62.5"), "some points"),
                    "change": CHANGE,
                },
            ),
            "Packing as agreed: nothing gives 62.5 points instead of 100 (−8.3 of the score).",
            "Packing as agreed: nichts ergibt 62,5 statt 100 Punkte (−8,3 zur Punktzahl).",
        ),
        (
            Reason(
                "weight",
                "Defects",
                {"before": Figure(Decimal(40)), "now": Figure(Decimal("12.5")), "change": CHANGE},
            ),
            "Defects: counts 12.5 % instead of 40 % (−8.3 of the score).",
            "Fehler: zählt 12,5 % statt 40 % (−8,3 zur Punktzahl).",
        ),
        (
            Reason("capped"),
            "A cap limits the band.",
            "Eine Grenze hält die Stufe unten.",
        ),
    ],
)
def test_why_a_band_is_another_is_kept_as_figures_and_said_to_each_reader(reason, english, german):
    kept = Reason.from_dict(reason.to_dict())
    assert kept == reason
    assert kept.sentence == english
    with speaking("de"):
        assert kept.sentence == german


def test_the_reasons_of_the_ladder_are_kept_in_english_and_read_in_german():
    with speaking("de"):
        band, one, two = (
            rungs.in_lowest_band("D", [319, 320]),
            rungs.touched_safety(1, 321),
            rungs.touched_safety(2, 321),
        )
        assert band == "Band D in August 2026, September 2026."
        assert rungs.as_read(band) == "Stufe D in August 2026, September 2026."
        assert rungs.as_read(one) == "Eine Abweichung vom Oktober 2026 betraf die Sicherheit."
        assert rungs.as_read(two) == "2 Abweichungen vom Oktober 2026 betrafen die Sicherheit."
        assert rungs.as_read("Band D in our view.") == "Band D in our view.", "what a person wrote stays"
    assert rungs.as_read(band) == band


def test_a_proposed_severity_says_its_reasons_in_german():
    one = Nonconformance(
        number="NC-26-1", quantity=Decimal(1200), checked=Decimal(4000), line_down_hours=Decimal("5.50")
    )
    earlier = Earlier("NC-26-0", date(2026, 9, 8), "porosity", "SCAR-2026-0001", 1, was_closed=True)
    with speaking("de"):
        proposal = severity([one], [earlier])
        assert proposal.reasons == ("Unsere Linie stand 5,5 h, mehr als 4 h.",)
        one.line_down_hours = None
        again, many = severity([one], [earlier]).reasons
        assert again.startswith(
            "Es wiederholt sich innerhalb von 90 Tagen: NC-26-0 vom 8. Sep 2026: gleiches"
        )
        assert again.endswith("Teil, gleicher Fehler (porosity), SCAR-2026-0001 (abgeschlossen).")
        assert many == "1.200 von 4.000 Stück sind fehlerhaft, mehr als 1 %."
        one.checked = None
        [mild] = severity([one], []).reasons
        assert mild.endswith("höchstens 1 % bekannt fehlerhaft.")


def test_a_cap_is_named_in_german():
    row = Row(1, Decimal(95), "C", True, (), (), (), "Safety escape, Open critical SCAR")
    with speaking("de"):
        assert "Safety" not in cap_words(row)
        assert cap_words(row).startswith("Grenze: ")
