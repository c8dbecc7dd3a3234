"""What happens to particular suppliers. ``age`` 0 is the newest complete month, −1 the running one."""

from dataclasses import replace

from portal.sample.companies import Company
from portal.sample.days import MONTHS, Anchor
from portal.sample.plans import Course, Plan, Planner, natural_course, without_lines

# From 23 months ago to the newest complete month: (on time, counted), PPM, (answers on time, due).
ACME_LINES = (
    *((24, 29), (25, 30), (22, 27), (24, 28), (25, 30), (23, 27)),
    *((26, 31), (24, 29), (23, 27), (20, 24), (25, 29), (24, 28)),
    *((25, 29), (22, 25), (25, 28), (23, 26), (29, 32), (32, 35)),
    *((27, 30), (26, 28), (32, 34), (27, 29), (30, 32), (24, 26)),
)
ACME_PPM = (
    *(930, 880, 900, 820, 860, 790, 760, 800, 720, 740, 690, 650),
    *(610, 540, 480, 520, 430, 390, 460, 380, 395, 412, 420, 401),
)
ACME_ANSWERS = (
    *((6, 9), (7, 10), (6, 9), (7, 10), (5, 7), (7, 10), (8, 11), (6, 8), (7, 10), (8, 11), (7, 9), (8, 11)),
    *((6, 8), (7, 9), (8, 10), (7, 9), (6, 7), (8, 9), (6, 7), (9, 10), (8, 9), (9, 10), (7, 8), (9, 10)),
)

# The newest complete month and the one before, for suppliers that changed band between the two:
# (on time, counted), PPM, (answers on time, due).
CHANGED = {
    "rose": (((20, 21), 520, (6, 7)), ((18, 18), 300, (9, 10))),
    "no_defects": (((17, 18), 310, (7, 8)), ((18, 19), 0, (8, 9))),
    "slipped": (((22, 24), 450, (9, 10)), ((21, 25), 160, (9, 10))),
    "worsening": (((22, 23), 2140, (3, 4)), ((19, 22), 4890, (3, 5))),
}
# Over the last twelve months: on time (percent), PPM, answers on time (percent).
WORSENING = (
    (98, 600, 94),
    (97.5, 690, 92),
    (97, 790, 91),
    (97, 900, 89),
    (96.5, 1040, 88),
    (96, 1180, 86),
    (95.5, 1340, 84),
    (95.5, 1520, 82),
    (95, 1710, 80),
    (95, 1910, 78),
)
RECOVERING = (
    (73, 4300, 48),
    (75, 4100, 52),
    (78, 3600, 57),
    (81, 3100, 63),
    (84, 2600, 68),
    (87, 2100, 74),
    (89, 1700, 79),
    (91, 1300, 83),
    (93, 1000, 87),
    (94, 760, 89),
    (95, 560, 92),
    (96, 430, 94),
)
EXITED_AT_AGE = 10
THREE_LINES_AT_AGES = (4, 2, 0)


def plans_of(company: Company, anchor: Anchor) -> dict[int, Plan]:
    """Give the plan of each month number from the oldest to the running one."""
    planner = Planner(company)
    months = range(anchor.first, anchor.first + MONTHS + 1)
    return {month: _plan(company, anchor, month, planner) for month in months}


def _plan(company: Company, anchor: Anchor, month: int, planner: Planner) -> Plan:  # noqa: PLR0911 - one line for each story
    age = anchor.age(month)
    if company.story == "acme" and age >= 0:
        return _acme(age)
    if company.story in CHANGED and age in {0, 1}:
        return _exactly(*CHANGED[company.story][1 - age])
    plan = planner.plan(_course(company, anchor, month))
    match company.story:
        case "three_lines":
            return Plan(on_time=int(age in THREE_LINES_AT_AGES))
        case "never":
            return Plan()
        case "undefined" if age == 0:
            return Plan()  # nothing promised, nothing arrives; what quality.py adds is a defect on old stock
        case "undefined" if age == 1:
            return replace(plan, on_time=plan.on_time + plan.late, late=0, excused=0)
        case "exited" if age < EXITED_AT_AGE:
            return replace(without_lines(plan), ppm=0, due=0, late_answers=0)
        case "month_end" if age == -1:
            return Plan(on_time=3)  # all promised for the last day: pending as long as the month runs
        case "perfect" if age < 12:
            lines = plan.on_time + plan.late + plan.early
            return replace(plan, on_time=lines, late=0, early=0, ppm=0, due=4, late_answers=0)
        case _:
            return plan


def _course(company: Company, anchor: Anchor, month: int) -> Course:  # noqa: PLR0911 - one line for each story
    course, age = natural_course(company, anchor, month), anchor.age(month)
    match company.story:
        case "our_fault" if age < 9:
            return replace(course, on_time=99.2, excused=30)
        case "safety" if age < 4:
            return replace(course, on_time=96, ppm=420, answers=92)
        case "worsening" if 2 <= age < 12:
            on_time, ppm, answers = WORSENING[11 - age]
            return replace(course, on_time=on_time, ppm=ppm, answers=answers)
        case "worsening" if age == -1:
            return replace(course, on_time=84, ppm=5200, answers=50)
        case "recovering" if 0 <= age < 12:
            on_time, ppm, answers = RECOVERING[11 - age]
            return replace(course, on_time=on_time, ppm=ppm, answers=answers, due=5)
        case "recovering" if age >= 12:
            return replace(course, on_time=77, ppm=3600, answers=55, due=5)
        case _:
            return course


def _acme(age: int) -> Plan:
    at = MONTHS - 1 - age
    plan = _exactly(ACME_LINES[at], ACME_PPM[at], ACME_ANSWERS[at])
    apart = 1 if age % 3 == 0 else 0
    early = 1 if age % 2 == 0 else 0
    return replace(plan, late=plan.late - early, early=early, excused=apart, cancelled=apart)


def _exactly(lines: tuple[int, int], ppm: float, answers: tuple[int, int]) -> Plan:
    on_time, counted = lines
    in_time, due = answers
    return Plan(
        on_time=on_time,
        late=counted - on_time,
        ppm=ppm,
        due=due,
        late_answers=due - in_time,
        exact=True,
    )
