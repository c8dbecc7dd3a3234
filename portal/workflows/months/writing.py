"""Writes one planned mail: the card or the digest, in its reader's language, with what is attached."""

from collections.abc import AsyncIterator
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal import clock, languages, reports
from portal.access.principal import Principal
from portal.languages import _
from portal.mail import months as mails
from portal.mail import outbox
from portal.mail.addresses import Reader
from portal.mail.message import Attached, Letterhead, Message, Recipient
from portal.mail.signing import signer
from portal.models.mailing import Topic, Wish
from portal.models.months import (
    DisputeStatus,
    MailPlan,
    PlanStatus,
    ScorecardMail,
    ScorecardMonth,
)
from portal.models.organisation import Organisation
from portal.models.people import Person
from portal.models.suppliers import Contact, Supplier, SupplierSite
from portal.settings import Settings
from portal.storage import DocumentStore
from portal.workflows import absences, mail_choices
from portal.workflows.months import advice, digest, disputes, frozen, mailing, plan, records, sheet
from portal.workflows.months.effect import as_read
from portal.workflows.months.words import key_of
from portal.workflows.scorecards import cards
from portal.workflows.scorecards.view import CardView
from portal.workflows.targets import records as targets
from portal.workflows.tasks import reading
from scorecards.banding import best_first
from scorecards.periods import Period
from scorecards.policy import Policy
from scorecards.weighting import Card
from scorecards.wording import number

STOPPED = "Mails to this supplier are stopped."
NOT_WANTED = "The recipient does not want it this month."
GONE = "The recipient is gone."
MOST_TASKS = 3
_QUARTER = 3


async def write(
    db: AsyncSession, store: DocumentStore, settings: Settings, who: Principal, planned_id: int
) -> bool:
    """Write a planned mail and queue it, or note why not; False when there was nothing to do."""
    row = await mailing.to_write(db, planned_id)
    if row is None:
        return False
    to = await _recipient(db, row)
    if to is None:
        return _skip(row, GONE)
    if row.supplier_id is not None and await mailing.stopped(db, row.supplier_id):
        return _skip(row, STOPPED)
    with languages.speaking(to.language):
        message = await _message(db, store, settings, who, row, to)
    if message is None:
        return _skip(row, NOT_WANTED)
    await outbox.queue(db, message)
    mail_id = await outbox.id_of(db, message)
    row.status, row.mail_id, row.written_at = PlanStatus.WRITTEN, mail_id, clock.now()
    await db.flush()
    await _also(db, store, settings, who, row, to)
    return True


async def _also(
    db: AsyncSession,
    store: DocumentStore,
    settings: Settings,
    who: Principal,
    row: ScorecardMail,
    to: Recipient,
) -> None:
    """Write the same to whoever stands in for the recipient, once, unless they get it anyway."""
    for each in await _stand_ins(db, row, to):
        is_planned = select(1).where(
            col(ScorecardMail.month) == row.month,
            col(ScorecardMail.kind) == row.kind,
            col(ScorecardMail.revision) == row.revision,
            col(ScorecardMail.supplier_id).is_not_distinct_from(row.supplier_id),
            col(ScorecardMail.address) == each.address.lower(),
        )
        if (await db.execute(is_planned)).first() is not None:
            continue
        with languages.speaking(each.language):
            message = await _message(db, store, settings, who, row, each)
        if message is not None:
            await outbox.queue(db, message)


async def _stand_ins(db: AsyncSession, row: ScorecardMail, to: Recipient) -> list[Recipient]:
    if row.supplier_id is not None:
        return (await absences.also(db, [to], Supplier, row.supplier_id))[1:]
    month = await records.find(db, row.month)
    return (await absences.also(db, [to], ScorecardMonth, month.id))[1:]


def _skip(row: ScorecardMail, why: str) -> bool:
    row.status, row.note, row.written_at = PlanStatus.SKIPPED, why, clock.now()
    return False


async def _recipient(db: AsyncSession, row: ScorecardMail) -> Recipient | None:
    if row.person_id is not None:
        person = await db.get(Person, row.person_id)
        if person is not None and person.is_active:
            return Recipient.person(person)
    contact = await db.get(Contact, row.contact_id) if row.contact_id is not None else None
    if contact is None:
        return None
    site = await db.get(SupplierSite, contact.site_id) if contact.site_id is not None else None
    supplier = await db.get_one(Supplier, contact.supplier_id)
    return Recipient.contact(contact, site.time_zone if site else supplier.time_zone)


async def _message(
    db: AsyncSession,
    store: DocumentStore,
    settings: Settings,
    who: Principal,
    row: ScorecardMail,
    to: Recipient,
) -> Message | None:
    reader = Reader(to.person_id) if to.person_id else Reader(to.contact_id or 0, is_contact=True)
    wish = (await mail_choices.wishes(db, reader))[Topic.SCORECARDS]
    if wish is Wish.NEVER:
        return None
    house = await outbox.letterhead(db, settings)
    end = mail_choices.link(settings.base_url, await signer(db), Topic.SCORECARDS, reader)
    if row.kind is MailPlan.DIGEST:
        return await digest.write(db, house, to, row, _key(row, to), end)
    supplier = await db.get_one(Supplier, row.supplier_id)
    today = await plan.our_today(db)
    revision = row.revision if row.kind is MailPlan.CARD else None
    card = await cards.card(db, who, supplier, Period(row.month), today, revision=revision)
    if row.kind is MailPlan.PREVIEW:
        return await _preview(db, house, to, row, supplier, card, end)
    if not row.revision and not _is_wanted(wish, card, row.month):
        return None
    return await _card(db, store, house, to, row, who, supplier, card, end)


def _is_wanted(wish: Wish, card: CardView, month: int) -> bool:
    """Say whether a reader wants this month's card; a correction goes to everybody who gets any."""
    if wish is Wish.QUARTERLY:
        return month % _QUARTER == _QUARTER - 1
    if wish is Wish.ON_CHANGE:
        return card.before is None or card.before.band != card.card.band
    return True


async def _preview(
    db: AsyncSession,
    house: Letterhead,
    to: Recipient,
    row: ScorecardMail,
    supplier: Supplier,
    card: CardView,
    end: str,
) -> Message | None:
    month = await records.find(db, row.month)
    if not card.is_preview or month.preview_until_at <= clock.now():
        return None
    return mails.scorecard_preview(
        house,
        to,
        path=f"/scorecard?period={key_of(row.month)}",
        key=_key(row, to),
        month=row.month,
        supplier_name=supplier.name,
        score=card.explained.score.shown if card.card.is_rated else "",
        band=card.card.band if card.card.is_rated else "",
        until=month.preview_until_at,
        unsubscribe=end,
    )


async def _card(
    db: AsyncSession,
    store: DocumentStore,
    house: Letterhead,
    to: Recipient,
    row: ScorecardMail,
    who: Principal,
    supplier: Supplier,
    card: CardView,
    end: str,
) -> Message:
    found = await disputes.of_month(db, who, row.month, supplier_id=supplier.id)
    organisation = (await db.execute(select(Organisation))).scalar_one()
    panels = await cards.panels_of(db, who, supplier, card)
    distances = await targets.distances_of(db, who, supplier.id, card.card, card.policy)
    goals = {str(each.aim): _("Target: %(goal)s", goal=each.goal) for each in distances}
    frozen_at = card.frozen.row.frozen_at if card.frozen else clock.now()
    name = f"scorecard-{supplier.number}-{key_of(row.month)}.pdf"
    attached = [
        await _keep(
            store,
            name,
            "application/pdf",
            await sheet.pdf(organisation, supplier, card, panels, found, distances, at=frozen_at),
        )
    ]
    if sheet.has_chart(card):
        picture = await reports.png_of(sheet.chart(card, 544, 200))
        attached.append(await _keep(store, "chart.png", "image/png", picture, content_id="chart"))
    before = card.before if card.before is not None and card.before.is_rated else None
    revised = None
    if row.revision:
        earlier = await frozen.find(db, who, supplier.id, row.month, row.revision - 1)
        revised = earlier.card if earlier else None
    bands = {each.band: each for each in card.policy.bands}
    band = bands.get(card.card.band)
    tasks, count = await reading.of_supplier(db, supplier.id, MOST_TASKS)
    now = clock.now()
    return mails.scorecard(
        house,
        to,
        path=f"/scorecard?period={key_of(row.month)}",
        key=_key(row, to),
        month=row.month,
        supplier_name=supplier.name,
        published_at=card.frozen.row.frozen_at if card.frozen else clock.now(),
        band=card.card.band if card.card.is_rated else "",
        score=card.explained.score.shown if card.card.is_rated else "",
        from_=number(band.from_) if band else "",
        to_=number(band.to) if band else "",
        is_best=bool(band) and best_first(card.policy)[0] is band,
        before=(_score(before.shown, card.policy), before.band) if before else None,
        reason=advice.change(card.card, before, card.policy),
        measures=[
            (
                one.title,
                " · ".join(
                    each
                    for each in (
                        one.brief if one.shown else one.state_sentence or one.brief,
                        goals.get(one.key),
                    )
                    if each
                ),
                one.shown or "–",
                one.points_shown or "–",
                one.weight_shown or "–",
            )
            for one in card.explained.measures
        ],
        decided=[
            (
                each.row.subject,
                each.row.status is DisputeStatus.ACCEPTED,
                each.row.answer,
                as_read(each.row.effect),
            )
            for each in found
            if each.row.status in {DisputeStatus.ACCEPTED, DisputeStatus.REJECTED}
        ],
        marked=[each.row.subject for each in found if each.row.status is DisputeStatus.OPEN],
        actions=[each.sentence for each in advice.actions(card.card, card.policy)],
        corrected=_corrected(card, revised),
        file_name=name,
        tasks=[
            (each.title, each.href, each.row.due_at, each.row.due_at is not None and each.row.due_at < now)
            for each in tasks
        ],
        more_tasks=count - len(tasks),
        chart_words="; ".join(point.spoken for point in card.series) if len(attached) > 1 else "",
        attached=attached,
        unsubscribe=end,
    )


def _corrected(card: CardView, earlier: Card | None) -> tuple[str, str, str, str, str] | None:
    """Give the reason of a correction and both values: (reason, score, band, score, band)."""
    if card.frozen is None or earlier is None:
        return None
    before, now = earlier, card.card
    return (
        card.frozen.row.reason,
        _score(before.shown, card.policy),
        before.band,
        _score(now.shown, card.policy),
        now.band,
    )


async def _keep(
    store: DocumentStore, name: str, media_type: str, content: bytes, *, content_id: str = ""
) -> Attached:
    async def once() -> AsyncIterator[bytes]:
        yield content

    stored = await store.put(once())
    return Attached(
        name=name, media_type=media_type, size=stored.size, file_key=stored.key, content_id=content_id
    )


def _key(row: ScorecardMail, to: Recipient) -> str:
    """One for each planned mail; one for each event to somebody who stands in, for however many."""
    if not to.stands_in_for:
        return f"{row.id}-{row.again}"
    return f"{row.month}-{row.kind}-{row.revision}-{row.supplier_id or 0}-{row.again}-{to.person_id}"


def _score(shown: Decimal | None, policy: Policy) -> str:
    return "–" if shown is None else number(shown, policy.score_decimals)
