"""Decimal arithmetic with 100 digits, whatever context the caller's thread has."""

from collections.abc import Callable
from decimal import ROUND_HALF_UP, Context, Decimal, DivisionByZero, InvalidOperation, Overflow, localcontext
from functools import wraps
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

CONTEXT = Context(prec=100, rounding=ROUND_HALF_UP, traps=[InvalidOperation, DivisionByZero, Overflow])
ZERO = Decimal(0)
HUNDRED = Decimal(100)
MILLION = Decimal(1_000_000)
_SETTLED = Decimal("1E-30")


def exactly(function: Callable[P, R]) -> Callable[P, R]:
    """Runs a function in our own context, so that `+ - * /` inside it mean ours and not the process's."""

    @wraps(function)
    def inside(*args: P.args, **kwargs: P.kwargs) -> R:
        with localcontext(CONTEXT):
            return function(*args, **kwargs)

    return inside


def settle(value: Decimal) -> Decimal:
    """The value to 30 decimals.

    A third of 100 has no end, so three thirds of it fall short of 100 in the hundredth digit. Settled, they
    are 100 again, and a score of exactly 89.95 is not taken for something below it.
    """
    return Decimal(plain(value.quantize(_SETTLED, context=CONTEXT)))


def rounded(value: Decimal, decimals: int) -> Decimal:
    """Half up, for display and for banding only."""
    return value.quantize(Decimal(1).scaleb(-decimals), context=CONTEXT)


def plain(value: Decimal) -> str:
    """The one way to write a number: no exponent, no zeros at the end, no minus zero."""
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text
