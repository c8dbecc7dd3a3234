"""A card as the values of its PDF: the same figures and sentences as its page."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Protocol

from portal import charts, reports
from portal.charts import Band
from portal.languages import _, spoken
from portal.mail import dates
from portal.models.suppliers import Supplier
from portal.models.targets import Aim
from portal.workflows.months.disputes import Dispute
from portal.workflows.months.words import DISPUTE, month_words
from portal.workflows.scorecards.panel import Panel
from portal.workflows.scorecards.view import CardView
from portal.workflows.targets.distance import Distance
from scorecards.delivery import Verdict
from scorecards.facts import cap_title, fact_words
from scorecards.feeds import Nonconformance
from scorecards.wording import number


class Named(Protocol):
    """Whose document it is."""

    @property
    def name(self) -> str: ...


DOCUMENT = "scorecard.typ"
CHART = "chart.svg"
MOST_ROWS = 60  # of one group; the page and the file have all


def values(
    organisation: Named,
    supplier: Supplier,
    card: CardView,
    panels: list[Panel],
    disputes: list[Dispute],
    distances: Sequence[Distance] = (),
) -> dict[str, Any]:
    """Give what ``scorecard.typ`` reads, in the language that is spoken."""
    explained, frozen = card.explained, card.frozen
    agreed = {str(each.aim): each.sentence for each in distances}
    name = month_words(card.period.last_month) if card.period.months == 1 else card.period.label()
    return {
        "language": spoken(),
        "title": _("Scorecard, %(period)s", period=name),
        "head": f"{organisation.name} · {supplier.name}, {supplier.number}",
        "foot": _foot(card),
        "supplier": supplier.name,
        "policy": _(
            "Policy “%(name)s” version %(number)s", name=card.policy.name, number=card.policy.version
        ),
        "standing": _standing(card),
        "tone": "ok" if frozen else "info",
        "band": card.card.band if card.card.is_rated else "",
        "score": explained.score.shown if card.card.is_rated else _("Not rated"),
        "trend": card.trend.sentence if card.trend else "",
        "distance": ". ".join(
            each.removesuffix(".")
            for each in (
                card.distance if card.card.is_rated else explained.score.band_sentence,
                agreed.get(Aim.SCORE),
            )
            if each
        ),
        "chart": CHART if has_chart(card) else "",
        "chart_words": "; ".join(point.spoken for point in card.series),
        "heads": [_("Measure"), _("Result"), _("Points"), _("Weight"), _("Adds to score")],
        "measures": [
            [
                one.title,
                one.shown or "–",
                one.points_shown or "–",
                one.weight_shown or "–",
                one.contribution_shown or "–",
            ]
            for one in explained.measures
        ],
        "total": [_("Score"), "", "", "100 %", _total(card)],
        "explained": [
            {
                "title": one.heading,
                "formula": _formula(one),
                "sentences": [
                    each
                    for each in (
                        one.state_sentence,
                        one.window_sentence,
                        one.rule,
                        one.points_sentence,
                        one.weight_sentence,
                        agreed.get(one.key),
                    )
                    if each
                ],
            }
            for one in explained.measures
        ],
        "tables": [table for panel in panels for table in _tables(panel)],
        "disputes": [
            [each.row.subject, each.row.reason, _(DISPUTE[each.row.status]), each.row.answer]
            for each in disputes
        ],
        "dispute_heads": [_("About"), _("Your words"), _("Decision"), _("Why")],
        "caps": [f"{cap_title(cap)}: {fact_words(cap.sentence)}" for cap in card.card.caps],
        "hash": frozen.row.sha256 if frozen else "",
        "words": {
            "page": _("Page"),
            "of": _("of"),
            "score_over_time": _("Score over 12 months"),
            "how": _("How the numbers come about"),
            "caps": _("What would limit the band"),
            "disputes": _("Disputes"),
            "check": _(
                "Recompute this card without us: download its input data on the portal and run"
                " python -m scorecards recompute card.json. SHA-256:"
            ),
        },
    }


async def pdf(
    organisation: Named,
    supplier: Supplier,
    card: CardView,
    panels: list[Panel],
    disputes: list[Dispute],
    distances: Sequence[Distance] = (),
    *,
    at: datetime,
) -> bytes:
    """Set a card as PDF. The same card, language and instant give the same bytes."""
    pictures = {}
    if has_chart(card):
        pictures[CHART] = reports.on_paper(chart(card))
    found = values(organisation, supplier, card, panels, disputes, distances)
    return await reports.pdf(DOCUMENT, found, pictures=pictures, at=at)


def chart(card: CardView, width: int = 760, height: int = 220) -> Any:
    """Draw the score over the months, as on the card's page."""
    return charts.line(
        [point.score for point in card.series],
        [point.short for point in card.series],
        label="; ".join(point.spoken for point in card.series),
        width=width,
        height=height,
        bands=[Band(each.band, each.from_, each.to) for each in card.policy.bands],
        preview=card.is_running or card.is_preview,
    )


def has_chart(card: CardView) -> bool:
    return any(point.score is not None for point in card.series)


def _standing(card: CardView) -> str:
    if card.frozen is not None:
        row = card.frozen.row
        said = _(
            "Published and frozen as of %(day)s, approved by %(name)s.",
            day=_day(row.as_of_on),
            name=row.approved_by_name,
        )
        return f"{said} {_('Correction: %(reason)s', reason=row.reason)}" if row.revision else said
    if card.is_preview:
        return _("Preview: it may still change until it is published.")
    return _("Calculated from the records as of %(day)s. Not published.", day=_day(card.as_of))


def _foot(card: CardView) -> str:
    if card.frozen is not None:
        version = card.frozen.row.revision + 1
        return _("Version %(number)s, as of %(day)s", number=version, day=_day(card.as_of))
    return _("As of %(day)s", day=_day(card.as_of))


def _total(card: CardView) -> str:
    if not card.card.is_rated:
        return _("Not rated")
    return f"{card.explained.score.unrounded} → {card.explained.score.shown}"


def _formula(one: Any) -> str:
    if not one.shown:
        return ""
    above, below = one.numerator, one.denominator
    middle = f" {one.multiplier}" if one.multiplier else ""
    return f"{above.text} {above.label} ÷ {below.text} {below.label}{middle} = {one.shown}"


def _tables(panel: Panel) -> list[dict[str, Any]]:
    """Give the groups of rows that a reader asks about: not those in which everything is well."""
    found = []
    for group in panel.groups:
        if group.tone == "ok" or not group.rows:
            continue
        if isinstance(group.rows[0], Verdict):
            heads = [_("Order line"), _("Part"), _("Promised"), _("Result")]
            rows = [
                [
                    f"{each.line.order_number}-{each.line.line_number}",
                    each.line.part,
                    _day(each.promised_on),
                    each.sentence,
                ]
                for each in group.rows[:MOST_ROWS]
            ]
        elif isinstance(group.rows[0], Nonconformance):
            heads = [_("Nonconformance"), _("Part"), _("Found"), _("Pieces")]
            rows = [
                [each.number, each.part, _day(each.found_on), number(each.quantity)]
                for each in group.rows[:MOST_ROWS]
            ]
        else:
            continue
        found.append({"title": group.title, "heads": heads, "rows": rows})
    return found


def _day(value: date | None) -> str:
    return dates.day(value, spoken()) if value else "–"
