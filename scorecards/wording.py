"""Numbers as people read them: 92.3 %, 401 PPM, 12,480; in other languages with their marks."""

from decimal import Decimal

from scorecards import measures
from scorecards.exact import exactly, plain, rounded
from scorecards.speech import figure, form

_PER_MILLION = frozenset({measures.PPM, measures.PER_MILLION_OPPORTUNITIES})


def number(value: Decimal | int, decimals: int | None = None) -> str:
    """With commas at the thousands; without `decimals`, as many as there are."""
    if decimals is not None:
        return figure(f"{rounded(Decimal(value), decimals):,}")
    whole, _, rest = plain(Decimal(value)).partition(".")
    return figure(f"{int(whole):,}.{rest}" if rest else f"{int(whole):,}")


def at_most(value: Decimal, decimals: int) -> str:
    """Rounded, and without zeros at the end: 2.31, but 70 and not 70.00."""
    return number(Decimal(plain(rounded(value, decimals))))


def shown(value: Decimal, unit: str) -> str:
    if unit == measures.PERCENT:
        return f"{number(value, 1)} %"
    if unit in _PER_MILLION:
        return f"{number(value, _few_decimals(value))} {unit.upper()}"
    return f"{number(value, 1)}"


def with_unit(value: Decimal, unit: str) -> str:
    """A value inside a sentence: 92.31 %, 400.64 PPM."""
    words = " %" if unit == measures.PERCENT else f" {unit.upper()}" if unit in _PER_MILLION else ""
    return f"{at_most(value, 2)}{words}"


def _few_decimals(value: Decimal) -> int:
    """Few defects on very many pieces are not shown as none."""
    return 0 if value == 0 or value >= 10 else 1


@exactly
def before_rounding(value: Decimal, unit: str) -> str | None:
    """Four decimals, such as "92.3077", or None where the shown value is all there is."""
    decimals = _few_decimals(value) if unit in _PER_MILLION else 1
    if rounded(value, decimals) == value:
        return None
    return at_most(value, 4)


@exactly
def unrounded_score(value: Decimal, decimals: int) -> str:
    """The score with one decimal more than shown, or with as many more as it takes not to mislead.

    83.0482 is shown as 83.0, but written with two decimals (83.05) it would seem to round to 83.1.
    """
    for more in range(decimals + 1, 20):
        text = rounded(value, more)
        if rounded(text, decimals) == rounded(value, decimals):
            return figure(f"{text:,}")
    return figure(plain(value))


def ngettext(one: str, many: str, count: Decimal | int, **values: object) -> str:
    """Say a sentence with a count in it, which is %(num)s."""
    return form(one, many, 1 if count == 1 else 2) % {"num": number(count), **values}
