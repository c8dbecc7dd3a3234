"""What an open critical SCAR does to the scorecard's band."""

from datetime import UTC, date, datetime

from portal import clock
from portal.models.scars import Severity
from portal.workflows import ratings
from portal.workflows.scars import effects, issue
from portal.workflows.scorecards import cards, dashboard, ranking
from scorecards.feeds import FactState
from scorecards.periods import Period, month_number
from tests.factories import deliveries, scars
from tests.people import principal_of

TODAY = date(2026, 11, 12)


async def test_an_open_critical_scar_caps_card_ranking_and_management_view_alike(db, cast):
    """And says so on the card; a major one and one that is taken back cap nothing."""
    for _ in range(12):
        await deliveries.line(db, cast, (deliveries.PROMISED, 100))
    await ratings.install_default_policy(db)
    who, october = principal_of(cast.elin), Period(month_number(date(2026, 10, 1)))

    async def bands():
        card = (await cards.card(db, who, cast.acme, october, TODAY)).card
        places = await ranking.places(db, who, october, TODAY)
        board = await dashboard.board(db, who, october, TODAY)
        place = next(place for place in places if place.number == cast.acme.number)
        counted = {band for band, count in board.counts.items() if count and band in "ABCD"}
        return card.band, place.band, counted

    with clock.fixed(datetime(2026, 11, 3, 9, tzinfo=UTC)):
        await scars.issued(db, cast, title="Burrs", severity=Severity.MAJOR)
        before = await bands()
        scar = await scars.issued(db, cast, severity=Severity.CRITICAL)
    assert (before, await bands()) == (("A", "A", {"A"}), ("C", "C", {"C"}))
    said = {each.kind: each for each in await cards.facts(db, who, cast.acme, TODAY)}[effects.CAP]
    assert said.state is FactState.PRESENT
    assert said.sentence == f"{scar.number} is open since 2026-11-03."
    # The supplier's own card says the same; a rival's knows nothing of it.
    assert said in await cards.facts(db, principal_of(cast.tomasz), cast.acme, TODAY)
    assert await effects.open_critical(db, principal_of(cast.rita), today=TODAY) == {}
    await issue.cancel(db, scar, "Ours after all.", by=who)
    assert await bands() == before
