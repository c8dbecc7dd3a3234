"""A model of the life of a SCAR, for hypothesis: what may happen next, and what must hold after each step."""

import asyncio
import contextlib
import json
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import select, text
from sqlmodel import col

from portal import clock
from portal.db import Database
from portal.errors import RefusalError
from portal.models.scars import (
    Discipline,
    ScarStage,
    ScarStatus,
    Severity,
    Stage,
)
from portal.workflows.scars import (
    clocks,
    closure,
    extensions,
    issue,
    record,
    responsibility,
    reviewing,
    sending,
)
from portal.workflows.scars.reviewing import Decision
from portal.workflows.scars.steps import AWAITED, ENDED, REVIEWED, STAGES
from tests.factories import scars
from tests.people import TESTER, principal_of

MONDAY = datetime(2026, 10, 19, 6, tzinfo=UTC)  # the week in which summer time ends


PEOPLE = ("tomasz", "rita", "elin", "karin", "olle", "vera", "gustav")
WRITERS, CLOSERS = ({"elin", "karin"} for _ in range(2))  # may review; may close


PLACES = [("Europe/Berlin", "DE"), ("America/Los_Angeles", "US"), ("Asia/Shanghai", "CN")]


TABLES = {
    "scar": "id",
    **dict.fromkeys(("scar_stage", "scar_pause", "scar_answer", "scar_event", "scar_extension"), "scar_id"),
}


CRASHES = st.sampled_from([False, False, False, True])


HOUR = timedelta(hours=1)


S = ScarStatus


class CrashError(Exception):
    """The process dies before the commit."""


class Life(RuleBasedStateMachine):
    """One SCAR, and what should be true of it."""

    loop: asyncio.AbstractEventLoop
    database: Database
    cast: object

    @initialize(severity=st.sampled_from(Severity), place=st.sampled_from(PLACES))
    def begin(self, severity, place):
        self.now, self.status, self.planner, self.is_effective = MONDAY, S.DRAFT, None, False
        self.writers = {}
        self.work = self.database.work(TESTER)
        self.db = self.run(self.work.__aenter__())
        self.who = {name: principal_of(getattr(self.cast, name)) for name in PEOPLE}

        async def drafted():
            acme = await self.db.merge(self.cast.acme)
            acme.time_zone, acme.country = place
            await self.db.flush()
            return await scars.drafted(self.db, self.cast, severity=severity)

        self.scar = self.run(drafted())

    def teardown(self):
        if hasattr(self, "work"):
            with contextlib.suppress(CrashError):
                self.run(self.work.__aexit__(CrashError, CrashError(), None))

    def run(self, what):
        with clock.fixed(self.now):
            return self.loop.run_until_complete(what)

    def attempt(self, name, verb, is_legal, becomes, crashes):
        """Let somebody try a verb; it does what the model says, or refuses and changes nothing."""
        who, before = self.who[name], self.run(self.state())

        async def tried():
            async with self.db.begin_nested():
                scar = await record.to_change(self.db, who, self.scar.number)
                await verb(scar, who)
                if crashes:
                    raise CrashError

        refusal = None
        try:
            self.run(tried())
        except (RefusalError, CrashError) as error:
            refusal = error
        self.run(self.db.refresh(self.scar))
        if refusal is not None:
            assert crashes or not is_legal, f"{name} was refused in {self.status}: {refusal}"
            assert isinstance(refusal, CrashError) is (crashes and is_legal)
            assert self.run(self.state()) == before
            return False
        assert is_legal, f"{name} did what nobody may in {self.status}"
        assert self.scar.status is becomes
        self.status = becomes
        return True

    async def state(self):
        """Every row of the SCAR, as the database has it."""
        rows = (
            f"SELECT '{table}' AS kind, t.id, t::text AS said FROM {table} AS t WHERE {key} = :scar"
            for table, key in TABLES.items()
        )
        every = (
            f"SELECT md5(string_agg(said, '|' ORDER BY kind, id)) FROM ({' UNION ALL '.join(rows)}) AS every"
        )
        return (await self.db.execute(text(every), {"scar": self.scar.id})).scalar_one()

    @rule(steps=st.integers(1, 9), works=st.booleans(), hours=st.integers(0, 30))
    def goes_on(self, steps, works, hours):
        """Whoever is next does the right thing, several times, so that lives come to their end."""
        for _ in range(steps):
            self.now += hours * HOUR
            self.one_step(works)

    def one_step(self, works):
        if self.status is S.DRAFT:
            self.issue("elin", crashes=False)
        elif self.status in AWAITED:
            self.send("tomasz", AWAITED[self.status], right=True, crashes=False)
        elif self.status in REVIEWED:
            self.decide("karin", [True] * 3, crashes=False)
        elif self.status is S.RESPONSIBILITY_REJECTED:
            self.uphold("karin", crashes=False)
        elif self.status is S.EFFECTIVENESS_CHECK and self.planner is None:
            self.plan("elin")
        elif self.status is S.EFFECTIVENESS_CHECK and not self.is_effective:
            self.check("karin" if self.planner == "elin" else "elin", works, crashes=False)
        elif self.status is S.EFFECTIVENESS_CHECK:
            self.close(
                "karin" if self.scar.author_id == self.who["elin"].person_id else "elin", crashes=False
            )

    # What anybody may try -------------------------------------------------------------------------------

    @rule(hours=st.integers(1, 90))
    def time_passes(self, hours):
        self.now += hours * HOUR

    @rule(name=st.sampled_from(PEOPLE), crashes=CRASHES)
    def issue(self, name, crashes):
        legal = self.status is S.DRAFT and name in WRITERS
        self.attempt(name, lambda scar, who: issue.issue(self.db, scar, by=who), legal, S.ISSUED, crashes)

    @rule(
        name=st.sampled_from(("tomasz", "tomasz", "elin", "rita", "olle")),
        stage=st.sampled_from(Stage),
        right=st.booleans(),
        crashes=CRASHES,
    )
    def send(self, name, stage, right, crashes):
        """Write what the stage lacks, and send it; mostly the one that is awaited."""
        stage = AWAITED.get(self.status, stage) if right else stage
        legal = AWAITED.get(self.status) is stage and name in {"tomasz", "elin"}
        after = {
            S.ISSUED: S.ACKNOWLEDGED, S.ACKNOWLEDGED: S.CONTAINMENT_SUBMITTED,
            S.CONTAINMENT_ACCEPTED: S.ROOT_CAUSE_SUBMITTED, S.ROOT_CAUSE_ACCEPTED: S.ACTIONS_SUBMITTED,
            S.ACTIONS_ACCEPTED: S.IMPLEMENTATION_SUBMITTED, S.IMPLEMENTED: S.PREVENTION_SUBMITTED,
        }  # fmt: skip

        async def verb(scar, who):
            if legal:
                await scars.send(self.db, scar, stage, who)
            else:
                await sending.send(self.db, scar, await record.answers(self.db, who, scar), stage, by=who)

        if self.attempt(name, verb, legal, after.get(self.status), crashes):
            self.writers = {**self.writers, **dict.fromkeys(STAGES[stage], name)}

    @rule(
        name=st.sampled_from(("elin", "karin", "karin", "tomasz", "olle")),
        accepts=st.lists(st.booleans(), min_size=3, max_size=3),
        crashes=CRASHES,
    )
    def decide(self, name, accepts, crashes):
        waiting = self.run(self.waiting())
        given = {
            each: Decision(accepted=yes, reason="" if yes else "More.")
            for each, yes in zip(waiting, accepts, strict=False)
        }
        own = any(self.writers.get(each) == name for each in waiting)
        legal = bool(waiting) and name in WRITERS and not own
        all_of = all(each.accepted for each in given.values())
        d4 = given.get(Discipline.D4)
        half = S.ROOT_CAUSE_ACCEPTED if d4 and d4.accepted else S.CONTAINMENT_ACCEPTED
        after = {
            S.CONTAINMENT_SUBMITTED: S.CONTAINMENT_ACCEPTED if all_of else S.ACKNOWLEDGED,
            S.ROOT_CAUSE_SUBMITTED: S.ACTIONS_ACCEPTED if all_of else half,
            S.ACTIONS_SUBMITTED: S.ACTIONS_ACCEPTED if all_of else S.ROOT_CAUSE_ACCEPTED,
            S.IMPLEMENTATION_SUBMITTED: S.IMPLEMENTED if all_of else S.ACTIONS_ACCEPTED,
            S.PREVENTION_SUBMITTED: S.EFFECTIVENESS_CHECK if all_of else S.IMPLEMENTED,
        }  # fmt: skip

        async def verb(scar, who):
            await reviewing.decide(self.db, scar, await record.answers(self.db, who, scar), given, by=who)

        self.attempt(name, verb, legal, after.get(self.status), crashes)

    async def waiting(self):
        return reviewing.to_decide(self.scar, await record.answers(self.db, self.who["karin"], self.scar))

    @rule(name=st.sampled_from(("tomasz", "rita", "elin")), crashes=CRASHES)
    def reject(self, name, crashes):
        legal = self.status in {S.ISSUED, S.ACKNOWLEDGED} and name in {"tomasz", "elin"}
        self.attempt(
            name,
            lambda scar, who: responsibility.reject(self.db, scar, "Not ours.", by=who),
            legal,
            S.RESPONSIBILITY_REJECTED,
            crashes,
        )

    @rule(name=st.sampled_from(("elin", "tomasz", "karin")), crashes=CRASHES)
    def uphold(self, name, crashes):
        legal = self.status is S.RESPONSIBILITY_REJECTED and name in WRITERS
        self.attempt(
            name,
            lambda scar, who: responsibility.uphold(self.db, scar, "Yours.", by=who),
            legal,
            S.ACKNOWLEDGED,
            crashes,
        )

    @rule(name=st.sampled_from(("tomasz", "elin", "vera")), days=st.integers(1, 5), granted=st.booleans())
    def more_time(self, name, days, granted):
        """Ask, and have it decided at once."""
        legal = self.status in AWAITED and name in {"tomasz", "elin"}

        async def verb(scar, who):
            wish = await extensions.ask(self.db, scar, days, "A holiday.", by=who)
            await extensions.decide(
                self.db, scar, wish, granted=granted, note="Because.", by=self.who["karin"]
            )

        self.attempt(name, verb, legal, self.status, crashes=False)

    @rule(name=st.sampled_from(("elin", "karin", "tomasz")))
    def plan(self, name):
        legal = self.status not in {S.DRAFT, *ENDED} and not self.is_effective and name in WRITERS
        if self.attempt(
            name,
            lambda scar, who: closure.plan(self.db, scar, "5 lots", None, by=who),
            legal,
            self.status,
            crashes=False,
        ):
            self.planner = name

    @rule(
        name=st.sampled_from(("elin", "karin", "karin", "olle", "tomasz")),
        works=st.booleans(),
        crashes=CRASHES,
    )
    def check(self, name, works, crashes):
        legal = (
            self.status is S.EFFECTIVENESS_CHECK
            and self.planner not in {None, name}
            and not self.is_effective
            and name in CLOSERS
        )
        after = S.EFFECTIVENESS_CHECK if works else S.CONTAINMENT_ACCEPTED
        if self.attempt(
            name,
            lambda scar, who: closure.check(self.db, scar, is_effective=works, words="Seen.", by=who),
            legal,
            after,
            crashes,
        ):
            self.is_effective = works
            self.planner = self.planner if works else None

    @rule(name=st.sampled_from(("karin", "elin", "tomasz")), crashes=CRASHES)
    def close(self, name, crashes):
        legal = (
            self.status is S.EFFECTIVENESS_CHECK and self.is_effective and name == "karin"
        )  # Elin issued it
        if self.scar.author_id != self.who["elin"].person_id:
            legal = self.status is S.EFFECTIVENESS_CHECK and self.is_effective and name == "elin"
        self.attempt(
            name, lambda scar, who: closure.close(self.db, scar, "Thanks.", by=who), legal, S.CLOSED, crashes
        )

    @rule(name=st.sampled_from(("karin", "tomasz")), crashes=CRASHES)
    def reopen(self, name, crashes):
        legal = self.status is S.CLOSED and name in CLOSERS
        if self.attempt(
            name,
            lambda scar, who: closure.reopen(self.db, scar, "Again.", by=who),
            legal,
            S.ACKNOWLEDGED,
            crashes,
        ):
            self.is_effective, self.planner = False, None

    # What is always true -------------------------------------------------------------------------------

    @invariant()
    def deadlines_carry_exactly_the_time_that_was_ours(self):
        if not hasattr(self, "scar") or self.status in {S.DRAFT, *ENDED}:
            return
        site, pauses, stages = self.run(self.clocks())
        for each in stages:
            if each.accepted is not True and each.started_at <= self.now:
                assert each.due_at == self.counted(each, pauses, site) or self.is_ours_still(pauses), (
                    each.stage
                )

    async def clocks(self):
        stages = await self.db.execute(select(ScarStage).where(col(ScarStage.scar_id) == self.scar.id))
        return (
            await clocks.site_of(self.db, self.scar),
            await clocks.pauses(self.db, self.scar),
            list(stages.scalars()),
        )

    def is_ours_still(self, pauses):
        """While it is our turn no deadline is shown; it is worked out when the turn passes."""
        return any(each.ended_at is None for each in pauses)

    def counted(self, each, pauses, site):
        """The deadline, found by walking from hour to hour as somebody with a calendar would."""
        ours = [one for one in pauses if one.ended_at and one.started_at >= each.started_at]
        waits = sum(self.hours(one.started_at, one.ended_at, site, each.is_calendar) for one in ours)
        due = self.walk(each.started_at, each.hours + waits, site, each.is_calendar)
        return self.walk(due, each.extra_hours, site, is_calendar=False) if each.extra_hours else due

    def walk(self, begins, hours, site, is_calendar):
        zone = ZoneInfo(site.zone)
        local = begins.astimezone(zone).replace(tzinfo=None)
        while hours > 0:
            works = is_calendar or site.works_on(local.date())
            local += HOUR
            hours -= works
        return local.replace(tzinfo=zone).astimezone(UTC)

    def hours(self, begins, ends, site, is_calendar):
        zone = ZoneInfo(site.zone)
        local, until = (each.astimezone(zone).replace(tzinfo=None) for each in (begins, ends))
        count = 0
        while local < until:
            count += is_calendar or site.works_on(local.date())
            local += HOUR
        return count

    @invariant()
    def the_trail_replays_to_the_same_state(self):
        if hasattr(self, "scar"):
            assert self.run(self.replayed()) == {"status": self.status.value, "round": self.scar.round}

    async def replayed(self):
        """Fold every recorded change of the row, as the database's own trigger wrote it."""
        await self.db.flush()
        found = await self.db.execute(
            text(
                "SELECT act.action, act.columns, change.new FROM trail_change AS change"
                " JOIN trail_act AS act ON act.id = change.act_id"
                " WHERE act.table_name = 'scar' AND change.row_id = :scar ORDER BY change.act_id, change.n"
            ),
            {"scar": self.scar.id},
        )
        row = {}
        for action, columns, new in found:
            row |= (
                dict(zip(json.loads(columns), json.loads(new), strict=True))
                if action == "insert"
                else json.loads(new)
            )
        return {key: row[key] for key in ("status", "round")}
