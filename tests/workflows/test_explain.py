"""Every number explains itself: over the whole sample data, the rows shown add up to the number."""

from collections import Counter
from decimal import Decimal

import pytest

from portal.access.principal import Principal, system
from portal.models.people import Role
from portal.models.suppliers import Supplier
from portal.models.targets import Aim
from portal.workflows import ratings
from portal.workflows.ratings.rows import inputs_of
from portal.workflows.scorecards import cards, comparing, dashboard, parts, ranking, rollups
from portal.workflows.scorecards.bulk import bands_of, rate_all
from portal.workflows.scorecards.columns import rows_of
from portal.workflows.scorecards.panel import panel, stage_verdicts, verdicts
from portal.workflows.targets import records as targets
from portal.workflows.targets.distance import missed_by
from scorecards import measures, quality
from scorecards.cardfile import build_card_file, verify
from scorecards.delivery import LineState
from scorecards.measures import State
from scorecards.periods import Period
from scorecards.policy import DEFAULT_POLICY, Policy
from scorecards.responsiveness import StageState
from scorecards.weighting import windows_of
from tests.conftest import DEMO_DAY

LAST = Period.month(2026, 10)
PERIODS = [
    LAST,
    Period.month(2026, 11),
    Period.month(2026, 8),
    Period.quarter(2026, 3),
    Period.trailing(321, 12),
]
WHO = system("tests")
STAFF = Principal(person_id=0, name="tests", role=Role.QUALITY_MANAGER)


def _names(period):
    return period.label().replace(" ", "-")


@pytest.fixture
async def db(demo):
    async with demo.work(WHO) as session:
        yield session


@pytest.mark.parametrize("period", PERIODS, ids=_names)
async def test_the_rows_behind_each_number_add_up_to_it(db, period):
    policy = await ratings.active_policy(db)
    seen = Counter()
    for rated in await ratings.cards(db, WHO, period, DEMO_DAY, policy=policy):
        inputs = {}
        for measure in (*rated.card.measures, *rated.card.beside):
            window = measure.period
            if window not in inputs:
                inputs[window] = await inputs_of(db, WHO, rated.supplier_id, window, policy)
            _adds_up(measure, inputs[window], policy, window)
            seen[measure.key, measure.state] += 1
    for key in (measures.QUALITY, measures.DELIVERY, measures.RESPONSIVENESS):
        assert seen[key, State.OK] > 30, key


async def test_the_rows_behind_a_part_of_a_card_add_up_to_it(db):
    part = await parts.read(db, STAFF, {"plant": ["GDN"], "commodity": ["CAST"]})
    places = await ranking.places(db, STAFF, LAST, DEMO_DAY, part=part)
    assert len(places) > 5
    for place in places:
        supplier = await cards.supplier_named(db, STAFF, place.number)
        card = await cards.card(db, STAFF, supplier, LAST, DEMO_DAY, part=part)
        assert (place.shown, place.band) == (card.card.shown, card.card.band)
        for measure in card.card.measures:
            inputs = await cards.inputs_behind(db, STAFF, supplier, card, measure.period, part)
            assert {each.plant for each in inputs.lines} <= {"GDN"}
            assert {each.commodity for each in inputs.lines} <= {"CAST"}
            _adds_up(measure, inputs, card.policy, measure.period)


async def test_what_would_have_closed_the_gap_to_a_target_does_and_one_less_does_not(db):
    seen = Counter()
    agreed = await targets.in_force(db, STAFF, LAST.last_month)
    for supplier_id in agreed:
        supplier = await db.get_one(Supplier, supplier_id)
        card = await cards.card(db, STAFF, supplier, LAST, DEMO_DAY)
        for one in await targets.distances_of(db, STAFF, supplier_id, card.card, card.policy):
            assert one.is_met != one.is_missed
            seen[one.aim, one.is_met] += 1
            if one.missing:
                measure = card.card.measure(one.aim)
                sign = -1 if one.aim is Aim.QUALITY else 1
                scale = 1_000_000 if one.aim is Aim.QUALITY else 100
                enough, less = (
                    (measure.numerator + sign * more) * scale / measure.denominator
                    for more in (one.missing, one.missing - 1)
                )
                assert not missed_by(one.aim, enough, one.target.value)
                assert missed_by(one.aim, less, one.target.value)
    assert {(Aim.DELIVERY, False), (Aim.DELIVERY, True), (Aim.QUALITY, False)} <= seen.keys()


async def test_what_is_put_side_by_side_is_what_the_cards_say(db):
    numbers = ["104417", "100610", "100701", "100942", "101932"]
    found = await comparing.compare(db, STAFF, numbers, LAST, "2026-10", DEMO_DAY)
    lines = {line.label: line.cells for line in found.lines}
    for at, number in enumerate(numbers):
        supplier = await cards.supplier_named(db, STAFF, number)
        card = await cards.card(db, STAFF, supplier, LAST, DEMO_DAY)
        assert lines["Score"][at].value == card.card.shown
        for one in card.explained.measures:
            assert lines[one.title][at].value == card.card.measure(one.key).value
            assert lines[one.title][at].shown == one.shown
            assert f"explain={one.key}#" in lines[one.title][at].href


def _adds_up(measure, inputs, policy, window):
    """Recount numerator and denominator from what the panel and the CSV show."""
    shown = panel(measure.key, inputs, policy, window, DEMO_DAY, show_all=True)
    if measure.key in {measures.DELIVERY, measures.OTIF, measures.PERFECT_ORDER}:
        judged = verdicts(inputs, policy, window, DEMO_DAY)
        assert sum(group.count for group in shown.groups) == len(judged)
        counted = [v for v in judged if v.state in {LineState.ON_TIME, LineState.LATE, LineState.EARLY}]
        good = {
            measures.DELIVERY: [v for v in counted if v.state is LineState.ON_TIME],
            measures.OTIF: [v for v in counted if v.in_full],
            measures.PERFECT_ORDER: [v for v in counted if v.perfect],
        }[measure.key]
        assert (measure.numerator, measure.denominator) == (len(good), len(counted))
    elif measure.key == measures.QUALITY:
        received = sum((row.quantity for row in shown.arrivals), Decimal(0))
        rejected = sum((n.quantity for g in shown.groups for n in g.rows if quality.counts(n)), Decimal(0))
        assert (measure.numerator, measure.denominator) == (rejected, received)
        rows = list(rows_of(measure.key, inputs, policy, window, DEMO_DAY))
        assert sum((row[4] or 0 for row in rows), Decimal(0)) == received
        assert sum((row[5] or 0 for row in rows), Decimal(0)) == rejected
    elif measure.key == measures.RESPONSIVENESS:
        judged = stage_verdicts(inputs, window, DEMO_DAY)
        on_time = [v for v in judged if v.state is StageState.ON_TIME]
        late = [v for v in judged if v.state is StageState.LATE]
        assert (measure.numerator, measure.denominator) == (len(on_time), len(on_time) + len(late))
    elif measure.key == measures.LAR:
        by_title = {group.title.partition(",")[0]: group.count for group in shown.groups}
        assert measure.numerator == by_title.get("Accepted", 0)
        assert measure.denominator == sum(by_title.values())


@pytest.mark.parametrize("period", PERIODS, ids=_names)
async def test_contributions_make_the_score(db, period):
    policy = await ratings.active_policy(db)
    rated = [each.card for each in await ratings.cards(db, WHO, period, DEMO_DAY, policy=policy)]
    for card in rated:
        added = [m.contribution for m in card.measures if m.contribution is not None]
        assert card.is_rated == bool(added)
        if added:
            assert abs(sum(added) - card.score) < Decimal("1e-20")
            assert sum(m.effective_weight for m in card.measures) == pytest.approx(
                Decimal(100), abs=Decimal("1e-20")
            )
    assert {card.band for card in rated} == {"A", "B", "C", "D", "Not rated"}


@pytest.mark.parametrize("period", PERIODS, ids=_names)
async def test_the_statement_that_rates_all_agrees_with_the_engine(db, period):
    policy = await ratings.active_policy(db)
    bulk = await rate_all(db, WHO, policy, [period, period.previous()], DEMO_DAY)
    for at, found in ((period, bulk[period]), (period.previous(), bulk[period.previous()])):
        for rated in await ratings.cards(db, WHO, at, DEMO_DAY, policy=policy):
            row, card = found.get(rated.supplier_id), rated.card
            if row is None:
                assert not card.is_rated
                continue
            assert (row.shown, row.band) == (card.shown, card.band), rated.name
            assert row.is_capped == bool(card.acting_caps)
            for measure in card.measures:
                mine = row.measures[measure.key]
                assert (
                    mine.state,
                    mine.value,
                    mine.points,
                    mine.numerator,
                    mine.denominator,
                    mine.window,
                ) == (
                    measure.state,
                    measure.value,
                    measure.points,
                    measure.numerator,
                    measure.denominator,
                    measure.period.months,
                ), (rated.name, measure.key)


@pytest.mark.parametrize(
    "changed",
    [
        {"delivery": {"mode": "quantity"}},
        {"delivery": {"early": "apart"}},
        {"delivery": {"mode": "quantity", "early": "apart"}, "combine": "product"},
        {"quality": {"use_as_is": "accepted", "without_records": "zero", "opportunities_per_unit": 3}},
        {"minimum_volume": {"lines": 25, "trailing": [2, 6, 12]}},
        {"minimum_volume": {"lines": 0, "trailing": []}, "caps": []},
        {
            "own": [{"key": "steady", "title": "Steady", "formula": "100 * lines_in_full / lines_counted"}],
            "weights": {measures.LAR: "4", "steady": "10"},
        },
        {"delivery": {"early_days": 1, "late_days": 2}},
    ],
    ids=["by-quantity", "early-apart", "both", "all-measures", "four-windows", "any-volume", "own", "window"],
)
async def test_the_statement_agrees_with_the_engine_under_other_policies(db, changed):
    policy = _weighing_all(changed)
    periods = [LAST, Period.quarter(2026, 3), Period.trailing(321, 12)]
    bulk = await rate_all(db, WHO, policy, periods, DEMO_DAY)
    bands = await bands_of(db, WHO, policy, periods, DEMO_DAY)
    for period in periods:
        for rated in await ratings.cards(db, WHO, period, DEMO_DAY, policy=policy):
            row, card = bulk[period].get(rated.supplier_id), rated.card
            if row is None:
                assert not card.is_rated
                continue
            assert (row.shown, row.band, bands[period][row.supplier_id]) == (card.shown, card.band, card.band)
            for measure in card.measures:
                mine = row.measures[measure.key]
                assert (mine.state, mine.value, mine.points, mine.window) == (
                    measure.state,
                    measure.value,
                    measure.points,
                    measure.period.months,
                ), (rated.name, measure.key)


def _weighing_all(changed):
    """A policy in which every computed measure has a weight, with some of its parts changed."""
    data = DEFAULT_POLICY.to_dict()
    data["quality"]["opportunities_per_unit"] = 2
    weights = dict.fromkeys(measures.COMPUTED, "14") | {measures.QUALITY: "16"}
    data["weights"] = weights
    percent = data["points"][measures.DELIVERY]
    others = {key: percent for key in measures.COMPUTED if key not in data["points"]}
    data["points"] |= others | {measures.DPMO: data["points"][measures.QUALITY]}
    for part, value in changed.items():
        data[part] = data[part] | value if isinstance(value, dict) else value
    return Policy.parse(data)


async def test_the_suppliers_parts_add_up_to_the_organisations_figures(db):
    board = await dashboard.board(db, WHO, LAST, DEMO_DAY)
    for measure in board.pooled.card.measures:
        for by in rollups.By:
            parts = await rollups.parts(db, WHO, board.policy, LAST, DEMO_DAY, measure.key, by)
            assert len({part.key for part in parts}) == len(parts) > 1, by
            assert sum(part.measure.numerator for part in parts) == measure.numerator, by
            assert sum(part.measure.denominator for part in parts) == measure.denominator, by
    assert sum(board.counts.values()) == board.suppliers
    assert sum(pieces for _, pieces in board.kinds) == board.pooled.card.measure(measures.QUALITY).numerator


async def test_every_card_can_be_recomputed_from_its_file(db):
    policy = await ratings.active_policy(db)
    for rated in (await ratings.cards(db, WHO, LAST, DEMO_DAY, policy=policy, facts=None))[:12]:
        widest = max(windows_of(LAST, policy), key=lambda each: each.months)
        supplier = await cards.supplier_named(db, WHO, rated.number)
        facts = await cards.facts(db, WHO, supplier, DEMO_DAY)
        inputs = await inputs_of(db, WHO, rated.supplier_id, widest, policy, facts=facts)
        finding = verify(build_card_file(inputs, policy, LAST, DEMO_DAY))
        assert finding.difference is None, finding.difference
