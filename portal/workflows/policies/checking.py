"""What is said about a policy while it is written: problems at their fields, and one supplier by it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal.access import scopes
from portal.access.principal import Principal
from portal.models.suppliers import Supplier
from portal.workflows import ratings
from portal.workflows.policies import typed as forms
from portal.workflows.policies.typed import MOST_ROWS
from portal.workflows.scorecards import policy_words
from scorecards.expressions import evaluate, with_values
from scorecards.grammar import FormulaError
from scorecards.grammar import parse as parse_formula
from scorecards.periods import Period, month_number
from scorecards.policy import Policy, PolicyError
from scorecards.variables import VARIABLES, values_of
from scorecards.weighting import Card
from scorecards.wording import at_most, number


@dataclass(frozen=True, slots=True)
class Formula:
    """One formula while it is typed: worked out for the example, or cut up at what is wrong with it."""

    title: str
    worked: str = ""
    result: str = ""
    before: str = ""
    wrong: str = ""
    after: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Example:
    """One supplier's last month, by the version that is in force and by this one."""

    supplier: Supplier
    period: Period
    now: str
    then: str


@dataclass(slots=True)
class Checked:
    """``policy`` is None while ``problems`` has any, by field in the order of the form."""

    policy: Policy | None
    problems: dict[str, str]
    summary: list[str] = field(default_factory=list)
    formulas: list[Formula] = field(default_factory=list)
    example: Example | None = None


def check(typed: Mapping[str, str], version: int) -> Checked:
    """Say what is wrong with what was typed, or what it means."""
    found = forms.read(typed, version)
    problems = dict(found.problems)
    policy: Policy | None = None
    try:
        policy = Policy.parse(found.data)
    except PolicyError as refused:
        for problem in refused.problems:
            name = forms.field_of(problem, found)
            said = problems.get(name)
            problems[name] = (
                problem.sentence if not said or said == problem.sentence else f"{said} {problem.sentence}"
            )
    if problems:
        return Checked(None, _in_order(problems))
    return Checked(policy, {}, summary=policy_words.summary(policy) if policy else [])


async def with_example(
    db: AsyncSession, who: Principal, checked: Checked, typed: Mapping[str, str], number: str, today: date
) -> None:
    """Work the formulas out for a supplier, also while the rest does not fit together yet."""
    period = Period(month_number(today) - 1)
    ids = await _example(db, who, number, period, today)
    found = await ratings.cards(db, who, period, today, supplier_ids=ids)
    if not found:
        checked.formulas = [_formula(title, text, {}) for title, text in _typed_formulas(typed)]
        return
    now = found[0]
    sums = now.card.windows[0].sums
    checked.formulas = [_formula(title, text, values_of(sums)) for title, text in _typed_formulas(typed)]
    if checked.policy is not None:
        then = await ratings.cards(
            db, who, period, today, supplier_ids=[now.supplier_id], policy=checked.policy
        )
        supplier = await db.get_one(Supplier, now.supplier_id)
        checked.example = Example(supplier, period, _result(now.card), _result(then[0].card))


async def _example(db: AsyncSession, who: Principal, number: str, period: Period, today: date) -> list[int]:
    """The supplier who was asked for, or the one with the most lines."""
    if number:
        query = scopes.visible(who, Supplier).where(col(Supplier.number) == number)
        return [each.id for each in await db.scalars(query)]
    months = period.month_numbers()
    sums = await ratings.sums_of(db, who, months=months, as_of=today, by=("supplier",))
    most = max(sums.items(), key=lambda pair: (pair[1].delivery.promised, -pair[0][0]), default=None)
    return [most[0][0]] if most else []


def _typed_formulas(typed: Mapping[str, str]) -> list[tuple[str, str]]:
    rows = ((typed.get(f"own-{at}-title", ""), typed.get(f"own-{at}-formula", "")) for at in range(MOST_ROWS))
    return [(title or "Formula", text) for title, text in rows if text.strip()]


def _formula(title: str, text: str, values: Mapping[str, Decimal]) -> Formula:
    try:
        expression = parse_formula(text, VARIABLES)
    except FormulaError as wrong:
        at, end = wrong.at, wrong.at + wrong.length
        return Formula(
            title,
            before=text[:at],
            wrong=text[at:end] or " ",
            after=text[end:],
            problem=f"Character {at + 1}: {wrong.sentence}",
        )
    if not values:
        return Formula(title)
    result = evaluate(expression, values)
    shown = result.problem if result.value is None else at_most(result.value, 4)
    return Formula(title, worked=with_values(expression, values), result=shown)


def _result(card: Card) -> str:
    return card.band if card.shown is None else f"{number(card.shown)}, band {card.band}"


def _in_order(problems: Mapping[str, str]) -> dict[str, str]:
    return dict(
        sorted(problems.items(), key=lambda pair: (_PLACE.get(pair[0].partition("-")[0], 9), pair[0]))
    )


_PLACE = {
    name: at for at, name in enumerate(("name", "weight", "own", "soft", "combine", "decimals", "band"))
}
