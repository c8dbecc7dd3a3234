"""What each supplier does in each month, as counts; the rows are made to fit them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from portal.sample import chance
from portal.sample.companies import Company
from portal.sample.days import Anchor


@dataclass(frozen=True, slots=True)
class Plan:
    """Lines by their fate, the PPM aimed at, answers due and how many of them come late.

    ``exact`` asks for just that PPM in just that month; otherwise single pieces are carried on.
    """

    on_time: int = 0
    late: int = 0
    early: int = 0
    excused: int = 0
    cancelled: int = 0
    empty: int = 0
    ppm: float = 0.0
    due: int = 0
    late_answers: int = 0
    exact: bool = False


@dataclass(frozen=True, slots=True)
class Course:
    """Where a supplier is heading in one month: rates in percent, lines and answers as averages."""

    lines: float
    on_time: float
    ppm: float
    answers: float
    due: float
    excused: float = 1.0


# By level: on time now and two years ago (percent), PPM likewise, answers likewise, answers due a month.
NATURE: Mapping[int, tuple[float, float, float, float, float, float, float]] = {
    1: (99.2, 93.5, 110, 520, 98.8, 88, 2.5),
    2: (93.4, 88.0, 640, 1700, 97, 79, 4.0),
    3: (91.6, 84.5, 1150, 2700, 77, 71, 4.5),
    4: (80.0, 79.0, 3400, 3600, 62, 66, 6.0),
}
# Castings have pores, boxes have few secrets.
PPM_FACTOR = {"CAST": 1.35, "FORG": 1.1, "MACH": 1.0, "ELEC": 0.9, "FAST": 0.7, "PLAT": 1.1, "PACK": 0.7}
# July is quiet, August catches up with stand-ins, December is short. By month of the year from January = 0.
VOLUME = (1.0, 1.0, 1.08, 1.0, 1.02, 1.0, 0.74, 0.88, 1.06, 1.08, 1.05, 0.78)
SETBACK = {1: (-0.5, 1.25)}  # by age: the month before the newest was a little worse, so the newest improves
DIP = {6: -1.2, 7: -4.0, 11: -0.8}
MONTHS_OF_DRIFT = 23
SEED = "carry1"  # chosen by looking: with some others, half of all suppliers change band every month


def natural_course(company: Company, anchor: Anchor, month: int) -> Course:
    source = chance.of("course", company.number, month)
    person = chance.of("nature", company.number)
    now, then, ppm_now, ppm_then, answers_now, answers_then, due = NATURE[company.level]
    lean = person.gauss(0, 0.7)  # some are a little better than their level, some a little worse
    season = month % 12
    past = max(anchor.age(month), 0) / MONTHS_OF_DRIFT
    worse, more = SETBACK.get(anchor.age(month), (0.0, 1.0))
    on_time = now + (then - now) * past + lean + worse + DIP.get(season, 0.0) + source.gauss(0, 0.8)
    ppm = (ppm_now + (ppm_then - ppm_now) * past) * PPM_FACTOR[company.commodity] * more
    return Course(
        lines=company.pace * VOLUME[season] * source.uniform(0.93, 1.07),
        on_time=min(on_time, 100.0),
        ppm=ppm * (1 - 0.12 * lean) * source.uniform(0.75, 1.25),
        answers=min(answers_now + (answers_then - answers_now) * past + 2 * lean, 100.0),
        due=due,
    )


class Planner:
    """Turns a supplier's courses into whole lines, month after month from the oldest."""

    def __init__(self, company: Company) -> None:
        source = chance.of(SEED, company.number)
        self._lines, self._missed, self._late_answers, self._due, self._excused, self._cancelled = (
            chance.Carry(source) for _ in range(6)
        )
        self._source = source

    def plan(self, course: Course) -> Plan:
        lines = self._lines.take(course.lines)
        excused = min(self._excused.take(lines * course.excused / 100), lines)
        dropped = min(self._cancelled.take(lines * 0.016), lines - excused)
        empty = 1 if dropped and self._source.random() < 0.35 else 0
        counted = lines - excused - dropped
        missed = min(self._missed.take(counted * (100 - course.on_time) / 100), counted)
        early = sum(self._source.random() < 0.18 for _ in range(missed))
        due = self._due.take(course.due)
        return Plan(
            on_time=counted - missed,
            late=missed - early,
            early=early,
            excused=excused,
            cancelled=dropped - empty,
            empty=empty,
            ppm=course.ppm,
            due=due,
            late_answers=min(self._late_answers.take(due * (100 - course.answers) / 100), due),
        )


def without_lines(plan: Plan) -> Plan:
    return replace(plan, on_time=0, late=0, early=0, excused=0, cancelled=0, empty=0)
