"""What holds for any rows, whatever they are."""

import json
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from scorecards import delivery
from scorecards.canonical import dump, from_plain, load
from scorecards.cardfile import build_card_file, verify
from scorecards.delivery import DeliverySums, LineState
from scorecards.explain import explain
from scorecards.feeds import Inputs, Receipt
from scorecards.measures import State
from scorecards.periods import Period
from scorecards.policy import DEFAULT_POLICY, DeliveryRules, Reference
from scorecards.sums import Sums, count, count_by_month, over, pooled
from scorecards.weighting import rate, rate_inputs
from tests.scorecards.rows import EXCUSE, OCTOBER, days, inputs, line, lines, quantities

AUTUMN = Period(OCTOBER.first_month - 2, 4)
rules = st.builds(
    DeliveryRules,
    reference=st.sampled_from(["requested", "acknowledged", "confirmed"]).map(Reference),
    early_days=st.none() | st.integers(0, 10),
    late_days=st.integers(0, 10),
    days=st.sampled_from(["calendar", "business"]),
    mode=st.sampled_from(["line", "quantity"]),
    tolerance_percent=st.sampled_from([Decimal(0), Decimal("2.5"), Decimal(50)]),
    early=st.sampled_from(["strict", "apart"]),
)
many_lines = st.lists(lines(), max_size=12, unique_by=lambda row: row.id)
few = settings(max_examples=60, deadline=None)


def rate_of(rows, by, as_of=date(2026, 10, 20), period=AUTUMN):
    return delivery.measure(delivery.sums(rows, period, by, as_of), by)


@few
@given(many_lines, rules, days, st.randoms(use_true_random=False))
def test_order_of_rows_does_not_matter(rows, by, as_of, random):
    shuffled = [replace(row, receipts=tuple(random.sample(row.receipts, len(row.receipts)))) for row in rows]
    random.shuffle(shuffled)
    assert delivery.sums(rows, AUTUMN, by, as_of) == delivery.sums(shuffled, AUTUMN, by, as_of)


@few
@given(many_lines, rules, days)
def test_every_line_has_one_fate(rows, by, as_of):
    sums = delivery.sums(rows, Period(OCTOBER.first_month - 120, 240), by, as_of)
    fates = (sums.cancelled, sums.empty, sums.excused, sums.pending, sums.on_time, sums.late, sums.early)
    assert sums.promised == sum(fates)
    assert sums.promised == sum(delivery.reference_date(row, by.reference) is not None for row in rows)
    assert 0 <= sums.perfect <= sums.in_full <= sums.on_time
    assert 0 <= sums.in_window <= sums.ordered


@few
@given(many_lines, rules, days, quantities.filter(bool), st.dates(date(2026, 9, 1), date(2026, 11, 30)))
def test_a_line_on_time_and_in_full_never_lowers_delivery(rows, by, as_of, quantity, promised):
    before, after = rate_of(rows, by, as_of), rate_of([*rows, line("new", quantity, promised)], by, as_of)
    assert after.value is not None
    assert after.value >= (before.value or 0)


@few
@given(inputs, quantities.filter(bool), days)
def test_a_line_on_time_never_lowers_the_score_of_delivery_alone(rows, quantity, as_of):
    policy = replace(DEFAULT_POLICY, weights={"delivery": Decimal(100)})
    more = replace(rows, lines=(*rows.lines, line("new", quantity, date(2026, 10, 15))))
    before = rate(count(rows, OCTOBER, policy, as_of), policy, OCTOBER)
    after = rate(count(more, OCTOBER, policy, as_of), policy, OCTOBER)
    assert after.score >= (before.score or 0)


@few
@given(many_lines, rules, days, st.data())
def test_excusing_a_late_line_never_lowers_the_share_of_lines(rows, by, as_of, data):
    by = replace(by, mode="line")
    late = [at for at, row in enumerate(rows) if delivery.judge(row, by, as_of).state is LineState.LATE]
    if late:
        at = data.draw(st.sampled_from(late))
        excused = [*rows[:at], replace(rows[at], excuse=EXCUSE), *rows[at + 1 :]]
        before, after = rate_of(rows, by, as_of), rate_of(excused, by, as_of)
        assert after.value is None or after.value >= (before.value or 0)


@few
@given(many_lines, rules, days, st.data())
def test_splitting_a_receipt_changes_nothing(rows, by, as_of, data):
    received = [at for at, row in enumerate(rows) if row.receipts]
    if received:
        at = data.draw(st.sampled_from(received))
        first, *rest = rows[at].receipts
        part = data.draw(st.decimals(0, first.quantity, places=3))
        parts = (Receipt(first.received_on, part), Receipt(first.received_on, first.quantity - part))
        split = [*rows[:at], replace(rows[at], receipts=(*parts, *rest)), *rows[at + 1 :]]
        policy = replace(DEFAULT_POLICY, delivery=by)
        one, other = (Inputs("Acme", tuple(each)) for each in (rows, split))
        assert count(one, AUTUMN, policy, as_of) == count(other, AUTUMN, policy, as_of)


@few
@given(many_lines, rules, days)
def test_more_of_a_quantity_than_ordered_is_worth_no_more(rows, by, as_of):
    for row in rows:
        verdict = delivery.judge(row, by, as_of)
        assert 0 <= verdict.in_window <= row.ordered
        assert (verdict.days > 0) == (verdict.state in {LineState.LATE, LineState.EARLY})
        assert verdict.sentence


@few
@given(st.lists(inputs, min_size=2, max_size=3), rules, days)
def test_pooling_equals_recounting(parts, by, as_of):
    policy = replace(DEFAULT_POLICY, delivery=by)
    pool = pooled(count(one, AUTUMN, policy, as_of) for one in parts)
    together = Inputs(
        "All of them",
        *(
            tuple({row.id: row for one in parts for row in getattr(one, kind)}.values())
            for kind in ("lines", "lots", "nonconformances", "stages")
        ),
    )
    if len(together.lines) == sum(len(one.lines) for one in parts):
        assert pool == count(together, AUTUMN, policy, as_of)
    months = {month: Sums() for month in AUTUMN.month_numbers()}
    for one in parts:
        for month, sums in count_by_month(one, AUTUMN, policy, as_of).items():
            months[month] = sums + months[month]
    assert over(months, AUTUMN) == pool


@few
@given(inputs, days, st.sampled_from(["average", "product"]))
def test_scores_are_from_0_to_100_and_always_in_a_band(rows, as_of, combine):
    policy = replace(DEFAULT_POLICY, combine=combine)
    card = rate_inputs(rows, policy, OCTOBER, as_of)
    with_points = [one for one in card.measures if one.contribution is not None]
    if card.score is None:
        assert (card.band, with_points) == ("Not rated", [])
        return
    assert 0 <= card.score <= 100
    assert card.band in {"A", "B", "C", "D"}
    assert abs(sum(one.effective_weight for one in with_points) - 100) < Decimal("1E-25")
    if combine == "average":
        assert abs(sum(one.contribution for one in with_points) - card.score) < Decimal("1E-25")
    for one in (*card.measures, *card.beside):
        assert (one.value is None) == (one.state not in {State.OK, State.LOW_VOLUME})


@few
@given(inputs, days)
def test_every_card_can_be_explained(rows, as_of):
    card = rate_inputs(rows, DEFAULT_POLICY, OCTOBER, as_of)
    found = explain(card, DEFAULT_POLICY)
    assert [one.key for one in found.measures] == [one.key for one in card.measures]
    for one, measure in zip(found.measures, card.measures, strict=True):
        assert (one.shown is None) == (measure.value is None)
        assert (one.state_sentence is None) == (measure.state is State.OK)
        assert one.numerator.value == measure.numerator
    assert "None" not in " ".join(one.rule + (one.points_sentence or "") for one in found.measures)


@few
@given(inputs, days, st.randoms(use_true_random=False))
def test_recomputing_gives_the_same_bytes(rows, as_of, random):
    first = build_card_file(rows, DEFAULT_POLICY, OCTOBER, as_of)
    shuffled = replace(rows, lines=tuple(random.sample(rows.lines, len(rows.lines))))
    assert build_card_file(shuffled, DEFAULT_POLICY, OCTOBER, as_of) == first
    assert verify(first).difference is None
    reordered = json.dumps(json.loads(first), sort_keys=False).encode()
    assert dump(load(reordered)) == first


@few
@given(inputs)
def test_inputs_survive_canonical_json(rows):
    once = dump(rows)
    again = from_plain(Inputs, load(once))
    assert again == rows
    assert dump(again) == once


@few
@given(st.lists(st.builds(DeliverySums, on_time=st.integers(0, 99), late=st.integers(0, 99)), max_size=5))
def test_pooled_rates_lie_between_the_parts(parts):
    by = DeliveryRules()
    values = [value for part in parts if (value := delivery.measure(part, by).value) is not None]
    pool = delivery.measure(sum(parts, DeliverySums()), by).value
    if values:
        assert min(values) <= pool <= max(values)


def test_a_day_later_is_never_better():
    by = DeliveryRules(early_days=None)
    states = [
        delivery.judge(
            line(receipts=(Receipt(date(2026, 10, 1) + timedelta(at), Decimal(10)),)), by, date(2027, 1, 1)
        ).state
        for at in range(40)
    ]
    assert states == [LineState.ON_TIME] * 15 + [LineState.LATE] * 25
