"""Everything that a card says goes through the translation, over the whole sample.

Instead of German a language is spoken in which each text is put into brackets: what stands outside of them
was said past the translation, also where a sentence is added tomorrow.
"""

import re
from dataclasses import fields, is_dataclass
from decimal import Decimal

import pytest

from portal import languages
from portal.access.principal import system
from portal.workflows import ratings
from portal.workflows.months import advice
from portal.workflows.ratings.rows import card_inputs_of
from portal.workflows.scorecards import cards, panel, policy_words
from portal.workflows.scorecards.view import CardView, Point
from scorecards import what_if
from scorecards.cardfile import build_card_file
from scorecards.delivery import LineState
from scorecards.explain import explain
from scorecards.facts import cap_title, fact_words
from scorecards.periods import MONTHS, Period
from scorecards.policy import DEFAULT_POLICY, Policy
from scorecards.sums import Sums, count_by_month
from scorecards.weighting import rate, windows_of
from tests.conftest import DEMO_DAY

WHO = system("tests")
PERIODS = (Period.month(2026, 10), Period.month(2026, 11), Period.quarter(2026, 3))
INNERMOST = re.compile(r"⟦[^⟦⟧]*⟧")
WORD = re.compile(r"[^\W\d_]{2,}")
UNITS = {"PPM", "DPMO"}


class Brackets:
    """A catalogue that has every text."""

    @staticmethod
    def get(text, default=None):
        if text in MONTHS:
            return ("⟦⟧",)  # they are cut to three letters
        return tuple(f"⟦{each}⟧" for each in default or (text,))


@pytest.fixture
def in_brackets(monkeypatch):
    monkeypatch.setattr(languages, "_words", lambda _language: Brackets)
    with languages.speaking("de"):
        yield


def unsaid(text):
    """Give the words that stand outside of every bracket."""
    while (shorter := INNERMOST.sub("", text)) != text:
        text = shorter
    return set(WORD.findall(text)) - UNITS


def said_of(thing, *, but=()):
    """Every text in an explanation, wherever it hangs."""
    if isinstance(thing, str):
        yield thing
    elif isinstance(thing, tuple):
        for each in thing:
            yield from said_of(each, but=but)
    elif is_dataclass(thing):
        for each in fields(thing):
            if each.name not in but:
                yield from said_of(getattr(thing, each.name), but=but)


NAMES = ("key", "state", "band")  # which no reader reads as a sentence


def said_by(rated, card, policy):
    """All that page, mail and PDF print of a card."""
    explained = explain(card, policy)
    yield from said_of(explained, but=NAMES)
    yield rated.trend.sentence if rated.trend else ""
    yield card.period.label()
    for cap in card.caps:
        yield from (cap_title(cap), fact_words(cap.sentence))
    view = CardView(card.period, policy, DEMO_DAY, card, explained, rated.trend, (Point(321, card),))
    yield from (view.distance, view.measures_title)
    yield from (each.sentence for each in advice.actions(card, policy))
    yield advice.change(card, rated.before, policy)


@pytest.mark.usefixtures("in_brackets")
async def test_no_card_of_the_sample_says_a_word_past_the_translation(demo):
    async with demo.work(WHO) as db:
        policy, seen = await ratings.active_policy(db), set()
        for period in PERIODS:
            for rated in await ratings.cards(db, WHO, period, DEMO_DAY, policy=policy):
                for text in said_by(rated, rated.card, policy):
                    assert not unsaid(text), text
                seen |= {one.state for one in rated.card.measures}
    assert len(seen) >= 4, "with much and little and no activity, and with what is not due yet"


@pytest.mark.usefixtures("in_brackets")
async def test_no_row_behind_a_card_and_no_what_if_does(demo):
    async with demo.work(WHO) as db:
        policy, seen = await ratings.active_policy(db), set()
        rated = await ratings.cards(db, WHO, PERIODS[0], DEMO_DAY, policy=policy)
        for supplier_id in [each.supplier_id for each in rated][:5]:
            inputs = await card_inputs_of(db, WHO, supplier_id, PERIODS[0], policy, facts=())
            months = count_by_month(inputs, windows_of(PERIODS[0], policy)[-1], policy, DEMO_DAY)
            for key in DEFAULT_POLICY.known():
                for group in panel.panel(key, inputs, policy, PERIODS[0], DEMO_DAY).groups:
                    assert not unsaid(group.title)
                    assert not any(unsaid(getattr(row, "sentence", "")) for row in group.rows)
            for verdict in panel.verdicts(inputs, policy, PERIODS[0], DEMO_DAY):
                seen.add(verdict.state)
                found = what_if.if_excused(months, policy, PERIODS[0], verdict)
                assert not found or not unsaid(found.sentence)
            judged = panel.verdicts(inputs, policy, PERIODS[0], DEMO_DAY)
            tried = what_if.if_on_time(months, policy, PERIODS[0], judged)
            assert not tried or not unsaid(tried.sentence)
    assert {LineState.LATE, LineState.ON_TIME} < seen


@pytest.mark.usefixtures("in_brackets")
def test_no_summary_of_a_policy_does():
    data = DEFAULT_POLICY.to_dict() | {
        "demerits": {"points": {"premium_freight": 2, "line_stoppage": 5}, "at_most": 10},
        "combine": "product",
        "delivery": {"reference": "requested", "early_days": 2, "late_days": 3, "days": "business"},
    }
    for policy in (DEFAULT_POLICY, Policy.parse(data)):
        texts = [*policy_words.summary(policy), *policy_words.cap_words(policy)]
        texts += [text for pair in policy_words.rules(policy) for text in pair]
        for _key, table in policy_words.tables(policy):
            texts += [table.note, *(value for value, _points in table.rows)]
        assert [text for text in texts if unsaid(text.replace("A ", "").replace("B ", ""))] == []
        assert not any(
            unsaid(text) for text in said_of(explain(rate(Sums(), policy, Period(321)), policy), but=NAMES)
        )


def test_a_german_reads_figures_with_a_comma_and_dates_as_germans_write_them():
    with languages.speaking("de"):
        card = rate(Sums(), DEFAULT_POLICY, Period.trailing(321, 12))
        found = explain(card, DEFAULT_POLICY)
        delivery = found.measure("delivery")
        assert delivery.state_sentence == "Keine Lieferungen in den 12 Monaten bis Oktober 2026. Ausgelassen."
        assert delivery.rule == (
            "Eine Position ist pünktlich, wenn die ganze Menge im Zeitraum von 5 Kalendertagen vor bis zu dem"
            " zuerst bestätigten Tag ankommt, nach der Zeit des Werks. Fehlt dieser Tag, gilt der zuletzt"
            " bestätigte, sonst der gewünschte."
        )
        assert fact_words("ISO 9001 expired on 2026-10-31; SCAR-2026-0147 is open since 2026-11-03.") == (
            "ISO 9001 ist am 31. Okt 2026 abgelaufen; SCAR-2026-0147 ist seit 3. Nov 2026 offen."
        )
        assert fact_words("3 nonconformances touch safety.") == "3 Abweichungen betreffen die Sicherheit."
        assert fact_words("Somebody wrote this.") == "Somebody wrote this."
        assert languages.figure(f"{Decimal('1265.5'):,}") == "1.265,5"


async def test_a_card_file_has_the_same_bytes_for_every_reader(demo):
    async with demo.work(WHO) as db:
        policy = await ratings.active_policy(db)
        supplier = await cards.supplier_named(db, WHO, "104417")
        facts = await cards.facts(db, WHO, supplier, DEMO_DAY)
        inputs = await card_inputs_of(db, WHO, supplier.id, PERIODS[0], policy, facts=facts)
        files = set()
        for language in languages.NAMES:
            with languages.speaking(language):
                files.add(build_card_file(inputs, policy, PERIODS[0], DEMO_DAY))
    assert len(files) == 1
